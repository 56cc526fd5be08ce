use super::project::start;
use super::{Done, Io};
use crate::cli::{Global, Preset, TrendArgs};
use crate::config::parse_percent;
use crate::harness::{Past, read_past};
use crate::stats::changepoints::Detector;
use crate::trend::{Settings, histories, trend};
use anyhow::{Result, anyhow};

/// Looks for change points and drift in a history.
pub(super) fn run(args: &TrendArgs, global: &Global, _: &Io<'_>) -> Result<Done> {
    let path = start(global)?.join(&args.from);
    let percent = |flag: &str, text: Option<&String>| {
        text.map(|text| parse_percent(text).map_err(|problem| anyhow!("{flag}: {problem}"))).transpose()
    };
    let detector = match args.detector {
        Preset::Default => Detector::DEFAULT,
        Preset::Sensitive => Detector::SENSITIVE,
    };
    let magnitude_min = percent("--min-change", args.min_change.as_ref())?.map_or(0.0, f64::ln_1p);
    let settings = Settings {
        detector: Detector { magnitude_min, ..detector },
        since: args.since.clone(),
        drift_max: percent("--drift-max", args.drift_max.as_ref())?,
        fdr: percent("--fdr", Some(&args.fdr))?.unwrap_or(1.0),
    };
    let past = match read_past(&path)? {
        Past::Suites(suites) => histories(&suites),
        Past::Table(mut history) => {
            history.series.iter_mut().for_each(|series| series.better = args.better.map(Into::into));
            vec![history]
        }
    };
    Ok(Done::Trend(Box::new(trend(&past, &settings))))
}
