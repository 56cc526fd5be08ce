//! What the stand-in remembers, and who may do what.

use super::description::Description;
use super::http::{Answer, Request};
use super::{ADA_TOKEN, BOT_TOKEN, Shared};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A comment of a pull request or an issue.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) pull: u64,
    pub(crate) login: String,
    pub(crate) body: String,
}

/// A pull request.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) head: String,
    pub(crate) open: bool,
    pub(crate) labels: BTreeSet<String>,
    /// Where its head lives: `octo` or a fork's owner.
    pub(crate) owner: String,
    pub(crate) branch: String,
    /// The base's tip.
    pub(crate) base: Option<String>,
}

/// An issue that is no pull request.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) login: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) open: bool,
    pub(crate) labels: Vec<String>,
}

/// A commit's status.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) sha: String,
    pub(crate) state: String,
    pub(crate) context: String,
    pub(crate) description: String,
}

/// Everything of one repository, `octo/repo`.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) pulls: BTreeMap<u64, Pull>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) issues: BTreeMap<u64, Issue>,
    pub(crate) check_runs: Vec<Value>,
    /// All annotations of a check run, by its id.
    pub(crate) annotations: BTreeMap<u64, Vec<Value>>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) blobs: BTreeMap<String, String>,
    pub(crate) trees: BTreeMap<String, Vec<Value>>,
    pub(crate) commits: BTreeMap<String, Value>,
    pub(crate) refs: BTreeMap<String, String>,
    /// Of a run: name and bytes.
    pub(crate) artifacts: BTreeMap<u64, Vec<(u64, String, Vec<u8>)>>,
    /// Parts of paths that no token may write to.
    pub(crate) denied: Vec<&'static str>,
    last_id: u64,
}

pub(super) fn error(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

impl Store {
    pub(crate) fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Opens a pull request.
    pub(crate) fn pull(&mut self, number: u64, head: &str) {
        let pull = Pull {
            head: head.to_owned(),
            open: true,
            labels: BTreeSet::new(),
            owner: "octo".to_owned(),
            branch: "topic".to_owned(),
            base: None,
        };
        self.pulls.insert(number, pull);
    }

    /// Writes a comment in somebody's name.
    pub(crate) fn comment(&mut self, pull: u64, login: &str, body: &str) -> u64 {
        let id = self.id();
        self.comments.push(Comment { id, pull, login: login.to_owned(), body: body.to_owned() });
        id
    }

    /// The comments of a pull request.
    pub(crate) fn comments_of(&self, pull: u64) -> Vec<Comment> {
        self.comments.iter().filter(|comment| comment.pull == pull).cloned().collect()
    }

    /// Leaves an artifact behind a run; its id.
    pub(crate) fn artifact(&mut self, run: u64, name: &str, zip: &[u8]) -> u64 {
        let id = self.id();
        self.artifacts.entry(run).or_default().push((id, name.to_owned(), zip.to_owned()));
        id
    }

    pub(super) fn login(token: Option<&str>) -> Option<&'static str> {
        match token {
            Some(BOT_TOKEN) => Some("github-actions[bot]"),
            Some(ADA_TOKEN) => Some("ada"),
            _ => None,
        }
    }

    pub(super) fn graphql(request: &Request, token: Option<&str>) -> Answer {
        let Some(login) = Self::login(token) else { return error(401, "Bad credentials") };
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if request.method != "POST" || body["query"] != "query { viewer { login } }" {
            return error(400, "Problems parsing JSON");
        }
        Answer::json(200, &json!({ "data": { "viewer": { "login": login } } }))
    }

    /// What GitHub would answer.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        token: Option<&str>,
        d: &Description,
        shared: &Shared,
    ) -> Answer {
        let Some(login) = Self::login(token) else { return error(401, "Bad credentials") };
        if request.path == "/user" {
            if login.ends_with("[bot]") {
                return error(403, "Resource not accessible by integration");
            }
            let mut user = d.example("private-user-response-with-public-and-private-profile-information");
            user["login"] = login.into();
            return Answer::json(200, &user);
        }
        let Some(path) = request.path.strip_prefix("/repos/octo/repo/") else { return error(404, "Not Found") };
        if request.method != "GET" && self.denied.iter().any(|denied| path.contains(denied)) {
            return error(403, "Resource not accessible by integration");
        }
        let parts: Vec<&str> = path.split('/').collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match parts[..] {
            ["git", ..] => self.git(&request.method, &parts, &body, d),
            ["check-runs" | "statuses", ..] | ["commits", _, "check-runs"] => {
                self.checks(request, &parts, &body, login, d)
            }
            ["actions", ..] => self.actions(&parts, request, d, &shared.blob),
            ["contents", ..] => error(404, "Not Found"),
            _ => self.issue_or_pull(request, &parts, &body, login, d),
        }
    }

    fn actions(&self, parts: &[&str], request: &Request, d: &Description, blob: &str) -> Answer {
        match parts {
            ["actions", "runs", run, "artifacts"] => {
                let of_run = self.artifacts.get(&run.parse().unwrap()).cloned().unwrap_or_default();
                let artifacts: Vec<Value> = of_run
                    .iter()
                    .map(|(id, name, zip)| {
                        let mut artifact = d.example("artifact-paginated")["artifacts"][0].clone();
                        artifact["id"] = (*id).into();
                        artifact["name"] = name.as_str().into();
                        artifact["size_in_bytes"] = zip.len().into();
                        artifact
                    })
                    .collect();
                let total = artifacts.len();
                Answer::json(200, &json!({ "total_count": total, "artifacts": page(request, artifacts) }))
            }
            ["actions", "artifacts", id, "zip"] => Answer::empty(302).with("location", &format!("{blob}/{id}")),
            _ => error(404, "Not Found"),
        }
    }

    /// What the other host gives out, to whoever asks.
    pub(super) fn blob(&self, path: &str) -> Answer {
        let id = path.trim_start_matches('/').parse().unwrap_or(0);
        let found = self.artifacts.values().flatten().find(|(own, _, _)| *own == id);
        match found {
            Some((_, _, zip)) => Answer { status: 200, headers: Vec::new(), body: zip.clone() },
            None => Answer::empty(404),
        }
    }
}

/// The part of a list that was asked for.
pub(super) fn page(request: &Request, all: Vec<Value>) -> Vec<Value> {
    let number = |name: &str, usual: usize| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (size, page) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
    all.into_iter().skip((page - 1) * size).take(size).collect()
}

/// An account as answers show it.
pub(super) fn user(d: &Description, login: &str) -> Value {
    let mut user = d.example("issue-comment")["user"].clone();
    user["login"] = login.into();
    user["type"] = if login.ends_with("[bot]") { "Bot" } else { "User" }.into();
    user
}
