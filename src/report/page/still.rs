//! What can be read without a script, and printed.

use super::super::digest::{self, Digest};
use super::super::strip::Axis;
use super::super::{Report, scale, text};
use crate::judge::{BudgetVerdict, Comparison, JudgedState, Level, Outcome, Verdict};
use crate::model::State;
use std::fmt::Write;

/// Rows that stand in the page itself; the script shows all of them.
const ROWS_MAX: usize = 200;
/// Names of states and budgets that are listed, of each kind.
const NAMES_MAX: usize = 1_000;
/// Columns of a name.
const NAME_COLUMNS: usize = 300;
/// Lines and columns of a state's detail, and how many of one kind show theirs.
const DETAIL_LINES: usize = 40;
const DETAIL_COLUMNS: usize = 400;
const DETAILS_MAX: usize = 200;
/// Cells of the picture.
const PICTURE_CELLS: usize = 21;

/// The part that stands at a place of the template.
pub(super) fn part(name: &str, report: &Report, digest: &Digest) -> String {
    match name {
        "title" => format!("{}: {}", report.outcome, digest.counts()),
        "outcome" => report.outcome.code().to_owned(),
        "answer" => answer(report.outcome).to_owned(),
        "headline" => headline(digest),
        "advice" => prose(&digest::advice(report, digest)),
        "sides" => sides(report),
        "notes" => notes(report),
        "comparisons" => comparisons(report, digest),
        "filling" => if report.comparisons.is_empty() { "empty" } else { "filled" }.to_owned(),
        "axis" => scale::percent(axis(report).limit()),
        "states" => states(report, digest),
        "budgets" => budgets(report, digest),
        "facts" => facts(report),
        "environment" => environment(report),
        "accept" => accept(report, digest),
        "word" => digest::word_to_explain(report, digest).to_owned(),
        "tool" => foreign(&format!("{} {}", report.tool.name, report.tool.version), 40),
        _ => String::new(),
    }
}

/// Text for an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No XML document may hold these.
            '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// A foreign text on one line, cut.
fn foreign(words: &str, columns: usize) -> String {
    escape(&text::cut(&text::line(words), columns))
}

/// A benchmark's name, isolated, so that right-to-left letters move nothing beside it.
fn name(name: &str) -> String {
    format!("<bdi class=\"name\">{}</bdi>", foreign(name, NAME_COLUMNS))
}

/// The counts with a capital letter, none of them broken over two lines.
fn headline(digest: &Digest) -> String {
    let counts = digest.counts();
    let mut chars = counts.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let parts = escape(&format!("{first}{}", chars.as_str())).replace(", ", ",</span> <span class=\"part\">");
    format!("<span class=\"part\">{parts}</span>")
}

/// The outcome as a person says it.
fn answer(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "The gate passes",
        Outcome::Regression => "The gate fails",
        Outcome::Inconclusive => "The gate cannot tell",
        Outcome::Error => "Nothing was judged",
    }
}

/// A sentence, its commands in code spans.
fn prose(words: &str) -> String {
    if words.matches('`').count() % 2 == 1 {
        return escape(words);
    }
    let mut html = String::new();
    for (i, part) in words.split('`').enumerate() {
        let part = escape(part);
        let (open, close) = if i % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
        html.extend([open, &part, close]);
    }
    html
}

fn sides(report: &Report) -> String {
    // The sentence is our own but for the revisions, which are marked to be found in it once it is escaped.
    let marked = digest::sides(report, |revision| format!("\u{1}{revision}\u{2}"));
    escape(&marked).replace('\u{1}', "<code><bdi>").replace('\u{2}', "</bdi></code>")
}

fn notes(report: &Report) -> String {
    let notes: Vec<String> = digest::notes(report).iter().map(|note| format!("<li>{}</li>", prose(note))).collect();
    if notes.is_empty() { String::new() } else { format!("<ul class=\"notes\">{}</ul>", notes.concat()) }
}

/// The axis of all pictures.
pub(super) fn axis(report: &Report) -> Axis {
    Axis::of(report.comparisons.iter(), PICTURE_CELLS, false)
}

