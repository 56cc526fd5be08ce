//! Which of our environment variables a child may see: an allow list, so that a token nobody thought of stays here.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Let through to builds and launches.
const COMMON: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SHELL", "LD_LIBRARY_PATH"];

/// Let through on Windows, without which no program starts or finds its folders. Names are told apart by their letters alone there.
const WINDOWS: [&str; 19] = [
    "PATH",
    "PATHEXT",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "TEMP",
    "TMP",
    "OS",
    "USERNAME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "NUMBER_OF_PROCESSORS",
];

/// Let through to builds: toolchains and compilers. Whole names: `GO` begins `GOOGLE_GHA_CREDS_PATH` too.
const BUILD_NAMES: [&str; 59] = [
    "AR",
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LD",
    "LDFLAGS",
    "LD_RUN_PATH",
    "NM",
    "OBJCOPY",
    "RANLIB",
    "STRIP",
    "HOST_CC",
    "HOST_CXX",
    "HOST_CFLAGS",
    "HOST_CXXFLAGS",
    "TARGET_CC",
    "TARGET_CXX",
    "TARGET_AR",
    "TARGET_CFLAGS",
    "TARGET_CXXFLAGS",
    "CARGO",
    "MAKE",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "PKG_CONFIG",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "PYTHON",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONHASHSEED",
    "GOARCH",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOBIN",
    "GOCACHE",
    "GODEBUG",
    "GOENV",
    "GOEXPERIMENT",
    "GOFLAGS",
    "GOGC",
    "GOMAXPROCS",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOOS",
    "GOPATH",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOWORK",
];

/// Prefixes let through to builds: toolchains, compilers, certificates.
const BUILD_PREFIXES: [&str; 23] = [
    "CARGO_",
    "RUST_",
    "RUSTC_",
    "RUSTUP_",
    "CC_",
    "CXX_",
    "AR_",
    "CFLAGS_",
    "CXXFLAGS_",
    "LDFLAGS_",
    "RANLIB_",
    "PKG_CONFIG_",
    "CMAKE_",
    "PIP_",
    "PYENV_",
    "CGO_",
    "JAVA_",
    "NODE_",
    "NPM_",
    "SSL_CERT_",
    "CURL_",
    "NIX_",
    "LIBCLANG_",
];

/// Proxies, in the two spellings in use, let through to builds.
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/// Parts of names that are never let through unless a suite's `pass-env` names them.
const SECRET_PARTS: [&str; 13] = [
    "TOKEN",
    "SECRET",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDS",
    "PRIVATE",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "AUTH",
    "SESSION",
    "COOKIE",
];

/// An environment: what a child sees, all of it.
pub type Variables = BTreeMap<OsString, OsString>;

/// The environment of a launch: enough to start a program, the same for both sides.
#[must_use]
pub fn for_launch(own: impl IntoIterator<Item = (OsString, OsString)>, pass: &[String]) -> Variables {
    let allowed = |name: &str| {
        pass.iter().any(|passed| passed == name)
            || (!secret(name)
                && (is_common(name) || name.starts_with("LC_") || name == "RUSTUP_HOME" || name == "CARGO_HOME"))
    };
    filtered(own, pass, allowed)
}

/// The environment of a build: toolchain settings too, but no target directory of the user's and no secret.
#[must_use]
pub fn for_build(own: impl IntoIterator<Item = (OsString, OsString)>, pass: &[String]) -> Variables {
    let allowed = |name: &str| {
        let ours = name.starts_with("CARGO_TARGET_DIR")
            || name.starts_with("CARGO_BUILD_TARGET_DIR")
            || name.starts_with("CARGO_PKG_");
        pass.iter().any(|passed| passed == name)
            || (!secret(name)
                && !ours
                && (is_common(name)
                    || BUILD_NAMES.contains(&name)
                    || PROXIES.contains(&name)
                    || name.starts_with("LC_")
                    || BUILD_PREFIXES.iter().any(|prefix| name.starts_with(prefix))))
    };
    let mut variables = filtered(own, pass, allowed);
    // A private cache rebuilds a crate whole; incremental artefacts would only make equal sources differ.
    variables.insert("CARGO_INCREMENTAL".into(), "0".into());
    variables.insert("CARGO_TERM_COLOR".into(), "never".into());
    variables
}

/// Where git looks for the repository itself: a hook of git's sets these for another one than ours.
const GIT_PLACES: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
];

/// The environment of the user's git: what it needs to reach a remote as the user would, no token that is not meant for it, and
/// no question on a terminal.
#[must_use]
pub fn for_transport(own: impl IntoIterator<Item = (OsString, OsString)>) -> Variables {
    let allowed = |name: &str| {
        !GIT_PLACES.contains(&name) && (name.starts_with("GIT_") || name.starts_with("SSH_") || !secret(name))
    };
    let mut variables: Variables = own.into_iter().filter(|(name, _)| name.to_str().is_some_and(allowed)).collect();
    variables.insert("GIT_TERMINAL_PROMPT".into(), "0".into());
    variables.insert("LC_ALL".into(), "C".into());
    variables
}

