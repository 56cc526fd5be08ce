//! Children on Unix: a process group each, `wait4` for what the kernel counted.

use super::{Accounting, Ended, Ending, Kept, OUTPUT_KEPT_MAX, Request, TICK, command, kernel};
use crate::run::process::interrupted;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

pub(in crate::run) use kernel::{adopt_orphans, own_rss, tether};

/// Whether the kernel counts context switches of a child.
pub(in crate::run) const COUNTS_SWITCHES: bool = true;

/// A standard stream of a child: drained for as long as the child runs.
struct Stream {
    pipe: Option<File>,
    kept: Kept,
}

impl Stream {
    fn new(pipe: impl Into<OwnedFd>, kept: Kept) -> io::Result<Self> {
        let pipe: OwnedFd = pipe.into();
        let flags = rustix::fs::fcntl_getfl(&pipe)?;
        rustix::fs::fcntl_setfl(&pipe, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(File::from(pipe)), kept })
    }

    /// Reads what is there without waiting.
    fn drain(&mut self) {
        let mut buffer = [0_u8; 16 * 1024];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => self.kept.keep(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }
}

/// Starts a child and waits for its end; kills its process group at the timeout and on Ctrl-C.
pub fn run(request: &Request) -> io::Result<Ended> {
    let mut command = command(request);
    command.process_group(0);
    kernel::tie(&mut command, request.cpus.as_deref());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let pid =
        i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("child has no id"))?;
    kernel::note(pid);
    let watched = (|| -> io::Result<_> {
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (Some(out), Some(err)) = (out, err) else { return Err(io::Error::other("child has no pipes")) };
        let out = Stream::new(out, Kept::new(request.output_max, false))?;
        let mut streams = [out, Stream::new(err, Kept::new(OUTPUT_KEPT_MAX, true))?];
        let cause = watch(pid, started, request.timeout, &mut streams)?;
        Ok((cause, streams))
    })();
    let wall_s = started.elapsed().as_secs_f64();
    // The group may outlive its leader: a benchmark's forgotten server must not disturb the next launch.
    let io_counts = kernel::io_counts(pid);
    let _ = kill_process_group(pid, Signal::KILL);
    let (status, mut accounting) = reap(pid)?;
    kernel::forget();
    let (cause, [mut out, mut err]) = watched?;
    out.drain();
    err.drain();
    accounting.wall_s = wall_s;
    (accounting.bytes_read, accounting.bytes_written) = io_counts;
    Ok(Ended {
        ending: cause.unwrap_or_else(|| ending_of(status)),
        accounting,
        stdout: out.kept.bytes,
        stdout_cut: out.kept.cut,
        stderr: err.kept.bytes,
    })
}

/// Waits until the child is a zombie (`None`), or until it has to be killed (why).
fn watch(pid: Pid, started: Instant, timeout: Duration, streams: &mut [Stream; 2]) -> io::Result<Option<Ending>> {
    let exit = kernel::exit_of(pid)?;
    loop {
        if interrupted() {
            return Ok(Some(Ending::Interrupted));
        }
        let Some(left) = timeout.checked_sub(started.elapsed()) else { return Ok(Some(Ending::TimedOut)) };
        let wait = Timespec::try_from(left.min(TICK)).map_err(|_| io::Error::other("timeout out of range"))?;
        let mut polled = vec![PollFd::from_borrowed_fd(exit.as_fd(), PollFlags::IN)];
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
            // Leave it a zombie: what the kernel counted can be read until it is reaped.
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

/// Kills and reaps whatever children are left: descendants that left their group, where they are handed to us.
pub(in crate::run) fn sweep() {
    for _ in 0..10 {
        let pids = kernel::children();
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let _ = reap(pid);
        }
    }
}

/// Waits for a child and takes what the kernel counted.
#[cfg_attr(target_os = "macos", expect(clippy::cast_lossless, reason = "microseconds are that small there alone"))]
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
        max_rss: count(usage.ru_maxrss).saturating_mul(kernel::RSS_UNIT),
        page_faults: count(usage.ru_minflt) + count(usage.ru_majflt),
        switches_voluntary: count(usage.ru_nvcsw),
        switches_involuntary: count(usage.ru_nivcsw),
        ..Accounting::default()
    };
    Ok((ExitStatus::from_raw(status), accounting))
}
