//! BenchmarkTools.jl's JSON: nested groups of trials (every sample) or of estimates (one number), in nanoseconds.

use super::gathered::{At, Gathered, Members, counter, wall_time};
use super::outline::outline;
use super::source::{Bounded, json};
use super::{Artifact, BENCHMARKS_MAX, Format, ITERATIONS_MAX, ParseError, Results};
use crate::model::{Launch, Stated, Unit};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use std::fmt;

pub(super) const FORMAT: Format =
    Format { name: "julia-benchmarktools", about: "JSON of `BenchmarkTools.save`", detect, read };

/// Everything in the file has the form `["Type", {…}]`.
enum Node {
    Group(Members<Node, BENCHMARKS_MAX>),
    Trial(Trial),
    Estimate(Estimate),
}

#[derive(Deserialize)]
struct Group {
    data: Members<Node, BENCHMARKS_MAX>,
}

/// Every sample, in time order, each already divided by its evaluations.
#[derive(Deserialize)]
struct Trial {
    times: Bounded<f64, ITERATIONS_MAX>,
    memory: f64,
    allocs: f64,
}

/// The minimum, median or mean of a trial; the file does not say which.
#[derive(Deserialize)]
struct Estimate {
    time: f64,
    memory: f64,
    allocs: f64,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;

        impl<'de> Visitor<'de> for Pair {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a pair of a type's name and its fields")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Node, A::Error> {
                let missing = || A::Error::custom("a pair of a type's name and its fields is not complete");
                let kind: String = pair.next_element()?.ok_or_else(missing)?;
                let node = match kind.as_str() {
                    "BenchmarkGroup" => pair.next_element::<Group>()?.map(|group| Node::Group(group.data)),
                    "Trial" => pair.next_element()?.map(Node::Trial),
                    "TrialEstimate" => pair.next_element()?.map(Node::Estimate),
                    _ => return Err(A::Error::custom("expected BenchmarkGroup, Trial or TrialEstimate")),
                };
                match pair.next_element::<IgnoredAny>()? {
                    None => node.ok_or_else(missing),
                    Some(_) => Err(A::Error::custom("a pair of a type's name and its fields has a third element")),
                }
            }
        }

        deserializer.deserialize_seq(Pair)
    }
}

