//! What a change cannot do to the gate that judges it: none of this is green on its own account, and all of it is named.

use crate::world::{Repo, Run, suite, suite_with, writes};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const TOML: &str = "benchgate.toml";

/// A repository of two benchmarks; head doubles one of them.
fn doubled(extra: &str) -> Repo {
    let toml = suite(&[("grows", "sh grows.sh"), ("steady", "sh steady.sh")]) + extra;
    Repo::new()
        .commit("base", &[(TOML, &toml), ("grows.sh", &writes(1000)), ("steady.sh", &writes(10))])
        .commit("head", &[("grows.sh", &writes(2000))])
}

/// What the report says that head changes.
fn changed(run: &Run) -> Vec<String> {
    let report = run.json();
    let text = |change: &serde_json::Value, name: &str| change[name].as_str().unwrap_or("-").to_owned();
    let changes = report["policy"]["changes"].as_array().cloned().unwrap_or_default();
    changes
        .iter()
        .map(|change| format!("{} {} {}", text(change, "key"), text(change, "base"), text(change, "head")))
        .collect()
}

fn notes(run: &Run) -> String {
    run.json()["notes"].to_string()
}

const CHECK: &str = "check --base HEAD~1 --format json";

#[test]
fn a_looser_gate_is_named_key_by_key_and_does_not_count() {
    let repo = doubled("[gate]\nthreshold = '3%'\n");
    let toml = fs::read_to_string(repo.root().join(TOML)).unwrap();
    let write = |to: &str| {
        repo.write(TOML, toml.replace("threshold = '3%'", to));
        let run = repo.gate(CHECK);
        run.exits(1);
        assert!(run.verdicts().contains(&"grows bytes-written=regression".to_owned()), "{run}");
        run
    };
    let run = write("threshold = '900%'\non-missing = 'allow'");
    assert_eq!(changed(&run), ["gate.on-missing - allow", "gate.threshold 3% 900%"]);
    let said =
        "s/grows bytes-written is regression under the base's policy and unchanged under head's: the stricter counts";
    assert!(notes(&run).contains(said), "{run}");
    let waiver = "threshold = '3%'\n[[waiver]]\nbenchmark = '**'\nmetric = 'bytes-written'\nceiling = '900%'\nuntil = 2999-01-01\nreason = 'me'";
    let run = write(waiver);
    assert!(changed(&run).contains(&"waiver[** bytes-written].ceiling - 900%".to_owned()), "{run}");
    assert!(notes(&run).contains("is regression under the base's policy and waived under head's"), "{run}");
    let run = write("base = 'HEAD'");
    assert_eq!(changed(&run), ["gate.base - HEAD", "gate.threshold 3% -"]);
    repo.write(TOML, toml.clone() + "# a remark\n");
    assert_eq!(changed(repo.gate(CHECK).exits(1)), [""; 0]);
    assert_eq!(repo.gate(CHECK).json()["policy"]["changed_in_head"], false);
}

#[test]
fn a_tighter_gate_counts_at_once() {
    let toml = |threshold: &str| suite(&[("grows", "sh grows.sh")]) + &format!("[gate]\nthreshold = '{threshold}'\n");
    let repo = Repo::new()
        .commit("base", &[(TOML, &toml("30%")), ("grows.sh", &writes(1000))])
        .commit("head", &[(TOML, &toml("3%")), ("grows.sh", &writes(1100))]);
    let run = repo.gate(CHECK);
    run.exits(1);
    assert!(notes(&run).contains("is unchanged under the base's policy and regression under head's"), "{run}");
    // A waiver of the base that head takes away: the row is red under head's own gate.
    let waiver = "[[waiver]]\nbenchmark = 's/grows'\nmetric = 'bytes-written'\nceiling = '900%'\nuntil = 2999-01-01\nreason = 'why'\n";
    let repo = doubled(waiver);
    repo.gate(CHECK).exits(0);
    repo.write(TOML, suite(&[("grows", "sh grows.sh"), ("steady", "sh steady.sh")]));
    repo.gate(CHECK).exits(1);
}

