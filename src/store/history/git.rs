//! A history in a ref of a git repository, `refs/benchgate/history`: the files of [`Dir`](super::Dir) in its tree.
//!
//! Storing makes a commit and then moves the ref, if nobody else did so meanwhile; else it is made anew on what they left. So
//! nothing is lost and nothing waits. The commits are no more than a chain of the last few: every [`CHAIN_MAX`]th has no parent, so
//! that whoever fetches the ref gets what is in it and not how it came about.

use super::pack::{self, Name};
use super::{Appended, Checked, Columns, Entry, HistoryError, Keep, Store, Trouble, Wanted, fold, seen};
use crate::git::{Changes, Filed, GitError, Ledger};
use crate::model::shown;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// Where a history lies in a repository.
const REFERENCE: &str = "refs/benchgate/history";

/// Commits from one without a parent to the next.
const CHAIN_MAX: u32 = 256;

/// How long storing goes on while others are quicker.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often a fetch is tried, and a push that fails although nobody was quicker.
const TRIES_MAX: u32 = 3;

/// Longest and shortest pause before another attempt.
const PAUSE_MS: (u64, u64) = (10, 2_000);

/// Values of one file that pruning writes.
const CELLS_MAX: usize = 1 << 20;

/// How much of a file's path is repeated.
const PATH_CHARS_MAX: usize = 300;

/// What goes to another repository and comes from there, by whoever may start the user's git.
pub trait Network {
    /// Brings the other repository's `reference` here, as `into`; where it has none, `into` goes.
    fn fetch(&mut self, reference: &str, into: &str) -> Result<(), String>;

    /// Lets the other repository's `reference` lead to a commit, if it still leads to `from`.
    fn push(&mut self, commit: &str, reference: &str, from: Option<&str>) -> Result<(), String>;
}

/// A ref of a repository, its own or another's.
pub struct Git {
    ledger: Ledger,
    /// The ref that is read and moved here.
    reference: String,
    network: Option<Box<dyn Network>>,
    /// Whether the ref was looked at since this was opened.
    seen: bool,
    place: String,
    notes: Vec<String>,
}

impl Git {
    /// The history of this very repository, or with a network that of another one.
    ///
    /// `name` tells other repositories apart: what was last seen of each stays in a ref of its own.
    #[must_use]
    pub fn new(ledger: Ledger, remote: Option<(&str, Box<dyn Network>)>) -> Self {
        match remote {
            None => {
                let place = "git".to_owned();
                Self { ledger, reference: REFERENCE.to_owned(), network: None, seen: false, place, notes: Vec::new() }
            }
            Some((name, network)) => {
                let notes = seen::leave_old_names(&ledger, name).into_iter().collect();
                let place = format!("git:{}", super::spec::redacted(name));
                Self { ledger, reference: seen::reference(name), network: Some(network), seen: false, place, notes }
            }
        }
    }

    /// The repository that `path` lies in: its own history, or that of a remote of this name, which `reach` knows how to reach.
    /// Without a name, that of `origin` if there is such a remote.
    pub fn open(
        path: &Path,
        remote: Option<&str>,
        reach: &dyn Fn(&Path, &str) -> Box<dyn Network>,
    ) -> Result<Self, HistoryError> {
        let ledger = Ledger::open(path).map_err(|error| trouble("git", &error))?;
        let origin = || ledger.has_remote("origin").then_some("origin");
        let remote = remote.or_else(origin).filter(|remote| *remote != ".");
        let network = remote.map(|remote| (remote, reach(&ledger.folder(), remote)));
        Ok(Self::new(ledger, network))
    }

    fn fail(&self, error: &GitError) -> HistoryError {
        trouble(&self.place, error)
    }

    fn tip(&self) -> Result<Option<String>, HistoryError> {
        self.ledger.tip(&self.reference).map_err(|error| self.fail(&error))
    }

    /// The newest state, from the other repository where there is one.
    fn look(&mut self) -> Result<Option<String>, HistoryError> {
        let last_seen = self.tip()?;
        let newest = if self.network.is_some() { self.fetch(last_seen.as_deref())? } else { last_seen };
        self.seen = true;
        Ok(newest)
    }

