//! What of a stranger's text may be repeated.

use std::fmt::{Display, Write as _};

/// How much of a message about a foreign text is repeated: enough to see the value, not enough to flood a log.
const MESSAGE_CHARS_MAX: usize = 300;

/// Removes what must not reach a terminal or a page from text that a child printed: control characters other than newlines.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// Whether a character may change how the text around it looks: control characters, and those that reverse the
/// writing direction.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A foreign text in one line: what is unprintable escaped, cut after `max` characters.
#[must_use]
pub fn shown(text: &str, max: usize) -> String {
    let mut line = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == max {
            line.push('…');
            break;
        }
        if is_unprintable(c) { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// What another library says of a foreign text, which it may repeat.
#[must_use]
pub fn shown_message(message: &dyn Display) -> String {
    let mut text = String::new();
    // Writing into a text fails only where the message itself does.
    let _ = write!(text, "{message}");
    shown(&text, MESSAGE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_on_its_line_and_short() {
        assert_eq!(shown("a\n\u{1b}[2J\u{202e}é", 9), "a\\n\\u{1b}[2J\\u{202e}é");
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcd", 3), "abc…");
        assert_eq!(shown_message(&"x".repeat(1000)).chars().count(), 301);
    }
}
