//! The error rates that `docs/method.md` states, on whole simulated gate runs and on real launches.
//!
//! `cargo bench --bench calibration` prints the tables, with more runs.

#[path = "../../benches/calibration/mod.rs"]
mod simulation;

use simulation::gate::Gate;
use simulation::noise::Family;
use simulation::peers::RankSum;
use simulation::scenarios::{self, SCENARIOS};
use simulation::tally::{Mean, Tally, Truth, simulate};
use simulation::real;

/// Runs per cell: enough for bounds a few times the nominal rate. The bench has the runs for the rates themselves.
const RUNS: u32 = 60;

/// Whether a rate is at most `bound`, three standard errors aside. A rate of zero proves nothing against its bound.
fn at_most(rate: Mean, bound: f64) -> bool {
    rate.value() <= bound + 3.0 * (bound * (1.0 - bound) / f64::from(RUNS)).sqrt()
}
