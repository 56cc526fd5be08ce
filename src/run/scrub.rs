//! Which of our environment variables a child may see: an allow list, so that a token nobody thought of stays here.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Let through to builds and launches.
const COMMON: [&str; 10] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SHELL", "LD_LIBRARY_PATH"];

/// Prefixes let through to builds: toolchains, compilers, proxies, certificates.
const BUILD_PREFIXES: [&str; 24] = [
    "CARGO",
    "RUST",
    "CC",
    "CXX",
    "AR",
    "LD",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "PKG_CONFIG",
    "CMAKE",
    "MAKE",
    "PYTHON",
    "PIP_",
    "PYENV_",
    "GO",
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
const SECRET_PARTS: [&str; 8] = ["TOKEN", "SECRET", "PASSW", "CREDENTIAL", "PRIVATE", "API_KEY", "ACCESS_KEY", "AUTH"];

/// An environment: what a child sees, all of it.
pub type Variables = BTreeMap<OsString, OsString>;

/// The environment of a launch: enough to start a program, the same for both sides.
#[must_use]
pub fn for_launch(own: impl IntoIterator<Item = (OsString, OsString)>, pass: &[String]) -> Variables {
    let allowed = |name: &str| {
        pass.iter().any(|passed| passed == name)
            || (!secret(name)
                && (COMMON.contains(&name) || name.starts_with("LC_") || name == "RUSTUP_HOME" || name == "CARGO_HOME"))
    };
    filtered(own, allowed)
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
                && (COMMON.contains(&name)
                    || PROXIES.contains(&name)
                    || name.starts_with("LC_")
                    || BUILD_PREFIXES.iter().any(|prefix| name.starts_with(prefix))))
    };
    let mut variables = filtered(own, allowed);
    // A private cache rebuilds a crate whole; incremental artefacts would only make equal sources differ.
    variables.insert("CARGO_INCREMENTAL".into(), "0".into());
    variables.insert("CARGO_TERM_COLOR".into(), "never".into());
    variables
}

fn secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    SECRET_PARTS.iter().any(|part| upper.contains(part))
}

fn filtered(own: impl IntoIterator<Item = (OsString, OsString)>, allowed: impl Fn(&str) -> bool) -> Variables {
    own.into_iter().filter(|(name, _)| name.to_str().is_some_and(&allowed)).collect()
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
}
