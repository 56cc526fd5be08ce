//! GNU time's verbose report (`/usr/bin/time -v`): one launch a report; a file may hold several (`--append`).
//!
//! Wall time comes in steps of 10 ms, so short commands are refused rather than compared.

use super::gathered::{At, Gathered};
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, Results, one_value_per_launch, own_metric};
use crate::model::Measurement;
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "time-v", about: "a file written by `/usr/bin/time -v -o FILE`", detect, read };

const BEGIN: &str = "Command being timed: ";
const END: &str = "Exit status";
const WALL: &str = "Elapsed (wall clock) time (h:mm:ss or m:ss)";

fn detect(artifact: &Artifact) -> bool {
    String::from_utf8_lossy(artifact.head()).lines().any(|line| line.trim_start().starts_with(BEGIN))
}

/// One report: the command line as it was printed, and what else was said, by label.
struct Report<'t> {
    line: usize,
    /// Where it says that the command failed.
    failed_at: Option<usize>,
    command: &'t str,
    said: BTreeMap<&'t str, (usize, &'t str)>,
}

/// A command line with the values of each of its launches.
struct Command<'t> {
    line: &'t str,
    name: String,
    launches: Vec<[f64; 6]>,
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut commands: Vec<Command> = Vec::new();
    for report in reports(text, &gathered)? {
        let index = commands.iter().position(|command| command.line == report.command).unwrap_or_else(|| {
            let name = name(report.command, &commands);
            commands.push(Command { line: report.command, name, launches: Vec::new() });
            commands.len() - 1
        });
        let command = &mut commands[index];
        match failure(&report, &gathered)? {
            Some((problem, next)) => {
                let line = report.failed_at.unwrap_or(report.line);
                gathered.fail(&At::Line(line, 1), gathered.id(&command.name), problem, next)?;
            }
            None => command.launches.push(values(&report, &gathered)?),
        }
    }
    let names = ["wall-time", "user-time", "system-time", "max-rss", "page-faults", "context-switches"];
    for Command { name, launches, .. } in commands.iter().filter(|command| !command.launches.is_empty()) {
        for (position, metric) in names.into_iter().enumerate() {
            let column: Vec<f64> = launches.iter().map(|values| values[position]).collect();
            // Times of 0 are below the step of 10 ms; a wall time of 0 was refused before.
            if metric.ends_with("-time") && column.contains(&0.0) {
                continue;
            }
            let metric = own_metric(path, metric)?;
            let Measurement { id, metric, launches, .. } = one_value_per_launch(gathered.id(name), metric, &column);
            gathered.add(&At::Line(1, 1), id, metric, launches)?;
        }
    }
    Ok(gathered.results())
}

/// The program without its folder: arguments may hold secrets. Another command of the same program gets a number.
fn name(command: &str, taken: &[Command]) -> String {
    let program = program(command.trim_matches('"'));
    let is_free = |name: &String| taken.iter().all(|command| command.name != *name);
    let numbered = (2_usize..).map(|number| format!("{program} #{number}"));
    std::iter::once(program.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// The last part of the path that a command line begins with.
pub(super) fn program(command: &str) -> &str {
    let first = command.split_whitespace().next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or_default()
}

/// The reports of a file, each whole; what the command itself printed in between is left out.
fn reports<'t>(text: &'t str, gathered: &Gathered) -> Result<Vec<Report<'t>>, ParseError> {
    let mut reports: Vec<Report> = Vec::new();
    let mut open: Option<Report> = None;
    let mut failed_at = None;
    let unfinished = |report: &Report| {
        let problem = "the report ends before its exit status";
        gathered.error(&At::Line(report.line, 1), problem, "measure again: its writer was interrupted")
    };
    for (line, content) in lines(text) {
        let content = content.trim();
        if content.starts_with("Command terminated by signal ") || content.starts_with("Command exited with non-zero ")
        {
            // A signal leaves an exit status of 0 in the report below.
            failed_at = Some(line);
        }
        if let Some(command) = content.strip_prefix(BEGIN) {
            if let Some(report) = &open {
                return Err(unfinished(report));
            }
            open = Some(Report { line, failed_at: failed_at.take(), command, said: BTreeMap::new() });
        } else if let (Some(report), Some((label, value))) = (&mut open, content.rsplit_once(": ")) {
            report.said.insert(label, (line, value));
            if label == END {
                reports.extend(open.take());
            }
        }
    }
    open.map_or(Ok(reports), |report| Err(unfinished(&report)))
}

const FAILED: &str = "a failure is not a fast run: make the command succeed";

/// What GNU time says for a label, as a number from 0 on.
fn said(report: &Report, gathered: &Gathered, label: &str, parse: fn(&str) -> Option<f64>) -> Result<f64, ParseError> {
    let (line, value) = report.said.get(label).copied().unwrap_or((report.line, ""));
    parse(value).filter(|value| *value >= 0.0).ok_or_else(|| {
        let problem = format!("expected a number for '{label}'");
        let next = "write the file again with /usr/bin/time -v, and do not edit it";
        gathered.error(&At::Line(line, 1), &problem, next)
    })
}

