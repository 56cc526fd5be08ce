//! Lays what the two sides built next to each other: what is measured, what is identical, new, missing or broken.

use crate::config::{CommandSuite, CriterionSuite, ExpandedCommand, Gate, Kind, Run, Suite};
use crate::harness::criterion::{Dialect, LaunchSettings, launch_arguments};
use crate::judge::WHOLE_SUITE;
use crate::model::{BenchmarkId, Distribution, Metric, Side, State, StateEntry};
use crate::plan::{Planned, Read, Words};
use crate::run::build::{BenchExecutable, Built, clean_join};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files that no benchmark reads at run time: sources are compiled, and nobody times a README.
const NOT_READ_EXTENSIONS: [&str; 2] = ["rs", "md"];

/// Likewise, by name.
const NOT_READ_NAMES: [&str; 9] = [
    "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rustfmt.toml", "clippy.toml", ".gitignore", ".gitattributes", "benchgate.toml",
    "CODEOWNERS",
];

/// Likewise, by folder.
const NOT_READ_FOLDERS: [&str; 4] = [".github", "docs", "baselines", ".cargo"];

/// What one side's build of one suite left, or why there is none.
pub(super) type SideBuild = std::result::Result<Built, String>;

/// The two sides, side by side.
#[derive(Default)]
pub(super) struct Found {
    pub(super) planned: Vec<Planned>,
    pub(super) states: Vec<StateEntry>,
    /// Benchmarks whose own source differs between the sides.
    pub(super) changed: BTreeSet<BenchmarkId>,
    pub(super) notes: Vec<String>,
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
}

impl Layout<'_> {
    fn sides(&self) -> u8 {
        if self.changed_paths.is_some() { 2 } else { 1 }
    }

    /// Whether a file changed that a benchmark might read while it runs.
    fn data_changed(&self) -> bool {
        let below = |path: &Path| path.strip_prefix(self.folder).is_ok_and(|below| !may_be_read(below));
        self.changed_paths.unwrap_or_default().iter().any(|path| may_be_read(path) && !below(path))
    }

    /// Lays out one suite. `base` is `None` where there is only head.
    pub(super) fn suite(&self, suite: &Suite, base: Option<&SideBuild>, base_suite: Option<&Suite>, head: &SideBuild, found: &mut Found) {
        for (side, built) in [(Side::Base, base), (Side::Head, Some(head))] {
            match built {
                Some(Err(why)) => found.states.push(StateEntry {
                    id: BenchmarkId::new(&suite.name, WHOLE_SUITE),
                    state: State::Failed,
                    side: Some(side),
                    detail: format!("does not build: {why}"),
                }),
                Some(Ok(built)) => found.notes.extend(built.notes.iter().cloned()),
                None => {}
            }
        }
        let Ok(head) = head else { return };
        let base = match base {
            Some(Ok(base)) => Some(base),
            Some(Err(_)) => return,
            None => None,
        };
        match &suite.kind {
            Kind::Criterion(settings) => self.criterion(suite, settings, base, head, found),
            Kind::Command(settings) => self.commands(suite, settings, base_suite, base, head, found),
        }
    }

    fn criterion(&self, suite: &Suite, settings: &CriterionSuite, base: Option<&Built>, head: &Built, found: &mut Found) {
        let head_list = listed(head);
        let base_list = base.map(listed);
        let keys: BTreeSet<&Key> = head_list.keys().chain(base_list.iter().flat_map(BTreeMap::keys)).collect();
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        keys.iter().for_each(|key| *uses.entry(key.name).or_default() += 1);
        for key in keys {
            // One name in two bench targets: the target tells them apart.
            let name = if uses[key.name] > 1 { format!("{}/{}", key.target, key.name) } else { key.name.to_owned() };
            let id = BenchmarkId::new(&suite.name, name);
            if !suite.selects(&id.benchmark) || !self.gate.selects(&id) {
                continue;
            }
            let entry = |state, detail: &str| StateEntry { id: id.clone(), state, side: None, detail: detail.to_owned() };
            match (base_list.as_ref().map(|list| list.get(key)), head_list.get(key)) {
                (Some(None), Some(_)) => found.states.push(entry(State::New, "")),
                (Some(Some(_)), None) => found.states.push(entry(State::Missing, "head's bench targets no longer list it")),
                (Some(Some(before)), Some(after)) => {
                    let same = before.sha256 == after.sha256 && base.is_some_and(|base| base.files == head.files);
                    if same && !self.data_changed() {
                        found.states.push(entry(State::Identical, ""));
                        continue;
                    }
                    if self.changed_paths.is_some_and(|paths| paths.contains(&after.source)) {
                        found.changed.insert(id.clone());
                    }
                    let dialect = if before.pattern_dialect { Dialect::Pattern } else { after.dialect() };
                    found.planned.push(self.criterion_launch(suite, settings, &id, key.name, after, dialect));
                }
                (None, Some(only)) => {
                    found.planned.push(self.criterion_launch(suite, settings, &id, key.name, only, only.dialect()));
                }
                (_, None) => {}
            }
        }
    }

    fn criterion_launch(
        &self,
        suite: &Suite,
        settings: &CriterionSuite,
        id: &BenchmarkId,
        name: &str,
        executable: &BenchExecutable,
        dialect: Dialect,
    ) -> Planned {
        let launch = LaunchSettings {
            warm_up_s: settings.warm_up.as_secs_f64(),
            measure_s: settings.measuring.as_secs_f64(),
            sample_size: settings.samples,
        };
        let mut command: Words = vec![self.stage.join(&executable.file).to_string_lossy().into_owned()];
        command.extend(launch_arguments(name, &launch, dialect));
        let mut environment = suite.environment.clone();
        let package = self.stage.join("tree").join(&executable.directory);
        for (name, value) in [
            ("CARGO_MANIFEST_DIR", package.to_string_lossy().into_owned()),
            ("CARGO_PKG_NAME", executable.package.clone()),
            ("CARGO_PKG_VERSION", executable.version.clone()),
        ] {
            environment.insert(name.to_owned(), value);
        }
        Planned {
            id: id.clone(),
            metrics: suite.metrics.iter().map(|rule| rule.metric.clone()).collect(),
            command,
            prepare: None,
            cleanup: None,
            directory: executable.directory.clone(),
            environment,
            pass_environment: suite.environment_pass.clone(),
            sides: self.sides(),
            timeout: suite.timeout,
            cpus: suite.cpus.clone(),
            exit_status: 0,
            read: Read::Criterion(name.to_owned()),
        }
    }

    fn commands(
        &self,
        suite: &Suite,
        settings: &CommandSuite,
        base_suite: Option<&Suite>,
        base: Option<&Built>,
        head: &Built,
        found: &mut Found,
    ) {
        let known = base_suite.and_then(|suite| match &suite.kind {
            Kind::Command(settings) => Some(command_names(settings)),
            Kind::Criterion(_) => None,
        });
        let chosen = |id: &BenchmarkId| suite.selects(&id.benchmark) && self.gate.selects(id);
        let identical = base.is_some_and(|base| base.files == head.files) && !self.data_changed();
        for command in &settings.commands {
            for expanded in command.expand() {
                let id = BenchmarkId::new(&suite.name, &expanded.id);
                if !chosen(&id) {
                    continue;
                }
                let entry = |state| StateEntry { id: id.clone(), state, side: None, detail: String::new() };
                if base.is_some() && known.as_ref().is_some_and(|known| !known.contains(&expanded.id)) {
                    found.states.push(entry(State::New));
                } else if identical {
                    found.states.push(entry(State::Identical));
                } else {
                    found.planned.extend(self.command_launches(suite, command, &expanded, &id));
                }
            }
        }
        let ours = command_names(settings);
        for name in known.into_iter().flatten().filter(|name| !ours.contains(name)) {
            let id = BenchmarkId::new(&suite.name, name);
            if chosen(&id) {
                let detail = "head's configuration no longer lists it".to_owned();
                found.states.push(StateEntry { id, state: State::Missing, side: None, detail });
            }
        }
    }

    /// One kind of launch for what the kernel counts, another for instructions.
    fn command_launches(
        &self,
        suite: &Suite,
        command: &crate::config::Command,
        expanded: &ExpandedCommand,
        id: &BenchmarkId,
    ) -> Vec<Planned> {
        let metrics: Vec<Metric> =
            command.metrics.clone().unwrap_or_else(|| suite.metrics.iter().map(|rule| rule.metric.clone()).collect());
        let (counted, kernel): (Vec<Metric>, Vec<Metric>) = metrics.into_iter().partition(|metric| metric.name == "instructions");
        let directory = clean_join(self.folder, command.directory.as_ref().unwrap_or(&suite.directory));
        [(Read::Kernel, kernel), (Read::Instructions, counted)]
            .into_iter()
            .filter(|(_, metrics)| !metrics.is_empty())
            .map(|(read, metrics)| Planned {
                id: id.clone(),
                metrics,
                command: words(&expanded.run),
                prepare: expanded.prepare.as_ref().map(words),
                cleanup: expanded.cleanup.as_ref().map(words),
                directory: directory.clone(),
                environment: suite.environment.clone(),
                pass_environment: suite.environment_pass.clone(),
                sides: self.sides(),
                timeout: command.timeout.unwrap_or(suite.timeout),
                cpus: suite.cpus.clone(),
                exit_status: expanded.exit_status,
                read,
            })
            .collect()
    }
}

