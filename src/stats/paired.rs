//! Pairs of launches, looked at after the numbers of pairs that the plan named (`docs/method.md`).

use super::sequential::{ALPHA_MIN, Level, Looks};
use super::summary::{quantile, sorted};
use super::trimmed::{Centre, SPREAD_MIN, centre, trimmed_each_end};
use super::{Settings, dependence, summary};
use crate::model::Warning;

/// A drift of base's own launches beyond this factor is worth a warning (`docs/method.md`).
const DRIFT_MAX: f64 = 1.2;

/// Fewest pairs of which thirds are compared.
const DRIFT_FROM: usize = 9;

/// The observations of one benchmark and metric: `base[i]` and `head[i]` are one pair, in run order; positive, any unit.
#[derive(Clone, Copy, Debug)]
pub struct PairedInput<'a> {
    /// Base's launches.
    pub base: &'a [f64],
    /// Head's launches.
    pub head: &'a [f64],
}

/// What the pairs say. Effects are ln(head/base); intervals and p-values hold under the plan's repeated looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// Pairs given.
    pub pairs: u32,
    /// Index of the last look reached; none before the first.
    pub look: Option<usize>,
    /// Trimmed mean of all pairs given.
    pub estimate: f64,
    /// Repeated interval at level 1 - alpha, taken at the last look reached.
    pub interval: Option<(f64, f64)>,
    /// Repeated interval at level 1 - 2 `alpha_equivalence`, taken at the last look reached.
    pub equivalence: Option<(f64, f64)>,
    /// Repeated p of "not above +delta", on a two-sided scale: at most alpha exactly when the lower end of some look's
    /// interval lies above +delta. Where an interval is a point (no spread) it is the sign test's p instead.
    pub p_above: f64,
    /// Repeated p of "not below -delta", likewise.
    pub p_below: f64,
    /// Whether some look's equivalence interval lay inside (-delta, delta).
    pub inside: bool,
    /// The smallest overall two-sided level at which some look's interval lies inside (-delta, delta).
    pub p_equivalence: f64,
    /// The effect that this many pairs would have shown to be beyond delta with power 0.8 at one-sided alpha/2.
    pub minimum_detectable: Option<f64>,
    /// Pairs with which a verdict, inside or beyond, has probability 0.8 if the estimate and its spread are right; more
    /// than `pairs` while nothing is decided. None beyond 10 000.
    pub pairs_needed: Option<u32>,
    /// Half-width of the interval that base against itself and head against itself would have had.
    pub noise_floor: Option<f64>,
    /// What a reader should know.
    pub warnings: Vec<Warning>,
}

/// What one look shows.
struct Look {
    interval: (f64, f64),
    equivalence: (f64, f64),
    p_above: f64,
    p_below: f64,
    inside: bool,
    p_equivalence: f64,
    inflation: f64,
    lag1: f64,
    is_point: bool,
}

/// One question: the settings, and what their levels mean at each look of the plan.
struct Question<'a> {
    settings: Settings,
    looks: &'a Looks,
    change: &'a Level,
    equivalence: &'a Level,
}

