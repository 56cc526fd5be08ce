//! Where the variation comes from: iterations, launches, builds (Kalibera and Jones 2013). Levels are counted from the
//! inside; the outermost one alone decides how sure a mean is.

use crate::stats::special::{StudentT, f_quantile_upper};
use crate::stats::summary::mean;

/// The variance components of one nested experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// Mean of all values.
    pub mean: f64,
    /// S^2 of each level: variance of the level's means within the level above, in the values' unit squared.
    pub spread: Vec<f64>,
    /// T^2 of each level: what the level adds, S^2 less the share that the level inside brings along; 0 where that is
    /// negative, which does not prove that the level adds nothing.
    pub added: Vec<f64>,
    counts: Vec<usize>,
}

/// Splits the variance of nested `values`: the innermost level varies fastest, `counts` says how many there are on each level
/// from the inside (iterations a launch, launches, ...).
///
/// None unless there are as many values as the counts say, at least two on each level, all finite.
pub fn components(values: &[f64], counts: &[usize]) -> Option<Components> {
    let product = counts.iter().try_fold(1_usize, |product, &count| product.checked_mul(count));
    if counts.is_empty() || product != Some(values.len()) || counts.iter().any(|&count| count < 2) {
        return None;
    }
    let mut means = values.to_vec();
    let (mut spread, mut added) = (Vec::new(), Vec::new());
    for (level, &count) in counts.iter().enumerate() {
        let groups = means.chunks(count);
        let df = (groups.len() * (count - 1)) as f64;
        let squares: f64 = groups
            .map(|group| {
                let centre = mean(group);
                group.iter().map(|v| (v - centre).powi(2)).sum::<f64>()
            })
            .sum();
        let inside = level.checked_sub(1).and_then(|inner| Some(spread.get(inner)? / *counts.get(inner)? as f64));
        spread.push(squares / df);
        added.push((squares / df - inside.unwrap_or(0.0)).max(0.0));
        means = means.chunks(count).map(mean).collect();
    }
    let mean = mean(&means);
    let finite = mean.is_finite() && spread.iter().all(|v| v.is_finite());
    finite.then(|| Components { mean, spread, added, counts: counts.to_vec() })
}

impl Components {
    /// Interval of the mean at level 1 - `alpha`: the outermost level's S^2/r and its r - 1 degrees of freedom.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let half = match (self.spread.last(), self.counts.last()) {
            (Some(spread), Some(&count)) if *spread > 0.0 => {
                let count = count as f64;
                StudentT::new(count - 1.0).quantile_upper(0.5 * alpha) * (spread / count).sqrt()
            }
            _ => 0.0,
        };
        (self.mean - half, self.mean + half)
    }

    /// The share of the variance that the outermost of two levels adds (the intraclass correlation), in [0, 1]; 0 for
    /// anything but two levels, or without any variation.
    pub fn outer_share(&self) -> f64 {
        match self.added[..] {
            [inner, outer] if outer > 0.0 => outer / (inner + outer),
            _ => 0.0,
        }
    }

    /// Interval of [`Self::outer_share`] at level 1 - `alpha` for normal noise, by the F distribution of `r S2^2/S1^2` (Searle
    /// 1971); one that begins at 0 says that launches may be all alike. None where iterations do not vary.
    pub fn outer_share_interval(&self, alpha: f64) -> Option<(f64, f64)> {
        let ([inner, outer], [iterations, launches]) = (&self.spread[..], &self.counts[..]) else { return None };
        let (r, n) = (*iterations as f64, *launches as f64);
        let ratio = r * outer / inner;
        if !ratio.is_finite() {
            return None;
        }
        let (df_outer, df_inner) = (n - 1.0, n * (r - 1.0));
        let share = |f: f64| ((f - 1.0) / (f + r - 1.0)).clamp(0.0, 1.0);
        let low = ratio / f_quantile_upper(0.5 * alpha, df_outer, df_inner);
        let high = ratio * f_quantile_upper(0.5 * alpha, df_inner, df_outer);
        Some((share(low), share(high)))
    }

    /// How many of `level` (from 0, the innermost) to run for each one of the level outside, not rounded: `sqrt(c2/c1 T1^2/T2^2)`
    /// for costs of one more on this level and of one more outside. Infinite where the level outside adds nothing; none for
    /// the outermost level, whose count the wanted precision sets.
    pub fn best_count(&self, level: usize, cost: f64, cost_outside: f64) -> Option<f64> {
        let (inner, outer) = (self.added.get(level)?, self.added.get(level + 1)?);
        let count = (cost_outside / cost * (inner / outer)).sqrt();
        Some(if count.is_nan() { 1.0 } else { count })
    }
}
