//! gungraun's summaries (schema 7): instructions, counted by valgrind. A folder of `summary.json`, one of them, or the
//! JSON lines of `--output-format=json`.
//!
//! The other events of the cache simulation are ignored: they vary by a few between runs of the same executable, which
//! in a small benchmark looks like a regression. So is `old`, which is whatever ran before.

use super::error::{shown_name, shown_path};
use super::gathered::{At, Gathered, counter};
use super::source::{Bounded, read_file};
use super::{Artifact, BENCHMARKS_MAX, FILE_BYTES_MAX, Format, ParseError, ParseErrorKind, Results};
use crate::model::{Launch, Unit};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub(super) const FORMAT: Format = Format {
    name: "gungraun",
    about: "a folder `target/gungraun` written with `--save-summary=json`, or the lines of `--output-format=json`",
    detect,
    read,
};

/// The schema that is read.
const SCHEMA: &str = "7";
/// Largest `summary.json`.
const JSON_BYTES_MAX: u64 = 16 << 20;
/// Deepest folder below the root; gungraun itself nests four.
const DEPTH_MAX: usize = 16;
/// Most files and folders in a tree.
const ENTRIES_MAX: usize = 200_000;
const PROFILES_MAX: usize = 100;

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Summary {
    module_path: String,
    /// Absent without `#[bench::id]`.
    id: Option<String>,
    profiles: Bounded<Profile, PROFILES_MAX>,
}

/// What one of valgrind's tools saw.
#[derive(Deserialize)]
struct Profile {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    total: Total,
}

#[derive(Deserialize)]
struct Total {
    metrics: Metrics,
}

#[derive(Deserialize)]
struct Metrics {
    /// Instructions; absent from tools that do not count them.
    #[serde(rename = "Ir")]
    instructions: Option<Counted>,
}

#[derive(Deserialize)]
struct Counted {
    values: Values,
}

#[derive(Deserialize)]
struct Values {
    /// Of this run.
    new: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    if !artifact.is_folder() {
        return is_summary(artifact.head());
    }
    let Some(first) = root(&artifact.path).and_then(|root| summaries(&root).ok()?.into_iter().next()) else {
        return false;
    };
    read_file(&first, JSON_BYTES_MAX).is_ok_and(|bytes| is_summary(&bytes[..bytes.len().min(4_096)]))
}

/// The keys of a summary are sorted.
fn is_summary(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let begins = head.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"baselines\""));
    begins && head.contains("\"benchmark_exe\"")
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let mut gathered = Gathered::new(path, FORMAT.name);
    if artifact.is_folder() {
        let root = root(path).unwrap_or_else(|| path.to_owned());
        let mut total = 0;
        for file in summaries(&root)? {
            let bytes = read_file(&file, JSON_BYTES_MAX)?;
            total += bytes.len() as u64;
            if total > FILE_BYTES_MAX {
                let problem = format!("holds more than {} MiB of summaries", FILE_BYTES_MAX >> 20);
                return Err(ParseError::new(ParseErrorKind::Limit, path, problem, "split the benchmarks into suites"));
            }
            let inside = shown_path(file.strip_prefix(&root).unwrap_or(&file));
            read_summaries(&mut gathered, &file, &inside, &bytes)?;
        }
    } else {
        read_summaries(&mut gathered, path, "summary", artifact.file(FORMAT.name)?)?;
    }
    if gathered.is_empty() {
        let next = "run `cargo bench -- --save-summary=json` first";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no benchmark has a summary", next));
    }
    Ok(gathered.results())
}

/// Reads one summary after the other; `inside` names the file in the tree.
fn read_summaries(gathered: &mut Gathered<'_>, path: &Path, inside: &str, bytes: &[u8]) -> Result<(), ParseError> {
    for (index, version) in documents::<Version>(path, bytes)?.into_iter().enumerate() {
        if version.version != SCHEMA {
            let at = At::Inside(format!("{inside} {}", index + 1));
            let problem = format!("is of schema {}, expected {SCHEMA}", shown_name(&version.version));
            return Err(gathered.error(&at, &problem, "run it with gungraun 0.20 or a version of the same schema"));
        }
    }
    for (index, summary) in documents::<Summary>(path, bytes)?.into_iter().enumerate() {
        let at = At::Inside(format!("{inside} {}", index + 1));
        let name = match &summary.id {
            Some(id) => format!("{} {id}", summary.module_path),
            None => summary.module_path.clone(),
        };
        let counted = summary.profiles.0.into_iter().find_map(|profile| profile.data.total.metrics.instructions);
        let Some(instructions) = counted.and_then(|counted| counted.values.new).filter(|count| *count > 0.0) else {
            let problem = format!("{} counted no instructions in this run", shown_name(&name));
            gathered.fail(&at, gathered.id(&name), &problem, "run it with Callgrind, which is gungraun's default")?;
            continue;
        };
        let launches = vec![Launch { iterations: vec![instructions] }];
        gathered.add(&at, gathered.id(&name), counter("instructions", Unit::One), launches)?;
    }
    Ok(())
}

/// The JSON documents of a file, each on a line or on many.
fn documents<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<T>, ParseError> {
    let mut found = Vec::new();
    for document in serde_json::Deserializer::from_slice(bytes).into_iter() {
        found.push(document.map_err(|error| ParseError::json(path, &error))?);
        if found.len() > BENCHMARKS_MAX {
            let problem = format!("holds more than {BENCHMARKS_MAX} summaries");
            return Err(ParseError::new(ParseErrorKind::Limit, path, problem, "measure fewer benchmarks per file"));
        }
    }
    Ok(found)
}

/// The tree in what the user named; none in a project without one.
fn root(dir: &Path) -> Option<PathBuf> {
    let inner = [dir.join("target/gungraun"), dir.join("gungraun")].into_iter().find(|inner| inner.is_dir());
    inner.or_else(|| (!dir.join("Cargo.toml").exists()).then(|| dir.to_owned()))
}

/// Every `summary.json` below, sorted. Links are refused, not followed.
fn summaries(root: &Path) -> Result<Vec<PathBuf>, ParseError> {
    let limit = |folder: &Path, problem: String| {
        Err(ParseError::new(ParseErrorKind::Limit, folder, problem, "name the folder `target/gungraun`"))
    };
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), 0)];
    let mut entries = 0;
    while let Some((folder, depth)) = folders.pop() {
        let io = |error| ParseError::io(&folder, &error);
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let kind = entry.file_type().map_err(io)?;
            entries += 1;
            if entries > ENTRIES_MAX {
                return limit(root, format!("holds more than {ENTRIES_MAX} files and folders"));
            }
            if kind.is_symlink() {
                let (problem, next) =
                    ("is a symbolic link, which is not followed", "copy what it points to, or remove it");
                return Err(ParseError::new(ParseErrorKind::Unreadable, &entry.path(), problem, next));
            } else if kind.is_dir() && depth == DEPTH_MAX {
                return limit(&folder, format!("is nested deeper than {DEPTH_MAX} folders"));
            } else if kind.is_dir() {
                folders.push((entry.path(), depth + 1));
            } else if entry.file_name() == OsStr::new("summary.json") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
