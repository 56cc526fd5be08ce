//! A machine's own words and an A/A run become a diagnosis: facts with what they mean, what each kind of work can show,
//! what to do.
//!
//! Floor 4. Reads no file, no clock, no environment: the same input always gives the same diagnosis.

mod advice;
mod facts;
mod kinds;

use crate::judge::Policy;
use crate::model::{Activity, Environment, Machine, RunRecord, SCHEMA, Tool};
use crate::report::diagnosis::{Diagnosis, SelfTest, Terms};
use std::collections::BTreeMap;

/// Benchmarks that a suite is taken to have: what a budget is shared by.
pub const BENCHMARKS: u32 = 20;

/// An A/A run, as measured.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Everything observed; base and head are the same bytes.
    pub record: RunRecord,
    /// Seconds of one launch of each benchmark, benchgate's own share included: the median.
    pub launch_s: BTreeMap<String, f64>,
    /// What each benchmark does.
    pub about: BTreeMap<String, String>,
    /// The CPUs that launches were pinned to.
    pub cpus: Option<Vec<usize>>,
}

/// Everything that is known of a machine.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What it says of itself.
    pub machine: Machine,
    /// What else happened on it.
    pub activity: Activity,
    /// What decides whether two runs may be compared.
    pub environment: Environment,
    /// What was measured, if anything was.
    pub trial: Option<Trial>,
}

/// Says what is known, what it means, and what to do. `policy` is the gate's.
#[must_use]
pub fn diagnose(examined: &Examined, terms: &Terms, policy: &Policy) -> Diagnosis {
    let facts = facts::facts(&examined.machine, examined.activity);
    let measured = examined.trial.as_ref().map(|trial| self_test(trial, terms, policy));
    let advice = advice::advice(&examined.machine, &facts, measured.as_ref());
    Diagnosis { schema: SCHEMA, tool: Tool::this(), environment: examined.environment.clone(), facts, measured, advice }
}

fn self_test(trial: &Trial, terms: &Terms, policy: &Policy) -> SelfTest {
    let record = &trial.record;
    SelfTest {
        seed: record.seed,
        pairs: record.looks.last().copied().unwrap_or(0),
        launches: record.cost.launches,
        measure_s: record.cost.measure_s,
        cpus: trial.cpus.clone(),
        terms: *terms,
        kinds: kinds::kinds(trial, terms, policy),
        states: record.states.clone(),
    }
}

#[cfg(test)]
mod tests;
