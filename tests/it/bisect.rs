//! Searching a range of commits for the one that changed a benchmark.

use crate::world::{Repo, Run, writes};
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// What is launched is what the build leaves; a commit may break the build, or touch documents only.
fn project(metric: &str) -> Repo {
    let toml = format!(
        "[gate]\nmax-rounds = 6\n[[suite]]\nname = 's'\nharness = 'command'\nbuild = 'sh build.sh'\nartifacts = ['out/*']\n\
         metrics = ['{metric}']\npass-env = ['LOG']\n[[suite.command]]\nname = 'work'\nrun = 'sh out/work.sh'\n\
         [[suite.command]]\nname = 'rest'\nrun = 'sh out/rest.sh'\n"
    );
    let build = "mkdir -p out\ncp work.sh rest.sh out\n";
    Repo::new().commit("good", &[("benchgate.toml", &toml), ("build.sh", build), ("rest.sh", &writes(1000))])
}

/// The script that is measured; it keeps a log of its launches where the test wants one.
fn work(body: &str) -> String {
    format!("if [ -n \"$LOG\" ]; then echo launched >> \"$LOG\"; fi\n{body}")
}

/// Ten commits after the first: 3 breaks the build and 4 mends it, 6 and 9 are of documents, `culprit` changes the work.
fn range(metric: &str, culprit: usize, before: &str, after: &str) -> Repo {
    let mut repo = project(metric);
    repo.write("work.sh", work(before));
    repo = repo.commit("good", &[]);
    repo.git("tag good");
    for number in 1..=10 {
        if number == culprit {
            repo.write("work.sh", work(after));
        }
        match number {
            3 => repo.write("build.sh", "echo broken >&2; exit 1\n"),
            4 => repo.write("build.sh", "mkdir -p out\ncp work.sh rest.sh out\n"),
            6 | 9 => repo.write("docs/notes.md", format!("note {number}\n")),
            _ => repo.write("other.sh", format!("echo {number}\n")),
        };
        repo = repo.commit(&format!("change {number}"), &[]);
    }
    repo
}

fn names(found: &Value, list: &str) -> Vec<String> {
    let commits = found[list].as_array().unwrap().iter();
    commits.map(|commit| commit["summary"].as_str().unwrap().to_owned()).collect()
}

fn treatment<'v>(found: &'v Value, summary: &str) -> &'v str {
    let commits = found["commits"].as_array().unwrap();
    commits.iter().find(|commit| commit["summary"] == summary).unwrap()["treatment"].as_str().unwrap()
}

#[test]
fn a_slow_commit_is_found_among_others() {
    let repo = range("wall-time", 5, "sleep 0.06", "sleep 0.24");
    let before = repo.fingerprint();
    let file = repo.outside().join("found.md").display().to_string();
    let run = repo.gate(&format!("bisect good HEAD --bench s/work --seed 3 --format json -o {file}"));
    let found = run.exits(0).json();
    assert_eq!(names(&found, "culprits"), ["change 5"], "{run}");
    assert!(found["probability"].as_f64().unwrap() >= 0.99);
    assert_eq!(found["ending"], "found");
    assert!(found["difference"]["ratio"].as_f64().unwrap() > 1.5, "{run}");
    assert_eq!(found["commits"].as_array().unwrap().len(), 10);
    let revision = found["culprits"][0]["revision"].as_str().unwrap();
    assert_eq!(found["next"][0], format!("git show {revision}"));
    // Change 4 mends the build, and leaves what change 2 left.
    let done = ["change 3", "change 4", "change 5", "change 10"].map(|summary| treatment(&found, summary));
    assert!(["measured", "same"].contains(&done[1]) && done[2..] == ["measured"; 2], "{run}");
    assert!(fs::read_to_string(file).unwrap().starts_with("### "));
    assert_eq!(repo.fingerprint(), before, "nothing of the user's is touched");
    every_field_is_on_the_page(&found);
}

/// The names of all fields; those of an environment are a report's.
fn fields<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        found.insert(name);
        if name != "environment" {
            fields(inner, found);
        }
    }
    value.as_array().into_iter().flatten().for_each(|inner| fields(inner, found));
}

fn every_field_is_on_the_page(found: &Value) {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md")).unwrap();
    let own = page.split("\n## ").find(|section| section.starts_with("`bisect`")).unwrap();
    let mut names = BTreeSet::new();
    fields(found, &mut names);
    let missing: Vec<&&str> = names.iter().filter(|name| !own.contains(&format!("`{name}`"))).collect();
    assert!(names.len() > 30 && missing.is_empty(), "the page lacks {missing:?}");
}

#[test]
fn a_faster_commit_is_one_too_and_documents_are_not_measured() {
    let repo = range("bytes-written", 7, &writes(3000), &writes(2000));
    let run = repo.gate("bisect good HEAD --bench work -v");
    run.exits(0).prints("made s/work bytes-written better").prints("change 7");
    assert!(run.stdout.contains("untouched") && run.stdout.contains("git show"), "{run}");
    // Neither of the two commits of documents is a culprit, whoever is its neighbour.
    let repo = range("bytes-written", 10, &writes(3000), &writes(2000));
    let found = repo.gate("bisect good HEAD --bench work --format json").exits(0).json();
    assert_eq!(names(&found, "culprits"), ["change 10"]);
}

