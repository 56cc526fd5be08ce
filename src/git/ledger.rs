//! A ref that holds files of ours, for histories: written without a work tree and without an index.

use super::GitError;
use crate::model::shown;
use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Signature, Tree, TreeWalkMode, TreeWalkResult};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Older than this, git's lock on our ref is that of somebody who was killed: it is held for milliseconds.
const LOCK_ABANDONED: Duration = Duration::from_secs(10);

/// Folders below folders in which files are looked for: ours lie in two.
const FOLDERS_MAX: usize = 8;

/// Files of a commit: whoever may write the ref can let one folder stand in many places.
const FILES_MAX: usize = 1_000_000;

/// How much of a path is repeated in an error.
const PATH_CHARS_MAX: usize = 300;

/// A repository, bare or not, that may hold such refs.
pub struct Ledger {
    inner: Repository,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Ledger").field(&self.inner.path()).finish()
    }
}

/// A file of a commit: its path, what holds its content, and its size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// The path, with slashes.
    pub path: String,
    /// The object.
    pub object: String,
    /// Bytes.
    pub bytes: u64,
}

/// Files to put (`Some`) and to take away, by path.
pub type Changes = BTreeMap<String, Option<Vec<u8>>>;

impl Ledger {
    /// Opens the repository that `path` lies in, or that it is.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        let what = || format!("cannot open a git repository at '{}'", path.display());
        let inner = Repository::discover(path).map_err(|error| {
            let made = GitError::git(what(), &error);
            if error.code() == ErrorCode::NotFound { made.outside() } else { made }
        })?;
        Ok(Self { inner })
    }

    /// Git's own folder, which all worktrees share.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.inner.commondir().to_owned()
    }

    /// Whether a remote of this name is configured.
    #[must_use]
    pub fn has_remote(&self, name: &str) -> bool {
        self.inner.find_remote(name).is_ok()
    }

    /// The commit that a ref leads to.
    pub fn tip(&self, reference: &str) -> Result<Option<String>, GitError> {
        match self.inner.find_reference(reference).and_then(|found| found.peel_to_commit()) {
            Ok(commit) => Ok(Some(commit.id().to_string())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(GitError::git(format!("cannot read '{reference}'"), &error)),
        }
    }

    /// The names of the refs that begin so.
    pub fn references(&self, prefix: &str) -> Result<Vec<String>, GitError> {
        let fail = |error: git2::Error| GitError::git(format!("cannot list what begins with '{prefix}'"), &error);
        let name = |found: Result<git2::Reference<'_>, git2::Error>| {
            found.map(|found| String::from_utf8_lossy(found.name_bytes()).into_owned()).map_err(fail)
        };
        self.inner.references_glob(&format!("{prefix}*")).map_err(fail)?.map(name).collect()
    }

    /// Takes a ref away, if it is there.
    pub fn forget(&self, reference: &str) -> Result<(), GitError> {
        match self.inner.find_reference(reference).and_then(|mut found| found.delete()) {
            Err(error) if error.code() != ErrorCode::NotFound => Err(GitError::git("cannot remove a ref", &error)),
            _ => Ok(()),
        }
    }

    /// A commit's message.
    pub fn message(&self, commit: &str) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(self.commit(commit)?.message_bytes()).into_owned())
    }

    /// The files of a commit, sorted by path: all, or those below one folder.
    pub fn files(&self, commit: &str, below: Option<&str>) -> Result<Vec<Filed>, GitError> {
        let what = || format!("cannot list the files of {commit}");
        let fail = |error: git2::Error| GitError::git(what(), &error);
        let mut tree = self.commit(commit)?.tree().map_err(fail)?;
        let prefix = below.map_or(String::new(), |folder| format!("{folder}/"));
        if let Some(folder) = below {
            let entry = match tree.get_path(Path::new(folder)) {
                Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
                entry => entry.map_err(fail)?,
            };
            tree = self.inner.find_tree(entry.id()).map_err(fail)?;
        }
        let mut found = Vec::new();
        let mut looked_at = 0;
        let walked = tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            looked_at += 1;
            if looked_at > FILES_MAX {
                return TreeWalkResult::Abort;
            }
            if entry.kind() == Some(ObjectType::Blob) {
                let name = String::from_utf8_lossy(entry.name_bytes());
                found.push((format!("{prefix}{folder}{name}"), entry.id()));
            }
            if folder.matches('/').count() < FOLDERS_MAX { TreeWalkResult::Ok } else { TreeWalkResult::Skip }
        });
        if looked_at > FILES_MAX {
            return Err(GitError::new(what(), format!("there are more than {FILES_MAX}")));
        }
        walked.map_err(fail)?;
        let objects = self.inner.odb().map_err(fail)?;
        let filed = |(path, object): (String, Oid)| {
            let (bytes, _) = objects.read_header(object).map_err(|error| {
                GitError::git(format!("cannot read '{}' of {commit}", shown(&path, PATH_CHARS_MAX)), &error)
            })?;
            Ok(Filed { path, object: object.to_string(), bytes: bytes as u64 })
        };
        let mut files = found.into_iter().map(filed).collect::<Result<Vec<_>, GitError>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// A file's content.
    pub fn read(&self, file: &Filed) -> Result<Vec<u8>, GitError> {
        let fail =
            |error: git2::Error| GitError::git(format!("cannot read '{}'", shown(&file.path, PATH_CHARS_MAX)), &error);
        let object = Oid::from_str(&file.object).map_err(fail)?;
        Ok(self.inner.find_blob(object).map_err(fail)?.content().to_vec())
    }

    /// Makes a commit that no ref leads to: the files of `basis` with the changes. It has `parent` before it, or none.
    pub fn write(
        &self,
        basis: Option<&str>,
        parent: Option<&str>,
        changes: &Changes,
        message: &str,
    ) -> Result<String, GitError> {
        let fail = |error: git2::Error| GitError::git("cannot write a commit", &error);
        let tree = basis.map(|commit| self.commit(commit)?.tree().map_err(fail)).transpose()?;
        let mut objects = BTreeMap::new();
        for (path, content) in changes {
            let object = content.as_ref().map(|content| self.inner.blob(content)).transpose().map_err(fail)?;
            objects.insert(path.as_str(), object);
        }
        let tree = self.tree(tree.as_ref(), &objects).map_err(fail)?;
        let tree = self.inner.find_tree(tree).map_err(fail)?;
        let parent = parent.map(|parent| self.commit(parent)).transpose()?;
        let author = Signature::now("benchgate", "history@benchgate.invalid").map_err(fail)?;
        let parents: Vec<&Commit<'_>> = parent.iter().collect();
        let made = self.inner.commit(None, &author, &author, message, &tree, &parents).map_err(fail)?;
        Ok(made.to_string())
    }

    /// A tree with the changes; folders without files go.
    fn tree(&self, old: Option<&Tree<'_>>, changes: &BTreeMap<&str, Option<Oid>>) -> Result<Oid, git2::Error> {
        let mut builder = self.inner.treebuilder(old)?;
        let mut folders: BTreeMap<&str, BTreeMap<&str, Option<Oid>>> = BTreeMap::new();
        for (path, object) in changes {
            match path.split_once('/') {
                Some((folder, rest)) => drop(folders.entry(folder).or_default().insert(rest, *object)),
                None => match object {
                    Some(object) => drop(builder.insert(path, *object, 0o100_644)?),
                    None if builder.get(path)?.is_some() => builder.remove(path)?,
                    None => {}
                },
            }
        }
        for (folder, changes) in folders {
            let entry = old.and_then(|old| old.get_name(folder)).filter(|entry| entry.kind() == Some(ObjectType::Tree));
            let inner = entry.map(|entry| self.inner.find_tree(entry.id())).transpose()?;
            let made = self.tree(inner.as_ref(), &changes)?;
            if self.inner.find_tree(made)?.is_empty() {
                if builder.get(folder)?.is_some() {
                    builder.remove(folder)?;
                }
            } else {
                builder.insert(folder, made, 0o040_000)?;
            }
        }
        builder.write()
    }

    /// Lets a ref lead to another commit, if it still leads to `from`; `false` where somebody else was quicker.
    pub fn advance(&self, reference: &str, from: Option<&str>, to: &str) -> Result<bool, GitError> {
        let fail = |error: git2::Error| GitError::git(format!("cannot write '{reference}'"), &error);
        // Git's own lock outlives a writer that is killed, this one does not; with it, nobody of ours holds git's.
        let path = self.inner.commondir().join("benchgate-history.lock");
        let io = |error: std::io::Error| GitError::file("lock", &path, &error);
        let lock = File::options().create(true).append(true).open(&path).map_err(io)?;
        lock.lock().map_err(io)?;
        self.remove_abandoned_lock(reference);
        let id = |commit: &str| Oid::from_str(commit).map_err(fail);
        if self.tip(reference)?.as_deref() != from {
            return Ok(false);
        }
        let done = match from {
            Some(from) => self.inner.reference_matching(reference, id(to)?, true, id(from)?, "benchgate"),
            None => self.inner.reference(reference, id(to)?, false, "benchgate"),
        };
        match done {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists | ErrorCode::Locked) => {
                Ok(false)
            }
            Err(error) => Err(fail(error)),
        }
    }

    fn remove_abandoned_lock(&self, reference: &str) {
        let lock = self.inner.commondir().join(format!("{reference}.lock"));
        let age = std::fs::metadata(&lock).and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LOCK_ABANDONED) {
            // Whether that works is seen in a moment.
            let _ = std::fs::remove_file(&lock);
        }
    }

    fn commit(&self, id: &str) -> Result<Commit<'_>, GitError> {
        let found = Oid::from_str(id).and_then(|id| self.inner.find_commit(id));
        found.map_err(|error| GitError::git(format!("cannot read commit {id}"), &error))
    }
}
