//! tinybench: a list of tasks with their results, as a program dumps them with `JSON.stringify`. Milliseconds.
//!
//! Version 2 writes the statistics into the result itself, later ones below `latency`. `throughput` follows from the
//! same samples and is left out.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results};
use crate::model::{Launch, Stated};
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) const FORMAT: Format =
    Format { name: "tinybench", about: "JSON of tinybench's tasks with `name` and `result`", detect, read };

#[derive(Deserialize)]
struct Task {
    name: String,
    result: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    /// Since version 4.
    state: Option<String>,
    /// Whatever was thrown; an `Error` is written as `{}`.
    error: Option<IgnoredAny>,
    latency: Option<Statistics>,
    #[serde(flatten)]
    flat: Statistics,
}

/// What tinybench, and vitest with it, computes of the times of a task, in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statistics {
    /// Times in ascending order, not in that of time; empty unless samples are retained.
    samples: Option<Bounded<f64, ITERATIONS_MAX>>,
    #[serde(alias = "sampleCount")]
    samples_count: Option<u64>,
    mean: Option<f64>,
    /// vitest's name of `p50`.
    median: Option<f64>,
    p50: Option<f64>,
    p75: Option<f64>,
    p99: Option<f64>,
    p995: Option<f64>,
    p999: Option<f64>,
    sd: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    has(&paths, &["[]", "name"]) && has(&paths, &["[]", "result"])
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let Bounded(tasks): Bounded<Task, BENCHMARKS_MAX> = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (index, task) in tasks.into_iter().enumerate() {
        let at = At::Inside(format!("[{index}].result"));
        let mut fail = |why: &str| {
            let problem = format!("the task {} {why}", shown_name(&task.name));
            gathered.fail(&at, gathered.id(&task.name), &problem, "a failure is not a fast run: make the task succeed")
        };
        let Some(result) = task.result else {
            fail("did not run")?;
            continue;
        };
        if result.error.is_some() || result.state.is_some_and(|state| state != "completed") {
            fail("failed or was aborted")?;
            continue;
        }
        result.latency.unwrap_or(result.flat).add(&mut gathered, &at, &task.name)?;
    }
    Ok(gathered.results())
}

impl Statistics {
    /// The retained samples as one launch, else what is stated.
    pub(super) fn add(self, gathered: &mut Gathered, at: &At, name: &str) -> Result<(), ParseError> {
        const UNIT_S: f64 = 1e-3;
        let id = gathered.id(name);
        let samples = self.samples.map(|samples| samples.0).unwrap_or_default();
        // A task may be faster than the clock's steps: single times of 0 say nothing, their mean does.
        let seconds = |value: Option<f64>| value.map(|value| value * UNIT_S).filter(|&value| value != 0.0);
        if samples.is_empty() || samples.contains(&0.0) {
            let quantiles = [(0.75, self.p75), (0.99, self.p99), (0.995, self.p995), (0.999, self.p999)];
            let stated = Stated {
                n: self.samples_count,
                mean: seconds(self.mean),
                median: seconds(self.p50.or(self.median)),
                sd: self.sd.map(|sd| sd * UNIT_S),
                quantiles: quantiles.into_iter().filter_map(|(level, value)| Some((level, seconds(value)?))).collect(),
            };
            return gathered.add_stated(at, id, wall_time(), stated);
        }
        if self.samples_count.is_some_and(|count| count != samples.len() as u64) {
            let problem = format!("{} has another number of samples than it states", shown_name(name));
            return Err(gathered.error(at, &problem, "write the file again, and do not edit it"));
        }
        let iterations = samples.into_iter().map(|sample| sample * UNIT_S).collect();
        gathered.add(at, id, wall_time(), vec![Launch { iterations }])
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};

