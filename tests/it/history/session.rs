//! Histories by the real binary.

use super::places::entry;
use crate::import::data_js;
use crate::world::{Repo, suite, writes};
use benchgate::store::history::{Dir, Entry, Sqlite, Store, Wanted};

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
    repo.gate("history verify").exits(0).prints("is whole: 1 suite, 60 runs, 2 series, 120 values");
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
    assert_eq!(Dir::new(repo.root().join("copy")).load(&Wanted::default()).unwrap()[0].runs.len(), 10);
}

#[test]
fn a_typing_error_is_no_whole_history() {
    let repo = Repo::new();
    repo.write("plain.txt", "");
    for store in ["sqlite:typo.db", "dir:nope"] {
        let next = "check its name, or store a run there with `benchgate record`";
        repo.gate(&format!("history verify --store {store}")).exits(2).says("no run in ").says(next);
        repo.gate(&format!("history copy {store} dir:copy")).exits(2).says("no run in ").says(next);
    }
    assert!(!repo.root().join("typo.db").exists() && !repo.root().join("copy").exists());
    repo.gate("history show --store sqlite:plain.txt/h.db").exits(2).says("Not a directory");
    repo.gate("history prune --keep 0 --store dir:nope").exits(2).says("--keep");
    repo.gate("baseline prune --keep 0").exits(2).says("--keep");
}

#[test]
fn what_a_history_holds_is_told_to_programs_too() {
    let repo = Repo::new();
    Dir::new(repo.root().join("h")).append(&sixty()).unwrap();
    let told = repo.gate("history show --store dir:h --format json");
    let suite = &told.exits(0).json()["suites"][0];
    assert_eq!((&suite["suite"], &suite["environment"]), (&"s".into(), &"epyc".into()));
    assert_eq!((&suite["runs"], &suite["series"]), (&60.into(), &2.into()));
    assert!(suite["first"].as_str().unwrap().starts_with("2023-11-14T"), "{told}");
    for line in ["show --store dir:h --format markdown", "verify --store dir:h --format json"] {
        repo.gate(&format!("history {line}")).exits(2).says("cannot be written as");
    }
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
    for store in ["postgres://ada:hunter2@h/d", "git:https://hunter2@h/a/b.git"] {
        repo.write("benchgate.toml", format!("[history]\nstore = '{store}'\n"));
        let run = repo.gate("history show");
        run.exits(2).says("benchgate.toml:2:9: 'store': a password has no place in this file");
        assert!(!run.stderr.contains("hunter2"), "{run}");
    }
}

#[test]
fn a_recorded_run_is_a_baseline_and_a_run_of_the_history() {
    let suite = suite(&[("print", "sh print.sh")]);
    let config = format!("{suite}\n[history]\nstore = 'dir:.history'\n");
    let repo = Repo::new().commit("first", &[("benchgate.toml", &config), ("print.sh", &writes(1000))]);
    // Whatever else this machine does.
    let run = repo.gate("record --launches 3 --accept busy");
    run.exits(0).prints("stored run 1 of suite 's'").prints("added to the history in dir:");
    // Git counts in seconds, and what has the same time is ordered by when it was measured.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let repo = repo.commit("slower", &[("print.sh", &writes(2000))]);
    // No good baseline, and all the more a run of the history.
    repo.gate("record --launches 3").exits(1).prints("no good baseline").prints("added to the history");
    repo.gate("record --launches 3 --rev HEAD~1 --no-baseline").exits(0);
    let loaded = Dir::new(repo.root().join(".history")).load(&Wanted::everything()).unwrap();
    assert_eq!(loaded[0].series[0].values, [1000.0, 1000.0, 2000.0]);
    let commits =
        ["rev-parse HEAD~1", "rev-parse HEAD~1", "rev-parse HEAD"].map(|line| repo.git(line).trim().to_owned());
    assert_eq!(loaded[0].runs.iter().map(|kept| kept.run.revision.clone()).collect::<Vec<_>>(), commits);
    assert!(loaded[0].runs[0].run.committed.is_some());
    assert_eq!(std::fs::read_dir(repo.root().join("baselines")).unwrap().count(), 1);
    repo.gate("record --no-baseline --store dir:elsewhere --launches 3").exits(0).prints("dir:");
}

