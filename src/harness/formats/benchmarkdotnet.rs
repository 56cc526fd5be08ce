//! `BenchmarkDotNet`'s full JSON: every launch with its iterations, else the values behind the statistics, else those alone.
//!
//! Iterations are those of the stage `Result`: without its outliers, the overhead of an empty method subtracted.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::quantity::kebab;
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric};
use crate::model::{BenchmarkId, Better, Launch, Metric, Stated, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "benchmarkdotnet", about: "a file `…-report-full.json` of `--exporters fulljson`", detect, read };

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    benchmarks: Bounded<Benchmark, BENCHMARKS_MAX>,
}

/// A method with its parameters under one job. Old versions lack the names put together.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Benchmark {
    full_name: Option<String>,
    /// `Type.Method: Job [Parameters]`.
    display_info: Option<String>,
    namespace: Option<String>,
    r#type: Option<String>,
    method: Option<String>,
    parameters: Option<String>,
    /// Absent where the benchmark failed.
    statistics: Option<Statistics>,
    memory: Option<Memory>,
    measurements: Option<Bounded<Row, ITERATIONS_MAX>>,
    metrics: Option<Bounded<Diagnosed, 1_000>>,
}

/// In nanoseconds per operation.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    original_values: Option<Bounded<f64, ITERATIONS_MAX>>,
    n: Option<u64>,
    mean: Option<f64>,
    median: Option<f64>,
    standard_deviation: Option<f64>,
    percentiles: Option<BTreeMap<String, f64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Memory {
    bytes_allocated_per_operation: Option<f64>,
}

/// An iteration: many operations timed together.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    iteration_mode: String,
    /// Absent in old versions, where the mode says both.
    iteration_stage: Option<String>,
    launch_index: u64,
    operations: f64,
    nanoseconds: f64,
}

/// What a diagnoser measured.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Diagnosed {
    value: Option<f64>,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Descriptor {
    id: String,
    unit: Option<String>,
    the_greater_the_better: Option<bool>,
}

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    has(&keys, &["HostEnvironmentInfo"])
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Report { benchmarks: Bounded(benchmarks) } = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let names: Vec<String> = benchmarks.iter().map(plain_name).collect();
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        *copies.entry(name).or_default() += 1;
    }
    for (index, (benchmark, name)) in benchmarks.into_iter().zip(&names).enumerate() {
        let several_jobs = copies.get(name.as_str()).is_some_and(|&count| count > 1);
        let job = benchmark.display_info.as_deref().and_then(job).filter(|_| several_jobs);
        let id = gathered.id(&job.map_or_else(|| name.clone(), |job| format!("{name} {{{job}}}")));
        read_benchmark(&mut gathered, &At::Inside(format!("Benchmarks[{index}]")), &id, benchmark)?;
    }
    Ok(gathered.results())
}

/// `FullName`, or the like of it: namespace, type and method, with the parameters.
fn plain_name(benchmark: &Benchmark) -> String {
    if let Some(name) = &benchmark.full_name {
        return name.clone();
    }
    let parts = [&benchmark.namespace, &benchmark.r#type, &benchmark.method];
    let name = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".");
    match benchmark.parameters.as_deref() {
        None | Some("") => name,
        Some(parameters) => format!("{name}({})", parameters.replace('=', ": ").replace('&', ", ")),
    }
}

/// The job in `Type.Method: Job [Parameters]`.
fn job(display_info: &str) -> Option<&str> {
    let (_, job) = display_info.split_once(": ")?;
    Some(if job.ends_with(']') { job.rsplit_once(" [").map_or(job, |(job, _)| job) } else { job })
}

const NANOSECOND: f64 = 1e-9;

fn read_benchmark(
    gathered: &mut Gathered<'_>,
    at: &At,
    id: &BenchmarkId,
    benchmark: Benchmark,
) -> Result<(), ParseError> {
    let Some(statistics) = benchmark.statistics else {
        let problem = format!("the benchmark {} failed: it has no statistics", shown_name(&id.benchmark));
        let next = "a failure is not a fast run: make it succeed, or filter it out";
        return gathered.fail(at, id.clone(), &problem, next);
    };
    let rows = benchmark.measurements.map(|rows| rows.0).unwrap_or_default();
    let mut launches = launches(gathered, at, id, &rows)?;
    if let (true, Some(Bounded(values))) = (launches.is_empty(), &statistics.original_values) {
        launches.push(Launch { iterations: values.iter().map(|value| value * NANOSECOND).collect() });
    }
    if launches.is_empty() {
        gathered.add_stated(at, id.clone(), wall_time(), stated(&statistics))?;
    } else {
        gathered.add(at, id.clone(), wall_time(), launches)?;
    }
    if let Some(bytes) = benchmark.memory.and_then(|memory| memory.bytes_allocated_per_operation) {
        let metric = foreign_metric("allocated-bytes", Unit::Byte, Better::Lower);
        gathered.add(at, id.clone(), metric, vec![Launch { iterations: vec![bytes] }])?;
    }
    for diagnosed in benchmark.metrics.into_iter().flat_map(|metrics| metrics.0) {
        if let (Some(metric), Some(value)) = (diagnosed_metric(&diagnosed.descriptor), diagnosed.value) {
            gathered.add(at, id.clone(), metric, vec![Launch { iterations: vec![value] }])?;
        }
    }
    Ok(())
}

