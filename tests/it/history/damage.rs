//! What is broken is said, and costs nothing else.

use super::laws::everything;
use super::places::entry;
use crate::world::Repo;
use benchgate::store::history::{Dir, Sqlite, Store, Trouble, Wanted, verify};
use std::fs;
use std::path::{Path, PathBuf};

/// The only file below a folder whose name ends so.
fn file_in(folder: &Path) -> PathBuf {
    let mut folder = folder.to_owned();
    loop {
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        if paths[0].is_file() {
            return paths[0].clone();
        }
        folder.clone_from(&paths[0]);
    }
}

#[test]
fn a_changed_a_short_and_a_newer_file_are_named() {
    for (change, problem) in [
        (
            &(|text: String| text.replace("1.5", "1.4")) as &dyn Fn(String) -> String,
            "the checksum in its name does not fit",
        ),
        (&|text: String| text[..text.len() - 40].to_owned(), "the checksum in its name does not fit"),
        (
            &|text: String| text.replacen("\"schema\":1", "\"schema\":9", 1),
            "schema 9 is newer than this benchgate knows (1)",
        ),
        (&|_| String::new(), "EOF"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Dir::new(folder.path());
        store.append(&[entry("s", "c", 1, &[("a", 1.5)])]).unwrap();
        let path = file_in(folder.path());
        store.append(&[entry("s", "c", 2, &[("a", 2.5)])]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, change(text.clone())).unwrap();
        let error = store.load(&Wanted::default()).unwrap_err().to_string();
        assert!(error.contains(problem) && error.contains(&path.display().to_string()), "{error}");
        // Storing goes on.
        store.append(&[entry("s", "c", 3, &[("a", 3.5)])]).unwrap();
        if !problem.contains("newer") {
            let found = verify(&mut store).unwrap();
            assert_eq!(found.damaged.len(), 1, "{:?}", found.damaged);
        }
        fs::write(&path, text).unwrap();
        assert_eq!(everything(&mut store).len(), 3);
    }
}

#[test]
fn a_foreign_file_in_the_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Dir::new(folder.path());
    store.append(&[entry("s", "c", 1, &[("a", 1.5)])]).unwrap();
    fs::write(file_in(folder.path()).with_file_name("notes.txt"), "mine").unwrap();
    let found = verify(&mut store).unwrap();
    assert!(found.damaged[0].contains("notes.txt: not a file of this history"), "{:?}", found.damaged);
    assert_eq!(everything(&mut store).len(), 1);
}

#[test]
fn a_damaged_database_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.db");
    let many: Vec<_> = (0..300).map(|n| entry("s", "c", n, &[("a", 1.0), ("b", 2.0)])).collect();
    Sqlite::new(&path).append(&many).unwrap();
    let whole = fs::read(&path).unwrap();

    // The middle overwritten.
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    assert!(!verify(&mut Sqlite::new(&path)).unwrap().damaged.is_empty());

    // Cut short.
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = verify(&mut Sqlite::new(&path)).map(|found| found.damaged);
    assert!(error.as_ref().is_ok_and(|damaged| !damaged.is_empty()), "{error:?}");

    // No database at all.
    fs::write(&path, "a,b\n1,2\n".repeat(1000)).unwrap();
    let error = Sqlite::new(&path).load(&Wanted::default()).unwrap_err();
    assert_eq!(error.trouble, Trouble::Damaged, "{error}");

    fs::write(&path, &whole).unwrap();
    assert_eq!(verify(&mut Sqlite::new(&path)).unwrap().damaged, [""; 0]);
}

