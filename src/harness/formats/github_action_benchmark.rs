//! github-action-benchmark: its history `data.js`, of which the newest entry of each suite is read, and its two custom
//! lists, which do not say which direction is better.

use super::error::shown_name;
use super::gathered::{At, Gathered, Members};
use super::outline::{has, outline};
use super::quantity::{Dimension, kebab, written};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, ParseErrorKind, Results, foreign_metric};
use crate::model::{Better, Metric, Stated, Unit};
use serde::Deserialize;

pub(super) const FORMAT: Format = Format {
    name: "github-action-benchmark",
    about: "`data.js` of github-action-benchmark, or its custom JSON with units that tell the direction",
    detect,
    read,
};

/// The same list with the direction named by the user.
pub(super) const SMALLER: Format = Format {
    name: "custom-smaller-is-better",
    about: "custom JSON of github-action-benchmark, less is better; only by name",
    detect: |_| false,
    read: |artifact| read_custom(artifact, "custom-smaller-is-better", Some(Better::Lower)),
};

/// The same list with the direction named by the user.
pub(super) const BIGGER: Format = Format {
    name: "custom-bigger-is-better",
    about: "custom JSON of github-action-benchmark, more is better; only by name",
    detect: |_| false,
    read: |artifact| read_custom(artifact, "custom-bigger-is-better", Some(Better::Higher)),
};

/// What `data.js` begins with.
pub(in crate::harness) const PREFIX: &str = "window.BENCHMARK_DATA";
/// Most suites of a history.
pub(in crate::harness) const SUITES_MAX: usize = 1_000;
/// Most runs of a suite.
pub(in crate::harness) const ENTRIES_MAX: usize = 100_000;

#[derive(Deserialize)]
struct History {
    entries: Members<Bounded<Entry, ENTRIES_MAX>, SUITES_MAX>,
}

/// One run of a suite. Commit, authors and URLs are not read.
#[derive(Deserialize)]
struct Entry {
    /// Milliseconds since 1970.
    date: f64,
    tool: String,
    benches: Bounded<Bench, BENCHMARKS_MAX>,
}

/// `range` is left out: free text whose meaning differs from tool to tool.
#[derive(Deserialize)]
pub(in crate::harness) struct Bench {
    pub(in crate::harness) name: String,
    pub(in crate::harness) value: f64,
    unit: String,
}

fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head().trim_ascii_start();
    if head.starts_with(PREFIX.as_bytes()) {
        return true;
    }
    let paths = outline(head);
    paths.first().is_some_and(|first| first.len() == 2 && first[0] == "[]")
        && ["name", "unit", "value"].iter().all(|key| has(&paths, &["[]", key]))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    if !artifact.head().trim_ascii_start().starts_with(PREFIX.as_bytes()) {
        return read_custom(artifact, FORMAT.name, None);
    }
    newest(artifact, json(&artifact.path, &object(artifact, FORMAT.name)?)?)
}

/// The object in a `data.js`, with whatever stands before it blanked, not cut, so that complaints keep their line and column.
pub(in crate::harness) fn object(artifact: &Artifact, format: &str) -> Result<Vec<u8>, ParseError> {
    let mut object = artifact.file(format)?.to_vec();
    let Some(start) = object.iter().position(|&byte| byte == b'{') else {
        let problem = format!("expected `{PREFIX} = {{…}}`");
        let next = "name the `data.js` that the action wrote";
        return Err(ParseError::new(ParseErrorKind::Syntax, &artifact.path, problem, next));
    };
    object[..start].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    object.truncate(object.trim_ascii_end().len());
    object.truncate(object.strip_suffix(b";").unwrap_or(&object).len());
    Ok(object)
}

/// The newest entry of each suite, by date; the later one of equal dates.
fn newest(artifact: &Artifact, history: History) -> Result<Results, ParseError> {
    let mut gathered = Gathered::new(&artifact.path, FORMAT.name);
    for (suite, Bounded(entries)) in history.entries.0 {
        let last = entries.into_iter().enumerate().max_by(|(_, a), (_, b)| a.date.total_cmp(&b.date));
        let Some((index, entry)) = last else { continue };
        for (position, bench) in entry.benches.0.into_iter().enumerate() {
            let at = At::Inside(format!("entries.{}[{index}].benches[{position}]", shown_name(&suite)));
            let metric = metric_of(&entry.tool, &bench).ok_or_else(|| {
                let problem = "neither the tool nor the unit tells which direction is better";
                gathered.error(&at, problem, "write the custom JSON, and name its direction with --harness")
            })?;
            add(&mut gathered, &at, &format!("{suite}/{}", bench.name), &bench, metric)?;
        }
    }
    Ok(gathered.results())
}

