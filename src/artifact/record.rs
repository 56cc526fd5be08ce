//! A run record's text to the record, if a run could have left it.

use super::{Refused, refused, shown};
use crate::model::{Design, Row, RunRecord, SCHEMA, SecondLook, known_metric};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Rows and states of a record.
const ENTRIES_MAX: usize = 200_000;

/// Numbers of one side of a row.
const LAUNCHES_MAX: usize = 100_000;

/// Bytes of a name.
const NAME_BYTES_MAX: usize = 1 << 16;

/// The part of a file that every schema has.
#[derive(Deserialize)]
struct Version {
    schema: u64,
}

/// Reads a record's text, which may come from a stranger: newer schemas are refused by number, and so is what no run leaves.
pub fn parse(name: &str, bytes: &[u8]) -> Result<RunRecord, Refused> {
    let place = |error: serde_json::Error| {
        Refused(format!("{name}:{}:{}: {}", error.line(), error.column(), shown(&error.to_string())))
    };
    let Version { schema } = serde_json::from_slice(bytes).map_err(place)?;
    if schema > u64::from(SCHEMA) {
        return refused(format!(
            "{name}: schema {schema} is newer than this benchgate knows ({SCHEMA}); update benchgate"
        ));
    }
    if schema < u64::from(SCHEMA) {
        return refused(format!("{name}: schema {schema} is none that benchgate ever wrote"));
    }
    let record: RunRecord = serde_json::from_slice(bytes).map_err(place)?;
    sound(name, &record)?;
    Ok(record)
}

fn sound(name: &str, record: &RunRecord) -> Result<(), Refused> {
    if record.rows.len() + record.states.len() + record.durations.len() > ENTRIES_MAX {
        return refused(format!("{name}: more than {ENTRIES_MAX} rows, states and durations"));
    }
    let cost = &record.cost;
    let seconds = [cost.build_s, cost.measure_s, cost.children_s, cost.analyse_s];
    if !seconds.iter().all(is_sound) {
        return refused(format!("{name}: 'cost' holds what no clock shows"));
    }
    if let Some(spent) = record.durations.iter().find(|spent| !is_sound(&spent.seconds)) {
        let (id, seconds) = (shown(&spent.id.to_string()), spent.seconds);
        return refused(format!("{name}: '{id}' took {seconds} seconds, which no launch can take"));
    }
    if !record.looks.is_sorted_by(|a, b| a < b) || record.looks.first() == Some(&0) {
        return refused(format!("{name}: 'looks' do not ascend"));
    }
    let mut known = BTreeSet::new();
    for row in &record.rows {
        let at = format!("{name}: '{}' {}", shown(&row.id.to_string()), shown(&row.metric.name));
        sound_row(row, record).or_else(|why| refused(format!("{at} {why}")))?;
        if !known.insert((&row.id, &row.metric.name)) {
            return refused(format!("{at} stands there twice"));
        }
    }
    Ok(())
}

fn sound_row(row: &Row, record: &RunRecord) -> Result<(), &'static str> {
    let names = [&row.id.suite, &row.id.benchmark, &row.metric.name];
    if names.into_iter().any(|name| name.len() > NAME_BYTES_MAX) {
        return Err("has a name longer than any");
    }
    if [&row.base, &row.head].into_iter().any(|side| side.len() > LAUNCHES_MAX) {
        return Err("holds more launches than any run");
    }
    let sound = row.base.iter().chain(&row.head).all(is_sound);
    let look_is_sound = |look: &SecondLook| {
        let (base, head) = (look.base.len(), look.head.len());
        base == head && base <= LAUNCHES_MAX && look.base.iter().chain(&look.head).all(is_sound)
    };
    if !sound || row.head.is_empty() || !row.second_look.as_ref().is_none_or(look_is_sound) {
        return Err("holds no launch, or a value that no launch can have");
    }
    if row.design == Design::Paired && record.looks.is_empty() {
        return Err("is paired, and the record says nothing of looks");
    }
    let other = known_metric(&row.metric.name)
        .is_some_and(|known| known.unit != row.metric.unit || known.better != row.metric.better);
    if other { Err("has another unit or direction than the metric of that name") } else { Ok(()) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for iterators of references")]
fn is_sound(value: &f64) -> bool {
    value.is_finite() && *value >= 0.0
}
