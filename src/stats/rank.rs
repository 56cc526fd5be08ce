//! Tests by ranks: what head's launches say of base's without any word about the shape of their noise.
//!
//! Ties share the mean of their ranks. Degenerate input (an empty side, all values equal) has p = 1.

use super::significance::Significance;
use super::special::{StudentT, chi_squared_upper, normal_upper};
use super::summary::{mean, median, sorted};

/// Most pairs of launches for which the null distribution of Mann and Whitney's U is counted.
const COUNTED_MAX: usize = 400;

/// Most differences for which the null distribution of the signed-rank sum is counted.
pub(super) const SIGNED_MAX: usize = 50;

/// Ranks from 1, ties sharing their mean, and the sum of t^3 - t over groups of t tied values.
pub(super) fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let at = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
    order.sort_by(|&a, &b| at(a).total_cmp(&at(b)));
    let (mut ranks, mut ties, mut done) = (vec![0.0; values.len()], 0.0, 0);
    // By value and not by order: -0 and 0 are tied.
    for tied in order.chunk_by(|&a, &b| at(a) == at(b)) {
        let t = tied.len();
        for &index in tied {
            if let Some(rank) = ranks.get_mut(index) {
                *rank = done as f64 + 0.5 * (t as f64 + 1.0);
            }
        }
        done += t;
        let t = t as f64;
        ties += t * t * t - t;
    }
    (ranks, ties)
}

/// Ranks of both sides among all values: base's, head's, and the tie sum.
fn pooled_ranks(base: &[f64], head: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
    let (mut of_base, ties) = ranks(&[base, head].concat());
    let of_head = of_base.split_off(base.len());
    (of_base, of_head, ties)
}

/// Mann and Whitney's U of two sides: how often a head exceeds a base, ties counting half.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairwise {
    u: f64,
    n: usize,
    m: usize,
    ties: f64,
}

impl Pairwise {
    pub(super) fn new(base: &[f64], head: &[f64]) -> Self {
        let (n, m) = (base.len(), head.len());
        let (_, of_head, ties) = pooled_ranks(base, head);
        let least = 0.5 * (m as f64) * (m as f64 + 1.0);
        Self { u: of_head.iter().sum::<f64>() - least, n, m, ties }
    }

    /// p-values by counting all orders of untied values.
    pub(super) fn exact(self) -> Significance {
        let counts = pairwise_counts(self.n, self.m);
        let total: f64 = counts.iter().sum();
        let u = self.u.round().max(0.0) as usize;
        let below: f64 = counts.iter().take(u + 1).sum();
        let above: f64 = counts.iter().skip(u).sum();
        Significance::new(self.u, above / total, below / total)
    }

    /// p-values by the normal approximation, its variance corrected for ties; `continuity` is 0.5 or 0.
    pub(super) fn normal(self, continuity: f64) -> Significance {
        let (n, m) = (self.n as f64, self.m as f64);
        let all = n + m;
        let variance = n * m / 12.0 * (all + 1.0 - self.ties / (all * (all - 1.0)));
        if variance <= 0.0 {
            return Significance::none(self.u);
        }
        let gap = self.u - 0.5 * n * m;
        let upper = |distance: f64| normal_upper((distance - continuity) / variance.sqrt());
        Significance::new(self.u, upper(gap), upper(-gap))
    }
}

/// Mann and Whitney's test (1947). The statistic is U: pairs of launches in which head is larger, ties counting half.
///
/// Exact without ties and for at most 400 pairs, else normal with continuity correction. It tests P(base < head) = 1/2
/// only if both sides have one shape; with unequal spreads use [`brunner_munzel`].
pub fn mann_whitney(base: &[f64], head: &[f64]) -> Significance {
    let pairwise = Pairwise::new(base, head);
    if base.is_empty() || head.is_empty() {
        Significance::none(0.0)
    } else if pairwise.ties == 0.0 && base.len() * head.len() <= COUNTED_MAX {
        pairwise.exact()
    } else {
        pairwise.normal(0.5)
    }
}

/// In how many orders of `n` and `m` untied values U is 0, 1, ..., n m: the coefficients of the Gaussian binomial
/// product of (1 - q^(m+i)) / (1 - q^i), i = 1..n. Exact up to 400 pairs.
pub(super) fn pairwise_counts(n: usize, m: usize) -> Vec<f64> {
    let (n, m) = (n.min(m), n.max(m));
    let mut counts = vec![0.0; n * m + 1];
    if let Some(first) = counts.first_mut() {
        *first = 1.0;
    }
    for i in 1..=n {
        let step = m + i;
        for v in (step..counts.len()).rev() {
            counts[v] -= counts[v - step];
        }
        for v in i..counts.len() {
            counts[v] += counts[v - i];
        }
    }
    counts
}

/// Brunner and Munzel's test (2000) of P(base < head) = 1/2 where shapes and spreads may differ, by its t approximation.
///
/// The statistic is infinite where the sides do not overlap; p is then that of Mann and Whitney, which needs no spread.
/// Below ten launches a side use [`super::left_out::resample::brunner_munzel`].
pub fn brunner_munzel(base: &[f64], head: &[f64]) -> Significance {
    let Some(parts) = Placements::new(base, head) else { return Significance::none(0.0) };
    let statistic = parts.statistic();
    if !statistic.is_finite() {
        return Significance { statistic, ..mann_whitney(base, head) };
    }
    let student = StudentT::new(parts.df());
    Significance::new(statistic, student.upper(statistic), student.upper(-statistic))
}

/// The statistic of [`brunner_munzel`] alone; 0 for fewer than two launches on a side.
pub(super) fn brunner_munzel_statistic(base: &[f64], head: &[f64]) -> f64 {
    Placements::new(base, head).map_or(0.0, |parts| parts.statistic())
}

