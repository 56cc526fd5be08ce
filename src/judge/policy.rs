use super::Waiver;
use crate::model::BenchmarkId;
use globset::GlobMatcher;
use serde::{Deserialize, Serialize};

/// What a finding does to the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is listed, nothing more.
    Allow,
    /// It is shown where people look; the outcome does not change.
    Warn,
    /// It fails the gate.
    Deny,
}

impl Level {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Allow, Self::Warn, Self::Deny]
            .into_iter()
            .find(|level| level.code() == text)
            .ok_or_else(|| format!("'{text}' is not a level; use allow, warn or deny"))
    }
}

/// A threshold that differs from the gate's: the last rule that matches wins.
#[derive(Clone, Debug)]
pub struct ThresholdRule {
    /// The suite it belongs to.
    pub suite: String,
    /// The metric it is for; `None` for all.
    pub metric: Option<String>,
    /// The smallest change that matters, as a fraction.
    pub threshold: f64,
}

/// An absolute limit beside the relative gate.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Matches `suite/benchmark`.
    pub benchmark: GlobMatcher,
    /// The metric's name.
    pub metric: String,
    /// The largest allowed value, in the metric's base unit.
    pub max: f64,
}

/// How the p-values of a run's rows are adjusted for their number (`docs/method.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correction {
    /// Benjamini and Hochberg: where several rows are slower, each helps to see the others.
    #[default]
    BenjaminiHochberg,
    /// Holm: the chance of any false red row is at most alpha, whatever else is slower.
    Holm,
}

impl Correction {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BenjaminiHochberg => "benjamini-hochberg",
            Self::Holm => "holm",
        }
    }
}

impl std::str::FromStr for Correction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::BenjaminiHochberg, Self::Holm]
            .into_iter()
            .find(|correction| correction.code() == text)
            .ok_or_else(|| format!("'{text}' is not a correction; use benjamini-hochberg or holm"))
    }
}

/// Everything that turns numbers into an answer.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How the p-values are adjusted for the number of rows.
    pub correction: Correction,
    /// The chance that a gate run on unchanged code says regression, for the whole run.
    pub alpha: f64,
    /// The smallest change that matters, as a fraction, where no rule says otherwise.
    pub threshold: f64,
    /// Thresholds of suites and metrics.
    pub rules: Vec<ThresholdRule>,
    /// What an inconclusive row does.
    pub on_inconclusive: Level,
    /// What a missing benchmark does.
    pub on_missing: Level,
    /// Benchmarks declared removed: their absence is allowed.
    pub removed: Vec<GlobMatcher>,
    /// Accepted regressions.
    pub waivers: Vec<Waiver>,
    /// Those that a change may give itself: by a trailer, by a label.
    pub lighter: Vec<Waiver>,
    /// Absolute limits.
    pub limits: Vec<Limit>,
    /// Today, `YYYY-MM-DD`, for the waivers' expiry.
    pub today: String,
}

impl Policy {
    /// Everything that it says, a line each: two policies that say the same judge the same. Today is no part of it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let levels = [self.on_inconclusive, self.on_missing].map(Level::code);
        let mut lines = vec![format!("{} {:?} {:?} {levels:?}", self.correction.code(), self.alpha, self.threshold)];
        lines.extend(self.rules.iter().map(|rule| format!("{rule:?}")));
        lines.extend(self.removed.iter().map(|removed| format!("removed {:?}", removed.glob().glob())));
        lines.extend(self.waivers.iter().map(|waiver| {
            let Waiver { benchmark, metric, ceiling, until, .. } = waiver;
            format!("waiver {:?} {metric:?} {ceiling:?} {until:?}", benchmark.glob().glob())
        }));
        lines.extend(self.limits.iter().map(|limit| {
            let Limit { benchmark, metric, max } = limit;
            format!("limit {:?} {metric:?} {max:?}", benchmark.glob().glob())
        }));
        lines
    }

    /// The threshold of one benchmark's metric, as a fraction.
    #[must_use]
    pub fn threshold_for(&self, id: &BenchmarkId, metric: &str) -> f64 {
        self.rules
            .iter()
            .rev()
            .find(|rule| rule.suite == id.suite && rule.metric.as_deref().is_none_or(|m| m == metric))
            .map_or(self.threshold, |rule| rule.threshold)
    }
}
