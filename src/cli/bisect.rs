//! What `bisect` takes.

use clap::Args;

/// Arguments of `bisect`.
#[derive(Debug, Args)]
pub struct Bisect {
    /// A commit before the change
    pub good: String,
    /// A commit after it
    pub bad: String,
    /// The benchmark, as suite/benchmark or benchmark
    #[arg(long, value_name = "ID")]
    pub bench: String,
    /// Which of its metrics; the first one otherwise
    #[arg(long, value_name = "NAME")]
    pub metric: Option<String>,
    /// How probable the culprit has to be before the search ends
    #[arg(long, value_name = "PERCENT", default_value = "99%")]
    pub certainty: String,
    /// Measuring time, for example 10m; building is not counted
    #[arg(long, value_name = "TIME")]
    pub budget: Option<String>,
    /// Where the random order comes from; a search prints its seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Go on with an interrupted search; no finished launch is repeated
    #[arg(long, conflicts_with = "seed")]
    pub resume: bool,
}
