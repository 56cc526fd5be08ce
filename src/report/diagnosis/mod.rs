//! What `benchgate doctor` says of a machine: one value, a renderer per format.

mod markdown;
mod terminal;

use super::{Format, Options, scale, text};
use crate::judge::Verdict;
use crate::model::{Condition, Environment, Fact, StateEntry, Tool};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// Pairs below which a deviation is only roughly known.
const ROUGH_BELOW: u32 = 10;

/// A machine, examined: schema 1. Changes and shares are fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// [`crate::model::SCHEMA`].
    pub schema: u32,
    /// Which program wrote it.
    pub tool: Tool,
    /// Where it looked.
    pub environment: Environment,
    /// What the machine says of itself, one entry per topic.
    pub facts: Vec<Fact>,
    /// What an A/A run showed; `null` where nothing was measured.
    pub measured: Option<SelfTest>,
    /// What to do, most urgent first.
    pub advice: Vec<Advice>,
}

/// An A/A run: one executable against its own copy, measured and judged as `check` does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// The seed of the order of launches.
    pub seed: u64,
    /// Pairs of each kind.
    pub pairs: u32,
    /// Launches of all kinds.
    pub launches: u64,
    /// Seconds spent measuring.
    pub measure_s: f64,
    /// The CPUs that launches were pinned to; `null` where they were not.
    pub cpus: Option<Vec<usize>>,
    /// By which terms the numbers below hold.
    pub terms: Terms,
    /// One entry per kind of work.
    pub kinds: Vec<Kind>,
    /// Kinds that could not be measured.
    pub states: Vec<StateEntry>,
}

impl SelfTest {
    /// Kinds that were called changed although nothing had.
    pub fn false_alarms(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().filter(|kind| matches!(kind.verdict, Verdict::Regression | Verdict::Improvement))
    }

    /// The kinds that show anything within the rounds, by the smallest slowdown that they show, ascending.
    fn ranked(&self) -> Vec<(f64, &Kind)> {
        let mut found: Vec<_> = self.kinds.iter().filter_map(|kind| Some((kind.detectable?, kind))).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    }

    /// The middle one of the smallest slowdowns that the kinds show within the rounds.
    #[must_use]
    pub fn median_detectable(&self) -> Option<f64> {
        let ranked = self.ranked();
        ranked.get(ranked.len() / 2).map(|(effect, _)| *effect)
    }
}

/// What a gate is taken to allow: the nearest configuration's, else the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The chance that a gate run on unchanged code says regression.
    pub alpha: f64,
    /// The smallest change that matters.
    pub threshold: f64,
    /// Seconds of measuring time.
    pub budget_s: f64,
    /// Rounds that one benchmark may take.
    pub max_rounds: u32,
    /// Benchmarks that share the budget.
    pub benchmarks: u32,
}

/// One kind of work on this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: String,
    /// Seconds of one observation, benchgate's own share included: the median. It is one launch, or several of a process that
    /// takes a few milliseconds.
    pub launch_s: f64,
    /// Robust standard deviation of one pair's ln(head/base): 1.4826 times the median absolute deviation.
    pub deviation: f64,
    /// The same as the interval sees it (`docs/method.md`): `detectable` follows from it.
    pub pair_sd: f64,
    /// Half-width of the interval of base against itself and head against itself, after all pairs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise_floor: Option<f64>,
    /// Rounds that each of so many such benchmarks gets within the budget.
    pub rounds: u32,
    /// The slowdown that these rounds call a regression with probability 0.8; absent below six rounds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detectable: Option<f64>,
    /// Rounds that it would get alone, without a limit on rounds.
    pub rounds_alone: u32,
    /// The slowdown that those would call a regression with probability 0.8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detectable_alone: Option<f64>,
    /// What the run said of it at threshold 0: a change would be a false alarm.
    pub verdict: Verdict,
    /// Pairs that were measured again because the kernel said that they were disturbed.
    pub disturbed: u32,
}

/// Something to do about the machine, or about how it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// A short name.
    pub advice: String,
    /// What to do.
    pub what: String,
    /// What to expect of it, and where that comes from.
    pub expected: String,
    /// What to type, or to write into `benchgate.toml`.
    pub command: String,
    /// By how much the smallest detectable effect beyond the threshold would shrink, as a share of itself; absent where that is
    /// not the point.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gain: Option<f64>,
    /// Whether `gain` follows from this run's numbers. Otherwise it is a rule of thumb that only puts things in order.
    pub computed: bool,
}

/// Writes a diagnosis in the given format.
pub fn render(diagnosis: &Diagnosis, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::render(diagnosis, options, out),
        Format::Markdown => markdown::render(diagnosis, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, diagnosis).map_err(io::Error::from)?;
            out.write_all(b"\n")
        }
        other => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("a diagnosis cannot be written as {}", other.name()),
        )),
    }
}

