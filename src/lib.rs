//! benchgate decides whether a change made a program slower, and how sure it is.
//!
//! Modules in the order in which data flows; each names only those above it in this list (a test keeps that so).

#![deny(unsafe_code)]

pub mod model;

pub mod files;
pub mod git;
pub mod harness;
pub mod stats;

pub mod judge;
pub mod store;

pub mod config;
pub mod report;

pub mod deliver;
pub mod plan;

pub mod run;
