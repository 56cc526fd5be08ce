//! hey: what it prints, in seconds with four decimals, and its CSV of every answer. oha prints much the same.

use super::error::shown_name;
use super::gathered::{At, Gathered};
use super::load::{Latency, Load, Requests, answers, columns, seconds, stated};
use super::oha::CUT_OFF;
use super::quantity::number;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, Results};
use std::path::Path;

pub(super) const FORMAT: Format = Format { name: "hey", about: "what `hey` prints, best with -o csv", detect, read };

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let is_summary = head.trim_start().starts_with("Summary:") && head.contains("Total:");
    head.starts_with("response-time,DNS+dialup,") || (is_summary && !head.contains("Success rate:"))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let load = if text.starts_with("response-time,") {
        answers(path, FORMAT.name, columns(path, text, ',', ["offset", "response-time", "status-code"])?)?
    } else {
        read_summary(path, text, FORMAT.name)?
    };
    load.add(&mut gathered, &At::Line(1, 1))?;
    Ok(gathered.results())
}

/// What is printed, section by section.
#[derive(Default)]
struct Summary {
    /// Duration, in seconds.
    total: Option<f64>,
    mean: Option<f64>,
    rate: Option<f64>,
    percentiles: Vec<(f64, f64)>,
    answers: Requests,
    errors: u64,
    cut_off: u64,
    has_statuses: bool,
}

/// What hey and oha print.
pub(super) fn read_summary(path: &Path, text: &str, tool: &str) -> Result<Load, ParseError> {
    let mut summary = Summary::default();
    let mut section = "";
    for (line, content) in lines(text) {
        if !content.starts_with([' ', '\t']) {
            if content.starts_with("Summary:") && !section.is_empty() {
                let next = "store each run in a file of its own";
                return Err(ParseError::line(path, (line, 1), "a second run begins here", next));
            }
            section = if content.is_empty() { section } else { content.trim_end() };
            summary.has_statuses |= section == "Status code distribution:";
            continue;
        }
        if !content.trim().is_empty() && summary.read(section, content.trim()).is_none() {
            // The line itself may hold a URL.
            let problem = format!("expected a line of {}", shown_name(section));
            return Err(ParseError::line(path, (line, 1), problem, "store what the tool prints as it is"));
        }
    }
    let cut = |problem: &str| {
        let end = (text.lines().count().max(1), 1);
        ParseError::line(path, end, problem, "measure again: its writer was interrupted")
    };
    let (Some(total), Some(rate), true) = (summary.total, summary.rate, summary.has_statuses) else {
        return Err(cut("expected a duration, a rate of requests and status codes, found the end"));
    };
    if !summary.is_whole(rate, total) {
        return Err(cut(
            "expected as many statuses and errors as the rate and the duration give, found another number",
        ));
    }
    let latency = match summary.answers {
        Requests { succeeded, failed: 0 } => {
            Latency::Stated(stated(Some(succeeded), summary.mean, None, &summary.percentiles))
        }
        _ => Latency::Unknown,
    };
    let Requests { succeeded, failed } = summary.answers;
    let requests = Requests { succeeded, failed: failed.saturating_add(summary.errors) };
    // The rate counts everything that ended, also what failed or was cut off.
    let ended = Requests { failed: requests.failed.saturating_add(summary.cut_off), ..requests };
    let throughput = (succeeded > 0).then(|| rate * ended.share());
    Ok(Load { name: tool.to_owned(), requests: Some(requests), throughput, latency })
}

impl Summary {
    /// Whether no line of the last sections is missing: rate and duration (in steps of 0.1 ms) give the number of requests.
    fn is_whole(&self, rate: f64, total: f64) -> bool {
        const HALF_STEP_S: f64 = 51e-6;
        // hey keeps no more answers.
        const KEPT_MAX: u64 = 1_000_000;
        let ended = self.answers.all().saturating_add(self.errors);
        let with_cut_off = ended.saturating_add(self.cut_off);
        let (made, tolerance) = (rate * total, rate * HALF_STEP_S + 0.5);
        ended >= KEPT_MAX || (ended as f64 - tolerance <= made && made <= with_cut_off as f64 + tolerance)
    }

