//! What the first page shows: every series in a line with its levels and its picture, and the newest changes of all.

use super::runs::Axes;
use super::series::{Change, round};
use super::{Settings, SiteError, call, suite};
use crate::model::{Better, Unit, VALUE};
use crate::report::{scale::Scale, text};
use crate::stats::summary::median;
use crate::trend::{SeriesTrend, Trend};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where it lies.
pub(super) const PATH: &str = "data/overview.js";

/// Changes that the page lists; all of them are in the files of their series.
const CHANGES_MAX: usize = 2_000;

/// Columns of a name.
const NAME_COLUMNS: usize = 300;

/// Cells of a picture, and the digits that tell their heights.
const CELLS: usize = 48;
const HEIGHTS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

#[derive(Serialize)]
pub(super) struct Overview<'a> {
    schema: u32,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_url: Option<&'a str>,
    suites: Vec<String>,
    metrics: Vec<String>,
    /// What tells the runs of each axis from others.
    stamps: Vec<String>,
    notes: Vec<String>,
    /// All changes, listed or not.
    pub(super) found: usize,
    rows: Vec<Row<'a>>,
    /// Newest first.
    changes: Vec<Listed>,
    /// Runs of all axes.
    #[serde(skip)]
    pub(super) runs: usize,
}

#[derive(Serialize)]
struct Row<'a> {
    name: String,
    suite: usize,
    metric: usize,
    axis: usize,
    file: &'a str,
    /// Runs that have a value.
    n: usize,
    /// The newest of them.
    last: usize,
    scale: (f64, &'static str),
    #[serde(skip_serializing_if = "Option::is_none")]
    better: Option<Better>,
    levels: Vec<Level>,
    /// One digit per cell, a blank for none.
    picture: String,
}

/// Where a level begins, the median of its values, and the position of their environment, -1 where all have the same.
#[derive(Clone, Copy, Serialize)]
struct Level(usize, f64, i64);

/// A change and the row that it is of.
#[derive(Serialize)]
struct Listed {
    row: usize,
    #[serde(flatten)]
    change: Change,
}

impl<'a> Overview<'a> {
    pub(super) fn of(trend: &'a Trend, settings: &'a Settings, axes: &Axes, names: &'a [String]) -> Self {
        let suites: Vec<&str> = trend.series.iter().map(suite).collect::<BTreeSet<_>>().into_iter().collect();
        let metrics: Vec<&str> =
            trend.series.iter().map(|series| series.metric.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        let place = |names: &[&str], name: &str| names.binary_search(&name).unwrap_or(0);
        let row = |(at, series): (usize, &'a SeriesTrend)| {
            let levels = levels(series, axes);
            let sizes: Vec<f64> = levels.iter().map(|level| level.1).collect();
            Row {
                name: shown(&series.benchmark),
                suite: place(&suites, suite(series)),
                metric: place(&metrics, &series.metric),
                axis: axes.place(at),
                file: &names[at],
                n: series.n,
                last: series.values.iter().rposition(|value| value.is_finite()).unwrap_or(0),
                scale: Scale::of(series.unit.unwrap_or(Unit::One), &sizes).parts(),
                better: series.better,
                levels,
                picture: picture(&series.values),
            }
        };
        Self {
            schema: crate::model::SCHEMA,
            title: shown(&settings.title),
            commit_url: settings.commit_url.as_deref(),
            rows: trend.series.iter().enumerate().map(row).collect(),
            changes: newest(trend),
            found: trend.series.iter().map(|series| series.change_points.len()).sum(),
            notes: trend.notes.iter().map(|note| shown(note)).collect(),
            suites: suites.into_iter().map(shown).collect(),
            metrics: metrics
                .into_iter()
                .map(|metric| if metric == VALUE { String::new() } else { shown(metric) })
                .collect(),
            stamps: axes.stamps(),
            runs: axes.runs(),
        }
    }

    pub(super) fn series(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn file(&self) -> Result<Vec<u8>, SiteError> {
        call("overview", self)
    }
}

fn shown(name: &str) -> String {
    text::cut(&text::line(name), NAME_COLUMNS)
}

/// The newest changes by their time, those of runs without one by their distance from the newest run.
fn newest(trend: &Trend) -> Vec<Listed> {
    let mut all: Vec<(f64, usize, usize)> = Vec::new();
    for (row, series) in trend.series.iter().enumerate() {
        for (at, step) in series.change_points.iter().enumerate() {
            let time = step.time.as_deref().and_then(crate::harness::seconds_since_1970);
            let behind = series.runs.len() - step.index;
            all.push((time.unwrap_or(-(behind as f64)), row, at));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.truncate(CHANGES_MAX);
    all.into_iter()
        .map(|(_, row, at)| Listed { row, change: Change::from(&trend.series[row].change_points[at]) })
        .collect()
}

/// The levels of a series, those of different machines apart: they are never compared.
fn levels(series: &SeriesTrend, axes: &Axes) -> Vec<Level> {
    let machine = |place: usize| series.runs.get(place).and_then(|run| run.environment.as_deref());
    let mut machines: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for place in (0..series.values.len()).filter(|&place| series.values[place].is_finite()) {
        machines.entry(machine(place)).or_default().push(place);
    }
    let several = machines.len() > 1;
    let mut found = Vec::new();
    for (class, places) in machines {
        let is_own = |place: usize| !several || machine(place) == class;
        let steps = series.change_points.iter().map(|step| step.index).filter(|&place| is_own(place));
        let starts: Vec<usize> = places.first().copied().into_iter().chain(steps).collect();
        let environment = if several { axes.environment_place(class) } else { -1 };
        for (i, &start) in starts.iter().enumerate() {
            let end = starts.get(i + 1).copied().unwrap_or(series.values.len());
            let known: Vec<f64> = places
                .iter()
                .filter(|&&place| (start..end).contains(&place))
                .map(|&place| series.values[place])
                .collect();
            if !known.is_empty() {
                found.push(Level(start, round(median(&known)), environment));
            }
        }
    }
    found.sort_by_key(|level| level.0);
    found
}

/// The series from afar: the median of every cell, one wild value in a hundred aside.
fn picture(values: &[f64]) -> String {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let beyond = known.len() / 100;
    let (Some(&low), Some(&high)) = (known.get(beyond), known.iter().rev().nth(beyond)) else { return String::new() };
    // A change of a thousandth shall not fill the height.
    let room = (high - low).max(0.02 * high.abs().max(low.abs()));
    let middle = f64::midpoint(low, high);
    let height = |value: f64| {
        let share = if room > 0.0 { 0.5 + (value - middle) / room } else { 0.5 };
        char::from(HEIGHTS[(share.clamp(0.0, 1.0) * (HEIGHTS.len() - 1) as f64).round() as usize])
    };
    let cells = CELLS.min(values.len());
    let cell = |cell: usize| {
        let part = &values[cell * values.len() / cells..(cell + 1) * values.len() / cells];
        let mut known: Vec<f64> = part.iter().copied().filter(|value| value.is_finite()).collect();
        known.sort_unstable_by(f64::total_cmp);
        known.get(known.len() / 2).map_or(' ', |middle| height(*middle))
    };
    (0..cells).map(cell).collect()
}
