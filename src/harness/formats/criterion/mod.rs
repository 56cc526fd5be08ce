//! criterion's own files: a folder `target/criterion`, with one folder per benchmark and saved baseline.
//!
//! Names come from `benchmark.json`, never from folders, whose names are mangled and cut. Criterion's `base/` is its
//! previous run, not a base revision: only `new/` counts, unless another baseline is asked for by name.

mod command;
#[cfg(test)]
mod tests;

use super::Results;
use super::error::shown_name;
use super::source::{Bounded, check_name, json, read_file};
use super::{
    Artifact, BENCHMARKS_MAX, FILE_BYTES_MAX, Format, ITERATIONS_MAX, ParseError, ParseErrorKind, VALUES_MAX,
    own_metric,
};
use crate::model::{BenchmarkId, Launch, Measurement};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use command::{Dialect, LaunchSettings, List, dialect, is_criterion, launch_arguments, list_arguments, parse_list};

pub(super) const FORMAT: Format =
    Format { name: "criterion", about: "a folder `target/criterion` written by `cargo bench`", detect, read };

/// Largest `benchmark.json` or `sample.json`.
pub const JSON_BYTES_MAX: u64 = 16 << 20;
/// Deepest folder below the tree's root; criterion itself nests four.
pub const DEPTH_MAX: usize = 16;
/// Most files and folders in a tree.
pub const ENTRIES_MAX: usize = 200_000;

/// The saved result of the latest run.
const LATEST: &str = "new";

/// `benchmark.json`, as far as it is read.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
    /// What `--list` prints: the id, cut after 100 bytes.
    title: Option<String>,
}

/// `sample.json`, as far as it is read.
#[derive(Deserialize)]
struct Sample {
    /// Iterations in each batch.
    iters: Bounded<f64, ITERATIONS_MAX>,
    /// Nanoseconds that each batch took as a whole.
    times: Bounded<f64, ITERATIONS_MAX>,
}

/// Whether the folder holds a result somewhere. Does not complain: that is [`read_tree`]'s part.
fn detect(artifact: &Artifact) -> bool {
    artifact.is_folder() && root(&artifact.path).is_ok_and(|root| !walk(&root).results.is_empty())
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    if !artifact.is_folder() {
        return Err(ParseError::new(
            ParseErrorKind::Unreadable,
            &artifact.path,
            "is a file; criterion writes a folder",
            "name the folder `target/criterion`",
        ));
    }
    read_tree(&artifact.path).map(Results::from)
}

/// Reads the latest result of every benchmark. `dir` is a `target/criterion` folder, its parent, or a project that has
/// one. A benchmark that only has results under other names is an error: it did not run.
pub fn read_tree(dir: &Path) -> Result<Vec<Measurement>, ParseError> {
    read_results(dir, LATEST, true)
}

/// Reads the results saved with `--save-baseline NAME`. Benchmarks without that baseline are not part of it.
pub fn read_tree_baseline(dir: &Path, name: &str) -> Result<Vec<Measurement>, ParseError> {
    read_results(dir, name, false)
}

fn read_results(dir: &Path, baseline: &str, complete: bool) -> Result<Vec<Measurement>, ParseError> {
    let root = root(dir)?;
    let walk = walk(&root).checked()?;
    let (wanted, others): (Vec<&PathBuf>, Vec<&PathBuf>) =
        walk.results.iter().partition(|folder| !baseline.is_empty() && folder.ends_with(baseline));
    if wanted.len() > BENCHMARKS_MAX {
        let problem = format!("holds {} benchmarks, more than {BENCHMARKS_MAX}", wanted.len());
        return Err(ParseError::new(ParseErrorKind::Limit, &root, problem, "split the benchmarks into suites"));
    }
    let mut budget = Budget::default();
    let mut found: BTreeMap<String, (&PathBuf, Vec<f64>)> = BTreeMap::new();
    for folder in wanted {
        let name = benchmark(folder, &mut budget)?.full_id;
        let values = sample(folder, &mut budget)?;
        if let Some((first, _)) = found.get(&name) {
            return Err(ParseError::new(
                ParseErrorKind::Several,
                folder,
                format!("the benchmark {} also has a result in {}", shown_name(&name), super::error::shown_path(first)),
                "give each benchmark its own id, or remove target/criterion and measure again",
            ));
        }
        found.insert(name, (folder, values));
    }
    if complete {
        check_complete(&others, &found, &mut budget)?;
    }
    if found.is_empty() {
        let problem = format!("no benchmark has a result called '{baseline}'");
        return Err(ParseError::new(ParseErrorKind::Nothing, &root, problem, "run `cargo bench` first"));
    }
    let metric = own_metric(&root, "wall-time")?;
    Ok(found
        .into_iter()
        .map(|(name, (_, iterations))| Measurement {
            id: BenchmarkId::new(FORMAT.name, name),
            metric: metric.clone(),
            launches: vec![Launch { iterations }],
            stated: None,
        })
        .collect())
}

