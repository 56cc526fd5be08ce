//! Everything that is posted of one report, part by part: one part's failure is no other's.

use super::check::{self, Annotation, Completed, Ended};
use super::client::Client;
use super::comment::{self, Deed, Draft, SETTLE};
use super::failure::{Failure, Kind};
use super::pictures::{Addresses, Pair, Stored};
use super::{Stamp, Target, labels, pictures, pulls, status};

/// What the report's outcome becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything holds.
    Success,
    /// Something is worse.
    Failure,
    /// Undecided.
    Neutral,
    /// Nothing could be judged: red, and says so.
    Error,
}

/// Which parts are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The comment: `None` for none, `Some(false)` if one is not begun for this report, only kept up to date.
    pub comment: Option<bool>,
    /// The check run, or the status in its place.
    pub check: bool,
}

/// A report, ready to be posted.
pub struct Publication<'a> {
    /// Where.
    pub target: &'a Target,
    /// Whose comment and check run, and which report.
    pub stamp: Stamp,
    /// What is wanted.
    pub parts: Parts,
    /// The check run's name.
    pub name: &'a str,
    /// How the check run ends.
    pub conclusion: Conclusion,
    /// One line.
    pub title: String,
    /// Findings for the check run.
    pub annotations: Vec<Annotation>,
    /// Labels to set, and labels to take away.
    pub labels: Option<(Vec<String>, Vec<String>)>,
    /// Pictures for the comment.
    pub pictures: Option<Pair>,
    /// Writes the text: with pictures in place of drawings, and with a stamp for the comment.
    pub compose: &'a dyn Fn(Option<&Addresses>, Option<&Stamp>) -> String,
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It stands: a few words, and an address if it has one.
    Done(String),
    /// It was not asked for, or has no place to be.
    Skipped(String),
    /// It could not be, and something lesser stands in for it.
    Lesser(Failure, String),
    /// It could not be.
    Failed(Failure),
}

/// A part and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// `comment`, `check run`, `status`, `labels`, `pictures`.
    pub part: &'static str,
    /// What became of it.
    pub settled: Settled,
}

impl Fate {
    fn of(part: &'static str, result: Result<String, Failure>) -> Self {
        Self { part, settled: result.map_or_else(Settled::Failed, Settled::Done) }
    }

    fn skipped(part: &'static str, why: impl Into<String>) -> Self {
        Self { part, settled: Settled::Skipped(why.into()) }
    }
}

/// Says that the gate is at work: a check run in progress, or a pending status.
pub fn start(client: &Client<'_>, target: &Target, name: &str, key: &str, title: &str) -> Fate {
    let url = target.run_url.as_deref();
    let check = check::Name { name, head: &target.head, key, url };
    match check::start(client, &check, title, title) {
        Err(failure) if is_no_place(&failure) => {
            let result = status::set(client, &target.head, name, status::State::Pending, title, url);
            lesser("check run", failure, result.map(|()| "a pending status".to_owned()))
        }
        result => Fate::of("check run", result.map(|url| format!("in progress {url}"))),
    }
}

/// Ends a check run in progress as failed, where there is one: there will be no report. `None` where there is none.
pub fn abandon(
    client: &Client<'_>,
    target: &Target,
    name: &str,
    key: &str,
    (title, why): (&str, &str),
) -> Option<Fate> {
    let check = check::Name { name, head: &target.head, key, url: target.run_url.as_deref() };
    let ended = check::abandon(client, &check, title, why).transpose()?;
    Some(Fate::of("check run", ended.map(|url| format!("failure {url}"))))
}

/// Posts everything, in the order in which one part needs another.
pub fn publish(client: &Client<'_>, publication: &Publication<'_>) -> Vec<Fate> {
    let mut fates = Vec::new();
    let overtaken = match publication.target.pull_request {
        None => {
            fates.push(Fate::skipped("comment", "there is no pull request"));
            false
        }
        Some(pull) => on_pull(client, publication, pull, &mut fates),
    };
    if publication.parts.check {
        fates.push(conclude(client, publication, overtaken));
    }
    fates
}

