use crate::harness::read;
use crate::harness::tests::{assert_reads, complaint, fixture, fixtures, read_text, refused};

/// Worked out with Python's own readers and numpy.
#[test]
fn reads_statistics() {
    assert_reads(
        "locust/2.47.0/base_stats.csv",
        "locust",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 1, 1, 0.002),
            ("GET /fast", "latency-p90", "s", 1, 1, 0.007),
            ("GET /fast", "latency-p99", "s", 1, 1, 0.012),
            ("GET /fast", "latency-p99.9", "s", 1, 1, 0.07),
            ("GET /fast", "throughput", "1/s", 1, 1, 115.056_839_505_669_54),
            ("GET /flaky", "error-rate", "1", 1, 1, 0.114_130_434_782_608_69),
            ("GET /flaky", "throughput", "1/s", 1, 1, 32.559_487_568_444_68),
            ("GET /slow?q=[id]", "error-rate", "1", 1, 1, 0.0),
            ("GET /slow?q=[id]", "latency", "s", 1, 1, 0.012),
            ("GET /slow?q=[id]", "latency-p90", "s", 1, 1, 0.017),
            ("GET /slow?q=[id]", "latency-p99", "s", 1, 1, 0.021),
            ("GET /slow?q=[id]", "latency-p99.9", "s", 1, 1, 0.024),
            ("GET /slow?q=[id]", "throughput", "1/s", 1, 1, 38.951_534_207_648_54),
            ("POST items \"é\", csv", "error-rate", "1", 1, 1, 0.0),
            ("POST items \"é\", csv", "latency", "s", 1, 1, 0.003),
            ("POST items \"é\", csv", "latency-p90", "s", 1, 1, 0.007),
            ("POST items \"é\", csv", "latency-p99", "s", 1, 1, 0.012),
            ("POST items \"é\", csv", "latency-p99.9", "s", 1, 1, 0.015),
            ("POST items \"é\", csv", "throughput", "1/s", 1, 1, 39.750_540_037_549_03),
        ],
    );
    assert_reads(
        "locust/2.47.0/head_delay4ms_stats.csv",
        "locust",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 1, 1, 0.006),
            ("GET /fast", "latency-p90", "s", 1, 1, 0.01),
            ("GET /fast", "latency-p99", "s", 1, 1, 0.016),
            ("GET /fast", "latency-p99.9", "s", 1, 1, 0.021),
            ("GET /fast", "throughput", "1/s", 1, 1, 102.535_760_806_575_6),
            ("GET /flaky", "error-rate", "1", 1, 1, 0.146_739_130_434_782_62),
            ("GET /flaky", "throughput", "1/s", 1, 1, 31.441_629_778_578_847),
            ("GET /slow?q=[id]", "error-rate", "1", 1, 1, 0.0),
            ("GET /slow?q=[id]", "latency", "s", 1, 1, 0.014),
            ("GET /slow?q=[id]", "latency-p90", "s", 1, 1, 0.02),
            ("GET /slow?q=[id]", "latency-p99", "s", 1, 1, 0.024),
            ("GET /slow?q=[id]", "latency-p99.9", "s", 1, 1, 0.026_000_000_000_000_002),
            ("GET /slow?q=[id]", "throughput", "1/s", 1, 1, 33.244_016_199_006_93),
            ("POST items \"é\", csv", "error-rate", "1", 1, 1, 0.0),
            ("POST items \"é\", csv", "latency", "s", 1, 1, 0.006),
            ("POST items \"é\", csv", "latency-p90", "s", 1, 1, 0.009_000_000_000_000_001),
            ("POST items \"é\", csv", "latency-p99", "s", 1, 1, 0.018_000_000_000_000_002),
            ("POST items \"é\", csv", "latency-p99.9", "s", 1, 1, 0.071_000_000_000_000_01),
            ("POST items \"é\", csv", "throughput", "1/s", 1, 1, 32.242_690_409_880_22),
        ],
    );
}

/// Worked out with Python's own readers.
#[test]
fn reads_the_history_s_last_numbers() {
    assert_reads(
        "locust/2.47.0/base_stats_history.csv",
        "locust",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 1, 1, 0.002),
            ("GET /fast", "throughput", "1/s", 1, 1, 115.2),
            ("GET /flaky", "error-rate", "1", 1, 1, 0.114_130_434_782_608_69),
            ("GET /flaky", "throughput", "1/s", 1, 1, 32.6),
            ("GET /slow?q=[id]", "error-rate", "1", 1, 1, 0.0),
            ("GET /slow?q=[id]", "latency", "s", 1, 1, 0.012),
            ("GET /slow?q=[id]", "throughput", "1/s", 1, 1, 39.0),
            ("POST items \"é\", csv", "error-rate", "1", 1, 1, 0.0),
            ("POST items \"é\", csv", "latency", "s", 1, 1, 0.003),
            ("POST items \"é\", csv", "throughput", "1/s", 1, 1, 39.8),
        ],
    );
    assert_reads(
        "locust/2.47.0/edge_total_only_stats_history.csv",
        "locust",
        &[("all", "error-rate", "1", 1, 1, 0.018_197_573_656_845_753), ("all", "throughput", "1/s", 1, 1, 226.6)],
    );
}

