//! What the arithmetic says of each row, whatever its design: one shape for the verdict to stand on.

use super::{Policy, SideSummary};
use crate::model::{Better, Design, Distribution, Row, Warning};
use crate::stats::exact::exact as compare_counters;
use crate::stats::stored::{StoredInput, stored as compare_stored};
use crate::stats::unpaired::{single_launch, unpaired as compare_unpaired};
use crate::stats::{self, Looks};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One-sided error of "unchanged" at the edge of the threshold (`docs/method.md`, TOST).
const ALPHA_EQUIVALENCE: f64 = 0.05;

/// Share trimmed from each end where launches are not paired (`docs/method.md`, Yuen).
const TRIM: f64 = 0.15;

/// Added to both sides' error rates before they are compared (`docs/method.md`): one failure in a thousand is then twice none,
/// and one in a hundred thousand, which is within any threshold, nearly none.
const FAILURES_ADDED: f64 = 1e-3;

/// A row, computed but not judged: positive logarithms are worse, whatever the metric's direction.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub(super) ratio: Option<f64>,
    pub(super) interval: Option<[f64; 2]>,
    /// p of "not worse than the threshold"; `None` for exact metrics, which need none.
    pub(super) p_worse: Option<f64>,
    pub(super) p_better: Option<f64>,
    /// For exact metrics: the answer by range.
    pub(super) worse: bool,
    pub(super) better: bool,
    pub(super) inside: bool,
    pub(super) minimum_detectable_effect: Option<f64>,
    pub(super) noise_floor: Option<f64>,
    /// Pairs seen, where launches were paired.
    pub(super) pairs: u32,
    pub(super) pairs_needed: Option<u32>,
    pub(super) method: &'static str,
    pub(super) warnings: Vec<Warning>,
}

/// Computes every row. Stored rows of one suite and metric are computed together: they share the run's common factor.
pub(super) fn evidence(rows: &[&Row], policy: &Policy, looks: Option<&Looks>) -> Vec<Evidence> {
    let with_ratio: Vec<Cow<'_, Row>> = rows.iter().map(|row| with_ratio(row)).collect();
    let rows: Vec<&Row> = with_ratio.iter().map(AsRef::as_ref).collect();
    let mut found: Vec<Option<Evidence>> = rows.iter().map(|row| alone(row, policy, looks)).collect();
    let mut together: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(i, _)| found[*i].is_none()) {
        together.entry((&row.id.suite, &row.metric.name)).or_default().push(i);
    }
    for indices in together.values() {
        for (&i, evidence) in indices.iter().zip(stored(indices.iter().map(|&i| rows[i]), policy)) {
            found[i] = Some(evidence);
        }
    }
    found.into_iter().flatten().collect()
}

/// Error rates that are not all zero, each raised by [`FAILURES_ADDED`]: from none to some there is no ratio.
pub(super) fn with_ratio(row: &Row) -> Cow<'_, Row> {
    let mut values = row.base.iter().chain(&row.head);
    if row.metric.name != "error-rate" || values.all(|value| *value == 0.0) {
        return Cow::Borrowed(row);
    }
    let mut raised = row.clone();
    let again = raised.second_look.iter_mut().flat_map(|look| look.base.iter_mut().chain(&mut look.head));
    raised.base.iter_mut().chain(&mut raised.head).chain(again).for_each(|value| *value += FAILURES_ADDED);
    Cow::Owned(raised)
}

fn alone(row: &Row, policy: &Policy, looks: Option<&Looks>) -> Option<Evidence> {
    let delta = policy.threshold_for(&row.id, &row.metric.name).ln_1p();
    if row.metric.distribution == Distribution::Exact && row.design != Design::Stored {
        return Some(exact(row, delta));
    }
    match (row.design, looks) {
        (Design::Stored, _) => None,
        (Design::Paired, Some(looks)) => Some(paired(row, policy, looks, delta)),
        _ => Some(unpaired(row, policy, delta)),
    }
}

fn paired(row: &Row, policy: &Policy, looks: &Looks, delta: f64) -> Evidence {
    // From nothing to something there is no ratio either; where that is so in every launch, the range tells.
    let none = |values: &[f64]| values.iter().all(|value| *value == 0.0);
    let (base, head) = (none(&row.base), none(&row.head));
    if base && (head || !row.head.contains(&0.0)) || head && !row.base.contains(&0.0) {
        return exact(row, delta);
    }
    let settings = stats::Settings { alpha: policy.alpha, alpha_equivalence: ALPHA_EQUIVALENCE, delta };
    let seen = stats::paired(stats::PairedInput { base: &row.base, head: &row.head }, settings, looks);
    let mut warnings = seen.warnings;
    if seen.look.is_none() && usable(row) {
        let need = looks.counts().first().copied().unwrap_or(stats::FIRST_LOOK_MIN);
        warnings.push(Warning::TooFewObservations { have: seen.pairs, need });
    }
    Evidence {
        inside: seen.inside,
        minimum_detectable_effect: seen.minimum_detectable.map(f64::exp_m1),
        noise_floor: seen.noise_floor.map(f64::exp_m1),
        pairs: seen.pairs,
        pairs_needed: seen.pairs_needed,
        warnings,
        ..sampled(row, "paired", seen.estimate, seen.interval, (seen.p_above, seen.p_below))
    }
}

