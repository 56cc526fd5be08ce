//! What becomes of rows under a policy; below, laws of every judgement and error rates of its later looks.

mod elsewhere_rates;
mod laws;
mod second_rates;

use super::*;
use crate::model::{BenchmarkId, Environment, Metric, Origin, SCHEMA, SecondLook, Source, Tool, Varied, known_metric};
use globset::Glob;
use proptest::prelude::*;

pub(super) fn policy() -> Policy {
    Policy {
        correction: Correction::default(),
        alpha: 0.01,
        threshold: 0.03,
        rules: vec![],
        on_inconclusive: Level::Warn,
        on_missing: Level::Deny,
        removed: vec![],
        waivers: vec![],
        lighter: vec![],
        limits: vec![],
        today: "2026-06-01".into(),
    }
}

fn looks() -> &'static Looks {
    static LOOKS: std::sync::LazyLock<Looks> = std::sync::LazyLock::new(|| Looks::new(&[6, 10, 15, 20]).unwrap());
    &LOOKS
}

pub(super) fn record(rows: Vec<Row>) -> RunRecord {
    let origin = Origin { revision: "x".into(), source: Source::Built };
    RunRecord {
        schema: SCHEMA,
        tool: Tool::this(),
        started: String::new(),
        seed: 0,
        base: Some(origin.clone()),
        head: origin,
        trigger: None,
        environment: Environment::default(),
        looks: vec![6, 10, 15, 20],
        rows,
        states: vec![],
        cost: crate::model::Cost::default(),
        durations: Vec::new(),
        shard: None,
    }
}

/// Ten pairs around 1 ms with half a percent of noise, head `factor` times base.
pub(super) fn row(name: &str, factor: f64) -> Row {
    let mut random = fastrand::Rng::with_seed(name.bytes().map(u64::from).sum());
    let mut noisy = |centre: f64| centre * (1.0 + 0.005 * (random.f64() - 0.5));
    let (base, head) = (0..10).map(|_| (noisy(1e-3), noisy(1e-3 * factor))).unzip();
    let metric = known_metric("wall-time").unwrap();
    Row {
        id: BenchmarkId::new("s", name),
        metric,
        design: Design::Paired,
        base,
        head,
        disturbed: 0,
        second_look: None,
        warnings: vec![],
    }
}

fn state(name: &str, state: State, side: Option<Side>) -> StateEntry {
    StateEntry { id: BenchmarkId::new("s", name), state, side, detail: "why".into() }
}

fn verdicts(judgement: &Judgement) -> Vec<Verdict> {
    judgement.comparisons.iter().map(|row| row.verdict).collect()
}

#[test]
fn each_verdict_is_earned() {
    let record = record(vec![row("faster", 0.9), row("same", 1.0), row("slower", 1.1)]);
    let judged = judge(&record, &policy(), Some(looks()));
    assert_eq!(verdicts(&judged), [Verdict::Improvement, Verdict::Unchanged, Verdict::Regression]);
    assert_eq!(judged.outcome, Outcome::Regression);
    let slower = &judged.comparisons[2];
    assert!(slower.interval.unwrap()[0] > 1.03 && (slower.ratio.unwrap() - 1.1).abs() < 0.005, "{slower:?}");
    assert!(slower.p_adjusted.unwrap() <= 0.01);
}

#[test]
fn few_pairs_are_inconclusive_and_say_what_is_needed() {
    let mut few = row("few", 1.1);
    few.base.truncate(3);
    few.head.truncate(3);
    let judged = judge(&record(vec![few]), &policy(), Some(looks()));
    assert_eq!(verdicts(&judged), [Verdict::Inconclusive]);
    assert_eq!(judged.comparisons[0].warnings, ["too-few-observations"]);
    assert_eq!(judged.outcome, Outcome::Pass, "inconclusive warns by default");
    let strict = Policy { on_inconclusive: Level::Deny, ..policy() };
    let mut few = row("few", 1.1);
    few.base.truncate(3);
    few.head.truncate(3);
    assert_eq!(judge(&record(vec![few]), &strict, Some(looks())).outcome, Outcome::Inconclusive);
}

#[test]
fn higher_is_better_turns_the_verdict_around() {
    let mut throughput = row("throughput", 1.1);
    throughput.metric = Metric { better: crate::model::Better::Higher, ..throughput.metric };
    let judged = judge(&record(vec![throughput]), &policy(), Some(looks()));
    assert_eq!(verdicts(&judged), [Verdict::Improvement]);
}

/// Ten pairs whose launches show these rates in turn.
fn rates(metric: &str, base: &[f64], head: &[f64]) -> Row {
    let metric = crate::model::named_metric(metric).unwrap();
    let ten = |rates: &[f64]| rates.iter().copied().cycle().take(10).collect();
    Row { metric, base: ten(base), head: ten(head), ..row("load", 1.0) }
}

