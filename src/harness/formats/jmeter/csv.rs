use super::{Artifact, FORMAT, ParseError, WRITTEN, refuse};
use crate::harness::instant::instant;
use crate::harness::load_test::{Request, Requests};
use crate::harness::stream::Rows;
use std::str::from_utf8;

/// Where a file's columns are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    delimiter: u8,
    has_header: bool,
    start: Option<usize>,
    elapsed: usize,
    label: usize,
    success: Option<usize>,
}

const DELIMITERS: [u8; 4] = *b",;\t|";

/// The layout that a file's first line shows: the names of its columns, or a sample in `JMeter`'s own order, which begins
/// with time, elapsed, label, code, message, thread, type and success.
pub(super) fn layout(head: &[u8]) -> Option<Layout> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let line = head.split(|&byte| byte == b'\n').next()?;
    DELIMITERS.into_iter().find_map(|delimiter| {
        let cells: Vec<&str> =
            line.split(|&byte| byte == delimiter).map(|cell| from_utf8(cell).unwrap_or_default().trim()).collect();
        let place = |name: &str| cells.iter().position(|cell| cell.trim_matches('"') == name);
        if let (Some(elapsed), Some(label)) = (place("elapsed"), place("label")) {
            let (start, success) = (place("timeStamp"), place("success"));
            return Some(Layout { delimiter, has_header: true, start, elapsed, label, success });
        }
        let is_sample = cells.len() > 8
            && time(cells[0]).is_some()
            && cells[1].parse::<u32>().is_ok()
            // A label in quotes may hold delimiters.
            && cells[7..].iter().any(|cell| ["true", "false"].contains(cell));
        let (start, success) = (Some(0), Some(7));
        is_sample.then_some(Layout { delimiter, has_header: false, start, elapsed: 1, label: 2, success })
    })
}

/// Nanoseconds since 1970 of a time in milliseconds, or as `yyyy/MM/dd HH:mm:ss.SSS`.
pub(super) fn time(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().ok()?.checked_mul(1_000_000);
    }
    instant(text)
}

/// Milliseconds as seconds. A shorter time than 0 is that of a clock that was set back.
pub(super) fn seconds(text: &str) -> Option<f64> {
    text.parse::<u64>().ok().map(|milliseconds| milliseconds as f64 * 1e-3)
}

pub(super) fn read(artifact: &Artifact) -> Result<Requests<'_>, ParseError> {
    let path = artifact.path.as_path();
    let Some(layout) = layout(artifact.head()) else {
        let problem = "expected a line with timeStamp, elapsed, label and success, or a sample in that order";
        return Err(refuse(
            path,
            1,
            problem,
            "let JMeter write the columns' names: jmeter.save.saveservice.print_field_names=true",
        ));
    };
    let Some(success) = layout.success else {
        let problem = "without success, failed samples cannot be told from fast ones";
        return Err(refuse(path, 1, problem, "let JMeter write it: jmeter.save.saveservice.successful=true"));
    };
    let mut requests = Requests::new(path);
    let mut rows = Rows::new(path, artifact.stream(FORMAT.name)?, layout.delimiter);
    let mut columns = None;
    while let Some((line, row)) = rows.advance()? {
        let expected = *columns.get_or_insert(row.len());
        if row.len() != expected {
            let problem = format!("expected {expected} cells, found {}", row.len());
            return Err(refuse(path, line, &problem, "measure again: its writer was interrupted"));
        }
        if layout.has_header && line == 1 {
            continue;
        }
        let cell = |place: usize| row.get(place).and_then(|cell| from_utf8(cell).ok());
        let succeeded = match cell(success) {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(refuse(path, line, "expected true or false as success", WRITTEN)),
        };
        let (Some(seconds), Some(label)) = (cell(layout.elapsed).and_then(seconds), cell(layout.label)) else {
            return Err(refuse(path, line, "expected elapsed milliseconds and a label in UTF-8", WRITTEN));
        };
        let start = layout.start.and_then(cell).and_then(time);
        requests.add(line, (FORMAT.name, label), Request { seconds, succeeded, start })?;
    }
    Ok(requests)
}
