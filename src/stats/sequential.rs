//! Looking several times without crying wolf more often: group-sequential boundaries (`docs/method.md`).
//!
//! Lan and `DeMets` (1983) with the Pocock-type spending function alpha ln(1 + (e-1) t), t the share of the last look's
//! pairs, or a [`spending_time`] where a plan goes on for the few rows that are worth it; boundaries by the recursion of Armitage, `McPherson` and Rowe (1969); carried to small samples by the
//! significance-level approach (Jennison and Turnbull 1999): what is used at a look is its *nominal* p.

use super::special::{gauss_legendre, normal_density, normal_quantile_upper, normal_upper};
use super::trimmed::TrimmedT;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Fewest pairs at a look: below six, the interval of bimodal noise does not hold its level (`docs/method.md`).
pub const FIRST_LOOK_MIN: u32 = 6;

/// Most pairs at a look.
pub const LAST_LOOK_MAX: u32 = 200;

/// Pairs that any undecided benchmark may take. Beyond, only those go on that have a chance to be decided.
pub const REGULAR_PAIRS: u32 = 20;

/// Share of the spending time that a longer plan leaves for the looks beyond [`REGULAR_PAIRS`]: few rows get there, so the
/// early looks stay nearly as sharp as in the regular plan.
const LATE_SHARE: f64 = 0.15;

/// The smallest overall level that is told apart from zero.
pub(super) const ALPHA_MIN: f64 = 1e-12;

/// The largest overall level below 1.
const ALPHA_MAX: f64 = 0.999;

/// The least share of alpha that a look spends.
const MASS_MIN: f64 = 1e-100;

/// Points of the grid between them, even in the logit of alpha.
const GRID: usize = 72;

/// How many exact levels are remembered; a run asks for two.
const REMEMBERED: usize = 64;

/// What one overall level means at each look.
#[derive(Debug)]
pub(super) struct Level {
    /// Nominal two-sided p.
    pub(super) nominal: Vec<f64>,
    /// Half-width of the trimmed-t interval in standard errors, before any inflation.
    pub(super) critical: Vec<f64>,
}

/// The boundaries of one plan of looks, for every level.
#[derive(Debug)]
pub struct Looks {
    counts: Vec<u32>,
    schedule: Vec<Moment>,
    rules: Rules,
    trimmed: Vec<TrimmedT>,
    curves: Vec<Curve>,
    levels: Mutex<BTreeMap<u64, Arc<Level>>>,
    pub(super) powers: super::power::Noncentralities,
}

impl Looks {
    /// Prepares the boundaries for looks after `looks` pairs, ascending, for example `[6, 10, 15, 20]`.
    pub fn new(looks: &[u32]) -> Result<Self, String> {
        Self::with_times(looks, spending_time)
    }

