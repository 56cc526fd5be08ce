//! A trend for people: every series in one line with its picture, and every change in one.

mod alerts;
mod sparkline;
mod terminal;

pub use alerts::{issue, webhook};

use super::scale::{self, Scale};
use super::{Format, Options, plot, text};
use crate::model::{Unit, VALUE};
use crate::trend::{Drift, SeriesTrend, Step, Trend};
use std::io::{self, Write};

/// Digits of a commit that are shown.
const COMMIT_DIGITS: usize = 9;

/// Columns of an environment class.
const CLASS_COLUMNS: usize = 40;

/// Writes a trend in the given format.
pub fn render(trend: &Trend, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Terminal => terminal::render(trend, options, out),
        Format::Markdown => markdown(trend, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, trend).map_err(io::Error::from)?;
            out.write_all(b"\n")
        }
        Format::Svg => out.write_all(picture(trend)?.svg().as_bytes()),
        Format::Png => out.write_all(&picture(trend)?.png()),
        other => {
            Err(io::Error::new(io::ErrorKind::Unsupported, format!("a trend cannot be written as {}", other.name())))
        }
    }
}

/// The series that changed most, or the first.
fn picture(trend: &Trend) -> io::Result<plot::Picture> {
    let series = plot::by_change(trend).first().copied().or(trend.series.first());
    let series = series.ok_or_else(|| io::Error::other("there is no series to draw"))?;
    Ok(plot::trend(&plot::TrendPlot::of(series), plot::Theme::Light))
}

/// The answer in one sentence, that can be read alone.
fn headline(trend: &Trend) -> String {
    let changes: usize = trend.series.iter().map(|series| series.change_points.len()).sum();
    let changed = trend.series.iter().filter(|series| !series.change_points.is_empty()).count();
    let provisional =
        trend.series.iter().flat_map(|series| &series.change_points).filter(|step| step.provisional).count();
    let exceeded = trend.series.iter().filter(|series| exceeds(series)).count();
    let count = trend.series.len();
    let found = match changes {
        0 => format!("no change of level in {count} series"),
        _ => format!("{} in {changed} of {count} series", text::plural(changes, "change")),
    };
    let provisional = (provisional > 0).then(|| format!(", {provisional} provisional"));
    let exceeded = (exceeded > 0).then(|| format!("; {exceeded} drifted beyond the budget"));
    let asked = trend.series.iter().any(|series| series.drift.as_ref().is_some_and(|drift| drift.exceeds.is_some()));
    let open = trend.series.iter().filter(|series| series.drift.as_ref().is_none_or(|drift| drift.exceeds.is_none()));
    let open = Some(open.count()).filter(|open| asked && *open > 0);
    let open = open.map(|open| format!("; the drift of {open} could not be judged"));
    [Some(found), provisional, exceeded, open, alerts::headline(trend)].into_iter().flatten().collect()
}

fn exceeds(series: &SeriesTrend) -> bool {
    series.drift.as_ref().is_some_and(|drift| drift.exceeds == Some(true))
}

/// The name of a series; its metric only where one is known.
fn name(series: &SeriesTrend) -> String {
    let name = text::line(&series.benchmark);
    if series.metric == VALUE { name } else { format!("{name} {}", text::line(&series.metric)) }
}

/// `+6.1 % [5.2, 7.0]`, or the two levels where there is no ratio.
fn change(series: &SeriesTrend, ratio: Option<f64>, interval: Option<[f64; 2]>, (before, after): (f64, f64)) -> String {
    let scale = Scale::of(series.unit.unwrap_or(Unit::One), &[before, after]);
    let levels = format!("{} to {}", scale.show(before), scale.show(after));
    let Some(ratio) = ratio else { return levels };
    let interval = interval.map_or_else(String::new, |[low, high]| {
        format!(" [{}, {}]", scale::percent_points(low - 1.0), scale::percent_points(high - 1.0))
    });
    format!("{} %{interval}, {levels}", scale::percent_points(ratio - 1.0))
}

/// Which way a change went: a word where the direction is known, else only up or down.
fn direction(series: &SeriesTrend, ratio: Option<f64>, (before, after): (f64, f64)) -> &'static str {
    match series.is_worse(ratio) {
        Some(true) => "worse",
        Some(false) => "better",
        None if after > before => "up",
        None => "down",
    }
}

/// Where a change lies: position, commits, time.
fn place(step: &Step) -> String {
    let mut parts = vec![match (&step.commit, step.first == step.last) {
        (Some(commit), _) => format!("at {} ({})", short(commit), step.index),
        (None, true) => format!("at {}", step.index),
        (None, false) => format!("at {} (or {} to {})", step.index, step.first, step.last),
    }];
    if let Some([before, last]) = step.commits.as_ref().filter(|_| step.first != step.last) {
        parts.push(format!("between {} and {}", short(before), short(last)));
    }
    // Two of one commit and size may be one change, seen on two machines.
    if let Some(class) = &step.environment {
        parts.push(format!("on {}", text::cut(&text::line(class), CLASS_COLUMNS)));
    }
    if step.provisional {
        parts.push("provisional: few values follow".to_owned());
    }
    parts.join(", ")
}

fn short(commit: &str) -> String {
    let commit = text::line(commit);
    if commit.len() >= 20 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return commit[..COMMIT_DIGITS].to_owned();
    }
    text::cut(&commit, 24)
}

/// How the whole span changed.
fn drift_sentence(series: &SeriesTrend, drift: &Drift) -> String {
    let change = change(series, drift.ratio, drift.interval, (drift.before, drift.after));
    let over = if drift.exceeds == Some(true) { "; beyond the budget" } else { "" };
    format!("drift from {} to {}: {change}{over}", drift.first, drift.last)
}

/// A table of all changes, worst first within each series' order.
fn markdown(trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
    let cell = |text: &str| super::markdown::cell(text, 80);
    writeln!(out, "**{}**\n", super::markdown::escape(&headline(trend)))?;
    let changed: Vec<_> = trend.series.iter().filter(|series| !series.change_points.is_empty()).collect();
    if !changed.is_empty() {
        writeln!(out, "| series | | change | where |\n|---|---|---|---|")?;
    }
    for series in changed {
        for step in &series.change_points {
            let levels = (step.before, step.after);
            let change = change(series, step.ratio, step.interval, levels);
            let way = direction(series, step.ratio, levels);
            let place = super::markdown::escape(&place(step));
            writeln!(out, "| {} | {way} | {change} | {place} |", cell(&name(series)))?;
        }
    }
    for series in trend.series.iter().filter(|series| exceeds(series)) {
        if let Some(drift) = &series.drift {
            writeln!(out, "\n- {}: {}", cell(&name(series)), drift_sentence(series, drift))?;
        }
    }
    for line in alerts::lines(trend) {
        writeln!(out, "\n- {}", super::markdown::escape(&line))?;
    }
    for note in &trend.notes {
        writeln!(out, "\n> **Note:** {}", super::markdown::escape(note))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
