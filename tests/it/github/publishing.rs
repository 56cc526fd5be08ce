//! What a publication leaves on GitHub when everything goes well, and what it leaves alone.

use super::desk::{Desk, FORMER, HEAD, PULL};
use super::stand_in::{ADA_TOKEN, BOT_TOKEN, Store};
use serde_json::{Value, json};
use std::fs;

pub(super) fn last_check(store: &Store) -> Value {
    store.check_runs.last().unwrap().clone()
}

#[test]
fn a_report_becomes_a_comment_and_a_check_run() {
    let desk = Desk::with_pictures();
    desk.run(&format!("publish --start --sha {HEAD}")).exits(0).prints("/runs/");
    assert_eq!(last_check(&desk.server.store())["status"], "in_progress");
    let ran = desk.publish("red.json");
    ran.exits(1).says("comment: created https://github.com/octo/repo/pull/12#issuecomment-");
    ran.says("check run: failure https://").says("pictures: on the branch benchgate-pictures");
    ran.prints("comment https://github.com/octo/repo/pull/12#issuecomment-");
    let comment = desk.comment();
    assert!(comment.starts_with("<!-- benchgate key=. started="), "{comment}");
    assert!(comment.contains("### ❌ 1 regression") && comment.contains("<picture>"), "{comment}");
    assert!(comment.contains("[the run](https://github.com/octo/repo/actions/runs/77)"), "{comment}");
    let store = desk.server.store();
    assert_eq!(store.check_runs.len(), 1, "the one that was in progress: {:#?}", store.check_runs);
    let check = last_check(&store);
    assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")));
    assert_eq!((&check["name"], &check["head_sha"]), (&json!("benchgate"), &json!(HEAD)));
    assert!(check["output"]["title"].as_str().unwrap().starts_with("1 regression"), "{check}");
    let annotations = &store.annotations[&check["id"].as_u64().unwrap()];
    assert!(annotations[0]["title"].as_str().unwrap().contains("sort") && annotations[0]["path"] == "benchgate.toml");
    assert!(store.statuses.is_empty());
    drop(store);
    desk.server.is_as_described();
}

#[test]
fn the_comment_is_edited_and_what_is_right_is_left_alone() {
    let desk = Desk::new();
    desk.publish("red.json").exits(1).says("comment: created");
    let before = desk.server.seen().len();
    desk.publish("red.json").exits(1).says("comment: up to date already");
    let again = desk.server.seen().split_off(before);
    let changes: Vec<&String> = again
        .iter()
        .filter(|seen| !seen.starts_with("GET") && !seen.contains("/git/blobs") && !seen.contains("graphql"))
        .collect();
    assert!(changes.is_empty(), "{changes:#?}");
    desk.publish("green.json").exits(0).says("comment: updated").says("check run: success");
    assert!(desk.comment().contains("### ✅"), "{}", desk.comment());
    assert_eq!(last_check(&desk.server.store())["conclusion"], "success");
    // A green one has no picture and is short above the fold.
    assert!(!desk.comment().contains("<picture>"));
    desk.server.is_as_described();
}

#[test]
fn outcomes_have_their_conclusions() {
    let desk = Desk::new();
    let conclusion = |report: &str| {
        desk.publish(report);
        last_check(&desk.server.store())["conclusion"].as_str().unwrap().to_owned()
    };
    assert_eq!((conclusion("green.json").as_str(), conclusion("red.json").as_str()), ("success", "failure"));
    desk.changed("green.json", "undecided.json", |report| {
        report["outcome"] = "inconclusive".into();
        report["policy"]["on_inconclusive"] = "deny".into();
        report["comparisons"][0]["verdict"] = "inconclusive".into();
    });
    assert_eq!(conclusion("undecided.json"), "neutral");
    desk.publish("undecided.json").exits(3);
    desk.repo.write("benchgate.toml", "[github]\npictures = false\ninconclusive = \"failure\"\n");
    assert_eq!(conclusion("undecided.json"), "failure");
    desk.changed("green.json", "error.json", |report| {
        report["outcome"] = "error".into();
        report["comparisons"] = json!([]);
    });
    assert_eq!(conclusion("error.json"), "failure");
    let check = last_check(&desk.server.store());
    assert!(check["output"]["title"].as_str().unwrap().starts_with("nothing could be judged"), "{check}");
    desk.publish("error.json").exits(2);
    desk.server.is_as_described();
}

