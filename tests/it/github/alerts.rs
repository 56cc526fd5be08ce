//! Alerts of a trend: told as issues and to a webhook, once each.

use super::desk::Desk;
use super::stand_in::{Answer, Fault, Rule};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;

/// A table of runs that rise by 10 % at the fortieth and, if there are so many, fall again at the sixtieth.
fn history(runs: u32) -> String {
    let mut text = String::from("commit,parse\n");
    for i in 0..runs {
        let wobble = 1.0 + 0.003 * ((1.7 * f64::from(i)).sin() + (2.9 * f64::from(i)).cos());
        let level = if (40..60).contains(&i) { 110.0 } else { 100.0 };
        writeln!(text, "{i:040x},{}", level * wobble).unwrap();
    }
    text
}

const LOOK: &str = "trend --from history.csv --better lower --alerts alerts.json --issues";

#[test]
fn an_alert_is_one_issue_until_it_is_fixed() {
    let desk = Desk::new();
    let issue = || desk.server.store().issues.values().cloned().collect::<Vec<_>>();
    desk.repo.write("history.csv", history(50));
    desk.run(LOOK).exits(0).prints("1 new, 1 open");
    assert_eq!((issue().len(), issue()[0].open), (1, true));
    assert!(issue()[0].body.contains(&format!("{:040x}", 40)), "{:?}", issue()[0].body);
    desk.repo.write("history.csv", history(55));
    desk.run(LOOK).exits(0).prints("0 new, 1 open");
    assert_eq!(issue().len(), 1);
    desk.repo.write("history.csv", history(75));
    desk.run(LOOK).exits(0).prints("fixed alert");
    assert_eq!((issue().len(), issue()[0].open), (1, false));
    assert!(issue()[0].body.contains("fixed: taken back by"), "{:?}", issue()[0].body);
    desk.server.is_as_described();
}

#[test]
fn closing_the_issue_acknowledges_and_what_was_not_told_is_told_again() {
    let desk = Desk::new();
    desk.repo.write("history.csv", history(50));
    let refusal = Answer::json(422, &serde_json::json!({ "message": "Issues are disabled" }));
    desk.server.fail(Rule::new("POST", "/issues", 1, Fault::Answer(refusal)));
    let failed = desk.run(&format!("{LOOK} --fail-on new"));
    failed.exits(2).says("not told, and so not noted either");
    assert!(!desk.path("alerts.json").exists());
    desk.run(&format!("{LOOK} --fail-on new")).exits(1);
    desk.server.store().issues.values_mut().for_each(|issue| issue.open = false);
    desk.run(&format!("{LOOK} --fail-on open")).exits(0).prints("0 open, 1 acknowledged");
    assert!(!desk.server.store().issues.values().any(|issue| issue.open), "people's word counts");
}

#[test]
fn without_a_token_nothing_is_told() {
    let mut desk = Desk::new();
    desk.repo.write("history.csv", history(50));
    desk.unset("GITHUB_TOKEN");
    desk.run(LOOK).exits(2).says("there is no token");
}

#[test]
fn a_webhook_hears_what_is_new_and_its_address_stays_secret() {
    let mut desk = Desk::new();
    desk.repo.write("history.csv", history(50));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/services/s3cr3t", listener.local_addr().unwrap());
    desk.set("CHAT", &address);
    let look = "trend --from history.csv --better lower --alerts alerts.json --webhook CHAT";
    let heard = std::thread::spawn(move || {
        // In trouble, then not wanted, then well.
        ["503 Busy", "410 Gone", "200 OK"].map(|answer| hear(&listener, answer))
    });
    let refused = desk.run(look);
    refused.exits(2).says("it answered 410");
    assert!(!refused.err.contains("s3cr3t"), "{}", refused.err);
    desk.run(look).exits(0).prints("1 new");
    let heard = heard.join().unwrap();
    assert_eq!(heard[0], heard[2], "the same message again");
    let message: serde_json::Value = serde_json::from_str(&heard[2]).unwrap();
    assert_eq!((&message["schema"], &message["alerts"][0]["news"]), (&1.into(), &"new".into()));
    assert!(message["text"].as_str().unwrap().starts_with("new alert"));
    // Nothing new, nothing said: nobody listens any more.
    desk.run(look).exits(0);
    desk.unset("CHAT");
    desk.run(look).exits(2).says("the variable 'CHAT' is not set");
    desk.set("CHAT", "http://hooks.example.org/s3cr3t");
    std::fs::remove_file(desk.path("alerts.json")).unwrap();
    let plain = desk.run(look);
    plain.exits(2).says("must begin with https://");
    assert!(!plain.err.contains("s3cr3t"));
}

/// Takes one request, answers, and returns the request's body.
fn hear(listener: &TcpListener, answer: &str) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                assert!(!head.to_ascii_lowercase().contains("authorization"), "{head}");
                write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                return body.to_owned();
            }
        }
        let read = stream.read(&mut chunk).unwrap();
        assert!(read > 0, "cut: {text}");
        request.extend(&chunk[..read]);
    }
}
