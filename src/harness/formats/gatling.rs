//! Gatling: the log of a simulation up to version 3.10, and the statistics of its report.

use super::gathered::{At, Gathered, Members};
use super::load_test::{ALL, Endpoint, Latency, Request, Requests, add_endpoints, endpoint};
use super::outline::{has, outline};
use super::source::json;
use super::stream::Lines;
use super::text::utf8;
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, Results};
use crate::model::Stated;
use serde::Deserialize;
use std::path::Path;

pub(super) const FORMAT: Format = Format {
    name: "gatling",
    about: "simulation.log of Gatling up to 3.10, or stats.json (global_stats.json) of its report",
    detect,
    read,
};

fn detect(artifact: &Artifact) -> bool {
    is_log(artifact.head()) || {
        let keys = outline(artifact.head());
        let is_stats = |keys: &[Vec<String>], path: &[&str]| {
            has(keys, &[path, &["numberOfRequests", "ko"]].concat())
                && has(keys, &[path, &["meanResponseTime", "ok"]].concat())
        };
        is_stats(&keys, &[]) || is_stats(&keys, &["stats"])
    }
}

/// Whether it begins with assertions, if any, and a run.
fn is_log(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').skip_while(|line| line.starts_with(b"ASSERTION\t"));
    lines.next().is_some_and(|line| line.starts_with(b"RUN\t"))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let is_json = artifact.head().trim_ascii_start().starts_with(b"{");
    let endpoints = if is_json { report(path, artifact.file(FORMAT.name)?)? } else { log(artifact)? };
    let mut gathered = Gathered::new(path, FORMAT.name).with_zero_times();
    add_endpoints(&mut gathered, path, endpoints)?;
    Ok(gathered.results())
}

const WRITTEN: &str = "write the file again with Gatling, and do not edit it";

fn log(artifact: &Artifact) -> Result<Vec<Endpoint>, ParseError> {
    let path = artifact.path.as_path();
    let mut requests = Requests::new(path);
    let mut lines = Lines::new(path, artifact.stream(FORMAT.name)?);
    let mut has_run = false;
    while let Some((number, line)) = lines.advance()? {
        let refuse = |problem: &str| ParseError::line(path, (number, 1), problem, WRITTEN);
        let line = utf8(path, number, line)?;
        let (record, rest) = line.split_once('\t').unwrap_or((line, ""));
        match record {
            "RUN" => has_run = true,
            "REQUEST" if has_run => {
                let (name, request) = request(rest)
                    .ok_or_else(|| refuse("expected a request with its groups, name, start, end and OK or KO"))?;
                requests.add(number, (FORMAT.name, &name), request)?;
            }
            "USER" | "GROUP" | "ERROR" | "ASSERTION" | "" => {}
            _ => {
                let next = "measure again if its writer was interrupted; of Gatling 3.11 and later, whose log is binary, name stats.json";
                return Err(ParseError::line(path, (number, 1), "expected RUN, USER, REQUEST, GROUP or ERROR", next));
            }
        }
    }
    Ok(requests.endpoints(|_| false).into_iter().map(|(_, endpoint)| endpoint).collect())
}

/// A request's cells behind `REQUEST`: those of version 2 begin with scenario and user, those of 3.0 with the user, later
/// ones with the groups. Start, end and status tell which it is.
fn request(cells: &str) -> Option<(String, Request)> {
    let cells: Vec<&str> = cells.split('\t').collect();
    (0..3).rev().find_map(|first| {
        let [groups, name, start, end, status, ..] = *cells.get(first..)? else { return None };
        let succeeded = match status {
            "OK" => true,
            "KO" => false,
            _ => return None,
        };
        let (start, end): (i64, i64) = (start.parse().ok()?, end.parse().ok()?);
        let milliseconds = end.checked_sub(start).filter(|&milliseconds| milliseconds >= 0)?;
        let name = if groups.is_empty() { name.to_owned() } else { format!("{} / {name}", groups.replace(',', " / ")) };
        Some((
            name,
            Request { seconds: milliseconds as f64 * 1e-3, succeeded, start: Some(start.checked_mul(1_000_000)?) },
        ))
    })
}

