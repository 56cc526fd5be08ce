//! hyperfine's `--export-json`: one launch of a command per time, in seconds.
//!
//! Refuses what hyperfine itself lets pass: failed commands (`-i`), and times that its correction for the shell's own
//! start-up clamped to zero. Means, medians and deviations in the file are ignored: they follow from the times.

use super::Results;
use super::error::shown_name;
use super::source::{Bounded, check_name, json};
use super::{
    Artifact, BENCHMARKS_MAX, Failure, Format, ITERATIONS_MAX, ParseError, ParseErrorKind, VALUES_MAX,
    one_value_per_launch, own_metric,
};
use crate::model::{BenchmarkId, Measurement};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "hyperfine", about: "a file written by `hyperfine --export-json FILE`", detect, read };

/// The file, as far as it is read.
#[derive(Deserialize)]
struct Export {
    results: Bounded<Run, BENCHMARKS_MAX>,
}

/// One command.
#[derive(Deserialize)]
struct Run {
    /// The command line, or the name given with `-n`.
    command: String,
    times: Option<Bounded<f64, ITERATIONS_MAX>>,
    /// Per run; `null` where a signal ended the command. Absent in old versions.
    exit_codes: Option<Bounded<Option<i64>, ITERATIONS_MAX>>,
    /// Per run; absent in 1.15.
    memory_usage_byte: Option<Bounded<f64, ITERATIONS_MAX>>,
    /// Of `-P` and `-L`; always text.
    parameters: Option<BTreeMap<String, String>>,
}

/// Whether the file begins with `{"results":[` followed by a `command` or by the list's end.
fn detect(artifact: &Artifact) -> bool {
    let mut rest = artifact.head();
    for token in ["{", "\"results\"", ":", "["] {
        rest = match rest.trim_ascii_start().strip_prefix(token.as_bytes()) {
            Some(rest) => rest,
            None => return false,
        };
    }
    let key = b"\"command\"";
    rest.trim_ascii_start().starts_with(b"]") || rest.windows(key.len()).any(|window| window == key)
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let export: Export = json(path, artifact.file("hyperfine")?)?;
    let runs = export.results.0;
    if runs.is_empty() {
        return Err(ParseError::new(
            ParseErrorKind::Nothing,
            path,
            "results: no command was measured",
            "run hyperfine again and look at its exit status",
        ));
    }
    let values: usize = runs.iter().map(|run| run.times.as_ref().map_or(0, |times| times.0.len())).sum();
    if values > VALUES_MAX {
        return Err(ParseError::new(
            ParseErrorKind::Limit,
            path,
            format!("holds {values} times, more than {VALUES_MAX}"),
            "measure fewer commands per file",
        ));
    }
    let names = unique_names(path, &runs)?;
    let mut results = Results::default();
    for (index, (run, name)) in runs.into_iter().zip(names).enumerate() {
        let begun = results.measurements.len();
        if let Err(error) = read_run(path, index, &run, &name, &mut results.measurements) {
            results.measurements.truncate(begun);
            results.failures.push(Failure { id: BenchmarkId::new(FORMAT.name, name), error });
        }
    }
    Ok(results)
}

/// Checks one command and adds its metrics.
fn read_run(
    path: &Path,
    index: usize,
    run: &Run,
    name: &str,
    measurements: &mut Vec<Measurement>,
) -> Result<(), ParseError> {
    let times = run.times.as_ref().map(|times| times.0.as_slice()).unwrap_or_default();
    if times.is_empty() {
        return Err(ParseError::at(
            path,
            &format!("results[{index}].times"),
            &format!("expected the times of every run of {}, found none", shown_name(name)),
            "export with --export-json; CSV and Markdown exports hold no single runs",
        ));
    }
    check_exit_codes(path, index, run, name, times.len())?;
    check_times(path, index, name, times)?;
    let id = BenchmarkId::new(FORMAT.name, name);
    if let Some(memory) = memory(path, index, run, times.len())? {
        measurements.push(one_value_per_launch(id.clone(), own_metric(path, "max-rss")?, memory));
    }
    measurements.push(one_value_per_launch(id, own_metric(path, "wall-time")?, times));
    Ok(())
}

