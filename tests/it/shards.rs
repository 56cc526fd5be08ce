//! One comparison on several machines: the plan, each part in a cache of its own, and one answer.

use crate::world::{Repo, Run, suite, writes};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Five benchmarks, `grows` a regression; head's policy would let it pass.
fn project() -> Repo {
    let names = ["a", "b", "c", "grows", "same"];
    let commands: Vec<(String, String)> =
        names.iter().map(|name| ((*name).to_owned(), format!("sh {name}.sh"))).collect();
    let commands: Vec<(&str, &str)> = commands.iter().map(|(name, run)| (&**name, &**run)).collect();
    let toml = "[gate]\nmax-rounds = 6\n".to_owned() + &suite(&commands);
    let repo = Repo::new().commit("base", &[("benchgate.toml", &toml)]);
    for name in names {
        repo.write(&format!("{name}.sh"), writes(1000));
    }
    let repo = repo.commit("scripts", &[]);
    repo.git("tag before");
    let lax = toml.replace("max-rounds = 6", "max-rounds = 6\nthreshold = '900%'");
    repo.commit("head", &[("grows.sh", &writes(2000)), ("benchgate.toml", &lax)])
}

/// The plan, and the records of three machines.
struct Measured {
    repo: Repo,
    matrix: Value,
}

