//! Which commit is the culprit, from measurements that may be wrong: a posterior over all commits of a range.
//!
//! Commits are numbered from 0, oldest first; the culprit is the first bad one, so a measurement at commit i is bad if the
//! culprit is at most i. Binary search trusts every answer; this weighs them (Waeber, Frazier and Henderson 2013).

/// Degrees of freedom of a measurement's noise: wild ones happen.
const NOISE_DF: f64 = 4.0;

/// Scale of the t distribution of [`NOISE_DF`] degrees over the standard deviation of ordinary launches.
const NOISE_SCALE: f64 = 0.85;

/// How far a build's bias is looked for, in scales: beyond lies less than one in ten thousand.
const BIAS_REACH: f64 = 15.0;

/// No verdict is trusted more than this, so that two that contradict each other leave something.
const TRUST_MAX: f64 = 1.0 - 1e-12;

/// What is known of the culprit. Every commit, and every size its step may have, is a hypothesis; one more is that there is no
/// culprit at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Bisection {
    /// ln of the weight of each commit, for each factor of the step.
    weights: Vec<(f64, Vec<f64>)>,
    /// ln of the weight of "no culprit".
    none: f64,
}

impl Bisection {
    /// Every one of `commits` equally likely, and surely one of them.
    pub fn uniform(commits: usize) -> Self {
        Self::new(&vec![1.0; commits], &[1.0], 0.0)
    }

    /// Commits in the proportions of `prior`, the step the estimated one times one of `factors` (each equally likely), and
    /// the chance `no_culprit` in [0, 1) that nothing happened or the measurements are flaky.
    ///
    /// Weights that are not positive are taken as 0; without any positive one all are equal.
    pub fn new(prior: &[f64], factors: &[f64], no_culprit: f64) -> Self {
        let positive = |w: &f64| if w.is_finite() && *w > 0.0 { *w } else { 0.0 };
        let most = prior.iter().map(positive).fold(0.0, f64::max);
        let ln: Vec<f64> = prior.iter().map(|w| if most > 0.0 { (positive(w) / most).ln() } else { 0.0 }).collect();
        let no_culprit = if no_culprit > 0.0 { no_culprit.min(TRUST_MAX) } else { 0.0 };
        let factors = if factors.is_empty() { &[1.0] } else { factors };
        let all: f64 = ln.iter().map(|w| w.exp()).sum::<f64>() * factors.len() as f64;
        let none = (no_culprit / (1.0 - no_culprit) * all).ln();
        Self { weights: factors.iter().map(|&factor| (factor, ln.clone())).collect(), none }
    }

    /// Takes in that commit `index` was found bad, or good, by a test that is right with probability `p_correct`.
    pub fn observe_verdict(&mut self, index: usize, bad: bool, p_correct: f64) {
        let trust = if p_correct.is_nan() { 0.5 } else { p_correct.clamp(1.0 - TRUST_MAX, TRUST_MAX) };
        let (right, wrong) = (trust.ln(), (1.0 - trust).ln());
        let (if_bad, if_good) = if bad { (right, wrong) } else { (wrong, right) };
        self.update(index, |_| if_bad, if_good);
    }

    /// Takes in that commit `index` was measured `effect` slower than the good end (log scale, like `step`, the estimated size
    /// of the change, and `sd`, the standard deviation of such a measurement). Noise is Student's t with 4 degrees of freedom
    /// and scale 0.85 sd. Says nothing if `sd` is not positive or a number is not finite.
    pub fn observe(&mut self, index: usize, effect: f64, step: f64, sd: f64) {
        if sd > 0.0 && [effect, step, sd].iter().all(|v| v.is_finite()) {
            let scale = NOISE_SCALE * sd;
            self.update(index, |factor| ln_noise((effect - factor * step) / scale), ln_noise(effect / scale));
        }
    }

    /// Takes in several measurements of one build of commit `index`, each `effects[i]` slower than the good end. Beside the noise
    /// of each, of standard deviation `sd`, the build has a bias of its own, of standard deviation `build_sd`, which no repetition
    /// averages out: its code came to lie elsewhere. Both are Student's t as in [`Self::observe`]; the bias is integrated out on a
    /// grid. All on the log scale. Says nothing if a deviation is not positive or a number is not finite.
    pub fn observe_build(&mut self, index: usize, effects: &[f64], step: f64, sd: f64, build_sd: f64) {
        let sound = [step, sd, build_sd].iter().chain(effects).all(|v| v.is_finite());
        if !sound || effects.is_empty() || sd <= 0.0 || build_sd <= 0.0 {
            return;
        }
        let (noise, bias) = (NOISE_SCALE * sd, NOISE_SCALE * build_sd);
        // Fine enough for the peak of many measurements, and no finer than can be paid for.
        let spacing = (0.25 * noise / (effects.len() as f64).sqrt()).clamp(bias / 200.0, bias / 4.0);
        let reach = (BIAS_REACH * bias / spacing).ceil() as i32;
        let ln_likelihood = |location: f64| {
            let at = |node: i32| {
                let shift = f64::from(node) * spacing;
                let each = effects.iter().map(|effect| ln_noise((effect - location - shift) / noise));
                ln_noise(shift / bias) + each.sum::<f64>()
            };
            let nodes: Vec<f64> = (-reach..=reach).map(at).collect();
            let most = nodes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            most + nodes.iter().map(|ln| (ln - most).exp()).sum::<f64>().ln()
        };
        let if_good = ln_likelihood(0.0);
        self.update(index, |factor| ln_likelihood(factor * step), if_good);
    }

