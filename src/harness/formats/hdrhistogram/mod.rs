//! `HdrHistogram`: logs of encoded histograms, one an interval, and tables of percentiles (`.hgrm`).
//!
//! Neither names the unit of its values, so they are read as they are: plain numbers. Only vegeta's table names one.

mod encoded;

use super::error::shown_name;
use super::gathered::{At, Gathered};
use super::load::{Latency, Load};
use super::quantity::{Dimension, number, written};
use super::text::{lines, text};
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, ParseErrorKind, Results};
use crate::model::Stated;
use encoded::{BYTES_MAX, Histogram};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const FORMAT: Format =
    Format { name: "hdrhistogram", about: "a log of HdrHistogram, or its table of percentiles (.hgrm)", detect, read };

/// What is read of a distribution.
const LEVELS: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
/// A quantile of recorded values needs so many of them above it.
const VALUES_ABOVE: f64 = 5.0;

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let is_log = |line: &str| line.starts_with("#[Histogram log format version") || line.contains(",HIST");
    head.lines().take(20).any(is_log) || head.lines().find(|line| !line.trim().is_empty()).is_some_and(is_header)
}

/// The cells of a table's line, between blanks or commas.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t', ',']).map(|cell| cell.trim_matches('"')).filter(|cell| !cell.is_empty())
}

fn is_header(line: &str) -> bool {
    let cells: Vec<&str> = cells(line).collect();
    matches!(cells.as_slice(), [value, "Percentile", "TotalCount", ..] if value.starts_with("Value"))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let table = lines(text).find(|(_, line)| !line.trim().is_empty()).filter(|(_, line)| is_header(line));
    match table {
        Some((line, header)) => {
            let latency = read_table(path, text, line, header)?;
            let load = Load { name: FORMAT.name.to_owned(), requests: None, throughput: None, latency };
            load.add(&mut gathered, &At::Line(line, 1))?;
        }
        None => read_log(path, text, &mut gathered)?,
    }
    Ok(gathered.results())
}

fn nothing(path: &Path, line: usize) -> ParseError {
    let next = "look at what was measured, and measure again";
    ParseError { kind: ParseErrorKind::Nothing, ..ParseError::line(path, (line, 1), "no value was recorded", next) }
}

/// Of each level the first row that reaches it: its value is not exceeded by at least that share.
fn read_table(path: &Path, text: &str, header_line: usize, header: &str) -> Result<Latency, ParseError> {
    let broken = |line: usize, problem: &str| {
        ParseError::line(path, (line, 1), problem, "write the table again: its writer was interrupted")
    };
    // Value, share, count.
    let mut rows: Vec<[f64; 3]> = Vec::new();
    let mut last = header_line;
    for (line, content) in lines(text).skip(header_line) {
        if content.trim().is_empty() || content.starts_with('#') {
            continue;
        }
        last = line;
        let numbers: Option<Vec<f64>> = cells(content).take(3).map(number).collect();
        let row = numbers.and_then(|numbers| <[f64; 3]>::try_from(numbers).ok()).filter(|row| {
            let before = rows.last().unwrap_or(&[0.0; 3]);
            (0.0..=1.0).contains(&row[1]) && row.iter().zip(before).all(|(now, before)| now >= before)
        });
        rows.push(row.ok_or_else(|| broken(line, "expected a value, a share and a count, none below the row before"))?);
    }
    let Some(&[_, share, count]) = rows.last() else { return Err(nothing(path, header_line)) };
    if share != 1.0 {
        return Err(broken(last, "expected rows up to the share 1, found the end"));
    }
    if count == 0.0 {
        return Err(nothing(path, header_line));
    }
    let reached = |level: f64| rows.iter().find(|row| row[1] >= level - 1e-9).map(|row| row[0]);
    let unit = cells(header).next().and_then(|cell| cell.strip_prefix("Value(")?.strip_suffix(')'));
    let factor = match unit.map(|unit| (unit, written(unit))) {
        None => 1.0,
        Some((_, Some(unit))) if unit.dimension == Dimension::Time => unit.factor,
        Some((unit, _)) => {
            let problem = format!("expected a unit of time, found {}", shown_name(unit));
            return Err(ParseError::line(path, (header_line, 1), problem, "write the values in ms"));
        }
    };
    let quantiles: Vec<(f64, f64)> =
        LEVELS.into_iter().filter_map(|level| Some((level, reached(level)? * factor))).collect();
    let median = quantiles.first().map(|&(_, median)| median);
    let stated = Stated { n: Some(count as u64), mean: None, median, sd: None, quantiles };
    Ok(if unit.is_some() { Latency::Stated(stated) } else { Latency::Unitless(stated) })
}

