//! `check` on ordinary repositories: what it measures, what it answers, where it writes.

use crate::world::{Repo, files_with, suite, suite_with, writes};
use serde_json::Value;
use std::fs;
use std::process::Stdio;

/// Two benchmarks, of which head doubles the second.
fn doubled() -> Repo {
    let (thousand, two) = (writes(1000), writes(2000));
    let toml = suite(&[("steady", "sh steady.sh"), ("grows", "sh grows.sh")]);
    Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("steady.sh", &thousand), ("grows.sh", &thousand)])
        .commit("head", &[("grows.sh", &two)])
}

const DOUBLED: [&str; 2] = ["grows bytes-written=regression", "steady bytes-written=unchanged"];

#[test]
fn a_regression_is_named_where_it_is_and_nowhere_else() {
    let repo = doubled();
    let before = repo.fingerprint();
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), DOUBLED);
    let report = run.json();
    assert_eq!(report["comparisons"][0]["ratio"], 2.0);
    assert_eq!(report["outcome"], "regression");
    assert_eq!(repo.fingerprint(), before, "the user's repository is as it was");
}

#[test]
fn the_wall_clock_tells_more_than_twice_as_long_from_as_long() {
    let repo = Repo::new()
        .commit(
            "base",
            &[
                ("benchgate.toml", &suite_with("", &[("longer", "sh longer.sh"), ("steady", "sh steady.sh")])),
                ("longer.sh", "sleep 0.07"),
                ("steady.sh", "sleep 0.07"),
            ],
        )
        .commit("head", &[("longer.sh", "sleep 0.25")]);
    let run = repo.gate("check --base HEAD~1 --format json --threshold 60% --max-rounds 6");
    run.exits(1);
    assert!(run.verdicts().contains(&"longer wall-time=regression".to_owned()), "{run}");
    assert!(!run.verdicts().contains(&"steady wall-time=regression".to_owned()), "{run}");
    let terminal = repo.gate("check --base HEAD --head HEAD~1 --threshold 60% --max-rounds 6");
    terminal.exits(0).prints("longer");
}

/// The names of schema 1, as other programs rely on them.
const SCHEMA: &str = r#"{
  "schema": 1, "tool": {"name": "", "version": ""}, "outcome": "",
  "base": {"revision": "", "source": ""}, "head": {"revision": "", "source": ""},
  "environment": {"cpu": "", "cores": 2, "class": ""},
  "policy": {"alpha": 0.01, "threshold": 0.03, "changed_in_head": false},
  "comparisons": [{
    "suite": "", "benchmark": "", "metric": "", "unit": "", "better": "", "verdict": "",
    "ratio": 1, "interval": [1, 1], "confidence": 0.99, "p": 1, "p_adjusted": 1,
    "threshold": 0.03, "minimum_detectable_effect": 0.041, "noise_floor": 0.011,
    "base": {"n": 14, "median": 1, "mean": 1, "sd": 1}, "head": {"n": 14, "median": 1, "mean": 1, "sd": 1},
    "method": "", "rounds": 14, "waiver": null, "warnings": []
  }],
  "states": [{"suite": "", "benchmark": "", "state": "", "level": "", "detail": ""}],
  "budgets": [{"benchmark": "", "metric": "", "limit": 1, "value": 1, "verdict": ""}],
  "cost": {"build_s": 1, "measure_s": 1, "analyse_s": 1, "launches": 1}
}"#;

/// Asserts that every name of a pattern is there, with a value of the same kind.
fn has_names(pattern: &Value, found: &Value, place: &str) {
    match (pattern, found) {
        (Value::Object(names), Value::Object(found)) => {
            for (name, inner) in names {
                has_names(
                    inner,
                    found.get(name).unwrap_or_else(|| panic!("no {place}.{name} in {found:?}")),
                    &format!("{place}.{name}"),
                );
            }
        }
        (Value::Array(pattern), Value::Array(found)) => {
            let Some(inner) = pattern.first() else { return };
            assert!(!found.is_empty(), "{place} is empty");
            found.iter().for_each(|item| has_names(inner, item, place));
        }
        (Value::Null, _) => {}
        _ => assert_eq!(std::mem::discriminant(pattern), std::mem::discriminant(found), "{place} is {found}"),
    }
}

