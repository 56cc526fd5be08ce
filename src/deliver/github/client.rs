//! One request: its address, its token, its limits, its tries.

use super::Repository;
use super::failure::{Failure, Kind};
use super::identity::Identity;
use super::patience::Patience;
use http::header::{ACCEPT, HeaderMap, HeaderName};
use http::{Method, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long one answer may take, whole.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// One download, whole.
pub(super) const DOWNLOAD_WITHIN: Duration = Duration::from_mins(5);
/// Bytes of one answer: a page of a hundred comments of the longest kind.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Characters kept of what GitHub says of a failure.
const SAID_MAX: usize = 300;
/// Pages of a list.
pub(super) const PAGES_MAX: u32 = 50;
/// Entries of a page.
pub(super) const PER_PAGE: usize = 100;

/// What opens the door. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as a variable holds it; `None` for an empty one and for what cannot be one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// Whether an app was given it for one repository, as every workflow run is.
    pub(super) fn is_of_an_installation(&self) -> bool {
        self.0.starts_with("ghs_")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// How to reach GitHub.
#[derive(Clone, Debug)]
pub struct Access {
    /// `https://api.github.com`, or an Enterprise server's `https://HOST/api/v3`.
    pub api: String,
    /// The address of the GraphQL API; without one it is derived from `api`.
    pub graphql: Option<String>,
    /// The address of the pages that people see: `https://github.com`.
    pub server: String,
    /// Where everything is posted.
    pub repository: Repository,
    /// With which token.
    pub token: Token,
    /// How long one answer may take: [`ANSWER_WITHIN`].
    pub within: Duration,
}

/// Waits so long; `false` if the process was asked to end meanwhile.
pub type Pause<'a> = dyn Fn(Duration) -> bool + 'a;

/// Talks to GitHub about one repository.
pub struct Client<'a> {
    crab: Octocrab,
    runtime: tokio::runtime::Runtime,
    access: Access,
    pause: &'a Pause<'a>,
    patience: RefCell<Patience>,
    pub(super) identity: OnceCell<Identity>,
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) doing: &'a str,
    pub(super) method: Method,
    /// Below the repository, or from the API's root if it begins with a slash.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) bytes_max: usize,
    /// Instead of what the access says.
    pub(super) within: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(super) fn new(doing: &'a str, method: Method, path: impl Into<String>) -> Self {
        Self { doing, method, path: path.into(), body: None, bytes_max: ANSWER_BYTES_MAX, within: None }
    }

    pub(super) fn get(doing: &'a str, path: impl Into<String>) -> Self {
        Self::new(doing, Method::GET, path)
    }

    pub(super) fn post(doing: &'a str, path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(doing, Method::POST, path) }
    }

    pub(super) fn patch(doing: &'a str, path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(doing, Method::PATCH, path) }
    }

    pub(super) fn delete(doing: &'a str, path: impl Into<String>) -> Self {
        Self::new(doing, Method::DELETE, path)
    }
}

