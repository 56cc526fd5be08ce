use super::*;

/// A report with these rows.
fn report(rows: &str) -> Result<Vec<Measurement>, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("g");
    let context = r#"{"num_cpus":2,"mhz_per_cpu":1}"#;
    fs::write(&path, format!("{{\"context\":{context},\"benchmarks\":[{rows}]}}")).expect("writes");
    read(&path, None).map_err(|error| complaint::<()>(Err(error), folder.path()))
}

const ROW: &str = r#""run_type":"iteration","real_time":2,"cpu_time":1"#;

#[test]
fn times_have_units_and_nanoseconds_are_the_default() {
    for (unit, seconds) in [("", 2e-9), ("us", 2e-6), ("ms", 2e-3), ("s", 2.0)] {
        let unit = if unit.is_empty() { String::new() } else { format!(r#","time_unit":"{unit}""#) };
        let read = report(&format!(r#"{{"run_name":"a",{ROW}{unit}}}"#)).expect("reads");
        assert_eq!(read.iter().map(|m| m.metric.name.as_str()).collect::<Vec<_>>(), ["cpu-time", "wall-time"]);
        assert!(close(median(&read[1]), seconds) && close(median(&read[0]), seconds / 2.0));
    }
    assert!(report(&format!(r#"{{"run_name":"a",{ROW},"time_unit":"min"}}"#)).expect_err("refused").contains("min"));
}

#[test]
fn a_skipped_benchmark_is_absent_and_alone_is_nothing() {
    let skipped = r#"{"run_name":"b","run_type":"iteration","skipped":true,"real_time":0,"cpu_time":0}"#;
    assert_eq!(report(&format!(r#"{{"run_name":"a",{ROW}}},{skipped}"#)).expect("reads").len(), 2);
    let nothing = "g: benchmarks: no benchmark was measured; look at the filter, and run it again";
    assert_eq!(report(skipped).expect_err("refused"), nothing);
    assert_eq!(report("").expect_err("refused"), nothing);
}

#[test]
fn a_processor_clock_that_did_not_tick_is_no_metric() {
    let read = report(r#"{"run_name":"a","run_type":"iteration","real_time":2,"cpu_time":0}"#).expect("reads");
    assert_eq!(read.len(), 1);
}

#[test]
fn refuses_what_is_no_measurement() {
    let row = |name: &str, more: &str| format!(r#"{{"run_name":"{name}",{ROW}{more}}}"#);
    let twice = "g: benchmarks[1]: several benchmarks are called 'a'; give each benchmark a name of its own";
    for (rows, expected) in [
        ([row("a", r#","repetition_index":0"#), row("a", r#","repetition_index":0"#)].join(","), twice),
        ([row("a", r#","family_index":0"#), row("a", r#","family_index":1"#)].join(","), twice),
        (
            [row("a", r#","items_per_second":1"#), row("a", "")].join(","),
            "g: benchmarks[0]: 'a' has its throughput in some repetitions only; write the file again with the tool \
             itself, and do not edit it",
        ),
        (
            r#"{"run_name":"a","run_type":"iteration","real_time":0,"cpu_time":1}"#.to_owned(),
            "g: benchmarks[0]: expected a finite wall-time of 'a' above 0, found 0; a benchmark that did nothing is not \
             a fast one: look at it, and measure again",
        ),
        (
            r#"{"run_name":"a","run_type":"aggregate","aggregate_name":"cv","real_time":1}"#.to_owned(),
            "g: benchmarks[0]: 'a' has neither a median nor a mean: it did not run to its end; look at what the \
             benchmark printed, and measure again",
        ),
    ] {
        assert_eq!(report(&rows).expect_err("refused"), expected);
    }
}

/// Versions before 1.5 tell rows apart by the name alone, and C++ writes NaN and infinity bare.
#[test]
fn old_rows_and_bare_words_are_read() {
    let read = report(
        r#"{"name":"BM_a_b/64","iterations":9,"real_time":1.5,"cpu_time":1,"time_unit":"us"},
           {"name":"BM_a_b/64","iterations":9,"real_time":2.5,"cpu_time":1,"time_unit":"us"},
           {"name":"BM_a_b/64_mean","iterations":9,"real_time":2,"cpu_time":1,"time_unit":"us"},
           {"name":"BM_c_mean","iterations":9,"real_time":7,"cpu_time":1,"time_unit":"s"},
           {"name":"BM_c_stddev","iterations":9,"real_time":1,"cpu_time":1,"time_unit":"s"},
           {"name":"BM_d","run_name":"BM_d","run_type":"iteration","real_time":3,"cpu_time":0,"bytes_per_second":Infinity},
           {"name":"BM_d_cv","run_name":"BM_d","run_type":"aggregate","aggregate_name":"cv","real_time":-NaN,"cpu_time":NaN}"#,
    )
    .expect("reads");
    let walls: Vec<_> = read.iter().filter(|m| m.metric.name == "wall-time").collect();
    let found: Vec<_> = walls.iter().map(|m| (m.id.benchmark.as_str(), m.launches.len(), median(m))).collect();
    assert_eq!(found, [("BM_a_b/64", 2, 2.0 * 1e-6), ("BM_c", 1, 7.0), ("BM_d", 1, 3.0 * 1e-9)]);
    assert_eq!(walls[1].stated.as_ref().and_then(|stated| stated.sd), Some(1.0));
    assert!(read.iter().all(|m| m.metric.name != "bytes-per-second"));
}
