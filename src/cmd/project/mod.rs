//! Finds out what is to be measured: the repository, the two revisions, the configuration of each.

pub(super) mod accepted;
pub(super) mod commits;
pub(super) mod policy;

use super::Io;
use crate::cli::Global;
use crate::config::{self, Config, CriterionSuite, File, Kind, Overrides, Suite};
use crate::event::Event;
use crate::git::{BaseChoice, Commit, Repo, Snapshot};
use crate::harness::cargo::{Package, parse_metadata};
use crate::model::Trigger;
use crate::run::child;
use crate::run::scrub::{self, Variables};
use crate::store::history::Spec;
use anyhow::{Context, Result, anyhow};
use commits::Commits;
use policy::{Changed, Place, Question};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The name of the configuration file.
pub(super) const CONFIG_NAME: &str = "benchgate.toml";

/// How long Cargo may take to describe a workspace.
const METADATA_TIMEOUT: Duration = Duration::from_mins(1);

/// Bytes of a workspace's description that are read.
const METADATA_MAX: usize = 64 << 20;

/// A repository and what to do in it.
pub(super) struct Project {
    pub(super) repo: Repo,
    /// The project's folder, relative to the repository's root.
    pub(super) folder: PathBuf,
    /// Suites as head has them, gate and policy as base has them.
    pub(super) config: Config,
    /// The suites as base itself has them; `None` where it has no configuration of its own.
    pub(super) base_suites: Option<Vec<Suite>>,
    /// Whether the suites of each side are those that are detected: its configuration names none, or there is none.
    pub(super) detects: Detects,
    pub(super) base: Option<Commit>,
    pub(super) head: Snapshot,
    pub(super) head_commit: Commit,
    /// What head changes of the gate.
    pub(super) changed: Changed,
    /// What set the run off, where a workflow did.
    pub(super) trigger: Option<Trigger>,
    pub(super) notes: Vec<String>,
    /// Our own environment.
    pub(super) own: Variables,
}

/// Whose suites are detected, and not configured.
#[derive(Clone, Copy, Default)]
pub(super) struct Detects {
    /// Never where base's configuration could not be asked.
    pub(super) base: bool,
    pub(super) head: bool,
}

/// Which revisions a command is about.
pub(super) struct Revisions<'a> {
    /// Measure this instead of the working tree.
    pub(super) head: Option<&'a str>,
    /// Measure the commit that is checked out, not the changes on top of it.
    pub(super) committed: bool,
    /// Whether there is a base.
    pub(super) paired: bool,
    /// Files that this very run writes.
    pub(super) outputs: Vec<PathBuf>,
    /// What set the workflow off, where there is one.
    pub(super) event: Option<&'a Event>,
}

impl<'a> Revisions<'a> {
    /// One revision, compared with nothing; the working tree unless it is named.
    pub(super) fn alone(head: Option<&'a str>) -> Self {
        Self { head, committed: false, paired: false, outputs: Vec::new(), event: None }
    }
}

impl Project {
    pub(super) fn open(global: &Global, io: &Io<'_>, overrides: &Overrides, revisions: &Revisions<'_>) -> Result<Self> {
        let start = start(global)?;
        let repo = Repo::discover(&start)?;
        let own: Variables = io.variables.iter().cloned().collect();
        let (folder, config_path) = locate(&start, repo.root(), global.config.as_deref())?;
        let chosen = Commits::choose(&repo, revisions)?;
        // Whichever command it is, and whoever names or checked out what it runs.
        if let Ok(Some(event)) = commits::event(io) {
            commits::refuse(&event, Some(chosen.head.as_deref().unwrap_or("HEAD")), &repo)?;
        }
        // A named revision brings its own configuration.
        let is_named = global.config.is_none() && chosen.head.is_some();
        let path = global.config.as_deref().or(config_path.as_deref()).filter(|_| !is_named);
        let here = path.map(config::load).transpose()?;
        let history = here.as_ref().and_then(File::history).map(|spec| spec.clone().within(&repo.root().join(&folder)));
        let (head_commit, head) = head(&repo, chosen.head.as_deref(), revisions, history.as_ref())?;
        let relative = match &global.config {
            None => Some(folder.join(CONFIG_NAME)),
            Some(named) => inside(repo.root(), named)?,
        };
        let place = Place::new(global, &repo, &start)?;
        let file = if is_named { at_revision(&repo, &head_commit, &folder.join(CONFIG_NAME))? } else { here };
        let detects = Detects { base: false, head: !file.as_ref().is_some_and(File::has_suites) };
        let (detected, why_none) =
            if detects.head { detect(&repo.root().join(&folder), &own) } else { (Vec::new(), String::new()) };
        let today = today();
        let mut config = config::resolve(file, overrides, detected.clone(), today.clone())?;
        let mut notes = chosen.notes.clone();
        let base = if revisions.paired {
            let choice = match (&overrides.base, &place) {
                (None, Some(place)) => base_choice(&repo, &config.gate.base, place, (&head_commit, &head), &chosen),
                _ => config.gate.base.clone(),
            };
            Some(base(&repo, &choice, &chosen.merge_base, (&head_commit, &head), &mut notes)?)
        } else {
            None
        };
        let mut project = Self {
            folder,
            base_suites: None,
            detects,
            changed: Changed::default(),
            base: base.clone(),
            head,
            head_commit,
            trigger: chosen.trigger,
            notes,
            own,
            config: config.clone(),
            repo,
        };
        // A configuration from outside the repository is the operator's, whatever head changes.
        if let (Some(base), Some(place)) = (&base, &place) {
            let policy = chosen.policy.as_ref().unwrap_or(base);
            let ours = relative.as_deref().unwrap_or(Path::new(CONFIG_NAME));
            let question = Question { policy, place, ours, overrides, detected, today };
            project.take_policy(base, question, &mut config)?;
        }
        if config.suites.is_empty() {
            let tip = place.as_ref().zip(chosen.policy.as_ref());
            return Err(project.nothing_to_measure(tip, &why_none));
        }
        project.config = config;
        Ok(project)
    }

