//! What each kind of work can show on this machine (`docs/method.md`, a machine's noise).

use super::Trial;
use crate::judge::{Comparison, Policy, Verdict, judge};
use crate::model::Row;
use crate::report::diagnosis::{Kind, Terms};
use crate::stats::power::{PAIRS_MAX, detectable};
use crate::stats::{FIRST_LOOK_MIN, Looks, PairedInput, deviation, summary};

/// One entry per row of the trial, in the order of its record.
pub(super) fn kinds(trial: &Trial, terms: &Terms, policy: &Policy) -> Vec<Kind> {
    // At threshold 0 every difference that the noise does not explain is called: here, all of them falsely.
    let still = Policy { threshold: 0.0, rules: Vec::new(), limits: Vec::new(), ..policy.clone() };
    let looks = Looks::new(&trial.record.looks).ok();
    let judged = judge(&trial.record, &still, looks.as_ref()).comparisons;
    let rows = trial.record.rows.iter();
    rows.map(|row| kind(trial, row, judged.iter().find(|one| one.benchmark == row.id.benchmark), terms)).collect()
}

fn kind(trial: &Trial, row: &Row, judged: Option<&Comparison>, terms: &Terms) -> Kind {
    let name = row.id.benchmark.clone();
    let launch_s = trial.launch_s.get(&name).copied().unwrap_or(0.0);
    let differences: Vec<f64> = row.base.iter().zip(&row.head).map(|(base, head)| (head / base).ln()).collect();
    let pair_sd = deviation(PairedInput { base: &row.base, head: &row.head });
    let shows = |rounds: u32| {
        let effect = detectable(pair_sd?, rounds, terms.alpha, terms.threshold.ln_1p()).exp_m1();
        (rounds >= FIRST_LOOK_MIN && effect.is_finite()).then_some(effect)
    };
    let rounds = affordable(terms.budget_s, launch_s, terms.benchmarks).min(terms.max_rounds);
    let rounds_alone = affordable(terms.budget_s, launch_s, 1);
    Kind {
        about: trial.about.get(&name).cloned().unwrap_or_default(),
        name,
        launch_s,
        deviation: Some(summary::mad(&differences)).filter(|mad| mad.is_finite()).unwrap_or(0.0),
        pair_sd: pair_sd.unwrap_or(0.0),
        noise_floor: judged.and_then(|one| one.noise_floor),
        rounds,
        detectable: shows(rounds),
        rounds_alone,
        detectable_alone: shows(rounds_alone),
        verdict: judged.map_or(Verdict::Inconclusive, |one| one.verdict),
        disturbed: row.disturbed,
    }
}

/// Rounds that each of so many benchmarks gets: a round is a pair, a pair two launches.
fn affordable(budget_s: f64, launch_s: f64, benchmarks: u32) -> u32 {
    let rounds = budget_s / (2.0 * launch_s.max(1e-9) * f64::from(benchmarks.max(1)));
    (rounds as u32).min(PAIRS_MAX)
}
