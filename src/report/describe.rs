//! What benchgate understood of a result file: the value that `benchgate show` prints, in base units.
//!
//! Describes, never judges: a spread inside one file says nothing about the next run.

use super::scale::Scale;
use super::text;
use crate::harness::Failure;
use crate::model::{BenchmarkId, Better, Measurement, SCHEMA, Stated, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a result file holds: schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// [`SCHEMA`].
    pub schema: u32,
    /// One entry per benchmark and metric, in the order given.
    pub measurements: Vec<DescribedMeasurement>,
    /// Benchmarks that are in the file and failed; absent where none did.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failures: Vec<DescribedFailure>,
}

/// A benchmark that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescribedFailure {
    /// Which benchmark.
    #[serde(flatten)]
    pub id: BenchmarkId,
    /// Where the file says so, and what to do.
    pub detail: String,
}

/// One benchmark and metric, summarised over all iterations of all launches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescribedMeasurement {
    /// Which benchmark.
    #[serde(flatten)]
    pub id: BenchmarkId,
    /// The metric's name.
    pub metric: String,
    /// The base unit of every number below.
    pub unit: Unit,
    /// The metric's better direction.
    pub better: Better,
    /// Values, all launches together; absent where a file states aggregates and not of how many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub n: Option<u64>,
    /// Process launches.
    pub launches: usize,
    /// The arithmetic mean.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mean: Option<f64>,
    /// The median.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub median: Option<f64>,
    /// The sample's standard deviation; absent below two values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sd: Option<f64>,
    /// Quantiles by name: of type 7, `p05` to `p95`, of values; whatever the file states (`p50`, `p99`, `p99.9`), of aggregates.
    pub quantiles: BTreeMap<String, f64>,
}

/// The quantiles that are shown.
const QUANTILES: [(&str, f64); 5] = [("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)];

/// Summarises measurements as read.
pub fn describe(measurements: &[Measurement], failures: &[Failure]) -> Described {
    let failed = |failure: &Failure| DescribedFailure { id: failure.id.clone(), detail: failure.error.to_string() };
    let failures = failures.iter().map(failed).collect();
    Described { schema: SCHEMA, measurements: measurements.iter().map(describe_one).collect(), failures }
}

/// The same for people: one line per benchmark and metric, each with one scale; as a Markdown table on request.
pub fn table(described: &Described, markdown: bool) -> String {
    let header = ["benchmark", "metric", "launches", "n", "median", "mean", "sd", "p95"].map(str::to_owned);
    let rows: Vec<[String; 8]> = std::iter::once(header).chain(described.measurements.iter().map(table_row)).collect();
    let widths: Vec<usize> = (0..8).map(|i| rows.iter().map(|row| text::width(&row[i])).max().unwrap_or(0)).collect();
    let mut page = String::new();
    for (nth, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(i, (cell, width))| {
                let fill = " ".repeat(width - text::width(cell));
                if i < 2 { format!("{cell}{fill}") } else { format!("{fill}{cell}") }
            })
            .collect();
        if markdown {
            let escaped = cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | ");
            page += "| ";
            page += &escaped;
            page += " |\n";
            if nth == 0 {
                page += "|---|---|--:|--:|--:|--:|--:|--:|\n";
            }
        } else {
            page += cells.join("  ").trim_end();
            page.push('\n');
        }
    }
    for DescribedFailure { id, detail } in &described.failures {
        page += if markdown { "\n- failed: " } else { "failed: " };
        page += &text::line(&format!("{id}: {detail}"));
        page.push('\n');
    }
    page
}

fn table_row(row: &DescribedMeasurement) -> [String; 8] {
    let p95 = row.quantiles.get("p95").copied();
    let numbers = [row.median, row.mean, row.sd, p95];
    let shown: Vec<f64> = numbers.iter().flatten().copied().collect();
    let scale = Scale::of(row.unit, &shown);
    let [median, mean, sd, p95] = numbers.map(|value| value.map_or("none".to_owned(), |value| scale.show(value)));
    let name = text::line(&row.id.to_string());
    let n = row.n.map_or("none".to_owned(), |n| n.to_string());
    [name, text::line(&row.metric), row.launches.to_string(), n, median, mean, sd, p95]
}

fn describe_one(measurement: &Measurement) -> DescribedMeasurement {
    let described = DescribedMeasurement {
        id: measurement.id.clone(),
        metric: measurement.metric.name.clone(),
        unit: measurement.metric.unit,
        better: measurement.metric.better,
        n: None,
        launches: measurement.launches.len(),
        mean: None,
        median: None,
        sd: None,
        quantiles: BTreeMap::new(),
    };
    if let Some(stated) = &measurement.stated {
        let quantiles = stated.quantiles.iter().map(|&(level, value)| (quantile_name(level), value)).collect();
        let Stated { n, mean, median, sd, .. } = *stated;
        return DescribedMeasurement { n, mean, median, sd, quantiles, ..described };
    }
    let mut values: Vec<f64> = measurement.values().collect();
    values.sort_by(f64::total_cmp);
    let quantiles: BTreeMap<String, f64> =
        QUANTILES.iter().filter_map(|&(name, p)| quantile(&values, p).map(|value| (name.to_owned(), value))).collect();
    DescribedMeasurement {
        n: Some(values.len() as u64),
        mean: mean(&values),
        median: quantile(&values, 0.5),
        sd: sd(&values),
        quantiles,
        ..described
    }
}

/// `p05`, `p50`, `p99.9`: the level in percent, two digits before the point.
fn quantile_name(level: f64) -> String {
    let percent = format!("{:.4}", 100.0 * level);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("p{percent:0>2}")
}

/// The type-7 quantile (Hyndman and Fan 1996: R's and `NumPy`'s default) of ascending values.
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p * last as f64;
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let weight = position - below as f64;
    finite(sorted[below] * (1.0 - weight) + sorted[above] * weight)
}

