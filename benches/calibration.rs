//! The error rates of `docs/method.md`, by simulation: prints its tables in Markdown.
//!
//! `cargo bench --bench calibration -- [--runs N] [--family NAME] [--table NUMBER]`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints tables, and how far it is")]

#[path = "calibration/mod.rs"]
mod simulation;

use simulation::gate::Gate;
use simulation::noise::Family;
use simulation::peers::{Call, Judges, RULES};
use simulation::real;
use simulation::scenarios::{SCENARIOS, false_alarms as false_alarms_on};
use simulation::tally::{Tally, Truth, simulate};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Runs per cell, unless somebody says otherwise.
const RUNS: u32 = 2000;

/// Threads at work: one per family at a time.
const THREADS: usize = 2;

/// Prints a table.
type Print = fn(&Options);

/// What was asked for.
struct Options {
    runs: u32,
    families: Vec<Family>,
    table: Option<u32>,
}

fn main() {
    let options = options(&std::env::args().collect::<Vec<_>>());
    let tables: [(u32, Print); 5] = [(1, false_alarms), (2, power), (3, peers), (4, real_launches), (5, scenarios)];
    for (number, print) in tables {
        if options.table.is_none_or(|wanted| wanted == number) {
            print(&options);
        }
    }
}

fn options(arguments: &[String]) -> Options {
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
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&family) = options.families.get(i) else { break };
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
        "| noise | red, 3 % (first) | red or green, 3 % | red, 0.1 % (first) | red or green, 0.1 % | \
         red, all at +3 % (first) | unchanged at +3 % | unchanged at +4.5 % | covered, 3 % | covered, 0.1 % | \
         covered at +3 % |"
    );
    println!("|---|{}", "--:|".repeat(10));
    let (normal, hard) = (Gate::new(0.03), Gate::new(0.001));
    let hasty = Gate::new(0.03).without_second_look();
    per_family(options, "table 1", |family| {
        let of = |gate: &Gate, effect: f64| simulate(gate, family, Truth::All(effect), options.runs)[0];
        let (easy, fine, edge, beyond) = (of(&normal, 0.0), of(&hard, 0.0), of(&normal, 0.03), of(&hasty, 0.045));
        let red = |of: Tally| format!("{} ({:.2})", of.red.percent(), 100.0 * of.red_first.value());
        let cells = [
            red(easy),
            easy.called.percent(),
            red(fine),
            fine.called.percent(),
            red(edge),
            edge.unchanged.percent(),
            beyond.unchanged.percent(),
            easy.covered.percent(),
            fine.covered.percent(),
            edge.covered.percent(),
        ];
        format!("| {} | {} |", family.name(), cells.join(" | "))
    });
}

/// Table 2: what a gate run costs and sees. One benchmark of twenty has changed.
fn power(options: &Options) {
    println!("\n## 2. Unchanged benchmarks, and one of 20 that became slower, {} runs per cell\n", options.runs);
    println!(
        "| noise | pairs, unchanged | inconclusive, unchanged | +3 % called | +5 % | +10 % | +20 % | threshold 1 %: pairs | \
         inconclusive | +3 % |"
    );
    println!("|---|{}", "--:|".repeat(9));
    let (gate, fine) = (Gate::new(0.03), Gate::new(0.01));
    per_family(options, "table 2", |family| {
        let of = |gate: &Gate, effect: f64| simulate(gate, family, Truth::One(effect), options.runs);
        let cells = [(&gate, [0.03, 0.05, 0.1, 0.2].as_slice()), (&fine, &[0.03])].map(|(gate, effects)| {
            let seen: Vec<_> = effects.iter().map(|&effect| of(gate, effect)).collect();
            let still = seen[0][1];
            let called: Vec<String> =
                seen.iter().map(|[changed, _]| format!("{:.1}", 100.0 * changed.regression.value())).collect();
            let (rounds, open) = (still.rounds.value(), 100.0 * still.inconclusive.value());
            format!("{rounds:.1} | {open:.1} | {}", called.join(" | "))
        });
        format!("| {} | {} |", family.name(), cells.join(" | "))
    });
}

/// Table 3: the same benchmark and budget, other rules.
fn peers(options: &Options) {
    println!("\n## 3. Other rules, eight machines, {} runs per cell\n", options.runs);
    println!("False alarms: called slower or faster without a change; the others: called slower. In percent.\n");
    println!("| rule | false alarms, mean | worst | +1 % | +2 % | +3 % | +5 % | +10 % | pairs at +3 % |");
    println!("|---|{}", "--:|".repeat(8));
    let judges = Judges::new();
    let effects = [0.0, 0.01, 0.02, 0.03, 0.05, 0.1];
    let mut shares = vec![vec![[0.0; SCENARIOS.len()]; effects.len()]; RULES.len()];
    let mut pairs = [0.0; RULES.len()];
    for (s, scenario) in SCENARIOS.into_iter().enumerate() {
        eprintln!("table 3, {}", scenario.name);
        for (e, &effect) in effects.iter().enumerate() {
            let mut seeds = fastrand::Rng::with_seed(11);
            for _ in 0..options.runs {
                let (calls, rounds) = judges.calls(scenario, effect, &mut seeds);
                for (rule, call) in calls.into_iter().enumerate() {
                    let counts = call == Call::Slower || (effect == 0.0 && call == Call::Faster);
                    shares[rule][e][s] += if counts { 100.0 / f64::from(options.runs) } else { 0.0 };
                }
                let ours = RULES.len() - rounds.len();
                for (i, count) in rounds.into_iter().enumerate().filter(|_| effect == 0.03) {
                    pairs[ours + i] += f64::from(count) / f64::from(options.runs) / SCENARIOS.len() as f64;
                }
            }
        }
    }
    for (rule, shares) in shares.iter().enumerate() {
        let means: Vec<String> =
            shares.iter().map(|of| format!("{:.1}", of.iter().sum::<f64>() / of.len() as f64)).collect();
        let (worst, share) =
            SCENARIOS.iter().zip(shares[0]).max_by(|a, b| a.1.total_cmp(&b.1)).expect("there are machines");
        let worst = if share > 0.0 { worst.name } else { "" };
        let pairs = if pairs[rule] > 0.0 { format!("{:.1}", pairs[rule]) } else { String::new() };
        let (alarms, power) = (&means[0], means[1..].join(" | "));
        println!("| {} | {alarms} | {share:.1} {worst} | {power} | {pairs} |", RULES[rule]);
    }
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
