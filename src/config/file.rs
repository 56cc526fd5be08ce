use super::diagnostics::{Complaint, Diagnostics, hint};
use super::github::{GitHub, read_github};
use super::lighter::{Accept, read_accept};
use super::reader::{Shape, Source, Table, Value, float};
use super::suite::Suite;
use super::value::{
    self, parse_date, parse_glob, parse_percent, parse_positive_duration, parse_threshold, parse_value,
};
use super::{Against, read_suite};
use crate::judge::{Correction, Level, Limit, Waiver};
use crate::model::{Metric, known_metric, known_metrics, named_metric, named_metrics};
use crate::stats::changepoints::Preset;
use crate::store::history::Spec;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// The largest file that is read.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;

pub(super) const TOP_KEYS: &[&str] = &["gate", "suite", "budget", "waiver", "accept", "history", "github"];
pub(super) const GATE_KEYS: &[&str] = &[
    "base",
    "against",
    "threshold",
    "alpha",
    "max-rounds",
    "budget",
    "on-inconclusive",
    "on-missing",
    "layouts",
    "confirm",
    "correction",
];
pub(super) const BUDGET_KEYS: &[&str] = &["benchmark", "metric", "max"];
pub(super) const WAIVER_KEYS: &[&str] = &["benchmark", "metric", "ceiling", "until", "reason", "issue"];
pub(super) const HISTORY_KEYS: &[&str] = &["store", "detector"];

/// What a `benchgate.toml` says: valid, with nothing filled in yet. [`super::resolve`] makes a [`super::Config`] of it.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub(super) base: Option<String>,
    pub(super) against: Option<Against>,
    pub(super) threshold: Option<f64>,
    pub(super) alpha: Option<f64>,
    pub(super) looks: Option<Vec<u32>>,
    pub(super) confirm: Option<bool>,
    pub(super) correction: Option<Correction>,
    pub(super) budget: Option<Duration>,
    pub(super) on_inconclusive: Option<Level>,
    pub(super) on_missing: Option<Level>,
    pub(super) layouts: Option<u32>,
    pub(super) suites: Vec<Suite>,
    pub(super) limits: Vec<Placed<Limit>>,
    pub(super) waivers: Vec<Waiver>,
    pub(super) history: Option<Spec>,
    pub(super) detector: Option<Preset>,
    pub(super) accept: Accept,
    pub(super) github: GitHub,
    pub(super) notices: Vec<String>,
}

impl File {
    /// Whether the file has a `[[suite]]`; without one, suites are detected.
    #[must_use]
    pub fn has_suites(&self) -> bool {
        !self.suites.is_empty()
    }

    /// Where the history is, as the file says it.
    #[must_use]
    pub fn history(&self) -> Option<&Spec> {
        self.history.as_ref()
    }
}

/// A row of the file and where it stands, for notices.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: String,
}

/// Reads the file at `path`; complaints name it as it was given.
pub fn load(path: &Path) -> Result<File, Diagnostics> {
    let name = path.display().to_string();
    let fail = |text: String| Diagnostics(vec![Complaint::new(&name, text)]);
    let unreadable = |error: std::io::Error| fail(format!("cannot read it: {error}; name another file with --config"));
    let mut bytes = Vec::new();
    // Not the length first: a pipe, as in `--config <(…)`, has none.
    let read = std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    if read.map_err(unreadable)? as u64 > FILE_BYTES_MAX {
        return Err(fail("it is larger than 1 MiB; name another file with --config".to_owned()));
    }
    match String::from_utf8(bytes) {
        Ok(text) => parse(&name, &text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let place = Source::new(&name, &text).place(valid);
            Err(Diagnostics(vec![Complaint::new(place, "this byte is not UTF-8; save the file as UTF-8")]))
        }
    }
}

