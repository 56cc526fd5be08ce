//! Bencher Metric Format: benchmark, measure, value. Bencher's own measures have its names and units; others are in base units.

use super::newest::newest;
use super::plain;
use crate::model::{History, Unit};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// benchgate's name, the unit it stands for, Bencher's slug and its unit in base units.
const MEASURES: [(&str, Unit, &str, f64); 2] =
    [("wall-time", Unit::Second, "latency", 1e-9), ("latency", Unit::Second, "latency", 1e-9)];

/// Writes the newest values.
pub(super) fn write(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let (values, gone) = newest(histories);
    let mut twice = 0;
    let mut benchmarks: Map<String, Value> = Map::new();
    for value in &values {
        let metric = value.series.metric.as_str();
        let known = MEASURES.iter().find(|(name, unit, ..)| *name == metric && value.series.unit == Some(*unit));
        let measures = benchmarks.entry(value.name()).or_insert_with(|| json!({}));
        let Some(measures) = measures.as_object_mut() else { continue };
        // A load test has both: its latency keeps the name.
        let (slug, factor) = match known {
            Some((_, _, slug, unit)) if !measures.contains_key(*slug) => ((*slug).to_owned(), *unit),
            _ => (plain(metric), 1.0),
        };
        let number = json!({ "value": value.value / factor });
        if measures.contains_key(&slug) {
            twice += 1;
        } else {
            measures.insert(slug, number);
        }
    }
    serde_json::to_writer_pretty(&mut *out, &benchmarks).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(gone.into_iter().chain(super::left_out(twice, "values left out: another one has the same names")).collect())
}
