//! A store of each kind in a folder of its own, and runs to put into them.

use benchgate::model::{Environment, known_metric};
use benchgate::store::history::{Dir, Entry, Found, Run, Sqlite, Store, Time};
use tempfile::TempDir;

/// What is opened again and again, as different processes would.
pub(crate) trait Place {
    fn name(&self) -> &'static str;
    fn open(&self) -> Box<dyn Store>;
}

struct DirPlace(TempDir);
struct SqlitePlace(TempDir);

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

/// An empty store of every kind.
pub(crate) fn places() -> Vec<Box<dyn Place>> {
    let folder = || tempfile::tempdir().unwrap();
    vec![Box::new(DirPlace(folder())), Box::new(SqlitePlace(folder()))]
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
