//! What other tools would say of the same benchmark for the same number of timed iterations: 400, base and head together.
//!
//! Their rules as published, at their own defaults; what each is good at besides calling a change is not judged here.

use super::gate::Gate;
use super::scenarios::{ITERATIONS, Scenario, Session, judged};
use benchgate::judge::Verdict;
use benchgate::model::Side;
use benchgate::stats::summary::{mean, median, sd};
use fastrand::Rng;

/// Iterations of a side.
const BUDGET: usize = 200;

/// Launches of a side where a rule wants several.
const LAUNCHES: usize = BUDGET / ITERATIONS;

/// An answer: slower, faster, or nothing said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Slower,
    Faster,
    Nothing,
}

/// The rules, in the order of [`calls`].
pub(crate) const RULES: [&str; 17] = [
    "one mean above 200 % (github-action-benchmark)",
    "one mean above 110 %",
    "one mean ±10 % (CodSpeed-like)",
    "one mean ±5 % (critcmp-like)",
    "criterion: p < .05, interval beyond 1 %",
    "criterion, noise threshold 2 %",
    "tango-like: iterations in step, z > 2.6, 0.5 %",
    "benchstat, -count=6, one process",
    "benchstat, -count=10, one process",
    "benchstat, 10 launches, base then head",
    "benchstat, 10 launches, interleaved",
    "benchgate, 10 pairs, 0 %",
    "benchgate, 10 pairs, 2 %",
    "benchgate, 10 pairs, 3 %",
    "benchgate, default looks, 0 %",
    "benchgate, default looks, 2 %",
    "benchgate, default looks, 3 %",
];

/// Rules of ours among [`RULES`].
const OURS: usize = 6;

/// Judges by all rules, and by ours.
pub(crate) struct Judges {
    exact: [RankSum; 2],
    ten: [Gate; 3],
    looking: [Gate; 3],
}

impl Judges {
    pub(crate) fn new() -> Self {
        let thresholds = [0.0, 0.02, 0.03];
        Self {
            exact: [RankSum::new(6), RankSum::new(10)],
            ten: thresholds.map(|threshold| Gate::new(threshold).with_looks(&[LAUNCHES as u32])),
            looking: thresholds.map(Gate::new),
        }
    }

    /// What each rule says of one benchmark, and the pairs that each of ours took.
    pub(crate) fn calls(&self, scenario: Scenario, effect: f64, seeds: &mut Rng) -> ([Call; 17], [u32; OURS]) {
        let mut seed = || seeds.u64(..);
        let two = |mut session: Session| [Side::Base, Side::Head].map(|side| session.times(side, BUDGET));
        let [base, head] = two(Session::new(scenario, effect, 2, seed()));
        let in_step = two(Session::new(scenario, effect, 2, seed()).in_step());
        let mut session = Session::new(scenario, effect, 2 * LAUNCHES as u32, seed());
        let apart = [Side::Base, Side::Head]
            .map(|side| (0..LAUNCHES).map(|_| mean(&session.times(side, ITERATIONS))).collect::<Vec<_>>());
        let interleaved = Session::new(scenario, effect, 2 * LAUNCHES as u32, seed()).pairs(&self.ten[0], seed());
        let ten = self.ten.each_ref().map(|gate| gate.settle(&interleaved.summaries[0], &interleaved.summaries[1]));
        let sessions = [seed(), seed()];
        let looking = self.looking.each_ref().map(|gate| judged(gate, scenario, effect, sessions));
        let ratio = mean(&head) / mean(&base);
        let [six_runs, ten_runs] = self
            .exact
            .each_ref()
            .map(|test| test.call(&batches(&base, test.n, BUDGET / test.n), &batches(&head, test.n, BUDGET / test.n)));
        let ours = |row: &benchgate::judge::Comparison| match row.verdict {
            Verdict::Regression => Call::Slower,
            Verdict::Improvement => Call::Faster,
            Verdict::Unchanged | Verdict::Inconclusive => Call::Nothing,
        };
        let peers = [
            if ratio > 2.0 { Call::Slower } else { Call::Nothing },
            if ratio > 1.1 { Call::Slower } else { Call::Nothing },
            beyond(ratio, 0.1),
            beyond(ratio, 0.05),
            criterion(&base, &head, 0.01),
            criterion(&base, &head, 0.02),
            tango(&in_step[0], &in_step[1]),
            six_runs,
            ten_runs,
            self.exact[1].call(&apart[0], &apart[1]),
            self.exact[1].call(&interleaved.means[0], &interleaved.means[1]),
        ];
        let mut answers = [Call::Nothing; RULES.len()];
        let mut rounds = [0; OURS];
        answers[..peers.len()].copy_from_slice(&peers);
        for (i, row) in ten.iter().chain(&looking).enumerate() {
            answers[peers.len() + i] = ours(row);
            rounds[i] = row.rounds;
        }
        (answers, rounds)
    }
}

