//! A bisection for an issue or a job summary.

use super::{Bisected, HEADER, cells, difference, effort, headline};
use crate::report::markdown::{cell, escape};
use std::io::{self, Write};

pub(super) fn render(found: &Bisected, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {}\n\n{}", escape(&headline(found)), escape(&difference(found)))?;
    let mut rows = found.rows(false).peekable();
    if rows.peek().is_some() {
        writeln!(out, "\n| {} | why |\n|---|--:|--:|--:|---|---|", HEADER.join(" | "))?;
    }
    for row in rows {
        let [commit, done, change, chance, summary] = cells(row);
        let why = row.detail.lines().next().map_or_else(String::new, |why| cell(why, 80));
        writeln!(out, "| `{commit}` | {done} | {change} | {chance} | {} | {why} |", cell(&summary, 80))?;
    }
    writeln!(out, "\n{}", escape(&effort(found)))?;
    for note in &found.notes {
        writeln!(out, "\n> **Note:** {}", escape(note))?;
    }
    for command in &found.next {
        writeln!(out, "\n- {}", cell(command, usize::MAX / 2))?;
    }
    Ok(())
}
