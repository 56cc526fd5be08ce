//! What the kernel says about other work on the machine while a launch ran. The launch's own result plays no part.

use super::child::Accounting;
use super::machine::{Root, kernel};

/// Involuntary context switches per second of CPU time that a launch on a quiet machine stays below.
///
/// Launches of 0.2 s on an idle two-core machine show 0 to 4 of them; beside a busy neighbour on each core, dozens.
const INVOLUNTARY_PER_CPU_S_MAX: f64 = 60.0;

/// Involuntary switches that say nothing, whatever the rate: a launch of a millisecond may meet a timer.
const INVOLUNTARY_FREE: u64 = 4;

/// Share of the wall time that the hypervisor may steal from one CPU.
const STEAL_SHARE_MAX: f64 = 0.05;

/// Kernel ticks per second in `/proc/stat`, fixed by the kernel's user-space interface.
const TICKS_PER_S: f64 = 100.0;

/// The machine's counters at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    /// Ticks that the hypervisor gave to somebody else, over all CPUs.
    steal: u64,
    /// Microseconds in which some task waited for a CPU.
    pressure_us: u64,
}

impl Pulse {
    /// Reads the counters; those that the kernel does not offer stay zero.
    pub(super) fn now() -> Self {
        let root = Root::system();
        Self {
            steal: kernel::cpu_time(&root.text("proc/stat")).map_or(0, |time| time.steal),
            pressure_us: kernel::pressure(&root.text("proc/pressure/cpu")).map_or(0, |pressure| pressure.total_us),
        }
    }
}

/// Share of the wall time in which some task waited for a CPU while this launch used at most one itself.
const PRESSURE_SHARE_MAX: f64 = 0.25;

/// Whether other work took the CPU from a launch between two pulses.
///
/// Switches and pressure count only for a launch that kept at most one CPU busy: threads beyond that make their own.
pub(super) fn disturbed(before: Pulse, after: Pulse, accounting: &Accounting) -> bool {
    let cpu_s = accounting.user_s + accounting.system_s;
    let taken = accounting.switches_involuntary.saturating_sub(INVOLUNTARY_FREE) as f64;
    let steal_s = after.steal.saturating_sub(before.steal).saturating_sub(1) as f64 / TICKS_PER_S;
    let waited_s = after.pressure_us.saturating_sub(before.pressure_us) as f64 * 1e-6;
    let single = cpu_s <= 1.05 * accounting.wall_s;
    (single && taken > INVOLUNTARY_PER_CPU_S_MAX * cpu_s)
        || steal_s > STEAL_SHARE_MAX * accounting.wall_s
        || (single && waited_s > PRESSURE_SHARE_MAX * accounting.wall_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(wall_s: f64, cpu_s: f64, switches_involuntary: u64) -> Accounting {
        Accounting { wall_s, user_s: cpu_s, switches_involuntary, ..Accounting::default() }
    }

    #[test]
    fn a_quiet_launch_is_not_disturbed_and_a_preempted_one_is() {
        let quiet = Pulse::default();
        assert!(!disturbed(quiet, quiet, &launch(0.2, 0.19, 4)));
        assert!(!disturbed(quiet, quiet, &launch(0.001, 0.001, 2)));
        assert!(disturbed(quiet, quiet, &launch(0.2, 0.12, 40)));
        assert!(disturbed(quiet, Pulse { steal: 5, pressure_us: 0 }, &launch(0.2, 0.19, 0)));
        assert!(disturbed(quiet, Pulse { steal: 0, pressure_us: 100_000 }, &launch(0.2, 0.1, 0)));
        assert!(
            !disturbed(quiet, Pulse { steal: 0, pressure_us: 100_000 }, &launch(0.2, 0.4, 0)),
            "its own threads wait"
        );
    }
}
