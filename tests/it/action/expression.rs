//! `${{ … }}` as GitHub reads it, as far as the action and the workflows use it.

use serde_json::Value;
use std::iter::Peekable;
use std::str::CharIndices;

/// What an expression can see.
pub(crate) trait Scope {
    /// The value of `a.b.c`, null if there is none.
    fn value(&self, path: &str) -> Value;
    /// What a function gives.
    fn call(&self, name: &str, arguments: &[Value]) -> Value;
}

/// A text with every `${{ … }}` replaced by its value.
pub(crate) fn fill(text: &str, scope: &dyn Scope) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (inside, after) = after.split_once("}}").unwrap_or_else(|| panic!("'{text}' has no end"));
        filled.extend([before, &shown(&evaluate(inside, scope))]);
        rest = after;
    }
    filled + rest
}

/// Whether a step with this `if` runs, after steps that all succeeded.
pub(crate) fn holds(condition: &str, scope: &dyn Scope) -> bool {
    let inside = condition.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(condition);
    is_true(&evaluate(inside, scope))
}

/// The value of an expression.
pub(crate) fn evaluate(text: &str, scope: &dyn Scope) -> Value {
    let mut reader = Reader { text, rest: text.char_indices().peekable(), scope };
    let value = reader.or();
    reader.space();
    assert!(reader.rest.peek().is_none(), "'{text}' is no expression that is known here");
    value
}

/// As it stands in a text.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && !["", "0"].contains(&shown(value).as_str())
}

struct Reader<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    scope: &'t dyn Scope,
}

impl Reader<'_> {
    fn space(&mut self) {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    /// Takes this word if it comes next.
    fn take(&mut self, word: &str) -> bool {
        self.space();
        let at = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        let found = self.text[at..].starts_with(word);
        if found {
            let length = word.chars().count();
            self.rest.nth(length - 1);
        }
        found
    }

    fn or(&mut self) -> Value {
        let mut value = self.and();
        while self.take("||") {
            let other = self.and();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn and(&mut self) -> Value {
        let mut value = self.equality();
        while self.take("&&") {
            let other = self.equality();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn equality(&mut self) -> Value {
        let value = self.unary();
        let same = |a: &Value, b: &Value| shown(a).eq_ignore_ascii_case(&shown(b));
        if self.take("==") {
            return same(&value, &self.unary()).into();
        }
        if self.take("!=") {
            return (!same(&value, &self.unary())).into();
        }
        value
    }

    fn unary(&mut self) -> Value {
        if self.take("!") {
            return (!is_true(&self.unary())).into();
        }
        if self.take("(") {
            let value = self.or();
            assert!(self.take(")"), "'{}': ')' is missing", self.text);
            return value;
        }
        if self.take("'") {
            let text: String = std::iter::from_fn(|| self.rest.next_if(|(_, c)| *c != '\'').map(|(_, c)| c)).collect();
            assert!(self.take("'"), "'{}': a text has no end", self.text);
            return text.into();
        }
        self.space();
        let inside = |c: char| c.is_alphanumeric() || "._-[]".contains(c);
        let name: String = std::iter::from_fn(|| self.rest.next_if(|(_, c)| inside(*c)).map(|(_, c)| c)).collect();
        assert!(!name.is_empty(), "'{}' is no expression that is known here", self.text);
        if !self.take("(") {
            return match name.as_str() {
                "true" | "false" => (name == "true").into(),
                _ => self.scope.value(&name),
            };
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.or());
            self.take(",");
        }
        self.scope.call(&name, &arguments)
    }
}

#[test]
fn expressions_are_read_as_github_reads_them() {
    struct Fixed;
    impl Scope for Fixed {
        fn value(&self, path: &str) -> Value {
            if path == "steps.a-b.outputs.how" { "source".into() } else { Value::Null }
        }
        fn call(&self, name: &str, arguments: &[Value]) -> Value {
            format!("{name}{}", arguments.len()).into()
        }
    }
    for (text, value) in [
        ("steps.a-b.outputs.how == 'Source' && inputs.x != 'true'", "true"),
        ("inputs.x || 'b'", "b"),
        ("!inputs.x", "true"),
        ("inputs.x == 'a' && '1' || '2'", "2"),
        ("f('a', inputs.x)", "f2"),
        ("!(true || false)", "false"),
    ] {
        assert_eq!(shown(&evaluate(text, &Fixed)), value, "{text}");
    }
    assert_eq!(fill("a-${{ inputs.x }}-${{ 'b' }}", &Fixed), "a--b");
    assert!(holds("${{ inputs.x != 'true' }}", &Fixed) && !holds("inputs.x", &Fixed));
}
