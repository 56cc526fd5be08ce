//! Saved records and reports, judged or rendered again, in every format.

use crate::world::{Repo, Run, suite, writes};
use benchgate::report::{RECORD_SCHEMA, REPORT_SCHEMA};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// Two suites of one benchmark each, `t/grows` a regression; a record of each, a record and a report of both.
struct Saved {
    repo: Repo,
}

impl Saved {
    fn new() -> Self {
        let toml = suite(&[("steady", "sh steady.sh")]) + &suite(&[("grows", "sh grows.sh")]).replace("'s'", "'t'");
        let files = [("benchgate.toml", toml.as_str()), ("steady.sh", &writes(1000)), ("grows.sh", &writes(1000))];
        let repo = Repo::new().commit("base", &files).commit("head", &[("grows.sh", &writes(2000))]);
        let saved = Self { repo };
        let check = "check --base HEAD~1 --max-rounds 6 -q --record";
        saved.gate(&format!("{check} {} -o {}", saved.path("both.json"), saved.path("report.json"))).exits(1);
        saved.gate(&format!("{check} {} --suite s", saved.path("s.json"))).exits(0);
        saved.gate(&format!("{check} {} --suite t", saved.path("t.json"))).exits(1);
        saved
    }

    fn file(&self, name: &str) -> PathBuf {
        self.repo.outside().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn gate(&self, line: &str) -> Run {
        self.repo.gate(line)
    }

    /// `report` with flags on files.
    fn report(&self, flags: &str, files: &[&str]) -> Run {
        let files: Vec<String> = files.iter().map(|file| self.path(file)).collect();
        self.gate(&format!("report {flags} {}", files.join(" ")))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.file(name)).unwrap()).unwrap()
    }

    /// A changed copy of a file.
    fn changed(&self, from: &str, to: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(from);
        change(&mut value);
        fs::write(self.file(to), value.to_string()).unwrap();
    }
}

/// The one test that measures; the rest works on its files.
#[test]
fn what_was_saved_is_rendered_again() {
    let saved = Saved::new();
    real_files_fit_their_schemas(&saved);
    a_report_is_rendered_as_it_is(&saved);
    hostile_files_are_refused(&saved);
    parts_are_judged_as_one_run(&saved);
    parts_that_do_not_belong_together_are_refused(&saved);
    every_format_is_written(&saved);
    colours_come_when_they_are_wanted(&saved);
}

fn real_files_fit_their_schemas(saved: &Saved) {
    for (schema, file) in [(REPORT_SCHEMA, "report.json"), (RECORD_SCHEMA, "both.json")] {
        let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let value = saved.json(file);
        let complaints: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(complaints.is_empty(), "{file}: {complaints:?}");
    }
    saved.gate("explain schema").exits(0).prints("\"title\": \"benchgate report\"");
    saved.gate("explain record-schema").exits(0).prints("\"title\": \"benchgate run record\"");
}

fn a_report_is_rendered_as_it_is(saved: &Saved) {
    let run = saved.report("--format json", &["report.json"]);
    run.exits(1);
    assert_eq!(run.stdout, fs::read_to_string(saved.file("report.json")).unwrap());
    // Other programs may write its fields in another order.
    saved.changed("report.json", "sorted.json", |_| {});
    assert_eq!(saved.report("--format json", &["sorted.json"]).exits(1).stdout, run.stdout);
    saved.report("--threshold 900%", &["report.json"]).exits(2).says("report.json").says("as it was judged");
    saved.report("--threshold 900%", &["both.json"]).exits(0);
    saved.report("", &["report.json", "both.json"]).exits(2).says("report.json").says("not judged again");
}

