//! Reading from disk with limits, and the checks that every format shares.

use super::error::{is_unprintable, shown_name};
use super::{ParseError, ParseErrorKind};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Largest result file.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// Most benchmarks in one result.
pub const BENCHMARKS_MAX: usize = 10_000;
/// Most iterations (or launches) of one benchmark.
pub const ITERATIONS_MAX: usize = 1_000_000;
/// Most values in one result, all benchmarks together: what fits into [`FILE_BYTES_MAX`] as hyperfine writes it.
pub const VALUES_MAX: usize = 5_000_000;
/// Longest benchmark name, in characters.
pub const NAME_CHARS_MAX: usize = 1_024;

/// What the user named: a file with its content, or a folder.
#[derive(Debug)]
pub struct Artifact {
    /// Where it is.
    pub path: PathBuf,
    /// The file's bytes; `None` for a folder.
    pub bytes: Option<Vec<u8>>,
}

/// How much of a file [`Artifact::head`] shows to the detectors.
const HEAD_BYTES: usize = 4_096;

impl Artifact {
    /// Reads a file, or notes that it is a folder.
    pub fn open(path: &Path) -> Result<Self, ParseError> {
        let found = std::fs::metadata(path).map_err(|error| ParseError::io(path, &error))?;
        let bytes = if found.is_dir() { None } else { Some(read_file(path, FILE_BYTES_MAX)?) };
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// The beginning of the file; empty for a folder.
    pub fn head(&self) -> &[u8] {
        let bytes = self.bytes.as_deref().unwrap_or_default();
        &bytes[..bytes.len().min(HEAD_BYTES)]
    }

    /// The file's bytes, or an error that says that `format` is a file.
    pub(super) fn file(&self, format: &str) -> Result<&[u8], ParseError> {
        self.bytes.as_deref().ok_or_else(|| {
            ParseError::new(
                ParseErrorKind::Unreadable,
                &self.path,
                format!("is a folder; {format} writes a file"),
                "name the file",
            )
        })
    }
}

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, ParseError> {
    let too_large = || {
        let problem = format!("is larger than {} MiB", limit >> 20);
        ParseError::new(ParseErrorKind::Limit, path, problem, "measure fewer benchmarks per file")
    };
    let io = |error| ParseError::io(path, &error);
    // Asked before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(ParseError::new(
            ParseErrorKind::Unreadable,
            path,
            "is not a regular file",
            "write the result to a file first",
        ));
    }
    let file = File::open(path).map_err(io)?;
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

/// Accepts a benchmark's name as it is, or says why not.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the benchmark's name is empty".into());
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("the name {} is longer than {NAME_CHARS_MAX} characters", shown_name(name)));
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
