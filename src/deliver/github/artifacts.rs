//! What a workflow run left behind. It may come from a stranger: nothing here looks into it.

use super::client::{Call, Client, DOWNLOAD_WITHIN};
use super::failure::{Failure, Kind};
use serde::Deserialize;

/// An artifact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Artifact {
    /// Its number.
    pub id: u64,
    /// The name it was uploaded under.
    pub name: String,
    /// Bytes, as GitHub says.
    pub size_in_bytes: u64,
    /// Whether it is gone.
    pub expired: bool,
}

/// All artifacts of a run.
pub fn artifacts(client: &Client<'_>, run_id: u64) -> Result<Vec<Artifact>, Failure> {
    client.list("list the run's artifacts", &format!("actions/runs/{run_id}/artifacts"), Some("artifacts"))
}

/// The zip file of an artifact, unless it is larger than `bytes_max`. The token stays with GitHub when the download does not.
pub fn download(client: &Client<'_>, id: u64, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let call = Call {
        bytes_max,
        within: Some(DOWNLOAD_WITHIN),
        ..Call::get("download the artifact", format!("actions/artifacts/{id}/zip"))
    };
    client.send(&call).map_err(|failure| match failure.kind {
        Kind::TooLarge => Failure { said: format!("it is larger than {bytes_max} bytes"), ..failure },
        _ => failure,
    })
}