/// The launches of the stage `Result`, in the order of their numbers.
fn launches(gathered: &Gathered<'_>, at: &At, id: &BenchmarkId, rows: &[Row]) -> Result<Vec<Launch>, ParseError> {
    let mut launches: BTreeMap<u64, Launch> = BTreeMap::new();
    for row in rows {
        let (mode, stage) = (row.iteration_mode.as_str(), row.iteration_stage.as_deref());
        if (mode, stage) != ("Workload", Some("Result")) && (mode, stage) != ("Result", None) {
            continue;
        }
        if !(row.operations.is_finite() && row.operations >= 1.0) {
            let problem = format!("expected operations in every iteration of {}", shown_name(&id.benchmark));
            return Err(gathered.error(at, &problem, "write the file again with the tool itself, and do not edit it"));
        }
        let launch = launches.entry(row.launch_index).or_insert_with(|| Launch { iterations: Vec::new() });
        launch.iterations.push(row.nanoseconds / row.operations * NANOSECOND);
    }
    Ok(launches.into_values().collect())
}

fn stated(statistics: &Statistics) -> Stated {
    let level = |name: &str| Some(name.strip_prefix('P')?.parse::<f64>().ok()? / 100.0);
    let seconds = |value: f64| value * NANOSECOND;
    let percentiles = statistics.percentiles.iter().flatten();
    let mut quantiles: Vec<(f64, f64)> = percentiles
        .filter_map(|(name, &value)| Some((level(name)?, seconds(value))))
        .filter(|(level, _)| *level > 0.0 && *level < 1.0)
        .collect();
    quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Stated {
        n: statistics.n,
        mean: statistics.mean.map(seconds),
        median: statistics.median.map(seconds),
        sd: statistics.standard_deviation.filter(|_| statistics.n.is_none_or(|n| n > 1)).map(seconds),
        quantiles,
    }
}

