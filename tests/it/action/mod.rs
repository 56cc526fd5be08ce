//! The action, obeyed step by step; and what is written about it and the workflows.

mod expression;
mod install;
mod lint;
mod runner;
mod scripts;
mod workflows;

use crate::world::{Repo, files_with, suite, writes};
use runner::{Job, Service, TOKEN, files, yaml};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const BENCHGATE: &str = env!("CARGO_BIN_EXE_benchgate");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Job {
    /// Asserts how the job ended.
    #[track_caller]
    fn ends(&self, status: i32) -> &Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    #[track_caller]
    fn gives(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.outputs.get(name).map(String::as_str), Some(value), "output '{name}' of {self}");
        self
    }

    fn ran(&self, step: &str) -> bool {
        self.ran.iter().any(|name| name == step)
    }
}

impl std::fmt::Display for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, ran, outputs, summary, log, .. } = self;
        writeln!(f, "status {status}\n{ran:?}\n{outputs:?}\n-- summary\n{summary}\n-- log\n{log}")
    }
}

/// A repository as a job on a pull request that makes this change finds it: its merge into base is checked out.
fn pull_request(change: &[(&str, &str)]) -> (Repo, Service) {
    let repo = repo();
    repo.git("checkout --quiet -b change");
    let repo = repo.commit("change", change);
    repo.git("checkout --quiet --detach main");
    repo.git("merge --quiet --no-ff --no-edit change");
    let mut service = Service::new(repo.root());
    let id = |revision: &str| repo.git(&format!("rev-parse {revision}")).trim().to_owned();
    service.pull_request(&id("main"), &id("change"), &id("HEAD"));
    (repo, service)
}

/// Two commands. What a launch sees of the environment comes into a file.
fn repo() -> Repo {
    let config = suite(&[("a", "sh a.sh"), ("b", "sh b.sh")]) + "prepare = [\"sh\", \"-c\", \"env > $HOME/seen\"]\n";
    Repo::new().commit("base", &[("benchgate.toml", &config), ("a.sh", &writes(100)), ("b.sh", &writes(100))])
}

const FLAGS: [(&str, &str); 3] = [("binary", BENCHGATE), ("max-rounds", "6"), ("bench", "a\nb")];