/// By numpy's `quantile(…, method="inverted_cdf")` of each time as often as it occurred.
#[test]
fn reads_json() {
    let quantiles = |name: &'static str, throughput, times: [f64; 2]| {
        let metric = |(metric, value): (&'static str, f64)| (name, metric, "s", 1, 1, value * 1e-3);
        let names = ["latency", "latency-p90"];
        let mut rows = vec![(name, "error-rate", "1", 1, 1, 0.0)];
        rows.extend(names.into_iter().zip(times).map(metric));
        rows.push((name, "throughput", "1/s", 1, 1, throughput));
        rows
    };
    let rows = [
        quantiles("GET /fast", 87.460_996_192_740_67, [2.0, 8.0]),
        vec![
            ("GET /flaky", "error-rate", "1", 1, 1, 15.0 / 115.0),
            ("GET /flaky", "throughput", "1/s", 1, 1, 28.560_414_960_786_75),
        ],
        quantiles("GET /slow?q=[id]", 29.122_569_720_288_393, [11.0, 16.0]),
        quantiles("POST items \"é\", csv", 31.745_507_159_517_334, [3.0, 7.0]),
    ];
    assert_reads("locust/2.47.0/base.json", "locust", &rows.concat());
}

#[test]
fn failed_files_are_refused() {
    for file in ["edge_conn_refused_stats.csv", "edge_conn_refused_stats_history.csv"] {
        let path = format!("locust/2.47.0/{file}");
        assert_eq!(
            complaint(read(&fixture(&path), None), &fixtures()),
            format!(
                "{path}: none of 266 requests succeeded: failures are not fast answers; look whether the service runs and \
                 answers, and measure again"
            )
        );
    }
}

#[test]
fn damage_has_its_line() {
    let header =
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Requests/s,Failures/s\n";
    let written = super::csv::WRITTEN;
    for (rows, expected) in [
        (
            "GET,/a,5,0,2,2.5,1.0,0.0\n",
            "f: the file ends before its row Aggregated; measure again: its writer was interrupted".to_owned(),
        ),
        (
            "GET,/a,5,0,2,2.5,1.0,0.0\n,Aggregated,6,0,2,2.5,1.0,0.0\n",
            format!("f:3:1: the rows do not add up to their total, Aggregated; {written}"),
        ),
        ("GET,/a,5\n", "f:2:1: expected 8 cells, found 3; measure again: its writer was interrupted".into()),
        (
            "GET,/a,5,6,2,2.5,1.0,0.0\n",
            format!("f:2:1: 6 of 5 requests of 'GET /a' failed, which cannot be; {written}"),
        ),
        ("GET,/a,0,0,0,0,0,0\n", format!("f:2:1: 0 of 0 requests of 'GET /a' failed, which cannot be; {written}")),
        (
            "GET,/a,5,0,2,nan,1.0,0.0\n",
            format!("f:2:1: expected a number from 0 on as Average Response Time; {written}"),
        ),
        ("GET,/a,-5,0,2,2.5,1.0,0.0\n", format!("f:2:1: expected a count as Request Count; {written}")),
        (
            ",Aggregated,0,0,0,0,0,0\n",
            "f: no benchmark in this locust result; run the benchmarks, then try again".into(),
        ),
    ] {
        assert_eq!(refused("locust", &format!("{header}{rows}")), expected);
    }
}

#[test]
fn damaged_json_is_refused() {
    let entry = |requests: u64, times: &str| {
        format!(
            "[{{\"name\":\"/a?token=s3cret\",\"method\":\"GET\",\"start_time\":10.0,\"last_request_timestamp\":12.0,\"num_requests\":{requests},\
             \"num_failures\":0,\"total_response_time\":9.0,\"response_times\":{{{times}}}}}]"
        )
    };
    let read = read_text(None, &entry(3, "\"2\": 2, \"1\": 1")).expect("reads");
    let found: Vec<_> =
        read.iter().map(|m| (m.id.benchmark.as_str(), m.metric.name.as_str(), m.values().next())).collect();
    let a = "GET /a";
    assert_eq!(found, [(a, "error-rate", Some(0.0)), (a, "latency", Some(0.002)), (a, "throughput", Some(1.5))]);
    let written = super::json::WRITTEN;
    for (text, expected) in [
        (entry(4, "\"2\": 2, \"1\": 1"), format!("f: [0].response_times: expected 4 requests, found 3; {written}")),
        (entry(1, "\"x\": 1"), format!("f: [0].response_times: expected milliseconds as keys; {written}")),
        (entry(1, "\"-2\": 1"), format!("f: [0].response_times: expected milliseconds as keys; {written}")),
        (entry(0, ""), format!("f: [0]: 0 of 0 requests failed, which cannot be; {written}")),
        ("[]".to_owned(), "f: no benchmark in this locust result; run the benchmarks, then try again".to_owned()),
    ] {
        assert_eq!(refused("locust", &text), expected);
    }
}
