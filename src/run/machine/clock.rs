//! What no file says and every system is asked in one way: how fine its clock is.

use std::time::Instant;

/// Readings of the clock that are compared.
const READINGS: usize = 10_000;

/// The smallest step between two readings of the clock, in seconds: its resolution, or what a reading costs.
pub(super) fn timer_step_s() -> Option<f64> {
    let mut last = Instant::now();
    let mut least = f64::INFINITY;
    for _ in 0..READINGS {
        let now = Instant::now();
        let step = now.duration_since(last).as_secs_f64();
        if step > 0.0 {
            least = least.min(step);
        }
        last = now;
    }
    least.is_finite().then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves() {
        assert!(timer_step_s().is_some_and(|step| step > 0.0 && step < 1.0));
    }
}
