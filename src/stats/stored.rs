//! Head measured here against earlier runs of base measured elsewhere: `docs/method.md`, "Stored baselines".
//!
//! What the whole suite shares in a run (a faster machine, a busy one) is taken out; what is left is judged against its own
//! history's spread, which benchmarks with little history borrow from the others.

use super::Settings;
use super::special::StudentT;
use super::summary::{mad, mean, median, sorted};
use super::unpaired::ASSUMED_SD;
use super::variance::{Prior, at_least};
use crate::model::Warning;
use std::collections::BTreeMap;

/// Fewest other benchmarks whose median tells what a run shares, and whose variances tell what is usual.
const SIBLINGS_MIN: usize = 3;

/// Fewest runs from which a benchmark's own response to the suite's factor is estimated.
const SLOPE_FROM: usize = 5;

/// What the other benchmarks may add to a short history's degrees of freedom. A handful of variances on one or two degrees
/// of freedom cannot tell how alike they are, and benchmarks' spreads are known to differ tenfold (`docs/method.md`): without
/// this bound two or five runs of eight benchmarks give 2.6 % and 2.9 % false alarms at a level of 1 %.
const PRIOR_DF_SHORT: f64 = 3.0;

/// Fewest runs whose mean is taken of values that outliers are pulled in to, and whose prior is taken at its word.
const LONG_FROM: usize = 8;

/// A suite that moved by more than this many standard deviations of its own history is said to have shifted.
const SHIFT_SDS: f64 = 3.0;

/// What a variance is multiplied with: successive runs resemble each other more than the next one.
const CAUTION: f64 = 1.05;

/// Fewer than four benchmarks do not tell a machine from a change, and machines differ by more than launches: what
/// [`ASSUMED_SD`] is multiplied with for them. Without it 3.5 % of unchanged heads of two benchmarks are called.
const MACHINE: f64 = 2.0;

/// Nine benchmarks of ten lie within this upper tail's quantile, either side; if half of a run's do not, the run is unusual.
const USUAL_TAIL: f64 = 0.05;

/// Effects beyond this (log scale) have no ratio that a number can hold.
const LN_MAX: f64 = 700.0;

/// One benchmark's stored runs and its value now; positive, in any one unit.
#[derive(Clone, Copy, Debug)]
pub struct StoredInput<'a> {
    /// One value per stored run, oldest first. NaN for a run without this benchmark; lists of different lengths are aligned at
    /// their newest run.
    pub history: &'a [f64],
    /// Head's launches of this run; their median counts.
    pub head: &'a [f64],
}

/// What the stored runs say of one benchmark. Effects are ln(head/base), the suite's common factor taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRow {
    /// Stored runs used.
    pub runs: u32,
    /// Head against the mean of the stored runs; 0 where there is none.
    pub estimate: f64,
    /// Prediction interval at level 1 - alpha.
    pub interval: Option<(f64, f64)>,
    /// Prediction interval at level 1 - 2 `alpha_equivalence`.
    pub equivalence: Option<(f64, f64)>,
    /// p of "not above +delta" on a two-sided scale: at most alpha exactly when the interval lies above +delta.
    pub p_above: f64,
    /// p of "not below -delta", likewise.
    pub p_below: f64,
    /// Whether the equivalence interval lies inside (-delta, delta).
    pub inside: bool,
    /// The smallest two-sided level at which an interval lies inside (-delta, delta).
    pub p_equivalence: f64,
    /// The effect that would have been shown to be beyond delta with power 0.8 at one-sided alpha/2.
    pub minimum_detectable: Option<f64>,
    /// What a reader should know.
    pub warnings: Vec<Warning>,
}

/// What the stored runs say of a suite.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// One answer for each benchmark given, in order.
    pub rows: Vec<StoredRow>,
    /// How much the whole suite moved against its history, ln scale; none with fewer than four benchmarks.
    pub factor: Option<f64>,
    /// Whether that is more than the history's own variation explains.
    pub shifted: bool,
}

/// A benchmark whose values all have logarithms.
struct Series {
    /// Per run of the longest history, centred at the median.
    runs: Vec<Option<f64>>,
    /// Likewise for head.
    head: f64,
}

