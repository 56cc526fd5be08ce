//! Where histories come from: the stored baselines, or a file of anybody's. Whoever looks at a history reads it here.

use super::baseline::folder;
use super::store::find;
use crate::cli::{Global, HistorySource};
use crate::cmd::Io;
use crate::cmd::project::start;
use crate::harness::{Past, PastRun, PastSuite, read_past};
use crate::model::{History, RunLabel, Series};
use crate::stats::summary::median;
use crate::store::history::{self, Store, Wanted};
use crate::store::{self, Baseline, StoredRow, StoredRun};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// The histories that the flags name, else the configured one, else the stored baselines.
pub(super) fn histories(source: &HistorySource, global: &Global, io: &Io<'_>) -> Result<Vec<History>> {
    let mut found = match &source.from {
        Some(path) => read(&start(global)?.join(path))?,
        None => match find(source.store.as_deref(), global, io)? {
            Some(mut store) => of_store(store.as_mut())?,
            None => stored(global)?,
        },
    };
    let unknown = found.iter_mut().flat_map(|history| &mut history.series).filter(|series| series.better.is_none());
    unknown.for_each(|series| series.better = source.better.map(Into::into));
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<History>> {
    Ok(match read_past(path)? {
        Past::Suites(suites) => suites.iter().map(of_suite).collect(),
        Past::Table(history) => vec![history],
    })
}

fn of_store(store: &mut dyn Store) -> Result<Vec<History>> {
    let mut found = history::read(store, &Wanted::default())?;
    if let Some(first) = found.first_mut() {
        first.left_out.extend_from_slice(store.notes());
    } else {
        bail!("no run in {}; `benchgate record` stores one, and `benchgate import` another tool's", store.place());
    }
    Ok(found)
}

/// Another tool's suite as a history: its runs are its own.
fn of_suite(suite: &PastSuite) -> History {
    let mut series: BTreeMap<(&str, &str), Series> = BTreeMap::new();
    for (index, run) in suite.runs.iter().enumerate() {
        for value in &run.values {
            let entry = series.entry((&value.benchmark, &value.metric.name)).or_insert_with(|| Series {
                benchmark: format!("{}/{}", suite.name, value.benchmark),
                metric: value.metric.name.clone(),
                unit: Some(value.metric.unit),
                better: Some(value.metric.better),
                values: vec![f64::NAN; suite.runs.len()],
            });
            entry.values[index] = median(&value.repeats);
        }
    }
    let time = |seconds: u64| humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    let label = |run: &PastRun| RunLabel {
        commit: Some(run.revision.clone()),
        time: Some(time(run.seconds)),
        environment: None,
    };
    let left_out = suite.left_out.iter().map(|left| format!("{}: {} left out: {}", suite.name, left.count, left.why));
    History {
        runs: suite.runs.iter().map(label).collect(),
        series: series.into_values().collect(),
        left_out: left_out.collect(),
    }
}

/// The stored baselines, one history each: what another machine measured is another history.
fn stored(global: &Global) -> Result<Vec<History>> {
    let folder = folder(global)?;
    let found = store::list(&folder)?;
    if found.is_empty() {
        bail!("no baseline in '{}'; `benchgate record` stores one, and --from looks at any file", folder.display());
    }
    let mut suites: Vec<&str> = found.iter().map(|(_, baseline)| baseline.suite.as_str()).collect();
    suites.sort_unstable();
    let is_split = |suite: &str| suites.iter().filter(|other| **other == suite).count() > 1;
    Ok(found.iter().map(|(_, baseline)| of_baseline(baseline, is_split(&baseline.suite))).collect())
}

/// A baseline as a history; `is_split` says that the suite has others, so that its machine's class belongs to the names.
fn of_baseline(baseline: &Baseline, is_split: bool) -> History {
    let label = |run: &StoredRun| RunLabel {
        commit: Some(run.revision.clone()),
        time: Some(run.recorded.clone()),
        environment: Some(baseline.environment.class.clone()),
    };
    let class = if is_split { format!(" ({})", baseline.environment.class) } else { String::new() };
    let series = |row: &StoredRow| Series {
        benchmark: format!("{}/{}{class}", baseline.suite, row.benchmark),
        metric: row.metric.name.clone(),
        unit: Some(row.metric.unit),
        better: Some(row.metric.better),
        values: row.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
    };
    History {
        runs: baseline.runs.iter().map(label).collect(),
        series: baseline.rows.iter().map(series).collect(),
        left_out: Vec::new(),
    }
}
