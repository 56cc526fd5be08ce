use super::{BenchmarkId, Metric};

/// What one process launch showed of one benchmark: the values of its iterations, in base units, in time order.
///
/// Never empty, all finite and not negative: readers refuse anything else with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// One value per timed iteration (or per batch of iterations, divided by their number).
    pub iterations: Vec<f64>,
}

/// What a file states of one benchmark without giving the values behind it, in base units. What it does not state is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stated {
    /// Values behind the numbers below.
    pub n: Option<u64>,
    /// Their arithmetic mean.
    pub mean: Option<f64>,
    /// Their median.
    pub median: Option<f64>,
    /// Their standard deviation.
    pub sd: Option<f64>,
    /// Level in (0, 1) and value, levels ascending.
    pub quantiles: Vec<(f64, f64)>,
}

/// What a harness's result says of one benchmark and metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The benchmark. The suite is the harness's name where no configuration gives one.
    pub id: BenchmarkId,
    /// What was measured.
    pub metric: Metric,
    /// Every launch that the file holds, at least one. Where it only states aggregates, one launch with one value: the
    /// stated median, else the mean.
    pub launches: Vec<Launch>,
    /// The aggregates, where the file holds nothing else.
    pub stated: Option<Stated>,
}

impl Measurement {
    /// A measurement of which a file only states aggregates: one launch, its value the median, else the mean; none if the
    /// file states neither.
    #[must_use]
    pub fn stated(id: BenchmarkId, metric: Metric, stated: Stated) -> Option<Self> {
        let centre = stated.median.or(stated.mean)?;
        Some(Self { id, metric, launches: vec![Launch { iterations: vec![centre] }], stated: Some(stated) })
    }

    /// All iterations of all launches, in time order.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.launches.iter().flat_map(|launch| launch.iterations.iter().copied())
    }
}
