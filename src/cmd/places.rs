//! Where answers go: refused before anything is measured for a file that cannot be written.

use super::history::{export, site};
use super::project;
use crate::cli::{Cli, Command};
use crate::deliver;
use crate::report::Format;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// Files are named as seen from the folder that `-C` starts in.
pub(super) fn start_in_directory(cli: &mut Cli) {
    let Some(folder) = cli.global.directory.clone() else { return };
    let record = match &mut cli.command {
        Command::Check(args) => args.record.as_mut(),
        Command::Run(args) => Some(&mut args.record),
        _ => None,
    };
    let global = &mut cli.global;
    let named = global.output.iter_mut().chain(&mut global.config).chain(&mut global.plots).chain(record);
    named.for_each(|path| *path = folder.join(&*path));
}

/// Refuses a file that cannot be written, or that nothing would be written to, before anything is measured for it.
pub(super) fn check(cli: &Cli, terminal: bool) -> Result<()> {
    // A folder that does not exist has its own message, and is not made on the way.
    project::start(&cli.global)?;
    let reports = match &cli.command {
        Command::Check(args) => !args.dry_run,
        Command::Compare(_)
        | Command::Report(_)
        | Command::Trend(_)
        | Command::Bisect(_)
        | Command::Doctor(_)
        | Command::Try(_) => true,
        _ => false,
    };
    let exports = matches!(&cli.command, Command::Export(_) | Command::Site(_));
    if let (Some(path), false) = (cli.global.output.first(), reports || exports) {
        bail!(
            "this command makes no report to write into '{}'; -o goes with check, compare, report, bisect, trend, export, site, doctor and try",
            path.display()
        );
    }
    let judges = matches!(&cli.command, Command::Check(_) | Command::Compare(_) | Command::Report(_) | Command::Try(_));
    let looks_back = matches!(&cli.command, Command::Trend(_));
    let is_drawn = |format: Format| matches!(format, Format::Svg | Format::Png);
    let fits = |format: Format| judges || format.is_plain() || (looks_back && is_drawn(format));
    if !fits(cli.global.format) {
        bail!(
            "this command's answer cannot be written as {}; use one of {}",
            cli.global.format.name(),
            Format::ALL.into_iter().filter(|format| fits(*format)).map(Format::name).collect::<Vec<_>>().join(", ")
        );
    }
    if cli.global.format == Format::Png && terminal {
        bail!("a terminal cannot show a PNG; write it into a file with -o FILE.png");
    }
    match &cli.command {
        Command::Export(args) => export::check(args, &cli.global, terminal)?,
        Command::Site(args) => site::check(args, &cli.global)?,
        _ => deliver::check_outputs(&cli.global.output, fits)?,
    }
    check_distinct(cli)?;
    if let Some(folder) = &cli.global.plots {
        if !((judges && reports) || looks_back) {
            bail!("this command compares nothing to draw; --plots goes with check, compare, report, trend and try");
        }
        deliver::check_folder(folder)?;
    }
    match &cli.command {
        Command::Check(args) => args.record.as_deref().map_or(Ok(()), deliver::check_place),
        Command::Run(args) => deliver::check_place(&args.record),
        _ => Ok(()),
    }
}

/// Refuses two answers in one file, and an answer in a file that is read.
fn check_distinct(cli: &Cli) -> Result<()> {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        path.file_name().map_or(folder.clone(), |name| folder.join(name))
    };
    let here = project::start(&cli.global)?;
    let mut taken: Vec<PathBuf> = match &cli.command {
        Command::Compare(args) => vec![here.join(&args.base), here.join(&args.head)],
        Command::Report(args) => args.files.iter().chain(&args.artifact).map(|file| here.join(file)).collect(),
        Command::Trend(args) => args.source.from.iter().chain(&args.alerts).map(|file| here.join(file)).collect(),
        Command::Export(args) => args.file.iter().chain(&args.source.from).map(|file| here.join(file)).collect(),
        Command::Site(args) => args.source.from.iter().map(|file| here.join(file)).collect(),
        Command::Check(args) => {
            args.record.iter().cloned().chain(args.again.iter().map(|file| here.join(file))).collect()
        }
        _ => Vec::new(),
    };
    taken.iter_mut().for_each(|path| *path = place(path));
    for path in &cli.global.output {
        let place = place(path);
        if taken.contains(&place) {
            bail!("'{}' is named twice: an answer would replace what else it holds", path.display());
        }
        taken.push(place);
    }
    Ok(())
}
