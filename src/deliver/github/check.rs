//! The check run: in progress at the start, completed with a conclusion and annotations.
//!
//! GitHub shows the newest check run of a name, and nobody can add one only if no other did. So every publisher looks again a
//! while after its own end, when a slower one's older report may have come on top or over it.

use super::client::{Call, Client};
use super::comment::{Order, SETTLE};
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
/// How often one report's check run is mended.
const MENDS_MAX: u32 = 3;

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
    /// RFC 3339 in UTC.
    #[serde(default)]
    completed_at: Option<String>,
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

    /// Creates one beside those that are `known`; whether an attempt got through shows in the list.
    fn create(&self, client: &Client<'_>, mut body: Value, known: &[CheckRun]) -> Result<CheckRun, Failure> {
        let newest = known.iter().map(|run| run.id).max().unwrap_or_default();
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
            let is_new = |run: &CheckRun| run.id > newest && run.external_id.as_ref() == Some(&wanted);
            if let Some(run) = self.all(client)?.into_iter().find(is_new) {
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

    /// Whether GitHub may show this one instead of another: the one that came later, or that was completed later.
    fn is_over(&self, other: &Self) -> bool {
        self.id > other.id || self.completed_at > other.completed_at
    }
}

/// Says that the gate is at work. One that is there already stays.
pub fn start(client: &Client<'_>, name: &Name<'_>, title: &str, summary: &str) -> Result<String, Failure> {
    let known = name.all(client)?;
    let run = match known.iter().find(|run| run.is_open()) {
        Some(run) => run.clone(),
        None => {
            let mut body = name.body("start");
            body["status"] = "in_progress".into();
            body["output"] = json!({ "title": title, "summary": summary });
            name.create(client, body, &known)?
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

/// Ends a run with a few words, and no report of its own.
fn close(
    client: &Client<'_>,
    name: &Name<'_>,
    run: &CheckRun,
    (conclusion, word): (&str, &str),
    (title, summary): (&str, &str),
) -> Result<CheckRun, Failure> {
    let mut body = name.body(word);
    body["status"] = "completed".into();
    body["conclusion"] = conclusion.into();
    body["output"] = output(title, summary, &[]);
    append(client, run, 0, &body)
}

/// Says how it ended: in the run that is in progress, or in a new one. GitHub shows the newest of a name, so where a later report
/// stands none is added; and where an earlier one came on top meanwhile, it is added again.
pub fn complete(client: &Client<'_>, name: &Name<'_>, end: &Completed<'_>) -> Result<Ended, Failure> {
    let words = Words::new(name, end);
    let (mut ended, is_news) = words.post(client)?;
    for _ in 0..MENDS_MAX {
        let Ended::Stands(_) = ended else { break };
        // It stands as far as anybody can tell who is not let to look again.
        if !is_news || client.rest(SETTLE, "look at the check run again").is_err() {
            break;
        }
        let Ok(known) = name.all(client) else { break };
        match mend(&known, (end.order, words.annotations.len())) {
            None => break,
            Some(Mend::Again) => ended = words.create(client, &known)?,
            Some(Mend::Yield { later, mine }) => ended = leave(client, name, later, mine).map(Ended::Later)?,
        }
    }
    Ok(ended)
}

/// What to do where others published meanwhile.
#[derive(Debug)]
enum Mend<'r> {
    /// An earlier report came on top of this one, or took the place of it.
    Again,
    /// A later report stands, and perhaps this one covers it.
    Yield { later: &'r CheckRun, mine: Option<&'r CheckRun> },
}

/// Looks at every check run of the gate, the newest first; `None` where this report, with so many annotations, is what GitHub shows.
fn mend<'r>(known: &'r [CheckRun], (order, annotations): (&Order, usize)) -> Option<Mend<'r>> {
    let mine = known.iter().find(|run| run.order().as_ref() == Some(order));
    let later = known.iter().filter(|run| run.order().is_some_and(|theirs| theirs > *order));
    if let Some(later) = later.max_by_key(|run| (run.order(), run.id)) {
        return Some(Mend::Yield { later, mine: mine.filter(|mine| mine.is_over(later)) });
    }
    let Some(mine) = mine else { return Some(Mend::Again) };
    let covers = |run: &CheckRun| run.order().is_some_and(|theirs| theirs < *order) && run.is_over(mine);
    // Those of an earlier report stay in a run that two publishers ended.
    let has_others = mine.output.annotations_count > annotations;
    (has_others || known.iter().any(covers)).then_some(Mend::Again)
}

/// A report's words as requests say them.
struct Words<'a> {
    name: &'a Name<'a>,
    end: &'a Completed<'a>,
    annotations: Vec<Value>,
    /// The first request, with the first annotations.
    body: Value,
    /// How many they are.
    first: usize,
}