#[test]
fn one_run_answers_into_several_files_and_the_json_has_the_names_that_were_promised() {
    let budget = "[[budget]]\nbenchmark = 's/**'\nmetric = 'wall-time'\nmax = '1h'\n";
    let toml = suite_with("metrics = ['wall-time']", &[("longer", "sh longer.sh"), ("gone", "true")]) + budget;
    let repo = Repo::new().commit("base", &[("benchgate.toml", &toml), ("longer.sh", "sleep 0.07")]).commit(
        "head",
        &[("longer.sh", "sleep 0.2"), ("benchgate.toml", &suite_with("", &[("longer", "sh longer.sh")]))],
    );
    let out = repo.outside();
    let path = |name: &str| out.join("deep/er").join(name).display().to_string();
    let (json, md, txt) = (path("a.json"), path("b.md"), path("c.txt"));
    let run = repo.gate(&format!("check --base HEAD~1 --threshold 50% --max-rounds 6 -o {json} -o {md} -o {txt}"));
    run.exits(1);
    let report: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    has_names(&serde_json::from_str(SCHEMA).unwrap(), &report, "report");
    assert_eq!(report["policy"]["changed_in_head"], true);
    let (md, txt) = (fs::read_to_string(&md).unwrap(), fs::read_to_string(&txt).unwrap());
    assert!(md.contains("longer") && md.contains('|'), "{md}");
    assert!(txt.contains("longer") && !txt.contains('\x1b'), "{txt}");
}

#[test]
fn an_output_of_no_known_format_is_refused_before_anything_is_measured() {
    let repo = doubled().with("LOG", "unused");
    repo.gate("check --base HEAD~1 -o report.pdf").exits(2).says("cannot tell the format of 'report.pdf'");
    repo.gate("check --base HEAD~1 -o /proc/nowhere/report.json").exits(2).says("/proc/nowhere/report.json");
    assert!(!repo.cache().exists(), "nothing was built");
}

