//! What fails, how it ends, and that the verdict, the text and the token stay what they are.

use super::desk::{Desk, HEAD, PULL, Ran};
use super::stand_in::{Answer, BOT_TOKEN, Fault, Rule};
use benchgate::deliver::github::{Order, Stamp, comment};
use serde_json::json;
use std::fs;
use std::time::Duration;

fn answer(status: u16, message: &str) -> Fault {
    Fault::Answer(Answer::json(status, &json!({ "message": message })))
}

/// Publishes a red report with these faults: the status is the report's in any case, and the token is nowhere.
fn red(rules: Vec<Rule>) -> (Desk, Ran) {
    red_at(Desk::new(), rules)
}

fn red_at(mut desk: Desk, rules: Vec<Rule>) -> (Desk, Ran) {
    let summary = desk.path("summary.md");
    desk.set("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    for rule in rules {
        desk.server.fail(rule);
    }
    let ran = desk.publish("red.json");
    ran.exits(1);
    no_token(&desk, &ran);
    (desk, ran)
}

fn no_token(desk: &Desk, ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains("secretsecret"), "{ran:#?}");
    }
    let files = crate::world::files_with(desk.repo.root(), "secretsecret");
    assert!(files.is_empty(), "{files:?}");
}

/// The text is on standard output and, once, in the summary.
fn left_the_text(desk: &Desk, ran: &Ran) {
    ran.prints("<!-- benchgate -->\n### ❌ 1 regression").says("warning: ").says("hint: ");
    let summary = fs::read_to_string(desk.path("summary.md")).unwrap();
    assert_eq!(summary.matches("### ❌ 1 regression").count(), 1, "{summary}");
    desk.publish("red.json");
    let again = fs::read_to_string(desk.path("summary.md")).unwrap();
    assert_eq!(again, summary, "never twice");
}

#[test]
fn a_bad_token_and_none() {
    for token in ["ghs_secretsecretwrong", ""] {
        let mut desk = Desk::new();
        let summary = desk.path("summary.md");
        desk.set("GITHUB_STEP_SUMMARY", &summary.display().to_string());
        desk.set("GITHUB_TOKEN", token);
        let ran = desk.publish("red.json");
        ran.exits(1).says("GITHUB_TOKEN");
        no_token(&desk, &ran);
        left_the_text(&desk, &ran);
        assert!(desk.server.store().comments.is_empty());
        desk.publish("red.json --status publication").exits(2);
        desk.publish("green.json").exits(0);
    }
    let mut desk = Desk::new();
    desk.set("GITHUB_TOKEN", "");
    desk.set("MINE", BOT_TOKEN);
    desk.publish("red.json --token-env MINE").exits(1).says("comment: created");
}

#[test]
fn a_token_that_only_reads() {
    // As a fork's pull request has it.
    let mut desk = Desk::new();
    desk.server.store().denied = vec!["comments", "check-runs", "git/", "statuses", "labels"];
    desk.set("GITHUB_STEP_SUMMARY", &desk.path("summary.md").display().to_string());
    desk.set("GITHUB_ACTIONS", "true");
    let ran = desk.publish("red.json");
    ran.exits(1).says("::warning title=benchgate publish::comment: cannot create the comment: GitHub answered 403");
    ran.says("workflow_run");
    assert!(ran.waited().is_zero(), "what is forbidden is not tried again: {ran:?}");
    assert!(fs::read_to_string(desk.path("summary.md")).unwrap().contains("### ❌"));
    desk.server.is_as_described();
}

#[test]
fn where_checks_are_not_allowed_a_status_stands() {
    let desk = Desk::new();
    desk.server.store().denied = vec!["check-runs"];
    desk.run(&format!("publish --start --sha {HEAD}")).exits(0).says("a pending status");
    desk.publish("red.json").exits(1).says("check run: a status in its place; cannot create the check run");
    let statuses = desk.server.store().statuses.clone();
    let said: Vec<_> =
        statuses.iter().map(|one| (one.state.as_str(), one.context.as_str(), one.sha.as_str())).collect();
    assert_eq!(said, [("pending", "benchgate", HEAD), ("failure", "benchgate", HEAD)]);
    assert!(statuses[1].description.starts_with("1 regression"));
    desk.server.is_as_described();
}

#[test]
fn where_contents_are_not_allowed_the_comment_draws() {
    let desk = Desk::with_pictures();
    desk.server.store().denied = vec!["git/"];
    desk.publish("red.json").exits(1).says("pictures: the comment draws with characters; cannot store a picture");
    assert!(desk.comment().contains("┊") && !desk.comment().contains("<picture>"));
    desk.server.is_as_described();
}

