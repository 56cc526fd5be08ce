//! Histories of anybody: comma-separated values with a header, or one JSON object a line; a run a row, a series a column.

use super::super::error::{next_to, shown_name, shown_value};
use super::super::quantity::has_decimal_comma;
use super::super::source::check_name_within;
use super::super::text::{Cell, Records, lines, text};
use super::super::{Artifact, BENCHMARKS_MAX, ParseError, ParseErrorKind};
use crate::model::{Better, History, RunLabel, Series, Unit, VALUE};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The columns that label a run; every other one that holds numbers is a series.
const COMMIT: &str = "commit";
const TIME: &str = "time";
const ENVIRONMENT: &str = "environment";

/// What stands where a run has no value.
const MISSING: [&str; 6] = ["", "-", "na", "n/a", "nan", "null"];

/// Most cells of a table, empty ones and the run's own labels included: 2,000 series of 8,000 runs.
pub(super) const CELLS_MAX: usize = 16_000_000;

/// Longest label of a run, and longest name of a column, in characters: whatever a history holds can be exported and read again.
const LABEL_CHARS_MAX: usize = 500;
const TITLE_CHARS_MAX: usize = 6_000;

/// What spreadsheet programs take for the beginning of a formula (OWASP, CSV Injection).
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// One column while it is read.
struct Column {
    name: String,
    /// One value per run so far; NaN where there is none.
    values: Vec<f64>,
    /// Whether a number was seen.
    numbers: bool,
    /// The first cell that is no number: its place and content.
    words: Option<((usize, usize), String)>,
}

/// A history while it is read.
struct Table<'p> {
    path: &'p Path,
    columns: Vec<Column>,
    places: BTreeMap<String, usize>,
    runs: Vec<RunLabel>,
    cells: usize,
    /// The first number with a decimal comma, and with a decimal point, and where.
    comma: Option<(usize, usize)>,
    point: Option<(usize, usize)>,
    /// Whether a column without a name holds anything.
    unnamed: bool,
}

/// Whether the file begins with a JSON object on a line of its own.
fn is_ndjson(artifact: &Artifact) -> bool {
    let head = artifact.head();
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"{")
}

/// Whether the file is one JSON array of objects.
fn is_array(artifact: &Artifact) -> bool {
    let head = artifact.head();
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    text.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{"))
}

/// Reads a table of either kind, its rows ordered by time where they have one.
pub(super) fn read(artifact: &Artifact) -> Result<History, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file("a table of runs")?)?;
    if is_array(artifact) {
        let next = "write one flat JSON object a line, for example with `jq -c '.[]'`";
        return Err(ParseError::line(path, (1, 1), "the runs are one JSON array", next));
    }
    let mut table = Table {
        path,
        columns: Vec::new(),
        places: BTreeMap::new(),
        runs: Vec::new(),
        cells: 0,
        comma: None,
        point: None,
        unnamed: false,
    };
    if is_ndjson(artifact) { table.read_objects(text) } else { table.read_records(text) }?;
    table.finish()
}

