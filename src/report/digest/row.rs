//! The sentences on one row: what was seen, on what that rests, what a reader should know, what to type next.

use super::run::short;
use crate::judge::{Comparison, Stanza, Verdict, literal};
use crate::model::Source;
use crate::report::{Report, scale, text};

/// The command that measures a row alone and longer, with its names where a shell takes them as they are; of files there is none.
pub(in crate::report) fn look_closer(report: &Report, row: &Comparison) -> Option<String> {
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

/// What a reader should know about a row: code (empty for what has none) and sentence.
pub(in crate::report) fn remarks(row: &Comparison) -> Vec<(String, String)> {
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
pub(in crate::report) fn remark_line((code, sentence): (String, String)) -> String {
    match (code.is_empty(), sentence.is_empty()) {
        (true, _) => sentence,
        (_, true) => code,
        _ => format!("{code}: {sentence}"),
    }
}

/// What a reader should know about a row, a line each.
pub(in crate::report) fn remark_lines(row: &Comparison) -> Vec<String> {
    remarks(row).into_iter().map(remark_line).collect()
}

/// The remarks that every one of several rows has: they are said once.
pub(in crate::report) fn shared_remarks(rows: &[&Comparison]) -> Vec<(String, String)> {
    let Some((first, others)) = rows.split_first().filter(|(_, others)| others.len() >= 2) else { return Vec::new() };
    let mut shared = remarks(first);
    for row in others {
        let own = remarks(row);
        shared.retain(|remark| own.contains(remark));
    }
    shared
}

/// What was seen of a row, in a line: `+8.3 % [+6.2, +10.4], 1.020 ms → 1.105 ms, threshold 3 %`.
pub(in crate::report) fn seen(row: &Comparison) -> String {
    let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
    let change = row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0));
    let interval = row.interval.map(|ends| format!(" {}", scale::interval(ends))).unwrap_or_default();
    let (base, head) = (unit.show(row.base.median), unit.show(row.head.median));
    format!("{change}{interval}, {base} → {head}, threshold {}", scale::percent(row.threshold))
}

/// On what it rests: `paired, 14 rounds, noise floor 1.1 %, could have seen 2.1 %`.
pub(in crate::report) fn evidence(row: &Comparison) -> String {
    let noise = row.noise_floor.map(|noise| format!(", noise floor {}", scale::percent(noise)));
    let seen = row.minimum_detectable_effect.map(|seen| format!(", could have seen {}", scale::percent(seen)));
    let (method, rounds) = (text::cut(&text::line(&row.method), 20), text::plural(row.rounds as usize, "round"));
    format!("{method}, {rounds}{}{}", noise.unwrap_or_default(), seen.unwrap_or_default())
}

/// The `[[waiver]]` that would accept a regression, where its name can be written down safely.
pub(in crate::report) fn waiver_stanza(row: &Comparison) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Warning;
    use crate::report::fixtures;

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
}
