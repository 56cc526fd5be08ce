//! What is told of a history, and when: a change for the worse once, an acknowledged one never again, a fixed one once more.
//!
//! The ledger remembers. It names changes by their commits (by positions only where a history has none), and by their times where
//! a commit is gone, so that it still fits when runs were added, left out or thinned.

use super::{Drift, SeriesTrend, Step, Trend};
use crate::harness::seconds_since_1970;
use crate::model::{RunLabel, SCHEMA, shown_message};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Runs by which a change may move between two looks and still be the same one.
const MOVES_MAX: usize = 5;

/// Runs before a history's end within which a change is told at the very first look; older ones are taken as known.
const RECENT_RUNS: usize = 30;

/// Share of a change, in logarithms, that must be left for it to count as still there.
const LEFT_MIN: f64 = 0.5;

/// Alerts that a ledger keeps; the oldest closed ones go first.
const KEPT_MAX: usize = 10_000;

/// Everything that was told: schema 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Oldest first.
    pub alerts: Vec<Alert>,
}

/// A change for the worse, from its first telling on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Twelve hexadecimal digits, the same from look to look.
    pub id: String,
    /// What became worse.
    #[serde(flatten)]
    pub subject: Subject,
    /// How it became worse.
    pub kind: AlertKind,
    /// Whether anybody needs to do anything.
    pub state: AlertState,
    /// The level before, in base units.
    pub before: f64,
    /// The level after.
    pub after: f64,
    /// after/before.
    pub ratio: f64,
    /// Interval of the ratio at 99 %; absent where too few values follow.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<[f64; 2]>,
    /// Position of the first value after the change when it was last seen.
    pub index: usize,
    /// The commit there; absent where the history names none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The commits that could have done it: the last one known to be before, and the last one that could be the first after.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commits: Option<[String; 2]>,
    /// The time of the run at `index` when it was first told, as the history writes it; absent where it names none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<String>,
    /// When it was first told, RFC 3339 in UTC.
    pub opened: String,
    /// When it was acknowledged or closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settled: Option<String>,
    /// Why it was acknowledged or closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Which series an alert is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The series' name.
    pub benchmark: String,
    /// Its metric.
    pub metric: String,
    /// The environment class, where the series has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<String>,
}

/// How a series became worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// From one run to the next.
    Step,
    /// Beyond the drift that is allowed.
    Drift,
}

/// Whether an alert still matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertState {
    /// Told, and nobody has settled it.
    Open,
    /// Somebody said that it may stay.
    Acknowledged,
    /// At least half of it is gone.
    Fixed,
    /// More values showed that there was none.
    Withdrawn,
}

impl AlertState {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Fixed => "fixed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What one look changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "news", content = "id")]
pub enum News {
    /// Seen for the first time.
    New(String),
    /// Taken back by what followed.
    Fixed(String),
    /// More values showed that there was none.
    Withdrawn(String),
}

impl News {
    /// Which alert it is of.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::New(id) | Self::Fixed(id) | Self::Withdrawn(id) => id,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Fixed(_) => "fixed",
            Self::Withdrawn(_) => "withdrawn",
        }
    }
}

