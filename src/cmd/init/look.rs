//! Finds projects by their manifests, and says how their benchmarks are run.

use super::Found;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of a file that are looked at.
const LOOKED_AT_MAX: u64 = 1 << 20;

/// A suite, or why there is none, for people.
type Proposal = Result<Found, String>;

/// What the projects in a folder promise, manifest by manifest, and what is passed over; `files` are relative to the folder.
pub(super) fn projects(here: &Path, files: &[PathBuf]) -> (Vec<Found>, Vec<String>) {
    let project = Project { here, files };
    let mut promised: Vec<(Tool, &Path)> = files.iter().filter_map(|file| project.promised(file)).collect();
    // Two manifests of a folder may say the same.
    promised.sort();
    promised.dedup();
    let kept = promised.iter().filter(|(tool, folder)| project.keeps(*tool, folder, &promised));
    let by_manifest = kept.map(|(tool, folder)| {
        let build = if *tool == Tool::Vitest { project.installs(folder) } else { None };
        let keys = build.map(|build| format!("# Installs what each side needs.\nbuild = '{build}'\n"));
        suite(tool.harness(), folder, tool.because(), keys.unwrap_or_default())
    });
    let (mut found, mut passed_over): (Vec<Found>, Vec<String>) = (Vec::new(), Vec::new());
    for proposal in by_manifest.chain(files.iter().filter_map(|file| project.cmake(file))) {
        match proposal {
            // Of several programs of a folder the first.
            Ok(one) if found.iter().any(|known| (known.harness, &known.folder) == (one.harness, &one.folder)) => {}
            Ok(one) => found.push(one),
            Err(why) => passed_over.push(why),
        }
    }
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    (found, passed_over)
}

/// What a manifest can promise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tool {
    Go,
    Jmh,
    Pytest,
    Vitest,
}

impl Tool {
    fn harness(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Jmh => "jmh",
            Self::Pytest => "pytest-benchmark",
            Self::Vitest => "vitest",
        }
    }

    /// Why, for people.
    fn because(self) -> &'static str {
        match self {
            Self::Go => "go.mod, and benchmarks in _test.go",
            Self::Jmh => "jmh-core in pom.xml",
            Self::Pytest => "pytest-benchmark among the dependencies",
            Self::Vitest => "vitest and .bench files",
        }
    }

    /// Whether a file with this name can hold benchmarks, and what stands in one that does.
    fn looks_like(self, name: &str) -> Option<&'static str> {
        match self {
            Self::Go => name.ends_with("_test.go").then_some("func Benchmark"),
            Self::Jmh => [".java", ".kt", ".scala"].iter().any(|end| name.ends_with(end)).then_some("@Benchmark"),
            Self::Pytest => {
                let stem = name.strip_suffix(".py")?;
                let collected = stem.starts_with("test_") || stem.starts_with("bench_") || stem.ends_with("_test");
                collected.then_some("benchmark")
            }
            Self::Vitest => name.contains(".bench.").then_some(""),
        }
    }
}

/// The project's files, relative to its folder.
struct Project<'a> {
    here: &'a Path,
    files: &'a [PathBuf],
}

