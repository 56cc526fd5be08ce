use super::check::stored;
use super::history::store;
use super::measure::Workshop;
use super::project::{Project, Revisions, now};
use super::records::gather;
use super::{Done, Io};
use crate::cli::{Global, Record, Selection};
use crate::config::Overrides;
use crate::deliver::ExitStatus;
use crate::judge::{Verdict, judge};
use crate::model::{Design, Origin, Row, RunRecord, Side, Source, Warning};
use crate::plan::single;
use crate::report::text::plural;
use crate::run::{Journal, Progress};
use crate::stats::summary::{median, quantile};
use crate::store::history::{Entry, Found, Run as StoredAs, Time};
use crate::store::{Baseline, StoredRun};
use anyhow::{Result, anyhow, bail};
use std::fmt::Write as _;
use std::time::SystemTime;

/// Drift of a benchmark's own launches, first third against last, beyond which a run is no baseline (`docs/method.md`).
const DRIFT_MAX: f64 = 0.2;

/// Measures one revision and stores it, as a baseline and in the history.
pub(super) fn run(args: &Record, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let revisions = Revisions { committed: true, ..Revisions::alone(args.rev.as_deref()) };
    let project = Project::open(global, io, &args.selection.add_to(Overrides::default()), &revisions)?;
    let accepted = args.accept.as_ref().map(|reason| reason.trim().to_owned());
    if accepted.as_ref().is_some_and(String::is_empty) {
        bail!("--accept needs a reason, for example --accept 'UTF-8 validation, see #123'");
    }
    let mut history = store::find(args.store.store.as_deref(), global, io)?;
    if args.no_baseline && history.is_none() {
        bail!(
            "nothing to store into: --no-baseline needs a history, by --store or in benchgate.toml (docs/history.md)"
        );
    }
    let record = measure(&project, io, args.launches, &args.selection, progress)?;
    if let Some(entry) = record.states.first() {
        bail!("not stored: '{}' is {}: {}", entry.id, entry.state, entry.detail);
    }
    if record.rows.is_empty() {
        bail!("not stored: nothing was measured");
    }
    let (mut text, status) = if args.no_baseline {
        (String::new(), ExitStatus::Pass)
    } else {
        as_baseline(&project, &record, args.launches, accepted.as_ref())?
    };
    if let Some(history) = &mut history {
        let entries = entries(&project, &record, args.launches, accepted.as_ref())?;
        store::append(history.as_mut(), &entries, project.repo.root(), io)?;
        history.notes().iter().for_each(|note| progress.note(&format!("note: {note}")));
        writeln!(text, "added to the history in {}", history.place())?;
    }
    Ok(Done::Text(text, status))
}

/// The run as a history keeps it: one entry per suite.
fn entries(project: &Project, record: &RunRecord, launches: u32, accepted: Option<&String>) -> Result<Vec<Entry>> {
    let committed = Time::from_seconds(project.repo.committed(&project.head_commit)?);
    let recorded = Time::try_from(SystemTime::now()).map_err(|why| anyhow!("the clock is wrong: {why}"))?;
    let run =
        StoredAs { revision: record.head.revision.clone(), committed, recorded, launches, accepted: accepted.cloned() };
    let found = |row: &Row| Found {
        benchmark: row.id.benchmark.clone(),
        metric: row.metric.clone(),
        value: median(&row.head),
        spread: Some((quantile(&row.head, 0.75) - quantile(&row.head, 0.25)) / 2.0).filter(|spread| spread.is_finite()),
    };
    let of = |suite: &str| record.rows.iter().filter(|row| row.id.suite == suite).map(found).collect::<Vec<_>>();
    let suites = project.config.suites.iter().map(|suite| (&suite.name, of(&suite.name)));
    suites
        .filter(|(_, values)| !values.is_empty())
        .map(|(suite, values)| Ok(Entry::new(suite, record.environment.clone(), run.clone(), values)?))
        .collect()
}

