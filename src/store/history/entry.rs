use super::{HistoryError, Time};
use crate::model::{Distribution, Environment, Metric, clean};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Values of one entry.
const VALUES_MAX: usize = 100_000;

/// Bytes of a benchmark's name or a reason, and of any other name.
const TEXT_BYTES_MAX: usize = 4096;
const NAME_BYTES_MAX: usize = 500;

/// What is known of a run beside its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The commit it measured.
    pub revision: String,
    /// When that commit was made; absent where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub committed: Option<Time>,
    /// When it was measured.
    pub recorded: Time,
    /// Launches per benchmark.
    pub launches: u32,
    /// Why it was accepted although it looked worse, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<String>,
}

impl Run {
    /// What runs are ordered by: the commit's time, so that an old commit measured today takes its place among the old ones.
    #[must_use]
    pub fn when(&self) -> Time {
        self.committed.unwrap_or(self.recorded)
    }
}

/// What one run found of one benchmark and metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The benchmark's name within the suite.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// The median over the run's launches, in base units.
    pub value: f64,
    /// Half the distance between their quartiles, in base units; absent where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spread: Option<f64>,
}

/// One run of one suite in one environment: what a history is made of. Never changed once it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The suite.
    pub suite: String,
    /// Where it took place.
    pub environment: Environment,
    /// Which run.
    #[serde(flatten)]
    pub run: Run,
    /// Sorted by benchmark and metric.
    pub values: Vec<Found>,
}

impl Entry {
    /// Rounds what varies from launch to launch to six digits, sorts the values, and refuses what no history should hold.
    pub fn new(
        suite: impl Into<String>,
        environment: Environment,
        run: Run,
        values: Vec<Found>,
    ) -> Result<Self, HistoryError> {
        let mut entry = Self { suite: suite.into(), environment, run, values };
        for found in &mut entry.values {
            if found.metric.distribution == Distribution::Sampled {
                found.value = rounded::<6>(found.value);
            }
            found.spread = found.spread.map(rounded::<2>);
        }
        entry.values.sort_by(|a, b| (&a.benchmark, &a.metric).cmp(&(&b.benchmark, &b.metric)));
        entry.check()?;
        Ok(entry)
    }

    fn check(&self) -> Result<(), HistoryError> {
        let refuse = |problem: String| {
            let place = format!("run {} of suite '{}'", clean(&self.run.revision), clean(&self.suite));
            Err(HistoryError::refused(place, problem, "nothing was stored"))
        };
        let names = [&self.suite, &self.run.revision, &self.environment.class];
        let names = names.into_iter().chain(self.values.iter().map(|found| &found.metric.name));
        let texts = self.values.iter().map(|found| &found.benchmark).chain(&self.run.accepted);
        if let Some(odd) = odd_name(names, texts) {
            return refuse(odd);
        }
        if self.values.is_empty() || self.values.len() > VALUES_MAX {
            return refuse(format!("it has {} values; a run has 1 to {VALUES_MAX}", self.values.len()));
        }
        let odd = |found: &&Found| !is_number(found.value) || !found.spread.is_none_or(is_number);
        if let Some(found) = self.values.iter().find(odd) {
            return refuse(format!("'{}' has a value that is negative or not finite", found.benchmark));
        }
        let twice =
            self.values.windows(2).find(|two| two[0].benchmark == two[1].benchmark && two[0].metric == two[1].metric);
        match twice {
            Some(two) => refuse(format!("'{}' {} comes twice", two[0].benchmark, two[0].metric.name)),
            None => Ok(()),
        }
    }

    /// The first 128 bits of the SHA-256 of all it says, as 32 hexadecimal digits: the same run stored again has the same id,
    /// and one that was changed in the store has not.
    #[must_use]
    pub fn id(&self) -> String {
        // A value of these types always has a JSON form.
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex(&Sha256::digest(text)[..16])
    }
}

/// What is wrong with the first of these names, or else of these longer texts, that nothing may be called.
pub(super) fn odd_name<'a>(
    mut names: impl Iterator<Item = &'a String>,
    mut texts: impl Iterator<Item = &'a String>,
) -> Option<String> {
    let odd = names.find(|name| !is_plain(name, NAME_BYTES_MAX));
    let odd = odd.or_else(|| texts.find(|text| !is_plain(text, TEXT_BYTES_MAX)))?;
    let shown: String = odd.chars().filter(|c| !c.is_control()).take(40).collect();
    Some(format!("'{shown}' is no name: it is empty, too long, or holds control characters"))
}

/// Whether a value can be one of a run's.
pub(super) fn is_number(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// Whether a text can be a name: not empty, printable, bounded.
fn is_plain(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
}

/// So many significant digits.
fn rounded<const DIGITS: usize>(value: f64) -> f64 {
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
