//! What a machine builds and launches for its shard: no more than its own benchmarks need, and the answer stays the same.

use crate::world::{Repo, Run, writes};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A plan, and machines that obey it.
struct Machines {
    repo: Repo,
    count: usize,
}

impl Machines {
    /// Shares a comparison with the commit before out.
    fn plan(repo: Repo, count: usize) -> (Self, Value) {
        let plan = repo.gate(&format!("check --base HEAD~1 --dry-run --shards {count} --format json"));
        plan.exits(0);
        assert_eq!(plan.stdout.lines().count(), 1, "{plan}");
        fs::write(repo.outside().join("plan.json"), &plan.stdout).unwrap();
        let count = plan.json()["include"].as_array().unwrap().len();
        (Self { repo, count }, plan.json())
    }

    /// Measures a part on a machine of its own, where nothing is built.
    fn measure(&mut self, number: usize) -> Run {
        self.move_to(&format!("machine-{number}"));
        self.measure_here(number)
    }

    /// Likewise, on the machine that is there.
    fn measure_here(&self, number: usize) -> Run {
        let (plan, record) = (self.repo.outside().join("plan.json"), self.record(number));
        let line =
            format!("run --shard {number}/{} --plan {} --record {}", self.count, plan.display(), record.display());
        self.repo.gate(&line)
    }

    fn move_to(&mut self, machine: &str) {
        let repo = std::mem::replace(&mut self.repo, Repo::folder("none"));
        self.repo = repo.with_cache_named(machine);
    }

    fn record(&self, number: usize) -> PathBuf {
        self.repo.outside().join(format!("shard-{number}.json"))
    }

    fn report(&self) -> Run {
        let records: Vec<String> = (1..=self.count).map(|number| self.record(number).display().to_string()).collect();
        self.repo.gate(&format!("report --format json {}", records.join(" ")))
    }

    /// The lines of a log that builds and launches write into their home, which is emptied.
    fn log(&self, name: &str) -> Vec<String> {
        let file = self.repo.outside().join("../home").join(name);
        let mut lines: Vec<String> = fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect();
        let _ = fs::remove_file(file);
        lines.sort();
        lines
    }
}

fn names(job: &Value) -> Vec<&str> {
    job["benchmarks"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

/// A suite that is built from `NAME.rs`, so that a change of another suite's sources is none of its data.
fn compiled(name: &str) -> String {
    format!(
        "[[suite]]\nname = '{name}'\nharness = 'command'\nbuild = 'sh build.sh {name}'\nartifacts = ['{name}.bin']\n\
         metrics = ['bytes-written']\n[[suite.command]]\nname = 'x'\nrun = 'sh {name}.bin'\n"
    )
}

const BUILD: &str = "cp $1.rs $1.bin; echo $1 >> $HOME/built";

#[test]
fn a_machine_builds_the_suites_that_it_measures_and_the_plan_tells_the_rest() {
    let toml = |names: &[&str]| {
        let suites: String = names.iter().map(|name| compiled(name)).collect();
        format!("[gate]\nmax-rounds = 6\n{suites}")
    };
    let repo = Repo::new().commit(
        "base",
        &[
            ("benchgate.toml", &toml(&["one", "two", "same", "gone"])),
            ("build.sh", BUILD),
            ("one.rs", &writes(1000)),
            ("two.rs", &writes(1000)),
            ("same.rs", &writes(1000)),
            ("gone.rs", &writes(1000)),
        ],
    );
    let repo = repo.commit(
        "head",
        &[("benchgate.toml", &toml(&["one", "two", "same"])), ("one.rs", &writes(2000)), ("two.rs", &writes(1001))],
    );
    let whole = repo.gate("check --base HEAD~1 --format json");
    whole.exits(1);
    let repo = repo.with_cache_named("plan");
    let (mut machines, matrix) = Machines::plan(repo, 2);
    let jobs = matrix["include"].as_array().unwrap();
    assert_eq!((names(&jobs[0]), names(&jobs[1])), (vec!["one/x"], vec!["two/x"]));
    machines.log("built");
    for (number, suite) in [(1, "one"), (2, "two")] {
        machines.measure(number).exits(0);
        assert_eq!(machines.log("built"), [suite, suite], "base and head of its own suite, and nothing else");
    }
    let merged = machines.report();
    assert_eq!(merged.exits(1).verdicts(), whole.verdicts(), "{merged}");
    let sorted = |run: &Run| {
        let mut states = run.states();
        states.sort();
        states
    };
    assert_eq!(sorted(&merged), ["*=missing deny", "x=identical allow"], "{merged}");
    assert_eq!(sorted(&merged), sorted(&whole));
    // A machine without the plan has to find out by itself.
    let record = machines.record(9).display().to_string();
    machines.move_to("without");
    machines.repo.gate(&format!("run --shard 1/2 --base HEAD~1 --record {record}")).exits(0);
    assert_eq!(machines.log("built"), ["one", "one", "same", "same", "two", "two"]);
    let twin = |record: &str| -> Value { serde_json::from_slice(&fs::read(record).unwrap()).unwrap() };
    let (with, without) = (twin(&machines.record(1).display().to_string()), twin(&record));
    assert_eq!((&with["shard"], &with["states"]), (&without["shard"], &without["states"]), "they go together");
}

#[test]
fn a_suite_of_another_harness_is_not_asked_again() {
    let bench = "[ -n \"$1\" ] || echo asked >> $HOME/asked\necho 'benchmark,metric,unit,value'\n\
                 for b in a b; do case \"${1:-$b}\" in $b) echo \"$b,bytes-written,B,$(cat size)\";; esac; done\n";
    let suite = |name: &str, run: &str| format!("[[suite]]\nname = '{name}'\nharness = 'plain'\nrun = '{run}'\n");
    let toml = format!(
        "[gate]\nmax-rounds = 6\n{}{}",
        suite("alone", "sh bench.sh {benchmark}"),
        suite("together", "sh bench.sh")
    );
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("bench.sh", bench), ("size", "1000")])
        .commit("head", &[("size", "2000")]);
    let whole = repo.gate("check --base HEAD~1 --format json");
    let repo = repo.with_cache_named("plan");
    let (mut machines, matrix) = Machines::plan(repo, 3);
    let mut all: Vec<&str> = matrix["include"].as_array().unwrap().iter().flat_map(names).collect();
    all.sort_unstable();
    assert_eq!(all, ["alone/a", "alone/b", "together/*"]);
    assert!(machines.log("asked").len() >= 4, "the plan asks both sides of both suites");
    for number in 1..=3 {
        machines.measure(number).exits(0);
        let together = names(&matrix["include"][number - 1]) == ["together/*"];
        assert_eq!(machines.log("asked").is_empty(), !together, "only what launches everything anyway does");
    }
    let merged = machines.report();
    assert_eq!(merged.exits(1).verdicts(), whole.verdicts(), "{merged}");
    assert_eq!(merged.states(), whole.states());
}

