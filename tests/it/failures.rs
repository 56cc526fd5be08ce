//! What goes wrong around a gate: each case ends as documented, with no panic, no stray process and nothing of the user's touched.

use crate::world::{Repo, git_in, marker, none_left, suite, suite_with, writes};
use std::fs;
use std::process::Command;

const BOTH: &[(&str, &str)] = &[("fine", "sh fine.sh"), ("other", "sh other.sh")];

/// Two benchmarks; `other` is as given on each side.
fn other(keys: &str, base: &str, head: &str) -> Repo {
    let toml = suite_with(&format!("metrics = ['bytes-written']\n{keys}"), BOTH);
    Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("fine.sh", &writes(500)), ("other.sh", base)])
        .commit("head", &[("other.sh", head)])
}

/// One benchmark that head doubles.
fn doubled_in(repo: Repo, folder: &str) -> Repo {
    let path = |name: &str| format!("{folder}{name}");
    repo.commit("base", &[(&path("benchgate.toml"), &suite(&[("a", "sh a.sh")])), (&path("a.sh"), &writes(1000))])
        .commit("head", &[(&path("a.sh"), &writes(2000))])
}

#[test]
fn a_benchmark_that_fails_in_head_fails_the_gate_with_its_last_words() {
    for (end, how) in [
        ("echo boom >&2; exit 101", "exited with status 101"),
        ("echo boom >&2; kill -SEGV $$", "was ended by signal 11"),
    ] {
        let repo = other("", &writes(500), end);
        let run = repo.gate("check --base HEAD~1 --format json");
        run.exits(1);
        assert_eq!(run.states(), ["other=failed deny"]);
        assert_eq!(run.verdicts(), ["fine bytes-written=unchanged"], "one crash does not end the run");
        let detail = run.detail("other");
        assert!(detail.starts_with("head: ") && detail.contains(how) && detail.ends_with("boom"), "{detail}");
        repo.gate("check --base HEAD~1").exits(1).prints("boom");
    }
}

#[test]
fn a_benchmark_that_fails_in_base_only_is_a_warning() {
    let run = other("", "echo boom >&2; exit 1", &writes(500)).gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.states(), ["other=failed warn"]);
    assert!(run.detail("other").starts_with("base: "), "{run}");
}

#[test]
fn a_preparation_that_fails_is_told_from_the_launch() {
    let toml = suite_with("metrics = ['bytes-written']", &[("a", "true\"\nprepare = \"sh prepare.sh")]);
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("prepare.sh", ":")])
        .commit("head", &[("prepare.sh", "echo no data >&2; exit 4")]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.states(), ["a=failed deny"]);
    assert_eq!(run.detail("a"), "head: prepare exited with status 4\nno data");
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let toml = suite(&[("fine", "sh fine.sh"), ("none", "./no-such-program --x")]);
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("fine.sh", &writes(10))])
        .commit("head", &[("fine.sh", &writes(11))]);
    let run = repo.gate("check --base HEAD~1 --format json --threshold 50%");
    assert_eq!(run.states(), ["none=failed warn"], "it fails on both sides, so the change is not at fault");
    assert!(run.detail("none").contains("no-such-program"), "{run}");
    run.exits(0);
}

#[test]
fn a_benchmark_that_hangs_is_ended_with_all_it_started() {
    let marker = marker("hangs");
    // One child in the group, one that left it, and a shell that waits for neither to end.
    let hang = format!(
        "sh -c 'sleep 977' {marker} &\nsetsid sh -c 'sleep 978; :' {marker} &\nsh -c 'sleep 979; :' {marker}\n"
    );
    let repo = other("timeout = '500ms'", &writes(500), &hang);
    let run = repo.gate("check --base HEAD~1 --format json");
    none_left(&marker);
    run.exits(1);
    assert_eq!(run.states(), ["other=timed-out deny"]);
    assert!(run.detail("other").contains("took longer than 500ms"), "{run}");
}

