//! Whom the token speaks for: only its own comments and issues are touched.

use super::client::{Call, Client};
use super::failure::{Failure, Kind};
use serde::Deserialize;
use serde_json::json;

/// An account, as comments name their author.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Author {
    pub(super) login: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
}

/// Whom the token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Without the `[bot]` that apps have.
    login: String,
    bot: bool,
}

impl Identity {
    fn new(login: &str) -> Self {
        match login.strip_suffix("[bot]") {
            Some(login) => Self { login: login.to_owned(), bot: true },
            None => Self { login: login.to_owned(), bot: false },
        }
    }

    /// The login, as lists are asked for it.
    pub(super) fn login(&self) -> String {
        format!("{}{}", self.login, if self.bot { "[bot]" } else { "" })
    }

    /// Whether this account wrote it. A person cannot have a login with brackets.
    pub(super) fn wrote(&self, author: Option<&Author>) -> bool {
        author.is_some_and(|author| Self::new(&author.login) == *self && (author.kind == "Bot") == self.bot)
    }
}

const DOING: &str = "find out whose token this is";

/// Asks once. A workflow's token may not ask `/user`, and GraphQL's `viewer` answers both kinds.
pub(super) fn identity<'c>(client: &'c Client<'_>) -> Result<&'c Identity, Failure> {
    if let Some(known) = client.identity.get() {
        return Ok(known);
    }
    let installation = client.access().token.is_of_an_installation();
    let (first, second) = if installation { (viewer(client), user as Ask) } else { (user(client), viewer as Ask) };
    let found = match first {
        Err(failure) if matches!(failure.kind, Kind::Forbidden | Kind::Missing | Kind::Unreadable) => second(client)?,
        found => found?,
    };
    Ok(client.identity.get_or_init(|| found))
}

type Ask = fn(&Client<'_>) -> Result<Identity, Failure>;

fn user(client: &Client<'_>) -> Result<Identity, Failure> {
    let user: Author = client.read(&Call::get(DOING, "/user"))?;
    Ok(Identity::new(&user.login))
}

fn viewer(client: &Client<'_>) -> Result<Identity, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        viewer: Author,
    }
    let query = json!({ "query": "query { viewer { login } }" });
    let answer: Answer = client.read(&Call::post(DOING, "/graphql", query))?;
    let login = answer.data.viewer.login;
    // Some servers leave the end of an app's login out.
    let app = client.access().token.is_of_an_installation() && !login.ends_with("[bot]");
    Ok(Identity::new(&if app { format!("{login}[bot]") } else { login }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_is_no_person_of_its_name() {
        let author = |login: &str, kind: &str| Author { login: login.into(), kind: kind.into() };
        let bot = Identity::new("github-actions[bot]");
        assert!(bot.wrote(Some(&author("github-actions[bot]", "Bot"))));
        assert!(!bot.wrote(Some(&author("github-actions", "User"))));
        assert!(!bot.wrote(Some(&author("other[bot]", "Bot"))) && !bot.wrote(None));
        let ada = Identity::new("ada");
        assert!(ada.wrote(Some(&author("ada", "User"))) && !ada.wrote(Some(&author("ada[bot]", "Bot"))));
    }
}
