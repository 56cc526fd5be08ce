use super::histories::histories;
use super::project::{now, start};
use super::{Done, Io};
use crate::cli::{ChangeFlags, FailOn, Global, Preset, TrendArgs};
use crate::config::parse_percent;
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::model::clean;
use crate::stats::changepoints::Detector;
use crate::trend::{Alert, AlertState, Drift, Ledger, News, Settings, Trend, position, trend};
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;

/// Looks for change points and drift in a history.
pub(super) fn run(args: &TrendArgs, global: &Global, _: &Io<'_>) -> Result<Done> {
    if !args.acknowledge.is_empty() {
        return acknowledge(args, &start(global)?);
    }
    let mut settings = settings(&args.changes)?;
    settings.drift_max = percent("--drift-max", args.drift_max.as_ref())?;
    settings.since.clone_from(&args.since);
    let past = histories(&args.source, global)?;
    if let Some(since) = &args.since
        && !past.iter().any(|history| position(history, since).is_some())
    {
        bail!(
            "no run of commit '{since}' in this history; name one as the history writes it, with seven digits or more"
        );
    }
    let mut found = trend(&past, &settings);
    let is_judged = found.series.iter().filter_map(|series| series.drift.as_ref()).any(|drift| drift.exceeds.is_some());
    if settings.drift_max.is_some() && !is_judged {
        bail!(
            "the drift of no series can be judged: it takes ten values above zero and a known direction (--better says a table's)"
        );
    }
    let status = follow(args, &start(global)?, &mut found)?;
    Ok(Done::Trend(Box::new(found), status))
}

/// How changes are looked for.
pub(super) fn settings(flags: &ChangeFlags) -> Result<Settings> {
    let detector = match flags.detector {
        Preset::Default => Detector::DEFAULT,
        Preset::Sensitive => Detector::SENSITIVE,
    };
    let magnitude_min = percent("--min-change", flags.min_change.as_ref())?.map_or(0.0, f64::ln_1p);
    let fdr = percent("--fdr", Some(&flags.fdr))?.unwrap_or(1.0);
    Ok(Settings { detector: Detector { magnitude_min, ..detector }, since: None, drift_max: None, fdr })
}

fn percent(flag: &str, text: Option<&String>) -> Result<Option<f64>> {
    text.map(|text| parse_percent(text).map_err(|problem| anyhow!("{flag}: {problem}"))).transpose()
}

/// Takes a look into the ledger, where one is kept, and says how the look ends.
fn follow(args: &TrendArgs, here: &Path, found: &mut Trend) -> Result<ExitStatus> {
    let exceeds = |drift: &Drift| drift.exceeds == Some(true);
    let mut fails = found.series.iter().filter_map(|series| series.drift.as_ref()).any(exceeds);
    if let Some(path) = args.alerts.as_ref().map(|path| here.join(path)) {
        let known = ledger(&path)?;
        let is_first = known.is_none();
        let mut ledger = known.unwrap_or_default();
        found.news = ledger.update(found, is_first, &now());
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
fn acknowledge(args: &TrendArgs, here: &Path) -> Result<Done> {
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
        text.extend(["acknowledged ", &alert.id, ": ", &clean(&subject.benchmark), " ", &clean(&subject.metric), "\n"]);
    }
    write(&path, &ledger)?;
    Ok(super::text(text))
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
