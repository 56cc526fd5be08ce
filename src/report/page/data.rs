//! What the script works with: every comparison in reading order, and the launches of each, as JSON.

use super::super::digest::{self, Digest};
use super::super::strip::effects;
use super::super::{Report, scale, text};
use crate::judge::{Comparison, Verdict};
use crate::model::{Better, Warning};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Columns of all names in the data together, and of one name; what is longer is cut in the middle.
const NAMES_COLUMNS: usize = 4_000_000;
const NAME_COLUMNS: std::ops::RangeInclusive<usize> = 200..=2_000;
/// Launches of a side that are drawn; of more, evenly spaced ones.
const LAUNCHES_MAX: usize = 2_000;

/// All that the script needs.
pub(super) struct Data<'r> {
    report: &'r Report,
    /// Every comparison in reading order.
    order: Vec<&'r Comparison>,
    /// Columns of a name.
    columns: usize,
}

#[derive(Serialize)]
struct Table<'r> {
    suites: Vec<String>,
    metrics: Vec<String>,
    /// The effect at the end of the axis that all rows share.
    limit: f64,
    /// What the verdicts and warnings that occur mean.
    words: BTreeMap<&'r str, &'r str>,
    rows: Vec<Row<'r>>,
}

/// What the table shows of a comparison.
#[derive(Serialize)]
struct Row<'r> {
    suite: usize,
    name: String,
    metric: usize,
    verdict: &'r str,
    /// Point, lower and upper end, positive is worse.
    effect: [Option<f64>; 3],
    threshold: f64,
    base: String,
    head: String,
    change: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    interval: String,
    /// Code and sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<(String, String)>,
    /// The command that measures it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<String>,
    /// What accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<String>,
}

