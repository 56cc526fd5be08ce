//! The file, then the flags, then what was detected: one valid value for everybody else.
//!
//! Floor 3. Reads the one file that it is told to; no git, no processes, no environment, no clock. Whatever is wrong is
//! said at once, each thing with its place and the next step.

mod changes;
mod command;
mod diagnostics;
mod file;
mod github;
mod harness;
mod lighter;
mod read_command;
mod read_suite;
mod reader;
mod resolve;
mod suite;
#[cfg(test)]
mod tests;
mod value;
mod waivers;

pub use changes::changes;
pub use command::{Command, CommandSuite, EXPANSIONS_MAX, ExpandedCommand, Run};
pub use diagnostics::{Complaint, Diagnostics};
pub use file::{FILE_BYTES_MAX, File, load, parse};
pub use github::{CommentWhen, GitHub};
pub use harness::{HarnessSuite, templates};
pub use lighter::{Accept, Said};
pub use resolve::{Config, Gate, Overrides, Selection, resolve};
pub use suite::{
    BUILD_TIMEOUT, CRITERION_MEASURING, CRITERION_SAMPLES, CRITERION_WARM_UP, CriterionSuite, HARNESS_TIMEOUT, Kind,
    MetricRule, Suite, TIMEOUT,
};
pub use value::{
    parse_alpha, parse_cpus, parse_date, parse_duration, parse_glob, parse_percent, parse_positive_duration,
    parse_threshold, parse_value,
};
pub use waivers::with_waivers;

/// Where base's numbers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Against {
    /// Stored baselines screen, pairing confirms.
    #[default]
    Auto,
    /// Base is built and measured together with head.
    Paired,
    /// Stored baselines only.
    Stored,
}

impl Against {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Paired => "paired",
            Self::Stored => "stored",
        }
    }
}

impl std::str::FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Auto, Self::Paired, Self::Stored]
            .into_iter()
            .find(|against| against.code() == text)
            .ok_or_else(|| format!("'{text}' is not known here; use auto, paired or stored"))
    }
}
