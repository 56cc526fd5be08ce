//! `accept`, and the waivers that it writes: what they cover, where they are read, what is said of those that cover nothing.

use crate::world::{Repo, suite, writes};
use std::fs;

const TOML: &str = "benchgate.toml";

/// A repository of one benchmark that head doubles.
fn doubled(extra: &str) -> Repo {
    let toml = suite(&[("grows", "sh grows.sh")]) + extra;
    Repo::new()
        .commit("base", &[(TOML, &toml), ("grows.sh", &writes(1000))])
        .commit("head", &[("grows.sh", &writes(2000))])
}

fn waiver(benchmark: &str, ceiling: &str, until: &str) -> String {
    format!(
        "[[waiver]]\nbenchmark = '{benchmark}'\nmetric = 'bytes-written'\nceiling = '{ceiling}'\nuntil = {until}\nreason = 'why'\n"
    )
}

fn read(repo: &Repo) -> String {
    fs::read_to_string(repo.root().join(TOML)).unwrap()
}

#[test]
fn an_accepted_regression_passes_once_it_is_merged_and_stays_visible() {
    let odd = "# a remark, kept\n\n[gate]   # odd   spacing\nthreshold = '2%'";
    let repo = doubled("");
    repo.write(TOML, format!("{}{odd}", suite(&[("grows", "sh grows.sh")])));
    let repo = repo.commit("remark", &[]);
    let report = repo.outside().join("r.json").display().to_string();
    repo.gate(&format!("check --base HEAD~2 -o {report}")).exits(1);
    let before = read(&repo);
    let reason = "twice the \"bytes\" \\ and\na second line";
    let words = ["accept", "grows", "--from", &report, "--issue", "#7", "--reason", reason];
    let run = repo.gate_words(&words);
    run.exits(0).prints("benchmark = \"s/grows\"").prints("ceiling = \"100%\"").prints("after the merge");
    let after = read(&repo);
    assert!(after.starts_with(&before) && after[before.len()..].starts_with("\n\n[[waiver]]\n"), "{after}");
    // Its own waiver changes nothing yet.
    let repo = repo.commit("accept", &[]);
    repo.gate("check --base HEAD~3").exits(1).prints("after the merge");
    // Merged: a base that has it.
    repo.git("checkout --quiet HEAD~3 -- grows.sh");
    let repo = repo.commit("as merged", &[]).commit("head", &[("grows.sh", &writes(2000))]);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(0);
    assert_eq!(run.verdicts(), ["grows bytes-written=regression"]);
    let waiver = &run.json()["comparisons"][0]["waiver"];
    assert_eq!((&waiver["reason"], &waiver["issue"]), (&reason.into(), &"#7".into()), "{run}");
    assert_eq!(run.json()["notes"].as_array().unwrap().len(), 1, "only what base is: {run}");
    repo.gate("check --base HEAD~1").exits(0).prints("waived up to +100 %").prints("(#7)");
    // And a larger one is not covered.
    let repo = repo.commit("larger", &[("grows.sh", &writes(2500))]);
    repo.gate("check --base HEAD~2").exits(1).prints("this waiver does not cover s/grows");
}

#[test]
fn what_is_accepted_is_named_once_and_exactly() {
    let toml = suite(&[("grows", "sh grows.sh"), ("steady", "true")]);
    let repo = Repo::new()
        .commit("base", &[(TOML, &toml), ("grows.sh", &writes(1000))])
        .commit("head", &[("grows.sh", &writes(2000))]);
    let report = repo.outside().join("r.json").display().to_string();
    repo.gate(&format!("check --base HEAD~1 -o {report}")).exits(1);
    let before = read(&repo);
    let refused = |line: &str, why: &str| {
        let words: Vec<&str> = ["accept"].into_iter().chain(line.split(' ')).chain(["--reason", "why"]).collect();
        repo.gate_words(&words).exits(2).says(why);
        assert_eq!(read(&repo), before, "{line}");
    };
    refused("s/grows", "--ceiling");
    refused("s/grows --ceiling 12", "'12' has no unit");
    refused("s/grows --ceiling 12% --until 2020-01-01", "2020-01-01 has passed");
    refused("s/grows --ceiling 12% --until soon", "not a date");
    refused("grows --ceiling 12%", "suite/benchmark");
    refused("s/grows --ceiling 12% --metric wall-tim", "did you mean 'wall-time'");
    refused(&format!("s/other --from {report}"), "has: s/grows");
    refused(&format!("s/grows --metric wall-time --from {report}"), "has none");
    refused(&format!("steady --from {report}"), "'steady' is unchanged in");
    refused("--all", "--from");
    repo.gate_words(&["accept", "s/grows", "--ceiling", "9%", "--reason", " "]).exits(2).says("--reason is empty");
    repo.gate("accept s/grows --ceiling 9%").exits(2).says("--reason");
    repo.gate(&format!("accept --all --from {report} --reason why --until 2999-01-01")).exits(0).prints("2999-01-01");
    repo.gate(&format!("accept --all --from {report} --reason why")).exits(2).says("benchgate.toml:").says("already");
    repo.gate("accept t/* --ceiling 9% --reason why").exits(0).prints("there is no suite 't'");
}

