//! divan's table: medians and means in four digits, of times, rates and allocations.
//!
//! A benchmark's name is the path of its nodes from the executable on, joined by `::` as divan's own filters take it.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results, foreign_metric};
use crate::model::{Better, Metric, Stated, Unit};
use std::borrow::Cow;

pub(super) const FORMAT: Format =
    Format { name: "divan", about: "what `cargo bench` prints of divan's benchmarks", detect, read };

/// The table's columns after the names.
const COLUMNS: [&str; 6] = ["fastest", "slowest", "median", "mean", "samples", "iters"];
const MEDIAN: usize = 2;
const MEAN: usize = 3;
const SAMPLES: usize = 4;
const BRANCHES: [&str; 2] = ["├─ ", "╰─ "];
const EDITED: &str = "write the file again with divan itself, and do not edit it";

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    head.lines().any(|line| header(&plain(line)).is_some() || BRANCHES.iter().any(|branch| line.starts_with(branch)))
}

/// The executable's name, and the column (in characters) at which the numbers begin.
fn header(line: &str) -> Option<(&str, usize)> {
    let (names, _) = line.split_once("  fastest ")?;
    let start = names.chars().count() + 2;
    cells(line, start)?.iter().zip(COLUMNS).all(|(cell, name)| *cell == name).then(|| (names.trim(), start))
}

/// The line without colours.
fn plain(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    plain.extend(parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)));
    Cow::Owned(plain)
}

/// The six cells from a column on; none if there are others.
fn cells(line: &str, start: usize) -> Option<[&str; 6]> {
    let (at, _) = line.char_indices().nth(start)?;
    let cells: Vec<&str> = line[at..].split('│').map(str::trim).collect();
    cells.try_into().ok()
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut table: Option<Table> = None;
    for (number, line) in lines(text) {
        let line = plain(line);
        let at = At::Line(number, 1);
        if let Some((root, start)) = header(&line) {
            Table::end(table.take(), &mut gathered)?;
            table = Some(Table::new(root, start, at));
        } else if line.trim().is_empty() {
            Table::end(table.take(), &mut gathered)?;
        } else if let Some(table) = &mut table {
            table.line(&mut gathered, at, &line)?;
        }
    }
    Table::end(table, &mut gathered)?;
    if gathered.is_empty() {
        let next = "run `cargo bench`, without `--test` or `--list`, and look at the filter";
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no benchmark has numbers", next));
    }
    Ok(gathered.results())
}

/// A table while it is read.
struct Table {
    /// Where the numbers begin.
    start: usize,
    /// The names from the root to the latest node.
    path: Vec<String>,
    at: At,
    /// Whether the latest node still needs numbers, or nodes below it.
    pending: bool,
    /// Of the latest node.
    samples: Option<u64>,
    /// The latest allocation heading (`max alloc`), and whether its count was read.
    allocations: Option<(String, bool)>,
}

impl Table {
    fn new(root: &str, start: usize, at: At) -> Self {
        Self { start, path: vec![root.to_owned()], at, pending: true, samples: None, allocations: None }
    }

    /// A benchmark that panics leaves its name, without numbers.
    fn end(table: Option<Self>, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
        table.filter(|table| table.pending).map_or(Ok(()), |mut table| table.fail(gathered))
    }

    fn fail(&mut self, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
        self.pending = false;
        let name = self.name();
        let problem = format!("the benchmark {} has no numbers: it did not run to its end", shown_name(&name));
        gathered.fail(&self.at, gathered.id(&name), &problem, "look at what it printed, and measure again")
    }

    fn name(&self) -> String {
        self.path.join("::")
    }

    fn line(&mut self, gathered: &mut Gathered<'_>, at: At, line: &str) -> Result<(), ParseError> {
        // Every level is three characters wide.
        let drawn = line.chars().take_while(|c| " │├╰─".contains(*c)).count().min(self.start);
        let tree: String = line.chars().take(drawn).collect();
        let cells = cells(line, self.start);
        let Some(branch) = tree.find(['├', '╰']) else {
            return match cells {
                Some(cells) => self.more(gathered, &at, &cells),
                None => Err(gathered.error(&at, "expected a row of six columns", EDITED)),
            };
        };
        let depth = tree[..branch].chars().count() / 3 + 1;
        if depth > self.path.len() {
            return Err(gathered.error(&at, "this node hangs on no other", EDITED));
        }
        if self.pending && depth < self.path.len() {
            self.fail(gathered)?;
        }
        self.path.truncate(depth);
        let name: String = line.chars().take(self.start).skip(drawn).collect();
        self.path.push(name.trim_end().to_owned());
        (self.at, self.allocations) = (at, None);
        let Some(cells) = cells else {
            // A benchmark that panics leaves its name and the spaces behind it.
            let width = line.chars().count();
            let is_cut = width < self.start || line.chars().skip(self.start).any(|c| c != ' ');
            let cut = || gathered.error(&self.at, "the row has fewer than six columns", EDITED);
            return if is_cut { Err(cut()) } else { self.fail(gathered) };
        };
        self.pending = cells.iter().all(|cell| cell.is_empty());
        if self.pending || cells[0] == "(ignored)" {
            return Ok(());
        }
        self.samples = cells[SAMPLES].parse().ok();
        if self.samples.is_none() {
            return Err(gathered.error(&self.at, "expected the number of samples", EDITED));
        }
        self.add(gathered, &self.at.clone(), wall_time(), &cells, seconds)
    }

