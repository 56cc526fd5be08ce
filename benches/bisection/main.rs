//! How often `benchgate bisect` names the right commit, and what it launches for that, beside a binary search that measures
//! each commit to the same certainty with the same engine.
//!
//! ```text
//! cargo bench --bench bisection -- go [--runs N] [--from SEED] [--load LOOPS] [--slower PERCENT]
//!     [--metric NAME] [--keep DIR]
//! ```
//!
//! Each run makes a repository of its own: a small program, sixty commits that change code which the benchmark does not
//! execute, rename and reorder what it does, write documents or break the build, and one, anywhere among them, after which
//! the benchmark has 8 % more to do. Loops of another process keep the machine busy in bursts.
//!
//! It is no criterion benchmark: without `go` it says so and ends.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an experiment prints what it finds")]

mod history;
#[path = "../proof/load.rs"]
mod load;
mod search;

use anyhow::Result;
use clap::Parser;
use history::History;
use load::Load;
use search::{Searched, bisect, naive};
use std::path::PathBuf;
use std::process::ExitCode;

/// Commits after the good one.
const COMMITS: usize = 60;

/// An experiment with searches in real repositories
#[derive(Parser)]
#[command(name = "bisection")]
struct Arguments {
    /// `go`
    what: Option<String>,
    /// Repositories
    #[arg(long, default_value_t = 10)]
    runs: u64,
    /// The first one's seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Busy loops beside it
    #[arg(long, default_value_t = 2)]
    load: usize,
    /// How much more the benchmark does after the culprit, in percent
    #[arg(long, default_value_t = 8)]
    slower: u32,
    /// What is measured
    #[arg(long, default_value = "wall-time")]
    metric: String,
    /// Where the repositories stay; temporary folders otherwise
    #[arg(long)]
    keep: Option<PathBuf>,
    /// What cargo passes to every bench target
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.what.as_deref() != Some("go") {
        eprintln!("bisection is an experiment: cargo bench --bench bisection -- go");
        return ExitCode::SUCCESS;
    }
    match experiment(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn experiment(arguments: &Arguments) -> Result<()> {
    println!("| seed | culprit | found | chance | launches | seconds | binary search found | launches | seconds |");
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let mut all: Vec<[Searched; 2]> = Vec::new();
    for seed in arguments.from..arguments.from + arguments.runs {
        let temporary = tempfile::tempdir()?;
        let folder = arguments.keep.as_ref().map_or(temporary.path().to_owned(), |keep| keep.join(seed.to_string()));
        let history = History::make(&folder, seed, COMMITS, arguments.slower, &arguments.metric)?;
        let load = Load::start(arguments.load);
        let (ours, theirs) = (bisect(&history, seed)?, naive(&history, seed)?);
        drop(load);
        println!(
            "| {seed} | {} | {} | {:.2} % | {} | {:.0} | {} | {} | {:.0} |",
            history.culprit + 1,
            ours.named(),
            100.0 * ours.probability,
            ours.launches,
            ours.measure_s,
            theirs.named(),
            theirs.launches,
            theirs.measure_s
        );
        all.push([ours, theirs]);
    }
    for (i, name) in ["bisect", "binary search"].into_iter().enumerate() {
        let of = || all.iter().map(|run| &run[i]);
        let right = of().filter(|searched| searched.is_right).count();
        let mut launches: Vec<u64> = of().map(|searched| searched.launches).collect();
        launches.sort_unstable();
        let mean = launches.iter().sum::<u64>() as f64 / launches.len().max(1) as f64;
        println!("\n{name}: right in {right} of {}, launches on average {mean:.0}, {launches:?}", all.len());
    }
    Ok(())
}
