//! What to say, before how: which rows need reading, in which order, and the sentences that every renderer shares.

use super::strip::effects;
use super::{Report, scale, text};
use crate::judge::{
    BudgetCheck, BudgetVerdict, Comparison, GateChange, JudgedState, Level, Outcome, Stanza, Verdict, literal,
};
use crate::model::{Origin, Source, State, Unit, known_metric};
use std::collections::BTreeMap;

/// Notes that are shown.
const NOTES_MAX: usize = 10;

/// Changes of the gate that are named.
const CHANGES_MAX: usize = 5;

/// The rows of a report in reading order.
pub(super) struct Digest<'r> {
    /// Regressions that no waiver covers, the largest first.
    pub regressions: Vec<&'r Comparison>,
    /// Regressions that a waiver covers, the largest first.
    pub waived: Vec<&'r Comparison>,
    /// Rows that could not be decided; the one that may be worst first.
    pub inconclusive: Vec<&'r Comparison>,
    /// Improvements, the largest first.
    pub improvements: Vec<&'r Comparison>,
    /// The rest.
    pub unchanged: Vec<&'r Comparison>,
    /// States that policy denies, then those it warns of.
    pub flagged: Vec<&'r JudgedState>,
    /// States that policy allows.
    pub allowed: Vec<&'r JudgedState>,
    /// Limits that head exceeds.
    pub exceeded: Vec<&'r BudgetCheck>,
    /// More than one metric occurs, so that rows have to name theirs.
    pub names_metrics: bool,
    /// The unit of each metric that occurs.
    units: BTreeMap<&'r str, Unit>,
}

impl<'r> Digest<'r> {
    /// Sorts the rows of a report.
    pub(super) fn of(report: &'r Report) -> Self {
        let with = |verdict, waived| {
            report.comparisons.iter().filter(move |row| row.verdict == verdict && row.waiver.is_some() == waived)
        };
        let any = |verdict| with(verdict, false).chain(with(verdict, true));
        let point = |row: &Comparison| effects(row)[0].unwrap_or(f64::INFINITY);
        let upper = |row: &Comparison| effects(row)[2].or(row.effect()).unwrap_or(f64::INFINITY);
        let mut flagged: Vec<_> = report.states.iter().filter(|state| state.level != Level::Allow).collect();
        flagged.sort_by_key(|state| std::cmp::Reverse(state.level));
        let units: BTreeMap<_, _> = report.comparisons.iter().map(|row| (row.metric.as_str(), row.unit)).collect();
        Self {
            regressions: sorted(with(Verdict::Regression, false), |row| -point(row)),
            waived: sorted(with(Verdict::Regression, true), |row| -point(row)),
            inconclusive: sorted(any(Verdict::Inconclusive), |row| -upper(row)),
            improvements: sorted(any(Verdict::Improvement), point),
            unchanged: sorted(any(Verdict::Unchanged), |_| 0.0),
            flagged,
            allowed: report.states.iter().filter(|state| state.level == Level::Allow).collect(),
            exceeded: report.budgets.iter().filter(|budget| budget.verdict == BudgetVerdict::Exceeded).collect(),
            names_metrics: units.keys().any(|metric| *metric != "wall-time"),
            units,
        }
    }

    /// The comparisons that need reading, worst first.
    pub(super) fn to_read(&self) -> Vec<&'r Comparison> {
        [&self.regressions, &self.waived, &self.inconclusive, &self.improvements]
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// `231.0 ms, limit 200.0 ms`, in the unit that the comparisons give the metric.
    pub(super) fn budget_values(&self, budget: &BudgetCheck) -> String {
        let unit = self.units.get(budget.metric.as_str()).copied().unwrap_or_else(|| budget_unit(&budget.metric));
        let scale = scale::Scale::of(unit, &[budget.value, budget.limit]);
        format!("{}, limit {}", scale.show(budget.value), scale.show(budget.limit))
    }