impl Trend {
    /// What this look changed, each with its alert.
    pub fn told(&self) -> impl Iterator<Item = (&News, &Alert)> {
        let alert = |news: &News| self.alerts.iter().find(|alert| alert.id == news.id());
        self.news.iter().filter_map(move |news| Some((news, alert(news)?)))
    }
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LedgerError {
    /// It is not one.
    #[error("{place}: not a ledger of alerts: {problem}; restore it, or remove it to begin anew")]
    Damaged {
        /// The file, line and column.
        place: String,
        /// Why.
        problem: String,
    },
    /// It comes from a newer benchgate.
    #[error("{name}: schema {found} is newer than this benchgate knows ({SCHEMA}); update benchgate")]
    Newer {
        /// The file.
        name: String,
        /// Its schema.
        found: u32,
    },
    /// Nothing is called so.
    #[error("no alert begins with '{id}'; the ledger has {known}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// More than one is called so.
    #[error("several alerts begin with '{id}'; give more digits")]
    Ambiguous {
        /// What was asked for.
        id: String,
    },
}

impl Ledger {
    /// Reads a ledger's text; `name` is for messages.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, LedgerError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let damaged = |error: &serde_json::Error| LedgerError::Damaged {
            place: format!("{name}:{}:{}", error.line(), error.column()),
            problem: shown_message(error),
        };
        let version: Version = serde_json::from_slice(text).map_err(|error| damaged(&error))?;
        if version.schema > SCHEMA {
            return Err(LedgerError::Newer { name: name.to_owned(), found: version.schema });
        }
        serde_json::from_slice(text).map_err(|error| damaged(&error))
    }

    /// Its text, an alert a line.
    pub fn text(&self) -> serde_json::Result<String> {
        let alerts: Vec<String> = self.alerts.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let lines = if alerts.is_empty() { String::new() } else { format!("\n    {}\n  ", alerts.join(",\n    ")) };
        Ok(format!("{{\n  \"schema\": {},\n  \"alerts\": [{lines}]\n}}\n", self.schema))
    }

    /// Acknowledges the alert whose id begins so.
    pub fn acknowledge(&mut self, id: &str, reason: &str, now: &str) -> Result<&Alert, LedgerError> {
        let begins = |i: &usize| !id.is_empty() && self.alerts[*i].id.starts_with(id);
        let named: Vec<usize> = (0..self.alerts.len()).filter(begins).collect();
        match *named.as_slice() {
            [one] => {
                self.alerts[one].settle(AlertState::Acknowledged, reason, now);
                Ok(&self.alerts[one])
            }
            [] => {
                let open = self.alerts.iter().filter(|alert| alert.state == AlertState::Open);
                let open: Vec<&str> = open.map(|alert| alert.id.as_str()).take(10).collect();
                let known = if open.is_empty() { "no open one".to_owned() } else { open.join(", ") };
                Err(LedgerError::Unknown { id: id.to_owned(), known })
            }
            _ => Err(LedgerError::Ambiguous { id: id.to_owned() }),
        }
    }

    /// Takes in a look: what is new, what is gone. Provisional changes wait until they are confirmed.
    pub fn update(&mut self, seen: &Trend, is_first: bool, now: &str) -> Vec<News> {
        let begun = self.alerts.len();
        let mut news = Vec::new();
        let mut confirmed: BTreeSet<usize> = BTreeSet::new();
        for series in &seen.series {
            for (step, ratio) in worse(series) {
                let is_it = |i: &usize| !confirmed.contains(i) && self.alerts[*i].is_at(step, series);
                match (0..self.alerts.len()).find(is_it) {
                    Some(known) => {
                        confirmed.insert(known);
                        news.extend(self.alerts[known].take_in(step, ratio));
                    }
                    None if step.provisional => {}
                    None => {
                        let is_old = is_first && step.index + RECENT_RUNS < series.values.len();
                        confirmed.insert(self.alerts.len());
                        news.extend(self.open(Alert::of_step(step, ratio, series, now), is_old));
                    }
                }
            }
        }
        for series in &seen.series {
            for i in 0..self.alerts.len() {
                news.extend(self.alerts[i].close_if_gone(series, confirmed.contains(&i), now));
            }
            news.extend(self.judge_drift(series, now));
        }
        self.forget_the_past(begun, &mut news);
        self.thin();
        news
    }

    /// What began and ended before anybody looked is entered, and is no news.
    fn forget_the_past(&self, begun: usize, news: &mut Vec<News>) {
        let told: BTreeSet<&str> = self.alerts[..begun].iter().map(|alert| alert.id.as_str()).collect();
        let back: BTreeSet<&str> = news.iter().filter(|news| matches!(news, News::New(_))).map(News::id).collect();
        let is_past =
            |alert: &&Alert| alert.is_over() && (!told.contains(alert.id.as_str()) || back.contains(alert.id.as_str()));
        let past: BTreeSet<String> = self.alerts.iter().filter(is_past).map(|alert| alert.id.clone()).collect();
        news.retain(|news| !past.contains(news.id()));
    }

    /// Enters a new one; an old one is entered as known, and is no news.
    fn open(&mut self, alert: Alert, is_old: bool) -> Option<News> {
        let mut alert = alert;
        // One commit may have several changes, where it was measured several times.
        while self.alerts.iter().any(|known| known.id == alert.id) {
            alert.id = identity(&alert.id);
        }
        let news = (!is_old).then(|| News::New(alert.id.clone()));
        self.alerts.push(if is_old { alert.known_before() } else { alert });
        news
    }

    /// Opens, follows or closes the alert of a drift that has a budget.
    fn judge_drift(&mut self, series: &SeriesTrend, now: &str) -> Option<News> {
        let drift = series.drift.as_ref()?;
        let exceeds = drift.exceeds?;
        let is_current = |alert: &Alert| {
            alert.kind == AlertKind::Drift && matches!(alert.state, AlertState::Open | AlertState::Acknowledged)
        };
        let known = self.alerts.iter().position(|alert| alert.is_of(series) && is_current(alert));
        match (known, exceeds) {
            (None, true) if self.alerts.iter().any(|alert| alert.is_of(series) && alert.explains(drift)) => None,
            (None, true) => self.open(Alert::of_drift(drift, series, now)?, false),
            (Some(known), false) => Some(self.alerts[known].settle(AlertState::Fixed, "within its budget again", now)),
            (Some(known), true) => {
                let alert = &mut self.alerts[known];
                (alert.after, alert.ratio, alert.interval) = (drift.after, drift.ratio?, drift.interval);
                None
            }
            (None, false) => None,
        }
    }

    fn thin(&mut self) {
        let mut surplus = self.alerts.len().saturating_sub(KEPT_MAX);
        self.alerts.retain(|alert| {
            let goes = surplus > 0 && alert.is_over();
            surplus -= usize::from(goes);
            !goes
        });
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self { schema: SCHEMA, alerts: Vec::new() }
    }
}

