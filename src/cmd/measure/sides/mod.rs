//! Lays what the two sides built next to each other: what is measured, what is identical, new, missing or broken.

mod commands;
mod criterion;
mod harness;
mod reads;

use crate::config::{Gate, Kind, Suite};
use crate::judge::WHOLE_SUITE;
use crate::model::{BenchmarkId, Distribution, Metric, Side, State, StateEntry};
use crate::plan::{Planned, Read, Words};
use crate::run::build::{Built, clean_join};
use reads::may_be_read;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is said of a side of another harness's suite that left nothing to judge.
const NOT_BUILT: &str = "does not build, or not run";

/// What one side's build of one suite left, or why there is none.
pub(in crate::cmd) type SideBuild = std::result::Result<Built, String>;

/// The two sides, side by side.
#[derive(Default)]
pub(in crate::cmd) struct Found {
    pub(in crate::cmd) planned: Vec<Planned>,
    pub(in crate::cmd) states: Vec<StateEntry>,
    /// Benchmarks whose own source differs between the sides.
    pub(in crate::cmd) changed: BTreeSet<BenchmarkId>,
    pub(in crate::cmd) notes: Vec<String>,
}

/// What the laying out needs to know besides the builds.
pub(super) struct Layout<'a> {
    pub(super) gate: &'a Gate,
    /// The one path.
    pub(super) stage: PathBuf,
    /// The project's folder, relative to the repository's root.
    pub(super) folder: &'a Path,
    /// Paths that differ between the sides; `None` where there is only head.
    pub(super) changed_paths: Option<&'a [PathBuf]>,
    /// Suites that base does not know.
    pub(super) first: BTreeSet<String>,
    /// Whether a plan says what is measured: then nothing is left out for being the same bytes here.
    pub(super) told: bool,
}

impl Layout<'_> {
    /// A launch, as a suite wants all of its launches.
    fn launch(&self, suite: &Suite, id: BenchmarkId, metrics: Vec<Metric>, command: Words, read: Read) -> Planned {
        Planned {
            environment: suite.environment.clone(),
            pass_environment: suite.environment_pass.clone(),
            sides: if self.changed_paths.is_some() { 2 } else { 1 },
            cpus: suite.cpus.clone(),
            ..Planned::new(id, metrics, command, suite.timeout, read)
        }
    }

    /// Whether a file changed that a benchmark might read while it runs. `inputs` are files that the compiler is known to
    /// have read: their changes are in the bytes that are compared.
    fn data_changed(&self, compiled: bool, inputs: &[&[PathBuf]]) -> bool {
        // What the root's documents and baselines are to a repository, a subproject's are to it.
        let of_project = |path: &Path| path.strip_prefix(self.folder).is_ok_and(|below| !may_be_read(below, compiled));
        let an_input = |path: &PathBuf| inputs.iter().any(|list| list.binary_search(path).is_ok());
        let changed = self.changed_paths.unwrap_or_default().iter();
        changed.filter(|path| may_be_read(path, compiled) && !of_project(path)).any(|path| !an_input(path))
    }

    /// Lays out one suite. `base` is `None` where there is only head.
    pub(super) fn suite(
        &self,
        suite: &Suite,
        base: Option<&SideBuild>,
        base_suite: Option<&Suite>,
        head: &SideBuild,
        found: &mut Found,
    ) {
        let is_first = self.first.contains(&suite.name);
        for (side, built) in [(Side::Base, base), (Side::Head, Some(head))] {
            match built {
                Some(Err(why)) if is_first && side == Side::Base => {
                    let why = why.lines().next().unwrap_or_default();
                    let note = format!(
                        "suite '{}' is new, and there is nothing to compare it with: at base, {why}",
                        suite.name
                    );
                    found.notes.push(note);
                }
                Some(Err(why)) => found.states.push(StateEntry {
                    id: BenchmarkId::new(&suite.name, WHOLE_SUITE),
                    state: State::Failed,
                    side: Some(side),
                    detail: match suite.kind {
                        Kind::Harness(_) => format!("{NOT_BUILT}: {why}"),
                        Kind::Criterion(_) | Kind::Command(_) => format!("does not build: {why}"),
                    },
                }),
                Some(Ok(built)) => found.notes.extend(built.notes.iter().cloned()),
                None => {}
            }
        }
        let Ok(head) = head else { return };
        let nothing = Built::default();
        let is_new = is_first && matches!(base, Some(Err(_)));
        let base = match base {
            Some(Ok(base)) => Some(base),
            Some(Err(_)) if is_new => Some(&nothing),
            Some(Err(_)) => return,
            None => None,
        };
        match &suite.kind {
            Kind::Criterion(settings) => {
                self.criterion(&criterion::Sides { suite, settings, base_suite, base, head }, found);
            }
            Kind::Command(settings) if is_new => self.new_commands(suite, settings, found),
            Kind::Command(settings) => self.commands(suite, settings, base_suite, (base, head), found),
            Kind::Harness(settings) => self.harness(suite, settings, base_suite, (base, head), found),
        }
    }

    /// Whether a benchmark is to be measured. What base's configuration selects and head's does not is missing: a change
    /// cannot drop what it would be judged by.
    fn chosen(&self, suite: &Suite, base_suite: Option<&Suite>, id: &BenchmarkId, found: &mut Found) -> bool {
        let selected = suite.selects(&id.benchmark);
        if !selected && self.gate.selects(id) && base_suite.is_some_and(|theirs| theirs.selects(&id.benchmark)) {
            let detail = "head's configuration leaves it out".to_owned();
            found.states.push(StateEntry { id: id.clone(), state: State::Missing, side: None, detail });
        }
        selected && self.gate.selects(id)
    }
}

/// Packages whose benchmarks base measures without being told, and that no suite of head's measures; `suites` are those of `base`.
pub(in crate::cmd) fn dropped(base: &[SideBuild], suites: &[Suite], all: &[Suite]) -> Vec<StateEntry> {
    let is_measured = |package: &&String| {
        all.iter().any(|suite| match &suite.kind {
            Kind::Criterion(settings) => settings.package.as_ref().is_none_or(|name| name == *package),
            _ => false,
        })
    };
    // Suites are detected in the project's own folder.
    let own = base.iter().zip(suites).filter(|(_, suite)| clean_join(Path::new(""), &suite.directory) == Path::new(""));
    let packages: BTreeSet<&String> =
        own.filter_map(|(side, _)| side.as_ref().ok()).flat_map(|b| &b.packages).collect();
    let gone = packages.into_iter().filter(|package| !is_measured(package));
    gone.map(|package| StateEntry {
        id: BenchmarkId::new(package, WHOLE_SUITE),
        state: State::Missing,
        side: None,
        detail: "head measures no criterion benches of this package any more".to_owned(),
    })
    .collect()
}

/// What base could not run of suites that it does not know is new.
pub(in crate::cmd) fn excuse(states: &mut [StateEntry], first: &BTreeSet<String>) {
    for entry in states.iter_mut().filter(|entry| entry.side == Some(Side::Base) && first.contains(&entry.id.suite)) {
        if matches!(entry.state, State::Failed | State::Unreadable) {
            (entry.state, entry.side) = (State::New, None);
            entry.detail = format!("base cannot run it: {}", entry.detail);
        }
    }
}

/// Whether a metric needs valgrind.
pub(super) fn needs_valgrind(planned: &Planned) -> bool {
    planned.read == Read::Instructions
        && planned.metrics.iter().any(|metric| metric.distribution == Distribution::Exact)
}