fn hostile_files_are_refused(saved: &Saved) {
    let refused = |name: &str, text: &str, why: &str| {
        fs::write(saved.file(name), text).unwrap();
        saved.report("", &[name]).exits(2).says(name).says(why);
    };
    refused("empty.json", "", "no run record and no report");
    refused("deep.json", &"[".repeat(100_000), "no run record and no report");
    refused(
        "both-kinds.json",
        r#"{"rows":[],"seed":1,"comparisons":[],"outcome":"pass"}"#,
        "no run record and no report",
    );
    refused("half.json", r#"{"schema":1,"comparisons":[],"outcome":"pass"}"#, "missing field");
    refused("newer.json", r#"{"schema":9,"comparisons":[],"outcome":"pass"}"#, "schema 9");
    saved.changed("report.json", "blessed.json", |report| report["outcome"] = "pass".into());
    saved.report("", &["blessed.json"]).exits(2).says("although a row is a regression");
    saved.changed("report.json", "escape.json", |report| report["notes"] = vec!["\u{1b}]0;x\u{7}::error::y"].into());
    let run = saved.report("--color always", &["escape.json"]);
    assert!(!run.exits(1).stdout.contains("\u{1b}]") && !run.stdout.contains('\u{7}'), "{run}");
}

fn parts_are_judged_as_one_run(saved: &Saved) {
    let (whole, parts) =
        (saved.report("--format json", &["both.json"]), saved.report("--format json", &["t.json", "s.json"]));
    whole.exits(1);
    assert_eq!(parts.exits(1).verdicts(), ["steady bytes-written=unchanged", "grows bytes-written=regression"]);
    assert_eq!(parts.verdicts(), whole.verdicts());
    assert!(parts.json()["notes"][0].as_str().unwrap().starts_with("2 run records are judged together"), "{parts}");
    let launches = |run: &Run| run.json()["cost"]["launches"].as_u64().unwrap();
    let alone = |name| launches(&saved.report("--format json", &[name]));
    assert_eq!(launches(&parts), alone("s.json") + alone("t.json"));
    // A state that both parts give alike is one.
    let gone = serde_json::json!({"suite": "u", "benchmark": "*", "state": "missing", "detail": ""});
    for (from, to) in [("s.json", "s-gone.json"), ("t.json", "t-gone.json")] {
        saved.changed(from, to, |record| record["states"] = vec![gone.clone()].into());
    }
    assert_eq!(saved.report("--format json", &["s-gone.json", "t-gone.json"]).states(), ["*=missing deny"]);
}

fn parts_that_do_not_belong_together_are_refused(saved: &Saved) {
    let refused = |other: &str, why: &str| {
        saved.report("", &["s.json", other]).exits(2).says("s.json").says(other).says(why);
    };
    refused("s.json", "named twice");
    refused("both.json", "both hold 's/steady'");
    let changed = |name: &str, why: &str, change: &dyn Fn(&mut Value)| {
        saved.changed("t.json", name, change);
        refused(name, why);
    };
    changed("other-base.json", "base is", &|record| record["base"]["revision"] = "0".repeat(40).into());
    changed("other-head.json", "head is", &|record| record["head"]["revision"] = "0".repeat(40).into());
    changed("other-class.json", "environment class is", &|record| record["environment"]["class"] = "pdp-11".into());
    changed("other-looks.json", "looks is", &|record| record["looks"] = vec![6, 10].into());
    changed("one-side.json", "absent in the other", &|record| record["base"] = Value::Null);
    changed("state.json", "both hold 's/steady'", &|record| {
        let state = serde_json::json!({"suite": "s", "benchmark": "steady", "state": "failed", "detail": ""});
        record["states"] = vec![state].into();
    });
    saved.report("", &["one-side.json"]).exits(2).says("one-side.json").says("one side only");
    saved.changed("s.json", "twice.json", |record| {
        let row = record["rows"][0].clone();
        record["rows"].as_array_mut().unwrap().push(row);
    });
    saved.report("", &["twice.json"]).exits(2).says("twice.json").says("twice");
}

fn every_format_is_written(saved: &Saved) {
    let names = ["a.json", "a.md", "a.txt", "a.html", "a.xml", "a.svg", "a.png"];
    let outputs: Vec<String> = names.iter().map(|name| format!("-o {}", saved.path(name))).collect();
    saved
        .report(&format!("--format annotations {}", outputs.join(" ")), &["report.json"])
        .exits(1)
        .prints("::error title=");
    let text = |name: &str| fs::read_to_string(saved.file(name)).unwrap();
    assert_eq!(text("a.json"), text("report.json"));
    assert!(text("a.md").starts_with("<!-- benchgate -->\n"));
    assert!(text("a.txt").starts_with("✗ regression: 1 regression"));
    assert!(text("a.xml").contains("<failure type=\"regression\""));
    assert!(text("a.html").starts_with("<!DOCTYPE html>"));
    // Annotations belong on standard output: no file's name asks for them.
    saved.report(&format!("-o {}", saved.path("a.annotations")), &["report.json"]).exits(2).says("a.annotations");
}

/// What `report` prints in an environment, as a terminal or as a file.
fn printed(saved: &Saved, terminal: bool, variables: &[(&str, &str)], flags: &str) -> String {
    let words = format!("benchgate report {} {flags}", saved.path("report.json"));
    let cli = benchgate::cli::parse(words.split_whitespace().map(OsString::from)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = benchgate::Io {
        input: &mut std::io::empty(),
        out: &mut out,
        err: &mut err,
        out_is_terminal: terminal,
        err_is_terminal: false,
        width: 100,
        pause: &std::thread::sleep,
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
    };
    let status = benchgate::cmd::main(cli, &mut io);
    assert_eq!(status.code(), 1, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

fn colours_come_when_they_are_wanted(saved: &Saved) {
    let colored = |terminal, variables: &[(&str, &str)], flags: &str| {
        printed(saved, terminal, variables, flags).contains('\u{1b}')
    };
    assert!(
        colored(true, &[], "") && colored(true, &[("TERM", "xterm")], "") && colored(true, &[("NO_COLOR", "")], "")
    );
    assert!(
        !colored(false, &[], "") && !colored(true, &[("TERM", "dumb")], "") && !colored(true, &[("NO_COLOR", "1")], "")
    );
    assert!(colored(false, &[("CLICOLOR_FORCE", "1")], "") && !colored(false, &[("CLICOLOR_FORCE", "0")], ""));
    assert!(!colored(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], ""));
    assert!(colored(false, &[("NO_COLOR", "1")], "--color always") && !colored(true, &[], "--color never"));
    for format in ["json", "markdown", "html", "junit", "annotations", "svg"] {
        assert!(!colored(true, &[], &format!("--color always --format {format}")), "{format}");
    }
}
