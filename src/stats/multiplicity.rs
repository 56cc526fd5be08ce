//! Many comparisons at once (`docs/method.md`). p-values outside [0, 1] or NaN are taken as 1.

use super::special::{chi_squared_upper, normal_quantile_upper, normal_upper_fine};
use std::f64::consts::PI;

/// Adjusted p-values of Benjamini and Hochberg (1995), in the order given: rejecting those at most q keeps the expected
/// share of false rejections at q under the positive dependence that benchmarks of one run have.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let m = p.len() as f64;
    step_up(p, |rank| m / (rank as f64 + 1.0))
}

/// Adjusted p-values of Holm (1979), in the order given: rejecting those at most alpha keeps the chance of any false
/// rejection at alpha, whatever the dependence.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(valid(p, index) * (p.len() - rank) as f64).min(1.0);
        if let Some(slot) = adjusted.get_mut(index) {
            *slot = largest;
        }
    }
    adjusted
}

/// Adjusted p-values of Bonferroni, in the order given: [`holm`]'s guarantee, at a higher price.
pub fn bonferroni(p: &[f64]) -> Vec<f64> {
    (0..p.len()).map(|index| (valid(p, index) * p.len() as f64).min(1.0)).collect()
}

/// Adjusted p-values of Hochberg (1988), in the order given: [`holm`]'s guarantee for independent or positively dependent
/// p-values, never larger than Holm's.
pub fn hochberg(p: &[f64]) -> Vec<f64> {
    step_up(p, |rank| (p.len() - rank) as f64)
}

/// Adjusted p-values of Benjamini and Yekutieli (2001), in the order given: [`benjamini_hochberg`]'s guarantee whatever the
/// dependence, for ln m times the price.
pub fn benjamini_yekutieli(p: &[f64]) -> Vec<f64> {
    let m = p.len() as f64;
    let harmonic: f64 = (1..=p.len()).map(|i| (i as f64).recip()).sum();
    step_up(p, |rank| m * harmonic / (rank as f64 + 1.0))
}

/// From the largest p down: the smallest so far of p times the `factor` of its rank, from 0.
fn step_up(p: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &index) in ascending(p).iter().enumerate().rev() {
        smallest = smallest.min(valid(p, index) * factor(rank));
        if let Some(slot) = adjusted.get_mut(index) {
            *slot = smallest;
        }
    }
    adjusted
}

/// Which evidences (e-values) are rejected at `q` by e-BH (Wang and Ramdas 2022), ascending indices: the k largest, k the most
/// with the k-th largest at least m/(q k). Holds whatever the dependence, and whenever one stopped. NaN proves nothing.
pub fn e_benjamini_hochberg(evidence: &[f64], q: f64) -> Vec<usize> {
    let at = |index: usize| evidence.get(index).copied().filter(|e| !e.is_nan()).unwrap_or(0.0);
    let mut order: Vec<usize> = (0..evidence.len()).collect();
    order.sort_by(|&a, &b| at(b).total_cmp(&at(a)));
    let m = evidence.len() as f64;
    let enough = |rank: usize, index: usize| q > 0.0 && at(index) >= m / (q * (rank as f64 + 1.0));
    let rejected = order.iter().enumerate().rev().find(|&(rank, &index)| enough(rank, index));
    let mut first = order.get(..rejected.map_or(0, |(rank, _)| rank + 1)).unwrap_or_default().to_vec();
    first.sort_unstable();
    first
}

/// One p for "nothing differs anywhere", of independent p-values: -2 sum ln p by chi-squared (Fisher 1932). 1 for none.
pub fn fisher(p: &[f64]) -> f64 {
    let statistic: f64 = (0..p.len()).map(|index| -2.0 * valid(p, index).ln()).sum();
    if p.is_empty() { 1.0 } else { chi_squared_upper(statistic, 2.0 * p.len() as f64) }
}

/// One p for "nothing differs anywhere", of independent p-values: the sum of normal quantiles over sqrt m (Stouffer 1949). 1
/// for none; a p of 1 outweighs all others.
pub fn stouffer(p: &[f64]) -> f64 {
    let scores: Vec<f64> = (0..p.len()).map(|index| normal_quantile_upper(valid(p, index))).collect();
    if p.is_empty() || scores.contains(&f64::NEG_INFINITY) {
        return 1.0;
    }
    normal_upper_fine(scores.iter().sum::<f64>() / (p.len() as f64).sqrt())
}

/// One p for "nothing differs anywhere", of independent or positively dependent p-values: the least adjusted p of
/// [`benjamini_hochberg`] (Simes 1986). 1 for none.
pub fn simes(p: &[f64]) -> f64 {
    benjamini_hochberg(p).into_iter().fold(1.0, f64::min)
}

/// One p for "nothing differs anywhere", nearly whatever the dependence: the mean of tan((1/2 - p) pi) by the Cauchy
/// distribution (Liu and Xie 2020). 1 for none.
pub fn cauchy(p: &[f64]) -> f64 {
    // cot(p pi), which keeps its digits for small p.
    let sum: f64 = (0..p.len()).map(|index| (valid(p, index) * PI).tan().recip()).sum();
    let combined = (p.len() as f64).atan2(sum) / PI;
    if p.is_empty() { 1.0 } else { combined.clamp(0.0, 1.0) }
}

fn valid(p: &[f64], index: usize) -> f64 {
    p.get(index).copied().filter(|p| (0.0..=1.0).contains(p)).unwrap_or(1.0)
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| valid(p, a).total_cmp(&valid(p, b)));
    order
}
