//! Names and details are hostile: what of them may be shown, and how wide it is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character could move, hide or reorder what stands around it, or has no place in XML.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text on one line: white space becomes spaces; control characters, bidi overrides and invisible ones vanish.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c }).filter(|c| !is_unsafe(*c)).collect()
}

/// Lines that no CI system's log takes for commands: GitHub's begin with `::` or hold `##[`, others hold `##vso[` and the like.
pub(crate) fn without_commands(lines: &str) -> String {
    let mut tame = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start().len();
        let line = match line[blanks..].strip_prefix("::") {
            Some(rest) => format!("{}: :{rest}", &line[..blanks]),
            None => line.to_owned(),
        };
        let mut rest = line.as_str();
        while let Some(at) = rest.find("##") {
            let is_command =
                rest[at..].trim_start_matches('#').trim_start_matches(char::is_alphanumeric).starts_with('[');
            tame.push_str(&rest[..=at]);
            tame.push_str(if is_command { " " } else { "" });
            rest = &rest[at + 1..];
        }
        tame.push_str(rest);
    }
    tame
}

/// The first `most` lines that hold anything, each at most `columns` wide, and how many lines are left out.
pub(super) fn lines(text: &str, most: usize, columns: usize) -> (Vec<String>, usize) {
    let mut all = text.lines().filter(|line| !line.trim().is_empty());
    let first = all.by_ref().take(most).map(|words| cut(line(words).trim_end(), columns)).collect();
    (first, all.count())
}

/// Columns that the text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns` columns (and a bounded number of characters), cut in the middle with `…`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns && text.chars().count() <= columns.saturating_mul(2) {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let front = take(text.chars(), room.div_ceil(2));
    let back: String = take(text.chars().rev(), room / 2).chars().rev().collect();
    format!("{front}…{back}")
}

/// As many characters as fit.
fn take(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut room = columns;
    chars
        .take(columns.saturating_mul(2))
        .take_while(|c| {
            let wide = c.width().unwrap_or(0);
            let fits = wide <= room;
            room = room.saturating_sub(wide);
            fits
        })
        .collect()
}

/// Breaks a sentence into lines of at most `columns`; a longer word gets its own line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    // A number stays with its percent sign.
    let glued = text.replace(" %", "\u{a0}%");
    for word in glued.split_ascii_whitespace().map(|word| word.replace('\u{a0}', " ")) {
        let last = lines.len() - 1;
        if lines[last].is_empty() {
            lines[last].push_str(&word);
        } else if width(&lines[last]) + 1 + width(&word) <= columns {
            lines[last].push(' ');
            lines[last].push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

/// `1 row`, `2 rows`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_disarmed() {
        assert_eq!(line("a\u{1b}[31mb\u{202e}c\nd\u{200b}e\u{2028}f"), "a[31mbc def");
        assert_eq!(lines("one\n\n\n two \nthree", 2, 80), (vec!["one".to_owned(), " two".to_owned()], 1));
    }

    #[test]
    fn long_text_is_cut_in_the_middle() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk", 7), "abc…ijk");
        assert!(width(&cut(&"漢字".repeat(50), 20)) <= 20);
        assert!(
            cut(&format!("e{}", "\u{301}".repeat(5000)), 20).len() < 200,
            "combining marks take no column but are bounded"
        );
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn no_log_takes_a_line_for_a_command() {
        let lines = "::error::a\n  ::add-mask::b\na::b ## c\nd ##[error]e ##vso[task]f ###[x]\n";
        let tame = ": :error::a\n  : :add-mask::b\na::b ## c\nd # #[error]e # #vso[task]f # # #[x]\n";
        assert_eq!(without_commands(lines), tame);
    }

    #[test]
    fn sentences_are_wrapped() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 3), ["unbreakable", "x"]);
        assert_eq!(wrap("by 25.6 % now", 7), ["by", "25.6 %", "now"]);
    }
}
