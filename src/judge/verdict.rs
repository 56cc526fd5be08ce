use serde::{Deserialize, Serialize};
use std::fmt;

/// The answer for one comparison. There is no default and no word for "not compared": that is a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval lies beyond the threshold, on the worse side.
    Regression,
    /// The interval neither lies beyond the threshold nor inside it.
    Inconclusive,
    /// The whole interval lies beyond the threshold, on the better side.
    Improvement,
    /// The whole (equivalence) interval lies inside the threshold.
    Unchanged,
}

impl Verdict {
    /// Every verdict, worst first.
    pub const ALL: [Self; 4] = [Self::Regression, Self::Inconclusive, Self::Improvement, Self::Unchanged];

    /// The one spelling: in JSON, in documents, on the screen.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Inconclusive => "inconclusive",
            Self::Improvement => "improvement",
            Self::Unchanged => "unchanged",
        }
    }

    /// What it means and what to do next, as `benchgate explain` prints it.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::Regression => {
                "The whole interval of the change lies beyond the threshold, on the worse side, with every look at the data and \
                 every other benchmark of the run counted in. On unchanged code at most one gate run in 1/alpha says so."
            }
            Self::Inconclusive => {
                "The interval neither lies beyond the threshold nor inside it: the run could not tell. The row says how many pairs \
                 would. `on-inconclusive` decides what follows (by default a warning)."
            }
            Self::Improvement => "The whole interval of the change lies beyond the threshold, on the better side.",
            Self::Unchanged => {
                "The whole 90 % interval of the change lies inside the threshold: the benchmark was shown to be the same, \
                 which is more than not having been shown to differ."
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The answer of the whole gate. Decided before anything is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything that policy asks for holds.
    Pass,
    /// At least one regression that no waiver covers, or a benchmark that works in base and fails in head.
    Regression,
    /// Policy denies something that could not be decided or is missing.
    Inconclusive,
    /// Nothing could be compared: never a pass.
    Error,
}

impl Outcome {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Regression => "regression",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
