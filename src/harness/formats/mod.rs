//! One file per format, or a folder for one of several dialects; each is a row of [`FORMATS`].

mod ab;
mod artillery;
mod asv;
mod autocannon;
mod benchmarkdotnet;
mod benchmarkjs;
pub(super) mod bmf;
mod callgrind;
mod cargo_criterion;
mod catch2;
pub mod criterion;
mod divan;
mod gatling;
pub(super) mod github_action_benchmark;
mod go;
mod google_benchmark;
mod gungraun;
mod hdrhistogram;
mod hey;
mod hyperfine;
mod jmeter;
mod jmh;
mod julia;
mod k6;
mod libtest;
mod locust;
mod mitata;
mod nanobench;
mod oha;
mod perf_stat;
mod phpbench;
mod plain;
mod pyperf;
mod pytest_benchmark;
mod pytest_summary;
mod rebench;
mod siege;
mod tango;
mod time_v;
mod tinybench;
mod vegeta;
mod vitest;
mod wrk;

// What formats read with; they name it as their parent's.
use super::{
    Artifact, BENCHMARKS_MAX, FILE_BYTES_MAX, Failure, Format, ITERATIONS_MAX, ParseError, ParseErrorKind, Results,
    VALUES_MAX, error, foreign_metric, gathered, load_test, load_test::load, one_value_per_launch, outline, own_metric,
    quantity, source, stream, text, xml,
};

/// Names the benchmarks that failed, where the harness prints who did and its result does not say.
pub fn blame(harness: &str, printed: &[u8], results: &mut Results) {
    if harness == pytest_benchmark::FORMAT.name {
        pytest_summary::blame(&String::from_utf8_lossy(printed), harness, results);
    }
}

/// Every format, the more specific detectors first.
pub static FORMATS: &[Format] = &[
    criterion::FORMAT,
    hyperfine::FORMAT,
    github_action_benchmark::FORMAT,
    github_action_benchmark::SMALLER,
    github_action_benchmark::BIGGER,
    mitata::FORMAT,
    vitest::FORMAT,
    tinybench::FORMAT,
    benchmarkjs::FORMAT,
    time_v::FORMAT,
    perf_stat::FORMAT,
    callgrind::FORMAT,
    julia::FORMAT,
    phpbench::FORMAT,
    rebench::FORMAT,
    oha::FORMAT,
    hey::FORMAT,
    wrk::SECOND,
    wrk::FORMAT,
    ab::FORMAT,
    siege::FORMAT,
    autocannon::FORMAT,
    artillery::FORMAT,
    vegeta::FORMAT,
    hdrhistogram::FORMAT,
    k6::FORMAT,
    jmeter::FORMAT,
    gatling::FORMAT,
    locust::FORMAT,
    bmf::FORMAT,
    plain::FORMAT,
    cargo_criterion::FORMAT,
    catch2::FORMAT,
    divan::FORMAT,
    google_benchmark::FORMAT,
    gungraun::FORMAT,
    libtest::FORMAT,
    nanobench::FORMAT,
    tango::FORMAT,
    pytest_benchmark::FORMAT,
    pyperf::FORMAT,
    asv::FORMAT,
    go::FORMAT,
    jmh::FORMAT,
    benchmarkdotnet::FORMAT,
];
