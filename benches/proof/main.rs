//! What `docs/method.md` says of real gate runs, measured: the real program on a repository made for it.
//!
//! ```text
//! cargo bench --bench proof -- SCENARIO [--runs N] [--keep DIR] [--layouts N] [--load] [--rows NAME] [-- FLAGS OF CHECK]
//!
//! cargo bench --bench proof -- slow3 --runs 10 --keep ../proofs -- --max-rounds 30
//! cargo bench --bench proof -- aa --load --runs 10 --keep ../proofs
//! cargo bench --bench proof -- placement --layouts 1 --runs 20 --keep ../proofs
//! cargo bench --bench proof -- placement --search --keep ../proofs
//! cargo bench --bench proof -- criterion --head slow10 --runs 1 --keep ../proofs
//! ```
//!
//! It prints a table, and a line per run; the number after an outcome is the exit status. `--keep` keeps the repository, the
//! builds (a second call builds nothing again), and of each run its report, record and log below `reports/`; `--tabulate`
//! prints the table of such reports once more. Let nothing else work on the machine.
//!
//! It is no criterion benchmark: without a scenario it says so and ends.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an experiment prints what it finds")]

mod criterion;
mod gate;
mod load;
mod placement;
mod project;
mod repo;
mod stored;
mod table;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use gate::Experiment;
use std::path::PathBuf;
use std::process::ExitCode;

/// Experiments with real gate runs
#[derive(Parser)]
#[command(name = "proof")]
pub(crate) struct Arguments {
    scenario: Option<Scenario>,
    /// Gate runs
    #[arg(long, default_value_t = 10)]
    runs: usize,
    /// Where the repository, the builds and the reports stay; a temporary folder otherwise
    #[arg(long)]
    keep: Option<PathBuf>,
    /// `layouts` of the gate
    #[arg(long)]
    layouts: Option<u32>,
    /// Keep the machine busy with this many loops, in bursts
    #[arg(long, value_name = "LOOPS", num_args = 0..=1, require_equals = true, default_missing_value = "2")]
    load: Option<usize>,
    /// placement: look for a build that moves a benchmark; `--runs` are rounds
    #[arg(long)]
    search: bool,
    /// criterion: only this head (can be repeated)
    #[arg(long)]
    head: Vec<String>,
    /// Print this benchmark's row of every run, or every row: all
    #[arg(long)]
    rows: Option<String>,
    /// Measure nothing; tabulate the reports that are there
    #[arg(long, requires = "keep")]
    tabulate: bool,
    /// More flags of `benchgate check`, or of criterion
    #[arg(last = true)]
    flags: Vec<String>,
}

/// What is tried.
#[derive(Clone, Copy, ValueEnum)]
enum Scenario {
    /// One benchmark is 10 % slower
    Slow10,
    /// Functions were changed that no benchmark calls, so that code moved
    Unrelated,
    /// One benchmark is 3 % slower, and 1 % matters
    Slow3,
    /// Only documents were changed
    Docs,
    /// Nothing was changed that matters, and all is measured
    Aa,
    /// Nothing but where functions lie was changed
    Placement,
    /// criterion's own comparison on `slow10`, `unrelated` and `slow3`
    Criterion,
    /// Stored baselines of three commands, and heads compared with them
    Stored,
}

fn main() -> ExitCode {
    // Cargo's own last word, which would otherwise end up among the flags of `check`.
    let mut words: Vec<_> = std::env::args_os().collect();
    words.pop_if(|last| last == "--bench");
    let arguments = Arguments::parse_from(words);
    let Some(scenario) = arguments.scenario else {
        println!("no criterion benchmark; `cargo bench --bench proof -- --help` says what it can show");
        return ExitCode::SUCCESS;
    };
    match run(scenario, &arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(scenario: Scenario, arguments: &Arguments) -> Result<()> {
    match scenario {
        Scenario::Slow10 => gate::run(&Experiment::new("slow10", Some("map/lookup")), arguments),
        Scenario::Unrelated => gate::run(&Experiment::new("unrelated", None), arguments),
        Scenario::Slow3 => {
            gate::run(&Experiment::new("slow3", Some("matrix/30")).with(&["--threshold", "1%"]), arguments)
        }
        Scenario::Docs => gate::run(&Experiment::new("docs", None), arguments),
        Scenario::Aa => gate::run(&Experiment::new("copy", None), arguments),
        Scenario::Placement => placement::run(arguments),
        Scenario::Criterion => criterion::run(arguments),
        Scenario::Stored => stored::run(arguments),
    }
}
