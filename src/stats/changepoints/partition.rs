//! Optimal partitions under a penalty for each change: the textbook's, which wild values and dependence break
//! (`super::detect` is made against both). Time grows with the square of the number of values.

use crate::stats::summary::mean;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A partition and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// First values of the segments but the first one, ascending.
    pub changes: Vec<usize>,
    /// Cost of the segments plus the penalty for each change.
    pub objective: f64,
}

/// The partition with the least squared deviation from the segments' means plus `penalty` for each change, no segment shorter
/// than `length_min` (at least 1) unless all values are fewer (Jackson et al. 2005).
pub fn least_squares(values: &[f64], penalty: f64, length_min: usize) -> Partition {
    let centre = mean(values);
    let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
    let (mut sum, mut square) = (0.0, 0.0);
    for v in values {
        sum += v - centre;
        square += (v - centre) * (v - centre);
        sums.push(sum);
        squares.push(square);
    }
    let cost = |from: usize, to: usize| {
        let sum: f64 = sums[to] - sums[from];
        (squares[to] - squares[from] - sum * sum / (to - from) as f64).max(0.0)
    };
    cheapest(values.len(), penalty, length_min, |to| (0..to).map(|from| cost(from, to)).collect())
}

/// The partition with the least absolute deviation from the segments' medians plus `penalty` for each change: the L1 Potts
/// functional (Friedrich et al. 2008), which asv minimises.
pub fn least_deviations(values: &[f64], penalty: f64) -> Partition {
    cheapest(values.len(), penalty, 1, |to| {
        let mut halves = Halves::default();
        let mut costs: Vec<f64> = values[..to].iter().rev().map(|&v| halves.add(v)).collect();
        costs.reverse();
        costs
    })
}

/// Dynamic programme over the last change: `costs(to)` is what a last segment from each index below `to` costs.
fn cheapest(n: usize, penalty: f64, length_min: usize, costs: impl Fn(usize) -> Vec<f64>) -> Partition {
    let length_min = length_min.max(1);
    // Cost of the best partition of the first values, less one penalty for its first segment; and where its last one begins.
    let mut best = vec![(-penalty, 0_usize)];
    for to in 1..=n {
        let from_whole = |from: usize| from == 0 || (from >= length_min && to - from >= length_min);
        let options = costs(to).into_iter().enumerate().filter(|&(from, _)| from_whole(from));
        let option = options.map(|(from, cost)| (best[from].0 + penalty + cost, from));
        best.push(option.reduce(|best, next| if next.0 < best.0 { next } else { best }).unwrap_or((f64::INFINITY, 0)));
    }
    let (mut changes, mut at) = (Vec::new(), best[n].1);
    while at > 0 {
        changes.push(at);
        at = best[at].1;
    }
    changes.reverse();
    Partition { changes, objective: if n == 0 { 0.0 } else { best[n].0 } }
}

/// A number in the order of `f64::total_cmp`.
#[derive(PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The lower and the upper half of the values so far, the lower one with the middle value, and their sums.
#[derive(Default)]
struct Halves {
    low: BinaryHeap<Ordered>,
    high: BinaryHeap<Reverse<Ordered>>,
    low_sum: f64,
    high_sum: f64,
}

impl Halves {
    /// Takes in a value; answers the sum of absolute deviations from the median.
    fn add(&mut self, value: f64) -> f64 {
        if self.low.peek().is_some_and(|middle| value > middle.0) {
            self.high.push(Reverse(Ordered(value)));
            self.high_sum += value;
        } else {
            self.low.push(Ordered(value));
            self.low_sum += value;
        }
        if self.low.len() > self.high.len() + 1 {
            if let Some(moved) = self.low.pop() {
                self.low_sum -= moved.0;
                self.high_sum += moved.0;
                self.high.push(Reverse(moved));
            }
        } else if self.high.len() > self.low.len()
            && let Some(Reverse(moved)) = self.high.pop()
        {
            self.high_sum -= moved.0;
            self.low_sum += moved.0;
            self.low.push(moved);
        }
        // Of an odd number the middle value itself deviates by nothing.
        let odd = if self.low.len() > self.high.len() { self.low.peek().map_or(0.0, |middle| middle.0) } else { 0.0 };
        (self.high_sum - (self.low_sum - odd)).max(0.0)
    }
}