    /// What the other repository has. It comes by a ref of its own, so that what was last seen outlives the other side's loss.
    fn fetch(&mut self, last_seen: Option<&str>) -> Result<Option<String>, HistoryError> {
        let arrives_at = self.reference.replace("/history", "/arrived");
        let mut fetched = Ok(());
        for attempt in 0..TRIES_MAX {
            if attempt > 0 {
                pause(attempt);
            }
            let Some(network) = &mut self.network else { break };
            fetched = network.fetch(REFERENCE, &arrives_at);
            if fetched.is_err() {
                continue;
            }
            let arrived = self.ledger.tip(&arrives_at).map_err(|error| self.fail(&error))?;
            if let Some(arrived) = &arrived {
                // If another process saw more meanwhile, the next push says so.
                self.ledger.advance(&self.reference, last_seen, arrived).map_err(|error| self.fail(&error))?;
            }
            // Another process that fetched a moment ago may have taken away what arrived here.
            if arrived.is_some() || last_seen.is_none() {
                return Ok(arrived);
            }
        }
        match fetched {
            Ok(()) => Err(self.gone()),
            Err(why) => {
                let next = "check the remote and your rights there; nothing was stored, and nothing is lost";
                Err(HistoryError::new(Trouble::Unreachable, &self.place, why, next))
            }
        }
    }

    /// The other repository had a history and has none.
    fn gone(&self) -> HistoryError {
        let (seen, remote) = (&self.reference, self.place.trim_start_matches("git:"));
        let next = format!(
            "`git push {remote} {seen}:{REFERENCE}` restores it; if it is to begin anew, `git update-ref -d {seen}` forgets it"
        );
        let problem = "its history was deleted there; what was last seen of it is still here";
        HistoryError::new(Trouble::Gone, &self.place, problem, next)
    }

    /// A file, for messages: whoever may write the ref names it.
    fn place_of(&self, file: &Filed) -> String {
        format!("{}:{}", self.place, shown(&file.path, PATH_CHARS_MAX))
    }

    fn columns(&self, file: &Filed, name: &Name, wanted: &Wanted) -> Result<Columns, HistoryError> {
        if file.bytes > pack::BYTES_MAX {
            let problem = format!("it is larger than {} MiB", pack::BYTES_MAX >> 20);
            return Err(HistoryError::damaged(self.place_of(file), problem));
        }
        let text = self.ledger.read(file).map_err(|error| HistoryError::damaged(&self.place, error.to_string()))?;
        pack::read(&self.place_of(file), name, &text, wanted)
    }

    /// The files of a commit that are ours, below one folder or all.
    fn files(&self, tip: Option<&str>, below: Option<&str>) -> Result<Vec<(Filed, Name)>, HistoryError> {
        let Some(tip) = tip else { return Ok(Vec::new()) };
        let files =
            self.ledger.files(tip, below).map_err(|error| HistoryError::damaged(&self.place, error.to_string()))?;
        let named = |file: Filed| name_of(&file.path).map(|name| (file, name));
        Ok(files.into_iter().filter_map(named).collect())
    }

    /// What has to change so that the runs are there.
    fn additions(&self, tip: Option<&str>, entries: &[Entry]) -> Result<(Changes, Appended), HistoryError> {
        let (mut changes, mut appended) = (Changes::new(), Appended::default());
        for (folder, entries) in super::dir::by_folder(entries) {
            let files = self.files(tip, Some(&folder))?;
            let mut known = BTreeSet::new();
            for (file, name) in &files {
                if entries.iter().any(|entry| name.spans(entry.run.recorded)) {
                    let nothing = Wanted { metric: Some(String::new()), ..Wanted::default() };
                    known.extend(self.columns(file, name, &nothing)?.runs.into_iter().map(|kept| kept.id));
                }
            }
            let fresh: Vec<Columns> =
                entries.iter().filter(|entry| known.insert(entry.id())).map(|entry| Columns::of(entry)).collect();
            appended.known += entries.len() - fresh.len();
            appended.added += fresh.len();
            if !fresh.is_empty() {
                self.fold(&folder, files, Columns::join(fresh), &mut changes)?;
            }
        }
        Ok((changes, appended))
    }

