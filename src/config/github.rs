//! `[github]`: what `publish` posts.

use super::reader::{Shape, Source, Table};

pub(super) const GITHUB_KEYS: &[&str] = &["comment", "check", "inconclusive", "pictures", "labels"];
pub(super) const LABEL_KEYS: &[&str] = &["regression", "improvement", "inconclusive"];

/// Characters of a label's name that GitHub takes.
const LABEL_MAX: usize = 50;

/// When there is a comment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommentWhen {
    /// Always: a pull request sees that the gate looked at it.
    #[default]
    Always,
    /// From the first report on that needs reading.
    Needed,
    /// Never.
    Never,
}

impl std::str::FromStr for CommentWhen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "always" => Ok(Self::Always),
            "needed" => Ok(Self::Needed),
            "never" => Ok(Self::Never),
            other => Err(format!("'{other}' is not a choice; use always, needed or never")),
        }
    }
}

/// What `publish` posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHub {
    /// When there is a comment.
    pub comment: CommentWhen,
    /// Whether there is a check run, or a status in its place.
    pub check: bool,
    /// Whether the check run of an inconclusive report is red; GitHub lets a neutral one pass where it is required.
    pub inconclusive_fails: bool,
    /// Whether the comment may have pictures.
    pub pictures: bool,
    /// The label of pull requests with a regression.
    pub regression: Option<String>,
    /// Of those with an improvement and no regression.
    pub improvement: Option<String>,
    /// Of those that are inconclusive where policy denies it.
    pub inconclusive: Option<String>,
}

impl Default for GitHub {
    fn default() -> Self {
        Self {
            comment: CommentWhen::Always,
            check: true,
            inconclusive_fails: false,
            pictures: true,
            regression: None,
            improvement: None,
            inconclusive: None,
        }
    }
}

pub(super) fn read_github(source: &mut Source<'_>, table: &Table<'_>) -> GitHub {
    table.only(source, GITHUB_KEYS, |_| None);
    let mut github = GitHub::default();
    github.comment = table.parsed(source, "comment", Shape("a text", "\"always\""), str::parse).unwrap_or_default();
    github.check = table.flag(source, "check").unwrap_or(github.check);
    github.pictures = table.flag(source, "pictures").unwrap_or(github.pictures);
    let fails = table.parsed(source, "inconclusive", Shape("a text", "\"neutral\""), |text| match text {
        "neutral" => Ok(false),
        "failure" => Ok(true),
        other => Err(format!("'{other}' is not a choice; use neutral or failure")),
    });
    github.inconclusive_fails = fails.unwrap_or(github.inconclusive_fails);
    if let Some(labels) = table.table(source, "labels", "labels", "{ regression = \"slower\" }") {
        labels.only(source, LABEL_KEYS, |_| None);
        let mut label = |key| labels.parsed(source, key, Shape("a label's name", "\"slower\""), label_name);
        (github.regression, github.improvement) = (label("regression"), label("improvement"));
        github.inconclusive = label("inconclusive");
    }
    github
}

fn label_name(name: &str) -> Result<String, String> {
    let odd = name.trim() != name || name.is_empty() || name.chars().any(char::is_control);
    if odd || name.chars().count() > LABEL_MAX {
        Err(format!(
            "a label's name has 1 to {LABEL_MAX} characters, and no blank at either end; write for example slower"
        ))
    } else {
        Ok(name.to_owned())
    }
}
