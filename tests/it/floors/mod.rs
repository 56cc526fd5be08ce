//! The house rules that no lint knows: floors, homes of dependencies, sizes, words, paths of somebody's machine.
//!
//! Every complaint begins with `file:line`. `planted.rs` shows that each rule can fail.

mod planted;
mod source;

use source::{Path, Source};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path as FilePath;
use std::process::Command;

/// The modules of `src/` from the lowest floor up: each names modules of lower floors only.
/// `lib.rs` and `main.rs` stand above all of them.
const FLOORS: [&[&str]; 9] = [
    &["files", "model"],
    &["event", "git", "harness", "stats", "workload"],
    &["judge", "store", "trend"],
    &["config", "export", "report"],
    &["artifact", "deliver", "doctor", "plan", "site"],
    &["run"],
    &["bisect"],
    &["cli"],
    &["cmd"],
];

/// What a module must not name although its floor would allow it, and why. Unit tests may.
const BANNED: &[(&str, &str, &str)] = &[
    ("stats", "std::fs", "stats is arithmetic on slices"),
    ("stats", "std::time", "stats is arithmetic on slices"),
    ("stats", "std::env", "stats is arithmetic on slices"),
    ("stats", "std::process", "stats is arithmetic on slices"),
    ("stats", "serde_json", "stats is arithmetic on slices"),
    ("stats", "anyhow", "stats is arithmetic on slices"),
    ("harness", "std::process", "harness reads and never spawns; run spawns"),
    ("judge", "std::fs", "the same record and policy always give the same judgement"),
    ("judge", "std::env", "the same record and policy always give the same judgement"),
    ("judge", "std::time", "the same record and policy always give the same judgement"),
    ("store", "crate::stats", "store remembers and does not compute"),
    ("trend", "std::fs", "a history comes as a value"),
    ("config", "crate::git", "config is a value; cmd joins it with the repository"),
    ("config", "std::process", "config is a value; run spawns"),
    ("report", "crate::store", "everything a report says is in the report"),
    ("export", "std::fs", "a history comes as a value, and goes as bytes"),
    ("doctor", "std::fs", "the same machine and trial always give the same diagnosis"),
    ("doctor", "std::env", "the same machine and trial always give the same diagnosis"),
    ("doctor", "std::time", "the same machine and trial always give the same diagnosis"),
    ("plan", "std::fs", "a plan decides everything and does nothing"),
    ("plan", "std::process", "a plan decides everything and does nothing"),
    ("deliver", "crate::stats", "deliver puts a report somewhere and composes nothing"),
    ("deliver", "crate::store", "deliver puts a report somewhere and composes nothing"),
    ("deliver", "crate::config", "deliver puts a report somewhere and composes nothing"),
    ("run", "crate::judge", "run obeys the plan; what is decided is told by a closure"),
    ("run", "crate::report", "run tells its progress; cmd shows it"),
    ("bisect", "crate::report", "bisect answers with a value; cmd shows it"),
    ("bisect", "crate::deliver", "bisect answers with a value; cmd shows it"),
];