    /// Adds a file to a folder, and folds what is due.
    fn fold(
        &self,
        folder: &str,
        files: Vec<(Filed, Name)>,
        new: Columns,
        changes: &mut Changes,
    ) -> Result<(), HistoryError> {
        let mut old: BTreeMap<Name, Filed> = files.into_iter().map(|(file, name)| (name, file)).collect();
        let mut fresh: BTreeMap<Name, (Columns, Vec<u8>)> = BTreeMap::new();
        let write = |columns: Columns| {
            let (name, text) = pack::write(&columns)
                .map_err(|error| HistoryError::refused(&self.place, error.to_string(), "nothing was stored"))?;
            Ok((name, (columns, text)))
        };
        fresh.extend([write(new)?]);
        loop {
            let mut sizes: Vec<(Name, u64)> = old.iter().map(|(name, file)| (name.clone(), file.bytes)).collect();
            sizes.extend(fresh.iter().map(|(name, (_, text))| (name.clone(), text.len() as u64)));
            let Some(places) = fold::due(&sizes) else { break };
            let mut parts = Vec::new();
            for (name, _) in places.iter().map(|place| &sizes[*place]) {
                if let Some((columns, _)) = fresh.remove(name) {
                    parts.push(columns);
                } else if let Some(file) = old.remove(name) {
                    parts.push(self.columns(&file, name, &Wanted::everything())?);
                    changes.insert(file.path, None);
                }
            }
            fresh.extend([write(Columns::join(parts))?]);
        }
        for (name, (_, text)) in fresh {
            changes.insert(format!("{folder}/{name}"), Some(text));
        }
        Ok(())
    }

    /// What has to change so that only these runs are left, and how many go.
    fn removals(&self, tip: Option<&str>, keep: Keep) -> Result<(Changes, usize), HistoryError> {
        let (mut changes, mut dropped) = (Changes::new(), 0);
        let mut folders: BTreeMap<String, Vec<(Filed, Name)>> = BTreeMap::new();
        for (file, name) in self.files(tip, None)? {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            folders.entry(folder).or_default().push((file, name));
        }
        for (folder, files) in folders {
            let parts = files.iter().map(|(file, name)| self.columns(file, name, &Wanted::everything()));
            let all = Columns::join(parts.collect::<Result<_, _>>()?);
            let stays = all.stays(keep);
            let gone = stays.iter().filter(|stays| !**stays).count();
            if gone == 0 {
                continue;
            }
            dropped += gone;
            changes.extend(files.into_iter().map(|(file, _)| (file.path, None)));
            for part in all.only(&stays).split(CELLS_MAX) {
                let (name, text) = pack::write(&part)
                    .map_err(|error| HistoryError::refused(&self.place, error.to_string(), "nothing was dropped"))?;
                changes.insert(format!("{folder}/{name}"), Some(text));
            }
        }
        Ok((changes, dropped))
    }

    /// Makes changes until they hold: computed anew on whatever others left.
    fn change<T: Copy>(
        &mut self,
        cut: bool,
        compute: impl Fn(&Self, Option<&str>) -> Result<(Changes, T), HistoryError>,
    ) -> Result<T, HistoryError> {
        let began = Instant::now();
        let mut pushes_failed = 0;
        let mut tip = if self.seen { self.tip()? } else { self.look()? };
        let mut attempt = 0;
        loop {
            let (changes, answer) = compute(self, tip.as_deref())?;
            if changes.is_empty() {
                return Ok(answer);
            }
            let commit = self.commit(tip.as_deref(), cut, &changes)?;
            let Some(refused) = self.move_on(tip.as_deref(), &commit)? else { return Ok(answer) };
            let newest = self.look().map_err(|error| self.unsure(&error))?;
            // The other side may have taken it although we were told nothing of it.
            if newest.as_deref() == Some(&commit) {
                return Ok(answer);
            }
            pushes_failed = if newest == tip { pushes_failed + 1 } else { 0 };
            if began.elapsed() > PATIENCE {
                let next = "run it again when they are done: nothing is lost, and no run is stored twice";
                return Err(HistoryError::new(Trouble::Busy, &self.place, "others were always quicker", next));
            }
            if self.network.is_some() && pushes_failed >= TRIES_MAX {
                let next = "check your rights there; what was stored before is untouched";
                return Err(HistoryError::new(Trouble::Unreachable, &self.place, refused, next));
            }
            tip = newest;
            pause(attempt);
            attempt += 1;
        }
    }

