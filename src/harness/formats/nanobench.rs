//! nanobench's JSON template: every epoch of every benchmark.
//!
//! `elapsed` is per iteration; it is divided by `batch`, as in nanobench's own tables, so that a bigger batch does not
//! look slower.

use super::error::shown_name;
use super::gathered::{At, Gathered, counter, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, ParseErrorKind, Results, foreign_metric};
use crate::model::{Better, Launch, Metric, Unit};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "nanobench", about: "a JSON file of nanobench's `templates::json()`", detect, read };

#[derive(Deserialize)]
struct Report {
    results: Bounded<Benchmark, BENCHMARKS_MAX>,
}

#[derive(Deserialize)]
struct Benchmark {
    /// The table's.
    title: String,
    name: String,
    /// Operations in one iteration.
    batch: f64,
    measurements: Bounded<Epoch, ITERATIONS_MAX>,
}

/// One epoch: numbers per iteration.
#[derive(Deserialize)]
struct Epoch {
    /// Seconds.
    elapsed: f64,
    pagefaults: Option<f64>,
    cpucycles: Option<f64>,
    contextswitches: Option<f64>,
    instructions: Option<f64>,
    branchinstructions: Option<f64>,
    branchmisses: Option<f64>,
}

type Get = fn(&Epoch) -> Option<f64>;

/// The kernel's counters; zero throughout where the machine does not give them.
const COUNTERS: [(&str, Get); 6] = [
    ("page-faults", |epoch| epoch.pagefaults),
    ("cpu-cycles", |epoch| epoch.cpucycles),
    ("context-switches", |epoch| epoch.contextswitches),
    ("instructions", |epoch| epoch.instructions),
    ("branch-instructions", |epoch| epoch.branchinstructions),
    ("branch-misses", |epoch| epoch.branchmisses),
];

fn metric(name: &str) -> Metric {
    match name {
        "instructions" => counter(name, Unit::One),
        _ => foreign_metric(name, Unit::One, Better::Lower),
    }
}

/// The first result's own numbers come before anything that could be damaged, but for its unescaped title.
fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    let head = String::from_utf8_lossy(artifact.head());
    has(&paths, &["results", "[]", "title"]) && head.contains("\"median(elapsed)\"")
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let report: Result<Report, ParseError> = json(path, artifact.file(FORMAT.name)?);
    let Report { results: Bounded(benchmarks) } = report.map_err(unescaped)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, benchmark) in benchmarks.iter().enumerate() {
        read_benchmark(&mut gathered, &At::Inside(format!("results[{index}]")), benchmark)?;
    }
    if gathered.is_empty() {
        let next = "render after the benchmarks ran: changing title, unit or batch drops earlier results";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "results: no benchmark was measured", next));
    }
    Ok(gathered.results())
}

/// nanobench writes titles and names as they are, quotes included.
fn unescaped(error: ParseError) -> ParseError {
    let is_broken = error.problem.starts_with("expected `,`") || error.problem.starts_with("expected `:`");
    let next = "nanobench escapes nothing: keep quotes and backslashes out of titles, names and units".to_owned();
    if is_broken { ParseError { next, ..error } } else { error }
}

fn read_benchmark(gathered: &mut Gathered<'_>, at: &At, benchmark: &Benchmark) -> Result<(), ParseError> {
    let Benchmark { title, name, batch, measurements: Bounded(epochs) } = benchmark;
    let name = format!("{title}/{name}");
    if *batch <= 0.0 {
        let problem = format!("expected a batch of {} above 0, found {batch}", shown_name(&name));
        return Err(gathered.error(at, &problem, "set the number of operations in one iteration with `batch`"));
    }
    let launch = |values: Vec<f64>| vec![Launch { iterations: values.iter().map(|value| value / batch).collect() }];
    let times = epochs.iter().map(|epoch| epoch.elapsed).collect();
    gathered.add(at, gathered.id(&name), wall_time(), launch(times))?;
    for (counted, get) in COUNTERS {
        let values: Vec<f64> = epochs.iter().filter_map(get).collect();
        if values.len() == epochs.len() && values.iter().any(|value| *value != 0.0) {
            gathered.add(at, gathered.id(&name), metric(counted), launch(values))?;
        }
    }
    Ok(())
}
