//! Pictures: what a reviewer sees before a word is read. SVG and PNG of one drawing.
//!
//! A picture is laid out in CSS pixels, as wide as a comment, on a canvas; `paint` puts it on a backend. Right, and up,
//! is worse wherever effects are drawn. What is computed here is layout: where dots stand, how dense they lie.

mod album;
mod axis;
mod before_after;
mod canvas;
mod density;
mod effects;
mod font;
mod paint;
mod quantiles;
mod rounds;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod theme;
mod trend;

pub(in crate::report) use album::by_change;
pub use album::{Plate, album, histories, is_plate};
pub use before_after::before_after;
pub use effects::effects;
pub use paint::Picture;
pub use quantiles::quantiles;
pub use rounds::rounds;
pub use theme::Theme;
pub use trend::{TrendChange, TrendEnvironment, TrendPlot, TrendPoint, trend};

use super::scale;
use crate::judge::Comparison;
use crate::model::Better;

/// `+8.3 %`, in the metric's own direction, or what stands for it where there is no ratio.
fn change(row: &Comparison) -> String {
    row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0))
}

/// `[+6.1, +10.4]`, or nothing.
fn interval(row: &Comparison) -> String {
    row.interval.map(scale::interval).unwrap_or_default()
}

/// `parser/parse/small`.
fn name(row: &Comparison) -> String {
    format!("{}/{}", row.suite, row.benchmark)
}

/// Which direction of a metric is worse, in words.
fn direction(better: Better) -> &'static str {
    match better {
        Better::Lower => "less is better",
        Better::Higher => "more is better",
    }
}
