//! vegeta: its report (JSON, or the one for people) and its histogram, or its results one by one from `vegeta encode`. All in nanoseconds.
//!
//! Report and histogram mix the latencies of successes and failures; a histogram does not even count failures.

use super::gathered::{At, Gathered, Members};
use super::load::{Latency, Load, Requests, endpoint, seconds, stated};
use super::outline::{has, outline};
use super::quantity::number;
use super::source::json;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results};
use crate::model::Stated;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const FORMAT: Format = Format {
    name: "vegeta",
    about: "what `vegeta report` prints with any -type, or `vegeta encode` with -to=json",
    detect,
    read,
};

const NANOSECOND_S: f64 = 1e-9;
/// What the report for people begins with.
const REQUESTS: &str = "Requests      [total, rate";

#[derive(Deserialize)]
struct Report {
    latencies: Latencies,
    /// Of the attack, and until the last answer came.
    duration: f64,
    #[serde(default)]
    wait: f64,
    requests: u64,
    /// Successes per second; absent in old versions.
    throughput: Option<f64>,
    /// The share of successes.
    success: f64,
    status_codes: Option<Members<u64, 1_000>>,
}

#[derive(Deserialize)]
struct Latencies {
    mean: Option<f64>,
    #[serde(rename = "50th")]
    p50: Option<f64>,
    #[serde(rename = "90th")]
    p90: Option<f64>,
    #[serde(rename = "95th")]
    p95: Option<f64>,
    #[serde(rename = "99th")]
    p99: Option<f64>,
}

/// One result of `vegeta encode`.
#[derive(Deserialize)]
struct Answer {
    /// Its place in the order of the attack.
    seq: u64,
    /// 0 without an answer.
    code: u64,
    latency: f64,
    error: Option<String>,
    url: Option<String>,
    method: Option<String>,
}

fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head();
    let outline = outline(head);
    let has = |path: &[&str]| has(&outline, path);
    is_binary(head)
        || is_histogram(head)
        || is_table(head)
        || (has(&["latencies"]) && has(&["bytes_in"]))
        || (has(&["seq"]) && has(&["code"]) && has(&["latency"]))
}

/// Whether it begins like the binary results, with the names of their fields.
fn is_binary(head: &[u8]) -> bool {
    let begin = &head[..head.len().min(200)];
    let holds = |name: &[u8]| begin.windows(name.len()).any(|window| window == name);
    begin.contains(&0xff) && holds(b"Result") && holds(b"Attack") && holds(b"Latency")
}

fn is_histogram(head: &[u8]) -> bool {
    let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(first).split_whitespace().eq(["Bucket", "#", "%", "Histogram"])
}

/// Whether it begins like the report for people.
fn is_table(head: &[u8]) -> bool {
    head.starts_with(REQUESTS.as_bytes())
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let bytes = artifact.file(FORMAT.name)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    if is_binary(bytes) {
        let next = "convert it with vegeta encode -to=json";
        return Err(ParseError::new(ParseErrorKind::Unreadable, path, "holds vegeta's binary results", next));
    }
    if is_table(bytes) {
        read_table(path, text(path, bytes)?)?.add(&mut gathered, &At::Line(1, 1))?;
    } else if is_histogram(bytes) {
        read_histogram(path, text(path, bytes)?)?.add(&mut gathered, &At::Line(1, 1))?;
    } else if outline(artifact.head()).first().is_some_and(|key| key == &["latencies"]) {
        let report: Report = json(path, bytes)?;
        let at = At::Inside("success".into());
        let next = "write the report again with vegeta, and do not edit it";
        let load = report.load().map_err(|problem| gathered.error(&at, problem, next))?;
        load.add(&mut gathered, &at)?;
    } else {
        read_results(path, text(path, bytes)?, &mut gathered)?;
    }
    Ok(gathered.results())
}

