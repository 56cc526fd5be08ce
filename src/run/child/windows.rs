//! Children on Windows: a job object each, which holds what they start, counts what that uses, and ends it with us.

use super::{Accounting, Ended, Ending, Kept, OUTPUT_KEPT_MAX, Request, TICK, command};
use crate::run::process::interrupted;
use std::ffi::c_void;
use std::io::{self, Read};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::Child;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{FILETIME, HANDLE, INVALID_HANDLE_VALUE, WAIT_FAILED, WAIT_OBJECT_0};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_AFFINITY, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectBasicAndIoAccountingInformation, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::ProcessStatus::{GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, GetProcessTimes, OpenThread, ResumeThread, THREAD_SUSPEND_RESUME,
    WaitForSingleObject,
};

/// The system's unit of time in seconds: 100 ns.
const TICKS_S: f64 = 1e-7;

/// Whether the kernel counts context switches of a child.
pub(in crate::run) const COUNTS_SWITCHES: bool = false;

/// A job: whoever is in it ends when this handle closes, so also when we are killed.
struct Job(OwnedHandle);

/// Starts a child and waits for its end; ends everything in its job at the timeout and on Ctrl-C.
pub fn run(request: &Request) -> io::Result<Ended> {
    let job = Job::new(request.cpus.as_deref())?;
    let mut command = command(request);
    // Nothing runs before it is in the job; Ctrl-C reaches us alone.
    command.creation_flags(CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP);
    let started = Instant::now();
    let mut child = command.spawn()?;
    if let Err(error) = job.take(&child).and_then(|()| resume(child.id())) {
        let _ = child.kill();
        let _ = child.wait();
        return Err(error);
    }
    let out = child.stdout.take().map(|pipe| drain(pipe, Kept::new(request.output_max, false)));
    let err = child.stderr.take().map(|pipe| drain(pipe, Kept::new(OUTPUT_KEPT_MAX, true)));
    let cause = watch(&child, started, request.timeout);
    let wall_s = started.elapsed().as_secs_f64();
    let mut accounting = job.accounting().unwrap_or_else(|| own_times(&child));
    // A benchmark's forgotten server must not disturb the next launch, nor hold our pipes open.
    job.end();
    let status = child.wait()?;
    accounting.wall_s = wall_s;
    accounting.max_rss = peak_memory(&child);
    let [out, err] = [out, err].map(|reader| reader.and_then(|reader| reader.join().ok()));
    let (Some(out), Some(err)) = (out, err) else { return Err(io::Error::other("child has no pipes")) };
    Ok(Ended {
        ending: cause?.unwrap_or_else(|| Ending::Exited(status.code().unwrap_or(-1))),
        accounting,
        stdout: out.bytes,
        stdout_cut: out.cut,
        stderr: err.bytes,
    })
}

/// Reads a stream to its end.
fn drain(mut pipe: impl Read + Send + 'static, mut kept: Kept) -> JoinHandle<Kept> {
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 16 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return kept,
                Ok(n) => kept.keep(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return kept,
            }
        }
    })
}

/// Waits until the child has ended (`None`), or until it has to be (why).
#[expect(unsafe_code, reason = "a call of the system")]
fn watch(child: &Child, started: Instant, timeout: Duration) -> io::Result<Option<Ending>> {
    loop {
        if interrupted() {
            return Ok(Some(Ending::Interrupted));
        }
        let Some(left) = timeout.checked_sub(started.elapsed()) else { return Ok(Some(Ending::TimedOut)) };
        let wait = u32::try_from(left.min(TICK).as_millis()).unwrap_or(u32::MAX).max(1);
        // SAFETY: the handle lives as long as `child`.
        match unsafe { WaitForSingleObject(child.as_raw_handle(), wait) } {
            WAIT_OBJECT_0 => return Ok(None),
            WAIT_FAILED => return Err(io::Error::last_os_error()),
            _ => {}
        }
    }
}

impl Job {
    #[expect(unsafe_code, reason = "calls of the system")]
    fn new(cpus: Option<&[usize]>) -> io::Result<Self> {
        // SAFETY: no attributes and no name; the handle is ours alone.
        let job = unsafe {
            let handle = CreateJobObjectW(std::ptr::null(), std::ptr::null());
            if handle.is_null() {
                return Err(io::Error::last_os_error());
            }
            Self(OwnedHandle::from_raw_handle(handle))
        };
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        if let Some(cpus) = cpus {
            limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_AFFINITY;
            let mask = cpus.iter().filter_map(|&cpu| 1_usize.checked_shl(u32::try_from(cpu).ok()?));
            limits.BasicLimitInformation.Affinity = mask.fold(0, |all, one| all | one);
        }
        let size = size_of_val(&limits) as u32;
        // SAFETY: the structure is of the kind and the size that are named.
        let set = unsafe {
            SetInformationJobObject(job.handle(), JobObjectExtendedLimitInformation, (&raw const limits).cast(), size)
        };
        if set == 0 { Err(io::Error::last_os_error()) } else { Ok(job) }
    }

