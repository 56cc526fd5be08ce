//! A change to the gate, judged with the change it comes with: under the base's policy and under head's, the stricter counting.

use super::{Comparison, JudgedState, Judgement, Policy, Verdict, judge, outcome};
use crate::model::{RunRecord, State};
use crate::stats::Looks;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A key of the configuration, or a stored baseline, that head changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateChange {
    /// Its place, for example `gate.threshold`, or a file's path.
    pub key: String,
    /// Its value at base; absent where it is new.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base: Option<String>,
    /// Its value at head; absent where it is gone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head: Option<String>,
}

impl fmt::Display for GateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.base, &self.head) {
            (Some(base), Some(head)) => write!(f, "{}: {base} becomes {head}", self.key),
            (None, Some(head)) => write!(f, "{}: {head} is new", self.key),
            (Some(base), None) => write!(f, "{}: {base} is gone", self.key),
            (None, None) => f.write_str(&self.key),
        }
    }
}

/// A row that the two policies do not judge alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// The suite.
    pub suite: String,
    /// The benchmark.
    pub benchmark: String,
    /// The metric's name.
    pub metric: String,
    /// The verdict under base's policy, or `waived`.
    pub base: String,
    /// Under head's.
    pub head: String,
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, benchmark, metric, base, head } = self;
        write!(f, "{suite}/{benchmark} {metric} is {base} under the base's policy and {head} under head's")
    }
}

/// Judges a record under two policies. Of each row, state and limit the stricter judgement counts; the rows that differ are told.
#[must_use]
pub fn judge_both(
    record: &RunRecord,
    base: &Policy,
    head: &Policy,
    looks: Option<&Looks>,
) -> (Judgement, Vec<Differing>) {
    let (ours, theirs) = (judge(record, base, looks), judge(record, head, looks));
    let mut differing = Vec::new();
    // Both come from the same rows, in the same order.
    let pairs = ours.comparisons.into_iter().zip(theirs.comparisons);
    let comparisons: Vec<Comparison> = pairs
        .map(|(ours, theirs)| {
            if word(&ours) != word(&theirs) {
                differing.push(Differing {
                    suite: ours.suite.clone(),
                    benchmark: ours.benchmark.clone(),
                    metric: ours.metric.clone(),
                    base: word(&ours).to_owned(),
                    head: word(&theirs).to_owned(),
                });
            }
            if strictness(&theirs) > strictness(&ours) { theirs } else { ours }
        })
        .collect();
    // Who takes a benchmark away as base declared it takes the declaration with it.
    let is_removed = |state: &JudgedState| {
        let id = format!("{}/{}", state.suite, state.benchmark);
        state.state == State::Missing && base.removed.iter().any(|glob| glob.is_match(&id))
    };
    let states: Vec<JudgedState> = ours
        .states
        .into_iter()
        .zip(theirs.states)
        .map(|(ours, theirs)| if theirs.level > ours.level && !is_removed(&ours) { theirs } else { ours })
        .collect();
    let mut budgets = ours.budgets;
    budgets.extend(theirs.budgets.into_iter().filter(|check| !budgets.contains(check)).collect::<Vec<_>>());
    budgets.sort_by(|a, b| (&a.benchmark, &a.metric).cmp(&(&b.benchmark, &b.metric)));
    let on_inconclusive = base.on_inconclusive.max(head.on_inconclusive);
    let outcome = outcome(&comparisons, &record.states, &states, &budgets, on_inconclusive);
    (Judgement { comparisons, states, budgets, outcome }, differing)
}

fn word(row: &Comparison) -> &'static str {
    if row.waiver.is_some() { "waived" } else { row.verdict.code() }
}

fn strictness(row: &Comparison) -> u8 {
    match row.verdict {
        Verdict::Regression if row.waiver.is_none() => 3,
        Verdict::Inconclusive => 2,
        Verdict::Regression => 1,
        Verdict::Improvement | Verdict::Unchanged => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policy, record, row};
    use super::*;
    use crate::judge::{Level, Outcome};

    fn looks() -> Looks {
        Looks::new(&[6, 10, 15, 20]).unwrap()
    }

    fn both(base: &Policy, head: &Policy) -> (Outcome, Vec<String>) {
        let record = record(vec![row("a", 1.1), row("b", 1.0), row("c", 1.02)]);
        let (judged, differing) = judge_both(&record, base, head, Some(&looks()));
        (judged.outcome, differing.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn neither_a_looser_nor_a_tighter_gate_is_greener() {
        let strict = Policy { threshold: 0.01, ..policy() };
        let lax = Policy { threshold: 0.5, ..policy() };
        let (outcome, differing) = both(&policy(), &lax);
        assert_eq!(outcome, Outcome::Regression);
        assert_eq!(differing, ["s/a wall-time is regression under the base's policy and unchanged under head's"]);
        let (outcome, differing) = both(&lax, &strict);
        assert_eq!(outcome, Outcome::Regression);
        assert!(
            differing.iter().any(|row| row.contains("s/c") && row.ends_with("regression under head's")),
            "{differing:?}"
        );
        assert_eq!(both(&lax, &lax), (Outcome::Pass, vec![]));
        assert_eq!(both(&policy(), &policy()).1.len(), 0);
    }

    #[test]
    fn the_order_of_the_two_changes_no_answer() {
        let strict = Policy { threshold: 0.01, on_inconclusive: Level::Deny, ..policy() };
        let record = record(vec![row("a", 1.1), row("b", 1.005), row("c", 0.9)]);
        let one = judge_both(&record, &policy(), &strict, Some(&looks())).0;
        let other = judge_both(&record, &strict, &policy(), Some(&looks())).0;
        let verdicts = |judged: &Judgement| judged.comparisons.iter().map(|row| row.verdict).collect::<Vec<_>>();
        assert_eq!((one.outcome, verdicts(&one)), (other.outcome, verdicts(&other)));
    }
}
