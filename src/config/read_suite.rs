use super::command::Run;
use super::diagnostics::{did_you_mean, hint};
use super::file::metric_named;
use super::harness::{self, HarnessSuite};
use super::read_command;
use super::reader::{DURATION, GLOBS, Shape, Source, Spot, Table};
use super::suite::{CriterionSuite, Kind, MetricRule, Suite};
use super::value::{parse_cpus, parse_glob, parse_positive_duration, parse_threshold};
use super::{CRITERION_MEASURING, CRITERION_SAMPLES, CRITERION_WARM_UP};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use toml::de::DeValue;

pub(super) const SUITE_KEYS: &[&str] = &[
    "name",
    "harness",
    "include",
    "exclude",
    "metrics",
    "removed",
    "timeout",
    "build-timeout",
    "cpus",
    "env",
    "pass-env",
    "directory",
];
pub(super) const CRITERION_KEYS: &[&str] =
    &["package", "targets", "features", "warm-up", "measuring", "samples", "cargo-args"];
pub(super) const COMMAND_SUITE_KEYS: &[&str] = &["build", "artifacts", "shell", "command"];
pub(super) const METRIC_KEYS: &[&str] = &["threshold"];
pub(super) const HARNESS_KEYS: &[&str] = &["build", "artifacts", "shell", "run"];
/// Most samples in one launch: criterion takes about that long anyway.
const SAMPLES_MAX: i64 = 10_000;

const METRICS: Shape = Shape("an array of names or a table", "[\"wall-time\"]");

/// Which keys may stand in a suite.
#[derive(Clone, PartialEq, Eq)]
enum Harness {
    Criterion,
    Command,
    /// Another one that benchgate reads.
    Read(String),
    /// Missing or mistyped: keys of either are let pass.
    Unsure,
}

/// The harnesses that a suite may have.
pub(super) fn harnesses() -> impl Iterator<Item = &'static str> {
    ["criterion", "command"].into_iter().chain(crate::harness::names().filter(|name| *name != "criterion"))
}

pub(super) fn read_suites(source: &mut Source<'_>, root: &Table<'_>) -> Vec<Suite> {
    let mut suites: Vec<Suite> = Vec::new();
    for table in root.tables(source, "suite", "[[suite]]") {
        let suite = read_suite(source, &table);
        if !suite.name.is_empty() && suites.iter().any(|other| other.name == suite.name) {
            let span = table.get("name").map_or(table.span, toml::Spanned::span);
            source.complain(&span, format!("a suite '{}' exists already; give this one another name", suite.name));
        }
        suites.push(suite);
    }
    suites
}

/// Reads as much as can be read; what is wrong has been complained about.
fn read_suite(source: &mut Source<'_>, table: &Table<'_>) -> Suite {
    table.require(source, "name", "\"parser\"");
    table.require(source, "harness", "\"criterion\"");
    let name = table.text(source, "name", "\"parser\"").and_then(|name| check_name(source, &name)).unwrap_or_default();
    let harness = read_harness(source, table);
    check_keys(source, table, &harness, &name);
    let kind = match &harness {
        Harness::Criterion => Kind::Criterion(read_criterion(source, table)),
        Harness::Command => Kind::Command(read_command::read_commands(source, table, &name)),
        Harness::Read(other) => Kind::Harness(read_other(source, table, other, &name)),
        Harness::Unsure => Kind::Criterion(CriterionSuite::default()),
    };
    let mut suite = Suite::new(name, kind);
    suite.include = table.globs(source, "include");
    suite.exclude = table.globs(source, "exclude");
    suite.removed = table.texts(source, "removed", GLOBS).into_iter().fold(Vec::new(), |mut removed, text| {
        source.check("removed", &text, parse_glob);
        removed.push(text.value);
        removed
    });
    if table.get("metrics").is_some() {
        suite.metrics = read_metrics(source, table, &harness);
    }
    if let Some(timeout) = table.parsed(source, "timeout", DURATION, parse_positive_duration) {
        suite.timeout = timeout;
    }
    if let Some(timeout) = table.parsed(source, "build-timeout", DURATION, parse_positive_duration) {
        suite.build_timeout = timeout;
    }
    suite.cpus = table.parsed(source, "cpus", Shape("a list of CPUs as text", "\"0,2-3\""), parse_cpus);
    suite.environment = read_environment(source, table);
    suite.environment_pass = read_pass(source, table);
    if let Some(directory) = read_directory(source, table) {
        suite.directory = directory;
    }
    suite
}

fn check_name(source: &mut Source<'_>, name: &Spot<String>) -> Option<String> {
    if name.value.contains('/') || name.value.chars().any(char::is_control) {
        source.complain(
            &name.span,
            format!("a suite's name must not hold '/' or control characters; write for example \"{}\"", {
                let plain: String =
                    name.value.chars().map(|c| if c == '/' || c.is_control() { '-' } else { c }).collect();
                plain
            }),
        );
        return None;
    }
    Some(name.value.clone())
}

