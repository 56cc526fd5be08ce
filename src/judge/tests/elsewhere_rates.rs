//! How rarely two machines err together, and what they keep: seeded simulation. `--nocapture` prints the rates that
//! `docs/method.md` has.

#![expect(clippy::print_stderr, reason = "the rates are what the test is read for")]

use super::*;
use crate::judge::elsewhere::tests::{joined, looks};

/// Twenty pairs with normal noise, `sd` per launch, ln scale.
fn noisy(change: f64, sd: f64, random: &mut fastrand::Rng) -> Row {
    let mut normal = || {
        let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
        sd * radius * (2.0 * std::f64::consts::PI * random.f64()).cos()
    };
    let (base, head) = (0..20).map(|_| (normal().exp(), (change.ln_1p() + normal()).exp())).unzip();
    Row { base, head, ..row("a", 1.0) }
}

#[test]
fn two_machines_err_together_rarely_and_keep_what_is_true() {
    let draws = 100;
    for (change, both_max, kept_min) in [(0.0, 0.0, 0.0), (0.03, 0.01, 0.0), (0.06, 1.0, 0.8), (0.10, 1.0, 0.99)] {
        let mut random = fastrand::Rng::with_seed(20_261_122);
        let (mut first, mut both) = (0, 0);
        for _ in 0..draws {
            let one = vec![noisy(change, 0.02, &mut random)];
            let red = judge(&record(one.clone()), &policy(), Some(&looks())).outcome == Outcome::Regression;
            let other = vec![noisy(change, 0.02, &mut random)];
            first += usize::from(red);
            both += usize::from(red && joined(one, other).0.outcome == Outcome::Regression);
        }
        let share = |count: usize| count as f64 / f64::from(draws);
        eprintln!("{:+.0} %: red {:.2} %, on both {:.2} %", 100.0 * change, 100.0 * share(first), 100.0 * share(both));
        assert!(share(both) <= both_max, "{change}: {both} of {draws}");
        assert!(share(both) >= kept_min * share(first), "{change}: {both} of {first}");
    }
}
