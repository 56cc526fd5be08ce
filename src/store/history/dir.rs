//! A history as files in a folder, which may be shared: `SUITE/CLASS/FROM-TO-RUNS-CHECKSUM.ndjson`.
//!
//! No file is ever changed. A run comes as a file of its own, written whole; when there are many, the oldest become one larger
//! file, and only then they go. Whoever reads meanwhile finds every run at least once, and takes it once.

use super::pack::{self, BYTES_MAX, Name, folder, slug};
use super::{Appended, Checked, Columns, Entry, HistoryError, Keep, Store, Wanted, fold};
use crate::files::write_whole;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often files are listed anew that went away while they were read: somebody folds them.
const LISTINGS_MAX: usize = 20;

/// After this, a temporary file's writer is dead.
const ABANDONED: Duration = Duration::from_hours(24);

/// Values of one file that pruning writes.
const CELLS_MAX: usize = 1 << 20;

/// Files in a folder.
#[derive(Debug)]
pub struct Dir {
    root: PathBuf,
}

/// A file of ours.
type Listed = (PathBuf, Name, u64);

impl Dir {
    /// The history in this folder, which is made when something is stored.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folders of two levels below the root, of one suite only if it is named.
    fn folders(&self, wanted: &Wanted) -> Result<Vec<PathBuf>, HistoryError> {
        let only = wanted.suite.as_deref().map(slug);
        let suites = subfolders(&self.root)?.into_iter();
        let suites = suites
            .filter(|path| only.as_ref().is_none_or(|only| path.file_name().is_some_and(|name| name == only.as_str())));
        let mut folders = Vec::new();
        for suite in suites {
            folders.extend(subfolders(&suite)?);
        }
        Ok(folders)
    }

