//! Arithmetic on slices: what the numbers of two sides say about each other.
//!
//! Floor 1. Knows the warnings of [`crate::model`] and nothing else of ours: no policy, no verdict, no file, no clock.
//! Every function is pure and total: it answers for any finite input, and says in a warning what it could not do.
//! Effects, thresholds and intervals are natural logarithms of head/base unless said otherwise; formulas are those of
//! `docs/method.md`, with their sources.

pub mod blocks;
pub mod dependence;
pub mod exact;
mod factor_table;
pub mod multiplicity;
mod paired;
pub mod power;
mod sequential;
mod settings;
mod special;
pub mod stored;
pub mod summary;
mod trimmed;
pub mod unpaired;
mod variance;

pub use paired::{Paired, PairedInput, paired};
pub use sequential::{FIRST_LOOK_MIN, LAST_LOOK_MAX, Looks, REGULAR_PAIRS};
pub use settings::Settings;

/// The settings of [`paired`].
pub type PairedSettings = Settings;

#[cfg(test)]
mod tests;
