use super::address::moment;
use crate::store::history::rows::words;
use crate::store::history::{Appended, Entry};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::{Error, Transaction};

/// What tells series of a suite apart: benchmark, metric, unit, better direction, distribution.
type Key = [String; 5];

/// Adds runs within a transaction. Names are added in a fixed order, so that no two writers wait for each other.
pub(super) async fn insert(transaction: &Transaction<'_>, entries: &[Entry]) -> Result<Appended, Error> {
    let ids: Vec<String> = entries.iter().map(Entry::id).collect();
    let known = transaction.query("SELECT checksum FROM run WHERE checksum = ANY($1)", &[&ids]).await?;
    let mut known: BTreeSet<String> = known.iter().map(|row| row.get(0)).collect();
    let mut fresh: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
    for (id, entry) in ids.iter().zip(entries) {
        if known.insert(id.clone()) {
            fresh.entry(&entry.suite).or_default().push((id, entry));
        }
    }
    let mut appended = Appended { added: 0, known: 0 };
    for (suite, mut entries) in fresh {
        entries.sort_by_key(|(id, _)| *id);
        let suite = suite_id(transaction, suite).await?;
        let series = series_ids(transaction, suite, &entries).await?;
        for (id, entry) in entries {
            let environment = environment_id(transaction, entry).await?;
            let run = &entry.run;
            let inserted = transaction
                .query_opt(
                    "INSERT INTO run (checksum, suite, environment, revision, committed, recorded, launches, accepted)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (checksum) DO NOTHING RETURNING id",
                    &[
                        &id,
                        &suite,
                        &environment,
                        &run.revision,
                        &run.committed.map(moment),
                        &moment(run.recorded),
                        &i64::from(run.launches),
                        &run.accepted,
                    ],
                )
                .await?;
            // Somebody else stores the same run at this moment.
            let Some(row) = inserted else { continue };
            let number: i32 = row.get(0);
            let places: Vec<i32> = entry.values.iter().filter_map(|found| series.get(&key(found)).copied()).collect();
            let values: Vec<f64> = entry.values.iter().map(|found| found.value).collect();
            let spreads: Vec<Option<f64>> = entry.values.iter().map(|found| found.spread).collect();
            let sql = "INSERT INTO value (series, run, value, spread)
                       SELECT unnest($1::int4[]), $2::int4, unnest($3::float8[]), unnest($4::float8[])";
            transaction.execute(sql, &[&places, &number, &values, &spreads]).await?;
            appended.added += 1;
        }
    }
    appended.known = entries.len() - appended.added;
    Ok(appended)
}

async fn suite_id(transaction: &Transaction<'_>, name: &str) -> Result<i32, Error> {
    let select = "SELECT id FROM suite WHERE name = $1";
    if let Some(row) = transaction.query_opt(select, &[&name]).await? {
        return Ok(row.get(0));
    }
    transaction.execute("INSERT INTO suite (name) VALUES ($1) ON CONFLICT DO NOTHING", &[&name]).await?;
    Ok(transaction.query_one(select, &[&name]).await?.get(0))
}

async fn environment_id(transaction: &Transaction<'_>, entry: &Entry) -> Result<i32, Error> {
    let select = "SELECT id FROM environment WHERE md5(detail) = md5($1) AND detail = $1";
    let detail = serde_json::to_string(&entry.environment).unwrap_or_default();
    if let Some(row) = transaction.query_opt(select, &[&detail]).await? {
        return Ok(row.get(0));
    }
    let insert = "INSERT INTO environment (class, detail) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    transaction.execute(insert, &[&entry.environment.class, &detail]).await?;
    Ok(transaction.query_one(select, &[&detail]).await?.get(0))
}

fn key(found: &crate::store::history::Found) -> Key {
    let [unit, better, distribution] = words(&found.metric);
    [found.benchmark.clone(), found.metric.name.clone(), unit, better, distribution]
}

/// The ids of all series of a suite, those of these runs among them.
async fn series_ids(
    transaction: &Transaction<'_>,
    suite: i32,
    entries: &[(&str, &Entry)],
) -> Result<BTreeMap<Key, i32>, Error> {
    let mut known = all_series(transaction, suite).await?;
    let wanted: BTreeSet<Key> = entries.iter().flat_map(|(_, entry)| entry.values.iter().map(key)).collect();
    let missing: Vec<Key> = wanted.into_iter().filter(|key| !known.contains_key(key)).collect();
    if !missing.is_empty() {
        let column = |place: usize| missing.iter().map(|key| key[place].clone()).collect::<Vec<String>>();
        let sql = "INSERT INTO series (suite, benchmark, metric, unit, better, distribution)
                   SELECT $1::int4, unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::text[])
                   ON CONFLICT DO NOTHING";
        transaction.execute(sql, &[&suite, &column(0), &column(1), &column(2), &column(3), &column(4)]).await?;
        known = all_series(transaction, suite).await?;
    }
    Ok(known)
}

async fn all_series(transaction: &Transaction<'_>, suite: i32) -> Result<BTreeMap<Key, i32>, Error> {
    let sql = "SELECT id, benchmark, metric, unit, better, distribution FROM series WHERE suite = $1";
    let rows = transaction.query(sql, &[&suite]).await?;
    let key = |row: &tokio_postgres::Row| [1, 2, 3, 4, 5].map(|column| row.get::<_, String>(column));
    Ok(rows.iter().map(|row| (key(row), row.get(0))).collect())
}
