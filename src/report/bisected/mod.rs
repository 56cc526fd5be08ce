//! What `benchgate bisect` found: one value, a renderer per format.

mod markdown;
mod terminal;

#[cfg(test)]
mod tests;

use super::{Format, Options, scale, text};
use crate::model::{Better, Cost, Environment, Tool, Unit};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// Digits of a commit that are shown.
const COMMIT_DIGITS: usize = 10;

/// Columns of a commit's summary.
const SUMMARY_COLUMNS: usize = 60;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// One commit did it, or one of several of which only the last can be measured.
    Found,
    /// It is one of the candidates.
    Narrowed,
    /// No single commit explains what the good and the bad end differ by.
    NoCulprit,
    /// The good and the bad end do not differ, as far as was seen.
    NoDifference,
}

impl Ending {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Narrowed => "narrowed",
            Self::NoCulprit => "no-culprit",
            Self::NoDifference => "no-difference",
        }
    }
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its full id.
    pub revision: String,
    /// The first line of its message.
    pub summary: String,
}

/// What the two ends differ by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// bad/good, in the metric's own unit.
    pub ratio: f64,
    /// At `confidence`, the looks counted in; `null` where too few pairs were measured.
    pub interval: Option<[f64; 2]>,
    /// Of the interval.
    pub confidence: f64,
    /// Pairs of launches.
    pub pairs: u32,
}

/// What was done about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// It was launched.
    Measured,
    /// Its executables are those of another commit, whose launches count for it.
    Same,
    /// It cannot be measured.
    Skipped,
    /// It was not needed.
    Untouched,
}

impl Treatment {
    /// The one spelling.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Same => "same",
            Self::Skipped => "skipped",
            Self::Untouched => "untouched",
        }
    }
}

/// A commit of the range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visited {
    /// Which.
    #[serde(flatten)]
    pub commit: Named,
    /// The chance that it is the culprit.
    pub probability: f64,
    /// What was done about it.
    pub treatment: Treatment,
    /// Pairs with the good end that count for it.
    pub pairs: u32,
    /// Its level over the good end's; `null` where it was not measured.
    pub ratio: Option<f64>,
    /// Why it was skipped, or whose executables it has.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
}

/// A finished search: schema 1. Probabilities are fractions, ratios bad/good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bisected {
    /// [`crate::model::SCHEMA`].
    pub schema: u32,
    /// Which program wrote it.
    pub tool: Tool,
    /// How it ended.
    pub ending: Ending,
    /// The good end.
    pub good: Named,
    /// The bad end.
    pub bad: Named,
    /// The suite.
    pub suite: String,
    /// The benchmark.
    pub benchmark: String,
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// Its direction.
    pub better: Better,
    /// Where it was measured.
    pub environment: Environment,
    /// Where the random order came from.
    pub seed: u64,
    /// The probability that was asked for.
    pub certainty: f64,
    /// What the two ends differ by.
    pub difference: Difference,
    /// The commits, oldest first, of which one is the culprit and that nothing tells apart; mostly one.
    pub culprits: Vec<Named>,
    /// The chance that it is among them.
    pub probability: f64,
    /// The chance that no single commit is.
    pub no_culprit: f64,
    /// The fewest commits, likeliest first, that hold the culprit with the probability that was asked for.
    pub candidates: Vec<Named>,
    /// Every commit of the range, oldest first.
    pub commits: Vec<Visited>,
    /// What it cost.
    pub cost: Cost,
    /// What to type next.
    pub next: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Bisected {
    /// Commits on which launches were spent.
    fn measured(&self) -> usize {
        self.commits.iter().filter(|commit| commit.treatment == Treatment::Measured).count()
    }

    fn skipped(&self) -> usize {
        self.commits.iter().filter(|commit| commit.treatment == Treatment::Skipped).count()
    }

    fn benchmark(&self) -> String {
        format!("{}/{} {}", text::line(&self.suite), text::line(&self.benchmark), text::line(&self.metric))
    }

    fn became(&self) -> &'static str {
        let is_worse = (self.better == Better::Lower) == (self.difference.ratio > 1.0);
        if is_worse { "worse" } else { "better" }
    }

    /// The rows worth reading: what was touched, and what may be it.
    fn rows(&self, all: bool) -> impl Iterator<Item = &Visited> {
        let candidate = |commit: &Named| self.candidates.contains(commit) && self.candidates.len() <= 20;
        let searched = self.ending != Ending::NoDifference;
        let rows = self.commits.iter().filter(move |_| searched);
        rows.filter(move |row| all || row.treatment != Treatment::Untouched || candidate(&row.commit))
    }
}

