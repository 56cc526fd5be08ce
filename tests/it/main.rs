//! The one test binary beside the unit tests: house rules, documents, and the whole program on real repositories.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says why it was skipped"
)]

mod accept;
mod action;
mod baselines;
mod bisect;
mod calibration;
mod check;
mod criterion;
mod docs;
mod doctor;
mod elsewhere;
mod event;
mod examples;
mod export;
mod failures;
mod files;
mod floors;
mod forks;
mod fuzz;
mod github;
mod harness;
mod history;
mod hook;
mod hub;
mod import;
mod init;
mod integrity;
mod narrow;
mod page;
mod report;
mod resume;
mod shards;
mod site;
mod stored;
mod strangers;
mod trend;
mod world;
