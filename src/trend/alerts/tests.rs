use super::*;
use crate::model::{Better, History, Series};
use crate::stats::changepoints::Detector;
use crate::trend::{Settings, trend};

/// Noise that varies by half a percent.
fn wobble(i: usize) -> f64 {
    1.0 + 0.004 * ((1.7 * i as f64).sin() + (2.9 * i as f64 + 1.0).sin())
}

fn look(values: Vec<f64>, machine: impl Fn(usize) -> &'static str) -> Trend {
    look_with(values, machine, None)
}

fn look_with(values: Vec<f64>, machine: impl Fn(usize) -> &'static str, drift_max: Option<f64>) -> Trend {
    let label = |i: usize| RunLabel {
        commit: Some(format!("{i:040x}")),
        time: Some(format!("2026-01-{:02}T{:02}:00:00Z", 1 + i / 24, i % 24)),
        environment: Some(machine(i).to_owned()).filter(|class| !class.is_empty()),
    };
    let history = History {
        runs: (0..values.len()).map(label).collect(),
        series: vec![Series {
            benchmark: "s/b".into(),
            metric: "wall-time".into(),
            unit: None,
            better: Some(Better::Lower),
            values,
        }],
        left_out: Vec::new(),
    };
    trend(&[history], &Settings { detector: Detector::DEFAULT, since: Vec::new(), drift_max, fdr: 1.0 })
}

/// `n` values of a level each.
fn levels(levels: &[(usize, f64)]) -> Vec<f64> {
    let all = levels.iter().flat_map(|&(n, level)| std::iter::repeat_n(level, n));
    all.enumerate().map(|(i, level)| level * wobble(i)).collect()
}

fn states(ledger: &Ledger) -> Vec<AlertState> {
    ledger.alerts.iter().map(|alert| alert.state).collect()
}

#[test]
fn a_change_is_new_once_and_fixed_once() {
    let mut ledger = Ledger::default();
    let quiet = look(levels(&[(40, 100.0)]), |_| "");
    assert_eq!(ledger.update(&quiet, true, "t0"), []);
    let fresh = look(levels(&[(40, 100.0), (5, 110.0)]), |_| "");
    assert!(fresh.series[0].change_points[0].provisional);
    assert_eq!(ledger.update(&fresh, false, "t1"), [], "a provisional change waits");
    let mut told = Vec::new();
    for n in 6..30 {
        told.extend(ledger.update(&look(levels(&[(40, 100.0), (n, 110.0)]), |_| ""), false, "t2"));
    }
    assert_eq!(told, [News::New(ledger.alerts[0].id.clone())]);
    assert_eq!(ledger.alerts[0].commit, Some(format!("{:040x}", 40)));
    assert!((ledger.alerts[0].ratio - 1.1).abs() < 0.01, "{:?}", ledger.alerts[0]);
    let mut told = Vec::new();
    for n in 1..20 {
        told.extend(ledger.update(&look(levels(&[(40, 100.0), (30, 110.0), (n, 101.0)]), |_| ""), false, "t3"));
    }
    assert_eq!(told, [News::Fixed(ledger.alerts[0].id.clone())]);
    assert_eq!(states(&ledger), [AlertState::Fixed]);
    // Worse again is another one.
    let again = look(levels(&[(40, 100.0), (30, 110.0), (20, 101.0), (12, 112.0)]), |_| "");
    assert_eq!(ledger.update(&again, false, "t4").len(), 1);
    assert_eq!(states(&ledger), [AlertState::Fixed, AlertState::Open]);
}

#[test]
fn an_acknowledged_change_stays_quiet_and_is_closed_when_it_is_gone() {
    let mut ledger = Ledger::default();
    let worse = look(levels(&[(40, 100.0), (20, 110.0)]), |_| "");
    assert_eq!(ledger.update(&worse, true, "t0").len(), 1, "recent ones are told at the first look");
    let id = ledger.alerts[0].id.clone();
    ledger.acknowledge(&id[..6], "UTF-8 validation", "t1").unwrap();
    assert_eq!(ledger.update(&worse, false, "t2"), []);
    assert_eq!(states(&ledger), [AlertState::Acknowledged]);
    let better = look(levels(&[(40, 100.0), (20, 110.0), (20, 99.0)]), |_| "");
    assert_eq!(ledger.update(&better, false, "t3"), [News::Fixed(id)]);
    assert!(ledger.acknowledge("", "x", "t").is_err());
    let unknown = ledger.acknowledge("zz", "x", "t").unwrap_err();
    assert_eq!(unknown.to_string(), "no alert begins with 'zz'; the ledger has no open one");
}

