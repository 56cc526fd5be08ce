//! Cargo's workspaces, and which of their benches a suite can run.

use super::Found;
use super::look::suite;
use crate::cmd::project;
use crate::harness::cargo::Package;
use crate::run::scrub::Variables;
use std::path::{Path, PathBuf};

/// Workspaces below a folder that Cargo is asked about at most.
const WORKSPACES_MAX: usize = 10;

/// Suites for packages with criterion benches, of the workspace in this folder or else of those below it; and what is passed over.
pub(super) fn packages(here: &Path, files: &[PathBuf], own: &Variables) -> (Vec<Found>, Vec<String>) {
    let mut folders: Vec<&Path> =
        files.iter().filter(|file| file.ends_with("Cargo.toml")).filter_map(|file| file.parent()).collect();
    folders.sort();
    // What lies in a workspace's folder is the workspace's own affair.
    let outermost = |folder: &&Path| !folder.ancestors().skip(1).any(|above| folders.contains(&above));
    let workspaces: Vec<&Path> = folders.iter().copied().filter(outermost).collect();
    let (mut found, mut passed_over) = (Vec::new(), Vec::new());
    for folder in workspaces.iter().take(WORKSPACES_MAX) {
        match project::packages(&here.join(folder), own) {
            Ok(packages) => {
                // Of a workspace above only what lies here.
                let is_here = |package: &&Package| package.directory.starts_with(here);
                for proposal in packages.iter().filter(is_here).filter_map(|package| proposal(folder, package)) {
                    match proposal {
                        Ok(one) => found.push(one),
                        Err(why) => passed_over.push(why),
                    }
                }
            }
            Err(why) => passed_over.push(format!("the Cargo packages{} ({why})", at(folder))),
        }
    }
    let beyond = workspaces.iter().skip(WORKSPACES_MAX);
    passed_over.extend(beyond.map(|folder| format!("the Cargo packages{}: run `init` there", at(folder))));
    (found, passed_over)
}

fn at(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { String::new() } else { format!(" in '{}'", folder.display()) }
}

/// The suite of a package; nothing for one without benches.
fn proposal(folder: &Path, package: &Package) -> Option<Result<Found, String>> {
    let name = &package.name;
    if package.benches.is_empty() {
        return None;
    }
    if !package.uses_criterion {
        let benches = package.benches.join("', '");
        let next = "a suite with another harness can run them, see `benchgate explain harnesses`";
        return Some(Err(format!("'{benches}' of the Cargo package '{name}' without criterion; {next}")));
    }
    let keys = format!("# Only this package of the workspace.\npackage = '{name}'\n");
    let found = suite("criterion", folder, &format!("The criterion benches of package '{name}'"), keys);
    Some(found.map(|found| Found { name: name.clone(), ..found }))
}
