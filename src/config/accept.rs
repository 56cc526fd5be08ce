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
