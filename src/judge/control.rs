//! The run's self-control: how often would this run's own noise have turned a row red?
//!
//! Which side came first in a block was drawn by lot. If nothing had changed, the noise of a block could as well have fallen
//! the other way round, so flipping blocks at random gives runs that were equally probable: comparisons of the same code with
//! itself, made of this run's own launches. The rule is applied to them. Where it turns more of them red than it promises, the
//! noise is not what the rule assumes, and its red rows are not to be trusted (`docs/method.md`).

use super::evidence::{Evidence, evidence};
use super::{Policy, adjusted};
use crate::model::{Design, Distribution, Row};
use crate::stats::Looks;

/// Runs made of flipped blocks.
const RUNS: u32 = 200;

/// Rows that are flipped at most, evenly taken: enough to see what the machine does to all of them.
const ROWS_MAX: usize = 50;

/// Chance that a sound run is called unstable, at most.
const MISTAKE: f64 = 1e-3;

/// The seed of the flips: the same record always gives the same judgement.
const SEED: u64 = 0x5e1f;

/// What the self-control found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// Runs with flipped blocks.
    pub runs: u32,
    /// How many of them had a red row.
    pub red: u32,
}

impl Control {
    /// Whether more of them were red than alpha explains.
    #[must_use]
    pub fn is_unstable(self, alpha: f64) -> bool {
        self.runs > 0 && upper_tail(self.runs, self.red, alpha) < MISTAKE
    }
}

/// Applies the rule to flipped copies of the paired rows; none if there are none.
pub(super) fn control(rows: &[&Row], policy: &Policy, looks: &Looks) -> Option<Control> {
    let paired: Vec<&Row> = rows
        .iter()
        .filter(|row| row.design == Design::Paired && row.metric.distribution != Distribution::Exact)
        .filter(|row| row.base.iter().chain(&row.head).all(|value| *value > 0.0))
        .copied()
        .collect();
    let step = paired.len().div_ceil(ROWS_MAX).max(1);
    let paired: Vec<&Row> = paired.into_iter().step_by(step).collect();
    let seen = evidence(&paired, policy, Some(looks));
    let still: Vec<Row> = paired.into_iter().zip(&seen).map(|(row, seen)| centred(row, seen)).collect();
    if still.is_empty() {
        return None;
    }
    let mut random = fastrand::Rng::with_seed(SEED);
    let red = (0..RUNS).filter(|_| is_red(&still, policy, looks, &mut random)).count() as u32;
    Some(Control { runs: RUNS, red })
}

/// The row with its own effect taken out of head: what is left is noise.
fn centred(row: &Row, seen: &Evidence) -> Row {
    let effect = seen.ratio.unwrap_or(1.0);
    Row { head: row.head.iter().map(|value| value / effect).collect(), ..row.clone() }
}

fn is_red(still: &[Row], policy: &Policy, looks: &Looks, random: &mut fastrand::Rng) -> bool {
    let flipped: Vec<Row> = still.iter().map(|row| flip(row, looks.counts(), random)).collect();
    let seen: Vec<Evidence> = evidence(&flipped.iter().collect::<Vec<_>>(), policy, Some(looks));
    adjusted(&seen, policy, |row| row.p_worse).into_iter().flatten().any(|p| p <= policy.alpha)
}

/// The row with both sides exchanged in every other block, at random.
fn flip(row: &Row, looks: &[u32], random: &mut fastrand::Rng) -> Row {
    let mut flipped = row.clone();
    let pairs = row.base.len().min(row.head.len());
    let mut from = 0;
    for until in looks.iter().map(|&look| look as usize).chain([pairs]) {
        let until = until.min(pairs);
        // As `plan` lays them out: two pairs a block, one where a look leaves an odd one.
        while from < until {
            let end = (from + 2).min(until);
            if random.bool() {
                flipped.base[from..end].swap_with_slice(&mut flipped.head[from..end]);
            }
            from = end;
        }
    }
    flipped
}

/// P(X >= k) for X binomial(n, p).
fn upper_tail(n: u32, k: u32, p: f64) -> f64 {
    let mut term = (1.0 - p).powi(i32::try_from(n).unwrap_or(i32::MAX));
    let mut below = 0.0;
    for i in 0..k {
        below += term;
        term *= f64::from(n - i) / f64::from(i + 1) * (p / (1.0 - p));
    }
    1.0 - below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::{policy, row};

    fn looks() -> Looks {
        Looks::new(&[6, 10]).unwrap()
    }

    #[test]
    fn a_row_that_is_red_does_not_make_its_run_unstable() {
        let rows = [row("slower", 1.3), row("same", 1.0)];
        let seen = control(&rows.iter().collect::<Vec<_>>(), &policy(), &looks()).unwrap();
        assert_eq!(seen.red, 0, "half a percent of noise is far from the threshold");
        assert!(!seen.is_unstable(0.01));
    }

    #[test]
    fn noise_that_the_rule_was_not_made_for_is_noticed() {
        // The two pairs of a block share one large error: ten pairs hold no more than five.
        let mut random = fastrand::Rng::with_seed(4);
        let rows: Vec<Row> = (0..20)
            .map(|i| {
                let mut wild = row(&i.to_string(), 1.0);
                for block in wild.head.chunks_mut(2) {
                    let shift = if random.bool() { 1.3 } else { 1.0 / 1.3 };
                    block.iter_mut().for_each(|value| *value *= shift);
                }
                wild
            })
            .collect();
        let seen = control(&rows.iter().collect::<Vec<_>>(), &policy(), &looks()).unwrap();
        assert!(seen.is_unstable(0.01), "{seen:?}");
        assert_eq!(control(&rows.iter().collect::<Vec<_>>(), &policy(), &looks()), Some(seen), "always the same");
    }

    #[test]
    fn nothing_paired_nothing_to_control() {
        let stored = Row { design: Design::Stored, ..row("a", 1.0) };
        assert_eq!(control(&[&stored], &policy(), &looks()), None);
    }

    #[test]
    fn the_binomial_tail() {
        assert!((upper_tail(4, 2, 0.5) - 11.0 / 16.0).abs() < 1e-12);
        assert_eq!(upper_tail(200, 0, 0.01), 1.0);
        assert!(upper_tail(200, 8, 0.01) > 1e-3 && upper_tail(200, 9, 0.01) < 1e-3);
    }
}
