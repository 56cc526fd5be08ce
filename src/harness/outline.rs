//! What the beginning of a JSON file shows of its shape, for detectors: the paths of its keys, even if it ends too early.

/// The paths of the keys in a text that begins like JSON, in their order; `[]` stands for a list's elements.
/// What comes after the first thing that is not JSON is left out, as is what lies deeper than any format needs.
pub(super) fn outline(head: &[u8]) -> Vec<Vec<String>> {
    let mut reader = Reader { rest: head, path: Vec::new(), found: Vec::new() };
    // Reading stops at the end of what is shown, which says nothing about the file.
    let _ = reader.value();
    reader.found
}

/// Whether one of the paths is this one.
pub(super) fn has(outline: &[Vec<String>], path: &[&str]) -> bool {
    outline.iter().any(|found| found == path)
}

/// Whether this bracket comes first behind a key: in a table, a key of a format's may hold a number.
pub(super) fn opens(head: &[u8], key: &str, bracket: u8) -> bool {
    let key = format!("\"{key}\"").into_bytes();
    let mut behind =
        head.windows(key.len()).zip(key.len()..).filter(|(found, _)| *found == key).map(|(_, at)| &head[at..]);
    behind.any(|rest| {
        let value = rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| value.first() == Some(&bracket))
    })
}

const DEPTH_MAX: usize = 12;

struct Reader<'h> {
    rest: &'h [u8],
    path: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn value(&mut self) -> Option<()> {
        if self.path.len() > DEPTH_MAX {
            return None;
        }
        match self.next()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.string().map(|_| ()),
            _ => {
                let end = self.rest.iter().position(|byte| b",]} \t\r\n".contains(byte))?;
                self.rest = &self.rest[end..];
                Some(())
            }
        }
    }

    fn object(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'}' => return Some(()),
                b',' => {}
                b'"' => {
                    let key = self.string()?;
                    (self.next()? == b':').then_some(())?;
                    self.path.push(key);
                    self.found.push(self.path.clone());
                    self.value()?;
                    self.path.pop();
                }
                _ => return None,
            }
        }
    }

    fn list(&mut self) -> Option<()> {
        self.path.push("[]".to_owned());
        loop {
            self.rest = self.rest.trim_ascii_start();
            match self.rest.first()? {
                b']' => break,
                b',' => {}
                _ => {
                    self.value()?;
                    continue;
                }
            }
            self.rest = &self.rest[1..];
        }
        self.rest = &self.rest[1..];
        self.path.pop();
        Some(())
    }

    /// The text up to the closing quote, escapes as they are: detectors look for plain keys.
    fn string(&mut self) -> Option<String> {
        let mut escaped = false;
        let end = self.rest.iter().position(|&byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let text = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest = &self.rest[end + 1..];
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_up_to_the_cut() {
        let paths = outline(br#" { "a" : [ {"b\"":1}, {"c" :[true, "x"]} ], "d": {"e": "cut he"#);
        let joined: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
        assert_eq!(joined, ["a", "a.[].b\\\"", "a.[].c", "d", "d.e"]);
        assert!(has(&paths, &["a", "[]", "c"]) && !has(&paths, &["b"]));
    }

    #[test]
    fn what_is_not_json_has_no_outline() {
        for text in [&b""[..], b"window.X = {\"a\":1}", b"[[[[[[[[[[[[[[[[[[[[", b"{a:1}", b"\xff\xfe{"] {
            assert!(outline(text).is_empty(), "{text:?}");
        }
    }
}
