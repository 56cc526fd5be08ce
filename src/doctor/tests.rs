use super::*;
use crate::judge::{Level, Verdict};
use crate::model::{BenchmarkId, Condition, Cost, Counters, Design, Fact, Origin, Row, Source, Topic, known_metric};
use crate::stats::power;

/// A machine that leaves nothing to be wished.
fn steady() -> Machine {
    Machine {
        cpu: "Intel(R) Xeon(R) E-2288G".into(),
        cpus_online: 8,
        cpus_allowed: (0..8).collect(),
        pinning: Some(true),
        virtualization: "none".into(),
        cpu_quota: None,
        memory: 32 << 30,
        memory_limit: None,
        load: Some(0.1),
        governors: vec!["performance".into()],
        turbo: Some(false),
        smt: Some(false),
        aslr: Some(2),
        timer_step_s: Some(22e-9),
        clocksource: "tsc".into(),
        counters: Counters::Available,
        perf_paranoid: Some(2),
        valgrind: Some("valgrind-3.24.0".into()),
        link_orders: Some(Ok(())),
        tools: vec![
            ("cargo".into(), Some("cargo 1.95.0 (x)".into())),
            ("rustc".into(), Some("rustc 1.95.0 (x)".into())),
        ],
        space: Some(100 << 30),
    }
}

const IDLE: Activity = Activity { measured: true, steal: Some(0.0), pressure: Some(0.01), throttled: None };

const TERMS: Terms = Terms { alpha: 0.01, threshold: 0.03, budget_s: 600.0, max_rounds: 20, benchmarks: 20 };

fn policy() -> Policy {
    Policy {
        correction: crate::judge::Correction::default(),
        alpha: 0.01,
        threshold: 0.03,
        rules: Vec::new(),
        on_inconclusive: Level::Warn,
        on_missing: Level::Deny,
        removed: Vec::new(),
        waivers: Vec::new(),
        lighter: Vec::new(),
        limits: Vec::new(),
        today: "2026-01-01".into(),
    }
}

fn state_of(machine: &Machine, activity: Activity, topic: Topic) -> Condition {
    let facts = facts::facts(machine, activity);
    facts.into_iter().find(|fact| fact.fact == topic).unwrap().state
}

/// A trial whose pairs differ by `spread`, up and down, and by `shift`.
fn trial(names: &[&str], spread: f64, shift: f64) -> Trial {
    let origin = Origin { revision: "x".into(), source: Source::Built };
    let noise = |i: usize| spread * [0.1, -1.1, 0.9, -0.2, 1.2, -0.8, 0.3, -0.9, 0.6, -0.1][i % 10];
    let row = |name: &&str| Row {
        id: BenchmarkId::new("doctor", *name),
        metric: known_metric("wall-time").unwrap(),
        design: Design::Paired,
        base: (0..20).map(|i| 1e-3 * (0.3 * noise(i + 3)).exp()).collect(),
        head: (0..20).map(|i| 1e-3 * (0.3 * noise(i + 3) + noise(i) + shift).exp()).collect(),
        disturbed: 1,
        second_look: None,
        warnings: Vec::new(),
    };
    Trial {
        record: RunRecord {
            schema: SCHEMA,
            tool: Tool::this(),
            started: String::new(),
            seed: 7,
            base: Some(origin.clone()),
            head: origin,
            trigger: None,
            environment: Environment::default(),
            looks: vec![6, 10, 15, 20],
            rows: names.iter().map(row).collect(),
            states: Vec::new(),
            cost: Cost { measure_s: 4.0, launches: 40, ..Cost::default() },
            durations: Vec::new(),
            shard: None,
        },
        launch_s: names.iter().map(|name| ((*name).to_owned(), 0.1)).collect(),
        about: BTreeMap::new(),
        cpus: None,
    }
}

fn examined(machine: Machine, trial: Option<Trial>) -> Examined {
    Examined { machine, activity: IDLE, environment: Environment::default(), trial }
}

fn advised(machine: Machine, trial: Option<Trial>) -> Vec<String> {
    diagnose(&examined(machine, trial), &TERMS, &policy()).advice.into_iter().map(|advice| advice.advice).collect()
}

#[test]
fn a_steady_machine_is_good_in_every_respect_and_needs_no_advice() {
    let bad: Vec<Fact> =
        facts::facts(&steady(), IDLE).into_iter().filter(|fact| fact.state != Condition::Good).collect();
    assert_eq!(bad, []);
    assert!(advised(steady(), None).is_empty());
}

