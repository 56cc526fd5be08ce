//! The Hodges-Lehmann estimates (1963) with their exact intervals: medians of pairwise means or differences. What
//! `super::rank`'s tests do not reject. A cross-check of the trimmed mean from ten pairs on.
//!
//! The n^2 values are never written down: the number of them below a bound takes one pass over sorted values, so bisection
//! over the floating-point numbers themselves finds any order statistic exactly.

use super::rank::{SIGNED_MAX, pairwise_counts, signed_counts};
use super::special::normal_quantile_upper;
use super::summary::sorted;

/// An estimate and an interval of two order statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HodgesLehmann {
    /// The estimate.
    pub estimate: f64,
    /// How many of the ordered values lie outside the interval at each end, plus one; 0 without an interval.
    pub rank: usize,
    /// The interval; none where so few values cannot reach the level.
    pub interval: Option<(f64, f64)>,
    /// The interval's exact level where there is one, counted or by the normal approximation.
    pub confidence: f64,
}

/// Median of the means of all pairs of `differences`, each also with itself, and the interval at level 1 - `alpha` of
/// Wilcoxon's signed-rank test. Counted to 50 differences, then normal. None for no differences.
pub fn one_sample(differences: &[f64], alpha: f64) -> Option<HodgesLehmann> {
    let values = sorted(differences);
    let n = values.len();
    let walsh = Ordered {
        count: n * (n + 1) / 2,
        // Row i pairs with i, i + 1, ...; as the bound falls from row to row only the row's end moves.
        at_most: |bound: f64| {
            let (mut end, mut total) = (n, 0);
            for (i, low) in values.iter().enumerate() {
                while end > i && values.get(end - 1).is_some_and(|high| low.midpoint(*high) > bound) {
                    end -= 1;
                }
                total += end - i.min(end);
            }
            total
        },
    };
    let n_f = n as f64;
    let variance = n_f * (n_f + 1.0) * (2.0 * n_f + 1.0) / 24.0;
    let counts = if n <= SIGNED_MAX { signed_counts(&(1..=n).collect::<Vec<_>>()) } else { Vec::new() };
    walsh.estimate(&counts, variance, alpha)
}

/// Median of all differences between a head and a base, and the interval at level 1 - `alpha` of Mann and Whitney's test.
/// Counted to 400 pairs of launches, then normal. None for an empty side.
pub fn two_sample(base: &[f64], head: &[f64], alpha: f64) -> Option<HodgesLehmann> {
    let (base, head) = (sorted(base), sorted(head));
    let (n, m) = (base.len(), head.len());
    let shifts = Ordered {
        count: n * m,
        at_most: |bound: f64| {
            let (mut end, mut total) = (0, 0);
            for low in &base {
                while head.get(end).is_some_and(|high| high - low <= bound) {
                    end += 1;
                }
                total += end;
            }
            total
        },
    };
    let variance = n as f64 * m as f64 * (n as f64 + m as f64 + 1.0) / 12.0;
    let counts = if n * m <= 400 { pairwise_counts(n, m) } else { Vec::new() };
    shifts.estimate(&counts, variance, alpha)
}

/// A multiset of numbers that is known by how many of them are at most a bound.
struct Ordered<F: Fn(f64) -> usize> {
    count: usize,
    at_most: F,
}

impl<F: Fn(f64) -> usize> Ordered<F> {
    /// The `k`-th smallest number, from 1: the least bound that `k` numbers do not exceed.
    fn kth(&self, k: usize) -> f64 {
        let (mut low, mut high) = (key(f64::NEG_INFINITY), key(f64::INFINITY));
        while low < high {
            let middle = low + (high - low) / 2;
            if (self.at_most)(number(middle)) >= k {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        number(low)
    }

    /// The middle number, and the interval between the `k`-th from below and from above; `counts` is the null distribution
    /// of the test's statistic, empty where its normal approximation with `variance` serves.
    fn estimate(&self, counts: &[f64], variance: f64, alpha: f64) -> Option<HodgesLehmann> {
        if self.count == 0 {
            return None;
        }
        let (low, high) = (self.kth(self.count.div_ceil(2)), self.kth(self.count / 2 + 1));
        let (rank, outside) = if counts.is_empty() {
            let half = normal_quantile_upper(0.5 * alpha) * variance.sqrt();
            ((0.5 * self.count as f64 - half).max(0.0) as usize, 0.5 * alpha)
        } else {
            rank_of(counts, 0.5 * alpha)
        };
        // The two ends must not cross where alpha is near 1.
        let rank = rank.min(self.count.div_ceil(2));
        let interval = (rank > 0).then(|| (self.kth(rank), self.kth(self.count + 1 - rank)));
        let confidence = if rank > 0 { 1.0 - 2.0 * outside } else { 0.0 };
        Some(HodgesLehmann { estimate: low.midpoint(high), rank, interval, confidence })
    }
}

/// How many values of the statistic, from 0 on, have a lower tail of at most `level`, and the largest such tail.
fn rank_of(counts: &[f64], level: f64) -> (usize, f64) {
    let total: f64 = counts.iter().sum();
    let (mut rank, mut tail, mut sum) = (0, 0.0, 0.0);
    for count in counts {
        sum += count / total;
        if sum > level {
            break;
        }
        rank += 1;
        tail = sum;
    }
    (rank, tail)
}

/// Whole numbers in the order of the floating-point numbers (the order of `f64::total_cmp`).
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}