#[test]
fn a_rise_from_none_is_red_and_single_failures_are_not() {
    let verdict = |row: Row| judge(&record(vec![row]), &policy(), Some(looks())).comparisons[0].verdict;
    assert_eq!(verdict(rates("error-rate", &[0.0], &[0.01, 0.012, 0.011])), Verdict::Regression);
    assert_eq!(verdict(rates("error-rate", &[0.0, 0.0001], &[0.01, 0.012, 0.0])), Verdict::Inconclusive);
    assert_eq!(verdict(rates("error-rate", &[0.0], &[0.0])), Verdict::Unchanged);
    assert_eq!(verdict(rates("error-rate", &[0.0], &[1e-6, 0.0, 2e-6])), Verdict::Unchanged);
    assert_eq!(verdict(rates("error-rate", &[0.01, 0.012, 0.011], &[0.0])), Verdict::Improvement);
    assert_eq!(verdict(rates("allocations", &[0.0], &[3.0])), Verdict::Regression);
    assert_eq!(verdict(rates("throughput", &[90.0, 100.0], &[0.0])), Verdict::Regression);
}

#[test]
fn nothing_compared_is_never_a_pass() {
    assert_eq!(judge(&record(vec![]), &policy(), None).outcome, Outcome::Error);
    let mut only_new = record(vec![]);
    only_new.states = vec![state("a", State::New, None)];
    assert_eq!(judge(&only_new, &policy(), None).outcome, Outcome::Error);
    let mut identical = record(vec![]);
    identical.states = vec![state("a", State::Identical, None)];
    assert_eq!(judge(&identical, &policy(), None).outcome, Outcome::Pass);
}

#[test]
fn states_have_the_levels_that_policy_gives_them() {
    let outcome = |entry: StateEntry, policy: &Policy| {
        let mut record = record(vec![row("same", 1.0)]);
        record.states = vec![entry];
        judge(&record, policy, Some(looks())).outcome
    };
    assert_eq!(outcome(state("a", State::Missing, None), &policy()), Outcome::Inconclusive);
    assert_eq!(
        outcome(state("a", State::Missing, None), &Policy { on_missing: Level::Warn, ..policy() }),
        Outcome::Pass
    );
    let removed = Policy { removed: vec![Glob::new("s/a").unwrap().compile_matcher()], ..policy() };
    assert_eq!(outcome(state("a", State::Missing, None), &removed), Outcome::Pass);
    assert_eq!(outcome(state("a", State::Failed, Some(Side::Head)), &policy()), Outcome::Regression);
    assert_eq!(outcome(state("a", State::TimedOut, Some(Side::Head)), &policy()), Outcome::Regression);
    assert_eq!(outcome(state("a", State::Failed, Some(Side::Base)), &policy()), Outcome::Pass);
    assert_eq!(outcome(state("a", State::Unmeasured, None), &policy()), Outcome::Inconclusive);
    assert_eq!(outcome(state(WHOLE_SUITE, State::Failed, Some(Side::Base)), &policy()), Outcome::Inconclusive);
    assert_eq!(outcome(state(WHOLE_SUITE, State::Failed, Some(Side::Head)), &policy()), Outcome::Error);
}

#[test]
fn a_red_row_that_other_link_orders_do_not_show_is_luck() {
    let red = |base: [f64; 4], head: [f64; 4]| {
        let second_look =
            Some(SecondLook { varied: Varied::Links, batch: 4, base: base.to_vec(), head: head.to_vec() });
        let judged = judge(&record(vec![Row { second_look, ..row("slower", 1.1) }]), &policy(), Some(looks()));
        (judged.comparisons[0].verdict, judged.comparisons[0].warnings.clone())
    };
    assert_eq!(red([1.0, 1.01, 0.99, 1.0], [1.1, 1.11, 1.09, 1.1]), (Verdict::Regression, vec![]));
    assert_eq!(
        red([1.0, 1.08, 0.99, 1.0], [1.0, 1.01, 1.07, 1.0]),
        (Verdict::Inconclusive, vec!["code-layout".to_owned()])
    );
    // A row that is not red is not accused by them.
    let second_look = Some(SecondLook { varied: Varied::Links, batch: 4, base: vec![1.0, 1.0], head: vec![2.0, 2.0] });
    let judged = judge(&record(vec![Row { second_look, ..row("same", 1.0) }]), &policy(), Some(looks()));
    assert_eq!(verdicts(&judged), [Verdict::Unchanged]);
}