/// A diagnoser's count or size. Allocated memory is read from `Memory`, and collections follow from it.
fn diagnosed_metric(descriptor: &Descriptor) -> Option<Metric> {
    let id = descriptor.id.as_str();
    if id == "Allocated Memory" || (id.starts_with("Gen") && id.ends_with("Collects")) {
        return None;
    }
    let unit = match descriptor.unit.as_deref()? {
        "Count" => Unit::One,
        "B" => Unit::Byte,
        _ => return None,
    };
    let better = if descriptor.the_greater_the_better? { Better::Higher } else { Better::Lower };
    Some(foreign_metric(&kebab(id)?, unit, better))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::tests::{median, read_text};
    use crate::model::Measurement;

    fn report(benchmarks: &str) -> Result<Vec<Measurement>, String> {
        let text = format!("\u{feff}{{\"HostEnvironmentInfo\":{{}},\"Benchmarks\":[{benchmarks}]}}");
        read_text(None, &text)
    }

    fn row(mode: &str, stage: &str, launch: u32, nanoseconds: u32) -> String {
        format!(
            r#"{{"IterationMode":"{mode}",{stage}"LaunchIndex":{launch},"IterationIndex":1,"Operations":10,"Nanoseconds":{nanoseconds}}}"#
        )
    }

    /// A benchmark `N.T.M` with these iterations.
    fn measured(rows: &[String]) -> String {
        format!(r#"{{"FullName":"N.T.M","Statistics":{{"OriginalValues":[7]}},"Measurements":[{}]}}"#, rows.join(","))
    }

    #[test]
    fn only_results_count_and_each_launch_stands_alone() {
        let (result, actual) = (r#""IterationStage":"Result","#, r#""IterationStage":"Actual","#);
        let rows = [
            row("Workload", actual, 1, 9_000),
            row("Workload", result, 2, 30),
            row("Workload", result, 1, 10),
            row("Overhead", result, 1, 9_000),
            row("Workload", result, 1, 20),
        ];
        let read = report(&measured(&rows)).expect("reads");
        let launches: Vec<&[f64]> = read[0].launches.iter().map(|launch| launch.iterations.as_slice()).collect();
        assert_eq!(launches, [&[NANOSECOND, 2.0 * NANOSECOND][..], &[3.0 * NANOSECOND]]);
        let old = report(&measured(&[row("MainTarget", "", 1, 9_000), row("Result", "", 1, 40)])).expect("reads");
        assert_eq!(old[0].values().collect::<Vec<_>>(), [4.0 * NANOSECOND]);
        let none = report(&measured(&[row("Workload", actual, 1, 9_000)])).expect("reads");
        assert_eq!(none[0].values().collect::<Vec<_>>(), [7.0 * NANOSECOND], "the values behind the statistics");
    }

    #[test]
    fn names_tell_jobs_apart_and_old_versions_have_names_too() {
        let of = |info: &str| {
            format!(r#"{{"FullName":"N.T.M","DisplayInfo":"{info}","Statistics":{{"OriginalValues":[1]}}}}"#)
        };
        let names = |benchmarks: &str| -> Vec<String> {
            report(benchmarks).expect("reads").into_iter().map(|m| m.id.benchmark).collect()
        };
        assert_eq!(names(&of("T.M: ShortRun(IterationCount=3) [a=1]")), ["N.T.M"]);
        let two = [of("T.M: DefaultJob [a=1]"), of("T.M: Job-X(Server=True)")].join(",");
        assert_eq!(names(&two), ["N.T.M {DefaultJob}", "N.T.M {Job-X(Server=True)}"]);
        let old = r#"{"Namespace":"N","Type":"T","Method":"M","Parameters":"a=1&b=x","Statistics":{"N":2,"Mean":1}}"#;
        assert_eq!(names(old), ["N.T.M(a: 1, b: x)"]);
    }

    #[test]
    fn diagnosers_tell_the_direction_of_what_they_measure() {
        let metrics = r#""Memory":{"BytesAllocatedPerOperation":24},"Metrics":[
            {"Value":3,"Descriptor":{"Id":"Gen0Collects","Unit":"Count","TheGreaterTheBetter":false}},
            {"Value":24,"Descriptor":{"Id":"Allocated Memory","Unit":"B","TheGreaterTheBetter":false}},
            {"Value":5,"Descriptor":{"Id":"Hits","Unit":"Count","TheGreaterTheBetter":true}},
            {"Value":70,"Descriptor":{"Id":"Native Code Size","Unit":"B","TheGreaterTheBetter":false}},
            {"Value":1,"Descriptor":{"Id":"Mystery","Unit":"furlongs","TheGreaterTheBetter":false}}]"#;
        let read =
            report(&format!(r#"{{"FullName":"a","Statistics":{{"OriginalValues":[1]}},{metrics}}}"#)).expect("reads");
        let found: Vec<_> = read
            .iter()
            .map(|m| (m.metric.name.as_str(), m.metric.unit.to_string(), m.metric.better, median(m)))
            .collect();
        assert_eq!(
            found,
            [
                ("allocated-bytes", "B".to_owned(), Better::Lower, 24.0),
                ("hits", "1".to_owned(), Better::Higher, 5.0),
                ("native-code-size", "B".to_owned(), Better::Lower, 70.0),
                ("wall-time", "s".to_owned(), Better::Lower, 1e-9),
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let values = |values: &str| format!(r#"{{"FullName":"a","Statistics":{{"OriginalValues":[{values}]}}}}"#);
        let edited = "write the file again with the tool itself, and do not edit it";
        for (benchmarks, expected) in [
            (String::new(), "f: no benchmark in this benchmarkdotnet result; run the benchmarks, then try again".to_owned()),
            (
                r#"{"FullName":"a","Statistics":null}"#.into(),
                "f: Benchmarks[0]: the benchmark 'a' failed: it has no statistics; a failure is not a fast run: make it succeed, \
                 or filter it out"
                    .into(),
            ),
            (values(""), "f: Benchmarks[0]: expected values of 'a', found none; measure again".into()),
            (
                r#"{"FullName":"a","Statistics":{}}"#.into(),
                "f: Benchmarks[0]: 'a' has neither a median nor a mean: it did not run to its end; look at what the benchmark \
                 printed, and measure again"
                    .into(),
            ),
            (values("NaN"), format!("f:1:89: expected value; {edited}")),
            (
                [values("1"), values("1")].join(","),
                "f: Benchmarks[1]: 'a' has its wall-time twice; give each benchmark a name of its own".into(),
            ),
            (
                measured(&[row("Workload", r#""IterationStage":"Result","#, 1, 1).replace("10,", "0,")]),
                format!("f: Benchmarks[0]: expected operations in every iteration of 'N.T.M'; {edited}"),
            ),
            (
                r#"{"Statistics":{"N":1,"Mean":1}}"#.into(),
                "f: Benchmarks[0]: the benchmark's name is empty; give it a short name of printable characters".into(),
            ),
        ] {
            assert_eq!(report(&benchmarks).expect_err("refused"), expected);
        }
    }
}
