//! Files that hold a run record or a report, which a stranger may have written.

use crate::artifact::parse_record;
use crate::model::{RunRecord, shown_message};
use crate::report::{self, Report};
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::Read;
use std::path::Path;

/// Bytes of a file that are read.
const BYTES_MAX: u64 = 1 << 30;

/// Reads a report's text, which may come from a stranger.
pub(in crate::cmd) fn read_report(name: &str, bytes: Vec<u8>) -> Result<Report> {
    let text = String::from_utf8(bytes).with_context(|| format!("'{name}' is no text"))?;
    report::parse(&text).with_context(|| format!("cannot read '{name}'"))
}

/// What a saved file holds.
pub(in crate::cmd) enum Kind {
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
pub(in crate::cmd) fn kind(name: &str, bytes: &[u8]) -> Result<Kind> {
    let neither =
        || format!("'{name}' is no run record and no report; `check` writes them with --record FILE and -o FILE.json");
    let outline: Outline =
        serde_json::from_slice(bytes).map_err(|error| anyhow!(shown_message(&error))).with_context(neither)?;
    match (outline.rows.and(outline.seed), outline.comparisons.and(outline.outcome)) {
        (Some(_), None) => Ok(Kind::Record),
        (None, Some(_)) => Ok(Kind::Report),
        _ => bail!(neither()),
    }
}

/// The bytes of a file, unless it is too large for anything that benchgate writes.
pub(in crate::cmd) fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let what = || format!("cannot read '{}'", path.display());
    let file = std::fs::File::open(path).with_context(what)?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).with_context(what)?;
    if bytes.len() as u64 > BYTES_MAX {
        bail!("'{}' is larger than {} MiB: no run record is", path.display(), BYTES_MAX >> 20);
    }
    Ok(bytes)
}

/// Reads a run record; `None` if the file is something else.
pub(in crate::cmd) fn try_read(path: &Path) -> Result<Option<RunRecord>> {
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
pub(in crate::cmd) fn parse(name: &str, bytes: &[u8]) -> Result<RunRecord> {
    Ok(parse_record(name, bytes)?)
}
