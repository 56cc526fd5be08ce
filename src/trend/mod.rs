//! A history to its steps and its drift: what changed when, by how much, and how sure that is.
//!
//! Floor 2. Reads no file and no clock: the same history always gives the same trend. The detector and its false-alarm rate are
//! in `docs/method.md`.

mod alerts;
mod machines;

pub use alerts::{Alert, AlertKind, AlertState, Ledger, LedgerError, News, Subject};

use crate::model::{Better, History, RunLabel, SCHEMA, Series, Unit};
use crate::stats::changepoints::{ChangePoint, Detector, detect, discovery_rates};
use crate::stats::summary::median;
use crate::stats::{hodges_lehmann, rank};
use machines::Machine;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Level of the intervals of steps and drifts: 1 - alpha.
const ALPHA: f64 = 0.01;

/// Most values at each end of a span that its drift is read from, and fewest: with fewer there is no interval at 99 %.
const ENDS: (usize, usize) = (20, 5);

/// Values of a series that are surely enough.
const FEWEST_MAX: usize = 100;

/// Digits of a commit's id that tell it from others.
const COMMIT_DIGITS_MIN: usize = 7;

/// How a history is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How changes are looked for.
    pub detector: Detector,
    /// The run that drift is counted from, for each history in order; from the first where there is none.
    pub since: Vec<usize>,
    /// The most that a series may have become worse since then, as a fraction.
    pub drift_max: Option<f64>,
    /// The largest false-discovery rate of a change that is told, all series counted in; 1 tells all.
    pub fdr: f64,
}

/// Every series' steps and drift: schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// [`SCHEMA`].
    pub schema: u32,
    /// One entry per series, in the order of the history.
    pub series: Vec<SeriesTrend>,
    /// What is known of worse ones from look to look; empty where nothing is kept.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub alerts: Vec<Alert>,
    /// What this look changed in them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub news: Vec<News>,
    /// What a reader should know of the history as a whole, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// One series' steps and drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesTrend {
    /// What the series is called.
    pub benchmark: String,
    /// Its metric.
    pub metric: String,
    /// The unit of its values; absent where unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<Unit>,
    /// Its better direction; absent where unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub better: Option<Better>,
    /// Runs that have a value.
    pub n: usize,
    /// Where its level changed, oldest first.
    pub change_points: Vec<Step>,
    /// How its end differs from its beginning (or from `--since`); absent for fewer than ten values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub drift: Option<Drift>,
    /// Its values, one per run, as the pictures draw them; NaN where a run has none.
    #[serde(skip)]
    pub values: Vec<f64>,
    /// What the runs are called.
    #[serde(skip)]
    pub runs: Arc<[RunLabel]>,
}

/// A change of level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Position of the first value after the change, from 0, counting every run.
    pub index: usize,
    /// Median of up to 60 values before.
    pub before: f64,
    /// Median of up to 60 values after.
    pub after: f64,
    /// after/before; absent where there is none (values that are not positive).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ratio: Option<f64>,
    /// Interval of the ratio at 99 %; absent where too few values follow.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<[f64; 2]>,
    /// Two-sided p of Mann and Whitney's test across the change; the search for its place is not counted in.
    pub p: f64,
    /// The false-discovery rate at which it counts, all series and all places counted in.
    pub q: f64,
    /// First position that could as well be the first after the change.
    pub first: usize,
    /// Last such position.
    pub last: usize,
    /// The commit at `index`, where the history names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The commits that could have done it: the last one known to be before, and the one at `last`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commits: Option<[String; 2]>,
    /// The time of the run at `index`, as the history writes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<String>,
    /// Fewer than six values follow: look again when there are more.
    pub provisional: bool,
    /// The environment class it was seen in, where the series has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
}

