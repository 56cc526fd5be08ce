use super::command::{Command, CommandSuite, EXPANSIONS_MAX, Run, is_parameter_name};
use super::file::metric_named;
use super::read_suite::{called, check_inside, read_directory};
use super::reader::{DURATION, GLOBS, Shape, Source, Spot, Table, Value, describe};
use super::value::{parse_glob, parse_positive_duration};
use crate::model::Metric;
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeValue;

pub(super) const COMMAND_KEYS: &[&str] =
    &["name", "run", "prepare", "cleanup", "exit-status", "parameters", "metrics", "timeout", "shell", "directory"];

/// Words that mean something to a shell only.
const SHELL_WORDS: &[&str] = &["&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "2>/dev/null", ">/dev/null"];
const RUN: Shape = Shape("a command line or an array of words", "\"target/release/app --help\"");

pub(super) fn read_commands(source: &mut Source<'_>, table: &Table<'_>, suite: &str) -> CommandSuite {
    let shell = table.flag(source, "shell").unwrap_or(false);
    let build = read_run(source, table, "build", shell).map(|build| match build {
        Run::Words(words) => words,
        Run::Shell(text) => vec!["sh".to_owned(), "-c".to_owned(), text],
    });
    let artifacts = read_artifacts(source, table);
    let tables = table.tables(source, "command", "[[suite.command]]");
    if tables.is_empty() && table.get("command").is_none_or(|value| value.get_ref().is_array()) {
        let text = format!("{} has no command; add a [[suite.command]] with 'name' and 'run'", called(suite));
        source.complain(&table.span, text);
    }
    let mut commands = Vec::new();
    let mut ids = BTreeSet::new();
    for table in &tables {
        let Some(command) = read_command(source, table, shell) else { continue };
        let span = table.get("name").map_or_else(|| table.span.clone(), toml::Spanned::span);
        if command.combinations() > EXPANSIONS_MAX {
            let text =
                format!("'{}' expands to more than {EXPANSIONS_MAX} benchmarks; give fewer values", command.name);
            source.complain(&span, text);
            continue;
        }
        let again: Vec<String> =
            command.expand().into_iter().map(|one| one.id).filter(|id| !ids.insert(id.clone())).collect();
        if let Some(id) = again.first() {
            source.complain(&span, format!("a benchmark '{id}' exists already in this suite; give it another name"));
        }
        commands.push(command);
    }
    CommandSuite { build, artifacts, commands, shell }
}

pub(super) fn read_artifacts(source: &mut Source<'_>, table: &Table<'_>) -> Vec<String> {
    table.texts(source, "artifacts", GLOBS).into_iter().fold(Vec::new(), |mut globs, text| {
        if source.check("artifacts", &text, |text| check_inside(text).and_then(|()| parse_glob(text))).is_some() {
            globs.push(text.value);
        }
        globs
    })
}

/// `None` when there is no name or nothing to run.
fn read_command(source: &mut Source<'_>, table: &Table<'_>, shell: bool) -> Option<Command> {
    table.only(source, COMMAND_KEYS, |_| None);
    table.require(source, "name", "\"help\"");
    table.require(source, "run", RUN.1);
    let name = table.text(source, "name", "\"help\"");
    if let Some(name) = name.as_ref().filter(|name| name.value.chars().any(char::is_control)) {
        source.complain(&name.span, "a command's name must not hold control characters; remove them");
    }
    let shell = table.flag(source, "shell").unwrap_or(shell);
    let run = read_run(source, table, "run", shell);
    let prepare = read_run(source, table, "prepare", shell);
    let cleanup = read_run(source, table, "cleanup", shell);
    let exit_status = table.integer(source, "exit-status", "0").map_or(0, |status| {
        i32::try_from(status.value).ok().filter(|status| (0..=255).contains(status)).unwrap_or_else(|| {
            source.complain(&status.span, format!("'exit-status': {} is out of range; use 0 to 255", status.value));
            0
        })
    });
    let metrics = read_metrics(source, table);
    let timeout = table.parsed(source, "timeout", DURATION, parse_positive_duration);
    let directory = read_directory(source, table);
    let parameters = read_parameters(source, table);
    let command = Command {
        name: name?.value,
        run: run?,
        prepare,
        cleanup,
        exit_status,
        parameters,
        metrics,
        timeout,
        directory,
    };
    check_placeholders(source, table, &command);
    Some(command)
}

pub(super) fn read_run(source: &mut Source<'_>, table: &Table<'_>, key: &str, shell: bool) -> Option<Run> {
    let value = table.get(key)?;
    if let Some(array) = value.get_ref().as_array() {
        if shell {
            let text = format!("'{key}' is an array of words, which needs no shell; write one text, or shell = false");
            source.complain(&value.span(), text);
        }
        let words: Vec<String> =
            array.iter().filter_map(|word| source.text(key, word, RUN)).map(|word| word.value).collect();
        return program(source, key, value, words);
    }
    let text = source.text(key, value, RUN)?;
    if shell {
        if text.value.trim().is_empty() {
            return program(source, key, value, Vec::new()); // complains
        }
        return Some(Run::Shell(text.value));
    }
    let words = source.check(key, &text, |text| {
        shell_words::split(text).map_err(|error| format!("{error}; close the quote, or write the words as an array"))
    })?;
    if let Some(word) = words.iter().find(|word| SHELL_WORDS.contains(&word.as_str())) {
        let text = format!(
            "'{key}' holds '{word}', which only a shell understands; set shell = true, or write the words as an array"
        );
        source.complain(&value.span(), text);
    }
    program(source, key, value, words)
}

fn program(source: &mut Source<'_>, key: &str, value: &Value<'_>, words: Vec<String>) -> Option<Run> {
    if words.first().is_none_or(|word| word.trim().is_empty()) {
        source.complain(&value.span(), format!("'{key}' names no program; write for example {}", RUN.1));
        return None;
    }
    Some(Run::Words(words))
}

/// A command's own metrics are names: thresholds belong to the suite.
fn read_metrics(source: &mut Source<'_>, table: &Table<'_>) -> Option<Vec<Metric>> {
    let value = table.get("metrics")?;
    if value.get_ref().is_table() {
        let text =
            "a command's 'metrics' are names, for example [\"wall-time\"]; thresholds stand in the suite's 'metrics'";
        source.complain(&value.span(), text);
        return None;
    }
    let mut metrics: Vec<Metric> = Vec::new();
    let names = table.texts(source, "metrics", Shape("an array of names", "[\"wall-time\"]"));
    if names.is_empty() && value.get_ref().as_array().is_some_and(|array| array.is_empty()) {
        source.complain(&value.span(), "'metrics' is empty; write for example [\"wall-time\"], or remove the key");
    }
    for name in names {
        let Some(metric) = source.check("metrics", &name, metric_named) else { continue };
        if metrics.contains(&metric) {
            source.complain(&name.span, format!("metric '{}' stands here twice; remove one", metric.name));
        } else {
            metrics.push(metric);
        }
    }
    Some(metrics)
}

fn read_parameters(source: &mut Source<'_>, table: &Table<'_>) -> BTreeMap<String, Vec<String>> {
    let mut parameters = BTreeMap::new();
    let example = "{ size = [10, 100] }";
    let Some(entries) = table.table(source, "parameters", "parameters", example) else { return parameters };
    for (name, span, value) in entries.entries() {
        if !is_parameter_name(name) {
            let text = format!("'{name}' is not a parameter's name; use letters, digits, '-' and '_', a letter first");
            source.complain(&span, text);
        }
        let Some(array) = source.array(name, value, Shape("an array of values", "[10, 100]")) else { continue };
        if array.is_empty() {
            source.complain(&value.span(), format!("parameter '{name}' has no value; write for example [10, 100]"));
        }
        let mut values: Vec<String> = Vec::new();
        for item in array {
            let Some(text) = parameter_value(source, name, item) else { continue };
            if values.contains(&text.value) {
                let text = format!("parameter '{name}' has the value '{}' twice; remove one", text.value);
                source.complain(&item.span(), text);
            } else {
                values.push(text.value);
            }
        }
        parameters.insert(name.to_owned(), values);
    }
    parameters
}

fn parameter_value(source: &mut Source<'_>, name: &str, item: &Value<'_>) -> Option<Spot<String>> {
    let value = match item.get_ref() {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::String(text) if !text.chars().any(char::is_control) => text.clone().into_owned(),
        DeValue::String(_) => {
            source
                .complain(&item.span(), format!("a value of parameter '{name}' holds control characters; remove them"));
            return None;
        }
        other => {
            let text = format!("parameter '{name}' takes texts and numbers; found {}", describe(other));
            source.complain(&item.span(), text);
            return None;
        }
    };
    Some(Spot { value, span: item.span() })
}

/// Every placeholder has values, and every parameter is used.
fn check_placeholders(source: &mut Source<'_>, table: &Table<'_>, command: &Command) {
    let mut used = BTreeSet::new();
    let runs =
        [("run", Some(&command.run)), ("prepare", command.prepare.as_ref()), ("cleanup", command.cleanup.as_ref())];
    for (key, run) in runs {
        for name in run.map(Run::placeholders).unwrap_or_default() {
            if !command.parameters.contains_key(&name) {
                let span = table.get(key).map_or_else(|| table.span.clone(), toml::Spanned::span);
                let next = super::diagnostics::did_you_mean(&name, command.parameters.keys().map(String::as_str))
                    .unwrap_or_else(|| {
                        format!("; add it to 'parameters', or write {{{{{name}}}}} for the text itself")
                    });
                source.complain(&span, format!("'{key}' holds {{{name}}}, which is no parameter{next}"));
            }
            used.insert(name);
        }
    }
    let Some(parameters) = table.get("parameters").and_then(|value| value.get_ref().as_table()) else { return };
    for (name, _) in parameters {
        let text = name.get_ref().as_ref();
        if is_parameter_name(text) && !used.contains(text) {
            let next = format!("write {{{text}}} into 'run', 'prepare' or 'cleanup', or remove it");
            source.complain(&name.span(), format!("parameter '{text}' is never used; {next}"));
        }
    }
}
