use crate::model::Stated;
use std::collections::BTreeMap;

/// Quantiles that are stated of samples.
const LEVELS: [f64; 4] = [0.9, 0.95, 0.99, 0.999];

/// Values that must lie beyond a quantile for it to be stated.
const BEYOND_MIN: f64 = 5.0;

/// 50 (1 - 0.9) is a little less than 5 in binary.
const ROUNDING: f64 = 1e-9;

/// Logarithmic width of a size: a value differs from the middle of its size by at most exp(0.00095) - 1 < 0.1 %.
const SIZE_WIDTH: f64 = 0.0019;

/// The levels of the quantiles that so many samples allow to state.
pub(in crate::harness) fn levels(count: u64) -> impl Iterator<Item = f64> {
    LEVELS.into_iter().filter(move |level| count as f64 * (1.0 - level) + ROUNDING >= BEYOND_MIN)
}

/// Latencies in seconds, in the file's order, each as it is; or, where there are too many, counted by size.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    values: Vec<f64>,
    sizes: BTreeMap<i32, u64>,
    count: u64,
    mean: f64,
    /// Sum of the squared distances from the mean.
    squares: f64,
}

impl Latencies {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many numbers are held in memory.
    pub(super) fn held(&self) -> usize {
        self.values.len() + self.sizes.len()
    }

    /// Adds one, mean and squares as Welford (1962) does.
    pub(super) fn add(&mut self, seconds: f64, is_exact: bool) {
        self.count += 1;
        let distance = seconds - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (seconds - self.mean);
        if is_exact {
            self.values.push(seconds);
        } else {
            *self.sizes.entry(size(seconds)).or_default() += 1;
        }
    }

    /// Gives up the single values for their sizes.
    pub(super) fn condense(&mut self) {
        for value in std::mem::take(&mut self.values) {
            *self.sizes.entry(size(value)).or_default() += 1;
        }
    }

    /// What they amount to, and, if `with_values`, the values in the file's order.
    pub(super) fn finish(mut self, with_values: bool) -> (Vec<f64>, Stated) {
        let values = if with_values { self.values.clone() } else { Vec::new() };
        self.values.sort_unstable_by(f64::total_cmp);
        let n = self.count as f64;
        let stated = Stated {
            n: Some(self.count),
            mean: Some(self.mean),
            median: Some(self.quantile(0.5)),
            sd: (self.count > 1).then(|| (self.squares / (n - 1.0)).sqrt()),
            quantiles: levels(self.count).map(|level| (level, self.quantile(level))).collect(),
        };
        (values, stated)
    }

    /// Hyndman and Fan's type 7, as k6 and numpy compute it: (n - 1) p, between two neighbours in proportion. The values are
    /// in ascending order.
    fn quantile(&self, p: f64) -> f64 {
        let position = self.count.saturating_sub(1) as f64 * p;
        let (below, share) = (self.at(position.floor() as u64), position.fract());
        if share == 0.0 { below } else { below + share * (self.at(position.ceil() as u64) - below) }
    }

    /// The value of that rank, from 0.
    fn at(&self, rank: u64) -> f64 {
        if let Some(&value) = self.values.get(rank as usize) {
            return value;
        }
        let mut before = 0;
        let found = self.sizes.iter().find(|&(_, count)| {
            before += count;
            before > rank
        });
        found.map_or(0.0, |(&size, _)| middle(size))
    }
}

/// The size of a value: its logarithm, rounded down. Zero has one of its own.
fn size(seconds: f64) -> i32 {
    if seconds > 0.0 { (seconds.ln() / SIZE_WIDTH).floor() as i32 } else { i32::MIN }
}

fn middle(size: i32) -> f64 {
    if size == i32::MIN { 0.0 } else { ((f64::from(size) + 0.5) * SIZE_WIDTH).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn latencies(values: &[f64]) -> Latencies {
        let mut latencies = Latencies::default();
        values.iter().for_each(|&value| latencies.add(value, true));
        latencies
    }

    /// By numpy 2: `quantile(v, [.5, .9])`, `mean(v)`, `std(v, ddof=1)` of `v = arange(1, 61)**2 / 1000`.
    #[test]
    fn agrees_with_numpy() {
        let values: Vec<f64> = (1..=60).rev().map(|i| f64::from(i * i) / 1000.0).collect();
        let (kept, stated) = latencies(&values).finish(true);
        assert_eq!(kept, values);
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-12;
        assert!(close(stated.median.expect("median"), 0.930_5), "{stated:?}");
        assert!(close(stated.mean.expect("mean"), 1.230_166_666_666_666_6), "{stated:?}");
        assert!(close(stated.sd.expect("sd"), 1.099_101_299_547_347), "{stated:?}");
        assert_eq!(stated.quantiles.len(), 1, "5 values lie beyond the 90 % quantile of 60, and 3 beyond that of 95 %");
        assert!(close(stated.quantiles[0].1, 2.926_9), "{stated:?}");
    }

    proptest! {
        #[test]
        fn sizes_keep_quantiles_to_a_thousandth(values in proptest::collection::vec(1e-9..1e6_f64, 1..400)) {
            let (_, exact) = latencies(&values).finish(false);
            let mut condensed = latencies(&values);
            condensed.condense();
            condensed.add(values[0], false);
            let mut all = values.clone();
            all.push(values[0]);
            let (_, more) = latencies(&all).finish(false);
            let (_, stated) = condensed.finish(false);
            prop_assert_eq!((stated.n, stated.mean, stated.sd), (more.n, more.mean, more.sd));
            prop_assert!((stated.median.expect("median") / more.median.expect("median") - 1.0).abs() <= 1e-3);
            prop_assert_eq!(exact.n, Some(values.len() as u64));
        }
    }

    #[test]
    fn zeros_stay_zero() {
        let mut zeros = latencies(&[0.0, 0.0, 0.0]);
        zeros.condense();
        assert_eq!(zeros.held(), 1);
        assert_eq!(zeros.finish(false).1.median, Some(0.0));
    }
}
