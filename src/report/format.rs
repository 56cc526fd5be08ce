//! The formats of an answer: one name and one suffix each.

use std::path::Path;
use std::str::FromStr;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal or in a log.
    Terminal,
    /// The report itself.
    Json,
    /// For a pull request's comment or a job summary.
    Markdown,
    /// One self-contained page to dig in.
    Html,
    /// For whatever collects test results.
    Junit,
    /// Workflow commands that GitHub shows beside a run.
    Annotations,
    /// Outcome and counts, for a workflow's next step.
    Counts,
    /// The picture of all effects.
    Svg,
    /// The same, in pixels.
    Png,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 9] = [
        Self::Terminal,
        Self::Json,
        Self::Markdown,
        Self::Html,
        Self::Junit,
        Self::Annotations,
        Self::Counts,
        Self::Svg,
        Self::Png,
    ];

    /// The one spelling, as `--format` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Annotations => "annotations",
            Self::Counts => "counts",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    /// How a file ends that is written so; annotations and counts belong on standard output.
    #[must_use]
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Terminal => Some("txt"),
            Self::Markdown => Some("md"),
            Self::Junit => Some("xml"),
            Self::Annotations | Self::Counts => None,
            Self::Json | Self::Html | Self::Svg | Self::Png => Some(self.name()),
        }
    }

    /// The format that a file's suffix asks for.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.suffix() == Some(&suffix))
    }

    /// Whether answers without comparisons, `doctor`'s and `show`'s, can be written so.
    #[must_use]
    pub fn is_plain(self) -> bool {
        matches!(self, Self::Terminal | Self::Json | Self::Markdown)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names_and_suffixes() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>(), Ok(format));
        }
        assert!("yaml".parse::<Format>().is_err());
        let suffixes = ["a.json", "b/c.md", "d.TXT", "e.html", "g.xml", "f", "f.annotations"]
            .map(|path| Format::from_path(Path::new(path)));
        let expected = [Format::Json, Format::Markdown, Format::Terminal, Format::Html, Format::Junit].map(Some);
        assert_eq!(suffixes[..5], expected);
        assert_eq!(suffixes[5..], [None, None]);
    }
}
