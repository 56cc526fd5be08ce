//! What is said, then how: one report value, one renderer per file.
//!
//! Floor 3. Renderers compute nothing but layout; JSON is the report itself.

mod annotations;
pub mod bisected;
mod counts;
pub mod describe;
pub mod diagnosis;
mod digest;
mod explain;
#[cfg(test)]
mod fixtures;
mod format;
pub mod history;
mod json;
mod junit;
#[cfg(test)]
mod laws;
mod markdown;
pub(crate) mod page;
mod pictures;
pub mod plot;
mod posted;
pub(crate) mod scale;
mod schema;
mod strip;
mod terminal;
pub(crate) mod text;

pub use annotations::warning_command;
pub use explain::{explain, explain_words};
pub use format::Format;
pub use json::{ReadError, parse};
pub use markdown::{BYTES_MAX, MARKER};
pub use pictures::Pictures;
pub use posted::{Finding, Post, findings, title};
pub use schema::{RECORD_SCHEMA, REPORT_SCHEMA};

use crate::judge::{BudgetCheck, Comparison, GateChange, JudgedState, Level, Outcome};
use crate::model::{Cost, Environment, Origin, Tool};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// The policy that a report was judged by, as far as a reader needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicySummary {
    /// The chance that a gate run on unchanged code says regression.
    pub alpha: f64,
    /// The gate's threshold, as a fraction.
    pub threshold: f64,
    /// Whether head changes `benchgate.toml` or the stored baselines; such a change takes effect after the merge.
    pub changed_in_head: bool,
    /// What it changes, key by key.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes: Vec<GateChange>,
    /// What an inconclusive row does.
    #[serde(default = "PolicySummary::usual_on_inconclusive")]
    pub on_inconclusive: Level,
}

impl PolicySummary {
    /// The level of reports that do not say it.
    fn usual_on_inconclusive() -> Level {
        Level::Warn
    }
}

/// The gate's whole answer: schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`crate::model::SCHEMA`].
    pub schema: u32,
    /// Which program wrote it.
    pub tool: Tool,
    /// The answer.
    pub outcome: Outcome,
    /// What head was compared against; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base: Option<Origin>,
    /// What was judged.
    pub head: Origin,
    /// Where it was measured.
    pub environment: Environment,
    /// When measuring began, RFC 3339 in UTC; absent where nobody knows, as of files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started: Option<String>,
    /// By which policy.
    pub policy: PolicySummary,
    /// One entry per benchmark and metric, sorted by suite, benchmark, metric.
    pub comparisons: Vec<Comparison>,
    /// Benchmarks without a verdict, sorted.
    pub states: Vec<JudgedState>,
    /// Absolute limits.
    pub budgets: Vec<BudgetCheck>,
    /// What it cost.
    pub cost: Cost,
    /// What a reader should know about the run as a whole, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// What is written before and after a coloured word. The default is plain: empty texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Styles {
    /// Before a regression, a failure, an exceeded budget.
    pub regression: &'static str,
    /// Before an improvement.
    pub improvement: &'static str,
    /// Before an inconclusive row and whatever policy warns of.
    pub inconclusive: &'static str,
    /// Before what may be skipped.
    pub dim: &'static str,
    /// Before headings.
    pub bold: &'static str,
    /// After each of them.
    pub reset: &'static str,
}

impl Styles {
    /// ANSI colours.
    #[must_use]
    pub fn colored() -> Self {
        Self {
            regression: "\x1b[1;31m",
            improvement: "\x1b[32m",
            inconclusive: "\x1b[33m",
            dim: "\x1b[2m",
            bold: "\x1b[1m",
            reset: "\x1b[0m",
        }
    }
}

/// How a report is laid out. Only [`Format::Terminal`] looks at it, and at the pictures and the post [`Format::Markdown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Colours, off by default.
    pub styles: Styles,
    /// The terminal's columns.
    pub width: usize,
    /// Lists what is otherwise summarised, and never cuts a name.
    pub verbose: bool,
    /// The headline and the regressions, nothing else.
    pub quiet: bool,
    /// No character outside ASCII, except in names and details.
    pub ascii: bool,
    /// Published pictures of the effects, in place of those drawn with characters.
    pub pictures: Option<Pictures>,
    /// What makes the Markdown a comment on GitHub that is found again.
    pub post: Option<Post>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            styles: Styles::default(),
            width: 100,
            verbose: false,
            quiet: false,
            ascii: false,
            pictures: None,
            post: None,
        }
    }
}

