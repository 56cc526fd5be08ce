//! The gate that something is published for: what it is called, and what its base wants posted.

use crate::cli::{Global, Publish};
use crate::cmd::Io;
use crate::cmd::project::policy::Place;
use crate::cmd::project::{CONFIG_NAME, commits, locate};
use crate::config::{self, Config, File, GitHub, Overrides};
use crate::deliver::github::{Conclusion, is_commit_id};
use crate::event::Base;
use crate::git::Repo;
use crate::judge::{Outcome, Verdict};
use crate::report::Report;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// The gate that a report belongs to, as its configuration describes it.
pub(super) struct Gate {
    /// Keeps its comment and check run apart from other gates'.
    pub(super) key: String,
    /// The check run's name.
    pub(super) name: String,
    /// The configuration file as seen from the repository: annotations stand beside it.
    pub(super) file: String,
    pub(super) github: GitHub,
}

impl Gate {
    /// Reads the configuration, as base has it where base is known here: labels and the rest are policy too.
    pub(super) fn find(
        global: &Global,
        here: &Path,
        report: Option<&Report>,
        args: &Publish,
        io: &Io<'_>,
    ) -> Result<Self> {
        let theirs = match Repo::discover(here) {
            Ok(repo) => of_base(&repo, global, here, report, io)?,
            Err(_) => None,
        };
        let (file, parsed) = match theirs {
            Some(theirs) => theirs,
            None => of_checkout(global, here)?,
        };
        let folder = file.parent().unwrap_or(Path::new(""));
        let Config { github, .. } = config::resolve(parsed, &Overrides::default(), Vec::new(), String::new())?;
        let slashes = |path: &Path| {
            path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        let place = Some(slashes(folder)).filter(|place| !place.is_empty());
        let key = args.comment_key.clone().or_else(|| place.clone());
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 100 || key.chars().any(char::is_control)) {
            bail!("--comment-key must have 1 to 100 bytes and no control characters");
        }
        let name = key.as_ref().map_or("benchgate".to_owned(), |key| format!("benchgate ({key})"));
        Ok(Self { key: key.unwrap_or(".".to_owned()), name, file: slashes(&file), github })
    }

    pub(super) fn conclusion(&self, outcome: Outcome) -> Conclusion {
        match outcome {
            Outcome::Pass => Conclusion::Success,
            Outcome::Regression => Conclusion::Failure,
            Outcome::Inconclusive if self.github.inconclusive_fails => Conclusion::Failure,
            Outcome::Inconclusive => Conclusion::Neutral,
            Outcome::Error => Conclusion::Error,
        }
    }

    /// Labels to set, and labels to take away; `None` if none is configured.
    pub(super) fn labels(&self, report: &Report) -> Option<(Vec<String>, Vec<String>)> {
        let improved = report.comparisons.iter().any(|row| row.verdict == Verdict::Improvement);
        let outcome = report.outcome;
        let all = [
            (&self.github.regression, outcome == Outcome::Regression),
            (&self.github.improvement, outcome != Outcome::Regression && improved),
            (&self.github.inconclusive, outcome == Outcome::Inconclusive),
        ];
        let which = |wanted: bool| {
            let labels = all.iter().filter(move |(label, is)| *is == wanted && label.is_some());
            labels.filter_map(|(label, _)| (*label).clone()).collect::<Vec<_>>()
        };
        all.iter().any(|(label, _)| label.is_some()).then(|| (which(true), which(false)))
    }
}

/// The configuration's path within the repository, and what it says.
type Found = (PathBuf, Option<File>);

/// As base has it, found as `check` finds it: head cannot hide it behind a nearer file. The event's base comes first, by which
/// `check` judges too and which is known before there is a report. `None` where no base is known here.
fn of_base(repo: &Repo, global: &Global, here: &Path, report: Option<&Report>, io: &Io<'_>) -> Result<Option<Found>> {
    let Some(place) = Place::new(global, repo, here)? else { return Ok(None) };
    let of_event = match commits::event(io).ok().flatten().map(|event| event.base) {
        Some(Base::Left { commit, .. }) => Some(commit),
        _ => None,
    };
    let of_report = report.and_then(|report| report.base.as_ref()).map(|base| base.revision.clone());
    let mut known = of_event.into_iter().chain(of_report).filter(|revision| is_commit_id(revision));
    let Some(base) = known.find_map(|revision| repo.resolve(&revision).ok()) else { return Ok(None) };
    let Some((path, text)) = place.read(repo, &base)? else {
        // Nobody has agreed to anything yet.
        let (folder, _) = lies(global, here)?;
        return Ok(Some((folder.join(CONFIG_NAME), None)));
    };
    let name = format!("{} at {}", path.display(), base.short());
    let file = config::parse(&name, &text)?;
    Ok(Some((path, Some(file))))
}

/// As it lies here.
fn of_checkout(global: &Global, here: &Path) -> Result<Found> {
    let (folder, found) = lies(global, here)?;
    Ok((folder.join(CONFIG_NAME), found.as_deref().map(config::load).transpose()?))
}

/// The project's folder within the repository, and its configuration.
fn lies(global: &Global, here: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
    if let Ok(repo) = Repo::discover(here) {
        return locate(here, repo.root(), global.config.as_deref());
    }
    let nearest = || Some(here.join(CONFIG_NAME)).filter(|path| path.is_file());
    Ok((PathBuf::new(), global.config.clone().or_else(nearest)))
}