    /// `1 regression, 2 improvements, 41 unchanged, 3 identical`.
    pub(super) fn counts(&self) -> String {
        let mut parts = Vec::new();
        let mut count = |count: usize, one: &str, many: &str| {
            if count > 0 {
                parts.push(format!("{count} {}", if count == 1 { one } else { many }));
            }
        };
        count(self.regressions.len(), "regression", "regressions");
        let states = |state: State| self.flagged.iter().chain(&self.allowed).filter(move |s| s.state == state).count();
        let (first, last): (Vec<_>, Vec<_>) = State::ALL
            .into_iter()
            .partition(|state| self.flagged.iter().any(|s| s.state == *state && s.level == Level::Deny));
        for state in first {
            count(states(state), state.code(), state.code());
        }
        count(self.exceeded.len(), "budget exceeded", "budgets exceeded");
        count(self.waived.len(), "waived regression", "waived regressions");
        count(self.inconclusive.len(), "inconclusive", "inconclusive");
        count(self.improvements.len(), "improvement", "improvements");
        count(self.unchanged.len(), "unchanged", "unchanged");
        for state in last {
            count(states(state), state.code(), state.code());
        }
        if parts.is_empty() { "no benchmark was compared".to_owned() } else { parts.join(", ") }
    }
}

/// The rows by a key, smallest first; equal keys keep their order.
fn sorted<'r>(rows: impl Iterator<Item = &'r Comparison>, key: impl Fn(&Comparison) -> f64) -> Vec<&'r Comparison> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    rows
}

/// What the reader has to do, in one or two sentences.
pub(super) fn advice(report: &Report, digest: &Digest) -> String {
    match report.outcome {
        Outcome::Pass if !digest.inconclusive.is_empty() => {
            format!("No action needed; {} could not be decided.", text::plural(digest.inconclusive.len(), "row"))
        }
        Outcome::Pass if !digest.flagged.is_empty() => {
            format!("No action needed, but {} to look at.", text::plural(digest.flagged.len(), "warning"))
        }
        Outcome::Pass => "No action needed.".to_owned(),
        Outcome::Regression => format!("Please read: {}.", what_is_wrong(digest)),
        Outcome::Inconclusive => {
            "Please read: something is undecided or missing, and the policy does not let that pass.".to_owned()
        }
        Outcome::Error => error_advice(report),
    }
}

/// What makes the outcome a regression.
fn what_is_wrong(digest: &Digest) -> String {
    let denied = digest.flagged.iter().filter(|state| state.level == Level::Deny).count();
    let row = |count| if count == 1 { "1 row is".to_owned() } else { format!("{count} rows are") };
    let mut parts = Vec::new();
    if !digest.regressions.is_empty() {
        parts.push(format!("{} worse by more than the threshold", row(digest.regressions.len())));
    }
    if denied > 0 {
        parts.push(format!("{} failed or missing", text::plural(denied, "benchmark")));
    }
    if !digest.exceeded.is_empty() {
        parts.push(format!("{} exceeded", text::plural(digest.exceeded.len(), "budget")));
    }
    if parts.is_empty() { "the gate fails".to_owned() } else { parts.join(", ") }
}

/// What to do when nothing could be judged.
fn error_advice(report: &Report) -> String {
    let broken = |state: &JudgedState| matches!(state.state, State::Failed | State::TimedOut | State::Unreadable);
    let is_new = |state: &JudgedState| state.state == State::New;
    let what = "Nothing was judged; that is never a pass.";
    let next = if report.states.iter().any(broken) {
        "The benchmarks below did not run: their last lines say why."
    } else if report.states.iter().any(|state| state.state == State::Unmeasured) {
        "The budget ended before the first look: raise `budget`, or choose fewer benchmarks with `--bench`."
    } else if report.base.is_none() {
        "There is no base to compare with: name one with `--base REV`, or fetch it (a shallow clone may lack it)."
    } else if !report.states.is_empty() && report.states.iter().all(is_new) {
        "Base has none of these benchmarks yet: once this is merged, the next change is compared with it."
    } else if report.states.iter().any(|state| matches!(state.state, State::New | State::Missing)) {
        "Base and head have no benchmark in common: were they renamed, or does a filter select too few?"
    } else {
        "No benchmark was found: `benchgate check --dry-run` prints what would be measured; check `include`, `--bench` \
         and the suite's harness."
    };
    format!("{what} {next}")
}