    /// The same with another clock: `time` says which share of the level is used up after so many of so many pairs.
    pub(super) fn with_times(looks: &[u32], time: impl Fn(u32, u32) -> f64) -> Result<Self, String> {
        let (Some(&first), Some(&last)) = (looks.first(), looks.last()) else {
            return Err("a plan needs at least one look".to_owned());
        };
        if looks.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(format!("looks must ascend: {looks:?}"));
        }
        if first < FIRST_LOOK_MIN {
            return Err(format!("the first look needs at least {FIRST_LOOK_MIN} pairs, not {first}"));
        }
        if last > LAST_LOOK_MAX {
            return Err(format!("the last look may have at most {LAST_LOOK_MAX} pairs, not {last}"));
        }
        let mut plan = Self {
            counts: looks.to_vec(),
            schedule: looks
                .iter()
                .map(|&n| Moment { information: f64::from(n) / f64::from(last), spent: spent(time(n, last)) })
                .collect(),
            rules: Rules::default(),
            trimmed: looks.iter().map(|&n| TrimmedT::new(n as usize)).collect(),
            curves: Vec::new(),
            levels: Mutex::default(),
            powers: super::power::Noncentralities::default(),
        };
        plan.curves = plan.tabulate();
        Ok(plan)
    }

    /// Pairs at each look.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Nominal two-sided p at look index `look` for overall level `alpha`; `alpha` is clamped to [1e-12, 0.999] and
    /// a look beyond the last is the last.
    pub fn nominal(&self, alpha: f64, look: usize) -> f64 {
        let level = self.level(alpha);
        level.nominal.get(look).or(level.nominal.last()).copied().unwrap_or(alpha)
    }

    /// The smallest overall level, in [1e-12, 1], whose nominal p at `look` is at least `p`: the inverse of
    /// [`Self::nominal`], good to 1e-5 relative.
    pub fn overall(&self, p: f64, look: usize) -> f64 {
        match self.curves.get(look).or(self.curves.last()) {
            Some(curve) if !p.is_nan() => curve.alpha(p),
            _ => 1.0,
        }
    }

    /// Reference distribution at a look.
    pub(super) fn trimmed(&self, look: usize) -> Option<&TrimmedT> {
        self.trimmed.get(look)
    }

    /// Exact boundaries at `alpha`, remembered.
    pub(super) fn level(&self, alpha: f64) -> Arc<Level> {
        let alpha = if alpha.is_nan() { ALPHA_MAX } else { alpha.clamp(ALPHA_MIN, ALPHA_MAX) };
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(level) = levels.get(&alpha.to_bits()) {
            return Arc::clone(level);
        }
        let nominal: Vec<f64> =
            planned(alpha, &self.schedule, &self.rules).iter().map(|&z| 2.0 * normal_upper(z)).collect();
        let critical = self.trimmed.iter().zip(&nominal).map(|(trimmed, &p)| trimmed.critical(p)).collect();
        let level = Arc::new(Level { nominal, critical });
        if levels.len() >= REMEMBERED {
            levels.clear();
        }
        levels.insert(alpha.to_bits(), Arc::clone(&level));
        level
    }

    /// Overall level against nominal p on the grid, for each look.
    fn tabulate(&self) -> Vec<Curve> {
        let (from, to) = (logit(ALPHA_MIN), logit(ALPHA_MAX));
        let logits: Vec<f64> = (0..GRID).map(|i| from + (to - from) * i as f64 / (GRID - 1) as f64).collect();
        let columns: Vec<Vec<f64>> =
            logits.iter().map(|&x| planned(1.0 / (1.0 + (-x).exp()), &self.schedule, &self.rules)).collect();
        (0..self.counts.len())
            .map(|look| {
                let logit_p =
                    columns.iter().filter_map(|z| z.get(look)).map(|&z| logit(2.0 * normal_upper(z))).collect();
                Curve::new(logit_p, &logits)
            })
            .collect()
    }
}

fn logit(alpha: f64) -> f64 {
    alpha.ln() - (-alpha).ln_1p()
}

/// When a look happens.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Share of the last look's pairs.
    information: f64,
    /// Share of alpha spent until then.
    spent: f64,
}

/// The spending time, in (0, 1], after `pairs` of `last`: the plain share up to [`REGULAR_PAIRS`], a slower clock beyond.
fn spending_time(pairs: u32, last: u32) -> f64 {
    let (n, last, regular) = (f64::from(pairs), f64::from(last), f64::from(REGULAR_PAIRS));
    if last <= regular {
        n / last
    } else if n <= regular {
        (1.0 - LATE_SHARE) * n / regular
    } else {
        1.0 - LATE_SHARE * (last - n) / (last - regular)
    }
}

/// Share of alpha spent at spending time `t`: Pocock-type (Lan and `DeMets` 1983).
fn spent(t: f64) -> f64 {
    ((std::f64::consts::E - 1.0) * t).ln_1p()
}

/// [`boundaries`] for overall two-sided level `alpha`, spent as the schedule says.
fn planned(alpha: f64, schedule: &[Moment], rules: &Rules) -> Vec<f64> {
    let mut before = 0.0;
    let masses = schedule.iter().map(|now| alpha * (now.spent - std::mem::replace(&mut before, now.spent)));
    let fractions: Vec<f64> = schedule.iter().map(|now| now.information).collect();
    boundaries(&masses.collect::<Vec<_>>(), &fractions, rules)
}

/// How an overall level is spent over the looks (Lan and `DeMets` 1983); the gate's own is Pocock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// alpha ln(1 + (e - 1) t): much at the first look.
    Pocock,
    /// 2 (1 - Phi(z / sqrt t)), z the two-sided normal quantile of alpha: nearly all at the last look.
    OBrienFleming,
    /// alpha t.
    Linear,
}

impl Spending {
    /// What of `alpha` is spent when the share `t` in [0, 1] of all pairs is in.
    pub fn spent(self, alpha: f64, t: f64) -> f64 {
        match self {
            Self::Pocock => alpha * spent(t),
            Self::OBrienFleming => 2.0 * normal_upper(normal_quantile_upper(0.5 * alpha) / t.sqrt()),
            Self::Linear => alpha * t,
        }
    }

