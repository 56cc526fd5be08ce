use super::{BenchmarkId, Environment, Metric, StateEntry, Warning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which program wrote a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Always `benchgate`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This very program.
    #[must_use]
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Where a side's numbers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Built and measured in this run.
    Built,
    /// Stored runs in `baselines/`.
    Baseline,
    /// A result file that the user named.
    File,
}

/// A side: which revision, and where its numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// A full commit id; `<commit>+changes` for a working tree with uncommitted changes; a path for a file.
    pub revision: String,
    /// Where the numbers come from.
    pub source: Source,
}

/// How base and head of a row belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// `base[i]` and `head[i]` were launched next to each other, in random order.
    Paired,
    /// The launches of the two sides are not linked.
    Unpaired,
    /// Head is compared with several earlier runs: `base` holds one value per run, oldest first.
    Stored,
    /// Only head was measured (`benchgate run`, `benchgate record`).
    Single,
}

impl Design {
    /// The word that reports use for it.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            Self::Paired => "paired",
            Self::Unpaired => "unpaired",
            Self::Stored => "stored",
            Self::Single => "single",
        }
    }
}

/// What set a run off, where a workflow did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The event, as GitHub names it.
    pub event: String,
    /// `owner/name` of the repository that it happened in.
    pub repository: String,
    /// The pull request, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pull_request: Option<u64>,
    /// Which try of the workflow's run, from 1.
    pub attempt: u32,
    /// The commit whose gate and policy count, where it is not base.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy: Option<String>,
}

/// What was varied when a row that was about to turn red was measured again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Varied {
    /// The order of the functions: one number per link of each side.
    Links,
    /// Nothing but the time: one number per launch; `base[i]` and `head[i]` are a pair.
    Launches,
}

/// Fresh observations of a row that was about to turn red, in base units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondLook {
    /// What one number stands for.
    pub varied: Varied,
    /// Numbers of each side that were measured together, in order; the batches may differ in level.
    pub batch: u32,
    /// Base's numbers.
    pub base: Vec<f64>,
    /// Head's numbers.
    pub head: Vec<f64>,
}

/// All observations of one benchmark and metric: one number per launch, in base units, in time order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which benchmark.
    #[serde(flatten)]
    pub id: BenchmarkId,
    /// What was measured.
    pub metric: Metric,
    /// How the two lists belong together.
    pub design: Design,
    /// Base's observations.
    pub base: Vec<f64>,
    /// Head's observations.
    pub head: Vec<f64>,
    /// Launches that the kernel said were disturbed and that were measured again.
    #[serde(default)]
    pub disturbed: u32,
    /// What measuring again showed, where the row was about to turn red.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second_look: Option<SecondLook>,
    /// What the measuring itself noticed.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds spent building.
    pub build_s: f64,
    /// Seconds spent measuring, benchgate's own overhead included.
    pub measure_s: f64,
    /// Seconds the launches themselves took.
    pub children_s: f64,
    /// Seconds spent on statistics.
    pub analyse_s: f64,
    /// Launches, those included that were measured again.
    pub launches: u64,
}

impl Cost {
    /// Adds what more measuring cost; building is counted apart.
    pub fn add_measuring(&mut self, more: &Self) {
        self.measure_s += more.measure_s;
        self.children_s += more.children_s;
        self.analyse_s += more.analyse_s;
        self.launches += more.launches;
    }
}

/// Which part of a comparison a record holds, where several machines measured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
    /// A digest of what decides who measures what: both revisions' contents, the looks, the benchmarks of each part.
    pub plan: String,
    /// A digest of the policy that the part was measured under.
    pub policy: String,
    /// What the part was to measure, as `suite/benchmark`; `suite/*` where one launch yields a whole suite.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub benchmarks: BTreeSet<String>,
}

/// How long the launches of one benchmark took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Which benchmark; `*` where one launch yields a whole suite.
    #[serde(flatten)]
    pub id: BenchmarkId,
    /// Seconds, both sides and repeated launches included.
    pub seconds: f64,
}

/// Everything that one execution of a plan left: enough to judge it again without measuring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The file's schema, [`super::SCHEMA`].
    pub schema: u32,
    /// Which program wrote it.
    pub tool: Tool,
    /// When measuring began, RFC 3339 in UTC.
    pub started: String,
    /// The seed of every random choice in the plan.
    pub seed: u64,
    /// Base, absent when only head was measured.
    pub base: Option<Origin>,
    /// Head.
    pub head: Origin,
    /// What set the run off, where a workflow did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trigger: Option<Trigger>,
    /// Where it ran.
    pub environment: Environment,
    /// Numbers of pairs after which the run was looked at, ascending.
    pub looks: Vec<u32>,
    /// One entry per benchmark and metric, sorted.
    pub rows: Vec<Row>,
    /// Benchmarks without a verdict, sorted.
    pub states: Vec<StateEntry>,
    /// What it cost.
    pub cost: Cost,
    /// How long the launches of each benchmark took: what shares the next run out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub durations: Vec<Spent>,
    /// Which part this is, where several machines measured one comparison.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<Shard>,
}