fn read_harness(source: &mut Source<'_>, table: &Table<'_>) -> Harness {
    let Some(harness) = table.text(source, "harness", "\"criterion\"") else { return Harness::Unsure };
    match harness.value.as_str() {
        "criterion" => Harness::Criterion,
        "command" => Harness::Command,
        other if harnesses().any(|name| name == other) => Harness::Read(other.to_owned()),
        other => {
            let next = did_you_mean(other, harnesses())
                .unwrap_or_else(|| "; benchgate explain harnesses lists those it knows".to_owned());
            source.complain(&harness.span, format!("harness '{other}' is not known{next}"));
            Harness::Unsure
        }
    }
}

fn check_keys(source: &mut Source<'_>, table: &Table<'_>, harness: &Harness, name: &str) {
    let mut keys = SUITE_KEYS.to_vec();
    match harness {
        Harness::Criterion => keys.extend(CRITERION_KEYS),
        Harness::Command => keys.extend(COMMAND_SUITE_KEYS),
        Harness::Read(_) => keys.extend(HARNESS_KEYS),
        Harness::Unsure => keys.extend(CRITERION_KEYS.iter().chain(COMMAND_SUITE_KEYS).chain(HARNESS_KEYS)),
    }
    let this = match harness {
        Harness::Criterion => "criterion",
        Harness::Read(other) => other,
        Harness::Command | Harness::Unsure => "command",
    };
    table.only(source, &keys, |key| {
        if keys.contains(&"command") && read_command::COMMAND_KEYS.contains(&key) {
            return Some(format!("'{key}' belongs to a command; move it below [[suite.command]]"));
        }
        let owner = match () {
            () if CRITERION_KEYS.contains(&key) => "criterion",
            () if COMMAND_SUITE_KEYS.contains(&key) => "command",
            () => return None,
        };
        Some(format!("'{key}' is for harness '{owner}'; {} has harness '{this}': remove the key", called(name)))
    });
}

fn read_criterion(source: &mut Source<'_>, table: &Table<'_>) -> CriterionSuite {
    let samples = table.integer(source, "samples", "10").and_then(|samples| {
        let count = u32::try_from(samples.value).ok().filter(|_| (10..=SAMPLES_MAX).contains(&samples.value));
        if count.is_none() {
            let text = format!("'samples': {} is out of range; criterion takes 10 to {SAMPLES_MAX}", samples.value);
            source.complain(&samples.span, text);
        }
        count
    });
    let short = Shape("a duration", "\"100ms\"");
    CriterionSuite {
        package: table.text(source, "package", "\"parser\"").map(|package| package.value),
        benches: table.names(source, "targets", "[\"parse\"]"),
        features: table.names(source, "features", "[\"simd\"]"),
        warm_up: table.parsed(source, "warm-up", short, parse_positive_duration).unwrap_or(CRITERION_WARM_UP),
        measuring: table.parsed(source, "measuring", short, parse_positive_duration).unwrap_or(CRITERION_MEASURING),
        samples: samples.unwrap_or(CRITERION_SAMPLES),
        cargo_args: table.names(source, "cargo-args", "[\"--locked\"]"),
    }
}

/// What another harness runs: as the suite says, else by the harness's template.
fn read_other(source: &mut Source<'_>, table: &Table<'_>, harness: &str, suite: &str) -> HarnessSuite {
    let shell = table.flag(source, "shell").unwrap_or(false);
    let template = harness::template(harness);
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let own = read_command::read_run(source, table, "run", shell);
    let is_own = table.get("run").is_some();
    if !is_own && template.is_none() {
        let text = format!(
            "{} needs 'run', which harness '{harness}' executes; write for example run = \"./bench --out {{output}}\", \
             or without {{output}} where it prints its result",
            called(suite)
        );
        source.complain(&table.span, text);
    }
    let ours = template.filter(|_| !is_own);
    let build = match read_command::read_run(source, table, "build", shell) {
        Some(Run::Words(words)) => Some(words),
        Some(Run::Shell(text)) => Some(vec!["sh".to_owned(), "-c".to_owned(), text]),
        None => ours.and_then(|template| template.build).map(words),
    };
    let mut artifacts = read_command::read_artifacts(source, table);
    if table.get("artifacts").is_none() {
        artifacts =
            ours.map(|template| template.artifacts.iter().map(|glob| (*glob).to_owned()).collect()).unwrap_or_default();
    }
    let run = own.or_else(|| ours.map(|template| Run::Words(words(template.run)))).unwrap_or(Run::Words(Vec::new()));
    let known = [harness::OUTPUT, harness::BENCHMARK, harness::FILTER];
    if let (Some(unknown), Some(value)) =
        (run.placeholders().into_iter().find(|name| !known.contains(&name.as_str())), table.get("run"))
    {
        let text = format!(
            "'run' has the placeholder {{{unknown}}}; those of a harness are {{output}}, {{benchmark}} and {{filter}}, and \
             {{{{{unknown}}}}} is the text {{{unknown}}}"
        );
        source.complain(&value.span(), text);
    }
    HarnessSuite { harness: harness.to_owned(), build, artifacts, run, listed: None }
}

