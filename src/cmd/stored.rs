//! Stored baselines as a screen: what they settle needs no second side.

use super::check::add_cost;
use super::measure::{Builds, Workshop};
use super::project::Project;
use crate::config::Suite;
use crate::git::Commit;
use crate::judge::{Policy, Verdict, judge};
use crate::model::{BenchmarkId, Design, Environment, RunRecord, SCHEMA, Side, State, StateEntry, Warning};
use crate::plan::single;
use crate::run::{Journal, Progress};
use crate::store::{self, Baseline};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Launches of head that are compared with stored runs.
const LAUNCHES: u32 = 10;

/// What stored baselines settled.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Screened {
    /// Benchmarks that need no pairing.
    pub(super) settled: BTreeSet<BenchmarkId>,
    /// Suites of which every benchmark is settled.
    pub(super) whole_suites: BTreeSet<String>,
    pub(super) notes: Vec<String>,
}

/// What an interrupted run knew before it paired: kept beside its journal, so that resuming neither repeats nor loses it.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// The key of head's content.
    pub(super) head: String,
    pub(super) record: RunRecord,
    pub(super) notes: Vec<String>,
    pub(super) screened: Screened,
}

impl Kept {
    /// Reads what was kept for these sides; `None` where nothing was, or for others, which the journal then refuses.
    pub(super) fn read(path: &Path, head: &str, base: Option<&Commit>) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let same_base = kept.record.base.as_ref().map(|base| &base.revision) == base.map(|base| &base.id);
        (kept.head == head && same_base && kept.record.schema == SCHEMA).then_some(kept)
    }
}

/// The baselines that fit this machine, by suite. Those of base's revision count; files that no revision has yet are taken
/// from the working tree, so that a first `record` can be tried before it is committed.
pub(super) fn load(project: &Project, here: &Environment, screened: &mut Screened) -> Result<BTreeMap<String, Baseline>> {
    let folder = folder(project);
    let mut fitting = BTreeMap::new();
    let mut others: BTreeMap<String, Baseline> = BTreeMap::new();
    for (path, text) in texts(project, &folder, screened)? {
        let baseline = Baseline::parse(&path, &text)?;
        if !project.config.suites.iter().any(|suite| suite.name == baseline.suite) || baseline.runs.is_empty() {
            continue;
        }
        let fits = baseline.environment.class == here.class;
        let place = if fits { &mut fitting } else { &mut others };
        place.insert(baseline.suite.clone(), baseline);
    }
    for (suite, baseline) in others.iter().filter(|(suite, _)| !fitting.contains_key(*suite)) {
        let warning = Warning::EnvironmentMismatch { stored: baseline.environment.class.clone(), here: here.class.clone() };
        screened.notes.push(format!("suite '{suite}': {warning}; base is built and measured here instead"));
    }
    Ok(fitting)
}

/// Names and contents of the baseline files that count.
fn texts(project: &Project, folder: &Path, screened: &mut Screened) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let Some(base) = &project.base else { return Ok(found) };
    let at_base = project.repo.snapshot(base)?;
    for path in at_base.paths().filter(|path| path.parent() == Some(folder) && path.extension().is_some_and(|e| e == "json")) {
        if let Some(text) = project.repo.read(base, path)? {
            found.push((format!("{} at {}", path.display(), base.short()), text));
        }
    }
    if found.is_empty() {
        let at_head = project.repo.snapshot(&project.head_commit)?;
        for (path, baseline) in store::list(&project.repo.root().join(folder))? {
            let relative = folder.join(path.file_name().unwrap_or_default());
            if at_head.contains(&relative) {
                screened.notes.push(format!("'{}' is new in head: it counts after the merge", relative.display()));
            } else {
                screened.notes.push(format!("'{}' is not committed yet; it was used all the same", relative.display()));
                found.push((relative.display().to_string(), serde_json::to_vec(&baseline)?));
            }
        }
    }
    Ok(found)
}

/// Where baselines lie, relative to the repository's root.
pub(super) fn folder(project: &Project) -> PathBuf {
    project.folder.join(&project.config.gate.baselines)
}

/// Whether head changes stored baselines.
pub(super) fn changed_in_head(project: &Project) -> Result<bool> {
    let Some(base) = &project.base else { return Ok(false) };
    let folder = folder(project);
    let at_base = project.repo.snapshot(base)?;
    let at_head = project.repo.snapshot(&project.head_commit)?;
    Ok(project.repo.changed_paths(&at_base, &at_head).iter().any(|path| path.starts_with(&folder)))
}

