//! What a look changed among the alerts, in sentences.

use super::short;
use crate::model::VALUE;
use crate::report::{scale, text};
use crate::trend::{Alert, AlertKind, AlertState, News, Trend};

/// How many are open, for the headline.
pub(super) fn headline(trend: &Trend) -> Option<String> {
    let count = |state| trend.alerts.iter().filter(|alert| alert.state == state).count();
    let (open, acknowledged) = (count(AlertState::Open), count(AlertState::Acknowledged));
    let new = trend.news.iter().filter(|news| matches!(news, News::New(_))).count();
    (!trend.alerts.is_empty()).then(|| format!("; alerts: {new} new, {open} open, {acknowledged} acknowledged"))
}

/// A line for each that is new or gone.
pub(super) fn lines(trend: &Trend) -> Vec<String> {
    let line = |news: &News| {
        let (word, id) = match news {
            News::New(id) => ("new", id),
            News::Fixed(id) => ("fixed", id),
            News::Withdrawn(id) => ("withdrawn", id),
        };
        let alert = trend.alerts.iter().find(|alert| alert.id == *id)?;
        Some(format!("{word} alert {id}: {}", sentence(alert)))
    };
    trend.news.iter().filter_map(line).collect()
}

/// What became worse, by how much, since when.
fn sentence(alert: &Alert) -> String {
    let interval = alert.interval.map_or_else(String::new, |[low, high]| {
        format!(" [{}, {}]", scale::percent_points(low - 1.0), scale::percent_points(high - 1.0))
    });
    let size = format!("{} %{interval}", scale::percent_points(alert.ratio - 1.0));
    let place = match (&alert.commits, &alert.commit) {
        (Some([before, last]), _) => format!("between {} and {}", short(before), short(last)),
        (None, Some(commit)) => format!("at {}", short(commit)),
        (None, None) => format!("at run {}", alert.index),
    };
    let kind = match alert.kind {
        AlertKind::Step => "",
        AlertKind::Drift => "drifted ",
    };
    let subject = &alert.subject;
    let mut name = text::line(&subject.benchmark);
    if subject.metric != VALUE {
        name.extend([" ", &text::line(&subject.metric)]);
    }
    let machine = subject.environment.as_ref().map_or_else(String::new, |class| format!(" on {}", text::line(class)));
    let why = alert.reason.as_ref().map_or_else(String::new, |reason| format!("; {}", text::line(reason)));
    format!("{name}{machine}: {kind}{size}, {place}{why}")
}
