//! The error rates of `docs/method.md`, by simulation: prints its tables in Markdown.
//!
//! `cargo bench --bench calibration -- [--runs N] [--family NAME] [--table NUMBER]`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints tables, and how far it is")]

#[path = "calibration/mod.rs"]
mod simulation;

use simulation::gate::Gate;
use simulation::noise::Family;
use simulation::real;
use simulation::scenarios::{SCENARIOS, false_alarms as false_alarms_on};
use simulation::tally::{Truth, simulate};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Runs per cell, unless somebody says otherwise.
const RUNS: u32 = 2000;

/// Threads at work: one per family at a time.
const THREADS: usize = 2;

/// What was asked for.
struct Options {
    runs: u32,
    families: Vec<Family>,
    table: Option<u32>,
}

fn main() {
    let options = options(std::env::args().skip(1).collect());
    let tables: [(u32, fn(&Options)); 3] = [(1, false_alarms), (4, real_launches), (5, scenarios)];
    for (number, print) in tables {
        if options.table.is_none_or(|wanted| wanted == number) {
            print(&options);
        }
    }
}

fn options(arguments: Vec<String>) -> Options {
    let value = |flag: &str| arguments.iter().position(|it| it == flag).and_then(|at| arguments.get(at + 1));
    let number = |flag: &str| value(flag).map(|text| text.parse().expect("a number"));
    let wanted = value("--family");
    let families = Family::ALL.into_iter().filter(|family| wanted.is_none_or(|name| name == family.name())).collect();
    Options { runs: number("--runs").unwrap_or(RUNS), families, table: number("--table") }
}

/// One line per family, in order, worked out on [`THREADS`] threads.
fn per_family(options: &Options, what: &str, line: impl Fn(Family) -> String + Sync) {
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(vec![String::new(); options.families.len()]);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((i, &family)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    options.families.get(i).map(|family| (i, family))
                } {
                    let began = Instant::now();
                    let text = line(family);
                    eprintln!("{what}, {}: {:.1} s", family.name(), began.elapsed().as_secs_f64());
                    lines.lock().unwrap_or_else(PoisonError::into_inner)[i] = text;
                }
            });
        }
    });
    lines.into_inner().unwrap_or_else(PoisonError::into_inner).iter().for_each(|line| println!("{line}"));
}

/// Table 1: how often a whole run, and a row, is wrong.
fn false_alarms(options: &Options) {
    println!("\n## 1. False alarms of gate runs of 20 benchmarks, {} runs per cell\n", options.runs);
    println!(
        "| noise | red, 3 % | red or green, 3 % | red, 0.1 % | red or green, 0.1 % | red, all at +3 % | unchanged at +3 % | \
         unchanged at +4.5 % | covered, 3 % | covered, 0.1 % | covered at +3 % |"
    );
    println!("|---|{}", "--:|".repeat(10));
    let (normal, hard) = (Gate::new(0.03), Gate::new(0.001));
    per_family(options, "table 1", |family| {
        let of = |gate: &Gate, effect: f64| simulate(gate, family, Truth::All(effect), options.runs)[0];
        let (easy, fine, edge, beyond) = (of(&normal, 0.0), of(&hard, 0.0), of(&normal, 0.03), of(&normal, 0.045));
        let cells = [
            easy.red,
            easy.called,
            fine.red,
            fine.called,
            edge.red,
            edge.unchanged,
            beyond.unchanged,
            easy.covered,
            fine.covered,
            edge.covered,
        ];
        let cells: Vec<String> = cells.iter().map(|mean| mean.percent()).collect();
        format!("| {} | {} |", family.name(), cells.join(" | "))
    });
}

/// Table 4: real launches.
fn real_launches(_: &Options) {
    for metric in ["wall", "cpu"] {
        let comparisons = real::comparisons(metric);
        println!("\n## 4. Real launches, {metric} time, {} comparisons\n", comparisons.len());
        println!("| looks | threshold | false alarms | red | unchanged | +1 % | +2 % | +3 % | +5 % | +10 % |");
        println!("|---|{}", "--:|".repeat(9));
        let defaults = Gate::new(0.0).looks.counts().to_vec();
        for looks in [vec![10], vec![6, 10, 15, 20], defaults] {
            for threshold in [0.0, 0.02, 0.03] {
                let gate = Gate::new(threshold).with_looks(&looks);
                let called = real::called(&gate, &comparisons);
                let shares = [called.false_alarms, called.false_red, called.unchanged].into_iter();
                let shares =
                    shares.chain(called.slower.iter().filter(|(effect, _)| **effect > 0).map(|(_, &share)| share));
                let cells: Vec<String> = shares.map(|share| format!("{:.1}", 100.0 * share)).collect();
                println!("| {looks:?} | {:.0} % | {} |", 100.0 * threshold, cells.join(" | "));
            }
        }
    }
}

/// Table 5: one benchmark on eight machines.
fn scenarios(options: &Options) {
    println!("\n## 5. False alarms of one benchmark on eight machines, {} runs per cell\n", options.runs);
    println!("| machine | 10 pairs, 0 % | 10 pairs, 2 % | default looks, 0 % | default looks, 2 % |");
    println!("|---|{}", "--:|".repeat(4));
    let gates = [Gate::new(0.0).with_looks(&[10]), Gate::new(0.02).with_looks(&[10]), Gate::new(0.0), Gate::new(0.02)];
    for scenario in SCENARIOS {
        let cells = gates.each_ref().map(|gate| {
            let [red, green] = false_alarms_on(gate, scenario, options.runs);
            format!("{:.2}", 100.0 * (red + green))
        });
        println!("| {} | {} |", scenario.name, cells.join(" | "));
    }
}
