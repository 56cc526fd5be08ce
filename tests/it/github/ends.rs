//! How check runs end: with the latest report, never with another commit's, and never not at all.

use super::desk::{Desk, FORMER, HEAD, PULL};
use super::publishing::{last_check, merges};
use super::stand_in::BOT_TOKEN;
use crate::world::Repo;
use serde_json::json;
use std::fs;

#[test]
fn a_check_run_in_progress_ends_although_nothing_could_be_judged() {
    let desk = Desk::new();
    let start = || desk.run(&format!("publish --start --sha {HEAD}"));
    desk.publish("nothing.json").exits(2);
    assert!(desk.server.store().check_runs.is_empty(), "nothing was begun");
    desk.changed("green.json", "other.json", |report| report["head"]["revision"] = FORMER.into());
    desk.repo.write("broken.json", "{\"outcome\": \"\u{1b}[31m@octocat");
    for (report, why) in [("nothing.json", "nothing.json"), ("broken.json", "broken.json"), ("other.json", FORMER)] {
        start().exits(0);
        assert_eq!(last_check(&desk.server.store())["status"], "in_progress");
        desk.publish(report).exits(2).says("check run: failure https://").says("error: ");
        let check = last_check(&desk.server.store());
        assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")), "{check}");
        let (title, summary) =
            (check["output"]["title"].as_str().unwrap(), check["output"]["summary"].as_str().unwrap());
        assert!(title.starts_with("could not judge: ") && title.contains(why), "{check}");
        assert!(summary.starts_with("    ") && !summary.contains('\u{1b}'), "{check}");
        assert_eq!(summary.trim_end().lines().count(), 1, "all of it is code: {check}");
    }
    desk.publish("nothing.json").exits(2);
    assert_eq!(desk.server.store().check_runs.len(), 3, "what has ended is left alone");
    // A report that comes after all has the last word.
    desk.publish("green.json").exits(0).says("check run: success");
    desk.server.is_as_described();
}

#[test]
fn an_older_report_turns_nothing_green() {
    let mut desk = Desk::new();
    desk.repo.write("benchgate.toml", "[github]\npictures = false\nlabels = { regression = 'slower' }\n");
    desk.changed("red.json", "late.json", |report| report["started"] = "2026-11-20T13:22:00Z".into());
    desk.changed("green.json", "early.json", |report| report["started"] = "2026-11-20T13:00:00.5Z".into());
    desk.set("GITHUB_RUN_ATTEMPT", "2");
    desk.publish("late.json").exits(1).says("check run: failure");
    desk.set("GITHUB_RUN_ATTEMPT", "1");
    let early = |desk: &Desk| {
        desk.publish("early.json").exits(0).says("check run: left alone, a later report stands https://");
        let check = last_check(&desk.server.store());
        assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")), "{check}");
        assert!(check["output"]["title"].as_str().unwrap().starts_with("1 regression"), "{check}");
        assert!(desk.server.store().pulls[&PULL].labels.contains("slower"), "labels are the later report's");
    };
    early(&desk);
    assert_eq!(desk.server.store().check_runs.len(), 1);
    // What is in progress beside it is not left so, and turns nothing green either.
    desk.run(&format!("publish --start --sha {HEAD}")).exits(0);
    early(&desk);
    assert_eq!(desk.server.store().check_runs.len(), 2);
    // Of one moment, the later attempt counts; another commit's counts for itself.
    desk.changed("green.json", "again.json", |report| report["started"] = "2026-11-20T13:22:00Z".into());
    desk.publish("again.json").exits(0).says("check run: left alone");
    desk.run(&format!("publish early.json --sha {FORMER}")).exits(0).says("check run: success");
    desk.set("GITHUB_RUN_ATTEMPT", "3");
    desk.publish("again.json").exits(0).says("check run: success");
    desk.server.is_as_described();
}

#[test]
fn an_older_report_leaves_a_status_alone() {
    let desk = Desk::new();
    desk.server.store().denied = vec!["check-runs"];
    desk.changed("red.json", "late.json", |report| report["started"] = "2026-11-20T13:22:00Z".into());
    desk.changed("green.json", "early.json", |report| report["started"] = "2026-11-20T13:00:00Z".into());
    desk.publish("late.json").exits(1).says("a status in its place");
    desk.publish("early.json").exits(0).says("the status is left alone, a later report stands");
    let states: Vec<String> = desk.server.store().statuses.iter().map(|one| one.state.clone()).collect();
    assert_eq!(states, ["failure"]);
    desk.server.is_as_described();
}

#[test]
fn without_a_payload_too_another_commits_report_is_refused() {
    let merge = "2222222222222222222222222222222222222222";
    let other = "3333333333333333333333333333333333333333";
    let mut desk = Desk::new();
    merges(&desk, merge);
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", ""),
        ("GITHUB_REF", "refs/pull/12/merge"),
        ("GITHUB_SHA", merge),
    ] {
        desk.set(name, value);
    }
    desk.run("publish --start").exits(0);
    desk.changed("green.json", "other.json", |report| report["head"]["revision"] = other.into());
    let ran = desk.run("publish other.json");
    ran.exits(2).says(&format!("the report is about {other}, not about {HEAD}")).says("check run: failure");
    assert!(desk.server.store().comments_of(PULL).is_empty());
    assert_eq!(last_check(&desk.server.store())["conclusion"], "failure");
    for of in [HEAD, merge] {
        desk.changed("green.json", "own.json", |report| report["head"]["revision"] = of.into());
        desk.run("publish own.json").exits(0).says("check run: success");
    }
    desk.server.is_as_described();
}

#[test]
fn a_nearer_file_of_heads_hides_nothing_that_base_wants() {
    let desk = Desk::new();
    let wanted = "[github]\npictures = false\ninconclusive = 'failure'\n";
    let repo = Repo::new().commit("base", &[("benchgate.toml", wanted), ("sub/x", "")]);
    let base = repo.git("rev-parse HEAD").trim().to_owned();
    let mut repo = repo.commit("head", &[("sub/benchgate.toml", "[github]\ncomment = 'never'\n")]);
    for (name, value) in [("GITHUB_API_URL", desk.server.url()), ("GITHUB_TOKEN", BOT_TOKEN)] {
        repo.set(name, value);
    }
    desk.changed("green.json", "undecided.json", |report| {
        report["outcome"] = "inconclusive".into();
        report["base"]["revision"] = base.into();
    });
    let text = fs::read(desk.path("undecided.json")).unwrap();
    let report = repo.outside().join("r.json");
    fs::write(&report, text).unwrap();
    let sub = repo.root().join("sub");
    let words = format!("publish {} --repository octo/repo --pull-request {PULL} --sha {HEAD}", report.display());
    repo.from(&sub).gate(&words).exits(3).says("comment: created").says("check run: failure");
    let check = last_check(&desk.server.store());
    assert_eq!((&check["name"], &check["conclusion"]), (&json!("benchgate"), &json!("failure")), "{check}");
    assert!(desk.comment().contains("key=. "), "{}", desk.comment());
    desk.server.is_as_described();
}
