//! What a series of stored runs leads one to expect of the next: the plain rules that [`crate::stats::stored`] is compared with.

use super::student::one_sample;
use crate::stats::summary::{median, sorted};

/// Fewest steps from which rustc-perf's rule has quartiles.
const STEPS_MIN: usize = 4;

/// rustc-perf's threshold where there is no history (dimensionless).
const THRESHOLD_UNKNOWN: f64 = 0.002;

/// Interval at level 1 - `alpha` of the mean of `head_runs` (at least 1) further runs like those of `history`: mean +- t s
/// sqrt(1/m + 1/n), in the values' unit. For one run this is Bencher's t test. None for fewer than two stored runs.
pub fn prediction_interval(history: &[f64], head_runs: u32, alpha: f64) -> Option<(f64, f64)> {
    let mut estimate = one_sample(history)?;
    let (n, m) = (history.len() as f64, f64::from(head_runs.max(1)));
    estimate.error *= (n / m + 1.0).sqrt();
    let (low, high) = estimate.interval(alpha);
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// Sizes of the steps between successive runs, each relative to the run before; none after a run of 0.
pub fn relative_steps(history: &[f64]) -> Vec<f64> {
    let step = |two: &[f64]| ((two[1] - two[0]) / two[0]).abs();
    history.windows(2).map(step).filter(|step| step.is_finite()).collect()
}

/// rustc-perf's rule: a change beyond Q3 + 3 (Q3 - Q1) of past relative steps is significant, Q1 and Q3 the medians of their
/// lower and upper half; 0.2 % without enough history.
pub fn significance_threshold(history: &[f64]) -> f64 {
    let steps = sorted(&relative_steps(history));
    if steps.len() < STEPS_MIN {
        return THRESHOLD_UNKNOWN;
    }
    let half = steps.len() / 2;
    let (low, high) = (steps.get(..half).unwrap_or_default(), steps.get(steps.len() - half..).unwrap_or_default());
    let (q1, q3) = (median(low), median(high));
    let threshold = q3 + 3.0 * (q3 - q1);
    if threshold.is_finite() { threshold } else { f64::MAX }
}
