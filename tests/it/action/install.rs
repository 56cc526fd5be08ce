//! How the action comes by a benchgate: a release by its checksum and attestation, or its own source.

use super::runner::Service;
use super::{BENCHGATE, program, root};
use crate::world::{Repo, git_in};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ONLY: [(&str, &str); 1] = [("install-only", "true")];

/// GitHub as `curl` and `git` see it, and programs that stand in for `gh` and `cargo`.
struct World {
    repo: Repo,
    service: Service,
}

impl World {
    fn new() -> Self {
        let repo = Repo::folder("plain");
        let mut service = Service::new(repo.root());
        let outside = repo.outside();
        program(
            &outside.join("bin/gh"),
            &format!("echo \"$@\" >> '{}'; [ -n \"$GH_TOKEN\" ]", outside.join("gh").display()),
        );
        let build = "for root; do :; done; mkdir -p \"$root/bin\"; cp \"$BUILT\" \"$root/bin/benchgate\"";
        // GitHub's own address leads to a folder.
        let server = format!("file://{}/", outside.join("server").display());
        let curl = format!(
            "for word; do shift; case $word in https://github.com/*) word=${{word#https://github.com/}}; word='{server}'$word ;; esac; \
             set -- \"$@\" \"$word\"; done; echo \"$@\" >> '{}'; exec /usr/bin/curl \"$@\"",
            outside.join("curl").display()
        );
        program(&outside.join("bin/curl"), &curl);
        fs::write(
            service.home().join(".gitconfig"),
            format!("[url \"{server}\"]\n\tinsteadOf = https://github.com/\n"),
        )
        .unwrap();
        program(&outside.join("bin/cargo"), &format!("echo \"$@\" >> '{}'; {build}", outside.join("cargo").display()));
        let path = format!("{}:{}", outside.join("bin").display(), std::env::var("PATH").unwrap());
        for (name, value) in [("PATH", path), ("BUILT", BENCHGATE.to_owned())] {
            service.variables.insert(name.to_owned(), value);
        }
        Self { repo, service }
    }