impl Project<'_> {
    /// The tool that a manifest names, and the manifest's folder.
    fn promised<'f>(&self, manifest: &'f Path) -> Option<(Tool, &'f Path)> {
        let (folder, name) = (manifest.parent()?, manifest.file_name()?.to_str()?);
        let has = |word: &str| self.text(manifest).contains(word);
        let tool = match name {
            "go.mod" => Tool::Go,
            "package.json" if has("\"vitest\"") => Tool::Vitest,
            "pyproject.toml" | "requirements.txt" | "requirements-dev.txt" | "setup.cfg" if has("pytest-benchmark") => {
                Tool::Pytest
            }
            "pom.xml" if has("jmh-core") => Tool::Jmh,
            _ => return None,
        };
        Some((tool, folder))
    }

    /// Whether a folder keeps what its manifest promises: benchmarks that lie in no other such project below it. Go's and
    /// vitest's are known by their names; of the others a manifest without any is believed, unless another lies below it, as in
    /// a workspace.
    fn keeps(&self, tool: Tool, folder: &Path, promised: &[(Tool, &Path)]) -> bool {
        let inner: Vec<&Path> = promised
            .iter()
            .filter(|(other, inner)| *other == tool && *inner != folder && inner.starts_with(folder))
            .map(|(_, inner)| *inner)
            .collect();
        let own = |file: &Path| file.starts_with(folder) && !inner.iter().any(|inner| file.starts_with(inner));
        let holds = |file: &Path| {
            let word = file.file_name().and_then(|name| tool.looks_like(&name.to_string_lossy()));
            word.is_some_and(|word| word.is_empty() || self.text(file).contains(word))
        };
        let believed = matches!(tool, Tool::Jmh | Tool::Pytest) && inner.is_empty();
        believed || self.files.iter().any(|file| own(file) && holds(file))
    }

    /// How a folder's packages are installed, where it is not by its `package-lock.json`.
    fn installs(&self, folder: &Path) -> Option<&'static str> {
        let has = |name: &str| self.files.contains(&folder.join(name));
        let locked = folder.ancestors().any(|above| self.files.contains(&above.join("package-lock.json")));
        match () {
            () if has("pnpm-lock.yaml") => Some("pnpm install --frozen-lockfile"),
            () if has("yarn.lock") => Some("yarn install --frozen-lockfile"),
            () if !locked => Some("npm install"),
            () => None,
        }
    }

    fn text(&self, file: &Path) -> String {
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(self.here.join(file));
        let _ = opened.and_then(|file| file.take(LOOKED_AT_MAX).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first program that links Google Benchmark, built from the project's outermost folder.
    fn cmake(&self, manifest: &Path) -> Option<Proposal> {
        let folder = manifest.parent().filter(|_| manifest.ends_with("CMakeLists.txt"))?;
        let text = without_comments(&self.text(manifest));
        let call = text.split("target_link_libraries").skip(1).find_map(|rest| {
            let call = rest.trim_start().strip_prefix('(')?.split(')').next()?;
            call.contains("benchmark::benchmark").then_some(call)
        })?;
        let program = call.split_whitespace().next()?;
        if !is_plain(program) {
            let place = manifest.display();
            return Some(Err(format!("'{place}' links Google Benchmark to '{program}', which is no plain name")));
        }
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
        Some(suite("google-benchmark", top, &format!("CMake target '{program}' links Google Benchmark"), keys))
    }
}

/// A `CMakeLists.txt` without its comments: `#` to the end of the line, `#[[` to `]]` with as many `=` between the brackets. A `#` in
/// quotes or after a backslash begins none.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    let mut quoted = false;
    while let Some(at) = rest.find(['#', '"', '\\']) {
        kept += &rest[..at];
        let (mark, after) = rest[at..].split_at(1);
        rest = after;
        match mark {
            "\\" => {
                let escaped = after.chars().next().map_or(0, char::len_utf8);
                kept += mark;
                kept += &after[..escaped];
                rest = &after[escaped..];
            }
            "#" if !quoted => {
                let equals = after.strip_prefix('[').map(|after| after.len() - after.trim_start_matches('=').len());
                let bracket = equals.filter(|count| after[1 + count..].starts_with('['));
                let end = match bracket {
                    Some(count) => {
                        let close = format!("]{}]", "=".repeat(count));
                        after.find(&close).map_or(after.len(), |at| at + close.len())
                    }
                    None => after.find('\n').unwrap_or(after.len()),
                };
                rest = &after[end..];
            }
            _ => {
                quoted ^= mark == "\"";
                kept += mark;
            }
        }
    }
    kept + rest
}

/// A suite in a folder, unless the folder's name cannot stand between quotes.
pub(super) fn suite(harness: &'static str, folder: &Path, because: &str, keys: String) -> Proposal {
    let place = folder.to_str().filter(|folder| !folder.contains(|c: char| c == '\'' || c.is_control()));
    let Some(place) = place else {
        return Err(format!("{because} in '{}', a folder that cannot be written between quotes", folder.display()));
    };
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let name = if place.is_empty() { harness.to_owned() } else { place.chars().map(plain).collect() };
    let at = if place.is_empty() { String::new() } else { format!(" in '{place}'") };
    Ok(Found { name, harness, folder: folder.to_owned(), because: format!("{because}{at}."), keys })
}

/// Whether a name can stand in quotes and in a shell as it is.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_cmake_are_left_out() {
        for (text, kept) in [
            ("a # b\nc", "a \nc"),
            ("#[[ b\n]] c", " c"),
            ("#[==[ b ]] ]=] ]==] c", " c"),
            ("#[= b\nc", "\nc"),
            ("\"a # b\" # c", "\"a # b\" "),
            ("\"\\\" # b\" c", "\"\\\" # b\" c"),
            ("a\\# b", "a\\# b"),
            ("#[[ b", ""),
            ("a\\", "a\\"),
        ] {
            assert_eq!(without_comments(text), kept, "{text}");
        }
    }
}