/// A benchmark's history after the suite's factor has been taken out.
struct Residuals {
    runs: usize,
    /// Head less the history's (winsorised) mean.
    estimate: f64,
    variance: f64,
    /// Degrees of freedom of `variance`; 0 for a single run.
    df: f64,
    /// What `variance` is multiplied with to become that of the estimate.
    leverage: f64,
    /// Whether there was a factor to take out.
    shared: bool,
}

/// What an estimate is judged by.
#[derive(Clone, Copy)]
struct Spread {
    /// Standard error of the estimate.
    error: f64,
    df: f64,
    /// The standard deviation that was assumed, rather than seen.
    assumed: Option<f64>,
}

/// Compares a suite's benchmarks with their stored runs. Deterministic; any history length, from one run on.
pub fn stored(rows: &[StoredInput<'_>], settings: Settings) -> Stored {
    let length = rows.iter().map(|row| row.history.len()).max().unwrap_or(0);
    let series: Vec<Option<Series>> = rows.iter().map(|row| Series::new(*row, length)).collect();
    let columns: Vec<Vec<f64>> = (0..length)
        .map(|i| sorted(&series.iter().flatten().filter_map(|s| s.runs.get(i).copied().flatten()).collect::<Vec<_>>()))
        .collect();
    let heads = sorted(&series.iter().flatten().map(|s| s.head).collect::<Vec<_>>());
    let residuals: Vec<Option<Residuals>> =
        series.iter().map(|s| s.as_ref().and_then(|s| s.residuals(&columns, &heads))).collect();

    let known: Vec<(f64, f64)> = residuals.iter().flatten().map(|r| (r.variance, r.df)).collect();
    let prior = Prior::fit(&known).filter(|_| known.iter().filter(|(_, df)| *df > 0.0).count() > SIBLINGS_MIN);
    let mut spreads: Vec<Option<Spread>> =
        residuals.iter().map(|r| r.as_ref().map(|r| r.spread(prior.as_ref()))).collect();
    widen(&residuals, &mut spreads);
    let (factor, shifted) = suite_shift(&columns, &heads);
    let shift = factor.filter(|_| shifted).map(|f| Warning::SuiteShift { change: f.exp_m1() });

    let mut judge = Judge { settings, noncentralities: BTreeMap::new() };
    let rows = rows
        .iter()
        .zip(residuals.iter().zip(&spreads))
        .map(|(row, (residuals, spread))| match (residuals, spread) {
            (Some(residuals), Some(spread)) => judge.row(residuals, *spread, shift.clone()),
            _ => silent(row),
        })
        .collect();
    Stored { rows, factor, shifted }
}

impl Series {
    fn new(row: StoredInput<'_>, length: usize) -> Option<Self> {
        let refused = |v: &f64| v.is_infinite() || *v <= 0.0;
        let head_refused = |v: &f64| v.is_nan() || refused(v);
        if row.head.is_empty() || row.head.iter().any(head_refused) || row.history.iter().any(refused) {
            return None;
        }
        let logs: Vec<f64> = row.history.iter().filter(|v| !v.is_nan()).map(|v| v.ln()).collect();
        if logs.is_empty() {
            return None;
        }
        let centre = median(&logs);
        let missing = length - row.history.len();
        let values = row.history.iter().map(|v| (!v.is_nan()).then(|| v.ln() - centre));
        let runs = std::iter::repeat_n(None, missing).chain(values).collect();
        let head: Vec<f64> = row.head.iter().map(|v| v.ln()).collect();
        Some(Self { runs, head: median(&head) - centre })
    }

    /// What is left without the leave-one-out factor, times the benchmark's own slope.
    fn residuals(&self, columns: &[Vec<f64>], heads: &[f64]) -> Option<Residuals> {
        let all: Vec<f64> = self.runs.iter().flatten().copied().collect();
        let shared: Vec<(f64, f64)> =
            self.runs.iter().zip(columns).filter_map(|(&x, column)| Some((x?, median_without(column, x?)?))).collect();
        let Some(now) = median_without(heads, self.head).filter(|_| !shared.is_empty()) else {
            return Residuals::new(&all, self.head, 1.0, 0.0).map(|alone| Residuals { shared: false, ..alone });
        };
        let (x, f): (Vec<f64>, Vec<f64>) = shared.iter().copied().unzip();
        let centre = mean(&f);
        let moved: f64 = f.iter().map(|v| (v - centre).powi(2)).sum();
        // Too few runs, or a suite that never moved, do not tell a slope; that all benchmarks move alike is the best guess.
        let estimable = x.len() >= SLOPE_FROM && moved > 1e-10;
        let (slope, lever) = if estimable {
            let x_mean = mean(&x);
            let along: f64 = f.iter().zip(&x).map(|(f, x)| (f - centre) * (x - x_mean)).sum();
            ((along / moved).clamp(0.0, 2.0), (now - centre).powi(2) / moved)
        } else {
            (1.0, 0.0)
        };
        let left: Vec<f64> = x.iter().zip(&f).map(|(x, f)| x - slope * f).collect();
        Residuals::new(&left, self.head - slope * now, if estimable { 2.0 } else { 1.0 }, lever)
    }
}

impl Residuals {
    /// `spent` degrees of freedom went into the mean and the slope.
    fn new(values: &[f64], head: f64, spent: f64, lever: f64) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        // Of a handful of values the median deviation says little.
        let limit = if values.len() < LONG_FROM { f64::INFINITY } else { 3.0 * mad(values) };
        let centre = median(values);
        let winsorised: Vec<f64> = values.iter().map(|v| v.clamp(centre - limit, centre + limit)).collect();
        let location = mean(&winsorised);
        // Outliers bend no mean, but they do happen: the variance is that of the values as they are.
        let squares: f64 = values.iter().map(|v| (v - location).powi(2)).sum();
        Some(Self {
            runs: values.len(),
            estimate: head - location,
            variance: if values.len() < 2 { 0.0 } else { CAUTION * squares / (n - 1.0) },
            df: (n - spent).max(0.0),
            leverage: 1.0 + 1.0 / n + lever,
            shared: true,
        })
    }

    fn spread(&self, prior: Option<&Prior>) -> Spread {
        let (variance, df, assumed) = match prior {
            Some(prior) => {
                let (variance, df) = prior.posterior(self.variance, self.df);
                let short = self.runs < LONG_FROM;
                (variance, if short { df.min(self.df + PRIOR_DF_SHORT) } else { df }, None)
            }
            None if self.df > 0.0 => (at_least(self.variance), self.df, None),
            None => {
                let sd = if self.shared { ASSUMED_SD } else { MACHINE * ASSUMED_SD };
                (sd * sd, f64::INFINITY, Some(sd))
            }
        };
        Spread { error: (variance * self.leverage).sqrt(), df, assumed }
    }

    /// How far out the estimate lies, in units of what nine benchmarks in ten stay below.
    fn unusual(&self, spread: &Spread) -> f64 {
        self.estimate.abs() / (StudentT::new(spread.df).quantile_upper(USUAL_TAIL) * spread.error)
    }
}

