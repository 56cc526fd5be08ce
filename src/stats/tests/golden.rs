//! The arithmetic against `tests/fixtures/vectors` (scipy 1.17.1, numpy 2.4.6, statsmodels 0.15.0).

use super::{close, close_relative, items, number, numbers, vector};
use crate::stats::special::{
    StudentT, noncentral_t_upper, normal_quantile_upper, normal_upper, psi, trigamma, trigamma_inverse,
};
use crate::stats::trimmed::{TrimmedT, centre};
use crate::stats::unpaired::unpaired;
use crate::stats::variance::Prior;
use crate::stats::{Looks, Settings, dependence, multiplicity, power, summary};

#[test]
fn special_functions() {
    let v = vector("special");
    for row in items(&v["t_ppf"]) {
        let [p, df, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(StudentT::new(df).quantile_upper(1.0 - p), want, 1e-10, &format!("t_ppf {row}"));
    }
    for row in items(&v["t_cdf"]) {
        let [t, df, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(StudentT::new(df).upper(-t), want, 1e-10, &format!("t_cdf {row}"));
    }
    for row in items(&v["norm_ppf"]) {
        let [p, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(-normal_quantile_upper(p), want, 1e-10, &format!("norm_ppf {row}"));
    }
    for row in items(&v["norm_sf"]) {
        let [z, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(normal_upper(z), want, 1e-10, &format!("norm_sf {row}"));
    }
    for row in items(&v["digamma"]) {
        let [x, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(psi(x), want, 1e-10, &format!("digamma {row}"));
    }
    for row in items(&v["trigamma"]) {
        let [x, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(trigamma(x), want, 1e-10, &format!("trigamma {row}"));
    }
    for row in items(&v["nct_cdf"]) {
        let [t, df, shift, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(1.0 - noncentral_t_upper(t, df, shift), want, 1e-10, &format!("nct_cdf {row}"));
    }
    for row in items(&vector("stored_baseline")["trigamma_inverse"]) {
        let [y, want] = numbers(row)[..] else { panic!("{row}") };
        close_relative(trigamma_inverse(y), want, 1e-8, &format!("trigamma_inverse {row}"));
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
fn trimmed_t_intervals() {
    for case in items(&vector("trimmed_t")["cases"]) {
        let (d, alpha) = (numbers(&case["d"]), number(&case["alpha"]));
        let got = centre(&summary::sorted(&d)).expect("enough values");
        let trimmed = TrimmedT::new(d.len());
        let half = trimmed.critical(alpha) * got.error;
        let want = numbers(&case["ci"]);
        close_relative(got.mean, number(&case["tmean"]), 1e-9, "mean");
        close_relative(got.error, number(&case["se"]), 1e-9, "error");
        close_relative(trimmed.factor(alpha), number(&case["calibration_factor"]), 1e-9, "factor");
        close_relative(got.mean - half, want[0], 1e-9, "lower end");
        close_relative(got.mean + half, want[1], 1e-9, "upper end");
    }
}

#[test]
fn factor_table_is_the_vectors() {
    let v = vector("trimmed_t");
    let table = v["factor_table"].as_object().expect("a table");
    assert_eq!(table.len(), 36);
    for (n, row) in table {
        let trimmed = TrimmedT::new(n.parse().expect("a number"));
        for (alpha, want) in numbers(&v["alphas"]).into_iter().zip(numbers(row)) {
            close(trimmed.factor(alpha), want, 6e-4, &format!("n {n}, alpha {alpha}"));
        }
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

#[test]
fn pocock_boundaries() {
    let mut seen = 0;
    for case in items(&vector("group_sequential")["cases"]) {
        if case["spending"] != "pocock" {
            continue;
        }
        let counts: Vec<u32> = numbers(&case["looks"]).iter().map(|&n| n as u32).collect();
        let Ok(looks) = Looks::with_times(&counts, |n, last| f64::from(n) / f64::from(last)) else { continue };
        seen += 1;
        let alpha = number(&case["alpha_two_sided"]);
        for (k, want) in numbers(&case["z"]).into_iter().enumerate() {
            let nominal = looks.nominal(alpha, k);
            close(normal_quantile_upper(0.5 * nominal), want, 1e-4, &format!("{counts:?}, alpha {alpha}, look {k}"));
            close_relative(looks.overall(nominal, k), alpha, 1e-4, &format!("inverse {counts:?}, {alpha}, look {k}"));
        }
    }
    assert!(seen >= 12, "only {seen} cases");
}

#[test]
fn overall_inverts_nominal_at_every_level() {
    for plan in
        [&[6, 10, 15, 20][..], &[6, 10, 15, 20, 30, 40], &[6], &[6, 7, 8, 9, 10, 11, 12], &[6, 200], &[8, 40, 199, 200]]
    {
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
}

#[test]
fn minimum_detectable_effects_and_pairs_needed() {
    let v = vector("equivalence_mde");
    for case in items(&v["mde"]) {
        let get = |key: &str| number(&case[key]);
        let n = get("n") as u32;
        let got = power::minimum_detectable(
            get("sd"),
            n,
            f64::from(n) - 1.0,
            get("alpha_one_sided"),
            get("power"),
            get("delta"),
        );
        close_relative(got, get("mde_log"), 1e-7, &format!("{case}"));
    }
    for case in items(&v["pairs_needed"]) {
        let get = |key: &str| number(&case[key]);
        let got = power::pairs_needed(get("sd"), get("theta"), get("delta"), get("alpha_one_sided"), get("power"));
        assert_eq!(got.map(f64::from), Some(get("n")), "{case}");
    }
    assert_eq!(power::pairs_needed(1.0, 0.001, 0.0, 0.005, 0.8), None);
}

#[test]
fn quantiles_and_autocorrelation() {
    let v = vector("quantiles");
    let x = numbers(&v["x"]);
    for (p, want) in numbers(&v["probs"]).into_iter().zip(numbers(&v["type7"])) {
        close_relative(summary::quantile(&x, p), want, 1e-12, &format!("quantile {p}"));
    }
    close_relative(summary::mad(&x), number(&v["mad_normal"]), 1e-4, "mad");
    let v = vector("autocorrelation");
    close_relative(dependence::lag1(&numbers(&v["x"])), number(&v["acf"][1]), 1e-9, "lag 1");
}

#[test]
fn adjusted_p_values() {
    let v = vector("multiplicity");
    let p = numbers(&v["p"]);
    for (got, method) in [(multiplicity::benjamini_hochberg(&p), "bh"), (multiplicity::holm(&p), "holm")] {
        for (got, want) in got.into_iter().zip(numbers(&v["methods"][method]["adjusted"])) {
            close_relative(got, want, 1e-12, method);
        }
    }
    // The order given is kept, and what is no probability proves nothing.
    let shuffled = multiplicity::benjamini_hochberg(&[0.9, f64::NAN, 0.001]);
    assert_eq!(shuffled, vec![1.0, 1.0, 0.003]);
}

#[test]
fn welch_and_yuen() {
    let v = vector("tests");
    // The vectors compare the numbers themselves; `unpaired` compares logarithms.
    let side = |name: &str| -> Vec<f64> { numbers(&v[name]).iter().map(|x| x.exp()).collect() };
    let (x, y) = (side("x"), side("y"));
    for (name, trim) in [("welch", 0.0), ("yuen_20", 0.2)] {
        let settings = Settings { alpha: 0.01, alpha_equivalence: 0.05, delta: 0.0 };
        let got = unpaired(&x, &y, settings, trim);
        let t = got.estimate / got.error.expect("an error");
        close_relative(t, number(&v[name]["t"]), 1e-9, name);
        close_relative(got.df, number(&v[name]["df"]), 1e-9, name);
        close_relative(got.p_above, number(&v[name]["p"]), 1e-9, name);
        assert_eq!(got.p_above <= 0.01, got.interval.expect("an interval").0 > 0.0);
    }
}

#[test]
fn empirical_bayes_variances() {
    let v = &vector("stored_baseline")["eb"];
    let df = number(&v["df"]);
    let variances: Vec<(f64, f64)> = numbers(&v["s2"]).into_iter().map(|s2| (s2, df)).collect();
    let prior = Prior::fit(&variances).expect("eight variances");
    close_relative(prior.df, number(&v["d0"]), 1e-8, "d0");
    close_relative(prior.variance, number(&v["s0_sq"]), 1e-8, "s0");
    for (&(s2, d), want) in variances.iter().zip(numbers(&v["posterior_s2"])) {
        close_relative(prior.posterior(s2, d).0, want, 1e-8, "posterior");
    }
}
