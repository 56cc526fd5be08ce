//! Special functions.

use super::super::{close_relative, vector::Vector};
use crate::stats::special::{
    StudentT, beta_lower, chi_squared_upper, f_quantile_upper, ln_gamma, noncentral_t_upper, normal_quantile_upper,
    normal_upper, normal_upper_fine, psi, trigamma,
};

pub(super) fn special(v: &Vector) {
    each(v, "t_ppf", |[p, df]| StudentT::new(df).quantile_upper(1.0 - p));
    each(v, "t_cdf", |[t, df]| StudentT::new(df).upper(-t));
    each(v, "norm_ppf", |[p]| -normal_quantile_upper(p));
    each(v, "norm_sf", |[z]| normal_upper(z));
    each(v, "betainc", |[a, b, x]| beta_lower(a, b, x));
    each(v, "gammaincc_chi2_sf", |[x, df]| chi_squared_upper(x, df));
    each(v, "digamma", |[x]| psi(x));
    each(v, "trigamma", |[x]| trigamma(x));
    each(v, "f_ppf", |[p, df1, df2]| f_quantile_upper(1.0 - p, df1, df2));
    each(v, "nct_cdf", |[t, df, shift]| 1.0 - noncentral_t_upper(t, df, shift));
    for row in v.at("lgamma").items() {
        // ln gamma(1) is 0: no relative error there.
        row.at(1).is_near(ln_gamma(row.at(0).number()), 1e-10);
    }
}

/// Rows of arguments and a result.
fn each<const N: usize>(v: &Vector, key: &str, f: impl Fn([f64; N]) -> f64) {
    for row in v.at(key).items() {
        row.at(N).is(f(std::array::from_fn(|i| row.at(i).number())), 1e-10);
    }
}

#[test]
fn t_quantile_and_tail_invert_each_other() {
    for df in [0.5, 1.0, 2.3, 5.0, 13.0, 47.5, 300.0, 1e5] {
        for q in [1e-15, 1e-12, 1e-6, 0.003, 0.2, 0.4999, 0.5, 0.7] {
            let t = StudentT::new(df).quantile_upper(q);
            close_relative(StudentT::new(df).upper(t), q, 1e-10, &format!("df {df}, q {q}"));
        }
    }
}

#[test]
fn f_with_one_degree_is_t_squared() {
    for df in [1.0, 2.5, 9.0, 120.0] {
        for q in [1e-12, 1e-4, 0.05, 0.5, 0.95] {
            let t = StudentT::new(df).quantile_upper(0.5 * q);
            close_relative(f_quantile_upper(q, 1.0, df), t * t, 1e-9, &format!("df {df}, q {q}"));
        }
    }
}

#[test]
fn the_beta_function_converges_for_many_values() {
    // The median of a symmetric beta distribution, and the mirror law, where a continued fraction needs many steps.
    for n in [10.0, 1e3, 1e5] {
        close_relative(beta_lower(n, n, 0.5), 0.5, 1e-8, &format!("{n}"));
        let (a, b, x) = (0.25 * n, 0.75 * n, 0.25 - 0.5 / n.sqrt());
        close_relative(beta_lower(a, b, x), 1.0 - beta_lower(b, a, 1.0 - x), 1e-8, &format!("{n}"));
    }
}
#[test]
fn the_normal_tail_is_right_far_out() {
    // mpmath 1.3 with 40 digits.
    for (z, want) in [
        (0.5, 0.308_537_538_725_986_9),
        (2.0, 0.022_750_131_948_179_21),
        (6.423_478_342_182_315, 6.659_755_141_082_902e-11),
        (10.0, 7.619_853_024_160_526e-24),
    ] {
        close_relative(normal_upper(z), want, 1e-10, &format!("{z}"));
        close_relative(normal_upper_fine(z), want, 1e-13, &format!("{z}"));
        close_relative(normal_quantile_upper(want), z, 1e-14, &format!("{z}"));
    }
    for tail in [normal_upper, normal_upper_fine] {
        assert_eq!((tail(f64::INFINITY), tail(0.0), tail(f64::NEG_INFINITY)), (0.0, 0.5, 1.0));
    }
}
