//! What a machine says of itself, and what that means for measuring on it.

use crate::model::{Activity, Condition, Counters, Fact, Machine, Topic, Unit};
use crate::report::scale::{Scale, percent};

use Condition::{Bad, Good, Unknown, Worse};

/// Processes per CPU from which on other work is in the way, and badly.
const LOAD: [f64; 2] = [0.5, 1.0];
/// Shares of the time in which some task waits for a CPU. The upper one is what a single launch may have (`run::noise`).
const PRESSURE: [f64; 2] = [0.05, 0.25];
/// Shares of the CPUs' time that other guests take. The upper one is what a single launch may have (`run::noise`).
const STEAL: [f64; 2] = [0.01, 0.05];
/// Bytes of memory below which launches may be short of it, and badly.
const MEMORY: [u64; 2] = [2 << 30, 512 << 20];
/// Bytes of free space below which builds may fail, and do: `run::stage` keeps up to 4 GiB of builds.
const SPACE: [u64; 2] = [4 << 30, 1 << 30];
/// Seconds: a clock's step from which on short iterations are quantised, and badly.
const TIMER: [f64; 2] = [1e-6, 1e-4];

/// What a fact comes to: state, value, meaning.
type Found = (Condition, String, String);

/// One fact per topic, in the order of the topics.
pub(super) fn facts(machine: &Machine, activity: Activity) -> Vec<Fact> {
    let fact = |topic| {
        let (state, value, meaning) = found(topic, machine, activity);
        Fact { fact: topic, state, value, meaning }
    };
    Topic::ALL.map(fact).to_vec()
}

fn found(topic: Topic, machine: &Machine, activity: Activity) -> Found {
    match topic {
        Topic::Load => load(machine),
        Topic::Pressure => pressure(activity),
        Topic::Steal => steal(activity),
        Topic::Quota => quota(machine, activity),
        Topic::Cpu => cpu(machine),
        Topic::Virtualization => virtualization(machine),
        Topic::Governor => governor(machine),
        Topic::Turbo => turbo(machine),
        Topic::Smt => smt(machine),
        Topic::Pinning => pinning(machine),
        Topic::Aslr => aslr(machine),
        Topic::Timer => timer(machine),
        Topic::Memory => memory(machine),
        Topic::Space => space(machine),
        Topic::Counters => counters(machine),
        Topic::Valgrind => valgrind(machine),
        Topic::LinkOrders => link_orders(machine),
        Topic::Tools => tools(machine),
    }
}

fn say(state: Condition, value: impl Into<String>, meaning: &str) -> Found {
    (state, value.into(), meaning.to_owned())
}

fn silent(meaning: &str) -> Found {
    say(Unknown, "unknown", meaning)
}

/// The state of a number that is better the smaller it is.
fn above(value: f64, [worse, bad]: [f64; 2]) -> Condition {
    match () {
        () if value >= bad => Bad,
        () if value >= worse => Worse,
        () => Good,
    }
}

/// The state of a number of bytes that is better the larger it is.
fn below(bytes: u64, [worse, bad]: [u64; 2]) -> Condition {
    match () {
        () if bytes < bad => Bad,
        () if bytes < worse => Worse,
        () => Good,
    }
}

fn bytes(bytes: u64) -> String {
    Scale::of(Unit::Byte, &[bytes as f64]).show(bytes as f64)
}

fn load(machine: &Machine) -> Found {
    let Some(load) = machine.load else { return silent("the system keeps no load average") };
    let state = above(load / f64::from(machine.cpus_online.max(1)), LOAD);
    let meaning = match state {
        Good => "little else was running when doctor began",
        _ => "other work was running when doctor began; it takes CPU time and caches from launches",
    };
    say(state, format!("{load:.2} on {} CPUs", machine.cpus_online.max(1)), meaning)
}

