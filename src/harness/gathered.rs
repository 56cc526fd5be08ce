//! Measurements as a reader collects them: each name, number and repetition is checked where it enters.

use super::error::shown_name;
use super::source::check_name;
use super::{BENCHMARKS_MAX, Failure, ITERATIONS_MAX, ParseError, ParseErrorKind, Results, VALUES_MAX, foreign_metric};
use crate::model::{
    BenchmarkId, Better, Distribution, Launch, Measurement, Metric, Stated, Unit, known_metric, shown_message,
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

/// A place inside a file.
#[derive(Clone, Debug)]
pub(super) enum At {
    /// The path inside a structured file: `results[1].times`.
    Inside(String),
    /// Line and column of a text, from 1.
    Line(usize, usize),
}

const NAME_IT: &str = "give it a short name of printable characters";
const DID_NOTHING: &str = "a benchmark that did nothing is not a fast one: look at it, and measure again";

/// What a reader has collected so far.
#[derive(Debug)]
pub(super) struct Gathered<'p> {
    path: &'p Path,
    suite: &'static str,
    benchmarks: BTreeSet<BenchmarkId>,
    taken: BTreeSet<(BenchmarkId, String)>,
    values: usize,
    measurements: Vec<Measurement>,
    failures: Vec<Failure>,
    failed: BTreeSet<BenchmarkId>,
    has_zero_times: bool,
}

impl<'p> Gathered<'p> {
    /// Nothing yet, of a file in the format of that name.
    pub(super) fn new(path: &'p Path, suite: &'static str) -> Self {
        Self {
            path,
            suite,
            benchmarks: BTreeSet::new(),
            taken: BTreeSet::new(),
            values: 0,
            measurements: Vec::new(),
            failures: Vec::new(),
            failed: BTreeSet::new(),
            has_zero_times: false,
        }
    }

    /// The same for a tool that counts whole milliseconds, so that what is fast may take none.
    pub(super) fn with_zero_times(self) -> Self {
        Self { has_zero_times: true, ..self }
    }

    /// Everything. Of a benchmark that failed nothing is known, whatever was measured before.
    pub(super) fn results(mut self) -> Results {
        self.measurements.retain(|measurement| !self.failed.contains(&measurement.id));
        Results { measurements: self.measurements, failures: self.failures }
    }

    /// Whether nothing was found yet, neither values nor failures.
    pub(super) fn is_empty(&self) -> bool {
        self.measurements.is_empty() && self.failures.is_empty()
    }

