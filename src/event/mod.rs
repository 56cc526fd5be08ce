//! What set a workflow off: which commits it is about, as GitHub tells it.
//!
//! Floor 1. Payload and variables come as values; nothing is read behind the caller's back, and git is not asked.

mod payload;
#[cfg(test)]
mod tests;

use payload::Payload;
use std::fmt;

/// Bytes of a payload that are worth reading: GitHub sends no more.
pub const PAYLOAD_BYTES_MAX: u64 = 25 << 20;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pull request was opened or pushed to; the workflow has the rights of its author.
    PullRequest,
    /// Likewise, with the rights of the repository.
    PullRequestTarget,
    /// A merge queue asks whether a group may be merged.
    MergeGroup,
    /// A branch or a tag was pushed.
    Push,
    /// The clock.
    Schedule,
    /// Somebody pressed the button.
    WorkflowDispatch,
    /// Another workflow ended; with the rights of the repository.
    WorkflowRun,
    /// Anything else.
    Other(String),
}

impl Kind {
    /// As GitHub spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::PullRequest => "pull_request",
            Self::PullRequestTarget => "pull_request_target",
            Self::MergeGroup => "merge_group",
            Self::Push => "push",
            Self::Schedule => "schedule",
            Self::WorkflowDispatch => "workflow_dispatch",
            Self::WorkflowRun => "workflow_run",
            Self::Other(name) => name,
        }
    }

    fn new(name: &str) -> Self {
        let known = [
            Self::PullRequest,
            Self::PullRequestTarget,
            Self::MergeGroup,
            Self::Push,
            Self::Schedule,
            Self::WorkflowDispatch,
            Self::WorkflowRun,
        ];
        known.into_iter().find(|kind| kind.name() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// What head is to be compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Where head left this commit's history; `why` says what the commit is.
    Left {
        /// The full id.
        commit: String,
        /// For people, for example `the pull request's base 'main'`.
        why: String,
    },
    /// Where head left this branch.
    Branch(String),
    /// The commit before head.
    Parent,
    /// Whatever the configuration says.
    Configured,
}

/// The run that a `workflow_run` is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The run's id.
    pub run: u64,
    /// Which try of it, from 1.
    pub attempt: u32,
    /// What set that run off.
    pub event: String,
    /// `owner/name` that holds the head; absent when a fork is gone.
    pub repository: Option<String>,
    /// The branch of the head.
    pub branch: Option<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// `owner/name` of the repository that the workflow runs for.
    pub repository: String,
    /// The full id of the commit under judgement.
    pub head: String,
    /// What it is compared with.
    pub base: Base,
    /// The pull request, where the event names exactly one.
    pub pull_request: Option<u64>,
    /// What GitHub checks out for a pull request: its merge into the base, made when the event happened.
    pub merge_commit: Option<String>,
    /// The pull request's labels when the event happened.
    pub labels: Vec<String>,
    /// Whether head comes from another repository than the one that the workflow runs for.
    pub from_fork: bool,
    /// Of a `workflow_run`, what ran.
    pub source: Option<Source>,
    /// Which try of this workflow's run, from 1; a re-run has the first try's commits.
    pub attempt: u32,
}

/// Why an event says less than is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A variable that every runner sets is absent.
    #[error("{0} is not set, although GITHUB_ACTIONS is: the event cannot be told")]
    Variable(&'static str),
    /// There is no payload.
    #[error("the event '{0}' has no payload: GITHUB_EVENT_PATH names no file that can be read")]
    NoPayload(String),
    /// It is no payload of this event.
    #[error("the payload of the event '{event}' cannot be read: {why}")]
    Malformed {
        /// The event's name.
        event: String,
        /// The complaint, with line and column.
        why: String,
    },
    /// It lacks something.
    #[error("the payload of the event '{event}' has no '{field}'")]
    Lacks {
        /// The event's name.
        event: String,
        /// The field, as GitHub names it.
        field: &'static str,
    },
    /// Two places disagree, or a value cannot be.
    #[error("the event '{event}' contradicts itself: {why}")]
    Odd {
        /// The event's name.
        event: String,
        /// What with what.
        why: String,
    },
    /// Nothing is left to judge.
    #[error("{0}")]
    Nothing(String),
}

