//! `perf stat`: the counters of one command, as text as JSON lines (`-j`), or separated (`-x`); of several runs (`-r`) their mean.

use super::error::shown_value;
use super::gathered::{At, Gathered};
use super::quantity::{kebab, number, written};
use super::text::{lines, text};
use super::time_v::program;
use super::{Artifact, Format, ParseError, Results, foreign_metric};
use crate::model::{Better, Metric, Stated, Unit, known_metric};
use serde::Deserialize;

pub(super) const FORMAT: Format =
    Format { name: "perf-stat", about: "a file written by `perf stat -o FILE`, with `-j`, or `-x,`", detect, read };

const HEADING: &str = "Performance counter stats for ";
/// The JSON names no command.
const NAMELESS: &str = "command";
const UNCOUNTED: [&str; 2] = ["<not supported>", "<not counted>"];

/// A line of `-j`. Metrics derived from the counters are left out.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    /// A number as text, or why there is none. Lines without are metrics only.
    counter_value: Option<String>,
    #[serde(default)]
    unit: String,
    event: Option<String>,
    /// Of `-I`.
    interval: Option<f64>,
}

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let is_json_row = |line: &str| line.starts_with('{') && line.contains("\"counter-value\"");
    let first = head.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    head.lines().any(|line| line.trim_start().starts_with(HEADING) || is_json_row(line))
        || first.and_then(cells).is_some()
}

/// The cells of a row of `-x`: value, unit, event, perhaps the runs' error, then how long it was counted.
fn cells(line: &str) -> Option<Vec<&str>> {
    [',', ';', '\t'].into_iter().find_map(|separator| {
        let cells: Vec<&str> = line.split(separator).collect();
        let (value, unit, event) = (*cells.first()?, *cells.get(1)?, *cells.get(2)?);
        let is_unit = unit.is_empty() || written(unit).is_some();
        let is_value = UNCOUNTED.contains(&value) || number(value).is_some();
        let is_event = event.starts_with(|c: char| c.is_alphabetic());
        (cells.len() >= 5 && is_value && is_unit && is_event).then_some(cells)
    })
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let text = text(&artifact.path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(&artifact.path, FORMAT.name);
    if text.lines().any(|line| line.starts_with('{')) {
        read_rows(artifact, text, &mut gathered)?;
    } else if text.lines().find(|line| !line.is_empty() && !line.starts_with('#')).and_then(cells).is_some() {
        read_cells(text, &mut gathered)?;
    } else {
        read_table(text, &mut gathered)?;
    }
    if gathered.is_empty() {
        let problem = "no event was counted";
        let next = "choose events that this machine has: perf list";
        return Err(ParseError::at(&artifact.path, "perf stat", problem, next));
    }
    Ok(gathered.results())
}

fn read_rows(artifact: &Artifact, text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    for (line, object) in lines(text) {
        if object.is_empty() || object.starts_with('#') {
            continue;
        }
        let at = At::Line(line, 1);
        let row: Row = serde_json::from_str(object).map_err(|error| {
            let problem = ParseError::json(&artifact.path, &error).problem;
            ParseError::line(&artifact.path, (line, error.column()), problem, "write the file again with perf stat -j")
        })?;
        if row.interval.is_some() {
            return Err(gathered.error(&at, "the counts are of intervals (-I)", "measure without -I"));
        }
        let (Some(value), Some(event)) = (row.counter_value, row.event) else { continue };
        let counted = Counted { event: &event, value: &value, unit: &row.unit, runs: None, error_percent: None };
        counted.add(gathered, &at, NAMELESS)?;
    }
    Ok(())
}

/// The rows of `-x`. They name neither the command nor the number of runs.
fn read_cells(text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    let rows = lines(text).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (line, row) in rows {
        let at = At::Line(line, 1);
        let Some(cells) = cells(row) else {
            let problem = "expected a count, its unit and its event";
            return Err(gathered.error(&at, problem, "measure again, without -A and -I: perf stat -x, -o FILE"));
        };
        let counted = Counted { event: cells[2], value: cells[0], unit: cells[1], runs: None, error_percent: None };
        counted.add(gathered, &at, NAMELESS)?;
    }
    Ok(())
}

/// One counter as it was written.
struct Counted<'t> {
    event: &'t str,
    value: &'t str,
    unit: &'t str,
    runs: Option<u64>,
    /// Standard error of the mean of the runs, in percent of it.
    error_percent: Option<f64>,
}

