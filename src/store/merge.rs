//! Runs of the past, laid among the stored ones in the order of time.

use super::{Baseline, RUNS_IMPORTED_MAX, StoredRow, StoredRun, round};
use crate::model::Metric;
use std::collections::BTreeMap;

/// What merging did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Runs that the file now has and had not.
    pub added: usize,
    /// Runs that came again: of the same commit, at the same second.
    pub known: usize,
    /// Values that stored runs lacked and were given.
    pub filled: usize,
    /// Runs, stored ones among them, that were dropped as the oldest beyond [`RUNS_IMPORTED_MAX`].
    pub surplus: usize,
    /// Values in another unit or direction than the stored, or else the newest, ones of their name. They were left out.
    pub unlike: usize,
}

/// A run and its values by benchmark and metric.
pub type RunValues = (StoredRun, Vec<(String, Metric, f64)>);

/// A run on its way into the file.
struct Slot {
    run: StoredRun,
    /// The column of the stored rows that holds its values.
    stored: Option<usize>,
    /// Values that came now.
    fresh: Vec<(String, Metric, f64)>,
}

impl Baseline {
    /// Adds runs of any time. A run that is stored already is not doubled: it gets what it lacks and keeps what it has, as
    /// an export may hold a part of the benchmarks only.
    pub fn merge(&mut self, runs: Vec<RunValues>) -> Merged {
        let mut merged = Merged::default();
        let metrics = self.metrics(&runs);
        let mut slots: Vec<Slot> = Vec::new();
        for (column, run) in std::mem::take(&mut self.runs).into_iter().enumerate() {
            slots.push(Slot { run, stored: Some(column), fresh: Vec::new() });
        }
        let same = |run: &StoredRun| (run.revision.clone(), run.recorded.clone());
        let mut known: BTreeMap<_, usize> = slots.iter().enumerate().map(|(at, slot)| (same(&slot.run), at)).collect();
        for (run, fresh) in runs {
            if let Some(at) = known.get(&same(&run)) {
                slots[*at].fresh.extend(fresh);
                merged.known += 1;
            } else {
                known.insert(same(&run), slots.len());
                slots.push(Slot { run, stored: None, fresh });
            }
        }
        slots.sort_by(|a, b| a.run.recorded.cmp(&b.run.recorded));
        merged.surplus = slots.len().saturating_sub(RUNS_IMPORTED_MAX);
        slots.drain(..merged.surplus);

        let mut columns: Columns = BTreeMap::new();
        for (at, slot) in slots.iter().enumerate() {
            let Some(column) = slot.stored else { continue };
            for row in &self.rows {
                columns.entry(key(&row.benchmark, &row.metric)).or_insert_with(|| vec![None; slots.len()])[at] =
                    row.values[column];
            }
        }
        for (at, slot) in slots.iter().enumerate() {
            merged.added += usize::from(slot.stored.is_none());
            for (benchmark, metric, value) in &slot.fresh {
                let key = key(benchmark, metric);
                if metrics.get(&key) != Some(metric) {
                    merged.unlike += 1;
                    continue;
                }
                let cell = &mut columns.entry(key).or_insert_with(|| vec![None; slots.len()])[at];
                if cell.is_none() {
                    *cell = Some(round(*value));
                    merged.filled += usize::from(slot.stored.is_some());
                }
            }
        }
        self.rows = rows(columns, &metrics);
        self.runs = slots.into_iter().map(|slot| slot.run).collect();
        self.keep_newest(RUNS_IMPORTED_MAX);
        merged
    }

    /// The metric that counts for each name: that of the stored row, else that of the newest run.
    fn metrics(&self, runs: &[RunValues]) -> BTreeMap<Key, Metric> {
        let stored = self.rows.iter().map(|row| (key(&row.benchmark, &row.metric), row.metric.clone()));
        let mut metrics: BTreeMap<_, _> = stored.collect();
        let mut newest_first: Vec<&RunValues> = runs.iter().collect();
        newest_first.sort_by(|(a, _), (b, _)| b.recorded.cmp(&a.recorded));
        for (benchmark, metric, _) in newest_first.into_iter().flat_map(|(_, values)| values) {
            metrics.entry(key(benchmark, metric)).or_insert_with(|| metric.clone());
        }
        metrics
    }
}

/// A benchmark's and a metric's name.
type Key = (String, String);

/// One value per run.
type Columns = BTreeMap<Key, Vec<Option<f64>>>;

fn rows(columns: Columns, metrics: &BTreeMap<Key, Metric>) -> Vec<StoredRow> {
    let row =
        |(key, values): (Key, _)| Some(StoredRow { metric: metrics.get(&key)?.clone(), benchmark: key.0, values });
    columns.into_iter().filter_map(row).collect()
}

