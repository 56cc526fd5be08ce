/// What is asked of the observations, whatever their design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Two-sided level of a claimed change, for example 0.01.
    pub alpha: f64,
    /// One-sided level of equivalence, for example 0.05, which means a 90 % interval.
    pub alpha_equivalence: f64,
    /// The smallest effect that matters, ln(1 + threshold).
    pub delta: f64,
}
