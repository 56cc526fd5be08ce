//! Base units become readable: one scale per row, three to four significant digits, never `NaN`.

use crate::model::Unit;

/// Factor to the base unit and the suffix, smallest first.
const SECONDS: [(f64, &str); 4] = [(1e-9, " ns"), (1e-6, " µs"), (1e-3, " ms"), (1.0, " s")];
const BYTES: [(f64, &str); 5] = [(1.0, " B"), (1e3, " kB"), (1e6, " MB"), (1e9, " GB"), (1e12, " TB")];
const COUNTS: [(f64, &str); 4] = [(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")];
const RATES: [(f64, &str); 4] = [(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s"), (1e9, "G/s")];

/// What is shown where there is no number.
const UNKNOWN: &str = "unknown";

/// Numbers from here to there are written without an exponent.
const PLAIN_FROM: f64 = 1e-4;
const PLAIN_TO: f64 = 1e7;

/// The scale of one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    factor: f64,
    suffix: &'static str,
    /// The base unit counts whole things, so a whole number needs no decimals.
    whole: bool,
}

impl Scale {
    /// The scale that shows the smallest of the values (zero aside) with digits before the point.
    pub(crate) fn of(unit: Unit, values: &[f64]) -> Self {
        let steps: &[(f64, &'static str)] = match unit {
            Unit::Second => &SECONDS,
            Unit::Byte => &BYTES,
            Unit::One => &COUNTS,
            Unit::PerSecond => &RATES,
        };
        let smallest =
            values.iter().map(|v| v.abs()).filter(|v| v.is_finite() && *v > 0.0).fold(f64::INFINITY, f64::min);
        let base = if unit == Unit::Second { 3 } else { 0 };
        let &(factor, suffix) = if smallest.is_finite() {
            // What would be shown as 1000 of one step is shown as 1 of the next.
            steps.iter().rev().find(|(factor, _)| smallest >= factor * 0.99995).unwrap_or(&steps[0])
        } else {
            &steps[base]
        };
        // What takes an exponent anyway is told in the base unit: `1.006e102`, not `1.006e93G`.
        let is_plain = !smallest.is_finite() || (PLAIN_FROM..PLAIN_TO).contains(&(smallest / factor));
        let &(factor, suffix) = steps.iter().find(|step| !is_plain && step.0 == 1.0).unwrap_or(&(factor, suffix));
        Self { factor, suffix, whole: factor == 1.0 && unit != Unit::Second }
    }

    /// Factor to the base unit, and the suffix.
    pub(crate) fn parts(self) -> (f64, &'static str) {
        (self.factor, self.suffix)
    }

    /// The value with its unit.
    pub(crate) fn show(self, value: f64) -> String {
        if value.is_finite() {
            format!("{}{}", digits(value / self.factor, self.whole), self.suffix)
        } else {
            UNKNOWN.to_owned()
        }
    }

    /// The value with its unit and just the decimals that tell it from one that lies `step` away: for the ticks of an axis.
    pub(crate) fn tick(self, value: f64, step: f64) -> String {
        let (value, step) = (value / self.factor, (step / self.factor).abs() * (1.0 + 1e-9));
        let decimals = -step.log10().floor();
        let number = match value.abs() {
            size if !size.is_finite() => return UNKNOWN.to_owned(),
            size if size < step * 1e-6 => "0".to_owned(),
            size if !(PLAIN_FROM..PLAIN_TO).contains(&size) || decimals > 8.0 => {
                let digits = (size.log10().floor() + decimals).clamp(1.0, 8.0);
                format!("{value:.*e}", digits as usize)
            }
            _ => format!("{value:.*}", decimals.max(0.0) as usize),
        };
        format!("{number}{}", self.suffix)
    }
}

/// Four significant digits.
fn digits(value: f64, whole: bool) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if !(PLAIN_FROM..PLAIN_TO).contains(&size) {
        format!("{value:.3e}")
    } else if size >= 999.95 || (whole && value.fract() == 0.0) {
        format!("{value:.0}")
    } else {
        // 9.9996 is 10.00, not 10.000: the rounded value decides.
        let magnitude = (size * 1.00005).log10().floor() as i32;
        format!("{value:.*}", (3 - magnitude).clamp(0, 8) as usize)
    }
}

/// A change with its sign, in percent but without the unit: `+8.3`.
pub(crate) fn percent_points(change: f64) -> String {
    let percent = change * 100.0;
    let size = percent.abs();
    if !percent.is_finite() {
        UNKNOWN.to_owned()
    } else if size < 0.005 {
        "0.0".to_owned()
    } else if size < 0.095 {
        format!("{percent:+.2}")
    } else if size < 99.95 {
        format!("{percent:+.1}")
    } else if size < 1e6 {
        format!("{percent:+.0}")
    } else {
        format!("{percent:+.1e}")
    }
}

/// A change with its sign: `+8.3 %`.
pub(crate) fn change(change: f64) -> String {
    format!("{} %", percent_points(change))
}

/// A fraction without a sign: `3 %`, `0.5 %`, `4.1 %`.
pub(crate) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if !percent.is_finite() {
        return UNKNOWN.to_owned();
    }
    if percent != 0.0 && percent.abs() < 0.01 {
        return format!("{percent:.1e} %");
    }
    let decimals = if percent.abs() < 0.995 { 2 } else { 1 };
    let text = format!("{percent:.decimals$}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// An interval of ratios as changes: `[+6.1, +10.4]`.
pub(crate) fn interval([lo, hi]: [f64; 2]) -> String {
    let ends = [lo, hi].map(|end| (end - 1.0) * 100.0);
    // Both ends with the same decimals, unless the whole interval is tiny.
    let [lo, hi] = if ends.iter().all(|end| end.abs() < 99.95) && ends.iter().any(|end| end.abs() >= 0.095) {
        ends.map(|end| format!("{end:+.1}"))
    } else {
        ends.map(|end| percent_points(end / 100.0))
    };
    format!("[{lo}, {hi}]")
}

/// A time span: `0.04s`, `4.2s`, `58s`, `1m 12s`, `2h 03m`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return UNKNOWN.to_owned();
    }
    let whole = seconds.round().min(1e12) as u64;
    match whole {
        _ if seconds < 0.995 => format!("{seconds:.2}s"),
        _ if seconds < 9.95 => format!("{seconds:.1}s"),
        0..60 => format!("{whole}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a shown value back into base units.
    fn read(text: &str, unit: Unit) -> Option<f64> {
        let steps: &[(f64, &str)] = match unit {
            Unit::Second => &SECONDS,
            Unit::Byte => &BYTES,
            Unit::One => &COUNTS,
            Unit::PerSecond => &RATES,
        };
        let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e')).unwrap_or(text.len());
        let factor = steps.iter().find(|(_, suffix)| *suffix == &text[end..])?.0;
        Some(text[..end].parse::<f64>().ok()? * factor)
    }

    proptest! {
        #[test]
        fn shown_values_read_back_within_rounding(mantissa in 1.0..10.0_f64, exponent in -12..14_i32, which in 0..4_usize, other in 1.0..3.0_f64) {
            let unit = [Unit::Second, Unit::Byte, Unit::One, Unit::PerSecond][which];
            let value = mantissa * 10_f64.powi(exponent);
            let scale = Scale::of(unit, &[value, value * other]);
            for value in [value, value * other] {
                let shown = scale.show(value);
                let back = read(&shown, unit).expect(&shown);
                prop_assert!((back / value - 1.0).abs() <= 5.1e-4, "{value} was shown as {shown}");
            }
        }

        #[test]
        fn no_number_is_shown_as_nan(value in any::<f64>()) {
            for text in [Scale::of(Unit::Second, &[value]).show(value), change(value), percent(value), interval([value, value]), duration(value)] {
                prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
            }
        }
    }

    #[test]
    fn one_scale_per_row_is_the_smaller_values() {
        let show = |unit, a, b| {
            let scale = Scale::of(unit, &[a, b]);
            (scale.show(a), scale.show(b))
        };
        assert_eq!(show(Unit::Second, 950e-6, 1.1e-3), ("950.0 µs".into(), "1100 µs".into()));
        assert_eq!(show(Unit::Second, 1.02e-3, 1.103e-3), ("1.020 ms".into(), "1.103 ms".into()));
        assert_eq!(show(Unit::Second, 0.0, 2e-9), ("0 ns".into(), "2.000 ns".into()));
        assert_eq!(show(Unit::Second, 0.0, 0.0), ("0 s".into(), "0 s".into()));
        assert_eq!(show(Unit::Byte, 512.0, 999.0), ("512 B".into(), "999 B".into()));
        assert_eq!(show(Unit::Byte, 9_437_184.0, 10e6), ("9.437 MB".into(), "10.00 MB".into()));
        assert_eq!(show(Unit::One, 12.0, 12.5), ("12".into(), "12.50".into()));
        assert_eq!(show(Unit::One, 12_345_678.0, 12_400_000.0), ("12.35M".into(), "12.40M".into()));
        assert_eq!(show(Unit::PerSecond, 8_100.0, 9_900.0), ("8.100k/s".into(), "9.900k/s".into()));
        assert_eq!(show(Unit::One, 1.006e102, 1.086e102), ("1.006e102".into(), "1.086e102".into()));
        assert_eq!(show(Unit::Second, 2e-30, 1e-9), ("2.000e-30 s".into(), "1.000e-9 s".into()));
        assert_eq!(show(Unit::Second, 0.999_999e-3, 1e-3), ("1.000 ms".into(), "1.000 ms".into()));
    }

    #[test]
    fn changes_carry_their_sign() {
        let shown = [0.083, -0.02, 0.0, 0.0004, 1.5, -1.0, 0.00001].map(change);
        assert_eq!(shown, ["+8.3 %", "-2.0 %", "0.0 %", "+0.04 %", "+150 %", "-100 %", "0.0 %"]);
        assert_eq!(interval([1.061, 1.104]), "[+6.1, +10.4]");
        assert_eq!(interval([1.0006, 1.039]), "[+0.1, +3.9]");
        assert_eq!(interval([0.9998, 1.0004]), "[-0.02, +0.04]");
        assert_eq!([0.03, 0.005, 0.041, 0.01, 0.00001].map(percent), ["3 %", "0.5 %", "4.1 %", "1 %", "1.0e-3 %"]);
    }

    #[test]
    fn ticks_show_what_tells_them_apart() {
        let ms = Scale::of(Unit::Second, &[1.02e-3]);
        let shown =
            [(1.1e-3, 5e-5), (1.0e-3, 2e-4), (0.0, 1e-4), (2e-3, 1e-3), (5e-2, 1e-2)].map(|(v, s)| ms.tick(v, s));
        assert_eq!(shown, ["1.10 ms", "1.0 ms", "0 ms", "2 ms", "50 ms"]);
        assert_eq!(Scale::of(Unit::Second, &[1e300]).tick(1e300, 1e299), "1.0e300 s");
        assert_eq!(Scale::of(Unit::One, &[1e-30]).tick(1.06e-30, 2e-32), "1.06e-30");
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(
            [0.04, 4.21, 58.2, 72.0, 59.7, 7_390.0].map(duration),
            ["0.04s", "4.2s", "58s", "1m 12s", "1m 00s", "2h 03m"]
        );
    }
}
