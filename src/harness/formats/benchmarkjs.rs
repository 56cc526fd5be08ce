//! benchmark.js: the lines that its benchmarks print of themselves, or a JSON list of them with their samples.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::quantity::number;
use super::source::{Bounded, json};
use super::text::{lines, text};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric};
use crate::model::{Better, Launch, Stated, Unit};
use serde::Deserialize;

pub(super) const FORMAT: Format = Format {
    name: "benchmarkjs",
    about: "lines like `name x 1,234 ops/sec ±1.00% (90 runs sampled)`, or JSON with `hz` and `stats.sample`",
    detect,
    read,
};

#[derive(Deserialize)]
struct Bench {
    name: String,
    error: Option<serde::de::IgnoredAny>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    /// Seconds per operation, one a cycle, in time order.
    sample: Bounded<f64, ITERATIONS_MAX>,
}

/// What a benchmark prints of itself.
struct Line<'l> {
    name: &'l str,
    per_second: f64,
    runs: u64,
}

fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    (has(&paths, &["[]", "hz"]) && has(&paths, &["[]", "stats"]))
        || String::from_utf8_lossy(artifact.head()).lines().any(|line| parse(line).is_some())
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let bytes = artifact.file(FORMAT.name)?;
    let mut gathered = Gathered::new(&artifact.path, FORMAT.name);
    if bytes.trim_ascii_start().starts_with(b"[") {
        let Bounded(benches): Bounded<Bench, BENCHMARKS_MAX> = json(&artifact.path, bytes)?;
        for (index, bench) in benches.into_iter().enumerate() {
            let at = At::Inside(format!("[{index}]"));
            if bench.error.is_some() {
                fail(&mut gathered, &at, &bench.name)?;
                continue;
            }
            let launches = vec![Launch { iterations: bench.stats.sample.0 }];
            gathered.add(&at, gathered.id(&bench.name), wall_time(), launches)?;
        }
    } else {
        read_lines(text(&artifact.path, bytes)?, &mut gathered)?;
    }
    Ok(gathered.results())
}

fn fail(gathered: &mut Gathered, at: &At, name: &str) -> Result<(), ParseError> {
    let problem = format!("the benchmark {} failed", shown_name(name));
    gathered.fail(at, gathered.id(name), &problem, "a failure is not a fast run: make the benchmark succeed")
}

/// Other lines are the program's own: benchmark.js itself prints nothing.
fn read_lines(text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    let count = text.lines().count();
    for (number, line) in lines(text) {
        let at = At::Line(number, 1);
        let is_cut = number == count && !text.ends_with('\n') && line.contains(" x ");
        if let Some(Line { name, per_second, runs }) = parse(line) {
            let throughput = foreign_metric("throughput", Unit::PerSecond, Better::Higher);
            let stated = Stated { n: Some(runs), mean: Some(per_second), ..Stated::default() };
            gathered.add_stated(&at, gathered.id(name), throughput, stated)?;
        } else if let Some(name) = line.strip_suffix(": ") {
            fail(gathered, &at, name)?;
        } else if line.contains(" ops/sec") || is_cut {
            let problem = "expected `NAME x 1,234 ops/sec ±1.00% (90 runs sampled)`";
            return Err(gathered.error(&at, problem, "store what the benchmark printed as it is"));
        }
    }
    Ok(())
}

/// Read from the right: a name may itself look like a rate.
fn parse(line: &str) -> Option<Line<'_>> {
    let (rest, spread) = line.trim_end().strip_suffix(" sampled)")?.rsplit_once(" ops/sec \u{b1}")?;
    let (name, rate) = rest.rsplit_once(" x ")?;
    let (error, runs) = spread.split_once("% (")?;
    number(error)?;
    let runs = runs.strip_suffix(" runs").or_else(|| runs.strip_suffix(" run"))?.parse().ok()?;
    Some(Line { name, per_second: number(rate)?, runs })
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};
    use crate::model::Better;

    #[test]
    fn reads_lines() {
        for (file, values) in
            [("base.txt", [434.0, 393.0, 72_126.0, 5_476_643.0]), ("head.txt", [416.0, 249.0, 45_155.0, 3_131_406.0])]
        {
            let row = |name, value| (name, "throughput", "1/s", 1, 1, value);
            assert_reads(
                &format!("benchmarkjs/2.1.4/{file}"),
                "benchmarkjs",
                &[
                    row("async", values[0]),
                    row("größe/μ", values[1]),
                    row("mix x 4096 ops/sec", values[2]),
                    row("mix#64", values[3]),
                ],
            );
        }
        let read = read_text(None, "# node\na x 1.50 ops/sec ±0.10% (1 run sampled)\n").expect("reads");
        let stated = read[0].stated.as_ref().expect("only stated");
        assert_eq!((read[0].metric.better, stated.n, stated.mean), (Better::Higher, Some(1), Some(1.5)));
    }

    #[test]
    fn reads_samples() {
        for (file, values) in [("base_stats.json", BASE), ("head_stats.json", HEAD)] {
            let row = |name, n, value| (name, "wall-time", "s", n, 1, value);
            assert_reads(
                &format!("benchmarkjs/2.1.4/{file}"),
                "benchmarkjs",
                &[
                    row("async", 7, values[0]),
                    row("größe/μ", 6, values[1]),
                    row("mix x 4096 ops/sec", 7, values[2]),
                    row("mix#64", 7, values[3]),
                ],
            );
        }
    }

    const BASE: [f64; 4] = [
        0.002_320_840_521_739_130_4,
        0.002_503_921_965_909_090_7,
        1.384_513_094_059_406e-05,
        1.831_153_539_633_128_8e-07,
    ];
    const HEAD: [f64; 4] = [
        0.002_428_853_583_333_333_4,
        0.004_078_198_166_666_666_5,
        2.278_816_016_234_779_7e-05,
        3.198_681_781_732_991_6e-07,
    ];

    #[test]
    fn failures_and_cuts_refuse_the_file() {
        let complaint = |file: &str| {
            let path = fixture(&format!("benchmarkjs/2.1.4/{file}"));
            let error = read(&path, None).expect_err("refused").to_string();
            error.rsplit_once('/').expect("a path").1.to_owned()
        };
        let failure = "the benchmark 'throws' failed; a failure is not a fast run: make the benchmark succeed";
        assert_eq!(complaint("edge_failed.txt"), format!("edge_failed.txt:5:1: {failure}"));
        assert_eq!(complaint("edge_failed_stats.json"), format!("edge_failed_stats.json: [4]: {failure}"));
        let row = "a x 1 ops/sec ±1.00% (2 runs sampled)\n";
        let expected =
            "expected `NAME x 1,234 ops/sec ±1.00% (90 runs sampled)`; store what the benchmark printed as it is";
        for damaged in ["b x 1,23 ops/sec ±1.00% (2 runs sampled)\n", "b x 5 ops/sec", "b x 5"] {
            assert_eq!(refused("benchmarkjs", &format!("{row}{damaged}")), format!("f:2:1: {expected}"));
        }
        assert_eq!(
            refused("benchmarkjs", &format!("{row}{row}")),
            "f:2:1: 'a' has its throughput twice; give each benchmark a name of its own"
        );
        assert!(refused("benchmarkjs", "b x 0 ops/sec ±0.00% (1 run sampled)\n").contains("above 0, found 0"));
    }
}
