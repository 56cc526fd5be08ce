//! `[accept]`: lighter ways than a waiver to accept a regression: a trailer in a commit's message, a label on the pull request. None is open
//! unless the base's configuration opens it, because whoever writes the change can write a trailer too.

use super::reader::{Shape, Source, Table};
use super::value::{parse_glob, parse_percent};
use crate::judge::{EVERY_METRIC, Waiver};
use crate::model::{named_metric, shown_message};

pub(super) const ACCEPT_KEYS: &[&str] = &["trailer", "label", "ceiling"];

/// Trailers of one commit that are read.
const TRAILERS_MAX: usize = 50;

/// What a trailer's key is, whatever its letters' case.
const TRAILER: &str = "benchgate-accept:";

/// The largest change that is accepted in a lighter way, unless somebody says otherwise.
const CEILING: f64 = 0.2;

/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 300;

/// Which lighter ways are open.
#[derive(Clone, Debug, PartialEq)]
pub struct Accept {
    /// Whether `Benchgate-Accept:` in a commit's message accepts.
    pub trailer: bool,
    /// The label that accepts every regression of a pull request.
    pub label: Option<String>,
    /// The largest change that either accepts, as a fraction.
    pub ceiling: f64,
}

impl Default for Accept {
    fn default() -> Self {
        Self { trailer: false, label: None, ceiling: CEILING }
    }
}

/// Reads `[accept]`.
pub(super) fn read_accept(source: &mut Source<'_>, table: &Table<'_>) -> Accept {
    table.only(source, ACCEPT_KEYS, |_| None);
    let usual = Accept::default();
    let label = |text: &str| match text.trim() {
        "" => Err("a label is not empty".to_owned()),
        label => Ok(label.to_owned()),
    };
    Accept {
        trailer: table.flag(source, "trailer").unwrap_or(usual.trailer),
        label: table.parsed(source, "label", Shape("a text", "\"slower is fine\""), label),
        ceiling: table.percent(source, "ceiling", parse_percent).unwrap_or(usual.ceiling),
    }
}

/// What a change says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Its commits: id and whole message.
    pub commits: &'a [(String, String)],
    /// The pull request and its labels.
    pub pull_request: Option<u64>,
    /// Its labels.
    pub labels: &'a [String],
    /// `YYYY-MM-DD`: what is said here holds for this comparison only.
    pub today: &'a str,
}

impl Accept {
    /// The waivers that a change may give itself, and a sentence for each that it may not.
    #[must_use]
    pub fn waivers(&self, said: &Said<'_>) -> (Vec<Waiver>, Vec<String>) {
        let (mut waivers, mut complaints) = (Vec::new(), Vec::new());
        for (id, message) in said.commits {
            let place = format!("'Benchgate-Accept' in {}", id.get(..10).unwrap_or(id));
            for (count, value) in trailers(message).enumerate() {
                if count == TRAILERS_MAX {
                    complaints.push(format!("{place} comes more than {TRAILERS_MAX} times: the rest accepts nothing"));
                    break;
                }
                match self.trailer(&place, value, said.today) {
                    Ok(waiver) => waivers.push(waiver),
                    Err(why) => complaints.push(format!("{place} accepts nothing: {}", shown_message(&why))),
                }
            }
        }
        let label = self.label.as_ref().filter(|label| said.labels.iter().any(|theirs| theirs == *label));
        if let (Some(label), Some(number), Ok(benchmark)) = (label, said.pull_request, parse_glob("**")) {
            let place = format!("label '{label}' of #{number}");
            waivers.push(Waiver {
                benchmark,
                metric: EVERY_METRIC.to_owned(),
                ceiling: self.ceiling,
                until: said.today.to_owned(),
                reason: place.clone(),
                issue: Some(format!("#{number}")),
                place,
            });
        }
        (waivers, complaints)
    }

    /// Reads `GLOB METRIC CEILING REASON`.
    fn trailer(&self, place: &str, value: &str, today: &str) -> Result<Waiver, String> {
        if !self.trailer {
            return Err("the base's configuration does not allow it ('trailer' in [accept])".to_owned());
        }
        let form =
            || "write 'SUITE/BENCHMARK METRIC CEILING REASON', for example 's/parse wall-time 8% see #12'".to_owned();
        let mut words = value.split_whitespace();
        let mut word = || words.next().ok_or_else(form);
        let (glob, metric, ceiling) = (word()?, word()?, word()?);
        let reason: String = words.collect::<Vec<_>>().join(" ").chars().take(REASON_CHARS_MAX).collect();
        if reason.is_empty() {
            return Err(form());
        }
        let metric = named_metric(metric).ok_or_else(|| format!("unknown metric '{metric}'; {}", form()))?.name;
        let ceiling = parse_percent(ceiling)?;
        if ceiling > self.ceiling {
            let most = 100.0 * self.ceiling;
            return Err(format!("more than {most} % takes a waiver in the configuration ('ceiling' in [accept])"));
        }
        Ok(Waiver {
            benchmark: parse_glob(glob)?,
            metric,
            ceiling,
            until: today.to_owned(),
            reason: format!("{reason} ({place})"),
            issue: None,
            place: place.to_owned(),
        })
    }
}