#[test]
fn a_pull_request_that_is_not_there() {
    let desk = Desk::new();
    let ran = desk.run(&format!("publish --pull-request 99 --sha {HEAD} red.json"));
    ran.exits(1).says("comment: cannot look at the pull request: GitHub answered 404").says("check run: failure");
    ran.prints("### ❌").says("check --repository, --pull-request");
    desk.server.is_as_described();
}

#[test]
fn a_refusal_is_told_in_githubs_words() {
    let said = "Validation Failed";
    let too_long = Answer::json(
        422,
        &json!({ "message": said, "errors": [{ "message": "body is too long (maximum is 65536 characters)" }] }),
    );
    let (desk, ran) = red(vec![Rule::new("POST", "/issues/12/comments", 9, Fault::Answer(too_long))]);
    ran.says("GitHub answered 422: Validation Failed").says("body is too long");
    left_the_text(&desk, &ran);
    desk.server.is_as_described();
}

#[test]
fn the_stand_in_itself_refuses_what_is_too_long() {
    let desk = Desk::new();
    let client = desk.client(&|_| true);
    let stamp = Stamp { key: ".".into(), order: Order::default(), head: HEAD.into() };
    let text = format!("<!-- benchgate {stamp} -->\n");
    let text = format!("{text}{}", "x".repeat(65_537 - text.len()));
    let draft = comment::Draft { stamp: &stamp, text: &text, current: HEAD };
    let failure = comment::post(&client, PULL, &draft).unwrap_err();
    assert!(failure.to_string().contains("422"), "{failure}");
    let draft = comment::Draft { text: &text[..65_536], ..draft };
    comment::post(&client, PULL, &draft).unwrap();
}

#[test]
fn limits_are_waited_for_as_long_as_github_asks() {
    let limited = |status| {
        let message = "You have exceeded a secondary rate limit";
        Fault::Answer(Answer::json(status, &json!({ "message": message })).with("retry-after", "7"))
    };
    for status in [429, 403] {
        let (desk, ran) = red(vec![Rule::new("POST", "/issues/12/comments", 2, limited(status))]);
        assert!(ran.waited() >= Duration::from_secs(14), "{ran:?}");
        ran.says("comment: created");
        assert!(desk.comment().contains("### ❌"));
        desk.server.is_as_described();
    }
    // Without a time: the minute that GitHub's documentation asks for.
    let (_, ran) = red(vec![Rule::new("GET", "/pulls/12", 1, answer(403, "You have exceeded a secondary rate limit"))]);
    assert!(ran.waited() >= Duration::from_mins(1), "{ran:?}");
    ran.says("comment: created");
    // Longer than a job should wait.
    let hour = Fault::Answer(Answer::json(429, &json!({ "message": "Too many" })).with("retry-after", "3600"));
    let (desk, ran) = red(vec![Rule::new("POST", "/issues/12/comments", 99, hour)]);
    assert!(ran.waited() < Duration::from_mins(1), "{ran:?}");
    ran.says("GitHub answered 429: Too many").says("later");
    left_the_text(&desk, &ran);
    // The primary limit, which says when it ends.
    let spent = Answer::json(403, &json!({ "message": "API rate limit exceeded" }))
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", "1");
    let (_, ran) = red(vec![Rule::new("GET", "/pulls/12", 1, Fault::Answer(spent))]);
    ran.says("comment: created");
}

#[test]
fn a_server_in_trouble_is_asked_again_and_not_for_ever() {
    for status in [500, 502, 503, 504] {
        let (desk, ran) = red(vec![
            Rule::new("GET", "/comments", 2, answer(status, "oops")),
            Rule::new("POST", "/issues/12/comments", 2, answer(status, "oops")),
            Rule::new("POST", "/check-runs", 2, answer(status, "oops")),
        ]);
        ran.says("comment: created").says("check run: failure https");
        desk.comment();
        assert_eq!(desk.server.store().check_runs.len(), 1);
        desk.server.is_as_described();
    }
    let down = || answer(503, "down");
    let (desk, ran) = red(vec![Rule::new("GET", "", 999, down()), Rule::new("POST", "", 999, down())]);
    ran.says("GitHub answered 503: down").says("run the job again");
    assert!(ran.waited() <= Duration::from_mins(5) && desk.server.seen().len() < 60, "{ran:?}");
    left_the_text(&desk, &ran);
}