/// `metrics`: names, or a table of names and thresholds.
fn read_metrics(source: &mut Source<'_>, table: &Table<'_>, harness: &Harness) -> Vec<MetricRule> {
    let Some(value) = table.get("metrics") else { return Vec::new() };
    let mut rules: Vec<MetricRule> = Vec::new();
    let mut named: Vec<(Spot<String>, Option<f64>)> = Vec::new();
    match value.get_ref() {
        DeValue::Array(_) => {
            named.extend(table.texts(source, "metrics", METRICS).into_iter().map(|text| (text, None)));
        }
        DeValue::Table(entries) => {
            for (name, span, item) in Table::new(entries, "metrics", value.span()).entries() {
                let Some(entries) = item.get_ref().as_table() else {
                    source.wrong_type(name, item, Shape("a table", "{ threshold = \"2%\" }"));
                    continue;
                };
                let entry = Table::new(entries, "a metric", item.span());
                entry.only(source, METRIC_KEYS, |_| None);
                let threshold = entry.percent(source, "threshold", parse_threshold);
                named.push((Spot { value: name.to_owned(), span }, threshold));
            }
        }
        _ => {
            source.wrong_type("metrics", value, METRICS);
            return rules;
        }
    }
    if named.is_empty() {
        source.complain(&value.span(), "'metrics' is empty; write for example [\"wall-time\"], or remove the key");
    }
    for (name, threshold) in named {
        // What another harness calls its metrics shows when it has run.
        let is_foreign = matches!(harness, Harness::Read(_));
        if !is_foreign && source.check("metrics", &name, metric_named).is_none() {
            continue;
        }
        if *harness == Harness::Criterion && name.value != "wall-time" {
            let text = format!("harness 'criterion' measures wall-time only, not '{}'; remove it", name.value);
            source.complain(&name.span, text);
        } else if rules.iter().any(|rule| rule.name == name.value) {
            source.complain(&name.span, format!("metric '{}' stands here twice; remove one", name.value));
        } else {
            rules.push(MetricRule { name: name.value, threshold });
        }
    }
    rules
}

fn read_environment(source: &mut Source<'_>, table: &Table<'_>) -> BTreeMap<String, String> {
    let example = "{ RUST_LOG = \"off\" }";
    let mut environment = BTreeMap::new();
    let Some(variables) = table.table(source, "env", "env", example) else { return environment };
    for (name, span, value) in variables.entries() {
        check_variable(source, "env", &Spot { value: name.to_owned(), span });
        if let Some(text) = source.text(name, value, Shape("a text", "\"off\"")) {
            environment.insert(name.to_owned(), text.value);
        }
    }
    environment
}

fn read_pass(source: &mut Source<'_>, table: &Table<'_>) -> Vec<String> {
    let names = table.texts(source, "pass-env", Shape("an array of names", "[\"LD_LIBRARY_PATH\"]"));
    let unique: BTreeSet<String> = names
        .into_iter()
        .map(|name| {
            check_variable(source, "pass-env", &name);
            name.value
        })
        .collect();
    unique.into_iter().collect()
}

fn check_variable(source: &mut Source<'_>, key: &str, name: &Spot<String>) {
    if name.value.is_empty() || name.value.contains(['=', '\0', '*']) {
        let text = format!("'{key}': '{}' is not the name of a variable; write for example RUST_LOG", name.value);
        source.complain(&name.span, text);
    }
}

/// `directory`: inside the repository.
pub(super) fn read_directory(source: &mut Source<'_>, table: &Table<'_>) -> Option<PathBuf> {
    table.parsed(source, "directory", Shape("a path inside the repository", "\"tools/cli\""), |text| {
        check_inside(text).map(|()| PathBuf::from(text))
    })
}

/// Refuses paths that lead out of the repository.
pub(super) fn check_inside(text: &str) -> Result<(), String> {
    let inside = Path::new(text).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if text.is_empty() || !inside {
        return Err(format!("'{text}' is not a path inside the repository; write it relative and without '..'"));
    }
    Ok(())
}

/// The suite, where its name could be read.
pub(super) fn called(name: &str) -> String {
    if name.is_empty() { "this suite".to_owned() } else { format!("suite '{name}'") }
}

/// The nearest suite, or all of them.
pub(super) fn suite_hint(typed: &str, suites: &[Suite]) -> String {
    let names: Vec<&str> = suites.iter().map(|suite| suite.name.as_str()).collect();
    if names.is_empty() { "; no suite is configured or was found".to_owned() } else { hint(typed, &names) }
}
