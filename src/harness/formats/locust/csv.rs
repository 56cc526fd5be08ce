use super::{Artifact, BENCHMARKS_MAX, FORMAT, ParseError, ParseErrorKind, name};
use crate::harness::error::shown_name;
use crate::harness::gathered::At;
use crate::harness::load_test::{ALL, Endpoint, Latency, level};
use crate::harness::stream::Rows;
use crate::model::Stated;
use csv::ByteRecord;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::from_utf8;

const STATS: &[u8] = b"Type,Name,Request Count,Failure Count,";
const HISTORY: &[u8] = b"Timestamp,User Count,Type,Name,Requests/s,";

/// Locust's row of all requests together, without a type.
const TOTAL: &str = "Aggregated";

pub(super) fn detect(artifact: &Artifact) -> bool {
    artifact.head().starts_with(STATS) || artifact.head().starts_with(HISTORY)
}

pub(super) const WRITTEN: &str = "write the file again with Locust (--csv PREFIX), and do not edit it";

pub(super) fn read(artifact: &Artifact) -> Result<Vec<Endpoint>, ParseError> {
    let path = artifact.path.as_path();
    let mut rows = Rows::new(path, artifact.stream(FORMAT.name)?, b',');
    let mut table = Table { path, columns: BTreeMap::new() };
    let Some((_, header)) = rows.advance()? else { return Ok(Vec::new()) };
    for (place, cell) in header.iter().enumerate() {
        table.columns.insert(String::from_utf8_lossy(cell).into_owned(), place);
    }
    if table.columns.contains_key("Timestamp") { table.history(rows) } else { table.stats(rows) }
}

struct Table<'p> {
    path: &'p Path,
    /// The place of each column.
    columns: BTreeMap<String, usize>,
}

/// What is needed of one row.
struct Row {
    line: usize,
    name: String,
    is_total: bool,
    requests: u64,
    failed: u64,
    latency: Stated,
}

