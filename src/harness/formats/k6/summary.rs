//! The summary: `--summary-export` writes a metric's numbers beside its thresholds, `handleSummary` below `values`.

use super::{Artifact, DURATIONS, FORMAT, GRPC, HTTP, ParseError, metric_name};
use crate::harness::Results;
use crate::harness::gathered::{At, Gathered, Members};
use crate::harness::load_test::{ALL, Endpoint, Latency, add_durations, add_endpoints, level};
use crate::harness::source::json;
use crate::model::{Stated, Unit};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most metrics: scripts may make one per page.
const METRICS_MAX: usize = 100_000;

#[derive(Deserialize)]
struct Summary {
    metrics: Members<Map<String, Value>, METRICS_MAX>,
}

/// Only the successful requests of [`HTTP`].
const EXPECTED: &str = "http_req_duration{expected_response:true}";

pub(super) fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let summary: Summary = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut metrics = BTreeMap::new();
    for (name, metric) in summary.metrics.0 {
        if metrics.contains_key(&name) && (name == EXPECTED || READ.contains(&name.as_str())) {
            return Err(gathered.error(&at(&name), "this metric occurs twice", WRITTEN));
        }
        metrics.insert(name, Metric(metric));
    }
    if metrics.contains_key(GRPC) {
        let problem = "a summary does not tell which calls failed";
        return Err(gathered.error(&at(GRPC), problem, "write all points instead: k6 run --out json=FILE"));
    }
    let http = http(&gathered, &metrics)?;
    let all_succeeded = http.iter().all(|endpoint| endpoint.failed == 0);
    add_endpoints(&mut gathered, path, http.into_iter().collect())?;
    // An iteration that failed early is short, and nothing tells which did.
    for name in DURATIONS.into_iter().filter(|_| all_succeeded) {
        if let Some(metric) = metrics.get(name) {
            let latency = Latency { values: Vec::new(), stated: metric.durations(None) };
            add_durations(&mut gathered, &at(name), ALL, (&metric_name(name), Unit::Second), latency)?;
        }
    }
    Ok(gathered.results())
}

const READ: [&str; 3] = [HTTP, "http_reqs", "http_req_failed"];
pub(super) const WRITTEN: &str = "write the file again with k6, and do not edit it";

fn at(metric: &str) -> At {
    At::Inside(format!("metrics.{metric}"))
}

/// All requests together; none if the script made none.
fn http(gathered: &Gathered<'_>, metrics: &BTreeMap<String, Metric>) -> Result<Option<Endpoint>, ParseError> {
    let Some(all) = metrics.get(HTTP) else { return Ok(None) };
    let Some(failed) = metrics.get("http_req_failed") else {
        let problem = "without http_req_failed, failed requests cannot be told from fast ones";
        return Err(gathered.error(
            &at(HTTP),
            problem,
            "measure with k6 0.31 or newer, without http.setResponseCallback(null)",
        ));
    };
    // Passed is what is true, which is that a request failed.
    let (Some(failures), Some(successes)) = (failed.count("passes"), failed.count("fails")) else {
        let problem = "expected the numbers of passes and fails";
        return Err(gathered.error(&at("http_req_failed"), problem, WRITTEN));
    };
    let requests = failures.saturating_add(successes);
    if requests == 0 {
        return Ok(None);
    }
    let rate = failed.number("rate").or(failed.number("value"));
    if rate.is_none_or(|rate| (rate - failures as f64 / requests as f64).abs() > 1e-6) {
        let problem = format!("{failures} of {requests} requests failed, which is another rate than the one beside it");
        return Err(gathered.error(&at("http_req_failed"), &problem, WRITTEN));
    }
    let per_second = metrics.get("http_reqs").and_then(|metric| metric.number("rate"));
    let durations = metrics.get(EXPECTED).or((failures == 0).then_some(all));
    Ok(Some(Endpoint {
        at: at(HTTP),
        name: ALL.to_owned(),
        requests,
        failed: failures,
        latency: durations.map(|metric| Latency { values: Vec::new(), stated: metric.durations(Some(successes)) }),
        throughput: per_second.map(|rate| rate * (successes as f64 / requests as f64)),
    }))
}

/// One metric, whichever shape it has.
struct Metric(Map<String, Value>);

impl Metric {
    fn values(&self) -> &Map<String, Value> {
        self.0.get("values").and_then(Value::as_object).unwrap_or(&self.0)
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.values().get(key)?.as_f64()
    }

    fn count(&self, key: &str) -> Option<u64> {
        self.values().get(key)?.as_u64()
    }

    /// A trend in milliseconds as seconds, with whatever quantiles the script asked for.
    fn durations(&self, n: Option<u64>) -> Stated {
        let seconds = |key: &str| self.number(key).map(|milliseconds| milliseconds * 1e-3);
        let quantile = |key: &String| Some((level(key.strip_prefix("p(")?.strip_suffix(')')?)?, seconds(key)?));
        let mut quantiles: Vec<(f64, f64)> = self.values().keys().filter_map(quantile).collect();
        quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        quantiles.dedup_by(|a, b| a.0 == b.0);
        let half = quantiles.iter().position(|&(level, _)| level == 0.5).map(|at| quantiles.remove(at).1);
        Stated { n, mean: seconds("avg"), median: seconds("med").or(half), sd: None, quantiles }
    }
}
