//! The schedule, obeyed by an executor that replays instead of spawning: no clock, no process.

use super::*;
use crate::model::known_metric;
use crate::plan;

/// What the scripted world answers to a launch.
type Script = dyn FnMut(&str, Side, usize) -> Entry;

struct Scripted<'a> {
    script: &'a mut Script,
    clock: Duration,
    log: Vec<(String, Side)>,
}

impl<'a> Scripted<'a> {
    fn new(script: &'a mut Script) -> Self {
        Self { script, clock: Duration::ZERO, log: Vec::new() }
    }
}

impl Executor for Scripted<'_> {
    fn launch(&mut self, benchmark: &Planned, side: Side) -> Result<Entry> {
        let nth = self.log.len();
        self.log.push((benchmark.id.benchmark.clone(), side));
        let entry = (self.script)(&benchmark.id.benchmark, side, nth);
        self.clock += Duration::from_secs_f64(entry.wall_s());
        Ok(entry)
    }

    fn elapsed(&self) -> Duration {
        self.clock
    }
}

fn done(value: f64) -> Entry {
    took(value, false)
}

fn took(value: f64, disturbed: bool) -> Entry {
    let accounting = LoggedAccounting { wall_s: 1.0, ..LoggedAccounting::default() };
    Entry::Done { values: vec![value], iterations: vec![], disturbed, accounting, memory_floor: None, lost: vec![] }
}

fn failed() -> Entry {
    Entry::Failed { state: State::Failed, detail: "exited with status 101".into(), wall_s: 1.0 }
}

fn benchmark(name: &str) -> Planned {
    let metrics = vec![known_metric("wall-time").unwrap()];
    Planned::new(BenchmarkId::new("s", name), metrics, vec!["true".into()], Duration::from_secs(1), Read::Kernel)
}

fn plan_of(names: &[&str]) -> Plan {
    plan::paired(names.iter().map(|name| benchmark(name)).collect(), &[6, 10], 1)
}

const HOUR: Duration = Duration::from_hours(1);

fn never(rows: &[Row]) -> Vec<bool> {
    vec![false; rows.len()]
}

fn measure(
    plan: &Plan,
    script: &mut Script,
    budget: Duration,
    decide: &mut Decide<'_>,
) -> (Measured, Vec<(String, Side)>) {
    let mut executor = Scripted::new(script);
    let measured = execute(plan, &mut executor, &mut Journal::in_memory(), &mut Silent, budget, decide).unwrap();
    (measured, executor.log)
}

#[test]
fn pairs_belong_together_whatever_their_order() {
    // Each launch says how many came before it: two launches of one pair are next to each other.
    let (measured, log) = measure(&plan_of(&["a", "b"]), &mut |_, _, nth| done(1.0 + nth as f64), HOUR, &mut never);
    assert_eq!(log.len(), 2 * 2 * 10);
    for row in &measured.rows {
        assert_eq!((row.base.len(), row.head.len()), (10, 10));
        assert!(row.base.iter().zip(&row.head).all(|(base, head)| (base - head).abs() == 1.0), "{row:?}");
    }
    assert_eq!(measured.cost.launches, 40);
    assert_eq!(measured.cost.children_s, 40.0);
}

#[test]
fn what_is_decided_at_a_look_costs_no_more_time() {
    let mut decide = |rows: &[Row]| rows.iter().map(|row| row.id.benchmark == "a").collect();
    let (measured, _) = measure(&plan_of(&["a", "b"]), &mut |_, _, _| done(1.0), HOUR, &mut decide);
    let pairs: Vec<_> = measured.rows.iter().map(|row| (row.id.benchmark.as_str(), row.base.len())).collect();
    assert_eq!(pairs, [("a", 6), ("b", 10)]);
}

