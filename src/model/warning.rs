use serde::{Deserialize, Serialize};
use std::fmt;

/// Something a reader of a verdict should know. Warnings are values inside results: whoever computes returns them,
/// whoever reports prints them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Warning {
    /// Under other link orders the change is not beyond the threshold: it is where the code lies, not what it does.
    CodeLayout {
        /// Links of each side.
        links: u32,
        /// The change over all links, as a fraction.
        change: f64,
    },
    /// Measured again at another time, the change is not beyond the threshold.
    NotConfirmed {
        /// Fresh pairs.
        pairs: u32,
        /// The change over the fresh pairs, as a fraction.
        change: f64,
    },
    /// The run's own noise, launches exchanged at random, turns rows red more often than the method allows.
    UnstableRun {
        /// Runs made of exchanged launches.
        runs: u32,
        /// How many of them had a red row.
        red: u32,
    },
    /// Fewer pairs than the method needs.
    TooFewObservations {
        /// Pairs measured.
        have: u32,
        /// Pairs an interval needs.
        need: u32,
    },
    /// The interval is wider than the threshold allows to decide; `need` pairs would probably be enough.
    NeedsMorePairs {
        /// Pairs measured.
        have: u32,
        /// Pairs that would probably decide.
        need: u32,
    },
    /// Successive pairs are correlated; the interval has been widened by `factor`.
    DependentPairs {
        /// Autocorrelation of successive pairs.
        lag1: f64,
        /// How much wider the interval became.
        factor: f64,
    },
    /// All pairs differ by the same amount: the timer is too coarse for an interval.
    QuantisedTimer,
    /// Some observations are zero, so there is no ratio.
    ZeroValues,
    /// `share` of the launches were disturbed, as the kernel tells, even when repeated.
    Disturbed {
        /// Share of launches.
        share: f64,
    },
    /// Base's own launches drifted by this much between the first and the last third of the run.
    Drift {
        /// Last third against first, as a fraction.
        change: f64,
    },
    /// The budget ended before the last look.
    BudgetSpent {
        /// Pairs measured.
        pairs: u32,
        /// Pairs the plan allows.
        planned: u32,
    },
    /// The two sides were measured at different times, so drift of the machine is part of the difference.
    NotInterleaved,
    /// One launch per side: variation between launches is assumed, not measured.
    AssumedLaunchVariation {
        /// The assumed standard deviation between launches, as a fraction.
        sd: f64,
    },
    /// Base has `have` stored runs; from `need` on their variance is known well.
    ShortHistory {
        /// Stored runs.
        have: u32,
        /// Runs from which on their variance is known well.
        need: u32,
    },
    /// The whole suite moved by this much against the stored runs: the machine, or a change to everything.
    SuiteShift {
        /// The common change, as a fraction.
        change: f64,
    },
    /// A stored baseline of another environment was set aside.
    EnvironmentMismatch {
        /// The stored runs' environment class.
        stored: String,
        /// This machine's.
        here: String,
    },
    /// The benchmark's own source changed between base and head.
    BenchmarkChanged {
        /// Changed files of the benchmark's own source.
        files: u32,
    },
    /// The peak memory is no larger than benchgate's own at the time of the fork, which the kernel counts in.
    MemoryFloor {
        /// The starter's own peak, in bytes.
        bytes: u64,
    },
    /// Some launches failed and were repeated with success.
    Retried {
        /// Launches that were repeated.
        launches: u32,
    },
}

// Why a row that was about to turn red did not.

const CODE_LAYOUT: &str = "The row was about to turn red. Both sides were then linked again several times, their functions in shuffled order, \
     and over all these links the change is not beyond the threshold: it comes from where the linker put the code, which \
     any change to a neighbour may move. Nothing to mend in this change.";

const NOT_CONFIRMED: &str = "The row was about to turn red. Fresh launches of both sides, made afterwards, do not show a change beyond the \
     threshold, so the first ones probably met something else on the machine. Nothing to mend in this change; if it \
     happens often, the machine is not fit for this threshold (`benchgate doctor`).";

