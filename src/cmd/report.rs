use super::check::shards::policy_digest;
use super::compare::policy as policy_here;
use super::project::policy::{self, Changed};
use super::project::{commits, start};
use super::records::merge::merge;
use super::records::read::{Kind, kind, parse, read_bounded, read_report};
use super::records::{foreign, gather};
use super::{Done, Io};
use crate::cli::{Global, ReportArgs};
use crate::config::{Config, Overrides};
use crate::event::Event;
use crate::model::{RunRecord, Shard};
use crate::report::Report;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Renders again what was saved: run records are judged anew, by the present policy; a report stays as it is.
pub(super) fn run(args: &ReportArgs, global: &Global, io: &Io<'_>) -> Result<Done> {
    let overrides = args.policy.overrides();
    let report = match &args.artifact {
        Some(artifact) => {
            let archive = read_bounded(&start(global)?.join(artifact))?;
            foreign::judged(&archive, commits::event(io)?.as_ref(), &overrides, global)?
        }
        None => judged(&args.files, &overrides, global, &|| commits::event(io).ok().flatten())?,
    };
    Ok(Done::Report(Box::new(report)))
}

/// The report that is saved, or what run records come to. `event` is asked for where labels count.
pub(super) fn judged(
    files: &[PathBuf],
    overrides: &Overrides,
    global: &Global,
    event: &dyn Fn() -> Option<Event>,
) -> Result<Report> {
    let here = start(global)?;
    let mut records = Vec::new();
    for path in files {
        let name = path.display().to_string();
        if records.iter().any(|(known, _)| *known == name) {
            bail!("'{name}' is named twice");
        }
        let bytes = read_bounded(&here.join(path))?;
        match kind(&name, &bytes)? {
            Kind::Record => records.push((name.clone(), parse(&name, &bytes)?)),
            Kind::Report if files.len() > 1 => {
                bail!("'{name}' is a report, which is not judged again; give run records to judge several together")
            }
            Kind::Report => return saved_report(&name, bytes, overrides),
        }
    }
    let (record, notes) = merge(records)?;
    let (config, changed) = match &record.shard {
        Some(shard) => {
            // Only for the pull request's labels: which commits it is about, the records say.
            let event = event();
            policy_of_shards(&record, shard, global, (overrides, event.as_ref()), &here)?
        }
        None => (policy_here(global, overrides, &here)?, Changed::default()),
    };
    let looks = gather::looks_of(&record);
    Ok(gather::report(&record, &config, looks.as_ref(), &changed, notes))
}

/// Shards are judged as `check` judges: by base's policy, which has to be the one that they were measured under, and by what head
/// makes of it.
fn policy_of_shards(
    record: &RunRecord,
    shard: &Shard,
    global: &Global,
    (overrides, event): (&Overrides, Option<&Event>),
    here: &Path,
) -> Result<(Config, Changed)> {
    let (config, changed) = match policy::of_record(record, global, overrides, here, event) {
        Some(found) => found,
        None => (policy_here(global, overrides, here)?, Changed::default()),
    };
    if policy_digest(&config.policy) != shard.policy {
        bail!(
            "the policy here is not the one that the shards were measured under; judge them with the same --config and flags, \
             in a checkout that has base's commit ('fetch-depth: 0' on actions/checkout)"
        );
    }
    Ok((config, changed))
}

/// A report as it was judged. It may come from a stranger.
fn saved_report(name: &str, bytes: Vec<u8>, overrides: &Overrides) -> Result<Report> {
    if *overrides != Overrides::default() {
        bail!("'{name}' is a report and is rendered as it was judged; to judge by another policy, give its run record");
    }
    read_report(name, bytes)
}
