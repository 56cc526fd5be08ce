use crate::harness::read;
use crate::harness::tests::{assert_reads, complaint, fixture, fixtures, read_text, refused};

/// Worked out with Python's own readers and numpy.
#[test]
fn reads_points() {
    assert_reads(
        "k6/0.50/base_points.json",
        "k6",
        &[
            ("Find \"größe\", all", "error-rate", "1", 1, 1, 0.0),
            ("Find \"größe\", all", "latency", "s", 10, 1, 0.016_789_916_5),
            ("Find \"größe\", all", "throughput", "1/s", 1, 1, 21.952_245_699_368_472),
            ("GET localhost/api/items", "error-rate", "1", 1, 1, 0.0),
            ("GET localhost/api/items", "latency", "s", 10, 1, 0.009_569_542),
            ("GET localhost/api/items", "throughput", "1/s", 1, 1, 23.128_522_526_019_89),
            ("POST localhost/api/items", "error-rate", "1", 1, 1, 0.0),
            ("POST localhost/api/items", "latency", "s", 10, 1, 0.010_113_341_999_999_999),
            ("POST localhost/api/items", "throughput", "1/s", 1, 1, 22.025_881_216_576_728),
            ("main", "iteration-duration", "s", 10, 1, 0.045_669_670_499_999_995),
        ],
    );
    assert_reads(
        "k6/0.50/head_slow40_points.json",
        "k6",
        &[
            ("Find \"größe\", all", "error-rate", "1", 1, 1, 0.0),
            ("Find \"größe\", all", "latency", "s", 10, 1, 0.015_271_978_499_999_998),
            ("Find \"größe\", all", "throughput", "1/s", 1, 1, 19.371_014_444_045_343),
            ("GET localhost/api/items", "error-rate", "1", 1, 1, 0.0),
            ("GET localhost/api/items", "latency", "s", 10, 1, 0.016_394_803),
            ("GET localhost/api/items", "throughput", "1/s", 1, 1, 20.041_877_583_377_98),
            ("POST localhost/api/items", "error-rate", "1", 1, 1, 0.1),
            ("POST localhost/api/items", "latency", "s", 9, 1, 0.013_509_009),
            ("POST localhost/api/items", "throughput", "1/s", 1, 1, 17.241_105_731_649_856),
        ],
    );
}

