use super::latencies::Latencies;
use super::{Endpoint, Latency, endpoint};
use crate::harness::gathered::At;
use crate::harness::source::check_name;
use crate::harness::{BENCHMARKS_MAX, ITERATIONS_MAX, ParseError, ParseErrorKind, VALUES_MAX};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Most latencies that are held one by one, 80 MB; beyond that they are counted by size.
const HELD_MAX: usize = 10_000_000;

/// One request as a file tells it.
#[derive(Clone, Copy, Debug)]
pub(in crate::harness) struct Request {
    /// How long it took.
    pub(in crate::harness) seconds: f64,
    /// Whether it was answered as expected.
    pub(in crate::harness) succeeded: bool,
    /// When it began, in nanoseconds since 1970, where the file tells it.
    pub(in crate::harness) start: Option<i64>,
}

/// The requests of a load test by kind and name, in memory that does not grow with their number.
#[derive(Debug)]
pub(in crate::harness) struct Requests<'p> {
    path: &'p Path,
    series: Vec<Series>,
    /// The place in `series` of a kind's names.
    index: BTreeMap<&'static str, HashMap<String, usize>>,
    held: usize,
    held_max: usize,
    is_exact: bool,
}

/// The requests of one kind and name.
#[derive(Debug)]
struct Series {
    line: usize,
    kind: &'static str,
    name: String,
    latencies: Latencies,
    failed: u64,
    /// From the first request's start to the last one's end, in nanoseconds; none as soon as one has no time.
    span: Option<(i64, i64)>,
}

impl<'p> Requests<'p> {
    /// None yet.
    pub(in crate::harness) fn new(path: &'p Path) -> Self {
        Self { path, series: Vec::new(), index: BTreeMap::new(), held: 0, held_max: HELD_MAX, is_exact: true }
    }

    /// Adds a request of a kind, and of a name as the file gives it.
    pub(in crate::harness) fn add(
        &mut self,
        line: usize,
        (kind, name): (&'static str, &str),
        request: Request,
    ) -> Result<(), ParseError> {
        let Request { seconds, succeeded, start } = request;
        if !(seconds.is_finite() && seconds >= 0.0) {
            let problem = format!("expected a duration from 0 on, found {seconds} s");
            return Err(ParseError::line(self.path, (line, 1), problem, "measure again"));
        }
        let place = self.place(line, kind, &endpoint(name))?;
        let series = &mut self.series[place];
        let end = start.map(|start| start.saturating_add((seconds * 1e9).round() as i64));
        let is_first = series.failed == 0 && series.latencies.count() == 0;
        series.span = match (series.span, start.zip(end)) {
            (None, times) if is_first => times,
            (Some((first, last)), Some((start, end))) => Some((first.min(start), last.max(end))),
            _ => None,
        };
        if !succeeded {
            series.failed += 1;
            return Ok(());
        }
        let held = series.latencies.held();
        series.latencies.add(seconds, self.is_exact);
        self.held += series.latencies.held() - held;
        if self.held > self.held_max { self.condense(line) } else { Ok(()) }
    }

    fn place(&mut self, line: usize, kind: &'static str, name: &str) -> Result<usize, ParseError> {
        if let Some(&place) = self.index.get(kind).and_then(|names| names.get(name)) {
            return Ok(place);
        }
        if self.series.len() == BENCHMARKS_MAX {
            return Err(self.too_many(line, &format!("more than {BENCHMARKS_MAX} names of requests")));
        }
        check_name(name).map_err(|problem| {
            let error =
                ParseError::line(self.path, (line, 1), problem, "give requests short names of printable characters");
            ParseError { kind: ParseErrorKind::Value, ..error }
        })?;
        let place = self.series.len();
        let (latencies, name) = (Latencies::default(), name.to_owned());
        self.series.push(Series { line, kind, name: name.clone(), latencies, failed: 0, span: None });
        self.index.entry(kind).or_default().insert(name, place);
        Ok(place)
    }

    fn too_many(&self, line: usize, problem: &str) -> ParseError {
        let next = "give requests that do the same one name, without what differs each time (an id, a query)";
        ParseError { kind: ParseErrorKind::Limit, ..ParseError::line(self.path, (line, 1), problem, next) }
    }

    fn condense(&mut self, line: usize) -> Result<(), ParseError> {
        if !self.is_exact {
            return Err(self.too_many(line, "too many names with too many different latencies"));
        }
        self.is_exact = false;
        self.series.iter_mut().for_each(|series| series.latencies.condense());
        self.held = self.series.iter().map(|series| series.latencies.held()).sum();
        Ok(())
    }

    /// Every name and its number of requests, in the order of their appearance.
    pub(in crate::harness) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.series.iter().map(|series| (series.name.as_str(), series.failed + series.latencies.count()))
    }