#[test]
fn a_history_in_the_work_tree_is_no_change_of_it() {
    let config = |store: &str| format!("[history]\nstore = '{store}'\n{}", suite(&[("print", "sh print.sh")]));
    for store in ["sqlite:kept/h.db", "dir:kept"] {
        let repo = Repo::new().commit("first", &[("benchgate.toml", &config(store)), ("print.sh", &writes(1000))]);
        Dir::new(repo.root().join("kept")).append(&sixty()).unwrap();
        if store.starts_with("sqlite") {
            std::fs::remove_dir_all(repo.root().join("kept/s")).unwrap();
            Sqlite::new(repo.root().join("kept/h.db")).append(&sixty()).unwrap();
        }
        let run = repo.gate("check --base HEAD --dry-run");
        assert!(!run.stderr.contains("+changes"), "{run}");
        // A file of the project's own beside it is one.
        repo.write("kept/mine.sh", "");
        repo.gate("check --base HEAD --dry-run").says("+changes");
    }
}

#[test]
fn what_cannot_be_added_now_is_kept() {
    let suite = suite(&[("print", "sh print.sh")]);
    let repo = Repo::new().commit("first", &[("benchgate.toml", &suite), ("print.sh", &writes(1000))]);
    repo.gate("record --no-baseline").exits(2).says("--no-baseline needs a history");
    let run = repo.gate("record --no-baseline --launches 3 --store git:./gone.git");
    let run = run.exits(2).says("not in the history, but kept: 1 run;").says("git fetch");
    // Other projects on this machine keep theirs elsewhere.
    let from = run.stderr.split('\'').find(|word| word.starts_with("dir:")).unwrap().to_owned();
    let project = from.rsplit('/').nth(1).unwrap();
    assert!(project.starts_with("project-") && from.ends_with("/unsent"), "{from}");
    repo.gate_words(&["history", "copy", &from, "sqlite:h.db"]).exits(0).prints("1 run copied");
}

#[test]
fn another_tool_s_history_joins_ours() {
    let repo = Repo::new();
    repo.write("data.js", data_js(12));
    let import = |flags: &[&str]| {
        let mut words = vec!["import", "data.js", "--store", "sqlite:h.db"];
        words.extend(flags);
        repo.gate_words(&words)
    };
    import(&["--dry-run"]).exits(0).prints("would be added to sqlite:");
    assert!(!repo.root().join("h.db").exists());
    import(&[]).exits(0).prints("0 were there already");
    import(&[]).exits(0).prints("0 runs added to sqlite:");
    assert!(!repo.root().join("baselines").exists());
    repo.gate("history verify --store sqlite:h.db").exits(0);
    repo.gate("import absent.js --history").exits(2).says("no history is configured");
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let values: Vec<(String, f64)> =
        (0..3_000).map(|n| (format!("benchmark number {n}"), 1.0 + f64::from(n))).collect();
    let values: Vec<(&str, f64)> = values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let git = "git:./origin.git";
    let repo = Repo::new();
    repo.git("init --quiet --bare origin.git");
    Dir::new(repo.root().join("large")).append(&[entry("large", "c", 1, &values)]).unwrap();
    // Git compresses what it writes.
    for (store, blocks) in [("dir:history", "60"), ("sqlite:h.db", "60"), (git, "10")] {
        Dir::new(repo.root().join("small")).append(&sixty()).unwrap();
        repo.gate_words(&["history", "copy", "dir:small", store]).exits(0);
        // A limit on the size of files: writing fails in the middle, as on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let mut command = repo.program("sh", repo.root());
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_benchgate"), "history", "copy", "dir:large", store]);
        let ended = command.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{store}: {said}");
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{store}: {said}");
        repo.gate_words(&["history", "verify", "--store", store]).exits(0).prints("is whole: 1 suite, 60 runs");
        repo.gate_words(&["history", "copy", "dir:large", store]).exits(0).prints("1 run copied");
    }
}
