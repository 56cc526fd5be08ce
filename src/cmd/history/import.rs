use super::store;
use crate::cli::{Global, Import};
use crate::cmd::project::{locate, start, today};
use crate::cmd::{Done, Io};
use crate::config::{self, Overrides};
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::git::Repo;
use crate::harness::{LeftOut, PastRun, read_history};
use crate::model::{Environment, clean, named_metric};
use crate::stats::summary::median;
use crate::store::history::{self, Entry, Found, Store, Time};
use crate::store::{Baseline, Merged, RUNS_IMPORTED_MAX, RunValues, StoredRun};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// The class of runs of which nobody says where they took place: no machine has it.
const ELSEWHERE: &str = "imported";

/// One suite's runs out of all files, with what each file had that was left out.
#[derive(Default)]
struct Suite {
    runs: Vec<RunValues>,
    left_out: Vec<(PathBuf, LeftOut)>,
}

/// Stores the runs of another tool's history.
pub(in crate::cmd) fn run(args: &Import, global: &Global, io: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let repo = Repo::discover(&here)?;
    let (project, file) = locate(&here, repo.root(), global.config.as_deref())?;
    let config = config::resolve(
        file.filter(|path| path.is_file()).map(|path| config::load(&path)).transpose()?,
        &Overrides::default(),
        Vec::new(),
        today(),
    )?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if args.class.is_empty() || args.class.len() > 200 || !args.class.chars().all(plain) {
        bail!("--class takes letters, digits, '-', '_' and '.', as reports write it: found '{}'", clean(&args.class));
    }
    let folder = repo.root().join(project).join(&config.gate.baselines);
    let mut history = match (&args.store, args.history) {
        (None, false) => None,
        (typed, _) => Some(store::required(typed.as_deref(), global, io)?),
    };
    let mut suites = read(args, &here)?;
    for renaming in &args.metrics {
        rename(&mut suites, renaming)?;
    }
    if let Some(history) = &mut history {
        return into_history(args, suites, history.as_mut(), repo.root(), io);
    }
    let mut baselines = Vec::new();
    let mut text = String::new();
    for (name, suite) in suites {
        let name = args.into.as_ref().unwrap_or(&name);
        let mut baseline = open(&folder, name, &args.class)?;
        let span = span(&suite.runs);
        let merged = baseline.merge(suite.runs);
        let done = if args.dry_run { "would be stored" } else { "stored" };
        writeln!(text, "{name}: {} runs {done} in {}, {span}", merged.added, file_name(&baseline))?;
        describe(&mut text, merged, &suite.left_out)?;
        if !config.suites.is_empty() && config.suites.iter().all(|suite| suite.name != *name) {
            writeln!(text, "  no [[suite]] is called so, and check looks for none else: --into stores it as another")?;
        }
        baselines.push((baseline, merged));
    }
    let paths: BTreeSet<String> = baselines.iter().map(|(baseline, _)| file_name(baseline)).collect();
    if paths.len() < baselines.len() {
        bail!("two suites would share a file, as their names differ in signs only; import them one by one with --into");
    }
    let stored = baselines.iter().any(|(_, merged)| merged.added + merged.known > 0);
    if args.class == ELSEWHERE && stored {
        writeln!(text, "check sets runs of class '{ELSEWHERE}' aside: --class names the machine that measured them")?;
    }
    let changed = baselines.iter().filter(|(_, merged)| merged.added + merged.filled > 0);
    let files = changed.map(|(baseline, _)| baseline.file(&folder)).collect::<Result<Vec<_>, _>>()?;
    if !args.dry_run {
        for (path, content) in files {
            write_whole(&path, &content).with_context(|| format!("cannot write '{}'", path.display()))?;
        }
    }
    // Names in a history may come from anybody.
    Ok(Done::Text(clean(&text), if stored { ExitStatus::Pass } else { ExitStatus::Error }))
}

/// Adds the runs to a history.
fn into_history(
    args: &Import,
    suites: BTreeMap<String, Suite>,
    history: &mut dyn Store,
    project: &Path,
    io: &Io<'_>,
) -> Result<Done> {
    let mut text = String::new();
    let mut entries: Vec<Entry> = Vec::new();
    for (name, suite) in suites {
        let name = args.into.as_ref().unwrap_or(&name);
        writeln!(text, "{name}: {} runs, {}", suite.runs.len(), span(&suite.runs))?;
        describe(&mut text, Merged::default(), &suite.left_out)?;
        for run in suite.runs {
            entries.push(entry(name, &args.class, run)?);
        }
    }
    let stored = !entries.is_empty();
    if args.dry_run {
        writeln!(text, "would be added to {}", history.place())?;
    } else {
        let appended = store::append(history, &entries, project, io)?;
        writeln!(text, "{} runs added to {}, {} were there already", appended.added, history.place(), appended.known)?;
        history.notes().iter().try_for_each(|note| writeln!(text, "note: {note}"))?;
    }
    Ok(Done::Text(clean(&text), if stored { ExitStatus::Pass } else { ExitStatus::Error }))
}

fn entry(suite: &str, class: &str, (run, values): RunValues) -> Result<Entry> {
    let recorded = Time::parse(&run.recorded).with_context(|| format!("'{}' is no time", run.recorded))?;
    let StoredRun { revision, launches, accepted, .. } = run;
    let found = |(benchmark, metric, value)| Found { benchmark, metric, value, spread: None };
    let environment = Environment { class: class.to_owned(), ..Environment::default() };
    // When a commit was made is not asked of the repository: a shallow clone would give the same run another name.
    let run = history::Run { revision, committed: None, recorded, launches, accepted };
    Ok(Entry::new(suite, environment, run, values.into_iter().map(found).collect())?)
}

