//! Whatever stands in a report, every renderer writes something that its readers take, and the same each time.

use super::annotations::tests::read as read_annotations;
use super::{Format, Options, Report, Styles, fixtures, markdown, parse, render, text};
use crate::judge::{AppliedWaiver, Comparison, JudgedState, Level, Outcome};
use crate::model::{State, Warning};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use pulldown_cmark::{Event, Options as Dialect, Parser, Tag};

/// Pieces that mean something to one of the formats, or to what shows them.
const HOSTILE: [&str; 46] = [
    "|",
    "`",
    "```",
    "~~~",
    "\\",
    "\\|",
    "*",
    "**",
    "_",
    "[x](https://evil.example)",
    "![x](y)",
    "<b>",
    "</details>",
    "</sub>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<script>alert(1)</script>",
    "&amp;",
    "&",
    "\"",
    "'",
    "@torvalds",
    "#123",
    "GH-1",
    "https://evil.example",
    "www.evil.example",
    "::error::",
    "::stop-commands::x",
    "##[group]",
    "##vso[x]",
    "%0A",
    "%",
    ",file=",
    "\n",
    "\r\n",
    "\n\n# h\n",
    "\t",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{200b}",
    "\u{fffe}",
    "\u{0}",
    "漢字",
    "e\u{301}",
];

/// A name that somebody made up to hurt, or any other.
fn name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(&HOSTILE[..]).prop_map(str::to_owned), 2 => "[a-z/ ]{0,6}", 1 => "\\PC{0,4}", 1 => any::<String>()];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn comparison() -> impl Strategy<Value = Comparison> {
    (name(), name(), name(), name(), 0.3..2.0_f64, any::<bool>(), any::<bool>()).prop_map(
        |(suite, benchmark, metric, other, ratio, waived, warned)| {
            let mut row = fixtures::comparison(&suite, &benchmark, ratio);
            (row.metric, row.method) = (metric, other.clone());
            if waived {
                row.waiver = Some(AppliedWaiver {
                    ceiling: 9.0,
                    until: other.clone(),
                    reason: other.clone(),
                    issue: Some(other.clone()),
                });
            }
            let warning = Warning::EnvironmentMismatch { stored: other.clone(), here: other };
            if warned { fixtures::warn(row, vec![warning]) } else { row }
        },
    )
}

fn state() -> impl Strategy<Value = JudgedState> {
    let level = select(&[Level::Allow, Level::Warn, Level::Deny][..]);
    (name(), name(), name(), select(&State::ALL[..]), level)
        .prop_map(|(suite, benchmark, detail, state, level)| JudgedState { suite, benchmark, state, level, detail })
}

/// A red report: no other may hold whatever comes.
fn report() -> impl Strategy<Value = Report> {
    (vec(comparison(), 0..5), vec(state(), 0..4), vec(name(), 0..3), name()).prop_map(
        |(comparisons, states, notes, other)| {
            let mut report = fixtures::empty(Outcome::Regression);
            report.budgets = comparisons.iter().map(|row| fixtures::exceeded(&row.benchmark, &row.metric)).collect();
            (report.comparisons, report.states, report.notes) = (comparisons, states, notes);
            report.environment.cpu.clone_from(&other);
            report.environment.class.clone_from(&other);
            report.tool.version.clone_from(&other);
            report.head.revision.clone_from(&other);
            report.base.iter_mut().for_each(|base| base.revision = format!("{}+{other}", "9b0c77e1f".repeat(4)));
            report
        },
    )
}

fn bytes(report: &Report, format: Format, options: &Options) -> Vec<u8> {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    out
}

fn shown(report: &Report, format: Format) -> String {
    String::from_utf8(bytes(report, format, &Options::default())).unwrap()
}

/// The comment as GitHub reads it: every code span, if nothing else came to life.
fn read_markdown(page: &str) -> Result<Vec<String>, String> {
    let is_ours = |html: &str| {
        let html = html.trim();
        let summary = |text: &str| {
            let text = text.strip_prefix("<details><summary>")?.strip_suffix("</summary>")?;
            Some(text.chars().all(|c| c.is_ascii_alphanumeric() || " ,".contains(c)))
        };
        [markdown::MARKER, "</details>", "<sub>", "</sub>", "<br>"].contains(&html) || summary(html) == Some(true)
    };
    let dialect = Dialect::ENABLE_TABLES
        | Dialect::ENABLE_FOOTNOTES
        | Dialect::ENABLE_STRIKETHROUGH
        | Dialect::ENABLE_TASKLISTS
        | Dialect::ENABLE_MATH
        | Dialect::ENABLE_GFM;
    let mut codes = Vec::new();
    let mut headings = 0;
    for event in Parser::new_ext(page, dialect) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) if !is_ours(&html) => return Err(format!("HTML {html}")),
            Event::Start(
                Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::Strikethrough | Tag::Emphasis,
            )
            | Event::FootnoteReference(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::TaskListMarker(_)
            | Event::Rule => return Err(format!("{event:?}")),
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Code(code) => codes.push(code.trim().to_owned()),
            _ => {}
        }
    }
    if headings == 1 { Ok(codes) } else { Err(format!("{headings} headings")) }
}