#[test]
fn a_broken_pipe_does_not_bless_a_build() {
    let repo = doubled();
    for format in ["terminal", "json", "markdown"] {
        let mut command = repo.command(repo.root());
        command.args(["check", "--base", "HEAD~1", "--format", format]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

#[test]
fn a_secret_reaches_no_child_no_file_and_no_message() {
    let dump = "env >> \"$OUT/env\"\nenv >&2\n";
    let toml = suite_with(
        "build = 'sh build.sh'\npass-env = ['OUT']\nmetrics = ['bytes-written']",
        &[("a", "sh a.sh"), ("b", "sh b.sh")],
    );
    let mut repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("build.sh", dump), ("a.sh", dump), ("b.sh", dump)])
        .commit("head", &[("a.sh", &(dump.to_owned() + "exit 7")), ("b.sh", &(dump.to_owned() + "printf 0"))]);
    let out = repo.outside();
    repo.set("OUT", &out);
    for name in ["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "CARGO_REGISTRY_TOKEN", "MY_SETTING"] {
        repo.set(name, "hunter2");
    }
    let record = out.join("record.json").display().to_string();
    let run = repo.gate(&format!("check --base HEAD~1 --format json --verbose --record {record}"));
    run.exits(1);
    assert!(run.detail("a").contains("OUT="), "the last words of a launch are shown: {run}");
    assert!(fs::read_to_string(out.join("env")).unwrap().contains("OUT="));
    assert!(!run.to_string().contains("hunter2"), "{run}");
    let holders = files_with(out.parent().unwrap(), "hunter2");
    assert!(holders.is_empty(), "{holders:?}");
}

#[test]
fn a_change_cannot_relax_the_gate_that_judges_it() {
    let lax = suite(&[("steady", "sh steady.sh"), ("grows", "sh grows.sh")])
        + "[gate]\nthreshold = '900%'\n[[waiver]]\nbenchmark = '**'\nmetric = 'bytes-written'\nceiling = '900%'\nuntil = 2999-01-01\nreason = 'me'\n";
    let repo = doubled();
    repo.write("benchgate.toml", &lax);
    let repo = repo.commit("relax", &[]);
    let run = repo.gate("check --base HEAD~2 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), DOUBLED);
    assert_eq!(run.json()["policy"]["changed_in_head"], true);
    assert_eq!(run.json()["policy"]["threshold"], 0.03);
    repo.gate("check --base HEAD~2")
        .exits(1)
        .prints("this change also changes the gate (gate.threshold: 900% is new;")
        .prints("after the merge");
}

#[test]
fn a_configuration_named_with_a_flag_is_bases_too_if_it_lies_in_the_repository() {
    let toml = suite(&[("a", "sh a.sh")]);
    let lax = format!("{toml}[gate]\nthreshold = '900%'\n");
    let repo = Repo::new()
        .commit("base", &[("ci/gate.toml", &toml), ("a.sh", &writes(1000)), ("ci/a.sh", &writes(1000))])
        .commit("head", &[("ci/gate.toml", &lax), ("a.sh", &writes(2000)), ("ci/a.sh", &writes(2000))]);
    let run = repo.gate("check --base HEAD~1 --config ci/gate.toml --format json");
    run.exits(1);
    assert_eq!(run.json()["policy"]["changed_in_head"], true);
    let outside = repo.outside().join("gate.toml");
    fs::write(&outside, lax).unwrap();
    let run = repo.gate(&format!("check --base HEAD~1 --config {} --format json", outside.display()));
    run.exits(0);
    assert_eq!(run.json()["policy"]["changed_in_head"], false, "{run}");
}

#[test]
fn a_change_cannot_choose_what_it_is_compared_with() {
    let toml = suite(&[("a", "sh a.sh")]);
    let repo = Repo::new().commit("base", &[("benchgate.toml", &toml), ("a.sh", &writes(1000))]);
    repo.git("checkout --quiet -b topic");
    let repo = repo.commit("head", &[("benchgate.toml", &(toml + "[gate]\nbase = 'HEAD'\n")), ("a.sh", &writes(2000))]);
    let run = repo.gate("check --format json");
    run.exits(1);
    assert_eq!(run.json()["base"]["revision"].as_str().unwrap(), repo.git("rev-parse main").trim());
    assert_eq!(run.json()["policy"]["changed_in_head"], true);
}

#[test]
fn a_waiver_of_base_covers_a_regression_until_it_expires_or_is_exceeded() {
    let waiver = |until: &str, ceiling: &str| {
        let keys = format!("metric = 'bytes-written'\nceiling = '{ceiling}'\nuntil = {until}\nreason = 'see #123'\n");
        suite(&[("grows", "sh grows.sh")]) + "[[waiver]]\nbenchmark = 's/grows'\n" + &keys
    };
    for (until, ceiling, status) in [("2999-01-01", "150%", 0), ("2020-01-01", "150%", 1), ("2999-01-01", "50%", 1)] {
        let repo = Repo::new()
            .commit("base", &[("benchgate.toml", &waiver(until, ceiling)), ("grows.sh", &writes(1000))])
            .commit("head", &[("grows.sh", &writes(2000))]);
        let run = repo.gate("check --base HEAD~1 --format json");
        run.exits(status);
        let row = &run.json()["comparisons"][0];
        assert_eq!(row["verdict"], "regression", "a waiver does not change what was seen");
        assert_eq!(row["waiver"]["reason"].as_str(), (status == 0).then_some("see #123"), "{run}");
    }
}

#[test]
fn an_exceeded_budget_fails_whatever_the_threshold() {
    let limits = "[gate]\nthreshold = '900%'\n[[budget]]\nbenchmark = 's/*'\nmetric = 'bytes-written'\nmax = '1500B'\n";
    let toml = suite(&[("grows", "sh grows.sh"), ("steady", "sh steady.sh")]) + limits;
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("grows.sh", &writes(1000)), ("steady.sh", &writes(1000))])
        .commit("head", &[("grows.sh", &writes(2000))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["grows bytes-written=unchanged", "steady bytes-written=unchanged"]);
    let budgets = run.json()["budgets"].clone();
    assert_eq!((&budgets[0]["benchmark"], &budgets[0]["verdict"]), (&"s/grows".into(), &"exceeded".into()), "{run}");
    assert_eq!((&budgets[1]["benchmark"], &budgets[1]["verdict"]), (&"s/steady".into(), &"within".into()), "{run}");
}

#[test]
fn a_dry_run_prints_the_seeded_plan_and_measures_nothing() {
    let log = "echo launched >> \"$OUT/log\"\n";
    let toml = suite_with("pass-env = ['OUT']\nmetrics = ['bytes-written']", &[("a", "sh a.sh"), ("b", "sh a.sh")]);
    let mut repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("a.sh", log)])
        .commit("head", &[("a.sh", &(log.to_owned() + ":"))]);
    let out = repo.outside();
    repo.set("OUT", &out);
    let plan = |arguments: &str| {
        let run = repo.gate(&format!("check --base HEAD~1 --dry-run {arguments}"));
        run.exits(0);
        run.stdout
    };
    assert_eq!(plan("--seed 7"), plan("--seed 7"));
    assert_ne!(plan("--seed 7"), plan("--seed 8"));
    assert_ne!(plan(""), plan(""), "without a seed the order is new each time");
    assert!(plan("--seed 7").starts_with("seed 7: 2 benchmarks"));
    let json: Value = serde_json::from_str(&plan("--seed 7 --format json")).unwrap();
    assert_eq!((&json["seed"], json["benchmarks"].as_array().unwrap().len()), (&7.into(), 2));
    assert!(!out.join("log").exists(), "a benchmark was launched");
    repo.gate("check --base HEAD~1 --seed 7").exits(0).says("seed 7");
    assert!(out.join("log").exists());
}

