//! A JSON object a line: only what a run has, so that many suites in one file stay small.

use super::plain;
use super::table::{LABELS, Table};
use crate::model::History;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Writes a line per run.
pub(super) fn write(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let table = Table::of(histories);
    for (run, values) in table.rows() {
        let mut object = Map::new();
        for (name, label) in LABELS.into_iter().zip([&run.commit, &run.time, &run.environment]) {
            if let Some(label) = label {
                object.insert(name.to_owned(), Value::from(plain(label)));
            }
        }
        object.extend(values.into_iter().map(|(column, value)| (table.titles[column].clone(), Value::from(value))));
        serde_json::to_writer(&mut *out, &object).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    Ok(Vec::new())
}
