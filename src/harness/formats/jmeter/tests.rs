use crate::harness::read;
use crate::harness::tests::{assert_reads, complaint, fixture, fixtures, read_text, refused};

/// Worked out with Python's own readers and numpy.
#[test]
fn reads_csv() {
    assert_reads(
        "jmeter/2.13/base.jtl",
        "jmeter",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 120, 1, 0.003),
            ("GET /fast", "latency-p90", "s", 1, 1, 0.006),
            ("GET /fast", "throughput", "1/s", 1, 1, 113.207_547_169_811_32),
            ("Search, \"quoted\" é", "error-rate", "1", 1, 1, 0.0),
            ("Search, \"quoted\" é", "latency", "s", 120, 1, 0.01),
            ("Search, \"quoted\" é", "latency-p90", "s", 1, 1, 0.015),
            ("Search, \"quoted\" é", "throughput", "1/s", 1, 1, 124.352_331_606_217_6),
            ("flaky", "error-rate", "1", 1, 1, 0.175),
            ("flaky", "latency", "s", 99, 1, 0.002),
            ("flaky", "latency-p90", "s", 1, 1, 0.009_000_000_000_000_001),
            ("flaky", "throughput", "1/s", 1, 1, 103.448_275_862_068_95),
        ],
    );
    assert_reads(
        "jmeter/2.13/head_delay4ms.jtl",
        "jmeter",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 120, 1, 0.005),
            ("GET /fast", "latency-p90", "s", 1, 1, 0.007),
            ("GET /fast", "throughput", "1/s", 1, 1, 92.024_539_877_300_61),
            ("Search, \"quoted\" é", "error-rate", "1", 1, 1, 0.0),
            ("Search, \"quoted\" é", "latency", "s", 120, 1, 0.013_000_000_000_000_001),
            ("Search, \"quoted\" é", "latency-p90", "s", 1, 1, 0.015),
            ("Search, \"quoted\" é", "throughput", "1/s", 1, 1, 101.351_351_351_351_34),
            ("flaky", "error-rate", "1", 1, 1, 0.133_333_333_333_333_33),
            ("flaky", "latency", "s", 104, 1, 0.005),
            ("flaky", "latency-p90", "s", 1, 1, 0.006),
            ("flaky", "throughput", "1/s", 1, 1, 88.964_927_288_280_58),
        ],
    );
    assert_reads(
        "jmeter/2.13/edge_noheader_semicolon_datetime.jtl",
        "jmeter",
        &[
            ("GET /fast", "error-rate", "1", 1, 1, 0.0),
            ("GET /fast", "latency", "s", 15, 1, 0.004),
            ("GET /fast", "throughput", "1/s", 1, 1, 104.166_666_666_666_66),
            ("Search; \"quoted\" é", "error-rate", "1", 1, 1, 0.0),
            ("Search; \"quoted\" é", "latency", "s", 15, 1, 0.011),
            ("Search; \"quoted\" é", "throughput", "1/s", 1, 1, 202.702_702_702_702_68),
        ],
    );
}
/// Worked out with Python's own readers and numpy.
#[test]
fn parts_of_samples_are_not_counted_again() {
    assert_reads(
        "jmeter/5.6/parts.jtl",
        "jmeter",
        &[
            ("Buy, all", "error-rate", "1", 1, 1, 0.083_333_333_333_333_33),
            ("Buy, all", "latency", "s", 55, 1, 0.103_000_000_000_000_01),
            ("Buy, all", "latency-p90", "s", 1, 1, 0.1246),
            ("Buy, all", "throughput", "1/s", 1, 1, 8.708_043_065_231_157),
            ("Home", "error-rate", "1", 1, 1, 0.0),
            ("Home", "latency", "s", 60, 1, 0.091),
            ("Home", "latency-p90", "s", 1, 1, 0.115_100_000_000_000_01),
            ("Home", "throughput", "1/s", 1, 1, 9.510_223_490_252_02),
            ("shop.test/cart", "error-rate", "1", 1, 1, 0.0),
            ("shop.test/cart", "latency", "s", 1, 1, 0.012),
            ("shop.test/cart", "throughput", "1/s", 1, 1, 83.333_333_333_333_33),
            ("step-1", "error-rate", "1", 1, 1, 0.083_333_333_333_333_33),
            ("step-1", "latency", "s", 55, 1, 0.009_000_000_000_000_001),
            ("step-1", "latency-p90", "s", 1, 1, 0.014_600_000_000_000_002),
            ("step-1", "throughput", "1/s", 1, 1, 8.825_417_201_540_436),
        ],
    );
    assert_reads(
        "jmeter/5.6/samples.xml",
        "jmeter",
        &[
            ("GET \"größe\" & more", "error-rate", "1", 1, 1, 0.05),
            ("GET \"größe\" & more", "latency", "s", 19, 1, 0.041),
            ("GET \"größe\" & more", "throughput", "1/s", 1, 1, 15.886_287_625_418_058),
            ("JDBC", "error-rate", "1", 1, 1, 0.0),
            ("JDBC", "latency", "s", 20, 1, 0.0055),
            ("JDBC", "throughput", "1/s", 1, 1, 17.467_248_908_296_94),
        ],
    );
}

