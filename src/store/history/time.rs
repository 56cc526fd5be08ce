use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last millisecond of the year 9999.
const MS_MAX: i64 = 253_402_300_799_999;

/// A moment in UTC, to the millisecond, from 1970 to 9999. Written as RFC 3339.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// Milliseconds since 1970.
    #[must_use]
    pub fn from_ms(ms: i64) -> Option<Self> {
        (0..=MS_MAX).contains(&ms).then_some(Self(ms))
    }

    /// Whole seconds since 1970, as git counts them.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        seconds.checked_mul(1000).and_then(Self::from_ms)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 in UTC, for example `2026-11-22T08:15:00Z`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        humantime::parse_rfc3339(text).ok().and_then(|moment| Self::try_from(moment).ok())
    }
}

impl TryFrom<SystemTime> for Time {
    type Error = String;

    fn try_from(moment: SystemTime) -> Result<Self, String> {
        let since = moment.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok());
        since.and_then(Self::from_ms).ok_or_else(|| "not between 1970 and 9999".to_owned())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = UNIX_EPOCH + Duration::from_millis(self.0.unsigned_abs());
        if self.0 % 1000 == 0 {
            write!(f, "{}", humantime::format_rfc3339_seconds(moment))
        } else {
            write!(f, "{}", humantime::format_rfc3339_millis(moment))
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a time as 2026-11-22T08:15:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_and_sorts_as_it_passes() {
        for text in
            ["1970-01-01T00:00:00Z", "2026-11-22T08:15:00Z", "2026-11-22T08:15:00.250Z", "9999-12-31T23:59:59.999Z"]
        {
            assert_eq!(Time::parse(text).unwrap().to_string(), text);
        }
        assert!(Time::parse("2026-11-22T08:15:00.250Z") > Time::parse("2026-11-22T08:15:00Z"));
        for text in ["", "2026-11-22", "2026-11-22T08:15:00+01:00", "yesterday"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
        assert_eq!((Time::from_ms(-1), Time::from_seconds(i64::MAX)), (None, None));
    }
}
