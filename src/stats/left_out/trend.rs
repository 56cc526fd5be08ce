//! Whether values rise or fall over time, unmoved by single wild ones.

use crate::stats::special::{normal_quantile_upper, normal_upper};
use crate::stats::summary::{median, quantile_type7, sorted};

/// Most values that are compared two by two: of a longer series the last ones count.
pub const VALUES_MAX: usize = 2_000;

/// A straight line through values at times 0, 1, 2, ...
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Theil and Sen's slope, in the values' unit per step of time: the median slope between two values.
    pub slope: f64,
    /// The line's height at time 0.
    pub intercept: f64,
    /// Interval of the slope at level 1 - alpha (Sen 1968).
    pub interval: (f64, f64),
    /// Kendall's tau-b of the values with time, in [-1, 1].
    pub tau: f64,
    /// Two-sided p of "no trend" by the normal approximation, corrected for ties (Kendall 1945).
    pub p: f64,
}

/// Fits a line by Theil (1950) and Sen (1968), with the interval at level 1 - `alpha`. None for fewer than two values, or
/// where the line overflows.
pub fn trend(values: &[f64], alpha: f64) -> Option<Trend> {
    let values = values.get(values.len().saturating_sub(VALUES_MAX)..).unwrap_or_default();
    let n = values.len() as f64;
    let mut slopes = Vec::with_capacity(values.len() * values.len() / 2);
    for (i, from) in values.iter().enumerate() {
        slopes.extend(values.iter().enumerate().skip(i + 1).map(|(j, to)| (to - from) / (j - i) as f64));
    }
    if slopes.is_empty() || !slopes.iter().all(|slope| slope.is_finite()) {
        return None;
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let rising = slopes.iter().filter(|slope| **slope > 0.0).count() as f64;
    let falling = slopes.iter().filter(|slope| **slope < 0.0).count() as f64;
    let (tied_pairs, tied_moment) = ties(values);
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - tied_moment) / 18.0;
    let half = normal_quantile_upper(0.5 * alpha) * variance.sqrt();
    let at = |position: f64| {
        let index = position.round().clamp(0.0, slopes.len() as f64 - 1.0) as usize;
        slopes.get(index).copied().unwrap_or_default()
    };
    let count = slopes.len() as f64;
    let interval = (at(0.5 * (count - half) - 1.0), at(0.5 * (count + half)));
    let slope = quantile_type7(&slopes, 0.5);
    let tied = (count * (count - tied_pairs)).sqrt();
    let score = rising - falling;
    let intercept = median(values) - 0.5 * (n - 1.0) * slope;
    intercept.is_finite().then_some(Trend {
        slope,
        intercept,
        interval,
        tau: if tied > 0.0 { score / tied } else { 0.0 },
        p: if variance > 0.0 { 2.0 * normal_upper(score.abs() / variance.sqrt()) } else { 1.0 },
    })
}

/// Sums over groups of t tied values: of their pairs, and of t (t - 1)(2t + 5).
fn ties(values: &[f64]) -> (f64, f64) {
    sorted(values).chunk_by(|a, b| a == b).fold((0.0, 0.0), |(pairs, moment), tied| {
        let t = tied.len() as f64;
        let two = t * (t - 1.0);
        (pairs + 0.5 * two, moment + two * (2.0 * t + 5.0))
    })
}
