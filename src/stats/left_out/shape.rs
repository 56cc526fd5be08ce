//! Whether two sides differ in any way: distances between their distributions, and what chance makes of those.
//!
//! Distances have no direction. Without values on both sides a distance is 0 and its p is 1.

use super::resample::exchanges;
use crate::stats::rank::ranks;
use crate::stats::special::{bessel_k_quarter_scaled, ln_gamma};
use crate::stats::summary::{launch_summary, quantile_type7, sorted};
use std::f64::consts::PI;

/// Most pairs of values for which Kolmogorov and Smirnov's distribution is counted.
const STEPS_COUNTED_MAX: usize = 1_000_000;

/// Most work for which Cramér and von Mises' distribution is counted: pairs of values times sums of squares to tell apart.
const SQUARES_COUNTED_MAX: f64 = 3e6;

/// A distance between two distributions, and the chance that equal distributions show one as large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// The distance, in the unit that its function states.
    pub distance: f64,
    /// p of "both sides have one distribution".
    pub p: f64,
}

const NOTHING: Distance = Distance { distance: 0.0, p: 1.0 };

/// The ascending values of both sides, each with the shares of base and of head that are at most it.
fn shares(base: &[f64], head: &[f64]) -> Vec<(f64, usize, usize)> {
    let (base, head) = (sorted(base), sorted(head));
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::with_capacity(base.len() + head.len());
    while let Some(&value) = match (base.get(i), head.get(j)) {
        (Some(a), Some(b)) => Some(if a <= b { a } else { b }),
        (one, other) => one.or(other),
    } {
        while base.get(i).is_some_and(|v| *v <= value) {
            i += 1;
        }
        while head.get(j).is_some_and(|v| *v <= value) {
            j += 1;
        }
        steps.push((value, i, j));
    }
    steps
}

/// Kolmogorov and Smirnov's test: the distance (dimensionless) is the greatest between the two cumulative shares.
///
/// Counted to a million pairs of values (conservative with ties), else [`kolmogorov_smirnov_large`].
pub fn kolmogorov_smirnov(base: &[f64], head: &[f64]) -> Distance {
    let (n, m) = (base.len(), head.len());
    if n == 0 || m == 0 {
        return NOTHING;
    }
    if n.saturating_mul(m) > STEPS_COUNTED_MAX {
        return kolmogorov_smirnov_large(base, head);
    }
    let steps = greatest_step(base, head);
    Distance { distance: steps as f64 / (n * m) as f64, p: share_beyond(n, m, steps) }
}

/// [`kolmogorov_smirnov`] with the p of one sample of round(nm/(n+m)) values: 2(S - S^4 + S^9 - ...), Kolmogorov's series
/// (1933) with Smirnov's exact one-sided S (Birnbaum and Tingey 1951) for its limit exp(-2 n d^2). Below 0.2 it is that of one
/// sample to 0.1 %.
pub fn kolmogorov_smirnov_large(base: &[f64], head: &[f64]) -> Distance {
    let (n, m) = (base.len() as f64, head.len() as f64);
    if n == 0.0 || m == 0.0 {
        return NOTHING;
    }
    let distance = greatest_step(base, head) as f64 / (n * m);
    let s = smirnov_upper(distance, (n * m / (n + m)).round_ties_even().max(1.0));
    let series = (1..=20).map(|k| if k % 2 == 1 { s.powi(k * k) } else { -s.powi(k * k) }).sum::<f64>();
    // Near S = 1 the alternating series has not converged after any number of terms; p is 1 there.
    Distance { distance, p: if s > 0.95 { 1.0 } else { (2.0 * series).clamp(0.0, 1.0) } }
}

/// The greatest |i m - j n| where i of n bases and j of m heads are at most a value.
fn greatest_step(base: &[f64], head: &[f64]) -> usize {
    let (n, m) = (base.len(), head.len());
    shares(base, head).iter().map(|&(_, i, j)| (i * m).abs_diff(j * n)).max().unwrap_or(0)
}

