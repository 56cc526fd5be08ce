//! Bench targets that use criterion: found, built and listed with the project's own Cargo.

use super::{BenchExecutable, Built, Outcome, Site, products, sources};
use crate::config::CriterionSuite;
use crate::harness::{
    self,
    criterion::{self, Dialect},
};
use crate::run::child::{self, Ending};
use crate::run::scrub;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an executable may take to say what it is and to list its benchmarks: group set-up code runs then.
const LIST_TIMEOUT: Duration = Duration::from_mins(2);

/// Bytes of a list of benchmarks that are read.
const LIST_OUTPUT_MAX: usize = 16 << 20;

pub(super) fn build(site: &Site<'_>, settings: &CriterionSuite) -> Result<Outcome> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let metadata = match site.tool(&words("cargo metadata --no-deps --format-version 1"), &site.root)? {
        Ok(ended) => ended,
        Err(failure) => return Ok(Outcome::Failed(failure)),
    };
    let (workspace, packages) = match harness::cargo::parse_metadata(&String::from_utf8_lossy(&metadata.stdout)) {
        Ok(parsed) => parsed,
        Err(failure) => return Ok(Outcome::Failed(failure)),
    };
    let with_benches = packages.iter().filter(|package| package.uses_criterion && !package.benches.is_empty());
    let all: Vec<String> = with_benches.map(|package| package.name.clone()).collect();
    let chosen: Vec<_> = packages
        .iter()
        .filter(|package| settings.package.as_ref().map_or(package.uses_criterion, |name| *name == package.name))
        .filter(|package| package.benches.iter().any(|bench| wanted(settings, bench)))
        .collect();
    if chosen.is_empty() {
        // Nothing to build is not a failure of the build: the other side's benchmarks are new or missing.
        let note = format!("{}: no bench target of suite '{}'", super::short(&site.snapshot.revision), site.suite.name);
        return Ok(Outcome::Built(Built { notes: vec![note], packages: all, ..Built::default() }));
    }
    let mut command = words("cargo bench --no-run --message-format=json-render-diagnostics");
    for package in &chosen {
        command.extend(["--package".to_owned(), package.name.clone()]);
        let benches = package.benches.iter().filter(|bench| wanted(settings, bench));
        command.extend(benches.flat_map(|bench| ["--bench".to_owned(), bench.clone()]));
    }
    if !settings.features.is_empty() {
        command.extend(["--features".to_owned(), settings.features.join(",")]);
    }
    command.extend(settings.cargo_args.iter().cloned());
    let ended = match site.tool(&command, &site.root)? {
        Ok(ended) => ended,
        Err(failure) => return Ok(Outcome::Failed(failure)),
    };
    let messages = String::from_utf8_lossy(&ended.stdout);
    let artifacts = harness::cargo::parse_all_artifacts(&messages);
    let sources = sources::compiled(site, &workspace, &artifacts);
    let mut built = Built { sources, packages: all, ..Built::default() };
    for file in artifacts.iter().filter(|artifact| artifact.shared).flat_map(|artifact| &artifact.files) {
        if file.extension().is_some_and(|extension| extension == "so" || extension == "dylib") {
            add_program(site, &mut built, file)?;
        }
    }
    let libraries: BTreeSet<PathBuf> = built.files.keys().filter_map(|file| file.parent()).map(PathBuf::from).collect();
    for executable in harness::cargo::parse_artifacts(&messages) {
        let package = chosen.iter().find(|package| package.directory == executable.directory);
        match package {
            Some(package) if executable.bench => {
                if let Err(failure) = add_bench(site, &mut built, package, &executable)? {
                    return Ok(Outcome::Failed(failure));
                }
            }
            // A benchmark may start its package's program by the path it was compiled with.
            _ => add_program(site, &mut built, &executable.file)?,
        }
    }
    built.executables.iter_mut().for_each(|executable| executable.library_path = libraries.iter().cloned().collect());
    Ok(Outcome::Built(built))
}

fn wanted(settings: &CriterionSuite, bench: &str) -> bool {
    settings.benches.is_empty() || settings.benches.iter().any(|name| name == bench)
}

