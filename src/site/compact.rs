//! Numbers in few bytes: whole multiples of a power of ten, each told by its difference to the one before.

use crate::stats::summary::median;
use std::fmt::Write;

/// Digits beyond the noise that are kept: a hundredth of what a value jumps by anyway.
const BEYOND_NOISE: f64 = 0.01;

/// Fewest significant digits that are kept, and the most that a number in a script can hold.
const DIGITS: (i32, i32) = (4, 14);

/// Values as multiples of 10^`exponent`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compact {
    pub(super) exponent: i32,
    /// Differences, separated by commas; empty where there is no value.
    pub(super) text: String,
}

/// Rounds values to what their own noise leaves of them. Whole numbers stay whole.
pub(super) fn compact(values: &[f64]) -> Compact {
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let exponent = exponent(&known);
    let power = 10_f64.powi(exponent.abs());
    let whole = |value: f64| if exponent < 0 { value * power } else { value / power }.round();
    Compact { exponent, text: differences(values.iter().map(|value| value.is_finite().then(|| whole(*value) as i64))) }
}

/// Whole numbers by their differences.
pub(super) fn differences(values: impl Iterator<Item = Option<i64>>) -> String {
    let mut text = String::new();
    let mut before = 0;
    for (place, value) in values.enumerate() {
        if place > 0 {
            text.push(',');
        }
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}", value.wrapping_sub(before));
            before = value;
        }
    }
    text
}

fn exponent(known: &[f64]) -> i32 {
    let largest = known.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest == 0.0 {
        return 0;
    }
    let magnitude = |value: f64| value.log10().floor() as i32;
    let steps: Vec<f64> = known.windows(2).map(|two| (two[1] - two[0]).abs()).filter(|step| *step > 0.0).collect();
    let sizes: Vec<f64> = known.iter().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
    let coarsest = magnitude(median(&sizes)) - (DIGITS.0 - 1);
    let finest = magnitude(largest) - (DIGITS.1 - 1);
    // A series that hardly ever moves tells its few steps in full.
    let moves = 2 * steps.len() >= known.len();
    let wanted = if moves { magnitude(median(&steps) * BEYOND_NOISE) } else { magnitude(largest) - 8 };
    let whole = known.iter().all(|value| value.fract() == 0.0);
    let wanted = wanted.min(coarsest).max(finest).clamp(-300, 300);
    if whole { wanted.max(0) } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the page reads them.
    fn read(compact: &Compact) -> Vec<f64> {
        let mut sum = 0_i64;
        let power = 10_f64.powi(compact.exponent.abs());
        let value = |part: &str| {
            if part.is_empty() {
                return f64::NAN;
            }
            sum += part.parse::<i64>().unwrap();
            if compact.exponent < 0 { sum as f64 / power } else { sum as f64 * power }
        };
        if compact.text.is_empty() { Vec::new() } else { compact.text.split(',').map(value).collect() }
    }

    #[test]
    fn noise_is_not_told_in_full() {
        let values = [1.012_345_678, 1.024_681_357, 0.998_765_432, f64::NAN, 1.003_333_333];
        let told = compact(&values);
        assert_eq!((told.exponent, told.text.as_str()), (-4, "10123,124,-259,,45"));
    }

    #[test]
    fn counters_are_told_in_full() {
        let values = [123_456_789.0, 123_456_789.0, 123_456_901.0, 123_456_901.0];
        assert_eq!(read(&compact(&values)), values);
    }

    #[test]
    fn odd_series_are_told() {
        for values in [vec![0.0; 3], vec![f64::NAN; 2], vec![1e300, 1e-300], vec![-1.0, 1.0], vec![5e-324]] {
            assert_eq!(read(&compact(&values)).len(), values.len(), "{values:?}");
        }
        // One gap is told as nothing is; the page knows how many runs there are.
        assert_eq!(compact(&[]).text, compact(&[f64::NAN]).text);
    }

    proptest! {
        #[test]
        fn values_read_back_within_a_fiftieth_of_their_noise(level in -9..9_i32, noise in 1e-5..0.2_f64, seed in any::<u64>()) {
            let mut random = fastrand::Rng::with_seed(seed);
            let values: Vec<f64> = (0..50).map(|_| 10_f64.powi(level) * (1.0 + noise * (random.f64() - 0.5))).collect();
            let steps: Vec<f64> = values.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
            let allowed = (median(&steps) * 0.02).min(10_f64.powi(level) * 1e-3);
            for (was, is) in values.iter().zip(read(&compact(&values))) {
                prop_assert!((was - is).abs() <= allowed, "{was} became {is}");
            }
        }
    }
}