/// Compares head with base, pair by pair. If the lists differ in length the shorter one counts.
pub fn paired(input: PairedInput<'_>, settings: Settings, looks: &Looks) -> Paired {
    let n = input.base.len().min(input.head.len());
    let input =
        PairedInput { base: input.base.get(..n).unwrap_or_default(), head: input.head.get(..n).unwrap_or_default() };
    if input.base.iter().chain(input.head).any(|v| !(v.is_finite() && *v > 0.0)) {
        return silent(n, vec![Warning::ZeroValues]);
    }
    let differences: Vec<f64> = input.base.iter().zip(input.head).map(|(b, h)| h.ln() - b.ln()).collect();
    let (change, equivalence) = (looks.level(settings.alpha), looks.level(2.0 * settings.alpha_equivalence));
    let question = Question { settings, looks, change: &change, equivalence: &equivalence };

    let mut answer = silent(n, Vec::new());
    let all = sorted(&differences);
    let whole = centre(&all);
    answer.estimate = whole.map_or_else(|| if n == 0 { 0.0 } else { summary::mean(&all) }, |c| c.mean);
    answer.warnings.extend(drift(input.base));

    let mut last = None;
    for (index, &count) in looks.counts().iter().enumerate() {
        let Some(seen) = differences.get(..count as usize) else { break };
        let Some(look) = question.at(index, seen) else { break };
        answer.p_above = answer.p_above.min(look.p_above);
        answer.p_below = answer.p_below.min(look.p_below);
        answer.p_equivalence = answer.p_equivalence.min(look.p_equivalence);
        answer.inside |= look.inside;
        last = Some((index, look));
    }
    let (Some((index, look)), Some(whole)) = (last, whole) else { return answer };
    answer.look = Some(index);
    answer.interval = Some(look.interval);
    answer.equivalence = Some(look.equivalence);
    let seen = looks.counts().get(index).map_or(0, |&c| c as usize);
    if look.is_point {
        // What is left of the spread is rounding, and its correlation means nothing.
        answer.warnings.push(Warning::QuantisedTimer);
    } else if dependence::is_dependent(look.lag1, seen) {
        answer.warnings.push(Warning::DependentPairs { lag1: look.lag1, factor: look.inflation });
    }
    let error = whole.error * look.inflation;
    let sensitivity = looks.powers.at(answer.pairs, 0.5 * settings.alpha);
    answer.minimum_detectable = Some(settings.delta + sensitivity * error);
    answer.pairs_needed = question.pairs_needed(&answer, error);
    answer.noise_floor = question.change.critical.get(index).map(|critical| critical * noise(input));
    answer
}

/// The standard deviation of one pair's ln(head/base), as the interval of all pairs sees it: the trimmed mean's standard
/// error times the root of the number of pairs, dependence counted in. None for fewer than three pairs, or without logarithms.
pub fn deviation(input: PairedInput<'_>) -> Option<f64> {
    let differences: Vec<f64> = input.base.iter().zip(input.head).map(|(b, h)| h.ln() - b.ln()).collect();
    let whole = centre(&sorted(&differences))?;
    let n = differences.len();
    let deviation = whole.error * dependence::inflation(dependence::lag1(&differences), n) * (n as f64).sqrt();
    deviation.is_finite().then_some(deviation)
}

/// The answer to pairs that say nothing.
fn silent(pairs: usize, warnings: Vec<Warning>) -> Paired {
    Paired {
        pairs: u32::try_from(pairs).unwrap_or(u32::MAX),
        look: None,
        estimate: 0.0,
        interval: None,
        equivalence: None,
        p_above: 1.0,
        p_below: 1.0,
        inside: false,
        p_equivalence: 1.0,
        minimum_detectable: None,
        pairs_needed: None,
        noise_floor: None,
        warnings,
    }
}

