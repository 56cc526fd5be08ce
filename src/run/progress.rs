use std::time::Duration;

/// How far a run is; the story that goes to standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Launches done.
    pub done: u64,
    /// Launches that remain if nothing more is decided early.
    pub remaining_max: u64,
    /// Benchmarks decided so far.
    pub decided: usize,
    /// All benchmarks.
    pub benchmarks: usize,
    /// What is being launched.
    pub current: String,
    /// When measuring will have ended at the latest.
    pub remaining: Duration,
}

/// Whoever watches a run.
pub trait Progress {
    /// A new phase begins, for example "building base 3f2a91c".
    fn phase(&mut self, text: &str);
    /// A launch is about to start.
    fn step(&mut self, step: &Step);
    /// Something worth a line of its own.
    fn note(&mut self, text: &str);
    /// Nothing more will come; clear what is drawn.
    fn finish(&mut self);
}

/// Watches in silence.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&mut self, _: &str) {}
    fn step(&mut self, _: &Step) {}
    fn note(&mut self, _: &str) {}
    fn finish(&mut self) {}
}
