//! Remembers run records: as baselines, one file per suite and environment class, fit to be reviewed in a diff; and as
//! [`history`], every run there ever was.
//!
//! Floor 2. Knows no statistics: it keeps one number per run, benchmark and metric, the median over that run's launches, which
//! whoever records computes.

pub mod history;
mod merge;

pub use merge::{Merged, RunValues};

use crate::files::write_whole;
use crate::model::{BenchmarkId, Environment, Metric, SCHEMA, shown_message};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Runs that recording keeps and that head is compared with; the oldest go first.
pub const RUNS_MAX: usize = 30;

/// Runs that a file keeps which was given a longer history. From then on recording keeps as many as there are.
pub const RUNS_IMPORTED_MAX: usize = 1_000;

/// Bytes of a baseline file that are read.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// One recorded run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRun {
    /// The commit it measured.
    pub revision: String,
    /// When, RFC 3339.
    pub recorded: String,
    /// Launches per benchmark.
    pub launches: u32,
    /// Why it became a baseline although it looked worse, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<String>,
}

/// One benchmark and metric over all runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredRow {
    /// The benchmark's name within the suite.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// One value per run, in base units; `null` where that run does not have it.
    pub values: Vec<Option<f64>>,
}

/// The stored runs of one suite in one environment class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The suite.
    pub suite: String,
    /// Where the newest run took place; its class holds for all.
    pub environment: Environment,
    /// Oldest first.
    pub runs: Vec<StoredRun>,
    /// Sorted by benchmark and metric.
    pub rows: Vec<StoredRow>,
}

/// What is wrong with a stored file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be read or written.
    #[error("cannot access '{path}': {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a baseline.
    #[error(
        "{place}: not a benchgate baseline: {problem}; restore it from version control, or remove it and record again"
    )]
    Damaged {
        /// The file, line and column.
        place: String,
        /// Why.
        problem: String,
    },
    /// It comes from a newer benchgate.
    #[error("{path}: schema {found} is newer than this benchgate knows ({SCHEMA}); update benchgate")]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: u32,
    },
}

impl Baseline {
    /// An empty one.
    #[must_use]
    pub fn new(suite: &str, environment: Environment) -> Self {
        Self { schema: SCHEMA, suite: suite.to_owned(), environment, runs: Vec::new(), rows: Vec::new() }
    }

    /// The file it belongs in, within the baselines' folder.
    #[must_use]
    pub fn file_name(suite: &str, class: &str) -> String {
        let plain = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
        };
        format!("{}--{}.json", plain(suite), plain(class))
    }

    /// Adds a run and the values it found, dropping the oldest beyond [`RUNS_MAX`], or beyond as many as an imported history
    /// has, and rows that no run has any more.
    pub fn add(&mut self, run: StoredRun, values: impl IntoIterator<Item = (String, Metric, f64)>) {
        let before = self.runs.len();
        self.runs.push(run);
        for (benchmark, metric, value) in values {
            let value = round(value);
            let known = self.rows.iter_mut().find(|row| row.benchmark == benchmark && row.metric.name == metric.name);
            match known {
                Some(row) => row.values.push(Some(value)),
                None => {
                    let mut values = vec![None; before];
                    values.push(Some(value));
                    self.rows.push(StoredRow { benchmark, metric, values });
                }
            }
        }
        let runs = self.runs.len();
        self.rows.iter_mut().for_each(|row| row.values.resize(runs, None));
        self.keep_newest(before.clamp(RUNS_MAX, RUNS_IMPORTED_MAX));
    }

    /// Drops all but the newest runs.
    pub fn keep_newest(&mut self, runs: usize) {
        let surplus = self.runs.len().saturating_sub(runs);
        self.runs.drain(..surplus);
        self.rows.iter_mut().for_each(|row| drop(row.values.drain(..surplus.min(row.values.len()))));
        self.rows.retain(|row| row.values.iter().any(Option::is_some));
        self.rows.sort_by(|a, b| (&a.benchmark, &a.metric.name).cmp(&(&b.benchmark, &b.metric.name)));
    }

    /// The values of a benchmark's metric in the newest [`RUNS_MAX`] runs, oldest first, back to the last run without it: so
    /// that all histories of a suite end with the same run, which its common factor needs. Empty if the newest run has none.
    #[must_use]
    pub fn history(&self, id: &BenchmarkId, metric: &str) -> Vec<f64> {
        let row = self.rows.iter().find(|row| row.benchmark == id.benchmark && row.metric.name == metric);
        let newest = row.into_iter().flat_map(|row| row.values.iter().rev().take(RUNS_MAX));
        let mut newest_first: Vec<f64> = newest.map_while(|value| *value).collect();
        newest_first.reverse();
        newest_first
    }

    /// Reads a baseline's text; `name` is for messages.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, StoreError> {
        let place = |error: &serde_json::Error| format!("{name}:{}:{}", error.line(), error.column());
        let damaged =
            |error: serde_json::Error| StoreError::Damaged { place: place(&error), problem: shown_message(&error) };
        let version: Version = serde_json::from_slice(text).map_err(damaged)?;
        if version.schema > SCHEMA {
            return Err(StoreError::Newer { path: name.to_owned(), found: version.schema });
        }
        let baseline: Self = serde_json::from_slice(text).map_err(damaged)?;
        let whole = baseline.rows.iter().all(|row| {
            row.values.len() == baseline.runs.len()
                && row.values.iter().flatten().all(|value| value.is_finite() && *value >= 0.0)
        });
        if !whole {
            let problem = "its rows do not have one finite value per run".to_owned();
            return Err(StoreError::Damaged { place: name.to_owned(), problem });
        }
        Ok(baseline)
    }

    /// Reads a file; `None` where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let io = |source| StoreError::Io { path: path.to_owned(), source };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => {
                return Err(io(io::Error::other(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20))));
            }
            Ok(_) => {}
        }
        let text = std::fs::read(path).map_err(io)?;
        Self::parse(&path.display().to_string(), &text).map(Some)
    }

    /// Writes it into a folder, whole.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, StoreError> {
        let (path, text) = self.file(folder)?;
        write_whole(&path, &text).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        Ok(path)
    }

    /// The file that [`Self::write`] would write, and its content; refused if nobody could read it again.
    pub fn file(&self, folder: &Path) -> Result<(PathBuf, Vec<u8>), StoreError> {
        let path = folder.join(Self::file_name(&self.suite, &self.environment.class));
        let io = |source| StoreError::Io { path: path.clone(), source };
        let text = self.text().map_err(|error| io(error.into()))?;
        if text.len() as u64 > FILE_BYTES_MAX {
            let problem =
                format!("it would be larger than {} MiB; store fewer runs or benchmarks", FILE_BYTES_MAX >> 20);
            return Err(io(io::Error::other(problem)));
        }
        Ok((path, text.into_bytes()))
    }

    /// Its text: one line per run and per row, so that a diff shows what a run added.
    fn text(&self) -> serde_json::Result<String> {
        let lines = |items: Vec<String>| items.join(",\n    ");
        let runs: Vec<String> = self.runs.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let rows: Vec<String> = self.rows.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        Ok(format!(
            "{{\n  \"schema\": {},\n  \"suite\": {},\n  \"environment\": {},\n  \"runs\": [\n    {}\n  ],\n  \"rows\": [\n    {}\n  ]\n}}\n",
            self.schema,
            serde_json::to_string(&self.suite)?,
            serde_json::to_string(&self.environment)?,
            lines(runs),
            lines(rows)
        ))
    }
}

