//! Which commits a workflow's gate compares: an upstream, a fork, a runner's clone, and GitHub's own payloads.

use crate::hub::{Hub, PAYLOAD_BEFORE, policy};
use crate::world::{Run, git_in, writes};
use std::fs;
use std::path::Path;

const CHECK: &str = "check --format json --record run.json";

/// Base and head as the report has them.
fn sides(run: &Run) -> (String, String) {
    let report = run.json();
    let side = |name: &str| report[name]["revision"].as_str().unwrap().to_owned();
    (side("base"), side("head"))
}

#[test]
fn a_pull_request_is_compared_with_where_it_left_its_base_by_the_bases_policy() {
    let mut hub = Hub::new();
    let folder = hub.checkout("runner", "refs/pull/7/merge", 0);
    let run = hub.pull_request(&folder, "pull_request_opened", CHECK);
    run.exits(1).says("event 'pull_request' of pull request #7 from a fork; base is");
    assert_eq!(sides(&run), (hub.fork_point.clone(), hub.head.clone()));
    assert_eq!(run.json()["policy"]["alpha"], 0.02, "main's, neither the fork's old one nor its new one: {run}");
    assert_eq!(run.json()["policy"]["changed_in_head"], true);
    let record: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
    let trigger = &record["trigger"];
    assert_eq!((&trigger["repository"], &trigger["pull_request"]), (&"octo-org/parser".into(), &7.into()));
    // The same commits, whatever is checked out; a re-run, and a payload that lags behind the base's tip.
    let head_out = hub.checkout("head-out", "refs/pull/7/head", 0);
    let again = hub.pull_request(&head_out, "pull_request_synchronize", CHECK);
    assert_eq!(sides(again.exits(1)), (hub.fork_point.clone(), hub.head.clone()));
    assert_eq!(again.json()["policy"]["alpha"], 0.02);
    let old = hub.fork_point.clone();
    let (main, merge) = (hub.main.clone(), hub.merge.clone());
    let set = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_SHA", merge.as_str()),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        (main.as_str(), old.as_str()),
    ];
    let lagging = hub.gate(&folder, "pull_request_opened", &set, CHECK);
    lagging.exits(1).says("attempt 2");
    assert_eq!(lagging.json()["policy"]["alpha"], 0.02, "the merge commit knows the base's tip: {lagging}");
    // Flags win.
    let flags = hub.pull_request(&folder, "pull_request_opened", &format!("{CHECK} --base HEAD^1 --head HEAD"));
    assert_eq!(sides(flags.exits(1)), (hub.main.clone(), hub.merge.clone()));
    let base_alone = hub.pull_request(&folder, "pull_request_opened", &format!("{CHECK} --base {}", hub.main));
    assert_eq!(sides(base_alone.exits(1)), (hub.main.clone(), hub.head.clone()));
}

