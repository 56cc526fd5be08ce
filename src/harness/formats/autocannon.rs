//! autocannon's `--json`: counts of answers and a histogram of whole milliseconds.

use super::gathered::{At, Gathered};
use super::load::{Latency, Load, Requests, endpoint, stated};
use super::outline::{has, outline};
use super::source::json;
use super::{Artifact, Format, ParseError, Results};
use serde::Deserialize;

pub(super) const FORMAT: Format = Format { name: "autocannon", about: "what `autocannon --json` prints", detect, read };

#[derive(Deserialize)]
struct Report {
    url: Option<String>,
    /// Seconds.
    duration: f64,
    /// Connections that failed, timeouts included.
    errors: u64,
    /// Answers with a body other than the expected one.
    #[serde(default)]
    mismatches: u64,
    /// Answers of other statuses than 200 to 299.
    non2xx: u64,
    #[serde(rename = "2xx")]
    ok: u64,
    #[serde(rename = "3xx", default)]
    redirects: u64,
    latency: Histogram,
}

/// Milliseconds.
#[derive(Deserialize)]
struct Histogram {
    average: Option<f64>,
    stddev: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p90: Option<f64>,
    p97_5: Option<f64>,
    p99: Option<f64>,
    p99_9: Option<f64>,
    p99_99: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    let outline = outline(artifact.head());
    has(&outline, &["connections"]) && has(&outline, &["pipelining"]) && has(&outline, &["non2xx"])
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let report: Report = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let at = At::Inside("2xx".into());
    let load = report
        .load()
        .map_err(|problem| gathered.error(&at, problem, "write the file again with autocannon, and do not edit it"))?;
    load.add(&mut gathered, &at)?;
    Ok(gathered.results())
}

impl Report {
    fn load(self) -> Result<Load, &'static str> {
        let good = self.ok.saturating_add(self.redirects);
        let succeeded =
            good.checked_sub(self.mismatches).ok_or("more answers are other than expected than there are")?;
        let bad =
            self.non2xx.checked_sub(self.redirects).ok_or("non2xx is less than 3xx")?.saturating_add(self.mismatches);
        // Connections that failed have no latency: only answers that failed are mixed in.
        let answered = Requests { succeeded, failed: bad };
        let requests = Requests { succeeded, failed: bad.saturating_add(self.errors) };
        let latency = Latency::of_all(answered, self.latency.stated(succeeded));
        let throughput = (succeeded > 0).then_some(succeeded as f64 / self.duration);
        let name = self.url.as_deref().and_then(endpoint).unwrap_or_else(|| FORMAT.name.to_owned());
        Ok(Load { name, requests: Some(requests), throughput, latency })
    }
}

impl Histogram {
    fn stated(&self, n: u64) -> crate::model::Stated {
        const UNIT_S: f64 = 1e-3;
        let all = [
            (50.0, self.p50),
            (75.0, self.p75),
            (90.0, self.p90),
            (97.5, self.p97_5),
            (99.0, self.p99),
            (99.9, self.p99_9),
            (99.99, self.p99_99),
        ];
        let percentiles: Vec<(f64, f64)> =
            all.into_iter().filter_map(|(percent, value)| Some((percent, value? * UNIT_S))).collect();
        let (mean, sd) = (self.average.map(|mean| mean * UNIT_S), self.stddev.map(|sd| sd * UNIT_S));
        stated(Some(n), mean, sd, &percentiles)
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, fixture, refused, refused_fixture};

    #[test]
    fn reads_json() {
        // The median is 0 ms, so the mean stands for it.
        assert_loads(
            "autocannon/9.0.0/base.json",
            "autocannon",
            &[(
                "127.0.0.1/fast",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.02e-3),
                    ("latency-p99.9", 4e-3),
                    ("throughput", 21_724.875_621_890_55),
                ],
            )],
        );
        assert_loads(
            "autocannon/9.0.0/head_delay4ms.json",
            "autocannon",
            &[(
                "127.0.0.1/fast",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 4e-3),
                    ("latency-p90", 5e-3),
                    ("latency-p99", 9e-3),
                    ("latency-p99.9", 13e-3),
                    ("throughput", 836.318_407_960_199_1),
                ],
            )],
        );
    }

    #[test]
    fn failures_are_counted() {
        assert_loads(
            "autocannon/9.0.0/edge_non2xx.json",
            "autocannon",
            &[("127.0.0.1/flaky", 1, &[("error-rate", 8.0 / 60.0), ("throughput", 51.485_148_514_851_49)])],
        );
        assert_eq!(
            refused_fixture("autocannon/9.0.0/edge_conn_refused.json"),
            "edge_conn_refused.json: 2xx: none of 3846 requests of '127.0.0.1/' succeeded; a failure is not a fast run: make \
             the server answer"
        );
        let base = std::fs::read_to_string(fixture("autocannon/9.0.0/base.json")).expect("fixture");
        let edited = base.replace("\"mismatches\":0", "\"mismatches\":43668");
        let error = refused("autocannon", &edited);
        assert!(error.starts_with("f: 2xx: more answers are other than expected than there are;"), "{error}");
        let error = refused("autocannon", &base.replace("\"3xx\":0", "\"3xx\":1"));
        assert!(error.starts_with("f: 2xx: non2xx is less than 3xx;"), "{error}");
    }
}
