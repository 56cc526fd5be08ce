//! Stored baselines: recorded, compared with, refused, set aside.

use crate::world::{Repo, Run, suite_with};
use std::fs;

/// Sleeps are as steady on a busy machine as on an idle one, at the threshold used here.
fn steady() -> Repo {
    let toml = suite_with("", &[("a", "sh a.sh"), ("b", "sh b.sh")]) + "[gate]\nthreshold = '60%'\nmax-rounds = 6\n";
    Repo::new().commit("base", &[("benchgate.toml", &toml), ("a.sh", "sleep 0.08\n"), ("b.sh", "sleep 0.08\n")])
}

/// Records a run. One that other work on this machine disturbed is refused, rightly; it is stored all the same.
fn record(repo: &Repo) -> Run {
    let run = repo.gate("record --launches 3");
    if run.status.code() == Some(0) {
        return run;
    }
    run.exits(1).prints("not stored");
    repo.gate_words(&["record", "--launches", "3", "--accept", "the machine of this test is busy"])
}

/// Three recorded runs, committed.
fn recorded() -> Repo {
    let repo = steady();
    for n in 1..=3 {
        record(&repo).exits(0).prints(&format!("stored run {n} of suite 's'"));
    }
    repo.commit("baselines", &[])
}

/// The one baseline file.
fn file(repo: &Repo) -> std::path::PathBuf {
    let mut files = fs::read_dir(repo.root().join("baselines")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert!(files.next().is_none());
    file
}

#[test]
fn stored_runs_pass_an_unchanged_head_and_fail_a_slower_one() {
    let repo = recorded().commit("head", &[("notes.txt", "x")]);
    let run = repo.gate("check --base HEAD~1 --against stored --format json");
    run.exits(0);
    assert!(run.verdicts().iter().all(|verdict| !verdict.ends_with("regression")), "{run}");
    assert_eq!(run.json()["base"]["source"], "baseline");
    assert!(run.json()["comparisons"].as_array().unwrap().iter().all(|row| row["method"] == "stored"), "{run}");
    let repo = repo.commit("slow", &[("a.sh", "sleep 0.3\n")]);
    let run = repo.gate("check --base HEAD~2 --against stored --format json");
    run.exits(1);
    assert!(run.verdicts().contains(&"a wall-time=regression".to_owned()), "{run}");
    assert!(!run.verdicts().contains(&"b wall-time=regression".to_owned()), "{run}");

    // By default a red row is confirmed by measuring both sides here.
    let run = repo.gate("check --base HEAD~2 --format json");
    run.exits(1);
    let report = run.json();
    let a = report["comparisons"].as_array().unwrap().iter().find(|row| row["benchmark"] == "a").unwrap().clone();
    assert_eq!((&a["verdict"], &a["method"]), (&"regression".into(), &"paired".into()), "{run}");
}

#[test]
fn a_run_that_stored_runs_settled_in_part_can_be_resumed() {
    let repo = recorded().commit("slow", &[("a.sh", "sleep 0.3\n")]);
    let mut running = repo.start("check --base HEAD~1 --format json");
    let journal =
        || repo.stage().map(|stage| fs::read(stage.join("journal.ndjson")).unwrap_or_default()).unwrap_or_default();
    running.until("paired", || journal().split(|byte| *byte == b'\n').count() > 5);
    running.signal(rustix::process::Signal::INT);
    running.wait().exits(2).says("--resume");
    let run = repo.gate("check --base HEAD~1 --format json --resume");
    run.exits(1);
    assert!(run.verdicts().contains(&"a wall-time=regression".to_owned()), "{run}");
    assert_eq!(run.verdicts().len(), 2, "what was settled before is not lost: {run}");
}

#[test]
fn runs_of_another_environment_are_set_aside_and_base_is_measured() {
    let repo = recorded();
    let file = file(&repo);
    let text = fs::read_to_string(&file).unwrap();
    let class =
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["environment"]["class"].as_str().unwrap().to_owned();
    fs::write(&file, text.replace(&class, "x86_64-abacus-1c-00000000")).unwrap();
    let repo = repo.commit("elsewhere", &[]).commit("slow", &[("a.sh", "sleep 0.3\n")]);
    for against in ["stored", "auto"] {
        let run = repo.gate(&format!("check --base HEAD~1 --against {against} --format json"));
        run.exits(1);
        assert!(run.verdicts().contains(&"a wall-time=regression".to_owned()), "{run}");
        let report = run.json();
        assert_eq!(report["base"]["source"], "built");
        assert!(report["comparisons"].as_array().unwrap().iter().all(|row| row["method"] == "paired"), "{run}");
        assert!(report["notes"].to_string().contains("abacus"), "{run}");
    }
}

#[test]
fn other_build_flags_are_another_environment() {
    let mut repo = recorded().commit("slow", &[("a.sh", "sleep 0.3\n")]);
    repo.set("RUSTFLAGS", "-Ctarget-cpu=native");
    let run = repo.gate("check --base HEAD~1 --against stored --format json");
    run.exits(1);
    assert_eq!(run.json()["base"]["source"], "built", "{run}");
}

#[test]
fn a_worse_run_is_no_baseline_unless_somebody_says_why() {
    let repo = recorded().commit("slow", &[("a.sh", "sleep 0.3\n")]);
    let before = fs::read(file(&repo)).unwrap();
    let run = repo.gate("record --launches 3");
    run.exits(1).prints("not stored").prints("s/a wall-time").prints("--accept");
    assert_eq!(fs::read(file(&repo)).unwrap(), before);
    repo.gate_words(&["record", "--accept", " "]).exits(2).says("--accept needs a reason");
    repo.gate_words(&["record", "--launches", "3", "--accept", "UTF-8 validation, see #123"])
        .exits(0)
        .prints("stored run 4");
    assert!(fs::read_to_string(file(&repo)).unwrap().contains("UTF-8 validation, see #123"));
}

#[test]
fn a_run_is_stored_for_all_suites_or_for_none() {
    let second = suite_with("", &[("c", "sh b.sh")]).replace("'s'", "'t'");
    let repo = steady();
    let toml = fs::read_to_string(repo.root().join("benchgate.toml")).unwrap();
    // `t` comes after `s` and is the one that turns worse.
    let repo = repo.commit(
        "two suites",
        &[("benchgate.toml", &(toml + &second.replace("b.sh", "c.sh"))), ("c.sh", "sleep 0.08\n")],
    );
    for _ in 0..3 {
        record(&repo).exits(0);
    }
    let repo = repo.commit("slow", &[("c.sh", "sleep 0.3\n")]);
    let runs = || repo.gate("baseline list").stdout.matches("3 runs").count();
    assert_eq!(runs(), 2);
    repo.gate("record --launches 3").exits(1).prints("not stored").prints("t/");
    assert_eq!(runs(), 2);
}

#[test]
fn a_run_with_a_failure_is_no_baseline() {
    let repo = steady().commit("broken", &[("a.sh", "exit 1")]);
    repo.gate("record --launches 3").exits(2).says("not stored").says("s/a");
    assert!(!repo.root().join("baselines").exists());
}

#[test]
fn head_cannot_bring_its_own_baselines() {
    let repo = steady();
    record(&repo).exits(0);
    let text = fs::read_to_string(file(&repo)).unwrap();
    // Ten times as slow as the truth: everything would pass.
    fs::write(file(&repo), text.replace("0.08", "0.8")).unwrap();
    let repo = repo.commit("slow", &[("a.sh", "sleep 0.3\n")]);
    let run = repo.gate("check --base HEAD~1 --against stored --format json");
    run.exits(1);
    assert_eq!(run.json()["policy"]["changed_in_head"], true);
    assert!(run.json()["notes"].to_string().contains("counts after the merge"), "{run}");
}

#[test]
fn baselines_are_listed_shown_and_pruned() {
    let repo = recorded();
    repo.gate("baseline list").exits(0).prints("s").prints("3");
    repo.gate("baseline show s").exits(0).prints("a").prints("b");
    repo.gate("baseline show nothing").exits(2).says("nothing");
    repo.gate("baseline prune --keep 1").exits(0);
    let text = fs::read_to_string(file(&repo)).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(stored["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn baselines_that_are_not_committed_yet_can_be_tried() {
    let repo = steady();
    record(&repo).exits(0);
    let run = repo.gate("check --base HEAD --against stored --format json");
    assert!(run.json()["notes"].to_string().contains("not committed yet"), "{run}");
    assert!(!run.verdicts().iter().any(|verdict| verdict.ends_with("regression")), "{run}");
}