    #[test]
    fn reads_version_6() {
        let expect = |file: &str, values: [f64; 3]| {
            let row = |name, value: f64| (name, "wall-time", "s", 1, 1, value);
            let rows = [row("größe", values[0]), row("mix 64", values[1]), row("mix/100k", values[2])];
            assert_reads(&format!("tinybench/6.2.3/{file}"), "tinybench", &rows);
        };
        expect(
            "base.json",
            [0.004_897_999_999_997_182e-3, 0.000_129_999_999_984_420_36e-3, 0.162_440_000_000_003_7e-3],
        );
        expect("head.json", HEAD);
    }

    const HEAD: [f64; 3] = [7.340_999_999_996_711_5e-06, 1.800_000_000_002_910_3e-07, 0.000_243_660_999_999_974_6];

    #[test]
    fn retained_samples_are_read_one_by_one() {
        let file = "tinybench/6.2.3/base_retain_samples.json";
        assert_reads(file, "tinybench", &[("mix/100k", "wall-time", "s", 42, 1, 0.162_440_000_000_003_7e-3)]);
        assert!(read(&fixture(file), None).expect("reads")[0].stated.is_none());
    }

    #[test]
    fn times_below_the_clock_s_steps_leave_their_mean() {
        let text =
            r#"[{"name":"a","result":{"latency":{"samples":[0,0,6],"samplesCount":3,"mean":2,"p50":0,"p75":6}}}]"#;
        let read = read_text(None, text).expect("reads");
        let stated = read[0].stated.as_ref().expect("only stated");
        assert_eq!((stated.n, stated.mean, stated.median), (Some(3), Some(2e-3), None));
        assert_eq!(stated.quantiles, [(0.75, 6e-3)]);
    }

    #[test]
    fn reads_version_2() {
        let text = r#"[{"name":"a","result":{"hz":1,"mean":2,"p75":3,"p99":4,"samples":[1,2,6]}},
            {"name":"b","result":{"hz":1,"mean":2,"p75":3,"p99":4}}]"#;
        let read = read_text(None, text).expect("reads");
        assert_eq!(read[0].values().collect::<Vec<_>>(), [1e-3, 2e-3, 6e-3]);
        let stated = read[1].stated.as_ref().expect("only stated");
        assert_eq!((stated.mean, stated.quantiles.as_slice()), (Some(2e-3), [(0.75, 3e-3), (0.99, 4e-3)].as_slice()));
    }

    #[test]
    fn failures_and_contradictions_refuse_the_file() {
        let error = read(&fixture("tinybench/6.2.3/edge_task_error.json"), None).expect_err("refused").to_string();
        assert!(error.ends_with(
            "[3].result: the task 'throws' failed or was aborted; a failure is not a fast run: make the task succeed"
        ));
        let task = |result: &str| refused("tinybench", &format!(r#"[{{"name":"a","result":{result}}}]"#));
        for (result, expected) in [
            ("null", "the task 'a' did not run; a failure is not a fast run: make the task succeed"),
            (
                r#"{"error":{},"mean":1}"#,
                "the task 'a' failed or was aborted; a failure is not a fast run: make the task succeed",
            ),
            (
                r#"{"state":"completed"}"#,
                "'a' has neither a median nor a mean: it did not run to its end; look at what the benchmark printed, and measure again",
            ),
            (
                r#"{"latency":{"samples":[1],"samplesCount":2}}"#,
                "'a' has another number of samples than it states; write the file again, and do not edit it",
            ),
            (
                r#"{"latency":{"p50":0}}"#,
                "'a' has neither a median nor a mean: it did not run to its end; look at what the benchmark printed, and measure again",
            ),
            (r#"{"latency":{"mean":1,"p75":3,"p99":2}}"#, "the quantiles of 'a' do not ascend; write the file again"),
            (r#"{"latency":{"mean":1,"sd":-1}}"#, "the deviation of 'a' is not a number from 0 on; measure again"),
        ] {
            assert_eq!(task(result), format!("f: [0].result: {expected}"));
        }
    }
}
