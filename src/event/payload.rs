//! What is read of a payload, in GitHub's own words. Whatever else it holds is passed over.

use super::EventError;
use serde::{Deserialize, Deserializer};

/// A payload of any event.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    pub(super) repository: Option<Repository>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) merge_group: Option<MergeGroup>,
    pub(super) workflow_run: Option<WorkflowRun>,
    // Of a push; other events have words of these names for other things.
    #[serde(rename = "ref", default, deserialize_with = "text")]
    pub(super) reference: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) before: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) after: Option<String>,
    #[serde(default)]
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) forced: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) full_name: String,
    default_branch: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PullRequest {
    pub(super) number: u64,
    pub(super) head: Side,
    pub(super) base: Side,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Side {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) sha: String,
    pub(super) repo: Option<Origin>,
}

/// The repository of a side; in a `workflow_run` it has no full name.
#[derive(Debug, Deserialize)]
pub(super) struct Origin {
    #[serde(default)]
    pub(super) full_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct MergeGroup {
    pub(super) head_sha: String,
    pub(super) head_ref: String,
    pub(super) base_sha: String,
    pub(super) base_ref: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WorkflowRun {
    pub(super) id: u64,
    pub(super) event: String,
    pub(super) head_sha: String,
    pub(super) head_branch: Option<String>,
    pub(super) head_repository: Option<Repository>,
    #[serde(default)]
    pub(super) pull_requests: Vec<PullRequest>,
    #[serde(default = "first")]
    pub(super) run_attempt: u32,
}

fn first() -> u32 {
    1
}

/// A text, or none where it is anything else.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(value.as_str().map(str::to_owned))
}

impl Payload {
    pub(super) fn parse(event: &str, bytes: &[u8]) -> Result<Self, EventError> {
        let event = || event.to_owned();
        if bytes.len() as u64 > super::PAYLOAD_BYTES_MAX {
            let why = format!("it is larger than {} MiB", super::PAYLOAD_BYTES_MAX >> 20);
            return Err(EventError::Malformed { event: event(), why });
        }
        serde_json::from_slice(bytes)
            .map_err(|error| EventError::Malformed { event: event(), why: super::shown(&error.to_string()) })
    }

    pub(super) fn default_branch(&self) -> Option<String> {
        self.repository.as_ref()?.default_branch.clone().filter(|name| !name.is_empty())
    }
}
