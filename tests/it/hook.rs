//! The pre-push hook: a real `git push` to a bare repository.

use crate::world::{Measuring, Repo, suite_with, writes};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What a push came to: whether it arrived, and everything that was said.
struct Pushed {
    arrived: bool,
    said: String,
}

impl Pushed {
    #[track_caller]
    fn arrives(&self, arrives: bool, words: &[&str]) {
        assert_eq!(self.arrived, arrives, "{}", self.said);
        for word in words {
            assert!(self.said.contains(word), "no '{word}' in {}", self.said);
        }
    }
}

/// A clone of a bare repository that holds a fast base, with every launch logged outside.
fn cloned() -> Repo {
    let toml = suite_with("metrics = ['bytes-written']\npass-env = ['OUT']", &[("a", "sh a.sh")]);
    let mut repo = Repo::new().commit("base", &[("benchgate.toml", &toml), ("a.sh", &script(1000)), ("b.sh", "")]);
    let out = repo.outside();
    repo.set("OUT", &out);
    let bare = out.join("bare.git").display().to_string();
    repo.git(&format!("init --quiet --bare --initial-branch=main {bare}"));
    repo.git(&format!("remote add origin {bare}"));
    repo.git("push --quiet --set-upstream origin main");
    repo.git("remote set-head origin main");
    repo
}

fn script(bytes: usize) -> String {
    format!("echo launched >> \"$OUT/log\"\n{}", writes(bytes))
}

fn launched(repo: &Repo) -> bool {
    fs::remove_file(repo.outside().join("log")).is_ok()
}

