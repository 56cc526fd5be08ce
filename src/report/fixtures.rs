//! Reports to render: ordinary ones, odd ones, hostile ones.

use super::{PolicySummary, Report};
use crate::judge::{
    AppliedWaiver, BudgetCheck, BudgetVerdict, Comparison, GateChange, JudgedState, Level, Outcome, SideSummary,
    Verdict,
};
use crate::model::{Better, Cost, Environment, Origin, SCHEMA, Source, State, Tool, Unit, Warning};

/// A text that tries everything.
pub(super) const HOSTILE: &str = "a|b`c``<img src=x onerror=alert(1)>&\u{1b}[31m\u{202e}evil\u{202c}\n## head\r\t**bold** @torvalds #123 https://evil.example [x](y)\\";

/// Every report below but the huge one, by name.
pub(super) fn all() -> [(&'static str, Report); 7] {
    [
        ("regression", regression()),
        ("all_unchanged", all_unchanged()),
        ("all_identical", all_identical()),
        ("inconclusive", inconclusive()),
        ("states", states()),
        ("error", error()),
        ("hostile", hostile()),
    ]
}

/// A report with nothing in it.
pub(super) fn empty(outcome: Outcome) -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool { name: "benchgate".into(), version: "0.1.0".into() },
        outcome,
        base: Some(Origin { revision: "3f2a91c0d3f2a91c0d3f2a91c0d3f2a91c0d3f2a".into(), source: Source::Built }),
        head: Origin { revision: "9b0c77e1f9b0c77e1f9b0c77e1f9b0c77e1f9b0c".into(), source: Source::Built },
        environment: Environment {
            cpu: "AMD EPYC 7763 64-Core Processor".into(),
            cores: 2,
            memory: 8_330_000_000,
            kernel: "Linux 6.8.0-1021-azure".into(),
            virtualization: "microsoft".into(),
            toolchain: "rustc 1.95.0".into(),
            runner: "ubuntu-24.04".into(),
            class: "x86_64-epyc-7763-2c".into(),
            ..Environment::default()
        },
        started: None,
        policy: PolicySummary {
            alpha: 0.01,
            threshold: 0.03,
            changed_in_head: false,
            changes: Vec::new(),
            on_inconclusive: Level::Warn,
        },
        comparisons: Vec::new(),
        states: Vec::new(),
        budgets: Vec::new(),
        cost: Cost { build_s: 41.0, measure_s: 78.2, children_s: 70.1, analyse_s: 0.04, launches: 420 },
        notes: Vec::new(),
    }
}

/// A row with an interval of two points to either side; the verdict follows the interval.
pub(super) fn comparison(suite: &str, benchmark: &str, ratio: f64) -> Comparison {
    let side = |median: f64| SideSummary {
        n: 14,
        median,
        mean: median * 1.01,
        sd: Some(median * 0.011),
        observations: (0..14).map(|i| median * (0.98 + 0.005 * f64::from(i * 5 % 14))).collect(),
    };
    let interval = [ratio * 0.981, ratio * 1.019];
    let verdict = match () {
        () if interval[0] > 1.03 => Verdict::Regression,
        () if interval[1] < 1.0 / 1.03 => Verdict::Improvement,
        () if interval[0] >= 1.0 / 1.03 && interval[1] <= 1.03 => Verdict::Unchanged,
        () => Verdict::Inconclusive,
    };
    Comparison {
        suite: suite.into(),
        benchmark: benchmark.into(),
        metric: "wall-time".into(),
        unit: Unit::Second,
        better: Better::Lower,
        verdict,
        ratio: Some(ratio),
        interval: Some(interval),
        confidence: 0.99,
        p: Some(1e-6),
        p_adjusted: Some(4e-6),
        threshold: 0.03,
        minimum_detectable_effect: Some(0.021),
        noise_floor: Some(0.011),
        base: side(1.02e-3),
        head: side(1.02e-3 * ratio),
        method: "paired".into(),
        rounds: 14,
        waiver: None,
        warnings: Vec::new(),
        details: Vec::new(),
    }
}

