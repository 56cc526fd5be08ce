//! JMH's `-rf json`: forks, each with the score of every iteration; in sample mode with a histogram of single calls.
//!
//! The unit decides what a score is, not the mode: files that others write contradict themselves. Scores, errors and
//! percentiles beside the raw data are ignored: they follow from it.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::quantity::kebab;
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric};
use crate::model::{BenchmarkId, Better, Launch, Metric, Unit};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) const FORMAT: Format =
    Format { name: "jmh", about: "a file written by JMH with `-rf json -rff FILE`", detect, read };

/// One benchmark in one mode with one set of parameters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    benchmark: String,
    mode: String,
    threads: Option<i64>,
    params: Option<BTreeMap<String, String>>,
    primary_metric: Primary,
    secondary_metrics: Option<BTreeMap<String, Secondary>>,
}

/// Something of each iteration of each fork.
type Forks<T> = Bounded<Bounded<T, ITERATIONS_MAX>, ITERATIONS_MAX>;

/// How often each value came in one iteration.
type Histogram = Bounded<(f64, u64), ITERATIONS_MAX>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Primary {
    score_unit: String,
    raw_data: Option<Forks<Score>>,
    /// In sample mode, in place of `raw_data`.
    raw_data_histogram: Option<Forks<Histogram>>,
}

/// What a profiler, or a method of a group, measured besides.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secondary {
    score_unit: String,
    raw_data: Option<Forks<Score>>,
}

/// JMH writes what it could not measure as the text `"NaN"`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Score {
    Known(f64),
    Unknown(#[allow(dead_code, reason = "only that it is there matters")] IgnoredAny),
}

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    let has = |key| has(&keys, &["[]", key]);
    has("benchmark") && (has("jmhVersion") || has("mode"))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Bounded(entries): Bounded<Entry, BENCHMARKS_MAX> = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, entry) in entries.into_iter().enumerate() {
        let id = gathered.id(&name(&entry));
        for (label, secondary) in entry.secondary_metrics.into_iter().flatten() {
            let at = At::Inside(format!("[{index}].secondaryMetrics"));
            read_secondary(&mut gathered, &at, &id, &label, secondary)?;
        }
        let at = At::Inside(format!("[{index}].primaryMetric"));
        read_primary(&mut gathered, &at, id, &entry.mode, entry.primary_metric)?;
    }
    Ok(gathered.results())
}

