//! A store of each kind in a folder of its own, and runs to put into them.

use super::server::Database;
use crate::world::git_in;
use benchgate::model::{Environment, known_metric};
use benchgate::run::remote::Remote;
use benchgate::store::history::{Dir, Entry, Found, Git, Network, Run, Sqlite, Store, Time};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What is opened again and again, as different processes would.
pub(crate) trait Place {
    fn name(&self) -> &'static str;
    fn open(&self) -> Box<dyn Store>;
}

struct DirPlace(TempDir);
struct SqlitePlace(TempDir);
/// A bare repository that is written directly.
struct BarePlace(TempDir);
/// A bare repository that is reached from a clone of its own.
struct ClonePlace(TempDir);

impl Place for DirPlace {
    fn name(&self) -> &'static str {
        "dir"
    }

    fn open(&self) -> Box<dyn Store> {
        Box::new(Dir::new(self.0.path().join("history")))
    }
}

impl Place for SqlitePlace {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn open(&self) -> Box<dyn Store> {
        Box::new(Sqlite::new(self.0.path().join("new/history.db")))
    }
}

impl Place for BarePlace {
    fn name(&self) -> &'static str {
        "bare repository"
    }

    fn open(&self) -> Box<dyn Store> {
        git_store(self.0.path(), None)
    }
}

impl Place for ClonePlace {
    fn name(&self) -> &'static str {
        "clone"
    }

    fn open(&self) -> Box<dyn Store> {
        git_store(&self.0.path().join("clone"), None)
    }
}

/// The history of a repository, or of a remote of it.
pub(crate) fn git_store(repository: &Path, remote: Option<&str>) -> Box<dyn Store> {
    let own = || std::env::vars_os().collect();
    let reach =
        |folder: &Path, remote: &str| Box::new(Remote::new(folder.to_owned(), remote, own())) as Box<dyn Network>;
    Box::new(Git::open(repository, remote, &reach).unwrap())
}

/// An empty bare repository.
pub(crate) fn bare(folder: &Path) -> PathBuf {
    git_in(folder, &["init", "--quiet", "--bare", "origin.git"]);
    folder.join("origin.git")
}

/// A repository whose `origin` is another one.
pub(crate) fn clone(folder: &Path, name: &str, origin: &Path) -> PathBuf {
    git_in(folder, &["init", "--quiet", name]);
    let clone = folder.join(name);
    git_in(&clone, &["remote", "add", "origin", &origin.display().to_string()]);
    clone
}

/// An empty store of every kind.
pub(crate) fn places() -> Vec<Box<dyn Place>> {
    let folder = || tempfile::tempdir().unwrap();
    let database = Database::new().map(|database| Box::new(database) as Box<dyn Place>);
    let (alone, shared) = (folder(), folder());
    git_in(alone.path(), &["init", "--quiet", "--bare", "."]);
    clone(shared.path(), "clone", &bare(shared.path()));
    let mut places: Vec<Box<dyn Place>> = vec![
        Box::new(DirPlace(folder())),
        Box::new(SqlitePlace(folder())),
        Box::new(BarePlace(alone)),
        Box::new(ClonePlace(shared)),
    ];
    places.extend(database);
    places
}

/// An environment of this class; two of one class may differ in their kernel.
pub(crate) fn environment(class: &str, kernel: &str) -> Environment {
    Environment { class: class.to_owned(), kernel: kernel.to_owned(), cores: 2, ..Environment::default() }
}

/// When the `day`th commit was made.
pub(crate) fn day(day: usize) -> Time {
    Time::from_seconds(1_700_000_000 + 86_400 * i64::try_from(day).unwrap()).unwrap()
}

/// The run of a suite on the `n`th day's commit, measured on that day.
pub(crate) fn entry(suite: &str, class: &str, n: usize, values: &[(&str, f64)]) -> Entry {
    let run = Run {
        revision: format!("{n:040x}"),
        committed: Some(day(n)),
        recorded: Time::from_ms(day(n).ms() + 60_001).unwrap(),
        launches: 10,
        accepted: None,
    };
    measured(suite, environment(class, "6.1"), run, values)
}

pub(crate) fn measured(suite: &str, environment: Environment, run: Run, values: &[(&str, f64)]) -> Entry {
    let found = |(benchmark, value): &(&str, f64)| Found {
        benchmark: (*benchmark).to_owned(),
        metric: known_metric("wall-time").unwrap(),
        value: *value,
        spread: benchmark.ends_with("spread").then_some(0.01 * value),
    };
    Entry::new(suite, environment, run, values.iter().map(found).collect()).unwrap()
}
