//! A series' own file: every value, and every change with its interval.

use super::compact::compact;
use super::runs::{Axes, short};
use super::{SiteError, call};
use crate::trend::{Drift, SeriesTrend, Step, Trend};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Letters of a file's name that come from the series'.
const SLUG_MAX: usize = 48;

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    /// The runs that it belongs to.
    stamp: &'a str,
    exponent: i32,
    values: String,
    steps: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'a Drift>,
}

/// A step as the page shows it: six significant digits.
#[derive(Serialize)]
pub(super) struct Change {
    index: usize,
    first: usize,
    last: usize,
    before: f64,
    after: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
    q: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
}

impl From<&Step> for Change {
    fn from(step: &Step) -> Self {
        Self {
            index: step.index,
            first: step.first,
            last: step.last,
            before: round(step.before),
            after: round(step.after),
            ratio: step.ratio.map(round),
            interval: step.interval.map(|ends| ends.map(round)),
            q: round(step.q),
            provisional: step.provisional,
        }
    }
}

/// Six significant digits.
pub(super) fn round(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// The name of every series' file and address: readable, and the same every time.
pub(super) fn names(trend: &Trend, axes: &Axes) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |(place, series): (usize, &SeriesTrend)| {
        let identity = [&series.benchmark, &series.metric, axes.environment(place).unwrap_or_default()].join("\u{0}");
        // A second series of the same names is told by its number.
        let wanted = (0..).map(|again: u32| {
            let hash = Sha256::new().chain_update(&identity).chain_update(if again > 0 {
                again.to_string()
            } else {
                String::new()
            });
            format!("{}-{}", slug(&format!("{}-{}", series.benchmark, series.metric)), short(&hash.finalize()))
        });
        let free = wanted.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(free.clone());
        free
    };
    trend.series.iter().enumerate().map(name).collect()
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(SLUG_MAX);
    slug.trim_end_matches('-').to_owned()
}

/// Where it lies.
pub(super) fn path(name: &str) -> String {
    format!("series/{name}.js")
}

pub(super) fn file(series: &SeriesTrend, name: &str, stamp: &str) -> Result<Vec<u8>, SiteError> {
    let told = compact(&series.values);
    let steps = series.change_points.iter().map(Change::from).collect();
    call(
        "series",
        &File { name, stamp, exponent: told.exponent, values: told.text, steps, drift: series.drift.as_ref() },
    )
}
