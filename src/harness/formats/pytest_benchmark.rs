//! pytest-benchmark's JSON: every round of a test, in seconds per call, or its statistics alone.
//!
//! One file comes from one process, so all rounds of a test are one launch. Statistics beside the rounds are ignored:
//! they follow from the rounds.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric};
use crate::model::{Better, Launch, Metric, Stated, Unit};
use serde::Deserialize;

pub(super) const FORMAT: Format = Format {
    name: "pytest-benchmark",
    about: "a file written by `pytest --benchmark-json=FILE` or `--benchmark-save=NAME`",
    detect,
    read,
};

#[derive(Deserialize)]
struct Report {
    benchmarks: Bounded<Benchmark, BENCHMARKS_MAX>,
}

#[derive(Deserialize)]
struct Benchmark {
    /// File, class, function and parameters.
    fullname: String,
    options: Option<Options>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Options {
    /// Name of the clock's function.
    timer: Option<String>,
}

/// In seconds per call.
#[derive(Deserialize)]
struct Stats {
    rounds: u64,
    /// One per round, in time order; saved runs lack it without `--benchmark-save-data`.
    data: Option<Bounded<f64, ITERATIONS_MAX>>,
    mean: Option<f64>,
    median: Option<f64>,
    stddev: Option<f64>,
    q1: Option<f64>,
    q3: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    has(&keys, &["machine_info", "python_implementation"])
        || (has(&keys, &["benchmarks", "[]", "fullname"]) && has(&keys, &["benchmarks", "[]", "extra_info"]))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Report { benchmarks: Bounded(benchmarks) } = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, benchmark) in benchmarks.into_iter().enumerate() {
        read_benchmark(&mut gathered, index, benchmark)?;
    }
    Ok(gathered.results())
}

fn read_benchmark(gathered: &mut Gathered<'_>, index: usize, benchmark: Benchmark) -> Result<(), ParseError> {
    let at = At::Inside(format!("benchmarks[{index}].stats"));
    let metric = metric(benchmark.options.and_then(|options| options.timer).as_deref());
    let id = gathered.id(&benchmark.fullname);
    let stats = benchmark.stats;
    let Some(Bounded(rounds)) = stats.data else {
        let quartiles = [(0.25, stats.q1), (0.75, stats.q3)];
        let stated = Stated {
            n: Some(stats.rounds),
            mean: stats.mean,
            median: stats.median,
            // Of a single round it is 0, which says nothing about the spread.
            sd: stats.stddev.filter(|_| stats.rounds > 1),
            quantiles: quartiles.into_iter().filter_map(|(level, value)| Some((level, value?))).collect(),
        };
        return gathered.add_stated(&at, id, metric, stated);
    };
    if rounds.len() as u64 != stats.rounds {
        let name = shown_name(&benchmark.fullname);
        let problem = format!("expected {} rounds of {name} in 'data', found {}", stats.rounds, rounds.len());
        return Err(gathered.error(&at, &problem, "write the file again with the tool itself, and do not edit it"));
    }
    gathered.add(&at, id, metric, vec![Launch { iterations: rounds }])
}

/// Wall time, unless `--benchmark-timer` names one of Python's clocks of processor time.
fn metric(timer: Option<&str>) -> Metric {
    let function = timer.and_then(|timer| timer.rsplit('.').next());
    if matches!(function, Some("process_time" | "thread_time")) {
        return foreign_metric("cpu-time", Unit::Second, Better::Lower);
    }
    wall_time()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::tests::read_text;
    use crate::model::Measurement;

    /// A report with these benchmarks.
    fn report(benchmarks: &str) -> Result<Vec<Measurement>, String> {
        read_text(Some("pytest-benchmark"), &format!("{{\"benchmarks\":[{benchmarks}]}}"))
    }

    fn with_timer(timer: &str) -> String {
        format!(r#"{{"fullname":"t.py::a","options":{{"timer":{timer}}},"stats":{{"rounds":2,"data":[2,1]}}}}"#)
    }

    #[test]
    fn rounds_stay_in_time_order_and_the_clock_is_told_apart() {
        for (timer, metric) in [
            (r#""perf_counter""#, "wall-time"),
            ("null", "wall-time"),
            (r#""time.process_time""#, "cpu-time"),
            (r#""thread_time""#, "cpu-time"),
        ] {
            let read = report(&with_timer(timer)).expect("reads");
            assert_eq!((read[0].metric.name.as_str(), read[0].values().collect()), (metric, vec![2.0, 1.0]));
        }
    }

    #[test]
    fn recognised_with_its_keys_sorted() {
        let text = r#"{"benchmarks":[{"extra_info":{},"fullname":"a","#;
        assert!(detect(&Artifact::of("f", text.as_bytes())));
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let of = |stats: &str| format!(r#"{{"fullname":"a","stats":{{{stats}}}}}"#);
        let zero = "a benchmark that did nothing is not a fast one: look at it, and measure again";
        let edited = "write the file again with the tool itself, and do not edit it";
        for (benchmarks, expected) in [
            (
                String::new(),
                "f: no benchmark in this pytest-benchmark result; run the benchmarks, then try again".into(),
            ),
            (
                of(r#""rounds":3,"data":[1,2]"#),
                format!("f: benchmarks[0].stats: expected 3 rounds of 'a' in 'data', found 2; {edited}"),
            ),
            (
                of(r#""rounds":1,"data":[0]"#),
                format!("f: benchmarks[0].stats: expected a finite wall-time of 'a' above 0, found 0; {zero}"),
            ),
            (
                of(r#""rounds":1,"data":[-1]"#),
                format!("f: benchmarks[0].stats: expected a finite wall-time of 'a' above 0, found -1; {zero}"),
            ),
            (
                of(r#""rounds":0,"data":[]"#),
                "f: benchmarks[0].stats: expected values of 'a', found none; measure again".into(),
            ),
            (
                of(r#""rounds":0,"median":1"#),
                "f: benchmarks[0].stats: 'a' has statistics of 0 values; run it again and look at its exit status"
                    .into(),
            ),
            (of(r#""rounds":1,"median":NaN"#), format!("f:1:61: expected value; {edited}")),
            (
                [of(r#""rounds":1,"data":[1]"#), of(r#""rounds":1,"data":[1]"#)].join(","),
                "f: benchmarks[1].stats: 'a' has its wall-time twice; give each benchmark a name of its own".into(),
            ),
        ] {
            assert_eq!(report(&benchmarks).expect_err("refused"), expected);
        }
    }
}
