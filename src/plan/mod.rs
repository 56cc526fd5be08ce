//! Decides everything that will be launched, and does nothing: a pure function of benchmarks, looks and a seed.
//!
//! Floor 4. The order of launches is data, printed by `--dry-run` and obeyed by `run`, which takes no decision except the
//! ones the plan leaves open: to stop a benchmark that is decided, and to stop at the budget.

mod shards;

pub use shards::{Part, Place, SHARDS_MAX, share_out};

use crate::model::{BenchmarkId, Metric, Side};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Launches per side of a metric that hardly varies (`docs/method.md`: three are enough to see its range).
pub const EXACT_PAIRS: u32 = 3;

/// How the result of a launch is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Read {
    /// Raw iteration times from a private `CRITERION_HOME`, of the benchmark of this name.
    Criterion(String),
    /// What the kernel counted for the process; short commands are launched several times per observation.
    Kernel,
    /// Instructions, counted by valgrind.
    Instructions,
    /// The result that this harness writes to the path [`OUTPUT`] stands for in the command, or else prints.
    Harness(String),
}

/// Stands in a command for the path of a launch's result.
pub const OUTPUT: &str = "{output}";

/// A command line: a program and its arguments.
pub type Words = Vec<String>;

/// One kind of launch: everything an executor needs, the same for base and head.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// Which benchmark.
    pub id: BenchmarkId,
    /// The metrics that one launch yields.
    pub metrics: Vec<Metric>,
    /// The benchmark of each metric, where one launch yields several benchmarks; else empty, and all are of `id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<BenchmarkId>,
    /// The program and its arguments; a relative program is looked for in the side's tree, then in `PATH`.
    pub command: Words,
    /// Started before each launch, not measured.
    pub prepare: Option<Words>,
    /// Started after each launch, not measured.
    pub cleanup: Option<Words>,
    /// The working directory, relative to the side's tree.
    pub directory: PathBuf,
    /// Base's working directory, where it is another one: the package has moved.
    pub base_directory: Option<PathBuf>,
    /// Variables beside the scrubbed environment.
    pub environment: BTreeMap<String, String>,
    /// Names of our own variables that the scrubbed environment keeps.
    pub pass_environment: Vec<String>,
    /// 2 where base and head are launched, 1 where only head is.
    pub sides: u8,
    /// Limit of one launch.
    pub timeout: Duration,
    /// CPUs it may run on.
    pub cpus: Option<Vec<usize>>,
    /// The exit status that means success.
    pub exit_status: i32,
    /// How the result is read.
    pub read: Read,
}

impl Planned {
    /// A launch of both sides at the top of their trees, with nothing before, after or around it, that succeeds with status 0.
    #[must_use]
    pub fn new(id: BenchmarkId, metrics: Vec<Metric>, command: Words, timeout: Duration, read: Read) -> Self {
        Self {
            id,
            metrics,
            members: Vec::new(),
            command,
            prepare: None,
            cleanup: None,
            directory: ".".into(),
            base_directory: None,
            environment: BTreeMap::new(),
            pass_environment: Vec::new(),
            sides: 2,
            timeout,
            cpus: None,
            exit_status: 0,
            read,
        }
    }

    /// The benchmark of the metric at an index.
    #[must_use]
    pub fn benchmark(&self, metric: usize) -> &BenchmarkId {
        self.members.get(metric).unwrap_or(&self.id)
    }

    /// The benchmarks that one launch yields, with repetitions.
    pub fn benchmarks(&self) -> impl Iterator<Item = &BenchmarkId> {
        let own = self.members.is_empty().then_some(&self.id);
        self.members.iter().chain(own)
    }

    /// Leaves out what is said of the benchmarks that are `known`, of those that one launch yields together.
    pub fn leave_out(&mut self, known: impl Fn(&BenchmarkId) -> bool) {
        let members = std::mem::take(&mut self.members);
        let keep: Vec<bool> = members.iter().map(|id| !known(id)).collect();
        let mut kept = keep.iter().copied().chain(std::iter::repeat(true));
        self.metrics.retain(|_| kept.next().unwrap_or(true));
        self.members = members.into_iter().zip(keep).filter_map(|(id, keep)| keep.then_some(id)).collect();
    }

    /// Whether a launch yields this benchmark.
    #[must_use]
    pub fn yields(&self, id: &BenchmarkId) -> bool {
        self.benchmarks().any(|own| own == id)
    }
}

/// Launches that belong together: one or two pairs of one benchmark, in an order that cancels linear drift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// The look that this block leads to, an index into [`Plan::looks`].
    pub stage: usize,
    /// An index into [`Plan::benchmarks`].
    pub benchmark: usize,
    /// The number of its first pair.
    pub pair: u32,
    /// `AB`, `BA`, `ABBA` or `BAAB`; a single side where only one is measured.
    pub order: Vec<Side>,
}

impl Block {
    /// The launches in order, each with the pair it belongs to.
    pub fn launches(&self) -> impl Iterator<Item = (u32, Side)> {
        let per_pair = if self.order.contains(&Side::Base) { 2 } else { 1 };
        self.order.iter().enumerate().map(move |(i, &side)| (self.pair + (i / per_pair) as u32, side))
    }
}

