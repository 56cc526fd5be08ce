//! The gate: both sides built, head screened against stored runs, the rest measured in pairs, red rows looked at again, all judged.

mod confirm;
mod elsewhere;
pub(super) mod shards;
pub(super) mod stored;

use super::measure::sides::{Found, dropped, excuse};
use super::measure::{Builds, Workshop};
use super::project::{Project, Revisions, accepted, commits};
use super::records::gather;
use super::{Done, Io};
use crate::cli::{Check, Global};
use crate::config::{Against, Overrides, Suite};
use crate::deliver::{self, ExitStatus};
use crate::event::Event;
use crate::files::write_whole;
use crate::git::Snapshot;
use crate::judge::{Verdict, WHOLE_SUITE, decided, suspects, unused};
use crate::model::{BenchmarkId, Origin, Row, RunRecord, Side, Source, State, StateEntry, Warning, clean};
use crate::plan::{Plan, paired};
use crate::report::Format;
use crate::report::text::{plural, without_commands};
use crate::run::{Header, Journal, Progress};
use crate::stats::Looks;
use anyhow::{Context, Result, anyhow};
use shards::{Sharding, Subject, Whole};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use stored::Screened;

/// Measures head against base and judges the difference.
pub(super) fn run(args: &Check, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    match &args.again {
        Some(first) => elsewhere::run(args, first, global, io, progress),
        None => run_part(args, &Sharding::of(args, global, progress)?, global, io, progress),
    }
}

/// Likewise, as much of it as happens on this machine.
fn run_part(
    args: &Check,
    sharding: &Sharding,
    global: &Global,
    io: &Io<'_>,
    progress: &mut dyn Progress,
) -> Result<Done> {
    let named = args.base.is_some() && args.head.is_some();
    let event = if named { None } else { commits::event(io)? };
    gate((args, sharding), global, io, event.as_ref(), progress)
}

/// Likewise, for this event and no other.
pub(super) fn gate(
    (args, sharding): (&Check, &Sharding),
    global: &Global,
    io: &Io<'_>,
    event: Option<&Event>,
    progress: &mut dyn Progress,
) -> Result<Done> {
    let against = match sharding {
        Sharding::Whole => args.against.clone(),
        // Stored runs are of one machine; which one a shard gets is luck.
        Sharding::Plan { .. } | Sharding::Part { .. } => Some(Against::Paired.code().to_owned()),
    };
    let overrides = Overrides { base: args.base.clone(), against, ..args.policy.overrides() };
    let pictures = global.plots.iter().flat_map(|folder| deliver::plots_in(folder));
    let revisions = Revisions {
        head: args.head.as_deref(),
        committed: false,
        paired: true,
        outputs: global.output.iter().chain(&args.record).cloned().chain(pictures).chain(sharding.files()).collect(),
        event,
    };
    let mut project = Project::open(global, io, &args.selection.add_to(overrides), &revisions)?;
    if let Some(base) = &project.base {
        let sides = (base, &project.head_commit);
        let refused = accepted::take(&project.repo, sides, event, &mut project.config, &mut project.changed)?;
        project.notes.extend(refused);
    }
    let looks = Looks::new(&project.config.gate.looks).map_err(|why| anyhow!(why))?;
    announce(&mut project, progress);
    let mut gate = Gate::open(&project, (args, sharding, global.format), io, looks)?;
    let screened = gate.screen(progress)?;
    if let Some((text, status)) = gate.pair(&screened, progress)? {
        gate.workshop.close();
        return Ok(Done::Text(text, status));
    }
    let Gate { mut record, notes, looks, workshop, .. } = gate;
    gather::sort(&mut record);
    record.cost.build_s = workshop.build_s;
    let is_suite = |name: &str| project.config.suites.iter().any(|suite| suite.name == name);
    shards::remember(&workshop.durations_path(), &record.durations, is_suite);
    workshop.close();
    if let Some(path) = &args.record {
        write_whole(path, &serde_json::to_vec(&record)?)
            .with_context(|| format!("cannot write '{}'", path.display()))?;
    }
    if let (Some(_), Some(path)) = (&record.shard, &args.record) {
        progress.finish();
        return Ok(shards::summary(&record, path));
    }
    let notes = project.notes.iter().chain(&notes).cloned().collect();
    if record.rows.len() >= MANY_ROWS {
        progress.phase(&format!("judging {} rows", record.rows.len()));
    }
    let mut report = gather::report(&record, &project.config, Some(&looks), &project.changed, notes);
    if args.selection.suites.is_empty() && args.selection.bench.is_empty() {
        report.notes.extend(unused(&report.comparisons, &report.states, &project.config.policy));
    }
    progress.finish();
    Ok(Done::Report(Box::new(report)))
}

