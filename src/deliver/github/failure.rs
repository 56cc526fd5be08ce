use std::time::Duration;

/// What kind of failure it is: what a caller, or a person, can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 401: no token, or not a valid one.
    Token,
    /// 403: the token may not.
    Forbidden,
    /// 404 and 410: not there, or not for this token's eyes.
    Missing,
    /// Any other refusal.
    Refused,
    /// 429, or a 403 that is a limit: nothing was done.
    Limited {
        /// How long GitHub asks to wait.
        wait: Option<Duration>,
    },
    /// 5xx: nobody knows whether it was done.
    Server,
    /// No whole answer: nobody knows whether it was done.
    Cut,
    /// No whole answer in time: nobody knows whether it was done.
    Late,
    /// The answer is larger than what is read.
    TooLarge,
    /// The answer is not what GitHub documents.
    Unreadable,
    /// Somebody else changed the same thing again and again.
    Contended,
    /// The process was asked to end.
    Interrupted,
}

/// A request that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {doing}: {said}")]
pub struct Failure {
    /// What was tried: "create the comment".
    pub doing: String,
    /// Which kind.
    pub kind: Kind,
    /// What was answered, or why there was no answer; without the token, on one line.
    pub said: String,
}

impl Failure {
    pub(super) fn new(doing: &str, kind: Kind, said: impl Into<String>) -> Self {
        Self { doing: doing.to_owned(), kind, said: said.into() }
    }

    /// Whether the same may be tried again after a pause.
    pub(super) fn passes(&self) -> bool {
        matches!(self.kind, Kind::Limited { .. } | Kind::Server | Kind::Cut | Kind::Late)
    }

    /// What a person can do about it.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self.kind {
            Kind::Token => {
                "set GITHUB_TOKEN to a token that is valid: in a workflow, env: GITHUB_TOKEN: ${{ github.token }}"
            }
            Kind::Forbidden => {
                "grant the job the permission that docs/github.md names; a fork's pull request has a token that only reads, \
                 publish from a workflow_run workflow there"
            }
            Kind::Missing => "check --repository, --pull-request and --sha, and that the token may see that repository",
            Kind::Refused => "see docs/github.md for what is posted; if it should have been taken, please report this",
            Kind::Limited { .. } => "run the job again later; the limit is that of the token's account",
            Kind::Server | Kind::Cut | Kind::Late => {
                "run the job again; check GITHUB_API_URL, and whether GitHub has an incident"
            }
            Kind::TooLarge => "nothing that benchgate writes is so large; check what was uploaded",
            Kind::Unreadable => "check that GITHUB_API_URL is the address of GitHub's API",
            Kind::Contended => "let one job at a time publish, with a concurrency group; the next one repairs it",
            Kind::Interrupted => "run the job again",
        }
    }
}
