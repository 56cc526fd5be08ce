//! One series of a history, with its change points.

use super::axis::{Axis, ValueAxis};
use super::canvas::{Anchor, BODY, Canvas, MARGIN, SMALL, WIDTH};
use super::paint::Picture;
use super::theme::Theme;
use super::{direction, font};
use crate::model::{Better, Unit, VALUE};
use crate::report::scale::{self, Scale};
use crate::report::text;
use crate::trend::{SeriesTrend, Step};

/// A series, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPlot {
    /// What the series is of.
    pub name: String,
    /// The base unit of every value; absent where unknown.
    pub unit: Option<Unit>,
    /// The better direction, where known.
    pub better: Option<Better>,
    /// In the order of the history.
    pub points: Vec<TrendPoint>,
    /// Ascending by index.
    pub changes: Vec<TrendChange>,
    /// Where measuring moved to another machine, ascending by index; the first may stand at 0.
    pub environments: Vec<TrendEnvironment>,
}

/// One entry of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// A revision or a day.
    pub label: String,
    /// In the base unit.
    pub value: f64,
}

/// Values before and after a change point, in the base unit.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendChange {
    /// The first point after the change.
    pub index: usize,
    /// The level before.
    pub before: f64,
    /// The level after.
    pub after: f64,
    /// The interval of after/before.
    pub interval: Option<[f64; 2]>,
    /// Where the level before begins, for the first change of its environment.
    pub from: Option<usize>,
    /// The last point of the level after.
    pub to: usize,
}

/// From this point on, another environment.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendEnvironment {
    /// The first point measured there.
    pub index: usize,
    /// Its class.
    pub name: String,
}

impl TrendPlot {
    /// A series of a history, as it was looked at.
    #[must_use]
    pub fn of(series: &SeriesTrend) -> Self {
        let label = |i: usize| {
            let run = series.runs.get(i);
            run.and_then(|run| run.commit.as_deref().or(run.time.as_deref()))
                .map_or_else(|| i.to_string(), |label| text::cut(&text::line(label), LABEL_COLUMNS))
        };
        let name = if series.metric == VALUE {
            series.benchmark.clone()
        } else {
            format!("{}, {}", series.benchmark, series.metric)
        };
        Self {
            name,
            unit: series.unit,
            better: series.better,
            points: series.values.iter().enumerate().map(|(i, &value)| TrendPoint { label: label(i), value }).collect(),
            changes: changes(series),
            environments: environments_of(series),
        }
    }
}

/// The changes, each with the reach of its levels: they belong to one environment, whose runs may lie between another's.
fn changes(series: &SeriesTrend) -> Vec<TrendChange> {
    let class = |place: usize| series.runs.get(place).and_then(|run| run.environment.as_deref()).unwrap_or("unknown");
    let reach = |step: &Step| {
        let is_own = |place: &usize| step.environment.as_deref().is_none_or(|own| class(*place) == own);
        let mut places = (0..series.values.len()).filter(|&place| series.values[place].is_finite()).filter(is_own);
        let first = places.next().unwrap_or(0);
        (first, places.next_back().unwrap_or(first))
    };
    let of_same = |step: &Step| {
        let environment = step.environment.clone();
        move |other: &&Step| other.environment == environment
    };
    let change = |(number, step): (usize, &Step)| {
        let (first, last) = reach(step);
        let (before, after) = (&series.change_points[..number], &series.change_points[number + 1..]);
        TrendChange {
            index: step.index,
            before: step.before,
            after: step.after,
            interval: step.interval,
            from: before.iter().find(of_same(step)).is_none().then_some(first),
            to: after.iter().find(of_same(step)).map_or(last, |next| next.index.saturating_sub(1)),
        }
    };
    series.change_points.iter().enumerate().map(change).collect()
}

