//! Looks at a project and writes what a gate needs: the configuration, and the workflows.

mod cargo;
mod look;
mod workflows;

use super::project::{CONFIG_NAME, start};
use super::{Done, Io, text};
use crate::cli::{Global, Init};
use crate::config;
use crate::files::write_whole;
use crate::git::Repo;
use crate::model::clean;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Suites that are proposed at most.
const SUITES_MAX: usize = 20;

/// The gate's usual settings, each with its meaning.
const GATE: &str = "\
# What benchgate measures, and how it judges. Flags win over this file; a change is judged by its base's [gate].

[gate]
# What a change is compared with: where it left the default branch.
base = 'merge-base'
# The smallest slowdown that matters. A suite's metrics may have their own.
threshold = '3%'
# The chance that a run on unchanged code says regression.
alpha = 0.01
# Measuring time of a run; building is not counted.
budget = '10m'
# What a row does that could not be decided: allow, warn or deny.
on-inconclusive = 'warn'
# What a benchmark does that base has and head no longer has.
on-missing = 'deny'
";

/// What is written where no benchmark was found.
const EXAMPLE: &str = "
# No benchmark of a known harness was found here. Any command can be one:
# [[suite]]
# name = 'cli'
# harness = 'command'
# build = 'make release'
# artifacts = ['out/app']
# [[suite.command]]
# name = 'help'
# run = 'out/app --help'
";

/// A suite that is proposed.
struct Found {
    /// What it is called if nothing else is.
    name: String,
    harness: &'static str,
    /// Below the project's folder; empty for itself.
    folder: PathBuf,
    /// Why, for people.
    because: String,
    /// Further lines.
    keys: String,
}

/// Writes what is not there yet: a configuration for what is found in the folder, and the workflows that run it.
pub(super) fn run(args: &Init, global: &Global, io: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let repo = Repo::discover(&here)?;
    let root =
        std::fs::canonicalize(repo.root()).with_context(|| format!("cannot open '{}'", repo.root().display()))?;
    let inside = here.strip_prefix(&root).unwrap_or(Path::new(""));
    let config = here.join(CONFIG_NAME);
    let files = if args.no_workflows { Vec::new() } else { workflows::files(&root, inside)? };
    let (kept, mut missing): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_there(&file.path));
    if is_there(&config) {
        if missing.is_empty() {
            bail!("'{}' exists already, and stays as it is", config.display());
        }
    } else {
        missing.insert(0, proposal(&repo, &here, inside, config.clone(), io)?);
    }
    let mut said = String::new();
    for file in &missing {
        write_whole(&file.path, file.text.as_bytes())
            .with_context(|| format!("cannot write '{}'", file.path.display()))?;
        writeln!(said, "written: '{}'{}", file.path.display(), file.about)?;
    }
    let stays = kept.iter().map(|file| &file.path).chain((missing[0].path != config).then_some(&config));
    for path in stays {
        writeln!(said, "kept: '{}' exists already, and stays as it is", path.display())?;
    }
    let measures = kept.iter().find(|file| file.path.ends_with(workflows::MEASURES));
    if let Some(note) = measures.and_then(|file| workflows::unmeasured(&file.path, inside)) {
        writeln!(said, "note: {note}")?;
    }
    Ok(text(clean(&(said + &next(missing.iter().any(|file| file.path != config))))))
}

/// A file that is proposed.
struct Proposed {
    path: PathBuf,
    text: String,
    /// What it is, as it follows its path in the answer.
    about: String,
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The configuration.
fn proposal(repo: &Repo, here: &Path, inside: &Path, path: PathBuf, io: &Io<'_>) -> Result<Proposed> {
    let all = repo.files()?;
    let files: Vec<PathBuf> =
        all.iter().filter_map(|path| path.strip_prefix(inside).ok()).map(Path::to_owned).collect();
    let (mut found, mut passed_over) = cargo::packages(here, &files, &io.variables.iter().cloned().collect());
    let (others, more) = look::projects(here, &files);
    found.extend(others);
    passed_over.extend(more);
    passed_over
        .extend(found.iter().skip(SUITES_MAX).map(|one| format!("{} A file gets {SUITES_MAX} suites", one.because)));
    found.truncate(SUITES_MAX);
    let text = compose(&mut found);
    config::parse(CONFIG_NAME, &text)?;
    let mut about = String::new();
    for one in &found {
        about.extend(["\n  suite '", &one.name, "': ", &one.because]);
    }
    if found.is_empty() {
        about += "\n  no benchmark of a known harness was found; the file shows how any command can be one";
    }
    for why in &passed_over {
        about.extend(["\n  passed over: ", why]);
    }
    Ok(Proposed { path, text, about })
}

/// What to do now.
fn next(with_workflows: bool) -> String {
    let commit = "commit the workflows; what the second one posts begins when they are on the default branch.\n";
    [
        if with_workflows { commit } else { "" },
        "look at what was written, then:\n",
        "  benchgate check --dry-run   what would be measured\n",
        "  benchgate check             judge the working tree against its base\n",
        "  benchgate hook install      the same before each push\n",
        "  benchgate doctor            what this machine can measure\n",
    ]
    .concat()
}

/// The file. Suites get names of their own.
fn compose(found: &mut [Found]) -> String {
    let mut file = GATE.to_owned();
    let mut names = BTreeSet::new();
    for one in found.iter_mut() {
        let stem = one.name.clone();
        let mut count = 1;
        while !names.insert(one.name.clone()) {
            count += 1;
            one.name = format!("{stem}-{count}");
        }
        let (because, name, harness) = (&one.because, &one.name, one.harness);
        file += &["\n# ", because, "\n[[suite]]\n# Its name in reports.\nname = '", name, "'\n"].concat();
        file += &["# Who measures; `benchgate explain ", harness, "` says how.\nharness = '", harness, "'\n"].concat();
        if !one.folder.as_os_str().is_empty() {
            let folder = one.folder.to_string_lossy();
            file += &["# Where it is built and run.\ndirectory = '", &*folder, "'\n"].concat();
        }
        file += &one.keys;
    }
    if found.is_empty() {
        file += EXAMPLE;
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn the_usual_settings_are_the_programs() {
        let resolved = |file| config::resolve(file, &Overrides::default(), Vec::new(), String::new()).unwrap();
        let written = resolved(Some(config::parse("init", &compose(&mut [])).unwrap()));
        assert_eq!(format!("{:?}", written.gate), format!("{:?}", resolved(None).gate));
        assert_eq!(format!("{:?}", written.policy), format!("{:?}", resolved(None).policy));
    }
}
