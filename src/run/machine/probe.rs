//! What no file says: what the kernel lets this process do, how fine its clock is, how much room there is.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::path::Path;
use std::time::Instant;

/// Readings of the clock that are compared.
const READINGS: usize = 10_000;

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

/// The smallest step between two readings of the clock, in seconds: its resolution, or what a reading costs.
pub(super) fn timer_step_s() -> Option<f64> {
    let mut last = Instant::now();
    let mut least = f64::INFINITY;
    for _ in 0..READINGS {
        let now = Instant::now();
        let step = now.duration_since(last).as_secs_f64();
        if step > 0.0 {
            least = least.min(step);
        }
        last = now;
    }
    least.is_finite().then_some(least)
}

/// Bytes that an ordinary user may still write into a folder's file system.
pub(super) fn space(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
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
    fn the_clock_moves_and_there_is_a_file_system() {
        assert!(timer_step_s().is_some_and(|step| step > 0.0 && step < 1.0));
        assert!(space(Path::new("/")).is_some());
        assert_eq!(space(Path::new("/no/such/folder")), None);
    }
}
