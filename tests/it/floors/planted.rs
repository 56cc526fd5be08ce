//! Violations, planted in strings: each rule finds its own, with file and line, and nothing else.

use super::source::{Source, blank};
use super::{
    FLOORS, HOMES, homeless_complaints, machine_complaints, path_complaints, size_complaints, word_complaints,
};

/// `file:line` of every complaint about these files.
fn places(files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = files.iter().map(|(file, text)| Source::new(file, text)).collect();
    path_complaints(&sources).iter().map(|complaint| place(complaint)).collect()
}

fn place(complaint: &str) -> String {
    complaint.split(':').take(2).collect::<Vec<_>>().join(":")
}

#[test]
fn upward_imports_are_found_in_every_spelling() {
    let text = "use crate::model::Row;\n\
                use crate::report::Report;\n\
                use crate::{model, stats::{self, Looks}, config::{Config}};\n\
                fn f() -> crate::cmd::Io { crate::model::x() }\n\
                use super::run;\n\
                use super::{model::Unit,\n    super::plan,\n};\n\
                use crate::*;\n\
                use super::Sibling;\n";
    let at = |line: usize| format!("src/judge/policy.rs:{line}");
    // `super` is `judge` itself, `super::super` the crate's root.
    assert_eq!(places(&[("src/judge/policy.rs", text)]), [at(2), at(3), at(4), at(7), at(9)]);
    assert_eq!(places(&[("src/judge/mod.rs", "use super::stats;\nuse super::report;\n")]), ["src/judge/mod.rs:2"]);
}

#[test]
fn sideways_imports_are_found_and_the_own_module_is_free() {
    let text = "use crate::judge::Level;\nuse crate::store::Store;\nuse crate::bisect2::x;\n";
    assert_eq!(places(&[("src/judge/mod.rs", text)]), ["src/judge/mod.rs:2", "src/judge/mod.rs:3"]);
    assert_eq!(places(&[("src/newcomer.rs", "use crate::model::Row;\n")]), ["src/newcomer.rs:1"]);
}

#[test]
fn inline_modules_count_when_super_climbs() {
    let text = "mod tests {\n    use super::*;\n    use super::super::fixtures;\n    mod deep { use super::super::super::cmd; }\n}\n\
                use super::cmd;\n";
    assert_eq!(places(&[("src/plan.rs", text)]), ["src/plan.rs:3", "src/plan.rs:4", "src/plan.rs:6"]);
}

#[test]
fn a_module_must_not_name_what_its_work_forbids() {
    let text = "use std::{fmt, fs::File};\nfn f() { std::time::Instant::now(); std::fmt::Debug; }\n";
    assert_eq!(places(&[("src/stats/mod.rs", text)]), ["src/stats/mod.rs:1", "src/stats/mod.rs:2"]);
    assert_eq!(places(&[("src/harness/cargo.rs", "\nuse std::process::Command;\n")]), ["src/harness/cargo.rs:2"]);
    assert_eq!(
        places(&[("src/run/mod.rs", "use crate::judge::Verdict;\nuse std::process::Command;\n")]),
        ["src/run/mod.rs:1"]
    );
}

#[test]
fn dependencies_are_found_outside_their_home() {
    let text =
        "fn f() { git2::Repository::open(p); let toml = 1; toml; }\nuse toml;\n#[derive(clap::Parser)]\nstruct S;\n";
    let at = |line: usize| format!("src/report/mod.rs:{line}");
    assert_eq!(places(&[("src/report/mod.rs", text)]), [at(1), at(2), at(3)]);
    assert_eq!(places(&[("src/git/mod.rs", "use git2::Oid;\n"), ("src/lib.rs", "use git2::Oid;\n")]), ["src/lib.rs:1"]);
    let manifest = "[dependencies]\nserde = \"1\"\nnew-thing = \"1\"\n\n[dev-dependencies]\nother = \"1\"\n";
    assert_eq!(homeless_complaints(manifest).len(), 1);
    assert_eq!(place(&homeless_complaints(manifest)[0]), "Cargo.toml:3");
}