#[test]
fn a_system_that_says_nothing_is_unknown_not_good() {
    let facts = facts::facts(&Machine { virtualization: "none".into(), ..Machine::default() }, Activity::default());
    let good: Vec<Topic> = facts.iter().filter(|fact| fact.state == Condition::Good).map(|fact| fact.fact).collect();
    assert_eq!(good, [Topic::Quota, Topic::Virtualization], "no limit is no limit");
    assert_eq!(facts.iter().map(|fact| fact.fact).collect::<Vec<_>>(), Topic::ALL);
}

#[test]
fn every_fact_can_stand_in_the_way() {
    use Condition::{Bad, Good, Worse};
    type Change = fn(&mut Machine);
    let cases: [(Topic, Change, Condition); 25] = [
        (Topic::Load, |m| m.load = Some(3.9), Good),
        (Topic::Load, |m| m.load = Some(4.0), Worse),
        (Topic::Load, |m| m.load = Some(8.0), Bad),
        (Topic::Quota, |m| m.cpu_quota = Some(8.0), Good),
        (Topic::Quota, |m| m.cpu_quota = Some(2.0), Worse),
        (Topic::Quota, |m| m.cpu_quota = Some(0.5), Bad),
        (Topic::Cpu, |m| m.cpus_allowed = vec![3], Worse),
        (Topic::Virtualization, |m| m.virtualization = "vm".into(), Worse),
        (Topic::Virtualization, |m| m.virtualization = "container".into(), Good),
        (Topic::Governor, |m| m.governors.push("powersave".into()), Worse),
        (Topic::Turbo, |m| m.turbo = Some(true), Worse),
        (Topic::Smt, |m| m.smt = Some(true), Worse),
        (Topic::Pinning, |m| m.pinning = Some(false), Worse),
        (Topic::Aslr, |m| m.aslr = Some(1), Worse),
        (Topic::Aslr, |m| m.aslr = Some(0), Bad),
        (Topic::Timer, |m| m.clocksource = "hpet".into(), Worse),
        (Topic::Timer, |m| m.timer_step_s = Some(1e-3), Bad),
        (Topic::Memory, |m| m.memory_limit = Some(1 << 30), Worse),
        (Topic::Memory, |m| m.memory = 256 << 20, Bad),
        (Topic::Space, |m| m.space = Some(2 << 30), Worse),
        (Topic::Space, |m| m.space = Some(0), Bad),
        (Topic::Counters, |m| m.counters = Counters::Refused, Worse),
        (Topic::Valgrind, |m| m.valgrind = None, Worse),
        (Topic::LinkOrders, |m| m.link_orders = Some(Err("ld".into())), Worse),
        (Topic::Tools, |m| m.tools[1].1 = None, Worse),
    ];
    for (topic, change, state) in cases {
        let mut machine = steady();
        change(&mut machine);
        assert_eq!(state_of(&machine, IDLE, topic), state, "{topic:?}");
    }
    let busy = Activity { steal: Some(0.02), pressure: Some(0.3), throttled: Some(0.1), ..IDLE };
    assert_eq!(state_of(&steady(), busy, Topic::Steal), Worse);
    assert_eq!(state_of(&steady(), busy, Topic::Pressure), Bad);
    let rationed = Machine { cpu_quota: Some(8.0), ..steady() };
    assert_eq!(state_of(&rationed, busy, Topic::Quota), Bad, "it was held back, whatever the ration");
}

#[test]
fn a_kind_shows_what_its_deviation_and_its_rounds_allow() {
    let trial = trial(&["a"], 0.02, 0.0);
    let kind = &self_test(&trial, &TERMS, &policy()).kinds[0];
    assert_eq!((kind.rounds, kind.rounds_alone), (20, 3000), "20 of 150 affordable rounds; 600 s at 0.2 s a pair");
    let shows = |rounds| power::detectable(kind.pair_sd, rounds, 0.01, 0.03_f64.ln_1p()).exp_m1();
    let near = |shown: Option<f64>, rounds| (shown.unwrap() - shows(rounds)).abs() < 1e-12;
    assert!(near(kind.detectable, 20) && near(kind.detectable_alone, 3000), "{kind:?}");
    assert!(kind.detectable_alone < kind.detectable && kind.detectable_alone > Some(0.03));
    assert!(kind.deviation > 0.01 && kind.deviation < 0.03, "{kind:?}");
    assert!(kind.noise_floor.is_some_and(|floor| floor > 0.0));
    // Half a second a launch leaves 30 rounds, five seconds 3, which say nothing.
    for (launch_s, rounds, shows) in [(0.75, 20, true), (1.0, 15, true), (5.0, 3, false)] {
        let slow = Trial { launch_s: [("a".to_owned(), launch_s)].into(), ..trial.clone() };
        let kind = &self_test(&slow, &TERMS, &policy()).kinds[0];
        assert_eq!((kind.rounds, kind.detectable.is_some()), (rounds, shows), "{launch_s}");
    }
}

