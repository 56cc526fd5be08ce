//! Histories of anybody, looked at by the real binary.

use crate::world::Repo;
use serde_json::Value;
use std::fmt::Write;
use std::fs;

/// Sixty runs of a series that rises by 10 % at the fortieth, beside one that does not, and a column of words.
fn history() -> String {
    let mut text = String::from("commit,time,parse,cpu,print\n");
    for i in 0..60 {
        let wobble = |phase: f64| 1.0 + 0.003 * ((1.7 * f64::from(i) + phase).sin() + (2.9 * f64::from(i)).cos());
        let level = if i < 40 { 100.0 } else { 110.0 };
        let day = format!("2026-{:02}-{:02}", 1 + i / 28, 1 + i % 28);
        writeln!(text, "{i:040x},{day},{},EPYC,{}", level * wobble(0.0), 5.0 * wobble(2.0)).unwrap();
    }
    text
}

#[test]
fn a_step_in_a_table_is_found_and_the_answer_stands_on_the_last_line() {
    let repo = Repo::new();
    repo.write("history.csv", history());
    let run = repo.gate("trend --from history.csv --better lower");
    run.exits(0).prints("worse  +9.9 %");
    assert!(run.stdout.ends_with("1 change in 1 of 2 series\n"), "{}", run.stdout);

    let run = repo.gate("trend --from history.csv --format json -o trend.md");
    let seen = run.exits(0).json();
    let parse = &seen["series"][0];
    assert_eq!((&parse["benchmark"], &parse["n"]), (&Value::from("parse"), &Value::from(60)));
    assert_eq!(parse["change_points"].as_array().unwrap().len(), 1);
    assert_eq!(parse["change_points"][0]["index"], 40);
    assert_eq!(parse["change_points"][0]["commit"], format!("{:040x}", 40));
    assert_eq!(seen["series"][1]["change_points"], Value::from(Vec::<Value>::new()));
    assert!(seen["notes"][0].as_str().unwrap().contains("'cpu'"));
    assert!(fs::read_to_string(repo.root().join("trend.md")).unwrap().contains("| `parse` | up |"));
}

#[test]
fn a_budget_for_drift_decides_the_status() {
    let repo = Repo::new();
    repo.write("history.csv", history());
    let since = |run: u32| format!("--better lower --drift-max 5% --since {run:040x}");
    for (flags, status) in [
        ("--better lower --drift-max 5%".to_owned(), 1),
        ("--better lower --drift-max 15%".to_owned(), 0),
        ("--better higher --drift-max 5%".to_owned(), 0),
        // Twenty runs at the new level, and ten before it with them.
        (since(40), 0),
        (since(30), 1),
        // What cannot be judged does not pass: no direction, too few values, no such commit.
        ("--drift-max 5%".to_owned(), 2),
        (since(55), 2),
        (since(99), 2),
    ] {
        repo.gate(&format!("trend --from history.csv {flags}")).exits(status);
    }
}

#[test]
fn drift_is_counted_from_a_release_or_over_a_time() {
    let repo = Repo::new().commit("base", &[("a", "")]);
    repo.git("tag v1.2");
    // The thirtieth run is later than the release; and the history ends a day after it begins, a run each half hour.
    let text = history();
    let moment = |i: usize| humantime(1_700_000_000 + 1800 * i as u64);
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            if i == 0 { line.to_owned() } else { format!("{},{},{}", cells[0], moment(i), cells[2..].join(",")) }
        })
        .collect();
    repo.write("history.csv", lines.join("\n") + "\n");
    let first = |since: &str| {
        let seen = repo.gate(&format!("trend --from history.csv --format json --since {since}")).exits(0).json();
        seen["series"][0]["drift"]["first"].clone()
    };
    assert_eq!(first("15h"), 29, "thirty half hours before the last of sixty runs");
    assert_eq!(first(&format!("{:040x}", 12)), 12);
    assert_eq!(first("2023-11-15"), 3, "the first run of that day");
    // The release is later than all runs.
    repo.write(
        "untimed.csv",
        text.lines().map(|line| line.replacen("2026-", "day ", 1)).collect::<Vec<_>>().join("\n") + "\n",
    );
    repo.gate("trend --from untimed.csv --since 15h").exits(2).says("no run of this history has a time");
    repo.gate("trend --from history.csv --since v1.2").exits(2).says("no run of 'v1.2' or later");
    let repo = Repo::new();
    let at = format!("{} +0000", 1_700_000_000 + 1800 * 20 - 60);
    let dated = repo
        .program("git", repo.root())
        .args(["commit", "-qm", "x", "--allow-empty"])
        .env("GIT_COMMITTER_DATE", &at)
        .args(["--date", &at])
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@b"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@b"),
        ])
        .status()
        .unwrap();
    assert!(dated.success());
    repo.git("tag v1.3");
    repo.write("history.csv", lines.join("\n") + "\n");
    let seen = repo.gate("trend --from history.csv --format json --since v1.3").exits(0).json();
    assert_eq!(seen["series"][0]["drift"]["first"], 19, "the twentieth run is the first after the release");
    repo.gate("trend --from history.csv --since v9").exits(2).says("no revision of that name");
}

