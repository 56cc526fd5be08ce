//! All effects, worst first: a row per benchmark and metric.

use super::axis::{EffectAxis, limits};
use super::canvas::{Anchor, BODY, Canvas, MARGIN, Point, SMALL, WIDTH};
use super::paint::Picture;
use super::theme::{Look, Theme};
use super::{change, font, interval, name};
use crate::judge::Comparison;
use crate::model::Better;
use crate::report::digest::Digest;
use crate::report::strip;
use crate::report::{Report, scale, text};
use plotters::style::RGBColor;
use std::collections::BTreeMap;

/// Rows that are drawn; the rest is counted.
const ROWS_MAX: usize = 30;

/// Height of a row.
const ROW: f64 = 30.0;

/// Where the first row begins.
const TOP: f64 = 126.0;

/// The widest name; a longer one is cut.
const NAME_MAX: f64 = 300.0;

/// The narrowest plot; names give way to it.
const PLOT_MIN: f64 = 230.0;

/// The widest interval in words; a longer one is cut.
const WORDS_MAX: f64 = 170.0;

/// All effects, worst first.
#[must_use]
pub fn effects(report: &Report, theme: Theme) -> Picture {
    let digest = Digest::of(report);
    let all: Vec<&Comparison> = digest.to_read().into_iter().chain(digest.unchanged.iter().copied()).collect();
    let (shown, rest) = all.split_at(all.len().min(ROWS_MAX));
    let mut canvas = Canvas::new(theme);
    let palette = canvas.palette;
    canvas.title(&digest.counts());
    canvas.heading(62.0, SMALL, palette.dim, &subtitle(shown));
    if shown.is_empty() {
        return canvas.finish(62.0 + MARGIN, alt(&digest, shown));
    }
    legend(&mut canvas, shown);
    let columns = Columns::of(shown, digest.names_metrics);
    let axis = EffectAxis::new(ends(shown), columns.plot);
    let bottom = TOP + ROW * shown.len() as f64;
    backdrop(&mut canvas, &axis, &columns, shown);
    for (number, row) in shown.iter().enumerate() {
        let y = TOP + ROW * (number as f64 + 0.5);
        words(&mut canvas, row, &columns, digest.names_metrics, y);
        bar(&mut canvas, row, &axis, y);
    }
    let mut end = bottom + 26.0;
    for note in notes(shown, rest, &axis) {
        end += 22.0;
        canvas.heading(end, SMALL, palette.dim, &note);
    }
    canvas.finish(end + MARGIN, alt(&digest, shown))
}

/// What the picture shows, in a line.
fn subtitle(rows: &[&Comparison]) -> String {
    let Some(first) = rows.first() else { return "there is no comparison to draw".to_owned() };
    let confidence = scale::percent(first.confidence);
    let (least, most) = rows
        .iter()
        .map(|row| row.threshold)
        .fold((f64::INFINITY, 0.0_f64), |(least, most), t| (least.min(t), most.max(t)));
    let threshold = match () {
        () if least == most => scale::percent(least),
        () => format!("{} to {}", scale::percent(least), scale::percent(most)),
    };
    format!("change from base to head with its {confidence} interval; shaded: within the threshold of {threshold}")
}

/// The marks that occur, with their words.
fn legend(canvas: &mut Canvas, rows: &[&Comparison]) {
    const BASELINE: f64 = 90.0;
    let palette = canvas.palette;
    let mut x = MARGIN + 7.0;
    for look in Look::ALL.into_iter().filter(|look| rows.iter().any(|row| Look::of(row) == *look)) {
        canvas.mark(look, (x, BASELINE - 5.0), 6.0);
        canvas.text((x + 13.0, BASELINE), SMALL, Anchor::Left, palette.dim, look.word());
        x += 13.0 + font::width(look.word(), SMALL) + 22.0;
    }
}

/// Where the columns stand.
struct Columns {
    name: [f64; 2],
    plot: [f64; 2],
    /// Right ends of the change and of its interval.
    change: f64,
    interval: f64,
    /// The widest interval's room.
    room: f64,
}

