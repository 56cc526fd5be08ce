//! The only door to `git2`: revisions, the base of a change, and trees put onto disk.
//!
//! Reads the user's repository and never writes into it: no worktree, no ref, no index, no object. What it writes are
//! the directories that [`materialise`] is told to fill, and each one's manifest beside it; and, where a history is told to
//! live in a repository, the objects and refs of a [`Ledger`], all below `refs/benchgate/`.

mod error;
mod hooks;
mod ledger;
mod lfs;
mod line;
mod manifest;
mod materialise;
mod resolve;
mod scaffold;
mod snapshot;
mod work_tree;

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use error::GitError;
pub use hooks::Hooks;
pub use ledger::{Changes, Filed, Ledger};
pub use materialise::{Changed, materialise};
pub use resolve::{BaseChoice, BaseResolution};
pub use scaffold::{Commitment, scaffold};
pub use snapshot::Snapshot;

use snapshot::{Collector, Kind};
use std::path::{Path, PathBuf};

/// Commits whose messages are read.
const MESSAGES_MAX: usize = 1000;

/// Bytes of a message that is read.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

/// The user's repository, seen from one of its work trees.
pub struct Repo {
    inner: git2::Repository,
    root: PathBuf,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repo").field(&self.root).finish()
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The full id, forty hexadecimal digits.
    pub id: String,
    /// The first line of its message.
    pub summary: String,
    /// When it was committed, in seconds since 1970.
    pub seconds: i64,
}

