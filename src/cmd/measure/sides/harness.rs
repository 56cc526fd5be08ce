//! Benchmarks of another harness on the two sides, by what one launch of each yielded.

use super::{Found, Layout, NOT_BUILT};
use crate::config::{HarnessSuite, Kind, Suite};
use crate::judge::WHOLE_SUITE;
use crate::model::{BenchmarkId, Metric, Side, State, StateEntry};
use crate::plan::{OUTPUT, Planned, Read};
use crate::run::build::{Built, clean_join};
use crate::run::result::words;
use std::collections::{BTreeMap, BTreeSet};

/// The metrics of each benchmark.
type Listing<'a> = BTreeMap<&'a str, Vec<&'a Metric>>;

/// Benchmarks that failed, each with the reason.
type Failed<'a> = BTreeMap<&'a str, &'a str>;

impl Layout<'_> {
    pub(super) fn harness(
        &self,
        suite: &Suite,
        settings: &HarnessSuite,
        base_suite: Option<&Suite>,
        (base, head): (Option<&Built>, &Built),
        found: &mut Found,
    ) {
        let same_command = base.is_none() || base_suite.is_none_or(|theirs| runs_the_same(theirs, suite, settings));
        if !same_command {
            found
                .notes
                .push(format!("head's configuration changes what suite '{}' runs: both sides run head's", suite.name));
            let detail = "head's configuration launches something else for this suite".to_owned();
            let id = BenchmarkId::new(&suite.name, WHOLE_SUITE);
            found.states.push(StateEntry { id, state: State::Missing, side: None, detail });
        }
        let same = same_command && base.is_some_and(|base| base.files == head.files);
        let identical = !self.told && same && !self.data_changed(false, &[]);
        let before = base.map_or_else(|| Ok(Failed::new()), |base| failed_on(base, Some(head)));
        let (failed_before, failed_after) = match (before, failed_on(head, base)) {
            (Ok(before), Ok(after)) => (before, after),
            (before, after) => {
                let sides = [(Side::Base, before), (Side::Head, after)].into_iter();
                let failed = sides.filter_map(|(side, of)| Some(whole_failed(suite, side, of.err()?)));
                return found.states.extend(failed);
            }
        };
        self.failed(suite, base_suite, (&failed_before, &failed_after), found);
        let (before, after) = (base.map(|base| listing(suite, base)), listing(suite, head));
        found.states.extend(unmet(suite, head));
        let mut chosen: Vec<(BenchmarkId, Vec<Metric>)> = Vec::new();
        let names: BTreeSet<&str> =
            before.iter().flatten().map(|(name, _)| *name).chain(after.keys().copied()).collect();
        for name in names {
            let id = BenchmarkId::new(&suite.name, name);
            let has_failed = failed_before.contains_key(name) || failed_after.contains_key(name);
            if has_failed || !self.chosen(suite, base_suite, &id, found) {
                continue;
            }
            let mut state = |state, detail: String| {
                found.states.push(StateEntry { id: id.clone(), state, side: None, detail });
            };
            match (before.as_ref().map(|before| before.get(name)), after.get(name)) {
                (Some(None), Some(_)) => state(State::New, String::new()),
                (Some(Some(_)), None) => state(State::Missing, "head's suite no longer yields it".to_owned()),
                (Some(Some(_)), Some(_)) if identical => state(State::Identical, String::new()),
                (Some(Some(before)), Some(after)) => {
                    let gone: Vec<&str> = absent(before, after);
                    if !gone.is_empty() {
                        state(State::Missing, format!("head no longer yields {}", gone.join(", ")));
                    }
                    let added = absent(after, before);
                    if !added.is_empty() {
                        state(State::New, format!("only head yields {}", added.join(", ")));
                    }
                    let both: Vec<Metric> = after.iter().filter(|m| before.contains(m)).map(|m| (*m).clone()).collect();
                    chosen.extend((!both.is_empty()).then_some((id, both)));
                }
                (None, Some(only)) => chosen.push((id, only.iter().map(|metric| (*metric).clone()).collect())),
                (_, None) => {}
            }
        }
        if settings.is_selective() {
            let alone = chosen.into_iter().map(|benchmark| self.harness_launch(suite, settings, vec![benchmark]));
            found.planned.extend(alone);
        } else if !chosen.is_empty() {
            found.planned.push(self.harness_launch(suite, settings, chosen));
        }
    }

    /// Benchmarks that failed while the sides were asked what they yield; of neither side alone where both fail.
    fn failed(
        &self,
        suite: &Suite,
        base_suite: Option<&Suite>,
        (base, head): (&Failed<'_>, &Failed<'_>),
        found: &mut Found,
    ) {
        let mut failed: BTreeMap<&str, (Option<Side>, &str)> = BTreeMap::new();
        let sides = [(Side::Base, base), (Side::Head, head)];
        for (side, (name, why)) in sides.into_iter().flat_map(|(side, of)| of.iter().map(move |one| (side, one))) {
            failed.entry(name).and_modify(|known| known.0 = None).or_insert((Some(side), why));
        }
        for (name, (side, why)) in failed {
            let id = BenchmarkId::new(&suite.name, name);
            if self.chosen(suite, base_suite, &id, found) {
                found.states.push(StateEntry { id, state: State::Failed, side, detail: why.to_owned() });
            }
        }
    }

    /// A launch of one benchmark where it can be asked for alone, else of the whole suite.
    fn harness_launch(
        &self,
        suite: &Suite,
        settings: &HarnessSuite,
        yields: Vec<(BenchmarkId, Vec<Metric>)>,
    ) -> Planned {
        let whole = || BenchmarkId::new(&suite.name, WHOLE_SUITE);
        let (id, run) = match yields.as_slice() {
            [(only, _)] if settings.is_selective() => (only.clone(), settings.alone(&only.benchmark, OUTPUT)),
            [(only, _)] => (only.clone(), settings.all(OUTPUT)),
            _ => (whole(), settings.all(OUTPUT)),
        };
        let is_group = yields.len() > 1;
        let (members, metrics): (Vec<BenchmarkId>, Vec<Metric>) = yields
            .into_iter()
            .flat_map(|(id, metrics)| metrics.into_iter().map(move |metric| (id.clone(), metric)))
            .unzip();
        Planned {
            members: if is_group { members } else { Vec::new() },
            directory: clean_join(self.folder, &suite.directory),
            ..self.launch(suite, id, metrics, words(&run), Read::Harness(settings.harness.clone()))
        }
    }
}

