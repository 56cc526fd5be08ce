use super::project::{CONFIG_NAME, locate, now, start};
use super::records::read::{read_bounded, read_report};
use super::{Done, text};
use crate::cli::{Accept, Global};
use crate::config::{self, Overrides, Selection, parse_date, parse_glob, parse_percent};
use crate::files::write_whole;
use crate::git::Repo;
use crate::judge::{Comparison, Stanza, Verdict, literal};
use crate::model::{BenchmarkId, clean};
use crate::report::Report;
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long a waiver holds unless somebody says otherwise.
const HOLDS: Duration = Duration::from_hours(90 * 24);

/// The metric of a waiver that no report is behind.
const METRIC: &str = "wall-time";

/// What is accepted: a glob, a metric, a ceiling.
type Accepted = (String, String, String);

/// Writes waivers at the end of the configuration.
pub(super) fn run(args: &Accept, global: &Global) -> Result<Done> {
    let here = start(global)?;
    let repo = Repo::discover(&here)?;
    let (folder, found) = locate(&here, repo.root(), global.config.as_deref())?;
    let path = found.unwrap_or_else(|| repo.root().join(folder).join(CONFIG_NAME));
    let until = until(args.until.as_deref())?;
    if args.reason.trim().is_empty() {
        bail!("--reason is empty; say why it is worth it, for those who review it");
    }
    if let Some(ceiling) = &args.ceiling {
        parse_percent(ceiling).map_err(|why| anyhow!("--ceiling: {why}"))?;
    }
    let accepted = match &args.from {
        Some(report) => of_report(args, &here.join(report))?,
        None => as_typed(args)?,
    };
    let (reason, issue) = (args.reason.as_str(), args.issue.as_deref());
    let until = until.as_str();
    let stanza = |(benchmark, metric, ceiling)| Stanza { benchmark, metric, ceiling, until, reason, issue };
    let stanzas: Vec<Stanza<'_>> = accepted.iter().map(|(glob, metric, most)| stanza((glob, metric, most))).collect();
    write(&path, &stanzas)
}

fn write(path: &Path, stanzas: &[Stanza<'_>]) -> Result<Done> {
    // A link stays one: what it leads to is replaced.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.display().to_string());
    let old = match std::fs::read_to_string(&real) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("cannot read '{}'", path.display()))?,
    };
    let new = config::with_waivers(&name, &old, stanzas)?;
    let (before, after) = (notices(&name, &old)?, notices(&name, &new)?);
    write_whole(&real, new.as_bytes()).with_context(|| format!("cannot write '{}'", path.display()))?;
    let mut said = stanzas.iter().map(Stanza::to_string).collect::<Vec<_>>().join("\n") + "\n";
    for notice in after.iter().filter(|notice| !before.contains(notice)) {
        said.extend(["note: ", notice, "\n"]);
    }
    let takes_effect = "It takes effect after the merge: waivers are read from the base of a change.";
    Ok(text(clean(&format!("{said}written to '{}'. {takes_effect}\n", path.display()))))
}

/// What the configuration says of itself, for example that a waiver matches nothing.
fn notices(name: &str, text: &str) -> Result<Vec<String>> {
    let file = config::parse(name, text)?;
    Ok(config::resolve(Some(file), &Overrides::default(), Vec::new(), String::new())?.notices)
}

fn until(typed: Option<&str>) -> Result<String> {
    let Some(day) = typed else {
        let last = humantime::format_rfc3339_seconds(SystemTime::now() + HOLDS).to_string();
        return Ok(last.chars().take(10).collect());
    };
    let day = parse_date(day).map_err(|why| anyhow!("--until: {why}"))?;
    if *day < now()[..10] {
        bail!("--until: {day} has passed");
    }
    Ok(day)
}

/// Globs as they were typed.
fn as_typed(args: &Accept) -> Result<Vec<Accepted>> {
    let Some(ceiling) = &args.ceiling else {
        bail!(
            "which change is accepted? Give --ceiling, for example 12%, or --from with the report that shows the regression"
        );
    };
    let metric = args.metric.as_deref().unwrap_or(METRIC);
    let mut accepted: Vec<Accepted> = Vec::new();
    for glob in &args.benchmarks {
        parse_glob(glob).map_err(|why| anyhow!(why))?;
        if !glob.contains('/') {
            bail!("'{glob}' names no suite; write it as suite/benchmark");
        }
        let one = (glob.clone(), metric.to_owned(), ceiling.clone());
        if !accepted.contains(&one) {
            accepted.push(one);
        }
    }
    Ok(accepted)
}

