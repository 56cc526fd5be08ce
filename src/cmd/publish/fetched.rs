//! What another run left, fetched and judged: the publishing half of a fork-safe pair, on `workflow_run`.

use super::place::Surroundings;
use crate::artifact::Limits;
use crate::cli::{Global, Publish};
use crate::cmd::Io;
use crate::cmd::project::commits;
use crate::cmd::records::foreign;
use crate::config::Overrides;
use crate::deliver::github::artifacts::{Artifact, artifacts, download};
use crate::deliver::github::pulls::{self, Pull};
use crate::deliver::github::{Client, Failure, Settled};
use crate::event::{Event, Source};
use crate::git::Repo;
use crate::report::Report;
use anyhow::{Context, Result, anyhow, bail};
use std::cell::RefCell;

/// What the artifact's run is called among artifacts, unless somebody says otherwise.
const ARTIFACT: &str = "benchgate";

/// A report that another run's numbers give, and where it belongs. Pull request, head and run come from the event.
pub(super) fn fetch(args: &Publish, global: &Global, io: &Io<'_>) -> Result<(Report, Surroundings)> {
    let event = commits::event(io)?;
    let (event, source) =
        foreign::source(event.as_ref()).context("which report? Name a file, or publish on 'workflow_run'")?;
    let mut surroundings = Surroundings::read(args, io)?;
    surroundings.about(event)?;
    let Answer { archive, pull } = asked(&surroundings, io, |client| ask(client, event, source, args))?;
    surroundings.of_pull_request(pull.as_ref().map(|pull| pull.number));
    let tip = match &pull {
        Some(pull) => pull.base.sha.clone(),
        None => Repo::discover(&super::start(global)?)?.head_commit()?.id,
    };
    let event = with(event, pull);
    let fetch = (!args.no_fetch).then(|| io.variables.iter().cloned().collect());
    let about = foreign::About { expected: foreign::expected(&event, source), tip: &tip, event: &event, fetch };
    Ok((foreign::judge(&archive, &about, &Overrides::default(), global)?, surroundings))
}

/// The event with the labels of its pull request: one of a `workflow_run` has none.
pub(super) fn labelled(event: &Event, surroundings: &Surroundings, args: &Publish, io: &Io<'_>) -> Result<Event> {
    let Some(source) = &event.source else { return Ok(event.clone()) };
    surroundings.in_repository_of(event)?;
    let pull = asked(surroundings, io, |client| pull(client, event, source, args))?;
    Ok(with(event, pull))
}

fn with(event: &Event, pull: Option<Pull>) -> Event {
    Event {
        pull_request: pull.as_ref().map(|pull| pull.number),
        labels: pull.into_iter().flat_map(|pull| pull.labels).map(|label| label.name).collect(),
        ..event.clone()
    }
}

/// What GitHub answers to questions that this command cannot go on without.
fn asked<T>(surroundings: &Surroundings, io: &Io<'_>, ask: impl Fn(&Client<'_>) -> Result<T>) -> Result<T> {
    let found = RefCell::new(None);
    let work = |client: &Client<'_>| {
        *found.borrow_mut() = Some(ask(client));
        Vec::new()
    };
    let failures = super::open(surroundings, io.pause).map_err(|failure| reached(&failure))?(&work);
    match (found.into_inner(), failures.into_iter().next().map(|fate| fate.settled)) {
        (Some(answer), _) => answer,
        (None, Some(Settled::Failed(failure))) => Err(reached(&failure)),
        (None, _) => bail!("GitHub was not asked"),
    }
}

/// What GitHub gave.
struct Answer {
    archive: Vec<u8>,
    pull: Option<Pull>,
}

fn reached(failure: &Failure) -> anyhow::Error {
    let next = failure.next();
    anyhow!("{failure}; {next}")
}

fn ask(client: &Client<'_>, event: &Event, source: &Source, args: &Publish) -> Result<Answer> {
    let pull = pull(client, event, source, args)?;
    let wanted = args.artifact.as_deref().unwrap_or(ARTIFACT);
    let all = artifacts(client, source.run).map_err(|failure| reached(&failure))?;
    let mut fitting: Vec<&Artifact> = all.iter().filter(|one| one.name == wanted && !one.expired).collect();
    // Of several tries of a run the last one's: ids ascend.
    fitting.sort_by_key(|one| one.id);
    let Some(artifact) = fitting.last() else {
        let names: Vec<String> = all.iter().map(|one| crate::model::clean(&one.name)).collect();
        let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        bail!("run {} left no artifact '{wanted}' (it has: {has}); did it end before measuring?", source.run);
    };
    let limit = Limits::default().archive_bytes;
    if artifact.size_in_bytes > limit {
        bail!("the artifact is refused: it is larger than {} MiB", limit >> 20);
    }
    let archive = download(client, artifact.id, usize::try_from(limit).unwrap_or(usize::MAX))
        .map_err(|failure| reached(&failure))?;
    Ok(Answer { archive, pull })
}

/// The pull request whose head the run measured; none where the run was for none, or where its head has moved on.
fn pull(client: &Client<'_>, event: &Event, source: &Source, args: &Publish) -> Result<Option<Pull>> {
    if let Some(number) = args.pull_request.or(event.pull_request) {
        let pull = pulls::pull(client, number).map_err(|failure| reached(&failure))?;
        let same = pull.head.sha == event.head;
        if !same && args.pull_request.is_some() {
            bail!("the head of #{number} is {}, the run measured {}", pull.head.sha, event.head);
        }
        return Ok(same.then_some(pull));
    }
    if !matches!(source.event.as_str(), "pull_request" | "pull_request_target") {
        return Ok(None);
    }
    let owner = source.repository.as_deref().and_then(|name| name.split('/').next());
    let mut found = match (owner, source.branch.as_deref()) {
        (Some(owner), Some(branch)) => pulls::of_branch(client, owner, branch).map_err(|failure| reached(&failure))?,
        _ => pulls::of_commit(client, &event.head).map_err(|failure| reached(&failure))?,
    };
    let theirs =
        |pull: &Pull| pull.head.repo.as_ref().map(|repo| repo.full_name.as_str()) == source.repository.as_deref();
    found.retain(|pull| pull.head.sha == event.head && theirs(pull));
    if found.len() > 1 {
        let numbers: Vec<String> = found.iter().map(|pull| format!("#{}", pull.number)).collect();
        bail!("{} is the head of {}; say which with --pull-request", event.head, numbers.join(" and "));
    }
    Ok(found.pop())
}
