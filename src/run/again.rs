//! Measuring again what is about to turn red: fresh launches, under fresh link orders where there are any.

use super::{Entry, Executor, Journal, Slot};
use crate::model::{Cost, Side};
use crate::plan::{Plan, Planned, paired};
use crate::stats::summary::{mean, median};
use anyhow::Result;
use std::time::Duration;

/// Launches of each link. The spread between links counts, which more launches of one do not narrow.
const ROUNDS: u32 = 4;

/// Fresh pairs of one batch.
pub const PAIRS: u32 = 10;

/// Batches at most, of links or of pairs.
pub const BATCHES: u32 = 3;

/// Where the journal's numbers of these rounds begin: beyond any plan's.
const ROUNDS_FROM: u32 = 1_000_000;

/// One number per link of base and of head; none if a launch failed.
pub type PerLink = Option<[Vec<f64>; 2]>;

/// The plan of one batch of fresh pairs of one benchmark of `plan`.
#[must_use]
pub fn pairs(plan: &Plan, benchmark: usize, batch: u32) -> Plan {
    let seed = plan.seed ^ (u64::from(batch + 1) << 32) ^ benchmark as u64;
    let alone: Vec<Planned> = plan.benchmarks.get(benchmark).cloned().into_iter().collect();
    let mut again = paired(alone, &[PAIRS], seed);
    for block in &mut again.blocks {
        block.benchmark = benchmark;
        block.pair += ROUNDS_FROM + batch * PAIRS;
    }
    Plan { benchmarks: plan.benchmarks.clone(), ..again }
}

/// Launches every link of both sides once per round, in random order; a link's number is the median over its rounds, each
/// round's luck taken out. `links` are the same launch of each link, and `benchmark` is its place in the plan.
pub fn links(
    (links, benchmark): (&[Planned], usize),
    batch: u32,
    executor: &mut dyn Executor,
    journal: &mut Journal,
    cost: &mut Cost,
) -> Result<PerLink> {
    let began = executor.elapsed();
    let mut resumed = Duration::ZERO;
    let mut order: Vec<(Side, usize)> = (0..links.len()).flat_map(|link| Side::BOTH.map(|side| (side, link))).collect();
    let mut logs = vec![Vec::with_capacity(ROUNDS as usize); order.len()];
    let mut means = Vec::new();
    let mut failed = false;
    'rounds: for round in 0..ROUNDS {
        fastrand::shuffle(&mut order);
        let mut values = vec![0.0; logs.len()];
        for &(side, link) in &order {
            let slot = Slot { benchmark, pair: ROUNDS_FROM + batch * ROUNDS + round, side, attempt: link as u32 };
            let entry = match journal.known(slot).cloned() {
                Some(entry) => {
                    resumed += Duration::from_secs_f64(entry.wall_s().max(0.0));
                    entry
                }
                None => {
                    let entry = executor.launch(&links[link], side)?;
                    journal.append(slot, &entry)?;
                    entry
                }
            };
            cost.launches += 1;
            cost.children_s += entry.wall_s();
            let Entry::Done { values: seen, .. } = entry else {
                failed = true;
                break 'rounds;
            };
            values[2 * link + side as usize] = seen.first().copied().unwrap_or(f64::NAN).ln();
        }
        let centre = mean(&values);
        means.push(centre);
        logs.iter_mut().zip(values).for_each(|(of_link, value)| of_link.push(value - centre));
    }
    cost.measure_s += (executor.elapsed().saturating_sub(began) + resumed).as_secs_f64();
    let level = mean(&means);
    let of = |side: Side| -> Vec<f64> {
        (0..links.len()).map(|link| (median(&logs[2 * link + side as usize]) + level).exp()).collect()
    };
    let sides = Side::BOTH.map(of);
    let sound = !failed && sides.iter().flatten().all(|value| value.is_finite());
    Ok(sound.then_some(sides))
}