/// Adds warnings, codes and details alike.
pub(super) fn warn(mut row: Comparison, warnings: Vec<Warning>) -> Comparison {
    row.warnings = warnings.iter().map(|warning| warning.code().to_owned()).collect();
    row.details = warnings;
    row
}

/// A benchmark without a verdict.
pub(super) fn state(benchmark: &str, state: State, level: Level, detail: &str) -> JudgedState {
    JudgedState { suite: "parser".into(), benchmark: benchmark.into(), state, level, detail: detail.into() }
}

/// Rows that hardly differ.
fn unchanged(count: usize) -> impl Iterator<Item = Comparison> {
    (0..count).map(|i| comparison("parser", &format!("lex/{i:02}"), 1.0 + (i % 7) as f64 * 0.001))
}

/// One regression among others.
pub(super) fn regression() -> Report {
    let mut report = empty(Outcome::Regression);
    report.comparisons = vec![
        comparison("parser", "parse/large/1024", 1.083),
        comparison("parser", "parse/small", 0.91),
        comparison("parser", "print", 0.52),
    ];
    report.comparisons.extend(unchanged(41));
    report.states = (0..3).map(|i| state(&format!("same/{i}"), State::Identical, Level::Allow, "")).collect();
    report
}

/// Nothing to see, in 41 rows.
pub(super) fn all_unchanged() -> Report {
    let mut report = empty(Outcome::Pass);
    report.comparisons.extend(unchanged(41));
    report
}

/// Not one changed byte.
pub(super) fn all_identical() -> Report {
    let mut report = empty(Outcome::Pass);
    report.states = (0..44).map(|i| state(&format!("lex/{i:02}"), State::Identical, Level::Allow, "")).collect();
    report.cost = Cost { build_s: 41.0, ..Cost::default() };
    report
}

/// Rows that could not be decided, with several metrics, a waiver and a changed policy.
pub(super) fn inconclusive() -> Report {
    let mut report = empty(Outcome::Pass);
    let mut waived = comparison("parser", "parse/large", 1.09);
    waived.waiver = Some(AppliedWaiver {
        ceiling: 0.12,
        until: "2027-03-01".into(),
        reason: "UTF-8 validation, see #123".into(),
        issue: None,
    });
    let mut throughput = comparison("api", "search", 0.96);
    (throughput.metric, throughput.unit, throughput.better) = ("throughput".into(), Unit::PerSecond, Better::Higher);
    (throughput.base.median, throughput.head.median) = (12_340.0, 11_846.0);
    throughput.minimum_detectable_effect = Some(0.062);
    let mut memory = comparison("cli", "help", 1.0);
    (memory.metric, memory.unit, memory.threshold) = ("max-rss".into(), Unit::Byte, 0.05);
    (memory.base.median, memory.head.median) = (9_437_184.0, 9_437_184.0);
    let open = comparison("parser", "parse/tiny", 1.02);
    report.comparisons = vec![
        waived,
        warn(open, vec![Warning::NeedsMorePairs { have: 20, need: 47 }, Warning::Drift { change: 0.08 }]),
        throughput,
        memory,
    ];
    report.policy.changed_in_head = true;
    let change = |key: &str, base: Option<&str>, head: Option<&str>| GateChange {
        key: key.to_owned(),
        base: base.map(str::to_owned),
        head: head.map(str::to_owned),
    };
    report.policy.changes = vec![
        change("gate.threshold", Some("3%"), Some("50%")),
        change("waiver[** wall-time].ceiling", None, Some("900%")),
    ];
    report.notes = vec!["Two shards were merged.".into()];
    report
}

