//! What to do: only what applies here. First what makes answers wrong, then what disturbed this very run, then what makes
//! answers coarse by its expected gain, then what is missing.

use crate::model::{Condition, Counters, Fact, Machine, Topic};
use crate::report::diagnosis::{Advice, Kind, SelfTest};
use crate::report::scale::percent;
use crate::stats::power::{detectable, smallest_threshold};
use crate::stats::summary::median;

/// Most rounds that a gate may take.
const ROUNDS_MAX: u32 = 30;

/// What exact counters show, as a fraction (`docs/method.md`, other designs): far below any noise.
const EXACT: f64 = 0.0005;

/// One-sided error of "unchanged" at the edge of the threshold, as the gate has it.
const ALPHA_EQUIVALENCE: f64 = 0.05;

/// Sorts the list where nothing was computed: rules of thumb, by how much of the noise a cause usually makes.
const OTHER_WORK: [f64; 2] = [0.3, 0.6];
const RATIONED: [f64; 2] = [0.3, 0.5];
const OTHER_GUESTS: [f64; 3] = [0.15, 0.3, 0.5];
const FREQUENCY: f64 = 0.25;
const TURBO: f64 = 0.12;
const MOVING: f64 = 0.11;
const SHARED_CORE: f64 = 0.1;

/// Why something is advised: the order of the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// Answers may be wrong.
    Validity,
    /// Something disturbed the run, so whatever else is said of its noise may be wrong.
    Disturbance,
    /// Answers are coarser than they need be.
    Noise,
    /// Something cannot be done.
    Missing,
}

/// An advice and its place in the list.
struct Entry {
    reason: Reason,
    advice: Advice,
}

impl Entry {
    fn new(reason: Reason, advice: &str, what: &str, expected: impl Into<String>, command: impl Into<String>) -> Self {
        let (advice, what, expected, command) = (advice.to_owned(), what.to_owned(), expected.into(), command.into());
        Self { reason, advice: Advice { advice, what, expected, command, gain: None, computed: false } }
    }

    /// Sorted by a rule of thumb.
    fn usually(mut self, gain: f64) -> Self {
        self.advice.gain = Some(gain);
        self
    }

    /// Sorted by what this run's numbers come to.
    fn computed(mut self, gain: f64) -> Self {
        (self.advice.gain, self.advice.computed) = (Some(gain.clamp(0.0, 1.0)), true);
        self
    }
}

/// Everything that applies.
pub(super) fn advice(machine: &Machine, facts: &[Fact], run: Option<&SelfTest>) -> Vec<Advice> {
    let case = Case { machine, facts, run };
    let all = [
        case.repeat(),
        case.aslr(),
        case.link_orders(),
        case.quiet(),
        case.quota(),
        case.other_runner(),
        case.instructions(),
        case.governor(),
        case.turbo(),
        case.pin(),
        case.smt(),
        case.rounds(),
        case.budget(),
        case.threshold(),
        case.memory(),
        case.space(),
        case.tools(),
        case.valgrind(),
        case.counters(),
    ];
    let mut found: Vec<Entry> = all.into_iter().flatten().collect();
    let gain = |entry: &Entry| entry.advice.gain.unwrap_or(0.0);
    found.sort_by(|a, b| a.reason.cmp(&b.reason).then(gain(b).total_cmp(&gain(a))));
    found.into_iter().map(|entry| entry.advice).collect()
}

struct Case<'a> {
    machine: &'a Machine,
    facts: &'a [Fact],
    run: Option<&'a SelfTest>,
}

