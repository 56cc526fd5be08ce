//! Where the level of a history changed.
//!
//! [`detect`] is the detector: a robust partition into levels (`levels`), whose changes are moved to their best place and
//! must pass a rank test (`verify`). [`Preset`] names its settings. [`partition`] and [`splits`] are the textbook's methods,
//! to compare with.

mod discoveries;
mod levels;
pub mod partition;
mod passing;
mod preset;
pub mod splits;
mod verify;

pub use discoveries::{discovery_rates, false_alarms};
pub use preset::Preset;

use super::hodges_lehmann;
use super::series::{noise, usual_noise};
use super::summary::{largest, median, sorted};
use std::ops::Range;
use verify::Demands;

/// Autocorrelation from which on the penalty is raised and the search repeated.
const DEPENDENT_FROM: f64 = 0.1;

/// Values beyond this size are looked at as shares of 2^600: their squares would overflow.
const VALUE_MAX: f64 = 1e150;

/// The least noise that is told apart from none.
const NOISE_MIN: f64 = 1e-100;

/// Fewest values on each side of a change that can confirm it.
const SIDE_MIN: usize = 3;

/// Fewest values after a change that is no longer provisional.
const SETTLED_FROM: usize = 6;

/// Level of the interval of a change's size, as of the gate's: 1 - alpha.
const INTERVAL_ALPHA: f64 = 0.01;

/// Half of the 95 % quantile of chi-squared with one degree of freedom: splits that cost no more than this above the best one
/// (in noise standard deviations of absolute deviation) are as likely.
const COST_ROOM: f64 = 1.92;

/// How changes are looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// Whether a series of positive values is searched on the log scale; another one never is.
    pub logarithms: bool,
    /// What a single value may cost at most: this many noise standard deviations, squared. A wild value cannot open a segment.
    pub bound: f64,
    /// What a change of level costs the partition, in 2 ln n.
    pub penalty: f64,
    /// The largest p of Mann and Whitney's test across a change.
    pub level: f64,
    /// The share of the lag-1 autocorrelation around the levels that weakens that test: its z is divided by
    /// sqrt((1 + s)/(1 - s)), s this share of it. One half is best: what changes too small to find leave behind looks like
    /// dependence too.
    pub dependence: f64,
    /// The smallest difference of medians across a change that is told, as a logarithm (0.02 for about 2 %); on another scale as
    /// the share of the series' median that this is.
    pub magnitude_min: f64,
    /// The smallest such difference in noise standard deviations.
    pub noises_min: f64,
    /// Fewest values on each side of a change, up to its neighbours, for it to be told.
    pub lasting_min: usize,
    /// Fewest successive values far from the level around them that are a level of their own, however restless; else only
    /// those that the partition opens a segment for.
    pub passing_min: Option<usize>,
    /// False alarms per value at p = 1, of the law in [`false_alarms`].
    pub alarms: f64,
    /// The least noise, on the scale searched: counters that hardly vary need one (0.0002 for instructions), because where most
    /// values repeat exactly their changes would be taken for noise.
    pub noise_min: f64,
}

impl Detector {
    /// Few false alarms: 0.7 in 1000 quiet points.
    pub const DEFAULT: Self = Self {
        logarithms: true,
        bound: 1.8,
        penalty: 0.7,
        level: 1e-4,
        dependence: 0.5,
        alarms: 6e-3,
        magnitude_min: 0.0,
        noises_min: 0.0,
        lasting_min: SIDE_MIN,
        passing_min: None,
        noise_min: 0.0,
    };

    /// Finds more and smaller changes, and levels that pass, for three false alarms in 1000 quiet points.
    pub const SENSITIVE: Self =
        Self { penalty: 0.55, level: 1e-3, passing_min: Some(8), alarms: 2e-2, ..Self::DEFAULT };

    /// Tells only changes of 2 % and 1.25 noise standard deviations, once twelve values follow, for one false alarm in
    /// 10,000 quiet points.
    pub const STRICT: Self = Self {
        penalty: 1.0,
        magnitude_min: TWO_PERCENT,
        noises_min: 1.25,
        lasting_min: 12,
        alarms: 1e-3,
        ..Self::DEFAULT
    };
}

/// ln 1.02.
const TWO_PERCENT: f64 = 0.019_802_627_296_179_713;

