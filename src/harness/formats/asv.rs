//! asv's result of one commit and environment: samples with `--record-samples`, else medians and quartiles.
//!
//! The file is JSON but for bare `NaN`, with which asv marks a combination of parameters that it was told to skip;
//! `null` is one that failed.

use super::error::shown_name;
use super::gathered::{At, Gathered, Members, wall_time};
use super::outline::{has, outline};
use super::source::{Bounded, json, quote_words};
use super::{Artifact, BENCHMARKS_MAX, Format, ParseError, ParseErrorKind, Results, foreign_metric};
use crate::model::{Better, Launch, Metric, Stated, Unit, known_metric};
use serde::Deserialize;
use serde_json::Value;

pub(super) const FORMAT: Format =
    Format { name: "asv", about: "a file `.asv/results/MACHINE/COMMIT-ENVIRONMENT.json`", detect, read };

/// The columns of a result differ in kind, so they are held as JSON: ten times the size of their text.
const ASV_BYTES_MAX: usize = 16 << 20;
/// Most columns, and most parameters of a benchmark: each combination of parameters looks at all of them.
const COLUMNS_MAX: usize = 100;

#[derive(Deserialize)]
struct File {
    version: u64,
    /// What stands where in the list of each benchmark.
    result_columns: Bounded<String, COLUMNS_MAX>,
    results: Members<Vec<Value>, BENCHMARKS_MAX>,
}

fn detect(artifact: &Artifact) -> bool {
    let keys = outline(artifact.head());
    has(&keys, &["commit_hash"]) && (has(&keys, &["env_name"]) || has(&keys, &["result_columns"]))
}

const EDITED: &str = "write the file again with the tool itself, and do not edit it";

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let bytes = artifact.file(FORMAT.name)?;
    if bytes.len() > ASV_BYTES_MAX {
        let problem = format!("is larger than {} MiB", ASV_BYTES_MAX >> 20);
        return Err(ParseError::new(ParseErrorKind::Limit, path, problem, "measure fewer benchmarks per file"));
    }
    let file: File = json(path, &quote_words(bytes))?;
    if file.version != 2 {
        let problem = format!("expected version 2 of asv's results, found {}", file.version);
        return Err(ParseError::at(path, "version", &problem, "run `asv update` on the folder of results"));
    }
    let mut gathered = Gathered::new(path, FORMAT.name);
    for (name, columns) in &file.results.0 {
        read_benchmark(&mut gathered, name, &Columns { names: &file.result_columns.0, values: columns })?;
    }
    Ok(gathered.results())
}

/// What [`quote_words`] makes of `NaN`.
const SKIPPED: &str = "a";

/// The list of one benchmark.
struct Columns<'r> {
    names: &'r [String],
    values: &'r [Value],
}

impl<'r> Columns<'r> {
    /// The column of that name; asv leaves out trailing ones that it has nothing for.
    fn get(&self, name: &str) -> Option<&'r Value> {
        self.values.get(self.names.iter().position(|column| column == name)?)
    }

    /// The element of a column that belongs to a combination of parameters.
    fn of(&self, name: &str, combination: usize) -> Option<&'r Value> {
        self.get(name)?.get(combination)
    }

    fn number(&self, name: &str, combination: usize) -> Option<f64> {
        self.of(name, combination)?.as_f64()
    }
}

fn read_benchmark(gathered: &mut Gathered<'_>, name: &str, columns: &Columns<'_>) -> Result<(), ParseError> {
    let at = At::Inside("results".to_owned());
    let shown = shown_name(name);
    let values = match columns.get("result") {
        Some(Value::Array(values)) => values,
        Some(Value::Null) => return fail(gathered, &at, name),
        _ => return Err(gathered.error(&at, &format!("expected a list 'result' of {shown}"), EDITED)),
    };
    let combination = combinations(name, columns.get("params"), values.len()).ok_or_else(|| {
        let problem = format!("the parameters of {shown} do not make {} combinations", values.len());
        gathered.error(&at, &problem, EDITED)
    })?;
    let metric = metric(name).ok_or_else(|| {
        let problem = format!("expected a name like time_…, mem_…, peakmem_… or track_…, found {shown}");
        gathered.error(&at, &problem, "benchgate knows these kinds of asv's benchmarks only")
    })?;
    for (index, value) in values.iter().enumerate() {
        match value {
            Value::Number(value) => {
                let value = value.as_f64().unwrap_or(f64::NAN);
                read_combination(gathered, &combination(index), metric.clone(), value, columns, index)?;
            }
            Value::String(word) if word == SKIPPED => {}
            Value::Null => fail(gathered, &at, &combination(index))?,
            _ => {
                let problem = format!("expected a finite number for {}", shown_name(&combination(index)));
                return Err(gathered.error(&at, &problem, "measure again"));
            }
        }
    }
    Ok(())
}