/// Measures head alone and lays it beside the stored runs: rows of design "stored".
pub(super) fn screen(
    project: &Project,
    workshop: &mut Workshop<'_>,
    (suites, head): (&[Suite], &Builds),
    baselines: &BTreeMap<String, Baseline>,
    record: &mut RunRecord,
    screened: &mut Screened,
    progress: &mut dyn Progress,
) -> Result<()> {
    let mut found = workshop.lay_out(suites, None, head);
    let history = |id: &BenchmarkId, metric: &str| baselines.get(&id.suite).map(|b| b.history(id, metric)).unwrap_or_default();
    found.planned.retain(|planned| planned.metrics.iter().all(|metric| !history(&planned.id, &metric.name).is_empty()));
    workshop.set_up(Side::Head, &project.head, head, progress)?;
    progress.phase(&format!("measuring {} benchmarks against stored runs", found.planned.len()));
    let plan = single(found.planned, LAUNCHES, fastrand::u64(..));
    let budget = project.config.gate.budget;
    let measured = workshop.measure(&plan, &mut Journal::in_memory(), budget, progress, &mut |rows| vec![false; rows.len()])?;
    add_cost(record, &measured.cost);
    for mut row in measured.rows {
        row.base = history(&row.id, &row.metric.name);
        row.design = Design::Stored;
        screened.settled.insert(row.id.clone());
        record.rows.push(row);
    }
    // What failed here is left to the pairing, which tells whose fault it is.
    missing(project, suites, head, baselines, record, screened);
    for suite in suites.iter().filter(|suite| baselines.contains_key(&suite.name)) {
        let all = plan.benchmarks.iter().filter(|planned| planned.id.suite == suite.name);
        if head_names(workshop, suites, head, &suite.name).iter().all(|id| screened.settled.contains(id)) && all.count() > 0 {
            screened.whole_suites.insert(suite.name.clone());
        }
    }
    Ok(())
}

/// Every benchmark of a suite that head has.
fn head_names(workshop: &Workshop<'_>, suites: &[Suite], head: &Builds, suite: &str) -> BTreeSet<BenchmarkId> {
    workshop.lay_out(suites, None, head).planned.into_iter().map(|planned| planned.id).filter(|id| id.suite == suite).collect()
}

/// Benchmarks of the newest stored run that head no longer has.
fn missing(
    project: &Project,
    suites: &[Suite],
    head: &Builds,
    baselines: &BTreeMap<String, Baseline>,
    record: &mut RunRecord,
    screened: &mut Screened,
) {
    for (suite, built) in suites.iter().zip(head) {
        let (Some(baseline), Ok(_)) = (baselines.get(&suite.name), built) else { continue };
        let newest = baseline.rows.iter().filter(|row| row.values.last().is_some_and(Option::is_some));
        for name in newest.map(|row| &row.benchmark).collect::<BTreeSet<_>>() {
            let id = BenchmarkId::new(&suite.name, name);
            let selected = suite.selects(name) && project.config.gate.selects(&id);
            if selected && !screened.settled.contains(&id) && !listed(built, name, suite) {
                screened.settled.insert(id.clone());
                let detail = "the newest stored run has it, head does not".to_owned();
                record.states.push(StateEntry { id, state: State::Missing, side: None, detail });
            }
        }
    }
}

fn listed(built: &super::sides::SideBuild, name: &str, suite: &Suite) -> bool {
    match &suite.kind {
        crate::config::Kind::Criterion(_) => built.as_ref().is_ok_and(|built| {
            built.executables.iter().any(|e| e.benchmarks.iter().any(|b| b == name || format!("{}/{b}", e.target) == name))
        }),
        crate::config::Kind::Command(settings) => settings.commands.iter().flat_map(|c| c.expand()).any(|c| c.id == name),
    }
}

/// Whatever stored runs do not show to be unchanged goes on to the pairing; only what they settle stays.
pub(super) fn escalate(policy: &Policy, record: &mut RunRecord, screened: &mut Screened) {
    let judgement = judge(record, policy, None);
    let open: BTreeSet<BenchmarkId> = judgement
        .comparisons
        .iter()
        .filter(|row| row.verdict != Verdict::Unchanged || row.details.iter().any(|w| matches!(w, Warning::SuiteShift { .. })))
        .map(|row| BenchmarkId::new(&row.suite, &row.benchmark))
        .collect();
    if open.is_empty() {
        return;
    }
    screened.notes.push(format!("{} benchmarks differ from their stored runs or could not be told: measured again, paired with base", open.len()));
    record.rows.retain(|row| !open.contains(&row.id));
    for id in open {
        screened.whole_suites.remove(&id.suite);
        screened.settled.remove(&id);
    }
}