fn key(benchmark: &str, metric: &Metric) -> Key {
    (benchmark.to_owned(), metric.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BenchmarkId, Better, Environment, known_metric};
    use crate::store::RUNS_MAX;

    fn run(revision: &str, day: usize, values: &[(&str, f64)]) -> RunValues {
        let recorded = format!("20{:02}-01-{:02}T00:00:00Z", day / 28, day % 28 + 1);
        let wall_time = || known_metric("wall-time").unwrap();
        let values = values.iter().map(|(benchmark, value)| ((*benchmark).to_owned(), wall_time(), *value));
        (StoredRun { revision: revision.to_owned(), recorded, launches: 1, accepted: None }, values.collect())
    }

    fn history(baseline: &Baseline, benchmark: &str) -> Vec<f64> {
        baseline.history(&BenchmarkId::new("s", benchmark), "wall-time")
    }

    fn baseline() -> Baseline {
        Baseline::new("s", Environment::default())
    }

    #[test]
    fn runs_come_in_the_order_of_time_among_those_that_are_there() {
        let mut baseline = baseline();
        let (stored, values) = run("c", 5, &[("a", 5.0)]);
        baseline.add(stored, values);
        let merged = baseline.merge(vec![run("d", 7, &[("a", 7.0)]), run("b", 3, &[("a", 3.0), ("b", 1.0)])]);
        assert_eq!(merged, Merged { added: 2, ..Merged::default() });
        assert_eq!(history(&baseline, "a"), [3.0, 5.0, 7.0]);
        assert_eq!(baseline.rows[1].values, [Some(1.0), None, None]);
        let again = Baseline::parse("b.json", baseline.text().unwrap().as_bytes()).unwrap();
        assert_eq!(again, baseline);
    }

    #[test]
    fn a_run_that_is_there_is_not_doubled_but_one_that_was_measured_again_counts() {
        let mut baseline = baseline();
        let first = || vec![run("a", 1, &[("a", 1.0)]), run("a", 2, &[("a", 2.0)])];
        assert_eq!(baseline.merge(first()), Merged { added: 2, ..Merged::default() });
        let before = baseline.clone();
        assert_eq!(baseline.merge(first()), Merged { known: 2, ..Merged::default() });
        assert_eq!(baseline, before);
    }

    #[test]
    fn a_run_that_comes_in_parts_is_one_run_and_what_it_had_stays() {
        let mut baseline = baseline();
        let part = || run("a", 1, &[("a", 1.0)]);
        assert_eq!(baseline.merge(vec![part(), run("a", 1, &[("b", 2.0)])]).added, 1);
        let merged = baseline.merge(vec![run("a", 1, &[("a", 9.0), ("c", 3.0)])]);
        assert_eq!(merged, Merged { known: 1, filled: 1, ..Merged::default() });
        let values: Vec<_> = baseline.rows.iter().map(|row| row.values[0]).collect();
        assert_eq!(values, [Some(1.0), Some(2.0), Some(3.0)]);
    }

    #[test]
    fn another_unit_or_direction_is_another_thing_and_left_out() {
        let mut baseline = baseline();
        let mut old = run("a", 1, &[("a", 1.0)]);
        old.1[0].1.better = Better::Higher;
        let merged = baseline.merge(vec![old, run("b", 2, &[("a", 2.0)])]);
        assert_eq!(merged, Merged { added: 2, unlike: 1, ..Merged::default() });
        assert_eq!(baseline.rows[0].values, [None, Some(2.0)]);
        assert_eq!(baseline.rows[0].metric.better, Better::Lower);
    }

    #[test]
    fn a_long_history_is_kept_and_grows_no_further_and_the_screen_sees_its_newest_part() {
        let mut baseline = baseline();
        let long =
            |from: usize| (from..from + 40).map(|n| run(&format!("r{n}"), n, &[("a", n as f64 + 1.0)])).collect();
        baseline.merge(long(0));
        assert_eq!((baseline.runs.len(), history(&baseline, "a").len()), (40, RUNS_MAX));
        assert_eq!(history(&baseline, "a")[RUNS_MAX - 1], 40.0);
        let (next, values) = run("next", 41, &[("a", 50.0)]);
        baseline.add(next, values);
        assert_eq!((baseline.runs.len(), baseline.runs[0].revision.as_str()), (40, "r1"));
        let many = (0..RUNS_IMPORTED_MAX).map(|n| run(&format!("m{n}"), n + 50, &[("a", 1.0)])).collect();
        let merged = baseline.merge(many);
        assert_eq!((baseline.runs.len(), merged.added, merged.surplus), (RUNS_IMPORTED_MAX, RUNS_IMPORTED_MAX, 40));
    }

    #[test]
    fn a_file_that_nobody_could_read_again_is_not_written() {
        let mut baseline = baseline();
        let long = "x".repeat(1 << 16);
        let names: Vec<String> = (0..1_025).map(|n| format!("{long}{n}")).collect();
        let values: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
        baseline.merge(vec![run("a", 1, &values)]);
        let folder = tempfile::tempdir().unwrap();
        let error = baseline.write(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it would be larger than 64 MiB; store fewer runs or benchmarks"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
