//! The check run: in progress at the start, completed with a conclusion and annotations.

use super::client::{Call, Client};
use super::failure::Failure;
use super::{digest, encode};
use serde::Deserialize;
use serde_json::{Value, json};

/// Annotations that GitHub takes in one request.
const ANNOTATIONS_PER_REQUEST: usize = 50;
/// Annotations of one check run.
pub const ANNOTATIONS_MAX: usize = 200;
/// Characters of a summary that GitHub takes.
pub const SUMMARY_MAX: usize = 65_535;
/// Characters of a title that GitHub takes.
const TITLE_MAX: usize = 255;

/// One finding beside a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// `failure`, `warning` or `notice`.
    pub level: &'static str,
    /// The file it stands beside, in its first line.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub message: String,
}

/// Which check run.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// As people see it, and as a rule may require it.
    pub name: &'a str,
    /// The commit.
    pub head: &'a str,
    /// Whose it is: begins the external id.
    pub key: &'a str,
    /// Where the details are.
    pub url: Option<&'a str>,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub struct Completed<'a> {
    /// `success`, `failure` or `neutral`.
    pub conclusion: &'a str,
    /// The report's own word, which makes the external id of this end.
    pub report: &'a str,
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub summary: &'a str,
    /// Findings, the worst first.
    pub annotations: &'a [Annotation],
}

#[derive(Clone, Debug, Deserialize)]
struct CheckRun {
    id: u64,
    status: String,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    output: Output,
}

#[derive(Clone, Debug, Deserialize)]
struct Output {
    annotations_count: usize,
}

impl Name<'_> {
    fn external_id(&self, word: &str) -> String {
        format!("benchgate {} {word}", encode(self.key))
    }

    /// Every check run of this gate on this commit, the newest first.
    fn all(&self, client: &Client<'_>) -> Result<Vec<CheckRun>, Failure> {
        let path = format!("commits/{}/check-runs?check_name={}&filter=all", encode(self.head), encode(self.name));
        let mut all: Vec<CheckRun> = client.list("list the check runs", &path, Some("check_runs"))?;
        let prefix = self.external_id("");
        all.retain(|run| run.external_id.as_ref().is_some_and(|id| id.starts_with(&prefix)));
        all.sort_by_key(|run| std::cmp::Reverse(run.id));
        Ok(all)
    }

    /// What every request says of it.
    fn body(&self, word: &str) -> Value {
        let mut body = json!({ "name": self.name, "external_id": self.external_id(word) });
        if let Some(url) = self.url {
            body["details_url"] = url.into();
        }
        body
    }

    /// Creates one; whether an attempt got through shows in the list.
    fn create(&self, client: &Client<'_>, mut body: Value) -> Result<CheckRun, Failure> {
        body["head_sha"] = self.head.into();
        let mut tries = 0;
        loop {
            let call = Call::post("create the check run", "check-runs", body.clone());
            match client.read_once(&call) {
                Ok(run) => return Ok(run),
                Err(failure) => {
                    tries += 1;
                    client.wait(failure, tries)?;
                }
            }
            let wanted = body["external_id"].as_str().unwrap_or_default().to_owned();
            if let Some(run) = self.all(client)?.into_iter().find(|run| run.external_id.as_ref() == Some(&wanted)) {
                return Ok(run);
            }
        }
    }
}

impl CheckRun {
    fn is_open(&self) -> bool {
        self.status != "completed"
    }
}

/// Says that the gate is at work. One that is there already stays.
pub fn start(client: &Client<'_>, name: &Name<'_>, title: &str, summary: &str) -> Result<String, Failure> {
    let open = name.all(client)?.into_iter().find(CheckRun::is_open);
    let run = match open {
        Some(run) => run,
        None => {
            let mut body = name.body("start");
            body["status"] = "in_progress".into();
            body["output"] = json!({ "title": title, "summary": summary });
            name.create(client, body)?
        }
    };
    Ok(run.html_url.unwrap_or_default())
}

/// Says how it ended: in the run that is in progress, or in a new one. GitHub shows the newest of a name.
pub fn complete(client: &Client<'_>, name: &Name<'_>, end: &Completed<'_>) -> Result<String, Failure> {
    let annotations: Vec<Value> = end.annotations.iter().take(ANNOTATIONS_MAX).map(annotation).collect();
    let output = |annotations: &[Value]| {
        let title: String = end.title.chars().take(TITLE_MAX).collect();
        let summary: String = end.summary.chars().take(SUMMARY_MAX).collect();
        json!({ "title": title, "summary": summary, "annotations": annotations })
    };
    // The same words of the same report need no second run; another policy's words do.
    let content = digest(&format!("{end:?}"));
    let mut body = name.body(&format!("{}.{content:08x}", end.report));
    body["status"] = "completed".into();
    body["conclusion"] = end.conclusion.into();
    let first = &annotations[..annotations.len().min(ANNOTATIONS_PER_REQUEST)];
    body["output"] = output(first);
    let known = name.all(client)?;
    // The same report was the last that was published.
    let same = |run: &&CheckRun| run.external_id.as_deref() == body["external_id"].as_str() && !run.is_open();
    let (mut run, mut sent) = match (known.first().filter(same), known.iter().find(|run| run.is_open())) {
        (Some(run), _) => (run.clone(), run.output.annotations_count),
        (None, Some(run)) => (append(client, run, first.len(), &body)?, first.len()),
        (None, None) => (name.create(client, body.clone())?, first.len()),
    };
    // Annotations are added to those that are there: none is sent twice.
    while sent < annotations.len() {
        let chunk = &annotations[sent..annotations.len().min(sent + ANNOTATIONS_PER_REQUEST)];
        run.output.annotations_count = sent;
        run = append(client, &run, chunk.len(), &json!({ "output": output(chunk) }))?;
        sent += chunk.len();
    }
    Ok(run.html_url.unwrap_or_default())
}

/// Changes a run. Every attempt adds annotations, so whether one got through is looked at before the next.
fn append(client: &Client<'_>, run: &CheckRun, count: usize, body: &Value) -> Result<CheckRun, Failure> {
    let path = format!("check-runs/{}", run.id);
    let doing = "complete the check run";
    let mut tries = 0;
    loop {
        match client.read_once(&Call::patch(doing, path.clone(), body.clone())) {
            Ok(run) => return Ok(run),
            Err(failure) => {
                tries += 1;
                client.wait(failure, tries)?;
            }
        }
        let now: CheckRun = client.read(&Call::get("look at the check run", path.clone()))?;
        let is_done = now.output.annotations_count >= run.output.annotations_count + count;
        if is_done && (count > 0 || now.status == "completed") {
            return Ok(now);
        }
    }
}

fn annotation(one: &Annotation) -> Value {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    json!({
        "path": one.path,
        "start_line": 1,
        "end_line": 1,
        "annotation_level": one.level,
        "title": cut(&one.title, TITLE_MAX),
        "message": cut(&one.message, 4_000),
    })
}
