//! What is posted, put together from the report's own renderers; and where its text goes when nothing could be posted.

use crate::cmd::Io;
use crate::deliver::github::check::Annotation;
use crate::deliver::github::pictures::{Addresses, Pair};
use crate::deliver::github::{Fate, Settled, Stamp};
use crate::report::{self, Format, Options, Pictures, Post, Report, plot};
use std::io::Write;
use std::path::Path;

/// Bytes of a job's summary that are looked through for this text.
const SUMMARY_MAX: u64 = 4 << 20;

/// Writes the texts of a report.
pub(super) struct Texts<'a> {
    pub(super) report: &'a Report,
    pub(super) run_url: Option<&'a str>,
}

impl Texts<'_> {
    /// The comment, or the check run's summary.
    pub(super) fn compose(&self, pictures: Option<&Addresses>, stamp: Option<&Stamp>) -> String {
        let pictures = pictures.and_then(|at| {
            Pictures::new(&at.light, &at.dark, &format!("The effects: {}", report::title(self.report))).ok()
        });
        let stamp = stamp.map(Stamp::to_string);
        let post = stamp.map(|stamp| Post::new(Some(&stamp), self.run_url));
        self.render(&Options { pictures, post, ..Options::default() })
    }

    /// What `-o report.md` holds.
    pub(super) fn plain(&self) -> String {
        self.render(&Options::default())
    }

    fn render(&self, options: &Options) -> String {
        let mut text = Vec::new();
        // A Vec takes whatever is written.
        let _ = report::render(self.report, Format::Markdown, options, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// The effects, for light and for dark pages.
pub(super) fn pictures(report: &Report) -> Pair {
    let png = |theme| plot::effects(report, theme).png();
    Pair { light: png(plot::Theme::Light), dark: png(plot::Theme::Dark) }
}

/// Findings beside the configuration: which line of the code is to blame nobody knows.
pub(super) fn annotations(report: &Report, file: &str) -> Vec<Annotation> {
    let annotation = |one: report::Finding| Annotation {
        level: one.level,
        path: file.to_owned(),
        title: one.title,
        message: one.message,
    };
    report::findings(report).into_iter().map(annotation).collect()
}

/// The addresses of what was posted, a line each.
pub(super) fn links(fates: &[Fate]) -> String {
    let mut lines = String::new();
    for Fate { part, settled } in fates {
        if let Settled::Done(words) = settled
            && let Some(url) = words.split(' ').next_back().filter(|word| word.starts_with("http"))
        {
            lines += &report::text::line(&format!("{part} {url}"));
            lines.push('\n');
        }
    }
    lines
}

/// Adds the text to the job's summary, unless it is there already.
pub(super) fn append_summary(path: Option<&Path>, text: &str, io: &mut Io<'_>) {
    let Some(path) = path else { return };
    let known = std::fs::metadata(path).is_ok_and(|found| found.len() <= SUMMARY_MAX)
        && std::fs::read_to_string(path).is_ok_and(|known| known.contains(text.trim_end()));
    if known {
        return;
    }
    let append = || std::fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes());
    if let Err(error) = append() {
        let _ = writeln!(io.err, "warning: cannot write the job's summary '{}': {error}", path.display());
    }
}