fn announce(project: &mut Project, progress: &mut dyn Progress) {
    project.config.notices.iter().for_each(|notice| progress.note(&format!("note: {notice}")));
    if project.trigger.is_some() {
        progress.note(&project.notes.join("; "));
    }
    for left_out in project.head.left_out() {
        project.notes.push(format!(
            "'{}' is untracked and was left out (a build directory or another repository)",
            left_out.display()
        ));
    }
}

/// Rows from which on judging may take seconds.
const MANY_ROWS: usize = 200;

/// A gate run in progress.
struct Gate<'a> {
    project: &'a Project,
    args: &'a Check,
    sharding: &'a Sharding,
    format: Format,
    workshop: Workshop<'a>,
    looks: Looks,
    /// Those that this machine builds, each as far as it is needed here.
    suites: Vec<Suite>,
    record: RunRecord,
    notes: Vec<String>,
    head: Option<Builds>,
    /// Rows that other machines measure.
    elsewhere: usize,
}

impl<'a> Gate<'a> {
    fn open(
        project: &'a Project,
        (args, sharding, format): (&'a Check, &'a Sharding, Format),
        io: &Io<'_>,
        looks: Looks,
    ) -> Result<Self> {
        let workshop = Workshop::open(project, io)?;
        let base = project.base.as_ref().map(|base| Origin { revision: base.id.clone(), source: Source::Built });
        let head = Origin { revision: project.head.revision.clone(), source: Source::Built };
        let mut record = gather::empty_record(head, base, workshop.environment.clone(), looks.counts());
        record.trigger.clone_from(&project.trigger);
        record.states = missing_suites(project, args);
        let (notes, head, suites) = (Vec::new(), None, project.config.suites.clone());
        Ok(Self { project, args, sharding, format, workshop, looks, suites, record, notes, head, elsewhere: 0 })
    }

    fn head(&mut self, progress: &mut dyn Progress) -> Result<Builds> {
        if self.head.is_none() {
            self.head = Some(self.workshop.build(&self.suites, &self.project.head, Side::Head, progress)?);
        }
        Ok(self.head.clone().unwrap_or_default())
    }

    /// Compares head with stored runs, where policy and baselines allow it. What it settles is in the record afterwards.
    fn screen(&mut self, progress: &mut dyn Progress) -> Result<Screened> {
        let against = self.project.config.gate.against;
        let mut screened = Screened::default();
        if against == Against::Paired || self.args.dry_run {
            return Ok(screened);
        }
        let path = self.workshop.screened_path();
        if self.args.resume {
            screened =
                std::fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        } else {
            let _ = std::fs::remove_file(&path);
            self.screen_now(against, &mut screened, progress)?;
            write_whole(&path, &serde_json::to_vec(&screened)?)
                .with_context(|| format!("cannot write '{}'", path.display()))?;
        }
        stored::enter(&mut self.record, &screened);
        self.notes.extend(screened.notes.iter().cloned());
        if let Some(base) = &mut self.record.base
            && !screened.settled.is_empty()
        {
            base.source = Source::Baseline;
        }
        Ok(screened)
    }