    /// Whether a benchmark failed so far.
    pub(super) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    /// The file that is read.
    pub(super) fn path(&self) -> &'p Path {
        self.path
    }

    /// Notes that a benchmark failed; the others are read on. Of one that failed several times the first place stays.
    pub(super) fn fail(&mut self, at: &At, id: BenchmarkId, problem: &str, next: &str) -> Result<(), ParseError> {
        if !self.failed.insert(id.clone()) {
            return Ok(());
        }
        let error = self.error(at, problem, next);
        check_name(&id.benchmark).map_err(|problem| self.error(at, &problem, NAME_IT))?;
        self.benchmarks.insert(id.clone());
        self.check_count(at, self.benchmarks.len())?;
        self.failures.push(Failure { id, error });
        Ok(())
    }

    /// Refuses so many benchmarks if they are too many.
    pub(super) fn check_count(&self, at: &At, benchmarks: usize) -> Result<(), ParseError> {
        if benchmarks <= BENCHMARKS_MAX {
            return Ok(());
        }
        let problem = format!("more than {BENCHMARKS_MAX} benchmarks");
        Err(self.complaint(ParseErrorKind::Limit, at, &problem, "measure fewer benchmarks per file"))
    }

    /// Refuses so many values of one benchmark, or in all, if they are too many.
    pub(super) fn check_values(&self, at: &At, count: usize, all: usize) -> Result<(), ParseError> {
        if count <= ITERATIONS_MAX && all <= VALUES_MAX {
            return Ok(());
        }
        let problem = format!("more than {ITERATIONS_MAX} values of a benchmark, or {VALUES_MAX} in all");
        Err(self.complaint(ParseErrorKind::Limit, at, &problem, "measure fewer benchmarks per file"))
    }

    /// The benchmark of that name, in the format's own suite.
    pub(super) fn id(&self, name: &str) -> BenchmarkId {
        BenchmarkId::new(self.suite, name)
    }

    /// A complaint about a value.
    pub(super) fn error(&self, at: &At, problem: &str, next: &str) -> ParseError {
        self.complaint(ParseErrorKind::Value, at, problem, next)
    }

    fn complaint(&self, kind: ParseErrorKind, at: &At, problem: &str, next: &str) -> ParseError {
        let error = match *at {
            At::Inside(ref inside) => ParseError::at(self.path, inside, problem, next),
            At::Line(line, column) => ParseError::line(self.path, (line, column), problem, next),
        };
        ParseError { kind, ..error }
    }

    /// Adds raw values, launch by launch. A benchmark without any, or with one that cannot be, has failed.
    pub(super) fn add(
        &mut self,
        at: &At,
        id: BenchmarkId,
        metric: Metric,
        launches: Vec<Launch>,
    ) -> Result<(), ParseError> {
        let count: usize = launches.iter().map(|launch| launch.iterations.len()).sum();
        if count == 0 || launches.iter().any(|launch| launch.iterations.is_empty()) {
            let problem = format!("expected values of {}, found none", shown_name(&id.benchmark));
            return self.fail(at, id, &problem, "measure again");
        }
        self.values += count;
        self.check_values(at, count, self.values)?;
        for value in launches.iter().flat_map(|launch| &launch.iterations) {
            if let Err(problem) = self.check_value(&id, &metric, *value) {
                return self.fail(at, id, &problem, DID_NOTHING);
            }
        }
        self.push(at, Measurement { id, metric, launches, stated: None })
    }

    /// Adds what a file only states: a median or a mean, and what goes with it. A benchmark without either has failed.
    pub(super) fn add_stated(
        &mut self,
        at: &At,
        id: BenchmarkId,
        metric: Metric,
        stated: Stated,
    ) -> Result<(), ParseError> {
        let quantiles = stated.quantiles.iter().map(|&(_, value)| value);
        for value in stated.mean.into_iter().chain(stated.median).chain(quantiles) {
            if let Err(problem) = self.check_value(&id, &metric, value) {
                return self.fail(at, id, &problem, DID_NOTHING);
            }
        }
        let name = shown_name(&id.benchmark);
        if stated.n == Some(0) {
            let problem = format!("{name} has statistics of 0 values");
            return self.fail(at, id, &problem, "run it again and look at its exit status");
        }
        if stated.sd.is_some_and(|sd| !(sd.is_finite() && sd >= 0.0)) {
            return Err(self.error(at, &format!("the deviation of {name} is not a number from 0 on"), "measure again"));
        }
        if stated.quantiles.windows(2).any(|pair| pair[0].1 > pair[1].1) {
            return Err(self.error(at, &format!("the quantiles of {name} do not ascend"), "write the file again"));
        }
        match Measurement::stated(id.clone(), metric, stated) {
            Some(measurement) => self.push(at, measurement),
            None => {
                let problem = format!("{name} has neither a median nor a mean: it did not run to its end");
                self.fail(at, id, &problem, "look at what the benchmark printed, and measure again")
            }
        }
    }

    /// Whether a value can be; the error says what was expected.
    fn check_value(&self, id: &BenchmarkId, metric: &Metric, value: f64) -> Result<(), String> {
        let may_be_zero = match metric.unit {
            Unit::Byte | Unit::One => true,
            Unit::Second => self.has_zero_times,
            Unit::PerSecond => false,
        };
        if value.is_finite() && (value > 0.0 || (may_be_zero && value == 0.0)) {
            return Ok(());
        }
        let expected = if may_be_zero { "from 0 on" } else { "above 0" };
        let name = shown_name(&id.benchmark);
        let metric = shown_message(&metric.name);
        Err(format!("expected a finite {metric} of {name} {expected}, found {value}"))
    }

    fn push(&mut self, at: &At, measurement: Measurement) -> Result<(), ParseError> {
        let id = &measurement.id;
        check_name(&id.benchmark)
            .and_then(|()| check_name(&id.suite))
            .and_then(|()| check_name(&measurement.metric.name))
            .map_err(|problem| self.error(at, &problem, NAME_IT))?;
        if !self.taken.insert((id.clone(), measurement.metric.name.clone())) {
            let problem = format!("{} has its {} twice", shown_name(&id.benchmark), measurement.metric.name);
            return Err(self.error(at, &problem, "give each benchmark a name of its own"));
        }
        self.benchmarks.insert(id.clone());
        self.check_count(at, self.benchmarks.len())?;
        self.measurements.push(measurement);
        Ok(())
    }
}

/// Time per operation, in seconds.
pub(super) fn wall_time() -> Metric {
    foreign_metric("wall-time", Unit::Second, Better::Lower)
}

/// A count that the code alone decides; less is better.
pub(super) fn counter(name: &str, unit: Unit) -> Metric {
    let counter = Metric { name: name.to_owned(), unit, better: Better::Lower, distribution: Distribution::Exact };
    known_metric(name).filter(|known| known.unit == unit).unwrap_or(counter)
}

/// The members of a JSON object in their order, repeated names included, refused as soon as there are more than `MAX`.
#[derive(Debug)]
pub(super) struct Members<T, const MAX: usize>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Members<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T, const MAX: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Pairs<T, MAX> {
            type Value = Members<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {MAX} members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = members.next_entry()? {
                    if pairs.len() == MAX {
                        return Err(A::Error::custom(format_args!("more than {MAX} members in an object")));
                    }
                    pairs.push(pair);
                }
                Ok(Members(pairs))
            }
        }

        deserializer.deserialize_map(Pairs(PhantomData))
    }
}
