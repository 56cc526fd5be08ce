//! Stored baselines as a screen: what they settle needs no second side.

use crate::cmd::measure::{Builds, Workshop};
use crate::cmd::project::Project;
use crate::config::{Against, Command, Kind, Suite};
use crate::judge::{Policy, Verdict, WHOLE_SUITE, judge};
use crate::model::{BenchmarkId, Cost, Design, Environment, Row, RunRecord, Side, State, StateEntry, Warning};
use crate::plan::single;
use crate::run::build::Built;
use crate::run::{Journal, Progress};
use crate::store::{self, Baseline};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Launches of head that are compared with stored runs.
const LAUNCHES: u32 = 10;

/// Share of the measuring budget that the screen may spend; the rest is for what it leaves open.
const BUDGET_SHARE: f64 = 0.5;

/// What stored baselines settled. Kept beside the journal, so that `--resume` starts from the same place.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Screened {
    /// Benchmarks that need no pairing.
    pub(super) settled: BTreeSet<BenchmarkId>,
    /// Suites of which every benchmark is settled.
    pub(super) whole_suites: BTreeSet<String>,
    /// Rows that stand.
    pub(super) rows: Vec<Row>,
    /// Rows that pairing is to replace; they stand if it cannot.
    pub(super) open_rows: Vec<Row>,
    /// Benchmarks that head no longer has.
    pub(super) states: Vec<StateEntry>,
    /// What the screen cost.
    pub(super) cost: Cost,
    pub(super) notes: Vec<String>,
}

/// The baselines that fit this machine, by suite. Those of base's revision count; files that no revision has yet are taken
/// from the working tree, so that a first `record` can be tried before it is committed.
pub(super) fn load(
    project: &Project,
    here: &Environment,
    screened: &mut Screened,
) -> Result<BTreeMap<String, Baseline>> {
    let mut fitting = BTreeMap::new();
    let mut others: BTreeMap<String, Baseline> = BTreeMap::new();
    for (path, text) in texts(project, &folder(project), screened)? {
        let baseline = Baseline::parse(&path, &text)?;
        if !project.config.suites.iter().any(|suite| suite.name == baseline.suite) || baseline.runs.is_empty() {
            continue;
        }
        let fits = baseline.environment.class == here.class;
        let place = if fits { &mut fitting } else { &mut others };
        place.insert(baseline.suite.clone(), baseline);
    }
    for (suite, baseline) in others.iter().filter(|(suite, _)| !fitting.contains_key(*suite)) {
        let stored = baseline.environment.class.clone();
        let warning = Warning::EnvironmentMismatch { stored, here: here.class.clone() };
        screened.notes.push(format!("suite '{suite}': {warning}; base is built and measured here instead"));
    }
    Ok(fitting)
}