/// A group of requests, or a request, in `stats.json`.
#[derive(Deserialize)]
struct Node {
    name: String,
    stats: Statistics,
    #[serde(default)]
    contents: Option<Members<Node, BENCHMARKS_MAX>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    number_of_requests: Split<u64>,
    mean_response_time: Split<f64>,
    standard_deviation: Split<f64>,
    percentiles1: Split<f64>,
    percentiles2: Split<f64>,
    percentiles3: Split<f64>,
    percentiles4: Split<f64>,
    mean_number_of_requests_per_second: Split<f64>,
}

#[derive(Deserialize)]
struct Split<T> {
    total: T,
    ok: T,
    ko: T,
}

fn report(path: &Path, bytes: &[u8]) -> Result<Vec<Endpoint>, ParseError> {
    let mut endpoints = Vec::new();
    let keys = outline(bytes);
    if has(&keys, &["stats"]) {
        let root: Node = json(path, bytes)?;
        root.add_to(path, "contents", "", &mut endpoints)?;
    } else {
        endpoints.push(json::<Statistics>(path, bytes)?.endpoint(path, "numberOfRequests", ALL)?);
    }
    Ok(endpoints)
}

impl Node {
    /// Adds the requests below a group of that name, `""` for the root.
    fn add_to(self, path: &Path, at: &str, group: &str, endpoints: &mut Vec<Endpoint>) -> Result<(), ParseError> {
        for (index, (_, node)) in self.contents.map(|contents| contents.0).unwrap_or_default().into_iter().enumerate() {
            let at = format!("{at}[{index}]");
            let name = if group.is_empty() { node.name.clone() } else { format!("{group} / {}", node.name) };
            if node.contents.is_some() {
                node.add_to(path, &format!("{at}.contents"), &name, endpoints)?;
            } else {
                endpoints.push(node.stats.endpoint(path, &at, &name)?);
            }
        }
        Ok(())
    }
}

