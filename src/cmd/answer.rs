//! What a command has to say, said: into files and to standard output, or as a complaint.

use super::{Done, Io};
use crate::cli::{Color, Global};
use crate::deliver::{self, ExitStatus};
use crate::git::GitError;
use crate::report::bisected::{self, Ending};
use crate::report::text::{line, without_commands};
use crate::report::{self, Format, Options, Styles, diagnosis, history, plot};
use crate::run::Interrupted;
use anyhow::Result;
use std::ffi::OsString;
use std::io::ErrorKind;

/// Writes the answer: files first, so that a reader that goes away costs nothing.
pub(super) fn say(done: Done, global: &Global, io: &mut Io<'_>) -> Result<ExitStatus> {
    match done {
        Done::Text(text, status) => print(text.as_bytes(), io).map(|()| status),
        Done::Bytes(bytes) => print(&bytes, io).map(|()| ExitStatus::Pass),
        Done::Report(report) => {
            let status = ExitStatus::from(report.outcome);
            if let Some(folder) = &global.plots {
                deliver::write_plots(plot::album(&report), folder)?;
            }
            deliver(&|format, options, out| report::render(&report, format, options, out), global, io)?;
            Ok(status)
        }
        Done::Diagnosis(found) => {
            deliver(&|format, options, out| diagnosis::render(&found, format, options, out), global, io)?;
            Ok(ExitStatus::Pass)
        }
        Done::Bisected(found) => {
            let status = if found.ending == Ending::Found { ExitStatus::Pass } else { ExitStatus::Inconclusive };
            deliver(&|format, options, out| bisected::render(&found, format, options, out), global, io)?;
            Ok(status)
        }
        Done::Trend(found, status) => {
            if let Some(folder) = &global.plots {
                deliver::write_plots(plot::histories(&found), folder)?;
            }
            deliver(&|format, options, out| history::render(&found, format, options, out), global, io)?;
            Ok(status)
        }
    }
}

fn print(bytes: &[u8], io: &mut Io<'_>) -> Result<()> {
    match io.out.write_all(bytes).and_then(|()| io.out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn deliver(answer: &deliver::Answer<'_>, global: &Global, io: &mut Io<'_>) -> Result<()> {
    deliver::write_outputs(answer, &global.output)?;
    let options = options(global, io);
    deliver::print(answer, global.format, &options, io.out)
}

pub(super) fn options(global: &Global, io: &Io<'_>) -> Options {
    let colored = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let set = |name| io.variable(name).filter(|value| !value.is_empty());
            let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
            let terminal = io.out_is_terminal && set("TERM").is_none_or(|term| term != "dumb");
            set("NO_COLOR").is_none() && (forced || terminal)
        }
    };
    let styles = if colored && global.format == Format::Terminal { Styles::colored() } else { Styles::default() };
    let ascii = io.out_is_terminal && !knows_unicode(|name| io.variable(name));
    Options { styles, width: io.width, verbose: global.verbose, quiet: global.quiet, ascii, ..Options::default() }
}

/// Whether the locale leaves room for more than ASCII; where nothing is set most terminals do.
fn knows_unicode(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Kind, causes, hint: in this order, whatever went wrong.
pub(super) fn complain(error: &anyhow::Error, io: &mut Io<'_>) -> ExitStatus {
    if error.is::<Interrupted>() {
        let _ = writeln!(
            io.err,
            "interrupted: every child has ended; `--resume` goes on with a check, or a bisect, that was measuring"
        );
        return ExitStatus::Error;
    }
    // What is wrong with a file may repeat what somebody wrote into it.
    let mut say = |kind: &str, said: &str| {
        let lines: Vec<String> = said.lines().map(line).collect();
        let _ = writeln!(io.err, "{}", without_commands(&format!("{kind}: {}", lines.join("\n"))));
    };
    say("error", &error.to_string());
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause_text = cause.to_string();
        // thiserror's texts often hold their source's already.
        if !last.contains(&cause_text) {
            say("caused by", &cause_text);
        }
        last = cause_text;
    }
    if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<GitError>()?.hint()) {
        say("hint", &hint);
    }
    ExitStatus::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let ask = |pairs: &'static [(&str, &str)]| {
            knows_unicode(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into()))
        };
        assert!(ask(&[]) && ask(&[("LANG", "C.UTF-8")]) && ask(&[("LC_ALL", ""), ("LANG", "de_DE.utf8")]));
        assert!(!ask(&[("LANG", "C")]) && !ask(&[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")]));
    }
}
