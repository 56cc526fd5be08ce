//! What goes into a build besides its sources, its settings and its environment.

use crate::run::child::{self, Ending, Request};
use crate::run::scrub::Variables;
use crate::run::stage::hex;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

/// How long a compiler may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a version that are read.
const VERSION_OUTPUT_MAX: usize = 64 * 1024;

/// The digest of every Cargo configuration outside the tree that a build inside it reads.
pub(super) fn cargo_configuration(tree: &Path, environment: &Variables) -> String {
    let variable = |name: &str| environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("CARGO_HOME").or_else(|| variable("HOME").map(|home| home.join(".cargo")));
    let above = tree.ancestors().skip(1).map(|folder| folder.join(".cargo"));
    files(above.chain(home).flat_map(|folder| [folder.join("config"), folder.join("config.toml")]))
}

/// One digest of several files, each of which may be absent.
pub(super) fn files(paths: impl Iterator<Item = PathBuf>) -> String {
    let mut digest = Sha256::new();
    for path in paths {
        match fs::read(&path) {
            Ok(bytes) => {
                digest.update([1]);
                digest.update(Sha256::digest(bytes));
            }
            Err(_) => digest.update([0]),
        }
    }
    hex(&digest.finalize())
}

/// The versions of the C compiler and the linker, empty where there are none. Asked once: they do not change under a run.
pub(super) fn linkers(environment: &Variables) -> &'static str {
    static VERSIONS: OnceLock<String> = OnceLock::new();
    VERSIONS.get_or_init(|| ["cc", "ld"].map(|program| version(program, environment)).join("\n"))
}

fn version(program: &str, environment: &Variables) -> String {
    let request = Request {
        program: program.into(),
        arguments: vec!["--version".into()],
        directory: PathBuf::from("/"),
        environment: environment.clone(),
        timeout: VERSION_TIMEOUT,
        output_max: VERSION_OUTPUT_MAX,
        cpus: None,
    };
    let ended = child::run(&request).ok().filter(|ended| ended.ending == Ending::Exited(0));
    let text = ended.map(|ended| String::from_utf8_lossy(&ended.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}
