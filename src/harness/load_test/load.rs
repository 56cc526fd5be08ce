//! What tools that sum a load test up tell of it: counts of requests, rates and latencies to measurements, so that no failure is a
//! fast request.

use super::{Latency as Durations, add_durations, stated_quantile};
use crate::harness::error::{shown_name, shown_value};
use crate::harness::gathered::{At, Gathered};
use crate::harness::quantity::{Dimension, number, written};
use crate::harness::text::Records;
use crate::harness::{ParseError, foreign_metric};
use crate::model::{BenchmarkId, Better, Launch, Metric, Stated, Unit};
use std::path::Path;

/// What a load test says of one endpoint, or of all together.
#[derive(Debug)]
pub(in crate::harness) struct Load {
    /// The benchmark.
    pub(in crate::harness) name: String,
    /// How its requests ended, where the file says so.
    pub(in crate::harness) requests: Option<Requests>,
    /// Successful requests per second, where the file says so.
    pub(in crate::harness) throughput: Option<f64>,
    /// Of successful requests only.
    pub(in crate::harness) latency: Latency,
}

/// How requests ended.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::harness) struct Requests {
    /// Those with a status of 200 to 399.
    pub(in crate::harness) succeeded: u64,
    /// All others: other statuses, connections refused or cut, timeouts.
    pub(in crate::harness) failed: u64,
}

/// Latencies, in seconds.
#[derive(Debug)]
pub(in crate::harness) enum Latency {
    /// Of each request, in time order where the file keeps it.
    Samples(Vec<f64>),
    /// What the file states of them.
    Stated(Stated),
    /// What the file states of a quantity whose unit it does not name.
    Unitless(Stated),
    /// Not stated, or of successes and failures mixed.
    Unknown,
}

impl Requests {
    /// Counts the answers of one status.
    pub(in crate::harness) fn count(&mut self, status: u64, answers: u64) {
        let side = if (200..400).contains(&status) { &mut self.succeeded } else { &mut self.failed };
        *side = side.saturating_add(answers);
    }

    /// All requests.
    pub(in crate::harness) fn all(self) -> u64 {
        self.succeeded.saturating_add(self.failed)
    }

    /// The part that succeeded, in [0, 1]; 0 of nothing.
    pub(in crate::harness) fn share(self) -> f64 {
        if self.succeeded == 0 { 0.0 } else { self.succeeded as f64 / self.all() as f64 }
    }
}

impl Latency {
    /// What was stated of all requests: of use only if none failed.
    pub(in crate::harness) fn of_all(requests: Requests, stated: Stated) -> Self {
        if requests.failed == 0 { Self::Stated(stated) } else { Self::Unknown }
    }
}

impl Load {
    /// Adds its metrics. A load of which nothing succeeded has failed.
    pub(in crate::harness) fn add(self, gathered: &mut Gathered, at: &At) -> Result<(), ParseError> {
        let id = gathered.id(&self.name);
        let mut said = self.requests.is_some() || self.throughput.is_some();
        if let Some(requests) = self.requests {
            let name = shown_name(&self.name);
            if requests.succeeded == 0 {
                let problem = match requests.failed {
                    0 => format!("{name} holds no request"),
                    failed => format!("none of {failed} requests of {name} succeeded"),
                };
                return gathered.fail(at, id, &problem, "a failure is not a fast run: make the server answer");
            }
            let rate = foreign_metric("error-rate", Unit::One, Better::Lower);
            add_one(gathered, at, &id, rate, requests.failed as f64 / requests.all() as f64)?;
        }
        if let Some(rate) = self.throughput {
            add_one(gathered, at, &id, foreign_metric("throughput", Unit::PerSecond, Better::Higher), rate)?;
        }
        let durations = match self.latency {
            Latency::Samples(samples) => Some((Unit::Second, Durations::of(samples))),
            Latency::Stated(stated) => Some((Unit::Second, stated.into())),
            Latency::Unitless(stated) => Some((Unit::One, stated.into())),
            Latency::Unknown => None,
        };
        if let Some((unit, durations)) = durations {
            said |= add_durations(gathered, at, &self.name, ("latency", unit), durations.without_zeros())?;
        }
        if said {
            return Ok(());
        }
        let problem = format!("every latency of {} is below the steps in which it is written", shown_name(&self.name));
        Err(gathered.error(at, &problem, "use a file of this tool with finer steps"))
    }
}

fn add_one(gathered: &mut Gathered, at: &At, id: &BenchmarkId, metric: Metric, value: f64) -> Result<(), ParseError> {
    gathered.add(at, id.clone(), metric, vec![Launch { iterations: vec![value] }])
}

