//! oha: its JSON, its CSV of every answer, and what it prints. All in seconds, or with a unit.
//!
//! `successRate` counts every answer as a success, whatever its status: the status codes decide here.

use super::gathered::{At, Gathered, Members};
use super::hey::read_summary;
use super::load::{Latency, Load, Requests, answers, columns, stated};
use super::outline::{has, outline};
use super::source::json;
use super::text::text;
use super::{Artifact, Format, ParseError, Results};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "oha", about: "what `oha --no-tui` prints, best with --output-format json or csv", detect, read };

/// Requests that were under way when the time was over: they did not fail.
pub(super) const CUT_OFF: &str = "aborted due to deadline";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    summary: Summary,
    latency_percentiles: Percentiles,
    /// Of answers with a status of 200 to 299; written with `--stats-success-breakdown`.
    latency_percentiles_successful: Option<Percentiles>,
    status_code_distribution: Members<u64, 1_000>,
    error_distribution: Option<Members<u64, 10_000>>,
}

#[derive(Deserialize)]
struct Summary {
    /// Duration.
    total: f64,
    average: Option<f64>,
}

type Percentiles = Members<Option<f64>, 100>;

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let printed = || head.trim_start().starts_with("Summary:") && head.contains("Success rate:");
    head.starts_with("request-start,DNS,") || printed() || has(&outline(artifact.head()), &["summary", "successRate"])
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let bytes = artifact.file(FORMAT.name)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    if bytes.trim_ascii_start().starts_with(b"{") {
        let report: Report = json(path, bytes)?;
        report.load().add(&mut gathered, &At::Inside("statusCodeDistribution".into()))?;
        return Ok(gathered.results());
    }
    let text = text(path, bytes)?;
    if text.starts_with("request-start,") {
        let rows = columns(path, text, ',', ["request-start", "request-duration", "status"])?;
        answers(path, FORMAT.name, rows)?.add(&mut gathered, &At::Line(1, 1))?;
    } else {
        read_summary(path, text, FORMAT.name)?.add(&mut gathered, &At::Line(1, 1))?;
    }
    Ok(gathered.results())
}

impl Report {
    fn load(self) -> Load {
        let mut requests = Requests::default();
        let mut successes = 0_u64;
        for (status, count) in self.status_code_distribution.0 {
            requests.count(status.parse().unwrap_or_default(), count);
            if status.starts_with('2') {
                successes = count.saturating_add(successes);
            }
        }
        let are_all_successes = requests.failed == 0;
        for (error, count) in self.error_distribution.into_iter().flat_map(|errors| errors.0) {
            if error != CUT_OFF {
                requests.failed = requests.failed.saturating_add(count);
            }
        }
        // Connections that failed have no latency: only answers of a failing status are mixed in.
        let latency = match self.latency_percentiles_successful {
            _ if are_all_successes => {
                let percentiles = percentiles(self.latency_percentiles);
                Latency::Stated(stated(Some(requests.succeeded), self.summary.average, None, &percentiles))
            }
            Some(of_successes) => Latency::Stated(stated(Some(successes), None, None, &percentiles(of_successes))),
            None => Latency::Unknown,
        };
        let throughput = Some(requests.succeeded as f64 / self.summary.total);
        Load { name: FORMAT.name.to_owned(), requests: Some(requests), throughput, latency }
    }
}

