//! Comparisons and policy make verdicts; verdicts and states make the outcome.
//!
//! Floor 2. Reads no file, no clock, no environment: the same record and policy always give the same judgement.

mod both;
mod comparison;
mod control;
mod elsewhere;
mod evidence;
mod gone;
mod policy;
mod second;
mod verdict;
mod waiver;

pub use both::{Differing, GateChange, judge_both};
pub use comparison::{AppliedWaiver, BudgetCheck, BudgetVerdict, Comparison, JudgedState, SideSummary};
pub use control::Control;
pub use elsewhere::{alpha_elsewhere, confirmed};
pub use gone::{hollow, renamed};
pub use policy::{Correction, Level, Limit, Policy, ThresholdRule};
pub use second::{Standing, standing};
pub use verdict::{Outcome, Verdict};
pub use waiver::{EVERY_METRIC, Stanza, Waiver, lapsed, literal, unused};

use crate::model::{Design, Row, RunRecord, Side, State, StateEntry, Warning};
use crate::stats::{Looks, REGULAR_PAIRS, multiplicity};
use evidence::{Evidence, evidence, summary};

/// The benchmark name of a state that holds for a whole suite.
pub const WHOLE_SUITE: &str = "*";

/// How many times the last look's pairs a row may seem to need and still go on: twenty pairs tell that number to a factor of
/// two or so.
const HOPE: u32 = 2;

/// Everything that follows from a record and a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// One entry per row that compares something, sorted.
    pub comparisons: Vec<Comparison>,
    /// Benchmarks without a verdict, sorted.
    pub states: Vec<JudgedState>,
    /// Absolute limits.
    pub budgets: Vec<BudgetCheck>,
    /// The answer.
    pub outcome: Outcome,
}

/// Judges a record.
#[must_use]
pub fn judge(record: &RunRecord, policy: &Policy, looks: Option<&Looks>) -> Judgement {
    let rows: Vec<&Row> = record.rows.iter().filter(|row| row.design != Design::Single).collect();
    let seen = evidence(&rows, policy, looks);
    let (worse, better) = (adjusted(&seen, policy, |e| e.p_worse), adjusted(&seen, policy, |e| e.p_better));
    let control = control_red(&rows, &seen, &worse, policy, looks);
    let mut comparisons: Vec<Comparison> = rows
        .iter()
        .zip(seen)
        .zip(worse.iter().zip(&better))
        .map(|((row, evidence), (&worse, &better))| comparison(row, evidence, worse, better, policy))
        .collect();
    if let Some(control) = control.filter(|control| control.is_unstable(policy.alpha)) {
        comparisons.iter_mut().for_each(|row| withhold(row, control));
    }
    comparisons.sort_by(|a, b| (&a.suite, &a.benchmark, &a.metric).cmp(&(&b.suite, &b.benchmark, &b.metric)));
    let mut states: Vec<JudgedState> = record.states.iter().map(|entry| judged_state(entry, policy)).collect();
    states.sort_by(|a, b| (&a.suite, &a.benchmark).cmp(&(&b.suite, &b.benchmark)));
    let budgets = budgets(record, policy);
    let outcome = outcome(&comparisons, &record.states, &states, &budgets, policy.on_inconclusive);
    Judgement { comparisons, states, budgets, outcome }
}

/// The run's self-control, where a row is about to turn red: elsewhere there is nothing to doubt.
fn control_red(
    rows: &[&Row],
    seen: &[Evidence],
    worse: &[Option<f64>],
    policy: &Policy,
    looks: Option<&Looks>,
) -> Option<Control> {
    let red = seen.iter().zip(worse).any(|(row, p)| !row.worse && p.is_some_and(|p| p <= policy.alpha));
    looks.filter(|_| red).and_then(|looks| control::control(rows, policy, looks))
}

/// Takes the red off a paired row of an unstable run.
fn withhold(row: &mut Comparison, control: Control) {
    if row.verdict == Verdict::Regression && row.method == "paired" {
        row.verdict = Verdict::Inconclusive;
        row.waiver = None;
        let warning = Warning::UnstableRun { runs: control.runs, red: control.red };
        row.warnings.insert(0, warning.code().to_owned());
        row.details.insert(0, warning);
    }
}

