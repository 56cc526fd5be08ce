//! Which commit of a range made a benchmark slower or faster, by measuring few of them.
//!
//! Floor 6. It decides what to measure next and when enough is known, by the posterior of [`crate::stats::bisection`]; it
//! builds and launches nothing, and answers with a value.

#[cfg(test)]
mod tests;

use crate::stats::bisection::Bisection;
use crate::stats::{PairedInput, deviation};
use std::collections::{BTreeMap, BTreeSet};

/// The step at the culprit as shares of the whole difference (`docs/method.md`): other commits may have had a part in it.
const FACTORS: [f64; 4] = [0.5, 0.75, 1.0, 1.25];

/// The chance, before anything is measured, that no single commit did it.
const NO_CULPRIT: f64 = 0.05;

/// Standard deviation of a pair's ln(head/base) below which none is believed: clocks are that coarse.
const SD_MIN: f64 = 1e-4;

/// Pairs of one visit: one block, whose mirrored second half cancels drift.
const PAIRS: u32 = 2;

/// Pairs of one visit where building costs more than [`DEAR`] pairs.
const PAIRS_DEAR: u32 = 4;

/// See [`PAIRS_DEAR`].
const DEAR: f64 = 10.0;

/// What a visit must promise to be worth it, of the most that any can.
const PROMISE_MIN: f64 = 2e-3;

/// What is known of a range of commits. They are numbered from 0, oldest first; the last one is the bad end, and the good end
/// lies before the first.
#[derive(Clone, Debug)]
pub struct Search {
    /// Whether a commit may be the culprit.
    possible: Vec<bool>,
    /// Commits that cannot be measured.
    skipped: BTreeSet<usize>,
    /// Commits whose executables are the bytes of another one's that was measured.
    same_as: BTreeMap<usize, usize>,
    /// ln(head/base) of each pair of a commit with the good end.
    pairs: BTreeMap<usize, Vec<f64>>,
    /// The whole difference, ln(bad/good).
    step: f64,
    /// Standard deviation of a build's own bias, ln.
    build_sd: f64,
    certainty: f64,
}

/// What visiting a commit costs, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    /// Building it; 0 if that was done.
    pub build_s: f64,
    /// One pair of launches.
    pub pair_s: f64,
}

/// What to measure next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Which commit.
    pub commit: usize,
    /// How many pairs with the good end.
    pub pairs: u32,
}

/// Where a search stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// The probability of each commit to be the culprit.
    pub posterior: Vec<f64>,
    /// The probability that no single commit is.
    pub no_culprit: f64,
    /// The likeliest commits that nothing told apart, because those between could not be measured; mostly one.
    pub culprits: Vec<usize>,
    /// The probability that the culprit is among them.
    pub probability: f64,
    /// The fewest commits, likeliest first, that hold the culprit with the probability asked for.
    pub credible: Vec<usize>,
}

impl Search {
    /// A search among so many commits. `seen` are the pairs of the bad end with the good one (ln(head/base)), `step` what they show.
    #[must_use]
    pub fn new(commits: usize, seen: Vec<f64>, step: f64, build_sd: f64, certainty: f64) -> Self {
        let pairs = commits.checked_sub(1).map(|last| (last, seen)).into_iter().collect();
        let (skipped, same_as) = (BTreeSet::new(), BTreeMap::new());
        Self { possible: vec![true; commits], skipped, same_as, pairs, step, build_sd, certainty }
    }

    /// Takes in pairs of a commit with the good end.
    pub fn take(&mut self, commit: usize, seen: &[f64]) {
        let measured = self.measured_as(commit);
        self.pairs.entry(measured).or_default().extend_from_slice(seen);
    }

    /// A commit cannot be measured. It may be the culprit all the same.
    pub fn skip(&mut self, commit: usize) {
        self.skipped.insert(commit);
    }

    /// Two commits have the same executables, `None` being the good end: the culprit does not lie between them.
    pub fn same(&mut self, older: Option<usize>, newer: usize) {
        let from = older.map_or(0, |older| older + 1);
        if let Some(between) = self.possible.get_mut(from..=newer) {
            between.fill(false);
        }
        let Some(older) = older else { return };
        let (kept, merged) = (self.measured_as(older), self.measured_as(newer));
        if kept != merged {
            let moved = self.pairs.remove(&merged).unwrap_or_default();
            self.pairs.entry(kept).or_default().extend(moved);
            self.same_as.values_mut().filter(|place| **place == merged).for_each(|place| *place = kept);
            self.same_as.insert(merged, kept);
            self.same_as.insert(newer, kept);
        }
    }