impl Report {
    fn load(self) -> Result<Load, &'static str> {
        if !(0.0..=1.0).contains(&self.success) {
            return Err("expected a share of successes from 0 to 1");
        }
        // Counts above 2^53 are rounded.
        let succeeded = ((self.success * self.requests as f64).round() as u64).min(self.requests);
        let requests = Requests { succeeded, failed: self.requests - succeeded };
        if let Some(codes) = self.status_codes {
            let mut counted = Requests::default();
            for (status, count) in codes.0 {
                counted.count(status.parse().unwrap_or_default(), count);
            }
            // An answer of a good status may still have failed, its body cut off.
            if counted.all() != self.requests || counted.succeeded < succeeded {
                return Err("the status codes contradict the share of successes");
            }
        }
        let all = [(50.0, self.latencies.p50), (90.0, self.latencies.p90), (95.0, self.latencies.p95)];
        let percentiles: Vec<(f64, f64)> = all
            .into_iter()
            .chain([(99.0, self.latencies.p99)])
            .filter_map(|(percent, value)| Some((percent, value? * NANOSECOND_S)))
            .collect();
        let mean = self.latencies.mean.map(|mean| mean * NANOSECOND_S);
        let latency = Latency::of_all(requests, stated(Some(self.requests), mean, None, &percentiles));
        let rate = self.throughput.unwrap_or(succeeded as f64 / ((self.duration + self.wait) * NANOSECOND_S));
        let throughput = (succeeded > 0).then_some(rate);
        Ok(Load { name: FORMAT.name.to_owned(), requests: Some(requests), throughput, latency })
    }
}

/// The report for people, `-type=text`: labels in brackets, then their values.
fn read_table(path: &Path, text: &str) -> Result<Load, ParseError> {
    let mut said: BTreeMap<String, &str> = BTreeMap::new();
    for (_, line) in lines(text) {
        let Some((heading, rest)) = line.split_once('[') else { continue };
        let Some((labels, values)) = rest.split_once(']') else { continue };
        let labels = labels.split(", ").map(|label| format!("{} {label}", heading.trim()));
        said.extend(labels.zip(values.split(", ").map(str::trim)));
    }
    let refused = |label: &str| {
        let problem = format!("expected '{label}' of a report, found none or no value");
        ParseError::line(path, (1, 1), problem, "store what the tool prints as it is, to its end")
    };
    let get = |label: &str| said.get(label).copied();
    let n: u64 = get("Requests total").and_then(|n| n.parse().ok()).ok_or_else(|| refused("Requests [total]"))?;
    let codes = get("Status Codes code:count").ok_or_else(|| refused("Status Codes [code:count]"))?;
    let mut requests = Requests::default();
    for (status, count) in codes.split_whitespace().filter_map(|pair| pair.split_once(':')) {
        requests.count(status.parse().unwrap_or_default(), count.parse().unwrap_or_default());
    }
    if requests.all() != n {
        return Err(refused("Status Codes [code:count]"));
    }
    let latency = |label: &str| get(&format!("Latencies {label}")).and_then(duration);
    let level = |label: &str| Some((label.trim_end_matches("th").parse::<f64>().ok()?, latency(label)?));
    // Old versions write no `90`.
    let percentiles: Vec<(f64, f64)> = ["50", "90", "95", "99"].into_iter().filter_map(level).collect();
    let stated = stated(Some(n), latency("mean"), None, &percentiles);
    let throughput = get("Requests throughput").and_then(number).filter(|rate| *rate > 0.0);
    let latency = Latency::of_all(requests, stated);
    Ok(Load { name: FORMAT.name.to_owned(), requests: Some(requests), throughput, latency })
}

/// An endpoint's answers: the counts, and order and latency of the successes.
#[derive(Default)]
struct Endpoint {
    line: usize,
    requests: Requests,
    latencies: Vec<(u64, f64)>,
}