impl Question<'_> {
    /// Looks at the first pairs; `seen` are their differences in run order, as many as look `index` has.
    fn at(&self, index: usize, seen: &[f64]) -> Option<Look> {
        let Centre { mean, error } = centre(&sorted(seen))?;
        let (change, equivalence) = (*self.change.critical.get(index)?, *self.equivalence.critical.get(index)?);
        let trimmed = self.looks.trimmed(index)?;
        let lag1 = dependence::lag1(seen);
        let inflation = dependence::inflation(lag1, seen.len());
        let scale = error * inflation;
        let (alpha, delta) = (self.settings.alpha, self.settings.delta);
        let around = |critical: f64| (mean - critical * scale, mean + critical * scale);
        let (interval, equivalent) = (around(change), around(equivalence));
        let is_point = error == 0.0;
        let overall = |distance: f64| self.looks.overall(trimmed.p_two_sided(distance / scale), index);
        // Interval and p come by different roads, each rounded; a claim must not depend on which one is read.
        let agree = |p: f64, level: f64, claimed: bool| if claimed { p.min(level) } else { p.max(level.next_up()) };
        let p_beyond = |sign: f64, claimed: bool| {
            let distance = sign * mean - delta;
            if is_point {
                self.looks.overall(sign_test(seen, sign, delta), index)
            } else if distance > 0.0 {
                agree(overall(distance), alpha, claimed)
            } else {
                1.0
            }
        };
        let room = delta - mean.abs();
        let inside = -delta < equivalent.0 && equivalent.1 < delta;
        let p_equivalence = match (room > 0.0, is_point) {
            (false, _) => 1.0,
            (true, true) => ALPHA_MIN,
            (true, false) => agree(overall(room), 2.0 * self.settings.alpha_equivalence, inside),
        };
        Some(Look {
            p_above: p_beyond(1.0, interval.0 > delta),
            p_below: p_beyond(-1.0, interval.1 < -delta),
            interval,
            equivalence: equivalent,
            inside,
            p_equivalence,
            inflation,
            lag1,
            is_point,
        })
    }

    /// Pairs with which the last look would probably decide; `error` is the standard error of all pairs so far.
    fn pairs_needed(&self, so_far: &Paired, error: f64) -> Option<u32> {
        let alpha = self.settings.alpha;
        if so_far.inside || so_far.p_above <= alpha || so_far.p_below <= alpha {
            return Some(so_far.pairs);
        }
        let gap = (so_far.estimate.abs() - self.settings.delta).abs();
        let beyond = so_far.estimate.abs() > self.settings.delta;
        let level = if beyond { self.change } else { self.equivalence };
        let one_sided = 0.5 * *level.nominal.last()?;
        let sd = error * f64::from(so_far.pairs).sqrt();
        let enough = |n: u32| self.looks.powers.at(n, one_sided) * sd < gap * f64::from(n).sqrt();
        super::power::smallest(so_far.pairs.saturating_add(1).min(super::power::PAIRS_MAX), enough)
    }
}

/// Two-sided p of the sign test of "the centre of `sign` d is not above `delta`": the sign-flip test (`docs/method.md`) whose
/// statistic is the number of differences beyond. Exact for any noise shape, and not moved by single wild pairs.
fn sign_test(differences: &[f64], sign: f64, delta: f64) -> f64 {
    let n = differences.len();
    let beyond = differences.iter().filter(|&&d| sign * d - delta > SPREAD_MIN).count();
    // Sum of the binomial coefficients from `beyond` to n, over 2^n, from the far end inwards.
    let mut term = 0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX));
    let mut tail = 0.0;
    for heads in (beyond..=n).rev() {
        tail += term;
        term *= heads as f64 / (n - heads + 1) as f64;
    }
    (2.0 * tail).min(1.0)
}

/// Standard error of what comparing each side with itself would have shown.
///
/// Successive launches 2i and 2i+1 of one side differ by noise alone, so their differences are known to centre at 0. They
/// are winsorised like the pairs' differences, twice as many at the one end that absolute values have.
fn noise(input: PairedInput<'_>) -> f64 {
    let steps =
        |side: &[f64]| -> Vec<f64> { side.chunks_exact(2).map(|two| (two[1].ln() - two[0].ln()).abs()).collect() };
    let mut sizes = steps(input.base);
    sizes.extend(steps(input.head));
    sizes.sort_unstable_by(f64::total_cmp);
    let m = sizes.len();
    let trimmed = 2 * trimmed_each_end(m);
    let limit = m.checked_sub(trimmed + 1).and_then(|i| sizes.get(i)).copied().unwrap_or(0.0);
    let square = sizes.iter().map(|&v| v.min(limit).powi(2)).sum::<f64>() / m.max(1) as f64;
    let kept = 1.0 - trimmed as f64 / m.max(1) as f64;
    square.sqrt() / (kept * (input.base.len().max(1) as f64).sqrt())
}

/// A warning if base's own launches moved too much between the first and the last third.
fn drift(base: &[f64]) -> Option<Warning> {
    let third = base.len() / 3;
    if base.len() < DRIFT_FROM {
        return None;
    }
    let early = quantile(base.get(..third)?, 0.25);
    let late = quantile(base.get(base.len() - third..)?, 0.25);
    let change = late / early;
    let still = (1.0 / DRIFT_MAX..=DRIFT_MAX).contains(&change);
    (change.is_finite() && !still).then_some(Warning::Drift { change: change - 1.0 })
}
