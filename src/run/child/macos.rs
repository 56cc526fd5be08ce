//! What macOS offers instead: a queue of kernel events. Children do not die with us there, cannot be pinned, and orphans go to
//! the system; nothing tells their input and output.

use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent, kqueue};
use rustix::process::Pid;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;

/// Bytes in one unit of `ru_maxrss`.
pub(super) const RSS_UNIT: u64 = 1;

/// A descriptor that can be polled for a child's end.
#[expect(unsafe_code, reason = "`kevent` is unsafe for the descriptors that events may name; these name none")]
pub(super) fn exit_of(pid: Pid) -> io::Result<OwnedFd> {
    let queue = kqueue()?;
    let exit = EventFilter::Proc { pid, flags: ProcessEvents::EXIT };
    let events = [Event::new(exit, EventFlags::ADD, std::ptr::null_mut())];
    let mut none: Vec<Event> = Vec::new();
    // SAFETY: the only event names a process, no descriptor.
    match unsafe { kevent(&queue, &events, &mut none, None) } {
        Ok(_) => Ok(queue),
        // It has ended already: a pipe without a writer is ready at once.
        Err(rustix::io::Errno::SRCH) => Ok(io::pipe()?.0.into()),
        Err(error) => Err(error.into()),
    }
}

/// Not known.
pub(super) fn io_counts(_pid: Pid) -> (Option<u64>, Option<u64>) {
    (None, None)
}

/// None are handed to us.
pub(super) fn children() -> Vec<Pid> {
    Vec::new()
}

/// A child is not begun as a copy of us there.
pub(in crate::run) fn own_rss() -> Option<u64> {
    None
}

/// Not to be had.
pub(in crate::run) fn adopt_orphans() {}

/// Not to be had: what a killed run of ours left goes on.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(in crate::run) fn tether(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Not to be had.
pub(super) fn note(_group: Pid) {}

/// Not to be had.
pub(super) fn forget() {}

/// Not to be had.
pub(super) fn tie(_command: &mut Command, _cpus: Option<&[usize]>) {}
