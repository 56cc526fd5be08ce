use super::project::{CONFIG_NAME, detect, start};
use super::{Done, Io, text};
use crate::cli::Global;
use crate::config::{self, Kind};
use crate::files::write_whole;
use crate::git::Repo;
use crate::model::clean;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Suites that are proposed at most.
const SUITES_MAX: usize = 20;

/// Bytes of a file that are looked at.
const LOOKED_AT_MAX: u64 = 1 << 20;

/// The gate's usual settings, each with its meaning.
const GATE: &str = "\
# What benchgate measures, and how it judges. Flags win over this file; a change is judged by its base's [gate].

[gate]
# What a change is compared with: where it left the default branch.
base = 'merge-base'
# The smallest slowdown that matters. A suite's metrics may have their own.
threshold = '3%'
# The chance that a run on unchanged code says regression.
alpha = 0.01
# Measuring time of a run; building is not counted.
budget = '10m'
# What a row does that could not be decided: allow, warn or deny.
on-inconclusive = 'warn'
# What a benchmark does that base has and head no longer has.
on-missing = 'deny'
";

/// What is written where no benchmark was found.
const EXAMPLE: &str = "
# No benchmark of a known harness was found here. Any command can be one:
# [[suite]]
# name = 'cli'
# harness = 'command'
# build = 'make release'
# artifacts = ['out/app']
# [[suite.command]]
# name = 'help'
# run = 'out/app --help'
";

/// A suite that is proposed.
struct Found {
    /// What it is called if nothing else is.
    name: String,
    harness: &'static str,
    /// Below the project's folder; empty for itself.
    folder: PathBuf,
    /// Why, for people.
    because: String,
    /// Further lines.
    keys: String,
}

/// Writes a configuration for what is found in the folder.
pub(super) fn run(global: &Global, io: &Io<'_>) -> Result<Done> {
    let here = start(global)?;
    let repo = Repo::discover(&here)?;
    let path = here.join(CONFIG_NAME);
    if path.symlink_metadata().is_ok() {
        bail!("'{}' exists already, and stays as it is", path.display());
    }
    let commit = repo.head_commit()?;
    let tree = repo.working_tree(&[])?.map_or_else(|| repo.snapshot(&commit), Ok)?;
    let root =
        std::fs::canonicalize(repo.root()).with_context(|| format!("cannot open '{}'", repo.root().display()))?;
    let inside = here.strip_prefix(&root).unwrap_or(Path::new(""));
    let files: Vec<PathBuf> =
        tree.paths().filter_map(|path| path.strip_prefix(inside).ok()).map(Path::to_owned).collect();
    let own = io.variables.iter().cloned().collect();
    let mut found = cargo(&detect(&here, &own).0);
    let project = Project { here: &here, files: &files };
    for one in files.iter().filter_map(|file| project.look_at(file)) {
        // Two manifests of a folder may say the same.
        if !found.iter().any(|known| (known.harness, &known.folder) == (one.harness, &one.folder)) {
            found.push(one);
        }
    }
    found.truncate(SUITES_MAX);
    let text_of_file = compose(&mut found);
    config::parse(CONFIG_NAME, &text_of_file)?;
    write_whole(&path, text_of_file.as_bytes()).with_context(|| format!("cannot write '{}'", path.display()))?;
    Ok(text(clean(&told(&path, &found))))
}

fn told(path: &Path, found: &[Found]) -> String {
    let mut said = format!("written: '{}'\n", path.display());
    for one in found {
        said.extend(["  suite '", &one.name, "': ", &one.because, "\n"]);
    }
    said += match found {
        [] => "no benchmark of a known harness was found; the file shows how any command can be one.\n",
        _ => "look at it, then:\n  benchgate check --dry-run   what would be measured\n",
    };
    said + "  benchgate check             judge the working tree against its base\n  \
            benchgate hook install      the same before each push\n  \
            benchgate doctor            what this machine can measure\n"
}

/// The file. Suites get names of their own.
fn compose(found: &mut [Found]) -> String {
    let mut file = GATE.to_owned();
    let mut names = BTreeSet::new();
    for one in found.iter_mut() {
        let stem = one.name.clone();
        let mut count = 1;
        while !names.insert(one.name.clone()) {
            count += 1;
            one.name = format!("{stem}-{count}");
        }
        let (because, name, harness) = (&one.because, &one.name, one.harness);
        file += &["\n# ", because, "\n[[suite]]\n# Its name in reports.\nname = '", name, "'\n"].concat();
        file += &["# Who measures; `benchgate explain ", harness, "` says how.\nharness = '", harness, "'\n"].concat();
        if !one.folder.as_os_str().is_empty() {
            let folder = one.folder.to_string_lossy();
            file += &["# Where it is built and run.\ndirectory = '", &*folder, "'\n"].concat();
        }
        file += &one.keys;
    }
    if found.is_empty() {
        file += EXAMPLE;
    }
    file
}

