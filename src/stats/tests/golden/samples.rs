//! Tests of two samples. The vectors' `y` is larger than their `x`: head and base here.

use super::super::vector::{At, Vector};
use crate::stats::left_out::{resample, shape, student};
use crate::stats::rank::{self, Pairwise, Signed};
use crate::stats::unpaired::unpaired;
use crate::stats::{Settings, Significance};

pub(super) fn tests(v: &Vector) {
    let (x, y) = (v.at("x").numbers(), v.at("y").numbers());
    ranks(v, &x, &y);
    means(v, &x, &y);
    pairs(v);
    shapes(v, &x, &y);
}

fn ranks(v: &Vector, x: &[f64], y: &[f64]) {
    let got = rank::mann_whitney(x, y);
    assert_eq!(got, Pairwise::new(x, y).exact());
    tails(&v.at("mannwhitney_exact"), got);
    tails(&v.at("mannwhitney_asymptotic_cc"), Pairwise::new(x, y).normal(0.5));
    let (ties_x, ties_y) = (v.at("ties_x").numbers(), v.at("ties_y").numbers());
    let got = rank::mann_whitney(&ties_x, &ties_y);
    v.at("mannwhitney_ties_asymptotic_cc").are([got.statistic, got.two_sided], 1e-9);
    let got = Pairwise::new(&ties_x, &ties_y).normal(0.0);
    v.at("mannwhitney_ties_asymptotic_nocc").are([got.statistic, got.two_sided], 1e-9);

    let got = rank::brunner_munzel(x, y);
    v.at("brunner_munzel").at("statistic").is(got.statistic, 1e-9);
    v.at("brunner_munzel").at("p").is(got.two_sided, 1e-9);
    let got = rank::brunner_munzel(&ties_x, &ties_y);
    let want = v.at("brunner_munzel_ties");
    want.at("statistic").is(got.statistic, 1e-9);
    want.at("p").is(got.two_sided, 1e-9);
    // There "less" says that the first sample is the smaller one.
    want.at("p_less").is(got.above, 1e-9);
    want.at("p_greater").is(got.below, 1e-9);

    let got = rank::median_test(x, y);
    v.at("mood_median").are([got.statistic, got.two_sided], 1e-9);
}

/// Statistic and p for each alternative.
fn tails(want: &At<'_>, got: Significance) {
    want.at("two-sided").are([got.statistic, got.two_sided], 1e-9);
    want.at("greater").are([got.statistic, got.above], 1e-9);
    want.at("less").are([got.statistic, got.below], 1e-9);
}

fn means(v: &Vector, x: &[f64], y: &[f64]) {
    let welch = student::welch(x, y).expect("values");
    v.at("welch").at("t").is(welch.against(0.0).statistic, 1e-9);
    v.at("welch").at("df").is(welch.df, 1e-9);
    v.at("welch").at("p").is(welch.against(0.0).two_sided, 1e-9);
    let pooled = student::pooled(x, y).expect("values").against(0.0);
    v.at("student").at("t").is(pooled.statistic, 1e-9);
    v.at("student").at("p").is(pooled.two_sided, 1e-9);
    // The pairs' logarithms, as everywhere in the vectors.
    let d: Vec<f64> = x.iter().zip(y).map(|(x, y)| y.ln() - x.ln()).collect();
    let paired = student::one_sample(&d).expect("values").against(0.0);
    v.at("paired_t").at("t").is(paired.statistic, 1e-9);
    v.at("paired_t").at("p").is(paired.two_sided, 1e-9);

    // `unpaired` compares logarithms, the vectors the numbers themselves.
    let exp = |side: &[f64]| -> Vec<f64> { side.iter().map(|v| v.exp()).collect() };
    for (name, trim) in [("welch", 0.0), ("yuen_20", 0.2)] {
        let settings = Settings { alpha: 0.01, alpha_equivalence: 0.05, delta: 0.0 };
        let got = unpaired(&exp(x), &exp(y), settings, trim);
        v.at(name).at("t").is(got.estimate / got.error.expect("an error"), 1e-9);
        v.at(name).at("df").is(got.df, 1e-9);
        v.at(name).at("p").is(got.p_above, 1e-9);
        assert_eq!(got.p_above <= 0.01, got.interval.expect("an interval").0 > 0.0);
    }

    let want = v.at("permutation_difference_of_means_exact");
    let got = resample::difference_of_means(&want.at("x").numbers(), &want.at("y").numbers(), 1);
    want.at("p_two").is(got.two_sided, 1e-9);
}

