//! The command line: what may be typed. Its doc comments are the help.

#![expect(missing_docs, reason = "a doc comment here is help text, and flattened fields have none")]

mod bisect;
mod gate;
mod github;
mod history;
mod manual;

pub use bisect::Bisect;
pub use gate::{Accept, Check, Compare, Init, PolicyFlags, ReportArgs, Run, Selection, Show};
pub use github::{Publish, StatusOf};
pub use history::{
    Baseline, ChangeFlags, Direction, Every, Export, FailOn, History, HistorySource, Import, Record, Site, TrendArgs,
};
pub use manual::{completions, manual, manual_pages};

use crate::report::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Decide whether a change made a program slower, and how sure that is
///
/// Exit status: 0 pass, 1 regression, 2 could not judge, 3 inconclusive or missing where policy denies it.
#[derive(Debug, Parser)]
#[command(
    name = "benchgate",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Work as if started in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// Read this configuration instead of benchgate.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", global = true, default_value = "terminal", value_parser = formats())]
    pub format: Format,
    /// Also write the answer to this file; .json, .md, .html, .xml, .svg, .png or .txt says in which format (can be repeated)
    #[arg(short, long, value_name = "FILE", global = true)]
    pub output: Vec<PathBuf>,
    /// Also write pictures into this folder: all effects, and the rows that need reading
    #[arg(long, value_name = "DIR", global = true)]
    pub plots: Option<PathBuf>,
    /// Say only what matters, and show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: every row, every name in full
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub color: Color,
}

/// Every format by its name, which a shell can complete.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, and elsewhere if `CLICOLOR_FORCE` is set; never if `NO_COLOR` is
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure head against base and judge the difference: the gate
    Check(Check),
    /// Measure one revision and write a run record
    Run(Run),
    /// Judge two result files or folders in any known format
    Compare(Compare),
    /// Print what benchgate understood of a result file
    Show(Show),
    /// Measure one revision and store it: as a baseline, and in the history where one is configured
    Record(Record),
    /// Look at stored baselines, or drop old runs
    #[command(subcommand)]
    Baseline(Baseline),
    /// Look at the project and write a configuration for its benchmarks, and workflows that run them
    Init(Init),
    /// Accept regressions: write waivers into the configuration
    Accept(Accept),
    /// Store the runs of another tool's history, as baselines or in the history
    Import(Import),
    /// Find change points and drift in a history
    Trend(TrendArgs),
    /// Write a history, or one run, for other tools: tables, Parquet, OpenMetrics, Bencher, github-action-benchmark
    Export(Export),
    /// Look after the history of all recorded runs
    #[command(subcommand)]
    History(History),
    /// Find the commit that made a benchmark slower or faster, from measurements that may be wrong
    Bisect(Bisect),
    /// Write a static site of a history into the folder that -o names
    Site(Site),
    /// Judge run records again, or render a saved report as it is
    Report(ReportArgs),
    /// Post a report on GitHub: comment, check run, labels, pictures
    Publish(Publish),
    /// Say what a verdict, a state, a warning, a fact of a machine, an exit status or a harness means
    Explain(Explain),
    /// Let git run the gate before each push
    #[command(subcommand)]
    Hook(Hook),
    /// Say what can be measured on this machine, how noisy it is, and what would make it quieter
    Doctor(Doctor),
    /// Do one kind of work; doctor launches this
    #[command(hide = true)]
    Workload(Workload),
    /// See the gate at work on a small repository with one slowdown and one speed-up
    Try(Try),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual as one man page, or write a page for each command
    Man(Manual),
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The word, `harnesses`, a harness's name, `schema`, `record-schema`, `grafana` or `grafana-postgres`; without one, all words are listed
    pub word: Option<String>,
}

/// What to do with git's pre-push hook.
#[derive(Debug, Subcommand)]
pub enum Hook {
    /// Install the hook; one that is there already runs first
    Install,
    /// Take the hook away, and put back what was there
    Uninstall,
    /// Judge what git is about to push; the installed hook calls this
    #[command(hide = true)]
    Run {
        /// The remote's name, or its address where it has none
        #[arg(default_value = "origin")]
        remote: String,
        /// The remote's address
        address: Option<String>,
    },
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Measure for about ten seconds instead of a minute: a rough answer
    #[arg(long, conflicts_with = "no_measure")]
    pub quick: bool,
    /// Look, and measure nothing
    #[arg(long)]
    pub no_measure: bool,
    /// Pin launches to these CPUs, for example 0,2-3
    #[arg(long, value_name = "CPUS", conflicts_with = "no_measure")]
    pub cpus: Option<String>,
}

/// Arguments of `workload`.
#[derive(Debug, Args)]
pub struct Workload {
    /// Which
    pub name: String,
}

/// Arguments of `try`.
#[derive(Debug, Args)]
pub struct Try {
    /// Where to make the repository, and keep it; a temporary folder otherwise
    #[arg(value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Manual {
    /// Write benchgate.1, benchgate-check.1 and the others into this folder
    #[arg(value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// Parses a command line; the error is clap's own text for the user.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}
