//! Ways in which a benchmark stops to measure what it measured: a new name, nothing left to do. Each is said, none is forbidden.

use super::{Comparison, JudgedState, Verdict};
use crate::model::{Better, State};

/// From this factor on a speed-up is more likely a benchmark that lost its work.
const HOLLOW: f64 = 10.0;

/// The least share of a name that two names of one benchmark have in common, at its ends.
const ALIKE: f64 = 0.5;

/// Benchmarks that seem to have a new name in head, a sentence each.
#[must_use]
pub fn renamed(states: &[JudgedState]) -> Vec<String> {
    let of = |state: State| states.iter().filter(move |entry| entry.state == state);
    of(State::Missing)
        .filter_map(|gone| {
            let mut alike: Vec<(f64, &JudgedState)> = of(State::New)
                .filter(|new| new.suite == gone.suite)
                .map(|new| (likeness(&gone.benchmark, &new.benchmark), new))
                .collect();
            let only = alike.len() == 1 && of(State::Missing).filter(|other| other.suite == gone.suite).count() == 1;
            alike.sort_by(|a, b| b.0.total_cmp(&a.0));
            let (likeness, new) = alike.first()?;
            let unlike = *likeness < ALIKE || alike.get(1).is_some_and(|(next, _)| next == likeness);
            (only || !unlike).then(|| {
                format!(
                    "'{}/{}' is gone and '{}/{}' is new: under a new name nothing is compared, so the old one counts as missing",
                    gone.suite, gone.benchmark, new.suite, new.benchmark
                )
            })
        })
        .collect()
}

/// The share of the longer name that both have in common at their beginnings and ends.
fn likeness(a: &str, b: &str) -> f64 {
    let (longer, shorter) = (a.chars().count().max(b.chars().count()), a.chars().count().min(b.chars().count()));
    let front = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let back = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count();
    (front + back).min(shorter) as f64 / longer.max(1) as f64
}

/// Rows that became so much better that they may do nothing any more, a sentence each.
#[must_use]
pub fn hollow(rows: &[Comparison]) -> Vec<String> {
    rows.iter()
        .filter(|row| row.verdict == Verdict::Improvement)
        .filter_map(|row| {
            let gain = match row.better {
                Better::Lower => row.base.median / row.head.median,
                Better::Higher => row.head.median / row.base.median,
            };
            (gain >= HOLLOW && row.base.median > 0.0).then(|| {
                let times =
                    if gain.is_finite() { format!("{gain:.0} times better") } else { "down to nothing".to_owned() };
                format!(
                    "'{}/{}' {} is {times}: look whether it still does its work",
                    row.suite, row.benchmark, row.metric
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policy, record, row};
    use super::*;
    use crate::judge::{Level, judge};

    fn state(benchmark: &str, state: State) -> JudgedState {
        let (suite, benchmark) = ("s".to_owned(), benchmark.to_owned());
        JudgedState { suite, benchmark, state, level: Level::Deny, detail: String::new() }
    }

    #[test]
    fn a_new_name_is_told_where_it_is_likely() {
        let told = |gone: &[&str], new: &[&str]| {
            let gone = gone.iter().map(|name| state(name, State::Missing));
            renamed(&gone.chain(new.iter().map(|name| state(name, State::New))).collect::<Vec<_>>()).len()
        };
        assert_eq!(told(&["parse"], &["read"]), 1, "one for one");
        assert_eq!(told(&["parse/large", "sort"], &["parse/larger", "zip"]), 1);
        assert_eq!(told(&["a/x", "b/y"], &["c", "d"]), 0);
        assert_eq!(told(&["parse"], &["parse-1", "parse-2"]), 0, "either of two");
        assert_eq!(told(&["parse"], &[]) + told(&[], &["parse"]), 0);
    }

    #[test]
    fn what_became_ten_times_better_is_told() {
        let judged = judge(&record(vec![row("a", 0.05), row("b", 0.5), row("c", 1.0)]), &policy(), None);
        let told = hollow(&judged.comparisons);
        assert_eq!(told, ["'s/a' wall-time is 20 times better: look whether it still does its work"]);
    }
}