    /// Why there is no suite, and what helps.
    fn nothing_to_measure(&self, tip: Option<(&Place, &Commit)>, why_none: &str) -> anyhow::Error {
        let late = tip.is_some_and(|(place, tip)| matches!(place.read(&self.repo, tip), Ok(Some(_))));
        let next = if late {
            "the branch left its base before that had one: merge the base into it, or rebase it"
        } else {
            "see docs/config.md for a suite of commands"
        };
        let folder = self.repo.root().join(&self.folder);
        let what = format!(
            "no [[suite]] in {CONFIG_NAME}, and no Cargo package with criterion benches in '{}'",
            folder.display()
        );
        anyhow!("nothing to measure: {what}{why_none}; {next}")
    }

    /// Suites that base does not know: what base cannot build or run of them is new, and nobody's fault. One of criterion may have
    /// been detected there.
    pub(super) fn first_suites(&self) -> BTreeSet<String> {
        let theirs: BTreeSet<&str> = self.base_suites.iter().flatten().map(|suite| suite.name.as_str()).collect();
        let lists = self.base_suites.is_some() && !self.detects.base;
        let is_first = |suite: &&Suite| {
            let detectable = matches!(suite.kind, Kind::Criterion(_));
            !theirs.contains(suite.name.as_str()) && (lists || (self.detects.base && !detectable))
        };
        self.config.suites.iter().filter(is_first).map(|suite| suite.name.clone()).collect()
    }

    /// Whether the packages that base would measure without being told are to be measured by head too. A first configuration
    /// decides for itself, but not where a workflow of base's ran the gate without one.
    pub(super) fn keeps_packages(&self) -> bool {
        let gated = || self.trigger.is_some() && self.base.as_ref().is_some_and(|base| self.is_gated(base));
        self.detects.base && (self.detects.head || self.base_suites.is_some() || gated())
    }

    fn is_gated(&self, commit: &Commit) -> bool {
        let Ok(tree) = self.repo.snapshot(commit) else { return false };
        let mut workflows = tree.paths().filter(|path| path.starts_with(".github/workflows"));
        workflows.any(|path| {
            let text = self.repo.read(commit, path, config::FILE_BYTES_MAX).ok().flatten().unwrap_or_default();
            String::from_utf8_lossy(&text).contains("benchgate")
        })
    }
}

/// The folder that a command starts in.
pub(super) fn start(global: &Global) -> Result<PathBuf> {
    let folder = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    std::fs::canonicalize(&folder).with_context(|| format!("cannot open the folder '{}'", folder.display()))
}

/// The project's folder, relative to the repository, and its configuration file: the nearest one upwards, else the nearest
/// Cargo package.
pub(super) fn locate(start: &Path, root: &Path, named: Option<&Path>) -> Result<(PathBuf, Option<PathBuf>)> {
    let root = std::fs::canonicalize(root).with_context(|| format!("cannot open '{}'", root.display()))?;
    let upwards = || start.ancestors().take_while(|folder| folder.starts_with(&root));
    let inside = |folder: &Path| folder.strip_prefix(&root).map(Path::to_owned).unwrap_or_default();
    if let Some(named) = named {
        let folder = std::fs::canonicalize(named)
            .with_context(|| format!("cannot read '{}'", named.display()))?
            .parent()
            .filter(|folder| folder.starts_with(&root))
            .map_or_else(|| inside(start), inside);
        return Ok((folder, Some(named.to_owned())));
    }
    if let Some(folder) = upwards().find(|folder| folder.join(CONFIG_NAME).is_file()) {
        return Ok((inside(folder), Some(folder.join(CONFIG_NAME))));
    }
    let package = upwards().find(|folder| folder.join("Cargo.toml").is_file());
    Ok((package.map_or_else(|| inside(start), inside), None))
}

/// A file's path relative to the repository; `None` where it lies outside.
pub(super) fn inside(root: &Path, file: &Path) -> Result<Option<PathBuf>> {
    let real = |path: &Path| std::fs::canonicalize(path).with_context(|| format!("cannot read '{}'", path.display()));
    Ok(real(file)?.strip_prefix(real(root)?).ok().map(Path::to_owned))
}

