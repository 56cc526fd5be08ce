//! Files of any size, read piece by piece: lines, or rows of separated values. Only a piece must fit into memory.

use super::text::LINE_BYTES_MAX;
use super::{ParseError, ParseErrorKind};
use csv::ByteRecord;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// A file of which at most [`LINE_BYTES_MAX`] and a buffer are read per piece.
#[derive(Debug)]
pub(super) struct Stream {
    file: File,
    room: usize,
}

const BUFFER_BYTES: usize = 128 << 10;

impl Stream {
    /// The file from where it stands.
    pub(super) fn new(file: File) -> Self {
        Self { file, room: LINE_BYTES_MAX }
    }

    /// Says that what is read next belongs to a new piece.
    pub(super) fn begin(&mut self) {
        self.room = LINE_BYTES_MAX;
    }

    /// With a buffer.
    pub(super) fn buffered(self) -> BufReader<Self> {
        BufReader::with_capacity(BUFFER_BYTES, self)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let room = buffer.len().min(self.room);
        let count = self.file.read(&mut buffer[..room])?;
        self.room -= count;
        Ok(count)
    }
}

/// Why the piece that begins in this line could not be read.
pub(super) fn unreadable(path: &Path, line: usize, error: &io::Error) -> ParseError {
    if error.kind() != ErrorKind::FileTooLarge {
        return ParseError::io(path, error);
    }
    let problem = "this line, row or element is longer than 1 MiB";
    let error = ParseError::line(path, (line, 1), problem, "check that this is a result file, without response bodies");
    ParseError { kind: ParseErrorKind::Limit, ..error }
}

/// A file's lines.
#[derive(Debug)]
pub(super) struct Lines<'p> {
    path: &'p Path,
    reader: BufReader<Stream>,
    line: Vec<u8>,
    number: usize,
}

impl<'p> Lines<'p> {
    /// The lines of a file.
    pub(super) fn new(path: &'p Path, stream: Stream) -> Self {
        Self { path, reader: stream.buffered(), line: Vec::new(), number: 0 }
    }

    /// The next line with its number from 1, without its end and without a byte order mark.
    pub(super) fn advance(&mut self) -> Result<Option<(usize, &[u8])>, ParseError> {
        self.line.clear();
        self.number += 1;
        self.reader.get_mut().begin();
        let read = self.reader.read_until(b'\n', &mut self.line);
        if read.map_err(|error| unreadable(self.path, self.number, &error))? == 0 {
            return Ok(None);
        }
        let mut line = self.line.as_slice();
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        line = line.strip_suffix(b"\n").unwrap_or(line);
        Ok(Some((self.number, line.strip_suffix(b"\r").unwrap_or(line))))
    }
}

/// A file's rows of separated values (RFC 4180), the first one included; empty lines are none.
#[derive(Debug)]
pub(super) struct Rows<'p> {
    path: &'p Path,
    reader: csv::Reader<Stream>,
    row: ByteRecord,
}

impl<'p> Rows<'p> {
    /// The rows of a file with this delimiter.
    pub(super) fn new(path: &'p Path, stream: Stream, delimiter: u8) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(delimiter).buffer_capacity(BUFFER_BYTES);
        Self { path, reader: builder.from_reader(stream), row: ByteRecord::new() }
    }

    /// The next row with the line in which it begins, from 1.
    pub(super) fn advance(&mut self) -> Result<Option<(usize, &ByteRecord)>, ParseError> {
        self.reader.get_mut().begin();
        let line = self.reader.position().line() as usize;
        match self.reader.read_byte_record(&mut self.row) {
            Ok(true) => Ok(Some((line, &self.row))),
            Ok(false) => Ok(None),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => unreadable(self.path, line, &error),
                _ => ParseError::line(self.path, (line, 1), "this is not a row of separated values", "write it again"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of this content, and the folder that holds it.
    fn file(content: &[u8]) -> (tempfile::TempDir, Stream) {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("f");
        std::fs::write(&path, content).expect("writes");
        let stream = Stream::new(File::open(path).expect("opens"));
        (folder, stream)
    }

    #[test]
    fn lines_come_without_their_ends() {
        let (_folder, stream) = file(b"\xef\xbb\xbfa\r\n\nlast");
        let mut lines = Lines::new(Path::new("f"), stream);
        let mut found = Vec::new();
        while let Some((number, line)) = lines.advance().expect("reads") {
            found.push((number, String::from_utf8_lossy(line).into_owned()));
        }
        assert_eq!(found, [(1, "a".to_owned()), (2, String::new()), (3, "last".to_owned())]);
    }

    #[test]
    fn rows_know_their_line() {
        let (_folder, stream) = file(b"a;\"b;\n\"\"c\"\"\"\n\nd;\xff");
        let mut rows = Rows::new(Path::new("f"), stream, b';');
        let mut found = Vec::new();
        while let Some((line, row)) = rows.advance().expect("reads") {
            found.push((line, row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()));
        }
        let second = vec![b"d".to_vec(), vec![0xff]];
        assert_eq!(found[0], (1, vec![b"a".to_vec(), b"b;\n\"c\"".to_vec()]));
        assert_eq!((found.len(), &found[1].1), (2, &second));
    }

    #[test]
    fn pieces_are_bounded_and_files_are_not() {
        let many = b"0123456789\n".repeat(LINE_BYTES_MAX / 5);
        let (_folder, stream) = file(&many);
        let mut lines = Lines::new(Path::new("f"), stream);
        let mut count = 0;
        while lines.advance().expect("reads").is_some() {
            count += 1;
        }
        assert_eq!(count, LINE_BYTES_MAX / 5);

        let long = [b"a\n\"".as_slice(), &vec![b'x'; 2 * LINE_BYTES_MAX]].concat();
        let expected = "f:2:1: this line, row or element is longer than 1 MiB; check that this is a result file, without \
                        response bodies";
        let (_folder, stream) = file(&long);
        let mut lines = Lines::new(Path::new("f"), stream);
        assert!(lines.advance().is_ok());
        assert_eq!(lines.advance().expect_err("refused").to_string(), expected);
        let (_folder, stream) = file(&long);
        let mut rows = Rows::new(Path::new("f"), stream, b',');
        assert!(rows.advance().is_ok());
        assert_eq!(rows.advance().expect_err("refused").to_string(), expected);
    }
}
