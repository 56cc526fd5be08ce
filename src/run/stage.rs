//! The one path: where both sides are built and where both are launched.
//!
//! A directory takes the path by being renamed to it: `live` (with the target directory) while building, `base` and `head` in
//! turn while measuring. So equal sources give byte-identical executables, and neither side can be told from the other by
//! its path, its environment's size or its working directory.

use super::child::tether;
use crate::git::{Repo, Snapshot, materialise};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Bytes of build products that are kept for later runs, over all revisions.
const BUILT_BYTES_MAX: u64 = 4 << 30;

/// Builds that are kept for later runs.
const BUILT_MAX: usize = 24;

/// Bytes of the live tree's own build directory, beyond which it starts afresh.
const LIVE_BYTES_MAX: u64 = 12 << 30;

/// Who may take the one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// The tree that is built in; its build directory is kept between runs.
    Live,
    /// Base's sources and executables.
    Base,
    /// Head's.
    Head,
}

impl Occupant {
    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Base => "base",
            Self::Head => "head",
        }
    }
}

impl From<crate::model::Side> for Occupant {
    fn from(side: crate::model::Side) -> Self {
        match side {
            crate::model::Side::Base => Self::Base,
            crate::model::Side::Head => Self::Head,
        }
    }
}

/// The cache of one project: exclusively ours while it is open.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    occupant: Option<Occupant>,
    _lock: File,
}