#[test]
fn measuring_ends_with_the_budget_and_names_what_it_did_not_reach() {
    let commands: Vec<(String, String)> = (0..5).map(|n| (format!("b{n}"), "sh slow.sh".to_owned())).collect();
    let commands: Vec<(&str, &str)> = commands.iter().map(|(name, run)| (name.as_str(), run.as_str())).collect();
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &suite_with("", &commands)), ("slow.sh", "sleep 0.4")])
        .commit("head", &[("slow.sh", "sleep 0.41")]);
    let run = repo.gate("check --base HEAD~1 --format json --budget 2s");
    run.exits(3);
    assert_eq!(run.states(), ["b0", "b1", "b2", "b3", "b4"].map(|name| format!("{name}=unmeasured deny")));
    assert!(run.detail("b0").contains("of the 6 rounds"), "{run}");
    let measured = run.json()["cost"]["measure_s"].as_f64().unwrap();
    assert!((0.4..8.0).contains(&measured), "{measured} s of 2 s, and one launch takes 0.4 s");
    assert!(run.json()["notes"].to_string().contains("budget"), "{run}");
}

#[test]
fn commands_take_parameters_preparation_and_an_expected_status() {
    let toml = "
[gate]
max-rounds = 6
[[suite]]
name = 's'
harness = 'command'
metrics = ['bytes-written']
[[suite.command]]
name = 'many'
run = 'sh write.sh {size} {what}'
parameters = { size = [100, 300], what = ['a b', \"it's\"] }
[[suite.command]]
name = 'prepared'
directory = 'sub'
run = 'sh ../read.sh input'
prepare = 'cp template input'
cleanup = 'rm input'
exit-status = 3
[[suite.command]]
name = 'pipe'
run = 'printf 0123456789 | cat | cat'
shell = true
";
    let repo = Repo::new()
        .commit(
            "base",
            &[
                ("benchgate.toml", toml),
                ("write.sh", "printf \"%0$1d %s\" 0 \"$2\""),
                ("read.sh", "read line < $1 && printf \"$line\" && exit 3"),
                ("sub/template", "0123456789\n"),
            ],
        )
        .commit(
            "head",
            &[("write.sh", "printf \"%0$(($1*$1))d %s\" 0 \"$2\""), ("sub/template", "01234567890123456789\n")],
        );
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    let many = ["100,what=a b", "100,what=it's", "300,what=a b", "300,what=it's"]
        .map(|at| format!("many/size={at} bytes-written=regression"));
    assert_eq!(run.verdicts()[..4], many, "{run}");
    assert_eq!(run.verdicts()[4..], ["pipe bytes-written=unchanged", "prepared bytes-written=regression"], "{run}");
    let report = run.json();
    assert_eq!(report["comparisons"][0]["base"]["median"], 104.0, "a value stays one word: {run}");
    assert_eq!(report["comparisons"][4]["base"]["median"], 30.0, "the whole pipeline is counted");
    assert!(!repo.root().join("sub/input").exists());
}

#[test]
fn the_kernel_counts_memory_faults_bytes_and_switches() {
    let metrics = "metrics = ['max-rss', 'page-faults', 'bytes-read', 'bytes-written', 'context-switches', 'user-time', 'system-time']";
    let script = |mib: usize, naps: usize| {
        let naps = "sleep 0.001\n".repeat(naps);
        format!("dd if=/dev/zero of=/dev/null bs={mib}M count=1\n{naps}")
    };
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &suite_with(metrics, &[("a", "sh a.sh")])), ("a.sh", &script(1, 1))])
        .commit("head", &[("a.sh", &script(96, 40))]);
    let run = repo.gate("check --base HEAD~1 --format json --threshold 50%");
    run.exits(1);
    for metric in ["bytes-read", "bytes-written", "context-switches", "max-rss", "page-faults"] {
        assert!(run.verdicts().contains(&format!("a {metric}=regression")), "{metric}: {run}");
    }
    assert_eq!(run.verdicts().len(), 7, "{run}");
}

