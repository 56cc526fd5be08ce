//! artillery's `--output`: counters and rounded quantiles of all requests and, by its plugin, of each endpoint.

use super::gathered::{At, Gathered, Members};
use super::load::{Latency, Load, Requests, stated};
use super::outline::{has, outline};
use super::source::json;
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, ParseErrorKind, Results};
use crate::model::Stated;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "artillery", about: "a file of `artillery run --output FILE`, version 2", detect, read };

/// The benchmark of all requests together.
const ALL: &str = "all";
/// What the plugin `metrics-by-endpoint` puts before its names.
const ENDPOINT: &str = "plugins.metrics-by-endpoint.";
const TIMES: &str = "http.response_time";
/// Counters and summaries: several of each benchmark.
const MEMBERS_MAX: usize = 10 * BENCHMARKS_MAX;

#[derive(Deserialize)]
struct Report {
    aggregate: Aggregate,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Aggregate {
    counters: Members<u64, MEMBERS_MAX>,
    summaries: Members<Summary, MEMBERS_MAX>,
    /// Milliseconds since 1970.
    first_metric_at: Option<f64>,
    last_metric_at: Option<f64>,
}

/// Milliseconds.
#[derive(Clone, Deserialize)]
struct Summary {
    count: u64,
    mean: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    p999: Option<f64>,
}

/// What is known of an endpoint, or of all.
#[derive(Default)]
struct Endpoint {
    answered: Requests,
    /// Requests without an answer, and answers that a scenario did not accept.
    errors: u64,
    /// Of every answer.
    latency: Option<Summary>,
    /// Of answers with a status of 200 to 299.
    successes: Option<Summary>,
}

fn detect(artifact: &Artifact) -> bool {
    has(&outline(artifact.head()), &["aggregate", "counters"])
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let report: Report = json(path, artifact.file(FORMAT.name)?)?;
    let seconds = match (report.aggregate.first_metric_at, report.aggregate.last_metric_at) {
        (Some(first), Some(last)) if last > first => Some((last - first) * 1e-3),
        _ => None,
    };
    let mut gathered = Gathered::new(path, FORMAT.name);
    let endpoints = report.aggregate.endpoints();
    if endpoints.is_empty() {
        let problem = "no HTTP request was made";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, problem, "let a scenario make HTTP requests"));
    }
    for (name, endpoint) in endpoints {
        endpoint.load(name, seconds).add(&mut gathered, &At::Inside("aggregate.counters".into()))?;
    }
    Ok(gathered.results())
}

impl Aggregate {
    /// Each endpoint, and all together, by name.
    fn endpoints(self) -> BTreeMap<String, Endpoint> {
        let mut endpoints: BTreeMap<String, Endpoint> = BTreeMap::new();
        let (mut made, mut answered) = (0_u64, 0_u64);
        for (key, count) in self.counters.0 {
            match key.as_str() {
                "http.requests" => made = count,
                "http.responses" => answered = count,
                _ => {}
            }
            let Some((name, what)) = counted(&key) else { continue };
            let endpoint = endpoints.entry(name).or_default();
            match what {
                Counted::Status(status) => endpoint.answered.count(status, count),
                Counted::Error => endpoint.errors = endpoint.errors.saturating_add(count),
            }
        }
        for (key, summary) in self.summaries.0 {
            let (name, is_of_successes) =
                match key.strip_prefix(ENDPOINT).and_then(|key| key.strip_prefix("response_time.")) {
                    Some(name) => (cut(name), false),
                    None if key == TIMES => (ALL.to_owned(), false),
                    None if key.strip_prefix(TIMES) == Some(".2xx") => (ALL.to_owned(), true),
                    None => continue,
                };
            let endpoint = endpoints.entry(name).or_default();
            let side = if is_of_successes { &mut endpoint.successes } else { &mut endpoint.latency };
            *side = Some(summary);
        }
        if let Some(all) = endpoints.get_mut(ALL) {
            let unanswered = made.saturating_sub(answered);
            // More errors than that are answers that a scenario did not accept.
            let refused = all.errors.saturating_sub(unanswered).min(all.answered.succeeded);
            all.answered.succeeded -= refused;
            all.answered.failed = all.answered.failed.saturating_add(refused);
            all.errors = unanswered;
            if refused > 0 {
                all.successes = None;
            }
        }
        endpoints
    }
}

enum Counted {
    Status(u64),
    Error,
}

/// Of whom a counter counts answers or errors.
fn counted(key: &str) -> Option<(String, Counted)> {
    if let Some(rest) = key.strip_prefix(ENDPOINT) {
        if let Some((name, status)) = rest.rsplit_once(".codes.")
            && let Ok(status) = status.parse()
        {
            return Some((cut(name), Counted::Status(status)));
        }
        return rest.split_once(".errors.").map(|(name, _)| (cut(name), Counted::Error));
    }
    if key.starts_with("errors.") {
        return Some((ALL.to_owned(), Counted::Error));
    }
    let status = key.strip_prefix("http.codes.")?.parse().ok()?;
    Some((ALL.to_owned(), Counted::Status(status)))
}

