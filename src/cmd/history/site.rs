//! Writes a static site of a history.

use super::source::histories;
use super::trend::settings;
use crate::cli::{Global, Site};
use crate::cmd::project::start;
use crate::cmd::{Done, Io, text};
use crate::git::Repo;
use crate::run::Progress;
use crate::site::{self, Settings, commit_url, commit_url_of};
use crate::trend::trend;
use anyhow::{Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// Looks at the history, and writes what it found.
pub(in crate::cmd) fn run(args: &Site, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let folder = folder(global)?;
    progress.phase("reading the history");
    let past = histories(&args.source, global, io)?;
    progress.phase("looking for changes");
    let found = trend(&past, &settings(&args.changes, &args.source, global)?);
    drop(past);
    progress.phase("writing the site");
    let written = site::write(&found, &about(args, &start(global)?)?, folder)?;
    let more = if written.removed > 0 { format!(", {} removed", written.removed) } else { String::new() };
    Ok(text(format!(
        "{} series in {} files ({:.1} MB), {} written{more}; open {}\n",
        found.series.len(),
        written.files,
        written.bytes as f64 / 1e6,
        written.changed,
        folder.join("index.html").display()
    )))
}

/// Refuses a folder that is not ours, and an address that is none, before anything is read.
pub(in crate::cmd) fn check(args: &Site, global: &Global) -> Result<()> {
    site::check(folder(global)?)?;
    args.commit_url.as_deref().map_or(Ok(()), |url| commit_url(url).map(drop).map_err(|problem| anyhow!(problem)))
}

fn folder(global: &Global) -> Result<&PathBuf> {
    match global.output.as_slice() {
        [folder] => Ok(folder),
        [] => bail!("name the folder that the site goes into, with -o DIR"),
        _ => bail!("a site goes into one folder; name it with one -o DIR"),
    }
}

/// What the flags say, and for the rest the repository.
fn about(args: &Site, here: &Path) -> Result<Settings> {
    let repo = Repo::discover(here).ok();
    let remote = repo.as_ref().and_then(|repo| repo.remote("origin"));
    let commit_url = match &args.commit_url {
        Some(url) => Some(commit_url(url).map_err(|problem| anyhow!(problem))?),
        None => remote.as_deref().and_then(commit_url_of),
    };
    let root = repo.as_ref().map_or(here, Repo::root);
    let name = || std::fs::canonicalize(root).ok()?.file_name().map(|name| name.to_string_lossy().into_owned());
    let title = args.title.clone().or_else(name).unwrap_or_else(|| "benchmarks".to_owned());
    Ok(Settings { title, commit_url })
}