/// What a tool's value measures, with the factor to its base unit; `None` where nothing tells its direction.
pub(in crate::harness) fn metric_of(tool: &str, bench: &Bench) -> Option<(Metric, f64)> {
    Some(metric(&bench.unit, direction_of_tool(tool, &bench.unit)?))
}

/// Where the unit says it, by the unit: JMH and `go test` write both times and rates. The custom tools say it themselves.
fn direction_of_tool(tool: &str, unit: &str) -> Option<Better> {
    match tool {
        "customBiggerIsBetter" => Some(Better::Higher),
        "customSmallerIsBetter" => Some(Better::Lower),
        _ => match written(unit).map(|written| written.dimension) {
            Some(Dimension::Time | Dimension::Bytes) => Some(Better::Lower),
            Some(Dimension::Rate | Dimension::ByteRate) => Some(Better::Higher),
            None => match tool {
                "benchmarkjs" | "pytest" => Some(Better::Higher),
                "cargo" | "go" | "googlecpp" | "catch2" | "julia" | "jmh" | "benchmarkdotnet" | "benchmarkluau" => {
                    Some(Better::Lower)
                }
                _ => None,
            },
        },
    }
}

fn read_custom(artifact: &Artifact, format: &'static str, better: Option<Better>) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Bounded(benches): Bounded<Bench, BENCHMARKS_MAX> = json(path, artifact.file(format)?)?;
    let mut gathered = Gathered::new(path, format);
    for (index, bench) in benches.iter().enumerate() {
        let at = At::Inside(format!("[{index}]"));
        // Free memory has a unit of memory, too: only times and rates tell.
        let told = match written(&bench.unit).map(|written| written.dimension) {
            Some(Dimension::Time) => Some(Better::Lower),
            Some(Dimension::Rate | Dimension::ByteRate) => Some(Better::Higher),
            Some(Dimension::Bytes) | None => None,
        };
        let better = better.or(told).ok_or_else(|| {
            let problem = "neither the file nor the unit tells which direction is better";
            let next = "name it with --harness custom-smaller-is-better or --harness custom-bigger-is-better";
            gathered.error(&at, problem, next)
        })?;
        add(&mut gathered, &at, &bench.name, bench, metric(&bench.unit, better))?;
    }
    Ok(gathered.results())
}

fn add(
    gathered: &mut Gathered,
    at: &At,
    name: &str,
    bench: &Bench,
    (metric, factor): (Metric, f64),
) -> Result<(), ParseError> {
    let stated = Stated { mean: Some(bench.value * factor), ..Stated::default() };
    gathered.add_stated(at, gathered.id(name), metric, stated)
}

