//! The change-point detector on histories with known changes: real noise of GitHub's runners, constructed steps
//! (`tests/fixtures/series/README.md`).

#![expect(clippy::print_stderr, reason = "the rates are what the tests are read for")]

use super::rates::normal;
use crate::stats::changepoints::{Detector, detect};
use fastrand::Rng;
use flate2::read::GzDecoder;
use serde_json::Value;

/// A change is found by a detection at most this far away.
const MARGIN: usize = 5;

/// Changes found, missed and imagined in histories that have some, and what was imagined in quiet ones.
#[derive(Default, Debug)]
struct Score {
    found: usize,
    missed: usize,
    imagined: usize,
    exact: usize,
    quiet_points: usize,
    imagined_in_quiet: usize,
}

impl Score {
    fn add(&mut self, truth: &[usize], detected: &[usize], points: usize) {
        if truth.is_empty() {
            self.quiet_points += points;
            self.imagined_in_quiet += detected.len();
            return;
        }
        // Nearest pairs first, each change and each detection once.
        let mut pairs: Vec<(usize, usize, usize)> = (0..truth.len())
            .flat_map(|i| (0..detected.len()).map(move |j| (i, j)))
            .map(|(i, j)| (truth[i].abs_diff(detected[j]), i, j))
            .filter(|&(distance, _, _)| distance <= MARGIN)
            .collect();
        pairs.sort_unstable();
        let (mut known, mut used) = (vec![false; truth.len()], vec![false; detected.len()]);
        for (distance, i, j) in pairs {
            if !known[i] && !used[j] {
                (known[i], used[j]) = (true, true);
                self.exact += usize::from(distance == 0);
            }
        }
        let found = known.iter().filter(|is| **is).count();
        self.found += found;
        self.missed += truth.len() - found;
        self.imagined += detected.len() - found;
    }

    fn f1(&self) -> f64 {
        2.0 * self.found as f64 / (2 * self.found + self.missed + self.imagined) as f64
    }

    /// In 1000 quiet points.
    fn false_alarms(&self) -> f64 {
        1000.0 * self.imagined_in_quiet as f64 / self.quiet_points as f64
    }
}