fn pairs(v: &Vector) {
    let mut longest = Vec::new();
    for (n, want) in v.at("wilcoxon_exact").entries() {
        let d = want.at("d").numbers();
        assert_eq!(n, d.len().to_string());
        let got = rank::signed_rank(&d, 0.0);
        let all = (d.len() * (d.len() + 1) / 2) as f64;
        // There W is the smaller of the two sums.
        want.at("W").is(got.statistic.min(all - got.statistic), 1e-9);
        want.at("p_two").is(got.two_sided, 1e-9);
        want.at("p_greater").is(got.above, 1e-9);
        want.at("p_greater_theta_2pct").is(rank::signed_rank(&d, 1.02f64.ln()).above, 1e-9);
        if d.len() > longest.len() {
            longest = d;
        }
    }
    let got = Signed::new(&longest, 0.0).normal();
    let all = (longest.len() * (longest.len() + 1) / 2) as f64;
    v.at("wilcoxon_approx_cc").are([got.statistic.min(all - got.statistic), got.two_sided], 1e-9);

    for case in v.at("signflip_exact").items() {
        let d = case.at("d").numbers();
        assert_eq!(case.at("n").number(), d.len() as f64);
        let trim = match case.at("stat").text() {
            "sum" => 0,
            "sum minus max minus min" => 1,
            other => panic!("{other}"),
        };
        case.at("p_greater").is(resample::sign_flip(&d, case.at("theta0").number(), trim, 1).above, 1e-9);
    }
}

fn shapes(v: &Vector, x: &[f64], y: &[f64]) {
    let (got, large) = (shape::kolmogorov_smirnov(x, y), shape::kolmogorov_smirnov_large(x, y));
    let want = v.at("ks_2samp");
    want.at("D").is(got.distance, 1e-9);
    want.at("D").is(large.distance, 1e-9);
    want.at("p_exact").is(got.p, 1e-9);
    want.at("p_asymp").is(large.p, 1e-9);
    let (got, large) = (shape::cramer_von_mises(x, y), shape::cramer_von_mises_large(x, y));
    let want = v.at("cvm_2samp");
    want.at("T").is(got.distance, 1e-9);
    want.at("T").is(large.distance, 1e-9);
    want.at("p_exact").is(got.p, 1e-9);
    want.at("p_asymp").is(large.p, 1e-9);
    v.at("wasserstein").is(shape::wasserstein(x, y), 1e-9);
    v.at("energy_distance").is(shape::energy(x, y), 1e-9);
    let got = shape::anderson_darling(&[x, y]).expect("values");
    v.at("anderson_ksamp_statistic_midrank").is(got, 1e-9);
}

#[test]
fn a_slow_path_changes_the_shape() {
    // One iteration in ten twice as slow: no quartile sees it.
    let mut random = fastrand::Rng::with_seed(5);
    let mut launch = |pause: bool| -> Vec<f64> {
        let unit = 1.0 + 0.1 * random.f64();
        let slow = |i: usize| if pause && i.is_multiple_of(10) { 2.0 } else { 1.0 };
        (0..40).map(|i| unit * slow(i) * (1.0 + 0.02 * random.f64())).collect()
    };
    for (pause, changed) in [(false, false), (true, true)] {
        for pairs in [10, 14] {
            let (base, head): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
                (0..pairs).map(|_| (launch(false), launch(pause))).unzip();
            let got = shape::shape_change(
                &base.iter().map(Vec::as_slice).collect::<Vec<_>>(),
                &head.iter().map(Vec::as_slice).collect::<Vec<_>>(),
                1,
            );
            assert_eq!(got.p <= 0.005, changed, "{got:?}");
            assert_eq!(got.distance >= 0.02, changed, "{got:?}");
        }
    }
}
