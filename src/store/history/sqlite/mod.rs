//! A history in one `SQLite` file, which several processes may share.
//!
//! A rollback journal, not a write-ahead log: that would need memory shared between all readers, which network file systems do not
//! have. A writer that is killed leaves its journal, and whoever comes next rolls it back.

mod writer;

use super::rows::{Rows, RunRow, SeriesRow};
use super::{Appended, Checked, Columns, Entry, HistoryError, Keep, Store, Trouble, Wanted};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::time::Duration;
use writer::Writer;

/// What tells our files from others': `bgat` as a number.
const APPLICATION: i64 = 0x6267_6174;

/// One step per version of the tables.
const MIGRATIONS: [&str; 1] = [include_str!("1.sql")];

/// The version that they lead to.
const VERSION: i64 = 1;

/// How long anybody waits for another writer.
const PATIENCE: Duration = Duration::from_mins(1);

/// One `SQLite` file.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Sqlite {
    /// The history in this file, which is made when something is stored.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), connection: None }
    }

    /// The database; `None` where there is none yet.
    fn existing(&mut self) -> Result<Option<&mut Connection>, HistoryError> {
        if self.connection.is_none() {
            let is_there = self.path.try_exists().map_err(|error| HistoryError::io(&self.path, &error))?;
            if !is_there {
                return Ok(None);
            }
        }
        self.made().map(Some)
    }

    /// The database, made where there is none.
    fn made(&mut self) -> Result<&mut Connection, HistoryError> {
        let open = match self.connection.take() {
            Some(open) => open,
            None => open(&self.path)?,
        };
        Ok(self.connection.insert(open))
    }
}

fn open(path: &Path) -> Result<Connection, HistoryError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| HistoryError::io(folder, &error))?;
    }
    let fail = |error| trouble(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(PATIENCE).map_err(fail)?;
    // EXTRA: a run that was stored is there after a power failure too.
    connection
        .execute_batch("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;")
        .map_err(fail)?;
    migrate(path, &mut connection)?;
    Ok(connection)
}

