//! Posts a report on GitHub: comment, check run, labels, pictures.
//!
//! The verdict is the report's. Whatever GitHub does, the text stays readable: on standard output and in the job's summary.

mod fetched;
mod gate;
mod place;
mod text;

use super::project::{commits, now, start};
use super::report::{Whose, judged as judged_files};
use super::{Done, Io};
use crate::cli::{Global, Publish, StatusOf};
use crate::config::{CommentWhen, Overrides};
use crate::deliver::ExitStatus;
use crate::deliver::github::{self, Client, Failure, Fate, Order, Parts, Publication, Settled, Stamp, Target};
use crate::judge::{Outcome, Verdict};
use crate::report::{self, Report};
use crate::run::process::interrupted;
use anyhow::Result;
use gate::Gate;
use place::Surroundings;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use text::Texts;

/// How often a pause looks whether the process was asked to end.
const SLICE: Duration = Duration::from_millis(100);

/// Posts a report, or says that the gate is at work.
pub(super) fn run(args: &Publish, global: &Global, io: &mut Io<'_>) -> Result<Done> {
    let here = start(global)?;
    if args.start {
        let surroundings = Surroundings::read(args, io)?;
        let gate = Gate::find(global, &here, None, args, io)?;
        return Ok(begin(&gate, &surroundings, args, io));
    }
    let (report, surroundings) = match judged(args, global, io) {
        Ok(judged) => judged,
        Err(error) => return Err(abandoned(error, &here, args, global, io)),
    };
    publish(&report, &surroundings, &here, args, global, io).map_err(|error| abandoned(error, &here, args, global, io))
}

/// The report, and where it belongs.
fn judged(args: &Publish, global: &Global, io: &mut Io<'_>) -> Result<(Report, Surroundings)> {
    if args.files.is_empty() {
        return fetched::fetch(args, global, io);
    }
    let surroundings = Surroundings::read(args, io)?;
    let unlabelled = RefCell::new(None);
    let event = || {
        let event = commits::event(io).ok().flatten()?;
        Some(fetched::labelled(&event, &surroundings, args, io).unwrap_or_else(|error| {
            *unlabelled.borrow_mut() = Some(error);
            event
        }))
    };
    let report = judged_files(&args.files, (&Overrides::default(), Whose::Base), global, &event)?;
    if let Some(error) = unlabelled.into_inner() {
        let line = report::text::without_commands(&report::text::line(&format!("{error:#}")));
        let _ = writeln!(io.err, "warning: no label counts: {line}");
    }
    Ok((report, surroundings))
}

/// What the check run in progress says where there is no report.
const ABANDONED: &str = "could not judge";

/// Ends a check run of ours that would stay in progress for ever, and hands the error back.
fn abandoned(error: anyhow::Error, here: &Path, args: &Publish, global: &Global, io: &mut Io<'_>) -> anyhow::Error {
    let found = Surroundings::read(args, io).and_then(|at| Ok((at, Gate::find(global, here, None, args, io)?)));
    let Ok((surroundings, gate)) = found else { return error };
    if !gate.github.check {
        return error;
    }
    let why = report::text::line(&format!("{error:#}"));
    let title = format!("{ABANDONED}: {why}");
    // Four blanks make it code, in which no name is a link and nobody is called.
    let summary = format!("    {why}\n");
    let end = |client: &Client<'_>| match surroundings.target(client) {
        Ok(target) => github::abandon(client, &target, &gate.name, &gate.key, (&title, &summary)).into_iter().collect(),
        Err(failure) => vec![Fate { part: "check run", settled: Settled::Failed(failure) }],
    };
    // Without a token nothing was begun.
    let fates = open(&surroundings, io.pause).map(|opened| opened(&end)).unwrap_or_default();
    tell(&fates, &surroundings, io);
    error
}

fn publish(
    report: &Report,
    surroundings: &Surroundings,
    here: &Path,
    args: &Publish,
    global: &Global,
    io: &mut Io<'_>,
) -> Result<Done> {
    place::fits(report, surroundings, None)?;
    let gate = Gate::find(global, here, Some(report), args, io)?;
    let texts = Texts { report, run_url: surroundings.run_url.as_deref() };
    let refused = RefCell::new(None);
    let work = |client: &Client<'_>| {
        let target = match surroundings.target(client) {
            Ok(target) => target,
            Err(failure) => return vec![Fate { part: "publication", settled: Settled::Failed(failure) }],
        };
        if let Err(error) = place::fits(report, surroundings, Some(&target)) {
            *refused.borrow_mut() = Some(error);
            return Vec::new();
        }
        post(client, &gate, (surroundings, &target), &texts)
    };
    let fates = match open(surroundings, io.pause) {
        Err(failure) => vec![Fate { part: "publication", settled: Settled::Failed(failure) }],
        Ok(opened) => opened(&work),
    };
    if let Some(error) = refused.into_inner() {
        return Err(error);
    }
    let failed = tell(&fates, surroundings, io);
    let mut answer = text::links(&fates);
    if failed {
        let text = texts.plain();
        text::append_summary(surroundings.summary.as_deref(), &text, io);
        answer = report::text::without_commands(&text);
    }
    Ok(Done::Text(answer, status(surroundings.status(args), report, failed)))
}

