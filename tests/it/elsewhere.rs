//! A second machine before red: only what was red is measured again, and red stands where both see it.

use crate::world::{Repo, Run, git_in, suite, writes};
use std::fs;

/// Head doubles `grows` and leaves `steady` alone; the record of the first machine lies outside.
fn measured() -> (Repo, String) {
    let toml = suite(&[("grows", "sh grows.sh"), ("steady", "sh steady.sh")]);
    let repo = Repo::new()
        .commit("base", &[("benchgate.toml", &toml), ("grows.sh", &writes(1000)), ("steady.sh", &writes(10))])
        .commit("head", &[("grows.sh", &writes(2000)), ("steady.sh", &(writes(10) + "# head\n"))]);
    let record = repo.outside().join("record.json").display().to_string();
    repo.gate(&format!("check --base HEAD~1 --record {record}")).exits(1);
    (repo, record)
}

fn notes(run: &Run) -> String {
    run.json()["notes"].to_string()
}

#[test]
fn what_is_red_on_both_machines_is_red() {
    let (repo, record) = measured();
    let clone = repo.outside().join("clone");
    git_in(repo.root(), &["clone", "--quiet", ".", &clone.display().to_string()]);
    let second = repo.outside().join("second.json");
    let run = repo.from(&clone).gate(&format!("check --again {record} --format json --record {}", second.display()));
    run.exits(1).says("measuring 1 red benchmark again");
    assert!(notes(&run).contains("'s/grows' bytes-written is red on a second machine too (+100.0 %)"), "{run}");
    assert_eq!(
        run.verdicts(),
        ["grows bytes-written=regression", "steady bytes-written=unchanged"],
        "the whole first run"
    );
    let second: serde_json::Value = serde_json::from_slice(&fs::read(second).unwrap()).unwrap();
    assert_eq!(second["rows"].as_array().unwrap().len(), 1, "only what was red");
}

#[test]
fn what_is_red_on_one_machine_alone_is_not() {
    let (repo, record) = measured();
    // The first machine saw in the steady one what nobody else sees.
    let mut seen: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let row = seen["rows"].as_array_mut().unwrap().iter_mut().find(|row| row["benchmark"] == "steady").unwrap();
    let doubled: Vec<f64> = row["base"].as_array().unwrap().iter().map(|value| 2.0 * value.as_f64().unwrap()).collect();
    row["head"] = serde_json::json!(doubled);
    fs::write(&record, seen.to_string()).unwrap();
    let run = repo.gate(&format!("check --again {record} --format json"));
    run.exits(1);
    assert_eq!(run.verdicts(), ["grows bytes-written=regression", "steady bytes-written=inconclusive"]);
    assert!(notes(&run).contains("'s/steady' bytes-written is unchanged on a second machine (+0.0 %)"), "{run}");
    // Alone, it is no regression any more.
    seen["rows"].as_array_mut().unwrap().retain(|row| row["benchmark"] == "steady");
    fs::write(&record, seen.to_string()).unwrap();
    repo.gate(&format!("check --again {record}")).exits(0);
}

#[test]
fn what_another_machine_cannot_measure_is_told() {
    let (repo, record) = measured();
    let mut seen: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let report = repo.outside().join("report.json").display().to_string();
    repo.gate(&format!("report {record} -o {report}")).exits(1);
    repo.gate(&format!("check --again {report}")).exits(2).says("is a report; what another machine measured");
    seen["head"]["revision"] = format!("{}+changes", seen["head"]["revision"].as_str().unwrap()).into();
    fs::write(&record, seen.to_string()).unwrap();
    repo.gate(&format!("check --again {record}")).exits(2).says("uncommitted changes");
    repo.gate(&format!("check --again {record} --base main")).exits(2);
    seen["head"]["revision"] = seen["base"]["revision"].clone();
    seen["rows"].as_array_mut().unwrap().retain(|row| row["benchmark"] == "steady");
    fs::write(&record, seen.to_string()).unwrap();
    repo.gate(&format!("check --again {record}")).exits(0).prints("nothing was red");
}
