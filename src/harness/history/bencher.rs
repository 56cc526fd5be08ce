//! What Bencher's `bencher perf`, or its REST API's `GET /v0/projects/PROJECT/perf`, answers: a line per branch, testbed,
//! benchmark and measure.

use super::super::error::shown_name;
use super::super::formats::bmf;
use super::super::gathered::counter;
use super::super::instant::instant;
use super::super::outline::{has, opens, outline};
use super::super::quantity::{Dimension, kebab, written};
use super::super::source::{Bounded, json};
use super::super::{Artifact, ParseError, foreign_metric};
use super::{EMPTY, Found, NO_DIRECTION, Reading, commit_id, whole_seconds};
use crate::model::{Better, Metric, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most lines of one answer; Bencher itself stops at 256.
const LINES_MAX: usize = 100_000;
/// Most points of one line.
const POINTS_MAX: usize = 1_000_000;

const NO_VALUE: &str = "a point without `value`";

/// Project, thresholds, boundaries and alerts are not read.
#[derive(Deserialize)]
struct Perf {
    results: Bounded<Line, LINES_MAX>,
}

#[derive(Deserialize)]
struct Line {
    branch: Named,
    testbed: Named,
    benchmark: Named,
    /// From the versions that know parameters.
    parameter: Option<Parameter>,
    measure: Measure,
    metrics: Bounded<Point, POINTS_MAX>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Parameter {
    set: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct Measure {
    name: String,
    slug: Option<String>,
    units: Option<String>,
}

#[derive(Deserialize)]
struct Point {
    report: String,
    iteration: u32,
    start_time: String,
    version: Version,
    metric: Option<Value>,
    /// Instead of `metric` in later versions; only the one called `value` counts.
    metrics: Option<Values>,
}

#[derive(Deserialize)]
struct Version {
    number: u32,
    hash: Option<String>,
}

/// `lower_value` and `upper_value` are left out, as in the Bencher Metric Format.
#[derive(Deserialize)]
struct Value {
    value: f64,
}

#[derive(Deserialize)]
struct Values {
    value: Option<Value>,
}

pub(super) fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    (has(&paths, &["results"]) && opens(artifact.head(), "results", b'[')) || has(&paths, &["project", "slug"])
}

pub(super) fn read(artifact: &Artifact, history: &mut Reading<'_>) -> Result<(), ParseError> {
    let perf: Perf = json(&artifact.path, artifact.file("bencher")?)?;
    for (index, line) in perf.results.0.into_iter().enumerate() {
        // Two testbeds are two machines, and two branches two histories: they never share a run.
        let suite = format!("{}/{}", line.branch.name, line.testbed.name);
        let benchmark = name(line.benchmark.name, line.parameter);
        if line.metrics.0.is_empty() {
            let at = || format!("results[{index}]");
            history.suite(&suite, &at)?.leave_out(EMPTY, 1, at());
        }
        for (position, point) in line.metrics.0.iter().enumerate() {
            let at = || format!("results[{index}].metrics[{position}]");
            let (revision, seconds) = when(history, &at, point)?;
            let value = point.metric.as_ref().or(point.metrics.as_ref().and_then(|all| all.value.as_ref()));
            let found = Found {
                suite: &suite,
                revision: &revision,
                seconds,
                run: &point.report,
                repeat: point.iteration,
                benchmark: &benchmark,
                metric: value.ok_or(NO_VALUE).and_then(|_| metric(&line.measure).ok_or(NO_DIRECTION)),
                value: value.map_or(0.0, |value| value.value),
            };
            history.add(&at, &found)?;
        }
    }
    Ok(())
}

/// The benchmark's name, with its parameters, by name, where it has any.
fn name(benchmark: String, parameter: Option<Parameter>) -> String {
    let set = parameter.map(|parameter| parameter.set).unwrap_or_default();
    if set.is_empty() {
        return benchmark;
    }
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs: Vec<String> = set.into_iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    format!("{benchmark} [{}]", pairs.join(","))
}

/// Revision and time of a point.
fn when(history: &Reading<'_>, at: &dyn Fn() -> String, point: &Point) -> Result<(String, u64), ParseError> {
    let revision = match &point.version.hash {
        None => format!("version {}", point.version.number),
        Some(hash) => commit_id(hash).ok_or_else(|| {
            let problem = format!("expected 7 to 64 hexadecimal digits, found {}", shown_name(hash));
            history.error(&format!("{}.version.hash", at()), &problem, "export it again, and do not edit it")
        })?,
    };
    let seconds =
        instant(&point.start_time).and_then(|nanoseconds| whole_seconds((nanoseconds / 1_000_000_000) as f64));
    match seconds {
        Some(seconds) => Ok((revision, seconds)),
        None => {
            let problem = format!("expected a date from 2000 on, found {}", shown_name(&point.start_time));
            Err(history.error(&format!("{}.start_time", at()), &problem, "export it again, and do not edit it"))
        }
    }
}

/// The measure's own unit decides (`nanoseconds (ns)`); where benchgate does not know it, the rules of the Bencher Metric
/// Format count things.
fn metric(measure: &Measure) -> Option<(Metric, f64)> {
    let name = kebab(measure.slug.as_deref().unwrap_or(&measure.name))?;
    let Some(units) = &measure.units else { return bmf::metric(&name) };
    let short = units.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(short, _)| short);
    let Some(unit) = short.and_then(written).or_else(|| written(units)) else {
        return bmf::metric(&name).filter(|(metric, _)| metric.unit == Unit::One);
    };
    let metric = match unit.dimension {
        Dimension::Time => foreign_metric(&name, Unit::Second, Better::Lower),
        Dimension::Bytes => counter(&name, Unit::Byte),
        Dimension::Rate | Dimension::ByteRate => foreign_metric(&name, Unit::PerSecond, Better::Higher),
    };
    Some((metric, unit.factor))
}
