//! The page in a real browser: pages of the real binary, read by Chromium as a person with mouse, keyboard or screen reader does.
//!
//! `tests/browser/page.mjs` holds what is asserted there. Without Chromium, Node.js and npm the test is skipped; `./test`
//! installs them.

pub(crate) mod records;

use crate::world::{Repo, alone};
use fastrand::Rng;
use records::{Spec, many, metric, record};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text that tries everything.
const HOSTILE: &str = "a|b`c``<img src=x onerror=alert(1)>&\u{1b}[31m\u{202e}evil\u{202c}\n## head\r\t**bold** @torvalds #123 https://evil.example [x](y)\\";

const POLICY: &str = r#"
[[suite]]
name = "parser"
harness = "command"
[[suite.command]]
name = "x"
run = "true"

[[budget]]
benchmark = "api/search"
metric = "latency-p99"
max = "8ms"

[[budget]]
benchmark = "api/search"
metric = "latency"
max = "100ms"

[[waiver]]
benchmark = "parser/waived"
metric = "wall-time"
ceiling = "30%"
until = 2999-01-01
reason = "UTF-8 validation, see #123"
"#;

/// Rows of every method and verdict, states, budgets and a waiver.
fn mixed() -> String {
    let mut rng = Rng::with_seed(3);
    let wall = metric("wall-time", "s", "lower");
    let mut rows = Vec::new();
    let mut add = |suite, benchmark: &str, metric: Value, level, ratio, spread, design| {
        let launches = if design == "stored" { [12, 8] } else { [20, 20] };
        rows.push(Spec { suite, benchmark, metric, launches, level, ratio, spread, design }.row(&mut rng));
    };
    for i in 0..24 {
        add("codec", &format!("lex/{i:02}"), wall.clone(), 1e-5 * f64::from(i + 1), 1.0, 0.01, "paired");
    }
    for (benchmark, ratio, spread) in
        [("large/1024", 1.083, 0.01), ("small", 0.9, 0.01), ("tiny", 1.03, 0.1), ("waived", 1.2, 0.01)]
    {
        add("parser", benchmark, wall.clone(), 1e-3, ratio, spread, "paired");
    }
    for (name, level, ratio) in
        [("latency", 8e-4, 1.0), ("latency-p90", 2e-3, 1.05), ("latency-p99", 7e-3, 1.25), ("latency-p99.9", 2e-2, 1.5)]
    {
        add("api", "search", metric(name, "s", "lower"), level, ratio, 0.01, "paired");
    }
    add("api", "search", metric("throughput", "1/s", "higher"), 12_340.0, 0.8, 0.01, "paired");
    add("db", "insert", wall.clone(), 2e-2, 1.0, 0.01, "unpaired");
    add("db", "select", wall, 2e-2, 1.4, 0.01, "stored");
    let state = |benchmark: &str, state: &str, detail: &str| json!({"suite": "parser", "benchmark": benchmark, "state": state, "side": "head", "detail": detail});
    let states = [
        state("broken", "failed", "thread 'main' panicked at benches/parse.rs:41:9:\nindex out of bounds"),
        state("gone", "missing", "declared nowhere as removed"),
        state("new", "new", ""),
        state("same/1", "identical", ""),
        state("same/2", "identical", ""),
    ];
    record(rows, &states)
}

/// Names that try to be something else.
fn hostile() -> String {
    let mut rng = Rng::with_seed(5);
    let long = "x".repeat(10_000);
    let names = [
        HOSTILE,
        &long,
        "</script><script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "::error file=a::b",
        "]]><!--",
        "مرحبا/parse",
        "{{rows}}",
        "&amp;&lt;",
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    ];
    let row = |(i, name): (usize, &&str)| {
        let metric = metric(if i % 3 == 0 { HOSTILE } else { "wall-time" }, "s", "lower");
        let suite = if i % 2 == 0 { "suite" } else { HOSTILE };
        let ratio = [1.3, 1.0, 0.8][i % 3];
        Spec { suite, benchmark: name, metric, launches: [20; 2], level: 1e-3, ratio, spread: 0.01, design: "paired" }
            .row(&mut rng)
    };
    let rows = names.iter().enumerate().map(row).collect();
    let detail = format!("{HOSTILE}\n</pre></details><b>bold</b>");
    let state = json!({"suite": HOSTILE, "benchmark": long, "state": "failed", "side": "head", "detail": detail});
    record(rows, &[state])
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(scripts) = scripts() else {
        assert!(std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "it takes Chromium, Node.js and npm");
        eprintln!("skipped: it takes Chromium, Node.js and npm");
        return;
    };
    let same = |i: usize| json!({"suite": "cli", "benchmark": format!("same/{i:02}"), "state": "identical", "side": null, "detail": ""});
    let repo = Repo::folder("page");
    repo.write("benchgate.toml", POLICY);
    for (name, text, status) in [
        ("mixed", mixed(), 1),
        ("hostile", hostile(), 1),
        ("large", many(5_000, 30), 1),
        ("identical", record(Vec::new(), &(0..44).map(same).collect::<Vec<_>>()), 0),
        ("error", record(Vec::new(), &[]), 2),
    ] {
        repo.write(&format!("{name}.json"), text);
        repo.gate(&format!("report {name}.json -q -o {name}.html")).exits(status);
    }
    let again = std::fs::read(repo.root().join("mixed.html")).unwrap();
    repo.gate("report mixed.json -q -o mixed.html").exits(1);
    assert!(again == std::fs::read(repo.root().join("mixed.html")).unwrap(), "same report, same bytes");

    let mut node = Command::new("node");
    node.arg(scripts.join("page.mjs")).arg(repo.root());
    let alone = alone();
    let output = node.output().unwrap();
    drop(alone);
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", words(&output.stdout), words(&output.stderr));
}

/// The folder of the browser's scripts with their packages installed; `None` where there is nothing to run them.
pub(crate) fn scripts() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let runs =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !runs("node") || !runs("npm") || !Path::new("/usr/bin/chromium").exists() {
        return None;
    }
    let installed = here.join("node_modules/.package-lock.json");
    let age = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    if age(&installed).is_none_or(|installed| Some(installed) < age(&here.join("package-lock.json"))) {
        let output =
            Command::new("npm").args(["ci", "--ignore-scripts", "--silent"]).current_dir(&here).output().unwrap();
        assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    }
    Some(here)
}