/// The numbers as they stand in the files, in seconds.
#[test]
fn reads_summaries_of_both_shapes() {
    let rate = 80.5 / 1.5 * 0.95;
    for (file, expected) in [
        (
            "base_summary_export",
            vec![
                ("error-rate", 0.0),
                ("iteration-duration", 0.022_25),
                ("iteration-duration-p90", 0.0405),
                ("latency", 0.0108),
                ("latency-p90", 0.0202),
                ("throughput", 80.5),
            ],
        ),
        (
            "head_slow50_summary_export",
            vec![("error-rate", 0.05), ("latency", 0.0162), ("latency-p90", 0.0303), ("throughput", rate)],
        ),
        (
            "base_handle_summary",
            vec![
                ("error-rate", 0.0),
                ("iteration-duration", 0.022_25),
                ("iteration-duration-p90", 0.0405),
                ("latency", 0.0108),
                ("latency-p90", 0.0202),
                ("latency-p99", 0.0775),
                ("latency-p99.9", 0.0885),
                ("throughput", 80.5),
            ],
        ),
    ] {
        let read = read(&fixture(&format!("k6/0.50/{file}.json")), None).expect("reads");
        assert!(read.iter().all(|m| m.id.benchmark == "all" && m.values().count() == 1));
        let found: Vec<_> = read.iter().map(|m| m.metric.name.as_str()).collect();
        assert_eq!(found, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{file}");
        for (m, (name, value)) in read.iter().zip(expected) {
            let seen = m.values().next().expect("a value");
            assert!((seen - value).abs() <= 1e-12 * value, "{file} {name}: {seen}");
        }
        let stated = read.iter().find(|m| m.metric.name == "latency").and_then(|m| m.stated.clone()).expect("stated");
        assert_eq!(stated.n, Some(if file.starts_with("head") { 380 } else { 400 }));
    }
}

#[test]
fn damaged_and_failed_files_are_refused() {
    for (file, expected) in [
        (
            "edge_all_failed_summary_export",
            ": none of 1 requests succeeded: failures are not fast answers; look whether the service runs and answers, and measure again",
        ),
        ("edge_truncated_points", ":24:70: the line ends too early; measure again: its writer was interrupted"),
    ] {
        let path = format!("k6/0.50/{file}.json");
        assert_eq!(complaint(read(&fixture(&path), None), &fixtures()), format!("{path}{expected}"));
    }
}

/// Names and metrics of a text, with the first value.
fn values(text: &str) -> Vec<(String, String, f64)> {
    let read = read_text(None, text).expect("reads");
    read.iter().map(|m| (m.id.benchmark.clone(), m.metric.name.clone(), m.values().next().expect("a value"))).collect()
}

fn point(metric: &str, value: f64, tags: &str) -> String {
    let time = "2026-08-06T08:26:40Z";
    format!(
        "{{\"metric\":\"{metric}\",\"type\":\"Point\",\"data\":{{\"time\":\"{time}\",\"value\":{value},\"tags\":{{{tags}}}}}}}\n"
    )
}

#[test]
fn summaries_that_mix_failures_in_give_no_latency() {
    let summary = |failed: &str| {
        format!(
            "{{\"metrics\":{{\"http_req_duration\":{{\"avg\":1,\"med\":2}},\"iteration_duration\":{{\"avg\":9,\"med\":9}},\
             \"http_reqs\":{{\"count\":10,\"rate\":5}}{failed}}}}}"
        )
    };
    let found = values(&summary(",\"http_req_failed\":{\"passes\":1,\"fails\":9,\"value\":0.1}"));
    let all = |name: &str, value: f64| ("all".to_owned(), name.to_owned(), value);
    assert_eq!(found, [all("error-rate", 0.1), all("throughput", 4.5)]);
    for (failed, expected) in [
        ("", "metrics.http_req_duration: without http_req_failed, failed requests cannot be told from fast ones; measure with k6 0.31 or newer, without http.setResponseCallback(null)".to_owned()),
        (",\"http_req_failed\":{\"value\":0.1}", format!("metrics.http_req_failed: expected the numbers of passes and fails; {}", super::summary::WRITTEN)),
        (",\"http_req_failed\":{\"passes\":1,\"fails\":9,\"value\":0.9}", format!("metrics.http_req_failed: 1 of 10 requests failed, which is another rate than the one beside it; {}", super::summary::WRITTEN)),
        (",\"grpc_req_duration\":{\"med\":1}", "metrics.grpc_req_duration: a summary does not tell which calls failed; write all points instead: k6 run --out json=FILE".into()),
        (",\"http_reqs\":{\"rate\":9}", format!("metrics.http_reqs: this metric occurs twice; {}", super::summary::WRITTEN)),
    ] {
        assert_eq!(refused("k6", &summary(failed)), format!("f: {expected}"));
    }
    assert_eq!(
        refused("k6", "{\"metrics\":{}}"),
        "f: no benchmark in this k6 result; run the benchmarks, then try again"
    );
}

#[test]
fn calls_of_other_protocols_are_told_apart() {
    let grpc = |status: &str, value| {
        point("grpc_req_duration", value, &format!("\"name\":\"/shop.Cart/Add\",\"status\":\"{status}\""))
    };
    let found =
        values(&(grpc("0", 5.0) + &grpc("14", 0.1) + &point("ws_ping", 3.0, "\"url\":\"ws://u:p@host/ws?t=s3cret\"")));
    let found: Vec<_> = found.iter().map(|(name, metric, value)| (name.as_str(), metric.as_str(), *value)).collect();
    assert_eq!(
        found,
        [
            ("/shop.Cart/Add", "error-rate", 0.5),
            ("/shop.Cart/Add", "latency", 0.005),
            ("/shop.Cart/Add", "throughput", 200.0),
        ]
    );
    let found = values(&(grpc("0", 5.0) + &point("ws_ping", 3.0, "\"url\":\"ws://u:p@host/ws?t=s3cret\"")));
    assert_eq!(found.last(), Some(&("host/ws".to_owned(), "ws-ping".to_owned(), 0.003)));
}

#[test]
fn without_the_tag_the_status_decides() {
    let http = |status: &str| point("http_req_duration", 5.0, &format!("\"name\":\"a\",\"status\":\"{status}\""));
    let rate = |text: &str| values(text)[0].2;
    assert_eq!(rate(&(http("200") + &http("304") + &http("404") + &http("0"))), 0.5);
    let none = point("http_req_duration", 5.0, "\"name\":\"a\"");
    assert_eq!(
        refused("k6", &none),
        "f:1:1: neither expected_response nor status tells whether this request failed; leave both among the systemTags of k6"
    );
}

#[test]
fn lines_are_never_skipped_unless_they_are_whole() {
    let good = point("http_req_duration", 5.0, "\"name\":\"a\",\"status\":\"200\"");
    let other = point("http_req_waiting", 5.0, "\"name\":\"a{b}\"");
    assert_eq!(values(&format!("{good}{other}\n{other}")).len(), 3);
    let glued = format!("{}{good}", &other[..40]);
    assert!(super::points::is_another_point(point("vus", 1.0, "").trim_end().as_bytes()));
    assert!(!super::points::is_another_point(glued.trim_end().as_bytes()));
    let written = "write the file again with k6 (--out json=FILE), and do not edit it";
    for (line, expected) in [
        (glued.as_str(), format!("f:2:43: expected a JSON object with type, metric and data; {written}")),
        ("{\"metric\":\"vus\"", "f:2:15: the line ends too early; measure again: its writer was interrupted".into()),
        ("[\"s3cret\"]", format!("f:2:10: expected a JSON object with type, metric and data; {written}")),
        (&good.replace("2026-", "x"), format!("f:2:1: expected a point with a time and a value; {written}")),
        (&good.replace("5,", "-5,"), "f:2:1: expected a duration from 0 on, found -0.005 s; measure again".into()),
        (
            &good.replace("5,", "\"s3cret\","),
            format!("f:2:99: expected a JSON object with type, metric and data; {written}"),
        ),
    ] {
        assert_eq!(refused("k6", &format!("{good}{line}")), expected);
    }
}
