//! A file of golden values that knows which of them were looked at, so that none is passed over in silence.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One of the files in `tests/fixtures/vectors`, whose own `versions` say what computed it.
pub(super) struct Vector {
    value: Value,
    seen: RefCell<BTreeSet<String>>,
}

/// A place in a vector.
#[derive(Clone)]
pub(super) struct At<'a> {
    vector: &'a Vector,
    value: &'a Value,
    path: String,
}

/// The folder of the vectors.
pub(super) fn folder() -> String {
    format!("{}/tests/fixtures/vectors", env!("CARGO_MANIFEST_DIR"))
}

impl Vector {
    pub(super) fn read(name: &str) -> Self {
        let path = format!("{}/{name}.json", folder());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
        Self { value, seen: RefCell::default() }
    }

    pub(super) fn at(&self, key: &str) -> At<'_> {
        At { vector: self, value: &self.value, path: String::new() }.at(key)
    }

    /// Fails if a value was not looked at, except below the paths in `left`, each of which must have such values.
    pub(super) fn finish(&self, left: &[&str]) {
        let mut leaves = Vec::new();
        collect(&self.value, String::new(), &mut leaves);
        let seen = self.seen.borrow();
        let below = |leaf: &str, path: &str| {
            leaf.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let said = |leaf: &str| leaf.starts_with("/versions/") || leaf.ends_with("note");
        let unseen: Vec<String> = leaves.into_iter().filter(|leaf| !seen.contains(leaf) && !said(leaf)).collect();
        let forgotten: Vec<_> = unseen.iter().filter(|leaf| !left.iter().any(|path| below(leaf, path))).collect();
        assert!(forgotten.is_empty(), "never looked at: {forgotten:?}");
        for path in left {
            assert!(unseen.iter().any(|leaf| below(leaf, path)), "{path} is looked at, or not there");
        }
    }
}

/// The paths of all values that hold no others.
fn collect(value: &Value, path: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, field)| collect(field, format!("{path}/{key}"), leaves)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, format!("{path}/{i}"), leaves));
        }
        _ => leaves.push(path),
    }
}

impl<'a> At<'a> {
    pub(super) fn at(&self, key: impl std::fmt::Display) -> Self {
        let path = format!("{}/{key}", self.path);
        let value = match self.value {
            Value::Array(items) => key.to_string().parse().ok().and_then(|i: usize| items.get(i)),
            other => other.get(key.to_string()),
        };
        Self { vector: self.vector, value: value.unwrap_or_else(|| panic!("nothing at {path}")), path }
    }

    pub(super) fn items(&self) -> Vec<At<'a>> {
        let items = self.value.as_array().unwrap_or_else(|| panic!("{}: not a list", self.path));
        (0..items.len()).map(|i| self.at(i)).collect()
    }

    pub(super) fn entries(&self) -> Vec<(&'a str, At<'a>)> {
        let fields = self.value.as_object().unwrap_or_else(|| panic!("{}: no object", self.path));
        fields.keys().map(|key| (key.as_str(), self.at(key))).collect()
    }

    fn look(&self) -> &'a Value {
        self.vector.seen.borrow_mut().insert(self.path.clone());
        self.value
    }

    /// A number, or one of the words that stand for what JSON has no number for.
    pub(super) fn number(&self) -> f64 {
        match self.look() {
            Value::String(word) => word.parse().unwrap_or_else(|e| panic!("{}: {e}", self.path)),
            other => other.as_f64().unwrap_or_else(|| panic!("{}: not a number: {other}", self.path)),
        }
    }

    pub(super) fn numbers(&self) -> Vec<f64> {
        self.items().iter().map(At::number).collect()
    }

    pub(super) fn indices(&self) -> Vec<usize> {
        self.numbers().into_iter().map(|number| number as usize).collect()
    }

    /// Lists of numbers in a list.
    pub(super) fn rows(&self) -> Vec<Vec<f64>> {
        self.items().iter().map(At::numbers).collect()
    }

    pub(super) fn text(&self) -> &'a str {
        self.look().as_str().unwrap_or_else(|| panic!("{}: no text", self.path))
    }

    pub(super) fn flag(&self) -> bool {
        self.look().as_bool().unwrap_or_else(|| panic!("{}: no flag", self.path))
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.is_null() && self.look().is_null()
    }

    /// Fails unless `got` is the number here to `tolerance` in relative terms.
    #[track_caller]
    pub(super) fn is(&self, got: f64, tolerance: f64) {
        super::close_relative(got, self.number(), tolerance, &self.path);
    }

    /// Fails unless `got` is the number here to `tolerance`, relative above 1 and absolute below: for what may be 0.
    #[track_caller]
    pub(super) fn is_near(&self, got: f64, tolerance: f64) {
        super::close(got, self.number(), tolerance, &self.path);
    }

    /// Fails unless `got` are the numbers here, each to `tolerance` in relative terms.
    #[track_caller]
    pub(super) fn are(&self, got: impl IntoIterator<Item = f64>, tolerance: f64) {
        let (got, items) = (got.into_iter().collect::<Vec<_>>(), self.items());
        assert_eq!(got.len(), items.len(), "{}", self.path);
        for (got, want) in got.into_iter().zip(items) {
            want.is(got, tolerance);
        }
    }
}
