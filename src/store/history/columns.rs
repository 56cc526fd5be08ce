//! The runs of a suite as columns: what every store reads into, and what the files of the file stores hold.

use super::entry::{Entry, Found, Run, is_number, odd_name};
use super::{Keep, Time};
use crate::model::{Environment, History, Metric, RunLabel, Series};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A run of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// [`Entry::id`].
    pub id: String,
    /// Position among [`Columns::environments`].
    pub environment: usize,
    /// Which run.
    #[serde(flatten)]
    pub run: Run,
}

impl Kept {
    /// What runs are sorted by; no two have the same.
    fn key(&self) -> (Time, Time, &str) {
        (self.run.when(), self.run.recorded, &self.id)
    }
}

/// One benchmark and metric over all runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Column {
    /// The benchmark's name within the suite.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// One value per run, in base units; NaN where that run has none.
    #[serde(deserialize_with = "or_nan")]
    pub values: Vec<f64>,
    /// Likewise the spreads; empty where no run has one, or nobody asked.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_nan", default)]
    pub spreads: Vec<f64>,
}

/// A suite's runs, oldest first, of every environment.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The suite.
    pub suite: String,
    /// Where its runs took place.
    pub environments: Vec<Environment>,
    /// Its runs.
    pub runs: Vec<Kept>,
    /// Sorted by benchmark and metric.
    pub series: Vec<Column>,
}

impl Columns {
    /// One run.
    pub(super) fn of(entry: &Entry) -> Self {
        let column = |found: &Found| Column {
            benchmark: found.benchmark.clone(),
            metric: found.metric.clone(),
            values: vec![found.value],
            spreads: found.spread.into_iter().collect(),
        };
        Self {
            suite: entry.suite.clone(),
            environments: vec![entry.environment.clone()],
            runs: vec![Kept { id: entry.id(), environment: 0, run: entry.run.clone() }],
            series: entry.values.iter().map(column).collect(),
        }
    }

    /// Several parts of a suite as one: in order of time, every run once.
    pub(super) fn join(mut parts: Vec<Self>) -> Self {
        let (environments, environment_of) = environments(&parts);
        let mut runs: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .flat_map(|(part, columns)| (0..columns.runs.len()).map(move |run| (part, run)))
            .collect();
        let kept = |(part, run): (usize, usize)| &parts[part].runs[run];
        runs.sort_by(|a, b| kept(*a).key().cmp(&kept(*b).key()));
        let mut places: Vec<Vec<usize>> = parts.iter().map(|columns| vec![0; columns.runs.len()]).collect();
        let mut joined = Self {
            suite: parts.first().map(|part| part.suite.clone()).unwrap_or_default(),
            environments,
            ..Self::default()
        };
        for (part, run) in runs {
            let kept = kept((part, run));
            if joined.runs.last().is_none_or(|last| last.id != kept.id) {
                joined.runs.push(Kept { environment: environment_of[part][kept.environment], ..kept.clone() });
            }
            places[part][run] = joined.runs.len() - 1;
        }
        let length = joined.runs.len();
        let mut rows: BTreeMap<(String, Metric), (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        for (part, places) in parts.iter_mut().zip(&places) {
            for column in std::mem::take(&mut part.series) {
                let (values, spreads) = rows
                    .entry((column.benchmark, column.metric))
                    .or_insert_with(|| (vec![f64::NAN; length], Vec::new()));
                lay(&column.values, places, values);
                if !column.spreads.is_empty() {
                    spreads.resize(length, f64::NAN);
                    lay(&column.spreads, places, spreads);
                }
            }
        }
        let column = |((benchmark, metric), (values, spreads))| Column { benchmark, metric, values, spreads };
        joined.series = rows.into_iter().map(column).collect();
        joined
    }

    /// What no run could have been stored with: a name or a value that [`Entry::new`] refuses. Whoever writes a store by hand
    /// can write a checksum too.
    pub(super) fn oddity(&self) -> Option<String> {
        let classes = self.environments.iter().map(|environment| &environment.class);
        let revisions = self.runs.iter().map(|kept| &kept.run.revision);
        let metrics = self.series.iter().map(|column| &column.metric.name);
        let names = [&self.suite].into_iter().chain(classes).chain(revisions).chain(metrics);
        let benchmarks = self.series.iter().map(|column| &column.benchmark);
        let texts = benchmarks.chain(self.runs.iter().filter_map(|kept| kept.run.accepted.as_ref()));
        if let Some(odd) = odd_name(names, texts) {
            return Some(odd);
        }
        let is_odd = |value: &f64| !value.is_nan() && !is_number(*value);
        let odd = self.series.iter().find(|column| column.values.iter().chain(&column.spreads).any(is_odd))?;
        Some(format!("'{}' has a value that is negative or not finite", odd.benchmark))
    }

    /// The environment class of a run.
    pub(super) fn class(&self, run: usize) -> &str {
        self.runs.get(run).and_then(|run| self.environments.get(run.environment)).map_or("", |found| &found.class)
    }

    /// A run as it was stored.
    #[must_use]
    pub fn entry(&self, run: usize) -> Option<Entry> {
        let kept = self.runs.get(run)?;
        let number = |values: &[f64]| values.get(run).copied().filter(|value| value.is_finite());
        let found = |column: &Column| {
            Some(Found {
                benchmark: column.benchmark.clone(),
                metric: column.metric.clone(),
                value: number(&column.values)?,
                spread: number(&column.spreads),
            })
        };
        Some(Entry {
            suite: self.suite.clone(),
            environment: self.environments.get(kept.environment)?.clone(),
            run: kept.run.clone(),
            values: self.series.iter().filter_map(found).collect(),
        })
    }

    /// What `trend` and its kin look at.
    #[must_use]
    pub fn into_history(self) -> History {
        let label = |index: usize, kept: &Kept| RunLabel {
            commit: Some(kept.run.revision.clone()),
            time: Some(kept.run.when().to_string()),
            environment: Some(self.class(index).to_owned()),
        };
        let runs = self.runs.iter().enumerate().map(|(index, kept)| label(index, kept)).collect();
        let series = |column: Column| Series {
            benchmark: format!("{}/{}", self.suite, column.benchmark),
            metric: column.metric.name,
            unit: Some(column.metric.unit),
            better: Some(column.metric.better),
            values: column.values,
        };
        History { runs, series: self.series.into_iter().map(series).collect(), left_out: Vec::new() }
    }

    /// Which runs stay: the newest of each class, and of the older ones the first of each span, where one is given.
    pub(super) fn stays(&self, keep: Keep) -> Vec<bool> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut stays: Vec<bool> = vec![false; self.runs.len()];
        for index in (0..self.runs.len()).rev() {
            let seen = seen.entry(self.class(index)).or_default();
            *seen += 1;
            stays[index] = *seen <= keep.newest.max(1);
        }
        if let Some(every) = keep.then {
            let mut spans: BTreeSet<(&str, i64)> = BTreeSet::new();
            for (index, kept) in self.runs.iter().enumerate() {
                stays[index] |= spans.insert((self.class(index), every.span(kept.run.when())));
            }
        }
        stays
    }

