//! Changes of many series at once: how many of them noise alone would have shown.

use super::Detector;

/// The false alarms to expect in `values` independent values of which none changed, with a p of at most `p`: the detector's
/// `alarms` √p each.
///
/// Not a theorem but a bound on what simulation shows for the named detectors, from their level down to 1e-8, in series of 60 to
/// 5,000 values that are normal, heavy-tailed (t with three degrees of freedom), skewed, or real ones in shuffled order (`docs/method.md`).
pub fn false_alarms(values: usize, p: f64, detector: &Detector) -> f64 {
    values as f64 * detector.alarms * p.max(0.0).sqrt()
}

/// For each change the smallest false-discovery rate at which it counts: the false alarms to expect down to its p, over the
/// changes found down to it. In the order given, at most 1.
pub fn discovery_rates(p: &[f64], values: usize, detector: &Detector) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let mut rates = vec![1.0; p.len()];
    let mut smallest: f64 = 1.0;
    for (after, &index) in order.iter().enumerate() {
        smallest = smallest.min(false_alarms(values, p[index], detector) / (p.len() - after) as f64);
        rates[index] = smallest;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::changepoints::detect;
    use fastrand::Rng;

    #[test]
    fn one_among_many_values_counts_for_less() {
        let rates = |p: &[f64], values| discovery_rates(p, values, &Detector::DEFAULT);
        let alone = rates(&[1e-6], 300);
        assert!((alone[0] - 300.0 * 6e-6).abs() < 1e-12, "{alone:?}");
        assert_eq!(rates(&[1e-6], 10_000_000), [1.0]);
        let three = rates(&[1e-4, 1e-12, 1e-4], 1000);
        assert!((three[0] - 0.06 / 3.0).abs() < 1e-12 && three[0] == three[2], "{three:?}");
        assert!(three[1] < three[0] && rates(&[], 10).is_empty(), "{three:?}");
    }

    /// Projects of fifty series in which nothing changed: a discovery in one of twenty of them at most.
    #[test]
    fn the_stated_rate_holds_where_nothing_changed() {
        let mut random = Rng::with_seed(3);
        let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let projects = 80;
        for detector in [Detector::DEFAULT, Detector::SENSITIVE, Detector::STRICT] {
            let mut wrong = 0;
            for _ in 0..projects {
                let mut found = Vec::new();
                for _ in 0..50 {
                    let values: Vec<f64> = (0..150).map(|_| 100.0 * (0.02 * normal()).exp()).collect();
                    found.extend(detect(&values, &detector).iter().map(|change| change.p));
                }
                wrong += usize::from(discovery_rates(&found, 50 * 150, &detector).iter().any(|rate| *rate <= 0.05));
            }
            // Binomial(80, 0.05) exceeds 9 once in a hundred.
            assert!(wrong <= 9, "{wrong} of {projects}: {detector:?}");
        }
    }
}
