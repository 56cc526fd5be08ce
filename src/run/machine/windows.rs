//! What Windows must be asked: the registry and the system's calls say what Linux has in files.

use super::{Root, System};
use crate::model::Counters;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RegGetValueW};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessAffinityMask};

const PROCESSOR: &str = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0";
const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// What the registry and the system say.
pub(super) fn describe(_root: &Root) -> System {
    System {
        cpu: registry(PROCESSOR, "ProcessorNameString"),
        cpus_online: std::thread::available_parallelism().map_or(0, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
        memory: memory(),
        kernel: format!("Windows {}", registry(VERSION, "CurrentBuildNumber")),
    }
}

/// Text with the zero that the system's calls want behind it.
pub(super) fn wide(text: &std::ffi::OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// A text of the machine's registry; empty where there is none.
#[expect(unsafe_code, reason = "a call of the system")]
fn registry(key: &str, name: &str) -> String {
    let (key, name) = (wide(key.as_ref()), wide(name.as_ref()));
    let mut text = [0_u16; 256];
    let mut bytes = u32::try_from(size_of_val(&text)).unwrap_or(0);
    // SAFETY: both names end with a zero, and the buffer is valid for `bytes` bytes.
    let result = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_SZ,
            std::ptr::null_mut(),
            text.as_mut_ptr().cast(),
            &raw mut bytes,
        )
    };
    let said = if result == 0 { text.split(|unit| *unit == 0).next().unwrap_or_default() } else { &[] };
    String::from_utf16_lossy(said).trim().to_owned()
}

#[expect(unsafe_code, reason = "a call of the system")]
fn memory() -> u64 {
    let mut status = MEMORYSTATUSEX { dwLength: size_of::<MEMORYSTATUSEX>() as u32, ..Default::default() };
    // SAFETY: the structure is ours and says its own length.
    if unsafe { GlobalMemoryStatusEx(&raw mut status) } == 0 { 0 } else { status.ullTotalPhys }
}

/// The CPUs that this process may run on, of the first 64.
#[expect(unsafe_code, reason = "a call of the system")]
pub(super) fn allowed_cpus() -> Vec<usize> {
    let (mut own, mut all) = (0, 0);
    // SAFETY: the handle is this process, and both pointers are valid.
    let known = unsafe { GetProcessAffinityMask(GetCurrentProcess(), &raw mut own, &raw mut all) } != 0;
    (0..usize::BITS as usize).filter(|cpu| known && own >> cpu & 1 == 1).collect()
}

/// Whether a process may be pinned to these CPUs; `None` asks for those that it has.
#[must_use]
pub fn can_pin(cpus: Option<&[usize]>) -> bool {
    let own = allowed_cpus();
    !own.is_empty() && cpus.is_none_or(|cpus| !cpus.is_empty() && cpus.iter().all(|cpu| own.contains(cpu)))
}

/// Bytes that this user may still write where a folder is.
#[expect(unsafe_code, reason = "a call of the system")]
pub(super) fn space(folder: &Path) -> Option<u64> {
    let folder = wide(folder.as_os_str());
    let mut free = 0;
    // SAFETY: the name ends with a zero; the other answers are not wanted.
    let result =
        unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut free, std::ptr::null_mut(), std::ptr::null_mut()) };
    (result != 0).then_some(free)
}

/// Not to be had.
pub(super) fn counters() -> Counters {
    Counters::Refused
}