/// Stated latencies from percentiles (`50`, `99.9`) and what else the file says; what is no percentile is left out.
pub(in crate::harness) fn stated(
    n: Option<u64>,
    mean: Option<f64>,
    sd: Option<f64>,
    percentiles: &[(f64, f64)],
) -> Stated {
    let mut quantiles: Vec<(f64, f64)> = percentiles
        .iter()
        .filter(|(percent, _)| *percent > 0.0 && *percent < 100.0)
        .map(|&(percent, value)| (percent / 100.0, value))
        .collect();
    quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    Stated { n, mean, median: stated_quantile(&quantiles, 0.5), sd, quantiles }
}

/// A URL cut to host and path: user, query and fragment may be secret; scheme and port differ between base and head.
pub(in crate::harness) fn endpoint(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next()?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next()?;
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    (!host.is_empty()).then(|| format!("{host}{path}"))
}

/// A time as tools print it, `178.00us` or `0.0004 secs`, in seconds; not negative.
pub(in crate::harness) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let (value, unit) = text.split_at(text.find(char::is_alphabetic)?);
    // wrk's minute; nobody else writes it.
    let unit = if unit == "m" { "min" } else { unit };
    let written = written(unit).filter(|written| written.dimension == Dimension::Time)?;
    number(value.trim()).filter(|value| *value >= 0.0).map(|value| value * written.factor)
}

/// The wanted columns of a table with a header line: of each row its line and its numbers, none negative.
pub(in crate::harness) fn columns<const N: usize>(
    path: &Path,
    text: &str,
    delimiter: char,
    wanted: [&str; N],
) -> Result<Vec<(usize, [f64; N])>, ParseError> {
    const NEXT: &str = "measure again: its writer was interrupted, or the file was edited";
    let refused = |at: (usize, usize), problem: String| ParseError::line(path, at, problem, NEXT);
    let mut width = 0;
    let mut places = [0; N];
    let mut rows = Vec::new();
    for record in Records::new(text, delimiter) {
        let cells = record.map_err(|broken| refused(broken.at, broken.problem.to_owned()))?;
        let at = cells.first().map_or((1, 1), |cell| cell.at);
        if width == 0 {
            width = cells.len();
            for (place, name) in places.iter_mut().zip(wanted) {
                let found = cells.iter().position(|cell| cell.text.trim() == name);
                *place = found.ok_or_else(|| refused(at, format!("expected a column '{name}', found none")))?;
            }
            continue;
        }
        if cells.len() != width {
            return Err(refused(at, format!("expected {width} cells, found {}", cells.len())));
        }
        let mut row = [0.0; N];
        for ((value, &place), name) in row.iter_mut().zip(&places).zip(wanted) {
            let cell = &cells[place];
            *value = number(cell.text.trim()).filter(|value| *value >= 0.0).ok_or_else(|| {
                refused(cell.at, format!("expected a number from 0 on in '{name}', found {}", shown_value(&cell.text)))
            })?;
        }
        rows.push((at.0, row));
    }
    if !text.ends_with('\n') {
        let line = text.lines().count().max(1);
        return Err(refused((line, 1), "the last line does not end".to_owned()));
    }
    Ok(rows)
}

