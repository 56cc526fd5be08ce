//! What holds for every input that is no result file, whoever wrote it: each function reads bytes as benchgate does, and fails
//! where a law is broken. The fuzz targets try bytes of all kinds, `tests/it/fuzz.rs` the seeds.

use benchgate::artifact::{self, Expected, Limits};
use benchgate::config::{self, Accept, Overrides, Said};
use benchgate::event::Event;
use benchgate::export::{self, Format};
use benchgate::git::Ledger;
use benchgate::harness::{self, Past};
use benchgate::model::{Environment, History, RunLabel, Series};
use benchgate::report;
use benchgate::stats::changepoints::Detector;
use benchgate::store::history::{self, Columns, Dir, Entry, Git, Store, Wanted};
use benchgate::store::{Baseline, StoredRun};
use benchgate::trend;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;

/// A kind of input: its target's name, and what holds for it. The folder is the input's own, and empty.
pub(super) type Law = (&'static str, fn(&[u8], &Path));

/// Every kind.
pub(super) const LAWS: [Law; 11] = [
    ("alerts", alerts),
    ("artifact", artifact),
    ("baseline", baseline),
    ("config", config),
    ("event", event),
    ("history-dir", history_dir),
    ("history-git", history_git),
    ("record", record),
    ("report", report),
    ("trailers", trailers),
    ("trend", trend),
];

/// Characters of what is said of a bad input: they fit on a screen.
const SAID_CHARS_MAX: usize = 3_000;

/// Lines of a configuration that are complained about, and characters of each.
const COMPLAINTS_MAX: usize = 101;
const COMPLAINT_CHARS_MAX: usize = 2_100;

/// Values in a table of which more is asked than to be read.
const CELLS_MAX: usize = 2_000;

const TODAY: &str = "2026-11-22";

fn no_commands(said: &str) {
    assert!(!said.contains(|c: char| c != '\n' && c.is_control()), "{said:?}");
}

/// What is said of a bad input is short, and commands no terminal.
fn refused(error: impl Display) {
    let said = error.to_string();
    no_commands(&said);
    assert!(!said.contains('\n'), "{said:?}");
    assert!(said.chars().count() <= SAID_CHARS_MAX, "an error of {} bytes", said.len());
}

/// The whole program: its status, answer and errors.
fn program(arguments: &[&str], folder: &Path) -> (u8, Vec<u8>, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let io = &mut benchgate::Io {
        input: &mut std::io::empty(),
        out: &mut out,
        err: &mut err,
        out_is_terminal: false,
        err_is_terminal: false,
        width: 100,
        pause: &|_| {},
        variables: Vec::new(),
    };
    let folder = folder.to_str().expect("a plain path");
    let words = [&["benchgate", "-C", folder], arguments].concat();
    let status = benchgate::main(words.into_iter().map(Into::into), io).code();
    let said = String::from_utf8(err).expect("text");
    no_commands(&said);
    (status, out, said)
}

const HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";

/// The archive of a stranger's run.
fn artifact(input: &[u8], _: &Path) {
    let limits = Limits { archive_bytes: 1 << 16, files: 10, file_bytes: 1 << 20, total_bytes: 2 << 20, ratio: 200 };
    let expected = Expected {
        repository: "octo-org/parser",
        event: "pull_request",
        pull_request: Some(7),
        head: HEAD,
        attempt: 2,
    };
    match artifact::read(input, &limits, &expected) {
        Ok(record) => assert_eq!(record.head.revision, HEAD),
        Err(error) => refused(error),
    }
}

/// A run record: read, written, read again, and judged by the whole program.
fn record(input: &[u8], folder: &Path) {
    let record = match artifact::parse_record("record.json", input) {
        Ok(record) => record,
        Err(error) => return refused(error),
    };
    let written = serde_json::to_vec(&record).expect("written");
    let again = artifact::parse_record("record.json", &written).expect("what was written is read");
    assert_eq!(again, record);
    fs::write(folder.join("record.json"), input).expect("a file");
    let file = folder.join("record.json");
    let arguments = ["report", file.to_str().expect("a plain path"), "--format", "json"];
    let (status, answer, said) = program(&arguments, folder);
    assert!(said.chars().count() < 2 * SAID_CHARS_MAX, "{} bytes said", said.len());
    if status != 2 || !answer.is_empty() {
        let text = String::from_utf8(answer).expect("text");
        report::parse(&text).unwrap_or_else(|error| panic!("{error} {text}"));
    }
}

/// A saved report: read, rendered in every format, and read again.
fn report(input: &[u8], _: &Path) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let report = match report::parse(text) {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    for format in report::Format::ALL {
        // Pixels are the same picture, and take long.
        if format == report::Format::Png {
            continue;
        }
        let mut out = Vec::new();
        report::render(&report, format, &report::Options::default(), &mut out).expect("rendered");
        let out = String::from_utf8(out).expect("text");
        if format == report::Format::Json {
            assert_eq!(report::parse(&out).expect("what was written is read"), report);
        } else {
            assert!(!out.contains(|c: char| c.is_control() && !c.is_ascii_whitespace()), "{out:?}");
        }
    }
}

/// What set a workflow off: the payload with the variables of every event.
fn event(input: &[u8], _: &Path) {
    let names = [
        "pull_request",
        "pull_request_target",
        "merge_group",
        "push",
        "schedule",
        "workflow_dispatch",
        "workflow_run",
        "issue_comment",
    ];
    for name in names {
        let variable = |wanted: &str| {
            let set = [
                ("GITHUB_EVENT_NAME", name),
                ("GITHUB_REPOSITORY", "octo-org/parser"),
                ("GITHUB_SHA", HEAD),
                ("GITHUB_REF", "refs/pull/7/merge"),
            ];
            set.iter().find(|(key, _)| *key == wanted).map(|(_, value)| (*value).to_owned())
        };
        match Event::read(&variable, Some(input)) {
            Ok(event) => {
                refused(&event);
                assert!(benchgate::event::is_commit(&event.head), "{event:?}");
                if let benchgate::event::Base::Left { commit, why } = &event.base {
                    refused(why);
                    assert!(benchgate::event::is_commit(commit), "{event:?}");
                }
            }
            Err(error) => refused(error),
        }
    }
}

/// A configuration: complaints one a line; what is valid is resolved, compared, and takes a waiver.
fn config(input: &[u8], _: &Path) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let ours = "[gate]\nthreshold = '3%'\n[[suite]]\nname = 'a'\n";
    let _ = config::changes("benchgate.toml", Some(ours), Some(text));
    let file = match config::parse("benchgate.toml", text) {
        Ok(file) => file,
        Err(found) => return complained(&found),
    };
    if let Err(found) = config::resolve(Some(file), &Overrides::default(), Vec::new(), TODAY.to_owned()) {
        complained(&found);
    }
    let stanza = benchgate::judge::Stanza {
        benchmark: "s/new one",
        metric: "wall-time",
        ceiling: "12%",
        until: "2027-03-01",
        reason: "why \"not\"",
        issue: None,
    };
    match config::with_waivers("benchgate.toml", text, &[stanza]) {
        Ok(whole) => assert!(whole.starts_with(text)),
        Err(found) => complained(&found),
    }
}

