use super::*;
use std::path::Path;

const HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const BASE: &str = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
const MERGE: &str = "a6f0b9d3c1b5e8d74c2f60918e7ab3c5d9420f17";
const BEFORE: &str = "7044a8a032e85b6ab611033b2ac8af7ce85805b2";

fn payload(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events").join(name).with_extension("json");
    std::fs::read_to_string(path).unwrap()
}

/// What a runner sets for a fixture, whose name begins with that of its event.
fn variables(name: &str) -> Vec<(&'static str, String)> {
    let names = ["pull_request_target", "pull_request", "merge_group", "push", "workflow_run"];
    let event = names.into_iter().find(|event| name.starts_with(event)).unwrap_or(name);
    let (sha, reference) = match event {
        "pull_request" if name.ends_with("stacked") => (MERGE, "refs/pull/9/merge"),
        "pull_request" if name.ends_with("same_repository") => (MERGE, "refs/pull/8/merge"),
        "pull_request" => (MERGE, "refs/pull/7/merge"),
        "pull_request_target" | "workflow_run" | "issue_comment" => (BASE, "refs/heads/main"),
        _ => (HEAD, "refs/heads/main"),
    };
    let set = [
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_REPOSITORY", "octo-org/parser"),
        ("GITHUB_SHA", sha),
        ("GITHUB_REF", reference),
        ("GITHUB_RUN_ATTEMPT", "1"),
    ];
    set.map(|(name, value)| (name, value.to_owned())).to_vec()
}

