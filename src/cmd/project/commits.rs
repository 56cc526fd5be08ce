//! Which commits a gate run is about: flags win over the event that set a workflow off, the event over the clone.

use super::Revisions;
use crate::cmd::Io;
use crate::event::{Base, Event, Kind, PAYLOAD_BYTES_MAX};
use crate::git::{BaseChoice, Commit, Repo};
use crate::model::Trigger;
use anyhow::{Context, Result, bail};
use std::io::Read as _;

/// The event that this process runs for; none outside of GitHub's Actions.
pub(in crate::cmd) fn event(io: &Io<'_>) -> Result<Option<Event>> {
    let variable = |name: &str| io.variable(name).map(|value| value.to_string_lossy().into_owned());
    if variable("GITHUB_ACTIONS").as_deref() != Some("true") {
        return Ok(None);
    }
    let payload = variable("GITHUB_EVENT_PATH").and_then(|path| {
        let mut bytes = Vec::new();
        std::fs::File::open(path).ok()?.take(PAYLOAD_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    });
    Event::read(&variable, payload.as_deref())
        .map(Some)
        .context("which commits to compare cannot be told; name them with --base REV and --head REV")
}

/// What is judged and what it is compared with.
pub(super) struct Commits {
    /// The revision to judge instead of the working tree.
    pub(super) head: Option<String>,
    /// What `merge-base` means here.
    pub(super) merge_base: BaseChoice,
    /// Where gate and policy are read, if not at base: a pull request's base may be ahead of where the branch left it, and an
    /// author must not choose an old policy by choosing where to branch.
    pub(super) policy: Option<Commit>,
    /// What set the run off, for the record.
    pub(super) trigger: Option<Trigger>,
    /// What a reader should know, a sentence each.
    pub(super) notes: Vec<String>,
}

impl Commits {
    pub(super) fn choose(repo: &Repo, revisions: &Revisions<'_>) -> Result<Self> {
        let mut chosen = Self {
            head: revisions.head.map(str::to_owned),
            merge_base: BaseChoice::MergeBase,
            policy: None,
            trigger: None,
            notes: Vec::new(),
        };
        if let Some(event) = revisions.event {
            chosen.follow(event, repo)?;
        }
        Ok(chosen)
    }

    fn follow(&mut self, event: &Event, repo: &Repo) -> Result<()> {
        let named = self.head.is_some();
        refuse(event, self.head.as_deref(), repo)?;
        let out = repo.head_commit()?;
        let of_pull = matches!(event.kind, Kind::PullRequest | Kind::PullRequestTarget);
        if !named && of_pull && out.id != event.head {
            // What is checked out is a merge into the base: what the author wrote is measured, and so the answer is that of
            // `benchgate check` on the author's own machine.
            self.head = Some(event.head.clone());
        } else if !of_pull && !named && out.id != event.head {
            let (ours, theirs) = (out.short(), event.head.get(..10).unwrap_or_default());
            self.notes.push(format!("{ours} is checked out, not {theirs} of the {event}: its base is as configured"));
            return Ok(());
        }
        self.merge_base = self.base(event, repo)?;
        if !named {
            self.notes.push(format!("head is {}: {event}", event.head.get(..10).unwrap_or_default()));
            self.trigger = Some(Trigger {
                event: event.kind.name().to_owned(),
                repository: event.repository.clone(),
                pull_request: event.pull_request,
                attempt: event.attempt,
                policy: self.policy.as_ref().map(|commit| commit.id.clone()),
            });
        }
        Ok(())
    }

    fn base(&mut self, event: &Event, repo: &Repo) -> Result<BaseChoice> {
        Ok(match &event.base {
            Base::Configured => BaseChoice::MergeBase,
            Base::Parent => BaseChoice::Parent,
            Base::Branch(name) => BaseChoice::Branch(name.clone()),
            Base::Left { commit, why } => {
                let commit = merged_into(event, repo).unwrap_or_else(|| commit.clone());
                match repo.resolve(&commit) {
                    Ok(tip) => self.policy = Some(tip),
                    Err(_) if event.kind == Kind::Push => {
                        let short = commit.get(..10).unwrap_or_default();
                        let next = "is not in this clone; head is compared with the commit before it";
                        self.notes.push(format!("{short}, {why}, {next}"));
                        return Ok(BaseChoice::Parent);
                    }
                    Err(error) => {
                        return Err(error).context(format!(
                            "the base of the {event} is not in this clone; if its branch was rewritten since, push again: that is a new \
                             event with the present base"
                        ));
                    }
                }
                BaseChoice::Left { commit, why: why.clone() }
            }
        })
    }
}

/// Refuses to run a stranger's code with the repository's rights, also where a flag names it.
pub(in crate::cmd) fn refuse(event: &Event, named: Option<&str>, repo: &Repo) -> Result<()> {
    let Err(why) = event.may_measure() else { return Ok(()) };
    let Some(named) = named else { bail!(why) };
    let Ok(head) = repo.resolve(named) else { return Ok(()) };
    // GitHub's merge of it runs it as well.
    let is_theirs = head.id == event.head || repo.parents(&head)?.contains(&event.head);
    if event.from_fork && is_theirs {
        bail!(why);
    }
    Ok(())
}

/// What GitHub merged the pull request into for this event: the base's tip at that moment, which the payload may lag behind.
fn merged_into(event: &Event, repo: &Repo) -> Option<String> {
    let merge = repo.resolve(event.merge_commit.as_deref()?).ok()?;
    match repo.parents(&merge).ok()?.as_slice() {
        [base, head] if *head == event.head => Some(base.clone()),
        _ => None,
    }
}
