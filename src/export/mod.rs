//! Histories and single runs as files for other tools: one file per format, a table of formats.
//!
//! Floor 3. Reads no file and no clock: the same history always gives the same bytes. What a format has no room for is said in a
//! note, and never left out in silence.

mod action;
mod bencher;
mod columns;
mod format;
mod lines;
mod newest;
mod openmetrics;
mod spreadsheet;
mod table;
#[cfg(test)]
mod tests;

pub use format::Format;

use crate::model::{History, is_unprintable};
use std::io::{self, Write};

/// The dashboard for what [`Format::OpenMetrics`] writes, to be imported into Grafana.
pub const GRAFANA_PROMETHEUS: &str = include_str!("../../docs/grafana-prometheus.json");

/// The dashboard for a history in a database.
pub const GRAFANA_POSTGRES: &str = include_str!("../../docs/grafana-postgres.json");

/// Writes histories, and returns what a reader should know of the result, one sentence each.
pub fn write(histories: &[History], format: Format, out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut notes: Vec<String> = histories.iter().flat_map(|history| history.left_out.iter().cloned()).collect();
    notes.extend(match format {
        Format::Csv => spreadsheet::write(histories, out)?,
        Format::Ndjson => lines::write(histories, out)?,
        Format::Parquet => columns::write(histories, out)?,
        Format::OpenMetrics => openmetrics::newest(histories, out)?,
        Format::OpenMetricsHistory => openmetrics::all(histories, out)?,
        Format::Bmf => bencher::write(histories, out)?,
        Format::DataJs => action::history(histories, out)?,
        Format::SmallerIsBetter | Format::BiggerIsBetter => action::list(histories, format, out)?,
    });
    Ok(notes)
}

/// A name on one line without what may change how the text around it looks: whoever reads tables refuses it.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { ' ' } else { c }).filter(|c| !is_unprintable(*c)).collect()
}

/// The suite of a series: what stands before the first slash; empty where there is none.
fn suite(benchmark: &str) -> &str {
    benchmark.split_once('/').map_or("", |(suite, _)| suite)
}

/// A number in as few digits as give it back.
fn number(value: f64) -> String {
    serde_json::Number::from_f64(value).map_or_else(String::new, |number| number.to_string())
}

/// A sentence on what was left out, if anything was.
fn left_out(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}