impl<'a> Words<'a> {
    fn new(name: &'a Name<'a>, end: &'a Completed<'a>) -> Self {
        let annotations: Vec<Value> = end.annotations.iter().take(ANNOTATIONS_MAX).map(annotation).collect();
        let first = annotations.len().min(ANNOTATIONS_PER_REQUEST);
        // The same words of the same report need no second run; another policy's words do.
        let content = digest(&format!("{end:?}"));
        let mut body = name.body(&format!("{}.{content:08x}", end.order.word()));
        body["status"] = "completed".into();
        body["conclusion"] = end.conclusion.into();
        body["output"] = output(end.title, end.summary, &annotations[..first]);
        Self { name, end, annotations, body, first }
    }

    /// Posts them, and whether that changed anything.
    fn post(&self, client: &Client<'_>) -> Result<(Ended, bool), Failure> {
        let known = self.name.all(client)?;
        let open = known.iter().find(|run| run.is_open());
        let later = known.iter().filter(|run| run.order().is_some_and(|order| order > *self.end.order));
        if let Some(later) = later.max_by_key(|run| (run.order(), run.id)) {
            return Ok((Ended::Later(leave(client, self.name, later, open)?), true));
        }
        // The same report was the last that was published.
        let same = |run: &&CheckRun| run.external_id.as_deref() == self.body["external_id"].as_str() && !run.is_open();
        Ok(match (known.first().filter(same), open) {
            (Some(run), _) => (self.annotate(client, run.clone(), run.output.annotations_count)?, false),
            (None, Some(run)) => {
                let run = append(client, run, self.first, &self.body)?;
                (self.annotate(client, run, self.first)?, true)
            }
            (None, None) => (self.create(client, &known)?, true),
        })
    }

    /// Posts them in a run of their own.
    fn create(&self, client: &Client<'_>, known: &[CheckRun]) -> Result<Ended, Failure> {
        let run = self.name.create(client, self.body.clone(), known)?;
        self.annotate(client, run, self.first)
    }

    /// Adds the annotations after those that are `sent`: none is sent twice.
    fn annotate(&self, client: &Client<'_>, mut run: CheckRun, mut sent: usize) -> Result<Ended, Failure> {
        let all = &self.annotations;
        while sent < all.len() {
            let chunk = &all[sent..all.len().min(sent + ANNOTATIONS_PER_REQUEST)];
            run.output.annotations_count = sent;
            let more = json!({ "output": output(self.end.title, self.end.summary, chunk) });
            run = append(client, &run, chunk.len(), &more)?;
            sent += chunk.len();
        }
        Ok(Ended::Stands(run.html_url.unwrap_or_default()))
    }
}

