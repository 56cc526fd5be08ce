//! The CPU's event counters: asked for once, and given back at once.

use crate::model::Counters;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Size of the first published `perf_event_attr`, which every kernel takes (`linux/perf_event.h`, version 0).
const ATTRIBUTES_BYTES: usize = 64;

/// `PERF_COUNT_HW_INSTRUCTIONS` of type `PERF_TYPE_HARDWARE` (which is 0).
const INSTRUCTIONS: u64 = 1;

/// `PERF_FLAG_FD_CLOEXEC`.
const CLOSE_ON_EXEC: libc::c_long = 8;

/// Disabled, without the kernel's and the hypervisor's own events: bits 0, 5 and 6 of the flags.
const FLAGS: u64 = 1 | 1 << 5 | 1 << 6;

/// Whether instructions of this process could be counted.
pub(super) fn available() -> Counters {
    match open() {
        Ok(_) => Counters::Available,
        Err(error) => meaning(&error),
    }
}

fn meaning(error: &io::Error) -> Counters {
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => Counters::Refused,
        Some(libc::ENOENT | libc::ENODEV | libc::EOPNOTSUPP | libc::ENOSYS) => Counters::Absent,
        _ => Counters::Unknown,
    }
}

/// The attributes, field by field at their offsets: type 0, size 4, config 8, flags 40.
fn attributes() -> [u8; ATTRIBUTES_BYTES] {
    let mut bytes = [0; ATTRIBUTES_BYTES];
    bytes[4..8].copy_from_slice(&(ATTRIBUTES_BYTES as u32).to_ne_bytes());
    bytes[8..16].copy_from_slice(&INSTRUCTIONS.to_ne_bytes());
    bytes[40..48].copy_from_slice(&FLAGS.to_ne_bytes());
    bytes
}

#[expect(unsafe_code, reason = "no safe library offers perf_event_open")]
fn open() -> io::Result<OwnedFd> {
    let attributes = attributes();
    let [this_process, any_cpu, no_group]: [libc::c_long; 3] = [0, -1, -1];
    // SAFETY: the pointer is valid for `size` bytes for the duration of the call, and the kernel reads no more.
    let result = unsafe {
        libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), this_process, any_cpu, no_group, CLOSE_ON_EXEC)
    };
    match RawFd::try_from(result) {
        // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
        Ok(descriptor) if descriptor >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_cpu_without_counters() {
        let meaning = |code| meaning(&io::Error::from_raw_os_error(code));
        assert_eq!(meaning(libc::EACCES), Counters::Refused);
        assert_eq!(meaning(libc::ENOENT), Counters::Absent);
        assert_eq!(meaning(libc::EMFILE), Counters::Unknown);
    }

    #[test]
    fn the_kernel_understands_the_question() {
        // EINVAL or E2BIG would be our mistake.
        assert!(!matches!(open().map_err(|e| e.raw_os_error()), Err(Some(libc::EINVAL | libc::E2BIG | libc::EFAULT))));
    }
}
