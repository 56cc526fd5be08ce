//! Records to reports: the last step of every command that judges.

use crate::cmd::project::now;
use crate::cmd::project::policy::Changed;
use crate::config::Config;
use crate::judge::{hollow, lapsed, renamed};
use crate::model::{Cost, Environment, Origin, RunRecord, SCHEMA, Tool};
use crate::report::{PolicySummary, Report};
use crate::stats::Looks;
use std::time::Instant;

/// The looks of a record; `None` where they are no plan of paired looks.
pub(in crate::cmd) fn looks_of(record: &RunRecord) -> Option<Looks> {
    Looks::new(&record.looks).ok()
}

/// Judges a record and makes the report of it.
pub(in crate::cmd) fn report(
    record: &RunRecord,
    config: &Config,
    looks: Option<&Looks>,
    changed: &Changed,
    mut notes: Vec<String>,
) -> Report {
    let began = Instant::now();
    let judgement = changed.judge(record, &config.policy, looks, &mut notes);
    notes.extend(lapsed(&judgement.comparisons, &config.policy));
    notes.extend(renamed(&judgement.states));
    notes.extend(hollow(&judgement.comparisons));
    let cost = Cost { analyse_s: record.cost.analyse_s + began.elapsed().as_secs_f64(), ..record.cost };
    Report {
        schema: SCHEMA,
        tool: Tool::this(),
        outcome: judgement.outcome,
        base: record.base.clone(),
        head: record.head.clone(),
        environment: record.environment.clone(),
        started: Some(record.started.clone()),
        policy: PolicySummary {
            alpha: config.policy.alpha,
            threshold: config.policy.threshold,
            changed_in_head: !changed.keys.is_empty(),
            changes: changed.keys.clone(),
            on_inconclusive: changed.on_inconclusive(&config.policy),
        },
        comparisons: judgement.comparisons,
        states: judgement.states,
        budgets: judgement.budgets,
        cost,
        notes,
    }
}

/// A record without rows.
pub(in crate::cmd) fn empty_record(
    head: Origin,
    base: Option<Origin>,
    environment: Environment,
    looks: &[u32],
) -> RunRecord {
    RunRecord {
        schema: SCHEMA,
        tool: Tool::this(),
        started: now(),
        seed: 0,
        base,
        head,
        trigger: None,
        environment,
        looks: looks.to_vec(),
        rows: Vec::new(),
        states: Vec::new(),
        cost: Cost::default(),
        durations: Vec::new(),
        shard: None,
    }
}

/// Sorts a record's rows and states, so that equal runs give equal files.
pub(in crate::cmd) fn sort(record: &mut RunRecord) {
    record.rows.sort_by(|a, b| (&a.id, &a.metric.name).cmp(&(&b.id, &b.metric.name)));
    record.states.sort_by(|a, b| (&a.id, a.state).cmp(&(&b.id, b.state)));
}
