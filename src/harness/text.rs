//! Text files: UTF-8, lines of a bounded length, records of comma-separated values.

use super::{ParseError, ParseErrorKind};
use std::path::Path;

/// Longest line.
pub(super) const LINE_BYTES_MAX: usize = 1 << 20;

/// The bytes as text, every line at most [`LINE_BYTES_MAX`] bytes long.
pub(super) fn text<'b>(path: &Path, bytes: &'b [u8]) -> Result<&'b str, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        ParseError::line(path, (line, column), "this is not UTF-8", "store the file as UTF-8")
    })?;
    match text.lines().position(|line| line.len() > LINE_BYTES_MAX) {
        None => Ok(text),
        Some(index) => Err(ParseError {
            kind: ParseErrorKind::Limit,
            ..ParseError::line(
                path,
                (index + 1, 1),
                "the line is longer than 1 MiB",
                "check that this is a result file",
            )
        }),
    }
}

/// A line of a file as text.
pub(super) fn utf8<'b>(path: &Path, line: usize, bytes: &'b [u8]) -> Result<&'b str, ParseError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let column = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).chars().count() + 1;
        ParseError::line(path, (line, column), "this is not UTF-8", "store the file as UTF-8")
    })
}

/// The lines with their numbers, from 1.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// One cell of a record, with the place where it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Line and column, from 1, the column in characters.
    pub(super) at: (usize, usize),
    /// Its content without quotes.
    pub(super) text: String,
}

/// Comma-separated values (RFC 4180) with any ASCII delimiter: quoted cells hold delimiters, line ends and doubled quotes.
#[derive(Debug)]
pub(super) struct Records<'t> {
    rest: &'t str,
    delimiter: char,
    at: (usize, usize),
}

impl<'t> Records<'t> {
    /// The records of a text; empty lines are none.
    pub(super) fn new(text: &'t str, delimiter: char) -> Self {
        Self { rest: text, delimiter, at: (1, 1) }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) {
        let mut chars = self.rest.chars();
        self.at = if chars.next() == Some('\n') { (self.at.0 + 1, 1) } else { (self.at.0, self.at.1 + 1) };
        self.rest = chars.as_str();
    }

    fn at_line_end(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with('\n') || self.rest.starts_with("\r\n")
    }

    fn cell(&mut self) -> Result<Cell, Broken> {
        let at = self.at;
        let mut text = String::new();
        if self.peek() != Some('"') {
            while let Some(c) = self.peek().filter(|&c| c != self.delimiter && !self.at_line_end()) {
                text.push(c);
                self.advance();
            }
            return Ok(Cell { at, text });
        }
        self.advance();
        loop {
            let Some(c) = self.peek() else { return Err(Broken { at, problem: "this quote is never closed" }) };
            self.advance();
            if c != '"' {
                text.push(c);
            } else if self.peek() == Some('"') {
                text.push('"');
                self.advance();
            } else if self.at_line_end() || self.peek() == Some(self.delimiter) {
                return Ok(Cell { at, text });
            } else {
                return Err(Broken { at: self.at, problem: "expected the end of the cell after its closing quote" });
            }
        }
    }
}

/// Why a record cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Line and column.
    pub(super) at: (usize, usize),
    /// What is wrong there.
    pub(super) problem: &'static str,
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<Cell>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at_line_end() {
            self.peek()?;
            self.advance();
        }
        let mut cells = Vec::new();
        loop {
            match self.cell() {
                Ok(cell) => cells.push(cell),
                Err(broken) => {
                    self.rest = "";
                    return Some(Err(broken));
                }
            }
            if self.at_line_end() {
                return Some(Ok(cells));
            }
            self.advance();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_rfc_4180() {
        let text = "a,\"b,\n\"\"c\"\"\"\r\n\r\n\n,é,\nlast";
        let found: Vec<Vec<(String, (usize, usize))>> = Records::new(text, ',')
            .map(|record| record.expect("whole").into_iter().map(|cell| (cell.text, cell.at)).collect())
            .collect();
        let cell = |text: &str, line, column| (text.to_owned(), (line, column));
        assert_eq!(
            found,
            [
                vec![cell("a", 1, 1), cell("b,\n\"c\"", 1, 3)],
                vec![cell("", 5, 1), cell("é", 5, 2), cell("", 5, 4)],
                vec![cell("last", 6, 1)],
            ]
        );
    }

    #[test]
    fn broken_quotes_have_a_place() {
        let mut records = Records::new("x\n\"a\"b\n", ',');
        assert!(records.next().expect("first").is_ok());
        let problem = "expected the end of the cell after its closing quote";
        assert_eq!(records.next(), Some(Err(Broken { at: (2, 4), problem })));
        assert_eq!(records.next(), None);
        let open = Records::new("a;\"b", ';').next().expect("one");
        assert_eq!(open, Err(Broken { at: (1, 3), problem: "this quote is never closed" }));
    }

    #[test]
    fn text_is_utf8_with_bounded_lines() {
        let path = Path::new("f");
        assert_eq!(text(path, b"a\n"), Ok("a\n"));
        let complaint = |bytes: &[u8]| text(path, bytes).expect_err("refused").to_string();
        assert_eq!(complaint(b"ok\n\xc3\xa9\xff"), "f:2:2: this is not UTF-8; store the file as UTF-8");
        let long = [b"a\n".as_slice(), &vec![b'x'; LINE_BYTES_MAX + 1]].concat();
        assert!(complaint(&long).starts_with("f:2:1: the line is longer than 1 MiB;"));
        assert!(text(path, &long[..long.len() - 1]).is_ok());
    }
}