/// Mean ranks of two sides among all, and the variances of their ranks among all less those among their own.
struct Placements {
    n: f64,
    m: f64,
    gap: f64,
    base_variance: f64,
    head_variance: f64,
}

impl Placements {
    fn new(base: &[f64], head: &[f64]) -> Option<Self> {
        if base.len() < 2 || head.len() < 2 {
            return None;
        }
        let (of_base, of_head, _) = pooled_ranks(base, head);
        let variance = |among_all: &[f64], own: &[f64]| {
            let placement: Vec<f64> = among_all.iter().zip(ranks(own).0).map(|(all, own)| all - own).collect();
            let centre = mean(&placement);
            placement.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / (placement.len() as f64 - 1.0)
        };
        let (base_variance, head_variance) = (variance(&of_base, base), variance(&of_head, head));
        let gap = mean(&of_head) - mean(&of_base);
        Some(Self { n: base.len() as f64, m: head.len() as f64, gap, base_variance, head_variance })
    }

    /// Infinite without any overlap of the sides, 0 where nothing differs.
    fn statistic(&self) -> f64 {
        let spread = (self.n * self.base_variance + self.m * self.head_variance).sqrt();
        let scaled = self.n * self.m * self.gap / (self.n + self.m);
        if self.gap == 0.0 { 0.0 } else { scaled / spread }
    }

    fn df(&self) -> f64 {
        let (a, b) = (self.n * self.base_variance, self.m * self.head_variance);
        let parts = a * a / (self.n - 1.0) + b * b / (self.m - 1.0);
        if parts > 0.0 { (a + b).powi(2) / parts } else { self.n + self.m - 2.0 }
    }
}

/// Wilcoxon's signed-rank sum of differences: ranks of the positive ones among all, zeros left out.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    sum: f64,
    ranks: Vec<f64>,
    ties: f64,
}

impl Signed {
    pub(super) fn new(differences: &[f64], centre: f64) -> Self {
        let moved: Vec<f64> = differences.iter().map(|d| d - centre).filter(|d| *d != 0.0).collect();
        let sizes: Vec<f64> = moved.iter().map(|d| d.abs()).collect();
        let (ranks, ties) = ranks(&sizes);
        let sum = ranks.iter().zip(&moved).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
        Self { sum, ranks, ties }
    }

    /// p-values by counting all signs, given the ranks: exact with ties too.
    pub(super) fn exact(&self) -> Significance {
        // Shared ranks are halves: twice the ranks are whole.
        let doubled: Vec<usize> = self.ranks.iter().map(|rank| (2.0 * rank).round() as usize).collect();
        let counts = signed_counts(&doubled);
        let total: f64 = counts.iter().sum();
        let at = (2.0 * self.sum).round() as usize;
        let below: f64 = counts.iter().take(at + 1).sum();
        let above: f64 = counts.iter().skip(at).sum();
        Significance::new(self.sum, above / total, below / total)
    }

    /// p-values by the normal approximation with continuity and tie corrections.
    pub(super) fn normal(&self) -> Significance {
        let n = self.ranks.len() as f64;
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - self.ties / 48.0;
        if variance <= 0.0 {
            return Significance::none(self.sum);
        }
        let gap = self.sum - 0.25 * n * (n + 1.0);
        let upper = |distance: f64| normal_upper((distance - 0.5) / variance.sqrt());
        Significance::new(self.sum, upper(gap), upper(-gap))
    }
}

/// In how many ways signs make the sum of the positive `ranks` 0, 1, 2, ...
pub(super) fn signed_counts(ranks: &[usize]) -> Vec<f64> {
    let mut counts = vec![0.0; ranks.iter().sum::<usize>() + 1];
    if let Some(first) = counts.first_mut() {
        *first = 1.0;
    }
    for &rank in ranks {
        for v in (rank..counts.len()).rev() {
            counts[v] += counts[v - rank];
        }
    }
    counts
}

/// Wilcoxon's signed-rank test (1945) of pairs' differences (head less base) against `centre`. The statistic is the sum of
/// the positive ranks. Exact up to 50 differences, ties included, else normal. Differences equal to `centre` are left out.
pub fn signed_rank(differences: &[f64], centre: f64) -> Significance {
    let signed = Signed::new(differences, centre);
    if signed.ranks.is_empty() {
        Significance::none(0.0)
    } else if signed.ranks.len() <= SIGNED_MAX {
        signed.exact()
    } else {
        signed.normal()
    }
}

/// Mood's median test (1950): which side has more values above the median of all, by chi-squared with Yates' correction.
///
/// The statistic is chi-squared and has no direction, so the one-sided p-values are half of the two-sided one on the side
/// that the table leans to.
pub fn median_test(base: &[f64], head: &[f64]) -> Significance {
    let middle = median(&sorted(&[base, head].concat()));
    let count = |side: &[f64]| {
        let above = side.iter().filter(|v| **v > middle).count() as f64;
        (above, side.len() as f64 - above)
    };
    let ((a, b), (c, d)) = (count(head), count(base));
    let all = a + b + c + d;
    let margins = (a + b) * (c + d) * (a + c) * (b + d);
    if margins == 0.0 {
        return Significance::none(0.0);
    }
    let lean = a * d - b * c;
    let statistic = all * (lean.abs() - 0.5 * all).max(0.0).powi(2) / margins;
    let p = chi_squared_upper(statistic, 1.0);
    let (near, far) = (0.5 * p, 1.0 - 0.5 * p);
    if lean >= 0.0 { Significance::new(statistic, near, far) } else { Significance::new(statistic, far, near) }
}