/// Lists a bench executable's benchmarks and keeps it; one of another harness becomes a note.
fn add_bench(
    site: &Site<'_>,
    built: &mut Built,
    package: &harness::cargo::Package,
    executable: &harness::cargo::Executable,
) -> Result<Result<(), String>> {
    let target = format!("bench target '{}' of package '{}'", executable.target, package.name);
    let ask = |arguments: &[String]| ask(site, executable, arguments);
    let help = match ask(&["--help".to_owned()])? {
        Ok(text) if criterion::is_criterion(&text) => text,
        Err(failure) if !failure.to_lowercase().contains("usage:") => {
            // Keeping it as "no benchmark" would hide its benchmarks for good.
            return Ok(Err(format!(
                "{target} does not answer --help: {failure}\nif it is no criterion benchmark, name those that are: targets = [\"…\"]"
            )));
        }
        _ => {
            built.notes.push(format!("{target} is not a criterion benchmark: not measured"));
            return Ok(Ok(()));
        }
    };
    let (listed, unlaunchable) = match ask(&criterion::list_arguments())? {
        Ok(text) => {
            let listed = criterion::parse_list(&text);
            let unlaunchable = unlaunchable(&text, &listed);
            (listed, unlaunchable)
        }
        Err(failure) => return Ok(Err(format!("{target} does not list its benchmarks: {failure}"))),
    };
    built.notes.extend(listed.refused.iter().map(|why| format!("{target}: {why}")));
    let duplicates = listed
        .duplicates
        .iter()
        .map(|name| format!("{target}: two benchmarks are called '{name}': neither can be launched alone"));
    built.notes.extend(duplicates);
    let file = PathBuf::from("bench").join(&package.name).join(&executable.target);
    let sha256 = products::keep(&executable.file, &site.fresh.join("files").join(&file))?;
    built.executables.push(BenchExecutable {
        package: package.name.clone(),
        version: package.version.clone(),
        target: executable.target.clone(),
        file,
        sha256,
        directory: relative(site, &package.directory),
        source: relative(site, &executable.source),
        pattern_dialect: criterion::dialect(&help) == Dialect::Pattern,
        benchmarks: listed.names.into_iter().filter(|name| !listed.duplicates.contains(name)).collect(),
        unlaunchable,
        library_path: Vec::new(),
    });
    Ok(Ok(()))
}

/// Names that were listed and cannot be launched, each once, with the reason.
fn unlaunchable(text: &str, listed: &criterion::List) -> Vec<(String, String)> {
    let names =
        text.lines().filter_map(|line| line.strip_suffix(": benchmark").or_else(|| line.strip_suffix(": bench")));
    let launchable: BTreeSet<&str> = listed.names.iter().map(String::as_str).collect();
    // Refused lines have their reasons in the order printed.
    let refused = names.filter(|name| !launchable.contains(name)).zip(&listed.refused);
    let refused = refused.map(|(name, why)| (crate::model::clean(name), why.clone()));
    let twice = listed.duplicates.iter().map(|name| (name.clone(), "two benchmarks have this name".to_owned()));
    refused.chain(twice).collect::<BTreeMap<_, _>>().into_iter().collect()
}

fn add_program(site: &Site<'_>, built: &mut Built, file: &Path) -> Result<()> {
    let Ok(inside) = file.strip_prefix(&site.tree) else { return Ok(()) };
    let place = PathBuf::from("tree").join(inside);
    let digest = products::keep(file, &site.fresh.join("files").join(&place))?;
    built.files.insert(place, digest);
    Ok(())
}

fn relative(site: &Site<'_>, path: &Path) -> PathBuf {
    path.strip_prefix(&site.tree).unwrap_or(path).to_owned()
}

/// Where `cargo bench` lets an executable find its shared libraries: its own folder and the profile's, before the user's.
fn library_path(executable: &Path, environment: &scrub::Variables) -> OsString {
    let own = executable.ancestors().skip(1).take(2).map(Path::as_os_str);
    let user = environment.get(OsStr::new("LD_LIBRARY_PATH")).filter(|path| !path.is_empty());
    own.chain(user.map(OsString::as_os_str)).collect::<Vec<_>>().join(OsStr::new(":"))
}

/// What an executable prints, `Err` with the reason if it does not end well.
fn ask(
    site: &Site<'_>,
    executable: &harness::cargo::Executable,
    arguments: &[String],
) -> Result<Result<String, String>> {
    let mut environment = scrub::for_launch(site.environment.clone(), &site.suite.environment_pass);
    environment.extend(site.suite.environment.iter().map(|(name, value)| (name.into(), value.into())));
    environment.insert("LD_LIBRARY_PATH".into(), library_path(&executable.file, &environment));
    environment.insert("CARGO_MANIFEST_DIR".into(), executable.directory.clone().into());
    environment.insert("CRITERION_HOME".into(), site.fresh.join("criterion").into());
    let request = child::Request {
        program: executable.file.clone().into(),
        arguments: arguments.iter().map(OsString::from).collect(),
        directory: executable.directory.clone(),
        environment,
        timeout: LIST_TIMEOUT,
        output_max: LIST_OUTPUT_MAX,
        cpus: None,
    };
    let ended = match child::run(&request) {
        Ok(ended) => ended,
        Err(error) => return Ok(Err(format!("cannot start it: {error}"))),
    };
    match ended.ending {
        Ending::Exited(0) if ended.stdout_cut => Ok(Err(format!("it prints more than {LIST_OUTPUT_MAX} bytes"))),
        Ending::Exited(0) => Ok(Ok(String::from_utf8_lossy(&ended.stdout).into_owned())),
        Ending::Interrupted => Err(crate::run::Interrupted.into()),
        _ => Ok(Err(format!("it {}\n{}", ended.describe(request.timeout), ended.last_words(8)))),
    }
}
