//! tango's output: `solo`, `compare` with and without `-v`, and the samples of `--dump`.
//!
//! `compare` measures both executables at once. Each side becomes a benchmark of its own, `NAME (baseline)` and
//! `NAME (candidate)`, so that nothing is lost and neither is taken for the other.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::{Dimension, number, written};
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, ParseErrorKind, Results};
use crate::model::{Launch, Stated};

pub(super) const FORMAT: Format =
    Format { name: "tango", about: "what a tango executable's `solo` or `compare` prints, or `--dump`s", detect, read };

const SIDES: [&str; 2] = ["baseline", "candidate"];
const AGAIN: &str = "run it again and look at its exit status";
const EDITED: &str = "write the file again with tango itself, and do not edit it";
/// Erases a line of a terminal; written to files too.
const ERASE: &str = "\r\u{1b}[2K";

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let mut first = head.lines().filter(|line| !line.trim().is_empty());
    let Some(line) = first.next() else { return false };
    // The last line may be cut.
    let whole = head.trim_start().rsplit_once('\n').map_or(&*head, |(whole, _)| whole);
    row(line).is_some() || heading(line).is_some() || whole.lines().all(|line| sample(line).is_some())
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    if text.lines().next().is_some_and(|line| sample(line).is_some()) {
        read_dump(text, &mut gathered)?;
    } else {
        read_text(text, &mut gathered)?;
    }
    if gathered.is_empty() {
        return Err(ParseError::new(ParseErrorKind::Nothing, path, "no benchmark was measured", AGAIN));
    }
    Ok(gathered.results())
}

/// Nanoseconds of the baseline and of the candidate, and the iterations in each: a line of `--dump`.
fn sample(line: &str) -> Option<[u64; 3]> {
    let cells: Vec<u64> = line.split(',').map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
    cells.try_into().ok()
}

/// A dump is of one benchmark, whose name is only in the file's name.
fn read_dump(text: &str, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
    let mut sides = [Vec::new(), Vec::new()];
    for (line_number, line) in lines(text) {
        let at = At::Line(line_number, 1);
        let problem = "expected `BASELINE,CANDIDATE,ITERATIONS`, three whole numbers above 0";
        match sample(line) {
            Some([baseline, candidate, iterations]) if baseline > 0 && candidate > 0 && iterations > 0 => {
                for (side, total) in sides.iter_mut().zip([baseline, candidate]) {
                    side.push(total as f64 * 1e-9 / iterations as f64);
                }
            }
            _ => return Err(gathered.error(&at, problem, EDITED)),
        }
    }
    for (side, values) in SIDES.iter().zip(sides) {
        gathered.add(&At::Line(1, 1), gathered.id(side), wall_time(), vec![Launch { iterations: values }])?;
    }
    Ok(())
}

/// What stands in the brackets of a row.
#[derive(Debug, PartialEq)]
enum Row {
    /// `[ MIN ... MEAN ... MAX ]  stddev: SD`.
    Solo { mean: f64, sd: f64 },
    /// `[ BASELINE ... CANDIDATE ]`, means.
    Compared([f64; 2]),
}

/// The name and the numbers of a line without details.
fn row(line: &str) -> Option<(&str, Row)> {
    let line = line.strip_prefix(ERASE).unwrap_or(line);
    let (name, rest) = line.rsplit_once("  [ ")?;
    let (inside, after) = rest.split_once(" ]")?;
    let times: Vec<f64> = inside.split(" ... ").map(seconds).collect::<Option<_>>()?;
    let row = match (times.as_slice(), after.trim().strip_prefix("stddev:")) {
        (&[_, mean, _], Some(sd)) => Row::Solo { mean, sd: seconds(sd)? },
        (&[baseline, candidate], None) => Row::Compared([baseline, candidate]),
        _ => return None,
    };
    Some((name.trim_end(), row))
}

/// The name and the number of samples in `NAME  (n: 25, outliers: 0)`, which begins the details of `compare -v`.
fn heading(line: &str) -> Option<(&str, u64)> {
    let line = line.strip_prefix(ERASE).unwrap_or(line);
    let (name, rest) = line.rsplit_once("  (n: ")?;
    let (n, _) = rest.split_once(", outliers: ")?;
    Some((name.trim_end(), n.parse().ok()?))
}

/// A time such as `173.1 ns`.
fn seconds(text: &str) -> Option<f64> {
    let (value, unit) = text.trim().split_once(' ')?;
    let unit = written(unit).filter(|unit| unit.dimension == Dimension::Time)?;
    Some(number(value)? * unit.factor)
}

/// Details while they are read.
struct Details<'t> {
    at: At,
    name: &'t str,
    n: u64,
    means: Option<[f64; 2]>,
    /// Mean and deviation were read; what follows is not.
    ended: bool,
}

fn read_text(text: &str, gathered: &mut Gathered<'_>) -> Result<(), ParseError> {
    let mut details: Option<Details<'_>> = None;
    for (line_number, line) in lines(text) {
        let at = At::Line(line_number, 1);
        if let Some((name, row)) = row(line) {
            match row {
                Row::Solo { mean, sd } => {
                    let stated = Stated { mean: Some(mean), sd: Some(sd), ..Stated::default() };
                    gathered.add_stated(&at, gathered.id(name), wall_time(), stated)?;
                }
                Row::Compared(means) => add_sides(gathered, &at, name, means.map(|mean| (mean, None)), None)?,
            }
        } else if let Some((name, n)) = heading(line) {
            check_ended(details.as_ref(), gathered)?;
            details = Some(Details { at, name, n, means: None, ended: false });
        } else if let Some((title, cells)) = line.split_once('│') {
            let Some(open) = &mut details else {
                return Err(gathered.error(&at, "these details are of no benchmark", EDITED));
            };
            let pair = || {
                let words: Vec<&str> = cells.split_whitespace().collect();
                let time = |at: usize| seconds(&words.get(at..at + 2)?.join(" "));
                time(0).zip(time(2)).ok_or_else(|| {
                    let problem = format!("expected two times of {}", shown_name(open.name));
                    gathered.error(&at, &problem, EDITED)
                })
            };
            match title.trim() {
                "mean" => open.means = Some(pair().map(|(baseline, candidate)| [baseline, candidate])?),
                "std. dev." => {
                    let sds = pair()?;
                    if let Some([baseline, candidate]) = open.means {
                        let sides = [(baseline, Some(sds.0)), (candidate, Some(sds.1))];
                        add_sides(gathered, &open.at, open.name, sides, Some(open.n))?;
                        open.ended = true;
                    }
                }
                _ => {}
            }
        }
    }
    check_ended(details.as_ref(), gathered)
}

fn check_ended(details: Option<&Details<'_>>, gathered: &Gathered<'_>) -> Result<(), ParseError> {
    match details.filter(|open| !open.ended) {
        None => Ok(()),
        Some(open) => {
            let problem = format!("{} has no mean and deviation: the run did not end", shown_name(open.name));
            Err(gathered.error(&open.at, &problem, AGAIN))
        }
    }
}

fn add_sides(
    gathered: &mut Gathered<'_>,
    at: &At,
    name: &str,
    sides: [(f64, Option<f64>); 2],
    n: Option<u64>,
) -> Result<(), ParseError> {
    for (side, (mean, sd)) in SIDES.iter().zip(sides) {
        let id = gathered.id(&format!("{name} ({side})"));
        let stated = Stated { n, mean: Some(mean), sd, ..Stated::default() };
        gathered.add_stated(at, id, wall_time(), stated)?;
    }
    Ok(())
}
