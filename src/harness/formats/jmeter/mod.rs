//! JTL files of `JMeter`: a row or an element per sample, as comma-separated values or as XML.

mod csv;
#[cfg(test)]
mod tests;
mod xml;

use super::gathered::Gathered;
use super::load_test::add_endpoints;
use super::{Artifact, Format, ParseError, ParseErrorKind};
use crate::harness::Results;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "jmeter", about: "a JTL file of JMeter (`jmeter -n -l FILE`), CSV or XML", detect, read };

fn detect(artifact: &Artifact) -> bool {
    is_xml(artifact.head()) || csv::layout(artifact.head()).is_some()
}

fn is_xml(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    head.trim_start_matches('\u{feff}').trim_start().starts_with('<') && head.contains("<testResults")
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let requests = if is_xml(artifact.head()) { xml::read(artifact)? } else { csv::read(artifact)? };
    let path = artifact.path.as_path();
    let mut gathered = Gathered::new(path, FORMAT.name).with_zero_times();
    let counts: BTreeMap<String, u64> = requests.counts().map(|(name, count)| (name.to_owned(), count)).collect();
    let endpoints = requests.endpoints(|name| is_part(name, &counts));
    add_endpoints(&mut gathered, path, endpoints.into_iter().map(|(_, endpoint)| endpoint).collect())?;
    Ok(gathered.results())
}

/// Whether a label is that of a part of another sample, which holds its time already: `JMeter` numbers a sample's parts
/// (redirects, embedded resources) from `LABEL-0` on, so there are no more of them than of `LABEL`.
fn is_part(name: &str, counts: &BTreeMap<String, u64>) -> bool {
    let Some((whole, number)) = name.rsplit_once('-') else { return false };
    let Ok(last) = number.parse::<usize>() else { return false };
    let at_most = counts.get(whole).copied().unwrap_or_default();
    last.to_string() == number
        && last < counts.len()
        && (0..=last).all(|part| counts.get(&format!("{whole}-{part}")).is_some_and(|&count| count <= at_most))
}

/// A complaint about a sample, of which nothing is repeated.
fn refuse(path: &Path, line: usize, problem: &str, next: &str) -> ParseError {
    ParseError { kind: ParseErrorKind::Value, ..ParseError::line(path, (line, 1), problem, next) }
}

const WRITTEN: &str = "write the file again with JMeter, and do not edit it";