#[test]
fn benchmarks_that_are_dropped_renamed_or_emptied_are_named() {
    let repo = doubled("");
    let both = |commands: &[(&str, &str)], keys: &str| {
        repo.write(TOML, suite_with(keys, commands));
        repo.gate(CHECK)
    };
    let metrics = "metrics = ['bytes-written']";
    let dropped = both(&[("steady", "sh steady.sh")], metrics);
    assert_eq!(dropped.exits(3).states(), ["grows=missing deny"]);
    assert!(changed(&dropped).contains(&"suite[s].command[grows].run sh grows.sh -".to_owned()), "{dropped}");
    let renamed = both(&[("steady", "sh steady.sh"), ("grown", "sh grows.sh")], metrics);
    renamed.exits(3);
    assert!(notes(&renamed).contains("'s/grows' is gone and 's/grown' is new"), "{renamed}");
    let removed = both(&[("steady", "sh steady.sh")], "metrics = ['bytes-written']\nremoved = ['grows']");
    removed.exits(3);
    // Another command under the old name: both sides run head's, and the row says so.
    let other = both(&[("steady", "sh steady.sh"), ("grows", "printf 0")], metrics);
    assert_eq!(changed(&other), ["suite[s].command[grows].run sh grows.sh printf 0"]);
    assert!(other.json()["comparisons"][0]["warnings"].to_string().contains("benchmark-changed"), "{other}");
    // The same command with nothing left to do.
    repo.git(&format!("checkout --quiet -- {TOML}"));
    repo.write("grows.sh", "printf 0\n");
    let emptied = repo.gate(CHECK);
    assert!(emptied.verdicts().contains(&"grows bytes-written=improvement".to_owned()), "{emptied}");
    assert!(notes(&emptied).contains("'s/grows' bytes-written is 1000 times better: look"), "{emptied}");
    fs::remove_file(repo.root().join(TOML)).unwrap();
    repo.gate(CHECK).exits(2);
}

#[test]
fn edited_baselines_are_named_and_do_not_count() {
    let repo = doubled("");
    repo.git("checkout --quiet HEAD~1 -- .");
    let repo = repo.commit("as base", &[]);
    repo.gate("record --accept test").exits(0);
    let repo = repo.commit("baseline", &[]);
    let folder = repo.root().join("baselines");
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    let name = format!("baselines/{}", file.file_name().unwrap().display());
    // A baseline that makes the doubled one look as it always was.
    assert!(text.contains("1000"), "{text}");
    let repo = repo.commit("lie", &[(&name, &text.replace("1000", "2000")), ("grows.sh", &writes(2000))]);
    for against in ["auto", "stored", "paired"] {
        let run = repo.gate(&format!("{CHECK} --against {against}"));
        run.exits(1);
        assert!(changed(&run)[0].starts_with(&name), "{run}");
    }
    repo.gate("check --base HEAD~1").prints(&name).prints("after the merge");
}