/// Widens all intervals of a run that is unlike its history. If the usual other benchmark lies further out than nine in ten
/// should, with the common factor gone, then this is another machine, which benchmarks take differently, and not many changes.
fn widen(residuals: &[Option<Residuals>], spreads: &mut [Option<Spread>]) {
    let unusual: Vec<Option<f64>> = residuals
        .iter()
        .zip(&*spreads)
        .map(|(residuals, spread)| {
            let residuals = residuals.as_ref().filter(|r| r.shared)?;
            spread.as_ref().map(|spread| residuals.unusual(spread))
        })
        .collect();
    let ascending = sorted(&unusual.iter().flatten().copied().collect::<Vec<_>>());
    for (spread, own) in spreads.iter_mut().zip(unusual) {
        let others = own.and_then(|own| median_without(&ascending, own));
        if let (Some(spread), Some(others)) = (spread, others) {
            spread.error *= others.max(1.0);
        }
    }
}

/// The median of an ascending list without one occurrence of `value`; none if fewer than [`SIBLINGS_MIN`] are left.
fn median_without(ascending: &[f64], value: f64) -> Option<f64> {
    let rank = ascending.partition_point(|&v| v < value);
    let left = ascending.len().checked_sub(1).filter(|&n| n >= SIBLINGS_MIN)?;
    let at = |i: usize| ascending.get(if i < rank { i } else { i + 1 }).copied();
    Some(0.5 * (at((left - 1) / 2)? + at(left / 2)?))
}