impl<'a> Client<'a> {
    /// Prepares everything; nothing is sent yet.
    pub fn open(access: Access, pause: &'a Pause<'a>) -> Result<Self, Failure> {
        let doing = "reach GitHub";
        let failed = |said: String| Failure::new(doing, Kind::Unreadable, said);
        let access = Access { api: address(&access.api)?, ..access };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(format!("no network can be used: {error}")))?;
        // octocrab starts a task when it is built.
        let entered = runtime.enter();
        // The host alone: octocrab would put an Enterprise server's `/api/v3` before the address of its GraphQL API too.
        let host = host(&access.api);
        let crab = Octocrab::builder()
            .base_uri(host)
            .and_then(|builder| builder.upload_uri(host))
            .and_then(|builder| builder.personal_token(access.token.0.clone()).build())
            .map_err(|_| failed("GITHUB_API_URL or the token cannot be used".to_owned()))?;
        drop(entered);
        let patience = RefCell::new(Patience::new());
        Ok(Self { crab, runtime, access, pause, patience, identity: OnceCell::new() })
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    /// Sends what may be sent twice, again and again within bounds.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let mut tries = 1;
        loop {
            match self.once(call) {
                Err(failure) => self.wait(failure, tries)?,
                done => return done,
            }
            tries += 1;
        }
    }

    /// Likewise, and reads the answer.
    pub(super) fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Failure> {
        json(call.doing, &self.send(call)?)
    }

    /// Sends once, and reads the answer.
    pub(super) fn read_once<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Failure> {
        json(call.doing, &self.once(call)?)
    }

    /// Every entry of a list; `path` has its query already if it has one.
    pub(super) fn list<T: DeserializeOwned>(
        &self,
        doing: &str,
        path: &str,
        key: Option<&str>,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1..=PAGES_MAX {
            let call = Call::get(doing, format!("{path}{joint}per_page={PER_PAGE}&page={page}"));
            let value: Value = self.read(&call)?;
            let entries = match (key, value) {
                (Some(key), Value::Object(mut fields)) => fields.remove(key).unwrap_or_default(),
                (_, value) => value,
            };
            let entries: Vec<T> = serde_json::from_value(entries).map_err(|error| unreadable(doing, &error))?;
            let last = entries.len() < PER_PAGE;
            all.extend(entries);
            if last {
                return Ok(all);
            }
        }
        Err(Failure::new(
            doing,
            Kind::TooLarge,
            format!("there are more than {} entries", PAGES_MAX as usize * PER_PAGE),
        ))
    }

    /// Waits before another try, or gives the failure back.
    pub(super) fn wait(&self, failure: Failure, tries: u32) -> Result<(), Failure> {
        let luck = UNIX_EPOCH.elapsed().map_or(0.5, |now| f64::from(now.subsec_micros() % 1000) / 1000.0);
        let pause = failure.passes().then(|| self.patience.borrow_mut().pause(tries, &failure.kind, luck)).flatten();
        match pause {
            None => Err(failure),
            Some(pause) => self.rest(pause, &failure.doing),
        }
    }

    /// Waits.
    pub(super) fn rest(&self, pause: Duration, doing: &str) -> Result<(), Failure> {
        if (self.pause)(pause) { Ok(()) } else { Err(Failure::new(doing, Kind::Interrupted, "interrupted")) }
    }

    /// Sends once; the answer's body.
    pub(super) fn once(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let within = call.within.unwrap_or(self.access.within);
        let exchange = async { tokio::time::timeout(within, self.exchange(call)).await };
        self.runtime.block_on(exchange).unwrap_or_else(|_| {
            Err(Failure::new(call.doing, Kind::Late, format!("no whole answer within {} s", within.as_secs())))
        })
    }

    async fn exchange(&self, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let Access { api, repository, .. } = &self.access;
        let path = &call.path;
        let uri = match path.strip_prefix('/') {
            Some("graphql") => self.graphql(),
            Some(rest) => format!("{api}/{rest}"),
            None => format!("{api}/repos/{repository}/{path}"),
        };
        let request = http::request::Builder::new()
            .method(call.method.clone())
            .uri(uri)
            .header(ACCEPT, "application/vnd.github+json");
        let failed = |error: &dyn std::error::Error| {
            Failure::new(call.doing, Kind::Cut, self.tame(&format!("no answer: {}", root(error))))
        };
        let request = self.crab.build_request(request, call.body.as_ref()).map_err(|error| failed(&error))?;
        let response = self.crab.execute(request).await.map_err(|error| failed(&error))?;
        let (parts, body) = response.into_parts();
        let limit = if parts.status.is_success() { call.bytes_max } else { 1 << 20 };
        let body = match Limited::new(body, limit).collect().await {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<LengthLimitError>() => {
                let said = format!("the answer is larger than {limit} bytes");
                return Err(Failure::new(call.doing, Kind::TooLarge, said));
            }
            Err(error) => {
                let said = self.tame(&format!("the answer broke off: {}", root(error.as_ref())));
                return Err(Failure::new(call.doing, Kind::Cut, said));
            }
        };
        if parts.status.is_success() {
            Ok(body)
        } else {
            Err(self.refusal(call.doing, parts.status, &parts.headers, &body))
        }
    }

    /// The address of the GraphQL API, which lies beside the other one.
    fn graphql(&self) -> String {
        let Access { api, graphql, .. } = &self.access;
        let derived = || match api.strip_suffix("/api/v3") {
            Some(host) => format!("{host}/api/graphql"),
            None => format!("{api}/graphql"),
        };
        // octocrab hands the token to the API's own host only; another host would answer 401.
        graphql.clone().unwrap_or_else(derived)
    }

    fn refusal(&self, doing: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let words = words(body);
        let limited = || {
            let low = words.to_ascii_lowercase();
            let spent = number(headers, "x-ratelimit-remaining") == Some(0);
            spent || headers.contains_key("retry-after") || low.contains("rate limit") || low.contains("abuse")
        };
        let kind = match status.as_u16() {
            401 => Kind::Token,
            429 => Kind::Limited { wait: asked(headers) },
            403 if limited() => Kind::Limited { wait: asked(headers) },
            403 => Kind::Forbidden,
            404 | 410 => Kind::Missing,
            500..=599 => Kind::Server,
            _ => Kind::Refused,
        };
        Failure::new(doing, kind, self.tame(&format!("GitHub answered {}: {words}", status.as_u16())))
    }

    /// On one line, bounded, and without the token, whoever repeated it.
    fn tame(&self, said: &str) -> String {
        let said = said.replace(&self.access.token.0, "***");
        crate::report::text::line(&said).chars().take(SAID_MAX).collect()
    }
}

