//! What every workflow has to be, beyond what linters ask: the examples, those that `init` writes, and the project's own.

use super::expression::{Scope, fill, holds};
use super::root;
use super::runner::yaml;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const LINES_MAX: usize = 120;

/// Every workflow, with its text.
pub(super) fn workflows() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in ["examples/workflows", ".github/workflows"] {
        let before = found.len();
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
        assert!(found.len() > before + 3, "{folder} holds too few: the rules looked at nothing");
    }
    found.sort();
    found
}

/// Every job of a workflow.
fn jobs(workflow: &Value) -> Vec<&Value> {
    workflow["jobs"].as_object().unwrap().values().collect()
}

fn steps(workflow: &Value) -> Vec<&Value> {
    jobs(workflow).into_iter().flat_map(|job| job["steps"].as_array().unwrap()).collect()
}

#[test]
fn every_workflow_is_short_bounded_and_allowed_little() {
    for (path, text) in workflows() {
        let name = path.display();
        assert!(text.lines().count() <= LINES_MAX, "{name}: {} lines", text.lines().count());
        assert!(text.starts_with("# "), "{name} does not say first what it is for");
        let workflow = yaml(&text);
        let permissions = &workflow["permissions"];
        let little = [serde_json::json!({}), serde_json::json!({"contents": "read"})].contains(permissions);
        assert!(little, "{name}: allowed to all jobs is {permissions}");
        for job in jobs(&workflow) {
            let grouped = [&workflow, job].iter().any(|place| place["concurrency"]["group"].is_string());
            assert!(grouped, "{name}: runs of it meet each other");
            assert!(job["timeout-minutes"].is_u64(), "{name}: a job may hang for hours");
        }
        for step in steps(&workflow) {
            let uses = step["uses"].as_str().unwrap_or_default();
            if uses.starts_with("actions/checkout@") {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}: the token is left behind");
            }
            // Benchmarks run in the action's own step, which has no token; publishing checks out nothing of the head.
            assert!(step["with"]["ref"].is_null(), "{name}: {step} checks out something else");
        }
    }
}

/// The events that start a workflow.
fn events(workflow: &Value) -> Vec<String> {
    let list = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect();
    match &workflow["on"] {
        Value::Object(events) => list(&mut events.keys().map(String::as_str)),
        Value::Array(events) => list(&mut events.iter().filter_map(Value::as_str)),
        one => list(&mut one.as_str().into_iter()),
    }
}

#[test]
fn a_pull_request_that_gets_another_base_is_measured_anew() {
    let mut seen = 0;
    for (path, text) in workflows() {
        let workflow = yaml(&text);
        if events(&workflow).iter().any(|event| event == "pull_request") {
            seen += 1;
            let types = &workflow["on"]["pull_request"]["types"];
            let all = serde_json::json!(["opened", "synchronize", "reopened", "edited"]);
            assert_eq!(*types, all, "{}: its check stays as it was with another base", path.display());
        }
    }
    assert!(seen > 6, "only {seen}: the rule looked at nothing");
}

/// The ids of the jobs that a job waits for.
fn needs(job: &Value) -> Vec<&str> {
    job["needs"].as_array().map_or_else(
        || job["needs"].as_str().into_iter().collect(),
        |all| all.iter().filter_map(Value::as_str).collect(),
    )
}

#[test]
fn no_job_that_can_be_skipped_is_the_last_word() {
    let mut seen = 0;
    for (path, text) in workflows() {
        let workflow = yaml(&text);
        if !events(&workflow).iter().any(|event| ["pull_request", "merge_group"].contains(&event.as_str())) {
            continue;
        }
        let is_always = |job: &Value| job["if"] == "${{ always() }}";
        for (id, job) in workflow["jobs"].as_object().unwrap() {
            // GitHub skips a job for its `if`, and for one before it that failed. A skipped job counts as a pass.
            if !is_always(job) && (!job["if"].is_null() || !needs(job).is_empty()) {
                seen += 1;
                let answered = jobs(&workflow).iter().any(|last| is_always(last) && needs(last).contains(&id.as_str()));
                assert!(answered, "{}: whoever requires '{id}' lets through what skips it", path.display());
            }
        }
    }
    assert!(seen > 1, "only {seen}: the rule looked at nothing");
}