impl Repo {
    /// Opens the repository that `path` lies in: its root, a directory below it, or a linked worktree.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        let what = || format!("cannot open a git repository at '{}'", path.display());
        let inner = git2::Repository::discover(path).map_err(|e| {
            let made = GitError::git(what(), &e);
            if e.code() == git2::ErrorCode::NotFound {
                made.outside().advise("run inside a git repository, or name one with '-C DIR'")
            } else {
                made
            }
        })?;
        let Some(root) = inner.workdir() else {
            return Err(GitError::new(what(), "it is bare: it has no work tree")
                .advise("run in a clone of it, or in a worktree made with 'git worktree add'"));
        };
        // Collecting drops libgit2's trailing slash.
        let root = root.components().collect();
        Ok(Self { inner, root })
    }

    /// The root of the work tree (of this worktree, where there are several).
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The address of a remote. It may hold credentials: it is not to be shown.
    pub fn remote(&self, name: &str) -> Option<String> {
        let remote = self.inner.find_remote(name).ok()?;
        remote.url().ok().map(str::to_owned)
    }

    /// The folder of the objects that all worktrees share.
    pub fn objects(&self) -> PathBuf {
        self.inner.commondir().join("objects")
    }

    /// Reads objects from this folder too, as long as this value lives. The repository does not learn of it.
    pub fn borrow_objects(&self, folder: &Path) -> Result<(), GitError> {
        let what = || format!("cannot read objects in '{}'", folder.display());
        let Some(path) = folder.to_str() else { return Err(GitError::new(what(), "its path is no UTF-8")) };
        self.inner.odb().and_then(|all| all.add_disk_alternate(path)).map_err(|e| GitError::git(what(), &e))
    }

    /// Whether the history was cut when cloning.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// The commit that is checked out.
    pub fn head_commit(&self) -> Result<Commit, GitError> {
        let what = "cannot read the commit that is checked out";
        let head = self.inner.head().map_err(|e| match e.code() {
            git2::ErrorCode::UnbornBranch => GitError::new(what, "this branch has no commit yet")
                .advise("make a first commit: 'git add -A && git commit'"),
            _ => GitError::git(what, &e),
        })?;
        let commit = head.peel_to_commit().map_err(|e| GitError::git(what, &e))?;
        Ok(Commit::from(&commit))
    }

    /// Every file of the work tree, relative to its root: those of the commit that is checked out with the changes on top of it. There
    /// may be no commit yet.
    pub fn files(&self) -> Result<Vec<PathBuf>, GitError> {
        if self.inner.head().is_err_and(|e| e.code() == git2::ErrorCode::UnbornBranch) {
            return work_tree::of_first_commit(&self.inner);
        }
        let tree = match self.working_tree(&[])? {
            Some(tree) => tree,
            None => self.snapshot(&self.head_commit()?)?,
        };
        Ok(tree.paths().map(Path::to_owned).collect())
    }

    /// The ids of a commit's parents, in order; fewer at the rim of a shallow clone.
    pub fn parents(&self, commit: &Commit) -> Result<Vec<String>, GitError> {
        let fail = |e: git2::Error| GitError::git(format!("cannot read commit {}", commit.short()), &e);
        let found = self.inner.find_commit(commit.oid()?).map_err(fail)?;
        Ok(found.parent_ids().map(|id| id.to_string()).collect())
    }

    /// Whether one commit is part of another's history.
    pub fn is_ancestor(&self, ancestor: &Commit, of: &Commit) -> Result<bool, GitError> {
        let what = || format!("cannot tell whether {} came before {}", ancestor.short(), of.short());
        self.inner.graph_descendant_of(of.oid()?, ancestor.oid()?).map_err(|e| GitError::git(what(), &e))
    }

    /// Ids and whole messages of the commits that `head` has and `base` has not, newest first, a thousand at most. One of more
    /// than 64 KiB is nobody's message to people, and counts as empty.
    pub fn messages(&self, base: &Commit, head: &Commit) -> Result<Vec<(String, String)>, GitError> {
        let fail = |e: git2::Error| GitError::git(format!("cannot walk from {} to {}", head.short(), base.short()), &e);
        let mut walk = self.inner.revwalk().map_err(fail)?;
        walk.push(head.oid()?).map_err(fail)?;
        walk.hide(base.oid()?).map_err(fail)?;
        let mut messages = Vec::new();
        for id in walk.take(MESSAGES_MAX) {
            // The rim of a shallow clone ends the walk.
            let Ok(id) = id else { break };
            let commit = self.inner.find_commit(id).map_err(fail)?;
            let message =
                Some(commit.message_bytes()).filter(|bytes| bytes.len() <= MESSAGE_BYTES_MAX).unwrap_or_default();
            messages.push((id.to_string(), String::from_utf8_lossy(message).into_owned()));
        }
        Ok(messages)
    }

    /// When a commit was made: seconds since 1970.
    pub fn committed(&self, commit: &Commit) -> Result<i64, GitError> {
        let found = self.inner.find_commit(commit.oid()?);
        let found = found.map_err(|e| GitError::git(format!("cannot read commit '{}'", commit.id), &e))?;
        Ok(found.time().seconds())
    }

    /// The tree of a commit, its submodules' trees included.
    pub fn snapshot(&self, commit: &Commit) -> Result<Snapshot, GitError> {
        let mut collector = Collector::default();
        collector.commit(&self.inner, commit.oid()?, Path::new(""))?;
        collector.finish(commit.id.clone())
    }

    /// The work tree as if everything not ignored were committed; `None` where that is what HEAD holds already. Untracked
    /// files that we are about to write ourselves (`outputs`) are no part of it.
    pub fn working_tree(&self, outputs: &[PathBuf]) -> Result<Option<Snapshot>, GitError> {
        let head = self.head_commit()?;
        let committed = self.snapshot(&head)?;
        let mut collector = Collector::default();
        work_tree::collect(&mut collector, &self.inner, Path::new(""))?;
        let ours = outputs.iter().filter_map(|path| self.inside(path));
        for path in ours.filter(|path| !committed.contains(path)) {
            collector.entries.remove(&path);
        }
        let now = collector.finish(format!("{}+changes", head.id))?;
        // The key leaves out where a file's bytes come from, so a touched but equal file is no change.
        Ok((now.key != committed.key).then_some(now))
    }

    /// A file's path relative to the work tree, if it lies in it; the file need not exist.
    fn inside(&self, file: &Path) -> Option<PathBuf> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = std::fs::canonicalize(folder).ok()?.join(file.file_name()?);
        Some(real.strip_prefix(std::fs::canonicalize(&self.root).ok()?).ok()?.to_owned())
    }

    /// The paths that differ in content, kind or presence, sorted.
    pub fn changed_paths(&self, a: &Snapshot, b: &Snapshot) -> Vec<PathBuf> {
        let gone = a.entries.keys().filter(|path| !b.entries.contains_key(*path));
        let differs = b.entries.iter().filter(|(path, entry)| a.entries.get(*path).is_none_or(|old| !old.same(entry)));
        let mut paths: Vec<_> = gone.chain(differs.map(|(path, _)| path)).cloned().collect();
        paths.sort();
        paths
    }

    /// A file of at most so many bytes as it is at a commit; `None` where the commit has no such file.
    pub fn read(&self, commit: &Commit, path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, GitError> {
        let what = || format!("cannot read '{}' at {}", path.display(), commit.short());
        let fail = |e: git2::Error| GitError::git(what(), &e);
        let tree = self.inner.find_commit(commit.oid()?).and_then(|c| c.tree()).map_err(fail)?;
        let entry = match tree.get_path(path) {
            Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(None),
            other => other.map_err(fail)?,
        };
        match Kind::of_mode(entry.filemode()) {
            Some(Kind::Link) => {
                Err(GitError::new(what(), "it is a symbolic link").advise("commit a regular file there"))
            }
            Some(_) => {
                let (bytes, _) = self.inner.odb().and_then(|all| all.read_header(entry.id())).map_err(fail)?;
                if bytes as u64 > bytes_max {
                    return Err(GitError::new(what(), format!("it is larger than {bytes_max} bytes"))
                        .advise("commit a smaller file there"));
                }
                self.inner.find_blob(entry.id()).map(|blob| Some(blob.content().to_vec())).map_err(fail)
            }
            None => Ok(None),
        }
    }
}

impl Commit {
    /// The first ten digits of the id, for people.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }

    fn oid(&self) -> Result<git2::Oid, GitError> {
        git2::Oid::from_str(&self.id).map_err(|e| GitError::git(format!("cannot read commit '{}'", self.id), &e))
    }
}

impl From<&git2::Commit<'_>> for Commit {
    fn from(commit: &git2::Commit<'_>) -> Self {
        // The message's own bytes: libgit2's `summary` fails where they are no UTF-8.
        let message = String::from_utf8_lossy(commit.message_bytes());
        let summary = message.trim_start().lines().next().unwrap_or_default().trim_end().to_owned();
        Self { id: commit.id().to_string(), summary, seconds: commit.time().seconds() }
    }
}
