//! What the machine says of itself: read from the kernel's files below one root, and tried where no file says it. Each system
//! has a file of its own for what only it can be asked in its way.

mod cgroup;
mod clock;
pub(in crate::run) mod kernel;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use super::environment::version_of;
use super::scrub::Variables;
use crate::model::{Activity, Machine};
use std::path::{Path, PathBuf};

pub use system::can_pin;

/// Where the kernel's files are. Tests point it to a tree of their own.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

impl Root {
    /// This machine's.
    #[must_use]
    pub fn system() -> Self {
        Self(PathBuf::from("/"))
    }

    /// A tree with `proc` and `sys` in it.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// A file's text; empty where it cannot be read. `path` has no slash in front.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.0.join(path)).unwrap_or_default()
    }

    /// The first line of a file.
    pub(super) fn line(&self, path: &str) -> String {
        self.text(path).lines().next().unwrap_or_default().trim().to_owned()
    }

    /// The hypervisor, `container` or `none`.
    pub(super) fn virtualization(&self) -> String {
        let container = [".dockerenv", "run/.containerenv"].iter().any(|file| self.0.join(file).exists());
        kernel::virtualization(&self.text("proc/cpuinfo"), &self.line("sys/class/dmi/id/product_name"), container)
    }
}

/// What names a machine, whichever system says it. An empty text or a zero: it does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    /// The CPU's model name.
    pub(super) cpu: String,
    /// Logical CPUs that are online.
    cpus_online: u32,
    /// Memory in bytes.
    pub(super) memory: u64,
    /// The kernel's name and release.
    pub(super) kernel: String,
}

impl System {
    /// Asks it. Only Linux has files below `root` that say so.
    pub(super) fn of(root: &Root) -> Self {
        system::describe(root)
    }
}

/// What the machine says of itself.
#[must_use]
pub fn read(root: &Root) -> Machine {
    let limits = cgroup::limits(root);
    let System { cpu, cpus_online, memory, .. } = System::of(root);
    let number = |path: &str| root.line(path).parse().ok();
    Machine {
        cpu,
        cpus_online,
        virtualization: root.virtualization(),
        cpu_quota: limits.cpus,
        memory,
        memory_limit: limits.memory,
        load: kernel::load(&root.text("proc/loadavg")),
        governors: governors(root),
        turbo: kernel::switch(&root.line("sys/devices/system/cpu/intel_pstate/no_turbo"))
            .map(|off| !off)
            .or_else(|| kernel::switch(&root.line("sys/devices/system/cpu/cpufreq/boost"))),
        smt: kernel::switch(&root.line("sys/devices/system/cpu/smt/active")),
        aslr: number("proc/sys/kernel/randomize_va_space").and_then(|value: i32| u8::try_from(value).ok()),
        clocksource: root.line("sys/devices/system/clocksource/clocksource0/current_clocksource"),
        perf_paranoid: number("proc/sys/kernel/perf_event_paranoid"),
        ..Machine::default()
    }
}

/// What has to be tried: asks the kernel, starts tools in `project` with the builds' environment, links a program in
/// `scratch`. `cache` is where builds are kept.
pub fn probe(machine: &mut Machine, project: &Path, scratch: &Path, cache: &Path, build: &Variables) {
    machine.cpus_allowed = system::allowed_cpus();
    machine.pinning = Some(can_pin(None));
    machine.timer_step_s = clock::timer_step_s();
    machine.counters = system::counters();
    machine.space = system::space(cache);
    let version = |tool: &str| Some(version_of(project, build, tool)).filter(|version| !version.is_empty());
    machine.valgrind = version("valgrind");
    machine.tools = ["cargo", "rustc"].map(|tool| (tool.to_owned(), version(tool))).to_vec();
    let has_rustc = machine.tools.iter().any(|(tool, version)| tool == "rustc" && version.is_some());
    machine.link_orders = has_rustc.then(|| super::build::try_link_orders(project, scratch, build));
}

/// Each frequency governor that any CPU has.
fn governors(root: &Root) -> Vec<String> {
    let folders = std::fs::read_dir(root.0.join("sys/devices/system/cpu/cpufreq")).into_iter().flatten().flatten();
    let mut found: Vec<String> = folders
        .filter_map(|folder| std::fs::read_to_string(folder.path().join("scaling_governor")).ok())
        .map(|text| text.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The counters of other activity at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    cpu: Option<kernel::CpuTime>,
    pressure: Option<kernel::Pressure>,
    periods: (u64, u64),
}

impl Counts {
    /// Reads them.
    #[must_use]
    pub fn now(root: &Root) -> Self {
        Self {
            cpu: kernel::cpu_time(&root.text("proc/stat")),
            pressure: kernel::pressure(&root.text("proc/pressure/cpu")),
            periods: cgroup::limits(root).periods,
        }
    }

    /// What happened up to now: since the system started, pressure over the last minute.
    #[must_use]
    pub fn so_far(self) -> Activity {
        let steal = self.cpu.and_then(|cpu| share(cpu.steal, cpu.total as f64));
        let throttled = share(self.periods.1, self.periods.0 as f64);
        Activity { measured: false, steal, pressure: self.pressure.map(|pressure| pressure.minute), throttled }
    }

    /// What happened since `earlier`, `seconds` ago.
    #[must_use]
    pub fn since(self, earlier: Self, seconds: f64) -> Activity {
        let steal = self.cpu.zip(earlier.cpu).and_then(|(now, then)| {
            share(now.steal.saturating_sub(then.steal), now.total.saturating_sub(then.total) as f64)
        });
        let pressure = self.pressure.zip(earlier.pressure).and_then(|(now, then)| {
            let waited = now.total_us.saturating_sub(then.total_us);
            share(waited, seconds * 1e6)
        });
        let (now, then) = (self.periods, earlier.periods);
        let throttled = share(now.1.saturating_sub(then.1), now.0.saturating_sub(then.0) as f64);
        Activity { measured: true, steal, pressure, throttled }
    }
}

/// `part` of `whole`, at most 1; nothing of nothing is unknown.
fn share(part: u64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (part as f64 / whole).min(1.0))
}

#[cfg(test)]
mod tests;
