//! What commands about GitHub take.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// One report as JSON, or run records that `check --record` wrote, which are judged first; in a workflow on
    /// `workflow_run` the artifact of the run that it is about otherwise
    #[arg(conflicts_with = "start", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// On `workflow_run`, what the artifact is called; benchgate otherwise
    #[arg(long, value_name = "NAME", conflicts_with_all = ["start", "files"])]
    pub artifact: Option<String>,
    /// On `workflow_run`, do not fetch the head's commit where this clone lacks it: what it changes of the gate is then not listed
    #[arg(long, conflicts_with_all = ["start", "files"])]
    pub no_fetch: bool,
    /// Say that the gate is at work: a check run in progress, nothing else
    #[arg(long)]
    pub start: bool,
    /// Where to post, as owner/name; `GITHUB_REPOSITORY` otherwise
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// The pull request; that of the event otherwise
    #[arg(long, value_name = "N")]
    pub pull_request: Option<u64>,
    /// The commit under judgement, in full; that of the event otherwise
    #[arg(long, value_name = "SHA")]
    pub sha: Option<String>,
    /// The variable that holds the token; `GITHUB_TOKEN` otherwise, then `GH_TOKEN`
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    /// Keeps the comments and check runs of several gates apart; the folder of benchgate.toml otherwise
    #[arg(long, value_name = "KEY")]
    pub comment_key: Option<String>,
    /// What the exit status says: the verdict, whatever became of its publication, or the publication; of a `workflow_run` the latter
    #[arg(long, value_name = "WHAT")]
    pub status: Option<StatusOf>,
}

/// What the exit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusOf {
    /// The report's own
    Verdict,
    /// 0 if everything was posted, 2 otherwise
    Publication,
}
