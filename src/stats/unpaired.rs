//! Launches of two sides that are not linked: measured at different times, or by somebody else (`docs/method.md`).

use super::Settings;
use super::special::StudentT;
use super::summary::{launch_summary, mean, sd, sorted};
use crate::model::Warning;

/// Fewest launches a side that are trimmed; below, one wild launch decides and a warning says so.
const TRIM_FROM: usize = 6;

/// Standard deviation between launches that nine of ten of 586 JMH benchmarks stay below, log scale (`docs/method.md`).
pub const ASSUMED_SD: f64 = 0.074;

/// What unlinked launches say. Effects are ln(head/base).
#[derive(Clone, Debug, PartialEq)]
pub struct Unpaired {
    /// Difference of the sides' (trimmed) means; 0 where there is none.
    pub estimate: f64,
    /// Standard error of `estimate`; none where it cannot be known.
    pub error: Option<f64>,
    /// Degrees of freedom of `error`; infinite where it is assumed.
    pub df: f64,
    /// Interval at level 1 - alpha.
    pub interval: Option<(f64, f64)>,
    /// Interval at level 1 - 2 `alpha_equivalence`.
    pub equivalence: Option<(f64, f64)>,
    /// p of "not above +delta" on a two-sided scale: at most alpha exactly when the interval lies above +delta. 1 where
    /// there is no spread, so that the interval is a point.
    pub p_above: f64,
    /// p of "not below -delta", likewise.
    pub p_below: f64,
    /// Whether the equivalence interval lies inside (-delta, delta).
    pub inside: bool,
    /// The smallest two-sided level at which an interval lies inside (-delta, delta).
    pub p_equivalence: f64,
    /// The effect that would have been shown to be beyond delta with power 0.8 at one-sided alpha/2.
    pub minimum_detectable: Option<f64>,
    /// What a reader should know.
    pub warnings: Vec<Warning>,
}

/// Compares launches of two sides: Yuen's trimmed Welch test on logarithms (1974), plain Welch below six a side.
///
/// `trim` is the share trimmed at each end of each side, 0.15 to 0.2 (0.25 at most).
/// No interval for fewer than two launches on a side.
pub fn unpaired(base: &[f64], head: &[f64], settings: Settings, trim: f64) -> Unpaired {
    let fewest = base.len().min(head.len());
    let mut warnings = Vec::new();
    if fewest < TRIM_FROM {
        let have = u32::try_from(fewest).unwrap_or(u32::MAX);
        warnings.push(Warning::TooFewObservations { have, need: TRIM_FROM as u32 });
    }
    let (Some(base), Some(head)) = (logs(base), logs(head)) else {
        warnings.push(Warning::ZeroValues);
        return silent(0.0, warnings);
    };
    let trim = if fewest < TRIM_FROM { 0.0 } else { trim.clamp(0.0, 0.25) };
    match (Side::new(&base, trim), Side::new(&head, trim)) {
        (Some(base), Some(head)) => {
            let variance = base.variance + head.variance;
            let parts = base.variance.powi(2) / base.df + head.variance.powi(2) / head.df;
            let df = if parts > 0.0 { variance * variance / parts } else { base.df + head.df };
            if variance == 0.0 {
                warnings.push(Warning::QuantisedTimer);
            }
            judge(head.mean - base.mean, variance.sqrt(), df, settings, warnings)
        }
        _ if fewest == 0 => silent(0.0, warnings),
        _ => silent(mean(&head) - mean(&base), warnings),
    }
}

/// Compares one launch a side by their iterations' 25 % quantiles. The spread between launches cannot be seen from inside
/// one, so a standard deviation of [`ASSUMED_SD`] a side is assumed and the normal distribution used.
pub fn single_launch(base_iterations: &[f64], head_iterations: &[f64], settings: Settings) -> Unpaired {
    let (base, head) = (launch_summary(base_iterations), launch_summary(head_iterations));
    let assumed = Warning::AssumedLaunchVariation { sd: ASSUMED_SD };
    match (logs(&[base]).as_deref(), logs(&[head]).as_deref()) {
        (Some(&[base]), Some(&[head])) => {
            let error = ASSUMED_SD * std::f64::consts::SQRT_2;
            judge(head - base, error, f64::INFINITY, settings, vec![assumed])
        }
        _ => silent(0.0, vec![assumed, Warning::ZeroValues]),
    }
}

/// One side's (trimmed) mean, its squared standard error, and the degrees of freedom of that.
struct Side {
    mean: f64,
    variance: f64,
    df: f64,
}

impl Side {
    /// Yuen's d = (n-1) `s_w`^2 / (h (h-1)) with g = floor(trim n) values trimmed at each end, h = n - 2g.
    fn new(values: &[f64], trim: f64) -> Option<Self> {
        let n = values.len();
        let g = (trim * n as f64).floor() as usize;
        let ascending = sorted(values);
        let kept = ascending.get(g..n.checked_sub(g)?)?;
        let (&low, &high) = (kept.first()?, kept.last()?);
        let winsorised: Vec<f64> = ascending.iter().map(|v| v.clamp(low, high)).collect();
        let spread = if high - low <= super::trimmed::SPREAD_MIN { 0.0 } else { sd(&winsorised)? };
        let h = kept.len() as f64;
        let variance = (n as f64 - 1.0) * spread * spread / (h * (h - 1.0));
        (h > 1.0).then(|| Self { mean: mean(kept), variance, df: h - 1.0 })
    }
}

/// Logarithms; none if a value has none.
fn logs(values: &[f64]) -> Option<Vec<f64>> {
    values.iter().map(|&v| (v.is_finite() && v > 0.0).then(|| v.ln())).collect()
}

fn silent(estimate: f64, warnings: Vec<Warning>) -> Unpaired {
    Unpaired {
        estimate,
        error: None,
        df: 0.0,
        interval: None,
        equivalence: None,
        p_above: 1.0,
        p_below: 1.0,
        inside: false,
        p_equivalence: 1.0,
        minimum_detectable: None,
        warnings,
    }
}

/// Intervals and p-values of an estimate whose error follows a t distribution. Without spread the interval is a point and
/// proves no change: the p-values stay 1.
fn judge(estimate: f64, error: f64, df: f64, settings: Settings, warnings: Vec<Warning>) -> Unpaired {
    let student = StudentT::new(df);
    let delta = settings.delta;
    let around = |level: f64| {
        let half = student.quantile_upper(0.5 * level) * error;
        (estimate - half, estimate + half)
    };
    let (interval, equivalence) = (around(settings.alpha), around(2.0 * settings.alpha_equivalence));
    let p = |distance: f64| {
        if distance > 0.0 && error > 0.0 { 2.0 * student.upper(distance / error) } else { 1.0 }
    };
    let room = delta - estimate.abs();
    let detectable = super::power::minimum_detectable(error, 1, df, 0.5 * settings.alpha, 0.8, delta);
    Unpaired {
        error: Some(error),
        df,
        interval: Some(interval),
        equivalence: Some(equivalence),
        p_above: p(estimate - delta),
        p_below: p(-estimate - delta),
        inside: -delta < equivalence.0 && equivalence.1 < delta,
        p_equivalence: if error == 0.0 && room > 0.0 { 0.0 } else { p(room) },
        minimum_detectable: Some(detectable),
        ..silent(estimate, warnings)
    }
}
