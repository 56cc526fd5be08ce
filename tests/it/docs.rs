//! The documents against the program: commands, flags, examples, exit statuses, configuration, links.
//!
//! A page may say more than the program's help, never less, and nothing that the program refuses.

use benchgate::deliver::ExitStatus;
use benchgate::judge::Outcome;
use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

const CLI: &str = "docs/cli.md";

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The README and every page of `docs/`, by name.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let entries = std::fs::read_dir(folder).expect("docs/");
    let mut names: Vec<String> =
        entries.map(|entry| format!("docs/{}", entry.expect("an entry of docs/").file_name().display())).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"));
    names.sort();
    assert!(names.len() > 4, "only {names:?}: the rules looked at nothing");
    names.push("README.md".to_owned());
    names.into_iter().map(|name| (read(&name), name)).map(|(text, name)| (name, text)).collect()
}

/// Every page that git tracks, by name: those of the repository's other folders too.
fn tracked_pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = std::process::Command::new("git").args(["ls-files", "-z", "*.md"]).current_dir(root).output();
    let names = String::from_utf8(listed.expect("git is installed").stdout).expect("file names are UTF-8");
    let names = names.split('\0').filter(|name| root.join(name).is_file());
    let pages: Vec<(String, String)> = names.map(|name| (name.to_owned(), read(name))).collect();
    assert!(pages.len() > 12, "only {} pages: the rules looked at nothing", pages.len());
    pages
}

/// The fenced blocks of a language, each with the line that it begins at.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(opened)) => open = Some((number + 2, opened.trim(), String::new())),
            (Some((_, _, body)), None) => body.extend([line, "\n"]),
            (Some(_), Some(_)) => {
                found.extend(open.take().filter(|(_, of, _)| *of == language).map(|(at, _, body)| (at, body)));
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fenced block is not closed");
    found
}

/// The text without its fenced blocks, line by line.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((number + 1, line));
        }
    }
    lines
}

/// What stands below a second-level heading, third-level ones included.
fn section<'t>(text: &'t str, title: &str) -> Option<&'t str> {
    let marker = format!("\n## {title}\n");
    let from = text.find(&marker)? + marker.len();
    let rest = &text[from..];
    Some(rest.find("\n## ").map_or(rest, |to| &rest[..=to]))
}

/// The first cells of a section's tables, one a line: an example that uses a flag does not explain it.
fn first_cells(section: &str) -> String {
    let cells = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    cells.collect::<Vec<_>>().join("\n")
}

/// Every `--flag` that a text names.
fn flags_in(text: &str) -> BTreeSet<&str> {
    let is_inside = |c: char| c.is_ascii_lowercase() || c == '-';
    text.match_indices("--")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        .map(|(at, _)| text[at..].split(|c| !is_inside(c)).next().unwrap_or_default())
        .filter(|flag| flag.len() > 3 && flag.chars().any(char::is_alphanumeric))
        .collect()
}

/// Every command that people type, `help` left out, by its words after `benchgate`.
fn leaves(command: &Command, path: &[String], found: &mut Vec<(String, Command)>) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let mut path = path.to_vec();
        path.push(sub.get_name().to_owned());
        if sub.has_subcommands() {
            leaves(sub, &path, found);
        } else {
            found.push((path.join(" "), sub.clone()));
        }
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut root = benchgate::cli::Cli::command();
    root.build();
    let mut found = Vec::new();
    leaves(&root, &[], &mut found);
    assert!(found.len() > 9, "only {} commands: the rule looked at nothing", found.len());
    found
}

/// The section of the page that has to name a flag of a command.
fn place_of(flag: &Arg, command: &str) -> String {
    match flag.get_help_heading() {
        Some(heading) => heading.to_owned(),
        None if flag.is_global_set() || ["help", "version"].contains(&flag.get_id().as_str()) => {
            "Flags of every command".to_owned()
        }
        None => format!("`{command}`"),
    }
}

#[test]
fn every_command_is_in_the_table_that_the_page_begins_with() {
    let page = read(CLI);
    let table = page.split("\n## ").next().expect("a beginning");
    for (name, _) in commands() {
        let verb = name.split(' ').next().expect("a word");
        assert!(table.contains(&format!("| [`{verb}")), "{CLI}: no row on '{verb}' in the table of commands");
    }
}

