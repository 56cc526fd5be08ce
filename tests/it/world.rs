//! Repositories, and the real binary in them: a test reads like a session at a terminal.

use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// After this a gate is taken to hang; the slowest builds criterion.
const PATIENCE: Duration = Duration::from_mins(5);

/// A repository in a folder of its own, with its own cache and home.
pub(crate) struct Repo {
    world: TempDir,
    root: PathBuf,
    cache: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Repo {
    /// An empty repository, its branch called `main`.
    pub(crate) fn new() -> Self {
        Self::named("project")
    }

    /// Likewise, in a folder of this name.
    pub(crate) fn named(name: &str) -> Self {
        let repo = Self::folder(name);
        repo.git("init --quiet --initial-branch=main .");
        repo
    }

    /// A folder that is no repository.
    pub(crate) fn folder(name: &str) -> Self {
        let world = tempfile::tempdir().unwrap();
        let root = world.path().join(name);
        for folder in [root.clone(), world.path().join("home"), world.path().join("outside")] {
            fs::create_dir_all(folder).unwrap();
        }
        let cache = world.path().join("cache");
        Self { world, root, cache, variables: Vec::new() }
    }

    /// The same world seen from another folder: a clone, a worktree, a folder below.
    pub(crate) fn from(&self, folder: &Path) -> Place<'_> {
        Place { repo: self, folder: folder.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// A folder outside of the repository.
    pub(crate) fn outside(&self) -> PathBuf {
        self.world.path().join("outside")
    }

    /// Adds a variable to every gate's environment.
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
    }

    /// Puts the cache elsewhere.
    pub(crate) fn with_cache(mut self, cache: PathBuf) -> Self {
        self.cache = cache;
        self
    }

    /// Likewise, into a new place: another machine's.
    pub(crate) fn with_cache_named(self, name: &str) -> Self {
        let cache = self.outside().join(name);
        self.with_cache(cache)
    }

    /// Writes a file into the work tree.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes files and commits everything.
    pub(crate) fn commit(self, message: &str, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            self.write(path, text);
        }
        self.git("add --all");
        self.git_words(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self
    }

    /// Runs git here and returns what it prints.
    pub(crate) fn git(&self, line: &str) -> String {
        self.git_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn git_words(&self, words: &[&str]) -> String {
        git_in(&self.root, words)
    }

    /// Everything of git's that a gate must leave as it is.
    pub(crate) fn fingerprint(&self) -> String {
        let index = fs::read(self.root.join(".git/index")).unwrap_or_default();
        let mut found = vec![format!("{index:?}")];
        found.extend(
            ["status --porcelain --ignored", "worktree list", "for-each-ref", "rev-parse HEAD", "stash list"].map(
                |line| {
                    // `status` refreshes the index unless it is told not to.
                    let words: Vec<&str> =
                        std::iter::once("--no-optional-locks").chain(line.split_whitespace()).collect();
                    self.git_words(&words)
                },
            ),
        );
        found.join("\n")
    }

    /// Runs the gate and waits for it; words are split at spaces.
    pub(crate) fn gate(&self, line: &str) -> Run {
        self.gate_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn gate_words(&self, words: &[&str]) -> Run {
        self.from(&self.root).start(words).wait()
    }

    /// Starts the gate and returns at once.
    pub(crate) fn start(&self, line: &str) -> Running {
        self.from(&self.root).start(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// A command that is set up as every gate is, not started.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        self.program(env!("CARGO_BIN_EXE_benchgate"), folder)
    }

    /// Likewise, another program.
    pub(crate) fn program(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().stdin(Stdio::null());
        command.env("HOME", self.world.path().join("home")).env("BENCHGATE_CACHE_DIR", &self.cache);
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        for (name, usual) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            command.env(name, std::env::var_os(name).map_or_else(|| home.join(usual), PathBuf::from));
        }
        for name in ["PATH", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.variables.iter().cloned());
        command
    }

    /// The cache of this project, its journal and its builds; `None` before the first gate.
    pub(crate) fn stage(&self) -> Option<PathBuf> {
        let mut found = fs::read_dir(&self.cache).ok()?.map(|entry| entry.unwrap().path());
        found.find(|path| path.is_dir())
    }
}

pub(crate) fn git_in(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "core.autocrlf=false",
        ])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Where a gate is started.
pub(crate) struct Place<'r> {
    repo: &'r Repo,
    folder: PathBuf,
}

impl Place<'_> {
    pub(crate) fn gate(&self, line: &str) -> Run {
        self.start(&line.split_whitespace().collect::<Vec<_>>()).wait()
    }

    fn start(&self, words: &[&str]) -> Running {
        let mut command = self.repo.command(&self.folder);
        command.args(words);
        let (out, err) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
        let handle = |file: &tempfile::NamedTempFile| File::options().write(true).open(file.path()).unwrap();
        command.stdout(handle(&out)).stderr(handle(&err));
        let measuring = Measuring::begin();
        let child = command.spawn().unwrap();
        Running { _measuring: measuring, child, line: format!("benchgate {}", words.join(" ")), out, err }
    }
}