fn pressure(activity: Activity) -> Found {
    let Some(share) = activity.pressure else { return silent("the kernel does not say when tasks wait for a CPU") };
    let span = if activity.measured { "of the run" } else { "of the last minute" };
    let state = above(share, PRESSURE);
    let meaning = match state {
        Good => "tasks hardly had to wait for a CPU",
        _ => "some task waited for a CPU: launches are interrupted, and pairs repeated",
    };
    say(state, format!("{} {span}", percent(share)), meaning)
}

fn steal(activity: Activity) -> Found {
    let Some(share) = activity.steal else { return silent("the kernel does not say what other guests take") };
    let span = if activity.measured { "of the run" } else { "since the start" };
    let state = above(share, STEAL);
    let meaning = match state {
        Good => "other guests of the host took next to nothing",
        _ => "the hypervisor gave this time to other guests, in the middle of launches",
    };
    say(state, format!("{} {span}", percent(share)), meaning)
}

fn quota(machine: &Machine, activity: Activity) -> Found {
    let Some(cpus) = machine.cpu_quota else { return say(Good, "none", "CPU time is not rationed") };
    let held_back = activity.throttled.unwrap_or(0.0);
    let value = format!("{cpus:.2} CPUs");
    let allowed = machine.cpus_allowed.len() as f64;
    match () {
        () if held_back > 0.0 => say(
            Bad,
            format!("{value}, held back in {} of the periods", percent(held_back)),
            "launches stood still in between",
        ),
        () if cpus < 1.0 => say(Bad, value, "less than one CPU: a launch stands still whenever its ration is used up"),
        () if cpus < allowed => {
            say(Worse, value, "fewer than the CPUs shown: work on several of them is stopped in between")
        }
        () => say(Good, value, "as many as the CPUs shown"),
    }
}

fn cpu(machine: &Machine) -> Found {
    let name = if machine.cpu.is_empty() { "unnamed" } else { &machine.cpu };
    let allowed = machine.cpus_allowed.len();
    let value = format!("{name}, {allowed} of {} CPUs", machine.cpus_online);
    match allowed {
        0 => silent("the system does not say which CPUs may be used"),
        1 => say(Worse, value, "one CPU: benchgate and everything else of the system share it with the launches"),
        _ => say(Good, value, "one for the launch, one for whatever else there is"),
    }
}

fn virtualization(machine: &Machine) -> Found {
    match machine.virtualization.as_str() {
        "none" => say(Good, "none", "the kernel runs on the hardware"),
        "container" => {
            say(Good, "container", "neighbours share the kernel; load, pressure and quota say how much they do")
        }
        guest => {
            say(Worse, guest, "a guest: cache, frequency and neighbours are the host's, and cannot be set from here")
        }
    }
}

fn governor(machine: &Machine) -> Found {
    let value = machine.governors.join(", ");
    match machine.governors.as_slice() {
        [] => silent("the host or the firmware decides the frequency"),
        [only] if only == "performance" => say(Good, value, "the frequency does not wait for load"),
        _ => say(Worse, value, "the frequency follows the load: a launch begins at what the last one left"),
    }
}

fn turbo(machine: &Machine) -> Found {
    match machine.turbo {
        None => silent("the host or the firmware decides how fast a CPU may go"),
        Some(true) => {
            say(Worse, "on", "speed depends on heat and on what the other cores do; pairs cancel the slow part of it")
        }
        Some(false) => say(Good, "off", "the frequency does not depend on heat"),
    }
}

fn smt(machine: &Machine) -> Found {
    match machine.smt {
        None => silent("the system does not say whether logical CPUs share cores"),
        Some(true) => say(Worse, "on", "logical CPUs share cores: what runs on the other half slows a launch"),
        Some(false) => say(Good, "off", "no two CPUs share a core, as far as is shown here"),
    }
}

fn pinning(machine: &Machine) -> Found {
    match machine.pinning {
        None => silent("nobody tried"),
        Some(true) => say(Good, "allowed", "`cpus` in a suite keeps its launches on CPUs of your choice"),
        Some(false) => say(Worse, "refused", "`cpus` in a suite will fail here"),
    }
}

