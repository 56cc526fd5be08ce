//! One file per verb, one screen each: they wire the stones and decide nothing themselves.
//!
//! Floor 8. A command returns what it has to say and its exit status; the status is decided before a byte is written.

mod accept;
mod accepted;
mod alerts;
mod baseline;
mod bisect;
mod check;
mod commits;
mod compare;
mod confirm;
mod console;
mod doctor;
mod elsewhere;
mod export;
mod foreign;
mod gather;
mod histories;
mod history;
mod hook;
mod import;
mod init;
mod man;
mod measure;
mod merge;
mod policy;
mod project;
mod publish;
mod record;
mod replay;
mod shards;
mod show;
mod sides;
mod since;
mod site;
mod store;
mod stored;
mod tell;
mod trend;
mod try_it;

use crate::cli::{Cli, Command, Global, completions};
use crate::deliver::{self, ExitStatus};
use crate::export::{GRAFANA_POSTGRES, GRAFANA_PROMETHEUS};
use crate::harness::{explain_harness, explain_harnesses};
use crate::report::bisected::{self, Bisected, Ending};
use crate::report::diagnosis::{self, Diagnosis};
use crate::report::{self, Format, Options, Report, Styles, explain, explain_words, plot};
use crate::run::{Interrupted, Progress};
use crate::trend::Trend;
use anyhow::{Result, bail};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

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
    start_in_directory(&mut cli);
    let global = cli.global.clone();
    let mut console = Console::new(io.err_is_terminal, global.quiet);
    let result = check_places(&cli, io.out_is_terminal).and_then(|()| run(cli, io, &mut console));
    console.finish();
    match result.and_then(|done| say(done, &global, io)) {
        Ok(status) => status,
        Err(error) => complain(&error, io),
    }
}

fn run(cli: Cli, io: &mut Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let global = &cli.global;
    match cli.command {
        Command::Check(args) => check::run(&args, global, io, progress),
        Command::Run(args) => shards::run(&args, global, io, progress),
        Command::Record(args) => record::record(&args, global, io, progress),
        Command::Compare(args) => compare::run(&args, global, io),
        Command::Show(args) => show::run(&args, global),
        Command::Baseline(what) => baseline::run(&what, global, io),
        Command::Init(args) => init::run(&args, global, io),
        Command::Accept(args) => accept::run(&args, global),
        Command::Import(args) => import::run(&args, global, io),
        Command::Trend(args) => trend::run(&args, global, io),
        Command::Export(args) => export::run(&args, global, io, progress),
        Command::History(what) => history::run(&what, global, io),
        Command::Bisect(args) => bisect::run(&args, global, io, progress),
        Command::Site(args) => site::run(&args, global, io, progress),
        Command::Report(args) => replay::run(&args, global, io),
        Command::Publish(args) => publish::run(&args, global, io),
        Command::Hook(what) => hook::run(&what, global, io, progress),
        Command::Doctor(args) => doctor::run(&args, global, io, progress),
        Command::Workload(args) => doctor::work(&args, io).map(|()| text(String::new())),
        Command::Try(args) => try_it::run(&args, global, io, progress),
        Command::Completions(args) => Ok(text(String::from_utf8_lossy(&completions(args.shell)).into_owned())),
        Command::Man(args) => man::run(&args, global),
        Command::Explain(args) => match args.word {
            None => Ok(text(format!(
                "{}\nharnesses\nschema\nrecord-schema\ngrafana\ngrafana-postgres\n",
                explain_words().join("\n")
            ))),
            Some(word) if word == "harnesses" => Ok(text(explain_harnesses())),
            Some(word) if word == "schema" => Ok(text(report::REPORT_SCHEMA.to_owned())),
            Some(word) if word == "record-schema" => Ok(text(report::RECORD_SCHEMA.to_owned())),
            Some(word) if word == "grafana-postgres" => Ok(text(GRAFANA_POSTGRES.to_owned())),
            Some(word) if word == "grafana" => Ok(text(GRAFANA_PROMETHEUS.to_owned())),
            Some(word) => match explain(&word).or_else(|| explain_harness(&word)) {
                Some(meaning) => Ok(text(format!("{}\n", meaning.trim_end()))),
                None => bail!("nothing is called '{word}'; `benchgate explain` lists the words"),
            },
        },
    }
}

