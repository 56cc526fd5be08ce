//! A second look before red: the same sources under other link orders. A difference that only one order shows is luck.

use super::check::add_cost;
use super::measure::{Builds, Workshop};
use crate::config::Suite;
use crate::git::Snapshot;
use crate::model::{BenchmarkId, Cost, Layouts, RunRecord, Side};
use crate::plan::{Planned, Read};
use crate::run::build::BenchExecutable;
use crate::run::{Entry, Executor, Progress};
use crate::stats::summary::{mean, median};
use anyhow::Result;
use std::path::PathBuf;
use std::time::Duration;

/// Launches of each link. The spread between links counts, which more launches of one do not narrow.
const ROUNDS: usize = 6;

/// Both sides of what is measured again.
pub(super) struct Sides<'a> {
    pub(super) suites: &'a [Suite],
    pub(super) base: (&'a Snapshot, &'a Builds),
    pub(super) head: (&'a Snapshot, &'a Builds),
}

/// Measures the rows of `red` again under `count` links a side, within what is left of the budget. What could not be
/// confirmed is named in the notes.
pub(super) fn confirm(
    workshop: &mut Workshop<'_>,
    sides: &Sides<'_>,
    red: &[Planned],
    (count, left): (u32, Duration),
    record: &mut RunRecord,
    notes: &mut Vec<String>,
    progress: &mut dyn Progress,
) -> Result<()> {
    let mut spent = Duration::ZERO;
    for planned in red {
        let Read::Criterion(name) = &planned.read else { continue };
        progress.phase(&format!("{}: linking it {count} more times a side, in shuffled order", planned.id));
        let places = match links(workshop, sides, planned, name, count)? {
            Ok(places) => places,
            Err(why) => {
                notes.push(format!("'{}' could not be measured under other link orders: {why}", planned.id));
                continue;
            }
        };
        progress.phase(&format!("{}: measuring {count} links a side", planned.id));
        let (layouts, cost) = workshop.with_launcher(|executor| rounds(planned, &places, executor))?;
        spent += Duration::from_secs_f64(cost.measure_s);
        add_cost(record, &cost);
        let Some(layouts) = layouts else {
            notes.push(format!("'{}' failed under another link order", planned.id));
            continue;
        };
        let rows = record.rows.iter_mut().filter(|row| row.id == planned.id);
        rows.for_each(|row| row.layouts = Some(layouts.clone()));
        if spent > left {
            notes.push("the budget ended before every red row was measured under other link orders".to_owned());
            break;
        }
    }
    Ok(())
}

/// Links both sides and brings the executables to their places; these are the same for both.
fn links(
    workshop: &mut Workshop<'_>,
    sides: &Sides<'_>,
    planned: &Planned,
    name: &str,
    count: u32,
) -> Result<Result<Vec<PathBuf>, String>> {
    let Some(nth) = sides.suites.iter().position(|suite| suite.name == planned.id.suite) else {
        return Ok(Err("its suite is gone".to_owned()));
    };
    let suite = &sides.suites[nth];
    let mut found = Vec::new();
    for (side, (snapshot, builds)) in [(Side::Base, sides.base), (Side::Head, sides.head)] {
        let Some(executable) = executable(builds, nth, planned, name) else {
            return Ok(Err(format!("{side} has no executable of it")));
        };
        match workshop.layouts(suite, snapshot, executable, count)? {
            Ok(places) => found.push((side, snapshot, places)),
            Err(why) => return Ok(Err(why)),
        }
    }
    for (side, snapshot, places) in &found {
        workshop.add_layouts(*side, suite, snapshot, places)?;
    }
    Ok(Ok(found.pop().map(|(.., places)| places).unwrap_or_default()))
}

fn executable<'a>(builds: &'a Builds, nth: usize, planned: &Planned, name: &str) -> Option<&'a BenchExecutable> {
    let file = planned.command.first()?;
    let of_suite = builds.get(nth)?.as_ref().ok()?.executables.iter();
    of_suite
        .into_iter()
        .find(|one| file.ends_with(&*one.file.to_string_lossy()) && one.benchmarks.iter().any(|b| b == name))
}

/// Launches every link of both sides once per round, in random order; one number per link, the round's luck taken out.
fn rounds(planned: &Planned, places: &[PathBuf], executor: &mut dyn Executor) -> Result<(Option<Layouts>, Cost)> {
    let mut cost = Cost::default();
    let mut order: Vec<(Side, usize)> =
        (0..places.len()).flat_map(|link| Side::BOTH.map(|side| (side, link))).collect();
    let mut logs = vec![Vec::with_capacity(ROUNDS); order.len()];
    let mut means = Vec::new();
    for _ in 0..ROUNDS {
        fastrand::shuffle(&mut order);
        let mut round = vec![0.0; logs.len()];
        for &(side, link) in &order {
            let entry = executor.launch(&at(planned, &places[link]), side)?;
            cost.launches += 1;
            cost.children_s += entry.wall_s();
            let Entry::Done { values, .. } = entry else {
                cost.measure_s = executor.elapsed().as_secs_f64();
                return Ok((None, cost));
            };
            round[2 * link + side as usize] = values.first().copied().unwrap_or(f64::NAN).ln();
        }
        let centre = mean(&round);
        means.push(centre);
        logs.iter_mut().zip(round).for_each(|(of_link, value)| of_link.push(value - centre));
    }
    cost.measure_s = executor.elapsed().as_secs_f64();
    let level = mean(&means);
    let of =
        |side: Side| (0..places.len()).map(|link| (median(&logs[2 * link + side as usize]) + level).exp()).collect();
    let layouts = Layouts { base: of(Side::Base), head: of(Side::Head) };
    let sound = layouts.base.iter().chain(&layouts.head).all(|value| value.is_finite());
    Ok((sound.then_some(layouts), cost))
}

/// The same launch of another link.
fn at(planned: &Planned, place: &std::path::Path) -> Planned {
    let mut moved = planned.clone();
    if let Some(program) = moved.command.first_mut() {
        let stage: PathBuf = PathBuf::from(&*program).ancestors().nth(3).map(PathBuf::from).unwrap_or_default();
        *program = stage.join(place).to_string_lossy().into_owned();
    }
    moved
}

/// The benchmarks whose rows a judgement calls red, as they were launched.
pub(super) fn red(judged: &crate::judge::Judgement, planned: &[Planned]) -> Vec<Planned> {
    let is_red = |id: &BenchmarkId| {
        judged.comparisons.iter().any(|row| {
            row.verdict == crate::judge::Verdict::Regression && row.suite == id.suite && row.benchmark == id.benchmark
        })
    };
    planned.iter().filter(|planned| is_red(&planned.id)).cloned().collect()
}