/// Twelve hexadecimal digits for a key.
fn identity(key: &str) -> String {
    let digits = Sha256::digest(key.as_bytes()).iter().take(6).fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{digits:012x}")
}

/// The changes for the worse, with their ratio.
fn worse(series: &SeriesTrend) -> impl Iterator<Item = (&Step, f64)> {
    let is_worse = |step: &&Step| series.is_worse(step.ratio) == Some(true);
    series.change_points.iter().filter(is_worse).filter_map(|step| Some((step, step.ratio?)))
}

impl Alert {
    fn of_step(step: &Step, ratio: f64, series: &SeriesTrend, now: &str) -> Self {
        Self {
            before: step.before,
            after: step.after,
            interval: step.interval,
            commits: step.commits.clone(),
            ..Self::new(AlertKind::Step, (step.index, ratio, step.environment.as_ref()), series, now)
        }
    }

    fn of_drift(drift: &Drift, series: &SeriesTrend, now: &str) -> Option<Self> {
        Some(Self {
            before: drift.before,
            after: drift.after,
            interval: drift.interval,
            ..Self::new(AlertKind::Drift, (drift.first, drift.ratio?, drift.environment.as_ref()), series, now)
        })
    }

    fn new(
        kind: AlertKind,
        (index, ratio, environment): (usize, f64, Option<&String>),
        series: &SeriesTrend,
        now: &str,
    ) -> Self {
        let subject = Subject {
            benchmark: series.benchmark.clone(),
            metric: series.metric.clone(),
            environment: environment.cloned(),
        };
        let run = series.runs.get(index);
        let commit = run.and_then(|run| run.commit.clone());
        let place = commit.clone().unwrap_or_else(|| index.to_string());
        let environment = subject.environment.clone().unwrap_or_default();
        // A drift may come back after it was fixed: its time makes it another one.
        let again = if kind == AlertKind::Drift { now } else { "" };
        let key = [subject.benchmark.as_str(), &subject.metric, &environment, &place, again].join("\n");
        Self {
            id: identity(&key),
            subject,
            kind,
            state: AlertState::Open,
            before: ratio,
            after: ratio,
            ratio,
            interval: None,
            index,
            commit,
            commits: None,
            time: run.and_then(|run| run.time.clone()),
            opened: now.to_owned(),
            settled: None,
            reason: None,
        }
    }

    /// As one that was there when nobody looked yet.
    fn known_before(mut self) -> Self {
        let now = self.opened.clone();
        self.settle(AlertState::Acknowledged, "older than the first look", &now);
        self
    }

    fn settle(&mut self, state: AlertState, reason: &str, now: &str) -> News {
        self.state = state;
        (self.reason, self.settled) = (Some(reason.to_owned()), Some(now.to_owned()));
        let id = self.id.clone();
        if state == AlertState::Withdrawn { News::Withdrawn(id) } else { News::Fixed(id) }
    }

    /// Whether it is a step that was told, and that makes at least half of a drift: one change is told once.
    fn explains(&self, drift: &Drift) -> bool {
        let is_told = matches!(self.state, AlertState::Open | AlertState::Acknowledged);
        let share = drift.ratio.map_or(0.0, |ratio| self.ratio.ln() / ratio.ln());
        self.kind == AlertKind::Step && is_told && share >= LEFT_MIN
    }

    /// Whether it is of this series.
    #[must_use]
    pub fn is_of(&self, series: &SeriesTrend) -> bool {
        self.subject.benchmark == series.benchmark && self.subject.metric == series.metric
    }

