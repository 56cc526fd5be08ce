//! Golden values, laws and error rates of the arithmetic.

mod golden;
mod laws;
mod rates;

use serde_json::Value;

/// One of the vector files in `tests/fixtures/vectors`, whose own `versions` say what computed it.
fn vector(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A number, or one of the words that stand for what JSON has no number for.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(word) => word.parse().expect("inf, -inf or nan"),
        other => other.as_f64().unwrap_or_else(|| panic!("not a number: {other}")),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    items(value).iter().map(number).collect()
}

fn items(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

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