/// Where measuring moved to another machine; nothing where it never did, or where it moves to and fro.
fn environments_of(series: &SeriesTrend) -> Vec<TrendEnvironment> {
    let class = |place: usize| series.runs.get(place).and_then(|run| run.environment.as_deref()).unwrap_or("unknown");
    let mut found: Vec<TrendEnvironment> = Vec::new();
    for index in (0..series.values.len()).filter(|&place| series.values[place].is_finite()) {
        if found.last().is_none_or(|last| last.name != class(index)) {
            found.push(TrendEnvironment { index, name: class(index).to_owned() });
        }
    }
    if (2..=MOVES_MAX).contains(&found.len()) { found } else { Vec::new() }
}

/// Stretches on one machine that are drawn apart.
const MOVES_MAX: usize = 12;

/// Columns of a run's label.
const LABEL_COLUMNS: usize = 16;

const PLOT: [f64; 2] = [110.0, WIDTH - MARGIN];
const TOP: f64 = 104.0;
const BOTTOM: f64 = 310.0;

/// The distance of two baselines.
const LINE: f64 = 20.0;

/// A series over its history: every value, the levels between change points, and where the environment changed.
#[must_use]
pub fn trend(series: &TrendPlot, theme: Theme) -> Picture {
    let mut canvas = Canvas::new(theme);
    let palette = canvas.palette;
    canvas.title(&series.name);
    let count = series.points.len();
    let unit = series.unit.unwrap_or(Unit::One);
    let summary = format!(
        "{}, {}{}",
        text::plural(count, "point"),
        text::plural(series.changes.len(), "change point"),
        series.better.map(|better| format!("; {}", direction(better))).unwrap_or_default()
    );
    canvas.heading(64.0, BODY, palette.dim, &summary);
    let known: Vec<f64> = series.points.iter().map(|point| point.value).filter(|value| value.is_finite()).collect();
    if known.is_empty() {
        return canvas.finish(64.0 + MARGIN, alt(series));
    }
    let middle = known[known.len() / 2];
    let levels = series.changes.iter().flat_map(|change| [change.before, change.after]);
    let y = ValueAxis::new(known.iter().copied().chain(levels), [BOTTOM, TOP], unit, Scale::of(unit, &[middle]));
    let x = Axis::new([-0.5, count as f64 - 0.5], PLOT);
    environments(&mut canvas, series, &x);
    grid(&mut canvas, &y);
    let places = series.points.iter().enumerate().filter(|(_, point)| point.value.is_finite());
    let places: Vec<_> = places.map(|(i, point)| (x.at(i as f64), y.at(point.value))).collect();
    let radius = (500.0 / places.len() as f64).clamp(1.5, 4.0);
    for place in places {
        canvas.disc(place, radius, palette.tint(palette.head, 0.75));
    }
    steps(&mut canvas, series, &x, &y);
    let end = BOTTOM + 22.0 + LINE * sizes(&mut canvas, series, &x) as f64;
    ends(&mut canvas, series, end);
    canvas.finish(end + MARGIN, alt(series))
}

/// Every other environment shaded, with its name.
fn environments(canvas: &mut Canvas, series: &TrendPlot, x: &Axis) {
    let palette = canvas.palette;
    let mut free = f64::MIN;
    for (number, environment) in series.environments.iter().enumerate() {
        let next = series.environments.get(number + 1).map_or(series.points.len(), |next| next.index);
        let [from, to] = [environment.index, next].map(|index| x.at(index as f64 - 0.5));
        if number % 2 == 1 {
            canvas.rect((from, TOP), (to, BOTTOM), palette.band);
        }
        let name = font::fit(&environment.name, SMALL, to - from - 8.0);
        if from > free && name.chars().count() > 3 {
            canvas.text((from + 4.0, TOP - 6.0), SMALL, Anchor::Left, palette.dim, &name);
            free = from + font::width(&name, SMALL);
        }
    }
}

