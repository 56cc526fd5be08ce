//! Whether launches fall into groups (hash seeds, address layout), and where most of them are.

use crate::stats::summary::{largest, mean, sorted};
use fastrand::Rng;

/// Samples drawn for the p of a dip.
const DRAWN: u32 = 9_999;

/// Greater values are scaled down, so that their differences do not overflow.
const SIZE_MAX: f64 = 1e200;

/// Fewest launches whose dip says anything.
pub const DIP_FROM: usize = 20;

/// Hartigan and Hartigan's dip (1985): the greatest distance between the cumulative shares and those of the nearest
/// distribution with one mode. Between 1/(2n) and 1/4; 0 for no values.
///
/// Their algorithm (Applied Statistics 217) narrows the interval that must hold the mode: the convex minorant of the shares
/// ends where the concave majorant begins.
pub fn dip(values: &[f64]) -> f64 {
    let mut ascending = sorted(values);
    if largest(values) > SIZE_MAX {
        ascending.iter_mut().for_each(|v| *v /= SIZE_MAX);
    }
    dip_of(&ascending)
}

/// The chance that `n` values of a uniform distribution, the worst of one mode, show a dip of at least `dip`: 9,999 samples
/// drawn from `seed`.
pub fn dip_p(dip: f64, n: usize, seed: u64) -> f64 {
    let mut random = Rng::with_seed(seed);
    let mut sample = vec![0.0; n];
    let mut reached = 1_u32;
    for _ in 0..DRAWN {
        // Sums of exponential gaps are sorted uniform values, up to a factor that no dip sees.
        let mut at = 0.0;
        for value in &mut sample {
            at -= (1.0 - random.f64()).ln();
            *value = at;
        }
        reached += u32::from(dip_of(&sample) >= dip);
    }
    f64::from(reached) / f64::from(DRAWN + 1)
}

/// The dip of ascending values. Heights below are in values: value i, from 0, lifts the share from i to i + 1.
fn dip_of(x: &[f64]) -> f64 {
    let n = x.len();
    let (Some(first), Some(last)) = (x.first(), x.last()) else { return 0.0 };
    let mut dip = 1.0_f64;
    let (mut low, mut high) = (0, n - 1);
    if first == last {
        return 0.5 * dip / n as f64;
    }
    loop {
        let (minorant, majorant) = (hull(x, low, high, 1.0), hull(x, low, high, -1.0));
        let (gap, from, to) = widest(x, &minorant, &majorant);
        if gap < dip {
            break;
        }
        let left = minorant.partition_point(|&i| i <= from);
        let right = majorant.partition_point(|&i| i < to);
        let farthest =
            |edge: &[usize], side: f64| (edge[0]..edge[1]).map(|i| gap_at(x, i, edge, side)).fold(1.0, f64::max);
        let below = minorant.get(..left).unwrap_or_default().windows(2).map(|edge| farthest(edge, 1.0));
        let above = majorant.get(right..).unwrap_or_default().windows(2).map(|edge| farthest(edge, -1.0));
        dip = below.chain(above).fold(dip, f64::max);
        if (from, to) == (low, high) {
            break;
        }
        (low, high) = (from, to);
    }
    0.5 * dip / n as f64
}

/// By how much the shares at value `i` go beyond the line of a hull's `edge`: their upper corner above a minorant's line
/// (`side` 1), their lower corner below a majorant's (-1).
fn gap_at(x: &[f64], i: usize, edge: &[usize], side: f64) -> f64 {
    let (from, to) = (edge[0], edge[1]);
    let slope = (to - from) as f64 / (x[to] - x[from]);
    let gap = 1.0 + side * ((i - from) as f64 - slope * (x[i] - x[from]));
    // An upright edge has no line.
    if gap.is_finite() { gap } else { 0.0 }
}

