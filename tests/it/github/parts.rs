//! Parts that other commands use: artifacts, pull requests of commits, issues; and the limits of every answer.

use super::desk::{Desk, FORMER, HEAD, PULL};
use super::stand_in::{ADA_TOKEN, BOT_TOKEN, Fault, Rule};
use benchgate::deliver::github::{Kind, artifacts, issues, pulls};
use std::time::Duration;

#[test]
fn artifacts_are_listed_and_read_within_a_limit() {
    let desk = Desk::new();
    let zip: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let id = desk.server.store().artifact(77, "benchgate", &zip);
    for i in 0..130 {
        desk.server.store().artifact(78, &format!("other {i}"), b"x");
    }
    let client = desk.client(&|_| true);
    let found = artifacts::artifacts(&client, 77).unwrap();
    assert_eq!((found[0].id, found[0].name.as_str(), found[0].size_in_bytes), (id, "benchgate", 100_000));
    assert_eq!(artifacts::artifacts(&client, 78).unwrap().len(), 130, "two pages");
    assert!(artifacts::artifacts(&client, 1).unwrap().is_empty());
    assert_eq!(artifacts::download(&client, id, 100_000).unwrap(), zip);
    let failure = artifacts::download(&client, id, 99_999).unwrap_err();
    assert_eq!((failure.kind, failure.said.as_str()), (Kind::TooLarge, "it is larger than 99999 bytes"));
    let tokens = desk.server.tokens_at("blob");
    assert!(!tokens.is_empty() && tokens.iter().all(Option::is_none), "the token went along to another host");
    assert!(desk.server.tokens_at("api").iter().all(|token| token.as_deref() == Some(BOT_TOKEN)));
    desk.server.is_as_described();
}

#[test]
fn pull_requests_are_found_by_commit_and_by_branch() {
    let desk = Desk::new();
    desk.server.store().pull(13, FORMER);
    desk.server.store().pulls.get_mut(&13).unwrap().owner = "fork".to_owned();
    let client = desk.client(&|_| true);
    let numbers = |found: Vec<pulls::Pull>| found.into_iter().map(|pull| pull.number).collect::<Vec<_>>();
    assert_eq!(numbers(pulls::of_commit(&client, HEAD).unwrap()), [PULL]);
    assert!(numbers(pulls::of_commit(&client, FORMER).unwrap()).is_empty(), "GitHub does not know a fork's");
    assert_eq!(numbers(pulls::of_branch(&client, "fork", "topic").unwrap()), [13]);
    let pull = pulls::pull(&client, 13).unwrap();
    assert_eq!((pull.head.sha.as_str(), pull.head.repo.unwrap().full_name.as_str()), (FORMER, "fork/repo"));
    desk.server.is_as_described();
}

#[test]
fn an_issue_is_raised_once_changed_and_closed() {
    let mut desk = Desk::new();
    let pause = |_: Duration| true;
    let client = desk.client(&pause);
    assert_eq!(issues::find(&client, "a/b").unwrap(), None);
    desk.server.fail(Rule::new("POST", "/issues", 1, Fault::CutAfter));
    let first = issues::raise(&client, "a/b", "sort is slower", "since yesterday", &["perf".to_owned()]).unwrap();
    let again = issues::raise(&client, "a/b", "sort is slower", "since Monday", &[]).unwrap();
    assert_eq!(first.number, again.number);
    assert_eq!(desk.server.store().issues.len(), 1);
    assert_eq!(desk.server.store().issues[&first.number].labels, ["perf"]);
    assert!(issues::close(&client, "a/b", "it is fast again").unwrap().is_some());
    assert!(!desk.server.store().issues[&first.number].open);
    assert_eq!(issues::close(&client, "a/b", "again").unwrap(), None);
    assert_eq!(issues::raise(&client, "a/b", "slow again", "today", &[]).unwrap().number, first.number, "opened again");
    assert!(desk.server.store().issues[&first.number].open);
    assert_ne!(issues::raise(&client, "c", "another", "x", &[]).unwrap().number, first.number);
    // A stranger's issue with the marker is no alert of ours.
    drop(client);
    desk.set("GITHUB_TOKEN", ADA_TOKEN);
    let client = desk.client(&pause);
    assert_eq!(issues::find(&client, "a/b").unwrap(), None);
    desk.server.is_as_described();
}

#[test]
fn a_slow_answer_has_an_end() {
    let desk = Desk::new();
    let client = desk.client_within(&|_| true, Duration::from_millis(300));
    desk.server.fail(Rule::new("GET", "/pulls/12", 1, Fault::Stall));
    assert_eq!(pulls::pull(&client, PULL).unwrap().number, PULL, "asked again");
    desk.server.fail(Rule::new("GET", "/pulls/12", 99, Fault::Stall));
    let failure = pulls::pull(&client, PULL).unwrap_err();
    assert_eq!(failure.kind, Kind::Late, "{failure}");
}

#[test]
fn a_signal_ends_the_waiting() {
    let desk = Desk::new();
    let client = desk.client(&|_| false);
    desk.server.fail(Rule::new("GET", "/pulls/12", 99, Fault::CutBefore));
    assert_eq!(pulls::pull(&client, PULL).unwrap_err().kind, Kind::Interrupted);
    assert_eq!(desk.server.count("GET", "/pulls/12"), 1);
}
