//! The kernel's texts, read: pure functions, `None` or empty where a text does not hold what is asked for.

/// Time of all CPUs since the system started, in kernel ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::run) struct CpuTime {
    /// All of it, idle time included.
    pub(in crate::run) total: u64,
    /// What the hypervisor gave to somebody else.
    pub(in crate::run) steal: u64,
}

/// The first line of `/proc/stat`. Guests' time (the last two fields) is part of user time already.
pub(in crate::run) fn cpu_time(stat: &str) -> Option<CpuTime> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
    let ticks = fields.map(|field| field.parse().ok()).collect::<Option<Vec<u64>>>()?;
    Some(CpuTime { total: ticks.iter().fold(0, |sum, &ticks| sum.saturating_add(ticks)), steal: *ticks.get(7)? })
}

/// Waiting for a CPU, from `/proc/pressure/cpu`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::run) struct Pressure {
    /// Share of the last minute in which some task waited.
    pub(in crate::run) minute: f64,
    /// Microseconds in which some task waited, since the system started.
    pub(in crate::run) total_us: u64,
}

pub(in crate::run) fn pressure(text: &str) -> Option<Pressure> {
    let line = text.lines().find(|line| line.starts_with("some "))?;
    let field = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let percent: f64 = field("avg60")?.parse().ok()?;
    Some(Pressure { minute: percent / 100.0, total_us: field("total")?.parse().ok()? })
}

/// A field of `/proc/cpuinfo`, by the first of several names that it has.
pub(in crate::run) fn cpu_field(cpuinfo: &str, names: &[&str]) -> String {
    let field = |name: &str| {
        cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    names.iter().find_map(|name| field(name)).unwrap_or_default()
}

/// The CPU's model name.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has the file"))]
pub(in crate::run) fn cpu_model(cpuinfo: &str) -> String {
    cpu_field(cpuinfo, &["model name", "Model", "CPU part"])
}

/// Bytes of memory, from `/proc/meminfo`; 0 where it does not say.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has the file"))]
pub(in crate::run) fn memory_bytes(meminfo: &str) -> u64 {
    let kib = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

/// The hypervisor by the product's name, `vm` for one without a name, `container`, or `none`.
pub(in crate::run) fn virtualization(cpuinfo: &str, product: &str, container: bool) -> String {
    let guest = cpu_field(cpuinfo, &["flags"]).split_whitespace().any(|flag| flag == "hypervisor");
    match (guest, container) {
        (false, false) => "none".to_owned(),
        (false, true) => "container".to_owned(),
        (true, _) if product.is_empty() => "vm".to_owned(),
        (true, _) => product.to_owned(),
    }
}

/// The load average of the last minute.
pub(super) fn load(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok().filter(|load: &f64| load.is_finite())
}

/// CPUs in a list like `0,2-3`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has the file"))]
pub(super) fn count_cpus(list: &str) -> Option<u32> {
    crate::config::parse_cpus(list.trim()).ok().map(|cpus| cpus.len() as u32)
}

/// `1` and `0` as the kernel's switches have them; other values are no switch.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_the_kernels_text() {
        let time = cpu_time("cpu  17 0 9 4231 2 0 1 77 5 5\ncpu0 1 2 3\n");
        assert_eq!(time, Some(CpuTime { total: 17 + 9 + 4231 + 2 + 1 + 77, steal: 77 }));
        for broken in ["", "cpu  17 0 9\n", "cpu  17 0 9 x 2 0 1 77\n", "intr 3\n"] {
            assert_eq!(cpu_time(broken), None, "{broken}");
        }
    }

    #[test]
    fn pressure_is_that_of_some_tasks() {
        let text = "some avg10=0.00 avg60=12.50 avg300=0.00 total=1234\nfull avg10=0.00 avg60=1.00 total=9\n";
        assert_eq!(pressure(text), Some(Pressure { minute: 0.125, total_us: 1234 }));
        assert_eq!(pressure("full avg10=0.00 avg60=1.00 avg300=0.00 total=9\n"), None);
        assert_eq!(pressure("some avg60=x total=1\n"), None);
    }

    #[test]
    fn the_cpu_has_a_name_in_every_spelling() {
        assert_eq!(cpu_model("processor\t: 0\nmodel name\t: AMD EPYC 7763\n"), "AMD EPYC 7763");
        assert_eq!(cpu_model("processor\t: 0\nBogoMIPS\t: 50\nCPU part\t: 0xd0c\n"), "0xd0c");
        assert_eq!(cpu_model(""), "");
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(memory_bytes("MemTotal:       24684084 kB\nMemFree: 1 kB\n"), 24_684_084 * 1024);
        assert_eq!(memory_bytes("MemFree: 1 kB\n"), 0);
    }

    #[test]
    fn a_guest_is_told_from_a_container() {
        let (metal, guest) = ("flags\t\t: fpu vme\n", "flags\t\t: fpu hypervisor vme\n");
        assert_eq!(virtualization(metal, "PowerEdge", false), "none");
        assert_eq!(virtualization(metal, "PowerEdge", true), "container");
        assert_eq!(virtualization(guest, "", true), "vm");
        assert_eq!(virtualization(guest, "Virtual Machine", false), "Virtual Machine");
    }

    #[test]
    fn small_texts() {
        assert_eq!(load("3.45 1.62 1.06 6/132 12809\n"), Some(3.45));
        assert_eq!(load("nan 1 1\n"), None);
        assert_eq!(count_cpus("0-3,8\n"), Some(5));
        assert_eq!(count_cpus("\n"), None);
        assert_eq!((switch("1\n"), switch("0"), switch("2"), switch("")), (Some(true), Some(false), None, None));
    }
}