/// Every benchmark with some saved result needs a latest one. Its name is only read where no `new` lies beside, which
/// happens when a baseline's name has a slash in it.
fn check_complete(
    others: &[&PathBuf],
    found: &BTreeMap<String, (&PathBuf, Vec<f64>)>,
    budget: &mut Budget,
) -> Result<(), ParseError> {
    let complete: BTreeSet<&Path> = found.values().filter_map(|(latest, _)| latest.parent()).collect();
    for folder in others {
        if folder.parent().is_some_and(|benchmark| complete.contains(benchmark)) {
            continue;
        }
        let name = benchmark(folder, budget)?.full_id;
        if !found.contains_key(&name) {
            return Err(ParseError::new(
                ParseErrorKind::Nothing,
                folder,
                format!("the benchmark {} has this saved result, but no `new` one: it did not run", shown_name(&name)),
                "run it, or remove its folder if the benchmark is gone",
            ));
        }
    }
    Ok(())
}

/// Reads what one launch of exactly one benchmark left in its private `CRITERION_HOME`: seconds per iteration, one
/// value per batch, in time order. `name` is the benchmark's name as [`parse_list`] gives it.
pub fn read_launch(home: &Path, name: &str) -> Result<Vec<f64>, ParseError> {
    let walk = walk(home).checked()?;
    let folders: Vec<&PathBuf> = walk.results.iter().filter(|folder| folder.ends_with(LATEST)).collect();
    let mut budget = Budget::default();
    let mut found = Vec::with_capacity(folders.len());
    for folder in &folders {
        found.push(benchmark(folder, &mut budget)?);
    }
    match (folders.as_slice(), found.as_slice()) {
        ([], _) => Err(ParseError::new(
            ParseErrorKind::Nothing,
            home,
            format!("the launch left no result: {} did not run, or took no time", shown_name(name)),
            "look at what the benchmark printed; if criterion numbered its id (` #2`), rename one of the two",
        )),
        ([folder], [only]) if only.is(name) => sample(folder, &mut budget),
        (_, all) => {
            let same = all.iter().filter(|benchmark| benchmark.is(name)).count();
            let mut names: Vec<String> = all.iter().take(3).map(|benchmark| shown_name(&benchmark.full_id)).collect();
            if all.len() > names.len() {
                names.push(format!("{} more", all.len() - names.len()));
            }
            let names = names.join(", ");
            Err(if same > 1 {
                let problem = format!("{same} benchmarks are called {}", shown_name(name));
                ParseError::new(ParseErrorKind::Several, home, problem, "give each benchmark its own id")
            } else {
                let problem = format!("expected a result of {} alone, found {names}", shown_name(name));
                let next = "benchmarks are launched one at a time: keep ids different within their first 100 bytes";
                ParseError::new(ParseErrorKind::Other, home, problem, next)
            })
        }
    }
}

impl Benchmark {
    /// Whether `--list` prints this benchmark as `name`.
    fn is(&self, name: &str) -> bool {
        self.full_id == name || self.title.as_deref() == Some(name)
    }
}

/// What has been read so far from one tree.
#[derive(Default)]
struct Budget {
    bytes: u64,
    values: usize,
}

impl Budget {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, ParseError> {
        let bytes = read_file(path, JSON_BYTES_MAX)?;
        self.bytes += bytes.len() as u64;
        self.check(path)?;
        Ok(bytes)
    }

    fn check(&self, path: &Path) -> Result<(), ParseError> {
        if self.bytes <= FILE_BYTES_MAX && self.values <= VALUES_MAX {
            return Ok(());
        }
        let problem =
            format!("up to here the tree holds more than {} MiB or {VALUES_MAX} values", FILE_BYTES_MAX >> 20);
        Err(ParseError::new(ParseErrorKind::Limit, path, problem, "split the benchmarks into suites"))
    }
}

/// Reads and checks `benchmark.json`.
fn benchmark(folder: &Path, budget: &mut Budget) -> Result<Benchmark, ParseError> {
    let path = folder.join("benchmark.json");
    let benchmark: Benchmark = json(&path, &budget.read(&path)?)?;
    check_name(&benchmark.full_id)
        .map_err(|problem| ParseError::at(&path, "full_id", &problem, "give the benchmark a short, plain id"))?;
    Ok(benchmark)
}

