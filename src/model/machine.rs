use serde::{Deserialize, Serialize};

/// What a machine says of itself, as far as it matters for measuring. An empty text, a zero or `None`: it does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// The CPU's model name.
    pub cpu: String,
    /// Logical CPUs that are online.
    pub cpus_online: u32,
    /// The logical CPUs that this process may run on, ascending.
    pub cpus_allowed: Vec<usize>,
    /// Whether a process may choose among them.
    pub pinning: Option<bool>,
    /// The hypervisor; `none` on bare metal, `container` in one without a hypervisor below.
    pub virtualization: String,
    /// CPUs' worth of time that the control group may use; `None` without a limit.
    pub cpu_quota: Option<f64>,
    /// Memory in bytes.
    pub memory: u64,
    /// Bytes of memory that the control group may use; `None` without a limit.
    pub memory_limit: Option<u64>,
    /// Processes that ran or wanted to, averaged over the last minute.
    pub load: Option<f64>,
    /// What decides the CPUs' frequency, each name once.
    pub governors: Vec<String>,
    /// Whether a CPU may exceed its nominal frequency while there is room.
    pub turbo: Option<bool>,
    /// Whether two logical CPUs share one core.
    pub smt: Option<bool>,
    /// How addresses are drawn at a start: 0 not at all, 1 without the heap, 2 all.
    pub aslr: Option<u8>,
    /// Smallest step that the clock was seen to take, in seconds.
    pub timer_step_s: Option<f64>,
    /// Where the kernel takes its time from.
    pub clocksource: String,
    /// Whether the CPU counts events for us.
    pub counters: Counters,
    /// `kernel.perf_event_paranoid`.
    pub perf_paranoid: Option<i32>,
    /// valgrind's version; `None` where it is not installed.
    pub valgrind: Option<String>,
    /// What a link with shuffled sections came to: why it failed, if it did.
    pub link_orders: Option<Result<(), String>>,
    /// Versions of the tools that builds start, by name; `None` where one is not installed.
    pub tools: Vec<(String, Option<String>)>,
    /// Bytes that are free where builds are kept.
    pub space: Option<u64>,
}

/// Whether the CPU counts events (instructions, cycles) for a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counters {
    /// It does.
    Available,
    /// The system does not let us ask.
    Refused,
    /// The CPU, or what is shown of it here, has none.
    Absent,
    /// Nobody asked.
    #[default]
    Unknown,
}

/// What else happened on the machine over a span of time. `None`: the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Activity {
    /// Whether the span is that of a run of ours, or the time up to now.
    pub measured: bool,
    /// Share of all CPUs' time that the hypervisor gave to other guests.
    pub steal: Option<f64>,
    /// Share of the time in which some task waited for a CPU.
    pub pressure: Option<f64>,
    /// Share of the quota's periods in which the control group was held back.
    pub throttled: Option<f64>,
}

/// How much a fact of the machine stands in the way of measuring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Much.
    Bad,
    /// Somewhat.
    Worse,
    /// The system does not say.
    Unknown,
    /// Not at all.
    Good,
}

impl Condition {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Worse => "worse",
            Self::Unknown => "unknown",
            Self::Good => "good",
        }
    }
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Other work, by the load average.
    Load,
    /// Other work, by the time that tasks waited for a CPU.
    Pressure,
    /// Other guests of the same host.
    Steal,
    /// A limit on CPU time.
    Quota,
    /// The CPU's model, and how many there are.
    Cpu,
    /// Bare metal, guest or container.
    Virtualization,
    /// What sets the CPUs' frequency.
    Governor,
    /// Frequencies above the nominal one.
    Turbo,
    /// Logical CPUs that share a core.
    Smt,
    /// Whether launches may be pinned to CPUs.
    Pinning,
    /// Address space layout randomisation.
    Aslr,
    /// The clock.
    Timer,
    /// Memory and its limit.
    Memory,
    /// Free space where builds are kept.
    Space,
    /// The CPU's event counters.
    Counters,
    /// valgrind.
    Valgrind,
    /// A linker that can shuffle sections.
    LinkOrders,
    /// Programs that builds start.
    Tools,
}

