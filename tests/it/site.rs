//! The site, written by the real binary and read by Chromium as a person with mouse or keyboard does.
//!
//! `tests/browser/site.mjs` holds what is asserted there. Without Chromium, Node.js and npm that test is skipped; `./test`
//! installs them.

use crate::page::scripts;
use crate::world::{Repo, alone};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// A run every six hours, each with a commit of its own.
fn label(run: usize) -> String {
    let commit = format!("{:08x}{run:032x}", (run as u32).wrapping_mul(2_654_435_761));
    format!("{commit},2026-{:02}-{:02}T{:02}:00:00Z", 1 + run / 112, 1 + run / 4 % 28, 6 * (run % 4))
}

/// Titles with their level, noise, and the changes of that level: the run, and the factor.
type Series<'a> = (&'a str, f64, f64, &'a [(usize, f64)]);

/// A table of so many runs; from `turn` on it is another machine, and one run in forty lacks a value.
fn table(series: &[Series<'_>], runs: usize, turn: usize) -> String {
    let mut rng = Rng::with_seed(5);
    let quoted = |title: &str| format!("\"{}\"", title.replace('"', "\"\""));
    let titles: Vec<String> = series.iter().map(|(title, ..)| quoted(title)).collect();
    let mut text = format!("commit,time,environment,{}\n", titles.join(","));
    for run in 0..runs {
        write!(text, "{},{}", label(run), if run < turn { "old-machine" } else { "new-machine" }).unwrap();
        for (_, level, noise, steps) in series {
            let factor: f64 = steps.iter().filter(|(from, _)| run >= *from).map(|(_, factor)| factor).product();
            let value = level * factor * (1.0 + noise * (rng.f64() + rng.f64() + rng.f64() - 1.5));
            if rng.usize(..40) == 0 { text.push(',') } else { write!(text, ",{value:.7e}").unwrap() }
        }
        text.push('\n');
    }
    text
}

fn project(runs: usize) -> String {
    let series: [Series<'_>; 7] = [
        ("parser/parse wall-time [s, lower]", 1e-3, 0.01, &[(60, 1.2), (150, 0.8)]),
        ("parser/parse max-rss [B, lower]", 2e7, 0.002, &[]),
        ("parser/print wall-time [s, lower]", 3e-6, 0.02, &[]),
        ("codec/encode wall-time [s, lower]", 2e-4, 0.01, &[(170, 1.3)]),
        ("codec/decode throughput [1/s, higher]", 8e5, 0.01, &[(130, 0.9)]),
        ("codec/decode instructions [1, lower]", 4e6, 0.0, &[]),
        ("cli/help wall-time [s, lower]", 4e-3, 0.03, &[]),
    ];
    table(&series, runs, 100)
}

fn hostile() -> String {
    let series: [Series<'_>; 6] = [
        ("s/</script><img src=x onerror=alert(1)> wall-time [s, lower]", 1e-3, 0.01, &[(30, 1.5)]),
        ("s/javascript:alert(1)", 1.0, 0.01, &[]),
        (
            "s/مرحبا/漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
            1.0,
            0.01,
            &[(30, 0.5)],
        ),
        ("__proto__ constructor [s]", 1e300, 0.01, &[]),
        ("{{title}} ]]> <!-- & \"quoted\"", 1e-300, 0.01, &[]),
        ("s/nothing", 0.0, 0.01, &[]),
    ];
    table(&series, 60, 60)
}

/// A machine that comes back after another one, a series of no known direction, and one that ends.
fn turns() -> String {
    let mut rng = Rng::with_seed(6);
    let mut text =
        "commit,time,environment,\"a/rate throughput [1/s, higher]\",plain,\"a/gone wall-time [s, lower]\"\n"
            .to_owned();
    for run in 0..120 {
        let machine = if (50..90).contains(&run) { "another-machine" } else { "first-machine" };
        let mut noise = || 1.0 + 0.01 * (rng.f64() + rng.f64() + rng.f64() - 1.5);
        let rate = if run < 30 { 5e5 } else { 4e5 } * noise();
        let plain = if run < 90 { 1.0 } else { 1.2 } * noise();
        let gone = if run < 80 { format!("{:.4e}", 1e-3 * noise()) } else { String::new() };
        writeln!(text, "{},{machine},{rate:.4e},{plain:.4e},{gone}", label(run)).unwrap();
    }
    text
}

/// Every file of a folder with its content.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_site_works_in_a_browser() {
    let Some(scripts) = scripts() else {
        assert!(std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "it takes Chromium, Node.js and npm");
        eprintln!("skipped: it takes Chromium, Node.js and npm");
        return;
    };
    let repo = Repo::folder("site");
    let names: Vec<String> = (0..2_000).map(|i| format!("suite-{}/bench/{i:04}", i % 40)).collect();
    let steps = [(12, 1.4)];
    let many: Vec<Series<'_>> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (name.as_str(), 1e-3, 0.01, if i % 50 == 0 { &steps[..] } else { &[] }))
        .collect();
    repo.write("project.csv", project(200)).write("hostile.csv", hostile()).write("large.csv", table(&many, 24, 24));
    let url = "https://github.com/owner/name/commit/{commit}";
    for name in ["project", "hostile", "large"] {
        let from = format!("{name}.csv");
        let words = [
            "site",
            "--from",
            &from,
            "-o",
            name,
            "--title",
            "my project",
            "--commit-url",
            url,
            "-q",
            "--better",
            "lower",
        ];
        repo.gate_words(&words).exits(0);
    }
    repo.write("turns.csv", turns()).gate("site --from turns.csv -o turns -q").exits(0);
    repo.write("single.csv", "commit,a,b\nabcdef1,5,\n").gate("site --from single.csv -o single -q").exits(0);
    let mut node = Command::new("node");
    node.arg(scripts.join("site.mjs")).arg(repo.root());
    let alone = alone();
    let output = node.output().unwrap();
    drop(alone);
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", words(&output.stdout), words(&output.stderr));
}

