//! Runs of the gate on one head, and what they are expected to say.

use crate::load::Load;
use crate::{Arguments, project, repo::Repo, table::Table};
use anyhow::{Context, Result, ensure};
use benchgate::deliver::ExitStatus;
use benchgate::report::{self, Report};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is run, and what would be right.
pub(crate) struct Experiment<'a> {
    /// The branch that is head.
    pub(crate) head: &'a str,
    /// The one benchmark that is slower there.
    pub(crate) target: Option<&'a str>,
    flags: Vec<String>,
}

impl<'a> Experiment<'a> {
    pub(crate) fn new(head: &'a str, target: Option<&'a str>) -> Self {
        Self { head, target, flags: Vec::new() }
    }

    /// With flags for `check`.
    pub(crate) fn with(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// All flags for `check`, those of the caller last.
    fn flags(&self, arguments: &Arguments) -> Vec<String> {
        let mut flags = self.flags.clone();
        flags.extend(arguments.layouts.iter().flat_map(|links| ["--layouts".to_owned(), links.to_string()]));
        flags.extend_from_slice(&arguments.flags);
        flags
    }
}

/// Runs an experiment in the repository of eight benchmarks and prints what came out.
pub(crate) fn run(experiment: &Experiment<'_>, arguments: &Arguments) -> Result<()> {
    let repo = project::make(arguments.keep.as_deref())?;
    run_in(&repo, experiment, arguments)
}

/// Likewise, in a repository that is there.
pub(crate) fn run_in(repo: &Repo, experiment: &Experiment<'_>, arguments: &Arguments) -> Result<()> {
    let flags = experiment.flags(arguments);
    let mut words = vec![experiment.head.to_owned()];
    words.extend_from_slice(&flags);
    words.extend(arguments.load.map(|loops| format!("beside {loops} loops")));
    let title = words.join(" ");
    let folder = repo.reports(&file_name(&title), arguments.tabulate)?;
    if !arguments.tabulate {
        let before = repo.fingerprint()?;
        let _load = arguments.load.map(Load::start);
        for number in 1..=arguments.runs {
            measure(repo, experiment.head, &flags, &folder.join(format!("run-{number:02}")))?;
        }
        ensure!(repo.fingerprint()? == before, "the repository is not as it was:\n{before}\n{}", repo.fingerprint()?);
    }
    let (reports, rows) = (read(&folder)?, arguments.rows.as_deref());
    println!("{}", Table { title: &title, target: experiment.target, reports: &reports, rows });
    if !arguments.tabulate {
        println!("The repository is as it was: status, work trees, references, HEAD.");
    }
    Ok(())
}

/// One run; its report, record and log are `place` with their suffixes.
fn measure(repo: &Repo, head: &str, flags: &[String], place: &Path) -> Result<()> {
    let file = |suffix: &str| place.with_extension(suffix).display().to_string();
    let words = ["check", "--base", "main", "--head", head, "-o", &file("json"), "--record", &file("record")];
    let words: Vec<String> = words.map(str::to_owned).into_iter().chain(flags.iter().cloned()).collect();
    let output = repo.gate(&words)?;
    let story = String::from_utf8_lossy(&output.stderr).into_owned();
    fs::write(place.with_extension("log"), format!("{story}{}", String::from_utf8_lossy(&output.stdout)))?;
    eprintln!("{}: {}", place.display(), output.status);
    let report = parse(&place.with_extension("json")).context(story)?;
    let status = ExitStatus::from(report.outcome).code();
    ensure!(output.status.code() == Some(status.into()), "{} and {}", report.outcome, output.status);
    Ok(())
}

fn parse(file: &Path) -> Result<Report> {
    let text = fs::read_to_string(file).with_context(|| format!("no report '{}'", file.display()))?;
    report::parse(&text).with_context(|| file.display().to_string())
}

/// The reports of a folder, in the order of their runs.
fn read(folder: &Path) -> Result<Vec<Report>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|suffix| suffix == "json"));
    files.sort();
    files.iter().map(|file| parse(file)).collect()
}

/// The series of reports that are there, with the names of their folders.
pub(crate) fn kept(repo: &Repo) -> Result<BTreeMap<String, Vec<Report>>> {
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(repo.beside("reports"))? {
        let folder = folder?;
        found.insert(folder.file_name().to_string_lossy().into_owned(), read(&folder.path())?);
    }
    Ok(found)
}

/// Letters and digits of a text, all else a dash.
fn file_name(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