    /// A line without a name: a rate, the heading of allocations, or one of their two lines.
    fn more(&mut self, gathered: &mut Gathered<'_>, at: &At, cells: &[&str; 6]) -> Result<(), ParseError> {
        if let Some(heading) = cells[0].strip_suffix(':') {
            self.allocations = Some((heading.to_owned(), false));
            return Ok(());
        }
        let Some((heading, counted)) = &mut self.allocations else {
            let metric = rate_metric(cells[MEDIAN]).ok_or_else(|| {
                let problem = format!("expected a rate such as `1.5 GB/s`, found {}", shown_name(cells[MEDIAN]));
                gathered.error(at, &problem, EDITED)
            })?;
            return self.add(gathered, at, metric, cells, rate);
        };
        let is_size = std::mem::replace(counted, true);
        let name = match (heading.as_str(), is_size) {
            ("alloc", false) => "allocations",
            ("alloc", true) => "allocated-bytes",
            ("max alloc", false) => "max-allocations",
            ("max alloc", true) => "max-allocated-bytes",
            ("grow", false) => "grows",
            ("grow", true) => "grown-bytes",
            // Nobody can say which direction is better.
            _ => return Ok(()),
        };
        let metric = foreign_metric(name, if is_size { Unit::Byte } else { Unit::One }, Better::Lower);
        self.add(gathered, at, metric, cells, if is_size { bytes } else { number })
    }

    fn add(
        &self,
        gathered: &mut Gathered<'_>,
        at: &At,
        metric: Metric,
        cells: &[&str; 6],
        value: fn(&str) -> Option<f64>,
    ) -> Result<(), ParseError> {
        let read = |column: usize| {
            value(cells[column]).ok_or_else(|| {
                let name = shown_name(&self.name());
                let found = shown_name(cells[column]);
                let problem =
                    format!("expected the {} of {name} as its {}, found {found}", metric.name, COLUMNS[column]);
                gathered.error(at, &problem, EDITED)
            })
        };
        let (median, mean) = (Some(read(MEDIAN)?), Some(read(MEAN)?));
        let stated = Stated { n: self.samples, median, mean, ..Stated::default() };
        gathered.add_stated(at, gathered.id(&self.name()), metric, stated)
    }
}

fn scaled(text: &str, scales: &[(&str, f64)]) -> Option<f64> {
    let (value, unit) = text.split_once(' ')?;
    let (_, factor) = scales.iter().find(|(name, _)| *name == unit)?;
    Some(number(value)? * factor)
}

/// divan writes minutes, hours and days as single letters.
fn seconds(text: &str) -> Option<f64> {
    const SCALES: [(&str, f64); 8] = [
        ("ps", 1e-12),
        ("ns", 1e-9),
        ("µs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3_600.0),
        ("d", 86_400.0),
    ];
    scaled(text, &SCALES)
}

/// `KB` with `--bytes-format decimal`, which is the default, and `KiB` with `binary`.
fn bytes(text: &str) -> Option<f64> {
    const KIB: f64 = 1_024.0;
    const SCALES: [(&str, f64); 11] = [
        ("B", 1.0),
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("PB", 1e15),
        ("KiB", KIB),
        ("MiB", KIB * KIB),
        ("GiB", KIB * KIB * KIB),
        ("TiB", KIB * KIB * KIB * KIB),
        ("PiB", KIB * KIB * KIB * KIB * KIB),
    ];
    scaled(text, &SCALES)
}

/// What a rate counts, and the rate's metric.
const RATES: [(&str, &str); 4] = [
    ("B/s", "bytes-per-second"),
    ("char/s", "chars-per-second"),
    ("Hz", "cycles-per-second"),
    ("item/s", "throughput"),
];

fn rate_metric(text: &str) -> Option<Metric> {
    let (_, name) = RATES.iter().find(|(counted, _)| text.ends_with(counted))?;
    Some(foreign_metric(name, Unit::PerSecond, Better::Higher))
}

fn rate(text: &str) -> Option<f64> {
    let (counted, _) = RATES.iter().find(|(counted, _)| text.ends_with(counted))?;
    // The prefixes are those of bytes: `Kitem/s` is to `item/s` as `KB` to `B`.
    bytes(&format!("{}B", text.strip_suffix(counted)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_units_of_their_own() {
        for (text, expected) in [("7.26 µs", Some(7.26e-6)), ("1.5 m", Some(90.0)), ("0 ns", Some(0.0)), ("7.26", None)]
        {
            assert_eq!(seconds(text).map(|s| (s * 1e12).round()), expected.map(|s: f64| (s * 1e12).round()), "{text}");
        }
        for (text, expected) in [
            ("5.5 GB/s", Some(5.5e9)),
            ("1 KiB/s", Some(1_024.0)),
            ("58.5 Mitem/s", Some(58.5e6)),
            ("12 char/s", Some(12.0)),
            ("3 GHz", Some(3e9)),
            ("3 GHz/s", None),
            ("NaN B/s", None),
        ] {
            assert_eq!(rate(text), expected, "{text}");
        }
    }

    #[test]
    fn colours_are_no_text() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m x"), "red x");
        assert_eq!(plain("\u{1b}[1"), "");
    }
}
