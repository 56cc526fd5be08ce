//! What a series of reports says: a table of one line, and a line per run.

use benchgate::deliver::ExitStatus;
use benchgate::judge::{Comparison, Verdict};
use benchgate::report::Report;
use benchgate::stats::summary::{median, quantile};
use std::collections::BTreeMap;
use std::fmt;

/// Reports of runs of one kind, to be shown.
pub(crate) struct Table<'a> {
    pub(crate) title: &'a str,
    /// The one benchmark that is slower.
    pub(crate) target: Option<&'a str>,
    pub(crate) reports: &'a [Report],
    /// Whose row is shown of every run, beside those that are red, green, or cleared by other link orders: a benchmark's,
    /// or `all`.
    pub(crate) rows: Option<&'a str>,
}

const HEADER: &str = "| runs | exactly right | false red | false green | missed | unchanged, of rows without a change \
    | inconclusive | measuring, s: median (range) | launches, median |\n|--:|--:|--:|--:|--:|--:|---|--:|--:|";

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.reports;
        let measuring: Vec<f64> = runs.iter().map(|report| report.cost.measure_s).collect();
        let launches: Vec<f64> = runs.iter().map(|report| report.cost.launches as f64).collect();
        writeln!(f, "## {}\n\n{HEADER}", self.title)?;
        writeln!(
            f,
            "| {} | {} | {} | {} | {} | {} of {} | {} | {} | {:.0} |\n",
            runs.len(),
            runs.iter().filter(|report| self.is_right(report)).count(),
            self.count(|row| row.verdict == Verdict::Regression && !self.is_target(row)),
            self.count(|row| row.verdict == Verdict::Improvement),
            runs.iter().filter(|report| self.misses(report)).count(),
            self.count(|row| row.verdict == Verdict::Unchanged && !self.is_target(row)),
            self.count(|row| !self.is_target(row)),
            self.inconclusive(),
            spread(&measuring),
            median(&launches),
        )?;
        runs.iter().enumerate().try_for_each(|(nth, report)| self.run(f, nth + 1, report))
    }
}

impl Table<'_> {
    fn is_target(&self, row: &Comparison) -> bool {
        self.target == Some(row.benchmark.as_str())
    }

    /// Whether the slower benchmark, if there is one, is not red.
    fn misses(&self, report: &Report) -> bool {
        let red = |row: &Comparison| self.is_target(row) && row.verdict == Verdict::Regression;
        self.target.is_some() && !report.comparisons.iter().any(red)
    }

    /// Whether the slower benchmark is red, and nothing else red or green.
    fn is_right(&self, report: &Report) -> bool {
        !self.misses(report) && report.comparisons.iter().all(|row| self.is_target(row) || !is_called(row))
    }

    fn count(&self, wanted: impl Fn(&Comparison) -> bool) -> usize {
        self.reports.iter().flat_map(|report| &report.comparisons).filter(|row| wanted(row)).count()
    }

    /// Inconclusive rows, by the codes of their warnings.
    fn inconclusive(&self) -> String {
        let rows = self.reports.iter().flat_map(|report| &report.comparisons);
        let codes = rows.filter(|row| row.verdict == Verdict::Inconclusive).map(|row| row.warnings.join(" + "));
        let codes: Vec<String> = codes.collect();
        if codes.is_empty() { "0".to_owned() } else { format!("{}: {}", codes.len(), tally(codes)) }
    }

    fn run(&self, f: &mut fmt::Formatter<'_>, number: usize, report: &Report) -> fmt::Result {
        let cost = &report.cost;
        let status = ExitStatus::from(report.outcome).code();
        write!(
            f,
            "- run {number}: {} ({status}), {:.1} s, {} launches",
            report.outcome, cost.measure_s, cost.launches
        )?;
        let states = tally(report.states.iter().map(|state| state.state.to_string()));
        writeln!(f, "{}{states}", if states.is_empty() { "" } else { ", " })?;
        let named = self.rows.or(self.target);
        let shown = report.comparisons.iter().filter(|row| {
            let asked = named.is_some_and(|name| name == "all" || name == row.benchmark);
            asked || is_called(row) || row.warnings.iter().any(|code| code == "code-layout")
        });
        shown.map(line).try_for_each(|line| writeln!(f, "    - {line}"))?;
        report.notes.iter().try_for_each(|note| writeln!(f, "    - note: {note}"))
    }
}

/// Red or green.
fn is_called(row: &Comparison) -> bool {
    matches!(row.verdict, Verdict::Regression | Verdict::Improvement)
}

/// How often each word occurs.
fn tally(words: impl IntoIterator<Item = String>) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let each = counts.iter().map(|(word, count)| format!("{count} {word}"));
    each.collect::<Vec<_>>().join(", ")
}

/// All that decides a row, in one line.
fn line(row: &Comparison) -> String {
    let mut parts = vec![format!("{}: {} {}", row.benchmark, row.verdict, row.ratio.map_or("–".to_owned(), change))];
    parts.extend(row.interval.map(|[low, high]| format!("{} to {}", change(low), change(high))));
    parts.extend(row.p.map(|p| format!("p {p:.2e}")));
    parts.extend(row.p_adjusted.map(|p| format!("adjusted {p:.2e}")));
    parts.push(format!("{} rounds, {}", row.rounds, row.method));
    parts.extend(row.warnings.iter().cloned());
    parts.join(", ")
}

/// A ratio as a change.
pub(crate) fn change(ratio: f64) -> String {
    format!("{:+.2} %", (ratio - 1.0) * 100.0)
}

/// `median (least to greatest)`.
pub(crate) fn spread(values: &[f64]) -> String {
    format!("{:.1} ({:.1} to {:.1})", median(values), quantile(values, 0.0), quantile(values, 1.0))
}
