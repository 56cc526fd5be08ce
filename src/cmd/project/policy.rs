//! By whose gate a change is judged: by that of its base. Where head changes the gate, by both, the stricter counting.

use super::{CONFIG_NAME, Project, accepted, inside, today};
use crate::cli::Global;
use crate::cmd::check::stored;
use crate::config::{self, Config, Diagnostics, Overrides, Suite};
use crate::event::Event;
use crate::git::{Commit, GitError, Repo};
use crate::judge::{Comparison, GateChange, Judgement, Level, Policy, confirmed, judge, judge_both};
use crate::model::RunRecord;
use crate::stats::Looks;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Digits of a file's content id, for people.
const SHORT: usize = 10;

/// Where a commit has its configuration.
pub(in crate::cmd) enum Place {
    /// In this file of the repository.
    File(PathBuf),
    /// In the nearest `benchgate.toml`, from this folder of the repository upwards: head cannot hide base's behind a nearer one.
    Nearest(PathBuf),
}

impl Place {
    /// For a command that starts `here`; `None` where `--config` names a file outside the repository.
    pub(in crate::cmd) fn new(global: &Global, repo: &Repo, here: &Path) -> Result<Option<Self>> {
        Ok(match &global.config {
            None => inside(repo.root(), here)?.map(Self::Nearest),
            Some(named) => inside(repo.root(), named)?.map(Self::File),
        })
    }

    /// The configuration's path and text at a commit.
    pub(in crate::cmd) fn read(&self, repo: &Repo, commit: &Commit) -> Result<Option<(PathBuf, String)>, GitError> {
        let candidates: Vec<PathBuf> = match self {
            Self::File(path) => vec![path.clone()],
            Self::Nearest(folder) => folder.ancestors().map(|folder| folder.join(CONFIG_NAME)).collect(),
        };
        for path in candidates {
            if let Some(text) = repo.read(commit, &path, config::FILE_BYTES_MAX)? {
                return Ok(Some((path, String::from_utf8_lossy(&text).into_owned())));
            }
        }
        Ok(None)
    }
}

/// Head's own policy, where it has another, and what it changes.
#[derive(Default)]
pub(in crate::cmd) struct Changed {
    /// Judged by beside base's.
    pub(in crate::cmd) policy: Option<Policy>,
    /// Keys of the configuration, and stored baselines.
    pub(in crate::cmd) keys: Vec<GateChange>,
    /// What a second machine saw of the rows that were red.
    pub(in crate::cmd) elsewhere: Option<Vec<Comparison>>,
}

impl Changed {
    /// What differs between the configuration of base and of head, without baselines.
    pub(in crate::cmd) fn between(base: Option<&str>, head: Option<String>, overrides: &Overrides) -> Self {
        let keys = config::changes(CONFIG_NAME, base, head.as_deref());
        let own = head.filter(|_| !keys.is_empty()).and_then(|text| resolved(Some(&text), overrides).ok());
        Self { policy: own.map(|own| own.policy), keys, elsewhere: None }
    }

    /// Judges a record by base's policy, and by head's where that is another; what the two tell apart is in the notes.
    pub(in crate::cmd) fn judge(
        &self,
        record: &RunRecord,
        base: &Policy,
        looks: Option<&Looks>,
        notes: &mut Vec<String>,
    ) -> Judgement {
        let judged = self.both(record, base, looks, notes);
        let Some(theirs) = &self.elsewhere else { return judged };
        let (judged, told) = confirmed(judged, record, theirs, self.on_inconclusive(base));
        notes.extend(told);
        judged
    }

    /// The stricter of what the two policies do with an inconclusive row.
    pub(in crate::cmd) fn on_inconclusive(&self, base: &Policy) -> Level {
        self.policy.as_ref().map_or(base.on_inconclusive, |head| head.on_inconclusive.max(base.on_inconclusive))
    }

