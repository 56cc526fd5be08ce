//! Google Benchmark's `--benchmark_out_format=json`: one time per repetition, or its aggregates alone.
//!
//! Where single repetitions are in the file its aggregates are ignored: they follow from the repetitions. User counters
//! are ignored too: the file states neither their unit nor which direction is better.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::source::{Bounded, json, known, quote_words};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results, VALUES_MAX, foreign_metric};
use crate::model::{Better, Launch, Metric, Stated, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format = Format {
    name: "google-benchmark",
    about: "a JSON file of Google Benchmark's `--benchmark_out=FILE`",
    detect,
    read,
};

#[derive(Deserialize)]
struct Report {
    benchmarks: Bounded<Row, VALUES_MAX>,
}

/// A repetition, an aggregate of them, or a fit over several benchmarks.
#[derive(Deserialize)]
struct Row {
    /// The benchmark's full name; of an aggregate, with its suffix.
    #[serde(default)]
    name: String,
    /// Without the suffix. Versions before 1.5 lack this and the next.
    run_name: Option<String>,
    run_type: Option<RunType>,
    family_index: Option<u64>,
    per_family_instance_index: Option<u64>,
    repetition_index: Option<u64>,
    aggregate_name: Option<String>,
    /// Of an aggregate: the number of repetitions behind it.
    #[serde(default, deserialize_with = "known")]
    iterations: Option<f64>,
    time_unit: Option<TimeUnit>,
    #[serde(default, deserialize_with = "known")]
    real_time: Option<f64>,
    #[serde(default, deserialize_with = "known")]
    cpu_time: Option<f64>,
    #[serde(default, deserialize_with = "known")]
    bytes_per_second: Option<f64>,
    #[serde(default, deserialize_with = "known")]
    items_per_second: Option<f64>,
    /// Of a registered memory manager.
    #[serde(default, deserialize_with = "known")]
    allocs_per_iter: Option<f64>,
    #[serde(default, deserialize_with = "known")]
    max_bytes_used: Option<f64>,
    #[serde(default)]
    error_occurred: bool,
    /// Set by `SkipWithMessage`, which is no failure; version 1.8 and later.
    #[serde(default)]
    skipped: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RunType {
    Iteration,
    Aggregate,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TimeUnit {
    Ns,
    Us,
    Ms,
    S,
}

impl TimeUnit {
    fn seconds(self) -> f64 {
        match self {
            Self::Ns => 1e-9,
            Self::Us => 1e-6,
            Self::Ms => 1e-3,
            Self::S => 1.0,
        }
    }
}

/// A benchmark's rows, each with its place in the file.
type Rows = Vec<(usize, Row)>;

type Get = fn(&Row) -> Option<f64>;

/// The metrics of a row, and where each stands in it, in base units.
const METRICS: [(&str, Get); 6] = [
    ("wall-time", |row| row.seconds(row.real_time)),
    ("cpu-time", |row| row.seconds(row.cpu_time)),
    ("bytes-per-second", |row| row.bytes_per_second),
    ("throughput", |row| row.items_per_second),
    ("allocations", |row| row.allocs_per_iter),
    ("max-bytes-used", |row| row.max_bytes_used),
];

fn metric(name: &str) -> Metric {
    match name {
        "wall-time" => wall_time(),
        "cpu-time" => foreign_metric(name, Unit::Second, Better::Lower),
        "allocations" => foreign_metric(name, Unit::One, Better::Lower),
        "max-bytes-used" => foreign_metric(name, Unit::Byte, Better::Lower),
        _ => foreign_metric(name, Unit::PerSecond, Better::Higher),
    }
}

/// The suffixes that aggregates and fits put behind a name.
const AGGREGATES: [&str; 5] = ["mean", "median", "stddev", "BigO", "RMS"];

impl Row {
    /// The name without a suffix. Completes what old versions only say by the suffix.
    fn complete(&mut self) -> String {
        let of_suffix = self.name.rsplit_once('_').filter(|(_, suffix)| AGGREGATES.contains(suffix));
        if self.run_type.is_none() {
            self.run_type = Some(if of_suffix.is_some() { RunType::Aggregate } else { RunType::Iteration });
            self.aggregate_name = self.aggregate_name.take().or(of_suffix.map(|(_, suffix)| suffix.to_owned()));
        }
        let is_aggregate = self.run_type == Some(RunType::Aggregate);
        let plain = of_suffix.filter(|_| is_aggregate).map_or(self.name.as_str(), |(name, _)| name);
        self.run_name.take().unwrap_or_else(|| plain.to_owned())
    }

    fn seconds(&self, time: Option<f64>) -> Option<f64> {
        // Nanoseconds are the tool's default.
        Some(time? * self.time_unit.unwrap_or(TimeUnit::Ns).seconds())
    }
}

/// Whether the file begins with a `context` of Google Benchmark's.
fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head();
    let begins = |rest: &[u8], token: &str| rest.trim_ascii_start().starts_with(token.as_bytes());
    let holds = |key: &str| head.windows(key.len()).any(|window| window == key.as_bytes());
    begins(head, "{")
        && begins(&head.trim_ascii_start()[1..], "\"context\"")
        && holds("\"num_cpus\"")
        && (holds("\"mhz_per_cpu\"") || holds("\"library_build_type\""))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Report { benchmarks: Bounded(rows) } = json(path, &quote_words(artifact.file(FORMAT.name)?))?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut benchmarks: BTreeMap<String, Rows> = BTreeMap::new();
    for (index, mut row) in rows.into_iter().enumerate() {
        let at = At::Inside(format!("benchmarks[{index}]"));
        let name = row.complete();
        if row.error_occurred {
            // The message may hold anything; the name is enough to find it.
            let problem = format!("the benchmark {} failed", shown_name(&name));
            let next = "a failure is not a fast run: make it succeed, or filter it out";
            gathered.fail(&at, gathered.id(&name), &problem, next)?;
        } else if !row.skipped {
            benchmarks.entry(name).or_default().push((index, row));
        }
    }
    for (name, rows) in &benchmarks {
        read_benchmark(&mut gathered, name, rows)?;
    }
    if gathered.is_empty() {
        let (problem, next) = ("benchmarks: no benchmark was measured", "look at the filter, and run it again");
        return Err(ParseError::new(ParseErrorKind::Nothing, path, problem, next));
    }
    Ok(gathered.results())
}

fn read_benchmark(gathered: &mut Gathered<'_>, name: &str, rows: &Rows) -> Result<(), ParseError> {
    let repetitions: Vec<&(usize, Row)> =
        rows.iter().filter(|(_, row)| row.run_type == Some(RunType::Iteration)).collect();
    let Some((first, _)) = repetitions.first() else { return read_aggregates(gathered, name, rows) };
    check_repetitions(gathered, name, &repetitions)?;
    let at = At::Inside(format!("benchmarks[{first}]"));
    for (metric_name, get) in METRICS {
        let values: Vec<f64> = repetitions.iter().filter_map(|(_, row)| get(row)).collect();
        if metric_name != "wall-time" && (values.is_empty() || is_coarse_clock(metric_name, &values)) {
            continue;
        }
        // The rate of work that took no time is infinite.
        let is_infinite = metric_name != "wall-time" && repetitions.iter().any(|(_, row)| row.cpu_time == Some(0.0));
        if values.len() != repetitions.len() && is_infinite {
            continue;
        }
        if values.len() != repetitions.len() {
            let problem = format!("{} has its {metric_name} in some repetitions only", shown_name(name));
            return Err(gathered.error(&at, &problem, "write the file again with the tool itself, and do not edit it"));
        }
        let launches = values.into_iter().map(|value| Launch { iterations: vec![value] }).collect();
        gathered.add(&at, gathered.id(name), metric(metric_name), launches)?;
    }
    Ok(())
}

/// Where the processor's clock ticks every 16 ms (Windows), a processor time of 0 says nothing.
fn is_coarse_clock(metric_name: &str, values: &[f64]) -> bool {
    metric_name == "cpu-time" && values.contains(&0.0)
}

/// Refuses two benchmarks of one name.
fn check_repetitions(gathered: &Gathered<'_>, name: &str, repetitions: &[&(usize, Row)]) -> Result<(), ParseError> {
    let instance = |row: &Row| (row.family_index, row.per_family_instance_index);
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    for (index, row) in repetitions {
        let again = row.repetition_index.and_then(|repetition| seen.insert(repetition, *index));
        if again.is_some() || instance(row) != instance(&repetitions[0].1) {
            let at = At::Inside(format!("benchmarks[{index}]"));
            let problem = format!("several benchmarks are called {}", shown_name(name));
            return Err(gathered.error(&at, &problem, "give each benchmark a name of its own"));
        }
    }
    Ok(())
}

/// A file of `--benchmark_report_aggregates_only`. Fits (`BigO`, `RMS`) are of no single benchmark.
fn read_aggregates(gathered: &mut Gathered<'_>, name: &str, rows: &Rows) -> Result<(), ParseError> {
    let is_fit = |row: &Row| matches!(row.aggregate_name.as_deref(), Some("BigO" | "RMS"));
    if rows.iter().all(|(_, row)| is_fit(row)) {
        return Ok(());
    }
    let at = At::Inside(format!("benchmarks[{}]", rows[0].0));
    for (metric_name, get) in METRICS {
        let mut stated = Stated::default();
        for (index, row) in rows {
            let slot = match row.aggregate_name.as_deref() {
                Some("mean") => &mut stated.mean,
                Some("median") => &mut stated.median,
                Some("stddev") => &mut stated.sd,
                _ => continue,
            };
            if slot.is_some() {
                let at = At::Inside(format!("benchmarks[{index}]"));
                let problem = format!("several benchmarks are called {}", shown_name(name));
                return Err(gathered.error(&at, &problem, "give each benchmark a name of its own"));
            }
            *slot = get(row);
            stated.n = row.iterations.filter(|count| *count >= 1.0).map(|count| count as u64);
        }
        let centre = stated.median.or(stated.mean);
        let coarse = centre.is_some_and(|value| is_coarse_clock(metric_name, &[value]));
        if metric_name == "wall-time" || (centre.is_some() && !coarse) {
            gathered.add_stated(&at, gathered.id(name), metric(metric_name), stated)?;
        }
    }
    Ok(())
}