/// One benchmark per method and URL.
fn read_results(path: &Path, text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    let mut endpoints: BTreeMap<String, Endpoint> = BTreeMap::new();
    for (line, object) in lines(text).filter(|(_, object)| !object.trim().is_empty()) {
        let answer: Answer = serde_json::from_str(object).map_err(|error| {
            let ParseError { problem, next, .. } = ParseError::json(path, &error);
            ParseError::line(path, (line, error.column()), problem, &next)
        })?;
        let name = match (answer.url.as_deref().and_then(endpoint), answer.method) {
            (Some(url), Some(method)) => format!("{method} {url}"),
            (Some(url), None) => url,
            (None, _) => FORMAT.name.to_owned(),
        };
        let endpoint = endpoints.entry(name).or_insert_with(|| Endpoint { line, ..Endpoint::default() });
        let has_failed = answer.error.is_some_and(|error| !error.is_empty());
        endpoint.requests.count(if has_failed { 0 } else { answer.code }, 1);
        if !has_failed && (200..400).contains(&answer.code) {
            endpoint.latencies.push((answer.seq, answer.latency * NANOSECOND_S));
        }
    }
    for (name, mut endpoint) in endpoints {
        endpoint.latencies.sort_by_key(|(seq, _)| *seq);
        let latency = Latency::Samples(endpoint.latencies.into_iter().map(|(_, latency)| latency).collect());
        // vegeta asks at a fixed rate: how many succeeded is in the error rate.
        let load = Load { name, requests: Some(endpoint.requests), throughput: None, latency };
        load.add(gathered, &At::Line(endpoint.line, 1))?;
    }
    Ok(())
}

/// A bucket: where it begins and ends, in seconds, and how many requests are in it.
struct Bucket {
    begin: f64,
    /// The last one has none.
    end: Option<f64>,
    count: u64,
}

/// Quantiles as if the values were spread evenly over each bucket.
fn read_histogram(path: &Path, text: &str) -> Result<Load, ParseError> {
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut end = 1;
    for (line, content) in lines(text).skip(1).filter(|(_, content)| !content.trim().is_empty()) {
        end = line;
        let follows = |bucket: &Bucket| match buckets.last() {
            Some(last) => last.end == Some(bucket.begin),
            None => true,
        };
        match bucket(content).filter(follows) {
            Some(bucket) => buckets.push(bucket),
            None => {
                let problem = "expected a bucket like '[2ms, 4ms] 10 5.00%' that begins where the last one ends";
                return Err(ParseError::line(path, (line, 1), problem, "store what the tool prints as it is"));
            }
        }
    }
    let refused = |problem: &str, next: &str| ParseError::line(path, (end, 1), problem, next);
    if buckets.last().is_none_or(|last| last.end.is_some()) {
        let problem = "expected a last bucket up to +Inf, found the end";
        return Err(refused(problem, "measure again: its writer was interrupted"));
    }
    let n = buckets.iter().fold(0_u64, |n, bucket| n.saturating_add(bucket.count));
    let levels = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
    let quantiles: Vec<(f64, f64)> =
        levels.into_iter().filter_map(|level| Some((level, quantile(&buckets, n, level)?))).collect();
    let median = quantiles.first().filter(|(level, _)| *level == 0.5).map(|&(_, median)| median);
    if median.is_none() {
        return Err(refused(
            "the median lies in the last bucket, or there is none",
            "choose buckets around the median",
        ));
    }
    let stated = Stated { n: Some(n), mean: None, median, sd: None, quantiles };
    Ok(Load { name: FORMAT.name.to_owned(), requests: None, throughput: None, latency: Latency::Stated(stated) })
}

