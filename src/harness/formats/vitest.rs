//! vitest's `bench --outputJson`: tinybench's statistics of each benchmark, in milliseconds, without the samples.

use super::error::shown_name;
use super::gathered::{At, Gathered};
use super::outline::{has, outline};
use super::source::{Bounded, json};
use super::tinybench::Statistics;
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, Results};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "vitest", about: "a file written by `vitest bench --outputJson FILE`", detect, read };

#[derive(Deserialize)]
struct Report {
    files: Bounded<File, BENCHMARKS_MAX>,
}

/// Its absolute path is not read: it differs from machine to machine.
#[derive(Deserialize)]
struct File {
    groups: Bounded<Group, BENCHMARKS_MAX>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    /// `file > describe > …`
    full_name: String,
    benchmarks: Bounded<Bench, BENCHMARKS_MAX>,
}

#[derive(Deserialize)]
struct Bench {
    name: String,
    #[serde(flatten)]
    statistics: Statistics,
}

fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    let is_empty = || artifact.head().iter().filter(|byte| !byte.is_ascii_whitespace()).eq(br#"{"files":[]}"#);
    has(&paths, &["files", "[]", "groups"]) || is_empty()
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let report: Report = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for group in report.files.0.into_iter().flat_map(|file| file.groups.0) {
        for bench in group.benchmarks.0 {
            let name = format!("{} > {}", group.full_name, bench.name);
            bench.statistics.add(&mut gathered, &At::Inside(shown_name(&group.full_name)), &name)?;
        }
    }
    Ok(gathered.results())
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_reads, fixture, refused};
    use crate::harness::{ParseErrorKind, read};

    #[test]
    fn reads_version_4() {
        for (file, values) in [("base.json", BASE), ("head.json", HEAD)] {
            let row = |name, value| (name, "wall-time", "s", 1, 1, value);
            assert_reads(
                &format!("vitest/4.1.12/{file}"),
                "vitest",
                &[
                    row("vpub/a.bench.mjs > hash / mix > mix 4096", values[0]),
                    row("vpub/a.bench.mjs > hash / mix > mix 64", values[1]),
                    row("vpub/a.bench.mjs > hash / mix > nested > group > größe 日本", values[2]),
                    row("vpub/a.bench.mjs > slow > sleep 2ms", values[3]),
                    row("vpub/a.bench.mjs > top level sort", values[4]),
                ],
            );
        }
        assert_reads(
            "vitest/4.1.12/edge_samples_empty_despite_includeSamples.json",
            "vitest",
            &[("vpub/a.bench.mjs > slow > sleep 2ms", "wall-time", "s", 1, 1, 2.156_759_000_000_008e-3)],
        );
    }

    const BASE: [f64; 5] = [
        6.709_999_999_998_217e-06,
        1.500_000_000_191_903_5e-07,
        8.609_999_999_862_339e-07,
        0.002_191_775_999_999_947_4,
        3.903_250_000_001_89e-05,
    ];
    const HEAD: [f64; 5] = [
        1.002_399_999_993_031e-05,
        1.900_000_000_318_868_8e-07,
        1.252_000_000_022_235_3e-06,
        0.002_148_426_499_999_971,
        2.496_700_000_000_373_7e-05,
    ];

    #[test]
    fn what_is_stated_is_kept() {
        let read = read(&fixture("vitest/4.1.12/edge_samples_empty_despite_includeSamples.json"), None).expect("reads");
        let stated = read[0].stated.as_ref().expect("only stated");
        assert_eq!(stated.n, Some(14));
        assert!((stated.sd.expect("an sd") / 0.033_411_939_889_604_52e-3 - 1.0).abs() < 1e-12);
        assert_eq!(stated.quantiles.iter().map(|quantile| quantile.0).collect::<Vec<_>>(), [0.75, 0.99, 0.995, 0.999]);
    }

    #[test]
    fn failures_refuse_the_file() {
        let error = read(&fixture("vitest/4.1.12/edge_failed.json"), None).expect_err("refused").to_string();
        assert!(
            error.ends_with(
                "'vfail/f.bench.mjs > with failure': 'vfail/f.bench.mjs > with failure > throws' has neither a median nor a \
                 mean: it did not run to its end; look at what the benchmark printed, and measure again"
            ),
            "{error}"
        );
        let empty = read(&fixture("vitest/4.1.12/edge_no_files.json"), None).expect_err("refused");
        assert_eq!(empty.kind, ParseErrorKind::Nothing);
        let twice =
            r#"{"files":[{"groups":[{"fullName":"g","benchmarks":[{"name":"a","mean":1},{"name":"a","mean":1}]}]}]}"#;
        assert_eq!(
            refused("vitest", twice),
            "f: 'g': 'g > a' has its wall-time twice; give each benchmark a name of its own"
        );
    }
}