/// For each row of a run in progress, whether more pairs are useless: its verdict stands, all other rows counted in. So are
/// `elsewhere` rows that another machine measures: whatever they show, no correction makes what is decided here undecided.
#[must_use]
pub fn decided(rows: &[Row], elsewhere: usize, policy: &Policy, looks: &Looks) -> Vec<bool> {
    let rows: Vec<&Row> = rows.iter().collect();
    let seen = evidence(&rows, policy, Some(looks));
    let (worse, better) = (
        adjusted_among(&seen, elsewhere, policy, |e| e.p_worse),
        adjusted_among(&seen, elsewhere, policy, |e| e.p_better),
    );
    seen.iter()
        .zip(worse.iter().zip(&better))
        .map(|(evidence, (&worse, &better))| {
            is_hopeless(evidence, looks) || verdict(evidence, worse, better, policy.alpha) != Verdict::Inconclusive
        })
        .collect()
}

/// For each row whether it is red, or may become so among rows that another machine measures: no correction makes a p-value
/// smaller. Counters repeat themselves: nobody doubts them.
#[must_use]
pub fn suspects(rows: &[Row], policy: &Policy, looks: &Looks) -> Vec<bool> {
    let seen = evidence(&rows.iter().collect::<Vec<_>>(), policy, Some(looks));
    let red = |row: &Evidence| row.worse || row.p_worse.is_some_and(|p| p <= policy.alpha);
    seen.iter().map(|row| row.method == "paired" && red(row)).collect()
}

/// Whether more pairs would be wasted: a zero never gets a ratio, and after the regular rounds only those rows go on that
/// have a chance to be decided at the plan's last look. To stop so costs power alone; no claim is made by it.
fn is_hopeless(evidence: &Evidence, looks: &Looks) -> bool {
    let reach = looks.counts().last().map_or(0, |last| HOPE * last);
    let late = evidence.pairs >= REGULAR_PAIRS;
    evidence.warnings.contains(&Warning::ZeroValues) || (late && evidence.pairs_needed.is_none_or(|need| need > reach))
}

/// The policy's correction over all rows that have a p-value (`docs/method.md`); the others keep none.
fn adjusted(seen: &[Evidence], policy: &Policy, p: impl Fn(&Evidence) -> Option<f64>) -> Vec<Option<f64>> {
    adjusted_among(seen, 0, policy, p)
}

/// Likewise, among so many rows more that show nothing: both corrections are largest then.
fn adjusted_among(
    seen: &[Evidence],
    elsewhere: usize,
    policy: &Policy,
    p: impl Fn(&Evidence) -> Option<f64>,
) -> Vec<Option<f64>> {
    let raw: Vec<f64> = seen.iter().filter_map(&p).chain(std::iter::repeat_n(1.0, elsewhere)).collect();
    let mut adjusted = match policy.correction {
        Correction::BenjaminiHochberg => multiplicity::benjamini_hochberg(&raw),
        Correction::Holm => multiplicity::holm(&raw),
    }
    .into_iter();
    seen.iter().map(|evidence| p(evidence).and_then(|_| adjusted.next())).collect()
}

fn verdict(evidence: &Evidence, worse: Option<f64>, better: Option<f64>, alpha: f64) -> Verdict {
    let below = |p: Option<f64>| p.is_some_and(|p| p <= alpha);
    if evidence.worse || below(worse) {
        Verdict::Regression
    } else if evidence.better || below(better) {
        Verdict::Improvement
    } else if evidence.inside {
        Verdict::Unchanged
    } else {
        Verdict::Inconclusive
    }
}

fn comparison(row: &Row, evidence: Evidence, worse: Option<f64>, better: Option<f64>, policy: &Policy) -> Comparison {
    let mut verdict = verdict(&evidence, worse, better, policy.alpha);
    let mut details = row.warnings.clone();
    if let Some(doubt) = second::doubt(row, policy).filter(|_| verdict == Verdict::Regression) {
        verdict = Verdict::Inconclusive;
        details.push(doubt);
    }
    details.extend(evidence.warnings);
    let have = row.base.len().min(row.head.len()) as u32;
    if let Some(need) = evidence.pairs_needed.filter(|need| verdict == Verdict::Inconclusive && *need > have) {
        details.push(Warning::NeedsMorePairs { have, need });
    }
    let mut comparison = Comparison {
        suite: row.id.suite.clone(),
        benchmark: row.id.benchmark.clone(),
        metric: row.metric.name.clone(),
        unit: row.metric.unit,
        better: row.metric.better,
        verdict,
        ratio: evidence.ratio,
        interval: evidence.interval.filter(|interval| interval.iter().all(|end| end.is_finite())),
        confidence: 1.0 - policy.alpha,
        p: evidence.p_worse,
        p_adjusted: worse,
        threshold: policy.threshold_for(&row.id, &row.metric.name),
        minimum_detectable_effect: evidence.minimum_detectable_effect.filter(|effect| effect.is_finite()),
        noise_floor: evidence.noise_floor.filter(|floor| floor.is_finite()),
        base: summary(&row.base),
        head: summary(&row.head),
        method: evidence.method.to_owned(),
        rounds: row.head.len() as u32,
        waiver: None,
        warnings: details.iter().map(|warning| warning.code().to_owned()).collect(),
        details,
    };
    comparison.waiver = waiver::covering(&comparison, policy).map(AppliedWaiver::from);
    comparison
}

