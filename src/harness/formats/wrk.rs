//! What wrk and wrk2 print. Numbers carry their units; wrk2 adds more quantiles, corrected for coordinated omission.
//!
//! Both put answers of any status into their latencies.

use super::Results;
use super::error::shown_name;
use super::gathered::{At, Gathered};
use super::load::{Latency, Load, Requests, endpoint, seconds, stated};
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind};
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "wrk", about: "what `wrk --latency` prints", detect: detect_wrk, read: read_wrk };

pub(super) const SECOND: Format =
    Format { name: "wrk2", about: "what wrk2's `wrk --latency` prints", detect: detect_wrk2, read: read_wrk2 };

/// What wrk says instead of a result, with the host behind it.
const UNCONNECTED: &str = "unable to connect to ";

fn is_wrk2(text: &str) -> bool {
    text.contains("Thread calibration:") || text.contains("(HdrHistogram")
}

fn detect_wrk(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    head.starts_with(UNCONNECTED) || (runs(&head) && !is_wrk2(&head))
}

fn detect_wrk2(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    runs(&head) && is_wrk2(&head)
}

/// Scripts may print before wrk does. autocannon prints the same first line, but has no threads.
fn runs(text: &str) -> bool {
    text.lines().any(|line| url(line).is_some()) && text.contains(" threads and ")
}

fn url(line: &str) -> Option<&str> {
    line.strip_prefix("Running ")?.split_once(" test @ ").map(|(_, url)| url.trim())
}

fn read_wrk(artifact: &Artifact) -> Result<Results, ParseError> {
    read(artifact, &FORMAT)
}

fn read_wrk2(artifact: &Artifact) -> Result<Results, ParseError> {
    read(artifact, &SECOND)
}

fn read(artifact: &Artifact, format: &Format) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(format.name)?)?;
    let mut gathered = Gathered::new(path, format.name);
    for (at, printed) in split(path, text)? {
        printed.load(path, at, format)?.add(&mut gathered, &At::Line(at, 1))?;
    }
    Ok(gathered.results())
}

/// One report.
#[derive(Default)]
struct Printed {
    name: Option<String>,
    mean: Option<f64>,
    sd: Option<f64>,
    percentiles: Vec<(f64, f64)>,
    /// Where the lines that follow are of the latency distribution.
    in_distribution: bool,
    /// Answers, of any status.
    answers: Option<u64>,
    bad_answers: u64,
    socket_errors: u64,
    rate: Option<f64>,
    /// Whether the last line was there, which is not read.
    has_end: bool,
}

/// The reports of a file with the lines where they begin.
fn split(path: &Path, text: &str) -> Result<Vec<(usize, Printed)>, ParseError> {
    let mut reports: Vec<(usize, Printed)> = Vec::new();
    for (line, content) in lines(text) {
        if content.starts_with(UNCONNECTED) {
            let problem = "the server was not reached";
            return Err(ParseError {
                kind: ParseErrorKind::Nothing,
                ..ParseError::line(path, (line, 1), problem, "start the server, then measure again")
            });
        }
        if let Some(url) = url(content) {
            reports.push((line, Printed { name: endpoint(url), ..Printed::default() }));
        } else if let Some((_, report)) = reports.last_mut()
            && report.read(content).is_none()
        {
            let problem = format!("expected a line as wrk prints it, found {}", shown_name(content.trim()));
            return Err(ParseError::line(path, (line, 1), problem, "store what the tool prints as it is"));
        }
    }
    Ok(reports)
}

impl Printed {
    /// Takes a line; `None` if it looks like one of wrk's and is not. Other lines are those of a script.
    fn read(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_in_distribution = std::mem::take(&mut self.in_distribution);
        match words.as_slice() {
            ["Latency", "Distribution", ..] => self.in_distribution = self.percentiles.is_empty(),
            // nan where nothing was counted.
            ["Latency", mean, sd, _, _] => (self.mean, self.sd) = (seconds(mean), seconds(sd)),
            [percent, time] if is_in_distribution && percent.ends_with('%') => {
                self.percentiles.push((number(percent.trim_end_matches('%'))?, seconds(time)?));
                self.in_distribution = true;
            }
            [answers, "requests", "in", ..] => self.answers = Some(answers.parse().ok()?),
            ["Socket", "errors:", "connect", connect, "read", read, "write", write, "timeout", timeout] => {
                for count in [connect, read, write, timeout] {
                    let count: u64 = count.trim_end_matches(',').parse().ok()?;
                    self.socket_errors = self.socket_errors.saturating_add(count);
                }
            }
            ["Socket", "errors:", ..] => return None,
            ["Non-2xx", "or", "3xx", "responses:", count] => self.bad_answers = count.parse().ok()?,
            ["Requests/sec:", rate] => self.rate = Some(number(rate)?),
            ["Transfer/sec:", _] => self.has_end = true,
            _ => {}
        }
        Some(())
    }

