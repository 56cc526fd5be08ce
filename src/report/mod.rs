//! What is said, then how: one report value, one renderer per file.
//!
//! Floor 3. Renderers compute nothing but layout; JSON is the report itself.

use crate::judge::{BudgetCheck, Comparison, JudgedState, Outcome};
use crate::model::{Cost, Environment, Origin, Tool};
use serde::{Deserialize, Serialize};

/// The policy that a report was judged by, as far as a reader needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicySummary {
    /// The chance that a gate run on unchanged code says regression.
    pub alpha: f64,
    /// The gate's threshold, as a fraction.
    pub threshold: f64,
    /// Whether head changes `benchgate.toml` or the stored baselines; such a change takes effect after the merge.
    pub changed_in_head: bool,
}

/// The gate's whole answer: schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`crate::model::SCHEMA`].
    pub schema: u32,
    /// Which program wrote it.
    pub tool: Tool,
    /// The answer.
    pub outcome: Outcome,
    /// What head was compared against; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base: Option<Origin>,
    /// What was judged.
    pub head: Origin,
    /// Where it was measured.
    pub environment: Environment,
    /// By which policy.
    pub policy: PolicySummary,
    /// One entry per benchmark and metric, sorted by suite, benchmark, metric.
    pub comparisons: Vec<Comparison>,
    /// Benchmarks without a verdict, sorted.
    pub states: Vec<JudgedState>,
    /// Absolute limits.
    pub budgets: Vec<BudgetCheck>,
    /// What it cost.
    pub cost: Cost,
    /// What a reader should know about the run as a whole, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}
