use crate::store::history::rows::words;
use crate::store::history::{Entry, Found, Time};
use rusqlite::{OptionalExtension, Statement, Transaction, params};

/// The statements that add runs, each prepared once.
pub(super) struct Writer<'t> {
    transaction: &'t Transaction<'t>,
    is_known: Statement<'t>,
    insert_suite: Statement<'t>,
    suite: Statement<'t>,
    insert_environment: Statement<'t>,
    environment: Statement<'t>,
    insert_run: Statement<'t>,
    insert_series: Statement<'t>,
    series: Statement<'t>,
    insert_value: Statement<'t>,
}

impl<'t> Writer<'t> {
    pub(super) fn new(transaction: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| transaction.prepare(sql);
        Ok(Self {
            transaction,
            is_known: prepare("SELECT 1 FROM run WHERE checksum = ?1")?,
            insert_suite: prepare("INSERT INTO suite (name) VALUES (?1) ON CONFLICT DO NOTHING")?,
            suite: prepare("SELECT id FROM suite WHERE name = ?1")?,
            insert_environment: prepare("INSERT INTO environment (class, detail) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            environment: prepare("SELECT id FROM environment WHERE detail = ?1")?,
            insert_run: prepare(
                "INSERT INTO run (checksum, suite, environment, revision, committed, recorded, launches, accepted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            insert_series: prepare(
                "INSERT INTO series (suite, benchmark, metric, unit, better, distribution) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            series: prepare(
                "SELECT id FROM series
                 WHERE suite = ?1 AND benchmark = ?2 AND metric = ?3 AND unit = ?4 AND better = ?5 AND distribution = ?6",
            )?,
            insert_value: prepare("INSERT INTO value (series, run, value, spread) VALUES (?1, ?2, ?3, ?4)")?,
        })
    }

    /// Inserts a run and its values; `false` where it is there already.
    pub(super) fn insert(&mut self, entry: &Entry) -> rusqlite::Result<bool> {
        let id = entry.id();
        if self.is_known.exists([&id])? {
            return Ok(false);
        }
        self.insert_suite.execute([&entry.suite])?;
        let suite: i64 = self.suite.query_row([&entry.suite], |row| row.get(0))?;
        let detail = serde_json::to_string(&entry.environment).unwrap_or_default();
        self.insert_environment.execute([&entry.environment.class, &detail])?;
        let environment: i64 = self.environment.query_row([&detail], |row| row.get(0))?;
        let run = &entry.run;
        self.insert_run.execute(params![
            id,
            suite,
            environment,
            run.revision,
            run.committed.map(Time::ms),
            run.recorded.ms(),
            run.launches,
            run.accepted
        ])?;
        let run = self.transaction.last_insert_rowid();
        for found in &entry.values {
            let series = self.series(suite, found)?;
            self.insert_value.execute(params![series, run, found.value, found.spread])?;
        }
        Ok(true)
    }

    fn series(&mut self, suite: i64, found: &Found) -> rusqlite::Result<i64> {
        let [unit, better, distribution] = words(&found.metric);
        let key = params![suite, found.benchmark, found.metric.name, unit, better, distribution];
        if let Some(id) = self.series.query_row(key, |row| row.get(0)).optional()? {
            return Ok(id);
        }
        self.insert_series.execute(key)?;
        Ok(self.transaction.last_insert_rowid())
    }
}