#[test]
fn what_is_old_at_the_first_look_is_known_and_what_follows_is_not() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.update(&look(levels(&[(40, 100.0), (60, 110.0)]), |_| ""), true, "t0"), []);
    assert_eq!(states(&ledger), [AlertState::Acknowledged]);
    let more = look(levels(&[(40, 100.0), (60, 110.0), (10, 120.0)]), |_| "");
    assert_eq!(ledger.update(&more, false, "t1").len(), 1);
}

#[test]
fn a_change_that_more_values_deny_is_withdrawn_and_news_if_it_comes_back() {
    let mut ledger = Ledger::default();
    let worse = look(levels(&[(40, 100.0), (20, 110.0)]), |_| "");
    ledger.update(&worse, true, "t0");
    let id = ledger.alerts[0].id.clone();
    let denied = look(levels(&[(60, 100.0)]), |_| "");
    assert_eq!(ledger.update(&denied, false, "t1"), [News::Withdrawn(id.clone())]);
    assert_eq!(ledger.update(&denied, false, "t1"), []);
    assert_eq!(ledger.update(&worse, false, "t2"), [News::New(id)]);
    // A history that no longer has the commit says nothing of it.
    let mut later = worse.clone();
    later.series[0].change_points.clear();
    later.series[0].runs = later.series[0].runs[..20].into();
    assert_eq!(ledger.update(&later, false, "t3"), []);
    assert_eq!(states(&ledger), [AlertState::Open]);
}

#[test]
fn a_new_machine_is_no_change_and_the_old_ones_alert_stays() {
    let class = |i: usize| if i < 60 { "epyc" } else { "xeon" };
    let mut ledger = Ledger::default();
    ledger.update(&look(levels(&[(40, 100.0), (20, 110.0)]), class), true, "t0");
    let id = ledger.alerts[0].id.clone();
    let moved = look(levels(&[(40, 100.0), (20, 110.0), (30, 60.0)]), class);
    assert_eq!(moved.series[0].change_points.len(), 1, "{:?}", moved.series[0].change_points);
    assert_eq!(ledger.update(&moved, false, "t1"), []);
    assert_eq!((ledger.alerts[0].id.as_str(), states(&ledger)), (id.as_str(), vec![AlertState::Open]));
    let slower = look(levels(&[(40, 100.0), (20, 110.0), (30, 60.0), (10, 70.0)]), class);
    assert_eq!(ledger.update(&slower, false, "t2").len(), 1);
    assert_eq!(ledger.alerts[1].subject.environment.as_deref(), Some("xeon"));
}

#[test]
fn machines_that_take_turns_are_told_apart() {
    // The second machine takes twice as long; both become 10 % slower at the fiftieth run.
    let machine = |i: usize| if i * 7 % 5 < 2 { "slow" } else { "fast" };
    let factor = |i: usize| if machine(i) == "slow" { 2.0 } else { 1.0 };
    let values = levels(&[(50, 100.0), (50, 110.0)]).into_iter().enumerate().map(|(i, v)| v * factor(i)).collect();
    let seen = look(values, machine);
    let steps = &seen.series[0].change_points;
    let found: Vec<(&str, bool)> =
        steps.iter().map(|step| (step.environment.as_deref().unwrap(), step.index.abs_diff(50) < 4)).collect();
    assert!(found.contains(&("slow", true)) && found.contains(&("fast", true)) && found.len() == 2, "{found:?}");
    assert!(seen.notes[0].contains("2 environments"), "{:?}", seen.notes);
    // Another machine's runs lie between: each of those may have done it too.
    assert!(steps.iter().all(|step| step.first <= step.index && step.index <= step.last));
}