    fn load(self, path: &Path, line: usize, format: &Format) -> Result<Load, ParseError> {
        let broken = |problem: &str| {
            let next = "measure again: its writer was interrupted";
            ParseError::line(path, (line, 1), problem, next)
        };
        let (Some(answers), Some(rate), true) = (self.answers, self.rate, self.has_end) else {
            return Err(broken("expected 'requests in', 'Requests/sec:' and 'Transfer/sec:' below, found the end"));
        };
        let succeeded = answers
            .checked_sub(self.bad_answers)
            .ok_or_else(|| broken("this run has more bad answers than answers"))?;
        let requests = Requests { succeeded, failed: self.bad_answers.saturating_add(self.socket_errors) };
        // wrk2 leaves its calibration out of the latencies, so their number is not stated.
        let n = (format.name == FORMAT.name).then_some(answers);
        let latency = Latency::of_all(requests, stated(n, self.mean, self.sd, &self.percentiles));
        let answered = Requests { succeeded, failed: self.bad_answers };
        let throughput = (succeeded > 0).then(|| rate * answered.share());
        let name = self.name.unwrap_or_else(|| format.name.to_owned());
        Ok(Load { name, requests: Some(requests), throughput, latency })
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, read_text, refused, refused_fixture};

    #[test]
    fn reads_wrk() {
        let read = |file: &str, name, metrics| assert_loads(&format!("wrk/4.1.0/{file}"), "wrk", &[(name, 1, metrics)]);
        read(
            "base_latency.txt",
            "127.0.0.1/fast",
            &[
                ("error-rate", 0.0),
                ("latency", 178e-6),
                ("latency-p90", 6.6e-3),
                ("latency-p99", 13.21e-3),
                ("throughput", 7_901.62),
            ],
        );
        read(
            "head_latency_delay4ms.txt",
            "127.0.0.1/fast",
            &[
                ("error-rate", 0.0),
                ("latency", 4.53e-3),
                ("latency-p90", 4.81e-3),
                ("latency-p99", 7.9e-3),
                ("throughput", 868.56),
            ],
        );
        // A script's own line follows.
        read(
            "base_lua_json.txt",
            "127.0.0.1/slow",
            &[
                ("error-rate", 0.0),
                ("latency", 8.58e-3),
                ("latency-p90", 10.4e-3),
                ("latency-p99", 17.24e-3),
                ("throughput", 438.31),
            ],
        );
    }

    #[test]
    fn reads_wrk2() {
        assert_loads(
            "wrk2/4.0.0/base.txt",
            "wrk2",
            &[(
                "127.0.0.1/items",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 1.37e-3),
                    ("latency-p90", 2.42e-3),
                    ("latency-p99", 3.02e-3),
                    ("latency-p99.9", 5.72e-3),
                    ("throughput", 1_999.95),
                ],
            )],
        );
    }

    #[test]
    fn failures_have_no_latency() {
        assert_loads(
            "wrk/4.1.0/edge_non2xx_nolatency.txt",
            "wrk",
            &[("127.0.0.1/flaky", 1, &[("error-rate", 3_077.0 / 21_533.0), ("throughput", 18_387.140_340_872_15)])],
        );
        // 59,998 answers, 9,998 of them bad, and 600 broken sockets.
        assert_loads(
            "wrk2/4.0.0/edge_failures.txt",
            "wrk2",
            &[("127.0.0.1/items", 1, &[("error-rate", 10_598.0 / 60_598.0), ("throughput", 1_666.680_556_018_534)])],
        );
    }

    #[test]
    fn without_quantiles_the_mean_is_read() {
        let text = "Running 1m test @ http://h\n    Latency     1.50m    3.12ms  21.54ms   85.34%\n  10 requests in 1.00m, 1B read\nRequests/sec: 0.17\nTransfer/sec: 1B\n";
        let read = read_text(Some("wrk"), text).expect("reads");
        let latency = read.iter().find(|m| m.metric.name == "latency").expect("latency");
        let stated = latency.stated.as_ref().expect("stated");
        assert_eq!((stated.n, stated.mean, stated.median), (Some(10), Some(90.0), None));
        assert_eq!(latency.id.benchmark, "h");
    }

    #[test]
    fn of_failures_only_is_refused() {
        assert_eq!(
            refused_fixture("wrk/4.1.0/edge_conn_refused.txt"),
            "edge_conn_refused.txt:1:1: the server was not reached; start the server, then measure again"
        );
        let run = |rest: &str| refused("wrk", &format!("Running 1s test @ http://h/?token=secret\n{rest}"));
        for (rest, expected) in [
            (
                "  5 requests in 1.00s, 1B read\n  Non-2xx or 3xx responses: 5\nRequests/sec: 5.00\nTransfer/sec: 1B\n",
                "f:1:1: none of 5 requests of 'h/' succeeded;",
            ),
            (
                "  0 requests in 1.00s, 0B read\n  Socket errors: connect 0, read 0, write 0, timeout 4\nRequests/sec: 0.00\nTransfer/sec: 0B\n",
                "f:1:1: none of 4 requests of 'h/' succeeded;",
            ),
            (
                "  5 requests in 1.00s, 1B read\n",
                "f:1:1: expected 'requests in', 'Requests/sec:' and 'Transfer/sec:' below, found the end;",
            ),
            (
                "  5 requests in 1.00s, 1B read\n  Non-2xx or 3xx responses: 6\nRequests/sec: 5.00\nTransfer/sec: 1B\n",
                "f:1:1: this run has more bad answers than answers;",
            ),
            ("  Socket errors: conn\n", "f:2:1: expected a line as wrk prints it, found 'Socket errors: conn';"),
            ("Requests/sec: 1e999\n", "f:2:1: expected a line as wrk prints it,"),
        ] {
            let error = run(rest);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
