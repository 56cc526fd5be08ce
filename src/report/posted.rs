//! What goes to GitHub beside the comment: its hidden line, a title, findings for the check run.

use super::annotations::{self, Kind};
use super::digest::{self, Digest};
use super::pictures::address;
use super::{Report, text};
use crate::judge::Outcome;

/// Characters of a stamp.
const STAMP_MAX: usize = 1_000;

/// What makes a comment one that is found again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    stamp: Option<String>,
    run_url: Option<String>,
}

impl Post {
    /// `stamp` is a few words for the hidden line that neither end it nor leave it; what could is left out, as is an address that is not
    /// plain https.
    #[must_use]
    pub fn new(stamp: Option<&str>, run_url: Option<&str>) -> Self {
        let hides = |stamp: &&str| {
            let plain = stamp.chars().all(|c| c.is_ascii_graphic() || c == ' ');
            plain && !stamp.contains("--") && !stamp.contains(['<', '>']) && stamp.len() <= STAMP_MAX
        };
        let run_url = run_url.and_then(|url| address(url).ok()).filter(|url| !url.contains(['(', ')']));
        Self { stamp: stamp.filter(hides).map(str::to_owned), run_url }
    }

    /// The first line.
    pub(super) fn marker(&self) -> String {
        match &self.stamp {
            Some(stamp) => format!("<!-- benchgate {stamp} -->\n"),
            None => format!("{}\n", super::MARKER),
        }
    }

    /// The run, as a link.
    pub(super) fn link(&self) -> Option<String> {
        self.run_url.as_ref().map(|url| format!("[the run]({url})"))
    }
}

/// A finding for a check run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `failure`, `warning` or `notice`.
    pub level: &'static str,
    /// Its heading, on one line.
    pub title: String,
    /// What it says.
    pub message: String,
}

/// The report in one line: `1 regression, 41 unchanged`.
#[must_use]
pub fn title(report: &Report) -> String {
    let counts = Digest::of(report).counts();
    match report.outcome {
        Outcome::Error => format!("nothing could be judged: {counts}"),
        Outcome::Inconclusive => format!("inconclusive: {counts}"),
        Outcome::Pass | Outcome::Regression => counts,
    }
}

/// Whatever deserves a line of its own, the worst first, safe to show.
#[must_use]
pub fn findings(report: &Report) -> Vec<Finding> {
    let digest = Digest::of(report);
    let mut found = annotations::findings(report, &digest);
    if report.outcome == Outcome::Error && found.iter().all(|one| one.kind != Kind::Error) {
        let lines = vec![digest::advice(report, &digest)];
        found.push(annotations::Annotation { kind: Kind::Error, title: "nothing could be judged".to_owned(), lines });
    }
    let rank = |kind: Kind| match kind {
        Kind::Error => (0, "failure"),
        Kind::Warning => (1, "warning"),
        Kind::Notice => (2, "notice"),
    };
    found.sort_by_key(|one| rank(one.kind).0);
    let line = |words: &str| text::line(words);
    found
        .iter()
        .map(|one| Finding {
            level: rank(one.kind).1,
            title: line(&one.title),
            message: one.lines.iter().map(|words| line(words)).collect::<Vec<_>>().join("\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, fixtures, render};
    use super::*;

    fn comment(post: Post) -> String {
        let mut out = Vec::new();
        let options = Options { post: Some(post), ..Options::default() };
        render(&fixtures::regression(), Format::Markdown, &options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_post_is_found_again_and_leads_to_its_run() {
        let shown = comment(Post::new(Some("key=. run=7"), Some("https://github.com/o/r/actions/runs/7")));
        assert!(shown.starts_with("<!-- benchgate key=. run=7 -->\n### ❌"), "{shown}");
        assert!(shown.ends_with(" · [the run](https://github.com/o/r/actions/runs/7)</sub>\n"), "{shown}");
    }

    #[test]
    fn nothing_leaves_the_hidden_line() {
        for stamp in ["a --> b", "a\nb", "<!--", "é", &"x".repeat(2000)] {
            assert_eq!(Post::new(Some(stamp), None), Post::default(), "{stamp}");
        }
        for url in ["http://x", "javascript:x", "https://x/)(", "https://x/<"] {
            assert_eq!(Post::new(None, Some(url)), Post::default(), "{url}");
        }
        assert_eq!(comment(Post::default()).lines().next(), Some(crate::report::MARKER));
    }

    #[test]
    fn the_worst_findings_come_first() {
        let found = findings(&fixtures::states());
        assert!(
            found.is_sorted_by_key(|one| ["failure", "warning", "notice"].iter().position(|level| *level == one.level))
        );
        assert_eq!(found[0].level, "failure");
        assert!(title(&fixtures::error()).starts_with("nothing could be judged"));
        assert!(findings(&fixtures::error()).iter().any(|one| one.level == "failure"));
        let hostile = findings(&fixtures::hostile());
        assert!(hostile.iter().all(|one| !one.title.contains(['\n', '\u{1b}', '\u{202e}'])), "{hostile:?}");
    }
}
