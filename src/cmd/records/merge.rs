//! Several run records to one: parts of one comparison, judged as one family.

use super::gather;
use crate::judge::WHOLE_SUITE;
use crate::model::{BenchmarkId, RunRecord, Shard, StateEntry};
use crate::plan::SHARDS_MAX;
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// Joins records that hold parts of one comparison, so that they are judged as one family; a lone record stays as it is.
/// Returns what a reader should know about them, too.
pub(in crate::cmd) fn merge(records: Vec<(String, RunRecord)>) -> Result<(RunRecord, Vec<String>)> {
    let Some(((first_name, first), others)) = records.split_first() else { bail!("no run record is named") };
    if first.base.is_none() {
        bail!("'{first_name}' holds one side only; `benchgate compare BASE HEAD` compares two such records");
    }
    let sharded = records.iter().any(|(_, record)| record.shard.is_some());
    others.iter().try_for_each(|(name, part)| fits((first_name, first), (name, part), sharded))?;
    whole_plan(&records)?;
    let count = records.len();
    let together = (count > 1).then(|| format!("{count} run records are judged together, as one run"));
    let notes = together.into_iter().chain(machines(&records).filter(|_| sharded)).collect();
    let mut places = Places::new();
    let mut records = records.into_iter();
    let Some((first_name, mut whole)) = records.next() else { bail!("no run record is named") };
    enter(&first_name, &whole, &mut places)?;
    for (name, part) in records {
        // What an earlier record says too is said once; `enter` refuses it unless both say the same.
        let known: Vec<bool> = part.states.iter().map(|entry| places.contains_key(&entry.id)).collect();
        enter(&name, &part, &mut places)?;
        whole.cost.add_measuring(&part.cost);
        whole.cost.build_s += part.cost.build_s;
        whole.started = whole.started.min(part.started);
        whole.rows.extend(part.rows);
        whole.durations.extend(part.durations);
        whole.states.extend(part.states.into_iter().zip(known).filter(|(_, known)| !known).map(|(entry, _)| entry));
    }
    gather::sort(&mut whole);
    Ok((whole, notes))
}

/// Where there are shards: refused unless all are shards of one plan, each once.
fn whole_plan(records: &[(String, RunRecord)]) -> Result<()> {
    let shards: Vec<(&str, &Shard)> =
        records.iter().filter_map(|(name, record)| Some((&**name, record.shard.as_ref()?))).collect();
    let Some((&(first_name, first), others)) = shards.split_first() else { return Ok(()) };
    if let Some((name, _)) = records.iter().find(|(_, record)| record.shard.is_none()) {
        bail!(
            "'{first_name}' is shard {}/{} and '{name}' is no shard: they do not belong together",
            first.index,
            first.count
        );
    }
    if !(1..=SHARDS_MAX).contains(&first.count) {
        bail!("'{first_name}' is one of {} shards; there are at most {SHARDS_MAX}", first.count);
    }
    let mut by_index = BTreeMap::from([(first.index, first_name)]);
    for &(name, shard) in others {
        let other = |what: &str| {
            format!(
                "'{first_name}' and '{name}' do not belong together: they are shards of {what}; measure all of them again"
            )
        };
        if shard.count != first.count {
            bail!("{} ({} and {})", other("plans of different size"), first.count, shard.count);
        }
        if shard.policy != first.policy {
            bail!(other("different policies"));
        }
        if shard.plan != first.plan {
            bail!(other("different plans: other commits, flags, benchmarks or durations"));
        }
        if let Some(twin) = by_index.insert(shard.index, name) {
            bail!("'{twin}' and '{name}' are both shard {}/{}; give each once", shard.index, shard.count);
        }
    }
    if let Some((index, name)) = by_index.iter().find(|(index, _)| !(1..=first.count).contains(*index)) {
        bail!("'{name}' is shard {index} of {}, which there cannot be", first.count);
    }
    let missing: Vec<String> = (1..=first.count)
        .filter(|index| !by_index.contains_key(index))
        .map(|index| format!("{index}/{}", first.count))
        .collect();
    if !missing.is_empty() {
        bail!(
            "nothing can be said without shard {}: what it measures would go unjudged; run it again and give its record too",
            missing.join(", ")
        );
    }
    Ok(())
}

