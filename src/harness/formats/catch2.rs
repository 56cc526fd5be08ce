//! Catch2's benchmarks, from the XML reporter or the console: means and deviations.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::{Dimension, number, written};
use super::text::{lines, text};
use super::xml::{Event, Reader};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results};
use crate::model::Stated;
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "catch2", about: "what a Catch2 executable writes with `-r xml`, or prints", detect, read };

const AGAIN: &str = "run it again and look at its exit status";
const FAILED: &str = "a failure is not a fast run: make it succeed, or leave it out";

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    is_xml(&head)
        || head.lines().any(|line| line.contains(" is a Catch ") || line.contains(" is a Catch2 "))
        || head.lines().any(|line| columns(line).is_some())
}

fn is_xml(text: &str) -> bool {
    text.starts_with("<?xml") && (text.contains("<Catch2TestRun ") || text.contains("<Catch "))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    if is_xml(text) {
        read_xml(path, text, &mut gathered)?;
    } else {
        read_console(text, &mut gathered)?;
    }
    if gathered.is_empty() {
        let next = "run it with the benchmarks' tag, and without --skip-benchmarks";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no benchmark was measured", next));
    }
    Ok(gathered.results())
}

/// A benchmark while it is read. Times in seconds.
#[derive(Debug, Default)]
struct Benchmark {
    name: String,
    samples: Option<u64>,
    mean: Option<f64>,
    sd: Option<f64>,
    /// Where it says that it failed.
    failed: Option<At>,
}

/// Adds a benchmark under the names of its test case and sections.
fn add(gathered: &mut Gathered<'_>, at: &At, path: &[String], benchmark: Benchmark) -> Result<(), ParseError> {
    let Benchmark { name, samples: n, mean, sd, failed } = benchmark;
    let name = [path, &[name]].concat().join("/");
    if let Some(at) = failed {
        let problem = format!("the benchmark {} failed", shown_name(&name));
        return gathered.fail(&at, gathered.id(&name), &problem, FAILED);
    }
    gathered.add_stated(at, gathered.id(&name), wall_time(), Stated { n, mean, sd, ..Stated::default() })
}

/// Notes that a test case failed, so that what came after in it did not run.
fn fail_case(gathered: &mut Gathered<'_>, at: &At, path: &[String]) -> Result<(), ParseError> {
    let name = path.first().map(String::as_str).unwrap_or_default();
    gathered.fail(at, gathered.id(name), &format!("the test case {} failed", shown_name(name)), FAILED)
}