/// The address of an API, without a slash at its end: encrypted, unless it is this very machine.
fn address(api: &str) -> Result<String, Failure> {
    let failed = |said: String| Failure::new("reach GitHub", Kind::Unreadable, said);
    let api = api.trim_end_matches('/');
    let uri: Uri =
        api.parse().map_err(|_| failed(format!("GITHUB_API_URL '{}' is no address", crate::model::clean(api))))?;
    let local = uri.host().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
    match uri.scheme_str() {
        _ if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) || uri.query().is_some() => {
            Err(failed("GITHUB_API_URL must hold neither a password nor a query".to_owned()))
        }
        Some("https") => Ok(api.to_owned()),
        Some("http") if local => Ok(api.to_owned()),
        _ => Err(failed(
            "GITHUB_API_URL must begin with https://: anything else would show the token to the network".to_owned(),
        )),
    }
}

/// An address without its path.
fn host(api: &str) -> &str {
    let from = api.find("://").map_or(0, |at| at + 3);
    api[from..].find('/').map_or(api, |at| &api[..from + at])
}

/// What GitHub's own words say.
fn words(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        message: String,
        #[serde(default)]
        errors: Value,
    }
    match serde_json::from_slice::<Said>(body) {
        Ok(Said { message, errors: Value::Null }) => message,
        Ok(Said { message, errors }) => format!("{message} {errors}"),
        Err(_) => String::from_utf8_lossy(&body[..body.len().min(SAID_MAX)]).trim().to_owned(),
    }
}

/// How long the headers ask to wait.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    if let Some(seconds) = number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let spent = number(headers, "x-ratelimit-remaining") == Some(0);
    let reset = number(headers, "x-ratelimit-reset").filter(|_| spent)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(reset).saturating_sub(now))
}

fn number(headers: &HeaderMap, name: &'static str) -> Option<u64> {
    headers.get(HeaderName::from_static(name))?.to_str().ok()?.trim().parse().ok()
}

pub(super) fn json<T: DeserializeOwned>(doing: &str, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| unreadable(doing, &error))
}

fn unreadable(doing: &str, error: &serde_json::Error) -> Failure {
    // The error may repeat what the answer holds.
    Failure::new(doing, Kind::Unreadable, format!("the answer is not what GitHub documents (at line {})", error.line()))
}

/// The innermost cause: what octocrab wraps around it says nothing.
fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_keep_the_token_are_taken() {
        let take = |text| address(text).map_err(|failure| failure.to_string());
        assert_eq!(take("https://api.github.com/").unwrap(), "https://api.github.com");
        assert_eq!(take("https://ghe.example.org/api/v3").unwrap(), "https://ghe.example.org/api/v3");
        assert_eq!(host("https://ghe.example.org/api/v3"), "https://ghe.example.org");
        assert_eq!(host("http://[::1]:80"), "http://[::1]:80");
        assert!(take("http://127.0.0.1:8080").is_ok() && take("http://[::1]:1/api").is_ok());
        for bad in [
            "http://api.github.com",
            "http://127.0.0.1.example.org",
            "ftp://x",
            "",
            "api.github.com",
            "https://a:b@c",
            "https://c/?q",
        ] {
            assert!(take(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tokens_do_not_show() {
        let token = Token::new(" ghs_secret\n").unwrap();
        assert!(!format!("{token:?}").contains("secret") && token.is_of_an_installation());
        assert_eq!(Token::new("  "), None);
        assert_eq!(Token::new("a\nb"), None);
    }

    #[test]
    fn what_github_asks_for_is_understood() {
        let headers = |all: &[(&'static str, &str)]| {
            all.iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        assert_eq!(asked(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        assert_eq!(
            asked(&headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")])),
            Some(Duration::ZERO)
        );
        assert_eq!(asked(&headers(&[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "1")])), None);
        assert_eq!(words(b"{\"message\":\"No\",\"errors\":[1]}"), "No [1]");
        assert_eq!(words(b" <html>"), "<html>");
    }
}