    /// Whether it is this change, perhaps placed a few runs off.
    fn is_at(&self, step: &Step, series: &SeriesTrend) -> bool {
        let same = match (&self.subject.environment, &step.environment) {
            (Some(own), Some(other)) => own == other,
            // One of both is from when there was but one.
            _ => true,
        };
        let reach = step.first.saturating_sub(MOVES_MAX)..=step.last + MOVES_MAX;
        same && self.kind == AlertKind::Step
            && self.is_of(series)
            && self.places(&series.runs).iter().any(|place| reach.contains(place))
    }

    /// Where it may lie in a history: at any run of its commit; at the first run since its time where its commit is gone.
    fn places(&self, runs: &[RunLabel]) -> Vec<usize> {
        if self.commit.is_none() {
            return vec![self.index];
        }
        let own: Vec<usize> = (0..runs.len()).filter(|&place| runs[place].commit == self.commit).collect();
        if own.is_empty() { self.since(runs).into_iter().collect() } else { own }
    }

    /// The first run since its time. None if all are: what was before it is gone, so that nothing can be said of it.
    fn since(&self, runs: &[RunLabel]) -> Option<usize> {
        let seconds = |time: &Option<String>| time.as_deref().and_then(seconds_since_1970);
        let own = seconds(&self.time)?;
        runs.iter().position(|run| seconds(&run.time).is_some_and(|time| time >= own)).filter(|place| *place > 0)
    }

    /// Whether there is nothing left to do about it.
    fn is_over(&self) -> bool {
        matches!(self.state, AlertState::Fixed | AlertState::Withdrawn)
    }

    /// Follows the change; one that was withdrawn is news again.
    fn take_in(&mut self, step: &Step, ratio: f64) -> Option<News> {
        (self.before, self.after, self.ratio, self.interval) = (step.before, step.after, ratio, step.interval);
        self.index = step.index;
        if step.commits.is_some() {
            self.commits.clone_from(&step.commits);
        }
        if self.subject.environment.is_none() {
            self.subject.environment.clone_from(&step.environment);
        }
        let is_back = self.state == AlertState::Withdrawn && !step.provisional;
        is_back.then(|| {
            (self.state, self.settled, self.reason) = (AlertState::Open, None, None);
            News::New(self.id.clone())
        })
    }

    /// Closes it if what followed took at least half of it back, or if more values showed that there was no change.
    fn close_if_gone(&mut self, series: &SeriesTrend, is_seen: bool, now: &str) -> Option<News> {
        if self.is_over() || self.kind == AlertKind::Drift || !self.is_of(series) {
            return None;
        }
        let place = self.places(&series.runs).into_iter().min_by_key(|place| place.abs_diff(self.index))?;
        // A name may have two series, where its unit changed: only the one with values there can tell.
        if !self.has_values(series, place) {
            return None;
        }
        let of_same = |step: &&Step| match (&self.subject.environment, &step.environment) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let last = series.change_points.iter().filter(of_same).rfind(|step| !step.provisional);
        if let Some(last) = last.filter(|last| last.index > place && self.left_at(last.after) < LEFT_MIN) {
            let at = last.commit.as_ref().map_or_else(|| format!("run {}", last.index), |commit| format!("'{commit}'"));
            return Some(self.settle(AlertState::Fixed, &format!("taken back by {at}"), now));
        }
        // A history without its commit was thinned: then it is not more values that show less.
        let has_commit = self.commit.is_none() || series.runs.iter().any(|run| run.commit == self.commit);
        (!is_seen && has_commit).then(|| self.settle(AlertState::Withdrawn, "more values showed no change", now))
    }

    /// The share of the change that is left at a level, in logarithms.
    fn left_at(&self, level: f64) -> f64 {
        let left = (level / self.before).ln() / self.ratio.ln();
        if left.is_finite() { left } else { 1.0 }
    }

    /// Whether the series has values of the alert's environment around its place.
    fn has_values(&self, series: &SeriesTrend, place: usize) -> bool {
        let class = |place: usize| series.runs.get(place).and_then(|run| run.environment.as_ref());
        let own = self.subject.environment.as_ref();
        let around = place.saturating_sub(MOVES_MAX)..series.values.len().min(place.saturating_add(MOVES_MAX + 1));
        around.into_iter().any(|i| series.values[i].is_finite() && own.is_none_or(|own| class(i) == Some(own)))
    }
}

#[cfg(test)]
mod tests;
