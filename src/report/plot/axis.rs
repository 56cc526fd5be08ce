//! Numbers to places: a straight line from values to pixels, its round ticks and their words.

use crate::model::Unit;
use crate::report::scale::{self, Scale};

/// A stretch of values on a stretch of pixels. Finite values of any size are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    lo: f64,
    hi: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// Shows `lo` at pixel `from` and `hi` at `to`; a stretch of nothing is widened.
    pub(super) fn new([lo, hi]: [f64; 2], [from, to]: [f64; 2]) -> Self {
        let size = lo.abs().max(hi.abs());
        let [lo, hi] = if hi / 2.0 - lo / 2.0 > size * 1e-12 {
            [lo, hi]
        } else if size > 0.0 {
            [lo - size * 0.05, (hi + size * 0.05).min(f64::MAX)]
        } else {
            [0.0, 1.0]
        };
        Self { lo, hi, from, to }
    }

    /// The pixel of a value; what lies beyond an end is drawn there.
    pub(super) fn at(&self, value: f64) -> f64 {
        // Halves: the distance of two finite numbers need not be finite.
        let share = (value / 2.0 - self.lo / 2.0) / (self.hi / 2.0 - self.lo / 2.0);
        self.from + (self.to - self.from) * share.clamp(0.0, 1.0)
    }

    /// Whether the value lies beyond the lower (-1) or upper (1) end.
    pub(super) fn beyond(&self, value: f64) -> i8 {
        let slack = (self.hi / 2.0 - self.lo / 2.0) * 1e-9;
        i8::from(value / 2.0 > self.hi / 2.0 + slack) - i8::from(value / 2.0 < self.lo / 2.0 - slack)
    }

    /// Round values, about as many as asked for, and the step between them.
    pub(super) fn ticks(&self, about: i32) -> (Vec<f64>, f64) {
        let parts = f64::from(about.max(1));
        let step = round_step(self.hi / parts - self.lo / parts);
        if !(step.is_finite() && step > 0.0) {
            return (vec![self.lo], 1.0);
        }
        let first = (self.lo / step - 1e-6).ceil();
        let ticks = (0..=3 * about).map(|i| (first + f64::from(i)) * step);
        (ticks.take_while(|tick| *tick <= self.hi + step * 1e-6).collect(), step)
    }
}

/// The nearest of 1, 2, 5, 10, … from below or above.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    match step / power {
        share if share < 1.5 => power,
        share if share < 3.5 => 2.0 * power,
        share if share < 7.5 => 5.0 * power,
        _ => 10.0 * power,
    }
}

/// A metric's values on an axis, logarithmic where they are far apart.
pub(super) struct ValueAxis {
    axis: Axis,
    is_log: bool,
    unit: Unit,
    scale: Scale,
}

/// From this ratio of the largest to the smallest value on, an axis is logarithmic.
const LOG_FROM: f64 = 25.0;

impl ValueAxis {
    /// An axis that shows the values with some room at both ends; `scale` is the picture's.
    pub(super) fn new(values: impl Iterator<Item = f64>, pixels: [f64; 2], unit: Unit, scale: Scale) -> Self {
        let [lo, hi] = reach(values);
        let is_log = lo > 0.0 && hi / lo >= LOG_FROM;
        let [lo, hi] = if is_log { [lo.ln(), hi.ln()] } else { [lo, hi] };
        let pad = (hi / 2.0 - lo / 2.0) * 0.2;
        let padded = [lo - pad, (hi + pad).min(f64::MAX)];
        // No launch takes less than nothing.
        let floor = if lo >= 0.0 && !is_log { 0.0 } else { f64::MIN };
        Self { axis: Axis::new([padded[0].max(floor), padded[1]], pixels), is_log, unit, scale }
    }

    /// An axis that is logarithmic whatever the values, which are above zero.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64>, pixels: [f64; 2], unit: Unit, scale: Scale) -> Self {
        let [lo, hi] = reach(values.filter(|value| *value > 0.0));
        let [lo, hi] = if lo > 0.0 { [lo.ln(), hi.ln()] } else { [0.0, 1.0] };
        let pad = ((hi - lo) * 0.08).max(0.05);
        Self { axis: Axis::new([lo - pad, hi + pad], pixels), is_log: true, unit, scale }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.axis.at(if self.is_log { value.ln() } else { value })
    }

    /// Whether the value lies beyond the lower (-1) or upper (1) end.
    pub(super) fn beyond(&self, value: f64) -> i8 {
        self.axis.beyond(if self.is_log { value.ln() } else { value })
    }

    /// Whether distances are ratios.
    pub(super) fn is_log(&self) -> bool {
        self.is_log
    }

    /// The pixels and words of round values.
    pub(super) fn ticks(&self, about: i32) -> Vec<(f64, String)> {
        if !self.is_log {
            let (ticks, step) = self.axis.ticks(about);
            return ticks.into_iter().map(|tick| (self.axis.at(tick), self.scale.tick(tick, step))).collect();
        }
        let values = log_ticks(self.axis.lo, self.axis.hi, about);
        // Far apart, each has its own unit.
        let own = |value: f64| Scale::of(self.unit, &[value * (1.0 + 1e-9)]).tick(value, value);
        values.into_iter().map(|value| (self.at(value), own(value))).collect()
    }
}

