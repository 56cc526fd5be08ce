//! When to look, what could have been seen, and what holds at any time.

use super::super::{close_relative, vector::Vector};
use crate::stats::left_out::{anytime, student};
use crate::stats::special::{StudentT, normal_quantile_upper, normal_upper};
use crate::stats::{Looks, Spending, power, summary};

pub(super) fn group_sequential(v: &Vector) {
    let mut planned = 0;
    for case in v.at("cases").items() {
        let counts = case.at("looks").numbers();
        let alpha = case.at("alpha_two_sided").number();
        let spending = match case.at("spending").text() {
            "pocock" => Spending::Pocock,
            "obf" => Spending::OBrienFleming,
            "linear" => Spending::Linear,
            other => panic!("{other}"),
        };
        let last = counts.last().expect("a look");
        let fractions: Vec<f64> = counts.iter().map(|n| n / last).collect();
        case.at("cumulative_alpha").are(fractions.iter().map(|&t| spending.spent(alpha, t)), 1e-9);
        let z = spending.boundaries(alpha, &fractions);
        for (k, &z) in z.iter().enumerate() {
            case.at("z").at(k).is_near(z, 1e-4);
            // An error of 1e-4 in z is one of about z 1e-4 in p.
            case.at("nominal_p_two_sided").at(k).is(2.0 * normal_upper(z), 1e-4 * z.max(1.0));
            let nominal = case.at("nominal_p_two_sided").at(k).number();
            case.at("t_quantile").at(k).is(StudentT::new(counts[k] - 1.0).quantile_upper(0.5 * nominal), 1e-9);
        }
        assert_eq!(z.len(), counts.len());

        let whole: Vec<u32> = counts.iter().map(|&n| n as u32).collect();
        let plain = |n: u32, last: u32| f64::from(n) / f64::from(last);
        let Some(looks) = Looks::with_times(&whole, plain).ok().filter(|_| spending == Spending::Pocock) else {
            continue;
        };
        planned += 1;
        for (k, want) in case.at("z").items().into_iter().enumerate() {
            let nominal = looks.nominal(alpha, k);
            want.is_near(normal_quantile_upper(0.5 * nominal), 1e-4);
            close_relative(looks.overall(nominal, k), alpha, 1e-4, &format!("inverse {whole:?}, {alpha}, look {k}"));
        }
    }
    assert!(planned >= 12, "only {planned} plans");
}

#[test]
fn overall_inverts_nominal_at_every_level() {
    for plan in [
        &[6, 10, 15, 20][..],
        &[6, 10, 15, 20, 30, 40, 60, 80],
        &[6],
        &[6, 7, 8, 9, 10, 11, 12],
        &[6, 200],
        &[8, 40, 199, 200],
    ] {
        let looks = Looks::new(plan).expect("a plan");
        for look in 0..plan.len() {
            let mut before = 0.0;
            for step in 0..50 {
                let alpha = 10f64.powf(-11.9 + 11.87 * f64::from(step) / 49.0);
                let nominal = looks.nominal(alpha, look);
                assert!(nominal > before, "{plan:?}, look {look}: nominal falls at {alpha:e}");
                before = nominal;
                close_relative(looks.overall(nominal, look), alpha, 1e-4, &format!("{plan:?}, look {look}"));
            }
        }
    }
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    for plan in [&[][..], &[5, 10], &[6, 6], &[10, 6], &[6, 201]] {
        assert!(Looks::new(plan).is_err(), "{plan:?}");
    }
    assert_eq!(Spending::Linear.boundaries(0.01, &[0.5, 0.4, 1.0]).len(), 1);
}

pub(super) fn equivalence_mde(v: &Vector) {
    let got = student::one_sample(&v.at("d").numbers()).expect("values");
    for case in v.at("tost").items() {
        let delta = case.at("delta").number();
        case.at("p_lower").is(got.against(-delta).above, 1e-7);
        case.at("p_upper").is(got.against(delta).below, 1e-7);
        case.at("p").is(got.p_equivalence(delta), 1e-7);
        case.at("ci90").are(<[f64; 2]>::from(got.interval(0.1)), 1e-7);
    }
    for case in v.at("mde").items() {
        let get = |key: &str| case.at(key).number();
        let (sd, n, alpha, power) = (get("sd"), get("n"), get("alpha_one_sided"), get("power"));
        let mde = power::minimum_detectable(sd, n as u32, n - 1.0, alpha, power, get("delta"));
        case.at("mde_log").is(mde, 1e-7);
        let student = StudentT::new(n - 1.0);
        let quantiles = student.quantile_upper(alpha) + student.quantile_upper(1.0 - power);
        case.at("approx").is(get("delta") + quantiles * sd / n.sqrt(), 1e-7);
    }
    for case in v.at("pairs_needed").items() {
        let get = |key: &str| case.at(key).number();
        let got = power::pairs_needed(get("sd"), get("theta"), get("delta"), get("alpha_one_sided"), get("power"));
        assert_eq!(got.map(f64::from), Some(get("n")));
    }
    assert_eq!(power::pairs_needed(1.0, 0.001, 0.0, 0.005, 0.8), None);
}

pub(super) fn anytime_valid(v: &Vector) {
    let d = v.at("d").numbers();
    let firsts = || (1..=d.len()).map(|n| &d[..n]);
    v.at("running_mean").are(firsts().map(summary::mean), 1e-9);
    for (mixture, want) in v.at("t_mixture_log_e").entries() {
        let mixture = mixture.parse().expect("a number");
        for (want, first) in want.items().iter().zip(firsts()) {
            // The first is 0, up to the generator's rounding.
            want.is_near(anytime::log_evidence(first, mixture), 1e-9);
        }
    }
    for (mixture, want) in v.at("t_mixture_cs_radius_alpha01").entries() {
        let mixture = mixture.parse().expect("a number");
        want.are(firsts().map(|first| anytime::radius(first, mixture, 0.01)), 1e-9);
    }
    let want = v.at("asymptotic_cs");
    let (rho, alpha) = (want.at("rho").number(), want.at("alpha").number());
    want.at("mean").are(firsts().map(summary::mean), 1e-9);
    want.at("radius").are(firsts().map(|first| anytime::asymptotic_radius(first, rho, alpha)), 1e-9);
}

#[test]
fn the_anytime_interval_is_where_the_evidence_is_weak() {
    let d = Vector::read("anytime_valid").at("d").numbers();
    let (centre, radius) = (summary::mean(&d), anytime::radius(&d, 1.0, 0.01));
    for (share, beyond) in [(0.999, false), (1.001, true)] {
        let moved: Vec<f64> = d.iter().map(|d| d - centre - share * radius).collect();
        assert_eq!(anytime::p_value(&moved, 1.0) <= 0.01, beyond, "{share}");
    }
}