/// The selected suites of all files, by name.
fn read(args: &Import, here: &Path) -> Result<BTreeMap<String, Suite>> {
    let mut suites: BTreeMap<String, Suite> = BTreeMap::new();
    for path in &args.files {
        for past in read_history(&here.join(path))? {
            let suite = suites.entry(past.name).or_default();
            suite.runs.extend(past.runs.into_iter().map(stored));
            suite.left_out.extend(past.left_out.into_iter().map(|left_out| (path.clone(), left_out)));
        }
    }
    let quoted = |names: &BTreeMap<String, Suite>| {
        let names: Vec<String> = names.keys().map(|name| format!("'{name}'")).collect();
        clean(&names.join(", "))
    };
    if let Some(missing) = args.suites.iter().find(|name| !suites.contains_key(*name)) {
        bail!("no suite '{missing}' in these files; there are: {}", quoted(&suites));
    }
    suites.retain(|name, _| args.suites.is_empty() || args.suites.contains(name));
    if args.into.is_some() && suites.len() > 1 {
        bail!("--into takes one suite; choose it with --suite: {}", quoted(&suites));
    }
    Ok(suites)
}

/// A run of the past as one that is stored: the median of its repetitions, as `record` takes that of its launches.
fn stored(run: PastRun) -> RunValues {
    let launches = run.values.iter().map(|value| value.repeats.len()).max().unwrap_or(1) as u32;
    let recorded = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(run.seconds)).to_string();
    let values = run.values.into_iter().map(|value| (value.benchmark, value.metric, median(&value.repeats)));
    (StoredRun { revision: run.revision, recorded, launches, accepted: None }, values.collect())
}

/// Stores a metric under the name that the project's suite gives it: `latency=wall-time`.
fn rename(suites: &mut BTreeMap<String, Suite>, renaming: &str) -> Result<()> {
    let Some((from, to)) = renaming.split_once('=').filter(|(from, to)| !from.is_empty() && !to.is_empty()) else {
        bail!("--metric takes two names, for example latency=wall-time: found '{}'", clean(renaming));
    };
    let Some(metric) = named_metric(to) else {
        bail!("benchgate has no metric '{}'; 'benchgate show' names those of a result", clean(to));
    };
    let values = suites.values_mut().flat_map(|suite| &mut suite.runs).flat_map(|(_, values)| values);
    let mut found = false;
    for (benchmark, old, _) in values.filter(|(_, old, _)| old.name == from) {
        if (old.unit, old.better) != (metric.unit, metric.better) {
            bail!("'{}': {from} is no {to}: it is in {}, {:?} is better", clean(benchmark), old.unit, old.better);
        }
        *old = metric.clone();
        found = true;
    }
    if found { Ok(()) } else { bail!("no value of metric '{}' in these files", clean(from)) }
}

/// The stored runs that the imported ones join.
fn open(folder: &Path, suite: &str, class: &str) -> Result<Baseline> {
    let path = folder.join(Baseline::file_name(suite, class));
    let Some(baseline) = Baseline::read(&path)? else {
        return Ok(Baseline::new(suite, Environment { class: class.to_owned(), ..Environment::default() }));
    };
    if baseline.suite != suite || baseline.environment.class != class {
        let theirs = format!("suite '{}' of class '{}'", baseline.suite, baseline.environment.class);
        bail!("'{}' holds {theirs}; name another suite than '{suite}' with --into", path.display());
    }
    Ok(baseline)
}

fn file_name(baseline: &Baseline) -> String {
    Baseline::file_name(&baseline.suite, &baseline.environment.class)
}

/// How many benchmarks from which day to which.
fn span(runs: &[RunValues]) -> String {
    let names = runs.iter().flat_map(|(_, values)| values.iter().map(|(name, ..)| name));
    let benchmarks = names.collect::<BTreeSet<_>>().len();
    let dates = || runs.iter().map(|(run, _)| run.recorded.as_str());
    let day = |date: Option<&str>| date.and_then(|date| date.get(..10)).unwrap_or("none").to_owned();
    format!("{benchmarks} benchmarks, from {} to {}", day(dates().min()), day(dates().max()))
}

/// A line for each kind of thing that is in the files and was not added.
fn describe(text: &mut String, merged: Merged, left_out: &[(PathBuf, LeftOut)]) -> Result<()> {
    if merged.known > 0 {
        writeln!(text, "  {} runs were there already", merged.known)?;
    }
    if merged.filled > 0 {
        writeln!(text, "  {} values added that runs lacked", merged.filled)?;
    }
    if merged.surplus > 0 {
        writeln!(text, "  the oldest {} runs left out: a file keeps {RUNS_IMPORTED_MAX}", merged.surplus)?;
    }
    if merged.unlike > 0 {
        let which = "their unit or direction is not that of the stored or newest ones";
        writeln!(text, "  {} values left out: {which}", merged.unlike)?;
    }
    for (path, LeftOut { why, count, first }) in left_out {
        writeln!(text, "  {count} left out: {why} (first: {}: {first})", path.display())?;
    }
    Ok(())
}