/// Reads the text of a file called `name`.
pub fn parse(name: &str, text: &str) -> Result<File, Diagnostics> {
    let mut source = Source::new(name, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            source.complain(&span, format!("not TOML: {}", error.message().replace('\n', ", ")));
        }
        source.finish()?;
        return Ok(File::default());
    }
    let root = Table::new(root.get_ref(), "the file", 0..0);
    root.only(&mut source, TOP_KEYS, |key| {
        GATE_KEYS.contains(&key).then(|| format!("'{key}' stands outside of any table; move it below [gate]"))
    });
    let mut file = File::default();
    if let Some(gate) = root.table(&mut source, "gate", "[gate]", "[gate]") {
        read_gate(&mut source, &gate, &mut file);
    }
    file.suites = read_suite::read_suites(&mut source, &root);
    file.limits = read_limits(&mut source, &root);
    file.waivers = root
        .tables(&mut source, "waiver", "[[waiver]]")
        .iter()
        .filter_map(|table| read_waiver(&mut source, table))
        .collect();
    if let Some(accept) = root.table(&mut source, "accept", "[accept]", "[accept]") {
        file.accept = read_accept(&mut source, &accept);
    }
    if let Some(history) = root.table(&mut source, "history", "[history]", "[history]") {
        read_history(&mut source, &history, &mut file);
    }
    if let Some(github) = root.table(&mut source, "github", "[github]", "[github]") {
        file.github = read_github(&mut source, &github);
    }
    source.finish()?;
    Ok(file)
}

fn read_gate(source: &mut Source<'_>, gate: &Table<'_>, file: &mut File) {
    gate.only(source, GATE_KEYS, |_| None);
    let level = Shape("a level", "\"warn\"");
    file.base = gate.parsed(source, "base", Shape("a revision", "\"merge-base\""), parse_base);
    file.against = gate.parsed(source, "against", Shape("a text", "\"auto\""), str::parse);
    file.threshold = gate.percent(source, "threshold", parse_threshold);
    file.alpha = gate.float(source, "alpha", "0.01").and_then(|alpha| {
        value::check_alpha(alpha.value).map_err(|error| source.complain(&alpha.span, format!("'alpha': {error}"))).ok()
    });
    file.looks = gate.integer(source, "max-rounds", "80").and_then(|rounds| {
        looks(rounds.value).map_err(|error| source.complain(&rounds.span, format!("'max-rounds': {error}"))).ok()
    });
    file.budget = gate.parsed(source, "budget", super::reader::DURATION, parse_positive_duration);
    file.on_inconclusive = gate.parsed(source, "on-inconclusive", level, str::parse);
    file.on_missing = gate.parsed(source, "on-missing", level, str::parse);
    file.confirm = gate.flag(source, "confirm");
    file.correction = gate.parsed(source, "correction", Shape("a text", "\"holm\""), str::parse);
    file.layouts = gate.integer(source, "layouts", "4").and_then(|layouts| {
        check_layouts(layouts.value).map_err(|error| source.complain(&layouts.span, format!("'layouts': {error}"))).ok()
    });
}

/// Refuses what cannot be a revision, and what git would take for an option.
pub(super) fn parse_base(text: &str) -> Result<String, String> {
    let odd = text.is_empty() || text.starts_with('-') || text.chars().any(|c| c.is_control() || c == ' ');
    if odd {
        Err(format!("'{text}' is not a revision; write merge-base, parent, or for example main"))
    } else {
        Ok(text.to_owned())
    }
}

/// The numbers of rounds after which the run is looked at (`docs/method.md`), up to the most allowed.
pub(super) fn looks(max_rounds: i64) -> Result<Vec<u32>, String> {
    Ok(match max_rounds {
        6 => vec![6],
        10 => vec![6, 10],
        15 => vec![6, 10, 15],
        20 => vec![6, 10, 15, 20],
        30 => vec![6, 10, 15, 20, 30],
        40 => vec![6, 10, 15, 20, 30, 40],
        80 => vec![6, 10, 15, 20, 30, 40, 60, 80],
        other => return Err(format!("{other} is not a choice; use 6, 10, 15, 20, 30, 40 or 80")),
    })
}

/// Links per side: 1 to 16.
pub(super) fn check_layouts(layouts: i64) -> Result<u32, String> {
    match u32::try_from(layouts) {
        Ok(layouts) if (1..=16).contains(&layouts) => Ok(layouts),
        _ => Err(format!("{layouts} is out of range; it must lie between 1 and 16")),
    }
}

fn read_limits(source: &mut Source<'_>, root: &Table<'_>) -> Vec<Placed<Limit>> {
    if let Some(value) = root.get("budget").filter(|value| value.get_ref().is_str()) {
        let text = "'budget' is measuring time only in [gate]; move it there (a limit is a table, [[budget]])";
        source.complain(&value.span(), text);
        return Vec::new();
    }
    root.tables(source, "budget", "[[budget]]").iter().filter_map(|table| read_limit(source, table)).collect()
}

