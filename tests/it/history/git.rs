//! What only the git store has: a ref, a remote, a chain of commits.

use super::laws::everything;
use super::places::{bare, clone, entry, git_store};
use super::session::sixty;
use crate::world::{Repo, git_in};
use benchgate::store::history::{Appended, Dir, Keep, Store, Trouble, Wanted, verify};
use std::fs;
use std::path::Path;

const REFERENCE: &str = "refs/benchgate/history";

fn commits(repository: &Path) -> usize {
    git_in(repository, &["rev-list", "--count", REFERENCE]).trim().parse().unwrap()
}

#[test]
fn a_clone_stores_into_its_origin_and_leaves_its_own_branches_alone() {
    let repo = Repo::new().commit("first", &[("benchgate.toml", "[history]\nstore = 'git'\n")]);
    let outside = repo.outside();
    let origin = bare(&outside);
    repo.git_words(&["remote", "add", "origin", &origin.display().to_string()]);
    repo.git("push --quiet origin main");
    let before = repo.git("status --porcelain --branch");
    git_store(repo.root(), None).append(&sixty()).unwrap();
    assert_eq!(repo.git("status --porcelain --branch"), before);
    assert_eq!(repo.git("for-each-ref refs/heads refs/tags refs/remotes").lines().count(), 2);
    assert_eq!(commits(&origin), 1);
    repo.gate("trend").exits(0).prints("1 change in 1 of 2 series");
    repo.gate("history verify").exits(0).prints("git:origin is whole");
    // Another clone sees it, by name and by path, and a shallow one too.
    let other = clone(&outside, "other", &origin);
    assert_eq!(everything(git_store(&other, None).as_mut()), sixty());
    let third = Repo::new();
    repo.git_words(&["push", "--quiet", &origin.display().to_string(), "main:again"]);
    third.gate_words(&["history", "show", "--store", &format!("git:{}", origin.display())]).exits(0).prints("60 runs");
    assert!(!outside.join("other/.git/shallow").exists());
}

#[test]
fn a_remote_with_a_relative_path_is_seen_from_the_work_tree() {
    let repo = Repo::new().commit("first", &[("benchgate.toml", "[history]\nstore = 'git:near'\n"), ("below/a", "")]);
    repo.git("init --quiet --bare near.git");
    repo.git("remote add near ./near.git");
    Dir::new(repo.root().join("kept")).append(&sixty()).unwrap();
    repo.gate("history copy dir:kept git:near").exits(0).prints("60 runs copied to git:near");
    repo.from(&repo.root().join("below")).gate("history show").exits(0).prints("60 runs");
    assert_eq!(commits(&repo.root().join("near.git")), 1);
}

#[test]
fn a_path_with_dots_is_a_remote_and_a_password_is_no_part_of_a_ref() {
    let repo = Repo::new().commit("first", &[("a", "")]);
    let outside = repo.outside();
    let origin = bare(&outside);
    git_store(&origin, None).append(&sixty()).unwrap();
    let above = outside.strip_prefix(repo.root().parent().unwrap()).unwrap().join("origin.git");
    repo.gate(&format!("history show --store git:../{}", above.display())).exits(0).prints("60 runs");
    // Nobody listens there.
    let run = repo.gate("history show --store git:http://ada:hunter2@127.0.0.1:9/r.git");
    run.exits(2).says("127.0.0.1:9/r.git");
    let refs = repo.git("for-each-ref");
    assert!(!refs.contains("hunter2") && !run.stderr.contains("hunter2"), "{refs}{run}");
}

#[test]
fn what_a_remote_lost_stays_here_and_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let place = clone(folder.path(), "clone", &origin);
    git_store(&place, None).append(&sixty()).unwrap();
    git_in(&origin, &["update-ref", "-d", REFERENCE]);
    for store in [&mut git_store(&place, None), &mut git_store(&place, None)] {
        let error = store.load(&Wanted::default()).unwrap_err();
        assert_eq!(error.trouble, Trouble::Gone, "{error}");
        assert!(error.to_string().contains("git push origin refs/benchgate/seen/origin/history:"), "{error}");
        assert!(store.append(&sixty()[..1]).is_err(), "a new history would hide the loss");
    }
    git_in(&place, &["push", "--quiet", "origin", "refs/benchgate/seen/origin/history:refs/benchgate/history"]);
    assert_eq!(everything(git_store(&place, None).as_mut()), sixty());
    // Meant to begin anew.
    git_in(&origin, &["update-ref", "-d", REFERENCE]);
    git_in(&place, &["update-ref", "-d", "refs/benchgate/seen/origin/history"]);
    assert_eq!(git_store(&place, None).append(&sixty()[..1]).unwrap(), Appended { added: 1, known: 0 });
}

