//! benchgate's own format for results of anything: comma-separated values with a header, or one JSON object a line.

use super::error::{COMMA_NEXT, shown_name, shown_value};
use super::gathered::{At, Gathered};
use super::quantity::{Dimension, has_decimal_comma, written};
use super::text::{Records, lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results, VALUES_MAX, foreign_metric};
use crate::model::{BenchmarkId, Better, Launch, Metric, Unit, known_metric, shown_message};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const FORMAT: Format = Format {
    name: "plain",
    about: "CSV with the columns benchmark and value, or NDJSON with these keys",
    detect,
    read,
};

const COLUMNS: [&str; 7] = ["suite", "benchmark", "metric", "unit", "better", "launch", "value"];

/// Whether the first line is a header with `benchmark` and `value` and no foreign column, or an object with such keys.
fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let first = head.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let keys: Vec<String> = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(first) {
        Ok(object) => object.keys().cloned().collect(),
        Err(_) => header(first).collect(),
    };
    ["benchmark", "value"].iter().all(|needed| keys.iter().any(|key| key == needed))
        && keys.iter().all(|key| COLUMNS.contains(&key.as_str()))
}

fn header(line: &str) -> impl Iterator<Item = String> {
    line.split(',').map(|cell| cell.trim().trim_matches('"').to_owned())
}

/// One value with everything that is said of it; absent is like empty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Row {
    suite: Option<String>,
    benchmark: Option<String>,
    metric: Option<String>,
    unit: Option<String>,
    better: Option<String>,
    launch: Option<Label>,
    value: Option<f64>,
    /// The value as a cell has it.
    #[serde(skip)]
    written: Option<String>,
}

/// A launch is named by a number or a text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number or a text in `launch`")]
enum Label {
    Number(u64),
    Text(String),
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut table = Table { path, series: BTreeMap::new(), rows: 0 };
    let is_ndjson = text.trim_start().starts_with('{');
    if is_ndjson { table.read_objects(text) } else { table.read_records(text) }?;
    table.gathered()
}

/// The values of one benchmark and metric.
struct Series {
    metric: Metric,
    /// Where it begins.
    line: usize,
    launches: Vec<Launch>,
    /// The label of a launch to its index.
    labels: BTreeMap<String, usize>,
}

struct Table<'p> {
    path: &'p Path,
    series: BTreeMap<(BenchmarkId, String), Series>,
    rows: usize,
}

