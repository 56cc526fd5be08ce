//! Posts a report on GitHub: comment, check run, labels, pictures.
//!
//! The verdict is the report's. Whatever GitHub does, the text stays readable: on standard output and in the job's summary.

mod fetched;
mod place;
mod text;

use super::project::{CONFIG_NAME, locate, now, start};
use super::{Done, Io, replay};
use crate::cli::{Global, Publish, StatusOf};
use crate::config::{self, CommentWhen, Config, GitHub, Overrides};
use crate::deliver::ExitStatus;
use crate::deliver::github::{self, Client, Conclusion, Failure, Fate, Order, Parts, Publication, Settled, Stamp};
use crate::git::Repo;
use crate::judge::{Outcome, Verdict};
use crate::report::{self, Report};
use crate::run::process::interrupted;
use anyhow::{Result, bail};
use place::Surroundings;
use std::path::{Path, PathBuf};
use std::time::Duration;
use text::Texts;

/// How often a pause looks whether the process was asked to end.
const SLICE: Duration = Duration::from_millis(100);

/// Posts a report, or says that the gate is at work.
pub(super) fn run(args: &Publish, global: &Global, io: &mut Io<'_>) -> Result<Done> {
    let here = start(global)?;
    if args.files.is_empty() && !args.start {
        let (report, surroundings) = fetched::fetch(args, global, io)?;
        return publish(&report, &surroundings, &here, args, global, io);
    }
    let surroundings = Surroundings::read(args, io)?;
    if args.start {
        let gate = Gate::find(global, &here, None, args)?;
        return Ok(begin(&gate, &surroundings, args, io));
    }
    let report = replay::judged(&args.files, &Overrides::default(), global, io)?;
    publish(&report, &surroundings, &here, args, global, io)
}

fn publish(
    report: &Report,
    surroundings: &Surroundings,
    here: &Path,
    args: &Publish,
    global: &Global,
    io: &mut Io<'_>,
) -> Result<Done> {
    place::fits(report, surroundings)?;
    let gate = Gate::find(global, here, Some(report), args)?;
    let texts = Texts { report, run_url: surroundings.run_url.as_deref() };
    let fates = match open(surroundings, io.pause) {
        Err(failure) => vec![Fate { part: "publication", settled: Settled::Failed(failure) }],
        Ok(opened) => opened(&|client| post(client, &gate, surroundings, &texts)),
    };
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
fn post(client: &Client<'_>, gate: &Gate, surroundings: &Surroundings, texts: &Texts<'_>) -> Vec<Fate> {
    let target = match surroundings.target(client) {
        Ok(target) => target,
        Err(failure) => return vec![Fate { part: "publication", settled: Settled::Failed(failure) }],
    };
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
            target: &target,
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

/// The gate that a report belongs to, as its configuration describes it.
struct Gate {
    /// Keeps its comment and check run apart from other gates'.
    key: String,
    /// The check run's name.
    name: String,
    /// The configuration file as seen from the repository: annotations stand beside it.
    file: String,
    github: GitHub,
}

impl Gate {
    /// Reads the configuration, as base has it where base is known here: labels and the rest are policy too.
    fn find(global: &Global, here: &Path, report: Option<&Report>, args: &Publish) -> Result<Self> {
        let repo = Repo::discover(here).ok();
        let (folder, found) = match &repo {
            Some(repo) => locate(here, repo.root(), global.config.as_deref())?,
            None => (
                PathBuf::new(),
                global.config.clone().or_else(|| Some(here.join(CONFIG_NAME)).filter(|path| path.is_file())),
            ),
        };
        let file = folder.join(CONFIG_NAME);
        let base = report.and_then(|report| report.base.as_ref()).filter(|base| github::is_commit_id(&base.revision));
        let theirs = match (&repo, base, &global.config) {
            (Some(repo), Some(base), None) => {
                repo.resolve(&base.revision).ok().map(|base| super::project::at_revision(repo, &base, &file))
            }
            _ => None,
        };
        let parsed = match theirs {
            Some(theirs) => theirs?,
            None => found.as_deref().map(config::load).transpose()?,
        };
        let Config { github, .. } = config::resolve(parsed, &Overrides::default(), Vec::new(), String::new())?;
        let slashes = |path: &Path| {
            path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        let place = Some(slashes(&folder)).filter(|place| !place.is_empty());
        let key = args.comment_key.clone().or_else(|| place.clone());
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 100 || key.chars().any(char::is_control)) {
            bail!("--comment-key must have 1 to 100 bytes and no control characters");
        }
        let name = key.as_ref().map_or("benchgate".to_owned(), |key| format!("benchgate ({key})"));
        Ok(Self { key: key.unwrap_or(".".to_owned()), name, file: slashes(&file), github })
    }

    fn conclusion(&self, outcome: Outcome) -> Conclusion {
        match outcome {
            Outcome::Pass => Conclusion::Success,
            Outcome::Regression => Conclusion::Failure,
            Outcome::Inconclusive if self.github.inconclusive_fails => Conclusion::Failure,
            Outcome::Inconclusive => Conclusion::Neutral,
            Outcome::Error => Conclusion::Error,
        }
    }

    /// Labels to set, and labels to take away; `None` if none is configured.
    fn labels(&self, report: &Report) -> Option<(Vec<String>, Vec<String>)> {
        let improved = report.comparisons.iter().any(|row| row.verdict == Verdict::Improvement);
        let outcome = report.outcome;
        let all = [
            (&self.github.regression, outcome == Outcome::Regression),
            (&self.github.improvement, outcome != Outcome::Regression && improved),
            (&self.github.inconclusive, outcome == Outcome::Inconclusive),
        ];
        let which = |wanted: bool| {
            let labels = all.iter().filter(move |(label, is)| *is == wanted && label.is_some());
            labels.filter_map(|(label, _)| (*label).clone()).collect::<Vec<_>>()
        };
        all.iter().any(|(label, _)| label.is_some()).then(|| (which(true), which(false)))
    }
}
