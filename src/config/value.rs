//! Values that carry their unit. Flags and files read them with the same functions, so messages are alike.

use crate::model::Unit;
use globset::{GlobBuilder, GlobMatcher};
use std::time::Duration;

/// The longest duration that can be meant.
const DURATION_MAX: Duration = Duration::from_hours(24 * 365);
/// CPUs are numbered below this (`CPU_SETSIZE` of the kernel's affinity calls).
const CPUS_MAX: usize = 1024;

/// Reads `3%` as 0.03. Without the sign it is refused: 0.03 and 3 are both written by people who mean 3 %.
pub fn parse_percent(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let Some(digits) = text.strip_suffix('%') else {
        return Err(match number(text) {
            Some(bare) => format!("'{text}' has no unit; write {}", percent_hint(bare)),
            None => format!("'{text}' is not a percentage; write for example 3%"),
        });
    };
    match number(digits.trim_end()).map(|value| value / 100.0) {
        Some(fraction) if fraction > 0.0 => Ok(fraction),
        Some(_) => Err(format!("'{text}' is not above 0%; write for example 3%")),
        None => Err(format!("'{text}' is not a percentage; write for example 3%")),
    }
}

/// What somebody who wrote a bare number should have written.
pub(super) fn percent_hint(bare: f64) -> String {
    if bare > 0.0 && bare < 1.0 {
        let percent = format!("{:.6}", bare * 100.0);
        format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
    } else {
        format!("{}%", if bare > 0.0 { bare } else { 3.0 })
    }
}

/// Reads `10m`, `1m30s`, `1.5s`, `500ms`. Units: ns, us, ms, s, m, h, d.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let refuse = |why: &str| format!("'{text}' is not a duration: {why}; write for example 10m, 1m30s or 500ms");
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(refuse("it is empty"));
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (digits, tail) = split_while(rest, |c| c.is_ascii_digit() || c == '.');
        if digits.is_empty() {
            return Err(refuse("a number must come first"));
        }
        let (unit, tail) = split_while(tail.trim_start(), char::is_alphabetic);
        if unit.is_empty() {
            return Err(refuse("it has no unit"));
        }
        let scale = nanoseconds(unit).ok_or_else(|| refuse(&format!("unknown unit '{unit}'")))?;
        let part = scaled(digits, scale).ok_or_else(|| refuse(&format!("'{digits}' is not a number of '{unit}'")))?;
        total = total.saturating_add(part);
        rest = tail.trim_start();
    }
    if total > DURATION_MAX.as_nanos() {
        return Err(refuse("it is longer than a year"));
    }
    Ok(Duration::new((total / 1_000_000_000) as u64, (total % 1_000_000_000) as u32))
}

/// Like [`parse_duration`], and refuses zero.
pub fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err(format!("'{text}' must be longer than zero; write for example 10m, 1m30s or 500ms")),
        duration => Ok(duration),
    }
}

/// Reads a metric's value in its base unit: `200ms`, `64MiB` or `10MB`, `1e6`, `100/s`.
pub fn parse_value(unit: Unit, text: &str) -> Result<f64, String> {
    let text = text.trim();
    let value = match unit {
        Unit::Second => return parse_duration(text).map(|duration| duration.as_secs_f64()),
        Unit::Byte => {
            let (digits, suffix) = split_while(text, |c| c.is_ascii_digit() || ".eE+-".contains(c));
            number(digits).zip(bytes(suffix.trim())).map(|(count, scale)| count * scale)
        }
        Unit::One => number(text),
        Unit::PerSecond => text.strip_suffix("/s").and_then(|count| number(count.trim_end())),
    };
    value.filter(|value| value.is_finite() && *value >= 0.0).ok_or_else(|| match unit {
        Unit::Byte => format!("'{text}' is not a size; write for example 64MiB, 10MB or 512B"),
        Unit::PerSecond => format!("'{text}' is not a rate; write for example 100/s"),
        Unit::One | Unit::Second => format!("'{text}' is not a count; write for example 1000 or 1e6"),
    })
}

/// An example of what [`parse_value`] reads.
pub(super) fn value_example(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "\"200ms\"",
        Unit::Byte => "\"64MiB\"",
        Unit::One => "1000",
        Unit::PerSecond => "\"100/s\"",
    }
}

