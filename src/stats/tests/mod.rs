//! Golden values, laws and error rates of the arithmetic.

mod golden;
mod histories;
mod laws;
mod rates;
mod symmetry;
mod totality;
mod vector;

/// Fails unless `got` is `want` to `tolerance`, relative above 1 and absolute below.
#[track_caller]
fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    let equal = got == want || (got - want).abs() <= tolerance * want.abs().max(1.0);
    assert!(equal, "{what}: got {got:e}, want {want:e}");
}

/// Fails unless `got` is `want` to `tolerance` in relative terms.
#[track_caller]
fn close_relative(got: f64, want: f64, tolerance: f64, what: &str) {
    let equal = got == want || (got / want - 1.0).abs() <= tolerance;
    assert!(equal, "{what}: got {got:e}, want {want:e}");
}
