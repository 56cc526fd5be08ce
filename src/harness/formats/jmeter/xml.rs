use super::csv::{seconds, time};
use super::{Artifact, FORMAT, ParseError, WRITTEN, refuse};
use crate::harness::load_test::{Request, Requests};
use crate::harness::stream::unreadable;
use quick_xml::XmlVersion::Implicit1_0;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};
use std::path::Path;

/// Deepest nesting of elements.
const DEPTH_MAX: usize = 64;

/// Reads the samples directly below `testResults`. What lies within them are their parts, whose time they hold.
pub(super) fn read(artifact: &Artifact) -> Result<Requests<'_>, ParseError> {
    let path = artifact.path.as_path();
    let mut reader = Reader::from_reader(artifact.stream(FORMAT.name)?.buffered());
    let mut requests = Requests::new(path);
    let (mut buffer, mut line, mut depth) = (Vec::new(), 1, 0_usize);
    loop {
        buffer.clear();
        reader.get_mut().get_mut().begin();
        let event = reader.read_event_into(&mut buffer).map_err(|error| broken(path, line, &error))?;
        match event {
            Event::Start(element) => {
                if depth == 1 {
                    add(path, line, &element, &mut requests)?;
                }
                depth += 1;
            }
            Event::Empty(element) if depth == 1 => add(path, line, &element, &mut requests)?,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof if depth == 0 => return Ok(requests),
            Event::Eof => {
                let problem = "the file ends before the end of testResults";
                return Err(refuse(path, line, problem, "measure again: its writer was interrupted"));
            }
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(refuse(path, line, "more than 64 elements within each other", WRITTEN));
        }
        line += buffer.split(|&byte| byte == b'\n').count() - 1;
    }
}

fn broken(path: &Path, line: usize, error: &Error) -> ParseError {
    match error {
        Error::Io(error) => unreadable(path, line, error),
        _ => ParseError::line(
            path,
            (line, 1),
            "this is not well-formed XML in UTF-8",
            "measure again: its writer was interrupted",
        ),
    }
}

fn add(path: &Path, line: usize, element: &BytesStart<'_>, requests: &mut Requests<'_>) -> Result<(), ParseError> {
    if !["sample", "httpSample"].contains(&element.name().as_ref()) {
        return Ok(());
    }
    let (mut elapsed, mut start, mut succeeded, mut label) = (None, None, None, None);
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| broken(path, line, &error.into()))?;
        let value = || attribute.normalized_value(Implicit1_0).map_err(|error| broken(path, line, &error));
        match attribute.key.as_ref() {
            "t" => elapsed = seconds(&value()?),
            "ts" => start = time(&value()?),
            "s" => succeeded = Some(&*value()? == "true"),
            "lb" => label = Some(value()?.into_owned()),
            _ => {}
        }
    }
    let (Some(seconds), Some(succeeded), Some(label)) = (elapsed, succeeded, label) else {
        let next = "let JMeter write elapsed time (t), success (s) and label (lb) of each sample";
        return Err(refuse(path, line, "expected a sample with t in milliseconds, s and lb", next));
    };
    requests.add(line, (FORMAT.name, &label), Request { seconds, succeeded, start })
}