impl Stage {
    /// Opens the cache of a project, creating it where needed. `cache` is the folder for all projects.
    pub fn open(cache: &Path, project: &Path) -> Result<Self> {
        refuse_inside(cache, project)?;
        let root = project_folder(cache, project);
        for folder in ["parked", "built"] {
            let path = root.join(folder);
            fs::create_dir_all(&path).with_context(|| {
                format!(
                    "cannot create the cache '{}'; set BENCHGATE_CACHE_DIR to a folder that can be written",
                    path.display()
                )
            })?;
        }
        // A cache that somebody puts into the repository is no part of what is measured.
        let ignore = cache.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n").with_context(|| format!("cannot create '{}'", ignore.display()))?;
        }
        let path = root.join("lock");
        let lock = File::create(&path).with_context(|| format!("cannot create '{}'", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another benchgate is measuring this project (it holds '{}'); wait for it, two at once would disturb each other",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock '{}'", path.display()));
            }
        }
        let note = root.join("child");
        tether(&note).with_context(|| format!("cannot write '{}'", note.display()))?;
        let mut stage = Self { root, occupant: None, _lock: lock };
        stage.recover();
        Ok(stage)
    }

    /// Finds out who has the path, after whatever ended the last run.
    fn recover(&mut self) {
        let name = fs::read_to_string(self.path().join("occupant")).unwrap_or_default();
        self.occupant = [Occupant::Live, Occupant::Base, Occupant::Head].into_iter().find(|who| who.name() == name);
        if self.occupant.is_none() && self.path().exists() {
            let _ = fs::remove_dir_all(self.path());
        }
    }

    /// The one path.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.root.join("stage")
    }

    /// The sources at the one path.
    #[must_use]
    pub fn tree(&self) -> PathBuf {
        self.path().join("tree")
    }

    /// Where the journal of a run lives.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.ndjson")
    }

    /// Where builds are kept.
    #[must_use]
    pub fn built(&self) -> PathBuf {
        self.root.join("built")
    }

    /// A folder of this project's cache for short-lived files.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// Lets an occupant take the path.
    pub fn enter(&mut self, who: Occupant) -> Result<()> {
        if self.occupant == Some(who) {
            return Ok(());
        }
        let (path, parked) = (self.path(), self.root.join("parked"));
        let failed = || format!("cannot move a side in the cache '{}'", self.root.display());
        if let Some(present) = self.occupant {
            fs::rename(&path, parked.join(present.name())).with_context(failed)?;
        }
        self.occupant = None;
        let waiting = parked.join(who.name());
        if !waiting.exists() {
            fs::create_dir_all(&waiting).with_context(failed)?;
            fs::write(waiting.join("occupant"), who.name()).with_context(failed)?;
        }
        fs::rename(&waiting, &path).with_context(failed)?;
        self.occupant = Some(who);
        Ok(())
    }

    /// Forgets what an occupant left, and lets it take the path, empty.
    pub fn enter_empty(&mut self, who: Occupant) -> Result<()> {
        let place = if self.occupant == Some(who) { self.path() } else { self.root.join("parked").join(who.name()) };
        if self.occupant == Some(who) {
            self.occupant = None;
        }
        if place.exists() {
            fs::remove_dir_all(&place).with_context(|| format!("cannot clear '{}'", place.display()))?;
        }
        self.enter(who)
    }

    /// Brings the sources of a snapshot to the one path, leaving build products and unchanged files alone.
    pub fn check_out(&mut self, repo: &Repo, snapshot: &Snapshot) -> Result<()> {
        let tree = self.tree();
        fs::create_dir_all(&tree).with_context(|| format!("cannot create '{}'", tree.display()))?;
        materialise(repo, snapshot, &tree)
            .with_context(|| format!("cannot check out {} in the cache", snapshot.revision))?;
        Ok(())
    }

    /// Leaves nothing behind.
    pub fn discard(self) {
        let _ = fs::remove_dir_all(&self.root);
    }

    /// Removes the oldest builds beyond the limits, and the live tree's build directory when it has outgrown its own.
    pub fn prune(&mut self, in_use: &[String]) {
        let _ = fs::remove_dir_all(self.scratch());
        let Ok(entries) = fs::read_dir(self.built()) else { return };
        let mut builds: Vec<(std::time::SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|entry| !in_use.iter().any(|key| entry.file_name().to_str() == Some(key)))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        builds.sort_by(|a, b| b.cmp(a));
        let mut kept = 0;
        for (nth, (_, path)) in builds.iter().enumerate() {
            kept += size_of_folder(path);
            if nth + in_use.len() >= BUILT_MAX || kept > BUILT_BYTES_MAX {
                let _ = fs::remove_dir_all(path);
            }
        }
        let at_stage = self.occupant == Some(Occupant::Live);
        let live = if at_stage { self.path() } else { self.root.join("parked").join(Occupant::Live.name()) };
        if live.exists() && size_of_folder(&live) > LIVE_BYTES_MAX {
            self.occupant = self.occupant.filter(|_| !at_stage);
            let _ = fs::remove_dir_all(&live);
        }
    }
}

