//! Histories that other tools keep, every run of every suite: what `benchgate import` reads.
//!
//! Nobody can measure the past again, so a value that cannot be judged is left out and counted. A file that is broken, or
//! holds a name that must not be shown, is refused.

mod bencher;
mod data_js;
mod table;
#[cfg(test)]
mod tests;

pub use table::{is_formula, seconds_since_1970};

use super::error::shown_name;
use super::source::check_name;
use super::{Artifact, BENCHMARKS_MAX, ParseError, ParseErrorKind};
use crate::model::{History, Metric, Unit};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

/// One suite's runs, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSuite {
    /// The suite's name in the file.
    pub name: String,
    /// Its runs, each with at least one value.
    pub runs: Vec<PastRun>,
    /// What is in the file and not in the runs.
    pub left_out: Vec<LeftOut>,
}

/// One run of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRun {
    /// The commit's id in lower-case hexadecimal digits, or `version N` where the file has none.
    pub revision: String,
    /// When: whole seconds since 1970, in UTC.
    pub seconds: u64,
    /// Its values, sorted by benchmark and metric.
    pub values: Vec<PastValue>,
}

/// What one run found of one benchmark and metric.
#[derive(Clone, Debug, PartialEq)]
pub struct PastValue {
    /// The benchmark's name within the suite.
    pub benchmark: String,
    /// What was measured.
    pub metric: Metric,
    /// The value of each repetition, in base units.
    pub repeats: Vec<f64>,
}

/// Values that were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Why.
    pub why: &'static str,
    /// How many.
    pub count: usize,
    /// Where the first one is: the path inside the file.
    pub first: String,
}

/// Reads a history, by its content: `data.js` of github-action-benchmark, or the JSON that `bencher perf` prints.
pub fn read_history(path: &Path) -> Result<Vec<PastSuite>, ParseError> {
    let artifact = Artifact::open(path)?;
    let mut history = Reading::new(path);
    if data_js::detect(&artifact) {
        data_js::read(&artifact, &mut history)?;
    } else if bencher::detect(&artifact) {
        bencher::read(&artifact, &mut history)?;
    } else {
        let problem = "no known history in this file";
        let next = "name the `data.js` of github-action-benchmark, or what `bencher perf` prints (docs/formats.md)";
        return Err(ParseError::new(ParseErrorKind::Unknown, path, problem, next));
    }
    let suites = history.suites();
    if suites.is_empty() {
        let next = "name a file that holds runs, or ask for another span of time";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no run in this history", next));
    }
    Ok(suites)
}

/// A history that anybody may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Past {
    /// What another tool keeps.
    Suites(Vec<PastSuite>),
    /// A table with a run a row.
    Table(History),
}

/// Reads any history, by its content: what [`read_history`] reads, else a table.
pub fn read_past(path: &Path) -> Result<Past, ParseError> {
    let artifact = Artifact::open(path)?;
    if data_js::detect(&artifact) || bencher::detect(&artifact) {
        let suites = read_history(path)?;
        suites.iter().try_for_each(|suite| fits(path, suite))?;
        return Ok(Past::Suites(suites));
    }
    table::read(&artifact).map(Past::Table)
}

/// Refuses a suite that makes too large a table: few values may name many runs and many series.
fn fits(path: &Path, suite: &PastSuite) -> Result<(), ParseError> {
    let values = suite.runs.iter().flat_map(|run| &run.values);
    let series: BTreeSet<_> = values.map(|value| (&value.benchmark, &value.metric.name)).collect();
    if series.len().saturating_mul(suite.runs.len()) <= table::CELLS_MAX {
        return Ok(());
    }
    let (name, runs, series) = (shown_name(&suite.name), suite.runs.len(), series.len());
    let problem = format!("{name} has {runs} runs and {series} series: more than {} values", table::CELLS_MAX);
    Err(ParseError::new(ParseErrorKind::Limit, path, problem, "look at a shorter span, or at fewer series"))
}

const NO_MEASUREMENT: &str = "zero, negative or not finite: no measurement";
const NO_DIRECTION: &str = "neither tool, unit nor measure tells which direction is better";
const TWICE: &str = "the same benchmark and metric twice in one run: which is which is not said";
const EMPTY: &str = "a run without a benchmark";

/// Most values of one history: each is kept with its names, and ten years of days with 250 benchmarks are fewer.
const VALUES_MAX: usize = 1_000_000;

/// From 2000 to 9999: what comes earlier was written in seconds, not in milliseconds.
const SECONDS: RangeInclusive<f64> = 946_684_800.0..=253_402_300_799.0;

/// One value as a file states it.
struct Found<'a> {
    suite: &'a str,
    revision: &'a str,
    seconds: u64,
    /// What tells runs of one second apart.
    run: &'a str,
    /// Which repetition within the run.
    repeat: u32,
    benchmark: &'a str,
    /// The metric with the factor to its base unit, or why there is none.
    metric: Result<(Metric, f64), &'static str>,
    value: f64,
}

impl Found<'_> {
    /// Metric and value in base units, if a measurement can have it.
    fn measured(&self) -> Result<(&Metric, f64), &'static str> {
        let (metric, factor) = self.metric.as_ref().map_err(|why| *why)?;
        let value = self.value * factor;
        let may_be_zero = matches!(metric.unit, Unit::Byte | Unit::One);
        let sound = value.is_finite() && (value > 0.0 || (may_be_zero && value == 0.0));
        if sound { Ok((metric, value)) } else { Err(NO_MEASUREMENT) }
    }
}

