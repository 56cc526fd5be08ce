//! What must hold of every judgement, whatever the numbers.

use super::*;
use crate::model::{BenchmarkId, Better};
use proptest::prelude::*;

fn looks() -> &'static Looks {
    static LOOKS: std::sync::LazyLock<Looks> = std::sync::LazyLock::new(|| Looks::new(&[6, 10]).unwrap());
    &LOOKS
}

fn rows(factors: &[f64]) -> Vec<Row> {
    factors.iter().enumerate().map(|(i, &factor)| row(&format!("{i:02}"), factor)).collect()
}

fn judged(rows: Vec<Row>, policy: &Policy) -> Judgement {
    judge(&record(rows), policy, Some(looks()))
}

fn reds(judgement: &Judgement) -> Vec<String> {
    let red = judgement.comparisons.iter().filter(|row| row.verdict == Verdict::Regression);
    red.map(|row| row.benchmark.clone()).collect()
}

fn factors() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(0.85_f64..1.2, 1..10)
}

proptest! {
    // Each case judges a run whose red rows are controlled two hundred times.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn swapping_base_and_head_inverts_ratios_and_mirrors_verdicts(factors in factors()) {
        let forward = rows(&factors);
        let mut backward = forward.clone();
        backward.iter_mut().for_each(|row| std::mem::swap(&mut row.base, &mut row.head));
        let (forward, backward) = (judged(forward, &policy()), judged(backward, &policy()));
        for (one, other) in forward.comparisons.iter().zip(&backward.comparisons) {
            prop_assert!((one.ratio.unwrap() * other.ratio.unwrap() - 1.0).abs() < 1e-9);
            let (a, b) = (one.interval.unwrap(), other.interval.unwrap());
            prop_assert!((a[0] * b[1] - 1.0).abs() < 1e-9 && (a[1] * b[0] - 1.0).abs() < 1e-9);
            let mirrored = match other.verdict {
                Verdict::Regression => Verdict::Improvement,
                Verdict::Improvement => Verdict::Regression,
                same => same,
            };
            prop_assert_eq!(one.verdict, mirrored);
        }
    }

    #[test]
    fn units_change_nothing(factors in factors(), exponent in -9_i32..9) {
        let plain = rows(&factors);
        let mut scaled = plain.clone();
        // A power of two, so that no rounding enters.
        let unit = 2_f64.powi(exponent);
        for row in &mut scaled {
            row.base.iter_mut().chain(&mut row.head).for_each(|value| *value *= unit);
        }
        let (plain, scaled) = (judged(plain, &policy()), judged(scaled, &policy()));
        for (one, other) in plain.comparisons.iter().zip(&scaled.comparisons) {
            prop_assert_eq!(one.verdict, other.verdict);
            prop_assert!((one.ratio.unwrap() / other.ratio.unwrap() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_of_unpaired_launches_changes_nothing(factor in 0.85_f64..1.2, seed: u64) {
        let plain = Row { design: Design::Unpaired, ..row("a", factor) };
        let mut shuffled = plain.clone();
        let mut random = fastrand::Rng::with_seed(seed);
        random.shuffle(&mut shuffled.base);
        random.shuffle(&mut shuffled.head);
        let of = |row: Row| judge(&record(vec![row]), &policy(), None).comparisons[0].clone();
        let (one, other) = (of(plain), of(shuffled));
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert!((one.ratio.unwrap() / other.ratio.unwrap() - 1.0).abs() < 1e-12);
        prop_assert!((one.p.unwrap() - other.p.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn a_waiver_never_turns_green_red(factors in factors(), which in 0_usize..10, ceiling in 0.0_f64..0.5, old: bool) {
        let waiver = Waiver {
            benchmark: globset::Glob::new(&format!("s/{which:02}")).unwrap().compile_matcher(),
            metric: "wall-time".into(),
            ceiling,
            until: if old { "2020-01-01" } else { "2030-01-01" }.into(),
            reason: "known".into(),
            issue: None,
            place: "benchgate.toml:1:1".into(),
        };
        let plain = judged(rows(&factors), &policy());
        let waived = judged(rows(&factors), &Policy { waivers: vec![waiver], ..policy() });
        prop_assert_eq!(reds(&plain), reds(&waived), "a waiver covers a verdict and does not change it");
        if plain.outcome == Outcome::Pass {
            prop_assert_eq!(waived.outcome, Outcome::Pass);
        }
    }

    #[test]
    fn more_alpha_never_fewer_reds(factors in factors(), low in 1e-4_f64..0.2, more in 1.0_f64..4.0) {
        for correction in [Correction::BenjaminiHochberg, Correction::Holm] {
            let at = |alpha: f64| reds(&judged(rows(&factors), &Policy { correction, alpha, ..policy() }));
            let (few, many) = (at(low), at(low * more));
            prop_assert!(few.iter().all(|red| many.contains(red)), "{:?} at {}, {:?} at {}", few, low, many, low * more);
        }
    }

    #[test]
    fn holm_never_turns_more_rows_red(factors in factors()) {
        let of = |correction: Correction| reds(&judged(rows(&factors), &Policy { correction, ..policy() }));
        let (holm, other) = (of(Correction::Holm), of(Correction::BenjaminiHochberg));
        prop_assert!(holm.iter().all(|red| other.contains(red)));
    }

    #[test]
    fn a_metric_of_which_more_is_better_is_the_mirror(factor in 0.85_f64..1.2) {
        let lower = row("a", factor);
        let mut higher = Row { id: BenchmarkId::new("s", "a"), ..lower.clone() };
        higher.metric.better = Better::Higher;
        std::mem::swap(&mut higher.base, &mut higher.head);
        let of = |row: Row| judged(vec![row], &policy()).comparisons[0].verdict;
        prop_assert_eq!(of(lower), of(higher));
    }
}