/// The report's status, or whether all was posted.
fn status(of: StatusOf, report: &Report, failed: bool) -> ExitStatus {
    match of {
        StatusOf::Verdict => report.outcome.into(),
        StatusOf::Publication if failed => ExitStatus::Error,
        StatusOf::Publication => ExitStatus::Pass,
    }
}

/// A check run in progress; that there is none changes nothing.
fn begin(gate: &Gate, surroundings: &Surroundings, args: &Publish, io: &mut Io<'_>) -> Done {
    let started = |client: &Client<'_>| {
        let target = match surroundings.target(client) {
            Ok(target) => target,
            Err(failure) => return vec![Fate { part: "check run", settled: Settled::Failed(failure) }],
        };
        vec![github::start(client, &target, &gate.name, &gate.key, "benchgate is measuring")]
    };
    let fates = match open(surroundings, io.pause) {
        _ if !gate.github.check => Vec::new(),
        Err(failure) => vec![Fate { part: "check run", settled: Settled::Failed(failure) }],
        Ok(opened) => opened(&started),
    };
    let failed = tell(&fates, surroundings, io);
    let status =
        if failed && surroundings.status(args) == StatusOf::Publication { ExitStatus::Error } else { ExitStatus::Pass };
    Done::Text(text::links(&fates), status)
}

type Work<'w> = dyn Fn(&Client<'_>) -> Vec<Fate> + 'w;

/// A client that pauses as this process pauses, for one piece of work.
fn open<'a>(
    surroundings: &'a Surroundings,
    pause: &'a dyn Fn(Duration),
) -> Result<impl FnOnce(&Work<'_>) -> Vec<Fate> + 'a, Failure> {
    let access = surroundings.access()?;
    Ok(move |work: &Work<'_>| {
        let rest = |whole: Duration| {
            let mut left = whole;
            while !left.is_zero() && !interrupted() {
                let slice = left.min(SLICE);
                pause(slice);
                left -= slice;
            }
            !interrupted()
        };
        match Client::open(access, &rest) {
            Ok(client) => work(&client),
            Err(failure) => vec![Fate { part: "publication", settled: Settled::Failed(failure) }],
        }
    })
}

/// Puts together what is posted, and posts it.
fn post(
    client: &Client<'_>,
    gate: &Gate,
    (surroundings, target): (&Surroundings, &Target),
    texts: &Texts<'_>,
) -> Vec<Fate> {
    let report = texts.report;
    let order = Order { started: started(report), run: surroundings.run, attempt: surroundings.attempt };
    let stamp = Stamp { key: gate.key.clone(), order, head: target.head.clone() };
    let needs_reading = report.outcome != Outcome::Pass
        || report.comparisons.iter().any(|row| row.verdict != Verdict::Unchanged)
        || report.states.iter().any(|state| state.level != crate::judge::Level::Allow);
    let comment = match gate.github.comment {
        CommentWhen::Always => Some(true),
        CommentWhen::Needed => Some(needs_reading),
        CommentWhen::Never => None,
    };
    let drawn = gate.github.pictures && report.comparisons.iter().any(|row| row.verdict != Verdict::Unchanged);
    github::publish(
        client,
        &Publication {
            target,
            stamp,
            parts: Parts { comment, check: gate.github.check },
            name: &gate.name,
            conclusion: gate.conclusion(report.outcome),
            title: report::title(report),
            annotations: text::annotations(report, &gate.file),
            labels: gate.labels(report),
            pictures: drawn.then(|| text::pictures(report)),
            compose: &|pictures, stamp| texts.compose(pictures, stamp),
        },
    )
}

/// When measuring began, but never in the future: a forged time must not keep later reports away.
fn started(report: &Report) -> String {
    let now = now();
    let plain = |time: &String| {
        let letters = time.bytes().all(|b| b.is_ascii_digit() || b"TZ:.-".contains(&b));
        letters && (10..=40).contains(&time.len()) && *time < now
    };
    report.started.clone().filter(plain).unwrap_or(now)
}

/// Says what became of each part; answers whether anything failed.
fn tell(fates: &[Fate], surroundings: &Surroundings, io: &mut Io<'_>) -> bool {
    for Fate { part, settled } in fates {
        let line = match settled {
            Settled::Done(words) => format!("{part}: {words}"),
            Settled::Skipped(why) => format!("{part}: none, {why}"),
            Settled::Lesser(failure, words) => format!("{part}: {words}; {failure}"),
            Settled::Failed(failure) => format!("{part}: {failure}"),
        };
        let line = report::text::line(&line);
        let _ = match settled {
            Settled::Failed(failure) if surroundings.is_action => {
                let warning = report::warning_command("benchgate publish", &format!("{line}; {}", failure.next()));
                writeln!(io.err, "{warning}")
            }
            Settled::Failed(failure) => {
                let line = report::text::without_commands(&line);
                writeln!(io.err, "warning: {line}\nhint: {}", failure.next())
            }
            _ => writeln!(io.err, "{}", report::text::without_commands(&line)),
        };
    }
    fates.iter().any(|fate| matches!(fate.settled, Settled::Failed(_)))
}
