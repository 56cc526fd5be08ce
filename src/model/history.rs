use super::{Better, Unit};

/// What a series is called where a history names no metric of its own.
pub const VALUE: &str = "value";

/// Runs in order of time, and the values that they left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// One entry per run, oldest first.
    pub runs: Vec<RunLabel>,
    /// One entry per benchmark and metric.
    pub series: Vec<Series>,
    /// What is in the source and in no series, one sentence each.
    pub left_out: Vec<String>,
}

/// What a run of the past is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunLabel {
    /// The commit that was measured.
    pub commit: Option<String>,
    /// When, as the source writes it.
    pub time: Option<String>,
    /// The environment class of the machine, where the source knows it: values of different classes are never compared.
    pub environment: Option<String>,
}

/// The values of one benchmark and metric over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// `suite/benchmark`, or whatever the source calls it.
    pub benchmark: String,
    /// The metric's name; [`VALUE`] where nothing is known of it.
    pub metric: String,
    /// The unit of its values; absent where nothing is known of it.
    pub unit: Option<Unit>,
    /// Its better direction, where known.
    pub better: Option<Better>,
    /// One value per run; NaN where the run has none.
    pub values: Vec<f64>,
}
