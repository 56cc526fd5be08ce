//! Estimates and their intervals.

use super::super::vector::{At, Vector};
use super::super::{close, close_relative};
use crate::stats::left_out::{components, ratio, student};
use crate::stats::rank::signed_counts;
use crate::stats::trimmed::{TrimmedT, centre};
use crate::stats::unpaired::unpaired;
use crate::stats::{Settings, hodges_lehmann as hl, special, summary};

pub(super) fn trimmed_t(v: &Vector) {
    let alphas = v.at("alphas").numbers();
    let table = v.at("factor_table").entries();
    assert_eq!(table.len(), 36);
    for (n, row) in table {
        let trimmed = TrimmedT::new(n.parse().expect("a number"));
        for (&alpha, want) in alphas.iter().zip(row.items()) {
            // The table is rounded to three digits.
            want.is_near(trimmed.factor(alpha), 6e-4);
        }
    }
    for case in v.at("cases").items() {
        let (d, alpha) = (case.at("d").numbers(), case.at("alpha").number());
        let got = centre(&summary::sorted(&d)).expect("enough values");
        let trimmed = TrimmedT::new(d.len());
        let (n, k, h) = (case.at("n").number(), case.at("k").number(), case.at("h").number());
        assert_eq!(n, d.len() as f64);
        assert_eq!(k, crate::stats::trimmed::trimmed_each_end(d.len()) as f64);
        assert_eq!(h, crate::stats::trimmed::degrees_of_freedom(d.len()) + 1.0);
        case.at("tmean").is(got.mean, 1e-9);
        case.at("se").is(got.error, 1e-9);
        let t = special::StudentT::new(h - 1.0).quantile_upper(0.5 * alpha);
        case.at("t_quantile").is(t, 1e-9);
        case.at("calibration_factor").is(trimmed.factor(alpha), 1e-9);
        case.at("ci_uncalibrated").are([got.mean - t * got.error, got.mean + t * got.error], 1e-9);
        let half = trimmed.critical(alpha) * got.error;
        case.at("ci").are([got.mean - half, got.mean + half], 1e-9);
    }
}

#[test]
fn trimmed_p_inverts_the_critical_value() {
    for n in [6, 7, 10, 15, 21, 30, 33, 40, 100] {
        let trimmed = TrimmedT::new(n);
        for p in [1e-11, 1e-5, 0.00099, 0.001, 0.0015, 0.003, 0.0049, 0.005, 0.03, 0.099, 0.1, 0.5, 0.99] {
            close_relative(trimmed.p_two_sided(trimmed.critical(p)), p, 1e-8, &format!("n {n}, p {p}"));
        }
    }
}

pub(super) fn hodges_lehmann(v: &Vector) {
    for case in v.at("paired").items() {
        let d = case.at("d").numbers();
        assert_eq!(case.at("n").number(), d.len() as f64);
        check_ranks(&case, hl::one_sample(&d, case.at("alpha").number()));
    }
    for case in v.at("two_sample").items() {
        let (x, y) = (case.at("x").numbers(), case.at("y").numbers());
        check_ranks(&case, hl::two_sample(&x, &y, case.at("alpha").number()));
    }
    for (n, counts) in v.at("signed_rank_counts").entries() {
        let ranks: Vec<usize> = (1..=n.parse().expect("a number")).collect();
        counts.are(signed_counts(&ranks), 0.0);
    }
}

fn check_ranks(case: &At<'_>, got: Option<hl::HodgesLehmann>) {
    let got = got.expect("values");
    case.at("estimate").is(got.estimate, 1e-12);
    assert_eq!(case.at("k").number(), got.rank as f64);
    assert_eq!(case.at("ci").is_null(), got.interval.is_none());
    assert_eq!(case.at("conf").is_null(), got.interval.is_none());
    if let Some((low, high)) = got.interval {
        case.at("ci").are([low, high], 1e-12);
        case.at("conf").is(got.confidence, 1e-12);
    }
}

#[test]
fn order_statistics_are_those_of_the_list() {
    // One wild value, one tie, one zero: every pairwise mean written down.
    let d = [0.5, -1.25, 3.0, 0.5, 0.0, 1e6, -7.0];
    let mut means: Vec<f64> =
        (0..d.len()).flat_map(|i| (i..d.len()).map(move |j| (i, j))).map(|(i, j)| f64::midpoint(d[i], d[j])).collect();
    means.sort_unstable_by(f64::total_cmp);
    let got = hl::one_sample(&d, 0.05).expect("values");
    assert_eq!(got.estimate, means[means.len() / 2]);
    assert_eq!(got.interval, Some((means[got.rank - 1], means[means.len() - got.rank])));
}

