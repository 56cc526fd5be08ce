//! Bencher Metric Format: one number per benchmark and measure, without unit, direction or count.

use super::error::shown_name;
use super::gathered::{At, Gathered, Members, counter};
use super::outline::outline;
use super::quantity::kebab;
use super::source::json;
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, Results, foreign_metric};
use crate::model::{Better, Metric, Stated, Unit};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "bmf", about: "a JSON file in the Bencher Metric Format", detect, read };

/// Most measures of one benchmark.
const MEASURES_MAX: usize = 100;

type Report = Members<Members<Value, MEASURES_MAX>, BENCHMARKS_MAX>;

/// `lower_value` and `upper_value` are left out: their meaning differs from writer to writer.
#[derive(Deserialize)]
struct Value {
    value: f64,
}

/// Whether the file begins with `{"benchmark": {"measure": {"value"`, or one of its bounds.
fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    match paths.as_slice() {
        [benchmark, measure, value, ..] if benchmark.len() == 1 && measure.len() == 2 && value.len() == 3 => {
            ["value", "lower_value", "upper_value"].contains(&value[2].as_str())
        }
        _ => false,
    }
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Members(benchmarks): Report = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (benchmark, Members(measures)) in benchmarks {
        let at = At::Inside(shown_name(&benchmark));
        if measures.is_empty() {
            return Err(gathered.error(&at, "has no measure", "run it again and look at its exit status"));
        }
        for (measure, Value { value }) in measures {
            let at = At::Inside(format!("{}.{}", shown_name(&benchmark), shown_name(&measure)));
            let (metric, factor) = metric(&measure).ok_or_else(|| {
                let problem = "the format does not state which direction of this measure is better";
                gathered.error(&at, problem, "write `plain` instead: it states unit and direction")
            })?;
            let stated = Stated { mean: Some(value * factor), ..Stated::default() };
            gathered.add_stated(&at, gathered.id(&benchmark), metric, stated)?;
        }
    }
    Ok(gathered.results())
}

/// Words in a measure's name that may well mean that more is better.
const PERHAPS_HIGHER: [&str; 9] = ["rate", "score", "ops", "speed", "bandwidth", "hz", "fps", "rps", "qps"];

/// Bencher's own measures with its units; any other counts something of which less is better. `None` where the name
/// sounds as if more might be.
pub(in crate::harness) fn metric(measure: &str) -> Option<(Metric, f64)> {
    let name = kebab(measure)?;
    Some(match name.as_str() {
        "latency" => (foreign_metric("latency", Unit::Second, Better::Lower), 1e-9),
        "build-time" => (foreign_metric("build-time", Unit::Second, Better::Lower), 1.0),
        "throughput" => (foreign_metric("throughput", Unit::PerSecond, Better::Higher), 1.0),
        "file-size" => (counter("file-size", Unit::Byte), 1.0),
        name if name.split('-').any(|word| PERHAPS_HIGHER.contains(&word) || word == "throughput") => return None,
        name if name.split('-').any(|word| word == "bytes") => (counter(name, Unit::Byte), 1.0),
        name => (counter(name, Unit::One), 1.0),
    })
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_reads, read_text, refused};
    use crate::model::{Better, Distribution};

    #[test]
    fn reads_real_and_made_reports() {
        let base = [
            ("größe/ü 1", "throughput", "1/s", 1, 1, 98_765.4),
            ("parse::small", "instructions", "1", 1, 1, 45_678.0),
            ("parse::small", "latency", "s", 1, 1, 1_234.5e-9),
        ];
        assert_reads("bmf/8d75325c/base.json", "bmf", &base);
        let head = [70_546.7, 63_949.0, 1_728.3e-9];
        assert_reads(
            "bmf/8d75325c/head.json",
            "bmf",
            &std::array::from_fn::<_, 3, _>(|i| (base[i].0, base[i].1, base[i].2, 1, 1, head[i])),
        );
        assert_reads(
            "bmf/8d75325c/report_dhat.json",
            "bmf",
            &[
                ("bench_play_game", "final-blocks", "1", 1, 1, 0.0),
                ("bench_play_game", "final-bytes", "B", 1, 1, 0.0),
                ("bench_play_game", "max-blocks", "1", 1, 1, 1.0),
                ("bench_play_game", "max-bytes", "B", 1, 1, 9.0),
                ("bench_play_game", "total-blocks", "1", 1, 1, 100.0),
                ("bench_play_game", "total-bytes", "B", 1, 1, 662.0),
            ],
        );
        // Bounds below the value itself: 1044 < 3247.
        assert_reads(
            "bmf/8d75325c/report_bmf_mixed.json",
            "bmf",
            &[
                ("31aba8a9-977a-47d1-9fb6-e6b94b428471", "latency", "s", 1, 1, 3_247e-9),
                ("benchmark-b", "latency", "s", 1, 1, 3_443e-9),
                ("tests::benchmark_c", "latency", "s", 1, 1, 3_361e-9),
            ],
        );
    }

    #[test]
    fn directions_are_bencher_s_own() {
        let read = read_text(None, r#"{"b":{"throughput":{"value":2},"latency":{"value":1},"l1-hits":{"value":0}}}"#);
        let found: Vec<_> = read
            .expect("reads")
            .into_iter()
            .map(|m| (m.metric.name, m.metric.better, m.metric.distribution, m.stated.is_some()))
            .collect();
        assert_eq!(
            found,
            [
                ("l1-hits".to_owned(), Better::Lower, Distribution::Exact, true),
                ("latency".to_owned(), Better::Lower, Distribution::Sampled, true),
                ("throughput".to_owned(), Better::Higher, Distribution::Sampled, true),
            ]
        );
    }

    #[test]
    fn refuses_what_cannot_be_judged() {
        let nothing = "a benchmark that did nothing is not a fast one: look at it, and measure again";
        for (text, expected) in [
            (r#"{"b":{"hit rate":{"value":2}}}"#, "f: 'b'.'hit rate': the format does not state which direction of this measure is better; write `plain` instead: it states unit and direction".to_owned()),
            (r#"{"b":{"latency":{"value":0}}}"#, format!("f: 'b'.'latency': expected a finite latency of 'b' above 0, found 0; {nothing}")),
            (r#"{"b":{"instructions":{"value":-1}}}"#, format!("f: 'b'.'instructions': expected a finite instructions of 'b' from 0 on, found -1; {nothing}")),
            (r#"{"b":{"x":{"value":1},"x":{"value":2}}}"#, "f: 'b'.'x': 'b' has its x twice; give each benchmark a name of its own".into()),
            (r#"{"b":{}}"#, "f: 'b': has no measure; run it again and look at its exit status".into()),
            (r#"{"b\u001b":{"x":{"value":1}}}"#, "f: 'b\\u{1b}'.'x': the name 'b\\u{1b}' holds control characters; give it a short name of printable characters".into()),
            ("{}", "f: no benchmark in this bmf result; run the benchmarks, then try again".into()),
            (r#"{"b":{"x":{"value":NaN}}}"#, "f:1:20: expected value; write the file again with the tool itself, and do not edit it".into()),
        ] {
            assert_eq!(refused("bmf", text), expected);
        }
    }
}
