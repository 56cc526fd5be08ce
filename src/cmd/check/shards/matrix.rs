//! The plan of shards as it is handed to machines: what each measures, what it has to build for that, and what the listing of
//! everything found of the rest, so that no machine builds or launches anything to learn what is known.

use super::rows;
use crate::cmd::measure::Builds;
use crate::cmd::measure::sides::Found;
use crate::cmd::records::read::read_bounded;
use crate::config::{Kind, Suite};
use crate::model::{BenchmarkId, Metric, Side, State, StateEntry};
use crate::plan::{Part, Place, Planned, Read};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Who measures what, as GitHub's `strategy.matrix` takes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cmd) struct Matrix {
    pub(super) include: Vec<Job>,
}

/// One job of a matrix.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cmd) struct Job {
    /// As `run --shard` takes it.
    pub(super) shard: String,
    /// What its launches are expected to take.
    pub(super) seconds: f64,
    /// As `suite/benchmark`; `suite/*` where one launch yields a whole suite.
    pub(super) benchmarks: BTreeSet<String>,
    /// The rows that its launches yield: each counts among those of all machines.
    pub(super) rows: usize,
    /// What it builds for them.
    pub(super) builds: Vec<Build>,
    /// What was found of everything that nobody measures; the first machine's record says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) states: Vec<Stated>,
    pub(super) base: String,
    pub(super) head: String,
    /// [`crate::model::Shard::plan`].
    pub(super) plan: String,
}

/// What one machine needs of a suite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Build {
    suite: String,
    /// Bench targets; empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    targets: BTreeSet<String>,
    /// What launches of another harness yield, so that they need not be asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    yields: Vec<Yield>,
}

/// Benchmarks with the same metrics, by their names within the suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Yield {
    metrics: Vec<Metric>,
    benchmarks: BTreeSet<String>,
}

/// Benchmarks of a suite of which the same is said, by their names within it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stated {
    suite: String,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
    benchmarks: Vec<String>,
}

impl Matrix {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = read_bounded(path)?;
        serde_json::from_slice(&bytes).with_context(|| {
            format!("'{}' is no plan of shards; `check --dry-run --shards N --format json` prints one", path.display())
        })
    }

    /// The plan of these parts. It says what was `found` of both sides' `builds`, which `suites` they are of, and which further
    /// `states` are known.
    pub(super) fn new(
        parts: &[Part],
        found: &Found,
        states: &[StateEntry],
        (suites, builds): (&[Suite], [&Builds; 2]),
        [base, head]: [&str; 2],
    ) -> Self {
        let job = |(i, part): (usize, &Part)| {
            let planned: Vec<&Planned> = found.planned.iter().filter(|one| part.benchmarks.contains(&one.id)).collect();
            let needed = suites.iter().enumerate().filter_map(|(nth, suite)| {
                let own: Vec<&Planned> = planned.iter().copied().filter(|one| one.id.suite == suite.name).collect();
                let builds = builds.map(|of_side| &of_side[nth]);
                (!own.is_empty()).then(|| Build::of(suite, &own, &targets(&own, &builds.map(Result::as_ref))))
            });
            Job {
                shard: Place { index: i as u32 + 1, count: parts.len() as u32 }.to_string(),
                seconds: (part.seconds * 10.0).round() / 10.0,
                benchmarks: part.benchmarks.iter().map(ToString::to_string).collect(),
                rows: rows(planned.iter().copied()),
                builds: needed.collect(),
                states: if i == 0 { stated(states.iter().chain(&found.states)) } else { Vec::new() },
                base: base.to_owned(),
                head: head.to_owned(),
                plan: String::new(),
            }
        };
        Self { include: parts.iter().enumerate().map(job).collect() }
    }

    /// The job of one machine; `name` is the plan's, for a message.
    pub(in crate::cmd) fn job(&self, place: Place, name: &Path) -> Result<&Job> {
        let wanted = place.to_string();
        let Some(job) = self.include.iter().find(|job| job.shard == wanted) else {
            let jobs: Vec<&str> = self.include.iter().map(|job| &*job.shard).collect();
            bail!("'{}' has no shard {place}; it has {}", name.display(), jobs.join(", "));
        };
        Ok(job)
    }

    /// The rows of all machines together.
    pub(in crate::cmd) fn rows(&self) -> usize {
        self.include.iter().map(|job| job.rows).fold(0, usize::saturating_add)
    }

    /// What is known of everything that nobody measures.
    pub(in crate::cmd) fn states(&self) -> Vec<StateEntry> {
        let all = self.include.iter().flat_map(|job| &job.states);
        all.flat_map(|said| {
            said.benchmarks.iter().map(|benchmark| StateEntry {
                id: BenchmarkId::new(&said.suite, benchmark),
                state: said.state,
                side: said.side,
                detail: said.detail.clone(),
            })
        })
        .collect()
    }

    /// What decides who measures what. Details may differ from machine to machine.
    pub(super) fn decisive(&self) -> Result<Vec<u8>> {
        let parts: Vec<_> = self.include.iter().map(|job| (&job.benchmarks, job.rows, &job.builds)).collect();
        let states = self.states();
        let states: BTreeSet<_> = states.iter().map(|entry| (&entry.id, entry.state)).collect();
        Ok(serde_json::to_vec(&(parts, states))?)
    }
}