/// Leaves a later report alone; a run that is in progress beside it, or came on top of it, ends as that one did.
fn leave(client: &Client<'_>, name: &Name<'_>, later: &CheckRun, other: Option<&CheckRun>) -> Result<String, Failure> {
    let url = later.html_url.clone().unwrap_or_default();
    if let Some(other) = other {
        let conclusion = later.conclusion.as_deref().unwrap_or("neutral");
        let title = later.output.title.as_deref().unwrap_or("a later report stands");
        let words = format!("A later report of this commit stands: {url}");
        close(client, name, other, (conclusion, "overtaken"), (title, &words))?;
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
        let has_annotations = now.output.annotations_count >= run.output.annotations_count + count;
        if has_annotations && body.get("external_id").is_none_or(|id| now.external_id.as_deref() == id.as_str()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(started: &str) -> Order {
        Order { started: started.to_owned(), run: 7, attempt: 1 }
    }

    /// A completed run of the report that began then, or of none.
    fn run(id: u64, started: Option<&str>, completed: &str) -> CheckRun {
        let name = Name { name: "benchgate", head: "abc", key: ".", url: None };
        let word = started.map_or("overtaken".to_owned(), |started| format!("{}.00000000", order(started).word()));
        CheckRun {
            id,
            status: "completed".to_owned(),
            conclusion: Some("success".to_owned()),
            external_id: Some(name.external_id(&word)),
            html_url: None,
            completed_at: Some(completed.to_owned()),
            output: Output { title: None, annotations_count: 0 },
        }
    }

    fn is_again(known: &[CheckRun]) -> bool {
        matches!(mend(known, (&order("2"), 3)), Some(Mend::Again))
    }

    #[test]
    fn what_came_on_top_or_over_it_is_mended() {
        let mine = run(5, Some("2"), "10:00:00");
        assert!(mend(std::slice::from_ref(&mine), (&order("2"), 3)).is_none());
        assert!(mend(&[mine.clone(), run(4, Some("1"), "10:00:00")], (&order("2"), 3)).is_none());
        assert!(is_again(&[run(6, Some("1"), "10:00:00"), mine.clone()]));
        assert!(is_again(&[mine.clone(), run(4, Some("1"), "10:00:01")]), "an older run that was completed later");
        assert!(is_again(&[run(5, Some("1"), "10:00:00")]), "an earlier report in its place");
        assert!(is_again(&[]));
        let crowded = Output { title: None, annotations_count: 4 };
        assert!(is_again(&[CheckRun { output: crowded, ..mine.clone() }]), "annotations of another report");
        // Whoever yielded says what this report says, and one that could not judge is no report.
        assert!(mend(&[run(6, None, "10:00:00"), mine.clone()], (&order("2"), 3)).is_none());
        let open = CheckRun { status: "in_progress".to_owned(), ..run(6, Some("1"), "") };
        assert!(mend(&[open, mine], (&order("2"), 3)).is_none(), "another publisher is at work");
    }

    #[test]
    fn a_later_report_stands_and_what_covers_it_yields() {
        let (mine, later) = (run(6, Some("2"), "10:00:00"), run(5, Some("3"), "10:00:00"));
        let known = [mine.clone(), later.clone()];
        let found = mend(&known, (&order("2"), 3));
        assert!(matches!(found, Some(Mend::Yield { later, mine: Some(mine) }) if later.id == 5 && mine.id == 6));
        let known = [run(7, Some("3"), "10:00:00"), mine];
        assert!(matches!(mend(&known, (&order("2"), 3)), Some(Mend::Yield { mine: None, .. })));
        let known = [later];
        assert!(
            matches!(mend(&known, (&order("2"), 3)), Some(Mend::Yield { mine: None, .. })),
            "in the place of this one"
        );
    }

    fn ended(external_id: String) -> Option<Order> {
        let output = Output { title: None, annotations_count: 0 };
        let (status, external_id) = ("completed".to_owned(), Some(external_id));
        CheckRun { id: 1, status, conclusion: None, external_id, html_url: None, completed_at: None, output }.order()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_end_reads_back(key in ".{0,20}", started in "[0-9TZ:.-]{0,30}", run: u64, attempt: u32, content: u32) {
            let order = Order { started, run, attempt };
            let name = Name { name: "benchgate", head: "h", key: &key, url: None };
            prop_assert_eq!(ended(name.external_id(&format!("{}.{content:08x}", order.word()))), Some(order));
        }

        #[test]
        fn any_external_id_is_looked_at(id in "(?s).{0,30}([.][0-9.]{0,30})?") {
            let _ = ended(id);
        }
    }
}