/// What is shown of a name.
fn line(name: &str, columns: usize) -> String {
    text::cut(&text::line(name), columns)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back(report in report()) {
        prop_assert_eq!(parse(&shown(&report, Format::Json)).unwrap(), report);
    }

    #[test]
    fn in_a_comment_names_are_text(report in report()) {
        let page = shown(&report, Format::Markdown);
        let codes = read_markdown(&page).map_err(|why| TestCaseError::fail(format!("{why}\n{page}")))?;
        prop_assert!(page.len() < markdown::BYTES_MAX);
        for row in &report.comparisons {
            let name = line(&format!("{}/{}", row.suite, row.benchmark), 100);
            prop_assert!(codes.contains(&name.trim().to_owned()), "{name:?} in\n{page}");
        }
    }

    #[test]
    fn in_a_collector_names_are_text(report in report()) {
        let page = shown(&report, Format::Junit);
        let document = roxmltree::Document::parse(&page).map_err(|error| TestCaseError::fail(format!("{error}\n{page}")))?;
        let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        let known = report.comparisons.len() + report.states.len() + report.budgets.len();
        prop_assert!(cases.len() == known || cases.len() == known + 1);
        let has = |suite: &str, name: &str| {
            let expected = (Some(line(suite, 400)), Some(line(name, 400)));
            let pair = |case: &roxmltree::Node<'_, '_>| {
                (case.attribute("classname").map(str::to_owned), case.attribute("name").map(str::to_owned))
            };
            cases.iter().any(|case| pair(case) == expected)
        };
        for row in &report.comparisons {
            prop_assert!(has(&row.suite, &format!("{} [{}]", row.benchmark, row.metric)), "{page}");
        }
        for entry in &report.states {
            prop_assert!(has(&entry.suite, &entry.benchmark), "{page}");
        }
    }

    #[test]
    fn beside_a_run_nothing_but_annotations_appears(report in report()) {
        let commands = read_annotations(&shown(&report, Format::Annotations));
        for level in ["error", "warning", "notice"] {
            prop_assert!(commands.iter().filter(|command| command.0 == level).count() <= 10);
        }
        prop_assert!(commands.iter().any(|command| command.0 == "error"));
    }

    #[test]
    fn at_a_terminal_nothing_moves_the_cursor(report in report(), width in 0_usize..200, verbose: bool) {
        let options = Options { width, verbose, ..Options::default() };
        let page = String::from_utf8(bytes(&report, Format::Terminal, &options)).unwrap();
        prop_assert!(!page.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)), "{page:?}");
        for line in page.lines() {
            prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##[") && !line.contains("##vso["), "{line}");
        }
        let colored = Options { styles: Styles::colored(), ..options };
        let page = String::from_utf8(bytes(&report, Format::Terminal, &colored)).unwrap();
        for code in page.split('\u{1b}').skip(1) {
            prop_assert!(code.starts_with('[') && code.split_once('m').is_some_and(|(code, _)| code.len() < 7), "{code:?}");
        }
    }

    #[test]
    fn in_a_browser_names_are_text(report in report()) {
        for format in [Format::Svg, Format::Html] {
            let page = shown(&report, format);
            let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
            let damage = roxmltree::Document::parse_with_options(&page, options).err();
            prop_assert!(damage.is_none(), "{}: {damage:?}", format.name());
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in fixtures::all() {
        for format in Format::ALL {
            let twice = [(); 2].map(|()| bytes(&report, format, &Options::default()));
            assert_eq!(twice[0], twice[1], "{name} as {}", format.name());
        }
    }
}

#[test]
fn a_thousand_hostile_rows_fit_into_a_comment() {
    let mut report = fixtures::empty(Outcome::Regression);
    let name = |i: usize| format!("{i}{}{}", HOSTILE[i % HOSTILE.len()], HOSTILE[i * 7 % HOSTILE.len()].repeat(20));
    report.comparisons =
        (0..1_000).map(|i| fixtures::comparison(&name(i), &name(i + 1), 0.8 + (i % 5) as f64 * 0.1)).collect();
    report.notes = (0..1_000).map(name).collect();
    let page = shown(&report, Format::Markdown);
    assert!(page.chars().count() < 65_536 && page.len() > 60_000, "{}", page.len());
    let codes = read_markdown(&page).unwrap_or_else(|why| panic!("{why}\n{page}"));
    assert!(codes.len() > 100, "{}", codes.len());
    assert!(page.contains(" more rows, see report.json"));
}

#[test]
fn a_living_comment_is_noticed() {
    for page in
        ["### a\n<b>x</b>", "### a\n[x](y)", "### a\n# b", "### a\n*b*", "### a\n<details><summary><i></summary>"]
    {
        assert!(read_markdown(page).is_err(), "{page}");
    }
    assert_eq!(read_markdown("### a\n`b`"), Ok(vec!["b".to_owned()]));
}
