//! A fork's pull request, from the runner that holds no token to the one that judges its artifact: what is forged has no effect
//! or is refused.

use crate::github::stand_in::{BOT_TOKEN, StandIn};
use crate::hub::{Hub, policy};
use crate::world::{Run, git_in};
use serde_json::{Value, json};
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A pull request that was measured, and where it is judged.
pub(crate) struct Forked {
    pub(crate) hub: Hub,
    /// A checkout of the default branch.
    pub(crate) publisher: PathBuf,
    pub(crate) record: Value,
}

impl Forked {
    fn new() -> Self {
        Self::of(Hub::new())
    }

    /// A measured pull request of this hub.
    pub(crate) fn of(mut hub: Hub) -> Self {
        let runner = hub.checkout("runner", "refs/pull/7/merge", 0);
        hub.pull_request(&runner, "pull_request_opened", "check --record ../record.json").exits(1);
        let record = serde_json::from_slice(&fs::read(hub.repo.outside().join("record.json")).unwrap()).unwrap();
        let publisher = hub.checkout("publisher", "refs/heads/main", 0);
        Self { hub, publisher, record }
    }

    fn archive(&self, files: &[(&str, &[u8])]) {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        fs::write(self.hub.repo.outside().join("a.zip"), zip.finish().unwrap().into_inner()).unwrap();
    }

    fn report(&mut self, line: &str) -> Run {
        let publisher = self.publisher.clone();
        self.report_in(&publisher, "workflow_run_fork", line)
    }

    fn report_in(&mut self, folder: &Path, payload: &str, line: &str) -> Run {
        let main = self.hub.main.clone();
        let set = [("GITHUB_EVENT_NAME", "workflow_run"), ("GITHUB_SHA", &main), ("GITHUB_REF", "refs/heads/main")];
        self.hub.gate(folder, payload, &set, &format!("report --artifact ../a.zip {line}"))
    }

    /// The answer to a record in which something is another.
    fn with(&mut self, change: impl FnOnce(&mut Value)) -> Run {
        let mut record = self.record.clone();
        change(&mut record);
        self.archive(&[("record.json", record.to_string().as_bytes())]);
        self.report("--format json")
    }
}

#[test]
fn a_forks_numbers_are_judged_by_the_bases_policy_whatever_else_it_says() {
    let mut forked = Forked::new();
    let report = forked.with(|_| {});
    report.exits(1);
    assert_eq!(report.verdicts(), ["grows bytes-written=regression"]);
    assert_eq!(report.json()["policy"]["alpha"], 0.02, "the base's own: {report}");
    assert_eq!(report.json()["head"]["revision"].as_str(), Some(forked.hub.head.as_str()));
    assert!(report.json()["notes"].to_string().contains("the fork stranger/parser"), "{report}");
    // Verdicts that came along are not read.
    let record = forked.record.to_string();
    let pass = br#"{"schema": 1, "outcome": "pass", "comparisons": [], "policy": {"threshold": 9}}"#;
    forked.archive(&[
        ("record.json", record.as_bytes()),
        ("report.json", pass),
        ("benchgate.toml", b"[gate]\nthreshold = '900%'\n"),
    ]);
    forked.report("--format json").exits(1);
    // A commit that the record names for its policy counts no more than the rest.
    let own = forked.hub.head.clone();
    let run = forked.with(|record| record["trigger"]["policy"] = json!(own));
    assert_eq!(run.exits(1).json()["policy"]["alpha"], 0.02);
    // Where somebody fetched the head, what it changes of the gate is listed too.
    git_in(&forked.publisher, &["fetch", "--quiet", "origin", "refs/pull/7/head"]);
    let report = forked.with(|_| {});
    assert_eq!(
        report.exits(1).json()["policy"]["changes"],
        json!([{"key": "gate.alpha", "base": "0.01", "head": "0.05"}])
    );
}

/// What somebody writes into a record.
type Forgery = Box<dyn FnOnce(&mut Value)>;

