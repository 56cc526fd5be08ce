//! Small programs of several kinds, timed as criterion times a benchmark: what `doctor` launches to see a machine's noise.
//!
//! Floor 1. One process executes one of them and leaves the files that criterion leaves, so that it is measured in the
//! same way as anybody's benchmark.

mod kinds;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// One kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name, also that of the benchmark.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Sets it up and returns one iteration; `None`: to start and to end is all it does, and is timed from outside.
    make: Option<fn() -> io::Result<kinds::Iteration>>,
}

/// Every kind.
pub const WORKLOADS: [Workload; 9] = [
    Workload { name: "integers", about: "integer arithmetic in registers", make: Some(|| Ok(kinds::integers())) },
    Workload { name: "branches", about: "parsing 64 KiB of text, byte by byte", make: Some(|| Ok(kinds::branches())) },
    Workload { name: "hashing", about: "look-ups in a hash map of 20,000 keys", make: Some(|| Ok(kinds::hashing())) },
    Workload { name: "sorting", about: "sorting 20,000 numbers", make: Some(|| Ok(kinds::sorting())) },
    Workload { name: "streaming", about: "adding two arrays of 8 MiB", make: Some(|| Ok(kinds::streaming())) },
    Workload { name: "chasing", about: "following pointers through 16 MiB", make: Some(|| Ok(kinds::chasing())) },
    Workload { name: "allocating", about: "formatting 2,000 small texts", make: Some(|| Ok(kinds::allocating())) },
    Workload { name: "files", about: "reading 256 KiB of cached files", make: Some(kinds::files) },
    Workload { name: "process", about: "starting and ending a process", make: None },
];

impl Workload {
    /// The workload of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        WORKLOADS.into_iter().find(|workload| workload.name == name)
    }

    /// Whether it times its own iterations.
    #[must_use]
    pub fn times_itself(&self) -> bool {
        self.make.is_some()
    }

    /// Executes it, and leaves its times in `home` as criterion does in `CRITERION_HOME`.
    pub fn execute(&self, times: &Times, home: &Path) -> io::Result<()> {
        let Some(make) = self.make else { return Ok(()) };
        let samples = times.sample(&mut *make()?);
        let folder = home.join(self.name).join("new");
        std::fs::create_dir_all(&folder)?;
        let id = serde_json::json!({"full_id": self.name, "title": self.name});
        std::fs::write(folder.join("benchmark.json"), id.to_string())?;
        let (iterations, nanoseconds): (Vec<f64>, Vec<f64>) = samples.into_iter().unzip();
        let sample = serde_json::json!({"sampling_mode": "Flat", "iters": iterations, "times": nanoseconds});
        std::fs::write(folder.join("sample.json"), sample.to_string())
    }
}

/// How long a launch warms up and measures, and how many samples it takes.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Warm-up, not measured.
    pub warm_up: Duration,
    /// Measuring time of all samples.
    pub measuring: Duration,
    /// Samples.
    pub samples: u32,
}

impl Times {
    /// Warms up, then takes samples of equally many iterations each, as criterion's flat sampling does: iterations and
    /// nanoseconds of each sample.
    fn sample(&self, iteration: &mut dyn FnMut()) -> Vec<(f64, f64)> {
        let began = Instant::now();
        let mut warm = 0_u32;
        while warm == 0 || began.elapsed() < self.warm_up {
            iteration();
            warm = warm.saturating_add(1);
        }
        let one_s = began.elapsed().as_secs_f64() / f64::from(warm);
        let per_sample_s = self.measuring.as_secs_f64() / f64::from(self.samples.max(1));
        let iterations = (per_sample_s / one_s.max(1e-9)).clamp(1.0, 1e9) as u32;
        let sample = || {
            let began = Instant::now();
            (0..iterations).for_each(|_| iteration());
            (f64::from(iterations), began.elapsed().as_secs_f64() * 1e9)
        };
        std::iter::repeat_with(sample).take(self.samples as usize).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SHORT: Times = Times { warm_up: Duration::ZERO, measuring: Duration::from_micros(1), samples: 3 };

    #[test]
    fn every_workload_leaves_what_criterion_leaves() {
        let home = tempfile::tempdir().unwrap();
        for workload in WORKLOADS.iter().filter(|workload| workload.times_itself()) {
            workload.execute(&SHORT, home.path()).unwrap();
            let read = |name: &str| -> serde_json::Value {
                let text = std::fs::read(home.path().join(workload.name).join("new").join(name)).unwrap();
                serde_json::from_slice(&text).unwrap()
            };
            assert_eq!(read("benchmark.json")["full_id"], workload.name);
            let sample = read("sample.json");
            let (iterations, times) = (sample["iters"].as_array().unwrap(), sample["times"].as_array().unwrap());
            assert_eq!((iterations.len(), times.len()), (3, 3), "{}", workload.name);
            assert!(times.iter().all(|time| time.as_f64().unwrap() > 0.0), "{}: {sample}", workload.name);
        }
    }

    #[test]
    fn names_are_unique_and_found() {
        let names: BTreeSet<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
        assert_eq!(names.len(), WORKLOADS.len());
        assert!(names.iter().all(|name| Workload::find(name).is_some()) && Workload::find("naps").is_none());
    }

    #[test]
    fn iterations_fill_the_measuring_time_and_are_all_made() {
        let mut made = 0_u32;
        let samples = SHORT.sample(&mut || made += 1);
        assert_eq!(samples.len(), 3);
        let counted: f64 = samples.iter().map(|(iterations, _)| iterations).sum();
        assert_eq!(counted + 1.0, f64::from(made), "one of them warmed up");
    }
}
