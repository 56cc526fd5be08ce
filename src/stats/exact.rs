//! Counters that hardly vary: compared by the range of a few launches, not by a distribution (`docs/method.md`).

use crate::model::Warning;

/// The least noise floor of counters that vary at all, as a fraction.
const NOISE_MIN: f64 = 0.0005;

/// The noise floor in ranges seen.
const NOISE_RANGES: f64 = 3.0;

/// What a few launches' counters say. Ratios are head/base, not logarithms.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// Median of head over median of base; none where base's is zero (and 1 where both are).
    pub ratio: Option<f64>,
    /// min(head)/max(base) and max(head)/min(base); none where base has a zero.
    pub interval: Option<(f64, f64)>,
    /// The noise floor as a fraction: 0 if each side repeats itself exactly, else max(0.05 %, 3 x the wider side's range).
    pub noise: f64,
    /// Every head is above every base by more than delta and the noise.
    pub above: bool,
    /// Every head is below every base by more than delta and the noise.
    pub below: bool,
    /// Every ratio lies inside (-delta, delta) on the log scale.
    pub inside: bool,
    /// What a reader should know.
    pub warnings: Vec<Warning>,
}

/// Compares counters, three launches a side or more (one is accepted and taken as exact); `delta` = ln(1 + threshold).
///
/// Counters are not negative. Head counting something where base counts nothing at all is above by any measure.
pub fn exact(base: &[f64], head: &[f64], delta: f64) -> Exact {
    let valid = |side: &[f64]| !side.is_empty() && side.iter().all(|v| v.is_finite() && *v >= 0.0);
    if !valid(base) || !valid(head) {
        let have = u32::try_from(base.len().min(head.len())).unwrap_or(u32::MAX);
        let warning = if have == 0 { Warning::TooFewObservations { have, need: 1 } } else { Warning::ZeroValues };
        return answer(None, None, 0.0, Some(warning));
    }
    let ((base_min, base_max), (head_min, head_max)) = (range(base), range(head));
    if base_max == 0.0 && head_max == 0.0 {
        return Exact { inside: true, ..answer(Some(1.0), None, 0.0, None) };
    }
    let noise = noise([(base_min, base_max), (head_min, head_max)]);
    let middle = super::summary::median(base);
    let ratio = (middle > 0.0).then(|| super::summary::median(head) / middle);
    let limit = delta.max(noise.ln_1p());
    if base_min == 0.0 || head_min == 0.0 {
        return Exact {
            above: base_max == 0.0 && head_min > 0.0,
            below: head_max == 0.0 && base_min > 0.0,
            ..answer(ratio, None, noise, Some(Warning::ZeroValues))
        };
    }
    let (low, high) = ((head_min / base_max).ln(), (head_max / base_min).ln());
    // Without any difference nothing can be outside, even at a threshold of zero.
    let same = low == 0.0 && high == 0.0;
    Exact {
        above: low > limit,
        below: high < -limit,
        inside: same || (-delta < low && high < delta),
        ..answer(ratio, Some((head_min / base_max, head_max / base_min)), noise, None)
    }
}

fn answer(ratio: Option<f64>, interval: Option<(f64, f64)>, noise: f64, warning: Option<Warning>) -> Exact {
    let warnings = warning.into_iter().collect();
    Exact { ratio, interval, noise, above: false, below: false, inside: false, warnings }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, 0.0), |(low, high), &v| (v.min(low), v.max(high)))
}

fn noise(ranges: [(f64, f64); 2]) -> f64 {
    let widest = ranges.iter().map(|&(low, high)| if high > low { high / low - 1.0 } else { 0.0 }).fold(0.0, f64::max);
    if widest == 0.0 { 0.0 } else { (NOISE_RANGES * widest).max(NOISE_MIN) }
}
