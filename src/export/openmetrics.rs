//! OpenMetrics text (version 1.0.0): gauges, a family per unit, the metric's own name a label. Names of benchmarks and metrics are
//! anybody's, and stay label values; so no two of them ever become one family.
//!
//! Only what Prometheus' older text format has too is used, so that `node_exporter`'s textfile collector reads it as well.

use super::newest::newest as newest_of;
use super::{left_out, number, plain, suite};
use crate::harness::seconds_since_1970;
use crate::model::{Better, History, RunLabel, Series, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Family, unit as its name ends, and what it holds.
const FAMILIES: [(&str, &str, &str); 4] = [
    ("benchgate_time_seconds", "seconds", "Metrics in seconds, a value per benchmark."),
    ("benchgate_size_bytes", "bytes", "Metrics in bytes, a value per benchmark."),
    ("benchgate_rate_per_second", "per_second", "Metrics per second, a value per benchmark."),
    ("benchgate_value", "", "Counts, ratios and metrics of no known unit, a value per benchmark."),
];

/// When the newest run took place, and of which commit it was.
const RUN: (&str, &str, &str) =
    ("benchgate_run_time_seconds", "seconds", "When the newest run took place, in seconds since 1970.");

/// The labels of a sample to its values: time, where it is told, and value.
type Samples = BTreeMap<String, Vec<(Option<f64>, f64)>>;

/// Writes the newest values without their time: whoever scrapes them knows when.
pub(super) fn newest(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let (values, gone) = newest_of(histories);
    let mut families: [Samples; 4] = Default::default();
    let mut runs = Samples::new();
    let mut twice = 0;
    for value in &values {
        let labels = labels(value.series, value.run);
        let samples = &mut families[family(value.series.unit)];
        if samples.insert(labels, vec![(None, value.value)]).is_some() {
            twice += 1;
        }
        let time = value.run.time.as_deref().and_then(seconds_since_1970);
        let commit = value.run.commit.as_deref().unwrap_or_default();
        let run =
            [("suite", suite(&value.series.benchmark)), ("environment", environment(value.run)), ("commit", commit)];
        if let Some(time) = time {
            runs.insert(spell(&run), vec![(None, time)]);
        }
    }
    families_to(&families, out)?;
    family_to(RUN, &runs, out)?;
    out.write_all(b"# EOF\n")?;
    Ok(gone.into_iter().chain(left_out(twice, "values left out: another one has the same names")).collect())
}

/// Writes every value with its time.
pub(super) fn all(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut families: [Samples; 4] = Default::default();
    let mut untimed = BTreeSet::new();
    for (place, history) in histories.iter().enumerate() {
        let times: Vec<Option<f64>> =
            history.runs.iter().map(|run| run.time.as_deref().and_then(seconds_since_1970)).collect();
        untimed.extend(times.iter().enumerate().filter(|(_, time)| time.is_none()).map(|(run, _)| (place, run)));
        for series in &history.series {
            let samples = &mut families[family(series.unit)];
            for ((run, time), value) in history.runs.iter().zip(&times).zip(&series.values) {
                if time.is_some() && value.is_finite() {
                    samples.entry(labels(series, run)).or_default().push((*time, *value));
                }
            }
        }
    }
    let mut same = 0;
    for points in families.iter_mut().flat_map(BTreeMap::values_mut) {
        // Times must grow; of two runs of one second the later one counts.
        points.sort_by(|a, b| a.0.unwrap_or(0.0).total_cmp(&b.0.unwrap_or(0.0)));
        let before = points.len();
        points.reverse();
        points.dedup_by_key(|point| point.0);
        points.reverse();
        same += before - points.len();
    }
    families_to(&families, out)?;
    out.write_all(b"# EOF\n")?;
    let notes = [
        left_out(untimed.len(), "runs left out: their time is not known"),
        left_out(same, "values left out: a later run has the same time"),
    ];
    Ok(notes.into_iter().flatten().collect())
}

fn family(unit: Option<Unit>) -> usize {
    match unit {
        Some(Unit::Second) => 0,
        Some(Unit::Byte) => 1,
        Some(Unit::PerSecond) => 2,
        Some(Unit::One) | None => 3,
    }
}

fn environment(run: &RunLabel) -> &str {
    run.environment.as_deref().unwrap_or_default()
}

fn labels(series: &Series, run: &RunLabel) -> String {
    let better = match series.better {
        Some(Better::Lower) => "lower",
        Some(Better::Higher) => "higher",
        None => "",
    };
    spell(&[
        ("suite", suite(&series.benchmark)),
        ("benchmark", &series.benchmark),
        ("metric", &series.metric),
        ("better", better),
        ("environment", environment(run)),
    ])
}

/// Labels with their values escaped (OpenMetrics 1.0.0, section 5.2); an empty one is the same as none.
fn spell(labels: &[(&str, &str)]) -> String {
    let escape = |text: &str| plain(text).replace('\\', "\\\\").replace('"', "\\\"");
    let told = labels.iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect::<Vec<_>>().join(",")
}

fn families_to(families: &[Samples; 4], out: &mut dyn Write) -> io::Result<()> {
    FAMILIES.into_iter().zip(families).try_for_each(|(family, samples)| family_to(family, samples, out))
}

fn family_to((name, unit, help): (&str, &str, &str), samples: &Samples, out: &mut dyn Write) -> io::Result<()> {
    if samples.is_empty() {
        return Ok(());
    }
    writeln!(out, "# TYPE {name} gauge")?;
    if !unit.is_empty() {
        writeln!(out, "# UNIT {name} {unit}")?;
    }
    writeln!(out, "# HELP {name} {help}")?;
    for (labels, points) in samples {
        for (time, value) in points {
            let time = time.map_or_else(String::new, |time| format!(" {}", number(time)));
            writeln!(out, "{name}{{{labels}}} {}{time}", number(*value))?;
        }
    }
    Ok(())
}
