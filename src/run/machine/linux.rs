//! What Linux must be asked beside its files: where a process may run, and whether the CPU's event counters are to be had.

use super::{Root, System, kernel};
use crate::model::Counters;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::Path;

/// Size of the first published `perf_event_attr`, which every kernel takes (`linux/perf_event.h`, version 0).
const ATTRIBUTES_BYTES: usize = 64;

/// `PERF_COUNT_HW_INSTRUCTIONS` of type `PERF_TYPE_HARDWARE` (which is 0).
const INSTRUCTIONS: u64 = 1;

/// `PERF_FLAG_FD_CLOEXEC`.
const CLOSE_ON_EXEC: libc::c_long = 8;

/// Disabled, without the kernel's and the hypervisor's own events: bits 0, 5 and 6 of the flags.
const FLAGS: u64 = 1 | 1 << 5 | 1 << 6;

/// What the kernel's files say.
pub(super) fn describe(root: &Root) -> System {
    System {
        cpu: kernel::cpu_model(&root.text("proc/cpuinfo")),
        cpus_online: kernel::count_cpus(&root.line("sys/devices/system/cpu/online")).unwrap_or(0),
        memory: kernel::memory_bytes(&root.text("proc/meminfo")),
        kernel: root.line("proc/sys/kernel/ostype") + " " + &root.line("proc/sys/kernel/osrelease"),
    }
}

/// Bytes that an ordinary user may still write into a folder's file system.
pub(super) fn space(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
}

/// The CPUs that this process may run on; none where the kernel does not say.
pub(super) fn allowed_cpus() -> Vec<usize> {
    let Ok(set) = sched_getaffinity(None) else { return Vec::new() };
    (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect()
}

/// Whether a process may be pinned to these CPUs; `None` asks for those that it has.
#[must_use]
pub fn can_pin(cpus: Option<&[usize]>) -> bool {
    let Ok(own) = sched_getaffinity(None) else { return false };
    let wanted = cpus.map_or(own, |cpus| {
        let mut set = CpuSet::new();
        cpus.iter().filter(|&&cpu| cpu < CpuSet::MAX_CPU).for_each(|&cpu| set.set(cpu));
        set
    });
    let could = sched_setaffinity(None, &wanted).is_ok();
    could && sched_setaffinity(None, &own).is_ok()
}

/// Whether instructions of this process could be counted.
pub(super) fn counters() -> Counters {
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
    fn this_process_may_run_where_it_runs() {
        let own = allowed_cpus();
        assert!(!own.is_empty() && can_pin(Some(&own)));
        assert!(!can_pin(Some(&[CpuSet::MAX_CPU])), "no such CPU");
        assert!(!can_pin(Some(&[])), "nowhere");
    }

    #[test]
    fn there_is_a_file_system() {
        assert!(space(Path::new("/")).is_some());
        assert_eq!(space(Path::new("/no/such/folder")), None);
    }

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
