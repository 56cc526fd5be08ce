//! Comparisons and policy make verdicts; verdicts and states make the outcome.
//!
//! Floor 2. Reads no file, no clock, no environment: the same record and policy always give the same judgement.

mod comparison;
mod policy;
mod verdict;

pub use comparison::{AppliedWaiver, BudgetCheck, BudgetVerdict, Comparison, JudgedState, SideSummary};
pub use policy::{Level, Limit, Policy, ThresholdRule, Waiver};
pub use verdict::{Outcome, Verdict};
