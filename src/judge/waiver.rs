//! Waivers: what they cover, why one covers nothing, and how one is written down.

use super::{Comparison, JudgedState, Policy, Verdict, WHOLE_SUITE};
use globset::GlobMatcher;
use std::fmt;

/// What a waiver for every metric has in place of its name; no configuration can say so.
pub const EVERY_METRIC: &str = "*";

/// A reviewed, expiring acceptance of one regression.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Matches `suite/benchmark`.
    pub benchmark: GlobMatcher,
    /// The metric's name, or [`EVERY_METRIC`].
    pub metric: String,
    /// The largest accepted change, as a fraction.
    pub ceiling: f64,
    /// The last day it holds, `YYYY-MM-DD`.
    pub until: String,
    /// Why.
    pub reason: String,
    /// Where it is discussed; not followed.
    pub issue: Option<String>,
    /// Where it stands, `file:line:column`.
    pub place: String,
}

impl Waiver {
    fn names(&self, row: &Comparison) -> bool {
        (self.metric == row.metric || self.metric == EVERY_METRIC) && self.benchmark.is_match(name(row))
    }

    fn is_over(&self, policy: &Policy) -> bool {
        policy.today > self.until
    }

    fn suffices(&self, row: &Comparison) -> bool {
        row.effect().is_some_and(|effect| effect <= self.ceiling)
    }
}

fn name(row: &Comparison) -> String {
    format!("{}/{}", row.suite, row.benchmark)
}

/// The waiver in force that covers a regression: not expired, and its ceiling not exceeded.
pub(super) fn covering<'p>(row: &Comparison, policy: &'p Policy) -> Option<&'p Waiver> {
    let red = row.verdict == Verdict::Regression;
    let all = policy.waivers.iter().chain(&policy.lighter);
    all.into_iter().find(|waiver| red && waiver.names(row) && waiver.suffices(row) && !waiver.is_over(policy))
}

/// Waivers that were meant for a regression of this run and do not cover it, a sentence each.
#[must_use]
pub fn lapsed(rows: &[Comparison], policy: &Policy) -> Vec<String> {
    let red = |row: &&Comparison| row.verdict == Verdict::Regression && row.waiver.is_none();
    let sentence = |waiver: &Waiver| {
        let over = waiver.is_over(policy);
        // One that is over and too low besides would not have covered it.
        let mut named = rows.iter().filter(red).filter(|row| waiver.names(row) && waiver.suffices(row) == over);
        let (first, more) = (named.next()?, named.count());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = format!("{} {}{more}", name(first), first.metric);
        Some(if over {
            format!("{}: this waiver expired on {} and no longer covers {what}", waiver.place, waiver.until)
        } else {
            let ceiling = 100.0 * waiver.ceiling;
            format!("{}: this waiver does not cover {what}: beyond its ceiling of {ceiling} %", waiver.place)
        })
    };
    policy.waivers.iter().chain(&policy.lighter).filter_map(sentence).collect()
}

/// Waivers and trailers that match nothing of a whole run, a sentence each. A label accepts whatever there is.
#[must_use]
pub fn unused(rows: &[Comparison], states: &[JudgedState], policy: &Policy) -> Vec<String> {
    // Which benchmarks such a suite holds is not known.
    if states.iter().any(|state| state.benchmark == WHOLE_SUITE) {
        return Vec::new();
    }
    let listed = |waiver: &Waiver, state: &JudgedState| {
        waiver.benchmark.is_match(format!("{}/{}", state.suite, state.benchmark))
    };
    let named = policy.lighter.iter().filter(|waiver| waiver.metric != EVERY_METRIC);
    let idle = policy.waivers.iter().chain(named).filter(|waiver| {
        !rows.iter().any(|row| waiver.names(row)) && !states.iter().any(|state| listed(waiver, state))
    });
    let sentence = |waiver: &Waiver| {
        let (benchmark, metric) = (waiver.benchmark.glob().glob(), &waiver.metric);
        format!("{}: this waiver is unused: no benchmark of this run is '{benchmark}' with {metric}", waiver.place)
    };
    idle.map(sentence).collect()
}

impl Comparison {
    /// The ceiling that a waiver of this row needs: the worse end of its interval, in whole percent.
    #[must_use]
    pub fn ceiling(&self) -> Option<f64> {
        let worst = match (self.interval, self.better) {
            (None, _) => self.effect(),
            (Some([_, hi]), crate::model::Better::Lower) => Some(hi - 1.0),
            (Some([lo, _]), crate::model::Better::Higher) => Some(1.0 / lo - 1.0),
        };
        worst.filter(|worst| worst.is_finite()).map(|worst| (100.0 * worst).ceil())
    }
}

/// The glob that matches this name and no other.
#[must_use]
pub fn literal(name: &str) -> String {
    globset::escape(name).replace('\\', "\\\\")
}

/// A `[[waiver]]` as `benchgate.toml` holds it.
#[derive(Clone, Copy, Debug)]
pub struct Stanza<'a> {
    /// A glob on `suite/benchmark`.
    pub benchmark: &'a str,
    /// The metric's name.
    pub metric: &'a str,
    /// With its percent sign.
    pub ceiling: &'a str,
    /// A day, `YYYY-MM-DD`, or what stands for one.
    pub until: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Where it is discussed.
    pub issue: Option<&'a str>,
}

impl fmt::Display for Stanza<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { benchmark, metric, ceiling, until, reason, issue } = *self;
        writeln!(f, "[[waiver]]\nbenchmark = {}\nmetric = {}", quoted(benchmark), quoted(metric))?;
        writeln!(f, "ceiling = {}\nuntil = {until}\nreason = {}", quoted(ceiling), quoted(reason))?;
        issue.map_or(Ok(()), |issue| writeln!(f, "issue = {}", quoted(issue)))
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.extend(["\\u", &format!("{:04X}", u32::from(c))]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