#[test]
fn a_forged_record_is_refused_with_a_reason() {
    let mut forked = Forked::new();
    let (main, own) = (forked.hub.main.clone(), forked.hub.head.clone());
    let cases: Vec<(&str, Forgery)> = vec![
        ("the record's head is", Box::new(move |record| record["head"]["revision"] = json!(main))),
        ("no commit of this clone", Box::new(move |record| record["base"]["revision"] = json!(own))),
        ("no commit of this clone", Box::new(|record| record["base"]["revision"] = json!("0".repeat(40)))),
        ("no full commit id", Box::new(|record| record["base"]["revision"] = json!("HEAD"))),
        (
            "of the repository 'stranger/parser'",
            Box::new(|record| record["trigger"]["repository"] = json!("stranger/parser")),
        ),
        ("for the event 'push'", Box::new(|record| record["trigger"]["event"] = json!("push"))),
        (
            "says nothing of looks",
            Box::new(|record| (record["rows"][0]["design"], record["looks"]) = (json!("paired"), json!([]))),
        ),
        ("another unit or direction", Box::new(|record| record["rows"][0]["metric"]["better"] = json!("higher"))),
        ("newer than this benchgate", Box::new(|record| record["schema"] = json!(2))),
    ];
    for (why, change) in cases {
        forked.with(change).exits(2).says("the artifact is refused").says(why);
    }
    // A base that only the pull request has, even where its commits were fetched.
    git_in(&forked.publisher, &["fetch", "--quiet", "origin", "refs/pull/7/head"]);
    let own = forked.hub.head.clone();
    forked.with(|record| record["base"]["revision"] = json!(own)).exits(2).says("no commit of the base's history");
    // The event knows the pull request: of the same repository, its payload names it.
    let record = forked.record.to_string();
    forked.archive(&[("record.json", record.as_bytes())]);
    let publisher = forked.publisher.clone();
    let run = forked.report_in(&publisher, "workflow_run_same_repository", "");
    run.exits(2).says("the record is of the pull request #7, the event of #8");
    forked.archive(&[("record.json", b"{}"), ("../../record.json", b"{}")]);
    forked.report("").exits(2).says("leads out of its folder");
}

#[test]
fn hostile_names_are_text() {
    let mut forked = Forked::new();
    let name = "](x) <img src=x> \u{1b}[2J @octocat ::error::x";
    forked.with(|record| record["rows"][0]["benchmark"] = json!(name)).exits(1);
    let run = forked.report("--format markdown");
    run.exits(1);
    let mut page = String::new();
    let tables = pulldown_cmark::Options::ENABLE_TABLES;
    pulldown_cmark::html::push_html(&mut page, pulldown_cmark::Parser::new_ext(&run.stdout, tables));
    assert!(page.contains("<code>s/](x) &lt;img src=x&gt; [2J @octocat ::error::x</code>"), "{page}");
    assert!(!page.contains("<img") && !run.stdout.contains('\u{1b}'), "{page}");
}

#[test]
fn an_artifact_takes_an_event() {
    let forked = Forked::new();
    let mut repo = forked.hub.repo;
    repo.set("GITHUB_ACTIONS", "");
    repo.from(&forked.publisher).gate("report --artifact ../a.zip").exits(2);
    fs::write(repo.outside().join("a.zip"), "x").unwrap();
    repo.from(&forked.publisher).gate("report --artifact ../a.zip").exits(2).says("on 'workflow_run' only");
}

/// A fork's pull request on a GitHub of ours, measured, its artifact uploaded.
pub(crate) fn on_github() -> (Forked, StandIn) {
    on_github_as(Forked::new())
}

pub(crate) fn on_github_as(mut forked: Forked) -> (Forked, StandIn) {
    let server = StandIn::start();
    let text = forked.record.to_string().replace("octo-org/parser", "octo/repo");
    forked.record = serde_json::from_str(&text).unwrap();
    {
        let mut store = server.store();
        store.pull(7, &forked.hub.head);
        let pull = store.pulls.get_mut(&7).unwrap();
        (pull.owner, pull.branch) = ("stranger".to_owned(), "utf-8".to_owned());
        pull.base = Some(forked.hub.main.clone());
    }
    forked.hub.repo.set("GITHUB_TOKEN", BOT_TOKEN);
    forked.hub.repo.set("GITHUB_API_URL", server.url());
    (forked, server)
}

/// The run of the payloads.
const RUN: u64 = 30_433_642;