#[test]
fn no_nearer_configuration_hides_the_bases() {
    let toml = |more: &str| suite(&[("grows", "sh grows.sh")]) + more;
    let repo =
        Repo::new().commit("base", &[(TOML, &toml("")), ("grows.sh", &writes(1000)), ("sub/grows.sh", &writes(1000))]);
    let repo = repo.commit(
        "head",
        &[("sub/benchgate.toml", &toml("[gate]\nthreshold = '900%'\n")), ("sub/grows.sh", &writes(2000))],
    );
    let run = repo.gate("-C sub check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(changed(&run), ["gate.threshold - 900%"]);
}

#[test]
fn a_trailer_accepts_only_where_base_lets_it() {
    let message = "slower\n\nBenchgate-Accept: s/grows bytes-written 100% twice the bytes, see #7";
    let open = "[accept]\ntrailer = true\nceiling = '100%'\n";
    // Head opens it for itself.
    let repo = doubled("");
    repo.write(TOML, fs::read_to_string(repo.root().join(TOML)).unwrap() + open);
    repo.git("add --all");
    repo.git_words(&["commit", "--quiet", "--amend", "--message", message]);
    let run = repo.gate(CHECK);
    run.exits(1);
    assert!(notes(&run).contains("accepts nothing: the base's configuration does not allow it"), "{run}");
    // Base has opened it.
    let repo = doubled(open);
    repo.git_words(&["commit", "--quiet", "--amend", "--message", message]);
    let run = repo.gate(CHECK);
    run.exits(0);
    assert!(run.verdicts().contains(&"grows bytes-written=regression".to_owned()), "it stays visible: {run}");
    let reason = run.json()["comparisons"][0]["waiver"]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("twice the bytes, see #7 ('Benchgate-Accept' in "), "{reason}");
    let repo = repo.commit("more", &[("grows.sh", &writes(2500))]);
    let run = repo.gate("check --base HEAD~2 --format json");
    run.exits(1);
    assert!(notes(&run).contains("this waiver does not cover s/grows"), "{run}");
}

#[test]
fn a_suite_that_base_does_not_know_is_new_where_base_cannot_build_or_run_it() {
    let old = suite(&[("steady", "sh steady.sh")]);
    let more = |run: &str, build: &str| {
        let named = suite_with(build, &[("fresh", run)]).replace("name = 's'", "name = 't'");
        format!("{old}{}", named.replace("harness", "metrics = ['bytes-written']\nharness"))
    };
    let repo = Repo::new().commit("base", &[(TOML, &old), ("steady.sh", &writes(10))]);
    repo.write("fresh.sh", writes(20)).write("steady.sh", writes(10) + "\n");
    for toml in [
        more("sh fresh.sh", ""),
        more("sh fresh.sh", "build = 'sh fresh.sh'"),
        format!("{old}[[suite]]\nname = 't'\nharness = 'plain'\nrun = 'cat fresh.csv'\n"),
    ] {
        repo.write(TOML, &toml).write("fresh.csv", "benchmark,value\nfresh,1\n");
        let run = repo.gate("check --format json");
        assert_eq!(run.exits(0).states(), ["fresh=new allow"], "{toml}");
        // Under another name the old one is missing all the same.
        repo.write(TOML, toml.strip_prefix(&old).unwrap());
        let renamed = repo.gate("check --format json");
        assert!(renamed.exits(3).states().contains(&"*=missing deny".to_owned()), "{renamed}");
        // A configuration from outside holds for both sides: base is broken.
        let outside = repo.outside().join("gate.toml");
        fs::write(&outside, &toml).unwrap();
        let run = repo.gate(&format!("check --format json --config {}", outside.display()));
        assert!(run.states().iter().all(|state| !state.contains("new")), "{run}");
    }
    // The first configuration of all: nothing is compared, and it says why.
    let repo = Repo::new().commit("base", &[("README.md", "")]);
    repo.write(TOML, suite_with("build = 'sh fresh.sh'", &[("fresh", "sh fresh.sh")])).write("fresh.sh", writes(20));
    repo.gate("check").exits(2).prints("Base has none of these benchmarks yet");
}

#[test]
fn a_trailer_that_names_nothing_is_told() {
    let repo = doubled("[accept]\ntrailer = true\n");
    repo.git_words(&[
        "commit",
        "--quiet",
        "--amend",
        "--message",
        "x\n\nBenchgate-Accept: s/grow bytes-written 9% why",
    ]);
    let run = repo.gate(CHECK);
    run.exits(1);
    assert!(notes(&run).contains("this waiver is unused: no benchmark of this run is 's/grow'"), "{run}");
}

