//! Quantiles as a weighted mean of all values, and how well a single sample knows its quantiles.
//!
//! Within a gate they are summaries of one launch only: the intervals here treat iterations as independent, which iterations
//! of one launch are not, so they belong in plots. A quantile p wants at least 5/(1 - p) values.

use crate::stats::special::{beta_lower, normal_quantile_upper};
use crate::stats::summary::{mean, median, sorted};

/// Quantile `q` in [0, 1], Hyndman and Fan's type 8: nearly median-unbiased whatever the distribution, h = (n + 1/3) q + 1/3.
/// NaN for no values.
pub fn quantile_type8(values: &[f64], q: f64) -> f64 {
    between(&sorted(values), (values.len() as f64 + 1.0 / 3.0) * q.clamp(0.0, 1.0) + 1.0 / 3.0)
}

/// The order statistic at position `h`, from 1 and not whole; the nearest one beyond the ends.
fn between(ascending: &[f64], h: f64) -> f64 {
    let n = ascending.len();
    let below = h.floor().clamp(1.0, n.max(1) as f64) as usize;
    let share = (h - below as f64).clamp(0.0, 1.0);
    match (ascending.get(below - 1), ascending.get(below)) {
        (Some(&low), Some(&high)) => (low * (1.0 - share) + high * share).clamp(low, high),
        (Some(&low), None) => low,
        _ => f64::NAN,
    }
}

/// Weights of the ascending values in Harrell and Davis' estimate for `n` values: the beta distribution's mass on
/// ((i - 1)/n, i/n).
fn weights(n: usize, a: f64, b: f64) -> Vec<f64> {
    let below: Vec<f64> = (0..=n).map(|i| beta_lower(a, b, i as f64 / n as f64)).collect();
    below.windows(2).map(|two| two[1] - two[0]).collect()
}

/// Harrell and Davis' estimate (1982) of quantile `p` in (0, 1): all order statistics, weighted by the beta distribution with
/// a = (n + 1) p, b = (n + 1)(1 - p). Steadier than one order statistic. NaN for no values, the extreme value at p = 0 or 1.
pub fn harrell_davis(values: &[f64], p: f64) -> f64 {
    let ascending = sorted(values);
    let n = ascending.len() as f64;
    match (ascending.first(), ascending.last()) {
        (Some(&low), _) if p <= 0.0 || p.is_nan() => low,
        (_, Some(&high)) if p >= 1.0 => high,
        (Some(&low), Some(&high)) => {
            let weights = weights(ascending.len(), (n + 1.0) * p, (n + 1.0) * (1.0 - p));
            // Rounding must not carry the mean past the values.
            ascending.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>().clamp(low, high)
        }
        _ => f64::NAN,
    }
}

/// Standard error of [`harrell_davis`] by the jackknife; none for fewer than two values or `p` outside (0, 1).
pub fn harrell_davis_error(values: &[f64], p: f64) -> Option<f64> {
    let n = values.len();
    if n < 2 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    let ascending = sorted(values);
    // The estimate of n - 1 values, with the weights that n - 1 values have: a value's neighbours keep theirs on its left and
    // move by one on its right.
    let weights = weights(n - 1, n as f64 * p, n as f64 * (1.0 - p));
    let products =
        |from: usize| -> Vec<f64> { weights.iter().zip(ascending.iter().skip(from)).map(|(w, v)| w * v).collect() };
    let (on_left, on_right) = (products(0), products(1));
    let mut estimate: f64 = on_right.iter().sum();
    let mut left_out = vec![estimate];
    for (left, right) in on_left.iter().zip(&on_right) {
        estimate += left - right;
        left_out.push(estimate);
    }
    let centre = mean(&left_out);
    let squares: f64 = left_out.iter().map(|v| (v - centre).powi(2)).sum();
    Some((squares / n as f64 * (n as f64 - 1.0)).sqrt()).filter(|error| error.is_finite())
}

/// Standard error of an order statistic by Maritz and Jarrett (1978): the spread of the values under the beta distribution
/// with a = m - 1, b = n - m, m = floor(n p + 1/2). None where that has no such distribution (m < 2 or m > n - 1).
pub fn maritz_jarrett_error(values: &[f64], p: f64) -> Option<f64> {
    let n = values.len();
    let m = (n as f64 * p + 0.5).floor();
    if !(m >= 2.0 && m <= n as f64 - 1.0) {
        return None;
    }
    let middle = median(values);
    let centred: Vec<f64> = sorted(values).iter().map(|v| v - middle).collect();
    let weights = weights(n, m - 1.0, n as f64 - m);
    let moment = |power: i32| centred.iter().zip(&weights).map(|(v, w)| v.powi(power) * w).sum::<f64>();
    Some((moment(2) - moment(1).powi(2)).max(0.0).sqrt()).filter(|error| error.is_finite())
}

/// Interval at level 1 - `alpha` of quantile `p` by [`maritz_jarrett_error`] and the normal distribution, around Hyndman and
/// Fan's type 6.
pub fn maritz_jarrett_interval(values: &[f64], p: f64, alpha: f64) -> Option<(f64, f64)> {
    let half = normal_quantile_upper(0.5 * alpha) * maritz_jarrett_error(values, p)?;
    let centre = between(&sorted(values), (values.len() as f64 + 1.0) * p);
    half.is_finite().then_some((centre - half, centre + half))
}

/// Between which order statistics, counted from 1, quantile `p` of the distribution lies at level 1 - `alpha`: the binomial
/// quantiles of alpha/2, and of 1 - alpha/2 plus one. 0 and n + 1 stand for no bound. Holds for any distribution.
pub fn order_statistic_ranks(n: usize, p: f64, alpha: f64) -> (usize, usize) {
    (binomial_quantile(n, p, 0.5 * alpha), binomial_quantile(n, p, 1.0 - 0.5 * alpha) + 1)
}

/// [`order_statistic_ranks`] as values, infinite where there is no bound.
pub fn order_statistic_interval(values: &[f64], p: f64, alpha: f64) -> (f64, f64) {
    let ascending = sorted(values);
    let (low, high) = order_statistic_ranks(values.len(), p, alpha);
    let at = |rank: usize| rank.checked_sub(1).and_then(|i| ascending.get(i)).copied();
    (at(low).unwrap_or(f64::NEG_INFINITY), at(high).unwrap_or(f64::INFINITY))
}

/// The least k with P(X <= k) >= `level` for X binomial with `n` trials of chance `p`.
fn binomial_quantile(n: usize, p: f64, level: f64) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let k = usize::midpoint(low, high);
        // P(X <= k) = I_{1-p}(n - k, k + 1).
        if beta_lower((n - k) as f64, k as f64 + 1.0, 1.0 - p) >= level {
            high = k;
        } else {
            low = k + 1;
        }
    }
    low
}