/// Reads and checks `sample.json`: seconds per iteration, one value per batch.
fn sample(folder: &Path, budget: &mut Budget) -> Result<Vec<f64>, ParseError> {
    let path = folder.join("sample.json");
    let Sample { iters: Bounded(iters), times: Bounded(times) } = json(&path, &budget.read(&path)?)?;
    if times.is_empty() || iters.len() != times.len() {
        let problem =
            format!("expected as many values as in `iters` ({}), at least one, found {}", iters.len(), times.len());
        return Err(ParseError::at(&path, "times", &problem, "measure again"));
    }
    budget.values += times.len();
    budget.check(&path)?;
    let above_zero = |value: f64| value.is_finite() && value > 0.0;
    let mut values = Vec::with_capacity(times.len());
    for (index, (&iters, &time)) in iters.iter().zip(&times).enumerate() {
        let seconds = time / iters / 1e9;
        if !above_zero(iters) {
            let problem = format!("expected a number of iterations above 0, found {iters}");
            return Err(ParseError::at(&path, &format!("iters[{index}]"), &problem, "measure again"));
        }
        if !above_zero(time) || !above_zero(seconds) {
            let problem = format!("expected nanoseconds above 0, found {time}");
            let next = "measure again; with `iter_custom`, look at what it returns";
            return Err(ParseError::at(&path, &format!("times[{index}]"), &problem, next));
        }
        values.push(seconds);
    }
    Ok(values)
}

/// Finds the tree in what the user named. No link below `dir` is followed.
fn root(dir: &Path) -> Result<PathBuf, ParseError> {
    let is_folder = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_dir());
    let named = |name: &str| dir.file_name() == Some(OsStr::new(name));
    if !dir.is_dir() {
        let problem = if dir.exists() { "is not a folder" } else { "does not exist" };
        return Err(ParseError::new(ParseErrorKind::Unreadable, dir, problem, "name the folder `target/criterion`"));
    }
    if named("criterion") && !dir.join("Cargo.toml").exists() {
        return Ok(dir.to_owned());
    }
    let target = dir.join("target");
    if is_folder(&target) && is_folder(&target.join("criterion")) {
        return Ok(target.join("criterion"));
    }
    if (named("target") || dir.join("CACHEDIR.TAG").exists()) && is_folder(&dir.join("criterion")) {
        return Ok(dir.join("criterion"));
    }
    if dir.join("Cargo.toml").exists() {
        return Err(ParseError::new(
            ParseErrorKind::Nothing,
            dir,
            "this project has no folder `target/criterion`",
            "run `cargo bench` first, or name the folder if the target directory is elsewhere",
        ));
    }
    Ok(dir.to_owned())
}

/// What a walk through a tree found.
#[derive(Default)]
struct Walk {
    /// Folders that hold `benchmark.json` or `sample.json`, sorted.
    results: Vec<PathBuf>,
    /// The first reason not to trust the walk: a link, a limit, an unreadable folder.
    trouble: Option<ParseError>,
}

impl Walk {
    fn checked(self) -> Result<Self, ParseError> {
        match self.trouble {
            Some(trouble) => Err(trouble),
            None => Ok(self),
        }
    }

    fn trouble(&mut self, kind: ParseErrorKind, path: &Path, problem: String, next: &str) {
        self.trouble.get_or_insert_with(|| ParseError::new(kind, path, problem, next));
    }
}

fn walk(root: &Path) -> Walk {
    let mut walk = Walk::default();
    let mut entries_left = ENTRIES_MAX;
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let is_result = match list(&folder, &mut entries_left, &mut walk) {
            Ok((inner, is_result)) => {
                if depth == DEPTH_MAX && !inner.is_empty() {
                    let problem = format!("is nested deeper than {DEPTH_MAX} folders");
                    walk.trouble(ParseErrorKind::Limit, &folder, problem, "name the folder `target/criterion`");
                } else {
                    folders.extend(inner.into_iter().map(|path| (path, depth + 1)));
                }
                is_result
            }
            Err(error) => {
                walk.trouble.get_or_insert(ParseError::io(&folder, &error));
                false
            }
        };
        if is_result {
            walk.results.push(folder);
        }
        if entries_left == 0 {
            let problem = format!("holds more than {ENTRIES_MAX} files and folders");
            walk.trouble(ParseErrorKind::Limit, root, problem, "name the folder `target/criterion`");
            break;
        }
    }
    walk.results.sort();
    walk
}

/// One folder: its inner folders, and whether it holds a result.
fn list(folder: &Path, entries_left: &mut usize, walk: &mut Walk) -> std::io::Result<(Vec<PathBuf>, bool)> {
    let mut inner = Vec::new();
    let mut is_result = false;
    for entry in std::fs::read_dir(folder)? {
        *entries_left = entries_left.saturating_sub(1);
        if *entries_left == 0 {
            break;
        }
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            let problem = "is a symbolic link, which is not followed".to_owned();
            walk.trouble(ParseErrorKind::Unreadable, &entry.path(), problem, "copy what it points to, or remove it");
        } else if kind.is_dir() {
            inner.push(entry.path());
        } else if ["benchmark.json", "sample.json"].iter().any(|name| entry.file_name() == OsStr::new(name)) {
            is_result = true;
        }
    }
    Ok((inner, is_result))
}
