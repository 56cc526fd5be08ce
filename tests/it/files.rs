//! Commands that judge or show files, and those that explain the program itself.

use crate::world::{Repo, suite, suite_with, writes};
use std::path::PathBuf;

fn fixture(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name).display().to_string()
}

/// A folder that is no repository: none is needed here.
fn nowhere() -> Repo {
    Repo::folder("plain")
}

#[test]
fn two_hyperfine_files_are_judged_without_a_repository() {
    let (base, head) = (fixture("hyperfine/1.20.0/base.json"), fixture("hyperfine/1.20.0/head_slow40.json"));
    let run = nowhere().gate(&format!("compare {base} {head} --format json"));
    run.exits(1);
    assert!(run.verdicts().iter().any(|verdict| verdict.ends_with("wall-time=regression")), "{run}");
    let report = run.json();
    assert_eq!((&report["base"]["source"], &report["base"]["revision"]), (&"file".into(), &base.clone().into()));
    assert!(report["comparisons"][0]["warnings"].to_string().contains("not-interleaved"), "{run}");
    let run = nowhere().gate(&format!("compare {head} {base} --format json"));
    run.exits(0);
    assert!(run.verdicts().iter().any(|verdict| verdict.ends_with("wall-time=improvement")), "{run}");
    nowhere().gate(&format!("compare {base} {base}")).exits(0);
}

#[test]
fn two_criterion_folders_are_judged() {
    let (base, head) = (fixture("criterion/0.8.2/tree_base"), fixture("criterion/0.8.2/tree_head_slow40"));
    let run = nowhere().gate(&format!("compare {base} {head} --format json --threshold 5%"));
    assert!(matches!(run.status.code(), Some(0 | 1)), "{run}");
    assert!(run.verdicts().len() >= 3, "{run}");
    assert!(run.verdicts().iter().all(|verdict| verdict.contains("wall-time=")), "{run}");
    let run = nowhere().gate(&format!("compare {base} {base} --format json"));
    run.exits(0);
    assert!(!run.verdicts().iter().any(|verdict| verdict.ends_with("=regression")), "{run}");
}

#[test]
fn files_with_nothing_in_common_are_an_error() {
    let (a, b) = (fixture("hyperfine/1.20.0/base.json"), fixture("criterion/0.8.2/tree_base"));
    nowhere().gate(&format!("compare {a} {b}")).exits(2).says("nothing to compare");
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_place() {
    let truncated = fixture("hyperfine/1.20.0/edge_truncated.json");
    nowhere().gate(&format!("show {truncated}")).exits(2).says("edge_truncated.json:");
    nowhere().gate(&format!("compare {truncated} {truncated}")).exits(2).says("edge_truncated.json:");
    nowhere().gate("show no-such-file.json").exits(2).says("no-such-file.json");
    nowhere().gate("report no-such-record.json").exits(2).says("no-such-record.json");
    let base = fixture("hyperfine/1.20.0/base.json");
    nowhere().gate(&format!("show {base} --harness nonsense")).exits(2).says("nonsense");
    nowhere().gate(&format!("report {base}")).exits(2).says("no run record");
}

#[test]
fn show_prints_what_was_understood_with_the_names_that_were_promised() {
    for name in ["hyperfine/1.20.0/base.json", "hyperfine/1.15.0/base.json", "criterion/0.8.2/tree_base"] {
        let run = nowhere().gate(&format!("show {} --format json", fixture(name)));
        run.exits(0);
        let shown = run.json();
        assert_eq!(shown["schema"], 1);
        let measurements = shown["measurements"].as_array().unwrap();
        assert!(!measurements.is_empty(), "{run}");
        for one in measurements {
            for name in ["suite", "benchmark", "metric", "unit", "better"] {
                assert!(one[name].is_string(), "{name}: {one}");
            }
            for name in ["n", "launches", "mean", "median", "sd"] {
                assert!(one[name].is_number(), "{name}: {one}");
            }
            for name in ["p25", "p50", "p95"] {
                assert!(one["quantiles"][name].is_number(), "{name}: {one}");
            }
        }
        nowhere().gate(&format!("show {}", fixture(name))).exits(0).prints("wall-time");
        nowhere().gate(&format!("show {} --format markdown", fixture(name))).exits(0).prints("|");
    }
}

#[test]
fn a_record_judged_again_gives_the_same_answer() {
    let toml = suite(&[("steady", "sh steady.sh"), ("grows", "sh grows.sh")])
        + &suite_with("", &[("naps", "sh naps.sh")]).replace("'s'", "'t'");
    let repo = Repo::new()
        .commit(
            "base",
            &[
                ("benchgate.toml", &toml),
                ("steady.sh", &writes(1000)),
                ("grows.sh", &writes(1000)),
                ("naps.sh", "sleep 0.07"),
            ],
        )
        .commit("head", &[("grows.sh", &writes(2000)), ("naps.sh", "sleep 0.2")]);
    let record = repo.outside().join("record.json").display().to_string();
    let check = repo.gate(&format!("check --base HEAD~1 --format json --max-rounds 6 --record {record}"));
    check.exits(1);
    let report = repo.gate(&format!("report {record} --format json"));
    report.exits(1);
    let (first, again) = (check.json(), report.json());
    for name in ["outcome", "base", "head", "environment", "comparisons", "states", "budgets"] {
        assert_eq!(first[name], again[name], "{name}");
    }
    let lax = repo.gate(&format!("report {record} --format json --threshold 900%"));
    lax.exits(0);
    assert!(!lax.verdicts().iter().any(|verdict| verdict.ends_with("=regression")), "{lax}");
    // A record is a result file like any other.
    repo.gate(&format!("show {record} --format json")).exits(0).prints("naps");
    repo.gate(&format!("compare {record} {record}")).exits(0);
}

#[test]
fn two_runs_of_two_revisions_are_compared() {
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &suite(&[("a", "sh a.sh")])), ("a.sh", &writes(1000))])
        .commit("head", &[("a.sh", &writes(2000))]);
    let path = |name: &str| repo.outside().join(name).display().to_string();
    let (base, head) = (path("base.json"), path("head.json"));
    repo.gate(&format!("run --rev HEAD~1 --launches 3 --record {base}")).exits(0).prints("1 rows");
    repo.gate(&format!("run --launches 3 --record {head}")).exits(0);
    let run = repo.gate(&format!("compare {base} {head} --format json"));
    run.exits(1);
    assert_eq!(run.verdicts(), ["a bytes-written=regression"]);
}

