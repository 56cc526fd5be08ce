//! Whether successive pairs resemble each other, and how much wider that makes an interval (`docs/method.md`).

/// Fewest pairs from which on an interval is widened: below, the estimate of the correlation is noise.
pub const INFLATE_FROM: usize = 10;

/// Lag-1 autocorrelation of `values` in run order (dimensionless); 0 for constant or fewer than two values.
pub fn lag1(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let total: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let neighbours: f64 = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    if total > 0.0 && neighbours.is_finite() { neighbours / total } else { 0.0 }
}

/// What the half-width of an interval is multiplied with: sqrt((1 + rho)/(1 - rho)), rho = clip(lag1 + 1/n, 0, 0.9).
///
/// The 1/n removes the bias that estimating the mean brings. 1 below [`INFLATE_FROM`] values.
pub fn inflation(lag1: f64, n: usize) -> f64 {
    if n < INFLATE_FROM {
        return 1.0;
    }
    let rho = (lag1 + 1.0 / n as f64).clamp(0.0, 0.9);
    ((1.0 + rho) / (1.0 - rho)).sqrt()
}

/// Whether `lag1` of `n` values exceeds what independent values show 95 % of the time (normal approximation).
pub fn is_dependent(lag1: f64, n: usize) -> bool {
    let n_f = n as f64;
    n >= INFLATE_FROM && lag1 > -1.0 / n_f + 1.645 / n_f.sqrt()
}
