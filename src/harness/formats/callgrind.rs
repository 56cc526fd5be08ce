//! Totals of a program under valgrind, from the files of callgrind and cachegrind.

use super::error::shown_name;
use super::gathered::{At, Gathered, counter};
use super::quantity::{kebab, number};
use super::text::{lines, text};
use super::time_v::program;
use super::{Artifact, Format, ParseError, Results};
use crate::model::{Launch, Unit};

pub(super) const FORMAT: Format =
    Format { name: "callgrind", about: "a file `callgrind.out.PID` or `cachegrind.out.PID`", detect, read };

/// The longest list of events: all that both tools can simulate.
const EVENTS_MAX: usize = 100;

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let has = |prefix: &str| head.lines().any(|line| line.starts_with(prefix));
    head.starts_with("# callgrind format") || has("creator: callgrind") || (has("cmd:") && has("events: "))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let text = text(&artifact.path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(&artifact.path, FORMAT.name);
    let (mut name, mut events, mut sums) = (String::new(), Vec::new(), None);
    let mut is_callgrind = text.starts_with("# callgrind format");
    let last = text.lines().count().max(1);
    for (line, content) in lines(text) {
        let Some((key, value)) = content.split_once(':').filter(|(key, _)| KEYS.contains(key)) else { continue };
        match key {
            "creator" => is_callgrind |= value.trim().starts_with("callgrind"),
            "cmd" if name.is_empty() => program(value).clone_into(&mut name),
            "events" if events.is_empty() => events = value.split_whitespace().take(EVENTS_MAX).collect(),
            // callgrind closes a whole file with its totals; cachegrind with its summary.
            "totals" | "summary" if (key == "totals") == is_callgrind => {
                if sums.is_some() {
                    let problem = "the file holds several parts";
                    return Err(gathered.error(&At::Line(line, 1), problem, "run callgrind without dumps in between"));
                }
                sums = Some((line, value));
            }
            _ => {}
        }
    }
    let Some((line, sums)) = sums else {
        let problem = "the file ends before its totals";
        return Err(gathered.error(&At::Line(last, 1), problem, "measure again: its writer was interrupted"));
    };
    add(&mut gathered, &At::Line(line, 1), &name, &events, sums)?;
    Ok(gathered.results())
}

const KEYS: [&str; 5] = ["creator", "cmd", "events", "summary", "totals"];

fn add(gathered: &mut Gathered, at: &At, name: &str, events: &[&str], sums: &str) -> Result<(), ParseError> {
    let counts: Option<Vec<f64>> = sums.split_whitespace().map(number).collect();
    let Some(counts) = counts.filter(|counts| counts.len() == events.len()) else {
        let problem = format!("expected {} counts, one per event", events.len());
        return Err(gathered.error(at, &problem, "write the file again with valgrind, and do not edit it"));
    };
    for (event, count) in events.iter().zip(counts) {
        let metric = match *event {
            "Ir" => "instructions".to_owned(),
            event => kebab(event).unwrap_or_default(),
        };
        if metric == "instructions" && count == 0.0 {
            let problem = format!("no instruction of {} was counted", shown_name(name));
            return Err(gathered.error(at, &problem, "look at --collect-atstart and --toggle-collect"));
        }
        gathered.add(at, gathered.id(name), counter(&metric, Unit::One), vec![Launch { iterations: vec![count] }])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, refused};
    use crate::model::Distribution;
    use std::fs;

    #[test]
    fn reads_callgrind_s_totals() {
        let counts = [1_790.0, 758.0, 1_314.0, 717.0, 612_225.0, 333_305.0, 14_182.0, 1_670.0, 2_705_065.0];
        let names = ["d1mr", "d1mw", "dlmr", "dlmw", "dr", "dw", "i1mr", "ilmr", "instructions"];
        let rows: [_; 9] = std::array::from_fn(|i| ("wl.sh", names[i], "1", 1, 1, counts[i]));
        assert_reads("callgrind/3.19/base.callgrind.out", "callgrind", &rows);
        let read = read(&fixture("callgrind/3.19/base.callgrind.out"), None).expect("reads");
        assert!(read.iter().all(|m| m.metric.distribution == Distribution::Exact));
    }

    #[test]
    fn reads_cachegrind_s_summary() {
        let counts = [1_226.0, 344.0, 1_019.0, 312.0, 29_798.0, 10_266.0, 1_091.0, 1_072.0, 129_784.0];
        let names = ["d1mr", "d1mw", "dlmr", "dlmw", "dr", "dw", "i1mr", "ilmr", "instructions"];
        let rows: [_; 9] = std::array::from_fn(|i| ("true", names[i], "1", 1, 1, counts[i]));
        assert_reads("callgrind/3.19/base.cachegrind.out", "callgrind", &rows);
    }

    #[test]
    fn parts_cuts_and_contradictions_are_refused() {
        let whole = fs::read_to_string(fixture("callgrind/3.19/base.callgrind.out")).expect("fixture");
        let totals = whole.lines().last().expect("totals");
        let line = whole.lines().count();
        let cut = whole.replace(totals, "");
        assert_eq!(
            refused("callgrind", cut.trim_end()),
            format!(
                "f:{}:1: the file ends before its totals; measure again: its writer was interrupted",
                cut.trim_end().lines().count()
            )
        );
        assert_eq!(
            refused("callgrind", &format!("{whole}{totals}\n")),
            format!("f:{}:1: the file holds several parts; run callgrind without dumps in between", line + 1)
        );
        let again = "write the file again with valgrind, and do not edit it";
        for sums in ["totals: 1 2", "totals: a b c d e f g h i"] {
            let expected = format!("f:{line}:1: expected 9 counts, one per event; {again}");
            assert_eq!(refused("callgrind", &whole.replace(totals, sums)), expected);
        }
        assert_eq!(
            refused("callgrind", &whole.replace(totals, "totals: 0 0 0 0 0 0 0 0 0")),
            format!(
                "f:{line}:1: no instruction of 'wl.sh' was counted; look at --collect-atstart and --toggle-collect"
            )
        );
    }
}