fn is_common(name: &str) -> bool {
    COMMON.contains(&name) || (cfg!(windows) && WINDOWS.contains(&name.to_ascii_uppercase().as_str()))
}

fn secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRET_PARTS.iter().any(|part| upper.contains(part))
}

fn filtered(
    own: impl IntoIterator<Item = (OsString, OsString)>,
    pass: &[String],
    allowed: impl Fn(&str) -> bool,
) -> Variables {
    let passed = |name: &str| pass.iter().any(|passed| passed == name);
    own.into_iter()
        .filter(|(name, value)| {
            name.to_str().is_some_and(|name| allowed(name) && (passed(name) || !holds_login(&value.to_string_lossy())))
        })
        .collect()
}

/// Whether a value holds an address with a login: `scheme://user:password@host`, over HTTP also a user alone, which is
/// where tokens are put.
fn holds_login(value: &str) -> bool {
    value.match_indices("://").any(|(at, separator)| {
        let rest = &value[at + separator.len()..];
        let host = rest.split(|c: char| c.is_whitespace() || "/?#,|;\"'".contains(c)).next().unwrap_or_default();
        let scheme = value[..at].to_ascii_lowercase();
        let http = scheme.ends_with("http") || scheme.ends_with("https");
        host.rsplit_once('@').is_some_and(|(login, _)| http || login.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Vec<(OsString, OsString)> {
        [
            "PATH",
            "HOME",
            "LC_ALL",
            "RUSTFLAGS",
            "GITHUB_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_TARGET_DIR",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_ENV",
            "CC",
            "https_proxy",
            "MY_SETTING",
            "CARGO_HOME",
        ]
        .iter()
        .map(|name| ((*name).into(), "x".into()))
        .collect()
    }

    fn names(variables: &Variables) -> Vec<&str> {
        variables.keys().filter_map(|name| name.to_str()).collect()
    }

    #[test]
    fn a_launch_sees_no_token_and_no_ci_variable() {
        assert_eq!(names(&for_launch(own(), &[])), ["CARGO_HOME", "HOME", "LC_ALL", "PATH"]);
        assert_eq!(
            names(&for_launch(own(), &["MY_SETTING".into()])),
            ["CARGO_HOME", "HOME", "LC_ALL", "MY_SETTING", "PATH"]
        );
    }

    #[test]
    fn a_build_sees_its_toolchain_and_no_secret() {
        let build = for_build(own(), &[]);
        assert_eq!(
            names(&build),
            [
                "CARGO_HOME",
                "CARGO_INCREMENTAL",
                "CARGO_TERM_COLOR",
                "CC",
                "HOME",
                "LC_ALL",
                "PATH",
                "RUSTFLAGS",
                "https_proxy"
            ]
        );
    }

    #[test]
    fn a_name_that_only_begins_like_a_tool_is_kept_back() {
        let own = || {
            let names = "GOOGLE_GHA_CREDS_PATH ARTIFACTORY_PASS LDAP_BIND_PWD CCACHE_REMOTE MAKESHIFT CARGO_SESSION RUST_APIKEY \
                CMAKE_COOKIE OLDPWD PWD CC_x86_64_unknown_linux_gnu AR LD GOFLAGS GOPATH MAKEFLAGS RUST_LOG";
            names.split_whitespace().map(|name| (name.into(), "x".into())).collect::<Variables>()
        };
        let build = for_build(own(), &[]);
        let ours = ["CARGO_INCREMENTAL", "CARGO_TERM_COLOR"];
        let found: Vec<_> = names(&build).into_iter().filter(|name| !ours.contains(name)).collect();
        assert_eq!(found, ["AR", "CC_x86_64_unknown_linux_gnu", "GOFLAGS", "GOPATH", "LD", "MAKEFLAGS", "RUST_LOG"]);
        assert!(for_build(own(), &["ARTIFACTORY_PASS".into()]).contains_key(std::ffi::OsStr::new("ARTIFACTORY_PASS")));
    }

    #[test]
    fn an_address_with_a_login_is_kept_back() {
        for value in ["http://u:p@proxy:3128", "HTTPS://token@host/x", "sparse+https://a:b@c/,direct", "socks5://u:p@h"]
        {
            assert!(holds_login(value), "{value}");
            let own = || [("https_proxy".into(), value.into())];
            assert_eq!(names(&for_build(own(), &[])), ["CARGO_INCREMENTAL", "CARGO_TERM_COLOR"]);
            assert!(names(&for_build(own(), &["https_proxy".into()])).contains(&"https_proxy"));
        }
        for value in ["http://proxy:3128", "ssh://git@host/x", "https://host/a@b:c", "a:b@c", "://", ""] {
            assert!(!holds_login(value), "{value}");
        }
    }
}
