//! The cheapest partition of a series into levels of a grid, where no value costs more than a bound: optimal partitioning
//! with the biweight loss of Fearnhead and Rigaill (2019), exact on the grid.

use crate::stats::summary::quantile_type7;

/// Distance of the levels, in noise standard deviations.
const STEP: f64 = 0.25;

/// How far the levels go beyond the values.
const MARGIN: f64 = 2.0;

/// Fewest and most evenly spaced levels.
const COUNT: (f64, f64) = (50.0, 2000.0);

/// The ascending levels for ascending values: evenly spaced over all but the outermost 0.4 % of them, or, where that would take
/// too many, only where values are.
pub(super) fn grid(ascending: &[f64]) -> Vec<f64> {
    let (from, to) = (quantile_type7(ascending, 0.002) - MARGIN, quantile_type7(ascending, 0.998) + MARGIN);
    let wanted = (to - from) / STEP;
    if wanted > COUNT.1 {
        return occupied(ascending);
    }
    let count = wanted.max(COUNT.0) as usize;
    let step = (to - from) / (count - 1) as f64;
    (0..count).map(|i| from + step * i as f64).collect()
}

/// Levels such that every value has one within half a [`STEP`].
fn occupied(ascending: &[f64]) -> Vec<f64> {
    let mut levels: Vec<f64> = Vec::new();
    for value in ascending {
        if levels.last().is_none_or(|last| value - last > 0.5 * STEP) {
            levels.push(value + 0.5 * STEP);
        }
    }
    levels
}

/// The best partition so far whose last segment lies at one level.
#[derive(Clone, Copy)]
struct State {
    cost: f64,
    /// First value of that segment.
    began: usize,
}

/// The indices at which the cheapest partition of `values` changes its level. A value costs its squared distance from the
/// level, `bound`^2 at most; a change costs `penalty`.
///
/// `F_t(g) = min(F_{t-1}(g), min_h F_{t-1}(h) + penalty) + min((u_t - g)^2, bound^2)`. Costs are kept less `bound`^2 for each value,
/// so that only levels within `bound` of a value move, and the price of switching only falls: who stands above it has switched
/// when it fell last. So time grows with the number of values times that of levels within the bound.
pub(super) fn partition(values: &[f64], grid: &[f64], bound: f64, penalty: f64) -> Vec<usize> {
    let limit = bound * bound;
    let mut levels = vec![State { cost: 0.0, began: 0 }; grid.len()];
    let mut switched = State { cost: f64::INFINITY, began: 0 };
    let (mut cheapest, mut best) = (0, State { cost: 0.0, began: 0 });
    // For a segment that begins at t: where the one before it began.
    let mut before = vec![0; values.len()];
    for (t, (&value, before)) in values.iter().zip(&mut before).enumerate() {
        *before = best.began;
        if t > 0 && best.cost + penalty < switched.cost {
            switched = State { cost: best.cost + penalty, began: t };
        }
        let first = grid.partition_point(|level| *level <= value - bound);
        for (index, (level, state)) in grid.iter().zip(&mut levels).enumerate().skip(first) {
            let distance = (value - level) * (value - level);
            if distance >= limit {
                if *level > value {
                    break;
                }
                continue;
            }
            if switched.cost < state.cost {
                *state = switched;
            }
            state.cost += distance - limit;
            // Of equals the first.
            if state.cost < best.cost || (state.cost == best.cost && index < cheapest) {
                (cheapest, best) = (index, *state);
            }
        }
    }
    let mut cuts = Vec::new();
    let mut begin = best.began;
    while begin > 0 {
        cuts.push(begin);
        begin = before[begin];
    }
    cuts.reverse();
    cuts
}