fn judged_state(entry: &StateEntry, policy: &Policy) -> JudgedState {
    JudgedState {
        suite: entry.id.suite.clone(),
        benchmark: entry.id.benchmark.clone(),
        state: entry.state,
        level: level(entry, policy),
        detail: match entry.side {
            Some(side) => format!("{side}: {}", entry.detail),
            None => entry.detail.clone(),
        },
    }
}

fn level(entry: &StateEntry, policy: &Policy) -> Level {
    match entry.state {
        State::New | State::Identical => Level::Allow,
        State::Missing if policy.removed.iter().any(|glob| glob.is_match(entry.id.to_string())) => Level::Allow,
        State::Missing => policy.on_missing,
        // The budget never reached it: a benchmark that did not run must not look like one that passed.
        State::Unmeasured => Level::Deny,
        State::Failed | State::TimedOut | State::Unreadable => match entry.side {
            Some(Side::Head) => Level::Deny,
            // Base does not build: nothing of the suite can be judged, and that is never a pass.
            Some(Side::Base) if entry.id.benchmark == WHOLE_SUITE => Level::Deny,
            Some(Side::Base) => Level::Warn,
            None => policy.on_inconclusive,
        },
    }
}

fn budgets(record: &RunRecord, policy: &Policy) -> Vec<BudgetCheck> {
    let mut checks = Vec::new();
    for row in record.rows.iter().filter(|row| !row.head.is_empty()) {
        let name = row.id.to_string();
        for limit in
            policy.limits.iter().filter(|limit| limit.metric == row.metric.name && limit.benchmark.is_match(&name))
        {
            let value = crate::stats::summary::median(&row.head);
            let verdict = if value <= limit.max { BudgetVerdict::Within } else { BudgetVerdict::Exceeded };
            checks.push(BudgetCheck {
                benchmark: name.clone(),
                metric: row.metric.name.clone(),
                limit: limit.max,
                value,
                verdict,
            });
        }
    }
    checks.sort_by(|a, b| (&a.benchmark, &a.metric).cmp(&(&b.benchmark, &b.metric)));
    checks
}

/// The worst of everything; nothing compared is an error, never a pass.
fn outcome(
    comparisons: &[Comparison],
    entries: &[StateEntry],
    states: &[JudgedState],
    budgets: &[BudgetCheck],
    on_inconclusive: Level,
) -> Outcome {
    let broken = |whole: bool| {
        entries.iter().any(|entry| {
            entry.side == Some(Side::Head)
                && matches!(entry.state, State::Failed | State::TimedOut | State::Unreadable)
                && (entry.id.benchmark == WHOLE_SUITE) == whole
        })
    };
    let regressed = comparisons.iter().any(|row| row.verdict == Verdict::Regression && row.waiver.is_none())
        || budgets.iter().any(|check| check.verdict == BudgetVerdict::Exceeded);
    let open = comparisons.iter().any(|row| row.verdict == Verdict::Inconclusive) && on_inconclusive == Level::Deny;
    let denied = states.iter().any(|state| state.level == Level::Deny);
    let compared = !comparisons.is_empty() || states.iter().any(|state| state.state == State::Identical);
    if regressed || broken(false) {
        Outcome::Regression
    } else if broken(true) {
        // Head does not build: there is nothing to judge, and that is the head's fault.
        Outcome::Error
    } else if denied || (open && compared) {
        Outcome::Inconclusive
    } else if compared {
        Outcome::Pass
    } else {
        Outcome::Error
    }
}

#[cfg(test)]
mod tests;
