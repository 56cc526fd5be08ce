//! What earlier builds left in the live tree, which the next build must not pass off as its own.

use crate::files::has_second_name;
use crate::git::Snapshot;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// What Cargo keeps in a target directory besides profiles, and makes again or does without.
const CARGO_TARGET: [&str; 7] =
    ["CACHEDIR.TAG", ".rustc_info.json", ".future-incompat-report.json", "doc", "package", "tmp", "criterion"];

/// What Cargo needs in a profile's directory to know what is fresh.
const CARGO_PROFILE: [&str; 4] = ["deps", "build", "incremental", ".fingerprint"];

/// What lies in the live tree and is no part of a snapshot.
#[derive(Default)]
struct Found {
    /// Files and links outside target directories.
    files: Vec<PathBuf>,
    /// Folders, each after those that it holds.
    folders: Vec<PathBuf>,
    /// Cargo's target directories.
    targets: Vec<PathBuf>,
}

/// Clears the live tree of everything that is not in the snapshot, so that what is found after a build is that build's.
///
/// Only a Cargo target directory that holds nothing but Cargo's own files stays, without its outputs: Cargo links fresh
/// ones there again. Every other build starts from a clean tree: correct before fast. That takes the target directory
/// with it wherever something else was left too, for a build script that wrote it would not run again.
pub(super) fn clear(tree: &Path, snapshot: &Snapshot) -> Result<()> {
    let mut found = Found::default();
    find(tree, tree, snapshot, &mut found)?;
    let only_cargo = found.files.iter().all(|file| file.file_name().is_some_and(|name| name == "Cargo.lock"));
    for file in &found.files {
        fs::remove_file(file).with_context(|| cannot("remove", file))?;
    }
    for target in &found.targets {
        if !(only_cargo && clear_outputs(target)?) {
            fs::remove_dir_all(target).with_context(|| cannot("remove", target))?;
        }
    }
    for folder in &found.folders {
        // Those that still hold something stay.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

fn find(tree: &Path, folder: &Path, snapshot: &Snapshot, found: &mut Found) -> Result<()> {
    for (path, is_folder) in entries(folder)? {
        if !is_folder {
            if !snapshot.contains(path.strip_prefix(tree)?) {
                found.files.push(path);
            }
        } else if is_target(&path) && !holds_sources(tree, &path, snapshot) {
            found.targets.push(path);
        } else {
            find(tree, &path, snapshot, found)?;
            found.folders.push(path);
        }
    }
    Ok(())
}

/// Other tools tag their caches too; only Cargo's are known well enough to be kept.
fn is_target(folder: &Path) -> bool {
    fs::read_to_string(folder.join("CACHEDIR.TAG")).is_ok_and(|tag| tag.contains("created by cargo"))
}

fn holds_sources(tree: &Path, folder: &Path, snapshot: &Snapshot) -> bool {
    folder.strip_prefix(tree).is_ok_and(|inside| snapshot.paths().any(|path| path.starts_with(inside)))
}

/// Removes what a target directory holds to be used; `false` if it holds something that Cargo would not make again.
fn clear_outputs(target: &Path) -> Result<bool> {
    for (path, is_folder) in entries(target)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if is_folder && path.join(".fingerprint").is_dir() {
            if !clear_profile(&path)? {
                return Ok(false);
            }
        } else if CARGO_TARGET.contains(&name) {
            if is_folder {
                fs::remove_dir_all(&path).with_context(|| cannot("remove", &path))?;
            }
            if name == "tmp" {
                // A fresh executable may write there, and Cargo made it before compiling.
                fs::create_dir(&path).with_context(|| cannot("create", &path))?;
            }
        } else if is_folder && path.join("CACHEDIR.TAG").is_file() {
            // A target triple's.
            if !clear_outputs(&path)? {
                return Ok(false);
            }
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}

fn clear_profile(profile: &Path) -> Result<bool> {
    for (path, is_folder) in entries(profile)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match (is_folder, name) {
            (true, name) if CARGO_PROFILE.contains(&name) => {}
            (true, "examples") => fs::remove_dir_all(&path).with_context(|| cannot("remove", &path))?,
            (true, _) => return Ok(false),
            (false, name) if name.starts_with(".cargo") && name.ends_with("lock") => {}
            (false, _) => {
                // An output is a second name of a file in `deps`. A file that is not was copied here by somebody else, or
                // by Cargo where the disk knows no second names: no way to tell.
                if !has_second_name(&path) && path.extension().is_none_or(|extension| extension != "d") {
                    return Ok(false);
                }
                fs::remove_file(&path).with_context(|| cannot("remove", &path))?;
            }
        }
    }
    Ok(true)
}

/// What a folder holds, and which are folders themselves; links are not followed.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let list = || -> std::io::Result<Vec<_>> {
        fs::read_dir(folder)?.map(|entry| entry.and_then(|e| Ok((e.path(), e.file_type()?.is_dir())))).collect()
    };
    list().with_context(|| cannot("read", folder))
}

fn cannot(verb: &str, path: &Path) -> String {
    format!("cannot {verb} '{}' left by an earlier build; remove the cache's folder that holds it", path.display())
}
