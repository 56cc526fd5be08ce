//! The picture: an interval drawn in characters, on one axis for the whole table.
//!
//! Right is worse, whatever the metric's better direction.

use super::scale;
use crate::judge::Comparison;
use crate::model::Better;

/// The characters of a picture.
struct Marks {
    axis: char,
    zero: char,
    threshold: char,
    open: char,
    bar: char,
    /// The bar where it crosses a threshold.
    crossing: char,
    close: char,
    point: char,
    beyond_left: char,
    beyond_right: char,
}

const UNICODE: Marks = Marks {
    axis: '·',
    zero: '│',
    threshold: '┊',
    open: '├',
    bar: '━',
    crossing: '┿',
    close: '┤',
    point: '●',
    beyond_left: '←',
    beyond_right: '→',
};

const ASCII: Marks = Marks {
    axis: '.',
    zero: '|',
    threshold: ':',
    open: '[',
    bar: '=',
    crossing: '+',
    close: ']',
    point: '*',
    beyond_left: '<',
    beyond_right: '>',
};

/// An effect beyond this many thresholds is clipped, so that one giant does not flatten the rest.
const THRESHOLDS_SHOWN: f64 = 5.0;

/// One axis for all pictures of a table.
pub(super) struct Axis {
    /// The axis reaches from `-limit` to `limit`, in effects.
    limit: f64,
    cells: usize,
    marks: &'static Marks,
}

impl Axis {
    /// An axis that shows these rows in (an odd number of) cells.
    pub(super) fn of<'r>(rows: impl Iterator<Item = &'r Comparison>, cells: usize, ascii: bool) -> Self {
        let mut limit = 0.01_f64;
        for row in rows {
            let threshold = if row.threshold.is_finite() { row.threshold.clamp(0.001, 1.0) } else { 1.0 };
            let reach = effects(row).into_iter().flatten().map(f64::abs).fold(0.0, f64::max);
            limit = limit.max(threshold * 1.5).max(reach.min(threshold * THRESHOLDS_SHOWN));
        }
        let marks = if ascii { &ASCII } else { &UNICODE };
        Self { limit: round_up(limit), cells: cells.max(5) | 1, marks }
    }

    /// The effect at the axis's end.
    pub(super) fn limit(&self) -> f64 {
        self.limit
    }

    /// Columns of every picture.
    pub(super) fn width(&self) -> usize {
        self.cells
    }

    /// The row's picture, always of the same width.
    pub(super) fn draw(&self, row: &Comparison) -> String {
        let marks = self.marks;
        let mut cells = vec![marks.axis; self.cells];
        cells[self.cells / 2] = marks.zero;
        let borders =
            [row.threshold, 1.0 / (1.0 + row.threshold) - 1.0].map(|t| (t.abs() <= self.limit).then(|| self.cell(t)));
        for cell in borders.into_iter().flatten() {
            cells[cell] = marks.threshold;
        }
        let [point, lo, hi] = effects(row);
        if let (Some(lo), Some(hi)) = (lo, hi) {
            let (from, to) = (self.cell(lo), self.cell(hi));
            for (cell, mark) in cells.iter_mut().enumerate().take(to + 1).skip(from) {
                *mark = if borders.contains(&Some(cell)) { marks.crossing } else { marks.bar };
            }
            cells[from] = marks.open;
            cells[to] = marks.close;
            if let Some(point) = point {
                cells[self.cell(point)] = marks.point;
            }
            if lo < -self.limit {
                cells[0] = marks.beyond_left;
            }
            if hi > self.limit {
                cells[self.cells - 1] = marks.beyond_right;
            }
        } else if let Some(point) = point {
            cells[self.cell(point)] = match () {
                () if point < -self.limit => marks.beyond_left,
                () if point > self.limit => marks.beyond_right,
                () => marks.point,
            };
        }
        cells.into_iter().collect()
    }

    /// What the picture means, in one line.
    pub(super) fn legend(&self) -> String {
        let Marks { threshold, open, bar, close, point, beyond_left, beyond_right, .. } = self.marks;
        let reach = scale::percent(self.limit);
        format!(
            "picture: {reach} better to {reach} worse; {threshold} threshold, {open}{bar}{point}{bar}{close} interval, \
             {beyond_left} {beyond_right} beyond it"
        )
    }

    /// The cell of an effect, the ends included.
    fn cell(&self, effect: f64) -> usize {
        let share = ((effect + self.limit) / (2.0 * self.limit)).clamp(0.0, 1.0);
        (share * (self.cells - 1) as f64).round() as usize
    }
}

/// Point, lower and upper end as effects: positive is worse.
pub(super) fn effects(row: &Comparison) -> [Option<f64>; 3] {
    let ends = row.interval.map(|[lo, hi]| match row.better {
        Better::Lower => [lo - 1.0, hi - 1.0],
        Better::Higher => [1.0 / hi - 1.0, 1.0 / lo - 1.0],
    });
    let ends = ends.filter(|[lo, hi]| !lo.is_nan() && !hi.is_nan() && lo <= hi);
    [row.effect().filter(|effect| !effect.is_nan()), ends.map(|[lo, _]| lo), ends.map(|[_, hi]| hi)]
}

/// The next of 1, 1.5, 2, 3, 5, 10, … percent.
fn round_up(limit: f64) -> f64 {
    let power = 10_f64.powf((limit * (1.0 - 1e-9)).log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= limit * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn draw(ratio: f64, interval: [f64; 2], ascii: bool) -> String {
        let mut row = fixtures::comparison("s", "b", ratio);
        row.interval = Some(interval);
        Axis { limit: 0.1, cells: 21, marks: if ascii { &ASCII } else { &UNICODE } }.draw(&row)
    }

    #[test]
    fn intervals_are_drawn() {
        assert_eq!(draw(1.06, [1.05, 1.07], false), "·······┊··│··┊·├●┤···");
        assert_eq!(draw(1.00, [0.97, 1.04], false), "·······├━━●━━┿┤······");
        assert_eq!(draw(1.0, [1.0, 1.0], false), "·······┊··●··┊·······");
        assert_eq!(draw(1.06, [1.05, 1.07], true), ".......:..|..:.[*]...");
    }

    #[test]
    fn what_lies_beyond_gets_an_arrow() {
        assert_eq!(draw(1.3, [1.06, 1.5], false), "·······┊··│··┊··├━━━→");
        assert_eq!(draw(0.5, [0.4, 0.6], false), "←······┊··│··┊·······");
        assert_eq!(draw(1.0, [0.2, 3.0], false), "←━━━━━━┿━━●━━┿━━━━━━→");
    }

    #[test]
    fn hostile_numbers_neither_panic_nor_change_the_width() {
        for ratio in [0.0, 1e-300, 1e300, f64::MAX, -1.0, f64::NAN] {
            for better in [Better::Lower, Better::Higher] {
                for threshold in [0.0, 1e300, -1.0, 0.03] {
                    let mut row = fixtures::comparison("s", "b", ratio);
                    (row.better, row.threshold) = (better, threshold);
                    row.interval = Some([ratio, ratio]);
                    let axis = Axis::of([&row].into_iter(), 17, false);
                    assert_eq!(axis.draw(&row).chars().count(), 17, "{ratio} {better:?} {threshold}");
                }
            }
        }
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(
            [0.01, 0.011, 0.045, 0.05, 0.051, 0.12].map(round_up).map(scale::percent),
            ["1 %", "1.5 %", "5 %", "5 %", "10 %", "15 %"]
        );
    }
}
