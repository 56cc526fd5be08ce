//! Obeys a plan: launches base and head in the planned order, keeps what they show, stops what is decided.
//!
//! Floor 5. It spawns and never parses (that is `harness`), and it judges nothing: whoever calls it says after each look
//! which rows are decided.

pub mod again;
pub mod aside;
pub mod build;
pub mod child;
pub mod environment;
mod journal;
pub mod launch;
pub mod machine;
mod noise;
pub mod process;
mod progress;
pub mod remote;
pub mod result;
pub mod scrub;
pub mod stage;

pub use journal::{Entry, Header, Journal, LoggedAccounting, Lost, Slot};
pub use progress::{Progress, Silent, Step};

use crate::model::{BenchmarkId, Cost, Design, Row, Side, Spent, State, StateEntry, Warning};
use crate::plan::{Block, Plan, Planned, Read};
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Duration;

/// Times a failed launch is repeated.
const RETRIES_MAX: u32 = 1;

/// Launches without which a single side says nothing.
const SINGLE_LAUNCHES_MIN: usize = 3;

/// Share of a benchmark's pairs that may be measured again because the kernel says they were disturbed.
const REPEATED_SHARE_MAX: f64 = 0.5;

/// Ctrl-C: children are gone, what was measured is in the journal.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Starts launches: the real one spawns processes, the one in the tests replays.
pub trait Executor {
    /// Launches one side of a benchmark and reads what it left. An error ends the whole run.
    fn launch(&mut self, benchmark: &Planned, side: Side) -> Result<Entry>;
    /// Time since measuring began.
    fn elapsed(&self) -> Duration;
}

/// What measuring left.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// One row per benchmark and metric with at least one complete pair (or launch, for a single side).
    pub rows: Vec<Row>,
    /// Benchmarks that failed, or that the budget did not reach.
    pub states: Vec<StateEntry>,
    /// What it cost; only the measuring part is filled in.
    pub cost: Cost,
    /// How long the launches of each benchmark took.
    pub durations: Vec<Spent>,
    /// Whether the budget ended the run.
    pub budget_spent: bool,
}

/// After a look: given all rows, says for each whether more pairs are useless.
pub type Decide<'a> = dyn FnMut(&[Row]) -> Vec<bool> + 'a;

/// Executes a plan within a budget. `journal` answers for launches that an interrupted run had finished.
pub fn execute(
    plan: &Plan,
    executor: &mut dyn Executor,
    journal: &mut Journal,
    progress: &mut dyn Progress,
    budget: Duration,
    decide: &mut Decide<'_>,
) -> Result<Measured> {
    let mut session = Session::new(plan, executor, journal, progress, budget);
    let mut stage = 0;
    for block in &plan.blocks {
        if block.stage != stage {
            stage = block.stage;
            session.look(decide);
        }
        if session.columns[block.benchmark].closed {
            continue;
        }
        if !session.block(block)? {
            // There may be time for quicker benchmarks still.
            session.budget_spent = true;
            session.columns[block.benchmark].closed = true;
            session.columns[block.benchmark].starved = true;
            if session.elapsed() >= budget {
                session.columns.iter_mut().filter(|column| !column.closed).for_each(|column| column.starved = true);
                break;
            }
        }
    }
    session.progress.finish();
    Ok(session.finish())
}

/// What has been seen of one benchmark.
#[derive(Clone, Default)]
struct Column {
    /// Complete pairs: per side one observation per metric. For a single side, base stays empty.
    pairs: Vec<[Vec<f64>; 2]>,
    /// Launches of the plan that belong to later pairs.
    ahead: u64,
    closed: bool,
    /// The budget ended before it was decided.
    starved: bool,
    failure: Option<StateEntry>,
    /// Metrics that launches of several benchmarks no longer show, and why: the others go on.
    lost: BTreeMap<usize, StateEntry>,
    launches: u32,
    disturbed: u32,
    repeated: u32,
    retried: u32,
    memory_floor: Option<u64>,
    longest_pair: Duration,
    spent: Duration,
}

struct Session<'a> {
    plan: &'a Plan,
    executor: &'a mut dyn Executor,
    journal: &'a mut Journal,
    progress: &'a mut dyn Progress,
    budget: Duration,
    columns: Vec<Column>,
    cost: Cost,
    /// Time that an interrupted run had already spent.
    spent_before: Duration,
    budget_spent: bool,
}