/// A Cargo that knows a package for each folder with a `benches/w.rs`, whose bench executable lists one criterion benchmark.
const CARGO: &str = r#"#!/bin/sh
last=; packages=
for bench in */benches/w.rs; do
    name=${bench%%/*}
    packages="$packages$last{\"name\":\"$name\",\"version\":\"0.1.0\",\"manifest_path\":\"$PWD/$name/Cargo.toml\",\"dependencies\":[{\"name\":\"criterion\"}],
        \"targets\":[{\"name\":\"w\",\"kind\":[\"bench\"],\"src_path\":\"$PWD/$bench\"}]}"
    last=,
done
case "$1" in
metadata) echo "{\"packages\":[$packages],\"workspace_root\":\"$PWD\"}" ;;
bench)
    while [ "$1" != --package ]; do shift; done
    mkdir -p target
    printf '#!/bin/sh\ncase "$1" in --help) echo "This executable is a Criterion.rs benchmark --exact" ;; *) echo "x: benchmark" ;; esac\n' > target/w
    chmod +x target/w
    echo "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"$PWD/$2/Cargo.toml\",\"target\":{\"name\":\"w\",\"kind\":[\"bench\"],\"src_path\":\"$PWD/$2/benches/w.rs\"},\"executable\":\"$PWD/target/w\",\"filenames\":[\"$PWD/target/w\"]}" ;;
*) echo stub ;;
esac
"#;

#[test]
fn a_package_that_is_measured_without_being_named_cannot_be_dropped() {
    let mut repo = Repo::new();
    let bin = repo.outside().join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("cargo"), CARGO).unwrap();
    fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    repo.set("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    let both = [("Cargo.toml", ""), ("a/benches/w.rs", ""), ("b/benches/w.rs", "")];
    let repo = repo.commit("base", &both);
    let states = |repo: &Repo, status: i32| {
        let mut states = repo.gate(CHECK).exits(status).states();
        states.sort();
        states
    };
    let repo = repo.commit("docs", &[("README.md", "")]);
    assert_eq!(states(&repo, 0), ["x=identical allow", "x=identical allow"]);
    repo.git("rm --quiet b/benches/w.rs");
    let repo = repo.commit("drops one", &[]);
    assert_eq!(states(&repo, 3), ["*=missing deny", "x=identical allow"]);
    // Nor does a first `[[suite]]` leave one out, where base's configuration names none.
    repo.git("checkout --quiet HEAD~1");
    let repo = repo.commit("gate", &[(TOML, "[gate]\nalpha = 0.02\n")]);
    let one = "[[suite]]\nname = 'one'\nharness = 'criterion'\npackage = 'a'\n";
    let repo = repo.commit("leaves one out", &[(TOML, one)]);
    assert_eq!(states(&repo, 3), ["*=missing deny", "x=identical allow"]);
    // A first configuration decides for itself, but not where a workflow ran the gate without one.
    repo.git("checkout --quiet HEAD~2");
    let mut repo = repo.commit("first", &[(TOML, one)]);
    assert_eq!(states(&repo, 0), ["x=identical allow"]);
    let event = |repo: &mut Repo| {
        let head = repo.git("rev-parse HEAD").trim().to_owned();
        let set = [("ACTIONS", "true"), ("EVENT_NAME", "schedule"), ("REPOSITORY", "o/r"), ("REF", "refs/heads/main")];
        set.into_iter().for_each(|(name, value)| repo.set(&format!("GITHUB_{name}"), value));
        repo.set("GITHUB_SHA", head);
    };
    event(&mut repo);
    assert_eq!(states(&repo, 0), ["x=identical allow"]);
    repo.git("checkout --quiet HEAD~1");
    let repo = repo.commit("workflow", &[(".github/workflows/x.yml", "uses: benchgate/benchgate@v1")]);
    let mut repo = repo.commit("first", &[(TOML, one)]);
    event(&mut repo);
    assert_eq!(states(&repo, 3), ["*=missing deny", "x=identical allow"]);
}