/// What a reader has collected so far.
struct Reading<'p> {
    path: &'p Path,
    values: usize,
    suites: BTreeMap<String, Suite>,
}

#[derive(Default)]
struct Suite {
    benchmarks: BTreeSet<String>,
    runs: BTreeMap<(u64, String), Run>,
    left_out: BTreeMap<&'static str, (usize, String)>,
}

struct Run {
    revision: String,
    rows: BTreeMap<(String, String), Slot>,
}

struct Slot {
    metric: Metric,
    /// Of most values there is but one.
    first: (u32, f64),
    more: BTreeMap<u32, f64>,
    /// Where the same repetition came again.
    twice: Option<String>,
}

impl<'p> Reading<'p> {
    fn new(path: &'p Path) -> Self {
        Self { path, values: 0, suites: BTreeMap::new() }
    }

    /// A complaint that refuses the file.
    fn error(&self, at: &str, problem: &str, next: &str) -> ParseError {
        ParseError::at(self.path, at, problem, next)
    }

    /// The suite of that name.
    fn suite(&mut self, name: &str, at: &dyn Fn() -> String) -> Result<&mut Suite, ParseError> {
        check_name(name)
            .map_err(|problem| self.error(&at(), &problem, "give it a short name of printable characters"))?;
        Ok(self.suites.entry(name.to_owned()).or_default())
    }

    /// Adds a value; `at` is its path inside the file.
    fn add(&mut self, at: &dyn Fn() -> String, found: &Found<'_>) -> Result<(), ParseError> {
        let name = found.benchmark;
        check_name(name)
            .map_err(|problem| self.error(&at(), &problem, "give it a short name of printable characters"))?;
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(self.limit(&at(), &format!("more than {VALUES_MAX} values")));
        }
        let suite = self.suite(found.suite, at)?;
        suite.benchmarks.insert(name.to_owned());
        if suite.benchmarks.len() > BENCHMARKS_MAX {
            let problem = format!("more than {BENCHMARKS_MAX} benchmarks in {}", shown_name(found.suite));
            return Err(self.limit(&at(), &problem));
        }
        match found.measured() {
            Ok((metric, value)) => suite.add(at, found, metric, value),
            Err(why) => suite.leave_out(why, 1, at()),
        }
        Ok(())
    }

    fn limit(&self, at: &str, problem: &str) -> ParseError {
        let next = "import fewer suites or a shorter span at once";
        ParseError { kind: ParseErrorKind::Limit, ..self.error(at, problem, next) }
    }

    /// Everything.
    fn suites(self) -> Vec<PastSuite> {
        self.suites.into_iter().map(|(name, suite)| suite.finish(name)).collect()
    }
}

impl Suite {
    fn add(&mut self, at: &dyn Fn() -> String, found: &Found<'_>, metric: &Metric, value: f64) {
        let run = self.runs.entry((found.seconds, found.run.to_owned()));
        let run = run.or_insert_with(|| Run { revision: found.revision.to_owned(), rows: BTreeMap::new() });
        let slot = run.rows.entry((found.benchmark.to_owned(), metric.name.clone()));
        let slot = match slot {
            Entry::Vacant(free) => {
                let first = (found.repeat, value);
                free.insert(Slot { metric: metric.clone(), first, more: BTreeMap::new(), twice: None });
                return;
            }
            Entry::Occupied(slot) => slot.into_mut(),
        };
        let again = slot.first.0 == found.repeat || slot.more.contains_key(&found.repeat);
        if again || slot.metric != *metric {
            slot.twice.get_or_insert_with(at);
            self.leave_out(TWICE, 1, at());
        } else {
            slot.more.insert(found.repeat, value);
        }
    }

    fn leave_out(&mut self, why: &'static str, count: usize, at: String) {
        self.left_out.entry(why).or_insert((0, at)).0 += count;
    }

    fn finish(mut self, name: String) -> PastSuite {
        let mut runs = Vec::new();
        for ((seconds, _), run) in std::mem::take(&mut self.runs) {
            let mut values = Vec::new();
            for ((benchmark, _), slot) in run.rows {
                match slot.twice {
                    Some(at) => self.leave_out(TWICE, 1 + slot.more.len(), at),
                    None => {
                        let repeats = std::iter::once(slot.first.1).chain(slot.more.into_values()).collect();
                        values.push(PastValue { benchmark, metric: slot.metric, repeats });
                    }
                }
            }
            if !values.is_empty() {
                runs.push(PastRun { revision: run.revision, seconds, values });
            }
        }
        let left_out = self.left_out.into_iter().map(|(why, (count, first))| LeftOut { why, count, first }).collect();
        PastSuite { name, runs, left_out }
    }
}

/// A commit's id in lower case; `None` if the text is something else, which may be anything.
fn commit_id(text: &str) -> Option<String> {
    let sound = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| text.to_ascii_lowercase())
}

/// Whole seconds since 1970, if they can be a run's.
fn whole_seconds(seconds: f64) -> Option<u64> {
    SECONDS.contains(&seconds).then_some(seconds as u64)
}
