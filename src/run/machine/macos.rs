//! What macOS must be asked: it has `sysctl` where Linux has files, pins nobody and keeps its event counters to itself.

use super::{Root, System};
use crate::model::Counters;
use std::ffi::CStr;
use std::path::Path;

/// What `sysctl` says.
pub(super) fn describe(_root: &Root) -> System {
    let text = |name: &CStr| {
        let bytes = sysctl(name).unwrap_or_default();
        String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).trim().to_owned()
    };
    // Integers come in four or eight bytes, the low ones first.
    let number =
        |name: &CStr| sysctl(name).unwrap_or_default().iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    System {
        cpu: text(c"machdep.cpu.brand_string"),
        cpus_online: u32::try_from(number(c"hw.activecpu")).unwrap_or(0),
        memory: number(c"hw.memsize"),
        kernel: text(c"kern.ostype") + " " + &text(c"kern.osrelease"),
    }
}

/// A value by its name.
#[expect(unsafe_code, reason = "no safe library that is here offers sysctlbyname")]
fn sysctl(name: &CStr) -> Option<Vec<u8>> {
    let mut bytes = vec![0_u8; 512];
    let mut length = bytes.len();
    // SAFETY: the name ends with a zero, the buffer is valid for `length` bytes, and nothing is set.
    let result = unsafe {
        libc::sysctlbyname(name.as_ptr(), bytes.as_mut_ptr().cast(), &raw mut length, std::ptr::null_mut(), 0)
    };
    (result == 0).then(|| {
        bytes.truncate(length);
        bytes
    })
}

/// Not said.
pub(super) fn allowed_cpus() -> Vec<usize> {
    Vec::new()
}

/// Nobody may.
#[must_use]
pub fn can_pin(_cpus: Option<&[usize]>) -> bool {
    false
}

/// Bytes that an ordinary user may still write into a folder's file system.
pub(super) fn space(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
}

/// Not to be had.
pub(super) fn counters() -> Counters {
    Counters::Refused
}
