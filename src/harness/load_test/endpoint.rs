use super::load;
use std::borrow::Cow;

/// A request's name without what may be secret or differs with every request: of a URL host and path, of any other word what
/// stands before its query, unless all of that is placeholders in brackets (`/search?q=[id]`).
pub(in crate::harness) fn endpoint(name: &str) -> Cow<'_, str> {
    if !name.contains([':', '?']) {
        return Cow::Borrowed(name);
    }
    let words: Vec<Cow<'_, str>> = name.split(' ').map(public).collect();
    Cow::Owned(words.join(" "))
}

fn public(word: &str) -> Cow<'_, str> {
    if word.contains("://") {
        return Cow::Owned(load::endpoint(word).unwrap_or_default());
    }
    match word.split_once('?') {
        Some((path, query)) if query.contains('=') && !is_template(query) => Cow::Borrowed(path),
        _ => Cow::Borrowed(word),
    }
}

fn is_template(query: &str) -> bool {
    query.split('&').all(|pair| {
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        [('[', ']'), ('{', '}'), ('<', '>')]
            .iter()
            .any(|&(open, close)| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_may_be_secret() {
        for (name, expected) in [
            ("GET /fast", "GET /fast"),
            ("Is it ok?", "Is it ok?"),
            ("http://localhost:3000/process", "localhost/process"),
            ("https://user:pass@host/a/b?token=1#x", "host/a/b"),
            ("https://host?token=1", "host"),
            ("https://host/@a?x", "host/@a"),
            ("POST https://host/a?b=c now", "POST host/a now"),
            ("/slow?q=[id]", "/slow?q=[id]"),
            ("/slow?q=[id]&token=s3cret", "/slow"),
            ("search?token=s3cret", "search"),
            ("", ""),
        ] {
            assert_eq!(endpoint(name), expected, "{name}");
        }
    }
}