/// What was compared with what; `show` writes a revision's (foreign) name.
pub(super) fn sides(report: &Report, show: impl Fn(&str) -> String) -> String {
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

/// The command that measures a row alone and longer, with its names where a shell takes them as they are; of files there is none.
pub(super) fn look_closer(report: &Report, row: &Comparison) -> Option<String> {
    if report.head.source == Source::File {
        return None;
    }
    let plain = |text: &str| {
        text.len() <= 100
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_.:=,+-".contains(c))
            && !text.starts_with('-')
    };
    let name = format!("{}/{}", row.suite, row.benchmark);
    let name = if plain(&name) { name.as_str() } else { "ID" };
    let base = report.base.as_ref().map(|o| short(&o.revision)).filter(|r| r.len() == 7 && plain(r));
    Some(format!("benchgate check --base {} --bench {name} --max-rounds 80", base.as_deref().unwrap_or("BASE")))
}

/// Seven digits of a commit, keeping `+changes`; other names are cut.
fn short(revision: &str) -> String {
    let revision = text::line(revision);
    let (commit, rest) = revision.split_once('+').map_or((revision.as_str(), ""), |(commit, rest)| (commit, rest));
    if commit.len() >= 12 && commit.bytes().all(|b| b.is_ascii_hexdigit()) {
        let rest = if rest.is_empty() { String::new() } else { format!("+{}", text::cut(rest, 12)) };
        return format!("{}{rest}", &commit[..7]);
    }
    text::cut(&revision, 60)
}

/// How it was measured and what that can show: label and sentence, in reading order.
pub(super) fn facts(report: &Report) -> Vec<(&'static str, String)> {
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
pub(super) fn method(word: &str) -> String {
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

/// What a reader should know about a row: code (empty for what has none) and sentence.
pub(super) fn remarks(row: &Comparison) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    if let Some(waiver) = &row.waiver {
        let (until, reason) = (text::cut(&text::line(&waiver.until), 20), text::cut(&text::line(&waiver.reason), 200));
        let issue = waiver.issue.as_ref().map(|issue| format!(" ({})", text::cut(&text::line(issue), 200)));
        let (ceiling, issue) = (scale::change(waiver.ceiling), issue.unwrap_or_default());
        remarks.push((String::new(), format!("waived up to {ceiling} until {until}: {reason}{issue}")));
    }
    for (i, code) in row.warnings.iter().enumerate() {
        let detail =
            row.details.get(i).map_or(String::new(), |warning| text::cut(&text::line(&warning.to_string()), 200));
        remarks.push((text::cut(&text::line(code), 40), detail));
    }
    let says_what_helps = row.warnings.iter().any(|code| code == "needs-more-pairs" || code == "too-few-observations");
    if row.verdict == Verdict::Inconclusive
        && !says_what_helps
        && let Some(seen) = row.minimum_detectable_effect
    {
        let (seen, threshold) = (scale::percent(seen), scale::percent(row.threshold));
        remarks.push((String::new(), format!("could have seen changes from {seen} on; the threshold is {threshold}")));
    }
    remarks
}

/// A remark on one line.
pub(super) fn remark_line((code, sentence): (String, String)) -> String {
    match (code.is_empty(), sentence.is_empty()) {
        (true, _) => sentence,
        (_, true) => code,
        _ => format!("{code}: {sentence}"),
    }
}

/// What a reader should know about a row, a line each.
pub(super) fn remark_lines(row: &Comparison) -> Vec<String> {
    remarks(row).into_iter().map(remark_line).collect()
}

/// The remarks that every one of several rows has: they are said once.
pub(super) fn shared_remarks(rows: &[&Comparison]) -> Vec<(String, String)> {
    let Some((first, others)) = rows.split_first().filter(|(_, others)| others.len() >= 2) else { return Vec::new() };
    let mut shared = remarks(first);
    for row in others {
        let own = remarks(row);
        shared.retain(|remark| own.contains(remark));
    }
    shared
}

/// What was seen of a row, in a line: `+8.3 % [+6.2, +10.4], 1.020 ms → 1.105 ms, threshold 3 %`.
pub(super) fn seen(row: &Comparison) -> String {
    let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
    let change = row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0));
    let interval = row.interval.map(|ends| format!(" {}", scale::interval(ends))).unwrap_or_default();
    let (base, head) = (unit.show(row.base.median), unit.show(row.head.median));
    format!("{change}{interval}, {base} → {head}, threshold {}", scale::percent(row.threshold))
}

