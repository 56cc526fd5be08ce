//! `check --again`: a second machine measures what turned red in another run, and red stands only where both see it.

use super::gate;
use super::shards::Sharding;
use crate::cli::{Check, Global};
use crate::cmd::project::{commits, policy, start};
use crate::cmd::records::{gather, read};
use crate::cmd::{Done, Io};
use crate::config::Against;
use crate::judge::{Verdict, alpha_elsewhere, literal};
use crate::model::{RunRecord, Source};
use crate::report::text::plural;
use crate::run::Progress;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::Path;

/// Measures the red rows of a record again, and judges both.
pub(super) fn run(
    args: &Check,
    first: &Path,
    global: &Global,
    io: &Io<'_>,
    progress: &mut dyn Progress,
) -> Result<Done> {
    let here = start(global)?;
    let name = first.display().to_string();
    let bytes = read::read_bounded(&here.join(first))?;
    if matches!(read::kind(&name, &bytes)?, read::Kind::Report) {
        bail!(
            "'{name}' is a report; what another machine measured is in its run record, which `check --record FILE` writes"
        );
    }
    let record = read::parse(&name, &bytes)?;
    let (base, head) = sides(&name, &record)?;
    let event = commits::event(io).ok().flatten();
    let overrides = args.policy.overrides();
    let (config, mut changed) =
        policy::of_record(&record, global, &overrides, &here, event.as_ref()).with_context(|| {
            format!("the policy of '{name}' cannot be read at its base {base} in this clone ('fetch-depth: 0')")
        })?;
    let looks = gather::looks_of(&record);
    let judged = changed.judge(&record, &config.policy, looks.as_ref(), &mut Vec::new());
    let red = judged.comparisons.iter().filter(|row| row.verdict == Verdict::Regression && row.waiver.is_none());
    let red: BTreeSet<String> = red.map(|row| literal(&format!("{}/{}", row.suite, row.benchmark))).collect();
    let mut notes = Vec::new();
    if red.is_empty() {
        notes.push("nothing was red, so nothing was measured on a second machine".to_owned());
    } else {
        let count = plural(red.len(), "red benchmark");
        progress.note(&format!("measuring {count} again, on this machine"));
        let mut again = args.clone();
        (again.base, again.head, again.against) = (Some(base), Some(head), Some(Against::Paired.code().to_owned()));
        again.selection.bench = red.into_iter().collect();
        again.policy.alpha = Some(alpha_elsewhere(&config.policy).to_string());
        let second = gate((&again, &Sharding::Whole), global, io, event.as_ref(), progress)?;
        let Done::Report(second) = second else { return Ok(second) };
        let (class, theirs) = (&record.environment.class, &second.environment.class);
        notes.push(format!("measured on {class}; what was red there, again on {theirs}"));
        changed.elsewhere = Some(second.comparisons);
    }
    Ok(Done::Report(Box::new(gather::report(&record, &config, looks.as_ref(), &changed, notes))))
}

/// The commits of a record, which must be ones that another machine can build.
fn sides(name: &str, record: &RunRecord) -> Result<(String, String)> {
    if record.shard.is_some() {
        bail!("'{name}' is a shard; all rows of a run belong to one family: measure again what a whole run shows");
    }
    let Some(base) = record.base.as_ref().filter(|base| base.source != Source::File) else {
        bail!("'{name}' compares no commits, so no other machine can measure it again");
    };
    let (base, head) = (&base.revision, &record.head.revision);
    if head.contains('+') {
        bail!(
            "'{name}' was measured with uncommitted changes, which no other machine has; commit them and check again"
        );
    }
    Ok((base.clone(), head.clone()))
}
