//! The trend at a terminal: a line per series, changed ones with their changes below, the answer last.

use super::sparkline::sparkline;
use super::{alerts, change, direction, drift_sentence, exceeds, headline, name, place};
use crate::report::{Options, text};
use crate::trend::{SeriesTrend, Trend};
use std::io::{self, Write};

/// Cells of a picture, and columns of a name.
const CELLS: usize = 40;
const NAME_COLUMNS: usize = 50;

pub(super) fn render(trend: &Trend, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Vec::new();
    write(trend, options, &mut page)?;
    // A name at a line's beginning could be a command to whoever reads the log.
    out.write_all(text::without_commands(&String::from_utf8_lossy(&page)).as_bytes())
}

fn write(trend: &Trend, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&SeriesTrend> = trend
        .series
        .iter()
        .filter(|series| options.verbose || !series.change_points.is_empty() || exceeds(series))
        .collect();
    let names: Vec<String> = shown.iter().map(|series| name(series)).collect();
    let room = if options.verbose { usize::MAX } else { NAME_COLUMNS.min(options.width / 2) };
    let names: Vec<String> = names.iter().map(|name| text::cut(name, room)).collect();
    let widest = names.iter().map(|name| text::width(name)).max().unwrap_or(0);
    let cells = options.width.saturating_sub(widest + 12).clamp(8, CELLS);
    if !options.quiet {
        for (series, name) in shown.iter().zip(&names) {
            let fill = " ".repeat(widest - text::width(name));
            let picture = sparkline(&series.values, cells, options.ascii);
            writeln!(out, "{}{name}{}{fill}  {picture}  {} runs", options.styles.bold, options.styles.reset, series.n)?;
            changes(series, options, out)?;
        }
        let rest = trend.series.len() - shown.len();
        if rest > 0 && !shown.is_empty() {
            writeln!(
                out,
                "{}{rest} more without a change: --verbose lists them{}",
                options.styles.dim, options.styles.reset
            )?;
        }
        for line in alerts::lines(trend) {
            writeln!(out, "{line}")?;
        }
        for note in &trend.notes {
            for line in text::wrap(&text::line(&format!("note: {note}")), options.width.max(20)) {
                writeln!(out, "{}{line}{}", options.styles.dim, options.styles.reset)?;
            }
        }
    }
    writeln!(out, "{}{}{}", options.styles.bold, headline(trend), options.styles.reset)
}

fn changes(series: &SeriesTrend, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for step in &series.change_points {
        let levels = (step.before, step.after);
        let way = direction(series, step.ratio, levels);
        let style = match way {
            "worse" => options.styles.regression,
            "better" => options.styles.improvement,
            _ => options.styles.inconclusive,
        };
        let change = change(series, step.ratio, step.interval, levels);
        writeln!(out, "  {style}{way}{}  {change}, {}", options.styles.reset, place(step))?;
    }
    match &series.drift {
        Some(drift) if options.verbose || exceeds(series) => writeln!(out, "  {}", drift_sentence(series, drift)),
        _ => Ok(()),
    }
}