impl Table<'_> {
    fn read_objects(&mut self, text: &str) -> Result<(), ParseError> {
        for (line, object) in lines(text).filter(|(_, object)| !object.trim().is_empty()) {
            let object: Map<String, Value> = serde_json::from_str(object).map_err(|error| {
                let problem = ParseError::json(self.path, &error).problem;
                ParseError::line(self.path, (line, error.column()), problem, "write one flat JSON object a line")
            })?;
            let member = |wanted: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            let label = |wanted: &str| match member(wanted).map(|(_, value)| value) {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            let labels = RunLabel { commit: label(COMMIT), time: label(TIME), environment: label(ENVIRONMENT) };
            self.begin_run(labels, (line, 1))?;
            for (key, value) in object.iter().filter(|(key, _)| !is_label(key)) {
                let column = self.column(key, (line, 1))?;
                match value {
                    Value::Number(number) => self.put(column, number.as_f64().unwrap_or(f64::NAN)),
                    Value::Null => {}
                    Value::String(text) => self.take(column, (line, 1), text.trim(), false),
                    other => self.refuse(column, (line, 1), &other.to_string()),
                }
            }
        }
        Ok(())
    }

    fn read_records(&mut self, text: &str) -> Result<(), ParseError> {
        let (delimiter, is_told) = delimiter(text);
        let broken = |path: &Path, at, problem| ParseError::line(path, at, problem, "quote cells as RFC 4180 says");
        let path = self.path;
        let mut records = Records::new(text, delimiter);
        if is_told {
            records.next();
        }
        let Some(header) = records.next() else { return Ok(()) };
        let header = header.map_err(|error| broken(path, error.at, error.problem))?;
        let names = self.names(&header)?;
        for record in records {
            let cells = record.map_err(|error| broken(path, error.at, error.problem))?;
            let at = cells.first().map_or((1, 1), |cell| cell.at);
            if cells.len() != names.len() {
                return Err(ParseError::cells(path, names.len(), &cells));
            }
            let label = |wanted: &str| {
                let place = names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
                place.map(|place| content(&cells[place].text).to_owned()).filter(|text| !text.is_empty())
            };
            let labels = RunLabel { commit: label(COMMIT), time: label(TIME), environment: label(ENVIRONMENT) };
            self.begin_run(labels, at)?;
            for (name, cell) in names.iter().zip(&cells).filter(|(name, _)| !is_label(name)) {
                let text = cell.text.trim();
                if name.is_empty() {
                    self.unnamed |= !text.is_empty();
                } else {
                    let column = self.column(name, cell.at)?;
                    self.take(column, cell.at, text, delimiter != ',');
                }
            }
        }
        Ok(())
    }

    /// The names of a header's columns, each of which becomes a series or labels the runs.
    fn names(&mut self, header: &[Cell]) -> Result<Vec<String>, ParseError> {
        let mut known: BTreeMap<&str, u32> = BTreeMap::new();
        header.iter().for_each(|cell| *known.entry(content(&cell.text)).or_default() += 1);
        // Blanks around a name count only where they are all that tells it from another.
        let name = |cell: &Cell| match content(&cell.text) {
            name if known[name] == 1 || name.is_empty() => name.to_owned(),
            _ => cell.text.clone(),
        };
        let names: Vec<String> = header.iter().map(name).collect();
        if names.iter().all(|name| name.parse::<f64>().is_ok()) {
            let next = "name the columns in the first line: `commit`, `time` and a name for each series";
            return Err(ParseError::line(self.path, (1, 1), "expected a header, found numbers", next));
        }
        for (place, (cell, name)) in header.iter().zip(&names).enumerate() {
            // Only labels are compared with what stands before: of any other column there may be very many.
            let is_again = if is_label(name) {
                names[..place].iter().any(|other| other.eq_ignore_ascii_case(name))
            } else {
                self.places.contains_key(name)
            };
            if is_again {
                let problem = format!("the column {} comes twice", shown_name(name));
                return Err(ParseError::line(self.path, cell.at, problem, "give every column a name of its own"));
            }
            if !is_label(name) && !name.is_empty() {
                self.column(name, cell.at)?;
            }
        }
        Ok(names)
    }

    /// Takes in what a cell holds; where cells are not delimited by commas, a comma may stand for the decimal point.
    fn take(&mut self, column: usize, at: (usize, usize), text: &str, is_comma_free: bool) {
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let comma = text.split_once(',').filter(|(whole, rest)| {
            is_comma_free
                && is_plain(whole.strip_prefix('-').unwrap_or(whole))
                && is_plain(rest.split(['e', 'E']).next().unwrap_or(""))
        });
        match (text.parse::<f64>(), comma.map(|(whole, rest)| format!("{whole}.{rest}").parse::<f64>())) {
            (Ok(number), _) if !number.is_infinite() => {
                if text.contains('.') {
                    self.point.get_or_insert(at);
                }
                self.put(column, number);
            }
            (Err(_), Some(Ok(number))) if !number.is_infinite() => {
                self.comma.get_or_insert(at);
                self.put(column, number);
            }
            (Err(_), _) if MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)) => {}
            _ => self.refuse(column, at, text),
        }
    }

    /// The column of that name, made where it is new.
    fn column(&mut self, name: &str, at: (usize, usize)) -> Result<usize, ParseError> {
        if let Some(&place) = self.places.get(name) {
            return Ok(place);
        }
        check_name_within(name, TITLE_CHARS_MAX).map_err(|problem| {
            ParseError::line(self.path, at, problem, "give it a short name of printable characters")
        })?;
        if self.columns.len() >= BENCHMARKS_MAX {
            return Err(self.limit(at, &format!("more than {BENCHMARKS_MAX} series")));
        }
        // Runs before this one lack it.
        self.cells += self.runs.len();
        if self.cells > CELLS_MAX {
            return Err(self.limit(at, &format!("more than {CELLS_MAX} values")));
        }
        self.places.insert(name.to_owned(), self.columns.len());
        let values = vec![f64::NAN; self.runs.len()];
        self.columns.push(Column { name: name.to_owned(), values, numbers: false, words: None });
        Ok(self.columns.len() - 1)
    }

    fn begin_run(&mut self, run: RunLabel, at: (usize, usize)) -> Result<(), ParseError> {
        for label in [&run.commit, &run.time, &run.environment].into_iter().flatten() {
            if label.chars().count() > LABEL_CHARS_MAX {
                return Err(self.limit(at, &format!("a label of more than {LABEL_CHARS_MAX} characters")));
            }
        }
        self.cells += 1 + self.columns.len();
        if self.cells > CELLS_MAX {
            return Err(self.limit(at, &format!("more than {CELLS_MAX} values")));
        }
        self.runs.push(run);
        self.columns.iter_mut().for_each(|column| column.values.push(f64::NAN));
        Ok(())
    }

    fn put(&mut self, column: usize, value: f64) {
        let column = &mut self.columns[column];
        if let Some(last) = column.values.last_mut() {
            *last = value;
        }
        column.numbers = true;
    }

    fn refuse(&mut self, column: usize, at: (usize, usize), text: &str) {
        self.columns[column].words.get_or_insert_with(|| (at, text.to_owned()));
    }

    fn limit(&self, at: (usize, usize), problem: &str) -> ParseError {
        let next = "look at a shorter span, or at fewer series";
        ParseError { kind: ParseErrorKind::Limit, ..ParseError::line(self.path, at, problem, next) }
    }

    fn finish(self) -> Result<History, ParseError> {
        let mut history = History { runs: self.runs, ..History::default() };
        if let (Some(at), Some(point)) = (self.comma, self.point) {
            let problem = format!("a number with a decimal comma, where {}:{} has a decimal point", point.0, point.1);
            return Err(ParseError::line(self.path, at, problem, "write all numbers with a point"));
        }
        if self.comma.is_some() {
            history.left_out.push("the commas in numbers are read as decimal points".to_owned());
        }
        if self.unnamed {
            history.left_out.push("a column without a name is left out".to_owned());
        }
        let words = self.columns.iter().find_map(|column| {
            column
                .words
                .as_ref()
                .map(|(at, found)| (*at, format!("{} holds {}", shown_name(&column.name), shown_value(found))))
        });
        for column in self.columns {
            match (column.numbers, column.words) {
                (true, Some((at, found))) => {
                    let problem =
                        format!("expected a number in {}, found {}", shown_name(&column.name), shown_value(&found));
                    let next = next_to(&found, "leave the cell empty where a run has no value");
                    return Err(ParseError::line(self.path, at, problem, next));
                }
                (false, words) => {
                    let hint = words.map_or_else(String::new, |(_, found)| hint(&found, &history.runs));
                    history.left_out.push(format!("the column {} holds no number{hint}", shown_name(&column.name)));
                }
                (true, None) => history.series.push(series(&column.name, column.values)),
            }
        }
        if history.series.is_empty() {
            return Err(nothing(self.path, words));
        }
        order(&mut history);
        Ok(history)
    }
}

