//! The site of 2,000 series of 5,000 runs: how large it is, and how fast it is written, the first time and when nothing changed.
//!
//! `cargo bench --bench site -- --to DIR` also leaves the site there, to be opened in a browser.

use benchgate::model::{Better, History, RunLabel, Series, Unit};
use benchgate::site::{Settings, write};
use benchgate::stats::changepoints::Detector;
use benchgate::trend::{Settings as Looking, trend};
use std::env;
use std::error::Error;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

/// Series and runs.
const PROJECT: (usize, usize) = (2_000, 5_000);

fn main() -> Result<(), Box<dyn Error>> {
    let past = [history()];
    let looking = Looking { detector: Detector::DEFAULT, since: Vec::new(), drift_max: None, fdr: 0.05 };
    let found = trend(&past, &looking);
    let arguments: Vec<String> = env::args().collect();
    let named = arguments.iter().position(|argument| argument == "--to").and_then(|at| arguments.get(at + 1));
    let scratch = tempfile::tempdir()?;
    let folder = named.map_or_else(|| scratch.path().join("site"), PathBuf::from);
    let settings = Settings { title: "a large project".to_owned(), commit_url: None };
    for pass in ["first", "again"] {
        let begin = Instant::now();
        let written = write(&found, &settings, &folder)?;
        writeln!(
            stdout(),
            "{pass}: {} files, {:.1} MB, {} written in {:.1} s",
            written.files,
            written.bytes as f64 / 1e6,
            written.changed,
            begin.elapsed().as_secs_f64()
        )?;
    }
    Ok(())
}

/// Noise of 1 %, up to three steps a series, one value in fifty missing.
fn history() -> History {
    let (count, runs) = PROJECT;
    let label = |run: usize| RunLabel {
        commit: Some(format!("{:08x}{run:032x}", (run as u32).wrapping_mul(2_654_435_761))),
        time: Some(format!("{}", 1_700_000_000 + run * 21_600)),
        environment: Some("x86_64-epyc-7763-4c".to_owned()),
    };
    History { runs: (0..runs).map(label).collect(), series: (0..count).map(series).collect(), left_out: Vec::new() }
}

fn series(place: usize) -> Series {
    let mut random = fastrand::Rng::with_seed(place as u64);
    let steps: Vec<usize> = (0..place % 4).map(|_| random.usize(..PROJECT.1)).collect();
    let mut value = |run: usize| {
        let level = 1.1_f64.powf(steps.iter().filter(|step| run >= **step).count() as f64);
        let noise = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        if random.usize(..50) == 0 { f64::NAN } else { 1e-3 * level * (1.0 + 0.01 * noise) }
    };
    Series {
        benchmark: format!("suite-{}/group/benchmark-{place:04}", place % 20),
        metric: "wall-time".to_owned(),
        unit: Some(Unit::Second),
        better: Some(Better::Lower),
        values: (0..PROJECT.1).map(&mut value).collect(),
    }
}
