//! What becomes of candidates: each is moved to its best place, and those that ranks do not confirm are dropped.

use crate::stats::rank::mann_whitney;
use crate::stats::special::{normal_quantile_upper, normal_upper};
use crate::stats::summary::median;
use std::ops::Range;

/// Most values on each side of a change that are compared.
const WINDOW: usize = 60;

/// How far a change is moved at a time, and how often at most while it goes that far.
const MOVE_MAX: usize = 8;
const MOVES_MAX: usize = 20;

/// A move must bring the deviations below this share: rounding is no reason to move.
const REASON: f64 = 1.0 - 1e-12;

/// Fewest values that a move leaves on each side.
const MOVE_LEAVES: usize = 2;

/// What a change must show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Demands {
    /// The smallest p that is too much.
    pub(super) level: f64,
    /// Which share of the residuals' dependence weakens a test.
    pub(super) dependence: f64,
    /// Fewest values on each side.
    pub(super) side_min: usize,
    /// The smallest difference of medians, on the scale searched.
    pub(super) magnitude_min: f64,
}

/// A change and what its neighbourhood says of it.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// First value of the new level.
    pub(super) index: usize,
    /// The values compared: up to 60 on each side, not beyond the neighbouring changes.
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// Two-sided p of Mann and Whitney, weakened by the dependence; 1 where a side has too few values.
    pub(super) p: f64,
    /// Difference of the sides' medians, without sign.
    effect: f64,
}

impl Cut {
    fn new(z: &[f64], (before, next): (usize, usize), index: usize, demands: &Demands) -> Self {
        let left = before.max(index.saturating_sub(WINDOW))..index;
        let right = index..next.min(index + WINDOW);
        let (base, head) = (&z[left.clone()], &z[right.clone()]);
        let enough = base.len().min(head.len()) >= demands.side_min;
        let p = if enough { weakened(mann_whitney(base, head).two_sided, demands.dependence) } else { 1.0 };
        Self { index, left, right, p, effect: (median(head) - median(base)).abs() }
    }
}

/// A two-sided p whose z is divided by sqrt((1 + s)/(1 - s)): what is left of it where successive values resemble each other.
fn weakened(p: f64, s: f64) -> f64 {
    if s <= 0.0 || p <= 0.0 || p >= 1.0 {
        return p;
    }
    2.0 * normal_upper(normal_quantile_upper(0.5 * p) * ((1.0 - s) / (1.0 + s)).sqrt())
}

/// The nearest cut before and after place `k` of ascending `cuts`, or the ends of `n` values.
fn neighbours(cuts: &[usize], k: usize, n: usize) -> (usize, usize) {
    (k.checked_sub(1).map_or(0, |k| cuts[k]), cuts.get(k + 1).copied().unwrap_or(n))
}

/// Backward elimination: while the largest p is not below the level demanded, that change goes; then the smallest change of
/// median while it is below the magnitude. Neighbours of what goes are judged anew.
///
/// `dependence` is that of the residuals: around every change that ranks confirm, also those that are too small to be told.
pub(super) fn eliminate(z: &[f64], cuts: &[usize], demands: &Demands, dependence: f64) -> Vec<Cut> {
    let demands = &Demands { dependence: demands.dependence * dependence, ..*demands };
    let mut left: Vec<Cut> =
        (0..cuts.len()).map(|k| Cut::new(z, neighbours(cuts, k, z.len()), cuts[k], demands)).collect();
    loop {
        // The first of equals goes, from left to right.
        let first = |worse: &dyn Fn(&Cut, &Cut) -> bool| {
            (0..left.len()).reduce(|w, k| if worse(&left[k], &left[w]) { k } else { w })
        };
        let Some(doubtful) = first(&|a, b| a.p > b.p) else { break };
        let Some(small) = first(&|a, b| a.effect < b.effect) else { break };
        let out = if left[doubtful].p >= demands.level {
            doubtful
        } else if left[small].effect < demands.magnitude_min {
            small
        } else {
            break;
        };
        left.remove(out);
        let places: Vec<usize> = left.iter().map(|cut| cut.index).collect();
        for k in [out.checked_sub(1), Some(out)].into_iter().flatten().filter(|&k| k < places.len()) {
            left[k] = Cut::new(z, neighbours(&places, k, z.len()), places[k], demands);
        }
    }
    left
}

/// Moves each change by up to eight places to where the absolute deviations from the medians of its two segments are least,
/// and on from there while it went as far as that; from left to right.
pub(super) fn relocate(z: &[f64], mut cuts: Vec<usize>) -> Vec<usize> {
    let mut room = Vec::new();
    for k in 0..cuts.len() {
        let (before, next) = neighbours(&cuts, k, z.len());
        for _ in 0..MOVES_MAX {
            let from = cuts[k];
            let first = (before + MOVE_LEAVES).max(from.saturating_sub(MOVE_MAX));
            let last = next.saturating_sub(MOVE_LEAVES).min(from + MOVE_MAX);
            let mut cost =
                |split: usize| deviation(&z[before..split], &mut room) + deviation(&z[split..next], &mut room);
            let may_stay = (first..=last).contains(&from);
            let mut best = if may_stay { REASON * cost(from) } else { f64::INFINITY };
            for split in first..=last {
                let cost = cost(split);
                if cost < best {
                    best = REASON * cost;
                    cuts[k] = split;
                }
            }
            if cuts[k].abs_diff(from) < MOVE_MAX {
                break;
            }
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The splits next to a change that cost at most `room` more than it does, within the values compared: first and last.
pub(super) fn likely(z: &[f64], cut: &Cut, room: f64) -> (usize, usize) {
    let mut buffer = Vec::new();
    let mut cost = |split: usize| {
        deviation(&z[cut.left.start..split], &mut buffer) + deviation(&z[split..cut.right.end], &mut buffer)
    };
    let most = cost(cut.index) + room;
    let (mut first, mut last) = (cut.index, cut.index);
    while first > cut.left.start + 1 && cost(first - 1) <= most {
        first -= 1;
    }
    while last + 1 < cut.right.end && cost(last + 1) <= most {
        last += 1;
    }
    (first, last)
}

/// Sum of absolute deviations from the median; `room` is overwritten.
fn deviation(values: &[f64], room: &mut Vec<f64>) -> f64 {
    room.clear();
    room.extend_from_slice(values);
    if room.is_empty() {
        return 0.0;
    }
    let middle = room.len() / 2;
    let centre = *room.select_nth_unstable_by(middle, f64::total_cmp).1;
    room.iter().map(|v| (v - centre).abs()).sum()
}

/// Lag-1 autocorrelation, in [0, 0.9], of the residuals around the medians of the segments; residuals beyond three median
/// absolute deviations are pulled in, so that single wild values do not hide it.
pub(super) fn dependence(z: &[f64], cuts: &[usize]) -> f64 {
    let mut residuals = Vec::with_capacity(z.len());
    for k in 0..=cuts.len() {
        let segment = &z[k.checked_sub(1).map_or(0, |k| cuts[k])..cuts.get(k).copied().unwrap_or(z.len())];
        let centre = median(segment);
        residuals.extend(segment.iter().map(|v| v - centre));
    }
    let sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    let limit = 3.0 * 1.4826 * median(&sizes);
    if limit > 0.0 {
        residuals.iter_mut().for_each(|r| *r = r.clamp(-limit, limit));
    }
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let products: f64 = residuals.windows(2).map(|two| two[0] * two[1]).sum();
    if squares > 0.0 { (products / squares).clamp(0.0, 0.9) } else { 0.0 }
}
