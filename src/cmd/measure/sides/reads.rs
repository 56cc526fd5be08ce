//! Which files a benchmark might read while it runs: a change to one of them is no reason to call two builds identical.

use std::path::Path;

/// Files at the top of a repository that no benchmark reads while it runs, by how their names begin.
const NEVER_READ_BEGINNINGS: [&str; 9] = [
    "README",
    "CHANGELOG",
    "CONTRIBUTING",
    "LICENSE",
    "COPYING",
    "CODEOWNERS",
    "benchgate.toml",
    ".gitignore",
    ".gitattributes",
];

/// Folders at the top of a repository that no benchmark reads while it runs.
const NEVER_READ_FOLDERS: [&str; 2] = [".github", "baselines"];

/// Names of files that a build reads and a benchmark does not.
const COMPILED_NAMES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rustfmt.toml", "clippy.toml"];

/// Folders whose files are data, whatever their ending: a parser's benchmark may well read sources.
const DATA_FOLDERS: [&str; 8] = ["data", "corpus", "testdata", "fixtures", "inputs", "samples", "assets", "resources"];

/// Whether a benchmark might read this file while it runs. In doubt it might: the price is only time. Sources count as
/// compiled in only where something was compiled, and its bytes are there to be compared.
pub(super) fn may_be_read(path: &Path, compiled: bool) -> bool {
    let text = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_owned();
    let (name, extension) = (text(path.file_name()), text(path.extension()));
    let folders: Vec<String> =
        path.parent().into_iter().flat_map(Path::components).map(|part| text(Some(part.as_os_str()))).collect();
    let top = folders.first().map(String::as_str);
    let never = match top {
        None => NEVER_READ_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)),
        Some(folder) => NEVER_READ_FOLDERS.contains(&folder),
    };
    let is_data = folders.iter().any(|folder| DATA_FOLDERS.contains(&folder.as_str()));
    let source = extension == "rs" || COMPILED_NAMES.contains(&name.as_str()) || top == Some(".cargo");
    let page = extension == "md" && (top.is_none() || top == Some("docs"));
    !(never || page || (compiled && !is_data && source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_nothing_reads_are_passed_over() {
        for path in
            ["README.md", "docs/a.md", ".github/workflows/ci.yml", "LICENSE-MIT", "baselines/a.json", "benchgate.toml"]
        {
            assert!(!may_be_read(Path::new(path), true) && !may_be_read(Path::new(path), false), "{path}");
        }
        for path in ["src/lib.rs", "crates/x/Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
            assert!(!may_be_read(Path::new(path), true), "{path}");
            assert!(
                may_be_read(Path::new(path), false),
                "{path}: nothing was compiled, so it may be the program itself"
            );
        }
        for path in [
            "data/input.json",
            "bench.py",
            "benches/words.txt",
            "build.sh",
            "docs/a.png",
            "benches/corpus/a.rs",
            "x/README.md",
        ] {
            assert!(may_be_read(Path::new(path), true), "{path}");
        }
    }
}
