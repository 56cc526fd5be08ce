//! Evidence that may be looked at after every pair, for as long as one likes. The price: intervals a quarter wider than those
//! of the planned looks (`crate::stats::Looks`) at 10 to 40 pairs, so they serve runs without an end only.

use crate::stats::summary::{largest, population_sd};

/// ln of the evidence of the first differences against "their centre is 0": the t-mixture martingale (Wang and Ramdas 2024)
/// sqrt(c/(n + c)) ((n + c) V / ((n + c) V - S^2))^(n/2), S the sum and V the sum of squares.
///
/// For normal differences of any spread, 1/e bounds the p of ever reaching e. `mixture` c > 0 says how large an effect is
/// looked for: about 1/sqrt(c) standard deviations. 0 for no differences.
pub fn log_evidence(differences: &[f64], mixture: f64) -> f64 {
    let n = differences.len() as f64;
    let most = largest(differences);
    if most == 0.0 || !is_positive(mixture) {
        return 0.0;
    }
    // As shares of the greatest, so that no square overflows.
    let sum: f64 = differences.iter().map(|d| d / most).sum();
    let squares: f64 = differences.iter().map(|d| (d / most).powi(2)).sum();
    let all = n + mixture;
    let share = (sum * sum / (all * squares)).min(n / all);
    0.5 * (mixture.ln() - all.ln()) - 0.5 * n * (-share).ln_1p()
}

/// p of "their centre is 0" that holds however often it was looked at: the inverse of the evidence.
pub fn p_value(differences: &[f64], mixture: f64) -> f64 {
    (-log_evidence(differences, mixture)).exp().min(1.0)
}

/// Half-width around the mean of an interval that holds at level 1 - `alpha` at all times together: the centres at which
/// [`log_evidence`] stays below ln(1/alpha). Infinite while there are too few differences; 0 for no spread.
pub fn radius(differences: &[f64], mixture: f64, alpha: f64) -> f64 {
    let n = differences.len() as f64;
    let all = n + mixture;
    if differences.is_empty() || !is_positive(mixture) || !is_positive(alpha) {
        return f64::INFINITY;
    }
    let q = (alpha.min(1.0).powi(2) * mixture / all).powf(n.recip());
    let room = q * all - mixture;
    if room <= 0.0 { f64::INFINITY } else { (all * (1.0 - q) / room).sqrt() * population_sd(differences) }
}

/// Half-width around the mean by the asymptotic confidence sequence (Waudby-Smith et al. 2024): `sd sqrt(2 (n r^2 + 1)/(n^2
/// r^2) ln(sqrt(n r^2 + 1)/alpha))`. For long series of any shape; it does not hold its level below about 50 differences.
pub fn asymptotic_radius(differences: &[f64], rho: f64, alpha: f64) -> f64 {
    let n = differences.len() as f64;
    if differences.is_empty() || !is_positive(rho) || !is_positive(alpha) {
        return f64::INFINITY;
    }
    let spread = n * rho * rho + 1.0;
    let room = (2.0 * spread / (n * n * rho * rho) * (spread.sqrt() / alpha).ln()).max(0.0);
    room.sqrt() * population_sd(differences)
}

fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}
