//! A sequence of values in the order of time: how much its neighbours resemble each other, and what its noise is.

use super::dependence::lag1;
use super::special::chi_squared_upper;
use super::summary::{largest, mad, mean, population_sd};
use std::f64::consts::SQRT_2;

/// By how much the smallest four fifths of the steps must exceed what their median says, so that they are not of one kind.
const KINDS_FROM: f64 = 3.0;

/// Most lags of an effective size: neighbours that far apart are alike by drift, and no lag would be enough.
const LAGS_MAX: usize = 1_000;

/// Autocorrelations at lags 0, 1, ..., `lags` (dimensionless): products of deviations from the mean over their squares. Lag
/// 0 is 1; the others are 0 for constant values and beyond the last value.
pub fn autocorrelations(values: &[f64], lags: usize) -> Vec<f64> {
    let centre = mean(values);
    let deviations: Vec<f64> = values.iter().map(|v| v - centre).collect();
    // As a share of the greatest, so that no square overflows.
    let most = largest(&deviations);
    let deviations: Vec<f64> = deviations.iter().map(|v| v / most).collect();
    let squares: f64 = deviations.iter().map(|v| v * v).sum();
    let at = |lag: usize| {
        let products = deviations.iter().zip(deviations.iter().skip(lag)).map(|(a, b)| a * b);
        let rho = products.sum::<f64>() / squares;
        if rho.is_finite() { rho } else { 0.0 }
    };
    std::iter::once(1.0).chain((1..=lags).map(at)).collect()
}

/// How many independent values a dependent series is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectiveSize {
    /// The last lag that counts.
    pub last_lag: usize,
    /// Sum of the autocorrelations to that lag.
    pub sum: f64,
    /// By how much the variance of the mean is greater than for independent values: 1 + 2 `sum`.
    pub tau: f64,
    /// Values over `tau`.
    pub size: f64,
}

/// Geyer's initial positive sequence (1992): autocorrelations are added by twos while a two is positive.
pub fn effective_size(values: &[f64]) -> EffectiveSize {
    let n = values.len();
    let rho = autocorrelations(values, n.saturating_sub(1).min(LAGS_MAX));
    let (mut last_lag, mut sum) = (0, 0.0);
    for two in rho.get(1..).unwrap_or_default().chunks_exact(2) {
        let two = two[0] + two[1];
        if two <= 0.0 {
            break;
        }
        sum += two;
        last_lag += 2;
    }
    let tau = 1.0 + 2.0 * sum;
    EffectiveSize { last_lag, sum, tau, size: n as f64 / tau }
}

/// How many independent values a series is worth whose value follows the last one only: n (1 - rho)/(1 + rho), rho the lag-1
/// autocorrelation.
pub fn effective_size_lag1(values: &[f64]) -> f64 {
    let rho = lag1(values).clamp(-0.99, 0.99);
    values.len() as f64 * (1.0 - rho) / (1.0 + rho)
}

/// Ljung and Box' test (1978) of "no dependence up to `lags`": `Q = n (n + 2) sum rho_k^2/(n - k)`, and its p by chi-squared.
/// (0, 1) where there are no more values than lags.
pub fn ljung_box(values: &[f64], lags: usize) -> (f64, f64) {
    let n = values.len() as f64;
    if lags == 0 || values.len() <= lags {
        return (0.0, 1.0);
    }
    let rho = autocorrelations(values, lags);
    let sum: f64 = rho.iter().enumerate().skip(1).map(|(k, rho)| rho * rho / (n - k as f64)).sum();
    let q = n * (n + 2.0) * sum;
    (q, chi_squared_upper(q, lags as f64))
}

/// Von Neumann's ratio (1941) of squared steps to squared deviations: near 2 for independent values, less for values that
/// resemble their neighbours. 2 for constant values.
pub fn von_neumann(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    let steps: f64 = values.windows(2).map(|two| (two[1] - two[0]).powi(2)).sum();
    let ratio = steps / squares;
    if ratio.is_finite() { ratio } else { 2.0 }
}

/// Standard deviation of a series' noise, whatever its levels do: the median absolute deviation of the steps between
/// neighbours, over sqrt 2. Where most steps are of one size and others of another (a sawtooth, two modes) that says nothing:
/// the root mean square of the smallest four fifths of the steps counts where it is three times as much, the standard deviation
/// of all where more than half of them are equal, over sqrt 2. 0 for equal steps or fewer than two values, infinite where
/// steps overflow.
pub fn noise(values: &[f64]) -> f64 {
    let steps = steps(values);
    if steps.windows(2).all(|two| two[0] == two[1]) {
        return 0.0;
    }
    match noise_of(&steps) {
        0.0 => population_sd(&steps) / SQRT_2,
        usual => Some(inner(&steps) / SQRT_2).filter(|inner| *inner > KINDS_FROM * usual).unwrap_or(usual),
    }
}

/// Root mean square of the smallest four fifths of the steps: 0.66 standard deviations of normal ones.
fn inner(steps: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = steps.iter().map(|step| step.abs()).collect();
    let count = sizes.len() - sizes.len() / 5;
    if count >= sizes.len() {
        return 0.0;
    }
    let most = *sizes.select_nth_unstable_by(count, f64::total_cmp).1;
    // As a share of the largest, so that no square overflows.
    let squares: f64 = sizes[..count].iter().map(|size| (size / most).powi(2)).sum();
    let inner = most * (squares / count as f64).sqrt();
    if inner.is_finite() { inner } else { 0.0 }
}

/// [`noise`] that stays 0 where more than half of the steps are equal.
pub(super) fn usual_noise(values: &[f64]) -> f64 {
    noise_of(&steps(values))
}

fn steps(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|two| two[1] - two[0]).collect()
}

fn noise_of(steps: &[f64]) -> f64 {
    let noise = if steps.is_empty() { 0.0 } else { mad(steps) / SQRT_2 };
    if noise.is_finite() { noise } else { f64::INFINITY }
}