impl Counted<'_> {
    fn add(&self, gathered: &mut Gathered, at: &At, name: &str) -> Result<(), ParseError> {
        if UNCOUNTED.contains(&self.value) {
            return Ok(());
        }
        let damaged = |what: &str, found: &str| {
            let problem = format!("expected {what}, found {}", shown_value(found));
            gathered.error(at, &problem, "write the file again with perf stat in the C locale, and do not edit it")
        };
        let value = number(self.value).ok_or_else(|| damaged("a count", self.value))?;
        let (metric, factor) = metric(self.event, self.unit).ok_or_else(|| damaged("an event", self.event))?;
        let mean = value * factor;
        // sd = standard error · √n.
        let spread = self.error_percent.zip(self.runs);
        let sd = spread.map(|(percent, runs)| mean * percent / 100.0 * (runs as f64).sqrt());
        let stated = Stated { n: self.runs, mean: Some(mean), sd, ..Stated::default() };
        gathered.add_stated(at, gathered.id(name), metric, stated)
    }
}

/// An event's metric in base units; times are the task's, all else counts.
fn metric(event: &str, unit: &str) -> Option<(Metric, f64)> {
    let name = kebab(event)?;
    Some(match written(unit) {
        Some(written) => (foreign_metric(&name, written.dimension.unit(), Better::Lower), written.factor),
        None => (known_metric(&name).unwrap_or_else(|| foreign_metric(&name, Unit::One, Better::Lower)), 1.0),
    })
}

/// The text: a heading with the command, a counter a line, and the elapsed times below.
fn read_table(text: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    let mut heading: Option<(String, Option<u64>)> = None;
    let mut is_whole = false;
    for (line, content) in lines(text) {
        let at = At::Line(line, 1);
        let content = content.trim();
        if let Some(rest) = content.strip_prefix(HEADING) {
            if heading.is_some() {
                return Err(gathered.error(&at, "a second report in one file", "write one file per report"));
            }
            heading = Some(read_heading(rest));
            continue;
        }
        let Some((name, runs)) = heading.as_ref().filter(|_| !content.is_empty()) else { continue };
        let (content, error_percent) = split_error(content);
        let counted = |event, value, unit| Counted { event, value, unit, runs: *runs, error_percent };
        let Some((value, rest)) = split_value(content) else { continue };
        if let Some(metric) = elapsed(rest) {
            is_whole |= metric == "wall-time";
            // Less than a clock tick of user or system time tells nothing.
            if metric == "wall-time" || number(value) != Some(0.0) {
                counted(metric, value, "seconds").add(gathered, &at, name)?;
            }
            continue;
        }
        // Behind a counter: metrics derived from it, and how much of the time it was counted.
        let event = rest.split(" # ").next().and_then(|event| event.split(" (").next()).unwrap_or_default().trim();
        let (unit, event) = event.rsplit_once(' ').map_or(("", event), |(unit, event)| (unit.trim(), event));
        if event.starts_with('#') || event.is_empty() {
            continue;
        }
        counted(event, value, unit).add(gathered, &at, name)?;
    }
    if is_whole {
        return Ok(());
    }
    let (problem, next) = ("the report ends before its elapsed time", "measure again: its writer was interrupted");
    Err(gathered.error(&At::Line(text.lines().count().max(1), 1), problem, next))
}

/// `'COMMAND' (3 runs):` to the program's name and the number of runs.
fn read_heading(rest: &str) -> (String, Option<u64>) {
    let (command, runs) = match rest.rsplit_once("' (") {
        Some((command, runs)) => (command, runs.split(' ').next().and_then(|runs| runs.parse().ok())),
        None => (rest.trim_end_matches([':', '\'']), Some(1)),
    };
    let name = program(command.trim_start_matches('\''));
    (if name.is_empty() { NAMELESS.to_owned() } else { name.to_owned() }, runs)
}

/// The metric of a line like `0.0095 +- 0.0006 seconds time elapsed`, seen from behind its value.
fn elapsed(rest: &str) -> Option<&'static str> {
    let rest = rest.strip_prefix("+- ").and_then(|rest| rest.split_once(' ')).map_or(rest, |(_, rest)| rest);
    match rest.trim().strip_prefix("seconds ")?.trim() {
        "time elapsed" => Some("wall-time"),
        "user" => Some("user-time"),
        "sys" => Some("system-time"),
        _ => None,
    }
}

/// Cuts `( +-  0.46% )` off a line's end.
fn split_error(line: &str) -> (&str, Option<f64>) {
    let Some((before, error)) = line.rsplit_once("( +-") else { return (line, None) };
    (before.trim_end(), error.split('%').next().and_then(|percent| number(percent.trim())))
}

