//! Histories: every run that was ever recorded, for `trend` and its kin; a commit more is a run more.
//!
//! Four stores behind one small trait, with the same behaviour: [`Dir`], [`Sqlite`], and the others that [`Spec`] names. Runs are
//! added and never changed; a run that is stored twice is there once. Nothing here computes with the values.

mod columns;
mod dir;
mod entry;
mod error;
mod fold;
mod git;
mod pack;
mod postgres;
mod rows;
mod seen;
mod spec;
mod sqlite;
mod time;
mod verify;

pub use columns::{Column, Columns, Kept};
pub use dir::Dir;
pub use entry::{Entry, Found, Run};
pub use error::{HistoryError, Trouble};
pub use git::{Git, Network};
pub use postgres::Postgres;
pub use spec::{Spec, untold};
pub use sqlite::Sqlite;
pub use time::Time;
pub use verify::{Verified, verify};

use crate::model::History;
use std::path::Path;

/// Runs that are copied at a time.
const BATCH_RUNS: usize = 500;

/// A place that remembers runs. Each call is whole: what it stores is there for everybody when it returns, or not at all.
pub trait Store {
    /// What it is, for messages; without passwords.
    fn place(&self) -> String;

    /// Adds runs; those that are there already stay as they are. May be repeated after any failure.
    fn append(&mut self, entries: &[Entry]) -> Result<Appended, HistoryError>;

    /// Every suite's runs, sorted by suite. A store that nobody wrote to yet has none.
    fn load(&mut self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError>;

    /// Drops runs, and says how many.
    fn prune(&mut self, keep: Keep) -> Result<usize, HistoryError>;

    /// Reads everything. That a run was changed, [`verify`] finds.
    fn check(&mut self) -> Result<Checked, HistoryError>;

    /// What was done beside and a user should know, one sentence each.
    fn notes(&self) -> &[String] {
        &[]
    }
}

/// What a look at everything that is stored found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What could be read, as [`Store::load`] gives it.
    pub sound: Vec<Columns>,
    /// What is wrong with how the rest is stored, one sentence each.
    pub damaged: Vec<String>,
}

impl Checked {
    /// Takes what was read, or notes that it is damaged; any other trouble is no finding.
    fn take<T>(&mut self, read: Result<T, HistoryError>) -> Result<Option<T>, HistoryError> {
        match read {
            Ok(read) => return Ok(Some(read)),
            Err(error) if error.trouble == Trouble::Damaged => self.damaged.push(error.to_string()),
            Err(error) => return Err(error),
        }
        Ok(None)
    }
}

/// What became of runs that were to be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Runs that are new.
    pub added: usize,
    /// Runs that were there already.
    pub known: usize,
}

/// What a store may need of the world around it.
pub struct Surroundings<'a> {
    /// A folder of the repository, where there is one.
    pub repository: Option<&'a Path>,
    /// How another repository is reached: from git's folder here, by a remote's name, address or path.
    pub reach: &'a dyn Fn(&Path, &str) -> Box<dyn Network>,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// The store that is meant. A store that needs no server is only looked at when it is used.
pub fn open(spec: &Spec, around: &Surroundings<'_>) -> Result<Box<dyn Store>, HistoryError> {
    Ok(match spec {
        Spec::Dir(path) => Box::new(Dir::new(path)),
        Spec::Sqlite(path) => Box::new(Sqlite::new(path)),
        Spec::Variable(name) => return open(&spec::from_variable(name, around.variable)?, around),
        Spec::Git(remote) => {
            let Some(repository) = around.repository else {
                let next = "run inside one, or use another store";
                return Err(HistoryError::refused(spec.to_string(), "there is no git repository here", next));
            };
            Box::new(Git::open(repository, remote.as_deref(), around.reach)?)
        }
        Spec::Postgres(address) => Box::new(Postgres::new(address, around.variable)?),
    })
}

/// Which series to load: `None` is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this suite.
    pub suite: Option<String>,
    /// Of this benchmark, as its suite names it.
    pub benchmark: Option<String>,
    /// Of this metric.
    pub metric: Option<String>,
    /// With the spreads.
    pub spreads: bool,
}

impl Wanted {
    /// All there is to know.
    #[must_use]
    pub fn everything() -> Self {
        Self { spreads: true, ..Self::default() }
    }

    fn takes(&self, benchmark: &str, metric: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        is(&self.benchmark, benchmark) && is(&self.metric, metric)
    }

    fn takes_suite(&self, suite: &str) -> bool {
        self.suite.as_ref().is_none_or(|wanted| wanted == suite)
    }
}

/// Which runs stay when a history is pruned, in each suite and environment class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The newest runs, one at least.
    pub newest: usize,
    /// Of the older ones, the first run of each of these spans of time; without one, none.
    pub then: Option<Every>,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// From midnight to midnight, UTC.
    Day,
    /// Seven days.
    Week,
}

impl Every {
    fn span(self, time: Time) -> i64 {
        let days = time.ms() / (24 * 3600 * 1000);
        match self {
            Self::Day => days,
            Self::Week => days / 7,
        }
    }
}

/// What a store holds, one history per suite: what `trend` looks at. Runs of all environments are in it, each with its class.
pub fn read(store: &mut dyn Store, wanted: &Wanted) -> Result<Vec<History>, HistoryError> {
    let loaded = store.load(wanted)?;
    let histories = loaded.into_iter().map(Columns::into_history);
    Ok(histories.filter(|history| !history.series.is_empty()).collect())
}

/// Adds everything that one store has to another, but for what is damaged: that is told, one sentence each.
pub fn copy(from: &mut dyn Store, to: &mut dyn Store) -> Result<(Appended, Vec<String>), HistoryError> {
    let Checked { sound, damaged: mut left_out } = from.check()?;
    let mut copied = Appended::default();
    for columns in sound {
        let changed = verify::changed(&columns);
        left_out.extend(changed.iter().map(|place| verify::tell_changed(&columns, *place)));
        let places: Vec<usize> = (0..columns.runs.len()).filter(|place| !changed.contains(place)).collect();
        for places in places.chunks(BATCH_RUNS) {
            let entries: Vec<Entry> = places.iter().filter_map(|place| columns.entry(*place)).collect();
            let appended = to.append(&entries)?;
            copied.added += appended.added;
            copied.known += appended.known;
        }
    }
    Ok((copied, left_out))
}