/// A failure is not a fast run: any exit status but zero refuses the file.
fn check_exit_codes(path: &Path, index: usize, run: &Run, name: &str, count: usize) -> Result<(), ParseError> {
    let Some(Bounded(codes)) = &run.exit_codes else { return Ok(()) };
    check_count(path, &format!("results[{index}].exit_codes"), codes.len(), count)?;
    let Some(at) = codes.iter().position(|code| *code != Some(0)) else { return Ok(()) };
    let ending = match codes[at] {
        Some(code) => format!("ended with exit status {code}"),
        None => "was ended by a signal".to_owned(),
    };
    Err(ParseError::at(
        path,
        &format!("results[{index}].exit_codes[{at}]"),
        &format!("the command {} {ending}", shown_name(name)),
        "a failure is not a fast run: make the command succeed, and measure without -i",
    ))
}

fn check_times(path: &Path, index: usize, name: &str, times: &[f64]) -> Result<(), ParseError> {
    // A number too small for f64 reads as zero, one too large is refused by the JSON reader.
    let Some(at) = times.iter().position(|time| !(time.is_finite() && *time > 0.0)) else { return Ok(()) };
    let place = format!("results[{index}].times[{at}]");
    let name = shown_name(name);
    Err(if times[at] == 0.0 {
        ParseError::at(
            path,
            &place,
            &format!("the command {name} took 0 s: hyperfine subtracted the shell's start-up time and clamped at zero"),
            "measure without a shell (hyperfine -N), or let the command do more work",
        )
    } else {
        ParseError::at(
            path,
            &place,
            &format!("expected a time above 0 s for the command {name}, found {}", times[at]),
            "measure again",
        )
    })
}

/// Peak memory per run; `None` where hyperfine did not measure it (absent, or zero throughout).
fn memory<'a>(path: &Path, index: usize, run: &'a Run, count: usize) -> Result<Option<&'a [f64]>, ParseError> {
    let Some(Bounded(bytes)) = &run.memory_usage_byte else { return Ok(None) };
    check_count(path, &format!("results[{index}].memory_usage_byte"), bytes.len(), count)?;
    if bytes.iter().all(|&value| value == 0.0) {
        return Ok(None);
    }
    match bytes.iter().position(|value| !(value.is_finite() && *value > 0.0)) {
        None => Ok(Some(bytes)),
        Some(at) => Err(ParseError::at(
            path,
            &format!("results[{index}].memory_usage_byte[{at}]"),
            &format!("expected a number of bytes above 0, found {}", bytes[at]),
            "measure again",
        )),
    }
}

fn check_count(path: &Path, at: &str, found: usize, expected: usize) -> Result<(), ParseError> {
    if found == expected {
        return Ok(());
    }
    let problem = format!("expected {expected} values, one per time, found {found}");
    Err(ParseError::at(path, at, &problem, "write the file again with hyperfine, and do not edit it"))
}

/// One name per command: `command`, with ` [name=value,…]` when it has parameters (sorted by name), and ` #2`, ` #3`…
/// when the same name comes again, in the file's order.
fn unique_names(path: &Path, runs: &[Run]) -> Result<Vec<String>, ParseError> {
    let plain: Vec<String> = runs.iter().map(plain_name).collect();
    let taken: BTreeSet<&str> = plain.iter().map(String::as_str).collect();
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names: Vec<String> = Vec::with_capacity(plain.len());
    for (index, name) in plain.iter().enumerate() {
        let copy = copies.entry(name).or_insert(0);
        *copy += 1;
        let mut unique = name.clone();
        while *copy > 1 {
            unique = format!("{name} #{copy}");
            if !taken.contains(unique.as_str()) {
                break;
            }
            *copy += 1;
        }
        check_name(&unique).map_err(|problem| {
            let at = format!("results[{index}].command");
            ParseError::at(path, &at, &problem, "give the command a short name with hyperfine -n")
        })?;
        names.push(unique);
    }
    Ok(names)
}

fn plain_name(run: &Run) -> String {
    let mut name = run.command.clone();
    for (index, (parameter, value)) in run.parameters.iter().flatten().enumerate() {
        let separator = if index == 0 { " [" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(name, "{separator}{parameter}={value}");
    }
    if run.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
        name.push(']');
    }
    name
}
