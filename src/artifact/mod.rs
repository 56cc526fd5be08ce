//! What a stranger's run left behind, as bytes: an archive to the run record in it, sound, and about the right commits.
//!
//! Floor 4. Everything stays in memory and is bounded; nothing is written, followed, started or believed. Verdicts that came along
//! are not read at all: the caller judges the record anew. Numbers that were made up cannot be told from measured ones.

mod archive;
mod expected;
mod record;
#[cfg(test)]
mod tests;

pub use archive::{Limits, RECORD_NAME, files};
pub use expected::Expected;
pub use record::parse as parse_record;

use crate::model::RunRecord;

/// Why an artifact is not believed; a sentence that names the thing and the limit or the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// What is wrong, with a stranger's words cut and disarmed by the caller of `shown`.
fn refused<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

/// A stranger's name within a sentence.
fn shown(name: &str) -> String {
    crate::model::shown(name, 80)
}

/// The one run record of an archive, if it is about what is expected.
pub fn read(archive: &[u8], limits: &Limits, expected: &Expected<'_>) -> Result<RunRecord, Refused> {
    let mut found = files(archive, limits)?;
    let Some(record) = found.pop().filter(|_| found.is_empty()) else {
        return refused(match found.len() {
            0 => format!("the archive holds no '{RECORD_NAME}'"),
            more => format!("the archive holds {} run records", more + 1),
        });
    };
    let (name, bytes) = record;
    let record = parse_record(&name, &bytes)?;
    expected.check(&record)?;
    Ok(record)
}
