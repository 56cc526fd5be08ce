//! `JUnit` XML, for whatever collects test results: one test case per comparison, state and limit.
//!
//! A case fails if and only if it fails the gate. No case has a `time`: what a launch took is not what a test took.

use super::digest::{self, Digest};
use super::{Report, text};
use crate::judge::{BudgetCheck, BudgetVerdict, Comparison, JudgedState, Level, Outcome, Verdict};
use crate::model::State;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Columns of a name.
const NAME_COLUMNS: usize = 400;
/// Lines and columns of a state's detail.
const DETAIL_LINES: usize = 60;
const DETAIL_COLUMNS: usize = 400;
/// The suite of absolute limits.
const BUDGETS: &str = "budgets";
/// The suite of what concerns the gate as a whole.
const GATE: &str = "benchgate";

type Xml = Writer<Vec<u8>>;

/// What a collector makes of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Result {
    Pass,
    /// There is no answer, and policy lets that pass.
    Skipped,
    /// The change does not hold what the gate asks for.
    Failure,
    /// There is no answer because something broke.
    Error,
}

/// One test case.
struct Case {
    name: String,
    result: Result,
    /// The word for it: a verdict, a state, `exceeded`.
    kind: &'static str,
    /// One line.
    message: String,
    /// More lines. May be empty.
    details: Vec<String>,
}

/// Writes the report as `JUnit` XML.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report);
    let count = |result: Result| count(suites.values().flatten(), result);
    let tests = suites.values().map(Vec::len).sum::<usize>();
    let cost = &report.cost;
    let spent_s = (cost.build_s + cost.measure_s + cost.analyse_s).min(1e9);
    let mut xml = Xml::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attributes([
            ("name", GATE),
            ("time", &format!("{spent_s:.3}")),
            ("tests", &tests.to_string()),
            ("failures", &count(Result::Failure).to_string()),
            ("errors", &count(Result::Error).to_string()),
        ])
        .write_inner_content(|xml| suites.iter().try_for_each(|(name, cases)| suite(xml, report, name, cases)))?;
    let mut text = xml.into_inner();
    text.push(b'\n');
    out.write_all(&text)
}

fn count<'c>(cases: impl IntoIterator<Item = &'c Case>, result: Result) -> usize {
    cases.into_iter().filter(|case| case.result == result).count()
}

/// All cases by suite. None is empty, and if the gate does not pass, a case says so.
fn suites(report: &Report) -> BTreeMap<String, Vec<Case>> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let mut add = |suite: &str, case: Case| suites.entry(name(suite)).or_default().push(case);
    report.comparisons.iter().for_each(|row| add(&row.suite, comparison(report, row)));
    report.states.iter().for_each(|entry| add(&entry.suite, state(entry)));
    let digest = Digest::of(report);
    report.budgets.iter().for_each(|budget| add(BUDGETS, limit(budget, &digest)));
    let is_told = |suites: &BTreeMap<String, Vec<Case>>| {
        suites.values().flatten().any(|case| matches!(case.result, Result::Failure | Result::Error))
    };
    if suites.is_empty() || (report.outcome != Outcome::Pass && !is_told(&suites)) {
        suites.entry(GATE.to_owned()).or_default().push(gate(report, &digest));
    }
    suites
}

/// What is compared, then the cases.
fn suite(xml: &mut Xml, report: &Report, name: &str, cases: &[Case]) -> io::Result<()> {
    let count = |result: Result| count(cases, result).to_string();
    xml.create_element("testsuite")
        .with_attributes([
            ("name", name),
            ("tests", &cases.len().to_string()),
            ("failures", &count(Result::Failure)),
            ("errors", &count(Result::Error)),
            ("skipped", &count(Result::Skipped)),
        ])
        .write_inner_content(|xml| {
            properties(xml, report)?;
            cases.iter().try_for_each(|case| test(xml, name, case))
        })?;
    Ok(())
}

