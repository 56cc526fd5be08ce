//! Arithmetic on slices: what the numbers of two sides say about each other.
//!
//! Floor 1. Knows the warnings of [`crate::model`] and nothing else of ours: no policy, no verdict, no file, no clock.
//! Every function is pure and total: it answers for any finite input, and says in a warning what it could not do.
//! Effects, thresholds and intervals are natural logarithms of head/base unless said otherwise; formulas are those of
//! `docs/method.md`, with their sources. What no verdict rests on is in [`left_out`].

pub mod bisection;
pub mod blocks;
pub mod changepoints;
pub mod dependence;
pub mod exact;
mod factor_table;
pub mod hodges_lehmann;
pub mod left_out;
pub mod multiplicity;
mod paired;
pub mod power;
pub mod rank;
mod sequential;
pub mod series;
mod settings;
mod significance;
mod special;
pub mod stored;
pub mod summary;
mod trimmed;
pub mod unpaired;
mod variance;

pub use paired::{Paired, PairedInput, deviation, paired};
pub use sequential::{FIRST_LOOK_MIN, LAST_LOOK_MAX, Looks, REGULAR_PAIRS, Spending};
pub use settings::Settings;
pub use significance::Significance;

#[cfg(test)]
mod tests;