fn histories() -> Vec<(Vec<f64>, Vec<usize>)> {
    let path = format!("{}/tests/fixtures/series/semisynthetic_v1.json.gz", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let all: Value = serde_json::from_reader(GzDecoder::new(file)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let series = list(&all["series"]);
    let values = |one: &Value| list(&one["values"]).iter().map(|v| v.as_f64().expect("a number")).collect();
    let truth = |one: &Value| list(&one["truth"]).iter().map(|v| v.as_u64().expect("an index") as usize).collect();
    series.iter().map(|one| (values(one), truth(one))).collect()
}

#[test]
fn changes_in_real_noise_are_found() {
    let histories = histories();
    for (name, detector, f1, false_alarms) in [
        ("default", Detector::DEFAULT, 0.90, 0.8),
        ("from 2 %", Detector { magnitude_min: 0.02, ..Detector::DEFAULT }, 0.86, 0.8),
        ("sensitive", Detector::SENSITIVE, 0.86, 3.0),
        ("strict", Detector::STRICT, 0.84, 0.2),
    ] {
        let mut score = Score::default();
        for (values, truth) in &histories {
            score.add(truth, &indices(values, &detector), values.len());
        }
        let (got, alarms) = (score.f1(), score.false_alarms());
        eprintln!("{name}: F1 {got:.3}, {alarms:.2} false alarms in 1000 quiet points, {score:?}");
        assert!(got >= f1 && alarms <= false_alarms, "{name}: F1 {got}, {alarms} false alarms");
    }
}

fn indices(values: &[f64], detector: &Detector) -> Vec<usize> {
    detect(values, detector).iter().map(|change| change.index).collect()
}

/// `before` values around 100 and `after` around `100 step`, with a spread of 1 %.
fn stepped(before: usize, after: usize, step: f64) -> Vec<f64> {
    let mut random = Rng::with_seed(11);
    (0..before + after).map(|i| (100.0 + normal(&mut random)) * if i < before { 1.0 } else { step }).collect()
}

#[test]
fn a_step_is_described() {
    let got = detect(&stepped(70, 30, 1.06), &Detector::DEFAULT);
    let [change] = got[..] else { panic!("{got:?}") };
    assert_eq!(change.index, 70);
    assert!(change.range.0 <= 70 && 70 <= change.range.1 && change.range.1 - change.range.0 <= 4, "{change:?}");
    assert!((change.before - 100.0).abs() < 1.0 && (change.after - 106.0).abs() < 1.0, "{change:?}");
    let (low, high) = change.interval.expect("many values");
    assert!(low < 1.06f64.ln() && 1.06f64.ln() < high && high - low < 0.02, "{change:?}");
    assert!(change.p < 1e-10 && !change.provisional, "{change:?}");
}

#[test]
fn a_late_step_is_provisional() {
    // Three values are the fewest that can be told from sixty.
    for (after, found) in [(2, 0), (4, 1)] {
        let got = detect(&stepped(80, after, 1.2), &Detector::DEFAULT);
        assert_eq!(got.len(), found, "{after}: {got:?}");
        assert!(got.iter().all(|change| change.provisional && change.index == 80), "{got:?}");
    }
}

#[test]
fn a_strict_detector_waits_until_a_change_has_lasted() {
    for (after, found) in [(11, 0), (12, 1)] {
        let got = detect(&stepped(80, after, 1.2), &Detector::STRICT);
        assert_eq!(got.len(), found, "{after}: {got:?}");
        assert!(got.iter().all(|change| !change.provisional && change.index == 80), "{got:?}");
    }
    // Gone again after eight runs.
    let mut values = stepped(160, 0, 1.0);
    values[80..88].iter_mut().for_each(|v| *v *= 1.2);
    assert_eq!(indices(&values, &Detector::DEFAULT), vec![80, 88]);
    assert!(detect(&values, &Detector::STRICT).is_empty());
}

#[test]
fn a_strict_detector_tells_large_changes_only() {
    // In noise of 1 %: 1.5 % is less than 2 %. In noise of 4 %: 5 % is 1.2 standard deviations.
    let quarter = |values: Vec<f64>| -> Vec<f64> { values.iter().map(|v| 100.0 * (v / 100.0).powi(4)).collect() };
    for (values, default, strict) in [
        (stepped(80, 80, 1.015), 1, 0),
        (stepped(80, 80, 1.03), 1, 1),
        (quarter(stepped(80, 80, 1.012)), 1, 0),
        (quarter(stepped(80, 80, 1.03)), 1, 1),
    ] {
        assert_eq!(detect(&values, &Detector::DEFAULT).len(), default);
        assert_eq!(detect(&values, &Detector::STRICT).len(), strict);
    }
}

#[test]
fn a_level_that_passes_is_found_where_it_is_looked_for() {
    // Ten runs, all more than ten standard deviations away, and as far from each other.
    let mut values = stepped(200, 0, 1.0);
    values[120..130].copy_from_slice(&[112.0, 135.0, 118.0, 145.0, 125.0, 150.0, 115.0, 140.0, 128.0, 155.0]);
    let near = |values: &[f64], detector: &Detector| -> Vec<usize> {
        indices(values, detector).into_iter().filter(|index| (110..140).contains(index)).collect()
    };
    assert!(near(&values, &Detector { passing_min: None, ..Detector::SENSITIVE }).is_empty());
    let got = near(&values, &Detector::SENSITIVE);
    assert!(got.len() == 2 && got[0].abs_diff(120) <= 1 && got[1] == 130, "{got:?}");
    // Fewer in a row may be chance.
    values[124] = 100.0;
    assert!(near(&values, &Detector::SENSITIVE).is_empty());
}

#[test]
fn a_sawtooth_has_noise() {
    // Neighbours differ by a few exact amounts, most often by the same one.
    let series = |periods: &[f64], jitter: f64, step: f64| -> Vec<f64> {
        let mut random = Rng::with_seed(7);
        let tooth = |i: usize| 100.0 + periods[i % periods.len()];
        (0..200).map(|i| (tooth(i) + jitter * normal(&mut random)) * if i < 100 { 1.0 } else { step }).collect()
    };
    for periods in [&[0.0, 1.0, 2.0, 3.0][..], &[0.0, 5.0], &[0.0, 2.0, 1.0]] {
        for jitter in [0.0, 1e-6, 0.001] {
            assert!(detect(&series(periods, jitter, 1.0), &Detector::DEFAULT).is_empty(), "{periods:?}, {jitter}");
            for step in [1.02, 1.05] {
                let got = indices(&series(periods, jitter, step), &Detector::DEFAULT);
                assert!(got.len() == 1 && got[0].abs_diff(100) <= 1, "{periods:?}, {jitter}, {step}: {got:?}");
            }
        }
    }
}

#[test]
fn the_largest_numbers_have_changes_too() {
    let values = stepped(70, 70, 1.1);
    for scale in [1e10, 1e150, 1e305] {
        let scaled: Vec<f64> = values.iter().map(|v| v * scale).collect();
        assert_eq!(indices(&scaled, &Detector::DEFAULT), vec![70], "{scale}");
        // As they are, and not their logarithms.
        let shifted: Vec<f64> = values.iter().map(|v| (v - 105.0) * scale).collect();
        let got = detect(&shifted, &Detector::DEFAULT);
        assert_eq!(got.len(), 1, "{scale}: {got:?}");
        assert!((got[0].step / scale - 10.0).abs() < 1.0 && (got[0].before / scale + 5.0).abs() < 1.0, "{got:?}");
    }
    let widest: Vec<f64> = values.iter().map(|v| if *v < 105.0 { f64::MIN } else { f64::MAX }).collect();
    assert_eq!(indices(&widest, &Detector::DEFAULT), vec![70]);
}

#[test]
fn wild_values_and_missing_ones_open_no_segment() {
    let mut values = stepped(120, 0, 1.0);
    for i in [10, 11, 50, 90] {
        values[i] *= 3.0;
    }
    assert!(detect(&values, &Detector::DEFAULT).is_empty());
    let mut values = stepped(60, 60, 1.1);
    for i in [0, 30, 59, 60, 100] {
        values[i] = f64::NAN;
    }
    assert_eq!(indices(&values, &Detector::DEFAULT), vec![61]);
}

#[test]
fn levels_without_noise_are_told_apart() {
    // Counters: no noise at all, or very little of it and a step of ten million times as much.
    let steps = |i: usize| {
        if i < 40 {
            1000.0
        } else if i < 80 {
            1001.0
        } else {
            2000.0
        }
    };
    let exact: Vec<f64> = (0..120).map(steps).collect();
    let counters = Detector { noise_min: 0.0002, ..Detector::DEFAULT };
    assert_eq!(indices(&exact, &counters), vec![40, 80]);
    let nearly: Vec<f64> = (0..120).map(|i| steps(i) + 1e-7 * f64::from((i * 7 % 11) as u8)).collect();
    assert_eq!(indices(&nearly, &Detector::DEFAULT), vec![40, 80]);
    assert_eq!(indices(&nearly, &counters), vec![40, 80]);
    // A step of 0.1 % is nothing where 1 % is asked for.
    assert_eq!(indices(&nearly, &Detector { magnitude_min: 0.01, ..counters }), vec![80]);
    assert!(detect(&[5.0; 50], &Detector::DEFAULT).is_empty());
}