#[test]
fn a_stranger_with_the_marker_is_left_alone() {
    let desk = Desk::new();
    desk.publish("green.json").exits(0);
    let stolen = desk.comment();
    let before = desk.server.store().comments_of(PULL).len();
    desk.server.store().comments.clear();
    for login in ["mallory", "github-actions", "other[bot]"] {
        desk.server.store().comment(PULL, login, &stolen);
    }
    desk.publish("red.json").exits(1).says("comment: created");
    let all = desk.server.store().comments_of(PULL);
    assert_eq!((before, all.len()), (1, 4));
    assert!(all[..3].iter().all(|comment| comment.body == stolen));
    assert_eq!(all[3].login, "github-actions[bot]");
    // Another account's token has a comment of its own.
    let mut desk = desk;
    desk.set("GITHUB_TOKEN", ADA_TOKEN);
    desk.publish("green.json").exits(0).says("comment: created").says("a status in its place");
    assert_eq!(desk.server.store().comments_of(PULL).len(), 5);
    desk.server.is_as_described();
}

#[test]
fn the_comment_is_found_behind_many_others_and_doubles_go() {
    let desk = Desk::new();
    desk.publish("green.json").exits(0);
    let ours = desk.comment();
    desk.server.store().comments.clear();
    for i in 0..230 {
        desk.server.store().comment(PULL, "ada", &format!("comment {i}"));
    }
    let oldest = desk.server.store().comment(PULL, "github-actions[bot]", &ours);
    desk.server.store().comment(PULL, "github-actions[bot]", &ours);
    desk.publish("red.json").exits(1).says("comment: updated");
    let left: Vec<_> = desk.server.store().comments_of(PULL).into_iter().filter(|one| one.login != "ada").collect();
    assert_eq!((left.len(), left[0].id), (1, oldest));
    assert!(left[0].body.contains("### ❌"));
    desk.server.is_as_described();
}

#[test]
fn gates_that_share_a_pull_request_have_comments_of_their_own() {
    let desk = Desk::new();
    desk.publish("red.json --comment-key crates/a").exits(1);
    desk.publish("green.json --comment-key crates/b").exits(0);
    desk.publish("green.json").exits(0);
    desk.publish("green.json --comment-key crates/a").exits(0).says("comment: updated");
    assert_eq!(desk.server.store().comments_of(PULL).len(), 3);
    let names: Vec<Value> = desk.server.store().check_runs.iter().map(|run| run["name"].clone()).collect();
    assert!(names.contains(&json!("benchgate (crates/a)")) && names.contains(&json!("benchgate")), "{names:?}");
    desk.publish("red.json --comment-key ''").exits(2);
    desk.server.is_as_described();
}

#[test]
fn a_report_of_an_older_head_leaves_the_comment_alone() {
    let desk = Desk::new();
    desk.publish("green.json").exits(0);
    let before = desk.comment();
    let ran = desk.run(&format!("publish --pull-request {PULL} --sha {FORMER} red.json"));
    ran.exits(1).says("comment: none, 1111111 is no longer the head of #12, 9b0c77e is");
    assert_eq!(desk.comment(), before);
    assert_eq!(last_check(&desk.server.store())["head_sha"], FORMER, "its own commit is told");
    // And a new head's report replaces whatever a former one's says of itself.
    desk.server.store().pulls.get_mut(&PULL).unwrap().head = FORMER.to_owned();
    desk.changed("red.json", "early.json", |report| report["started"] = "2020-01-01T00:00:00Z".into());
    desk.run(&format!("publish --pull-request {PULL} --sha {FORMER} early.json")).exits(1).says("comment: updated");
    desk.server.is_as_described();
}

