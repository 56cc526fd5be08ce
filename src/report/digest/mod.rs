//! What to say, before how: which rows need reading, in which order, and the sentences that every renderer shares.

mod row;
mod run;

pub(super) use row::{evidence, look_closer, remark_line, remark_lines, remarks, seen, shared_remarks, waiver_stanza};
pub(super) use run::{facts, method, sides};

use super::strip::effects;
use super::{Report, scale, text};
use crate::judge::{BudgetCheck, BudgetVerdict, Comparison, GateChange, JudgedState, Level, Outcome, Verdict};
use crate::model::{State, Unit, known_metric};
use std::collections::BTreeMap;

/// Notes that are shown.
const NOTES_MAX: usize = 10;

/// Changes of the gate that are named.
const CHANGES_MAX: usize = 5;

/// The rows of a report in reading order.
pub(super) struct Digest<'r> {
    /// Regressions that no waiver covers, the largest first.
    pub regressions: Vec<&'r Comparison>,
    /// Regressions that a waiver covers, the largest first.
    pub waived: Vec<&'r Comparison>,
    /// Rows that could not be decided; the one that may be worst first.
    pub inconclusive: Vec<&'r Comparison>,
    /// Improvements, the largest first.
    pub improvements: Vec<&'r Comparison>,
    /// The rest.
    pub unchanged: Vec<&'r Comparison>,
    /// States that policy denies, then those it warns of.
    pub flagged: Vec<&'r JudgedState>,
    /// States that policy allows.
    pub allowed: Vec<&'r JudgedState>,
    /// Limits that head exceeds.
    pub exceeded: Vec<&'r BudgetCheck>,
    /// More than one metric occurs, so that rows have to name theirs.
    pub names_metrics: bool,
    /// The unit of each metric that occurs.
    units: BTreeMap<&'r str, Unit>,
}

impl<'r> Digest<'r> {
    /// Sorts the rows of a report.
    pub(super) fn of(report: &'r Report) -> Self {
        let with = |verdict, waived| {
            report.comparisons.iter().filter(move |row| row.verdict == verdict && row.waiver.is_some() == waived)
        };
        let any = |verdict| with(verdict, false).chain(with(verdict, true));
        let point = |row: &Comparison| effects(row)[0].unwrap_or(f64::INFINITY);
        let upper = |row: &Comparison| effects(row)[2].or(row.effect()).unwrap_or(f64::INFINITY);
        let mut flagged: Vec<_> = report.states.iter().filter(|state| state.level != Level::Allow).collect();
        flagged.sort_by_key(|state| std::cmp::Reverse(state.level));
        let units: BTreeMap<_, _> = report.comparisons.iter().map(|row| (row.metric.as_str(), row.unit)).collect();
        Self {
            regressions: sorted(with(Verdict::Regression, false), |row| -point(row)),
            waived: sorted(with(Verdict::Regression, true), |row| -point(row)),
            inconclusive: sorted(any(Verdict::Inconclusive), |row| -upper(row)),
            improvements: sorted(any(Verdict::Improvement), point),
            unchanged: sorted(any(Verdict::Unchanged), |_| 0.0),
            flagged,
            allowed: report.states.iter().filter(|state| state.level == Level::Allow).collect(),
            exceeded: report.budgets.iter().filter(|budget| budget.verdict == BudgetVerdict::Exceeded).collect(),
            names_metrics: units.keys().any(|metric| *metric != "wall-time"),
            units,
        }
    }

    /// The comparisons that need reading, worst first.
    pub(super) fn to_read(&self) -> Vec<&'r Comparison> {
        [&self.regressions, &self.waived, &self.inconclusive, &self.improvements]
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// `231.0 ms, limit 200.0 ms`, in the unit that the comparisons give the metric.
    pub(super) fn budget_values(&self, budget: &BudgetCheck) -> String {
        let unit = self.units.get(budget.metric.as_str()).copied().unwrap_or_else(|| budget_unit(&budget.metric));
        let scale = scale::Scale::of(unit, &[budget.value, budget.limit]);
        format!("{}, limit {}", scale.show(budget.value), scale.show(budget.limit))
    }

