//! Quantiles, and sequences in time.

use super::super::{close, vector::Vector};
use crate::stats::left_out::{modality as modes, quantiles as q, trend};
use crate::stats::{dependence, series, summary};

/// 1 over the normal quantile of 3/4: what the vectors multiply one median absolute deviation with; the arithmetic uses
/// 1.4826, as do the vectors elsewhere.
const MAD_EXACT: f64 = 1.482_602_218_505_602;

pub(super) fn quantiles(v: &Vector) {
    let (x, y) = (v.at("x").numbers(), v.at("y").numbers());
    v.at("mad_normal").is(summary::mad(&x) / 1.4826 * MAD_EXACT, 1e-9);
    for (i, p) in v.at("probs").numbers().into_iter().enumerate() {
        let is = |key: &str, got: f64| v.at(key).at(i).is(got, 1e-9);
        is("type7", summary::quantile(&x, p));
        is("type8", q::quantile_type8(&x, p));
        is("harrell_davis", q::harrell_davis(&x, p));
        is("harrell_davis_jackknife_se", q::harrell_davis_error(&x, p).expect("values"));
        is("harrell_davis_y", q::harrell_davis(&y, p));
        is("hd_y_se", q::harrell_davis_error(&y, p).expect("values"));
        is("maritz_jarrett_se_scipy", q::maritz_jarrett_error(&x, p).expect("values"));
        let (low, high) = q::maritz_jarrett_interval(&x, p, 0.05).expect("values");
        v.at("maritz_jarrett_ci95").at(0).at(i).is(low, 1e-9);
        v.at("maritz_jarrett_ci95").at(1).at(i).is(high, 1e-9);
        let ranks = v.at("binomial_order_statistic_ci95").at(p).indices();
        assert_eq!(<[usize; 2]>::from(q::order_statistic_ranks(x.len(), p, 0.05)), ranks[..], "p {p}");
        let ascending = summary::sorted(&x);
        let at =
            |rank: usize, beyond: f64| rank.checked_sub(1).and_then(|i| ascending.get(i)).copied().unwrap_or(beyond);
        let want = (at(ranks[0], f64::NEG_INFINITY), at(ranks[1], f64::INFINITY));
        assert_eq!(q::order_statistic_interval(&x, p, 0.05), want, "p {p}");
    }
}

pub(super) fn autocorrelation(v: &Vector) {
    let x = v.at("x").numbers();
    let lags = v.at("acf").items().len() - 1;
    v.at("acf").are(series::autocorrelations(&x, lags), 1e-9);
    v.at("acf").at(1).is(dependence::lag1(&x), 1e-9);
    let got = series::effective_size(&x);
    let want = v.at("geyer_initial_positive");
    assert_eq!(want.at("last_lag").number(), got.last_lag as f64);
    want.at("sum_rho").is(got.sum, 1e-9);
    want.at("tau").is(got.tau, 1e-9);
    want.at("ess").is(got.size, 1e-9);
    v.at("ar1_ess").is(series::effective_size_lag1(&x), 1e-9);
    let (statistic, p) = series::ljung_box(&x, 10);
    v.at("ljung_box_10").at("Q").is(statistic, 1e-9);
    v.at("ljung_box_10").at("p").is(p, 1e-9);
    v.at("von_neumann").is(series::von_neumann(&x), 1e-9);
    v.at("mad_sigma_from_differences").is(series::noise(&x), 1e-9);
    let got = trend::trend(&x, 0.05).expect("values");
    let want = v.at("theil_sen");
    want.at("slope").is(got.slope, 1e-9);
    want.at("intercept").is(got.intercept, 1e-9);
    want.at("low").is(got.interval.0, 1e-9);
    want.at("high").is(got.interval.1, 1e-9);
    v.at("kendall").at("tau").is(got.tau, 1e-9);
    v.at("kendall").at("p").is(got.p, 1e-9);
}

pub(super) fn modality(v: &Vector) {
    for shape in ["bimodal", "unimodal"] {
        let x = v.at(shape).numbers();
        let dip = modes::dip(&x);
        v.at("dip").at(shape).is(dip, 1e-9);
        // There p is interpolated in a table of simulations, here it is simulated: four standard errors of 9,999 samples.
        let want = v.at("dip").at(format!("p_{shape}")).number();
        let error = (want * (1.0 - want) / 9_999.0).sqrt();
        close(modes::dip_p(dip, x.len(), 1), want, 4.0 * error, shape);
        v.at("half_sample_mode").at(shape).is(modes::half_sample_mode(&x), 1e-9);
        v.at("bimodality_coefficient").at(shape).is(modes::bimodality_coefficient(&x).expect("values"), 1e-9);
    }
}
