use super::project::policy::Changed;
use super::project::{CONFIG_NAME, start, today};
use super::records::{gather, read::try_read};
use super::{Done, Io};
use crate::cli::{Compare, Global};
use crate::config::{self, Config, Overrides};
use crate::harness::{self, Failure, Results};
use crate::model::{
    BenchmarkId, Design, Environment, Measurement, Metric, Origin, Row, RunRecord, Side, Source, State, StateEntry,
};
use crate::stats::summary::observations;
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One side of a comparison of files: one number per launch.
type SideRows = BTreeMap<(BenchmarkId, String), (Metric, Vec<f64>)>;

/// What one side's file holds.
struct Read {
    rows: SideRows,
    failures: Vec<Failure>,
    environment: Option<Environment>,
}

/// Judges two result files or folders; no repository is needed.
pub(super) fn run(args: &Compare, global: &Global, _: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let config = policy(global, &args.policy.overrides(), &here)?;
    let (base, head) = (
        read(&here.join(&args.base), args.harness.as_deref())?,
        read(&here.join(&args.head), args.harness.as_deref())?,
    );
    let origin = |path: &Path| Origin { revision: path.display().to_string(), source: Source::File };
    let environment = head.environment.clone().unwrap_or_default();
    let mut record = gather::empty_record(origin(&args.head), Some(origin(&args.base)), environment.clone(), &[]);
    let mut notes = Vec::new();
    if let (Some(before), Some(after)) = (&base.environment, &head.environment)
        && before.class != after.class
    {
        notes.push(format!(
            "the records come from different environments ('{}' and '{}'): a difference may be the machine's",
            before.class, after.class
        ));
    }
    pair_up(&base.rows, &head.rows, &mut record);
    let failed = failed(&base, &head);
    record.states.retain(|entry| failed.iter().all(|failure| failure.id != entry.id));
    record.states.extend(failed);
    if record.rows.is_empty() {
        bail!(
            "nothing to compare: '{}' and '{}' have no benchmark in common ({} and {} found)",
            args.base.display(),
            args.head.display(),
            base.rows.len(),
            head.rows.len()
        );
    }
    gather::sort(&mut record);
    Ok(Done::Report(Box::new(gather::report(&record, &config, None, &Changed::default(), notes))))
}

/// The policy for results from anywhere: the named or nearest configuration's, else the defaults.
pub(super) fn policy(global: &Global, overrides: &Overrides, here: &Path) -> Result<Config> {
    let nearest = || here.ancestors().map(|folder| folder.join(CONFIG_NAME)).find(|path| path.is_file());
    let file = global.config.clone().or_else(nearest).map(|path| config::load(&path)).transpose()?;
    Ok(config::resolve(file, overrides, Vec::new(), today())?)
}

/// Reads a run record's head, or whatever a harness left.
fn read(path: &Path, harness: Option<&str>) -> Result<Read> {
    if harness.is_none()
        && let Some(record) = try_read(path)?
    {
        let rows = record.rows.into_iter().map(|row| ((row.id, row.metric.name.clone()), (row.metric, row.head)));
        return Ok(Read { rows: rows.collect(), failures: Vec::new(), environment: Some(record.environment) });
    }
    let Results { measurements, failures } = harness::read_results(path, harness)?;
    let rows = measurements.iter().map(side_row).collect();
    Ok(Read { rows, failures, environment: None })
}

/// Benchmarks that failed on one side: named, and with what the other side shows of them compared with nothing.
fn failed(base: &Read, head: &Read) -> Vec<StateEntry> {
    let mut failed: BTreeMap<&BenchmarkId, StateEntry> = BTreeMap::new();
    for (side, read) in [(Side::Base, base), (Side::Head, head)] {
        for Failure { id, error } in &read.failures {
            let entry =
                StateEntry { id: id.clone(), state: State::Failed, side: Some(side), detail: error.to_string() };
            failed.entry(id).and_modify(|known| known.side = None).or_insert(entry);
        }
    }
    failed.into_values().collect()
}

fn side_row(measurement: &Measurement) -> ((BenchmarkId, String), (Metric, Vec<f64>)) {
    let key = (measurement.id.clone(), measurement.metric.name.clone());
    (key, (measurement.metric.clone(), observations(measurement)))
}

fn pair_up(base: &SideRows, head: &SideRows, record: &mut RunRecord) {
    for (key, (metric, launches)) in head {
        if let Some((_, before)) = base.get(key) {
            record.rows.push(Row {
                id: key.0.clone(),
                metric: metric.clone(),
                design: Design::Unpaired,
                base: before.clone(),
                head: launches.clone(),
                disturbed: 0,
                second_look: None,
                warnings: Vec::new(),
            });
        }
    }
    let names = |side: &SideRows| side.keys().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (names(base), names(head));
    let entry = |id: &BenchmarkId, state, detail: &str| StateEntry {
        id: id.clone(),
        state,
        side: None,
        detail: detail.to_owned(),
    };
    record.states.extend(after.difference(&before).map(|id| entry(id, State::New, "")));
    record.states.extend(before.difference(&after).map(|id| entry(id, State::Missing, "only the base file has it")));
    // A metric that only one side has: of a load test whose requests failed, no latency is known.
    let lacks = |side: &SideRows, id: &BenchmarkId, metric: &String| !side.contains_key(&(id.clone(), metric.clone()));
    for (id, metric) in base.keys().filter(|(id, metric)| after.contains(id) && lacks(head, id, metric)) {
        record.states.push(entry(id, State::Missing, &format!("only the base file has its {metric}")));
    }
    for (id, metric) in head.keys().filter(|(id, metric)| before.contains(id) && lacks(base, id, metric)) {
        record.states.push(entry(id, State::New, &format!("only the head file has its {metric}")));
    }
}
