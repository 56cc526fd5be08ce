//! The outcome and how many rows have which verdict, a line each: what a step of a workflow hands on to the next.

use super::Report;
use super::digest::Digest;
use crate::judge::Level;
use crate::model::State;
use std::io::{self, Write};

/// Writes `name=value` lines. None of them holds anything that came from outside.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let digest = Digest::of(report);
    writeln!(out, "outcome={}", report.outcome)?;
    let states = |counts: &dyn Fn(Level, State) -> bool| {
        report.states.iter().filter(|state| counts(state.level, state.state)).count()
    };
    let counts = [
        ("regressions", digest.regressions.len()),
        ("waived", digest.waived.len()),
        ("inconclusive", digest.inconclusive.len()),
        ("improvements", digest.improvements.len()),
        ("unchanged", digest.unchanged.len()),
        ("identical", states(&|_, state| state == State::Identical)),
        ("denied", states(&|level, _| level == Level::Deny)),
        ("exceeded", digest.exceeded.len()),
    ];
    counts.into_iter().try_for_each(|(name, count)| writeln!(out, "{name}={count}"))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn shown(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_report_has_the_same_names_in_the_same_order() {
        let names =
            |text: &str| text.lines().map(|line| line.split('=').next().unwrap().to_owned()).collect::<Vec<_>>();
        let first = names(&shown(&fixtures::regression()));
        assert_eq!(first.len(), 9);
        for (name, report) in fixtures::all() {
            assert_eq!(names(&shown(&report)), first, "{name}");
        }
    }

    #[test]
    fn rows_are_counted_once() {
        let report = fixtures::regression();
        let text = shown(&report);
        assert!(text.starts_with("outcome=regression\n"), "{text}");
        let rows = ["regressions", "waived", "inconclusive", "improvements", "unchanged"];
        let of = |line: &str| line.split_once('=').filter(|(name, _)| rows.contains(name))?.1.parse::<usize>().ok();
        assert_eq!(text.lines().filter_map(of).sum::<usize>(), report.comparisons.len(), "{text}");
        let states = shown(&fixtures::states());
        let denied = fixtures::states().states.iter().filter(|state| state.level == Level::Deny).count();
        assert!(denied > 0 && states.contains(&format!("denied={denied}\n")), "{states}");
    }
}
