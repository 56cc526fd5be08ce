//! What the gate itself takes: measuring, judging, accepting.

use crate::config::Overrides;
use crate::plan::{Place, SHARDS_MAX};
use clap::Args;
use std::path::PathBuf;

/// Flags that decide what follows from the numbers; each overrides the configuration key of its name.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyFlags {
    /// The smallest slowdown that matters, for example 3%
    #[arg(long, value_name = "PERCENT")]
    pub threshold: Option<String>,
    /// The chance that a run on unchanged code says regression, for example 0.01
    #[arg(long, value_name = "CHANCE")]
    pub alpha: Option<String>,
    /// Rounds a benchmark may take: 6, 10, 15, 20, 30, 40 or 80
    #[arg(long, value_name = "N")]
    pub max_rounds: Option<u32>,
    /// Links per side, in shuffled order, that confirm a red row; 1 switches it off
    #[arg(long, value_name = "N")]
    pub layouts: Option<u32>,
    /// How p-values are adjusted for the number of rows: benjamini-hochberg or holm
    #[arg(long, value_name = "NAME")]
    pub correction: Option<String>,
    /// Measure rows that are about to turn red again first, true or false
    #[arg(long, value_name = "BOOL")]
    pub confirm: Option<bool>,
    /// What an inconclusive row does: allow, warn or deny
    #[arg(long, value_name = "LEVEL")]
    pub on_inconclusive: Option<String>,
    /// What a missing benchmark does: allow, warn or deny
    #[arg(long, value_name = "LEVEL")]
    pub on_missing: Option<String>,
}

/// Flags that choose what is measured.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct Selection {
    /// Only this suite (can be repeated)
    #[arg(long = "suite", value_name = "SUITE")]
    pub suites: Vec<String>,
    /// Only benchmarks that match, as suite/benchmark or benchmark; * stops at a slash, ** does not (can be repeated)
    #[arg(long = "bench", value_name = "GLOB")]
    pub bench: Vec<String>,
    /// Measuring time, for example 10m; building is not counted
    #[arg(long, value_name = "TIME")]
    pub budget: Option<String>,
    /// Where the random order comes from; a run prints its seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Arguments of `check`.
#[derive(Debug, Clone, Args)]
pub struct Check {
    /// What to compare against: merge-base, parent, or a revision
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// What to judge instead of the working tree: a revision
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,
    /// Where base's numbers come from: auto, paired or stored
    #[arg(long, value_name = "HOW")]
    pub against: Option<String>,
    /// Print what would be measured, in which order, and stop before measuring
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: share the benchmarks out to so many machines and print who measures what
    #[arg(
        long, value_name = "N", requires = "dry_run", conflicts_with_all = ["against", "resume"],
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SHARDS_MAX))
    )]
    pub shards: Option<u32>,
    /// Run records that say how long benchmarks take, or a folder of them, instead of the cache's memory (can be repeated)
    #[arg(long, value_name = "FILE", requires = "shards")]
    pub durations: Vec<PathBuf>,
    /// Go on with an interrupted run; no finished launch is repeated
    #[arg(long)]
    pub resume: bool,
    /// Also write the run record, to judge it again later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Measure only what is red in this run record of another machine; red stands where it is red on both
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "head", "against", "shards", "bench", "alpha"])]
    pub again: Option<PathBuf>,
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub policy: PolicyFlags,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// What to measure instead of the working tree: a revision
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Launches per benchmark
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub launches: u32,
    /// Where to write the record
    #[arg(long, value_name = "FILE")]
    pub record: PathBuf,
    /// Measure this part of base and head in pairs, for example 3/8
    #[arg(long, value_name = "I/N", conflicts_with = "launches")]
    pub shard: Option<Place>,
    /// Who measures what, as `check --dry-run --shards N --format json` printed it
    #[arg(long, value_name = "FILE", requires = "shard")]
    pub plan: Option<PathBuf>,
    /// Run records that say how long benchmarks take, or a folder of them, where there is no plan (can be repeated)
    #[arg(long, value_name = "FILE", requires = "shard", conflicts_with = "plan")]
    pub durations: Vec<PathBuf>,
    /// With --shard, what to compare against: merge-base, parent, or a revision; the plan's otherwise
    #[arg(long, value_name = "REV", requires = "shard")]
    pub base: Option<String>,
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub policy: PolicyFlags,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Write no workflows for GitHub
    #[arg(long)]
    pub no_workflows: bool,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The result file or folder compared against
    pub base: PathBuf,
    /// The result file or folder under judgement
    pub head: PathBuf,
    /// The format of both, instead of what their content says
    #[arg(long, value_name = "NAME")]
    pub harness: Option<String>,
    #[command(flatten)]
    pub policy: PolicyFlags,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Result files or folders
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The format of all of them, instead of what their content says
    #[arg(long, value_name = "NAME")]
    pub harness: Option<String>,
}

/// Arguments of `accept`.
#[derive(Debug, Args)]
pub struct Accept {
    /// Benchmarks, as suite/benchmark; with --from also as benchmark; * stops at a slash, ** does not
    #[arg(value_name = "BENCH", required_unless_present = "all")]
    pub benchmarks: Vec<String>,
    /// Why it is worth it, for those who review it
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Where it is discussed, for example #123
    #[arg(long, value_name = "TEXT")]
    pub issue: Option<String>,
    /// The last day on which it holds, for example 2027-03-01; 90 days from today otherwise
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// The largest accepted change, for example 12%; with --from the worse end of each interval otherwise
    #[arg(long, value_name = "PERCENT")]
    pub ceiling: Option<String>,
    /// Only this metric; without --from wall-time otherwise
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// The report that shows the regressions, as JSON
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Every regression of the report that no waiver covers
    #[arg(long, requires = "from", conflicts_with = "benchmarks")]
    pub all: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run records that `check --record` wrote, or one report as JSON
    #[arg(required_unless_present = "artifact", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The artifact of another run, as a zip file, in a workflow on `workflow_run`: it is read as hostile
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub artifact: Option<PathBuf>,
    #[command(flatten)]
    pub policy: PolicyFlags,
}

impl PolicyFlags {
    /// As the configuration takes them.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            threshold: self.threshold.clone(),
            alpha: self.alpha.clone(),
            max_rounds: self.max_rounds,
            layouts: self.layouts,
            confirm: self.confirm,
            correction: self.correction.clone(),
            on_inconclusive: self.on_inconclusive.clone(),
            on_missing: self.on_missing.clone(),
            ..Overrides::default()
        }
    }
}

impl Selection {
    /// Adds the selection to overrides.
    #[must_use]
    pub fn add_to(&self, overrides: Overrides) -> Overrides {
        Overrides { suites: self.suites.clone(), bench: self.bench.clone(), budget: self.budget.clone(), ..overrides }
    }
}