#[test]
fn a_cut_connection_makes_no_second_comment_and_no_second_check_run() {
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::CutWithin] {
        let (desk, ran) = red(vec![
            Rule::new("POST", "/issues/12/comments", 2, fault.clone()),
            Rule::new("POST", "/check-runs", 1, fault.clone()),
            Rule::new("GET", "/pulls/12", 1, fault.clone()),
        ]);
        ran.says("comment: ").says("check run: failure https");
        assert!(desk.comment().contains("### ❌"), "{ran:#?}");
        assert_eq!(desk.server.store().check_runs.len(), 1);
        desk.server.is_as_described();
    }
}

#[test]
fn pictures_survive_trouble_at_every_step() {
    let rules = [
        ("POST", "/git/blobs", Fault::CutAfter),
        ("POST", "/git/trees", answer(502, "oops")),
        ("POST", "/git/commits", Fault::CutWithin),
        ("POST", "/git/refs", Fault::CutAfter),
        ("GET", "/git/", Fault::CutBefore),
    ];
    let rules = rules.map(|(method, path, fault)| Rule::new(method, path, 1, fault));
    let (desk, ran) = red_at(Desk::with_pictures(), rules.to_vec());
    ran.says("pictures: on the branch").says("comment: created");
    assert!(desk.comment().contains("<picture>"), "{ran:#?}");
    assert_eq!(desk.server.store().pictures().len(), 2);
    desk.server.is_as_described();
}

#[test]
fn a_rule_that_forbids_the_pictures_branch_is_believed_at_once() {
    let desk = Desk::with_pictures();
    desk.server.store().add_picture("pull-1/a/effects-light-0.png");
    desk.server.fail(Rule::new("PATCH", "/git/refs", 99, answer(422, "Repository rule violations found")));
    let ran = desk.publish("red.json");
    ran.exits(1).says("the comment draws with characters").says("Repository rule violations found");
    assert_eq!(desk.server.count("PATCH", "/git/refs"), 1);
    assert!(desk.comment().contains("┊"));
    desk.server.is_as_described();
}

#[test]
fn annotations_are_not_doubled_by_a_cut_connection() {
    let desk = Desk::new();
    desk.changed("red.json", "many.json", |report| {
        let rows = report["comparisons"].as_array().unwrap();
        let red = rows.iter().find(|row| row["verdict"] == "regression").unwrap().clone();
        let many = (0..120).map(|i| {
            let mut row = red.clone();
            row["benchmark"] = format!("b{i}").into();
            row
        });
        report["comparisons"] = many.collect();
    });
    desk.run(&format!("publish --start --sha {HEAD}")).exits(0);
    desk.server.fail(Rule::new("PATCH", "/check-runs", 1, Fault::CutAfter));
    desk.server.fail(Rule { after: 1, ..Rule::new("PATCH", "/check-runs", 1, Fault::CutWithin) });
    desk.publish("many.json").exits(1).says("check run: failure");
    let store = desk.server.store();
    assert_eq!(store.check_runs.len(), 1);
    let titles: Vec<_> =
        store.annotations.values().flatten().map(|one| one["title"].as_str().unwrap().to_owned()).collect();
    let mut distinct = titles.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((titles.len(), distinct.len()), (120, 120));
}

#[test]
fn a_token_that_comes_back_is_not_repeated() {
    let echo = format!("who sent me {BOT_TOKEN}?");
    let (_, ran) = red(vec![Rule::new("POST", "/issues/12/comments", 9, answer(400, &echo))]);
    ran.says("who sent me ***?");
    let commands = answer(400, "\u{1b}[31m\n::add-mask::x");
    let (_, ran) = red(vec![Rule::new("POST", "/issues/12/comments", 9, commands)]);
    assert!(!ran.err.contains('\u{1b}') && !ran.err.lines().any(|line| line.starts_with("::")), "{ran:?}");
}

#[test]
fn no_server_at_all() {
    let mut desk = Desk::new();
    for (url, said) in [
        ("http://127.0.0.1:1", "no answer"),
        ("http://github.example.org/api/v3", "must begin with https://"),
        ("not an address", "GITHUB_API_URL"),
    ] {
        desk.set("GITHUB_API_URL", url);
        let ran = desk.publish("red.json");
        ran.exits(1).says(said).prints("### ❌ 1 regression");
        no_token(&desk, &ran);
        assert!(ran.waited() <= Duration::from_mins(5));
    }
}

#[test]
fn an_answer_that_makes_no_sense() {
    for body in ["<html>", "[]", "{}", "{\"id\":\"x\"}", "[[[["] {
        let odd = Answer { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let (_, ran) = red(vec![Rule::new("GET", "/pulls/12", 9, Fault::Answer(odd))]);
        ran.says("comment: cannot look at the pull request").says("not what GitHub documents");
    }
}
