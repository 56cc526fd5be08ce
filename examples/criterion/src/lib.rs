//! Makes the last part of a page's address out of its title.

/// Lower-case words with hyphens between them: `Ars longa!` becomes `ars-longa`.
pub fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().flat_map(char::to_lowercase));
    }
    slug
}

/// How many titles share their slug with an earlier one.
pub fn collisions(titles: &[String]) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    titles.iter().filter(|title| !seen.insert(slug(title))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_and_case_do_not_matter() {
        assert_eq!(slug("  Ars longa, VITA brevis! "), "ars-longa-vita-brevis");
        assert_eq!(collisions(&["A b".into(), "a B!".into(), "c".into()]), 1);
    }
}
