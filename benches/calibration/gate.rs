//! What `check` does between two builds and a report: plan, launches, looks, judgement, all with its defaults.

use benchgate::config::{Overrides, resolve};
use benchgate::judge::{Comparison, Judgement, Policy, decided, judge};
use benchgate::model::{
    BenchmarkId, Cost, Design, Environment, Origin, Row, RunRecord, SCHEMA, Source, Tool, known_metric,
};
use benchgate::plan::{Planned, Read, paired};
use benchgate::run::{Executor, Journal, Silent, execute};
use benchgate::stats::Looks;
use std::collections::BTreeMap;
use std::time::Duration;

/// The gate's settings.
pub(crate) struct Gate {
    pub(crate) policy: Policy,
    pub(crate) looks: Looks,
    budget: Duration,
}

impl Gate {
    /// The defaults, at this threshold (a fraction).
    pub(crate) fn new(threshold: f64) -> Self {
        let today = "2027-01-01".to_owned();
        let config = resolve(None, &Overrides::default(), Vec::new(), today).expect("the defaults are valid");
        let looks = Looks::new(&config.gate.looks).expect("the default looks ascend");
        Self { policy: Policy { threshold, ..config.policy }, looks, budget: config.gate.budget }
    }

    /// The same, looking after these numbers of pairs.
    pub(crate) fn with_looks(self, looks: &[u32]) -> Self {
        Self { looks: Looks::new(looks).expect("looks ascend"), ..self }
    }

    /// The most pairs of a benchmark.
    pub(crate) fn pairs_max(&self) -> u32 {
        self.looks.counts().last().copied().unwrap_or(0)
    }

    /// One run over benchmarks named "00", "01" and so on.
    pub(crate) fn run(&self, benchmarks: usize, executor: &mut dyn Executor, seed: u64) -> Judgement {
        let plan = paired((0..benchmarks).map(planned).collect(), self.looks.counts(), seed);
        let mut decide = |rows: &[Row]| decided(rows, &self.policy, &self.looks);
        let measured = execute(&plan, executor, &mut Journal::in_memory(), &mut Silent, self.budget, &mut decide)
            .expect("drawing launches cannot fail");
        judge(&self.record(measured.rows), &self.policy, Some(&self.looks))
    }

    /// What the gate says of one benchmark whose pairs are known: it stops at the first look that decides.
    pub(crate) fn settle(&self, base: &[f64], head: &[f64]) -> Comparison {
        let mut row = row(base, head);
        for &look in self.looks.counts().iter().filter(|&&look| look as usize <= base.len()) {
            row.base = base[..look as usize].to_vec();
            row.head = head[..look as usize].to_vec();
            if decided(std::slice::from_ref(&row), &self.policy, &self.looks) == [true] {
                break;
            }
        }
        judge(&self.record(vec![row]), &self.policy, Some(&self.looks)).comparisons.remove(0)
    }

    fn record(&self, rows: Vec<Row>) -> RunRecord {
        let origin = |revision: &str| Origin { revision: revision.to_owned(), source: Source::Built };
        RunRecord {
            schema: SCHEMA,
            tool: Tool::this(),
            started: String::new(),
            seed: 0,
            base: Some(origin("base")),
            head: origin("head"),
            environment: Environment::default(),
            looks: self.looks.counts().to_vec(),
            rows,
            states: Vec::new(),
            cost: Cost::default(),
        }
    }
}

fn row(base: &[f64], head: &[f64]) -> Row {
    Row {
        id: BenchmarkId::new("s", "00"),
        metric: known_metric("wall-time").expect("a metric of ours"),
        design: Design::Paired,
        base: base.to_vec(),
        head: head.to_vec(),
        disturbed: 0,
        layouts: None,
        warnings: Vec::new(),
    }
}

/// A benchmark to launch, named by its number.
pub(crate) fn planned(number: usize) -> Planned {
    Planned {
        id: BenchmarkId::new("s", format!("{number:02}")),
        metrics: vec![known_metric("wall-time").expect("a metric of ours")],
        command: Vec::new(),
        prepare: None,
        cleanup: None,
        directory: ".".into(),
        base_directory: None,
        environment: BTreeMap::new(),
        pass_environment: Vec::new(),
        sides: 2,
        timeout: Duration::from_secs(60),
        cpus: None,
        exit_status: 0,
        read: Read::Kernel,
    }
}