    /// Adds `if_bad(factor)` to the hypotheses under which commit `index` is bad, `if_good` to all others.
    fn update(&mut self, index: usize, if_bad: impl Fn(f64) -> f64, if_good: f64) {
        for (factor, weights) in &mut self.weights {
            let slower = if_bad(*factor);
            for (culprit, weight) in weights.iter_mut().enumerate() {
                *weight += if culprit <= index { slower } else { if_good };
            }
        }
        self.none += if_good;
    }

    /// The greatest of all ln weights, and the sum of all weights in its unit.
    fn total(&self) -> (f64, f64) {
        let all = || self.weights.iter().flat_map(|(_, weights)| weights).chain([&self.none]);
        let most = all().copied().fold(f64::NEG_INFINITY, f64::max);
        (most, all().map(|w| (w - most).exp()).sum())
    }

    /// The probability of each commit to be the culprit; what is missing to 1 is [`Self::no_culprit`].
    pub fn posterior(&self) -> Vec<f64> {
        let (most, total) = self.total();
        let commits = self.weights.first().map_or(0, |(_, weights)| weights.len());
        let weight = |commit: usize| {
            let each = self.weights.iter().filter_map(|(_, weights)| weights.get(commit));
            each.map(|w| (w - most).exp()).sum::<f64>()
        };
        (0..commits).map(|commit| weight(commit) / total).collect()
    }

    /// The probability that there is no culprit.
    pub fn no_culprit(&self) -> f64 {
        let (most, total) = self.total();
        if most.is_finite() { (self.none - most).exp() / total } else { 1.0 }
    }

    /// The most likely culprit, the oldest of equals, and its probability. None for no commits.
    pub fn most_likely(&self) -> Option<(usize, f64)> {
        let posterior = self.posterior().into_iter().enumerate();
        posterior.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// The commit to measure next: the first one at or before which the culprit lies with probability 1/2, if there is one.
    pub fn next_test(&self) -> Option<usize> {
        let posterior = self.posterior();
        let half = 0.5 * posterior.iter().sum::<f64>();
        let mut sum = 0.0;
        posterior.iter().position(|p| {
            sum += p;
            // Rounding must not carry an exact half past its commit.
            sum >= half * (1.0 - 1e-12)
        })
    }

    /// The fewest commits, most likely first, that hold the culprit with probability `level` if there is one.
    pub fn credible(&self, level: f64) -> Vec<usize> {
        let posterior = self.posterior();
        let at = |commit: usize| posterior.get(commit).copied().unwrap_or(0.0);
        let mut order: Vec<usize> = (0..posterior.len()).collect();
        order.sort_by(|&a, &b| at(b).total_cmp(&at(a)));
        let wanted = level * posterior.iter().sum::<f64>();
        let mut sum = 0.0;
        let enough = order.iter().position(|&commit| {
            sum += at(commit);
            sum >= wanted
        });
        order.truncate(enough.map_or(order.len(), |last| last + 1));
        order
    }
}

/// ln of the density of the noise at `x` scales from its centre, up to a constant.
fn ln_noise(x: f64) -> f64 {
    // Finite for any `x`, so that no measurement makes every hypothesis impossible.
    let x = x.clamp(-1e100, 1e100);
    -0.5 * (NOISE_DF + 1.0) * (x * x / NOISE_DF).ln_1p()
}

/// ln of the likelihood ratio of "slower by the fraction `shift`" against "not slower" for one measured `effect` (log scale) with
/// normal noise of standard deviation `sd`. 0 if `sd` is not positive.
pub fn normal_evidence(effect: f64, shift: f64, sd: f64) -> f64 {
    let step = shift.ln_1p();
    let evidence = step * (effect - 0.5 * step) / (sd * sd);
    if sd > 0.0 && evidence.is_finite() { evidence } else { 0.0 }
}
