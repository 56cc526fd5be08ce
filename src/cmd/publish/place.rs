//! Where a report is posted: from flags, then from the variables of a workflow run.

use crate::cli::{Publish, StatusOf};
use crate::cmd::Io;
use crate::cmd::project::commits;
use crate::deliver::github::{
    ANSWER_WITHIN, Access, Client, Failure, Repository, Target, Token, is_commit_id, no_token, pulls,
};
use crate::event::{Event, Kind};
use crate::model::clean;
use crate::report::Report;
use anyhow::{Context, Result, anyhow, bail};
use std::cell::OnceCell;
use std::path::PathBuf;

/// What the flags and the environment say.
pub(super) struct Surroundings {
    repository: Repository,
    pull_request: Option<u64>,
    /// The commit, and whether it may be the one that GitHub made to merge the pull request.
    commit: (String, bool),
    token: Option<Token>,
    api: String,
    graphql: Option<String>,
    server: String,
    pub(super) run_url: Option<String>,
    pub(super) run: u64,
    pub(super) attempt: u32,
    /// The job's summary.
    pub(super) summary: Option<PathBuf>,
    /// Whether this is a workflow run, whose log shows warnings.
    pub(super) is_action: bool,
    /// Whether another workflow measured.
    pub(super) follows: bool,
    target: OnceCell<Target>,
}

impl Surroundings {
    /// Flags win over the event, the event over what other variables say.
    pub(super) fn read(args: &Publish, io: &Io<'_>) -> Result<Self> {
        let variable = |name: &str| -> Option<String> {
            let value = io.variable(name)?;
            Some(value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
        };
        // Without a payload that can be read the variables say as much.
        let event = commits::event(io).ok().flatten();
        let repository = args.repository.clone().or_else(|| variable("GITHUB_REPOSITORY"));
        let repository =
            repository.context("which repository? Give --repository OWNER/NAME, or set GITHUB_REPOSITORY")?;
        let repository: Repository = repository.parse().map_err(|why: String| anyhow!("--repository: {why}"))?;
        let git_ref = variable("GITHUB_REF").unwrap_or_default();
        let pull = || git_ref.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok();
        let of_event = || event.as_ref().map(|event| event.head.clone());
        let commit = match (args.sha.clone().or_else(of_event), variable("GITHUB_SHA")) {
            (Some(sha), _) => (sha, false),
            (None, Some(sha)) => (sha, git_ref.starts_with("refs/pull/") && git_ref.ends_with("/merge")),
            (None, None) => {
                bail!("which commit? Give --sha, the full id of the pull request's head, or set GITHUB_SHA")
            }
        };
        if !is_commit_id(&commit.0) {
            bail!("'{}' is no commit's full id; give --sha 40 hexadecimal digits", clean(&commit.0));
        }
        let commit = (commit.0.to_ascii_lowercase(), commit.1);
        let token = match &args.token_env {
            Some(name) => variable(name),
            None => variable("GITHUB_TOKEN").or_else(|| variable("GH_TOKEN")),
        };
        let server = variable("GITHUB_SERVER_URL").unwrap_or("https://github.com".to_owned());
        let number = |name: &str| variable(name).and_then(|text| text.parse::<u64>().ok());
        // Reports are ordered by the run that measured, also where it left files instead of an artifact.
        let source = event.as_ref().filter(|event| repository.as_str().eq_ignore_ascii_case(&event.repository));
        let (run, attempt) = match source.and_then(|event| event.source.as_ref()) {
            Some(source) => (Some(source.run), u64::from(source.attempt)),
            None => (number("GITHUB_RUN_ID"), number("GITHUB_RUN_ATTEMPT").unwrap_or_default()),
        };
        Ok(Self {
            run_url: run.map(|run| format!("{}/{repository}/actions/runs/{run}", server.trim_end_matches('/'))),
            run: run.unwrap_or_default(),
            attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
            pull_request: args.pull_request.or_else(|| event.as_ref()?.pull_request).or_else(pull),
            follows: event.is_some_and(|event| event.kind == Kind::WorkflowRun),
            token: token.as_deref().and_then(Token::new),
            api: variable("GITHUB_API_URL").unwrap_or("https://api.github.com".to_owned()),
            graphql: variable("GITHUB_GRAPHQL_URL"),
            summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            is_action: variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            target: OnceCell::new(),
            repository,
            commit,
            server,
        })
    }

    /// What the exit status says: of a workflow that follows another one, a red report is no failure of its own.
    pub(super) fn status(&self, args: &Publish) -> StatusOf {
        args.status.unwrap_or(if self.follows { StatusOf::Publication } else { StatusOf::Verdict })
    }

    /// About the run that an event tells of, instead of this one.
    pub(super) fn about(&mut self, event: &Event) -> Result<()> {
        self.in_repository_of(event)?;
        self.commit = (event.head.clone(), false);
        Ok(())
    }

    /// Numbers of pull requests mean nothing elsewhere.
    pub(super) fn in_repository_of(&self, event: &Event) -> Result<()> {
        if !self.repository.as_str().eq_ignore_ascii_case(&event.repository) {
            bail!("--repository is {}, the event happened in {}", self.repository, event.repository);
        }
        Ok(())
    }

    /// About this pull request, or none.
    pub(super) fn of_pull_request(&mut self, number: Option<u64>) {
        self.pull_request = number;
    }

    /// How to reach GitHub; a missing token is a failure to publish like any other.
    pub(super) fn access(&self) -> Result<Access, Failure> {
        Ok(Access {
            api: self.api.clone(),
            graphql: self.graphql.clone(),
            server: self.server.clone(),
            repository: self.repository.clone(),
            token: self.token.clone().ok_or_else(no_token)?,
            within: ANSWER_WITHIN,
        })
    }

    /// What is published about: of a commit that merges a pull request its head.
    pub(super) fn target(&self, client: &Client<'_>) -> Result<Target, Failure> {
        if let Some(target) = self.target.get() {
            return Ok(target.clone());
        }
        let (commit, may_merge) = &self.commit;
        let parents = if *may_merge { pulls::parents(client, commit)? } else { Vec::new() };
        let head = match &parents[..] {
            [_, head] => head.clone(),
            _ => commit.clone(),
        };
        let target = Target {
            repository: self.repository.clone(),
            pull_request: self.pull_request,
            head,
            run_url: self.run_url.clone(),
        };
        Ok(self.target.get_or_init(|| target).clone())
    }
}

/// Refuses a report of another commit than the one it would be posted on. Of a commit that may be a merge only the target says what
/// that one is.
pub(super) fn fits(report: &Report, surroundings: &Surroundings, target: Option<&Target>) -> Result<()> {
    let (commit, may_merge) = &surroundings.commit;
    let measured = report.head.revision.split('+').next().unwrap_or_default().to_ascii_lowercase();
    let head = match target {
        Some(target) => target.head.to_ascii_lowercase(),
        None if *may_merge => return Ok(()),
        None => commit.clone(),
    };
    // What was measured of a merge may be the merge itself or the head that it merges; files have no commit.
    if !is_commit_id(&measured) || measured == *commit || measured == head {
        return Ok(());
    }
    bail!("the report is about {measured}, not about {head}: publish it with --sha {measured}, or measure again")
}
