//! The verbs: they wire the stones and decide nothing themselves.
//!
//! Each is a file of its name, or a folder where one file is not enough (`try` is `try_it`: Rust keeps the word for itself); those that look
//! back are in `history`, as in `cli`. What several share: `project` (what is compared with what, by whose policy), `measure` (builds and
//! launches), `records` (run records to reports), `places` and `answer` (where answers go).
//!
//! Floor 8. A command returns what it has to say and its exit status; the status is decided before a byte is written.

mod accept;
mod answer;
mod bisect;
mod check;
mod compare;
mod console;
mod doctor;
mod explain;
mod history;
mod hook;
mod init;
mod man;
mod measure;
mod places;
mod project;
mod publish;
mod record;
mod records;
mod report;
mod run;
mod show;
mod try_it;

use crate::cli::{Cli, Command, completions};
use crate::deliver::ExitStatus;
use crate::report::Report;
use crate::report::bisected::Bisected;
use crate::report::diagnosis::Diagnosis;
use crate::run::Progress;
use crate::trend::Trend;
use anyhow::Result;
use std::io::{Read, Write};

pub use console::Console;

/// What a command has to say.
pub enum Done {
    /// An answer with a verdict in it.
    Report(Box<Report>),
    /// What a machine can measure.
    Diagnosis(Box<Diagnosis>),
    /// Which commit changed a benchmark.
    Bisected(Box<Bisected>),
    /// What became of a history, and the status that goes with it.
    Trend(Box<Trend>, ExitStatus),
    /// Any other text, and the status that goes with it.
    Text(String, ExitStatus),
    /// What another tool reads.
    Bytes(Vec<u8>),
}

/// The process as commands see it: nothing here is read from the real one behind their backs.
pub struct Io<'a> {
    /// What is told to us; only the hook listens.
    pub input: &'a mut dyn Read,
    /// Where the answer goes.
    pub out: &'a mut dyn Write,
    /// Where errors go.
    pub err: &'a mut dyn Write,
    /// Whether the answer goes to a terminal.
    pub out_is_terminal: bool,
    /// Whether the story goes to a terminal.
    pub err_is_terminal: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Waits; only what talks to a server does.
    pub pause: &'a dyn Fn(std::time::Duration),
    /// The environment.
    pub variables: Vec<(std::ffi::OsString, std::ffi::OsString)>,
}

impl Io<'_> {
    fn variable(&self, name: &str) -> Option<std::ffi::OsString> {
        self.variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// Executes a parsed command line.
pub fn main(mut cli: Cli, io: &mut Io<'_>) -> ExitStatus {
    places::start_in_directory(&mut cli);
    let global = cli.global.clone();
    let mut console = Console::new(io.err_is_terminal, global.quiet);
    let result = places::check(&cli, io.out_is_terminal).and_then(|()| execute(cli, io, &mut console));
    console.finish();
    match result.and_then(|done| answer::say(done, &global, io)) {
        Ok(status) => status,
        Err(error) => answer::complain(&error, io),
    }
}

fn execute(cli: Cli, io: &mut Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let global = &cli.global;
    match cli.command {
        Command::Check(args) => check::run(&args, global, io, progress),
        Command::Run(args) => run::run(&args, global, io, progress),
        Command::Record(args) => record::run(&args, global, io, progress),
        Command::Compare(args) => compare::run(&args, global, io),
        Command::Show(args) => show::run(&args, global),
        Command::Baseline(what) => history::baseline::run(&what, global, io),
        Command::Init(args) => init::run(&args, global, io),
        Command::Accept(args) => accept::run(&args, global),
        Command::Import(args) => history::import::run(&args, global, io),
        Command::Trend(args) => history::trend::run(&args, global, io),
        Command::Export(args) => history::export::run(&args, global, io, progress),
        Command::History(what) => history::run(&what, global, io),
        Command::Bisect(args) => bisect::run(&args, global, io, progress),
        Command::Site(args) => history::site::run(&args, global, io, progress),
        Command::Report(args) => report::run(&args, global, io),
        Command::Publish(args) => publish::run(&args, global, io),
        Command::Hook(what) => hook::run(&what, global, io, progress),
        Command::Doctor(args) => doctor::run(&args, global, io, progress),
        Command::Workload(args) => doctor::work(&args, io).map(|()| text(String::new())),
        Command::Try(args) => try_it::run(&args, global, io, progress),
        Command::Completions(args) => Ok(text(String::from_utf8_lossy(&completions(args.shell)).into_owned())),
        Command::Man(args) => man::run(&args, global),
        Command::Explain(args) => explain::run(&args),
    }
}

fn text(text: String) -> Done {
    Done::Text(text, ExitStatus::Pass)
}
