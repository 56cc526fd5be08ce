use super::{CommandSuite, HarnessSuite};
use crate::model::{Metric, known_metric};
use globset::GlobMatcher;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long one launch may take, unless the suite says otherwise.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// How long one launch of another harness may take: it may run every benchmark.
pub const HARNESS_TIMEOUT: Duration = Duration::from_mins(10);
/// How long one side's build may take, unless the suite says otherwise.
pub const BUILD_TIMEOUT: Duration = Duration::from_mins(30);
/// Criterion's warm-up in one launch. `docs/method.md` has the measurement behind these three.
pub const CRITERION_WARM_UP: Duration = Duration::from_millis(10);
/// Criterion's measuring time in one launch: launches vary more than iterations, so many short ones tell more.
pub const CRITERION_MEASURING: Duration = Duration::from_millis(30);
/// Criterion's samples in one launch: the fewest that it allows.
pub const CRITERION_SAMPLES: u32 = 10;

/// The benchmarks that one harness yields.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name, the first part of `suite/benchmark`.
    pub name: String,
    /// Which harness, with its own settings.
    pub kind: Kind,
    /// Benchmarks of the suite to measure; empty for all.
    pub include: Vec<GlobMatcher>,
    /// Benchmarks of the suite to leave out.
    pub exclude: Vec<GlobMatcher>,
    /// What is measured and judged; of another harness's results everything where it is empty.
    pub metrics: Vec<MetricRule>,
    /// Benchmarks that head may lack: globs on the name within the suite.
    pub removed: Vec<String>,
    /// How long one launch may take.
    pub timeout: Duration,
    /// How long the build of one side may take.
    pub build_timeout: Duration,
    /// The CPUs that launches are pinned to.
    pub cpus: Option<Vec<usize>>,
    /// Extra variables of the launches.
    pub environment: BTreeMap<String, String>,
    /// Variables let through from benchgate's own environment.
    pub environment_pass: Vec<String>,
    /// Where builds and launches start, relative to the repository.
    pub directory: PathBuf,
}

impl Suite {
    /// A suite with every default: what a detected one is.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let is_foreign = matches!(kind, Kind::Harness(_));
        Self {
            name: name.into(),
            kind,
            include: Vec::new(),
            exclude: Vec::new(),
            metrics: if is_foreign { Vec::new() } else { MetricRule::wall_time() },
            removed: Vec::new(),
            timeout: if is_foreign { HARNESS_TIMEOUT } else { TIMEOUT },
            build_timeout: BUILD_TIMEOUT,
            cpus: None,
            environment: BTreeMap::new(),
            environment_pass: Vec::new(),
            directory: PathBuf::from("."),
        }
    }

    /// The suite's metrics that benchgate measures itself.
    pub fn known_metrics(&self) -> impl Iterator<Item = Metric> {
        self.metrics.iter().filter_map(|rule| known_metric(&rule.name))
    }

    /// Whether `include` and `exclude` leave this benchmark (its name within the suite) in.
    #[must_use]
    pub fn selects(&self, benchmark: &str) -> bool {
        let any = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(benchmark));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

/// A metric of a suite, with its own threshold where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRule {
    /// The metric's name.
    pub name: String,
    /// The smallest change that matters, as a fraction; `None` for the gate's.
    pub threshold: Option<f64>,
}

impl MetricRule {
    /// The default: wall time, with the gate's threshold.
    pub(super) fn wall_time() -> Vec<Self> {
        vec![Self { name: "wall-time".to_owned(), threshold: None }]
    }
}

/// Which harness runs a suite.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `cargo bench` targets that use criterion.
    Criterion(CriterionSuite),
    /// Plain commands, timed from outside.
    Command(CommandSuite),
    /// Another harness, whose result is read.
    Harness(HarnessSuite),
}

impl Kind {
    /// The word in `harness = "…"`.
    #[must_use]
    pub fn harness(&self) -> &str {
        match self {
            Self::Criterion(_) => "criterion",
            Self::Command(_) => "command",
            Self::Harness(settings) => &settings.harness,
        }
    }
}

/// Settings of harness `criterion`.
#[derive(Clone, Debug, PartialEq)]
pub struct CriterionSuite {
    /// The Cargo package, where there are several.
    pub package: Option<String>,
    /// Bench targets (key `targets`); empty for all.
    pub benches: Vec<String>,
    /// Cargo features.
    pub features: Vec<String>,
    /// Warm-up of one launch.
    pub warm_up: Duration,
    /// Measuring time of one launch.
    pub measuring: Duration,
    /// Samples of one launch.
    pub samples: u32,
    /// More arguments for `cargo bench`.
    pub cargo_args: Vec<String>,
}

impl Default for CriterionSuite {
    fn default() -> Self {
        Self {
            package: None,
            benches: Vec::new(),
            features: Vec::new(),
            warm_up: CRITERION_WARM_UP,
            measuring: CRITERION_MEASURING,
            samples: CRITERION_SAMPLES,
            cargo_args: Vec::new(),
        }
    }
}
