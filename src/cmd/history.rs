use super::store::{named, required};
use super::{Done, Io};
use crate::cli::{Every as Span, Global, History as What};
use crate::deliver::ExitStatus;
use crate::model::clean;
use crate::store::history::{Columns, Every, Keep, Store, Verified, Wanted, copy, verify};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Looks after the history.
pub(super) fn run(what: &What, global: &Global, io: &Io<'_>) -> Result<Done> {
    let (text, status) = match what {
        What::Show { store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            (show(store.as_mut())?, ExitStatus::Pass)
        }
        What::Verify { store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            let found = verify(store.as_mut())?;
            let status = if found.damaged.is_empty() { ExitStatus::Pass } else { ExitStatus::Error };
            (describe(&store.place(), &found)?, status)
        }
        What::Copy { from, into } => {
            let (mut from, mut into) = (named(from, global, io)?, named(into, global, io)?);
            let copied = copy(from.as_mut(), into.as_mut())?;
            let text =
                format!("{} runs copied to {}, {} were there already\n", copied.added, into.place(), copied.known);
            (text, ExitStatus::Pass)
        }
        What::Prune { keep, then, store } => {
            let mut store = required(store.store.as_deref(), global, io)?;
            let then = then.map(|span| match span {
                Span::Day => Every::Day,
                Span::Week => Every::Week,
            });
            let dropped = store.prune(Keep { newest: *keep, then })?;
            (format!("{dropped} runs dropped from {}\n", store.place()), ExitStatus::Pass)
        }
    };
    // Names in a history may come from anybody.
    Ok(Done::Text(clean(&text), status))
}

/// A line for each suite and environment.
fn show(store: &mut dyn Store) -> Result<String> {
    let loaded = store.load(&Wanted::default())?;
    if loaded.is_empty() {
        return Ok(format!("no run in {}; `benchgate record` stores one\n", store.place()));
    }
    let mut text = String::new();
    for columns in &loaded {
        let day = |run: usize| columns.runs[run].run.when().to_string().chars().take(10).collect::<String>();
        for (class, runs) in classes(columns) {
            let (Some(first), Some(last)) = (runs.first(), runs.last()) else { continue };
            let of_class = |column: &&_| has_any(column, &runs);
            let series = columns.series.iter().filter(of_class).count();
            let span = format!("{} to {}", day(*first), day(*last));
            writeln!(text, "{}  {} runs, {series} series, {span}  {class}", columns.suite, runs.len())?;
        }
    }
    Ok(text)
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
    for line in &found.damaged {
        writeln!(text, "damaged: {line}")?;
    }
    for line in &found.gaps {
        writeln!(text, "gap: {line}")?;
    }
    let Verified { suites, runs, series, values, .. } = found;
    let verdict = if found.damaged.is_empty() { "whole" } else { "damaged" };
    writeln!(text, "{place} is {verdict}: {suites} suites, {runs} runs, {series} series, {values} values")?;
    Ok(text)
}
