//! The data file of `ReBench`: one measured value a line, by invocation (a process) and iteration, behind comments about the run.

use super::error::{shown_name, shown_value};
use super::gathered::{At, Gathered};
use super::quantity::{Dimension, Written, kebab, number, written};
use super::text::{lines, text};
use super::{Artifact, Format, ITERATIONS_MAX, ParseError, Results, VALUES_MAX, foreign_metric};
use crate::model::{Better, Launch, Metric, Unit, known_metric};
use std::collections::BTreeMap;

pub(super) const FORMAT: Format =
    Format { name: "rebench", about: "a data file of ReBench (`-df FILE`)", detect, read };

const HEADER: &str = "invocation\titeration\tvalue\tunit\tcriterion\tbenchmark";
const EXECUTION: &str = "# Execution Start: ";

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    head.lines().any(|line| line.starts_with(HEADER) || line.starts_with(EXECUTION))
}

/// The values of one benchmark and criterion.
struct Series {
    at: At,
    metric: Metric,
    /// By execution of `ReBench` and its invocation, then by iteration.
    launches: BTreeMap<(usize, u32), BTreeMap<u32, f64>>,
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut columns: Option<Vec<&str>> = None;
    let mut all: BTreeMap<(String, String), Series> = BTreeMap::new();
    let (mut execution, mut count) = (0, 0);
    for (line, content) in lines(text).filter(|(_, content)| !content.is_empty()) {
        if content.starts_with('#') {
            // ReBench appends to its file, and counts invocations anew.
            execution += usize::from(content.starts_with(EXECUTION));
            continue;
        }
        if content.starts_with(HEADER) {
            columns = Some(content.split('\t').collect());
            continue;
        }
        let at = At::Line(line, 1);
        let cells: Vec<&str> = content.split('\t').collect();
        let Some(columns) = columns.as_ref().filter(|columns| columns.len() == cells.len()) else {
            let problem = format!(
                "expected {} columns below their names, found {}",
                columns.as_ref().map_or(0, Vec::len),
                cells.len()
            );
            return Err(gathered.error(&at, &problem, EDITED));
        };
        count += 1;
        if count > VALUES_MAX {
            return Err(gathered.error(
                &at,
                &format!("more than {VALUES_MAX} values"),
                "measure fewer benchmarks per file",
            ));
        }
        let row = Row::read(columns, &cells).map_err(|problem| gathered.error(&at, &problem, EDITED))?;
        let series = all.entry((row.name, row.metric.name.clone())).or_insert_with(|| Series {
            at: at.clone(),
            metric: row.metric.clone(),
            launches: BTreeMap::new(),
        });
        let launch = series.launches.entry((execution, row.invocation)).or_default();
        if series.metric != row.metric || launch.insert(row.iteration, row.value).is_some() {
            let problem = "the same invocation and iteration twice, or a criterion with two units";
            return Err(gathered.error(&at, problem, "remove the file before running ReBench again"));
        }
    }
    for ((name, _), Series { at, metric, launches }) in all {
        let launches = launches.into_values().map(|values| Launch { iterations: values.into_values().collect() });
        gathered.add(&at, gathered.id(&name), metric, launches.take(ITERATIONS_MAX + 1).collect())?;
    }
    Ok(gathered.results())
}

const EDITED: &str = "write the file again with ReBench, and do not edit it";

/// One line.
struct Row {
    invocation: u32,
    iteration: u32,
    value: f64,
    metric: Metric,
    name: String,
}

impl Row {
    fn read(columns: &[&str], cells: &[&str]) -> Result<Self, String> {
        let get = |name: &str| {
            let at = columns.iter().position(|column| *column == name);
            at.map(|at| cells[at]).unwrap_or_default()
        };
        let count = |name: &str| {
            get(name).parse().map_err(|_| format!("expected a count as {name}, found {}", shown_name(get(name))))
        };
        let value =
            number(get("value")).ok_or_else(|| format!("expected a number, found {}", shown_value(get("value"))))?;
        let (metric, factor) = metric(get("criterion"), get("unit"))
            .ok_or_else(|| format!("no unit is called {}", shown_name(get("unit"))))?;
        let variables: Vec<String> = ["extraArgs", "cores", "inputSize", "varValue", "tag"]
            .into_iter()
            .filter(|variable| !get(variable).is_empty())
            .map(|variable| format!("{variable}={}", get(variable)))
            .collect();
        let mut name = format!("{}/{}/{}", get("suite"), get("executor"), get("benchmark"));
        if !variables.is_empty() {
            name = format!("{name} [{}]", variables.join(","));
        }
        Ok(Self {
            invocation: count("invocation")?,
            iteration: count("iteration")?,
            value: value * factor,
            metric,
            name,
        })
    }
}

