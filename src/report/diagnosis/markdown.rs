//! The diagnosis for a job summary or an issue.

use super::{Diagnosis, SelfTest, alarms, headline, legend, place, table};
use crate::report::markdown::{cell, escape};
use std::io::{self, Write};

/// Columns of a value in a table.
const VALUE_COLUMNS: usize = 80;

pub(super) fn render(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {}\n\n{}", escape(&headline(diagnosis)), escape(&place(diagnosis)))?;
    if let Some(run) = &diagnosis.measured {
        kinds(run, out)?;
    }
    if !diagnosis.advice.is_empty() {
        writeln!(out, "\n**What to do, most gain first**\n")?;
    }
    for (number, one) in (1..).zip(&diagnosis.advice) {
        let (what, expected) = (escape(&one.what), escape(&one.expected));
        writeln!(out, "{number}. {what}<br>{expected}<br>{}", cell(&one.command, usize::MAX / 2))?;
    }
    writeln!(
        out,
        "\n<details><summary>The machine</summary>\n\n| fact | state | value | meaning |\n|---|---|---|---|"
    )?;
    for fact in &diagnosis.facts {
        let value = cell(&fact.value, VALUE_COLUMNS);
        writeln!(out, "| {} | {} | {value} | {} |", fact.fact.code(), fact.state.code(), escape(&fact.meaning))?;
    }
    writeln!(out, "\n</details>")
}

fn kinds(run: &SelfTest, out: &mut dyn Write) -> io::Result<()> {
    let (header, rows) = table(run);
    writeln!(out, "\n| {} |\n|---|--:|--:|--:|--:|--:|", header.join(" | "))?;
    for (row, kind) in rows.iter().zip(&run.kinds) {
        let alarm = if run.false_alarms().any(|alarmed| alarmed.name == kind.name) { " ❌" } else { "" };
        writeln!(out, "| {}{alarm} |", row.join(" | "))?;
    }
    for entry in &run.states {
        writeln!(out, "\n{}: {}, {}", entry.id.benchmark, entry.state, escape(&entry.detail))?;
    }
    writeln!(out, "\n{}\n\n{}", escape(&legend(run)), escape(&alarms(run)))
}
