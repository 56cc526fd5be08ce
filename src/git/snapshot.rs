//! A whole tree as one value: every path with its kind and its content's id.

use super::GitError;
use crate::files::{from_git, is_nameable, to_git};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// What a tree holds: equal trees have equal keys, whichever commit (or no commit) they come from.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The commit's id, or `<id>+changes` for a work tree that differs from its commit.
    pub revision: String,
    /// SHA-256 (hexadecimal) over every path, kind and content id, in order.
    pub key: String,
    pub(super) entries: BTreeMap<PathBuf, Entry>,
    /// The git directories that the entries' blobs live in.
    pub(super) stores: Vec<PathBuf>,
    left_out: Vec<PathBuf>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) id: git2::Oid,
    pub(super) id_text: String,
    pub(super) source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Executable,
    Link,
}

/// Where an entry's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A blob in `Snapshot::stores[_]`.
    Blob(usize),
    /// An uncommitted file: its place, and how git would clean it when committing.
    Disk(PathBuf, Clean),
}

/// What turns the work tree's bytes into the blob's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clean {
    Nothing,
    /// CRLF becomes LF, in the snapshot's files too: base and head then agree in their line ends.
    LineEnds,
    /// The blob is a pointer with the content's hash; the snapshot's file is the content.
    Lfs,
}

impl Kind {
    /// `None` for trees and submodules.
    pub(super) fn of_mode(mode: i32) -> Option<Self> {
        match mode {
            0o100_644 | 0o100_664 => Some(Self::File),
            0o100_755 => Some(Self::Executable),
            0o120_000 => Some(Self::Link),
            _ => None,
        }
    }

    pub(super) fn letter(self) -> char {
        match self {
            Self::File => 'f',
            Self::Executable => 'x',
            Self::Link => 'l',
        }
    }
}

impl Entry {
    pub(super) fn new(kind: Kind, id: git2::Oid, source: Source) -> Self {
        Self { kind, id, id_text: id.to_string(), source }
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

impl Snapshot {
    /// Every path, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.entries.keys().map(PathBuf::as_path)
    }

    /// Whether there is a file (or link) at `path`.
    pub fn contains(&self, path: &Path) -> bool {
        self.entries.contains_key(path)
    }

    /// The id of the content at `path`: that of its blob.
    pub fn content_id(&self, path: &Path) -> Option<&str> {
        self.entries.get(path).map(|entry| entry.id_text.as_str())
    }

    /// Untracked directories of a work tree that are no part of it: caches (marked with a `CACHEDIR.TAG`, as cargo
    /// marks `target`) and other repositories.
    pub fn left_out(&self) -> &[PathBuf] {
        &self.left_out
    }
}

/// Gathers entries, from commits and work trees, over submodules.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) entries: BTreeMap<PathBuf, Entry>,
    pub(super) left_out: Vec<PathBuf>,
    stores: Vec<PathBuf>,
}

impl Collector {
    /// Adds a commit's tree below `prefix`, and those of its submodules.
    pub(super) fn commit(&mut self, repo: &git2::Repository, id: git2::Oid, prefix: &Path) -> Result<(), GitError> {
        let tree = repo
            .find_commit(id)
            .and_then(|c| c.tree())
            .map_err(|e| missing(repo, format!("cannot read commit '{id}'"), &e))?;
        for (path, link) in self.tree(repo, &tree, prefix)? {
            self.submodule(repo, &tree, &path, link, prefix)?;
        }
        Ok(())
    }

    /// Adds a tree's files below `prefix`; gives back its submodules, by their path in the tree.
    pub(super) fn tree(
        &mut self,
        repo: &git2::Repository,
        tree: &git2::Tree<'_>,
        prefix: &Path,
    ) -> Result<Vec<(PathBuf, git2::Oid)>, GitError> {
        let store = self.store(repo);
        let mut links = Vec::new();
        let mut waiting = vec![(PathBuf::new(), tree.id())];
        while let Some((directory, id)) = waiting.pop() {
            let what = || format!("cannot read the tree of '{}'", prefix.join(&directory).display());
            let tree = repo.find_tree(id).map_err(|e| missing(repo, what(), &e))?;
            for item in &tree {
                let path = directory.join(confined(item.name_bytes())?);
                match (item.filemode(), Kind::of_mode(item.filemode())) {
                    (_, Some(kind)) => {
                        self.entries.insert(prefix.join(path), Entry::new(kind, item.id(), Source::Blob(store)));
                    }
                    (0o040_000, _) => waiting.push((path, item.id())),
                    (0o160_000, _) => links.push((path, item.id())),
                    (mode, _) => {
                        return Err(GitError::new(
                            what(),
                            format!("'{}' has the unknown mode {mode:o}", path.display()),
                        ));
                    }
                }
            }
        }
        Ok(links)
    }

