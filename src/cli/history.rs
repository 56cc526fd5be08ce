//! What commands about stored runs and histories take.

use super::Selection;
use crate::export;
use crate::stats::changepoints::Preset;
use clap::builder::{PossibleValue, PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// What to measure instead of the commit that is checked out: a revision
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Launches per benchmark
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=200))]
    pub launches: u32,
    /// Store the run even if it is worse than the stored ones or unstable, for this reason
    #[arg(long, value_name = "REASON")]
    pub accept: Option<String>,
    /// Only add the run to the history: leave the baselines as they are, however it compares with them
    #[arg(long, conflicts_with = "accept")]
    pub no_baseline: bool,
    #[command(flatten)]
    pub store: Store,
    #[command(flatten)]
    pub selection: Selection,
}

/// What to do with stored baselines.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// List the stored baselines
    List,
    /// Show the values of one suite's stored runs
    Show {
        /// The suite
        suite: String,
    },
    /// Drop all but the newest runs
    Prune {
        /// Runs to keep
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one())]
        keep: usize,
    },
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
pub enum History {
    /// Say what the history holds
    Show {
        #[command(flatten)]
        store: Store,
    },
    /// Read everything, and check checksums, schema and gaps
    Verify {
        #[command(flatten)]
        store: Store,
    },
    /// Add everything that one history has to another: a move, a merge or a copy for safety
    Copy {
        /// Where from: git, dir:PATH, sqlite:PATH, the address of a postgres database or env:VARIABLE
        #[arg(value_name = "FROM")]
        from: String,
        /// Where to
        #[arg(value_name = "TO")]
        into: String,
    },
    /// Drop old runs
    Prune {
        /// Newest runs to keep, of each suite and environment
        #[arg(long, value_name = "N", value_parser = at_least_one())]
        keep: usize,
        /// Of the older runs, keep the first of each day or week
        #[arg(long, value_name = "SPAN")]
        then: Option<Every>,
        #[command(flatten)]
        store: Store,
    },
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Every {
    /// A day
    Day,
    /// A week
    Week,
}

/// Which history.
#[derive(Debug, Clone, Args)]
pub struct Store {
    /// The history: git, dir:PATH, sqlite:PATH, the address of a postgres database or env:VARIABLE, instead of benchgate.toml's
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Histories: data.js of github-action-benchmark, or what `bencher perf` prints
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Only this suite of the files (can be repeated)
    #[arg(long = "suite", value_name = "SUITE")]
    pub suites: Vec<String>,
    /// Store it as this suite of benchgate.toml
    #[arg(long, value_name = "SUITE")]
    pub into: Option<String>,
    /// The environment class of the machine that measured them, as its reports name it
    #[arg(long, value_name = "CLASS", default_value = "imported")]
    pub class: String,
    /// Store a metric under benchgate's name for it, for example latency=wall-time (can be repeated)
    #[arg(long = "metric", value_name = "NAME=NAME")]
    pub metrics: Vec<String>,
    /// Add the runs to the history instead of the baselines
    #[arg(long)]
    pub history: bool,
    /// Likewise, to this one: git, dir:PATH, sqlite:PATH, the address of a postgres database or env:VARIABLE
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
    /// Print what would be stored, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Where a history comes from.
#[derive(Debug, Args)]
pub struct HistorySource {
    /// A file instead of the configured history or the stored baselines: CSV with a header, one JSON object a line, data.js, or what `bencher perf` prints
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// This history: git, dir:PATH, sqlite:PATH, the address of a postgres database or env:VARIABLE
    #[arg(long, value_name = "STORE", conflicts_with = "from")]
    pub store: Option<String>,
    /// Which direction of a table's values is better
    #[arg(long, value_name = "DIRECTION")]
    pub better: Option<Direction>,
}

/// How changes are looked for.
#[derive(Debug, Args)]
pub struct ChangeFlags {
    /// How changes are looked for, if not as `[history]` of benchgate.toml says
    #[arg(long, value_name = "NAME", value_parser = presets())]
    pub detector: Option<Preset>,
    /// Changes smaller than this are none, for example 2%
    #[arg(long, value_name = "PERCENT")]
    pub min_change: Option<String>,
    /// The largest share of false ones among the changes told, all series counted in; 100% tells all
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    pub fdr: String,
}

/// Arguments of `trend`.
#[derive(Debug, Args)]
pub struct TrendArgs {
    #[command(flatten)]
    pub source: HistorySource,
    #[command(flatten)]
    pub changes: ChangeFlags,
    /// Count drift from this commit, tag or day on, or over a time such as 90d
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// The most that a series may have become worse since then, for example 5%; more ends with status 1
    #[arg(long, value_name = "PERCENT")]
    pub drift_max: Option<String>,
    /// Remember in this file which changes were told, so that each is new once
    #[arg(long, value_name = "FILE")]
    pub alerts: Option<PathBuf>,
    /// End with status 1 if a change for the worse is new, or still open
    #[arg(long, value_name = "WHICH", requires = "alerts")]
    pub fail_on: Option<FailOn>,
    /// Open an issue for each new alert on GitHub, and close it when it is fixed; one that people closed is acknowledged
    #[arg(long, requires = "alerts")]
    pub issues: bool,
    /// Post what is new or fixed, as JSON, to the address that this environment variable holds
    #[arg(long, value_name = "NAME", requires = "alerts")]
    pub webhook: Option<String>,
    /// Look at nothing, but note in the file of alerts that this one may stay (can be repeated)
    #[arg(long, value_name = "ID", requires_all = ["alerts", "reason"])]
    pub acknowledge: Vec<String>,
    /// Why it may stay
    #[arg(long, value_name = "TEXT", requires = "acknowledge")]
    pub reason: Option<String>,
}

/// Which alerts end a look with status 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Those of this look
    New,
    /// All that nobody acknowledged and nothing fixed
    Open,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// A run record or a report, instead of a history
    #[arg(conflicts_with = "from")]
    pub file: Option<PathBuf>,
    /// The format; without it the suffix of -o FILE tells it: .csv, .ndjson, .parquet, .prom, .json or .js
    #[arg(long, value_name = "FORMAT", value_parser = export_formats())]
    pub to: Option<export::Format>,
    #[command(flatten)]
    pub source: HistorySource,
}

/// Arguments of `site`.
#[derive(Debug, Args)]
pub struct Site {
    /// What the site is called; the repository's name otherwise
    #[arg(long, value_name = "NAME")]
    pub title: Option<String>,
    /// Where a commit is shown, {commit} in place of its id; known for a remote 'origin' on GitHub or GitLab
    #[arg(long, value_name = "URL")]
    pub commit_url: Option<String>,
    #[command(flatten)]
    pub source: HistorySource,
    #[command(flatten)]
    pub changes: ChangeFlags,
}

/// A number of runs that stay.
fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// Every format by its name, which a shell can complete.
fn export_formats() -> impl TypedValueParser<Value = export::Format> {
    PossibleValuesParser::new(export::Format::ALL.map(export::Format::name))
        .try_map(|name| name.parse::<export::Format>())
}

/// Every way to look for changes by its name.
fn presets() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::ALL.map(|preset| PossibleValue::new(preset.name()).help(preset.about())))
        .try_map(|name| name.parse::<Preset>())
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// Less is better: times, sizes
    Lower,
    /// More is better: throughput
    Higher,
}

impl From<Direction> for crate::model::Better {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Lower => Self::Lower,
            Direction::Higher => Self::Higher,
        }
    }
}