    /// Takes a line of a section; `None` if it is not what belongs there.
    fn read(&mut self, section: &str, line: &str) -> Option<()> {
        match section {
            "Summary:" => {
                if let Some(total) = line.strip_prefix("Total:") {
                    self.total = Some(seconds(total)?);
                } else if let Some(mean) = line.strip_prefix("Average:") {
                    self.mean = seconds(mean);
                } else if let Some(rate) = line.strip_prefix("Requests/sec:") {
                    self.rate = Some(number(rate.trim())?);
                }
            }
            "Latency distribution:" | "Response time distribution:" => {
                let (percent, time) = line.split_once("% in ")?;
                // hey fills what so few requests cannot tell with `0% in 0.0000 secs`.
                self.percentiles.push((number(percent)?, seconds(time)?));
            }
            "Status code distribution:" => {
                let (status, answers) = line.strip_prefix('[')?.split_once(']')?;
                self.answers.count(status.parse().ok()?, answers.trim().strip_suffix(" responses")?.parse().ok()?);
            }
            "Error distribution:" => {
                let (count, error) = line.strip_prefix('[')?.split_once(']')?;
                let count: u64 = count.parse().ok()?;
                let side = if error.trim() == CUT_OFF { &mut self.cut_off } else { &mut self.errors };
                *side = side.saturating_add(count);
            }
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, refused, refused_fixture};

    #[test]
    fn reads_what_is_printed() {
        let read = |file: &str, metrics| assert_loads(&format!("hey/0.1.4/{file}"), "hey", &[("hey", 1, metrics)]);
        read(
            "base.txt",
            &[
                ("error-rate", 0.0),
                ("latency", 0.0004),
                ("latency-p90", 0.0017),
                ("latency-p99", 0.0144),
                ("throughput", 5_339.992_6),
            ],
        );
        read(
            "head_delay4ms.txt",
            &[
                ("error-rate", 0.0),
                ("latency", 0.0049),
                ("latency-p90", 0.0086),
                ("latency-p99", 0.0131),
                ("throughput", 879.6823),
            ],
        );
        // Quantiles of all, and 10 of 70 failed.
        read("edge_mixed_status.txt", &[("error-rate", 1.0 / 7.0), ("throughput", 8_973.699)]);
    }

    #[test]
    fn reads_every_answer_of_the_csv() {
        assert_loads(
            "hey/0.1.4/base.csv",
            "hey",
            &[(
                "hey",
                200,
                &[
                    ("error-rate", 0.0),
                    ("latency", 0.0004),
                    ("latency-p90", 0.001_13),
                    ("throughput", 8_097.165_991_902_833),
                ],
            )],
        );
    }

    #[test]
    fn of_failures_only_is_refused() {
        assert_eq!(
            refused_fixture("hey/0.1.4/edge_conn_refused.txt"),
            "edge_conn_refused.txt:1:1: none of 4 requests of 'hey' succeeded; a failure is not a fast run: make the server \
             answer"
        );
    }

    #[test]
    fn what_was_cut_or_edited_is_refused() {
        for (text, expected) in [
            (
                "Summary:\n  Requests/sec:\t10.0\n",
                "f:2:1: expected a duration, a rate of requests and status codes, found the end;",
            ),
            // A line of failures is missing.
            (
                "Summary:\n  Total:\t1.0000 secs\n  Requests/sec:\t10.0\nStatus code distribution:\n  [200]\t9 responses\n",
                "f:5:1: expected as many statuses and errors as the rate and the duration give, found another number;",
            ),
            ("Summary:\nSummary:\n", "f:2:1: a second run begins here;"),
            ("Summary:\n  Requests/sec:\tx\n", "f:2:1: expected a line of 'Summary:';"),
            (
                "Summary:\nStatus code distribution:\n  [200]\t3 resp\n",
                "f:3:1: expected a line of 'Status code distribution:';",
            ),
            (
                "Summary:\nLatency distribution:\n  50% in NaN secs\n",
                "f:3:1: expected a line of 'Latency distribution:';",
            ),
            (
                "Summary:\nError distribution:\n  [1x]\tGet \"http://a/?token=secret\"\n",
                "f:3:1: expected a line of 'Error distribution:';",
            ),
        ] {
            let error = refused("hey", text);
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains("secret"));
        }
    }
}