/// What a file with a row per answer says: the latencies of successes in the order of their start, and their rate between the
/// first start and the last end. Of each row the line, its start, its latency and its status.
pub(in crate::harness) fn answers(
    path: &Path,
    name: &str,
    mut rows: Vec<(usize, [f64; 3])>,
) -> Result<Load, ParseError> {
    let mut requests = Requests::default();
    for &(line, [_, _, status]) in &rows {
        if !(100.0..600.0).contains(&status) {
            let problem = format!("expected a status from 100 to 599, found {status}");
            return Err(ParseError::line(path, (line, 1), problem, "measure again: its writer was interrupted"));
        }
        requests.count(status as u64, 1);
    }
    rows.sort_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]));
    let end = rows.iter().map(|(_, [start, latency, _])| start + latency).fold(0.0, f64::max);
    let begin = rows.first().map_or(0.0, |(_, [start, ..])| *start);
    let successes = rows.iter().filter(|(_, [.., status])| (200.0..400.0).contains(status));
    let samples = successes.map(|(_, [_, latency, _])| *latency).collect();
    let throughput = (end > begin).then(|| requests.succeeded as f64 / (end - begin));
    Ok(Load { name: name.to_owned(), requests: Some(requests), throughput, latency: Latency::Samples(samples) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_cut_to_host_and_path() {
        for (url, name) in [
            ("http://127.0.0.1:18081/fast", Some("127.0.0.1/fast")),
            ("https://user:secret@example.org/a/b?token=1#x", Some("example.org/a/b")),
            ("http://example.org?token=1", Some("example.org")),
            ("http://[::1]:80/", Some("[::1]/")),
            ("http://[::1]/x", Some("[::1]/x")),
            ("example.org:8080/a@b", Some("example.org/a@b")),
            ("", None),
            ("http://:80/", None),
            ("?token=1", None),
        ] {
            assert_eq!(endpoint(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, value) in [
            ("178.00us", Some(178e-6)),
            ("1.16s ", Some(1.16)),
            ("1.50m", Some(90.0)),
            (" 0.0004 secs", Some(0.0004)),
            ("0.3820 ms", Some(0.000_382)),
            ("NaN secs", None),
            ("-nanus", None),
            ("-1s", None),
            ("1", None),
            ("1kB", None),
        ] {
            match (seconds(text), value) {
                (Some(found), Some(value)) => assert!((found / value - 1.0).abs() < 1e-12, "{text}"),
                (found, value) => assert_eq!(found, value, "{text}"),
            }
        }
    }

    fn added(load: Load) -> Result<Vec<(String, f64, bool)>, String> {
        let mut gathered = Gathered::new(Path::new("f"), "tool");
        load.add(&mut gathered, &At::Line(1, 1)).map_err(|error| error.to_string())?;
        let one = |m: crate::model::Measurement| (m.metric.name, m.launches[0].iterations[0], m.stated.is_some());
        let results = gathered.results();
        if let Some(failure) = results.failures.first() {
            return Err(failure.error.to_string());
        }
        Ok(results.measurements.into_iter().map(one).collect())
    }

    fn load(succeeded: u64, failed: u64, latency: Latency) -> Load {
        Load { name: "x".into(), requests: Some(Requests { succeeded, failed }), throughput: None, latency }
    }

    #[test]
    fn a_load_without_success_has_failed() {
        let next = "a failure is not a fast run: make the server answer";
        let quick = || Latency::Samples(vec![0.001]);
        assert_eq!(added(load(0, 7, quick())), Err(format!("f:1:1: none of 7 requests of 'x' succeeded; {next}")));
        assert_eq!(added(load(0, 0, quick())), Err(format!("f:1:1: 'x' holds no request; {next}")));
        let rate = added(load(3, 1, Latency::Unknown)).expect("reads");
        assert_eq!(rate, [("error-rate".to_owned(), 0.25, false)]);
    }

    #[test]
    fn quantiles_need_samples_above_them() {
        let of = |n: u32| {
            let samples: Vec<f64> = (0..n).map(|i| f64::from(n - i)).collect();
            added(load(1, 0, Latency::Samples(samples))).expect("reads")
        };
        let names = |n| of(n).into_iter().map(|(name, ..)| name).collect::<Vec<_>>();
        assert_eq!(names(49), ["error-rate", "latency"]);
        assert_eq!(names(50), ["error-rate", "latency-p90", "latency"]);
        assert_eq!(names(500), ["error-rate", "latency-p90", "latency-p99", "latency"]);
        assert_eq!(of(501)[1].1, 451.0);
        assert_eq!(names(5_000).len(), 5);
    }

    #[test]
    fn zeros_are_too_coarse_to_be_latencies() {
        let samples = |values: &[f64]| added(load(1, 0, Latency::Samples(values.to_vec()))).expect("reads");
        assert_eq!(samples(&[0.0, 2.0, 4.0])[1..], [("latency".to_owned(), 2.0, true)]);
        assert_eq!(samples(&[0.0, 0.0, 3.0])[1..], [("latency".to_owned(), 1.0, true)]);
        assert_eq!(samples(&[0.0, 0.0]).len(), 1);
        let nothing = Load { name: "x".into(), requests: None, throughput: None, latency: Latency::Samples(vec![0.0]) };
        let problem = "f:1:1: every latency of 'x' is below the steps in which it is written";
        assert!(added(nothing).expect_err("refused").starts_with(problem));
    }

    #[test]
    fn tables_are_whole() {
        let read = |text: &str| columns(Path::new("f"), text, ',', ["b", "a"]).map_err(|error| error.to_string());
        assert_eq!(read("a,x,b\n1,,2\n3,y,4\n"), Ok(vec![(2, [2.0, 1.0]), (3, [4.0, 3.0])]));
        for (text, expected) in [
            ("a,c\n", "f:1:1: expected a column 'b', found none;"),
            ("a,b\n1\n", "f:2:1: expected 2 cells, found 1;"),
            ("a,b\n1,-2\n", "f:2:3: expected a number from 0 on in 'b', found '-2';"),
            ("a,b\n1,nan\n", "f:2:3: expected a number from 0 on in 'b', found 'nan';"),
            ("a,b\n1,2", "f:2:1: the last line does not end;"),
            ("a,b\n\"1,2\n", "f:2:1: this quote is never closed;"),
        ] {
            let error = read(text).expect_err("refused");
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
