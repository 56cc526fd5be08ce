//! What Cargo prints: packages, and the executables it built.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A package of the workspace that has bench targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where its manifest lies.
    pub directory: PathBuf,
    /// Its bench targets, in Cargo's order.
    pub benches: Vec<String>,
    /// Whether it depends on criterion, under whatever name.
    pub uses_criterion: bool,
}

/// An executable that Cargo built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    /// Where its package's manifest lies.
    pub directory: PathBuf,
    /// The target's name.
    pub target: String,
    /// Whether it is a bench target; otherwise it is a program that benchmarks may start.
    pub bench: bool,
    /// The target's root source file.
    pub source: PathBuf,
    /// The executable.
    pub file: PathBuf,
}

/// Anything that Cargo built, or found fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Whether it is a bench target.
    pub bench: bool,
    /// Whether it is a library that the system's loader looks for when a program starts.
    pub shared: bool,
    /// Its files.
    pub files: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct CMetadata {
    packages: Vec<CPackage>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct CPackage {
    name: String,
    version: String,
    manifest_path: PathBuf,
    targets: Vec<CTarget>,
    dependencies: Vec<CDependency>,
}

#[derive(Deserialize)]
struct CDependency {
    name: String,
}

#[derive(Deserialize)]
struct CTarget {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct CMessage {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<CTarget>,
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Crates that provide criterion's harness.
const CRITERION: [&str; 2] = ["criterion", "codspeed-criterion-compat"];

/// Reads `cargo metadata --no-deps --format-version 1`: the workspace's root and its packages, those without bench targets
/// included, sorted by name.
pub fn parse_metadata(json: &str) -> Result<(PathBuf, Vec<Package>), String> {
    let metadata: CMetadata =
        serde_json::from_str(json).map_err(|error| format!("cargo metadata printed something else: {error}"))?;
    let mut packages: Vec<Package> = metadata
        .packages
        .into_iter()
        .map(|package| Package {
            uses_criterion: package.dependencies.iter().any(|dependency| CRITERION.contains(&dependency.name.as_str())),
            directory: package.manifest_path.parent().map(PathBuf::from).unwrap_or_default(),
            benches: package
                .targets
                .into_iter()
                .filter(|target| target.kind.iter().any(|kind| kind == "bench"))
                .map(|target| target.name)
                .collect(),
            name: package.name,
            version: package.version,
        })
        .collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((metadata.workspace_root, packages))
}

/// Reads the lines of `cargo bench --no-run --message-format=json-render-diagnostics`. Lines that are no message, such as
/// what a build script prints, are skipped.
#[must_use]
pub fn parse_artifacts(stdout: &str) -> Vec<Executable> {
    let mut found = BTreeMap::new();
    for message in stdout.lines().filter_map(|line| serde_json::from_str::<CMessage>(line).ok()) {
        let (Some(manifest), Some(target), Some(file)) = (message.manifest_path, message.target, message.executable)
        else {
            continue;
        };
        if message.reason != "compiler-artifact" {
            continue;
        }
        let executable = Executable {
            directory: manifest.parent().map(PathBuf::from).unwrap_or_default(),
            bench: target.kind.iter().any(|kind| kind == "bench"),
            target: target.name,
            source: target.src_path,
            file,
        };
        found.insert((executable.directory.clone(), executable.bench, executable.target.clone()), executable);
    }
    found.into_values().collect()
}

/// Everything that the same lines name, in their order: libraries and build scripts too.
#[must_use]
pub fn parse_all_artifacts(stdout: &str) -> Vec<Artifact> {
    let messages = stdout.lines().filter_map(|line| serde_json::from_str::<CMessage>(line).ok());
    messages
        .filter(|message| message.reason == "compiler-artifact")
        .filter_map(|message| {
            let is = |wanted: &str| message.target.as_ref().is_some_and(|t| t.kind.iter().any(|kind| kind == wanted));
            let (bench, shared) = (is("bench"), is("dylib") || is("cdylib"));
            message.target.is_some().then_some(Artifact { bench, shared, files: message.filenames })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_executables_and_programs_are_told_apart() {
        let text = r#"{"reason":"compiler-artifact","package_id":"x","manifest_path":"/s/p/Cargo.toml","target":{"kind":["bench"],"crate_types":["bin"],"name":"parse","src_path":"/s/p/benches/parse.rs"},"filenames":[],"executable":"/t/release/deps/parse-1"}
not json
{"reason":"compiler-artifact","package_id":"x","manifest_path":"/s/p/Cargo.toml","target":{"kind":["lib"],"name":"p","src_path":"/s/p/src/lib.rs"},"executable":null}
{"reason":"compiler-artifact","package_id":"x","manifest_path":"/s/p/Cargo.toml","target":{"kind":["bin"],"name":"app","src_path":"/s/p/src/main.rs"},"executable":"/t/release/app"}
{"reason":"build-finished","success":true}"#;
        let found = parse_artifacts(text);
        let short: Vec<_> = found.iter().map(|e| (e.target.as_str(), e.bench, e.file.to_str().unwrap())).collect();
        assert_eq!(short, [("app", false, "/t/release/app"), ("parse", true, "/t/release/deps/parse-1")]);
    }

    #[test]
    fn metadata_names_packages_their_benches_and_their_harness() {
        let text = r#"{"packages":[{"name":"b","version":"1.0.0","manifest_path":"/w/b/Cargo.toml","targets":[{"name":"x","kind":["bench"],"src_path":"/w/b/benches/x.rs"}],"dependencies":[{"name":"criterion"}]},
            {"name":"a","version":"0.1.0","manifest_path":"/w/a/Cargo.toml","targets":[{"name":"a","kind":["lib"],"src_path":"/w/a/src/lib.rs"}],"dependencies":[]}],"workspace_root":"/w"}"#;
        let (root, packages) = parse_metadata(text).unwrap();
        assert_eq!(root, PathBuf::from("/w"));
        assert_eq!((packages[0].name.as_str(), packages[0].uses_criterion, packages[0].benches.len()), ("a", false, 0));
        assert_eq!((packages[1].name.as_str(), packages[1].uses_criterion, packages[1].benches.len()), ("b", true, 1));
        assert!(parse_metadata("{}").is_err());
    }
}
