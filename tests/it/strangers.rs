//! A fork's head, fetched by the publisher to be read: what it changes of the gate is listed and counts where it is stricter, and
//! nothing of it runs, stays, or is needed for an answer.

use crate::forks::on_github_as;
use crate::forks::{Forked, on_github};
use crate::hub::Hub;
use crate::world::{git_in, suite, writes};
use std::fs;
use std::path::Path;

/// Everything of a clone that a fetch could leave something in.
fn clone_of(folder: &Path) -> String {
    let listed = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        format!("{names:?}")
    };
    let git = folder.join(".git");
    let said = ["for-each-ref", "count-objects -v", "config --list --local"];
    let said = said.map(|line| git_in(folder, &line.split(' ').collect::<Vec<_>>()));
    let fetched = ["FETCH_HEAD", "index"].map(|name| fs::read(git.join(name)).unwrap_or_default());
    format!("{}\n{}\n{}\n{fetched:?}\n{}", listed(folder), listed(&git), listed(&git.join("objects")), said.concat())
}

fn comment(forked: &mut Forked, server: &crate::github::stand_in::StandIn, line: &str) -> String {
    server.store().comments.clear();
    forked.publish(line).exits(0).says("comment: created");
    server.store().comments_of(7)[0].body.clone()
}

const NOT_LISTED: &str = "what head changes of the gate is not listed";

