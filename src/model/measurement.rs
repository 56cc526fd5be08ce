use super::{BenchmarkId, Metric};

/// What one process launch showed of one benchmark: the values of its iterations, in base units, in time order.
///
/// Never empty, all finite and not negative: readers refuse anything else with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// One value per timed iteration (or per batch of iterations, divided by their number).
    pub iterations: Vec<f64>,
}

/// What a harness's result says of one benchmark and metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The benchmark. The suite is the harness's name where no configuration gives one.
    pub id: BenchmarkId,
    /// What was measured.
    pub metric: Metric,
    /// Every launch that the file holds, at least one.
    pub launches: Vec<Launch>,
}

impl Measurement {
    /// All iterations of all launches, in time order.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.launches.iter().flat_map(|launch| launch.iterations.iter().copied())
    }
}
