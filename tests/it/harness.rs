//! Suites that another harness measures: launched for base and head in turn, and judged by what each launch leaves.

use crate::world::Repo;

/// Prints a result of harness `plain`: two benchmarks, of which `sort` takes as long as the file `work` says, within 0.5 %.
const BENCH: &str = r#"
only=$1
n=$(od -An -N2 -tu2 /dev/urandom)
echo 'benchmark,metric,unit,value'
for row in "sort $(cat work)" "parse 100"; do
    set -- $row
    case "${only:-$1}" in "$1") awk -v n="$n" -v b="$1" -v w="$2" 'BEGIN { print b ",wall-time,ms," w * (1 + n % 11 / 2000) }';; esac
done
[ -z "$only" ] || echo "$only" >> "$HOME/launched"
"#;

fn suite(keys: &str) -> String {
    format!("[[suite]]\nname = 's'\nharness = 'plain'\n{keys}\n[gate]\nmax-rounds = 10\n")
}

/// A base whose `sort` takes 100 ms, and a head whose `work` and `bench.sh` are these.
fn repo(keys: &str, work: &str, bench: &str) -> Repo {
    Repo::new()
        .commit("base", &[("benchgate.toml", &suite(keys)), ("bench.sh", BENCH), ("work", "100")])
        .commit("head", &[("bench.sh", bench), ("work", work)])
}

#[test]
fn a_slowdown_in_a_printed_result_is_red_and_its_neighbour_is_not() {
    let repo = repo("run = 'sh bench.sh'", "112", BENCH);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["parse wall-time=unchanged", "sort wall-time=regression"], "{run}");
    let report = run.json();
    let sort = report["comparisons"].as_array().unwrap().iter().find(|row| row["benchmark"] == "sort").unwrap().clone();
    let ratio = sort["ratio"].as_f64().unwrap();
    assert!((1.11..1.13).contains(&ratio), "{run}");
    repo.gate("check --base HEAD --head HEAD~1 --format json").exits(0);
}

#[test]
fn one_benchmark_is_launched_alone_where_the_command_can_name_it() {
    let keys = "shell = true\nrun = 'sh bench.sh {benchmark} > {output}'\npass-env = ['HOME']\nmetrics = ['wall-time']";
    let repo = repo(keys, "112", BENCH);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.verdicts(), ["parse wall-time=unchanged", "sort wall-time=regression"], "{run}");
    let plan = repo.gate("check --base HEAD~1 --dry-run");
    plan.exits(0).prints("s/parse").prints("s/sort");
}

#[test]
fn what_head_no_longer_yields_is_missing_and_what_fails_there_is_no_pass() {
    let without = BENCH.replace(" \"parse 100\"", "");
    let run = repo("run = 'sh bench.sh'", "100", &without).gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert!(run.stdout.contains("head's suite no longer yields it"), "{run}");
    for (broken, detail) in [
        (format!("{BENCH}\nexit 7"), "7"),
        ("echo".to_owned(), "left no result"),
        (BENCH.replace("w *", "-1 *"), "left no result"),
    ] {
        let run = repo("run = 'sh bench.sh'", "100", &broken).gate("check --base HEAD~1 --format json");
        assert!([Some(1), Some(2)].contains(&run.status.code()), "{run}");
        assert!(run.stdout.contains(detail) || run.stderr.contains(detail), "{detail}: {run}");
    }
}