/// Every launch that may happen, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Where every random choice below comes from.
    pub seed: u64,
    /// Numbers of pairs after which the run is looked at.
    pub looks: Vec<u32>,
    /// What is launched.
    pub benchmarks: Vec<Planned>,
    /// In which order; those of a decided benchmark are skipped.
    pub blocks: Vec<Block>,
}

/// Lays out paired blocks: in each round every benchmark once, in random order, each with a random starting side.
#[must_use]
pub fn paired(benchmarks: Vec<Planned>, looks: &[u32], seed: u64) -> Plan {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut blocks = Vec::new();
    let mut from = 0;
    for (stage, &until) in looks.iter().enumerate() {
        let mut pair = from;
        while pair < until {
            let pairs = (until - pair).min(2);
            for benchmark in shuffled(benchmarks.len(), &mut random) {
                let exact = benchmarks[benchmark].read == Read::Instructions;
                let pairs = if exact { EXACT_PAIRS.saturating_sub(pair).min(pairs) } else { pairs };
                if pairs > 0 {
                    blocks.push(Block { stage, benchmark, pair, order: order(pairs, &mut random) });
                }
            }
            pair += pairs;
        }
        from = until;
    }
    Plan { seed, looks: looks.to_vec(), benchmarks, blocks }
}

/// Lays out launches of head alone, for a record: `launches` rounds over all benchmarks.
#[must_use]
pub fn single(benchmarks: Vec<Planned>, launches: u32, seed: u64) -> Plan {
    let mut random = fastrand::Rng::with_seed(seed);
    let blocks = (0..launches)
        .flat_map(|pair| {
            shuffled(benchmarks.len(), &mut random).into_iter().map(move |benchmark| Block {
                stage: 0,
                benchmark,
                pair,
                order: vec![Side::Head],
            })
        })
        .filter(|block| benchmarks[block.benchmark].read != Read::Instructions || block.pair < EXACT_PAIRS)
        .collect();
    Plan { seed, looks: vec![launches], benchmarks, blocks }
}

fn shuffled(n: usize, random: &mut fastrand::Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    random.shuffle(&mut order);
    order
}

/// One pair as AB or BA, two as ABBA or BAAB: the mirrored second half cancels a linear drift (`docs/method.md`).
fn order(pairs: u32, random: &mut fastrand::Rng) -> Vec<Side> {
    let first = if random.bool() { Side::Base } else { Side::Head };
    let half = [first, first.other()];
    let mut order = half.to_vec();
    if pairs == 2 {
        order.extend(half.iter().rev());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn planned(name: &str, read: Read) -> Planned {
        Planned::new(BenchmarkId::new("s", name), vec![], vec!["true".into()], Duration::from_secs(1), read)
    }

    proptest! {
        #[test]
        fn every_benchmark_gets_every_pair_once_on_both_sides(n in 1_usize..9, seed: u64, deep: bool) {
            let looks: &[u32] = if deep { &[6, 10, 15, 21, 30] } else { &[6, 10, 15, 20] };
            let mut benchmarks: Vec<_> = (0..n).map(|i| planned(&i.to_string(), Read::Kernel)).collect();
            benchmarks.push(planned("exact", Read::Instructions));
            let plan = paired(benchmarks, looks, seed);
            for (benchmark, planned) in plan.benchmarks.iter().enumerate() {
                let mut seen: Vec<(u32, Side)> = plan
                    .blocks
                    .iter()
                    .filter(|block| block.benchmark == benchmark)
                    .flat_map(|block| block.launches().collect::<Vec<_>>())
                    .collect();
                seen.sort_unstable();
                let pairs = if planned.read == Read::Instructions { EXACT_PAIRS } else { looks[looks.len() - 1] };
                let want: Vec<_> = (0..pairs).flat_map(|pair| Side::BOTH.map(|side| (pair, side))).collect();
                prop_assert_eq!(seen, want);
            }
            prop_assert!(plan.blocks.is_sorted_by_key(|block| block.stage));
            for block in &plan.blocks {
                let reached = plan.looks[block.stage];
                prop_assert!(block.launches().all(|(pair, _)| pair < reached));
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_seed_another() {
        let benchmarks = || (0..5).map(|i| planned(&i.to_string(), Read::Kernel)).collect::<Vec<_>>();
        assert_eq!(paired(benchmarks(), &[6, 10], 7), paired(benchmarks(), &[6, 10], 7));
        assert_ne!(paired(benchmarks(), &[6, 10], 7).blocks, paired(benchmarks(), &[6, 10], 8).blocks);
    }

    #[test]
    fn both_sides_come_first_equally_often() {
        let plan = paired(vec![planned("a", Read::Kernel)], &[2000], 3);
        let base_first = plan.blocks.iter().filter(|block| block.order[0] == Side::Base).count();
        assert!((400..600).contains(&base_first), "{base_first} of 1000 blocks start with base");
    }
}