pub(super) fn ratio_ci(v: &Vector) {
    let (base, head) = (v.at("base").numbers(), v.at("head").numbers());
    let got = ratio::fieller(&base, &head, 0.05).expect("a ratio");
    let want = v.at("fieller_unpaired");
    want.at("t").is(got.t, 1e-10);
    want.at("df").is(got.df, 1e-10);
    want.at("g").is(got.g, 1e-10);
    want.at("ci95").are(got.interval.map(<[f64; 2]>::from).expect("an interval"), 1e-10);

    let got = ratio::fieller_paired(&base, &head, 0.05).expect("a ratio");
    let want = v.at("fieller_paired");
    want.at("t").is(got.t, 1e-10);
    want.at("cov_of_means").is(got.covariance, 1e-10);
    want.at("ci95").are(got.interval.map(<[f64; 2]>::from).expect("an interval"), 1e-10);

    let got = ratio::log_ratio(&base, &head).expect("a ratio");
    let want = v.at("delta_log_means");
    want.at("log_ratio").is(got.value, 1e-10);
    want.at("se").is(got.error, 1e-10);

    let settings = Settings { alpha: 0.05, alpha_equivalence: 0.05, delta: 0.0 };
    let want = v.at("welch_on_logs");
    let got = unpaired(&base, &head, settings, 0.0);
    want.at("log_ratio").is(got.estimate, 1e-10);
    want.at("df").is(got.df, 1e-10);
    want.at("ci95").are(got.interval.map(<[f64; 2]>::from).expect("an interval"), 1e-10);

    let d: Vec<f64> = base.iter().zip(&head).map(|(b, h)| h.ln() - b.ln()).collect();
    let want = v.at("paired_t_on_logs");
    want.at("d").are(d.iter().copied(), 1e-10);
    let got = student::one_sample(&d).expect("values");
    want.at("mean").is(got.value, 1e-10);
    want.at("ci99").are(<[f64; 2]>::from(got.interval(0.01)), 1e-10);
}

#[test]
fn a_base_that_may_be_zero_has_no_ratio() {
    let got = ratio::fieller(&[-3.0, 1.0, 3.0, 0.1], &[5.0, 5.1, 4.9, 5.0], 0.05).expect("a ratio");
    assert!(got.interval.is_none() && got.g >= 1.0, "{got:?}");
}

pub(super) fn kalibera_jones(v: &Vector) {
    let want = v.at("two_level");
    let launches = want.at("data").rows();
    let got = components::components(&launches.concat(), &[launches[0].len(), launches.len()]).expect("components");
    want.at("mean").is(got.mean, 1e-12);
    for (key, value) in
        [("S1_sq", got.spread[0]), ("S2_sq", got.spread[1]), ("T1_sq", got.added[0]), ("T2_sq", got.added[1])]
    {
        want.at(key).is(value, 1e-12);
    }
    want.at("icc").is(got.outer_share(), 1e-12);
    want.at("ci95").are(<[f64; 2]>::from(got.interval(0.05)), 1e-12);
    for case in want.at("optimal_iterations").items() {
        let (iteration, launch) = (case.at("c1_iteration_s").number(), case.at("c2_launch_overhead_s").number());
        let count = got.best_count(0, iteration, launch).expect("two levels");
        case.at("raw").is(count, 1e-12);
        assert_eq!(case.at("r1").number(), count.ceil().max(1.0));
    }

    let want = v.at("three_level");
    let builds = want.at("data").items();
    let launches: Vec<Vec<f64>> = builds.iter().flat_map(At::rows).collect();
    let counts = [launches[0].len(), launches.len() / builds.len(), builds.len()];
    let got = components::components(&launches.concat(), &counts).expect("components");
    want.at("mean").is(got.mean, 1e-12);
    want.at("S_sq").are(got.spread.iter().copied(), 1e-12);
    want.at("T_sq").are(got.added.iter().copied(), 1e-12);
    let costs = want.at("costs").numbers();
    for (level, key) in ["r1", "r2"].into_iter().enumerate() {
        want.at(key).is(got.best_count(level, costs[level], costs[level + 1]).expect("a level"), 1e-12);
    }
}

#[test]
fn the_share_between_launches_has_an_interval() {
    // Searle's formula with F quantiles of scipy 1.17.1, for the two-level vector.
    let v = Vector::read("kalibera_jones");
    let launches = v.at("two_level").at("data").rows();
    let got = components::components(&launches.concat(), &[5, 6]).expect("components");
    let (low, high) = got.outer_share_interval(0.05).expect("an interval");
    close(low, 0.867_304_752_047, 1e-9, "low");
    close(high, 0.992_549_264_080, 1e-9, "high");
    // Launches that are alike: the interval begins at 0.
    let alike = components::components(&[1.0, 2.0, 3.0, 2.0, 3.0, 1.0, 3.0, 1.0, 2.0], &[3, 3]).expect("components");
    assert_eq!((alike.added[1], alike.outer_share()), (0.0, 0.0));
    assert_eq!(alike.outer_share_interval(0.05).expect("an interval").0, 0.0);
}
