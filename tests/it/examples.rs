//! The repositories under `examples/`, executed.

use crate::world::Repo;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file of an example, with its path inside it. Build products are no part of one.
fn files(example: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("target") => {}
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn repo_of(example: &str) -> Repo {
    let files = files(example);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Repo::new().commit("as it comes", &files)
}

#[test]
fn the_commands_example_is_measured_and_a_larger_output_is_seen() {
    let repo = repo_of("commands");
    let script = fs::read_to_string(repo.root().join("lines.sh")).unwrap();
    let twice = script.replace("write) lines \"$3\" > \"$2\"", "write) { lines \"$3\"; lines \"$3\"; } > \"$2\"");
    assert_ne!(script, twice);
    let repo = repo.commit("write twice", &[("lines.sh", &twice)]);
    let run = repo.gate_words(&[
        "check",
        "--base",
        "HEAD~1",
        "--max-rounds",
        "6",
        "--format",
        "json",
        "--bench",
        "write",
        "--bench",
        "find nothing",
    ]);
    run.exits(1);
    assert!(run.verdicts().contains(&"write bytes-written=regression".to_owned()), "{run}");
    assert!(run.verdicts().iter().any(|row| row.starts_with("find nothing wall-time=")), "{run}");
    let plan = repo.gate("check --base HEAD~1 --dry-run");
    plan.exits(0).prints("lines/sum/count=1000").prints("lines/sum/count=10000").prints("lines/pipe");
}

#[test]
fn the_criterion_example_needs_no_configuration() {
    let repo = repo_of("criterion").commit("a word", &[("README.md", "# another word\n")]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(0);
    let states = run.states();
    assert_eq!(states.len(), 3, "{run}");
    assert!(states.iter().all(|state| state.ends_with("=identical allow")), "{run}");
    assert_eq!(run.json()["cost"]["measure_s"], 0.0);
}

#[test]
fn try_finds_the_slowdown_and_the_improvement() {
    let run = Repo::new().gate("try --format json");
    let json = run.json();
    let rows = json["comparisons"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "{run}");
    for row in rows {
        let (name, verdict) = (row["benchmark"].as_str().unwrap(), row["verdict"].as_str().unwrap());
        let ratio = row["ratio"].as_f64().unwrap();
        // Other tests load the machine, so only what holds under any load: the signs of the true changes.
        match name {
            "parse" => assert!(ratio > 1.05 && ["regression", "inconclusive"].contains(&verdict), "{run}"),
            "matrix" => assert!(ratio < 0.95 && ["improvement", "inconclusive"].contains(&verdict), "{run}"),
            _ => assert_ne!(verdict, "regression", "{run}"),
        }
    }
}
