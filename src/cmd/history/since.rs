//! Where drift begins: at a commit, a release, or some time before the newest run.

use crate::git::Repo;
use crate::harness::seconds_since_1970;
use crate::model::{History, RunLabel};
use crate::trend::position;
use anyhow::{Result, bail};
use std::path::Path;
use std::time::Duration;

/// The first run that counts, for each history; and what a reader should know of it, one sentence each.
///
/// `since` is a commit as the history writes it; or a time, for example `90d`, before each history's newest run; or a day; or a
/// revision that git knows here, for example a tag: its own run, else the first one at or after its time.
pub(super) fn resolve(since: &str, histories: &[History], here: &Path) -> Result<(Vec<usize>, Vec<String>)> {
    let by_label: Vec<Option<usize>> = histories.iter().map(|history| position(history, since)).collect();
    if by_label.iter().any(Option::is_some) {
        return Ok(fill(by_label, since));
    }
    if let Ok(span) = humantime::parse_duration(since) {
        let starts: Vec<Option<usize>> = histories.iter().map(|history| before_newest(history, span)).collect();
        if starts.iter().all(Option::is_none) {
            bail!("--since {since}: no run of this history has a time in a known form; name a commit");
        }
        return Ok(fill(starts, since));
    }
    let by_day = day(since).map(|moment| (None, moment));
    let known = by_day.or_else(|| revision(since, here).map(|(id, time)| (Some(id), time)));
    let Some((id, moment)) = known else {
        bail!(
            "no run of commit '{since}' in this history, and no revision of that name here; name one as the history writes it, \
             with seven digits or more, a tag, a day such as 2026-01-31, or a time such as 90d"
        );
    };
    let start = |history: &History| id.as_ref().and_then(|id| position(history, id)).or_else(|| from(history, moment));
    let starts: Vec<Option<usize>> = histories.iter().map(start).collect();
    if starts.iter().all(Option::is_none) {
        bail!("no run of '{since}' or later in this history");
    }
    Ok(fill(starts, since))
}

/// Histories without that run are counted from their beginning, and named.
fn fill(starts: Vec<Option<usize>>, since: &str) -> (Vec<usize>, Vec<String>) {
    let without = starts.iter().filter(|start| start.is_none()).count();
    let note = (without > 0).then(|| {
        format!("{without} of {} histories have no run since '{since}': counted from their first", starts.len())
    });
    (starts.into_iter().map(Option::unwrap_or_default).collect(), note.into_iter().collect())
}

/// A day, or a moment of it, in seconds since 1970.
fn day(text: &str) -> Option<f64> {
    seconds_since_1970(text).filter(|_| text.as_bytes().get(4) == Some(&b'-'))
}

/// A commit that git knows, with its time.
fn revision(name: &str, here: &Path) -> Option<(String, f64)> {
    let commit = Repo::discover(here).ok()?.resolve(name).ok()?;
    Some((commit.id, commit.seconds as f64))
}

/// The first run within a span before the newest one.
fn before_newest(history: &History, span: Duration) -> Option<usize> {
    let newest = history.runs.iter().filter_map(time).max_by(f64::total_cmp)?;
    from(history, newest - span.as_secs_f64())
}

/// The first run at or after a moment.
fn from(history: &History, moment: f64) -> Option<usize> {
    history.runs.iter().position(|run| time(run).is_some_and(|time| time >= moment))
}

/// A run's time in seconds since 1970.
fn time(run: &RunLabel) -> Option<f64> {
    run.time.as_deref().and_then(seconds_since_1970)
}