fn detect(artifact: &Artifact) -> bool {
    let paths = outline(artifact.head());
    paths.first().is_some_and(
        |path| matches!(path.as_slice(), [list, key] if list == "[]" && (key == "Julia" || key == "BenchmarkTools")),
    )
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let (_, Bounded(nodes)): (IgnoredAny, Bounded<Node, BENCHMARKS_MAX>) = json(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    for node in nodes {
        add(node, "", &mut gathered)?;
    }
    Ok(gathered.results())
}

/// Adds a node and what is below it; depth is bounded by the JSON reader. A trial that was saved alone has no name.
fn add(node: Node, name: &str, gathered: &mut Gathered) -> Result<(), ParseError> {
    const UNIT_S: f64 = 1e-9;
    let own = if name.is_empty() { "unnamed" } else { name };
    let at = At::Inside(super::error::shown_name(own));
    let id = gathered.id(own);
    let (memory, allocs) = match node {
        Node::Group(Members(members)) => {
            for (key, node) in members {
                let below = if name.is_empty() { key } else { format!("{name}/{key}") };
                // Names grow with the depth: refused here, before they have grown.
                super::source::check_name(&below)
                    .map_err(|problem| gathered.error(&at, &problem, "give it a short name of printable characters"))?;
                add(node, &below, gathered)?;
            }
            return Ok(());
        }
        Node::Trial(Trial { times: Bounded(times), memory, allocs }) => {
            let iterations = times.into_iter().map(|time| time * UNIT_S).collect();
            gathered.add(&at, id.clone(), wall_time(), vec![Launch { iterations }])?;
            (memory, allocs)
        }
        Node::Estimate(Estimate { time, memory, allocs }) => {
            let stated = Stated { mean: Some(time * UNIT_S), ..Stated::default() };
            gathered.add_stated(&at, id.clone(), wall_time(), stated)?;
            (memory, allocs)
        }
    };
    let once = |value| vec![Launch { iterations: vec![value] }];
    gathered.add(&at, id.clone(), counter("allocated-bytes", Unit::Byte), once(memory))?;
    gathered.add(&at, id, counter("allocations", Unit::One), once(allocs))
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_reads, read_text, refused};

    #[test]
    fn reads_estimates_of_nested_groups() {
        let row = |name, time| {
            [
                (name, "allocated-bytes", "B", 1, 1, 0.0),
                (name, "allocations", "1", 1, 1, 0.0),
                (name, "wall-time", "s", 1, 1, time),
            ]
        };
        let rows = [row("fib/10", 246.038_461_538_461_55e-9), row("fib/20", 31_028e-9)];
        assert_reads("julia-benchmarktools/1.0.0/estimate.json", "julia-benchmarktools", rows.as_flattened());
    }

    fn saved(nodes: &str) -> String {
        format!(r#"[{{"Julia":"1.10","BenchmarkTools":"1.0.0"}},[{nodes}]]"#)
    }

    #[test]
    fn reads_every_sample_of_trials() {
        let trial =
            r#"["Trial",{"allocs":2,"gctimes":[0,0],"memory":64,"params":["Parameters",{}],"times":[30,10,20]}]"#;
        let group = format!(r#"["BenchmarkGroup",{{"tags":[],"data":{{"größe 1":{trial}}}}}]"#);
        let read = read_text(None, &saved(&group)).expect("reads");
        let found: Vec<_> = read.iter().map(|m| (m.metric.name.as_str(), m.values().collect::<Vec<_>>())).collect();
        let times = [30.0, 10.0, 20.0].map(|time| time * 1e-9).to_vec();
        assert_eq!(found, [("allocated-bytes", vec![64.0]), ("allocations", vec![2.0]), ("wall-time", times)]);
        assert_eq!((read[2].id.benchmark.as_str(), read[2].launches.len()), ("größe 1", 1));
        assert_eq!(read_text(None, &saved(trial)).expect("reads")[0].id.benchmark, "unnamed");
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        let group = |data: &str| saved(&format!(r#"["BenchmarkGroup",{{"data":{{{data}}}}}]"#));
        let edited = "write the file again with the tool itself, and do not edit it";
        for (text, expected) in [
            (group(""), "f: no benchmark in this julia-benchmarktools result; run the benchmarks, then try again".to_owned()),
            (group(r#""a":["Trial",{"times":[],"memory":0,"allocs":0}]"#), "f: 'a': expected values of 'a', found none; measure again".into()),
            (group(r#""a":["TrialEstimate",{"time":0,"memory":0,"allocs":0}]"#), "f: 'a': expected a finite wall-time of 'a' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again".into()),
            (group(r#""a":["Ratio",{}]"#), format!("f:1:84: expected BenchmarkGroup, Trial or TrialEstimate; {edited}")),
            (group(r#""a":["Trial"]"#), format!("f:1:84: a pair of a type's name and its fields is not complete; {edited}")),
        ] {
            assert_eq!(refused("julia-benchmarktools", &text), expected);
        }
        let estimate = r#"["TrialEstimate",{"time":1,"memory":0,"allocs":0}]"#;
        let twice = group(&format!(r#""a":{estimate},"a":{estimate}"#));
        assert!(refused("julia-benchmarktools", &twice).contains("'a' has its wall-time twice"));
        let deep = "[\"BenchmarkGroup\",{\"data\":{\"x\":".repeat(10_000);
        assert!(refused("julia-benchmarktools", &saved(&deep)).contains("recursion limit exceeded"));
    }
}
