//! The formats of an export: one name each, and a suffix where a file's name tells it.

use std::path::Path;
use std::str::FromStr;

/// How a history is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, a run a row, a series a column.
    Csv,
    /// A JSON object a line, a run a line.
    Ndjson,
    /// Parquet, a value a row.
    Parquet,
    /// The newest values as OpenMetrics text, to be scraped.
    OpenMetrics,
    /// Every value as OpenMetrics text with its time, to be filled into Prometheus.
    OpenMetricsHistory,
    /// The newest values in the Bencher Metric Format.
    Bmf,
    /// `data.js` of github-action-benchmark.
    DataJs,
    /// The newest values as custom JSON of github-action-benchmark: those of which less is better.
    SmallerIsBetter,
    /// Likewise, those of which more is better.
    BiggerIsBetter,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::Csv,
        Self::Ndjson,
        Self::Parquet,
        Self::OpenMetrics,
        Self::OpenMetricsHistory,
        Self::Bmf,
        Self::DataJs,
        Self::SmallerIsBetter,
        Self::BiggerIsBetter,
    ];

    /// The one spelling, as `--to` takes it. The last four are called as `--harness` calls them where they are read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::OpenMetrics => "openmetrics",
            Self::OpenMetricsHistory => "openmetrics-history",
            Self::Bmf => "bmf",
            Self::DataJs => "github-action-benchmark",
            Self::SmallerIsBetter => "custom-smaller-is-better",
            Self::BiggerIsBetter => "custom-bigger-is-better",
        }
    }

    /// How a file ends that is written so; none where another format is meant more often.
    #[must_use]
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Csv | Self::Ndjson | Self::Parquet => Some(self.name()),
            Self::OpenMetrics => Some("prom"),
            Self::Bmf => Some("json"),
            Self::DataJs => Some("js"),
            Self::OpenMetricsHistory | Self::SmallerIsBetter | Self::BiggerIsBetter => None,
        }
    }

    /// The format that a file's suffix asks for.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.suffix() == Some(&suffix))
    }

    /// Whether a terminal can show it.
    #[must_use]
    pub fn is_text(self) -> bool {
        self != Self::Parquet
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            format!("'{text}' is not a format; use one of {}", names.join(", "))
        })
    }
}
