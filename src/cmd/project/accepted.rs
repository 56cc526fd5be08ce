//! Regressions that a change accepts for itself, where the base's policy lets it.

use super::policy::Changed;
use super::today;
use crate::config::{Config, Said};
use crate::event::Event;
use crate::git::{Commit, GitError, Repo};

/// Adds what trailers and labels accept to both policies that head is judged by. Returns why others accept nothing.
pub(in crate::cmd) fn take(
    repo: &Repo,
    (base, head): (&Commit, &Commit),
    event: Option<&Event>,
    config: &mut Config,
    changed: &mut Changed,
) -> Result<Vec<String>, GitError> {
    let commits = repo.messages(base, head)?;
    Ok(apply(&commits, event, config, changed))
}

/// Likewise, where the commits are not here: the label alone.
pub(in crate::cmd) fn by_label(event: &Event, config: &mut Config, changed: &mut Changed) -> Vec<String> {
    apply(&[], Some(event), config, changed)
}

fn apply(
    commits: &[(String, String)],
    event: Option<&Event>,
    config: &mut Config,
    changed: &mut Changed,
) -> Vec<String> {
    let labels = event.map_or(&[][..], |event| &event.labels);
    let pull_request = event.and_then(|event| event.pull_request);
    let said = Said { commits, pull_request, labels, today: &today() };
    let (waivers, complaints) = config.accept.waivers(&said);
    if let Some(theirs) = &mut changed.policy {
        theirs.lighter.clone_from(&waivers);
    }
    config.policy.lighter = waivers;
    complaints
}
