use super::source::histories;
use super::store::preset;
use super::{alerts, since};
use crate::cli::{ChangeFlags, Global, HistorySource, TrendArgs};
use crate::cmd::project::start;
use crate::cmd::{Done, Io};
use crate::config::parse_percent;
use crate::stats::changepoints::Detector;
use crate::trend::{Settings, trend};
use anyhow::{Result, anyhow, bail};

/// Looks for change points and drift in a history.
pub(in crate::cmd) fn run(args: &TrendArgs, global: &Global, io: &Io<'_>) -> Result<Done> {
    if !args.acknowledge.is_empty() {
        return alerts::acknowledge(args, &start(global)?);
    }
    let mut settings = settings(&args.changes, &args.source, global)?;
    settings.drift_max = percent("--drift-max", args.drift_max.as_ref())?;
    let past = histories(&args.source, global, io)?;
    let since = args.since.as_ref().map(|since| since::resolve(since, &past, &start(global)?)).transpose()?;
    let (starts, notes) = since.unwrap_or_default();
    settings.since = starts;
    let mut found = trend(&past, &settings);
    found.notes.extend(notes);
    let is_judged = found.series.iter().filter_map(|series| series.drift.as_ref()).any(|drift| drift.exceeds.is_some());
    if settings.drift_max.is_some() && !is_judged {
        bail!(
            "the drift of no series can be judged: it takes ten values above zero and a known direction (--better says a table's)"
        );
    }
    let status = alerts::follow(args, &start(global)?, &mut found, io)?;
    Ok(Done::Trend(Box::new(found), status))
}

/// How changes are looked for.
pub(super) fn settings(flags: &ChangeFlags, source: &HistorySource, global: &Global) -> Result<Settings> {
    let detector = preset(flags.detector, source, global)?.detector();
    let least = percent("--min-change", flags.min_change.as_ref())?;
    let magnitude_min = least.map_or(detector.magnitude_min, f64::ln_1p);
    let fdr = percent("--fdr", Some(&flags.fdr))?.unwrap_or(1.0);
    Ok(Settings { detector: Detector { magnitude_min, ..detector }, since: Vec::new(), drift_max: None, fdr })
}

fn percent(flag: &str, text: Option<&String>) -> Result<Option<f64>> {
    text.map(|text| parse_percent(text).map_err(|problem| anyhow!("{flag}: {problem}"))).transpose()
}
