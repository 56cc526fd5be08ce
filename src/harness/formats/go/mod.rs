//! `go test -bench`, as text or as the events of `-json` (test2json) around that text: one row per `-count`.
//!
//! The grammar of rows is that of golang.org/x/perf/benchfmt. Unlike it, a row that cannot be read refuses the file:
//! a panic cuts a row in its middle.

#[cfg(test)]
mod tests;

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::quantity::{Dimension, Written, kebab, number, written};
use super::source::check_name;
use super::stream::Lines;
use super::text::{LINE_BYTES_MAX, utf8};
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
    let mut lines = Lines::new(path, artifact.stream(FORMAT.name)?);
    let mut reader = Reader::new(path);
    let mut open = BTreeMap::new();
    let mut has_events = None;
    while let Some((number, line)) = lines.advance()? {
        let text = utf8(path, number, line)?;
        if text.trim().is_empty() {
            continue;
        }
        let is_event = text.starts_with('{');
        // Among events a package that did not build is a line of its own.
        if *has_events.get_or_insert(is_event) && is_event {
            reader.read_event(number, text, &mut open)?;
        } else {
            reader.read_line(&Line { number, package: None, text: text.into() })?;
        }
    }
    for (package, (number, held)) in open {
        reader.read_line(&Line { number, package: Some(package), text: held.into() })?;
    }
    reader.finish()
}

/// The beginning of each package's line that has not ended yet, and where it stands.
type Open = BTreeMap<Rc<str>, (usize, String)>;

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
const CUT: &str = "measure again: the output was cut or mixed with other text";

/// The rows of one benchmark.
struct Rows {
    /// Of the first one.
    at: At,
    count: usize,
    /// By unit, one value a row.
    units: BTreeMap<String, Vec<f64>>,
}

struct Reader<'p> {
    gathered: Gathered<'p>,
    directions: BTreeMap<String, Better>,
    /// Of the last `pkg:` line.
    package: Option<String>,
    benchmarks: BTreeMap<String, Rows>,
    values: usize,
    /// What failed, by name: the place, the problem, and what to do.
    failed: BTreeMap<String, (At, String, &'static str)>,
    /// Packages that failed, and where they say so.
    failed_packages: BTreeMap<String, At>,
}

impl<'p> Reader<'p> {
    fn new(path: &'p Path) -> Self {
        Self {
            gathered: Gathered::new(path, FORMAT.name),
            directions: BTreeMap::new(),
            package: None,
            benchmarks: BTreeMap::new(),
            values: 0,
            failed: BTreeMap::new(),
            failed_packages: BTreeMap::new(),
        }
    }