/// `[2ms,   4ms]   5505  29.92%  ####`
fn bucket(line: &str) -> Option<Bucket> {
    let (bounds, rest) = line.trim().strip_prefix('[')?.split_once(']')?;
    let (begin, end) = bounds.split_once(',')?;
    let end = if end.trim() == "+Inf" { None } else { Some(duration(end.trim())?) };
    let begin = duration(begin.trim())?;
    let mut words = rest.split_whitespace();
    let count = words.next()?.parse().ok()?;
    words.next()?.strip_suffix('%')?;
    end.is_none_or(|end| end > begin).then_some(Bucket { begin, end, count })
}

/// Go's way to write a duration: `0s`, `1.5ms`, `1m30s`.
fn duration(text: &str) -> Option<f64> {
    if text == "0" {
        return Some(0.0);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let unit = rest.find(char::is_alphabetic)?;
        let end = rest[unit..].find(|c: char| !c.is_alphabetic()).map_or(rest.len(), |length| unit + length);
        sum += seconds(&rest[..end])?;
        rest = &rest[end..];
    }
    (!text.is_empty()).then_some(sum)
}

/// `None` in the last bucket, and without any request.
fn quantile(buckets: &[Bucket], n: u64, level: f64) -> Option<f64> {
    let wanted = n as f64 * level;
    let mut before = 0.0;
    for bucket in buckets {
        let count = bucket.count as f64;
        if count > 0.0 && before + count >= wanted {
            return Some(bucket.begin + (bucket.end? - bucket.begin) * (wanted - before) / count);
        }
        before += count;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::duration;
    use crate::harness::tests::{assert_loads, fixture, read_text, refused, refused_fixture};

    #[test]
    fn reads_reports() {
        assert_loads(
            "vegeta/cf581126/doc_example_report.json",
            "vegeta",
            &[(
                "vegeta",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.002_854_306),
                    ("latency-p90", 0.003_228_223),
                    ("latency-p99", 0.003_53),
                    ("throughput", 101.000_124_898_12),
                ],
            )],
        );
        // Without throughput and 90th.
        assert_loads(
            "vegeta/cf581126/old_report.json",
            "vegeta",
            &[(
                "vegeta",
                1,
                &[("error-rate", 0.0), ("latency", 390e-6), ("latency-p99", 900e-6), ("throughput", 1_000.0)],
            )],
        );
        assert_loads(
            "vegeta/cf581126/edge_failed_report.json",
            "vegeta",
            &[("vegeta", 1, &[("error-rate", 0.2), ("throughput", 79.920_079_920_079_91)])],
        );
    }

    #[test]
    fn reads_reports_for_people() {
        assert_loads(
            "vegeta/cf581126/report.txt",
            "vegeta",
            &[(
                "vegeta",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.108_272_568),
                    ("latency-p90", 1.140_182_35),
                    ("latency-p99", 61.5),
                    ("throughput", 118.87),
                ],
            )],
        );
        assert_loads(
            "vegeta/cf581126/edge_failures.txt",
            "vegeta",
            &[("vegeta", 1, &[("error-rate", 535.0 / 1_200.0), ("throughput", 65.87)])],
        );
        let report = std::fs::read_to_string(fixture("vegeta/cf581126/report.txt")).expect("fixture");
        let next = "store what the tool prints as it is, to its end";
        for (text, label) in [
            (report.replace("302:10", "302:11"), "Status Codes [code:count]"),
            (report.replace("302:10", "302:many"), "Status Codes [code:count]"),
            (report[..report.find("Status").expect("codes")].to_owned(), "Status Codes [code:count]"),
            (report.replace("1200, 120.00", "all, 120.00"), "Requests [total]"),
        ] {
            let problem = format!("f:1:1: expected '{label}' of a report, found none or no value; {next}");
            assert_eq!(read_text(None, &text), Err(problem));
        }
    }

    #[test]
    fn reads_results_one_by_one() {
        assert_loads(
            "vegeta/cf581126/encoded.ndjson",
            "vegeta",
            &[
                ("GET 127.0.0.1/items", 32, &[("error-rate", 4.0 / 36.0), ("latency", 1_310_000e-9)]),
                ("POST 127.0.0.1/items", 28, &[("error-rate", 0.0), ("latency", 1_320_000e-9)]),
            ],
        );
        let read = crate::harness::read(&fixture("vegeta/cf581126/encoded.ndjson"), None).expect("reads");
        let post =
            read.iter().find(|m| m.id.benchmark.starts_with("POST") && m.metric.name == "latency").expect("post");
        // Of the requests 1 and 3, although the file holds them in the other order.
        let first: Vec<f64> = post.values().take(2).collect();
        assert_eq!(first, [1_370_000.0 * 1e-9, 1_470_000.0 * 1e-9]);
        let error = refused("vegeta", "{\"seq\":0,\"code\":200,\"latency\":5}\n{\"seq\":1,\"code\":200,\"lat");
        assert!(error.starts_with("f:2:24: the file ends too early"), "{error}");
        let error = refused("vegeta", "{\"seq\":0,\"code\":0,\"latency\":5,\"error\":\"no\"}\n");
        assert!(error.starts_with("f:1:1: none of 1 requests of 'vegeta' succeeded;"), "{error}");
    }

    #[test]
    fn reads_histograms() {
        assert_loads(
            "vegeta/cf581126/histogram.txt",
            "vegeta",
            &[("vegeta", 1, &[("latency", 0.003_160_036_330_608_537_4)])],
        );
        let rows = |rows: &str| refused("vegeta", &format!("Bucket         #     %       Histogram\n{rows}"));
        for (text, expected) in [
            ("[0, 2ms] 5 50.00% ##\n", "f:2:1: expected a last bucket up to +Inf, found the end;"),
            ("[0, 2ms] 5 50.00% ##\n[3ms, +Inf] 5 50.00% ##\n", "f:3:1: expected a bucket like"),
            (
                "[0, 2ms] 4 44.00% ##\n[2ms, +Inf] 5 56.00% ##\n",
                "f:3:1: the median lies in the last bucket, or there is none;",
            ),
            ("[0, 2ms] 0 0.00%\n[2ms, +Inf] 0 0.00%\n", "f:3:1: the median lies in the last bucket, or there is none;"),
        ] {
            let error = rows(text);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let report = |success: &str, codes: &str| {
            let text = format!(
                r#"{{"latencies":{{"50th":5}},"bytes_in":{{}},"duration":9,"requests":10,"success":{success},"status_codes":{{{codes}}}}}"#
            );
            refused("vegeta", &text)
        };
        for (success, codes, expected) in [
            ("1.5", "\"200\":10", "f: success: expected a share of successes from 0 to 1;"),
            ("1", "\"200\":9", "f: success: the status codes contradict the share of successes;"),
            ("1", "\"200\":9,\"500\":1", "f: success: the status codes contradict the share of successes;"),
            ("0", "\"0\":10", "f: success: none of 10 requests of 'vegeta' succeeded;"),
        ] {
            let error = report(success, codes);
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn counts_that_no_float_holds_are_read() {
        let report =
            r#"{"latencies":{"50th":5},"bytes_in":{},"duration":9,"wait":0,"requests":9007199254740995,"success":1}"#;
        let read = read_text(Some("vegeta"), report).expect("reads");
        let rate = read.iter().find(|m| m.metric.name == "error-rate").expect("rate");
        assert_eq!(rate.values().collect::<Vec<_>>(), [0.0]);
    }

    #[test]
    fn binary_results_are_refused_with_advice() {
        assert_eq!(
            refused_fixture("vegeta/cf581126/results.gob.bin"),
            "results.gob.bin: holds vegeta's binary results; convert it with vegeta encode -to=json"
        );
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, value) in
            [("0", Some(0.0)), ("1m30s", Some(90.0)), ("1.5ms", Some(0.0015)), ("", None), ("2", None), ("ms", None)]
        {
            assert_eq!(duration(text), value, "{text}");
        }
    }
}