#[test]
fn a_culprit_that_does_not_build_is_named_with_the_next_that_does() {
    let repo = range("bytes-written", 3, &writes(2000), &writes(3000));
    let run = repo.gate("bisect good HEAD --bench work");
    run.exits(0).prints("one of ").prints("does not build").prints("1 skipped");
    let found = repo.gate("bisect good HEAD --bench work --format json").exits(0).json();
    assert_eq!(names(&found, "culprits"), ["change 3", "change 4"]);
    assert_eq!(treatment(&found, "change 3"), "skipped");
}

/// Launches that a gate's log has seen.
fn launches(repo: &Repo) -> usize {
    fs::read_to_string(repo.outside().join("log")).unwrap_or_default().lines().count()
}

#[test]
fn an_interrupted_search_goes_on_and_repeats_no_launch() {
    let slowly = |bytes| "sleep 0.05\n".to_owned() + &writes(bytes);
    let mut repo = range("bytes-written", 7, &slowly(2000), &slowly(3000));
    let log = repo.outside().join("log");
    repo.set("LOG", &log);
    let mut running = repo.start("bisect good HEAD --bench work");
    let journal = || repo.stage().and_then(|stage| fs::read_to_string(stage.join("bisect.ndjson")).ok());
    // A header and the ends, twelve launches.
    running.until("the search began", || journal().is_some_and(|text| text.lines().count() > 14));
    running.signal(Signal::INT);
    running.wait().exits(2).says("--resume");
    let run = repo.gate("bisect good HEAD --bench work --resume --format json");
    let found = run.exits(0).says("resuming: ").json();
    assert_eq!(names(&found, "culprits"), ["change 7"]);
    let before = launches(&repo);
    let again = repo.gate("bisect good HEAD --bench work --resume --format json").exits(0).json();
    assert_eq!(names(&again, "culprits"), ["change 7"]);
    assert_eq!(launches(&repo), before, "everything is in the journal");
    repo.gate("bisect good HEAD --bench rest --resume").exits(2).says("measured something else");
}

#[test]
fn a_search_that_its_budget_ends_says_what_is_left_and_goes_on_with_more() {
    let slowly = |bytes| "sleep 0.1\n".to_owned() + &writes(bytes);
    let repo = range("bytes-written", 7, &slowly(2000), &slowly(3000));
    // Room for the ends, twelve launches of a tenth of a second, and little more; on a busy machine not even for those.
    let run = repo.gate("bisect good HEAD --bench work --budget 2s --format json");
    if run.status.code() == Some(2) {
        run.says("the two ends could not be measured: unmeasured");
    } else {
        let found = run.exits(3).json();
        assert_eq!(found["ending"], "narrowed", "{run}");
        let notes = found["notes"].to_string();
        assert!(notes.contains("budget ended") && notes.contains("--resume and a larger --budget"), "{run}");
        assert!(names(&found, "candidates").contains(&"change 7".to_owned()), "{run}");
    }
    let run = repo.gate("bisect good HEAD --bench work --budget 5m --resume --format json");
    assert_eq!(names(&run.exits(0).says("resuming: ").json(), "culprits"), ["change 7"]);
}

#[test]
fn ends_that_do_not_differ_are_not_searched() {
    let repo = range("bytes-written", 7, &writes(2000), &writes(3000));
    let run = repo.gate("bisect good HEAD --bench rest");
    run.exits(3).prints("no difference of s/rest bytes-written was seen between").prints("more pairs may show");
    repo.git("branch document HEAD~4");
    let run = repo.gate("bisect document~1 document --bench work --format json");
    assert_eq!(run.exits(3).json()["ending"], "no-difference");
    assert_eq!(run.json()["cost"]["launches"], 0, "the same bytes: {run}");
}

#[test]
fn what_cannot_be_searched_is_said() {
    let repo = range("bytes-written", 7, &writes(2000), &writes(3000));
    let refused = |line: &str, why: &str| -> Run {
        let run = repo.gate(&format!("bisect {line}"));
        run.exits(2).says(why);
        run
    };
    refused("HEAD good --bench work", "the good commit comes after the bad one");
    refused("HEAD HEAD --bench work", "they are one commit");
    refused("nowhere HEAD --bench work", "cannot find revision 'nowhere'");
    refused("good HEAD --bench lost", "matches 'lost'");
    refused("good HEAD --bench *", "means 2 benchmarks");
    refused("good HEAD --bench work --metric max-rss", "no metric 'max-rss'; it has bytes-written");
    refused("good HEAD --bench work --certainty 100%", "--certainty");
    refused("good HEAD", "--bench");
    refused("good HEAD --bench work --resume", "nothing to resume");
    refused("good HEAD --bench work --format svg", "cannot be written as svg");
    repo.git("checkout -q -b side good");
    repo.write("side.sh", "x");
    let repo = repo.commit("on the side", &[]);
    repo.git("tag side-tip");
    repo.git("checkout -q main");
    repo.git_words(&["merge", "-q", "--no-ff", "-m", "merge", "side-tip"]);
    let run = repo.gate("bisect side-tip HEAD --bench work");
    run.exits(2).says("it came in by a merge").says("git log --merges");
}