/// What tells a criterion benchmark from all others of a suite.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    package: &'a str,
    target: &'a str,
    name: &'a str,
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

fn command_names(settings: &CommandSuite) -> BTreeSet<String> {
    settings.commands.iter().flat_map(|command| command.expand()).map(|expanded| expanded.id).collect()
}

fn words(run: &Run) -> Words {
    match run {
        Run::Words(words) => words.clone(),
        Run::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.clone()],
    }
}

/// Whether a benchmark might read this file while it runs. In doubt it might: the price is only time.
fn may_be_read(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let folder = path.components().next().and_then(|first| first.as_os_str().to_str()).unwrap_or_default();
    !(NOT_READ_EXTENSIONS.contains(&extension)
        || NOT_READ_NAMES.contains(&name)
        || name.starts_with("LICENSE")
        || (path.components().count() > 1 && NOT_READ_FOLDERS.contains(&folder)))
}

/// Whether a metric needs valgrind.
pub(super) fn needs_valgrind(planned: &Planned) -> bool {
    planned.read == Read::Instructions && planned.metrics.iter().any(|metric| metric.distribution == Distribution::Exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_nothing_reads_are_passed_over() {
        for path in ["README.md", "src/lib.rs", "docs/a.png", ".github/workflows/ci.yml", "LICENSE-MIT", "crates/x/Cargo.toml", "Cargo.lock"] {
            assert!(!may_be_read(Path::new(path)), "{path}");
        }
        for path in ["data/input.json", "bench.py", "benches/words.txt", "build.sh", "docs", "src/table.bin"] {
            assert!(may_be_read(Path::new(path)), "{path}");
        }
    }
}
