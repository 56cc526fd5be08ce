//! Exports of the real binary, read by the programs that they are meant for where those are installed.

use crate::world::Repo;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Forty runs of three series, one of which has a hostile name and gaps.
fn history() -> String {
    let mut text = String::from(
        "commit,time,environment,\"parser/parse wall-time [s, lower]\",\"api/get throughput [1/s, higher]\",\"'=cmd \"\"x\"\" \\\"\n",
    );
    for i in 0..40 {
        let level = if i < 25 { 1.0 } else { 1.3 };
        let noise = 1.0 + 0.004 * (1.7 * f64::from(i)).sin();
        let gap = if i % 3 == 1 { String::new() } else { format!("{}", -i) };
        writeln!(
            text,
            "{i:040x},2026-02-{:02}T0{}:00:00Z,x86,{:e},{},{gap}",
            1 + i / 2,
            i % 2,
            level * noise * 1e-4,
            1e6 * noise
        )
        .unwrap();
    }
    text
}

fn repo() -> Repo {
    let repo = Repo::new();
    repo.write("history.csv", history());
    repo
}

/// Runs a Python program with a file, if the module is there; `needed` modules are everywhere where all tests run.
fn python(module: &str, is_needed: bool, program: &str, file: &Path) -> Option<String> {
    let has = |python: &&str| {
        Command::new(python)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|found| found.status.success())
    };
    let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(|python| has(python)) else {
        assert!(!is_needed || std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "it takes Python's {module}");
        eprintln!("skipped: it takes Python's {module}");
        return None;
    };
    let output = Command::new(python).args(["-c", program]).arg(file).output().unwrap();
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", words(&output.stderr));
    Some(words(&output.stdout))
}

#[test]
fn tables_say_to_trend_what_the_history_says() {
    let repo = repo();
    let told = repo.gate("trend --from history.csv --format json").exits(0).json();
    assert_eq!(told["series"][0]["change_points"][0]["index"], 25);
    repo.gate("export --from history.csv -o out.csv -o out.ndjson").exits(0);
    for file in ["out.csv", "out.ndjson"] {
        let again = repo.gate(&format!("trend --from {file} --format json")).exits(0).json();
        let sorted = |trend: &Value| {
            let mut series = trend["series"].as_array().unwrap().clone();
            series.sort_by_key(|one| one["benchmark"].as_str().unwrap().trim_start_matches('\'').to_owned());
            series.iter_mut().for_each(|one| one["benchmark"] = Value::Null);
            series
        };
        assert_eq!(sorted(&again), sorted(&told), "{file}");
    }
}

#[test]
fn prometheus_reads_what_is_scraped() {
    let repo = repo();
    repo.gate("export --from history.csv -o now.prom").exits(0);
    repo.gate("export --from history.csv --to openmetrics-history -o all.prom").exits(0);
    let parse = "import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
        for family in read(open(sys.argv[1]).read()):\n  print(family.name, family.unit, len(family.samples))";
    if let Some(found) = python("prometheus_client", true, parse, &repo.root().join("now.prom")) {
        assert_eq!(
            found,
            "benchgate_time_seconds seconds 1\nbenchgate_rate_per_second per_second 1\nbenchgate_value  1\nbenchgate_run_time_seconds seconds 3\n"
        );
        let found = python("prometheus_client", true, parse, &repo.root().join("all.prom")).unwrap_or_default();
        assert_eq!(
            found,
            "benchgate_time_seconds seconds 40\nbenchgate_rate_per_second per_second 40\nbenchgate_value  27\n"
        );
    }
    // The older text format, as node_exporter reads it.
    let older = "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as read\n\
        print(sum(len(family.samples) for family in read(open(sys.argv[1]).read())))";
    if let Some(found) = python("prometheus_client", true, older, &repo.root().join("now.prom")) {
        assert_eq!(found, "6\n");
    }
    let blocks = ["tsdb", "create-blocks-from", "openmetrics", "all.prom", "blocks"];
    match Command::new("promtool").args(blocks).current_dir(repo.root()).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => eprintln!("skipped: promtool is not installed"),
    }
}

