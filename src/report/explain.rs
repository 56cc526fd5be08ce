//! What the words of a report mean: `benchgate explain WORD`, and the page `docs/verdicts.md`.

use crate::judge::{Outcome, Verdict};
use crate::model::{State, Topic, Warning};
use std::fmt::Write;

const OUTCOMES: [(Outcome, &str); 4] = [
    (Outcome::Pass, "Everything that the policy asks for holds. Exit status 0."),
    (
        Outcome::Regression,
        "At least one regression that no waiver covers, an exceeded budget, or a benchmark that works in base and fails in \
         head. Exit status 1.",
    ),
    (
        Outcome::Inconclusive,
        "No regression, but something is undecided or missing that the policy denies (`on-inconclusive`, `on-missing`). \
         Exit status 3.",
    ),
    (
        Outcome::Error,
        "Head does not build, or nothing could be compared, so nothing was judged. An empty comparison is never a pass. Exit \
         status 2.",
    ),
];

const STATUSES: [(&str, &str); 4] = [
    ("0", "Pass."),
    ("1", "Regression."),
    ("2", "The gate could not judge: usage, configuration, input or output, or nothing was measured."),
    ("3", "Something is inconclusive or missing, and the policy denies that."),
];

/// A section of the page: title, the kind of word in it, and words with their texts.
type Section = (&'static str, &'static str, Vec<(&'static str, &'static str)>);

/// The sections in the order of the page.
fn sections() -> Vec<Section> {
    let warnings = Warning::examples();
    vec![
        ("Verdicts", "verdict", Verdict::ALL.map(|verdict| (verdict.code(), verdict.explain())).to_vec()),
        ("States", "state", State::ALL.map(|state| (state.code(), state.explain())).to_vec()),
        ("Warnings", "warning", warnings.iter().map(|warning| (warning.code(), warning.explain())).collect()),
        ("Facts of a machine", "fact", Topic::ALL.map(|topic| (topic.code(), topic.explain())).to_vec()),
        ("Outcomes", "outcome", OUTCOMES.map(|(outcome, text)| (outcome.code(), text)).to_vec()),
        ("Exit statuses", "exit status", STATUSES.to_vec()),
    ]
}

/// What a verdict, state, warning code, fact, outcome or exit status means; one paragraph for each sense of the word.
#[must_use]
pub fn explain(word: &str) -> Option<String> {
    let mut text = String::new();
    for (_, kind, words) in sections() {
        for (_, meaning) in words.into_iter().filter(|(known, _)| *known == word) {
            let gap = if text.is_empty() { "" } else { "\n" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{gap}{word} ({kind})\n\n{meaning}");
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Every word that [`explain`] knows, in the order of the page, each once.
#[must_use]
pub fn explain_words() -> Vec<&'static str> {
    let mut words = Vec::new();
    for (word, _) in sections().into_iter().flat_map(|(.., words)| words) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `docs/verdicts.md`, made from the same texts.
    fn page() -> String {
        let mut page = vec![
            "# The words of a report\n\n`benchgate explain WORD` prints the same texts; a test keeps the two equal. \
             `BENCHGATE_BLESS=1 cargo test --lib report::explain` writes this page anew.\n"
                .to_owned(),
        ];
        for (title, kind, words) in sections() {
            page.push(format!("\n## {title}\n"));
            let prefix = if kind == "exit status" { "Exit status " } else { "" };
            page.extend(words.iter().map(|(word, meaning)| format!("\n### {prefix}{word}\n\n{meaning}\n")));
        }
        page.concat()
    }

    #[test]
    fn the_page_says_what_explain_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verdicts.md");
        if std::env::var_os("BENCHGATE_BLESS").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page(), "write it anew: see its first lines");
    }

    #[test]
    fn every_word_has_a_meaning() {
        for word in explain_words() {
            let text = explain(word).unwrap();
            assert!(text.starts_with(word) && text.len() > word.len() + 20, "{text}");
        }
        assert_eq!(explain("regression").unwrap().matches("regression (").count(), 2, "a verdict and an outcome");
        assert_eq!(explain("fine"), None);
        assert_eq!(explain_words().len(), 4 + 7 + Warning::examples().len() + Topic::ALL.len() + 2 + 4);
    }
}
