use super::baseline::folder;
use super::project::{now, start};
use super::{Done, Io};
use crate::cli::{FailOn, Global, Preset, TrendArgs};
use crate::config::parse_percent;
use crate::deliver::ExitStatus;
use crate::files::write_whole;
use crate::harness::{Past, PastRun, PastSuite, read_past};
use crate::model::{History, RunLabel, Series, clean};
use crate::stats::changepoints::Detector;
use crate::stats::summary::median;
use crate::store::{self, Baseline, StoredRow, StoredRun};
use crate::trend::{Alert, AlertState, Drift, Ledger, News, Settings, Trend, position, trend};
use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Looks for change points and drift in a history.
pub(super) fn run(args: &TrendArgs, global: &Global, _: &Io<'_>) -> Result<Done> {
    if !args.acknowledge.is_empty() {
        return acknowledge(args, &start(global)?);
    }
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
    let mut past = match &args.from {
        Some(path) => read(&start(global)?.join(path))?,
        None => stored(global)?,
    };
    if let Some(since) = &args.since
        && !past.iter().any(|history| position(history, since).is_some())
    {
        bail!(
            "no run of commit '{since}' in this history; name one as the history writes it, with seven digits or more"
        );
    }
    let unknown = past.iter_mut().flat_map(|history| &mut history.series).filter(|series| series.better.is_none());
    unknown.for_each(|series| series.better = args.better.map(Into::into));
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

fn read(path: &Path) -> Result<Vec<History>> {
    Ok(match read_past(path)? {
        Past::Suites(suites) => suites.iter().map(of_suite).collect(),
        Past::Table(history) => vec![history],
    })
}

/// Another tool's suite as a history: its runs are its own.
fn of_suite(suite: &PastSuite) -> History {
    let mut series: BTreeMap<(&str, &str), Series> = BTreeMap::new();
    for (index, run) in suite.runs.iter().enumerate() {
        for value in &run.values {
            let entry = series.entry((&value.benchmark, &value.metric.name)).or_insert_with(|| Series {
                benchmark: format!("{}/{}", suite.name, value.benchmark),
                metric: value.metric.name.clone(),
                unit: Some(value.metric.unit),
                better: Some(value.metric.better),
                values: vec![f64::NAN; suite.runs.len()],
            });
            entry.values[index] = median(&value.repeats);
        }
    }
    let time = |seconds: u64| humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
    let label = |run: &PastRun| RunLabel {
        commit: Some(run.revision.clone()),
        time: Some(time(run.seconds)),
        environment: None,
    };
    let left_out = suite.left_out.iter().map(|left| format!("{}: {} left out: {}", suite.name, left.count, left.why));
    History {
        runs: suite.runs.iter().map(label).collect(),
        series: series.into_values().collect(),
        left_out: left_out.collect(),
    }
}

/// The stored baselines, one history each: what another machine measured is another history.
fn stored(global: &Global) -> Result<Vec<History>> {
    let folder = folder(global)?;
    let found = store::list(&folder)?;
    if found.is_empty() {
        bail!("no baseline in '{}'; `benchgate record` stores one, and --from looks at any file", folder.display());
    }
    let mut suites: Vec<&str> = found.iter().map(|(_, baseline)| baseline.suite.as_str()).collect();
    suites.sort_unstable();
    let is_split = |suite: &str| suites.iter().filter(|other| **other == suite).count() > 1;
    Ok(found.iter().map(|(_, baseline)| of_baseline(baseline, is_split(&baseline.suite))).collect())
}

/// A baseline as a history; `is_split` says that the suite has others, so that its machine's class belongs to the names.
fn of_baseline(baseline: &Baseline, is_split: bool) -> History {
    let label = |run: &StoredRun| RunLabel {
        commit: Some(run.revision.clone()),
        time: Some(run.recorded.clone()),
        environment: Some(baseline.environment.class.clone()),
    };
    let class = if is_split { format!(" ({})", baseline.environment.class) } else { String::new() };
    let series = |row: &StoredRow| Series {
        benchmark: format!("{}/{}{class}", baseline.suite, row.benchmark),
        metric: row.metric.name.clone(),
        unit: Some(row.metric.unit),
        better: Some(row.metric.better),
        values: row.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
    };
    History {
        runs: baseline.runs.iter().map(label).collect(),
        series: baseline.rows.iter().map(series).collect(),
        left_out: Vec::new(),
    }
}