fn complained(found: &config::Diagnostics) {
    let said = found.to_string();
    no_commands(&said);
    assert!((1..=COMPLAINTS_MAX).contains(&said.lines().count()), "{} lines", said.lines().count());
    let longest = said.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(COMPLAINT_CHARS_MAX), "a line of {longest:?} characters");
}

/// A commit's message, where trailers accept.
fn trailers(input: &[u8], _: &Path) {
    let commits = [(HEAD.to_owned(), String::from_utf8_lossy(input).into_owned())];
    let said = Said { commits: &commits, pull_request: Some(7), labels: &[], today: TODAY };
    let (waivers, complaints) = Accept { trailer: true, ..Accept::default() }.waivers(&said);
    assert!(waivers.iter().all(|waiver| waiver.ceiling <= Accept::default().ceiling && !waiver.reason.is_empty()));
    complaints.iter().for_each(refused);
}

/// A file of baselines: read, added to, written, read again.
fn baseline(input: &[u8], folder: &Path) {
    let read = match Baseline::parse("b.json", input) {
        Ok(read) => read,
        Err(error) => return refused(error),
    };
    let again = |baseline: &Baseline| {
        let (_, text) = baseline.file(folder).expect("text");
        assert_eq!(&Baseline::parse("b.json", &text).expect("what was written is read"), baseline);
    };
    again(&read);
    let run =
        || StoredRun { revision: HEAD.into(), recorded: "2026-11-22T00:00:00Z".into(), launches: 1, accepted: None };
    let values = || read.rows.iter().map(|row| (row.benchmark.clone(), row.metric.clone(), 1.0)).take(5);
    let mut added = read.clone();
    added.add(run(), values());
    again(&added);
    let mut merged = read.clone();
    merged.merge(vec![(run(), values().collect())]);
    again(&merged);
}

