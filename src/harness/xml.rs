//! The elements of an XML file and their attributes, by quick-xml. Document types are refused, and with them every entity
//! but the five that XML itself knows and numbered characters.

use crate::model::shown_message;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event as Piece};

/// Deepest nesting.
const DEPTH_MAX: usize = 128;
/// Most attributes of an element.
const ATTRIBUTES_MAX: usize = 200;

/// What comes next in a document. Text is passed over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// An element begins; one without content is followed by its end at once.
    Begin(Element),
    /// The innermost element, of this name, ends; line and column of its end tag.
    End(String, (usize, usize)),
}

/// An element's name and attributes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, with its prefix if it has one.
    pub(super) name: String,
    /// Names and values, unescaped, in their order.
    attributes: Vec<(String, String)>,
    /// Line and column of its beginning, from 1.
    pub(super) at: (usize, usize),
}

impl Element {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Where a document is damaged (line and column, from 1), and how.
pub(super) type Damage = ((usize, usize), String);

/// Reads a document event by event; after an error it has ended.
#[derive(Debug)]
pub(super) struct Reader<'x> {
    text: &'x str,
    pieces: quick_xml::Reader<&'x [u8]>,
    open: Vec<String>,
    /// The byte up to which lines were counted, and its place.
    counted: (usize, (usize, usize)),
    has_ended: bool,
}

impl<'x> Reader<'x> {
    /// Begins at the start of a document.
    pub(super) fn new(text: &'x str) -> Self {
        let mut pieces = quick_xml::Reader::from_str(text);
        pieces.config_mut().expand_empty_elements = true;
        Self { text, pieces, open: Vec::new(), counted: (0, (1, 1)), has_ended: false }
    }

    /// Line and column of a byte, at or behind the last one asked for.
    fn place(&mut self, byte: u64) -> (usize, usize) {
        let (from, (mut line, mut column)) = self.counted;
        let to = usize::try_from(byte).unwrap_or(usize::MAX).clamp(from, self.text.len());
        for c in self.text.get(from..to).unwrap_or_default().chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.counted = (to, (line, column));
        (line, column)
    }

    /// The next event; `None` at the document's end.
    fn event(&mut self) -> Result<Option<Event>, Damage> {
        loop {
            let begin = self.pieces.buffer_position();
            let piece = self.pieces.read_event().map_err(|error| {
                let at = self.pieces.error_position().max(begin);
                (self.place(at), shown_message(&error))
            })?;
            let at = self.place(begin);
            let refused = |problem: &str| Err((at, problem.to_owned()));
            match piece {
                Piece::Start(start) => return self.begin(&start, at).map(Some),
                Piece::End(_) => return Ok(self.open.pop().map(|name| Event::End(name, at))),
                Piece::Eof if self.open.is_empty() => return Ok(None),
                Piece::Eof => return refused("the document ends too early"),
                Piece::DocType(_) => return refused("document types are not read"),
                Piece::GeneralRef(name) => {
                    let is_known = quick_xml::escape::resolve_predefined_entity(&name).is_some();
                    if !is_known && !matches!(name.resolve_char_ref(), Ok(Some(_))) {
                        return refused("an entity that XML does not know");
                    }
                }
                Piece::Text(text) if self.open.is_empty() && !text.trim().is_empty() => {
                    return refused("text outside of the document");
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, start: &BytesStart<'_>, at: (usize, usize)) -> Result<Event, Damage> {
        if self.open.len() == DEPTH_MAX {
            return Err((at, "elements are nested too deeply".to_owned()));
        }
        let refused = |problem: String| (at, shown_message(&problem));
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| refused(error.to_string()))?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| refused(error.to_string()))?;
            if attributes.len() == ATTRIBUTES_MAX {
                return Err((at, format!("more than {ATTRIBUTES_MAX} attributes")));
            }
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        let name = start.name().as_ref().to_owned();
        self.open.push(name.clone());
        Ok(Event::Begin(Element { name, attributes, at }))
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Event, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let event = self.event().transpose();
        self.has_ended = !matches!(event, Some(Ok(_)));
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Result<Vec<String>, Damage> {
        let shown = |event| match event {
            Event::Begin(element) => format!("<{} {:?}", element.name, element.attributes),
            Event::End(name, _) => format!("{name}>"),
        };
        Reader::new(text).map(|event| event.map(shown)).collect()
    }

    #[test]
    fn reads_what_tools_write() {
        let text = "<?xml version=\"1.0\"?>\n<!-- <a> --><a b = '1 &amp; &#233;' c=\"'\">x &lt; &#60;<d/><![CDATA[<&]]></a >\n";
        let expected = ["<a [(\"b\", \"1 & é\"), (\"c\", \"'\")]", "<d []", "d>", "a>"];
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
            ("<a>\n</b>", (2, 1), "ill-formed document: expected `</a>`, but `</b>` was found"),
            ("<a b>", (1, 1), "position 3: attribute key must be directly followed by `=` or space"),
            ("<a b='1' b='2'>", (1, 1), "position 8: duplicated attribute, previous declaration at position 2"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", (1, 1), "document types are not read"),
            ("<a>&b;</a>", (1, 4), "an entity that XML does not know"),
            ("<a>&#xd800;</a>", (1, 4), "an entity that XML does not know"),
            ("a", (1, 1), "text outside of the document"),
            ("<!-- a", (1, 1), "syntax error: comment not closed: `-->` not found before end of input"),
        ] {
            assert_eq!(events(text), Err((at, problem.to_owned())), "{text}");
        }
        let (at, problem) = events(&format!("<a></b\n::error::{}>", "é".repeat(1_000))).expect_err("refused");
        assert_eq!((at, problem.chars().count(), problem.contains('\n')), ((1, 4), 302, false), "{problem}");
        assert_eq!(events(&"<a>".repeat(129)), Err(((1, 385), "elements are nested too deeply".to_owned())));
    }
}
