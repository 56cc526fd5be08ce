//! pyperf's JSON: processes, each with the values that it measured after its warm-up.
//!
//! Warm-up values are ignored, as are processes without other values: those calibrated the number of loops.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric, own_metric};
use crate::model::{BenchmarkId, Better, Launch, Metric, Unit};
use serde::Deserialize;
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "pyperf", about: "a file written by a pyperf script or command with `-o FILE`", detect, read };

#[derive(Deserialize)]
struct Suite {
    benchmarks: Bounded<Benchmark, BENCHMARKS_MAX>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Benchmark {
    #[serde(default)]
    metadata: Metadata,
    runs: Bounded<Run, ITERATIONS_MAX>,
}

/// One process.
#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    metadata: Metadata,
    /// Per inner loop, in time order.
    values: Option<Bounded<f64, ITERATIONS_MAX>>,
}

/// What is said of a process; what all processes of a benchmark, or all benchmarks, share is said of these instead.
#[derive(Default, Deserialize)]
struct Metadata {
    name: Option<String>,
    unit: Option<String>,
    /// Peak memory in bytes, of the command that `pyperf command` ran…
    command_max_rss: Option<f64>,
    /// …or of the process itself.
    mem_max_rss: Option<f64>,
}

impl Metadata {
    fn max_rss(&self) -> Option<f64> {
        self.command_max_rss.or(self.mem_max_rss)
    }
}

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    has(&keys, &["benchmarks", "[]", "metadata", "name"])
        || ["metadata", "values", "warmups"].iter().any(|key| has(&keys, &["benchmarks", "[]", "runs", "[]", key]))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let bytes = artifact.file(FORMAT.name)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(ParseError::line(path, (1, 1), "the file is compressed", "unpack it with `gunzip` first"));
    }
    let suite: Suite = json(path, bytes)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, benchmark) in suite.benchmarks.0.into_iter().enumerate() {
        read_benchmark(path, &mut gathered, index, &suite.metadata, benchmark)?;
    }
    Ok(gathered.results())
}

fn read_benchmark(
    path: &Path,
    gathered: &mut Gathered<'_>,
    index: usize,
    shared: &Metadata,
    benchmark: Benchmark,
) -> Result<(), ParseError> {
    let at = At::Inside(format!("benchmarks[{index}]"));
    let own = benchmark.metadata;
    let Some(name) = own.name.as_deref().or(shared.name.as_deref()) else {
        return Err(gathered.error(&at, "the benchmark has no name", "name it with --name, and measure again"));
    };
    let unit = own.unit.as_deref().or(shared.unit.as_deref()).unwrap_or("second");
    let metric = metric(unit).ok_or_else(|| {
        let problem = format!("expected the unit second, byte or integer of {}, found another", shown_name(name));
        gathered.error(&at, &problem, "write the file again with the tool itself, and do not edit it")
    })?;
    let mut launches = Vec::new();
    let mut memory = Vec::new();
    for run in benchmark.runs.0 {
        let Some(Bounded(iterations)) = run.values.filter(|values| !values.0.is_empty()) else { continue };
        launches.push(Launch { iterations });
        let bytes = run.metadata.max_rss().or(own.max_rss()).or(shared.max_rss());
        memory.extend(bytes.map(|bytes| Launch { iterations: vec![bytes] }));
    }
    let id: BenchmarkId = gathered.id(name);
    if metric.unit == Unit::Second && !memory.is_empty() && memory.len() == launches.len() {
        gathered.add(&at, id.clone(), own_metric(path, "max-rss")?, memory)?;
    }
    gathered.add(&at, id, metric, launches)
}

/// What is measured in that unit; `--track-memory` measures bytes.
fn metric(unit: &str) -> Option<Metric> {
    match unit {
        "second" => Some(wall_time()),
        "byte" => Some(foreign_metric("peak-memory", Unit::Byte, Better::Lower)),
        "integer" => Some(foreign_metric("value", Unit::One, Better::Lower)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::tests::read_text;
    use crate::model::Measurement;

    fn suite(text: &str) -> Result<Vec<Measurement>, String> {
        read_text(Some("pyperf"), text)
    }

    #[test]
    fn processes_are_launches_and_calibration_is_none() {
        let read = suite(
            r#"{"benchmarks":[{"metadata":{"name":"a"},"runs":[{"warmups":[[1,9]]},{"values":[2,1]},{"values":[]},
               {"values":[4],"warmups":[[1,9]]}]}],"metadata":{"name":"shared"}}"#,
        )
        .expect("reads");
        let launches: Vec<&[f64]> = read[0].launches.iter().map(|launch| launch.iterations.as_slice()).collect();
        assert_eq!((read.len(), read[0].id.benchmark.as_str()), (1, "a"));
        assert_eq!(launches, [&[2.0, 1.0][..], &[4.0]]);
    }

    #[test]
    fn memory_of_some_processes_only_is_no_metric() {
        let of = |second: &str| {
            format!(
                r#"{{"benchmarks":[{{"runs":[{{"values":[2],"metadata":{{"mem_max_rss":5}}}},{{"values":[2]{second}}}]}}],
                   "metadata":{{"name":"a"}}}}"#
            )
        };
        assert_eq!(suite(&of("")).expect("reads").len(), 1);
        assert_eq!(
            suite(&of(r#","metadata":{"command_max_rss":7,"mem_max_rss":1}"#)).expect("reads")[0].values().sum::<f64>(),
            12.0
        );
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let of =
            |benchmarks: &str, metadata: &str| format!(r#"{{"benchmarks":[{benchmarks}],"metadata":{{{metadata}}}}}"#);
        let edited = "write the file again with the tool itself, and do not edit it";
        for (text, expected) in [
            (of("", ""), "f: no benchmark in this pyperf result; run the benchmarks, then try again".to_owned()),
            (
                of(r#"{"runs":[{"values":[1]}]}"#, ""),
                "f: benchmarks[0]: the benchmark has no name; name it with --name, and measure again".into(),
            ),
            (
                of(r#"{"runs":[{"warmups":[[1,2]]}]}"#, r#""name":"a""#),
                "f: benchmarks[0]: expected values of 'a', found none; measure again".into(),
            ),
            (
                of(r#"{"runs":[{"values":[1]}]}"#, r#""name":"a","unit":"hour""#),
                format!("f: benchmarks[0]: expected the unit second, byte or integer of 'a', found another; {edited}"),
            ),
            (
                of(r#"{"runs":[{"values":[1,0]}]}"#, r#""name":"a""#),
                "f: benchmarks[0]: expected a finite wall-time of 'a' above 0, found 0; a benchmark that did nothing is not a \
                 fast one: look at it, and measure again"
                    .into(),
            ),
            (
                of(r#"{"runs":[{"values":[1]}]},{"runs":[{"values":[1]}]}"#, r#""name":"a""#),
                "f: benchmarks[1]: 'a' has its wall-time twice; give each benchmark a name of its own".into(),
            ),
            (of(r#"{"runs":[{"values":[NaN]}]}"#, ""), format!("f:1:36: expected value; {edited}")),
            ("\u{1f}".into(), format!("f:1:1: expected value; {edited}")),
        ] {
            assert_eq!(suite(&text).expect_err("refused"), expected);
        }
        let compressed = Artifact::of("f.gz", &[0x1f, 0x8b, 8, 0]);
        let error = read(&compressed).expect_err("refused").to_string();
        assert_eq!(error, "f.gz:1:1: the file is compressed; unpack it with `gunzip` first");
    }
}