/// A ledger of alerts: read, followed, written, read again.
fn alerts(input: &[u8], _: &Path) {
    let mut ledger = match trend::Ledger::parse("alerts.json", input) {
        Ok(ledger) => ledger,
        Err(error) => return refused(error),
    };
    let again = |ledger: &trend::Ledger| {
        let text = ledger.text().expect("text");
        assert_eq!(&trend::Ledger::parse("alerts.json", text.as_bytes()).expect("what was written is read"), ledger);
    };
    again(&ledger);
    // A step where the seed has its alert, and what is known of others.
    let values: Vec<f64> = (0..40).map(|run| if run < 20 { 1.0 } else { 1.5 } + f64::from(run % 3) * 1e-3).collect();
    let label = |run: usize| RunLabel { commit: Some(format!("{run:040x}")), ..RunLabel::default() };
    let series = |benchmark: &str| Series {
        benchmark: benchmark.to_owned(),
        metric: "wall-time".into(),
        unit: None,
        better: Some(benchgate::model::Better::Lower),
        values: values.clone(),
    };
    let history =
        History { runs: (0..40).map(label).collect(), series: vec![series("s/a"), series("s/b")], left_out: vec![] };
    let settings = trend::Settings { detector: Detector::DEFAULT, since: Vec::new(), drift_max: Some(0.01), fdr: 1.0 };
    let seen = trend::trend(&[history], &settings);
    ledger.update(&seen, false, "2026-11-22T00:00:00Z");
    again(&ledger);
    if let Err(error) = ledger.acknowledge("0", "it may stay", "2026-11-22T00:00:00Z") {
        refused(error);
    }
    again(&ledger);
}

/// A file of a history in a folder, with the checksum that it should have.
fn history_dir(input: &[u8], folder: &Path) {
    let (place, other) = (folder.join("a/s/c"), folder.join("b"));
    fs::create_dir_all(&place).expect("a folder");
    fs::write(place.join(file_name(input)), input).expect("a file");
    keeps_its_promises(&mut Dir::new(folder.join("a")), &mut Dir::new(other));
}