    /// `1 regression, 2 improvements, 41 unchanged, 3 identical`.
    pub(super) fn counts(&self) -> String {
        let mut parts = Vec::new();
        let mut count = |count: usize, one: &str, many: &str| {
            if count > 0 {
                parts.push(format!("{count} {}", if count == 1 { one } else { many }));
            }
        };
        count(self.regressions.len(), "regression", "regressions");
        let states = |state: State| self.flagged.iter().chain(&self.allowed).filter(move |s| s.state == state).count();
        let (first, last): (Vec<_>, Vec<_>) = State::ALL
            .into_iter()
            .partition(|state| self.flagged.iter().any(|s| s.state == *state && s.level == Level::Deny));
        for state in first {
            count(states(state), state.code(), state.code());
        }
        count(self.exceeded.len(), "budget exceeded", "budgets exceeded");
        count(self.waived.len(), "waived regression", "waived regressions");
        count(self.inconclusive.len(), "inconclusive", "inconclusive");
        count(self.improvements.len(), "improvement", "improvements");
        count(self.unchanged.len(), "unchanged", "unchanged");
        for state in last {
            count(states(state), state.code(), state.code());
        }
        if parts.is_empty() { "no benchmark was compared".to_owned() } else { parts.join(", ") }
    }
}

/// The rows by a key, smallest first; equal keys keep their order.
fn sorted<'r>(rows: impl Iterator<Item = &'r Comparison>, key: impl Fn(&Comparison) -> f64) -> Vec<&'r Comparison> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    rows
}

/// What the reader has to do, in one or two sentences.
pub(super) fn advice(report: &Report, digest: &Digest) -> String {
    match report.outcome {
        Outcome::Pass if !digest.inconclusive.is_empty() => {
            format!("No action needed; {} could not be decided.", text::plural(digest.inconclusive.len(), "row"))
        }
        Outcome::Pass if !digest.flagged.is_empty() => {
            format!("No action needed, but {} to look at.", text::plural(digest.flagged.len(), "warning"))
        }
        Outcome::Pass => "No action needed.".to_owned(),
        Outcome::Regression => format!("Please read: {}.", what_is_wrong(digest)),
        Outcome::Inconclusive => {
            "Please read: something is undecided or missing, and the policy does not let that pass.".to_owned()
        }
        Outcome::Error => error_advice(report),
    }
}

/// What makes the outcome a regression.
fn what_is_wrong(digest: &Digest) -> String {
    let denied = digest.flagged.iter().filter(|state| state.level == Level::Deny).count();
    let row = |count| if count == 1 { "1 row is".to_owned() } else { format!("{count} rows are") };
    let mut parts = Vec::new();
    if !digest.regressions.is_empty() {
        parts.push(format!("{} worse by more than the threshold", row(digest.regressions.len())));
    }
    if denied > 0 {
        parts.push(format!("{} failed or missing", text::plural(denied, "benchmark")));
    }
    if !digest.exceeded.is_empty() {
        parts.push(format!("{} exceeded", text::plural(digest.exceeded.len(), "budget")));
    }
    if parts.is_empty() { "the gate fails".to_owned() } else { parts.join(", ") }
}

/// What to do when nothing could be judged.
fn error_advice(report: &Report) -> String {
    let broken = |state: &JudgedState| matches!(state.state, State::Failed | State::TimedOut | State::Unreadable);
    let is_new = |state: &JudgedState| state.state == State::New;
    let what = "Nothing was judged; that is never a pass.";
    let next = if report.states.iter().any(broken) {
        "The benchmarks below did not run: their last lines say why."
    } else if report.states.iter().any(|state| state.state == State::Unmeasured) {
        "The budget ended before the first look: raise `budget`, or choose fewer benchmarks with `--bench`."
    } else if report.base.is_none() {
        "There is no base to compare with: name one with `--base REV`, or fetch it (a shallow clone may lack it)."
    } else if !report.states.is_empty() && report.states.iter().all(is_new) {
        "Base has none of these benchmarks yet: once this is merged, the next change is compared with it."
    } else if report.states.iter().any(|state| matches!(state.state, State::New | State::Missing)) {
        "Base and head have no benchmark in common: were they renamed, or does a filter select too few?"
    } else {
        "No benchmark was found: `benchgate check --dry-run` prints what would be measured; check `include`, `--bench` \
         and the suite's harness."
    };
    format!("{what} {next}")
}

/// What a row does to the outcome.
pub(super) fn level(report: &Report, row: &Comparison) -> Level {
    match (row.verdict, &row.waiver) {
        (Verdict::Regression, None) => Level::Deny,
        (Verdict::Regression, Some(_)) => Level::Warn,
        (Verdict::Inconclusive, _) => report.policy.on_inconclusive,
        (Verdict::Improvement | Verdict::Unchanged, _) => Level::Allow,
    }
}

