//! Workflow commands, which GitHub shows as annotations beside a run.
//!
//! GitHub keeps the first ten of each level of a step and drops the others in silence: the worst come first, and the last one
//! says how many more there are.

use super::digest::{self, Digest};
use super::{Report, text};
use crate::judge::{JudgedState, Level, Outcome, Verdict};
use std::io::{self, Write};

/// Annotations of one level that GitHub keeps of a step.
const PER_LEVEL_MAX: usize = 10;
/// Columns of a name.
const NAME_COLUMNS: usize = 120;
/// Lines and columns of a state's detail.
const DETAIL_LINES: usize = 8;
const DETAIL_COLUMNS: usize = 200;

/// What GitHub makes of an annotation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    /// The command's name.
    fn command(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }

    /// What a finding of this level becomes.
    fn of(level: Level) -> Option<Self> {
        match level {
            Level::Deny => Some(Self::Error),
            Level::Warn => Some(Self::Warning),
            Level::Allow => None,
        }
    }
}

/// One annotation.
pub(super) struct Annotation {
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// Writes the report as workflow commands.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let digest = Digest::of(report);
    let found = findings(report, &digest);
    for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
        let of_kind: Vec<&Annotation> = found.iter().filter(|annotation| annotation.kind == kind).collect();
        // The headline is a notice too, and where some are left out the last place says so.
        let room = if kind == Kind::Notice { PER_LEVEL_MAX - 1 } else { PER_LEVEL_MAX };
        let shown = if of_kind.len() > room { room - 1 } else { of_kind.len() };
        for annotation in &of_kind[..shown] {
            command(out, kind, &annotation.title, &annotation.lines)?;
        }
        if shown < of_kind.len() {
            let more = format!("{} more like these; the report lists them", of_kind.len() - shown);
            command(out, kind, "benchgate", &[more])?;
        }
    }
    let lines = [format!("{}: {}", report.outcome, digest.counts()), digest::advice(report, &digest)];
    if report.outcome != Outcome::Pass && found.iter().all(|annotation| annotation.kind != Kind::Error) {
        command(out, Kind::Error, "benchgate", &lines[1..])?;
    }
    command(out, Kind::Notice, "benchgate", &lines)
}

/// Whatever deserves a line of its own, worst first.
pub(super) fn findings(report: &Report, digest: &Digest) -> Vec<Annotation> {
    let mut found = Vec::new();
    for row in digest.to_read() {
        let title = format!("{}: {}", row.verdict, name(&format!("{}/{} {}", row.suite, row.benchmark, row.metric)));
        let kind = match row.verdict {
            Verdict::Improvement => Some(Kind::Notice),
            _ => Kind::of(digest::level(report, row)),
        };
        let mut lines = vec![digest::seen(row)];
        lines.extend(digest::remark_lines(row));
        found.extend(kind.map(|kind| Annotation { kind, title, lines }));
    }
    found.extend(digest.flagged.iter().filter_map(|entry| state(entry)));
    for budget in &digest.exceeded {
        let title = format!("budget exceeded: {}", name(&format!("{} {}", budget.benchmark, budget.metric)));
        found.push(Annotation { kind: Kind::Error, title, lines: vec![digest.budget_values(budget)] });
    }
    for note in digest::notes(report).into_iter().filter(|note| !digest::is_routine(note)) {
        found.push(Annotation { kind: Kind::Notice, title: "note".to_owned(), lines: vec![note] });
    }
    found
}

fn state(entry: &JudgedState) -> Option<Annotation> {
    let title = format!("{}: {}", entry.state, name(&format!("{}/{}", entry.suite, entry.benchmark)));
    let (mut lines, more) = text::lines(&entry.detail, DETAIL_LINES, DETAIL_COLUMNS);
    if more > 0 {
        lines.push(format!("… {}", text::plural(more, "more line")));
    }
    if lines.is_empty() {
        lines.push(digest::consequence(entry.level).to_owned());
    }
    Some(Annotation { kind: Kind::of(entry.level)?, title, lines })
}