/// The method with its parameters, sorted by name, and with its threads if there are several: other loads are other
/// benchmarks.
fn name(entry: &Entry) -> String {
    let mut name = entry.benchmark.clone();
    for (index, (parameter, value)) in entry.params.iter().flatten().enumerate() {
        let separator = if index == 0 { " [" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(name, "{separator}{parameter}={value}");
    }
    if entry.params.as_ref().is_some_and(|params| !params.is_empty()) {
        name.push(']');
    }
    if let Some(threads) = entry.threads.filter(|&threads| threads > 1) {
        let _ = write!(name, " -t {threads}");
    }
    name
}

/// What a score is.
enum Kind {
    /// Time per operation: seconds in one of it.
    Time(f64),
    /// Operations per time: operations per second in one of it.
    Rate(f64),
}

fn kind(score_unit: &str) -> Option<Kind> {
    let seconds = |unit| {
        Some(match unit {
            "ns" => 1e-9,
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" => 60.0,
            "hr" => 3_600.0,
            "day" => 86_400.0,
            _ => return None,
        })
    };
    match score_unit.split_once('/')? {
        ("ops", unit) => Some(Kind::Rate(1.0 / seconds(unit)?)),
        (unit, "op") => Some(Kind::Time(seconds(unit)?)),
        _ => None,
    }
}

fn read_primary(
    gathered: &mut Gathered<'_>,
    at: &At,
    id: BenchmarkId,
    mode: &str,
    primary: Primary,
) -> Result<(), ParseError> {
    let kind = kind(&primary.score_unit);
    if let (Some(histograms), Some(Kind::Time(factor))) = (primary.raw_data_histogram, &kind) {
        return read_histograms(gathered, at, &id, *factor, histograms);
    }
    let (metric, factor) = match kind {
        Some(Kind::Rate(factor)) => (throughput("throughput"), factor),
        // A single call without warm-up: not the time of the other modes, which may stand in the same file.
        Some(Kind::Time(factor)) if mode == "ss" => (time("single-shot-time"), factor),
        Some(Kind::Time(factor)) => (wall_time(), factor),
        None => {
            let problem = format!("expected a unit like ns/op or ops/s of {}", shown_name(&id.benchmark));
            return Err(gathered.error(at, &problem, "measure times or throughput with JMH's own modes"));
        }
    };
    let forks = primary.raw_data.map(|raw| raw.0).unwrap_or_default();
    match launches(forks, factor) {
        Some(launches) => gathered.add(at, id, metric, launches),
        None => {
            let problem = format!("an iteration of {} has no score", shown_name(&id.benchmark));
            gathered.fail(at, id, &problem, "look at what the benchmark printed, and measure again")
        }
    }
}

/// A launch for each fork; none if a score is unknown.
fn launches(forks: Vec<Bounded<Score, ITERATIONS_MAX>>, factor: f64) -> Option<Vec<Launch>> {
    let known = |score: Score| match score {
        Score::Known(value) => Some(value),
        Score::Unknown(_) => None,
    };
    let launch = |fork: Bounded<Score, ITERATIONS_MAX>| {
        Some(scaled(fork.0.into_iter().map(known).collect::<Option<Vec<f64>>>()?, factor))
    };
    forks.into_iter().map(launch).collect()
}

fn scaled(iterations: Vec<f64>, factor: f64) -> Launch {
    Launch { iterations: iterations.into_iter().map(|value| value * factor).collect() }
}

fn time(name: &str) -> Metric {
    foreign_metric(name, Unit::Second, Better::Lower)
}

fn throughput(name: &str) -> Metric {
    foreign_metric(name, Unit::PerSecond, Better::Higher)
}

/// The tails that are read from a fork's calls, beyond which lies one call in so many; at least [`TAIL_CALLS_MIN`] must.
const TAILS: [(&str, u64); 3] = [("latency-p90", 10), ("latency-p99", 100), ("latency-p99.9", 1_000)];
const TAIL_CALLS_MIN: u64 = 5;

/// The median of each iteration's calls, and the tails of each fork's.
fn read_histograms(
    gathered: &mut Gathered<'_>,
    at: &At,
    id: &BenchmarkId,
    factor: f64,
    histograms: Forks<Histogram>,
) -> Result<(), ParseError> {
    let mut forks: Vec<Vec<(f64, u64)>> = Vec::new();
    let mut medians = Vec::new();
    for fork in histograms.0 {
        let iterations: Vec<_> = fork.0.into_iter().map(|iteration| iteration.0).collect();
        medians.push(scaled(iterations.iter().filter_map(|calls| quantile(calls, 2)).collect(), factor));
        forks.push(iterations.concat());
    }
    for (name, one_in) in TAILS {
        if forks.iter().all(|fork| count(fork) / one_in >= TAIL_CALLS_MIN) {
            let one = |fork: &Vec<(f64, u64)>| Some(scaled(vec![quantile(fork, one_in)?], factor));
            gathered.add(at, id.clone(), time(name), forks.iter().filter_map(one).collect())?;
        }
    }
    gathered.add(at, id.clone(), time("latency"), medians)
}

fn count(calls: &[(f64, u64)]) -> u64 {
    calls.iter().fold(0, |sum, &(_, count)| sum.saturating_add(count))
}

/// The smallest value that all calls but one in `one_in` do not exceed; `None` without calls.
fn quantile(calls: &[(f64, u64)], one_in: u64) -> Option<f64> {
    let mut sorted: Vec<(f64, u64)> = calls.iter().copied().filter(|&(_, count)| count > 0).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = count(calls);
    let rank = all - all / one_in;
    let mut below = 0_u64;
    let found = sorted.into_iter().find(|&(_, count)| {
        below = below.saturating_add(count);
        below >= rank
    });
    found.map(|(value, _)| value)
}

/// Reads what is given per operation. Rates and totals (`gc.count`, `gc.time`) are left out: a faster benchmark does
/// more operations, and so more of everything else.
fn read_secondary(
    gathered: &mut Gathered<'_>,
    at: &At,
    id: &BenchmarkId,
    label: &str,
    secondary: Secondary,
) -> Result<(), ParseError> {
    let label = label.trim_start_matches('\u{b7}');
    let Some((metric, factor)) = secondary_metric(label, &secondary.score_unit) else { return Ok(()) };
    let forks = secondary.raw_data.map(|raw| raw.0).unwrap_or_default();
    let Some(mut launches) = launches(forks, factor) else { return Ok(()) };
    if metric.unit == Unit::Byte {
        // JMH's own allocations come on top: of an operation that allocates nothing they are a fraction of a byte.
        let values = launches.iter_mut().flat_map(|launch| &mut launch.iterations);
        values.filter(|bytes| **bytes < 1.0).for_each(|bytes| *bytes = 0.0);
    }
    if launches.is_empty() { Ok(()) } else { gathered.add(at, id.clone(), metric, launches) }
}

fn secondary_metric(label: &str, score_unit: &str) -> Option<(Metric, f64)> {
    if label == "gc.alloc.rate.norm" {
        return Some((foreign_metric("allocated-bytes", Unit::Byte, Better::Lower), 1.0));
    }
    // What the collector did per operation depends on when it ran; percentiles are read from the histogram.
    let last = label.rsplit(['\u{b7}', ':']).next().unwrap_or_default();
    let is_percentile = last.strip_prefix('p').is_some_and(|level| level.starts_with(|c: char| c.is_ascii_digit()));
    if label.starts_with("gc.") || is_percentile {
        return None;
    }
    let name = kebab(label)?;
    match kind(score_unit) {
        Some(Kind::Time(factor)) => Some((time(&format!("{name}-time")), factor)),
        Some(Kind::Rate(factor)) => Some((throughput(&format!("{name}-throughput")), factor)),
        None if score_unit == "#/op" => {
            Some((foreign_metric(&format!("{name}-per-op"), Unit::One, Better::Lower), 1.0))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{median, read_text};
    use crate::model::Measurement;

    fn report(entries: &str) -> Result<Vec<Measurement>, String> {
        read_text(Some("jmh"), &format!("[{entries}]"))
    }

    /// An entry `a.B.c` in this mode, with these parts of its primary metric and of itself.
    fn entry(mode: &str, primary: &str, more: &str) -> String {
        format!(r#"{{"benchmark":"a.B.c","mode":"{mode}","threads":1,"primaryMetric":{{{primary}}}{more}}}"#)
    }

    /// Name and metric of each, with its launches.
    fn shown(read: &[Measurement]) -> Vec<(&str, Vec<Vec<f64>>)> {
        let launches = |m: &Measurement| m.launches.iter().map(|launch| launch.iterations.clone()).collect();
        read.iter().map(|m| (m.metric.name.as_str(), launches(m))).collect()
    }

    #[test]
    fn all_modes_of_one_benchmark_stand_beside_each_other() {
        let all = [
            entry("thrpt", r#""scoreUnit":"ops/min","rawData":[[120,60]]"#, ""),
            entry("avgt", r#""scoreUnit":"ms/op","rawData":[[2],[4]]"#, ""),
            entry("sample", r#""scoreUnit":"s/op","rawDataHistogram":[[[[3,1],[5,2]],[[7,1]]]]"#, ""),
            entry("ss", r#""scoreUnit":"s/op","rawData":[[9]]"#, ""),
        ];
        let read = report(&all.join(",")).expect("reads");
        assert!(read.iter().all(|m| m.id.benchmark == "a.B.c"));
        assert_eq!(
            shown(&read),
            [
                ("latency", vec![vec![5.0, 7.0]]),
                ("single-shot-time", vec![vec![9.0]]),
                ("throughput", vec![vec![2.0, 1.0]]),
                ("wall-time", vec![vec![0.002], vec![0.004]]),
            ]
        );
    }

    #[test]
    fn tails_need_calls_beyond_them_in_every_fork() {
        let fork = |tail: u32| format!("[[[1,{}],[3,{tail}]],[[2,50]]]", 100 - tail);
        let of = |forks: [String; 2]| {
            let primary = format!(r#""scoreUnit":"s/op","rawDataHistogram":[{}]"#, forks.join(","));
            report(&entry("sample", &primary, "")).expect("reads")
        };
        // 150 calls a fork: 15 lie beyond 90 %, 1.5 beyond 99 %.
        assert_eq!(
            shown(&of([fork(20), fork(10)])),
            [("latency", vec![vec![1.0, 2.0], vec![1.0, 2.0]]), ("latency-p90", vec![vec![3.0], vec![2.0]])]
        );
        assert_eq!(shown(&of([fork(20), "[[[1,49]]]".to_owned()])).len(), 1);
        let many =
            report(&entry("sample", r#""scoreUnit":"s/op","rawDataHistogram":[[[[2,4999],[1,4990],[4,11]]]]"#, ""));
        let many = many.expect("reads");
        let expected = [("latency", 2.0), ("latency-p90", 2.0), ("latency-p99", 2.0), ("latency-p99.9", 4.0)];
        assert_eq!(many.iter().map(|m| (m.metric.name.as_str(), median(m))).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn secondary_metrics_count_per_operation_or_not_at_all() {
        let secondary = r##","secondaryMetrics":{
            "\u00b7gc.alloc.rate.norm":{"scoreUnit":"B/op","scoreError":"NaN","rawData":[[8.002,0.9]]},
            "\u00b7gc.alloc.rate":{"scoreUnit":"MB/sec","rawData":[[1,1]]},
            "\u00b7gc.count":{"scoreUnit":"counts","rawData":[[1,1]]},
            "\u00b7gc.churn.G1_Eden_Space.norm":{"scoreUnit":"B/op","rawData":[[1,1]]},
            "cache-misses:u":{"scoreUnit":"#/op","rawData":[[0,1]]},
            "branches":{"scoreUnit":"#/op","rawData":[["NaN",1]]},
            "c\u00b7p0.50":{"scoreUnit":"s/op","rawData":[[1]]},
            "get":{"scoreUnit":"ops/s","rawData":[[3,4]]}}"##;
        let read = report(&entry("avgt", r#""scoreUnit":"s/op","rawData":[[2,2]]"#, secondary)).expect("reads");
        assert_eq!(
            shown(&read),
            [
                ("allocated-bytes", vec![vec![8.002, 0.0]]),
                ("cache-misses-u-per-op", vec![vec![0.0, 1.0]]),
                ("get-throughput", vec![vec![3.0, 4.0]]),
                ("wall-time", vec![vec![2.0, 2.0]]),
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let nothing = "a benchmark that did nothing is not a fast one: look at it, and measure again";
        let avgt = |raw: &str| entry("avgt", &format!(r#""scoreUnit":"s/op","rawData":{raw}"#), "");
        for (entries, expected) in [
            (String::new(), "f: no benchmark in this jmh result; run the benchmarks, then try again".to_owned()),
            (avgt("[]"), "f: [0].primaryMetric: expected values of 'a.B.c', found none; measure again".into()),
            (avgt("[[1],[]]"), "f: [0].primaryMetric: expected values of 'a.B.c', found none; measure again".into()),
            (avgt("null"), "f: [0].primaryMetric: expected values of 'a.B.c', found none; measure again".into()),
            (
                avgt("[[0.0]]"),
                format!("f: [0].primaryMetric: expected a finite wall-time of 'a.B.c' above 0, found 0; {nothing}"),
            ),
            (
                avgt(r#"[["NaN"]]"#),
                "f: [0].primaryMetric: an iteration of 'a.B.c' has no score; look at what the benchmark printed, and measure again".into(),
            ),
            (
                [avgt("[[1]]"), avgt("[[1]]")].join(","),
                "f: [1].primaryMetric: 'a.B.c' has its wall-time twice; give each benchmark a name of its own".into(),
            ),
            (
                entry("avgt", r#""scoreUnit":"furlongs","rawData":[[1]]"#, ""),
                "f: [0].primaryMetric: expected a unit like ns/op or ops/s of 'a.B.c'; measure times or throughput with JMH's \
                 own modes"
                    .into(),
            ),
            (
                entry("sample", r#""scoreUnit":"s/op","rawDataHistogram":[[[]]]"#, ""),
                "f: [0].primaryMetric: expected values of 'a.B.c', found none; measure again".into(),
            ),
        ] {
            assert_eq!(report(&entries).expect_err("refused"), expected);
        }
    }
}
