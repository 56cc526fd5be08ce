//! A history in a `PostgreSQL` database, where one machine is outgrown.
//!
//! Every call is one transaction. A connection that is lost in the middle is made anew and the call repeated: a run has its checksum
//! as its name, so that it is stored once whatever came of the first attempt.

mod address;
mod writer;

use super::rows::{Rows, RunRow, SeriesRow};
use super::{Appended, Checked, Columns, Entry, HistoryError, Keep, Store, Trouble, Wanted};
use address::{Address, told};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, IsolationLevel, NoTls, Transaction};

/// One step per version of the tables.
const MIGRATIONS: [&str; 1] = [include_str!("1.sql")];

/// The version that they lead to.
const VERSION: i32 = 1;

/// The key of the lock that only one migrating client holds: `bgat` as a number.
const LOCK: i64 = 0x6267_6174;

/// How often a call is tried whose connection is lost, or that another transaction stood in the way of.
const TRIES_MAX: u32 = 4;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// Series that are fetched at a time.
const SERIES_FETCHED: usize = 100;

/// A schema of a database.
pub struct Postgres {
    address: Address,
    runtime: Runtime,
    client: Option<Client>,
}

impl Postgres {
    /// The history at this address; the server is asked when something is stored or read.
    pub fn new(address: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, HistoryError> {
        let address = Address::parse(address, variable)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            HistoryError::new(Trouble::Access, &address.place, error.to_string(), "free some file descriptors")
        })?;
        Ok(Self { address, runtime, client: None })
    }

    /// Does something, anew if the connection was lost.
    fn call<T>(&mut self, work: &impl AsyncFn(&mut Client, &Address) -> Result<T, Failed>) -> Result<T, HistoryError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (address, client) = (&self.address, &mut self.client);
            let once = async {
                let open = match client.take().filter(|client| !client.is_closed()) {
                    Some(open) => open,
                    None => connect(address).await?,
                };
                work(client.insert(open), address).await
            };
            let done = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, once).await });
            let failed = match done {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(Failed::Told(error))) => return Err(error),
                Ok(Err(Failed::Server(error))) => error,
                Err(_) => {
                    self.client = None;
                    let problem = format!("no answer for {} s", PATIENCE.as_secs());
                    return Err(HistoryError::new(Trouble::Unreachable, &self.address.place, problem, AGAIN));
                }
            };
            if attempt >= TRIES_MAX || !is_passing(&failed) {
                return Err(trouble(&self.address.place, &failed));
            }
            self.client = None;
            std::thread::sleep(Duration::from_millis(fastrand::u64(10..=50) << attempt));
        }
    }

    /// The rows of every suite that is wanted.
    fn suites(&mut self, wanted: &Wanted) -> Result<Vec<Rows>, HistoryError> {
        self.call(&async |client, address| {
            let transaction = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()
                .await?;
            let mut loaded = Vec::new();
            if version(&transaction, address).await?.is_some() {
                for row in transaction.query("SELECT id, name FROM suite ORDER BY name COLLATE \"C\"", &[]).await? {
                    let name: String = row.get(1);
                    if wanted.takes_suite(&name) {
                        loaded.push(rows(&transaction, row.get(0), &name, wanted).await?);
                    }
                }
            }
            transaction.commit().await?;
            Ok(loaded)
        })
    }
}

const AGAIN: &str = "run it again: nothing that was stored is lost, and no run is stored twice";

