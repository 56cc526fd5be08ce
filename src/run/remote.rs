//! Another git repository, through the user's own git: its addresses, credentials and proxies are the user's business.

use super::child::{Ended, Ending, Request, run};
use super::scrub::{Variables, for_transport};
use crate::store::history::{Network, untold};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long one fetch or push may take.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Lines of git's last words that are told.
const WORDS: usize = 4;

/// A repository and one of its remotes: a name, an address or a path.
#[derive(Debug)]
pub struct Remote {
    folder: PathBuf,
    name: String,
    environment: Variables,
}

impl Remote {
    /// `folder` is git's own folder of the repository here; `own` our environment.
    #[must_use]
    pub fn new(folder: PathBuf, remote: &str, own: Variables) -> Self {
        Self { folder, name: remote.to_owned(), environment: for_transport(own) }
    }

    /// Where git is started: a remote whose address is a relative path is seen from the work tree, as by whoever wrote it.
    fn directory(&self) -> PathBuf {
        let work_tree = self.folder.parent().filter(|_| self.folder.file_name().is_some_and(|name| name == ".git"));
        work_tree.unwrap_or(&self.folder).to_owned()
    }

    /// Runs git without hooks: a push of measurements is not to be measured.
    fn git(&self, arguments: &[&str]) -> Result<(), String> {
        let mut all: Vec<OsString> = vec!["--git-dir".into(), self.folder.clone().into()];
        all.extend(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"].map(OsString::from));
        all.extend(arguments.iter().map(OsString::from));
        let request = Request {
            program: "git".into(),
            arguments: all,
            directory: self.directory(),
            environment: self.environment.clone(),
            timeout: TIMEOUT,
            output_max: 1 << 16,
            cpus: None,
        };
        match run(&request) {
            Ok(Ended { ending: Ending::Exited(0), .. }) => Ok(()),
            Ok(ended) => {
                let verb = arguments.first().copied().unwrap_or_default();
                Err(format!("git {verb} {}: {}", ended.describe(TIMEOUT), untold(&ended.last_words(WORDS), &self.name)))
            }
            Err(error) => Err(format!("cannot start git: {error}")),
        }
    }
}

impl Network for Remote {
    fn fetch(&mut self, reference: &str, into: &str) -> Result<(), String> {
        // With the star, a remote without the ref is no error; `--prune` takes ours away then.
        let refspec = format!("+{reference}*:{into}*");
        self.git(&[
            "fetch",
            "--quiet",
            "--no-tags",
            "--prune",
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            &self.name,
            &refspec,
        ])
    }

    fn push(&mut self, commit: &str, reference: &str, from: Option<&str>) -> Result<(), String> {
        let lease = format!("--force-with-lease={reference}:{}", from.unwrap_or_default());
        let refspec = format!("{commit}:{reference}");
        let options = ["--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"];
        let mut arguments = vec!["push"];
        arguments.extend(options);
        arguments.extend([lease.as_str(), self.name.as_str(), refspec.as_str()]);
        self.git(&arguments)
    }
}
