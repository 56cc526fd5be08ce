//! Base and head of one comparison: every launch a dot, and how dense they lie.

use super::axis::ValueAxis;
use super::canvas::{Anchor, BODY, Canvas, MARGIN, SMALL, WIDTH};
use super::density::{curve, pile};
use super::paint::Picture;
use super::theme::{Look, Theme};
use super::{change, direction, font, interval, name};
use crate::judge::{Comparison, SideSummary};
use crate::report::scale::Scale;
use crate::report::text;
use plotters::style::RGBColor;

/// Left and right end of the axis.
const PLOT: [f64; 2] = [160.0, WIDTH - MARGIN];

/// The first lane's top.
const TOP: f64 = 92.0;

/// A lane: its curve, then its dots.
const LANE: f64 = 118.0;
const CURVE: f64 = 56.0;

/// A dot's radius, and the distance of two.
const DOT: f64 = 4.0;
const PITCH: f64 = 9.0;
const DOT_ROWS: usize = 5;

/// Dots of a side that are drawn; of more, as many are chosen evenly by rank.
const DOTS_MAX: usize = 1000;

/// Both sides of a comparison: every launch, the density of launches, the medians and the change.
#[must_use]
pub fn before_after(row: &Comparison, theme: Theme) -> Picture {
    let mut canvas = Canvas::new(theme);
    let palette = canvas.palette;
    let look = Look::of(row);
    canvas.title(&name(row));
    canvas.verdict(row);
    let scale = Scale::of(row.unit, &[row.base.median, row.head.median]);
    let sides = [(&row.base, palette.dim), (&row.head, look.color(palette))];
    let values = sides.iter().flat_map(|(side, _)| side.observations.iter().copied().chain([side.median]));
    let axis = ValueAxis::new(values, PLOT, row.unit, scale);
    let bottom = TOP + 2.0 * LANE;
    backdrop(&mut canvas, row, &axis, bottom);
    let places = sides.map(|(side, _)| places(side, &axis));
    let curves = [0, 1].map(|i| curve(&places[i], PLOT));
    let highest = curves.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (i, (side, color)) in sides.into_iter().enumerate() {
        let floor = TOP + LANE * i as f64 + CURVE;
        hill(&mut canvas, &curves[i], CURVE / highest * 0.94, floor, color);
        canvas.line((PLOT[0], floor), (PLOT[1], floor), 1.0, palette.grid);
        dots(&mut canvas, &places[i], floor, color, i == 0);
        let median = axis.at(side.median);
        canvas.line((median, floor - CURVE), (median, floor), 2.5, color);
        caption(&mut canvas, ["base", "head"][i], side, scale, floor);
    }
    spread(&mut canvas, row, &axis, bottom - 5.0, look);
    let end = footer(&mut canvas, row, &axis, bottom);
    canvas.finish(end + MARGIN, alt(row, scale))
}

/// Ascending places of a side's launches.
fn places(side: &SideSummary, axis: &ValueAxis) -> Vec<f64> {
    let mut values = side.observations.clone();
    values.sort_by(f64::total_cmp);
    values.into_iter().map(|value| axis.at(value)).collect()
}

/// What is within the threshold of base's median, the ticks and their lines.
fn backdrop(canvas: &mut Canvas, row: &Comparison, axis: &ValueAxis, bottom: f64) {
    let palette = canvas.palette;
    let near = 1.0 + row.threshold.max(0.0);
    let [left, right] = [row.base.median / near, row.base.median * near].map(|value| axis.at(value.min(f64::MAX)));
    canvas.rect((left, TOP), (right, bottom), palette.band);
    let mut free = f64::MIN;
    for (x, word) in axis.ticks(6) {
        canvas.line((x, TOP), (x, bottom), 1.0, palette.grid);
        let half = font::width(&word, SMALL) / 2.0;
        let middle = x.min(WIDTH - MARGIN / 2.0 - half);
        if middle - half > free {
            canvas.text((middle, bottom + 20.0), SMALL, Anchor::Middle, palette.dim, &word);
            free = middle + half + 10.0;
        }
    }
    canvas.line((PLOT[0], bottom), (PLOT[1], bottom), 1.0, palette.grid);
}