    /// Reads an event, and each line of its package's output that it ends: a row comes in several, and packages take turns.
    fn read_event(&mut self, number: usize, text: &str, open: &mut Open) -> Result<(), ParseError> {
        let path = self.gathered.path();
        let event: Event = serde_json::from_str(text).map_err(|error| ParseError::json_line(path, number, &error))?;
        // A test's own build is `p [p.test]`.
        let package = event.package.or(event.import_path).unwrap_or_default();
        let package: Rc<str> = package.split(" [").next().unwrap_or_default().into();
        if matches!(event.action.as_str(), "fail" | "build-fail") {
            let line = Line { number, package: Some(Rc::clone(&package)), text: Cow::Borrowed("") };
            match event.test {
                Some(test) => self.fail(&line, At::Line(number, 1), &test)?,
                None => self.fail_package(package.to_string(), At::Line(number, 1))?,
            }
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
                self.read_line(&Line { number: *begin, package: Some(Rc::clone(&package)), text })?;
            }
        }
        Ok(())
    }

    fn read_line(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        let text = line.text.as_ref();
        let first = text.split_ascii_whitespace().next().unwrap_or_default();
        if let Some(package) = text.strip_prefix("pkg: ") {
            self.package = Some(package.trim().to_owned());
        } else if text.starts_with("ok  \t") {
            self.package = None;
        } else if let Some(rest) = text.strip_prefix("--- FAIL: ") {
            let name = rest.split_ascii_whitespace().next().unwrap_or_default();
            self.fail(line, line.at(text), name)?;
        } else if text == "FAIL" || text.starts_with("FAIL\t") || text.starts_with("panic: ") {
            let stated = text.split(['\t', ' ']).nth(1).filter(|_| text.starts_with("FAIL\t"));
            let package = stated.or(line.package.as_deref()).or(self.package.as_deref()).unwrap_or_default().to_owned();
            self.fail_package(package, line.at(text))?;
            if stated.is_some() {
                self.package = None;
            }
        } else if let Some((unit, better)) = direction(text) {
            self.directions.insert(unit, better);
        } else if text.starts_with("Benchmark") && is_benchmark(first) {
            self.read_row(line, first)?;
        }
        Ok(())
    }

    /// Notes that a benchmark failed, where it says so first.
    fn fail(&mut self, line: &Line<'_>, at: At, name: &str) -> Result<(), ParseError> {
        self.note(self.name(line, name), at, format!("{} failed", shown_name(name)), FAILED)
    }

    fn note(&mut self, name: String, at: At, problem: String, next: &'static str) -> Result<(), ParseError> {
        self.check_new(&name, &at, self.failed.len())?;
        self.failed.entry(name).or_insert((at, problem, next));
        Ok(())
    }

    fn fail_package(&mut self, package: String, at: At) -> Result<(), ParseError> {
        if !package.is_empty() {
            self.check_new(&package, &at, self.failed_packages.len())?;
        }
        self.failed_packages.entry(package).or_insert(at);
        Ok(())
    }

    /// Refuses a name, or one more of so many, before all of them are held.
    fn check_new(&self, name: &str, at: &At, count: usize) -> Result<(), ParseError> {
        check_name(name).map_err(|problem| self.gathered.error(at, &problem, "give it a short name of its own"))?;
        self.gathered.check_count(at, count)
    }

    /// A benchmark's name with its package's, where that is known.
    fn name(&self, line: &Line<'_>, name: &str) -> String {
        let package = line.package.as_deref().or(self.package.as_deref()).filter(|package| !package.is_empty());
        package.map_or_else(|| name.to_owned(), |package| format!("{package}.{name}"))
    }

    /// Reads `NAME ITERATIONS (VALUE UNIT)…`. With `-v` the name stands on a line of its own before.
    fn read_row(&mut self, line: &Line<'_>, name: &str) -> Result<(), ParseError> {
        let mut fields = line.text.split_ascii_whitespace().skip(1);
        let Some(count) = fields.next() else { return Ok(()) };
        let id = self.name(line, name);
        if !count.parse::<u64>().is_ok_and(|count| count > 0) {
            // A sentence rather than a function of that name.
            if name == "Benchmark" {
                return Ok(());
            }
            let problem = format!("expected a number of iterations of {}, found other text", shown_name(name));
            let next = "a panic or a print of the benchmark cut its row: look at what it printed, and measure again";
            return self.note(id, line.at(count), problem, next);
        }
        self.check_new(&id, &line.at(name), self.benchmarks.len())?;
        let empty = || Rows { at: line.at(name), count: 0, units: BTreeMap::new() };
        let rows = self.benchmarks.entry(id).or_insert_with(empty);
        rows.count += 1;
        while let Some(written) = fields.next() {
            let Some(value) = number(written) else {
                let problem = format!("expected a number among the results of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, CUT));
            };
            let Some(unit) = fields.next() else {
                let problem = format!("expected a unit after the last number of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, CUT));
            };
            let values = rows.units.entry(unit.to_owned()).or_default();
            if values.len() == rows.count {
                let problem = format!("a second value of the same kind in a row of {}", shown_name(name));
                return Err(self.gathered.error(&line.at(written), &problem, "report each unit once"));
            }
            values.push(value);
            self.values += 1;
        }
        self.gathered.check_values(&line.at(name), 0, self.values)
    }

    fn finish(mut self) -> Result<Results, ParseError> {
        self.add_failures()?;
        for (name, rows) in std::mem::take(&mut self.benchmarks) {
            self.add(&name, rows)?;
        }
        Ok(self.gathered.results())
    }

    /// Of a package that failed, what it names; the package itself where it names nothing.
    fn add_failures(&mut self) -> Result<(), ParseError> {
        let suffix = self.suffix().unwrap_or_default().to_owned();
        let unnamed = self.failed_packages.remove("");
        for (package, at) in std::mem::take(&mut self.failed_packages) {
            let names_it = |name: &String| name.strip_prefix(&package).is_some_and(|rest| rest.starts_with('.'));
            if !self.failed.keys().any(names_it) {
                let problem = format!("the tests of package {} failed", shown_name(&package));
                self.gathered.fail(&at, self.gathered.id(&package), &problem, FAILED)?;
            }
        }
        for (name, (at, problem, next)) in std::mem::take(&mut self.failed) {
            // Go leaves the suffix out where the first iteration fails.
            let name = if name.ends_with(&suffix) { name } else { name + &suffix };
            self.gathered.fail(&at, self.gathered.id(&name), &problem, next)?;
        }
        match unnamed.filter(|_| !self.gathered.has_failures()) {
            Some(at) => Err(self.gathered.error(&at, "the tests failed", FAILED)),
            None => Ok(()),
        }
    }

    /// The suffix of GOMAXPROCS, if every row has the same.
    fn suffix(&self) -> Option<&str> {
        let of = |name: &'_ str| name.rfind('-').filter(|&dash| name[dash + 1..].parse::<u32>().is_ok());
        let first = self.benchmarks.keys().next()?;
        let suffix = &first[of(first)?..];
        self.benchmarks.keys().all(|name| of(name).is_some_and(|dash| name[dash..] == *suffix)).then_some(suffix)
    }

    fn add(&mut self, name: &str, rows: Rows) -> Result<(), ParseError> {
        let Rows { at, count, units } = rows;
        let mut has_metric = false;
        for (unit, values) in units {
            let Some((metric, factor)) = metric(&unit, self.directions.get(&unit).copied()) else { continue };
            has_metric = true;
            if values.len() != count {
                let problem = format!("{} has its {} in some rows only", shown_name(name), metric.name);
                return Err(self.gathered.error(&at, &problem, CUT));
            }
            // Rates and times that a benchmark reports of its own may be nothing, or rounded to it.
            if unit != "ns/op" && matches!(metric.unit, Unit::Second | Unit::PerSecond) && values.contains(&0.0) {
                continue;
            }
            let launches = values.into_iter().map(|value| Launch { iterations: vec![value * factor] }).collect();
            self.gathered.add(&at, self.gathered.id(name), metric, launches)?;
        }
        if has_metric {
            return Ok(());
        }
        let problem = format!("no value of {} has a unit whose better direction is known", shown_name(name));
        let next = "let the benchmark print ns/op, or add a line 'Unit NAME better=lower'";
        Err(self.gathered.error(&at, &problem, next))
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
