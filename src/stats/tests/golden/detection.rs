//! Change points in histories, and the search for a culprit.

use super::super::vector::Vector;
use crate::stats::bisection::{Bisection, normal_evidence};
use crate::stats::changepoints::partition::{least_deviations, least_squares};
use crate::stats::changepoints::splits::{cusum, energy, energy_split};
use crate::stats::changepoints::{Detector, detect};
use crate::stats::left_out::student;
use crate::stats::{rank, series};

/// The settings of the prototype that the vectors come from; ours find more for fewer false alarms.
const PROTOTYPE: Detector = Detector { bound: 2.0, penalty: 1.0, dependence: 0.0, ..Detector::DEFAULT };

pub(super) fn changepoints(v: &Vector) {
    let x = v.at("x").numbers();
    v.at("mad_sigma").is(series::noise(&x), 1e-9);
    for case in v.at("energy_qhat").items() {
        let index = |key: &str| case.at(key).number() as usize;
        case.at("q").is(energy(&x, index("tau"), index("kappa")).expect("two sides"), 1e-9);
    }
    let got = energy_split(&x).expect("a split");
    let want = v.at("energy_argmax");
    want.at("q").is(got.statistic, 1e-9);
    assert_eq!([want.at("tau").number(), want.at("kappa").number()], [got.split as f64, got.end as f64]);

    for case in v.at("optimal_partition_l2").items() {
        let got = least_squares(&x, case.at("beta").number(), case.at("min_seg").number() as usize);
        assert_eq!(case.at("changes").indices(), got.changes);
        case.at("objective").is(got.objective, 1e-9);
    }
    for case in v.at("potts_l1").items() {
        let got = least_deviations(&x, case.at("gamma").number());
        assert_eq!(case.at("changes").indices(), got.changes);
        case.at("objective").is(got.objective, 1e-9);
    }
    let got = cusum(&x);
    for (want, sum) in v.at("cusum").at("S").items().iter().zip(&got.sums) {
        want.is_near(*sum, 1e-9);
    }
    assert_eq!(v.at("cusum").at("argmax_abs").number(), got.split as f64);
    v.at("cusum").at("max_abs_over_sigma_sqrt_n").is(got.strength, 1e-9);

    // There the first sample is the earlier one: t and U are the mirror of ours.
    let (before, after) = (&x[..20], &x[20..35]);
    let welch = student::welch(before, after).expect("values").against(0.0);
    v.at("welch_at_20_35").at("t").is(-welch.statistic, 1e-9);
    v.at("welch_at_20_35").at("p").is(welch.two_sided, 1e-9);
    let ranks = rank::Pairwise::new(before, after).normal(0.5);
    v.at("mannwhitney_at_20_35").at("U").is((before.len() * after.len()) as f64 - ranks.statistic, 1e-9);
    v.at("mannwhitney_at_20_35").at("p").is(ranks.two_sided, 1e-9);

    let want = v.at("recommended");
    let detector = Detector { logarithms: want.at("log_scale").flag(), ..PROTOTYPE };
    assert_eq!(want.at("changes").indices(), indices(&x, &detector));
}

pub(super) fn tigerbeetle(v: &Vector) {
    let values = v.at("values").numbers();
    let want = v.at("recommended_on_log");
    assert_eq!(want.at("default").indices(), indices(&values, &PROTOTYPE));
    let relevant = Detector { magnitude_min: 0.02, ..PROTOTYPE };
    assert_eq!(want.at("min_magnitude_2pct").indices(), indices(&values, &relevant));
    // Of the shifts that Otava's authors name (15, 71, 95) those beyond 5 %: what is dropped must not hide what is not.
    let large = Detector { magnitude_min: 0.05, ..Detector::DEFAULT };
    assert_eq!(indices(&values[..150], &large), [15, 71]);
    // The three, and one more that can be seen.
    assert_eq!(indices(&values[..150], &Detector::STRICT), [15, 71, 95, 131]);
}

fn indices(values: &[f64], detector: &Detector) -> Vec<usize> {
    detect(values, detector).iter().map(|change| change.index).collect()
}

pub(super) fn bisection(v: &Vector) {
    let mut search = Bisection::uniform(v.at("n").number() as usize);
    let p_correct = v.at("p_correct").number();
    for (seen, want) in v.at("observations").items().iter().zip(v.at("posterior").items()) {
        search.observe_verdict(seen.at("index").number() as usize, seen.at("bad").flag(), p_correct);
        want.are(search.posterior(), 1e-12);
    }
    assert_eq!(search.most_likely().map(|(commit, _)| commit as f64), Some(v.at("map").number()));
    assert_eq!(search.next_test().map(|commit| commit as f64), Some(v.at("next_test_index").number()));
    let want = v.at("gaussian");
    let got = normal_evidence(want.at("y").number(), want.at("shift").number(), want.at("sd").number());
    want.at("llr_bad").is(got, 1e-12);
}
