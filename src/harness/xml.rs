//! The part of XML that tools write: elements with attributes, text, comments and CDATA. Document types are refused, and
//! with them every entity but the five that XML itself knows and numbered characters.

/// Deepest nesting.
const DEPTH_MAX: usize = 128;
/// Most attributes of an element.
const ATTRIBUTES_MAX: usize = 200;

/// What comes next in a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<'x> {
    /// An element begins; one without content is followed by its end at once.
    Begin(Element<'x>),
    /// The innermost element ends.
    End,
    /// Text between tags, unescaped; white space alone is left out.
    Text(String),
}

/// An element's name and attributes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element<'x> {
    /// Its name, with its prefix if it has one.
    pub(super) name: &'x str,
    /// Names and values, unescaped, in their order.
    pub(super) attributes: Vec<(&'x str, String)>,
    /// Line and column of its beginning, from 1.
    pub(super) at: (usize, usize),
}

impl Element<'_> {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a document event by event; after an error it has ended.
#[derive(Debug)]
pub(super) struct Reader<'x> {
    all: &'x str,
    rest: &'x str,
    open: Vec<&'x str>,
    /// The element that just began has no content.
    is_empty: bool,
    /// The place up to which lines were counted.
    counted: (usize, (usize, usize)),
}

/// Where a document is damaged, and how.
pub(super) type Damage = ((usize, usize), &'static str);

impl<'x> Reader<'x> {
    /// Begins at the start of a document.
    pub(super) fn new(text: &'x str) -> Self {
        Self { all: text, rest: text, open: Vec::new(), is_empty: false, counted: (0, (1, 1)) }
    }

    /// Line and column of what is read next.
    fn at(&mut self) -> (usize, usize) {
        let (from, (mut line, mut column)) = self.counted;
        let to = self.all.len() - self.rest.len();
        for c in self.all[from..to].chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.counted = (to, (line, column));
        (line, column)
    }

    fn damage<T>(&mut self, problem: &'static str) -> Result<T, Damage> {
        let at = self.at();
        self.rest = "";
        self.open.clear();
        Err((at, problem))
    }

    /// Skips what begins with `from` up to and with `to`; whether there was such a thing.
    fn skip(&mut self, from: &str, to: &str) -> Result<bool, Damage> {
        let Some(inside) = self.rest.strip_prefix(from) else { return Ok(false) };
        match inside.split_once(to) {
            Some((_, rest)) => self.rest = rest,
            None => return self.damage("this is never closed"),
        }
        Ok(true)
    }

    fn event(&mut self) -> Result<Option<Event<'x>>, Damage> {
        if std::mem::take(&mut self.is_empty) {
            self.open.pop();
            return Ok(Some(Event::End));
        }
        loop {
            if self.rest.is_empty() {
                return if self.open.is_empty() { Ok(None) } else { self.damage("the document ends too early") };
            }
            if self.skip("<?", "?>")? || self.skip("<!--", "-->")? {
                continue;
            }
            if let Some(data) = self.rest.strip_prefix("<![CDATA[") {
                let Some((data, rest)) = data.split_once("]]>") else { return self.damage("this is never closed") };
                self.rest = rest;
                return Ok(Some(Event::Text(data.to_owned())));
            }
            if self.rest.starts_with("<!") {
                return self.damage("document types are not read");
            }
            if self.rest.starts_with("</") {
                return self.end().map(Some);
            }
            if self.rest.starts_with('<') {
                return self.begin().map(Some);
            }
            let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
            if text.trim().is_empty() {
                self.rest = rest;
                continue;
            }
            let Some(unescaped) = unescape(text) else { return self.damage("an entity that XML does not know") };
            if self.open.is_empty() {
                return self.damage("text outside of the document");
            }
            self.rest = rest;
            return Ok(Some(Event::Text(unescaped)));
        }
    }

    fn end(&mut self) -> Result<Event<'x>, Damage> {
        let Some((name, rest)) = self.rest[2..].split_once('>') else { return self.damage("this tag is never closed") };
        if self.open.last() != Some(&name.trim_end()) {
            return self.damage("this tag closes another element than the open one");
        }
        self.open.pop();
        self.rest = rest;
        Ok(Event::End)
    }

    fn begin(&mut self) -> Result<Event<'x>, Damage> {
        let at = self.at();
        if self.open.len() == DEPTH_MAX {
            return self.damage("elements are nested too deeply");
        }
        let name = self.name(1);
        if name.is_empty() {
            return self.damage("expected an element's name");
        }
        let mut attributes: Vec<(&str, String)> = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix("/>") {
                (self.rest, self.is_empty) = (rest, true);
            } else if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
            } else {
                let attribute = self.attribute()?;
                if attributes.len() == ATTRIBUTES_MAX || attributes.iter().any(|(name, _)| *name == attribute.0) {
                    return self.damage("too many attributes, or one of them twice");
                }
                attributes.push(attribute);
                continue;
            }
            self.open.push(name);
            return Ok(Event::Begin(Element { name, attributes, at }));
        }
    }

    /// A name behind so many bytes; the rest begins after it.
    fn name(&mut self, skipped: usize) -> &'x str {
        let text = &self.rest[skipped..];
        let end = text.find(|c: char| c.is_whitespace() || "<>/=\"'&".contains(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        self.rest = rest;
        name
    }

    fn attribute(&mut self) -> Result<(&'x str, String), Damage> {
        let name = self.name(0);
        let value = self.rest.trim_start().strip_prefix('=').map(str::trim_start);
        let quoted = value.and_then(|value| {
            let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
            value[1..].split_once(quote)
        });
        let Some((value, rest)) = quoted.filter(|_| !name.is_empty()) else {
            return self.damage("expected an attribute like name=\"value\"");
        };
        let Some(value) = unescape(value).filter(|_| !value.contains('<')) else {
            return self.damage("an attribute's value holds < or an entity that XML does not know");
        };
        self.rest = rest;
        Ok((name, value))
    }
}

