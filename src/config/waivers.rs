//! Waivers written into a configuration that somebody else wrote.

use super::Diagnostics;
use super::diagnostics::Complaint;
use super::file::parse;
use crate::judge::Stanza;

/// The text of a file called `name` with waivers added at its end; what stands there stays, byte by byte. Refused where the
/// result would not be valid, or holds two waivers for the same benchmark and metric.
pub fn with_waivers(name: &str, text: &str, stanzas: &[Stanza<'_>]) -> Result<String, Diagnostics> {
    let known = parse(name, text)?.waivers;
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut whole = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        whole.push_str(newline);
    }
    for stanza in stanzas {
        let blank = if whole.is_empty() { "" } else { newline };
        whole.extend([blank, &stanza.to_string().replace('\n', newline)]);
    }
    let again = |stanza: &&Stanza<'_>| {
        let same =
            known.iter().find(|old| old.metric == stanza.metric && old.benchmark.glob().glob() == stanza.benchmark)?;
        let what =
            format!("'{}' {} has a waiver here already; change or remove this one", stanza.benchmark, stanza.metric);
        Some(Complaint::new(&same.place, what))
    };
    let complaints: Vec<Complaint> = stanzas.iter().filter_map(|stanza| again(&stanza)).collect();
    if !complaints.is_empty() {
        return Err(Diagnostics(complaints));
    }
    let read = parse(name, &whole)?.waivers;
    if read.len() != known.len() + stanzas.len() {
        return Err(Diagnostics(vec![Complaint::new(name, "no table can follow at its end; add the waiver by hand")]));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::literal;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(name in "[^\0]{1,30}", reason in "[^\0]{0,60}x", text in "(# [a-z]{0,9}\r?\n|\n){0,4}(# é)?") {
            let glob = literal(&name);
            let until = "2027-03-01";
            let stanza = Stanza {
                benchmark: &glob, metric: "wall-time", ceiling: "12.5%", until, reason: &reason, issue: Some(&reason),
            };
            let whole = with_waivers("b.toml", &text, &[stanza]).unwrap();
            prop_assert!(whole.starts_with(&text));
            let read = parse("b.toml", &whole).unwrap().waivers;
            prop_assert_eq!((&read[0].reason, read[0].issue.as_ref()), (&reason, Some(&reason)));
            prop_assert!((read[0].ceiling - 0.125).abs() < 1e-12);
            let (own, other) = (read[0].benchmark.is_match(&name), read[0].benchmark.is_match(name.clone() + "x"));
            prop_assert!(own && !other);
            let again = with_waivers("b.toml", &whole, &[stanza]).unwrap_err();
            prop_assert!(again.to_string().contains("already"), "{}", again);
        }
    }
}