fn beyond(ratio: f64, threshold: f64) -> Call {
    if ratio > 1.0 + threshold {
        Call::Slower
    } else if ratio < 1.0 / (1.0 + threshold) {
        Call::Faster
    } else {
        Call::Nothing
    }
}

/// Means of `n` batches of successive iterations.
fn batches(times: &[f64], n: usize, size: usize) -> Vec<f64> {
    times.chunks_exact(size).take(n).map(mean).collect()
}

/// criterion's comparison of 100 samples a side, its bootstrap replaced by the normal approximation: t test at 5 %, and
/// the 95 % interval of the relative change beyond the noise threshold.
fn criterion(base: &[f64], head: &[f64], noise: f64) -> Call {
    let (base, head) = (batches(base, 100, 2), batches(head, 100, 2));
    let (x, y) = (mean(&base), mean(&head));
    let squared_error = |side: &[f64]| sd(side).unwrap_or(0.0).powi(2) / 100.0;
    let (x_error, y_error) = (squared_error(&base), squared_error(&head));
    let change = y / x - 1.0;
    let half = 1.96 * (1.0 + change) * (x_error / (x * x) + y_error / (y * y)).sqrt();
    let significant = ((y - x) / (x_error + y_error).sqrt()).abs() > 1.972;
    match change {
        _ if !significant => Call::Nothing,
        _ if change - half > noise => Call::Slower,
        _ if change + half < -noise => Call::Faster,
        _ => Call::Nothing,
    }
}

/// tango's comparison of iterations taken in turns: z test of the mean difference, beyond half a percent.
fn tango(base: &[f64], head: &[f64]) -> Call {
    let differences: Vec<f64> = base.iter().zip(head).map(|(x, y)| y - x).collect();
    let difference = mean(&differences);
    let z = difference / (sd(&differences).unwrap_or(0.0) / (differences.len() as f64).sqrt());
    let change = difference / mean(base);
    match change {
        _ if z.abs() <= 2.6 => Call::Nothing,
        _ if change > 0.005 => Call::Slower,
        _ if change < -0.005 => Call::Faster,
        _ => Call::Nothing,
    }
}

/// benchstat's test: Mann and Whitney's, exact, two-sided at 5 %, for `n` values a side without ties.
pub(crate) struct RankSum {
    n: usize,
    /// Probability that U is at most its index.
    pub(crate) at_most: Vec<f64>,
}

impl RankSum {
    pub(crate) fn new(n: usize) -> Self {
        // ways[k][u]: choices of k of the ranks so far whose U is u.
        let mut ways = vec![vec![0.0; n * n + 1]; n + 1];
        ways[0][0] = 1.0;
        for rank in 0..2 * n {
            for k in (1..=n.min(rank + 1)).rev() {
                // The k-th smallest of one side at this rank has rank + 1 - k of the other below it.
                let below = rank + 1 - k;
                for u in (below..=n * n).rev().filter(|_| below <= n) {
                    ways[k][u] += ways[k - 1][u - below];
                }
            }
        }
        let all: f64 = ways[n].iter().sum();
        let at_most = ways[n].iter().scan(0.0, |sum, count| {
            *sum += count / all;
            Some(*sum)
        });
        Self { n, at_most: at_most.collect() }
    }

    fn call(&self, base: &[f64], head: &[f64]) -> Call {
        let u: usize = head.iter().map(|y| base.iter().filter(|x| *x < y).count()).sum();
        let p = 2.0 * self.at_most[u.min(self.n * self.n - u)];
        match p {
            _ if p >= 0.05 => Call::Nothing,
            _ if median(head) > median(base) => Call::Slower,
            _ => Call::Faster,
        }
    }
}