#[test]
fn every_command_and_every_flag_is_on_the_page_and_no_other() {
    let page = read(CLI);
    let mut known = BTreeSet::new();
    for (name, command) in commands() {
        let own = section(&page, &format!("`{name}`")).unwrap_or_else(|| panic!("{CLI} has no section '## `{name}`'"));
        for flag in command.get_arguments() {
            let Some(long) = flag.get_long().map(|long| format!("--{long}")) else { continue };
            let place = place_of(flag, &name);
            let text = section(&page, &place).unwrap_or_else(|| panic!("{CLI} has no section '## {place}'"));
            let table = first_cells(text);
            assert!(flags_in(&table).contains(long.as_str()), "{CLI}: no row on {long} of '{name}' in '## {place}'");
            if let Some(heading) = flag.get_help_heading() {
                assert!(own.contains(&format!("[{heading}](#")), "{CLI}: '## `{name}`' does not lead to '{heading}'");
            }
            known.insert(long);
        }
    }
    let ours = page.replace("`git push --no-verify`", "");
    let surplus: Vec<&str> = flags_in(&ours).into_iter().filter(|flag| !known.contains(*flag)).collect();
    assert!(surplus.is_empty(), "{CLI} names flags that no command has: {surplus:?}");
}

/// The words of an example after `$ `: none if it does not start benchgate. What a shell would do with the rest is cut off.
fn typed(line: &str) -> Option<Vec<OsString>> {
    let words = shell_words::split(line).unwrap_or_else(|error| panic!("'{line}': {error}"));
    let is_variable = |word: &str| word.split_once('=').is_some_and(|(name, _)| !name.contains(['-', '/']));
    let mut words = words.into_iter().skip_while(|word| is_variable(word)).peekable();
    (words.peek()? == "benchgate").then_some(())?;
    Some(words.take_while(|word| !["|", ">", "2>", "&&", "#"].contains(&word.as_str())).map(Into::into).collect())
}

#[test]
fn every_example_parses_and_every_command_has_one() {
    let mut shown = BTreeSet::new();
    for (name, text) in pages() {
        for (at, block) in blocks(&text, "console") {
            let lines = block.lines().enumerate().filter_map(|(i, line)| Some((at + i, line.strip_prefix("$ ")?)));
            for (number, line) in lines {
                let Some(words) = typed(line) else { continue };
                if name == CLI {
                    shown.insert(words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "));
                }
                if let Err(error) = benchgate::cli::parse(words) {
                    panic!("{name}:{number}: '{line}' is refused: {error}");
                }
            }
        }
    }
    for (command, _) in commands() {
        let begins = |line: &String| format!("{line} ").starts_with(&format!("benchgate {command} "));
        assert!(shown.iter().any(begins), "{CLI} has no example of '{command}'");
    }
}

#[test]
fn the_table_of_exit_statuses_is_the_programs() {
    let page = read(CLI);
    let section = section(&page, "Exit statuses").expect("a section on exit statuses");
    let rows: Vec<(String, String)> = section
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let (number, word) = (cells.next()?, cells.next()?);
            number.parse::<u8>().is_ok().then(|| (number.to_owned(), word.to_owned()))
        })
        .collect();
    let program: Vec<(String, String)> = [Outcome::Pass, Outcome::Regression, Outcome::Error, Outcome::Inconclusive]
        .map(|outcome| {
            let status = ExitStatus::from(outcome);
            // A status that is added has to be added here, and to the page.
            let word = match status {
                ExitStatus::Pass => "pass",
                ExitStatus::Regression => "regression",
                ExitStatus::Error => "error",
                ExitStatus::Inconclusive => "inconclusive",
            };
            assert_eq!(word, outcome.code(), "the outcome and its status have the same word");
            (status.code().to_string(), word.to_owned())
        })
        .to_vec();
    assert_eq!(rows, program, "{CLI}, '## Exit statuses'");
}

