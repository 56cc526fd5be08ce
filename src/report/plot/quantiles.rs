//! Latencies of a load test, from the middle request to the slowest in a thousand.

use super::axis::{Axis, ValueAxis};
use super::canvas::{Anchor, BODY, Canvas, MARGIN, SMALL, WIDTH};
use super::paint::Picture;
use super::theme::{Look, Theme};
use super::{change, font};
use crate::judge::{Comparison, SideSummary};
use crate::report::scale::Scale;
use crate::report::{Report, text};
use plotters::style::RGBColor;

const PLOT: [f64; 2] = [110.0, WIDTH - MARGIN - 60.0];
const TOP: f64 = 118.0;
const BOTTOM: f64 = 350.0;

/// Latency quantiles of base and head; `None` where a benchmark has fewer than two.
#[must_use]
pub fn quantiles(report: &Report, suite: &str, benchmark: &str, theme: Theme) -> Option<Picture> {
    let own = report.comparisons.iter().filter(|row| row.suite == suite && row.benchmark == benchmark);
    let mut levels: Vec<(f64, &Comparison)> = own.filter_map(|row| Some((level(&row.metric)?, row))).collect();
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let unit = levels.first()?.1.unit;
    levels.retain(|(_, row)| row.unit == unit && row.base.median > 0.0 && row.head.median > 0.0);
    if levels.len() < 2 {
        return None;
    }
    let mut canvas = Canvas::new(theme);
    let palette = canvas.palette;
    canvas.title(&format!("{suite}/{benchmark}"));
    canvas.heading(64.0, BODY, palette.dim, "latency at quantiles of its requests; less is better");
    let scale = Scale::of(unit, &levels.iter().map(|(_, row)| row.base.median).collect::<Vec<_>>());
    let values = levels.iter().flat_map(|(_, row)| [row.base.median, row.head.median]);
    let spread = levels.iter().flat_map(|(_, row)| row.base.observations.iter().chain(&row.head.observations).copied());
    let y = ValueAxis::logarithmic(values.chain(spread), [BOTTOM, TOP], unit, scale);
    let ends = [levels[0].0, levels[levels.len() - 1].0].map(place);
    let x = Axis::new([ends[0] - 0.12, ends[1] + 0.12], PLOT);
    grid(&mut canvas, &levels, &x, &y);
    line(&mut canvas, &levels, |row| &row.base, (&x, &y), palette.dim, true);
    line(&mut canvas, &levels, |row| &row.head, (&x, &y), palette.head, false);
    names(&mut canvas, levels[levels.len() - 1].1, &x, &y, ends[1]);
    let has_spread = levels.iter().any(|(_, row)| row.base.observations.len().max(row.head.observations.len()) > 1);
    let spread = if has_spread { "; uprights: lowest and highest launch" } else { "" };
    let note = &format!("above: the change of each quantile{spread}");
    canvas.heading(BOTTOM + 48.0, SMALL, palette.dim, note);
    Some(canvas.finish(BOTTOM + 48.0 + MARGIN, alt(&format!("{suite}/{benchmark}"), &levels, scale)))
}

/// The share of requests that the metric's latency exceeds: 0.5 of `latency`, 0.999 of `latency-p99.9`.
fn level(metric: &str) -> Option<f64> {
    if metric == "latency" {
        return Some(0.5);
    }
    let percent: f64 = metric.strip_prefix("latency-p")?.parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(percent / 100.0)
}

/// Where a level stands: as far from 90 % to 99 % as from 99 % to 99.9 %.
fn place(level: f64) -> f64 {
    -(1.0 - level).log10()
}

/// Lines and words of both axes, and the change at each level.
fn grid(canvas: &mut Canvas, levels: &[(f64, &Comparison)], x: &Axis, y: &ValueAxis) {
    let palette = canvas.palette;
    let mut free = f64::MAX;
    for (at, word) in y.ticks(6) {
        canvas.line((PLOT[0], at), (PLOT[1], at), 1.0, palette.grid);
        if at < free {
            canvas.text((PLOT[0] - 10.0, at + 5.0), SMALL, Anchor::Right, palette.dim, &word);
            free = at - 18.0;
        }
    }
    let mut taken = f64::MIN;
    for (level, row) in levels {
        let at = x.at(place(*level));
        canvas.line((at, TOP), (at, BOTTOM), 1.0, palette.grid);
        let words = [change(row), crate::report::scale::percent(*level)];
        let half = words.iter().map(|word| font::width(word, SMALL)).fold(0.0, f64::max) / 2.0;
        if at - half > taken {
            let look = Look::of(row);
            canvas.mark(look, (at - half - 2.0, TOP - 15.0), 5.0);
            canvas.text((at - half + 8.0, TOP - 10.0), SMALL, Anchor::Left, look.color(palette), &words[0]);
            canvas.text((at, BOTTOM + 20.0), SMALL, Anchor::Middle, palette.dim, &words[1]);
            taken = at + half + 8.0;
        }
    }
}

/// One side: hollow and dashed for base.
fn line(
    canvas: &mut Canvas,
    levels: &[(f64, &Comparison)],
    side: fn(&Comparison) -> &SideSummary,
    (x, y): (&Axis, &ValueAxis),
    color: RGBColor,
    is_base: bool,
) {
    let points: Vec<_> = levels.iter().map(|(level, row)| (x.at(place(*level)), y.at(side(row).median))).collect();
    for (point, (_, row)) in points.iter().zip(levels) {
        let seen = side(row).observations.iter().copied().filter(|value| *value > 0.0);
        let (lo, hi) = seen.fold((f64::INFINITY, 0.0_f64), |(lo, hi), value| (lo.min(value), hi.max(value)));
        if lo < hi {
            let aside = point.0 + if is_base { -5.0 } else { 5.0 };
            canvas.line((aside, y.at(lo)), (aside, y.at(hi)), 2.0, canvas.palette.tint(color, 0.5));
        }
    }
    if is_base {
        points.windows(2).for_each(|pair| canvas.dashes(pair[0], pair[1], 2.0, color));
        points.iter().for_each(|point| canvas.ring(*point, 5.0, 2.0, color));
    } else {
        canvas.path(points.clone(), 2.5, color);
        points.iter().for_each(|point| canvas.disc(*point, 5.0, color));
    }
}

/// The words at the lines' ends, kept apart.
fn names(canvas: &mut Canvas, last: &Comparison, x: &Axis, y: &ValueAxis, end: f64) {
    let palette = canvas.palette;
    let (base, head) = (y.at(last.base.median), y.at(last.head.median));
    let apart = (18.0 - (base - head).abs()).max(0.0) / 2.0;
    let up = if base < head { -1.0 } else { 1.0 };
    let at = x.at(end) + 14.0;
    canvas.text((at, base + 5.0 + up * apart), BODY, Anchor::Left, palette.dim, "base");
    canvas.text((at, head + 5.0 - up * apart), BODY, Anchor::Left, palette.head, "head");
}

/// The picture in a sentence.
fn alt(name: &str, levels: &[(f64, &Comparison)], scale: Scale) -> String {
    let parts: Vec<String> = levels
        .iter()
        .map(|(level, row)| {
            let level = crate::report::scale::percent(*level);
            format!("{} to {} at {level}", scale.show(row.base.median), scale.show(row.head.median))
        })
        .collect();
    format!("Latency quantiles of {}, base to head: {}.", text::cut(&text::line(name), 60), parts.join(", "))
}
