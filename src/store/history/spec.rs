use super::HistoryError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a history is, as it is written in `[history] store` and after `--store`.
#[derive(Clone, PartialEq, Eq)]
pub enum Spec {
    /// `git`, or `git:REMOTE`: a ref of the repository, shared through a remote: its name, its address or its path.
    Git(Option<String>),
    /// `dir:PATH`: files in a folder.
    Dir(PathBuf),
    /// `sqlite:PATH`: one `SQLite` file.
    Sqlite(PathBuf),
    /// `postgres://…`: a database of a `PostgreSQL` server. It may hold a password and is never shown.
    Postgres(String),
    /// `env:NAME`: the environment variable that holds any of the above.
    Variable(String),
}

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let path = || PathBuf::from(rest);
        match kind {
            _ if text.chars().any(char::is_control) => {}
            "git" if text == "git" => return Ok(Self::Git(None)),
            // What begins with a dash would be an option of git's.
            "git" if !rest.is_empty() && !rest.starts_with('-') => return Ok(Self::Git(Some(rest.to_owned()))),
            "dir" if !rest.is_empty() => return Ok(Self::Dir(path())),
            "sqlite" if !rest.is_empty() => return Ok(Self::Sqlite(path())),
            "postgres" | "postgresql" if rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty()) => {
                return Ok(Self::Postgres(text.to_owned()));
            }
            "env" if !rest.is_empty() => return Ok(Self::Variable(rest.to_owned())),
            _ => {}
        }
        // The text itself may hold a password.
        Err("not a store; use git, dir:PATH, sqlite:PATH, postgres://HOST/DATABASE or env:VARIABLE".to_owned())
    }
}

impl Spec {
    /// With paths as seen from a folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::Dir(path) => Self::Dir(folder.join(path)),
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
            Self::Git(Some(remote)) if remote.starts_with("./") || remote.starts_with("../") => {
                Self::Git(Some(folder.join(remote).display().to_string()))
            }
            other => other,
        }
    }

    /// The files on this machine that it keeps, as far as they are its alone.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Dir(folder) => below(folder, FOLDERS),
            Self::Sqlite(path) => {
                let mut journal = path.clone().into_os_string();
                journal.push("-journal");
                vec![path.clone(), journal.into()]
            }
            _ => Vec::new(),
        }
    }

    /// Whether it holds a password, which has no place in a file that is committed.
    #[must_use]
    pub fn has_password(&self) -> bool {
        let (Self::Postgres(address) | Self::Git(Some(address))) = self else { return false };
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let in_query = query.split('&').any(|pair| pair.to_ascii_lowercase().starts_with("password="));
        // Over HTTP, a lone user is mostly a token.
        let is_http = ["http://", "https://"].iter().any(|scheme| address.to_ascii_lowercase().starts_with(scheme));
        in_query || user_part(address).is_some_and(|user| is_http || user.contains(':'))
    }
}

/// Folders below one another in a history's folder: suite and environment class.
const FOLDERS: usize = 2;

/// The packs in a folder and those below it.
fn below(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .flat_map(|path| match path.is_dir() {
            true if depth > 0 => below(&path, depth - 1),
            false if path.extension().is_some_and(|suffix| suffix == "ndjson") => vec![path],
            _ => Vec::new(),
        })
        .collect()
}

/// The store that an environment variable names, paths as seen from where the program was started.
pub(super) fn from_variable(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Spec, HistoryError> {
    let fail = |problem: &str| HistoryError::refused(format!("env:{name}"), problem, "set the variable to a store");
    let spec: Spec = variable(name).ok_or_else(|| fail("it is not set"))?.parse().map_err(|why: String| fail(&why))?;
    if matches!(spec, Spec::Variable(_)) { Err(fail("it names another variable")) } else { Ok(spec) }
}

/// What stands between `//` and `@`.
fn user_part(address: &str) -> Option<&str> {
    let rest = address.split_once("//")?.1;
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    // A password may itself hold an at sign.
    Some(authority.rsplit_once('@')?.0)
}

/// What a tool said of an address, without its user and password.
#[must_use]
pub fn untold(said: &str, address: &str) -> String {
    user_part(address).map_or_else(|| said.to_owned(), |user| said.replace(&format!("{user}@"), ""))
}

/// An address without user, password and query.
pub(super) fn redacted(address: &str) -> String {
    let bare = address.split('?').next().unwrap_or(address);
    match (bare.split_once("//"), user_part(address)) {
        (Some((scheme, rest)), Some(user)) => format!("{scheme}//{}", rest.get(user.len() + 1..).unwrap_or_default()),
        _ => bare.to_owned(),
    }
}

impl fmt::Display for Spec {
    /// As it is written, without user, password and query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git(None) => f.write_str("git"),
            Self::Git(Some(remote)) => write!(f, "git:{}", redacted(remote)),
            Self::Dir(path) => write!(f, "dir:{}", path.display()),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => f.write_str(&redacted(address)),
            Self::Variable(name) => write!(f, "env:{name}"),
        }
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_and_nothing_else_is_taken() {
        for text in
            ["git", "git:upstream", "dir:bench/history", "sqlite:h.db", "postgres://db.example.org/bench", "env:STORE"]
        {
            assert_eq!(text.parse::<Spec>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "git:",
            "git:--upload-pack=x",
            "dir:",
            "sqlite:",
            "postgres:",
            "postgres://",
            "mysql://h/d",
            "dir:a\nb",
        ] {
            assert!(text.parse::<Spec>().unwrap_err().starts_with("not a store"), "{text}");
        }
    }

    #[test]
    fn its_own_files_are_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["h/s/c/1-2-3-4.ndjson", "h/s/c/mine.rs", "h/README", "hh/1.ndjson"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let files = |spec: &str| spec.parse::<Spec>().unwrap().within(folder.path()).files();
        assert_eq!(files("dir:h"), [folder.path().join("h/s/c/1-2-3-4.ndjson")]);
        assert_eq!(files("sqlite:h.db"), [folder.path().join("h.db"), folder.path().join("h.db-journal")]);
        assert!(files("git").is_empty() && files("dir:absent").is_empty());
    }

    #[test]
    fn a_password_is_noticed_and_never_shown() {
        for (text, shown, secret) in [
            ("postgres://ada:hunter2@h:1/d?sslmode=disable", "postgres://h:1/d", true),
            ("postgres://ada:hun@ter2@h/d", "postgres://h/d", true),
            ("postgres://ada@h/d", "postgres://h/d", false),
            ("postgres://h/d?password=hunter2", "postgres://h/d", true),
            ("git:https://x:hunter2@h/r.git", "git:https://h/r.git", true),
            ("git:https://hunter2@h/r.git", "git:https://h/r.git", true),
            ("git:ssh://git@h/r.git", "git:ssh://h/r.git", false),
            ("git:git@h:a/r.git", "git:git@h:a/r.git", false),
            ("git:../elsewhere.git", "git:../elsewhere.git", false),
        ] {
            let spec: Spec = text.parse().unwrap();
            assert_eq!((spec.to_string().as_str(), spec.has_password()), (shown, secret), "{text}");
            assert!(!format!("{spec:?}").contains("hunter2"));
        }
        let said = "could not read Password for 'https://hunter2@h'";
        assert_eq!(untold(said, "https://hunter2@h/r.git"), "could not read Password for 'https://h'");
        assert_eq!(untold("no such remote", "origin"), "no such remote");
    }
}