#[test]
fn an_earlier_report_of_the_same_head_does_not_replace_a_later_one() {
    let desk = Desk::new();
    let at = |time: &str, to: &str, from: &str| desk.changed(from, to, |report| report["started"] = time.into());
    at("2026-11-22T10:00:00Z", "late.json", "green.json");
    at("2026-11-22T09:00:00Z", "early.json", "red.json");
    at("2999-01-01T00:00:00Z", "forged.json", "red.json");
    desk.publish("late.json").exits(0);
    let early = desk.publish("early.json");
    early
        .exits(1)
        .says("comment: left alone, it holds a later report")
        .says("check run: left alone, a later report stands");
    assert!(desk.comment().contains("### ✅"));
    desk.publish("forged.json").exits(1).says("comment: updated");
    assert!(!desk.comment().contains("2999"), "a time in the future keeps nobody away: {}", desk.comment());
    desk.server.is_as_described();
}

#[test]
fn labels_follow_the_outcome() {
    let desk = Desk::new();
    desk.repo.write(
        "benchgate.toml",
        "[github]\npictures = false\nlabels = { regression = \"perf: slower\", improvement = \"faster\" }\n",
    );
    desk.server.store().pulls.get_mut(&PULL).unwrap().labels.insert("bug".to_owned());
    let labels = || desk.server.store().pulls[&PULL].labels.iter().cloned().collect::<Vec<_>>();
    desk.publish("red.json").exits(1).says("labels: +perf: slower");
    assert_eq!(labels(), ["bug", "perf: slower"]);
    desk.publish("red.json").exits(1).says("labels: as they should be");
    desk.publish("green.json").exits(0).says("labels: -perf: slower");
    assert_eq!(labels(), ["bug"]);
    desk.server.is_as_described();
}

#[test]
fn what_is_not_wanted_is_not_posted() {
    let desk = Desk::new();
    desk.repo.write("benchgate.toml", "[github]\ncomment = \"needed\"\npictures = false\n");
    desk.publish("green.json").exits(0).says("comment: none, nothing needs reading");
    assert!(desk.server.store().comments.is_empty());
    desk.publish("red.json").exits(1).says("comment: created");
    assert!(desk.comment().contains("┊") && !desk.comment().contains("<picture>"), "{}", desk.comment());
    desk.publish("green.json").exits(0).says("comment: updated");
    assert_eq!(desk.server.count("POST", "/git/"), 0);
    desk.repo.write("benchgate.toml", "[github]\ncomment = \"never\"\ncheck = false\n");
    let before = desk.server.store().check_runs.len();
    desk.publish("red.json").exits(1);
    desk.run(&format!("publish --start --sha {HEAD}")).exits(0);
    assert_eq!(desk.server.store().check_runs.len(), before);
    assert!(desk.comment().contains("### ✅"));
    desk.server.is_as_described();
}

#[test]
fn pull_request_and_head_come_from_the_run() {
    let mut desk = Desk::new();
    let merge = "2222222222222222222222222222222222222222";
    merges(&desk, merge);
    desk.set("GITHUB_REF", "refs/pull/12/merge");
    desk.set("GITHUB_SHA", merge);
    desk.run("publish red.json").exits(1).says("comment: created");
    assert_eq!(last_check(&desk.server.store())["head_sha"], HEAD, "not the commit that merges it");
    // A push has no pull request.
    desk.set("GITHUB_REF", "refs/heads/main");
    desk.set("GITHUB_SHA", FORMER);
    desk.run("publish red.json").exits(1).says("comment: none, there is no pull request").says("check run: failure");
    desk.server.is_as_described();
}

