//! JSON is the report itself.

use super::Report;
use crate::judge::{BudgetVerdict, Level, Outcome, Verdict};
use crate::model::{SCHEMA, State, shown_message};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::fmt;
use std::io::{self, Write};

/// How deep values are indented; what lies deeper, the sides of a comparison for one, stands on one line.
const INDENTED_MAX: usize = 3;

/// Writes the report, indented, with a newline at the end.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Layout::default());
    report.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Indents like `serde_json`'s pretty printer, but only so deep.
#[derive(Default)]
struct Layout {
    depth: usize,
    /// The object or array that ends next holds something.
    filled: bool,
}

impl Layout {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled && self.depth < INDENTED_MAX {
            self.new_line(out)?;
        }
        self.filled = true;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        let indented = self.depth <= INDENTED_MAX;
        match (first, indented) {
            (true, true) => self.new_line(out),
            (true, false) => Ok(()),
            (false, true) => out.write_all(b",").and_then(|()| self.new_line(out)),
            (false, false) => out.write_all(b", "),
        }
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

/// Bytes of a report that are read: some hundred thousand rows.
const BYTES_MAX: usize = 256 << 20;

/// Why a text is no report that this program can read.
#[derive(Debug)]
pub enum ReadError {
    /// A later benchgate wrote it.
    Newer {
        /// The schema it says it has.
        schema: u64,
    },
    /// No report is so large.
    TooLarge,
    /// It is not JSON, or not a report: the place and the complaint.
    Malformed(String),
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
            Self::TooLarge => write!(f, "larger than {} MiB: no report is", BYTES_MAX >> 20),
            Self::Malformed(error) => write!(f, "not a benchgate report: {error}"),
            Self::Impossible { place, complaint } => write!(f, "not a sound report: '{place}' {complaint}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// The part of every schema that says which one it is.
#[derive(Deserialize)]
struct Header {
    schema: u64,
}

/// Reads a report. The text may be hostile: a newer schema, impossible numbers and a `pass` over what no gate lets pass are refused.
pub fn parse(text: &str) -> Result<Report, ReadError> {
    if text.len() > BYTES_MAX {
        return Err(ReadError::TooLarge);
    }
    let malformed = |error: serde_json::Error| ReadError::Malformed(shown_message(&error));
    let Header { schema } = serde_json::from_str(text).map_err(malformed)?;
    if schema > u64::from(SCHEMA) {
        return Err(ReadError::Newer { schema });
    }
    let report: Report = serde_json::from_str(text).map_err(malformed)?;
    check(&report)?;
    agrees(&report)?;
    Ok(report)
}

/// No report passes over what no gate lets pass.
fn agrees(report: &Report) -> Result<(), ReadError> {
    let regressed = report.comparisons.iter().any(|row| row.verdict == Verdict::Regression && row.waiver.is_none());
    let denied = report.states.iter().any(|state| state.level == Level::Deny);
    let exceeded = report.budgets.iter().any(|budget| budget.verdict == BudgetVerdict::Exceeded);
    let open = report.comparisons.iter().any(|row| row.verdict == Verdict::Inconclusive);
    let compared = !report.comparisons.is_empty() || report.states.iter().any(|state| state.state == State::Identical);
    let complaint = match report.outcome {
        Outcome::Pass if regressed => "is pass, although a row is a regression",
        Outcome::Pass if denied => "is pass, although the policy denies a state",
        Outcome::Pass if exceeded => "is pass, although a budget is exceeded",
        Outcome::Pass if open && report.policy.on_inconclusive == Level::Deny => {
            "is pass, although the policy denies an inconclusive row"
        }
        Outcome::Pass if !compared => "is pass, although nothing was compared",
        Outcome::Inconclusive if regressed || exceeded => "is inconclusive, although a row or a budget is a regression",
        _ => return Ok(()),
    };
    Err(ReadError::Impossible { place: "outcome".to_owned(), complaint })
}

/// Every number is finite, and none that must be positive is not.
fn check(report: &Report) -> Result<(), ReadError> {
    let cost = &report.cost;
    sizes("cost", &[cost.build_s, cost.measure_s, cost.children_s, cost.analyse_s])?;
    sizes("policy", &[report.policy.alpha, report.policy.threshold])?;
    for (i, budget) in report.budgets.iter().enumerate() {
        finite(&format!("budgets[{i}]"), &[budget.limit, budget.value])?;
        if (budget.value > budget.limit) != (budget.verdict == BudgetVerdict::Exceeded) {
            let complaint = "says something else than its numbers";
            return Err(ReadError::Impossible { place: format!("budgets[{i}].verdict"), complaint });
        }
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
        for (field, chance) in [("confidence", Some(row.confidence)), ("p", row.p), ("p_adjusted", row.p_adjusted)] {
            if chance.is_some_and(|chance| chance > 1.0) {
                return Err(ReadError::Impossible { place: place(field), complaint: "is above 1" });
            }
        }
        if let Some([lo, hi]) = row.interval {
            sizes(&place("interval"), &[lo, hi])?;
            if lo > hi {
                return Err(ReadError::Impossible { place: place("interval"), complaint: "ends before it begins" });
            }
        }
        for (name, side) in [("base", &row.base), ("head", &row.head)] {
            finite(&place(name), &[side.median, side.mean])?;
            finite(&place(name), &side.observations)?;
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