impl Table<'_> {
    fn read_objects(&mut self, text: &str) -> Result<(), ParseError> {
        for (line, object) in lines(text).filter(|(_, object)| !object.trim().is_empty()) {
            let row: Row = serde_json::from_str(object).map_err(|error| {
                let place = ParseError::json(self.path, &error);
                let (problem, next) = (place.problem, "write one object with the keys of `plain` a line");
                ParseError::line(self.path, (line, error.column()), problem, next)
            })?;
            self.add(line, row)?;
        }
        Ok(())
    }

    fn read_records(&mut self, text: &str) -> Result<(), ParseError> {
        let mut columns: Option<Vec<String>> = None;
        for record in Records::new(text, ',') {
            let cells = record.map_err(|broken| {
                ParseError::line(self.path, broken.at, broken.problem, "quote cells as RFC 4180 says")
            })?;
            let at = cells.first().map_or((1, 1), |cell| cell.at);
            let Some(columns) = &columns else {
                for cell in &cells {
                    self.check_column(cell.at, cell.text.trim())?;
                }
                columns = Some(cells.into_iter().map(|cell| cell.text.trim().to_owned()).collect());
                continue;
            };
            if cells.len() != columns.len() {
                return Err(ParseError::cells(self.path, columns.len(), &cells));
            }
            let mut row = Row::default();
            for (column, cell) in columns.iter().zip(cells) {
                row.set(column, cell.text);
            }
            self.add(at.0, row)?;
        }
        Ok(())
    }

    fn check_column(&self, at: (usize, usize), name: &str) -> Result<(), ParseError> {
        if COLUMNS.contains(&name) {
            return Ok(());
        }
        let problem = format!("no column is called {}", shown_name(name));
        Err(ParseError::line(self.path, at, problem, &format!("use {}", COLUMNS.join(", "))))
    }

    /// A complaint about a row's content.
    fn refuse<T>(&self, line: usize, problem: &str, next: &str) -> Result<T, ParseError> {
        let error = ParseError::line(self.path, (line, 1), problem, next);
        Err(ParseError { kind: ParseErrorKind::Value, ..error })
    }

    fn add(&mut self, line: usize, row: Row) -> Result<(), ParseError> {
        self.rows += 1;
        if self.rows > VALUES_MAX {
            return self.refuse(line, &format!("more than {VALUES_MAX} values"), "measure fewer benchmarks per file");
        }
        let Some(benchmark) = filled(row.benchmark) else {
            return self.refuse(line, "the benchmark has no name", "name it in `benchmark`");
        };
        let Some(value) = row.value.filter(|value| value.is_finite()) else {
            let written = row.written.as_deref().unwrap_or_default();
            if has_decimal_comma(written) {
                let problem = format!("the value of {} is {}", shown_name(&benchmark), shown_value(written));
                return self.refuse(line, &problem, COMMA_NEXT);
            }
            let problem = format!("{} has no finite number as its value", shown_name(&benchmark));
            return self.refuse(line, &problem, "a benchmark that failed has no row; leave the file unwritten then");
        };
        let (unit, better) = (filled(row.unit), filled(row.better));
        let (metric, factor) = match metric(filled(row.metric), unit.as_deref(), better.as_deref()) {
            Ok(found) => found,
            Err((problem, next)) => return self.refuse(line, &problem, next),
        };
        let id = BenchmarkId::new(filled(row.suite).unwrap_or_else(|| FORMAT.name.to_owned()), benchmark);
        let key = (id, metric.name.clone());
        let (launches, labels) = (Vec::new(), BTreeMap::new());
        let series =
            self.series.entry(key).or_insert_with(|| Series { metric: metric.clone(), line, launches, labels });
        if series.metric != metric {
            let name = shown_message(&metric.name);
            let problem = format!("{name} has another unit or direction than in line {}", series.line);
            return self.refuse(line, &problem, "give a metric one unit and one direction");
        }
        series.add(row.launch, value * factor);
        Ok(())
    }

    fn gathered(self) -> Result<Results, ParseError> {
        let mut gathered = Gathered::new(self.path, FORMAT.name);
        for ((id, _), series) in self.series {
            gathered.add(&At::Line(series.line, 1), id, series.metric, series.launches)?;
        }
        Ok(gathered.results())
    }
}

impl Series {
    /// Rows of the same launch are its iterations, in the file's order; a row that names none is a launch of its own.
    fn add(&mut self, launch: Option<Label>, value: f64) {
        let label = match launch {
            Some(Label::Number(number)) => Some(number.to_string()),
            Some(Label::Text(text)) => filled(Some(text)),
            None => None,
        };
        let next = self.launches.len();
        let index = label.map_or(next, |label| *self.labels.entry(label).or_insert(next));
        match self.launches.get_mut(index) {
            Some(launch) => launch.iterations.push(value),
            None => self.launches.push(Launch { iterations: vec![value] }),
        }
    }
}