#[test]
fn a_push_is_no_reason_to_run_hooks() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let place = clone(folder.path(), "clone", &origin);
    let hook = place.join(".git/hooks/pre-push");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    git_store(&place, None).append(&sixty()).unwrap();
    assert_eq!(commits(&origin), 1);
}

#[test]
fn two_clones_that_know_nothing_of_each_other_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let (a, b) = (clone(folder.path(), "a", &origin), clone(folder.path(), "b", &origin));
    let (mut a, mut b) = (git_store(&a, None), git_store(&b, None));
    for n in 0..6 {
        // Each begins with what it saw last.
        let store = if n % 2 == 0 { &mut a } else { &mut b };
        assert_eq!(store.append(&[entry("s", "c", n, &[("a", 1.0)])]).unwrap(), Appended { added: 1, known: 0 });
    }
    assert_eq!(everything(a.as_mut()).len(), 6);
    assert_eq!(b.append(&[entry("s", "c", 0, &[("a", 1.0)])]).unwrap(), Appended { added: 0, known: 1 });
}

#[test]
fn the_chain_of_commits_is_cut_and_pruning_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let mut store = git_store(&origin, None);
    for n in 0..300 {
        store.append(&[entry("s", "c", n, &[("a", 1.0)])]).unwrap();
    }
    assert_eq!(commits(&origin), 300 - 256);
    assert_eq!(everything(store.as_mut()).len(), 300);
    let files = git_in(&origin, &["ls-tree", "-r", "--name-only", REFERENCE]);
    assert!(files.lines().count() < 64, "{files}");
    assert_eq!(store.prune(Keep { newest: 7, then: None }).unwrap(), 293);
    assert_eq!(commits(&origin), 1);
    assert_eq!(verify(store.as_mut()).unwrap().runs, 7);
}

#[test]
fn a_remote_that_is_gone_or_forbidden_is_an_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let place = clone(folder.path(), "clone", &origin);
    git_store(&place, None).append(&sixty()[..30]).unwrap();
    // The other side refuses.
    let hook = origin.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho this branch is protected >&2\nexit 1\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let error = git_store(&place, None).append(&sixty()).unwrap_err();
    assert!(error.to_string().contains("this branch is protected"), "{error}");
    fs::remove_file(&hook).unwrap();
    // It is away.
    let away = folder.path().join("away");
    fs::rename(&origin, &away).unwrap();
    let error = git_store(&place, None).append(&sixty()).unwrap_err();
    assert!(error.trouble == Trouble::Unreachable && error.to_string().contains("git fetch"), "{error}");
    fs::rename(&away, &origin).unwrap();
    assert_eq!(git_store(&place, None).append(&sixty()).unwrap(), Appended { added: 30, known: 30 });
}

#[test]
fn a_damaged_object_is_named_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    let mut store = git_store(&origin, None);
    store.append(&sixty()[..1]).unwrap();
    let object = git_in(&origin, &["rev-parse", &format!("{REFERENCE}:s/epyc")]);
    let listed = git_in(&origin, &["ls-tree", object.trim()]);
    let blob = listed.split_whitespace().nth(2).unwrap();
    let path = origin.join("objects").join(&blob[..2]).join(&blob[2..]);
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    for (bytes, what) in [(bytes, "changed"), (whole[..20].to_vec(), "cut"), (Vec::new(), "emptied")] {
        fs::write(&path, bytes).unwrap();
        let mut store = git_store(&origin, None);
        let error = store.load(&Wanted::default()).unwrap_err();
        assert!(error.trouble == Trouble::Damaged && error.to_string().contains("s/epyc/"), "{what}: {error}");
        assert!(!verify(store.as_mut()).unwrap().damaged.is_empty(), "{what}");
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(everything(git_store(&origin, None).as_mut()), sixty()[..1]);
}

#[test]
fn a_lock_that_a_killed_writer_left_is_no_lock_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let origin = bare(folder.path());
    git_store(&origin, None).append(&sixty()[..1]).unwrap();
    let lock = origin.join(format!("{REFERENCE}.lock"));
    let left = fs::File::create(&lock).unwrap();
    left.set_modified(std::time::SystemTime::now() - std::time::Duration::from_mins(1)).unwrap();
    git_store(&origin, None).append(&sixty()[1..2]).unwrap();
    assert!(!lock.exists());
}