    fn both(&self, record: &RunRecord, base: &Policy, looks: Option<&Looks>, notes: &mut Vec<String>) -> Judgement {
        let Some(head) = &self.policy else { return judge(record, base, looks) };
        let (judged, differing) = judge_both(record, base, head, looks);
        notes.extend(differing.iter().take(DIFFERING_MAX).map(|row| format!("{row}: the stricter counts")));
        if differing.len() > DIFFERING_MAX {
            notes.push(format!("{} more rows differ under the two policies", differing.len() - DIFFERING_MAX));
        }
        judged
    }
}

/// Rows whose two verdicts are told.
const DIFFERING_MAX: usize = 5;

/// A configuration's text to what it says, with flags over it.
fn resolved(text: Option<&str>, overrides: &Overrides) -> Result<Config, Diagnostics> {
    let file = text.map(|text| config::parse(CONFIG_NAME, text)).transpose()?;
    config::resolve(file, overrides, Vec::new(), today())
}

/// The policy that a record is judged by, as `check` takes it. `None` where base has none, or cannot be asked here.
pub(in crate::cmd) fn of_record(
    record: &RunRecord,
    global: &Global,
    overrides: &Overrides,
    here: &Path,
    event: Option<&Event>,
) -> Option<(Config, Changed)> {
    of_base(record, global, overrides, here, event).ok().flatten()
}

/// Likewise, `None` where nobody but this checkout has a say: base has no policy, or the operator names one from outside of the
/// repository. An error where base cannot be asked here.
pub(in crate::cmd) fn of_base(
    record: &RunRecord,
    global: &Global,
    overrides: &Overrides,
    here: &Path,
    event: Option<&Event>,
) -> Result<Option<(Config, Changed)>> {
    let repo = match Repo::discover(here) {
        Err(error) if error.is_outside() && global.config.is_some() => return Ok(None),
        repo => repo?,
    };
    let Some(place) = Place::new(global, &repo, here)? else { return Ok(None) };
    let base = record.base.as_ref().context("the record has no base")?;
    let base = repo.resolve(&base.revision)?;
    let policy = match record.trigger.as_ref().and_then(|trigger| trigger.policy.as_deref()) {
        Some(commit) => repo.resolve(commit)?,
        None => base.clone(),
    };
    let theirs = place.read(&repo, &policy)?;
    if theirs.is_none() && record.trigger.is_none() {
        return Ok(None);
    }
    let mut config = resolved(theirs.as_ref().map(|(_, text)| text.as_str()), overrides)
        .with_context(|| format!("{CONFIG_NAME} at {} is not valid", policy.short()))?;
    let head = repo.resolve(&record.head.revision).ok();
    let ours = match (&head, &theirs) {
        (Some(head), _) => place.read(&repo, head)?.map(|(_, text)| text),
        (None, Some((path, _))) => std::fs::read_to_string(repo.root().join(path)).ok(),
        (None, None) => None,
    };
    let before = place.read(&repo, &base)?.map(|(_, text)| text);
    let mut changed = Changed::between(before.as_deref(), ours, overrides);
    if let Some(head) = head {
        let folder = theirs.as_ref().and_then(|(path, _)| path.parent()).unwrap_or(Path::new(""));
        changed.keys.extend(baselines(&repo, &folder.join(&config.gate.baselines), (&base, &head))?);
        accepted::take(&repo, (&base, &head), event, &mut config, &mut changed)?;
    } else if let Some(event) = event {
        accepted::by_label(event, &mut config, &mut changed);
    }
    Ok(Some((config, changed)))
}

/// What decides by whose gate head is judged.
pub(super) struct Question<'a> {
    /// Whose policy counts.
    pub(super) policy: &'a Commit,
    pub(super) place: &'a Place,
    /// Head's own configuration file.
    pub(super) ours: &'a Path,
    pub(super) overrides: &'a Overrides,
    pub(super) detected: Vec<Suite>,
    pub(super) today: String,
}