/// `p99.9` and its value; null where nothing succeeded.
fn percentiles(members: Percentiles) -> Vec<(f64, f64)> {
    let level = |key: &str| key.strip_prefix('p').and_then(|percent| percent.parse().ok());
    members.0.into_iter().filter_map(|(key, value)| Some((level(&key)?, value?))).collect()
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, read_text, refused, refused_fixture};

    #[test]
    fn reads_json() {
        let read =
            |file: &str, metrics| assert_loads(&format!("oha/1.16.0/{file}.json"), "oha", &[("oha", 1, metrics)]);
        read(
            "base",
            &[
                ("error-rate", 0.0),
                ("latency", 0.000_402_034),
                ("latency-p90", 0.000_908_012),
                ("latency-p99", 0.008_841_532),
                ("latency-p99.9", 0.017_050_889),
                ("throughput", 6_285.601_568_715_183),
            ],
        );
        read(
            "head_delay4ms",
            &[
                ("error-rate", 0.0),
                ("latency", 0.004_679_729),
                ("latency-p90", 0.004_944_671),
                ("latency-p99", 0.006_987_612),
                ("latency-p99.9", 0.008_234_915),
                ("throughput", 1_077.094_940_180_215_2),
            ],
        );
        // The unit that was chosen is that of what is printed only.
        read(
            "edge_time_unit_ms",
            &[
                ("error-rate", 0.0),
                ("latency", 0.000_156_432),
                ("latency-p90", 0.001_391_978),
                ("latency-p99", 0.002_765_439),
                ("latency-p99.9", 0.002_765_439),
                ("throughput", 4_790.105_710_926_892),
            ],
        );
    }

    #[test]
    fn answers_of_a_bad_status_are_failures() {
        for (file, rate) in
            [("edge_mixed_status.json", 6_189.578_290_356_429), ("edge_text_mixed_status.txt", 6_941.458_575)]
        {
            let found = crate::harness::read(&crate::harness::tests::fixture(&format!("oha/1.16.0/{file}")), None);
            let found = found.expect("reads");
            let metrics: Vec<&str> = found.iter().map(|m| m.metric.name.as_str()).collect();
            assert_eq!(metrics, ["error-rate", "throughput"], "latencies of failures are mixed in");
            let failed = if rate > 6_500.0 { 0.145 } else { 0.14 };
            assert!((found[0].values().next().expect("one") - failed).abs() < 1e-12);
            assert!((found[1].values().next().expect("one") / rate - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn requests_cut_off_by_the_end_did_not_fail() {
        assert_loads(
            "oha/1.16.0/edge_qps_latency_correction.json",
            "oha",
            &[(
                "oha",
                1,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.008_829_434),
                    ("latency-p90", 0.009_870_344),
                    ("latency-p99", 0.012_857_109),
                    ("latency-p99.9", 0.012_857_109),
                    ("throughput", 49.929_747_846_185_46),
                ],
            )],
        );
    }

    #[test]
    fn reads_every_answer_of_the_csv() {
        assert_loads(
            "oha/1.16.0/base.csv",
            "oha",
            &[(
                "oha",
                300,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.000_379_887),
                    ("latency-p90", 0.001_268_929_7),
                    ("throughput", 7_789.388_842_733_875),
                ],
            )],
        );
        let row = |status: &str| {
            let header = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status";
            format!("{header}\n1,0,0,1,0.5,60,200\n0,0,0,1,0.001,60,{status}\n")
        };
        let found = read_text(None, &row("503")).expect("reads");
        let values: Vec<f64> = found.iter().flat_map(crate::model::Measurement::values).collect();
        // One of two failed, and its 1 ms is no latency.
        assert_eq!(values, [0.5, 0.5, 1.0 / 1.5]);
        let expected = "f:3:1: expected a status from 100 to 599, found 20; measure again: its writer was interrupted";
        assert_eq!(refused("oha", &row("20")), expected);
    }

    #[test]
    fn of_failures_only_is_refused() {
        assert_eq!(
            refused_fixture("oha/1.16.0/edge_conn_refused_all_null.json"),
            "edge_conn_refused_all_null.json: statusCodeDistribution: none of 5 requests of 'oha' succeeded; a failure is \
             not a fast run: make the server answer"
        );
    }

    #[test]
    fn quantiles_of_successes_are_used_where_they_are_given() {
        let text = r#"{"summary":{"successRate":1.0,"total":2.0,"average":0.1},"latencyPercentiles":{"p50":0.1},
            "latencyPercentilesSuccessful":{"p50":0.2,"p90":0.3},"statusCodeDistribution":{"200":3,"500":1},
            "errorDistribution":{"timeout":1}}"#;
        let found = read_text(None, text).expect("reads");
        let values: Vec<_> = found.iter().map(|m| (m.metric.name.as_str(), m.values().next())).collect();
        assert_eq!(
            values,
            [("error-rate", Some(0.4)), ("latency", Some(0.2)), ("latency-p90", Some(0.3)), ("throughput", Some(1.5))]
        );
    }
}