const UNSTABLE_RUN: &str = "The row was about to turn red, but so would comparisons of the same code with itself: with base's and head's \
     launches of this very run exchanged at random, more runs have a red row than the method promises. Something on \
     the machine made launches alike that should not be. Run it again on a quieter machine (`benchgate doctor`).";

impl Warning {
    /// One example of each kind, in the order they are documented.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        vec![
            Self::CodeLayout { links: 4, change: 0.004 },
            Self::NotConfirmed { pairs: 10, change: 0.006 },
            Self::UnstableRun { runs: 200, red: 23 },
            Self::TooFewObservations { have: 3, need: 6 },
            Self::NeedsMorePairs { have: 20, need: 47 },
            Self::DependentPairs { lag1: 0.45, factor: 1.62 },
            Self::QuantisedTimer,
            Self::ZeroValues,
            Self::Disturbed { share: 0.3 },
            Self::Drift { change: 0.08 },
            Self::BudgetSpent { pairs: 10, planned: 20 },
            Self::NotInterleaved,
            Self::AssumedLaunchVariation { sd: 0.074 },
            Self::ShortHistory { have: 3, need: 5 },
            Self::SuiteShift { change: 0.12 },
            Self::EnvironmentMismatch { stored: "x86_64-epyc-2c".into(), here: "x86_64-xeon-4c".into() },
            Self::BenchmarkChanged { files: 1 },
            Self::MemoryFloor { bytes: 9_437_184 },
            Self::Retried { launches: 1 },
        ]
    }

    /// The one spelling: in JSON, in documents, for `benchgate explain`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeLayout { .. } => "code-layout",
            Self::NotConfirmed { .. } => "not-confirmed",
            Self::UnstableRun { .. } => "unstable-run",
            Self::TooFewObservations { .. } => "too-few-observations",
            Self::NeedsMorePairs { .. } => "needs-more-pairs",
            Self::DependentPairs { .. } => "dependent-pairs",
            Self::QuantisedTimer => "quantised-timer",
            Self::ZeroValues => "zero-values",
            Self::Disturbed { .. } => "disturbed",
            Self::Drift { .. } => "drift",
            Self::BudgetSpent { .. } => "budget-spent",
            Self::NotInterleaved => "not-interleaved",
            Self::AssumedLaunchVariation { .. } => "assumed-launch-variation",
            Self::ShortHistory { .. } => "short-history",
            Self::SuiteShift { .. } => "suite-shift",
            Self::EnvironmentMismatch { .. } => "environment-mismatch",
            Self::BenchmarkChanged { .. } => "benchmark-changed",
            Self::MemoryFloor { .. } => "memory-floor",
            Self::Retried { .. } => "retried",
        }
    }

    /// What it means and what to do next, as `benchgate explain` prints it.
    #[must_use]
    pub fn explain(&self) -> &'static str {
        match self {
            Self::CodeLayout { .. } => CODE_LAYOUT,
            Self::NotConfirmed { .. } => NOT_CONFIRMED,
            Self::UnstableRun { .. } => UNSTABLE_RUN,
            Self::TooFewObservations { .. } => {
                "An interval needs at least six pairs. Raise `budget`, or look at what made launches fail."
            }
            Self::NeedsMorePairs { .. } => {
                "The interval straddles the threshold. The number of pairs that would probably decide it is printed. Measure \
                 on a quieter machine, choose a larger `threshold` for this benchmark, or make the benchmark steadier."
            }
            Self::DependentPairs { .. } => {
                "Pairs that follow each other resemble each other, so they hold less evidence than their number says. The \
                 interval has been widened for it. Usual cause: something else runs on the machine."
            }
            Self::QuantisedTimer => {
                "Every pair shows exactly the same difference: the timer is too coarse. Let the benchmark do more work per launch."
            }
            Self::ZeroValues => "Some observations are zero, so no ratio can be formed. Gate another metric.",
            Self::Disturbed { .. } => {
                "The kernel reports that other work took the CPU during these launches (involuntary switches, steal, pressure), \
                 again and again. They are kept; the interval shows their noise. Measure on a quieter machine."
            }
            Self::Drift { .. } => {
                "Base's own launches became slower or faster during the run. Pairs cancel it; a drift this large still says that \
                 the machine was not at rest."
            }
            Self::BudgetSpent { .. } => {
                "Measuring stopped at the budget, before the last look. Raise `budget` to decide this row."
            }
            Self::NotInterleaved => {
                "The two files were recorded at different times, so whatever the machine did in between is part of the \
                 difference. `benchgate check` measures both sides together."
            }
            Self::AssumedLaunchVariation { .. } => {
                "Each side is a single launch, and the difference between launches cannot be seen from inside one. The spread \
                 that nine of ten benchmarks stay below (7.4 % of 586 JMH benchmarks) is assumed, so only large changes are called."
            }
            Self::ShortHistory { .. } => {
                "With few stored runs the variation from run to run is partly borrowed from the suite's other benchmarks. \
                 `benchgate record` a few more times."
            }
            Self::SuiteShift { .. } => {
                "All benchmarks of the suite moved together against the stored runs. Either this machine is slower today, or the \
                 change slows everything: only measuring both sides here can tell (`--against paired`)."
            }
            Self::EnvironmentMismatch { .. } => {
                "The stored runs come from another environment class. They were set aside; base was built and measured here instead."
            }
            Self::BenchmarkChanged { .. } => {
                "The benchmark's own source file differs between base and head, so the two may not measure the same work."
            }
            Self::MemoryFloor { .. } => {
                "The kernel counts the memory of the process that starts the command; a command smaller than that shows the \
                 starter's size. Changes below it cannot be seen."
            }
            Self::Retried { .. } => {
                "Some launches failed at first and worked when repeated. An unreliable benchmark is worth mending."
            }
        }
    }
}