/// One benchmark per tag, all its intervals together.
fn read_log(path: &Path, text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    let mut tags: BTreeMap<&str, (usize, Histogram)> = BTreeMap::new();
    let mut left = BYTES_MAX;
    let is_comment = |line: &str| line.trim().is_empty() || line.starts_with(['#', '"']);
    for (line, content) in lines(text).filter(|(_, content)| !is_comment(content)) {
        let refused = |problem: &str| {
            let next = "write the log again: its writer was interrupted, or it is of another kind";
            ParseError::line(path, (line, 1), problem, next)
        };
        let (tag, rest) = match content.strip_prefix("Tag=") {
            Some(tagged) => tagged.split_once(',').ok_or_else(|| refused("expected an interval behind the tag"))?,
            None => (FORMAT.name, content),
        };
        let cells: Vec<&str> = rest.split(',').map(str::trim).collect();
        let [start, length, _, encoded] = cells[..] else {
            return Err(refused("expected a start, a length, a maximum and a histogram"));
        };
        if number(start).is_none() || number(length).is_none_or(|length| length < 0.0) {
            return Err(refused("expected a start and a length, in seconds"));
        }
        if tags.len() == BENCHMARKS_MAX && !tags.contains_key(tag) {
            return Err(ParseError { kind: ParseErrorKind::Limit, ..refused("too many tags") });
        }
        let (_, histogram) = tags.entry(tag).or_insert_with(|| (line, Histogram::default()));
        histogram.add_base64(encoded, &mut left).map_err(refused)?;
    }
    for (tag, (line, histogram)) in tags {
        let n = histogram.total();
        if n == 0 {
            return Err(nothing(path, line));
        }
        let levels =
            LEVELS.into_iter().filter(|level| *level == 0.5 || n as f64 * (1.0 - level) >= VALUES_ABOVE - 1e-9);
        let quantiles: Vec<(f64, f64)> = levels.map(|level| (level, histogram.quantile(level))).collect();
        let (mean, sd) = histogram.moments();
        let median = Some(histogram.quantile(0.5));
        let stated = Stated { n: Some(n), mean: Some(mean), median, sd: Some(sd), quantiles };
        let latency = Latency::Unitless(stated);
        let load = Load { name: tag.to_owned(), requests: None, throughput: None, latency };
        load.add(gathered, &At::Line(line, 1))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, fixture, refused, refused_fixture};

    #[test]
    fn reads_logs_of_every_version() {
        // Worked out with a decoder written apart, in another language.
        let one = |file: &str, metrics| {
            assert_loads(&format!("hdrhistogram/{file}"), "hdrhistogram", &[("hdrhistogram", 1, metrics)]);
        };
        one("0.10.8/base_py.hlog", &[("latency", 1_094.0), ("latency-p90", 2_079.0), ("latency-p99", 3_471.0)]);
        one("0.10.8/head_py.hlog", &[("latency", 1_479.0), ("latency-p90", 2_821.0), ("latency-p99", 4_923.0)]);
        one("de84b0a7/v1.hlog", &[("latency", 149.0)]);
        let v0: &[(&str, f64)] = &[
            ("latency", 393_215.0),
            ("latency-p90", 409_599.0),
            ("latency-p99", 1_107_296_255.0),
            ("latency-p99.9", 1_518_338_047.0),
        ];
        one("de84b0a7/jHiccup-2.0.1.logV0.hlog", v0);
        let v2: &[(&str, f64)] = &[
            ("latency", 344_063.0),
            ("latency-p90", 425_983.0),
            ("latency-p99", 1_434_451_967.0),
            ("latency-p99.9", 1_753_219_071.0),
        ];
        one("de84b0a7/jHiccup-2.0.7S.logV2.hlog", v2);
        for (file, n, mean) in [
            ("de84b0a7/jHiccup-2.0.1.logV0.hlog", 61_256, 33_138_446.610_421_836),
            ("de84b0a7/jHiccup-2.0.7S.logV2.hlog", 48_761, 67_806_930.728_41),
            ("0.10.8/base_py.hlog", 2_000, 1_238.278_5),
            ("de84b0a7/v1.hlog", 20, 151.65),
        ] {
            let read = crate::harness::read(&fixture(&format!("hdrhistogram/{file}")), None).expect("reads");
            let stated = read[0].stated.as_ref().expect("stated");
            assert_eq!(stated.n, Some(n), "{file}");
            assert!((stated.mean.expect("mean") / mean - 1.0).abs() < 1e-12, "{file}: {:?}", stated.mean);
        }
    }

    #[test]
    fn each_tag_is_a_benchmark() {
        let metrics: &[(&str, f64)] = &[
            ("latency", 360_447.0),
            ("latency-p90", 425_983.0),
            ("latency-p99", 1_392_508_927.0),
            ("latency-p99.9", 1_543_503_871.0),
        ];
        assert_loads(
            "hdrhistogram/de84b0a7/tagged-Log.logV2.hlog",
            "hdrhistogram",
            &[("A", 1, metrics), ("hdrhistogram", 1, metrics)],
        );
    }

    #[test]
    fn reads_tables() {
        for (file, values) in [("0.10.8/base.hgrm", HGRM_BASE), ("0.10.8/head_slower.hgrm", HGRM_HEAD)] {
            let names = ["latency", "latency-p90", "latency-p99", "latency-p99.9"];
            let read = crate::harness::read(&fixture(&format!("hdrhistogram/{file}")), None).expect("reads");
            let found: Vec<_> = read.iter().map(|m| (m.metric.name.as_str(), m.values().next())).collect();
            let expected: Vec<_> = names.into_iter().zip(values.map(Some)).collect();
            assert_eq!(found, expected, "{file}");
            assert_eq!(read[0].stated.as_ref().and_then(|stated| stated.n), Some(5_000));
        }
        assert_loads(
            "hdrhistogram/vegeta-cf581126/vegeta.hgrm",
            "hdrhistogram",
            &[(
                "hdrhistogram",
                1,
                &[
                    ("latency", 0.513_059e-3),
                    ("latency-p90", 0.555_774e-3),
                    ("latency-p99", 0.612e-3),
                    ("latency-p99.9", 0.713e-3),
                ],
            )],
        );
    }

    #[test]
    fn what_is_empty_or_damaged_is_refused() {
        assert_eq!(
            refused_fixture("hdrhistogram/0.10.8/edge_empty.hgrm"),
            "edge_empty.hgrm:1:1: no value was recorded; look at what was measured, and measure again"
        );
        let log = |line: &str| refused("hdrhistogram", &format!("#[Histogram log format version 1.2]\n{line}\n"));
        for (line, expected) in [
            ("0.1,1.0,2.0", "f:2:1: expected a start, a length, a maximum and a histogram;"),
            ("x,1.0,2.0,HIST", "f:2:1: expected a start and a length, in seconds;"),
            ("0.1,1.0,2.0,HIS", "f:2:1: this is not base64;"),
            ("0.1,1.0,2.0,HIS!", "f:2:1: this is not base64;"),
            ("0.1,1.0,2.0,HIST", "f:2:1: the histogram ends too early;"),
            ("0.1,1.0,2.0,HISTFAAAAEV42pNpmSzMwMAA", "f:2:1: the histogram ends too early;"),
            ("0.1,1.0,2.0,HISTFAAAAAR42pNp", "f:2:1: the compressed histogram is damaged;"),
            ("0.1,1.0,2.0,DHISTwAAAAIAAAAA", "f:2:1: histograms of floating-point numbers are not read;"),
            ("0.1,1.0,2.0,AAAAAAAA", "f:2:1: this is no HdrHistogram;"),
            ("Tag=A", "f:2:1: expected an interval behind the tag;"),
        ] {
            let error = log(line);
            assert!(error.starts_with(expected), "{error}");
        }
        let table =
            |rows: &str| refused("hdrhistogram", &format!("Value Percentile TotalCount 1/(1-Percentile)\n\n{rows}"));
        for (rows, expected) in [
            ("1.0 0.5 5 2.0\n", "f:3:1: expected rows up to the share 1, found the end;"),
            (
                "1.0 0.5 5 2.0\n0.9 1.0 10 inf\n",
                "f:4:1: expected a value, a share and a count, none below the row before;",
            ),
            ("nan 1.0 10\n", "f:3:1: expected a value, a share and a count, none below the row before;"),
            ("1.0 1.0 0\n", "f:1:1: no value was recorded;"),
        ] {
            let error = table(rows);
            assert!(error.starts_with(expected), "{error}");
        }
        let error = refused("hdrhistogram", "Value(kB) Percentile TotalCount\n1 1 1\n");
        assert!(error.starts_with("f:1:1: expected a unit of time, found 'kB';"), "{error}");
    }

    const HGRM_BASE: [f64; 4] = [1.114, 2.057, 3.453, 5.671];
    const HGRM_HEAD: [f64; 4] = [1.510, 2.789, 4.683, 6.715];
}
