//! Levels that pass: too short, and too restless in themselves, for the cheapest partition to open a segment for them.

use crate::stats::summary::median;

/// How far all values of such a level lie from the one around it, in noise standard deviations.
const DISTANCE: f64 = 8.0;

/// Where such levels begin and end: at least `least` successive values on one side of the median of their segment, far from
/// it, with others of the segment before and after. A value may be wild by chance; so many in a row are not.
pub(super) fn ends(z: &[f64], cuts: &[usize], sigma: f64, least: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    for k in 0..=cuts.len() {
        let (first, end) = (k.checked_sub(1).map_or(0, |k| cuts[k]), cuts.get(k).copied().unwrap_or(z.len()));
        let centre = median(&z[first..end]);
        let side = |i: &usize| match z[*i] - centre {
            far if far > DISTANCE * sigma => 1_i8,
            far if far < -DISTANCE * sigma => -1,
            _ => 0,
        };
        let places: Vec<usize> = (first..end).collect();
        for run in places.chunk_by(|a, b| side(a) == side(b)) {
            let (begins, over) = (run[0], run[0] + run.len());
            if run.len() >= least && side(&begins) != 0 && first < begins && over < end {
                ends.extend([begins, over]);
            }
        }
    }
    ends
}