/// A pair that was measured, or why not.
enum Pair {
    Complete { values: [Vec<f64>; 2], disturbed: u32, lost: BTreeMap<usize, StateEntry> },
    Failed(StateEntry),
    OutOfTime,
}

impl<'a> Session<'a> {
    fn new(
        plan: &'a Plan,
        executor: &'a mut dyn Executor,
        journal: &'a mut Journal,
        progress: &'a mut dyn Progress,
        budget: Duration,
    ) -> Self {
        let mut columns = vec![Column::default(); plan.benchmarks.len()];
        for block in &plan.blocks {
            columns[block.benchmark].ahead += block.order.len() as u64;
        }
        let (cost, spent_before) = (Cost::default(), Duration::ZERO);
        Self { plan, executor, journal, progress, budget, columns, cost, spent_before, budget_spent: false }
    }

    fn elapsed(&self) -> Duration {
        self.executor.elapsed() + self.spent_before
    }

    /// Measures the pairs of a block. `false`: the budget has no room for the next one.
    fn block(&mut self, block: &Block) -> Result<bool> {
        let launches: Vec<(u32, Side)> = block.launches().collect();
        for pair in launches.chunk_by(|a, b| a.0 == b.0) {
            if self.elapsed() + self.columns[block.benchmark].longest_pair > self.budget {
                return Ok(false);
            }
            self.announce(block.benchmark);
            let began = self.elapsed();
            let sides: Vec<Side> = pair.iter().map(|&(_, side)| side).collect();
            let result = self.pair(block.benchmark, pair[0].0, &sides)?;
            let took = self.elapsed().saturating_sub(began);
            let column = &mut self.columns[block.benchmark];
            column.longest_pair = column.longest_pair.max(took);
            column.spent += took;
            match result {
                Pair::Complete { mut values, disturbed, lost } => {
                    column.lose(lost, &mut values);
                    column.closed |= column.lost.len() == self.plan.benchmarks[block.benchmark].metrics.len();
                    column.pairs.push(values);
                    column.ahead = column.ahead.saturating_sub(sides.len() as u64);
                    column.disturbed += disturbed;
                }
                Pair::Failed(state) => {
                    column.failure = Some(state);
                    column.closed = true;
                    return Ok(true);
                }
                Pair::OutOfTime => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Measures one pair; once more if the kernel says it was disturbed and there is room for it.
    fn pair(&mut self, benchmark: usize, pair: u32, sides: &[Side]) -> Result<Pair> {
        let first = self.try_pair(benchmark, pair, sides, 0)?;
        let Pair::Complete { disturbed: 1.., .. } = first else { return Ok(first) };
        let late = self.elapsed() + self.columns[benchmark].longest_pair > self.budget;
        let column = &mut self.columns[benchmark];
        if late || f64::from(column.repeated) >= REPEATED_SHARE_MAX * (column.pairs.len() as f64 + 1.0) {
            return Ok(first);
        }
        column.repeated += 1;
        Ok(match self.try_pair(benchmark, pair, sides, 1)? {
            again @ Pair::Complete { .. } => again,
            Pair::Failed(_) | Pair::OutOfTime => first,
        })
    }

    fn try_pair(&mut self, benchmark: usize, pair: u32, sides: &[Side], repetition: u32) -> Result<Pair> {
        let mut values = [Vec::new(), Vec::new()];
        let mut disturbed_launches = 0;
        let mut lost: BTreeMap<usize, StateEntry> = BTreeMap::new();
        for &side in sides {
            if self.elapsed() > self.budget {
                return Ok(Pair::OutOfTime);
            }
            let entry = self.launch_with_retry(benchmark, pair, side, repetition)?;
            match entry {
                Entry::Done { values: seen, disturbed, memory_floor, lost: gone, .. } => {
                    values[side as usize] = seen;
                    for Lost { metric, state, detail } in gone {
                        let id = self.plan.benchmarks[benchmark].benchmark(metric).clone();
                        let entry = StateEntry { id, state, side: Some(side), detail };
                        // Of neither side alone where both have lost it.
                        lost.entry(metric).and_modify(|known| known.side = None).or_insert(entry);
                    }
                    disturbed_launches += u32::from(disturbed);
                    let column = &mut self.columns[benchmark];
                    column.memory_floor = column.memory_floor.max(memory_floor);
                }
                Entry::Failed { state, detail, .. } => {
                    let side = self.failing_side(benchmark, side, sides)?;
                    let id = self.plan.benchmarks[benchmark].id.clone();
                    return Ok(Pair::Failed(StateEntry { id, state, side, detail }));
                }
            }
        }
        Ok(Pair::Complete { values, disturbed: disturbed_launches, lost })
    }

    /// Whether a failure belongs to one side alone: the other side works at this very moment. A benchmark that has begun
    /// to fail for a reason of its own (a full disk) fails on both.
    fn failing_side(&mut self, benchmark: usize, side: Side, sides: &[Side]) -> Result<Option<Side>> {
        if sides.len() < 2 {
            return Ok(Some(side));
        }
        let other = self.executor.launch(&self.plan.benchmarks[benchmark], side.other())?;
        Ok(matches!(other, Entry::Done { .. }).then_some(side))
    }

    fn launch_with_retry(&mut self, benchmark: usize, pair: u32, side: Side, repetition: u32) -> Result<Entry> {
        let mut attempt = repetition * (RETRIES_MAX + 1);
        let last = attempt + RETRIES_MAX;
        loop {
            let entry = self.launch(Slot { benchmark, pair, side, attempt })?;
            // What hung once has cost a whole timeout; a second one would tell nothing new.
            let hopeless =
                matches!(entry, Entry::Failed { state: State::TimedOut, .. }) || self.elapsed() > self.budget;
            let known = &self.columns[benchmark].lost;
            let failed = match &entry {
                Entry::Failed { .. } => true,
                Entry::Done { lost, .. } => lost.iter().any(|lost| !known.contains_key(&lost.metric)),
            };
            if !failed || hopeless || attempt == last {
                self.columns[benchmark].retried += attempt - repetition * (RETRIES_MAX + 1);
                return Ok(entry);
            }
            attempt += 1;
        }
    }

    fn launch(&mut self, slot: Slot) -> Result<Entry> {
        let known = self.journal.known(slot).cloned();
        let entry = match known {
            Some(entry) => {
                self.spent_before += Duration::from_secs_f64(entry.wall_s().max(0.0));
                entry
            }
            None => {
                let entry = self.executor.launch(&self.plan.benchmarks[slot.benchmark], slot.side)?;
                self.journal.append(slot, &entry)?;
                entry
            }
        };
        self.cost.launches += 1;
        self.cost.children_s += entry.wall_s();
        self.columns[slot.benchmark].launches += 1;
        Ok(entry)
    }

    fn look(&mut self, decide: &mut Decide<'_>) {
        let began = std::time::Instant::now();
        let rows: Vec<(usize, Row)> = self.indexed_rows();
        let plain: Vec<Row> = rows.iter().map(|(_, row)| row.clone()).collect();
        let decided = decide(&plain);
        let judged: Vec<(usize, bool)> = rows.iter().map(|(index, _)| *index).zip(decided).collect();
        for of_column in judged.chunk_by(|a, b| a.0 == b.0) {
            self.columns[of_column[0].0].closed |= of_column.iter().all(|(_, decided)| *decided);
        }
        self.cost.analyse_s += began.elapsed().as_secs_f64();
    }

    fn indexed_rows(&self) -> Vec<(usize, Row)> {
        let columns = self.columns.iter().zip(&self.plan.benchmarks).enumerate();
        columns
            .filter(|(_, (column, _))| !column.pairs.is_empty())
            .flat_map(|(index, (column, planned))| {
                let found = rows(column, planned, |metric| !column.lost.contains_key(&metric));
                found.into_iter().map(move |row| (index, row))
            })
            .collect()
    }

    fn announce(&mut self, benchmark: usize) {
        let open = self.columns.iter().filter(|column| !column.closed);
        let remaining: u64 = open.clone().map(|column| column.ahead).sum();
        let decided = self.columns.len() - open.count();
        let per_launch = self.elapsed().as_secs_f64() / (self.cost.launches.max(1) as f64);
        let left = self.budget.saturating_sub(self.elapsed());
        let step = Step {
            done: self.cost.launches,
            remaining_max: remaining,
            decided,
            benchmarks: self.columns.len(),
            current: self.plan.benchmarks[benchmark].id.to_string(),
            // Before the first launch nothing is known but the budget.
            remaining: if self.cost.launches == 0 {
                left
            } else {
                left.min(Duration::from_secs_f64(per_launch * remaining as f64))
            },
        };
        self.progress.step(&step);
    }

    fn finish(mut self) -> Measured {
        self.cost.measure_s = self.elapsed().as_secs_f64();
        let first_look = self.plan.looks.first().copied().unwrap_or(0) as usize;
        let mut measured = Measured { cost: self.cost, budget_spent: self.budget_spent, ..Measured::default() };
        for (column, planned) in self.columns.iter().zip(&self.plan.benchmarks) {
            let needed = match (&planned.read, planned.sides) {
                (Read::Instructions, _) => 1,
                (_, 1) => first_look.min(SINGLE_LAUNCHES_MIN),
                _ => first_look,
            };
            measured.states.extend(column.failure.clone());
            measured.states.extend(column.lost_benchmarks());
            if !column.spent.is_zero() {
                measured.durations.push(Spent { id: planned.id.clone(), seconds: column.spent.as_secs_f64() });
            }
            if column.pairs.len() >= needed {
                // What was seen before a failure is evidence too: a row that was red stays red.
                let mut found =
                    rows(column, planned, |metric| !column.lost.contains_key(&metric) || column.seen(metric) >= needed);
                let planned_pairs = self.plan.looks.last().copied().unwrap_or(0);
                let pairs = column.pairs.len() as u32;
                if column.starved && planned.read != Read::Instructions && pairs < planned_pairs {
                    let warning = Warning::BudgetSpent { pairs, planned: planned_pairs };
                    found.iter_mut().for_each(|row| row.warnings.push(warning.clone()));
                }
                measured.rows.extend(found);
            } else if column.failure.is_none() && column.lost.len() < planned.metrics.len() {
                measured.states.push(unmeasured(&planned.id, column.pairs.len(), needed));
            }
        }
        measured
    }
}

fn unmeasured(id: &BenchmarkId, have: usize, need: usize) -> StateEntry {
    let detail = format!("the budget ended after {have} of the {need} rounds that it takes to say anything");
    StateEntry { id: id.clone(), state: State::Unmeasured, side: None, detail }
}

impl Column {
    /// Notes what a pair does not show; from then on nothing is believed of it.
    fn lose(&mut self, lost: BTreeMap<usize, StateEntry>, values: &mut [Vec<f64>; 2]) {
        for (metric, entry) in lost {
            self.lost.entry(metric).or_insert(entry);
        }
        for metric in self.lost.keys() {
            values.iter_mut().filter_map(|side| side.get_mut(*metric)).for_each(|value| *value = f64::NAN);
        }
    }

    /// How many pairs show a metric.
    fn seen(&self, metric: usize) -> usize {
        self.pairs.iter().filter(|[_, head]| head.get(metric).is_some_and(|value| !value.is_nan())).count()
    }

    /// The benchmarks behind what was lost, each once.
    fn lost_benchmarks(&self) -> Vec<StateEntry> {
        let mut found: Vec<StateEntry> = self.lost.values().cloned().collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        found
    }
}

/// The rows of a benchmark: one per metric that is asked for.
fn rows(column: &Column, planned: &Planned, is_asked_for: impl Fn(usize) -> bool) -> Vec<Row> {
    let paired = column.pairs.first().is_some_and(|[base, _]| !base.is_empty());
    let observations = |side: Side, metric: usize| -> Vec<f64> {
        let values = column.pairs.iter().filter_map(|pair| pair[side as usize].get(metric).copied());
        values.filter(|value| !value.is_nan()).collect()
    };
    let mut warnings = Vec::new();
    if column.retried > 0 {
        warnings.push(Warning::Retried { launches: column.retried });
    }
    let measured_launches = (column.pairs.len() * if paired { 2 } else { 1 }).max(1);
    let share = f64::from(column.disturbed) / measured_launches as f64;
    if share > 0.25 {
        warnings.push(Warning::Disturbed { share });
    }
    planned
        .metrics
        .iter()
        .enumerate()
        .filter(|(i, _)| is_asked_for(*i))
        .map(|(i, metric)| {
            let floor = column.memory_floor.filter(|_| metric.name == "max-rss");
            Row {
                id: planned.benchmark(i).clone(),
                metric: metric.clone(),
                design: if paired { Design::Paired } else { Design::Single },
                base: observations(Side::Base, i),
                head: observations(Side::Head, i),
                disturbed: column.repeated,
                second_look: None,
                warnings: warnings.iter().cloned().chain(floor.map(|bytes| Warning::MemoryFloor { bytes })).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
