//! One picture of every kind, and of every odd case.

use super::*;
use crate::judge::{Outcome, Verdict};
use crate::model::Unit;
use crate::report::{Report, fixtures};

/// A plain linear congruential generator (Knuth, MMIX): the same numbers for ever.
pub(super) struct Noise(pub u64);

impl Noise {
    /// In [-0.5, 0.5), three summed: bell-shaped enough.
    fn next(&mut self) -> f64 {
        let mut one = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        one() + one() + one()
    }

    pub(super) fn around(&mut self, centre: f64, spread: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| centre * (1.0 + spread * self.next())).collect()
    }
}

/// A row whose launches fit its medians.
pub(super) fn row(names: [&str; 3], unit: Unit, [base, head]: [Vec<f64>; 2], ratio: f64) -> Comparison {
    let mut row = fixtures::comparison(names[0], names[1], ratio);
    (row.metric, row.unit) = (names[2].to_owned(), unit);
    for (side, values) in [(&mut row.base, base), (&mut row.head, head)] {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        side.median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        side.n = u32::try_from(values.len()).unwrap();
        side.observations = values;
    }
    row
}

/// Rows of one kind each.
pub(super) fn rows() -> Vec<(&'static str, Comparison)> {
    let mut noise = Noise(7);
    let wall = ["parser", "parse/large/1024", "wall-time"];
    let mut drifting =
        row(wall, Unit::Second, [noise.around(1.02e-3, 0.02, 30), noise.around(1.103e-3, 0.03, 30)], 1.083);
    for (i, value) in drifting.base.observations.iter_mut().enumerate() {
        *value *= 1.0 - 0.002 * i as f64;
    }
    drifting.head.observations[11] *= 9.0;
    let (base, head) = (noise.around(12_340.0, 0.02, 14), noise.around(11_100.0, 0.02, 14));
    let mut throughput = row(["api", "search", "throughput"], Unit::PerSecond, [base, head], 0.9);
    (throughput.better, throughput.verdict) = (Better::Higher, Verdict::Regression);
    let (base, head) = (noise.around(2e-9, 0.1, 40), noise.around(1.2e-9, 0.3, 40));
    let faster = row(["hash", "fx/8", "wall-time"], Unit::Second, [base, head], 0.6);
    let two_hills = [noise.around(90.0, 0.02, 20), noise.around(180.0, 0.02, 20)].concat();
    let slow =
        row(["e2e", "checkout of a large repository", "wall-time"], Unit::Second, [two_hills.clone(), two_hills], 1.01);
    let far = [vec![1e-6, 2e-6, 1e-5], vec![1e-3, 0.1, 2.0]];
    vec![
        ("regression", drifting),
        ("throughput", throughput),
        ("improvement", faster),
        ("inconclusive", slow),
        ("constant", row(["cli", "help", "max-rss"], Unit::Byte, [vec![9_437_184.0; 10], vec![9_437_184.0; 10]], 1.0)),
        ("single", row(["cli", "size", "bytes-written"], Unit::Byte, [vec![3.2e12], vec![3.3e12]], 1.03)),
        ("zeros", row(["cli", "faults", "page-faults"], Unit::One, [vec![0.0; 5], vec![0.0; 5]], 1.0)),
        ("empty", row(wall, Unit::Second, [vec![], vec![]], 1.0)),
        ("far-apart", row(["s", "cold and warm", "wall-time"], Unit::Second, far, 9e4)),
        ("many", row(wall, Unit::Second, [noise.around(1.0, 0.1, 3000), noise.around(1.0, 0.1, 500)], 1.0)),
        (
            "hostile",
            row([fixtures::HOSTILE; 3], Unit::Second, [noise.around(1.0, 0.1, 8), noise.around(1.0, 0.1, 8)], 1.0),
        ),
    ]
}

/// A load test with a slower tail.
pub(super) fn load_test() -> Report {
    let mut noise = Noise(3);
    let mut report = fixtures::empty(Outcome::Regression);
    for (metric, value, ratio) in [
        ("latency", 2.1e-3, 1.01),
        ("latency-p90", 4e-3, 1.05),
        ("latency-p99", 12e-3, 1.2),
        ("latency-p99.9", 8e-2, 1.9),
    ] {
        let sides = [noise.around(value, 0.2, 10), noise.around(value * ratio, 0.2, 10)];
        report.comparisons.push(row(["api", "GET /search", metric], Unit::Second, sides, ratio));
    }
    report
}

/// A history with a slowdown, a speed-up and two machines.
pub(super) fn history() -> TrendPlot {
    let mut noise = Noise(5);
    let levels = [(60, 1e-3), (40, 1.1e-3), (30, 0.9e-3)];
    let values = levels.into_iter().flat_map(|(n, level)| noise.around(level, 0.015, n));
    let label = |i: usize| format!("2026-{:02}-{:02}", 1 + i / 28, 1 + i % 28);
    let change = |index, [before, after]: [f64; 2], from, to| {
        let ratio = after / before;
        TrendChange { index, before, after, interval: Some([ratio * 0.99, ratio * 1.01]), from, to }
    };
    TrendPlot {
        name: "parser/parse/large/1024, wall-time".to_owned(),
        unit: Some(Unit::Second),
        better: Some(Better::Lower),
        points: values.enumerate().map(|(i, value)| TrendPoint { label: label(i), value }).collect(),
        changes: vec![change(60, [1e-3, 1.1e-3], Some(0), 99), change(100, [1.1e-3, 0.9e-3], None, 129)],
        environments: vec![
            TrendEnvironment { index: 0, name: "x86_64-epyc-7763-2c".to_owned() },
            TrendEnvironment { index: 90, name: "x86_64-xeon-8370c-2c".to_owned() },
        ],
    }
}

/// A report with a giant, other metrics, and intervals of every kind.
pub(super) fn mixed() -> Report {
    let mut report = fixtures::regression();
    report.comparisons.truncate(12);
    report.comparisons.extend(rows().into_iter().map(|(_, row)| row));
    report.comparisons.push(fixtures::comparison("parser", "parse/catastrophe", 40.0));
    report.comparisons.push(fixtures::comparison("parser", &"a/very/long/name".repeat(30), 1.02));
    let mut unknown = fixtures::comparison("parser", "nothing known", 1.0);
    (unknown.ratio, unknown.interval) = (None, None);
    report.comparisons.push(unknown);
    report.comparisons.extend(fixtures::inconclusive().comparisons);
    report
}

/// Every kind of picture, by name.
pub(super) fn all(theme: Theme) -> Vec<(String, Picture)> {
    let reports = [
        ("regression", fixtures::regression()),
        ("inconclusive", fixtures::inconclusive()),
        ("identical", fixtures::all_identical()),
        ("hostile", fixtures::hostile()),
        ("mixed", mixed()),
        ("load-test", load_test()),
    ];
    let mut pictures: Vec<(String, Picture)> =
        reports.iter().map(|(name, report)| (format!("effects-{name}"), effects(report, theme))).collect();
    for (name, row) in rows() {
        pictures.push((format!("before-after-{name}"), before_after(&row, theme)));
        pictures.extend(rounds(&row, theme).map(|picture| (format!("rounds-{name}"), picture)));
    }
    pictures
        .extend(quantiles(&load_test(), "api", "GET /search", theme).map(|picture| ("quantiles".to_owned(), picture)));
    pictures.push(("trend".to_owned(), trend(&history(), theme)));
    pictures
}
