//! `--out json`: one point a line, of which a request makes about ten.

use super::{Artifact, DURATIONS, FORMAT, GRPC, HTTP, ParseError, metric_name};
use crate::harness::ParseErrorKind;
use crate::harness::Results;
use crate::harness::gathered::Gathered;
use crate::harness::instant::instant;
use crate::harness::load_test::{ALL, Endpoint, Request, Requests, add_durations, add_endpoints};
use crate::harness::stream::Lines;
use crate::model::Unit;
use serde::Deserialize;
use std::borrow::Cow;
use std::path::Path;

#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    r#type: Cow<'l, str>,
    #[serde(borrow)]
    metric: Cow<'l, str>,
    #[serde(borrow)]
    data: Data<'l>,
}

/// What a point holds; of a metric's own line nothing is read.
#[derive(Deserialize)]
struct Data<'l> {
    #[serde(borrow, default)]
    time: Cow<'l, str>,
    value: Option<f64>,
    #[serde(borrow)]
    tags: Option<Tags<'l>>,
}

/// The tags that are read; empty is absent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Tags<'l> {
    #[serde(borrow)]
    name: Cow<'l, str>,
    #[serde(borrow)]
    url: Cow<'l, str>,
    #[serde(borrow)]
    method: Cow<'l, str>,
    #[serde(borrow)]
    group: Cow<'l, str>,
    #[serde(borrow)]
    scenario: Cow<'l, str>,
    #[serde(borrow)]
    status: Cow<'l, str>,
    #[serde(borrow)]
    expected_response: Cow<'l, str>,
}

pub(super) fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let mut points = Points { path, requests: Requests::new(path) };
    let mut lines = Lines::new(path, artifact.stream(FORMAT.name)?);
    while let Some((number, line)) = lines.advance()? {
        if !line.trim_ascii().is_empty() && !is_another_point(line) {
            points.add(number, line)?;
        }
    }
    points.finish()
}

/// Whether a line is, from its first byte to its last, a point as k6 writes it of a metric that is not read. Braces are
/// counted, so that two lines that ran into each other are not taken for one; whatever else looks odd is parsed.
pub(super) fn is_another_point(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{\"metric\":\"") else { return false };
    let Some(end) = rest.iter().position(|&byte| byte == b'"') else { return false };
    let (name, rest) = rest.split_at(end);
    rest.starts_with(b"\",\"type\":\"Point\",\"data\":{\"time\":\"")
        && rest.ends_with(b"}}}")
        && ![HTTP, GRPC].iter().chain(&DURATIONS).any(|read| read.as_bytes() == name)
        && line.iter().map(|&byte| usize::from(byte == b'{')).sum::<usize>() == 3
}

struct Points<'p> {
    path: &'p Path,
    requests: Requests<'p>,
}

impl Points<'_> {
    fn add(&mut self, number: usize, line: &[u8]) -> Result<(), ParseError> {
        let Line { r#type, metric, data } = self.parse(number, line)?;
        let duration = DURATIONS.into_iter().find(|name| *name == metric);
        if r#type != "Point" || (duration.is_none() && metric != HTTP && metric != GRPC) {
            return Ok(());
        }
        let tags = data.tags.unwrap_or_default();
        if ["::setup", "::teardown"].iter().any(|own| is_within(&tags.group, own)) {
            return Ok(());
        }
        let time = instant(&data.time);
        let (Some(milliseconds), Some(end)) = (data.value, time) else {
            return Err(self.refuse(number, "expected a point with a time and a value", WRITTEN));
        };
        let seconds = milliseconds * 1e-3;
        // A point bears the time of the request's end.
        let start = Some(end.saturating_sub((seconds * 1e9).round() as i64));
        if let Some(name) = duration {
            let label = tags.label(if name == "group_duration" { &tags.group } else { &tags.name });
            return self.requests.add(number, (name, label), Request { seconds, succeeded: true, start });
        }
        let succeeded = if metric == HTTP { tags.http_succeeded() } else { tags.grpc_succeeded() };
        let Some(succeeded) = succeeded else {
            let problem = "neither expected_response nor status tells whether this request failed";
            return Err(self.refuse(number, problem, "leave both among the systemTags of k6"));
        };
        self.requests.add(number, (HTTP, &tags.request()), Request { seconds, succeeded, start })
    }

    /// The complaint repeats nothing of the line: its tags may hold what is secret.
    fn parse<'l>(&self, number: usize, line: &'l [u8]) -> Result<Line<'l>, ParseError> {
        serde_json::from_slice(line).map_err(|error| {
            let (problem, next) = if error.is_eof() {
                ("the line ends too early", "measure again: its writer was interrupted")
            } else {
                ("expected a JSON object with type, metric and data", WRITTEN)
            };
            ParseError::line(self.path, (number, error.column().max(1)), problem, next)
        })
    }

    fn refuse(&self, number: usize, problem: &str, next: &str) -> ParseError {
        ParseError { kind: ParseErrorKind::Value, ..ParseError::line(self.path, (number, 1), problem, next) }
    }

    fn finish(self) -> Result<Results, ParseError> {
        let mut gathered = Gathered::new(self.path, FORMAT.name);
        let (endpoints, durations): (Vec<_>, Vec<_>) =
            self.requests.endpoints(|_| false).into_iter().partition(|&(kind, _)| kind == HTTP);
        let endpoints: Vec<Endpoint> = endpoints.into_iter().map(|(_, endpoint)| endpoint).collect();
        // An iteration that failed early is short, and nothing tells which did.
        let all_succeeded = endpoints.iter().all(|endpoint| endpoint.failed == 0);
        add_endpoints(&mut gathered, self.path, endpoints)?;
        for (kind, Endpoint { at, name, latency, .. }) in durations.into_iter().filter(|_| all_succeeded) {
            if let Some(latency) = latency {
                add_durations(&mut gathered, &at, &name, (&metric_name(kind), Unit::Second), latency)?;
            }
        }
        Ok(gathered.results())
    }
}

const WRITTEN: &str = "write the file again with k6 (--out json=FILE), and do not edit it";

fn is_within(group: &str, own: &str) -> bool {
    group.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

impl Tags<'_> {
    /// The name of a request: as the script gives it, else its URL, which another method makes another request.
    fn request(&self) -> Cow<'_, str> {
        let name = self.label(&self.name);
        if name.contains("://") && !self.method.is_empty() {
            return Cow::Owned(format!("{} {name}", self.method));
        }
        Cow::Borrowed(name)
    }

    /// `name`, or else what comes closest.
    fn label<'t>(&'t self, name: &'t str) -> &'t str {
        let name = name.trim_start_matches("::");
        [name, &self.url, &self.scenario].into_iter().find(|name| !name.is_empty()).unwrap_or(ALL)
    }

    /// As `http_req_failed` counts it; where that was switched off, by the status.
    fn http_succeeded(&self) -> Option<bool> {
        match &*self.expected_response {
            "true" => Some(true),
            "false" => Some(false),
            _ => self.status.parse().ok().map(|status: u16| (100..400).contains(&status)),
        }
    }

    /// Status 0 is OK in gRPC.
    fn grpc_succeeded(&self) -> Option<bool> {
        (!self.status.is_empty()).then(|| self.status == "0")
    }
}