fn file_name(content: &[u8]) -> String {
    let sum = Sha256::digest(content)[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    // Any time, so that every run may be in it.
    format!("0-253402300799999-1-{sum}.ndjson")
}

/// A ref with a history: a file's path on the first line, the commit's message on the second, the file below. In the path, `@` is
/// the name that the file should have.
fn history_git(input: &[u8], folder: &Path) {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let (path, message) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let content = parts.next().unwrap_or_default();
    let path = String::from_utf8_lossy(path).replace('@', &file_name(content));
    let bare = folder.join("r.git");
    // What `git init --bare` makes, and git needs.
    for below in ["objects/info", "objects/pack", "refs/heads"] {
        fs::create_dir_all(bare.join(below)).expect("a folder");
    }
    fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").expect("a file");
    fs::write(bare.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n").expect("a file");
    let ledger = Ledger::open(&bare).expect("a repository");
    let changes = BTreeMap::from([(path, Some(content.to_vec()))]);
    // Git has names that it refuses.
    let Ok(commit) = ledger.write(None, None, &changes, &String::from_utf8_lossy(message)) else { return };
    assert_eq!(ledger.advance("refs/benchgate/history", None, &commit), Ok(true));
    keeps_its_promises(&mut Git::new(ledger, None), &mut Dir::new(folder.join("b")));
}

/// A run that anybody may store.
fn one_more() -> Entry {
    let found = history::Found {
        benchmark: "one more".into(),
        metric: benchgate::model::known_metric("wall-time").expect("known"),
        value: 1.0,
        spread: None,
    };
    let run = history::Run {
        revision: HEAD.into(),
        committed: None,
        recorded: history::Time::from_ms(1_795_305_600_000).expect("a time"),
        launches: 1,
        accepted: None,
    };
    let environment = Environment { class: "c".into(), ..Environment::default() };
    Entry::new("s", environment, run, vec![found]).expect("sound")
}

/// The runs of a store by their ids.
fn entries(loaded: &[Columns]) -> BTreeMap<String, Entry> {
    let of = |columns: &Columns| {
        let entry = |run| columns.entry(run).map(|entry| (entry.id(), entry));
        (0..columns.runs.len()).filter_map(entry).collect::<Vec<_>>()
    };
    loaded.iter().flat_map(of).collect()
}

/// Whatever a store holds: it is looked through, what can be read can be stored elsewhere and read there, and one more run fits.
fn keeps_its_promises(store: &mut dyn Store, other: &mut dyn Store) {
    if let Err(error) = history::verify(store) {
        refused(error);
    }
    let loaded = match store.load(&Wanted::everything()) {
        Ok(loaded) => loaded,
        Err(error) => return refused(error),
    };
    // What no run could have been stored with, a store does not give back; a run without values is none.
    let sound = |entry: Entry| Entry::new(entry.suite, entry.environment, entry.run, entry.values).ok();
    let known: Vec<Entry> = entries(&loaded).into_values().filter_map(sound).collect();
    other.append(&known).expect("stored");
    let again = entries(&other.load(&Wanted::everything()).expect("read"));
    for entry in &known {
        assert_eq!(again.get(&entry.id()), Some(entry));
    }
    for history in history::read(store, &Wanted::default()).expect("read twice") {
        assert!(history.series.iter().all(|series| series.values.len() == history.runs.len()));
    }
    match store.append(&[one_more()]) {
        Ok(_) => {
            let grown = store.load(&Wanted::everything()).expect("read");
            assert!(entries(&grown).contains_key(&one_more().id()));
        }
        Err(error) => refused(error),
    }
}

/// A history of anybody: read, looked at by the whole program, and as it was when it is exported and read again.
fn trend(input: &[u8], folder: &Path) {
    let path = folder.join("past");
    fs::write(&path, input).expect("a file");
    let past = match harness::read_past(&path) {
        Ok(past) => past,
        Err(error) => return refused(error),
    };
    let cells = match &past {
        Past::Table(table) => table.runs.len().saturating_mul(table.series.len()),
        Past::Suites(suites) => {
            suites.iter().map(|suite| suite.runs.iter().map(|run| run.values.len()).sum::<usize>()).sum()
        }
    };
    if cells > CELLS_MAX {
        return;
    }
    let file = path.to_str().expect("a plain path");
    let (status, _, said) = program(&["trend", "--from", file, "--format", "json", "--better", "lower"], folder);
    assert!(status == 0 && said.is_empty(), "{status} {said}");
    let Past::Table(table) = past else { return };
    for format in [Format::Csv, Format::Ndjson] {
        let mut out = Vec::new();
        export::write(std::slice::from_ref(&table), format, &mut out).expect("written");
        fs::write(&path, &out).expect("a file");
        let again = match harness::read_past(&path) {
            Ok(Past::Table(again)) => again,
            other => panic!("{other:?} of {:?}", String::from_utf8_lossy(&out)),
        };
        assert_eq!(values(&again), values(&table), "{:?}", String::from_utf8_lossy(&out));
    }
}

/// The values of every series that has any, sorted: times of several forms are ordered by who writes, and by nobody who reads.
fn values(history: &History) -> Vec<Vec<u64>> {
    let mut all = Vec::new();
    for series in &history.series {
        let finite = series.values.iter().filter(|value| value.is_finite());
        let mut values: Vec<u64> = finite.map(|value| value.to_bits()).collect();
        values.sort_unstable();
        if !values.is_empty() {
            all.push(values);
        }
    }
    all.sort();
    all
}