/// What belongs on the pull request itself: only if this is its head still. Answers whether a later report of it stands there.
fn on_pull(client: &Client<'_>, publication: &Publication<'_>, number: u64, fates: &mut Vec<Fate>) -> bool {
    let head = &publication.target.head;
    let current = match pulls::pull(client, number) {
        Ok(pull) => pull.head.sha,
        Err(failure) => {
            fates.push(Fate::of("comment", Err(failure)));
            return false;
        }
    };
    if current != *head {
        let short = |commit: &str| commit.chars().take(7).collect::<String>();
        let why = format!("{} is no longer the head of #{number}, {} is", short(head), short(&current));
        fates.push(Fate::skipped("comment", why));
        return false;
    }
    let stored = publication.pictures.as_ref().filter(|_| publication.parts.comment.is_some()).and_then(|pair| {
        let stored = pictures::store(client, number, &publication.stamp.key, pair);
        let (settled, stored) = match stored {
            Ok(stored) => (Settled::Done(format!("on the branch {}", pictures::BRANCH)), Some(stored)),
            Err(failure) => (Settled::Lesser(failure, "the comment draws with characters".to_owned()), None),
        };
        fates.push(Fate { part: "pictures", settled });
        stored
    });
    if let Some(begin) = publication.parts.comment {
        let (fate, overtaken) = comment_on(client, publication, number, stored.as_ref(), begin);
        fates.push(fate);
        if overtaken {
            return true;
        }
    }
    if let Some((wanted, unwanted)) = &publication.labels {
        let changed = labels::change(client, number, wanted, unwanted);
        let said =
            |changed: Vec<String>| if changed.is_empty() { "as they should be".to_owned() } else { changed.join(" ") };
        fates.push(Fate::of("labels", changed.map(said)));
    }
    false
}

/// The comment, looked at again when others had time to be slow; and whether it holds a later report.
fn comment_on(
    client: &Client<'_>,
    publication: &Publication<'_>,
    number: u64,
    stored: Option<&Stored>,
    begin: bool,
) -> (Fate, bool) {
    let stamp = &publication.stamp;
    let text = (publication.compose)(stored.map(|stored| &stored.addresses), Some(stamp));
    let draft = Draft { stamp, text: &text, current: &publication.target.head };
    let post = || -> Result<(Settled, bool), Failure> {
        if !begin && !comment::exists(client, number, &stamp.key)? {
            let why = "nothing needs reading, and there is none to keep up to date";
            return Ok((Settled::Skipped(why.to_owned()), false));
        }
        let first = comment::post(client, number, &draft)?;
        let mut last = first.clone();
        if matches!(first.deed, Deed::Created | Deed::Updated) {
            client.rest(SETTLE, "look at the comment again")?;
            last = comment::post(client, number, &draft)?;
            if let Some(stored) = stored {
                // Another publisher may have begun the branch anew at the same moment. The comment stands in any case.
                let _ = pictures::keep(client, stored);
            }
        }
        let deed = if last.deed == Deed::Later { Deed::Later } else { first.deed };
        let said = match deed {
            Deed::Created => "created",
            Deed::Updated => "updated",
            Deed::Kept => "up to date already",
            Deed::Later => "left alone, it holds a later report",
        };
        Ok((Settled::Done(format!("{said} {}", last.url)), deed == Deed::Later))
    };
    let (settled, overtaken) = post().unwrap_or_else(|failure| (Settled::Failed(failure), false));
    (Fate { part: "comment", settled }, overtaken)
}

/// The check run, or the status where the token may not. A status holds no order of its own: there the comment's counts.
fn conclude(client: &Client<'_>, publication: &Publication<'_>, overtaken: bool) -> Fate {
    let Publication { target, stamp, name, title, conclusion, .. } = publication;
    let (word, state) = match conclusion {
        Conclusion::Success => ("success", status::State::Success),
        Conclusion::Failure => ("failure", status::State::Failure),
        Conclusion::Neutral => ("neutral", status::State::Failure),
        Conclusion::Error => ("failure", status::State::Error),
    };
    let url = target.run_url.as_deref();
    let summary = (publication.compose)(None, None);
    let end = Completed {
        conclusion: word,
        order: &stamp.order,
        title,
        summary: &summary,
        annotations: &publication.annotations,
    };
    let check = check::Name { name, head: &target.head, key: &stamp.key, url };
    match check::complete(client, &check, &end) {
        Err(failure) if is_no_place(&failure) && overtaken => {
            lesser("check run", failure, Ok("the status is left alone, a later report stands".to_owned()))
        }
        Err(failure) if is_no_place(&failure) => {
            let result = status::set(client, &target.head, name, state, title, url);
            lesser("check run", failure, result.map(|()| "a status in its place".to_owned()))
        }
        Ok(Ended::Later(url)) => Fate::of("check run", Ok(format!("left alone, a later report stands {url}"))),
        Ok(Ended::Stands(url)) => Fate::of("check run", Ok(format!("{word} {url}"))),
        Err(failure) => Fate::of("check run", Err(failure)),
    }
}

/// Whether check runs are not for this token. Only apps have them, which a workflow's token is.
fn is_no_place(failure: &Failure) -> bool {
    matches!(failure.kind, Kind::Forbidden | Kind::Missing)
}

fn lesser(part: &'static str, failure: Failure, stand_in: Result<String, Failure>) -> Fate {
    let settled = match stand_in {
        Ok(words) => Settled::Lesser(failure, words),
        Err(worse) => Settled::Failed(worse),
    };
    Fate { part, settled }
}