/// A commit that merges the pull request's head.
pub(super) fn merges(desk: &Desk, merge: &str) {
    let parents = json!([FORMER, HEAD].map(|sha| json!({ "sha": sha, "url": "https://x/", "html_url": "https://x/" })));
    let commit = json!({
        "sha": merge, "node_id": "x", "url": "https://x/", "html_url": "https://x/", "message": "Merge", "parents": parents,
        "author": { "date": "2026-11-22T00:00:00Z", "name": "a", "email": "a@example.org" },
        "committer": { "date": "2026-11-22T00:00:00Z", "name": "a", "email": "a@example.org" },
        "tree": { "sha": "x", "url": "https://x/" }, "verification":
            { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
    });
    desk.server.store().commits.insert(merge.to_owned(), commit);
}

#[test]
fn an_enterprise_server_is_found_by_its_addresses() {
    let mut desk = Desk::with_pictures();
    let url = desk.server.url().to_owned();
    desk.set("GITHUB_API_URL", &format!("{url}/api/v3/"));
    desk.set("GITHUB_SERVER_URL", "https://ghe.example.org");
    desk.publish("green.json").exits(0).says("comment: created");
    desk.publish("red.json").exits(1).says("comment: updated").says("pictures: on the branch");
    assert_eq!(desk.server.count("POST", "/graphql"), 2, "each asks once who it is");
    let comment = desk.comment();
    assert!(comment.contains("\"https://ghe.example.org/octo/repo/blob/benchgate-pictures/pull-12/"), "{comment}");
    assert!(comment.contains("(https://ghe.example.org/octo/repo/actions/runs/77)"), "{comment}");
    desk.server.is_as_described();
}

#[test]
fn the_event_says_what_it_is_about() {
    let head = crate::hub::PAYLOAD_HEAD;
    let mut desk = Desk::new();
    let payload =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events/pull_request_opened.json");
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REPOSITORY", "octo-org/parser"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_SHA", FORMER),
        ("GITHUB_EVENT_PATH", &payload.display().to_string()),
    ] {
        desk.set(name, value);
    }
    desk.server.store().pull(7, head);
    desk.run("publish red.json --repository octo/repo").exits(1).says("comment: created");
    assert_eq!(desk.server.store().comments_of(7).len(), 1);
    assert_eq!(last_check(&desk.server.store())["head_sha"], head, "not what GITHUB_SHA merges");
    assert_eq!(desk.server.count("GET", "/git/commits/"), 0, "nobody has to be asked");
    desk.server.is_as_described();
}

#[test]
fn the_program_itself_publishes() {
    let mut desk = Desk::new();
    for (name, value) in [("GITHUB_API_URL", desk.server.url().to_owned()), ("MINE", BOT_TOKEN.to_owned())] {
        desk.repo.set(name, value);
    }
    let words = format!("publish red.json --repository octo/repo --token-env MINE --pull-request {PULL} --sha {HEAD}");
    let run = desk.repo.gate(&words);
    run.exits(1).says("comment: created").prints("comment https://github.com/octo/repo/pull/12#issuecomment-");
    assert!(!run.stderr.contains(BOT_TOKEN));
    assert!(desk.comment().contains("### ❌"));
    desk.server.is_as_described();
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let mut desk = Desk::new();
    desk.changed("red.json", "other.json", |report| report["head"]["revision"] = FORMER.into());
    desk.publish("other.json").exits(2).says("the report is about 1111111");
    desk.changed("red.json", "own.json", |report| report["head"]["revision"] = HEAD.into());
    desk.publish("own.json").exits(1);
    desk.run("publish red.json --pull-request 12").exits(2).says("which commit?");
    desk.run("publish red.json --sha abc").exits(2).says("full id");
    desk.run(&format!("publish red.json --sha {HEAD} --repository octo")).exits(2).says("owner/name");
    desk.publish("nothing.json").exits(2);
    desk.unset("GITHUB_REPOSITORY");
    desk.publish("red.json").exits(2).says("which repository?");
    desk.server.is_as_described();
}

#[test]
fn many_findings_are_all_there_and_a_huge_report_fits() {
    let desk = Desk::new();
    desk.changed("red.json", "huge.json", |report| {
        let rows = report["comparisons"].as_array().unwrap();
        let red = rows.iter().find(|row| row["verdict"] == "regression").unwrap().clone();
        let many = (0..1200).map(|i| {
            let mut row = red.clone();
            row["benchmark"] = format!("group/{i:04}/{}", "x".repeat(80)).into();
            row
        });
        report["comparisons"] = many.collect();
    });
    desk.publish("huge.json").exits(1).says("comment: created").says("check run: failure");
    let store = desk.server.store();
    let check = last_check(&store);
    assert_eq!(store.annotations[&check["id"].as_u64().unwrap()].len(), 200);
    assert_eq!(desk.server.count("PATCH", "/check-runs/"), 3, "fifty at a time");
    let length = store.comments_of(PULL)[0].body.chars().count();
    assert!((40_000..=65_536).contains(&length), "{length}");
    drop(store);
    desk.server.is_as_described();
}

