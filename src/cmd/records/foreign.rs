//! A stranger's run, judged by us: numbers from its artifact, everything else from the event and from git.

use super::gather;
use crate::artifact::{self, Expected, Limits};
use crate::cli::Global;
use crate::cmd::project::policy::{Changed, Place};
use crate::cmd::project::{CONFIG_NAME, accepted, start, today};
use crate::config::{self, Overrides};
use crate::event::{Base, Event, Source};
use crate::git::{Commit, Repo};
use crate::model::RunRecord;
use crate::report::Report;
use crate::run::aside::Aside;
use crate::run::scrub::Variables;
use anyhow::{Context, Result, bail};

/// What an artifact must be about, and by whose policy it is judged.
pub(in crate::cmd) struct About<'a> {
    pub(in crate::cmd) expected: Expected<'a>,
    /// The tip of the pull request's base: its policy counts, and its history must hold the record's base.
    pub(in crate::cmd) tip: &'a str,
    /// The event, with the pull request and its labels.
    pub(in crate::cmd) event: &'a Event,
    /// Our own environment, for git to fetch the head's commit where it is not here; `None` where nobody is to be asked.
    pub(in crate::cmd) fetch: Option<Variables>,
}

/// The event that this process publishes for, and the run that it is about.
pub(in crate::cmd) fn source(event: Option<&Event>) -> Result<(&Event, &Source)> {
    let found = event.and_then(|event| Some((event, event.source.as_ref()?)));
    found.context(
        "an artifact is judged by the event of its run: this works in a workflow on 'workflow_run' only; give `benchgate report` a \
         run record to judge it anywhere",
    )
}

/// Judges an artifact as the event says; without the API, a pull request is taken to be for what is checked out.
pub(in crate::cmd) fn judged(
    archive: &[u8],
    event: Option<&Event>,
    overrides: &Overrides,
    global: &Global,
) -> Result<Report> {
    let (event, source) = source(event)?;
    let repo = Repo::discover(&start(global)?)?;
    let tip = match &event.base {
        Base::Left { commit, .. } => commit.clone(),
        _ => repo.head_commit()?.id,
    };
    let about = About { expected: expected(event, source), tip: &tip, event, fetch: None };
    judge(archive, &about, overrides, global)
}

pub(in crate::cmd) fn expected<'a>(event: &'a Event, source: &'a Source) -> Expected<'a> {
    Expected {
        repository: &event.repository,
        event: &source.event,
        pull_request: event.pull_request,
        head: &event.head,
        attempt: source.attempt,
    }
}

/// Reads an artifact and judges its record anew.
pub(in crate::cmd) fn judge(
    archive: &[u8],
    about: &About<'_>,
    overrides: &Overrides,
    global: &Global,
) -> Result<Report> {
    let record = artifact::read(archive, &Limits::default(), &about.expected).context("the artifact is refused")?;
    let here = start(global)?;
    let repo = Repo::discover(&here)?;
    let tip = repo.resolve(about.tip).context("the policy of the pull request's base cannot be read")?;
    let base = base(&record, &tip, &repo)?;
    let place = Place::new(global, &repo, &here)?.unwrap_or_else(|| Place::File(CONFIG_NAME.into()));
    let text = place.read(&repo, &tip)?;
    let name = format!("{CONFIG_NAME} at {}", tip.short());
    let file = text.as_ref().map(|(_, text)| config::parse(&name, text)).transpose()?;
    let mut config = config::resolve(file, overrides, Vec::new(), today())?;
    let mut notes = vec![format!(
        "measured by {}, whose numbers nobody here can check; judged by the policy of {}",
        whose(about.event),
        tip.short()
    )];
    let mut changed = Changed::default();
    match head(&record, about, &repo) {
        Ok((head, _aside)) => {
            let text = |commit: &Commit| place.read(&repo, commit).map(|found| found.map(|(_, text)| text));
            changed = Changed::between(text(&base)?.as_deref(), text(&head)?, overrides);
            notes.extend(accepted::take(&repo, (&base, &head), Some(about.event), &mut config, &mut changed)?);
        }
        Err(why) => {
            notes.push(format!("what head changes of the gate is not listed: {why}"));
            notes.extend(accepted::by_label(about.event, &mut config, &mut changed));
        }
    }
    if record.looks != config.gate.looks {
        notes.push("the run was looked at after other numbers of rounds than the base's configuration says".to_owned());
    }
    let looks = gather::looks_of(&record);
    Ok(gather::report(&record, &config, looks.as_ref(), &changed, notes))
}

/// The head's commit, to be read and nothing else; with what was fetched for that, as long as it is wanted. A fork's commits are
/// in a clone of the base only if somebody fetched them.
fn head(record: &RunRecord, about: &About<'_>, repo: &Repo) -> Result<(Commit, Option<Aside>), String> {
    let id = &record.head.revision;
    if let Ok(commit) = repo.resolve(id) {
        return Ok((commit, None));
    }
    let reference = about.event.pull_request.map(|number| format!("refs/pull/{number}/head"));
    let Some(own) = &about.fetch else {
        let next = reference.as_deref().unwrap_or(id);
        return Err(format!("its commit is not in this clone ('git fetch origin {next}' brings it)"));
    };
    let wanted: Vec<String> = reference.into_iter().collect();
    let (aside, commit) = Aside::fetch(repo, id, &wanted, own)?;
    Ok((commit, Some(aside)))
}

fn whose(event: &Event) -> String {
    let source = event.source.as_ref();
    match source.and_then(|source| source.repository.as_deref()).filter(|_| event.from_fork) {
        Some(fork) => format!("the pull request's own code from the fork {}", crate::model::clean(fork)),
        None if event.from_fork => "the pull request's own code from a fork that is gone".to_owned(),
        None => "the pull request's own code".to_owned(),
    }
}

/// The record's base, which must be a commit of the base's history: nobody else's policy or code is compared with.
fn base(record: &RunRecord, tip: &Commit, repo: &Repo) -> Result<Commit> {
    let revision = record.base.as_ref().map_or("", |base| &base.revision);
    let base =
        repo.resolve(revision).context("the artifact is refused: the record's base is no commit of this clone")?;
    if base.id != tip.id && !repo.is_ancestor(&base, tip)? {
        bail!(
            "the artifact is refused: the record's base {} is no commit of the base's history at {}",
            base.short(),
            tip.short()
        );
    }
    Ok(base)
}
