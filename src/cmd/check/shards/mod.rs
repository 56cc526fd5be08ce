//! Several machines for one gate run: who measures what, and that all of them mean the same comparison.

mod matrix;

pub(in crate::cmd) use matrix::{Job, Matrix};

use crate::cli::{Check, Global, Run};
use crate::cmd::measure::Builds;
use crate::cmd::measure::sides::Found;
use crate::cmd::project::start;
use crate::cmd::records::read::{parse, read_bounded};
use crate::cmd::run::list_states;
use crate::cmd::{Done, Io};
use crate::config::{Gate, Suite};
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::git::Snapshot;
use crate::judge::Policy;
use crate::model::{BenchmarkId, RunRecord, Shard, Spent, StateEntry};
use crate::plan::{Part, Place, Planned, share_out};
use crate::report::{Format, scale};
use crate::run::Progress;
use crate::run::stage::digest;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the launches of each benchmark are known to take, in seconds.
type Known = BTreeMap<BenchmarkId, f64>;

/// How much of a gate run happens on this machine.
pub(in crate::cmd) enum Sharding {
    /// All of it.
    Whole,
    /// Nothing: it is shared out to so many machines. Without durations, those of the cache count.
    Plan { count: u32, known: Option<Known> },
    /// One part.
    Part { place: Place, matrix: Option<(PathBuf, Matrix)>, known: Known },
}

impl Sharding {
    /// As `check` asks for it.
    pub(super) fn of(args: &Check, global: &Global, progress: &mut dyn Progress) -> Result<Self> {
        let Some(count) = args.shards else { return Ok(Self::Whole) };
        let mut known = None;
        if !args.durations.is_empty() {
            known = Some(durations(&args.durations, &start(global)?, progress)?);
        }
        Ok(Self::Plan { count, known })
    }

    /// Files that are no part of what is measured.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Part { matrix: Some((path, _)), .. } => vec![path.clone()],
            _ => Vec::new(),
        }
    }
}

/// Measures one shard of a paired plan and writes its record.
pub(in crate::cmd) fn run(
    place: Place,
    args: &Run,
    global: &Global,
    io: &Io<'_>,
    progress: &mut dyn Progress,
) -> Result<Done> {
    let here = start(global)?;
    let matrix =
        args.plan.as_ref().map(|path| Ok::<_, anyhow::Error>((here.join(path), Matrix::read(&here.join(path))?)));
    let matrix = matrix.transpose()?;
    let planned_base = || Some(matrix.as_ref()?.1.include.first()?.base.clone());
    let check = Check {
        base: args.base.clone().or_else(planned_base),
        head: args.rev.clone(),
        against: None,
        dry_run: false,
        shards: None,
        durations: Vec::new(),
        resume: false,
        again: None,
        record: Some(args.record.clone()),
        selection: args.selection.clone(),
        policy: args.policy.clone(),
    };
    let known = durations(&args.durations, &here, progress)?;
    super::run_part(&check, &Sharding::Part { place, matrix, known }, global, io, progress)
}

/// What a shard says of itself.
pub(super) fn summary(record: &RunRecord, place: &Path) -> Done {
    let shard =
        record.shard.as_ref().map_or_else(String::new, |shard| format!("shard {}/{}: ", shard.index, shard.count));
    let mut text = format!("{shard}{} rows in '{}'\n", record.rows.len(), place.display());
    list_states(record, &mut text);
    text.push_str("`benchgate report` judges all shards together\n");
    Done::Text(text, ExitStatus::Pass)
}

/// What decides who measures what.
pub(super) struct Subject<'a> {
    pub(super) base: &'a Snapshot,
    pub(super) head: &'a Snapshot,
    pub(super) gate: &'a Gate,
}

impl Subject<'_> {
    fn fingerprint(&self, matrix: &Matrix) -> Result<String> {
        let settings = serde_json::to_vec(&(&self.gate.looks, self.gate.layouts, self.gate.confirm))?;
        Ok(digest([self.base.key.as_bytes(), self.head.key.as_bytes(), &matrix.decisive()?, &settings]))
    }

    /// A plan's job for one machine, which has to be of this very comparison.
    pub(super) fn job<'m>(&self, place: Place, name: &Path, matrix: &'m Matrix) -> Result<&'m Job> {
        let job = matrix.job(place, name)?;
        let name = name.display();
        for (side, planned, here) in
            [("base", &job.base, &self.base.revision), ("head", &job.head, &self.head.revision)]
        {
            if planned != here {
                bail!("'{name}' was made for {side} {planned}, and {side} is {here} here");
            }
        }
        let plan = self.fingerprint(matrix)?;
        if matrix.include.iter().any(|job| job.plan != plan) {
            bail!(
                "'{name}' was made under other settings, or is not as it was printed: give `check --dry-run --shards` and \
                 `run --shard` the same flags"
            );
        }
        Ok(job)
    }
}

/// Everything that was built and found at both sides, to be shared out.
pub(super) struct Whole<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) found: &'a Found,
    /// What is known before anything is built.
    pub(super) states: &'a [StateEntry],
    pub(super) suites: &'a [Suite],
    /// Base's and head's.
    pub(super) builds: [&'a Builds; 2],
}

