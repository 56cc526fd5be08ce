//! p-values by relabelling: exact whatever the shape of the noise, because under "no change" a pair's sides, or the launches
//! of both sides, may be exchanged. Launches are relabelled, never iterations.
//!
//! Few launches are relabelled in all ways; more in 9,999 ways drawn from a seed, the given one added (Davison and Hinkley
//! 1997), so no p is 0.

use crate::stats::significance::Significance;
use crate::stats::summary::mean;
use fastrand::Rng;

/// Relabellings drawn where there are too many for all.
const DRAWN: u32 = 9_999;

/// Most pairs whose signs are flipped in all ways.
const FLIPPED_MAX: usize = 12;

/// Most choices of labels that are all tried.
const CHOICES_MAX: f64 = 10_000.0;

/// The given statistic against those of all relabellings, the given one among them; rounding must not tell apart what is
/// equal.
fn significance(given: f64, seen: &[f64]) -> Significance {
    if seen.is_empty() || given.is_nan() {
        return Significance::none(0.0);
    }
    let scale = seen.iter().filter(|v| v.is_finite()).fold(0.0, |most: f64, v| most.max(v.abs()));
    let share = |is: &dyn Fn(f64) -> bool| seen.iter().filter(|v| is(**v)).count() as f64 / seen.len() as f64;
    let slack = 1e-12 * scale;
    // The first comparison of each is for infinities.
    let above = share(&|v| v >= given || v >= given - slack);
    let below = share(&|v| v <= given || v <= given + slack);
    Significance::new(given, above, below)
}

/// The statistic for every way to exchange the two sides of `pairs` pairs, or for the given one and 9,999 drawn ways; the
/// closure is told which pairs are exchanged.
pub(super) fn exchanges(pairs: usize, seed: u64, mut statistic: impl FnMut(&[bool]) -> f64) -> Significance {
    let mut exchanged = vec![false; pairs];
    let given = statistic(&exchanged);
    let mut seen = vec![given];
    if pairs <= FLIPPED_MAX {
        for signs in 1..1_u32 << pairs {
            exchanged.iter_mut().enumerate().for_each(|(i, is)| *is = signs >> i & 1 == 1);
            seen.push(statistic(&exchanged));
        }
    } else {
        let mut random = Rng::with_seed(seed);
        for _ in 0..DRAWN {
            exchanged.fill_with(|| random.bool());
            seen.push(statistic(&exchanged));
        }
    }
    significance(given, &seen)
}

/// The sign-flip test of pairs' differences (head less base) against `centre`. The statistic is the sum of the differences
/// from `centre` without the `trim` smallest and the `trim` largest, in the values' unit.
///
/// All signs to 12 pairs, else 9,999 drawn from `seed`.
pub fn sign_flip(differences: &[f64], centre: f64, trim: usize, seed: u64) -> Significance {
    if differences.len() <= trim.saturating_mul(2) {
        return Significance::none(0.0);
    }
    exchanges(differences.len(), seed, |exchanged| {
        let flipped = differences.iter().zip(exchanged).map(|(d, &is)| if is { centre - d } else { d - centre });
        trimmed_sum(flipped.collect(), trim)
    })
}

/// The sum without the `trim` smallest and largest values.
fn trimmed_sum(mut values: Vec<f64>, trim: usize) -> f64 {
    if trim > 0 {
        values.sort_unstable_by(f64::total_cmp);
    }
    values.get(trim..values.len().saturating_sub(trim)).unwrap_or_default().iter().sum()
}

/// The permutation test of any `statistic` of (base, head): launches are relabelled, keeping how many each side has.
///
/// All choices to 10,000, else 9,999 drawn from `seed`. For a distance, which cannot be small by chance alone, read `above`.
pub fn permutation(base: &[f64], head: &[f64], seed: u64, statistic: impl Fn(&[f64], &[f64]) -> f64) -> Significance {
    if base.is_empty() || head.is_empty() {
        return Significance::none(0.0);
    }
    let all = [base, head].concat();
    let given = statistic(base, head);
    let mut seen = Vec::new();
    if choices(all.len(), head.len()) <= CHOICES_MAX {
        let mut chosen: Vec<usize> = (0..head.len()).collect();
        loop {
            let (some, others) = split(&all, &chosen);
            seen.push(statistic(&others, &some));
            if !next_choice(&mut chosen, all.len()) {
                break;
            }
        }
    } else {
        let mut random = Rng::with_seed(seed);
        let mut mixed = all;
        seen.push(given);
        for _ in 0..DRAWN {
            random.shuffle(&mut mixed);
            let (one, other) = mixed.split_at(base.len());
            seen.push(statistic(one, other));
        }
    }
    significance(given, &seen)
}

/// [`permutation`] of the difference of the means, head less base.
pub fn difference_of_means(base: &[f64], head: &[f64], seed: u64) -> Significance {
    permutation(base, head, seed, |base, head| mean(head) - mean(base))
}

/// [`permutation`] of Brunner and Munzel's statistic (Neubert and Brunner 2007), which holds its level for a few launches a
/// side where the t approximation of [`crate::stats::rank::brunner_munzel`] does not.
pub fn brunner_munzel(base: &[f64], head: &[f64], seed: u64) -> Significance {
    permutation(base, head, seed, crate::stats::rank::brunner_munzel_statistic)
}

/// The number of ways to choose `k` of `n`.
fn choices(n: usize, k: usize) -> f64 {
    (0..k.min(n - k)).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
}

/// The next ascending choice of indices below `n`, in lexicographic order; false after the last.
fn next_choice(chosen: &mut [usize], n: usize) -> bool {
    let k = chosen.len();
    let Some(i) = (0..k).rev().find(|&i| chosen.get(i).is_some_and(|&index| index < n - k + i)) else { return false };
    let mut index = chosen.get(i).copied().unwrap_or_default();
    for slot in chosen.iter_mut().skip(i) {
        index += 1;
        *slot = index;
    }
    true
}

/// The values at the ascending indices `chosen`, and the others.
fn split(all: &[f64], chosen: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let mut next = chosen.iter().peekable();
    let (mut some, mut others) = (Vec::with_capacity(chosen.len()), Vec::with_capacity(all.len()));
    for (i, &value) in all.iter().enumerate() {
        if next.next_if(|&&index| index == i).is_some() { some.push(value) } else { others.push(value) }
    }
    (some, others)
}