#[test]
fn what_a_forks_head_changes_of_the_gate_is_fetched_and_listed() {
    let (mut forked, server) = on_github();
    let record = forked.record.clone();
    forked.upload(&server, "benchgate", &record);
    let before = clone_of(&forked.publisher);
    let body = comment(&mut forked, &server, "");
    assert!(body.contains("gate.alpha") && body.contains("0.05") && !body.contains(NOT_LISTED), "{body}");
    assert_eq!(clone_of(&forked.publisher), before, "the clone does not know what was fetched");
    let body = comment(&mut forked, &server, "--no-fetch");
    assert!(body.contains(NOT_LISTED) && !body.contains("0.05"), "{body}");
    // The reference may have moved on meanwhile: the commit is still to be had.
    let upstream = forked.hub.repo.outside().join("upstream.git");
    git_in(&upstream, &["update-ref", "refs/pull/7/head", &forked.hub.main]);
    git_in(&upstream, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let body = comment(&mut forked, &server, "");
    assert!(body.contains("gate.alpha") && !body.contains(NOT_LISTED), "{body}");
    // No network, no commit: the base's policy alone, and an address keeps its password.
    git_in(&forked.publisher, &["remote", "set-url", "origin", "http://ada:secretsecret@127.0.0.1:1/parser.git"]);
    let run = forked.publish("");
    run.exits(0).says("check run: failure");
    let body = server.store().comments_of(7)[0].body.clone();
    assert!(body.contains(NOT_LISTED) && !body.contains("0.05"), "{body}");
    assert!(!body.contains("secretsecret") && !format!("{run}").contains("secretsecret"), "{body} {run}");
    git_in(&forked.publisher, &["remote", "remove", "origin"]);
    let body = comment(&mut forked, &server, "");
    assert!(body.contains("no remote"), "{body}");
    server.is_as_described();
}

#[test]
fn a_stricter_gate_of_a_forks_head_counts() {
    let mut hub = Hub::new();
    // Base lets everything pass, and head does not.
    let policy = |threshold: &str| format!("[gate]\nthreshold = '{threshold}'\n{}", suite(&[("grows", "sh grows.sh")]));
    hub.amend(&policy("900%"), &[("benchgate.toml", &policy("3%")), ("grows.sh", &writes(2000))]);
    let (mut forked, server) = on_github_as(Forked::of(hub));
    let record = forked.record.clone();
    forked.upload(&server, "benchgate", &record);
    forked.publish("--no-fetch").exits(0).says("check run: success");
    forked.publish("").exits(0).says("check run: failure");
    assert!(
        server.store().comments_of(7)[0].body.contains("the stricter counts"),
        "{:?}",
        server.store().comments_of(7)
    );
}

/// A head that would do a lot if anybody looked at it as more than data.
#[test]
fn nothing_of_a_forks_head_runs() {
    let mut hub = Hub::new();
    let marker = hub.repo.outside().join("ran");
    let touch = format!("touch {}", marker.display());
    let attributes = "* filter=evil diff=evil merge=evil\n";
    let modules = "[submodule \"x\"]\n\tpath = x\n\turl = ../upstream.git\n";
    let toml = crate::hub::policy("0.05");
    hub.amend(
        &crate::hub::policy("0.02"),
        &[
            ("benchgate.toml", &toml),
            ("grows.sh", &writes(2000)),
            (".gitattributes", attributes),
            (".gitmodules", modules),
        ],
    );
    let (mut forked, server) = on_github_as(Forked::of(hub));
    let record = forked.record.clone();
    forked.upload(&server, "benchgate", &record);
    let publisher = forked.publisher.clone();
    // Whatever the clone itself would run on such occasions.
    for name in ["reference-transaction", "post-checkout", "post-merge", "pre-auto-gc", "post-index-change"] {
        let hook = publisher.join(".git/hooks").join(name);
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, format!("#!/bin/sh\n{touch}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&hook, mode).unwrap();
    }
    for (key, value) in [
        ("filter.evil.smudge", touch.as_str()),
        ("filter.evil.clean", &touch),
        ("filter.evil.process", &touch),
        ("diff.evil.textconv", &touch),
        ("core.fsmonitor", &touch),
        ("fetch.recurseSubmodules", "true"),
        ("submodule.recurse", "true"),
        ("fetch.prune", "true"),
        ("remote.origin.tagOpt", "--tags"),
        ("remote.origin.fetch", "+refs/pull/*/head:refs/remotes/origin/pull/*"),
    ] {
        git_in(&publisher, &["config", "--replace-all", key, value]);
    }
    let before = clone_of(&publisher);
    let _ = fs::remove_file(&marker);
    let body = comment(&mut forked, &server, "");
    assert!(body.contains("gate.alpha"), "{body}");
    assert!(!marker.exists(), "something ran");
    let _ = fs::remove_file(&marker);
    assert_eq!(clone_of(&publisher), before);
}

#[test]
fn a_record_is_posted_as_its_bases_policy_judges_it() {
    let (mut forked, server) = on_github();
    let runner = forked.hub.repo.outside().join("runner");
    fs::write(forked.hub.repo.outside().join("record.json"), forked.record.to_string()).unwrap();
    let merge = forked.hub.merge.clone();
    let set = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_SHA", merge.as_str()),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_REPOSITORY", "octo/repo"),
        ("octo-org/parser", "octo/repo"),
    ];
    // The checkout is the change's own.
    let lax = format!("[gate]\nthreshold = '900%'\n{}", suite(&[("grows", "sh grows.sh")]));
    fs::write(runner.join("benchgate.toml"), &lax).unwrap();
    let run = forked.hub.gate(&runner, "pull_request_opened", &set, "publish ../record.json");
    run.exits(1).says("check run: failure");
    let body = server.store().comments_of(7)[0].body.clone();
    assert!(body.contains("gate.alpha") && body.contains("0.05"), "head's own changes are listed: {body}");
    // Whoever asks what the record comes to here is told.
    forked.hub.gate(&runner, "pull_request_opened", &set, "report ../record.json").exits(0);
    // Where base cannot be asked, nothing is posted as judged.
    let shallow = forked.hub.checkout("shallow", "refs/pull/7/merge", 1);
    fs::write(shallow.join("benchgate.toml"), lax).unwrap();
    let before = server.store().comments.len();
    let run = forked.hub.gate(&shallow, "pull_request_opened", &set, "publish ../record.json");
    run.exits(2).says("the policy of the record's base cannot be read").says("'fetch-depth: 0'");
    assert_eq!(server.store().comments.len(), before);
    server.is_as_described();
}