fn aslr(machine: &Machine) -> Found {
    match machine.aslr {
        None => silent("the system does not say how addresses are drawn"),
        Some(0) => say(
            Bad,
            "off",
            "every launch has the same addresses: their luck stays in each difference, unseen by intervals",
        ),
        Some(1) => say(Worse, "without the heap", "the heap lies at the same place in every launch"),
        Some(_) => say(Good, "on", "each launch draws its addresses anew, so intervals count their luck"),
    }
}

fn timer(machine: &Machine) -> Found {
    let Some(step) = machine.timer_step_s else { return silent("the clock did not move") };
    let source = if machine.clocksource.is_empty() { "unknown source" } else { &machine.clocksource };
    let value = format!("{}, {source}", Scale::of(Unit::Second, &[step]).show(step));
    let slow = ["hpet", "acpi_pm", "jiffies"].contains(&source);
    match above(step, TIMER) {
        Good if slow => say(Worse, value, "reading this clock enters the kernel, which short iterations feel"),
        Good => say(Good, value, "fine enough for any benchmark"),
        state => say(state, value, "too coarse for short iterations"),
    }
}

fn memory(machine: &Machine) -> Found {
    let usable = machine.memory_limit.map_or(machine.memory, |limit| limit.min(machine.memory));
    if usable == 0 {
        return silent("the system does not say how much memory there is");
    }
    let limited = usable < machine.memory;
    let value = if limited { format!("{} of {}", bytes(usable), bytes(machine.memory)) } else { bytes(usable) };
    match below(usable, MEMORY) {
        Good => say(Good, value, "enough for most launches"),
        state => say(state, value, "launches near this limit are slowed or ended by it"),
    }
}

fn space(machine: &Machine) -> Found {
    let Some(free) = machine.space else { return silent("the system does not say how much space is left for builds") };
    match below(free, SPACE) {
        Good => say(Good, format!("{} free", bytes(free)), "enough for builds of both sides"),
        state => say(state, format!("{} free", bytes(free)), "builds of both sides may not fit"),
    }
}

fn counters(machine: &Machine) -> Found {
    const USELESS: &str =
        "events cannot be counted, so `perf` is little help with a regression; verdicts do not need it";
    match machine.counters {
        Counters::Available => say(Good, "available", "`perf` can look into a regression"),
        Counters::Refused => {
            let level = machine.perf_paranoid.map(|level| format!(", perf_event_paranoid {level}")).unwrap_or_default();
            say(Worse, format!("refused{level}"), USELESS)
        }
        Counters::Absent => say(Worse, "none", USELESS),
        Counters::Unknown => silent("whether the CPU counts events could not be found out"),
    }
}

fn valgrind(machine: &Machine) -> Found {
    match &machine.valgrind {
        Some(version) => say(Good, version, "`instructions` can be measured, which noise does not touch"),
        None => say(Worse, "not installed", "`instructions` cannot be measured"),
    }
}

fn link_orders(machine: &Machine) -> Found {
    match &machine.link_orders {
        None => silent("there is no rustc to link with"),
        Some(Ok(())) => say(Good, "yes", "red rows of criterion benchmarks are confirmed under other link orders"),
        Some(Err(why)) => say(
            Worse,
            format!("no: {why}"),
            "a red row of a criterion benchmark may be the luck of where code lies: it cannot be confirmed",
        ),
    }
}

fn tools(machine: &Machine) -> Found {
    let shown = |(tool, version): &(String, Option<String>)| match version {
        // `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`: the first two words tell.
        Some(version) => version.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
        None => format!("no answer from {tool}"),
    };
    let value = machine.tools.iter().map(shown).collect::<Vec<_>>().join(", ");
    match machine.tools.as_slice() {
        [] => silent("nobody looked"),
        tools if tools.iter().all(|(_, version)| version.is_some()) => {
            say(Good, value, "criterion benches can be built")
        }
        _ => say(Worse, value, "suites of criterion benches cannot be built; suites of commands can"),
    }
}