#[test]
fn every_piece_of_configuration_is_valid() {
    let mut seen = 0;
    // The page on the configuration has a stricter test beside the configuration itself.
    for (name, text) in pages().into_iter().filter(|(name, _)| name != "docs/config.md") {
        for (at, block) in blocks(&text, "toml") {
            seen += 1;
            if let Err(complaints) = benchgate::config::parse(&format!("{name}, block at line {at}"), &block) {
                panic!("{complaints}");
            }
        }
    }
    assert!(seen > 0, "no block of configuration: the rule looked at nothing");
}

/// The name by which a heading is linked to, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|(_, line)| line.starts_with('#'));
    headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
}

/// The targets of a line's links, and of its pictures.
fn links(line: &str) -> Vec<&str> {
    let between = |open: &'static str, close: char| {
        line.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(target, _)| target))
    };
    between("](", ')').chain(between("src=\"", '"')).chain(between("srcset=\"", '"')).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for (name, text) in tracked_pages() {
        for (number, line) in prose(&text) {
            for link in links(line).into_iter().filter(|link| !link.contains("://")) {
                seen += 1;
                let (file, heading) = link.split_once('#').unwrap_or((link, ""));
                let folder = Path::new(&name).parent().unwrap_or(Path::new(""));
                let target =
                    if file.is_empty() { name.clone() } else { folder.join(file).to_string_lossy().into_owned() };
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&target);
                assert!(path.exists(), "{name}:{number}: '{link}' leads to no file");
                if !heading.is_empty() {
                    let found = anchors(&read(&target)).contains(heading);
                    assert!(found, "{name}:{number}: '{link}' leads to no heading");
                }
            }
        }
    }
    assert!(seen > 20, "only {seen} links: the rule looked at nothing");
}

/// The paths into this repository that a line names in code; what has a placeholder in capitals is none.
fn paths_in(line: &str) -> Vec<&str> {
    let folders = ["action/", "benches/", "docs/", "examples/", "fuzz/", "src/", "tests/"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    let has_placeholder =
        |word: &str| word.split(['/', '.', '_']).any(|part| part.len() > 2 && part.to_uppercase() == part);
    let words = line.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    words
        .filter(|word| folders.iter().any(|folder| word.starts_with(folder)) && word.chars().all(is_plain))
        .filter(|word| !has_placeholder(word))
        .collect()
}

/// Files move; the pages that send a reader to them have to follow.
#[test]
fn every_file_that_a_page_names_is_there() {
    // Left by a fuzzer, and not tracked.
    let made = ["fuzz/corpus", "fuzz/artifacts"];
    let mut seen = 0;
    for (name, text) in tracked_pages() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let beside = root.join(&name).parent().unwrap_or(root).to_owned();
        for (number, line) in prose(&text) {
            for path in paths_in(line).into_iter().filter(|path| !made.contains(path)) {
                seen += 1;
                let is_there = root.join(path).exists() || beside.join(path).exists();
                assert!(is_there, "{name}:{number}: there is no '{path}'");
            }
        }
    }
    assert!(seen > 20, "only {seen} paths: the rule looked at nothing");
}

#[test]
fn first_pages_are_short() {
    for (name, lines_max) in [("README.md", 70), ("docs/architecture.md", 100)] {
        let lines = read(name).lines().count();
        assert!(lines <= lines_max, "{name}: {lines} lines; a reader who is new here gets {lines_max}");
    }
}

/// Every key of a JSON value, at any depth below the ones that a report has too.
fn keys<'v>(value: &'v serde_json::Value, found: &mut BTreeSet<&'v str>) {
    match value {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.insert(name);
            if !["environment", "tool"].contains(&name.as_str()) {
                keys(value, found);
            }
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_a_diagnosis_is_on_the_page() {
    let page = read(CLI);
    let own = section(&page, "`doctor`").expect("a section on doctor");
    let run = crate::world::Repo::folder("plain").gate("doctor --quick --format json");
    let diagnosis = run.exits(0).json();
    let mut found = BTreeSet::new();
    keys(&diagnosis, &mut found);
    assert!(found.len() > 30, "{found:?}");
    let missing: Vec<&&str> = found.iter().filter(|name| !own.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{CLI}, '### Diagnosis' lacks {missing:?}");
}
