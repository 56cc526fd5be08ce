//! The pairs of one comparison in the order in which they were measured: drift and steps are seen here.

use super::axis::{Axis, EffectAxis, without_giants};
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
    let axis = EffectAxis::new(limits(row, &effects), [BOTTOM, TOP]);
    let x = Axis::new([0.5, effects.len() as f64 + 0.5], PLOT);
    backdrop(&mut canvas, row, &axis, look);
    let mut line = Vec::new();
    for (number, effect) in effects.iter().enumerate() {
        if effect.is_nan() {
            continue;
        }
        line.push((x.at(number as f64 + 1.0), axis.at(*effect)));
    }
    canvas.path(line.clone(), 1.0, palette.dim);
    let radius = (400.0 / line.len() as f64).clamp(2.0, 4.5);
    for point in line {
        canvas.disc(point, radius, palette.head);
    }
    numbers(&mut canvas, &x, effects.len());
    let note =
        "up is worse; dots: pairs in time order; line: the change and its interval; shaded: within the threshold";
    canvas.heading(BOTTOM + 46.0, SMALL, palette.dim, note);
    Some(canvas.finish(BOTTOM + 46.0 + MARGIN, alt(row, known().count())))
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

/// The lower and upper end of the axis.
fn limits(row: &Comparison, effects: &[f64]) -> [f64; 2] {
    let least = row.threshold.clamp(0.001, 1.0).ln_1p() * 1.4;
    let ends = strip::effects(row).into_iter().flatten();
    let all: Vec<f64> =
        effects.iter().copied().chain(ends).filter(|e| *e > -1.0 && e.is_finite()).map(f64::ln_1p).collect();
    let [better, worse] = [-1.0, 1.0].map(|side: f64| {
        let reaches = all.iter().map(|effect| (side * effect).clamp(least, 50.0)).collect();
        without_giants(reaches).max(least) * 1.1
    });
    [(-better).exp_m1(), worse.exp_m1()]
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

/// The numbers of rounds, the first among them.
fn numbers(canvas: &mut Canvas, x: &Axis, count: usize) {
    let color = canvas.palette.dim;
    let (ticks, _) = x.ticks(8);
    let ticks = ticks.into_iter().filter(|tick| tick.fract() == 0.0 && (2.0..=count as f64).contains(tick));
    let mut free = f64::MIN;
    for tick in std::iter::once(1.0).chain(ticks) {
        if x.at(tick) > free {
            canvas.text((x.at(tick), BOTTOM + 20.0), SMALL, Anchor::Middle, color, &format!("{tick:.0}"));
            free = x.at(tick) + 30.0;
        }
    }
    canvas.text((PLOT[0] - 10.0, BOTTOM + 20.0), SMALL, Anchor::Right, color, "round");
}

/// The picture in a sentence.
fn alt(row: &Comparison, pairs: usize) -> String {
    let (name, metric) = (text::cut(&text::line(&name(row)), 60), text::cut(&text::line(&row.metric), 30));
    let threshold = scale::percent(row.threshold);
    let all = format!("{} {}, {}", change(row), interval(row), Look::of(row).word());
    format!("The {pairs} pairs of {name}, {metric}, in time order beside the threshold of {threshold}: {all}.")
}
