//! mitata's JSON: quantiles of each run of a benchmark, in nanoseconds, and its samples if the program kept them.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results};
use crate::model::{Launch, Stated};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) const FORMAT: Format =
    Format { name: "mitata", about: "JSON of mitata's `run({format: 'json'})`", detect, read };

#[derive(Deserialize)]
struct Export {
    layout: Bounded<Group, BENCHMARKS_MAX>,
    benchmarks: Bounded<Bench, BENCHMARKS_MAX>,
}

/// Only a group made with `group` has a name.
#[derive(Deserialize)]
struct Group {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Bench {
    group: usize,
    /// One for each combination of arguments.
    runs: Bounded<Run, BENCHMARKS_MAX>,
}

/// The benchmark's `alias` is a template; the run's name has the arguments filled in.
#[derive(Deserialize)]
struct Run {
    name: String,
    stats: Option<Stats>,
    /// Holds paths of the machine: not read.
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Stats {
    /// In ascending order, not in that of time.
    samples: Option<Bounded<f64, ITERATIONS_MAX>>,
    avg: Option<f64>,
    p25: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p99: Option<f64>,
    p999: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    has(&paths, &["layout"]) && (has(&paths, &["benchmarks"]) || has(&paths, &["layout", "[]", "types"]))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let export: Export = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, bench) in export.benchmarks.0.into_iter().enumerate() {
        let group = export.layout.0.get(bench.group).and_then(|group| group.name.as_deref());
        for (position, run) in bench.runs.0.into_iter().enumerate() {
            let at = At::Inside(format!("benchmarks[{index}].runs[{position}]"));
            let name = group.map_or_else(|| run.name.clone(), |group| format!("{group} > {}", run.name));
            let Some(stats) = run.stats.filter(|_| run.error.is_none()) else {
                let problem = format!("{} failed", shown_name(&name));
                let next = "a failure is not a fast run: make the benchmark succeed";
                gathered.fail(&at, gathered.id(&name), &problem, next)?;
                continue;
            };
            stats.add(&mut gathered, &at, &name)?;
        }
    }
    Ok(gathered.results())
}

impl Stats {
    fn add(self, gathered: &mut Gathered, at: &At, name: &str) -> Result<(), ParseError> {
        const UNIT_S: f64 = 1e-9;
        let id = gathered.id(name);
        if let Some(Bounded(samples)) = self.samples.filter(|samples| !samples.0.is_empty()) {
            let iterations = samples.into_iter().map(|sample| sample * UNIT_S).collect();
            return gathered.add(at, id, wall_time(), vec![Launch { iterations }]);
        }
        let quantiles = [(0.25, self.p25), (0.75, self.p75), (0.99, self.p99), (0.999, self.p999)];
        let stated = Stated {
            mean: self.avg.map(|avg| avg * UNIT_S),
            median: self.p50.map(|median| median * UNIT_S),
            quantiles: quantiles
                .into_iter()
                .filter_map(|(level, value)| value.map(|value| (level, value * UNIT_S)))
                .collect(),
            ..Stated::default()
        };
        gathered.add_stated(at, id, wall_time(), stated)
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};

    #[test]
    fn reads_version_1() {
        for (file, values) in [("base.json", BASE), ("head.json", HEAD)] {
            let row = |name, value| (name, "wall-time", "s", 1, 1, value);
            assert_reads(
                &format!("mitata/1.0.34/{file}"),
                "mitata",
                &[
                    row("grp ü > mix/4096", values[0]),
                    row("grp ü > size=64", values[1]),
                    row("grp ü > size=8", values[2]),
                    row("mix 64", values[3]),
                    row("multi 3 7", values[4]),
                    row("multi 5 7", values[5]),
                    row("noop", values[6]),
                ],
            );
        }
    }

    const BASE: [f64; 7] = [
        1.265_939_819_335_937_6e-05,
        8.802_319_335_937_5e-08,
        9.332_763_671_875e-09,
        8.802_075_195_312_5e-08,
        2.212_744_140_625e-08,
        4.101_269_531_25e-08,
        7.812_5e-11,
    ];
    const HEAD: [f64; 7] = [
        1.994_890_893_554_687_4e-05,
        1.400_043_945_314_828_3e-07,
        1.112_963_867_187_5e-08,
        1.399_921_875e-07,
        3.458_715_820_312_5e-08,
        6.833_325_195_312_5e-08,
        7.836_914_062_5e-11,
    ];

    fn export(run: &str) -> String {
        format!(r#"{{"layout":[{{"name":null,"types":[]}}],"benchmarks":[{{"alias":"$n","group":0,"runs":[{run}]}}]}}"#)
    }

    #[test]
    fn samples_are_read_where_they_were_kept() {
        let read = read_text(None, &export(r#"{"name":"a","stats":{"p50":2,"samples":[1,2,3]}}"#)).expect("reads");
        assert_eq!(read[0].values().collect::<Vec<_>>(), [1e-9, 2.0 * 1e-9, 3.0 * 1e-9]);
        assert!(read[0].launches.len() == 1 && read[0].stated.is_none());
    }

    #[test]
    fn failures_refuse_the_file() {
        let error = read(&fixture("mitata/1.0.34/edge_error_benchmark.json"), None).expect_err("refused").to_string();
        assert!(
            error.ends_with("runs[0]: 'throws' failed; a failure is not a fast run: make the benchmark succeed"),
            "{error}"
        );
        for (run, expected) in [
            (
                r#"{"name":"a","stats":{}}"#,
                "'a' has neither a median nor a mean: it did not run to its end; look at what the benchmark printed, and measure again",
            ),
            (
                r#"{"name":"a","stats":{"p50":2},"error":{}}"#,
                "'a' failed; a failure is not a fast run: make the benchmark succeed",
            ),
            (
                r#"{"name":"a","stats":{"avg":1,"p50":2,"p25":3,"p75":2}}"#,
                "the quantiles of 'a' do not ascend; write the file again",
            ),
        ] {
            assert_eq!(refused("mitata", &export(run)), format!("f: benchmarks[0].runs[0]: {expected}"));
        }
        let twice = export(r#"{"name":"a","stats":{"p50":2}},{"name":"a","stats":{"p50":2}}"#);
        assert!(refused("mitata", &twice).contains("'a' has its wall-time twice"));
    }
}
