//! Puts the hook where git looks for it, beside whatever is there, and takes it away again.

use crate::cli::Global;
use crate::cmd::project::{locate, start};
use crate::cmd::{Done, Io, text};
use crate::files::{KNOWS_EXECUTABLES, is_executable, make_executable, write_whole};
use crate::git::{Hooks, Repo};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The hook.
const NAME: &str = "pre-push";

/// What stood there before.
const KEPT: &str = "pre-push.before-benchgate";

/// By this line a hook is known to be ours.
const MARK: &str = "# Written by `benchgate hook install`; `benchgate hook uninstall` takes it away.";

/// What lies at the hook's place.
enum Found {
    Nothing,
    Ours,
    Other,
}

/// Where the two files are.
struct Places {
    hook: PathBuf,
    kept: PathBuf,
}

impl Places {
    fn of(hooks: &Hooks) -> Self {
        Self { hook: hooks.folder.join(NAME), kept: hooks.folder.join(KEPT) }
    }

    fn found(&self) -> Result<Found> {
        if !exists(&self.hook) {
            return Ok(Found::Nothing);
        }
        let ours = match std::fs::read(&self.hook) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).lines().any(|line| line == MARK),
            // A link that leads nowhere is somebody's all the same.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(error).with_context(|| format!("cannot read '{}'", self.hook.display())),
        };
        Ok(if ours { Found::Ours } else { Found::Other })
    }
}

/// Also of a link that leads nowhere.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// As git asks before it runs a hook.
fn is_runnable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && (is_executable(&found) || !KNOWS_EXECUTABLES))
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).with_context(|| format!("cannot rename '{}' to '{}'", from.display(), to.display()))
}

/// Writes the hook; one that is there already is kept, and runs first.
pub(super) fn install(global: &Global, io: &Io<'_>) -> Result<Done> {
    if global.config.is_some() {
        bail!("a hook reads the project's own benchgate.toml; install it without --config");
    }
    let start = start(global)?;
    let repo = Repo::discover(&start)?;
    let hooks = repo.hooks()?;
    // Its hooks find what they run by the name of their own file, which we would change.
    if hooks.folder.ends_with(".husky/_") {
        bail!(
            "husky keeps this repository's hooks; add the line `benchgate hook run \"$@\"` to '.husky/{NAME}' instead"
        );
    }
    if !hooks.folder.is_dir() && hooks.folder.exists() {
        bail!(
            "core.hooksPath is '{}', which is no folder, so git runs no hook here; `git config --show-origin core.hooksPath` says who set it",
            hooks.folder.display()
        );
    }
    let (folder, _) = locate(&start, repo.root(), None)?;
    let places = Places::of(&hooks);
    let project = project_line(&folder);
    let ours = std::fs::read_to_string(&places.hook).unwrap_or_default();
    if matches!(places.found()?, Found::Ours) && !ours.lines().any(|line| line == project) {
        bail!(
            "'{}' is installed for another project of this repository; `benchgate hook uninstall` makes room",
            places.hook.display()
        );
    }
    if let Found::Other = places.found()? {
        if exists(&places.kept) {
            bail!(
                "'{}' is not benchgate's, and '{}' exists already: move one of them away",
                places.hook.display(),
                places.kept.display()
            );
        }
        rename(&places.hook, &places.kept)?;
    }
    let what = || format!("cannot write '{}'", places.hook.display());
    write_whole(&places.hook, script(&folder).as_bytes()).with_context(what)?;
    make_executable(&places.hook).with_context(what)?;
    let mut said = format!("installed '{}': git runs the gate before each push\n", places.hook.display());
    if exists(&places.kept) {
        let kept = places.kept.display().to_string();
        if is_runnable(&places.kept) {
            said.extend(["the hook that was there runs first, as '", &kept, "'\n"]);
        } else {
            let why = "'; it is not executable, so git did not run it and this one does not\n";
            said.extend(["the hook that was there is kept as '", &kept, why]);
        }
    }
    if hooks.shared {
        said += "note: core.hooksPath is set for more than this repository; the hook runs in all of them\n";
    }
    let path = io.variable("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("benchgate").is_file()) {
        said += "note: no `benchgate` is in PATH now; where there is none, the hook lets the push go\n";
    }
    Ok(text(said))
}

/// Takes the hook away, and puts back what was there.
pub(super) fn uninstall(global: &Global) -> Result<Done> {
    let places = Places::of(&Repo::discover(&start(global)?)?.hooks()?);
    match places.found()? {
        Found::Other => bail!("'{}' is not benchgate's: it stays", places.hook.display()),
        Found::Nothing if !exists(&places.kept) => {
            Ok(text(format!("no hook is installed in '{}'\n", places.hook.display())))
        }
        _ if exists(&places.kept) => {
            rename(&places.kept, &places.hook)?;
            Ok(text(format!("uninstalled; '{}' is the hook that was there before\n", places.hook.display())))
        }
        _ => {
            let what = || format!("cannot remove '{}'", places.hook.display());
            std::fs::remove_file(&places.hook).with_context(what)?;
            Ok(text(format!("uninstalled '{}'\n", places.hook.display())))
        }
    }
}

/// The line that runs the gate.
fn project_line(folder: &Path) -> String {
    let within = match folder.to_string_lossy() {
        here if here.is_empty() => String::new(),
        below => format!("-C '{}' ", below.replace('\'', "'\\''")),
    };
    format!(r#"printf '%s' "$refs" | benchgate {within}hook run "$@""#)
}

/// The hook: another one first, with the same lines and arguments; then ours, of whose statuses only 1 stops the push. `folder`
/// is the project's, below the root of the work tree, where git starts hooks.
fn script(folder: &Path) -> String {
    let project = project_line(folder);
    format!(
        r#"#!/bin/sh
{MARK}
refs=$(cat; echo .)
refs=${{refs%.}}
kept=$(dirname -- "$0")/{KEPT}
if [ -x "$kept" ]; then
    printf '%s' "$refs" | "$kept" "$@" || exit
fi
if ! command -v benchgate > /dev/null 2>&1; then
    echo "benchgate: not found in PATH, nothing was measured; the push goes on" >&2
    exit 0
fi
{project}
test $? -ne 1
"#
    )
}
