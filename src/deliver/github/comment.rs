//! The one comment of a gate on a pull request: found by a hidden marker, edited, never doubled.
//!
//! GitHub's comments know no compare-and-swap. So every publisher works towards the same end, whatever the others do: of
//! all comments of the gate the oldest stays, it holds the latest report, the others go. It looks again after each
//! change, and once more a while after the last one, when a slower publisher's older text may have come on top.

use super::client::{Call, Client};
use super::encode;
use super::failure::{Failure, Kind};
use super::identity::{Author, identity};
use serde::Deserialize;
use serde_json::json;
use std::fmt;
use std::time::Duration;

/// Changes that one call makes at most.
const CHANGES_MAX: u32 = 12;
/// How long to wait for others before the last look.
pub(super) const SETTLE: Duration = Duration::from_millis(1500);

/// Which of two reports of one commit is the later one: by the beginning of measuring, then by the run's number and attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// When measuring began, RFC 3339 in UTC.
    pub started: String,
    /// The workflow run's number.
    pub run: u64,
    /// Its attempt.
    pub attempt: u32,
}

impl Order {
    /// One word for it.
    pub(super) fn word(&self) -> String {
        format!("{}.{}.{}", encode(&self.started), self.run, self.attempt)
    }

    /// What [`Order::word`] wrote.
    pub(super) fn read(word: &str) -> Option<Self> {
        let mut parts = word.rsplitn(3, '.');
        let (attempt, run) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { started: parts.next()?.replace("%3A", ":"), run, attempt })
    }
}

/// What a comment's first line says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Whose comment it is, where several gates share a pull request.
    pub key: String,
    /// When its report was measured.
    pub order: Order,
    /// The commit it is about.
    pub head: String,
}

impl fmt::Display for Stamp {
    /// For a hidden line: no blank, no quote and no `>` in it but between the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Order { started, run, attempt } = &self.order;
        let [key, head, started] = [&self.key, &self.head, started].map(|word| hidden(word));
        write!(f, "key={key} started={started} run={run} attempt={attempt} head={head}")
    }
}

/// A word that cannot end the hidden line: `--` would.
fn hidden(word: &str) -> String {
    encode(word).replace('-', "%2D")
}

/// What a comment of this gate says of itself; `None` for any other comment. What cannot be read is older than everything.
fn read(body: &str, key: &str) -> Option<Stamp> {
    let line = body.lines().next()?.trim_end().strip_prefix("<!-- benchgate ")?.strip_suffix(" -->")?;
    let word = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    (word("key")? == hidden(key)).then_some(())?;
    let plain = |name: &str| word(name).unwrap_or_default().replace("%2D", "-").replace("%3A", ":");
    let order = Order {
        started: plain("started"),
        run: plain("run").parse().unwrap_or_default(),
        attempt: plain("attempt").parse().unwrap_or_default(),
    };
    Some(Stamp { key: key.to_owned(), order, head: plain("head") })
}

/// A text and what it is.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Its stamp, which is part of the text too.
    pub stamp: &'a Stamp,
    /// The whole text.
    pub text: &'a str,
    /// The pull request's head, which counts more than the order: a report of an older commit never replaces one of it.
    pub current: &'a str,
}

/// What became of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its address.
    pub url: String,
    /// What was done.
    pub deed: Deed,
}

/// What was done with the comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// There was none.
    Created,
    /// It holds this report now.
    Updated,
    /// It holds this report already.
    Kept,
    /// It holds a later report.
    Later,
}

#[derive(Clone, Debug, Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Author>,
    html_url: String,
}

/// A comment of this gate.
struct Ours {
    id: u64,
    text: String,
    stamp: Stamp,
    url: String,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Create,
    Write(u64, String),
    Delete(u64),
    Done(Deed),
}

/// Whether `a` has to stand where `b` stands.
fn is_later(a: &Stamp, b: &Stamp, current: &str) -> bool {
    (a.head == current, &a.order) > (b.head == current, &b.order)
}

