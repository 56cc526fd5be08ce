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

/// Room for dots below a lane's curve.
const DOTS: f64 = 47.0;

/// Fewer launches than this have no density worth drawing.
const CURVE_FROM: usize = 5;

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
    let axis = ValueAxis::new(shown(row), PLOT, row.unit, scale);
    let bottom = TOP + 2.0 * LANE;
    backdrop(&mut canvas, row, &axis, bottom);
    let places = sides.map(|(side, _)| places(side, &axis));
    let curves = [0, 1].map(|i| density(&places[i]));
    let highest = curves.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (i, (side, color)) in sides.into_iter().enumerate() {
        let floor = TOP + LANE * i as f64 + CURVE;
        hill(&mut canvas, &curves[i], CURVE / highest * 0.94, floor, color);
        canvas.line((PLOT[0], floor), (PLOT[1], floor), 1.0, palette.grid);
        dots(&mut canvas, &places[i], floor, color, i == 0);
        let median = axis.at(side.median);
        canvas.line((median, floor - CURVE), (median, floor), 2.5, color);
        // On an axis whose ticks have units of their own, so do the medians.
        let scale = if axis.is_log() { Scale::of(row.unit, &[side.median]) } else { scale };
        caption(&mut canvas, ["base", "head"][i], side, scale, floor);
    }
    spread(&mut canvas, row, &axis, bottom - 5.0, look);
    let has_outliers = places.iter().flatten().any(|(_, side)| *side != 0);
    let end = footer(&mut canvas, row, [axis.is_log(), has_outliers], bottom);
    canvas.finish(end + MARGIN, alt(row, scale))
}

/// What the axis has to show: medians, launches that are no outliers, and the ends of the bar unless those lie far out.
fn shown(row: &Comparison) -> impl Iterator<Item = f64> {
    let [lo, hi] = near(row);
    let launches = row.base.observations.iter().chain(&row.head.observations).copied();
    let rest = launches.chain(bar(row).into_iter().flatten()).filter(move |value| (lo..=hi).contains(value));
    [row.base.median, row.head.median].into_iter().chain(rest)
}

/// The stretch that is not far out: the middle four fifths of both sides, and three times as much to either end.
fn near(row: &Comparison) -> [f64; 2] {
    let mut ends = [f64::INFINITY, 0.0_f64];
    for side in [&row.base, &row.head] {
        let mut values = side.observations.clone();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values.get((values.len().saturating_sub(1) as f64 * share).round() as usize);
        if let (Some(low), Some(high)) = (at(0.1), at(0.9)) {
            ends = [ends[0].min(*low), ends[1].max(*high)];
        }
    }
    let wide = 3.0 * (ends[1] - ends[0]);
    if wide > 0.0 { [ends[0] - wide, ends[1] + wide] } else { [f64::NEG_INFINITY, f64::INFINITY] }
}

/// Base's median changed by the interval: where head would be.
fn bar(row: &Comparison) -> Option<[f64; 2]> {
    Some(row.interval?.map(|end| (row.base.median * end).clamp(0.0, f64::MAX)))
}

/// A launch's place, and whether it lies beyond the left (-1) or right (1) end.
type Place = (f64, i8);

/// Ascending places of a side's launches.
fn places(side: &SideSummary, axis: &ValueAxis) -> Vec<Place> {
    let mut values = side.observations.clone();
    values.sort_by(f64::total_cmp);
    values.into_iter().map(|value| (axis.at(value), axis.beyond(value))).collect()
}

/// The density of the launches on the axis.
fn density(places: &[Place]) -> Vec<f64> {
    let inside: Vec<f64> = places.iter().filter(|(_, side)| *side == 0).map(|(x, _)| *x).collect();
    curve(if inside.len() < CURVE_FROM { &[] } else { &inside }, PLOT)
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

/// A dot for every launch, hollow for base; the more, the smaller.
fn dots(canvas: &mut Canvas, places: &[Place], floor: f64, color: RGBColor, hollow: bool) {
    let step = (places.len() as f64 / DOTS_MAX as f64).max(1.0);
    let shown: Vec<Place> = (0..places.len().min(DOTS_MAX)).map(|i| places[(i as f64 * step) as usize]).collect();
    let radius = match shown.len() {
        0..=80 => 4.0,
        81..=250 => 3.0,
        _ => 2.0,
    };
    let pitch = 2.0 * radius + 1.0;
    let xs: Vec<f64> = shown.iter().map(|(x, _)| *x).collect();
    for ((x, side), row) in shown.iter().zip(pile(&xs, pitch, (DOTS / pitch) as usize)) {
        let y = floor + 2.0 + pitch * (row as f64 + 0.5);
        match side {
            0 if hollow => canvas.ring((*x, y), radius, 1.5, color),
            0 => canvas.disc((*x, y), radius, color),
            _ => {
                let tip = f64::from(*side) * radius * 1.3;
                canvas.area(vec![(x + tip, y), (x - tip, y - radius), (x - tip, y + radius)], color);
            }
        }
    }
}

/// Who, the median, and how many launches.
fn caption(canvas: &mut Canvas, who: &str, side: &SideSummary, scale: Scale, floor: f64) {
    let palette = canvas.palette;
    canvas.text((MARGIN, floor - 22.0), BODY, Anchor::Left, palette.ink, who);
    canvas.text((MARGIN, floor), BODY, Anchor::Left, palette.ink, &scale.show(side.median));
    let launches = if side.n == 1 { "1 launch".to_owned() } else { format!("{} launches", side.n) };
    canvas.text((MARGIN, floor + 20.0), SMALL, Anchor::Left, palette.dim, &launches);
}

/// The bar, without the ends that lie beyond the axis.
fn spread(canvas: &mut Canvas, row: &Comparison, axis: &ValueAxis, y: f64, look: Look) {
    let Some(ends) = bar(row) else { return };
    let color = look.color(canvas.palette);
    let [from, to] = ends.map(|end| axis.at(end));
    canvas.line((from, y), (to.max(from + 0.5), y), 3.0, color);
    for end in ends.into_iter().filter(|end| axis.beyond(*end) == 0) {
        canvas.line((axis.at(end), y - 5.0), (axis.at(end), y + 5.0), 2.0, color);
    }
}

/// How to read the picture; the last baseline.
fn footer(canvas: &mut Canvas, row: &Comparison, [is_log, has_outliers]: [bool; 2], bottom: f64) -> f64 {
    let color = canvas.palette.dim;
    let most = row.base.observations.len().max(row.head.observations.len());
    let dots = match most {
        0 => "the report does not hold the launches",
        _ if most > DOTS_MAX => "dots: 1000 launches of each side, evenly by rank",
        _ => "dots: launches",
    };
    let logarithmic = if is_log { ", on a logarithmic axis" } else { "" };
    let outliers = if has_outliers { ", triangles: beyond the axis" } else { "" };
    let threshold = crate::report::scale::percent(row.threshold);
    let first = format!("{}; {dots}{logarithmic}{outliers}; upright lines: medians", direction(row.better));
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