fn read_limit(source: &mut Source<'_>, table: &Table<'_>) -> Option<Placed<Limit>> {
    table.only(source, BUDGET_KEYS, |_| None);
    table.require(source, "benchmark", "\"cli/**\"");
    table.require(source, "metric", "\"wall-time\"");
    table.require(source, "max", "\"200ms\"");
    let benchmark = table.parsed(source, "benchmark", Shape("a glob", "\"cli/**\""), parse_glob);
    let metric = read_metric(source, table);
    let max = match &metric {
        Some(metric) => table.get("max").and_then(|value| read_max(source, value, metric)),
        None => None,
    };
    let value = Limit { benchmark: benchmark?, metric: metric?.name, max: max? };
    Some(Placed { value, place: source.place(table.span.start) })
}

fn read_max(source: &mut Source<'_>, value: &Value<'_>, metric: &Metric) -> Option<f64> {
    let example = value::value_example(metric.unit);
    if matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_)) && metric.unit == crate::model::Unit::One {
        let count = float(value.get_ref()).filter(|count| *count >= 0.0);
        if count.is_none() {
            source.complain(&value.span(), format!("'max' must not be below zero; write for example {example}"));
        }
        return count;
    }
    let text = source.text("max", value, Shape("a value with its unit", example))?;
    source.check("max", &text, |text| parse_value(metric.unit, text))
}

fn read_waiver(source: &mut Source<'_>, table: &Table<'_>) -> Option<Waiver> {
    table.only(source, WAIVER_KEYS, |_| None);
    let examples =
        ["\"parser/parse/large\"", "\"wall-time\"", "\"12%\"", "2027-03-01", "\"UTF-8 validation, see #123\""];
    // The last key, `issue`, may be left out.
    for (key, example) in WAIVER_KEYS.iter().zip(examples) {
        table.require(source, key, example);
    }
    let benchmark = table.parsed(source, "benchmark", Shape("a glob", "\"parser/parse/large\""), parse_glob);
    let metric = read_metric(source, table);
    let ceiling = table.percent(source, "ceiling", parse_percent);
    let until = table.get("until").and_then(|value| read_until(source, value));
    let reason = table.text(source, "reason", "\"UTF-8 validation, see #123\"");
    let issue = table.text(source, "issue", "\"#123\"");
    Some(Waiver {
        benchmark: benchmark?,
        metric: metric?.name,
        ceiling: ceiling?,
        until: until?,
        reason: reason?.value,
        issue: issue.map(|issue| issue.value),
        place: source.place(table.span.start),
    })
}

fn read_until(source: &mut Source<'_>, value: &Value<'_>) -> Option<String> {
    let shape = Shape("a day", "2027-03-01");
    let text = match value.get_ref() {
        DeValue::Datetime(moment) if moment.time.is_none() => {
            super::reader::Spot { value: moment.to_string(), span: value.span() }
        }
        DeValue::Datetime(_) => {
            source.complain(&value.span(), "'until' must be a day without a time; write for example 2027-03-01");
            return None;
        }
        _ => source.text("until", value, shape)?,
    };
    source.check("until", &text, parse_date)
}

fn read_metric(source: &mut Source<'_>, table: &Table<'_>) -> Option<Metric> {
    table.parsed(source, "metric", Shape("a metric's name", "\"wall-time\""), |name| {
        let known: Vec<&str> = named_metrics().collect();
        named_metric(name).ok_or_else(|| format!("unknown metric '{name}'{}", hint(name, &known)))
    })
}

/// The metric of that name that benchgate measures, or the nearest.
pub(super) fn metric_named(name: &str) -> Result<Metric, String> {
    known_metric(name).ok_or_else(|| {
        let known: Vec<&str> = known_metrics().collect();
        format!("unknown metric '{name}'{}", hint(name, &known))
    })
}

fn read_history(source: &mut Source<'_>, history: &Table<'_>, file: &mut File) {
    history.only(source, HISTORY_KEYS, |_| None);
    file.history = history.parsed(source, "store", Shape("a store", "\"git\""), |text| {
        let spec: Spec = text.parse()?;
        if spec.has_password() {
            let next = "put it into PGPASSWORD, or write env:VARIABLE and the whole address into that variable";
            return Err(format!("a password has no place in this file; {next}"));
        }
        Ok(spec)
    });
    file.detector = history.parsed(source, "detector", Shape("a detector", "\"strict\""), str::parse);
}
