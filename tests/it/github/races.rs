//! Two publishers at once: in the end one comment and the newest check run, with the later report.

use super::desk::{Desk, HEAD};
use super::stand_in::{Fault, Rule};
use std::time::Duration;

/// Two runs of one commit, twenty times, each pair on a pull request of its own, all in real time.
#[test]
fn two_publishers_at_once_twenty_times() {
    const PAIRS: u64 = 20;
    let desk = Desk::new();
    for (from, to, started) in [("red.json", "early.json", "09"), ("green.json", "late.json", "10")] {
        desk.changed(from, to, |report| report["started"] = format!("2026-11-22T{started}:00:00Z").into());
    }
    let url = desk.server.url().to_owned();
    for pull in 100..100 + PAIRS {
        desk.server.store().pull(pull, HEAD);
    }
    // The net is not equally fast for everybody.
    for (after, delay) in [(3, 120), (9, 60), (20, 200), (31, 90)] {
        let fault = Fault::Delay(Duration::from_millis(delay));
        desk.server.fail(Rule { after, ..Rule::new("POST", "/comments", 2, fault.clone()) });
        desk.server.fail(Rule { after, ..Rule::new("PATCH", "/comments", 2, fault) });
    }
    std::thread::scope(|scope| {
        for pull in 100..100 + PAIRS {
            for report in ["early.json", "late.json"] {
                let (root, url) = (desk.repo.root(), url.clone());
                scope.spawn(move || {
                    let words = format!("publish --pull-request {pull} --sha {HEAD} {report}");
                    let ran = Desk::publish_in_real_time(root, &url, &words);
                    assert!(ran.err.contains("comment: ") && !ran.err.contains("warning"), "{ran:#?}");
                });
            }
        }
    });
    for pull in 100..100 + PAIRS {
        let comments = desk.server.store().comments_of(pull);
        assert_eq!(comments.len(), 1, "#{pull}: {comments:#?}");
        assert!(comments[0].body.contains("### ✅"), "#{pull} holds the earlier report: {}", comments[0].body);
    }
    desk.server.is_as_described();
}

/// The worst that a slow network can do: the earlier report is written when the later one stands already.
#[test]
fn an_earlier_report_that_comes_late_is_replaced_again() {
    let desk = Desk::new();
    for (from, to, started) in
        [("green.json", "first.json", "08"), ("red.json", "early.json", "09"), ("green.json", "late.json", "10")]
    {
        desk.changed(from, to, |report| report["started"] = format!("2026-11-22T{started}:00:00Z").into());
    }
    desk.publish("first.json").exits(0);
    let url = desk.server.url().to_owned();
    desk.server.fail(Rule::new("PATCH", "/issues/comments", 1, Fault::Delay(Duration::from_millis(700))));
    std::thread::scope(|scope| {
        let root = desk.repo.root();
        let words = |report: &str| format!("publish --pull-request 12 --sha {HEAD} {report}");
        let (early, late) = (words("early.json"), words("late.json"));
        let slow = scope.spawn({
            let url = url.clone();
            move || Desk::publish_in_real_time(root, &url, &early)
        });
        while desk.server.count("PATCH", "/issues/comments") == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let ran = Desk::publish_in_real_time(root, &url, &late);
        assert_eq!(ran.status, 0, "{ran:#?}");
        assert_eq!(slow.join().unwrap().status, 1);
    });
    assert!(desk.comment().contains("### ✅"), "{}", desk.comment());
    assert!(desk.server.count("PATCH", "/issues/comments") >= 3, "it was written, overwritten, and written again");
}