/// How the end of a span differs from its beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Position of the span's first value.
    pub first: usize,
    /// Position of its last value.
    pub last: usize,
    /// Median of the values at its beginning.
    pub before: f64,
    /// Median of the values at its end.
    pub after: f64,
    /// after/before; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ratio: Option<f64>,
    /// Interval of the ratio at 99 %.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<[f64; 2]>,
    /// Two-sided p of Mann and Whitney's test between the two ends.
    pub p: f64,
    /// Whether it is worse than the budget allows, with its whole interval; absent without a budget or a direction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exceeds: Option<bool>,
    /// The environment class of these values, the newest, where the series has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
}

/// Looks at every series.
#[must_use]
pub fn trend(histories: &[History], settings: &Settings) -> Trend {
    let mut found =
        Trend { schema: SCHEMA, series: Vec::new(), alerts: Vec::new(), news: Vec::new(), notes: Vec::new() };
    for (number, history) in histories.iter().enumerate() {
        let since = settings.since.get(number).copied().unwrap_or(0);
        let runs: Arc<[RunLabel]> = history.runs.as_slice().into();
        found.series.extend(history.series.iter().map(|series| one(series, &runs, since, settings)));
        found.notes.extend(machines::note(&history.runs));
        found.notes.extend(history.left_out.iter().cloned());
    }
    discount(&mut found, settings);
    found.notes.extend(too_short(&found.series, &settings.detector));
    found
}

/// A sentence for series in which no change can be told yet.
fn too_short(series: &[SeriesTrend], detector: &Detector) -> Option<String> {
    let fewest = fewest(detector.level).max(2 * detector.lasting_min);
    let short = series.iter().filter(|series| series.n < fewest && series.change_points.is_empty()).count();
    (short > 0).then(|| {
        format!(
            "{short} of {} series have fewer than {fewest} values, too few to tell any change from noise",
            series.len()
        )
    })
}

/// Fewest values of which some order has a two-sided p of Mann and Whitney's test at or below a level: two of C(n, n/2) orders
/// are as extreme as those of two levels that do not overlap.
fn fewest(level: f64) -> usize {
    let orders = |n: usize| (1..=n / 2).fold(1.0, |orders, i| orders * (n - n / 2 + i) as f64 / i as f64);
    (2..FEWEST_MAX).find(|&n| 2.0 / orders(n) <= level).unwrap_or(FEWEST_MAX)
}

/// Gives every change its false-discovery rate, and takes out what counts for less than asked.
fn discount(found: &mut Trend, settings: &Settings) {
    let p: Vec<f64> = found.series.iter().flat_map(|series| &series.change_points).map(|step| step.p).collect();
    let mut rates =
        discovery_rates(&p, found.series.iter().map(|series| series.n).sum(), &settings.detector).into_iter();
    let mut dropped = 0;
    for series in &mut found.series {
        let all = series.change_points.len();
        series.change_points.iter_mut().zip(&mut rates).for_each(|(step, q)| step.q = q);
        series.change_points.retain(|step| step.q <= settings.fdr);
        dropped += all - series.change_points.len();
    }
    if dropped > 0 {
        let percent = 100.0 * settings.fdr;
        found.notes.push(format!(
            "{dropped} more looked like changes, but in so many values noise shows as many: with them, more than {percent} % would be false"
        ));
    }
}

/// The first run of a commit: by its label, or where one of both is the beginning of the other's id.
#[must_use]
pub fn position(history: &History, since: &str) -> Option<usize> {
    let begins = |whole: &str, part: &str| part.len() >= COMMIT_DIGITS_MIN && whole.starts_with(part);
    let is = |commit: &str| commit == since || begins(commit, since) || begins(since, commit);
    history.runs.iter().position(|run| run.commit.as_deref().is_some_and(is))
}

fn one(series: &Series, runs: &Arc<[RunLabel]>, since: usize, settings: &Settings) -> SeriesTrend {
    let machines = machines::of(series, runs);
    let seen = machines.iter().flat_map(|machine| {
        let found = detect(&machine.values(series), &settings.detector);
        found.into_iter().map(move |point| step(&point, machine, series, runs))
    });
    let mut change_points: Vec<Step> = seen.collect();
    change_points.sort_by_key(|step| step.index);
    SeriesTrend {
        benchmark: series.benchmark.clone(),
        metric: series.metric.clone(),
        unit: series.unit,
        better: series.better,
        n: series.values.iter().filter(|value| value.is_finite()).count(),
        change_points,
        drift: machines.last().and_then(|machine| drift(series, machine, since, settings.drift_max)),
        values: series.values.clone(),
        runs: Arc::clone(runs),
    }
}