#[test]
fn every_word_that_is_listed_is_explained() {
    let words = nowhere().gate("explain");
    words.exits(0);
    let words: Vec<&str> = words.stdout.lines().collect();
    for word in ["regression", "identical", "timed-out", "drift", "pass", "3"] {
        assert!(words.contains(&word), "{word} is not listed: {words:?}");
    }
    for word in words {
        let run = nowhere().gate_words(&["explain", word]);
        run.exits(0);
        if word.starts_with("grafana") {
            assert!(run.json()["panels"].is_array(), "{run}");
            continue;
        }
        run.prints(word);
        assert!(run.stdout.len() > word.len() + 8, "{run}");
    }
    nowhere().gate("explain nonsense").exits(2).says("nothing is called 'nonsense'");
}

#[test]
fn completions_name_the_commands_in_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let run = nowhere().gate(&format!("completions {shell}"));
        run.exits(0).prints("compare").prints("benchgate");
    }
    nowhere().gate("completions cmd.exe").exits(2);
}

#[test]
fn the_manual_has_every_command_in_one_page_or_in_many() {
    let repo = nowhere();
    let page = repo.gate("man");
    page.exits(0).prints(".TH benchgate 1 ").prints(".SH \"BENCHGATE BASELINE LIST\"").prints("\\-\\-max\\-rounds");
    assert!(!page.stdout.contains("WORKLOAD"), "a hidden command is in the manual");
    repo.gate("man pages").exits(0);
    let mut pages: Vec<String> = std::fs::read_dir(repo.root().join("pages"))
        .unwrap()
        .map(|file| file.unwrap().file_name().display().to_string())
        .collect();
    pages.sort();
    for command in ["benchgate", "benchgate-check", "benchgate-baseline-prune", "benchgate-man"] {
        assert!(pages.contains(&format!("{command}.1")), "{command}: {pages:?}");
    }
    assert_eq!(pages.len(), page.stdout.matches(".SH \"BENCHGATE ").count() + 1);
}

