//! A bisection for a person: the culprit, how sure that is, what was seen of each commit, what to type next.

use super::{Bisected, Ending, HEADER, Treatment, cells, difference, effort, headline, text};
use crate::report::Options;
use std::io::{self, Write};

/// Lines of why a commit was skipped.
const WHY_LINES: usize = 1;

pub(super) fn render(found: &Bisected, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let styles = options.styles;
    let style = match found.ending {
        Ending::Found => styles.regression,
        Ending::Narrowed | Ending::NoCulprit => styles.inconclusive,
        Ending::NoDifference => "",
    };
    let mut line = |style: &str, text: &str| {
        let reset = if style.is_empty() { "" } else { styles.reset };
        writeln!(out, "{style}{text}{reset}")
    };
    for part in text::wrap(&headline(found), options.width) {
        line(style, &part)?;
    }
    if options.quiet {
        return Ok(());
    }
    line("", &difference(found))?;
    let rows: Vec<_> = found.rows(options.verbose).collect();
    if !rows.is_empty() {
        let cells: Vec<[String; 5]> = rows.iter().map(|row| cells(row)).collect();
        let header = HEADER.map(str::to_owned);
        let width = |column: usize| {
            std::iter::once(&header).chain(&cells).map(|row| text::width(&row[column])).max().unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        let aligned = |row: &[String; 5]| -> String {
            let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
                let fill = " ".repeat(width - text::width(cell));
                if (1..4).contains(&column) { format!("{fill}{cell}  ") } else { format!("{cell}{fill}  ") }
            });
            cells.collect::<String>().trim_end().to_owned()
        };
        line("", "")?;
        line(styles.bold, &aligned(&header))?;
        for (row, cells) in rows.iter().zip(&cells) {
            let style = match row.treatment {
                _ if found.culprits.contains(&row.commit) && found.ending == Ending::Found => styles.regression,
                Treatment::Skipped | Treatment::Untouched => styles.dim,
                Treatment::Measured | Treatment::Same => "",
            };
            line(style, &aligned(cells))?;
            for why in text::lines(&row.detail, WHY_LINES, options.width.saturating_sub(4).max(20)).0 {
                line(styles.dim, &format!("    {why}"))?;
            }
        }
        line("", "")?;
    }
    line(styles.dim, &effort(found))?;
    for note in &found.notes {
        for part in text::wrap(&format!("note: {}", text::line(note)), options.width) {
            line(styles.dim, &part)?;
        }
    }
    for command in &found.next {
        line("", &format!("  {}", text::line(command)))?;
    }
    Ok(())
}
