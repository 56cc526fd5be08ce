use super::*;
use crate::harness::tests::{median, read_text};
use crate::model::Measurement;

fn output(text: &str) -> Result<Vec<Measurement>, String> {
    read_text(Some("go"), text)
}

#[test]
fn rows_of_packages_that_take_turns_are_put_together() {
    let event = |package: &str, output: &str| {
        format!("{{\"Action\":\"output\",\"Package\":\"{package}\",\"Output\":\"{output}\"}}\n")
    };
    let text = [
        event("a", "BenchmarkX-2 \\t"),
        event("b", "BenchmarkX-2 \\t 1\\t"),
        event("a", "10\\t 5 ns/op\\nBenchmarkY-2 \\t 1\\t"),
        event("b", "7 ns/op"),
        event("a", " 3 ns/op\\n"),
        "{\"Action\":\"pass\",\"Package\":\"a\"}\n".to_owned(),
    ];
    let read = output(&text.concat()).expect("reads");
    let found: Vec<_> = read.iter().map(|m| (m.id.benchmark.as_str(), median(m))).collect();
    assert_eq!(found, [("a.BenchmarkX-2", 5.0 * 1e-9), ("a.BenchmarkY-2", 3.0 * 1e-9), ("b.BenchmarkX-2", 7.0 * 1e-9)]);
}

#[test]
fn a_long_name_of_a_package_is_held_once() {
    let package = "p".repeat(400_000);
    let event = |output: &str| format!("{{\"Action\":\"output\",\"Package\":\"{package}\",\"Output\":\"{output}\"}}\n");
    let nothing = "f: no benchmark in this go result; run the benchmarks, then try again";
    assert_eq!(output(&event(&"a\\n".repeat(200_000))).expect_err("refused"), nothing);
    let rows = (0..20_000).map(|row| format!("Benchmark{row} 1 2 ns/op")).collect::<Vec<_>>().join("\n");
    let error = output(&format!("pkg: {package}\n{rows}")).expect_err("refused");
    assert!(error.starts_with("f:2:1: the name 'ppp") && error.contains("is longer than"), "{error}");
}

#[test]
fn custom_units_have_a_direction_by_their_form_or_by_a_line() {
    let text = "Unit widgets better=higher\n\
                BenchmarkA 1 2 p99-ms 3 rows/s 4 MB/sec 5 errors/op 6 widgets 7 peak-RSS-bytes 8 mystery 9 read-ns/op\n";
    let read = output(text).expect("reads");
    let found: Vec<_> = read
        .iter()
        .map(|m| (m.metric.name.as_str(), m.metric.unit.to_string(), m.metric.better == Better::Higher, median(m)))
        .collect();
    let of = |name, unit: &str, higher, value| (name, unit.to_owned(), higher, value);
    assert_eq!(
        found,
        [
            of("bytes-per-second", "1/s", true, 4e6),
            of("errors-per-op", "1", false, 5.0),
            of("p99", "s", false, 2e-3),
            of("peak-rss", "B", false, 7.0),
            of("read", "s", false, 9.0 * 1e-9),
            of("rows-per-second", "1/s", true, 3.0),
            of("widgets", "1", true, 6.0),
        ]
    );
}

#[test]
fn lines_that_only_look_like_rows_are_passed_over() {
    let text = "Benchmarking the cache\nBenchmark results follow\nBenchmarkA\n  BenchmarkB 1 1 ns/op\n\
                Benchmark 2 4 ns/op\nBenchmark/size=8 1 2 ns/op\n";
    let names: Vec<String> = output(text).expect("reads").into_iter().map(|m| m.id.benchmark).collect();
    assert_eq!(names, ["Benchmark", "Benchmark/size=8"]);
}

/// What was read, and what failed with its place.
fn outcome(text: &str) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("f");
    std::fs::write(&path, text).expect("writes");
    let results = crate::harness::read_results(&path, Some("go")).expect("reads");
    let failed = results.failures.iter().map(|failure| {
        let place = failure.error.place.rsplit_once("/f:").expect("a place").1;
        format!("{} {place} {}", failure.id.benchmark, failure.error.problem)
    });
    (results.measurements.into_iter().map(|m| m.id.benchmark).collect(), failed.collect())
}

