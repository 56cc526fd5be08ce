//! Every function answers for every finite input, and what it answers lies where it must.

use crate::stats::bisection::{Bisection, normal_evidence};
use crate::stats::changepoints::partition::{least_deviations, least_squares};
use crate::stats::changepoints::splits::{cusum, energy, energy_split};
use crate::stats::changepoints::{Detector, detect};
use crate::stats::left_out::{
    anytime, components, modality, prediction, quantiles, ratio, resample, shape, student, trend,
};
use crate::stats::{Significance, Spending, hodges_lehmann, multiplicity, rank, series};
use proptest::prelude::*;

/// Any finite number; a small whole one; 0; one of two sizes far apart.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        (-3i32..4).prop_map(f64::from),
        Just(0.0),
        prop_oneof![Just(1e-300), Just(1e300), Just(f64::MAX), Just(f64::MIN)],
    ]
}

/// Up to `most` values: all different, or all equal, or with ties.
fn values(most: usize) -> impl Strategy<Value = Vec<f64>> {
    let equal = (value(), 0..=most).prop_map(|(value, n)| vec![value; n]);
    let tied = prop::collection::vec((0i32..3).prop_map(f64::from), 0..=most);
    prop_oneof![3 => prop::collection::vec(value(), 0..=most), 1 => equal, 1 => tied]
}

