use std::fmt::Display;
use std::path::Path;

/// Why something could not be had from git: what failed, the cause, and (beside the text) the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct GitError {
    what: String,
    cause: String,
    hint: Option<String>,
    outside: bool,
}

impl GitError {
    pub(super) fn new(what: impl Into<String>, cause: impl Display) -> Self {
        Self { what: what.into(), cause: cause.to_string(), hint: None, outside: false }
    }

    /// From libgit2, without the class and code numbers that its own `Display` appends.
    pub(super) fn git(what: impl Into<String>, error: &git2::Error) -> Self {
        let made = Self::new(what, error.message().trim_end_matches('.'));
        match error.code() {
            git2::ErrorCode::Owner => made.advise("run 'git config --global --add safe.directory DIR' with this repository's directory, if you trust its owner"),
            _ if error.message().contains("unsupported extension") || error.message().contains("object format") => made
                .advise("libgit2 reads repositories with SHA-1 ids and the 'files' ref format only: make such a clone"),
            _ => made,
        }
    }

    /// From the file system: `verb` is what was tried ("read", "write"), `path` what it was tried on.
    pub(super) fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        let made = Self::new(format!("cannot {verb} '{}'", path.display()), error);
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                made.advise("free some space there, then run it again: it goes on where it stopped")
            }
            std::io::ErrorKind::PermissionDenied => made.advise("check who owns that file and its directory"),
            _ => made,
        }
    }

    pub(super) fn advise(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn outside(mut self) -> Self {
        self.outside = true;
        self
    }

    /// The next step, for the `hint:` line.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    /// Whether there simply is no git repository, which some commands can do without.
    pub fn is_outside(&self) -> bool {
        self.outside
    }
}
