//! `go test -bench`, as text or as the events of `-json` (test2json) around that text: one row per `-count`.
//!
//! The grammar of rows is that of golang.org/x/perf/benchfmt. Unlike it, a row that cannot be read refuses the file:
//! a panic cuts a row in its middle.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::quantity::{Dimension, Written, kebab, number, written};
use super::source::check_name;
use super::text::{LINE_BYTES_MAX, lines, text};
use super::{Artifact, Format, ParseError, Results, foreign_metric};
use crate::model::{Better, Launch, Metric, Unit};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

pub(super) const FORMAT: Format =
    Format { name: "go", about: "the output of `go test -bench=.`, plain or with `-json`, in a file", detect, read };

/// What a line begins with that only `go test` prints.
const MARKS: [&str; 8] =
    ["goos: ", "goarch: ", "pkg: ", "=== RUN   ", "ok  \t", "FAIL\t", "--- FAIL: Benchmark", "--- BENCH: Benchmark"];

fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head();
    if head.starts_with(b"{") {
        let keys = outline(head.split(|&byte| byte == b'\n').next().unwrap_or_default());
        return has(&keys, &["Action"]) && (has(&keys, &["Package"]) || has(&keys, &["ImportPath"]));
    }
    String::from_utf8_lossy(head).lines().any(|line| {
        let mut fields = line.split_ascii_whitespace();
        let is_row = fields.next().is_some_and(is_benchmark)
            && fields.next().is_some_and(|count| count.parse::<u64>().is_ok())
            && fields.next().is_some_and(|value| number(value).is_some());
        is_row || MARKS.iter().any(|mark| line.starts_with(mark))
    })
}

/// Whether Go takes a function of that name for a benchmark; what follows a `/` is a name of its own.
fn is_benchmark(name: &str) -> bool {
    name.strip_prefix("Benchmark").is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// What a test printed in one line.
struct Line<'t> {
    /// Line of the file, from 1; of `-json`, that of the event that begins it.
    number: usize,
    /// Its package, if an event names it; the lines of an event share it.
    package: Option<Rc<str>>,
    text: Cow<'t, str>,
}

impl Line<'_> {
    /// Where one of its fields stands. The columns of a text put together from events are in no file.
    fn at(&self, field: &str) -> At {
        let offset = field.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        match self.package.is_none().then(|| self.text.get(..offset)).flatten() {
            Some(before) => At::Line(self.number, before.chars().count() + 1),
            None => At::Line(self.number, 1),
        }
    }
}

/// An event of test2json.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    package: Option<String>,
    import_path: Option<String>,
    test: Option<String>,
    output: Option<String>,
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let lines = if text.trim_ascii_start().starts_with('{') { event_lines(path, text)? } else { text_lines(text) };
    let mut reader = Reader {
        gathered: Gathered::new(path, FORMAT.name),
        directions: lines.iter().filter_map(|line| direction(&line.text)).collect(),
        package: None,
        benchmarks: BTreeMap::new(),
    };
    for line in &lines {
        reader.read_line(line)?;
    }
    reader.finish()
}

fn text_lines(text: &str) -> Vec<Line<'_>> {
    lines(text).map(|(number, text)| Line { number, package: None, text: Cow::Borrowed(text) }).collect()
}

/// The output of each package, put together from its events: a row comes in several. Packages take turns.
fn event_lines<'t>(path: &Path, text: &'t str) -> Result<Vec<Line<'t>>, ParseError> {
    let mut found = Vec::new();
    let mut open: BTreeMap<Rc<str>, (usize, String)> = BTreeMap::new();
    for (number, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
        let event: Event = serde_json::from_str(line).map_err(|error| ParseError::json_line(path, number, &error))?;
        let package: Rc<str> = event.package.or(event.import_path).unwrap_or_default().into();
        if matches!(event.action.as_str(), "fail" | "build-fail") {
            let what = event.test.map_or_else(|| format!("package {}", shown_name(&package)), |test| shown_name(&test));
            return Err(ParseError::line(path, (number, 1), format!("{what} failed"), FAILED));
        }
        let (begin, held) = open.entry(Rc::clone(&package)).or_default();
        for part in event.output.unwrap_or_default().split_inclusive('\n') {
            if held.is_empty() {
                *begin = number;
            }
            held.push_str(part);
            if held.len() > LINE_BYTES_MAX {
                let problem = "the output of these events is longer than 1 MiB without an end of line";
                return Err(ParseError::line(path, (number, 1), problem, "check that this is a result file"));
            }
            if held.ends_with('\n') {
                let text = Cow::Owned(std::mem::take(held).trim_end_matches(['\r', '\n']).to_owned());
                found.push(Line { number: *begin, package: Some(Rc::clone(&package)), text });
            }
        }
    }
    for (package, (number, held)) in open.into_iter().filter(|(_, (_, held))| !held.is_empty()) {
        found.push(Line { number, package: Some(package), text: Cow::Owned(held) });
    }
    Ok(found)
}