impl Columns {
    /// Each as wide as its widest text, and the rest for the plot.
    fn of(rows: &[&Comparison], names_metrics: bool) -> Self {
        const GAP: f64 = 24.0;
        let widest = |words: &dyn Fn(&Comparison) -> String, size: f64, most: f64| {
            rows.iter().map(|row| font::width(&words(row), size)).fold(0.0, f64::max).min(most)
        };
        let name_width =
            |row: &&Comparison| font::width(&text::line(&name(row)), BODY) + metric_room(row, names_metrics);
        let room = widest(&interval, SMALL, WORDS_MAX);
        let changes = widest(&change, BODY, WORDS_MAX);
        let interval = WIDTH - MARGIN;
        let change = interval - room - if room > 0.0 { 10.0 } else { 0.0 };
        let name = MARGIN + 20.0;
        let end = change - changes - GAP;
        let names = rows.iter().map(name_width).fold(0.0, f64::max).min(NAME_MAX).min(end - PLOT_MIN - GAP - name);
        Self { name: [name, name + names], plot: [name + names + GAP, end], change, interval, room }
    }
}

/// Room for a row's metric and the blank before it; none where all rows have the same.
fn metric_room(row: &Comparison, names_metrics: bool) -> f64 {
    if names_metrics { font::width(&metric(row), SMALL) + 8.0 } else { 0.0 }
}

fn metric(row: &Comparison) -> String {
    font::fit(&row.metric, SMALL, 110.0)
}

/// The ends of the axis: what the rows reach.
fn ends(rows: &[&Comparison]) -> [f64; 2] {
    /// So many times as far out as the middle row is too far: that one would be a speck.
    const GIANT: f64 = 5.0;
    let threshold = rows.iter().map(|row| row.threshold).filter(|t| t.is_finite()).fold(0.001, f64::max).min(1.0);
    let reach = |row: &&Comparison| {
        let known = || strip::effects(row).into_iter().flatten();
        [known().fold(0.0, f64::min), known().fold(0.0, f64::max)]
    };
    limits(&rows.iter().map(reach).collect::<Vec<_>>(), threshold * 1.6, GIANT)
}

/// Threshold bands, grid, and the words of the axis.
fn backdrop(canvas: &mut Canvas, axis: &EffectAxis, columns: &Columns, rows: &[&Comparison]) {
    let palette = canvas.palette;
    let bottom = TOP + ROW * rows.len() as f64;
    for (number, row) in rows.iter().enumerate() {
        let [left, right] = [1.0 / (1.0 + row.threshold) - 1.0, row.threshold].map(|effect| axis.at(effect));
        let top = TOP + ROW * number as f64;
        canvas.rect((left, top), (right, top + ROW), palette.band);
    }
    for (x, word) in roomy_ticks(axis) {
        let (width, color) = if word == "0 %" { (1.5, palette.dim) } else { (1.0, palette.grid) };
        canvas.line((x, TOP), (x, bottom), width, color);
        canvas.text((x, bottom + 20.0), SMALL, Anchor::Middle, palette.dim, &word);
    }
    let zero = axis.at(0.0);
    canvas.text((zero - 14.0, TOP - 8.0), SMALL, Anchor::Right, palette.dim, "← better");
    canvas.text((zero + 14.0, TOP - 8.0), SMALL, Anchor::Left, palette.dim, "worse →");
    canvas.line((columns.plot[0], bottom), (columns.plot[1], bottom), 1.0, palette.grid);
}

/// As many ticks as have room for their words.
fn roomy_ticks(axis: &EffectAxis) -> Vec<(f64, String)> {
    let is_roomy = |ticks: &Vec<(f64, String)>| {
        let mut ends: Vec<_> = ticks.iter().map(|(x, word)| (*x, font::width(word, SMALL) / 2.0)).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.windows(2).all(|pair| pair[0].0 + pair[0].1 + 6.0 < pair[1].0 - pair[1].1)
    };
    let fewest = || vec![(axis.at(0.0), "0 %".to_owned())];
    (1..=6).rev().map(|about| axis.ticks(about)).find(is_roomy).unwrap_or_else(fewest)
}

