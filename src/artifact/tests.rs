//! Hostile artifacts, each with the reason that it is refused for.

use super::*;
use crate::model::Environment;
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const HEAD: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const BASE: &str = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e";

const EXPECTED: Expected<'_> =
    Expected { repository: "octo-org/parser", event: "pull_request", pull_request: Some(7), head: HEAD, attempt: 2 };

/// Small ones, so that what is too large need not be large.
const LIMITS: Limits =
    Limits { archive_bytes: 1 << 20, files: 10, file_bytes: 4 << 20, total_bytes: 6 << 20, ratio: 200 };

fn record() -> Value {
    let launches = [1.0, 1.1, 1.0, 1.2, 1.0, 1.1];
    json!({
        "schema": 1, "tool": {"name": "benchgate", "version": "0.1.0"}, "started": "2026-11-22T10:00:00Z", "seed": 7,
        "base": {"revision": BASE, "source": "built"}, "head": {"revision": HEAD, "source": "built"},
        "trigger": {"event": "pull_request", "repository": "octo-org/parser", "pull_request": 7, "attempt": 1},
        "environment": Environment::default(), "looks": [6, 10],
        "rows": [{
            "suite": "s", "benchmark": "b", "design": "paired", "base": launches, "head": launches,
            "metric": {"name": "wall-time", "unit": "s", "better": "lower", "distribution": "sampled"}
        }],
        "states": [], "cost": {"build_s": 1.0, "measure_s": 1.0, "children_s": 1.0, "analyse_s": 0.0, "launches": 12}
    })
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive of one record, in the text of which something is replaced.
fn text(from: &str, to: &str) -> Vec<u8> {
    let text = record().to_string();
    assert!(text.contains(from), "{from}: {text}");
    archive(&[(RECORD_NAME, text.replacen(from, to, 1).as_bytes())])
}

/// Likewise, the value at a place.
fn value(place: &str, to: Value) -> Vec<u8> {
    let mut record = record();
    *record.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = to;
    archive(&[(RECORD_NAME, record.to_string().as_bytes())])
}

/// An archive in which a second file has this name, whatever a writer of archives would say to it.
fn named(name: &[u8]) -> Vec<u8> {
    let plain = "x".repeat(name.len());
    patched(&[(RECORD_NAME, record().to_string().as_bytes()), (&plain, b"y")], |bytes| {
        let at: Vec<usize> =
            (0..bytes.len() - name.len()).filter(|&at| bytes[at..].starts_with(plain.as_bytes())).collect();
        assert_eq!(at.len(), 2);
        at.into_iter().for_each(|at| bytes[at..at + name.len()].copy_from_slice(name));
    })
}

fn patched(files: &[(&str, &[u8])], patch: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = archive(files);
    patch(&mut bytes);
    bytes
}

/// Writes into the local header of the first file at one place, and into its line of the directory at another.
fn header(local: Option<usize>, central: Option<usize>, to: &[u8]) -> Vec<u8> {
    header_of(record().to_string().as_bytes(), local, central, to)
}

fn header_of(content: &[u8], local: Option<usize>, central: Option<usize>, to: &[u8]) -> Vec<u8> {
    patched(&[(RECORD_NAME, content)], |bytes| {
        let line = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
        let places = [local, central.map(|at| line + at)];
        places.into_iter().flatten().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
    })
}

fn mode(mode: u32) -> Vec<u8> {
    header(None, Some(38), &(mode << 16).to_le_bytes())
}

fn hostile_archives() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = record().to_string();
    let good = good.as_bytes();
    let zeros = vec![b' '; 3 << 20];
    let many: Vec<String> = (0..11).map(|i| format!("{i}.txt")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let noise: Vec<u8> = (0..2 << 20)
        .scan(1_u32, |x, _| {
            *x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*x >> 24) as u8)
        })
        .collect();
    let half = &noise[..1 << 20];
    let mut huge = noise.clone();
    huge.extend(vec![0; 3 << 20]);
    let whole = archive(&[(RECORD_NAME, good)]);
    let inner = archive(&[("x", b"y")]);
    vec![
        ("no archive", b"hello".to_vec(), "no zip archive"),
        ("nothing at all", Vec::new(), "no zip archive"),
        ("an empty archive", archive(&[]), "holds no 'record.json'"),
        ("no record in it", archive(&[("report.json", good)]), "holds no 'record.json'"),
        ("the record in a folder", archive(&[("a/record.json", good)]), "holds no 'record.json'"),
        ("too large itself", archive(&[("a", &noise), (RECORD_NAME, good)]), "larger than 1 MiB"),
        ("too many files", archive(&many), "more than 10 files"),
        ("one file too large", archive(&[(RECORD_NAME, &vec![0; 5 << 20])]), "more than 4 MiB"),
        ("all files together too large", archive(&[("a", &zeros), ("b", &zeros), (RECORD_NAME, good)]), "200 times"),
        ("a bomb", archive(&[(RECORD_NAME, &zeros)]), "200 times"),
        (
            "a bomb that says it is small",
            header_of(&zeros, Some(22), Some(24), &100_u32.to_le_bytes()),
            "larger than its declared",
        ),
        ("a size that is not there", header(Some(22), Some(24), &(1_u32 << 19).to_le_bytes()), "less than it says"),
        ("a size in one header only", header(Some(22), None, &77_u32.to_le_bytes()), "inconsistency"),
        ("another checksum", header(Some(14), Some(16), &[1, 2, 3, 4]), "hecksum"),
        ("another checksum in one header", header(None, Some(16), &[1, 2, 3, 4]), "inconsistency"),
        ("encrypted", header(Some(6), Some(8), &[1]), "encrypted"),
        ("packed otherwise", header(Some(8), Some(10), &[12]), "other than deflate"),
        ("a link", mode(0o120_777), "a link"),
        ("a pipe", mode(0o010_644), "neither a file nor a folder"),
        ("a device", mode(0o060_644), "neither a file nor a folder"),
        ("truncated", whole[..whole.len() - 30].to_vec(), "no zip archive"),
        ("its middle cut out", [&whole[..60], &whole[120..]].concat(), "no zip archive"),
        ("behind other bytes", [b"#!/bin/sh\n".as_slice(), &whole].concat(), "begins after other bytes"),
        ("an absolute path", named(b"/etc/passwd"), "an absolute path"),
        ("a path of Windows", named(b"C:/boot.ini"), "an absolute path"),
        ("a parent path", named(b"../../x.json"), "out of its folder"),
        ("a parent path inside", named(b"a/../../x"), "out of its folder"),
        ("a backslash", named(b"..\\..\\x.json"), "backslash"),
        ("a NUL in a name", named(b"record.json\0.png"), "NUL"),
        ("a terminal's command in a name", named(b"a\x1b[2J"), "control characters"),
        ("a name of other bytes", named(b"\xff\xfe.json"), "no UTF-8"),
        ("a long name", archive(&[(&"n".repeat(300), b"x")]), "longer than any"),
        ("the name twice", named(RECORD_NAME.as_bytes()), "inconsistency"),
        ("an archive within", archive(&[("inner.ZIP", &inner), (RECORD_NAME, good)]), "an archive within"),
        ("an archive as the record", archive(&[(RECORD_NAME, &inner)]), "record.json:1:"),
        ("half of it noise", archive(&[(RECORD_NAME, &half[..1 << 18])]), "record.json:1:"),
    ]
}

