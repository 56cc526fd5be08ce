use super::Done;
use super::project::start;
use super::records::read::try_read;
use crate::cli::{Global, Show};
use crate::deliver::ExitStatus;
use crate::harness::{self, Results};
use crate::model::{Launch, Measurement};
use crate::report::{self, Format};
use anyhow::Result;
use std::path::Path;

/// Prints what was understood of result files.
pub(super) fn run(args: &Show, global: &Global) -> Result<Done> {
    let here = start(global)?;
    let (mut measurements, mut failures) = (Vec::new(), Vec::new());
    for file in &args.files {
        let results = read(&here.join(file), args.harness.as_deref())?;
        measurements.extend(results.measurements);
        failures.extend(results.failures);
    }
    let described = report::describe::describe(&measurements, &failures);
    let text = match global.format {
        Format::Json => serde_json::to_string_pretty(&described)? + "\n",
        format => report::describe::table(&described, format == Format::Markdown),
    };
    Ok(Done::Text(text, ExitStatus::Pass))
}

fn read(path: &Path, harness: Option<&str>) -> Result<Results> {
    if harness.is_none()
        && let Some(record) = try_read(path)?
    {
        let head = record.rows.into_iter().map(|row| Measurement {
            id: row.id,
            metric: row.metric,
            launches: row.head.into_iter().map(|value| Launch { iterations: vec![value] }).collect(),
            stated: None,
        });
        return Ok(head.collect::<Vec<_>>().into());
    }
    Ok(harness::read_results(path, harness)?)
}
