//! What holds for every format that is a file, shown on every fixture that lies in the folder of its name.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Every fixture with the format that its folder names. criterion's are folders, its text output is read by nobody.
fn files() -> Vec<(&'static str, PathBuf)> {
    let mut found = Vec::new();
    for format in FORMATS.iter().filter(|format| format.name != "criterion") {
        let mut folders = vec![fixtures().join(format.name)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("entry").path();
                let answer =
                    path.extension().is_some_and(|extension| extension == "expected" || extension == "refused");
                if path.is_dir() {
                    folders.push(path);
                } else if !answer && fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
                    found.push((format.name, path));
                }
            }
        }
    }
    found.sort();
    assert!(found.len() > 20, "only {found:?}");
    found
}

/// Formats that only the user can name: their files look like those of another.
const NAMED_ONLY: [&str; 2] = ["custom-bigger-is-better", "custom-smaller-is-better"];

#[test]
fn every_fixture_is_claimed_by_its_format_alone() {
    let mut shown = BTreeSet::new();
    for (name, path) in files() {
        let artifact = Artifact::open(&path).expect("opens");
        let claims: Vec<&str> =
            FORMATS.iter().filter(|format| (format.detect)(&artifact)).map(|format| format.name).collect();
        assert_eq!(claims, [name], "{}", path.display());
        shown.insert(name);
    }
    let missing: Vec<&str> = names().filter(|name| !shown.contains(name) && !NAMED_ONLY.contains(name)).collect();
    assert_eq!(missing, ["criterion"], "formats without a fixture");
}

#[test]
fn a_benchmark_that_failed_is_named_and_the_others_are_read() {
    for (file, failed, others) in [
        ("asv/0.6.6/edge_failed.json", "b.time_fails", 7),
        ("benchmarkjs/2.1.4/edge_failed.txt", "throws", 4),
        ("benchmarkjs/2.1.4/edge_failed_stats.json", "throws", 4),
        ("catch2/3.7.1/edge_failed_among_others.xml", "cases/section/throws", 3),
        ("catch2/3.7.1/edge_failed_among_others.txt", "cases/section/throws", 3),
        ("divan/0.1.21/edge_panicked.txt", "div_pub::sort::vec_1k", 16),
        ("google-benchmark/1.7.1/edge_single.json", "BM_Err", 22),
        ("libtest/1.95.0/edge_failed.txt", "panics", 4),
        ("libtest/1.95.0/edge_never_iterates.ndjson", "panics", 4),
        ("libtest/1.95.0/edge_never_iterates.txt", "panics", 4),
        ("mitata/1.0.34/edge_error_benchmark.json", "throws", 7),
        ("rebench/1.4.0/edge_zero_time.data", "S/SH/wl.sh [cores=1,inputSize=20]", 4),
        ("tinybench/6.2.3/edge_task_error.json", "throws", 3),
        ("vitest/4.1.12/edge_failed.json", "vfail/f.bench.mjs > with failure > throws", 1),
    ] {
        let results = read_results(&fixtures().join(file), None).expect(file);
        assert_eq!(
            results.failures.iter().map(|failure| &failure.id.benchmark).collect::<Vec<_>>(),
            [failed],
            "{file}"
        );
        assert_eq!(results.measurements.len(), others, "{file}");
        assert!(results.measurements.iter().all(|measurement| measurement.id.benchmark != failed), "{file}");
        let strict = read(&fixtures().join(file), None).expect_err(file);
        assert_eq!(strict.to_string(), results.failures[0].error.to_string());
    }
}