    /// The kind and what is known of each name, except those that `is_left_out` names.
    pub(in crate::harness) fn endpoints(self, is_left_out: impl Fn(&str) -> bool) -> Vec<(&'static str, Endpoint)> {
        let count: usize = self.series.iter().map(|series| series.latencies.held()).sum();
        // Each name has a few values more.
        let fit = self.is_exact && count + 8 * self.series.len() <= VALUES_MAX;
        let kept = self.series.into_iter().filter(|series| !is_left_out(&series.name));
        kept.map(|series| (series.kind, series.endpoint(fit))).collect()
    }
}

impl Series {
    fn endpoint(self, fits: bool) -> Endpoint {
        let succeeded = self.latencies.count();
        let seconds =
            self.span.map(|(first, last)| last.saturating_sub(first) as f64 * 1e-9).filter(|&span| span > 0.0);
        let with_values = fits && succeeded <= ITERATIONS_MAX as u64;
        let (values, stated) = self.latencies.finish(with_values);
        Endpoint {
            at: At::Line(self.line, 1),
            name: self.name,
            requests: succeeded + self.failed,
            failed: self.failed,
            latency: (succeeded > 0).then_some(Latency { values, stated }),
            throughput: seconds.map(|seconds| succeeded as f64 / seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(seconds: f64, start_s: i64) -> Request {
        Request { seconds, succeeded: true, start: Some(start_s * 1_000_000_000) }
    }

    fn add(requests: &mut Requests<'_>, name: &str, request: Request) {
        requests.add(1, ("k", name), request).expect("adds");
    }

    #[test]
    fn failures_count_only_as_failures() {
        let mut requests = Requests::new(Path::new("f"));
        add(&mut requests, "a", request(0.5, 10));
        add(&mut requests, "a", Request { succeeded: false, ..request(0.001, 11) });
        add(&mut requests, "a", request(1.5, 12));
        let endpoints = requests.endpoints(|_| false);
        let a = &endpoints[0].1;
        assert_eq!((a.requests, a.failed, a.throughput), (3, 1, Some(2.0 / 3.5)));
        assert_eq!(a.latency.as_ref().map(|latency| latency.values.clone()), Some(vec![0.5, 1.5]));
    }

    #[test]
    fn a_request_without_a_time_leaves_no_throughput() {
        let mut requests = Requests::new(Path::new("f"));
        for start in [Some(1), None, Some(2)] {
            add(&mut requests, "a", Request { start, ..request(0.5, 0) });
        }
        assert_eq!(requests.endpoints(|_| false)[0].1.throughput, None);
    }

    #[test]
    fn beyond_the_limit_latencies_are_counted_by_size() {
        let mut requests = Requests { held_max: 500, ..Requests::new(Path::new("f")) };
        for i in 0..2_000 {
            add(&mut requests, ["a", "b"][i % 2], request(1.0 + (i % 7) as f64, 0));
        }
        assert!(!requests.is_exact && requests.held == 14, "{requests:?}");
        let endpoints = requests.endpoints(|name| name == "b");
        let latency = endpoints[0].1.latency.as_ref().expect("latency");
        assert_eq!((endpoints.len(), latency.values.len(), latency.stated.n), (1, 0, Some(1_000)));
        assert!((latency.stated.median.expect("median") / 4.0 - 1.0).abs() < 1e-3);

        let mut requests = Requests { held_max: 500, ..Requests::new(Path::new("f")) };
        let refused = (0..2_000).find_map(|i| requests.add(1, ("k", "a"), request(1.01_f64.powi(i), 0)).err());
        let error = refused.expect("refused").to_string();
        assert!(error.contains("too many names with too many different latencies; give requests"), "{error}");
    }

    #[test]
    fn names_are_bounded() {
        let mut requests = Requests::new(Path::new("f"));
        let refused =
            (0..=BENCHMARKS_MAX).find_map(|i| requests.add(i + 1, ("k", &format!("/{i}")), request(1.0, 0)).err());
        assert_eq!(
            refused.expect("refused").to_string(),
            "f:10001:1: more than 10000 names of requests; give requests that do the same one name, without what differs \
             each time (an id, a query)"
        );
        let bad = requests.add(7, ("k", "a\u{1b}"), request(1.0, 0)).expect_err("refused").to_string();
        assert!(bad.starts_with("f:7:1: more than"), "{bad}");
    }
}
