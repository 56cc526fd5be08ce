//! A typed reader over the spanned TOML tree, which collects complaints instead of stopping at the first.

use super::diagnostics::{Complaint, Diagnostics, hint};
use super::value::parse_glob;
use globset::GlobMatcher;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

/// Complaints shown of one file; the rest is counted.
const COMPLAINTS_MAX: usize = 100;

/// Entries of an array, tables of one kind, and globs in all arrays of a file: each costs memory and time.
const ENTRIES_MAX: usize = 1_000;
const TABLES_MAX: usize = 5_000;
const GLOBS_MAX: usize = 10_000;

pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// What a key expects: `"a duration"`, with an example in TOML.
#[derive(Clone, Copy)]
pub(super) struct Shape(pub(super) &'static str, pub(super) &'static str);

pub(super) const DURATION: Shape = Shape("a duration", "\"10m\"");
pub(super) const PERCENT: Shape = Shape("a percentage", "\"3%\"");
pub(super) const GLOBS: Shape = Shape("an array of globs", "[\"parse/**\"]");

/// The file's text, and what was found wrong with it.
pub(super) struct Source<'s> {
    name: &'s str,
    text: &'s str,
    line_starts: Vec<usize>,
    found: Vec<(usize, String)>,
    /// Globs in arrays so far.
    globs: usize,
}

impl<'s> Source<'s> {
    pub(super) fn new(name: &'s str, text: &'s str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name, text, line_starts, found: Vec::new(), globs: 0 }
    }

    /// `name:line:column`, both from 1, the column in characters.
    pub(super) fn place(&self, offset: usize) -> String {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text[start..offset].trim_start_matches('\u{feff}').chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    pub(super) fn complain(&mut self, span: &Range<usize>, text: impl Into<String>) {
        self.found.push((span.start, text.into()));
    }

    /// `Err` if anything was wrong, in the order of the file.
    pub(super) fn finish(mut self) -> Result<(), Diagnostics> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|(offset, _)| *offset);
        let more = found.len().saturating_sub(COMPLAINTS_MAX);
        let mut complaints: Vec<Complaint> = found
            .into_iter()
            .take(COMPLAINTS_MAX)
            .map(|(offset, text)| Complaint::new(self.place(offset), text))
            .collect();
        if more > 0 {
            complaints.push(Complaint::new(self.name, format!("{more} more complaints; mend these first")));
        }
        Err(Diagnostics(complaints))
    }

    /// Runs a parser on a text of the file.
    pub(super) fn check<T>(
        &mut self,
        key: &str,
        text: &Spot<String>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        parse(&text.value).map_err(|error| self.complain(&text.span, format!("'{key}': {error}"))).ok()
    }

    /// A text value, without NUL, which no argument, path or variable can hold.
    pub(super) fn text(&mut self, key: &str, value: &Value<'_>, shape: Shape) -> Option<Spot<String>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, shape);
            return None;
        };
        if text.contains('\0') {
            self.complain(&value.span(), format!("'{key}' holds a NUL character; remove it"));
            return None;
        }
        Some(Spot { value: text.to_owned(), span: value.span() })
    }

    /// An array of not too many entries.
    pub(super) fn array<'t>(&mut self, key: &str, value: &'t Value<'t>, shape: Shape) -> Option<&'t DeArray<'t>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.wrong_type(key, value, shape);
        }
        let array = array?;
        if array.len() > ENTRIES_MAX {
            self.complain(&value.span(), format!("'{key}' has more than {ENTRIES_MAX} entries; write fewer"));
            return None;
        }
        Some(array)
    }

    pub(super) fn wrong_type(&mut self, key: &str, value: &Value<'_>, shape: Shape) {
        let found = describe(value.get_ref());
        self.complain(&value.span(), format!("'{key}' must be {}, for example {}; found {found}", shape.0, shape.1));
    }
}

/// A table of the file, whose unknown keys have been complained about.
#[derive(Clone)]
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// As it is written: `[gate]`, `[[suite]]`.
    pub(super) title: &'static str,
    pub(super) span: Range<usize>,
}

impl<'t> Table<'t> {
    pub(super) fn new(entries: &'t DeTable<'t>, title: &'static str, span: Range<usize>) -> Self {
        Self { entries, title, span }
    }

    /// Complains about every key that is not in `keys`; `elsewhere` may know where it belongs.
    pub(super) fn only(&self, source: &mut Source<'_>, keys: &[&str], elsewhere: impl Fn(&str) -> Option<String>) {
        for (key, _) in self.entries {
            let name = key.get_ref().as_ref();
            if keys.contains(&name) {
                continue;
            }
            let text = elsewhere(name)
                .unwrap_or_else(|| format!("unknown key '{name}' in {}{}", self.title, hint(name, keys)));
            source.complain(&key.span(), text);
        }
    }