/// States in groups of the same level and state, worst level first.
pub(super) fn groups<'r>(states: &[&'r JudgedState]) -> Vec<Vec<&'r JudgedState>> {
    let mut groups: Vec<Vec<&JudgedState>> = Vec::new();
    for state in states {
        match groups.iter_mut().find(|group| group[0].state == state.state && group[0].level == state.level) {
            Some(group) => group.push(state),
            None => groups.push(vec![state]),
        }
    }
    groups
}

/// What a level does, in words.
pub(super) fn consequence(level: Level) -> &'static str {
    match level {
        Level::Allow => "allowed",
        Level::Warn => "a warning",
        Level::Deny => "fails the gate",
    }
}

/// The unit of a budget's metric; a budget does not name it.
fn budget_unit(metric: &str) -> Unit {
    match known_metric(metric) {
        Some(known) => known.unit,
        None if metric.starts_with("latency") || metric.ends_with("time") => Unit::Second,
        None => Unit::One,
    }
}

/// What concerns the run as a whole, safe to show and bounded.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.policy.changed_in_head {
        notes.push(changes(&report.policy.changes));
    }
    notes.extend(report.notes.iter().take(NOTES_MAX).map(|note| text::cut(&text::line(note), 400)));
    if report.notes.len() > NOTES_MAX {
        notes.push(format!("{} more, see report.json", text::plural(report.notes.len() - NOTES_MAX, "note")));
    }
    notes
}

/// Whether a note only says which commit base or head is, and why: nothing to be warned of.
pub(super) fn is_routine(note: &str) -> bool {
    note.starts_with("base is ") || note.starts_with("head is ")
}

/// What head changes of the gate, and what follows: one bounded sentence.
fn changes(changes: &[GateChange]) -> String {
    let named = changes.iter().take(CHANGES_MAX).map(|change| text::cut(&text::line(&change.to_string()), 120));
    let more = changes.len().saturating_sub(CHANGES_MAX);
    let what = named.chain((more > 0).then(|| format!("and {more} more"))).collect::<Vec<_>>().join("; ");
    let what = if what.is_empty() { "its policy or stored baselines" } else { &what };
    format!(
        "this change also changes the gate ({what}): the base's counts, and its own where that is stricter; alone it takes effect \
         after the merge"
    )
}

/// The word of this report that a reader may want explained most.
pub(super) fn word_to_explain(report: &Report, digest: &Digest) -> &'static str {
    match (digest.flagged.first(), digest.inconclusive.first()) {
        _ if !digest.regressions.is_empty() => Verdict::Regression.code(),
        (Some(state), _) => state.state.code(),
        (_, Some(_)) => Verdict::Inconclusive.code(),
        _ if !digest.unchanged.is_empty() => Verdict::Unchanged.code(),
        _ => match digest.allowed.iter().map(|entry| entry.state).min() {
            Some(state) => state.code(),
            None => report.outcome.code(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn rows_are_read_worst_first() {
        let mut report = fixtures::empty(Outcome::Regression);
        report.comparisons = [0.5, 1.2, 0.9, 1.02, 1.5, 1.01, 1.0]
            .map(|ratio| fixtures::comparison("s", &ratio.to_string(), ratio))
            .to_vec();
        let mut zero = fixtures::comparison("s", "from zero", 1.2);
        (zero.ratio, zero.interval) = (None, None);
        report.comparisons.push(zero);
        let digest = Digest::of(&report);
        let names: Vec<_> = digest.to_read().iter().map(|row| row.benchmark.as_str()).collect();
        assert_eq!(names, ["from zero", "1.5", "1.2", "1.02", "0.5", "0.9"]);
        assert_eq!(digest.counts(), "3 regressions, 1 inconclusive, 2 improvements, 2 unchanged");
    }

    #[test]
    fn an_error_says_what_to_do() {
        let mut report = fixtures::empty(Outcome::Error);
        let advice = |report: &Report| advice(report, &Digest::of(report));
        assert!(advice(&report).contains("--dry-run"));
        report.states = vec![fixtures::state("a", State::New, Level::Allow, "")];
        assert!(advice(&report).contains("Base has none of these benchmarks yet"));
        report.states.push(fixtures::state("b", State::Missing, Level::Allow, ""));
        assert!(advice(&report).contains("in common"));
        report.base = None;
        assert!(advice(&report).contains("--base REV"));
        report.states = vec![fixtures::state("a", State::Failed, Level::Deny, "")];
        assert!(advice(&report).contains("last lines"));
    }
}
