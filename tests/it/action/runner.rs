//! A runner for composite actions: obeys their steps one by one as GitHub's does, with its variables and files. Steps that use
//! another action are stood in for by copying what they name.

use super::expression::{Scope, evaluate, fill, holds, shown};
use crate::world::Measuring;
use globset::Glob;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

/// What stands in for the job's token.
pub(crate) const TOKEN: &str = "ghs_thisIsTheJobsToken";

/// A YAML file as JSON.
pub(crate) fn yaml(text: &str) -> Value {
    fn json(yaml: &Yaml) -> Value {
        match yaml {
            Yaml::String(text) | Yaml::Real(text) => text.clone().into(),
            Yaml::Integer(number) => (*number).into(),
            Yaml::Boolean(value) => (*value).into(),
            Yaml::Array(items) => items.iter().map(json).collect(),
            Yaml::Hash(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (shown(&json(name)), json(value))).collect())
            }
            _ => Value::Null,
        }
    }
    json(&YamlLoader::load_from_str(text).unwrap()[0])
}

/// What lasts longer than a job: caches and artifacts by name, and the folder of the checked out repository.
pub(crate) struct Service {
    kept: TempDir,
    workspace: PathBuf,
    /// More variables of every step.
    pub(crate) variables: BTreeMap<String, String>,
    /// The `github` context, beside what every job has.
    pub(crate) github: Map<String, Value>,
}

/// A job that has ended.
pub(crate) struct Job {
    /// The exit status of the step that failed, 0 if none did.
    pub(crate) status: i32,
    /// The steps that ran, by name.
    pub(crate) ran: Vec<String>,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    pub(crate) log: String,
    /// What was put on the PATH.
    pub(crate) path: Vec<String>,
}

impl Service {
    pub(crate) fn new(workspace: &Path) -> Self {
        Self {
            kept: tempfile::tempdir().unwrap(),
            workspace: workspace.to_owned(),
            variables: BTreeMap::new(),
            github: Map::new(),
        }
    }

    /// The folder that holds everything of the job's, and is its user's.
    pub(crate) fn home(&self) -> PathBuf {
        self.kept.path().to_owned()
    }

    pub(crate) fn artifact(&self, name: &str) -> PathBuf {
        self.kept.path().join("artifacts").join(name)
    }

    pub(crate) fn cache(&self, key: &str) -> PathBuf {
        self.kept.path().join("caches").join(key)
    }

