//! `ApacheBench`: what it prints, in whole milliseconds, its percentiles (`-e`), and its table of every request (`-g`).
//!
//! All three mix the latencies of successes and failures; only the first tells of failures.

use super::gathered::{At, Gathered};
use super::load::{Latency, Load, Requests, columns, endpoint, stated};
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, Results};
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "ab", about: "what `ab` prints, or a file of its -e or -g", detect, read };

const BANNER: &str = "This is ApacheBench";
const PERCENTILES: &str = "Percentage served,Time in ms";
const TABLE: &str = "starttime\tseconds\tctime\tdtime\tttime\twait";
const MILLISECOND_S: f64 = 1e-3;

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    head.contains(BANNER) || head.starts_with(PERCENTILES) || head.starts_with(TABLE)
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let load = if text.starts_with(PERCENTILES) {
        alone(Latency::Stated(read_percentiles(path, text)?))
    } else if text.starts_with("starttime\t") {
        let rows = columns(path, text, '\t', ["ttime"])?;
        alone(Latency::Samples(rows.into_iter().map(|(_, [time])| time * MILLISECOND_S).collect()))
    } else {
        Printed::read(path, text)?.load(path, text)?
    };
    load.add(&mut gathered, &At::Line(1, 1))?;
    Ok(gathered.results())
}

/// Latencies without a word about the requests.
fn alone(latency: Latency) -> Load {
    Load { name: FORMAT.name.to_owned(), requests: None, throughput: None, latency }
}

fn read_percentiles(path: &Path, text: &str) -> Result<crate::model::Stated, ParseError> {
    let rows = columns(path, text, ',', ["Percentage served", "Time in ms"])?;
    let percentiles: Vec<(f64, f64)> =
        rows.iter().map(|&(_, [percent, time])| (percent, time * MILLISECOND_S)).collect();
    // Version 2.3 ends at 100, older ones at 99.
    if percentiles.last().is_none_or(|(percent, _)| *percent < 99.0) {
        let end = (rows.last().map_or(1, |(line, _)| *line), 1);
        let problem = "expected percentiles up to 99, found the end";
        return Err(ParseError::line(path, end, problem, "measure again: its writer was interrupted"));
    }
    Ok(stated(None, None, None, &percentiles))
}

/// What is printed.
#[derive(Default)]
struct Printed {
    host: String,
    path: String,
    complete: Option<u64>,
    failed: u64,
    /// Of the failed ones: without a connection, cut, and with an answer of another length than the first.
    unconnected: u64,
    cut: u64,
    other_length: Option<u64>,
    /// May be of another length, too.
    bad_statuses: u64,
    rate: Option<f64>,
    mean: Option<f64>,
    percentiles: Vec<(f64, f64)>,
    /// Whether the table of connection times was there, after which only the percentages come, and the median in it.
    has_times: bool,
    median: Option<f64>,
}

impl Printed {
    fn read(path: &Path, text: &str) -> Result<Self, ParseError> {
        let mut printed = Self::default();
        for (line, content) in lines(text) {
            if content.starts_with("Complete requests:") && printed.complete.is_some() {
                let next = "store each run in a file of its own";
                return Err(ParseError::line(path, (line, 1), "a second run is in this file", next));
            }
            if printed.take(content.trim()).is_none() {
                let problem = "expected a number where ab prints one";
                return Err(ParseError::line(path, (line, 1), problem, "store what the tool prints as it is"));
            }
        }
        Ok(printed)
    }

    /// Takes a line; `None` if its number is none.
    fn take(&mut self, line: &str) -> Option<()> {
        if line.starts_with("(Connect:") {
            let count = |name: &str| -> Option<u64> {
                let rest = line.split_once(name)?.1.trim_start();
                rest.split([',', ')']).next()?.parse().ok()
            };
            self.unconnected = count("Connect:")?;
            self.cut = count("Receive:")?.saturating_add(count("Exceptions:")?);
            self.other_length = Some(count("Length:")?);
            return Some(());
        }
        if let Some((percent, time)) = line.split_once('%').filter(|(percent, _)| percent.parse::<u8>().is_ok()) {
            let time = number(time.split_whitespace().next()?)?;
            self.percentiles.push((number(percent)?, time * MILLISECOND_S));
            return Some(());
        }
        let Some((name, value)) = line.split_once(':') else { return Some(()) };
        let value = value.trim();
        let first = || value.split_whitespace().next();
        match name {
            "Server Hostname" => value.clone_into(&mut self.host),
            "Document Path" => value.clone_into(&mut self.path),
            "Complete requests" => self.complete = Some(value.parse().ok()?),
            "Failed requests" => self.failed = value.parse().ok()?,
            "Non-2xx responses" => self.bad_statuses = value.parse().ok()?,
            "Total" => {
                let times: Vec<f64> = value.split_whitespace().map(number).collect::<Option<_>>()?;
                // Least, mean, deviation, median, most; with -S least, mean, most.
                self.median = times.get(3).map(|median| median * MILLISECOND_S);
                self.has_times = matches!(times.len(), 3 | 5);
            }
            "Requests per second" => self.rate = Some(number(first()?)?),
            // The second one is divided by the concurrency.
            "Time per request" if self.mean.is_none() => self.mean = Some(number(first()?)? * MILLISECOND_S),
            _ => {}
        }
        Some(())
    }

