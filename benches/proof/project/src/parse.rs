//! Fields between bars, some of them quoted, no bar counting within quotes.

/// A line as the benchmark reads it.
pub const LINE: &str = r#"größe | 17 | "ein ""Wort"" | mit Strich" | naïve | "" | Æther | 3.14159 | "Ende""#;

#[inline(never)]
pub fn is_sound() -> bool {
    let fields = fields(LINE);
    fields.len() == 8 && fields[2] == "ein \"Wort\" | mit Strich" && fields[4].is_empty()
}

#[inline(never)]
pub fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') { unquote(quoted) } else { plain(rest) };
        fields.push(field);
        match after.trim_start().strip_prefix('|') {
            Some(next) => rest = next.trim_start(),
            None => return fields,
        }
    }
}

/// A field up to the next bar, and what follows.
fn plain(text: &str) -> (String, &str) {
    let end = text.find('|').unwrap_or(text.len());
    (text[..end].trim_end().to_owned(), &text[end..])
}

/// A field up to its closing quote, and what follows. A doubled quote is one of the field's.
fn unquote(text: &str) -> (String, &str) {
    let mut field = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            field.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            field.push('"');
        } else {
            return (field, &text[at + 1..]);
        }
    }
    (field, "")
}
