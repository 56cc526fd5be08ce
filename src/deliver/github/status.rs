//! A commit's status, where check runs are not allowed.

use super::client::{Call, Client};
use super::encode;
use super::failure::Failure;
use serde_json::json;

/// Characters of a description that GitHub takes.
pub const DESCRIPTION_MAX: usize = 140;

/// What a status says; it has no word for a neutral end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// At work.
    Pending,
    /// Good.
    Success,
    /// Bad.
    Failure,
    /// Nothing could be judged.
    Error,
}

/// Sets the commit's status of this name.
pub fn set(
    client: &Client<'_>,
    head: &str,
    name: &str,
    state: State,
    description: &str,
    url: Option<&str>,
) -> Result<(), Failure> {
    let state = match state {
        State::Pending => "pending",
        State::Success => "success",
        State::Failure => "failure",
        State::Error => "error",
    };
    let description: String = description.chars().take(DESCRIPTION_MAX).collect();
    let mut body = json!({ "state": state, "context": name, "description": description });
    if let Some(url) = url {
        body["target_url"] = url.into();
    }
    // Said twice it is the same status: the latest of a name counts.
    client.send(&Call::post("set the commit's status", format!("statuses/{}", encode(head)), body)).map(drop)
}
