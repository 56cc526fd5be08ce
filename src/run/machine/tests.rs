use super::*;

/// A root with these files.
pub(super) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_laptop_is_read_from_its_files() {
    let tree = tree(&[
        ("proc/cpuinfo", "processor : 0\nmodel name\t: Intel(R) Core(TM) i7\nflags\t\t: fpu vme\n"),
        ("proc/meminfo", "MemTotal:       16384000 kB\n"),
        ("proc/loadavg", "0.31 0.62 1.06 1/132 12809\n"),
        ("proc/sys/kernel/randomize_va_space", "2\n"),
        ("proc/sys/kernel/perf_event_paranoid", "-1\n"),
        ("sys/devices/system/cpu/online", "0-7\n"),
        ("sys/devices/system/cpu/smt/active", "1\n"),
        ("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n"),
        ("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n"),
        ("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "powersave\n"),
        ("sys/devices/system/cpu/cpufreq/policy2/scaling_governor", "performance\n"),
        ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ]);
    let machine = read(&Root::at(tree.path()));
    let expected = Machine {
        cpu: "Intel(R) Core(TM) i7".to_owned(),
        cpus_online: 8,
        virtualization: "none".to_owned(),
        memory: 16_384_000 * 1024,
        load: Some(0.31),
        governors: vec!["performance".to_owned(), "powersave".to_owned()],
        turbo: Some(true),
        smt: Some(true),
        aslr: Some(2),
        clocksource: "tsc".to_owned(),
        perf_paranoid: Some(-1),
        ..Machine::default()
    };
    assert_eq!(machine, expected);
}

#[test]
fn amd_says_turbo_elsewhere() {
    let tree = tree(&[("sys/devices/system/cpu/cpufreq/boost", "0\n")]);
    assert_eq!(read(&Root::at(tree.path())).turbo, Some(false));
}

#[test]
fn an_empty_system_says_nothing() {
    let machine = read(&Root::at(tree(&[]).path()));
    assert_eq!(machine, Machine { virtualization: "none".to_owned(), ..Machine::default() });
    assert_eq!(Counts::now(&Root::at(tree(&[]).path())).so_far(), Activity::default());
}

#[test]
fn activity_is_what_happened_in_between() {
    let at = |steal: u64, idle: u64, waited_us: u64| {
        let tree = tree(&[
            ("proc/stat", &format!("cpu  100 0 100 {idle} 0 0 0 {steal} 0 0\n")),
            ("proc/pressure/cpu", &format!("some avg10=0.00 avg60=20.00 avg300=0.00 total={waited_us}\n")),
        ]);
        Counts::now(&Root::at(tree.path()))
    };
    let (before, after) = (at(10, 790, 1_000_000), at(30, 970, 2_500_000));
    let activity = after.since(before, 10.0);
    assert_eq!(
        activity,
        Activity { measured: true, steal: Some(0.1), pressure: Some(0.15), throttled: None },
        "20 of 200 ticks; 1.5 of 10 s"
    );
    assert_eq!(before.so_far(), Activity { measured: false, steal: Some(0.01), pressure: Some(0.2), throttled: None });
    assert_eq!(after.since(before, 0.0).pressure, None);
}
