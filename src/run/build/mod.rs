//! Builds one side of a suite at the one path, and keeps what it left under a key, for this run and later ones.

mod cargo;
mod harness;
mod inputs;
mod layouts;
mod leftovers;
mod products;
mod sources;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use layouts::try_link_orders;

use super::child::{self, Ended, Ending};
use super::scrub::{self, Variables};
use super::stage::{Occupant, Stage, hex};
use crate::config::{Kind, Suite};
use crate::git::{Repo, Snapshot};
use crate::harness::criterion::Dialect;
use crate::model::{Metric, SCHEMA};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Lines of a failed build that are shown.
const LAST_WORDS_LINES: usize = 24;

/// Bytes of a build's standard output that are read: Cargo's messages, one per crate.
const BUILD_OUTPUT_MAX: usize = 256 << 20;

/// A bench executable of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchExecutable {
    /// Its package.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// Its target.
    pub target: String,
    /// Where it is, relative to the one path.
    pub file: PathBuf,
    /// Its bytes' digest.
    pub sha256: String,
    /// Its package's folder, relative to the tree.
    pub directory: PathBuf,
    /// Its root source file, relative to the tree.
    pub source: PathBuf,
    /// How it takes its arguments.
    pub pattern_dialect: bool,
    /// The benchmarks it lists.
    pub benchmarks: Vec<String>,
    /// What else it lists: names that cannot be launched, each with the reason.
    #[serde(default)]
    pub unlaunchable: Vec<(String, String)>,
    /// Folders of the shared libraries that were kept, relative to the one path: what Cargo puts into `LD_LIBRARY_PATH`.
    #[serde(default)]
    pub library_path: Vec<PathBuf>,
}

impl BenchExecutable {
    /// How it takes its arguments.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        if self.pattern_dialect { Dialect::Pattern } else { Dialect::Exact }
    }
}

/// What a launch of another harness yields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listed {
    /// The benchmark's name within the suite.
    pub benchmark: String,
    /// What was measured of it.
    pub metric: Metric,
}

/// What a build left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// [`SCHEMA`].
    schema: u32,
    /// Digest of all that went into the build.
    pub key: String,
    /// Bench executables, for suites of harness criterion.
    pub executables: Vec<BenchExecutable>,
    /// Packages of the workspace that have criterion benches, for suites of harness criterion.
    #[serde(default)]
    pub packages: Vec<String>,
    /// What a launch of another harness yields, for suites of one.
    #[serde(default)]
    pub listed: Vec<Listed>,
    /// Benchmarks of another harness that failed in that launch, each with the reason.
    #[serde(default)]
    pub failed: Vec<(String, String)>,
    /// How that launch failed, where neither its result nor what it printed tells who did.
    #[serde(default)]
    pub unexplained: Option<String>,
    /// Every other file that launches may need, relative to the one path, with its digest.
    pub files: BTreeMap<PathBuf, String>,
    /// Files that the compiler read for the bench executables and the crates they link, relative to the tree; `None` where
    /// that is not known.
    #[serde(default)]
    pub sources: Option<Vec<PathBuf>>,
    /// What a reader should know: for example bench targets of another harness.
    pub notes: Vec<String>,
}

impl Built {
    /// Every file that was kept, with its digest.
    fn contents(&self) -> impl Iterator<Item = (&PathBuf, &String)> {
        let executables = self.executables.iter().map(|executable| (&executable.file, &executable.sha256));
        self.files.iter().chain(executables)
    }

    /// What an earlier build left in this folder, if it is there and sound.
    fn kept(folder: &Path) -> Option<Self> {
        let json = fs::read(folder.join("manifest.json")).ok()?;
        let built: Self = serde_json::from_slice(&json).ok()?;
        // What failed once may be luck: it is asked again.
        let is_sound = built.schema == SCHEMA && built.failed.is_empty() && built.unexplained.is_none();
        (is_sound && built.is_whole(folder)).then_some(built)
    }

    /// Whether the files kept are those that the build left; otherwise it is built again.
    fn is_whole(&self, kept: &Path) -> bool {
        let files = kept.join("files");
        self.contents().all(|(file, digest)| products::digest(&files.join(file)).is_ok_and(|found| found == *digest))
    }
}

/// How a build ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It worked.
    Built(Built),
    /// The project's own fault: what failed, and the tool's last lines.
    Failed(String),
}

/// Builds the sides of one project.
pub struct Builder<'a> {
    /// Where.
    pub stage: &'a mut Stage,
    /// Whose sources.
    pub repo: &'a Repo,
    /// The project's folder, relative to the repository's root: where the configuration lies.
    pub project: PathBuf,
    /// Our own environment, not yet scrubbed.
    pub own: Variables,
    /// The toolchain's version, part of every key.
    pub toolchain: String,
    /// Time spent building so far.
    pub spent: Duration,
}