#[test]
fn a_name_is_taken_literally_and_links_line_ends_and_strangers_are_respected() {
    let toml = suite(&[("grows", "sh grows.sh"), ("a*[1]", "sh grows.sh"), ("a2", "true")]).replace('\n', "\r\n");
    let repo = Repo::new();
    repo.write("ci/gate.toml", &toml);
    std::os::unix::fs::symlink("ci/gate.toml", repo.root().join(TOML)).unwrap();
    let repo = repo.commit("base", &[("ci/grows.sh", &writes(1000))]).commit("head", &[("ci/grows.sh", &writes(2000))]);
    let report = repo.outside().join("r.json").display().to_string();
    repo.gate(&format!("check --base HEAD~1 --config ci/gate.toml -o {report}")).exits(1);
    repo.gate(&format!("accept a*[1] --from {report} --reason why")).exits(0).prints("\"s/a[*][[]1[]]\"");
    assert!(repo.root().join(TOML).symlink_metadata().unwrap().is_symlink());
    let text = read(&repo);
    assert!(text.starts_with(&toml) && !text.replace("\r\n", "").contains('\n'), "{text:?}");
    repo.write("hostile.json", "{\"schema\": 1, \"outcome\": \"pass\", \"comparisons\": 3}");
    repo.gate("accept --all --from hostile.json --reason why").exits(2).says("hostile.json");
    repo.write(TOML, "[gate]\ntreshold = '3%'\n");
    repo.gate("accept s/x --ceiling 3% --reason why").exits(2).says("benchgate.toml:2:1");
}

#[test]
fn a_project_without_configuration_gets_one() {
    let repo = Repo::new().commit("base", &[("Cargo.toml", "[package]\nname = 'x'\n")]);
    repo.gate("accept x/parse --ceiling 12% --reason why").exits(0);
    let text = read(&repo);
    assert!(text.starts_with("[[waiver]]\n") && text.contains("metric = \"wall-time\""), "{text}");
}

#[test]
fn waivers_that_cover_nothing_are_told() {
    let toml = waiver("s/grows", "150%", "2020-01-01") + &waiver("s/gone", "9%", "2999-01-01");
    let repo = doubled(&toml);
    let run = repo.gate("check --base HEAD~1 --format json");
    run.exits(1);
    let notes = run.json()["notes"].to_string();
    let base = repo.git("rev-parse --short=10 HEAD~1").trim().to_owned();
    let first = format!("benchgate.toml at {base}:8:1: this waiver expired on 2020-01-01 and no longer covers s/grows");
    assert!(notes.contains(&first), "{run}");
    assert!(notes.contains(":14:1: this waiver is unused: no benchmark of this run is 's/gone'"), "{run}");
    let part = repo.gate("check --base HEAD~1 --format json --bench grows");
    assert!(!part.exits(1).stdout.contains("unused"), "a part of a run cannot know: {part}");
    let identical = repo.gate("check --base HEAD --head HEAD --format json");
    assert_eq!(identical.exits(0).stdout.matches("this waiver").count(), 1, "{identical}");
}

#[test]
fn a_change_that_drops_its_slow_benchmark_is_not_green() {
    let repo = doubled("");
    let drops = |keys: &str, commands: &[(&str, &str)]| {
        repo.write(TOML, crate::world::suite_with(keys, commands)).write("steady.sh", writes(10));
        let run = repo.gate("check --base HEAD~1 --format json");
        assert!([1, 3].contains(&run.status.code().unwrap()), "{keys}: {run}");
    };
    let steady = ("steady", "sh steady.sh");
    drops("metrics = ['bytes-written']", &[steady]);
    drops("metrics = ['bytes-written']\nremoved = ['grows']", &[steady]);
    drops("metrics = ['bytes-written']\nexclude = ['grows']", &[steady, ("grows", "sh grows.sh")]);
    drops("metrics = { bytes-written = { threshold = '900%' } }", &[("grows", "sh grows.sh")]);
    drops("metrics = ['bytes-read']", &[("grows", "sh grows.sh")]);
    drops("metrics = ['bytes-written']", &[("renamed", "sh grows.sh")]);
}
