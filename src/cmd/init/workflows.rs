//! The fork-safe pair of workflows, as `examples/workflows/` has it.

use super::Proposed;
use anyhow::{Result, bail};
use std::path::Path;

const MEASURE: &str = include_str!("../../../examples/workflows/benchgate.yml");
const PUBLISH: &str = include_str!("../../../examples/workflows/benchgate-publish.yml");

/// What the first is called.
pub(super) const MEASURES: &str = "benchgate.yml";

/// The line that starts the action, and the one that publishes: what a project in a folder of its own adds to.
const USES: &str = "      - uses: benchgate/benchgate@";
const PUBLISHES: &str = "      - run: benchgate publish";

/// Both files, for the project in this folder of the repository.
pub(super) fn files(root: &Path, inside: &Path) -> Result<Vec<Proposed>> {
    let Some(folder) = inside.to_str().filter(|folder| !folder.contains(char::is_control)) else {
        bail!("'{}' cannot be written into a workflow; `--no-workflows` writes none", inside.display());
    };
    let file = |name: &str, text: String, about: &str| Proposed {
        path: root.join(".github/workflows").join(name),
        text,
        about: format!("\n  {about}"),
    };
    Ok(vec![
        file(MEASURES, measure(folder), "measures each pull request, without a secret, from forks too"),
        file("benchgate-publish.yml", publish(folder), "posts what that found: comment, check run, pictures"),
    ])
}

/// What to do where the workflow that is there already does not start the gate in this folder, as far as its text says.
pub(super) fn unmeasured(workflow: &Path, inside: &Path) -> Option<String> {
    let text = std::fs::read_to_string(workflow).ok()?;
    let folder = inside.to_str()?;
    let mut folders = text.lines().filter_map(|line| line.trim().strip_prefix("directory:"));
    let is_this =
        |named: &str| named.trim().trim_matches(['\'', '"']).replace("''", "'").trim_end_matches('/') == folder;
    let known = if folder.is_empty() { folders.next().is_none() } else { folders.any(is_this) };
    let named = if folder.is_empty() { "the repository's own folder".to_owned() } else { format!("'{folder}'") };
    (!known).then(|| format!("'{}' does not measure {named}: see docs/github.md, Several projects", workflow.display()))
}

fn measure(folder: &str) -> String {
    let line = format!(
        "        with:\n          # Where the project's benchgate.toml is.\n          directory: {}\n",
        quoted(folder)
    );
    add(MEASURE, USES, folder, &line)
}

fn publish(folder: &str) -> String {
    let line =
        format!("        # Where the project's benchgate.toml is.\n        working-directory: {}\n", quoted(folder));
    add(PUBLISH, PUBLISHES, folder, &line)
}

/// The file with lines added after the one that begins so, unless the project is the whole repository.
fn add(file: &str, after: &str, folder: &str, lines: &str) -> String {
    let mut text = String::new();
    for line in file.split_inclusive('\n') {
        text += line;
        if line.starts_with(after) && !folder.is_empty() {
            text += lines;
        }
    }
    text
}

/// As a YAML text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