/// How many gates are at work.
static AT_WORK: Mutex<usize> = Mutex::new(0);
static IDLE: Condvar = Condvar::new();

fn at_work() -> MutexGuard<'static, usize> {
    // A test that failed has nothing to do with this number.
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A gate is at work as long as this lives.
pub(crate) struct Measuring(());

impl Measuring {
    pub(crate) fn begin() -> Self {
        *at_work() += 1;
        Self(())
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        *at_work() -= 1;
        IDLE.notify_all();
    }
}

/// Waits until no gate is at work, and lets none begin: what keeps every core busy must not run beside one that measures.
pub(crate) fn alone() -> MutexGuard<'static, usize> {
    IDLE.wait_while(at_work(), |gates| *gates > 0).unwrap_or_else(PoisonError::into_inner)
}

/// A gate at work.
pub(crate) struct Running {
    _measuring: Measuring,
    child: Child,
    line: String,
    out: tempfile::NamedTempFile,
    err: tempfile::NamedTempFile,
}

impl Running {
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until something holds, and says what if it never does.
    pub(crate) fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            let err = || fs::read_to_string(self.err.path()).unwrap_or_default();
            assert!(self.child.try_wait().unwrap().is_none(), "{} ended before {what}: {}", self.line, err());
            assert!(began.elapsed() < PATIENCE, "{}: never {what}: {}", self.line, err());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn wait(mut self) -> Run {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("{} hangs", self.line);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let read = |file: &tempfile::NamedTempFile| String::from_utf8(fs::read(file.path()).unwrap()).unwrap();
        Run { line: self.line.clone(), status, stdout: read(&self.out), stderr: read(&self.err), took: began.elapsed() }
    }
}

/// A test that fails leaves no gate behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A gate that has ended.
pub(crate) struct Run {
    pub(crate) line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// Asserts the exit status, and that nothing panicked whatever it is.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert!(!self.stderr.contains("panicked"), "{self}");
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// Asserts that standard output holds a text.
    #[track_caller]
    pub(crate) fn prints(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "no '{text}' in {self}");
        self
    }

    /// Asserts that standard error holds a text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no '{text}' in {self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// `benchmark metric=verdict` of every comparison of the JSON report.
    #[track_caller]
    pub(crate) fn verdicts(&self) -> Vec<String> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let report = self.json();
        let rows = report["comparisons"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}={}", text(row, "benchmark"), text(row, "metric"), text(row, "verdict"))).collect()
    }

    /// `benchmark=state level` of every state of the JSON report.
    #[track_caller]
    pub(crate) fn states(&self) -> Vec<String> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let report = self.json();
        let rows = report["states"].as_array().unwrap().iter();
        rows.map(|row| format!("{}={} {}", text(row, "benchmark"), text(row, "state"), text(row, "level"))).collect()
    }

    /// The detail of a benchmark's state in the JSON report.
    #[track_caller]
    pub(crate) fn detail(&self, benchmark: &str) -> String {
        let report = self.json();
        let state = report["states"].as_array().unwrap().iter().find(|state| state["benchmark"] == benchmark);
        state.unwrap_or_else(|| panic!("no state of '{benchmark}' in {self}"))["detail"].as_str().unwrap().to_owned()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "`{}` ({}, {:?})\n-- stdout\n{}-- stderr\n{}",
            self.line, self.status, self.took, self.stdout, self.stderr
        )
    }
}

/// A script that writes so many bytes: a difference that no disturbance of the machine can hide.
pub(crate) fn writes(bytes: usize) -> String {
    format!("printf '%0{bytes}d' 0\n")
}

/// A suite `s` of commands by name, judged by the bytes that they write.
pub(crate) fn suite(commands: &[(&str, &str)]) -> String {
    suite_with("metrics = ['bytes-written']", commands)
}

/// Likewise, with keys of one's own.
pub(crate) fn suite_with(keys: &str, commands: &[(&str, &str)]) -> String {
    let mut text = format!("[[suite]]\nname = 's'\nharness = 'command'\n{keys}\n");
    for (name, run) in commands {
        text.extend(["[[suite.command]]\nname = \"", name, "\"\nrun = \"", run, "\"\n"]);
    }
    text
}

/// Processes that have this word among their arguments.
pub(crate) fn processes_with(marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(arguments) = fs::read(entry.path().join("cmdline")) else { continue };
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        if arguments.contains(marker) {
            found.push(format!("{} {arguments}", entry.file_name().display()));
        }
    }
    found
}

/// Asserts that no process with this word is left, with a moment's grace for the kernel.
#[track_caller]
pub(crate) fn none_left(marker: &str) {
    let began = Instant::now();
    while !processes_with(marker).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(5), "left behind: {:?}", processes_with(marker));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A word that no other process has.
pub(crate) fn marker(name: &str) -> String {
    format!("{name}-{}-{:x}", std::process::id(), fastrand::u64(..))
}

/// Every file below a folder that holds a text.
pub(crate) fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files_with(&path, text));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes())) {
            found.push(path);
        }
    }
    found
}