impl Row {
    fn set(&mut self, column: &str, cell: String) {
        match column {
            "suite" => self.suite = Some(cell),
            "benchmark" => self.benchmark = Some(cell),
            "metric" => self.metric = Some(cell),
            "unit" => self.unit = Some(cell),
            "better" => self.better = Some(cell),
            "launch" => self.launch = Some(Label::Text(cell)),
            _ => (self.value, self.written) = (cell.trim().parse().ok(), Some(cell)),
        }
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The metric, and how many base units a value is. What a row leaves out follows from benchgate's own metrics, or from
/// the unit; nothing is guessed.
fn metric(
    name: Option<String>,
    unit: Option<&str>,
    better: Option<&str>,
) -> Result<(Metric, f64), (String, &'static str)> {
    let name = name.unwrap_or_else(|| "wall-time".to_owned());
    let known = known_metric(&name);
    let (unit, factor, told) = match (unit, &known) {
        (None, Some(known)) => (known.unit, 1.0, None),
        (None, None) => return Err((format!("the metric {} has no unit", shown_name(&name)), UNITS)),
        (Some("1"), _) => (Unit::One, 1.0, None),
        (Some("1/s"), _) => (Unit::PerSecond, 1.0, Some(Better::Higher)),
        (Some(text), _) => {
            let written = written(text).ok_or_else(|| (format!("no unit is called {}", shown_name(text)), UNITS))?;
            let told = matches!(written.dimension, Dimension::Rate | Dimension::ByteRate).then_some(Better::Higher);
            (written.dimension.unit(), written.factor, told)
        }
    };
    let better = match better {
        Some("lower") => Some(Better::Lower),
        Some("higher") => Some(Better::Higher),
        Some(text) => {
            return Err((format!("{} is no direction", shown_name(text)), "write lower or higher in `better`"));
        }
        None => known.as_ref().map(|known| known.better).or(told),
    };
    let Some(better) = better.or((unit == Unit::Second).then_some(Better::Lower)) else {
        let problem = format!("nothing tells which direction of {} is better", shown_name(&name));
        return Err((problem, "write lower or higher in `better`"));
    };
    match known {
        Some(known) if known.unit != unit || known.better != better => {
            Err((format!("{name} is in {}, and less is better", known.unit), "call another metric by another name"))
        }
        Some(known) => Ok((known, factor)),
        None => Ok((foreign_metric(&name, unit, better), factor)),
    }
}

const UNITS: &str =
    "write 1, 1/s, a time (ns, us, ms, s, min), bytes (B, kB, MB, KiB, MiB…) or a rate (ops/s, MB/s) in `unit`";

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, median, read_text, refused};
    use crate::model::Better;

    #[test]
    fn reads_csv_with_suites_and_launches() {
        let name = "parse \"größe\", all";
        for (file, wall, requests) in
            [("base.csv", [10.5, 10.25, 11.0], 1_150.0), ("head.csv", [14.7, 14.35, 15.4], 850.0)]
        {
            let read = read(&fixture(&format!("plain/1/{file}")), None).expect("reads");
            let found: Vec<_> = read
                .iter()
                .map(|m| (m.id.to_string(), m.metric.name.as_str(), m.metric.unit.to_string(), m.launches.len()))
                .collect();
            assert_eq!(
                found,
                [
                    (format!("parser/{name}"), "max-rss", "B".to_owned(), 1),
                    (format!("parser/{name}"), "wall-time", "s".to_owned(), 2),
                    ("server/start".to_owned(), "errors", "1".to_owned(), 1),
                    ("server/start".to_owned(), "requests", "1/s".to_owned(), 2),
                ]
            );
            let launches: Vec<Vec<f64>> = read[1].launches.iter().map(|launch| launch.iterations.clone()).collect();
            assert_eq!(launches, [vec![wall[0] * 1e-3, wall[1] * 1e-3], vec![wall[2] * 1e-3]]);
            assert_eq!((median(&read[0]), median(&read[2]), median(&read[3])), (3_145_728.0, 0.0, requests));
            assert_eq!(read[3].metric.better, Better::Higher);
        }
    }

    #[test]
    fn reads_ndjson() {
        assert_reads(
            "plain/1/base.ndjson",
            "plain",
            &[
                ("parse", "cache-misses", "1", 1, 1, 812.0),
                ("parse", "wall-time", "s", 2, 2, 0.010_35),
                ("read", "bandwidth", "1/s", 1, 1, 250.5e6),
            ],
        );
    }

