//! A message to another service: one POST of JSON.
//!
//! The address may hold a secret, as those of chat services do: it is never shown.

use http::{Method, Uri, header::CONTENT_TYPE};
use octocrab::Octocrab;
use serde_json::Value;
use std::time::Duration;

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Pauses before the second and the third attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WebhookError {
    /// It is no address, or one that would show it to the network.
    #[error("its address must begin with https://")]
    Address,
    /// The service answered, but did not take it.
    #[error("it answered {0}")]
    Refused(u16),
    /// There was no answer.
    #[error("no answer: {0}")]
    Silent(String),
}

/// Posts a message; up to three times where nobody answers or the service is in trouble, so that it may arrive twice.
pub fn post(address: &str, message: &Value, pause: &dyn Fn(Duration)) -> Result<(), WebhookError> {
    let address = parse(address)?;
    let silent = |error: &dyn std::error::Error| WebhookError::Silent(root(error, &address));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| silent(&error))?;
    let mut pauses = PAUSES.iter();
    loop {
        let sent = runtime.block_on(async {
            let sending = tokio::time::timeout(ANSWER_WITHIN, send(&address, message));
            let late = format!("none within {} s", ANSWER_WITHIN.as_secs());
            sending.await.unwrap_or(Err(WebhookError::Silent(late)))
        });
        match (sent, pauses.next()) {
            (Err(WebhookError::Silent(_) | WebhookError::Refused(500..=599)), Some(time)) => pause(*time),
            (sent, _) => return sent,
        }
    }
}

async fn send(address: &Uri, message: &Value) -> Result<(), WebhookError> {
    let silent = |error: &dyn std::error::Error| WebhookError::Silent(root(error, address));
    // Without a token: octocrab is the client at hand, and this is not GitHub.
    let client = Octocrab::builder().build().map_err(|error| silent(&error))?;
    let request = http::request::Builder::new().method(Method::POST).uri(address.clone());
    let request = request.header(CONTENT_TYPE, "application/json");
    let request = client.build_request(request, Some(message)).map_err(|error| silent(&error))?;
    let answer = client.execute(request).await.map_err(|error| silent(&error))?;
    if answer.status().is_success() { Ok(()) } else { Err(WebhookError::Refused(answer.status().as_u16())) }
}

/// An address that is encrypted, or of this very machine.
fn parse(address: &str) -> Result<Uri, WebhookError> {
    let uri: Uri = address.trim().parse().map_err(|_| WebhookError::Address)?;
    let local = uri.host().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if local => Ok(uri),
        _ => Err(WebhookError::Address),
    }
}

/// The innermost cause, without the address.
fn root(error: &dyn std::error::Error, address: &Uri) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    let mut said = crate::model::clean(&error.to_string());
    for secret in [address.to_string(), address.path().to_owned()] {
        if secret.len() > 1 {
            said = said.replace(&secret, "***");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_to_the_network() {
        assert!(parse("https://hooks.example.org/services/T0/B0/x").is_ok());
        assert!(parse(" http://127.0.0.1:8080/x\n").is_ok());
        for bad in
            ["http://hooks.example.org/x", "hooks.example.org/x", "", "ftp://a/b", "http://127.0.0.1.example.org/"]
        {
            assert_eq!(parse(bad), Err(WebhookError::Address), "{bad}");
        }
    }
}
