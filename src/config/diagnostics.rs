use std::fmt;

/// One thing that is wrong, where it stands, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// `file:line:column`, or the flag.
    pub place: String,
    /// What is wrong, and the next step.
    pub text: String,
}

impl Complaint {
    /// A complaint about `place`. Control characters are shown escaped: the file may come from a stranger.
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

/// Text without control characters, which a terminal would obey.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
