use serde::{Deserialize, Serialize};
use std::fmt;

/// A benchmark's name: the suite it belongs to, and what its harness calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BenchmarkId {
    /// The configured suite, for example `parser`.
    pub suite: String,
    /// The harness's own name of the benchmark, for example `parse/large/1024`. Any text.
    pub benchmark: String,
}

impl BenchmarkId {
    /// Joins a suite and a benchmark name.
    pub fn new(suite: impl Into<String>, benchmark: impl Into<String>) -> Self {
        Self { suite: suite.into(), benchmark: benchmark.into() }
    }
}

impl fmt::Display for BenchmarkId {
    /// `suite/benchmark`: the spelling that globs in `--bench`, `[[waiver]]` and `[[budget]]` match.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.suite, self.benchmark)
    }
}

/// One of the two revisions that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The revision compared against.
    Base,
    /// The revision under judgement.
    Head,
}

impl Side {
    /// Both sides, base first.
    pub const BOTH: [Self; 2] = [Self::Base, Self::Head];

    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Base => Self::Head,
            Self::Head => Self::Base,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Head => "head",
        })
    }
}
