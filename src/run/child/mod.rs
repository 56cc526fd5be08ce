//! One child process: started in its own group with a scrubbed environment, watched, bounded, accounted, and never left behind.
//!
//! It knows nothing of benchmarks. Each system has its own way to do it: `unix` (with `linux` and `macos` for what only the one
//! or the other kernel offers) and `windows`.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod kernel;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod kernel;
#[cfg(target_os = "linux")]
mod leash;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

pub use system::run;
pub(super) use system::{COUNTS_SWITCHES, adopt_orphans, own_rss, sweep, tether};

/// The last part of what a child prints that is kept, per stream, in bytes.
pub const OUTPUT_KEPT_MAX: usize = 64 * 1024;

/// How often a running child is looked at for a Ctrl-C that arrived between two system calls.
const TICK: Duration = Duration::from_millis(200);

/// What to start, and within which limits.
#[derive(Clone, Debug)]
pub struct Request {
    /// The executable: a path, or a name to look up in `PATH`.
    pub program: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its working directory.
    pub directory: PathBuf,
    /// Its whole environment: nothing is inherited.
    pub environment: BTreeMap<OsString, OsString>,
    /// Its limit in wall time; then its process group is killed.
    pub timeout: Duration,
    /// How many bytes of standard output are kept from the front; more is an error of the caller's choosing.
    pub output_max: usize,
    /// The CPUs it may run on; `None` for those this process may use.
    pub cpus: Option<Vec<usize>>,
}

/// What the kernel counted for one child.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accounting {
    /// Seconds from just before the start to the exit.
    pub wall_s: f64,
    /// Seconds in user mode, waited-for descendants included.
    pub user_s: f64,
    /// Seconds in the kernel, waited-for descendants included.
    pub system_s: f64,
    /// Peak resident memory in bytes.
    pub max_rss: u64,
    /// Minor and major page faults.
    pub page_faults: u64,
    /// Times it gave up the CPU.
    pub switches_voluntary: u64,
    /// Times the CPU was taken from it.
    pub switches_involuntary: u64,
    /// Bytes it read (`rchar`), `None` where the kernel does not say.
    pub bytes_read: Option<u64>,
    /// Bytes it wrote (`wchar`).
    pub bytes_written: Option<u64>,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit status.
    Exited(i32),
    /// By a signal, not from us.
    Signalled(i32),
    /// By us, when its time was up.
    TimedOut,
    /// By us, on Ctrl-C.
    Interrupted,
}

/// A finished child.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// What the kernel counted.
    pub accounting: Accounting,
    /// The first bytes of its standard output.
    pub stdout: Vec<u8>,
    /// Whether it printed more than was kept.
    pub stdout_cut: bool,
    /// The last bytes of its standard error.
    pub stderr: Vec<u8>,
}

impl Ended {
    /// The last lines the child printed, standard error first choice, for a message.
    pub fn last_words(&self, lines: usize) -> String {
        self.words(lines, |_| false)
    }

    /// Lines from the first error on, or where none is told the last ones: a tool that builds says more after what went wrong.
    pub fn first_error(&self, lines: usize) -> String {
        self.words(lines, |line| {
            let line = line.trim_start().to_ascii_lowercase();
            line.starts_with("error") || line.starts_with("npm err") || line.contains("error:")
        })
    }

    fn words(&self, lines: usize, begins: impl Fn(&str) -> bool) -> String {
        let source =
            if self.stderr.iter().any(|byte| !byte.is_ascii_whitespace()) { &self.stderr } else { &self.stdout };
        let text = String::from_utf8_lossy(source);
        let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = all.len().saturating_sub(lines);
        let from = all.iter().position(|line| begins(line)).map_or(last, |first| first.min(last));
        crate::model::clean(&all[from..].iter().take(lines).copied().collect::<Vec<_>>().join("\n"))
    }

    /// What the child complained of, on one line: its first error with the last cause that it names, or else its last words.
    pub fn complaint(&self) -> String {
        const CHARACTERS_MAX: usize = 300;
        let text = self.last_words(usize::MAX);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let is_error = |line: &&&str| line.to_ascii_lowercase().starts_with("error");
        let error = lines.iter().find(is_error).or(lines.last()).copied().unwrap_or_default();
        let cause = lines.iter().rposition(|line| *line == "Caused by:").and_then(|at| lines.get(at + 1));
        let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        (error.to_owned() + &cause).chars().take(CHARACTERS_MAX).collect()
    }

    /// How it ended, in words.
    pub fn describe(&self, timeout: Duration) -> String {
        match self.ending {
            Ending::Exited(status) => format!("exited with status {status}"),
            Ending::Signalled(signal) => format!("was ended by signal {signal}"),
            Ending::TimedOut => format!("took longer than {}", humantime::format_duration(timeout)),
            Ending::Interrupted => "was interrupted".to_owned(),
        }
    }
}

/// What is kept of a child's standard stream, up to a limit.
struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    /// Keep the end (standard error: the last words count) instead of the beginning.
    tail: bool,
    cut: bool,
}

impl Kept {
    fn new(limit: usize, tail: bool) -> Self {
        Self { bytes: Vec::new(), limit, tail, cut: false }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.tail {
            self.bytes.extend_from_slice(bytes);
            if self.bytes.len() > 2 * self.limit {
                self.cut = true;
                self.bytes.drain(..self.bytes.len() - self.limit);
            }
        } else {
            let room = self.limit.saturating_sub(self.bytes.len());
            self.cut |= bytes.len() > room;
            self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// What is the same wherever it is started: nothing is inherited, both streams are ours.
fn command(request: &Request) -> Command {
    let mut command = Command::new(&request.program);
    command
        .args(&request.arguments)
        .current_dir(&request.directory)
        .env_clear()
        .envs(&request.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_is_told_from_its_first_error_on() {
        let ended = |stderr: &str| Ended {
            ending: Ending::Exited(1),
            accounting: Accounting::default(),
            stdout: b"on standard output".to_vec(),
            stdout_cut: false,
            stderr: stderr.into(),
        };
        let more = (0..9).map(|n| format!("more {n}")).collect::<Vec<_>>().join("\n");
        for (said, first) in [
            (
                format!("Compiling thiserror v2\nerror[E0308]: mismatched types\n{more}"),
                "error[E0308]: mismatched types",
            ),
            (format!("x.c: In function\nx.c:3:1: error: no\n{more}"), "x.c:3:1: error: no"),
            (format!("npm error code EUSAGE\n{more}"), "npm error code EUSAGE"),
            (format!("no such word\n{more}"), "more 6"),
            (format!("{more}\nerror: the last line"), "more 7"),
            (String::new(), "on standard output"),
        ] {
            let shown = ended(&said).first_error(3);
            assert_eq!(shown.lines().next(), Some(first), "{shown}");
            assert!(shown.lines().count() <= 3, "{shown}");
        }
    }
}