    fn unsure(&self, error: &HistoryError) -> HistoryError {
        let next = "whether it was stored is not known: run it again, no run is stored twice";
        HistoryError::new(Trouble::Unreachable, &self.place, error.to_string(), next)
    }

    fn commit(&self, tip: Option<&str>, cut: bool, changes: &Changes) -> Result<String, HistoryError> {
        let chain = match tip {
            Some(tip) => chain(&self.ledger.message(tip).map_err(|error| self.fail(&error))?).saturating_add(1),
            None => 0,
        };
        let is_cut = cut || chain >= CHAIN_MAX;
        let chain = if is_cut { 0 } else { chain };
        let message = format!("benchgate history\n\nchain: {chain}\n");
        let parent = tip.filter(|_| !is_cut);
        self.ledger.write(tip, parent, changes, &message).map_err(|error| self.fail(&error))
    }

    /// Moves the ref here or there; otherwise why it did not move.
    fn move_on(&mut self, from: Option<&str>, to: &str) -> Result<Option<String>, HistoryError> {
        if let Some(network) = &mut self.network {
            if let Err(why) = network.push(to, REFERENCE, from) {
                return Ok(Some(why));
            }
            // What was last seen; if others saw more already, that is no loss.
            let _ = self.ledger.advance(&self.reference, from, to);
            return Ok(None);
        }
        let moved = self.ledger.advance(&self.reference, from, to).map_err(|error| self.fail(&error))?;
        Ok((!moved).then(|| "somebody else was quicker".to_owned()))
    }
}

impl Store for Git {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn append(&mut self, entries: &[Entry]) -> Result<Appended, HistoryError> {
        self.change(false, |store, tip| store.additions(tip, entries))
    }

    fn load(&mut self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError> {
        let tip = self.look()?;
        let below = wanted.suite.as_deref().map(pack::slug);
        let mut parts: BTreeMap<String, Vec<Columns>> = BTreeMap::new();
        for (file, name) in self.files(tip.as_deref(), below.as_deref())? {
            let columns = self.columns(&file, &name, wanted)?;
            if wanted.takes_suite(&columns.suite) {
                parts.entry(columns.suite.clone()).or_default().push(columns);
            }
        }
        Ok(parts.into_values().map(Columns::join).collect())
    }

    fn prune(&mut self, keep: Keep) -> Result<usize, HistoryError> {
        self.change(true, |store, tip| store.removals(tip, keep))
    }

    fn check(&mut self) -> Result<Checked, HistoryError> {
        let mut checked = Checked::default();
        let Some(tip) = self.look()? else { return Ok(checked) };
        let files = match self.ledger.files(&tip, None) {
            Ok(files) => files,
            Err(error) => {
                checked.damaged.push(error.to_string());
                return Ok(checked);
            }
        };
        let mut parts: BTreeMap<String, Vec<Columns>> = BTreeMap::new();
        for file in files {
            let Some(name) = name_of(&file.path) else {
                checked.damaged.push(format!("{}: not a file of this history", self.place_of(&file)));
                continue;
            };
            if let Some(columns) = checked.take(self.columns(&file, &name, &Wanted::everything()))? {
                parts.entry(columns.suite.clone()).or_default().push(columns);
            }
        }
        checked.sound = parts.into_values().map(Columns::join).collect();
        Ok(checked)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// How many commits of the chain stand before this one, as its message says.
fn chain(message: &str) -> u32 {
    message.lines().find_map(|line| line.strip_prefix("chain: ")?.trim().parse().ok()).unwrap_or(CHAIN_MAX)
}

fn name_of(path: &str) -> Option<Name> {
    Name::parse(path.rsplit_once('/').map_or(path, |(_, name)| name))
}

/// Waits a moment that nobody else waits, longer after each attempt.
fn pause(attempt: u32) {
    let (least, most) = PAUSE_MS;
    let limit = (least << attempt.min(8)).min(most);
    std::thread::sleep(Duration::from_millis(fastrand::u64(least..=limit)));
}

fn trouble(place: &str, error: &GitError) -> HistoryError {
    let text = error.to_string();
    if text.contains("No space left") {
        return HistoryError::full(place, text);
    }
    let next = error.hint().unwrap_or_else(|| "check that the repository is there and may be written".to_owned());
    HistoryError::new(Trouble::Access, place, text, next)
}
