//! Histories of other tools: imported, imported again, compared with.

use crate::world::{Repo, Run};
use std::fs;
use std::path::PathBuf;

/// Prints two benchmarks in harness `plain`, of which `sort` takes as long as the file `work` says, within 0.5 %.
const BENCH: &str = r#"
n=$(od -An -N2 -tu2 /dev/urandom)
echo 'benchmark,metric,unit,value'
for row in "sort $(cat work)" "parse 100"; do
    set -- $row
    awk -v n="$n" -v b="$1" -v w="$2" 'BEGIN { print b ",wall-time,ms," w * (1 + n % 11 / 2000) }'
done
"#;

const TOML: &str = "[[suite]]\nname = 's'\nharness = 'plain'\nrun = 'sh bench.sh'\n[gate]\nmax-rounds = 10\n";

/// What is in a history and must not be anywhere else.
const SECRETS: [&str; 4] = ["ada@example.org", "Ada L", "example.invalid", "a message"];

fn repo() -> Repo {
    Repo::new()
        .commit("base", &[("benchgate.toml", TOML), ("bench.sh", BENCH), ("work", "100")])
        .commit("head", &[("work", "112")])
}

/// `data.js` of `runs` daily runs, 100 ms within 0.5 %, in the suites `Rust Benchmark` and `Other`.
pub(crate) fn data_js(runs: u64) -> String {
    let entries = |scale: f64| -> String {
        let entries = (0..runs).map(|n| {
            let bench = |name: &str| {
                let value = scale * (1.0 + (n * 7 % 11) as f64 / 2000.0);
                format!(r#"{{"name":"{name}","value":{value},"unit":"ms/iter","range":"± 3","extra":"a message"}}"#)
            };
            let who = r#"{"email":"ada@example.org","name":"Ada L","username":"ada"}"#;
            format!(
                r#"{{"commit":{{"author":{who},"committer":{who},"id":"{n:040x}","message":"a message","url":"https://example.invalid/{n}"}},"date":{},"tool":"cargo","benches":[{},{}]}}"#,
                1_704_067_200_000 + n * 86_400_000,
                bench("sort"),
                bench("parse")
            )
        });
        entries.collect::<Vec<_>>().join(",\n")
    };
    let (one, other) = (entries(100.0), entries(7.0));
    format!(
        "window.BENCHMARK_DATA = {{\"repoUrl\":\"https://example.invalid\",\"entries\":{{\"Rust Benchmark\":[{one}],\"Other\":[{other}]}}}}"
    )
}

fn given(repo: &Repo, runs: u64) -> String {
    let path = repo.outside().join("data.js");
    fs::write(&path, data_js(runs)).unwrap();
    path.display().to_string()
}

fn import(repo: &Repo, file: &str, more: &[&str]) -> Run {
    repo.gate_words(&[&["import", file], more].concat())
}

fn stored(repo: &Repo) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(repo.root().join("baselines")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

const ONE: [&str; 4] = ["--suite", "Rust Benchmark", "--into", "s"];

#[test]
fn a_slowdown_shows_against_an_imported_history() {
    let repo = repo();
    let file = given(&repo, 12);
    let paired = repo.gate("check --base HEAD~1 --format json");
    let class = paired.exits(1).json()["environment"]["class"].as_str().unwrap().to_owned();
    let run = import(&repo, &file, &[&ONE[..], &["--class", &class]].concat());
    run.exits(0).prints("s: 12 runs stored in").prints("2 benchmarks, from 2024-01-01 to 2024-01-12");
    assert!(!run.stdout.contains("aside"), "{run}");
    let repo = repo.commit("history", &[]).commit("slower", &[("work", "130")]);
    let run = repo.gate("check --base HEAD~1 --against stored --format json");
    run.exits(1);
    let report = run.json();
    assert_eq!(report["base"]["source"], "baseline", "{run}");
    assert!(run.verdicts().contains(&"sort wall-time=regression".to_owned()), "{run}");
    assert!(!run.verdicts().contains(&"parse wall-time=regression".to_owned()), "{run}");
    let text = fs::read_to_string(&stored(&repo)[0]).unwrap();
    assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
}

#[test]
fn a_history_imported_again_adds_what_is_new() {
    let repo = repo();
    let file = given(&repo, 40);
    import(&repo, &file, &[]).exits(0).prints("Other: 40 runs").prints("Rust Benchmark: 40 runs").prints("aside");
    let before: Vec<String> = stored(&repo).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(before.len(), 2);
    import(&repo, &file, &[]).exits(0).prints("Other: 0 runs").prints("40 runs were there already");
    let after: Vec<String> = stored(&repo).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert_eq!(before, after);
    given(&repo, 41);
    import(&repo, &file, &["--suite", "Other"]).exits(0).prints("Other: 1 runs");
    repo.gate("baseline list").exits(0).prints("Other  41 runs").prints("Rust Benchmark  40 runs");
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let repo = repo();
    let file = given(&repo, 3);
    import(&repo, &file, &["--dry-run"]).exits(0).prints("Other: 3 runs would be stored in Other--imported.json");
    assert!(stored(&repo).is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused_and_leaves_nothing() {
    let repo = repo();
    let file = given(&repo, 3);
    for (flags, complaint) in [
        (&["--suite", "Rest"][..], "no suite 'Rest' in these files; there are: 'Other', 'Rust Benchmark'"),
        (&["--into", "s"], "--into takes one suite; choose it with --suite: 'Other', 'Rust Benchmark'"),
        (&["--class", "../x"], "--class takes letters"),
        (&["--metric", "wall-time"], "--metric takes two names"),
        (&["--metric", "wall-time=max-rss"], "wall-time is no max-rss: it is in s"),
        (&["--metric", "latency=wall-time"], "no value of metric 'latency'"),
    ] {
        import(&repo, &file, flags).exits(2).says(complaint);
    }
    let twins = data_js(3).replace("\"Other\"", "\"Rust_Benchmark\"");
    fs::write(&file, twins).unwrap();
    import(&repo, &file, &[]).exits(2).says("two suites would share a file");
    fs::write(&file, &data_js(3)[..900]).unwrap();
    import(&repo, &file, &[]).exits(2).says("data.js:");
    import(&repo, "nowhere.js", &[]).exits(2).says("nowhere.js");
    assert!(stored(&repo).is_empty());
}

#[test]
fn what_is_left_out_is_said_and_a_history_of_nothing_is_no_success() {
    let repo = repo();
    let file = given(&repo, 3);
    let broken = data_js(3).replace("\"value\":7,", "\"value\":0,");
    fs::write(&file, broken).unwrap();
    import(&repo, &file, &["--suite", "Other"])
        .exits(0)
        .prints("Other: 2 runs")
        .prints("2 left out: zero, negative or not finite")
        .prints("data.js: entries.'Other'[0].benches[0]")
        .prints("no [[suite]] is called so");
    let nothing = data_js(1).replace("\"value\":7,", "\"value\":-1,");
    fs::write(&file, nothing).unwrap();
    import(&repo, &file, &["--suite", "Other", "--into", "s"]).exits(2).prints("s: 0 runs");
    assert_eq!(stored(&repo).len(), 1);
}

#[test]
fn a_metric_takes_the_name_that_the_project_has_for_it() {
    let repo = repo();
    let named = |name: &str| format!(r#"{{"uuid":"u","name":"{name}","slug":"{name}"}}"#);
    let point = r#"{"report":"r1","iteration":0,"start_time":"2024-01-01T00:00:00Z","end_time":"2024-01-01T00:01:00Z","version":{"number":0,"hash":null},"metric":{"uuid":"u","value":7}}"#;
    let perf = format!(
        r#"{{"project":{},"results":[{{"branch":{},"testbed":{},"benchmark":{},"measure":{{"name":"Latency","slug":"latency","units":"nanoseconds (ns)"}},"metrics":[{point}]}}]}}"#,
        named("p"),
        named("main"),
        named("ci"),
        named("sort")
    );
    let file = repo.outside().join("perf.json");
    fs::write(&file, perf).unwrap();
    let file = file.display().to_string();
    import(&repo, &file, &["--into", "s", "--metric", "latency=wall-time"]).exits(0).prints("s: 1 runs");
    repo.gate("baseline show s").exits(0).prints("version 0").prints("sort wall-time [s]: 7e-9");
}
