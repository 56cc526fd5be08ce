//! Commands of the two sides, by what their configurations list.

use super::{Found, Layout};
use crate::config::{Command, CommandSuite, ExpandedCommand, Kind, Suite};
use crate::model::{BenchmarkId, Metric, State, StateEntry};
use crate::plan::{Planned, Read};
use crate::run::build::{Built, clean_join};
use crate::run::result::words;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// A command as a configuration has it.
#[derive(PartialEq)]
struct Definition {
    expanded: ExpandedCommand,
    metrics: Vec<String>,
    timeout: Duration,
    directory: PathBuf,
    environment: BTreeMap<String, String>,
    cpus: Option<Vec<usize>>,
}

type Known = BTreeMap<String, Definition>;

impl Definition {
    fn new(suite: &Suite, command: &Command, expanded: ExpandedCommand) -> Self {
        Self {
            expanded,
            metrics: metric_names(suite, command),
            timeout: command.timeout.unwrap_or(suite.timeout),
            directory: command.directory.as_ref().unwrap_or(&suite.directory).clone(),
            environment: suite.environment.clone(),
            cpus: suite.cpus.clone(),
        }
    }

    /// Whether head launches the same in the same way, with as much time, whatever is then counted.
    fn is_launched_by(&self, head: &Self) -> bool {
        let place = self.directory == head.directory && self.environment == head.environment && self.cpus == head.cpus;
        self.expanded == head.expanded && place && self.timeout <= head.timeout
    }
}

impl Layout<'_> {
    pub(super) fn commands(
        &self,
        suite: &Suite,
        settings: &CommandSuite,
        base_suite: Option<&Suite>,
        (base, head): (Option<&Built>, &Built),
        found: &mut Found,
    ) {
        let known = base_suite.filter(|_| base.is_some()).and_then(known);
        let compiled = !head.files.is_empty();
        let same = base.is_some_and(|base| base.files == head.files);
        let identical = !self.told && same && !self.data_changed(compiled, &[]);
        for command in &settings.commands {
            for expanded in command.expand() {
                let id = BenchmarkId::new(&suite.name, &expanded.id);
                if !self.chosen(suite, base_suite, &id, found) {
                    continue;
                }
                let entry = |state| StateEntry { id: id.clone(), state, side: None, detail: String::new() };
                let before = known.as_ref().map(|known| known.get(&expanded.id));
                if let Some(Some(before)) = before {
                    self.compare_definitions(&id, before, &Definition::new(suite, command, expanded.clone()), found);
                }
                match before {
                    Some(None) => found.states.push(entry(State::New)),
                    Some(Some(before)) if identical && before.expanded == expanded => {
                        found.states.push(entry(State::Identical));
                    }
                    None if identical => found.states.push(entry(State::Identical)),
                    _ => found.planned.extend(self.command_launches(suite, command, &expanded, &id)),
                }
            }
        }
        let ours = known_names(settings);
        for name in known.iter().flat_map(BTreeMap::keys).filter(|name| !ours.contains(name)) {
            let id = BenchmarkId::new(&suite.name, name);
            if self.gate.selects(&id) {
                found.states.push(missing(&id, "head's configuration no longer lists it"));
            }
        }
    }

    /// Commands of a suite that base does not know, and cannot build.
    pub(super) fn new_commands(&self, suite: &Suite, settings: &CommandSuite, found: &mut Found) {
        for name in known_names(settings) {
            let id = BenchmarkId::new(&suite.name, &name);
            if self.chosen(suite, None, &id, found) {
                found.states.push(StateEntry { id, state: State::New, side: None, detail: String::new() });
            }
        }
    }

    /// Says where head's configuration measures something else under the same name: base's benchmark is then as good as gone,
    /// and a change cannot take the place of what judges it.
    fn compare_definitions(&self, id: &BenchmarkId, before: &Definition, after: &Definition, found: &mut Found) {
        if !before.is_launched_by(after) {
            found.changed.insert(id.clone());
            found.notes.push(format!("head's configuration changes the command of '{id}': both sides run head's"));
            if self.gate.selects(id) {
                found.states.push(missing(id, "head's configuration launches something else under this name"));
            }
        }
        let gone = before.metrics.iter().filter(|metric| !after.metrics.contains(metric));
        let gone: Vec<&str> = gone.map(String::as_str).collect();
        if !gone.is_empty() && self.gate.selects(id) {
            found.states.push(missing(id, &format!("head's configuration no longer measures {}", gone.join(", "))));
        }
    }

    /// One kind of launch for what the kernel counts, another for instructions.
    fn command_launches(
        &self,
        suite: &Suite,
        command: &Command,
        expanded: &ExpandedCommand,
        id: &BenchmarkId,
    ) -> Vec<Planned> {
        let (counted, kernel): (Vec<Metric>, Vec<Metric>) =
            metrics(suite, command).into_iter().partition(|metric| metric.name == "instructions");
        let directory = clean_join(self.folder, command.directory.as_ref().unwrap_or(&suite.directory));
        [(Read::Kernel, kernel), (Read::Instructions, counted)]
            .into_iter()
            .filter(|(_, metrics)| !metrics.is_empty())
            .map(|(read, metrics)| Planned {
                prepare: expanded.prepare.as_ref().map(words),
                cleanup: expanded.cleanup.as_ref().map(words),
                directory: directory.clone(),
                timeout: command.timeout.unwrap_or(suite.timeout),
                exit_status: expanded.exit_status,
                ..self.launch(suite, id.clone(), metrics, words(&expanded.run), read)
            })
            .collect()
    }
}

fn missing(id: &BenchmarkId, detail: &str) -> StateEntry {
    StateEntry { id: id.clone(), state: State::Missing, side: None, detail: detail.to_owned() }
}

/// What base's configuration lists, if its suite is one of commands too.
fn known(suite: &Suite) -> Option<Known> {
    let Kind::Command(settings) = &suite.kind else { return None };
    let expanded = |command| Command::expand(command).into_iter().map(move |expanded| (command, expanded));
    let all = settings.commands.iter().flat_map(expanded);
    Some(all.map(|(command, one)| (one.id.clone(), Definition::new(suite, command, one))).collect())
}

fn known_names(settings: &CommandSuite) -> Vec<String> {
    settings.commands.iter().flat_map(Command::expand).map(|expanded| expanded.id).collect()
}

fn metrics(suite: &Suite, command: &Command) -> Vec<Metric> {
    command.metrics.clone().unwrap_or_else(|| suite.known_metrics().collect())
}

fn metric_names(suite: &Suite, command: &Command) -> Vec<String> {
    metrics(suite, command).into_iter().map(|metric| metric.name).collect()
}
