//! The cheapest partition of a series into levels of a grid, where no value costs more than a bound: optimal partitioning
//! with the biweight loss of Fearnhead and Rigaill (2019), exact on the grid.

/// Distance of the levels, in noise standard deviations.
const STEP: f64 = 0.25;

/// How far the levels go beyond the values.
const MARGIN: f64 = 2.0;

/// The levels for values between `low` and `high`, 50 to 2000 of them.
pub(super) fn grid(low: f64, high: f64) -> Vec<f64> {
    let (from, to) = (low - MARGIN, high + MARGIN);
    let count = ((to - from) / STEP).clamp(50.0, 2000.0) as usize;
    let step = (to - from) / (count - 1) as f64;
    (0..count).map(|i| from + step * i as f64).collect()
}

/// The indices at which the cheapest partition of `values` changes its level. A value costs its squared distance from the
/// level, `bound`^2 at most; a change costs `penalty`.
///
/// `F_t(g) = min(F_{t-1}(g), min_h F_{t-1}(h) + penalty) + min((u_t - g)^2, bound^2)`. Only where each level's segment began is
/// carried along, so memory is that of the values and the levels.
pub(super) fn partition(values: &[f64], grid: &[f64], bound: f64, penalty: f64) -> Vec<usize> {
    let limit = bound * bound;
    let mut costs = vec![0.0; grid.len()];
    let mut began = vec![0_usize; grid.len()];
    // For a segment that begins at t: where the one before it began.
    let mut before = vec![0_usize; values.len()];
    for (t, (&value, before)) in values.iter().zip(&mut before).enumerate() {
        let mut switch = f64::INFINITY;
        if t > 0 {
            let (cheapest, least) = cheapest(&costs);
            *before = began[cheapest];
            switch = least + penalty;
        }
        for ((cost, began), level) in costs.iter_mut().zip(&mut began).zip(grid) {
            let distance = (value - level) * (value - level);
            let switches = switch < *cost;
            *began = if switches { t } else { *began };
            *cost = if switches { switch } else { *cost } + if distance < limit { distance } else { limit };
        }
    }
    let mut cuts = Vec::new();
    let mut begin = if values.is_empty() { 0 } else { began[cheapest(&costs).0] };
    while begin > 0 {
        cuts.push(begin);
        begin = before[begin];
    }
    cuts.reverse();
    cuts
}

/// The first of the cheapest, and its cost. Eight minima side by side, so that the processor need not wait for each.
fn cheapest(costs: &[f64]) -> (usize, f64) {
    let mut lanes = [f64::INFINITY; 8];
    for chunk in costs.chunks(8) {
        for (lane, &cost) in lanes.iter_mut().zip(chunk) {
            *lane = if cost < *lane { cost } else { *lane };
        }
    }
    let least = lanes.into_iter().fold(f64::INFINITY, f64::min);
    (costs.iter().position(|&cost| cost == least).unwrap_or(0), least)
}