impl Table<'_> {
    fn refuse(&self, line: usize, problem: &str, next: &str) -> ParseError {
        ParseError { kind: ParseErrorKind::Value, ..ParseError::line(self.path, (line, 1), problem, next) }
    }

    fn check_number(&self, line: usize, names: usize) -> Result<(), ParseError> {
        if names <= BENCHMARKS_MAX {
            return Ok(());
        }
        let problem = format!("more than {BENCHMARKS_MAX} names of requests");
        Err(ParseError {
            kind: ParseErrorKind::Limit,
            ..self.refuse(line, &problem, "give requests that do the same one name")
        })
    }

    /// The numbers of the whole run. The last row sums them up, which shows that none is missing.
    fn stats(&self, mut rows: Rows<'_>) -> Result<Vec<Endpoint>, ParseError> {
        let mut endpoints: Vec<Endpoint> = Vec::new();
        let mut total = None;
        while let Some((line, cells)) = rows.advance()? {
            let mut row = self.row(
                line,
                cells,
                ["Request Count", "Failure Count", "Median Response Time", "Average Response Time"],
            )?;
            if row.is_total {
                total = Some((line, row.requests, row.failed));
                continue;
            }
            row.latency.quantiles = self.quantiles(cells);
            let throughput = self.number(line, cells, "Requests/s")? - self.number(line, cells, "Failures/s")?;
            endpoints.push(row.endpoint(Some(throughput.max(0.0))));
            self.check_number(line, endpoints.len())?;
        }
        let sum = |count: fn(&Endpoint) -> u64| endpoints.iter().map(count).fold(0, u64::saturating_add);
        match total {
            Some((line, requests, failed)) if (requests, failed) != (sum(|e| e.requests), sum(|e| e.failed)) => {
                Err(self.refuse(line, "the rows do not add up to their total, Aggregated", WRITTEN))
            }
            Some(_) => Ok(endpoints),
            None => Err(ParseError::new(
                ParseErrorKind::Syntax,
                self.path,
                "the file ends before its row Aggregated",
                "measure again: its writer was interrupted",
            )),
        }
    }

    /// The newest of the cumulated numbers; quantiles are those of the last seconds only, and not read. Without
    /// `--csv-full-history` there is only the total.
    fn history(&self, mut rows: Rows<'_>) -> Result<Vec<Endpoint>, ParseError> {
        let columns =
            ["Total Request Count", "Total Failure Count", "Total Median Response Time", "Total Average Response Time"];
        let mut newest: BTreeMap<String, Row> = BTreeMap::new();
        let (mut first, mut last) = (f64::INFINITY, 0.0_f64);
        while let Some((line, cells)) = rows.advance()? {
            let time = self.number(line, cells, "Timestamp")?;
            (first, last) = (first.min(time), last.max(time));
            let row = self.row(line, cells, columns)?;
            if newest.get(&row.name).is_some_and(|before| before.requests > row.requests) {
                return Err(self.refuse(line, "the total of requests falls", "read each run's history by itself"));
            }
            newest.insert(row.name.clone(), row);
            self.check_number(line, newest.len())?;
        }
        let has_names = newest.values().any(|row| !row.is_total);
        let rows = newest.into_values().filter(|row| row.is_total != has_names && row.requests > 0);
        let rate = |row: &Row| (last > first).then(|| row.requests.saturating_sub(row.failed) as f64 / (last - first));
        Ok(rows
            .map(|row| {
                let rate = rate(&row);
                row.endpoint(rate)
            })
            .collect())
    }

    /// A row with the names of its columns for requests, failures, median and mean, the latter in milliseconds.
    fn row(&self, line: usize, cells: &ByteRecord, names: [&str; 4]) -> Result<Row, ParseError> {
        if cells.len() != self.columns.len() {
            let problem = format!("expected {} cells, found {}", self.columns.len(), cells.len());
            return Err(self.refuse(line, &problem, "measure again: its writer was interrupted"));
        }
        let [requests, failed, median, mean] = names;
        let count = |name: &str| {
            let cell = self.cell(cells, name).and_then(|cell| cell.parse::<u64>().ok());
            cell.ok_or_else(|| self.refuse(line, &format!("expected a count as {name}"), WRITTEN))
        };
        let (Some(method), Some(given)) = (self.cell(cells, "Type"), self.cell(cells, "Name")) else {
            return Err(self.refuse(line, "expected a Type and a Name in UTF-8", WRITTEN));
        };
        let is_total = method.is_empty() && given == TOTAL;
        let name = if is_total { ALL.to_owned() } else { name(method, given) };
        let (requests, failed) = (count(requests)?, count(failed)?);
        if failed > requests || (requests == 0 && !is_total) {
            let problem = format!("{failed} of {requests} requests of {} failed, which cannot be", shown_name(&name));
            return Err(self.refuse(line, &problem, WRITTEN));
        }
        let median = self.cell(cells, median).and_then(|cell| cell.parse::<f64>().ok()).filter(|&median| median != 0.0);
        let mean = self.number(line, cells, mean)?;
        let (n, median) = (Some(requests), median.map(|milliseconds| milliseconds * 1e-3));
        let latency = Stated { n, mean: Some(mean * 1e-3), median, ..Stated::default() };
        Ok(Row { line, name, is_total, requests, failed, latency })
    }

    fn cell<'c>(&self, cells: &'c ByteRecord, name: &str) -> Option<&'c str> {
        from_utf8(cells.get(*self.columns.get(name)?)?).ok()
    }

    fn number(&self, line: usize, cells: &ByteRecord, name: &str) -> Result<f64, ParseError> {
        let number = self.cell(cells, name).and_then(|cell| cell.parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| self.refuse(line, &format!("expected a number from 0 on as {name}"), WRITTEN))
    }

    /// The columns `50%` to `99.99%`, without the median, which has a column of its own.
    fn quantiles(&self, cells: &ByteRecord) -> Vec<(f64, f64)> {
        let quantile = |name: &String| {
            let milliseconds: f64 = self.cell(cells, name)?.parse().ok()?;
            Some((level(name.strip_suffix('%')?)?, milliseconds * 1e-3))
        };
        let mut quantiles: Vec<(f64, f64)> =
            self.columns.keys().filter_map(quantile).filter(|&(level, _)| level != 0.5).collect();
        quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
        quantiles
    }
}

impl Row {
    /// Locust mixes failures into its latencies, so those of a name with failures are left out.
    fn endpoint(self, throughput: Option<f64>) -> Endpoint {
        let Self { line, name, requests, failed, latency: stated, .. } = self;
        let latency = (failed == 0).then_some(Latency { values: Vec::new(), stated });
        Endpoint { at: At::Line(line, 1), name, requests, failed, latency, throughput }
    }
}
