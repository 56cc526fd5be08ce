//! What a look changed among the alerts, in sentences.

use super::short;
use crate::model::{SCHEMA, Unit, VALUE};
use crate::report::scale::Scale;
use crate::report::{markdown, scale, text};
use crate::trend::{Alert, AlertKind, AlertState, News, Trend};
use serde_json::{Value, json};

/// How many are open, for the headline.
pub(super) fn headline(trend: &Trend) -> Option<String> {
    let count = |state| trend.alerts.iter().filter(|alert| alert.state == state).count();
    let (open, acknowledged) = (count(AlertState::Open), count(AlertState::Acknowledged));
    let new = trend.news.iter().filter(|news| matches!(news, News::New(_))).count();
    (!trend.alerts.is_empty()).then(|| format!("; alerts: {new} new, {open} open, {acknowledged} acknowledged"))
}

/// A line for each that is new or gone.
pub(super) fn lines(trend: &Trend) -> Vec<String> {
    trend.told().map(|(news, alert)| format!("{} alert {}: {}", news.word(), alert.id, sentence(alert))).collect()
}

/// An alert as an issue: its title, and its text in Markdown. Commits are written in full, so that the host links them.
#[must_use]
pub fn issue(trend: &Trend, alert: &Alert) -> (String, String) {
    let verb = if alert.kind == AlertKind::Drift { "drifted by" } else { "changed by" };
    let size = format!("{} %", scale::percent_points(alert.ratio - 1.0));
    let title = text::cut(&format!("Worse: {} {verb} {size}", name(alert)), TITLE_COLUMNS);
    let series = trend.series.iter().find(|series| alert.is_of(series));
    let unit = series.and_then(|series| series.unit).unwrap_or(Unit::One);
    let scale = Scale::of(unit, &[alert.before, alert.after]);
    let escaped = |words: &String| markdown::escape(&text::line(words));
    let place = match (&alert.commits, &alert.commit) {
        (Some([before, last]), _) => {
            let [before, last] = [before, last].map(escaped);
            format!("\nThe last run known to be before it is of {before}, and one of {last} has it.\n")
        }
        (None, Some(commit)) => format!("\nFirst seen at {}.\n", escaped(commit)),
        (None, None) => String::new(),
    };
    let state = match (alert.state, &alert.reason) {
        (AlertState::Open, _) => "Open. Closing this issue acknowledges it: it is not told again.".to_owned(),
        (state, reason) => {
            let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {}", text::line(reason)));
            format!("{}{}.", state.word(), markdown::escape(&reason))
        }
    };
    let body = format!(
        "**{}** {verb} {}: from {} to {}.\n{place}\n{state}\n\nAlert {}, told first on {}.\n",
        markdown::escape(&name(alert)),
        markdown::escape(&sized(alert)),
        scale.show(alert.before),
        scale.show(alert.after),
        alert.id,
        escaped(&alert.opened)
    );
    (title, body)
}

/// What a look changed, for another service: `text` is what chat services show.
#[must_use]
pub fn webhook(trend: &Trend) -> Value {
    let told: Vec<Value> = trend.told().map(|(news, alert)| json!({ "news": news.word(), "alert": alert })).collect();
    let mut text = lines(trend);
    let more = text.len().saturating_sub(LINES_MAX);
    if more > 0 {
        text.truncate(LINES_MAX);
        text.push(format!("and {more} more"));
    }
    json!({ "schema": SCHEMA, "text": text.join("\n"), "alerts": told })
}

/// Lines of a message that people read.
const LINES_MAX: usize = 20;

/// Columns of an issue's title.
const TITLE_COLUMNS: usize = 120;

/// What became worse, by how much, since when.
fn sentence(alert: &Alert) -> String {
    let place = match (&alert.commits, &alert.commit) {
        (Some([before, last]), _) => format!("between {} and {}", short(before), short(last)),
        (None, Some(commit)) => format!("at {}", short(commit)),
        (None, None) => format!("at run {}", alert.index),
    };
    let kind = match alert.kind {
        AlertKind::Step => "",
        AlertKind::Drift => "drifted ",
    };
    let why = alert.reason.as_ref().map_or_else(String::new, |reason| format!("; {}", text::line(reason)));
    format!("{}: {kind}{}, {place}{why}", name(alert), sized(alert))
}

/// The series, and the machine where it has several.
fn name(alert: &Alert) -> String {
    let subject = &alert.subject;
    let mut name = text::line(&subject.benchmark);
    if subject.metric != VALUE {
        name.extend([" ", &text::line(&subject.metric)]);
    }
    if let Some(class) = &subject.environment {
        name.extend([" on ", &text::line(class)]);
    }
    name
}

fn sized(alert: &Alert) -> String {
    let interval = alert.interval.map_or_else(String::new, |[low, high]| {
        format!(" [{}, {}]", scale::percent_points(low - 1.0), scale::percent_points(high - 1.0))
    });
    format!("{} %{interval}", scale::percent_points(alert.ratio - 1.0))
}
