//! Units and numbers as tools write them, to base units.

use crate::model::Unit;

/// What a written unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Time, in seconds.
    Time,
    /// Memory, in bytes.
    Bytes,
    /// Operations per second.
    Rate,
    /// Bytes per second.
    ByteRate,
}

impl Dimension {
    /// The base unit.
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Time => Unit::Second,
            Self::Bytes => Unit::Byte,
            Self::Rate | Self::ByteRate => Unit::PerSecond,
        }
    }
}

/// How many base units one of a written unit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Written {
    /// What it measures.
    pub(super) dimension: Dimension,
    /// Base units in one of it.
    pub(super) factor: f64,
}

/// Seconds. The micro sign is U+00B5 with some tools, the Greek letter U+03BC with others.
const TIMES: [(&str, f64); 21] = [
    ("ps", 1e-12),
    ("ns", 1e-9),
    ("nsec", 1e-9),
    ("nanoseconds", 1e-9),
    ("us", 1e-6),
    ("\u{b5}s", 1e-6),
    ("\u{3bc}s", 1e-6),
    ("usec", 1e-6),
    ("microseconds", 1e-6),
    ("ms", 1e-3),
    ("msec", 1e-3),
    ("milliseconds", 1e-3),
    ("s", 1.0),
    ("sec", 1.0),
    ("secs", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("min", 60.0),
    ("minutes", 60.0),
    ("h", 3_600.0),
    ("hours", 3_600.0),
];

/// Bytes. Without an `i` the prefix is decimal, as `go test` and libtest mean it.
const BYTES: [(&str, f64); 20] = [
    ("B", 1.0),
    ("byte", 1.0),
    ("bytes", 1.0),
    ("Bytes", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("kb", 1e3),
    ("kilobytes", 1e3),
    ("Kilobytes", 1e3),
    ("MB", 1e6),
    ("mb", 1e6),
    ("megabytes", 1e6),
    ("Megabytes", 1e6),
    ("GB", 1e9),
    ("gigabytes", 1e9),
    ("Gigabytes", 1e9),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// What is counted in a rate of operations.
const OPERATIONS: [&str; 10] =
    ["op", "ops", "operations", "iter", "iters", "iterations", "req", "requests", "calls", "transactions"];

/// What a quantity may be given per without changing what it is: `ns/iter` is a time.
const EACH: [&str; 6] = ["op", "iter", "iteration", "call", "run", "rev"];

/// The unit of that spelling: a time, an amount of memory, or a rate of either bytes or operations.
pub(super) fn written(text: &str) -> Option<Written> {
    let text = text.trim();
    let (above, below) = match text.rsplit_once('/') {
        Some((above, below)) if EACH.contains(&below) => (above, None),
        Some((above, below)) => (above, Some(look_up(&TIMES, below)?)),
        None => (text, None),
    };
    let amount = look_up(&BYTES, above);
    let (dimension, factor) = match (amount, below) {
        (Some(bytes), Some(seconds)) => (Dimension::ByteRate, bytes / seconds),
        (Some(bytes), None) => (Dimension::Bytes, bytes),
        (None, Some(seconds)) => (Dimension::Rate, OPERATIONS.contains(&above).then_some(1.0 / seconds)?),
        (None, None) => (Dimension::Time, look_up(&TIMES, above)?),
    };
    Some(Written { dimension, factor })
}

fn look_up(table: &[(&str, f64)], text: &str) -> Option<f64> {
    table.iter().find(|(spelling, _)| *spelling == text).map(|&(_, factor)| factor)
}

/// A number with or without commas between groups of three digits: `1,234.5`. Finite.
pub(super) fn number(text: &str) -> Option<f64> {
    let whole = text.split(['.', 'e', 'E']).next()?;
    let mut groups = whole.trim_start_matches(['+', '-']).split(',');
    let first = groups.next()?;
    let grouped = whole.contains(',');
    // `0,125` is an eighth to whoever wrote it.
    let begins = (1..=3).contains(&first.len()) && !first.starts_with('0');
    if grouped && !(begins && groups.all(|group| group.len() == 3)) {
        return None;
    }
    let fraction = &text[whole.len()..];
    if fraction.contains(',') || !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.,eE".contains(&byte)) {
        return None;
    }
    let value: f64 = if grouped { text.replace(',', "").parse().ok()? } else { text.parse().ok()? };
    value.is_finite().then_some(value)
}

/// Whether a text, a unit behind it or not, is a number with a comma where others have a point: `1,5`, `1.234,5 ms`.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['+', '-']);
    let of_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((whole, rest)) = text.split_once(',') else { return false };
    let (fraction, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let is_unit = !unit.contains([',', '.']) && number(&text[..text.len() - unit.len()]).is_none();
    of_digits(fraction) && is_unit && whole.split('.').all(of_digits)
}

/// The first number with a decimal comma that a comma as delimiter cut into two of these cells.
pub(super) fn cut_at_comma<'c>(cells: impl Iterator<Item = &'c str>) -> Option<String> {
    let cells: Vec<&str> = cells.collect();
    let of_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_cut = |two: &&[&str]| {
        let fraction = two[1].split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        of_digits(two[0].trim().trim_start_matches(['+', '-'])) && of_digits(fraction)
    };
    cells.windows(2).find(is_cut).map(|two| two.join(","))
}

/// A foreign name as a metric's name: `Total Bytes` and `totalBytes` are `total-bytes`. `None` without letter or digit.
pub(super) fn kebab(text: &str) -> Option<String> {
    let mut name = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_alphanumeric() {
            before = ' ';
            continue;
        }
        let begins = before == ' ' || (before.is_lowercase() && c.is_uppercase());
        if begins && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
        before = c;
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_tools_write_them() {
        for (text, dimension, factor) in [
            ("ns/iter", Dimension::Time, 1e-9),
            ("µs", Dimension::Time, 1e-6),
            ("μs", Dimension::Time, 1e-6),
            ("msec", Dimension::Time, 1e-3),
            ("min", Dimension::Time, 60.0),
            ("B/op", Dimension::Bytes, 1.0),
            ("MB", Dimension::Bytes, 1e6),
            ("MiB", Dimension::Bytes, 1_048_576.0),
            ("MB/s", Dimension::ByteRate, 1e6),
            ("ops/sec", Dimension::Rate, 1.0),
            ("ops/min", Dimension::Rate, 1.0 / 60.0),
            ("req/s", Dimension::Rate, 1.0),
        ] {
            assert_eq!(written(text), Some(Written { dimension, factor }), "{text}");
        }
        for text in ["", "/", "Percent", "widgets/s", "ns/B", "allocs/op", "s/s"] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_may_have_separators_in_their_places_only() {
        for (text, value) in [("1,234.5", 1_234.5), ("12", 12.0), ("-3e-2", -0.03), ("5,476,643", 5_476_643.0)] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in
            ["", "8,34", "0,125", "1,2345", ",123", "1.2,345", "nan", "inf", "1e999", "0x1", "1_000", "1 0", "--1"]
        {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn decimal_commas_are_told_from_groups_of_digits() {
        for text in ["1,5", "-0,125", "1.234,56", "1,5 ms", "1,5e3", "8,34s", "1,2345"] {
            assert!(has_decimal_comma(text), "{text}");
        }
        for text in ["", "1.5", "1,234", "5,476,643", "1,234.5", "a,5", "1,b", ",5", "1,", "1,2,3", "1,5,6 ms"] {
            assert!(!has_decimal_comma(text), "{text}");
        }
        assert_eq!(cut_at_comma(["a", " 1", "5 ms", "7"].into_iter()).as_deref(), Some(" 1,5 ms"));
        assert_eq!(cut_at_comma(["a", "1", "b"].into_iter()), None);
    }

    #[test]
    fn foreign_names_become_metric_names() {
        for (text, name) in
            [("Total Bytes", "total-bytes"), ("MaxRSS", "max-rss"), ("p99-ms", "p99-ms"), ("I1mr", "i1mr")]
        {
            assert_eq!(kebab(text).as_deref(), Some(name));
        }
        assert_eq!(kebab(" %/"), None);
    }
}
