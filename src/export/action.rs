//! github-action-benchmark: its history `data.js`, and the lists of values that its two custom tools take.
//!
//! Neither has a metric's name, so whatever is not a benchmark's wall time bears it in its own name. A suite there has one
//! direction, so values of which more is better are a suite of their own where a suite has both.

use super::newest::newest;
use super::{Format, left_out, plain, suite};
use crate::harness::seconds_since_1970;
use crate::model::{Better, History, Series, Unit, VALUE};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Seconds are told in the largest of these that leaves digits before the point.
const TIMES: [(f64, &str); 4] = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")];

/// From 2000 on, in seconds since 1970: what its readers take for a date.
const DATES: std::ops::Range<f64> = 946_684_800.0..253_402_300_800.0;

/// What a value was measured in: base units in one of it, and how it is written.
fn unit(series: &Series, values: &[f64]) -> (f64, String) {
    match series.unit {
        Some(Unit::Second) => {
            let least = values.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
            let fits = TIMES.into_iter().find(|(factor, _)| least >= *factor && least.is_finite());
            let (factor, name) = fits.unwrap_or(TIMES[3]);
            (factor, name.to_owned())
        }
        Some(Unit::Byte) => (1.0, "B".to_owned()),
        Some(Unit::PerSecond) => (1.0, "ops/s".to_owned()),
        Some(Unit::One) | None => (1.0, plain(&series.metric)),
    }
}

/// The benchmark's name, with the metric's where it is not what a name without one stands for.
fn name(series: &Series, benchmark: &str) -> String {
    let is_usual = ["wall-time", VALUE].contains(&series.metric.as_str());
    if is_usual { plain(benchmark) } else { format!("{} {}", plain(benchmark), plain(&series.metric)) }
}

/// `customSmallerIsBetter` where nothing else is known, as most benchmarks take time.
fn tool(better: Option<Better>) -> &'static str {
    match better {
        Some(Better::Higher) => "customBiggerIsBetter",
        Some(Better::Lower) | None => "customSmallerIsBetter",
    }
}

/// Writes `data.js`. Runs without a commit or a date have no place in it.
pub(super) fn history(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut entries: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let (mut without, mut newest) = (0, 0.0_f64);
    for history in histories {
        let times: Vec<Option<f64>> =
            history.runs.iter().map(|run| run.time.as_deref().and_then(seconds_since_1970)).collect();
        for ((suite, better), series) in grouped(history) {
            let units: Vec<_> = series.iter().map(|one| unit(one, &one.values)).collect();
            for (place, run) in history.runs.iter().enumerate() {
                let Some((id, date)) = run
                    .commit
                    .as_deref()
                    .filter(|id| is_commit(id))
                    .zip(times[place].filter(|time| DATES.contains(time)))
                else {
                    continue;
                };
                let benches: Vec<Value> = series
                    .iter()
                    .zip(&units)
                    .filter_map(|(one, (factor, unit))| {
                        let value = one.values.get(place).copied().filter(|value| value.is_finite())?;
                        let benchmark = one.benchmark.split_once('/').map_or(one.benchmark.as_str(), |(_, rest)| rest);
                        Some(json!({ "name": name(one, benchmark), "value": value / factor, "unit": unit }))
                    })
                    .collect();
                if benches.is_empty() {
                    continue;
                }
                newest = newest.max(date);
                entries.entry(suite.clone()).or_default().push(json!({
                    "commit": commit(id, run.time.as_deref().unwrap_or_default()),
                    "date": (date * 1e3).round(), "tool": tool(better), "benches": benches,
                }));
            }
        }
        let is_told = |(run, time): (&crate::model::RunLabel, &Option<f64>)| {
            run.commit.as_deref().is_some_and(is_commit) && time.is_some_and(|time| DATES.contains(&time))
        };
        without += history.runs.iter().zip(&times).filter(|run| !is_told(*run)).count();
    }
    let data = json!({ "lastUpdate": (newest * 1e3).round(), "repoUrl": "", "entries": entries });
    out.write_all(b"window.BENCHMARK_DATA = ")?;
    serde_json::to_writer_pretty(&mut *out, &data).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(left_out(without, "runs left out: they have no commit's id or no date").into_iter().collect())
}

/// What the pages that show a `data.js` read of a commit.
fn commit(id: &str, time: &str) -> Value {
    let nobody = json!({ "name": "", "username": "", "email": "" });
    json!({ "id": id, "message": "", "timestamp": plain(time), "url": "", "author": nobody, "committer": nobody })
}

fn is_commit(id: &str) -> bool {
    (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A history's series by the suite that they belong to there, and their direction.
fn grouped(history: &History) -> BTreeMap<(String, Option<Better>), Vec<&Series>> {
    let direction = |series: &Series| Some(series.better.unwrap_or(Better::Lower));
    let directions: BTreeSet<(&str, Option<Better>)> =
        history.series.iter().map(|series| (suite(&series.benchmark), direction(series))).collect();
    let mut groups: BTreeMap<_, Vec<&Series>> = BTreeMap::new();
    for series in &history.series {
        let own = suite(&series.benchmark);
        let has_both = directions.iter().filter(|(other, _)| *other == own).count() > 1;
        let own_name = if own.is_empty() { "Benchmark".to_owned() } else { plain(own) };
        let is_second = has_both && series.better == Some(Better::Higher);
        let name = if is_second { format!("{own_name}, more is better") } else { own_name };
        groups.entry((name, direction(series))).or_default().push(series);
    }
    groups
}

/// Writes the newest values of one direction as a list.
pub(super) fn list(histories: &[History], format: Format, out: &mut dyn Write) -> io::Result<Vec<String>> {
    let wanted = if format == Format::BiggerIsBetter { Better::Higher } else { Better::Lower };
    let (values, gone) = newest(histories);
    let is_wanted = |series: &Series| series.better.unwrap_or(wanted) == wanted;
    let chosen = values.iter().filter(|value| is_wanted(value.series));
    let list: Vec<Value> = chosen
        .map(|value| {
            let (factor, unit) = unit(value.series, &[value.value]);
            json!({ "name": name(value.series, &value.name()), "unit": unit, "value": value.value / factor })
        })
        .collect();
    let others = values.len() - list.len();
    serde_json::to_writer_pretty(&mut *out, &list).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    let others = left_out(others, "values left out: they go the other way; the other custom format has them");
    Ok(gone.into_iter().chain(others).collect())
}