impl Whole<'_> {
    /// Shares everything out. There is no shard without a benchmark, and always one: a matrix must not be empty.
    pub(super) fn matrix(&self, count: u32, known: &Known) -> Result<Matrix> {
        let all = self.benchmarks();
        self.among(&share_out(&all, known, (count as usize).min(all.len()).max(1)))
    }

    /// Likewise, among so many machines, whether or not each has something to do.
    pub(super) fn matrix_of(&self, count: u32, known: &Known) -> Result<Matrix> {
        self.among(&share_out(&self.benchmarks(), known, count as usize))
    }

    fn benchmarks(&self) -> BTreeSet<BenchmarkId> {
        self.found.planned.iter().map(|planned| planned.id.clone()).collect()
    }

    fn among(&self, parts: &[Part]) -> Result<Matrix> {
        let sides = [&*self.subject.base.revision, &*self.subject.head.revision];
        let mut matrix = Matrix::new(parts, self.found, self.states, (self.suites, self.builds), sides);
        let plan = self.subject.fingerprint(&matrix)?;
        matrix.include.iter_mut().for_each(|job| job.plan.clone_from(&plan));
        Ok(matrix)
    }
}

impl Job {
    /// What a record says of the part it holds.
    pub(super) fn shard(&self, place: Place, policy: &Policy) -> Shard {
        Shard {
            index: place.index,
            count: place.count,
            plan: self.plan.clone(),
            policy: policy_digest(policy),
            benchmarks: self.benchmarks.clone(),
        }
    }
}

/// Rows that these launches yield.
pub(super) fn rows<'a>(planned: impl IntoIterator<Item = &'a Planned>) -> usize {
    planned.into_iter().map(|planned| planned.metrics.len()).sum()
}

/// A digest of everything that judges, [`Shard::policy`].
pub(in crate::cmd) fn policy_digest(policy: &Policy) -> String {
    let lines = policy.lines();
    digest(lines.iter().map(String::as_bytes))
}

/// A dry run's answer. What has nothing to measure passes as long as it knows why: the merged report says so.
pub(super) fn dry_run(matrix: &Matrix, found: &Found, format: Format) -> Result<(String, ExitStatus)> {
    let nothing = found.planned.is_empty() && found.states.is_empty();
    let status = if nothing { ExitStatus::Error } else { ExitStatus::Pass };
    if format == Format::Json {
        return Ok((serde_json::to_string(matrix)? + "\n", status));
    }
    let jobs = &matrix.include;
    let benchmarks: usize = jobs.iter().map(|job| job.benchmarks.len()).sum();
    let longest = jobs.iter().map(|job| job.seconds).fold(0.0, f64::max);
    let mean = jobs.iter().map(|job| job.seconds).sum::<f64>() / jobs.len().max(1) as f64;
    let mut text = format!(
        "{} shards of {benchmarks} benchmarks, the longest about {}, the mean {}\n",
        jobs.len(),
        scale::duration(longest),
        scale::duration(mean)
    );
    for job in jobs {
        let names: Vec<&str> = job.benchmarks.iter().map(String::as_str).collect();
        writeln!(text, "shard {}  about {}  {}", job.shard, scale::duration(job.seconds), names.join(", "))?;
    }
    Ok((text, status))
}

/// The durations that run records hold; of a folder, every `.json` in it. What a later file says replaces what an earlier one said.
///
/// A folder may be a cache's, which keeps what a killed job left: what cannot be read there is passed over and named.
fn durations(paths: &[PathBuf], here: &Path, progress: &mut dyn Progress) -> Result<Known> {
    let read = |file: &Path| parse(&file.display().to_string(), &read_bounded(file)?);
    let mut known = Known::new();
    for path in paths.iter().map(|path| here.join(path)) {
        if !path.is_dir() {
            add(&mut known, &read(&path)?.durations);
            continue;
        }
        let what = || format!("cannot read '{}'", path.display());
        let listed = std::fs::read_dir(&path).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<BTreeSet<_>>>()
        });
        for file in
            listed.with_context(what)?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "json"))
        {
            match read(&file) {
                Ok(record) => add(&mut known, &record.durations),
                Err(why) => progress.note(&format!("note: '{}' is passed over: {why:#}", file.display())),
            }
        }
    }
    Ok(known)
}

/// A benchmark whose launches are of two kinds takes both.
fn add(known: &mut Known, durations: &[Spent]) {
    let mut own = Known::new();
    durations.iter().for_each(|spent| *own.entry(spent.id.clone()).or_default() += spent.seconds);
    known.extend(own);
}

/// What the cache remembers of earlier runs, as far as it can be read.
pub(super) fn remembered(path: &Path) -> Known {
    let read = std::fs::read(path).ok();
    let spent: Vec<Spent> = read.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    let mut known = Known::new();
    add(&mut known, &spent);
    known
}

/// Adds a run's durations to what the cache remembers, and forgets suites that are gone.
pub(super) fn remember(path: &Path, durations: &[Spent], is_suite: impl Fn(&str) -> bool) {
    if durations.is_empty() {
        return;
    }
    let mut known = remembered(path);
    known.retain(|id, _| is_suite(&id.suite));
    add(&mut known, durations);
    let spent: Vec<Spent> = known.into_iter().map(|(id, seconds)| Spent { id, seconds }).collect();
    // Losing them costs balance.
    let _ = serde_json::to_vec(&spent).map(|json| write_whole(path, &json));
}

/// Tells of how many benchmarks nothing is known.
pub(super) fn tell_unknown(found: &Found, known: &Known, progress: &mut dyn Progress) {
    let all: BTreeSet<&BenchmarkId> = found.planned.iter().map(|planned| &planned.id).collect();
    let unknown = all.iter().filter(|id| !known.contains_key(**id)).count();
    if unknown > 0 {
        progress.note(&format!(
            "note: nothing is known of how long {unknown} of {} benchmarks take; each counts as the median of its suite",
            all.len()
        ));
    }
}
