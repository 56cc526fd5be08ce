//! Who failed, as pytest prints it: its JSON has a test that failed after its measurement like any other, and lacks one whose
//! measured function raised.
//!
//! Nobody is told to have failed unless everybody is who did: a summary that leaves some out, or a run that stopped, says nothing.

use super::source::check_name;
use super::{Failure, ParseError, ParseErrorKind, Results};
use crate::model::{BenchmarkId, shown_message};
use std::collections::BTreeSet;

/// The line above what pytest's `-r fE` lists, which is its default.
const HEADING: &str = "short test summary info";

/// Takes the tests that failed out of the measurements, as the printed text names them.
pub(super) fn blame(printed: &str, suite: &str, results: &mut Results) {
    let known: BTreeSet<&str> = results.measurements.iter().map(|one| one.id.benchmark.as_str()).collect();
    let mut failed: Vec<Failure> = Vec::new();
    for line in named(printed) {
        for name in names(line, &known) {
            let id = BenchmarkId::new(suite, name);
            if check_name(&id.benchmark).is_err() {
                return;
            }
            let is_known = failed.iter().chain(&results.failures).any(|failure| failure.id == id);
            if !is_known {
                failed.push(Failure { id, error: complaint(line) });
            }
        }
    }
    results.measurements.retain(|one| failed.iter().all(|failure| failure.id != one.id));
    results.failures.append(&mut failed);
    results.failures.sort_by(|a, b| a.id.cmp(&b.id));
}

fn complaint(line: &str) -> ParseError {
    ParseError {
        kind: ParseErrorKind::Value,
        place: "pytest".to_owned(),
        problem: shown_message(&line),
        next: "run this test alone, and mend it".to_owned(),
    }
}

/// What follows `FAILED ` and `ERROR ` in the summary, if that names all who failed.
fn named(printed: &str) -> Vec<&str> {
    let is_heading = |line: &str| line.trim_matches(['=', ' ']) == HEADING;
    let lines: Vec<&str> = printed.lines().collect();
    let Some(heading) = lines.iter().rposition(|line| is_heading(line)) else { return Vec::new() };
    let summary = &lines[heading + 1..];
    let entry = |line: &&str| line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")).is_some();
    let stopped = summary.iter().any(|line| line.starts_with("!!!"));
    let found: Vec<&str> = summary.iter().copied().filter(|line| entry(line)).collect();
    let told = summary.iter().rev().find_map(|line| total(line));
    let is_all = !stopped && !printed.contains('\u{1b}') && told == Some(found.len());
    let after = |line: &'_ str| line.find(' ').map_or(0, |blank| blank + 1);
    if is_all { found.into_iter().map(|line| &line[after(line)..]).collect() } else { Vec::new() }
}

/// The number of failures and errors in pytest's last line, as in `6 failed, 2 passed, 1 error in 1.16s`.
fn total(line: &str) -> Option<usize> {
    let (counts, _) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    let mut total = 0;
    let mut is_any = false;
    for part in counts.split(", ") {
        let (count, word) = part.split_once(' ')?;
        let count: usize = count.parse().ok()?;
        if matches!(word, "failed" | "error" | "errors") {
            (total, is_any) = (total + count, true);
        }
    }
    is_any.then_some(total)
}

