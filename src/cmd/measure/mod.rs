//! The workshop: one project's stage, what is built there, and measuring on it.

pub(super) mod sides;

use super::Io;
use super::project::Project;
use crate::config::Suite;
use crate::files::write_whole;
use crate::git::Snapshot;
use crate::model::{Environment, Side};
use crate::plan::Plan;
use crate::report::scale;
use crate::run::build::{BenchExecutable, Builder, Built, Outcome, short};
use crate::run::launch::Launcher;
use crate::run::stage::{Occupant, Stage, cache_folder, digest};
use crate::run::{Decide, Executor, Header, Journal, Measured, Progress, environment, execute, scrub};
use anyhow::{Result, bail};
use sides::{Found, Layout, SideBuild, needs_valgrind};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// One project's stage.
pub(super) struct Workshop<'a> {
    project: &'a Project,
    stage: Stage,
    pub(super) environment: Environment,
    pub(super) build_s: f64,
    keys: Vec<String>,
}

/// The builds of all suites at one side.
pub(super) type Builds = Vec<SideBuild>;

impl<'a> Workshop<'a> {
    pub(super) fn open(project: &'a Project, io: &Io<'_>) -> Result<Self> {
        let stage = Stage::open(&cache_folder(|name| io.variable(name))?, project.repo.root())?;
        let folder = project.repo.root().join(&project.folder);
        let environment = environment::detect(&folder, &scrub::for_build(project.own.clone(), &[]));
        Ok(Self { project, stage, environment, build_s: 0.0, keys: Vec::new() })
    }