/// What brings the comments (oldest first) nearer to: one of them, with the latest report. `wrote`: this text is there already
/// as far as we know, although GitHub may have changed its white space.
fn step(ours: &[Ours], draft: &Draft<'_>, wrote: bool) -> Step {
    let Some(oldest) = ours.first() else { return Step::Create };
    let (mut stamp, mut text) = (draft.stamp, draft.text);
    for comment in ours {
        if is_later(&comment.stamp, stamp, draft.current) {
            (stamp, text) = (&comment.stamp, &comment.text);
        }
    }
    let same_words = || oldest.text.split_whitespace().eq(text.split_whitespace());
    if oldest.stamp != *stamp || (stamp == draft.stamp && !wrote && !same_words()) {
        return Step::Write(oldest.id, text.to_owned());
    }
    match ours {
        [.., last] if ours.len() > 1 => Step::Delete(last.id),
        _ if stamp == draft.stamp => Step::Done(Deed::Kept),
        _ => Step::Done(Deed::Later),
    }
}

/// Brings the comment to where it has to be. Called again later, it repairs what others did meanwhile.
pub fn post(client: &Client<'_>, pull: u64, draft: &Draft<'_>) -> Result<Posted, Failure> {
    let mut deed = None;
    let mut tries = 0;
    for _ in 0..CHANGES_MAX {
        let ours = list(client, pull, &draft.stamp.key)?;
        let url = ours.first().map(|comment| comment.url.clone()).unwrap_or_default();
        let next = step(&ours, draft, deed.is_some());
        let done = match &next {
            Step::Done(found) => {
                return Ok(Posted { url, deed: deed.filter(|_| *found == Deed::Kept).unwrap_or(*found) });
            }
            Step::Create => create(client, pull, draft.text).map(|()| deed = Some(Deed::Created)),
            Step::Write(id, text) => write(client, *id, text).map(|()| {
                if text == draft.text && deed.is_none() {
                    deed = Some(Deed::Updated);
                }
            }),
            Step::Delete(id) => delete(client, *id),
        };
        match done {
            // Another publisher took it away.
            Err(failure) if failure.kind == Kind::Missing && next != Step::Create => {}
            // Whether it was done shows when the comments are listed again.
            Err(failure) => {
                tries += 1;
                client.wait(failure, tries)?;
            }
            Ok(()) => {}
        }
    }
    let said = format!("others changed it as well, {CHANGES_MAX} times");
    Err(Failure::new("settle the comment", Kind::Contended, said))
}

/// Whether there is one.
pub(super) fn exists(client: &Client<'_>, pull: u64, key: &str) -> Result<bool, Failure> {
    list(client, pull, key).map(|ours| !ours.is_empty())
}

fn list(client: &Client<'_>, pull: u64, key: &str) -> Result<Vec<Ours>, Failure> {
    let all: Vec<Comment> = client.list("list the comments", &format!("issues/{pull}/comments"), None)?;
    let mut ours = Vec::new();
    for comment in all {
        let text = comment.body.unwrap_or_default();
        let Some(stamp) = read(&text, key) else { continue };
        // A stranger may have pasted the marker.
        if identity(client)?.wrote(comment.user.as_ref()) {
            ours.push(Ours { id: comment.id, text, stamp, url: comment.html_url });
        }
    }
    ours.sort_by_key(|comment| comment.id);
    ours.dedup_by_key(|comment| comment.id);
    Ok(ours)
}

fn create(client: &Client<'_>, pull: u64, text: &str) -> Result<(), Failure> {
    client.once(&Call::post("create the comment", format!("issues/{pull}/comments"), json!({ "body": text }))).map(drop)
}

fn write(client: &Client<'_>, id: u64, text: &str) -> Result<(), Failure> {
    // octocrab's own way would send a POST, which GitHub does not document.
    client.once(&Call::patch("edit the comment", format!("issues/comments/{id}"), json!({ "body": text }))).map(drop)
}

