//! Reading from disk with limits, and the checks that every format shares.

use super::error::shown_name;
use super::stream::Stream;
use super::{ParseError, ParseErrorKind};
use crate::model::is_unprintable;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use std::cell::OnceCell;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Largest result file that is read as a whole. Files that are read line by line have no limit.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// Most benchmarks in one result.
pub const BENCHMARKS_MAX: usize = 10_000;
/// Most iterations (or launches) of one benchmark.
pub const ITERATIONS_MAX: usize = 1_000_000;
/// Most values in one result, all benchmarks together: what fits into [`FILE_BYTES_MAX`] as hyperfine writes it.
pub const VALUES_MAX: usize = 5_000_000;
/// Longest benchmark name, in characters.
pub const NAME_CHARS_MAX: usize = 1_024;

/// What the user named: a file with its beginning, or a folder. The rest of a file is read when a format asks for it.
#[derive(Debug)]
pub struct Artifact {
    /// Where it is.
    pub path: PathBuf,
    /// The file's beginning; `None` for a folder.
    head: Option<Vec<u8>>,
    content: OnceCell<Result<Vec<u8>, ParseError>>,
}

/// How much of a file [`Artifact::head`] shows to the detectors: what a compiler prints may come first.
const HEAD_BYTES: u64 = 32 << 10;

/// Some editors and shells put it before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

impl Artifact {
    /// Reads a file's beginning, or notes that it is a folder.
    pub fn open(path: &Path) -> Result<Self, ParseError> {
        let io = |error| ParseError::io(path, &error);
        let mut head = None;
        if !std::fs::metadata(path).map_err(io)?.is_dir() {
            let mut bytes = Vec::new();
            open_file(path)?.take(HEAD_BYTES).read_to_end(&mut bytes).map_err(io)?;
            head = Some(bytes);
        }
        Ok(Self { path: path.to_owned(), head, content: OnceCell::new() })
    }

    /// A short file that is nowhere on disk.
    #[cfg(test)]
    pub(super) fn of(path: &str, content: &[u8]) -> Self {
        Self { path: path.into(), head: Some(content.to_vec()), content: OnceCell::from(Ok(content.to_vec())) }
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.head.is_none()
    }

    /// The beginning of the file, without a byte order mark; empty for a folder.
    pub fn head(&self) -> &[u8] {
        without_mark(self.head.as_deref().unwrap_or_default())
    }

    /// The file's bytes without a byte order mark, at most [`FILE_BYTES_MAX`], or an error that says that `format` is a file.
    pub(super) fn file(&self, format: &str) -> Result<&[u8], ParseError> {
        self.expect_file(format)?;
        let content = self.content.get_or_init(|| read_file(&self.path, FILE_BYTES_MAX));
        content.as_deref().map(without_mark).map_err(Clone::clone)
    }

    /// The file from its beginning, however large, or an error that says that `format` is a file.
    pub(super) fn stream(&self, format: &str) -> Result<Stream, ParseError> {
        self.expect_file(format)?;
        Ok(Stream::new(open_file(&self.path)?))
    }

    fn expect_file(&self, format: &str) -> Result<(), ParseError> {
        if !self.is_folder() {
            return Ok(());
        }
        let problem = format!("is a folder; {format} writes a file");
        Err(ParseError::new(ParseErrorKind::Unreadable, &self.path, problem, "name the file"))
    }
}

/// Opens a regular file.
fn open_file(path: &Path) -> Result<File, ParseError> {
    let io = |error| ParseError::io(path, &error);
    // Asked before opening: opening a pipe would wait for its writer.
    if std::fs::metadata(path).map_err(io)?.is_file() {
        return File::open(path).map_err(io);
    }
    Err(ParseError::new(ParseErrorKind::Unreadable, path, "is not a regular file", "write the result to a file first"))
}

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, ParseError> {
    let too_large = || {
        let problem = format!("is larger than {} MiB", limit >> 20);
        ParseError::new(ParseErrorKind::Limit, path, problem, "measure fewer benchmarks per file")
    };
    let io = |error| ParseError::io(path, &error);
    let file = open_file(path)?;
    let size = file.metadata().map_err(io)?.len();
    if size > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Parses JSON; the error holds line and column.
pub(super) fn json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ParseError> {
    serde_json::from_slice(bytes).map_err(|error| ParseError::json(path, &error))
}

/// Bare `NaN` and `Infinity`, which C++ and Python write, as text of the same length: the places in errors stay right.
pub(super) fn quote_words(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = bytes.to_vec();
    let (mut in_text, mut at) = (false, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => at += 1,
            b'N' | b'I' | b'-' if !in_text => {
                let words = ["NaN", "Infinity", "-NaN", "-Infinity"];
                if let Some(word) = words.into_iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
                    quoted[at] = b'"';
                    at += word.len() - 1;
                    quoted[at] = b'"';
                }
            }
            _ => {}
        }
        at += 1;
    }
    quoted
}

/// A number; none where the file holds null or, with [`quote_words`], `NaN` or `Infinity`.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Known(f64),
        Word(String),
    }
    Ok(match Option::<Number>::deserialize(deserializer)? {
        Some(Number::Known(value)) => Some(value),
        Some(Number::Word(word)) if !["a", "Na", "nfinit", "Infinit"].contains(&word.as_str()) => {
            return Err(D::Error::custom("expected a number, found text"));
        }
        Some(Number::Word(_)) | None => None,
    })
}

/// Accepts a benchmark's name as it is, or says why not.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    check_name_within(name, NAME_CHARS_MAX)
}

/// Likewise, with so many characters at most.
pub(super) fn check_name_within(name: &str, chars: usize) -> Result<(), String> {
    if name.is_empty() {
        return Err("the benchmark's name is empty".into());
    }
    if name.chars().count() > chars {
        return Err(format!("the name {} is longer than {chars} characters", shown_name(name)));
    }
    if name.chars().any(is_unprintable) {
        return Err(format!("the name {} holds control characters", shown_name(name)));
    }
    Ok(())
}

/// A sequence that is refused, with its place, as soon as it exceeds `MAX` elements.
#[derive(Debug)]
pub(super) struct Bounded<T, const MAX: usize>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Bounded<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Elements<T, MAX> {
            type Value = Bounded<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {MAX} elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    if list.len() == MAX {
                        return Err(A::Error::custom(format_args!("more than {MAX} elements in a list")));
                    }
                    list.push(element);
                }
                Ok(Bounded(list))
            }
        }

        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::quote_words;

    #[test]
    fn words_outside_of_text_are_quoted_in_place() {
        for (text, quoted) in [
            (r"[NaN, -Infinity, -1]", r#"["a", "Infinit", -1]"#),
            (r#"{"NaN\"NaN": NaN}"#, r#"{"NaN\"NaN": "a"}"#),
            (r#"["\\",NaN"#, r#"["\\","a""#),
            ("[Na, I, N", "[Na, I, N"),
            (r#"["\"#, r#"["\"#),
        ] {
            assert_eq!(String::from_utf8(quote_words(text.as_bytes())).expect("text"), quoted);
        }
    }
}