/// The values of our trailers: in the last paragraph of a message, as git reads trailers, but not in its subject.
fn trailers(message: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = message.trim_end().lines().collect();
    let begin = lines.iter().rposition(|line| line.trim().is_empty());
    let last = begin.map_or(&[][..], |begin| &lines[begin + 1..]).to_vec();
    last.into_iter().filter_map(|line| {
        let (key, value) = line.split_at_checked(TRAILER.len())?;
        key.eq_ignore_ascii_case(TRAILER).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(accept: &Accept, message: &str, labels: &[&str]) -> (Vec<String>, Vec<String>) {
        let commits = [("0123456789abcdef".to_owned(), message.to_owned())];
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let said = Said { commits: &commits, pull_request: Some(7), labels: &labels, today: "2026-11-22" };
        let (waivers, complaints) = accept.waivers(&said);
        let shown = |w: &Waiver| format!("{} {} {} {}", w.benchmark.glob().glob(), w.metric, w.ceiling, w.reason);
        (waivers.iter().map(shown).collect(), complaints)
    }

    #[test]
    fn a_trailer_is_taken_where_policy_opens_it() {
        let open = Accept { trailer: true, ..Accept::default() };
        let message = "Validate UTF-8\n\nSlower, and right.\n\nBenchgate-accept: s/parse/** wall-time 8% UTF-8, see #12\nSigned-off-by: Ada\n";
        let (waivers, complaints) = said(&open, message, &[]);
        assert_eq!(waivers, ["s/parse/** wall-time 0.08 UTF-8, see #12 ('Benchgate-Accept' in 0123456789)"]);
        assert!(complaints.is_empty());
        let (waivers, complaints) = said(&Accept::default(), message, &["any"]);
        assert!(waivers.is_empty());
        assert!(complaints[0].contains("does not allow it"), "{complaints:?}");
        for (value, why) in [
            ("s/parse wall-time 8%", "write 'SUITE/BENCHMARK"),
            ("s/parse", "write 'SUITE/BENCHMARK"),
            ("s/parse wall-tim 8% why", "unknown metric"),
            ("s/parse wall-time 8 why", "no unit"),
            ("s/parse wall-time 50% why", "more than 20 %"),
            ("s/[ wall-time 8% why", "glob"),
        ] {
            let (waivers, complaints) = said(&open, &format!("x\n\nBenchgate-Accept: {value}"), &[]);
            assert!(waivers.is_empty() && complaints[0].contains(why), "{value}: {complaints:?}");
        }
        let nowhere = "Benchgate-Accept: s/a wall-time 8% why";
        assert_eq!(said(&open, nowhere, &[]), (vec![], vec![]), "a subject is no trailer");
        assert_eq!(said(&open, &format!("x\n\n{nowhere}\n\nmore"), &[]), (vec![], vec![]), "nor is the body");
        assert_eq!(said(&open, "x\n\nBenchgate-Äccept: é", &[]), (vec![], vec![]));
    }

    #[test]
    fn a_label_accepts_up_to_the_ceiling() {
        let open = Accept { label: Some("slower is fine".into()), ceiling: 0.1, ..Accept::default() };
        let (waivers, _) = said(&open, "x", &["bug", "slower is fine"]);
        assert_eq!(waivers, ["** * 0.1 label 'slower is fine' of #7"]);
        assert!(said(&open, "x", &["slower"]).0.is_empty());
    }

    #[test]
    fn a_message_that_repeats_itself_says_little() {
        let open = Accept { trailer: true, ..Accept::default() };
        let line = format!("Benchgate-Accept: s/a \u{1b}[2J{} 8% why\n", "m".repeat(10_000));
        let (waivers, complaints) = said(&open, &format!("x\n\n{}", line.repeat(1_000)), &[]);
        assert!(waivers.is_empty());
        assert_eq!(complaints.len(), 51);
        assert!(
            complaints[0].contains("unknown metric '\\u{1b}[2Jm") && complaints[0].len() < 500,
            "{}",
            complaints[0]
        );
        assert!(complaints[50].ends_with("comes more than 50 times: the rest accepts nothing"), "{}", complaints[50]);
    }
}
