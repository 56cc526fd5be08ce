use super::check::shards::Sharding;
use super::{Done, Io, check};
use crate::cli::{Command, Global, Try, parse};
use crate::git::scaffold;
use crate::run::Progress;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// A file of the example, built into the program so that `try` needs nothing else.
macro_rules! example {
    ($($name:literal from $path:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../examples/quickstart/", $path)))),+]
    };
}

/// The repository's files, as its first commit has them. The manifest has another name in `examples/`, because Cargo leaves
/// packages within a package out of what it publishes.
const BASE: &[(&str, &str)] = example![
    "Cargo.toml" from "base/manifest.toml",
    "Cargo.lock" from "base/Cargo.lock",
    ".gitignore" from "base/.gitignore",
    ".cargo/config.toml" from "base/.cargo/config.toml",
    "benchgate.toml" from "base/benchgate.toml",
    "src/hash.rs" from "base/src/hash.rs",
    "src/input.rs" from "base/src/input.rs",
    "src/main.rs" from "base/src/main.rs",
    "src/matrix.rs" from "base/src/matrix.rs",
    "src/parse.rs" from "base/src/parse.rs",
    "src/sieve.rs" from "base/src/sieve.rs",
    "src/sort.rs" from "base/src/sort.rs",
    "src/wordcount.rs" from "base/src/wordcount.rs",
];

/// What its second commit changes.
const HEAD: &[(&str, &str)] =
    example!["src/matrix.rs" from "head/src/matrix.rs", "src/parse.rs" from "head/src/parse.rs"];

/// Makes a small repository out of `examples/quickstart` and runs the very same `check` on it.
pub(super) fn run(args: &Try, global: &Global, io: &Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    let temporary = tempfile::tempdir().context("cannot create a temporary folder")?;
    let folder = match &args.into {
        Some(folder) if folder.exists() => bail!("'{}' exists already; name a folder that does not", folder.display()),
        Some(folder) => folder.clone(),
        None => temporary.path().join("quickstart"),
    };
    progress.note(&format!("making a repository in '{}': six benchmarks, two commits", folder.display()));
    scaffold(&folder, &[("Six workloads", BASE), ("Keep names in parse, copy columns in matrix", HEAD)])?;
    let folder = std::fs::canonicalize(&folder).with_context(|| format!("cannot open '{}'", folder.display()))?;
    progress.note("running there what you would run in your own repository: benchgate check");
    let Done::Report(mut report) =
        check::gate((&check_arguments()?, &Sharding::Whole), &within(global, &folder), io, None, progress)?
    else {
        bail!("check printed no report");
    };
    report.notes.push(next_steps(args.into.as_deref()));
    Ok(Done::Report(report))
}

/// `check` as it is typed, without flags.
fn check_arguments() -> Result<crate::cli::Check> {
    match parse(["benchgate", "check"].map(Into::into)).map(|cli| cli.command) {
        Ok(Command::Check(args)) => Ok(args),
        _ => bail!("`benchgate check` no longer parses"),
    }
}

fn within(global: &Global, folder: &Path) -> Global {
    Global { directory: Some(folder.to_owned()), config: None, ..global.clone() }
}

fn next_steps(kept: Option<&Path>) -> String {
    let look = kept.map_or("`benchgate try DIR` keeps the repository to look at".to_owned(), |folder| {
        format!("the repository is in '{}'", folder.display())
    });
    format!(
        "this was a demonstration, and its exit status 1 is the regression it was built to find; {look}. \
         In your own repository: `benchgate check` in a Cargo package with criterion benches needs no configuration, \
         and docs/config.md shows how to time any command"
    )
}
