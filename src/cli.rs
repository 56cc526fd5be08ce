//! The command line: what may be typed. Its doc comments are the help.

#![expect(missing_docs, reason = "a doc comment here is help text, and flattened fields have none")]

use crate::config::Overrides;
use crate::report::Format;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::io;
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
    /// Measure one revision and store it as a baseline
    Record(Record),
    /// Look at stored baselines, or drop old runs
    #[command(subcommand)]
    Baseline(Baseline),
    /// Look at the project and write a configuration for its benchmarks
    Init,
    /// Accept regressions: write waivers into the configuration
    Accept(Accept),
    /// Store the runs of another tool's history as baselines
    Import(Import),
    /// Find change points and drift in a history
    Trend(TrendArgs),
    /// Judge run records again, or render a saved report as it is
    Report(ReportArgs),
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
#[derive(Debug, Args)]
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
    /// Go on with an interrupted run; no finished launch is repeated
    #[arg(long)]
    pub resume: bool,
    /// Also write the run record, to judge it again later
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
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
    #[command(flatten)]
    pub selection: Selection,
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
        #[arg(long, value_name = "N", default_value_t = 10)]
        keep: usize,
    },
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
    /// Print what would be stored, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `trend`.
#[derive(Debug, Args)]
pub struct TrendArgs {
    /// A history instead of the stored baselines: CSV with a header, one JSON object a line, data.js, or what `bencher perf` prints
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// How changes are looked for
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub detector: Preset,
    /// Changes smaller than this are none, for example 2%
    #[arg(long, value_name = "PERCENT")]
    pub min_change: Option<String>,
    /// The largest share of false ones among the changes told, all series counted in; 100% tells all
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    pub fdr: String,
    /// Count drift from this commit on
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// The most that a series may have become worse since then, for example 5%; more ends with status 1
    #[arg(long, value_name = "PERCENT")]
    pub drift_max: Option<String>,
    /// Which direction of a table's values is better
    #[arg(long, value_name = "DIRECTION")]
    pub better: Option<Direction>,
}

/// How changes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// Few false alarms
    Default,
    /// More and smaller changes, and more false alarms
    Sensitive,
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

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run records that `check --record` wrote, or one report as JSON
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub policy: PolicyFlags,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The word, `harnesses`, a harness's name, `schema` or `record-schema`; without one, all words are listed
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

/// Parses a command line; the error is clap's own text for the user.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// The completion script of a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "benchgate", &mut script);
    script
}

/// The command line complete with what clap adds, apart from the `help` command.
fn complete() -> clap::Command {
    let mut command = <Cli as clap::CommandFactory>::command().disable_help_subcommand(true);
    command.build();
    command
}

/// The names of the commands that people type, as `benchgate check`, with what they take.
fn typed(command: &clap::Command) -> Vec<clap::Command> {
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    visible.flat_map(|sub| std::iter::once(sub.clone()).chain(typed(sub))).collect()
}

/// A man page without a date: a blank, because an empty one would make the source the date.
fn page(command: clap::Command) -> clap_mangen::Man {
    let source = format!("benchgate {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).date(" ").source(source).manual("benchgate")
}

/// The manual as one page: what holds for every command, then each command with its own flags.
pub fn manual() -> io::Result<String> {
    let command = complete();
    let mut main = Vec::new();
    page(command.clone()).render(&mut main)?;
    // The commands are sections here, not pages of their own.
    let mut text = String::from_utf8_lossy(&main).replace("benchgate\\-", "benchgate ").replace("(1)\n", "\n");
    for sub in typed(&command) {
        let name = sub.get_display_name().unwrap_or(sub.get_name()).replace('-', " ");
        let own = page(sub.mut_args(|arg| {
            let is_everywhere = arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str());
            arg.hide(is_everywhere)
        }));
        let mut section = Vec::new();
        own.render_synopsis_section(&mut section)?;
        own.render_description_section(&mut section)?;
        own.render_options_section(&mut section)?;
        let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        text.extend([".SH \"", &name.to_uppercase(), "\"\n", &section]);
    }
    Ok(text)
}

/// A page for each command, by file name.
pub fn manual_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let command = complete();
    let all = std::iter::once(command.clone()).chain(typed(&command));
    all.map(|command| {
        let page = page(command);
        let mut text = Vec::new();
        page.render(&mut text)?;
        Ok((page.get_filename(), text))
    })
    .collect()
}
