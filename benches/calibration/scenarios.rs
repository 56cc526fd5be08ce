//! Timed iterations within launches, for rules that read iterations: eight machines, one benchmark.

use super::gate::{Gate, planned};
use super::noise::{done, exponential, normal, step};
use anyhow::Result;
use benchgate::judge::{Comparison, Verdict};
use benchgate::model::Side;
use benchgate::plan::{Planned, paired};
use benchgate::run::{Entry, Executor};
use benchgate::stats::summary::{launch_summary, mean};
use fastrand::Rng;
use std::time::Duration;

/// Iterations of a launch of ours.
pub(crate) const ITERATIONS: usize = 20;

/// Seconds of an iteration without noise.
const ITERATION_S: f64 = 1e-3;

/// A machine. All numbers are logarithms of time unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Standard deviation between launches, and between iterations of one.
    launch: f64,
    iteration: f64,
    spikes: Spikes,
    /// Correlation and standard deviation of a slow state, per 20 iterations.
    wave: Option<(f64, f64)>,
    /// Share of slower launches, and by how much.
    modes: Option<(f64, f64)>,
    /// Drift over the whole session.
    drift: f64,
    /// Correlation of successive iterations.
    correlation: f64,
    /// How much a neighbour slows; its chance to come and to go, per 20 iterations.
    neighbour: Option<(f64, f64, f64)>,
}

/// Iterations that take longer.
#[derive(Clone, Copy, Debug)]
enum Spikes {
    /// This share, by this fraction on average (exponential).
    Rare(f64, f64),
    /// A share of its own for each launch, Beta(1.2, 2.5), by a factor of 1.5 to 5.
    Heavy,
}

const QUIET: Scenario = Scenario {
    name: "quiet",
    launch: 0.003,
    iteration: 0.005,
    spikes: Spikes::Rare(0.005, 0.3),
    wave: None,
    modes: None,
    drift: 0.0,
    correlation: 0.0,
    neighbour: None,
};

const STEADY: Scenario = Scenario { launch: 0.005, iteration: 0.010, spikes: Spikes::Rare(0.01, 0.3), ..QUIET };

/// All machines.
pub(crate) const SCENARIOS: [Scenario; 8] = [
    QUIET,
    Scenario { name: "dedicated", launch: 0.010, iteration: 0.020, spikes: Spikes::Rare(0.02, 0.3), ..QUIET },
    Scenario {
        name: "shared CI",
        launch: 0.020,
        iteration: 0.040,
        spikes: Spikes::Rare(0.10, 0.5),
        wave: Some((0.9, 0.02)),
        ..QUIET
    },
    Scenario { name: "contended", spikes: Spikes::Heavy, ..STEADY },
    Scenario {
        name: "two modes",
        launch: 0.004,
        iteration: 0.005,
        spikes: Spikes::Rare(0.01, 0.3),
        modes: Some((0.3, 0.06)),
        ..QUIET
    },
    Scenario { name: "drift", drift: 0.06, ..STEADY },
    Scenario { name: "dependent", launch: 0.010, iteration: 0.030, correlation: 0.8, ..STEADY },
    Scenario { name: "bursts", neighbour: Some((0.12, 0.06, 0.25)), ..STEADY },
];

/// One benchmark on one machine, launch after launch.
pub(crate) struct Session {
    scenario: Scenario,
    random: Rng,
    /// Head's true time over base's.
    ratio: f64,
    launches: f64,
    done: f64,
    slope: f64,
    wave: f64,
    busy: bool,
    clock_s: f64,
}

/// What pairs of launches showed: the launch summaries that we judge, and the means that benchstat does.
pub(crate) struct Pairs {
    pub(crate) summaries: [Vec<f64>; 2],
    pub(crate) means: [Vec<f64>; 2],
}

impl Session {
    /// A session of so many launches, whose head is slower by `effect` (a fraction).
    pub(crate) fn new(scenario: Scenario, effect: f64, launches: u32, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let slope = if random.bool() { scenario.drift } else { -scenario.drift };
        let wave = scenario.wave.map_or(0.0, |(_, spread)| spread * normal(&mut random));
        let busy = scenario.neighbour.is_some_and(|(_, comes, goes)| random.f64() < comes / (comes + goes));
        Self {
            scenario,
            random,
            ratio: 1.0 + effect,
            launches: f64::from(launches),
            done: 0.0,
            slope,
            wave,
            busy,
            clock_s: 0.0,
        }
    }