/// A unit that benchgate knows gives the usual metric in base units. Any other names the metric, so that values of
/// different units never meet.
fn metric(unit: &str, better: Better) -> (Metric, f64) {
    let Some(written) = written(unit) else {
        let name = kebab(unit).unwrap_or_else(|| "value".to_owned());
        return (foreign_metric(&name, Unit::One, better), 1.0);
    };
    let name = match (written.dimension, better) {
        (Dimension::Time, Better::Lower) => "wall-time",
        (Dimension::Time, Better::Higher) => "time",
        (Dimension::Bytes, _) => "bytes",
        (Dimension::Rate, _) => "throughput",
        (Dimension::ByteRate, _) => "bytes-per-second",
    };
    (foreign_metric(name, written.dimension.unit(), better), written.factor)
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};
    use crate::harness::{Measurement, read};
    use crate::model::Better;

    const NAME: &str = "github-action-benchmark";

    #[test]
    fn reads_the_newest_entry_of_each_suite() {
        for (file, values) in
            [("base.js", [98_090e-9, 1_454.4e-9, 4_880.0]), ("head.js", [127_517e-9, 1_890.72e-9, 3_660.0])]
        {
            assert_reads(
                &format!("{NAME}/c38cce98/{file}"),
                NAME,
                &[
                    ("Rust Benchmark/parse/großer Text", "wall-time", "s", 1, 1, values[0]),
                    ("Rust Benchmark/parse/small", "wall-time", "s", 1, 1, values[1]),
                    ("Throughput/req rate", "throughput", "1/s", 1, 1, values[2]),
                ],
            );
        }
        assert_reads(
            &format!("{NAME}/c38cce98/original_data.js"),
            NAME,
            &[("Test benchmark/bench_fib_10", "wall-time", "s", 1, 1, 100e-9)],
        );
    }

    /// A history of one suite whose entries are (date, tool, unit, value).
    fn history(entries: &[(u64, &str, &str, f64)]) -> String {
        let entries: Vec<String> = entries
            .iter()
            .map(|(date, tool, unit, value)| {
                format!(
                    r#"{{"date":{date},"tool":"{tool}","benches":[{{"name":"b","unit":"{unit}","value":{value}}}]}}"#
                )
            })
            .collect();
        format!("window.BENCHMARK_DATA = {{\n\"entries\":{{\"s\":[{}]}}}}", entries.join(","))
    }

    fn better(measurements: &[Measurement]) -> Better {
        measurements[0].metric.better
    }

    #[test]
    fn the_date_decides_what_is_newest() {
        let read = read_text(None, &history(&[(2, "cargo", "ns", 7.0), (1, "cargo", "ns", 9.0)])).expect("reads");
        assert_eq!(read[0].values().collect::<Vec<_>>(), [7.0 * 1e-9]);
    }

    #[test]
    fn direction_comes_from_the_unit_and_else_from_the_tool() {
        for (tool, unit, expected) in [
            ("jmh", "ops/ms", Better::Higher),
            ("jmh", "ms/op", Better::Lower),
            ("go", "MB/s", Better::Higher),
            ("go", "allocs/op", Better::Lower),
            ("pytest", "iter/sec", Better::Higher),
            ("customBiggerIsBetter", "s", Better::Higher),
            ("customSmallerIsBetter", "req/s", Better::Lower),
        ] {
            let read = read_text(None, &history(&[(1, tool, unit, 1.0)])).expect("reads");
            assert_eq!(better(&read), expected, "{tool} {unit}");
        }
        assert_eq!(
            refused(NAME, &history(&[(1, "newtool", "widgets", 1.0)])),
            "f: entries.'s'[0].benches[0]: neither the tool nor the unit tells which direction is better; write the custom \
             JSON, and name its direction with --harness"
        );
    }

    #[test]
    fn custom_lists_need_a_direction() {
        let file = fixture("github-action-benchmark/c38cce98/customBiggerIsBetter_output.json");
        let complaint = read(&file, None).expect_err("refused").to_string();
        assert!(
            complaint.contains("[1]: neither the file nor the unit tells which direction is better"),
            "{complaint}"
        );
        let read_as = |name| read(&file, Some(name)).expect("reads");
        assert_eq!(better(&read_as("custom-bigger-is-better")), Better::Higher);
        let smaller = fixture("github-action-benchmark/c38cce98/customSmallerIsBetter_output.json");
        let found: Vec<_> = read(&smaller, Some("custom-smaller-is-better"))
            .expect("reads")
            .into_iter()
            .map(|m| (m.metric.name.clone(), m.metric.unit.to_string(), m.metric.better, m.values().next()))
            .collect();
        assert_eq!(
            found,
            [
                ("percent".to_owned(), "1".to_owned(), Better::Lower, Some(50.0)),
                ("bytes".to_owned(), "B".to_owned(), Better::Lower, Some(1e8)),
            ]
        );
        let read = read_text(None, r#"[{"name":"a","unit":"ms","value":2}]"#).expect("reads");
        assert_eq!((better(&read), read[0].id.suite.as_str()), (Better::Lower, NAME));
    }

    #[test]
    fn damage_has_a_place() {
        for (text, expected) in [
            (
                "window.BENCHMARK_DATA = \n {\"entries\":",
                "f:2:12: the file ends too early (EOF while parsing a value); measure again: its writer was interrupted",
            ),
            (
                "window.BENCHMARK_DATA",
                "f: expected `window.BENCHMARK_DATA = {…}`; name the `data.js` that the action wrote",
            ),
            (
                "window.BENCHMARK_DATA={\"entries\":{}};",
                "f: no benchmark in this github-action-benchmark result; run the benchmarks, then try again",
            ),
            (
                r#"[{"name":"a","unit":"s","value":0}]"#,
                "f: [0]: expected a finite wall-time of 'a' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again",
            ),
        ] {
            assert_eq!(refused(NAME, text), expected);
        }
        let twice = fixture("github-action-benchmark/c38cce98/edge_duplicate_names.json");
        let complaint = read(&twice, Some("custom-smaller-is-better")).expect_err("refused").to_string();
        assert!(complaint.contains("[1]: 'a/b' has its percent twice;"), "{complaint}");
    }
}
