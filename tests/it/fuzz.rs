//! The fuzz targets against the formats: none is forgotten, and each begins with fixtures.

use benchgate::harness;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_format_has_a_fuzz_target() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let targets: BTreeSet<&str> =
        manifest["bin"].as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect();
    let formats: BTreeSet<&str> = harness::names().chain(["detect"]).collect();
    assert_eq!(targets, formats, "fuzz/Cargo.toml names one target per format, and `detect`");
}