#[test]
fn instructions_are_counted_by_valgrind() {
    if std::process::Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: valgrind is not installed");
        return;
    }
    let script = |turns: usize| format!("i=0; while [ $i -lt {turns} ]; do i=$((i+1)); done\n");
    let toml = suite_with("metrics = ['instructions']", &[("counts", "sh counts.sh"), ("steady", "sh steady.sh")]);
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("counts.sh", &script(3000)), ("steady.sh", &script(3000))])
        .commit("head", &[("counts.sh", &script(9000))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["counts instructions=regression", "steady instructions=unchanged"]);
    assert_eq!(run.json()["cost"]["launches"], 12, "three pairs each are enough for a counter");
}

#[test]
fn a_commit_that_touches_only_documents_costs_nothing() {
    let repo = doubled().commit("docs", &[("README.md", "# hello\n"), ("docs/a/guide.md", "text\n")]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.states(), ["grows=identical allow", "steady=identical allow"]);
    let cost = run.json()["cost"].clone();
    assert_eq!((&cost["measure_s"], &cost["launches"]), (&0.0.into(), &0.into()));
}

#[test]
fn uncommitted_changes_are_head() {
    let repo = doubled();
    repo.write("steady.sh", writes(5000)).write("new and untracked.txt", "x");
    let before = repo.fingerprint();
    let run = repo.gate("check --format json");
    run.exits(1);
    assert_eq!(
        run.verdicts(),
        ["grows bytes-written=unchanged", "steady bytes-written=regression"],
        "base is the commit below"
    );
    let head = run.json()["head"]["revision"].as_str().unwrap().to_owned();
    assert_eq!(head, format!("{}+changes", repo.git("rev-parse HEAD").trim()));
    assert_eq!(repo.fingerprint(), before);
}

