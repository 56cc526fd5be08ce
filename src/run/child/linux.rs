//! What only Linux offers: a descriptor of a process, `/proc`, children that die with us, orphans that come to us.

pub(super) use super::leash::{forget, note};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Bytes in one unit of `ru_maxrss`.
pub(super) const RSS_UNIT: u64 = 1024;

/// Ends what a killed run of ours left, by the note at `path`, and notes running children there from now on.
pub(in crate::run) fn tether(path: &Path) -> io::Result<()> {
    super::leash::attach(path)
}

/// A descriptor that can be polled for a child's end.
pub(super) fn exit_of(pid: Pid) -> io::Result<OwnedFd> {
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// `rchar` and `wchar` of `/proc/PID/io`.
pub(super) fn io_counts(pid: Pid) -> (Option<u64>, Option<u64>) {
    let text = std::fs::read_to_string(format!("/proc/{}/io", pid.as_raw_nonzero())).unwrap_or_default();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    (field("rchar:"), field("wchar:"))
}

/// This process's resident memory in bytes: between fork and exec it is the child's, and the kernel remembers the peak.
pub(in crate::run) fn own_rss() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Our children.
pub(super) fn children() -> Vec<Pid> {
    let me = std::process::id();
    let text = std::fs::read_to_string(format!("/proc/{me}/task/{me}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)).collect()
}

/// Makes this process the one that orphans of its children are handed to.
pub(in crate::run) fn adopt_orphans() {
    // A kernel that refuses only means that a child which detaches itself on purpose can outlive a launch.
    let _ = rustix::process::set_child_subreaper(Pid::from_raw(1));
}

/// Ties the child's life to this process, and pins it.
#[expect(unsafe_code, reason = "`pre_exec` is unsafe; the hook makes three system calls and touches no memory of ours")]
pub(super) fn tie(command: &mut Command, cpus: Option<&[usize]>) {
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
