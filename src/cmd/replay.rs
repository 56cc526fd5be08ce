use super::compare::policy;
use super::project::start;
use super::{Done, Io, gather};
use crate::cli::{Global, ReportArgs};
use crate::model::{RunRecord, SCHEMA};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::io::Read;
use std::path::Path;

/// Bytes of a run record that are read.
const RECORD_BYTES_MAX: u64 = 1 << 30;

/// Judges a run record again, by the present policy.
pub(super) fn run(args: &ReportArgs, global: &Global, _: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let path = here.join(&args.record);
    let config = policy(global, &args.policy.overrides(), &here)?;
    let Some(record) = try_read(&path)? else {
        bail!("'{}' is no run record; `check --record FILE` writes one", path.display());
    };
    if record.base.is_none() {
        bail!("'{}' holds one side only; `benchgate compare BASE HEAD` compares two such records", path.display());
    }
    let looks = gather::looks_of(&record);
    Ok(Done::Report(Box::new(gather::report(&record, &config, looks.as_ref(), false, Vec::new()))))
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
    if file.metadata().with_context(what)?.len() > RECORD_BYTES_MAX {
        bail!("'{}' is larger than {} MiB: no run record is", path.display(), RECORD_BYTES_MAX >> 20);
    }
    let bytes = std::fs::read(path).with_context(what)?;
    parse(&path.display().to_string(), &bytes).map(Some)
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
