use super::{Format, write};
use crate::harness::{Past, read_history, read_past};
use crate::model::{Better, History, RunLabel, Series, Unit, VALUE};
use proptest::prelude::*;

const HOSTILE: [&str; 8] = [
    "=HYPERLINK(\"http://evil.example\")",
    "@SUM(1)",
    "a,b;c\td",
    "say \"no\" \\ {}",
    "größe/漢字",
    "-1+1",
    "x # EOF",
    "</script>",
];

fn text(histories: &[History], format: Format) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let notes = write(histories, format, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), notes)
}

fn run(place: usize, environment: &str) -> RunLabel {
    RunLabel {
        commit: Some(format!("{place:040x}")),
        time: Some(format!("2026-01-{:02}T12:00:00Z", 1 + place)),
        environment: Some(environment.to_owned()),
    }
}

fn series(benchmark: &str, metric: &str, unit: Unit, better: Better, values: &[f64]) -> Series {
    let (benchmark, metric) = (benchmark.to_owned(), metric.to_owned());
    Series { benchmark, metric, unit: Some(unit), better: Some(better), values: values.to_vec() }
}

/// Two suites, the second on two machines, with a metric of every unit.
fn project() -> Vec<History> {
    let parser = History {
        runs: (0..3).map(|place| run(2 * place, "fast")).collect(),
        series: vec![
            series("parser/parse", "wall-time", Unit::Second, Better::Lower, &[1.5e-7, f64::NAN, 1.7e-7]),
            series("parser/parse", "max-rss", Unit::Byte, Better::Lower, &[1e6, 1.1e6, 1.2e6]),
            series("parser/parse", "throughput", Unit::PerSecond, Better::Higher, &[10.0, 20.0, 1e300]),
            series("parser/gone", "wall-time", Unit::Second, Better::Lower, &[1.0, 2.0, f64::NAN]),
        ],
        left_out: Vec::new(),
    };
    let cli = History {
        runs: vec![run(1, "fast"), run(3, "slow"), run(5, "fast")],
        series: vec![series("cli/help", "instructions", Unit::One, Better::Lower, &[100.0, 123_456_789.0, 0.0])],
        left_out: Vec::new(),
    };
    vec![parser, cli]
}

/// What `trend --from` makes of a text.
fn read_back(text: &str) -> History {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history");
    std::fs::write(&path, text).unwrap();
    match read_past(&path).unwrap() {
        Past::Table(history) => history,
        Past::Suites(suites) => panic!("{suites:?}"),
    }
}

