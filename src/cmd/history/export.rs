//! Writes a history, or one run, for other tools.

use super::source::histories;
use crate::cli::{Export, Global};
use crate::cmd::project::start;
use crate::cmd::records::read::{Kind, kind, parse, read_bounded, read_report};
use crate::cmd::{Done, Io};
use crate::deliver::check_place;
use crate::export::{self, Format};
use crate::files::write_whole;
use crate::model::{History, RunLabel, RunRecord, Series};
use crate::report::{Report, text};
use crate::run::Progress;
use crate::stats::summary::median;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Writes what the flags name, into every file or to standard output.
pub(in crate::cmd) fn run(args: &Export, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let found = match &args.file {
        Some(file) => vec![one_run(&start(global)?, file)?],
        None => histories(&args.source, global, io)?,
    };
    let mut files: Vec<(Option<&PathBuf>, Format)> = Vec::new();
    for path in &global.output {
        files.push((Some(path), format_of(args, path)?));
    }
    if let (true, Some(format)) = (files.is_empty(), args.to) {
        files.push((None, format));
    }
    let mut answer = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for (path, format) in files {
        let mut bytes = Vec::new();
        let notes = export::write(&found, format, &mut bytes)?;
        for note in notes.into_iter().filter(|note| !said.contains(note)).collect::<Vec<_>>() {
            progress.note(&note);
            said.push(note);
        }
        match path {
            Some(path) => write_whole(path, &bytes).with_context(|| format!("cannot write '{}'", path.display()))?,
            None => answer = bytes,
        }
    }
    Ok(Done::Bytes(answer))
}

/// Refuses what cannot be written, before anything is read for it.
pub(in crate::cmd) fn check(args: &Export, global: &Global, terminal: bool) -> Result<()> {
    for path in &global.output {
        format_of(args, path)?;
        check_place(path)?;
    }
    match args.to {
        None if global.output.is_empty() => {
            let names = Format::ALL.map(Format::name);
            bail!("say the format, --to with one of {}, or name a file with -o", names.join(", "))
        }
        Some(format) if !format.is_text() && terminal && global.output.is_empty() => {
            bail!("a terminal cannot show {}; write it into a file with -o FILE", format.name())
        }
        _ => Ok(()),
    }
}

fn format_of(args: &Export, path: &Path) -> Result<Format> {
    args.to.or_else(|| Format::from_path(path)).with_context(|| {
        let suffixes: Vec<_> = Format::ALL.iter().filter_map(|format| format.suffix()).collect();
        format!(
            "cannot tell the format of '{}'; say it with --to, or end it in one of .{}",
            path.display(),
            suffixes.join(", .")
        )
    })
}

/// A saved run as a history of one run: head's values, each the median over its launches.
fn one_run(here: &Path, file: &Path) -> Result<History> {
    let name = text::line(&file.display().to_string());
    let bytes = read_bounded(&here.join(file))?;
    Ok(match kind(&name, &bytes)? {
        Kind::Record => of_record(&parse(&name, &bytes)?),
        Kind::Report => of_report(&read_report(&name, bytes)?),
    })
}

fn of_record(record: &RunRecord) -> History {
    let series = record.rows.iter().map(|row| Series {
        benchmark: row.id.to_string(),
        metric: row.metric.name.clone(),
        unit: Some(row.metric.unit),
        better: Some(row.metric.better),
        values: vec![median(&row.head)],
    });
    let label = label(&record.head.revision, Some(&record.started), &record.environment.class);
    History { runs: vec![label], series: series.collect(), left_out: Vec::new() }
}

/// A report does not say when.
fn of_report(report: &Report) -> History {
    let series = report.comparisons.iter().map(|row| Series {
        benchmark: format!("{}/{}", row.suite, row.benchmark),
        metric: row.metric.clone(),
        unit: Some(row.unit),
        better: Some(row.better),
        values: vec![row.head.median],
    });
    let label = label(&report.head.revision, None, &report.environment.class);
    History { runs: vec![label], series: series.collect(), left_out: Vec::new() }
}

fn label(revision: &str, time: Option<&String>, class: &str) -> RunLabel {
    RunLabel { commit: Some(revision.to_owned()), time: time.cloned(), environment: Some(class.to_owned()) }
}
