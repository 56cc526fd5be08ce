//! The page: one self-contained HTML file to dig in.

use super::Report;
use super::digest::Digest;
use std::io::{self, Write};

/// Writes the page.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<!DOCTYPE html><title>benchgate</title><p>{}</p>", Digest::of(report).counts())
}