/// The corners of the greatest convex minorant (`side` 1) or least concave majorant (-1) of points `(x_i, i)`, low to high.
fn hull(x: &[f64], low: usize, high: usize, side: f64) -> Vec<usize> {
    let mut corners: Vec<usize> = Vec::with_capacity(high - low + 1);
    for i in low..=high {
        while let [.., a, b] = corners[..] {
            let turn = (x[b] - x[a]) * (i - b) as f64 - (x[i] - x[b]) * (b - a) as f64;
            // Equal slopes make no corner; a minorant's last and a majorant's first edge may be upright.
            if side * turn > 0.0 {
                break;
            }
            corners.pop();
        }
        corners.push(i);
    }
    corners
}

/// The greatest height of the majorant above the minorant, met at a corner of either, and the interval around it that must
/// hold the mode: from a corner of the minorant to one of the majorant.
fn widest(x: &[f64], minorant: &[usize], majorant: &[usize]) -> (f64, usize, usize) {
    let (low, high) = (minorant[0], minorant[minorant.len() - 1]);
    let (mut i, mut j) = (1, 1);
    let mut best = (if minorant.len() + majorant.len() == 4 { 1.0 } else { 0.0 }, low, high);
    while let (Some(edge), Some(other)) = (minorant.get(i - 1..=i), majorant.get(j - 1..=j)) {
        let (lower, upper) = (edge[1], other[1]);
        if lower == high && upper == high {
            break;
        }
        let (gap, from, to) = if lower > upper {
            j += 1;
            (gap_at(x, upper, edge, 1.0), edge[0], upper)
        } else {
            i += 1;
            (gap_at(x, lower, other, -1.0), lower, upper)
        };
        if gap >= best.0 {
            best = (gap, from, to);
        }
    }
    best
}

/// The half-sample mode (Bickel and Frühwirth 2006): the densest half of the values, of that the densest half, and so on. NaN
/// for no values.
pub fn half_sample_mode(values: &[f64]) -> f64 {
    let ascending = sorted(values);
    let mut left: &[f64] = &ascending;
    while left.len() > 3 {
        let half = left.len().div_ceil(2);
        let width = |window: &[f64]| window.last().zip(window.first()).map_or(f64::INFINITY, |(high, low)| high - low);
        let Some(densest) = left.windows(half).min_by(|a, b| width(a).total_cmp(&width(b))) else { break };
        left = densest;
    }
    match left {
        [low, middle, high] if middle - low < high - middle => low.midpoint(*middle),
        [low, middle, high] if middle - low > high - middle => middle.midpoint(*high),
        [_, middle, _] => *middle,
        [low, high] => low.midpoint(*high),
        [value] => *value,
        _ => f64::NAN,
    }
}

/// The bimodality coefficient (SAS Institute 1990): (g^2 + 1) over k + 3 (n - 1)^2 / ((n - 2)(n - 3)), g and k the sample
/// skewness and excess kurtosis. 5/9 for a uniform distribution, more for two humps; also more for a skewed one, so it is a
/// screen and no proof. None for fewer than four values or equal ones.
pub fn bimodality_coefficient(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let centre = mean(values);
    let deviations: Vec<f64> = values.iter().map(|v| v - centre).collect();
    let most = largest(&deviations);
    if values.len() < 4 || values.iter().all(|v| Some(v) == values.first()) {
        return None;
    }
    // As a share of the greatest deviation, so that no power overflows.
    let moment = |power: i32| deviations.iter().map(|d| (d / most).powi(power)).sum::<f64>() / n;
    let (m2, m3, m4) = (moment(2), moment(3), moment(4));
    let skewness = m3 / m2.powf(1.5) * (n * (n - 1.0)).sqrt() / (n - 2.0);
    let kurtosis = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * (m4 / (m2 * m2) - 3.0) + 6.0);
    let coefficient = (skewness * skewness + 1.0) / (kurtosis + 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0)));
    Some(coefficient).filter(|value| value.is_finite())
}
