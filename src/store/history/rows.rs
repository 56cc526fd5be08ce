//! Rows of the SQL stores, and how they become columns.

use super::columns::{Column, Columns, Kept};
use super::entry::Run;
use super::{HistoryError, Keep, Time};
use crate::model::{Environment, Metric, shown_message};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// A row of table `run`.
#[derive(Debug, Default)]
pub(super) struct RunRow {
    pub(super) id: i64,
    pub(super) checksum: String,
    pub(super) environment: i64,
    pub(super) revision: String,
    pub(super) committed: Option<i64>,
    pub(super) recorded: i64,
    pub(super) launches: i64,
    pub(super) accepted: Option<String>,
}

/// A row of table `series`: unit, better direction and distribution in the words of the model's JSON.
#[derive(Debug)]
pub(super) struct SeriesRow {
    pub(super) id: i64,
    pub(super) benchmark: String,
    pub(super) metric: String,
    pub(super) words: [String; 3],
}

/// One suite, on its way from a database.
#[derive(Debug, Default)]
pub(super) struct Rows {
    suite: String,
    /// Class and detail.
    environments: BTreeMap<i64, (String, String)>,
    /// Every run; sorted by time when laid out.
    pub(super) runs: Vec<RunRow>,
    pub(super) series: Vec<SeriesRow>,
    /// Run ids, sorted, and each one's place in the order of time.
    places: Vec<(i64, usize)>,
    /// Where the last value's run was found: the next one mostly follows it.
    cursor: usize,
    values: Vec<(Vec<f64>, Vec<f64>)>,
    /// A value of a run that is not there.
    stray: Option<i64>,
}

impl Rows {
    pub(super) fn new(suite: &str) -> Self {
        Self { suite: suite.to_owned(), ..Self::default() }
    }

    pub(super) fn environment(&mut self, id: i64, class: String, detail: String) {
        self.environments.insert(id, (class, detail));
    }

    /// Orders runs and series, and makes room for the values.
    pub(super) fn lay_out(&mut self, spreads: bool) {
        self.runs.sort_by(|a, b| {
            let key = |row: &RunRow| (row.committed.unwrap_or(row.recorded), row.recorded);
            key(a).cmp(&key(b)).then_with(|| a.checksum.cmp(&b.checksum))
        });
        self.places = self.runs.iter().enumerate().map(|(place, row)| (row.id, place)).collect();
        self.places.sort_unstable();
        let nothing = || vec![f64::NAN; self.runs.len()];
        self.values = self.series.iter().map(|_| (nothing(), if spreads { nothing() } else { Vec::new() })).collect();
    }

    /// A value of the series at `place`.
    pub(super) fn put(&mut self, place: usize, run: i64, value: f64, spread: Option<f64>) {
        let next = self.cursor + 1;
        let is_next = self.places.get(next).is_some_and(|(id, _)| *id == run);
        let found = if is_next { Ok(next) } else { self.places.binary_search_by_key(&run, |(id, _)| *id) };
        let (Ok(found), Some((values, spreads))) = (found, self.values.get_mut(place)) else {
            self.stray = Some(run);
            return;
        };
        self.cursor = found;
        let at = self.places[found].1;
        values[at] = value;
        if let (Some(spread), Some(cell)) = (spread, spreads.get_mut(at)) {
            *cell = spread;
        }
    }

    /// The runs that a pruned history drops; `place` is for messages.
    pub(super) fn gone(self, place: &str, keep: Keep) -> Result<Vec<i64>, HistoryError> {
        let ids: Vec<i64> = self.runs.iter().map(|row| row.id).collect();
        let stays = self.into_columns(place)?.stays(keep);
        Ok(ids.into_iter().zip(stays).filter(|(_, stays)| !stays).map(|(id, _)| id).collect())
    }

    /// As columns; `place` is for messages.
    pub(super) fn into_columns(self, place: &str) -> Result<Columns, HistoryError> {
        let damaged = |what: &str| HistoryError::damaged(place, format!("suite '{}': {what}", self.suite));
        if let Some(run) = self.stray {
            return Err(damaged(&format!("a value belongs to run {run}, which is not there")));
        }
        let mut columns = Columns { suite: self.suite.clone(), ..Columns::default() };
        let mut environments = BTreeMap::new();
        let used: BTreeSet<i64> = self.runs.iter().map(|row| row.environment).collect();
        for (id, (class, detail)) in &self.environments {
            if used.contains(id) {
                environments.insert(*id, columns.environments.len());
                let environment: Environment = serde_json::from_str(detail)
                    .map_err(|error| damaged(&format!("environment {id}: {}", shown_message(&error))))?;
                // The class stands there a second time, for other programs.
                if environment.class != *class {
                    return Err(damaged(&format!("environment {id}: its class was changed")));
                }
                columns.environments.push(environment);
            }
        }
        for row in &self.runs {
            let time = |ms: i64| Time::from_ms(ms).ok_or_else(|| damaged(&format!("run {}: no time", row.id)));
            let environment = environments.get(&row.environment).copied();
            columns.runs.push(Kept {
                id: row.checksum.clone(),
                environment: environment.ok_or_else(|| damaged(&format!("run {} has no environment", row.id)))?,
                run: Run {
                    revision: row.revision.clone(),
                    committed: row.committed.map(time).transpose()?,
                    recorded: time(row.recorded)?,
                    launches: u32::try_from(row.launches).map_err(|_| damaged(&format!("run {}: launches", row.id)))?,
                    accepted: row.accepted.clone(),
                },
            });
        }
        for (row, (values, mut spreads)) in self.series.iter().zip(self.values) {
            let metric = metric(row).ok_or_else(|| damaged(&format!("series {} has no known unit", row.id)))?;
            if spreads.iter().all(|spread| spread.is_nan()) {
                spreads = Vec::new();
            }
            columns.series.push(Column { benchmark: row.benchmark.clone(), metric, values, spreads });
        }
        columns.series.sort_by(|a, b| (&a.benchmark, &a.metric).cmp(&(&b.benchmark, &b.metric)));
        match columns.oddity() {
            Some(odd) => Err(HistoryError::damaged(place, odd)),
            None => Ok(columns),
        }
    }
}

/// A metric's unit, better direction and distribution, as the model's JSON has them.
pub(super) fn words(metric: &Metric) -> [String; 3] {
    [word(&metric.unit), word(&metric.better), word(&metric.distribution)]
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn metric(row: &SeriesRow) -> Option<Metric> {
    fn read<T: DeserializeOwned>(word: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
    }
    let [unit, better, distribution] = &row.words;
    Some(Metric {
        name: row.metric.clone(),
        unit: read(unit)?,
        better: read(better)?,
        distribution: read(distribution)?,
    })
}
