//! Real launches: eight workloads on a busy virtual machine, head doing 0 to 10 % more work.
//!
//! The samples are our own: 40 pairs in ABBA order per workload and effect, 5 iterations of warm-up and 20 that count, on
//! two shared CPUs under a load of 5 to 10.

use super::gate::Gate;
use benchgate::judge::Verdict;
use benchgate::stats::summary::launch_summary;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/series/own_ab.csv.gz");

/// Columns before the iterations.
const COLUMNS: usize = 7;

/// Iterations of warm-up.
const WARM_UP: usize = 5;

/// Pairs of a comparison. Comparisons are windows of this length, so they overlap.
pub(crate) const PAIRS: usize = 20;

/// One workload at one effect: launches of base and of head, in order, in ns.
struct Series {
    effect_permille: u32,
    sides: [Vec<f64>; 2],
}

/// Two lists of launches whose true change is known.
pub(crate) struct Known {
    pub(crate) effect_permille: u32,
    pub(crate) base: Vec<f64>,
    pub(crate) head: Vec<f64>,
}

/// Every comparison that the samples of a metric (`wall` or `cpu`) allow; those without an effect compare base's own
/// launches of two series.
pub(crate) fn comparisons(metric: &str) -> Vec<Known> {
    let mut found = Vec::new();
    for series in workloads(metric).values() {
        for one in series {
            let [base, head] = &one.sides;
            let windows = base.windows(PAIRS).zip(head.windows(PAIRS));
            found.extend(windows.map(|(base, head)| Known {
                effect_permille: one.effect_permille,
                base: base.to_vec(),
                head: head.to_vec(),
            }));
        }
        for (i, first) in series.iter().enumerate() {
            for second in &series[i + 1..] {
                let windows = first.sides[0].windows(PAIRS).zip(second.sides[0].windows(PAIRS));
                found.extend(windows.step_by(4).map(|(first, second)| alternating(first, second)));
            }
        }
    }
    found
}

/// Two series of base: each gives the base of every other pair.
fn alternating(first: &[f64], second: &[f64]) -> Known {
    let pairs = first.iter().zip(second).enumerate();
    let (base, head) = pairs.map(|(i, (&a, &b))| if i % 2 == 0 { (a, b) } else { (b, a) }).unzip();
    Known { effect_permille: 0, base, head }
}

/// The series of each workload, by effect.
fn workloads(metric: &str) -> BTreeMap<String, Vec<Series>> {
    let mut launches: BTreeMap<(String, u32), BTreeMap<(u32, usize), f64>> = BTreeMap::new();
    let file = BufReader::new(GzDecoder::new(File::open(FILE).expect("the samples")));
    for line in file.lines().skip(1) {
        let line = line.expect("a line of text");
        let cells: Vec<&str> = line.split(',').collect();
        if cells[6] != metric {
            continue;
        }
        let number = |text: &str| text.parse::<u32>().expect("a whole number");
        let iterations: Vec<f64> =
            cells[COLUMNS + WARM_UP..].iter().map(|text| text.parse().expect("nanoseconds")).collect();
        let side = usize::from(cells[2] == "B");
        let series = launches.entry((cells[5].to_owned(), number(cells[0]))).or_default();
        series.insert((number(cells[1]), side), launch_summary(&iterations));
    }
    let mut workloads: BTreeMap<String, Vec<Series>> = BTreeMap::new();
    for ((workload, effect_permille), launches) in launches {
        let side =
            |wanted: usize| launches.iter().filter(|((_, side), _)| *side == wanted).map(|(_, &ns)| ns).collect();
        workloads.entry(workload).or_default().push(Series { effect_permille, sides: [side(0), side(1)] });
    }
    workloads
}

/// How often a gate called what it was shown.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) comparisons: usize,
    /// Slower or faster where there is no change; red alone.
    pub(crate) false_alarms: f64,
    pub(crate) false_red: f64,
    /// Slower, by effect in permille.
    pub(crate) slower: BTreeMap<u32, f64>,
    /// Shown to be unchanged where there is no change.
    pub(crate) unchanged: f64,
}

/// Shows every comparison to a gate.
pub(crate) fn called(gate: &Gate, comparisons: &[Known]) -> Called {
    let mut verdicts: BTreeMap<u32, Vec<Verdict>> = BTreeMap::new();
    for known in comparisons {
        verdicts.entry(known.effect_permille).or_default().push(gate.settle(&known.base, &known.head).verdict);
    }
    let share = |effect: u32, of: &[Verdict]| {
        let all = verdicts.get(&effect).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|verdict| of.contains(verdict)).count() as f64 / all.len().max(1) as f64
    };
    Called {
        comparisons: verdicts.get(&0).map_or(0, Vec::len),
        false_alarms: share(0, &[Verdict::Regression, Verdict::Improvement]),
        false_red: share(0, &[Verdict::Regression]),
        slower: verdicts.keys().map(|&effect| (effect, share(effect, &[Verdict::Regression]))).collect(),
        unchanged: share(0, &[Verdict::Unchanged]),
    }
}