fn fail(gathered: &mut Gathered<'_>, at: &At, name: &str) -> Result<(), ParseError> {
    let problem = format!("the benchmark {} failed", shown_name(name));
    gathered.fail(
        at,
        gathered.id(name),
        &problem,
        "a failure is not a fast run: make it succeed, or leave it out with --bench",
    )
}

/// The name of each of `count` combinations of parameters, the last parameter changing fastest: `mod.time_it(100, 'a b')`,
/// as `asv compare` shows it.
fn combinations<'r>(name: &'r str, params: Option<&'r Value>, count: usize) -> Option<impl Fn(usize) -> String + 'r> {
    let mut lists: Vec<Vec<&str>> = Vec::new();
    for list in params.and_then(Value::as_array).into_iter().flatten() {
        lists.push(list.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?);
    }
    let product = lists.iter().try_fold(1_usize, |product, list| product.checked_mul(list.len()))?;
    if product != count || lists.len() > COLUMNS_MAX {
        return None;
    }
    Some(move |mut index: usize| {
        if lists.is_empty() {
            return name.to_owned();
        }
        let mut picked: Vec<&str> = Vec::with_capacity(lists.len());
        for list in lists.iter().rev() {
            picked.push(list[index % list.len()]);
            index /= list.len();
        }
        picked.reverse();
        format!("{name}({})", picked.join(", "))
    })
}

/// What asv measures is told by the first word of the function's name; less is better for all.
fn metric(name: &str) -> Option<Metric> {
    let function = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    if function.starts_with("time") {
        Some(wall_time())
    } else if function.starts_with("peakmem") {
        known_metric("max-rss")
    } else if function.starts_with("mem") {
        Some(foreign_metric("object-size", Unit::Byte, Better::Lower))
    } else if function.starts_with("track") {
        Some(foreign_metric("tracked-value", Unit::One, Better::Lower))
    } else {
        None
    }
}