/// Divided before it is summed, so that large finite values stay finite.
fn mean(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    if values.is_empty() { None } else { finite(values.iter().map(|value| value / n).sum()) }
}

fn sd(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    if values.len() < 2 {
        return None;
    }
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    finite((squares / (values.len() - 1) as f64).sqrt())
}

/// Absent rather than infinite: JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Launch, known_metric};

    fn measurement(values: &[f64]) -> Measurement {
        Measurement {
            id: BenchmarkId::new("s", "b"),
            metric: known_metric("wall-time").expect("known"),
            launches: values.iter().map(|&value| Launch { iterations: vec![value] }).collect(),
            stated: None,
        }
    }

    #[test]
    fn has_exactly_the_documented_names() {
        let described = describe(&[measurement(&[4.0, 1.0, 2.0, 3.0])], &[]);
        assert_eq!(
            serde_json::to_string(&described).expect("serialises"),
            r#"{"schema":1,"measurements":[{"suite":"s","benchmark":"b","metric":"wall-time","unit":"s","better":"lower","n":4,"launches":4,"mean":2.5,"median":2.5,"sd":1.2909944487358056,"quantiles":{"p05":1.15,"p25":1.75,"p50":2.5,"p75":3.25,"p95":3.8499999999999996}}]}"#
        );
    }

    #[test]
    fn one_value_has_no_deviation() {
        let described = describe(&[measurement(&[2.0])], &[]);
        let text = serde_json::to_string(&described).expect("serialises");
        assert!(!text.contains("\"sd\""), "{text}");
        let back: Described = serde_json::from_str(&text).expect("reads back");
        assert_eq!(back, described);
    }

    #[test]
    fn aggregates_are_shown_as_stated() {
        let quantiles = vec![(0.05, 0.9), (0.5, 1.0), (0.999, 4.0)];
        let stated = Stated { n: Some(12), mean: Some(1.2), median: Some(1.0), sd: None, quantiles };
        let plain = measurement(&[1.0]);
        let one = Measurement::stated(plain.id.clone(), plain.metric.clone(), stated).expect("has a median");
        assert_eq!(one.launches, plain.launches);
        let text = serde_json::to_string(&describe(&[one], &[])).expect("serialises");
        assert!(text.ends_with(
            r#""n":12,"launches":1,"mean":1.2,"median":1.0,"quantiles":{"p05":0.9,"p50":1.0,"p99.9":4.0}}]}"#
        ));
        assert_eq!(Measurement::stated(plain.id, plain.metric, Stated::default()), None);
    }

    #[test]
    fn unknown_numbers_are_absent() {
        let described = describe(&[measurement(&[]), measurement(&[f64::MAX, f64::MAX / 2.0])], &[]);
        assert_eq!((described.measurements[0].mean, described.measurements[0].median), (None, None));
        assert!(described.measurements[1].mean.is_some());
        assert_eq!(described.measurements[1].sd, None);
    }
}