/// Writes what was found in the given format.
pub fn render(found: &Bisected, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::render(found, options, out),
        Format::Markdown => markdown::render(found, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, found).map_err(io::Error::from)?;
            out.write_all(b"\n")
        }
        other => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("a bisection cannot be written as {}", other.name()),
        )),
    }
}

fn short(commit: &Named) -> String {
    text::line(&commit.revision).chars().take(COMMIT_DIGITS).collect()
}

fn summary(commit: &Named) -> String {
    text::cut(&text::line(&commit.summary), SUMMARY_COLUMNS)
}

/// A chance, never rounded to certainty.
fn chance(probability: f64) -> String {
    let percent = 100.0 * probability;
    match percent {
        p if p > 99.9 => "over 99.9 %".to_owned(),
        p if p >= 99.0 => format!("{:.1} %", (p * 10.0).floor() / 10.0),
        p if p >= 0.5 => format!("{p:.0} %"),
        p if p > 0.0 => "under 0.5 %".to_owned(),
        _ => "none".to_owned(),
    }
}

/// The answer in one sentence, that can be read alone.
fn headline(found: &Bisected) -> String {
    let (benchmark, became) = (found.benchmark(), found.became());
    match (found.ending, found.culprits.as_slice()) {
        (Ending::Found, [one]) => {
            let likely = chance(found.probability);
            format!("{} made {benchmark} {became} ({likely} sure): {}", short(one), summary(one))
        }
        (Ending::Found, several) => {
            let likely = chance(found.probability);
            let names: Vec<String> = several.iter().map(short).collect();
            format!(
                "one of {} made {benchmark} {became} ({likely} sure); only the last of them can be measured",
                names.join(", ")
            )
        }
        (Ending::Narrowed, _) => {
            format!("{} may have made {benchmark} {became}", text::plural(found.candidates.len(), "commit"))
        }
        (Ending::NoCulprit, _) => format!("no single commit made {benchmark} {became}"),
        (Ending::NoDifference, _) => {
            let (good, bad) = (short(&found.good), short(&found.bad));
            // Equal bytes do not differ; launches can only fail to show it.
            if found.difference.pairs == 0 {
                format!("{benchmark} is the same program at {good} and {bad}")
            } else {
                format!("no difference of {benchmark} was seen between {good} and {bad}")
            }
        }
    }
}

/// What the ends differ by.
fn difference(found: &Bisected) -> String {
    let Difference { ratio, interval, confidence, pairs } = found.difference;
    let interval = interval
        .map_or_else(String::new, |ends| format!(" {} at {}", scale::interval(ends), scale::percent(confidence)));
    format!(
        "from {} to {}: {}{interval}, {}",
        short(&found.good),
        short(&found.bad),
        scale::change(ratio - 1.0),
        text::plural(pairs as usize, "pair")
    )
}

/// What it took.
fn effort(found: &Bisected) -> String {
    let skipped = found.skipped();
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!(
        "{} of {} measured{skipped}; {} launches in {}, building {}; seed {}",
        found.measured(),
        text::plural(found.commits.len(), "commit"),
        found.cost.launches,
        scale::duration(found.cost.measure_s),
        scale::duration(found.cost.build_s),
        found.seed
    )
}

/// One commit of the range as cells: id, what was done, its change, its chance, its summary.
fn cells(row: &Visited) -> [String; 5] {
    let done = match row.treatment {
        Treatment::Measured => text::plural(row.pairs as usize, "pair"),
        Treatment::Same | Treatment::Skipped | Treatment::Untouched => row.treatment.code().to_owned(),
    };
    let change = row.ratio.map_or_else(|| "-".to_owned(), |ratio| scale::change(ratio - 1.0));
    [short(&row.commit), done, change, chance(row.probability), summary(&row.commit)]
}

const HEADER: [&str; 5] = ["commit", "measured", "change", "chance", "summary"];