impl Statistics {
    fn endpoint(self, path: &Path, at: &str, name: &str) -> Result<Endpoint, ParseError> {
        let Split { total, ok, ko } = self.number_of_requests;
        if ok.checked_add(ko) != Some(total) {
            let problem = format!("expected as many requests as are OK and KO, found {total}, {ok} and {ko}");
            return Err(ParseError::at(path, at, &problem, WRITTEN));
        }
        let seconds = |split: &Split<f64>| split.ok * 1e-3;
        let quantiles = [(0.75, &self.percentiles2), (0.95, &self.percentiles3), (0.99, &self.percentiles4)];
        let stated = Stated {
            n: Some(ok),
            mean: Some(seconds(&self.mean_response_time)),
            median: Some(seconds(&self.percentiles1)),
            sd: Some(seconds(&self.standard_deviation)),
            quantiles: quantiles.map(|(level, split)| (level, seconds(split))).to_vec(),
        };
        Ok(Endpoint {
            at: At::Inside(at.to_owned()),
            name: endpoint(name).into_owned(),
            requests: total,
            failed: ko,
            latency: Some(Latency { values: Vec::new(), stated }),
            throughput: Some(self.mean_number_of_requests_per_second.ok),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, complaint, fixture, fixtures, read_text, refused};

    /// Worked out with Python's own readers and numpy.
    #[test]
    fn reads_logs_of_every_layout() {
        assert_reads(
            "gatling/2.3/simulation.log",
            "gatling",
            &[
                ("GET shop.test/x", "error-rate", "1", 1, 1, 0.0),
                ("GET shop.test/x", "latency", "s", 12, 1, 0.033),
                ("GET shop.test/x", "throughput", "1/s", 1, 1, 9.015_777_610_818_931),
                ("Home", "error-rate", "1", 1, 1, 0.083_333_333_333_333_33),
                ("Home", "latency", "s", 11, 1, 0.024),
                ("Home", "throughput", "1/s", 1, 1, 7.628_294_036_061_026),
                ("Shop / Cart / Add to \"cart\" é", "error-rate", "1", 1, 1, 0.0),
                ("Shop / Cart / Add to \"cart\" é", "latency", "s", 12, 1, 0.0345),
                ("Shop / Cart / Add to \"cart\" é", "throughput", "1/s", 1, 1, 8.915_304_606_240_714),
            ],
        );
        assert_reads(
            "gatling/3.2/simulation.log",
            "gatling",
            &[
                ("GET shop.test/x", "error-rate", "1", 1, 1, 0.0),
                ("GET shop.test/x", "latency", "s", 12, 1, 0.0225),
                ("GET shop.test/x", "throughput", "1/s", 1, 1, 10.676_156_583_629_892),
                ("Home", "error-rate", "1", 1, 1, 0.0),
                ("Home", "latency", "s", 12, 1, 0.0335),
                ("Home", "throughput", "1/s", 1, 1, 10.591_350_397_175_64),
                ("Shop / Cart / Add to \"cart\" é", "error-rate", "1", 1, 1, 0.0),
                ("Shop / Cart / Add to \"cart\" é", "latency", "s", 12, 1, 0.03),
                ("Shop / Cart / Add to \"cart\" é", "throughput", "1/s", 1, 1, 10.554_089_709_762_533),
            ],
        );
        assert_reads(
            "gatling/3.9/base_simulation.log",
            "gatling",
            &[
                ("GET shop.test/x", "error-rate", "1", 1, 1, 0.0),
                ("GET shop.test/x", "latency", "s", 60, 1, 0.0335),
                ("GET shop.test/x", "latency-p90", "s", 1, 1, 0.065),
                ("GET shop.test/x", "throughput", "1/s", 1, 1, 9.341_429_238_673_516),
                ("Home", "error-rate", "1", 1, 1, 0.0),
                ("Home", "latency", "s", 60, 1, 0.0275),
                ("Home", "latency-p90", "s", 1, 1, 0.080_400_000_000_000_01),
                ("Home", "throughput", "1/s", 1, 1, 9.442_870_632_672_332),
                ("Shop / Cart / Add to \"cart\" é", "error-rate", "1", 1, 1, 0.0),
                ("Shop / Cart / Add to \"cart\" é", "latency", "s", 60, 1, 0.026_000_000_000_000_002),
                ("Shop / Cart / Add to \"cart\" é", "latency-p90", "s", 1, 1, 0.0732),
                ("Shop / Cart / Add to \"cart\" é", "throughput", "1/s", 1, 1, 9.394_081_728_511_038),
            ],
        );
        assert_reads(
            "gatling/3.9/head_slow50_simulation.log",
            "gatling",
            &[
                ("GET shop.test/x", "error-rate", "1", 1, 1, 0.0),
                ("GET shop.test/x", "latency", "s", 60, 1, 0.0435),
                ("GET shop.test/x", "latency-p90", "s", 1, 1, 0.089_000_000_000_000_01),
                ("GET shop.test/x", "throughput", "1/s", 1, 1, 6.626_905_235_255_136),
                ("Home", "error-rate", "1", 1, 1, 0.116_666_666_666_666_67),
                ("Home", "latency", "s", 53, 1, 0.043_000_000_000_000_003),
                ("Home", "latency-p90", "s", 1, 1, 0.105_800_000_000_000_05),
                ("Home", "throughput", "1/s", 1, 1, 5.874_528_929_283_972),
                ("Shop / Cart / Add to \"cart\" é", "error-rate", "1", 1, 1, 0.0),
                ("Shop / Cart / Add to \"cart\" é", "latency", "s", 60, 1, 0.0425),
                ("Shop / Cart / Add to \"cart\" é", "latency-p90", "s", 1, 1, 0.119_200_000_000_000_01),
                ("Shop / Cart / Add to \"cart\" é", "throughput", "1/s", 1, 1, 6.655_574_043_261_231),
            ],
        );
    }

    /// The numbers as they stand in the files, in seconds.
    #[test]
    fn reads_the_report() {
        let t = "latency";
        assert_reads(
            "gatling/3.9/stats.json",
            "gatling",
            &[
                ("Home", "error-rate", "1", 1, 1, 5.0 / 305.0),
                ("Home", t, "s", 1, 1, 0.035),
                ("Home", "latency-p99", "s", 1, 1, 0.175),
                ("Home", "throughput", "1/s", 1, 1, 5.25),
                ("Shop / Cart / Add to \"cart\" é", "error-rate", "1", 1, 1, 0.0),
                ("Shop / Cart / Add to \"cart\" é", t, "s", 1, 1, 0.08),
                ("Shop / Cart / Add to \"cart\" é", "latency-p99", "s", 1, 1, 0.4),
                ("Shop / Cart / Add to \"cart\" é", "throughput", "1/s", 1, 1, 5.25),
            ],
        );
        assert_reads(
            "gatling/3.9/global_stats.json",
            "gatling",
            &[
                ("all", "error-rate", "1", 1, 1, 5.0 / 605.0),
                ("all", t, "s", 1, 1, 0.04),
                ("all", "latency-p99", "s", 1, 1, 0.2),
                ("all", "throughput", "1/s", 1, 1, 10.5),
            ],
        );
    }

    #[test]
    fn damaged_and_failed_files_are_refused() {
        for (file, expected) in [
            (
                "edge_conn_refused_simulation.log",
                ": none of 12 requests succeeded: failures are not fast answers; look whether the service runs and answers, and measure again",
            ),
            (
                "edge_truncated_simulation.log",
                ":66:1: expected RUN, USER, REQUEST, GROUP or ERROR; measure again if its writer was interrupted; of Gatling 3.11 and later, whose log is binary, name stats.json",
            ),
        ] {
            let path = format!("gatling/3.9/{file}");
            assert_eq!(complaint(read(&fixture(&path), None), &fixtures()), format!("{path}{expected}"));
        }
    }

    #[test]
    fn damage_has_its_line() {
        let run = "RUN\ta.B\tb\t1\t \t3.9.5\n";
        let request = "expected a request with its groups, name, start, end and OK or KO";
        let written = super::WRITTEN;
        for (line, expected) in [
            ("REQUEST\t\ta\t5\t", format!("f:2:1: {request}; {written}")),
            ("REQUEST\t\ta\t5\t4\tOK\t ", format!("f:2:1: {request}; {written}")),
            ("REQUEST\t\ta\tx\t4\tOK\t ", format!("f:2:1: {request}; {written}")),
            ("REQUEST\t\ta\t-9223372036854775808\t4\tOK\t ", format!("f:2:1: {request}; {written}")),
            (
                "REQUEST\t\t\t4\t5\tOK\t ",
                "f:2:1: the benchmark's name is empty; give requests short names of printable characters".into(),
            ),
            (
                "ERROR\tNo attribute named 'x' is defined\t5",
                "f: no benchmark in this gatling result; run the benchmarks, then try again".into(),
            ),
        ] {
            assert_eq!(refused("gatling", &format!("{run}{line}\n")), expected);
        }
        assert!(read_text(None, &format!("{run}REQUEST\t\ta\t5\t5\tOK\ta\ttab\n")).is_ok());
    }

    #[test]
    fn a_report_that_contradicts_itself_is_refused() {
        let stats = std::fs::read_to_string(fixture("gatling/3.9/stats.json")).expect("fixture");
        let wrong = stats.replace("\"ok\": 300", "\"ok\": 299");
        assert_eq!(
            refused("gatling", &wrong),
            format!(
                "f: contents[0]: expected as many requests as are OK and KO, found 305, 299 and 5; {}",
                super::WRITTEN
            )
        );
    }
}