/// What is measured: a revision that is named, or what lies here without what the history keeps among it.
fn head(
    repo: &Repo,
    named: Option<&str>,
    revisions: &Revisions<'_>,
    history: Option<&Spec>,
) -> Result<(Commit, Snapshot)> {
    if let Some(revision) = named {
        let commit = repo.resolve(revision)?;
        let snapshot = repo.snapshot(&commit)?;
        return Ok((commit, snapshot));
    }
    let commit = repo.head_commit()?;
    let ours: Vec<PathBuf> =
        revisions.outputs.iter().cloned().chain(history.map(Spec::files).unwrap_or_default()).collect();
    let changes = if revisions.committed { None } else { repo.working_tree(&ours)? };
    let snapshot = match changes {
        Some(snapshot) => snapshot,
        None => repo.snapshot(&commit)?,
    };
    Ok((commit, snapshot))
}

/// How base's own configuration wants base to be found: a change cannot choose what it is compared with. Where there is no
/// merge-base to ask, head's choice counts.
fn base_choice(repo: &Repo, ours: &str, place: &Place, (head, tree): (&Commit, &Snapshot), chosen: &Commits) -> String {
    let ask = || -> Option<String> {
        let first = match &chosen.policy {
            Some(commit) => commit.clone(),
            None => repo.base_of(&chosen.merge_base, head, tree.revision != head.id).ok()?.commit,
        };
        let Some((_, text)) = place.read(repo, &first).ok()? else {
            // Nobody has agreed to a base yet.
            return chosen.trigger.is_some().then(|| "merge-base".to_owned());
        };
        let file = config::parse(CONFIG_NAME, &text);
        let theirs = file.and_then(|file| config::resolve(Some(file), &Overrides::default(), Vec::new(), today()));
        match theirs {
            Ok(theirs) => Some(theirs.gate.base),
            // Nobody can read what was agreed to.
            Err(_) => chosen.trigger.is_some().then(|| "merge-base".to_owned()),
        }
    };
    ask().unwrap_or_else(|| ours.to_owned())
}

fn base(
    repo: &Repo,
    choice: &str,
    merge_base: &BaseChoice,
    (head, tree): (&Commit, &Snapshot),
    notes: &mut Vec<String>,
) -> Result<Commit> {
    let choice = match choice {
        "merge-base" => merge_base.clone(),
        "parent" => BaseChoice::Parent,
        revision => BaseChoice::Revision(revision.to_owned()),
    };
    let dirty = tree.revision != head.id;
    let found = repo.base_of(&choice, head, dirty)?;
    notes.push(format!("base is {} ({}): {}", found.commit.short(), found.how, found.commit.summary));
    Ok(found.commit)
}

pub(super) fn at_revision(repo: &Repo, commit: &Commit, path: &Path) -> Result<Option<File>> {
    let Some(text) = repo.read(commit, path, config::FILE_BYTES_MAX)? else { return Ok(None) };
    let name = format!("{} at {}", path.display(), commit.short());
    Ok(Some(config::parse(&name, &String::from_utf8_lossy(&text))?))
}

/// Zero configuration: one suite for each Cargo package here that has criterion benches; and if there is none, what Cargo
/// said against it.
pub(super) fn detect(folder: &Path, own: &Variables) -> (Vec<Suite>, String) {
    match packages(folder, own) {
        Ok(packages) => {
            let criterion =
                packages.into_iter().filter(|package| package.uses_criterion && !package.benches.is_empty());
            let suite = |package: Package| {
                let settings = CriterionSuite { package: Some(package.name.clone()), ..CriterionSuite::default() };
                Suite::new(package.name, Kind::Criterion(settings))
            };
            (criterion.map(suite).collect(), String::new())
        }
        Err(why) => (Vec::new(), format!(" ({why})")),
    }
}

/// The packages of the Cargo workspace in a folder; none if there is no workspace. The error is what Cargo said.
pub(super) fn packages(folder: &Path, own: &Variables) -> std::result::Result<Vec<Package>, String> {
    if !folder.join("Cargo.toml").is_file() {
        return Ok(Vec::new());
    }
    let request = child::Request {
        program: "cargo".into(),
        arguments: ["metadata", "--no-deps", "--format-version", "1"].map(Into::into).to_vec(),
        directory: folder.to_owned(),
        environment: scrub::for_build(own.clone(), &[]),
        timeout: METADATA_TIMEOUT,
        output_max: METADATA_MAX,
        cpus: None,
    };
    let ended = child::run(&request).map_err(|error| format!("cannot start cargo: {error}"))?;
    if ended.ending != child::Ending::Exited(0) {
        let complaint = Some(ended.complaint()).filter(|text| !text.is_empty());
        let complaint = complaint.map(|text| format!(": {text}")).unwrap_or_default();
        return Err(format!("cargo metadata {}{complaint}", ended.describe(METADATA_TIMEOUT)));
    }
    Ok(parse_metadata(&String::from_utf8_lossy(&ended.stdout))?.1)
}

/// Now, RFC 3339 in UTC.
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Today, `YYYY-MM-DD` in UTC.
pub(super) fn today() -> String {
    now().chars().take(10).collect()
}