impl Event {
    /// Reads an event: `variable` gives the runner's variables, `payload` is what `GITHUB_EVENT_PATH` names.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>, payload: Option<&[u8]>) -> Result<Self, EventError> {
        let set = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        let need = |name: &'static str| set(name).ok_or(EventError::Variable(name));
        let name = need("GITHUB_EVENT_NAME")?;
        let runner = Runner {
            repository: need("GITHUB_REPOSITORY")?,
            sha: need("GITHUB_SHA")?,
            reference: set("GITHUB_REF").unwrap_or_default(),
            attempt: set("GITHUB_RUN_ATTEMPT").and_then(|text| text.parse().ok()).unwrap_or(1),
        };
        let kind = Kind::new(&name);
        let teller = Teller { kind, runner };
        teller.sound()?;
        let payload = payload.map(|bytes| Payload::parse(&name, bytes)).transpose()?;
        teller.tell(payload)
    }

    /// Whether this event's workflow may build and run its head; the error says what to do instead.
    pub fn may_measure(&self) -> Result<(), String> {
        match self.kind {
            Kind::PullRequestTarget if self.from_fork => Err(
                "'pull_request_target' has the repository's own rights, and this pull request comes from a fork: its code must \
                 not run here; measure on 'pull_request', publish on 'workflow_run'"
                    .to_owned(),
            ),
            Kind::WorkflowRun => Err("'workflow_run' has the repository's own rights: what it is about was measured by the run \
                                      before; `benchgate publish` posts it"
                .to_owned()),
            _ => Ok(()),
        }
    }
}

/// For people: what happened, and to which head.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event '{}'", self.kind.name())?;
        if let Some(number) = self.pull_request {
            write!(f, " of pull request #{number}")?;
        }
        if self.from_fork {
            f.write_str(" from a fork")?;
        }
        if self.attempt > 1 {
            write!(f, ", attempt {}", self.attempt)?;
        }
        Ok(())
    }
}

/// What the runner says beside the payload.
struct Runner {
    repository: String,
    sha: String,
    reference: String,
    attempt: u32,
}

/// Joins what the runner and the payload say.
struct Teller {
    kind: Kind,
    runner: Runner,
}

impl Teller {
    fn odd(&self, why: impl Into<String>) -> EventError {
        EventError::Odd { event: self.kind.name().to_owned(), why: why.into() }
    }

    fn lacks(&self, field: &'static str) -> EventError {
        EventError::Lacks { event: self.kind.name().to_owned(), field }
    }

    fn sound(&self) -> Result<(), EventError> {
        self.id("GITHUB_SHA", &self.runner.sha)?;
        self.repository("GITHUB_REPOSITORY", &self.runner.repository)
    }

    /// Refuses what is no full commit id: an abbreviation or a name would mean whatever a clone makes of it.
    fn id(&self, field: &str, text: &str) -> Result<(), EventError> {
        if is_commit(text) {
            Ok(())
        } else {
            Err(self.odd(format!("'{field}' is '{}', no full commit id", shown(text))))
        }
    }