/// The first word, or one of the words for a counter that was not counted, and the rest.
fn split_value(line: &str) -> Option<(&str, &str)> {
    let uncounted = UNCOUNTED.into_iter().find_map(|word| line.strip_prefix(word).map(|rest| (word, rest)));
    let (value, rest) = uncounted.or_else(|| line.split_once(' '))?;
    let is_value = value.starts_with('<') || value.starts_with(|c: char| c.is_ascii_digit());
    is_value.then_some((value, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::NAMELESS;
    use crate::harness::gathered::counter;
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};
    use crate::model::{Distribution, Unit};

    #[test]
    fn reads_text() {
        assert_reads(
            "perf-stat/6.1/base.txt",
            "perf-stat",
            &[
                ("wl.sh", "context-switches", "1", 1, 1, 2.0),
                ("wl.sh", "cpu-migrations", "1", 1, 1, 0.0),
                ("wl.sh", "page-faults", "1", 1, 1, 62.0),
                ("wl.sh", "task-clock", "s", 1, 1, 8.34e-3),
                ("wl.sh", "wall-time", "s", 1, 1, 0.009_475),
            ],
        );
        let read = read(&fixture("perf-stat/6.1/base.txt"), None).expect("reads");
        let clock = read[3].stated.as_ref().expect("only stated");
        assert_eq!(clock.n, Some(3));
        let sd = clock.sd.expect("has an error");
        assert!((sd / (8.34e-3 * 0.0046 * 3_f64.sqrt()) - 1.0).abs() < 1e-12, "{sd}");
    }

    #[test]
    fn reads_json() {
        assert_reads(
            "perf-stat/6.1/base.json",
            "perf-stat",
            &[
                (NAMELESS, "context-switches", "1", 1, 1, 0.0),
                (NAMELESS, "cpu-migrations", "1", 1, 1, 0.0),
                (NAMELESS, "page-faults", "1", 1, 1, 63.0),
                (NAMELESS, "task-clock", "s", 1, 1, 8.252_498e-3),
            ],
        );
    }

    #[test]
    fn reads_separated_values() {
        let path = "perf-stat/6.1/base.csv";
        assert_reads(
            path,
            "perf-stat",
            &[
                (NAMELESS, "context-switches", "1", 1, 1, 1.0),
                (NAMELESS, "cpu-migrations", "1", 1, 1, 0.0),
                (NAMELESS, "page-faults", "1", 1, 1, 61.0),
                (NAMELESS, "task-clock", "s", 1, 1, 8.22e-3),
            ],
        );
        let text = std::fs::read_to_string(fixture(path)).expect("fixture");
        assert_eq!(read_text(None, &text.replace(',', ";")).expect("reads").len(), 4);
        assert_eq!(read_text(None, &text.replace(',', "\t")).expect("reads").len(), 4);
        let expected =
            "f:4:1: expected a count, its unit and its event; measure again, without -A and -I: perf stat -x, -o FILE";
        assert_eq!(refused("perf-stat", &text.replace("1,,", "CPU0,1,,")), expected);
    }

    const TEXT: &str = " Performance counter stats for './run --token s3cret':\n\n     1,234,567      instructions:u      #    0.91  insn per cycle\n     2,000  instructions\n\n       0.500 seconds time elapsed\n\n       0.25 seconds user\n       0.000000000 seconds sys\n\n";

    #[test]
    fn one_run_has_separators_user_and_system_time() {
        let read = read_text(None, TEXT).expect("reads");
        let found: Vec<_> = read.iter().map(|m| (m.metric.name.as_str(), m.values().next().expect("one"))).collect();
        let expected =
            [("instructions", 2_000.0), ("instructions-u", 1_234_567.0), ("user-time", 0.25), ("wall-time", 0.5)];
        assert_eq!(found, expected);
        assert_eq!(read[0].id.benchmark, "run");
        assert_eq!(read[0].metric, counter("instructions", Unit::One));
        assert_eq!(read[0].metric.distribution, Distribution::Exact);
    }

    #[test]
    fn what_was_not_measured_whole_is_refused() {
        let again = "write the file again with perf stat in the C locale, and do not edit it";
        for (text, expected) in [
            (TEXT.replace("2,000", "2,00"), format!("f:4:1: expected a count, found '2,00', which has a decimal comma; {again}")),
            (TEXT.replace("0.500", "0.000"), "f:6:1: expected a finite wall-time of 'run' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again".into()),
            (TEXT[..150].to_owned(), "f:6:1: the report ends before its elapsed time; measure again: its writer was interrupted".into()),
            (format!("{TEXT}{TEXT}"), "f:11:1: a second report in one file; write one file per report".into()),
            (r#"{"counter-value" : "<not counted>", "unit" : "", "event" : "cycles"}"#.into(), "f: perf stat: no event was counted; choose events that this machine has: perf list".into()),
            (r#"{"interval" : 1.0, "counter-value" : "1", "unit" : "", "event" : "cycles"}"#.into(), "f:1:1: the counts are of intervals (-I); measure without -I".into()),
            (r#"{"counter-value" : "1.0"#.into(), "f:1:23: the file ends too early (EOF while parsing a string); write the file again with perf stat -j".into()),
        ] {
            assert_eq!(refused("perf-stat", &text), expected);
        }
        let row = "{\"cpu\":\"0\",\"counter-value\":\"1\",\"unit\":\"\",\"event\":\"cycles\"}\n";
        assert!(refused("perf-stat", &format!("{row}{row}")).contains("'command' has its cycles twice"));
    }
}
