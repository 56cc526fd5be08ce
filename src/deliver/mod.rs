//! Puts an answer somewhere: standard output, files, an exit status.
//!
//! Floor 4. It composes no text: `report` does.

pub mod github;
pub mod webhook;

use crate::files::write_whole;
use crate::judge::Outcome;
use crate::report::{Format, Options, plot};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What the process says to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: everything that policy asks for holds.
    Pass,
    /// 1: at least one regression.
    Regression,
    /// 2: could not judge: usage, configuration, I/O, nothing measured.
    Error,
    /// 3: inconclusive or missing where policy denies it.
    Inconclusive,
}

impl ExitStatus {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Regression => 1,
            Self::Error => 2,
            Self::Inconclusive => 3,
        }
    }
}

impl From<Outcome> for ExitStatus {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Pass,
            Outcome::Regression => Self::Regression,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Error => Self::Error,
        }
    }
}

/// An answer that can be written in any format.
pub type Answer<'a> = dyn Fn(Format, &Options, &mut dyn Write) -> io::Result<()> + 'a;

/// Checks before hours of measuring that every output file has a format that fits and a folder that can be written.
pub fn check_outputs(outputs: &[PathBuf], fits: impl Fn(Format) -> bool) -> Result<()> {
    for path in outputs {
        if !fits(output_format(path)?) {
            let fitting = Format::ALL.iter().filter(|format| fits(**format)).filter_map(|format| format.suffix());
            let suffixes = fitting.collect::<Vec<_>>().join(", .");
            bail!("this command's answer cannot be written into '{}'; use one of .{suffixes}", path.display());
        }
        check_place(path)?;
    }
    Ok(())
}

/// Checks likewise that a file can be written.
pub fn check_place(path: &Path) -> Result<()> {
    if path.is_dir() {
        bail!("'{}' is a folder; name a file", path.display());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create the folder of '{}'", path.display()))?;
    tempfile::tempfile_in(folder).with_context(|| format!("cannot write into the folder of '{}'", path.display()))?;
    Ok(())
}

fn output_format(path: &Path) -> Result<Format> {
    match Format::from_path(path) {
        Some(format) => Ok(format),
        None => {
            let suffixes: Vec<_> = Format::ALL.iter().filter_map(|format| format.suffix()).collect();
            bail!("cannot tell the format of '{}'; end it in one of .{}", path.display(), suffixes.join(", ."))
        }
    }
}

/// Writes an answer into every output file, in the format its name says.
pub fn write_outputs(answer: &Answer<'_>, outputs: &[PathBuf]) -> Result<()> {
    for path in outputs {
        let mut text = Vec::new();
        answer(output_format(path)?, &Options::default(), &mut text)?;
        write_whole(path, &text).with_context(|| format!("cannot write '{}'", path.display()))?;
    }
    Ok(())
}

/// Checks likewise that files can be written into a folder, which is made.
pub fn check_folder(folder: &Path) -> Result<()> {
    check_place(&folder.join("effects-light.svg"))
}

/// The pictures of this or an earlier run in a folder.
pub fn plots_in(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_str().is_some_and(plot::is_plate));
    ours.map(|entry| folder.join(entry.file_name())).collect()
}

/// Writes pictures into a folder, each as SVG and as PNG, and takes those of an earlier run away.
pub fn write_plots(plates: impl Iterator<Item = plot::Plate>, folder: &Path) -> Result<()> {
    let mut stale = plots_in(folder);
    for plot::Plate { name, picture } in plates {
        for (suffix, content) in [("svg", picture.svg().into_bytes()), ("png", picture.png())] {
            let path = folder.join(format!("{name}.{suffix}"));
            write_whole(&path, &content).with_context(|| format!("cannot write '{}'", path.display()))?;
            stale.remove(&path);
        }
    }
    for path in stale {
        std::fs::remove_file(&path).with_context(|| format!("cannot remove '{}'", path.display()))?;
    }
    Ok(())
}

/// Prints an answer. A reader that went away is no reason to say anything but the truth afterwards.
pub fn print(answer: &Answer<'_>, format: Format, options: &Options, out: &mut dyn Write) -> Result<()> {
    match answer(format, options, out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
