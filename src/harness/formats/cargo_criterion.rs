//! cargo-criterion's `--message-format json`: every batch of every benchmark, one JSON message a line.
//!
//! Estimates and `change` are ignored: they follow from the batches, and `change` compares with whatever ran before.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::{Dimension, written};
use super::source::Bounded;
use super::text::{lines, text};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, ParseErrorKind, Results};
use crate::model::Launch;
use serde::Deserialize;
use std::collections::BTreeSet;

pub(super) const FORMAT: Format = Format {
    name: "cargo-criterion",
    about: "what `cargo criterion --message-format json` writes to standard output",
    detect,
    read,
};

const AGAIN: &str = "run `cargo criterion` again and look at its exit status";

/// The messages that matter; there may be others.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    BenchmarkComplete(Benchmark),
    /// Ends the benchmarks of a group.
    GroupComplete {
        benchmarks: Bounded<String, BENCHMARKS_MAX>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Benchmark {
    id: String,
    /// Iterations in each batch.
    iteration_count: Bounded<f64, ITERATIONS_MAX>,
    /// What each batch took as a whole.
    measured_values: Bounded<f64, ITERATIONS_MAX>,
    unit: String,
}

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let first: String = head.trim_start().chars().take(100).filter(|c| !c.is_whitespace()).collect();
    ["benchmark", "group"].iter().any(|what| first.starts_with(&format!(r#"{{"reason":"{what}-complete""#)))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (number, line) in lines(text).filter(|(_, line)| !line.trim().is_empty()) {
        let at = At::Line(number, 1);
        match serde_json::from_str(line).map_err(|error| ParseError::json_line(path, number, &error))? {
            Message::BenchmarkComplete(benchmark) => {
                let values = seconds(&gathered, &at, &benchmark)?;
                let launches = vec![Launch { iterations: values }];
                gathered.add(&at, gathered.id(&benchmark.id), wall_time(), launches)?;
                open.insert(benchmark.id);
            }
            Message::GroupComplete { benchmarks: Bounded(names) } => {
                for name in names {
                    if !open.remove(&name) {
                        let problem = format!("the group names {}, which has no result", shown_name(&name));
                        return Err(gathered.error(&at, &problem, AGAIN));
                    }
                }
            }
            Message::Other => {}
        }
    }
    if let Some(name) = open.first() {
        let at = At::Line(text.lines().count(), 1);
        let problem = format!("the group of {} did not end: the run was interrupted", shown_name(name));
        return Err(gathered.error(&at, &problem, AGAIN));
    }
    if gathered.is_empty() {
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no benchmark was measured", AGAIN));
    }
    Ok(gathered.results())
}

/// Seconds per iteration of every batch, in time order.
fn seconds(gathered: &Gathered<'_>, at: &At, benchmark: &Benchmark) -> Result<Vec<f64>, ParseError> {
    let Benchmark { id, iteration_count: Bounded(counts), measured_values: Bounded(totals), unit } = benchmark;
    let name = shown_name(id);
    let time = written(unit).filter(|written| written.dimension == Dimension::Time);
    let factor = time.map(|written| written.factor).ok_or_else(|| {
        let problem = format!("{name} is measured in {}, which is no time", shown_name(unit));
        gathered.error(at, &problem, "measure wall time: of other units nobody knows which direction is better")
    })?;
    if counts.len() != totals.len() {
        let problem = format!("expected {} values of {name}, one per count, found {}", counts.len(), totals.len());
        return Err(gathered.error(at, &problem, "write the file again with the tool itself, and do not edit it"));
    }
    match counts.iter().find(|count| **count < 1.0) {
        Some(count) => {
            let problem = format!("expected a number of iterations of {name} above 0, found {count}");
            Err(gathered.error(at, &problem, "measure again"))
        }
        None => Ok(totals.iter().zip(counts).map(|(total, count)| total * factor / count).collect()),
    }
}