/// On what it rests: `paired, 14 rounds, noise floor 1.1 %, could have seen 2.1 %`.
pub(super) fn evidence(row: &Comparison) -> String {
    let noise = row.noise_floor.map(|noise| format!(", noise floor {}", scale::percent(noise)));
    let seen = row.minimum_detectable_effect.map(|seen| format!(", could have seen {}", scale::percent(seen)));
    let (method, rounds) = (text::cut(&text::line(&row.method), 20), text::plural(row.rounds as usize, "round"));
    format!("{method}, {rounds}{}{}", noise.unwrap_or_default(), seen.unwrap_or_default())
}

/// What a row does to the outcome.
pub(super) fn level(report: &Report, row: &Comparison) -> Level {
    match (row.verdict, &row.waiver) {
        (Verdict::Regression, None) => Level::Deny,
        (Verdict::Regression, Some(_)) => Level::Warn,
        (Verdict::Inconclusive, _) => report.policy.on_inconclusive,
        (Verdict::Improvement | Verdict::Unchanged, _) => Level::Allow,
    }
}

/// The `[[waiver]]` that would accept a regression, where its name can be written down safely.
pub(super) fn waiver_stanza(row: &Comparison) -> Option<String> {
    let name = format!("{}/{}", row.suite, row.benchmark);
    let speakable =
        |text: &str| text.len() <= 200 && text == self::text::line(text) && !text.contains(['"', '\\', '`']);
    if !speakable(&name) || !speakable(&row.metric) {
        return None;
    }
    let (glob, ceiling) = (literal(&name), format!("{}%", row.ceiling()?));
    let (until, reason) = ("YYYY-MM-DD", "why it is worth it");
    let stanza = Stanza { benchmark: &glob, metric: &row.metric, ceiling: &ceiling, until, reason, issue: None };
    Some(stanza.to_string())
}

/// States in groups of the same level and state, worst level first.
pub(super) fn groups<'r>(states: &[&'r JudgedState]) -> Vec<Vec<&'r JudgedState>> {
    let mut groups: Vec<Vec<&JudgedState>> = Vec::new();
    for state in states {
        match groups.iter_mut().find(|group| group[0].state == state.state && group[0].level == state.level) {
            Some(group) => group.push(state),
            None => groups.push(vec![state]),
        }
    }
    groups
}

/// What a level does, in words.
pub(super) fn consequence(level: Level) -> &'static str {
    match level {
        Level::Allow => "allowed",
        Level::Warn => "a warning",
        Level::Deny => "fails the gate",
    }
}

/// The unit of a budget's metric; a budget does not name it.
fn budget_unit(metric: &str) -> Unit {
    match known_metric(metric) {
        Some(known) => known.unit,
        None if metric.starts_with("latency") || metric.ends_with("time") => Unit::Second,
        None => Unit::One,
    }
}

/// What concerns the run as a whole, safe to show and bounded.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if report.policy.changed_in_head {
        notes.push(changes(&report.policy.changes));
    }
    notes.extend(report.notes.iter().take(NOTES_MAX).map(|note| text::cut(&text::line(note), 400)));
    if report.notes.len() > NOTES_MAX {
        notes.push(format!("{} more, see report.json", text::plural(report.notes.len() - NOTES_MAX, "note")));
    }
    notes
}

/// Whether a note only says which commit base or head is, and why: nothing to be warned of.
pub(super) fn is_routine(note: &str) -> bool {
    note.starts_with("base is ") || note.starts_with("head is ")
}

/// What head changes of the gate, and what follows: one bounded sentence.
fn changes(changes: &[GateChange]) -> String {
    let named = changes.iter().take(CHANGES_MAX).map(|change| text::cut(&text::line(&change.to_string()), 120));
    let more = changes.len().saturating_sub(CHANGES_MAX);
    let what = named.chain((more > 0).then(|| format!("and {more} more"))).collect::<Vec<_>>().join("; ");
    let what = if what.is_empty() { "its policy or stored baselines" } else { &what };
    format!(
        "this change also changes the gate ({what}): the base's counts, and its own where that is stricter; alone it takes effect \
         after the merge"
    )
}