fn hostile_records() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let row = record()["rows"][0].clone();
    let uneven = json!({"varied": "launches", "batch": 2, "base": [1.0, 2.0], "head": [1.0]});
    let deep = format!("\"seed\":{}", "[".repeat(100_000));
    vec![
        ("nothing", archive(&[(RECORD_NAME, b"")]), "record.json:1:0"),
        (
            "no UTF-8",
            text("2026", "\u{FFFD}").iter().map(|b| if *b == 0xEF { 0xFF } else { *b }).collect(),
            "cannot be unpacked",
        ),
        ("a list", archive(&[(RECORD_NAME, b"[1]")]), "record.json:1:"),
        ("deep nesting", text("\"seed\":7", &deep), "record.json:1:"),
        ("a later schema", text("\"schema\":1", "\"schema\":2"), "schema 2 is newer"),
        ("a schema before the first", text("\"schema\":1", "\"schema\":0"), "schema 0 is none"),
        ("a key twice", text("\"seed\":7", "\"seed\":7,\"seed\":8"), "duplicate field"),
        ("something missing", text("\"rows\"", "\"lines\""), "missing field"),
        ("not a number", text("1.2", "NaN"), "record.json:1:"),
        ("beyond every number", text("1.2", "1e999"), "out of range"),
        ("below zero", text("1.2", "-1.2"), "no launch can have"),
        ("no launch", value("/rows/0/head", json!([])), "holds no launch"),
        ("very many launches", value("/rows/0/base", json!(vec![1; 100_001])), "more launches than any run"),
        ("a name of a book's length", value("/rows/0/benchmark", json!("n".repeat(70_000))), "a name longer than any"),
        ("a row twice", value("/rows", json!([row, row])), "stands there twice"),
        ("a metric upside down", text("\"better\":\"lower\"", "\"better\":\"higher\""), "another unit or direction"),
        (
            "a second look of uneven sides",
            text("\"suite\":\"s\"", &format!("\"suite\":\"s\",\"second_look\":{uneven}")),
            "no launch can have",
        ),
        ("looks that do not ascend", value("/looks", json!([10, 6])), "do not ascend"),
        ("pairs without looks", value("/looks", json!([])), "says nothing of looks"),
        ("time below zero", value("/cost/build_s", json!(-1.0)), "no clock shows"),
        (
            "an unknown state",
            text("\"states\":[]", "\"states\":[{\"suite\":\"s\",\"benchmark\":\"b\",\"state\":\"fine\"}]"),
            "unknown variant",
        ),
        ("no event", value("/trigger", json!(null)), "does not say which event"),
        (
            "another repository",
            value("/trigger/repository", json!("stranger/parser")),
            "of the repository 'stranger/parser'",
        ),
        ("another event", value("/trigger/event", json!("push")), "for the event 'push'"),
        ("another pull request", value("/trigger/pull_request", json!(8)), "of the pull request #8, the event of #7"),
        ("a later attempt", value("/trigger/attempt", json!(3)), "attempt 3"),
        ("another head", value("/head/revision", json!(BASE)), "the event's is ec26c3"),
        ("a changed head", value("/head/revision", json!(format!("{HEAD}+changes"))), "+changes"),
        ("no base", value("/base", json!(null)), "nothing was compared"),
        ("a base of files", value("/base/source", json!("file")), "compares files"),
        ("a branch as base", value("/base/revision", json!("main")), "no full commit id"),
        ("an option as base", value("/base/revision", json!("--upload-pack=x")), "no full commit id"),
    ]
}

