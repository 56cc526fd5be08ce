//! The two searches: ours, and one that halves the range and believes each answer.

use super::history::History;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;

/// The whole search may err this often, in either way of searching.
const ERROR: f64 = 0.01;

/// What a search found, and what it took.
pub(crate) struct Searched {
    found: Vec<usize>,
    pub(crate) is_right: bool,
    pub(crate) probability: f64,
    pub(crate) launches: u64,
    pub(crate) measure_s: f64,
}

impl Searched {
    /// The commits, counted from 1.
    pub(crate) fn named(&self) -> String {
        let names: Vec<String> = self.found.iter().map(|commit| (commit + 1).to_string()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        if self.is_right { names } else { format!("**{names}**") }
    }
}

/// A gate's answer as JSON, whatever its status.
fn answer(history: &History, words: &[&str]) -> Result<Value> {
    let output = history.gate().args(words).args(["--format", "json", "--quiet"]).output()?;
    let said = || format!("benchgate {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(said)
}

/// `benchgate bisect` as it is typed.
pub(crate) fn bisect(history: &History, seed: u64) -> Result<Searched> {
    let found =
        answer(history, &["bisect", &history.good, history.bad(), "--bench", "mix", "--seed", &seed.to_string()])?;
    let commits = found["culprits"].as_array().context("culprits")?.iter();
    let places: Vec<usize> = commits.filter_map(|commit| history.place(commit["revision"].as_str()?)).collect();
    Ok(Searched {
        // A commit that does not build cannot be told from the next that does; the culprit always builds.
        is_right: places.last() == Some(&history.culprit),
        found: places,
        probability: found["probability"].as_f64().unwrap_or(0.0),
        launches: found["cost"]["launches"].as_u64().unwrap_or(0),
        measure_s: found["cost"]["measure_s"].as_f64().unwrap_or(0.0),
    })
}

/// A binary search over the same commits. Each is measured against the good end until the same engine calls it slower than half
/// of the step, or not, at a level at which all steps together err as rarely as ours.
pub(crate) fn naive(history: &History, seed: u64) -> Result<Searched> {
    let mut spent = (0, 0.0);
    let steps = (history.commits.len() as f64).log2().ceil();
    let alpha = 2.0 * ERROR / steps;
    let mut measure = |commit: usize, threshold: f64, alpha: f64| -> Result<Option<(f64, String)>> {
        let (threshold, alpha, seed) = (format!("{:.3}%", 100.0 * threshold), format!("{alpha:.5}"), seed.to_string());
        let words = [
            "check",
            "--base",
            &history.good,
            "--head",
            &history.commits[commit],
            "--against",
            "paired",
            "--bench",
            "mix",
            "--confirm",
            "false",
            "--threshold",
            &threshold,
            "--alpha",
            &alpha,
            "--seed",
            &seed,
        ];
        let report = answer(history, &words)?;
        spent.0 += report["cost"]["launches"].as_u64().unwrap_or(0);
        spent.1 += report["cost"]["measure_s"].as_f64().unwrap_or(0.0);
        if report["states"].as_array().is_some_and(|states| states.iter().any(|state| state["state"] == "identical")) {
            return Ok(Some((1.0, "unchanged".to_owned())));
        }
        let row = &report["comparisons"][0];
        Ok(row["ratio"].as_f64().map(|ratio| (ratio, row["verdict"].as_str().unwrap_or_default().to_owned())))
    };
    let last = history.commits.len() - 1;
    let Some((whole, _)) = measure(last, 1e-4, ERROR)? else { bail!("the ends cannot be compared") };
    let half = (0.5 * whole.ln()).exp_m1().max(0.001);
    // The culprit lies after `good` (as a count) and at or before `bad`.
    let (mut good, mut bad, mut skipped) = (0, last, BTreeSet::new());
    loop {
        let middle = usize::midpoint(good, bad);
        let open = (good..bad).filter(|commit| !skipped.contains(commit));
        let Some(next) = open.min_by_key(|commit| commit.abs_diff(middle)) else { break };
        match measure(next, half, alpha)? {
            None => drop(skipped.insert(next)),
            Some((ratio, verdict)) => {
                let is_bad = verdict == "regression" || (verdict == "inconclusive" && ratio > 1.0 + half);
                if is_bad { bad = next } else { good = next + 1 }
            }
        }
    }
    let found: Vec<usize> = (good..=bad).collect();
    let is_right = found.last() == Some(&history.culprit);
    Ok(Searched { found, is_right, probability: 1.0 - ERROR, launches: spent.0, measure_s: spent.1 })
}
