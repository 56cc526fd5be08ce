use super::Against;
use super::diagnostics::{Complaint, Diagnostics};
use super::file::{self, File, Placed};
use super::github::GitHub;
use super::lighter::Accept;
use super::read_suite::suite_hint;
use super::suite::{Kind, Suite};
use super::value::{parse_alpha, parse_glob, parse_positive_duration, parse_threshold};
use crate::judge::{Level, Policy, ThresholdRule, literal};
use crate::model::BenchmarkId;
use crate::stats::changepoints::Preset;
use crate::store::history::Spec;
use globset::GlobMatcher;
use std::path::PathBuf;
use std::time::Duration;

/// The smallest change that matters, unless somebody says otherwise.
const THRESHOLD: f64 = 0.03;
/// The chance of a false alarm per gate run, unless somebody says otherwise.
const ALPHA: f64 = 0.01;
/// Rounds, unless somebody says otherwise.
const MAX_ROUNDS: i64 = 80;
/// Measuring time, unless somebody says otherwise.
const BUDGET: Duration = Duration::from_mins(10);
/// Links per side, unless somebody says otherwise.
const LAYOUTS: u32 = 4;

/// Flags as they were typed. `None` and empty mean that the flag was not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `--base`
    pub base: Option<String>,
    /// `--against`
    pub against: Option<String>,
    /// `--threshold`
    pub threshold: Option<String>,
    /// `--alpha`
    pub alpha: Option<String>,
    /// `--max-rounds`
    pub max_rounds: Option<u32>,
    /// `--layouts`
    pub layouts: Option<u32>,
    /// `--correction`
    pub correction: Option<String>,
    /// `--confirm`
    pub confirm: Option<bool>,
    /// `--budget`
    pub budget: Option<String>,
    /// `--on-inconclusive`
    pub on_inconclusive: Option<String>,
    /// `--on-missing`
    pub on_missing: Option<String>,
    /// `--suite`: only these.
    pub suites: Vec<String>,
    /// `--bench`: only what one of these globs matches.
    pub bench: Vec<String>,
}

/// One valid value: what to measure, and how to judge it.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gate's own settings.
    pub gate: Gate,
    /// What is measured. Empty when nothing is configured and nothing was detected.
    pub suites: Vec<Suite>,
    /// What turns numbers into an answer.
    pub policy: Policy,
    /// Where every recorded run goes; `None` for nowhere.
    pub history: Option<Spec>,
    /// How changes in histories are looked for.
    pub detector: Preset,
    /// Lighter ways to accept a regression.
    pub accept: Accept,
    /// What `publish` posts.
    pub github: GitHub,
    /// What the user should know and what does not stop the run.
    pub notices: Vec<String>,
}

/// How base is found and how much is measured.
#[derive(Clone, Debug)]
pub struct Gate {
    /// `merge-base`, `parent` or a revision.
    pub base: String,
    /// Where base's numbers come from.
    pub against: Against,
    /// Measuring time; building is not counted.
    pub budget: Duration,
    /// Numbers of rounds after which the run is looked at, ascending.
    pub looks: Vec<u32>,
    /// The chance that a gate run on unchanged code says regression.
    pub alpha: f64,
    /// The smallest change that matters, as a fraction.
    pub threshold: f64,
    /// Only these benchmarks; `None` for all.
    pub bench: Option<Selection>,
    /// Links per side, with shuffled sections, of one batch that confirms a red row; 1 for none.
    pub layouts: u32,
    /// Whether rows that are about to turn red are measured again first.
    pub confirm: bool,
    /// Where stored baselines are, relative to the repository.
    pub baselines: PathBuf,
}

/// Globs on `suite/benchmark` or on the benchmark alone.
#[derive(Clone, Debug)]
pub struct Selection(Vec<GlobMatcher>);

impl Selection {
    /// Reads a glob as `--bench` takes it.
    pub fn new(glob: &str) -> Result<Self, String> {
        parse_glob(glob).map(|glob| Self(vec![glob]))
    }