/// Lines and words of the values.
fn grid(canvas: &mut Canvas, y: &ValueAxis) {
    let palette = canvas.palette;
    let mut free = f64::MAX;
    for (at, word) in y.ticks(5) {
        canvas.line((PLOT[0], at), (PLOT[1], at), 1.0, palette.grid);
        if at < free {
            canvas.text((PLOT[0] - 10.0, at + 5.0), SMALL, Anchor::Right, palette.dim, &word);
            free = at - 18.0;
        }
    }
}

/// The first and the last point's label.
fn ends(canvas: &mut Canvas, series: &TrendPlot, baseline: f64) {
    let color = canvas.palette.dim;
    let label = |point: &TrendPoint| font::fit(&point.label, SMALL, 300.0);
    if let Some(first) = series.points.first() {
        canvas.text((PLOT[0], baseline), SMALL, Anchor::Left, color, &label(first));
    }
    if let Some(last) = series.points.get(1..).and_then(<[_]>::last) {
        canvas.text((PLOT[1], baseline), SMALL, Anchor::Right, color, &label(last));
    }
}

/// The level of each stretch.
fn steps(canvas: &mut Canvas, series: &TrendPlot, x: &Axis, y: &ValueAxis) {
    let ink = canvas.palette.ink;
    for change in &series.changes {
        let at = x.at(change.index as f64 - 0.5);
        if let Some(from) = change.from {
            canvas.line((x.at(from as f64 - 0.5), y.at(change.before)), (at, y.at(change.before)), 2.5, ink);
        }
        let to = x.at(change.to as f64 + 0.5);
        canvas.line((at, y.at(change.after)), (to, y.at(change.after)), 2.5, ink);
    }
}

/// How large a change is: the two levels where they have no ratio.
fn size(change: &TrendChange, series: &TrendPlot) -> String {
    let (before, after) = (change.before, change.after);
    if before > 0.0 && after > 0.0 {
        return scale::change(after / before - 1.0);
    }
    let scale = Scale::of(series.unit.unwrap_or(Unit::One), &[before, after]);
    format!("{} to {}", scale.show(before), scale.show(after))
}

/// Each change's size below its place, in as many lines as keep them apart; the lines used. What has no room is left to the
/// summary's count.
fn sizes(canvas: &mut Canvas, series: &TrendPlot, x: &Axis) -> usize {
    const LINES_MAX: usize = 3;
    let palette = canvas.palette;
    let mut free: Vec<f64> = Vec::new();
    for change in &series.changes {
        let at = x.at(change.index as f64 - 0.5);
        let interval = change.interval.map(scale::interval).unwrap_or_default();
        let words = format!("{} {interval}", size(change, series));
        let wide = font::width(words.trim_end(), SMALL);
        let left = (at - wide / 2.0).clamp(PLOT[0], (PLOT[1] - wide).max(PLOT[0]));
        let line = free.iter().position(|free| left > *free).unwrap_or(free.len());
        let is_told = line < LINES_MAX;
        let foot = if is_told { BOTTOM + 6.0 + LINE * line as f64 } else { BOTTOM };
        canvas.dashes((at, TOP), (at, foot), 1.5, palette.ink);
        if is_told {
            canvas.text((left, foot + 15.0), SMALL, Anchor::Left, palette.ink, words.trim_end());
            free.resize(free.len().max(line + 1), f64::MIN);
            free[line] = left + wide + 10.0;
        }
    }
    free.len()
}

/// The picture in a sentence.
fn alt(series: &TrendPlot) -> String {
    let name = text::cut(&text::line(&series.name), 60);
    let last = series.changes.last().map_or(String::new(), |change| {
        let label = series.points.get(change.index).map_or("", |point| point.label.as_str());
        let label = text::cut(&text::line(label), 40);
        format!(", the last of {} at {label}", size(change, series))
    });
    format!(
        "{name} over {}: {}{last}.",
        text::plural(series.points.len(), "point"),
        text::plural(series.changes.len(), "change point")
    )
}