/// Which shards were measured on another kind of machine. Both sides of a row always come from one and the same.
fn machines(records: &[(String, RunRecord)]) -> Option<String> {
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for record in records.iter().map(|(_, record)| record) {
        let index = record.shard.as_ref().map_or(0, |shard| shard.index);
        classes.entry(&record.environment.class).or_default().push(index.to_string());
    }
    let list: Vec<String> =
        classes.iter().map(|(class, shards)| format!("{class} (shards {})", shards.join(", "))).collect();
    (list.len() > 1).then(|| {
        format!(
            "the shards ran on {} kinds of machines, base and head of each benchmark on the same: {}",
            list.len(),
            list.join("; ")
        )
    })
}

/// Refuses records that were not measured for one and the same comparison.
fn fits((first_name, first): (&str, &RunRecord), (name, part): (&str, &RunRecord), sharded: bool) -> Result<()> {
    let base = |record: &RunRecord| record.base.as_ref().map_or("absent".to_owned(), |base| base.revision.clone());
    let source = |record: &RunRecord| format!("{:?}", record.base.as_ref().map(|base| base.source));
    let looks = |record: &RunRecord| format!("{:?}", record.looks);
    // Runners of one label differ; a shard is compared with nothing from another machine.
    let class = |record: &RunRecord| if sharded { String::new() } else { record.environment.class.clone() };
    for (what, ours, theirs) in [
        ("base", base(first), base(part)),
        ("head", first.head.revision.clone(), part.head.revision.clone()),
        ("base's source", source(first), source(part)),
        ("the environment class", class(first), class(part)),
        ("the plan's looks", looks(first), looks(part)),
        ("benchgate's version", first.tool.version.clone(), part.tool.version.clone()),
    ] {
        if ours != theirs {
            bail!(
                "'{first_name}' and '{name}' do not belong together: {what} is {ours} in the first and {theirs} in the other"
            );
        }
    }
    Ok(())
}

/// Where a benchmark is, and as which state if it has no row.
type Places = BTreeMap<BenchmarkId, (String, Option<StateEntry>)>;

/// Refuses what another record holds already: a benchmark belongs into one of them, whole. States that two records give alike,
/// for example of a suite that is gone, are one.
fn enter(name: &str, record: &RunRecord, places: &mut Places) -> Result<()> {
    let mut own = BTreeSet::new();
    for row in &record.rows {
        if !own.insert((&row.id, &row.metric.name)) {
            bail!("'{name}' holds '{}' {} twice", row.id, row.metric.name);
        }
    }
    let rows = record.rows.iter().map(|row| (&row.id, None));
    for (id, state) in rows.chain(record.states.iter().map(|entry| (&entry.id, Some(entry)))) {
        match places.get(id) {
            Some((other, known)) if other != name => {
                if state.is_none() || known.as_ref() != state {
                    bail!("'{other}' and '{name}' both hold '{id}'");
                }
            }
            Some(_) => {}
            None => drop(places.insert(id.clone(), (name.to_owned(), state.cloned()))),
        }
    }
    match lost(record) {
        Some(benchmark) => bail!(
            "'{name}' was to measure '{benchmark}' and says nothing of it: it is not the record that was written; run that shard again"
        ),
        None => Ok(()),
    }
}

/// The first benchmark that a shard was to measure and that has neither a row nor a state, nor has its whole suite a state.
fn lost(record: &RunRecord) -> Option<&String> {
    let mut said = BTreeSet::new();
    for id in record.rows.iter().map(|row| &row.id).chain(record.states.iter().map(|entry| &entry.id)) {
        said.extend([id.to_string(), whole(&id.suite)]);
    }
    let failed: Vec<&str> =
        record.states.iter().filter(|entry| entry.id.benchmark == WHOLE_SUITE).map(|entry| &*entry.id.suite).collect();
    let is_in = |benchmark: &str, suite: &str| benchmark.strip_prefix(suite).is_some_and(|rest| rest.starts_with('/'));
    let is_lost =
        |benchmark: &&String| !said.contains(*benchmark) && !failed.iter().any(|suite| is_in(benchmark, suite));
    record.shard.as_ref()?.benchmarks.iter().find(is_lost)
}

fn whole(suite: &str) -> String {
    BenchmarkId::new(suite, WHOLE_SUITE).to_string()
}
