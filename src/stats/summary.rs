//! Location and spread of a handful of numbers (`docs/method.md`). Empty input gives NaN where a number is promised.

use crate::model::{Launch, Measurement};

/// Quantile `q` in [0, 1] of ascending values, Hyndman and Fan's type 7: linear between order statistics, h = (n-1)q.
pub fn quantile_type7(sorted: &[f64], q: f64) -> f64 {
    let Some(&last) = sorted.last() else { return f64::NAN };
    let h = (sorted.len() - 1) as f64 * q.clamp(0.0, 1.0);
    let below = h.floor() as usize;
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(&low), Some(&high)) if low != high => low + (h - h.floor()) * (high - low),
        (Some(&low), _) => low,
        _ => last,
    }
}

/// [`quantile_type7`] of values in any order.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    quantile_type7(&sorted(values), q)
}

/// A sorted copy.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut copy = values.to_vec();
    copy.sort_unstable_by(f64::total_cmp);
    copy
}

/// The middle value, or the mean of the two middle values.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { f64::NAN } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The standard deviation with n - 1 in the denominator; none for fewer than two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// The standard deviation with n in the denominator, of values that are all there is; 0 for none, infinite where a
/// deviation is.
pub(super) fn population_sd(values: &[f64]) -> f64 {
    let centre = mean(values);
    let deviations: Vec<f64> = values.iter().map(|v| v - centre).collect();
    let most = largest(&deviations);
    if most == 0.0 || most.is_infinite() {
        return most;
    }
    let squares: f64 = deviations.iter().map(|d| (d / most).powi(2)).sum();
    most * (squares / values.len() as f64).sqrt()
}

/// The greatest size of a value; 0 for none.
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, v| v.abs().max(most))
}

/// The median absolute deviation from the median, times 1.4826: an estimate of the sd of normal values.
pub fn mad(values: &[f64]) -> f64 {
    let centre = median(values);
    let distances: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    1.4826 * median(&distances)
}

/// One number for one launch, in the iterations' unit: their 25 % quantile, which interference by other work moves least.
pub fn launch_summary(iterations: &[f64]) -> f64 {
    quantile(iterations, 0.25)
}

/// One number for each launch of a measurement, in its unit: [`launch_summary`], but of requests their median. Requests differ,
/// so that the quick ones are no less disturbed than the others: they are other requests.
pub fn observations(measurement: &Measurement) -> Vec<f64> {
    let of_requests = measurement.metric.name == "latency" || measurement.metric.name.ends_with("-duration");
    let one = |launch: &Launch| {
        if of_requests { median(&launch.iterations) } else { launch_summary(&launch.iterations) }
    };
    measurement.launches.iter().map(one).collect()
}
