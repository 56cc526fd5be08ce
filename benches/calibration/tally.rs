//! Counting verdicts over runs.

use super::gate::Gate;
use super::noise::{BENCHMARKS, Family, World};
use benchgate::judge::{Comparison, Verdict};
use fastrand::Rng;

/// A mean over runs, with its standard error. Rows of one run share its machine, so runs are what is counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    runs: f64,
    sum: f64,
    squares: f64,
}

impl Mean {
    pub(crate) fn add(&mut self, of_run: f64) {
        self.runs += 1.0;
        self.sum += of_run;
        self.squares += of_run * of_run;
    }

    pub(crate) fn add_if(&mut self, happened: bool) {
        self.add(if happened { 1.0 } else { 0.0 });
    }

    pub(crate) fn value(self) -> f64 {
        self.sum / self.runs
    }

    /// Standard error; of a share of runs it is the binomial one.
    pub(crate) fn error(self) -> f64 {
        ((self.squares / self.runs - self.value() * self.value()).max(0.0) / self.runs).sqrt()
    }

    /// In percent: `1.02 ± 0.07`.
    pub(crate) fn percent(self) -> String {
        format!("{:.2} ± {:.2}", 100.0 * self.value(), 100.0 * self.error())
    }
}

/// The truth about a run's benchmarks: how much slower head is, as a fraction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Truth {
    /// All by as much.
    All(f64),
    /// One of them, which one is drawn.
    One(f64),
}

/// What runs said of the benchmarks whose truth is the one asked about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Runs with a regression before the second look, and in the end; with a regression or an improvement in the end.
    pub(crate) red_first: Mean,
    pub(crate) red: Mean,
    pub(crate) called: Mean,
    /// Shares of rows.
    pub(crate) regression: Mean,
    pub(crate) improvement: Mean,
    pub(crate) unchanged: Mean,
    pub(crate) inconclusive: Mean,
    /// Share of intervals that hold the true change; rows without one are left out.
    pub(crate) covered: Mean,
    /// Pairs measured.
    pub(crate) rounds: Mean,
}

impl Tally {
    fn add(&mut self, rows: &[(&Comparison, &Comparison)], effect: f64) {
        self.red_first.add_if(rows.iter().any(|(first, _)| first.verdict == Verdict::Regression));
        let rows: Vec<&Comparison> = rows.iter().map(|(_, last)| *last).collect();
        let share = |is: &dyn Fn(&Comparison) -> bool| {
            rows.iter().filter(|row| is(row)).count() as f64 / rows.len().max(1) as f64
        };
        let of = |verdict: Verdict| share(&|row| row.verdict == verdict);
        let (regression, improvement) = (of(Verdict::Regression), of(Verdict::Improvement));
        self.red.add_if(regression > 0.0);
        self.called.add_if(regression + improvement > 0.0);
        self.regression.add(regression);
        self.improvement.add(improvement);
        self.unchanged.add(of(Verdict::Unchanged));
        self.inconclusive.add(of(Verdict::Inconclusive));
        let with_interval = share(&|row| row.interval.is_some());
        let inside = |[low, high]: [f64; 2]| low <= 1.0 + effect && 1.0 + effect <= high;
        if with_interval > 0.0 {
            self.covered.add(share(&|row| row.interval.is_some_and(inside)) / with_interval);
        }
        self.rounds.add(rows.iter().map(|row| f64::from(row.rounds)).sum::<f64>() / rows.len().max(1) as f64);
    }
}

/// Simulates `runs` gate runs: what they said of the changed benchmarks, and of the unchanged ones.
///
/// The noise depends on family and number of the run alone, so that gates and truths meet the same draws.
pub(crate) fn simulate(gate: &Gate, family: Family, truth: Truth, runs: u32) -> [Tally; 2] {
    let mut seeds = Rng::with_seed(family as u64 + 1);
    let first_look = gate.looks.counts().first().copied().unwrap_or(0);
    let mut tallies = [Tally::default(); 2];
    for _ in 0..runs {
        let (world_seed, plan_seed, which) = (seeds.u64(..), seeds.u64(..), seeds.usize(..BENCHMARKS));
        let (effect, is_changed): (f64, &dyn Fn(usize) -> bool) = match &truth {
            Truth::All(effect) => (*effect, &|_| true),
            Truth::One(effect) => (*effect, &|i| i == which),
        };
        let effects = std::array::from_fn(|i| if is_changed(i) { effect.ln_1p() } else { 0.0 });
        let mut world = World::new(family, &effects, first_look, world_seed);
        let said = gate.run(BENCHMARKS, &mut world, plan_seed);
        let rows = |changed: bool| -> Vec<(&Comparison, &Comparison)> {
            let rows = said.first.iter().zip(&said.last).enumerate();
            rows.filter(|(i, _)| is_changed(*i) == changed).map(|(_, row)| row).collect()
        };
        for (tally, rows, effect) in [(0, rows(true), effect), (1, rows(false), 0.0)] {
            if !rows.is_empty() {
                tallies[tally].add(&rows, effect);
            }
        }
    }
    tallies
}
