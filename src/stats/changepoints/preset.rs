//! The ways to look for changes that have a name.

use super::Detector;
use std::str::FromStr;

/// A [`Detector`] by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// [`Detector::DEFAULT`].
    #[default]
    Default,
    /// [`Detector::SENSITIVE`].
    Sensitive,
    /// [`Detector::STRICT`].
    Strict,
}

impl Preset {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Default, Self::Sensitive, Self::Strict];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Sensitive => "sensitive",
            Self::Strict => "strict",
        }
    }

    /// What to expect of it, in a line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Default => "Few false alarms",
            Self::Sensitive => "More and smaller changes, and more false alarms",
            Self::Strict => "Only large changes that last: the fewest alarms, told later",
        }
    }

    /// What it looks for, and how.
    #[must_use]
    pub fn detector(self) -> Detector {
        match self {
            Self::Default => Detector::DEFAULT,
            Self::Sensitive => Detector::SENSITIVE,
            Self::Strict => Detector::STRICT,
        }
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|preset| preset.name() == text);
        found.ok_or_else(|| format!("'{text}' is not a detector; use one of {}", all()))
    }
}
