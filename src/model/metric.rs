use serde::{Deserialize, Serialize};
use std::fmt;

/// The base unit in which a metric is stored; it is scaled only when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    /// Seconds.
    #[serde(rename = "s")]
    Second,
    /// Bytes.
    #[serde(rename = "B")]
    Byte,
    /// A count or a plain ratio.
    #[serde(rename = "1")]
    One,
    /// Events per second.
    #[serde(rename = "1/s")]
    PerSecond,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "s",
            Self::Byte => "B",
            Self::One => "1",
            Self::PerSecond => "1/s",
        })
    }
}

/// Which direction of a metric is an improvement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less is better: times, sizes, faults.
    Lower,
    /// More is better: throughput.
    Higher,
}

/// How a metric varies between launches of the same code, which picks the arithmetic that judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// It varies from launch to launch: compared by intervals (`docs/method.md`).
    Sampled,
    /// It hardly varies: a counter, compared by its range (`docs/method.md`).
    Exact,
}

/// What is measured: a name, its unit, which direction is better, and how it varies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Metric {
    /// The metric's name, for example `wall-time`.
    pub name: String,
    /// Its base unit.
    pub unit: Unit,
    /// Its better direction.
    pub better: Better,
    /// How it varies.
    pub distribution: Distribution,
}

/// Name, unit and distribution of every metric that benchgate itself measures; for all of them lower is better.
const KNOWN: [(&str, Unit, Distribution); 9] = [
    ("wall-time", Unit::Second, Distribution::Sampled),
    ("user-time", Unit::Second, Distribution::Sampled),
    ("system-time", Unit::Second, Distribution::Sampled),
    ("max-rss", Unit::Byte, Distribution::Sampled),
    ("page-faults", Unit::One, Distribution::Sampled),
    ("context-switches", Unit::One, Distribution::Sampled),
    ("bytes-read", Unit::Byte, Distribution::Exact),
    ("bytes-written", Unit::Byte, Distribution::Exact),
    ("instructions", Unit::One, Distribution::Exact),
];

/// Metrics that benchgate only reads of others, under the names that it gives them.
const READ: [(&str, Unit, Better); 10] = [
    ("allocated-bytes", Unit::Byte, Better::Lower),
    ("allocations", Unit::One, Better::Lower),
    ("bytes-per-second", Unit::PerSecond, Better::Higher),
    ("cpu-time", Unit::Second, Better::Lower),
    ("error-rate", Unit::One, Better::Lower),
    ("latency", Unit::Second, Better::Lower),
    ("latency-p90", Unit::Second, Better::Lower),
    ("latency-p99", Unit::Second, Better::Lower),
    ("latency-p99.9", Unit::Second, Better::Lower),
    ("throughput", Unit::PerSecond, Better::Higher),
];

/// The metric of that name, if benchgate can measure it or has a name of its own for it in others' results.
#[must_use]
pub fn named_metric(name: &str) -> Option<Metric> {
    let read = || READ.iter().find(|(read, ..)| *read == name);
    known_metric(name).or_else(|| {
        read().map(|&(name, unit, better)| {
            let distribution = Distribution::Sampled;
            Metric { name: name.to_owned(), unit, better, distribution }
        })
    })
}

/// The names that [`named_metric`] answers to.
pub fn named_metrics() -> impl Iterator<Item = &'static str> {
    known_metrics().chain(READ.iter().map(|&(name, ..)| name))
}

/// The metric of that name, if benchgate can measure it.
#[must_use]
pub fn known_metric(name: &str) -> Option<Metric> {
    KNOWN.iter().find(|(known, ..)| *known == name).map(|&(name, unit, distribution)| Metric {
        name: name.to_owned(),
        unit,
        better: Better::Lower,
        distribution,
    })
}

/// The names that [`known_metric`] answers to.
pub fn known_metrics() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|&(name, ..)| name)
}
