//! Locust: the statistics of a run's end (`PREFIX_stats.csv`) or their history (`PREFIX_stats_history.csv`), and what `--json`
//! prints.

mod csv;
mod json;
#[cfg(test)]
mod tests;

use super::gathered::Gathered;
use super::load_test::{add_endpoints, endpoint};
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, ParseErrorKind};
use crate::harness::Results;

pub(super) const FORMAT: Format = Format {
    name: "locust",
    about: "PREFIX_stats.csv or PREFIX_stats_history.csv of Locust (`locust --csv PREFIX`), or the output of `locust --json`",
    detect,
    read,
};

fn detect(artifact: &Artifact) -> bool {
    csv::detect(artifact) || json::detect(artifact)
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let is_json = artifact.head().trim_ascii_start().starts_with(b"[");
    let endpoints = if is_json { json::read(artifact)? } else { csv::read(artifact)? };
    let mut gathered = Gathered::new(path, FORMAT.name).with_zero_times();
    add_endpoints(&mut gathered, path, endpoints)?;
    Ok(gathered.results())
}

/// A request's name as Locust prints it: behind its method, by which it is told from others of that name.
fn name(method: &str, given: &str) -> String {
    let public = endpoint(given);
    if method.is_empty() { public.into_owned() } else { format!("{method} {public}") }
}