/// The part of a file that every schema has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Every baseline file of a folder, sorted by name; an absent folder holds none.
pub fn list(folder: &Path) -> Result<Vec<(PathBuf, Baseline)>, StoreError> {
    let io = |source| StoreError::Io { path: folder.to_owned(), source };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(io)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if let Some(baseline) = Baseline::read(&path)? {
            found.push((path, baseline));
        }
    }
    Ok(found)
}

/// Six significant digits: a tenth of the finest noise, and short lines in a diff.
fn round(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::known_metric;

    fn run(n: usize) -> StoredRun {
        StoredRun { revision: format!("r{n}"), recorded: String::new(), launches: 10, accepted: None }
    }

    fn value(benchmark: &str, value: f64) -> (String, Metric, f64) {
        (benchmark.to_owned(), known_metric("wall-time").unwrap(), value)
    }

    #[test]
    fn a_written_baseline_reads_back_and_its_size_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut baseline = Baseline::new("parser", Environment { class: "x86".into(), ..Environment::default() });
        for n in 0..40 {
            let gone = (n < 5).then(|| value("gone", 1.0));
            baseline.add(run(n), [value("größe/1", 1.234_567_89e-6)].into_iter().chain(gone));
        }
        assert_eq!((baseline.runs.len(), baseline.runs[0].revision.as_str()), (RUNS_MAX, "r10"));
        let path = baseline.write(folder.path()).unwrap();
        let read = Baseline::read(&path).unwrap().unwrap();
        assert_eq!(read, baseline);
        assert_eq!(read.rows.len(), 1, "a row that no kept run has is dropped");
        assert_eq!(read.history(&BenchmarkId::new("parser", "größe/1"), "wall-time")[0], 1.23457e-6);
        assert_eq!(list(folder.path()).unwrap().len(), 1);
    }

    #[test]
    fn a_benchmark_that_comes_later_has_a_shorter_history() {
        let mut baseline = Baseline::new("s", Environment::default());
        baseline.add(run(0), [value("a", 1.0)]);
        baseline.add(run(1), [value("a", 1.1), value("b", 2.0)]);
        assert_eq!(baseline.history(&BenchmarkId::new("s", "a"), "wall-time"), [1.0, 1.1]);
        assert_eq!(baseline.history(&BenchmarkId::new("s", "b"), "wall-time"), [2.0]);
        assert_eq!(baseline.rows[1].values, [None, Some(2.0)]);
        baseline.add(run(2), [value("b", 2.1)]);
        assert!(
            baseline.history(&BenchmarkId::new("s", "a"), "wall-time").is_empty(),
            "the newest run does not have it"
        );
    }

    #[test]
    fn damaged_and_newer_files_are_named() {
        let error = |text: &str| Baseline::parse("b.json", text.as_bytes()).unwrap_err().to_string();
        assert!(
            error("{\"schema\": 1,").starts_with("b.json:1:13: not a benchgate baseline"),
            "{}",
            error("{\"schema\": 1,")
        );
        assert!(error("{\"schema\": 99}").contains("schema 99 is newer"));
        let hostile = error(&format!("\"{}\u{1b}[2J\u{85}\"", "x".repeat(50)).replace('\u{1b}', "\\u001b"));
        assert!(!hostile.contains(char::is_control), "{hostile:?}");
        let long = error(&format!("\"{}\"", "x".repeat(100_000)));
        assert!(long.len() < 600, "{} bytes", long.len());
        let uneven = r#"{"schema":1,"suite":"s","environment":{"cpu":"","cpu_flags":"","cores":1,"memory":0,"kernel":"","libc":"","toolchain":"","build_flags":"","virtualization":"","runner":"","class":""},"runs":[],"rows":[{"benchmark":"a","metric":{"name":"wall-time","unit":"s","better":"lower","distribution":"sampled"},"values":[1.0]}]}"#;
        assert!(error(uneven).contains("one finite value per run"));
    }
}
