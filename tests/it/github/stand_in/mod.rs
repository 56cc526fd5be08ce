//! GitHub on loopback: it remembers, it holds every request and every answer against GitHub's own description, and it fails
//! on demand.

mod checks;
mod description;
mod git;
mod http;
mod issues;
mod store;

pub(crate) use http::Answer;
pub(crate) use store::Store;

use description::Description;
use http::Request;
use serde_json::json;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The token of `github-actions[bot]`.
pub(crate) const BOT_TOKEN: &str = "ghs_0123456789secretsecret";
/// The token of a person called `ada`.
pub(crate) const ADA_TOKEN: &str = "ghp_ada0123456789secretsecret";

/// What a request meets instead of its answer.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This answer; nothing is done.
    Answer(Answer),
    /// The connection is cut; nothing is done.
    CutBefore,
    /// It is done, and the connection is cut.
    CutAfter,
    /// It is done, and the answer breaks off in its middle.
    CutWithin,
    /// It is done, and the rest of the answer never comes.
    Stall,
    /// It is done so much later.
    Delay(Duration),
}

/// Which requests meet a fault.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// `POST` or any other.
    pub(crate) method: &'static str,
    /// A part of the path.
    pub(crate) path: &'static str,
    /// How many of them pass first.
    pub(crate) after: usize,
    /// How many of them fail then.
    pub(crate) times: usize,
    pub(crate) fault: Fault,
}

impl Rule {
    /// The first `times` such requests.
    pub(crate) fn new(method: &'static str, path: &'static str, times: usize, fault: Fault) -> Self {
        Self { method, path, after: 0, times, fault }
    }
}

struct Shared {
    description: &'static Description,
    store: Mutex<Store>,
    rules: Mutex<Vec<Rule>>,
    violations: Mutex<Vec<String>>,
    /// `METHOD path` of every request.
    seen: Mutex<Vec<String>>,
    /// Tokens of requests by the host they went to: `api` or `blob`.
    tokens: Mutex<Vec<(&'static str, Option<String>)>>,
    ended: AtomicBool,
    api: String,
    /// Another host, to which downloads are redirected.
    blob: String,
}

/// GitHub on loopback.
pub(crate) struct StandIn {
    shared: Arc<Shared>,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let [api, blob] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            description: Description::get(),
            store: Mutex::default(),
            rules: Mutex::default(),
            violations: Mutex::default(),
            seen: Mutex::default(),
            tokens: Mutex::default(),
            ended: AtomicBool::new(false),
            api: address(&api),
            // Another name of the same machine: another host for whoever sends credentials.
            blob: address(&blob).replace("127.0.0.1", "localhost"),
        });
        for (listener, host) in [(api, "api"), (blob, "blob")] {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || listen(&listener, host, &shared));
        }
        Self { shared }
    }

    /// The address for `GITHUB_API_URL`.
    pub(crate) fn url(&self) -> &str {
        &self.shared.api
    }

    /// What it remembers.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap()
    }

    pub(crate) fn fail(&self, rule: Rule) {
        self.shared.rules.lock().unwrap().push(rule);
    }

    /// `METHOD path` of every request so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many requests so far begin with a method and hold a part of a path.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.starts_with(method) && seen.contains(path)).count()
    }

    /// The tokens that reached a host: `api`, or `blob`, where downloads come from.
    pub(crate) fn tokens_at(&self, host: &str) -> Vec<Option<String>> {
        self.shared
            .tokens
            .lock()
            .unwrap()
            .iter()
            .filter(|(at, _)| *at == host)
            .map(|(_, token)| token.clone())
            .collect()
    }

    /// Asserts that every request and every answer so far was as GitHub describes it.
    #[track_caller]
    pub(crate) fn is_as_described(&self) {
        let violations = self.shared.violations.lock().unwrap();
        assert!(violations.is_empty(), "against GitHub's description: {violations:#?}");
        assert!(!self.shared.seen.lock().unwrap().is_empty(), "nothing was asked");
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        for url in [&self.shared.api, &self.shared.blob] {
            let _ = TcpStream::connect(url.trim_start_matches("http://"));
        }
    }
}

fn listen(listener: &TcpListener, host: &'static str, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || converse(&stream, host, &shared));
    }
}

/// Answers the requests of one connection until one of the two ends it.
fn converse(stream: &TcpStream, host: &'static str, shared: &Shared) {
    let (Ok(mut writer), Ok(reader)) = (stream.try_clone(), stream.try_clone()) else { return };
    let mut reader = BufReader::new(reader);
    while let Some(mut request) = http::read(&mut reader) {
        // An Enterprise server has its APIs below a folder.
        if let Some(path) = ["/api/v3/", "/api/"].iter().find_map(|folder| request.path.strip_prefix(folder)) {
            request.path = format!("/{path}");
        }
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        shared.tokens.lock().unwrap().push((host, token.clone()));
        let fault = if host == "api" { fault_of(&request, shared) } else { None };
        let answer = |shared: &Shared| match host {
            "api" => judged(&request, token.as_deref(), shared),
            _ => shared.store.lock().unwrap().blob(&request.path),
        };
        let sent = match fault {
            None => answer(shared).send(&mut writer),
            Some(Fault::Answer(answer)) => answer.send(&mut writer),
            Some(Fault::Delay(time)) => {
                std::thread::sleep(time);
                answer(shared).send(&mut writer)
            }
            Some(Fault::CutBefore) => return,
            Some(Fault::CutAfter) => return drop(answer(shared)),
            Some(Fault::CutWithin) => return drop(answer(shared).send_half(&mut writer)),
            Some(Fault::Stall) => {
                let _ = answer(shared).send_half(&mut writer);
                // Until the other side gives up.
                let _ = http::read(&mut reader);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn fault_of(request: &Request, shared: &Shared) -> Option<Fault> {
    shared.seen.lock().unwrap().push(format!("{} {}", request.method, request.path));
    let mut rules = shared.rules.lock().unwrap();
    let fits = |rule: &&mut Rule| request.method == rule.method && request.path.contains(rule.path) && rule.times > 0;
    let rule = rules.iter_mut().find(fits)?;
    if rule.after > 0 {
        rule.after -= 1;
        return None;
    }
    rule.times -= 1;
    Some(rule.fault.clone())
}

/// The answer to a request, both held against the description.
fn judged(request: &Request, token: Option<&str>, shared: &Shared) -> Answer {
    let complain = |complaint: String| shared.violations.lock().unwrap().push(complaint);
    if request.header("user-agent").is_none() {
        complain(format!("{} {}: GitHub refuses requests without a user agent", request.method, request.path));
    }
    // The description is of the other API.
    if request.path == "/graphql" {
        return Store::graphql(request, token);
    }
    let operation = shared.description.request(&request.method, &request.path, &request.query, &request.body);
    let operation = match operation {
        Ok(operation) => operation,
        Err(complaint) => {
            complain(complaint);
            return Answer::json(
                404,
                &json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest" }),
            );
        }
    };
    let answer = shared.store.lock().unwrap().answer(request, token, shared.description, shared);
    if let Err(complaint) = shared.description.answer(&operation, answer.status, &answer.body) {
        complain(format!("the stand-in's own answer: {complaint}"));
    }
    answer
}