/// What a column of words may have been meant for, by its first one.
fn hint(found: &str, runs: &[RunLabel]) -> String {
    let is_id = (7..=64).contains(&found.len()) && found.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_date = time_key(found).is_some_and(|(form, _)| form == Form::Date);
    match found {
        _ if is_date && runs.iter().all(|run| run.time.is_none()) => {
            "; called `time`, it would order the runs".to_owned()
        }
        _ if is_id && runs.iter().all(|run| run.commit.is_none()) => {
            "; called `commit`, it would name the runs".to_owned()
        }
        _ if has_decimal_comma(found) => format!("; {}, is none", shown_value(found)),
        _ if found.starts_with(|c: char| c.is_ascii_digit() || c == '-') => format!("; {} is none", shown_name(found)),
        _ => String::new(),
    }
}

/// What delimits the cells, and whether a line of its own says so (`sep=;`, as Excel reads it): of several possible delimiters,
/// the one that the header has most of, names in quotes aside.
fn delimiter(text: &str) -> (char, bool) {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(told) = first.strip_prefix("sep=").and_then(|rest| rest.parse().ok()).filter(char::is_ascii) {
        return (told, true);
    }
    let unquoted: String = first.split('"').step_by(2).collect();
    let count = |c: &char| unquoted.matches(*c).count();
    ([';', '\t', ','].into_iter().max_by_key(count).unwrap_or(','), false)
}

/// That there is no series, with a cell that should perhaps have been one's.
fn nothing(path: &Path, words: Option<((usize, usize), String)>) -> ParseError {
    let problem = "no series of numbers in this history";
    let next =
        "write a header and one line per run, with a column of plain numbers for each series, for example 1099.5";
    let error = match words {
        Some((at, found)) => ParseError::line(path, at, format!("{problem}: {found}"), next),
        None => ParseError::new(ParseErrorKind::Nothing, path, problem, next),
    };
    ParseError { kind: ParseErrorKind::Nothing, ..error }
}

