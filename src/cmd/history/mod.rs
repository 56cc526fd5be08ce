//! What looks back: commands about stored runs and histories. `history` itself, which looks after one, is here.

mod alerts;
pub(super) mod baseline;
pub(super) mod export;
pub(super) mod import;
mod since;
pub(super) mod site;
mod source;
pub(super) mod store;
mod tell;
pub(super) mod trend;

use super::{Done, Io};
use crate::cli::{Every as Span, Global, History as What};
use crate::deliver::ExitStatus;
use crate::model::clean;
use crate::report::Format;
use crate::report::text::{line, plural, without_commands};
use crate::store::history::{Appended, Columns, Every, Keep, Verified, Wanted, copy, verify};
use anyhow::{Result, bail};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use store::{named, required};

/// Looks after the history.
pub(super) fn run(what: &What, global: &Global, io: &Io<'_>) -> Result<Done> {
    let is_json = global.format == Format::Json && matches!(what, What::Show { .. });
    if global.format != Format::Terminal && !is_json {
        let all = "`history show` can also be written as json";
        bail!("this command's answer cannot be written as {}; {all}", global.format.name());
    }
    let mut notes = Vec::new();
    let (mut text, status) = match what {
        What::Show { store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            notes.extend_from_slice(store.notes());
            let held = held(&store.load(&Wanted::default())?);
            let text = if is_json { json(&store.place(), &held)? } else { show(&store.place(), &held)? };
            (text, ExitStatus::Pass)
        }
        What::Verify { store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            notes.extend_from_slice(store.notes());
            let found = verify(store.as_mut())?;
            if found.suites == 0 && found.damaged.is_empty() {
                bail!(nothing(&store.place()));
            }
            let status = if found.damaged.is_empty() { ExitStatus::Pass } else { ExitStatus::Error };
            (describe(&store.place(), &found)?, status)
        }
        What::Copy { from, into } => {
            let (mut from, mut into) = (named(from, global, io)?, named(into, global, io)?);
            notes = [from.notes(), into.notes()].concat();
            let (copied, left_out) = copy(from.as_mut(), into.as_mut())?;
            if copied == Appended::default() && left_out.is_empty() {
                bail!(nothing(&from.place()));
            }
            let mut text = String::new();
            for damaged in &left_out {
                writeln!(text, "not copied, damaged: {}", line(damaged))?;
            }
            writeln!(
                text,
                "{} copied to {}, {} were there already",
                plural(copied.added, "run"),
                into.place(),
                copied.known
            )?;
            (text, if left_out.is_empty() { ExitStatus::Pass } else { ExitStatus::Error })
        }
        What::Prune { keep, then, store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            notes.extend_from_slice(store.notes());
            let then = then.map(|span| match span {
                Span::Day => Every::Day,
                Span::Week => Every::Week,
            });
            let dropped = store.prune(Keep { newest: *keep, then })?;
            (format!("{} dropped from {}\n", plural(dropped, "run"), store.place()), ExitStatus::Pass)
        }
    };
    if !is_json {
        notes.iter().try_for_each(|note| writeln!(text, "note: {note}"))?;
    }
    // Names in a history may come from anybody.
    Ok(Done::Text(without_commands(&clean(&text)), status))
}

/// What to do where there is no run.
fn nothing(place: &str) -> String {
    format!("no run in {place}; check its name, or store a run there with `benchgate record`")
}

/// The runs of a suite in an environment class.
struct Held {
    suite: String,
    class: String,
    runs: usize,
    series: usize,
    /// The times of the first and the last commit.
    first: String,
    last: String,
}

fn held(loaded: &[Columns]) -> Vec<Held> {
    let mut held = Vec::new();
    for columns in loaded {
        for (class, runs) in classes(columns) {
            let (Some(first), Some(last)) = (runs.first(), runs.last()) else { continue };
            let time = |run: usize| columns.runs[run].run.when().to_string();
            held.push(Held {
                suite: columns.suite.clone(),
                class: class.to_owned(),
                series: columns.series.iter().filter(|column| has_any(column, &runs)).count(),
                first: time(*first),
                last: time(*last),
                runs: runs.len(),
            });
        }
    }
    held
}

/// A line for each suite and environment.
fn show(place: &str, held: &[Held]) -> Result<String> {
    if held.is_empty() {
        return Ok(format!("no run in {place}; `benchgate record` stores one\n"));
    }
    let mut text = String::new();
    for Held { suite, class, runs, series, first, last } in held {
        let day = |time: &str| time.chars().take(10).collect::<String>();
        let (suite, class, span) = (line(suite), line(class), format!("{} to {}", day(first), day(last)));
        writeln!(text, "{suite}  {}, {series} series, {span}  {class}", plural(*runs, "run"))?;
    }
    Ok(text)
}

fn json(place: &str, held: &[Held]) -> Result<String> {
    let one = |held: &Held| {
        json!({"suite": held.suite, "environment": held.class, "runs": held.runs, "series": held.series,
               "first": held.first, "last": held.last})
    };
    let list: Vec<_> = held.iter().map(one).collect();
    Ok(serde_json::to_string_pretty(&json!({"store": place, "suites": list}))? + "\n")
}

fn has_any(column: &crate::store::history::Column, runs: &[usize]) -> bool {
    runs.iter().any(|run| column.values[*run].is_finite())
}

/// The runs of each environment class.
fn classes(columns: &Columns) -> BTreeMap<&str, Vec<usize>> {
    let mut classes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, kept) in columns.runs.iter().enumerate() {
        classes.entry(&columns.environments[kept.environment].class).or_default().push(index);
    }
    classes
}

fn describe(place: &str, found: &Verified) -> Result<String> {
    let mut text = String::new();
    for damaged in &found.damaged {
        writeln!(text, "damaged: {}", line(damaged))?;
    }
    for gap in &found.gaps {
        writeln!(text, "gap: {}", line(gap))?;
    }
    let Verified { suites, runs, series, values, .. } = found;
    let verdict = if found.damaged.is_empty() { "whole" } else { "damaged" };
    let counted = [(*suites, "suite"), (*runs, "run")].map(|(count, noun)| plural(count, noun)).join(", ");
    writeln!(text, "{place} is {verdict}: {counted}, {series} series, {}", plural(*values, "value"))?;
    Ok(text)
}