/// `total` is the wall time of an iteration. Other criteria keep their names; more of a rate is better.
fn metric(criterion: &str, unit: &str) -> Option<(Metric, f64)> {
    let kib = Written { dimension: Dimension::Bytes, factor: 1_024.0 };
    // GNU time's kbytes, which ReBench calls kb.
    let found = if unit == "kb" { Some(kib) } else { written(unit) };
    let base = found.map_or(Unit::One, |found| found.dimension.unit());
    let better = if base == Unit::PerSecond { Better::Higher } else { Better::Lower };
    let name = match criterion {
        "total" if base == Unit::Second => "wall-time".to_owned(),
        criterion => kebab(criterion)?,
    };
    let known = known_metric(&name).filter(|known| known.unit == base);
    // Nothing is lost with an unknown unit: it becomes part of the metric's name.
    let name =
        if found.is_some() { name } else { format!("{name}-{}", kebab(unit).unwrap_or_else(|| "count".to_owned())) };
    Some((known.unwrap_or_else(|| foreign_metric(&name, base, better)), found.map_or(1.0, |found| found.factor)))
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, read_text, refused};

    #[test]
    fn reads_invocations_and_iterations() {
        for (file, rows) in [("base.data", BASE), ("head.data", HEAD)] {
            assert_reads(&format!("rebench/1.4.0/{file}"), "rebench", &rows);
        }
        let read = read(&fixture("rebench/1.4.0/base.data"), None).expect("reads");
        let launches: Vec<usize> = read[0].launches.iter().map(|launch| launch.iterations.len()).collect();
        assert_eq!(launches, [4, 4]);
    }

    const BASE: [(&str, &str, &str, usize, usize, f64); 4] = [
        ("R/SH/Alpha [cores=1]", "wall-time", "s", 8, 2, 0.001_110_5),
        ("R/SH/Beta [cores=1]", "wall-time", "s", 8, 2, 0.001_110_5),
        ("S/SH/wl.sh [cores=1,inputSize=60]", "max-rss", "B", 2, 2, 1_611_776.0),
        ("S/SH/wl.sh [cores=1,inputSize=60]", "wall-time", "s", 2, 2, 0.02),
    ];
    const HEAD: [(&str, &str, &str, usize, usize, f64); 4] = [
        ("R/SH/Alpha [cores=1]", "wall-time", "s", 8, 2, 0.001_110_5),
        ("R/SH/Beta [cores=1]", "wall-time", "s", 8, 2, 0.001_110_5),
        ("S/SH/wl.sh [cores=1,inputSize=60]", "max-rss", "B", 2, 2, 1_665_024.0),
        ("S/SH/wl.sh [cores=1,inputSize=60]", "wall-time", "s", 2, 2, 0.03),
    ];

    const HEADER: &str = "invocation\titeration\tvalue\tunit\tcriterion\tbenchmark\texecutor\tsuite\n";

    #[test]
    fn appended_executions_are_launches_of_their_own() {
        let run =
            format!("# Execution Start: x\n{HEADER}1\t2\t3.0\tms\ttotal\tb\te\ts\n1\t1\t4.0\tms\ttotal\tb\te\ts\n");
        let read = read_text(None, &format!("{run}{run}")).expect("reads");
        let launches: Vec<Vec<f64>> = read[0].launches.iter().map(|launch| launch.iterations.clone()).collect();
        assert_eq!(launches, [[0.004, 0.003], [0.004, 0.003]]);
        assert_eq!(read[0].id.benchmark, "s/e/b");
    }

    #[test]
    fn units_decide_what_a_criterion_is() {
        let row = |value: &str| format!("{HEADER}1\t1\t{value}\tb\te\ts\n");
        for (value, metric, unit, seen) in [
            ("2\tops/s\ttotal", "total", "1/s", 2.0),
            ("2\tMB\tHeap", "heap", "B", 2e6),
            ("2\twidgets\tMade", "made-widgets", "1", 2.0),
            ("2\tkb\tMaxRSS", "max-rss", "B", 2_048.0),
        ] {
            let read = read_text(None, &row(value)).expect("reads");
            let found = (read[0].metric.name.as_str(), read[0].metric.unit.to_string(), read[0].values().next());
            assert_eq!(found, (metric, unit.to_owned(), Some(seen)));
        }
    }

    #[test]
    fn a_time_below_the_clock_s_step_refuses_the_file() {
        let error = read(&fixture("rebench/1.4.0/edge_zero_time.data"), None).expect_err("refused").to_string();
        assert!(error.contains("of 'S/SH/wl.sh [cores=1,inputSize=20]' above 0, found 0;"), "{error}");
    }

    #[test]
    fn damage_has_its_line() {
        let row = "1\t1\t3.0\tms\ttotal\tb\te\ts\n";
        for (rows, expected) in [
            ("1\t1\n", format!("f:2:1: expected 8 columns below their names, found 2; {}", super::EDITED)),
            ("x\t1\t3.0\tms\ttotal\tb\te\ts\n", format!("f:2:1: expected a count as invocation, found 'x'; {}", super::EDITED)),
            ("1\t1\tnan\tms\ttotal\tb\te\ts\n", format!("f:2:1: expected a number, found 'nan'; {}", super::EDITED)),
            ("1\t1\t0\tms\ttotal\tb\te\ts\n", "f:2:1: expected a finite wall-time of 's/e/b' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again".into()),
            ("", "f: no benchmark in this rebench result; run the benchmarks, then try again".into()),
        ] {
            assert_eq!(refused("rebench", &format!("{HEADER}{rows}")), expected);
        }
        assert_eq!(
            refused("rebench", &format!("{HEADER}{row}{row}")),
            "f:3:1: the same invocation and iteration twice, or a criterion with two units; remove the file before running \
             ReBench again"
        );
        assert!(refused("rebench", row).starts_with("f:1:1: expected 0 columns below their names, found 8;"));
    }
}