impl Case<'_> {
    fn state(&self, topic: Topic) -> Condition {
        self.facts.iter().find(|fact| fact.fact == topic).map_or(Condition::Unknown, |fact| fact.state)
    }

    fn stands_in_the_way(&self, topic: Topic) -> bool {
        matches!(self.state(topic), Condition::Worse | Condition::Bad)
    }

    /// The median kind's smallest effect beyond the threshold, where that is more than half of the threshold again.
    fn noise(&self) -> Option<f64> {
        let run = self.run?;
        let beyond = run.median_detectable()? - run.terms.threshold;
        (beyond > 0.5 * run.terms.threshold).then_some(beyond)
    }

    /// By how much the smallest effect beyond the threshold shrinks if a kind gets other rounds: the median, and what it is then.
    fn with_rounds(&self, rounds: impl Fn(&Kind) -> u32) -> Option<(f64, f64)> {
        let run = self.run?;
        let delta = run.terms.threshold.ln_1p();
        let kinds = run.kinds.iter().filter(|kind| kind.pair_sd > 0.0);
        let (gains, effects): (Vec<f64>, Vec<f64>) = kinds
            .filter_map(|kind| {
                let then = detectable(kind.pair_sd, rounds(kind), run.terms.alpha, delta);
                let now = kind.detectable?.ln_1p();
                Some((1.0 - (then - delta) / (now - delta), then.exp_m1()))
            })
            .unzip();
        let (gain, effect) = (median(&gains), median(&effects));
        (gain.is_finite() && gain > 0.0).then_some((gain, effect))
    }

    fn repeat(&self) -> Option<Entry> {
        let run = self.run?;
        run.false_alarms().next()?;
        let expected = format!(
            "by chance alone in {} of such runs; if it comes again, do not let this machine fail a build",
            percent(run.terms.alpha)
        );
        Some(Entry::new(
            Reason::Validity,
            "repeat",
            "Look again: equal bytes were called changed",
            expected,
            "benchgate doctor",
        ))
    }

    fn aslr(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Aslr).then(|| {
            Entry::new(
                Reason::Validity,
                "aslr",
                "Let each launch draw its addresses anew",
                "noise may rise: it was there before, the same in every launch and counted by no interval",
                "sudo sysctl kernel.randomize_va_space=2",
            )
        })
    }

    fn link_orders(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::LinkOrders).then(|| {
            Entry::new(
                Reason::Validity,
                "link-orders",
                "Link with lld, which shuffles sections (x86-64 Linux toolchains bring it from Rust 1.90 on)",
                "red rows of criterion benchmarks are confirmed under other link orders, which move single ones by up to 6 %",
                "rustup update stable",
            )
        })
    }

    fn quiet(&self) -> Option<Entry> {
        let worst = [Topic::Load, Topic::Pressure].into_iter().map(|topic| self.state(topic)).min()?;
        let gain = match worst {
            Condition::Bad => OTHER_WORK[1],
            Condition::Worse => OTHER_WORK[0],
            _ => return None,
        };
        let what = "Stop other work, or let fewer jobs run here at once";
        let expected = self.run.map_or("fewer interrupted launches".to_owned(), |run| {
            let repeated: u32 = run.kinds.iter().map(|kind| kind.disturbed).sum();
            let pairs = run.pairs * run.kinds.len() as u32;
            format!(
                "{repeated} of {pairs} pairs were disturbed and measured again; the other numbers may hold more of it, which a second run \
                 tells"
            )
        });
        let command = "ps -eo pcpu,pid,comm --sort=-pcpu | head";
        Some(Entry::new(Reason::Disturbance, "quiet", what, expected, command).usually(gain))
    }

    fn quota(&self) -> Option<Entry> {
        let gain = match self.state(Topic::Quota) {
            Condition::Bad => RATIONED[1],
            Condition::Worse => RATIONED[0],
            _ => return None,
        };
        let what = "Give the container whole CPUs instead of a ration";
        let expected = "launches that are not stopped half-way; a second run tells what that comes to";
        let command = "docker run --cpuset-cpus=0,1    # instead of --cpus";
        Some(Entry::new(Reason::Disturbance, "quota", what, expected, command).usually(gain))
    }

    fn other_runner(&self) -> Option<Entry> {
        let guest = self.stands_in_the_way(Topic::Virtualization);
        let (reason, gain) = match self.state(Topic::Steal) {
            Condition::Bad => (Reason::Disturbance, OTHER_GUESTS[2]),
            Condition::Worse => (Reason::Disturbance, OTHER_GUESTS[1]),
            _ if guest && self.noise().is_some() => (Reason::Noise, OTHER_GUESTS[0]),
            _ => return None,
        };
        let what = "Measure on a quieter runner: a dedicated host, or a guest that has its CPUs to itself";
        let expected = "this cannot be told from here: its table beside this one tells";
        Some(Entry::new(reason, "runner", what, expected, "benchgate doctor    # there").usually(gain))
    }

    fn instructions(&self) -> Option<Entry> {
        let noise = self.noise().filter(|_| self.machine.valgrind.is_some())?;
        let expected = format!(
            "differences from {} on instead of {} beyond the threshold, by three slow launches a side; it counts work, not time: no cache, no branch",
            percent(EXACT),
            percent(noise)
        );
        let what = "Count instructions in suites of commands, beside or instead of time";
        let command = "metrics = [\"wall-time\", \"instructions\"]    # [[suite]], harness = \"command\"";
        Some(Entry::new(Reason::Noise, "instructions", what, expected, command).computed(1.0 - EXACT / noise))
    }

    fn governor(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Governor).then(|| {
            let what = "Hold the frequency while measuring";
            let expected = "launches that begin at one frequency; a second run tells what that comes to";
            let command = "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor";
            Entry::new(Reason::Noise, "governor", what, expected, command).usually(FREQUENCY)
        })
    }

    fn turbo(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Turbo).then(|| {
            let intel = self.machine.cpu.contains("Intel");
            let (to, switch) = if intel { (1, "intel_pstate/no_turbo") } else { (0, "cpufreq/boost") };
            let what = "Switch turbo off while measuring";
            let expected = "slower and steadier launches; a second run tells what that comes to";
            let command = format!("echo {to} | sudo tee /sys/devices/system/cpu/{switch}");
            Entry::new(Reason::Noise, "turbo", what, expected, command).usually(TURBO)
        })
    }

    /// Pinning can be measured, so that is what is advised.
    fn pin(&self) -> Option<Entry> {
        let unpinned = self.run.is_some_and(|run| run.cpus.is_none());
        let wanted =
            self.noise().is_some() || self.stands_in_the_way(Topic::Load) || self.stands_in_the_way(Topic::Smt);
        let cpus = &self.machine.cpus_allowed;
        let last =
            cpus.last().filter(|_| cpus.len() > 1 && self.machine.pinning == Some(true) && unpinned && wanted)?;
        let what =
            format!("Try launches pinned to one CPU; if that is steadier, write cpus = \"{last}\" into the suites");
        let expected = "its table beside this one tells";
        let command = format!("benchgate doctor --cpus {last}");
        Some(Entry::new(Reason::Noise, "pin", &what, expected, command).usually(MOVING))
    }

    fn smt(&self) -> Option<Entry> {
        let host = !self.stands_in_the_way(Topic::Virtualization);
        (host && self.stands_in_the_way(Topic::Smt)).then(|| {
            let what = "Leave the other half of each core idle while measuring";
            let expected = "launches that share their core with nobody; a second run tells what that comes to";
            let command = "echo off | sudo tee /sys/devices/system/cpu/smt/control";
            Entry::new(Reason::Noise, "smt", what, expected, command).usually(SHARED_CORE)
        })
    }

    fn rounds(&self) -> Option<Entry> {
        let run = self.run?;
        let fits = |kind: &Kind| f64::from(2 * run.terms.benchmarks * ROUNDS_MAX) * kind.launch_s <= run.terms.budget_s;
        if run.terms.max_rounds >= ROUNDS_MAX || !run.kinds.iter().all(fits) {
            return None;
        }
        let (gain, effect) = self.with_rounds(|_| ROUNDS_MAX)?;
        let expected = format!(
            "a slowdown of {} shows then (median), for up to {:.1} times the measuring time of undecided rows",
            percent(effect),
            f64::from(ROUNDS_MAX) / f64::from(run.terms.max_rounds)
        );
        let command = "max-rounds = 30    # in [gate]";
        Some(Entry::new(Reason::Noise, "rounds", "Allow more rounds", expected, command).computed(gain))
    }

    fn budget(&self) -> Option<Entry> {
        let run = self.run?;
        let short = |kind: &&Kind| kind.rounds < run.terms.max_rounds;
        let slowest = run.kinds.iter().filter(short).map(|kind| kind.launch_s).max_by(f64::total_cmp)?;
        let seconds = f64::from(2 * run.terms.benchmarks * run.terms.max_rounds) * slowest;
        let minutes = (seconds / 60.0).ceil();
        let (gain, effect) = self.with_rounds(|_| run.terms.max_rounds).unwrap_or((0.0, f64::NAN));
        let expected = format!("a slowdown of {} shows then (median)", percent(effect));
        let what = "Allow more time, or measure fewer benchmarks: the budget ends before the rounds do";
        let command = format!("budget = \"{minutes:.0}m\"    # in [gate]");
        Some(Entry::new(Reason::Noise, "budget", what, expected, command).computed(gain))
    }

    fn threshold(&self) -> Option<Entry> {
        let run = self.run?;
        let needed: Vec<f64> = run
            .kinds
            .iter()
            .filter(|kind| kind.detectable.is_some())
            .map(|kind| smallest_threshold(kind.pair_sd, kind.rounds, ALPHA_EQUIVALENCE).exp_m1())
            .collect();
        let needed = Some(median(&needed)).filter(|needed| *needed > run.terms.threshold)?;
        let threshold = (needed * 200.0).ceil() / 200.0;
        let expected = format!(
            "unchanged code is then shown unchanged four times in five (median kind); at {} it is left inconclusive",
            percent(run.terms.threshold)
        );
        let command = format!("threshold = \"{}\"    # in [gate]", percent(threshold).replace(' ', ""));
        Some(Entry::new(Reason::Missing, "threshold", "Or ask for less: raise the threshold", expected, command))
    }

    fn memory(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Memory).then(|| {
            let expected = "launches that nothing slows by writing pages out";
            Entry::new(Reason::Missing, "memory", "Allow more memory", expected, "docker run --memory=4g …")
        })
    }

    fn space(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Space).then(|| {
            let what = "Make room where builds are kept, or keep them elsewhere";
            let expected = "builds of both sides that do not fail half-way";
            Entry::new(Reason::Missing, "space", what, expected, "BENCHGATE_CACHE_DIR=/another/disk benchgate check")
        })
    }

    fn tools(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Tools).then(|| {
            let expected = "suites of criterion benches can be built; for suites of commands nothing changes";
            Entry::new(Reason::Missing, "tools", "Install Rust", expected, "see https://rustup.rs")
        })
    }

    fn valgrind(&self) -> Option<Entry> {
        self.stands_in_the_way(Topic::Valgrind).then(|| {
            let expected = "the metric `instructions`: exact, and blind to caches and branches";
            Entry::new(Reason::Missing, "valgrind", "Install valgrind", expected, "sudo apt-get install valgrind")
        })
    }

    fn counters(&self) -> Option<Entry> {
        let refused = self.machine.counters == Counters::Refused && self.machine.perf_paranoid.is_some_and(|at| at > 2);
        refused.then(|| {
            let expected =
                "`perf stat` and `perf record` work on what the gate found; its own numbers stay as they are";
            Entry::new(
                Reason::Missing,
                "counters",
                "Let perf count events",
                expected,
                "sudo sysctl kernel.perf_event_paranoid=2",
            )
        })
    }
}