#[test]
fn the_budget_is_kept_to_within_one_launch_and_what_it_misses_is_named() {
    let plan = plan_of(&["a", "b"]);
    for budget in 1..40 {
        let budget = Duration::from_secs(budget);
        let (measured, _) = measure(&plan, &mut |_, _, _| done(1.0), budget, &mut never);
        assert!(measured.budget_spent);
        assert!(
            Duration::from_secs_f64(measured.cost.measure_s) <= budget + Duration::from_secs(1),
            "{budget:?}: {measured:?}"
        );
        let named =
            measured.rows.len() + measured.states.iter().filter(|entry| entry.state == State::Unmeasured).count();
        assert_eq!(named, 2, "{budget:?}: every benchmark has a row or a state");
        assert!(measured.rows.iter().all(|row| row.base.len() >= 6 && row.base.len() == row.head.len()));
    }
}

#[test]
fn a_failure_is_retried_once_and_then_named_with_its_side() {
    let mut head_fails =
        |name: &str, side: Side, _| if name == "a" && side == Side::Head { failed() } else { done(1.0) };
    let (measured, log) = measure(&plan_of(&["a", "b"]), &mut head_fails, HOUR, &mut never);
    assert_eq!(measured.states.len(), 1);
    assert_eq!((measured.states[0].state, measured.states[0].side), (State::Failed, Some(Side::Head)));
    assert_eq!(measured.rows.len(), 1);
    let of_a = log.iter().filter(|(name, side)| name == "a" && *side == Side::Head).count();
    assert_eq!(of_a, 2, "one launch and one retry");

    let (measured, _) = measure(&plan_of(&["a"]), &mut |_, _, _| failed(), HOUR, &mut never);
    assert_eq!(measured.states[0].side, None, "both sides fail");
}

/// A plan of one launch that yields `a`, twice, and `b`.
fn plan_of_three_together() -> Plan {
    let [a, b] = ["a", "b"].map(|name| BenchmarkId::new("s", name));
    let metrics = ["wall-time", "max-rss", "wall-time"].map(|name| known_metric(name).unwrap());
    let together = Planned { metrics: metrics.to_vec(), members: vec![a.clone(), a, b], ..benchmark("*") };
    plan::paired(vec![together], &[6, 10], 1)
}

/// A launch of three values that lacks these.
fn without(metrics: &[usize]) -> Entry {
    let Entry::Done { iterations, disturbed, accounting, memory_floor, .. } = done(1.0) else { return failed() };
    let lost = |&metric: &usize| Lost { metric, state: State::Failed, detail: "assert 1 == 2".into() };
    let lost = metrics.iter().map(lost).collect();
    Entry::Done { values: vec![1.0; 3], iterations, disturbed, accounting, memory_floor, lost }
}

#[test]
fn of_benchmarks_launched_together_one_that_fails_is_named_and_the_others_go_on() {
    let plan = plan_of_three_together();
    let names = |measured: &Measured| -> Vec<(String, usize)> {
        measured.rows.iter().map(|row| (row.id.benchmark.clone(), row.base.len())).collect()
    };
    let mut head_fails = |_: &str, side: Side, _| without(if side == Side::Head { &[0, 1] } else { &[] });
    let (measured, log) = measure(&plan, &mut head_fails, HOUR, &mut never);
    assert_eq!(names(&measured), [("b".to_owned(), 10)]);
    let [state] = &measured.states[..] else { panic!("one state: {:?}", measured.states) };
    assert_eq!((&*state.id.benchmark, state.state, state.side), ("a", State::Failed, Some(Side::Head)));
    assert_eq!(log.len(), 20 + 1, "one retry, and none for what is known to fail");
    // Both sides: of neither alone.
    let (measured, _) = measure(&plan, &mut |_, _, _| without(&[2]), HOUR, &mut never);
    assert_eq!(names(&measured), [("a".to_owned(), 10), ("a".to_owned(), 10)]);
    assert_eq!((&*measured.states[0].id.benchmark, measured.states[0].side), ("b", None));
    // What is decided of the others ends the launches; a lost one keeps nothing open.
    let (measured, log) = measure(&plan, &mut |_, _, _| without(&[2]), HOUR, &mut |rows| vec![true; rows.len()]);
    assert_eq!((measured.rows.len(), log.len()), (2, 12 + 2));
    // What was seen before it failed is evidence, if it is enough to say anything.
    for (from, seen) in [(14, Some(7)), (6, None)] {
        let mut later = move |_: &str, _: Side, nth: usize| without(if nth >= from { &[2] } else { &[] });
        let (measured, _) = measure(&plan, &mut later, HOUR, &mut never);
        let of_b = names(&measured).into_iter().find(|(name, _)| name == "b").map(|(_, pairs)| pairs);
        assert_eq!((of_b, measured.states.len()), (seen, 1), "from launch {from}");
        assert!(measured.rows.iter().all(|row| row.base.iter().chain(&row.head).all(|value| *value == 1.0)));
    }
    // All of them: the rest of the plan has nothing to show.
    let (measured, log) = measure(&plan, &mut |_, _, _| without(&[0, 1, 2]), HOUR, &mut never);
    assert!(measured.rows.is_empty() && log.len() < 8, "{} launches", log.len());
    assert_eq!(measured.states.len(), 2, "{:?}", measured.states);
}