fn read_combination(
    gathered: &mut Gathered<'_>,
    name: &str,
    metric: Metric,
    value: f64,
    columns: &Columns<'_>,
    index: usize,
) -> Result<(), ParseError> {
    let at = At::Inside("results".to_owned());
    let id = gathered.id(name);
    if let Some(samples) = columns.of("samples", index).and_then(Value::as_array) {
        let iterations: Option<Vec<f64>> = samples.iter().map(Value::as_f64).collect();
        let iterations = iterations.ok_or_else(|| {
            gathered.error(&at, &format!("expected numbers as the samples of {}", shown_name(name)), EDITED)
        })?;
        return gathered.add(&at, id, metric, vec![Launch { iterations }]);
    }
    let quartiles = [(0.25, columns.number("stats_q_25", index)), (0.75, columns.number("stats_q_75", index))];
    let quantiles: Vec<(f64, f64)> = quartiles.into_iter().filter_map(|(level, value)| Some((level, value?))).collect();
    if quantiles.is_empty() {
        return gathered.add(&at, id, metric, vec![Launch { iterations: vec![value] }]);
    }
    let n = columns.of("stats_repeat", index).and_then(Value::as_u64);
    let stated = Stated { n, median: Some(value), quantiles, ..Stated::default() };
    gathered.add_stated(&at, id, metric, stated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::tests::{read_text, refused};
    use crate::model::Measurement;
    use serde_json::json;

    #[test]
    fn the_last_parameter_changes_fastest() {
        let names = |params: &Value, count: usize| -> Option<Vec<String>> {
            Some((0..count).map(combinations("f", Some(params), count)?).collect())
        };
        let params = json!([["1", "2"], ["'a'", "'b'", "'c'"]]);
        let all = names(&params, 6).expect("fit");
        assert_eq!(all, ["f(1, 'a')", "f(1, 'b')", "f(1, 'c')", "f(2, 'a')", "f(2, 'b')", "f(2, 'c')"]);
        assert_eq!(names(&json!([]), 1).expect("fits"), ["f"]);
        assert!(names(&json!([[]]), 0).expect("fits").is_empty());
        assert_eq!(
            [names(&params, 5), names(&json!([[1]]), 1), names(&json!(vec![["1"]; 101]), 1)],
            [None, None, None]
        );
    }

    /// A result file with these benchmarks.
    fn results(benchmarks: &str) -> Result<Vec<Measurement>, String> {
        let columns = r#"["result","params","stats_q_25","stats_q_75","stats_repeat","samples"]"#;
        let head = r#"{"commit_hash":"c","env_name":"e","version":2"#;
        read_text(None, &format!("{head},\"result_columns\":{columns},\"results\":{{{benchmarks}}}}}"))
    }

    #[test]
    fn the_functions_name_tells_what_is_measured() {
        let names = ["m.time_a", "m.TimeSuite.timeraw_b", "m.peakmem_c", "m.mem_d", "m.track_e"];
        let read = results(&names.map(|name| format!(r#""{name}":[[5],[]]"#)).join(",")).expect("reads");
        let found: Vec<_> = read.iter().map(|m| (m.id.benchmark.as_str(), m.metric.name.as_str())).collect();
        assert_eq!(
            found,
            [
                ("m.TimeSuite.timeraw_b", "wall-time"),
                ("m.mem_d", "object-size"),
                ("m.peakmem_c", "max-rss"),
                ("m.time_a", "wall-time"),
                ("m.track_e", "tracked-value"),
            ]
        );
    }

    #[test]
    fn a_skipped_combination_is_absent() {
        let read = results(r#""m.time_a":[[NaN,5],[["1","2"]]]"#).expect("reads");
        assert_eq!(read.iter().map(|m| m.id.benchmark.as_str()).collect::<Vec<_>>(), ["m.time_a(2)"]);
        assert!(results(r#""m.time_a":[[NaN],[]]"#).expect_err("refused").contains("no benchmark in this asv result"));
    }

    #[test]
    fn refuses_what_is_no_measurement() {
        let failed = "a failure is not a fast run: make it succeed, or leave it out with --bench";
        let edited = "write the file again with the tool itself, and do not edit it";
        for (benchmarks, expected) in [
            ("", "f: no benchmark in this asv result; run the benchmarks, then try again".to_owned()),
            (r#""m.time_a":[null,[]]"#, format!("f: results: the benchmark 'm.time_a' failed; {failed}")),
            (r#""m.time_a":[[1,null],[["1","2"]]]"#, format!("f: results: the benchmark 'm.time_a(2)' failed; {failed}")),
            (r#""m.time_a":[]"#, format!("f: results: expected a list 'result' of 'm.time_a'; {edited}")),
            (
                r#""m.time_a":[[1],[["1","2"]]]"#,
                format!("f: results: the parameters of 'm.time_a' do not make 1 combinations; {edited}"),
            ),
            (
                r#""m.time_a":[[Infinity],[]]"#,
                "f: results: expected a finite number for 'm.time_a'; measure again".into(),
            ),
            (
                r#""m.time_a":[[0],[]]"#,
                "f: results: expected a finite wall-time of 'm.time_a' above 0, found 0; a benchmark that did nothing is not a \
                 fast one: look at it, and measure again"
                    .into(),
            ),
            (
                r#""m.other":[[1],[]]"#,
                "f: results: expected a name like time_…, mem_…, peakmem_… or track_…, found 'm.other'; benchgate knows these \
                 kinds of asv's benchmarks only"
                    .into(),
            ),
            (
                r#""m.time_a":[[1],[],null,null,null,[[1,null]]]"#,
                format!("f: results: expected numbers as the samples of 'm.time_a'; {edited}"),
            ),
            (
                r#""m.time_a":[[1],[],[3],[2],[4]]"#,
                "f: results: the quantiles of 'm.time_a' do not ascend; write the file again".into(),
            ),
            (
                r#""m.time_a":[[1],[]],"m.time_a":[[1],[]]"#,
                "f: results: 'm.time_a' has its wall-time twice; give each benchmark a name of its own".into(),
            ),
        ] {
            assert_eq!(results(benchmarks).expect_err("refused"), expected);
        }
        assert_eq!(
            refused("asv", r#"{"version":1,"result_columns":[],"results":{}}"#),
            "f: version: expected version 2 of asv's results, found 1; run `asv update` on the folder of results"
        );
        let columns = ["\"a\""; 101].join(",");
        let error = refused("asv", &format!(r#"{{"version":2,"result_columns":[{columns}],"results":{{}}}}"#));
        assert!(error.contains("more than 100 elements in a list"), "{error}");
        let large = " ".repeat((16 << 20) + 1);
        assert_eq!(refused("asv", &large), "f: is larger than 16 MiB; measure fewer benchmarks per file");
    }
}
