//! What an address says, and how the server is to prove who it is.

use crate::store::history::spec::redacted;
use crate::store::history::{HistoryError, Time};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The schema of our tables, unless the address says otherwise.
const SCHEMA: &str = "benchgate";

/// How long a server may take to let us in, and to answer at all while it is at work.
const CONNECT: Duration = Duration::from_secs(15);
const SILENCE: Duration = Duration::from_mins(1);

/// A server, a database and a schema in it.
pub(super) struct Address {
    /// For messages: without user, password and query.
    pub(super) place: String,
    pub(super) config: Config,
    pub(super) schema: String,
    /// How to speak to it; `None` for a server on this machine that is spoken to in the clear.
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads an address. What it leaves out comes from the variables that `PostgreSQL`'s own programs know.
    pub(super) fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, HistoryError> {
        let place = redacted(text);
        let refuse = |problem: &str| {
            HistoryError::refused(&place, problem, "write postgres://USER@HOST:PORT/DATABASE?sslrootcert=FILE")
        };
        let (bare, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut sslmode, mut roots, mut schema) = (None, None, SCHEMA.to_owned());
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "sslmode" => sslmode = Some(value.to_owned()),
                "sslrootcert" => roots = Some(decoded(value)),
                "schema" => value.clone_into(&mut schema),
                _ => rest.push(pair),
            }
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty() || schema.len() > 63 || !schema.chars().all(is_name) {
            return Err(refuse("a schema's name has lower-case letters, digits and '_'"));
        }
        let mut config: Config = format!("{bare}?{}", rest.join("&"))
            .parse()
            .map_err(|error: tokio_postgres::Error| refuse(&told(&error)))?;
        if config.get_hosts().is_empty() {
            return Err(refuse("it names no host"));
        }
        if config.get_user().is_none() {
            variable("PGUSER").map(|user| config.user(user));
        }
        if config.get_password().is_none() {
            variable("PGPASSWORD").map(|password| config.password(password));
        }
        config.application_name("benchgate").connect_timeout(CONNECT).tcp_user_timeout(SILENCE);
        let is_local = config.get_hosts().iter().all(is_local);
        let tls = match sslmode.or_else(|| variable("PGSSLMODE")).as_deref() {
            None | Some("prefer" | "allow") => !is_local,
            Some("disable") if is_local => false,
            Some("disable") => {
                return Err(refuse("sslmode=disable would send everything in the clear over a network"));
            }
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => return Err(refuse("an sslmode is disable, require, verify-ca or verify-full")),
        };
        config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
        let roots = roots.or_else(|| variable("PGSSLROOTCERT"));
        let tls = tls.then(|| connector(roots.as_deref(), &place)).transpose()?;
        Ok(Self { place, config, schema, tls })
    }
}

/// Certificate and host name are always verified: by the file that is named, else by the authorities that browsers trust.
fn connector(roots: Option<&str>, place: &str) -> Result<MakeRustlsConnect, HistoryError> {
    let mut store = RootCertStore::empty();
    match roots.filter(|roots| *roots != "system") {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let fail = |problem: String| {
                HistoryError::refused(
                    place,
                    format!("sslrootcert '{path}': {problem}"),
                    "name a file of PEM certificates",
                )
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| fail(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| fail(error.to_string()))?;
                store.add(certificate).map_err(|error| fail(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(fail("it holds no certificate".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HistoryError::refused(place, error.to_string(), "update benchgate"))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// `%2F` and the like as what they stand for.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An error with what is behind it.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// A time as the server takes it.
pub(super) fn moment(time: Time) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + Duration::from_millis(time.ms().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, HistoryError> {
        Address::parse(text, &|name| (name == "PGPASSWORD").then(|| "hunter2".to_owned()))
    }

    #[test]
    fn another_machine_is_spoken_to_with_tls_and_this_one_as_asked() {
        for (text, tls) in [
            ("postgres://db.example.org/d", true),
            ("postgres://db.example.org/d?sslmode=prefer", true),
            ("postgres://ada@db.example.org:6432/d?sslmode=require", true),
            ("postgres://localhost/d", false),
            ("postgres://127.0.0.1/d?sslmode=disable", false),
            ("postgres://[::1]/d?sslmode=verify-full", true),
            ("postgres:///d?host=%2Fvar%2Frun%2Fpostgresql", false),
            ("postgres://localhost,db.example.org/d", true),
        ] {
            let address = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((address.tls.is_some(), address.schema.as_str()), (tls, "benchgate"), "{text}");
            assert_eq!(address.config.get_password(), Some(b"hunter2".as_slice()));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_shows_no_password() {
        for (text, problem) in [
            ("postgres://a:hunter2@db.example.org/d?sslmode=disable", "in the clear"),
            ("postgres://a:hunter2@h/d?sslmode=maybe", "an sslmode is"),
            ("postgres://a:hunter2@h/d?schema=a\"b", "a schema's name"),
            ("postgres://a:hunter2@h/d?sslrootcert=/nonexistent", "sslrootcert '/nonexistent'"),
            ("postgres://a:hunter2@h:port/d", "port"),
            ("postgres:///d", "no host"),
        ] {
            let error = parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(problem) && !error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn percent_signs_are_read() {
        assert_eq!((decoded("%2Fa%20b%"), decoded("a%zz")), ("/a b%".to_owned(), "a%zz".to_owned()));
    }
}
