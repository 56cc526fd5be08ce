//! Shares benchmarks out to machines: a pure function of their names and of what each is known to take.

use crate::model::BenchmarkId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// The most shards: a matrix of GitHub Actions holds no more jobs.
pub const SHARDS_MAX: u32 = 256;

/// Seconds of a benchmark where no duration is known of any: all weigh the same.
const SECONDS_UNKNOWN: f64 = 1.0;

/// One of several shards, written `3/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').map(|(index, count)| (index.parse(), count.parse()));
        match numbers {
            Some((Ok(index), Ok(count))) if 1 <= index && index <= count && count <= SHARDS_MAX => {
                Ok(Self { index, count })
            }
            _ => Err(format!("'{text}' is no shard; write for example 3/8, at most {SHARDS_MAX}/{SHARDS_MAX}")),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// What one machine measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Its benchmarks, sorted.
    pub benchmarks: BTreeSet<BenchmarkId>,
    /// Seconds that they are expected to take.
    pub seconds: f64,
}

/// Shares benchmarks out to `count` machines, the longest first and each to the machine with the least to do so far (Graham
/// 1969: the longest shard is at most 4/3 of the best possible). A benchmark of which nothing is `known` takes the median of
/// its suite, else of all.
#[must_use]
pub fn share_out(benchmarks: &BTreeSet<BenchmarkId>, known: &BTreeMap<BenchmarkId, f64>, count: usize) -> Vec<Part> {
    let seconds = |id: &BenchmarkId| known.get(id).copied().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let mut of_suites: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (id, seconds) in benchmarks.iter().filter_map(|id| Some((id, seconds(id)?))) {
        of_suites.entry(&id.suite).or_default().push(seconds);
    }
    let overall = middle(of_suites.values().flatten().copied().collect()).unwrap_or(SECONDS_UNKNOWN);
    let of_suites: BTreeMap<&str, Option<f64>> =
        of_suites.into_iter().map(|(suite, seconds)| (suite, middle(seconds))).collect();
    let guess = |id: &BenchmarkId| of_suites.get(&*id.suite).copied().flatten().unwrap_or(overall);
    let mut order: Vec<(f64, &BenchmarkId)> =
        benchmarks.iter().map(|id| (seconds(id).unwrap_or_else(|| guess(id)), id)).collect();
    // Equal ones by name: every machine comes to the same parts.
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut parts = vec![Part::default(); count.max(1)];
    for (seconds, id) in order {
        // Where durations are equal or zero, the count decides.
        let least = parts
            .iter_mut()
            .min_by(|a, b| a.seconds.total_cmp(&b.seconds).then_with(|| a.benchmarks.len().cmp(&b.benchmarks.len())));
        if let Some(part) = least {
            part.seconds += seconds;
            part.benchmarks.insert(id.clone());
        }
    }
    parts
}

/// The median; of an even number the lower one.
fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(n: usize) -> BTreeSet<BenchmarkId> {
        (0..n).map(|i| BenchmarkId::new("s", format!("{i:03}"))).collect()
    }

    fn longest_over_mean(parts: &[Part]) -> f64 {
        let total: f64 = parts.iter().map(|part| part.seconds).sum();
        parts.iter().map(|part| part.seconds).fold(0.0, f64::max) * parts.len() as f64 / total
    }

    proptest! {
        #[test]
        fn every_benchmark_has_one_machine_and_none_has_much_more_than_the_mean(
            seconds in proptest::collection::vec(0.0_f64..100.0, 0..60),
            count in 1_usize..12,
        ) {
            let all = ids(seconds.len());
            let known: BTreeMap<_, _> = all.iter().cloned().zip(seconds.iter().copied()).collect();
            let parts = share_out(&all, &known, count);
            prop_assert_eq!(parts.len(), count);
            let mut shared: Vec<_> = parts.iter().flat_map(|part| part.benchmarks.iter().cloned()).collect();
            shared.sort();
            prop_assert_eq!(shared, all.into_iter().collect::<Vec<_>>());
            let (total, longest) = (seconds.iter().sum::<f64>(), seconds.iter().copied().fold(0.0, f64::max));
            let most = parts.iter().map(|part| part.seconds).fold(0.0, f64::max);
            prop_assert!(most <= total / count as f64 + longest + 1e-9);
        }
    }

    /// Forty benchmarks on eight machines, durations as launches have them: from a second to twelve, most of them short.
    #[test]
    fn eight_shards_of_forty_benchmarks_are_balanced() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..200 {
            let all = ids(40);
            let known: BTreeMap<_, _> = all.iter().map(|id| (id.clone(), (random.f64() * 2.5).exp())).collect();
            let parts = share_out(&all, &known, 8);
            assert!(longest_over_mean(&parts) < 1.15, "{parts:?}");
        }
    }

    #[test]
    fn without_durations_the_number_decides() {
        let parts = share_out(&ids(40), &BTreeMap::new(), 8);
        assert!(parts.iter().all(|part| part.benchmarks.len() == 5 && part.seconds == 5.0), "{parts:?}");
        let zeros = ids(6).into_iter().map(|id| (id, 0.0)).collect();
        assert!(share_out(&ids(6), &zeros, 3).iter().all(|part| part.benchmarks.len() == 2));
    }

    #[test]
    fn the_unknown_take_the_median_of_their_suite() {
        let id = |suite: &str, name: &str| BenchmarkId::new(suite, name);
        let all: BTreeSet<_> = [id("a", "1"), id("a", "2"), id("a", "3"), id("a", "new"), id("b", "new")].into();
        let known = [(id("a", "1"), 2.0), (id("a", "2"), 5.0), (id("a", "3"), f64::NAN)].into();
        let parts = share_out(&all, &known, 1);
        assert_eq!(parts[0].seconds, 2.0 + 5.0 + 2.0 + 2.0 + 2.0);
    }

    #[test]
    fn places_are_written_as_fractions() {
        assert_eq!("3/8".parse(), Ok(Place { index: 3, count: 8 }));
        assert_eq!(Place { index: 3, count: 8 }.to_string(), "3/8");
        for wrong in ["", "3", "0/8", "9/8", "1/257", "a/b", "-1/2", "1/2/3"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
