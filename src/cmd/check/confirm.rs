//! A second look before red: fresh launches of both sides, of the same sources under other link orders where there are any.
//! A difference that only one link order or one stretch of time shows is luck.

use crate::cmd::measure::{Builds, Workshop};
use crate::config::{Gate, Suite};
use crate::git::Snapshot;
use crate::judge::{Policy, Standing, standing};
use crate::model::{BenchmarkId, Cost, Distribution, Row, RunRecord, SecondLook, Side, Varied};
use crate::plan::{Plan, Planned, Read};
use crate::run::build::BenchExecutable;
use crate::run::{Journal, Progress, again};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Both sides of what is measured again.
pub(super) struct Sides<'a> {
    pub(super) suites: &'a [Suite],
    pub(super) base: (&'a Snapshot, &'a Builds),
    pub(super) head: (&'a Snapshot, &'a Builds),
}

/// What was measured, and how it is judged.
pub(super) struct Measured<'a> {
    pub(super) plan: &'a Plan,
    pub(super) gate: &'a Gate,
    pub(super) policy: &'a Policy,
    pub(super) journal: &'a mut Journal,
}

/// Where red benchmarks are in the plan.
pub(super) fn places(red: &BTreeSet<BenchmarkId>, plan: &Plan) -> Vec<usize> {
    (0..plan.benchmarks.len()).filter(|&i| plan.benchmarks[i].benchmarks().any(|id| red.contains(id))).collect()
}

/// Measures what is red again, in batches until each row stands, within what is left of the budget. What could not be
/// confirmed is named in the notes.
pub(super) fn confirm(
    workshop: &mut Workshop<'_>,
    sides: &Sides<'_>,
    red: &[usize],
    measured: &mut Measured<'_>,
    record: &mut RunRecord,
    notes: &mut Vec<String>,
    progress: &mut dyn Progress,
) -> Result<()> {
    for &benchmark in red {
        let planned = &measured.plan.benchmarks[benchmark];
        let by_links = measured.gate.layouts > 1 && matches!(planned.read, Read::Criterion(_));
        let mut varied = if by_links { Varied::Links } else { Varied::Launches };
        for batch in 0..again::BATCHES {
            let spent = Duration::from_secs_f64(record.cost.measure_s.max(0.0));
            if spent >= measured.gate.budget {
                notes.push("the budget ended before every red row was measured again".to_owned());
                return Ok(());
            }
            if varied == Varied::Links {
                match links(workshop, sides, (benchmark, batch), measured, record, progress)? {
                    Ok(()) => {}
                    Err(why) => {
                        notes.push(format!("'{}' could not be measured under other link orders: {why}", planned.id));
                        varied = Varied::Launches;
                    }
                }
            }
            if varied == Varied::Launches {
                if !measured.gate.confirm {
                    break;
                }
                launches(workshop, (benchmark, batch), measured, record, progress)?;
            }
            let mut rows = record.rows.iter().filter(|row| planned.yields(&row.id));
            if !rows.any(|row| standing(row, measured.policy).is_some_and(|(now, _)| now == Standing::Open)) {
                break;
            }
        }
    }
    Ok(())
}

/// One batch of links. The inner error says why there are none.
fn links(
    workshop: &mut Workshop<'_>,
    sides: &Sides<'_>,
    (benchmark, batch): (usize, u32),
    measured: &mut Measured<'_>,
    record: &mut RunRecord,
    progress: &mut dyn Progress,
) -> Result<Result<(), String>> {
    let planned = &measured.plan.benchmarks[benchmark];
    let count = measured.gate.layouts;
    progress.phase(&format!("{}: linking it {count} more times a side, in shuffled order", planned.id));
    let places = match link(workshop, sides, planned, batch * count + 1..=(batch + 1) * count)? {
        Ok(places) => places,
        // Links that were there a moment ago: what they showed stands.
        Err(_) if batch > 0 => return Ok(Ok(())),
        Err(why) => return Ok(Err(why)),
    };
    progress.phase(&format!("{}: measuring {count} links a side", planned.id));
    let moved: Vec<Planned> = places.iter().map(|place| at(planned, place)).collect();
    let (mut cost, journal) = (Cost::default(), &mut *measured.journal);
    let seen =
        workshop.with_launcher(|executor| again::links((&moved, benchmark), batch, executor, journal, &mut cost))?;
    record.cost.add_measuring(&cost);
    let Some([base, head]) = seen else { return Ok(Err("it failed there".to_owned())) };
    for row in record.rows.iter_mut().filter(|row| row.id == planned.id) {
        add(&mut row.second_look, Varied::Links, &base, &head);
    }
    Ok(Ok(()))
}

/// One batch of fresh pairs.
fn launches(
    workshop: &mut Workshop<'_>,
    (benchmark, batch): (usize, u32),
    measured: &mut Measured<'_>,
    record: &mut RunRecord,
    progress: &mut dyn Progress,
) -> Result<()> {
    let planned = &measured.plan.benchmarks[benchmark];
    progress.phase(&format!("{}: measuring it again before it turns red", planned.id));
    let plan = again::pairs(measured.plan, benchmark, batch);
    let left = measured.gate.budget.saturating_sub(Duration::from_secs_f64(record.cost.measure_s.max(0.0)));
    let mut never = |rows: &[Row]| vec![false; rows.len()];
    let fresh = workshop.measure(&plan, measured.journal, left, progress, &mut never)?;
    record.cost.add_measuring(&fresh.cost);
    for fresh in fresh.rows.iter().filter(|row| planned.yields(&row.id)) {
        let sampled = |row: &&mut Row| {
            row.id == fresh.id && row.metric == fresh.metric && row.metric.distribution != Distribution::Exact
        };
        for row in record.rows.iter_mut().filter(sampled) {
            add(&mut row.second_look, Varied::Launches, &fresh.base, &fresh.head);
        }
    }
    Ok(())
}

fn add(look: &mut Option<SecondLook>, varied: Varied, base: &[f64], head: &[f64]) {
    match look {
        Some(look) if look.varied == varied => {
            look.base.extend_from_slice(base);
            look.head.extend_from_slice(head);
        }
        _ => *look = Some(SecondLook { varied, batch: base.len() as u32, base: base.to_vec(), head: head.to_vec() }),
    }
}

/// Links both sides and brings the executables to their places; these are the same for both.
fn link(
    workshop: &mut Workshop<'_>,
    sides: &Sides<'_>,
    planned: &Planned,
    seeds: std::ops::RangeInclusive<u32>,
) -> Result<Result<Vec<PathBuf>, String>> {
    let Read::Criterion(name) = &planned.read else { return Ok(Err("it is no bench target".to_owned())) };
    let Some(nth) = sides.suites.iter().position(|suite| suite.name == planned.id.suite) else {
        return Ok(Err("its suite is gone".to_owned()));
    };
    let suite = &sides.suites[nth];
    let mut found = Vec::new();
    for (side, (snapshot, builds)) in [(Side::Base, sides.base), (Side::Head, sides.head)] {
        let Some(executable) = executable(builds, nth, planned, name) else {
            return Ok(Err(format!("{side} has no executable of it")));
        };
        match workshop.layouts(suite, snapshot, executable, seeds.clone())? {
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

/// The same launch of another link.
fn at(planned: &Planned, place: &Path) -> Planned {
    let mut moved = planned.clone();
    if let Some(program) = moved.command.first_mut() {
        let stage: PathBuf = PathBuf::from(&*program).ancestors().nth(3).map(PathBuf::from).unwrap_or_default();
        *program = stage.join(place).to_string_lossy().into_owned();
    }
    moved
}
