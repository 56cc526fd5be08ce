//! JSON is the report itself.

use super::Report;
use crate::model::SCHEMA;
use serde::Deserialize;
use std::fmt;
use std::io::{self, Write};

/// Writes the report, indented, with a newline at the end.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Why a text is no report that this program can read.
#[derive(Debug)]
pub enum ReadError {
    /// A later benchgate wrote it.
    Newer {
        /// The schema it says it has.
        schema: u64,
    },
    /// It is not JSON, or not a report: the place and the complaint.
    Malformed(serde_json::Error),
    /// A number that no measurement can give.
    Impossible {
        /// Where, for example `comparisons[3].interval`.
        place: String,
        /// What is wrong with it.
        complaint: &'static str,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { schema } => {
                write!(f, "the report has schema {schema}, this benchgate reads schema {SCHEMA}: use a newer benchgate")
            }
            Self::Malformed(error) => write!(f, "not a benchgate report: {error}"),
            Self::Impossible { place, complaint } => write!(f, "not a sound report: '{place}' {complaint}"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Newer { .. } | Self::Impossible { .. } => None,
        }
    }
}

/// The part of every schema that says which one it is.
#[derive(Deserialize)]
struct Header {
    schema: u64,
}

/// Reads a report. The text may be hostile: a newer schema and impossible numbers are refused.
pub fn parse(text: &str) -> Result<Report, ReadError> {
    let Header { schema } = serde_json::from_str(text).map_err(ReadError::Malformed)?;
    if schema > u64::from(SCHEMA) {
        return Err(ReadError::Newer { schema });
    }
    let report: Report = serde_json::from_str(text).map_err(ReadError::Malformed)?;
    check(&report)?;
    Ok(report)
}

/// Every number is finite, and none that must be positive is not.
fn check(report: &Report) -> Result<(), ReadError> {
    let cost = &report.cost;
    sizes("cost", &[cost.build_s, cost.measure_s, cost.children_s, cost.analyse_s])?;
    sizes("policy", &[report.policy.alpha, report.policy.threshold])?;
    for (i, budget) in report.budgets.iter().enumerate() {
        finite(&format!("budgets[{i}]"), &[budget.limit, budget.value])?;
    }
    for (i, row) in report.comparisons.iter().enumerate() {
        let place = |field: &str| format!("comparisons[{i}].{field}");
        sizes(&place("threshold"), &[row.threshold, row.confidence])?;
        for (field, value) in [
            ("ratio", row.ratio),
            ("p", row.p),
            ("p_adjusted", row.p_adjusted),
            ("minimum_detectable_effect", row.minimum_detectable_effect),
            ("noise_floor", row.noise_floor),
            ("waiver.ceiling", row.waiver.as_ref().map(|waiver| waiver.ceiling)),
        ] {
            sizes(&place(field), value.as_slice())?;
        }
        if let Some([lo, hi]) = row.interval {
            sizes(&place("interval"), &[lo, hi])?;
            if lo > hi {
                return Err(ReadError::Impossible { place: place("interval"), complaint: "ends before it begins" });
            }
        }
        for (name, side) in [("base", &row.base), ("head", &row.head)] {
            finite(&place(name), &[side.median, side.mean])?;
            sizes(&place(name), side.sd.as_slice())?;
        }
    }
    Ok(())
}

/// Refuses what is not finite.
fn finite(place: &str, values: &[f64]) -> Result<(), ReadError> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(ReadError::Impossible { place: place.to_owned(), complaint: "is not finite" })
}

/// Refuses what is not finite or below zero.
fn sizes(place: &str, values: &[f64]) -> Result<(), ReadError> {
    finite(place, values)?;
    if values.iter().all(|value| *value >= 0.0) {
        return Ok(());
    }
    Err(ReadError::Impossible { place: place.to_owned(), complaint: "is below zero" })
}
