//! What every workflow has to be, beyond what linters ask: the examples, those that `init` writes, and the project's own.

use super::root;
use super::runner::yaml;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const LINES_MAX: usize = 120;

/// Every workflow, with its text.
pub(super) fn workflows() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["examples/workflows", ".github/workflows"] {
        let before = found.len();
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
        assert!(found.len() > before + 3, "{folder} holds too few: the rules looked at nothing");
    }
    found.sort();
    found
}

/// Every job of a workflow.
fn jobs(workflow: &Value) -> Vec<&Value> {
    workflow["jobs"].as_object().unwrap().values().collect()
}

fn steps(workflow: &Value) -> Vec<&Value> {
    jobs(workflow).into_iter().flat_map(|job| job["steps"].as_array().unwrap()).collect()
}

#[test]
fn every_workflow_is_short_bounded_and_allowed_little() {
    for (path, text) in workflows() {
        let name = path.display();
        assert!(text.lines().count() <= LINES_MAX, "{name}: {} lines", text.lines().count());
        assert!(text.starts_with("# "), "{name} does not say first what it is for");
        let workflow = yaml(&text);
        let permissions = &workflow["permissions"];
        let little = [serde_json::json!({}), serde_json::json!({"contents": "read"})].contains(permissions);
        assert!(little, "{name}: allowed to all jobs is {permissions}");
        assert!(workflow["concurrency"]["group"].is_string(), "{name}: runs of it meet each other");
        for job in jobs(&workflow) {
            assert!(job["timeout-minutes"].is_u64(), "{name}: a job may hang for hours");
        }
        for step in steps(&workflow) {
            let uses = step["uses"].as_str().unwrap_or_default();
            if uses.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}: the token is left behind");
            }
            // Benchmarks run in the action's own step, which has no token; publishing checks out nothing of the head.
            assert!(step["with"]["ref"].is_null(), "{name}: {step} checks out something else");
        }
    }
}

#[test]
fn actions_are_pinned_and_alike_everywhere() {
    let mut texts = workflows();
    texts.push((root().join("action.yml"), fs::read_to_string(root().join("action.yml")).unwrap()));
    let mut pins: Vec<(String, String)> = Vec::new();
    for (path, text) in &texts {
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (uses, comment) = line.split_once(" # ").unwrap_or((line, ""));
            let Some((action, reference)) = uses.split_once('@') else { continue };
            if action == "benchgate/benchgate" {
                assert_eq!(reference, concat!("v", env!("CARGO_PKG_VERSION")), "{}: {line}", path.display());
                continue;
            }
            let repository: String = action.split('/').take(2).collect::<Vec<_>>().join("/");
            let known = pins.iter().find(|(known, _)| *known == repository).map(|(_, pin)| pin.clone());
            let pin = format!("{reference} # {comment}");
            assert_eq!(known.unwrap_or_else(|| pin.clone()), pin, "{}: {line}", path.display());
            pins.push((repository, pin));
            let full =
                reference.len() == 40 && reference.chars().all(|c| c.is_ascii_hexdigit()) && comment.starts_with('v');
            assert!(full, "{}: {line}", path.display());
        }
    }
    assert!(pins.len() > 10);
}

#[test]
fn the_pair_keeps_secrets_and_strangers_apart() {
    let read = |name: &str| yaml(&fs::read_to_string(root().join("examples/workflows").join(name)).unwrap());
    let (measure, publish) = (read("benchgate.yml"), read("benchgate-publish.yml"));
    assert_eq!(measure["on"], "pull_request");
    assert_eq!(jobs(&measure)[0]["permissions"], serde_json::json!({"contents": "read"}));
    let text = fs::read_to_string(root().join("examples/workflows/benchgate.yml")).unwrap();
    assert!(!text.contains("secrets.") && !text.contains("github.token"), "the measuring half takes a secret");
    assert_eq!(publish["on"]["workflow_run"]["workflows"][0], measure["name"]);
    assert!(steps(&publish).iter().all(|step| step["with"]["artifact"].is_null()));
    for own in ["benchgate.yml", "benchgate-publish.yml"] {
        let text = fs::read_to_string(root().join(".github/workflows").join(own)).unwrap();
        let mut ours = yaml(&text);
        let mut theirs = read(own);
        for workflow in [&mut ours, &mut theirs] {
            for step in workflow["jobs"]
                .as_object_mut()
                .unwrap()
                .values_mut()
                .flat_map(|job| job["steps"].as_array_mut().unwrap())
            {
                if step["uses"].as_str().is_some_and(|uses| uses == "./" || uses.starts_with("benchgate/")) {
                    step["uses"] = "this action".into();
                }
            }
        }
        assert_eq!(ours, theirs, "{own}: ours is what `init` writes, with the action of this tree");
    }
}

/// The words of every line that starts benchgate, by itself or within `$(…)`.
fn commands(script: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        let (before, rest) = line.split_at(line.find("benchgate ")?);
        let rest = match before.trim_start() {
            "" => rest,
            before => rest.split(')').next().filter(|_| before.ends_with("$("))?,
        };
        let words = shell_words::split(rest).unwrap_or_else(|error| panic!("'{rest}': {error}"));
        Some(words.into_iter().take_while(|word| !["&&", "||", "|", ">", ">>"].contains(&word.as_str())).collect())
    };
    script.lines().filter_map(line).collect()
}

#[test]
fn the_program_takes_every_command_that_a_workflow_gives_it() {
    let mut seen = 0;
    for (path, text) in workflows() {
        for step in steps(&yaml(&text)) {
            for words in commands(step["run"].as_str().unwrap_or_default()) {
                seen += 1;
                let line = words.join(" ");
                if let Err(error) = benchgate::cli::parse(words.into_iter().map(Into::into)) {
                    // What stands in a variable is known when it runs.
                    let unknown = error.kind() == clap::error::ErrorKind::ValueValidation && line.contains('$');
                    assert!(unknown, "{}: '{line}' is refused: {error}", path.display());
                }
            }
        }
    }
    assert!(seen > 5, "only {seen}: the rule looked at nothing");
}