/// What every sampled design has in common: logarithms become ratios, and "above" becomes "worse" or "better".
fn sampled(
    row: &Row,
    method: &'static str,
    estimate: f64,
    interval: Option<(f64, f64)>,
    (p_above, p_below): (f64, f64),
) -> Evidence {
    let higher = row.metric.better == Better::Higher;
    Evidence {
        ratio: Some(estimate.exp()).filter(|ratio| ratio.is_finite() && usable(row)),
        interval: interval.map(|(low, high)| [low.exp(), high.exp()]),
        p_worse: Some(if higher { p_below } else { p_above }),
        p_better: Some(if higher { p_above } else { p_below }),
        worse: false,
        better: false,
        inside: false,
        minimum_detectable_effect: None,
        noise_floor: None,
        pairs: 0,
        pairs_needed: None,
        method,
        warnings: Vec::new(),
    }
}

fn unpaired(row: &Row, policy: &Policy, delta: f64) -> Evidence {
    let settings = stats::Settings { alpha: policy.alpha, alpha_equivalence: ALPHA_EQUIVALENCE, delta };
    let seen = if row.base.len() == 1 && row.head.len() == 1 {
        single_launch(&row.base, &row.head, settings)
    } else {
        compare_unpaired(&row.base, &row.head, settings, TRIM)
    };
    let mut warnings = seen.warnings;
    warnings.push(Warning::NotInterleaved);
    Evidence {
        inside: seen.inside,
        minimum_detectable_effect: seen.minimum_detectable.map(f64::exp_m1),
        warnings,
        ..sampled(row, "unpaired", seen.estimate, seen.interval, (seen.p_above, seen.p_below))
    }
}

fn exact(row: &Row, delta: f64) -> Evidence {
    let seen = compare_counters(&row.base, &row.head, delta);
    let higher = row.metric.better == Better::Higher;
    Evidence {
        ratio: seen.ratio,
        interval: seen.interval.map(|(low, high)| [low, high]),
        p_worse: None,
        p_better: None,
        worse: if higher { seen.below } else { seen.above },
        better: if higher { seen.above } else { seen.below },
        inside: seen.inside,
        minimum_detectable_effect: None,
        noise_floor: Some(seen.noise),
        pairs: 0,
        pairs_needed: None,
        method: "exact",
        warnings: seen.warnings,
    }
}

fn stored<'a>(rows: impl Iterator<Item = &'a Row> + Clone, policy: &Policy) -> Vec<Evidence> {
    let Some(first) = rows.clone().next() else { return Vec::new() };
    let delta = policy.threshold_for(&first.id, &first.metric.name).ln_1p();
    let settings = stats::Settings { alpha: policy.alpha, alpha_equivalence: ALPHA_EQUIVALENCE, delta };
    // One number per run: the median over its launches (`docs/method.md`).
    let medians: Vec<[f64; 1]> = rows.clone().map(|row| [stats::summary::median(&row.head)]).collect();
    let inputs: Vec<_> =
        rows.clone().zip(&medians).map(|(row, head)| StoredInput { history: &row.base, head }).collect();
    let seen = compare_stored(&inputs, settings);
    rows.zip(seen.rows)
        .map(|(row, seen)| Evidence {
            inside: seen.inside,
            minimum_detectable_effect: seen.minimum_detectable.map(f64::exp_m1),
            warnings: seen.warnings,
            ..sampled(row, "stored", seen.estimate, seen.interval, (seen.p_above, seen.p_below))
        })
        .collect()
}

/// Whether a ratio means something.
fn usable(row: &Row) -> bool {
    row.base.iter().chain(&row.head).all(|value| *value > 0.0)
}

/// What one side's launches look like.
pub(super) fn summary(values: &[f64]) -> SideSummary {
    SideSummary {
        n: values.len() as u32,
        median: stats::summary::median(values),
        mean: stats::summary::mean(values),
        sd: stats::summary::sd(values),
        observations: values.to_vec(),
    }
}
