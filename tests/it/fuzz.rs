//! The fuzz targets against what is read: none is forgotten, and each begins with fixtures or seeds, for which its law holds.

#[path = "../../fuzz/laws.rs"]
mod laws;

use benchgate::harness;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_format_and_every_law_has_a_fuzz_target() {
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let target = |target: &toml::Value| {
        let word = |key: &str| target[key].as_str().unwrap().to_owned();
        (word("name"), word("path"))
    };
    let targets: BTreeSet<(String, String)> = manifest["bin"].as_array().unwrap().iter().map(target).collect();
    let formats = harness::names().chain(["detect"]).map(|name| (name.to_owned(), "fuzz_targets/read.rs".to_owned()));
    let laws = laws::LAWS.map(|(name, _)| (name.to_owned(), "fuzz_targets/input.rs".to_owned()));
    assert_eq!(targets, formats.chain(laws).collect(), "fuzz/Cargo.toml names one target per format and per law");
}

/// Where a law's seeds are, as `fuzz/run` knows as well.
fn seeds(law: &str) -> Vec<PathBuf> {
    let folder = if law == "event" { "tests/fixtures/events".to_owned() } else { format!("fuzz/seeds/{law}") };
    let entries = std::fs::read_dir(root().join(&folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{folder}");
    files
}

#[test]
fn every_law_holds_for_its_seeds_whole_and_damaged() {
    for (law, holds) in laws::LAWS {
        for path in seeds(law) {
            let whole = std::fs::read(&path).unwrap();
            let half = whole.len() / 2;
            let (cut, mut changed) = (whole[..half].to_vec(), whole.clone());
            changed[half] ^= 2;
            for input in [whole, cut, changed, Vec::new()] {
                let folder = tempfile::tempdir().unwrap();
                holds(&input, folder.path());
            }
        }
    }
}
