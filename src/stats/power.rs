//! What a number of pairs could have seen, and how many it would take (`docs/method.md`).

use super::special::{StudentT, noncentral_t_upper, normal_density, normal_quantile_upper};
use super::trimmed::degrees_of_freedom;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Most pairs that a recommendation names.
pub const PAIRS_MAX: u32 = 10_000;

/// Degrees of freedom from which on the noncentral t is replaced by a sum of quantiles, off by less than 0.1 %.
const DF_LARGE: f64 = 200.0;

/// The noncentrality at which a one-sided t test at `alpha_one_sided` has this `power`: solves
/// P(T'_df(x) > t_{1-alpha, df}) = power for x.
pub fn noncentrality(df: f64, alpha_one_sided: f64, power: f64) -> f64 {
    let student = StudentT::new(df);
    let critical = student.quantile_upper(alpha_one_sided);
    let guess = critical + student.quantile_upper(1.0 - power);
    if df > DF_LARGE || !critical.is_finite() || !guess.is_finite() {
        return critical + normal_quantile_upper(1.0 - power);
    }
    // The power is nearly normal in the noncentrality, so Newton's step with the normal density converges at once; the
    // bracket catches the rest.
    let slope = normal_density(normal_quantile_upper(1.0 - power));
    let (mut low, mut high) = (guess.min(0.0) - 5.0, guess.max(0.0) * 2.0 + 5.0);
    let mut x = guess;
    for _ in 0..200 {
        let missing = power - noncentral_t_upper(critical, df, x);
        if missing > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let next = x + missing / slope;
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        if (next - x).abs() < 1e-11 {
            break;
        }
        x = next;
    }
    x
}

/// The smallest effect beyond `delta` that `n` values of standard deviation `sd` would have shown with `power` (log scale).
pub fn minimum_detectable(sd: f64, n: u32, df: f64, alpha_one_sided: f64, power: f64, delta: f64) -> f64 {
    delta + noncentrality(df, alpha_one_sided, power) * sd / f64::from(n.max(1)).sqrt()
}

/// The effect (log scale) that `pairs` pairs would show to be beyond `delta` with probability 0.8 at two-sided `alpha`, where one
/// pair has this [`deviation`](super::deviation). Looks and other rows are not counted in (`docs/method.md`).
pub fn detectable(deviation: f64, pairs: u32, alpha: f64, delta: f64) -> f64 {
    minimum_detectable(deviation, pairs, degrees_of_freedom(pairs as usize), 0.5 * alpha, 0.8, delta)
}

/// The smallest threshold (log scale) at which `pairs` pairs of unchanged code would be shown to lie inside it with probability
/// 0.8: both one-sided tests at `alpha_equivalence` hold then, so each has power 0.9 (Schuirmann 1987).
pub fn smallest_threshold(deviation: f64, pairs: u32, alpha_equivalence: f64) -> f64 {
    minimum_detectable(deviation, pairs, degrees_of_freedom(pairs as usize), alpha_equivalence, 0.9, 0.0)
}

/// The fewest values (at least 2, at most [`PAIRS_MAX`]) with which a t test would show an effect of `theta` to be beyond
/// `delta` with `power`.
pub fn pairs_needed(sd: f64, theta: f64, delta: f64, alpha_one_sided: f64, power: f64) -> Option<u32> {
    let gap = theta.abs() - delta;
    smallest(2, |n| noncentrality(f64::from(n) - 1.0, alpha_one_sided, power) * sd <= gap * f64::from(n).sqrt())
}

/// The smallest `n` from `from` to [`PAIRS_MAX`] with `enough(n)`, which must hold from some `n` on.
pub(super) fn smallest(from: u32, enough: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (from, PAIRS_MAX);
    if !enough(high) {
        return None;
    }
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

/// Noncentralities of the trimmed mean, remembered by number of pairs and level: every row of a run asks for the same.
#[derive(Debug, Default)]
pub(super) struct Noncentralities(Mutex<BTreeMap<(u32, u64), f64>>);

impl Noncentralities {
    /// [`noncentrality`] for the trimmed mean of `n` values at power 0.8.
    pub(super) fn at(&self, n: u32, alpha_one_sided: f64) -> f64 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known
            .entry((n, alpha_one_sided.to_bits()))
            .or_insert_with(|| noncentrality(degrees_of_freedom(n as usize), alpha_one_sided, 0.8))
    }
}