/// Writes `report` in the given format.
pub fn render(report: &Report, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::render(report, options, out),
        Format::Json => json::render(report, out),
        Format::Markdown => markdown::render(report, options, out),
        Format::Html => page::render(report, out),
        Format::Junit => junit::render(report, out),
        Format::Annotations => annotations::render(report, out),
        Format::Counts => counts::render(report, out),
        Format::Svg => out.write_all(plot::effects(report, plot::Theme::Light).svg().as_bytes()),
        Format::Png => out.write_all(&plot::effects(report, plot::Theme::Light).png()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(report: &Report, format: Format, options: &Options) -> String {
        let mut out = Vec::new();
        render(report, format, options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn terminal_snapshots() {
        for (name, report) in fixtures::all() {
            insta::assert_snapshot!(format!("terminal_{name}"), show(&report, Format::Terminal, &Options::default()));
        }
    }

    #[test]
    fn markdown_snapshots() {
        for (name, report) in fixtures::all() {
            insta::assert_snapshot!(format!("markdown_{name}"), show(&report, Format::Markdown, &Options::default()));
        }
    }

    #[test]
    fn terminal_options() {
        let colored = Options { styles: Styles::colored(), ..Options::default() };
        insta::assert_snapshot!(
            "terminal_colored",
            show(&fixtures::inconclusive(), Format::Terminal, &colored).replace('\x1b', "␛")
        );
        let quiet = Options { quiet: true, width: 72, ..Options::default() };
        insta::assert_snapshot!("terminal_quiet_narrow", show(&fixtures::regression(), Format::Terminal, &quiet));
        let verbose = Options { verbose: true, ascii: true, ..Options::default() };
        insta::assert_snapshot!("terminal_verbose_ascii", show(&fixtures::inconclusive(), Format::Terminal, &verbose));
    }

    #[test]
    fn any_width_will_do() {
        for width in [0, 1, 20, 79, 500] {
            for (_, report) in fixtures::all() {
                show(&report, Format::Terminal, &Options { width, ..Options::default() });
            }
        }
        let lines = show(&fixtures::inconclusive(), Format::Terminal, &Options::default());
        let widest = lines.lines().map(text::width).max();
        assert!(widest <= Some(100), "{widest:?}");
    }

    #[test]
    fn ascii_is_ascii() {
        for (name, report) in fixtures::all().into_iter().filter(|(name, _)| *name != "hostile") {
            let text = show(&report, Format::Terminal, &Options { ascii: true, ..Options::default() });
            assert!(text.is_ascii(), "{name}: {text}");
        }
    }

    #[test]
    fn colours_change_nothing_but_colour() {
        for (name, report) in fixtures::all() {
            let colored = Options { styles: Styles::colored(), ..Options::default() };
            let mut text = show(&report, Format::Terminal, &colored);
            let styles = colored.styles;
            for code in
                [styles.regression, styles.improvement, styles.inconclusive, styles.dim, styles.bold, styles.reset]
            {
                text = text.replace(code, "");
            }
            assert_eq!(text, show(&report, Format::Terminal, &Options::default()), "{name}");
        }
    }

    #[test]
    fn nothing_hostile_reaches_the_terminal() {
        let verbose = Options { verbose: true, ..Options::default() };
        for (options, report) in [
            (verbose, fixtures::hostile()),
            (Options::default(), fixtures::hostile()),
            (Options::default(), fixtures::huge()),
        ] {
            let text = show(&report, Format::Terminal, &options);
            assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
        }
    }

    #[test]
    fn json_is_the_report() {
        for (name, report) in fixtures::all() {
            let text = show(&report, Format::Json, &Options::default());
            assert!(text.ends_with("}\n"));
            assert_eq!(parse(&text).unwrap(), report, "{name}");
        }
        let text = show(&fixtures::regression(), Format::Json, &Options::default());
        assert!(text.contains("\"waiver\": null") && !text.contains("notes"), "{text}");
        let mut bare = fixtures::regression();
        (bare.comparisons[0].ratio, bare.comparisons[0].p) = (None, None);
        bare.comparisons.truncate(1);
        let text = show(&bare, Format::Json, &Options::default());
        assert!(!text.contains("ratio") && !text.contains("\"p\""), "{text}");
    }

    #[test]
    fn reports_that_cannot_be_are_refused() {
        let text = show(&fixtures::regression(), Format::Json, &Options::default());
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
        };
        assert_eq!(
            refused("\"schema\": 1", "\"schema\": 7, \"new\": 1"),
            "the report has schema 7, this benchgate reads schema 1: use a newer benchgate"
        );
        assert!(refused("\"build_s\": 41.0", "\"build_s\": 1e999").contains("out of range"));
        assert!(refused("\"build_s\": 41.0", "\"build_s\": NaN").contains("line"));
        assert_eq!(refused("\"build_s\": 41.0", "\"build_s\": -1"), "not a sound report: 'cost' is below zero");
        assert!(refused("\"ratio\": 1.083", "\"ratio\": -1").contains("comparisons[0].ratio"));
        assert_eq!(
            refused("\"outcome\": \"regression\"", "\"outcome\": \"pass\""),
            "not a sound report: 'outcome' is pass, although a row is a regression"
        );
        assert!(refused("\"p\": 1e-6", "\"p\": 5").contains("comparisons[0].p' is above 1"));
        assert!(parse("[]").is_err() && parse("").is_err());
        let contradicts = |mut report: Report, change: &dyn Fn(&mut Report)| {
            change(&mut report);
            parse(&show(&report, Format::Json, &Options::default())).unwrap_err().to_string()
        };
        let denied = |report: &mut Report| report.policy.on_inconclusive = crate::judge::Level::Deny;
        assert!(contradicts(fixtures::inconclusive(), &denied).contains("denies an inconclusive row"));
        let emptied = |report: &mut Report| report.comparisons.clear();
        assert!(contradicts(fixtures::all_unchanged(), &emptied).contains("nothing was compared"));
        let softened = |report: &mut Report| report.outcome = Outcome::Inconclusive;
        assert!(contradicts(fixtures::regression(), &softened).contains("is a regression"));
        let within = |report: &mut Report| report.budgets[0].verdict = crate::judge::BudgetVerdict::Within;
        assert!(contradicts(fixtures::states(), &within).contains("budgets[0].verdict"));
    }
}
