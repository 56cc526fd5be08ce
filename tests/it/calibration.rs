//! The error rates that `docs/method.md` states, on whole simulated gate runs and on real launches.
//!
//! `cargo bench --bench calibration` prints the tables, from more runs.

#[path = "../../benches/calibration/mod.rs"]
mod simulation;

use simulation::gate::Gate;
use simulation::noise::Family;
use simulation::peers::RankSum;
use simulation::real;
use simulation::scenarios::{SCENARIOS, false_alarms};
use simulation::tally::{Mean, Tally, Truth, simulate};

/// Gate runs per family.
const RUNS: u32 = 60;

/// Simulates all families, and prints what `rates` picks.
fn every_family<const N: usize>(
    gate: &Gate,
    truth: Truth,
    rates: fn([Tally; 2]) -> [Mean; N],
) -> Vec<(Family, [Mean; N])> {
    let all = Family::ALL.map(|family| (family, rates(simulate(gate, family, truth, RUNS))));
    for (family, means) in &all {
        let text: Vec<String> = means.iter().map(|mean| mean.percent()).collect();
        eprintln!("{truth:?}, {}: {}", family.name(), text.join(", "));
    }
    all.to_vec()
}

/// Asserts that a rate is at most `bound`, three standard errors aside.
fn assert_at_most(rate: Mean, bound: f64, family: Family) {
    let error = (bound * (1.0 - bound) / f64::from(RUNS)).sqrt().min(rate.error());
    let (name, percent) = (family.name(), rate.percent());
    assert!(rate.value() <= bound + 3.0 * error, "{name}: {percent} % where {} % is promised", 100.0 * bound);
}

#[test]
fn runs_on_unchanged_code_are_rarely_red() {
    let gate = Gate::new(0.03);
    let mut all = 0.0;
    for (family, [red, covered, open]) in
        every_family(&gate, Truth::All(0.0), |of| [of[0].red, of[0].covered, of[0].inconclusive])
    {
        assert_at_most(red, 0.01, family);
        assert!(covered.value() >= 0.975, "{}: {} % covered where 99 % is nominal", family.name(), covered.percent());
        assert!(family != Family::Quiet || open.value() < 0.15, "quiet benchmarks stay open: {}", open.percent());
        all += red.value() / Family::ALL.len() as f64;
    }
    assert!(all <= 0.01, "{all} of all runs are red");
}

#[test]
fn changes_as_large_as_the_threshold_are_neither_red_nor_unchanged() {
    let gate = Gate::new(0.03);
    for (family, [red, unchanged, covered]) in
        every_family(&gate, Truth::All(0.03), |of| [of[0].red, of[0].unchanged, of[0].covered])
    {
        // What a coarse timer shows is not what is true; pairs that resemble each other hold less than they seem to.
        let (red_max, unchanged_max, covered_min) = match family {
            Family::CoarseTimer => (0.03, 0.06, 0.96),
            Family::SlowPairs => (0.015, 0.1, 0.975),
            _ => (0.01, 0.05, 0.975),
        };
        assert_at_most(red, red_max, family);
        assert_at_most(unchanged, unchanged_max, family);
        assert!(covered.value() >= covered_min, "{}: {} % covered", family.name(), covered.percent());
    }
}

#[test]
fn changes_well_beyond_the_threshold_are_never_called_unchanged_and_large_ones_are_red() {
    let gate = Gate::new(0.03).without_second_look();
    for (family, [unchanged]) in every_family(&gate, Truth::All(0.045), |of| [of[0].unchanged]) {
        assert_at_most(unchanged, 0.005, family);
    }
    for (family, [seen, false_red]) in every_family(&Gate::new(0.03), Truth::One(0.1), |of| [of[0].red, of[1].red]) {
        // One launch in three 30 % slower hides 10 %.
        let least = if family == Family::Contention { 0.0 } else { 0.85 };
        assert!(seen.value() >= least, "{}: {} % of +10 % red", family.name(), seen.percent());
        assert_at_most(false_red, 0.01, family);
    }
}

#[test]
fn real_launches_are_judged_as_well_as_promised() {
    // Without the widening for dependent pairs +3 % is called in 46 % and 55 %.
    let floors = [(vec![10], [0.43, 0.87, 0.93]), (vec![6, 10, 15, 20], [0.52, 0.89, 0.99])];
    for (looks, floors) in floors {
        for metric in ["wall", "cpu"] {
            let comparisons = real::comparisons(metric);
            let strict = real::called(&Gate::new(0.0).with_looks(&looks), &comparisons);
            let usual = real::called(&Gate::new(0.02).with_looks(&looks), &comparisons);
            eprintln!("{metric}, {looks:?}: {strict:?}, at 2 %: {usual:?}");
            assert_eq!(usual.comparisons, 888);
            assert!(strict.false_alarms <= 0.01, "{metric}, {looks:?}");
            assert_eq!(usual.false_alarms, 0.0, "{metric}, {looks:?}");
            for (effect, floor) in [30, 50, 100].into_iter().zip(floors).filter(|_| metric == "wall") {
                assert!(usual.slower[&effect] >= floor, "{looks:?}: {} of +{effect} permille", usual.slower[&effect]);
            }
        }
    }
}

#[test]
fn eight_machines_raise_few_false_alarms() {
    let gates = [(Gate::new(0.0), 0.015), (Gate::new(0.02), 0.003)];
    for (default, bound) in gates {
        let ten = Gate::new(default.policy.threshold).with_looks(&[10]);
        for (gate, scenario) in [&default, &ten].into_iter().flat_map(|gate| SCENARIOS.map(|scenario| (gate, scenario)))
        {
            let alarms: f64 = false_alarms(gate, scenario, 700).iter().sum();
            eprintln!("{}, {:?}, {bound}: {alarms:.4}", scenario.name, gate.looks.counts());
            assert!(alarms <= bound, "{}, {:?}: {alarms}", scenario.name, gate.looks.counts());
        }
    }
}

#[test]
fn the_rank_sum_is_that_of_the_tables() {
    // Mann and Whitney (1947): for 6 and 10 a side the two-sided 5 % points of U are 5 and 23.
    for (n, critical) in [(6, 5), (10, 23)] {
        let test = RankSum::new(n);
        assert!((test.at_most[n * n] - 1.0).abs() < 1e-12);
        assert!(2.0 * test.at_most[critical] < 0.05 && 2.0 * test.at_most[critical + 1] > 0.05, "{n}");
    }
}
