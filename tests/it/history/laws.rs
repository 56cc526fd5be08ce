//! What holds for every store.

use super::places::{Place, day, entry, environment, measured, places};
use benchgate::model::{Better, Unit, known_metric};
use benchgate::store::history::{
    Appended, Columns, Entry, Every, Found, Keep, Run, Store, Time, Wanted, copy, read, verify,
};

/// Everything a store holds, as it was put in.
pub(crate) fn everything(store: &mut dyn Store) -> Vec<Entry> {
    let of = |columns: &Columns| (0..columns.runs.len()).map(|run| columns.entry(run).unwrap()).collect::<Vec<_>>();
    store.load(&Wanted::everything()).unwrap().iter().flat_map(of).collect()
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| (&a.suite, a.run.when(), a.run.recorded).cmp(&(&b.suite, b.run.when(), b.run.recorded)));
    entries
}

/// Two suites, two classes, names that no folder could have, a metric of another kind, times that nobody knows.
fn mixed() -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..40)
        .flat_map(|n| {
            let value = 1.234_567_89e-6 * (1.0 + n as f64 / 100.0);
            let class = if n % 3 == 0 { "epyc" } else { "xeon" };
            [
                entry("parser", class, n, &[("größe/1", value), ("b with spread", 2.0 * value)]),
                entry("CLI: \"a/b\"", class, n, &[("help", value)]),
            ]
        })
        .collect();
    let run = Run {
        revision: "version 7".into(),
        committed: None,
        recorded: day(5),
        launches: 1,
        accepted: Some("it's ok".into()),
    };
    let instructions = Found {
        benchmark: "größe/1".into(),
        metric: known_metric("instructions").unwrap(),
        value: 1_234_567_891.0,
        spread: None,
    };
    entries.push(Entry::new("parser", environment("epyc", "6.2"), run, vec![instructions]).unwrap());
    entries
}

fn each(test: impl Fn(&dyn Place)) {
    for place in places() {
        // Said by the test harness when an assertion fails.
        eprintln!("in {}", place.name());
        test(place.as_ref());
    }
}

#[test]
fn what_was_stored_reads_back_the_same_whatever_the_order() {
    each(|place| {
        assert!(everything(place.open().as_mut()).is_empty());
        let entries = mixed();
        let (first, rest) = entries.split_at(70);
        // The newest first, some one by one and some together.
        for entry in rest.iter().rev() {
            assert_eq!(place.open().append(std::slice::from_ref(entry)).unwrap(), Appended { added: 1, known: 0 });
        }
        assert_eq!(place.open().append(first).unwrap(), Appended { added: 70, known: 0 });
        assert_eq!(everything(place.open().as_mut()), sorted(entries.clone()));
        let found = verify(place.open().as_mut()).unwrap();
        assert_eq!((found.suites, found.runs, found.values), (2, 81, 121));
        assert_eq!(found.damaged, [""; 0]);
    });
}

#[test]
fn a_run_that_is_stored_again_is_there_once() {
    each(|place| {
        let entries = mixed();
        place.open().append(&entries[..50]).unwrap();
        assert_eq!(place.open().append(&entries).unwrap(), Appended { added: 31, known: 50 });
        assert_eq!(place.open().append(&entries).unwrap(), Appended { added: 0, known: 81 });
        let twice = entry("new", "c", 1, &[("a", 1.0)]);
        let appended = place.open().append(&[twice.clone(), twice]).unwrap();
        assert_eq!(appended, Appended { added: 1, known: 1 });
        assert_eq!(everything(place.open().as_mut()).len(), 82);
    });
}

#[test]
fn runs_come_in_the_order_of_their_commits_and_a_backfilled_one_takes_its_place() {
    each(|place| {
        let mut store = place.open();
        for n in [0, 1, 3] {
            store.append(&[entry("s", "c", n, &[("a", n as f64)])]).unwrap();
        }
        // Commit 2 is measured long after the others, and then once more.
        for (recorded, value) in [(day(100), 2.0), (day(99), 1.9)] {
            let run = Run { revision: "2".repeat(40), committed: Some(day(2)), recorded, launches: 5, accepted: None };
            store.append(&[measured("s", environment("c", "6.1"), run, &[("a", value)])]).unwrap();
        }
        let history = &read(store.as_mut(), &Wanted::default()).unwrap()[0];
        assert_eq!(history.series[0].values, [0.0, 1.0, 1.9, 2.0, 3.0]);
        assert_eq!(history.runs[2].time.as_deref(), Some(day(2).to_string().as_str()));
        assert_eq!(history.runs[2].commit.as_deref(), Some("2".repeat(40).as_str()));
    });
}

#[test]
fn a_history_holds_every_environment_and_each_run_says_which() {
    each(|place| {
        let mut store = place.open();
        store.append(&mixed()).unwrap();
        let histories = read(store.as_mut(), &Wanted { suite: Some("parser".into()), ..Wanted::default() }).unwrap();
        let [history] = &histories[..] else { panic!("{} histories", histories.len()) };
        assert_eq!(history.runs.len(), 41);
        assert_eq!(history.runs.iter().filter(|run| run.environment.as_deref() == Some("epyc")).count(), 15);
        let names: Vec<(&str, &str)> =
            history.series.iter().map(|series| (series.benchmark.as_str(), series.metric.as_str())).collect();
        assert_eq!(
            names,
            [
                ("parser/b with spread", "wall-time"),
                ("parser/größe/1", "instructions"),
                ("parser/größe/1", "wall-time")
            ]
        );
        let exact = &history.series[1];
        assert_eq!((exact.unit, exact.better), (Some(Unit::One), Some(Better::Lower)));
        let known: Vec<f64> = exact.values.iter().copied().filter(|value| value.is_finite()).collect();
        assert_eq!(known, [1_234_567_891.0]);
    });
}