#[test]
fn damaged_and_failed_files_are_refused() {
    for (file, expected) in [
        (
            "2.13/edge_conn_refused.jtl",
            ": none of 15 requests succeeded: failures are not fast answers; look whether the service runs and answers, and measure again",
        ),
        (
            "2.13/edge_truncated_midrow.jtl",
            ":30:1: expected 14 cells, found 1; measure again: its writer was interrupted",
        ),
        ("2.13/edge_empty_xml.jtl", ": no benchmark in this jmeter result; run the benchmarks, then try again"),
    ] {
        let path = format!("jmeter/{file}");
        assert_eq!(complaint(read(&fixture(&path), None), &fixtures()), format!("{path}{expected}"));
    }
}

const HEADER: &str = "timeStamp,elapsed,label,success\n";

#[test]
fn labels_that_look_like_parts_need_their_whole() {
    let names = |rows: &str| -> Vec<String> {
        let read = read_text(None, &format!("{HEADER}{rows}")).expect("reads");
        read.into_iter().filter(|m| m.metric.name == "latency").map(|m| m.id.benchmark).collect()
    };
    let row = |label: &str| format!("1,5,{label},true\n");
    assert_eq!(names(&(row("a") + &row("a-0") + &row("a-1"))), ["a"]);
    assert_eq!(names(&(row("a") + &row("a-1"))), ["a", "a-1"], "the part 0 is missing");
    assert_eq!(names(&(row("a") + &row("a-0") + &row("a-0"))), ["a", "a-0"], "more parts than wholes");
    assert_eq!(names(&(row("a-0") + &row("b-00"))), ["a-0", "b-00"]);
}

#[test]
fn columns_may_come_in_any_order_and_times_in_any_form() {
    let rows = "label\tsuccess\telapsed\ttimeStamp\na\ttrue\t250\t21:13\na\tfalse\t0\t21:14\n";
    let read = read_text(None, rows).expect("reads");
    let found: Vec<_> = read.iter().map(|m| (m.metric.name.as_str(), m.values().collect::<Vec<_>>())).collect();
    assert_eq!(found, [("error-rate", vec![0.5]), ("latency", vec![0.25])], "no throughput without known times");
}

#[test]
fn damage_has_its_line() {
    let written = super::WRITTEN;
    for (rows, expected) in [
        ("1,5,a,yes\n", format!("f:2:1: expected true or false as success; {written}")),
        ("1,-5,a,true\n", format!("f:2:1: expected elapsed milliseconds and a label in UTF-8; {written}")),
        ("1,NaN,a,true\n", format!("f:2:1: expected elapsed milliseconds and a label in UTF-8; {written}")),
        (
            "1,5,\"a\nb\",true\n",
            "f:2:1: the name 'a\\nb' holds control characters; give requests short names of printable characters"
                .into(),
        ),
        (
            "1,5,,true\n",
            "f:2:1: the benchmark's name is empty; give requests short names of printable characters".into(),
        ),
        (
            "1,5,\"a\n\nb,true\n1,5,a,true\n",
            "f:2:1: expected 4 cells, found 3; measure again: its writer was interrupted".into(),
        ),
        ("", "f: no benchmark in this jmeter result; run the benchmarks, then try again".into()),
    ] {
        assert_eq!(refused("jmeter", &format!("{HEADER}{rows}")), expected);
    }
    assert_eq!(
        refused("jmeter", "timeStamp,elapsed,label\n1,2,a\n"),
        "f:1:1: without success, failed samples cannot be told from fast ones; let JMeter write it: \
         jmeter.save.saveservice.successful=true"
    );
    assert!(
        refused("jmeter", "hello\n").starts_with("f:1:1: expected a line with timeStamp, elapsed, label and success")
    );
}

#[test]
fn damaged_xml_has_its_line() {
    let sample = "<sample t=\"5\" ts=\"1\" s=\"true\" lb=\"a\"/>\n";
    for (rows, expected) in [
        ("", "f:2:1: the file ends before the end of testResults; measure again: its writer was interrupted".to_owned()),
        ("<sample", "f:2:1: this is not well-formed XML in UTF-8; measure again: its writer was interrupted".into()),
        ("<sample t=\"5\" s=\"true\"/>", "f:2:1: expected a sample with t in milliseconds, s and lb; let JMeter write elapsed time (t), success (s) and label (lb) of each sample".into()),
        (&format!("{sample}<sample lb=\"&evil;\"/>"), "f:3:1: this is not well-formed XML in UTF-8; measure again: its writer was interrupted".into()),
        (&"<a>".repeat(70), format!("f:2:1: more than 64 elements within each other; {}", super::WRITTEN)),
    ] {
        assert_eq!(refused("jmeter", &format!("<testResults>\n{rows}")), expected);
    }
    assert_eq!(read_text(None, &format!("<testResults>{sample}</testResults>")).expect("reads").len(), 3);
}