    fn repository(&self, field: &str, text: &str) -> Result<(), EventError> {
        let plain = |part: &str| {
            let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.len() <= 100 && part.chars().all(sound) && part != "." && part != ".."
        };
        match text.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => Ok(()),
            _ => Err(self.odd(format!("'{field}' is '{}', not owner/name", shown(text)))),
        }
    }

    fn tell(self, payload: Option<Payload>) -> Result<Event, EventError> {
        if let Some(theirs) = payload.as_ref().and_then(|payload| payload.repository.as_ref())
            && !theirs.full_name.eq_ignore_ascii_case(&self.runner.repository)
        {
            let (theirs, ours) = (shown(&theirs.full_name), &self.runner.repository);
            return Err(self.odd(format!("the payload is of the repository '{theirs}', GITHUB_REPOSITORY is '{ours}'")));
        }
        let needed = payload.ok_or_else(|| EventError::NoPayload(self.kind.name().to_owned()));
        match self.kind {
            Kind::PullRequest | Kind::PullRequestTarget => self.pull_request(needed?),
            Kind::MergeGroup => self.merge_group(needed?),
            Kind::Push => self.push(&needed?),
            Kind::WorkflowRun => self.workflow_run(needed?),
            // These name no commits: the runner's own word is enough.
            Kind::Schedule | Kind::WorkflowDispatch | Kind::Other(_) => Ok(self.unnamed(needed.ok())),
        }
    }

    fn event(self, head: String, base: Base) -> Event {
        let Runner { repository, attempt, .. } = self.runner;
        Event {
            kind: self.kind,
            repository,
            head,
            base,
            pull_request: None,
            merge_commit: None,
            labels: Vec::new(),
            from_fork: false,
            source: None,
            attempt,
        }
    }

    fn pull_request(self, payload: Payload) -> Result<Event, EventError> {
        let pull = payload.pull_request.ok_or_else(|| self.lacks("pull_request"))?;
        self.id("pull_request.head.sha", &pull.head.sha)?;
        self.id("pull_request.base.sha", &pull.base.sha)?;
        let merge = format!("refs/pull/{}/merge", pull.number);
        if self.runner.reference.starts_with("refs/pull/") && self.runner.reference != merge {
            let theirs = shown(&self.runner.reference);
            return Err(self.odd(format!("the payload is of pull request #{}, GITHUB_REF is '{theirs}'", pull.number)));
        }
        // Absent where the fork is gone: a stranger's in any case.
        let theirs = pull.head.repo.as_ref().map(|repo| &repo.full_name);
        let from_fork = theirs.is_none_or(|theirs| !theirs.eq_ignore_ascii_case(&self.runner.repository));
        let base =
            Base::Left { commit: pull.base.sha, why: format!("the pull request's base '{}'", shown(&pull.base.name)) };
        let merge_commit = (self.runner.reference == merge).then(|| self.runner.sha.clone());
        let labels = pull.labels.into_iter().map(|label| label.name).collect();
        let event = self.event(pull.head.sha, base);
        Ok(Event { pull_request: Some(pull.number), merge_commit, labels, from_fork, ..event })
    }

    fn merge_group(self, payload: Payload) -> Result<Event, EventError> {
        let group = payload.merge_group.ok_or_else(|| self.lacks("merge_group"))?;
        self.id("merge_group.head_sha", &group.head_sha)?;
        self.id("merge_group.base_sha", &group.base_sha)?;
        // `refs/heads/gh-readonly-queue/main/pr-7-<base>`; of a group of several, the last one's.
        let last = group.head_ref.rsplit('/').next().unwrap_or_default();
        let number = last.strip_prefix("pr-").and_then(|rest| rest.split('-').next()?.parse().ok());
        let why = format!("what the queue merges it into, on '{}'", shown(branch(&group.base_ref)));
        let event = self.event(group.head_sha, Base::Left { commit: group.base_sha, why });
        Ok(Event { pull_request: number, ..event })
    }

    fn push(self, payload: &Payload) -> Result<Event, EventError> {
        let reference = payload.reference.as_deref().ok_or_else(|| self.lacks("ref"))?;
        let before = payload.before.as_deref().ok_or_else(|| self.lacks("before"))?;
        let after = payload.after.as_deref().ok_or_else(|| self.lacks("after"))?;
        self.id("before", before)?;
        self.id("after", after)?;
        let name = shown(branch(reference));
        if payload.deleted || is_zero(after) {
            return Err(EventError::Nothing(format!("the push deleted '{name}': nothing is left to judge")));
        }
        let default = payload.default_branch();
        let is_default = default.as_deref().is_some_and(|default| reference == format!("refs/heads/{default}"));
        let base = match default {
            // A tag stands on a line that was judged when it was pushed.
            _ if reference.starts_with("refs/tags/") => Base::Parent,
            _ if is_default && !is_zero(before) => {
                let forced = if payload.forced { ", which it replaces" } else { "" };
                Base::Left { commit: before.to_owned(), why: format!("'{name}' before the push{forced}") }
            }
            // Whatever was pushed before: small steps must not add up unseen.
            Some(default) if !is_default => Base::Branch(default),
            _ => Base::Parent,
        };
        let head = after.to_owned();
        Ok(self.event(head, base))
    }

    fn workflow_run(self, payload: Payload) -> Result<Event, EventError> {
        let run = payload.workflow_run.ok_or_else(|| self.lacks("workflow_run"))?;
        self.id("workflow_run.head_sha", &run.head_sha)?;
        let theirs = run.head_repository.map(|repo| repo.full_name);
        let from_fork = theirs.as_ref().is_none_or(|theirs| !theirs.eq_ignore_ascii_case(&self.runner.repository));
        // Empty for a fork's pull request: then only the API knows. A commit may also be the head of several.
        let mut pulls = run.pull_requests.into_iter().filter(|pull| pull.head.sha == run.head_sha);
        let pull = pulls.next().filter(|_| pulls.next().is_none());
        let base = match &pull {
            Some(pull) => {
                self.id("workflow_run.pull_requests.base.sha", &pull.base.sha)?;
                let why = format!("the pull request's base '{}'", shown(&pull.base.name));
                Base::Left { commit: pull.base.sha.clone(), why }
            }
            None => Base::Configured,
        };
        let source = Source {
            run: run.id,
            attempt: run.run_attempt,
            event: run.event,
            repository: theirs,
            branch: run.head_branch,
        };
        let event = self.event(run.head_sha, base);
        Ok(Event { pull_request: pull.map(|pull| pull.number), from_fork, source: Some(source), ..event })
    }

    fn unnamed(self, payload: Option<Payload>) -> Event {
        let default = payload.and_then(|payload| payload.default_branch());
        let head = self.runner.sha.clone();
        self.event(head, default.map_or(Base::Configured, Base::Branch))
    }
}

/// Whether a text is a full commit id, of SHA-1 or SHA-256.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|b| b == b'0')
}

fn branch(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/")).unwrap_or(reference)
}

/// A stranger's text within a sentence: short, and without what a terminal would obey.
fn shown(text: &str) -> String {
    crate::model::shown(text, 100)
}
