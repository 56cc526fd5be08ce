//! Many processes that store at once, and some that are killed while they do.

use super::laws::everything;
use super::places::{Place, bare, clone, entry, git_store};
use super::server::{Database, store};
use benchgate::store::history::{Dir, Entry, Sqlite, Store, verify};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WRITERS: usize = 16;
const RECORDS: usize = 50;

/// The variables that make this very test a writer: where, and which.
const WHERE: &str = "BENCHGATE_TEST_WRITE_INTO";
const WHICH: &str = "BENCHGATE_TEST_WRITER";

/// The records of one writer.
fn records(writer: usize, count: usize) -> Vec<Entry> {
    (0..count)
        .map(|n| entry("s", "c", writer * 1000 + n, &[("a", 1.0 + writer as f64), ("b", 1.0 + n as f64)]))
        .collect()
}

fn open(place: &str) -> Box<dyn Store> {
    let (kind, rest) = place.split_once(':').unwrap();
    match kind {
        "dir" => Box::new(Dir::new(rest)),
        "sqlite" => Box::new(Sqlite::new(rest)),
        "git" => git_store(Path::new(rest), None),
        _ => Box::new(store(place)),
    }
}

/// Does nothing, unless another test started it as a writer: then it stores one record after the other.
#[test]
fn a_writer() {
    let (Ok(place), Ok(which)) = (std::env::var(WHERE), std::env::var(WHICH)) else { return };
    let (writer, count) = which.split_once(' ').unwrap();
    let mut store = open(&place);
    for record in records(writer.parse().unwrap(), count.parse().unwrap()) {
        store.append(&[record]).unwrap();
    }
}

fn start(place: &str, writer: usize, count: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "history::writers::a_writer", "--nocapture"])
        .env(WHERE, place)
        .env(WHICH, format!("{writer} {count}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Everybody's records, and no other, once each.
fn assert_all_there(store: &mut dyn Store, writers: usize, count: usize) {
    let mut wanted: Vec<String> =
        (0..writers).flat_map(|writer| records(writer, count)).map(|entry| entry.id()).collect();
    let mut found: Vec<String> = everything(store).iter().map(Entry::id).collect();
    wanted.sort();
    found.sort();
    assert_eq!(found.len(), wanted.len());
    assert_eq!(found, wanted);
    assert_eq!(verify(store).unwrap().damaged, [""; 0]);
}

/// Writers in processes of their own; with `kill`, each is killed after a random while, and another goes on in its place.
fn write(places: &[String], count: usize, kill: bool) {
    let mut killed = 0;
    std::thread::scope(|scope| {
        let writers: Vec<_> = places
            .iter()
            .enumerate()
            .map(|(writer, place)| {
                scope.spawn(move || {
                    let mut killed = 0;
                    for _ in 0..if kill { 3 } else { 0 } {
                        let mut child = start(place, writer, count);
                        let until = Instant::now() + Duration::from_millis(fastrand::u64(20..400));
                        while Instant::now() < until && child.try_wait().unwrap().is_none() {
                            std::thread::sleep(Duration::from_millis(2));
                        }
                        killed += usize::from(child.try_wait().unwrap().is_none());
                        child.kill().unwrap();
                        child.wait().unwrap();
                    }
                    // What was stored before the kill is known now, and stored no second time.
                    assert!(start(place, writer, count).wait().unwrap().success(), "writer {writer} into {place}");
                    killed
                })
            })
            .collect();
        killed = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    });
    assert!(!kill || killed > 0, "nobody was killed in time");
}

/// Both ways into one place.
fn assert_nothing_lost(place: &str) {
    write(&vec![place.to_owned(); WRITERS], RECORDS, false);
    assert_all_there(open(place).as_mut(), WRITERS, RECORDS);
}

fn assert_nothing_lost_to_kills(place: &str) {
    write(&vec![place.to_owned(); WRITERS], RECORDS, true);
    assert_all_there(open(place).as_mut(), WRITERS, RECORDS);
}

#[test]
fn sixteen_writers_into_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_nothing_lost(&format!("dir:{}", folder.path().join("a").display()));
    assert_nothing_lost_to_kills(&format!("dir:{}", folder.path().join("b").display()));
}

#[test]
fn sixteen_writers_into_one_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_nothing_lost(&format!("sqlite:{}", folder.path().join("a.db").display()));
    assert_nothing_lost_to_kills(&format!("sqlite:{}", folder.path().join("b.db").display()));
}

#[test]
fn sixteen_writers_into_one_bare_repository() {
    let folder = tempfile::tempdir().unwrap();
    for (name, kill) in [("a", false), ("b", true)] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let place = format!("git:{}", bare(&folder.path().join(name)).display());
        if kill { assert_nothing_lost_to_kills(&place) } else { assert_nothing_lost(&place) }
    }
}

/// Each from a clone of its own, by git's own push: slower, so there are fewer of them.
#[test]
fn writers_that_push_into_one_bare_repository() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let clones: Vec<String> =
        (0..4).map(|n| format!("git:{}", clone(folder.path(), &format!("clone{n}"), &origin).display())).collect();
    write(&clones, 5, true);
    assert_all_there(git_store(&origin, None).as_mut(), 4, 5);
}

#[test]
fn sixteen_writers_into_one_database() {
    let Some(database) = Database::new() else { return };
    assert_nothing_lost(&database.address("owner"));
    let Some(database) = Database::new() else { return };
    assert_nothing_lost_to_kills(&database.address("owner"));
    assert_eq!(database.name(), "postgres");
}
