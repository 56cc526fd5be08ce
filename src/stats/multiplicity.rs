//! Many comparisons at once (`docs/method.md`). p-values outside [0, 1] or NaN are taken as 1.

/// Adjusted p-values of Benjamini and Hochberg (1995), in the order given: rejecting those at most q keeps the expected
/// share of false rejections at q under the positive dependence that benchmarks of one run have.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let m = p.len() as f64;
    let mut adjusted = vec![1.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        smallest = smallest.min(valid(p, index) * (m / (rank as f64 + 1.0)));
        if let Some(slot) = adjusted.get_mut(index) {
            *slot = smallest;
        }
    }
    adjusted
}

/// Adjusted p-values of Holm (1979), in the order given: rejecting those at most alpha keeps the chance of any false
/// rejection at alpha, whatever the dependence.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(valid(p, index) * (p.len() - rank) as f64).min(1.0);
        if let Some(slot) = adjusted.get_mut(index) {
            *slot = largest;
        }
    }
    adjusted
}

fn valid(p: &[f64], index: usize) -> f64 {
    p.get(index).copied().filter(|p| (0.0..=1.0).contains(p)).unwrap_or(1.0)
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| valid(p, a).total_cmp(&valid(p, b)));
    order
}
