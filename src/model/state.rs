use super::{BenchmarkId, Side};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a benchmark has no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Head has it, base does not.
    New,
    /// Base has it, head does not.
    Missing,
    /// A launch ended badly twice.
    Failed,
    /// A launch took longer than its timeout, twice.
    TimedOut,
    /// A launch ended well but left no result that could be read, twice.
    Unreadable,
    /// Both sides are the same bytes: unchanged by construction, not measured.
    Identical,
    /// The time budget ended before the first look.
    Unmeasured,
}

impl State {
    /// Every state, in the order they are documented.
    pub const ALL: [Self; 7] =
        [Self::New, Self::Missing, Self::Failed, Self::TimedOut, Self::Unreadable, Self::Identical, Self::Unmeasured];

    /// The one spelling: in JSON, in documents, on the screen.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Missing => "missing",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Unreadable => "unreadable",
            Self::Identical => "identical",
            Self::Unmeasured => "unmeasured",
        }
    }

    /// What it means and what to do next, as `benchgate explain` prints it.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::New => {
                "Head has this benchmark and base does not, or its suite is new and base cannot build or run it. There is nothing to \
                 compare it with; the next run has."
            }
            Self::Missing => {
                "Base has this benchmark and head does not. `on-missing` decides what follows (by default the gate fails). \
                 If it was removed on purpose, list it under `removed` in the suite."
            }
            Self::Failed => {
                "A launch ended with a signal or an unexpected exit status, and so did its retry. The detail holds the last \
                 lines it printed. A head that fails where base does not is a regression of its own: the gate fails."
            }
            Self::TimedOut => {
                "A launch took longer than the suite's `timeout`, and so did its retry. Its process group was killed."
            }
            Self::Unreadable => {
                "A launch ended well but left no result that benchgate could read, and so did its retry. The detail names the \
                 file and the place."
            }
            Self::Identical => {
                "The executables of base and head are the same bytes, and no file that a benchmark might read at run time \
                 changed: unchanged by construction. No time was spent on it."
            }
            Self::Unmeasured => {
                "The measuring budget ended before this benchmark had the six pairs of its first look. A benchmark that did not \
                 run must not look like one that passed: the gate fails. Raise `budget`, or choose fewer benchmarks with \
                 `--bench` or `include`."
            }
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One benchmark that has no verdict, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateEntry {
    /// Which benchmark.
    #[serde(flatten)]
    pub id: BenchmarkId,
    /// Why.
    pub state: State,
    /// The only side it holds for; absent where it holds for both, or sides make no sense.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Side>,
    /// The evidence: for example the last lines of the child. May be empty.
    pub detail: String,
}