#[test]
fn pictures_stay_bounded_and_leave_other_branches_alone() {
    let desk = Desk::with_pictures();
    desk.publish("red.json").exits(1);
    let first = desk.server.store().pictures();
    assert!(
        first.len() == 2 && first.iter().all(|path| path.starts_with("pull-12/") && path.contains("/effects-")),
        "{first:?}"
    );
    for path in &first {
        assert!(
            desk.comment().contains(&format!("https://github.com/octo/repo/blob/benchgate-pictures/{path}?raw=true"))
        );
    }
    // Another picture of the same pull request takes its place; another pull request's stays.
    desk.server.store().pull(13, HEAD);
    desk.run(&format!("publish --pull-request 13 --sha {HEAD} red.json")).exits(1);
    desk.changed("red.json", "redder.json", |report| report["comparisons"][1]["ratio"] = json!(1.7));
    desk.changed("redder.json", "redder.json", |report| {
        report["comparisons"][1]["interval"] = json!([1.6, 1.8]);
        report["started"] = "2026-11-22T23:59:00Z".into();
    });
    desk.publish("redder.json").exits(1);
    let after = desk.server.store().pictures();
    assert_eq!(after.len(), 4, "{after:?}");
    assert!(after.iter().filter(|path| path.starts_with("pull-12/")).all(|path| !first.contains(path)));
    let commit = desk.server.store().refs["refs/heads/benchgate-pictures"].clone();
    assert!(desk.server.store().tip()["message"].as_str().unwrap().starts_with("Pictures of benchgate 3\n"));
    // A branch of that name that is somebody's own.
    desk.server.store().commits.get_mut(&commit).unwrap()["message"] = "My pictures".into();
    desk.server.store().pull(14, HEAD);
    let ran = desk.run(&format!("publish --pull-request 14 --sha {HEAD} red.json"));
    ran.exits(1).says("the comment draws with characters").says("was not made by benchgate");
    assert_eq!(desk.server.store().refs["refs/heads/benchgate-pictures"], commit);
    assert!(desk.server.store().comments_of(14)[0].body.contains("┊"));
    desk.server.is_as_described();
}

#[test]
fn closed_pull_requests_lose_their_pictures_and_the_history_begins_anew() {
    let desk = Desk::with_pictures();
    for number in 100..122 {
        desk.server.store().pull(number, HEAD);
        desk.server.store().pulls.get_mut(&number).unwrap().open = number >= 103;
        desk.server.store().add_picture(&format!("pull-{number}/a/effects-light-0.png"));
    }
    let tip = || desk.server.store().tip();
    assert!(tip()["message"].as_str().unwrap().starts_with("Pictures of benchgate 20\n"));
    desk.publish("red.json").exits(1).says("pictures: on the branch");
    let commit = tip();
    assert!(commit["message"].as_str().unwrap().starts_with("Pictures of benchgate 1\n"), "{commit}");
    assert_eq!(commit["parents"], json!([]), "the history began anew");
    let pulls = desk.server.store().pictures();
    let has = |number: u32| pulls.iter().any(|path| path.starts_with(&format!("pull-{number}/")));
    assert!(!has(100) && !has(102) && has(103) && has(121) && has(12), "{pulls:?}");
    desk.server.is_as_described();
}

#[test]
fn records_are_judged_and_a_summary_is_not_touched_when_all_is_well() {
    let mut desk = Desk::new();
    let summary = desk.path("summary.md");
    desk.set("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    desk.publish("green.json").exits(0);
    assert!(!fs::exists(&summary).unwrap());
    desk.publish("red.json --status publication").exits(0);
    desk.server.is_as_described();
}
