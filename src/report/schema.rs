//! JSON schemas (draft 2020-12) of what benchgate writes for other programs; `benchgate explain schema` prints them.

/// Of a report.
pub const REPORT_SCHEMA: &str = include_str!("../../docs/report.schema.json");
/// Of a run record.
pub const RECORD_SCHEMA: &str = include_str!("../../docs/record.schema.json");

#[cfg(test)]
mod tests {
    use super::super::{Format, Options, Report, fixtures, render};
    use super::*;
    use crate::judge::{AppliedWaiver, GateChange, Verdict};
    use crate::model::{
        Better, Design, Distribution, Metric, Row, RunRecord, SCHEMA, SecondLook, Shard, Side, Spent, State,
        StateEntry, Trigger, Varied, Warning,
    };
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn schema(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn complaints(schema: &Value, instance: &Value) -> Vec<String> {
        let validator = jsonschema::validator_for(schema).unwrap();
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn json(report: &Report) -> Value {
        let mut text = Vec::new();
        render(report, Format::Json, &Options::default(), &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// A report in which nothing is absent.
    fn full_report() -> Report {
        let mut report = fixtures::states();
        let mut row = fixtures::warn(fixtures::comparison("s", "b", 1.2), Warning::examples());
        row.waiver = Some(AppliedWaiver {
            ceiling: 0.3,
            until: "2027-03-01".into(),
            reason: "why".into(),
            issue: Some("#1".into()),
        });
        report.comparisons.push(row);
        report.notes = vec!["a note".into()];
        report.policy.changes =
            vec![GateChange { key: "gate.alpha".into(), base: Some("0.01".into()), head: Some("0.05".into()) }];
        report.started = Some("2026-11-22T10:00:00Z".into());
        report
    }

    /// A record in which nothing is absent.
    fn full_record() -> RunRecord {
        let report = full_report();
        let id = crate::model::BenchmarkId::new("s", "b");
        let metric = Metric {
            name: "wall-time".into(),
            unit: crate::model::Unit::Second,
            better: Better::Lower,
            distribution: Distribution::Sampled,
        };
        let numbers = || vec![1.0, 2.0];
        let second_look = SecondLook { varied: Varied::Links, batch: 2, base: numbers(), head: numbers() };
        let row = Row {
            id: id.clone(),
            metric,
            design: Design::Paired,
            base: numbers(),
            head: numbers(),
            disturbed: 1,
            second_look: Some(second_look),
            warnings: Warning::examples(),
        };
        RunRecord {
            schema: SCHEMA,
            tool: report.tool,
            started: "2026-11-22T10:00:00Z".into(),
            seed: u64::MAX,
            base: report.base,
            head: report.head,
            trigger: Some(Trigger {
                event: "pull_request".into(),
                repository: "o/r".into(),
                pull_request: Some(7),
                attempt: 1,
                policy: Some("a".repeat(40)),
            }),
            environment: report.environment,
            looks: vec![6, 10],
            rows: vec![row],
            states: vec![StateEntry { id, state: State::Failed, side: Some(Side::Head), detail: String::new() }],
            cost: report.cost,
            durations: vec![Spent { id: crate::model::BenchmarkId::new("s", "b"), seconds: 1.0 }],
            shard: Some(Shard {
                index: 1,
                count: 8,
                plan: "p".into(),
                policy: "q".into(),
                benchmarks: ["s/b".into()].into(),
            }),
        }
    }

    /// The properties of every object of a schema by its place, and those that an instance has there.
    type Seen = BTreeMap<String, BTreeSet<String>>;

    fn walk(root: &Value, at: &str, instance: &Value, seen: &mut Seen) {
        let node = root.pointer(at).unwrap();
        if let Some(reference) = node["$ref"].as_str() {
            return walk(root, reference.trim_start_matches('#'), instance, seen);
        }
        if node["anyOf"].is_array() {
            return walk(root, &format!("{at}/anyOf/0"), instance, seen);
        }
        for (name, value) in instance.as_object().into_iter().flatten() {
            seen.entry(at.to_owned()).or_default().insert(name.clone());
            if node["properties"][name].is_object() {
                walk(root, &format!("{at}/properties/{name}"), value, seen);
            }
        }
        for item in instance.as_array().into_iter().flatten().filter(|_| node["items"].is_object()) {
            walk(root, &format!("{at}/items"), item, seen);
        }
    }

    /// Every object of the schema, complete with a description for each property.
    fn said(root: &Value, at: &str, said_of: &mut Seen) {
        let node = root.pointer(at).unwrap();
        if let Some(properties) = node["properties"].as_object().filter(|_| node["type"] == "object") {
            assert_eq!(node["additionalProperties"], false, "{at}");
            said_of.insert(at.to_owned(), properties.keys().cloned().collect());
            for (name, property) in properties {
                assert!(property["description"].as_str().is_some_and(|text| text.ends_with('.')), "{at}: {name}");
            }
        }
        for key in node.as_object().into_iter().flatten().map(|(key, _)| key) {
            said(root, &format!("{at}/{key}"), said_of);
        }
    }

    #[test]
    fn every_report_fits() {
        let schema = schema(REPORT_SCHEMA);
        for (name, report) in fixtures::all().into_iter().chain([("full", full_report())]) {
            assert_eq!(complaints(&schema, &json(&report)), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn the_schemas_have_every_field_and_no_other() {
        let record = serde_json::to_value(full_record()).unwrap();
        assert_eq!(complaints(&schema(RECORD_SCHEMA), &record), Vec::<String>::new());
        for (text, instance) in [(REPORT_SCHEMA, json(&full_report())), (RECORD_SCHEMA, record)] {
            let schema = schema(text);
            let (mut seen, mut expected) = (Seen::new(), Seen::new());
            walk(&schema, "", &instance, &mut seen);
            said(&schema, "", &mut expected);
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn every_word_is_listed() {
        let schema = schema(REPORT_SCHEMA);
        let words = |at: &str| {
            schema
                .pointer(at)
                .unwrap()
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(words("/$defs/state/enum"), State::ALL.map(State::code).into());
        assert_eq!(words("/$defs/comparison/properties/verdict/enum"), Verdict::ALL.map(Verdict::code).into());
        let codes = Warning::examples();
        assert_eq!(words("/$defs/warning_code/enum"), codes.iter().map(Warning::code).collect());
    }

    /// What is wrong, and how to make it so.
    type Mistake = (&'static str, fn(&mut Value));

    #[test]
    fn mistakes_are_refused() {
        let schema = schema(REPORT_SCHEMA);
        let good = json(&full_report());
        let mistakes: [Mistake; 7] = [
            ("a field renamed", |report| {
                report["comparisons"][0]["winner"] = report["comparisons"][0]["verdict"].take();
            }),
            ("a field too many", |report| report["colour"] = "red".into()),
            ("a field too few", |report| drop(report.as_object_mut().unwrap().remove("cost"))),
            ("an unknown verdict", |report| report["comparisons"][0]["verdict"] = "fine".into()),
            ("an unknown state", |report| report["states"][0]["state"] = "lost".into()),
            ("a number as text", |report| report["comparisons"][0]["ratio"] = "NaN".into()),
            ("half an interval", |report| report["comparisons"][0]["interval"] = vec![1.0].into()),
        ];
        for (name, make) in mistakes {
            let mut report = good.clone();
            make(&mut report);
            assert_ne!(complaints(&schema, &report), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn both_schemas_say_the_same_of_what_both_have() {
        let (report, record) = (schema(REPORT_SCHEMA), schema(RECORD_SCHEMA));
        let mut shared = 0;
        for (name, definition) in report["$defs"].as_object().unwrap() {
            if let Some(other) = record["$defs"].get(name) {
                assert_eq!(definition, other, "{name}");
                shared += 1;
            }
        }
        assert!(shared > 5, "{shared}");
    }
}
