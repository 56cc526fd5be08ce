use super::{Artifact, BENCHMARKS_MAX, FORMAT, ParseError, name};
use crate::harness::gathered::{At, Members};
use crate::harness::load_test::{Endpoint, Latency, levels};
use crate::harness::outline::{has, outline};
use crate::harness::source::{Bounded, json};
use crate::model::Stated;
use serde::Deserialize;
use std::path::Path;

/// One name's requests.
#[derive(Deserialize)]
struct Entry {
    name: String,
    method: Option<String>,
    /// Seconds since 1970.
    start_time: f64,
    last_request_timestamp: Option<f64>,
    num_requests: u64,
    num_failures: u64,
    /// Milliseconds of all requests together.
    total_response_time: f64,
    /// How many requests took so many milliseconds, rounded to two digits.
    response_times: Members<u64, TIMES_MAX>,
}

/// Most different times: two digits of each magnitude are far fewer.
const TIMES_MAX: usize = 100_000;

pub(super) const WRITTEN: &str = "write the file again with Locust (--json), and do not edit it";

pub(super) fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    ["num_requests", "num_failures", "total_response_time"].iter().all(|key| has(&keys, &["[]", key]))
}

pub(super) fn read(artifact: &Artifact) -> Result<Vec<Endpoint>, ParseError> {
    let path = artifact.path.as_path();
    let entries: Bounded<Entry, BENCHMARKS_MAX> = json(path, artifact.file(FORMAT.name)?)?;
    entries.0.into_iter().enumerate().map(|(index, entry)| entry.endpoint(path, index)).collect()
}

impl Entry {
    /// Locust mixes failures into its latencies, so those of a name with failures are left out.
    fn endpoint(self, path: &Path, index: usize) -> Result<Endpoint, ParseError> {
        let at = format!("[{index}].response_times");
        let mut times = Vec::new();
        for (milliseconds, count) in &self.response_times.0 {
            let value = milliseconds.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
            times.push((
                value.ok_or_else(|| ParseError::at(path, &at, "expected milliseconds as keys", WRITTEN))?,
                *count,
            ));
        }
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (requests, failed) = (self.num_requests, self.num_failures);
        let count = times.iter().fold(0, |sum: u64, &(_, count)| sum.saturating_add(count));
        if count != requests {
            return Err(ParseError::at(path, &at, &format!("expected {requests} requests, found {count}"), WRITTEN));
        }
        if failed > requests || requests == 0 {
            let problem = format!("{failed} of {requests} requests failed, which cannot be");
            return Err(ParseError::at(path, &format!("[{index}]"), &problem, WRITTEN));
        }
        let seconds = self.last_request_timestamp.map(|last| last - self.start_time).filter(|&seconds| seconds > 0.0);
        let quantile = |level| (level, quantile(&times, requests, level) * 1e-3);
        let stated = Stated {
            n: Some(requests),
            mean: Some(self.total_response_time / requests as f64 * 1e-3),
            // Rounded to 0, it says less than the mean.
            median: Some(quantile(0.5).1).filter(|&median| median > 0.0),
            sd: None,
            quantiles: levels(requests).map(quantile).collect(),
        };
        Ok(Endpoint {
            at: At::Inside(at),
            name: name(&self.method.unwrap_or_default(), &self.name),
            requests,
            failed,
            latency: (failed == 0).then_some(Latency { values: Vec::new(), stated }),
            throughput: seconds.map(|seconds| (requests - failed) as f64 / seconds),
        })
    }
}

/// The least time that at least the share `level` of `count` requests did not exceed.
fn quantile(times: &[(f64, u64)], count: u64, level: f64) -> f64 {
    let rank = count as f64 * level;
    let mut below = 0;
    let found = times.iter().find(|&&(_, count)| {
        below += count;
        below as f64 >= rank
    });
    found.or(times.last()).map_or(0.0, |&(milliseconds, _)| milliseconds)
}