#[test]
fn every_command_has_help_without_loose_ends() {
    let top = nowhere().gate("--help");
    top.exits(0).prints("Exit status");
    let names = top.stdout.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let names: Vec<String> = names
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect();
    assert!(names.len() >= 10, "{names:?}");
    let nested = ["baseline list", "baseline show", "baseline prune"].map(str::to_owned);
    for name in names.iter().chain(&nested) {
        let help = nowhere().gate(&format!("{name} --help"));
        help.exits(0).prints("Usage: benchgate");
        assert!(!help.stdout.contains("TODO") && help.stderr.is_empty(), "{help}");
        assert!(help.stdout.lines().next().is_some_and(|line| line.len() > 10), "{help}");
    }
    nowhere().gate("").exits(2);
    nowhere().gate("chekc").exits(2).says("check");
    nowhere().gate("--version").exits(0).prints("benchgate ");
}

#[test]
fn pictures_are_written_beside_the_answer() {
    let (base, head) = (fixture("hyperfine/1.20.0/base.json"), fixture("hyperfine/1.20.0/head_slow40.json"));
    let place = nowhere();
    let folder = place.outside().join("new/plots");
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (plots, svg) = (folder.display().to_string(), place.outside().join("effects.svg"));
    place.gate(&format!("compare {base} {head} --plots {plots} -o {}", svg.display())).exits(1);
    assert_eq!(std::fs::read(svg).unwrap(), file("effects-light.svg"));
    let names = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<std::collections::BTreeSet<_>>()
    };
    let first = names();
    assert!(first.iter().any(|name| name.starts_with("before-after-01-") && name.ends_with("-dark.svg")), "{first:?}");
    assert!(!first.iter().any(|name| name.starts_with("rounds-")), "nothing is paired here: {first:?}");
    for name in &first {
        let content = file(name);
        let begin: &[u8] = if std::path::Path::new(&name).extension().is_some_and(|suffix| suffix == "svg") {
            b"<svg xmlns="
        } else {
            b"\x89PNG\r\n"
        };
        assert!(content.starts_with(begin), "{name}");
    }
    // The same files give the same bytes; what is not drawn again goes, what is not ours stays.
    let before = file("effects-dark.png");
    std::fs::write(folder.join("mine.svg"), "").unwrap();
    std::fs::write(folder.join("rounds-19-gone-dark.svg"), "").unwrap();
    place.gate(&format!("compare {base} {head} --plots {plots}")).exits(1);
    assert!(before == file("effects-dark.png"));
    assert_eq!(names(), first.into_iter().chain(["mine.svg".to_owned()]).collect());
}

#[test]
fn pictures_are_refused_before_anything_is_read() {
    let base = fixture("hyperfine/1.20.0/base.json");
    nowhere()
        .gate(&format!("show {base} --plots plots"))
        .exits(2)
        .says("--plots goes with check, compare, report, trend and try");
    nowhere().gate("compare no-such.json no-such.json --plots /dev/null/plots").exits(2).says("'/dev/null/plots");
    nowhere().gate("check --dry-run --plots plots").exits(2).says("--plots");
}

#[test]
fn no_answer_replaces_what_is_read_or_written_otherwise() {
    let place = nowhere();
    let (base, head) = (fixture("hyperfine/1.20.0/base.json"), fixture("hyperfine/1.20.0/head_slow40.json"));
    place.write("head.json", std::fs::read(&head).unwrap());
    place.gate(&format!("compare {base} head.json -o ./head.json")).exits(2).says("'./head.json' is named twice");
    assert_eq!(std::fs::read(place.root().join("head.json")).unwrap(), std::fs::read(&head).unwrap());
    place.gate(&format!("compare {base} {head} -o a.json -o ./a.json")).exits(2).says("is named twice");
    place.gate("check --record r.json -o r.json").exits(2).says("is named twice");
    std::fs::create_dir(place.root().join("folder.md")).unwrap();
    place.gate(&format!("compare {base} {head} -o folder.md")).exits(2).says("is a folder; name a file");
}

#[test]
fn a_complaint_is_no_command_to_whoever_reads_the_log() {
    let place = nowhere();
    place.write(
        "report.json",
        r#"{"schema":1,"comparisons":[],"outcome":"\n::stop-commands::x\u001b[31m","rows":null}"#,
    );
    let run = place.gate("report report.json");
    run.exits(2);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
    assert!(!run.stderr.lines().any(|line| line.trim_start().starts_with("::")), "{:?}", run.stderr);
}
