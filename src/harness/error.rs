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
        let problem = shown_message(text.strip_suffix(&suffix).unwrap_or(&text));
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

/// How much of a foreign message is repeated: enough to see the value, not enough to flood a log.
const MESSAGE_CHARS_MAX: usize = 300;

/// How much of a foreign name is repeated in an error.
const NAME_CHARS_MAX: usize = 120;

/// A foreign text in one line: control characters escaped, cut after `max` characters.
fn shown(text: &str, max: usize) -> String {
    let mut line = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == max {
            line.push('…');
            break;
        }
        if is_unprintable(c) { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// What another library says of a foreign text, which it may repeat.
pub(super) fn shown_message(message: &str) -> String {
    shown(message, MESSAGE_CHARS_MAX)
}

/// A benchmark's name inside an error.
pub(super) fn shown_name(name: &str) -> String {
    format!("'{}'", shown(name, NAME_CHARS_MAX))
}

/// A path inside an error.
pub(super) fn shown_path(path: &Path) -> String {
    let text: Cow<'_, str> = path.to_string_lossy();
    shown(&text, usize::MAX)
}

/// Whether a character may change how the text around it looks: control characters, and those that reverse the
/// writing direction.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
