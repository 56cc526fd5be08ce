use super::compare::policy as policy_here;
use super::merge::merge;
use super::policy::{self, Changed};
use super::project::start;
use super::shards::policy_digest;
use super::{Done, Io, commits, foreign, gather};
use crate::artifact::parse_record;
use crate::cli::{Global, ReportArgs};
use crate::config::{Config, Overrides};
use crate::event::Event;
use crate::model::{RunRecord, Shard};
use crate::report::{self, Report};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of a run record that are read.
const RECORD_BYTES_MAX: u64 = 1 << 30;

/// Renders again what was saved: run records are judged anew, by the present policy; a report stays as it is.
pub(super) fn run(args: &ReportArgs, global: &Global, io: &Io<'_>) -> Result<Done> {
    let overrides = args.policy.overrides();
    let report = match &args.artifact {
        Some(artifact) => {
            let archive = read_bounded(&start(global)?.join(artifact))?;
            foreign::judged(&archive, commits::event(io)?.as_ref(), &overrides, global)?
        }
        None => judged(&args.files, &overrides, global, &|| commits::event(io).ok().flatten())?,
    };
    Ok(Done::Report(Box::new(report)))
}

/// The report that is saved, or what run records come to. `event` is asked for where labels count.
pub(super) fn judged(
    files: &[PathBuf],
    overrides: &Overrides,
    global: &Global,
    event: &dyn Fn() -> Option<Event>,
) -> Result<Report> {
    let here = start(global)?;
    let mut records = Vec::new();
    for path in files {
        let name = path.display().to_string();
        if records.iter().any(|(known, _)| *known == name) {
            bail!("'{name}' is named twice");
        }
        let bytes = read_bounded(&here.join(path))?;
        match kind(&name, &bytes)? {
            Kind::Record => records.push((name.clone(), parse(&name, &bytes)?)),
            Kind::Report if files.len() > 1 => {
                bail!("'{name}' is a report, which is not judged again; give run records to judge several together")
            }
            Kind::Report => return saved_report(&name, bytes, overrides),
        }
    }
    let (record, notes) = merge(records)?;
    let (config, changed) = match &record.shard {
        Some(shard) => {
            // Only for the pull request's labels: which commits it is about, the records say.
            let event = event();
            policy_of_shards(&record, shard, global, (overrides, event.as_ref()), &here)?
        }
        None => (policy_here(global, overrides, &here)?, Changed::default()),
    };
    let looks = gather::looks_of(&record);
    Ok(gather::report(&record, &config, looks.as_ref(), &changed, notes))
}

/// Shards are judged as `check` judges: by base's policy, which has to be the one that they were measured under, and by what head
/// makes of it.
fn policy_of_shards(
    record: &RunRecord,
    shard: &Shard,
    global: &Global,
    (overrides, event): (&Overrides, Option<&Event>),
    here: &Path,
) -> Result<(Config, Changed)> {
    let (config, changed) = match policy::of_record(record, global, overrides, here, event) {
        Some(found) => found,
        None => (policy_here(global, overrides, here)?, Changed::default()),
    };
    if policy_digest(&config.policy) != shard.policy {
        bail!(
            "the policy here is not the one that the shards were measured under; judge them with the same --config and flags, \
             in a checkout that has base's commit ('fetch-depth: 0' on actions/checkout)"
        );
    }
    Ok((config, changed))
}

/// A report as it was judged. It may come from a stranger.
fn saved_report(name: &str, bytes: Vec<u8>, overrides: &Overrides) -> Result<Report> {
    if *overrides != Overrides::default() {
        bail!("'{name}' is a report and is rendered as it was judged; to judge by another policy, give its run record");
    }
    read_report(name, bytes)
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

/// Reads a record's text, refusing newer schemas by number and numbers that no launch can have.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<RunRecord> {
    Ok(parse_record(name, bytes)?)
}
