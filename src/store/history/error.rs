use std::fmt::Display;
use std::io;
use std::path::Path;

/// What kind of trouble a history is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The system refuses it: a missing folder, a missing right.
    Access,
    /// It is no longer where it was.
    Gone,
    /// No space is left.
    Full,
    /// What is stored is not what was written.
    Damaged,
    /// A newer benchgate wrote it.
    Newer,
    /// Others kept it busy for longer than anybody should wait.
    Busy,
    /// A server or a remote repository does not answer, or hung up.
    Unreachable,
    /// What was to be stored, or the store's own address, makes no sense.
    Refused,
}

/// What went wrong with a history: where, what, and the next step. It never holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}; {next}")]
pub struct HistoryError {
    /// Which kind.
    pub trouble: Trouble,
    place: String,
    problem: String,
    next: String,
}

impl HistoryError {
    pub(super) fn new(
        trouble: Trouble,
        place: impl Into<String>,
        problem: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { trouble, place: place.into(), problem: problem.into(), next: next.into() }
    }

    /// From the file system.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let full = matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        let place = path.display().to_string();
        if full {
            return Self::full(place, error);
        }
        let trouble = if error.kind() == io::ErrorKind::NotFound { Trouble::Gone } else { Trouble::Access };
        Self::new(trouble, place, error.to_string(), "check that the path is right and may be written")
    }

    pub(super) fn is_gone(&self) -> bool {
        self.trouble == Trouble::Gone
    }

    pub(super) fn full(place: impl Into<String>, why: impl Display) -> Self {
        let next = "free some space and run it again: nothing that was stored is lost";
        Self::new(Trouble::Full, place, why.to_string(), next)
    }

    pub(super) fn damaged(place: impl Into<String>, problem: impl Into<String>) -> Self {
        let next = "restore it from a copy (`benchgate history verify` lists everything that is damaged)";
        Self::new(Trouble::Damaged, place, problem, next)
    }

    pub(super) fn newer(place: impl Into<String>, found: impl Display, known: impl Display) -> Self {
        let problem = format!("schema {found} is newer than this benchgate knows ({known})");
        Self::new(Trouble::Newer, place, problem, "update benchgate")
    }

    pub(super) fn refused(place: impl Into<String>, problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(Trouble::Refused, place, problem, next)
    }
}