/// The curve, filled.
fn hill(canvas: &mut Canvas, heights: &[f64], stretch: f64, floor: f64, color: RGBColor) {
    let fill = canvas.palette.tint(color, 0.28);
    let line: Vec<_> = heights
        .iter()
        .enumerate()
        .filter(|(pixel, height)| pixel % 2 == 0 && **height * stretch > 0.2)
        .map(|(pixel, height)| (PLOT[0] + pixel as f64, floor - height * stretch))
        .collect();
    // Hills far apart are areas of their own.
    for part in line.chunk_by(|a, b| b.0 - a.0 < 3.0) {
        let (Some(begin), Some(end)) = (part.first(), part.last()) else { continue };
        let foot = [(end.0, floor), (begin.0, floor)];
        canvas.area(part.iter().copied().chain(foot).collect(), fill);
        canvas.path(part.to_vec(), 1.5, color);
    }
}

/// A dot for every launch, hollow for base.
fn dots(canvas: &mut Canvas, places: &[f64], floor: f64, color: RGBColor, hollow: bool) {
    let step = (places.len() as f64 / DOTS_MAX as f64).max(1.0);
    let shown: Vec<f64> = (0..places.len().min(DOTS_MAX)).map(|i| places[(i as f64 * step) as usize]).collect();
    for (place, row) in shown.iter().zip(pile(&shown, PITCH, DOT_ROWS)) {
        let center = (*place, floor + 2.0 + PITCH * (row as f64 + 0.5));
        if hollow {
            canvas.ring(center, DOT, 1.5, color);
        } else {
            canvas.disc(center, DOT, color);
        }
    }
}

/// Who, the median, and how many launches.
fn caption(canvas: &mut Canvas, who: &str, side: &SideSummary, scale: Scale, floor: f64) {
    let palette = canvas.palette;
    canvas.text((MARGIN, floor - 22.0), BODY, Anchor::Left, palette.ink, who);
    canvas.text((MARGIN, floor), BODY, Anchor::Left, palette.ink, &scale.show(side.median));
    let launches = if side.n == 1 { "1 launch".to_owned() } else { format!("{} launches", side.n) };
    let launches = if side.observations.is_empty() { format!("{launches}, not kept") } else { launches };
    canvas.text((MARGIN, floor + 20.0), SMALL, Anchor::Left, palette.dim, &launches);
}

/// Base's median changed by the interval: where head would be.
fn spread(canvas: &mut Canvas, row: &Comparison, axis: &ValueAxis, y: f64, look: Look) {
    let Some(ends) = row.interval else { return };
    let color = look.color(canvas.palette);
    let [from, to] = ends.map(|end| axis.at((row.base.median * end).clamp(0.0, f64::MAX)));
    canvas.line((from, y), (to.max(from + 0.5), y), 3.0, color);
    for x in [from, to] {
        canvas.line((x, y - 5.0), (x, y + 5.0), 2.0, color);
    }
}

/// How to read the picture; the last baseline.
fn footer(canvas: &mut Canvas, row: &Comparison, axis: &ValueAxis, bottom: f64) -> f64 {
    let color = canvas.palette.dim;
    let many = row.base.observations.len().max(row.head.observations.len()) > DOTS_MAX;
    let dots = if many { "dots: 1000 launches of each side, evenly by rank" } else { "dots: launches" };
    let logarithmic = if axis.is_log() { ", on a logarithmic axis" } else { "" };
    let threshold = crate::report::scale::percent(row.threshold);
    let first = format!("{}; {dots}{logarithmic}; upright lines: medians", direction(row.better));
    let second = format!("shaded: within {threshold} of base's median; bar: base's median changed by the interval");
    canvas.heading(bottom + 46.0, SMALL, color, &first);
    canvas.heading(bottom + 66.0, SMALL, color, &second);
    bottom + 66.0
}

/// The picture in a sentence.
fn alt(row: &Comparison, scale: Scale) -> String {
    let name = text::cut(&text::line(&name(row)), 60);
    let metric = text::cut(&text::line(&row.metric), 30);
    let ([base, head], look) = ([&row.base, &row.head].map(|side| scale.show(side.median)), Look::of(row).word());
    format!(
        "Launches of {name}, {metric}: median {base} in base, {head} in head, {} {}, {look}.",
        change(row),
        interval(row)
    )
}