/// Every topic in the order of a diagnosis, its one spelling, and what `benchgate explain` prints of it.
const TOPICS: [(Topic, &str, &str); 18] = [
    (
        Topic::Load,
        "load",
        "Processes that ran or wanted to, averaged over the minute before `doctor` began (`/proc/loadavg`). Other work \
         takes CPU time, caches and memory bandwidth from launches. Bad from one process per CPU on.",
    ),
    (
        Topic::Pressure,
        "pressure",
        "Share of the time in which some task waited for a CPU (`/proc/pressure/cpu`), over the A/A run; launches are \
         made one at a time, so on two CPUs or more it is other work that waits. Bad from 25 % on, as for a \
         single launch, which is then measured again.",
    ),
    (
        Topic::Steal,
        "steal",
        "Share of the CPUs' time that the hypervisor gave to other guests (`/proc/stat`). It cannot be seen from inside \
         when that happens, only afterwards that it did. Bad from 5 % on.",
    ),
    (
        Topic::Quota,
        "quota",
        "CPU time that the control group allows, in CPUs. A group that has used it up stands still until the next \
         period (100 ms by default), in the middle of a launch. Give a container whole CPUs instead.",
    ),
    (
        Topic::Cpu,
        "cpu",
        "The CPU's model and how many of them this process may use. Two are enough: launches are made one at a time, and \
         benchgate waits on the other.",
    ),
    (
        Topic::Virtualization,
        "virtualization",
        "Whether the kernel runs on the hardware, in a guest, or shares it with other containers. In a guest, frequency, \
         cache and neighbours belong to the host and cannot be set from inside.",
    ),
    (
        Topic::Governor,
        "governor",
        "What sets the CPUs' frequency. `performance` holds it; the others follow the load, so a launch begins at \
         whatever the last one left.",
    ),
    (
        Topic::Turbo,
        "turbo",
        "Whether a CPU may exceed its nominal frequency while heat and power allow it. How far depends on what the other \
         cores do and on the minutes before. Interleaved pairs cancel most of that.",
    ),
    (
        Topic::Smt,
        "smt",
        "Whether two logical CPUs share a core (`/sys/devices/system/cpu/smt/active`; in a guest, as the host shows it). \
         What runs on the other half slows a launch, and no counter of ours says so.",
    ),
    (
        Topic::Pinning,
        "pinning",
        "Whether launches may be pinned (`cpus` in a suite). A pinned launch does not move between CPUs and keeps its \
         caches; choose CPUs that nobody else uses.",
    ),
    (
        Topic::Aslr,
        "aslr",
        "Whether each start draws its addresses anew (`kernel.randomize_va_space`). It makes single launches differ, \
         and that is wanted: without it every launch repeats the luck of one layout, which no interval then shows.",
    ),
    (
        Topic::Timer,
        "timer",
        "The smallest step that the clock takes, and where the kernel reads it. `tsc` is read without entering the \
         kernel; `hpet` and `acpi_pm` are read through it, which takes longer.",
    ),
    (
        Topic::Memory,
        "memory",
        "Memory, and what the control group allows of it. Close to the limit, pages are written out or processes \
         ended while they are measured.",
    ),
    (
        Topic::Space,
        "space",
        "Free space where builds of both sides are kept (docs/cli.md, the cache). Bad below 1 GiB, worse below 4 GiB.",
    ),
    (
        Topic::Counters,
        "counters",
        "Whether the CPU's own event counters can be read (`perf_event_open`). benchgate does not need them, \
         `perf` on a regression does: `kernel.perf_event_paranoid` must be 2 or less, and the CPU must show them.",
    ),
    (
        Topic::Valgrind,
        "valgrind",
        "Whether valgrind is installed. It counts instructions, which the machine's noise does not touch: the \
         metric `instructions` of suites of commands.",
    ),
    (
        Topic::LinkOrders,
        "link-orders",
        "Whether the toolchain's linker can shuffle sections (lld can). Without it a red row of a criterion benchmark \
         cannot be confirmed under other link orders (`layouts`), and may be the luck of where code lies.",
    ),
    (
        Topic::Tools,
        "tools",
        "The programs that builds start: cargo and rustc, which suites of criterion benches need. git is not among them: \
         benchgate reads repositories itself.",
    ),
];

impl Topic {
    /// Every topic, in the order of a diagnosis.
    pub const ALL: [Self; TOPICS.len()] = {
        let mut all = [Self::Load; TOPICS.len()];
        let mut i = 0;
        while i < all.len() {
            all[i] = TOPICS[i].0;
            i += 1;
        }
        all
    };

    /// The one spelling: in JSON, in documents, on the screen.
    #[must_use]
    pub fn code(self) -> &'static str {
        TOPICS[self as usize].1
    }

    /// What it has to do with measuring, as `benchgate explain` prints it.
    #[must_use]
    pub fn explain(self) -> &'static str {
        TOPICS[self as usize].2
    }
}

/// One thing about the machine that bears on measuring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is about.
    pub fact: Topic,
    /// How much it stands in the way.
    pub state: Condition,
    /// What the system says, for people.
    pub value: String,
    /// What that means for measuring here.
    pub meaning: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_topics_is_in_their_order_and_spells_them_as_files_do() {
        for (at, topic) in Topic::ALL.into_iter().enumerate() {
            assert_eq!(topic as usize, at);
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.code());
        }
    }
}