/// The endpoint's name without what its URL asks for, which may be secret: `/a?token=1 (name)` is `/a (name)`.
fn cut(name: &str) -> String {
    let (url, given) = match name.rfind(" (") {
        Some(at) if name.ends_with(')') => name.split_at(at),
        _ => (name, ""),
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    format!("{path}{given}")
}

impl Endpoint {
    fn load(self, name: String, seconds: Option<f64>) -> Load {
        let Requests { succeeded, failed } = self.answered;
        let requests = Requests { succeeded, failed: failed.saturating_add(self.errors) };
        let latency = match (self.latency, self.successes) {
            (Some(all), _) if failed == 0 => Latency::Stated(all.stated()),
            // Without redirects, all successes are in it.
            (_, Some(successes)) if successes.count == succeeded => Latency::Stated(successes.stated()),
            _ => Latency::Unknown,
        };
        let throughput = seconds.filter(|_| succeeded > 0).map(|seconds| succeeded as f64 / seconds);
        Load { name, requests: Some(requests), throughput, latency }
    }
}

impl Summary {
    fn stated(&self) -> Stated {
        const UNIT_S: f64 = 1e-3;
        let all = [
            (50.0, self.p50),
            (75.0, self.p75),
            (90.0, self.p90),
            (95.0, self.p95),
            (99.0, self.p99),
            (99.9, self.p999),
        ];
        let percentiles: Vec<(f64, f64)> =
            all.into_iter().filter_map(|(percent, value)| Some((percent, value? * UNIT_S))).collect();
        stated(Some(self.count), self.mean.map(|mean| mean * UNIT_S), None, &percentiles)
    }
}

#[cfg(test)]
mod tests {
    use super::cut;
    use crate::harness::tests::{assert_loads, read_text, refused, refused_fixture};

    #[test]
    fn reads_all_and_each_endpoint() {
        assert_loads(
            "artillery/2.0.21/base.json",
            "artillery",
            &[
                (
                    "/fast",
                    1,
                    &[
                        ("error-rate", 0.0),
                        ("latency", 1e-3),
                        ("latency-p90", 6e-3),
                        ("latency-p99", 10.1e-3),
                        ("latency-p99.9", 10.1e-3),
                        ("throughput", 10.185_892_538_833_714),
                    ],
                ),
                ("/flaky", 1, &[("error-rate", 0.15), ("throughput", 8.658_008_658_008_658)]),
                (
                    "/slow (slow é)",
                    1,
                    &[
                        ("error-rate", 0.0),
                        ("latency", 8.9e-3),
                        ("latency-p90", 12.1e-3),
                        ("latency-p99", 15e-3),
                        ("latency-p99.9", 15e-3),
                        ("throughput", 10.185_892_538_833_714),
                    ],
                ),
                // Of answers with a good status, which artillery keeps apart.
                (
                    "all",
                    1,
                    &[
                        ("error-rate", 0.05),
                        ("latency", 2e-3),
                        ("latency-p90", 10.9e-3),
                        ("latency-p99", 15e-3),
                        ("latency-p99.9", 15e-3),
                        ("throughput", 29.029_793_735_676_087),
                    ],
                ),
            ],
        );
    }

    #[test]
    fn reads_a_slower_head() {
        let measurements =
            crate::harness::read(&crate::harness::tests::fixture("artillery/2.0.21/head_delay4ms.json"), None);
        let latencies: Vec<_> = measurements
            .expect("reads")
            .iter()
            .filter(|m| m.metric.name == "latency")
            .map(|m| (m.id.benchmark.clone(), m.values().next()))
            .collect();
        let expected = [("/fast", 0.005), ("/slow (slow é)", 0.013_1), ("all", 0.006)];
        assert_eq!(latencies, expected.map(|(name, value)| (name.to_owned(), Some(value))));
    }

    #[test]
    fn of_failures_only_is_refused() {
        assert_eq!(
            refused_fixture("artillery/2.0.21/edge_conn_refused.json"),
            "edge_conn_refused.json: aggregate.counters: none of 40 requests of '/fast' succeeded; a failure is not a fast \
             run: make the server answer"
        );
        let empty = r#"{"aggregate":{"counters":{"vusers.created":4},"summaries":{}}}"#;
        assert_eq!(refused("artillery", empty), "f: no HTTP request was made; let a scenario make HTTP requests");
    }

    #[test]
    fn answers_that_a_scenario_refused_are_failures() {
        let text = r#"{"aggregate":{"counters":{"http.requests":10,"http.responses":9,"http.codes.200":9,
            "errors.ETIMEDOUT":1,"errors.Failed capture or match":3},"firstMetricAt":1000,"lastMetricAt":3000,
            "summaries":{"http.response_time":{"count":9,"p50":1},"http.response_time.2xx":{"count":9,"p50":1}}}}"#;
        let found = read_text(None, text).expect("reads");
        let values: Vec<_> = found.iter().map(|m| (m.metric.name.as_str(), m.values().next())).collect();
        assert_eq!(values, [("error-rate", Some(0.4)), ("throughput", Some(3.0))]);
    }

    #[test]
    fn names_hold_no_query() {
        for (name, expected) in [("/a?token=1", "/a"), ("/a?token=1 (name)", "/a (name)"), ("/a (b)", "/a (b)")] {
            assert_eq!(cut(name), expected);
        }
    }
}