/// Two runs of one commit, twenty times, each pair on a commit of its own; every other gate has said that it is at work, so that both
/// end the same check run.
#[test]
fn two_publishers_at_once_end_with_the_later_reports_check_run() {
    const PAIRS: u64 = 20;
    let desk = Desk::new();
    // Without comments, whose pauses would keep the two apart.
    desk.repo.write("benchgate.toml", "[github]\npictures = false\ncomment = 'never'\n");
    for (from, to, started) in [("red.json", "early.json", "09"), ("green.json", "late.json", "10")] {
        desk.changed(from, to, |report| report["started"] = format!("2026-11-22T{started}:00:00Z").into());
    }
    let url = desk.server.url().to_owned();
    let head = |pair: u64| format!("{:040x}", 0xabc0 + pair);
    for pair in 0..PAIRS {
        desk.server.store().pull(100 + pair, &head(pair));
        if pair % 2 == 0 {
            desk.run(&format!("publish --start --sha {}", head(pair))).exits(0);
        }
    }
    for (after, delay) in [(1, 120), (6, 300), (15, 80), (25, 200)] {
        let fault = Fault::Delay(Duration::from_millis(delay));
        desk.server.fail(Rule { after, ..Rule::new("POST", "/check-runs", 3, fault.clone()) });
        desk.server.fail(Rule { after, ..Rule::new("PATCH", "/check-runs", 3, fault) });
    }
    std::thread::scope(|scope| {
        for pair in 0..PAIRS {
            for report in ["early.json", "late.json"] {
                let (root, url) = (desk.repo.root(), url.clone());
                scope.spawn(move || {
                    let words = format!("publish --pull-request {} --sha {} {report}", 100 + pair, head(pair));
                    let ran = Desk::publish_in_real_time(root, &url, &words);
                    assert!(ran.err.contains("check run: ") && !ran.err.contains("warning"), "{ran:#?}");
                });
            }
        }
    });
    for pair in 0..PAIRS {
        for shown in desk.server.store().shown_checks(&head(pair)) {
            assert_eq!(shown["conclusion"], "success", "{pair}: {shown:#?}");
        }
    }
    desk.server.is_as_described();
}

/// The worst for a check run: the earlier report comes when the later one stands already and its publisher has gone.
#[test]
fn an_earlier_check_run_that_comes_late_yields() {
    for begun in [false, true] {
        let desk = Desk::new();
        desk.repo.write("benchgate.toml", "[github]\npictures = false\ncomment = 'never'\n");
        for (from, to, started) in [("red.json", "early.json", "09"), ("green.json", "late.json", "10")] {
            desk.changed(from, to, |report| report["started"] = format!("2026-11-22T{started}:00:00Z").into());
        }
        if begun {
            desk.run(&format!("publish --start --sha {HEAD}")).exits(0);
        }
        let method = if begun { "PATCH" } else { "POST" };
        let before = desk.server.count(method, "/check-runs");
        // As long as the later one looks again, or longer.
        let delay = Duration::from_millis(if begun { 600 } else { 2200 });
        desk.server.fail(Rule::new(method, "/check-runs", 1, Fault::Delay(delay)));
        let url = desk.server.url().to_owned();
        let words = |report: &str| format!("publish --pull-request 12 --sha {HEAD} {report}");
        std::thread::scope(|scope| {
            let (root, early) = (desk.repo.root(), words("early.json"));
            let slow = scope.spawn({
                let url = url.clone();
                move || Desk::publish_in_real_time(root, &url, &early)
            });
            while desk.server.count(method, "/check-runs") == before {
                std::thread::sleep(Duration::from_millis(5));
            }
            Desk::publish_in_real_time(root, &url, &words("late.json")).exits(0).says("check run: success");
            slow.join().unwrap().exits(1).says("check run: left alone, a later report stands");
        });
        for shown in desk.server.store().shown_checks(HEAD) {
            assert_eq!(shown["conclusion"], "success", "begun: {begun}: {shown:#?}");
        }
        desk.server.is_as_described();
    }
}

/// Two pull requests that publish pictures at once: neither's are lost.
#[test]
fn two_pull_requests_keep_both_their_pictures() {
    let desk = Desk::with_pictures();
    let url = desk.server.url().to_owned();
    for pull in 100..104 {
        desk.server.store().pull(pull, HEAD);
    }
    std::thread::scope(|scope| {
        for pull in 100..104 {
            let (root, url) = (desk.repo.root(), url.clone());
            scope.spawn(move || {
                let words = format!("publish --pull-request {pull} --sha {HEAD} red.json");
                assert_eq!(Desk::publish_in_real_time(root, &url, &words).status, 1);
            });
        }
    });
    let pictures = desk.server.store().pictures();
    for pull in 100..104 {
        let own = pictures.iter().filter(|path| path.starts_with(&format!("pull-{pull}/"))).count();
        assert_eq!(own, 2, "{pull}: {pictures:#?}");
    }
    desk.server.is_as_described();
}