    /// Whether any glob matches.
    #[must_use]
    pub fn matches(&self, id: &BenchmarkId) -> bool {
        let whole = id.to_string();
        self.0.iter().any(|glob| glob.is_match(&whole) || glob.is_match(&id.benchmark))
    }
}

impl Gate {
    /// Whether `--bench` leaves this benchmark in.
    #[must_use]
    pub fn selects(&self, id: &BenchmarkId) -> bool {
        self.bench.as_ref().is_none_or(|selection| selection.matches(id))
    }
}

/// Flags over file over defaults. `detected` suites are used only when the file has none; `today` is `YYYY-MM-DD`.
pub fn resolve(
    file: Option<File>,
    overrides: &Overrides,
    detected: Vec<Suite>,
    today: String,
) -> Result<Config, Diagnostics> {
    let mut file = file.unwrap_or_default();
    let mut complaints = Vec::new();
    let mut flags = Flags { complaints: &mut complaints };
    let gate = flags.gate(&file, overrides);
    let on_inconclusive = flags.read("--on-inconclusive", overrides.on_inconclusive.as_ref(), str::parse);
    let correction = flags.read("--correction", overrides.correction.as_ref(), str::parse);
    let on_missing = flags.read("--on-missing", overrides.on_missing.as_ref(), str::parse);
    let suites = if file.has_suites() { std::mem::take(&mut file.suites) } else { detected };
    flags.known_suites(&overrides.suites, &suites);
    if !complaints.is_empty() {
        return Err(Diagnostics(complaints));
    }
    let mut notices = std::mem::take(&mut file.notices);
    notices.extend(unmatched(&file, &suites));
    let policy = Policy {
        correction: correction.or(file.correction).unwrap_or_default(),
        alpha: gate.alpha,
        threshold: gate.threshold,
        rules: rules(&suites),
        on_inconclusive: on_inconclusive.or(file.on_inconclusive).unwrap_or(Level::Warn),
        on_missing: on_missing.or(file.on_missing).unwrap_or(Level::Deny),
        removed: removed(&suites),
        waivers: file.waivers,
        lighter: Vec::new(),
        limits: file.limits.into_iter().map(|limit| limit.value).collect(),
        today,
    };
    let wanted = |suite: &Suite| overrides.suites.is_empty() || overrides.suites.contains(&suite.name);
    let suites = suites.into_iter().filter(wanted).collect();
    Ok(Config {
        gate,
        suites,
        policy,
        accept: file.accept,
        github: file.github,
        history: file.history,
        detector: file.detector.unwrap_or_default(),
        notices,
    })
}

/// Reads flags with the file's parsers.
struct Flags<'c> {
    complaints: &'c mut Vec<Complaint>,
}