    fn screen_now(&mut self, against: Against, screened: &mut Screened, progress: &mut dyn Progress) -> Result<()> {
        let baselines = stored::load(self.project, &self.workshop.environment, screened)?;
        if baselines.is_empty() {
            if against == Against::Stored {
                let note =
                    "no stored baseline fits: base is built and measured instead (`benchgate record` stores one)";
                screened.notes.push(note.to_owned());
            }
            return Ok(());
        }
        let suites = self.suites.clone();
        let head = self.head(progress)?;
        stored::screen(self.project, &mut self.workshop, (&suites, &head), &baselines, &self.record, screened, progress)
    }

    /// Builds base and measures both sides of everything that is not settled. `Some`: a dry run's answer.
    fn pair(&mut self, screened: &Screened, progress: &mut dyn Progress) -> Result<Option<(String, ExitStatus)>> {
        let Some(base) = &self.project.base else { return Ok(None) };
        let base_snapshot = self.project.repo.snapshot(base)?;
        let told = self.narrow(&base_snapshot)?;
        let open: Vec<usize> =
            (0..self.suites.len()).filter(|&i| !screened.whole_suites.contains(&self.suites[i].name)).collect();
        if open.is_empty() && !told {
            return Ok(None);
        }
        let suites: Vec<Suite> = open.iter().map(|&i| self.suites[i].clone()).collect();
        let base_builds = self.workshop.build(&suites, &base_snapshot, Side::Base, progress)?;
        let all_head = self.head(progress)?;
        let head_builds: Builds = open.iter().map(|&i| all_head[i].clone()).collect();
        let base_side = (&base_builds, &base_snapshot);
        let mut found = self.workshop.lay_out(&suites, Some(base_side), (&head_builds, &self.project.head), told);
        found.planned.retain(|planned| !planned.benchmarks().all(|id| screened.settled.contains(id)));
        found.planned.iter_mut().for_each(|planned| planned.leave_out(|id| screened.settled.contains(id)));
        found.states.retain(|entry| !screened.settled.contains(&entry.id));
        if self.project.keeps_packages() && self.args.selection.suites.is_empty() {
            found.states.extend(dropped(&base_builds, &suites, &self.project.config.suites));
        }
        if let Some(answer) =
            self.share(&mut found, &base_snapshot, (&suites, [&base_builds, &head_builds]), progress)?
        {
            return Ok(Some(answer));
        }
        self.notes.append(&mut found.notes);
        self.record.states.append(&mut found.states);
        let seed = self.args.selection.seed.unwrap_or_else(|| fastrand::u64(..));
        let plan = paired(found.planned.clone(), self.looks.counts(), seed);
        if self.args.dry_run {
            return dry_run(&plan, &self.record.states, self.format).map(Some);
        }
        if !plan.benchmarks.is_empty() {
            self.workshop.set_up(Side::Base, &base_snapshot, &base_builds, progress)?;
            self.workshop.set_up(Side::Head, &self.project.head, &head_builds, progress)?;
            let (plan, mut journal) = self.measure(plan, &base_snapshot, &found, progress)?;
            let sides = confirm::Sides {
                suites: &suites,
                base: (&base_snapshot, &base_builds),
                head: (&self.project.head, &head_builds),
            };
            self.confirm(&sides, &plan, &mut journal, progress)?;
        }
        stored::fall_back(&mut self.record, screened);
        Ok(None)
    }

    /// Leaves out what this machine need not build, where a plan says what it measures. Answers whether one does.
    fn narrow(&mut self, base: &Snapshot) -> Result<bool> {
        let Sharding::Part { place, matrix: Some((name, matrix)), .. } = self.sharding else { return Ok(false) };
        let Project { head, config, .. } = self.project;
        let job = Subject { base, head, gate: &config.gate }.job(*place, name, matrix)?;
        let workshop = &mut self.workshop;
        let is_built = |suite: &Suite| [base, head].into_iter().all(|side| workshop.has_built(suite, side));
        self.suites = job.suites(&config.suites, is_built);
        Ok(true)
    }

