//! Builds that differ in nothing but where functions lie: a neighbour that no benchmark measures grows.

use crate::Arguments;
use crate::gate::{self, Experiment};
use crate::repo::{Files, Repo, files};
use crate::table::change;
use anyhow::{Context, Result, ensure};
use benchgate::harness::cargo;
use benchgate::harness::criterion::{self, Dialect, LaunchSettings};
use benchgate::stats::summary::{launch_summary, mad, median};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Statements of the neighbour at base, and at the head that moved a benchmark furthest in a [`search`].
const BASE: usize = 1;
const HEAD: usize = 7;

/// Variants of a search, the neighbour of each so many statements longer.
const VARIANTS: usize = 32;
const STEP: usize = 1;

const FILES: Files<'_> = files!["placement":
    ".gitignore", "Cargo.lock", "Cargo.toml", "benches/work.rs", "src/lib.rs", "src/loops.rs",
];

/// The neighbour; each statement is about 14 bytes of code. The compiler orders functions by their symbols, so that one in
/// `near` lies before those in `loops`.
fn neighbour(statements: usize) -> String {
    let line = "    x = (x ^ (x >> 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15);\n";
    format!("#[inline(never)]\npub fn neighbour(mut x: u64) -> u64 {{\n{}    x\n}}\n", line.repeat(statements))
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let base = neighbour(BASE);
    let files = [FILES, &[("src/near.rs", &base)]].concat();
    let repo = Repo::make(arguments.keep.as_deref(), "placement", &files)?;
    if arguments.search {
        return search(&repo, arguments);
    }
    repo.branch(&("grown", &[("src/near.rs", &base, &neighbour(HEAD))]))?;
    gate::run_in(&repo, &Experiment::new("grown", None), arguments)
}

/// One build: its neighbour's statements, and its executable.
struct Variant {
    statements: usize,
    executable: PathBuf,
}

/// Builds all variants, launches each benchmark of each as a gate would, `--runs` rounds in random order, and prints how
/// far each benchmark moved.
fn search(repo: &Repo, arguments: &Arguments) -> Result<()> {
    let folder = repo.beside("variants");
    fs::create_dir_all(&folder)?;
    let statements = (0..VARIANTS).map(|n| BASE + n * STEP);
    let variants: Vec<Variant> =
        statements.map(|statements| build(repo, &folder, statements)).collect::<Result<_>>()?;
    let base = variants.first().context("a variant")?;
    let listed = repo.finish(Command::new(&base.executable).args(criterion::list_arguments()))?;
    let names = criterion::parse_list(&String::from_utf8_lossy(&listed.stdout)).names;
    let mut launches: Vec<(usize, usize)> =
        (0..variants.len()).flat_map(|variant| (0..names.len()).map(move |name| (variant, name))).collect();
    let mut seconds = vec![vec![Vec::new(); variants.len()]; names.len()];
    for round in 1..=arguments.runs {
        fastrand::shuffle(&mut launches);
        for &(variant, name) in &launches {
            seconds[name][variant].push(launch(repo, &variants[variant].executable, &names[name])?);
        }
        eprintln!("round {round} of {}", arguments.runs);
    }
    println!("## placement, searched\n\n{} variants, {} rounds\n", variants.len(), arguments.runs);
    println!(
        "| benchmark | base | deviation of a launch | furthest: statements, change | all changes, % |\n|---|--:|--:|---|---|"
    );
    for (name, seconds) in names.iter().zip(&seconds) {
        println!("{}", moved(name, &variants, seconds));
    }
    Ok(())
}

/// A line of the search's table. `seconds`: of each variant, of each launch.
fn moved(name: &str, variants: &[Variant], seconds: &[Vec<f64>]) -> String {
    let medians: Vec<f64> = seconds.iter().map(|launches| median(launches)).collect();
    let ratios: Vec<f64> = medians.iter().map(|median| median / medians[0]).collect();
    let deviations: Vec<f64> = seconds.iter().zip(&medians).map(|(launches, median)| mad(launches) / median).collect();
    let far = |ratio: f64| ratio.ln().abs();
    let furthest = (0..ratios.len()).max_by(|a, b| far(ratios[*a]).total_cmp(&far(ratios[*b]))).unwrap_or_default();
    let all: Vec<String> = ratios.iter().map(|ratio| format!("{:+.1}", (ratio - 1.0) * 100.0)).collect();
    format!(
        "| {name} | {:.3} µs | {:.2} % | {}, {} | {} |",
        medians[0] * 1e6,
        median(&deviations) * 100.0,
        variants[furthest].statements,
        change(ratios[furthest]),
        all.join(" ")
    )
}

/// Builds the work tree with a neighbour of this length.
fn build(repo: &Repo, folder: &Path, statements: usize) -> Result<Variant> {
    // Base's commit stands for all else that is compiled.
    let executable =
        folder.join(format!("work-{}-{statements:04}", repo.git(&["rev-parse", "--short", "main"])?.trim()));
    if executable.exists() {
        return Ok(Variant { statements, executable });
    }
    repo.write("src/near.rs", &neighbour(statements))?;
    let mut command = Command::new("cargo");
    command.current_dir(repo.root()).env("CARGO_TARGET_DIR", repo.beside("variants-target"));
    command.args(["bench", "--no-run", "--message-format=json-render-diagnostics"]);
    let output = repo.finish(&mut command)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let built = cargo::parse_artifacts(&String::from_utf8_lossy(&output.stdout));
    let built = built.iter().find(|executable| executable.bench).context("cargo built no bench target")?;
    fs::copy(&built.file, &executable)?;
    eprintln!("built {statements} statements");
    Ok(Variant { statements, executable })
}

/// Seconds per iteration of one launch.
fn launch(repo: &Repo, executable: &Path, name: &str) -> Result<f64> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(executable);
    command.args(criterion::launch_arguments(name, &LaunchSettings::default(), Dialect::Exact));
    let output = repo.finish(command.current_dir(repo.root()).env("CRITERION_HOME", home.path()))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(launch_summary(&criterion::read_launch(home.path(), name)?))
}
