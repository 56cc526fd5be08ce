use super::quantity::{cut_at_comma, has_decimal_comma};
use super::text::Cell;
use crate::model::{shown, shown_message};
use std::borrow::Cow;
use std::path::Path;

/// What kind of trouble a file made, for callers that act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The file or folder could not be read at all.
    Unreadable,
    /// A limit on size, depth or number was exceeded.
    Limit,
    /// The text is broken, or of another shape than the format says.
    Syntax,
    /// A value that cannot be a measurement: a failure, a zero time, a count that does not match.
    Value,
    /// There is no benchmark in it.
    Nothing,
    /// Another benchmark than the expected one.
    Other,
    /// Several results where one was expected.
    Several,
    /// The format is not known.
    Unknown,
}

/// Why a foreign file was refused: where, what was wrong, and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}; {next}")]
pub struct ParseError {
    /// What kind of trouble.
    pub kind: ParseErrorKind,
    /// The file, with line and column where the text itself is at fault.
    pub place: String,
    /// What was expected and what was found; begins with the path inside the file (`results[1].times[3]`) where one exists.
    pub problem: String,
    /// What to do.
    pub next: String,
}

impl ParseError {
    /// An error about a whole file or folder.
    pub(super) fn new(kind: ParseErrorKind, path: &Path, problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { kind, place: shown_path(path), problem: problem.into(), next: next.into() }
    }

    /// An error about one value, named by its path inside the file.
    pub(super) fn at(path: &Path, at: &str, problem: &str, next: &str) -> Self {
        Self::new(ParseErrorKind::Value, path, format!("{at}: {problem}"), next)
    }

    /// An error at a place in a text; line and column count from 1, the column in characters.
    pub(super) fn line(path: &Path, (line, column): (usize, usize), problem: impl Into<String>, next: &str) -> Self {
        let place = format!("{}:{line}:{column}", shown_path(path));
        Self { kind: ParseErrorKind::Syntax, place, problem: problem.into(), next: next.into() }
    }

    /// An error about a row that has not as many cells as the header.
    pub(super) fn cells(path: &Path, expected: usize, cells: &[Cell]) -> Self {
        let at = cells.first().map_or((1, 1), |cell| cell.at);
        let problem = format!("expected {expected} cells, found {}", cells.len());
        match cut_at_comma(cells.iter().map(|cell| cell.text.as_str())).filter(|_| cells.len() > expected) {
            None => Self::line(path, at, problem, "give every row the header's columns"),
            Some(cut) => {
                let problem = format!("{problem}: {} may be one with a decimal comma", shown_name(&cut));
                Self::line(path, at, problem, COMMA_NEXT)
            }
        }
    }

    /// An error of the operating system.
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        let next = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path, and that the benchmarks ran to their end",
            std::io::ErrorKind::PermissionDenied => "make it readable",
            _ => "try again, or copy it elsewhere",
        };
        Self::new(ParseErrorKind::Unreadable, path, format!("cannot be read: {error}"), next)
    }

    /// An error of the JSON reader, with its line and column.
    pub(super) fn json(path: &Path, error: &serde_json::Error) -> Self {
        Self::json_line(path, error.line(), error)
    }

    /// An error of the JSON reader in one line of a file of many.
    pub(super) fn json_line(path: &Path, line: usize, error: &serde_json::Error) -> Self {
        let column = error.column();
        let text = error.to_string();
        let suffix = format!(" at line {} column {column}", error.line());
        let problem = shown_message(&text.strip_suffix(&suffix).unwrap_or(&text));
        let (problem, next) = if error.is_eof() {
            (format!("the file ends too early ({problem})"), "measure again: its writer was interrupted")
        } else {
            (problem, "write the file again with the tool itself, and do not edit it")
        };
        Self {
            kind: ParseErrorKind::Syntax,
            place: format!("{}:{line}:{column}", shown_path(path)),
            problem,
            next: next.into(),
        }
    }
}

/// How much of a foreign name is repeated in an error.
const NAME_CHARS_MAX: usize = 120;

/// A benchmark's name inside an error.
pub(super) fn shown_name(name: &str) -> String {
    format!("'{}'", shown(name, NAME_CHARS_MAX))
}

/// What stands where a number should be, inside an error.
pub(super) fn shown_value(text: &str) -> String {
    let comma = if has_decimal_comma(text) { ", which has a decimal comma" } else { "" };
    format!("{}{comma}", shown_name(text))
}

/// What to do about a value that is no number, if it is not the `usual`.
pub(super) fn next_to<'n>(text: &str, usual: &'n str) -> &'n str {
    if has_decimal_comma(text) { COMMA_NEXT } else { usual }
}

/// What to do about a decimal comma.
pub(super) const COMMA_NEXT: &str = "write numbers with a point, as most tools do where LC_ALL=C is set";

/// A path inside an error.
pub(super) fn shown_path(path: &Path) -> String {
    let text: Cow<'_, str> = path.to_string_lossy();
    shown(&text, usize::MAX)
}