/// The word of this report that a reader may want explained most.
pub(super) fn word_to_explain(report: &Report, digest: &Digest) -> &'static str {
    match (digest.flagged.first(), digest.inconclusive.first()) {
        _ if !digest.regressions.is_empty() => Verdict::Regression.code(),
        (Some(state), _) => state.state.code(),
        (_, Some(_)) => Verdict::Inconclusive.code(),
        _ if !digest.unchanged.is_empty() => Verdict::Unchanged.code(),
        _ => match digest.allowed.iter().map(|entry| entry.state).min() {
            Some(state) => state.code(),
            None => report.outcome.code(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use crate::model::Warning;

    #[test]
    fn rows_are_read_worst_first() {
        let mut report = fixtures::empty(Outcome::Regression);
        report.comparisons = [0.5, 1.2, 0.9, 1.02, 1.5, 1.01, 1.0]
            .map(|ratio| fixtures::comparison("s", &ratio.to_string(), ratio))
            .to_vec();
        let mut zero = fixtures::comparison("s", "from zero", 1.2);
        (zero.ratio, zero.interval) = (None, None);
        report.comparisons.push(zero);
        let digest = Digest::of(&report);
        let names: Vec<_> = digest.to_read().iter().map(|row| row.benchmark.as_str()).collect();
        assert_eq!(names, ["from zero", "1.5", "1.2", "1.02", "0.5", "0.9"]);
        assert_eq!(digest.counts(), "3 regressions, 1 inconclusive, 2 improvements, 2 unchanged");
    }

    #[test]
    fn an_error_says_what_to_do() {
        let mut report = fixtures::empty(Outcome::Error);
        let advice = |report: &Report| advice(report, &Digest::of(report));
        assert!(advice(&report).contains("--dry-run"));
        report.states = vec![fixtures::state("a", State::New, Level::Allow, "")];
        assert!(advice(&report).contains("Base has none of these benchmarks yet"));
        report.states.push(fixtures::state("b", State::Missing, Level::Allow, ""));
        assert!(advice(&report).contains("in common"));
        report.base = None;
        assert!(advice(&report).contains("--base REV"));
        report.states = vec![fixtures::state("a", State::Failed, Level::Deny, "")];
        assert!(advice(&report).contains("last lines"));
    }

    #[test]
    fn a_waiver_names_what_it_can_name_safely() {
        let stanza = waiver_stanza(&fixtures::comparison("s", "a/*[1]", 1.083)).unwrap();
        assert!(stanza.contains("ceiling = \"11%\""), "{stanza}");
        for name in ["a/*[1]", "a/{b,c}?", "a/[!x]"] {
            let stanza = waiver_stanza(&fixtures::comparison("s", name, 1.083)).unwrap();
            let glob = stanza.split('"').nth(1).unwrap();
            let glob = globset::GlobBuilder::new(glob).literal_separator(true).build().unwrap().compile_matcher();
            assert!(glob.is_match(format!("s/{name}")) && !glob.is_match("s/a/b1"), "{stanza}");
        }
        assert_eq!(waiver_stanza(&fixtures::comparison("s", "a\"\n[x]", 1.083)), None);
        let again = look_closer(&fixtures::regression(), &fixtures::comparison("s", "a;rm", 1.083));
        assert_eq!(again.as_deref(), Some("benchgate check --base 3f2a91c --bench ID --max-rounds 80"));
        assert_eq!(look_closer(&fixtures::hostile(), &fixtures::comparison("s", "a", 1.083)), None, "files");
    }

    #[test]
    fn what_all_rows_share_is_said_once() {
        let disturbed = Warning::Disturbed { share: 1.0 };
        let row =
            |name, more| fixtures::warn(fixtures::comparison("s", name, 1.2), [vec![disturbed.clone()], more].concat());
        let rows = [row("a", vec![]), row("b", vec![Warning::ZeroValues]), row("c", vec![Warning::ZeroValues])];
        let rows: Vec<&Comparison> = rows.iter().collect();
        let shared: Vec<String> = shared_remarks(&rows).into_iter().map(remark_line).collect();
        assert_eq!(shared, ["disturbed: 100 % of the launches were disturbed by other work"]);
        assert!(shared_remarks(&rows[..2]).is_empty() && shared_remarks(&[]).is_empty());
    }

    #[test]
    fn revisions_are_short() {
        assert_eq!(short("3f2a91c0d3f2a91c0d3f2a91c0d3f2a91c0d3f2a+changes"), "3f2a91c+changes");
        assert_eq!(short("results/base+1.json"), "results/base+1.json");
    }
}
