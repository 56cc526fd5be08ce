//! Histories side by side in one table: a run a row, a series a column, under names that the reader of tables understands.

use super::plain;
use crate::harness::seconds_since_1970;
use crate::model::{Better, History, RunLabel, Series, VALUE};
use std::collections::{BTreeMap, BTreeSet};

/// The columns that name a run.
pub(super) const LABELS: [&str; 3] = ["commit", "time", "environment"];

/// A table of all histories.
pub(super) struct Table<'h> {
    histories: &'h [History],
    /// The names of the columns, each once.
    pub(super) titles: Vec<String>,
    /// The column of every series of every history.
    columns: Vec<Vec<usize>>,
    /// History and run of every row, in the order of time where every run has one.
    order: Vec<(usize, usize)>,
}

impl<'h> Table<'h> {
    pub(super) fn of(histories: &'h [History]) -> Self {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut titles = Vec::new();
        let columns = histories.iter().map(|history| {
            let mut own = BTreeSet::new();
            let mut column = |series: &Series| {
                let plain = title(series);
                // Two series of one history never share a column; a suite's runs on another machine do.
                let names = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain} ({n})") });
                let is_free = |name: &String| !own.contains(name) && !is_label(name);
                let Some(name) = names.into_iter().find(is_free) else { return 0 };
                own.insert(name.clone());
                *places.entry(name.clone()).or_insert_with(|| {
                    titles.push(name);
                    titles.len() - 1
                })
            };
            history.series.iter().map(&mut column).collect()
        });
        let columns = columns.collect();
        Self { histories, titles, columns, order: order(histories) }
    }

    /// Every run with the values that it has, by column.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'h RunLabel, BTreeMap<usize, f64>)> {
        self.order.iter().map(|&(place, run)| {
            let history = &self.histories[place];
            let values = self.columns[place]
                .iter()
                .zip(&history.series)
                .map(|(column, series)| (*column, series.values.get(run).copied().unwrap_or(f64::NAN)));
            (&history.runs[run], values.filter(|(_, value)| value.is_finite()).collect())
        })
    }
}

/// History and run of every row.
fn order(histories: &[History]) -> Vec<(usize, usize)> {
    let all =
        histories.iter().enumerate().flat_map(|(place, history)| (0..history.runs.len()).map(move |run| (place, run)));
    let mut order: Vec<(usize, usize)> = all.collect();
    let time = |&(place, run): &(usize, usize)| histories[place].runs[run].time.as_deref().and_then(seconds_since_1970);
    let times: Option<Vec<f64>> = order.iter().map(time).collect();
    if let Some(times) = times {
        let mut timed: Vec<_> = times.into_iter().zip(order).collect();
        timed.sort_by(|a, b| a.0.total_cmp(&b.0));
        order = timed.into_iter().map(|(_, row)| row).collect();
    }
    order
}

/// `parser/parse wall-time [s, lower]`: what a table's reader makes a series of again.
fn title(series: &Series) -> String {
    let unit = series.unit.map(|unit| unit.to_string());
    let better = series.better.map(|better| match better {
        Better::Lower => "lower".to_owned(),
        Better::Higher => "higher".to_owned(),
    });
    let known: Vec<String> = unit.into_iter().chain(better).collect();
    let mut title = plain(&series.benchmark);
    if series.metric != VALUE || !known.is_empty() {
        title.push(' ');
        title.push_str(&plain(&series.metric));
    }
    if !known.is_empty() {
        title.extend([" [", &known.join(", "), "]"]);
    }
    if title.trim().is_empty() { VALUE.to_owned() } else { title }
}

/// Whether a column of this name would be taken for one that names runs.
fn is_label(title: &str) -> bool {
    LABELS.iter().any(|label| title.trim().eq_ignore_ascii_case(label))
}