/// Where a dependency may be named, outside unit tests. `ANYWHERE` has no home on purpose.
const HOMES: &[(&str, &[&str])] = &[
    ("ab_glyph", &["report"]),
    ("anyhow", ANYWHERE),
    ("clap", &["cli", "lib"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("csv", &["harness"]),
    ("dejavu", &["report"]),
    ("fastrand", &["plan", "stats", "judge", "store", "run", "cmd"]),
    ("flate2", &["harness"]),
    ("git2", &["git"]),
    ("globset", &["judge", "config", "run"]),
    ("http", &["deliver"]),
    ("http_body_util", &["deliver"]),
    ("humantime", &["store", "config", "run", "cmd"]),
    ("indicatif", &["cmd"]),
    ("libc", &["run"]),
    ("octocrab", &["deliver"]),
    ("parquet", &["export"]),
    ("plotters", &["report"]),
    ("png", &["report"]),
    ("quick_xml", &["harness", "report"]),
    ("rusqlite", &["store"]),
    ("rustix", &["run"]),
    ("rustls", &["store"]),
    ("serde", ANYWHERE),
    ("serde_json", ANYWHERE),
    ("sha2", &["run", "git", "store", "report", "site", "trend"]),
    ("shell_words", &["config"]),
    ("signal_hook", &["run", "cmd", "main"]),
    ("statrs", &["stats"]),
    ("strsim", &["config"]),
    ("terminal_size", &["run"]),
    ("windows_sys", &["run"]),
    ("tempfile", &["files", "deliver", "store", "git", "run", "cmd"]),
    ("thiserror", ANYWHERE),
    ("tokio", &["deliver", "store"]),
    ("tokio_postgres", &["store"]),
    ("tokio_postgres_rustls", &["store"]),
    ("toml", &["config"]),
    ("unicode_width", &["report"]),
    ("webpki_roots", &["store"]),
    ("zip", &["artifact"]),
];

const ANYWHERE: &[&str] = &[];

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

/// What is never written in `src/`, as tokens, and what to do.
const UNFINISHED: &[(&[&str], &str)] = &[
    (&["todo", "!"], "write it, or open an issue"),
    (&["unimplemented", "!"], "write it, or open an issue"),
    (&["#", "[", "ignore"], "a test that does not run tests nothing"),
];

/// What is written in files of unit tests only.
const PRINTING: &[(&[&str], &str)] = &[
    (&["println", "!"], "write to the Io that the command was given"),
    (&["print", "!"], "write to the Io that the command was given"),
    (&["eprintln", "!"], "write to the Io that the command was given"),
    (&["eprint", "!"], "write to the Io that the command was given"),
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// Where a file belongs: its module on the floor table, `lib` or `main`.
fn home(source: &Source) -> &str {
    source.top().unwrap_or(if source.file.ends_with("main.rs") { "main" } else { "lib" })
}

/// Upward and sideways imports, and what a module must not name.
fn import_complaints(source: &Source, path: &Path) -> Vec<String> {
    let Some(module) = source.top() else { return Vec::new() };
    let at = format!("{}:{}", source.file, path.line);
    let Some(own) = floor(module) else {
        return vec![format!("{at}: module '{module}' has no floor; give it one in tests/it/floors")];
    };
    let full = if path.ours { format!("crate::{}", path.segments.join("::")) } else { path.segments.join("::") };
    let mut complaints: Vec<String> = BANNED
        .iter()
        .filter(|(who, what, _)| *who == module && !path.in_test && is_below(&full, what))
        .map(|(who, what, why)| format!("{at}: '{who}' names '{what}', which it must not: {why}"))
        .collect();
    if !path.ours {
        return complaints;
    }
    match path.segments.first().map(String::as_str) {
        None | Some("*") => complaints.push(format!("{at}: '{module}' names the crate's root, which names it")),
        Some(named) if named == module => {}
        Some(named) => match floor(named) {
            Some(other) if other < own => {}
            Some(other) => complaints.push(format!(
                "{at}: '{module}' (floor {own}) names '{named}' (floor {other}); a module names lower floors only"
            )),
            None => complaints.push(format!("{at}: '{module}' names 'crate::{named}', which has no floor")),
        },
    }
    complaints
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn home_complaint(source: &Source, path: &Path) -> Option<String> {
    let (name, homes) =
        HOMES.iter().find(|(name, _)| !path.ours && path.segments.first().is_some_and(|s| s == name))?;
    let at_home = homes.is_empty() || homes.contains(&home(source)) || path.in_test;
    (!at_home)
        .then(|| format!("{}:{}: '{name}' is named outside its home ({})", source.file, path.line, homes.join(", ")))
}

/// Each file, and whether it or a module around it is declared `#[cfg(test)]`.
fn with_tests(sources: &[Source]) -> Vec<(&Source, bool)> {
    let tests: BTreeSet<Vec<String>> = sources.iter().flat_map(Source::test_modules).collect();
    let is_test = |source: &Source| (1..=source.module.len()).any(|n| tests.contains(&source.module[..n]));
    sources.iter().map(|source| (source, is_test(source))).collect()
}

/// Floors and homes, for all of `src/`.
fn path_complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (source, is_test) in with_tests(sources) {
        for path in source.paths(is_test) {
            complaints.extend(import_complaints(source, &path));
            complaints.extend(home_complaint(source, &path));
        }
    }
    complaints.dedup();
    complaints
}

/// A dependency of `Cargo.toml` without a row in [`HOMES`].
fn homeless_complaints(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut complaints = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((name, _)) = line.split_once(['=', '.']).filter(|_| section == "[dependencies]") {
            let name = name.trim().replace('-', "_");
            if !name.starts_with('#') && !HOMES.iter().any(|(known, _)| *known == name) {
                complaints
                    .push(format!("Cargo.toml:{}: '{name}' has no home; give it one in tests/it/floors", number + 1));
            }
        }
    }
    complaints
}

fn size_complaints(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    if source.lines > FILE_LINES_MAX {
        complaints.push(format!(
            "{}:{FILE_LINES_MAX}: {} lines; split the file at {FILE_LINES_MAX}",
            source.file, source.lines
        ));
    }
    for function in source.functions().iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
        complaints.push(format!(
            "{}:{}: '{}' has {} lines; split it at {FUNCTION_LINES_MAX}",
            source.file, function.line, function.name, function.lines
        ));
    }
    complaints
}

fn word_complaints(source: &Source, is_test: bool) -> Vec<String> {
    let printing = if is_test { &[] } else { PRINTING };
    let mut complaints: Vec<String> = UNFINISHED
        .iter()
        .chain(printing)
        .flat_map(|(words, next)| source.lines_with(words).into_iter().map(move |line| (line, words.concat(), next)))
        .map(|(line, word, next)| format!("{}:{line}: '{word}' is banned; {next}", source.file))
        .collect();
    if let Some(name) = source.module.iter().find(|name| EMPTY_NAMES.contains(&name.as_str())) {
        complaints.push(format!("{}:1: a module '{name}' says nothing; name it for what is inside", source.file));
    }
    complaints
}

/// Absolute paths of a machine. The words are put together here so that this file does not complain about itself.
fn machine_complaints(file: &str, text: &str) -> Vec<String> {
    let markers = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["/tmp/", "bash_jobs"].concat()];
    let mut complaints = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for marker in &markers {
            let is_inside = |at: usize| line[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.~})*".contains(c));
            if line.match_indices(marker.as_str()).any(|(at, _)| !is_inside(at)) {
                complaints.push(format!("{file}:{}: a path of somebody's machine: '{marker}'", number + 1));
            }
        }
    }
    complaints
}

