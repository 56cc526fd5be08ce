//! A real criterion project without any configuration. One test, because building criterion takes most of its time.

use crate::world::{Repo, git_in};
use std::process::Command;

const MANIFEST: &str = "[package]\nname = \"project\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dev-dependencies]\n\
    criterion = { version = \"0.8\", default-features = false, features = [\"cargo_bench_support\"] }\n\n\
    [[bench]]\nname = \"work\"\nharness = false\n";

/// Spaces, slashes, quotes, Unicode, dots.
const ODD: &str = "sp ace/sl/ash \"quoted\" it's größe π.5";

/// More than the 64 characters that criterion keeps in its folders, fewer than the 100 that it keeps at all.
const LONG: &str = "long/more than the sixty-four characters that criterion keeps in the names of its folders";

/// The bench target: a loop for each name; `odd` turns of the odd one, and lines of one's own.
fn benches(odd: u32, more: &str) -> String {
    format!(
        "use criterion::{{Criterion, criterion_group, criterion_main}};
fn work(turns: u32) -> u32 {{ (0..turns).fold(1, |x, n| std::hint::black_box(x * 3) ^ n) }}
fn all(c: &mut Criterion) {{
    c.bench_function({ODD:?}, |b| b.iter(|| work({odd})));
    c.bench_function({LONG:?}, |b| b.iter(|| work(2000)));
    {more}
}}
criterion_group!(benches, all);
criterion_main!(benches);
"
    )
    .replace("x * 3", "u32::wrapping_mul(x, 3)")
}

#[test]
fn a_criterion_project_needs_no_configuration() {
    let base = benches(
        2000,
        "c.bench_function(\"doomed\", |b| b.iter(|| work(50)));\n    c.bench_function(\"vanishes\", |b| b.iter(|| work(50)));",
    );
    let repo = Repo::new();
    // The versions that this very crate is built with are there already.
    repo.write("Cargo.toml", MANIFEST).write("Cargo.lock", include_str!("../../Cargo.lock")).write("src/lib.rs", "");
    repo.write(".gitignore", "target\n").write("benches/work.rs", &base);
    let lock = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(repo.root())
        .output()
        .unwrap();
    assert!(lock.status.success(), "{}", String::from_utf8_lossy(&lock.stderr));
    let repo = repo.commit("base", &[]).commit("docs", &[("README.md", "# Project\n")]);
    let before = repo.fingerprint();

    let docs = repo.gate("check --format json");
    docs.exits(0);
    let names = [LONG, ODD, "doomed", "vanishes"];
    let mut identical: Vec<String> = names.map(|name| format!("{name}=identical allow")).to_vec();
    identical.sort();
    let mut states = docs.states();
    states.sort();
    assert_eq!(states, identical, "{docs}");
    assert_eq!(docs.json()["cost"]["measure_s"], 0.0);
    assert_eq!(docs.json()["cost"]["launches"], 0);
    assert_eq!(repo.fingerprint(), before);

    // Uncommitted: one is twice as slow, one panics, one has gone, one is new.
    let head = benches(
        5000,
        "c.bench_function(\"doomed\", |b| b.iter(|| panic!(\"out of luck\")));\n    c.bench_function(\"fresh\", |b| b.iter(|| work(50)));",
    );
    repo.write("benches/work.rs", &head);
    let changed = git_in(repo.root(), &["status", "--porcelain"]);
    let run = repo.gate("check --format json --threshold 50% --max-rounds 6 --layouts 2");
    run.exits(1);
    let mut states = run.states();
    states.sort();
    assert_eq!(states, ["doomed=failed deny", "fresh=new allow", "vanishes=missing deny"]);
    assert!(run.detail("doomed").contains("out of luck"), "{run}");
    assert_eq!(run.verdicts().len(), 2, "{run}");
    assert!(run.verdicts().contains(&format!("{ODD} wall-time=regression")), "{run}");
    assert!(!run.verdicts().contains(&format!("{LONG} wall-time=regression")), "{run}");
    assert!(run.json()["comparisons"][0]["warnings"].to_string().contains("benchmark-changed"), "{run}");
    assert_eq!(git_in(repo.root(), &["status", "--porcelain"]), changed);
    assert!(!repo.root().join("target").exists(), "nothing is built in the user's folder");

    // A head that does not compile shows the compiler's words.
    repo.write("src/lib.rs", "pub fn broken() -> u32 { \"no number\" }\n");
    let run = repo.gate("check --format json");
    run.exits(2);
    assert!(run.detail("*").contains("mismatched types"), "{run}");
}