    /// Keeps what this machine measures. `Some`: the answer of a dry run, if all is shared out.
    fn share(
        &mut self,
        found: &mut Found,
        base: &Snapshot,
        (suites, builds): (&[Suite], [&Builds; 2]),
        progress: &mut dyn Progress,
    ) -> Result<Option<(String, ExitStatus)>> {
        let Project { head, config, .. } = self.project;
        let subject = Subject { base, head, gate: &config.gate };
        let whole = Whole { subject, found, states: &self.record.states, suites, builds };
        let (place, name, matrix) = match self.sharding {
            Sharding::Whole => return Ok(None),
            Sharding::Plan { count, known } => {
                let known = known.clone().unwrap_or_else(|| shards::remembered(&self.workshop.durations_path()));
                shards::tell_unknown(found, &known, progress);
                return shards::dry_run(&whole.matrix(*count, &known)?, found, self.format).map(Some);
            }
            Sharding::Part { place, matrix: Some((name, matrix)), .. } => (*place, name.as_path(), matrix.clone()),
            Sharding::Part { place, matrix: None, known } => {
                (*place, Path::new("the plan"), whole.matrix_of(place.count, known)?)
            }
        };
        let job = matrix.job(place, name)?;
        job.keep(found, name)?;
        self.elsewhere = matrix.rows().saturating_sub(shards::rows(&found.planned));
        found.states.clear();
        // What nobody measures is told by the first, whoever listed it.
        self.record.states = if place.index == 1 { matrix.states() } else { Vec::new() };
        self.record.shard = Some(job.shard(place, &config.policy));
        Ok(None)
    }

    fn measure(
        &mut self,
        plan: Plan,
        base: &Snapshot,
        found: &Found,
        progress: &mut dyn Progress,
    ) -> Result<(Plan, Journal)> {
        let fingerprint = self.workshop.fingerprint(&plan, &[base, &self.project.head])?;
        let (plan, mut journal) = self.journal(plan, fingerprint, progress)?;
        let spent = Duration::from_secs_f64(self.record.cost.measure_s.max(0.0));
        let budget = self.project.config.gate.budget.saturating_sub(spent);
        let count = plural(plan.benchmarks.len(), "benchmark");
        progress.phase(&format!("measuring {count}, seed {}", plan.seed));
        let (policy, looks) = (&self.project.config.policy, &self.looks);
        let heads = self.project.changed.policy.as_ref();
        // Rows that stored runs settled belong to the same family of comparisons as those measured now.
        let (settled, elsewhere) = (&self.record.rows, self.elsewhere);
        let mut decide = |rows: &[Row]| {
            let mut family: Vec<Row> = rows.to_vec();
            family.extend(settled.iter().cloned());
            let mut all = decided(&family, elsewhere, policy, looks);
            if let Some(heads) = heads {
                let theirs = decided(&family, elsewhere, heads, looks);
                all.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours &= theirs);
            }
            all.truncate(rows.len());
            all
        };
        let mut measured = self.workshop.measure(&plan, &mut journal, budget, progress, &mut decide)?;
        for row in measured.rows.iter_mut().filter(|row| found.changed.contains(&row.id)) {
            row.warnings.push(Warning::BenchmarkChanged { files: 1 });
        }
        excuse(&mut measured.states, &self.project.first_suites());
        self.record.seed = plan.seed;
        self.record.rows.append(&mut measured.rows);
        self.record.durations.append(&mut measured.durations);
        self.record.states.append(&mut measured.states);
        self.record.cost.add_measuring(&measured.cost);
        if measured.budget_spent {
            self.notes.push("the measuring budget ended before every benchmark was decided".to_owned());
        }
        Ok((plan, journal))
    }

    /// Measures what is about to turn red again, under other link orders where there are any.
    fn confirm(
        &mut self,
        sides: &confirm::Sides<'_>,
        plan: &Plan,
        journal: &mut Journal,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let (gate, policy) = (&self.project.config.gate, &self.project.config.policy);
        if !gate.confirm && gate.layouts < 2 {
            return Ok(());
        }
        let red = confirm::places(&self.red(), plan);
        let mut measured = confirm::Measured { plan, gate, policy, journal };
        let (record, notes) = (&mut self.record, &mut self.notes);
        confirm::confirm(&mut self.workshop, sides, &red, &mut measured, record, notes, progress)
    }

    /// Benchmarks with a row that is about to turn red. Among the rows of all machines more may than among those of this one.
    fn red(&self) -> BTreeSet<BenchmarkId> {
        let project = self.project;
        let policy = &project.config.policy;
        if self.record.shard.is_some() {
            let rows = &self.record.rows;
            let mut suspected = suspects(rows, policy, &self.looks);
            if let Some(heads) = &project.changed.policy {
                let theirs = suspects(rows, heads, &self.looks);
                suspected.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours |= theirs);
            }
            return suspected.into_iter().zip(rows).filter(|(is, _)| *is).map(|(_, row)| row.id.clone()).collect();
        }
        let judged = project.changed.judge(&self.record, policy, Some(&self.looks), &mut Vec::new()).comparisons;
        let red = judged.into_iter().filter(|row| row.verdict == Verdict::Regression && row.method == "paired");
        red.map(|row| BenchmarkId::new(row.suite, row.benchmark)).collect()
    }

    /// A new journal, or with `--resume` the interrupted run's and its seed.
    fn journal(&mut self, plan: Plan, fingerprint: String, progress: &mut dyn Progress) -> Result<(Plan, Journal)> {
        let path = self.workshop.journal_path();
        let header = Header::new(plan.seed, self.record.started.clone(), fingerprint);
        if !self.args.resume {
            return Ok((plan, Journal::create(&path, &header)?));
        }
        let journal = Journal::resume(&path, &header)?;
        let seed = self.workshop.interrupted(&header.fingerprint)?.map_or(plan.seed, |found| found.seed);
        progress.note(&format!("resuming: {} launches are already measured", journal.known_launches()));
        Ok((paired(plan.benchmarks, self.looks.counts(), seed), journal))
    }
}