fn text(text: String) -> Done {
    Done::Text(text, ExitStatus::Pass)
}

/// Files are named as seen from the folder that `-C` starts in.
fn start_in_directory(cli: &mut Cli) {
    let Some(folder) = cli.global.directory.clone() else { return };
    let record = match &mut cli.command {
        Command::Check(args) => args.record.as_mut(),
        Command::Run(args) => Some(&mut args.record),
        _ => None,
    };
    let global = &mut cli.global;
    let named = global.output.iter_mut().chain(&mut global.config).chain(&mut global.plots).chain(record);
    named.for_each(|path| *path = folder.join(&*path));
}

/// Refuses a file that cannot be written, or that nothing would be written to, before anything is measured for it.
fn check_places(cli: &Cli, terminal: bool) -> Result<()> {
    // A folder that does not exist has its own message, and is not made on the way.
    project::start(&cli.global)?;
    let reports = match &cli.command {
        Command::Check(args) => !args.dry_run,
        Command::Compare(_)
        | Command::Report(_)
        | Command::Trend(_)
        | Command::Bisect(_)
        | Command::Doctor(_)
        | Command::Try(_) => true,
        _ => false,
    };
    let exports = matches!(&cli.command, Command::Export(_) | Command::Site(_));
    if let (Some(path), false) = (cli.global.output.first(), reports || exports) {
        bail!(
            "this command makes no report to write into '{}'; -o goes with check, compare, report, bisect, trend, export, site, doctor and try",
            path.display()
        );
    }
    let judges = matches!(&cli.command, Command::Check(_) | Command::Compare(_) | Command::Report(_) | Command::Try(_));
    let looks_back = matches!(&cli.command, Command::Trend(_));
    let is_drawn = |format: Format| matches!(format, Format::Svg | Format::Png);
    let fits = |format: Format| judges || format.is_plain() || (looks_back && is_drawn(format));
    if !fits(cli.global.format) {
        bail!(
            "this command's answer cannot be written as {}; use one of {}",
            cli.global.format.name(),
            Format::ALL.into_iter().filter(|format| fits(*format)).map(Format::name).collect::<Vec<_>>().join(", ")
        );
    }
    if cli.global.format == Format::Png && terminal {
        bail!("a terminal cannot show a PNG; write it into a file with -o FILE.png");
    }
    match &cli.command {
        Command::Export(args) => export::check(args, &cli.global, terminal)?,
        Command::Site(args) => site::check(args, &cli.global)?,
        _ => deliver::check_outputs(&cli.global.output, fits)?,
    }
    check_distinct(cli)?;
    if let Some(folder) = &cli.global.plots {
        if !((judges && reports) || looks_back) {
            bail!("this command compares nothing to draw; --plots goes with check, compare, report, trend and try");
        }
        deliver::check_folder(folder)?;
    }
    match &cli.command {
        Command::Check(args) => args.record.as_deref().map_or(Ok(()), deliver::check_place),
        Command::Run(args) => deliver::check_place(&args.record),
        _ => Ok(()),
    }
}

/// Refuses two answers in one file, and an answer in a file that is read.
fn check_distinct(cli: &Cli) -> Result<()> {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        path.file_name().map_or(folder.clone(), |name| folder.join(name))
    };
    let here = project::start(&cli.global)?;
    let mut taken: Vec<PathBuf> = match &cli.command {
        Command::Compare(args) => vec![here.join(&args.base), here.join(&args.head)],
        Command::Report(args) => args.files.iter().chain(&args.artifact).map(|file| here.join(file)).collect(),
        Command::Trend(args) => args.source.from.iter().chain(&args.alerts).map(|file| here.join(file)).collect(),
        Command::Export(args) => args.file.iter().chain(&args.source.from).map(|file| here.join(file)).collect(),
        Command::Site(args) => args.source.from.iter().map(|file| here.join(file)).collect(),
        Command::Check(args) => {
            args.record.iter().cloned().chain(args.again.iter().map(|file| here.join(file))).collect()
        }
        _ => Vec::new(),
    };
    taken.iter_mut().for_each(|path| *path = place(path));
    for path in &cli.global.output {
        let place = place(path);
        if taken.contains(&place) {
            bail!("'{}' is named twice: an answer would replace what else it holds", path.display());
        }
        taken.push(place);
    }
    Ok(())
}

