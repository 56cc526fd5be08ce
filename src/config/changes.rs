//! What differs between two texts of a configuration, key by key: for those who review the change.

use crate::judge::GateChange;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Characters of a value that are shown.
const VALUE_CHARS_MAX: usize = 120;

/// The keys that names tables of a list apart: they stay what they are when others come and go.
const NAMED_BY: [&[&str]; 3] = [&["name"], &["benchmark", "metric"], &["benchmark"]];

/// The keys whose values differ, sorted. Order and comments change nothing; a text that is no TOML is one key, the file itself.
#[must_use]
pub fn changes(file: &str, base: Option<&str>, head: Option<&str>) -> Vec<GateChange> {
    if base == head {
        return Vec::new();
    }
    let flat = |text: Option<&str>| {
        let mut keys = BTreeMap::new();
        let table: Table = text.unwrap_or_default().parse().ok()?;
        flatten("", &Value::Table(table), &mut keys);
        Some(keys)
    };
    let (Some(before), Some(after)) = (flat(base), flat(head)) else {
        let there = |text: Option<&str>| {
            text.map(|text| if flat(Some(text)).is_some() { "valid" } else { "not TOML" }.to_owned())
        };
        return vec![GateChange { key: file.to_owned(), base: there(base), head: there(head) }];
    };
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let value = |side: &BTreeMap<String, String>, key: &String| side.get(key).map(|value| cut(value));
    changed.map(|key| GateChange { key: key.clone(), base: value(&before, key), head: value(&after, key) }).collect()
}

fn flatten(at: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(name, value)| flatten(&below(name), value, keys)),
        Value::Array(list) if list.iter().any(Value::is_table) => {
            let mut last: BTreeMap<String, usize> = BTreeMap::new();
            for (nth, item) in list.iter().enumerate() {
                let name = name_of(item).unwrap_or_else(|| (nth + 1).to_string());
                let plain = format!("{at}[{name}]");
                // Two of one name: both are told.
                let number = last.entry(name).or_default();
                let place = loop {
                    *number += 1;
                    let place = if *number == 1 { plain.clone() } else { format!("{plain}#{number}") };
                    if !is_taken(&place, keys) {
                        break place;
                    }
                };
                flatten(&place, item, keys);
            }
        }
        other => {
            keys.insert(at.to_owned(), other.as_str().map_or_else(|| other.to_string(), str::to_owned));
        }
    }
}

/// Whether keys of that place, or of one whose name begins so, are there.
fn is_taken(place: &str, keys: &BTreeMap<String, String>) -> bool {
    keys.range(place.to_owned()..).next().is_some_and(|(key, _)| key.starts_with(place))
}

fn name_of(item: &Value) -> Option<String> {
    let text = |key: &&str| item.get(key).and_then(Value::as_str);
    NAMED_BY.iter().find_map(|keys| Some(keys.iter().map(text).collect::<Option<Vec<_>>>()?.join(" ")))
}

/// As much of a value as is shown: values that differ only further on are told all the same.
fn cut(value: &str) -> String {
    let short: String = value.chars().take(VALUE_CHARS_MAX).collect();
    if short.len() < value.len() { short + "…" } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(base: &str, head: &str) -> Vec<String> {
        changes("benchgate.toml", Some(base), Some(head)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_that_differ_only_at_their_end_are_told() {
        let long = |end: &str| format!("[[suite]]\nname = 'a'\nenv = {{ OPTS = '{} {end}' }}\n", "x".repeat(200));
        let told = changes("benchgate.toml", Some(&long("full")), Some(&long("tiny")));
        assert_eq!(told.len(), 1);
        assert!(told[0].key.ends_with("OPTS") && told[0].base.as_ref().unwrap().len() < 130, "{told:?}");
    }

    #[test]
    fn keys_are_named_with_both_values() {
        let base = "[gate]\nthreshold = '3%'\nalpha = 0.01\n[[suite]]\nname = 'a'\n[[suite]]\nname = 'b'\nmetrics = ['wall-time']\n";
        let head = "# new\n[gate]\nalpha = 0.01\nthreshold = '50%'\nconfirm = false\n[[suite]]\nname = 'b'\nmetrics = []\n\
                    [[waiver]]\nbenchmark = '**'\nmetric = 'wall-time'\nceiling = '9%'\n";
        assert_eq!(
            told(base, head),
            [
                "gate.confirm: false is new",
                "gate.threshold: 3% becomes 50%",
                "suite[a].name: a is gone",
                "suite[b].metrics: [\"wall-time\"] becomes []",
                "waiver[** wall-time].benchmark: ** is new",
                "waiver[** wall-time].ceiling: 9% is new",
                "waiver[** wall-time].metric: wall-time is new",
            ]
        );
    }

    #[test]
    fn order_and_remarks_are_no_change() {
        let base = "[gate]\nalpha = 0.01\n[[suite]]\nname = 'a'\n[[suite]]\nname = 'b'\n";
        assert!(told(base, "[[suite]]\nname = 'b' # b\n[[suite]]\nname = 'a'\n[gate]\nalpha = 0.010\n").is_empty());
        assert!(changes("x", None, None).is_empty());
    }

    #[test]
    fn whole_files_and_broken_ones_are_told() {
        assert_eq!(told("[gate]", "[gate"), ["benchgate.toml: valid becomes not TOML"]);
        assert_eq!(told("[gate]\nalpha = 0.01", "").len(), 1);
        let removed = changes("benchgate.toml", Some("[gate]\nalpha = 0.01"), None);
        assert_eq!(removed[0].to_string(), "gate.alpha: 0.01 is gone");
        let twice = "[[waiver]]\nbenchmark = 'a'\nmetric = 'm'\n";
        assert_eq!(told(twice, &twice.repeat(2)).len(), 2, "a second waiver of the same name is a change");
    }

    #[test]
    fn very_many_of_one_name_take_no_time() {
        let head = "[[waiver]]\nbenchmark = 'a'\nmetric = 'm'\n".repeat(5_000);
        let told = told("", &head);
        assert_eq!(told.len(), 10_000);
        assert!(told.contains(&"waiver[a m]#5000.metric: m is new".to_owned()));
    }
}
