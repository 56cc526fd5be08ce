//! benchgate decides whether a change made a program slower, and how sure it is.
//!
//! Modules in the order in which data flows; each names only those above it in this list (a test keeps that so).

pub mod model;

pub mod event;
pub mod files;
pub mod git;
pub mod harness;
pub mod stats;
pub mod workload;

pub mod judge;
pub mod store;
pub mod trend;

pub mod config;
pub mod export;
pub mod report;

pub mod artifact;
pub mod deliver;
pub mod doctor;
pub mod plan;
pub mod site;

pub mod run;

pub mod bisect;

pub mod cli;

pub mod cmd;

pub use cmd::Io;

use deliver::ExitStatus;
use std::ffi::OsString;

/// The whole program: arguments in, an exit status out.
pub fn main(arguments: impl IntoIterator<Item = OsString>, io: &mut Io<'_>) -> ExitStatus {
    run::process::end_on_signals();
    match cli::parse(arguments) {
        Ok(cli) => cmd::main(cli, io),
        Err(error) => {
            let text = error.render();
            if error.use_stderr() {
                let _ = write!(io.err, "{text}");
                ExitStatus::Error
            } else {
                let _ = write!(io.out, "{text}");
                ExitStatus::Pass
            }
        }
    }
}

/// Columns to write into: the terminal's, or a hundred where there is none.
#[must_use]
pub fn terminal_width(terminal: bool) -> usize {
    run::process::terminal_columns().filter(|_| terminal).unwrap_or(100)
}