/// Suites of Cargo packages that have criterion benches.
fn cargo(suites: &[config::Suite]) -> Vec<Found> {
    let package = |suite: &config::Suite| {
        let Kind::Criterion(settings) = &suite.kind else { return None };
        let name = settings.package.clone()?;
        Some(Found {
            because: format!("The criterion benches of package '{name}'."),
            keys: format!("# Only this package of the workspace.\npackage = '{name}'\n"),
            name,
            harness: "criterion",
            folder: PathBuf::new(),
        })
    };
    suites.iter().filter_map(package).collect()
}

/// The project's files, relative to its folder.
struct Project<'a> {
    here: &'a Path,
    files: &'a [PathBuf],
}

impl Project<'_> {
    /// What a manifest promises, if its folder keeps it.
    fn look_at(&self, manifest: &Path) -> Option<Found> {
        let (folder, name) = (manifest.parent()?, manifest.file_name()?.to_str()?);
        let has = |word: &str| self.text(manifest).contains(word);
        let (harness, because) = match name {
            "go.mod" if self.any(folder, "_test.go", "func Benchmark") => ("go", "go.mod, and benchmarks in _test.go"),
            "package.json" if has("\"vitest\"") && self.any(folder, "", "") => ("vitest", "vitest and .bench files"),
            "pyproject.toml" | "requirements.txt" | "requirements-dev.txt" | "setup.cfg" if has("pytest-benchmark") => {
                ("pytest-benchmark", "pytest-benchmark among the dependencies")
            }
            "pom.xml" if has("jmh-core") => ("jmh", "jmh-core in pom.xml"),
            "CMakeLists.txt" => return self.cmake(manifest, folder),
            _ => return None,
        };
        found(harness, folder, because, String::new())
    }

    /// Whether a file below the folder, but not below a manifest of its own, ends so and holds this.
    fn any(&self, folder: &Path, end: &str, word: &str) -> bool {
        let below = self.files.iter().filter(|file| file.starts_with(folder));
        below.filter(|file| file.to_string_lossy().ends_with(end)).any(|file| {
            let is_bench = || file.file_name().is_some_and(|name| name.to_string_lossy().contains(".bench."));
            if word.is_empty() { is_bench() } else { self.text(file).contains(word) }
        })
    }

    fn text(&self, file: &Path) -> String {
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(self.here.join(file));
        let _ = opened.and_then(|file| file.take(LOOKED_AT_MAX).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first program that links Google Benchmark, built from the nearest project above it.
    fn cmake(&self, manifest: &Path, folder: &Path) -> Option<Found> {
        let text = self.text(manifest);
        let call = text.split("target_link_libraries").skip(1).find_map(|rest| {
            let call = rest.trim_start().strip_prefix('(')?.split(')').next()?;
            call.contains("benchmark::benchmark").then_some(call)
        })?;
        let program = call.split_whitespace().next().filter(|program| is_plain(program))?;
        let tops = folder.ancestors().filter(|above| self.files.contains(&above.join("CMakeLists.txt")));
        let top = tops.last()?;
        let built = Path::new("build").join(folder.strip_prefix(top).ok()?).join(program);
        let built = built.to_string_lossy();
        let keys = format!(
            "# Lines for a shell.\nshell = true\n# Builds each side.\n\
             build = 'cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build --target {program}'\n\
             # What the build leaves and a launch needs.\nartifacts = ['{built}']\n\
             # One launch of one benchmark.\n\
             run = '{built} --benchmark_filter={{filter}} --benchmark_out={{output}} --benchmark_out_format=json'\n"
        );
        found("google-benchmark", top, &format!("CMake target '{program}' links Google Benchmark"), keys)
    }
}

/// A suite in a folder, unless the folder's name would have to be quoted.
fn found(harness: &'static str, folder: &Path, because: &str, keys: String) -> Option<Found> {
    let place = folder.to_str().filter(|folder| is_plain(folder))?;
    let name = if place.is_empty() { harness.to_owned() } else { place.replace('/', "-") };
    let at = if place.is_empty() { String::new() } else { format!(" in '{place}'") };
    Some(Found { name, harness, folder: folder.to_owned(), because: format!("{because}{at}."), keys })
}

/// Whether a name can stand in quotes, in a shell, and in a comment as it is.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn the_usual_settings_are_the_programs() {
        let resolved = |file| config::resolve(file, &Overrides::default(), Vec::new(), String::new()).unwrap();
        let written = resolved(Some(config::parse("init", &compose(&mut [])).unwrap()));
        assert_eq!(format!("{:?}", written.gate), format!("{:?}", resolved(None).gate));
        assert_eq!(format!("{:?}", written.policy), format!("{:?}", resolved(None).policy));
    }
}