impl Job {
    /// The suites that this machine builds, each as far as it is needed. What lies here whole already, as `is_built` says, is
    /// not built again in part.
    pub(in crate::cmd) fn suites(&self, all: &[Suite], mut is_built: impl FnMut(&Suite) -> bool) -> Vec<Suite> {
        let needed = all.iter().filter_map(|suite| {
            let build = self.builds.iter().find(|build| build.suite == suite.name)?;
            Some(if is_built(suite) { suite.clone() } else { build.narrowed(suite) })
        });
        needed.collect()
    }

    /// Keeps what this machine measures, which has to be what the plan says.
    pub(in crate::cmd) fn keep(&self, found: &mut Found, name: &Path) -> Result<()> {
        found.planned.retain(|planned| self.benchmarks.contains(&planned.id.to_string()));
        let here: BTreeSet<String> = found.planned.iter().map(|planned| planned.id.to_string()).collect();
        if let Some(lost) = self.benchmarks.iter().find(|benchmark| !here.contains(*benchmark)) {
            let is_of = |entry: &&StateEntry| {
                entry.id.to_string() == *lost
                    || lost.strip_prefix(&entry.id.suite).is_some_and(|rest| rest.starts_with('/'))
            };
            let own = found.states.iter().find(|entry| entry.id.to_string() == *lost);
            let why = own.or_else(|| found.states.iter().find(is_of));
            let why =
                why.map(|entry| format!(": {} is {} {}", entry.id, entry.state, entry.detail)).unwrap_or_default();
            bail!("'{}' shares out '{lost}', which is not measured here{}", name.display(), why.trim_end());
        }
        let rows = rows(&found.planned);
        if rows != self.rows {
            bail!("'{}' expects {} rows of shard {}, and here there are {rows}", name.display(), self.rows, self.shard);
        }
        Ok(())
    }
}

impl Build {
    fn of(suite: &Suite, planned: &[&Planned], targets: &BTreeSet<String>) -> Self {
        let mut of_metrics: BTreeMap<Vec<Metric>, BTreeSet<String>> = BTreeMap::new();
        if matches!(suite.kind, Kind::Harness(_)) {
            let mut metrics: BTreeMap<&BenchmarkId, Vec<Metric>> = BTreeMap::new();
            for planned in planned {
                for (i, metric) in planned.metrics.iter().enumerate() {
                    metrics.entry(planned.benchmark(i)).or_default().push(metric.clone());
                }
            }
            for (id, metrics) in metrics {
                of_metrics.entry(metrics).or_default().insert(id.benchmark.clone());
            }
        }
        let yields = of_metrics.into_iter().map(|(metrics, benchmarks)| Yield { metrics, benchmarks });
        Self { suite: suite.name.clone(), targets: targets.clone(), yields: yields.collect() }
    }

    /// The suite with nothing in it that this machine does not need.
    fn narrowed(&self, suite: &Suite) -> Suite {
        let mut suite = suite.clone();
        match &mut suite.kind {
            Kind::Criterion(settings) if !self.targets.is_empty() => {
                settings.benches = self.targets.iter().cloned().collect();
            }
            Kind::Harness(settings) if !self.yields.is_empty() => {
                let each = self.yields.iter().flat_map(|one| one.benchmarks.iter().map(|name| (name, &one.metrics)));
                settings.listed = Some(each.map(|(name, metrics)| (name.clone(), metrics.clone())).collect());
            }
            _ => {}
        }
        suite
    }
}

/// The bench targets that list these benchmarks on either side; none where all have to be built.
///
/// Targets that share a benchmark's name belong together: what it is called here depends on them. And where a suite has several
/// packages, a benchmark may start another one's program.
fn targets<E>(
    planned: &[&Planned],
    builds: &[std::result::Result<&crate::run::build::Built, E>; 2],
) -> BTreeSet<String> {
    let launched = |planned: &&&Planned| match &planned.read {
        Read::Criterion(name) => Some(name.clone()),
        _ => None,
    };
    let names: BTreeSet<String> = planned.iter().filter_map(|one| launched(&one)).collect();
    let executables = || builds.iter().flatten().flat_map(|built| &built.executables);
    let packages: BTreeSet<&str> = executables().map(|executable| &*executable.package).collect();
    let all: BTreeSet<&str> = executables().map(|executable| &*executable.target).collect();
    let needed: BTreeSet<String> = executables()
        .filter(|executable| executable.benchmarks.iter().any(|name| names.contains(name)))
        .map(|executable| executable.target.clone())
        .collect();
    if packages.len() > 1 || needed.len() == all.len() { BTreeSet::new() } else { needed }
}

/// States that are said alike, together: no longer than if their benchmarks were measured.
fn stated<'a>(states: impl Iterator<Item = &'a StateEntry>) -> Vec<Stated> {
    let mut said: Vec<Stated> = Vec::new();
    let mut places: BTreeMap<(&str, State, Option<Side>, &str), usize> = BTreeMap::new();
    for entry in states {
        let key = (&*entry.id.suite, entry.state, entry.side, &*entry.detail);
        let place = *places.entry(key).or_insert_with(|| {
            said.push(Stated {
                suite: entry.id.suite.clone(),
                state: entry.state,
                side: entry.side,
                detail: entry.detail.clone(),
                benchmarks: Vec::new(),
            });
            said.len() - 1
        });
        said[place].benchmarks.push(entry.id.benchmark.clone());
    }
    said
}
