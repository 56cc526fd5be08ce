//! What a test answers: one statistic and its p-values.

/// A statistic and what it says against "head is not larger", "head is not smaller", and "they are equal".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Significance {
    /// The statistic, in the unit that its function states; larger when head is larger, unless it is a distance.
    pub statistic: f64,
    /// p of the alternative that head is larger.
    pub above: f64,
    /// p of the alternative that head is smaller.
    pub below: f64,
    /// p of the alternative that they differ: twice the smaller one.
    pub two_sided: f64,
}

impl Significance {
    /// p-values of a statistic from its two tails, each of which includes the value itself.
    pub(super) fn new(statistic: f64, above: f64, below: f64) -> Self {
        let valid = |p: f64| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) };
        let (above, below) = (valid(above), valid(below));
        Self { statistic, above, below, two_sided: (2.0 * above.min(below)).min(1.0) }
    }

    /// The answer of data that say nothing: too few, or all equal.
    pub(super) fn none(statistic: f64) -> Self {
        Self { statistic, above: 1.0, below: 1.0, two_sided: 1.0 }
    }
}
