//! The files of the file stores: the runs of one suite in one environment class, one JSON value a line.
//!
//! The first line says how many runs and series follow, then comes a line for each run, then one for each series. A file's name
//! says how many runs it holds, from when to when they were recorded, and the checksum of its content; so a file never changes.

use super::columns::{Column, Columns, Kept};
use super::entry::hex;
use super::spec::redacted;
use super::{HistoryError, Time, Wanted};
use crate::model::{Environment, SCHEMA, shown_message};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The end of every file's name.
pub(super) const SUFFIX: &str = ".ndjson";

/// Bytes of a file that are read.
pub(super) const BYTES_MAX: u64 = 256 << 20;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    suite: String,
    environments: Vec<Environment>,
    runs: usize,
    series: usize,
}

/// The part of the first line that every schema has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// What a file's name says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// When its first run was recorded.
    pub(super) from: Time,
    /// When its last run was recorded.
    pub(super) to: Time,
    /// Runs.
    pub(super) runs: usize,
    /// The first 64 bits of the SHA-256 of its content.
    sum: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}-{}{SUFFIX}", self.from.ms(), self.to.ms(), self.runs, self.sum)
    }
}

impl Name {
    /// Reads a name; `None` where it is none of ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_suffix(SUFFIX)?.split('-');
        let mut time = || parts.next()?.parse().ok().and_then(Time::from_ms);
        let (from, to) = (time()?, time()?);
        let runs = parts.next()?.parse().ok()?;
        let sum = parts.next()?.to_owned();
        let name = Self { from, to, runs, sum };
        (parts.next().is_none() && name.to_string() == text).then_some(name)
    }

    /// Whether a run that was recorded then may be in the file.
    pub(super) fn spans(&self, recorded: Time) -> bool {
        (self.from..=self.to).contains(&recorded)
    }
}

/// Where a suite's files of one class lie: two folders. What the names really are stands in the files.
pub(super) fn folder(suite: &str, class: &str) -> String {
    format!("{}/{}", slug(suite), slug(class))
}

/// A name as a folder's name: as it is where it is plain and short, else made plain and told apart by a checksum.
pub(super) fn slug(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if !name.is_empty() && name.len() <= 80 && name.chars().all(is_plain) && !name.starts_with('.') {
        return name.to_owned();
    }
    let plain = name.chars().take(60).map(|c| c.to_ascii_lowercase()).map(|c| if is_plain(c) { c } else { '_' });
    let plain: String = plain.collect();
    format!("{}-{}", plain.trim_start_matches('.'), hex(&Sha256::digest(name)[..4]))
}

/// A remote's name or address as a part of a ref's name: without its password, and without dots, which a ref may not have anywhere.
pub(super) fn part_of_ref(remote: &str) -> String {
    let shown = redacted(remote);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if shown == remote && (1..=80).contains(&remote.len()) && remote.chars().all(is_plain) {
        return shown;
    }
    let plain: String = shown.chars().take(60).map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("{plain}-{}", hex(&Sha256::digest(&shown)[..4]))
}

/// A file's name and content.
pub(super) fn write(columns: &Columns) -> Result<(Name, Vec<u8>), serde_json::Error> {
    let mut text = Vec::new();
    let head = Head {
        schema: SCHEMA,
        suite: columns.suite.clone(),
        environments: columns.environments.clone(),
        runs: columns.runs.len(),
        series: columns.series.len(),
    };
    serde_json::to_writer(&mut text, &head)?;
    for run in &columns.runs {
        text.push(b'\n');
        serde_json::to_writer(&mut text, run)?;
    }
    for column in &columns.series {
        text.push(b'\n');
        serde_json::to_writer(&mut text, column)?;
    }
    text.push(b'\n');
    let recorded = || columns.runs.iter().map(|kept| kept.run.recorded);
    let (from, to) = (recorded().min().unwrap_or_default(), recorded().max().unwrap_or_default());
    Ok((Name { from, to, runs: columns.runs.len(), sum: sum(&text) }, text))
}

fn sum(text: &[u8]) -> String {
    hex(&Sha256::digest(text)[..8])
}

/// Reads a file's content; `place` is for messages. Series that nobody asked for are passed over.
pub(super) fn read(place: &str, name: &Name, text: &[u8], wanted: &Wanted) -> Result<Columns, HistoryError> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let version: Version = parse(place, 1, first)?;
    if version.schema > SCHEMA {
        return Err(HistoryError::newer(place, version.schema, SCHEMA));
    }
    if sum(text) != name.sum {
        let problem = "its content is not what was written: the checksum in its name does not fit";
        return Err(HistoryError::damaged(place, problem));
    }
    let head: Head = parse(place, 1, first)?;
    let mut numbered = (2..).zip(lines);
    let mut columns = Columns { suite: head.suite, environments: head.environments, ..Columns::default() };
    for (line, text) in numbered.by_ref().take(head.runs) {
        let kept: Kept = parse(place, line, text)?;
        if kept.environment >= columns.environments.len() {
            return Err(HistoryError::damaged(format!("{place}:{line}"), "its environment is not in the file"));
        }
        columns.runs.push(kept);
    }
    for (line, text) in numbered.by_ref().take(head.series) {
        let mut column: Column = parse(place, line, text)?;
        let whole = |values: &[f64]| values.len() == head.runs;
        if !whole(&column.values) || !(column.spreads.is_empty() || whole(&column.spreads)) {
            return Err(HistoryError::damaged(format!("{place}:{line}"), "it does not have one value per run"));
        }
        if !wanted.spreads {
            column.spreads.clear();
        }
        if wanted.takes(&column.benchmark, &column.metric.name) {
            columns.series.push(column);
        }
    }
    if columns.runs.len() < head.runs || head.runs == 0 {
        return Err(HistoryError::damaged(place, "it ends early"));
    }
    match columns.oddity() {
        Some(odd) => Err(HistoryError::damaged(place, odd)),
        None => Ok(columns),
    }
}

fn parse<'a, T: Deserialize<'a>>(place: &str, line: usize, text: &'a [u8]) -> Result<T, HistoryError> {
    serde_json::from_slice(text)
        .map_err(|error| HistoryError::damaged(format!("{place}:{line}:{}", error.column()), shown_message(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ref_holds_no_dots_and_no_password() {
        assert_eq!(part_of_ref("origin"), "origin");
        let parts =
            ["../elsewhere.git", "a/../b", "x.lock", ".", "https://ada:hunter2@h/r.git", "https://hunter2@h/r.git"];
        for remote in parts {
            let part = part_of_ref(remote);
            assert!(!part.contains(['.', '/']) && !part.contains("hunter2"), "{part}");
        }
        assert_ne!(part_of_ref("a/b"), part_of_ref("a_b"));
        assert_eq!(part_of_ref("https://ada:one@h/r"), part_of_ref("https://ada:two@h/r"), "a password changes");
    }
}
