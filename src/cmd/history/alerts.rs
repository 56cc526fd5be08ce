//! The ledger of alerts: what a look changes in it, and what people say of one.

use super::tell;
use crate::cli::{FailOn, TrendArgs};
use crate::cmd::project::now;
use crate::cmd::{Done, Io, text as told};
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::report::text::line;
use crate::trend::{Alert, AlertState, Drift, Ledger, News, Trend};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Takes a look into the ledger, where one is kept, and says how the look ends.
pub(super) fn follow(args: &TrendArgs, here: &Path, found: &mut Trend, io: &Io<'_>) -> Result<ExitStatus> {
    let exceeds = |drift: &Drift| drift.exceeds == Some(true);
    let mut fails = found.series.iter().filter_map(|series| series.drift.as_ref()).any(exceeds);
    if let Some(path) = args.alerts.as_ref().map(|path| here.join(path)) {
        let unknown = found.series.iter().filter(|series| series.better.is_none()).count();
        if unknown > 0 && unknown == found.series.len() {
            bail!("the direction of no series is known, so that none can become worse: --better says a table's");
        }
        if unknown > 0 {
            found.notes.push(format!("{unknown} series without a known direction raise no alerts"));
        }
        let known = ledger(&path)?;
        let is_first = known.is_none();
        let mut ledger = known.unwrap_or_default();
        found.news = ledger.update(found, is_first, &now());
        found.alerts.clone_from(&ledger.alerts);
        // What could not be told is not noted, and so is new the next time.
        tell::tell(args, found, &mut ledger, io)?;
        let is_open = |alert: &Alert| alert.state == AlertState::Open;
        fails |= match args.fail_on {
            Some(FailOn::New) => found.news.iter().any(|news| matches!(news, News::New(_))),
            Some(FailOn::Open) => ledger.alerts.iter().any(is_open),
            None => false,
        };
        write(&path, &ledger)?;
        found.alerts = ledger.alerts;
    }
    Ok(if fails { ExitStatus::Regression } else { ExitStatus::Pass })
}

/// Notes that alerts may stay.
pub(super) fn acknowledge(args: &TrendArgs, here: &Path) -> Result<Done> {
    let Some(path) = args.alerts.as_ref().map(|path| here.join(path)) else { bail!("--acknowledge needs --alerts") };
    let reason = args.reason.as_deref().unwrap_or_default().trim();
    if reason.is_empty() {
        bail!("--reason is empty: say why it may stay, for those who read it later");
    }
    let Some(mut ledger) = ledger(&path)? else {
        bail!("no alerts in '{}'; `benchgate trend --alerts` makes the file", path.display());
    };
    let mut text = String::new();
    for id in &args.acknowledge {
        let alert = ledger.acknowledge(id, reason, &now())?;
        let subject = &alert.subject;
        text.extend(["acknowledged ", &alert.id, ": ", &line(&subject.benchmark), " ", &line(&subject.metric), "\n"]);
    }
    write(&path, &ledger)?;
    Ok(told(text))
}

/// Bytes of a ledger that are read.
const LEDGER_BYTES_MAX: u64 = 64 << 20;

/// What was told; `None` where there is no such file yet.
fn ledger(path: &Path) -> Result<Option<Ledger>> {
    let place = || format!("cannot read '{}'", path.display());
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        found if found.as_ref().is_ok_and(|found| found.len() > LEDGER_BYTES_MAX) => {
            bail!("{}: it is larger than {} MiB", place(), LEDGER_BYTES_MAX >> 20)
        }
        found => found.with_context(place)?,
    };
    let text = std::fs::read(path).with_context(place)?;
    Ok(Some(Ledger::parse(&path.display().to_string(), &text)?))
}

fn write(path: &Path, ledger: &Ledger) -> Result<()> {
    write_whole(path, ledger.text()?.as_bytes()).with_context(|| format!("cannot write '{}'", path.display()))
}
