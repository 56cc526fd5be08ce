use super::{Done, text};
use crate::cli::Explain;
use crate::export::{GRAFANA_POSTGRES, GRAFANA_PROMETHEUS};
use crate::harness::{explain_harness, explain_harnesses};
use crate::report::{RECORD_SCHEMA, REPORT_SCHEMA, explain, explain_words};
use anyhow::{Result, bail};

/// Words that stand for a whole text, beside those of a report.
const PAGES: [&str; 5] = ["harnesses", "schema", "record-schema", "grafana", "grafana-postgres"];

/// Says what a word means; without one, which words there are.
pub(super) fn run(args: &Explain) -> Result<Done> {
    let Some(word) = &args.word else {
        let words: Vec<&str> = explain_words().into_iter().chain(PAGES).collect();
        return Ok(text(words.join("\n") + "\n"));
    };
    Ok(text(match word.as_str() {
        "harnesses" => explain_harnesses(),
        "schema" => REPORT_SCHEMA.to_owned(),
        "record-schema" => RECORD_SCHEMA.to_owned(),
        "grafana" => GRAFANA_PROMETHEUS.to_owned(),
        "grafana-postgres" => GRAFANA_POSTGRES.to_owned(),
        word => match explain(word).or_else(|| explain_harness(word)) {
            Some(meaning) => format!("{}\n", meaning.trim_end()),
            None => bail!("nothing is called '{word}'; `benchgate explain` lists the words"),
        },
    }))
}
