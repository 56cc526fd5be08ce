//! Many comparisons, and what histories share.

use super::super::vector::Vector;
use crate::stats::left_out::prediction::{prediction_interval, relative_steps, significance_threshold};
use crate::stats::left_out::student;
use crate::stats::multiplicity as many;
use crate::stats::special::{trigamma, trigamma_inverse};
use crate::stats::variance::Prior;

pub(super) fn multiplicity(v: &Vector) {
    let p = v.at("p").numbers();
    for (name, want) in v.at("methods").entries() {
        let adjusted = match name {
            "bonferroni" => many::bonferroni(&p),
            "holm" => many::holm(&p),
            "hochberg" => many::hochberg(&p),
            "bh" => many::benjamini_hochberg(&p),
            "by" => many::benjamini_yekutieli(&p),
            other => panic!("{other}"),
        };
        want.at("adjusted").are(adjusted.iter().copied(), 1e-12);
        for (p, reject) in adjusted.iter().zip(want.at("reject").items()) {
            assert_eq!(*p <= 0.05, reject.flag(), "{name}");
        }
    }
    let evidence = v.at("e_values").numbers();
    for (q, want) in v.at("e_bh").entries() {
        assert_eq!(many::e_benjamini_hochberg(&evidence, q.parse().expect("a number")), want.indices(), "q {q}");
    }
    v.at("simes").is(many::simes(&p), 1e-12);
    // These three are of the first five only: with a p of 1 among them they say nothing.
    let first = &p[..5];
    v.at("fisher").is(many::fisher(first), 1e-12);
    v.at("stouffer").is(many::stouffer(first), 1e-12);
    v.at("cauchy").is(many::cauchy(first), 1e-12);
}

#[test]
fn the_order_is_kept_and_what_is_no_probability_proves_nothing() {
    assert_eq!(many::benjamini_hochberg(&[0.9, f64::NAN, 0.001]), vec![1.0, 1.0, 0.003]);
    assert_eq!(many::e_benjamini_hochberg(&[0.1, f64::NAN, 100.0], 0.05), vec![2]);
    for combine in [many::fisher, many::stouffer, many::simes, many::cauchy] {
        assert_eq!(combine(&[]), 1.0);
        assert_eq!(combine(&[0.0]), 0.0);
        assert!(combine(&[f64::NAN, 1.0]) > 0.999);
    }
}

pub(super) fn stored_baseline(v: &Vector) {
    for row in v.at("trigamma_inverse").items() {
        row.at(1).is(trigamma_inverse(row.at(0).number()), 1e-8);
    }
    let want = v.at("eb");
    let df = want.at("df").number();
    let variances: Vec<(f64, f64)> = want.at("s2").numbers().into_iter().map(|s2| (s2, df)).collect();
    let prior = Prior::fit(&variances).expect("eight variances");
    want.at("d0").is(prior.df, 1e-8);
    want.at("s0_sq").is(prior.variance, 1e-8);
    // What the prior's degrees of freedom were solved from: the variance of the ln variances beyond chance.
    want.at("evar").is(trigamma(0.5 * prior.df), 1e-8);
    want.at("posterior_s2").are(variances.iter().map(|&(s2, d)| prior.posterior(s2, d).0), 1e-8);

    let want = v.at("prediction_interval");
    let history = want.at("history_log").numbers();
    let plain = student::one_sample(&history).expect("runs");
    want.at("mean").is(plain.value, 1e-8);
    want.at("sd").is(plain.error * (history.len() as f64).sqrt(), 1e-8);
    let interval = |runs| prediction_interval(&history, runs, 0.01).map(<[f64; 2]>::from).expect("an interval");
    want.at("pi99").are(interval(1), 1e-8);
    want.at("pi99_mean_of_3").are(interval(want.at("head_runs_m").number() as u32), 1e-8);

    let want = v.at("rustc_perf_threshold");
    want.at("rel").are(relative_steps(&want.at("history").numbers()), 1e-8);
}

#[test]
fn the_threshold_of_rustc_perf() {
    // Steps 1, 2, 3, 4 %: the halves' medians are 1.5 and 3.5 %.
    let mut history = vec![100.0];
    for step in [0.02, 0.04, 0.01, 0.03] {
        history.push(history.last().expect("a run") * (1.0 + step));
    }
    super::super::close(significance_threshold(&history), 0.035 + 3.0 * 0.02, 1e-12, "threshold");
    assert_eq!(significance_threshold(&[1.0, 2.0]), 0.002);
}
