//! Real files of the tools' versions named in their folder, and damaged ones: what is read, or the exact complaint.

mod contradictions;
mod formats;
mod golden;
mod google_benchmark;
mod table;

use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;

pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(super) fn fixture(path: &str) -> PathBuf {
    fixtures().join(path)
}

/// The complaint, without the folder that the tests happen to run in.
pub(super) fn complaint<T: std::fmt::Debug>(result: Result<T, ParseError>, folder: &Path) -> String {
    let error = result.expect_err("refused");
    error.to_string().replace(&format!("{}/", folder.display()), "").replace(&folder.display().to_string(), ".")
}

pub(super) fn median(measurement: &Measurement) -> f64 {
    let mut values: Vec<f64> = measurement.values().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a / b - 1.0).abs() < 1e-12
}

/// Name, metric, unit, values, launches, median.
pub(super) type Expected = (&'static str, &'static str, &'static str, usize, usize, f64);

#[track_caller]
pub(super) fn assert_reads(path: &str, suite: &str, expected: &[Expected]) {
    let measurements = read(&fixture(path), None).expect("reads");
    let found: Vec<_> = measurements
        .iter()
        .map(|m| (m.id.benchmark.as_str(), m.metric.name.as_str(), m.metric.unit.to_string()))
        .collect();
    let names: Vec<_> = expected.iter().map(|e| (e.0, e.1, e.2.to_owned())).collect();
    assert_eq!(found, names, "{path}");
    for (m, e) in measurements.iter().zip(expected) {
        assert_eq!(m.id.suite, suite);
        assert_eq!((m.values().count(), m.launches.len()), (e.3, e.4), "{path} {}", m.id);
        assert!(close(median(m), e.5), "{path} {}: {} instead of {}", m.id, median(m), e.5);
    }
}

/// What a load test's file says of one benchmark: values of `latency`, and each metric with its value.
pub(super) type Loaded = (&'static str, usize, &'static [(&'static str, f64)]);

#[track_caller]
pub(super) fn assert_loads(path: &str, suite: &str, expected: &[Loaded]) {
    let mut rows: Vec<Expected> = Vec::new();
    for &(name, n, metrics) in expected {
        rows.extend(metrics.iter().map(|&(metric, value)| {
            let unit = match metric {
                "throughput" => "1/s",
                "error-rate" => "1",
                _ if suite == "hdrhistogram" && !path.contains("vegeta") => "1",
                _ => "s",
            };
            let n = if metric == "latency" { n } else { 1 };
            (name, metric, unit, n, 1, value)
        }));
    }
    assert_reads(path, suite, &rows);
}

/// The complaint about a fixture, without its folder.
#[track_caller]
pub(super) fn refused_fixture(path: &str) -> String {
    complaint(read(&fixture(path), None), fixture(path).parent().expect("folder"))
}

/// Reads a file of this content, called `f` in complaints.
pub(super) fn read_text(harness: Option<&str>, text: &str) -> Result<Vec<Measurement>, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("f");
    fs::write(&path, text).expect("writes");
    read(&path, harness).map_err(|error| complaint::<()>(Err(error), folder.path()))
}

/// The complaint about a file of this content.
#[track_caller]
pub(super) fn refused(harness: &str, text: &str) -> String {
    read_text(Some(harness), text).expect_err("refused")
}

#[test]
fn reads_criterion_trees() {
    let t = "wall-time";
    assert_reads(
        "criterion/0.8.2/tree_base",
        "criterion",
        &[
            ("fib 15", t, "s", 40, 1, 4_012.483_621_031_746e-9),
            ("hash/mix/size=1024/align=8", t, "s", 40, 1, 2_450.634_780_707_046e-9),
            ("hash/mix/size=64/align=8", t, "s", 40, 1, 139.569_295_473_782_46e-9),
            ("hash/mix/xor mul/1024", t, "s", 40, 1, 2_441.075_546_678_318e-9),
            ("hash/mix/xor mul/64", t, "s", 40, 1, 143.356_574_561_403_53e-9),
            ("sort/a:b*c?\"d\"<e>|f", t, "s", 20, 1, 172.059_504_162_540_8e-9),
            ("sort/größe µ 1k", t, "s", 20, 1, 13_356.852_182_952_18e-9),
        ],
    );
    assert_reads(
        "criterion/0.8.2/tree_mixed_baselines",
        "criterion",
        &[("fib 15", t, "s", 40, 1, 9_345.704_240_204_24e-9)],
    );
}

/// criterion's own medians, read from `estimates.json`, which benchgate ignores.
#[test]
fn agrees_with_criterion_about_the_median() {
    for tree in ["tree_base", "tree_head_slow40"] {
        let root = fixture("criterion/0.8.2").join(tree);
        let measurements = criterion::read_tree(&root).expect("reads");
        assert_eq!(measurements.len(), 7);
        let mut compared = 0;
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("lists") {
                let path = entry.expect("entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("estimates.json") {
                    let json = |file: &str| -> serde_json::Value {
                        serde_json::from_slice(&fs::read(folder.join(file)).expect("file")).expect("json")
                    };
                    let id = json("benchmark.json")["full_id"].as_str().expect("id").to_owned();
                    let theirs = json("estimates.json")["median"]["point_estimate"].as_f64().expect("median");
                    let ours = measurements.iter().find(|m| m.id.benchmark == id).expect("known");
                    assert!(close(median(ours), theirs * 1e-9), "{id}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 7);
    }
}

#[test]
fn reads_saved_baselines_by_name() {
    let tree = fixture("criterion/0.8.2/tree_mixed_baselines");
    let medians: Vec<f64> = ["main", "base", "new"]
        .map(|name| median(&criterion::read_tree_baseline(&tree, name).expect("reads")[0]))
        .to_vec();
    assert!(medians[0] < medians[2] / 1.5, "main is the fast one: {medians:?}");
    for name in ["nosuch", "", "..", "/"] {
        assert_eq!(
            complaint(criterion::read_tree_baseline(&tree, name), &tree),
            format!(".: no benchmark has a result called '{name}'; run `cargo bench` first")
        );
    }
}

#[test]
fn reads_hyperfine_files() {
    let (t, m) = ("wall-time", "max-rss");
    let file = |name: &str| format!("hyperfine/1.20.0/{name}.json");
    assert_reads(
        &file("base"),
        "hyperfine",
        &[
            ("parse large/größe", m, "B", 20, 20, 3_440_640.0),
            ("parse large/größe", t, "s", 20, 20, 0.065_265_343_8),
            ("parse small", m, "B", 20, 20, 3_440_640.0),
            ("parse small", t, "s", 20, 20, 0.040_846_485_3),
        ],
    );
    assert_reads("hyperfine/1.15.0/base.json", "hyperfine", &[("parse small", t, "s", 6, 6, 0.006_169_791_46)]);
    assert_reads(
        &file("edge_single_run"),
        "hyperfine",
        &[("./wl.sh 5", m, "B", 1, 1, 2_891_776.0), ("./wl.sh 5", t, "s", 1, 1, 0.000_524_845_3)],
    );
    assert_reads(
        &file("edge_shell_none_same_command_twice"),
        "hyperfine",
        &[
            ("/bin/true", m, "B", 5, 5, 3_047_424.0),
            ("/bin/true", t, "s", 5, 5, 0.001_190_671),
            ("/bin/true #2", m, "B", 5, 5, 3_178_496.0),
            ("/bin/true #2", t, "s", 5, 5, 0.000_661_438),
        ],
    );
}

#[test]
fn parameters_are_part_of_hyperfine_names() {
    let names = |file: &str| -> Vec<String> {
        let measurements = read(&fixture(file), None).expect("reads");
        measurements.into_iter().filter(|m| m.metric.name == "wall-time").map(|m| m.id.benchmark).collect()
    };
    assert_eq!(
        names("hyperfine/1.20.0/edge_parameter_list.json"),
        [
            "bash ./wl.sh 10 [n=10,shell=bash]",
            "bash ./wl.sh 5 [n=5,shell=bash]",
            "sh ./wl.sh 10 [n=10,shell=sh]",
            "sh ./wl.sh 5 [n=5,shell=sh]"
        ]
    );
    assert_eq!(names("hyperfine/1.20.0/edge_parameter_scan.json").len(), 3);
}

#[test]
fn refuses_damaged_fixtures_with_their_place() {
    let known = names().collect::<Vec<_>>().join(", ");
    for (path, expected) in [
        (
            "criterion/0.8.2/edge_corrupt",
            "criterion/0.8.2/edge_corrupt/fib_15/new/sample.json:1:300: the file ends too early (EOF while parsing a list); \
             measure again: its writer was interrupted",
        ),
        (
            "hyperfine/1.20.0/edge_truncated.json",
            "hyperfine/1.20.0/edge_truncated.json:34:28: the file ends too early (EOF while parsing a list); \
             measure again: its writer was interrupted",
        ),
        (
            "hyperfine/1.20.0/edge_failed_abort.json",
            "hyperfine/1.20.0/edge_failed_abort.json: results[0].times[0]: the command 'true' took 0 s: hyperfine subtracted \
             the shell's start-up time and clamped at zero; measure without a shell (hyperfine -N), or let the command do \
             more work",
        ),
        (
            "hyperfine/1.20.0/edge_ignored_failures.json",
            "hyperfine/1.20.0/edge_ignored_failures.json: results[0].exit_codes[0]: the command \
             'sh -c 'exit $(($(od -An -N1 -tu1 /dev/urandom) % 2))'' ended with exit status 1; a failure is not a fast run: \
             make the command succeed, and measure without -i",
        ),
        (
            "criterion/0.8.2/list.txt",
            &format!(
                "criterion/0.8.2/list.txt: no known format in this file; benchgate reads {known} (docs/formats.md); \
                 name one with --harness to see what is wrong"
            ),
        ),
        (
            "nosuch",
            "nosuch: cannot be read: No such file or directory (os error 2); check the path, and that the benchmarks ran to their end",
        ),
    ] {
        assert_eq!(complaint(read(&fixture(path), None), &fixtures()), expected);
    }
}

/// A hyperfine file with this text between the list's brackets.
fn hyperfine_text(results: &str) -> Result<Vec<Measurement>, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("h");
    fs::write(&path, format!("{{\"results\":[{results}]}}")).expect("writes");
    read(&path, None).map_err(|error| complaint::<()>(Err(error), folder.path()))
}

#[test]
fn refuses_hyperfine_values_that_are_no_measurement() {
    let edited = "write the file again with hyperfine, and do not edit it";
    for (results, expected) in [
        ("", "h: results: no command was measured; run hyperfine again and look at its exit status".to_owned()),
        (r#"{"command":"a","times":[1,null]}"#, "h:1:42: invalid type: null, expected f64; write the file again with the tool itself, and do not edit it".into()),
        (r#"{"command":"a","times":[1e999]}"#, "h:1:41: number out of range; write the file again with the tool itself, and do not edit it".into()),
        (r#"{"command":"a","times":[1,-2]}"#, "h: results[0].times[1]: expected a time above 0 s for the command 'a', found -2; measure again".into()),
        (r#"{"command":"a","times":[]}"#, "h: results[0].times: expected the times of every run of 'a', found none; export with --export-json; CSV and Markdown exports hold no single runs".into()),
        (r#"{"command":"a","times":[1,2],"exit_codes":[0]}"#, format!("h: results[0].exit_codes: expected 2 values, one per time, found 1; {edited}")),
        (r#"{"command":"a","times":[1],"exit_codes":[null]}"#, "h: results[0].exit_codes[0]: the command 'a' was ended by a signal; a failure is not a fast run: make the command succeed, and measure without -i".into()),
        (r#"{"command":"a","times":[1],"memory_usage_byte":[1,2]}"#, format!("h: results[0].memory_usage_byte: expected 1 values, one per time, found 2; {edited}")),
        (r#"{"command":"a","times":[1,1],"memory_usage_byte":[1,0]}"#, "h: results[0].memory_usage_byte[1]: expected a number of bytes above 0, found 0; measure again".into()),
        (r#"{"command":"a\u001b[2J","times":[1]}"#, "h: results[0].command: the name 'a\\u{1b}[2J' holds control characters; give the command a short name with hyperfine -n".into()),
        (r#"{"command":"","times":[1]}"#, "h: results[0].command: the benchmark's name is empty; give the command a short name with hyperfine -n".into()),
    ] {
        assert_eq!(hyperfine_text(results).expect_err("refused"), expected);
    }
    let long = format!(r#"{{"command":"{}","times":[1]}}"#, "x".repeat(1_025));
    let error = hyperfine_text(&long).expect_err("refused");
    assert!(error.contains("longer than 1024 characters") && error.len() < 400, "{error}");
}

#[test]
fn memory_of_zero_throughout_is_not_measured_memory() {
    let read = hyperfine_text(r#"{"command":"a","times":[1,2],"memory_usage_byte":[0,0]}"#).expect("reads");
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].metric.name, "wall-time");
}

#[test]
fn repeated_commands_get_numbers_that_are_free() {
    let run = |name: &str| format!(r#"{{"command":"{name}","times":[1]}}"#);
    let read = hyperfine_text(&["a", "a #2", "a", "a", "a #2"].map(run).join(",")).expect("reads");
    let names: Vec<&str> = read.iter().map(|m| m.id.benchmark.as_str()).collect();
    assert_eq!(names, ["a", "a #2", "a #2 #2", "a #3", "a #4"]);
}

#[test]
fn lists_have_limits() {
    let many = |count: usize| vec![r#"{"command":"a","times":[1]}"#; count].join(",");
    assert_eq!(hyperfine_text(&many(10_000)).expect("reads").len(), 10_000);
    let error = hyperfine_text(&many(10_001)).expect_err("refused");
    assert!(error.contains(": more than 10000 elements in a list;"), "{error}");
    let long = |count: usize| format!(r#"{{"command":"a","times":[{}]}}"#, vec!["1"; count].join(","));
    assert_eq!(hyperfine_text(&long(1_000_000)).expect("reads")[0].launches.len(), 1_000_000);
    let error = hyperfine_text(&long(1_000_001)).expect_err("refused");
    assert!(error.contains(": more than 1000000 elements in a list;"), "{error}");
}

#[test]
fn detects_by_content() {
    assert_eq!(detect(&fixture("criterion/0.8.2/tree_base")).expect("known").name, "criterion");
    assert_eq!(detect(&fixture("hyperfine/1.20.0/base.json")).expect("known").name, "hyperfine");
    assert_eq!(detect(&fixture("hyperfine/1.20.0/edge_truncated.json")).expect("known").name, "hyperfine");
    let folder = tempfile::tempdir().expect("folder");
    assert!(detect(folder.path()).expect_err("unknown").to_string().contains("no known format in this folder"));
    let empty = folder.path().join("empty.json");
    fs::write(&empty, "").expect("writes");
    assert_eq!(
        complaint(detect(&empty), folder.path()),
        "empty.json: the file is empty; run the benchmarks again and look at their exit status"
    );
    assert_eq!(
        complaint(read(&empty, Some("hyperfin")), folder.path()),
        format!("empty.json: no harness is called 'hyperfin'; use one of {}", names().collect::<Vec<_>>().join(", "))
    );
    assert_eq!(
        complaint(read(folder.path(), Some("hyperfine")), folder.path()),
        ".: is a folder; hyperfine writes a file; name the file"
    );
    assert_eq!(
        complaint(read(&empty, Some("criterion")), folder.path()),
        "empty.json: is a file; criterion writes a folder; name the folder `target/criterion`"
    );
}

#[test]
fn names_are_unique_and_found() {
    let mut all: Vec<_> = names().collect();
    assert!(all.iter().all(|name| by_name(name).is_some_and(|format| format.name == *name)));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), FORMATS.len());
    assert!(by_name("nosuch").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn mutated_files_never_panic(
        which in 0_usize..3,
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let file = [
            "hyperfine/1.20.0/base.json",
            "hyperfine/1.20.0/edge_parameter_list.json",
            "criterion/0.8.2/tree_base/fib 15/new/sample.json",
        ][which];
        let mut bytes = fs::read(fixture(file)).expect("fixture");
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_as_everything(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        read_as_everything(&bytes);
    }

    #[test]
    fn lists_never_panic(text in "(\\PC|\n|: benchmark){0,80}") {
        let list = criterion::parse_list(&text);
        for name in &list.names {
            criterion::launch_arguments(name, &criterion::LaunchSettings::default(), criterion::Dialect::Pattern);
        }
    }
}

/// Offers the bytes to every reader; whatever is accepted must keep the model's promises.
fn read_as_everything(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("file");
    fs::write(&file, bytes).expect("writes");
    let result = folder.path().join("b/new");
    fs::create_dir_all(&result).expect("folder");
    fs::write(result.join("sample.json"), bytes).expect("writes");
    fs::write(result.join("benchmark.json"), r#"{"full_id":"b"}"#).expect("writes");
    for outcome in [read(&file, None), read(&file, Some("hyperfine")), criterion::read_tree(folder.path())] {
        match outcome {
            Ok(measurements) => {
                assert!(!measurements.is_empty());
                for measurement in measurements {
                    assert!(measurement.launches.iter().all(|launch| !launch.iterations.is_empty()));
                    assert!(measurement.values().all(|value| value.is_finite() && value > 0.0));
                }
            }
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
        }
    }
    let _ = criterion::read_launch(folder.path(), "b");
    fs::write(result.join("benchmark.json"), bytes).expect("writes");
    let _ = criterion::read_launch(folder.path(), "b");
}
