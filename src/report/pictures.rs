//! Pictures that lie elsewhere on the web, shown above the comment's table.

use super::text;

/// Bytes of an address.
const ADDRESS_MAX: usize = 2_000;

/// Addresses of one picture for a light and for a dark page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    light: String,
    dark: String,
    alt: String,
}

impl Pictures {
    /// Takes `https` addresses of plain characters, and what to say to who sees no picture.
    pub fn new(light: &str, dark: &str, alt: &str) -> Result<Self, String> {
        Ok(Self { light: address(light)?, dark: address(dark)?, alt: text::cut(&text::line(alt), 400) })
    }

    /// The element, on lines of its own.
    pub(super) fn html(&self) -> String {
        let Self { light, dark, alt } = self;
        let [light, dark, alt] = [light, dark, alt].map(|text| attribute(text));
        format!(
            "<picture>\n<source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\">\n\
             <source media=\"(prefers-color-scheme: light)\" srcset=\"{light}\">\n\
             <img alt=\"{alt}\" src=\"{light}\">\n</picture>\n"
        )
    }
}

/// Refuses whatever could end an attribute or a link, or mean something else in `srcset` (blanks and commas).
pub(super) fn address(url: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&()*+;=%".contains(c);
    let host = url.strip_prefix("https://").filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
    match host {
        Some(_) if url.len() <= ADDRESS_MAX && url.chars().all(plain) => Ok(url.to_owned()),
        _ => Err(format!("'{}' is not a plain https address", text::cut(&text::line(url), 80))),
    }
}

/// A text within double quotes.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, fixtures, render};
    use super::*;

    #[test]
    fn only_plain_https_addresses_are_taken() {
        let take = |url| Pictures::new(url, "https://example.org/dark.svg", "");
        assert!(take("https://example.org/a/b.svg?x=1&y=%20#z").is_ok());
        let long = format!("https://example.org/{}", "a".repeat(ADDRESS_MAX));
        for url in [
            "http://example.org/a.svg",
            "javascript:alert(1)",
            "//example.org/a.svg",
            "https://",
            "https:///a.svg",
            "https://example.org/a b.svg",
            "https://example.org/a.svg, x 2x",
            "https://example.org/\"onerror=\"alert(1)",
            "https://example.org/\n",
            "https://example.org/<",
            "https://example.org/\u{e9}",
            &long,
        ] {
            assert!(take(url).is_err(), "{url}");
        }
    }

    #[test]
    fn pictures_stand_above_the_table_in_place_of_drawings() {
        let (light, dark) = ("https://example.org/l.svg?a=1&b=2", "https://example.org/d.svg");
        let pictures = Pictures::new(light, dark, "one <b>\"slow\"</b> row\n\n# x").unwrap();
        let options = Options { pictures: Some(pictures), ..Options::default() };
        let mut text = Vec::new();
        render(&fixtures::regression(), Format::Markdown, &options, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let table = text.split("<details>").next().unwrap();
        insta::assert_snapshot!("markdown_pictures", table);
    }
}