impl<'x> Iterator for Reader<'x> {
    type Item = Result<Event<'x>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.event().transpose()
    }
}

/// Text with `&lt;` and its like replaced; `None` for others.
fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';')?;
        plain.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            numbered => {
                let number = numbered.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
        });
        plain.push_str(rest);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Result<Vec<String>, Damage> {
        let shown = |event| match event {
            Event::Begin(element) => format!("<{} {:?}", element.name, element.attributes),
            Event::End => ">".to_owned(),
            Event::Text(text) => text,
        };
        Reader::new(text).map(|event| event.map(shown)).collect()
    }

    #[test]
    fn reads_what_tools_write() {
        let text =
            "<?xml version=\"1.0\"?>\n<!-- <a> --><a b = '1 &amp; &#233;' c=\"'\">x &lt; y<d/><![CDATA[<&]]></a >\n";
        let expected = ["<a [(\"b\", \"1 & é\"), (\"c\", \"'\")]", "x < y", "<d []", ">", "<&", ">"];
        assert_eq!(events(text), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn elements_know_their_place() {
        let places: Vec<_> = Reader::new("<é>\n  <b/></é>")
            .filter_map(|event| match event {
                Ok(Event::Begin(element)) => Some(element.at),
                _ => None,
            })
            .collect();
        assert_eq!(places, [(1, 1), (2, 3)]);
    }

    #[test]
    fn damage_has_a_place() {
        for (text, at, problem) in [
            ("<a>", (1, 4), "the document ends too early"),
            ("<a>\n</b>", (2, 1), "this tag closes another element than the open one"),
            ("<a b>", (1, 5), "expected an attribute like name=\"value\""),
            ("<a b='1' b='2'>", (1, 15), "too many attributes, or one of them twice"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", (1, 1), "document types are not read"),
            ("<a>&b;</a>", (1, 4), "an entity that XML does not know"),
            ("<a>&#xd800;</a>", (1, 4), "an entity that XML does not know"),
            ("a", (1, 1), "text outside of the document"),
            ("<!-- a", (1, 1), "this is never closed"),
        ] {
            assert_eq!(events(text), Err((at, problem)), "{text}");
        }
        assert_eq!(events(&"<a>".repeat(129)), Err(((1, 385), "elements are nested too deeply")));
    }
}
