//! The work tree as it would be committed, without committing it.

use super::GitError;
use super::lfs::Pointer;
use super::snapshot::{Clean, Collector, Entry, Kind, Source};
use crate::files::{KNOWS_EXECUTABLES, from_git, is_executable, to_git};
use git2::{AttrCheckFlags, AttrValue, ObjectType, Oid, Repository, Status, StatusOptions};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// `skip-worktree`, among the extended flags of an index entry: the file is left out by a sparse checkout.
const SKIP_WORKTREE: u16 = 1 << 14;
const GITLINK: u32 = 0o160_000;
/// How the file begins that marks a directory as a cache (<https://bford.info/cachedir/>).
const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Adds HEAD's tree with the changes in the work tree of `repo`, and of its submodules, below `prefix`.
pub(super) fn collect(collector: &mut Collector, repo: &Repository, prefix: &Path) -> Result<(), GitError> {
    let what = || format!("cannot read the work tree of '{}'", repo.path().display());
    let fail = |e: git2::Error| GitError::git(what(), &e);
    let root = repo.workdir().ok_or_else(|| GitError::new(what(), "it has none"))?;
    let tree = repo.head().and_then(|head| head.peel_to_tree()).map_err(fail)?;
    collector.tree(repo, &tree, prefix)?;

    let index = repo.index().map_err(fail)?;
    let mut changes = Changes { collector, repo, root, prefix, index: &index, caches: BTreeMap::new() };
    for change in repo.statuses(Some(&mut options())).map_err(fail)?.iter() {
        changes.apply(&on_disk(change.path_bytes())?, change.status())?;
    }

    for link in index.iter().filter(|entry| entry.mode == GITLINK) {
        let path = on_disk(&link.path)?;
        match Repository::open(root.join(&path)) {
            Ok(module) => collect(collector, &module, &prefix.join(&path))?,
            // Removed by hand: a deletion like that of a file.
            Err(_) if !root.join(&path).exists() => {}
            Err(_) => collector.submodule(repo, &tree, &path, link.id, prefix)?,
        }
    }
    Ok(())
}

/// Every file that a first commit would hold.
pub(super) fn of_first_commit(repo: &Repository) -> Result<Vec<PathBuf>, GitError> {
    let fail = |e: git2::Error| GitError::git(format!("cannot read the work tree of '{}'", repo.path().display()), &e);
    let changes = repo.statuses(Some(&mut options())).map_err(fail)?;
    changes
        .iter()
        .filter(|change| !change.status().is_wt_deleted())
        .map(|change| on_disk(change.path_bytes()))
        .collect()
}

/// Every file but ignored ones. Without `update_index` libgit2 keeps what it learns to itself; with it, it would write the user's
/// index.
fn options() -> StatusOptions {
    let mut options = StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .include_ignored(false)
        .exclude_submodules(true)
        .update_index(false);
    options
}

struct Changes<'a> {
    collector: &'a mut Collector,
    repo: &'a Repository,
    root: &'a Path,
    prefix: &'a Path,
    index: &'a git2::Index,
    /// Directories already looked at for a cache's tag.
    caches: BTreeMap<PathBuf, bool>,
}