    /// Only the runs that stay, and the series that any of them has.
    pub(super) fn only(mut self, stays: &[bool]) -> Self {
        let cut = |values: &mut Vec<f64>| {
            let mut places = stays.iter();
            values.retain(|_| places.next().copied().unwrap_or(false));
        };
        let mut places = stays.iter();
        self.runs.retain(|_| places.next().copied().unwrap_or(false));
        for column in &mut self.series {
            cut(&mut column.values);
            cut(&mut column.spreads);
            if column.spreads.iter().all(|spread| spread.is_nan()) {
                column.spreads.clear();
            }
        }
        self.series.retain(|column| column.values.iter().any(|value| value.is_finite()));
        self
    }

    /// Parts of so many cells at most, in order of time; one run at least.
    pub(super) fn split(self, cells: usize) -> Vec<Self> {
        let runs = (cells / self.series.len().max(1)).max(1);
        let part = |from: usize| {
            let stays: Vec<bool> = (0..self.runs.len()).map(|run| (from..from + runs).contains(&run)).collect();
            self.clone().only(&stays)
        };
        (0..self.runs.len()).step_by(runs).map(part).collect()
    }

    /// Values, counting those that are there.
    #[must_use]
    pub fn values(&self) -> usize {
        self.series.iter().map(|column| column.values.iter().filter(|value| value.is_finite()).count()).sum()
    }
}

/// Copies what is there.
fn lay(from: &[f64], places: &[usize], to: &mut [f64]) {
    for (value, place) in from.iter().zip(places) {
        if value.is_finite() {
            to[*place] = *value;
        }
    }
}

/// Every environment once, and for each part where its own are now.
fn environments(parts: &[Columns]) -> (Vec<Environment>, Vec<Vec<usize>>) {
    let mut all: Vec<Environment> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut place = |environment: &Environment| {
        let text = serde_json::to_string(environment).unwrap_or_default();
        *known.entry(text).or_insert_with(|| {
            all.push(environment.clone());
            all.len() - 1
        })
    };
    let places = parts.iter().map(|part| part.environments.iter().map(&mut place).collect()).collect();
    (all, places)
}

/// A list of numbers in which `null` stands for NaN.
fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    struct Numbers;
    impl<'de> serde::de::Visitor<'de> for Numbers {
        type Value = Vec<f64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of numbers and nulls")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f64>, A::Error> {
            let mut numbers = Vec::new();
            while let Some(number) = list.next_element::<Option<f64>>()? {
                numbers.push(number.unwrap_or(f64::NAN));
            }
            Ok(numbers)
        }
    }
    deserializer.deserialize_seq(Numbers)
}