/// Names and contents of the baseline files that count.
fn texts(project: &Project, folder: &Path, screened: &mut Screened) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let Some(base) = &project.base else { return Ok(found) };
    let at_base = project.repo.snapshot(base)?;
    let is_baseline = |path: &&Path| path.parent() == Some(folder) && path.extension().is_some_and(|end| end == "json");
    for path in at_base.paths().filter(is_baseline) {
        if let Some(text) = project.repo.read(base, path, store::FILE_BYTES_MAX)? {
            found.push((format!("{} at {}", path.display(), base.short()), text));
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
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
    Ok(found)
}

/// Where baselines lie, relative to the repository's root.
pub(in crate::cmd) fn folder(project: &Project) -> PathBuf {
    project.folder.join(&project.config.gate.baselines)
}

/// Measures head alone and lays it beside the stored runs: rows of design "stored".
pub(super) fn screen(
    project: &Project,
    workshop: &mut Workshop<'_>,
    (suites, head): (&[Suite], &Builds),
    baselines: &BTreeMap<String, Baseline>,
    record: &RunRecord,
    screened: &mut Screened,
    progress: &mut dyn Progress,
) -> Result<()> {
    let found = workshop.lay_out(suites, None, (head, &project.head), false);
    let all: BTreeSet<BenchmarkId> = found.planned.iter().flat_map(|planned| planned.benchmarks().cloned()).collect();
    let history = |id: &BenchmarkId, metric: &str| {
        baselines.get(&id.suite).map(|baseline| baseline.history(id, metric)).unwrap_or_default()
    };
    let mut known = found.planned;
    known.retain(|planned| {
        let mut metrics = planned.metrics.iter().enumerate();
        metrics.all(|(i, metric)| !history(planned.benchmark(i), &metric.name).is_empty())
    });
    workshop.set_up(Side::Head, &project.head, head, progress)?;
    progress.phase(&format!("measuring {} benchmarks against stored runs", known.len()));
    let plan = single(known, LAUNCHES, fastrand::u64(..));
    let budget = project.config.gate.budget.mul_f64(BUDGET_SHARE);
    let mut never = |rows: &[Row]| vec![false; rows.len()];
    let measured = workshop.measure(&plan, &mut Journal::in_memory(), budget, progress, &mut never)?;
    screened.cost = measured.cost;
    // What failed here is left to the pairing, which tells whose fault it is.
    let failed: BTreeSet<&BenchmarkId> = measured.states.iter().map(|entry| &entry.id).collect();
    let has_failed =
        |id: &BenchmarkId| failed.contains(id) || failed.contains(&BenchmarkId::new(&id.suite, WHOLE_SUITE));
    for mut row in measured.rows.into_iter().filter(|row| !has_failed(&row.id)) {
        row.base = history(&row.id, &row.metric.name);
        row.design = Design::Stored;
        screened.settled.insert(row.id.clone());
        screened.rows.push(row);
    }
    let gone = gone(project, suites, head, baselines, &all);
    let only_inconclusive = project.config.gate.against == Against::Stored;
    escalate(&project.config.policy, record, screened, only_inconclusive);
    if only_inconclusive {
        screened.states.extend(gone.iter().map(|id| StateEntry {
            id: id.clone(),
            state: State::Missing,
            side: None,
            detail: "the newest stored run has it, head does not".to_owned(),
        }));
    }
    // Whether something that is gone was base's is for the pairing to say, where it may.
    let open_gone =
        |suite: &str| project.config.gate.against == Against::Auto && gone.iter().any(|id| id.suite == suite);
    for suite in baselines.keys().filter(|suite| !open_gone(suite)) {
        let mut of_suite = all.iter().filter(|id| id.suite == *suite).peekable();
        if of_suite.peek().is_some() && of_suite.all(|id| screened.settled.contains(id)) {
            screened.whole_suites.insert(suite.clone());
        }
    }
    Ok(())
}

/// Benchmarks of the newest stored run that head no longer has.
fn gone(
    project: &Project,
    suites: &[Suite],
    head: &Builds,
    baselines: &BTreeMap<String, Baseline>,
    known: &BTreeSet<BenchmarkId>,
) -> BTreeSet<BenchmarkId> {
    let mut gone = BTreeSet::new();
    for (suite, built) in suites.iter().zip(head) {
        let (Some(baseline), Ok(built)) = (baselines.get(&suite.name), built) else { continue };
        let newest = baseline.rows.iter().filter(|row| row.values.last().is_some_and(Option::is_some));
        let ids = newest.map(|row| BenchmarkId::new(&suite.name, &row.benchmark));
        gone.extend(ids.filter(|id| {
            let selected = suite.selects(&id.benchmark) && project.config.gate.selects(id);
            selected && !known.contains(id) && !listed(built, &id.benchmark, suite)
        }));
    }
    gone
}

fn listed(built: &Built, name: &str, suite: &Suite) -> bool {
    match &suite.kind {
        Kind::Criterion(_) => built
            .executables
            .iter()
            .any(|e| e.benchmarks.iter().any(|b| b == name || format!("{}/{b}", e.target) == name)),
        Kind::Harness(_) => built.listed.iter().any(|one| one.benchmark == name),
        Kind::Command(settings) => settings.commands.iter().flat_map(Command::expand).any(|c| c.id == name),
    }
}

/// Whatever stored runs do not show to be unchanged goes on to the pairing; only what they settle stays. Where stored runs are
/// trusted with a red row (`only_inconclusive`), what they leave open does.
fn escalate(policy: &Policy, record: &RunRecord, screened: &mut Screened, only_inconclusive: bool) {
    let judged = judge(&RunRecord { rows: screened.rows.clone(), ..record.clone() }, policy, None);
    let shifted = |warning: &Warning| matches!(warning, Warning::SuiteShift { .. });
    let open: BTreeSet<BenchmarkId> = judged
        .comparisons
        .iter()
        .filter(|row| {
            let doubtful = row.verdict != Verdict::Unchanged || row.details.iter().any(shifted);
            if only_inconclusive { row.verdict == Verdict::Inconclusive } else { doubtful }
        })
        .map(|row| BenchmarkId::new(&row.suite, &row.benchmark))
        .collect();
    if open.is_empty() {
        return;
    }
    screened.notes.push(format!(
        "{} benchmarks differ from their stored runs or could not be told: measured again, paired with base",
        open.len()
    ));
    let (again, stand) = std::mem::take(&mut screened.rows).into_iter().partition(|row| open.contains(&row.id));
    (screened.open_rows, screened.rows) = (again, stand);
    screened.settled.retain(|id| !open.contains(id));
}

/// Lets what the screen settled enter the record.
pub(super) fn enter(record: &mut RunRecord, screened: &Screened) {
    record.rows.extend(screened.rows.iter().cloned());
    record.states.extend(screened.states.iter().cloned());
    record.cost.add_measuring(&screened.cost);
}

/// Rows that pairing was to replace and could not: what stored runs said of them stands.
pub(super) fn fall_back(record: &mut RunRecord, screened: &Screened) {
    let paired: BTreeSet<BenchmarkId> = record.rows.iter().map(|row| row.id.clone()).collect();
    let identical =
        |id: &BenchmarkId| record.states.iter().any(|entry| entry.id == *id && entry.state == State::Identical);
    let left: Vec<Row> =
        screened.open_rows.iter().filter(|row| !paired.contains(&row.id) && !identical(&row.id)).cloned().collect();
    record.rows.extend(left);
}
