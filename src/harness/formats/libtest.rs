//! libtest's benchmarks (`#[bench]`), as text or as JSON lines: medians alone.
//!
//! `+/-` is the distance of the extremes, no deviation, and is ignored. So is the throughput: it is derived from the
//! median cut to whole nanoseconds. A time of 0 is that of a benchmark that never called `iter`.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results};
use crate::model::Stated;
use serde::Deserialize;
use std::path::Path;

pub(super) const FORMAT: Format = Format {
    name: "libtest",
    about: "what `cargo bench` prints of `#[bench]` functions, as text or JSON lines",
    detect,
    read,
};

/// Stands between the name and the time.
const BENCH: &str = " ... bench:";
const AGAIN: &str = "run `cargo bench` again and look at its exit status";
const FAILED: &str = "a failure is not a fast run: make it succeed, or filter it out";

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    is_json(&head) || head.lines().any(|line| time(line).is_some() || announced(line).is_some())
}

fn is_json(text: &str) -> bool {
    let first: String = text.trim_start().lines().next().unwrap_or_default().split_whitespace().collect();
    first.starts_with(r#"{"type":"suite","event":"started""#)
}

/// The number in `running 7 tests`.
fn announced(line: &str) -> Option<usize> {
    let (count, tests) = line.strip_prefix("running ")?.split_once(' ')?;
    ["test", "tests"].contains(&tests.trim_end()).then(|| count.parse().ok())?
}

/// Name and time of `test NAME ... bench: TIME`. In terse output the letters of other tests may stand before it.
fn time(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start_matches(|c: char| ".iF".contains(c)).strip_prefix("test ")?;
    let (name, time) = rest.split_once(BENCH)?;
    Some((name.trim_end(), time))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let run = if is_json(text) { read_json(path, text, &mut gathered)? } else { read_text(text, &mut gathered)? };
    let at = At::Line(text.lines().count().max(1), 1);
    if run.open {
        return Err(gathered.error(&at, "the run did not end: its summary is missing", AGAIN));
    }
    let is_empty = gathered.is_empty();
    let results = gathered.results();
    let readable = results.measurements.len();
    // Whether a benchmark that failed was measured depends on how it failed.
    let counts = readable..=readable + results.failures.len();
    if let Some(measured) = run.measured.filter(|measured| !counts.contains(measured)) {
        let problem = format!("{measured} benchmarks were measured, {readable} are readable");
        return Err(ParseError::new(ParseErrorKind::Value, path, problem, "keep other output out of the file"));
    }
    if is_empty {
        let problem = "no benchmark was measured";
        let next = "run `cargo bench`, not `cargo test`, and look at the filter";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, problem, next));
    }
    Ok(results)
}

/// What the summaries say, of all executables whose output is in the file.
#[derive(Default)]
struct Run {
    /// Begun, but not summed up.
    open: bool,
    /// Benchmarks measured; `None` without any summary (criterion's imitation has none).
    measured: Option<usize>,
}

impl Run {
    fn end(&mut self, measured: usize) {
        self.open = false;
        self.measured = Some(self.measured.unwrap_or_default().saturating_add(measured));
    }
}

fn read_text(text: &str, gathered: &mut Gathered<'_>) -> Result<Run, ParseError> {
    let mut run = Run::default();
    for (number, line) in lines(text) {
        let at = At::Line(number, 1);
        if let Some((name, time)) = time(line) {
            let seconds = nanoseconds(time).ok_or_else(|| {
                let expected = format!("expected `1,234.56 ns/iter` as the time of {}", shown_name(name));
                gathered.error(&at, &expected, "write the file again with the tool itself, and do not edit it")
            })? * 1e-9;
            add(gathered, &at, name, seconds)?;
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            fail(gathered, &at, name.trim_end())?;
        } else if line.starts_with("test result: ") {
            if !line.starts_with("test result: ok.") && !gathered.has_failures() {
                return Err(gathered.error(&at, "a test or benchmark failed", FAILED));
            }
            let measured = line.split("; ").find_map(|part| part.strip_suffix(" measured")?.parse().ok());
            run.end(measured.ok_or_else(|| gathered.error(&at, "expected the number of benchmarks measured", AGAIN))?);
        } else if announced(line).is_some() {
            if run.open {
                return Err(gathered.error(&at, "the run before this one did not end", AGAIN));
            }
            run.open = true;
        }
    }
    Ok(run)
}

/// The number in ` 1,234.56 ns/iter (+/- 12.34) = 4162 MB/s`.
fn nanoseconds(text: &str) -> Option<f64> {
    let (time, rest) = text.trim_start().split_once(' ')?;
    rest.starts_with("ns/iter (+/- ").then(|| number(time))?
}

fn fail(gathered: &mut Gathered<'_>, at: &At, name: &str) -> Result<(), ParseError> {
    gathered.fail(at, gathered.id(name), &format!("the benchmark {} failed", shown_name(name)), FAILED)
}

fn add(gathered: &mut Gathered<'_>, at: &At, name: &str, seconds: f64) -> Result<(), ParseError> {
    if seconds == 0.0 {
        let problem = format!("the benchmark {} took 0 ns: it never called `iter`, or does nothing", shown_name(name));
        return gathered.fail(at, gathered.id(name), &problem, "give it work to do, or remove it");
    }
    let stated = Stated { median: Some(seconds), ..Stated::default() };
    gathered.add_stated(at, gathered.id(name), wall_time(), stated)
}

/// One line of `--format json`.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    event: Option<String>,
    name: Option<String>,
    /// Nanoseconds.
    median: Option<f64>,
    measured: Option<usize>,
}

fn read_json(path: &Path, text: &str, gathered: &mut Gathered<'_>) -> Result<Run, ParseError> {
    let mut run = Run::default();
    for (number, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
        let message: Message =
            serde_json::from_str(line).map_err(|error| ParseError::json_line(path, number, &error))?;
        let at = At::Line(number, 1);
        let name = message.name.as_deref().unwrap_or_default();
        match (message.kind.as_str(), message.event.as_deref()) {
            ("bench", _) => {
                let median = message.median.ok_or_else(|| {
                    let problem = format!("expected the median of {}, found none", shown_name(name));
                    gathered.error(&at, &problem, AGAIN)
                })?;
                add(gathered, &at, name, median * 1e-9)?;
            }
            ("test", Some("failed" | "timeout")) => {
                fail(gathered, &at, name)?;
            }
            ("suite", Some("started")) if run.open => {
                return Err(gathered.error(&at, "the run before this one did not end", AGAIN));
            }
            ("suite", Some("started")) => run.open = true,
            ("suite", Some("ok")) => run.end(message.measured.unwrap_or_default()),
            ("suite", Some("failed")) if gathered.has_failures() => run.end(message.measured.unwrap_or_default()),
            ("suite", Some("failed")) => return Err(gathered.error(&at, "a test or benchmark failed", FAILED)),
            _ => {}
        }
    }
    Ok(run)
}