#[test]
fn what_failed_is_named_and_the_rest_is_read() {
    let row = |name: &str| format!("Benchmark{name}-2 \t 1\t 5 ns/op\n");
    let good = format!("pkg: q\n{}PASS\nok  \tq\t0.1s\n", row("Q"));
    for (text, expected) in [
        // In the first iteration there is no suffix yet; of several the first place counts.
        (
            format!("pkg: p\n--- FAIL: BenchmarkX\n{}--- FAIL: BenchmarkX\nFAIL\nFAIL\tp\t0.1s\n", row("A")),
            vec!["p.BenchmarkX-2 2:1 'BenchmarkX' failed"],
        ),
        ("FAIL\tx.y/z [build failed]\n".to_owned(), vec!["x.y/z 1:1 the tests of package 'x.y/z' failed"]),
        (
            format!("pkg: p\n{}FAIL\nexit status 1\nFAIL\tp\t0.1s\n", row("A")),
            vec!["p 3:1 the tests of package 'p' failed"],
        ),
        ("pkg: p\npanic: test timed out after 1s\nFAIL\tp\t1s\n".into(), vec!["p 2:1 the tests of package 'p' failed"]),
        (
            "pkg: p\nBenchmarkX-2 \tpanic: boom\nFAIL\tp\t1s\n".into(),
            vec!["p.BenchmarkX-2 2:15 expected a number of iterations of 'BenchmarkX-2', found other text"],
        ),
    ] {
        let (read, failed) = outcome(&format!("{text}{good}FAIL\n"));
        assert_eq!(failed, expected, "{text}");
        let own = text.contains(&row("A")).then_some("p.BenchmarkA-2");
        assert_eq!(read, own.into_iter().chain(["q.BenchmarkQ-2"]).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn what_failed_among_events_is_named_and_the_rest_is_read() {
    let event = |action: &str, rest: &str| format!("{{\"Action\":\"{action}\",{rest}}}\n");
    let output = |package: &str, text: &str| {
        event("output", &format!("\"Package\":\"{package}\",\"Test\":\"BenchmarkX\",\"Output\":\"{text}\""))
    };
    let good = output("q", "BenchmarkQ-2 \\t 1 \\t") + &output("q", "7 ns/op\\n");
    let text = [
        event("start", "\"Package\":\"p\""),
        output("p", "BenchmarkA-2 \\t 1 \\t 5 ns/op\\n"),
        output("p", "--- FAIL: BenchmarkX\\n"),
        event("fail", "\"Package\":\"p\",\"Test\":\"BenchmarkX\",\"Elapsed\":0.1"),
        event("build-output", "\"ImportPath\":\"x [x.test]\",\"Output\":\"# x\\n\""),
        event("build-fail", "\"ImportPath\":\"x [x.test]\""),
        output("p", "FAIL\\nexit status 1\\nFAIL\\tp\\t0.1s\\n"),
        event("fail", "\"Package\":\"p\",\"Elapsed\":0.1"),
        event("fail", "\"Package\":\"x\",\"Elapsed\":0,\"FailedBuild\":\"x [x.test]\""),
        "FAIL\ty [build failed]\n".to_owned(),
        good,
    ];
    let (read, failed) = outcome(&text.concat());
    assert_eq!(read, ["p.BenchmarkA-2", "q.BenchmarkQ-2"]);
    assert_eq!(
        failed,
        [
            "p.BenchmarkX-2 3:1 'BenchmarkX' failed",
            "x 6:1 the tests of package 'x' failed",
            "y 10:1 the tests of package 'y' failed",
        ]
    );
}

/// A rate is rounded to two digits, and a time that a benchmark reports of its own may be nothing.
#[test]
fn what_is_rounded_to_nothing_is_left_out() {
    let read = output("BenchmarkA 1 5000000000 ns/op 0.00 MB/s 0 pause-ns/op 0 errors/op\n").expect("reads");
    assert_eq!(read.iter().map(|m| m.metric.name.as_str()).collect::<Vec<_>>(), ["errors-per-op", "wall-time"]);
}

#[test]
fn refuses_what_is_no_measurement() {
    let failed = "a failure is not a fast run: make it succeed, then measure again";
    let cut = "measure again: the output was cut or mixed with other text";
    let row = "BenchmarkA-2 \t 1\t 5 ns/op\n";
    for (text, expected) in [
        ("PASS\n".to_owned(), "f: no benchmark in this go result; run the benchmarks, then try again".to_owned()),
        (format!("pkg: p\n{row}FAIL\n"), format!("f:3:1: the tests of package 'p' failed; {failed}")),
        (format!("{row}FAIL\tx.y/z [build failed]\n"), format!("f:2:1: the tests of package 'x.y/z' failed; {failed}")),
        (format!("{row}panic: test timed out after 1s\n"), format!("f:2:1: the tests failed; {failed}")),
        (
            "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"BenchmarkA\"}".into(),
            format!("f:1:1: 'BenchmarkA' failed; {failed}"),
        ),
        (
            "{\"Action\":\"output\",\"Package\":\"p\"}\n{\"Action\":\"out".into(),
            "f:2:14: the file ends too early (EOF while parsing a string); measure again: its writer was interrupted".into(),
        ),
        ("BenchmarkA-2 \t 1\t 5 ns/op\t 7 B/o".into(), String::new()),
        ("BenchmarkA-2 \t 1\t 5".into(), format!("f:1:19: expected a unit after the last number of 'BenchmarkA-2'; {cut}")),
        ("BenchmarkÄ \t 1\t NaN ns/op".into(), format!("f:1:17: expected a number among the results of 'BenchmarkÄ'; {cut}")),
        (format!("{row}BenchmarkA-2 1 7 B/op"), format!("f:1:1: 'BenchmarkA-2' has its allocated-bytes in some rows only; {cut}")),
        (
            "BenchmarkA 1 5 ns/op 6 ns/op".into(),
            "f:1:22: a second value of the same kind in a row of 'BenchmarkA'; report each unit once".into(),
        ),
        (
            "BenchmarkA 1 5 widgets".into(),
            "f:1:1: no value of 'BenchmarkA' has a unit whose better direction is known; let the benchmark print ns/op, or \
             add a line 'Unit NAME better=lower'"
                .into(),
        ),
        (
            "BenchmarkA 1 0.00 ns/op".into(),
            "f:1:1: expected a finite wall-time of 'BenchmarkA' above 0, found 0; a benchmark that did nothing is not a \
             fast one: look at it, and measure again"
                .into(),
        ),
        (
            "BenchmarkA 0 5 ns/op".into(),
            "f:1:12: expected a number of iterations of 'BenchmarkA', found other text; a panic or a print of the benchmark \
             cut its row: look at what it printed, and measure again"
                .into(),
        ),
    ] {
        match output(&text) {
            Ok(_) => assert_eq!(expected, "", "{text} is read"),
            Err(error) => assert_eq!(error, expected),
        }
    }
}
