//! What one launch shows: its benchmark's true time, and one of eleven kinds of noise on it.

use anyhow::Result;
use benchgate::model::Side;
use benchgate::plan::Planned;
use benchgate::run::{Entry, Executor, LoggedAccounting};
use fastrand::Rng;
use std::time::Duration;

/// Benchmarks of a simulated run.
pub(crate) const BENCHMARKS: usize = 20;

/// Standard deviation of a launch, log scale: of the run's steadiest benchmark and of its wildest.
const SPREAD: (f64, f64) = (0.003, 0.03);

/// Seconds of a launch: of the shortest benchmark, and what the longest takes more.
const LENGTH_S: (f64, f64) = (0.1, 0.2);

/// Seconds of a launch in the mean.
const MEAN_LENGTH_S: f64 = LENGTH_S.0 + 0.5 * LENGTH_S.1;

/// Lag-1 correlation of what follows each other, in the families that have one.
const LAG1: f64 = 0.4;

/// A kind of noise. All but the tails and the timer have a normal core with the benchmark's own spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Nothing but the core.
    Quiet,
    /// One launch in ten is slowed, by 20 % on average (exponential).
    Spikes,
    /// Every launch has luck of its own: 2 to 4 %, by benchmark.
    LaunchEffects,
    /// The machine becomes 6 % slower until the first look, and goes on at that rate.
    Drift,
    /// Some launches, 10 to 50 %, are 2 to 8 % slower: hash seeds, page colours.
    TwoModes,
    /// The core is the machine's: launches that follow each other, of whichever benchmark, are correlated.
    SlowMachine,
    /// The core belongs to benchmark and side, so that successive pairs differ alike.
    SlowPairs,
    /// A neighbour works for four launches in twenty: 6 to 18 % slower meanwhile.
    Bursts,
    /// One launch in three is 30 to 40 % slower.
    Contention,
    /// Times are whole ticks of 0.1 to 1 %.
    CoarseTimer,
    /// t with 3 degrees of freedom.
    HeavyTails,
}

impl Family {
    /// All, in the order of the tables.
    pub(crate) const ALL: [Self; 11] = [
        Self::Quiet,
        Self::Spikes,
        Self::LaunchEffects,
        Self::Drift,
        Self::TwoModes,
        Self::SlowMachine,
        Self::SlowPairs,
        Self::Bursts,
        Self::Contention,
        Self::CoarseTimer,
        Self::HeavyTails,
    ];

    /// What the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Spikes => "spikes",
            Self::LaunchEffects => "launch effects",
            Self::Drift => "drift",
            Self::TwoModes => "two modes",
            Self::SlowMachine => "slow machine",
            Self::SlowPairs => "slow pairs",
            Self::Bursts => "bursts",
            Self::Contention => "contention",
            Self::CoarseTimer => "coarse timer",
            Self::HeavyTails => "heavy tails",
        }
    }
}

/// A standard normal number (Box and Muller 1958).
pub(crate) fn normal(random: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * random.f64()).cos()
}

/// An exponential number with mean 1.
pub(crate) fn exponential(random: &mut Rng) -> f64 {
    -(1.0 - random.f64()).ln()
}

/// One step of a stationary AR(1) process with variance 1.
pub(crate) fn step(state: f64, correlation: f64, random: &mut Rng) -> f64 {
    correlation * state + (1.0 - correlation * correlation).sqrt() * normal(random)
}

/// A benchmark as it truly is.
struct Benchmark {
    /// Base's time in seconds, and head's ln(head/base).
    time_s: f64,
    effect: f64,
    spread: f64,
    length_s: f64,
    /// Where in a family's range it lies, 0 to 1.
    character: f64,
    /// The sides' own states, for [`Family::SlowPairs`].
    own: [f64; 2],
}

/// The machine and the benchmarks of one run; its clock is the sum of the launches' lengths.
pub(crate) struct World {
    family: Family,
    random: Rng,
    benchmarks: Vec<Benchmark>,
    clock_s: f64,
    /// The machine's state, and when it was last asked for ([`Family::SlowMachine`]).
    wave: (f64, f64),
    /// Whether a neighbour works, and until when ([`Family::Bursts`]).
    neighbour: (bool, f64),
    /// Change of ln(time) per second ([`Family::Drift`]).
    drift: f64,
}

