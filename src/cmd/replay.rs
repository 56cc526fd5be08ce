use super::compare::policy;
use super::project::start;
use super::{Done, Io, gather};
use crate::cli::{Global, ReportArgs};
use crate::config::Overrides;
use crate::model::{BenchmarkId, RunRecord, SCHEMA, StateEntry};
use crate::report::{self, Report};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Bytes of a run record that are read.
const RECORD_BYTES_MAX: u64 = 1 << 30;

/// Renders again what was saved: run records are judged anew, by the present policy; a report stays as it is.
pub(super) fn run(args: &ReportArgs, global: &Global, _: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let overrides = args.policy.overrides();
    let mut records = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        if records.iter().any(|(known, _)| *known == name) {
            bail!("'{name}' is named twice");
        }
        let bytes = read_bounded(&here.join(path))?;
        match kind(&name, &bytes)? {
            Kind::Record => records.push((name.clone(), parse(&name, &bytes)?)),
            Kind::Report if args.files.len() > 1 => {
                bail!("'{name}' is a report, which is not judged again; give run records to judge several together")
            }
            Kind::Report => return saved_report(&name, bytes, &overrides),
        }
    }
    let count = records.len();
    let record = merge(records)?;
    let config = policy(global, &overrides, &here)?;
    let looks = gather::looks_of(&record);
    let notes =
        if count > 1 { vec![format!("{count} run records are judged together, as one run")] } else { Vec::new() };
    Ok(Done::Report(Box::new(gather::report(&record, &config, looks.as_ref(), false, notes))))
}

/// A report as it was judged. It may come from a stranger.
fn saved_report(name: &str, bytes: Vec<u8>, overrides: &Overrides) -> Result<Done> {
    if *overrides != Overrides::default() {
        bail!("'{name}' is a report and is rendered as it was judged; to judge by another policy, give its run record");
    }
    Ok(Done::Report(Box::new(read_report(name, bytes)?)))
}

/// Reads a report's text, which may come from a stranger.
pub(super) fn read_report(name: &str, bytes: Vec<u8>) -> Result<Report> {
    let text = String::from_utf8(bytes).with_context(|| format!("'{name}' is no text"))?;
    report::parse(&text).with_context(|| format!("cannot read '{name}'"))
}

/// What a saved file holds.
pub(super) enum Kind {
    Record,
    Report,
}

/// The fields by which the two are told apart, whoever reordered them.
#[derive(Deserialize)]
struct Outline {
    rows: Option<IgnoredAny>,
    seed: Option<IgnoredAny>,
    comparisons: Option<IgnoredAny>,
    outcome: Option<IgnoredAny>,
}

/// Tells by its content what a file holds.
pub(super) fn kind(name: &str, bytes: &[u8]) -> Result<Kind> {
    let neither =
        || format!("'{name}' is no run record and no report; `check` writes them with --record FILE and -o FILE.json");
    let outline: Outline = serde_json::from_slice(bytes).with_context(neither)?;
    match (outline.rows.and(outline.seed), outline.comparisons.and(outline.outcome)) {
        (Some(_), None) => Ok(Kind::Record),
        (None, Some(_)) => Ok(Kind::Report),
        _ => bail!(neither()),
    }
}

/// Joins records that hold parts of one comparison, so that they are judged as one family; a lone record stays as it is.
fn merge(records: Vec<(String, RunRecord)>) -> Result<RunRecord> {
    let mut records = records.into_iter();
    let Some((first_name, mut whole)) = records.next() else { bail!("no run record is named") };
    if whole.base.is_none() {
        bail!("'{first_name}' holds one side only; `benchgate compare BASE HEAD` compares two such records");
    }
    let mut places = Places::new();
    enter(&first_name, &whole, &mut places)?;
    for (name, part) in records {
        fits(&first_name, &whole, &name, &part)?;
        // What an earlier record says too is said once; `enter` refuses it unless both say the same.
        let known: Vec<bool> = part.states.iter().map(|entry| places.contains_key(&entry.id)).collect();
        enter(&name, &part, &mut places)?;
        super::check::add_cost(&mut whole, &part.cost);
        whole.cost.build_s += part.cost.build_s;
        whole.started = whole.started.min(part.started);
        whole.rows.extend(part.rows);
        whole.states.extend(part.states.into_iter().zip(known).filter(|(_, known)| !known).map(|(entry, _)| entry));
    }
    gather::sort(&mut whole);
    Ok(whole)
}