fn is_p(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

fn sane(got: Significance) -> bool {
    is_p(got.above) && is_p(got.below) && is_p(got.two_sided) && !got.statistic.is_nan()
}

fn ordered(interval: Option<(f64, f64)>) -> bool {
    interval.is_none_or(|(low, high)| low <= high)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tests_of_samples(base in values(30), head in values(30), centre in value()) {
        for test in [rank::mann_whitney, rank::brunner_munzel, rank::median_test] {
            prop_assert!(sane(test(&base, &head)));
        }
        prop_assert!(sane(rank::signed_rank(&base, centre)));
        for estimate in [student::one_sample(&base), student::pooled(&base, &head), student::welch(&base, &head)].into_iter().flatten() {
            prop_assert!(sane(estimate.against(centre)) && is_p(estimate.p_equivalence(centre.abs())));
            prop_assert!(ordered(Some(estimate.interval(0.01))) && estimate.df > 0.0);
        }
        for distance in [
            shape::kolmogorov_smirnov(&base, &head),
            shape::kolmogorov_smirnov_large(&base, &head),
            shape::cramer_von_mises(&base, &head),
            shape::cramer_von_mises_large(&base, &head),
        ] {
            prop_assert!(distance.distance >= 0.0 && is_p(distance.p), "{distance:?}");
        }
        prop_assert!(shape::wasserstein(&base, &head) >= 0.0 && shape::energy(&base, &head) >= 0.0);
        prop_assert!(shape::anderson_darling(&[&base, &head]).is_none_or(f64::is_finite));
    }

    #[test]
    fn estimates(base in values(30), head in values(30), alpha in 1e-6f64..0.999) {
        for got in [hodges_lehmann::one_sample(&base, alpha), hodges_lehmann::two_sample(&base, &head, alpha)].into_iter().flatten() {
            prop_assert!(!got.estimate.is_nan() && ordered(got.interval) && is_p(got.confidence));
        }
        for got in [ratio::fieller(&base, &head, alpha), ratio::fieller_paired(&base, &head, alpha)].into_iter().flatten() {
            prop_assert!(got.ratio.is_finite() && ordered(got.interval));
        }
        prop_assert!(ratio::log_ratio(&base, &head).is_none_or(|got| got.value.is_finite() && got.error >= 0.0));
        prop_assert!(ordered(prediction::prediction_interval(&base, 0, alpha)));
        prop_assert!(prediction::significance_threshold(&base) >= 0.0);
        for mixture in [1.0, 4.0] {
            prop_assert!(is_p(anytime::p_value(&base, mixture)));
            prop_assert!(anytime::radius(&base, mixture, alpha) >= 0.0 && anytime::asymptotic_radius(&base, mixture, alpha) >= 0.0);
        }
        let counts = [2, base.len() / 2];
        if let Some(got) = components::components(base.get(..2 * counts[1]).unwrap_or_default(), &counts) {
            prop_assert!(got.added.iter().all(|v| *v >= 0.0) && ordered(Some(got.interval(alpha))));
            prop_assert!(is_p(got.outer_share()) && ordered(got.outer_share_interval(alpha)));
            prop_assert!(got.best_count(0, 1.0, 2.0).is_some_and(|count| count >= 0.0) && got.best_count(1, 1.0, 1.0).is_none());
        }
    }

    #[test]
    fn quantiles_lie_among_the_values(x in values(30), p in 0.0f64..=1.0) {
        let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (v.min(low), v.max(high)));
        for got in [quantiles::quantile_type8(&x, p), quantiles::harrell_davis(&x, p), modality::half_sample_mode(&x)] {
            prop_assert!(if x.is_empty() { got.is_nan() } else { (low..=high).contains(&got) }, "{got}");
        }
        for error in [quantiles::harrell_davis_error(&x, p), quantiles::maritz_jarrett_error(&x, p)] {
            prop_assert!(error.is_none_or(|error| error >= 0.0));
        }
        prop_assert!(ordered(quantiles::maritz_jarrett_interval(&x, p, 0.05)));
        prop_assert!(ordered(Some(quantiles::order_statistic_interval(&x, p, 0.05))));
        let dip = modality::dip(&x);
        let n = x.len() as f64;
        prop_assert!(if x.is_empty() { dip == 0.0 } else { (0.4999 / n..=0.25_f64.max(0.5 / n)).contains(&dip) }, "{dip}");
        prop_assert!(modality::bimodality_coefficient(&x).is_none_or(f64::is_finite));
    }

    #[test]
    fn sequences(x in values(40), lags in 0usize..50, alpha in 1e-6f64..0.999) {
        prop_assert!(series::autocorrelations(&x, lags).iter().all(|rho| rho.abs() <= 1.0 + 1e-9));
        let size = series::effective_size(&x);
        prop_assert!(size.tau >= 1.0 && size.size >= 0.0 && size.size <= x.len() as f64);
        prop_assert!(series::effective_size_lag1(&x) >= 0.0 && is_p(series::ljung_box(&x, lags).1));
        prop_assert!(series::von_neumann(&x) >= 0.0 && series::noise(&x) >= 0.0);
        if let Some(got) = trend::trend(&x, alpha) {
            prop_assert!(ordered(Some(got.interval)) && got.tau.abs() <= 1.0 + 1e-9 && is_p(got.p) && got.slope.is_finite());
        }
    }

    #[test]
    fn histories(x in values(80), missing in prop::collection::vec(any::<bool>(), 80), logarithms: bool, noise_min in value()) {
        let x: Vec<f64> = x.iter().zip(&missing).map(|(v, missing)| if *missing { f64::NAN } else { *v }).collect();
        for detector in [Detector { logarithms, noise_min, ..Detector::DEFAULT }, Detector::SENSITIVE, Detector::STRICT] {
            let changes = detect(&x, &detector);
            prop_assert!(changes.windows(2).all(|two| two[0].index < two[1].index));
            for change in changes {
                prop_assert!(change.index > 0 && change.index < x.len() && !x[change.index].is_nan());
                prop_assert!(change.range.0 <= change.index && change.index <= change.range.1 && change.range.1 < x.len());
                prop_assert!(is_p(change.p) && change.p < detector.level && ordered(change.interval) && change.step.is_finite());
            }
        }
    }

    #[test]
    fn textbook_partitions(x in values(30), penalty in 0.0f64..1e6, length_min in 0usize..9) {
        for got in [least_squares(&x, penalty, length_min), least_deviations(&x, penalty)] {
            prop_assert!(got.changes.windows(2).all(|two| two[0] < two[1]) && !got.objective.is_nan());
            prop_assert!(got.changes.iter().all(|&change| change > 0 && change < x.len()));
        }
        prop_assert!(energy(&x, length_min, x.len()).is_none_or(f64::is_finite) && energy(&x, 3, 1).is_none());
        prop_assert!(energy_split(&x).is_none_or(|got| got.statistic.is_finite() && got.split + 2 <= got.end));
        let got = cusum(&x);
        prop_assert!(got.sums.len() == x.len() && got.strength >= 0.0 && got.split <= x.len());
    }

    #[test]
    fn many_comparisons(p in prop::collection::vec(prop_oneof![0.0f64..=1.0, value(), Just(f64::NAN)], 0..20), q in 0.0f64..1.0) {
        for adjust in [
            multiplicity::bonferroni,
            multiplicity::holm,
            multiplicity::hochberg,
            multiplicity::benjamini_hochberg,
            multiplicity::benjamini_yekutieli,
        ] {
            prop_assert!(adjust(&p).iter().zip(&p).all(|(adjusted, p)| is_p(*adjusted) && (!is_p(*p) || adjusted >= p)));
        }
        for combine in [multiplicity::fisher, multiplicity::stouffer, multiplicity::simes, multiplicity::cauchy] {
            prop_assert!(is_p(combine(&p)));
        }
        let rejected = multiplicity::e_benjamini_hochberg(&p, q);
        prop_assert!(rejected.windows(2).all(|two| two[0] < two[1]) && rejected.iter().all(|&i| i < p.len()));
    }

    #[test]
    fn searches(prior in values(12), none in value(), seen in prop::collection::vec((0usize..15, value(), value(), value(), any::<bool>()), 0..20)) {
        let mut search = Bisection::new(&prior, &[0.5, 1.0], none);
        for (index, effect, step, sd, bad) in seen {
            search.observe(index, effect, step, sd);
            search.observe_verdict(index, bad, step);
            prop_assert!(normal_evidence(effect, step, sd).is_finite());
        }
        let posterior = search.posterior();
        prop_assert_eq!(posterior.len(), prior.len());
        let total = posterior.iter().sum::<f64>() + search.no_culprit();
        prop_assert!(posterior.iter().all(|p| is_p(*p)) && (total - 1.0).abs() < 1e-9, "{total}");
        prop_assert_eq!(search.most_likely().is_some(), !prior.is_empty());
        prop_assert_eq!(search.next_test().is_some(), !prior.is_empty());
        prop_assert!(search.credible(0.95).len() <= prior.len());
    }

    #[test]
    fn spending(alpha in value(), fractions in values(6)) {
        for spending in [Spending::Pocock, Spending::OBrienFleming, Spending::Linear] {
            let z = spending.boundaries(alpha, &fractions);
            prop_assert!(z.len() <= fractions.len() && z.iter().all(|z| *z >= 0.0));
        }
    }
}

proptest! {
    // Every case relabels thousands of times.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn relabelling(base in values(14), head in values(14), centre in value(), trim in 0usize..4, seed: u64) {
        prop_assert!(sane(resample::sign_flip(&base, centre, trim, seed)));
        prop_assert!(sane(resample::difference_of_means(&base, &head, seed)));
        prop_assert!(sane(resample::brunner_munzel(&base, &head, seed)));
        let launches: Vec<&[f64]> = base.chunks(3).collect();
        let others: Vec<&[f64]> = head.chunks(2).collect();
        let got = shape::shape_change(&launches, &others, seed);
        prop_assert!(is_p(got.p) && got.distance >= 0.0);
        prop_assert!(is_p(modality::dip_p(modality::dip(&base), base.len(), seed)));
    }
}