/// The regressions of a report that are named, each with a ceiling of its own.
fn of_report(args: &Accept, path: &Path) -> Result<Vec<Accepted>> {
    let report = read_report(&path.display().to_string(), read_bounded(path)?)?;
    let wanted = |row: &&Comparison| args.metric.as_ref().is_none_or(|metric| *metric == row.metric);
    let red = |row: &&Comparison| row.verdict == Verdict::Regression && row.waiver.is_none();
    let id = |row: &Comparison| BenchmarkId::new(&row.suite, &row.benchmark);
    let rows: Vec<&Comparison> = report.comparisons.iter().filter(red).filter(wanted).collect();
    let names: Vec<String> = rows.iter().flat_map(|row| [row.benchmark.clone(), id(row).to_string()]).collect();
    let named = args.benchmarks.iter().map(|typed| Named::read(typed, &names)).collect::<Result<Vec<_>>>()?;
    if let Some(idle) = named.iter().find(|named| !rows.iter().any(|row| named.is(&id(row)))) {
        if let Some(what) = otherwise(&report, idle.typed, &wanted) {
            bail!("'{}' is {what} in '{}': there is no regression to accept", idle.typed, path.display());
        }
        let known: Vec<String> = rows.iter().take(10).map(|row| id(row).to_string()).collect();
        let known = if known.is_empty() { "has none".to_owned() } else { format!("has: {}", known.join(", ")) };
        bail!("no regression without a waiver is called '{}'; '{}' {known}", idle.typed, path.display());
    }
    let chosen = rows.iter().filter(|row| args.all || named.iter().any(|named| named.is(&id(row))));
    let accepted = chosen.map(|row| {
        let own = row.ceiling().map(|percent| format!("{percent}%"));
        let ceiling = args.ceiling.clone().or(own);
        let ceiling = ceiling.with_context(|| format!("'{}' rose from nothing: give a --ceiling", id(row)))?;
        Ok((literal(&id(row).to_string()), row.metric.clone(), ceiling))
    });
    let accepted = accepted.collect::<Result<Vec<_>>>()?;
    if accepted.is_empty() {
        bail!("'{}' has no regression without a waiver", path.display());
    }
    Ok(accepted)
}

/// What a report says of a benchmark that has no regression to accept.
fn otherwise(report: &Report, typed: &str, wanted: &dyn Fn(&&Comparison) -> bool) -> Option<String> {
    let is =
        |suite: &str, benchmark: &str| typed == benchmark || typed == BenchmarkId::new(suite, benchmark).to_string();
    let rows = report.comparisons.iter().filter(wanted);
    let row = rows.filter(|row| is(&row.suite, &row.benchmark)).find_map(|row| match &row.waiver {
        Some(waiver) => Some(format!("waived until {} already", waiver.until)),
        None => Some(row.verdict).filter(|verdict| *verdict != Verdict::Regression).map(|verdict| verdict.to_string()),
    });
    row.or_else(|| {
        let state = report.states.iter().find(|state| is(&state.suite, &state.benchmark))?;
        Some(state.state.to_string())
    })
}

/// Benchmarks as they were typed: a name, or where none is called so a glob.
struct Named<'a> {
    typed: &'a str,
    glob: Option<Selection>,
}

impl<'a> Named<'a> {
    fn read(typed: &'a str, names: &[String]) -> Result<Self> {
        if names.iter().any(|name| name == typed) {
            return Ok(Self { typed, glob: None });
        }
        Ok(Self { typed, glob: Some(Selection::new(typed).map_err(|why| anyhow!(why))?) })
    }

    fn is(&self, id: &BenchmarkId) -> bool {
        self.typed == id.benchmark
            || self.typed == id.to_string()
            || self.glob.as_ref().is_some_and(|glob| glob.matches(id))
    }
}
