//! A series in characters: one cell for some runs each, its height the median of their values.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['.', ',', ':', '-', '=', '+', '*', '#'];

/// Values in at most `cells` characters; a blank where no run of the cell has a value. The lowest and the highest hundredth may
/// lie beyond: one wild value must not flatten the rest.
pub(super) fn sparkline(values: &[f64], cells: usize, ascii: bool) -> String {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let beyond = known.len() / 100;
    let (Some(&lowest), Some(&highest)) = (known.get(beyond), known.iter().rev().nth(beyond)) else {
        return String::new();
    };
    let bars = if ascii { ASCII } else { BARS };
    let count = values.len().min(cells.max(1));
    let level = |value: f64| {
        // A change of a thousandth shall not fill the height.
        let room = (highest - lowest).max(0.01 * highest.abs());
        let share = if room > 0.0 { ((value - lowest) / room).clamp(0.0, 1.0) } else { 0.0 };
        bars[(share * 7.0).round() as usize]
    };
    (0..count)
        .map(|cell| {
            let part = &values[cell * values.len() / count..(cell + 1) * values.len() / count];
            middle(part).map_or(' ', level)
        })
        .collect()
}

/// The upper median of what is known.
fn middle(values: &[f64]) -> Option<f64> {
    let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    known.get(known.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_seen() {
        let values: Vec<f64> = (0..40).map(|i| if i < 20 { 100.0 } else { 150.0 }).collect();
        assert_eq!(sparkline(&values, 10, false), "▁▁▁▁▁█████");
        assert_eq!(sparkline(&values, 4, true), "..##");
    }

    #[test]
    fn odd_series_are_drawn() {
        assert_eq!(sparkline(&[], 10, false), "");
        assert_eq!(sparkline(&[f64::NAN; 4], 10, false), "");
        assert_eq!(sparkline(&[5.0, f64::NAN, 5.0], 10, false), "▁ ▁");
        assert_eq!(sparkline(&[0.0; 3], 10, false), "▁▁▁");
        assert_eq!(sparkline(&[100.0, 100.01], 10, false), "▁▁", "a hair's breadth is none");
        assert_eq!(sparkline(&[f64::MAX, -f64::MAX], 10, false).chars().count(), 2);
    }
}
