//! Workflow commands, which GitHub shows as annotations beside a run.

use super::Report;
use super::digest::Digest;
use std::io::{self, Write};

/// Writes the report as workflow commands.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "::notice title=benchgate::{}", Digest::of(report).counts())
}
