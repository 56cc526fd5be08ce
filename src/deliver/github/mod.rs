//! GitHub, through octocrab: the comment, the check run or status, labels, pictures, artifacts, issues.
//!
//! The only place that knows the token. Every answer is read with a limit on its size and its time; what may be repeated
//! is, with growing pauses and an end. Texts come from `report`.

pub mod artifacts;
pub mod check;
mod client;
pub mod comment;
mod failure;
mod identity;
pub mod issues;
pub mod labels;
mod patience;
pub mod pictures;
mod publication;
pub mod pulls;
pub mod status;

pub use client::{ANSWER_WITHIN, Access, Client, Pause, Token};
pub use comment::{Order, Stamp};
pub use failure::{Failure, Kind};
pub use publication::{Conclusion, Fate, Parts, Publication, Settled, abandon, publish, start};

use std::fmt::{self, Write};
use std::str::FromStr;

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(String);

impl Repository {
    /// `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The owner's login.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |part: &str| {
            let letters = part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            (1..=100).contains(&part.len()) && letters && part != "." && part != ".."
        };
        match text.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => Ok(Self(text.to_owned())),
            _ => Err("a repository is written as owner/name".to_owned()),
        }
    }
}

/// What a publication is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The repository of the pull request's base, where everything is posted.
    pub repository: Repository,
    /// The pull request; without one there is a check run or a status, and no comment.
    pub pull_request: Option<u64>,
    /// The full id of the commit under judgement: the pull request's head, not the commit that merges it.
    pub head: String,
    /// The page of the run that measured.
    pub run_url: Option<String>,
}

/// Whether a text is a full commit id.
#[must_use]
pub fn is_commit_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// That there is no token to begin with.
#[must_use]
pub fn no_token() -> Failure {
    Failure::new("reach GitHub", Kind::Token, "there is no token")
}

/// Percent-encoded for a path's segment, a query's value or a word of a marker.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._~-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// FNV-1a: tells contents apart, and keeps no secret.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_repository_is_one() {
        for good in ["octo/repo", "a/b.c", "A-1/_x"] {
            assert_eq!(good.parse::<Repository>().unwrap().as_str(), good);
        }
        let long = format!("a/{}", "b".repeat(101));
        for bad in ["", "a", "a/", "/b", "a/b/c", "../..", "a/..", "a b/c", "a/b?x", "a/b\n", "é/b", &long] {
            assert!(bad.parse::<Repository>().is_err(), "{bad}");
        }
    }

    #[test]
    fn words_are_encoded() {
        assert_eq!(encode("a-b_c.d~"), "a-b_c.d~");
        assert_eq!(encode("a/b c>é"), "a%2Fb%20c%3E%C3%A9");
    }
}
