//! What a filled directory holds: kept beside it, so that the next filling knows what is old, and what must go.

use super::GitError;
use crate::files::{from_git, to_git};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const HEADER: &str = "benchgate manifest 1";
const NANOSECONDS: i128 = 1_000_000_000;

/// One file as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The letter of its kind.
    pub(super) kind: char,
    /// Whether the file is an LFS pointer whose content was not to be had.
    pub(super) pointer: bool,
    pub(super) id: String,
    pub(super) size: u64,
    pub(super) mtime_ns: i128,
}

impl Record {
    /// A path that may be on disk, of which nothing is known.
    fn unknown() -> Self {
        Self { kind: '?', pointer: false, id: "-".to_owned(), size: 0, mtime_ns: 0 }
    }

    /// Whether the file on disk is still the one that was written.
    pub(super) fn fits(&self, about: &Metadata) -> bool {
        self.size == about.len() && self.mtime_ns == mtime_ns(about)
    }

    /// Whether it may be that one, restored by a tool that keeps whole seconds only (a CI cache).
    pub(super) fn fits_to_the_second(&self, about: &Metadata) -> bool {
        let mtime = mtime_ns(about);
        self.size == about.len() && mtime % NANOSECONDS == 0 && mtime / NANOSECONDS == self.mtime_ns / NANOSECONDS
    }
}

/// When a file was changed, in nanoseconds since 1970; 0 where the file system does not say.
pub(super) fn mtime_ns(about: &Metadata) -> i128 {
    let signed = |nanoseconds: u128| i128::try_from(nanoseconds).unwrap_or(i128::MAX);
    match about.modified().map(|time| time.duration_since(UNIX_EPOCH)) {
        Ok(Ok(after)) => signed(after.as_nanos()),
        Ok(Err(before)) => -signed(before.duration().as_nanos()),
        Err(_) => 0,
    }
}

/// The records of one directory, whose manifest is `<directory>.manifest`.
///
/// While files change there is only `<directory>.manifest.partial`, with the paths of before and after: a filling that
/// was cut short is thereby known as such, and what it was to delete is not forgotten.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) records: BTreeMap<PathBuf, Record>,
    /// Whether the directory holds exactly these.
    pub(super) complete: bool,
}

impl Manifest {
    pub(super) fn load(directory: &Path) -> Result<Self, GitError> {
        if let Some(records) = read(&beside(directory, ".manifest"))? {
            return Ok(Self { records, complete: true });
        }
        let records = read(&beside(directory, ".manifest.partial"))?.unwrap_or_default();
        Ok(Self { records, complete: false })
    }

    /// Notes that files are about to change: from here to [`Manifest::store`] the directory is in between.
    pub(super) fn begin<'a>(&self, directory: &Path, coming: impl Iterator<Item = &'a Path>) -> Result<(), GitError> {
        let mut union = self.records.clone();
        for path in coming {
            if !union.contains_key(path) {
                union.insert(path.to_owned(), Record::unknown());
            }
        }
        write(&beside(directory, ".manifest.partial"), &union)?;
        remove(&beside(directory, ".manifest"))
    }

    /// Writes what the directory now holds.
    pub(super) fn store(&self, directory: &Path) -> Result<(), GitError> {
        write(&beside(directory, ".manifest"), &self.records)?;
        remove(&beside(directory, ".manifest.partial"))
    }
}

/// `<directory><suffix>`, next to it.
fn beside(directory: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(directory.components().collect::<PathBuf>());
    name.push(suffix);
    PathBuf::from(name)
}

fn read(file: &Path) -> Result<Option<BTreeMap<PathBuf, Record>>, GitError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(GitError::file("read", file, &e)),
    };
    parse(&bytes).map(Some).ok_or_else(|| {
        // Guessing would leave files of another revision in the build.
        GitError::new(format!("cannot read '{}'", file.display()), "it is damaged, or of another version of benchgate")
            .advise("delete it together with the directory beside it: both are only a cache")
    })
}

/// Records end with NUL, the one byte that no path holds.
fn parse(bytes: &[u8]) -> Option<BTreeMap<PathBuf, Record>> {
    let mut parts = bytes.strip_suffix(&[0])?.split(|b| *b == 0);
    (parts.next()? == HEADER.as_bytes()).then_some(())?;
    let count: usize = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let records = parts.map(record).collect::<Option<BTreeMap<_, _>>>()?;
    (records.len() == count).then_some(records)
}

fn record(line: &[u8]) -> Option<(PathBuf, Record)> {
    let mut words = line.splitn(6, |b| *b == b' ');
    let mut word = || std::str::from_utf8(words.next()?).ok();
    let kind = word()?.chars().next()?;
    let pointer = word()? == "pointer";
    let id = word()?.to_owned();
    let size = word()?.parse().ok()?;
    let mtime_ns = word()?.parse().ok()?;
    let path = from_git(words.next()?)?;
    // These paths get deleted: none may lead outside.
    path.components().all(|part| matches!(part, std::path::Component::Normal(_))).then_some(())?;
    Some((path, Record { kind, pointer, id, size, mtime_ns }))
}

fn write(file: &Path, records: &BTreeMap<PathBuf, Record>) -> Result<(), GitError> {
    let mut bytes = format!("{HEADER}\0{}\0", records.len()).into_bytes();
    for (path, record) in records {
        let Record { kind, pointer, id, size, mtime_ns } = record;
        let state = if *pointer { "pointer" } else { "content" };
        bytes.extend_from_slice(format!("{kind} {state} {id} {size} {mtime_ns} ").as_bytes());
        bytes.extend_from_slice(&to_git(path));
        bytes.push(0);
    }
    let fail = |e: std::io::Error| GitError::file("write", file, &e);
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    temporary.write_all(&bytes).and_then(|()| temporary.as_file().sync_all()).map_err(fail)?;
    temporary.persist(file).map_err(|e| fail(e.error))?;
    Ok(())
}

fn remove(file: &Path) -> Result<(), GitError> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(GitError::file("remove", file, &e)),
        _ => Ok(()),
    }
}
