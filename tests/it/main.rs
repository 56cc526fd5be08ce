//! The one test binary beside the unit tests: whole-program tests, and the house rules.

mod docs;
mod floors;