/// `git push` in a folder, with the gate in `PATH` or without it.
fn push_from(repo: &Repo, folder: &Path, line: &str, variables: &[(&str, &str)], gate: bool) -> Pushed {
    let mut command = repo.program("git", folder);
    let own = Path::new(env!("CARGO_BIN_EXE_benchgate")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = gate.then_some(own).into_iter().chain(std::env::split_paths(&path)).collect();
    command.env("PATH", std::env::join_paths(folders).unwrap()).env("GIT_CONFIG_NOSYSTEM", "1");
    command.arg("push").args(line.split_whitespace()).envs(variables.iter().copied());
    let _measuring = Measuring::begin();
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(!said.contains("panicked"), "{said}");
    Pushed { arrived: output.status.success(), said }
}

fn push(repo: &Repo, line: &str) -> Pushed {
    push_from(repo, repo.root(), line, &[], true)
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_slowdown_stops_the_push_and_documents_do_not() {
    let repo = cloned();
    repo.gate("hook install").exits(0).prints("pre-push");
    let repo = repo.commit("docs", &[("README.md", "text")]);
    let docs = push(&repo, "origin main");
    docs.arrives(true, &["main against", "(what the remote has)", "identical"]);
    assert!(!launched(&repo), "{}", docs.said);
    let repo = repo.commit("slow", &[("a.sh", &script(2000))]);
    let slow = push(&repo, "origin main");
    slow.arrives(false, &["regression", "benchgate stopped this push", "git push --no-verify", "BENCHGATE_SKIP=1"]);
    assert!(launched(&repo));
    assert_ne!(repo.git("rev-parse origin/main"), repo.git("rev-parse main"));
    let again = slow.said.lines().find_map(|line| line.trim().strip_prefix("to look closer:  benchgate ")).unwrap();
    repo.gate(again).exits(1).prints("regression");
    launched(&repo);
    push_from(&repo, repo.root(), "origin main", &[("BENCHGATE_SKIP", "1")], true)
        .arrives(true, &["BENCHGATE_SKIP is set"]);
    assert!(!launched(&repo));
    let repo = repo.commit("slower", &[("a.sh", &script(4000))]);
    push(&repo, "--no-verify origin main").arrives(true, &[]);
}

#[test]
fn branches_are_judged_and_tags_and_deletions_are_not() {
    let repo = cloned();
    repo.gate("hook install").exits(0);
    repo.git("checkout --quiet -b topic");
    let repo = repo.commit("slow", &[("a.sh", &script(2000))]);
    repo.git("tag v1");
    push(&repo, "origin v1").arrives(true, &[]);
    push(&repo, "origin main:refs/heads/same").arrives(true, &[]);
    push(&repo, "origin :same").arrives(true, &[]);
    assert!(!launched(&repo), "there was nothing to measure");
    push(&repo, "origin topic topic:other").arrives(false, &["topic against", "merge-base with origin/main"]);
    assert!(launched(&repo));
    push(&repo, "--no-verify origin topic").arrives(true, &[]);
    // Rewritten history is compared with the default branch, not with what it replaces.
    repo.git_words(&["commit", "--quiet", "--amend", "--message", "still slow"]);
    push(&repo, "--force origin topic").arrives(false, &["merge-base with origin/main"]);
}

#[test]
fn what_cannot_be_judged_is_said_and_pushed() {
    let repo = cloned();
    repo.gate("hook install").exits(0);
    let other = repo.outside().join("other.git").display().to_string();
    repo.git(&format!("init --quiet --bare {other}"));
    push(&repo, &format!("{other} main")).arrives(true, &["no default branch", "pushed all the same"]);
    push_from(&repo, repo.root(), &format!("{other} main:b"), &[], false).arrives(true, &["not found in PATH"]);
    let repo = repo.commit("broken", &[("benchgate.toml", "[gate]\ntreshold = 3\n")]);
    push(&repo, "origin main").arrives(true, &["main was not judged", "treshold"]);
    let gone = suite_with("metrics = ['bytes-written']", &[("b", "sh b.sh")]);
    repo.git("checkout --quiet -b topic HEAD~1");
    let repo = repo.commit("drops", &[("benchgate.toml", &gone)]);
    push(&repo, "origin topic").arrives(true, &["missing", "did not stop the push"]);
}

#[test]
fn a_hook_that_was_there_runs_first_and_comes_back() {
    let repo = cloned();
    let hook = repo.root().join(".git/hooks/pre-push");
    let kept = repo.root().join(".git/hooks/pre-push.before-benchgate");
    let own = "#!/bin/sh\n{ echo \"$@\"; cat; } > \"$OUT/own\"\n[ ! -e \"$OUT/refuse\" ]\n";
    executable(&hook, own);
    repo.gate("hook install").exits(0).prints("runs first");
    repo.gate("hook install").exits(0).prints("runs first");
    assert_eq!(fs::read_to_string(&kept).unwrap(), own);
    let repo = repo.commit("docs", &[("README.md", "text")]);
    push(&repo, "origin main").arrives(true, &["identical"]);
    let heard = fs::read_to_string(repo.outside().join("own")).unwrap();
    let (head, old) = (repo.git("rev-parse main"), repo.git("rev-parse main~1"));
    let bare = repo.outside().join("bare.git");
    let line = format!("refs/heads/main {} refs/heads/main {}\n", head.trim(), old.trim());
    assert_eq!(heard, format!("origin {}\n{line}", bare.display()), "as git tells it");
    fs::write(repo.outside().join("refuse"), "").unwrap();
    let repo = repo.commit("more", &[("README.md", "more")]);
    let refused = push(&repo, "origin main");
    refused.arrives(false, &[]);
    assert!(!refused.said.contains("benchgate"), "{}", refused.said);
    push_from(&repo, repo.root(), "origin main", &[], false).arrives(false, &[]);
    repo.gate("hook uninstall").exits(0).prints("was there before");
    assert_eq!(fs::read_to_string(&hook).unwrap(), own);
    assert!(!kept.exists());
    repo.gate("hook uninstall").exits(2).says("not benchgate's: it stays");
    executable(&kept, "somebody's");
    repo.gate("hook install").exits(2).says("move one of them away");
    assert_eq!(
        (fs::read_to_string(&hook).unwrap(), fs::read_to_string(&kept).unwrap().as_str()),
        (own.to_owned(), "somebody's")
    );
}

#[test]
fn worktrees_folders_and_hooks_paths_work() {
    let repo = cloned();
    let tree = repo.outside().join("tree");
    repo.git(&format!("worktree add --quiet -b topic {}", tree.display()));
    repo.from(&tree).gate("hook install").exits(0);
    assert!(repo.root().join(".git/hooks/pre-push").is_file(), "all worktrees share their hooks");
    fs::write(tree.join("a.sh"), script(2000)).unwrap();
    crate::world::git_in(&tree, &["commit", "--quiet", "--all", "--message", "slow"]);
    push_from(&repo, &tree, "origin topic", &[], true).arrives(false, &["stopped this push"]);
    repo.gate("hook uninstall").exits(0);
    repo.gate("hook uninstall").exits(0).prints("no hook is installed");
    repo.git("config core.hooksPath ci/my'hooks");
    repo.git("checkout --quiet -b moved");
    fs::create_dir_all(repo.root().join("sub 'dir'")).unwrap();
    for file in ["benchgate.toml", "a.sh"] {
        fs::rename(repo.root().join(file), repo.root().join("sub 'dir'").join(file)).unwrap();
    }
    let repo = repo.commit("moved", &[]);
    push(&repo, "origin moved:main").arrives(true, &[]);
    repo.from(&repo.root().join("sub 'dir'")).gate("hook install").exits(0).prints("ci/my'hooks/pre-push");
    let repo = repo.commit("slow", &[("sub 'dir'/a.sh", &script(2000))]);
    push(&repo, "origin moved:main").arrives(false, &["stopped this push"]);
    repo.gate("hook uninstall").exits(0);
    assert!(!repo.root().join("ci/my'hooks/pre-push").exists());
    repo.git("config core.hooksPath .husky/_");
    repo.gate("hook install").exits(2).says(".husky/pre-push");
    repo.git("config core.hooksPath /dev/null");
    repo.gate("hook install").exits(2).says("core.hooksPath is '/dev/null', which is no folder");
    repo.git("config --unset core.hooksPath");
    fs::write(repo.root().join(".git/hooks/pre-push"), "exit 1\n").unwrap();
    repo.gate("hook install").exits(0).prints("it is not executable, so git did not run it");
    repo.gate("hook uninstall").exits(0);
    let home = repo.outside().parent().unwrap().join("home");
    fs::write(home.join(".gitconfig"), "[core]\nhooksPath = ~/hooks\n").unwrap();
    repo.gate("hook install").exits(0).prints("more than this repository");
    assert!(home.join("hooks/pre-push").is_file());
}

#[test]
fn a_second_project_does_not_take_the_hook_of_the_first() {
    let repo = Repo::new().commit("two", &[("a/benchgate.toml", ""), ("b/benchgate.toml", "")]);
    repo.gate("-C a hook install").exits(0);
    repo.gate("-C a hook install").exits(0);
    repo.gate("-C b hook install").exits(2).says("installed for another project");
    repo.gate("--config a/benchgate.toml hook install").exits(2).says("without --config");
    repo.gate("hook uninstall").exits(0);
    repo.gate("-C b hook install").exits(0);
}