fn properties(xml: &mut Xml, report: &Report) -> io::Result<()> {
    let base = report.base.as_ref().map(|base| ("base", self::name(&base.revision)));
    let class = Some(&report.environment.class).filter(|class| !class.is_empty());
    let properties = base
        .into_iter()
        .chain([("head", self::name(&report.head.revision))])
        .chain(class.map(|class| ("environment-class", self::name(class))));
    xml.create_element("properties").write_inner_content(|xml| {
        for (name, value) in properties {
            xml.create_element("property").with_attributes([("name", name), ("value", &value)]).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// One case with its result.
fn test(xml: &mut Xml, suite: &str, case: &Case) -> io::Result<()> {
    let details = case.details.join("\n");
    let element = xml.create_element("testcase").with_attributes([("classname", suite), ("name", &case.name)]);
    let result = match case.result {
        Result::Pass if details.is_empty() => return element.write_empty().map(|_| ()),
        Result::Pass => "system-out",
        Result::Skipped => "skipped",
        Result::Failure => "failure",
        Result::Error => "error",
    };
    let details = text::without_commands(&details);
    element.write_inner_content(|xml| {
        let mut inner = xml.create_element(result);
        if case.result != Result::Pass {
            inner = inner.with_attributes([("type", case.kind), ("message", &case.message)]);
        }
        if details.is_empty() { inner.write_empty() } else { inner.write_text_content(BytesText::new(&details)) }?;
        Ok(())
    })?;
    Ok(())
}

/// `parse/large [wall-time]`: always with its metric, so that a case keeps its name when another metric comes in.
fn comparison(report: &Report, row: &Comparison) -> Case {
    let result = match (row.verdict, digest::level(report, row)) {
        (_, Level::Deny) => Result::Failure,
        (Verdict::Inconclusive, _) => Result::Skipped,
        _ => Result::Pass,
    };
    let message = format!("{}: {}", row.verdict, digest::seen(row));
    let remarks = digest::remark_lines(row);
    // A case that passes without a remark has nothing to say.
    let details = if result == Result::Pass && remarks.is_empty() {
        Vec::new()
    } else {
        [message.clone(), digest::evidence(row)].into_iter().chain(remarks).collect()
    };
    Case {
        name: name(&format!("{} [{}]", row.benchmark, row.metric)),
        result,
        kind: row.verdict.code(),
        message,
        details,
    }
}

fn state(entry: &JudgedState) -> Case {
    let result = match (entry.level, entry.state) {
        (Level::Deny, State::Missing) => Result::Failure,
        (Level::Deny, _) => Result::Error,
        (_, State::Identical) => Result::Pass,
        _ => Result::Skipped,
    };
    let (mut details, more) = text::lines(&entry.detail, DETAIL_LINES, DETAIL_COLUMNS);
    let message = details.first().map_or(entry.state.to_string(), |first| format!("{}: {first}", entry.state));
    if details.is_empty() && result != Result::Pass {
        details.push(entry.state.explain().to_owned());
    }
    if more > 0 {
        details.push(format!("… {}", text::plural(more, "more line")));
    }
    Case { name: name(&entry.benchmark), result, kind: entry.state.code(), message, details }
}

fn limit(budget: &BudgetCheck, digest: &Digest) -> Case {
    let (result, kind) = match budget.verdict {
        BudgetVerdict::Within => (Result::Pass, "within"),
        BudgetVerdict::Exceeded => (Result::Failure, "exceeded"),
    };
    Case {
        name: name(&format!("{} [{}]", budget.benchmark, budget.metric)),
        result,
        kind,
        message: format!("{kind}: {}", digest.budget_values(budget)),
        details: Vec::new(),
    }
}

/// The whole gate, where no other case carries its answer.
fn gate(report: &Report, digest: &Digest) -> Case {
    let result = match report.outcome {
        Outcome::Pass => Result::Pass,
        Outcome::Regression | Outcome::Inconclusive => Result::Failure,
        Outcome::Error => Result::Error,
    };
    let message = format!("{}: {}", report.outcome, digest.counts());
    Case {
        name: "gate".to_owned(),
        result,
        kind: report.outcome.code(),
        message,
        details: vec![digest::advice(report, digest)],
    }
}

/// A foreign name on one line.
fn name(foreign: &str) -> String {
    text::cut(&text::line(foreign), NAME_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use std::fs;
    use std::process::Command;

    fn shown(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cases_say_what_the_gate_says() {
        insta::assert_snapshot!(
            "junit_regression",
            shown(&{
                let mut report = fixtures::regression();
                report.comparisons.truncate(4);
                report.states.truncate(1);
                report
            })
        );
        insta::assert_snapshot!("junit_inconclusive", shown(&fixtures::inconclusive()));
        insta::assert_snapshot!("junit_states", shown(&fixtures::states()));
        insta::assert_snapshot!("junit_error", shown(&fixtures::error()));
    }

    #[test]
    fn policy_decides_what_an_inconclusive_row_does() {
        let mut report = fixtures::inconclusive();
        let results = |report: &Report| {
            let suites = suites(report);
            [Result::Skipped, Result::Failure].map(|result| count(suites.values().flatten(), result))
        };
        assert_eq!(results(&report), [2, 0]);
        report.policy.on_inconclusive = Level::Deny;
        assert_eq!(results(&report), [0, 2]);
    }

    #[test]
    fn counts_are_those_of_the_elements() {
        for (name, report) in fixtures::all() {
            let text = shown(&report);
            let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            let count = |node: roxmltree::Node<'_, '_>, element: &str| {
                node.descendants().filter(|node| node.has_tag_name(element)).count().to_string()
            };
            let root = document.root_element();
            for node in root.children().filter(roxmltree::Node::is_element).chain([root]) {
                for (attribute, element) in
                    [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
                {
                    // The root counts no skipped cases: the schema has no place for them.
                    if let Some(said) = node.attribute(attribute) {
                        assert_eq!(said, count(node, element), "{name}: {attribute}");
                    }
                }
            }
            let fails = count(root, "failure") != "0" || count(root, "error") != "0";
            assert_eq!(fails, report.outcome != Outcome::Pass, "{name}");
            assert!(!text.contains("<testcase time"), "{name}");
        }
    }

    /// The schema that Jenkins' xUnit plugin checks against, by libxml2's validator.
    #[test]
    fn the_schema_of_jenkins_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/junit/junit-10.xsd");
        let is_valid = |text: &str| {
            let file = folder.path().join("junit.xml");
            fs::write(&file, text).unwrap();
            let run = Command::new("xmllint").args(["--noout", "--nonet", "--schema", schema]).arg(&file).output();
            let run = run.expect("xmllint is installed (Debian: libxml2-utils)");
            (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
        };
        for (name, report) in fixtures::all() {
            let (valid, complaints) = is_valid(&shown(&report));
            assert!(valid, "{name}: {complaints}");
        }
        let wrong = shown(&fixtures::states()).replace("<failure", "<failed").replace("</failure", "</failed");
        assert!(!is_valid(&wrong).0, "the validator takes anything");
    }
}
