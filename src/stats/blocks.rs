//! Two sides compared within blocks that each have a level of their own (`docs/method.md`, links of one source).

use super::special::StudentT;
use super::summary::mean;

/// What blocks say of head against base, ln scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blocked {
    /// Mean over blocks of the difference of the sides' means.
    pub estimate: f64,
    /// Its standard error, from the spread within each side of each block.
    pub error: f64,
    /// Degrees of freedom of the error.
    pub df: f64,
}

impl Blocked {
    /// The two-sided interval at level 1 - `alpha`.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let half = StudentT::new(self.df).quantile_upper(0.5 * alpha) * self.error;
        (self.estimate - half, self.estimate + half)
    }
}

/// Compares positive values, `size` of each side in a block (the last may be shorter), in the order they were measured. What
/// shifts a whole block, like a machine that became slower in between, does not count. None without a spread to estimate.
///
/// The randomised block design with replicates: ln x = block + side + error, the errors' variance pooled.
pub fn blocked(base: &[f64], head: &[f64], size: usize) -> Option<Blocked> {
    if size == 0 || base.iter().chain(head).any(|value| !(value.is_finite() && *value > 0.0)) {
        return None;
    }
    let (mut differences, mut squares, mut df, mut weights) = (Vec::new(), 0.0, 0.0, 0.0);
    for (base, head) in base.chunks(size).zip(head.chunks(size)) {
        let mut means = [0.0; 2];
        for (mean_of, side) in means.iter_mut().zip([base, head]) {
            let logs: Vec<f64> = side.iter().map(|value| value.ln()).collect();
            *mean_of = mean(&logs);
            squares += logs.iter().map(|value| (value - *mean_of).powi(2)).sum::<f64>();
            df += side.len() as f64 - 1.0;
        }
        differences.push(means[1] - means[0]);
        weights += 1.0 / base.len() as f64 + 1.0 / head.len() as f64;
    }
    if df < 1.0 {
        return None;
    }
    let error = (squares / df * weights).sqrt() / differences.len() as f64;
    Some(Blocked { estimate: mean(&differences), error, df })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_is_the_pooled_t_interval() {
        let logs = |values: [f64; 4]| values.map(f64::exp);
        let seen = blocked(&logs([0.0, 0.01, 0.02, 0.01]), &logs([0.05, 0.06, 0.04, 0.05]), 4).unwrap();
        // By hand: means 0.01 and 0.05, squares 2e-4 and 2e-4, df 6, error sqrt(4e-4/6 * (1/4 + 1/4)).
        assert!((seen.estimate - 0.04).abs() < 1e-12);
        assert!((seen.error - (4e-4_f64 / 6.0 * 0.5).sqrt()).abs() < 1e-12);
        assert_eq!(seen.df, 6.0);
        // t(0.95, 6) = 1.943180...
        let (low, high) = seen.interval(0.1);
        assert!((0.5 * (high - low) / seen.error - 1.943_180_280_515_3).abs() < 1e-9);
    }

    #[test]
    fn the_level_of_a_block_does_not_count() {
        let base = [1.0, 1.01, 0.99, 1.0, 1.02, 1.0];
        let head = [1.1, 1.09, 1.11, 1.08, 1.1, 1.1];
        let plain = blocked(&base, &head, 3).unwrap();
        let shifted = |side: &[f64]| -> Vec<f64> {
            side.iter().enumerate().map(|(i, value)| if i < 3 { *value } else { 1.3 * value }).collect()
        };
        let moved = blocked(&shifted(&base), &shifted(&head), 3).unwrap();
        assert!((plain.estimate - moved.estimate).abs() < 1e-12 && (plain.error - moved.error).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_estimate_a_spread_from() {
        assert_eq!(blocked(&[], &[], 4), None);
        assert_eq!(blocked(&[1.0], &[2.0], 4), None);
        assert_eq!(blocked(&[1.0, 0.0], &[1.0, 2.0], 4), None);
        assert_eq!(blocked(&[1.0, 1.0], &[1.0, 2.0], 0), None);
        assert_eq!(blocked(&[1.0, 1.0], &[1.0, 1.0], 2).unwrap().error, 0.0);
    }
}