/// The smallest and the largest finite value; zeros of none.
fn reach(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let ends = values
        .filter(|value| value.is_finite())
        .fold(None, |ends: Option<[f64; 2]>, v| Some(ends.map_or([v, v], |[lo, hi]| [lo.min(v), hi.max(v)])));
    ends.unwrap_or([0.0, 0.0])
}

/// 1, 2 and 5 times powers of ten between two natural logarithms, or every so many powers where that is too much.
fn log_ticks(lo: f64, hi: f64, about: i32) -> Vec<f64> {
    let decade = std::f64::consts::LN_10;
    let (first, last) = ((lo / decade).floor() as i32, (hi / decade).ceil() as i32);
    let within = |value: &f64| (lo - 1e-9..=hi + 1e-9).contains(&value.ln());
    let all = |steps: &[f64], every: i32| -> Vec<f64> {
        let powers = (first..=last).filter(|power| power % every == 0);
        powers.flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power))).filter(within).collect()
    };
    let fine = all(&[1.0, 2.0, 5.0], 1);
    let few = usize::try_from(about).unwrap_or(0) + 2;
    if fine.len() <= few { fine } else { all(&[1.0], ((last - first) / about.max(1)).max(1)) }
}

/// Effects on an axis of ratios: as far to the right of 0 as a doubling is, a halving is to the left.
pub(super) struct EffectAxis {
    axis: Axis,
}

impl EffectAxis {
    /// From `better` (below 0) to `worse` (above), as effects.
    pub(super) fn new([better, worse]: [f64; 2], pixels: [f64; 2]) -> Self {
        Self { axis: Axis::new([log_ratio(better), log_ratio(worse)], pixels) }
    }

    /// The pixel of an effect.
    pub(super) fn at(&self, effect: f64) -> f64 {
        self.axis.at(log_ratio(effect))
    }

    /// Whether an effect lies beyond the better (-1) or the worse (1) end.
    pub(super) fn beyond(&self, effect: f64) -> i8 {
        self.axis.beyond(log_ratio(effect))
    }

    /// Pixels and words of round effects, 0 among them.
    pub(super) fn ticks(&self, about: i32) -> Vec<(f64, String)> {
        let (lo, hi) = (self.axis.lo, self.axis.hi);
        let wide = hi.max(-lo);
        if wide > 1.0 {
            return factor_ticks(lo, hi, about).into_iter().map(|f| (self.axis.at(f.ln()), factor(f))).collect();
        }
        let plain = Axis { lo: lo.exp_m1(), hi: hi.exp_m1(), from: 0.0, to: 1.0 };
        let (ticks, _) = plain.ticks(about);
        ticks.into_iter().map(|effect| (self.at(effect), signed(effect))).collect()
    }
}

/// The natural logarithm of 1 + effect; what is no ratio lies at an end.
fn log_ratio(effect: f64) -> f64 {
    if effect <= -1.0 { -800.0 } else { effect.ln_1p().min(800.0) }
}

/// Ratios at which a wide axis has ticks.
fn factor_ticks(lo: f64, hi: f64, about: i32) -> Vec<f64> {
    let mut ticks = log_ticks(lo, hi, about);
    ticks.retain(|ratio| (ratio - 1.0).abs() > 1e-9);
    ticks.push(1.0);
    ticks.sort_by(f64::total_cmp);
    ticks
}

/// `0 %`, `+5 %`, `-0.5 %`.
fn signed(effect: f64) -> String {
    if effect.abs() < 1e-9 {
        return "0 %".to_owned();
    }
    format!("{}{}", if effect > 0.0 { "+" } else { "-" }, scale::percent(effect.abs()))
}

/// `+100 %` up to tenfold, then `×100`; `-50 %` down to a tenth, then `÷100`.
fn factor(ratio: f64) -> String {
    let sign = if ratio >= 1.0 { '×' } else { '÷' };
    let times = ratio.max(1.0 / ratio);
    if times < 9.99 {
        signed(ratio - 1.0)
    } else if times < 99_999.0 {
        format!("{sign}{times:.0}")
    } else {
        format!("{sign}{times:.0e}")
    }
}

/// The ends of an axis, better and worse, as effects: what the rows reach, without giants, which flatten the rest. A row is one
/// if it reaches more than `giant` times as far as the middle one; `least` is shown in any case. Rows, too, are effects: each as
/// far as it reaches to either side.
pub(super) fn limits(rows: &[[f64; 2]], least: f64, giant: f64) -> [f64; 2] {
    let least = log_ratio(least);
    let sizes = |side: usize| rows.iter().map(move |row| log_ratio(row[side]).abs().max(least));
    let mut all: Vec<f64> = sizes(0).zip(sizes(1)).map(|(better, worse)| better.max(worse)).collect();
    all.sort_by(f64::total_cmp);
    let most = all.get(all.len() / 2).map_or(least, |middle| middle * giant);
    let [better, worse] = [0, 1].map(|side| sizes(side).filter(|size| *size <= most).fold(least, f64::max) * 1.08);
    [(-better).exp_m1(), worse.exp_m1()]
}