fn root() -> &'static FilePath {
    FilePath::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below these folders, in stable order.
fn read(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut open: Vec<String> = folders.iter().map(|&folder| folder.to_owned()).collect();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).unwrap_or_else(|error| panic!("{folder}: {error}")) {
            let entry = entry.expect("an entry of a folder");
            let name = format!("{folder}/{}", entry.file_name().display());
            if entry.file_type().expect("the type of an entry").is_dir() {
                open.push(name);
            } else if FilePath::new(&name).extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
                sources.push(Source::new(&name, &text));
            }
        }
    }
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    sources
}

/// What git tracks, as text; other bytes are passed over.
fn tracked_texts() -> Vec<(String, String)> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().expect("git is installed");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let text = |name: &str| std::fs::read_to_string(root().join(name)).ok().map(|text| (name.to_owned(), text));
    names.split('\0').filter(|name| !name.is_empty()).filter_map(text).collect()
}

fn assert_none(complaints: &[String]) {
    let mut text = String::new();
    for complaint in complaints {
        writeln!(text, "{complaint}").expect("a String takes text");
    }
    assert!(complaints.is_empty(), "{} complaints:\n{text}", complaints.len());
}

#[test]
fn modules_name_lower_floors_and_dependencies_stay_at_home() {
    let sources = read(&["src"]);
    assert!(sources.len() > 20, "only {} files in src: the rule looked at nothing", sources.len());
    assert_none(&path_complaints(&sources));
}

#[test]
fn every_dependency_has_a_home() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert_none(&homeless_complaints(&manifest));
}

#[test]
fn files_and_functions_are_short() {
    let sources = read(&["src", "tests", "benches"]);
    assert_none(&sources.iter().flat_map(size_complaints).collect::<Vec<_>>());
}

#[test]
fn no_unfinished_or_printing_code_and_no_empty_names() {
    let sources = read(&["src"]);
    let complaints = with_tests(&sources).into_iter().flat_map(|(source, is_test)| word_complaints(source, is_test));
    assert_none(&complaints.collect::<Vec<_>>());
}

#[test]
fn no_path_of_a_machine_is_tracked() {
    let texts = tracked_texts();
    assert!(texts.iter().any(|(name, _)| name == "Cargo.toml"), "git lists no Cargo.toml: the rule looked at nothing");
    assert_none(&texts.iter().flat_map(|(name, text)| machine_complaints(name, text)).collect::<Vec<_>>());
}
