//! What the control group allows this process, in version 1 and 2: the least of every group on the way up.

use super::Root;
use std::path::{Path, PathBuf};

/// Limits and what they have done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// CPUs' worth of time; `None` without a limit.
    pub(super) cpus: Option<f64>,
    /// Bytes; `None` without a limit.
    pub(super) memory: Option<u64>,
    /// Periods of the quota, and those of them in which the group was held back.
    pub(super) periods: (u64, u64),
}

/// Reads the limits of the groups that `/proc/self/cgroup` and `/proc/self/mountinfo` lead to.
pub(super) fn limits(root: &Root) -> Limits {
    let (groups, mounts) = (root.text("proc/self/cgroup"), root.text("proc/self/mountinfo"));
    let mut found = Limits::default();
    for folder in folders(&groups, &mounts, "cpu") {
        let file = |name: &str| root.text(folder.join(name));
        let here = cpu_max(&file("cpu.max")).or_else(|| quota(&file("cpu.cfs_quota_us"), &file("cpu.cfs_period_us")));
        found.cpus = least(found.cpus, here, f64::min);
        let (periods, held_back) = periods(&file("cpu.stat"));
        // A group's periods hold those of the groups below it only where both have a quota.
        if held_back >= found.periods.1 && periods > 0 {
            found.periods = (periods, held_back);
        }
    }
    for folder in folders(&groups, &mounts, "memory") {
        let file = |name: &str| root.text(folder.join(name));
        let here = bytes(&file("memory.max")).or_else(|| bytes(&file("memory.limit_in_bytes")));
        found.memory = least(found.memory, here, u64::min);
    }
    found
}

fn least<T>(so_far: Option<T>, here: Option<T>, min: fn(T, T) -> T) -> Option<T> {
    match (so_far, here) {
        (Some(a), Some(b)) => Some(min(a, b)),
        (a, b) => a.or(b),
    }
}

/// The folders of this process's groups for a controller, from its own group up, without a slash in front.
fn folders(groups: &str, mounts: &str, controller: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let unified = hierarchy == "0" && controllers.is_empty();
        if !unified && controllers.split(',').all(|name| name != controller) {
            continue;
        }
        let wanted = (!unified).then_some(controller);
        let Some((mounted, place)) = mounts.lines().find_map(|line| mount(line, wanted)) else { continue };
        // In a container without a namespace of its own, the group's name begins above what is mounted.
        let below = Path::new(group).strip_prefix(mounted).unwrap_or(Path::new(""));
        let place = place.trim_start_matches('/');
        found.extend(below.ancestors().map(|group| Path::new(place).join(group)));
    }
    found
}

/// The group that a line of `mountinfo` mounts, and where, if it is a hierarchy with this controller (`None`: version 2).
fn mount<'t>(line: &'t str, controller: Option<&str>) -> Option<(&'t str, &'t str)> {
    let (place, source) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (group, path) = (place.next()?, place.next()?);
    let mut source = source.split(' ');
    let (kind, options) = (source.next()?, source.nth(1).unwrap_or_default());
    let fits = match controller {
        None => kind == "cgroup2",
        Some(name) => kind == "cgroup" && options.split(',').any(|option| option == name),
    };
    fits.then_some((group, path))
}

/// Version 2's `cpu.max`: `max 100000`, or a quota and its period in microseconds.
fn cpu_max(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    self::quota(quota, period)
}

/// Version 1's two files; -1 is no limit.
fn quota(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (f64, f64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period).filter(|cpus| cpus.is_finite())
}

/// A number of bytes; `max` and version 1's largest number of pages are no limit.
fn bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|bytes: &u64| *bytes < 1 << 62)
}

/// `nr_periods` and `nr_throttled` of `cpu.stat`.
fn periods(stat: &str) -> (u64, u64) {
    let field = |name: &str| stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0);
    (field("nr_periods "), field("nr_throttled "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    const V1: &str = "33 31 0:30 /docker/ab /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
         35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
    const V2: &str = "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn the_tightest_group_on_the_way_up_counts() {
        let tree = tree(&[
            ("proc/self/cgroup", "0::/ci/job/step\n"),
            ("proc/self/mountinfo", V2),
            ("sys/fs/cgroup/ci/cpu.max", "300000 100000\n"),
            ("sys/fs/cgroup/ci/memory.max", "max\n"),
            ("sys/fs/cgroup/ci/job/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/ci/job/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/ci/job/cpu.stat", "usage_usec 5\nnr_periods 40\nnr_throttled 10\nthrottled_usec 3\n"),
            ("sys/fs/cgroup/ci/job/step/cpu.max", "max 100000\n"),
        ]);
        let limits = limits(&Root::at(tree.path()));
        assert_eq!(limits, Limits { cpus: Some(1.5), memory: Some(1 << 30), periods: (40, 10) });
    }

    #[test]
    fn version_1_has_a_folder_per_controller_and_its_own_way_to_say_no_limit() {
        let tree = tree(&[
            ("proc/self/cgroup", "4:memory:/docker/ab\n1:cpu,cpuacct:/docker/ab/job\n0::/\n"),
            ("proc/self/mountinfo", V1),
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        let limits = limits(&Root::at(tree.path()));
        assert_eq!(limits, Limits { cpus: Some(0.5), memory: None, periods: (0, 0) });
    }

    #[test]
    fn texts_that_say_nothing_give_no_limit() {
        assert_eq!(limits(&Root::at(tree(&[]).path())), Limits::default());
        for broken in ["", "max", "0 100000", "100000 0", "x y"] {
            assert_eq!(cpu_max(broken), None, "{broken}");
        }
        assert_eq!((bytes("max\n"), bytes("-5"), bytes("7\n")), (None, None, Some(7)));
    }
}
