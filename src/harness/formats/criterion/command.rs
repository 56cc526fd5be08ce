//! How a criterion executable is asked: pure functions from its texts to the arguments of the next launch.

use crate::harness::BENCHMARKS_MAX;
use crate::harness::error::shown_name;
use crate::harness::source::check_name;
use std::collections::BTreeSet;

/// How a criterion executable takes its filter and its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Knows `--exact` and fractions of a second: recent criterion, 0.8 among them.
    Exact,
    /// The filter is a regular expression, times are whole seconds: criterion 0.3.
    Pattern,
}

/// Whether `--help` is a criterion executable's, and not libtest's.
pub fn is_criterion(help_text: &str) -> bool {
    help_text.contains("This executable is a Criterion.rs benchmark")
}

/// Which dialect an executable with this `--help` speaks.
pub fn dialect(help_text: &str) -> Dialect {
    let is_flag = |word: &str| word == "--exact";
    if help_text.split_whitespace().any(is_flag) { Dialect::Exact } else { Dialect::Pattern }
}

/// What `--list` printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The benchmarks, each once, in the order printed. A name of more than 100 bytes is cut by criterion and ends in
    /// `...`; [`launch_arguments`] and `read_launch` know that.
    pub names: Vec<String>,
    /// Names that were printed more than once.
    pub duplicates: Vec<String>,
    /// Why some lines are not in `names`, one sentence each: names with control characters, too long, or too many.
    pub refused: Vec<String>,
}

/// Arguments that make an executable print its benchmarks. Without `--bench` criterion 0.3 would run them.
pub fn list_arguments() -> Vec<String> {
    ["--bench", "--list"].map(str::to_owned).to_vec()
}

/// Reads the output of `--list`: lines `NAME: benchmark`, or `NAME: bench` from criterion 0.3. Everything else (blank
/// lines, "Gnuplot not found", libtest's count) is not a benchmark.
pub fn parse_list(stdout: &str) -> List {
    let mut list = List::default();
    let mut seen = BTreeSet::new();
    let mut repeated = BTreeSet::new();
    for line in stdout.lines() {
        // Only the last suffix: the name itself may hold one.
        let Some(name) = line.strip_suffix(": benchmark").or_else(|| line.strip_suffix(": bench")) else { continue };
        if seen.contains(name) {
            if repeated.insert(name) {
                list.duplicates.push(name.to_owned());
            }
        } else if list.names.len() + list.refused.len() == BENCHMARKS_MAX {
            list.refused.push(format!("{} and what follows: more than {BENCHMARKS_MAX} benchmarks", shown_name(name)));
            break;
        } else if let Err(problem) = check_name(name) {
            list.refused.push(problem);
        } else {
            seen.insert(name);
            list.names.push(name.to_owned());
        }
    }
    list
}

/// How long one launch measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaunchSettings {
    /// Seconds before measuring.
    pub warm_up_s: f64,
    /// Seconds to measure.
    pub measure_s: f64,
    /// Batches to time; criterion refuses fewer than 10.
    pub sample_size: u32,
}

impl Default for LaunchSettings {
    /// By measurement the narrowest interval per second (`docs/method.md`): 0.05 s as a whole, for quick benchmarks.
    fn default() -> Self {
        Self { warm_up_s: 0.01, measure_s: 0.03, sample_size: SAMPLE_SIZE_MIN }
    }
}

/// criterion's own least sample size.
const SAMPLE_SIZE_MIN: u32 = 10;

/// Bootstrap resamples: criterion's analysis is not used, so as few as it survives. It accepts 1, but then reads behind
/// the end of a list (0.8.2 `stats/univariate/percentiles.rs`: undefined, an abort where the bench profile has debug
/// assertions). As an argument it brings no warning; criterion's `nresamples()` would, below 1001.
const RESAMPLES: &str = "2";

/// Least and most seconds that an argument may say.
const SECONDS: (f64, f64) = (0.001, 3_600.0);

/// Arguments that launch exactly the benchmark `name`, without plots and with as little analysis as possible.
///
/// The name comes last, behind `--`, so that it may begin with a dash.
pub fn launch_arguments(name: &str, settings: &LaunchSettings, dialect: Dialect) -> Vec<String> {
    let seconds = |seconds: f64| match dialect {
        Dialect::Exact => seconds.max(SECONDS.0).min(SECONDS.1).to_string(),
        Dialect::Pattern => seconds.max(1.0).min(SECONDS.1).ceil().to_string(),
    };
    let mut arguments: Vec<String> = ["--bench", "--noplot"].map(str::to_owned).to_vec();
    let filter = match (dialect, cut_stem(name)) {
        // The rest of the id is unknown, so its beginning has to do.
        (_, Some(stem)) => format!("^{}", escape(stem)),
        (Dialect::Pattern, None) => format!("^{}$", escape(name)),
        (Dialect::Exact, None) => {
            arguments.push("--exact".into());
            name.to_owned()
        }
    };
    for (flag, value) in [
        ("--warm-up-time", seconds(settings.warm_up_s)),
        ("--measurement-time", seconds(settings.measure_s)),
        ("--sample-size", settings.sample_size.max(SAMPLE_SIZE_MIN).to_string()),
        ("--nresamples", RESAMPLES.to_owned()),
        ("--", filter),
    ] {
        arguments.extend([flag.to_owned(), value]);
    }
    arguments
}

/// The id's beginning, if `name` looks cut: criterion lists at most 100 bytes of an id, at a character's boundary, and
/// then `...`.
fn cut_stem(name: &str) -> Option<&str> {
    name.strip_suffix("...").filter(|stem| (97..=100).contains(&stem.len()))
}

/// Escapes what means something in a regular expression.
fn escape(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
