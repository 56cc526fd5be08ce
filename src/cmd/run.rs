use super::check::shards;
use super::project::{Project, Revisions};
use super::record::measure;
use super::{Done, Io};
use crate::cli::{Global, Run};
use crate::config::Overrides;
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::model::RunRecord;
use crate::run::Progress;
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;

/// Measures one revision, or one shard of a paired plan, and writes a run record.
pub(super) fn run(args: &Run, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    if let Some(place) = args.shard {
        return shards::run(place, args, global, io, progress);
    }
    if args.policy.overrides() != Overrides::default() {
        bail!("nothing is judged here, so flags of the policy change nothing; they go with --shard");
    }
    let revisions = Revisions { outputs: vec![args.record.clone()], ..Revisions::alone(args.rev.as_deref()) };
    let project = Project::open(global, io, &args.selection.add_to(Overrides::default()), &revisions)?;
    let record = measure(&project, io, args.launches, &args.selection, progress)?;
    write_whole(&args.record, &serde_json::to_vec(&record)?)
        .with_context(|| format!("cannot write '{}'", args.record.display()))?;
    let status = if record.rows.is_empty() { ExitStatus::Error } else { ExitStatus::Pass };
    let mut text = format!("{} rows in '{}'\n", record.rows.len(), args.record.display());
    list_states(&record, &mut text);
    Ok(Done::Text(text, status))
}

pub(super) fn list_states(record: &RunRecord, text: &mut String) {
    for entry in &record.states {
        let _ = writeln!(text, "{}: {} {}", entry.id, entry.state, entry.detail);
    }
}