#[test]
fn a_benchmark_that_leaves_a_server_behind_leaves_none() {
    let marker = marker("leaves");
    let leave = format!(
        "sh -c 'sleep 976; :' {marker} >/dev/null 2>&1 &\nsetsid sh -c 'sleep 975; :' {marker} >/dev/null 2>&1 &\n"
    );
    let repo = other("", &(leave.clone() + &writes(500)), &(leave + &writes(1500)));
    let run = repo.gate("check --base HEAD~1 --format json --max-rounds 6");
    none_left(&marker);
    run.exits(1);
    assert_eq!(run.verdicts(), ["fine bytes-written=unchanged", "other bytes-written=regression"]);
}

#[test]
fn a_benchmark_that_prints_without_end_neither_blocks_nor_fills_memory() {
    let flood = "head -c 30000000 /dev/zero; head -c 3000000 /dev/zero >&2\n";
    let run =
        other("", flood, &(flood.to_owned() + "printf x")).gate("check --base HEAD~1 --format json --max-rounds 6");
    run.exits(0);
    assert_eq!(run.verdicts().len(), 2);
}

#[test]
fn a_benchmark_that_vanished_is_missing_unless_policy_says_otherwise() {
    let removed = |keys: &str| {
        let repo = other(keys, &writes(500), &writes(500));
        repo.commit("drop", &[("benchgate.toml", &suite(&[("fine", "sh fine.sh")])), ("fine.sh", &writes(501))])
    };
    let repo = removed("");
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert_eq!(run.states(), ["other=missing deny"]);
    repo.gate("check --base HEAD~1 --format json --on-missing warn").exits(0);
    let run = repo.gate("check --base HEAD~1 --format json --on-missing allow");
    run.exits(0);
    assert_eq!(run.states(), ["other=missing allow"], "it is listed all the same");
    let run = removed("removed = ['oth*']").gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.states(), ["other=missing allow"]);
}

#[test]
fn a_suite_that_vanished_is_missing() {
    let two = suite(&[("fine", "sh fine.sh")]) + &suite(&[("x", "sh fine.sh")]).replace("'s'", "'t'");
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &two), ("fine.sh", &writes(500))])
        .commit("head", &[("benchgate.toml", &suite(&[("fine", "sh fine.sh")])), ("fine.sh", &writes(501))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert_eq!(run.states(), ["*=missing deny"]);
}

#[test]
fn a_new_benchmark_is_listed_and_harms_nobody() {
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &suite(&BOTH[..1])), ("fine.sh", &writes(500))])
        .commit("head", &[("benchgate.toml", &suite(BOTH)), ("other.sh", &writes(500)), ("fine.sh", &writes(501))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.states(), ["other=new allow"]);
}

/// A suite with a build; each side's is as given.
fn built(base: &str, head: &str) -> Repo {
    let toml = suite_with("build = 'sh build.sh'\nmetrics = ['bytes-written']", &[("a", "sh a.sh")]);
    Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("build.sh", base), ("a.sh", &writes(9))])
        .commit("head", &[("build.sh", head)])
}

#[test]
fn a_head_that_does_not_build_is_no_judgement_and_shows_the_compilers_last_lines() {
    let repo = built(":", "echo Compiling; echo 'error[E0308]: mismatched types' >&2; exit 101");
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(2);
    assert_eq!(run.states(), ["*=failed deny"]);
    assert!(
        run.detail("*").contains("head: does not build: ")
            && run.detail("*").contains("error[E0308]: mismatched types"),
        "{run}"
    );
    repo.gate("check --base HEAD~1").exits(2).prints("error[E0308]: mismatched types");
}

#[test]
fn a_base_that_does_not_build_is_never_a_pass() {
    let run = built("echo 'error: no such thing' >&2; exit 1", ":").gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert!(run.detail("*").contains("base: does not build: ") && run.detail("*").contains("no such thing"), "{run}");
}

#[test]
fn an_empty_comparison_is_an_error() {
    let repo = Repo::new().commit("base", &[("README.md", "x")]).commit("head", &[("README.md", "y")]);
    repo.gate("check --base HEAD~1").exits(2).says("nothing to measure");
    let repo = other("", &writes(5), &writes(6));
    let run = repo.gate("check --base HEAD~1 --format json --bench no/such/*");
    run.exits(2);
    assert_eq!(run.json()["outcome"], "error");
}