/// Benchmarks without a verdict, and an exceeded budget.
pub(super) fn states() -> Report {
    let mut report = empty(Outcome::Regression);
    report.comparisons = unchanged(2).collect();
    let panic = "thread 'main' panicked at benches/parse.rs:41:9:\nindex out of bounds: the len is 3 but the index is 7\n\
                 note: run with `RUST_BACKTRACE=1`\nline 4\nline 5\nline 6\nline 7\nline 8\n";
    report.states = vec![
        state("parse/broken", State::Failed, Level::Deny, panic),
        state("parse/gone", State::Missing, Level::Deny, "declared nowhere as removed"),
        state("parse/gone2", State::Missing, Level::Deny, ""),
        state("parse/new", State::New, Level::Allow, ""),
        state("parse/slow", State::TimedOut, Level::Warn, "killed after 60s"),
    ];
    report.budgets = vec![
        budget("api/search", 0.2, 0.231, BudgetVerdict::Exceeded),
        budget("api/list", 0.2, 0.18, BudgetVerdict::Within),
    ];
    report
}

fn budget(benchmark: &str, limit: f64, value: f64, verdict: BudgetVerdict) -> BudgetCheck {
    BudgetCheck { benchmark: benchmark.into(), metric: "latency-p99".into(), limit, value, verdict }
}

/// An exceeded limit.
pub(super) fn exceeded(benchmark: &str, metric: &str) -> BudgetCheck {
    BudgetCheck { metric: metric.into(), ..budget(benchmark, 1.0, 2.0, BudgetVerdict::Exceeded) }
}

/// Nothing could be compared.
pub(super) fn error() -> Report {
    let mut report = empty(Outcome::Error);
    report.base = None;
    report
}

/// Every text is hostile.
pub(super) fn hostile() -> Report {
    let mut report = empty(Outcome::Regression);
    let mut row = warn(
        comparison(HOSTILE, HOSTILE, 1.2),
        vec![Warning::EnvironmentMismatch { stored: HOSTILE.into(), here: HOSTILE.into() }],
    );
    row.metric = HOSTILE.into();
    row.method = HOSTILE.into();
    let mut waived = row.clone();
    waived.waiver = Some(AppliedWaiver {
        ceiling: 0.5,
        until: HOSTILE.into(),
        reason: HOSTILE.into(),
        issue: Some(HOSTILE.into()),
    });
    report.comparisons = vec![row, waived, comparison("s", &"漢".repeat(500), 1.0)];
    report.states = vec![JudgedState {
        suite: HOSTILE.into(),
        benchmark: HOSTILE.into(),
        state: State::Failed,
        level: Level::Deny,
        detail: format!("{HOSTILE}\n```\n````html\n</details>"),
    }];
    report.budgets = vec![budget(HOSTILE, 1.0, 2.0, BudgetVerdict::Exceeded)];
    report.notes = vec![HOSTILE.into()];
    report.environment.cpu = HOSTILE.into();
    report.base = Some(Origin { revision: HOSTILE.into(), source: Source::File });
    report.head = Origin { revision: format!("{}+{HOSTILE}", "9b0c77e1f".repeat(4)), source: Source::File };
    report
}

/// Ten thousand rows, each with a name of a thousand characters.
pub(super) fn huge() -> Report {
    let mut report = empty(Outcome::Regression);
    let name = |i: usize| format!("{i}{}", "漢`|<&".repeat(200));
    report.comparisons = (0..10_000).map(|i| comparison("s", &name(i), 0.8 + (i % 5) as f64 * 0.1)).collect();
    let detail = "``````\n".repeat(1_000);
    report.states = (0..10_000).map(|i| state(&name(i), State::Failed, Level::Deny, &detail)).collect();
    report.budgets = (0..10_000).map(|i| budget(&name(i), 1.0, 2.0, BudgetVerdict::Exceeded)).collect();
    report.notes = (0..10_000).map(name).collect();
    report.environment.cpu = name(0);
    report
}
