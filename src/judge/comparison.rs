use super::{Level, Verdict, Waiver};
use crate::model::{Better, State, Unit, Warning};
use serde::{Deserialize, Serialize};

/// What one side's launches look like, in the metric's base unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideSummary {
    /// Launches.
    pub n: u32,
    /// Median over launches.
    pub median: f64,
    /// Mean over launches.
    pub mean: f64,
    /// Standard deviation over launches; absent for a single launch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sd: Option<f64>,
    /// One number per launch, in time order; where the method is `paired`, `base[i]` and `head[i]` are a pair, and where it is
    /// `stored`, base has one per run. May be left out: only pictures need them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub observations: Vec<f64>,
}

/// The waiver that covers a regression, as the report names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedWaiver {
    /// The largest accepted change, as a fraction.
    pub ceiling: f64,
    /// The last day it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Why.
    pub reason: String,
    /// Where it is discussed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issue: Option<String>,
}

impl From<&Waiver> for AppliedWaiver {
    fn from(waiver: &Waiver) -> Self {
        let Waiver { ceiling, until, reason, issue, .. } = waiver;
        Self { ceiling: *ceiling, until: until.clone(), reason: reason.clone(), issue: issue.clone() }
    }
}

/// One benchmark and metric, base against head, judged. The field names are schema 1 of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The suite.
    pub suite: String,
    /// The benchmark.
    pub benchmark: String,
    /// The metric's name.
    pub metric: String,
    /// The metric's base unit.
    pub unit: Unit,
    /// The metric's better direction; it orients `ratio`.
    pub better: Better,
    /// The answer.
    pub verdict: Verdict,
    /// head/base in the metric's own unit; absent where it is undefined (zeros).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ratio: Option<f64>,
    /// The interval of `ratio` at `confidence`, not adjusted for the number of comparisons; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<[f64; 2]>,
    /// The confidence of `interval`, for example 0.99.
    pub confidence: f64,
    /// The p-value of "not worse than the threshold allows", valid under repeated looks; absent for exact metrics.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p: Option<f64>,
    /// `p`, adjusted for all comparisons of the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p_adjusted: Option<f64>,
    /// The smallest change that matters, as a fraction.
    pub threshold: f64,
    /// The change that these launches would have shown with a probability of 80 %, as a fraction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minimum_detectable_effect: Option<f64>,
    /// The change that launches of the same code show in this very run, as a fraction.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise_floor: Option<f64>,
    /// Base's launches.
    pub base: SideSummary,
    /// Head's launches.
    pub head: SideSummary,
    /// `paired`, `unpaired`, `stored` or `exact`.
    pub method: String,
    /// Pairs measured (launches of head, where nothing is paired).
    pub rounds: u32,
    /// The waiver that covers this regression; `null` without one.
    pub waiver: Option<AppliedWaiver>,
    /// The codes of the warnings, for example `drift`.
    pub warnings: Vec<String>,
    /// The same warnings with their numbers, in the same order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub details: Vec<Warning>,
}

impl Comparison {
    /// The change oriented so that positive is worse, as a fraction: 0.08 is "8 % worse".
    #[must_use]
    pub fn effect(&self) -> Option<f64> {
        self.ratio.map(|ratio| match self.better {
            Better::Lower => ratio - 1.0,
            Better::Higher => 1.0 / ratio - 1.0,
        })
    }
}

/// A benchmark without a verdict, with the level that policy gives to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedState {
    /// The suite.
    pub suite: String,
    /// The benchmark.
    pub benchmark: String,
    /// Why there is no verdict.
    pub state: State,
    /// What policy makes of it.
    pub level: Level,
    /// The evidence. May be empty.
    pub detail: String,
}

/// An absolute limit, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BudgetCheck {
    /// `suite/benchmark`.
    pub benchmark: String,
    /// The metric's name.
    pub metric: String,
    /// The limit, in the metric's base unit.
    pub limit: f64,
    /// Head's median, in the metric's base unit.
    pub value: f64,
    /// Whether the value is within the limit.
    pub verdict: BudgetVerdict,
}

/// Whether a value is within its absolute limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetVerdict {
    /// Not above the limit.
    Within,
    /// Above the limit: the gate fails.
    Exceeded,
}