    /// The keys of all caches.
    pub(crate) fn caches(&self) -> Vec<String> {
        let entries = fs::read_dir(self.kept.path().join("caches")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Has the jobs be of a pull request from a fork; what is checked out is its merge into base, as by default.
    pub(crate) fn pull_request(&mut self, base: &str, head: &str, merged: &str) {
        let side = |sha: &str, name: &str, branch: &str, id: u64| {
            let repository =
                json!({"id": id, "full_name": name, "name": "parser", "default_branch": "main", "fork": id > 1});
            json!({"sha": sha, "ref": branch, "label": branch, "repo": repository})
        };
        let (head, base) = (side(head, "stranger/parser", "change", 2), side(base, "ada/parser", "main", 1));
        let pull = json!({"number": 7, "state": "open", "draft": false, "head": head, "base": base, "merge_commit_sha": merged});
        let payload =
            json!({"action": "opened", "number": 7, "repository": pull["base"]["repo"], "pull_request": pull});
        let path = self.kept.path().join("event.json");
        fs::write(&path, payload.to_string()).unwrap();
        for (name, value) in [
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("GITHUB_REPOSITORY", "ada/parser"),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_SHA", merged),
            ("GITHUB_RUN_ID", "1"),
            ("GITHUB_RUN_ATTEMPT", "1"),
        ] {
            self.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Runs an action of this repository, in a fresh temporary folder.
    pub(crate) fn run(&self, inputs: &[(&str, &str)]) -> Job {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let action = yaml(&fs::read_to_string(folder.join("action.yml")).unwrap());
        let mut given = Map::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            let value = inputs.iter().find(|(known, _)| known == name).map(|(_, value)| Value::from(*value));
            given.insert(name.clone(), value.unwrap_or_else(|| shown(&input["default"]).into()));
        }
        assert!(inputs.iter().all(|(name, _)| given.contains_key(*name)), "an input that there is not: {inputs:?}");
        let temp = self.kept.path().join("temp");
        let _ = fs::remove_dir_all(&temp);
        fs::create_dir_all(&temp).unwrap();
        let mut github = json!({"token": TOKEN, "action_ref": "", "action_repository": "", "sha": "0".repeat(40)});
        github.as_object_mut().unwrap().extend(self.github.clone());
        let runner = json!({"os": "Linux", "arch": "X64", "temp": temp});
        let context = json!({"inputs": given, "github": github, "runner": runner, "steps": {}});
        let mut running = Running { service: self, temp, context, job: Job::default() };
        for step in action["runs"]["steps"].as_array().unwrap() {
            running.step(step, folder);
            if running.job.status != 0 {
                break;
            }
        }
        let outputs = action["outputs"].as_object().unwrap().iter();
        running.job.outputs =
            outputs.map(|(name, output)| (name.clone(), fill(&shown(&output["value"]), &running))).collect();
        running.job
    }
}

impl Default for Job {
    fn default() -> Self {
        let (summary, log) = (String::new(), String::new());
        Self { status: 0, ran: Vec::new(), outputs: BTreeMap::new(), summary, log, path: Vec::new() }
    }
}

struct Running<'s> {
    service: &'s Service,
    temp: PathBuf,
    context: Value,
    job: Job,
}

impl Scope for Running<'_> {
    fn value(&self, path: &str) -> Value {
        path.split('.').fold(&self.context, |value, name| &value[name]).clone()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Value {
        match name {
            "hashFiles" => {
                let globs: Vec<_> =
                    arguments.iter().map(|glob| Glob::new(&shown(glob)).unwrap().compile_matcher()).collect();
                let mut digest = Sha256::new();
                for file in files(&self.service.workspace) {
                    if globs.iter().any(|glob| glob.is_match(&file)) {
                        digest.update(fs::read(self.service.workspace.join(file)).unwrap());
                    }
                }
                format!("{:x}", digest.finalize()).into()
            }
            other => panic!("the function '{other}' is not known here"),
        }
    }
}

impl Running<'_> {
    fn step(&mut self, step: &Value, action: &Path) {
        if !step["if"].is_null() && !holds(&shown(&step["if"]), self) {
            return;
        }
        self.job.ran.push(shown(&step["name"]));
        let outputs = match step["uses"].as_str() {
            Some(uses) => self.stand_in(uses.split('@').next().unwrap(), &step["with"]),
            None => self.shell(step, action),
        };
        if let Some(id) = step["id"].as_str() {
            self.context["steps"][id] = json!({"outputs": outputs});
        }
    }

    /// Runs a script as `shell: bash` does.
    fn shell(&mut self, step: &Value, action: &Path) -> Value {
        assert_eq!(step["shell"], "bash", "a step of a composite action names its shell");
        let file = |name: &str| self.temp.join(format!("{name}-{}", self.job.ran.len()));
        let names = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH", "GITHUB_ENV"];
        names.iter().for_each(|name| fs::write(file(name), "").unwrap());
        fs::write(file("script.sh"), fill(&shown(&step["run"]), self)).unwrap();
        let usual = std::env::var("PATH").unwrap_or_default();
        let path = self.job.path.iter().rev().cloned().chain([usual]).collect::<Vec<_>>().join(":");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(file("script.sh"));
        command.current_dir(&self.service.workspace).stdin(Stdio::null()).env_clear().env("PATH", path);
        command
            .envs(names.map(|name| (name, file(name))))
            .env("RUNNER_TEMP", &self.temp)
            .env("GITHUB_ACTION_PATH", action);
        command.envs([
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
            ("ImageOS", "ubuntu24"),
            ("GITHUB_ACTIONS", "true"),
        ]);
        command.env("GITHUB_WORKSPACE", &self.service.workspace).env("GITHUB_SERVER_URL", "https://github.com");
        command.env("HOME", self.service.home()).envs(&self.service.variables);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, fill(&shown(value), self));
        }
        let measuring = Measuring::begin();
        let output = command.output().unwrap();
        drop(measuring);
        self.job.status = output.status.code().unwrap_or(-1);
        self.job.log += &String::from_utf8_lossy(&output.stdout);
        self.job.log += &String::from_utf8_lossy(&output.stderr);
        let read = |name: &str| fs::read_to_string(file(name)).unwrap();
        assert_eq!(read("GITHUB_ENV"), "", "the action leaves the job's environment alone");
        self.job.summary += &read("GITHUB_STEP_SUMMARY");
        let path = read("GITHUB_PATH");
        self.job.path.extend(path.lines().map(str::to_owned));
        let pairs = read("GITHUB_OUTPUT");
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), Value::from(value)));
        Value::Object(pairs.lines().map(|line| pair(line).unwrap_or_else(|| panic!("no output: '{line}'"))).collect())
    }

    /// What another action would do, on this machine.
    fn stand_in(&mut self, uses: &str, with: &Value) -> Value {
        let given = |name: &str| fill(&shown(&with[name]), self);
        let path = PathBuf::from(given("path"));
        match uses {
            "actions/cache/restore" => {
                let key = given("key");
                let prefixes = given("restore-keys");
                let mut known = self.service.caches();
                known.sort_by_key(|known| *known != key);
                let found = known.into_iter().find(|known| {
                    *known == key || prefixes.lines().any(|prefix| !prefix.is_empty() && known.starts_with(prefix))
                });
                if let Some(found) = &found {
                    copy(&self.service.cache(found), &path);
                }
                json!({"cache-hit": (found.as_ref() == Some(&key)).to_string(), "cache-primary-key": key})
            }
            "actions/cache/save" => {
                let key = given("key");
                assert!(!key.is_empty() && key.len() < 512 && !key.contains(','), "no key of a cache: '{key}'");
                copy(&path, &self.service.cache(&key));
                Value::Null
            }
            "actions/upload-artifact" => {
                let name = given("name");
                assert!(!name.is_empty() && !name.contains(['"', ':', '<', '>', '|', '*', '?', '\\', '/']), "'{name}'");
                assert!(files(&path).iter().any(|_| true), "nothing to upload in {}", path.display());
                let to = self.service.artifact(&name);
                if to.exists() {
                    assert_eq!(evaluate(&given("overwrite"), self), true, "the artifact '{name}' is there already");
                    fs::remove_dir_all(&to).unwrap();
                }
                copy(&path, &to);
                Value::Null
            }
            other => panic!("nothing stands in for '{other}'"),
        }
    }
}

/// Every file below a folder, relative to it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    fn walk(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder.join(below)).into_iter().flatten().flatten() {
            let path = below.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                walk(folder, &path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut found);
    found.sort();
    found
}

/// Copies a folder with its time stamps, as an archive does.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(copied.success(), "{} cannot be copied", from.display());
}