impl fmt::Display for Warning {
    /// One line: what was seen, with its numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeLayout { links, change } => {
                write!(f, "over {links} other link orders a side the change is {:+.1} %", change * 100.0)
            }
            Self::NotConfirmed { pairs, change } => {
                write!(f, "over {pairs} pairs measured afterwards the change is {:+.1} %", change * 100.0)
            }
            Self::UnstableRun { runs, red } => {
                write!(f, "{red} of {runs} runs of this run's noise alone would have been red")
            }
            Self::TooFewObservations { have, need } => write!(f, "{have} pairs; {need} are needed"),
            Self::NeedsMorePairs { have, need } => write!(f, "{have} pairs leave it open; about {need} would decide"),
            Self::DependentPairs { lag1, factor } => {
                write!(f, "successive pairs are correlated ({lag1:.2}); interval widened {factor:.2} times")
            }
            Self::QuantisedTimer => f.write_str("every pair shows the same difference: the timer is too coarse"),
            Self::ZeroValues => f.write_str("some observations are zero: no ratio"),
            Self::Disturbed { share } => {
                write!(f, "{:.0} % of the launches were disturbed by other work", share * 100.0)
            }
            Self::Drift { change } => write!(f, "base itself drifted by {:+.1} % during the run", change * 100.0),
            Self::BudgetSpent { pairs, planned } => write!(f, "the budget ended after {pairs} of {planned} pairs"),
            Self::NotInterleaved => f.write_str("the sides were measured at different times"),
            Self::AssumedLaunchVariation { sd } => {
                write!(f, "one launch per side; {:.1} % variation between launches is assumed", sd * 100.0)
            }
            Self::ShortHistory { have, need } => {
                write!(f, "{have} stored runs; from {need} on their variation is known well")
            }
            Self::SuiteShift { change } => write!(f, "the whole suite moved by {:+.1} %", change * 100.0),
            Self::EnvironmentMismatch { stored, here } => {
                write!(f, "stored runs come from '{stored}', this is '{here}'")
            }
            Self::BenchmarkChanged { files: 1 } => f.write_str("the benchmark's own source changed"),
            Self::BenchmarkChanged { files } => write!(f, "{files} files of the benchmark's own source changed"),
            Self::MemoryFloor { bytes } => {
                write!(f, "not above {:.1} MB, the memory of benchgate itself", *bytes as f64 / 1e6)
            }
            Self::Retried { launches } => write!(f, "{launches} launches failed and were repeated"),
        }
    }
}