/// Whether an apostrophe must stand before a text, lest a program that computes takes it for a formula; before one that has such
/// an apostrophe as well, so that either can be told from the other.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.trim_start_matches(|c: char| c == '\'' || c.is_whitespace()).starts_with(FORMULA)
}

/// A cell's text, without that apostrophe.
fn content(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).map_or(cell, str::trim)
}

/// The series of a column. `parser/parse wall-time [s, lower]`, as `benchgate export` writes it, tells what it measures; any other
/// name is taken as it is.
fn series(name: &str, values: Vec<f64>) -> Series {
    let told = name.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")).and_then(|(name, inside)| {
        let (benchmark, metric) = name.rsplit_once(' ').filter(|(benchmark, _)| !benchmark.is_empty())?;
        let mut parts = inside.split(", ").peekable();
        let unit = parts.next_if(|part| unit(part).is_some()).and_then(unit);
        let better = parts.next_if(|part| better(part).is_some()).and_then(better);
        (parts.next().is_none()).then(|| (benchmark.to_owned(), metric.to_owned(), unit, better))
    });
    let (benchmark, metric, unit, better) = told.unwrap_or_else(|| (name.to_owned(), VALUE.to_owned(), None, None));
    Series { benchmark, metric, unit, better, values }
}

fn unit(text: &str) -> Option<Unit> {
    [Unit::Second, Unit::Byte, Unit::One, Unit::PerSecond].into_iter().find(|unit| unit.to_string() == text)
}

fn better(text: &str) -> Option<Better> {
    match text {
        "lower" => Some(Better::Lower),
        "higher" => Some(Better::Higher),
        _ => None,
    }
}

fn is_label(name: &str) -> bool {
    [COMMIT, TIME, ENVIRONMENT].iter().any(|label| name.eq_ignore_ascii_case(label))
}

/// Sorts the runs by time where all have one of the same form; rows of one time keep their order.
fn order(history: &mut History) {
    let keys: Option<Vec<_>> = history.runs.iter().map(|run| run.time.as_deref().and_then(time_key)).collect();
    let Some(keys) = keys.filter(|keys| keys.windows(2).all(|two| two[0].0 == two[1].0)) else {
        if history.runs.iter().any(|run| run.time.is_some()) {
            history.left_out.push("the times are not all of one known form: rows stay in the file's order".to_owned());
        }
        return;
    };
    let mut places: Vec<usize> = (0..keys.len()).collect();
    places.sort_by(|&a, &b| keys[a].1.total_cmp(&keys[b].1));
    if places.is_sorted() {
        return;
    }
    history.runs = places.iter().map(|&place| history.runs[place].clone()).collect();
    for series in &mut history.series {
        series.values = places.iter().map(|&place| series.values[place]).collect();
    }
    history.left_out.push("the rows were not in order of time: they are counted in that order here".to_owned());
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Seconds,
    Milliseconds,
    Date,
}

/// Numbers from here on are milliseconds since 1970: as seconds they would be of the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// A time as a number that grows with it: seconds or milliseconds since 1970 as they are, dates in seconds, in UTC where they
/// have a zone in hours and minutes.
fn time_key(time: &str) -> Option<(Form, f64)> {
    if let Ok(number) = time.parse::<f64>() {
        let form = if number.abs() < MILLISECONDS_FROM { Form::Seconds } else { Form::Milliseconds };
        return number.is_finite().then_some((form, number));
    }
    let number = |from: usize, to: usize| {
        let part = time.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten()
    };
    let midnight = days(number(0, 4)?, number(5, 7)?, number(8, 10)?) as f64 * 86_400.0;
    if time.len() == 10 {
        return Some((Form::Date, midnight));
    }
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19).unwrap_or(0);
    let zone = time.get(16..).and_then(|rest| rest.rfind(['+', '-']).map(|at| &rest[at..]));
    let shift = zone.and_then(|zone| {
        let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
        let (hours, minutes): (f64, f64) =
            (digits.get(0..2)?.parse().ok()?, digits.get(2..4).unwrap_or("0").parse().ok()?);
        Some((hours * 3600.0 + minutes * 60.0) * if zone.starts_with('-') { -1.0 } else { 1.0 })
    });
    Some((Form::Date, midnight + seconds as f64 - shift.unwrap_or(0.0)))
}

/// A run's time in seconds since 1970, where it is written as such, in milliseconds, or as a date.
#[must_use]
pub fn seconds_since_1970(time: &str) -> Option<f64> {
    Some(match time_key(time)? {
        (Form::Seconds, seconds) => seconds,
        (Form::Milliseconds, milliseconds) => milliseconds / 1e3,
        (Form::Date, seconds) => seconds - days(1970, 1, 1) as f64 * 86_400.0,
    })
}

/// Days of the Gregorian calendar before a date, from an arbitrary one on: years begin in March, so that leap days come last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
}
