//! A folder with a git repository made for an experiment, and programs executed in it.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// Files by their paths in the repository.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

/// A branch off `main`: its name, and in which file which text becomes which.
pub(crate) type Branch<'a> = (&'a str, &'a [(&'a str, &'a str, &'a str)]);

/// Files of a folder of ours, by their paths in it.
macro_rules! files {
    ($folder:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!($folder, "/", $path)))),+]
    };
}
pub(crate) use files;

/// Commits that are always the same bytes have always the same ids, so that builds are found again.
const WHEN: &str = "2027-01-01T00:00:00Z";

pub(crate) struct Repo {
    folder: PathBuf,
    root: PathBuf,
    interrupted: Arc<AtomicBool>,
    _temporary: Option<TempDir>,
}

impl Repo {
    /// Makes the repository `name` anew in the folder to keep, or in a temporary one; what builds left stays.
    pub(crate) fn make(keep: Option<&Path>, name: &str, files: Files<'_>) -> Result<Self> {
        let temporary = if keep.is_none() { Some(tempfile::tempdir()?) } else { None };
        let folder = keep.or(temporary.as_ref().map(TempDir::path)).context("a folder")?;
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let root = folder.join(name);
        if root.exists() {
            ensure!(root.join(".git").is_dir(), "'{}' is no repository of ours", root.display());
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(&root)?;
        // The gate gets the signal too and ends; then we notice, and remove what is temporary.
        let interrupted = Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted))?;
        let repo = Self { folder, root, interrupted, _temporary: temporary };
        repo.git(&["init", "--quiet", "--initial-branch=main", "."])?;
        for (path, text) in files {
            repo.write(path, text)?;
        }
        repo.commit("base")?;
        Ok(repo)
    }

    /// Adds a branch.
    pub(crate) fn branch(&self, (branch, edits): &Branch<'_>) -> Result<()> {
        self.git(&["checkout", "--quiet", "-b", branch, "main"])?;
        for (path, from, to) in *edits {
            let text = fs::read_to_string(self.root.join(path))?;
            ensure!(text.matches(from).count() == 1, "'{from}' is not once in '{path}'");
            self.write(path, &text.replace(from, to))?;
        }
        self.commit(branch)?;
        self.git(&["checkout", "--quiet", "main"])?;
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A folder or file beside the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A folder for what an experiment writes, empty unless `old` is to stay.
    pub(crate) fn reports(&self, name: &str, old: bool) -> Result<PathBuf> {
        let folder = self.beside("reports").join(name);
        if folder.exists() && !old {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Writes a file into the work tree.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("cannot write '{}'", path.display()))
    }

    /// Commits everything.
    pub(crate) fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        Ok(())
    }

    /// Runs git here and returns what it prints.
    pub(crate) fn git(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new("git");
        command.current_dir(&self.root).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]);
        command.args(["-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"]);
        command.env("GIT_AUTHOR_DATE", WHEN).env("GIT_COMMITTER_DATE", WHEN).args(words);
        let output = self.finish(&mut command)?;
        ensure!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs the gate here, with a cache of its own.
    pub(crate) fn gate(&self, words: &[String]) -> Result<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_benchgate"));
        command.current_dir(&self.root).env("BENCHGATE_CACHE_DIR", self.beside("cache")).args(words);
        self.finish(&mut command)
    }

    /// Waits for a program, unless it was us who were told to stop.
    pub(crate) fn finish(&self, command: &mut Command) -> Result<Output> {
        let output = command.output().with_context(|| format!("cannot start '{}'", command.get_program().display()))?;
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(output)
    }

    /// Everything of git's that a gate must leave as it is.
    pub(crate) fn fingerprint(&self) -> Result<String> {
        let asked =
            ["status --porcelain --ignored", "worktree list", "for-each-ref", "rev-parse HEAD", "symbolic-ref HEAD"];
        let answers = asked.map(|line| {
            // `status` refreshes the index unless it is told not to.
            let words: Vec<&str> = std::iter::once("--no-optional-locks").chain(line.split(' ')).collect();
            self.git(&words)
        });
        answers.into_iter().collect()
    }
}