    /// All entries: key, where the key stands, value.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'t str, Range<usize>, &'t Value<'t>)> + use<'t> {
        self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t Value<'t>> {
        self.entries().find(|(name, ..)| *name == key).map(|(.., value)| value)
    }

    /// Complains, at the table's head, that a key is missing.
    pub(super) fn require(&self, source: &mut Source<'_>, key: &str, example: &str) {
        if self.get(key).is_none() {
            source.complain(&self.span, format!("{} needs '{key}'; write for example {key} = {example}", self.title));
        }
    }

    pub(super) fn text(&self, source: &mut Source<'_>, key: &str, example: &'static str) -> Option<Spot<String>> {
        let text = source.text(key, self.get(key)?, Shape("a text", example))?;
        if text.value.trim().is_empty() {
            source.complain(&text.span, format!("'{key}' is empty; write for example {example}"));
            return None;
        }
        Some(text)
    }

    /// A text in a notation of its own.
    pub(super) fn parsed<T>(
        &self,
        source: &mut Source<'_>,
        key: &str,
        shape: Shape,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = source.text(key, self.get(key)?, shape)?;
        source.check(key, &text, parse)
    }

    /// A percentage, with the right hint for a bare number.
    pub(super) fn percent(
        &self,
        source: &mut Source<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<f64, String>,
    ) -> Option<f64> {
        let value = self.get(key)?;
        if let Some(bare) = float(value.get_ref()) {
            let hint = super::value::percent_hint(bare);
            let found = describe(value.get_ref());
            let text = format!("'{key}' must be a percentage with its sign; found {found}; write \"{hint}\"");
            source.complain(&value.span(), text);
            return None;
        }
        self.parsed(source, key, PERCENT, parse)
    }

    pub(super) fn integer(&self, source: &mut Source<'_>, key: &str, example: &'static str) -> Option<Spot<i64>> {
        let value = self.get(key)?;
        let integer = value.get_ref().as_integer().and_then(integer);
        if integer.is_none() {
            source.wrong_type(key, value, Shape("a whole number", example));
        }
        Some(Spot { value: integer?, span: value.span() })
    }

    pub(super) fn float(&self, source: &mut Source<'_>, key: &str, example: &'static str) -> Option<Spot<f64>> {
        let value = self.get(key)?;
        let number = float(value.get_ref());
        if number.is_none() {
            source.wrong_type(key, value, Shape("a number", example));
        }
        Some(Spot { value: number?, span: value.span() })
    }

    pub(super) fn flag(&self, source: &mut Source<'_>, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            source.wrong_type(key, value, Shape("true or false", "true"));
        }
        flag
    }

    pub(super) fn array(&self, source: &mut Source<'_>, key: &str, shape: Shape) -> Option<&'t DeArray<'t>> {
        source.array(key, self.get(key)?, shape)
    }

    pub(super) fn texts(&self, source: &mut Source<'_>, key: &str, shape: Shape) -> Vec<Spot<String>> {
        let array = self.array(source, key, shape);
        array.into_iter().flat_map(|array| array.iter()).filter_map(|value| source.text(key, value, shape)).collect()
    }

    /// An array of names, none of them empty.
    pub(super) fn names(&self, source: &mut Source<'_>, key: &str, example: &'static str) -> Vec<String> {
        let texts = self.texts(source, key, Shape("an array of texts", example));
        for text in texts.iter().filter(|text| text.value.is_empty()) {
            source.complain(&text.span, format!("'{key}' holds an empty text; write for example {example}"));
        }
        texts.into_iter().map(|text| text.value).collect()
    }

    pub(super) fn globs(&self, source: &mut Source<'_>, key: &str) -> Vec<GlobMatcher> {
        let texts = self.texts(source, key, GLOBS);
        source.globs += texts.len();
        if source.globs > GLOBS_MAX {
            let text = format!("'{key}': more than {GLOBS_MAX} globs in this file; write fewer");
            source.complain(&self.span, text);
            return Vec::new();
        }
        texts.iter().filter_map(|text| source.check(key, text, parse_glob)).collect()
    }

    pub(super) fn table(
        &self,
        source: &mut Source<'_>,
        key: &str,
        title: &'static str,
        example: &'static str,
    ) -> Option<Table<'t>> {
        let value = self.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            source.wrong_type(key, value, Shape("a table", example));
        }
        table.map(|entries| Table::new(entries, title, value.span()))
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&self, source: &mut Source<'_>, key: &str, title: &'static str) -> Vec<Table<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            let found = describe(value.get_ref());
            source.complain(&value.span(), format!("'{key}' can be repeated: write {title}; found {found}"));
            return Vec::new();
        };
        if array.len() > TABLES_MAX {
            source.complain(&value.span(), format!("more than {TABLES_MAX} of {title}; write fewer"));
            return Vec::new();
        }
        let mut tables = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(entries) => tables.push(Table::new(entries, title, item.span())),
                None => source.complain(
                    &item.span(),
                    format!("'{key}' must be tables: write {title}; found {}", describe(item.get_ref())),
                ),
            }
        }
        tables
    }
}

pub(super) fn integer(value: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(value.as_str(), value.radix()).ok()
}

/// A finite number, written with or without a point.
pub(super) fn float(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(number) => integer(number).map(|number| number as f64),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// What was found instead.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.chars().count() > 40 => "a text".to_owned(),
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(flag) => format!("{flag}"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