impl Builder<'_> {
    /// What a suite's build left at a snapshot: from the cache, or built now.
    pub fn build(&mut self, suite: &Suite, snapshot: &Snapshot) -> Result<Outcome> {
        let began = Instant::now();
        let key = self.key(suite, snapshot);
        let kept = self.stage.built().join(&key);
        if let Some(built) = Built::kept(&kept) {
            // The newest stay when the cache is bounded.
            let _ = fs::File::open(&kept).and_then(|folder| folder.set_modified(std::time::SystemTime::now()));
            return Ok(Outcome::Built(built));
        }
        let outcome = self.build_now(suite, snapshot, &key, &kept);
        self.spent += began.elapsed();
        outcome
    }

    /// Whether the cache has what a suite's build left at a snapshot.
    #[must_use]
    pub fn has(&self, suite: &Suite, snapshot: &Snapshot) -> bool {
        Built::kept(&self.stage.built().join(self.key(suite, snapshot))).is_some()
    }

    fn build_now(&mut self, suite: &Suite, snapshot: &Snapshot, key: &str, kept: &Path) -> Result<Outcome> {
        self.stage.enter(Occupant::Live)?;
        self.stage.check_out(self.repo, snapshot)?;
        let root = self.stage.tree().join(&self.project).join(&suite.directory);
        if !root.is_dir() {
            return Ok(Outcome::Failed(format!(
                "{} has no folder '{}'",
                short(&snapshot.revision),
                suite.directory.display()
            )));
        }
        if !matches!(suite.kind, Kind::Criterion(_)) {
            leftovers::clear(&self.stage.tree(), snapshot)?;
        }
        self.lend_lock_file(suite, snapshot)?;
        let fresh = self.stage.built().join(format!("{key}.partial"));
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(&fresh).with_context(|| format!("cannot create '{}'", fresh.display()))?;
        let site = self.site(suite, snapshot, root, fresh.clone());
        let outcome = match &suite.kind {
            Kind::Criterion(settings) => cargo::build(&site, settings)?,
            Kind::Command(settings) => products::build(&site, settings.build.as_ref(), &settings.artifacts)?,
            Kind::Harness(settings) => harness::build(&site, settings)?,
        };
        let Outcome::Built(mut built) = outcome else {
            let _ = fs::remove_dir_all(&fresh);
            return Ok(outcome);
        };
        (built.schema, built.key) = (SCHEMA, key.to_owned());
        let manifest = fresh.join("manifest.json");
        crate::files::write_whole(&manifest, &serde_json::to_vec_pretty(&built)?)
            .with_context(|| format!("cannot write '{}'", manifest.display()))?;
        let _ = fs::remove_dir_all(kept);
        fs::rename(&fresh, kept).with_context(|| format!("cannot rename '{}'", fresh.display()))?;
        Ok(Outcome::Built(built))
    }

    fn site<'s>(&self, suite: &'s Suite, snapshot: &'s Snapshot, root: PathBuf, fresh: PathBuf) -> Site<'s> {
        Site {
            suite,
            snapshot,
            root,
            tree: self.stage.tree(),
            fresh,
            environment: self.environment(suite),
            launching: self.launching(suite),
            scratch: self.stage.scratch(),
        }
    }

    /// Makes a side ready to launch: its sources and what its builds left, as it takes the one path for the first time.
    pub fn set_up(&mut self, who: Occupant, snapshot: &Snapshot, builds: &[Built]) -> Result<()> {
        self.stage.enter_empty(who)?;
        self.stage.check_out(self.repo, snapshot)?;
        for built in builds {
            let kept = self.stage.built().join(&built.key);
            for (file, digest) in built.contents() {
                let place = self.stage.path().join(file);
                products::copy(&kept.join("files").join(file), &place)?;
                if products::digest(&place)? != *digest {
                    let _ = fs::remove_dir_all(&kept);
                    bail!(
                        "the kept build of {} was damaged at '{}' and has been removed; run again to build it anew",
                        short(&snapshot.revision),
                        file.display()
                    );
                }
            }
        }
        Ok(())
    }

    fn environment(&self, suite: &Suite) -> Variables {
        scrub::for_build(self.own.clone(), &suite.environment_pass)
    }

    /// The environment of a suite's launches.
    fn launching(&self, suite: &Suite) -> Variables {
        let mut variables = scrub::for_launch(self.own.clone(), &suite.environment_pass);
        variables.extend(suite.environment.iter().map(|(name, value)| (name.into(), value.into())));
        variables
    }

    fn key(&self, suite: &Suite, snapshot: &Snapshot) -> String {
        let settings = match &suite.kind {
            Kind::Criterion(c) => {
                format!("criterion {:?} {:?} {:?} {:?}", c.package, c.benches, c.features, c.cargo_args)
            }
            Kind::Command(c) => format!("command {:?} {:?}", c.build, c.artifacts),
            Kind::Harness(h) => format!("{h:?} {:?}", suite.environment),
        };
        let environment = self.environment(suite);
        let parts = format!(
            "{SCHEMA}\n{}\n{settings}\n{}\n{}\n{}\n{environment:?}\n{}\n{}\n{}",
            snapshot.key,
            self.project.display(),
            suite.directory.display(),
            self.toolchain,
            inputs::cargo_configuration(&self.stage.tree(), &environment),
            inputs::files(self.lock_files(suite, snapshot).iter().map(|file| self.repo.root().join(file))),
            inputs::linkers(&scrub::for_build(self.own.clone(), &[])),
        );
        hex(&Sha256::digest(parts.as_bytes()))[..32].to_owned()
    }

    /// The user's `Cargo.lock`s that git does not know, relative to the tree.
    fn lock_files(&self, suite: &Suite, snapshot: &Snapshot) -> Vec<PathBuf> {
        let folder = clean_join(&self.project, &suite.directory);
        folder
            .ancestors()
            .map(|folder| folder.join("Cargo.lock"))
            .filter(|file| !snapshot.contains(file) && self.repo.root().join(file).is_file())
            .collect()
    }

    /// A `Cargo.lock` that git does not know is the user's: both sides get it, so that both build the same dependencies.
    fn lend_lock_file(&self, suite: &Suite, snapshot: &Snapshot) -> Result<()> {
        for file in self.lock_files(suite, snapshot) {
            let ours = self.stage.tree().join(&file);
            // The other side's build may have rewritten it.
            let _ = fs::remove_file(&ours);
            if ours.parent().is_some_and(Path::is_dir) {
                products::copy(&self.repo.root().join(&file), &ours)?;
            }
        }
        Ok(())
    }
}