fn read_with(set: &[(&'static str, String)], payload: Option<&str>) -> Result<Event, EventError> {
    let variable = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    Event::read(&variable, payload.map(str::as_bytes))
}

fn read(name: &str) -> Event {
    read_with(&variables(name), Some(&payload(name))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn left(commit: &str, why: &str) -> Base {
    Base::Left { commit: commit.to_owned(), why: why.to_owned() }
}

#[test]
fn each_event_names_its_commits() {
    let main = || Base::Branch("main".to_owned());
    let pull = "the pull request's base 'main'";
    for (name, base, number, fork) in [
        ("pull_request_opened", left(BASE, pull), Some(7), true),
        ("pull_request_synchronize", left(BASE, pull), Some(7), true),
        ("pull_request_fork_gone", left(BASE, pull), Some(7), true),
        ("pull_request_same_repository", left(BASE, pull), Some(8), false),
        ("pull_request_stacked", left(BASE, "the pull request's base 'utf-8'"), Some(9), false),
        ("pull_request_target", left(BASE, pull), Some(7), true),
        ("merge_group", left(BASE, "what the queue merges it into, on 'main'"), Some(104), false),
        ("push_default", left(BEFORE, "'main' before the push"), None, false),
        ("push_forced", left(BEFORE, "'main' before the push, which it replaces"), None, false),
        ("push_branch", main(), None, false),
        ("push_new_branch", main(), None, false),
        ("push_new_default", Base::Parent, None, false),
        ("push_tag", Base::Parent, None, false),
        ("schedule", main(), None, false),
        ("workflow_dispatch", main(), None, false),
        ("workflow_run_fork", Base::Configured, None, true),
        ("workflow_run_same_repository", left(BASE, pull), Some(8), false),
        ("workflow_run_moved_on", Base::Configured, None, false),
        ("workflow_run_two", Base::Configured, None, false),
    ] {
        let event = read(name);
        assert_eq!((&event.base, event.pull_request, event.from_fork), (&base, number, fork), "{name}");
        assert_eq!(event.head, HEAD, "{name}: never the merge commit, nor the base");
        assert_eq!(event.repository, "octo-org/parser");
        let merged = name.starts_with("pull_request_") && name != "pull_request_target";
        assert_eq!(event.merge_commit.as_deref(), merged.then_some(MERGE), "{name}");
    }
}

#[test]
fn every_payload_is_read_by_some_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let told = read_with(&variables(&name), Some(&payload(&name)));
        assert!(told.is_ok() || name == "push_deleted", "{name}: {told:?}");
    }
}

#[test]
fn what_ran_before_is_told() {
    let source = read("workflow_run_fork").source.unwrap();
    assert_eq!((source.run, source.attempt, source.event.as_str()), (30_433_642, 1, "pull_request"));
    assert_eq!(source.repository.as_deref(), Some("stranger/parser"));
    assert_eq!(source.branch.as_deref(), Some("utf-8"));
    assert_eq!(read("workflow_run_moved_on").source.unwrap().attempt, 2);
}

#[test]
fn a_rerun_has_the_same_commits() {
    let mut set = variables("pull_request_synchronize");
    set.retain(|(name, _)| *name != "GITHUB_RUN_ATTEMPT");
    set.push(("GITHUB_RUN_ATTEMPT", "3".to_owned()));
    let again = read_with(&set, Some(&payload("pull_request_synchronize"))).unwrap();
    assert_eq!(again, Event { attempt: 3, ..read("pull_request_synchronize") });
    assert_eq!(again.to_string(), "event 'pull_request' of pull request #7 from a fork, attempt 3");
    assert_eq!(again.labels, ["performance: accepted", "bug"]);
}

#[test]
fn strangers_code_does_not_run_with_the_repositorys_rights() {
    assert!(read("pull_request_opened").may_measure().is_ok());
    assert!(read("pull_request_target").may_measure().unwrap_err().contains("measure on 'pull_request'"));
    assert!(read("workflow_run_same_repository").may_measure().unwrap_err().contains("benchgate publish"));
}

#[test]
fn what_is_missing_or_contradicts_itself_is_said() {
    let refused = |name: &str, from: &str, to: &str| {
        let text = payload(name);
        assert!(text.contains(from), "{name}: {from}");
        read_with(&variables(name), Some(&text.replace(from, to))).unwrap_err().to_string()
    };
    assert_eq!(
        refused("pull_request_opened", "\"pull_request\":", "\"other\":"),
        "the payload of the event 'pull_request' has no 'pull_request'"
    );
    assert!(
        refused("pull_request_opened", HEAD, "main").contains("'pull_request.head.sha' is 'main', no full commit id")
    );
    assert!(refused("pull_request_opened", BASE, "--upload-pack=x").contains("no full commit id"));
    assert!(
        refused("pull_request_opened", "octo-org/parser", "octo-org/other")
            .contains("GITHUB_REPOSITORY is 'octo-org/parser'")
    );
    assert!(
        refused("pull_request_opened", "\"number\": 7", "\"number\": 8").contains("GITHUB_REF is 'refs/pull/7/merge'")
    );
    assert!(refused("pull_request_opened", "\"number\": 7", "\"number\": -7").contains("line"));
    assert!(refused("push_default", "\"before\":", "\"earlier\":").contains("has no 'before'"));
    assert!(refused("merge_group", "\"base_sha\":", "\"x\":").contains("missing field `base_sha`"));
    assert_eq!(
        read_with(&variables("push_deleted"), Some(&payload("push_deleted"))).unwrap_err().to_string(),
        "the push deleted 'utf-8': nothing is left to judge"
    );
    let without = |gone: &str| {
        let mut set = variables("push_default");
        set.retain(|(name, _)| *name != gone);
        read_with(&set, Some(&payload("push_default")))
    };
    assert!(without("GITHUB_SHA").unwrap_err().to_string().contains("GITHUB_SHA is not set"));
    assert!(without("GITHUB_EVENT_NAME").is_err() && without("GITHUB_REPOSITORY").is_err());
    assert!(without("GITHUB_REF").is_ok(), "the payload has its own");
    let push = read_with(&variables("push_default"), None).unwrap_err().to_string();
    assert!(push.contains("GITHUB_EVENT_PATH"), "{push}");
    assert_eq!(read_with(&variables("schedule"), None).unwrap().base, Base::Configured, "it names no commits anyway");
    assert!(read_with(&variables("push_default"), Some("[[[")).is_err());
    let deep = format!("{{\"x\": {}", "[".repeat(100_000));
    assert!(read_with(&variables("push_default"), Some(&deep)).is_err());
}

#[test]
fn no_text_of_a_payload_reaches_a_terminal_raw() {
    let text = payload("pull_request_stacked").replace("\"ref\": \"utf-8\"", "\"ref\": \"a\\u001b[2J\\nb\"");
    let event = read_with(&variables("pull_request_stacked"), Some(&text)).unwrap();
    assert_eq!(event.base, left(BASE, r"the pull request's base 'a\u{1b}[2J\nb'"));
}