impl Default for Detector {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A place where the level of a series changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChangePoint {
    /// Index of the first value at the new level.
    pub index: usize,
    /// First and last index that could as well be the first at the new level.
    pub range: (usize, usize),
    /// Median of up to 60 values before, in the series' unit.
    pub before: f64,
    /// Median of up to 60 values from `index` on.
    pub after: f64,
    /// Hodges-Lehmann estimate of the step between these: ln(after/before) where logarithms were searched, else the difference.
    pub step: f64,
    /// Interval of `step` at 99 %; none where too few values follow.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p of Mann and Whitney between these.
    pub p: f64,
    /// Fewer than six values follow before the next change or the end: look again when there are more.
    pub provisional: bool,
}

/// The change points of a series in order of time, by `detector`; missing values are NaN and are passed over. Values in a
/// straight line, also a level one, have none.
///
/// Time grows with the number of values, but for changes so many that a fair share of them is dropped again.
pub fn detect(series: &[f64], detector: &Detector) -> Vec<ChangePoint> {
    let known: Vec<usize> = (0..series.len()).filter(|&i| series[i].is_finite()).collect();
    let values: Vec<f64> = known.iter().map(|&i| series[i]).collect();
    let logarithms = detector.logarithms && values.iter().all(|v| *v > 0.0);
    // A power of two, so that nothing is rounded.
    let share = if !logarithms && largest(&values) > VALUE_MAX { 600.0_f64.exp2() } else { 1.0 };
    let z: Vec<f64> = values.iter().map(|v| if logarithms { v.ln() } else { v / share }).collect();
    // Where most steps are equal their standard deviation is that of the changes: a known least noise says more.
    let noise = if detector.noise_min > 0.0 { usual_noise(&z).max(detector.noise_min) } else { noise(&z) };
    if noise <= 0.0 {
        return Vec::new();
    }
    let sigma = noise.max(NOISE_MIN);
    let passed = confirmed(&z, logarithms, sigma, detector);
    let place = |index: usize| known.get(index).copied().unwrap_or(index);
    let unit = |value: f64| (value * share).clamp(f64::MIN, f64::MAX);
    let level = |side: Range<usize>| if logarithms { median(&values[side]) } else { unit(median(&z[side])) };
    let describe = |(k, cut): (usize, &verify::Cut)| {
        let next = passed.get(k + 1).map_or(z.len(), |next| next.index);
        let (left, right) = (cut.left.clone(), cut.right.clone());
        let step = hodges_lehmann::two_sample(&z[left.clone()], &z[right.clone()], INTERVAL_ALPHA);
        let (first, last) = verify::likely(&z, cut, COST_ROOM * sigma);
        ChangePoint {
            index: place(cut.index),
            range: (place(first), place(last)),
            before: level(left),
            after: level(right),
            step: step.map_or(0.0, |step| unit(step.estimate)),
            interval: step.and_then(|step| step.interval).map(|(low, high)| (unit(low), unit(high))),
            p: cut.p,
            provisional: next - cut.index < SETTLED_FROM,
        }
    };
    passed.iter().enumerate().map(describe).collect()
}

/// The changes of `z` that ranks confirm and that are large enough and last long enough to be told.
fn confirmed(z: &[f64], logarithms: bool, sigma: f64, detector: &Detector) -> Vec<verify::Cut> {
    let Detector { level, dependence, magnitude_min, lasting_min, .. } = *detector;
    let least = if logarithms { magnitude_min } else { magnitude_min.exp_m1() * median(z).abs() };
    // Those that are not told are looked for too: else they would be taken for noise that resembles its neighbours.
    let found = Demands { level, dependence, side_min: SIDE_MIN, magnitude_min: 0.0 };
    let told = Demands { side_min: lasting_min, magnitude_min: least.max(detector.noises_min * sigma), ..found };
    let places = |cuts: &[verify::Cut]| cuts.iter().map(|cut| cut.index).collect::<Vec<usize>>();
    let confirm = |cuts: Vec<usize>| {
        let cuts = verify::relocate(z, cuts);
        verify::eliminate(z, &cuts, &found, verify::dependence(z, &cuts))
    };
    let mut candidates = candidates(z, sigma, detector);
    if let Some(least) = detector.passing_min {
        candidates.extend(passing::ends(z, &candidates, sigma, least));
        candidates.sort_unstable();
    }
    // Twice: what went left its neighbours room to move.
    let once = confirm(candidates);
    let twice = confirm(places(&once));
    if told == found {
        return twice;
    }
    let cuts = places(&twice);
    let dependence = verify::dependence(z, &cuts);
    let large = places(&verify::eliminate(z, &cuts, &told, dependence));
    verify::eliminate(z, &verify::relocate(z, large), &told, dependence)
}

/// Changes of the cheapest partition into levels, with the penalty raised where neighbours resemble each other.
fn candidates(z: &[f64], sigma: f64, detector: &Detector) -> Vec<usize> {
    let centre = median(z);
    let u: Vec<f64> = z.iter().map(|v| (v - centre) / sigma).collect();
    let penalty = detector.penalty * 2.0 * (u.len() as f64).ln();
    let grid = levels::grid(&sorted(&u));
    let cuts = levels::partition(&u, &grid, detector.bound, penalty);
    let phi = verify::dependence(&u, &cuts);
    if phi > DEPENDENT_FROM {
        return levels::partition(&u, &grid, detector.bound, penalty * (1.0 + phi) / (1.0 - phi));
    }
    cuts
}
