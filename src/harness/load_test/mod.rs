//! What load tests have in common: an endpoint's latencies, throughput and errors.
//!
//! Failed requests are never counted as fast ones: latencies and throughput are those of successful requests, and where a
//! file mixes failures into its latencies, these are left out.

mod endpoint;
mod latencies;
pub(super) mod load;
mod requests;

pub(super) use endpoint::endpoint;
pub(super) use latencies::levels;
pub(super) use requests::{Request, Requests};

use super::gathered::{At, Gathered};
use super::{ParseError, ParseErrorKind, foreign_metric};
use crate::model::{Better, Launch, Stated, Unit};
use latencies::Latencies;
use std::path::Path;

/// The benchmark of a file that only tells of all requests together.
pub(super) const ALL: &str = "all";

/// What a file tells of the requests of one name.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Where.
    pub(super) at: At,
    /// Its public name, as [`endpoint`] gives it.
    pub(super) name: String,
    /// All requests.
    pub(super) requests: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Latencies of the successful ones, in seconds; none where failures are mixed in.
    pub(super) latency: Option<Latency>,
    /// Successful requests per second.
    pub(super) throughput: Option<f64>,
}

/// Durations of one kind, in seconds.
#[derive(Debug)]
pub(super) struct Latency {
    /// In the file's order; empty if the file only states the rest, or holds too many.
    pub(super) values: Vec<f64>,
    /// What they amount to.
    pub(super) stated: Stated,
}

/// Adds latencies, throughput and error rate of every endpoint. A file in which nothing succeeded is refused: what failed
/// at once is not fast.
pub(super) fn add_endpoints(
    gathered: &mut Gathered<'_>,
    path: &Path,
    endpoints: Vec<Endpoint>,
) -> Result<(), ParseError> {
    let total = |count: fn(&Endpoint) -> u64| endpoints.iter().map(count).fold(0, u64::saturating_add);
    let (requests, failed) = (total(|endpoint| endpoint.requests), total(|endpoint| endpoint.failed));
    if requests > 0 && failed >= requests {
        return Err(ParseError::new(
            ParseErrorKind::Value,
            path,
            format!("none of {requests} requests succeeded: failures are not fast answers"),
            "look whether the service runs and answers, and measure again",
        ));
    }
    for Endpoint { at, name, requests, failed, latency, throughput } in endpoints {
        let id = gathered.id(&name);
        if failed > requests || requests == 0 {
            return Err(gathered.error(
                &at,
                &format!("{failed} of {requests} requests failed, which cannot be"),
                "write the file again with the tool itself, and do not edit it",
            ));
        }
        if let Some(latency) = latency.filter(|_| failed < requests) {
            add_durations(gathered, &at, &name, ("latency", Unit::Second), latency)?;
        }
        // Tools round a low rate, or that of a short run, to 0.
        if let Some(throughput) = throughput.filter(|&rate| failed < requests && rate != 0.0) {
            let metric = foreign_metric("throughput", Unit::PerSecond, Better::Higher);
            gathered.add(&at, id.clone(), metric, one(throughput))?;
        }
        let metric = foreign_metric("error-rate", Unit::One, Better::Lower);
        gathered.add(&at, id, metric, one(failed as f64 / requests as f64))?;
    }
    Ok(())
}

impl Latency {
    /// These values and what they amount to.
    pub(super) fn of(values: Vec<f64>) -> Self {
        let mut latencies = Latencies::default();
        values.into_iter().for_each(|value| latencies.add(value, true));
        let (values, stated) = latencies.finish(true);
        Self { values, stated }
    }

    /// Without those that are 0: written in too large steps, they say nothing. Of values one of which is 0, what they amount
    /// to stays.
    pub(super) fn without_zeros(mut self) -> Self {
        if self.values.contains(&0.0) {
            self.values.clear();
        }
        let Stated { mean, median, quantiles, .. } = &mut self.stated;
        quantiles.retain(|&(_, value)| value != 0.0);
        *mean = mean.filter(|&mean| mean != 0.0);
        *median = median.filter(|&median| median != 0.0);
        self
    }
}

impl From<Stated> for Latency {
    fn from(stated: Stated) -> Self {
        Self { values: Vec::new(), stated }
    }
}

/// Adds durations as the metric of that name and unit, and those of their quantiles that are judged as metrics of their own.
/// Whether there were any.
pub(super) fn add_durations(
    gathered: &mut Gathered<'_>,
    at: &At,
    name: &str,
    (metric, unit): (&str, Unit),
    Latency { values, stated }: Latency,
) -> Result<bool, ParseError> {
    let of = |name: String| foreign_metric(&name, unit, Better::Lower);
    let tails = [(0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];
    let tails = tails.map(|(level, suffix)| stated_quantile(&stated.quantiles, level).map(|value| (suffix, value)));
    let mut has_any = false;
    for (suffix, value) in tails.into_iter().flatten() {
        gathered.add(at, gathered.id(name), of(format!("{metric}-{suffix}")), one(value))?;
        has_any = true;
    }
    if !values.is_empty() {
        gathered.add(at, gathered.id(name), of(metric.to_owned()), vec![Launch { iterations: values }])?;
    } else if stated.median.is_some() || stated.mean.is_some() {
        gathered.add_stated(at, gathered.id(name), of(metric.to_owned()), stated)?;
    } else {
        return Ok(has_any);
    }
    Ok(true)
}

/// The value stated for that level.
pub(super) fn stated_quantile(quantiles: &[(f64, f64)], level: f64) -> Option<f64> {
    quantiles.iter().find(|(stated, _)| (stated - level).abs() < 1e-9).map(|&(_, value)| value)
}

fn one(value: f64) -> Vec<Launch> {
    vec![Launch { iterations: vec![value] }]
}

/// The level of a quantile that is written in percent: `99.9` is 0.999.
pub(super) fn level(percent: &str) -> Option<f64> {
    let percent: f64 = percent.parse().ok()?;
    // Rounded so that it equals the level as it is written in a program.
    (percent > 0.0 && percent < 100.0).then(|| (percent * 1e6).round() / 1e8)
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn levels_equal_what_is_written() {
        for (percent, expected) in
            [("90", Some(0.9)), ("99.9", Some(0.999)), ("99.99", Some(0.9999)), ("0", None), ("100", None), ("x", None)]
        {
            assert_eq!(level(percent), expected);
        }
    }
}
