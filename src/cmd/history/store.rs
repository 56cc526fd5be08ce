//! Which history a command is about.

use crate::cli::{Global, HistorySource};
use crate::cmd::Io;
use crate::cmd::project::{locate, start, today};
use crate::config::{self, Config, Overrides};
use crate::git::Repo;
use crate::report::text::plural;
use crate::run::remote::Remote;
use crate::run::scrub::Variables;
use crate::run::stage::{cache_folder, project_folder};
use crate::stats::changepoints::Preset;
use crate::store::history::{Appended, Dir, Entry, Network, Spec, Store, Surroundings, Trouble, open};
use anyhow::{Context, Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// The history that `--store` names, else the configured one; `None` where there is neither.
pub(in crate::cmd) fn find(typed: Option<&str>, global: &Global, io: &Io<'_>) -> Result<Option<Box<dyn Store>>> {
    let here = start(global)?;
    let spec = match typed {
        Some(typed) => Some(parse(typed)?.within(&here)),
        None => configured(&here, global)?,
    };
    spec.map(|spec| opened(&spec, &here, io)).transpose()
}

/// Likewise, where there must be one.
pub(super) fn required(typed: Option<&str>, global: &Global, io: &Io<'_>) -> Result<Box<dyn Store>> {
    let next = "name one with --store, or as 'store' in [history] of benchgate.toml (docs/history.md)";
    find(typed, global, io)?.with_context(|| format!("no history is configured: {next}"))
}

/// A history by what was typed.
pub(super) fn named(typed: &str, global: &Global, io: &Io<'_>) -> Result<Box<dyn Store>> {
    let here = start(global)?;
    opened(&parse(typed)?.within(&here), &here, io)
}

/// Adds runs. What cannot be added now, because of a network or a server, is kept on this machine and not measured in vain.
pub(in crate::cmd) fn append(
    store: &mut dyn Store,
    entries: &[Entry],
    project: &Path,
    io: &Io<'_>,
) -> Result<Appended> {
    let error = match store.append(entries) {
        Err(error) if error.trouble != Trouble::Refused => error,
        done => return Ok(done?),
    };
    // Each project's apart: they would be copied into one history later.
    let kept = project_folder(&cache_folder(|name| io.variable(name))?, project).join("unsent");
    Dir::new(&kept).append(entries)?;
    let next = format!("`benchgate history copy 'dir:{}' STORE` adds what is kept there later", kept.display());
    Err(anyhow!(error).context(format!("not in the history, but kept: {}; {next}", plural(entries.len(), "run"))))
}

fn parse(typed: &str) -> Result<Spec> {
    typed.parse().map_err(|why: String| anyhow!(why))
}

fn opened(spec: &Spec, here: &Path, io: &Io<'_>) -> Result<Box<dyn Store>> {
    let variable = |name: &str| io.variable(name).and_then(|value| value.into_string().ok());
    let own: Variables = io.variables.iter().cloned().collect();
    let reach =
        |folder: &Path, remote: &str| Box::new(Remote::new(folder.to_owned(), remote, own.clone())) as Box<dyn Network>;
    Ok(open(spec, &Surroundings { repository: Some(here), reach: &reach, variable: &variable })?)
}

/// How changes are looked for: as typed, else as `[history]` says of the project's own histories.
pub(super) fn preset(typed: Option<Preset>, source: &HistorySource, global: &Global) -> Result<Preset> {
    let here = start(global)?;
    match (typed, Repo::discover(&here)) {
        (Some(typed), _) => Ok(typed),
        (None, Ok(repo)) if source.from.is_none() => Ok(configuration(&here, &repo, global)?.0.detector),
        (None, _) => Ok(Preset::default()),
    }
}

/// What `[history]` says; its paths are seen from the project's folder.
fn configured(here: &Path, global: &Global) -> Result<Option<Spec>> {
    let repo = match Repo::discover(here) {
        Err(error) if error.is_outside() => bail!("this is no git repository; name the history with --store"),
        repo => repo?,
    };
    let (config, folder) = configuration(here, &repo, global)?;
    Ok(config.history.map(|spec| spec.within(&folder)))
}

/// The configuration of the project that lies here, and its folder.
fn configuration(here: &Path, repo: &Repo, global: &Global) -> Result<(Config, PathBuf)> {
    let (folder, file) = locate(here, repo.root(), global.config.as_deref())?;
    let file = file.filter(|path| path.is_file()).map(|path| config::load(&path)).transpose()?;
    let config = config::resolve(file, &Overrides::default(), Vec::new(), today())?;
    Ok((config, repo.root().join(folder)))
}