/// The share of all orders of `n` and `m` values in which |i m - j n| reaches `steps` somewhere.
fn share_beyond(n: usize, m: usize, steps: usize) -> f64 {
    let mut row = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let before = |index: Option<usize>| index.and_then(|index| row.get(index)).copied().unwrap_or(0.0);
            // The last step of a random order to (i, j) came from base with probability i/(i + j).
            let from_base = if i > 0 { before(Some(j)) * i as f64 } else { 0.0 };
            let from_head = before(j.checked_sub(1)) * j as f64;
            let beyond = (i * m).abs_diff(j * n) >= steps;
            let share = if beyond { 1.0 } else { (from_base + from_head) / (i + j).max(1) as f64 };
            if let Some(slot) = row.get_mut(j) {
                *slot = share;
            }
        }
    }
    // Sums of shares may round to a little more than the whole.
    row.last().copied().unwrap_or(1.0).min(1.0)
}

/// P(D+ >= d) for one sample of `n` values; from 10,000 on by the expansion exp(-(6 n d + 1)^2 / (18 n)).
fn smirnov_upper(d: f64, n: f64) -> f64 {
    if d <= 0.0 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if n > 10_000.0 {
        return (-(6.0 * n * d + 1.0).powi(2) / (18.0 * n)).exp();
    }
    let last = (n * (1.0 - d)).floor() as usize;
    let sum: f64 = (0..=last)
        .map(|j| {
            let j = j as f64;
            let (done, left) = (d + j / n, 1.0 - d - j / n);
            if left <= 0.0 {
                return 0.0;
            }
            let ways = ln_gamma(n + 1.0) - ln_gamma(j + 1.0) - ln_gamma(n - j + 1.0);
            (ways + (j - 1.0) * done.ln() + (n - j) * left.ln()).exp()
        })
        .sum();
    (d * sum).clamp(0.0, 1.0)
}

/// Cramér and von Mises' test (Anderson 1962): the distance (dimensionless) is T, the sum of squared differences of the
/// cumulative shares at all values, times nm/(n+m)^2.
///
/// Counted where that is little work (20 values a side are), else [`cramer_von_mises_large`]. Ties share their ranks.
pub fn cramer_von_mises(base: &[f64], head: &[f64]) -> Distance {
    let (n, m) = (base.len(), head.len());
    if n == 0 || m == 0 {
        return NOTHING;
    }
    let common = n / gcd(n, m) * m;
    let (step_n, step_m) = ((common / n) as f64, (common / m) as f64);
    let size = common as f64;
    let distance = squared(base, head);
    let all = (n + m) as f64;
    let unit = all * all * size * size / (n as f64 * m as f64);
    let sum = distance * unit;
    if (sum + 1.0) * n as f64 * m as f64 > SQUARES_COUNTED_MAX {
        return cramer_von_mises_large(base, head);
    }
    let limit = (sum * (1.0 - 1e-9)).ceil().max(0.0) as usize;
    let weight = |i: usize, j: usize| (step_n * i as f64 - step_m * j as f64).powi(2) as usize;
    Distance { distance, p: share_at_least(n, m, limit, weight) }
}

/// [`cramer_von_mises`] with the p of its limiting distribution (Csörgő and Faraway 1996), T moved and scaled to the limit's
/// mean and variance.
pub fn cramer_von_mises_large(base: &[f64], head: &[f64]) -> Distance {
    let (n, m) = (base.len() as f64, head.len() as f64);
    if n == 0.0 || m == 0.0 {
        return NOTHING;
    }
    let (all, pairs) = (n + m, n * m);
    let distance = squared(base, head);
    let centre = (1.0 + 1.0 / all) / 6.0;
    let variance =
        (all + 1.0) * (4.0 * pairs * all - 3.0 * (n * n + m * m) - 2.0 * pairs) / (45.0 * all * all * 4.0 * pairs);
    let scaled = 1.0 / 6.0 + (distance - centre) / (45.0 * variance).sqrt();
    let p = if scaled > 0.003 { 1.0 - limit_below(scaled) } else { 1.0 };
    Distance { distance, p: p.clamp(0.0, 1.0) }
}