#[test]
fn without_a_base_the_branch_point_is_base() {
    let repo = doubled();
    repo.git("checkout --quiet -b topic HEAD~1");
    let repo = repo.commit("first", &[("steady.sh", &writes(3000))]).commit("second", &[("note.txt", "x")]);
    let run = repo.gate("check --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["grows bytes-written=unchanged", "steady bytes-written=regression"]);
    assert_eq!(run.json()["base"]["revision"].as_str().unwrap(), repo.git("rev-parse main~1").trim());
}

#[test]
fn a_selection_measures_only_what_it_names() {
    let repo = doubled();
    let run = repo.gate("check --base HEAD~1 --format json --bench steady");
    run.exits(0);
    assert_eq!(run.verdicts(), ["steady bytes-written=unchanged"]);
    repo.gate("check --base HEAD~1 --format json --bench s/gr*").exits(1);
    repo.gate("check --base HEAD~1 --suite sz").exits(2).says("unknown suite 'sz'").says("did you mean 's'");
}

#[test]
fn every_complaint_about_a_configuration_comes_at_once_with_its_place() {
    let repo = Repo::new().commit("base", &[("benchgate.toml", "[gate]\ntreshold = '3%'\nbudget = '10'\n")]);
    let run = repo.gate("check");
    run.exits(2).says("benchgate.toml:2:1: unknown key 'treshold' in [gate]; did you mean 'threshold'?");
    run.says("benchgate.toml:3:10: ");
    assert_eq!(run.stdout, "");
    let typed = doubled().gate("check --threshold 0.03 --alpha 7 --budget 10");
    typed.exits(2).says("--threshold: '0.03' has no unit; write 3%").says("--alpha: ").says("--budget: ");
}

#[test]
fn another_folder_is_named_with_a_flag() {
    let repo = doubled();
    let elsewhere =
        repo.from(&repo.outside()).gate(&format!("-C {} check --base HEAD~1 --format json", repo.root().display()));
    elsewhere.exits(1);
    assert_eq!(elsewhere.verdicts(), DOUBLED);
    repo.from(&repo.outside()).gate("-C nowhere check").exits(2).says("nowhere");
}

#[test]
fn files_lie_where_the_named_folder_says() {
    let repo = doubled();
    let run = repo
        .from(&repo.outside())
        .gate("-C ../project check --base HEAD~1 -o out/a.json --record out/r.json --config benchgate.toml");
    run.exits(1);
    assert!(repo.root().join("out/a.json").is_file() && repo.root().join("out/r.json").is_file(), "{run}");
    repo.from(&repo.outside()).gate("-C ../project report out/r.json").exits(1);
}

#[test]
fn a_record_that_cannot_be_written_is_refused_before_anything_is_measured() {
    let repo = doubled();
    repo.gate("check --base HEAD~1 --record /proc/nowhere/r.json").exits(2).says("/proc/nowhere/r.json");
    repo.gate("run --record /proc/nowhere/r.json").exits(2).says("/proc/nowhere/r.json");
    assert!(!repo.cache().exists());
}

#[test]
fn a_cache_inside_the_repository_is_refused() {
    // Cargo would read the repository's own configuration from the folders above both sides.
    let repo = doubled();
    let cache = repo.root().join(".cache/gate");
    let repo = repo.with_cache(cache);
    repo.gate("check --base HEAD~1").exits(2).says("lies inside the work tree").says("BENCHGATE_CACHE_DIR");
    assert!(!repo.root().join(".cache/gate").join("stage").exists());
}

#[test]
fn colours_are_for_terminals_or_on_demand() {
    let repo = doubled();
    let colored = |run: &crate::world::Run| run.stdout.contains('\x1b');
    assert!(!colored(repo.gate("check --base HEAD~1").exits(1)));
    assert!(colored(repo.gate("check --base HEAD~1 --color always").exits(1)));
    assert!(!colored(repo.gate("check --base HEAD~1 --color never").exits(1)));
    let line = format!("{} check --base HEAD~1", env!("CARGO_BIN_EXE_benchgate"));
    let on_terminal = |name: &str, value: &str| {
        let mut command = repo.program("script", repo.root());
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env("TERM", "xterm").env(name, value);
        let output = command.output().ok()?;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        Some(String::from_utf8_lossy(&output.stdout).contains("\x1b[1;31m"))
    };
    let Some(plain) = on_terminal("NOTHING", "") else {
        eprintln!("skipped: no `script` to make a terminal with");
        return;
    };
    assert!(plain, "a terminal has colours");
    assert_eq!(on_terminal("NO_COLOR", "1"), Some(false));
    assert_eq!(on_terminal("TERM", "dumb"), Some(false));
}

#[test]
fn standard_output_is_the_answer_and_standard_error_the_story() {
    let repo = doubled();
    let run = repo.gate("check --base HEAD~1");
    run.exits(1).says("building base").says("measuring 2 benchmarks").prints("grows");
    assert!(!run.stdout.contains("building base"), "{run}");
    let quiet = repo.gate("check --base HEAD~1 --quiet");
    quiet.exits(1).prints("grows");
    assert_eq!(quiet.stderr, "", "{quiet}");
}
