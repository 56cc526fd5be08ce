//! `doctor`: what it promises on any machine, however loaded the tests make it.

use crate::world::{Repo, none_left};
use serde_json::Value;
use std::collections::BTreeSet;

fn topics(diagnosis: &Value) -> Vec<&str> {
    diagnosis["facts"].as_array().unwrap().iter().map(|fact| fact["fact"].as_str().unwrap()).collect()
}

#[test]
fn every_kind_of_work_is_measured_and_judged() {
    let world = Repo::folder("plain");
    let out = world.outside();
    let run = world.gate(&format!("doctor --quick --format json -o {0}/d.md -o {0}/d.txt", out.display()));
    run.exits(0).says("measuring 9 kinds of work");
    let diagnosis = run.json();
    assert_eq!(diagnosis["schema"], 1);
    assert_eq!(topics(&diagnosis).len(), 18);
    let measured = &diagnosis["measured"];
    assert_eq!((&measured["pairs"], &measured["states"]), (&6.into(), &Value::Array(Vec::new())), "{run}");
    assert!(measured["launches"].as_u64().unwrap() >= 9 * 12, "{run}");
    for kind in measured["kinds"].as_array().unwrap() {
        for name in ["launch_s", "deviation", "pair_sd", "noise_floor", "detectable", "detectable_alone"] {
            assert!(kind[name].as_f64().is_some_and(|value| value >= 0.0), "{name} of {kind}");
        }
        assert!(kind["detectable"].as_f64() >= measured["terms"]["threshold"].as_f64(), "{kind}");
    }
    let names: BTreeSet<&str> =
        measured["kinds"].as_array().unwrap().iter().map(|kind| kind["name"].as_str().unwrap()).collect();
    assert!(names.len() == 9 && names.contains("process") && names.contains("integers"), "{names:?}");
    let page = std::fs::read_to_string(out.join("d.md")).unwrap();
    assert!(page.starts_with("### ") && page.contains("| integers |"), "{page}");
    assert!(std::fs::read_to_string(out.join("d.txt")).unwrap().contains("Self-check"));
    // Nothing is left: no copy of the program, no launch.
    assert!(world.stage().is_none(), "{:?}", world.stage());
    none_left(&world.cache().display().to_string());
}

#[test]
fn facts_alone_need_no_time_and_no_repository() {
    let world = Repo::folder("plain");
    let run = world.gate("doctor --no-measure --format json");
    run.exits(0);
    let diagnosis = run.json();
    assert_eq!(diagnosis["measured"], Value::Null);
    for fact in diagnosis["facts"].as_array().unwrap() {
        let state = fact["state"].as_str().unwrap();
        assert!(["good", "worse", "bad", "unknown"].contains(&state), "{fact}");
        assert!(!fact["value"].as_str().unwrap().is_empty() && !fact["meaning"].as_str().unwrap().is_empty(), "{fact}");
    }
    let text = world.gate("doctor --no-measure -v");
    text.exits(0).prints("nothing was measured");
    for topic in topics(&diagnosis) {
        text.prints(topic);
        world.gate(&format!("explain {topic}")).exits(0);
    }
    assert!(!text.stdout.contains('\u{1b}'), "colours only on a terminal: {text}");
    world.gate("doctor --no-measure --color always").exits(0).prints("\u{1b}[");
}

#[test]
fn the_nearest_configuration_says_what_a_gate_would_allow() {
    let world = Repo::folder("plain");
    world.write("benchgate.toml", "[gate]\nthreshold = '7%'\nalpha = 0.05\nbudget = '2m'\nmax-rounds = 6\n");
    let run = world.gate("doctor --quick --cpus 0 --format json");
    run.exits(0);
    let (terms, cpus) = (&run.json()["measured"]["terms"], &run.json()["measured"]["cpus"]);
    assert_eq!(
        *terms,
        serde_json::json!({"alpha": 0.05, "threshold": 0.07, "budget_s": 120.0, "max_rounds": 6, "benchmarks": 20})
    );
    assert_eq!(*cpus, serde_json::json!([0]));
    world.write("benchgate.toml", "[gate]\ntreshold = '7%'\n");
    world.gate("doctor --no-measure").exits(2).says("threshold");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let world = Repo::folder("plain");
    world.gate("doctor --cpus 4095").exits(2).says("--cpus");
    world.gate("doctor --cpus x").exits(2).says("0,2-3");
    world.gate("doctor --quick --no-measure").exits(2);
    world.gate("doctor -o answer.html --no-measure").exits(2).says("use one of .txt, .json, .md");
    world.gate("workload naps").exits(2).says("there is no workload 'naps'");
    world.gate("workload integers").exits(2).says("CRITERION_HOME");
    world.gate("workload process").exits(0);
}