/// A row's mark, name and numbers.
fn words(canvas: &mut Canvas, row: &Comparison, columns: &Columns, names_metrics: bool, y: f64) {
    let palette = canvas.palette;
    let look = Look::of(row);
    let is_quiet = look == Look::Unchanged;
    let baseline = y + 5.5;
    canvas.mark(look, (MARGIN + 7.0, y), 6.0);
    let room = columns.name[1] - columns.name[0] - metric_room(row, names_metrics) + 0.5;
    let cut = font::fit(&name(row), BODY, room);
    canvas.text(
        (columns.name[0], baseline),
        BODY,
        Anchor::Left,
        if is_quiet { palette.dim } else { palette.ink },
        &cut,
    );
    if names_metrics {
        let x = columns.name[0] + font::width(&cut, BODY) + 8.0;
        canvas.text((x, baseline), SMALL, Anchor::Left, palette.dim, &metric(row));
    }
    canvas.text((columns.change, baseline), BODY, Anchor::Right, look.color(palette), &change(row));
    let ends = font::fit(&interval(row), SMALL, columns.room + 0.5);
    canvas.text((columns.interval, baseline), SMALL, Anchor::Right, palette.dim, &ends);
}

/// A row's interval and point, with arrows at the ends that are cut off.
fn bar(canvas: &mut Canvas, row: &Comparison, axis: &EffectAxis, y: f64) {
    let look = Look::of(row);
    let color = look.color(canvas.palette);
    let [point, lo, hi] = strip::effects(row);
    if let (Some(lo), Some(hi)) = (lo, hi) {
        let [from, to] = [lo, hi].map(|end| axis.at(end));
        canvas.line((from, y), (to.max(from + 0.5), y), 3.0, color);
        for (end, x) in [(lo, from), (hi, to)] {
            if axis.beyond(end) == 0 {
                canvas.line((x, y - 6.0), (x, y + 6.0), 2.0, color);
            }
        }
    }
    let ends = [point, lo, hi].into_iter().flatten();
    let beyond = ends.map(|effect| (axis.beyond(effect), axis.at(effect))).filter(|(side, _)| *side != 0);
    for (side, x) in beyond.collect::<BTreeMap<_, _>>() {
        arrow(canvas, (x, y), f64::from(side), color);
    }
    if let Some(point) = point.filter(|point| axis.beyond(*point) == 0) {
        canvas.mark(look, (axis.at(point), y), 7.0);
    }
}

/// An open arrow head: there is more beyond the edge.
fn arrow(canvas: &mut Canvas, (x, y): Point, side: f64, color: RGBColor) {
    for tip in [x, x - side * 6.0] {
        canvas.path(vec![(tip - side * 6.0, y - 6.0), (tip, y), (tip - side * 6.0, y + 6.0)], 2.0, color);
    }
}

/// What else a reader has to know.
fn notes(shown: &[&Comparison], rest: &[&Comparison], axis: &EffectAxis) -> Vec<String> {
    let mut notes = Vec::new();
    let is_beyond =
        |row: &&Comparison| strip::effects(row).into_iter().flatten().any(|effect| axis.beyond(effect) != 0);
    if shown.iter().any(is_beyond) {
        notes.push("arrows: what lies beyond the axis".to_owned());
    }
    if !rest.is_empty() {
        let kinds: Vec<String> = Look::ALL
            .into_iter()
            .filter_map(|look| {
                let count = rest.iter().filter(|row| Look::of(row) == look).count();
                (count > 0).then(|| format!("{count} {}", look.word()))
            })
            .collect();
        notes.push(format!("… and {} more: {}", rest.len(), kinds.join(", ")));
    }
    let mut reversed: Vec<&str> =
        shown.iter().filter(|row| row.better == Better::Higher).map(|row| row.metric.as_str()).collect();
    reversed.sort_unstable();
    reversed.dedup();
    if let Some(first) = reversed.first() {
        let more = if reversed.len() > 1 { format!(" and {} more", reversed.len() - 1) } else { String::new() };
        notes.push(format!("{}{more}: more is better, so a drop lies to the right", text::cut(&text::line(first), 30)));
    }
    notes
}

/// The picture in a sentence.
fn alt(digest: &Digest<'_>, shown: &[&Comparison]) -> String {
    let worst = shown.first().map(|row| {
        let name = text::cut(&text::line(&name(row)), 60);
        format!("; first {name}: {} {}, {}", change(row), interval(row), Look::of(row).word())
    });
    format!("Changes from base to head with their intervals: {}{}.", digest.counts(), worst.unwrap_or_default())
}
