//! Run records to render: made up, the same every time.

use fastrand::Rng;
use serde_json::{Value, json};

/// What a row is made of.
pub(crate) struct Spec<'a> {
    pub(crate) suite: &'a str,
    pub(crate) benchmark: &'a str,
    pub(crate) metric: Value,
    /// Launches of each side.
    pub(crate) launches: [usize; 2],
    /// Base's level in the metric's base unit.
    pub(crate) level: f64,
    /// The ratio that head has, but for noise.
    pub(crate) ratio: f64,
    /// The spread of launches, as a fraction.
    pub(crate) spread: f64,
    pub(crate) design: &'a str,
}

impl Spec<'_> {
    /// The row of a record.
    pub(crate) fn row(&self, rng: &mut Rng) -> Value {
        let mut side = |n: usize, level: f64| -> Vec<f64> {
            (0..n).map(|_| level * (1.0 + self.spread * (rng.f64() + rng.f64() + rng.f64()))).collect()
        };
        let base = side(self.launches[0], self.level);
        let head = side(self.launches[1], self.level * self.ratio);
        json!({
            "suite": self.suite, "benchmark": self.benchmark, "metric": self.metric, "design": self.design,
            "base": base, "head": head, "disturbed": 0, "warnings": [],
        })
    }
}

/// A metric as records spell it.
pub(crate) fn metric(name: &str, unit: &str, better: &str) -> Value {
    json!({"name": name, "unit": unit, "better": better, "distribution": "sampled"})
}

/// A record of these rows and states.
pub(crate) fn record(mut rows: Vec<Value>, states: &[Value]) -> String {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.sort_by_key(|row| (text(row, "suite"), text(row, "benchmark"), text(&row["metric"], "name")));
    let side = |digit: &str| json!({"revision": digit.repeat(40), "source": "built"});
    let record = json!({
        "schema": 1, "tool": {"name": "benchgate", "version": "0.1.0"}, "started": "2026-01-01T00:00:00Z", "seed": 1,
        "base": side("3"), "head": side("9"),
        "environment": {
            "cpu": "AMD EPYC 7763 64-Core Processor", "cpu_flags": "", "cores": 4, "memory": 16_000_000_000_u64,
            "kernel": "Linux 6.8.0", "libc": "glibc 2.39", "toolchain": "rustc 1.95.0", "build_flags": "",
            "virtualization": "none", "runner": "", "class": "x86_64-epyc-7763-4c",
        },
        "looks": [6, 10, 15, 20, 30], "rows": rows, "states": states,
        "cost": {"build_s": 41.0, "measure_s": 512.0, "children_s": 470.0, "analyse_s": 0.0, "launches": 2_000},
    });
    // A record is known by how it begins.
    let begin = "{\"schema\":1,\"tool\":{\"name\":\"benchgate\",\"version\":\"0.1.0\"},\"seed\":1,";
    let mut rest = record;
    if let Some(fields) = rest.as_object_mut() {
        for name in ["schema", "tool", "seed"] {
            fields.remove(name);
        }
    }
    format!("{begin}{}", rest.to_string().trim_start_matches('{'))
}

/// So many paired benchmarks of wall time in six suites; one in thirty differs.
pub(crate) fn many(rows: usize, launches: usize) -> String {
    let mut rng = Rng::with_seed(7);
    let metric = metric("wall-time", "s", "lower");
    let row = |i: usize| {
        let ratio = [1.3, 0.8, 1.03, 1.0][if i % 30 == 7 { i / 30 % 4 } else { 3 }];
        let suite = ["parser", "codec", "index", "query", "net", "cli"][i % 6];
        let benchmark =
            format!("{}/{}/{i:04}", ["parse", "scan", "merge"][i % 3], ["small", "large", "mixed"][i / 3 % 3]);
        let level = [1e-2, 1e-4, 1e-6, 1e-8][i % 4];
        Spec {
            suite,
            benchmark: &benchmark,
            metric: metric.clone(),
            launches: [launches; 2],
            level,
            ratio,
            spread: 0.02,
            design: "paired",
        }
        .row(&mut rng)
    };
    record((0..rows).map(row).collect(), &[])
}
