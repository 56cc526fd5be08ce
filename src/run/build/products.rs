//! What a build command leaves: found, digested, kept.

use super::{Built, Outcome, Site, hex};
use crate::files::{is_executable, link};
use anyhow::{Context, Result, bail};
use globset::{Glob, GlobSet, GlobSetBuilder};
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of build products that are kept without the suite naming them.
const PRODUCTS_BYTES_MAX: u64 = 2 << 30;

/// Files that are kept without the suite naming them.
const PRODUCTS_MAX: usize = 100_000;

/// Folders of a Cargo profile that hold nothing to launch.
const CARGO_INTERMEDIATE: [&str; 4] = ["deps", "build", "incremental", ".fingerprint"];

/// Runs a build command, if there is one, and keeps what it left: the files named by `artifacts`, or all that git does not know.
pub(super) fn build(site: &Site<'_>, build: Option<&Vec<String>>, artifacts: &[String]) -> Result<Outcome> {
    let Some(words) = build else { return Ok(Outcome::Built(Built::default())) };
    if let Err(failure) = site.tool(words, &site.root)? {
        return Ok(Outcome::Failed(failure));
    }
    let mut built = Built::default();
    let mut bytes = 0;
    for file in products(site, artifacts)? {
        let place = PathBuf::from("tree").join(&file);
        bytes += fs::metadata(site.tree.join(&file)).map_or(0, |metadata| metadata.len());
        if artifacts.is_empty() && (bytes > PRODUCTS_BYTES_MAX || built.files.len() >= PRODUCTS_MAX) {
            bail!(
                "the build of suite '{}' left more than {} GiB or {PRODUCTS_MAX} files; name those that the commands need: \
                 artifacts = [\"target/release/app\"]",
                site.suite.name,
                PRODUCTS_BYTES_MAX >> 30
            );
        }
        let digest = keep(&site.tree.join(&file), &site.fresh.join("files").join(&place))?;
        built.files.insert(place, digest);
    }
    if !artifacts.is_empty() && built.files.is_empty() {
        return Ok(Outcome::Failed(format!(
            "'{}' left no file that matches artifacts = {artifacts:?}",
            words.join(" ")
        )));
    }
    Ok(Outcome::Built(built))
}

/// The files that the build left, relative to the tree, sorted.
fn products(site: &Site<'_>, artifacts: &[String]) -> Result<Vec<PathBuf>> {
    let mut wanted = GlobSetBuilder::new();
    for pattern in artifacts {
        wanted.add(Glob::new(pattern).with_context(|| format!("artifacts: bad pattern '{pattern}'"))?);
    }
    let wanted = wanted.build()?;
    let mut found = Vec::new();
    walk(site, &site.tree, &wanted, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(site: &Site<'_>, folder: &Path, wanted: &GlobSet, found: &mut Vec<PathBuf>) -> Result<()> {
    let cargo = folder.join("CACHEDIR.TAG").exists();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read '{}'", folder.display()))? {
        let entry = entry.with_context(|| format!("cannot read '{}'", folder.display()))?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name();
        if kind.is_dir() {
            let skipped = name == ".git" || (wanted.is_empty() && intermediate(&path, cargo));
            if !skipped {
                walk(site, &path, wanted, found)?;
            }
            continue;
        }
        let inside = path.strip_prefix(&site.tree)?.to_owned();
        let chosen = if wanted.is_empty() {
            !site.snapshot.contains(&inside) && launchable(&path)
        } else {
            path.strip_prefix(&site.root).is_ok_and(|below| wanted.is_match(below))
        };
        if chosen {
            found.push(inside);
        }
    }
    Ok(())
}

/// Whether a folder holds only Cargo's intermediate files.
fn intermediate(folder: &Path, in_target: bool) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let in_profile = folder.parent().is_some_and(|parent| parent.join(".fingerprint").exists());
    (in_profile && CARGO_INTERMEDIATE.contains(&name)) || (in_target && name == "tmp")
}

/// Cargo leaves libraries and dependency lists beside its programs; nothing starts or reads those.
fn launchable(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let cargo_lock = path
        .file_name()
        .is_some_and(|name| name == ".cargo-lock" || name == ".rustc_info.json" || name == "CACHEDIR.TAG");
    !cargo_lock && !["rlib", "rmeta", "d"].contains(&extension)
}

/// Copies a product aside; its digest.
pub(super) fn keep(from: &Path, to: &Path) -> Result<String> {
    copy(from, to)?;
    digest(from)
}

/// A file's digest: its bytes and whether it may be executed; of a link, where it points.
pub(super) fn digest(path: &Path) -> Result<String> {
    let what = || format!("cannot read '{}'", path.display());
    if fs::symlink_metadata(path).with_context(what)?.is_symlink() {
        let target = fs::read_link(path).with_context(what)?;
        return Ok(hex(&Sha256::digest(target.as_os_str().as_encoded_bytes())));
    }
    let mut digest = Sha256::new();
    let mut file = fs::File::open(path).with_context(what)?;
    io::copy(&mut file, &mut digest).with_context(what)?;
    digest.update([u8::from(is_executable(&file.metadata()?))]);
    Ok(hex(&digest.finalize()))
}

/// Copies a file with its permissions, links as links, creating folders as needed.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let what = || format!("cannot copy '{}' to '{}'", from.display(), to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(what)?;
    }
    if fs::symlink_metadata(from).with_context(what)?.is_symlink() {
        let target = fs::read_link(from).with_context(what)?;
        let _ = fs::remove_file(to);
        return link(&target, to).with_context(what);
    }
    fs::copy(from, to).with_context(what)?;
    Ok(())
}