#[test]
fn the_dashboard_asks_for_what_is_written() {
    let repo = repo();
    let written = repo.gate("export --from history.csv --to openmetrics").exits(0).stdout.clone();
    let dashboard = repo.gate("explain grafana").exits(0).json();
    let mut asked = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        asked.extend(
            panel["targets"].as_array().unwrap().iter().map(|target| target["expr"].as_str().unwrap().to_owned()),
        );
    }
    assert!(asked.len() > 5, "{asked:?}");
    let families =
        ["benchgate_time_seconds", "benchgate_rate_per_second", "benchgate_value", "benchgate_run_time_seconds"];
    for family in families {
        assert!(written.contains(&format!("# TYPE {family} gauge")), "{family}");
        assert!(asked.iter().any(|expression| expression.contains(family)), "{family} is shown nowhere");
    }
    for label in ["suite", "environment", "benchmark", "metric"] {
        assert!(asked.iter().any(|expression| expression.contains(&format!("{label}=~\"${label}\""))));
        assert!(written.contains(&format!("{label}=\"")), "{label}");
    }
    // Prometheus' own parser, on the expressions as Grafana fills them in.
    let rules: Vec<Value> = asked
        .iter()
        .enumerate()
        .map(|(i, expression)| {
            let filled = ["$suite", "$environment", "$benchmark", "$metric"]
                .iter()
                .fold(expression.clone(), |text, name| text.replace(name, ".*"));
            json!({"record": format!("asked:{i}"), "expr": filled})
        })
        .collect();
    repo.write("rules.yml", json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string());
    match Command::new("promtool").args(["check", "rules", "rules.yml"]).current_dir(repo.root()).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => eprintln!("skipped: promtool is not installed"),
    }
}

#[test]
fn the_dashboard_of_the_database_has_a_query_for_every_unit() {
    let dashboard = repo().gate("explain grafana-postgres").exits(0).json();
    let asked: Vec<String> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| target["rawSql"].as_str().unwrap().to_owned())
        .collect();
    for unit in ["s", "B", "1", "1/s"] {
        assert!(asked.iter().any(|sql| sql.contains(&format!("unit = '{unit}'"))), "{unit}");
    }
    assert!(asked.iter().all(|sql| sql.contains("FROM benchgate.point")));
}

#[test]
fn parquet_opens_with_its_types() {
    let repo = repo();
    repo.gate("export --from history.csv -o out.parquet").exits(0);
    let program = "import sys, pyarrow.parquet as p\ntable = p.read_table(sys.argv[1])\n\
        print([f'{field.name}:{field.type}:{field.nullable}' for field in table.schema], table.num_rows)\n\
        row = table.slice(25, 1).to_pylist()[0]\nprint(row['benchmark'], row['unit'], row['better'], row['run'], row['time'].isoformat(), row['value'])";
    let Some(found) = python("pyarrow.parquet", false, program, &repo.root().join("out.parquet")) else { return };
    let types = "['suite:string:False', 'benchmark:string:False', 'metric:string:False', 'unit:string:True', 'better:string:True', \
        'environment:string:True', 'run:int32:False', 'commit:string:True', 'time:timestamp[us, tz=UTC]:True', 'value:double:False'] 107\n";
    assert!(found.starts_with(types), "{found}");
    assert!(found.contains("parser/parse s lower 25 2026-02-13T01:00:00+00:00 0.000129"), "{found}");
}

#[test]
fn others_formats_are_read_as_ours() {
    let repo = repo();
    repo.gate("export --from history.csv -o data.js").exits(0);
    repo.gate("import data.js --dry-run").exits(0).prints("parser").prints("40 runs");
    repo.gate("export --from history.csv --to custom-bigger-is-better -o big.json").exits(0);
    repo.gate("show big.json --harness custom-bigger-is-better").exits(0).prints("api/get throughput");
}

#[test]
fn one_run_is_exported_from_its_record_and_from_its_report() {
    let repo = Repo::folder("one");
    let record = crate::page::records::many(4, 6);
    repo.write("record.json", record);
    repo.gate("report record.json -q -o report.json");
    let of = |file: &str| {
        let run = repo.gate(&format!("export {file} --to bmf"));
        run.exits(0).json()
    };
    let found = of("record.json");
    assert_eq!(found.as_object().unwrap().len(), 4);
    assert_eq!(found, of("report.json"));
    repo.gate("export record.json -o out.prom -o out.js -o bmf.json").exits(0);
    let text = std::fs::read_to_string(repo.root().join("out.prom")).unwrap();
    assert!(text.contains("environment=\"x86_64-epyc-7763-4c\",commit=\"9999"), "{text}");
    repo.gate("show bmf.json").exits(0).prints("parser/parse/small/0000").prints("latency");
    repo.gate("show out.js").exits(0).prints("parser/parse/small/0000");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_read() {
    let repo = repo();
    repo.gate("export --from history.csv").exits(2).says("--to with one of csv, ndjson, parquet");
    repo.gate("export --from history.csv -o out.xlsx")
        .exits(2)
        .says("end it in one of .csv, .ndjson, .parquet, .prom, .json, .js");
    repo.gate("export --from history.csv -o history.csv").exits(2).says("named twice");
    repo.gate("export nowhere.json --to csv").exits(2).says("cannot read");
    repo.gate("export --to csv").exits(2).says("no baseline in");
    repo.gate("export history.csv --to csv").exits(2).says("is no run record and no report");
    let untimed = repo.write("plain.csv", "x\n1\n2\n").gate("export --from plain.csv --to openmetrics-history");
    untimed.exits(0).says("2 runs left out: their time is not known");
    assert_eq!(untimed.stdout, "# EOF\n");
}
