//! `data.js` of github-action-benchmark, and the same object as plain JSON (its `external-data-json-path`).

use super::super::error::shown_name;
use super::super::formats::github_action_benchmark::{Bench, ENTRIES_MAX, PREFIX, SUITES_MAX, metric_of, object};
use super::super::gathered::Members;
use super::super::outline::{has, opens, outline};
use super::super::source::{Bounded, json};
use super::super::{Artifact, BENCHMARKS_MAX, ParseError};
use super::{EMPTY, Found, NO_DIRECTION, Reading, commit_id, whole_seconds};
use serde::Deserialize;

#[derive(Deserialize)]
struct Data {
    entries: Members<Bounded<Entry, ENTRIES_MAX>, SUITES_MAX>,
}

/// One run of a suite. Of the commit nothing but its id is read: neither authors, nor its message, nor URLs.
#[derive(Deserialize)]
struct Entry {
    commit: Commit,
    /// Milliseconds since 1970.
    date: f64,
    tool: String,
    benches: Bounded<Bench, BENCHMARKS_MAX>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
}

/// Tools that print a line per repetition, all under one name. With any other, the same name is another benchmark.
const REPEATING: [&str; 2] = ["go", "googlecpp"];

pub(super) fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head().trim_ascii_start();
    head.starts_with(PREFIX.as_bytes()) || (has(&outline(head), &["entries"]) && opens(head, "entries", b'{'))
}

pub(super) fn read(artifact: &Artifact, history: &mut Reading<'_>) -> Result<(), ParseError> {
    let data: Data = json(&artifact.path, &object(artifact, "data.js")?)?;
    for (suite, Bounded(entries)) in data.entries.0 {
        for (index, entry) in entries.into_iter().enumerate() {
            let inside = || format!("entries.{}[{index}]", shown_name(&suite));
            read_entry(history, &suite, &inside, &format!("{index:06}"), &entry)?;
        }
    }
    Ok(())
}

fn read_entry(
    history: &mut Reading<'_>,
    suite: &str,
    inside: &dyn Fn() -> String,
    run: &str,
    entry: &Entry,
) -> Result<(), ParseError> {
    let Some(revision) = commit_id(&entry.commit.id) else {
        let problem = format!("expected 7 to 64 hexadecimal digits, found {}", shown_name(&entry.commit.id));
        return Err(history.error(&format!("{}.commit.id", inside()), &problem, "write the commit's id there"));
    };
    let Some(seconds) = whole_seconds((entry.date / 1e3).floor()) else {
        let problem = format!("expected milliseconds since 1970, from 2000 to 9999, found {}", entry.date);
        return Err(history.error(&format!("{}.date", inside()), &problem, "write when the run took place"));
    };
    let repeats = REPEATING.contains(&entry.tool.as_str());
    if entry.benches.0.is_empty() {
        history.suite(suite, inside)?.leave_out(EMPTY, 1, inside());
    }
    for (position, bench) in entry.benches.0.iter().enumerate() {
        let found = Found {
            suite,
            revision: &revision,
            seconds,
            run,
            repeat: if repeats { position as u32 } else { 0 },
            benchmark: &bench.name,
            metric: metric_of(&entry.tool, bench).ok_or(NO_DIRECTION),
            value: bench.value,
        };
        history.add(&|| format!("{}.benches[{position}]", inside()), &found)?;
    }
    Ok(())
}
