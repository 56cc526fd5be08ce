//! Histories by the real binary.

use super::places::entry;
use crate::world::Repo;
use benchgate::store::history::{Dir, Entry, Sqlite, Store};

/// Sixty runs on two machines; on one of them `a` rises by a tenth at the fortieth.
pub(crate) fn sixty() -> Vec<Entry> {
    let value = |n: usize| {
        let wobble = 1.0 + 0.003 * ((1.7 * n as f64).sin() + (2.9 * n as f64).cos());
        let level = if n < 40 { 0.1 } else { 0.11 };
        level * wobble
    };
    (0..60).map(|n| entry("s", "epyc", n, &[("a", value(n)), ("b", 0.2)])).collect()
}

#[test]
fn a_configured_history_is_what_trend_looks_at() {
    let repo = Repo::new();
    repo.write("benchgate.toml", "[history]\nstore = 'sqlite:h.db'\n");
    repo.gate("trend").exits(2).says("no run in sqlite:").says("h.db; `benchgate record` stores one");
    repo.gate("history show").exits(0).prints("no run in sqlite:");
    Sqlite::new(repo.root().join("h.db")).append(&sixty()).unwrap();
    repo.gate("trend").exits(0).prints("s/a").prints("1 change in 1 of 2 series");
    repo.gate("history show").exits(0).prints("s  60 runs, 2 series, 2023-11-14 to 2024-01-12  epyc");
    repo.gate("history verify").exits(0).prints("is whole: 1 suites, 60 runs, 2 series, 120 values");
    // From a folder below, too.
    repo.write("below/x", "");
    repo.from(&repo.root().join("below")).gate("trend").exits(0);

    repo.gate("history copy sqlite:h.db dir:copy")
        .exits(0)
        .prints("60 runs copied to dir:")
        .prints("0 were there already");
    repo.gate("history copy sqlite:h.db dir:copy").exits(0).prints("0 runs copied").prints("60 were there already");
    repo.gate("trend --store dir:copy").exits(0).prints("1 change in 1 of 2 series");
    repo.gate("history prune --keep 10 --store dir:copy").exits(0).prints("50 runs dropped");
    assert_eq!(
        Dir::new(repo.root().join("copy")).load(&benchgate::store::history::Wanted::default()).unwrap()[0].runs.len(),
        10
    );
}

#[test]
fn a_damaged_history_is_an_error_and_says_where() {
    let repo = Repo::new();
    Dir::new(repo.root().join("h")).append(&sixty()).unwrap();
    let folder = repo.root().join("h/s/epyc");
    let path = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("epyc", "xeon", 1)).unwrap();
    repo.gate("trend --store dir:h")
        .exits(2)
        .says("h/s/epyc/")
        .says("the checksum in its name does not fit")
        .says("history verify");
    repo.gate("history verify --store dir:h").exits(2).prints("damaged: ").prints("dir:").prints("is damaged");
}

#[test]
fn a_store_that_makes_no_sense_is_refused_and_no_password_is_shown() {
    let repo = Repo::new().with("STORE", "sqlite:h.db").with("PGPASSWORD", "hunter2");
    repo.gate("history show").exits(2).says("no history is configured: name one with --store");
    repo.gate("history show --store mysql://ada:hunter2@h/d").exits(2).says("not a store; use git, dir:PATH");
    repo.gate("history show --store env:STORE").exits(0);
    repo.gate("history show --store env:ABSENT").exits(2).says("env:ABSENT: it is not set");
    repo.write("benchgate.toml", "[history]\nstore = 'postgres://ada:hunter2@h/d'\n");
    let run = repo.gate("history show");
    run.exits(2).says("benchgate.toml:2:9: 'store': a password has no place in this file");
    assert!(!run.stderr.contains("hunter2"), "{run}");
}