#[test]
fn a_difference_without_a_cause_is_a_false_alarm_and_comes_first() {
    let calm = diagnose(&examined(steady(), Some(trial(&["a", "b"], 0.002, 0.0))), &TERMS, &policy());
    assert!(calm.measured.as_ref().unwrap().false_alarms().next().is_none(), "{calm:?}");
    let mut odd = trial(&["a", "b"], 0.002, 0.0);
    odd.record.rows[1] = trial(&["b"], 0.002, 0.02).record.rows.remove(0);
    let machine = Machine { governors: vec!["powersave".into()], ..steady() };
    let alarmed = diagnose(&examined(machine, Some(odd)), &TERMS, &policy());
    let names: Vec<&str> = alarmed.measured.as_ref().unwrap().false_alarms().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, ["b"]);
    assert_eq!(alarmed.measured.as_ref().unwrap().kinds[1].verdict, Verdict::Regression);
    assert_eq!(alarmed.advice[0].advice, "repeat");
    assert_eq!(alarmed.advice[1].advice, "governor");
}

#[test]
fn noise_brings_advice_that_is_computed_from_it() {
    assert_eq!(advised(steady(), Some(trial(&["a", "b"], 0.002, 0.0))), ["rounds"], "more rounds always help");
    let noisy = diagnose(&examined(steady(), Some(trial(&["a", "b"], 0.08, 0.0))), &TERMS, &policy());
    let names: Vec<&str> = noisy.advice.iter().map(|advice| advice.advice.as_str()).collect();
    assert_eq!(names, ["instructions", "rounds", "pin", "threshold"]);
    let gain = |name: &str| noisy.advice.iter().find(|advice| advice.advice == name).unwrap().gain.unwrap();
    // 30 pairs trim 4 at each end, 20 trim 3: nearly the root of two thirds.
    assert!((0.17..0.23).contains(&gain("rounds")), "{}", gain("rounds"));
    assert!(gain("instructions") > 0.95);
    let threshold = noisy.advice.last().unwrap();
    let needed = power::smallest_threshold(noisy.measured.as_ref().unwrap().kinds[0].pair_sd, 20, 0.05).exp_m1();
    let shown: f64 = threshold.command.split(['"', '%']).nth(1).unwrap().parse().unwrap();
    assert!(shown / 100.0 >= needed && shown / 100.0 < needed + 0.0051, "{threshold:?} {needed}");
}

#[test]
fn only_what_applies_is_advised() {
    let busy = Machine { load: Some(9.0), ..steady() };
    assert_eq!(advised(busy.clone(), None), ["quiet"]);
    let noisy = advised(busy, Some(trial(&["a"], 0.08, 0.0)));
    assert_eq!(noisy[..2], ["quiet", "instructions"], "what disturbed the run spoils the numbers of the rest");
    let guest = Machine { virtualization: "vm".into(), smt: Some(true), turbo: None, governors: vec![], ..steady() };
    assert!(advised(guest.clone(), None).is_empty(), "nothing of this can be set from a guest, and no noise was seen");
    assert!(advised(guest, Some(trial(&["a"], 0.08, 0.0))).contains(&"runner".to_owned()));
    let pinned = Trial { cpus: Some(vec![1]), ..trial(&["a"], 0.08, 0.0) };
    assert!(!advised(steady(), Some(pinned)).contains(&"pin".to_owned()));
    let bare = Machine { valgrind: None, link_orders: Some(Err("no".into())), aslr: Some(0), ..steady() };
    assert_eq!(advised(bare, None), ["aslr", "link-orders", "valgrind"]);
    let slow = Trial { launch_s: [("a".to_owned(), 1.0)].into(), ..trial(&["a"], 0.002, 0.0) };
    let diagnosis = diagnose(&examined(steady(), Some(slow)), &TERMS, &policy());
    assert_eq!(
        diagnosis.advice[0].command, "budget = \"14m\"    # in [gate]",
        "20 benchmarks, 20 rounds, 2 s a pair: 800 s"
    );
}