/// Refuses records that were not measured for one and the same comparison.
fn fits(first_name: &str, first: &RunRecord, name: &str, part: &RunRecord) -> Result<()> {
    let base = |record: &RunRecord| record.base.as_ref().map_or("absent".to_owned(), |base| base.revision.clone());
    let source = |record: &RunRecord| format!("{:?}", record.base.as_ref().map(|base| base.source));
    let looks = |record: &RunRecord| format!("{:?}", record.looks);
    for (what, ours, theirs) in [
        ("base", base(first), base(part)),
        ("head", first.head.revision.clone(), part.head.revision.clone()),
        ("base's source", source(first), source(part)),
        ("the environment class", first.environment.class.clone(), part.environment.class.clone()),
        ("the plan's looks", looks(first), looks(part)),
        ("benchgate's version", first.tool.version.clone(), part.tool.version.clone()),
    ] {
        if ours != theirs {
            bail!(
                "'{first_name}' and '{name}' do not belong together: {what} is {ours} in the first and {theirs} in the other"
            );
        }
    }
    Ok(())
}

/// Where a benchmark is, and as which state if it has no row.
type Places = BTreeMap<BenchmarkId, (String, Option<StateEntry>)>;

/// Refuses what another record holds already: a benchmark belongs into one of them, whole. States that two records give alike,
/// for example of a suite that is gone, are one.
fn enter(name: &str, record: &RunRecord, places: &mut Places) -> Result<()> {
    let mut own = BTreeSet::new();
    for row in &record.rows {
        if !own.insert((&row.id, &row.metric.name)) {
            bail!("'{name}' holds '{}' {} twice", row.id, row.metric.name);
        }
    }
    let rows = record.rows.iter().map(|row| (&row.id, None));
    for (id, state) in rows.chain(record.states.iter().map(|entry| (&entry.id, Some(entry)))) {
        match places.get(id) {
            Some((other, known)) if other != name => {
                if state.is_none() || known.as_ref() != state {
                    bail!("'{other}' and '{name}' both hold '{id}'");
                }
            }
            Some(_) => {}
            None => drop(places.insert(id.clone(), (name.to_owned(), state.cloned()))),
        }
    }
    Ok(())
}

/// The bytes of a file, unless it is too large for anything that benchgate writes.
pub(super) fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let what = || format!("cannot read '{}'", path.display());
    let file = std::fs::File::open(path).with_context(what)?;
    let mut bytes = Vec::new();
    file.take(RECORD_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(what)?;
    if bytes.len() as u64 > RECORD_BYTES_MAX {
        bail!("'{}' is larger than {} MiB: no run record is", path.display(), RECORD_BYTES_MAX >> 20);
    }
    Ok(bytes)
}

/// Reads a run record; `None` if the file is something else.
pub(super) fn try_read(path: &Path) -> Result<Option<RunRecord>> {
    if !path.is_file() {
        return Ok(None);
    }
    let what = || format!("cannot read '{}'", path.display());
    let file = std::fs::File::open(path).with_context(what)?;
    let mut head = Vec::new();
    (&file).take(4096).read_to_end(&mut head).with_context(what)?;
    let text = String::from_utf8_lossy(&head);
    // A record begins with its schema and tool; no harness's result does.
    let recordish = text.trim_start().starts_with("{\"schema\"")
        && text.contains("\"tool\":{\"name\":\"benchgate\"")
        && text.contains("\"seed\"");
    if !recordish {
        return Ok(None);
    }
    parse(&path.display().to_string(), &read_bounded(path)?).map(Some)
}
/// The part of a file that every schema has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Reads a record's text, refusing newer schemas by number and numbers that no launch can have.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<RunRecord> {
    let place = |error: serde_json::Error| anyhow::anyhow!("{name}:{}:{}: {error}", error.line(), error.column());
    let version: Version = serde_json::from_slice(bytes).map_err(place)?;
    if version.schema > SCHEMA {
        bail!("{name}: schema {} is newer than this benchgate knows ({SCHEMA}); update benchgate", version.schema);
    }
    let record: RunRecord = serde_json::from_slice(bytes).map_err(place)?;
    for row in &record.rows {
        let sound = row.base.iter().chain(&row.head).all(|value| value.is_finite() && *value >= 0.0);
        if !sound || row.head.is_empty() {
            bail!("{name}: '{}' {} holds no launch, or a value that no launch can have", row.id, row.metric.name);
        }
    }
    Ok(record)
}
