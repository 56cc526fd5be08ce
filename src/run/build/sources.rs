//! What the compiler read, from the dependency lists that Cargo leaves beside what it builds.

use super::Site;
use crate::harness::cargo::Artifact;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The tree's files that the compiler read for these artifacts, relative to the tree; `None` unless each bench executable
/// has its list.
pub(super) fn compiled(site: &Site<'_>, workspace: &Path, artifacts: &[Artifact]) -> Option<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    for artifact in artifacts {
        let lists: Vec<String> = artifact
            .files
            .iter()
            .flat_map(|file| beside(file))
            .filter_map(|list| fs::read_to_string(list).ok())
            .collect();
        if lists.is_empty() && artifact.bench {
            return None;
        }
        let inputs = lists.iter().flat_map(|list| inputs(list));
        let inside =
            inputs.filter_map(|input| Some(plain(&workspace.join(input)).strip_prefix(&site.tree).ok()?.into()));
        found.extend(inside.filter(|path: &PathBuf| site.snapshot.contains(path)));
    }
    Some(found.into_iter().collect())
}

/// Where the list of an artifact may be: `libname-hash.rlib` and `name-hash` both have `name-hash.d`.
fn beside(file: &Path) -> Vec<PathBuf> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let names = [Some(stem), stem.strip_prefix("lib")];
    names.into_iter().flatten().map(|name| file.with_file_name(format!("{name}.d"))).collect()
}

/// The prerequisites in a makefile's rules; a space in a name is escaped.
fn inputs(list: &str) -> Vec<PathBuf> {
    let rules = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    rules
        .flat_map(|(_, inputs)| {
            let kept_together = inputs.replace("\\ ", "\0");
            kept_together.split_whitespace().map(|input| PathBuf::from(input.replace('\0', " "))).collect::<Vec<_>>()
        })
        .collect()
}

/// A path without `.` and `..`, as its text says.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_with_their_spaces() {
        let list = "/t/deps/x-1.d: src/lib.rs src/../data/two\\ words.txt\n\n/t/deps/x-1: src/lib.rs\n\nsrc/lib.rs:\n\n# env-dep:A=b: c\n";
        let paths = ["src/lib.rs", "src/../data/two words.txt", "src/lib.rs"].map(PathBuf::from);
        assert_eq!(inputs(list), paths);
        assert_eq!(plain(&Path::new("/w").join(&paths[1])), Path::new("/w/data/two words.txt"));
        assert_eq!(beside(Path::new("/t/libx-1.rlib")), [Path::new("/t/libx-1.d"), Path::new("/t/x-1.d")]);
    }
}
