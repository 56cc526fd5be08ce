//! GitHub as far as git sees it: an upstream, a fork, runners' clones, and payloads with their commits.

use crate::world::{Repo, Run, git_in, suite, writes};
use std::fs;
use std::path::{Path, PathBuf};

/// Ids that stand in the payloads, for head, base, the merge of both, and what a branch was before.
pub(crate) const PAYLOAD_HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
pub(crate) const PAYLOAD_BASE: &str = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";
pub(crate) const PAYLOAD_BEFORE: &str = "7044a8a032e85b6ab611033b2ac8af7ce85805b2";

/// GitHub as far as git sees it: `main` went on after a stranger branched off.
pub(crate) struct Hub {
    pub(crate) repo: Repo,
    /// Where the stranger branched off.
    pub(crate) fork_point: String,
    /// The tip of main, with a policy of its own.
    pub(crate) main: String,
    /// The stranger's commit, which doubles `grows` and loosens alpha.
    pub(crate) head: String,
    /// What GitHub made of both.
    pub(crate) merge: String,
}

pub(crate) fn policy(alpha: &str) -> String {
    format!("[gate]\nalpha = {alpha}\n{}", suite(&[("grows", "sh grows.sh")]))
}

impl Hub {
    pub(crate) fn new() -> Self {
        let repo = Repo::new().commit("start", &[("benchgate.toml", &policy("0.01")), ("grows.sh", &writes(1000))]);
        let id = |of: &str| repo.git(&format!("rev-parse {of}")).trim().to_owned();
        let upstream = repo.outside().join("upstream.git").display().to_string();
        let fork = repo.outside().join("fork.git").display().to_string();
        repo.git(&format!("clone --quiet --bare . {upstream}"));
        repo.git(&format!("clone --quiet --bare {upstream} {fork}"));
        let fork_point = id("HEAD");
        repo.git("checkout --quiet -b utf-8");
        repo.write("grows.sh", writes(2000)).write("benchgate.toml", policy("0.05"));
        repo.git("commit --quiet --all -m slower");
        let head = id("HEAD");
        repo.git(&format!("push --quiet {fork} utf-8"));
        repo.git("checkout --quiet main");
        repo.write("benchgate.toml", policy("0.02"));
        repo.git("commit --quiet --all -m policy");
        let main = id("HEAD");
        repo.git("checkout --quiet --detach");
        repo.git("merge --quiet --no-ff -X theirs -m merge utf-8");
        let merge = id("HEAD");
        repo.git(&format!("push --quiet {upstream} main HEAD:refs/pull/7/merge {head}:refs/pull/7/head"));
        Self { repo, fork_point, main, head, merge }
    }

    /// Makes main's policy another and the stranger's commit one of these files; everybody learns of it.
    pub(crate) fn amend(&mut self, policy: &str, files: &[(&str, &str)]) {
        let repo = &self.repo;
        let id = |of: &str| repo.git(&format!("rev-parse {of}")).trim().to_owned();
        let upstream = repo.outside().join("upstream.git").display().to_string();
        repo.git("checkout --quiet main");
        repo.write("benchgate.toml", policy);
        repo.git("commit --quiet --allow-empty --all -m policy-again");
        let main = id("HEAD");
        repo.git("checkout --quiet utf-8");
        for (path, text) in files {
            repo.write(path, text);
        }
        repo.git("add --all");
        repo.git("commit --quiet --allow-empty -m again");
        let head = id("HEAD");
        repo.git("checkout --quiet --detach main");
        repo.git("merge --quiet --no-ff -X theirs -m merge utf-8");
        let merge = id("HEAD");
        repo.git(&format!("push --quiet --force {upstream} main {merge}:refs/pull/7/merge {head}:refs/pull/7/head"));
        (self.main, self.head, self.merge) = (main, head, merge);
    }

    /// What actions/checkout leaves, with this depth (0: everything).
    pub(crate) fn checkout(&self, name: &str, reference: &str, depth: u32) -> PathBuf {
        let folder = self.repo.outside().join(name);
        fs::create_dir(&folder).unwrap();
        let git = |words: &[&str]| git_in(&folder, words);
        git(&["init", "--quiet", "--initial-branch=main", "."]);
        let upstream = format!("file://{}", self.repo.outside().join("upstream.git").display());
        git(&["remote", "add", "origin", &upstream]);
        let here = format!(
            "+{reference}:refs/remotes/{}",
            reference.trim_start_matches("refs/").replacen("heads/", "origin/", 1)
        );
        let deep = format!("--depth={depth}");
        if depth == 0 {
            git(&["fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", &here]);
        } else {
            git(&["fetch", "--quiet", &deep, "origin", &here]);
        }
        git(&["checkout", "--quiet", "--detach", here.rsplit(':').next().unwrap()]);
        folder
    }

    /// Runs the gate as a workflow does, for a payload with this hub's commits in it.
    pub(crate) fn gate(&mut self, folder: &Path, payload: &str, set: &[(&str, &str)], line: &str) -> Run {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events").join(payload).with_extension("json");
        let mut text = fs::read_to_string(path).unwrap();
        for (from, to) in [(PAYLOAD_HEAD, &self.head), (PAYLOAD_BASE, &self.main)] {
            text = text.replace(from, to);
        }
        for (from, to) in set.iter().filter(|(name, _)| !name.starts_with("GITHUB_")) {
            text = text.replace(from, to);
        }
        let file = self.repo.outside().join("event.json");
        fs::write(&file, text).unwrap();
        self.repo.set("GITHUB_ACTIONS", "true");
        self.repo.set("GITHUB_REPOSITORY", "octo-org/parser");
        self.repo.set("GITHUB_EVENT_PATH", file);
        for (name, value) in set.iter().filter(|(name, _)| name.starts_with("GITHUB_")) {
            self.repo.set(name, *value);
        }
        self.repo.from(folder).gate(line)
    }

    pub(crate) fn pull_request(&mut self, folder: &Path, payload: &str, line: &str) -> Run {
        let merge = self.merge.clone();
        let set = [("GITHUB_EVENT_NAME", "pull_request"), ("GITHUB_SHA", &merge), ("GITHUB_REF", "refs/pull/7/merge")];
        self.gate(folder, payload, &set, line)
    }
}