    /// Publishes a release, and returns its commit and its archive.
    fn release(&self) -> (String, PathBuf) {
        let upstream = self.repo.outside().join("server/benchgate/benchgate");
        fs::create_dir_all(&upstream).unwrap();
        git_in(&upstream, &["init", "--quiet", "--bare", "."]);
        let tree = git_in(&upstream, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
        let commit = git_in(&upstream, &["commit-tree", tree.trim(), "-m", "release"]).trim().to_owned();
        git_in(&upstream, &["tag", "-a", "-m", "release", &format!("v{VERSION}"), &commit]);
        let name = format!("benchgate-v{VERSION}-x86_64-unknown-linux-gnu");
        program(&self.repo.outside().join(&name).join("benchgate"), "echo released");
        let folder = upstream.join(format!("releases/download/v{VERSION}"));
        fs::create_dir_all(&folder).unwrap();
        let script =
            format!("tar -czf '{0}/{name}.tar.gz' {name} && cd '{0}' && sha256sum *.gz > SHA256SUMS", folder.display());
        let packed = Command::new("sh").args(["-c", &script]).current_dir(self.repo.outside()).status().unwrap();
        assert!(packed.success());
        (commit, folder.join(format!("{name}.tar.gz")))
    }

    /// What stand-ins were called with.
    fn calls(&self, name: &str) -> String {
        fs::read_to_string(self.repo.outside().join(name)).unwrap_or_default()
    }
}

fn says(program: &str, argument: &str) -> String {
    String::from_utf8(Command::new(program).arg(argument).output().unwrap().stdout).unwrap()
}

#[test]
fn a_release_is_taken_if_it_is_what_the_action_is_or_what_is_asked_for() {
    let mut world = World::new();
    let (commit, _) = world.release();
    for (inputs, action) in [(&[("version", VERSION)][..], "main"), (&[], &format!("v{VERSION}")), (&[], &commit)] {
        world.service.github.insert("action_ref".to_owned(), action.into());
        let job = world.service.run(&[&ONLY, inputs].concat());
        assert_eq!(job.ends(0).ran, ["Install benchgate"], "{action}");
        assert_eq!(says(&job.outputs["binary"], "-V"), "released\n");
        assert_eq!(job.path, [Path::new(&job.outputs["binary"]).parent().unwrap().to_str().unwrap()]);
    }
    let calls = world.calls("gh");
    assert_eq!(calls.lines().count(), 3);
    assert!(
        calls
            .contains("--repo benchgate/benchgate --signer-workflow benchgate/benchgate/.github/workflows/release.yml")
    );
    let job = world.service.run(&[&ONLY[..], &[("version", "9.9.9")]].concat());
    assert!(
        job.ends(2).log.contains("::error title=benchgate::no release v9.9.9 for x86_64-unknown-linux-gnu"),
        "{job}"
    );
    world.service.variables.insert("RUNNER_ARCH".to_owned(), "ARM64".to_owned());
    let job = world.service.run(&[&ONLY[..], &[("version", VERSION)]].concat());
    assert!(job.ends(2).log.contains(&format!("no release v{VERSION} for aarch64-unknown-linux-gnu")), "{job}");
}

#[test]
fn an_archive_that_is_not_the_released_one_is_not_installed() {
    let world = World::new();
    let (_, archive) = world.release();
    let mut bytes = fs::read(&archive).unwrap();
    bytes.push(0);
    fs::write(&archive, &bytes).unwrap();
    let asked = [&ONLY[..], &[("version", VERSION)]].concat();
    let job = world.service.run(&asked);
    assert!(job.ends(2).log.contains("the checksum of benchgate-v"), "{job}");
    assert_eq!(world.calls("gh"), "");

    bytes.pop();
    fs::write(&archive, &bytes).unwrap();
    program(&world.repo.outside().join("bin/gh"), "exit 1");
    let job = world.service.run(&asked);
    assert!(job.ends(2).log.contains("no attestation that benchgate/benchgate built"), "{job}");
    assert!(!world.service.home().join("temp/benchgate-program/bin/benchgate").exists());
}

#[test]
fn without_a_release_the_actions_own_source_is_built_once() {
    let mut world = World::new();
    let (commit, _) = world.release();
    let other = commit.chars().rev().collect::<String>();
    for (count, reference) in [(1, "main"), (1, other.as_str()), (1, "")] {
        world.service.github.insert("action_ref".to_owned(), reference.into());
        let job = world.service.run(&ONLY);
        assert_eq!(says(&job.ends(0).outputs["binary"], "--version"), format!("benchgate {VERSION}\n"), "{job}");
        assert_eq!(world.calls("cargo").lines().count(), count, "{reference}: {job}");
    }
    let path = root().display();
    assert!(world.calls("cargo").starts_with(&format!("install --quiet --locked --path {path} --root ")));
    assert_eq!(world.service.caches().len(), 1);

    world.service.variables.insert("RUNNER_OS".to_owned(), "Plan 9".to_owned());
    let job = world.service.run(&ONLY);
    assert!(job.ends(2).log.contains("this runner is Plan 9 X64"), "{job}");
}

#[test]
fn an_enterprise_server_is_asked_for_no_release_and_the_source_is_built() {
    let mut world = World::new();
    let (commit, _) = world.release();
    world.service.variables.insert("GITHUB_SERVER_URL".to_owned(), "https://github.example.com".to_owned());
    for reference in [&format!("v{VERSION}"), &commit] {
        world.service.github.insert("action_ref".to_owned(), reference.as_str().into());
        let job = world.service.run(&ONLY);
        assert_eq!(says(&job.ends(0).outputs["binary"], "--version"), format!("benchgate {VERSION}\n"), "{job}");
    }
    let job = world.service.run(&[&ONLY[..], &[("version", VERSION)]].concat());
    assert!(job.ends(2).log.contains("this is https://github.example.com; leave it away"), "{job}");
    assert_eq!((world.calls("curl"), world.calls("gh")), Default::default());
}