#[test]
fn a_label_accepts_only_where_the_base_lets_it() {
    let mut hub = Hub::new();
    let folder = hub.checkout("runner", "refs/pull/7/merge", 0);
    hub.pull_request(&folder, "pull_request_synchronize", CHECK).exits(1);
    // The base opens it, and GitHub merges anew.
    hub.repo.git("checkout --quiet main");
    hub.repo.write("benchgate.toml", policy("0.02") + "[accept]\nlabel = 'performance: accepted'\nceiling = '100%'\n");
    hub.repo.git("commit --quiet --all -m accept");
    hub.main = hub.repo.git("rev-parse HEAD").trim().to_owned();
    let upstream = hub.repo.outside().join("upstream.git").display().to_string();
    hub.repo.git(&format!("push --quiet {upstream} main"));
    git_in(&folder, &["fetch", "--quiet", "origin"]);
    let head = hub.head.clone();
    let set =
        [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_SHA", head.as_str()), ("GITHUB_REF", "refs/pull/7/merge")];
    let run = hub.gate(&folder, "pull_request_synchronize", &set, CHECK);
    run.exits(0);
    let waiver = &run.json()["comparisons"][0]["waiver"];
    assert_eq!(waiver["reason"], "label 'performance: accepted' of #7");
    hub.gate(&folder, "pull_request_opened", &set, CHECK).exits(1);
}

#[test]
fn what_the_base_got_since_is_not_asked_of_a_pull_request() {
    let mut hub = Hub::new();
    let folder = hub.checkout("runner", "refs/pull/7/merge", 0);
    let more = "[[suite.command]]\nname = 'more'\nrun = 'true'\n[[suite.command]]";
    let later = "[[suite]]\nname = 'later'\nharness = 'command'\n[[suite.command]]\nname = 'x'\nrun = 'true'\n";
    hub.repo.git("checkout --quiet main");
    hub.repo.write("benchgate.toml", policy("0.02").replacen("[[suite.command]]", more, 1) + later);
    hub.repo.git("commit --quiet --all -m more");
    hub.main = hub.repo.git("rev-parse HEAD").trim().to_owned();
    let upstream = hub.repo.outside().join("upstream.git").display().to_string();
    hub.repo.git(&format!("push --quiet {upstream} main"));
    git_in(&folder, &["fetch", "--quiet", "origin"]);
    let head = hub.head.clone();
    let set =
        [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_SHA", head.as_str()), ("GITHUB_REF", "refs/pull/7/merge")];
    let run = hub.gate(&folder, "pull_request_opened", &set, CHECK);
    assert_eq!(run.exits(1).states(), [""; 0], "{run}");
    assert_eq!(run.json()["policy"]["alpha"], 0.02);
}

#[test]
fn a_stacked_pull_request_is_compared_with_the_one_below() {
    let mut hub = Hub::new();
    let upstream = hub.repo.outside().join("upstream.git").display().to_string();
    // The lower one is the stranger's; the upper one adds a little.
    let below = hub.head.clone();
    hub.repo.git(&format!("checkout --quiet --detach {below}"));
    hub.repo.write("grows.sh", writes(2010));
    hub.repo.git("commit --quiet --all -m upper");
    hub.head = hub.repo.git("rev-parse HEAD").trim().to_owned();
    hub.repo.git(&format!(
        "push --quiet {upstream} {below}:refs/heads/utf-8 HEAD:refs/heads/utf-8-tables HEAD:refs/pull/9/merge"
    ));
    let folder = hub.checkout("runner", "refs/pull/9/merge", 0);
    let (main, head) = (hub.main.clone(), hub.head.clone());
    let set = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_SHA", head.as_str()),
        ("GITHUB_REF", "refs/pull/9/merge"),
        (main.as_str(), below.as_str()),
    ];
    let run = hub.gate(&folder, "pull_request_stacked", &set, CHECK);
    assert_eq!(sides(run.exits(0).says("the pull request's base 'utf-8'")), (below, head));
}

#[test]
fn queues_pushes_clocks_and_buttons_find_their_base() {
    let mut hub = Hub::new();
    let folder = hub.checkout("queue", "refs/pull/7/merge", 0);
    let (fork_point, main, head, merge) =
        (hub.fork_point.clone(), hub.main.clone(), hub.head.clone(), hub.merge.clone());
    let is = |kind: &'static str, sha: &str| [("GITHUB_EVENT_NAME", kind.to_owned()), ("GITHUB_SHA", sha.to_owned())];
    let sides_of =
        |hub: &mut Hub, folder: &Path, payload: &str, kind: &'static str, sha: &str, swap: &[(&str, &str)]| {
            let set = is(kind, sha);
            let mut all: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
            all.push(("GITHUB_REF", "refs/heads/main"));
            all.extend(swap);
            let run = hub.gate(folder, payload, &all, CHECK);
            assert!([0, 1].contains(&run.status.code().unwrap()), "{run}");
            sides(&run)
        };
    // A queue's group is the merge; its parent group is its base.
    let group = [(head.as_str(), merge.as_str())];
    assert_eq!(
        sides_of(&mut hub, &folder, "merge_group", "merge_group", &merge, &group),
        (main.clone(), merge.clone())
    );
    // A push to main: what main was before. So too when it is forced, and when what was before is gone.
    let pushed = [(head.as_str(), merge.as_str()), (PAYLOAD_BEFORE, fork_point.as_str())];
    assert_eq!(
        sides_of(&mut hub, &folder, "push_default", "push", &merge, &pushed),
        (fork_point.clone(), merge.clone())
    );
    let forced = [(head.as_str(), merge.as_str()), (PAYLOAD_BEFORE, head.as_str())];
    let seen = sides_of(&mut hub, &folder, "push_forced", "push", &merge, &forced);
    assert_eq!(seen, (head.clone(), merge.clone()), "where both histories part");
    let gone = [(head.as_str(), merge.as_str())];
    assert_eq!(sides_of(&mut hub, &folder, "push_forced", "push", &merge, &gone), (main.clone(), merge.clone()));
    // Any other branch: where it left the default branch, however it was pushed.
    let branch = hub.checkout("branch", "refs/pull/7/head", 0);
    for payload in ["push_branch", "push_new_branch"] {
        assert_eq!(
            sides_of(&mut hub, &branch, payload, "push", &head, &[]),
            (fork_point.clone(), head.clone()),
            "{payload}"
        );
    }
    assert_eq!(sides_of(&mut hub, &branch, "push_tag", "push", &head, &[]), (fork_point.clone(), head.clone()));
    let dispatched = sides_of(&mut hub, &branch, "workflow_dispatch", "workflow_dispatch", &head, &[]);
    assert_eq!(dispatched, (fork_point.clone(), head.clone()));
    // The clock, on main: the commit before.
    let clock = hub.checkout("clock", "refs/heads/main", 0);
    assert_eq!(sides_of(&mut hub, &clock, "schedule", "schedule", &main, &[]), (fork_point.clone(), main.clone()));
    // Something else is checked out than the event is about.
    assert_eq!(sides_of(&mut hub, &clock, "push_branch", "push", &head, &[]), (fork_point, main));
}