/// The answer in one sentence.
fn headline(diagnosis: &Diagnosis) -> String {
    let Some(run) = &diagnosis.measured else {
        return "nothing was measured; what the machine says of itself:".to_owned();
    };
    let ranked = run.ranked();
    let (Some(median), Some((least, best)), Some((most, worst))) =
        (run.median_detectable(), ranked.first(), ranked.last())
    else {
        return "no slowdown shows: the budget leaves no kind of work its six rounds".to_owned();
    };
    format!(
        "slowdowns show from {} on (median of {} kinds of work: {} from {}, {} from {}; {} rounds, threshold {})",
        scale::percent(median),
        ranked.len(),
        best.name,
        scale::percent(*least),
        worst.name,
        scale::percent(*most),
        run.terms.max_rounds,
        scale::percent(run.terms.threshold)
    )
}

/// Where it was, and what was done.
fn place(diagnosis: &Diagnosis) -> String {
    let here = &diagnosis.environment;
    let cpu = if here.cpu.is_empty() { "an unnamed CPU" } else { &here.cpu };
    let run = diagnosis.measured.as_ref().map(|run| {
        let pinned = run.cpus.as_ref().map(|cpus| format!(", pinned to CPU {}", list(cpus))).unwrap_or_default();
        format!("; A/A run of {}, {} launches{pinned}", scale::duration(run.measure_s), run.launches)
    });
    let (cpus, run) = (text::plural(here.cores as usize, "CPU"), run.unwrap_or_default());
    text::line(&format!("{cpu}, {cpus}, {}{run}", here.kernel))
}

/// The self-check's answer.
fn alarms(run: &SelfTest) -> String {
    let names: Vec<&str> = run.false_alarms().map(|kind| kind.name.as_str()).collect();
    let rows = text::plural(run.kinds.len(), "kind");
    if names.is_empty() {
        return format!("Self-check: of {rows}, base and head the same bytes, none was called changed at threshold 0.");
    }
    format!(
        "Self-check FAILED: {} was called changed at threshold 0, and base and head were the same bytes; chance does that in {} of \
         such runs.",
        names.join(", "),
        scale::percent(run.terms.alpha)
    )
}

/// What the columns of the table mean.
fn legend(run: &SelfTest) -> String {
    let Terms { max_rounds, benchmarks, .. } = run.terms;
    let budget = budget(run);
    let all = run.kinds.iter().all(|kind| kind.rounds == max_rounds);
    let fits = if all {
        format!(", which fit into {budget} for {benchmarks} such benchmarks")
    } else {
        format!(" or as many (in brackets) as fit into {budget} for {benchmarks} such benchmarks")
    };
    let rough = if run.pairs < ROUGH_BELOW { format!(" Rough: from {} pairs.", run.pairs) } else { String::new() };
    format!(
        "Deviation of one pair; noise floor of {} pairs; the slowdown that turns red four times in five, with {max_rounds} \
         rounds{fits}, and with {budget} for it alone.{rough}",
        run.pairs
    )
}

/// The budget as a word: `10m`.
fn budget(run: &SelfTest) -> String {
    scale::duration(run.terms.budget_s).trim_end_matches(" 00s").to_owned()
}

/// The columns of the table of kinds, and its rows; the last one marks a false alarm.
fn table(run: &SelfTest) -> ([String; 6], Vec<[String; 6]>) {
    let header = [
        "kind".to_owned(),
        "launch".to_owned(),
        "deviation".to_owned(),
        "noise floor".to_owned(),
        format!("{} rounds", run.terms.max_rounds),
        format!("{} alone", budget(run)),
    ];
    let effect = |effect: Option<f64>| effect.map_or("-".to_owned(), scale::change);
    let rows = run.kinds.iter().map(|kind| {
        let launch = scale::Scale::of(crate::model::Unit::Second, &[kind.launch_s]);
        // Fewer rounds than the column says are named.
        let rounds = if kind.rounds == run.terms.max_rounds { String::new() } else { format!(" ({})", kind.rounds) };
        [
            kind.name.clone(),
            launch.show(kind.launch_s),
            scale::percent(kind.deviation),
            kind.noise_floor.map_or("-".to_owned(), scale::percent),
            format!("{}{rounds}", effect(kind.detectable)),
            effect(kind.detectable_alone),
        ]
    });
    (header, rows.collect())
}

/// `0,2-3`.
fn list(cpus: &[usize]) -> String {
    let runs = cpus.chunk_by(|a, b| a + 1 == *b);
    let part = |run: &[usize]| match run {
        [first, .., last] => format!("{first}-{last}"),
        [only] => only.to_string(),
        [] => String::new(),
    };
    runs.map(part).collect::<Vec<_>>().join(",")
}

/// Facts of one condition, in the order of the topics.
fn of(facts: &[Fact], condition: Condition) -> impl Iterator<Item = &Fact> {
    facts.iter().filter(move |fact| fact.state == condition)
}

#[cfg(test)]
mod tests;