/// Suites of base's configuration that head's no longer has.
fn missing_suites(project: &Project, args: &Check) -> Vec<StateEntry> {
    let chosen = !args.selection.suites.is_empty();
    let ours: BTreeSet<&str> = project.config.suites.iter().map(|suite| suite.name.as_str()).collect();
    let theirs = project.base_suites.iter().flatten().filter(|suite| !ours.contains(suite.name.as_str()));
    theirs
        .filter(|_| !chosen)
        .map(|suite| StateEntry {
            id: BenchmarkId::new(&suite.name, WHOLE_SUITE),
            state: State::Missing,
            side: None,
            detail: "head's configuration no longer has this suite".to_owned(),
        })
        .collect()
}

/// What would be measured, for people or for programs.
fn dry_run(plan: &Plan, states: &[StateEntry], format: Format) -> Result<(String, ExitStatus)> {
    let status = if plan.benchmarks.is_empty() { ExitStatus::Error } else { ExitStatus::Pass };
    if format == Format::Json {
        return Ok((serde_json::to_string_pretty(plan)? + "\n", status));
    }
    let pairs = plan.looks.last().copied().unwrap_or(0);
    let count = plural(plan.benchmarks.len(), "benchmark");
    let mut text = format!("seed {}: {count}, at most {pairs} pairs each, looks after {:?}\n", plan.seed, plan.looks);
    for entry in states {
        let side = entry.side.map(|side| format!(" at {side}")).unwrap_or_default();
        let detail = entry.detail.replace('\n', "\n    ");
        let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
        writeln!(text, "not measured: {}: {}{side}{detail}", entry.id, entry.state)?;
    }
    for block in &plan.blocks {
        let order: String = block.order.iter().map(|side| if *side == Side::Base { 'A' } else { 'B' }).collect();
        let look = plan.looks[block.stage];
        writeln!(
            text,
            "look {look:>3}  pair {:>3}  {order:<4}  {}",
            block.pair + 1,
            plan.benchmarks[block.benchmark].id
        )?;
    }
    // Details are a stranger's words.
    Ok((without_commands(&clean(&text)), status))
}
