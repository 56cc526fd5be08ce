//! k6: the summary at a run's end in both its shapes, and the stream of all points.

mod points;
mod summary;
#[cfg(test)]
mod tests;

use super::outline::{has, outline};
use super::quantity::kebab;
use super::{Artifact, Format, ParseError};
use crate::harness::Results;

pub(super) const FORMAT: Format = Format {
    name: "k6",
    about: "a summary of k6 (`--summary-export`, or `handleSummary` as JSON), or its points (`--out json=FILE`)",
    detect,
    read,
};

/// Times of requests, whose failures k6 tells.
const HTTP: &str = "http_req_duration";
const GRPC: &str = "grpc_req_duration";

/// k6's own other metrics that are durations, in milliseconds. Those of its parts of a request are left out: they say where
/// the time of [`HTTP`] went. A script's own trends have no unit.
const DURATIONS: [&str; 10] = [
    "iteration_duration",
    "group_duration",
    "ws_connecting",
    "ws_ping",
    "ws_session_duration",
    "browser_http_req_duration",
    "browser_web_vital_fcp",
    "browser_web_vital_inp",
    "browser_web_vital_lcp",
    "browser_web_vital_ttfb",
];

/// Metrics of which every summary holds at least one.
const BUILT_IN: [&str; 8] =
    ["http_reqs", HTTP, GRPC, "http_req_failed", "iteration_duration", "iterations", "vus", "data_sent"];

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    let is_group = ["path", "groups", "checks"].iter().any(|key| has(&keys, &["root_group", key]));
    is_stream(&keys) || is_group || BUILT_IN.iter().any(|name| has(&keys, &["metrics", name]))
}

/// Whether the first line is a metric or a point.
fn is_stream(keys: &[Vec<String>]) -> bool {
    has(keys, &["type"]) && (has(keys, &["data", "time"]) || has(keys, &["data", "contains"]))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    if is_stream(&outline(artifact.head())) { points::read(artifact) } else { summary::read(artifact) }
}

/// benchgate's name of one of k6's metrics.
fn metric_name(metric: &str) -> String {
    kebab(metric).unwrap_or_else(|| metric.to_owned())
}
