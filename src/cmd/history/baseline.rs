use crate::cli::{Baseline as What, Global};
use crate::cmd::project::{locate, start};
use crate::cmd::{Done, Io};
use crate::deliver::ExitStatus;
use crate::git::Repo;
use crate::model::clean;
use crate::store::{self, Baseline};
use anyhow::{Result, bail};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Looks at stored baselines, or drops old runs.
pub(in crate::cmd) fn run(what: &What, global: &Global, _: &Io<'_>) -> Result<Done> {
    let folder = folder(global)?;
    let found = store::list(&folder)?;
    if found.is_empty() {
        return Ok(Done::Text(
            format!("no baseline in '{}'; `benchgate record` stores one\n", folder.display()),
            ExitStatus::Pass,
        ));
    }
    let text = match what {
        What::List => list(&found)?,
        What::Show { suite } => show(&found, suite)?,
        What::Prune { keep } => prune(found, *keep)?,
    };
    // Names in a stored file may come from anybody.
    Ok(Done::Text(clean(&text), ExitStatus::Pass))
}

/// Where the repository keeps its baselines.
pub(super) fn folder(global: &Global) -> Result<PathBuf> {
    let start = start(global)?;
    let repo = Repo::discover(&start)?;
    let (project, _) = locate(&start, repo.root(), global.config.as_deref())?;
    Ok(repo.root().join(project).join("baselines"))
}

fn list(found: &[(PathBuf, Baseline)]) -> Result<String> {
    let mut text = String::new();
    for (path, baseline) in found {
        let newest = baseline.runs.last().map_or("", |run| run.recorded.as_str());
        let counts = format!("{} runs, {} rows", baseline.runs.len(), baseline.rows.len());
        writeln!(text, "{}  {counts}, newest {newest}  {}", baseline.suite, path.display())?;
    }
    Ok(text)
}

fn show(found: &[(PathBuf, Baseline)], suite: &str) -> Result<String> {
    let mut text = String::new();
    let known: Vec<&str> = found.iter().map(|(_, baseline)| baseline.suite.as_str()).collect();
    for (_, baseline) in found.iter().filter(|(_, baseline)| baseline.suite == suite) {
        writeln!(text, "{} in {}", baseline.suite, baseline.environment.class)?;
        for run in &baseline.runs {
            let accepted = run.accepted.as_ref().map_or(String::new(), |reason| format!("  accepted: {reason}"));
            writeln!(text, "  {}  {}  {} launches{accepted}", run.recorded, run.revision, run.launches)?;
        }
        for row in &baseline.rows {
            let values: Vec<String> =
                row.values.iter().map(|value| value.map_or("none".to_owned(), |value| format!("{value:e}"))).collect();
            writeln!(text, "  {} {} [{}]: {}", row.benchmark, row.metric.name, row.metric.unit, values.join(" "))?;
        }
    }
    if text.is_empty() {
        bail!("no baseline of suite '{suite}'; there are: {}", known.join(", "));
    }
    Ok(text)
}

fn prune(found: Vec<(PathBuf, Baseline)>, keep: usize) -> Result<String> {
    let mut text = String::new();
    for (path, mut baseline) in found {
        let before = baseline.runs.len();
        baseline.keep_newest(keep.max(1));
        if baseline.runs.len() < before {
            baseline.write(path.parent().unwrap_or(&path))?;
        }
        writeln!(text, "{}: {} of {before} runs kept", path.display(), baseline.runs.len())?;
    }
    Ok(text)
}