impl Project {
    /// Takes gate and policy from where they count.
    pub(super) fn take_policy(&mut self, base: &Commit, question: Question<'_>, config: &mut Config) -> Result<()> {
        let Question { policy, place, ours, overrides, detected, today } = question;
        let before = place.read(&self.repo, base)?;
        let after = self.text_of_head(ours);
        let name = ours.display().to_string();
        self.changed.keys = config::changes(&name, before.as_ref().map(|(_, text)| text.as_str()), after.as_deref());
        let (folder, sides) = (stored::folder(self), (base, &self.head_commit));
        self.changed.keys.extend(baselines(&self.repo, &folder, sides)?);
        // Suites that only one side has are no reason to refuse `--suite`.
        let overrides = Overrides { suites: Vec::new(), ..overrides.clone() };
        self.take_suites(before.map(|(_, text)| text), place, &overrides, &detected);
        let Some((path, text)) = place.read(&self.repo, policy)? else {
            if after.is_some() {
                self.adopt(&format!("{name} is new: base has none"), &overrides, detected, today, config)?;
            }
            return Ok(());
        };
        let name = format!("{} at {}", path.display(), policy.short());
        let parsed = config::parse(&name, &text);
        match parsed.and_then(|file| config::resolve(Some(file), &overrides, detected.clone(), today.clone())) {
            Ok(theirs) => {
                let own = std::mem::replace(&mut config.policy, theirs.policy);
                let changes_config = self.changed.keys.iter().any(|change| !is_baseline(self, change));
                self.changed.policy = changes_config.then_some(own);
                config.gate = theirs.gate;
                config.accept = theirs.accept;
            }
            // What nobody can read must not leave everything to the change that is judged.
            Err(Diagnostics(_)) if self.trigger.is_some() => {
                self.adopt(&format!("{name} is not valid"), &overrides, detected, today, config)?;
            }
            Err(Diagnostics(_)) => self.notes.push(format!("{name} is not valid: head's own policy was used")),
        }
        Ok(())
    }

    /// Takes what head has to measure too from base itself: its branch's tip may have got more since head left it.
    fn take_suites(&mut self, base: Option<String>, place: &Place, overrides: &Overrides, detected: &[Suite]) {
        let Some(text) = base else {
            // A file that `--config` names holds for both sides.
            self.detects.base = matches!(place, Place::Nearest(_));
            return;
        };
        let Ok(file) = config::parse(CONFIG_NAME, &text) else { return };
        let detects = !file.has_suites();
        if let Ok(theirs) = config::resolve(Some(file), overrides, detected.to_vec(), String::new()) {
            self.detects.base = detects;
            self.base_suites = Some(theirs.suites);
        }
    }

    /// A first configuration has nobody's consent yet: in a workflow the usual policy counts beside it.
    fn adopt(
        &mut self,
        why: &str,
        overrides: &Overrides,
        detected: Vec<Suite>,
        today: String,
        config: &mut Config,
    ) -> Result<()> {
        if self.trigger.is_none() {
            self.notes.push(format!("{why}, so head's own policy was used"));
            return Ok(());
        }
        let usual = config::resolve(None, overrides, detected, today)?;
        self.changed.policy = Some(std::mem::replace(&mut config.policy, usual.policy));
        config.accept = usual.accept;
        self.notes.push(format!("{why}, so the defaults count beside head's own policy"));
        Ok(())
    }

    /// Head's file as it is judged: of its commit, or as it lies in the work tree.
    fn text_of_head(&self, path: &Path) -> Option<String> {
        if self.head.revision == self.head_commit.id {
            let bytes = self.repo.read(&self.head_commit, path, config::FILE_BYTES_MAX).ok()??;
            return Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        std::fs::read_to_string(self.repo.root().join(path)).ok()
    }
}

fn is_baseline(project: &Project, change: &GateChange) -> bool {
    Path::new(&change.key).starts_with(stored::folder(project))
}

/// Stored baselines below `folder` that head changes.
fn baselines(repo: &Repo, folder: &Path, (base, head): (&Commit, &Commit)) -> Result<Vec<GateChange>> {
    let (at_base, at_head) = (repo.snapshot(base)?, repo.snapshot(head)?);
    let short = |id: Option<&str>| id.map(|id| id.chars().take(SHORT).collect());
    let paths = repo.changed_paths(&at_base, &at_head).into_iter().filter(|path| path.starts_with(folder));
    Ok(paths
        .map(|path| GateChange {
            base: short(at_base.content_id(&path)),
            head: short(at_head.content_id(&path)),
            key: path.display().to_string(),
        })
        .collect())
}