    /// Adds the commit that a submodule is pinned to.
    pub(super) fn submodule(
        &mut self,
        repo: &git2::Repository,
        tree: &git2::Tree<'_>,
        path: &Path,
        id: git2::Oid,
        prefix: &Path,
    ) -> Result<(), GitError> {
        let name = module_name(repo, tree, path);
        let modules = [repo.path(), repo.commondir()].map(|d| d.join("modules").join(&name));
        let places = modules.into_iter().chain(repo.workdir().map(|d| d.join(path)));
        let found = places.filter_map(|place| open(&place).ok()).find(|module| module.find_commit(id).is_ok());
        match found {
            Some(module) => self.commit(&module, id, &prefix.join(path)),
            None => Err(GitError::new(
                format!("cannot read submodule '{}'", prefix.join(path).display()),
                format!("its commit {id} is not in this clone"),
            )
            .advise("run 'git submodule update --init --recursive' (in GitHub Actions: 'submodules: recursive' on actions/checkout)")),
        }
    }

    /// The number of a repository among those that blobs are read from.
    pub(super) fn store(&mut self, repo: &git2::Repository) -> usize {
        self.stores.iter().position(|known| known == repo.path()).unwrap_or_else(|| {
            self.stores.push(repo.path().to_owned());
            self.stores.len() - 1
        })
    }

    pub(super) fn finish(mut self, revision: String) -> Result<Snapshot, GitError> {
        let mut hash = Sha256::new();
        let mut above: Option<&Path> = None;
        for (path, entry) in &self.entries {
            // Paths sort by component, so a file is followed at once by what claims to lie inside it.
            if let Some(file) = above.filter(|file| path.starts_with(file)) {
                return Err(GitError::new(
                    format!("cannot use the tree of {revision}"),
                    format!("'{}' is both a file and a directory", file.display()),
                ));
            }
            above = Some(path);
            hash.update(to_git(path));
            hash.update([0, entry.kind.letter() as u8]);
            hash.update(&entry.id_text);
        }
        let key = hex(&hash.finalize());
        self.left_out.sort();
        Ok(Snapshot { revision, key, entries: self.entries, stores: self.stores, left_out: self.left_out })
    }
}

/// Opens a git directory; that of a removed submodule too, whose work tree is gone.
pub(super) fn open(place: &Path) -> Result<git2::Repository, git2::Error> {
    git2::Repository::open(place).or_else(|error| git2::Repository::open_bare(place).map_err(|_| error))
}

/// A tree's item must be one plain name: a hostile tree must not reach outside, nor into a repository.
fn confined(name: &[u8]) -> Result<PathBuf, GitError> {
    let plain = |path: &PathBuf| {
        let mut parts = path.components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if to_git(Path::new(only)) == name)
            && is_nameable(name)
            && !name.eq_ignore_ascii_case(b".git")
            && !name.eq_ignore_ascii_case(b"git~1")
            && !name.contains(&0)
    };
    let shown = || format!("it holds the forbidden file name '{}'", String::from_utf8_lossy(name));
    from_git(name).filter(plain).ok_or_else(|| GitError::new("cannot use this tree", shown()))
}

/// A submodule's name, which is where `.git/modules` keeps it, from the `.gitmodules` of the same tree.
fn module_name(repo: &git2::Repository, tree: &git2::Tree<'_>, path: &Path) -> PathBuf {
    let text = tree.get_name(".gitmodules").and_then(|item| repo.find_blob(item.id()).ok());
    let text = text.map(|blob| String::from_utf8_lossy(blob.content()).into_owned()).unwrap_or_default();
    let mut name = "";
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix("[submodule \"") {
            name = section.trim_end_matches(']').trim_end_matches('"');
        } else if let Some((key, value)) = line.split_once('=') {
            let named = key.trim() == "path" && Path::new(value.trim().trim_matches('"')) == path;
            // The name becomes a path: one with `..` could point anywhere.
            if named
                && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
                && !name.is_empty()
            {
                return PathBuf::from(name);
            }
        }
    }
    path.to_owned()
}

/// An object that should be there and is not: the clone is shallow or partial.
pub(super) fn missing(repo: &git2::Repository, what: String, error: &git2::Error) -> GitError {
    let made = GitError::git(what, error);
    // Only git itself can fetch, on demand, what a clone with `--filter` lacks.
    let partial = repo.config().and_then(|c| c.get_string("remote.origin.partialclonefilter")).is_ok();
    match error.code() {
        git2::ErrorCode::NotFound if partial => {
            made.advise("this is a partial clone: run 'git fetch --refetch --no-filter'")
        }
        git2::ErrorCode::NotFound if repo.is_shallow() => {
            made.advise("this clone is shallow: run 'git fetch --deepen=50', or 'git fetch --unshallow'")
        }
        git2::ErrorCode::NotFound => made.advise("this clone lacks an object that it should have: run 'git fsck'"),
        _ => made,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
