//! Estimates with a t distribution: one sample, two samples of equal or of unequal spread. Not robust: one wild launch
//! widens them. They are the yardstick for what is, and the tests on plain means that a reader knows.

use crate::stats::significance::Significance;
use crate::stats::special::StudentT;
use crate::stats::summary::{mean, sd};

/// An estimate, its standard error and the degrees of freedom of that error; all finite, in the values' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error; 0 where the values do not vary.
    pub error: f64,
    /// Degrees of freedom of `error`.
    pub df: f64,
}

impl Estimate {
    fn finite(value: f64, error: f64, df: f64) -> Option<Self> {
        let all = [value, error, df].iter().all(|v| v.is_finite());
        all.then_some(Self { value, error, df })
    }

    /// Interval at level 1 - `alpha`.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let half = if self.error > 0.0 { StudentT::new(self.df).quantile_upper(0.5 * alpha) * self.error } else { 0.0 };
        (self.value - half, self.value + half)
    }

    /// The t statistic of the estimate against `null`, and its p-values. Without spread nothing is proved: p is 1.
    pub fn against(&self, null: f64) -> Significance {
        let t = (self.value - null) / self.error;
        if !t.is_finite() {
            return Significance::none(0.0);
        }
        let student = StudentT::new(self.df);
        Significance::new(t, student.upper(t), student.upper(-t))
    }

    /// p of "at least `delta` away from 0": two one-sided tests (Schuirmann 1987).
    pub fn p_equivalence(&self, delta: f64) -> f64 {
        self.against(-delta).above.max(self.against(delta).below)
    }
}

/// The standard deviation, exactly 0 for equal values whatever rounding makes of their mean.
fn spread(values: &[f64]) -> Option<f64> {
    let equal = values.windows(2).all(|two| two[0] == two[1]);
    sd(values).map(|sd| if equal { 0.0 } else { sd })
}

/// The mean of at least two values: s/sqrt(n) with n - 1 degrees of freedom.
pub fn one_sample(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    Estimate::finite(mean(values), spread(values)? / n.sqrt(), n - 1.0)
}

/// Difference of the means, head less base, with one variance for both sides (Student 1908).
pub fn pooled(base: &[f64], head: &[f64]) -> Option<Estimate> {
    let (n, m) = (base.len() as f64, head.len() as f64);
    let df = n + m - 2.0;
    let squares = spread(base)?.powi(2) * (n - 1.0) + spread(head)?.powi(2) * (m - 1.0);
    Estimate::finite(mean(head) - mean(base), (squares / df * (1.0 / n + 1.0 / m)).sqrt(), df)
}

/// Difference of the means, head less base, each side with its own variance (Welch 1947).
pub fn welch(base: &[f64], head: &[f64]) -> Option<Estimate> {
    let (one, other) = (one_sample(base)?, one_sample(head)?);
    let df = welch_df((one.error, one.df), (other.error, other.df));
    Estimate::finite(other.value - one.value, one.error.hypot(other.error), df)
}

/// Degrees of freedom of a sum of two errors, each with its own (Welch 1947, Satterthwaite 1946).
fn welch_df(one: (f64, f64), other: (f64, f64)) -> f64 {
    // Shares of the greater error, so that no square overflows.
    let scale = one.0.max(other.0);
    if scale == 0.0 {
        return one.1 + other.1;
    }
    let (a, b) = ((one.0 / scale).powi(2), (other.0 / scale).powi(2));
    (a + b).powi(2) / (a * a / one.1 + b * b / other.1)
}