    /// Whether a commit cannot be measured.
    #[must_use]
    pub fn is_skipped(&self, commit: usize) -> bool {
        self.skipped.contains(&commit)
    }

    /// Standard deviation by which builds of one speed differ, ln.
    #[must_use]
    pub fn build_sd(&self) -> f64 {
        self.build_sd
    }

    /// The commit whose pairs count for this one.
    #[must_use]
    pub fn measured_as(&self, commit: usize) -> usize {
        self.same_as.get(&commit).copied().unwrap_or(commit)
    }

    /// Pairs that were measured of a commit, or of another with the same executables; ln(head/base).
    #[must_use]
    pub fn pairs(&self, commit: usize) -> &[f64] {
        self.pairs.get(&self.measured_as(commit)).map_or(&[], Vec::as_slice)
    }

    /// Standard deviation of one pair: of all pairs about the means of their commits, wild ones tamed.
    #[must_use]
    pub fn pair_sd(&self) -> f64 {
        let residuals = self.pairs.values().filter(|pairs| pairs.len() > 1).flat_map(|pairs| {
            let n = pairs.len() as f64;
            let mean = pairs.iter().sum::<f64>() / n;
            pairs.iter().map(move |pair| (pair - mean) * (n / (n - 1.0)).sqrt())
        });
        let heads: Vec<f64> = residuals.map(f64::exp).collect();
        let sd = deviation(PairedInput { base: &vec![1.0; heads.len()], head: &heads });
        sd.unwrap_or(0.0).max(SD_MIN)
    }

    fn bisection(&self) -> Bisection {
        let prior: Vec<f64> = self.possible.iter().map(|&possible| f64::from(u8::from(possible))).collect();
        let mut known = Bisection::new(&prior, &FACTORS, NO_CULPRIT);
        let sd = self.pair_sd();
        for (&commit, pairs) in &self.pairs {
            known.observe_build(commit, pairs, self.step, sd, self.build_sd);
        }
        known
    }

    /// Where the search stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let known = self.bisection();
        let posterior = known.posterior();
        // Commits that could not be measured cannot be told from the next one that could.
        let (mut best, mut open): ((f64, Vec<usize>), (f64, Vec<usize>)) = Default::default();
        for (commit, probability) in posterior.iter().enumerate() {
            open.0 += probability;
            if self.possible[commit] {
                open.1.push(commit);
            }
            if !self.skipped.contains(&commit) {
                let cell = std::mem::take(&mut open);
                best = if cell.0 > best.0 { cell } else { best };
            }
        }
        let credible = known.credible(self.certainty);
        Standing { no_culprit: known.no_culprit(), culprits: best.1, probability: best.0, credible, posterior }
    }

    /// What to measure next; `None` if enough is known, or nothing that could be measured would tell more.
    pub fn next(&self, price: impl Fn(usize) -> Price) -> Option<Visit> {
        let standing = self.standing();
        if standing.probability >= self.certainty || standing.no_culprit >= self.certainty {
            return None;
        }
        let sd = self.pair_sd();
        let some: f64 = standing.posterior.iter().sum();
        let mut below = 0.0;
        let mut best: Option<(f64, Visit)> = None;
        for (commit, probability) in standing.posterior.iter().enumerate() {
            below += probability / some;
            if self.skipped.contains(&commit) || commit + 1 == self.possible.len() {
                continue;
            }
            let price = price(commit);
            let pairs = if price.build_s > DEAR * price.pair_s { PAIRS_DEAR } else { PAIRS };
            let promise = 4.0 * below * (1.0 - below) * self.news(commit, pairs, sd);
            let worth = promise / (price.build_s + f64::from(pairs) * price.pair_s).max(1e-9);
            if promise >= PROMISE_MIN && best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, Visit { commit, pairs }));
            }
        }
        best.map(|(_, visit)| visit)
    }

    /// How much more pairs of a commit tell the slow from the fast, from 0 to 1: the squared distance of the two in standard
    /// errors, gained. More and more pairs of one build tell less and less, as its bias remains.
    fn news(&self, commit: usize, pairs: u32, sd: f64) -> f64 {
        let have = self.pairs(commit).len() as f64;
        let distance = |n: f64| {
            if n > 0.0 { self.step * self.step / (self.build_sd * self.build_sd + sd * sd / n) } else { 0.0 }
        };
        let gained = distance(have + f64::from(pairs)) - distance(have);
        -(-gained / 8.0).exp_m1()
    }
}