#[test]
fn a_database_that_was_changed_that_is_newer_or_another_s_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("h.db");
    Sqlite::new(&path).append(&[entry("s", "c", 1, &[("a", 1.5)]), entry("s", "c", 2, &[("a", 2.5)])]).unwrap();
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();

    execute("UPDATE value SET value = 1.6 WHERE value = 1.5");
    let found = verify(&mut Sqlite::new(&path)).unwrap();
    assert!(found.damaged.len() == 1 && found.damaged[0].contains("its checksum does not fit"), "{:?}", found.damaged);
    execute("UPDATE value SET value = 1.5 WHERE value = 1.6; DELETE FROM value WHERE value = 2.5");
    assert_eq!(verify(&mut Sqlite::new(&path)).unwrap().damaged.len(), 1);

    execute("PRAGMA user_version = 99");
    for error in [Sqlite::new(&path).load(&Wanted::default()).err(), Sqlite::new(&path).append(&[]).err()] {
        let error = error.unwrap();
        assert!(error.trouble == Trouble::Newer && error.to_string().contains("schema 99 is newer"), "{error}");
    }

    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    let error = Sqlite::new(&other).append(&[entry("s", "c", 1, &[("a", 1.5)])]).unwrap_err().to_string();
    assert!(error.contains("it is a database of another program"), "{error}");
}

#[test]
fn what_is_sound_beside_a_damaged_file_is_counted_and_copied() {
    let repo = Repo::new();
    let folder = repo.root().join("h");
    for suite in ["s", "t"] {
        Dir::new(&folder).append(&[entry(suite, "c", 1, &[("a", 1.5)])]).unwrap();
    }
    let path = file_in(&folder);
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("1.5", "1.4")).unwrap();
    repo.gate("history verify --store dir:h").exits(2).prints("is damaged: 1 suite, 1 run, 1 series, 1 value");
    let copied = repo.gate("history copy dir:h sqlite:copy.db");
    copied.exits(2).prints("not copied, damaged: ").prints("1 run copied to sqlite:");
    repo.gate("history verify --store sqlite:copy.db").exits(0).prints("1 suite, 1 run,");
}

#[test]
fn a_run_that_was_changed_is_not_copied_under_a_new_checksum() {
    let repo = Repo::new();
    let path = repo.root().join("h.db");
    Sqlite::new(&path).append(&[entry("s", "c", 1, &[("a", 1.5)]), entry("s", "c", 2, &[("a", 2.5)])]).unwrap();
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    execute("UPDATE value SET value = 9 WHERE run = 1");
    let copied = repo.gate("history copy sqlite:h.db dir:copy");
    copied.exits(2).prints("not copied, damaged: s: the run of ").prints("1 run copied to dir:");
    let copies = everything(&mut Dir::new(repo.root().join("copy")));
    assert_eq!(copies, [entry("s", "c", 2, &[("a", 2.5)])]);
    // The class stands in the database twice.
    execute("UPDATE value SET value = 1.5 WHERE run = 1");
    repo.gate("history verify --store sqlite:h.db").exits(0);
    execute("UPDATE environment SET class = 'other'");
    repo.gate("history verify --store sqlite:h.db").exits(2).prints("environment 1: its class was changed");
}

#[test]
fn a_name_that_nothing_may_have_never_reaches_the_log() {
    let repo = Repo::new();
    let path = repo.root().join("h.db");
    Sqlite::new(&path).append(&[entry("::error::s", "c", 1, &[("a", 1.5)])]).unwrap();
    let show = repo.gate("history show --store sqlite:h.db");
    show.exits(0).prints(": :error::s  1 run,");
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    execute("UPDATE suite SET name = 'a' || char(10) || '::error::b'");
    for command in ["show", "verify"] {
        let run = repo.gate(&format!("history {command} --store sqlite:h.db"));
        run.exits(2);
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(told.contains("it is empty, too long, or holds control characters"), "{run}");
        assert!(!told.lines().any(|line| line.trim_start().starts_with("::")), "{run}");
    }
    execute("UPDATE suite SET name = 's'; UPDATE value SET value = -1");
    repo.gate("history show --store sqlite:h.db").exits(2).says("'a' has a value that is negative or not finite");
}
