//! Foreign files to measurements: one file per format in `formats`; beside it what they read with.
//!
//! Floor 1. Reads text, never starts a process. Whatever it reads may come from a stranger's pull request, so sizes
//! are limited, numbers and names are checked, and a file is either read as a whole or refused with its place.

pub mod cargo;
mod error;
mod formats;
mod gathered;
mod guide;
mod history;
mod instant;
mod load_test;
mod outline;
mod quantity;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod text;
pub mod valgrind;
mod xml;

pub use error::{ParseError, ParseErrorKind};
pub use formats::{FORMATS, blame, criterion};
pub use guide::{harness as explain_harness, harnesses as explain_harnesses};
pub use history::{
    LeftOut, Past, PastRun, PastSuite, PastValue, is_formula, read_history, read_past, seconds_since_1970,
};
pub use source::{Artifact, BENCHMARKS_MAX, FILE_BYTES_MAX, ITERATIONS_MAX, NAME_CHARS_MAX, VALUES_MAX};

use crate::model::{BenchmarkId, Better, Distribution, Launch, Measurement, Metric, Unit, known_metric};
use std::path::Path;

/// A format that benchgate reads.
#[derive(Debug)]
pub struct Format {
    /// The harness's name: the value of `--harness`, and the suite of what it reads.
    pub name: &'static str,
    /// What it looks like on disk and how to get it, one line.
    pub about: &'static str,
    /// Whether an artifact is of this format, judged by its content and never by its name. Sees the first bytes only,
    /// so that a damaged file is still recognised and its damage reported.
    pub detect: fn(&Artifact) -> bool,
    /// Reads it; [`read_results`] sorts and checks what it returns.
    pub read: fn(&Artifact) -> Result<Results, ParseError>,
}

/// What a result says.
#[derive(Debug, Default)]
pub struct Results {
    /// The benchmarks that ran.
    pub measurements: Vec<Measurement>,
    /// Those that did not: they are in the file, and nothing else of them is known.
    pub failures: Vec<Failure>,
}

/// A benchmark that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which.
    pub id: BenchmarkId,
    /// Where the file says so, and what to do.
    pub error: ParseError,
}

impl From<Vec<Measurement>> for Results {
    fn from(measurements: Vec<Measurement>) -> Self {
        Self { measurements, failures: Vec::new() }
    }
}

/// The names of all formats.
pub fn names() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of a file or folder, by its content.
pub fn detect(path: &Path) -> Result<&'static Format, ParseError> {
    detect_artifact(&Artifact::open(path)?)
}

/// Reads a file or folder of which every benchmark worked: one that failed is an error.
pub fn read(path: &Path, harness: Option<&str>) -> Result<Vec<Measurement>, ParseError> {
    let Results { measurements, failures } = read_results(path, harness)?;
    failures.into_iter().next().map_or(Ok(measurements), |failure| Err(failure.error))
}

/// Reads a file or folder; `harness` names its format where the content does not tell. Sorted by benchmark and metric. An
/// error where no benchmark worked.
pub fn read_results(path: &Path, harness: Option<&str>) -> Result<Results, ParseError> {
    let format = match harness {
        Some(name) => Some(by_name(name).ok_or_else(|| unknown_harness(path, name))?),
        None => None,
    };
    let artifact = Artifact::open(path)?;
    let format = match format {
        Some(format) => format,
        None => detect_artifact(&artifact)?,
    };
    let mut results = (format.read)(&artifact)?;
    if results.measurements.is_empty() {
        let problem = format!("no benchmark in this {} result", format.name);
        let nothing = ParseError::new(ParseErrorKind::Nothing, path, problem, "run the benchmarks, then try again");
        return Err(results.failures.into_iter().next().map_or(nothing, |failure| failure.error));
    }
    results.measurements.sort_by(|a, b| (&a.id, &a.metric.name).cmp(&(&b.id, &b.metric.name)));
    results.failures.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(results)
}

/// How files begin that hold a result, but in another form.
const NO_TEXT: [([u8; 2], &str, &str); 3] = [
    ([0x1f, 0x8b], "the file is compressed", "unpack it with gunzip first"),
    ([0xff, 0xfe], "this is UTF-16", "store the file as UTF-8; of PowerShell, with `Out-File -Encoding utf8`"),
    ([0xfe, 0xff], "this is UTF-16", "store the file as UTF-8"),
];

fn detect_artifact(artifact: &Artifact) -> Result<&'static Format, ParseError> {
    if !artifact.is_folder() && artifact.head().is_empty() {
        return Err(ParseError::new(
            ParseErrorKind::Nothing,
            &artifact.path,
            "the file is empty",
            "run the benchmarks again and look at their exit status",
        ));
    }
    for (begin, problem, next) in NO_TEXT {
        if artifact.head().starts_with(&begin) {
            return Err(ParseError::new(ParseErrorKind::Unknown, &artifact.path, problem, next));
        }
    }
    FORMATS.iter().find(|format| (format.detect)(artifact)).ok_or_else(|| {
        let known: Vec<&str> = names().collect();
        let kind = if artifact.is_folder() { "folder" } else { "file" };
        ParseError::new(
            ParseErrorKind::Unknown,
            &artifact.path,
            format!("no known format in this {kind}"),
            format!(
                "benchgate reads {} (docs/formats.md); name one with --harness to see what is wrong",
                known.join(", ")
            ),
        )
    })
}

fn unknown_harness(path: &Path, name: &str) -> ParseError {
    let known: Vec<&str> = names().collect();
    ParseError::new(
        ParseErrorKind::Unknown,
        path,
        format!("no harness is called {}", error::shown_name(name)),
        format!("use one of {}", known.join(", ")),
    )
}

/// One of the model's own metrics. A name that the model lacks is a mistake of ours, which the tests of each format find.
fn own_metric(path: &Path, name: &str) -> Result<Metric, ParseError> {
    known_metric(name).ok_or_else(|| {
        ParseError::new(
            ParseErrorKind::Unknown,
            path,
            format!("no metric is called '{name}'"),
            "report this as a bug of benchgate",
        )
    })
}

/// A metric that another tool measures.
fn foreign_metric(name: &str, unit: Unit, better: Better) -> Metric {
    Metric { name: name.to_owned(), unit, better, distribution: Distribution::Sampled }
}

/// A measurement whose every value is a launch of its own.
fn one_value_per_launch(id: BenchmarkId, metric: Metric, values: &[f64]) -> Measurement {
    let launches = values.iter().map(|&value| Launch { iterations: vec![value] }).collect();
    Measurement { id, metric, launches, stated: None }
}
