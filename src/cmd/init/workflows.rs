//! The fork-safe pair of workflows, as `examples/workflows/` has it.

use super::Proposed;
use anyhow::{Result, bail};
use std::path::Path;

const MEASURE: &str = include_str!("../../../examples/workflows/benchgate.yml");
const PUBLISH: &str = include_str!("../../../examples/workflows/benchgate-publish.yml");

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
        file("benchgate.yml", measure(folder), "measures each pull request, without a secret, from forks too"),
        file("benchgate-publish.yml", publish(folder), "posts what that found: comment, check run, pictures"),
    ])
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