/// RFC 3339 of seconds since 1970, by the system's own clock tools.
fn humantime(seconds: u64) -> String {
    let out =
        std::process::Command::new("date").args(["-u", "-d", &format!("@{seconds}"), "+%Y-%m-%dT%H:%M:%SZ"]).output();
    String::from_utf8(out.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn a_history_too_short_to_show_anything_says_so() {
    let repo = Repo::new();
    let table = |runs: usize| {
        let wobble = |i: usize| 1.0 + 0.001 * (1.7 * i as f64).sin();
        let value = |i: usize| (wobble(i) * if i < runs / 2 { 1.0 } else { 1.5 }).to_string();
        std::iter::once("x".to_owned()).chain((0..runs).map(value)).collect::<Vec<_>>().join("\n") + "\n"
    };
    repo.write("short.csv", table(16)).write("enough.csv", table(17));
    let run = repo.gate("trend --from short.csv");
    run.exits(0).prints("1 of 1 series have fewer than 17 values, too few to tell any change from noise");
    let run = repo.gate("trend --from enough.csv");
    assert!(!run.exits(0).stdout.contains("too few"), "{run}");
    repo.gate("trend --from short.csv --detector sensitive").exits(0).prints("1 change in 1 of 1 series");
    // Twelve values on both sides are asked for.
    repo.gate("trend --from enough.csv --detector strict").exits(0).prints("have fewer than 24 values");
    repo.write("lasting.csv", table(24));
    let run = repo.gate("trend --from lasting.csv --detector strict");
    assert!(!run.exits(0).stdout.contains("too few"), "{run}");
    run.prints("1 change in 1 of 1 series");
}

#[test]
fn what_is_no_history_is_refused() {
    let repo = Repo::new();
    repo.write("words.csv", "a,b\n1,x\n2,3\n");
    repo.gate("trend --from words.csv").exits(2).says("words.csv:2:3: expected a number in 'b', found 'x'");
    repo.gate("trend --from absent.csv").exits(2).says("absent.csv");
    repo.gate("trend --from words.csv --format html").exits(2).says("cannot be written as html");
}

#[test]
fn what_changed_is_drawn() {
    let repo = Repo::new();
    repo.write("history.csv", history());
    repo.gate("trend --from history.csv -o trend.svg --plots plots").exits(0);
    let drawn = fs::read_to_string(repo.root().join("plots/trend-01-parse-light.svg")).unwrap();
    assert_eq!(fs::read_to_string(repo.root().join("trend.svg")).unwrap(), drawn);
    assert!(drawn.contains("+9.9 %"), "{drawn}");
    assert_eq!(
        fs::read_dir(repo.root().join("plots")).unwrap().count(),
        4,
        "one series changed: two themes, two kinds"
    );
}

#[test]
fn stored_baselines_are_a_history() {
    let repo = Repo::new().commit("base", &[("benchgate.toml", "")]);
    repo.gate("trend").exits(2).says("no baseline in");
    let entries: Vec<String> = (0..40)
        .map(|i| {
            let value = (if i < 25 { 100.0 } else { 120.0 }) * (1.0 + 0.002 * f64::from(i * 7 % 11));
            let bench = format!(r#"{{"name":"sort","value":{value},"unit":"ms/iter"}}"#);
            let date = 1_704_067_200_000_u64 + u64::from(i as u32) * 86_400_000;
            format!(r#"{{"commit":{{"id":"{i:040x}"}},"date":{date},"tool":"cargo","benches":[{bench}]}}"#)
        })
        .collect();
    repo.write("data.js", format!(r#"{{"entries":{{"s":[{}]}}}}"#, entries.join(",")));
    repo.gate("import data.js").exits(0);
    let seen = repo.gate("trend --format json").exits(0).json();
    assert_eq!(seen["series"][0]["benchmark"], "s/sort");
    assert_eq!(seen["series"][0]["change_points"][0]["commit"], format!("{:040x}", 25));
    assert_eq!(repo.gate("trend --from data.js --format json").exits(0).json()["series"], seen["series"], "the same");
}

#[test]
fn a_change_is_dated_to_the_runs_that_could_have_made_it() {
    let repo = Repo::new();
    // Runs 36 to 39 have no value: each of them may have done it, and so may the fortieth.
    let lines = history();
    let blank = |(i, line): (usize, &str)| match i {
        37..=40 => line
            .splitn(4, ',')
            .enumerate()
            .map(|(k, cell)| if k == 2 { "" } else { cell })
            .collect::<Vec<_>>()
            .join(","),
        _ => line.to_owned(),
    };
    repo.write("history.csv", lines.lines().enumerate().map(blank).collect::<Vec<_>>().join("\n") + "\n");
    let seen = repo.gate("trend --from history.csv --format json").exits(0).json();
    let change = &seen["series"][0]["change_points"][0];
    assert_eq!((&change["first"], &change["index"]), (&Value::from(36), &Value::from(40)), "{change}");
    assert_eq!(change["commits"][0], format!("{:040x}", 35));
}

#[test]
fn a_smallest_change_counts_on_any_scale() {
    let repo = Repo::new();
    // A zero keeps the series off the scale of logarithms.
    let zeroed = history().replacen(",100.", ",0.", 1);
    repo.write("zero.csv", zeroed);
    let enormous = |sign: &str| {
        let value = |i: usize| format!("{sign}{}e306", if i < 30 { 100 + i % 3 } else { 120 + i % 4 });
        std::iter::once("x".to_owned()).chain((0..60).map(value)).collect::<Vec<_>>().join("\n") + "\n"
    };
    repo.write("above.csv", enormous("")).write("below.csv", enormous("-"));
    for (name, sign) in [("above", 1.0), ("below", -1.0)] {
        let seen = repo.gate(&format!("trend --from {name}.csv --format json")).exits(0).json();
        let step = &seen["series"][0]["change_points"][0];
        assert_eq!((&step["index"], &step["before"]), (&30.into(), &(sign * 1.01e308).into()), "{seen}");
    }
    for (percent, changes) in [("5%", 1), ("50%", 0)] {
        let seen = repo.gate(&format!("trend --from zero.csv --min-change {percent} --format json")).exits(0).json();
        assert_eq!(seen["series"][0]["change_points"].as_array().unwrap().len(), changes, "{percent}");
    }
}

/// Eighty runs of one step each: one that lasts, one of 1 %, one that eight runs later is gone; and one six runs before the end.
fn steps() -> String {
    let mut text = String::from("lasting,small,passing,late\n");
    for i in 0..80 {
        let wobble = |phase: f64| 1.0 + 0.0015 * ((1.7 * f64::from(i) + phase).sin() + (2.9 * f64::from(i)).cos());
        let after = |first: i32, step: f64| if i >= first { step } else { 1.0 };
        let passing = after(40, 1.1) / after(48, 1.1);
        let cells = [after(40, 1.1), after(40, 1.01), passing, after(73, 1.1)];
        let cells: Vec<String> =
            cells.iter().enumerate().map(|(k, v)| (100.0 * v * wobble(k as f64)).to_string()).collect();
        writeln!(text, "{}", cells.join(",")).unwrap();
    }
    text
}

#[test]
fn a_detector_is_chosen_by_name() {
    let repo = Repo::new();
    repo.write("steps.csv", steps());
    let changes = |flags: &str| -> Vec<usize> {
        let seen = repo.gate(&format!("trend --from steps.csv --fdr 100% --format json {flags}")).exits(0).json();
        let of = |series: &Value| series["change_points"].as_array().unwrap().len();
        seen["series"].as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(changes(""), [1, 1, 2, 1]);
    assert_eq!(changes("--detector default"), [1, 1, 2, 1]);
    assert_eq!(changes("--detector sensitive"), [1, 1, 2, 1]);
    assert_eq!(changes("--detector strict"), [1, 0, 0, 0], "what is large and lasts");
    assert_eq!(changes("--detector strict --min-change 0.5%"), [1, 1, 0, 0], "the flag has the last word");
    assert_eq!(changes("--detector strict --min-change 20%"), [0; 4]);
    repo.gate("trend --from steps.csv --detector lax").exits(2).says("[possible values: default, sensitive, strict]");
}

#[test]
fn a_project_chooses_its_detector_once() {
    let repo = Repo::new().commit("base", &[("benchgate.toml", "[history]\ndetector = \"strict\"\n")]);
    let header = |line: usize| if line == 0 { "commit,small".to_owned() } else { format!("{line:040x}") };
    let rows = steps();
    let rows = rows.lines().enumerate().map(|(i, line)| match i {
        0 => header(0),
        _ => format!("{},{}", header(i), line.split(',').nth(1).unwrap()),
    });
    let rows: Vec<String> = rows.collect();
    repo.write("small.csv", rows.join("\n") + "\n");
    let entries: Vec<String> = rows[1..]
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let (commit, value) = row.split_once(',').unwrap();
            let bench = format!(r#"{{"name":"sort","value":{value},"unit":"ms/iter"}}"#);
            let date = 1_704_067_200_000_u64 + i as u64 * 86_400_000;
            format!(r#"{{"commit":{{"id":"{commit}"}},"date":{date},"tool":"cargo","benches":[{bench}]}}"#)
        })
        .collect();
    repo.write("data.js", format!(r#"{{"entries":{{"s":[{}]}}}}"#, entries.join(",")));
    repo.gate("import data.js").exits(0);
    let count = |flags: &str| {
        let seen = repo.gate(&format!("trend --format json {flags}")).exits(0).json();
        seen["series"][0]["change_points"].as_array().unwrap().len()
    };
    assert_eq!(count(""), 0, "as the file says");
    assert_eq!(count("--detector default"), 1, "as was typed");
    assert_eq!(count("--from small.csv"), 1, "somebody else's history");
    repo.write("benchgate.toml", "[history]\ndetector = \"lax\"\n");
    repo.gate("trend")
        .exits(2)
        .says("benchgate.toml:2:12: 'detector': 'lax' is not a detector; use one of default, sensitive, strict");
}

#[test]
fn a_change_is_told_once_and_may_be_acknowledged() {
    let repo = Repo::new();
    let full = history();
    let first = |rows: usize| full.lines().take(rows + 1).collect::<Vec<_>>().join("\n") + "\n";
    let look = "trend --from history.csv --better lower --alerts alerts.json";
    repo.write("history.csv", first(40));
    repo.gate(&format!("{look} --fail-on new")).exits(0);
    repo.write("history.csv", first(50));
    let run = repo.gate(&format!("{look} --fail-on new -o trend.md"));
    run.exits(1).prints("; alerts: 1 new, 1 open, 0 acknowledged");
    let id = run.stdout.split("new alert ").nth(1).unwrap()[..12].to_owned();
    assert!(fs::read_to_string(repo.root().join("trend.md")).unwrap().contains(&id));
    repo.write("history.csv", &full);
    repo.gate(&format!("{look} --fail-on new")).exits(0).prints("0 new, 1 open");
    repo.gate(&format!("{look} --fail-on open")).exits(1);
    repo.gate_words(&["trend", "--alerts", "alerts.json", "--acknowledge", &id[..6], "--reason", "worth it"])
        .exits(0)
        .prints(&format!("acknowledged {id}: parse"));
    let seen = repo.gate(&format!("{look} --fail-on open --format json")).exits(0).json();
    assert_eq!(
        (&seen["alerts"][0]["state"], &seen["alerts"][0]["reason"]),
        (&"acknowledged".into(), &"worth it".into())
    );

    repo.gate_words(&["trend", "--alerts", "alerts.json", "--acknowledge", "zz", "--reason", "x"])
        .exits(2)
        .says("no alert begins with 'zz'");
    repo.gate("trend --from history.csv --fail-on new").exits(2).says("--alerts");
    repo.gate("trend --from history.csv --alerts other.json").exits(2).says("--better says a table's");
    repo.write("alerts.json", "{\"schema\": 1, \"alerts\": [");
    repo.gate(look).exits(2).says("alerts.json:1:").says("not a ledger of alerts");
    assert_eq!(fs::read(repo.root().join("alerts.json")).unwrap(), b"{\"schema\": 1, \"alerts\": [", "it stays");
    repo.gate(&format!("{look} -o alerts.json")).exits(2).says("named twice");
}
