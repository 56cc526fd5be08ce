//! A stranger's commit, fetched to be read as data.
//!
//! The user's own git fetches it, with the addresses and credentials that the clone has. Its objects go into a folder of their
//! own, which ends with this value: the clone gets no object, no ref and no `FETCH_HEAD`, so no hook and no later command comes
//! across them. Nothing is checked out, so no filter, attribute or submodule of it is ever looked at.

use super::child::{Ended, Ending, OUTPUT_KEPT_MAX, Request, run};
use super::scrub::{Variables, for_transport};
use crate::files::create_private_folder;
use crate::git::{Commit, Repo};
use crate::model::clean;
use crate::store::history::untold;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a clone on a runner has its repository from.
const REMOTE: &str = "origin";

/// How long one fetch may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The largest file that a fetch may write, in blocks of 512 bytes: 256 MiB. A limit in commits would make the clone shallow.
const BLOCKS_MAX: &str = "524288";

/// What `git fetch` has to leave alone, beside hooks: everything that the configuration of the clone may ask for.
const QUIETLY: [&str; 8] = [
    "--quiet",
    "--no-tags",
    "--no-prune",
    "--no-auto-maintenance",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    // No ref of the clone follows.
    "--refmap=",
    "--end-of-options",
];

/// Objects of a stranger's, beside a repository.
#[derive(Debug)]
pub struct Aside(PathBuf);

impl Aside {
    /// Fetches the commit with this id, which `references` of the remote may lead to, and lets `repo` read it. An error is for
    /// people, and holds no credentials.
    pub fn fetch(repo: &Repo, id: &str, references: &[String], own: &Variables) -> Result<(Self, Commit), String> {
        let address = repo.remote(REMOTE).ok_or_else(|| format!("this clone has no remote '{REMOTE}'"))?;
        let aside = Self::new(repo).map_err(|error| format!("no folder for it can be made: {error}"))?;
        let mut why = String::new();
        let known = |repo: &Repo| repo.resolve(id).ok().filter(|commit| commit.id == id);
        repo.borrow_objects(&aside.0).map_err(|error| error.to_string())?;
        for wanted in references.iter().map(String::as_str).chain([id]) {
            match aside.git(repo.root(), wanted, own.clone()) {
                Err(failure) => why = untold(&failure, &address),
                Ok(()) => why = format!("'{wanted}' of '{REMOTE}' does not lead to it"),
            }
            if let Some(commit) = known(repo) {
                return Ok((aside, commit));
            }
        }
        Err(why)
    }

    /// An empty folder for objects that may rest on those of the clone, which nobody else can look into.
    fn new(repo: &Repo) -> std::io::Result<Self> {
        let name = format!("benchgate-{}-{:016x}", std::process::id(), fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        create_private_folder(&folder)?;
        let aside = Self(folder);
        let own = repo.objects();
        if own.as_os_str().as_encoded_bytes().contains(&b'\n') {
            return Err(std::io::Error::other("the clone's path has a line break in it"));
        }
        fs::create_dir(aside.0.join("info"))?;
        fs::create_dir(aside.0.join("pack"))?;
        let mut line = own.into_os_string().into_encoded_bytes();
        line.push(b'\n');
        fs::write(aside.0.join("info/alternates"), line)?;
        Ok(aside)
    }

    fn git(&self, clone: &Path, wanted: &str, own: Variables) -> Result<(), String> {
        let mut environment = for_transport(own);
        environment.insert("GIT_OBJECT_DIRECTORY".into(), self.0.clone().into());
        // Where a shell knows no such limit, the time's has to do.
        let (program, mut arguments) = if cfg!(unix) {
            let limited = format!("ulimit -f {BLOCKS_MAX}; exec git \"$@\"");
            ("/bin/sh", ["-c", &limited, "git"].map(OsString::from).to_vec())
        } else {
            ("git", Vec::new())
        };
        let settings =
            ["core.hooksPath=/dev/null", "gc.auto=0", "fetch.fsckObjects=true", "fetch.writeCommitGraph=false"];
        arguments.extend(settings.iter().flat_map(|setting| ["-c", setting]).map(OsString::from));
        arguments.push("fetch".into());
        arguments.extend(QUIETLY.map(OsString::from));
        arguments.extend([REMOTE, wanted].map(OsString::from));
        let request = Request {
            program: program.into(),
            arguments,
            directory: clone.to_owned(),
            environment,
            timeout: TIMEOUT,
            output_max: OUTPUT_KEPT_MAX,
            cpus: None,
        };
        match run(&request) {
            Ok(Ended { ending: Ending::Exited(0), .. }) => Ok(()),
            Ok(ended) => {
                let words = clean(&ended.last_words(1));
                Err(format!("git fetch {} ({words})", ended.describe(TIMEOUT)))
            }
            Err(error) => Err(format!("cannot start git: {error}")),
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Git makes its packs read-only, and their folder stays ours.
        let _ = fs::remove_dir_all(&self.0);
    }
}
