use super::{Checked, Columns, HistoryError, Store};
use crate::model::clean;
use std::collections::{BTreeMap, BTreeSet};

/// What was found of a kind that is told one by one; the rest is counted.
const TOLD_MAX: usize = 20;

/// What a look at every stored run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Suites.
    pub suites: usize,
    /// Runs.
    pub runs: usize,
    /// Series.
    pub series: usize,
    /// Values.
    pub values: usize,
    /// What is not as it was written, one sentence each.
    pub damaged: Vec<String>,
    /// Runs that lack a series which runs before and after them have, one sentence for each series.
    pub gaps: Vec<String>,
}

/// Reads everything, computes every run's checksum anew and looks for gaps.
pub fn verify(store: &mut dyn Store) -> Result<Verified, HistoryError> {
    let Checked { sound, damaged } = store.check()?;
    let mut found = Verified { damaged, ..Verified::default() };
    for columns in &sound {
        found.suites += 1;
        found.runs += columns.runs.len();
        found.series += columns.series.len();
        found.values += columns.values();
        found.damaged.extend(changed(columns).into_iter().map(|place| tell_changed(columns, place)));
        found.gaps.extend(gaps(columns));
    }
    for told in [&mut found.damaged, &mut found.gaps] {
        let more = told.len().saturating_sub(TOLD_MAX);
        told.truncate(TOLD_MAX);
        if more > 0 {
            told.push(format!("and {more} more"));
        }
        told.iter_mut().for_each(|line| *line = clean(line));
    }
    Ok(found)
}

/// Runs whose content is not what their id says.
pub(super) fn changed(columns: &Columns) -> BTreeSet<usize> {
    let is_changed = |index: &usize| {
        columns.entry(*index).is_none_or(|entry| columns.runs.get(*index).is_none_or(|kept| kept.id != entry.id()))
    };
    (0..columns.runs.len()).filter(is_changed).collect()
}

pub(super) fn tell_changed(columns: &Columns, index: usize) -> String {
    let run = &columns.runs[index].run;
    format!(
        "{}: the run of {} recorded at {} was changed: its checksum does not fit",
        columns.suite, run.revision, run.recorded
    )
}

/// A sentence for each series that is missing between two of its runs, in each class.
fn gaps(columns: &Columns) -> Vec<String> {
    let mut classes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in 0..columns.runs.len() {
        classes.entry(columns.class(index)).or_default().push(index);
    }
    let mut found = Vec::new();
    for (class, runs) in &classes {
        for column in &columns.series {
            let has = |run: &&usize| column.values[**run].is_finite();
            let (Some(first), Some(last)) =
                (runs.iter().position(|run| has(&run)), runs.iter().rposition(|run| has(&run)))
            else {
                continue;
            };
            let missing: Vec<&usize> = runs[first..=last].iter().filter(|run| !has(run)).collect();
            if let Some(run) = missing.first() {
                let revision = &columns.runs[**run].run.revision;
                found.push(format!(
                    "{}/{} {} ({class}): {} of {} runs lack it, the first is {revision}",
                    columns.suite,
                    column.benchmark,
                    column.metric.name,
                    missing.len(),
                    last - first + 1
                ));
            }
        }
    }
    found
}