fn read_xml(path: &Path, text: &str, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
    let mut names: Vec<String> = Vec::new();
    let mut open: Option<Benchmark> = None;
    let mut names_failure = false;
    for event in Reader::new(text) {
        let event = event.map_err(|(at, problem)| {
            let next = "measure again: its writer was interrupted, or it was edited";
            ParseError::line(path, at, problem, next)
        })?;
        let element = match event {
            Event::Begin(element) => element,
            Event::End(element, at) => {
                match element.as_str() {
                    "TestCase" | "Section" => drop(names.pop()),
                    "BenchmarkResults" => {
                        let benchmark = open.take().unwrap_or_default();
                        names_failure |= benchmark.failed.is_some();
                        add(gathered, &At::Line(at.0, at.1), &names, benchmark)?;
                    }
                    _ => {}
                }
                continue;
            }
        };
        let at = At::Line(element.at.0, element.at.1);
        let attribute = |name: &str| element.get(name);
        let nanoseconds = |name: &str| attribute(name).and_then(number).map(|value| value * 1e-9);
        match (element.name.as_str(), &mut open) {
            ("TestCase" | "Section", _) => names.push(attribute("name").unwrap_or_default().trim().to_owned()),
            ("BenchmarkResults", _) => {
                let name = attribute("name").unwrap_or_default().to_owned();
                let samples = attribute("samples").and_then(|count| count.parse().ok());
                open = Some(Benchmark { name, samples, ..Benchmark::default() });
            }
            ("mean", Some(benchmark)) => benchmark.mean = nanoseconds("value"),
            // Without analysis there is no interval, and the deviation of 0 was not measured.
            ("standardDeviation", Some(benchmark)) if attribute("ci").and_then(number) != Some(0.0) => {
                benchmark.sd = nanoseconds("value");
            }
            ("failed", Some(benchmark)) => benchmark.failed = Some(at),
            ("OverallResult", _) if !std::mem::take(&mut names_failure) && attribute("success") == Some("false") => {
                fail_case(gathered, &at, &names)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Which part of a test case's output the next line belongs to.
#[derive(Debug, Default, PartialEq, Eq)]
enum Part {
    /// Anything before the first rule.
    #[default]
    Before,
    /// The test case's name and its sections'.
    Names,
    /// Where it stands, messages, and perhaps the table's head.
    Head,
    /// The same, after the table's head.
    Table,
    Rows,
}

/// What was read of the console so far.
#[derive(Debug, Default)]
struct Console {
    part: Part,
    names: Vec<String>,
    /// Without analysis a row's last cell is its mean, and its only line.
    is_mean_last: bool,
    benchmark: Benchmark,
    /// One of its benchmarks failed.
    names_failure: bool,
    /// A summary was read.
    ended: bool,
}

/// Whether the line is the table's head, and ends with the mean.
fn columns(line: &str) -> Option<bool> {
    let titles = line.strip_prefix("benchmark name ")?.trim_start().strip_prefix("samples ")?.trim_start();
    let last = titles.strip_prefix("iterations ")?.trim();
    ["est run time", "estimated", "mean"].contains(&last).then_some(last == "mean")
}

fn read_console(text: &str, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
    let mut console = Console::default();
    let mut last = 1;
    for (line_number, line) in lines(text) {
        last = line_number;
        console.line(gathered, &At::Line(line_number, 1), line)?;
    }
    if !console.ended || !console.benchmark.name.is_empty() {
        let problem = "the run did not end: its summary is missing";
        return Err(gathered.error(&At::Line(last, 1), problem, AGAIN));
    }
    Ok(())
}

impl Console {
    fn line(&mut self, gathered: &mut Gathered<'_>, at: &At, line: &str) -> Result<(), ParseError> {
        let line = line.trim_end();
        let is_rule = |sign: char| line.len() > 20 && line.chars().all(|c| c == sign);
        if let Some((name, _)) = line.split_once("Benchmark failed (").filter(|_| self.part == Part::Rows) {
            self.extend_name(counts(name).map_or(name, |(name, _)| name));
            (self.benchmark.failed, self.names_failure) = (Some(at.clone()), true);
            return add(gathered, at, &self.names, std::mem::take(&mut self.benchmark));
        } else if line.ends_with(": FAILED:") {
            return if self.names_failure { Ok(()) } else { fail_case(gathered, at, &self.names) };
        } else if line.starts_with("test cases: ") || line.starts_with("All tests passed") {
            self.ended = true;
            if line.contains(" failed") && !gathered.has_failures() {
                return Err(gathered.error(at, "a test case failed", FAILED));
            }
        } else if is_rule('=') {
            self.part = Part::Before;
        } else if is_rule('-') {
            self.part = match self.part {
                Part::Names => Part::Head,
                Part::Table => Part::Rows,
                Part::Before | Part::Head | Part::Rows => {
                    self.names.clear();
                    Part::Names
                }
            };
        } else if let Some(is_mean_last) = columns(line) {
            (self.is_mean_last, self.part) = (is_mean_last, Part::Table);
        } else if !line.is_empty() {
            match self.part {
                Part::Names => self.names.push(line.trim().to_owned()),
                Part::Rows => self.row(gathered, at, line)?,
                Part::Before | Part::Head | Part::Table => {}
            }
        }
        Ok(())
    }

    /// A benchmark has three lines: counts, means, deviations. Its name may be wrapped over them.
    fn row(&mut self, gathered: &mut Gathered<'_>, at: &At, line: &str) -> Result<(), ParseError> {
        let mut left = line;
        let duration = time_at_end(&mut left);
        let (mut before, mut seconds) = (left, None);
        if time_at_end(&mut before).is_some() {
            seconds = time_at_end(&mut before);
        }
        if let Some(first) = seconds {
            let slot = if self.benchmark.mean.is_none() { &mut self.benchmark.mean } else { &mut self.benchmark.sd };
            *slot = Some(first);
            self.extend_name(before);
        } else if let Some((name, samples)) = duration.and_then(|_| counts(left)) {
            if self.benchmark.samples.is_some() {
                let problem = format!("the benchmark {} has no times", shown_name(&self.benchmark.name));
                return Err(gathered.error(at, &problem, AGAIN));
            }
            self.extend_name(name);
            self.benchmark.samples = Some(samples);
            self.benchmark.mean = duration.filter(|_| self.is_mean_last);
        } else {
            self.extend_name(line);
        }
        let complete = self.benchmark.mean.is_some() && (self.is_mean_last || self.benchmark.sd.is_some());
        if complete { add(gathered, at, &self.names, std::mem::take(&mut self.benchmark)) } else { Ok(()) }
    }

    fn extend_name(&mut self, part: &str) {
        let part = part.trim();
        if !part.is_empty() && !self.benchmark.name.is_empty() {
            self.benchmark.name.push(' ');
        }
        self.benchmark.name.push_str(part);
    }
}

/// Takes a time such as `1.5 us` from the line's end.
fn time_at_end(line: &mut &str) -> Option<f64> {
    let (rest, unit) = line.trim_end().rsplit_once(' ')?;
    let (rest, value) = rest.rsplit_once(' ').unwrap_or(("", rest));
    let unit = written(unit).filter(|unit| unit.dimension == Dimension::Time)?;
    let seconds = number(value)? * unit.factor;
    *line = rest;
    Some(seconds)
}

/// What stands before the numbers of samples and iterations, and the samples.
fn counts(line: &str) -> Option<(&str, u64)> {
    let (rest, iterations) = line.trim_end().rsplit_once(' ')?;
    let (name, samples) = rest.trim_end().rsplit_once(' ')?;
    iterations.parse::<u64>().ok()?;
    Some((name, samples.parse().ok()?))
}