/// Reads a probability of error: above 0, below 0.5.
pub fn parse_alpha(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let alpha = number(text).ok_or_else(|| format!("'{text}' is not a number; write for example 0.01"))?;
    check_alpha(alpha)
}

/// Refuses what is no probability of error.
pub(super) fn check_alpha(alpha: f64) -> Result<f64, String> {
    if alpha > 0.0 && alpha < 0.5 {
        Ok(alpha)
    } else {
        Err(format!("{alpha} is out of range; it must lie between 0 and 0.5, for example 0.01"))
    }
}

/// Reads a threshold: a percentage up to 1000%.
pub fn parse_threshold(text: &str) -> Result<f64, String> {
    let threshold = parse_percent(text)?;
    if threshold <= 10.0 { Ok(threshold) } else { Err(format!("'{text}' is above 1000%; write for example 3%")) }
}

/// Bytes of a glob, and braces in it: what has more may become a program that its compiler refuses.
const GLOB_BYTES_MAX: usize = 16 << 10;
const GLOB_BRACES_MAX: usize = 100;

/// Compiles a glob in which `*` stays within one segment and `**` crosses `/`.
pub fn parse_glob(text: &str) -> Result<GlobMatcher, String> {
    if text.is_empty() {
        return Err("a glob must not be empty; write for example parse/**".to_owned());
    }
    if text.len() > GLOB_BYTES_MAX {
        return Err(format!("a glob of more than {} KiB; write for example parse/**", GLOB_BYTES_MAX >> 10));
    }
    if braces(text) > GLOB_BRACES_MAX {
        return Err(format!("a glob with more than {GLOB_BRACES_MAX} braces; write for example parse/**"));
    }
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("'{text}' is not a glob: {}; write for example parse/**", error.kind()))
}

/// Braces that may open alternatives: all but those of a literal name, which stand in brackets of their own.
fn braces(glob: &str) -> usize {
    let opens = |at: &usize| {
        let (before, after) = (&glob[..*at], &glob[*at + 1..]);
        let bracket = before.strip_suffix('[').filter(|before| !before.ends_with('\\'));
        bracket.is_none() || !after.starts_with(']')
    };
    glob.match_indices('{').map(|(at, _)| at).filter(opens).count()
}

/// Reads a day, `YYYY-MM-DD`, that the calendar has.
pub fn parse_date(text: &str) -> Result<String, String> {
    let refuse = || format!("'{text}' is not a date; write for example 2027-03-01");
    let fields: Vec<&str> = text.split('-').collect();
    let [year, month, day] = fields[..] else { return Err(refuse()) };
    let digits = |field: &str, len: usize| field.len() == len && field.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return Err(refuse());
    }
    let parse = |field: &str| field.parse::<u32>().map_err(|_| refuse());
    let (year, month, day) = (parse(year)?, parse(month)?, parse(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    if (1..=days).contains(&day) { Ok(text.to_owned()) } else { Err(refuse()) }
}

/// Reads a list of CPUs as the kernel writes it: `0,2-3`. Sorted, each once.
pub fn parse_cpus(text: &str) -> Result<Vec<usize>, String> {
    let refuse = |part: &str| format!("'{part}' is not a list of CPUs; write for example 0,2-3");
    let mut cpus = std::collections::BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let parse = |field: &str| field.trim().parse::<usize>().ok().filter(|cpu| *cpu < CPUS_MAX);
        match (parse(first), parse(last)) {
            (Some(first), Some(last)) if first <= last => cpus.extend(first..=last),
            _ => return Err(refuse(text)),
        }
    }
    Ok(cpus.into_iter().collect())
}

/// A finite number, without the words that Rust also reads (`inf`, `nan`).
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if plain { text.parse().ok().filter(|value: &f64| value.is_finite()) } else { None }
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" | "sec" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        _ => return None,
    })
}

/// `1.5` times `scale`, exactly, down to the whole nanosecond.
fn scaled(digits: &str, scale: u64) -> Option<u128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.len() > 20 || fraction.len() > 15 || fraction.is_empty() {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let part: u128 = fraction.parse().ok()?;
    let scale = u128::from(scale);
    Some(whole * scale + part * scale / 10_u128.pow(fraction.len() as u32))
}

fn bytes(suffix: &str) -> Option<f64> {
    Some(match suffix {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    })
}