/// The table of the rows that need reading; the script puts all rows in its place.
fn comparisons(report: &Report, digest: &Digest) -> String {
    let rows = digest.to_read();
    let axis = axis(report);
    let mut html = String::new();
    for row in rows.iter().take(ROWS_MAX) {
        html += &table_row(row, &axis);
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    let unchanged = digest.unchanged.len();
    let rest = match (more, unchanged) {
        (0, 0) if rows.is_empty() => "No benchmark was compared.".to_owned(),
        (0, 0) => return html,
        (0, unchanged) => format!("{} unchanged.", text::plural(unchanged, "row")),
        (more, unchanged) => {
            format!("{} more to read, {unchanged} unchanged: see report.json.", text::plural(more, "row"))
        }
    };
    let _ = write!(html, "<tr role=\"row\" class=\"rest\"><td role=\"cell\" colspan=\"6\">{rest}</td></tr>");
    html
}

/// What stands beside a verdict's colour, as in `script/data.js`.
fn mark(verdict: &str) -> &'static str {
    match verdict {
        "regression" => "▲",
        "waived" => "△",
        "inconclusive" => "○",
        "improvement" => "▼",
        _ => "●",
    }
}

fn table_row(row: &Comparison, axis: &Axis) -> String {
    let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
    let verdict =
        if row.waiver.is_some() && row.verdict == Verdict::Regression { "waived" } else { row.verdict.code() };
    let change = row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0));
    let interval = row.interval.map(scale::interval).unwrap_or_default();
    let mut remarks = String::new();
    for (code, words) in digest::remarks(row) {
        let gap = if code.is_empty() || words.is_empty() { "" } else { ": " };
        let _ = write!(remarks, "<span class=\"remark\">{}{gap}{}</span>", escape(&code), escape(&words));
    }
    let title = name(&format!("{}/{}", row.suite, row.benchmark));
    let word = format!("<span class=\"badge {verdict}\"><span class=\"mark\">{}</span>{verdict}</span>", mark(verdict));
    let cell = |class: &str, html: &str| format!("<td role=\"cell\" class=\"{class}\">{html}</td>");
    [
        format!("<tr role=\"row\" class=\"row {verdict}\">"),
        cell("benchmark", &format!("{title} <span class=\"metric\">{}</span>{remarks}", foreign(&row.metric, 40))),
        cell("number base", &unit.show(row.base.median)),
        cell("number head", &unit.show(row.head.median)),
        cell(
            "number change",
            &format!("<span class=\"point\">{change}</span> <span class=\"interval\">{interval}</span>"),
        ),
        cell("picture", &format!("<code class=\"strip\">{}</code>", axis.draw(row))),
        cell("verdict", &word),
        "</tr>\n".to_owned(),
    ]
    .concat()
}

/// Benchmarks without a verdict: those that policy denies first, identical ones last.
fn states(report: &Report, digest: &Digest) -> String {
    let all: Vec<&JudgedState> = digest.flagged.iter().chain(&digest.allowed).copied().collect();
    let mut html = String::new();
    let mut groups = digest::groups(&all);
    groups.sort_by_key(|group| (std::cmp::Reverse(group[0].level), group[0].state == State::Identical));
    for group in groups {
        let (state, level) = (group[0].state, group[0].level);
        let is_all = report.comparisons.is_empty();
        let open = if level == Level::Allow && !is_all { "" } else { " open=\"open\"" };
        let _ = write!(
            html,
            "<details class=\"state {}\"{open}><summary><span class=\"word\">{state}</span> {} <span class=\"level\">{}</span></summary>\
             <p class=\"meaning\">{}</p><ul>",
            level.code(),
            group.len(),
            digest::consequence(level),
            prose(state.explain()),
        );
        for (i, entry) in group.iter().take(NAMES_MAX).enumerate() {
            let detail = if i < DETAILS_MAX { detail(&entry.detail) } else { String::new() };
            let _ = write!(html, "<li>{}{detail}</li>", name(&format!("{}/{}", entry.suite, entry.benchmark)));
        }
        html += &left_out(group.len());
        html += "</ul></details>\n";
    }
    if html.is_empty() { "<p>Every benchmark has a verdict.</p>".to_owned() } else { html }
}

