//! How the cost of finding change points grows with a history: one series of 100 to 100,000 values, and a project of many.
//!
//! `cargo bench --bench histories`. Noise of 2 %, a step of 10 % every hundred values (at most fifty), as the peers were timed.
#![expect(clippy::print_stdout, reason = "a table is what it is run for")]

use benchgate::model::{History, RunLabel, Series};
use benchgate::stats::changepoints::{Detector, detect};
use benchgate::trend::{Settings, trend};
use std::time::{Duration, Instant};

/// Passes of which the median counts.
const PASSES: usize = 7;

/// Series and runs of the project.
const PROJECT: (usize, usize) = (2_000, 5_000);

fn series(values: usize, seed: u64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let every = (values / 50).max(100);
    let mut normal = move || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    (0..values).map(|i| 100.0 * (1.0 + 0.1 * ((i / every) % 2) as f64) * (0.02 * normal()).exp()).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    println!("values   changes   median of {PASSES}   per value");
    for values in [100, 1_000, 10_000, 100_000] {
        let one = series(values, 7);
        let mut changes = 0;
        let times = (0..PASSES).map(|_| {
            let from = Instant::now();
            changes = detect(&one, &Detector::DEFAULT).len();
            from.elapsed()
        });
        let took = median(times.collect());
        println!("{values:>6}   {changes:>7}   {took:>11.3?}   {:>9.0?}", took / values as u32);
    }
    let (count, runs) = PROJECT;
    let one = |i: usize| Series {
        benchmark: format!("suite/benchmark-{i}"),
        metric: "wall-time".to_owned(),
        unit: None,
        better: None,
        values: series(runs, i as u64),
    };
    let history =
        History { runs: vec![RunLabel::default(); runs], series: (0..count).map(one).collect(), left_out: Vec::new() };
    let settings = Settings { detector: Detector::DEFAULT, since: Vec::new(), drift_max: None, fdr: 0.05 };
    let from = Instant::now();
    let found = trend(std::slice::from_ref(&history), &settings);
    let changes: usize = found.series.iter().map(|series| series.change_points.len()).sum();
    println!("{count} series of {runs} values: {:.1?}, {changes} changes", from.elapsed());
}
