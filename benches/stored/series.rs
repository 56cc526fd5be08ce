//! Suites of benchmarks measured once per run, in which nothing changed: real ones of shared runners, and drawn ones.

use benchgate::stats::summary::median;
use fastrand::Rng;
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;

/// Runs on either side of the running median that is taken out.
const REACH: usize = 20;

/// Benchmarks of a drawn suite.
const DRAWN: usize = 8;

/// Where cases are taken from.
pub(crate) struct Series {
    /// What the tables call it.
    pub(crate) name: &'static str,
    source: Source,
}

enum Source {
    /// For each run the logarithm of each benchmark's value, less its running median: what code, tools and runner images did
    /// for good is taken out, and with it every point where something changed; what single runs differ by stays, and so does
    /// what the benchmarks of a run share.
    Real(Vec<Vec<f64>>),
    Drawn(Trouble),
}

/// What is wrong with a drawn suite, besides noise.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Nothing,
    /// In one stored run of at least three every benchmark is slower, each by its own factor.
    PoisonedRun,
    /// Head was measured on a machine that is slower by 30 %.
    SlowDay,
}

/// A head, and the runs before it: natural logarithms, for each run one per benchmark.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) history: Vec<Vec<f64>>,
    pub(crate) head: Vec<f64>,
}

#[derive(Deserialize)]
struct Fixture {
    series: BTreeMap<String, Vec<Option<f64>>>,
}

/// The real series (`tests/fixtures/series/README.md`).
pub(crate) fn real() -> Vec<Series> {
    [
        ("rust-analyzer", "rust-analyzer", ""),
        ("rune", "rune", ""),
        ("yew", "yew", ""),
        ("fib, `cargo bench`", "github-action-benchmark", "Rust Benchmark"),
        ("fib, criterion", "github-action-benchmark", "Criterion.rs"),
    ]
    .into_iter()
    .map(|(name, file, prefix)| Series { name, source: Source::Real(read(file, prefix)) })
    .collect()
}

/// The drawn ones.
pub(crate) fn drawn() -> Vec<Series> {
    [
        ("drawn", Trouble::Nothing),
        ("drawn, a poisoned run", Trouble::PoisonedRun),
        ("drawn, a slow day", Trouble::SlowDay),
    ]
    .into_iter()
    .map(|(name, trouble)| Series { name, source: Source::Drawn(trouble) })
    .collect()
}

impl Series {
    /// At most `most` cases with `length` stored runs, real ones evenly spaced over the series; none where that makes no sense.
    pub(crate) fn cases(&self, length: usize, most: usize) -> Vec<Case> {
        match &self.source {
            Source::Real(runs) => {
                let heads = runs.len().saturating_sub(length);
                let count = heads.min(most);
                let window = |i: usize| {
                    let head = length + i * heads / count;
                    Case { history: runs[head - length..head].to_vec(), head: runs[head].clone() }
                };
                (0..count).map(window).collect()
            }
            Source::Drawn(Trouble::PoisonedRun) if length < 3 => Vec::new(),
            Source::Drawn(trouble) => {
                let mut random = Rng::with_seed(9);
                (0..most).map(|_| draw(*trouble, length, &mut random)).collect()
            }
        }
    }
}

/// Runs that have every benchmark whose name begins so.
fn read(file: &str, prefix: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/tests/fixtures/series/{file}.json.gz", env!("CARGO_MANIFEST_DIR"));
    let fixture: Fixture =
        serde_json::from_reader(GzDecoder::new(File::open(path).expect("a fixture"))).expect("a fixture's format");
    // Of 3 to 8 ns, recorded as whole ones: what a step of 15 to 30 % rounds to says nothing of changes.
    let coarse = |name: &str| name.contains("Iterative");
    let chosen: Vec<&Vec<Option<f64>>> = fixture
        .series
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && !coarse(name))
        .map(|(_, values)| values)
        .collect();
    let runs =
        (0..chosen[0].len()).filter_map(|run| chosen.iter().map(|values| values[run]).collect::<Option<Vec<f64>>>());
    let runs: Vec<Vec<f64>> = runs.map(|values| values.into_iter().map(f64::ln).collect()).collect();
    let middle = |run: usize, benchmark: usize| {
        let near = &runs[run.saturating_sub(REACH)..runs.len().min(run + REACH + 1)];
        median(&near.iter().map(|values| values[benchmark]).collect::<Vec<_>>())
    };
    let level = |run: usize| runs[run].iter().enumerate().map(move |(b, value)| (run, b, *value));
    (0..runs.len()).map(|run| level(run).map(|(run, b, value)| value - middle(run, b)).collect()).collect()
}

/// Runs that share a spread of 5 % and have one of about 2 % of their own each, differing from benchmark to benchmark.
fn draw(trouble: Trouble, length: usize, random: &mut Rng) -> Case {
    let spreads: Vec<f64> = (0..DRAWN).map(|_| 0.02 * (0.5 * normal(random)).exp()).collect();
    let mut run = || {
        let shared = 0.05 * normal(random);
        spreads.iter().map(|sd| shared + sd * normal(random)).collect::<Vec<f64>>()
    };
    let mut history: Vec<Vec<f64>> = (0..length).map(|_| run()).collect();
    let mut head = run();
    match trouble {
        Trouble::Nothing => {}
        Trouble::PoisonedRun => {
            let poisoned = random.usize(..length);
            history[poisoned].iter_mut().for_each(|value| *value += 0.3 * normal(random).abs());
        }
        Trouble::SlowDay => head.iter_mut().for_each(|value| *value += 1.3f64.ln()),
    }
    Case { history, head }
}

/// A standard normal draw (Box and Muller 1958).
fn normal(random: &mut Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}