fn delete(client: &Client<'_>, id: u64) -> Result<(), Failure> {
    client.once(&Call::delete("delete a second comment", format!("issues/comments/{id}"))).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamp(started: &str, head: &str) -> Stamp {
        let order = Order { started: started.into(), run: 7, attempt: 1 };
        Stamp { key: "crates/a -->".into(), order, head: head.into() }
    }

    fn text(stamp: &Stamp) -> String {
        format!("<!-- benchgate {stamp} -->\n### report of {}", stamp.order.started)
    }

    fn ours(id: u64, stamp: &Stamp) -> Ours {
        Ours { id, text: text(stamp), stamp: stamp.clone(), url: String::new() }
    }

    #[test]
    fn a_stamp_is_read_back_and_hides_whatever_it_holds() {
        let one = stamp("2026-11-22T10:00:00Z", "abc");
        assert_eq!(read(&text(&one), &one.key).as_ref(), Some(&one));
        assert_eq!(text(&one).matches("-->").count(), 1);
        assert_eq!(read(&text(&one), "."), None, "another gate's");
        assert_eq!(read("hello\n<!-- benchgate key=. -->", "."), None);
        let odd = read("<!-- benchgate key=. from=later -->\r\nx", ".").unwrap();
        assert_eq!(odd.order, Order::default(), "older than everything");
    }

    #[test]
    fn the_oldest_comment_ends_with_the_latest_report() {
        let (early, late) = (stamp("1", "head"), stamp("2", "head"));
        let (early_text, late_text) = (text(&early), text(&late));
        let draft = |stamp, text| Draft { stamp, text, current: "head" };
        let mine = draft(&late, &late_text);
        assert_eq!(step(&[], &mine, false), Step::Create);
        assert_eq!(step(&[ours(1, &early)], &mine, false), Step::Write(1, late_text.clone()));
        assert_eq!(step(&[ours(1, &early), ours(2, &late)], &mine, true), Step::Write(1, late_text.clone()));
        assert_eq!(step(&[ours(1, &late), ours(2, &late)], &mine, true), Step::Delete(2));
        assert_eq!(step(&[ours(1, &late)], &mine, true), Step::Done(Deed::Kept));
        let mine = draft(&early, &early_text);
        assert_eq!(step(&[ours(1, &late)], &mine, false), Step::Done(Deed::Later));
        assert_eq!(step(&[ours(1, &early), ours(2, &late)], &mine, true), Step::Write(1, late_text.clone()));
    }

    #[test]
    fn the_current_head_counts_more_than_the_clock() {
        let (forged, honest) = (stamp("9999", "old"), stamp("2026", "new"));
        let honest_text = text(&honest);
        let draft = Draft { stamp: &honest, text: &honest_text, current: "new" };
        assert_eq!(step(&[ours(1, &forged)], &draft, false), Step::Write(1, honest_text.clone()));
    }

    #[test]
    fn a_text_that_github_tidied_is_not_written_for_ever() {
        let one = stamp("1", "head");
        let mut tidied = ours(1, &one);
        tidied.text += "\r\n changed";
        let whole = text(&one);
        let draft = Draft { stamp: &one, text: &whole, current: "head" };
        assert_eq!(step(&[tidied], &draft, true), Step::Done(Deed::Kept));
        let mut other = ours(1, &one);
        other.text += " changed";
        assert_eq!(step(&[other], &draft, false), Step::Write(1, whole.clone()), "the same report, rendered anew");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_stamp_reads_back(key in ".{0,20}", head in "[0-9a-f]{40}", started in "[0-9TZ:.-]{0,30}", run: u64, attempt: u32) {
            let one = Stamp { key, order: Order { started, run, attempt }, head };
            let body = text(&one);
            prop_assert_eq!(Order::read(&one.order.word()), Some(one.order.clone()));
            prop_assert_eq!(body.lines().next().unwrap().matches("--").count(), 2, "{}", body);
            prop_assert_eq!(read(&body, &one.key), Some(one));
        }

        #[test]
        fn any_comment_is_looked_at(line in "[a-z=.%0-9-]{0,9}( (key=[.]|started|run|attempt|head)(=[^ \r\n]{0,9})?){0,6}", rest in "(?s).{0,9}") {
            let found = read(&format!("<!-- benchgate {line} -->\n{rest}"), ".");
            prop_assert_eq!(found.is_some(), line.split(' ').find(|word| word.starts_with("key=")) == Some("key=."));
            prop_assert_eq!(read(&rest, "."), None);
            let _ = Order::read(&rest);
        }
    }
}