#[test]
fn the_same_history_is_the_same_site_and_a_longer_one_replaces_it() {
    let repo = Repo::new();
    repo.write("short.csv", project(180)).write("long.csv", project(200));
    repo.gate("site --from long.csv -o one").exits(0).prints("7 series in 11 files").prints("11 written");
    repo.gate("site --from short.csv -o two").exits(0);
    // What others keep beside it stays.
    repo.write("two/CNAME", "bench.example.org").write("two/series/notes.txt", "mine");
    repo.gate("site --from long.csv -o two").exits(0);
    repo.gate("site --from long.csv -o two").exits(0).prints("0 written");
    let (one, mut two) = (files(&repo.root().join("one")), files(&repo.root().join("two")));
    assert!(two.remove("CNAME").is_some() && two.remove("series/notes.txt").is_some());
    assert!(one == two, "{:?} {:?}", one.keys(), two.keys());
    assert_eq!(one.len(), 12, "index, mark, overview, runs, .nojekyll, and a file per series");
}

#[test]
fn what_an_earlier_site_left_goes_and_nothing_else() {
    let repo = Repo::new();
    let cut = |line: &str| {
        line.rsplit_once(if line.starts_with("commit") { ",\"" } else { "," }).unwrap().0.to_owned() + "\n"
    };
    let fewer: String = project(120).lines().map(cut).collect();
    repo.write("all.csv", project(120)).write("fewer.csv", fewer);
    repo.gate("site --from all.csv -o out").exits(0);
    let before = files(&repo.root().join("out"));
    repo.write("outside/kept.js", "mine");
    repo.gate("site --from fewer.csv -o out").exits(0).prints("1 removed");
    let after = files(&repo.root().join("out"));
    let gone: Vec<&String> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    assert!(gone.len() == 1 && gone[0].starts_with("series/cli-help-wall-time-"), "{gone:?}");
    // A mark that names what no site writes removes nothing of it.
    let mark = std::fs::read_to_string(repo.root().join("out/benchgate-site.json")).unwrap();
    repo.write(
        "out/benchgate-site.json",
        mark.replace("\"files\": [", "\"files\": [\"../outside/kept.js\", \"series/../../outside/kept.js\","),
    );
    repo.gate("site --from fewer.csv -o out").exits(0);
    assert!(repo.root().join("outside/kept.js").exists());
}

#[test]
fn a_folder_of_others_is_refused_before_anything_is_read() {
    let repo = Repo::new();
    repo.write("docs/index.html", "<h1>mine</h1>");
    repo.gate("site -o docs").exits(2).says("'docs' holds 'index.html', which no `benchgate site` wrote");
    assert_eq!(std::fs::read(repo.root().join("docs/index.html")).unwrap(), b"<h1>mine</h1>");
    repo.gate("site").exits(2).says("name the folder that the site goes into, with -o DIR");
    repo.gate("site -o a -o b").exits(2).says("one folder");
    repo.gate("site -o out").exits(2).says("no baseline in");
    assert!(!repo.root().join("out").exists(), "nothing is made for nothing");
    let words = ["site", "-o", "out", "--commit-url", "javascript:alert(1)"];
    repo.gate_words(&words).exits(2).says("is not the address of a commit");
    repo.write("newer/benchgate-site.json", "{\"schema\": 99, \"tool\": \"benchgate 9\", \"files\": []}");
    repo.gate("site -o newer").exits(2).says("schema 99 is newer");
    repo.write("cut/benchgate-site.json", "{\"sche");
    repo.gate("site -o cut").exits(2).says("benchgate-site.json' is damaged").says("or empty the folder");
    repo.write("a-file", "x");
    repo.gate("site -o a-file").exits(2).says("cannot access 'a-file'");
}

#[test]
fn commits_lead_to_the_remote_without_its_secrets() {
    let repo = Repo::new();
    repo.git("remote add origin https://x-access-token:verysecret@github.com/owner/name.git");
    repo.write("history.csv", project(60));
    repo.gate("site --from history.csv -o out").exits(0);
    let all = files(&repo.root().join("out"));
    let overview = String::from_utf8(all["data/overview.js"].clone()).unwrap();
    assert!(
        overview.contains("\"commit_url\":\"https://github.com/owner/name/commit/{commit}\""),
        "{}",
        &overview[..300]
    );
    assert!(overview.contains("\"title\":\"project\""), "the repository's name");
    let secret = |content: &Vec<u8>| String::from_utf8_lossy(content).contains("verysecret");
    assert!(!all.values().any(secret));
}
