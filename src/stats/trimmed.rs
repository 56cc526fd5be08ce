//! The 15 % trimmed mean and its calibrated t interval (`docs/method.md`; Tukey and `McLaughlin` 1963, Yuen 1974).

use super::factor_table::{FACTOR_ALPHAS, FACTOR_N_MIN, FACTORS};
use super::special::StudentT;

/// Share of the values trimmed at each end.
const TRIM: f64 = 0.15;

/// A spread below this (log scale) is rounding of the logarithm, not a spread.
pub(super) const SPREAD_MIN: f64 = 1e-12;

/// A trimmed mean and its standard error, both in the values' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Centre {
    /// Mean of the values that are left.
    pub(super) mean: f64,
    /// Standard error of `mean`; exactly 0 when the winsorised values are all equal.
    pub(super) error: f64,
}

/// How many of `n` values are trimmed at each end; at least one where that leaves any.
pub(super) fn trimmed_each_end(n: usize) -> usize {
    let k = ((TRIM * n as f64).floor() as usize).max(1);
    if n > 2 * k { k } else { 0 }
}

/// Trimmed mean and standard error of ascending values: se = `s_w` / ((1 - 2k/n) sqrt n).
///
/// `None` for fewer than three values.
pub(super) fn centre(sorted: &[f64]) -> Option<Centre> {
    let n = sorted.len();
    if n < 3 {
        return None;
    }
    let k = trimmed_each_end(n);
    let kept = sorted.get(k..n - k)?;
    let (low, high) = (*kept.first()?, *kept.last()?);
    let h = kept.len() as f64;
    let sum: f64 = kept.iter().sum();
    let k_f = k as f64;
    let winsorised_mean = (sum + k_f * (low + high)) / n as f64;
    let square = |v: f64| (v - winsorised_mean) * (v - winsorised_mean);
    let squares = kept.iter().map(|&v| square(v)).sum::<f64>() + k_f * (square(low) + square(high));
    let spread = (squares / (n as f64 - 1.0)).sqrt();
    let error = if high - low <= SPREAD_MIN { 0.0 } else { spread / ((h / n as f64) * (n as f64).sqrt()) };
    // Rounding must not carry the mean of equal values past them.
    Some(Centre { mean: (sum / h).clamp(low, high), error })
}

/// The reference distribution of (trimmed mean - theta) / se for one number of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrimmedT {
    student: StudentT,
    factors: [f64; 7],
    /// Critical values at the table's levels, ascending.
    knots: [f64; 7],
}

impl TrimmedT {
    /// The distribution for `n` values. Outside the calibrated 5 to 40 the nearest row's factors are used.
    pub(super) fn new(n: usize) -> Self {
        let student = StudentT::new(degrees_of_freedom(n));
        let row = n.saturating_sub(FACTOR_N_MIN).min(FACTORS.len() - 1);
        let factors = FACTORS.get(row).copied().unwrap_or([1.0; 7]);
        let mut knots = [0.0; 7];
        for (knot, (factor, alpha)) in knots.iter_mut().zip(factors.iter().zip(FACTOR_ALPHAS)) {
            *knot = factor * student.quantile_upper(0.5 * alpha);
        }
        Self { student, factors, knots }
    }

    /// The calibration factor at two-sided level `alpha`: linear in ln(1/alpha), clamped to the table.
    pub(super) fn factor(&self, alpha: f64) -> f64 {
        let column = FACTOR_ALPHAS.partition_point(|&a| a > alpha);
        let segment = |i: usize| Some((*FACTOR_ALPHAS.get(i)?, *self.factors.get(i)?));
        match (column.checked_sub(1).and_then(segment), segment(column)) {
            (Some((from, at_from)), Some((to, at_to))) => {
                at_from + (at_to - at_from) * (from / alpha).ln() / (from / to).ln()
            }
            (Some((_, factor)), None) | (None, Some((_, factor))) => factor,
            (None, None) => 1.0,
        }
    }

    /// Half-width of the interval at two-sided level `alpha`, in standard errors.
    pub(super) fn critical(&self, alpha: f64) -> f64 {
        self.factor(alpha) * self.student.quantile_upper(0.5 * alpha)
    }

    /// The inverse of [`Self::critical`]: the two-sided p of a distance of `t` standard errors; 1 for `t` not above 0.
    pub(super) fn p_two_sided(&self, t: f64) -> f64 {
        if t.is_nan() || t <= 0.0 {
            return 1.0;
        }
        let column = self.knots.partition_point(|&knot| knot <= t);
        let p_with = |factor: f64| 2.0 * self.student.upper(t / factor);
        let at = |i: usize| Some((*FACTOR_ALPHAS.get(i)?, *self.factors.get(i)?));
        match (column.checked_sub(1).and_then(at), at(column)) {
            (Some(from), Some(to)) => self.p_between(t, from, to),
            (Some((_, factor)), None) | (None, Some((_, factor))) => p_with(factor),
            (None, None) => p_with(1.0),
        }
    }

    /// Solves p = 2 P(T > t / factor(p)) between two columns, each a pair of level and factor, for u = ln p.
    fn p_between(&self, t: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
        let (top, bottom) = (from.0.ln(), to.0.ln());
        let slope = (to.1 - from.1) / (bottom - top);
        let mut u = 0.5 * (top + bottom);
        for _ in 0..30 {
            let factor = from.1 + slope * (u - top);
            let scaled = t / factor;
            let tail = self.student.upper(scaled);
            let gap = (2.0 * tail).ln() - u;
            let gradient = self.student.density(scaled) / tail * scaled / factor * slope - 1.0;
            // The factor changes slowly, so the gradient stays near -1; the fixed point is the fallback.
            let step = if gradient < -0.2 { -gap / gradient } else { gap };
            u = (u + step).clamp(bottom, top);
            if step.abs() < 1e-11 {
                break;
            }
        }
        u.exp()
    }
}

/// Degrees of freedom of the trimmed mean of `n` values: those that are left, less one; at least 1.
pub(super) fn degrees_of_freedom(n: usize) -> f64 {
    (n - 2 * trimmed_each_end(n)).saturating_sub(1).max(1) as f64
}