#[test]
fn what_cannot_be_told_is_said() {
    let mut hub = Hub::new();
    let shallow = hub.checkout("shallow", "refs/pull/7/merge", 1);
    hub.pull_request(&shallow, "pull_request_opened", CHECK).exits(2).says(&hub.main.clone()).says("fetch-depth: 0");
    let merge = hub.merge.clone();
    let head = hub.head.clone();
    let run = |hub: &mut Hub, payload: &str, kind: &str, line: &str| {
        let set = [
            ("GITHUB_EVENT_NAME", kind),
            ("GITHUB_SHA", merge.as_str()),
            ("GITHUB_REF", "refs/heads/main"),
            (head.as_str(), merge.as_str()),
        ];
        hub.gate(&shallow, payload, &set, line)
    };
    run(&mut hub, "pull_request_target", "pull_request_target", CHECK).exits(2).says("its code must not run here");
    run(&mut hub, "workflow_run_fork", "workflow_run", CHECK).exits(2).says("benchgate publish");
    // Nor where a flag names a stranger's commit, or a merge of it, nor by another command.
    let checks = ["--head HEAD", "--base HEAD --head HEAD"].map(|named| format!("{CHECK} {named}"));
    let others = ["run --record ../own.json", "run --rev HEAD --record ../own.json", "record"].map(str::to_owned);
    for line in checks.into_iter().chain(others) {
        run(&mut hub, "pull_request_target", "pull_request_target", &line).exits(2).says("its code must not run here");
    }
    run(&mut hub, "push_deleted", "push", CHECK).exits(2).says("nothing is left to judge");
    run(&mut hub, "push_deleted", "pull_request", CHECK)
        .exits(2)
        .says("has no 'pull_request'")
        .says("--base REV and --head REV");
    run(&mut hub, "push_default", "push", CHECK).exits(2).says("shallow").says("fetch-depth: 0");
    hub.repo.set("GITHUB_EVENT_PATH", "/nonexistent");
    hub.repo.from(&shallow).gate(CHECK).exits(2).says("GITHUB_EVENT_PATH names no file");
    hub.repo.set("GITHUB_EVENT_NAME", "");
    hub.repo.from(&shallow).gate(CHECK).exits(2).says("GITHUB_EVENT_NAME is not set");
}