#[test]
fn an_unchanged_suite_is_identical_and_a_stored_one_is_compared() {
    let repo = repo("run = 'sh bench.sh'", "100", BENCH).commit("docs", &[("README.md", "x")]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert!(run.stdout.contains("identical"), "{run}");
    for _ in 0..3 {
        repo.gate_words(&["record", "--launches", "3", "--accept", "the machine of this test is busy"]).exits(0);
    }
    let repo = repo.commit("baselines", &[]).commit("slow", &[("work", "150")]);
    let run = repo.gate("check --base HEAD~1 --against stored --format json");
    run.exits(1);
    assert!(run.verdicts().contains(&"sort wall-time=regression".to_owned()), "{run}");
}

#[test]
fn a_benchmark_that_fails_in_head_only_is_red_and_the_others_are_judged() {
    let fails = BENCH.replace(
        "print b \",wall-time,ms,\" w * (1 + n % 11 / 2000)",
        "print b \",wall-time,ms,\" (b == \"sort\" ? 0 : w)",
    );
    assert_ne!(fails, BENCH);
    // Many tools also say so by their status.
    for end in ["", "exit 1\n"] {
        let repo = repo("run = 'sh bench.sh'", "100", &format!("{fails}{end}"));
        let run = repo.gate("check --base HEAD~1 --format json");
        run.exits(1);
        assert_eq!(run.verdicts(), ["parse wall-time=unchanged"], "{run}");
        let detail = run.detail("sort");
        assert!(detail.contains("{output}:2:") && detail.contains("above 0, found 0"), "{run}");
    }
    let repo = repo("run = 'sh bench.sh'", "100", &fails);
    let file = |name: &str, sort: &str| {
        repo.write(name, format!("benchmark,metric,unit,value\nsort,wall-time,ms,{sort}\nparse,wall-time,ms,5\n"));
    };
    file("a.csv", "5");
    file("b.csv", "0");
    let run = repo.gate("compare a.csv b.csv --format json");
    run.exits(1);
    assert!(run.detail("sort").contains("above 0, found 0"), "{run}");
    repo.gate("show b.csv").exits(0).prints("failed: plain/sort: ");
}

#[test]
fn a_metric_that_the_harness_does_not_give_is_named() {
    let repo = repo("run = 'sh bench.sh'\nmetrics = ['wall-time', 'wal-time']", "100", BENCH);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(3);
    assert!(run.detail("*").contains("gives no wal-time; it gives wall-time"), "{run}");
}

#[test]
fn what_stored_runs_settle_of_a_launch_is_not_measured_and_judged_again() {
    let repo = repo("run = 'sh bench.sh'", "100", BENCH);
    for _ in 0..3 {
        repo.gate_words(&["record", "--launches", "3", "--accept", "the machine of this test is busy"]).exits(0);
    }
    let repo = repo.commit("baselines", &[]).commit("slow", &[("work", "150")]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    let mut verdicts = run.verdicts();
    verdicts.dedup();
    assert_eq!(verdicts.len(), run.verdicts().len(), "each row once: {run}");
    assert!(verdicts.contains(&"sort wall-time=regression".to_owned()), "{run}");
    assert_eq!(verdicts.len(), 2, "{run}");
}

/// Prints a summary as pytest does, and writes a result as pytest-benchmark does; `who` says who fails in which way.
const PYTEST: &str = r#"
output=$1 only=$2
[ -n "$only" ] || echo list >> "$HOME/listed"
n=$(od -An -N2 -tu2 /dev/urandom)
rows= told= status=0
for name in a b c; do
    case "$only" in "" | *"::$name") ;; *) continue ;; esac
    how=$(sed -n "s/^$name //p" who)
    row="{\"fullname\":\"bench/t.py::$name\",\"options\":{},\"stats\":{\"rounds\":1,\"data\":[0.1$((n % 3))]}}"
    case "$how" in raises*) ;; *) rows="$rows${rows:+,}$row" ;; esac
    [ -z "$how" ] && continue
    status=1
    case "$how" in *silently) ;; *) told="${told}FAILED bench/t.py::$name - assert 1 == 2\n" ;; esac
done
if [ -n "$told" ]; then
    printf "===== short test summary info =====\n$told===== $(printf "$told" | wc -l) failed, 1 passed in 0.10s =====\n"
fi
[ -z "$rows" ] || echo "{\"machine_info\":{},\"benchmarks\":[$rows]}" > "$output"
exit $status
"#;

/// A suite of three such tests, of which none fails in base.
fn pytest(who: &str) -> Repo {
    let toml = "[[suite]]\nname = 's'\nharness = 'pytest-benchmark'\nrun = 'sh bench.sh {output} {benchmark}'\n\
                [gate]\nmax-rounds = 6\nthreshold = '90%'\n";
    Repo::new()
        .commit("base", &[("benchgate.toml", toml), ("bench.sh", PYTEST), ("who", "")])
        .commit("head", &[("who", who)])
}

const OTHERS: [&str; 2] = ["bench/t.py::a wall-time=unchanged", "bench/t.py::c wall-time=unchanged"];

#[test]
fn a_test_of_pytest_that_fails_is_red_alone_also_after_its_measurement() {
    for who in ["b raises\n", "b asserts\n"] {
        let run = pytest(who).gate("check --base HEAD~1 --format json");
        run.exits(1);
        assert_eq!(run.states(), ["bench/t.py::b=failed deny"], "{run}");
        assert!(run.detail("bench/t.py::b").contains("assert 1 == 2"), "{run}");
        assert_eq!(run.verdicts(), OTHERS, "{run}");
    }
}

#[test]
fn of_a_launch_that_fails_and_names_nobody_what_it_lacks_has_failed() {
    let run = pytest("b raises silently\n").gate("check --base HEAD~1 --format json");
    run.exits(1);
    assert_eq!(run.states(), ["bench/t.py::b=failed deny"], "{run}");
    assert!(run.detail("bench/t.py::b").contains("status 1"), "{run}");
    assert_eq!(run.verdicts(), OTHERS, "{run}");
    // If it lacks nothing, nobody knows whose numbers are good.
    let run = pytest("b asserts silently\n").gate("check --base HEAD~1 --format json");
    assert_eq!(run.states(), ["*=failed deny"], "{run}");
    assert!([Some(1), Some(2)].contains(&run.status.code()), "{run}");
    // On both sides alike as well.
    let both = pytest("b asserts silently\n").commit("again", &[("README", "x"), ("data.txt", "y")]);
    let run = both.gate("check --base HEAD~1 --format json");
    assert_ne!(run.status.code(), Some(0), "{run}");
}