#[test]
fn a_drift_beyond_its_budget_is_an_alert_too() {
    let creep = |n: usize, rate: f64| (0..n).map(|i| 100.0 * (1.0 + rate * i as f64) * wobble(i)).collect::<Vec<_>>();
    let mut ledger = Ledger::default();
    let kinds = |ledger: &Ledger| ledger.alerts.iter().filter(|alert| alert.kind == AlertKind::Drift).count();
    ledger.update(&look_with(creep(80, 0.0), |_| "", Some(0.05)), true, "t0");
    assert_eq!(kinds(&ledger), 0);
    ledger.update(&look_with(creep(80, 0.002), |_| "", Some(0.05)), false, "t1");
    ledger.update(&look_with(creep(81, 0.002), |_| "", Some(0.05)), false, "t2");
    assert_eq!(kinds(&ledger), 1);
    let fixed = ledger.update(&look_with(creep(80, 0.0), |_| "", Some(0.05)), false, "t3");
    let mut ledger = Ledger::default();
    let step = look_with(levels(&[(40, 100.0), (20, 110.0)]), |_| "", Some(0.05));
    assert_eq!(step.series[0].drift.as_ref().and_then(|drift| drift.exceeds), Some(true));
    assert_eq!(ledger.update(&step, false, "t0").len(), 1, "one change is told once");
    assert!(fixed.iter().any(|news| matches!(news, News::Fixed(_))), "{fixed:?}");
}

