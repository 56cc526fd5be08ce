//! Arithmetic on slices: what the numbers of two sides say about each other.
//!
//! Floor 1. Knows the warnings of [`crate::model`] and nothing else of ours: no policy, no verdict, no file, no clock.
//! Every function is pure and total: it answers for any finite input, and says in a warning what it could not do.
//! Effects, thresholds and intervals are natural logarithms of head/base unless said otherwise; formulas are those of
//! `docs/method.md`, with their sources.

pub mod anytime;
pub mod bisection;
pub mod blocks;
pub mod changepoints;
pub mod components;
pub mod dependence;
pub mod exact;
mod factor_table;
pub mod hodges_lehmann;
pub mod modality;
pub mod multiplicity;
mod paired;
pub mod power;
pub mod prediction;
pub mod quantiles;
pub mod rank;
pub mod ratio;
pub mod resample;
mod sequential;
pub mod series;
mod settings;
pub mod shape;
mod significance;
mod special;
pub mod stored;
pub mod student;
pub mod summary;
pub mod trend;
mod trimmed;
pub mod unpaired;
mod variance;

pub use paired::{Paired, PairedInput, deviation, paired};
pub use sequential::{FIRST_LOOK_MIN, LAST_LOOK_MAX, Looks, REGULAR_PAIRS, Spending};
pub use settings::Settings;
pub use significance::Significance;

/// The settings of [`paired`].
pub type PairedSettings = Settings;

#[cfg(test)]
mod tests;