    fn load_once(&self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError> {
        let mut parts: BTreeMap<String, Vec<Columns>> = BTreeMap::new();
        for folder in self.folders(wanted)? {
            for (path, name, _) in files(&folder)? {
                let columns = read(&path, &name, wanted)?;
                if wanted.takes_suite(&columns.suite) {
                    parts.entry(columns.suite.clone()).or_default().push(columns);
                }
            }
        }
        Ok(parts.into_values().map(Columns::join).collect())
    }

    fn check_once(&self) -> Result<Checked, HistoryError> {
        let mut checked = Checked::default();
        let mut parts: BTreeMap<String, Vec<Columns>> = BTreeMap::new();
        for folder in self.folders(&Wanted::default())? {
            for path in entries_of(&folder)?.into_iter().filter(|path| !is_temporary(path)) {
                let Some(name) = name_of(&path) else {
                    checked.damaged.push(format!("{}: not a file of this history; take it away", path.display()));
                    continue;
                };
                let Some(columns) = checked.take(read(&path, &name, &Wanted::everything()))? else { continue };
                if columns.runs.len() != name.runs {
                    checked.damaged.push(format!("{}: it has {} runs", path.display(), columns.runs.len()));
                }
                parts.entry(columns.suite.clone()).or_default().push(columns);
            }
        }
        checked.sound = parts.into_values().map(Columns::join).collect();
        Ok(checked)
    }

    /// Folds what is due in a folder. Two who do so at once do the same work, or leave a run in two files; both is harmless.
    fn fold(folder: &Path) -> Result<(), HistoryError> {
        loop {
            let listed = files(folder)?;
            let sizes: Vec<(Name, u64)> = listed.iter().map(|(_, name, bytes)| (name.clone(), *bytes)).collect();
            let Some(places) = fold::due(&sizes) else { return Ok(()) };
            let mut parts = Vec::new();
            for place in &places {
                let (path, name, _) = &listed[*place];
                match read(path, name, &Wanted::everything()) {
                    Ok(columns) => parts.push(columns),
                    // Somebody else folds them at this moment, or one is damaged: then it stays, to be told by `verify`.
                    Err(_) => return Ok(()),
                }
            }
            if parts.windows(2).any(|two| two[0].suite != two[1].suite) {
                return Ok(());
            }
            let written = write(folder, &Columns::join(parts))?;
            for (path, ..) in places.iter().map(|place| &listed[*place]).filter(|(path, ..)| *path != written) {
                remove(path)?;
            }
            sweep(folder)?;
        }
    }

    /// The ids of the runs that may be there already.
    fn known(folder: &Path, entries: &[&Entry]) -> Result<BTreeSet<String>, HistoryError> {
        let mut known = BTreeSet::new();
        let nothing = Wanted { metric: Some(String::new()), ..Wanted::default() };
        for (path, name, _) in files(folder)? {
            if entries.iter().any(|entry| name.spans(entry.run.recorded)) {
                known.extend(read(&path, &name, &nothing)?.runs.into_iter().map(|kept| kept.id));
            }
        }
        Ok(known)
    }
}

impl Store for Dir {
    fn place(&self) -> String {
        format!("dir:{}", self.root.display())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<Appended, HistoryError> {
        let mut appended = Appended::default();
        for (folder, entries) in by_folder(entries) {
            let folder = self.root.join(folder);
            let mut known = again(|| Self::known(&folder, &entries))?;
            let fresh: Vec<Columns> =
                entries.iter().filter(|entry| known.insert(entry.id())).map(|entry| Columns::of(entry)).collect();
            appended.known += entries.len() - fresh.len();
            appended.added += fresh.len();
            if !fresh.is_empty() {
                write(&folder, &Columns::join(fresh))?;
                Self::fold(&folder)?;
            }
        }
        Ok(appended)
    }

    fn load(&mut self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError> {
        again(|| self.load_once(wanted))
    }

    fn prune(&mut self, keep: Keep) -> Result<usize, HistoryError> {
        let mut dropped = 0;
        for folder in self.folders(&Wanted::default())? {
            let listed = files(&folder)?;
            let parts = listed.iter().map(|(path, name, _)| read(path, name, &Wanted::everything()));
            let all = Columns::join(parts.collect::<Result<_, _>>()?);
            let stays = all.stays(keep);
            let gone = stays.iter().filter(|stays| !**stays).count();
            if gone == 0 {
                continue;
            }
            let mut written = BTreeSet::new();
            for part in all.only(&stays).split(CELLS_MAX) {
                written.insert(write(&folder, &part)?);
            }
            for (path, ..) in listed.iter().filter(|(path, ..)| !written.contains(path)) {
                remove(path)?;
            }
            dropped += gone;
        }
        Ok(dropped)
    }

    fn check(&mut self) -> Result<Checked, HistoryError> {
        again(|| self.check_once())
    }
}

/// Entries by the folder that they belong in.
pub(super) fn by_folder(entries: &[Entry]) -> BTreeMap<String, Vec<&Entry>> {
    let mut folders: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        folders.entry(folder(&entry.suite, &entry.environment.class)).or_default().push(entry);
    }
    folders
}

/// Tries again while files go away because somebody folds them.
fn again<T>(mut attempt: impl FnMut() -> Result<T, HistoryError>) -> Result<T, HistoryError> {
    for _ in 1..LISTINGS_MAX {
        match attempt() {
            Err(error) if error.is_gone() => {}
            done => return done,
        }
    }
    attempt()
}

fn read(path: &Path, name: &Name, wanted: &Wanted) -> Result<Columns, HistoryError> {
    let io = |error: io::Error| HistoryError::io(path, &error);
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > BYTES_MAX {
        return Err(HistoryError::damaged(
            path.display().to_string(),
            format!("it is larger than {} MiB", BYTES_MAX >> 20),
        ));
    }
    pack::read(&path.display().to_string(), name, &fs::read(path).map_err(io)?, wanted)
}

fn write(folder: &Path, columns: &Columns) -> Result<PathBuf, HistoryError> {
    let (name, text) = pack::write(columns).map_err(|error| HistoryError::io(folder, &error.into()))?;
    let path = folder.join(name.to_string());
    write_whole(&path, &text).map_err(|error| HistoryError::io(&path, &error))?;
    Ok(path)
}

fn remove(path: &Path) -> Result<(), HistoryError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(HistoryError::io(path, &error)),
        _ => Ok(()),
    }
}

/// Takes away what writers left that were killed.
fn sweep(folder: &Path) -> Result<(), HistoryError> {
    let is_old = |path: &PathBuf| {
        let changed = fs::metadata(path).and_then(|about| about.modified());
        changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    entries_of(folder)?.iter().filter(|path| is_temporary(path) && is_old(path)).try_for_each(|path| remove(path))
}

fn is_temporary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn name_of(path: &Path) -> Option<Name> {
    Name::parse(path.file_name()?.to_str()?)
}

/// Our files of a folder, sorted, with their sizes.
fn files(folder: &Path) -> Result<Vec<Listed>, HistoryError> {
    let mut found = Vec::new();
    for path in entries_of(folder)? {
        if let Some(name) = name_of(&path) {
            match fs::metadata(&path) {
                Ok(about) => found.push((path, name, about.len())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(HistoryError::io(&path, &error)),
            }
        }
    }
    Ok(found)
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, HistoryError> {
    Ok(entries_of(folder)?.into_iter().filter(|path| path.is_dir() && !is_temporary(path)).collect())
}

/// What is in a folder, sorted; an absent folder is empty.
fn entries_of(folder: &Path) -> Result<Vec<PathBuf>, HistoryError> {
    let io = |error: io::Error| HistoryError::io(folder, &error);
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(io)?,
    };
    let mut paths = listed.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(io)?;
    paths.sort();
    Ok(paths)
}