/// T by the ranks of both sides among all values.
fn squared(base: &[f64], head: &[f64]) -> f64 {
    let (mut of_base, _) = ranks(&[sorted(base), sorted(head)].concat());
    let of_head = of_base.split_off(base.len());
    let gaps = |ranks: &[f64]| ranks.iter().zip(1..).map(|(rank, own)| (rank - f64::from(own)).powi(2)).sum::<f64>();
    let (n, m) = (base.len() as f64, head.len() as f64);
    let (pairs, all) = (n * m, n + m);
    ((n * gaps(&of_base) + m * gaps(&of_head)) / (pairs * all) - (4.0 * pairs - 1.0) / (6.0 * all)).max(0.0)
}

/// The limiting distribution of T: a series of Bessel functions of order 1/4.
fn limit_below(x: f64) -> f64 {
    let term = |k: f64| {
        let y = 4.0 * k + 1.0;
        let q = y * y / (16.0 * x);
        let ways = (ln_gamma(k + 0.5) - ln_gamma(k + 1.0)).exp();
        // The scaled function is e^q K(q).
        ways * y.sqrt() * (-2.0 * q).exp() * bessel_k_quarter_scaled(q) / (PI.powf(1.5) * x.sqrt())
    };
    let mut total = 0.0;
    for k in 0..200 {
        let part = term(f64::from(k));
        total += part;
        if part < 1e-17 {
            break;
        }
    }
    total
}

/// The share of all orders of `n` and `m` values along which the whole-numbered `weight(i, j)` sum to at least `limit`.
///
/// Sums of `limit` or more share the last entry of a state: they never come back.
fn share_at_least(n: usize, m: usize, limit: usize, weight: impl Fn(usize, usize) -> usize) -> f64 {
    let mut row: Vec<Vec<f64>> = vec![vec![0.0; limit + 1]; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let mut next = vec![0.0; limit + 1];
            let w = weight(i, j);
            let mut come = |from: Option<&Vec<f64>>, chance: f64| {
                for (sum, share) in from.into_iter().flatten().enumerate().filter(|(_, share)| **share > 0.0) {
                    if let Some(slot) = next.get_mut((sum + w).min(limit)) {
                        *slot += chance * share;
                    }
                }
            };
            let all = (i + j) as f64;
            if i + j == 0 {
                come(Some(&vec![1.0]), 1.0);
            }
            if i > 0 {
                come(row.get(j), i as f64 / all);
            }
            if j > 0 {
                come(row.get(j - 1), j as f64 / all);
            }
            if let Some(slot) = row.get_mut(j) {
                *slot = next;
            }
        }
    }
    row.last().and_then(|state| state.last()).copied().unwrap_or(1.0).min(1.0)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Sum over the gaps between successive values of `f(|share of base - share of head|)` times the gap.
fn across(base: &[f64], head: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    if base.is_empty() || head.is_empty() {
        return 0.0;
    }
    let steps = shares(base, head);
    let (n, m) = (base.len() as f64, head.len() as f64);
    let parts = steps.windows(2).map(|two| {
        let (value, i, j) = two[0];
        let gap = (i as f64 / n - j as f64 / m).abs();
        // 0 times a difference that overflows is no number.
        if gap > 0.0 { f(gap) * (two[1].0 - value) } else { 0.0 }
    });
    parts.sum()
}

/// Wasserstein's distance of order 1, in the values' unit: how far values must be moved on average to turn one side into the
/// other. Its p is by [`super::resample::permutation`].
pub fn wasserstein(base: &[f64], head: &[f64]) -> f64 {
    across(base, head, |gap| gap)
}

/// The energy distance (Székely and Rizzo 2013), in the root of the values' unit: sqrt(2 ∫ (F - G)²). Its p is by
/// [`super::resample::permutation`].
pub fn energy(base: &[f64], head: &[f64]) -> f64 {
    (2.0 * across(base, head, |gap| gap * gap)).sqrt()
}

