//! What `check` does between two builds and a report: plan, launches, looks, judgement, all with its defaults.

use benchgate::config::{Overrides, resolve};
use benchgate::judge::{Comparison, Policy, Standing, Verdict, decided, judge, standing};
use benchgate::model::{
    BenchmarkId, Cost, Design, Environment, Origin, Row, RunRecord, SCHEMA, SecondLook, Source, Tool, Varied,
    known_metric,
};
use benchgate::plan::{Plan, Planned, Read, paired};
use benchgate::run::{Decide, Executor, Journal, Silent, again, execute};
use benchgate::stats::Looks;
use std::time::Duration;

/// The gate's settings.
pub(crate) struct Gate {
    pub(crate) policy: Policy,
    pub(crate) looks: Looks,
    budget: Duration,
    confirm: bool,
}

/// What a run said.
pub(crate) struct Said {
    /// Before what was about to turn red was launched again.
    pub(crate) first: Vec<Comparison>,
    /// In the end.
    pub(crate) last: Vec<Comparison>,
}

impl Gate {
    /// The defaults, at this threshold (a fraction).
    pub(crate) fn new(threshold: f64) -> Self {
        let today = "2027-01-01".to_owned();
        let config = resolve(None, &Overrides::default(), Vec::new(), today).expect("the defaults are valid");
        let looks = Looks::new(&config.gate.looks).expect("the default looks ascend");
        let (budget, confirm) = (config.gate.budget, config.gate.confirm);
        Self { policy: Policy { threshold, ..config.policy }, looks, budget, confirm }
    }

    /// The same, looking after these numbers of pairs.
    pub(crate) fn with_looks(self, looks: &[u32]) -> Self {
        Self { looks: Looks::new(looks).expect("looks ascend"), ..self }
    }

    /// The same without launching again what is red.
    pub(crate) fn without_second_look(self) -> Self {
        Self { confirm: false, ..self }
    }

    /// The most pairs of a benchmark.
    pub(crate) fn pairs_max(&self) -> u32 {
        self.looks.counts().last().copied().unwrap_or(0)
    }

    /// One run over benchmarks named "00", "01" and so on; the answers are in that order.
    pub(crate) fn run(&self, benchmarks: usize, executor: &mut dyn Executor, seed: u64) -> Said {
        let plan = paired((0..benchmarks).map(planned).collect(), self.looks.counts(), seed);
        let mut decide = |rows: &[Row]| decided(rows, 0, &self.policy, &self.looks);
        let mut record = self.record(self.measure(&plan, executor, &mut decide));
        let first = self.judge(&record);
        if self.confirm && first.iter().any(is_red) {
            self.look_again(&plan, &first, &mut record.rows, executor);
        }
        Said { last: self.judge(&record), first }
    }

    /// Launches what is red again in batches of pairs, as `check` does where nothing can be linked anew.
    fn look_again(&self, plan: &Plan, first: &[Comparison], rows: &mut [Row], executor: &mut dyn Executor) {
        for (benchmark, _) in first.iter().enumerate().filter(|(_, row)| is_red(row)) {
            for batch in 0..again::BATCHES {
                if executor.elapsed() >= self.budget {
                    return;
                }
                let mut never = |rows: &[Row]| vec![false; rows.len()];
                let fresh = self.measure(&again::pairs(plan, benchmark, batch), executor, &mut never);
                let id = &plan.benchmarks[benchmark].id;
                let of = |rows: &[Row]| rows.iter().position(|row| row.id == *id);
                let (Some(fresh), Some(row)) = (of(&fresh).map(|at| &fresh[at]), of(rows)) else { break };
                let empty =
                    SecondLook { varied: Varied::Launches, batch: again::PAIRS, base: Vec::new(), head: Vec::new() };
                let seen = rows[row].second_look.get_or_insert(empty);
                seen.base.extend_from_slice(&fresh.base);
                seen.head.extend_from_slice(&fresh.head);
                if standing(&rows[row], &self.policy).is_none_or(|(now, _)| now != Standing::Open) {
                    break;
                }
            }
        }
    }

    fn measure(&self, plan: &Plan, executor: &mut dyn Executor, decide: &mut Decide<'_>) -> Vec<Row> {
        let mut journal = Journal::in_memory();
        let measured = execute(plan, executor, &mut journal, &mut Silent, self.budget, decide);
        measured.expect("drawing launches cannot fail").rows
    }

    fn judge(&self, record: &RunRecord) -> Vec<Comparison> {
        judge(record, &self.policy, Some(&self.looks)).comparisons
    }

    /// What the gate says of one benchmark whose pairs are known: it stops at the first look that decides.
    pub(crate) fn settle(&self, base: &[f64], head: &[f64]) -> Comparison {
        let mut row = row(base, head);
        for &look in self.looks.counts().iter().filter(|&&look| look as usize <= base.len()) {
            row.base = base[..look as usize].to_vec();
            row.head = head[..look as usize].to_vec();
            if decided(std::slice::from_ref(&row), 0, &self.policy, &self.looks) == [true] {
                break;
            }
        }
        self.judge(&self.record(vec![row])).remove(0)
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
            trigger: None,
            environment: Environment::default(),
            looks: self.looks.counts().to_vec(),
            rows,
            states: Vec::new(),
            cost: Cost::default(),
            durations: Vec::new(),
            shard: None,
        }
    }
}

fn is_red(row: &Comparison) -> bool {
    row.verdict == Verdict::Regression
}

fn row(base: &[f64], head: &[f64]) -> Row {
    Row {
        id: BenchmarkId::new("s", "00"),
        metric: known_metric("wall-time").expect("a metric of ours"),
        design: Design::Paired,
        base: base.to_vec(),
        head: head.to_vec(),
        disturbed: 0,
        second_look: None,
        warnings: Vec::new(),
    }
}

/// A benchmark to launch, named by its number.
pub(crate) fn planned(number: usize) -> Planned {
    let id = BenchmarkId::new("s", format!("{number:02}"));
    let metrics = vec![known_metric("wall-time").expect("a metric of ours")];
    Planned::new(id, metrics, Vec::new(), Duration::from_mins(1), Read::Kernel)
}