/// `Unit NAME better=higher`: the direction of a unit, as benchfmt writes it.
fn direction(line: &str) -> Option<(String, Better)> {
    let mut fields = line.strip_prefix("Unit ")?.split_ascii_whitespace();
    let unit = fields.next()?;
    fields.find_map(|field| match field {
        "better=higher" => Some((unit.to_owned(), Better::Higher)),
        "better=lower" => Some((unit.to_owned(), Better::Lower)),
        _ => None,
    })
}

const FAILED: &str = "a failure is not a fast run: make it succeed, then measure again";

/// The rows of one benchmark.
struct Rows {
    /// Of the first one.
    at: At,
    count: usize,
    /// By the metric's name.
    metrics: BTreeMap<String, (Metric, Vec<Launch>)>,
}

struct Reader<'p> {
    gathered: Gathered<'p>,
    directions: BTreeMap<String, Better>,
    /// Of the last `pkg:` line.
    package: Option<String>,
    benchmarks: BTreeMap<String, Rows>,
}

impl Reader<'_> {
    fn read_line(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        let text = line.text.as_ref();
        let first = text.split_ascii_whitespace().next().unwrap_or_default();
        if let Some(package) = text.strip_prefix("pkg: ") {
            self.package = Some(package.trim().to_owned());
        } else if text.starts_with("ok  \t") {
            self.package = None;
        } else if let Some(rest) = text.strip_prefix("--- FAIL: ") {
            let name = rest.split_ascii_whitespace().next().unwrap_or_default();
            let id = self.gathered.id(&self.name(line, name));
            self.gathered.fail(&line.at(text), id, &format!("{} failed", shown_name(name)), FAILED)?;
        } else if (text == "FAIL" || text.starts_with("FAIL\t")) && self.gathered.has_failures() {
            self.package = None;
        } else if text == "FAIL" || text.starts_with("FAIL\t") || text.starts_with("panic: ") {
            let package = line.package.as_deref().or(self.package.as_deref());
            let of = text.split('\t').nth(1).or(package).map(|name| format!(" of package {}", shown_name(name)));
            let problem = format!("the tests{} failed", of.unwrap_or_default());
            return Err(self.gathered.error(&line.at(text), &problem, FAILED));
        } else if text.starts_with("Benchmark") && is_benchmark(first) {
            self.read_row(line, first)?;
        }
        Ok(())
    }

    /// A benchmark's name with its package's, where that is known.
    fn name(&self, line: &Line<'_>, name: &str) -> String {
        let package = line.package.as_deref().or(self.package.as_deref());
        package.map_or_else(|| name.to_owned(), |package| format!("{package}.{name}"))
    }

    /// Reads `NAME ITERATIONS (VALUE UNIT)…`. With `-v` the name stands on a line of its own before.
    fn read_row(&mut self, line: &Line<'_>, name: &str) -> Result<(), ParseError> {
        let mut fields = line.text.split_ascii_whitespace().skip(1);
        let Some(count) = fields.next() else { return Ok(()) };
        if !count.parse::<u64>().is_ok_and(|count| count > 0) {
            // A sentence rather than a function of that name.
            if name == "Benchmark" {
                return Ok(());
            }
            let problem = format!("expected a number of iterations of {}, found other text", shown_name(name));
            let next = "a panic or a print of the benchmark cut its row: look at what it printed, and measure again";
            return Err(self.gathered.error(&line.at(count), &problem, next));
        }
        let id = self.name(line, name);
        // Every row of a package repeats its name: refused here, before there are many.
        check_name(&id)
            .map_err(|problem| self.gathered.error(&line.at(name), &problem, "give it a short name of its own"))?;
        let empty = || Rows { at: line.at(name), count: 0, metrics: BTreeMap::new() };
        let rows = self.benchmarks.entry(id).or_insert_with(empty);
        rows.count += 1;
        while let Some(written) = fields.next() {
            let next = "measure again: the output was cut or mixed with other text";
            let Some(value) = number(written) else {
                let problem = format!("expected a number among the results of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, next));
            };
            let Some(unit) = fields.next() else {
                let problem = format!("expected a unit after the last number of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, next));
            };
            let Some((metric, factor)) = metric(unit, self.directions.get(unit).copied()) else { continue };
            let (_, launches) = rows.metrics.entry(metric.name.clone()).or_insert((metric, Vec::new()));
            if launches.len() == rows.count {
                let problem = format!("a second value of the same kind in a row of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, "report each unit once"));
            }
            launches.push(Launch { iterations: vec![value * factor] });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Results, ParseError> {
        for (name, rows) in self.benchmarks {
            if rows.metrics.is_empty() {
                let problem = format!("no value of {} has a unit whose better direction is known", shown_name(&name));
                let next = "let the benchmark print ns/op, or add a line 'Unit NAME better=lower'";
                return Err(self.gathered.error(&rows.at, &problem, next));
            }
            for (metric, launches) in rows.metrics.into_values() {
                if launches.len() != rows.count {
                    let problem = format!("{} has its {} in some rows only", shown_name(&name), metric.name);
                    let next = "measure again: the output was cut or mixed with other text";
                    return Err(self.gathered.error(&rows.at, &problem, next));
                }
                let id = self.gathered.id(&name);
                self.gathered.add(&rows.at, id, metric, launches)?;
            }
        }
        Ok(self.gathered.results())
    }
}

/// The metric of a unit and its base units in one of it; `None` where nothing tells which direction is better.
fn metric(unit: &str, declared: Option<Better>) -> Option<(Metric, f64)> {
    Some(match unit {
        "ns/op" => (wall_time(), 1e-9),
        "B/op" => (foreign_metric("allocated-bytes", Unit::Byte, Better::Lower), 1.0),
        "allocs/op" => (foreign_metric("allocations", Unit::One, Better::Lower), 1.0),
        _ => return custom_metric(unit, declared),
    })
}

/// The metric of a unit given to `b.ReportMetric`: `p99-ms` is a time, `errors/op` a count, `rows/s` a rate.
fn custom_metric(unit: &str, declared: Option<Better>) -> Option<(Metric, f64)> {
    let lower = declared.unwrap_or(Better::Lower);
    let higher = declared.unwrap_or(Better::Higher);
    if let Some(Written { dimension: Dimension::ByteRate, factor }) = written(unit) {
        return Some((foreign_metric("bytes-per-second", Unit::PerSecond, higher), factor));
    }
    let stem = unit.strip_suffix("/op").unwrap_or(unit);
    if let Some((name, scale)) = stem.rsplit_once('-')
        && let Some(Written { dimension: dimension @ (Dimension::Time | Dimension::Bytes), factor }) = written(scale)
        // `p99-min` is a minimum.
        && scale != "min"
    {
        return Some((foreign_metric(&kebab(name)?, dimension.unit(), lower), factor));
    }
    if stem != unit {
        return Some((foreign_metric(&format!("{}-per-op", kebab(stem)?), Unit::One, lower), 1.0));
    }
    if let Some(stem) = unit.strip_suffix("/s").or(unit.strip_suffix("/sec")) {
        return Some((foreign_metric(&format!("{}-per-second", kebab(stem)?), Unit::PerSecond, higher), 1.0));
    }
    Some((foreign_metric(&kebab(unit)?, Unit::One, declared?), 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::tests::{median, read_text};
    use crate::model::Measurement;

    fn output(text: &str) -> Result<Vec<Measurement>, String> {
        read_text(Some("go"), text)
    }

    #[test]
    fn rows_of_packages_that_take_turns_are_put_together() {
        let event = |package: &str, output: &str| {
            format!("{{\"Action\":\"output\",\"Package\":\"{package}\",\"Output\":\"{output}\"}}\n")
        };
        let text = [
            event("a", "BenchmarkX-2 \\t"),
            event("b", "BenchmarkX-2 \\t 1\\t"),
            event("a", "10\\t 5 ns/op\\nBenchmarkY-2 \\t 1\\t"),
            event("b", "7 ns/op"),
            event("a", " 3 ns/op\\n"),
            "{\"Action\":\"pass\",\"Package\":\"a\"}\n".to_owned(),
        ];
        let read = output(&text.concat()).expect("reads");
        let found: Vec<_> = read.iter().map(|m| (m.id.benchmark.as_str(), median(m))).collect();
        assert_eq!(
            found,
            [("a.BenchmarkX-2", 5.0 * 1e-9), ("a.BenchmarkY-2", 3.0 * 1e-9), ("b.BenchmarkX-2", 7.0 * 1e-9)]
        );
    }

    #[test]
    fn a_long_name_of_a_package_is_held_once() {
        let package = "p".repeat(400_000);
        let event =
            |output: &str| format!("{{\"Action\":\"output\",\"Package\":\"{package}\",\"Output\":\"{output}\"}}\n");
        let nothing = "f: no benchmark in this go result; run the benchmarks, then try again";
        assert_eq!(output(&event(&"a\\n".repeat(200_000))).expect_err("refused"), nothing);
        let rows = (0..20_000).map(|row| format!("Benchmark{row} 1 2 ns/op")).collect::<Vec<_>>().join("\n");
        let error = output(&format!("pkg: {package}\n{rows}")).expect_err("refused");
        assert!(error.starts_with("f:2:1: the name 'ppp") && error.contains("is longer than"), "{error}");
    }

    #[test]
    fn custom_units_have_a_direction_by_their_form_or_by_a_line() {
        let text = "Unit widgets better=higher\n\
                    BenchmarkA 1 2 p99-ms 3 rows/s 4 MB/sec 5 errors/op 6 widgets 7 peak-RSS-bytes 8 mystery 9 read-ns/op\n";
        let read = output(text).expect("reads");
        let found: Vec<_> = read
            .iter()
            .map(|m| (m.metric.name.as_str(), m.metric.unit.to_string(), m.metric.better == Better::Higher, median(m)))
            .collect();
        let of = |name, unit: &str, higher, value| (name, unit.to_owned(), higher, value);
        assert_eq!(
            found,
            [
                of("bytes-per-second", "1/s", true, 4e6),
                of("errors-per-op", "1", false, 5.0),
                of("p99", "s", false, 2e-3),
                of("peak-rss", "B", false, 7.0),
                of("read", "s", false, 9.0 * 1e-9),
                of("rows-per-second", "1/s", true, 3.0),
                of("widgets", "1", true, 6.0),
            ]
        );
    }

    #[test]
    fn lines_that_only_look_like_rows_are_passed_over() {
        let text = "Benchmarking the cache\nBenchmark results follow\nBenchmarkA\n  BenchmarkB 1 1 ns/op\n\
                    Benchmark 2 4 ns/op\nBenchmark/size=8 1 2 ns/op\n";
        let names: Vec<String> = output(text).expect("reads").into_iter().map(|m| m.id.benchmark).collect();
        assert_eq!(names, ["Benchmark", "Benchmark/size=8"]);
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let failed = "a failure is not a fast run: make it succeed, then measure again";
        let cut = "measure again: the output was cut or mixed with other text";
        let row = "BenchmarkA-2 \t 1\t 5 ns/op\n";
        for (text, expected) in [
            ("PASS\n".to_owned(), "f: no benchmark in this go result; run the benchmarks, then try again".to_owned()),
            (format!("pkg: p\n{row}FAIL\n"), format!("f:3:1: the tests of package 'p' failed; {failed}")),
            (format!("{row}FAIL\tx.y/z [build failed]\n"), format!("f:2:1: the tests of package 'x.y/z [build failed]' failed; {failed}")),
            (format!("{row}panic: test timed out after 1s\n"), format!("f:2:1: the tests failed; {failed}")),
            (
                "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"BenchmarkA\"}".into(),
                format!("f:1:1: 'BenchmarkA' failed; {failed}"),
            ),
            (
                "{\"Action\":\"output\",\"Package\":\"p\"}\n{\"Action\":\"out".into(),
                "f:2:14: the file ends too early (EOF while parsing a string); measure again: its writer was interrupted".into(),
            ),
            ("BenchmarkA-2 \t 1\t 5 ns/op\t 7 B/o".into(), String::new()),
            ("BenchmarkA-2 \t 1\t 5".into(), format!("f:1:19: expected a unit after the last number of 'BenchmarkA-2'; {cut}")),
            ("BenchmarkÄ \t 1\t NaN ns/op".into(), format!("f:1:17: expected a number among the results of 'BenchmarkÄ'; {cut}")),
            (format!("{row}BenchmarkA-2 1 7 B/op"), format!("f:1:1: 'BenchmarkA-2' has its allocated-bytes in some rows only; {cut}")),
            (
                "BenchmarkA 1 5 ns/op 6 ns/op".into(),
                "f:1:22: a second value of the same kind in a row of 'BenchmarkA'; report each unit once".into(),
            ),
            (
                "BenchmarkA 1 5 widgets".into(),
                "f:1:1: no value of 'BenchmarkA' has a unit whose better direction is known; let the benchmark print ns/op, or \
                 add a line 'Unit NAME better=lower'"
                    .into(),
            ),
            (
                "BenchmarkA 1 0.00 ns/op".into(),
                "f:1:1: expected a finite wall-time of 'BenchmarkA' above 0, found 0; a benchmark that did nothing is not a \
                 fast one: look at it, and measure again"
                    .into(),
            ),
            (
                "BenchmarkA 0 5 ns/op".into(),
                "f:1:12: expected a number of iterations of 'BenchmarkA', found other text; a panic or a print of the benchmark \
                 cut its row: look at what it printed, and measure again"
                    .into(),
            ),
        ] {
            match output(&text) {
                Ok(_) => assert_eq!(expected, "", "{text} is read"),
                Err(error) => assert_eq!(error, expected),
            }
        }
    }
}