    /// The same on a machine that both sides meet in the same state, iteration by iteration.
    pub(crate) fn in_step(self) -> Self {
        Self { scenario: Scenario { wave: None, drift: 0.0, neighbour: None, ..self.scenario }, slope: 0.0, ..self }
    }

    /// The times of a launch.
    pub(crate) fn times(&mut self, side: Side, iterations: usize) -> Vec<f64> {
        let luck = self.machine((iterations / ITERATIONS).max(1)) + self.launch_effect();
        let random = &mut self.random;
        let share = match self.scenario.spikes {
            Spikes::Rare(share, _) => share,
            Spikes::Heavy => beta(1.2, 2.5, random),
        };
        let centre = luck.exp() * if side == Side::Head { self.ratio } else { 1.0 };
        let mut state = normal(random);
        (0..iterations)
            .map(|_| {
                state = step(state, self.scenario.correlation, random);
                let spike = match self.scenario.spikes {
                    _ if random.f64() >= share => 1.0,
                    Spikes::Rare(_, size) => 1.0 + size * exponential(random),
                    Spikes::Heavy => 1.5 + 3.5 * random.f64(),
                };
                centre * (self.scenario.iteration * state).exp() * spike
            })
            .collect()
    }

    fn launch_effect(&mut self) -> f64 {
        let slower = self.scenario.modes.filter(|(share, _)| self.random.f64() < *share);
        self.scenario.launch * normal(&mut self.random) + slower.map_or(0.0, |(_, by)| by)
    }

    /// The machine's state, averaged over the next launch.
    fn machine(&mut self, steps: usize) -> f64 {
        let mut sum = 0.0;
        for _ in 0..steps {
            if let Some((correlation, spread)) = self.scenario.wave {
                sum += self.wave;
                self.wave = spread * step(self.wave / spread, correlation, &mut self.random);
            }
            if let Some((slows, comes, goes)) = self.scenario.neighbour {
                sum += if self.busy { slows } else { 0.0 };
                self.busy = self.random.f64() < if self.busy { 1.0 - goes } else { comes };
            }
        }
        self.done += 1.0;
        sum / steps as f64 + self.slope * (self.done - 0.5) / self.launches
    }

    /// Pairs of launches in the order that the plan gives.
    pub(crate) fn pairs(&mut self, gate: &Gate, seed: u64) -> Pairs {
        let mut pairs = Pairs { summaries: Default::default(), means: Default::default() };
        let plan = paired(vec![planned(0)], gate.looks.counts(), seed);
        for (_, side) in plan.blocks.iter().flat_map(|block| block.launches().collect::<Vec<_>>()) {
            let times = self.times(side, ITERATIONS);
            pairs.summaries[side as usize].push(launch_summary(&times));
            pairs.means[side as usize].push(mean(&times));
        }
        pairs
    }
}

impl Executor for Session {
    fn launch(&mut self, _: &Planned, side: Side) -> Result<Entry> {
        let times = self.times(side, ITERATIONS);
        let wall_s = times.iter().sum::<f64>() * ITERATION_S;
        self.clock_s += wall_s;
        Ok(done(launch_summary(&times), wall_s))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs_f64(self.clock_s)
    }
}

/// A number of the beta distribution (Jöhnk 1964).
fn beta(a: f64, b: f64, random: &mut Rng) -> f64 {
    loop {
        let (x, y) = (random.f64().powf(1.0 / a), random.f64().powf(1.0 / b));
        if 0.0 < x + y && x + y <= 1.0 {
            return x / (x + y);
        }
    }
}

/// Shares of `runs` in which a gate calls a change, red and green, where there is none.
pub(crate) fn false_alarms(gate: &Gate, scenario: Scenario, runs: u32) -> [f64; 2] {
    let mut seeds = Rng::with_seed(7);
    let verdicts: Vec<Verdict> =
        (0..runs).map(|_| judged(gate, scenario, 0.0, [seeds.u64(..), seeds.u64(..)]).verdict).collect();
    let share = |of: Verdict| verdicts.iter().filter(|verdict| **verdict == of).count() as f64 / f64::from(runs);
    [share(Verdict::Regression), share(Verdict::Improvement)]
}

/// A run with one benchmark.
pub(crate) fn judged(gate: &Gate, scenario: Scenario, effect: f64, [seed, plan_seed]: [u64; 2]) -> Comparison {
    let mut session = Session::new(scenario, effect, 2 * gate.pairs_max(), seed);
    gate.run(1, &mut session, plan_seed).last.remove(0)
}
