//! Where a repository's host shows a commit.

/// What stands for the commit's id.
const PLACE: &str = "{commit}";

/// The address of a commit on the host of a remote, if it is a host of which that is known. Credentials in the remote's address
/// stay behind.
#[must_use]
pub fn commit_url_of(remote: &str) -> Option<String> {
    let (host, path) = match remote.split_once("://") {
        Some(("https" | "http" | "ssh" | "git", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        // As git writes what ssh takes: git@host:owner/name.git.
        None => remote.split_once(':')?,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
    };
    if !is_plain(&host) || !is_plain(path) || path.contains("..") || host.contains('/') || !path.contains('/') {
        return None;
    }
    let belongs_to = |name: &str| host == format!("{name}.com") || host.split('.').next() == Some(name);
    match () {
        () if belongs_to("github") => Some(format!("https://{host}/{path}/commit/{PLACE}")),
        () if belongs_to("gitlab") => Some(format!("https://{host}/{path}/-/commit/{PLACE}")),
        () => None,
    }
}

/// A commit's address as somebody wrote it, or what is wrong with it.
pub fn commit_url(text: &str) -> Result<String, String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"\"'<>\\`".contains(c));
    if is_web && is_plain && text.matches(PLACE).count() == 1 {
        return Ok(text.to_owned());
    }
    Err(format!(
        "'{text}' is not the address of a commit; write for example https://github.com/owner/name/commit/{PLACE}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_lead_to_their_commits_and_keep_their_secrets() {
        for (remote, url) in [
            ("https://github.com/a/b.git", Some("https://github.com/a/b/commit/{commit}")),
            ("https://x-access-token:secret@github.com/a/b", Some("https://github.com/a/b/commit/{commit}")),
            ("git@github.com:a/b.git", Some("https://github.com/a/b/commit/{commit}")),
            (
                "ssh://git@gitlab.example.org:2222/g/sub/b.git",
                Some("https://gitlab.example.org/g/sub/b/-/commit/{commit}"),
            ),
            ("https://example.org/a/b", None),
            ("/srv/git/b", None),
            ("file:///srv/github/b", None),
            ("https://github.com/a/../b", None),
            ("https://github.com/\"><script>/b", None),
            ("https://github.com/b", None),
        ] {
            assert_eq!(commit_url_of(remote).as_deref(), url, "{remote}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_with_a_place_for_the_commit() {
        assert!(commit_url("https://git.example.org/b/commit/?id={commit}").is_ok());
        for text in
            ["javascript:alert('{commit}')", "https://a/b", "https://a/{commit}/{commit}", "https://a/ {commit}"]
        {
            assert!(commit_url(text).is_err(), "{text}");
        }
    }
}