/// One build in progress.
struct Site<'a> {
    suite: &'a Suite,
    snapshot: &'a Snapshot,
    /// Where the suite's commands start.
    root: PathBuf,
    /// The tree at the one path.
    tree: PathBuf,
    /// Where the products go.
    fresh: PathBuf,
    environment: Variables,
    /// The environment of launches, and where they leave results.
    launching: Variables,
    scratch: PathBuf,
}

impl Site<'_> {
    /// Starts a tool of the build; `Err` holds what to tell the user.
    fn tool(&self, words: &[String], directory: &Path) -> Result<std::result::Result<Ended, String>> {
        let request = child::Request {
            program: OsString::new(),
            arguments: Vec::new(),
            directory: directory.to_owned(),
            environment: self.environment.clone(),
            timeout: self.suite.build_timeout,
            output_max: BUILD_OUTPUT_MAX,
            cpus: None,
        };
        run(words, request, |ended| matches!(ended.ending, Ending::Exited(0)))
    }
}

/// Runs these words as a request says; `Err` holds what to tell the user.
fn run(
    words: &[String],
    request: child::Request,
    is_success: impl FnOnce(&Ended) -> bool,
) -> Result<std::result::Result<Ended, String>> {
    let Some((program, arguments)) = words.split_first() else { return Ok(Err("the command is empty".to_owned())) };
    let request = child::Request {
        program: super::launch::locate(program, &request.directory),
        arguments: arguments.iter().map(Into::into).collect(),
        ..request
    };
    let ended = match child::run(&request) {
        Ok(ended) => ended,
        Err(error) => return Ok(Err(format!("cannot start '{program}': {error}"))),
    };
    child::sweep();
    if matches!(ended.ending, Ending::Interrupted) {
        return Err(super::Interrupted.into());
    }
    if is_success(&ended) {
        return Ok(Ok(ended));
    }
    let (how, said) = (ended.describe(request.timeout), ended.first_error(LAST_WORDS_LINES));
    Ok(Err(format!("'{}' {how}\n{said}", words.join(" "))))
}

/// A revision as people read it.
pub(crate) fn short(revision: &str) -> String {
    let (commit, rest) = revision.split_at(revision.len().min(40));
    format!("{}{rest}", &commit[..commit.len().min(10)])
}

/// Joins two relative paths without `.` components.
pub(crate) fn clean_join(a: &Path, b: &Path) -> PathBuf {
    a.join(b).components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect()
}