/// A change among one machine's values, placed among all runs.
fn step(point: &ChangePoint, machine: &Machine, series: &Series, runs: &[RunLabel]) -> Step {
    let commit = |index: usize| runs.get(index).and_then(|run| run.commit.clone());
    let values = || machine.places.iter().map(|&place| series.values[place]);
    let logarithms = values().all(|value| value.is_nan() || value > 0.0);
    let ratio = quotient(point.after, point.before);
    let interval = point.interval.filter(|_| ratio.is_some()).map(|(low, high)| {
        if logarithms { [low.exp(), high.exp()] } else { [1.0 + low / point.before, 1.0 + high / point.before] }
    });
    // A run without a value may be the one that changed it, and so may one of another machine.
    let known = |place: &&usize| series.values[**place].is_finite();
    let first = machine.places[..point.range.0].iter().rev().find(known).map_or(0, |before| before + 1);
    let (index, last) = (machine.places[point.index], machine.places[point.range.1]);
    Step {
        index,
        before: point.before,
        after: point.after,
        ratio,
        interval,
        p: point.p,
        q: 1.0,
        first,
        last,
        commit: commit(index),
        commits: first.checked_sub(1).and_then(|before| Some([commit(before)?, commit(last)?])),
        time: runs.get(index).and_then(|run| run.time.clone()),
        provisional: point.provisional,
        environment: machine.class.clone(),
    }
}

fn quotient(after: f64, before: f64) -> Option<f64> {
    Some(after / before).filter(|ratio| before > 0.0 && after > 0.0 && ratio.is_finite())
}

/// Compares up to 20 values (a quarter, five at least) of both ends of what follows `since`.
fn drift(series: &Series, machine: &Machine, since: usize, most: Option<f64>) -> Option<Drift> {
    let known = |place: &usize| *place >= since && series.values[*place].is_finite();
    let known: Vec<usize> = machine.places.iter().copied().filter(known).collect();
    let count = (known.len() / 4).clamp(ENDS.1, ENDS.0);
    if known.len() < 2 * count {
        return None;
    }
    let values = |places: &[usize]| places.iter().map(|&place| series.values[place]).collect::<Vec<f64>>();
    let (base, head) = (values(&known[..count]), values(&known[known.len() - count..]));
    let (before, after) = (median(&base), median(&head));
    let ratio = quotient(after, before);
    let positive = base.iter().chain(&head).all(|value| *value > 0.0);
    let logarithms = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<f64>>();
    let step = positive.then(|| hodges_lehmann::two_sample(&logarithms(&base), &logarithms(&head), ALPHA)).flatten();
    let interval = step.and_then(|step| step.interval).map(|(low, high)| [low.exp(), high.exp()]);
    let worst = |[low, high]: [f64; 2]| match series.better? {
        Better::Lower => Some(low - 1.0),
        Better::Higher => Some(1.0 / high - 1.0),
    };
    let exceeds = most.zip(interval.and_then(worst)).map(|(most, worse)| worse > most);
    let p = rank::mann_whitney(&base, &head).two_sided;
    let (first, last, environment) = (known[0], known[known.len() - 1], machine.class.clone());
    Some(Drift { first, last, before, after, ratio, interval, p, exceeds, environment })
}

impl SeriesTrend {
    /// Whether a change made it worse; unknown without a direction or a ratio.
    #[must_use]
    pub fn is_worse(&self, ratio: Option<f64>) -> Option<bool> {
        match self.better? {
            Better::Lower => ratio.map(|ratio| ratio > 1.0),
            Better::Higher => ratio.map(|ratio| ratio < 1.0),
        }
    }
}
