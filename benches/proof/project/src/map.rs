//! Looking things up in a map.

use crate::random::Random;
use std::collections::BTreeMap;

/// How many lookups are one turn: whole cycles through the keys.
pub const LOOKUPS: usize = 1_000;

/// Keys that are looked up.
const KEYS: usize = 100;

pub struct Table {
    map: BTreeMap<u32, u32>,
    keys: Vec<u32>,
}

#[inline(never)]
pub fn is_sound() -> bool {
    let table = table(KEYS);
    lookup(&table, 1) == table.keys.first().map_or(0, |key| u64::from(table.map[key]))
}

/// A map with so many entries.
pub fn table(entries: usize) -> Table {
    let mut random = Random(7);
    let map: BTreeMap<u32, u32> = (0..entries).map(|_| (random.next(), random.next())).collect();
    let keys = map.keys().copied().step_by(entries / KEYS).take(KEYS).collect();
    Table { map, keys }
}

/// The sum of what so many lookups find.
#[inline(never)]
pub fn lookup(table: &Table, lookups: usize) -> u64 {
    let keys = table.keys.iter().cycle().take(lookups);
    keys.map(|key| table.map.get(key).copied().map_or(0, u64::from)).sum()
}
