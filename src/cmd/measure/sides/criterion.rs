//! Criterion benchmarks of the two sides, by what their executables list.

use super::{Found, Layout};
use crate::config::{CriterionSuite, Suite};
use crate::harness::criterion::{Dialect, LaunchSettings, launch_arguments};
use crate::model::{BenchmarkId, State, StateEntry};
use crate::plan::{Planned, Read, Words};
use crate::run::build::{BenchExecutable, Built};
use std::collections::{BTreeMap, BTreeSet};

/// What tells a criterion benchmark from all others of a suite.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    package: &'a str,
    target: &'a str,
    name: &'a str,
}

/// Both sides' builds of one suite; base is absent where only head is measured.
pub(super) struct Sides<'a> {
    pub(super) suite: &'a Suite,
    pub(super) settings: &'a CriterionSuite,
    pub(super) base_suite: Option<&'a Suite>,
    pub(super) base: Option<&'a Built>,
    pub(super) head: &'a Built,
}

impl Layout<'_> {
    pub(super) fn criterion(&self, sides: &Sides<'_>, found: &mut Found) {
        let head = listed(sides.head);
        let base = sides.base.map(listed);
        self.unlaunchable(sides, found);
        let keys: BTreeSet<&Key> = head.keys().chain(base.iter().flat_map(BTreeMap::keys)).collect();
        for key in &keys {
            let id = BenchmarkId::new(&sides.suite.name, name(key, &keys));
            if !self.chosen(sides.suite, sides.base_suite, &id, found) {
                continue;
            }
            let entry =
                |state, detail: &str| StateEntry { id: id.clone(), state, side: None, detail: detail.to_owned() };
            match (base.as_ref().map(|list| list.get(key)), head.get(key)) {
                (Some(None), Some(_)) => found.states.push(entry(State::New, "")),
                (Some(Some(_)), None) => {
                    found.states.push(entry(State::Missing, "head's bench targets no longer list it"));
                }
                (Some(Some(before)), Some(after)) if self.identical(sides, before, after) => {
                    found.states.push(entry(State::Identical, ""));
                }
                (Some(Some(before)), Some(after)) => {
                    if self.changed_paths.is_some_and(|paths| paths.contains(&after.source)) {
                        found.changed.insert(id.clone());
                    }
                    found.planned.push(self.criterion_launch(sides, &id, key.name, before, after));
                }
                (None, Some(only)) => found.planned.push(self.criterion_launch(sides, &id, key.name, only, only)),
                (_, None) => {}
            }
        }
    }

    /// Benchmarks that are listed and cannot be launched alone: named, not passed over.
    fn unlaunchable(&self, sides: &Sides<'_>, found: &mut Found) {
        for (name, why) in sides.head.executables.iter().flat_map(|executable| &executable.unlaunchable) {
            let id = BenchmarkId::new(&sides.suite.name, name);
            if self.chosen(sides.suite, sides.base_suite, &id, found) {
                found.states.push(StateEntry { id, state: State::Unreadable, side: None, detail: why.clone() });
            }
        }
    }

    /// Whether the two executables, and the programs they may start, are the same bytes and read the same files.
    fn identical(&self, sides: &Sides<'_>, before: &BenchExecutable, after: &BenchExecutable) -> bool {
        let inputs: Vec<&[_]> =
            sides.base.into_iter().chain([sides.head]).filter_map(|built| built.sources.as_deref()).collect();
        !self.told
            && before.sha256 == after.sha256
            && before.directory == after.directory
            && sides.base.is_some_and(|base| base.files == sides.head.files)
            && !self.data_changed(true, &inputs)
    }

    fn criterion_launch(
        &self,
        sides: &Sides<'_>,
        id: &BenchmarkId,
        name: &str,
        before: &BenchExecutable,
        after: &BenchExecutable,
    ) -> Planned {
        let (suite, settings) = (sides.suite, sides.settings);
        let launch = LaunchSettings {
            warm_up_s: settings.warm_up.as_secs_f64(),
            measure_s: settings.measuring.as_secs_f64(),
            sample_size: settings.samples,
        };
        // Where one side's criterion is too old for `--exact`, both are asked in the way that both understand.
        let dialect = if before.pattern_dialect { Dialect::Pattern } else { after.dialect() };
        let mut command: Words = vec![self.stage.join(&after.file).to_string_lossy().into_owned()];
        command.extend(launch_arguments(name, &launch, dialect));
        let read = Read::Criterion(name.to_owned());
        let mut planned = self.launch(suite, id.clone(), suite.known_metrics().collect(), command, read);
        planned.directory.clone_from(&after.directory);
        planned.base_directory = (before.directory != after.directory).then(|| before.directory.clone());
        let environment = &mut planned.environment;
        environment.insert("CARGO_PKG_NAME".to_owned(), after.package.clone());
        environment.insert("CARGO_PKG_VERSION".to_owned(), after.version.clone());
        if !after.library_path.is_empty() {
            let folders: Vec<_> = after.library_path.iter().map(|folder| self.stage.join(folder)).collect();
            let joined = std::env::join_paths(folders).unwrap_or_default();
            environment.insert("LD_LIBRARY_PATH".to_owned(), joined.to_string_lossy().into_owned());
        }
        planned
    }
}

fn listed(built: &Built) -> BTreeMap<Key<'_>, &BenchExecutable> {
    let mut found = BTreeMap::new();
    for executable in &built.executables {
        for name in &executable.benchmarks {
            found.insert(Key { package: &executable.package, target: &executable.target, name }, executable);
        }
    }
    found
}

/// The shortest name that is the benchmark's own: criterion's, with the target where two targets share it, and with the
/// package where even those are the same.
fn name(key: &Key<'_>, all: &BTreeSet<&Key<'_>>) -> String {
    let same_name = all.iter().filter(|other| other.name == key.name).count();
    let same_target = all.iter().filter(|other| other.name == key.name && other.target == key.target).count();
    match (same_name, same_target) {
        (1, _) => key.name.to_owned(),
        (_, 1) => format!("{}/{}", key.target, key.name),
        _ => format!("{}/{}/{}", key.package, key.target, key.name),
    }
}