    fn handle(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    #[expect(unsafe_code, reason = "a call of the system")]
    fn take(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are alive.
        let taken = unsafe { AssignProcessToJobObject(self.handle(), child.as_raw_handle()) };
        if taken == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// What all its processes used so far; `None` where that is not counted.
    #[expect(unsafe_code, reason = "a call of the system")]
    fn accounting(&self) -> Option<Accounting> {
        let mut used = JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION::default();
        let (place, size): (*mut c_void, u32) = ((&raw mut used).cast(), size_of_val(&used) as u32);
        // SAFETY: the structure is of the kind and the size that are named.
        let known = unsafe {
            QueryInformationJobObject(
                self.handle(),
                JobObjectBasicAndIoAccountingInformation,
                place,
                size,
                std::ptr::null_mut(),
            )
        } != 0;
        (known && used.BasicInfo.TotalProcesses > 0).then(|| Accounting {
            user_s: used.BasicInfo.TotalUserTime as f64 * TICKS_S,
            system_s: used.BasicInfo.TotalKernelTime as f64 * TICKS_S,
            page_faults: u64::from(used.BasicInfo.TotalPageFaultCount),
            bytes_read: Some(used.IoInfo.ReadTransferCount),
            bytes_written: Some(used.IoInfo.WriteTransferCount),
            ..Accounting::default()
        })
    }

    #[expect(unsafe_code, reason = "a call of the system")]
    fn end(&self) {
        // SAFETY: the handle is alive.
        unsafe { TerminateJobObject(self.handle(), 1) };
    }
}

/// The times of one process that may have ended, without those that it started.
#[expect(unsafe_code, reason = "a call of the system")]
fn own_times(child: &Child) -> Accounting {
    let mut times = [FILETIME::default(); 4];
    let [created, ended, system, user] = &mut times;
    // SAFETY: the handle lives as long as `child`, and all four are ours.
    unsafe { GetProcessTimes(child.as_raw_handle(), created, ended, system, user) };
    let seconds =
        |time: &FILETIME| (u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)) as f64 * TICKS_S;
    Accounting { user_s: seconds(user), system_s: seconds(system), ..Accounting::default() }
}

/// Peak working set of a process that may have ended, in bytes; 0 where it is not known.
#[expect(unsafe_code, reason = "a call of the system")]
fn peak_memory(child: &Child) -> u64 {
    let mut used = PROCESS_MEMORY_COUNTERS { cb: size_of::<PROCESS_MEMORY_COUNTERS>() as u32, ..Default::default() };
    // SAFETY: the handle lives as long as `child`, and the structure says its own size.
    let known = unsafe { GetProcessMemoryInfo(child.as_raw_handle(), &raw mut used, used.cb) } != 0;
    if known { used.PeakWorkingSetSize as u64 } else { 0 }
}

/// Lets a process run that was started suspended: it has one thread.
#[expect(unsafe_code, reason = "calls of the system")]
fn resume(process: u32) -> io::Result<()> {
    // SAFETY: the snapshot and the thread are closed by their owners; the entry says its own size.
    unsafe {
        let handle = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        let threads = OwnedHandle::from_raw_handle(handle);
        let mut entry = THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..Default::default() };
        let mut more = Thread32First(threads.as_raw_handle(), &raw mut entry);
        while more != 0 {
            if entry.th32OwnerProcessID == process {
                let handle = OpenThread(THREAD_SUSPEND_RESUME, 0, entry.th32ThreadID);
                if handle.is_null() {
                    return Err(io::Error::last_os_error());
                }
                let thread = OwnedHandle::from_raw_handle(handle);
                let before = ResumeThread(thread.as_raw_handle());
                return if before == u32::MAX { Err(io::Error::last_os_error()) } else { Ok(()) };
            }
            more = Thread32Next(threads.as_raw_handle(), &raw mut entry);
        }
    }
    Err(io::Error::other("child has no thread"))
}

/// Nothing is left: a job ends whole.
pub(in crate::run) fn sweep() {}

/// A child is not begun as a copy of us.
pub(in crate::run) fn own_rss() -> Option<u64> {
    None
}

/// A job holds them anyway.
pub(in crate::run) fn adopt_orphans() {}

/// A job ends with us.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(in crate::run) fn tether(_path: &Path) -> io::Result<()> {
    Ok(())
}
