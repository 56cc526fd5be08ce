//! The runs that series have their values of: commits, times, environments; in one file.

use super::compact::differences;
use super::{SiteError, call};
use crate::harness::seconds_since_1970;
use crate::model::RunLabel;
use crate::report::text;
use crate::trend::Trend;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where it lies.
pub(super) const PATH: &str = "data/runs.js";

/// Columns of a commit's or an environment's name that are shown.
const NAME_COLUMNS: usize = 100;

/// The runs of some series, from left to right.
struct Axis {
    runs: Arc<[RunLabel]>,
    /// Tells whether a series' file belongs to these very runs.
    stamp: String,
}

/// All of them, and which series has which.
pub(super) struct Axes {
    every: Vec<Axis>,
    series: Vec<usize>,
    /// Every environment that occurs, sorted.
    environments: Vec<String>,
}

#[derive(Serialize)]
struct File<'a> {
    commits: Vec<String>,
    environments: Vec<String>,
    axes: Vec<AxisData<'a>>,
}

#[derive(Serialize)]
struct AxisData<'a> {
    stamp: &'a str,
    runs: usize,
    /// Positions among the commits.
    commits: String,
    /// Seconds since 1970.
    times: String,
    /// Positions among the environments.
    environments: String,
}

impl Axes {
    pub(super) fn of(trend: &Trend) -> Self {
        let mut axes: Vec<Axis> = Vec::new();
        let of_series = trend.series.iter().map(|series| {
            let is_same = |axis: &Axis| Arc::ptr_eq(&axis.runs, &series.runs) || axis.runs == series.runs;
            // Series of one history come one after another.
            match axes.iter().rposition(is_same) {
                Some(place) => place,
                None => {
                    axes.push(Axis { stamp: stamp(&series.runs), runs: Arc::clone(&series.runs) });
                    axes.len() - 1
                }
            }
        });
        let of_series = of_series.collect();
        let all = axes.iter().flat_map(|axis| axis.runs.iter().filter_map(|run| run.environment.as_deref()));
        let environments = all.collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect();
        Self { every: axes, series: of_series, environments }
    }

    /// The position of an environment among all, -1 for none.
    pub(super) fn environment_place(&self, class: Option<&str>) -> i64 {
        let place = |class: &str| self.environments.binary_search_by(|known| known.as_str().cmp(class)).ok();
        class.and_then(place).map_or(-1, position)
    }

    /// Which runs a series has.
    pub(super) fn place(&self, series: usize) -> usize {
        self.series[series]
    }

    /// What tells these runs from others.
    pub(super) fn stamp(&self, series: usize) -> &str {
        &self.every[self.place(series)].stamp
    }

    /// The environment that all runs of a series have; none where they differ.
    pub(super) fn environment(&self, series: usize) -> Option<&str> {
        let mut all = self.every[self.place(series)].runs.iter().map(|run| run.environment.as_deref());
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// What tells the runs of each axis from others.
    pub(super) fn stamps(&self) -> Vec<String> {
        self.every.iter().map(|axis| axis.stamp.clone()).collect()
    }

    /// Runs of all axes together.
    pub(super) fn runs(&self) -> usize {
        self.every.iter().map(|axis| axis.runs.len()).sum()
    }

    pub(super) fn file(&self) -> Result<Vec<u8>, SiteError> {
        let mut commits = Names::default();
        let environment = |run: &RunLabel| run.environment.as_deref().map(|class| self.environment_place(Some(class)));
        let axes = self.every.iter().map(|axis| AxisData {
            stamp: &axis.stamp,
            runs: axis.runs.len(),
            commits: differences(axis.runs.iter().map(|run| commits.place(run.commit.as_deref()))),
            times: differences(axis.runs.iter().map(time)),
            environments: differences(axis.runs.iter().map(environment)),
        });
        let axes = axes.collect();
        let environments = self.environments.iter().map(|class| shown(class)).collect();
        call("runs", &File { axes, commits: commits.listed, environments })
    }
}

fn position(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn shown(name: &str) -> String {
    text::cut(&text::line(name), NAME_COLUMNS)
}

fn time(run: &RunLabel) -> Option<i64> {
    run.time.as_deref().and_then(seconds_since_1970).map(|seconds| seconds.round() as i64)
}

/// Names, each once.
#[derive(Default)]
struct Names<'a> {
    places: BTreeMap<&'a str, i64>,
    listed: Vec<String>,
}

impl<'a> Names<'a> {
    fn place(&mut self, name: Option<&'a str>) -> Option<i64> {
        let name = name?;
        let listed = &mut self.listed;
        Some(*self.places.entry(name).or_insert_with(|| {
            listed.push(shown(name));
            position(listed.len() - 1)
        }))
    }
}

fn stamp(runs: &[RunLabel]) -> String {
    let mut hash = Sha256::new();
    for run in runs {
        for label in [&run.commit, &run.time, &run.environment] {
            hash.update(label.as_deref().unwrap_or("\u{1}"));
            hash.update([0]);
        }
    }
    short(&hash.finalize())
}

/// The first eight digits of a digest.
pub(super) fn short(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().take(4).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
