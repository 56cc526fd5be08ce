//! Tells what became of alerts: issues on GitHub, and a message to another service.

use crate::cli::TrendArgs;
use crate::cmd::Io;
use crate::cmd::project::now;
use crate::deliver::github::{ANSWER_WITHIN, Access, Client, Failure, Repository, Token, issues, no_token};
use crate::deliver::webhook;
use crate::report::history;
use crate::run::process::interrupted;
use crate::trend::{AlertState, Ledger, News, Trend};
use anyhow::{Context, Result, anyhow, bail};
use std::time::Duration;

/// Issues that one look opens at most: a flood helps nobody.
const NEW_ISSUES_MAX: usize = 20;

/// Tells what is new, fixed or withdrawn, wherever the flags say; issues that people closed acknowledge their alerts.
pub(super) fn tell(args: &TrendArgs, found: &mut Trend, ledger: &mut Ledger, io: &Io<'_>) -> Result<()> {
    if args.issues {
        follow_issues(found, ledger, io)?;
    }
    if let Some(name) = &args.webhook {
        // A quiet look is the time to notice that a loud one would not be heard.
        let address = variable(io, name).with_context(|| format!("--webhook: the variable '{name}' is not set"))?;
        if !found.news.is_empty() {
            webhook::post(&address, &history::webhook(found), io.pause)
                .with_context(|| format!("cannot post to the webhook of '{name}'"))?;
        }
    }
    Ok(())
}

fn variable(io: &Io<'_>, name: &str) -> Option<String> {
    io.variable(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
}

/// One issue per alert, found again by its id.
fn follow_issues(found: &mut Trend, ledger: &mut Ledger, io: &Io<'_>) -> Result<()> {
    let pause = |time: Duration| {
        (io.pause)(time);
        !interrupted()
    };
    let client = Client::open(access(io)?, &pause).map_err(failed)?;
    let mut left = NEW_ISSUES_MAX;
    let mut unsaid = 0;
    for alert in &found.alerts {
        let (title, text) = history::issue(found, alert);
        let key = format!("alert {}", alert.id);
        let news = found.news.iter().find(|news| news.id() == alert.id);
        match (news, alert.state) {
            (Some(News::Fixed(_) | News::Withdrawn(_)), _) => {
                issues::close(&client, &key, &text).map_err(failed)?;
            }
            (Some(News::New(_)), _) if left == 0 => unsaid += 1,
            (Some(News::New(_)), _) => {
                issues::raise(&client, &key, &title, &text, &[]).map_err(failed)?;
                left -= 1;
            }
            (None, AlertState::Open) => match issues::find(&client, &key).map_err(failed)? {
                Some(issue) if !issue.open => {
                    let reason = format!("its issue #{} was closed", issue.number);
                    ledger.acknowledge(&alert.id, &reason, &now())?;
                }
                Some(_) => {
                    issues::raise(&client, &key, &title, &text, &[]).map_err(failed)?;
                }
                None => {}
            },
            (None, _) => {}
        }
    }
    found.alerts.clone_from(&ledger.alerts);
    if unsaid > 0 {
        found.notes.push(format!(
            "{unsaid} more new alerts have no issue: one look opens {NEW_ISSUES_MAX} at most; the file of alerts has them all"
        ));
    }
    Ok(())
}

/// How to reach GitHub, from the variables of a workflow run.
fn access(io: &Io<'_>) -> Result<Access> {
    let Some(repository) = variable(io, "GITHUB_REPOSITORY") else {
        bail!("--issues: which repository? Set GITHUB_REPOSITORY to owner/name");
    };
    let repository: Repository = repository.parse().map_err(|why: String| anyhow!("GITHUB_REPOSITORY: {why}"))?;
    let token = variable(io, "GITHUB_TOKEN").or_else(|| variable(io, "GH_TOKEN"));
    Ok(Access {
        api: variable(io, "GITHUB_API_URL").unwrap_or("https://api.github.com".to_owned()),
        graphql: variable(io, "GITHUB_GRAPHQL_URL"),
        server: variable(io, "GITHUB_SERVER_URL").unwrap_or("https://github.com".to_owned()),
        repository,
        token: token.as_deref().and_then(Token::new).ok_or_else(no_token).map_err(failed)?,
        within: ANSWER_WITHIN,
    })
}

/// A failure with its next step; the alerts are told again at the next look.
fn failed(failure: Failure) -> anyhow::Error {
    let next = failure.next();
    anyhow!(failure).context(format!("not told, and so not noted either: {next}"))
}