impl World {
    /// Benchmarks whose head is slower by these true changes, ln scale; the first look comes after `first_look` pairs.
    pub(crate) fn new(family: Family, effects: &[f64; BENCHMARKS], first_look: u32, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let benchmarks: Vec<Benchmark> = (0..BENCHMARKS)
            .map(|i| Benchmark {
                time_s: 1e-3 * (1.0 + random.f64()),
                effect: effects[i],
                spread: SPREAD.0 * (SPREAD.1 / SPREAD.0).powf(i as f64 / (BENCHMARKS - 1) as f64),
                length_s: LENGTH_S.0 + LENGTH_S.1 * random.f64(),
                character: random.f64(),
                own: [normal(&mut random), normal(&mut random)],
            })
            .collect();
        let until_first_look: f64 = benchmarks.iter().map(|one| 2.0 * f64::from(first_look) * one.length_s).sum();
        let sign = if random.bool() { 1.0 } else { -1.0 };
        let wave = (normal(&mut random), 0.0);
        let busy = random.f64() < 0.2;
        let neighbour = (busy, stay_s(busy, &mut random));
        let drift = sign * 0.06 / until_first_look;
        Self { family, random, benchmarks, clock_s: 0.0, wave, neighbour, drift }
    }

    /// Seconds that the next launch of a benchmark's side shows.
    fn observe(&mut self, benchmark: usize, side: Side) -> f64 {
        let noise = self.noise(benchmark, side);
        let one = &self.benchmarks[benchmark];
        let truth = if side == Side::Head { one.effect } else { 0.0 };
        let seconds = one.time_s * (truth + noise).exp();
        if self.family == Family::CoarseTimer {
            // A tick of the same length for both sides.
            let tick = one.time_s * (0.001 + 0.009 * one.character);
            (seconds / tick).round() * tick
        } else {
            seconds
        }
    }

    fn noise(&mut self, benchmark: usize, side: Side) -> f64 {
        let random = &mut self.random;
        let one = &mut self.benchmarks[benchmark];
        let core = one.spread * normal(random);
        match self.family {
            Family::Spikes if random.f64() < 0.1 => core + 0.2 * exponential(random),
            Family::LaunchEffects => core + (0.02 + 0.02 * one.character) * normal(random),
            Family::Drift => core + self.drift * self.clock_s,
            Family::TwoModes if random.f64() < 0.1 + 0.4 * one.character => core + 0.08 - 0.06 * one.character,
            Family::SlowMachine => {
                let since_s = self.clock_s - self.wave.1;
                self.wave = (step(self.wave.0, LAG1.powf(since_s / MEAN_LENGTH_S), random), self.clock_s);
                one.spread * self.wave.0
            }
            Family::SlowPairs => {
                let own = &mut one.own[side as usize];
                *own = step(*own, LAG1, random);
                one.spread * *own
            }
            Family::Bursts => {
                let (sensitivity, length_s) = (0.06 + 0.12 * one.character, one.length_s);
                core + sensitivity * self.busy(length_s)
            }
            Family::Contention if random.f64() < 1.0 / 3.0 => core + (1.3 + 0.1 * random.f64()).ln(),
            Family::Quiet | Family::CoarseTimer | Family::Spikes | Family::TwoModes | Family::Contention => core,
            Family::HeavyTails => core / ((0..3).map(|_| normal(random).powi(2)).sum::<f64>() / 3.0).sqrt(),
        }
    }

    /// The share of a launch that begins now in which a neighbour works.
    fn busy(&mut self, length_s: f64) -> f64 {
        let (mut now_s, end_s, mut busy_s) = (self.clock_s, self.clock_s + length_s, 0.0);
        while self.neighbour.1 < end_s {
            let (busy, until_s) = self.neighbour;
            busy_s += if busy { until_s - now_s } else { 0.0 };
            now_s = until_s;
            self.neighbour = (!busy, until_s + stay_s(!busy, &mut self.random));
        }
        busy_s += if self.neighbour.0 { end_s - now_s } else { 0.0 };
        busy_s / length_s
    }
}

/// Seconds that a neighbour stays, or stays away.
fn stay_s(busy: bool, random: &mut Rng) -> f64 {
    MEAN_LENGTH_S * if busy { 4.0 } else { 16.0 } * exponential(random)
}

impl Executor for World {
    fn launch(&mut self, benchmark: &Planned, side: Side) -> Result<Entry> {
        let benchmark: usize = benchmark.id.benchmark.parse()?;
        let seconds = self.observe(benchmark, side);
        let wall_s = self.benchmarks[benchmark].length_s;
        self.clock_s += wall_s;
        Ok(done(seconds, wall_s))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs_f64(self.clock_s)
    }
}

/// A launch that worked and that nothing is known to have disturbed.
pub(crate) fn done(seconds: f64, wall_s: f64) -> Entry {
    let accounting = LoggedAccounting { wall_s, ..LoggedAccounting::default() };
    Entry::Done {
        values: vec![seconds],
        iterations: vec![],
        disturbed: false,
        accounting,
        memory_floor: None,
        lost: vec![],
    }
}
