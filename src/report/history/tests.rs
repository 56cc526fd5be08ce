use super::*;
use crate::model::{Better, History, RunLabel, Series};
use crate::stats::changepoints::Detector;
use crate::trend::{Settings, trend};

/// A rise, a fall and a level, in values that vary by three percent; every run has a commit.
fn seen(better: Option<Better>) -> Trend {
    let commit = |i: usize| Some(format!("{i:02x}").repeat(20));
    let wobble =
        |i: usize| 1.0 + 0.004 * ((1.7 * i as f64).sin() + (2.9 * i as f64 + 1.0).sin() + (0.9 * i as f64).cos());
    let values = |level: fn(usize) -> f64| (0..80).map(|i| level(i) * wobble(i)).collect::<Vec<f64>>();
    let series = |benchmark: &str, unit, values| Series {
        benchmark: benchmark.into(),
        metric: "wall-time".into(),
        unit,
        better,
        values,
    };
    let history = History {
        runs: (0..80).map(|i| RunLabel { commit: commit(i), ..RunLabel::default() }).collect(),
        series: vec![
            series("parser/parse", Some(Unit::Second), values(|i| if i < 40 { 1e-3 } else { 1.08e-3 })),
            series("a|b`<i>\u{202e}", None, values(|i| if i < 75 { 50.0 } else { 40.0 })),
            series("flat", Some(Unit::Byte), values(|_| 4e6)),
        ],
        left_out: vec!["the column \"cpu\" holds no number".into()],
    };
    let settings = Settings { detector: Detector::DEFAULT, since: vec![0], drift_max: Some(0.05), fdr: 0.05 };
    trend(&[history], &settings)
}

fn show(trend: &Trend, format: Format, options: &Options) -> String {
    let mut out = Vec::new();
    render(trend, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn trends_are_shown() {
    let trend = seen(Some(Better::Lower));
    insta::assert_snapshot!("terminal", show(&trend, Format::Terminal, &Options::default()));
    insta::assert_snapshot!("markdown", show(&trend, Format::Markdown, &Options::default()));
    let verbose = Options { verbose: true, ascii: true, width: 60, ..Options::default() };
    insta::assert_snapshot!("verbose_ascii", show(&seen(None), Format::Terminal, &verbose));
    let quiet = Options { quiet: true, ..Options::default() };
    assert_eq!(
        show(&trend, Format::Terminal, &quiet),
        "2 changes in 2 of 3 series, 1 provisional; 1 drifted beyond the budget\n"
    );
}

#[test]
fn json_has_the_names_that_programs_rely_on() {
    let text = show(&seen(None), Format::Json, &Options::default());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let point = &value["series"][0]["change_points"][0];
    for name in ["index", "before", "after", "ratio", "interval", "p", "first", "last"] {
        assert!(!point[name].is_null(), "{name}: {text}");
    }
    assert_eq!((value["schema"].as_u64(), point["index"].as_u64()), (Some(1), Some(40)));
    assert!(value["series"][0]["drift"]["ratio"].is_f64() && value["series"][0]["n"] == 80, "{text}");
    assert_eq!(serde_json::from_str::<Trend>(&text).unwrap().series[0].change_points[0].index, 40);
}

#[test]
fn nothing_hostile_comes_to_life() {
    for format in [Format::Terminal, Format::Markdown] {
        let text = show(&seen(None), format, &Options { verbose: true, ..Options::default() });
        assert!(!text.contains('\u{202e}'), "{text}");
    }
    let mut trend = seen(None);
    trend.series[0].benchmark = "::error::x".into();
    let text = show(&trend, Format::Terminal, &Options::default());
    assert!(!text.lines().any(|line| line.starts_with("::")), "{text}");
}

#[test]
fn an_alert_is_an_issue_and_a_message() {
    let mut trend = seen(Some(Better::Lower));
    let mut ledger = crate::trend::Ledger::default();
    trend.news = ledger.update(&trend, false, "2026-11-22T12:00:00Z");
    trend.alerts = ledger.alerts;
    let mut odd = trend.alerts[0].clone();
    odd.subject.benchmark = "a|b`<i>@everyone\u{202e}".into();
    let told: Vec<String> = [&trend.alerts[0], &odd]
        .map(|alert| issue(&trend, alert))
        .map(|(title, text)| format!("{title}\n\n{text}"))
        .to_vec();
    insta::assert_snapshot!("issues", told.join("\n----\n"));
    insta::assert_snapshot!("webhook", serde_json::to_string_pretty(&webhook(&trend)).unwrap());
}

#[test]
fn a_message_of_many_alerts_is_as_long_as_people_read() {
    let mut trend = seen(Some(Better::Lower));
    let mut ledger = crate::trend::Ledger::default();
    let news = ledger.update(&trend, false, "2026-11-22T12:00:00Z");
    trend.news = std::iter::repeat_n(news[0].clone(), 300).collect();
    trend.alerts = ledger.alerts;
    let message = webhook(&trend);
    let lines: Vec<&str> = message["text"].as_str().unwrap().lines().collect();
    assert_eq!((lines.len(), lines[20]), (21, "and 280 more"));
    assert_eq!(message["alerts"].as_array().unwrap().len(), 300, "programs hear of all");
}
