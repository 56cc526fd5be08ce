use super::{EMPTY, LeftOut, NO_DIRECTION, NO_MEASUREMENT, PastSuite, TWICE, read_history};
use crate::harness::tests::{complaint, fixture};
use crate::model::Better;

const ID: &str = "0123456789abcdef0123456789abcdef01234567";

fn read(text: &str) -> Result<Vec<PastSuite>, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("f");
    std::fs::write(&path, text).expect("writes");
    read_history(&path).map_err(|error| complaint::<()>(Err(error), folder.path()))
}

#[track_caller]
fn only(text: &str) -> PastSuite {
    let mut suites = read(text).expect("reads");
    assert_eq!(suites.len(), 1, "{suites:?}");
    suites.remove(0)
}

/// `data.js` with one suite `s` of these entries.
fn data_js(entries: &str) -> String {
    format!("window.BENCHMARK_DATA = {{\n\"entries\":{{\"s\":[{entries}]}}}};\n")
}

/// An entry of second `second` after the start of 2024.
fn entry(second: u32, tool: &str, benches: &str) -> String {
    let date = 1_704_067_200_000_u64 + u64::from(second) * 1_000;
    format!(r#"{{"commit":{{"id":"{ID}"}},"date":{date},"tool":"{tool}","benches":[{benches}]}}"#)
}

fn bench(name: &str, value: f64, unit: &str) -> String {
    format!(r#"{{"name":"{name}","value":{value},"unit":"{unit}"}}"#)
}

fn left_out(suite: &PastSuite) -> Vec<(&str, usize, &str)> {
    suite.left_out.iter().map(|LeftOut { why, count, first }| (*why, *count, first.as_str())).collect()
}

#[test]
fn every_entry_of_every_suite_is_a_run() {
    let suites = read_history(&fixture("github-action-benchmark/c38cce98/base.js")).expect("reads");
    let shape: Vec<_> = suites.iter().map(|suite| (suite.name.as_str(), suite.runs.len())).collect();
    assert_eq!(shape, [("Rust Benchmark", 10), ("Throughput", 4)]);
    let first = &suites[0].runs[0];
    assert_eq!((first.revision.as_str(), first.seconds), ("0000000000000000000000000000000000000abc", 1_767_261_600));
    let names: Vec<_> = first.values.iter().map(|value| (value.benchmark.as_str(), value.repeats[0])).collect();
    assert_eq!(names, [("parse/großer Text", 98_000.0 * 1e-9), ("parse/small", 1_176.0 * 1e-9)]);
    assert_eq!(suites[1].runs[0].values[0].metric.better, Better::Higher);
    let shown = format!("{suites:?}");
    for secret in ["dev@example", "Dev", "example.invalid", "quoted"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn runs_come_in_the_order_of_time_and_one_second_holds_several() {
    let entries: Vec<String> =
        [(2, 2.0), (1, 1.0), (2, 3.0)].map(|(at, v)| entry(at, "cargo", &bench("b", v, "s"))).to_vec();
    let values: Vec<f64> = only(&data_js(&entries.join(","))).runs.iter().map(|run| run.values[0].repeats[0]).collect();
    assert_eq!(values, [1.0, 2.0, 3.0]);
}

#[test]
fn the_object_alone_is_read_too() {
    let text = data_js(&entry(1, "cargo", &bench("b", 1.0, "ns/iter")));
    let object = text.strip_prefix("window.BENCHMARK_DATA = ").and_then(|text| text.strip_suffix(";\n"));
    assert_eq!(read(object.expect("an object")), read(&text));
}

#[test]
fn go_repeats_a_name_and_others_have_two_benchmarks_of_it() {
    let twice = [bench("b", 1.0, "ns/op"), bench("b", 3.0, "ns/op"), bench("c", 5.0, "ns/op")].join(",");
    let suite = only(&data_js(&entry(1, "go", &twice)));
    assert_eq!(suite.runs[0].values[0].repeats, [1e-9, 3.0 * 1e-9]);
    assert!(suite.left_out.is_empty());
    let suite = only(&data_js(&entry(1, "cargo", &twice)));
    let kept: Vec<_> = suite.runs[0].values.iter().map(|value| value.benchmark.as_str()).collect();
    assert_eq!(kept, ["c"]);
    assert_eq!(left_out(&suite), [(TWICE, 2, "entries.'s'[0].benches[1]")]);
}

#[test]
fn what_cannot_be_judged_is_left_out_and_counted() {
    let entries = [
        entry(1, "cargo", &[bench("zero", 0.0, "ns/iter"), bench("b", 1.0, "ns/iter")].join(",")),
        entry(2, "newtool", &[bench("b", 1.0, "widgets"), bench("c", -1.0, "s")].join(",")),
        entry(3, "cargo", ""),
    ];
    let suite = only(&data_js(&entries.join(",")));
    assert_eq!(suite.runs.len(), 1, "a run of which nothing is left is none");
    assert_eq!(
        left_out(&suite),
        [
            (EMPTY, 1, "entries.'s'[2]"),
            (NO_DIRECTION, 1, "entries.'s'[1].benches[0]"),
            (NO_MEASUREMENT, 2, "entries.'s'[0].benches[0]"),
        ]
    );
}

#[test]
fn broken_histories_are_refused_with_their_place() {
    let with = |from: &str, to: &str| data_js(&entry(1, "cargo", &bench("b", 1.0, "s")).replace(from, to));
    for (text, expected) in [
        (
            with(ID, "Ada <ada@example.org>"),
            "f: entries.'s'[0].commit.id: expected 7 to 64 hexadecimal digits, found 'Ada <ada@example.org>'; write the commit's id there",
        ),
        (
            with("1704067201000", "1704067201"),
            "f: entries.'s'[0].date: expected milliseconds since 1970, from 2000 to 9999, found 1704067201; write when the run took place",
        ),
        (
            with("1704067201000", "1e300"),
            &format!(
                "f: entries.'s'[0].date: expected milliseconds since 1970, from 2000 to 9999, found 1{}; write when the run took place",
                "0".repeat(300)
            ),
        ),
        (
            with("\"b\"", "\"b\\u001b[2J\""),
            "f: entries.'s'[0].benches[0]: the name 'b\\u{1b}[2J' holds control characters; give it a short name of printable characters",
        ),
        (
            with("\"value\":1", "\"value\":NaN"),
            "f:2:144: expected value; write the file again with the tool itself, and do not edit it",
        ),
        (
            "window.BENCHMARK_DATA = {\"entries\":{}}".to_owned(),
            "f: no run in this history; name a file that holds runs, or ask for another span of time",
        ),
        (
            "[]".to_owned(),
            "f: no known history in this file; name the `data.js` of github-action-benchmark, or what `bencher perf` prints (docs/formats.md)",
        ),
    ] {
        assert_eq!(read(&text).expect_err("refused"), expected);
    }
    let cut = data_js(&entry(1, "cargo", &bench("b", 1.0, "s")));
    assert!(read(&cut[..cut.len() - 20]).expect_err("refused").contains("f:2:"), "a cut file has a place");
}

/// One line of `bencher perf`, in the shape that its documentation gives.
fn line(benchmark: &str, extra: &str, measure: (&str, &str), points: &str) -> String {
    let named = |name: &str| format!(r#"{{"uuid":"u","project":"p","name":"{name}","slug":"{name}"}}"#);
    let (slug, units) = measure;
    format!(
        r#"{{"branch":{},"testbed":{},"benchmark":{},{extra}"measure":{{"uuid":"u","name":"A Measure","slug":"{slug}","units":"{units}"}},"metrics":[{points}]}}"#,
        named("main"),
        named("ubuntu-latest"),
        named(benchmark)
    )
}

fn point(report: &str, second: u32, iteration: u32, value: f64) -> String {
    format!(
        r#"{{"report":"{report}","iteration":{iteration},"start_time":"2024-01-01T00:00:{second:02}Z","end_time":"2024-01-01T00:01:00Z","version":{{"number":3,"hash":"{ID}"}},"threshold":null,"boundary":null,"alert":null,"metric":{{"uuid":"u","value":{value},"lower_value":null,"upper_value":null}}}}"#
    )
}

fn bencher(lines: &[String]) -> String {
    let project = r#"{"uuid":"u","organization":"o","name":"The Computer","slug":"the-computer","url":"https://example.invalid/secret"}"#;
    format!(r#"{{"project":{project},"start_time":null,"end_time":null,"results":[{}]}}"#, lines.join(","))
}

#[test]
fn points_of_one_report_are_one_run_with_units_from_the_measures() {
    let text = bencher(&[
        line("b", "", ("latency", "nanoseconds (ns)"), &[point("r2", 2, 0, 20.0), point("r1", 1, 0, 10.0)].join(",")),
        line("b", "", ("req-rate", "operations / second (ops/s)"), &point("r1", 1, 0, 5.0)),
        line("b", "", ("l1-hits", "hits"), &[point("r1", 1, 0, 7.0), point("r1", 1, 1, 9.0)].join(",")),
        line("b", "", ("file-size", "bytes (B)"), &point("r1", 1, 0, 4.0)),
        line("b", "", ("noise-score", "decibels"), &point("r1", 1, 0, 4.0)),
    ]);
    let suite = only(&text);
    assert_eq!((suite.name.as_str(), suite.runs.len()), ("main/ubuntu-latest", 2));
    assert_eq!((suite.runs[0].revision.as_str(), suite.runs[0].seconds), (ID, 1_704_067_201));
    let first: Vec<_> = suite.runs[0]
        .values
        .iter()
        .map(|v| (v.metric.name.as_str(), v.metric.unit.to_string(), v.metric.better, v.repeats.clone()))
        .collect();
    assert_eq!(
        first,
        [
            ("file-size", "B".to_owned(), Better::Lower, vec![4.0]),
            ("l1-hits", "1".to_owned(), Better::Lower, vec![7.0, 9.0]),
            ("latency", "s".to_owned(), Better::Lower, vec![10.0 * 1e-9]),
            ("req-rate", "1/s".to_owned(), Better::Higher, vec![5.0]),
        ]
    );
    assert_eq!(left_out(&suite), [(NO_DIRECTION, 1, "results[4].metrics[0]")]);
    assert!(!format!("{suite:?}").contains("secret"));
}

#[test]
fn parameters_are_part_of_the_name_and_later_versions_have_named_values() {
    let set = |set: &str| format!(r#""parameter":{{"uuid":"u","set":{set}}},"#);
    let named = point("r1", 1, 0, 8.0)
        .replace(r#""metric":{"uuid":"u","value":8"#, r#""metrics":{"value":{"value":8}},"x":{"y":8"#);
    let text = bencher(&[
        line("b", &set(r#"{"size":16,"alloc":"je"}"#), ("latency", "nanoseconds (ns)"), &named),
        line("b", &set("{}"), ("latency", "nanoseconds (ns)"), &point("r1", 1, 0, 7.0)),
        line("c", "", ("latency", "nanoseconds (ns)"), &named.replace(r#""value":{"value":8}"#, "")),
    ]);
    let suite = only(&text);
    let found: Vec<_> = suite.runs[0].values.iter().map(|v| (v.benchmark.as_str(), v.repeats[0])).collect();
    assert_eq!(found, [("b", 7.0 * 1e-9), ("b [alloc=je,size=16]", 8.0 * 1e-9)]);
    assert_eq!(left_out(&suite), [("a point without `value`", 1, "results[2].metrics[0]")]);
}

#[test]
fn a_version_without_a_commit_has_its_number_and_anything_else_is_refused() {
    let of = |from: &str, to: &str| {
        read(&bencher(&[line("b", "", ("latency", "nanoseconds (ns)"), &point("r1", 1, 0, 7.0).replace(from, to))]))
    };
    let none = of(&format!("\"{ID}\""), "null").expect("reads");
    assert_eq!(none[0].runs[0].revision, "version 3");
    assert_eq!(
        of(ID, "../../etc").expect_err("refused"),
        "f: results[0].metrics[0].version.hash: expected 7 to 64 hexadecimal digits, found '../../etc'; export it again, and do not edit it"
    );
    assert_eq!(
        of("2024-01-01T00:00:01Z", "yesterday").expect_err("refused"),
        "f: results[0].metrics[0].start_time: expected a date from 2000 on, found 'yesterday'; export it again, and do not edit it"
    );
    assert_eq!(
        read(&bencher(&[])).expect_err("refused"),
        "f: no run in this history; name a file that holds runs, or ask for another span of time"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Whatever is cut or written over, the answer is a history without a number that is none, or a complaint.
    #[test]
    fn no_damage_makes_it_panic(cut in 0_usize..2_000, at in 0_usize..2_000, byte in 0_u8..=255, which in 0_usize..2) {
        let points = [point("r1", 1, 0, 10.0), point("r1", 1, 1, 1e-300)].join(",");
        let benches = [bench("b", 1e300, "h"), bench("b", 2.0, "GB/s")].join(",");
        let whole = [
            bencher(&[line("b", "", ("latency", "nanoseconds (ns)"), &points)]),
            data_js(&[entry(1, "go", &benches), entry(2, "jmh", &benches)].join(",")),
        ];
        let mut bytes = whole[which].clone().into_bytes();
        if at < bytes.len() {
            bytes[at] = byte;
        }
        if cut % 3 == 0 {
            bytes.truncate(cut);
        }
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("f");
        std::fs::write(&path, bytes).expect("writes");
        for suite in read_history(&path).unwrap_or_default() {
            let mut values = suite.runs.iter().flat_map(|run| &run.values).flat_map(|value| &value.repeats);
            proptest::prop_assert!(values.all(|value| value.is_finite() && *value >= 0.0));
        }
    }
}

fn table(content: &str) -> Result<crate::model::History, super::ParseError> {
    super::table::read(&super::Artifact::of("history.csv", content.as_bytes()))
}

#[test]
fn tables_are_read_by_their_header() {
    let csv = "commit,time,parse,cpu,\"print, long\"\na1,2026-01-01,1.5,EPYC,2\nb2,2026-01-02,,EPYC,NaN\nc3,2026-01-03,1e-3,Xeon,4\n";
    let history = table(csv).unwrap();
    let names: Vec<_> = history.series.iter().map(|series| series.benchmark.as_str()).collect();
    assert_eq!(names, ["parse", "print, long"]);
    assert_eq!(history.series[0].values[0], 1.5);
    assert!(history.series[0].values[1].is_nan() && history.series[1].values[1].is_nan());
    assert_eq!(history.series[0].values[2], 1e-3);
    assert_eq!(history.runs[2].commit.as_deref(), Some("c3"));
    assert_eq!(history.left_out, ["the column 'cpu' holds no number"]);
    for text in ["a;b\n1;2\n", "a\tb\n1\t2\n", "\u{feff}a,b\r\n1,2\r\n"] {
        let history = table(text).unwrap();
        assert_eq!(history.series.iter().map(|series| series.values[0]).collect::<Vec<_>>(), [1.0, 2.0], "{text:?}");
    }
    let unlabelled = table("x\n1\n2\n3\n").unwrap();
    assert_eq!((unlabelled.series[0].values.len(), &unlabelled.runs[0].commit), (3, &None));
}

#[test]
fn objects_are_rows_as_well() {
    let text = "{\"commit\":\"a1\",\"parse\":1}\n\n{\"commit\":\"b2\",\"parse\":2.5,\"print\":7,\"host\":\"x\"}\n";
    let history = table(text).unwrap();
    assert_eq!(history.series[0].values, [1.0, 2.5]);
    assert!(history.series[1].values[0].is_nan() && history.series[1].values[1] == 7.0);
    assert_eq!(history.left_out, ["the column 'host' holds no number"]);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("entries.ndjson");
    std::fs::write(&path, "{\"entries\":1,\"results\":2}\n").expect("writes");
    assert!(matches!(super::read_past(&path), Ok(super::Past::Table(_))), "a series may be called as data.js's are");
}

#[test]
fn rows_are_counted_in_order_of_time() {
    for times in [["2026-01-02", "2026-01-01"], ["1800000001", "1800000000"]] {
        let history = table(&format!("time,x\n{},2\n{},1\n", times[0], times[1])).unwrap();
        assert_eq!(history.series[0].values, [1.0, 2.0], "{times:?}");
        assert!(history.left_out[0].contains("order of time"), "{:?}", history.left_out);
    }
    // Noon in Berlin is before noon in London; a fortnight is not seven hundred days.
    let zones = "time,x\n2026-06-01T12:00:00Z,2\n2026-06-01T12:00:00+02:00,1\n2026-06-15T00:00:00Z,3\n";
    assert_eq!(table(zones).unwrap().series[0].values, [1.0, 2.0, 3.0]);
    let unknown = table("time,x\nyesterday,2\ntoday,1\n").unwrap();
    assert_eq!(unknown.series[0].values, [2.0, 1.0]);
    assert!(unknown.left_out[0].contains("file's order"));
}

#[test]
fn damaged_tables_are_refused_with_their_place() {
    for (text, complaint) in [
        ("", "history.csv: no series of numbers"),
        ("a,b\n", "history.csv: no series of numbers"),
        ("1,2\n3,4\n", "history.csv:1:1: expected a header, found numbers"),
        ("a,b\n1,2\n3\n", "history.csv:3:1: expected 2 cells, found 1"),
        ("a,b\n1,2\n3,x\n", "history.csv:3:3: expected a number in 'b', found 'x'"),
        (
            "b\n1\n\"2,5 ms\"\n",
            "history.csv:3:1: expected a number in 'b', found '2,5 ms', which has a decimal comma; write numbers with a point",
        ),
        (
            "b\n\"2,5 ms\"\n",
            "history.csv:2:1: no series of numbers in this history: 'b' holds '2,5 ms', which has a decimal comma;",
        ),
        ("a,b\n0,5,1\n", "history.csv:2:1: expected 2 cells, found 3: '0,5' may be one with a decimal comma; "),
        ("a,a\n1,2\n", "history.csv:1:3: the column 'a' comes twice"),
        ("commit,a,Commit\nx,1,y\n", "history.csv:1:10: the column 'Commit' comes twice"),
        ("a,b\nx,\"1,099.5\"\n", "history.csv:2:1: no series of numbers in this history: 'a' holds 'x'"),
        ("a;b\n1,5;2.5\n", "history.csv:2:1: a number with a decimal comma, where 2:5 has a decimal point"),
        ("[\n  {\"a\": 1}]", "history.csv:1:1: the runs are one JSON array"),
        ("a\n\"1\n", "history.csv:2:1: this quote is never closed"),
        ("{\"a\":1}\n{\"a\":}\n", "history.csv:2:"),
        ("{\"a\":1}\n[1]\n", "history.csv:2:"),
        ("a\u{1b}[31m\n1\n", "history.csv:1:1: "),
    ] {
        let error = table(text).unwrap_err().to_string();
        assert!(error.starts_with(complaint), "{text:?}: {error}");
    }
}

#[test]
fn tables_of_spreadsheets_are_read() {
    // Excel where the comma is the decimal point, with its byte order mark and line ends.
    let comma = table("\u{feff}sep=;\r\nCommit;Zeit [s];n\r\na1;-1,25;7\r\nb2;1,5E-3;\r\n").unwrap();
    assert_eq!((comma.series[0].values.as_slice(), comma.series[1].values[0]), (&[-1.25, 1.5e-3][..], 7.0));
    assert_eq!(comma.runs[1].commit.as_deref(), Some("b2"));
    assert_eq!(comma.left_out, ["the commas in numbers are read as decimal points"]);
    for text in ["\n\na;b\n1;2\n", "sep=\t\na\tb\n1\t2\n"] {
        assert_eq!(table(text).unwrap().series.len(), 2, "{text:?}");
    }
    // A data frame's index has no name, and neither has what follows a delimiter at the end.
    let index = table(",a,\n0,1.5,\n1,2.5,\n").unwrap();
    assert_eq!((index.series.len(), index.series[0].values.as_slice()), (1, &[1.5, 2.5][..]));
    assert_eq!(index.left_out, ["a column without a name is left out"]);
    assert_eq!(table("a,\n1,\n").unwrap().left_out, [""; 0], "nothing is left out there");
    let dated = table("date,sha,host,a\n2026-01-02,0f1e2d3c,x,1\n").unwrap();
    let hints =
        ["'date' holds no number; called `time`,", "'sha' holds no number; called `commit`,", "'host' holds no number"];
    for (hint, said) in hints.iter().zip(&dated.left_out) {
        assert!(said.contains(hint), "{said}");
    }
    let texts = table("{\"a\":\"1.5\"}\n{\"a\":\"n/a\"}\n").unwrap();
    assert!(texts.series[0].values[0] == 1.5 && texts.series[0].values[1].is_nan());
    for (text, none) in [
        ("a;b\n1,2,3;1\n", "'1,2,3' is none"),
        ("a;b\n1.000,5;1\n", "'1.000,5', which has a decimal comma, is none"),
        ("a,b\n\"1,5\",1\n", "'1,5', which has a decimal comma, is none"),
    ] {
        assert_eq!(table(text).unwrap().left_out, [format!("the column 'a' holds no number; {none}")], "{text:?}");
    }
}

#[test]
fn times_of_mixed_form_order_nothing_and_infinity_is_no_value() {
    let mixed = table("time,x\n1800000001,2\n1700000000000,1\n").unwrap();
    assert_eq!(mixed.series[0].values, [2.0, 1.0]);
    assert!(mixed.left_out[0].contains("file's order"), "{:?}", mixed.left_out);
    // The end of February is before the first of March, whatever their zones.
    let dates = table("time,x\n2026-03-01T03:00Z,2\n2026-02-28T23:30-02:00,1\n").unwrap();
    assert_eq!(dates.series[0].values, [1.0, 2.0]);
    let error = table("x\n1\n-inf\n").unwrap_err().to_string();
    assert!(error.starts_with("history.csv:3:1: expected a number in 'x', found '-inf'"), "{error}");
    let capitals = table("{\"Time\":2,\"Commit\":\"b\",\"x\":2}\n{\"Time\":1,\"Commit\":\"a\",\"x\":1}\n").unwrap();
    assert_eq!((capitals.series.len(), capitals.runs[0].commit.as_deref()), (1, Some("a")));
}

#[test]
fn few_values_make_no_table_that_fills_the_memory() {
    let names: Vec<String> = (0..900).map(|name| format!("\"{name}\":1")).collect();
    let objects = format!("{}{{{}}}\n", "{}\n".repeat(20_000), names.join(","));
    let error = table(&objects).unwrap_err().to_string();
    assert!(error.starts_with("history.csv:20001:1: more than 16000000 values; look at a shorter span"), "{error}");
    let mut entries: Vec<String> = (0..4_100).map(|at| entry(at, "cargo", &bench("b", 1.0, "s"))).collect();
    let benches: Vec<String> = (0..4_000).map(|name| bench(&name.to_string(), 1.0, "s")).collect();
    entries.push(entry(5_000, "cargo", &benches.join(",")));
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("data.js");
    std::fs::write(&path, data_js(&entries.join(","))).expect("writes");
    let error = super::read_past(&path).unwrap_err().to_string();
    assert!(error.contains("'s' has 4101 runs and 4001 series: more than 16000000 values"), "{error}");
    assert_eq!(read_history(&path).expect("few values").len(), 1);
}

#[test]
fn an_apostrophe_before_what_would_be_computed_is_none_of_the_name() {
    let history = table("commit,'=1+1,''@x,'x\n'-a,1,2,3\n").unwrap();
    let names: Vec<_> = history.series.iter().map(|series| series.benchmark.as_str()).collect();
    assert_eq!(names, ["=1+1", "'@x", "'x"]);
    assert_eq!(history.runs[0].commit.as_deref(), Some("-a"));
}