/// A bench target that says what criterion's say, and measures nothing.
fn bench(names: &[&str], turns: u32) -> String {
    let list = names.join(": benchmark\\n") + ": benchmark\\n";
    let help = "echo 'This executable is a Criterion.rs benchmark --exact'";
    format!("#!/bin/sh\n# {turns}\ncase \"$*\" in *--help*) {help} ;; *--list*) printf '{list}' ;; esac\n")
}

/// Cargo as far as it matters here: it finds bench targets, and what it builds of each is its source.
const CARGO: &str = r#"#!/bin/sh
case $1 in
metadata)
    targets=
    for file in benches/*.rs; do
        target="{\"name\":\"$(basename "$file" .rs)\",\"kind\":[\"bench\"],\"src_path\":\"$PWD/$file\"}"
        targets="$targets${targets:+,}$target"
    done
    package="\"name\":\"project\",\"version\":\"0.1.0\",\"manifest_path\":\"$PWD/Cargo.toml\""
    echo "{\"packages\":[{$package,\"targets\":[$targets],\"dependencies\":[]}],\"workspace_root\":\"$PWD\"}"
    ;;
bench)
    mkdir -p target
    while [ $# -gt 0 ]; do
        if [ "$1" = --bench ]; then
            cp "benches/$2.rs" "target/$2"
            chmod +x "target/$2"
            target="{\"name\":\"$2\",\"kind\":[\"bench\"],\"src_path\":\"$PWD/benches/$2.rs\"}"
            echo "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"$PWD/Cargo.toml\",\"target\":$target,\"filenames\":[],\"executable\":\"$PWD/target/$2\"}"
        fi
        shift
    done
    ;;
esac
"#;

#[test]
fn a_machine_builds_the_bench_targets_that_it_measures() {
    let repo = Repo::new();
    let tools = repo.outside().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("cargo"), CARGO).unwrap();
    fs::set_permissions(tools.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let repo = repo.with("PATH", format!("{}:{path}", tools.display()));
    repo.write("benchgate.toml", "[[suite]]\nname = 'project'\nharness = 'criterion'\npackage = 'project'\n");
    repo.write("Cargo.toml", "").write(".gitignore", "target\n").write("benches/still.rs", bench(&["still"], 1));
    let write = |repo: &Repo, turns: u32| {
        repo.write("benches/one.rs", bench(&["only", "both"], turns)).write("benches/two.rs", bench(&["both"], turns));
        repo.write("benches/three.rs", bench(&["last"], turns));
    };
    write(&repo, 1);
    let repo = repo.commit("base", &[]);
    write(&repo, 2);
    let repo = repo.commit("head", &[]);
    let (mut machines, matrix) = Machines::plan(repo, 2);
    let jobs = matrix["include"].as_array().unwrap();
    assert_eq!(names(&jobs[0]), ["project/last", "project/only"], "{matrix}");
    assert_eq!(names(&jobs[1]), ["project/one/both", "project/two/both"], "{matrix}");
    // Where the whole build lies already, nothing is built in part.
    machines.measure_here(1).exits(0);
    assert_eq!(built(&machines.repo), ["one", "still", "three", "two"]);
    // What two targets call alike is told apart only where both are there.
    for (number, targets) in [(1, ["one", "three"]), (2, ["one", "two"])] {
        machines.measure(number).exits(0);
        assert_eq!(built(&machines.repo), targets, "shard {number}");
    }
    let merged = machines.report();
    let states: Vec<String> = merged.states().into_iter().filter(|state| !state.contains("unreadable")).collect();
    assert_eq!(states, ["still=identical allow"], "{merged}");
    assert_eq!(merged.states().len(), 5, "nothing is lost: {merged}");
}

/// The bench targets in a machine's cache.
fn built(repo: &Repo) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(repo.stage().unwrap().join("built"))
        .unwrap()
        .flat_map(|kept| fs::read_dir(kept.unwrap().path().join("files/bench/project")).into_iter().flatten())
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    found.dedup();
    found
}