impl Measured {
    fn new() -> Self {
        let mut repo = project();
        let plan = repo.gate("check --base before --dry-run --shards 3 --format json");
        plan.exits(0).says("nothing is known of how long");
        assert_eq!(plan.stdout.lines().count(), 1, "an output of a step is one line: {plan}");
        let matrix = plan.json();
        fs::write(repo.root().join("plan.json"), plan.stdout.as_bytes()).unwrap();
        for (i, job) in matrix["include"].as_array().unwrap().iter().enumerate() {
            // Another machine: nothing is built, nothing remembered.
            let cache = repo.outside().join(format!("cache-{i}"));
            repo = repo.with_cache(cache);
            let (shard, record) = (job["shard"].as_str().unwrap(), repo.outside().join(format!("{i}.json")));
            let run = repo.gate(&format!("run --shard {shard} --plan plan.json --record {}", record.display()));
            run.exits(0).prints(&format!("shard {shard}: "));
        }
        fs::remove_file(repo.root().join("plan.json")).unwrap();
        Self { repo, matrix }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.repo.outside().join(name)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn changed(&self, from: &str, to: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(from);
        change(&mut value);
        fs::write(self.path(to), value.to_string()).unwrap();
    }

    fn report(&self, flags: &str, names: &[&str]) -> Run {
        let names: Vec<String> = names.iter().map(|name| self.path(name).display().to_string()).collect();
        self.repo.gate(&format!("report --format json {flags} {}", names.join(" ")))
    }
}

const ALL: [&str; 3] = ["0.json", "1.json", "2.json"];

/// The one test that measures.
#[test]
fn three_machines_give_one_answer() {
    let measured = Measured::new();
    everything_is_shared_out_once(&measured);
    the_merged_answer_is_that_of_one_machine(&measured);
    forty_rows_in_eight_shards_are_judged_as_one_family(&measured);
    shards_that_do_not_belong_together_are_refused(&measured);
    the_policy_is_bases(&measured);
    durations_balance_the_next_plan(&measured);
    a_plan_for_something_else_is_refused(&measured);
}

fn everything_is_shared_out_once(measured: &Measured) {
    let jobs = measured.matrix["include"].as_array().unwrap();
    assert_eq!(measured.matrix.as_object().unwrap().len(), 1, "any other key would be a dimension of the matrix");
    let names: Vec<&str> =
        jobs.iter().flat_map(|job| job["benchmarks"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    let once: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!((names.len(), once), (5, ["s/a", "s/b", "s/c", "s/grows", "s/same"].into()));
    for (job, file) in jobs.iter().zip(ALL) {
        let record = measured.json(file);
        let rows: BTreeSet<String> = record["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| format!("s/{}", row["benchmark"].as_str().unwrap()))
            .collect();
        let planned: BTreeSet<String> =
            job["benchmarks"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        assert_eq!(rows, planned);
        assert_eq!(record["shard"]["plan"], job["plan"]);
        assert_eq!(record["head"]["revision"], job["head"], "the plan's file is no part of the tree");
    }
}

fn the_merged_answer_is_that_of_one_machine(measured: &Measured) {
    let merged = measured.report("", &ALL);
    merged.exits(1);
    measured.changed("0.json", "whole.json", |whole| {
        whole.as_object_mut().unwrap().remove("shard");
        for other in ["1.json", "2.json"] {
            for list in ["rows", "states"] {
                let more = measured.json(other)[list].as_array().unwrap().clone();
                whole[list].as_array_mut().unwrap().extend(more);
            }
        }
    });
    // Without a shard in it, the policy is the work tree's.
    let whole = measured.report("--threshold 3%", &["whole.json"]);
    let answer = |run: &Run| {
        let report = run.json();
        ["outcome", "comparisons", "states"].map(|part| report[part].clone())
    };
    assert_eq!(answer(&merged), answer(&whole));
    assert!(merged.verdicts().contains(&"grows bytes-written=regression".to_owned()), "{merged}");
    // Red on its own machine, it was measured again there.
    let report = merged.json();
    let notes: Vec<&str> = report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert!(notes[0].starts_with("3 run records are judged together"), "{notes:?}");
    assert_eq!(report["policy"]["changed_in_head"], true);
}

/// Rows that are slower by little: how many are red depends on how many there are in the family.
fn forty_rows_in_eight_shards_are_judged_as_one_family(measured: &Measured) {
    let template = measured.json("0.json");
    let row = |number: usize| {
        let mut row = template["rows"][0].clone();
        let mut random = fastrand::Rng::with_seed(number as u64);
        let mut side = |factor: f64| json!((0..6).map(|_| factor * (1.0 + 0.01 * random.f64())).collect::<Vec<_>>());
        let (base, head) = (side(1.0), side(1.0 + 0.004 * number as f64));
        (row["benchmark"], row["base"], row["head"]) = (json!(format!("{number:02}")), base, head);
        row.as_object_mut().unwrap().remove("second_look");
        row["metric"] = json!({"name": "wall-time", "unit": "s", "better": "lower", "distribution": "sampled"});
        row
    };
    let write = |name: &str, rows: Vec<Value>, shard: Option<u32>| {
        measured.changed("0.json", name, |record| {
            record["rows"] = rows.into();
            record["states"] = json!([]);
            record["durations"] = json!([]);
            match shard {
                Some(index) => {
                    (record["shard"]["index"], record["shard"]["count"]) = (json!(index), json!(8));
                    record["shard"]["benchmarks"] = json!([]);
                }
                None => drop(record.as_object_mut().unwrap().remove("shard")),
            }
        });
    };
    let names: Vec<String> = (1..=8).map(|index| format!("8-{index}.json")).collect();
    for (index, name) in (1..).zip(&names) {
        write(name, (0..5).map(|i| row(8 * i + index as usize - 1)).collect(), Some(index));
    }
    write("40.json", (0..40).map(row).collect(), None);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (merged, whole) = (measured.report("", &names), measured.report("--threshold 3%", &["40.json"]));
    assert_eq!(merged.exits(1).json()["comparisons"], whole.exits(1).json()["comparisons"]);
    let found: BTreeSet<String> =
        merged.verdicts().iter().map(|row| row.rsplit('=').next().unwrap().to_owned()).collect();
    assert_eq!(found.len(), 3, "all kinds of verdicts: {found:?}");
    let without_one: Vec<&str> = names.iter().copied().filter(|name| *name != "8-5.json").collect();
    measured.report("", &without_one).exits(2).says("nothing can be said without shard 5/8");
}

fn shards_that_do_not_belong_together_are_refused(measured: &Measured) {
    let refused = |names: &[&str], why: &str| {
        measured.report("", names).exits(2).says(why);
    };
    refused(&["0.json", "2.json"], "without shard 2/3");
    refused(&["0.json"], "without shard 2/3, 3/3");
    fs::copy(measured.path("1.json"), measured.path("twin.json")).unwrap();
    refused(&["0.json", "1.json", "twin.json"], "are both shard 2/3");
    refused(&["0.json", "1.json", "2.json", "twin.json"], "are both shard 2/3");
    refused(&["0.json", "whole.json"], "is no shard");
    let changed = |why: &str, change: &dyn Fn(&mut Value)| {
        measured.changed("1.json", "other.json", change);
        refused(&["0.json", "other.json", "2.json"], why);
    };
    changed("head is", &|record| record["head"]["revision"] = "0".repeat(40).into());
    changed("base is", &|record| record["base"]["revision"] = "0".repeat(40).into());
    changed("different policies", &|record| record["shard"]["policy"] = "other".into());
    changed("different plans", &|record| record["shard"]["plan"] = "other".into());
    changed("plans of different size", &|record| record["shard"]["count"] = 4.into());
    changed("both hold", &|record| record["rows"] = measured.json("0.json")["rows"].clone());
    changed("says nothing of it", &|record| record["rows"] = json!([]));
    changed("is shard 7 of 3", &|record| record["shard"]["index"] = 7.into());
    measured.changed("0.json", "many.json", |record| record["shard"]["count"] = u32::MAX.into());
    refused(&["many.json"], "at most 256");
    // Machines may differ from shard to shard; the report says which.
    measured.changed("1.json", "other.json", |record| record["environment"]["class"] = "pdp-11".into());
    let mixed = measured.report("", &["0.json", "other.json", "2.json"]);
    assert!(mixed.exits(1).stdout.contains("pdp-11 (shards 2)"), "{mixed}");
}

fn the_policy_is_bases(measured: &Measured) {
    // Head's own file would have passed everything.
    assert!(fs::read_to_string(measured.repo.root().join("benchgate.toml")).unwrap().contains("900%"));
    measured.report("--threshold 3%", &ALL).exits(1);
    measured.report("--threshold 900%", &ALL).exits(2).says("not the one that the shards were measured under");
    let elsewhere = measured.repo.outside();
    let lax = "[gate]\nthreshold = '900%'\n";
    fs::write(elsewhere.join("benchgate.toml"), lax).unwrap();
    let line = format!("report {}", ALL.join(" "));
    measured.repo.from(&elsewhere).gate(&line).exits(2).says("'fetch-depth: 0'");
    fs::remove_file(elsewhere.join("benchgate.toml")).unwrap();
    measured.repo.from(&elsewhere).gate(&line).exits(1);
}

fn durations_balance_the_next_plan(measured: &Measured) {
    let repo = &measured.repo;
    fs::create_dir(measured.path("durations")).unwrap();
    // The slowest alone, the other four share a machine.
    measured.changed("0.json", "durations/last.json", |record| {
        let spent = |name: &str, seconds: f64| json!({"suite": "s", "benchmark": name, "seconds": seconds});
        record["durations"] = json!([spent("a", 40.0), spent("b", 10.0), spent("c", 10.0), spent("grows", 10.0)]);
    });
    let folder = measured.path("durations").display().to_string();
    let plan = repo.gate(&format!("check --base before --dry-run --shards 2 --durations {folder}"));
    plan.exits(0).says("1 of 5 benchmarks").prints("2 shards of 5 benchmarks, the longest about 40s, the mean 40s");
    plan.prints("shard 1/2  about 40s  s/a\n");
    // What a killed job left in a cache is passed over; a file that is named is meant.
    fs::write(measured.path("durations/empty.json"), "").unwrap();
    let plan = repo.gate(&format!("check --base before --dry-run --shards 2 --durations {folder}"));
    plan.exits(0).says("empty.json' is passed over").prints("the longest about 40s, the mean 40s");
    repo.gate(&format!("check --base before --dry-run --shards 2 --durations {folder}/empty.json"))
        .exits(2)
        .says("empty.json");
    // The later file wins, whatever it is called.
    measured.changed("durations/last.json", "earlier.json", |record| record["durations"][0]["seconds"] = json!(90.0));
    let later = measured.path("earlier.json").display().to_string();
    for (flags, longest) in [
        (format!("--durations {folder} --durations {later}"), "the longest about 1m 30s"),
        (format!("--durations {later} --durations {folder}"), "the longest about 40s"),
    ] {
        repo.gate(&format!("check --base before --dry-run --shards 2 {flags}")).exits(0).prints(longest);
    }
    let plan = repo.gate("check --base before --dry-run --shards 9 --durations nowhere.json");
    plan.exits(2).says("nowhere.json");
    // More machines than benchmarks are no use, and the cache of the last machine knows its own benchmarks.
    repo.gate("check --base before --dry-run --shards 9")
        .exits(0)
        .prints("5 shards of 5 benchmarks")
        .says("of 5 benchmarks");
}

fn a_plan_for_something_else_is_refused(measured: &Measured) {
    let repo = &measured.repo;
    let refused = |shard: &str, plan: &str, flags: &str, why: &str| {
        let record = measured.path("refused.json");
        let line = format!("run --shard {shard} --plan {plan} --record {} {flags}", record.display());
        repo.gate(&line).exits(2).says(why);
        assert!(!Path::new(&record).exists());
    };
    let plan = measured.path("plan.json");
    let write = |change: &dyn Fn(&mut Value)| {
        let mut matrix = measured.matrix.clone();
        change(&mut matrix["include"]);
        fs::write(&plan, matrix.to_string()).unwrap();
        plan.display().to_string()
    };
    refused("1/4", &write(&|_| {}), "", "has no shard 1/4; it has 1/3, 2/3, 3/3");
    refused("1/3", &write(&|_| {}), "--base HEAD", "was made for base");
    refused("1/3", &write(&|_| {}), "--max-rounds 10", "other settings");
    refused("1/3", &write(&|_| {}), "--bench a", "which is not measured here");
    refused("1/3", &write(&|jobs| jobs[0]["benchmarks"] = json!([])), "", "is not as it was printed");
    fs::write(&plan, "{}").unwrap();
    refused("1/3", &plan.display().to_string(), "", "no plan of shards");
    repo.gate("run --record x.json --threshold 2%").exits(2).says("go with --shard");
    repo.gate("run --record x.json --plan p.json").exits(2).says("--shard");
    repo.gate("run --record x.json --shard 4/3").exits(2).says("4/3");
    repo.gate("check --shards 3").exits(2).says("--dry-run");
}

#[test]
fn nothing_to_measure_is_a_plan_too_and_the_merged_report_says_why() {
    let toml = "[gate]\nmax-rounds = 6\n".to_owned()
        + &suite(&[("a", "sh a.sh")]).replace("harness", "build = 'true'\nharness");
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("a.sh", &writes(1000)), ("docs/a.md", "a")])
        .commit("head", &[("docs/a.md", "b")]);
    let matrix = repo.gate("check --base HEAD~1 --dry-run --shards 4 --format json");
    assert_eq!(matrix.exits(0).json()["include"].as_array().unwrap().len(), 1, "{matrix}");
    let record = repo.outside().join("one.json").display().to_string();
    // A matrix that is written by hand has more shards than benchmarks: they are empty.
    for number in [1, 2] {
        repo.gate(&format!("run --base HEAD~1 --shard {number}/2 --record {record}.{number}")).exits(0);
    }
    let report = repo.gate(&format!("report --format json {record}.1 {record}.2"));
    assert_eq!(report.exits(0).states(), ["a=identical allow"]);
}