fn runs_the_same(base: &Suite, head: &Suite, settings: &HarnessSuite) -> bool {
    let rest = |suite: &Suite| (suite.timeout, suite.directory.clone(), suite.environment.clone(), suite.cpus.clone());
    let same =
        matches!(&base.kind, Kind::Harness(theirs) if theirs.run == settings.run && theirs.harness == settings.harness);
    same && rest(base) == rest(head)
}

/// What failed on a side: whatever says so, and in a launch that failed and does not tell who did, whatever the other side yields
/// and this one lacks. An error where that is nothing: then the numbers that it left are nobody's word for a pass.
fn failed_on<'a>(built: &'a Built, other: Option<&'a Built>) -> Result<Failed<'a>, &'a str> {
    let mut failed: Failed<'a> = built.failed.iter().map(|(name, why)| (name.as_str(), why.as_str())).collect();
    let Some(why) = &built.unexplained else { return Ok(failed) };
    let names = |built: &'a Built| built.listed.iter().map(|one| one.benchmark.as_str());
    let own: BTreeSet<&str> = names(built).collect();
    let lacking = other.into_iter().flat_map(names).filter(|name| !own.contains(name));
    failed.extend(lacking.map(|name| (name, why.as_str())));
    if failed.is_empty() { Err(why) } else { Ok(failed) }
}

/// A side of a suite that was launched in vain.
fn whole_failed(suite: &Suite, side: Side, why: &str) -> StateEntry {
    let detail = format!("{NOT_BUILT}: {why}");
    StateEntry { id: BenchmarkId::new(&suite.name, WHOLE_SUITE), state: State::Failed, side: Some(side), detail }
}

/// Metrics that the suite names and nothing yields: a mistyped name must not leave a suite out in silence.
fn unmet(suite: &Suite, head: &Built) -> Option<StateEntry> {
    let given: BTreeSet<&str> = head.listed.iter().map(|one| one.metric.name.as_str()).collect();
    let wanted = suite.metrics.iter().map(|rule| rule.name.as_str());
    let unmet: Vec<&str> = wanted.filter(|name| !given.contains(name)).collect();
    let given: Vec<&str> = given.into_iter().collect();
    (!unmet.is_empty()).then(|| StateEntry {
        id: BenchmarkId::new(&suite.name, WHOLE_SUITE),
        state: State::Missing,
        side: None,
        detail: format!(
            "its harness gives no {}; it gives {}: correct 'metrics' in the suite",
            unmet.join(", "),
            given.join(", ")
        ),
    })
}

/// What a side yields of the metrics that the suite wants.
fn listing<'a>(suite: &Suite, built: &'a Built) -> Listing<'a> {
    let wanted =
        |metric: &Metric| suite.metrics.is_empty() || suite.metrics.iter().any(|rule| rule.name == metric.name);
    let mut listing = Listing::new();
    for one in built.listed.iter().filter(|one| wanted(&one.metric)) {
        listing.entry(&one.benchmark).or_default().push(&one.metric);
    }
    listing
}

fn absent<'a>(before: &[&'a Metric], after: &[&Metric]) -> Vec<&'a str> {
    before.iter().filter(|metric| !after.contains(metric)).map(|metric| metric.name.as_str()).collect()
}
