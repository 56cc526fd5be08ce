//! Issues found again by a hidden marker: an alert that stays one issue, however often it is raised.

use super::client::{Call, Client};
use super::encode;
use super::failure::{Failure, Kind};
use super::identity::{Author, identity};
use serde::Deserialize;
use serde_json::{Value, json};

/// Tries to raise an issue that may have got through.
const TRIES_MAX: u32 = 5;

/// An issue of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its address.
    pub url: String,
    /// Whether it is open.
    pub open: bool,
    /// Its text.
    pub text: String,
}

#[derive(Deserialize)]
struct Listed {
    number: u64,
    html_url: String,
    state: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Author>,
    #[serde(default)]
    pull_request: Option<Value>,
}

/// The first line of an issue with this key.
#[must_use]
pub fn marker(key: &str) -> String {
    format!("<!-- benchgate issue={} -->", encode(key).replace('-', "%2D"))
}

/// The issue with this key that this account opened: an open one before a closed one, the oldest first.
pub fn find(client: &Client<'_>, key: &str) -> Result<Option<Issue>, Failure> {
    let me = identity(client)?;
    let path = format!("issues?state=all&creator={}", encode(&me.login()));
    let all: Vec<Listed> = client.list("list the issues", &path, None)?;
    let marker = marker(key);
    let mut found: Option<Issue> = None;
    for issue in all.into_iter().filter(|issue| issue.pull_request.is_none()) {
        let text = issue.body.unwrap_or_default();
        if !text.starts_with(&marker) || !me.wrote(issue.user.as_ref()) {
            continue;
        }
        let issue = Issue { number: issue.number, url: issue.html_url, open: issue.state == "open", text };
        let is_better = |other: &Issue| (!issue.open, issue.number) < (!other.open, other.number);
        if found.as_ref().is_none_or(is_better) {
            found = Some(issue);
        }
    }
    Ok(found)
}

/// Opens the issue, or gives the one that there is these words, and opens it again if it was closed.
pub fn raise(client: &Client<'_>, key: &str, title: &str, text: &str, labels: &[String]) -> Result<Issue, Failure> {
    let body = format!("{}\n{text}", marker(key));
    let mut tries = 0;
    loop {
        match find(client, key)? {
            Some(issue) if issue.open && issue.text.trim_end() == body.trim_end() => return Ok(issue),
            Some(issue) => {
                let change = json!({ "title": title, "body": body, "state": "open" });
                let call = Call::patch("edit the issue", format!("issues/{}", issue.number), change);
                client.send(&call)?;
                return Ok(Issue { open: true, text: body, ..issue });
            }
            None => {}
        }
        let new = json!({ "title": title, "body": body, "labels": labels });
        match client.read_once::<Listed>(&Call::post("open an issue", "issues", new)) {
            Ok(issue) => return Ok(Issue { number: issue.number, url: issue.html_url, open: true, text: body }),
            // Whether it got through shows when the issues are listed again.
            Err(failure) => {
                tries += 1;
                client.wait(failure, tries)?;
            }
        }
        if tries > TRIES_MAX {
            return Err(Failure::new("open an issue", Kind::Contended, "it never came to be"));
        }
    }
}

/// Closes the issue with this key, with new words; `None` if there is none that is open.
pub fn close(client: &Client<'_>, key: &str, text: &str) -> Result<Option<Issue>, Failure> {
    let Some(issue) = find(client, key)?.filter(|issue| issue.open) else { return Ok(None) };
    let body = format!("{}\n{text}", marker(key));
    let change = json!({ "body": body, "state": "closed", "state_reason": "completed" });
    client.send(&Call::patch("close the issue", format!("issues/{}", issue.number), change))?;
    Ok(Some(Issue { open: false, text: body, ..issue }))
}
