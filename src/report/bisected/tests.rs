use super::*;
use crate::model::SCHEMA;

fn named(id: char, summary: &str) -> Named {
    Named { revision: id.to_string().repeat(40), summary: summary.to_owned() }
}

fn visited(id: char, probability: f64, treatment: Treatment) -> Visited {
    let measured = treatment == Treatment::Measured;
    Visited {
        commit: named(id, &format!("Change {id}")),
        probability,
        treatment,
        pairs: if measured { 4 } else { 0 },
        ratio: measured.then_some(1.081),
        detail: if treatment == Treatment::Skipped {
            "failed does not build: E0308\nmore".to_owned()
        } else {
            String::new()
        },
    }
}

fn found() -> Bisected {
    let commits = vec![
        visited('b', 0.0, Treatment::Untouched),
        visited('c', 0.002, Treatment::Measured),
        visited('d', 0.994, Treatment::Measured),
        visited('e', 0.003, Treatment::Skipped),
    ];
    Bisected {
        schema: SCHEMA,
        tool: Tool::this(),
        ending: Ending::Found,
        good: named('a', "Good"),
        bad: named('e', "Bad"),
        suite: "s".into(),
        benchmark: "parse".into(),
        metric: "wall-time".into(),
        unit: Unit::Second,
        better: Better::Lower,
        environment: Environment::default(),
        seed: 7,
        certainty: 0.99,
        difference: Difference { ratio: 1.08, interval: Some([1.06, 1.1]), confidence: 0.99, pairs: 10 },
        culprits: vec![named('d', "Change d")],
        probability: 0.994,
        no_culprit: 0.001,
        candidates: vec![named('d', "Change d")],
        commits,
        cost: Cost { launches: 36, measure_s: 4.2, build_s: 12.0, ..Cost::default() },
        next: vec!["git show dddd".into()],
        notes: vec!["a note".into()],
    }
}

fn show(found: &Bisected, format: Format, options: &Options) -> String {
    let mut text = Vec::new();
    render(found, format, options, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn the_culprit_comes_first_and_untouched_commits_are_left_out() {
    let text = show(&found(), Format::Terminal, &Options::default());
    assert!(text.starts_with("dddddddddd made s/parse wall-time worse (99.4 % sure): Change d\n"), "{text}");
    assert!(text.contains("from aaaaaaaaaa to eeeeeeeeee: +8.0 % [+6.0, +10.0] at 99 %, 10 pairs"), "{text}");
    assert!(text.contains("    failed does not build: E0308\n") && !text.contains("more"), "{text}");
    assert!(text.contains("2 of 4 commits measured, 1 skipped; 36 launches in 4.2s, building 12s; seed 7"), "{text}");
    assert!(!text.contains("bbbb") && text.ends_with("  git show dddd\n"), "{text}");
    let verbose = show(&found(), Format::Terminal, &Options { verbose: true, ..Options::default() });
    assert!(verbose.contains("bbbbbbbbbb  untouched"), "{verbose}");
    assert_eq!(show(&found(), Format::Terminal, &Options { quiet: true, ..Options::default() }).lines().count(), 1);
}

#[test]
fn every_ending_has_its_headline() {
    let of = |change: &dyn Fn(&mut Bisected)| {
        let mut found = found();
        change(&mut found);
        show(&found, Format::Terminal, &Options::default()).lines().next().unwrap().to_owned()
    };
    let faster = of(&|found| found.difference.ratio = 0.9);
    assert!(faster.contains("made s/parse wall-time better"), "{faster}");
    let several = of(&|found| found.culprits.insert(0, named('c', "Change c")));
    assert!(several.starts_with("one of cccccccccc, dddddddddd made"), "{several}");
    assert_eq!(of(&|found| found.ending = Ending::Narrowed), "1 commit may have made s/parse wall-time worse");
    assert_eq!(of(&|found| found.ending = Ending::NoCulprit), "no single commit made s/parse wall-time worse");
    let none = of(&|found| found.ending = Ending::NoDifference);
    assert_eq!(none, "no difference of s/parse wall-time was seen between aaaaaaaaaa and eeeeeeeeee");
}

#[test]
fn json_is_the_value_and_markdown_escapes_it() {
    let found = found();
    let json = show(&found, Format::Json, &Options::default());
    assert_eq!(serde_json::from_str::<Bisected>(&json).unwrap(), found);
    let mut hostile = found;
    let nasty = "<img src=x> | @all \u{202e}\u{1b}[31m".to_owned();
    hostile.benchmark.clone_from(&nasty);
    hostile.culprits[0].summary.clone_from(&nasty);
    hostile.commits[2].commit.summary.clone_from(&nasty);
    hostile.commits[3].detail.clone_from(&nasty);
    hostile.next = vec![format!("git show '{nasty}'")];
    let text = show(&hostile, Format::Markdown, &Options::default());
    for line in text.lines() {
        let outside: String = line.split('`').step_by(2).collect();
        assert!(!outside.contains('<') && !outside.contains("@all"), "{line}");
    }
    let row = text.lines().find(|line| line.contains("dddd") && line.starts_with('|')).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 7, "{row}");
    for format in [Format::Markdown, Format::Terminal] {
        let text = show(&hostile, format, &Options::default());
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn chances_are_never_rounded_to_certainty() {
    let shown = [1.0, 0.99996, 0.9996, 0.9959, 0.5, 0.004, 0.0].map(chance);
    assert_eq!(shown, ["over 99.9 %", "over 99.9 %", "over 99.9 %", "99.5 %", "50 %", "under 0.5 %", "none"]);
}
