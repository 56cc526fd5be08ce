//! Statistics of a single split.

use crate::stats::series::noise;
use crate::stats::summary::mean;

/// Fewest values on each side of a split by energy.
const SIDE_MIN: usize = 2;

/// The energy statistic of a split (Matteson and James 2014).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergySplit {
    /// First value after the split.
    pub split: usize,
    /// End of the values looked at: those from 0 to before it.
    pub end: usize,
    /// Q = nm/(n+m) (2 mean |x - y| - mean |x - x'| - mean |y - y'|), in the values' unit.
    pub statistic: f64,
}

/// Sums of absolute differences within the left side, within the right side, and between them.
#[derive(Clone, Copy)]
struct Sums {
    left: f64,
    right: f64,
    between: f64,
}

impl Sums {
    fn statistic(self, n: usize, m: usize) -> f64 {
        let (n, m) = (n as f64, m as f64);
        let within = |sum: f64, count: f64| 2.0 * sum / (count * (count - 1.0));
        let mean = 2.0 * self.between / (n * m) - within(self.left, n) - within(self.right, m);
        n * m / (n + m) * mean
    }
}

/// Q of splitting the values before `end` at `split`; none with fewer than two values on a side.
pub fn energy(values: &[f64], split: usize, end: usize) -> Option<f64> {
    let (left, right) = (values.get(..split)?, values.get(split..end)?);
    if left.len().min(right.len()) < SIDE_MIN {
        return None;
    }
    let from = |value: f64, side: &[f64]| side.iter().map(|other| (value - other).abs()).sum::<f64>();
    let within = |side: &[f64]| side.iter().enumerate().map(|(i, &v)| from(v, &side[..i])).sum::<f64>();
    let between = left.iter().map(|&v| from(v, right)).sum();
    let sums = Sums { left: within(left), right: within(right), between };
    Some(sums.statistic(left.len(), right.len())).filter(|q| q.is_finite())
}

/// The split and the end with the greatest Q: the first step of E-divisive. Time grows with the square of the number of
/// values. None for fewer than four values.
pub fn energy_split(values: &[f64]) -> Option<EnergySplit> {
    let mut best: Option<EnergySplit> = None;
    // For each value: the sum of its distances to the later ones before `end`, and to the earlier ones.
    let (mut later, mut earlier) = (Vec::<f64>::new(), Vec::<f64>::new());
    let mut all = 0.0;
    for (last, &value) in values.iter().enumerate() {
        let mut sum = 0.0;
        for (later, other) in later.iter_mut().zip(values) {
            let distance = (value - other).abs();
            *later += distance;
            sum += distance;
        }
        later.push(0.0);
        earlier.push(sum);
        all += sum;
        let end = last + 1;
        let mut sums = Sums { left: 0.0, right: all, between: 0.0 };
        // Value by value goes from the right side to the left one.
        for (i, (later, earlier)) in later.iter().zip(&earlier).enumerate() {
            sums.left += earlier;
            sums.right -= later;
            sums.between += later - earlier;
            let split = i + 1;
            if split < SIDE_MIN || end - split < SIDE_MIN {
                continue;
            }
            let statistic = sums.statistic(split, end - split);
            if statistic.is_finite() && best.is_none_or(|best| statistic > best.statistic) {
                best = Some(EnergySplit { split, end, statistic });
            }
        }
    }
    best
}

/// Page's cumulative sums (1954) of the deviations from the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Cusum {
    /// The sum after each value, in the values' unit.
    pub sums: Vec<f64>,
    /// First value after the sum that is farthest from 0; 0 without values.
    pub split: usize,
    /// That sum without its sign, over the noise times sqrt n; infinite where steps have no noise, 0 without any step.
    pub strength: f64,
}

/// Cumulative sums and where they turn.
pub fn cusum(values: &[f64]) -> Cusum {
    let centre = mean(values);
    let mut sum = 0.0;
    let sums: Vec<f64> = values
        .iter()
        .map(|v| {
            sum += v - centre;
            sum
        })
        .collect();
    let (mut split, mut most) = (0, f64::NEG_INFINITY);
    for (i, sum) in sums.iter().enumerate() {
        if sum.abs() > most {
            (split, most) = (i + 1, sum.abs());
        }
    }
    let strength = most / (noise(values) * (values.len() as f64).sqrt());
    let flat = values.windows(2).all(|two| two[0] == two[1]);
    Cusum { sums, split, strength: if flat || strength.is_nan() { 0.0 } else { strength } }
}
