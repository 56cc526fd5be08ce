//! Scripts of the workflows, carried out.

use super::root;
use super::runner::yaml;
use crate::world::{Measuring, Repo, git_in, suite, writes};
use std::fs;
use std::process::Output;

/// The script of a step.
fn script(workflow: &str, job: &str, step: &str) -> String {
    let text = fs::read_to_string(root().join("examples/workflows").join(workflow)).unwrap();
    let jobs = &yaml(&text)["jobs"];
    let found = jobs[job]["steps"].as_array().unwrap().iter().find(|known| known["name"] == step);
    found.unwrap_or_else(|| panic!("{workflow} has no step '{step}'"))["run"].as_str().unwrap().to_owned()
}

/// Runs a script as `run:` does.
fn carry_out(repo: &Repo, script: &str, variables: &[(&str, &str)]) -> Output {
    let binaries = root().join(env!("CARGO_BIN_EXE_benchgate")).parent().unwrap().to_owned();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let mut command = repo.program("bash", repo.root());
    command.args(["-e", "-c", script]).env("PATH", path).env("RUNNER_TEMP", repo.outside());
    let _measuring = Measuring::begin();
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn what_one_job_measured_the_next_one_adds_to_the_history_once() {
    let config = suite(&[("a", "sh a.sh")]) + "[history]\nstore = 'git'\n";
    let repo = Repo::new().commit("base", &[("benchgate.toml", &config), ("a.sh", &writes(100))]);
    let origin = repo.outside().join("origin.git");
    git_in(&repo.outside(), &["init", "--quiet", "--bare", "origin.git"]);
    repo.git(&format!("remote add origin {}", origin.display()));
    let measured = carry_out(&repo, &script("trend.yml", "measure", "Measure"), &[]);
    assert!(measured.status.success(), "{measured:?}");
    assert_eq!(git_in(&origin, &["for-each-ref"]), "", "the job that measures stores nothing");
    assert_eq!(repo.git("status --porcelain"), "");
    for said in ["1 run copied to git", "0 runs copied to git"] {
        let copied = carry_out(&repo, &script("trend.yml", "record", "Record"), &[]);
        assert!(copied.status.success() && String::from_utf8_lossy(&copied.stdout).contains(said), "{copied:?}");
    }
    repo.gate("history show").exits(0).prints("1 run, ");
}

#[test]
fn a_fork_that_is_not_measured_is_no_pass() {
    let repo = Repo::folder("plain");
    let script = script("self-hosted.yml", "answer", "Was it measured, and was it good?");
    for (result, passes, says) in [
        ("success", true, false),
        ("failure", false, false),
        ("cancelled", false, false),
        ("skipped", false, true),
        ("", false, false),
    ] {
        let ended = carry_out(&repo, &script, &[("RESULT", result)]);
        assert_eq!(ended.status.success(), passes, "{result}: {ended:?}");
        assert_eq!(ended.stdout.starts_with(b"::error title=benchgate::a fork's"), says, "{result}: {ended:?}");
    }
}
