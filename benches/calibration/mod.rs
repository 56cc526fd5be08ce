//! Whole gate runs on known truth: the real scheduler and the real judge, over noise that is drawn instead of measured.
//!
//! Everything is seeded, so every rate is the same each time, to the digit.
#![allow(dead_code, reason = "the test and the bench each use a part")]

pub(crate) mod gate;
pub(crate) mod noise;
pub(crate) mod peers;
pub(crate) mod real;
pub(crate) mod scenarios;
pub(crate) mod tally;
