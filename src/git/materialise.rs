//! A snapshot put onto disk, touching only what differs: cargo tells old from new by the files' times.

use super::lfs::Pointer;
use super::manifest::{Manifest, Record, mtime_ns};
use super::snapshot::{Clean, Entry, Kind, Source, missing, open};
use super::work_tree::blob_id;
use super::{GitError, Repo, Snapshot};
use crate::files::{KNOWS_EXECUTABLES, create_new, from_git, is_executable, link, to_git};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What [`materialise`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Files written, with the current time; sorted.
    pub written: Vec<PathBuf>,
    /// Files deleted; sorted.
    pub removed: Vec<PathBuf>,
    /// How many files were left as they are, their times too.
    pub unchanged: usize,
    /// Git LFS files whose content is not on this machine: the pointer lies there in its stead.
    pub lfs_pointers: Vec<PathBuf>,
}

/// Makes `directory` hold the snapshot's files, beside whatever untracked files (build products) are there.
///
/// Writes only what differs, so that unchanged files keep their times, and deletes what an earlier call wrote and the
/// snapshot has no more. May be cut short at any point: the next call puts it right. Not for two calls at once on the
/// same directory.
pub fn materialise(repo: &Repo, snapshot: &Snapshot, directory: &Path) -> Result<Changed, GitError> {
    fs::create_dir_all(directory).map_err(|e| GitError::file("create", directory, &e))?;
    let before = Manifest::load(directory)?;
    let mut filling =
        Filling { contents: Contents::new(repo, snapshot), directory, before: &before, real: BTreeSet::new() };

    let mut after = Manifest { records: BTreeMap::new(), complete: true };
    let mut writes = Vec::new();
    for (path, entry) in &snapshot.entries {
        match filling.keeps(path, entry)? {
            Some(record) => drop(after.records.insert(path.clone(), record)),
            None => writes.push((path, entry)),
        }
    }
    let gone = before.records.keys().filter(|path| !snapshot.entries.contains_key(*path));
    let gone: Vec<&PathBuf> = gone.collect();

    let mut changed = Changed { unchanged: after.records.len(), ..Changed::default() };
    if !writes.is_empty() || !gone.is_empty() {
        before.begin(directory, snapshot.paths())?;
        for path in gone {
            if filling.delete(path)? {
                changed.removed.push(path.clone());
            }
        }
        for (path, entry) in writes {
            after.records.insert(path.clone(), filling.put(path, entry)?);
            changed.written.push(path.clone());
        }
    }
    let pointers = after.records.iter().filter(|(_, record)| record.pointer);
    changed.lfs_pointers = pointers.map(|(path, _)| path.clone()).collect();
    if !before.complete || before.records != after.records {
        after.store(directory)?;
    }
    Ok(changed)
}

/// One directory being filled.
struct Filling<'a> {
    contents: Contents<'a>,
    directory: &'a Path,
    before: &'a Manifest,
    /// Directories seen to be real ones, no links.
    real: BTreeSet<PathBuf>,
}

impl Filling<'_> {
    /// The record of a file that is in place already; `None` where it must be written.
    fn keeps(&mut self, path: &Path, entry: &Entry) -> Result<Option<Record>, GitError> {
        let place = self.directory.join(path);
        let Some(about) = self.about(path)? else { return Ok(None) };
        let record = self.before.records.get(path);
        let known = record.filter(|r| r.id == entry.id_text && r.kind == entry.kind.letter());
        if let Some(record) = known {
            // A pointer is kept only as long as its content is not to be had.
            let as_good = !record.pointer || self.contents.of(path, entry)?.pointer;
            if as_good && record.fits(&about) && is_of_kind(&about, entry.kind) {
                return Ok(Some(record.clone()));
            }
        }
        // Bytes are compared only where the file's past says nothing: after a cut or restored filling. A file edited
        // since may have been built as edited, and must look new even when its bytes are back.
        let unsure = !self.before.complete || record.is_none() || known.is_some_and(|r| r.fits_to_the_second(&about));
        if !unsure || !is_of_kind(&about, entry.kind) {
            return Ok(None);
        }
        let content = self.contents.of(path, entry)?;
        let there = if about.is_symlink() {
            fs::read_link(&place).map(|target| to_git(&target))
        } else if about.len() == content.bytes.len() as u64 {
            fs::read(&place)
        } else {
            return Ok(None);
        };
        let there = there.map_err(|e| GitError::file("read", &place, &e))?;
        Ok((there == content.bytes).then(|| recorded(entry, content.pointer, &about)))
    }

    /// Writes one file anew, with whatever is in its way removed.
    fn put(&mut self, path: &Path, entry: &Entry) -> Result<Record, GitError> {
        let place = self.directory.join(path);
        let fail = |e: std::io::Error| GitError::file("write", &place, &e);
        let content = self.contents.of(path, entry)?;
        self.make_parents(path)?;
        clear(&place)?;
        if entry.kind == Kind::Link {
            let target = from_git(&content.bytes).ok_or_else(|| fail(std::io::ErrorKind::InvalidFilename.into()))?;
            link(&target, &place).map_err(fail)?;
        } else {
            let file = create_new(&place, entry.kind == Kind::Executable);
            file.and_then(|mut file| file.write_all(&content.bytes)).map_err(fail)?;
        }
        let about = fs::symlink_metadata(&place).map_err(fail)?;
        Ok(recorded(entry, content.pointer, &about))
    }

    /// Deletes one file, and the directories that are empty without it.
    fn delete(&mut self, path: &Path) -> Result<bool, GitError> {
        let place = self.directory.join(path);
        match self.about(path)? {
            // A directory in a tracked file's place was made by something else: a build product.
            Some(about) if !about.is_dir() => {}
            _ => return Ok(false),
        }
        fs::remove_file(&place).map_err(|e| GitError::file("remove", &place, &e))?;
        for above in path.ancestors().skip(1).take_while(|above| !above.as_os_str().is_empty()) {
            if fs::remove_dir(self.directory.join(above)).is_err() {
                break;
            }
            self.real.remove(above);
        }
        Ok(true)
    }

    /// What lies at a path; nothing, if the way there leads through a link.
    fn about(&mut self, path: &Path) -> Result<Option<Metadata>, GitError> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).collect();
        above.reverse();
        for above in above {
            if self.real.contains(above) {
                continue;
            }
            if !fs::symlink_metadata(self.directory.join(above)).is_ok_and(|about| about.is_dir()) {
                return Ok(None);
            }
            self.real.insert(above.to_owned());
        }
        let place = self.directory.join(path);
        match fs::symlink_metadata(&place) {
            Ok(about) => Ok(Some(about)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(GitError::file("read", &place, &e)),
        }
    }

    /// Makes the directories above a path real ones: a file or a link in their place goes.
    fn make_parents(&mut self, path: &Path) -> Result<(), GitError> {
        let mut above: Vec<&Path> = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).collect();
        above.reverse();
        for above in above {
            if self.real.contains(above) {
                continue;
            }
            let place = self.directory.join(above);
            if !fs::symlink_metadata(&place).is_ok_and(|about| about.is_dir()) {
                clear(&place)?;
                fs::create_dir(&place).map_err(|e| GitError::file("create", &place, &e))?;
            }
            self.real.insert(above.to_owned());
        }
        Ok(())
    }
}