    fn load(self, path: &Path, text: &str) -> Result<Load, ParseError> {
        let broken =
            |problem: &str, next: &str| ParseError::line(path, (text.lines().count().max(1), 1), problem, next);
        let (Some(complete), Some(rate)) = (self.complete, self.rate) else {
            let problem = "expected 'Complete requests' and 'Requests per second', found the end: ab gave up";
            return Err(broken(problem, "make the server answer, then measure again"));
        };
        // An answer of a failing status usually is of another length, too: not counted twice.
        let bad_answers = match self.other_length {
            Some(other_length) => other_length.max(self.bad_statuses).saturating_add(self.cut),
            None => self.failed.max(self.bad_statuses),
        };
        let next = "store what the tool prints as it is";
        let succeeded =
            complete.checked_sub(bad_answers).ok_or_else(|| broken("more requests failed than were complete", next))?;
        let requests = Requests { succeeded, failed: bad_answers.saturating_add(self.unconnected) };
        if !self.has_times || self.percentiles.last().is_some_and(|(percent, _)| *percent < 100.0) {
            return Err(broken("expected connection times and percentages up to 100%, found the end", next));
        }
        let answered = Requests { succeeded, failed: bad_answers };
        let throughput = (succeeded > 0).then(|| rate * answered.share());
        let mut all = stated(Some(complete), self.mean, None, &self.percentiles);
        // With -d, and of a single request, there are no percentages.
        all.median = all.median.or(self.median);
        let latency = Latency::of_all(requests, all);
        let name = endpoint(&format!("{}{}", self.host, self.path)).unwrap_or_else(|| FORMAT.name.to_owned());
        Ok(Load { name, requests: Some(requests), throughput, latency })
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, read_text, refused, refused_fixture};

    #[test]
    fn reads_what_is_printed() {
        let read = |file: &str, name, metrics| assert_loads(&format!("ab/2.3/{file}"), "ab", &[(name, 1, metrics)]);
        read(
            "base.txt",
            "127.0.0.1/fast",
            &[
                ("error-rate", 0.0),
                ("latency", 0.003),
                ("latency-p90", 0.005),
                ("latency-p99", 0.013),
                ("throughput", 2_522.66),
            ],
        );
        read(
            "head_delay4ms.txt",
            "127.0.0.1/fast",
            &[
                ("error-rate", 0.0),
                ("latency", 0.006),
                ("latency-p90", 0.007),
                ("latency-p99", 0.010),
                ("throughput", 1_335.85),
            ],
        );
        // 10 answers of 70, each both of a bad status and of another length.
        read("edge_non2xx.txt", "127.0.0.1/flaky", &[("error-rate", 1.0 / 7.0), ("throughput", 654.668_571_428_571_3)]);
    }

    #[test]
    fn reads_percentiles_and_requests() {
        assert_loads(
            "ab/2.3/base_percentiles.csv",
            "ab",
            &[("ab", 1, &[("latency", 0.002_591), ("latency-p90", 0.004_79), ("latency-p99", 0.013_398)])],
        );
        assert_loads(
            "ab/2.3/head_percentiles.csv",
            "ab",
            &[("ab", 1, &[("latency", 0.005_586), ("latency-p90", 0.007_296), ("latency-p99", 0.010_129)])],
        );
        assert_loads("ab/2.3/base_gnuplot.tsv", "ab", &[("ab", 400, &[("latency", 0.003), ("latency-p90", 0.005)])]);
    }

    #[test]
    fn without_percentages_the_table_has_the_median() {
        for (total, centre) in [("1 2 0.5 4 5", 4.0 * 1e-3), ("1 2 5", 2.5 * 1e-3)] {
            let text = format!(
                "This is ApacheBench\nComplete requests: 2\nRequests per second: 9.0 [#/sec] (mean)\n\
                 Time per request: 2.5 [ms] (mean)\nTotal: {total}\n"
            );
            let read = read_text(None, &text).expect("reads");
            let latency = read.iter().find(|m| m.metric.name == "latency").expect("latency");
            assert_eq!(latency.values().next(), Some(centre), "{total}");
        }
    }

    #[test]
    fn ab_that_gave_up_is_refused() {
        assert_eq!(
            refused_fixture("ab/2.3/edge_conn_refused.txt"),
            "edge_conn_refused.txt:5:1: expected 'Complete requests' and 'Requests per second', found the end: ab gave up; make \
             the server answer, then measure again"
        );
        let printed = |lines: &str| {
            refused(
                "ab",
                &format!(
                    "This is ApacheBench\nComplete requests: 5\n{lines}Requests per second: 9.0 [#/sec]\nTotal: 0 1 0.5 1 2\n"
                ),
            )
        };
        for (lines, expected) in [
            ("Failed requests: 5\n", "f:1:1: none of 5 requests of 'ab' succeeded;"),
            ("Complete requests: 5\n", "f:3:1: a second run is in this file;"),
            ("Failed requests: 6\n", "f:5:1: more requests failed than were complete;"),
            ("Failed requests: x\n", "f:3:1: expected a number where ab prints one;"),
            ("  50%  x\n", "f:3:1: expected a number where ab prints one;"),
            ("  50%  1\n", "f:5:1: expected connection times and percentages up to 100%, found the end;"),
        ] {
            let error = printed(lines);
            assert!(error.starts_with(expected), "{error}");
        }
        let cut = refused("ab", "Percentage served,Time in ms\n0,0.5\n50,1.0\n");
        assert!(cut.starts_with("f:3:1: expected percentiles up to 99, found the end;"), "{cut}");
    }
}
