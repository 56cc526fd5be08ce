//! Variances borrowed across benchmarks: empirical Bayes (`docs/method.md`; Smyth 2004, SAGMB 3:3).

use super::special::{psi, trigamma, trigamma_inverse};
use super::summary::mean;

/// The least variance (log scale squared): a millionth, far below what any timer shows.
const VARIANCE_MIN: f64 = 1e-12;

/// The scaled inverse chi-squared prior of the benchmarks' variances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Prior {
    /// Degrees of freedom; infinite if the variances differ no more than chance makes them.
    pub(super) df: f64,
    /// Variance.
    pub(super) variance: f64,
    /// Degrees of freedom of all variances together: no answer can rest on more.
    pub(super) pooled: f64,
}

impl Prior {
    /// Fits the prior to `(variance, degrees of freedom)` of at least two benchmarks.
    pub(super) fn fit(variances: &[(f64, f64)]) -> Option<Self> {
        let known: Vec<(f64, f64)> = variances.iter().copied().filter(|&(_, d)| d > 0.0).collect();
        if known.len() < 2 {
            return None;
        }
        let e: Vec<f64> =
            known.iter().map(|&(s2, d)| s2.max(VARIANCE_MIN).ln() - psi(0.5 * d) + (0.5 * d).ln()).collect();
        let centre = mean(&e);
        let spread = e.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (e.len() as f64 - 1.0);
        let by_chance: Vec<f64> = known.iter().map(|&(_, d)| trigamma(0.5 * d)).collect();
        let excess = spread - mean(&by_chance);
        let pooled = known.iter().map(|&(_, d)| d).sum();
        if excess > 0.0 {
            let df = 2.0 * trigamma_inverse(excess);
            Some(Self { df, variance: (centre + psi(0.5 * df) - (0.5 * df).ln()).exp(), pooled })
        } else {
            Some(Self { df: f64::INFINITY, variance: centre.exp(), pooled })
        }
    }

    /// Posterior variance and its degrees of freedom, for a benchmark of variance `s2` on `d` degrees (`d` may be 0).
    pub(super) fn posterior(&self, s2: f64, d: f64) -> (f64, f64) {
        let variance = if self.df.is_finite() {
            (self.df * self.variance + d * s2.max(VARIANCE_MIN)) / (self.df + d)
        } else {
            self.variance
        };
        (variance, (self.df + d).min(self.pooled))
    }
}

/// `s2` with the least variance that is told apart from none.
pub(super) fn at_least(s2: f64) -> f64 {
    s2.max(VARIANCE_MIN)
}
