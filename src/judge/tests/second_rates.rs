//! What the second look over link orders lets through and what it costs: seeded simulation of links whose place in memory
//! moves them. The bounds are those that `docs/method.md` promises; `--nocapture` prints the rates.

#![expect(clippy::print_stderr, reason = "the rates are what the tests are read for")]

use super::*;
use crate::model::{SecondLook, Varied};
use fastrand::Rng;

const DRAWS: usize = 20_000;

/// Links of a batch, and batches, as the gate makes them.
const LINKS: usize = 4;
const BATCHES: usize = 3;

/// What measuring one link leaves of noise, ln scale.
const MEASURING: f64 = 0.003;

/// How the links of one source differ.
#[derive(Clone, Copy, Debug)]
enum Spread {
    Normal,
    /// One link in eight is far away, the others are close together.
    Outlier,
}

impl Spread {
    fn draw(self, sd: f64, random: &mut Rng) -> f64 {
        match self {
            Self::Normal => sd * normal(random),
            Self::Outlier => 0.3 * sd * normal(random) + if random.f64() < 0.125 { 2.8 * sd } else { 0.0 },
        }
    }
}

fn normal(random: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * random.f64()).cos()
}

/// Shares of all draws: called beyond the threshold by one link a side, and still red after the second look.
fn simulate(spread: Spread, sd: f64, change: f64) -> (f64, f64) {
    let mut random = Rng::with_seed(20_260_102);
    let policy = policy();
    let delta = policy.threshold.ln_1p();
    let (mut first, mut red) = (0_usize, 0_usize);
    for _ in 0..DRAWS {
        // Twenty pairs of one link a side know its place to half a percent or so.
        let seen = change.ln_1p() + spread.draw(sd, &mut random) - spread.draw(sd, &mut random);
        if seen + 0.004 * normal(&mut random) <= delta + 0.012 {
            continue;
        }
        first += 1;
        let mut link = |centre: f64| (centre + spread.draw(sd, &mut random) + MEASURING * normal(&mut random)).exp();
        let mut look = SecondLook { varied: Varied::Links, batch: LINKS as u32, base: vec![], head: vec![] };
        for _ in 0..BATCHES {
            look.base.extend((0..LINKS).map(|_| link(0.0)));
            look.head.extend((0..LINKS).map(|_| link(change.ln_1p())));
            let row = Row { second_look: Some(look.clone()), ..row("a", 1.0) };
            let now = standing(&row, &policy).map(|(standing, _)| standing);
            red += usize::from(now == Some(Standing::Confirmed));
            if now != Some(Standing::Open) {
                break;
            }
        }
    }
    (first as f64 / DRAWS as f64, red as f64 / DRAWS as f64)
}

#[test]
fn luck_of_layout_is_cleared_and_changes_are_kept() {
    for (spread, sd, unchanged_max, kept_min) in [
        (Spread::Normal, 0.009, 0.0005, 0.98),
        (Spread::Normal, 0.02, 0.0005, 0.98),
        (Spread::Normal, 0.03, 0.001, 0.98),
        (Spread::Outlier, 0.009, 0.0005, 0.98),
        (Spread::Outlier, 0.02, 0.0005, 0.98),
        (Spread::Outlier, 0.03, 0.001, 0.98),
    ] {
        let (false_one, false_red) = simulate(spread, sd, 0.0);
        let (five, five_red) = simulate(spread, sd, 0.05);
        let (ten, ten_red) = simulate(spread, sd, 0.10);
        eprintln!(
            "{spread:?} {:.1} %: unchanged {:.2} % -> {:.3} %; +5 % {:.1} % -> {:.1} %; +10 % {:.1} % -> {:.1} %",
            100.0 * sd,
            100.0 * false_one,
            100.0 * false_red,
            100.0 * five,
            100.0 * five_red,
            100.0 * ten,
            100.0 * ten_red
        );
        assert!(false_red <= unchanged_max, "{spread:?} {sd}: {false_red} of unchanged code is red");
        assert!(ten_red >= kept_min * ten, "{spread:?} {sd}: {ten_red} of {ten} kept");
    }
}

#[test]
fn at_the_threshold_itself_the_second_look_errs_rarely() {
    for sd in [0.009, 0.02, 0.03] {
        let (first, red) = simulate(Spread::Normal, sd, 0.03);
        eprintln!("at the threshold, spread {:.1} %: {:.1} % -> {:.1} %", 100.0 * sd, 100.0 * first, 100.0 * red);
        // Three batches, each at 5 % one-sided.
        assert!(red <= 0.15 * first, "{sd}: {red} of {first}");
    }
}
