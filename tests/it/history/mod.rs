//! Histories: one suite of tests over every store.

mod damage;
mod laws;
mod places;
