//! A run as large as a gate may meet, made up: the same numbers each time.
#![allow(dead_code, reason = "each bench uses a part")]

use benchgate::config::{Overrides, resolve};
use benchgate::judge::Policy;
use benchgate::model::{
    BenchmarkId, Cost, Design, Environment, Origin, Row, RunRecord, SCHEMA, Source, Tool, known_metric,
};

/// Looks of a deep plan.
pub(crate) const LOOKS: [u32; 5] = [6, 10, 15, 21, 30];

const BENCHMARKS: usize = 10_000;
const LAUNCHES: usize = 30;

/// One benchmark in a hundred is 10 % slower, one 10 % faster; launches scatter by half a percent or so.
pub(crate) fn record() -> RunRecord {
    let mut random = fastrand::Rng::with_seed(2);
    let rows = (0..BENCHMARKS).map(|number| row(number, &mut random)).collect();
    let origin = |revision: &str| Origin { revision: revision.repeat(40), source: Source::Built };
    RunRecord {
        schema: SCHEMA,
        tool: Tool::this(),
        started: "2027-01-01T00:00:00Z".to_owned(),
        seed: 2,
        base: Some(origin("a")),
        head: origin("b"),
        trigger: None,
        environment: Environment::default(),
        looks: LOOKS.to_vec(),
        rows,
        states: Vec::new(),
        cost: Cost::default(),
        durations: Vec::new(),
        shard: None,
    }
}

fn row(number: usize, random: &mut fastrand::Rng) -> Row {
    let center = 1e-6 * (1.0 + (number % 977) as f64);
    let factor = match number % 100 {
        7 => 1.1,
        8 => 1.0 / 1.1,
        _ => 1.0,
    };
    let mut side = |factor: f64| -> Vec<f64> {
        // The sum of three uniform numbers is bell-shaped enough.
        let noise = |random: &mut fastrand::Rng| (0..3).map(|_| random.f64() - 0.5).sum::<f64>() * 0.01;
        (0..LAUNCHES).map(|_| center * factor * (1.0 + noise(random))).collect()
    };
    Row {
        id: BenchmarkId::new("large", format!("group-{}/benchmark/{number:05}", number % 50)),
        metric: known_metric("wall-time").expect("a metric of ours"),
        design: Design::Paired,
        base: side(1.0),
        head: side(factor),
        disturbed: 0,
        second_look: None,
        warnings: Vec::new(),
    }
}

/// The default policy.
pub(crate) fn policy() -> Policy {
    resolve(None, &Overrides::default(), Vec::new(), "2027-01-01".to_owned()).expect("the defaults are valid").policy
}
