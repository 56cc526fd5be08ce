use super::*;
use crate::model::{BenchmarkId, SCHEMA, State, Topic};
use crate::report::{Styles, fixtures};

fn fact(fact: Topic, state: Condition, value: &str, meaning: &str) -> Fact {
    Fact { fact, state, value: value.into(), meaning: meaning.into() }
}

fn kind(name: &str, deviation: f64, detectable: f64) -> Kind {
    Kind {
        name: name.into(),
        about: "some work".into(),
        launch_s: 0.1043,
        deviation,
        pair_sd: deviation * 1.1,
        noise_floor: Some(deviation * 0.7),
        rounds: 20,
        detectable: Some(detectable),
        rounds_alone: 2876,
        detectable_alone: Some(0.0303),
        verdict: Verdict::Inconclusive,
        disturbed: 0,
    }
}

fn noisy() -> Diagnosis {
    let mut slow = kind("process", 0.0312, 0.0581);
    (slow.rounds, slow.launch_s, slow.verdict) = (11, 1.3, Verdict::Regression);
    let advice = |advice: &str, what: &str, command: &str, gain, computed| Advice {
        advice: advice.into(),
        what: what.into(),
        expected: "what to expect of it, in a sentence that is long enough to be broken at eighty columns".into(),
        command: command.into(),
        gain,
        computed,
    };
    Diagnosis {
        schema: SCHEMA,
        tool: crate::model::Tool { name: "benchgate".into(), version: "0.1.0".into() },
        environment: fixtures::regression().environment,
        facts: vec![
            fact(Topic::Load, Condition::Bad, "3.45 on 2 CPUs", "other work was running when doctor began"),
            fact(
                Topic::Virtualization,
                Condition::Worse,
                "vm",
                "a guest: cache, frequency and neighbours are the host's",
            ),
            fact(Topic::Governor, Condition::Unknown, "unknown", "the host or the firmware decides the frequency"),
            fact(Topic::Aslr, Condition::Good, "on", "each launch draws its addresses anew"),
            fact(Topic::Timer, Condition::Good, "22.00 ns, tsc", "fine enough for any benchmark"),
        ],
        measured: Some(SelfTest {
            seed: 7,
            pairs: 20,
            launches: 384,
            measure_s: 41.2,
            cpus: Some(vec![0, 2, 3]),
            terms: Terms { alpha: 0.01, threshold: 0.03, budget_s: 600.0, max_rounds: 20, benchmarks: 20 },
            kinds: vec![kind("integers", 0.0041, 0.0331), kind("chasing", 0.0187, 0.0452), slow],
            states: vec![StateEntry {
                id: BenchmarkId::new("doctor", "files"),
                state: State::Failed,
                side: None,
                detail: "the launch was ended by signal 9\nmore".into(),
            }],
        }),
        advice: vec![
            advice(
                "quiet",
                "Stop other work, or let fewer jobs run here at once",
                "ps -eo pcpu,comm | head",
                Some(0.6),
                false,
            ),
            advice("rounds", "Allow more rounds", "max-rounds = 30    # in [gate]", Some(0.19), true),
        ],
    }
}

fn unmeasured() -> Diagnosis {
    Diagnosis { measured: None, advice: Vec::new(), ..noisy() }
}

fn show(diagnosis: &Diagnosis, format: Format, options: &Options) -> String {
    let mut out = Vec::new();
    render(diagnosis, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const NARROW: Options = Options {
    styles: Styles { regression: "", improvement: "", inconclusive: "", dim: "", bold: "", reset: "" },
    width: 80,
    verbose: false,
    quiet: false,
    ascii: false,
    pictures: None,
    post: None,
};

#[test]
fn snapshots() {
    insta::assert_snapshot!("terminal", show(&noisy(), Format::Terminal, &NARROW));
    insta::assert_snapshot!("markdown", show(&noisy(), Format::Markdown, &NARROW));
    insta::assert_snapshot!("unmeasured", show(&unmeasured(), Format::Terminal, &NARROW));
    let verbose = Options { verbose: true, ascii: true, ..NARROW };
    insta::assert_snapshot!("verbose_ascii", show(&noisy(), Format::Terminal, &verbose));
    insta::assert_snapshot!("quiet", show(&noisy(), Format::Terminal, &Options { quiet: true, ..NARROW }));
}

#[test]
fn eighty_columns_are_enough_and_any_width_will_do() {
    let lines = show(&noisy(), Format::Terminal, &NARROW);
    assert!(lines.lines().all(|line| text::width(line) <= 80), "{lines}");
    for width in [0, 20, 500] {
        show(&noisy(), Format::Terminal, &Options { width, ..NARROW });
    }
}

#[test]
fn colours_change_nothing_but_colour() {
    let styles = Styles::colored();
    let mut text = show(&noisy(), Format::Terminal, &Options { styles, ..NARROW });
    assert!(text.contains(styles.regression) && text.contains(styles.bold));
    for code in [styles.regression, styles.improvement, styles.inconclusive, styles.dim, styles.bold, styles.reset] {
        text = text.replace(code, "");
    }
    assert_eq!(text, show(&noisy(), Format::Terminal, &NARROW));
}

#[test]
fn json_is_the_diagnosis() {
    for diagnosis in [noisy(), unmeasured()] {
        let text = show(&diagnosis, Format::Json, &NARROW);
        assert_eq!(serde_json::from_str::<Diagnosis>(&text).unwrap(), diagnosis);
    }
    assert!(show(&unmeasured(), Format::Json, &NARROW).contains("\"measured\": null"));
}

#[test]
fn nothing_hostile_comes_to_life() {
    let mut diagnosis = noisy();
    diagnosis.environment.cpu = fixtures::HOSTILE.into();
    diagnosis.facts[0].value = fixtures::HOSTILE.into();
    let text = show(&diagnosis, Format::Terminal, &NARROW);
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
    let page = show(&diagnosis, Format::Markdown, &NARROW);
    let prose: Vec<&str> = page.lines().filter(|line| !line.contains('`')).collect();
    assert!(!prose.concat().contains("@torvalds") && !prose.concat().contains("<img"), "{page}");
    for line in page.lines().filter(|line| line.starts_with("| load")) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
    }
}

#[test]
fn lists_of_cpus_are_short() {
    assert_eq!((list(&[1]), list(&[0, 2, 3, 4, 7])), ("1".to_owned(), "0,2-4,7".to_owned()));
    assert_eq!(list(&[]), "");
}