#[test]
fn nothing_in_common_is_an_error_even_where_missing_is_allowed() {
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &suite(&[("a", "sh a.sh")])), ("a.sh", &writes(5))])
        .commit("head", &[("benchgate.toml", &suite(&[("b", "sh a.sh")])), ("a.sh", &writes(6))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert_eq!(run.states(), ["a=missing deny", "b=new allow"]);
    repo.gate("check --base HEAD~1 --on-missing allow").exits(2);
}

/// Mounts something for as long as it lives; `None` where this process may not.
struct Mount(std::path::PathBuf);

impl Mount {
    fn new(arguments: &[&str], place: &std::path::Path) -> Option<Self> {
        let done = Command::new("mount").args(arguments).arg(place).output().ok()?;
        done.status.success().then(|| Self(place.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_and_costs_the_user_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=1m", "benchgate-test"], disk.path()) else {
        eprintln!("skipped: mounting a small tmpfs needs root");
        return;
    };
    let big: String = (0..400_000).map(|n: u32| n.to_string() + "\n").collect();
    let repo = doubled_in(Repo::new().with_cache(disk.path().join("cache")), "").commit("big", &[("big.txt", &big)]);
    let before = repo.fingerprint();
    let run = repo.gate("check --base HEAD~1");
    run.exits(2).says("No space left on device");
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn a_disk_that_fills_up_while_measuring_is_said_too() {
    let disk = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=1m", "benchgate-test"], disk.path()) else {
        eprintln!("skipped: mounting a small tmpfs needs root");
        return;
    };
    let fill = format!("cat /dev/zero > {} 2>/dev/null; printf x", disk.path().join("filler").display());
    let repo = Repo::new().with_cache(disk.path().join("cache"));
    let repo = repo
        .commit("base", &[("benchgate.toml", &suite(&[("a", "sh a.sh")])), ("a.sh", &fill)])
        .commit("head", &[("a.sh", &(fill.clone() + "y"))]);
    let before = repo.fingerprint();
    let run = repo.gate("check --base HEAD~1");
    run.exits(2).says("No space left on device").says("journal");
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn a_read_only_repository_is_checked_all_the_same() {
    let repo = doubled_in(Repo::new(), "");
    let root = repo.root().to_owned();
    let path = root.display().to_string();
    let Some(_mount) = Mount::new(&["--bind", &path], &root) else {
        eprintln!("skipped: mounting a folder read-only needs root");
        return;
    };
    assert!(Command::new("mount").args(["-o", "remount,ro,bind", &path]).status().unwrap().success());
    assert!(fs::write(root.join("x"), "x").is_err(), "it is not read-only");
    repo.gate("check --base HEAD~1").exits(1);
    repo.gate("record --accept busy").exits(2).says("Read-only file system");
}

#[test]
fn a_detached_head_is_checked_against_its_parent() {
    let repo = doubled_in(Repo::new(), "");
    repo.git("checkout --quiet --detach");
    let before = repo.fingerprint();
    let run = repo.gate("check --format json");
    run.exits(1);
    assert_eq!(run.json()["base"]["revision"].as_str().unwrap(), repo.git("rev-parse HEAD~1").trim());
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let repo = doubled_in(Repo::new(), "");
    let clone = repo.outside().join("clone");
    git_in(&repo.outside(), &["clone", "--quiet", "--depth=1", &format!("file://{}", repo.root().display()), "clone"]);
    let run = repo.from(&clone).gate("check");
    run.exits(2).says("shallow").says("hint: ").says("git fetch").says("fetch-depth");
    git_in(&clone, &["fetch", "--quiet", "--deepen=50"]);
    repo.from(&clone).gate("check").exits(1);
}

#[test]
fn a_linked_worktree_is_a_project_of_its_own() {
    let repo = doubled_in(Repo::new(), "");
    let tree = repo.outside().join("tree");
    repo.git_words(&["worktree", "add", "--quiet", "-b", "topic", &tree.display().to_string()]);
    fs::write(tree.join("a.sh"), writes(7000)).unwrap();
    let before = (repo.fingerprint(), git_in(&tree, &["status", "--porcelain"]));
    let run = repo.from(&tree).gate("check --base HEAD --format json");
    run.exits(1);
    assert_eq!(run.json()["comparisons"][0]["ratio"], 3.5, "{run}");
    assert_eq!((repo.fingerprint(), git_in(&tree, &["status", "--porcelain"])), before);
}

#[test]
fn spaces_quotes_and_unicode_in_paths_and_names_work() {
    let toml = suite(&[("größe 'a' \u{1f600}", "sh 'my scripts/größe.sh'"), ("plain", "sh 'my scripts/größe.sh'")]);
    let repo = Repo::named("mein \"Projekt\" größe \u{1f980}/it's here")
        .commit("base", &[("benchgate.toml", &toml), ("my scripts/größe.sh", &writes(1000))])
        .commit("head", &[("my scripts/größe.sh", &writes(2000))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["größe 'a' \u{1f600} bytes-written=regression", "plain bytes-written=regression"]);
    repo.gate("check --base HEAD~1").exits(1).prints("größe 'a' \u{1f600}");
}

#[test]
fn a_project_below_the_repositorys_root_is_found_from_anywhere_in_it() {
    let repo = doubled_in(Repo::new(), "crates/tool/");
    repo.write("crates/tool/src/deep/file.txt", "x");
    let repo = repo.commit("more", &[]);
    for folder in ["crates/tool", "crates/tool/src/deep"] {
        let run = repo.from(&repo.root().join(folder)).gate("check --base HEAD~2 --format json");
        run.exits(1);
        assert_eq!(run.verdicts(), ["a bytes-written=regression"]);
    }
    let docs = repo
        .commit("docs", &[("crates/tool/docs/a.md", "x"), ("crates/tool/baselines/note.txt", "x"), ("README.md", "x")]);
    let run = docs.from(&docs.root().join("crates/tool")).gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.states(), ["a=identical allow"], "its documents are documents as well");
    let repo = docs;
    repo.gate("check --base HEAD~3").exits(2).says("nothing to measure");
    repo.gate("check --base HEAD~3 --config crates/tool/benchgate.toml").exits(1);
}

#[test]
fn submodules_are_measured_as_each_side_has_them() {
    let library = Repo::named("library").commit("one", &[("a.sh", &writes(1000))]);
    let repo = Repo::new().commit("base", &[("benchgate.toml", &suite(&[("a", "sh lib/a.sh")]))]);
    repo.git_words(&["submodule", "--quiet", "add", &library.root().display().to_string(), "lib"]);
    let repo = repo.commit("with library", &[]);
    let library = library.commit("two", &[("a.sh", &writes(2000))]);
    git_in(&repo.root().join("lib"), &["fetch", "--quiet", "origin", "main"]);
    git_in(&repo.root().join("lib"), &["checkout", "--quiet", library.git("rev-parse HEAD").trim()]);
    let repo = repo.commit("newer library", &[]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["a bytes-written=regression"]);
}

#[test]
fn no_repository_no_commit_and_no_parent_each_have_their_message() {
    let folder = Repo::folder("plain");
    folder.write("benchgate.toml", suite(&[("a", "true")]));
    folder.gate("check").exits(2).says("git repository").says("hint: ");
    let repo = Repo::new();
    repo.write("benchgate.toml", suite(&[("a", "true")]));
    repo.gate("check").exits(2).says("no commit yet").says("hint: ");
    let repo = repo.commit("first", &[]);
    repo.gate("check").exits(2).says("first commit of the history").says("hint: ");
    repo.gate("check --base no-such-branch").exits(2).says("no-such-branch").says("hint: ");
}

#[test]
fn a_newer_or_damaged_baseline_is_named_and_not_guessed_at() {
    let repo = doubled_in(Repo::new(), "");
    for (text, complaint) in [("{\"schema\": 99}", "schema 99 is newer"), ("{\"schema\": 1,\n ", "s.json at ")] {
        repo.write("baselines/s.json", text);
        repo.git("add --all");
        repo.git("commit --quiet --message baselines");
        repo.gate("check --base HEAD --head HEAD").exits(2).says(complaint);
    }
}