#[test]
fn a_launch_that_works_when_repeated_is_kept_with_a_warning() {
    let mut once = true;
    let mut flaky = move |_: &str, _, _| if std::mem::take(&mut once) { failed() } else { done(1.0) };
    let (measured, _) = measure(&plan_of(&["a"]), &mut flaky, HOUR, &mut never);
    assert_eq!(measured.rows[0].warnings, [Warning::Retried { launches: 1 }]);
    assert_eq!(measured.rows[0].base.len(), 10);
}

#[test]
fn disturbed_pairs_are_repeated_within_bounds_and_never_by_their_result() {
    // Every launch is disturbed: half of the pairs are repeated, the rest kept, and the row says so.
    let (measured, log) = measure(&plan_of(&["a"]), &mut |_, _, _| took(1.0, true), HOUR, &mut never);
    assert_eq!(measured.rows[0].base.len(), 10);
    assert!(log.len() > 20 && log.len() <= 30, "{} launches", log.len());
    assert_eq!(measured.rows[0].warnings, [Warning::Disturbed { share: 1.0 }]);
    // Wild values alone repeat nothing.
    let (_, log) =
        measure(&plan_of(&["a"]), &mut |_, _, nth| done(if nth % 3 == 0 { 100.0 } else { 1.0 }), HOUR, &mut never);
    assert_eq!(log.len(), 20);
}

fn value(name: &str, side: Side) -> f64 {
    f64::from(name.as_bytes()[0]) + if side == Side::Head { 0.5 } else { 0.0 }
}

/// Ends the run after 17 launches, as abruptly as a signal would.
struct Killed(u32);
impl Executor for Killed {
    fn launch(&mut self, benchmark: &Planned, side: Side) -> Result<Entry> {
        self.0 += 1;
        anyhow::ensure!(self.0 <= 17, Interrupted);
        Ok(done(value(&benchmark.id.benchmark, side)))
    }
    fn elapsed(&self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }
}

#[test]
fn a_resumed_run_repeats_no_finished_launch_and_ends_the_same() {
    let plan = plan_of(&["a", "b", "c"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    let header = Header::new(plan.seed, String::new(), "same".into());
    let whole = measure(&plan, &mut |name, side, _| done(value(name, side)), HOUR, &mut never).0;

    let mut journal = Journal::create(&path, &header).unwrap();
    let error = execute(&plan, &mut Killed(0), &mut journal, &mut Silent, HOUR, &mut never).unwrap_err();
    assert!(error.is::<Interrupted>());
    drop(journal);

    let mut journal = Journal::resume(&path, &header).unwrap();
    assert_eq!(journal.known_launches(), 17);
    let mut script = |name: &str, side: Side, _| done(value(name, side));
    let mut executor = Scripted::new(&mut script);
    let resumed = execute(&plan, &mut executor, &mut journal, &mut Silent, HOUR, &mut never).unwrap();
    assert_eq!(executor.log.len(), 60 - 17);
    assert_eq!(resumed.rows, whole.rows);
    assert_eq!(resumed.cost.launches, 60);
}