/// What only an opened row shows.
#[derive(Serialize)]
struct Launches<'r> {
    base: Vec<f64>,
    head: Vec<f64>,
    /// Of so many launches one is drawn, the first to begin with.
    step: usize,
    /// Factor to the base unit, and the suffix.
    scale: (f64, &'r str),
    higher: bool,
    method: &'r str,
    /// Label, and a text for either side.
    sides: Vec<(&'r str, String, String)>,
    facts: Vec<(&'r str, String)>,
}

impl<'r> Data<'r> {
    pub(super) fn of(report: &'r Report, digest: &Digest<'r>) -> Self {
        let order: Vec<_> = digest.to_read().into_iter().chain(digest.unchanged.iter().copied()).collect();
        let columns = (NAMES_COLUMNS / order.len().max(1)).clamp(*NAME_COLUMNS.start(), *NAME_COLUMNS.end());
        Self { report, order, columns }
    }

    /// What the table shows.
    pub(super) fn rows(&self) -> io::Result<String> {
        let listed = |name: fn(&Comparison) -> &str| {
            let names: BTreeSet<&str> = self.order.iter().map(|row| name(row)).collect();
            names.into_iter().collect::<Vec<_>>()
        };
        let (suites, metrics) = (listed(|row| &row.suite), listed(|row| &row.metric));
        let place = |names: &[&str], name: &str| names.binary_search(&name).unwrap_or(0);
        let rows = self.order.iter().map(|row| self.row(row, place(&suites, &row.suite), place(&metrics, &row.metric)));
        let rows = rows.collect();
        let spell = |names: &[&str]| names.iter().map(|name| self.shown(name)).collect();
        let limit = round(super::still::axis(self.report).limit());
        json(&Table { limit, words: self.words(), rows, suites: spell(&suites), metrics: spell(&metrics) })
    }

    fn row(&self, row: &'r Comparison, suite: usize, metric: usize) -> Row<'r> {
        let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
        let is_read = row.verdict != Verdict::Unchanged;
        let red = row.verdict == Verdict::Regression && row.waiver.is_none();
        Row {
            suite,
            name: self.shown(&row.benchmark),
            metric,
            verdict: if row.verdict == Verdict::Regression && !red { "waived" } else { row.verdict.code() },
            effect: effects(row).map(|effect| effect.filter(|effect| effect.is_finite()).map(round)),
            threshold: round(row.threshold),
            base: unit.show(row.base.median),
            head: unit.show(row.head.median),
            change: row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0)),
            interval: row.interval.map(scale::interval).unwrap_or_default(),
            remarks: digest::remarks(row),
            again: is_read.then(|| digest::look_closer(self.report, row)).flatten(),
            waiver: red.then(|| digest::waiver_stanza(row)).flatten(),
        }
    }

    /// A name on one line, without what is invisible, and bounded.
    fn shown(&self, name: &str) -> String {
        text::cut(&text::line(name), self.columns)
    }

    /// The meanings of the words that occur.
    fn words(&self) -> BTreeMap<&'r str, &'r str> {
        let verdicts = self.order.iter().map(|row| (row.verdict.code(), row.verdict.explain()));
        let warnings =
            self.order.iter().flat_map(|row| &row.details).map(|warning: &Warning| (warning.code(), warning.explain()));
        verdicts.chain(warnings).collect()
    }

    /// What an opened row shows, a line for each, in the order of [`Self::rows`].
    pub(super) fn launches(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")?;
        for (i, row) in self.order.iter().enumerate() {
            out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            out.write_all(json(&Self::opened(row))?.as_bytes())?;
        }
        out.write_all(b"\n]")
    }

    fn opened(row: &'r Comparison) -> Launches<'r> {
        let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        let spread = |side: &crate::judge::SideSummary| {
            or_none(side.sd.map(|sd| format!("{} ({})", unit.show(sd), scale::percent(sd / side.mean))))
        };
        let (base, head) = (&row.base, &row.head);
        let mut facts = Vec::new();
        let mut fact = |label, value: Option<String>| facts.extend(value.map(|value| (label, value)));
        fact(
            "interval",
            row.interval
                .map(|ends| format!("{} %, at {} confidence", scale::interval(ends), scale::percent(row.confidence))),
        );
        fact("threshold", Some(scale::percent(row.threshold)));
        fact(
            "could see",
            row.minimum_detectable_effect.map(|seen| format!("4 times in 5, a change of {}", scale::percent(seen))),
        );
        fact("noise floor", row.noise_floor.map(scale::percent));
        fact("p", row.p.map(chance));
        fact("p, all rows counted in", row.p_adjusted.map(chance));
        fact("method", Some(digest::method(&row.method)));
        fact("rounds", Some(row.rounds.to_string()));
        let step = step(&base.observations).max(step(&head.observations));
        fact("drawn", (step > 1).then(|| format!("one of {step} launches")));
        Launches {
            base: drawn(&base.observations, step),
            head: drawn(&head.observations, step),
            step,
            scale: unit.parts(),
            higher: row.better == Better::Higher,
            method: if ["paired", "stored"].contains(&row.method.as_str()) { &row.method } else { "" },
            sides: vec![
                ("launches", base.n.to_string(), head.n.to_string()),
                ("median", unit.show(base.median), unit.show(head.median)),
                ("mean", unit.show(base.mean), unit.show(head.mean)),
                ("standard deviation", spread(base), spread(head)),
            ],
            facts,
        }
    }
}

/// Six significant digits: more than a plot can show.
fn round(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A p-value.
fn chance(p: f64) -> String {
    if p < 1e-3 { format!("{p:.1e}") } else { format!("{p:.3}") }
}

/// Of so many launches one is drawn.
fn step(observations: &[f64]) -> usize {
    observations.len().div_ceil(LAUNCHES_MAX).max(1)
}

/// The launches to draw; both sides take the same steps, so that pairs stay pairs.
fn drawn(observations: &[f64], step: usize) -> Vec<f64> {
    observations.iter().step_by(step).copied().filter(|value| value.is_finite()).map(round).collect()
}

/// JSON that neither ends a script element nor means anything to XML.
pub(crate) fn json(value: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Only strings can hold these, and there such an escape means the same.
            '<' | '>' | '&' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{:04x}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_many_launches_are_thinned() {
        assert_eq!([0.001_023_456_789, 123_456_789.0, 0.0, 1.0].map(round), [0.001_023_46, 123_457_000.0, 0.0, 1.0]);
        let many: Vec<f64> = (0..10_001).map(f64::from).collect();
        let drawn = drawn(&many, step(&many));
        assert!(drawn.len() <= LAUNCHES_MAX && drawn.len() > LAUNCHES_MAX / 2, "{}", drawn.len());
        assert_eq!(drawn[..3], [0.0, 6.0, 12.0]);
        assert_eq!([chance(0.25), chance(4e-6)], ["0.250", "4.0e-6"]);
    }

    #[test]
    fn json_means_nothing_to_markup() {
        let text = json(&["</script>&\u{2028}\u{ffff}\u{7f}\"é"]).unwrap();
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{ffff}', '\u{7f}']), "{text}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), ["</script>&\u{2028}\u{ffff}\u{7f}\"é"]);
    }
}