/// Brings the tables to this version, once, whoever comes first.
fn migrate(path: &Path, connection: &mut Connection) -> Result<(), HistoryError> {
    let fail = |error| trouble(path, &error);
    let pragma =
        |connection: &Connection, name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let is_current = |connection: &Connection| -> Result<bool, HistoryError> {
        let version = pragma(connection, "user_version").map_err(fail)?;
        let application = pragma(connection, "application_id").map_err(fail)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(fail)?;
        if application != APPLICATION && (application != 0 || tables > 0 || version != 0) {
            let problem = "it is a database of another program";
            return Err(HistoryError::refused(path.display().to_string(), problem, "name another file"));
        }
        if version > VERSION {
            return Err(HistoryError::newer(path.display().to_string(), version, VERSION));
        }
        Ok(version == VERSION)
    };
    if is_current(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    if !is_current(&transaction)? {
        let version = pragma(&transaction, "user_version").map_err(fail)?;
        for step in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
            transaction.execute_batch(step).map_err(fail)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(fail)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(fail)?;
    }
    transaction.commit().map_err(fail)
}

impl Store for Sqlite {
    fn place(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<Appended, HistoryError> {
        let path = self.path.clone();
        let fail = |error| trouble(&path, &error);
        let transaction = self.made()?.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        let mut appended = Appended::default();
        let mut writer = Writer::new(&transaction).map_err(fail)?;
        for entry in entries {
            if writer.insert(entry).map_err(fail)? {
                appended.added += 1;
            } else {
                appended.known += 1;
            }
        }
        drop(writer);
        transaction.commit().map_err(fail)?;
        Ok(appended)
    }

    fn load(&mut self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError> {
        let path = self.path.clone();
        let fail = |error| trouble(&path, &error);
        let Some(connection) = self.existing()? else { return Ok(Vec::new()) };
        let transaction = connection.transaction().map_err(fail)?;
        let mut found = Vec::new();
        for (suite, name) in suites(&transaction).map_err(fail)? {
            if wanted.takes_suite(&name) {
                found.push(rows(&transaction, suite, &name, wanted).map_err(fail)?);
            }
        }
        found.into_iter().map(|rows| rows.into_columns(&path.display().to_string())).collect()
    }

    fn prune(&mut self, keep: Keep) -> Result<usize, HistoryError> {
        let path = self.path.clone();
        let fail = |error| trouble(&path, &error);
        let Some(connection) = self.existing()? else { return Ok(0) };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
        let mut dropped = 0;
        transaction.execute_batch("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)").map_err(fail)?;
        for (suite, name) in suites(&transaction).map_err(fail)? {
            let nothing = Wanted { metric: Some(String::new()), ..Wanted::default() };
            let rows = rows(&transaction, suite, &name, &nothing).map_err(fail)?;
            for id in rows.gone(&path.display().to_string(), keep)? {
                dropped += transaction.execute("INSERT INTO gone VALUES (?1)", [id]).map_err(fail)?;
            }
        }
        let script =
            "DELETE FROM value WHERE run IN (SELECT id FROM gone); DELETE FROM run WHERE id IN (SELECT id FROM gone);
             DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM value WHERE value.series = series.id);
             DELETE FROM environment WHERE id NOT IN (SELECT environment FROM run);
             DELETE FROM suite WHERE id NOT IN (SELECT suite FROM run); DROP TABLE gone";
        transaction.execute_batch(script).map_err(fail)?;
        transaction.commit().map_err(fail)?;
        Ok(dropped)
    }

    fn check(&mut self) -> Result<Checked, HistoryError> {
        let path = self.path.clone();
        let fail = |error| trouble(&path, &error);
        let mut checked = Checked::default();
        let Some(Some(connection)) = checked.take(self.existing())? else { return Ok(checked) };
        for pragma in ["integrity_check", "foreign_key_check"] {
            let told = connection.prepare(&format!("PRAGMA {pragma}")).and_then(|mut statement| {
                statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
            });
            match told {
                Ok(told) => {
                    checked
                        .damaged
                        .extend(told.into_iter().filter(|line| line != "ok").map(|line| format!("{pragma}: {line}")));
                }
                Err(error) => checked.damaged.push(fail(error).to_string()),
            }
        }
        let transaction = connection.transaction().map_err(fail)?;
        for (suite, name) in checked.take(suites(&transaction).map_err(fail))?.unwrap_or_default() {
            let read = rows(&transaction, suite, &name, &Wanted::everything()).map_err(fail);
            let read = read.and_then(|rows| rows.into_columns(&path.display().to_string()));
            let read = checked.take(read)?;
            checked.sound.extend(read);
        }
        Ok(checked)
    }
}

fn suites(connection: &Connection) -> rusqlite::Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare("SELECT id, name FROM suite ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// All of a suite that is wanted.
fn rows(connection: &Connection, suite: i64, name: &str, wanted: &Wanted) -> rusqlite::Result<Rows> {
    let mut rows = Rows::new(name);
    let mut statement = connection.prepare("SELECT id, class, detail FROM environment")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        rows.environment(row.get(0)?, row.get(1)?, row.get(2)?);
    }
    let mut statement = connection.prepare(
        "SELECT id, checksum, environment, revision, committed, recorded, launches, accepted FROM run WHERE suite = ?1",
    )?;
    let mut found = statement.query([suite])?;
    while let Some(row) = found.next()? {
        rows.runs.push(RunRow {
            id: row.get(0)?,
            checksum: row.get(1)?,
            environment: row.get(2)?,
            revision: row.get(3)?,
            committed: row.get(4)?,
            recorded: row.get(5)?,
            launches: row.get(6)?,
            accepted: row.get(7)?,
        });
    }
    let mut statement = connection.prepare(
        "SELECT id, benchmark, metric, unit, better, distribution FROM series
         WHERE suite = ?1 AND (?2 IS NULL OR benchmark = ?2) AND (?3 IS NULL OR metric = ?3)",
    )?;
    let mut found = statement.query(params![suite, wanted.benchmark, wanted.metric])?;
    while let Some(row) = found.next()? {
        let text = |column: usize| row.get::<_, String>(column);
        rows.series.push(SeriesRow {
            id: row.get(0)?,
            benchmark: text(1)?,
            metric: text(2)?,
            words: [text(3)?, text(4)?, text(5)?],
        });
    }
    rows.lay_out(wanted.spreads);
    let columns = if wanted.spreads { "run, value, spread" } else { "run, value" };
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM value WHERE series = ?1"))?;
    for place in 0..rows.series.len() {
        let mut found = statement.query([rows.series[place].id])?;
        while let Some(row) = found.next()? {
            let spread = if wanted.spreads { row.get(2)? } else { None };
            rows.put(place, row.get(0)?, row.get(1)?, spread);
        }
    }
    Ok(rows)
}

/// What `SQLite`'s errors mean for a person.
fn trouble(path: &Path, error: &rusqlite::Error) -> HistoryError {
    let place = path.display().to_string();
    let problem = error.to_string();
    let Some(code) = error.sqlite_error_code() else { return HistoryError::damaged(place, problem) };
    match code {
        ErrorCode::DiskFull => HistoryError::full(place, problem),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => HistoryError::damaged(place, problem),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            let problem = format!("others kept it locked for {} s", PATIENCE.as_secs());
            HistoryError::new(Trouble::Busy, place, problem, "run it again when they are done")
        }
        _ => HistoryError::new(Trouble::Access, place, problem, "check that the file and its folder may be written"),
    }
}
