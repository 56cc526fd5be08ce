//! Histories: one suite of tests over every store.

mod damage;
mod git;
mod laws;
mod places;
mod postgres;
mod server;
mod session;
mod writers;
