//! What a record must be about.

use super::{Refused, refused, shown};
use crate::event::is_commit;
use crate::model::{RunRecord, Source};

/// What the event and the API say of the run that left a record. The record must say the same: it decides nothing.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `owner/name` of the repository that the pull request is for.
    pub repository: &'a str,
    /// What set the measuring run off.
    pub event: &'a str,
    /// The pull request, where there is one.
    pub pull_request: Option<u64>,
    /// The commit that was to be judged.
    pub head: &'a str,
    /// Which try of the measuring run this is, from 1.
    pub attempt: u32,
}

impl Expected<'_> {
    /// Refuses a record about something else. Whether its base is one of the repository's is for git to say.
    pub fn check(&self, record: &RunRecord) -> Result<(), Refused> {
        let Some(trigger) = &record.trigger else {
            return refused(
                "the record does not say which event it was measured for: not by `benchgate check` in a workflow",
            );
        };
        if !trigger.repository.eq_ignore_ascii_case(self.repository) {
            let theirs = shown(&trigger.repository);
            return refused(format!("the record is of the repository '{theirs}', the event of '{}'", self.repository));
        }
        if trigger.event != self.event {
            let theirs = shown(&trigger.event);
            return refused(format!("the record was measured for the event '{theirs}', the run for '{}'", self.event));
        }
        if self.pull_request.is_some() && trigger.pull_request != self.pull_request {
            let number = |number: Option<u64>| number.map_or("none".to_owned(), |number| format!("#{number}"));
            let (theirs, ours) = (number(trigger.pull_request), number(self.pull_request));
            return refused(format!("the record is of the pull request {theirs}, the event of {ours}"));
        }
        if trigger.attempt > self.attempt {
            let (theirs, ours) = (trigger.attempt, self.attempt);
            return refused(format!("the record is of attempt {theirs}, the event of attempt {ours}"));
        }
        if record.head.revision != self.head {
            let theirs = shown(&record.head.revision);
            return refused(format!("the record's head is '{theirs}', the event's is {}", self.head));
        }
        match &record.base {
            None => refused("the record has no base: nothing was compared"),
            Some(base) if base.source == Source::File || record.head.source != Source::Built => {
                refused("the record compares files, not commits")
            }
            Some(base) if !is_commit(&base.revision) => {
                refused(format!("the record's base is '{}', no full commit id", shown(&base.revision)))
            }
            Some(_) => Ok(()),
        }
    }
}
