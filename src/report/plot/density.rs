//! How close dots lie, and how they are piled up: layout in pixels, not statistics. Pixels in, pixels out, so that neither the
//! size of the values nor the kind of axis matters.

/// The narrowest kernel's standard deviation, in pixels: equal values still make a hill that can be seen.
const BANDWIDTH_MIN: f64 = 3.0;

/// Kernels end here, in standard deviations: what is beyond changes no pixel.
const KERNEL_END: f64 = 3.5;

/// Density per pixel at each whole pixel from `from` to `to`: a sum of normal kernels, as wide as Silverman's rule of thumb
/// says (1986, "Density Estimation", equation 3.31). All zeros for no places.
pub(super) fn curve(places: &[f64], [from, to]: [f64; 2]) -> Vec<f64> {
    let mut heights = vec![0.0; (to - from).max(0.0) as usize + 1];
    if places.is_empty() {
        return heights;
    }
    let bandwidth = bandwidth(places);
    let reach = (bandwidth * KERNEL_END).ceil();
    let weight = 1.0 / (places.len() as f64 * bandwidth * (2.0 * std::f64::consts::PI).sqrt());
    for place in places.iter().map(|place| place - from) {
        let first = (place - reach).max(0.0) as usize;
        let last = ((place + reach).max(0.0) as usize).min(heights.len() - 1);
        for (pixel, height) in heights.iter_mut().enumerate().take(last + 1).skip(first) {
            let distance = (pixel as f64 - place) / bandwidth;
            *height += weight * (-0.5 * distance * distance).exp();
        }
    }
    heights
}

/// 0.9 min(sd, interquartile range / 1.34, shortest half / 1.35) n^(-1/5), of those that are above zero. The shortest half (the
/// narrowest stretch with half of the places; 1.35 sd of a normal) is not Silverman's: it keeps two hills two.
fn bandwidth(places: &[f64]) -> f64 {
    let mut sorted = places.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let quarter = |share: f64| sorted[((n - 1.0) * share).round() as usize];
    let mean = sorted.iter().sum::<f64>() / n;
    let sd = (sorted.iter().map(|place| (place - mean).powi(2)).sum::<f64>() / n).sqrt();
    let half = (sorted.len() - 1) / 2;
    let shortest = sorted.iter().zip(&sorted[half..]).map(|(low, high)| high - low).fold(f64::INFINITY, f64::min);
    let spreads = [sd, (quarter(0.75) - quarter(0.25)) / 1.34, shortest / 1.35];
    let narrow = spreads.into_iter().filter(|spread| *spread > 0.0).fold(f64::INFINITY, f64::min);
    let bandwidth = 0.9 * narrow * n.powf(-0.2);
    if bandwidth.is_finite() { bandwidth.max(BANDWIDTH_MIN) } else { BANDWIDTH_MIN }
}

/// The row of each dot, from 0, so that dots of one row do not overlap: the first free one. Where all `rows` are taken, dots
/// overlap. `places` ascend.
pub(super) fn pile(places: &[f64], diameter: f64, rows: usize) -> Vec<usize> {
    let mut ends = vec![f64::NEG_INFINITY; rows.max(1)];
    places
        .iter()
        .map(|place| {
            let free = ends.iter().position(|end| place - end >= diameter);
            let row = free.unwrap_or_else(|| emptiest(&ends));
            ends[row] = *place;
            row
        })
        .collect()
}

/// The row whose last dot lies furthest back.
fn emptiest(ends: &[f64]) -> usize {
    (0..ends.len()).min_by(|a, b| ends[*a].total_cmp(&ends[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_under_a_curve_is_one() {
        for places in [vec![200.0], vec![150.0, 160.0, 250.0], vec![200.0; 40], vec![150.0, 250.0]] {
            let area: f64 = curve(&places, [0.0, 400.0]).iter().sum();
            assert!((area - 1.0).abs() < 0.01, "{places:?}: {area}");
        }
        assert!(curve(&[], [0.0, 10.0]).iter().all(|height| *height == 0.0));
        assert_eq!(curve(&[5.0, -1e9, 1e9], [0.0, -1.0]).len(), 1);
    }

    #[test]
    fn the_hill_is_where_the_places_are() {
        let heights = curve(&[40.0, 41.0, 42.0, 90.0], [0.0, 100.0]);
        let peak = (0..heights.len()).max_by(|a, b| heights[*a].total_cmp(&heights[*b]));
        assert!((40..=42).contains(&peak.unwrap()), "{peak:?}");
        assert!(heights[90] > heights[65]);
    }

    #[test]
    fn two_hills_stay_two() {
        let places: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 100.0 } else { 500.0 } + f64::from(i % 7)).collect();
        let heights = curve(&places, [0.0, 600.0]);
        assert!(heights[300] < heights[103] / 1000.0, "{} between {}", heights[300], heights[103]);
    }

    #[test]
    fn dots_are_piled_where_they_would_touch() {
        assert_eq!(pile(&[0.0, 1.0, 2.0, 10.0, 10.0], 5.0, 4), [0, 1, 2, 0, 1]);
        assert_eq!(pile(&[0.0, 0.0, 0.0, 0.0], 5.0, 2), [0, 1, 0, 0]);
        assert_eq!(pile(&[1.0], 5.0, 0), [0]);
    }
}
