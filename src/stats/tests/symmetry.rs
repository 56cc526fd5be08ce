//! Exchanging the two samples mirrors what is said of them, and keeps what has no direction.

use crate::stats::changepoints::{Detector, detect};
use crate::stats::left_out::{ratio, resample, shape, student, trend};
use crate::stats::{Significance, hodges_lehmann, rank, series};
use proptest::prelude::*;

/// Whole numbers in a small range, so that ties are common, or numbers with a fraction.
fn sample(sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![(1i32..9).prop_map(f64::from), 0.5f64..9.5];
    prop::collection::vec(value, sizes)
}

fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn mirrored(one: Significance, other: Significance) -> bool {
    near(one.above, other.below) && near(one.below, other.above) && near(one.two_sided, other.two_sided)
}

fn negated(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| -v).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tests_of_two_samples(base in sample(0..12), head in sample(0..12)) {
        let (one, other) = (rank::mann_whitney(&base, &head), rank::mann_whitney(&head, &base));
        prop_assert!(mirrored(one, other));
        prop_assert!(near(one.statistic + other.statistic, (base.len() * head.len()) as f64));
        let (one, other) = (rank::brunner_munzel(&base, &head), rank::brunner_munzel(&head, &base));
        prop_assert!(mirrored(one, other) && near(one.statistic, -other.statistic));
        let (one, other) = (rank::median_test(&base, &head), rank::median_test(&head, &base));
        prop_assert!(near(one.statistic, other.statistic) && near(one.two_sided, other.two_sided));
        for compare in [student::welch, student::pooled] {
            let (one, other) = (compare(&base, &head), compare(&head, &base));
            prop_assert_eq!(one.is_some(), other.is_some());
            if let (Some(one), Some(other)) = (one, other) {
                prop_assert!(near(one.value, -other.value) && near(one.error, other.error) && near(one.df, other.df));
                prop_assert!(mirrored(one.against(0.5), other.against(-0.5)));
            }
        }
    }

    #[test]
    fn tests_of_pairs(d in sample(0..12)) {
        let (one, other) = (rank::signed_rank(&d, 3.0), rank::signed_rank(&negated(&d), -3.0));
        prop_assert!(mirrored(one, other));
        for trim in [0, 1] {
            let (one, other) = (resample::sign_flip(&d, 3.0, trim, 7), resample::sign_flip(&negated(&d), -3.0, trim, 7));
            prop_assert!(mirrored(one, other) && near(one.statistic, -other.statistic));
        }
    }

    #[test]
    fn distances(base in sample(0..12), head in sample(0..12)) {
        for distance in [
            shape::kolmogorov_smirnov,
            shape::kolmogorov_smirnov_large,
            shape::cramer_von_mises,
            shape::cramer_von_mises_large,
        ] {
            let (one, other) = (distance(&base, &head), distance(&head, &base));
            prop_assert!(near(one.distance, other.distance) && near(one.p, other.p), "{one:?} {other:?}");
        }
        for distance in [shape::wasserstein, shape::energy] {
            prop_assert!(near(distance(&base, &head), distance(&head, &base)));
            prop_assert_eq!(distance(&base, &base), 0.0);
        }
        let (one, other) = (shape::anderson_darling(&[&base, &head]), shape::anderson_darling(&[&head, &base]));
        prop_assert!(near(one.unwrap_or(0.0), other.unwrap_or(0.0)));
    }

    #[test]
    fn estimates(base in sample(1..12), head in sample(1..12)) {
        let (one, other) = (hodges_lehmann::two_sample(&base, &head, 0.1), hodges_lehmann::two_sample(&head, &base, 0.1));
        let (one, other) = (one.expect("values"), other.expect("values"));
        prop_assert!(near(one.estimate, -other.estimate));
        prop_assert_eq!(one.interval, other.interval.map(|(low, high)| (-high, -low)));
        let (one, other) = (ratio::log_ratio(&base, &head), ratio::log_ratio(&head, &base));
        prop_assert!(one.zip(other).is_none_or(|(one, other)| near(one.value, -other.value) && near(one.error, other.error)));
        // Where both ratios are bounded, their ends are each other's inverses.
        let (one, other) = (ratio::fieller(&base, &head, 0.05), ratio::fieller(&head, &base, 0.05));
        if let (Some(one), Some(other)) = (one.and_then(|f| f.interval), other.and_then(|f| f.interval)) {
            prop_assert!(near(one.0 * other.1, 1.0) && near(one.1 * other.0, 1.0), "{one:?} {other:?}");
        }
    }

    #[test]
    fn sequences(x in sample(2..40)) {
        let (one, other) = (trend::trend(&x, 0.05).expect("values"), trend::trend(&negated(&x), 0.05).expect("values"));
        prop_assert!(near(one.slope, -other.slope) && near(one.tau, -other.tau) && near(one.p, other.p));
        let mut back = x.clone();
        back.reverse();
        prop_assert!(near(series::von_neumann(&x), series::von_neumann(&back)));
        prop_assert!(near(series::ljung_box(&x, 1).1, series::ljung_box(&back, 1).1));
    }

    #[test]
    fn changes_do_not_depend_on_units(noise in prop::collection::vec(-1.0f64..1.0, 80..160), at in 30usize..50, size in 0.0f64..9.0, unit in 1e-6f64..1e6) {
        let x: Vec<f64> = noise.iter().enumerate().map(|(i, v)| 100.0 + v + if i >= at { size } else { 0.0 }).collect();
        let indices = |x: &[f64], logarithms| -> Vec<usize> {
            detect(x, &Detector { logarithms, ..Detector::DEFAULT }).iter().map(|change| change.index).collect()
        };
        let scaled: Vec<f64> = x.iter().map(|v| v * unit).collect();
        prop_assert_eq!(indices(&x, true), indices(&scaled, true));
        prop_assert_eq!(indices(&x, false), indices(&negated(&x), false));
    }
}
