//! The pairs of one comparison in the order in which they were measured: drift and steps are seen here.

use super::axis::{Axis, EffectAxis, limits};
use super::canvas::{Anchor, Canvas, MARGIN, SMALL, WIDTH};
use super::paint::Picture;
use super::theme::{Look, Theme};
use super::{change, interval, name};
use crate::judge::Comparison;
use crate::model::Better;
use crate::report::{scale, strip, text};

const PLOT: [f64; 2] = [100.0, WIDTH - MARGIN];
const TOP: f64 = 90.0;
const BOTTOM: f64 = 300.0;

/// Of more pairs than this, the line that joins them would be all that is seen.
const JOINED_MAX: usize = 150;

/// Paired differences over rounds, up is worse; `None` where launches are not paired.
#[must_use]
pub fn rounds(row: &Comparison, theme: Theme) -> Option<Picture> {
    let effects: Vec<f64> = (row.method == "paired").then(|| effects(row))?;
    let known = || effects.iter().copied().filter(|effect| effect.is_finite());
    known().next()?;
    let mut canvas = Canvas::new(theme);
    let palette = canvas.palette;
    let look = Look::of(row);
    canvas.title(&name(row));
    canvas.verdict(row);
    let axis = EffectAxis::new(ends(row, &effects), [BOTTOM, TOP]);
    let x = Axis::new([0.5, effects.len() as f64 + 0.5], PLOT);
    backdrop(&mut canvas, row, &axis, look);
    let has_giants = dots(&mut canvas, &effects, &x, &axis);
    numbers(&mut canvas, &x, effects.len());
    let threshold = scale::percent(row.threshold);
    let beyond = if has_giants { "; triangles: beyond the axis" } else { "" };
    let first = format!("up is worse; dots: pairs, in time order{beyond}");
    let second = format!("line: the change with its interval; shaded: within the threshold of {threshold}");
    canvas.heading(BOTTOM + 52.0, SMALL, palette.dim, &first);
    canvas.heading(BOTTOM + 72.0, SMALL, palette.dim, &second);
    Some(canvas.finish(BOTTOM + 72.0 + MARGIN, alt(row, known().count())))
}

/// Each pair's effect: above zero is worse. Where base is zero there is none, unless head is zero too.
fn effects(row: &Comparison) -> Vec<f64> {
    let pairs = row.base.observations.iter().zip(&row.head.observations);
    pairs
        .map(|(base, head)| match row.better {
            _ if base == head => 0.0,
            Better::Lower => head / base - 1.0,
            Better::Higher => base / head - 1.0,
        })
        .collect()
}

/// The lower and upper end of the axis: the pairs without outliers, and the interval.
fn ends(row: &Comparison, effects: &[f64]) -> [f64; 2] {
    /// So many times as far out as the middle pair is an outlier.
    const OUTLIER: f64 = 5.0;
    let interval = strip::effects(row).into_iter().flatten().filter(|effect| effect.abs() < 10.0);
    let known = effects.iter().copied().filter(|effect| effect.is_finite());
    let reaches: Vec<_> = known.chain(interval).map(|effect| [effect.min(0.0), effect.max(0.0)]).collect();
    limits(&reaches, row.threshold.clamp(0.001, 1.0) * 1.4, OUTLIER)
}

/// The threshold's band, the change and its interval, and the words of the axis.
fn backdrop(canvas: &mut Canvas, row: &Comparison, axis: &EffectAxis, look: Look) {
    let palette = canvas.palette;
    let threshold = row.threshold.max(0.0);
    canvas.rect((PLOT[0], axis.at(threshold)), (PLOT[1], axis.at(1.0 / (1.0 + threshold) - 1.0)), palette.band);
    let [point, lo, hi] = strip::effects(row);
    let color = look.color(palette);
    if let (Some(lo), Some(hi)) = (lo, hi) {
        canvas.rect((PLOT[0], axis.at(hi)), (PLOT[1], axis.at(lo)), palette.tint(color, 0.25));
    }
    let mut free = f64::MAX;
    for (y, word) in axis.ticks(5) {
        let is_zero = word == "0 %";
        canvas.line(
            (PLOT[0], y),
            (PLOT[1], y),
            if is_zero { 1.5 } else { 1.0 },
            if is_zero { palette.dim } else { palette.grid },
        );
        if y < free {
            canvas.text((PLOT[0] - 10.0, y + 5.0), SMALL, Anchor::Right, palette.dim, &word);
            free = y - 18.0;
        }
    }
    if let Some(point) = point.filter(|point| axis.beyond(*point) == 0) {
        canvas.line((PLOT[0], axis.at(point)), (PLOT[1], axis.at(point)), 2.0, color);
    }
}

/// A dot for each pair, joined in time order; whether any lies beyond the axis, where it is a triangle at the edge.
fn dots(canvas: &mut Canvas, effects: &[f64], x: &Axis, axis: &EffectAxis) -> bool {
    let palette = canvas.palette;
    let known = effects.iter().enumerate().filter(|(_, effect)| !effect.is_nan());
    let points: Vec<_> =
        known.map(|(i, effect)| (x.at(i as f64 + 1.0), axis.at(*effect), axis.beyond(*effect))).collect();
    if points.len() <= JOINED_MAX {
        canvas.path(points.iter().map(|(x, y, _)| (*x, *y)).collect(), 1.0, palette.dim);
    }
    let radius = (400.0 / points.len() as f64).clamp(2.0, 4.5);
    for (x, y, side) in &points {
        let up = -f64::from(*side) * 6.0;
        match side {
            0 => canvas.disc((*x, *y), radius, palette.head),
            _ => canvas.area(vec![(*x, y + up), (x - 6.0, y - up), (x + 6.0, y - up)], palette.head),
        }
    }
    points.iter().any(|(.., side)| *side != 0)
}

/// The numbers of rounds, the first among them.
fn numbers(canvas: &mut Canvas, x: &Axis, count: usize) {
    let color = canvas.palette.dim;
    let (ticks, step) = x.ticks(8);
    let roomy = 1.0 + step * 0.75..=count as f64;
    let ticks = ticks.into_iter().filter(|tick| tick.fract() == 0.0 && roomy.contains(tick));
    for tick in std::iter::once(1.0).chain(ticks) {
        canvas.text((x.at(tick), BOTTOM + 26.0), SMALL, Anchor::Middle, color, &format!("{tick:.0}"));
    }
    canvas.text((PLOT[0] - 10.0, BOTTOM + 26.0), SMALL, Anchor::Right, color, "round");
}

/// The picture in a sentence.
fn alt(row: &Comparison, pairs: usize) -> String {
    let (name, metric) = (text::cut(&text::line(&name(row)), 60), text::cut(&text::line(&row.metric), 30));
    let threshold = scale::percent(row.threshold);
    let all = format!("{} {}, {}", change(row), interval(row), Look::of(row).word());
    format!("The {pairs} pairs of {name}, {metric}, in time order beside the threshold of {threshold}: {all}.")
}
