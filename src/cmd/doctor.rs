use super::compare::policy;
use super::project::start;
use super::records::gather;
use super::{Done, Io};
use crate::cli::{Doctor, Global};
use crate::config::{CRITERION_MEASURING, CRITERION_SAMPLES, CRITERION_WARM_UP, Config, Overrides, parse_cpus};
use crate::doctor::{BENCHMARKS, Examined, Trial, diagnose};
use crate::model::{BenchmarkId, Environment, Origin, Side, Source, known_metric};
use crate::plan::{Planned, Read, paired};
use crate::report::diagnosis::Terms;
use crate::run::launch::Launcher;
use crate::run::machine::{self, Counts, Root};
use crate::run::scrub::{self, Variables};
use crate::run::stage::{Stage, cache_folder};
use crate::run::{Entry, Executor, Journal, Progress, environment, execute};
use crate::stats::summary::median;
use crate::workload::{Times, WORKLOADS, Workload};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Looks of the A/A run: a gate's own, and the first of them alone.
const LOOKS: &[u32] = &[6, 10, 15, 20];
const LOOKS_QUICK: &[u32] = &[6];

/// Most time that the A/A run takes, however slow the machine is.
const BUDGET: Duration = Duration::from_mins(5);

/// Limit of one launch.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Looks at the machine, measures one executable against its own copy, and says what that means.
pub(super) fn run(args: &Doctor, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let here = start(global)?;
    let config = policy(global, &Overrides::default(), &here)?;
    let cpus = args.cpus.as_deref().map(pinned).transpose()?;
    let own: Variables = io.variables.iter().cloned().collect();
    progress.phase("looking at the machine");
    let root = Root::system();
    let mut seen = machine::read(&root);
    let cache = cache_folder(|name| io.variable(name))?;
    std::fs::create_dir_all(&cache).with_context(|| format!("cannot create the cache '{}'", cache.display()))?;
    let build = scrub::for_build(own.clone(), &[]);
    let scratch = tempfile::tempdir().context("cannot create a temporary folder")?;
    machine::probe(&mut seen, &here, scratch.path(), &cache, &build);
    let environment = environment::detect(&here, &build);
    let before = Counts::now(&root);
    let (trial, activity) = if args.no_measure {
        (None, before.so_far())
    } else {
        let began = Instant::now();
        let looks = if args.quick { LOOKS_QUICK } else { LOOKS };
        let trial = measure(&cache, own, &environment, looks, cpus, progress)?;
        (Some(trial), Counts::now(&root).since(before, began.elapsed().as_secs_f64()))
    };
    progress.finish();
    let examined = Examined { machine: seen, activity, environment, trial };
    Ok(Done::Diagnosis(Box::new(diagnose(&examined, &terms(&config), &config.policy))))
}

/// Does one kind of work, and leaves its times where criterion would.
pub(super) fn work(args: &crate::cli::Workload, io: &Io<'_>) -> Result<()> {
    let Some(workload) = Workload::find(&args.name) else { bail!("there is no workload '{}'", args.name) };
    let times = Times { warm_up: CRITERION_WARM_UP, measuring: CRITERION_MEASURING, samples: CRITERION_SAMPLES };
    let home = io.variable("CRITERION_HOME").map(PathBuf::from);
    match home {
        Some(home) => {
            workload.execute(&times, &home).with_context(|| format!("cannot write into '{}'", home.display()))
        }
        None if workload.times_itself() => bail!("CRITERION_HOME is not set: there is nowhere to leave the times"),
        None => Ok(()),
    }
}

fn terms(config: &Config) -> Terms {
    Terms {
        alpha: config.gate.alpha,
        threshold: config.gate.threshold,
        budget_s: config.gate.budget.as_secs_f64(),
        max_rounds: config.gate.looks.last().copied().unwrap_or(0),
        benchmarks: BENCHMARKS,
    }
}

fn pinned(text: &str) -> Result<Vec<usize>> {
    let cpus = parse_cpus(text).map_err(|why| anyhow::anyhow!("--cpus: {why}"))?;
    if !machine::can_pin(Some(&cpus)) {
        bail!("--cpus: launches cannot be pinned to '{text}' here: no such CPU, or this process may not use it");
    }
    Ok(cpus)
}

/// Measures every workload as `check` measures a benchmark: the same stage, plan, launcher and order.
fn measure(
    cache: &Path,
    own: Variables,
    environment: &Environment,
    looks: &[u32],
    cpus: Option<Vec<usize>>,
    progress: &mut dyn Progress,
) -> Result<Trial> {
    let mut stage = Stage::open(cache, &cache.join("doctor"))?;
    let program = stage.path().join("benchgate");
    for side in Side::BOTH {
        stage.enter_empty(side.into())?;
        let ready = std::fs::create_dir_all(stage.tree()).and_then(|()| std::fs::copy("/proc/self/exe", &program));
        ready.with_context(|| format!("cannot copy this program to '{}'", program.display()))?;
    }
    let planned = WORKLOADS.iter().map(|workload| planned(workload, &program, cpus.as_ref())).collect::<Vec<_>>();
    let plan = paired(planned, looks, fastrand::u64(..));
    progress.phase(&format!("measuring {} kinds of work against themselves", plan.benchmarks.len()));
    let mut executor = Clocked { inner: Launcher::new(&mut stage, own), took: BTreeMap::new() };
    // Nothing is decided early: every kind gets every pair.
    let mut decide = |rows: &[crate::model::Row]| vec![false; rows.len()];
    let mut journal = Journal::in_memory();
    let measured = execute(&plan, &mut executor, &mut journal, progress, BUDGET, &mut decide)?;
    let launch_s = executor.took.iter().map(|(name, took)| (name.clone(), median(took))).collect();
    stage.discard();
    if measured.rows.is_empty() {
        let why = measured.states.first().map(|entry| entry.detail.clone()).unwrap_or_default();
        bail!("no workload could be measured: {why}");
    }
    let origin = Origin { revision: environment.class.clone(), source: Source::Built };
    let mut record = gather::empty_record(origin.clone(), Some(origin), environment.clone(), looks);
    (record.seed, record.rows, record.states, record.cost) = (plan.seed, measured.rows, measured.states, measured.cost);
    let about = WORKLOADS.iter().map(|workload| (workload.name.to_owned(), workload.about.to_owned())).collect();
    Ok(Trial { record, launch_s, about, cpus })
}

fn planned(workload: &Workload, program: &Path, cpus: Option<&Vec<usize>>) -> Planned {
    let id = BenchmarkId::new("doctor", workload.name);
    let metrics = known_metric("wall-time").into_iter().collect();
    let command = vec![program.to_string_lossy().into_owned(), "workload".to_owned(), workload.name.to_owned()];
    let read = if workload.times_itself() { Read::Criterion(workload.name.to_owned()) } else { Read::Kernel };
    Planned { cpus: cpus.cloned(), ..Planned::new(id, metrics, command, TIMEOUT, read) }
}

/// Notes how long launches take, benchgate's own share included.
struct Clocked<'a> {
    inner: Launcher<'a>,
    took: BTreeMap<String, Vec<f64>>,
}

impl Executor for Clocked<'_> {
    fn launch(&mut self, planned: &Planned, side: Side) -> Result<Entry> {
        let began = Instant::now();
        let entry = self.inner.launch(planned, side)?;
        self.took.entry(planned.id.benchmark.clone()).or_default().push(began.elapsed().as_secs_f64());
        Ok(entry)
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
}