/// How far the whole suite is from its history, and whether that is more than the history's spread explains.
fn suite_shift(columns: &[Vec<f64>], heads: &[f64]) -> (Option<f64>, bool) {
    let middle = |values: &[f64]| (values.len() > SIBLINGS_MIN).then(|| super::summary::quantile_type7(values, 0.5));
    let history: Vec<f64> = columns.iter().filter_map(|column| middle(column)).collect();
    let Some(now) = middle(heads).filter(|_| !history.is_empty()) else { return (None, false) };
    let factor = now - mean(&history);
    // What three standard deviations mean for a normal, carried over to a spread known from few runs.
    let limit = match super::summary::sd(&history) {
        Some(sd) => {
            let n = history.len() as f64;
            let quantile = StudentT::new(n - 1.0).quantile_upper(super::special::normal_upper(SHIFT_SDS));
            quantile.max(SHIFT_SDS) * sd.max(1e-6) * (1.0 + 1.0 / n).sqrt()
        }
        None => SHIFT_SDS * ASSUMED_SD,
    };
    (Some(factor), factor.abs() > limit)
}

/// The last step, for one row after another.
struct Judge {
    settings: Settings,
    /// Remembered: rows share their degrees of freedom.
    noncentralities: BTreeMap<u64, f64>,
}

impl Judge {
    fn row(&mut self, residuals: &Residuals, spread: Spread, shift: Option<Warning>) -> StoredRow {
        let Spread { error, df, assumed } = spread;
        let student = StudentT::new(df);
        let Settings { alpha, alpha_equivalence, delta } = self.settings;
        let estimate = residuals.estimate;
        let around = |level: f64| {
            let half = student.quantile_upper(0.5 * level) * error;
            (estimate - half, estimate + half)
        };
        let (interval, equivalence) = (around(alpha), around(2.0 * alpha_equivalence));
        let inside = -delta < equivalence.0 && equivalence.1 < delta;
        // Rounding must not part a p-value from its interval.
        let p = |distance: f64, level: f64, claimed: bool| {
            if distance <= 0.0 {
                return 1.0;
            }
            let p = 2.0 * student.upper(distance / error);
            if claimed { p.min(level) } else { p.max(level.next_up()) }
        };
        let runs = u32::try_from(residuals.runs).unwrap_or(u32::MAX);
        let short =
            (residuals.runs < SLOPE_FROM).then_some(Warning::ShortHistory { have: runs, need: SLOPE_FROM as u32 });
        let assumed = assumed.map(|sd| Warning::AssumedLaunchVariation { sd });
        let sensitivity = *self
            .noncentralities
            .entry(df.to_bits())
            .or_insert_with(|| super::power::noncentrality(df, 0.5 * alpha, 0.8));
        StoredRow {
            runs,
            estimate,
            p_above: p(estimate - delta, alpha, interval.0 > delta),
            p_below: p(-estimate - delta, alpha, interval.1 < -delta),
            p_equivalence: p(delta - estimate.abs(), 2.0 * alpha_equivalence, inside),
            interval: bounded(interval),
            equivalence: bounded(equivalence),
            inside,
            minimum_detectable: Some(delta + sensitivity * error).filter(|d| *d < LN_MAX),
            warnings: short.into_iter().chain(assumed).chain(shift).collect(),
        }
    }
}

/// An interval that says something: with hardly any degrees of freedom it has no finite end.
fn bounded((low, high): (f64, f64)) -> Option<(f64, f64)> {
    (low > -LN_MAX && high < LN_MAX).then_some((low, high))
}

/// The answer where a value has no logarithm, or nothing is stored.
fn silent(row: &StoredInput<'_>) -> StoredRow {
    let nothing = row.history.iter().all(|v| v.is_nan());
    let warning =
        if nothing { Warning::ShortHistory { have: 0, need: SLOPE_FROM as u32 } } else { Warning::ZeroValues };
    StoredRow {
        runs: 0,
        estimate: 0.0,
        interval: None,
        equivalence: None,
        p_above: 1.0,
        p_below: 1.0,
        inside: false,
        p_equivalence: 1.0,
        minimum_detectable: None,
        warnings: vec![warning],
    }
}