    fn builder(&mut self) -> Builder<'_> {
        Builder {
            stage: &mut self.stage,
            repo: &self.project.repo,
            project: self.project.folder.clone(),
            own: self.project.own.clone(),
            toolchain: self.environment.toolchain.clone(),
            spent: Duration::ZERO,
        }
    }

    /// Builds every suite at a snapshot.
    pub(super) fn build(
        &mut self,
        suites: &[Suite],
        snapshot: &Snapshot,
        side: Side,
        progress: &mut dyn Progress,
    ) -> Result<Builds> {
        let mut builds = Vec::new();
        let mut keys = Vec::new();
        let mut times = BuildTimes::read(self.stage.journal().with_file_name("build-times.json"));
        let mut builder = self.builder();
        for (nth, suite) in suites.iter().enumerate() {
            let name = format!("{side} of {}", suite.name);
            let of = if suites.len() > 1 { format!(" ({} of {})", nth + 1, suites.len()) } else { String::new() };
            let before = times.last(&name);
            let revision = short(&snapshot.revision);
            progress.phase(&format!("building {side} {revision} for suite '{}'{of}{before}", suite.name));
            let spent = builder.spent;
            builds.push(match builder.build(suite, snapshot)? {
                Outcome::Built(built) => {
                    keys.push(built.key.clone());
                    Ok(built)
                }
                Outcome::Failed(why) => Err(why),
            });
            times.note(name, builder.spent.saturating_sub(spent));
        }
        let spent = builder.spent.as_secs_f64();
        self.build_s += spent;
        self.keys.extend(keys);
        Ok(builds)
    }

    /// Whether a suite's build at a snapshot lies here already.
    pub(super) fn has_built(&mut self, suite: &Suite, snapshot: &Snapshot) -> bool {
        self.builder().has(suite, snapshot)
    }

    /// Lays the sides next to each other. Base is absent where only head is measured; `told`: a plan says what is.
    pub(super) fn lay_out(
        &self,
        suites: &[Suite],
        base: Option<(&Builds, &Snapshot)>,
        (head, head_snapshot): (&Builds, &Snapshot),
        told: bool,
    ) -> Found {
        let changed = base.map(|(_, snapshot)| self.project.repo.changed_paths(snapshot, head_snapshot));
        let layout = Layout {
            gate: &self.project.config.gate,
            stage: self.stage.path(),
            folder: &self.project.folder,
            changed_paths: changed.as_deref(),
            first: self.project.first_suites(),
            told,
        };
        let mut found = Found::default();
        for (i, suite) in suites.iter().enumerate() {
            let base_suite = self
                .project
                .base_suites
                .as_ref()
                .and_then(|suites| suites.iter().find(|theirs| theirs.name == suite.name));
            layout.suite(suite, base.map(|(builds, _)| &builds[i]), base_suite, &head[i], &mut found);
        }
        found
    }

    /// Brings a side's sources and products to its place.
    pub(super) fn set_up(
        &mut self,
        side: Side,
        snapshot: &Snapshot,
        builds: &Builds,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        progress.phase(&format!("setting up {side} {}", short(&snapshot.revision)));
        let built: Vec<Built> = builds.iter().filter_map(|build| build.as_ref().ok()).cloned().collect();
        self.builder().set_up(Occupant::from(side), snapshot, &built)
    }

    /// A digest of everything that decides what a plan launches.
    pub(super) fn fingerprint(&self, plan: &Plan, snapshots: &[&Snapshot]) -> Result<String> {
        let launched = serde_json::to_vec(&(&plan.benchmarks, &plan.looks))?;
        let keys = snapshots.iter().map(|snapshot| snapshot.key.as_bytes());
        // In whichever order they were needed.
        let built: BTreeSet<&String> = self.keys.iter().collect();
        let built = built.into_iter().map(String::as_bytes);
        Ok(digest(keys.chain(built).chain([launched.as_slice(), self.environment.class.as_bytes()])))
    }

    /// The seed and start of an interrupted run with this fingerprint.
    pub(super) fn interrupted(&self, fingerprint: &str) -> Result<Option<Header>> {
        Ok(Journal::header(&self.stage.journal())?.filter(|header| header.fingerprint == fingerprint))
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.stage.journal()
    }

    /// How long launches took in earlier runs.
    pub(super) fn durations_path(&self) -> PathBuf {
        self.stage.journal().with_file_name("durations.json")
    }

    /// What the screen of the present run settled, kept for `--resume`.
    pub(super) fn screened_path(&self) -> PathBuf {
        self.stage.journal().with_file_name("screened.json")
    }

    /// Measures.
    pub(super) fn measure(
        &mut self,
        plan: &Plan,
        journal: &mut Journal,
        budget: Duration,
        progress: &mut dyn Progress,
        decide: &mut Decide<'_>,
    ) -> Result<Measured> {
        if plan.benchmarks.iter().any(needs_valgrind) && !has_valgrind(&self.project.own) {
            bail!(
                "the metric 'instructions' needs valgrind, which is not installed; install it, or drop the metric from the suite"
            );
        }
        let mut launcher = Launcher::new(&mut self.stage, self.project.own.clone());
        execute(plan, &mut launcher, journal, progress, budget, decide)
    }

    /// Links a bench target of a side again, in shuffled orders.
    pub(super) fn layouts(
        &mut self,
        suite: &Suite,
        snapshot: &Snapshot,
        executable: &BenchExecutable,
        seeds: RangeInclusive<u32>,
    ) -> Result<std::result::Result<Vec<PathBuf>, String>> {
        let mut builder = self.builder();
        let linked = builder.layouts(suite, snapshot, executable, seeds)?;
        let spent = builder.spent.as_secs_f64();
        self.build_s += spent;
        Ok(linked)
    }

    /// Brings further links to a side that is set up.
    pub(super) fn add_layouts(
        &mut self,
        side: Side,
        suite: &Suite,
        snapshot: &Snapshot,
        places: &[PathBuf],
    ) -> Result<()> {
        self.builder().add_layouts(Occupant::from(side), suite, snapshot, places)
    }

    /// Lends the executor of real processes.
    pub(super) fn with_launcher<T>(&mut self, work: impl FnOnce(&mut dyn Executor) -> Result<T>) -> Result<T> {
        work(&mut Launcher::new(&mut self.stage, self.project.own.clone()))
    }

    /// Leaves the cache within its bounds.
    pub(super) fn close(mut self) {
        self.stage.prune(&self.keys);
    }
}

/// How long the last builds took, by side and suite: what a reader may expect of the next.
struct BuildTimes {
    path: PathBuf,
    seconds: BTreeMap<String, f64>,
}

impl BuildTimes {
    /// Those of earlier runs, as far as they can be read.
    fn read(path: PathBuf) -> Self {
        let seconds = std::fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        Self { path, seconds }
    }

    fn last(&self, name: &str) -> String {
        self.seconds.get(name).map_or_else(String::new, |s| format!(", took {} last time", scale::duration(*s)))
    }

    /// What came from the cache took no time and says nothing.
    fn note(&mut self, name: String, took: Duration) {
        if took > Duration::ZERO {
            self.seconds.insert(name, took.as_secs_f64());
            // Losing them costs a hint.
            let _ = serde_json::to_vec(&self.seconds).map(|json| write_whole(&self.path, &json));
        }
    }
}

fn has_valgrind(own: &scrub::Variables) -> bool {
    let path = own.get(std::ffi::OsStr::new("PATH")).cloned().unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("valgrind").is_file())
}