#[test]
fn a_ledger_reads_back_and_says_what_is_wrong_with_it() {
    let mut ledger = Ledger::default();
    ledger.update(&look(levels(&[(40, 100.0), (20, 110.0)]), |_| ""), true, "2026-11-22T12:00:00Z");
    assert_eq!(Ledger::parse("a", ledger.text().unwrap().as_bytes()).unwrap(), ledger);
    assert_eq!(Ledger::parse("a", Ledger::default().text().unwrap().as_bytes()).unwrap(), Ledger::default());
    let error = |text: &str| Ledger::parse("a.json", text.as_bytes()).unwrap_err().to_string();
    assert!(error("{\"schema\": 1").starts_with("a.json:1:12: not a ledger"), "{}", error("{\"schema\": 1"));
    assert!(error("{\"schema\": 2}").contains("schema 2 is newer"));
    let hostile = error(r#"{"schema":1,"alerts":[],"\u001b[2J":1}"#);
    assert!(hostile.contains(r"unknown field `\u{1b}[2J`"), "{hostile:?}");
    assert!(error("{\"schema\": 1, \"alerts\": [], \"x\": 1}").contains("unknown field"));
}

#[test]
fn a_commit_that_was_measured_every_night_has_one_alert() {
    // The last thirty runs are of one commit; the machine became slower at the forty-second.
    let mut seen = look(levels(&[(42, 100.0), (18, 110.0)]), |_| "");
    let commit = |i: usize| format!("{:040x}", i.min(30));
    let label = |i: usize| RunLabel { commit: Some(commit(i)), ..RunLabel::default() };
    seen.series[0].runs = (0..60).map(label).collect();
    seen.series[0].change_points.iter_mut().for_each(|step| step.commit = Some(commit(step.index)));
    let mut ledger = Ledger::default();
    assert_eq!(ledger.update(&seen, true, "t0").len(), 1);
    let id = ledger.alerts[0].id.clone();
    ledger.acknowledge(&id, "the new runner", "t1").unwrap();
    assert_eq!(ledger.update(&seen, false, "t2"), []);
    assert_eq!(states(&ledger), [AlertState::Acknowledged]);
    // A second change within the same commit is another alert, with an id of its own.
    let mut again = look(levels(&[(42, 100.0), (18, 110.0), (20, 121.0)]), |_| "");
    again.series[0].runs = (0..80).map(label).collect();
    again.series[0].change_points.iter_mut().for_each(|step| step.commit = Some(commit(step.index)));
    assert_eq!(ledger.update(&again, false, "t3").len(), 1);
    assert_ne!(ledger.alerts[1].id, id);
}

#[test]
fn a_series_whose_unit_changed_does_not_deny_the_others_alert() {
    let values = levels(&[(40, 100.0), (20, 110.0)]);
    let mut seen = look(values, |_| "");
    // Its older half, of the same name: it has no values where the change is.
    let mut older = seen.series[0].clone();
    older.change_points.clear();
    older.values.iter_mut().skip(10).for_each(|value| *value = f64::NAN);
    seen.series.push(older);
    let mut ledger = Ledger::default();
    assert_eq!(ledger.update(&seen, true, "t0").len(), 1);
    seen.series.reverse();
    assert_eq!(ledger.update(&seen, false, "t1"), []);
    assert_eq!(states(&ledger), [AlertState::Open]);
}

#[test]
fn an_alert_of_one_machine_is_fixed_also_when_the_others_runs_are_gone() {
    let class = |i: usize| if i < 60 { "epyc" } else { "xeon" };
    let mut ledger = Ledger::default();
    let moved = look(levels(&[(30, 50.0), (30, 50.0), (30, 60.0), (20, 70.0)]), class);
    assert_eq!(ledger.update(&moved, true, "t0").len(), 1);
    assert_eq!(ledger.alerts[0].subject.environment.as_deref(), Some("xeon"));
    // The first sixty runs were pruned, and the level is back.
    let mut back = look(levels(&[(30, 60.0), (20, 70.0), (20, 60.0)]), |_| "xeon");
    let label = |i: usize| RunLabel {
        commit: Some(format!("{:040x}", i + 60)),
        environment: Some("xeon".into()),
        ..RunLabel::default()
    };
    back.series[0].runs = (0..70).map(label).collect();
    assert_eq!(ledger.update(&back, false, "t1").len(), 1);
    assert_eq!(states(&ledger), [AlertState::Fixed]);
}

/// A look at what is left of a history: the runs that `keep` names.
fn thinned(values: Vec<f64>, keep: impl Fn(usize) -> bool) -> Trend {
    let whole = look(values, |_| "");
    let kept: Vec<usize> = (0..whole.series[0].values.len()).filter(|&i| keep(i)).collect();
    let series = Series {
        benchmark: "s/b".into(),
        metric: "wall-time".into(),
        unit: None,
        better: Some(Better::Lower),
        values: kept.iter().map(|&i| whole.series[0].values[i]).collect(),
    };
    let runs = kept.iter().map(|&i| whole.series[0].runs[i].clone()).collect();
    let history = History { runs, series: vec![series], left_out: Vec::new() };
    let settings = Settings { detector: Detector::DEFAULT, since: Vec::new(), drift_max: None, fdr: 1.0 };
    trend(&[history], &settings)
}

#[test]
fn a_change_is_the_same_where_pruning_took_its_commit() {
    let mut ledger = Ledger::default();
    let values = levels(&[(61, 100.0), (119, 110.0)]);
    assert_eq!(ledger.update(&look(values[..80].to_vec(), |_| ""), true, "t0").len(), 1);
    // One run in five is left, without the one that the alert names.
    let seen = thinned(values.clone(), |i| i % 5 == 0);
    assert_eq!(seen.series[0].change_points.len(), 1);
    assert!(seen.series[0].runs.iter().all(|run| run.commit != ledger.alerts[0].commit));
    assert_eq!(ledger.update(&seen, false, "t1"), []);
    assert_eq!(states(&ledger), [AlertState::Open]);
    // Too few to show it do not deny it.
    assert_eq!(ledger.update(&thinned(values, |i| i % 30 == 0), false, "t2"), []);
    assert_eq!(states(&ledger), [AlertState::Open]);
    // What is taken back is fixed all the same.
    let back = levels(&[(61, 100.0), (59, 110.0), (80, 100.0)]);
    assert_eq!(ledger.update(&thinned(back, |i| i % 5 == 0), false, "t3").len(), 1);
    assert_eq!(states(&ledger), [AlertState::Fixed]);
}

#[test]
fn what_began_and_ended_before_anybody_looked_is_no_news() {
    let mut ledger = Ledger::default();
    let past = look(levels(&[(40, 100.0), (40, 110.0), (40, 100.0)]), |_| "");
    assert_eq!(ledger.update(&past, true, "t0"), []);
    assert_eq!(states(&ledger), [AlertState::Fixed]);
    // Nor is what came and went between two looks.
    let both = look(levels(&[(40, 100.0), (40, 110.0), (40, 100.0), (12, 120.0), (12, 100.0)]), |_| "");
    assert_eq!(ledger.update(&both, false, "t1"), []);
    assert_eq!(states(&ledger), [AlertState::Fixed, AlertState::Fixed]);
}