/// Anderson and Darling's statistic for several samples, ties by midranks, less its mean and over its standard deviation
/// (Scholz and Stephens 1987). None for an empty sample, fewer than four values, or values that are all equal.
pub fn anderson_darling(samples: &[&[f64]]) -> Option<f64> {
    let all = sorted(&samples.concat());
    let total = all.len();
    let (k, n) = (samples.len() as f64, total as f64);
    if k < 2.0 || total < 4 || samples.iter().any(|s| s.is_empty()) || all.first() == all.last() {
        return None;
    }
    let samples: Vec<Vec<f64>> = samples.iter().map(|s| sorted(s)).collect();
    let midrank = |ascending: &[f64], value: f64| {
        let (below, upto) = (ascending.partition_point(|v| *v < value), ascending.partition_point(|v| *v <= value));
        0.5 * (below + upto) as f64
    };
    let mut statistic = 0.0;
    for tied in all.chunk_by(|a, b| a == b) {
        let Some(&value) = tied.first() else { continue };
        let l = tied.len() as f64;
        let b = midrank(&all, value);
        let spread = b * (n - b) - 0.25 * n * l;
        for sample in samples.iter().filter(|_| spread > 0.0) {
            let size = sample.len() as f64;
            statistic += l / n * (n * midrank(sample, value) - size * b).powi(2) / spread / size;
        }
    }
    statistic *= (n - 1.0) / n;
    let inverse: f64 = samples.iter().map(|s| (s.len() as f64).recip()).sum();
    Some((statistic - (k - 1.0)) / anderson_darling_variance(total, k, inverse).sqrt())
}

/// Variance of Anderson and Darling's statistic for `k` samples of `total` values; `inverse` is the sum of 1/size.
fn anderson_darling_variance(total: usize, k: f64, inverse: f64) -> f64 {
    let n = total as f64;
    let h: f64 = (1..total).map(|i| (i as f64).recip()).sum();
    // The sum over i < j of 1/((n - i) j): from the far end, with the sum over j carried along.
    let (mut g, mut tail) = (0.0, 0.0);
    for i in (1..total - 1).rev() {
        tail += ((i + 1) as f64).recip();
        g += tail / (total - i) as f64;
    }
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0))
}

/// Whether the shape of iterations changed, whatever their location: of pair i, `base[i]` and `head[i]` are one launch's
/// iterations each, positive, any unit.
///
/// Each launch is divided by its 25 % quantile; the distance is Wasserstein's between the sides, launches weighing alike,
/// over the middle 98 % of all values, as a fraction of that quantile. p is by exchanging sides within pairs, all ways to 12
/// pairs, else drawn from `seed`. A pair with a launch without positive quantile is left out.
pub fn shape_change(base: &[&[f64]], head: &[&[f64]], seed: u64) -> Distance {
    let scaled = |launch: &[f64]| -> Option<Vec<f64>> {
        let unit = launch_summary(launch);
        let values: Vec<f64> = launch.iter().map(|v| v / unit).collect();
        // Beyond this a difference of two values could overflow.
        (unit > 0.0 && values.iter().all(|v| v.abs() < 1e100)).then_some(values)
    };
    let pairs: Vec<[Vec<f64>; 2]> = base.iter().zip(head).filter_map(|(b, h)| Some([scaled(b)?, scaled(h)?])).collect();
    // Value, pair, and its weight: positive in base's cumulative share, negative in head's.
    let mut values: Vec<(f64, usize, f64)> = Vec::new();
    for (pair, launches) in pairs.iter().enumerate() {
        for (launch, sign) in launches.iter().zip([1.0, -1.0]) {
            let weight = sign / (launch.len() as f64 * pairs.len() as f64);
            values.extend(launch.iter().map(|&v| (v, pair, weight)));
        }
    }
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let ascending: Vec<f64> = values.iter().map(|v| v.0).collect();
    let (low, high) = (quantile_type7(&ascending, 0.01), quantile_type7(&ascending, 0.99));
    if pairs.is_empty() {
        return NOTHING;
    }
    let result = exchanges(pairs.len(), seed, |exchanged| {
        let (mut gap, mut distance) = (0.0_f64, 0.0);
        for two in values.windows(2) {
            let (value, pair, weight) = two[0];
            gap += if exchanged.get(pair) == Some(&true) { -weight } else { weight };
            distance += gap.abs() * (two[1].0.clamp(low, high) - value.clamp(low, high));
        }
        distance
    });
    Distance { distance: result.statistic, p: result.above }
}