#[test]
fn a_required_check_is_one_job_of_one_workflow() {
    let mut known = std::collections::BTreeMap::new();
    for (path, text) in workflows() {
        // It is taken instead of the pair; and the project's own are the pair again.
        if path.ends_with("minimal.yml") || !path.starts_with(root().join("examples")) {
            continue;
        }
        let workflow = yaml(&text);
        for (event, job) in
            events(&workflow).iter().flat_map(|event| jobs(&workflow).into_iter().map(move |job| (event, job)))
        {
            let name = job["name"].as_str().unwrap().to_owned();
            if let Some(other) = known.insert((event.clone(), name.clone()), path.clone()) {
                panic!("on {event}, '{name}' is a check of {} and of {}", other.display(), path.display());
            }
        }
    }
    for event in ["pull_request", "merge_group"] {
        assert!(known.contains_key(&(event.to_owned(), "Measure".to_owned())), "a queue waits for 'Measure' for ever");
    }
}

#[test]
fn publications_do_not_end_each_other() {
    let text = fs::read_to_string(root().join("examples/workflows/benchgate-publish.yml")).unwrap();
    let workflow = yaml(&text);
    let job = &workflow["jobs"]["publish"];
    assert!(workflow["concurrency"].is_null(), "a run that has nothing to say would take part");
    assert_eq!(job["concurrency"]["cancel-in-progress"], false);
    let run = |event: &str, conclusion: &str, pulls: &[u64]| {
        let pulls: Vec<Value> = pulls.iter().map(|number| serde_json::json!({"number": number})).collect();
        Event(serde_json::json!({"github": {"event": {"workflow_run": {
            "id": 99, "event": event, "conclusion": conclusion, "head_branch": "topic", "head_repository": {"id": 5},
            "pull_requests": pulls,
        }}}}))
    };
    let condition = job["if"].as_str().unwrap();
    for (event, conclusion, publishes) in [
        ("pull_request", "success", true),
        ("pull_request", "failure", true),
        ("pull_request", "cancelled", false),
        ("pull_request", "skipped", false),
        ("pull_request", "action_required", false),
        ("pull_request", "startup_failure", false),
        ("push", "success", false),
    ] {
        assert_eq!(holds(condition, &run(event, conclusion, &[7])), publishes, "{event} {conclusion}");
    }
    let group =
        |pulls: &[u64]| fill(job["concurrency"]["group"].as_str().unwrap(), &run("pull_request", "success", pulls));
    assert_eq!(group(&[7]), "benchgate-publish-pull_request-5-topic-7");
    // Several pull requests of one branch, and a fork's: a run of its own.
    assert_eq!([group(&[7, 8]), group(&[])], ["benchgate-publish-pull_request-5-topic-99"; 2]);
}

/// The context of a workflow.
struct Event(Value);

impl Scope for Event {
    fn value(&self, path: &str) -> Value {
        let part = |value: &Value, name: &str| match name.split_once('[') {
            Some((name, index)) => value[name][index.trim_end_matches(']').parse::<usize>().unwrap()].clone(),
            None => value[name].clone(),
        };
        path.split('.').fold(self.0.clone(), |value, name| part(&value, name))
    }

    fn call(&self, name: &str, _: &[Value]) -> Value {
        panic!("the function '{name}' is not known here")
    }
}

#[test]
fn no_step_with_a_token_runs_beside_what_was_measured() {
    for (path, text) in workflows() {
        for job in jobs(&yaml(&text)) {
            let steps = job["steps"].as_array().unwrap();
            let measures = steps.iter().any(|step| {
                let starts = commands(step["run"].as_str().unwrap_or_default());
                starts.iter().any(|words| ["record", "run", "check"].contains(&words.get(1).map_or("", String::as_str)))
                    || (is_action(step)
                        && step["with"]["install-only"] != "true"
                        && step["with"]["install-only"] != true)
            });
            let text = job.to_string();
            let has_token = text.contains("github.token") || text.contains("secrets.") || text.contains("\"write\"");
            assert!(!(measures && has_token), "{}: '{}' measures and may write", path.display(), job["name"]);
        }
    }
}

/// Whether a step is benchgate's action.
fn is_action(step: &Value) -> bool {
    step["uses"].as_str().is_some_and(|uses| uses == "./" || uses.starts_with("benchgate/"))
}