impl Changes<'_> {
    /// Takes over one path as it is on disk.
    fn apply(&mut self, path: &Path, status: Status) -> Result<(), GitError> {
        let untracked = status.contains(Status::WT_NEW);
        let place = self.root.join(path);
        if untracked && (to_git(path).ends_with(b"/") || self.in_cache(path)) {
            self.leave_out(path);
            return Ok(());
        }
        let full = self.prefix.join(path);
        // `git rm --cached` leaves a file that counts only if it is untracked, that is: not ignored.
        let dropped = status.contains(Status::INDEX_DELETED) && !untracked;
        let about = if dropped { None } else { about(&place)? };
        let entry = match about {
            Some(about) if about.is_symlink() => Some(Self::link(&place)?),
            Some(about) if about.is_file() => Some(self.file(path, place, is_executable(&about))?),
            // A pipe or a socket: git does not see it either.
            Some(_) => None,
            None if dropped => None,
            None => self.sparse(path),
        };
        match entry {
            Some(entry) => self.collector.entries.insert(full, entry),
            None => self.collector.entries.remove(&full),
        };
        Ok(())
    }

    fn link(place: &Path) -> Result<Entry, GitError> {
        let target = fs::read_link(place).map_err(|e| GitError::file("read", place, &e))?;
        let id = blob_id(place, &to_git(&target))?;
        Ok(Entry::new(Kind::Link, id, Source::Disk(place.to_owned(), Clean::Nothing)))
    }

    fn file(&self, path: &Path, place: PathBuf, executable: bool) -> Result<Entry, GitError> {
        let bytes = fs::read(&place).map_err(|e| GitError::file("read", &place, &e))?;
        let indexed = self.index.get_path(path, 0);
        // On file systems without such a bit git goes by the index.
        let trusted = self.repo.config().and_then(|c| c.get_bool("core.filemode")).unwrap_or(true);
        let executable = if trusted && KNOWS_EXECUTABLES {
            executable
        } else {
            indexed.as_ref().is_some_and(|entry| entry.mode & 0o100 != 0)
        };
        let clean = self.clean(path, &bytes, indexed.map(|entry| entry.id))?;
        let id = blob_id(&place, &clean.blob(bytes))?;
        let kind = if executable { Kind::Executable } else { Kind::File };
        Ok(Entry::new(kind, id, Source::Disk(place, clean)))
    }

    /// What the index holds for a file that a sparse checkout did not write.
    fn sparse(&mut self, path: &Path) -> Option<Entry> {
        let entry = self.index.get_path(path, 0).filter(|entry| entry.flags_extended & SKIP_WORKTREE != 0)?;
        let kind = Kind::of_mode(i32::try_from(entry.mode).ok()?)?;
        Some(Entry::new(kind, entry.id, Source::Blob(self.collector.store(self.repo))))
    }

    /// Whether an untracked path lies in a directory that calls itself a cache.
    fn in_cache(&mut self, path: &Path) -> bool {
        let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return false };
        if let Some(known) = self.caches.get(parent) {
            return *known;
        }
        let tagged = fs::read(self.root.join(parent).join("CACHEDIR.TAG")).is_ok_and(|tag| tag.starts_with(CACHE_TAG));
        if tagged {
            self.leave_out(parent);
        }
        let found = tagged || self.in_cache(parent);
        self.caches.insert(parent.to_owned(), found);
        found
    }

    fn leave_out(&mut self, path: &Path) {
        // Collecting drops the slash that libgit2 puts behind a directory.
        let path: PathBuf = self.prefix.join(path).components().collect();
        if !self.collector.left_out.iter().any(|known| path.starts_with(known)) {
            self.collector.left_out.push(path);
        }
    }

    /// What git's filters would do to this file on its way into a commit.
    fn clean(&self, path: &Path, bytes: &[u8], indexed: Option<Oid>) -> Result<Clean, GitError> {
        let attribute = |name| {
            let value = self.repo.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX);
            value.map_err(|e| GitError::git(format!("cannot read the attributes of '{}'", path.display()), &e))
        };
        if attribute("filter")? == Some("lfs") {
            // A file that is a pointer already was never fetched.
            return Ok(if Pointer::parse(bytes).is_some() { Clean::Nothing } else { Clean::Lfs });
        }
        if !bytes.windows(2).any(|pair| pair == b"\r\n") {
            return Ok(Clean::Nothing);
        }
        let eol = matches!(AttrValue::from_string(attribute("eol")?), AttrValue::String("lf" | "crlf"));
        let automatic = match AttrValue::from_string(attribute("text")?) {
            AttrValue::True => return Ok(Clean::LineEnds),
            AttrValue::False => return Ok(Clean::Nothing),
            AttrValue::String("auto") => true,
            _ if eol => return Ok(Clean::LineEnds),
            _ => {
                let setting = self.repo.config().and_then(|c| c.get_string("core.autocrlf")).unwrap_or_default();
                matches!(setting.as_str(), "true" | "input" | "yes" | "on" | "1")
            }
        };
        // Where git only guesses that a file is text, it leaves alone what was committed with CRLF.
        let committed = indexed.and_then(|id| self.repo.find_blob(id).ok());
        let had_cr = committed.is_some_and(|blob| blob.content().windows(2).any(|pair| pair == b"\r\n"));
        Ok(if automatic && looks_like_text(bytes) && !had_cr { Clean::LineEnds } else { Clean::Nothing })
    }
}

/// A path of the index as it is spelt on disk.
fn on_disk(bytes: &[u8]) -> Result<PathBuf, GitError> {
    let why = || format!("this system has no such name as '{}'", String::from_utf8_lossy(bytes));
    from_git(bytes).ok_or_else(|| GitError::new("cannot read the work tree", why()))
}

/// What lies at `place`, directories not counted. A file that cannot be looked at is no deleted file.
fn about(place: &Path) -> Result<Option<fs::Metadata>, GitError> {
    match fs::symlink_metadata(place) {
        Ok(about) => Ok(Some(about).filter(|about| !about.is_dir())),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(GitError::file("read", place, &e)),
    }
}

impl Clean {
    /// What the snapshot's file holds.
    pub(super) fn file(self, bytes: Vec<u8>) -> Vec<u8> {
        if self != Self::LineEnds {
            return bytes;
        }
        let mut cleaned = Vec::with_capacity(bytes.len());
        for (i, byte) in bytes.iter().enumerate() {
            if *byte != b'\r' || bytes.get(i + 1) != Some(&b'\n') {
                cleaned.push(*byte);
            }
        }
        cleaned
    }

    /// What git would commit.
    pub(super) fn blob(self, bytes: Vec<u8>) -> Vec<u8> {
        if self == Self::Lfs { Pointer::text(&bytes).into_bytes() } else { self.file(bytes) }
    }
}

pub(super) fn blob_id(place: &Path, bytes: &[u8]) -> Result<Oid, GitError> {
    Oid::hash_object(ObjectType::Blob, bytes)
        .map_err(|e| GitError::git(format!("cannot hash '{}'", place.display()), &e))
}

/// git's own guess (`convert.c`): no NUL, no lone CR, hardly a control character.
fn looks_like_text(bytes: &[u8]) -> bool {
    let lone_cr = bytes.iter().enumerate().any(|(i, b)| *b == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    let control = |b: u8| (b < 32 && !matches!(b, b'\n' | b'\r' | 8 | b'\t' | 27 | 12)) || b == 127;
    // DOS ended its text files with this one.
    let body = bytes.strip_suffix(&[26]).unwrap_or(bytes);
    let strange = body.iter().filter(|b| control(**b)).count();
    !lone_cr && !bytes.contains(&0) && strange <= (body.len() - strange) / 128
}
