//! The check run: in progress at the start, completed with a conclusion and annotations.

use super::client::{Call, Client};
use super::comment::Order;
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
    /// Which of several reports of one commit it is; with its words it makes the external id.
    pub order: &'a Order,
    /// One line.
    pub title: &'a str,
    /// Markdown.
    pub summary: &'a str,
    /// Findings, the worst first.
    pub annotations: &'a [Annotation],
}

/// What became of an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It stands, at this address.
    Stands(String),
    /// A later report stands, at this address.
    Later(String),
}

#[derive(Clone, Debug, Deserialize)]
struct CheckRun {
    id: u64,
    status: String,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    output: Output,
}

#[derive(Clone, Debug, Deserialize)]
struct Output {
    #[serde(default)]
    title: Option<String>,
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

    /// Which report it ended with; `None` where it did not, or not with a report.
    fn order(&self) -> Option<Order> {
        let word = self.external_id.as_ref().filter(|_| !self.is_open())?.rsplit(' ').next()?;
        // A fraction of a second has a full stop of its own.
        Order::read(word.rsplit_once('.')?.0)
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

/// Ends the run that is in progress, where there is one: no report will. Answers its address.
pub fn abandon(client: &Client<'_>, name: &Name<'_>, title: &str, summary: &str) -> Result<Option<String>, Failure> {
    let Some(open) = name.all(client)?.into_iter().find(CheckRun::is_open) else { return Ok(None) };
    let run = close(client, name, &open, ("failure", "abandoned"), (title, summary))?;
    Ok(Some(run.html_url.unwrap_or_default()))
}

/// Completes a run that is in progress with a few words, and no report of its own.
fn close(
    client: &Client<'_>,
    name: &Name<'_>,
    open: &CheckRun,
    (conclusion, word): (&str, &str),
    (title, summary): (&str, &str),
) -> Result<CheckRun, Failure> {
    let mut body = name.body(word);
    body["status"] = "completed".into();
    body["conclusion"] = conclusion.into();
    body["output"] = output(title, summary, &[]);
    append(client, open, 0, &body)
}

/// Says how it ended: in the run that is in progress, or in a new one. GitHub shows the newest of a name, so where a later report
/// stands none is added.
pub fn complete(client: &Client<'_>, name: &Name<'_>, end: &Completed<'_>) -> Result<Ended, Failure> {
    let annotations: Vec<Value> = end.annotations.iter().take(ANNOTATIONS_MAX).map(annotation).collect();
    let output = |annotations: &[Value]| output(end.title, end.summary, annotations);
    // The same words of the same report need no second run; another policy's words do.
    let content = digest(&format!("{end:?}"));
    let mut body = name.body(&format!("{}.{content:08x}", end.order.word()));
    body["status"] = "completed".into();
    body["conclusion"] = end.conclusion.into();
    let first = &annotations[..annotations.len().min(ANNOTATIONS_PER_REQUEST)];
    body["output"] = output(first);
    let known = name.all(client)?;
    let later = known.iter().filter(|run| run.order().is_some_and(|order| order > *end.order));
    if let Some(later) = later.max_by_key(|run| (run.order(), run.id)) {
        return leave(client, name, later, known.iter().find(|run| run.is_open())).map(Ended::Later);
    }
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
    Ok(Ended::Stands(run.html_url.unwrap_or_default()))
}

/// Leaves a later report alone; a run that is in progress beside it ends as that one did.
fn leave(client: &Client<'_>, name: &Name<'_>, later: &CheckRun, open: Option<&CheckRun>) -> Result<String, Failure> {
    let url = later.html_url.clone().unwrap_or_default();
    if let Some(open) = open {
        let conclusion = later.conclusion.as_deref().unwrap_or("neutral");
        let title = later.output.title.as_deref().unwrap_or("a later report stands");
        let words = format!("A later report of this commit stands: {url}");
        close(client, name, open, (conclusion, "overtaken"), (title, &words))?;
    }
    Ok(url)
}

fn output(title: &str, summary: &str, annotations: &[Value]) -> Value {
    let title: String = title.chars().take(TITLE_MAX).collect();
    let summary: String = summary.chars().take(SUMMARY_MAX).collect();
    json!({ "title": title, "summary": summary, "annotations": annotations })
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