    /// Two-sided boundaries z for looks at the ascending shares `fractions` of all pairs, at overall level `alpha` in [1e-12,
    /// 0.999], one for each look up to the first share that does not ascend or lies outside (0, 1].
    pub fn boundaries(self, alpha: f64, fractions: &[f64]) -> Vec<f64> {
        let alpha = if alpha.is_nan() { ALPHA_MAX } else { alpha.clamp(ALPHA_MIN, ALPHA_MAX) };
        let mut before = 0.0;
        let ascends = |t: &f64| *t > std::mem::replace(&mut before, *t) && *t <= 1.0;
        let fractions: Vec<f64> = fractions.iter().copied().take_while(ascends).collect();
        let mut spent = 0.0;
        let masses = fractions.iter().map(|&t| {
            let now = self.spent(alpha, t);
            // A mass of 0 has no boundary.
            (now - std::mem::replace(&mut spent, now)).max(MASS_MIN)
        });
        boundaries(&masses.collect::<Vec<_>>(), &fractions, &Rules::default())
    }
}

/// Boundaries z of the score scale's random walk, one for each look: `masses` is what each look spends of alpha.
///
/// The density of the walk on its way between the boundaries is symmetric, so half of it is carried along.
fn boundaries(masses: &[f64], fractions: &[f64], rules: &Rules) -> Vec<f64> {
    let mut z = Vec::with_capacity(fractions.len());
    let mut walk: Vec<(f64, f64)> = Vec::new(); // position and probability mass at each node
    let (mut edge, mut before) = (0.0, 0.0);
    for (i, (&t, &mass)) in fractions.iter().zip(masses).enumerate() {
        let sd = (t - before).sqrt();
        edge = if i == 0 { normal_quantile_upper(0.5 * mass) * sd } else { crossing(&walk, sd, mass, edge) };
        z.push(edge / t.sqrt());
        let Some(next) = fractions.get(i + 1) else { break };
        let nodes = rules.nodes(edge / sd.min((next - t).sqrt()));
        let start = [(0.0, 0.5)];
        let source: &[(f64, f64)] = if i == 0 { &start } else { &walk };
        walk = carry(source, sd, edge, nodes);
        before = t;
    }
    z
}

/// The walk's mass on (0, edge) after a normal step: one entry for each node.
fn carry(source: &[(f64, f64)], sd: f64, edge: f64, nodes: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let scale = -0.5 / (sd * sd);
    let norm = 1.0 / (sd * (2.0 * std::f64::consts::PI).sqrt());
    nodes
        .iter()
        .map(|&(node, weight)| {
            let y = 0.5 * edge * (node + 1.0);
            let density: f64 = source
                .iter()
                .map(|&(x, mass)| {
                    let (near, far) = (y - x, y + x);
                    mass * ((scale * near * near).exp() + (scale * far * far).exp())
                })
                .sum();
            (y, 0.5 * edge * weight * norm * density)
        })
        .collect()
}

/// The edge beyond which (on both sides together) the walk's next step carries `mass`.
///
/// Newton's method on the logarithm of that mass, which is concave in the edge: no bracket is needed.
fn crossing(walk: &[(f64, f64)], sd: f64, mass: f64, start: f64) -> f64 {
    let mut edge = start;
    for _ in 0..100 {
        let (mut beyond, mut density) = (0.0, 0.0);
        for &(x, w) in walk {
            let (near, far) = ((edge - x) / sd, (edge + x) / sd);
            beyond += 2.0 * w * (normal_upper(near) + if far < 12.0 { normal_upper(far) } else { 0.0 });
            density += 2.0 * w * (normal_density(near) + normal_density(far)) / sd;
        }
        let step = if beyond > 0.0 && density > 0.0 { (beyond / mass).ln() * beyond / density } else { -sd };
        let next = (edge + step.clamp(-sd, sd)).max(0.0);
        let moved = (next - edge).abs();
        edge = next;
        if moved < 1e-11 {
            break;
        }
    }
    edge
}

/// Gauss-Legendre rules of 32, 48, ... nodes.
#[derive(Debug)]
struct Rules(Vec<Vec<(f64, f64)>>);

impl Default for Rules {
    fn default() -> Self {
        static RULES: OnceLock<Vec<Vec<(f64, f64)>>> = OnceLock::new();
        Self(RULES.get_or_init(|| [32, 48, 64, 96, 128, 192].map(gauss_legendre).to_vec()).clone())
    }
}

