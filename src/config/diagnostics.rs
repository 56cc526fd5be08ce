use crate::model::is_unprintable;
use std::fmt;

/// Characters of one complaint: enough for the list of all keys.
const TEXT_CHARS_MAX: usize = 1_000;

/// Characters of a word that may be a mistyped one.
const TYPED_CHARS_MAX: usize = 100;

/// One thing that is wrong, where it stands, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// `file:line:column`, or the flag.
    pub place: String,
    /// What is wrong, and the next step.
    pub text: String,
}

impl Complaint {
    /// A complaint about `place`. The file may come from a stranger: what is unprintable is escaped.
    pub fn new(place: impl AsRef<str>, text: impl AsRef<str>) -> Self {
        Self { place: visible(place.as_ref()), text: visible(text.as_ref()) }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Everything that is wrong, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Complaint>);

impl fmt::Display for Diagnostics {
    /// One complaint per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            complaint.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// `; did you mean 'x'?` for the candidate nearest to `typed`, or nothing when none is near.
pub(super) fn did_you_mean<'c>(typed: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    if typed.chars().count() > TYPED_CHARS_MAX {
        return None;
    }
    let plain = typed.to_lowercase().replace('_', "-");
    let most = (plain.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!("; did you mean '{candidate}'?"))
}

/// The suggestion, or else the whole list.
pub(super) fn hint(typed: &str, known: &[&str]) -> String {
    did_you_mean(typed, known.iter().copied()).unwrap_or_else(|| format!("; known are {}", known.join(", ")))
}

/// Text on one line of bounded length: control characters, which a terminal would obey, escaped, and its middle left out, as it
/// ends with the next step.
fn visible(text: &str) -> String {
    let chars = text.chars().count();
    let mut out = String::new();
    for (place, c) in text.chars().enumerate() {
        match place {
            _ if chars > TEXT_CHARS_MAX && place == TEXT_CHARS_MAX / 2 => out.push('…'),
            _ if place > TEXT_CHARS_MAX / 2 && chars - place > TEXT_CHARS_MAX / 2 => {}
            _ if is_unprintable(c) => out.extend(c.escape_default()),
            _ => out.push(c),
        }
    }
    out
}