/// Writes the answer: files first, so that a reader that goes away costs nothing.
fn say(done: Done, global: &Global, io: &mut Io<'_>) -> Result<ExitStatus> {
    match done {
        Done::Text(text, status) => print(text.as_bytes(), io).map(|()| status),
        Done::Bytes(bytes) => print(&bytes, io).map(|()| ExitStatus::Pass),
        Done::Report(report) => {
            let status = ExitStatus::from(report.outcome);
            if let Some(folder) = &global.plots {
                deliver::write_plots(plot::album(&report), folder)?;
            }
            deliver(&|format, options, out| report::render(&report, format, options, out), global, io)?;
            Ok(status)
        }
        Done::Diagnosis(found) => {
            deliver(&|format, options, out| diagnosis::render(&found, format, options, out), global, io)?;
            Ok(ExitStatus::Pass)
        }
        Done::Bisected(found) => {
            let status = if found.ending == Ending::Found { ExitStatus::Pass } else { ExitStatus::Inconclusive };
            deliver(&|format, options, out| bisected::render(&found, format, options, out), global, io)?;
            Ok(status)
        }
        Done::Trend(found, status) => {
            if let Some(folder) = &global.plots {
                deliver::write_plots(plot::histories(&found), folder)?;
            }
            deliver(&|format, options, out| report::history::render(&found, format, options, out), global, io)?;
            Ok(status)
        }
    }
}

fn print(bytes: &[u8], io: &mut Io<'_>) -> Result<()> {
    match io.out.write_all(bytes).and_then(|()| io.out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn deliver(answer: &deliver::Answer<'_>, global: &Global, io: &mut Io<'_>) -> Result<()> {
    deliver::write_outputs(answer, &global.output)?;
    let options = options(global, io);
    deliver::print(answer, global.format, &options, io.out)
}

fn options(global: &Global, io: &Io<'_>) -> Options {
    let colored = match global.color {
        crate::cli::Color::Always => true,
        crate::cli::Color::Never => false,
        crate::cli::Color::Auto => {
            let set = |name| io.variable(name).filter(|value| !value.is_empty());
            let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
            let terminal = io.out_is_terminal && set("TERM").is_none_or(|term| term != "dumb");
            set("NO_COLOR").is_none() && (forced || terminal)
        }
    };
    let styles = if colored && global.format == Format::Terminal { Styles::colored() } else { Styles::default() };
    Options { styles, width: io.width, verbose: global.verbose, quiet: global.quiet, ..Options::default() }
}

/// Kind, causes, hint: in this order, whatever went wrong.
fn complain(error: &anyhow::Error, io: &mut Io<'_>) -> ExitStatus {
    if error.is::<Interrupted>() {
        let _ = writeln!(
            io.err,
            "interrupted: every child has ended; `--resume` goes on with a check, or a bisect, that was measuring"
        );
        return ExitStatus::Error;
    }
    // What is wrong with a file may repeat what somebody wrote into it.
    let mut say = |kind: &str, said: &str| {
        let lines: Vec<String> = said.lines().map(report::text::line).collect();
        let _ = writeln!(io.err, "{}", report::text::without_commands(&format!("{kind}: {}", lines.join("\n"))));
    };
    say("error", &error.to_string());
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause_text = cause.to_string();
        // thiserror's texts often hold their source's already.
        if !last.contains(&cause_text) {
            say("caused by", &cause_text);
        }
        last = cause_text;
    }
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<crate::git::GitError>()?.hint()) {
        say("hint", &hint);
    }
    ExitStatus::Error
}