/// The folder for all projects' caches: `BENCHGATE_CACHE_DIR`, else the user's cache folder.
pub fn cache_folder(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<PathBuf> {
    if let Some(path) = variable("BENCHGATE_CACHE_DIR").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        return std::path::absolute(&path).with_context(|| format!("cannot resolve '{}'", path.display()));
    }
    let user = variable("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    // Windows' own place for what can be made again.
    let local = || variable("LOCALAPPDATA").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").filter(|path| !path.is_empty()).map(|home| PathBuf::from(home).join(".cache"));
    let Some(folder) = user.filter(|path| path.is_absolute()).or_else(local).or_else(home) else {
        bail!(
            "no folder for the build cache: none of HOME, XDG_CACHE_HOME and LOCALAPPDATA is set; set BENCHGATE_CACHE_DIR"
        );
    };
    Ok(folder.join("benchgate"))
}

/// Cargo looks for its configuration and for a workspace in all parent folders: inside the project it would find those of
/// the files being edited, on both sides.
fn refuse_inside(cache: &Path, project: &Path) -> Result<()> {
    let existing =
        cache.ancestors().find_map(|folder| Some(folder.canonicalize().ok()?.join(cache.strip_prefix(folder).ok()?)));
    let (cache, project) = (existing.unwrap_or_else(|| cache.to_owned()), project.canonicalize());
    if let Ok(project) = project
        && cache.starts_with(&project)
    {
        bail!(
            "the cache '{}' lies inside the work tree '{}', whose Cargo configuration both sides would read; \
             set BENCHGATE_CACHE_DIR to a folder elsewhere",
            cache.display(),
            project.display()
        );
    }
    Ok(())
}

/// A readable folder name that no other project has.
/// The cache of one project within the folder for all of them.
#[must_use]
pub fn project_folder(cache: &Path, project: &Path) -> PathBuf {
    cache.join(folder_name(project))
}

fn folder_name(project: &Path) -> String {
    let digest = hex(&Sha256::digest(project.as_os_str().as_encoded_bytes()));
    let name = project.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let readable: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(32).collect();
    format!("{readable}-{}", &digest[..12])
}

/// The digest of several parts, none of which can pass for another's end.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    hex(&digest.finalize())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of all files below a folder; links are not followed.
fn size_of_folder(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_of_folder(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupants_take_turns_at_one_path_and_keep_what_is_theirs() {
        let cache = tempfile::tempdir().unwrap();
        let mut stage = Stage::open(cache.path(), Path::new("/a/projekt ä")).unwrap();
        for who in [Occupant::Live, Occupant::Base, Occupant::Head] {
            stage.enter(who).unwrap();
            fs::write(stage.path().join("mine"), who.name()).unwrap();
        }
        for who in [Occupant::Base, Occupant::Head, Occupant::Live, Occupant::Base] {
            stage.enter(who).unwrap();
            assert_eq!(fs::read_to_string(stage.path().join("mine")).unwrap(), who.name());
        }
        stage.enter_empty(Occupant::Base).unwrap();
        assert!(!stage.path().join("mine").exists());
    }

    #[test]
    fn a_killed_run_leaves_a_stage_that_opens_again() {
        let cache = tempfile::tempdir().unwrap();
        let project = Path::new("/p");
        let mut stage = Stage::open(cache.path(), project).unwrap();
        stage.enter(Occupant::Head).unwrap();
        fs::write(stage.path().join("mine"), "head").unwrap();
        let root = stage.root.clone();
        drop(stage);
        // Killed between the two renames: nobody has the path.
        fs::rename(root.join("stage"), root.join("parked/head")).unwrap();
        let mut stage = Stage::open(cache.path(), project).unwrap();
        stage.enter(Occupant::Head).unwrap();
        assert_eq!(fs::read_to_string(stage.path().join("mine")).unwrap(), "head");
    }

    #[test]
    fn two_gates_on_one_project_are_refused() {
        let cache = tempfile::tempdir().unwrap();
        let _first = Stage::open(cache.path(), Path::new("/p")).unwrap();
        let second = Stage::open(cache.path(), Path::new("/p")).unwrap_err();
        assert!(second.to_string().contains("another benchgate is measuring this project"), "{second}");
        assert!(Stage::open(cache.path(), Path::new("/q")).is_ok());
    }

    #[test]
    fn a_cache_inside_the_work_tree_is_refused() {
        let project = tempfile::tempdir().unwrap();
        let inside = Stage::open(&project.path().join("not/yet/there"), project.path()).unwrap_err();
        assert!(inside.to_string().contains("set BENCHGATE_CACHE_DIR"), "{inside}");
        assert!(!project.path().join("not").exists());
    }

    #[test]
    fn the_cache_folder_follows_the_environment() {
        let ask = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
        };
        assert_eq!(cache_folder(ask(&[("BENCHGATE_CACHE_DIR", "/c"), ("HOME", "/h")])).unwrap(), Path::new("/c"));
        assert_eq!(cache_folder(ask(&[("XDG_CACHE_HOME", "/x")])).unwrap(), Path::new("/x/benchgate"));
        assert_eq!(cache_folder(ask(&[("HOME", "/h")])).unwrap(), Path::new("/h/.cache/benchgate"));
        assert!(cache_folder(ask(&[])).is_err());
    }
}
