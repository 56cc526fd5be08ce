//! Small files that contradict themselves, or hide a failure among results.

use super::*;

fn read_text(format: &str, text: &str) -> Result<Vec<Measurement>, String> {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("f"), text).expect("writes");
    read(&folder.path().join("f"), Some(format)).map_err(|error| complaint::<()>(Err(error), folder.path()))
}

const DIVAN: &str = "b     fastest │ slowest │ median │ mean │ samples │ iters\n";
const OK: &str = "test result: ok. 0 passed; 0 failed; 0 ignored; 1 measured; 0 filtered out; finished in 0.00s\n";

#[test]
fn refuses_contradictions() {
    let bench = |time: &str| format!("running 1 test\ntest a ... bench: {time} ns/iter (+/- 1)\n");
    let message = |id: &str, counts: &str, unit: &str| {
        format!(
            r#"{{"reason":"benchmark-complete","id":"{id}","iteration_count":{counts},"measured_values":[1,2],"unit":"{unit}"}}"#
        )
    };
    let result = |batch: &str, elapsed: &str| {
        format!(r#"{{"results":[{{"title":"t","name":"n","batch":{batch},"measurements":[{elapsed}]}}]}}"#)
    };
    let nothing = "a benchmark that did nothing is not a fast one: look at it, and measure again";
    for (format, text, expected) in [
        ("libtest", bench("1"), "f:2:1: the run did not end: its summary is missing".to_owned()),
        ("libtest", bench("1") + &bench("1"), "f:3:1: the run before this one did not end".into()),
        ("libtest", bench("1") + OK + &bench("1") + OK, "f:5:1: 'a' has its wall-time twice".into()),
        ("libtest", bench("1,2") + OK, "f:2:1: expected `1,234.56 ns/iter` as the time of 'a'".into()),
        ("libtest", bench("inf") + OK, "f:2:1: expected `1,234.56 ns/iter` as the time of 'a'".into()),
        ("libtest", format!("running 1 test\nnoise {OK}{OK}"), "f: 1 benchmarks were measured, 0 are readable".into()),
        (
            "libtest",
            r#"{"type":"suite","event":"started"}"#.to_owned() + "\n" + r#"{"type":"test","event":"failed","name":"a"}"#,
            "f:2:1: the run did not end: its summary is missing".into(),
        ),
        ("libtest", r#"{"type":"suite","event":"started"}"#.into(), "f:1:1: the run did not end: its summary is missing".into()),
        ("cargo-criterion", message("a", "[1]", "ns"), "f:1:1: expected 1 values of 'a', one per count, found 2".into()),
        ("cargo-criterion", message("a", "[1,0]", "ns"), "f:1:1: expected a number of iterations of 'a' above 0, found 0".into()),
        ("cargo-criterion", message("a", "[1,2]", "cycles"), "f:1:1: 'a' is measured in 'cycles', which is no time".into()),
        (
            "cargo-criterion",
            r#"{"reason":"group-complete","benchmarks":["b"]}"#.into(),
            "f:1:1: the group names 'b', which has no result".into(),
        ),
        ("cargo-criterion", r#"{"reason":"build-finished"}"#.into(), "f: no benchmark was measured".into()),
        ("nanobench", result("0", r#"{"elapsed":1}"#), "f: results[0]: expected a batch of 't/n' above 0, found 0".into()),
        ("nanobench", result("1", ""), "f: results[0]: expected values of 't/n', found none".into()),
        (
            "nanobench",
            result("1", r#"{"elapsed":0}"#),
            format!("f: results[0]: expected a finite wall-time of 't/n' above 0, found 0; {nothing}"),
        ),
        ("divan", format!("{DIVAN}├─ a  1 ns │ 1 ns │ 1 │ 1 ns │ 1 │ 1"), "f:2:1: expected the wall-time of 'b::a' as its median, found '1'".into()),
        ("divan", DIVAN.into(), "f:1:1: the benchmark 'b' has no numbers: it did not run to its end".into()),
        ("tango", "a  [ 0.0 ns ... 1.0 ns ]  +1%\n".into(), format!("f:1:1: expected a finite wall-time of 'a (baseline)' above 0, found 0; {nothing}")),
        ("tango", "1,2,3\n1,2\n".into(), "f:2:1: expected `BASELINE,CANDIDATE,ITERATIONS`, three whole numbers above 0".into()),
        (
            "catch2",
            r#"<?xml version="1.0"?><Catch2TestRun ><TestCase name="a"><BenchmarkResults name="b"/></TestCase></Catch2TestRun>"#.into(),
            "f:1:85: 'a/b' has neither a median nor a mean: it did not run to its end".into(),
        ),
        (
            "catch2",
            r#"<?xml version="1.0"?><Catch2TestRun ><TestCase name="a"><OverallResult success="false"/></TestCase></Catch2TestRun>"#.into(),
            "f:1:57: the test case 'a' failed".into(),
        ),
    ] {
        let found = read_text(format, &text).expect_err(&text);
        assert!(found.starts_with(&expected), "{format}: {found}\ninstead of\n{expected}");
    }
}

/// The console's table without analysis, and a test case that only talks.
#[test]
fn catch2_rows_may_be_one_line() {
    let rule = "-".repeat(79);
    let text = format!(
        "x is a Catch2 v3.7.1 host application.\n{rule}\ntalks\n{rule}\nt.cc:1\n.....\nt.cc:2: warning:\n  words\n{rule}\na\n  s\n{rule}\n\
         t.cc:3\n....\nbenchmark name    samples    iterations   mean\n{rule}\nb c    20    3    1.5 us\n\n\
         All tests passed (1 assertion in 2 test cases)\n"
    );
    let read = read_text("catch2", &text).expect("reads");
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].id.benchmark, "a/s/b c");
    assert!(close(median(&read[0]), 1.5e-6));
    assert_eq!(read[0].stated.as_ref().and_then(|stated| stated.n), Some(20));
}

/// The root, a project, a target directory and the folder itself are the same tree; links are refused.
#[test]
fn gungraun_trees_are_found_and_links_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let tree = folder.path().join("target/gungraun/p/a");
    fs::create_dir_all(&tree).expect("folder");
    fs::write(folder.path().join("Cargo.toml"), "").expect("writes");
    fs::copy(fixture("gungraun/0.20.0/edge_single.json"), tree.join("summary.json")).expect("copies");
    for named in ["", "target", "target/gungraun", "target/gungraun/p/a"] {
        assert_eq!(read(&folder.path().join(named), None).expect("reads").len(), 1, "{named}");
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", tree.join("link")).expect("links");
    #[cfg(unix)]
    assert_eq!(
        complaint(read(folder.path(), Some("gungraun")), folder.path()),
        "target/gungraun/p/a/link: is a symbolic link, which is not followed; copy what it points to, or remove it"
    );
}