#[test]
fn what_is_sound_is_read() {
    let good = record().to_string();
    let files: [(&str, &[u8]); 3] =
        [(RECORD_NAME, good.as_bytes()), ("report.html", b"<script>"), ("plots/effects-light.png", b"PNG")];
    let record = read(&archive(&files), &LIMITS, &EXPECTED).unwrap();
    assert_eq!((record.rows.len(), record.base.unwrap().revision.as_str()), (1, BASE));
    assert!(read(&archive(&files), &Limits::default(), &EXPECTED).is_ok());
    let any_pull = Expected { pull_request: None, ..EXPECTED };
    assert!(read(&archive(&files), &LIMITS, &any_pull).is_ok());
    let odd = value("/rows/0/benchmark", json!("](x) <img src=x> \u{1b}[2J @octocat ::error::"));
    assert!(read(&odd, &LIMITS, &EXPECTED).is_ok(), "a name may be anything; whoever shows it disarms it");
}

#[test]
fn what_a_runner_uploads_is_read() {
    // Streamed: sizes and checksum stand behind the data, as actions/upload-artifact leaves them.
    let mut zip = ZipWriter::new_stream(Vec::new());
    zip.start_file(RECORD_NAME, SimpleFileOptions::default()).unwrap();
    zip.write_all(record().to_string().as_bytes()).unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(read(&bytes, &LIMITS, &EXPECTED).is_ok(), "{:?}", read(&bytes, &LIMITS, &EXPECTED));
}

#[test]
fn hostile_artifacts_are_refused_with_a_reason() {
    let all: Vec<_> = hostile_archives().into_iter().chain(hostile_records()).collect();
    assert!(all.len() >= 60);
    let mut wrong = Vec::new();
    for (what, bytes, why) in &all {
        match read(bytes, &LIMITS, &EXPECTED) {
            Ok(_) => wrong.push(format!("{what}: taken")),
            Err(refused) => {
                let said = refused.to_string();
                if !said.contains(why) || said.chars().any(char::is_control) || said.len() > 400 {
                    wrong.push(format!("{what}: {said:?}, not {why:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_run_has_so_many_rows() {
    let entry = json!({"suite": "", "benchmark": "", "state": "new", "side": null, "detail": ""});
    let mut record = record();
    record["states"] = json!(vec![entry; 200_000]);
    let refused = parse_record("r", record.to_string().as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "r: more than 200000 rows, states and durations");
}

#[test]
fn every_cut_and_every_flipped_byte_is_an_answer() {
    let whole = archive(&[(RECORD_NAME, record().to_string().as_bytes()), ("b", b"y")]);
    for end in 0..whole.len() {
        assert!(read(&whole[..end], &LIMITS, &EXPECTED).is_err(), "{end}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = read(&bytes, &LIMITS, &EXPECTED);
    }
}
