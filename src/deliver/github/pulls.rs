//! What GitHub knows of pull requests and commits.

use super::client::{Call, Client};
use super::encode;
use super::failure::Failure;
use serde::Deserialize;

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// `open` or `closed`.
    pub state: String,
    /// Where its commits are.
    pub head: Side,
    /// Where they shall go.
    pub base: Side,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<Label>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Label {
    /// Its name.
    pub name: String,
}

/// A side of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Side {
    /// The commit.
    pub sha: String,
    /// The branch.
    #[serde(rename = "ref")]
    pub branch: String,
    /// Its repository; `None` when a fork was deleted.
    pub repo: Option<Repo>,
}

/// A repository as a pull request names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Repo {
    /// `owner/name`.
    pub full_name: String,
}

/// One pull request by its number.
pub fn pull(client: &Client<'_>, number: u64) -> Result<Pull, Failure> {
    client.read(&Call::get("look at the pull request", format!("pulls/{number}")))
}

/// The pull requests that a commit belongs to. GitHub knows none for a commit of a fork.
pub fn of_commit(client: &Client<'_>, commit: &str) -> Result<Vec<Pull>, Failure> {
    client.list("find the commit's pull requests", &format!("commits/{}/pulls", encode(commit)), None)
}

/// The open pull requests from a branch of this owner, forks included.
pub fn of_branch(client: &Client<'_>, owner: &str, branch: &str) -> Result<Vec<Pull>, Failure> {
    let head = encode(&format!("{owner}:{branch}"));
    client.list("find the branch's pull requests", &format!("pulls?state=open&head={head}"), None)
}

/// A commit's parents, first to last: of the commit that merges a pull request, the base and the head.
pub fn parents(client: &Client<'_>, commit: &str) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Commit {
        parents: Vec<Parent>,
    }
    #[derive(Deserialize)]
    struct Parent {
        sha: String,
    }
    let commit: Commit = client.read(&Call::get("look at the commit", format!("git/commits/{}", encode(commit))))?;
    Ok(commit.parents.into_iter().map(|parent| parent.sha).collect())
}