/// Every value with all that is known of it.
fn values(histories: &[History]) -> Vec<String> {
    let mut found = Vec::new();
    for history in histories {
        for one in &history.series {
            for (run, value) in history.runs.iter().zip(&one.values).filter(|(_, value)| value.is_finite()) {
                found.push(format!(
                    "{} {} {:?} {:?} {run:?} {value:e}",
                    one.benchmark, one.metric, one.unit, one.better
                ));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn tables_read_back_as_they_were() {
    for format in [Format::Csv, Format::Ndjson] {
        let (written, notes) = text(&project(), format);
        let read = read_back(&written);
        assert_eq!(values(std::slice::from_ref(&read)), values(&project()), "{}", format.name());
        assert!(notes.is_empty() && read.left_out.is_empty(), "{notes:?} {:?}", read.left_out);
    }
}

#[test]
fn no_cell_begins_as_a_formula_does() {
    let names: Vec<Series> =
        HOSTILE.iter().map(|name| series(name, VALUE, Unit::One, Better::Lower, &[-1.0])).collect();
    let label = RunLabel { commit: Some("=1+1".to_owned()), time: None, environment: Some("\t=2".to_owned()) };
    let history = History { runs: vec![label], series: names, left_out: Vec::new() };
    let (written, _) = text(std::slice::from_ref(&history), Format::Csv);
    for cell in written.lines().next().unwrap().split(',') {
        assert!(!cell.trim_start_matches('"').starts_with(['=', '@', '+', '-']), "{cell}");
    }
    assert!(written.lines().nth(1).unwrap().starts_with("'=1+1,,"), "{written}");
    let read = read_back(&written);
    assert_eq!(read.series.len(), HOSTILE.len());
    assert!(read.series.iter().all(|series| series.values == [-1.0]), "numbers stay numbers");
    let (lines, _) = text(std::slice::from_ref(&history), Format::Ndjson);
    let names: Vec<String> = read_back(&lines).series.into_iter().map(|series| series.benchmark).collect();
    let mut expected = HOSTILE.map(|name| name.replace('\t', ""));
    expected.sort();
    let mut names = names;
    names.sort();
    assert_eq!(names, expected, "nothing but control characters is lost where nobody computes");
}

/// Whatever a history may hold, `trend --from` reads what comes of it.
#[test]
fn odd_names_read_back() {
    let long = "x".repeat(4_096);
    let names =
        ["a\u{202e}b", "ab", "=1", "'=1", "''=1", " time ", "Commit", " ", "\u{feff}\u{2028}", "a\nb", "a;b", &long];
    let mut all: Vec<Series> = (1_u32..)
        .zip(names)
        .map(|(value, name)| Series {
            unit: None,
            better: None,
            ..series(name, VALUE, Unit::One, Better::Lower, &[f64::from(value)])
        })
        .collect();
    all.push(series("s/\u{202e}c", "wall\u{202e}-time", Unit::Second, Better::Lower, &[99.0]));
    let label = RunLabel { commit: Some("c".repeat(500)), time: None, environment: Some("\u{202e}fast".to_owned()) };
    let history = History { runs: vec![label], series: all, left_out: Vec::new() };
    for format in [Format::Csv, Format::Ndjson] {
        let (written, _) = text(std::slice::from_ref(&history), format);
        let read = read_back(&written);
        let mut values: Vec<f64> = read.series.iter().map(|series| series.values[0]).collect();
        values.sort_by(f64::total_cmp);
        let expected: Vec<f64> = (1..=12).map(f64::from).chain([99.0]).collect();
        assert_eq!(values, expected, "{written}");
        let name = |value: f64| &read.series.iter().find(|series| series.values == [value]).unwrap().benchmark;
        let names = [1.0, 2.0, 3.0, 4.0, 5.0, 12.0, 99.0].map(name);
        assert_eq!(names, ["ab", "ab (2)", "=1", "'=1", "''=1", &long, "s/c"]);
        assert_eq!(read.runs[0].environment.as_deref(), Some("fast"));
    }
}

#[test]
fn metrics_have_one_family_a_unit_and_end() {
    let (written, notes) = text(&project(), Format::OpenMetrics);
    let expected = "# TYPE benchgate_time_seconds gauge\n# UNIT benchgate_time_seconds seconds\n";
    assert!(written.starts_with(expected) && written.ends_with("# EOF\n"), "{written}");
    for line in [
        "benchgate_time_seconds{suite=\"parser\",benchmark=\"parser/parse\",metric=\"wall-time\",better=\"lower\",environment=\"fast\"} 1.7e-7\n",
        "benchgate_value{suite=\"cli\",benchmark=\"cli/help\",metric=\"instructions\",better=\"lower\",environment=\"slow\"} 123456789.0\n",
        "benchgate_run_time_seconds{suite=\"cli\",environment=\"fast\",commit=\"0000000000000000000000000000000000000005\"} 1767700800.0\n",
    ] {
        assert!(written.contains(line), "no {line} in {written}");
    }
    assert_eq!(notes, ["1 series left out: the newest run has no value of them"]);
    let (written, _) = text(&project(), Format::OpenMetricsHistory);
    let cli = written.lines().filter(|line| line.contains("cli/help") && line.contains("fast")).collect::<Vec<_>>();
    assert!(cli[0].ends_with("} 100.0 1767355200.0") && cli[1].ends_with("} 0.0 1767700800.0"), "{cli:?}");
}

#[test]
fn labels_are_escaped_and_no_two_samples_are_alike() {
    let names = ["a\"b\\c\nd\u{1b}", "a\"b\\c d"];
    let all = names.map(|name| series(name, "wall-time", Unit::Second, Better::Lower, &[1.0]));
    let history = History { runs: vec![run(1, "fast")], series: all.to_vec(), left_out: Vec::new() };
    let (written, notes) = text(&[history], Format::OpenMetrics);
    assert_eq!(written.matches("benchmark=\"a\\\"b\\\\c d\"").count(), 1, "{written}");
    assert_eq!(notes, ["1 values left out: another one has the same names"]);
}

#[test]
fn data_js_is_imported_with_the_same_values() {
    let (written, notes) = text(&project(), Format::DataJs);
    assert!(notes.is_empty(), "{notes:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.js");
    std::fs::write(&path, written).unwrap();
    let suites = read_history(&path).unwrap();
    let mut found = Vec::new();
    for suite in &suites {
        for run in &suite.runs {
            for value in &run.values {
                assert_eq!(value.repeats.len(), 1);
                let metric = &value.metric;
                found.push(format!(
                    "{} {} {} {:?} {} {:.12e}",
                    suite.name,
                    value.benchmark,
                    metric.name,
                    metric.better,
                    &run.revision[38..],
                    value.repeats[0]
                ));
            }
        }
    }
    found.sort();
    let mut expected: Vec<String> = [
        "cli help instructions instructions Lower 01 1e2",
        "cli help instructions instructions Lower 03 1.23456789e8",
        "cli help instructions instructions Lower 05 0e0",
        "parser gone wall-time Lower 00 1e0",
        "parser gone wall-time Lower 02 2e0",
        "parser parse max-rss bytes Lower 00 1e6",
        "parser parse max-rss bytes Lower 02 1.1e6",
        "parser parse max-rss bytes Lower 04 1.2e6",
        "parser parse wall-time Lower 00 1.5e-7",
        "parser parse wall-time Lower 04 1.7e-7",
        "parser, more is better parse throughput throughput Higher 00 1e1",
        "parser, more is better parse throughput throughput Higher 02 2e1",
        "parser, more is better parse throughput throughput Higher 04 1e300",
    ]
    .map(|line| {
        let (words, value) = line.rsplit_once(' ').unwrap();
        format!("{words} {:.12e}", value.parse::<f64>().unwrap())
    })
    .to_vec();
    expected.sort();
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn formats_have_names_and_suffixes() {
    for format in Format::ALL {
        assert_eq!(format.name().parse::<Format>(), Ok(format));
        let written = format.suffix().map(|suffix| Format::from_path(std::path::Path::new(&format!("a.{suffix}"))));
        assert!(written.is_none_or(|read| read == Some(format)), "{}", format.name());
    }
    assert!("xlsx".parse::<Format>().is_err());
}

#[test]
fn nothing_is_an_answer_too() {
    for format in Format::ALL {
        let mut out = Vec::new();
        write(&[], format, &mut out).unwrap();
        assert!(!out.is_empty() || format == Format::Ndjson, "{}", format.name());
    }
}

#[test]
fn names_that_differ_in_blanks_read_back() {
    let one = |name: &str| series(name, VALUE, Unit::One, Better::Lower, &[1.0]);
    let history = History { runs: vec![run(0, "fast")], series: vec![one("s/a"), one("s/a ")], left_out: Vec::new() };
    let (written, _) = text(&[history], Format::Csv);
    let read = read_back(&written);
    assert_eq!(read.series.iter().map(|series| series.benchmark.as_str()).collect::<Vec<_>>(), ["s/a", "s/a "]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever names and numbers there are, a table gives every value back.
    #[test]
    fn any_values_read_back(
        names in prop::collection::btree_set("[a-z=+@,;\"' /\\[\\]#é]{1,12}", 1..5),
        numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..9),
    ) {
        let one = |name: &String| Series {
            benchmark: format!("s/{name}"), metric: VALUE.to_owned(), unit: None, better: None, values: numbers.clone(),
        };
        let runs = (0..numbers.len()).map(|place| run(place, "fast")).collect();
        let history = History { runs, series: names.iter().map(one).collect(), left_out: Vec::new() };
        for format in [Format::Csv, Format::Ndjson] {
            let (written, _) = text(std::slice::from_ref(&history), format);
            let read = read_back(&written);
            prop_assert_eq!(read.series.len(), names.len());
            prop_assert!(read.series.iter().all(|series| series.values == numbers), "{}", written);
        }
    }
}
