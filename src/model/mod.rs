//! The nouns: what is measured, where, and what came of it.
//!
//! Floor 0. Knows serde and nothing else of ours: no file, no clock, no arithmetic beyond its own invariants.

mod environment;
mod history;
mod id;
mod machine;
mod measurement;
mod metric;
mod record;
mod state;
mod text;
mod warning;

pub use environment::Environment;
pub use history::{History, RunLabel, Series, VALUE};
pub use id::{BenchmarkId, Side};
pub use machine::{Activity, Condition, Counters, Fact, Machine, Topic};
pub use measurement::{Launch, Measurement, Stated};
pub use metric::{Better, Distribution, Metric, Unit, known_metric, known_metrics, named_metric, named_metrics};
pub use record::{Cost, Design, Origin, Row, RunRecord, SecondLook, Shard, Source, Spent, Tool, Trigger, Varied};
pub use state::{State, StateEntry};
pub use text::{clean, is_unprintable, shown, shown_message};
pub use warning::Warning;

/// The schema number of every file that benchgate writes: reports, run records, baselines, journals.
pub const SCHEMA: u32 = 1;