impl Flags<'_> {
    fn read<S: ?Sized, T>(
        &mut self,
        flag: &str,
        typed: Option<&impl std::borrow::Borrow<S>>,
        parse: impl FnOnce(&S) -> Result<T, String>,
    ) -> Option<T> {
        parse(typed?.borrow()).map_err(|error| self.complaints.push(Complaint::new(flag, error))).ok()
    }

    fn gate(&mut self, file: &File, typed: &Overrides) -> Gate {
        let globs: Vec<GlobMatcher> =
            typed.bench.iter().filter_map(|glob| self.read("--bench", Some(glob), parse_glob)).collect();
        let base = self.read("--base", typed.base.as_ref(), file::parse_base);
        let against = self.read("--against", typed.against.as_ref(), str::parse);
        let threshold = self.read("--threshold", typed.threshold.as_ref(), parse_threshold);
        let alpha = self.read("--alpha", typed.alpha.as_ref(), parse_alpha);
        let looks = self.read("--max-rounds", typed.max_rounds.as_ref(), |rounds: &u32| file::looks((*rounds).into()));
        let layouts =
            self.read("--layouts", typed.layouts.as_ref(), |count: &u32| file::check_layouts((*count).into()));
        let budget = self.read("--budget", typed.budget.as_ref(), parse_positive_duration);
        Gate {
            base: base.or_else(|| file.base.clone()).unwrap_or_else(|| "merge-base".to_owned()),
            against: against.or(file.against).unwrap_or_default(),
            budget: budget.or(file.budget).unwrap_or(BUDGET),
            looks: looks.or_else(|| file.looks.clone()).or_else(|| file::looks(MAX_ROUNDS).ok()).unwrap_or_default(),
            alpha: alpha.or(file.alpha).unwrap_or(ALPHA),
            threshold: threshold.or(file.threshold).unwrap_or(THRESHOLD),
            bench: (!typed.bench.is_empty()).then_some(Selection(globs)),
            layouts: layouts.or(file.layouts).unwrap_or(LAYOUTS),
            confirm: typed.confirm.or(file.confirm).unwrap_or(true),
            baselines: PathBuf::from("baselines"),
        }
    }

    fn known_suites(&mut self, wanted: &[String], suites: &[Suite]) {
        for name in wanted.iter().filter(|name| suites.iter().all(|suite| suite.name != **name)) {
            let text = format!("unknown suite '{name}'{}", suite_hint(name, suites));
            self.complaints.push(Complaint::new("--suite", text));
        }
    }
}

fn rules(suites: &[Suite]) -> Vec<ThresholdRule> {
    suites
        .iter()
        .flat_map(|suite| suite.metrics.iter().map(move |rule| (suite, rule)))
        .filter_map(|(suite, rule)| {
            let (suite, metric) = (suite.name.clone(), Some(rule.name.clone()));
            rule.threshold.map(|threshold| ThresholdRule { suite, metric, threshold })
        })
        .collect()
}

fn removed(suites: &[Suite]) -> Vec<GlobMatcher> {
    suites
        .iter()
        .flat_map(|suite| suite.removed.iter().map(move |glob| format!("{}/{glob}", literal(&suite.name))))
        .filter_map(|glob| parse_glob(&glob).ok())
        .collect()
}

/// Waivers and budgets that can match nothing: said, because a mistyped limit protects nobody.
fn unmatched(file: &File, suites: &[Suite]) -> Vec<String> {
    if suites.is_empty() {
        return Vec::new();
    }
    let waivers = file.waivers.iter().map(|waiver| (&waiver.benchmark, &waiver.metric, &waiver.place, "waiver"));
    let limits = file.limits.iter().map(|Placed { value, place }| (&value.benchmark, &value.metric, place, "budget"));
    waivers
        .chain(limits)
        .filter_map(|(benchmark, metric, place, what)| {
            let prefix = benchmark.glob().glob().split('/').next().unwrap_or_default();
            let open = prefix.contains(['*', '?', '[', '{', '\\']);
            let meant: Vec<&Suite> = suites.iter().filter(|suite| open || suite.name == prefix).collect();
            if meant.is_empty() {
                let next = suite_hint(prefix, suites);
                return Some(format!("{place}: this {what} matches nothing: there is no suite '{prefix}'{next}"));
            }
            let measured = meant.iter().any(|suite| measures(suite, metric));
            (!measured).then(|| format!("{place}: this {what} matches nothing: no suite it names measures '{metric}'"))
        })
        .collect()
}

fn measures(suite: &Suite, metric: &str) -> bool {
    let own = match &suite.kind {
        // What the harness gives shows when it has run.
        Kind::Harness(_) if suite.metrics.is_empty() => return true,
        Kind::Criterion(_) | Kind::Harness(_) => None,
        Kind::Command(commands) => Some(commands.commands.iter().filter_map(|command| command.metrics.as_ref())),
    };
    suite.metrics.iter().any(|rule| rule.name == metric)
        || own.is_some_and(|mut lists| lists.any(|list| list.iter().any(|own| own.name == metric)))
}