#[test]
fn a_slower_change_is_told_kept_and_uploaded_and_then_fails_the_job() {
    let (repo, mut service) = pull_request(&[("a.sh", &writes(9_000))]);
    let job = service.run(&FLAGS);
    job.ends(1).gives("outcome", "regression").gives("status", "1").gives("regressions", "1").gives("unchanged", "1");
    let steps = ["Install benchgate", "Restore the build cache", "Check", "Keep the build cache"];
    assert_eq!(job.ran, [&steps[..], &["Upload record, report and page", "Answer"]].concat(), "{job}");
    assert!(job.summary.starts_with("<!-- benchgate -->\n### ") && job.summary.contains("s/a"), "{job}");
    assert!(job.log.contains("\n::error "), "{job}");
    let pause = job.log.split("::stop-commands::").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    assert!(pause.len() > 20 && job.log.contains(&format!("\n::{pause}::\n")), "{job}");

    let artifact = service.artifact("benchgate");
    assert_eq!(files(&artifact), ["record.json", "report.html", "report.json"].map(PathBuf::from), "{job}");
    let report: Value = serde_json::from_slice(&fs::read(artifact.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["outcome"], "regression");
    for (side, branch) in [("base", "main"), ("head", "change")] {
        assert_eq!(report[side]["revision"], repo.git(&format!("rev-parse {branch}")).trim(), "{job}");
    }
    assert_eq!(fs::read(&job.outputs["report"]).unwrap(), fs::read(artifact.join("report.json")).unwrap());
    repo.gate(&format!("report {} --format counts", artifact.join("record.json").display()))
        .exits(1)
        .prints("regressions=1\n");
    let seen = fs::read_to_string(service.home().join("seen")).unwrap();
    assert!(seen.contains("PATH=") && !seen.contains("GITHUB_") && !seen.contains("RUNNER_"), "{seen}");
    assert_eq!(files_with(&service.home(), TOKEN), Vec::<PathBuf>::new());
    assert!(!job.log.contains(TOKEN) && !job.summary.contains(TOKEN), "{job}");

    let again = service.run(&[&FLAGS[..], &[("seed", "7")]].concat());
    assert!(!again.ends(1).ran("Keep the build cache"), "the same commit needs no second cache: {again}");
    let [kept] = &service.caches()[..] else { panic!("{:?}", service.caches()) };
    fs::write(service.cache(kept).join("of the first"), "").unwrap();
    service.github.insert("sha".to_owned(), "1".repeat(40).into());
    let later = service.run(&[&FLAGS[..], &[("seed", "7")]].concat());
    assert!(later.ends(1).ran("Keep the build cache"), "the next commit renews it: {later}");
    let caches = service.caches();
    assert_eq!(caches.len(), 2, "{caches:?}");
    assert!(caches.iter().all(|key| service.cache(key).join("of the first").exists()), "restored from the first");
}

#[test]
fn an_equal_change_passes_and_what_cannot_be_judged_is_said() {
    let (_repo, service) = pull_request(&[("README.md", "text")]);
    let job = service.run(&[&FLAGS[..], &[("cache", "false"), ("artifact", "other")]].concat());
    job.ends(0).gives("outcome", "pass").gives("regressions", "0").gives("inconclusive", "0");
    assert!(service.caches().is_empty() && service.artifact("other").join("report.json").is_file(), "{job}");

    let (_repo, service) = pull_request(&[("benchgate.toml", "[gate]\nthreshold = '```<b>'\n")]);
    let job = service.run(&FLAGS);
    job.ends(2).gives("outcome", "error").gives("status", "2").gives("report", "").gives("regressions", "");
    assert!(!job.ran("Upload record, report and page") && job.ran("Answer"), "{job}");
    assert!(job.summary.starts_with("### benchgate could not judge this change\n\n    error: "), "{job}");
    assert!(job.summary.lines().skip(2).all(|line| line.starts_with("    ")), "{job}");
    assert!(job.log.contains("\n::error title=benchgate::could not judge"), "{job}");

    let job = service.run(&[("binary", BENCHGATE), ("install-only", "true")]);
    assert_eq!(job.ends(0).ran, ["Install benchgate"]);
    assert_eq!(job.path, [Path::new(BENCHGATE).parent().unwrap().to_str().unwrap()]);
    service.run(&[("binary", "/nowhere/benchgate")]).ends(2).gives("binary", "");
}

/// A program of so many lines of shell.
fn program(path: &Path, lines: &str) -> String {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The inputs that are flags, and the flags of `check` that are none, with why.
const NO_INPUTS: [(&str, &str); 12] = [
    ("color", "the log is not a terminal"),
    ("again", "a second job does it, from the first one's record"),
    ("dry-run", "the action answers"),
    ("durations", "a dry run balances shards by them"),
    ("format", "the action prints all that a job shows"),
    ("output", "the action says where its files are"),
    ("plots", "the page and the comment have the pictures"),
    ("quiet", "a log tells the story"),
    ("record", "the action says where its files are"),
    ("resume", "a job begins anew"),
    ("shards", "the action answers; a dry run prints a matrix"),
    ("verbose", "the page has every row"),
];
const OWN_INPUTS: [&str; 5] = ["artifact", "binary", "cache", "install-only", "version"];

#[test]
fn every_input_is_a_flag_of_its_name_and_arrives_as_one_word() {
    let repo = Repo::folder("plain");
    let service = Service::new(repo.root());
    let kept = repo.outside().join("words");
    let lines = format!("[ \"$1\" = check ] && printf '%s\\n' \"$@\" > '{}'\nexit 0", kept.display());
    let stub = program(&repo.outside().join("bin/stub"), &lines);
    let action = yaml(&fs::read_to_string(root().join("action.yml")).unwrap());
    let inputs: BTreeSet<&str> = action["inputs"].as_object().unwrap().keys().map(String::as_str).collect();
    let flags: Vec<&str> = inputs.iter().copied().filter(|name| !OWN_INPUTS.contains(name)).collect();
    for value in ["3%", "$(touch evil) `touch evil`", "'; touch evil; '\"", "--help", "${{ github.token }}", " * "] {
        let mut given: Vec<(&str, &str)> = flags.iter().map(|flag| (*flag, value)).collect();
        given.push(("binary", &stub));
        service.run(&given);
        let words = fs::read_to_string(&kept).unwrap();
        for flag in &flags {
            assert!(
                words.lines().any(|word| word == format!("--{flag}={value}")),
                "--{flag}={value} is not in {words}"
            );
        }
    }
    assert_eq!(files(repo.root()), Vec::<PathBuf>::new(), "an input was executed");
    service.run(&[("binary", &stub), ("suite", "a\n\nb c\n")]);
    let words = fs::read_to_string(&kept).unwrap();
    assert_eq!(
        words.lines().filter(|word| word.starts_with("--suite")).collect::<Vec<_>>(),
        ["--suite=a", "--suite=b c"]
    );

    let mut command = <benchgate::cli::Cli as clap::CommandFactory>::command();
    command.build();
    let check = command.find_subcommand("check").unwrap();
    let known: BTreeSet<&str> = check.get_arguments().filter_map(clap::Arg::get_long).collect();
    let left_out: BTreeSet<&str> = NO_INPUTS.iter().map(|(flag, _)| *flag).chain(["help", "version"]).collect();
    let expected: BTreeSet<&str> = known.difference(&left_out).copied().collect();
    assert_eq!(
        flags.into_iter().collect::<BTreeSet<_>>(),
        expected,
        "a flag of `check` is an input or among NO_INPUTS"
    );
    assert!(left_out.is_subset(&known), "{left_out:?}");
}

#[test]
fn the_page_has_every_input_and_every_output() {
    let page = fs::read_to_string(root().join("docs/github.md")).unwrap();
    let action = yaml(&fs::read_to_string(root().join("action.yml")).unwrap());
    for (title, part) in [("### Inputs\n", "inputs"), ("### Outputs\n", "outputs")] {
        let section = page.split(title).nth(1).unwrap_or_else(|| panic!("docs/github.md has no '{title}'"));
        let section = section.split("\n#").next().unwrap();
        let cells = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
        let named: BTreeSet<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        let there: BTreeSet<&str> = action[part].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(named, there, "docs/github.md, '{title}'");
    }
}
