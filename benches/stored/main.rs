//! How stored baselines err, beside other tools' rules on the same runs: prints the table of `docs/method.md`.
//!
//! `cargo bench --bench stored -- [--cases N]`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints a table, and how far it is")]

mod rules;
mod series;

use rules::{Call, RULES, Rule};
use series::{Case, Series};
use std::time::Instant;

/// Lengths of history.
const LENGTHS: [usize; 4] = [1, 3, 10, 30];

/// What one benchmark of head is slowed by, each in turn.
const EFFECTS: [f64; 2] = [0.1, 0.2];

/// Cases per cell, unless somebody says otherwise or a series holds fewer.
const CASES: usize = 400;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let wanted = arguments.iter().position(|it| it == "--cases").and_then(|at| arguments.get(at + 1));
    let most = wanted.map_or(CASES, |text| text.parse().expect("a number"));
    println!("False alarms, +10 % and +20 % called slower, in %.\n");
    println!("| series | stored runs | heads | {} |", RULES.map(|(name, _)| name).join(" | "));
    println!("|---|--:|--:|{}", "--:|".repeat(RULES.len()));
    for series in series::real().into_iter().chain(series::drawn()) {
        let began = Instant::now();
        for length in LENGTHS {
            let cases = series.cases(length, most);
            if !cases.is_empty() {
                println!("{}", line(&series, length, &cases));
            }
        }
        eprintln!("{}: {:.1} s", series.name, began.elapsed().as_secs_f64());
    }
}

/// One row: each rule on the same cases.
fn line(series: &Series, length: usize, cases: &[Case]) -> String {
    let cells: Vec<String> = std::thread::scope(|scope| {
        let working = RULES.map(|rule| scope.spawn(move || cell(rule, cases)));
        working.into_iter().map(|rule| rule.join().expect("a cell")).collect()
    });
    format!("| {} | {length} | {} | {} |", series.name, cases.len(), cells.join(" | "))
}

fn cell((_, rule): Rule, cases: &[Case]) -> String {
    let rows: usize = cases.iter().map(|case| case.head.len()).sum();
    let percent = |count: usize| 100.0 * count as f64 / rows as f64;
    let alarms = cases.iter().flat_map(rule).filter(|call| *call != Call::Nothing).count();
    let seen = EFFECTS.map(|effect| percent(cases.iter().map(|case| found(rule, case, effect)).sum()));
    format!("{:.1} · {:.0} · {:.0}", percent(alarms), seen[0], seen[1])
}

/// How many benchmarks are called slower when they, and they alone, are slowed.
fn found(rule: fn(&Case) -> Vec<Call>, case: &Case, effect: f64) -> usize {
    let slowed = |benchmark: usize| {
        let mut case = case.clone();
        case.head[benchmark] += effect.ln_1p();
        rule(&case)[benchmark] == Call::Slower
    };
    (0..case.head.len()).filter(|&benchmark| slowed(benchmark)).count()
}