impl Rules {
    /// Enough nodes for a range of `width` standard deviations of the narrowest normal density in it.
    fn nodes(&self, width: f64) -> &[(f64, f64)] {
        let need = (2.5 * width + 16.0).min(192.0) as usize;
        self.0.iter().find(|rule| rule.len() >= need).or(self.0.last()).map_or(&[], Vec::as_slice)
    }
}

/// The logit of the overall level as a monotone cubic of the nominal p's (Fritsch and Carlson 1980).
#[derive(Debug)]
struct Curve {
    logit_p: Vec<f64>,
    logit: Vec<f64>,
    slope: Vec<f64>,
}

impl Curve {
    /// `logit_p` ascends apart from rounding; points that do not are left out.
    fn new(logit_p: Vec<f64>, logits: &[f64]) -> Self {
        let mut curve = Self { logit_p: Vec::new(), logit: Vec::new(), slope: Vec::new() };
        for (x, &y) in logit_p.into_iter().zip(logits) {
            if x.is_finite() && curve.logit_p.last().is_none_or(|&before| x > before + 1e-9) {
                curve.logit_p.push(x);
                curve.logit.push(y);
            }
        }
        curve.slope = monotone_slopes(&curve.logit_p, &curve.logit);
        curve
    }

    fn alpha(&self, p: f64) -> f64 {
        let x = logit(p.min(1.0 - 1e-15));
        let above = self.logit_p.partition_point(|&knot| knot < x);
        let point = |i: usize| Some((*self.logit_p.get(i)?, *self.logit.get(i)?, *self.slope.get(i)?));
        match (above.checked_sub(1).and_then(point), point(above)) {
            (None, _) => ALPHA_MIN,
            (Some(_), None) => 1.0,
            (Some((x0, y0, m0)), Some((x1, y1, m1))) => {
                let width = x1 - x0;
                let s = (x - x0) / width;
                let r = 1.0 - s;
                let y =
                    r * r * ((1.0 + 2.0 * s) * y0 + s * width * m0) + s * s * ((3.0 - 2.0 * s) * y1 - r * width * m1);
                1.0 / (1.0 + (-y).exp())
            }
        }
    }
}

/// Slopes dy/dx at the knots, by finite differences of fourth order along the even `y`; where those would not keep the
/// cubic monotone (Fritsch and Carlson's bound, three times the flatter chord) the bound is taken.
fn monotone_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let chord = |i: Option<usize>| {
        let i = i?;
        Some((y.get(i + 1)? - y.get(i)?) / (x.get(i + 1)? - x.get(i)?))
    };
    let centred = |i: usize| {
        let at = |values: &[f64], j: usize| values.get((i + j).checked_sub(2)?).copied();
        let run = |values: &[f64]| Some(at(values, 0)? - 8.0 * at(values, 1)? + 8.0 * at(values, 3)? - at(values, 4)?);
        Some(run(y)? / run(x)?)
    };
    (0..x.len())
        .map(|i| match (chord(i.checked_sub(1)), chord(Some(i))) {
            (Some(left), Some(right)) => centred(i).unwrap_or(0.5 * (left + right)).clamp(0.0, 3.0 * left.min(right)),
            (one, other) => one.or(other).unwrap_or(0.0),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Moment, Rules, gauss_legendre, planned, spending_time, spent};

    fn schedule(counts: &[u32], time: impl Fn(u32, u32) -> f64) -> Vec<Moment> {
        let last = counts[counts.len() - 1];
        counts
            .iter()
            .map(|&n| Moment { information: f64::from(n) / f64::from(last), spent: spent(time(n, last)) })
            .collect()
    }

    #[test]
    fn more_nodes_change_nothing() {
        let fine = Rules(vec![gauss_legendre(400)]);
        let plain = |n: u32, last: u32| f64::from(n) / f64::from(last);
        let plan = schedule(&[6, 10, 15, 21, 30], plain);
        let uneven = schedule(&[6, 7, 8, 100, 199, 200], plain);
        let longer = schedule(&[6, 10, 15, 20, 30, 40], spending_time);
        for fractions in [plan, uneven, longer] {
            for alpha in [1e-12, 1e-6, 0.01, 0.1, 0.9, 0.999] {
                let pairs =
                    planned(alpha, &fractions, &Rules::default()).into_iter().zip(planned(alpha, &fractions, &fine));
                for (look, (coarse, fine)) in pairs.enumerate() {
                    assert!((coarse - fine).abs() < 1e-8, "alpha {alpha}, look {look}: {coarse} against {fine}");
                }
            }
        }
    }
}
