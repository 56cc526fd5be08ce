//! The false alarms of stored baselines that `docs/method.md` states, on real runs of shared machines and on drawn ones.
//!
//! `cargo bench --bench stored` prints the table, with what other tools make of the same runs.

#[path = "../../benches/stored/rules.rs"]
mod rules;
#[path = "../../benches/stored/series.rs"]
mod series;

use rules::{Call, benchgate};

/// Cases of each length of history, of a real series and of a drawn one.
const REAL: usize = 400;
const DRAWN: usize = 100;

#[test]
fn unchanged_benchmarks_are_rarely_told_from_their_stored_runs() {
    let real = series::real().into_iter().map(|series| (series, REAL));
    for (series, most) in real.chain(series::drawn().into_iter().map(|series| (series, DRAWN))) {
        for length in [1, 3, 10, 30] {
            let cases = series.cases(length, most);
            let calls: Vec<Call> = cases.iter().flat_map(benchgate).collect();
            let alarms = calls.iter().filter(|call| **call != Call::Nothing).count();
            let rate = alarms as f64 / calls.len().max(1) as f64;
            eprintln!("{}, {length} stored runs: {alarms} of {}, {rate:.4}", series.name, calls.len());
            // Two benchmarks do not tell the machine from a change; in the other suite single benchmarks run a quarter
            // slower in one run of six, which three runs cannot know.
            let bound = match (series.name, length) {
                ("fib, `cargo bench`" | "fib, criterion", 3) => 0.03,
                ("fib, `cargo bench`", 10) => 0.0125,
                _ => 0.01,
            };
            assert!(rate <= bound, "{}, {length} stored runs: {rate}", series.name);
        }
    }
}
