//! Every fixture with a companion: `FILE.expected` holds what it says, worked out without benchgate, and `FILE.refused`
//! the complaint about it. The folder below `tests/fixtures` is the format's name.

use super::*;
use std::collections::BTreeMap;

/// A file or folder of a tool, and what is expected of it.
struct Golden {
    artifact: PathBuf,
    format: &'static str,
    expected: Option<String>,
    refused: Option<String>,
}

impl Golden {
    fn shown(&self) -> String {
        self.artifact.strip_prefix(fixtures()).expect("a fixture").display().to_string()
    }
}

/// All of them. A file beside a companion needs one too.
fn goldens() -> Vec<Golden> {
    let mut goldens = Vec::new();
    for format in FORMATS {
        let mut folders = vec![fixtures().join(format.name)];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
            paths.sort();
            let companion = |path: &Path, suffix: &str| fs::read_to_string(format!("{}.{suffix}", path.display())).ok();
            let is_companion = |path: &Path| path.extension().is_some_and(|end| end == "expected" || end == "refused");
            let complete = paths.iter().any(|path| is_companion(path));
            for artifact in paths.into_iter().filter(|path| !is_companion(path)) {
                let (expected, refused) = (companion(&artifact, "expected"), companion(&artifact, "refused"));
                if expected.is_some() || refused.is_some() {
                    goldens.push(Golden { artifact, format: format.name, expected, refused });
                } else {
                    assert!(!complete, "nothing is expected of {}", artifact.display());
                    folders.extend(artifact.is_dir().then_some(artifact));
                }
            }
        }
    }
    assert!(goldens.len() > 5, "the tests looked at nothing");
    goldens
}

/// One line of what is expected: name, metric, unit, better, values, launches, median, and what the file only states.
fn line(m: &Measurement) -> (String, f64, BTreeMap<String, f64>) {
    let better = if m.metric.better == Better::Lower { "lower" } else { "higher" };
    let (values, launches) = (m.values().count(), m.launches.len());
    let text = [
        &m.id.benchmark,
        &m.metric.name,
        &m.metric.unit.to_string(),
        better,
        &values.to_string(),
        &launches.to_string(),
    ]
    .join("\t");
    let mut stated = BTreeMap::new();
    if let Some(of) = &m.stated {
        let fields = [("n", of.n.map(|n| n as f64)), ("mean", of.mean), ("median", of.median), ("sd", of.sd)];
        stated.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        stated.extend(of.quantiles.iter().map(|(level, value)| (format!("p{level}"), *value)));
    }
    (text, median(m), stated)
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a / b - 1.0).abs() < 1e-9
}

fn check_expected(golden: &Golden, expected: &str) {
    let measurements = read(&golden.artifact, None).unwrap_or_else(|error| panic!("{error}"));
    let mut lines = expected.lines();
    for measurement in &measurements {
        let (text, median, stated) = line(measurement);
        let place = format!("{}: {text}", golden.shown());
        assert_eq!(measurement.id.suite, golden.format, "{place}");
        let wanted: Vec<&str> = lines.next().unwrap_or_else(|| panic!("{place} is too much")).split('\t').collect();
        assert_eq!(text, wanted[..6].join("\t"), "{place}");
        assert!(same(median, wanted[6].parse().expect("a median")), "{place}: {median} instead of {}", wanted[6]);
        let pairs = wanted[7..].iter().map(|pair| pair.split_once('=').expect("name=value"));
        let wanted: BTreeMap<String, f64> =
            pairs.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect();
        assert!(stated.keys().eq(wanted.keys()), "{place}: {stated:?} instead of {wanted:?}");
        assert!(stated.values().zip(wanted.values()).all(|(a, b)| same(*a, *b)), "{place}: {stated:?}, {wanted:?}");
    }
    assert_eq!(lines.next(), None, "{} lacks this", golden.shown());
}

#[test]
fn every_fixture_reads_as_expected() {
    let mut wrong = String::new();
    for golden in goldens() {
        match (&golden.expected, &golden.refused) {
            (Some(expected), None) => check_expected(&golden, expected),
            (None, Some(refused)) => {
                let found = complaint(read(&golden.artifact, None), &fixtures());
                if found != refused.trim_end() {
                    wrong.extend(["\n", &found, "\ninstead of\n", refused]);
                }
            }
            _ => panic!("{} is both expected and refused", golden.shown()),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
