//! One child process: started in its own group with a scrubbed environment, watched, bounded, accounted, and never left behind.
//!
//! It knows nothing of benchmarks. Two system calls that no safe library offers are made here: `wait4` with its accounting, and
//! the hook that ties a child's life to ours.

pub(super) mod leash;

use super::process::interrupted;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

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
        let source =
            if self.stderr.iter().any(|byte| !byte.is_ascii_whitespace()) { &self.stderr } else { &self.stdout };
        let text = String::from_utf8_lossy(source);
        let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        crate::model::clean(&all[all.len().saturating_sub(lines)..].join("\n"))
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

/// A standard stream of a child: drained for as long as the child runs, kept up to a limit.
struct Stream {
    pipe: Option<File>,
    kept: Vec<u8>,
    limit: usize,
    /// Keep the end (standard error: the last words count) instead of the beginning.
    tail: bool,
    cut: bool,
}

impl Stream {
    fn new(pipe: impl Into<OwnedFd>, limit: usize, tail: bool) -> io::Result<Self> {
        let pipe: OwnedFd = pipe.into();
        let flags = rustix::fs::fcntl_getfl(&pipe)?;
        rustix::fs::fcntl_setfl(&pipe, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(File::from(pipe)), kept: Vec::new(), limit, tail, cut: false })
    }

    /// Reads what is there without waiting.
    fn drain(&mut self) {
        let mut buffer = [0_u8; 16 * 1024];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => self.keep(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.tail {
            self.kept.extend_from_slice(bytes);
            if self.kept.len() > 2 * self.limit {
                self.cut = true;
                self.kept.drain(..self.kept.len() - self.limit);
            }
        } else {
            let room = self.limit.saturating_sub(self.kept.len());
            self.cut |= bytes.len() > room;
            self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }
}

/// Starts a child and waits for its end; kills its process group at the timeout and on Ctrl-C.
pub fn run(request: &Request) -> io::Result<Ended> {
    let mut command = Command::new(&request.program);
    command
        .args(&request.arguments)
        .current_dir(&request.directory)
        .env_clear()
        .envs(&request.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    die_with_parent(&mut command, request.cpus.as_deref());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let pid =
        i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("child has no id"))?;
    leash::note(pid);
    let watched = (|| -> io::Result<_> {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (Some(out), Some(err)) = (out, err) else { return Err(io::Error::other("child has no pipes")) };
        let mut streams = [Stream::new(out, request.output_max, false)?, Stream::new(err, OUTPUT_KEPT_MAX, true)?];
        let cause = watch(pid, started, request.timeout, &mut streams)?;
        Ok((cause, streams))
    })();
    let wall_s = started.elapsed().as_secs_f64();
    // The group may outlive its leader: a benchmark's forgotten server must not disturb the next launch.
    let io_counts = read_io(pid);
    let _ = kill_process_group(pid, Signal::KILL);
    let (status, mut accounting) = reap(pid)?;
    leash::forget();
    let (cause, [mut out, mut err]) = watched?;
    out.drain();
    err.drain();
    accounting.wall_s = wall_s;
    (accounting.bytes_read, accounting.bytes_written) = io_counts;
    Ok(Ended {
        ending: cause.unwrap_or_else(|| ending_of(status)),
        accounting,
        stdout: out.kept,
        stdout_cut: out.cut,
        stderr: err.kept,
    })
}

/// Waits until the child is a zombie (`None`), or until it has to be killed (why).
fn watch(pid: Pid, started: Instant, timeout: Duration, streams: &mut [Stream; 2]) -> io::Result<Option<Ending>> {
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    loop {
        if interrupted() {
            return Ok(Some(Ending::Interrupted));
        }
        let Some(left) = timeout.checked_sub(started.elapsed()) else { return Ok(Some(Ending::TimedOut)) };
        let wait = Timespec::try_from(left.min(TICK)).map_err(|_| io::Error::other("timeout out of range"))?;
        let mut polled = vec![PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN)];
        polled.extend(
            streams
                .iter()
                .filter_map(|stream| Some(PollFd::from_borrowed_fd(stream.pipe.as_ref()?.as_fd(), PollFlags::IN))),
        );
        match poll(&mut polled, Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ended = !polled[0].revents().is_empty();
        streams.iter_mut().for_each(Stream::drain);
        if ended {
            // Leave it a zombie: /proc/PID/io can be read until it is reaped.
            let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            return Ok(None);
        }
    }
}

fn ending_of(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
    }
}

/// `rchar` and `wchar` of `/proc/PID/io`.
fn read_io(pid: Pid) -> (Option<u64>, Option<u64>) {
    let text = std::fs::read_to_string(format!("/proc/{}/io", pid.as_raw_nonzero())).unwrap_or_default();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    (field("rchar:"), field("wchar:"))
}

/// Kills and reaps whatever children are left: descendants that left their group are handed to us as their subreaper.
pub fn sweep() {
    let me = std::process::id();
    let path = format!("/proc/{me}/task/{me}/children");
    for _ in 0..10 {
        let Ok(text) = std::fs::read_to_string(&path) else { return };
        let pids: Vec<Pid> = text.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)).collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = reap(pid);
        }
    }
}

/// Makes this process the one that orphans of its children are handed to.
pub fn adopt_orphans() {
    // A kernel that refuses only means that a child which detaches itself on purpose can outlive a launch.
    let _ = rustix::process::set_child_subreaper(Pid::from_raw(1));
}

/// Ties the child's life to this process, and pins it.
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; the hook makes three system calls and touches no memory of ours")]
fn die_with_parent(command: &mut Command, cpus: Option<&[usize]>) {
    let set = cpus.map(|cpus| {
        let mut set = rustix::thread::CpuSet::new();
        cpus.iter().filter(|&&cpu| cpu < rustix::thread::CpuSet::MAX_CPU).for_each(|&cpu| set.set(cpu));
        set
    });
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only async-signal-safe system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // Had we died before that call, nobody would send the signal.
            if rustix::process::getppid() != Some(parent) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            if let Some(set) = &set {
                rustix::thread::sched_setaffinity(None, set)?;
            }
            Ok(())
        });
    }
}

/// Waits for a child and takes what the kernel counted.
#[expect(unsafe_code, reason = "no safe library offers wait4 with faults and context switches")]
fn reap(pid: Pid) -> io::Result<(ExitStatus, Accounting)> {
    let mut status = 0;
    // SAFETY: an all-zero rusage is a valid value of this plain C struct.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are valid for writes for the duration of the call.
        let result = unsafe { libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, 0, &raw mut usage) };
        if result >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    let count = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
    let accounting = Accounting {
        user_s: seconds(usage.ru_utime),
        system_s: seconds(usage.ru_stime),
        max_rss: count(usage.ru_maxrss).saturating_mul(1024),
        page_faults: count(usage.ru_minflt) + count(usage.ru_majflt),
        switches_voluntary: count(usage.ru_nvcsw),
        switches_involuntary: count(usage.ru_nivcsw),
        ..Accounting::default()
    };
    Ok((ExitStatus::from_raw(status), accounting))
}