/// Removes whatever lies at `place`, never following a link.
fn clear(place: &Path) -> Result<(), GitError> {
    let removed = match fs::symlink_metadata(place) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(place),
        Ok(_) => fs::remove_file(place),
        Err(_) => Ok(()),
    };
    removed.map_err(|e| GitError::file("remove", place, &e))
}

/// Whether what lies there is of this kind, as far as the file system can tell.
fn is_of_kind(about: &Metadata, kind: Kind) -> bool {
    match kind {
        // Where nobody may link, a file with the target's name stands for the link.
        Kind::Link => about.is_symlink() || (!KNOWS_EXECUTABLES && about.is_file()),
        _ if !about.is_file() => false,
        _ => !KNOWS_EXECUTABLES || is_executable(about) == (kind == Kind::Executable),
    }
}

fn recorded(entry: &Entry, pointer: bool, about: &Metadata) -> Record {
    Record {
        kind: entry.kind.letter(),
        pointer,
        id: entry.id_text.clone(),
        size: about.len(),
        mtime_ns: mtime_ns(about),
    }
}

/// Where the files' bytes come from.
struct Contents<'a> {
    repo: &'a Repo,
    snapshot: &'a Snapshot,
    opened: BTreeMap<usize, git2::Repository>,
}

struct Content {
    bytes: Vec<u8>,
    /// Whether these are an LFS pointer's, for want of the real ones.
    pointer: bool,
}

impl<'a> Contents<'a> {
    fn new(repo: &'a Repo, snapshot: &'a Snapshot) -> Self {
        Self { repo, snapshot, opened: BTreeMap::new() }
    }

    fn of(&mut self, path: &Path, entry: &Entry) -> Result<Content, GitError> {
        match &entry.source {
            Source::Blob(store) => self.blob(*store, path, entry),
            Source::Disk(place, clean) => uncommitted(place, *clean, entry),
        }
    }

    fn blob(&mut self, store: usize, path: &Path, entry: &Entry) -> Result<Content, GitError> {
        let what = || format!("cannot read '{}' at {}", path.display(), self.snapshot.revision);
        if !self.opened.contains_key(&store) {
            let place =
                self.snapshot.stores.get(store).ok_or_else(|| GitError::new(what(), "its repository is unknown"))?;
            self.opened.insert(store, open(place).map_err(|e| GitError::git(what(), &e))?);
        }
        let Some(repository) = self.opened.get(&store) else {
            return Err(GitError::new(what(), "its repository is unknown"));
        };
        let blob = repository.find_blob(entry.id).map_err(|e| missing(repository, what(), &e))?;
        let pointer = Pointer::parse(blob.content()).filter(|_| entry.kind != Kind::Link);
        let found = pointer.as_ref().and_then(|p| p.content(repository.commondir(), &self.repo.root.join(path)));
        let left = pointer.is_some() && found.is_none();
        Ok(Content { bytes: found.unwrap_or_else(|| blob.content().to_vec()), pointer: left })
    }
}

/// A file of the user's work tree, as it was when the snapshot was taken.
fn uncommitted(place: &Path, clean: Clean, entry: &Entry) -> Result<Content, GitError> {
    let bytes =
        if entry.kind == Kind::Link { fs::read_link(place).map(|target| to_git(&target)) } else { fs::read(place) };
    let bytes = bytes.map_err(|e| GitError::file("read", place, &e))?;
    if blob_id(place, &clean.blob(bytes.clone()))? != entry.id {
        return Err(GitError::new(
            format!("cannot use '{}'", place.display()),
            "it changed while benchgate was reading the work tree",
        )
        .advise("run it again once the file is saved"));
    }
    let file = clean.file(bytes);
    let pointer = clean == Clean::Nothing && entry.kind != Kind::Link && Pointer::parse(&file).is_some();
    Ok(Content { bytes: file, pointer })
}