/// What a shell makes of output: a byte order mark before it, what a compiler printed, another encoding.
#[test]
fn what_shells_put_before_a_result_is_passed_over_or_named() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("f");
    let of = |file: &str| fs::read(fixtures().join(file)).expect("fixture");
    let begin = |begin: &[u8], file: &str| {
        fs::write(&path, [begin, &of(file)].concat()).expect("writes");
        read_results(&path, None).map(|results| results.measurements.len()).map_err(|error| error.problem)
    };
    for file in ["hyperfine/1.20.0/base.json", "go/1.19.8/base.txt", "vitest/4.1.12/base.json", "jmeter/2.13/base.jtl"]
    {
        assert_eq!(begin(b"\xef\xbb\xbf", file), begin(b"", file), "{file}");
    }
    let compiled = "   Compiling something v0.1.0 (/home/me/something)\n".repeat(300);
    for file in ["libtest/1.95.0/base.txt", "divan/0.1.21/base.txt"] {
        assert_eq!(begin(compiled.as_bytes(), file), begin(b"", file), "{file}");
    }
    assert_eq!(begin(b"\xff\xfe", "go/1.19.8/base.txt"), Err("this is UTF-16".to_owned()));
    assert_eq!(begin(b"\x1f\x8b", "pyperf/2.10.0/base.json"), Err("the file is compressed".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_fixtures_never_panic(
        which in any::<proptest::sample::Index>(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..5),
        cut in any::<proptest::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let files = files();
        let (name, path) = &files[which.index(files.len())];
        let mut bytes = fs::read(path).expect("fixture");
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        offer(name, &bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is repeated may differ in a number, so that names differ and all of them are kept.
    #[test]
    fn a_megabyte_takes_no_seconds(
        which in any::<proptest::sample::Index>(),
        from in any::<proptest::sample::Index>(),
        length in 1..400_usize,
        numbered_at in any::<Option<proptest::sample::Index>>(),
    ) {
        let files = files();
        let (name, path) = &files[which.index(files.len())];
        let bytes = fs::read(path).expect("fixture");
        let from = from.index(bytes.len());
        let (stretch, rest) = bytes[from..].split_at(length.min(bytes.len() - from));
        let cut = numbered_at.map(|at| stretch.split_at(at.index(stretch.len())));
        let mut large = bytes[..from].to_vec();
        for number in 0.. {
            if large.len() + rest.len() > 1 << 20 {
                break;
            }
            match cut {
                Some((before, after)) => large.extend([before, number.to_string().as_bytes(), after].concat()),
                None => large.extend(stretch),
            }
        }
        large.extend(rest);
        let begun = Instant::now();
        offer(name, &large);
        let took = begun.elapsed();
        prop_assert!(took < Duration::from_secs(5), "{took:?} for {}, {length} bytes from {from} on", path.display());
    }
}

/// Reads the bytes as that format and as whatever they look like; what is accepted must keep the model's promises.
fn offer(name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("file");
    fs::write(&file, bytes).expect("writes");
    for outcome in [read_results(&file, Some(name)), read_results(&file, None)] {
        match outcome {
            Ok(Results { measurements, failures }) => {
                assert!(failures.iter().all(|failure| !failure.error.to_string().contains(char::is_control)));
                assert!(!measurements.is_empty());
                for measurement in measurements {
                    assert!(measurement.launches.iter().all(|launch| !launch.iterations.is_empty()));
                    assert!(measurement.values().all(|value| value.is_finite() && value >= 0.0), "{measurement:?}");
                }
            }
            Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Load tests alone, whose lines are rarely all looked at: bytes change, whole stretches are repeated or missing.
    #[test]
    fn damaged_load_tests_never_panic(
        which in any::<proptest::sample::Index>(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..40),
        from in any::<proptest::sample::Index>(),
        to in any::<proptest::sample::Index>(),
        repeats in 0..3_usize,
    ) {
        let mut files = files();
        files.retain(|(name, _)| ["k6", "jmeter", "gatling", "locust"].contains(name));
        let (name, path) = &files[which.index(files.len())];
        let mut bytes = fs::read(path).expect("fixture");
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        let (from, to) = (from.min(to), from.max(to));
        let stretch = bytes[from..to].repeat(repeats);
        bytes.splice(from..to, stretch);
        offer(name, &bytes);
    }
}
