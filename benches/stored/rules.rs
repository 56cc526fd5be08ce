//! What benchgate and other tools make of a head and the runs before it.
#![allow(dead_code, reason = "the test uses one of them")]

use super::series::Case;
use benchgate::stats::Settings;
use benchgate::stats::left_out::prediction::{prediction_interval, significance_threshold};
use benchgate::stats::stored::{StoredInput, stored};
use benchgate::stats::summary;

/// What is said of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Slower,
    Faster,
    Nothing,
}

/// A rule: its name, and what it says of each benchmark of a case.
pub(crate) type Rule = (&'static str, fn(&Case) -> Vec<Call>);

/// Ours first. A rule that needs more history than there is says nothing.
pub(crate) const RULES: [Rule; 5] = [
    ("benchgate, 5 %", benchgate),
    ("Bencher, t test .99", |case| alone(case, bencher)),
    ("rustc-perf", |case| alone(case, rustc_perf)),
    ("last run + 10 %", |case| alone(case, last_run)),
    ("mean + 10 %", |case| alone(case, mean)),
];

/// The gate's own: threshold 5 %, alpha 1 %, each row as if it were the only one.
pub(crate) fn benchgate(case: &Case) -> Vec<Call> {
    let settings = Settings { alpha: 0.01, alpha_equivalence: 0.05, delta: 1.05f64.ln() };
    let columns: Vec<Vec<f64>> = (0..case.head.len()).map(|b| column(case, b)).collect();
    let heads: Vec<[f64; 1]> = case.head.iter().map(|value| [value.exp()]).collect();
    let inputs: Vec<StoredInput<'_>> =
        columns.iter().zip(&heads).map(|(history, head)| StoredInput { history, head }).collect();
    let call = |above: f64, below: f64| match (above <= settings.alpha, below <= settings.alpha) {
        (true, _) => Call::Slower,
        (_, true) => Call::Faster,
        _ => Call::Nothing,
    };
    stored(&inputs, settings).rows.iter().map(|row| call(row.p_above, row.p_below)).collect()
}

/// A benchmark's stored values.
fn column(case: &Case, benchmark: usize) -> Vec<f64> {
    case.history.iter().map(|run| run[benchmark].exp()).collect()
}

/// A rule that looks at one benchmark at a time.
fn alone(case: &Case, rule: fn(&[f64], f64) -> Call) -> Vec<Call> {
    case.head.iter().enumerate().map(|(b, head)| rule(&column(case, b), head.exp())).collect()
}

fn slower(is: bool) -> Call {
    if is { Call::Slower } else { Call::Nothing }
}

/// `bencherdev/bencher`, `lib/bencher_boundary`: beyond the upper limit of a t prediction interval, boundary .99.
fn bencher(history: &[f64], head: f64) -> Call {
    slower(prediction_interval(history, 1, 0.02).is_some_and(|(_, high)| head > high))
}

/// `rust-lang/rustc-perf`, `site/src/comparison.rs`: a change since the last run beyond what such changes usually are.
fn rustc_perf(history: &[f64], head: f64) -> Call {
    let Some(last) = history.last() else { return Call::Nothing };
    let change = head / last - 1.0;
    match change.abs() > significance_threshold(history) {
        true if change > 0.0 => Call::Slower,
        true => Call::Faster,
        false => Call::Nothing,
    }
}

/// `benchmark-action/github-action-benchmark` with an `alert-threshold` of 110 % (its default is 200 %).
fn last_run(history: &[f64], head: f64) -> Call {
    slower(history.last().is_some_and(|last| head > 1.1 * last))
}

/// Bencher's percentage test, upper boundary 0.10.
fn mean(history: &[f64], head: f64) -> Call {
    slower(head > 1.1 * summary::mean(history))
}