#[test]
fn one_series_is_read_alone() {
    each(|place| {
        let mut store = place.open();
        store.append(&mixed()).unwrap();
        let wanted = Wanted {
            suite: Some("parser".into()),
            benchmark: Some("größe/1".into()),
            metric: Some("wall-time".into()),
            spreads: false,
        };
        let histories = read(store.as_mut(), &wanted).unwrap();
        assert_eq!((histories.len(), histories[0].series.len()), (1, 1));
        assert_eq!(histories[0].series[0].values.iter().filter(|value| value.is_finite()).count(), 40);
        let absent = Wanted { suite: Some("absent".into()), ..Wanted::default() };
        assert!(read(store.as_mut(), &absent).unwrap().is_empty());
    });
}

#[test]
fn pruning_keeps_the_newest_of_each_environment_and_a_thinned_past() {
    each(|place| {
        let mut store = place.open();
        store.append(&mixed()).unwrap();
        let keep = Keep { newest: 5, then: None };
        assert_eq!(store.prune(keep).unwrap(), 81 - 2 * 10);
        assert_eq!(store.prune(keep).unwrap(), 0);
        let left = everything(store.as_mut());
        assert_eq!(left.len(), 20);
        let newest =
            |class: &str| left.iter().filter(|entry| entry.environment.class == class).map(|e| e.run.when()).max();
        assert_eq!((newest("epyc"), newest("xeon")), (Some(day(39)), Some(day(38))));
        assert_eq!(verify(place.open().as_mut()).unwrap().damaged, [""; 0]);
    });
    each(|place| {
        let mut store = place.open();
        let many: Vec<Entry> = (0..100).map(|n| entry("s", "c", n, &[("a", 1.0)])).collect();
        store.append(&many).unwrap();
        let keep = Keep { newest: 30, then: Some(Every::Week) };
        let dropped = store.prune(keep).unwrap();
        assert!((59..=61).contains(&dropped), "{dropped}");
        assert_eq!(store.prune(keep).unwrap(), 0, "what was thinned is not thinned again");
        let left: Vec<Time> = everything(store.as_mut()).iter().map(|entry| entry.run.when()).collect();
        assert_eq!((left[0], left.len()), (day(0), 100 - dropped));
    });
}

#[test]
fn a_history_is_the_same_in_every_store_it_is_copied_to() {
    let chain = places();
    chain[0].open().append(&mixed()).unwrap();
    for two in chain.windows(2) {
        let copied = copy(two[0].open().as_mut(), two[1].open().as_mut()).unwrap().0;
        assert_eq!(copied, Appended { added: 81, known: 0 });
        let again = copy(two[0].open().as_mut(), two[1].open().as_mut()).unwrap().0;
        assert_eq!(again, Appended { added: 0, known: 81 });
    }
    for place in &chain {
        assert_eq!(everything(place.open().as_mut()), sorted(mixed()), "{}", place.name());
    }
}

#[test]
fn a_long_history_is_folded_and_nothing_of_it_is_lost() {
    each(|place| {
        let many: Vec<Entry> = (0..70).map(|n| entry("s", "c", n, &[("a", 1.0 + n as f64), ("b", 2.0)])).collect();
        for entry in &many {
            place.open().append(std::slice::from_ref(entry)).unwrap();
        }
        assert_eq!(everything(place.open().as_mut()), many);
        // Stored again out of what was folded: known.
        assert_eq!(place.open().append(&many[3..4]).unwrap().known, 1);
    });
}

#[test]
fn gaps_are_told() {
    each(|place| {
        let mut store = place.open();
        let values = |n: usize| if n == 2 { vec![("a", 1.0)] } else { vec![("a", 1.0), ("b", 2.0)] };
        let many: Vec<Entry> = (0..5).map(|n| entry("s", "c", n, &values(n))).collect();
        store.append(&many).unwrap();
        let found = verify(store.as_mut()).unwrap();
        assert_eq!(found.damaged, [""; 0]);
        assert_eq!(found.gaps, [format!("s/b wall-time (c): 1 of 5 runs lack it, the first is {:040x}", 2)]);
    });
}

#[test]
fn what_no_history_should_hold_is_refused() {
    let run = || Run { revision: "r".into(), committed: None, recorded: day(1), launches: 1, accepted: None };
    let found = |benchmark: &str, value: f64| Found {
        benchmark: benchmark.into(),
        metric: known_metric("wall-time").unwrap(),
        value,
        spread: None,
    };
    for (values, problem) in [
        (vec![], "it has 0 values"),
        (vec![found("a", f64::NAN)], "negative or not finite"),
        (vec![found("a", -1.0)], "negative or not finite"),
        (vec![found("a", 1.0), found("a", 2.0)], "'a' wall-time comes twice"),
        (vec![found("a\nb", 1.0)], "is no name"),
        (vec![found("", 1.0)], "is no name"),
    ] {
        let error = Entry::new("s", environment("c", ""), run(), values).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}
