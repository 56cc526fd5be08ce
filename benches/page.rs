//! The page of 5,000 comparisons with 30 launches a side: how large it is, and how fast it is written.
//!
//! `cargo bench --bench page -- --to page.html` also leaves the page there, for `node tests/browser/interactive.mjs page.html`.

#[path = "../tests/it/page/records.rs"]
mod records;

use benchgate::report::{Format, Options, Report, parse, render};
use std::env;
use std::error::Error;
use std::io::{Write, stdout};
use std::process::Command;
use std::time::Instant;

const ROWS: usize = 5_000;
const LAUNCHES: usize = 30;
const TIMES: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let report = report()?;
    let mut page = Vec::new();
    let mut seconds: Vec<f64> = Vec::new();
    for _ in 0..TIMES {
        page.clear();
        let begin = Instant::now();
        render(&report, Format::Html, &Options::default(), &mut page)?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let (middle, bytes) = (seconds[TIMES / 2], page.len() as f64 / 1e6);
    writeln!(
        stdout(),
        "{ROWS} comparisons, {LAUNCHES} launches a side: {bytes:.2} MB, {middle:.3} s (median of {TIMES})"
    )?;
    let arguments: Vec<String> = env::args().collect();
    let path = arguments.iter().position(|argument| argument == "--to").and_then(|at| arguments.get(at + 1));
    if let Some(path) = path {
        std::fs::write(path, &page)?;
    }
    Ok(())
}

/// The report of a made-up record, judged by the real binary.
fn report() -> Result<Report, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("record.json"), records::many(ROWS, LAUNCHES))?;
    let gate = Command::new(env!("CARGO_BIN_EXE_benchgate"))
        .args(["report", "record.json", "--format", "json"])
        .current_dir(folder.path())
        .output()?;
    let text = String::from_utf8(gate.stdout)?;
    parse(&text).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&gate.stderr)).into())
}