/// A foreign name on one line.
fn name(foreign: &str) -> String {
    text::cut(&text::line(foreign), NAME_COLUMNS)
}

/// `::error title=…::…`, on one line whatever it holds.
fn command(out: &mut dyn Write, kind: Kind, title: &str, lines: &[String]) -> io::Result<()> {
    let lines: Vec<String> = lines.iter().map(|line| text::line(line)).collect();
    writeln!(out, "::{} title={}::{}", kind.command(), property(&text::line(title)), data(&lines.join("\n")))
}

/// A warning as a workflow's log shows it.
#[must_use]
pub fn warning_command(title: &str, words: &str) -> String {
    format!("::warning title={}::{}", property(&text::line(title)), data(&text::line(words)))
}

/// Escaped as GitHub's runner reads a command's text.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escaped as it reads a command's properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::fixtures;
    use super::*;

    /// Level, title and text of every command, read as GitHub's runner reads them: any other line is a failure.
    pub(in crate::report) fn read(printed: &str) -> Vec<(String, String, String)> {
        let unescape = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
            text.replace("%25", "%")
        };
        let command = |line: &str| {
            let (command, data) = line.strip_prefix("::")?.split_once("::")?;
            let (level, properties) = command.split_once(' ')?;
            let [title] = properties.split(',').collect::<Vec<_>>()[..] else { return None };
            let known = ["error", "warning", "notice"].contains(&level);
            known.then(|| Some((level.to_owned(), unescape(title.strip_prefix("title=")?), unescape(data))))?
        };
        printed.lines().map(|line| command(line).unwrap_or_else(|| panic!("no command of ours: {line}"))).collect()
    }

    fn shown(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn findings_become_commands() {
        insta::assert_snapshot!("annotations_inconclusive", shown(&fixtures::inconclusive()));
        insta::assert_snapshot!("annotations_states", shown(&fixtures::states()));
        insta::assert_snapshot!("annotations_error", shown(&fixtures::error()));
    }

    #[test]
    fn a_headline_ends_every_report() {
        for (fixture, report) in fixtures::all() {
            let commands = read(&shown(&report));
            let (level, title, text) = commands.last().unwrap();
            assert_eq!((level.as_str(), title.as_str()), ("notice", "benchgate"), "{fixture}");
            assert!(text.starts_with(&format!("{}: ", report.outcome)), "{fixture}: {text}");
        }
    }

    #[test]
    fn github_keeps_the_worst_and_learns_of_the_rest() {
        let mut report = fixtures::empty(Outcome::Regression);
        report.comparisons = (0..25).map(|i| fixtures::comparison("s", &i.to_string(), 1.1 + f64::from(i))).collect();
        report.comparisons.extend((0..25).map(|i| fixtures::comparison("s", &format!("fast {i}"), 0.5)));
        let commands = read(&shown(&report));
        let of = |level: &str| commands.iter().filter(|command| command.0 == level).collect::<Vec<_>>();
        assert_eq!((of("error").len(), of("notice").len()), (10, 10));
        assert_eq!(of("error")[0].1, "regression: s/24 wall-time");
        assert_eq!(of("error")[9].2, "16 more like these; the report lists them");
        assert_eq!(of("notice")[8].2, "17 more like these; the report lists them");
    }

    #[test]
    fn nothing_hostile_begins_a_command() {
        let mut report = fixtures::hostile();
        report.comparisons[0].suite = "::error::s".into();
        report.comparisons[0].benchmark = "a,file=b::x\n::add-mask::y\r\n##[error]%0A::z".into();
        let commands = read(&shown(&report));
        let title = "::error::s/a,file=b::x ::add-mask::y  ##[error]%0A::z";
        assert!(commands.iter().any(|(_, found, _)| found.contains(title)), "{commands:?}");
    }
}
