//! Comma-separated values (RFC 4180). Programs that compute read them too, so no text begins as a formula does.

use super::table::{LABELS, Table};
use super::{number, plain};
use crate::harness::is_formula;
use crate::model::History;
use std::io::{self, Write};

/// Writes the table.
pub(super) fn write(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let table = Table::of(histories);
    row(out, LABELS.map(str::to_owned).into_iter().chain(table.titles.iter().map(|title| cell(title))))?;
    for (run, values) in table.rows() {
        let labels = [&run.commit, &run.time, &run.environment];
        let labels = labels.map(|label| label.as_deref().map_or_else(String::new, cell));
        let numbers =
            (0..table.titles.len()).map(|column| values.get(&column).copied().map_or_else(String::new, number));
        row(out, labels.into_iter().chain(numbers))?;
    }
    Ok(Vec::new())
}

fn row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    out.write_all(cells.collect::<Vec<_>>().join(",").as_bytes())?;
    out.write_all(b"\n")
}

/// A text as a cell: an apostrophe before what would be a formula, quotes around what would be several cells.
fn cell(text: &str) -> String {
    let text = plain(text);
    let text = if is_formula(&text) { format!("'{text}") } else { text };
    let is_plain = |c: char| c.is_alphanumeric() || "/_.:-+*#%@&()<>=!?~^$'{} ".contains(c) && c != ',';
    if text.chars().all(is_plain) { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
