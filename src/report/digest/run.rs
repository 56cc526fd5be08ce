//! The sentences on a run as a whole: what was compared, how it was measured, what that can show.

use crate::model::{Origin, Source, State};
use crate::report::{Report, scale, text};

/// What was compared with what; `show` writes a revision's (foreign) name.
pub(in crate::report) fn sides(report: &Report, show: impl Fn(&str) -> String) -> String {
    let identical = report.states.iter().any(|state| state.state == State::Identical);
    let remark = |origin: &Origin| match origin.source {
        Source::Built if report.comparisons.is_empty() && identical => "built here",
        Source::Built if report.comparisons.is_empty() => "",
        Source::Built => "built and measured here",
        Source::Baseline => "stored runs",
        Source::File => "from a file",
    };
    let name = |origin: &Origin| show(&short(&origin.revision));
    let head = &report.head;
    match &report.base {
        None if remark(head).is_empty() => format!("head {}, no base", name(head)),
        None => format!("head {} ({}), no base", name(head), remark(head)),
        Some(base) if remark(head).is_empty() => format!("head {} against base {}", name(head), name(base)),
        Some(base) if base.source == head.source => {
            let files = if head.source == Source::File { "from files" } else { remark(head) };
            format!("head {} against base {}, both {files}", name(head), name(base))
        }
        Some(base) => format!("head {} ({}) against base {} ({})", name(head), remark(head), name(base), remark(base)),
    }
}

/// Seven digits of a commit, keeping `+changes`; other names are cut.
pub(super) fn short(revision: &str) -> String {
    let revision = text::line(revision);
    let (commit, rest) = revision.split_once('+').map_or((revision.as_str(), ""), |(commit, rest)| (commit, rest));
    if commit.len() >= 12 && commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        let rest = if rest.is_empty() { String::new() } else { format!("+{}", text::cut(rest, 12)) };
        return format!("{}{rest}", &commit[..7]);
    }
    text::cut(&revision, 60)
}

/// How it was measured and what that can show: label and sentence, in reading order.
pub(in crate::report) fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let rows = &report.comparisons;
    let mut facts = vec![("measured", measured(report)), ("machine", machine(report))];
    let mut methods: Vec<_> = rows.iter().map(|row| row.method.as_str()).collect();
    methods.sort_unstable();
    methods.dedup();
    if !methods.is_empty() {
        facts.push(("method", methods.into_iter().map(method).collect::<Vec<_>>().join("; ")));
    }
    if let Some(seen) = spread(rows.iter().filter_map(|row| row.minimum_detectable_effect)) {
        facts.push(("could see", format!("4 times in 5, a change of {seen}")));
    }
    if let Some(noise) = spread(rows.iter().filter_map(|row| row.noise_floor)) {
        facts.push(("noise floor", format!("launches of the same code differed by {noise}")));
    }
    if let Some(row) = rows.first() {
        let confidence = scale::percent(row.confidence);
        let sentence = "of each row alone; red and green also count in all looks and rows, unchanged rests on 90 %";
        facts.push(("intervals", format!("{confidence} {sentence}")));
    }
    let alpha = scale::percent(report.policy.alpha);
    facts.push(("false alarms", format!("at most {alpha} of gate runs on unchanged code say regression (alpha)")));
    facts.push(("threshold", thresholds(report)));
    facts
}

/// Rounds, launches and times.
fn measured(report: &Report) -> String {
    let cost = &report.cost;
    let mut parts = Vec::new();
    let rounds = report.comparisons.iter().map(|row| row.rounds);
    if let (Some(least), Some(most)) = (rounds.clone().min(), rounds.max()) {
        let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
        parts.push(format!("{range} rounds per benchmark"));
    }
    parts.push(
        text::plural(usize::try_from(cost.launches).unwrap_or(usize::MAX), "launch").replace("launchs", "launches"),
    );
    for (name, seconds) in [("building", cost.build_s), ("measuring", cost.measure_s), ("statistics", cost.analyse_s)] {
        if seconds >= 1.0 {
            parts.push(format!("{} {name}", scale::duration(seconds)));
        }
    }
    parts.join(", ")
}

/// CPU, cores and whatever else the system said.
fn machine(report: &Report) -> String {
    let environment = &report.environment;
    let mut parts = Vec::new();
    if !environment.cpu.is_empty() {
        parts.push(environment.cpu.clone());
    }
    if environment.cores > 0 {
        parts.push(text::plural(environment.cores as usize, "core"));
    }
    if environment.memory > 0 {
        parts.push(format!("{:.1} GB", environment.memory as f64 / 1e9));
    }
    let virtualization = Some(&environment.virtualization).filter(|name| *name != "none");
    for part in
        [&environment.kernel].into_iter().chain(virtualization).chain([&environment.toolchain, &environment.runner])
    {
        if !part.is_empty() {
            parts.push(part.clone());
        }
    }
    if !environment.class.is_empty() {
        parts.push(format!("class {}", environment.class));
    }
    if parts.is_empty() {
        return "unknown".to_owned();
    }
    parts.iter().map(|part| text::cut(&text::line(part), 60)).collect::<Vec<_>>().join(", ")
}

/// What a method's word means.
pub(in crate::report) fn method(word: &str) -> String {
    match word {
        "paired" => "paired: base and head launched next to each other, in random order".to_owned(),
        "unpaired" => "unpaired: the launches of the two sides are not linked".to_owned(),
        "stored" => "stored: head against earlier stored runs".to_owned(),
        "exact" => "exact: counters, compared by their range".to_owned(),
        other => text::cut(&text::line(other), 20),
    }
}

/// The gate's threshold, and the rows' where they differ.
fn thresholds(report: &Report) -> String {
    let gate = report.policy.threshold;
    let others = report.comparisons.iter().map(|row| row.threshold).filter(|threshold| *threshold != gate);
    let (least, most, count) = others.fold((f64::INFINITY, 0.0_f64, 0), |(least, most, count), threshold| {
        (least.min(threshold), most.max(threshold), count + 1)
    });
    let gate = scale::percent(gate);
    match count {
        0 => format!("changes below {gate} do not matter"),
        _ if least == most => {
            format!("changes below {gate} do not matter; {} for {}", scale::percent(least), text::plural(count, "row"))
        }
        _ => {
            let (least, most) = (scale::percent(least), scale::percent(most));
            format!("changes below {gate} do not matter; {least} to {most} for {}", text::plural(count, "row"))
        }
    }
}

/// `2.1 % in the middle row, 4.1 % in the noisiest`, or one of them if they are the same.
fn spread(values: impl Iterator<Item = f64>) -> Option<String> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let (middle, most) = (scale::percent(*values.get(values.len() / 2)?), scale::percent(*values.last()?));
    Some(if middle == most { middle } else { format!("{middle} in the middle row, {most} in the noisiest") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_short() {
        assert_eq!(short("3f2a91c0d3f2a91c0d3f2a91c0d3f2a91c0d3f2a+changes"), "3f2a91c+changes");
        assert_eq!(short("results/base+1.json"), "results/base+1.json");
    }
}
