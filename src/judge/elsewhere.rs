//! A second machine before red: what turned red in one run is measured by another machine, and stays red only if it is red there
//! too. It can clear a row, never accuse one.

use super::{Comparison, Judgement, Level, Policy, Verdict, outcome};
use crate::model::{RunRecord, Warning};

/// The chance that the second run, by itself, calls unchanged code red. Both machines must err for a false red row, and they
/// err independently: at most this times the run's alpha (`docs/method.md`). So it may be mild, which keeps what is true.
const ALPHA_ELSEWHERE: f64 = 0.05;

/// The alpha by which the second run is judged.
#[must_use]
pub fn alpha_elsewhere(policy: &Policy) -> f64 {
    policy.alpha.max(ALPHA_ELSEWHERE)
}

/// Takes the red off the rows that are not red among `theirs`, and says of each red row what the second machine saw. A row that
/// the second machine could not measure stays red.
#[must_use]
pub fn confirmed(
    mut judged: Judgement,
    record: &RunRecord,
    theirs: &[Comparison],
    on_inconclusive: Level,
) -> (Judgement, Vec<String>) {
    let mut told = Vec::new();
    for row in judged.comparisons.iter_mut().filter(|row| row.verdict == Verdict::Regression && row.waiver.is_none()) {
        let same = |other: &&Comparison| {
            (&other.suite, &other.benchmark, &other.metric) == (&row.suite, &row.benchmark, &row.metric)
        };
        let name = format!("'{}/{}' {}", row.suite, row.benchmark, row.metric);
        let Some(other) = theirs.iter().find(same) else {
            told.push(format!("{name} could not be measured on a second machine: it stays red"));
            continue;
        };
        let change = other.ratio.map_or_else(String::new, |ratio| format!(" ({:+.1} %)", 100.0 * (ratio - 1.0)));
        if other.verdict == Verdict::Regression {
            told.push(format!("{name} is red on a second machine too{change}"));
            continue;
        }
        told.push(format!("{name} is {} on a second machine{change}: not red there, so not red", other.verdict));
        row.verdict = Verdict::Inconclusive;
        if let Some(ratio) = other.ratio.filter(|ratio| ratio.is_finite()) {
            let warning = Warning::NotConfirmed { pairs: other.rounds, change: ratio - 1.0 };
            row.warnings.insert(0, warning.code().to_owned());
            row.details.insert(0, warning);
        }
    }
    judged.outcome = outcome(&judged.comparisons, &record.states, &judged.states, &judged.budgets, on_inconclusive);
    (judged, told)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::{policy, record, row};
    use super::*;
    use crate::judge::{Outcome, judge};
    use crate::model::Row;
    use crate::stats::Looks;

    pub(in crate::judge) fn looks() -> Looks {
        Looks::new(&[6, 10, 15, 20]).unwrap()
    }

    pub(in crate::judge) fn joined(first: Vec<Row>, second: Vec<Row>) -> (Judgement, Vec<String>) {
        let first = record(first);
        let mild = Policy { alpha: alpha_elsewhere(&policy()), ..policy() };
        let theirs = judge(&record(second), &mild, Some(&looks())).comparisons;
        confirmed(judge(&first, &policy(), Some(&looks())), &first, &theirs, Level::Warn)
    }

    #[test]
    fn red_stands_where_both_machines_see_it() {
        let (judged, told) =
            joined(vec![row("a", 1.1), row("b", 1.1), row("c", 1.0)], vec![row("a", 1.1), row("b", 1.0)]);
        let verdicts: Vec<Verdict> = judged.comparisons.iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts, [Verdict::Regression, Verdict::Inconclusive, Verdict::Unchanged]);
        assert_eq!(judged.outcome, Outcome::Regression);
        assert!(told[0].starts_with("'s/a' wall-time is red on a second machine too (+9.9 %)"), "{told:?}");
        assert!(told[1].contains("not red there, so not red"), "{told:?}");
        assert_eq!(judged.comparisons[1].warnings[0], "not-confirmed");
    }

    #[test]
    fn nothing_is_cleared_unseen_and_nothing_is_accused() {
        let (judged, told) = joined(vec![row("a", 1.1)], vec![]);
        assert_eq!((judged.outcome, told.len()), (Outcome::Regression, 1));
        let (judged, told) = joined(vec![row("a", 1.0)], vec![row("a", 1.5)]);
        assert_eq!((judged.outcome, told.len()), (Outcome::Pass, 0));
        let (judged, _) = joined(vec![row("a", 1.1)], vec![row("a", 1.0)]);
        assert_eq!(judged.outcome, Outcome::Pass);
    }
}