/// Why a launch says nothing, and what to do.
fn failure(report: &Report, gathered: &Gathered) -> Result<Option<(&'static str, &'static str)>, ParseError> {
    if report.failed_at.is_some() || said(report, gathered, END, number)? != 0.0 {
        return Ok(Some(("the command failed", FAILED)));
    }
    let problem = "the command took less than the 10 ms that GNU time can show";
    let next = "measure it with benchgate itself, or with hyperfine -N";
    Ok((said(report, gathered, WALL, clock)? == 0.0).then_some((problem, next)))
}

/// Wall, user and system time, peak memory, page faults and context switches, in base units.
fn values(report: &Report, gathered: &Gathered) -> Result<[f64; 6], ParseError> {
    let find = |label: &str, parse: fn(&str) -> Option<f64>| said(report, gathered, label, parse);
    Ok([
        find(WALL, clock)?,
        find("User time (seconds)", number)?,
        find("System time (seconds)", number)?,
        find("Maximum resident set size (kbytes)", number)? * 1_024.0,
        find("Major (requiring I/O) page faults", number)? + find("Minor (reclaiming a frame) page faults", number)?,
        find("Voluntary context switches", number)? + find("Involuntary context switches", number)?,
    ])
}

/// `h:mm:ss` or `m:ss.cc`, in seconds.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(':').map(number).collect::<Option<_>>()?;
    (2..=3).contains(&parts.len()).then(|| parts.iter().fold(0.0, |sum, part| sum * 60.0 + part))
}

#[cfg(test)]
mod tests {
    use super::clock;
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};
    use std::fs;

    #[test]
    fn reads_a_report() {
        for (file, wall, memory, faults) in
            [("base.txt", 0.01, 1_581_056.0, 82.0), ("head.txt", 0.02, 1_642_496.0, 84.0)]
        {
            assert_reads(
                &format!("time-v/1.9/{file}"),
                "time-v",
                &[
                    ("wl.sh", "context-switches", "1", 1, 1, 3.0),
                    ("wl.sh", "max-rss", "B", 1, 1, memory),
                    ("wl.sh", "page-faults", "1", 1, 1, faults),
                    ("wl.sh", "user-time", "s", 1, 1, 0.01),
                    ("wl.sh", "wall-time", "s", 1, 1, wall),
                ],
            );
        }
    }

    #[test]
    fn appended_reports_are_launches_and_other_commands_benchmarks() {
        let report = fs::read_to_string(fixture("time-v/1.9/base.txt")).expect("fixture");
        let other = report.replace("wl.sh 60", "wl.sh --token s3cret").replace("0:00.01", "1:02:03");
        let read = read_text(None, &format!("{report}noise: 1\n{other}{report}")).expect("reads");
        let walls: Vec<_> = read
            .iter()
            .filter(|m| m.metric.name == "wall-time")
            .map(|m| (m.id.benchmark.as_str(), m.launches.len(), m.values().next().expect("one")))
            .collect();
        assert_eq!(walls, [("wl.sh", 2, 0.01), ("wl.sh #2", 1, 3_723.0)]);
    }

    #[test]
    fn failures_refuse_the_file() {
        for file in ["edge_exit_nonzero.txt", "edge_signal.txt"] {
            let error = read(&fixture(&format!("time-v/1.9/{file}")), None).expect_err("refused").to_string();
            assert!(error.ends_with(&format!("{file}:1:1: the command failed; {}", super::FAILED)), "{error}");
        }
        let report = fs::read_to_string(fixture("time-v/1.9/base.txt")).expect("fixture");
        let damaged = |from: &str, to: &str| refused("time-v", &report.replace(from, to));
        assert_eq!(
            damaged("Exit status: 0", "Exit status: 3"),
            format!("f:1:1: the command failed; {}", super::FAILED)
        );
        assert_eq!(
            damaged("0:00.01", "0:00.00"),
            "f:1:1: the command took less than the 10 ms that GNU time can show; measure it with benchgate itself, or with \
             hyperfine -N"
        );
        let again = "write the file again with /usr/bin/time -v, and do not edit it";
        assert_eq!(
            damaged("0:00.01", "soon"),
            format!("f:5:1: expected a number for 'Elapsed (wall clock) time (h:mm:ss or m:ss)'; {again}")
        );
        assert_eq!(
            damaged("size (kbytes): 1544", "size (kbytes): -1"),
            format!("f:10:1: expected a number for 'Maximum resident set size (kbytes)'; {again}")
        );
        let cut = &report[..report.len() - 20];
        let interrupted = "f:1:1: the report ends before its exit status; measure again: its writer was interrupted";
        assert_eq!(refused("time-v", cut), interrupted);
        assert_eq!(refused("time-v", &format!("{cut}\n{report}")), interrupted);
    }

    #[test]
    fn clocks_are_read() {
        assert_eq!(clock("1:02:03"), Some(3_723.0));
        assert_eq!(clock("2:03.50"), Some(123.5));
        assert_eq!([clock("5"), clock("1:2:3:4"), clock("a:1"), clock("")], [None; 4]);
    }
}