#[test]
fn actions_are_pinned_and_alike_everywhere() {
    let mut texts = workflows();
    texts.push((root().join("action.yml"), fs::read_to_string(root().join("action.yml")).unwrap()));
    let mut pins: Vec<(String, String)> = Vec::new();
    for (path, text) in &texts {
        for line in text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (uses, comment) = line.split_once(" # ").unwrap_or((line, ""));
            let Some((action, reference)) = uses.split_once('@') else { continue };
            if action == "benchgate/benchgate" {
                assert_eq!(reference, concat!("v", env!("CARGO_PKG_VERSION")), "{}: {line}", path.display());
                continue;
            }
            let repository: String = action.split('/').take(2).collect::<Vec<_>>().join("/");
            let known = pins.iter().find(|(known, _)| *known == repository).map(|(_, pin)| pin.clone());
            let pin = format!("{reference} # {comment}");
            assert_eq!(known.unwrap_or_else(|| pin.clone()), pin, "{}: {line}", path.display());
            pins.push((repository, pin));
            let full =
                reference.len() == 40 && reference.chars().all(|c| c.is_ascii_hexdigit()) && comment.starts_with('v');
            assert!(full, "{}: {line}", path.display());
        }
    }
    assert!(pins.len() > 10);
}

#[test]
fn the_pair_keeps_secrets_and_strangers_apart() {
    let read = |name: &str| yaml(&fs::read_to_string(root().join("examples/workflows").join(name)).unwrap());
    let (measure, publish) = (read("benchgate.yml"), read("benchgate-publish.yml"));
    assert_eq!(measure["on"].as_object().unwrap().keys().collect::<Vec<_>>(), ["pull_request"]);
    assert_eq!(jobs(&measure)[0]["permissions"], serde_json::json!({"contents": "read"}));
    let text = fs::read_to_string(root().join("examples/workflows/benchgate.yml")).unwrap();
    assert!(!text.contains("secrets.") && !text.contains("github.token"), "the measuring half takes a secret");
    assert_eq!(publish["on"]["workflow_run"]["workflows"][0], measure["name"]);
    assert!(steps(&publish).iter().all(|step| step["with"]["artifact"].is_null()));
    for own in ["benchgate.yml", "benchgate-publish.yml"] {
        let text = fs::read_to_string(root().join(".github/workflows").join(own)).unwrap();
        let mut ours = yaml(&text);
        let mut theirs = read(own);
        for workflow in [&mut ours, &mut theirs] {
            for step in workflow["jobs"]
                .as_object_mut()
                .unwrap()
                .values_mut()
                .flat_map(|job| job["steps"].as_array_mut().unwrap())
            {
                if is_action(step) {
                    step["uses"] = "this action".into();
                }
            }
        }
        assert_eq!(ours, theirs, "{own}: ours is what `init` writes, with the action of this tree");
    }
}

/// The words of every line that starts benchgate, by itself or within `$(…)`.
fn commands(script: &str) -> Vec<Vec<String>> {
    let line = |line: &str| {
        let (before, rest) = line.split_at(line.find("benchgate ")?);
        let rest = match before.trim_start() {
            "" => rest,
            before => rest.split(')').next().filter(|_| before.ends_with("$("))?,
        };
        let words = shell_words::split(rest).unwrap_or_else(|error| panic!("'{rest}': {error}"));
        Some(words.into_iter().take_while(|word| !["&&", "||", "|", ">", ">>"].contains(&word.as_str())).collect())
    };
    script.lines().filter_map(line).collect()
}

#[test]
fn the_program_takes_every_command_that_a_workflow_gives_it() {
    let mut seen = 0;
    for (path, text) in workflows() {
        for step in steps(&yaml(&text)) {
            for words in commands(step["run"].as_str().unwrap_or_default()) {
                seen += 1;
                let line = words.join(" ");
                if let Err(error) = benchgate::cli::parse(words.into_iter().map(Into::into)) {
                    // What stands in a variable is known when it runs.
                    let unknown = error.kind() == clap::error::ErrorKind::ValueValidation && line.contains('$');
                    assert!(unknown, "{}: '{line}' is refused: {error}", path.display());
                }
            }
        }
    }
    assert!(seen > 5, "only {seen}: the rule looked at nothing");
}