/// Why a call failed.
enum Failed {
    /// The server, or the way there.
    Server(Error),
    /// Something that can be told at once.
    Told(HistoryError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl From<HistoryError> for Failed {
    fn from(error: HistoryError) -> Self {
        Self::Told(error)
    }
}

async fn connect(address: &Address) -> Result<Client, Failed> {
    let client = match &address.tls {
        Some(tls) => {
            let (client, connection) = address.config.connect(tls.clone()).await?;
            tokio::spawn(async move { drop(connection.await) });
            client
        }
        None => {
            let (client, connection) = address.config.connect(NoTls).await?;
            tokio::spawn(async move { drop(connection.await) });
            client
        }
    };
    // The name has been checked to hold nothing but letters, digits and '_'.
    let settings = format!("SET search_path = \"{}\"; SET lock_timeout = '60s'; SET jit = off", address.schema);
    client.batch_execute(&settings).await?;
    Ok(client)
}

/// The version of the tables; `None` where there are none.
async fn version(transaction: &Transaction<'_>, address: &Address) -> Result<Option<i32>, Failed> {
    let sql = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'migration'";
    if transaction.query_opt(sql, &[&address.schema]).await?.is_none() {
        return Ok(None);
    }
    let version: Option<i32> = transaction.query_one("SELECT max(version) FROM migration", &[]).await?.get(0);
    if version.is_some_and(|version| version > VERSION) {
        return Err(HistoryError::newer(&address.place, version.unwrap_or_default(), VERSION).into());
    }
    Ok(version)
}

/// Brings the tables to this version, once, whoever comes first. Needs rights that storing does not need.
async fn migrate(transaction: &Transaction<'_>, address: &Address) -> Result<(), Failed> {
    if version(transaction, address).await? == Some(VERSION) {
        return Ok(());
    }
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let done = version(transaction, address).await?;
    if done == Some(VERSION) {
        return Ok(());
    }
    let sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
    if transaction.query_opt(sql, &[&address.schema]).await?.is_none() {
        transaction.batch_execute(&format!("CREATE SCHEMA \"{}\"", address.schema)).await?;
    }
    if done.is_none() {
        let table = "CREATE TABLE migration (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())";
        transaction.batch_execute(table).await?;
    }
    for (step, number) in MIGRATIONS.iter().zip(1..).filter(|(_, number)| *number > done.unwrap_or(0)) {
        transaction.batch_execute(step).await?;
        transaction.execute("INSERT INTO migration (version) VALUES ($1)", &[&number]).await?;
    }
    Ok(())
}

impl Store for Postgres {
    fn place(&self) -> String {
        self.address.place.clone()
    }

    fn append(&mut self, entries: &[Entry]) -> Result<Appended, HistoryError> {
        self.call(&async |client, address| {
            let transaction = client.transaction().await?;
            migrate(&transaction, address).await?;
            let appended = writer::insert(&transaction, entries).await?;
            transaction.commit().await?;
            Ok(appended)
        })
    }

    fn load(&mut self, wanted: &Wanted) -> Result<Vec<Columns>, HistoryError> {
        let place = self.place();
        self.suites(wanted)?.into_iter().map(|rows| rows.into_columns(&place)).collect()
    }

    fn prune(&mut self, keep: Keep) -> Result<usize, HistoryError> {
        let nothing = Wanted { metric: Some(String::new()), ..Wanted::default() };
        self.call(&async |client, address| {
            let transaction = client.transaction().await?;
            if version(&transaction, address).await?.is_none() {
                return Ok(0);
            }
            let mut dropped = 0;
            for row in transaction.query("SELECT id, name FROM suite", &[]).await? {
                let rows = rows(&transaction, row.get(0), &row.get::<_, String>(1), &nothing).await?;
                let gone = rows.gone(&address.place, keep)?.into_iter().filter_map(|id| i32::try_from(id).ok());
                let gone: Vec<i32> = gone.collect();
                transaction.execute("DELETE FROM value WHERE run = ANY($1)", &[&gone]).await?;
                transaction.execute("DELETE FROM run WHERE id = ANY($1)", &[&gone]).await?;
                dropped += gone.len();
            }
            if dropped > 0 {
                let idle = "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM value WHERE value.series = series.id);
                            DELETE FROM environment WHERE id NOT IN (SELECT environment FROM run);
                            DELETE FROM suite WHERE id NOT IN (SELECT suite FROM run)";
                transaction.batch_execute(idle).await?;
            }
            transaction.commit().await?;
            Ok(dropped)
        })
    }

    fn check(&mut self) -> Result<Checked, HistoryError> {
        let stray = self.call(&async |client, address| {
            let transaction = client.transaction().await?;
            if version(&transaction, address).await?.is_none() {
                return Ok(0);
            }
            let sql = "SELECT count(*) FROM value WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.id = value.run)
                       OR NOT EXISTS (SELECT 1 FROM series WHERE series.id = value.series)";
            Ok(transaction.query_one(sql, &[]).await?.get::<_, i64>(0))
        })?;
        let mut checked = Checked::default();
        checked.damaged.extend((stray > 0).then(|| format!("{stray} values belong to no run or no series")));
        for rows in self.suites(&Wanted::everything())? {
            let read = checked.take(rows.into_columns(&self.address.place))?;
            checked.sound.extend(read);
        }
        Ok(checked)
    }
}

/// All of a suite that is wanted.
async fn rows(transaction: &Transaction<'_>, suite: i32, name: &str, wanted: &Wanted) -> Result<Rows, Failed> {
    let mut rows = Rows::new(name);
    for row in transaction.query("SELECT id, class, detail FROM environment", &[]).await? {
        rows.environment(row.get::<_, i32>(0).into(), row.get(1), row.get(2));
    }
    let ms = |moment: SystemTime| {
        moment.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(-1)
    };
    let sql =
        "SELECT id, checksum, environment, revision, committed, recorded, launches, accepted FROM run WHERE suite = $1";
    for row in transaction.query(sql, &[&suite]).await? {
        rows.runs.push(RunRow {
            id: row.get::<_, i32>(0).into(),
            checksum: row.get(1),
            environment: row.get::<_, i32>(2).into(),
            revision: row.get(3),
            committed: row.get::<_, Option<SystemTime>>(4).map(ms),
            recorded: ms(row.get(5)),
            launches: row.get(6),
            accepted: row.get(7),
        });
    }
    let sql = "SELECT id, benchmark, metric, unit, better, distribution FROM series
               WHERE suite = $1 AND ($2::text IS NULL OR benchmark = $2) AND ($3::text IS NULL OR metric = $3) ORDER BY id";
    for row in transaction.query(sql, &[&suite, &wanted.benchmark, &wanted.metric]).await? {
        let words = [3, 4, 5].map(|column| row.get(column));
        rows.series.push(SeriesRow {
            id: row.get::<_, i32>(0).into(),
            benchmark: row.get(1),
            metric: row.get(2),
            words,
        });
    }
    rows.lay_out(wanted.spreads);
    let ids: Vec<i32> = rows.series.iter().filter_map(|series| i32::try_from(series.id).ok()).collect();
    let columns = if wanted.spreads {
        "array_agg(run), array_agg(value), array_agg(spread)"
    } else {
        "array_agg(run), array_agg(value)"
    };
    let sql = format!("SELECT series, {columns} FROM value WHERE series = ANY($1) GROUP BY series");
    let statement = transaction.prepare(&sql).await?;
    for ids in ids.chunks(SERIES_FETCHED) {
        for row in transaction.query(&statement, &[&ids]).await? {
            let id: i32 = row.get(0);
            let Ok(place) = rows.series.binary_search_by_key(&i64::from(id), |series| series.id) else { continue };
            let (runs, values): (Vec<i32>, Vec<f64>) = (row.get(1), row.get(2));
            let spreads: Vec<Option<f64>> = if wanted.spreads { row.get(3) } else { Vec::new() };
            for (index, (run, value)) in runs.into_iter().zip(values).enumerate() {
                rows.put(place, run.into(), value, spreads.get(index).copied().flatten());
            }
        }
    }
    Ok(rows)
}

/// Whether the same call may succeed in a moment.
fn is_passing(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            let passing = [
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::T_R_SERIALIZATION_FAILURE,
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::UNIQUE_VIOLATION,
                SqlState::TOO_MANY_CONNECTIONS,
            ];
            passing.contains(code)
        }
        None => true,
    }
}

/// What the server's errors mean for a person. The texts are the server's, which holds no password of ours.
fn trouble(place: &str, error: &Error) -> HistoryError {
    let text = told(error);
    let Some(code) = error.code() else {
        return HistoryError::new(Trouble::Unreachable, place, text, AGAIN);
    };
    let denied =
        [SqlState::INSUFFICIENT_PRIVILEGE, SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
    let busy = [SqlState::LOCK_NOT_AVAILABLE, SqlState::TOO_MANY_CONNECTIONS, SqlState::T_R_DEADLOCK_DETECTED];
    match code {
        code if denied.contains(code) => {
            let next = "use a role that may do this (docs/history.md says which rights each needs)";
            HistoryError::new(Trouble::Access, place, text, next)
        }
        code if *code == SqlState::DISK_FULL => HistoryError::full(place, text),
        code if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            HistoryError::damaged(place, text)
        }
        code if busy.contains(code) => HistoryError::new(Trouble::Busy, place, text, AGAIN),
        code if code.code().starts_with("57") => HistoryError::new(Trouble::Unreachable, place, text, AGAIN),
        _ => HistoryError::new(Trouble::Access, place, text, "check the address, and what the server's log says"),
    }
}
