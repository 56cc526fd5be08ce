//! A finished search to the value that is shown.

use super::{Ends, Found, Hunt};
use crate::bisect::{Search, Standing};
use crate::git::Commit;
use crate::model::{BenchmarkId, Better, Cost, Metric, SCHEMA, Tool, Unit};
use crate::report::bisected::{Bisected, Difference, Ending, Named, Treatment, Visited};

/// Candidates that are looked at one by one.
const LOOKED_AT_MAX: usize = 5;

/// What is said of a search.
pub(super) fn answer(hunt: &Hunt<'_>, good: &Commit, certainty: f64, found: Found) -> Bisected {
    let (id, metric, difference, search) = match found {
        Found::Identical(id) => (id, None, untouched(hunt), None),
        Found::Alike(ends) => (ends.row.id.clone(), Some(ends.row.metric.clone()), difference(hunt, &ends), None),
        Found::Searched(ends, search) => {
            (ends.row.id.clone(), Some(ends.row.metric.clone()), difference(hunt, &ends), Some(search))
        }
    };
    let standing = search.as_deref().map(Search::standing);
    let ending = match &standing {
        None => Ending::NoDifference,
        Some(standing) if standing.probability >= certainty => Ending::Found,
        Some(standing) if standing.no_culprit >= certainty => Ending::NoCulprit,
        Some(_) => Ending::Narrowed,
    };
    let of = |commits: &[usize]| -> Vec<Named> { commits.iter().map(|&commit| named(&hunt.line[commit])).collect() };
    let standing = standing.unwrap_or_else(Standing::default);
    let (name, unit, better) = about(hunt, metric);
    let mut answer = Bisected {
        schema: SCHEMA,
        tool: Tool::this(),
        ending,
        good: named(good),
        bad: named(&hunt.project.head_commit),
        suite: id.suite.clone(),
        benchmark: id.benchmark.clone(),
        metric: name,
        unit,
        better,
        environment: hunt.workshop.environment.clone(),
        seed: hunt.seed,
        certainty,
        difference,
        culprits: if ending == Ending::Found { of(&standing.culprits) } else { Vec::new() },
        probability: standing.probability,
        no_culprit: standing.no_culprit,
        candidates: of(&standing.credible),
        commits: (0..hunt.line.len()).map(|commit| visited(hunt, commit, &standing, search.as_deref())).collect(),
        cost: Cost { build_s: hunt.workshop.build_s, ..hunt.cost },
        next: Vec::new(),
        notes: hunt.notes.clone(),
    };
    answer.notes.extend(missing(hunt, &answer, search.as_deref()));
    answer.next = next(hunt, &answer, &id);
    answer
}

fn named(commit: &Commit) -> Named {
    Named { revision: commit.id.clone(), summary: commit.summary.clone() }
}

fn about(hunt: &Hunt<'_>, metric: Option<Metric>) -> (String, Unit, Better) {
    match metric {
        Some(metric) => (metric.name, metric.unit, metric.better),
        None => (hunt.args.metric.clone().unwrap_or_default(), Unit::One, Better::Lower),
    }
}

fn untouched(hunt: &Hunt<'_>) -> Difference {
    Difference { ratio: 1.0, interval: None, confidence: 1.0 - hunt.alpha(), pairs: 0 }
}

fn difference(hunt: &Hunt<'_>, ends: &Ends) -> Difference {
    let interval = ends.seen.interval.map(|(low, high)| [low.exp(), high.exp()]);
    Difference {
        ratio: ends.seen.estimate.exp(),
        interval: interval.filter(|ends| ends.iter().all(|end| end.is_finite())),
        confidence: 1.0 - hunt.alpha(),
        pairs: ends.seen.pairs,
    }
}

fn visited(hunt: &Hunt<'_>, commit: usize, standing: &Standing, search: Option<&Search>) -> Visited {
    let pairs = search.map_or(&[][..], |search| search.pairs(commit));
    let launched = hunt.launched.contains_key(&commit);
    let detail = hunt.details.get(&commit).cloned().unwrap_or_default();
    let treatment = match search {
        Some(search) if search.is_skipped(commit) => Treatment::Skipped,
        _ if launched => Treatment::Measured,
        _ if !detail.is_empty() => Treatment::Same,
        _ => Treatment::Untouched,
    };
    let mean = pairs.iter().sum::<f64>() / (pairs.len() as f64);
    Visited {
        commit: named(&hunt.line[commit]),
        probability: standing.posterior.get(commit).copied().unwrap_or(0.0),
        treatment,
        pairs: pairs.len() as u32,
        ratio: mean.is_finite().then(|| mean.exp()),
        detail,
    }
}

/// What keeps the search from its end.
fn missing(hunt: &Hunt<'_>, answer: &Bisected, search: Option<&Search>) -> Option<String> {
    match answer.ending {
        Ending::Found => None,
        Ending::NoDifference if answer.difference.pairs == 0 => {
            Some("the executables of both ends are the same bytes, and they read the same files".to_owned())
        }
        Ending::NoDifference => Some(format!(
            "more pairs may show a smaller difference: --budget, and 'max-rounds' below [gate]; {} were measured",
            answer.difference.pairs
        )),
        Ending::NoCulprit => Some("several small steps, or a change that comes and goes, look like this".to_owned()),
        Ending::Narrowed if hunt.left().is_zero() => {
            Some("with --resume and a larger --budget the search goes on where it stopped".to_owned())
        }
        Ending::Narrowed => search.map(|search| {
            format!(
                "more launches of these commits would not tell them apart: builds differ by about {:.1} % although nothing that is \
                 launched differs, and the step is {:.1} %",
                100.0 * search.build_sd(),
                100.0 * (answer.difference.ratio - 1.0).abs()
            )
        }),
    }
}

/// What to type next. Names are foreign, and are quoted for a shell.
fn next(hunt: &Hunt<'_>, answer: &Bisected, id: &BenchmarkId) -> Vec<String> {
    let bench = quoted(&id.to_string());
    let looked_at = match answer.ending {
        Ending::Found => &answer.culprits,
        Ending::Narrowed => &answer.candidates,
        Ending::NoCulprit | Ending::NoDifference => return Vec::new(),
    };
    let mut commands: Vec<String> =
        looked_at.iter().take(LOOKED_AT_MAX).map(|commit| format!("git show {}", commit.revision)).collect();
    if let ([Named { revision, .. }], Ending::Found) = (answer.culprits.as_slice(), answer.ending) {
        commands.push(format!("benchgate check --base {revision}^ --head {revision} --against paired --bench {bench}"));
        let commit = hunt.line.iter().find(|commit| commit.id == *revision);
        if commit.is_some_and(|commit| hunt.project.repo.is_merge(commit)) {
            commands.push(format!(
                "benchgate bisect $(git merge-base {revision}^1 {revision}^2) {revision}^2 --bench {bench}"
            ));
        }
    }
    commands
}

/// A text as one word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.:".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
