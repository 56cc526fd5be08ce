//! The arithmetic against `tests/fixtures/vectors` (scipy 1.17.1, numpy 2.4.6, statsmodels 0.15.0).
//!
//! Every value of every file is looked at by its check, or named here with the reason why not.

mod detection;
mod distributions;
mod intervals;
mod looks;
mod many;
mod samples;
mod sequences;

use super::vector::{Vector, folder};

/// A test for each file: its check, and the paths of what it leaves out.
macro_rules! golden {
    ($($file:ident: $check:path, left $left:expr;)*) => {
        const FILES: &[&str] = &[$(stringify!($file)),*];
        $(
            #[test]
            fn $file() {
                let vector = Vector::read(stringify!($file));
                $check(&vector);
                vector.finish($left);
            }
        )*
    };
}

golden! {
    anytime_valid: looks::anytime_valid, left &[];
    autocorrelation: sequences::autocorrelation, left &[];
    bisection: detection::bisection, left &[];
    // What another detector (a kernel's) found, to compare with.
    changepoints: detection::changepoints, left &["/kernel_rbf_pen5"];
    // What three other programs found, to compare with.
    changepoints_tigerbeetle: detection::tigerbeetle,
        left &["/otava_0_8_0", "/asv_0_6_6_detect_steps", "/mongodb_spa_2_1_6_seed1"];
    equivalence_mde: looks::equivalence_mde, left &[];
    // The formulas in words.
    group_sequential: looks::group_sequential, left &["/spending"];
    hodges_lehmann: intervals::hodges_lehmann, left &[];
    kalibera_jones: intervals::kalibera_jones, left &[];
    modality: sequences::modality, left &[];
    multiplicity: many::multiplicity, left &[];
    // Null: a placeholder of the generator.
    quantiles: sequences::quantiles, left &["/half_sample_mode"];
    ratio_ci: intervals::ratio_ci, left &[];
    special: distributions::special, left &[];
    stored_baseline: many::stored_baseline, left &[];
    tests: samples::tests, left &[];
    trimmed_t: intervals::trimmed_t, left &[];
}

#[test]
fn every_vector_file_is_checked() {
    let entries = std::fs::read_dir(folder()).expect("a folder of vectors");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    let checked: Vec<String> = FILES.iter().map(|file| format!("{file}.json")).collect();
    assert_eq!(names, checked);
}

#[test]
#[should_panic(expected = "never looked at")]
fn a_value_that_nobody_looks_at_is_found() {
    Vector::read("tests").finish(&[]);
}