/// Stores the run as a baseline, unless it is no good one.
fn as_baseline(
    project: &Project,
    record: &RunRecord,
    launches: u32,
    accepted: Option<&String>,
) -> Result<(String, ExitStatus)> {
    let folder = project.repo.root().join(stored::folder(project));
    let mut baselines = Vec::new();
    let mut refused = String::new();
    for suite in &project.config.suites {
        let path = folder.join(Baseline::file_name(&suite.name, &record.environment.class));
        let mut baseline =
            Baseline::read(&path)?.unwrap_or_else(|| Baseline::new(&suite.name, record.environment.clone()));
        let complaints = complaints(project, record, &baseline);
        complaints.iter().try_for_each(|complaint| writeln!(refused, "  {complaint}"))?;
        baseline.environment = record.environment.clone();
        let reason = accepted.cloned().filter(|_| !complaints.is_empty());
        let revision = record.head.revision.clone();
        let run = StoredRun { revision, recorded: now(), launches, accepted: reason };
        let of_suite = record.rows.iter().filter(|row| row.id.suite == suite.name);
        baseline.add(run, of_suite.map(|row| (row.id.benchmark.clone(), row.metric.clone(), median(&row.head))));
        baselines.push(baseline);
    }
    if !refused.is_empty() && accepted.is_none() {
        let next = "measure again on a quieter machine, or store it all the same with --accept REASON";
        let text = format!("not stored, this run is no good baseline:\n{refused}{next}\n");
        return Ok((text, ExitStatus::Regression));
    }
    let mut text = String::new();
    for baseline in baselines {
        let path = baseline.write(&folder)?;
        writeln!(text, "stored run {} of suite '{}' in '{}'", baseline.runs.len(), baseline.suite, path.display())?;
    }
    writeln!(text, "commit it; `benchgate check` screens against it from then on")?;
    Ok((text, ExitStatus::Pass))
}

/// Launches one revision's benchmarks, interleaved with each other.
pub(super) fn measure(
    project: &Project,
    io: &Io<'_>,
    launches: u32,
    selection: &Selection,
    progress: &mut dyn Progress,
) -> Result<RunRecord> {
    let suites = &project.config.suites;
    let mut workshop = Workshop::open(project, io)?;
    let head = workshop.build(suites, &project.head, Side::Head, progress)?;
    let found = workshop.lay_out(suites, None, (&head, &project.head), false);
    let origin = Origin { revision: project.head.revision.clone(), source: Source::Built };
    let mut record = gather::empty_record(origin, None, workshop.environment.clone(), &[launches]);
    record.states = found.states;
    if !found.planned.is_empty() {
        workshop.set_up(Side::Head, &project.head, &head, progress)?;
        let plan = single(found.planned, launches, selection.seed.unwrap_or_else(|| fastrand::u64(..)));
        let count = plural(plan.benchmarks.len(), "benchmark");
        progress.phase(&format!("measuring {count}, seed {}", plan.seed));
        record.seed = plan.seed;
        let budget = project.config.gate.budget;
        let mut measured = workshop
            .measure(&plan, &mut Journal::in_memory(), budget, progress, &mut |rows| vec![false; rows.len()])?;
        record.rows.append(&mut measured.rows);
        record.states.append(&mut measured.states);
        record.cost = measured.cost;
        record.durations = measured.durations;
    }
    record.cost.build_s = workshop.build_s;
    workshop.close();
    gather::sort(&mut record);
    Ok(record)
}

/// Why a run should not become a baseline: it is unstable, or worse than what is stored.
fn complaints(project: &Project, record: &RunRecord, baseline: &Baseline) -> Vec<String> {
    let of_suite = || record.rows.iter().filter(|row| row.id.suite == baseline.suite);
    let mut found: Vec<String> = of_suite()
        .filter_map(|row| {
            let third = row.head.len() / 3;
            let (first, last) =
                (quantile(&row.head[..third], 0.25), quantile(&row.head[row.head.len() - third..], 0.25));
            let drift =
                (third >= 3 && first > 0.0).then(|| last / first - 1.0).filter(|drift| drift.abs() > DRIFT_MAX)?;
            Some(format!(
                "{} {}: unstable, {:+.0} % between the first and the last third",
                row.id,
                row.metric.name,
                drift * 100.0
            ))
        })
        .collect();
    let disturbed = of_suite().flat_map(|row| row.warnings.iter().map(move |warning| (row, warning)));
    found.extend(
        disturbed
            .filter(|(_, warning)| matches!(warning, Warning::Disturbed { share } if *share > 0.5))
            .map(|(row, warning)| format!("{} {}: {warning}", row.id, row.metric.name)),
    );
    let mut against = record.clone();
    against.rows = of_suite()
        .map(|row| {
            let mut row = row.clone();
            row.base = baseline.history(&row.id, &row.metric.name);
            row.design = Design::Stored;
            row
        })
        .filter(|row| !row.base.is_empty())
        .collect();
    let judged = judge(&against, &project.config.policy, None);
    found.extend(judged.comparisons.iter().filter(|row| row.verdict == Verdict::Regression).map(|row| {
        let effect = row.effect().unwrap_or(0.0) * 100.0;
        format!("{}/{} {}: {effect:+.1} % against the stored runs", row.suite, row.benchmark, row.metric)
    }));
    found
}