#[test]
fn unit_tests_are_free_of_homes_but_not_of_floors() {
    let module = "use std::fmt;\n#[cfg(test)]\n#[allow(clippy::unwrap_used, reason = \"x\")]\nmod vectors;\n\
                  #[cfg(test)]\nmod tests {\n    use std::fs;\n    use toml::Value;\n}\nuse std::fs;\n";
    let vectors = "use std::fs;\nuse tempfile::TempDir;\nuse crate::judge::Verdict;\n";
    let files = [("src/stats/mod.rs", module), ("src/stats/vectors.rs", vectors)];
    assert_eq!(places(&files), ["src/stats/mod.rs:10", "src/stats/vectors.rs:3"]);
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let text = "// use crate::cmd;\n/* crate::cmd /* nested */ crate::cmd */ let a = \"crate::cmd \\\" crate::cmd\";\n\
                let b = r#\"crate::cmd \" crate::cmd\"#; let c = '\"'; let d = '\\''; let e: &'static str = b\"crate::cmd\";\n\
                use crate::cmd;\n";
    assert_eq!(places(&[("src/model/id.rs", text)]), ["src/model/id.rs:4"]);
    let blanked = blank(text);
    assert_eq!(blanked.lines().count(), text.lines().count());
    assert!(blanked.contains("&'static str"));
}

#[test]
fn long_files_and_functions_are_found() {
    let body = "    let x = \"}\";\n".repeat(69);
    let text = format!("fn short() {{\n{}}}\n\nfn long(f: fn() -> [u8; 2])\nwhere\n{{\n{body}}}\n", &body[..68 * 17]);
    let complaints = size_complaints(&Source::new("src/run/mod.rs", &text));
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert_eq!(place(&complaints[0]), "src/run/mod.rs:72");
    assert!(complaints[0].contains("'long' has 73 lines"), "{complaints:?}");
    let long = Source::new("src/run/mod.rs", &"//\n".repeat(601));
    assert_eq!(size_complaints(&long).len(), 1);
    assert_eq!(size_complaints(&Source::new("src/run/mod.rs", &"//\n".repeat(600))).len(), 0);
}

#[test]
fn unfinished_printing_and_nameless_code_is_found() {
    let text = "fn f() {\n    todo!();\n    println!(\"a\");\n    // eprintln!\n    eprintln!();\n    writeln!(out);\n}\n#[test]\n#[ignore = \"x\"]\nfn g() {}\n";
    let mut lines: Vec<String> =
        word_complaints(&Source::new("src/run/mod.rs", text), false).iter().map(|c| place(c)).collect();
    lines.sort();
    assert_eq!(lines, ["src/run/mod.rs:2", "src/run/mod.rs:3", "src/run/mod.rs:5", "src/run/mod.rs:9"]);
    assert_eq!(word_complaints(&Source::new("src/run/tests.rs", text), true).len(), 2);
    assert_eq!(word_complaints(&Source::new("src/run/util.rs", ""), false).len(), 1);
    assert_eq!(word_complaints(&Source::new("src/helpers/mod.rs", ""), false).len(), 1);
}

#[test]
fn paths_of_a_machine_are_found_and_others_are_not() {
    let (work, home) = (["/wo", "rk"].concat(), ["/ro", "ot"].concat());
    let text = format!(
        "fine\nlet a = \"{work}/main\";\n# {home}/.cargo\n{{cache}}{work}/tree\n/home/runner{work}/repo\n{home}-cause\n"
    );
    let lines: Vec<String> = machine_complaints("a.md", &text).iter().map(|c| place(c)).collect();
    assert_eq!(lines, ["a.md:2", "a.md:3"]);
}

#[test]
fn the_tables_name_modules_once() {
    let mut modules: Vec<&str> = FLOORS.concat();
    modules.sort_unstable();
    assert!(modules.windows(2).all(|pair| pair[0] != pair[1]), "{modules:?}");
    let known = |home: &&str| modules.contains(home) || matches!(*home, "lib" | "main");
    let strangers: Vec<&str> =
        HOMES.iter().flat_map(|(_, homes)| homes.iter().copied()).filter(|h| !known(h)).collect();
    assert!(strangers.is_empty(), "homes that are no modules: {strangers:?}");
}
