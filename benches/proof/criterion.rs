//! criterion's own comparison, as its documentation has it: one full run at base, another at head.

use crate::repo::Repo;
use crate::table::spread;
use crate::{Arguments, gate, project};
use anyhow::{Result, ensure};
use std::fs;
use std::process::Command;
use std::time::Instant;

/// Heads, and the one benchmark that is slower there.
const HEADS: [(&str, Option<&str>); 3] =
    [("slow10", Some("map/lookup")), ("unrelated", None), ("slow3", Some("matrix/30"))];

const HEADER: &str = "| head | regressed | improved | right | seconds, base + head | times what the gate took |\n\
    |---|---|---|---|--:|---|";

/// What criterion says of one benchmark: its name, its change as printed, the sentence below.
#[derive(Debug, PartialEq)]
struct Judgement {
    benchmark: String,
    change: String,
    says: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure!(!arguments.tabulate, "only reports of the gate can be tabulated again");
    let repo = project::make(arguments.keep.as_deref())?;
    let before = repo.fingerprint()?;
    let mut lines = Vec::new();
    for (head, target) in
        HEADS.iter().filter(|(head, _)| arguments.head.is_empty() || arguments.head.iter().any(|h| h == head))
    {
        for number in 1..=arguments.runs {
            let (judgements, seconds) = compare(&repo, head, number, &arguments.flags)?;
            lines.push(line(&repo, head, *target, &judgements, seconds)?);
        }
    }
    ensure!(repo.fingerprint()? == before, "the repository is not as it was");
    println!("## criterion\n\n{HEADER}\n{}", lines.join("\n"));
    Ok(())
}

/// Both full runs, and the seconds that each took; building is not counted.
fn compare(repo: &Repo, head: &str, number: usize, flags: &[String]) -> Result<(Vec<Judgement>, [f64; 2])> {
    let clone = repo.beside("criterion");
    if clone.exists() {
        fs::remove_dir_all(&clone)?;
    }
    repo.git(&["clone", "--quiet", ".", &clone.display().to_string()])?;
    let bench = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.current_dir(&clone).env("CARGO_TARGET_DIR", repo.beside("criterion-target")).arg("bench");
        let output = repo.finish(command.args(arguments))?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let mut seconds = [0.0; 2];
    let mut printed = String::new();
    for ((revision, baseline), seconds) in [("main", "--save-baseline"), (head, "--baseline")].iter().zip(&mut seconds)
    {
        let revision = format!("origin/{revision}");
        repo.git(&["-C", &clone.display().to_string(), "checkout", "--quiet", &revision])?;
        bench(&["--no-run"])?;
        let began = Instant::now();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        printed = bench(&[&["--", baseline, "base"], flags.as_slice()].concat())?;
        *seconds = began.elapsed().as_secs_f64();
        eprintln!("criterion at {revision}: {seconds:.0} s");
    }
    fs::write(repo.reports("criterion", true)?.join(format!("{head}-{number:02}.txt")), &printed)?;
    Ok((judgements(&printed), seconds))
}

/// Reads what criterion prints: a name before `time:` or, if it is long, on the line before, then its change, then a sentence.
fn judgements(printed: &str) -> Vec<Judgement> {
    let mut found: Vec<Judgement> = Vec::new();
    let mut before = "";
    for line in printed.lines() {
        let text = line.trim();
        if let Some((name, _)) = line.split_once("time:   [") {
            let name = if name.trim().is_empty() { before } else { name.trim() };
            found.push(Judgement { benchmark: name.to_owned(), change: String::new(), says: String::new() });
        } else if let Some(last) = found.last_mut() {
            if let Some(change) = text.strip_prefix("change: ") {
                change.clone_into(&mut last.change);
            } else if !last.change.is_empty() && last.says.is_empty() {
                text.clone_into(&mut last.says);
            }
        }
        before = text;
    }
    found
}

fn line(repo: &Repo, head: &str, target: Option<&str>, judgements: &[Judgement], seconds: [f64; 2]) -> Result<String> {
    let saying = |word: &str| -> Vec<&Judgement> { judgements.iter().filter(|one| one.says.contains(word)).collect() };
    let (regressed, improved) = (saying("regressed"), saying("improved"));
    let right = improved.is_empty() && regressed.iter().map(|one| Some(one.benchmark.as_str())).eq(target.map(Some));
    let shown = |found: &[&Judgement]| -> String {
        let each = found.iter().map(|one| format!("{} {}", one.benchmark.replace('|', "\\|"), one.change));
        if found.is_empty() { "none".to_owned() } else { each.collect::<Vec<_>>().join("; ") }
    };
    ensure!(!judgements.is_empty(), "criterion printed no benchmark");
    let right = if right { "yes" } else { "no" };
    let [base, own] = seconds;
    let (regressed, improved, gate) = (shown(&regressed), shown(&improved), of_gate(repo, head, base + own)?);
    Ok(format!("| {head} | {regressed} | {improved} | {right} | {:.0} ({base:.0} + {own:.0}) | {gate} |", base + own))
}

/// How many times as long as the gate's measuring that was, for every series of gate runs on this head that was kept.
fn of_gate(repo: &Repo, head: &str, seconds: f64) -> Result<String> {
    let mut told = Vec::new();
    for (name, reports) in gate::kept(repo)? {
        let times: Vec<f64> = reports.iter().map(|report| seconds / report.cost.measure_s).collect();
        if name.split('-').next() == Some(head) && !times.is_empty() {
            told.push(format!("{name}: {}", spread(&times)));
        }
    }
    Ok(told.join("; "))
}