fn left_out(count: usize) -> String {
    let more = count.saturating_sub(NAMES_MAX);
    if more > 0 { format!("<li>{more} more, see report.json</li>") } else { String::new() }
}

/// A child's last words.
fn detail(words: &str) -> String {
    let (lines, more) = text::lines(words, DETAIL_LINES, DETAIL_COLUMNS);
    if lines.is_empty() {
        return String::new();
    }
    let more = if more > 0 { format!("\n… {}", text::plural(more, "more line")) } else { String::new() };
    format!("<pre>{}{more}</pre>", escape(&lines.join("\n")))
}

fn budgets(report: &Report, digest: &Digest) -> String {
    if report.budgets.is_empty() {
        return "<p>No absolute limit is set.</p>".to_owned();
    }
    let within = report.budgets.iter().filter(|budget| budget.verdict == BudgetVerdict::Within);
    let mut html = format!(
        "<p>{} of {} held.</p><ul class=\"budgets\">",
        report.budgets.len() - digest.exceeded.len(),
        report.budgets.len()
    );
    for budget in digest.exceeded.iter().copied().chain(within).take(NAMES_MAX) {
        let word = if budget.verdict == BudgetVerdict::Exceeded { "exceeded" } else { "within" };
        let _ = write!(
            html,
            "<li class=\"{word}\"><span class=\"word\">{word}</span> {} <span class=\"metric\">{}</span> {}</li>",
            name(&budget.benchmark),
            foreign(&budget.metric, 40),
            digest.budget_values(budget)
        );
    }
    html += &left_out(report.budgets.len());
    html + "</ul>"
}

fn facts(report: &Report) -> String {
    let facts = digest::facts(report).into_iter().filter(|(label, _)| *label != "machine");
    list(facts.map(|(label, words)| (label, escape(&words))))
}

fn environment(report: &Report) -> String {
    let environment = &report.environment;
    let cores = environment.cores.to_string();
    let memory = format!("{:.1} GB", environment.memory as f64 / 1e9);
    let known = [
        ("CPU", environment.cpu.as_str()),
        ("cores", if environment.cores > 0 { &cores } else { "" }),
        ("memory", if environment.memory > 0 { &memory } else { "" }),
        ("kernel", &environment.kernel),
        ("C library", &environment.libc),
        ("toolchain", &environment.toolchain),
        ("build flags", &environment.build_flags),
        ("virtualisation", &environment.virtualization),
        ("runner", &environment.runner),
        ("class", &environment.class),
    ];
    let known = known.into_iter().filter(|(_, value)| !value.is_empty());
    let html = list(known.map(|(label, value)| (label, foreign(value, 200))));
    if html.is_empty() { "<p>The results do not say where they were measured.</p>".to_owned() } else { html }
}

/// Labels and texts that are escaped already.
fn list(entries: impl Iterator<Item = (&'static str, String)>) -> String {
    let entries: Vec<_> = entries.map(|(label, html)| format!("<div><dt>{label}</dt><dd>{html}</dd></div>")).collect();
    let entries = entries.concat();
    if entries.is_empty() { String::new() } else { format!("<dl>{entries}</dl>") }
}

/// How to accept the worst row, or to look closer at it.
fn accept(report: &Report, digest: &Digest) -> String {
    let Some(worst) = digest.regressions.first().or(digest.inconclusive.first()) else {
        return "<p>Nothing needs accepting.</p>".to_owned();
    };
    let mut html = digest::look_closer(report, worst).map_or_else(String::new, |again| {
        format!("<p>To measure the first row alone, and longer:</p><pre><code>{}</code></pre>", escape(&again))
    });
    if let Some(stanza) = digest.regressions.first().and_then(|worst| digest::waiver_stanza(worst)) {
        html += "<p>To accept it, have a waiver merged into the base branch first: a pull request cannot relax its own gate.</p>";
        let _ = write!(html, "<pre><code>{}</code></pre>", escape(&stanza));
    }
    html
}
