//! The ratio of two means, head over base: for readers who want means. Not robust; the gate's own ratio is of trimmed means
//! of logarithms.

use super::student::{Estimate, one_sample, welch};
use crate::stats::special::StudentT;
use crate::stats::summary::mean;

/// Fieller's interval (1954) of a ratio of means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fieller {
    /// Head's mean over base's.
    pub ratio: f64,
    /// Interval of `ratio`; none where base's mean is not told apart from 0, so that no ratio can be excluded.
    pub interval: Option<(f64, f64)>,
    /// The t quantile used.
    pub t: f64,
    /// Its degrees of freedom.
    pub df: f64,
    /// Covariance of the two means; 0 for sides that are not paired.
    pub covariance: f64,
    /// Squared share of base's half-width in its mean; there is no interval from 1 on.
    pub g: f64,
}

/// Fieller's interval at level 1 - `alpha` for launches that are not linked, with Welch's degrees of freedom.
///
/// None for fewer than two values on a side, or a base whose mean is 0.
pub fn fieller(base: &[f64], head: &[f64], alpha: f64) -> Option<Fieller> {
    solve(one_sample(base)?, one_sample(head)?, 0.0, welch(base, head)?.df, alpha)
}

/// Fieller's interval at level 1 - `alpha` for pairs: `base[i]` and `head[i]` belong together, n - 1 degrees of freedom.
///
/// If the lists differ in length the shorter one counts. None for fewer than two pairs, or a base whose mean is 0.
pub fn fieller_paired(base: &[f64], head: &[f64], alpha: f64) -> Option<Fieller> {
    let n = base.len().min(head.len());
    let (base, head) = (base.get(..n)?, head.get(..n)?);
    let (a, b) = (one_sample(base)?, one_sample(head)?);
    let (base_centre, head_centre) = (mean(base), mean(head));
    let products: f64 = base.iter().zip(head).map(|(x, y)| (x - base_centre) * (y - head_centre)).sum();
    let n = n as f64;
    solve(a, b, products / (n - 1.0) / n, n - 1.0, alpha)
}

/// The ratios that a t test of "head's mean is ratio times base's" does not reject: the roots of a quadratic.
fn solve(base: Estimate, head: Estimate, covariance: f64, df: f64, alpha: f64) -> Option<Fieller> {
    let t = StudentT::new(df).quantile_upper(0.5 * alpha);
    let ratio = head.value / base.value;
    if !ratio.is_finite() || !covariance.is_finite() {
        return None;
    }
    let (base_variance, head_variance) = (base.error.powi(2), head.error.powi(2));
    let g = (t * base.error / base.value).powi(2);
    // Without variation of base there is nothing to share with head.
    let per_base = if base_variance > 0.0 { covariance / base_variance } else { 0.0 };
    let inside = head_variance - 2.0 * ratio * covariance + ratio * ratio * base_variance
        - g * (head_variance - covariance * per_base);
    let (centre, half) = (ratio - g * per_base, (t / base.value).abs() * inside.max(0.0).sqrt());
    let interval = ((centre - half) / (1.0 - g), (centre + half) / (1.0 - g));
    let bounded = g < 1.0 && interval.0.is_finite() && interval.1.is_finite();
    Some(Fieller { ratio, interval: bounded.then_some(interval), t, df, covariance, g })
}

/// ln of the ratio of means and its standard error by the delta method, sides not linked, with Welch's degrees of freedom.
///
/// None for fewer than two values on a side, or means that are not positive.
pub fn log_ratio(base: &[f64], head: &[f64]) -> Option<Estimate> {
    let (a, b) = (one_sample(base)?, one_sample(head)?);
    let estimate = Estimate {
        value: b.value.ln() - a.value.ln(),
        error: (a.error / a.value).hypot(b.error / b.value),
        df: welch(base, head)?.df,
    };
    (a.value > 0.0 && b.value > 0.0 && estimate.error.is_finite()).then_some(estimate)
}
