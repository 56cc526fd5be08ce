//! Points in time as tools write them, for the time between two of them.

/// Nanoseconds since 1970 of a date with a time of day, as RFC 3339 writes it (`2024-08-22T01:13:59.892709931-03:00`), or
/// with slashes, a space, or a comma before the fraction. Without an offset it is taken for UTC, which differences do not
/// notice.
pub(super) fn instant(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.strip_prefix(['T', ' '])?.split_at_checked(8)?;
    let days = days_since_1970(number(date, 0..4)?, number(date, 5..7)?, number(date, 8..10)?)?;
    let parts = [(number(time, 0..2)?, 24), (number(time, 3..5)?, 60), (number(time, 6..8)?, 61)];
    let separated = ["-", "/"].contains(&date.get(4..5)?) && date.get(4..5) == date.get(7..8);
    if !separated || time.get(2..3)? != ":" || time.get(5..6)? != ":" || parts.iter().any(|&(part, end)| part >= end) {
        return None;
    }
    let fraction = rest.strip_prefix(['.', ',']).unwrap_or_default();
    let digits = fraction.len() - fraction.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (fraction, offset) = if fraction.is_empty() { ("", rest) } else { fraction.split_at(digits) };
    if digits > 9 || (digits == 0 && rest.starts_with(['.', ','])) {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    let seconds = days * 86_400 + parts[0].0 * 3_600 + parts[1].0 * 60 + parts[2].0 - offset_seconds(offset)?;
    Some(seconds * 1_000_000_000 + nanoseconds)
}

fn number(text: &str, at: std::ops::Range<usize>) -> Option<i64> {
    text.get(at).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar: years begin in March, so that a leap day ends one, and each
/// month begins at floor((153 m + 2) / 5) of it.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1970..=2200).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // From 0000-03-01 to 1970-01-01 there are 719,468 days.
    Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

/// Seconds that `Z`, `+hh:mm` or nothing is ahead of UTC.
fn offset_seconds(text: &str) -> Option<i64> {
    let sign = match text.get(..1) {
        None if text.is_empty() => return Some(0),
        Some("Z" | "z") if text.len() == 1 => return Some(0),
        Some("+") => 1,
        Some("-") => -1,
        _ => return None,
    };
    let whole = text.len() == 6 && text.get(3..4) == Some(":");
    whole.then_some(sign * (number(text, 1..3)? * 3_600 + number(text, 4..6)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds as GNU `date -u -d TEXT +%s` gives them.
    #[test]
    fn instants_agree_with_date() {
        for (text, seconds, nanoseconds) in [
            ("2024-08-22T01:13:59.892709931-03:00", 1_724_300_039, 892_709_931),
            ("2026-02-13T02:05:17.584482+03:00", 1_770_937_517, 584_482_000),
            ("2024-02-29 23:59:60Z", 1_709_251_200, 0),
            ("2026/11/21 21:13:53.145", 1_795_295_633, 145_000_000),
            ("1970-01-01T00:00:00,5", 0, 500_000_000),
        ] {
            assert_eq!(instant(text), Some(seconds * 1_000_000_000 + nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in [
            "",
            "1724300039",
            "2024-08-22",
            "2024-08-22T01:13",
            "2024-13-22T01:13:59",
            "2024-08-22T24:13:59",
            "2024/08-22T01:13:59",
            "2024-08-22T01:13:59.",
            "2024-08-22T01:13:59.1234567890",
            "2024-08-22T01:13:59+0300",
            "2024-08-22T01:13:59é",
            "2024é08-22T01:13:59",
            "9999-08-22T01:13:59Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