#[test]
fn a_waiver_covers_what_it_says_and_no_more() {
    let waiver = |ceiling: f64, until: &str, pattern: &str| Waiver {
        benchmark: Glob::new(pattern).unwrap().compile_matcher(),
        metric: "wall-time".into(),
        ceiling,
        until: until.into(),
        reason: "known".into(),
        issue: None,
        place: "benchgate.toml:1:1".into(),
    };
    let outcome = |waiver: Waiver| {
        let policy = Policy { waivers: vec![waiver], ..policy() };
        let judged = judge(&record(vec![row("slower", 1.1)]), &policy, Some(looks()));
        assert_eq!(verdicts(&judged), [Verdict::Regression], "a waiver hides nothing");
        judged.outcome
    };
    assert_eq!(outcome(waiver(0.12, "2026-06-01", "s/slow*")), Outcome::Pass);
    assert_eq!(outcome(waiver(0.05, "2026-06-01", "s/slow*")), Outcome::Regression, "above its ceiling");
    assert_eq!(outcome(waiver(0.12, "2026-05-31", "s/slow*")), Outcome::Regression, "expired");
    assert_eq!(outcome(waiver(0.12, "2026-06-01", "s/other")), Outcome::Regression, "another benchmark's");
}

#[test]
fn a_limit_is_absolute() {
    let limit =
        |max: f64| Limit { benchmark: Glob::new("s/**").unwrap().compile_matcher(), metric: "wall-time".into(), max };
    let outcome = |max| {
        let policy = Policy { limits: vec![limit(max)], ..policy() };
        judge(&record(vec![row("same", 1.0)]), &policy, Some(looks())).outcome
    };
    assert_eq!((outcome(2e-3), outcome(0.5e-3)), (Outcome::Pass, Outcome::Regression));
}

#[test]
fn many_rows_raise_the_bar_for_each() {
    // Six pairs with a p just below alpha alone: one row in company of two hundred is not enough for a red one.
    let lonely = || {
        let mut row = row("slower", 1.0);
        row.base = vec![1.0; 6];
        row.head = [1.070, 1.082, 1.076, 1.072, 1.080, 1.074].to_vec();
        row
    };
    let alone = judge(&record(vec![lonely()]), &policy(), Some(looks()));
    let mut rows: Vec<Row> = (0..200).map(|i| row(&format!("same{i}"), 1.0)).collect();
    rows.push(lonely());
    let crowd = judge(&record(rows), &policy(), Some(looks()));
    let of = |judged: &Judgement| judged.comparisons.iter().find(|row| row.benchmark == "slower").unwrap().clone();
    assert_eq!(of(&alone).verdict, Verdict::Regression);
    assert_eq!(of(&alone).p, of(&crowd).p);
    assert_eq!(of(&crowd).verdict, Verdict::Inconclusive, "{:?}", of(&crowd));
}

proptest! {
    #[test]
    fn what_is_decided_in_the_run_is_what_the_report_says(factors in proptest::collection::vec(0.8_f64..1.25, 1..12)) {
        let rows: Vec<Row> = factors.iter().enumerate().map(|(i, &factor)| row(&format!("{i:02}"), factor)).collect();
        let decided = decided(&rows, 0, &policy(), looks());
        let judged = judge(&record(rows), &policy(), Some(looks()));
        let said: Vec<bool> = verdicts(&judged).iter().map(|verdict| *verdict != Verdict::Inconclusive).collect();
        prop_assert_eq!(decided, said);
    }
}

/// Rows that scatter so much that many are near the edge of a verdict.
fn scattered(factors: &[f64]) -> Vec<Row> {
    let of = |(i, &factor): (usize, &f64)| {
        let mut row = row(&format!("{i:02}"), factor);
        let spread = |value: &mut f64, centre: f64| *value = centre * (*value / centre).powf(6.0);
        row.base.iter_mut().for_each(|value| spread(value, 1e-3));
        row.head.iter_mut().for_each(|value| spread(value, 1e-3 * factor));
        row
    };
    factors.iter().enumerate().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What one of several machines decides stands when all are judged together, and what turns red then was suspected.
    #[test]
    fn several_machines_decide_what_one_judge_would(
        factors in proptest::collection::vec(0.93_f64..1.07, 2..24),
        machines in 1_usize..5,
        holm: bool,
    ) {
        let correction = if holm { Correction::Holm } else { Correction::BenjaminiHochberg };
        let policy = Policy { correction, ..policy() };
        let rows = scattered(&factors);
        let judged = judge(&record(rows.clone()), &policy, Some(looks()));
        for (part, said) in rows.chunks(machines).zip(judged.comparisons.chunks(machines)) {
            let stands = decided(part, rows.len() - part.len(), &policy, looks());
            let suspected = suspects(part, &policy, looks());
            for ((stands, suspected), row) in stands.into_iter().zip(suspected).zip(said) {
                prop_assert!(!stands || row.verdict != Verdict::Inconclusive);
                prop_assert!(suspected || row.verdict != Verdict::Regression);
            }
        }
    }
}