impl Forked {
    /// Uploads a record as the run's artifact.
    pub(crate) fn upload(&self, server: &StandIn, name: &str, record: &Value) {
        self.archive(&[("record.json", record.to_string().as_bytes())]);
        let zip = fs::read(self.hub.repo.outside().join("a.zip")).unwrap();
        server.store().artifact(RUN, name, &zip);
    }

    pub(crate) fn publish(&mut self, line: &str) -> Run {
        let (publisher, main) = (self.publisher.clone(), self.hub.main.clone());
        let set = [
            ("GITHUB_EVENT_NAME", "workflow_run"),
            ("GITHUB_SHA", main.as_str()),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REPOSITORY", "octo/repo"),
            ("octo-org/parser", "octo/repo"),
            ("stranger/parser", "stranger/repo"),
        ];
        self.hub.gate(&publisher, "workflow_run_fork", &set, &format!("publish {line}"))
    }
}

#[test]
fn a_forks_artifact_is_posted_on_the_pull_request_that_the_api_knows() {
    let (mut forked, server) = on_github();
    let record = forked.record.clone();
    forked.upload(&server, "other", &record);
    forked.publish("").exits(2).says("left no artifact 'benchgate' (it has: other)");
    forked.upload(&server, "benchgate", &record);
    forked.publish("").exits(0).says("comment: created").says("check run: failure");
    let store = server.store();
    let comments = store.comments_of(7);
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].body.contains("1 regression") && comments[0].body.contains("the fork stranger/repo"),
        "{comments:?}"
    );
    assert!(comments[0].body.contains(&format!("/actions/runs/{RUN}")), "{comments:?}");
    assert_eq!(
        store.check_runs[0]["head_sha"].as_str(),
        Some(forked.hub.head.as_str()),
        "the head, not the default branch"
    );
    drop(store);
    // A later try of the run leaves another artifact, in which another head is forged.
    let mut forged = record.clone();
    forged["head"]["revision"] = json!("1".repeat(40));
    forked.upload(&server, "benchgate", &forged);
    forked.publish("").exits(2).says("the artifact is refused").says("the record's head is");
    assert_eq!(server.store().comments_of(7).len(), 1);
    server.is_as_described();
}

#[test]
fn a_head_that_moved_on_gets_no_comment() {
    let (mut forked, server) = on_github();
    let record = forked.record.clone();
    forked.upload(&server, "benchgate", &record);
    server.store().pulls.get_mut(&7).unwrap().head = "2".repeat(40);
    forked.publish("").exits(0).says("check run: failure");
    assert!(server.store().comments_of(7).is_empty());
    forked.publish("--pull-request 7").exits(2).says("the head of #7 is 2222");
    server.is_as_described();
}

#[test]
fn a_label_that_only_the_api_knows_accepts() {
    let mut hub = Hub::new();
    hub.repo.git("checkout --quiet main");
    hub.repo.write("benchgate.toml", policy("0.02") + "[accept]\nlabel = 'performance: accepted'\nceiling = '100%'\n");
    hub.repo.git("commit --quiet --all -m accept");
    hub.main = hub.repo.git("rev-parse HEAD").trim().to_owned();
    let upstream = hub.repo.outside().join("upstream.git").display().to_string();
    hub.repo.git(&format!("push --quiet {upstream} main"));
    hub.merge.clone_from(&hub.head);
    let (mut forked, server) = on_github_as(Forked::of(hub));
    let record = forked.record.clone();
    forked.upload(&server, "benchgate", &record);
    // One of several machines, whose records are judged together.
    let runner = forked.hub.repo.outside().join("runner");
    let run = forked.hub.pull_request(&runner, "pull_request_opened", "run --shard 1/1 --record ../shard.json");
    run.exits(0);
    // In the same second: the run that both came from is what orders them.
    let file = forked.hub.repo.outside().join("shard.json");
    let mut shard: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    shard["started"] = record["started"].clone();
    fs::write(&file, shard.to_string()).unwrap();
    for line in ["", "../shard.json"] {
        server.store().pulls.get_mut(&7).unwrap().labels.clear();
        forked.publish(line).exits(0).says("check run: failure");
        server.store().pulls.get_mut(&7).unwrap().labels.insert("performance: accepted".to_owned());
        forked.publish(line).exits(0).says("check run: success");
    }
    server.is_as_described();
}