    #[test]
    fn two_columns_are_enough() {
        let read = read_text(None, "\u{feff}benchmark,value\r\na,0.5\r\na,0.25\r\n").expect("reads");
        assert_eq!((read.len(), read[0].launches.len(), read[0].metric.name.as_str()), (1, 2, "wall-time"));
    }

    #[test]
    fn every_complaint_has_its_line() {
        let units = super::UNITS;
        for (text, expected) in [
            ("benchmark,speed\n", "f:1:11: no column is called 'speed'; use suite, benchmark, metric, unit, better, launch, value".to_owned()),
            ("benchmark,value\na\n", "f:2:1: expected 2 cells, found 1; give every row the header's columns".into()),
            ("benchmark,value\n\"a,1\n", "f:2:1: this quote is never closed; quote cells as RFC 4180 says".into()),
            ("benchmark,value\n,1\n", "f:2:1: the benchmark has no name; name it in `benchmark`".into()),
            ("benchmark,value\na,\"1,5\"\n", "f:2:1: the value of 'a' is '1,5', which has a decimal comma; write numbers with a point, as most tools do where LC_ALL=C is set".into()),
            ("benchmark,value\na,1,5\n", "f:2:1: expected 2 cells, found 3: '1,5' may be one with a decimal comma; write numbers with a point, as most tools do where LC_ALL=C is set".into()),
            ("benchmark,value\na,\n", "f:2:1: 'a' has no finite number as its value; a benchmark that failed has no row; leave the file unwritten then".into()),
            ("benchmark,value\na,NaN\n", "f:2:1: 'a' has no finite number as its value; a benchmark that failed has no row; leave the file unwritten then".into()),
            ("benchmark,value\na,0\n", "f:2:1: expected a finite wall-time of 'a' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again".into()),
            ("benchmark,metric,value\na,score,1\n", format!("f:2:1: the metric 'score' has no unit; {units}")),
            ("benchmark,metric,unit,value\na,score,1,1\n", "f:2:1: nothing tells which direction of 'score' is better; write lower or higher in `better`".into()),
            ("benchmark,unit,value\na,parsec,1\n", format!("f:2:1: no unit is called 'parsec'; {units}")),
            ("benchmark,metric,unit,value\na,re\u{1}q,req/s,0\n", "f:2:1: expected a finite re\\u{1}q of 'a' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again".into()),
            ("benchmark,metric,unit,better,value\na,\u{1}m,1,lower,1\na,\u{1}m,B,lower,1\n", "f:3:1: \\u{1}m has another unit or direction than in line 2; give a metric one unit and one direction".into()),
            ("benchmark,unit,value\na,B,1\n", "f:2:1: wall-time is in s, and less is better; call another metric by another name".into()),
            ("benchmark,metric,unit,better,value\na,m,1,up,1\n", "f:2:1: 'up' is no direction; write lower or higher in `better`".into()),
            ("benchmark,metric,unit,better,value\na,m,1,lower,1\na,m,B,lower,1\n", "f:3:1: m has another unit or direction than in line 2; give a metric one unit and one direction".into()),
            ("{\"benchmark\":\"a\",\"value\":1}\n{\"benchmark\":\"a\",", "f:2:17: the file ends too early (EOF while parsing a value); write one object with the keys of `plain` a line".into()),
            ("benchmark,value\n", "f: no benchmark in this plain result; run the benchmarks, then try again".into()),
        ] {
            assert_eq!(refused("plain", text), expected);
        }
        let foreign = refused("plain", "{\"benchmark\":\"a\",\"value\":1,\"token\":\"s3cret\"}");
        assert!(foreign.starts_with("f:1:") && !foreign.contains("s3cret"), "{foreign}");
    }
}
