//! Runs that are ended from outside: what was measured is kept, nothing is left behind, `--resume` goes on.

use crate::world::{Repo, Running, marker, none_left, suite_with};
use rustix::process::Signal;
use std::fs;

/// Launches that are not in the journal: the first of each side and benchmark, which warms up, and that of `a` when it is
/// measured again before it turns red.
const WARM_UPS: usize = 6;

/// Two benchmarks that note each launch in a file outside, and take long enough to be interrupted. `marker` names their processes.
fn slow(marker: &str) -> Repo {
    let script = |pause: &str| format!("echo launch >> \"$OUT/log\"\nsh -c 'sleep {pause}; :' {marker}\n");
    let mut repo = Repo::new()
        .commit(
            "base",
            &[
                ("benchgate.toml", &suite_with("pass-env = ['OUT']", &[("a", "sh a.sh"), ("b", "sh b.sh")])),
                ("a.sh", &script("0.1")),
                ("b.sh", &script("0.1")),
            ],
        )
        .commit("head", &[("a.sh", &script("0.3"))]);
    repo.set("OUT", repo.outside());
    repo
}

// A level that six pairs of sleeps reach on a busy machine too.
const CHECK: &str = "check --base HEAD~1 --threshold 50% --max-rounds 6 --alpha 0.1 --format json";

fn lines(path: std::path::PathBuf) -> usize {
    fs::read(path).map_or(0, |text| text.split(|byte| *byte == b'\n').count() - 1)
}

/// Launches in the journal that an interrupted run left.
fn journaled(repo: &Repo) -> usize {
    repo.stage().map_or(0, |stage| lines(stage.join("journal.ndjson")).saturating_sub(1))
}

/// Starts a gate and waits until some launches are in the journal.
fn midway(repo: &Repo) -> Running {
    let mut running = repo.start(CHECK);
    running.until("measured something", || journaled(repo) >= 7);
    running
}

/// Resumes, and asserts that every launch is made exactly once.
fn resumes(repo: &Repo) {
    let (known, launched) = (journaled(repo), lines(repo.outside().join("log")));
    let run = repo.gate(&format!("{CHECK} --resume"));
    run.exits(1).says(&format!("resuming: {known} launches are already measured"));
    assert!(run.verdicts().contains(&"a wall-time=regression".to_owned()), "{run}");
    let total = run.json()["cost"]["launches"].as_u64().unwrap() as usize;
    let again = lines(repo.outside().join("log")) - launched;
    assert!(known >= 7 && total >= 24, "{known} of {total}");
    assert_eq!(again, total - known + WARM_UPS, "{known} of {total} were known: {run}");
    // A finished run can be asked for again: it costs no launch.
    let launched = lines(repo.outside().join("log"));
    repo.gate(&format!("{CHECK} --resume")).exits(1);
    assert_eq!(lines(repo.outside().join("log")), launched);
}

#[test]
fn after_a_kill_no_finished_launch_is_repeated_and_the_repository_is_as_before() {
    let marker = marker("killed");
    let repo = slow(&marker);
    let before = repo.fingerprint();
    let running = midway(&repo);
    running.signal(Signal::KILL);
    let run = running.wait();
    assert_eq!(run.status.code(), None);
    none_left(&marker);
    assert_eq!(repo.fingerprint(), before);
    resumes(&repo);
    assert_eq!(repo.fingerprint(), before);
    none_left(&marker);
}

#[test]
fn an_interrupt_ends_the_run_in_order_and_it_can_be_resumed() {
    let marker = marker("interrupted");
    let repo = slow(&marker);
    let before = repo.fingerprint();
    let running = midway(&repo);
    running.signal(Signal::INT);
    let run = running.wait();
    run.exits(2).says("interrupted").says("--resume");
    assert_eq!(run.stdout, "");
    none_left(&marker);
    assert_eq!(repo.fingerprint(), before);
    resumes(&repo);
}

#[test]
fn the_systems_request_to_end_is_obeyed_like_an_interrupt() {
    for signal in [Signal::TERM, Signal::HUP] {
        let marker = marker("terminated");
        let repo = slow(&marker);
        let running = midway(&repo);
        running.signal(signal);
        running.wait().exits(2).says("interrupted");
        none_left(&marker);
    }
}

#[test]
fn an_interrupt_during_the_build_leaves_nothing_running() {
    let marker = marker("building");
    let build = format!("echo x >> \"$OUT/log\"; sh -c 'sleep 974; :' {marker}");
    let toml = suite_with("pass-env = ['OUT']\nbuild = 'sh build.sh'", &[("a", "true")]);
    let mut repo =
        Repo::new().commit("base", &[("benchgate.toml", &toml), ("build.sh", &build)]).commit("head", &[("x", "y")]);
    repo.set("OUT", repo.outside());
    let before = repo.fingerprint();
    let mut running = repo.start(CHECK);
    let log = repo.outside().join("log");
    running.until("built", || log.exists());
    running.signal(Signal::INT);
    running.wait().exits(2).says("interrupted");
    none_left(&marker);
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn another_change_is_not_resumed() {
    let marker = marker("changed");
    let repo = slow(&marker);
    let running = midway(&repo);
    running.signal(Signal::INT);
    running.wait().exits(2);
    let repo = repo.commit("more", &[("b.sh", "sleep 0.1")]);
    repo.gate(&format!("{CHECK} --resume")).exits(2).says("measured something else").says("without --resume");
    none_left(&marker);
}

#[test]
fn two_gates_on_one_project_are_refused() {
    let marker = marker("twice");
    let repo = slow(&marker);
    let first = midway(&repo);
    repo.gate(CHECK).exits(2).says("another benchgate is measuring this project");
    first.wait().exits(1);
    repo.gate(&format!("{CHECK} --bench b")).exits(0);
}

#[test]
fn after_a_kill_during_the_build_the_next_run_works() {
    let marker = format!("973.{}", fastrand::u32(..));
    let build = format!(
        "echo half > made\nif [ -e \"$OUT/slow\" ]; then echo x > \"$OUT/log\"; exec sleep {marker}; fi\necho whole > made\n"
    );
    let toml = suite_with(
        "pass-env = ['OUT']\nbuild = 'sh build.sh'\nartifacts = ['made']\nmetrics = ['bytes-written']",
        &[("a", "cat made")],
    );
    let mut repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("build.sh", &build)])
        .commit("head", &[("build.sh", &(build.clone() + "echo whole and more > made\n"))]);
    let (log, slow) = (repo.outside().join("log"), repo.outside().join("slow"));
    repo.set("OUT", repo.outside());
    fs::write(&slow, "").unwrap();
    let mut running = repo.start(CHECK);
    running.until("built", || log.exists());
    running.signal(Signal::KILL);
    running.wait();
    none_left(&marker);
    fs::remove_file(&slow).unwrap();
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.json()["comparisons"][0]["base"]["median"], 6.0, "nothing of the half build is used: {run}");
    assert_eq!(run.json()["comparisons"][0]["head"]["median"], 15.0, "{run}");
}
