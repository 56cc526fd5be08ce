//! Which values of a series may be compared: those of one environment class.

use crate::model::{RunLabel, Series};

/// Classes that are named in a note.
const NAMED_MAX: usize = 4;

/// The runs of one environment class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// The class; absent where the series has but one.
    pub(super) class: Option<String>,
    /// Positions of its runs in the history, ascending.
    pub(super) places: Vec<usize>,
}

impl Machine {
    /// Its values of a series, NaN where a run has none.
    pub(super) fn values(&self, series: &Series) -> Vec<f64> {
        self.places.iter().map(|&place| series.values[place]).collect()
    }
}

/// The machines that measured a series, by their last value: the one in use comes last. A series of one machine is its, whole.
pub(super) fn of(series: &Series, runs: &[RunLabel]) -> Vec<Machine> {
    let class = |place: usize| runs.get(place).and_then(|run| run.environment.as_deref());
    let mut machines: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for place in (0..series.values.len()).filter(|&place| series.values[place].is_finite()) {
        match machines.iter_mut().find(|(known, _)| *known == class(place)) {
            Some((_, places)) => places.push(place),
            None => machines.push((class(place), vec![place])),
        }
    }
    if machines.len() < 2 {
        return vec![Machine { class: None, places: (0..series.values.len()).collect() }];
    }
    machines.sort_by_key(|(_, places)| places.last().copied());
    machines
        .into_iter()
        .map(|(class, places)| Machine { class: Some(class.unwrap_or("unknown").to_owned()), places })
        .collect()
}

/// A sentence for a history of several machines.
pub(super) fn note(runs: &[RunLabel]) -> Option<String> {
    let mut classes: Vec<&str> = Vec::new();
    for run in runs.iter().rev() {
        let class = run.environment.as_deref().unwrap_or("unknown");
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    if classes.len() < 2 {
        return None;
    }
    let more = classes.len().saturating_sub(NAMED_MAX);
    let named: Vec<String> = classes.iter().take(NAMED_MAX).map(|class| format!("'{class}'")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!(
        "measured in {} environments, newest first: {}{more}; each is looked at by itself, and drift is that of a series' newest",
        classes.len(),
        named.join(", ")
    ))
}
