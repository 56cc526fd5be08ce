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
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Renders again what was saved: run records are judged anew, by the present policy; a report stays as it is.
pub(super) fn run(args: &ReportArgs, global: &Global, io: &Io<'_>) -> Result<Done> {
    let overrides = args.policy.overrides();
    let report = match &args.artifact {
        Some(artifact) => {
            let archive = read_bounded(&start(global)?.join(artifact))?;
            foreign::judged(&archive, commits::event(io)?.as_ref(), &overrides, global)?
        }
        None => judged(&args.files, (&overrides, Whose::Checkout), global, &|| commits::event(io).ok().flatten())?,
    };
    Ok(Done::Report(Box::new(report)))
}

/// Whose policy judges a record that is no shard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of this checkout: somebody asks what a record comes to under it.
    Checkout,
    /// That of the record's base, as `check` takes it: what is posted counts.
    Base,
}

/// The report that is saved, or what run records come to. `event` is asked for where labels count.
pub(super) fn judged(
    files: &[PathBuf],
    (overrides, whose): (&Overrides, Whose),
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
        None if whose == Whose::Base => {
            let event = event();
            policy_of_base(&record, global, (overrides, event.as_ref()), &here)?
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

/// What is posted is judged as `check` judges, or not at all: the checkout may be the very change that is judged.
fn policy_of_base(
    record: &RunRecord,
    global: &Global,
    (overrides, event): (&Overrides, Option<&Event>),
    here: &Path,
) -> Result<(Config, Changed)> {
    let found = policy::of_base(record, global, overrides, here, event).context(
        "the policy of the record's base cannot be read, and no other counts: publish in a checkout that has base's commit \
         ('fetch-depth: 0' on actions/checkout), or publish the report that `check -o report.json` wrote",
    )?;
    Ok(match found {
        Some(found) => found,
        None => (policy_here(global, overrides, here)?, Changed::default()),
    })
}

/// A report as it was judged. It may come from a stranger.
fn saved_report(name: &str, bytes: Vec<u8>, overrides: &Overrides) -> Result<Report> {
    if *overrides != Overrides::default() {
        bail!("'{name}' is a report and is rendered as it was judged; to judge by another policy, give its run record");
    }
    read_report(name, bytes)
}