/// The tests that one line of the summary is about: a name relative to where pytest was started, and perhaps a message behind it.
/// Names of the result are relative to pytest's root folder, which may lie above.
fn names(line: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let mut rest = line;
    while let Some(below) = rest.strip_prefix("../") {
        rest = below;
    }
    let ends = rest.match_indices(" - ").map(|(at, _)| at).chain([rest.len()]);
    let candidates: Vec<&str> = ends.map(|end| &rest[..end]).collect();
    if let Some(exact) = candidates.iter().find(|name| known.contains(*name)) {
        return vec![(*exact).to_owned()];
    }
    let is_below = |whole: &str, end: &str| whole.strip_suffix(end).is_some_and(|folder| folder.ends_with('/'));
    let fits = |name: &&&str| candidates.iter().any(|candidate| is_below(name, candidate));
    let fitting: Vec<String> = known.iter().filter(fits).map(|name| (*name).to_owned()).collect();
    if !fitting.is_empty() {
        return fitting;
    }
    // A parameter may hold the dash that a message begins with.
    let is_whole = |name: &&&str| name.matches('[').count() == name.matches(']').count();
    let name = candidates.iter().find(is_whole).or(candidates.first()).copied().unwrap_or(rest);
    let file = |name: &'_ str| name.split("::").next().unwrap_or_default().len();
    let own = &name[..file(name)];
    let folders = known.iter().filter_map(|name| name[..file(name)].strip_suffix(own).filter(|f| f.ends_with('/')));
    let folders: BTreeSet<&str> = folders.collect();
    match folders.first() {
        Some(folder) if folders.len() == 1 => vec![format!("{folder}{name}")],
        _ => vec![name.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
        FAILED x.py::not_in_the_summary - assert 1\n\
        =========================== short test summary info ============================\n\
        FAILED bench/a.py::test_assert - assert 4950 == 1\n\
        FAILED bench/a.py::test_par[a - b] - assert False\n\
        FAILED bench/a.py::test_par[[x] - z]\n\
        ERROR bench/a.py::test_setup - RuntimeError: set - up\n\
        =============== 3 failed, 2 passed, 1 warning, 1 error in 1.16s ===============\n";

    #[test]
    fn everybody_is_named_or_nobody() {
        assert_eq!(named(SUMMARY).len(), 4);
        assert_eq!(named(&SUMMARY.replace("=========================== short", "short")).len(), 4, "with -q");
        for (from, to) in [
            ("3 failed", "4 failed"),
            ("short test", "long test"),
            ("FAILED bench/a.py::test_assert", "XFAIL bench/a.py::test_assert"),
            ("ERROR bench", "!!!!! stopping after 3 failures !!!!!\nERROR bench"),
            ("FAILED bench/a.py::test_assert", "\u{1b}[31mFAILED\u{1b}[0m bench/a.py::test_assert"),
            ("in 1.16s", ""),
        ] {
            assert!(SUMMARY.contains(from) && named(&SUMMARY.replace(from, to)).is_empty(), "{from} as {to}");
        }
        assert!(named("").is_empty() && named("===== 2 passed in 0.01s =====").is_empty());
    }

    #[test]
    fn names_are_found_whatever_they_hold_and_wherever_pytest_started() {
        let named = |line: &str, known: &[&str]| names(line, &known.iter().copied().collect());
        assert_eq!(named("a.py::t - assert x - y", &["a.py::t", "b/a.py::t"]), ["a.py::t"]);
        assert_eq!(named("a.py::t[x - y] - no", &["a.py::t[x - y]"]), ["a.py::t[x - y]"]);
        assert_eq!(named("a.py::t[x - y] - no", &[]), ["a.py::t[x - y]"]);
        assert_eq!(named("a.py::t[[x] - z] - no", &[]), ["a.py::t[[x] - z]"]);
        assert_eq!(named("a.py::t - no", &["bench/a.py::t"]), ["bench/a.py::t"]);
        assert_eq!(named("../a.py::t - no", &["bench/a.py::t"]), ["bench/a.py::t"]);
        assert_eq!(named("a.py::gone", &["bench/a.py::t"]), ["bench/a.py::gone"], "its file is known");
        assert_eq!(named("a.py::gone", &["x/a.py::t", "y/a.py::t"]), ["a.py::gone"]);
        assert_eq!(named("a.py::t", &["x/a.py::t", "y/a.py::t"]), ["x/a.py::t", "y/a.py::t"], "rather too many");
        assert_eq!(named("ä - ö", &["ä"]), ["ä"]);
    }
}
