//! What the newest run of every environment left: for formats that know one value per benchmark and metric.

use super::left_out;
use crate::model::{History, RunLabel, Series};
use std::collections::BTreeMap;

/// A series' value in the newest run of an environment.
pub(super) struct Newest<'h> {
    pub(super) series: &'h Series,
    pub(super) run: &'h RunLabel,
    pub(super) value: f64,
    /// Whether the history has runs of other environments.
    is_split: bool,
}

impl Newest<'_> {
    /// The benchmark's name, with its environment class where there are several.
    pub(super) fn name(&self) -> String {
        let name = super::plain(&self.series.benchmark);
        match &self.run.environment {
            Some(class) if self.is_split => format!("{name} ({})", super::plain(class)),
            _ => name,
        }
    }
}

/// The newest values, and a note on series that the newest runs lack.
pub(super) fn newest(histories: &[History]) -> (Vec<Newest<'_>>, Option<String>) {
    let mut found = Vec::new();
    let mut gone = 0;
    for history in histories {
        let mut last: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        last.extend(history.runs.iter().enumerate().map(|(place, run)| (run.environment.as_deref(), place)));
        for series in &history.series {
            let values = last.values().filter_map(|&place| {
                let value = series.values.get(place).copied().filter(|value| value.is_finite())?;
                Some(Newest { series, run: &history.runs[place], value, is_split: last.len() > 1 })
            });
            let before = found.len();
            found.extend(values);
            gone += usize::from(found.len() == before);
        }
    }
    (found, left_out(gone, "series left out: the newest run has no value of them"))
}
