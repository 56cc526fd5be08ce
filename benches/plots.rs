//! The pictures of a large run: `cargo bench --bench plots -- --passes 5`.
//!
//! 5,000 comparisons of 30 launches a side: all effects, and each comparison's launches and rounds, as SVG; of the first
//! hundred also as PNG. Seconds on one core, the median of so many passes.

#[path = "large/mod.rs"]
mod large;

use benchgate::judge::{Level, judge};
use benchgate::model::{SCHEMA, Tool};
use benchgate::report::plot::{Picture, Theme, before_after, effects, rounds};
use benchgate::report::{PolicySummary, Report};
use benchgate::stats::Looks;
use std::env;
use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::time::Instant;

const COMPARISONS: usize = 5_000;
const AS_PNG: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let after = arguments.iter().position(|argument| argument == "--passes").and_then(|at| arguments.get(at + 1));
    let passes: usize = after.map_or(Ok(3), |text| text.parse())?;
    let report = report()?;
    let rows = &report.comparisons;
    let mut out = stdout();
    writeln!(out, "| pictures | count | as | s | ms each | MB |\n|---|---|---|---|---|---|")?;
    let svg = |picture: Picture| picture.svg().len();
    let png = |picture: Picture| picture.png().len();
    let theme = Theme::Light;
    let mut line = |name: &str, count: usize, format: &str, draw: &dyn Fn() -> usize| -> std::io::Result<()> {
        let mut seconds = Vec::new();
        let mut bytes = 0;
        for _ in 0..passes.max(1) {
            let begin = Instant::now();
            bytes = black_box(draw());
            seconds.push(begin.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        let (each, size) = (median * 1e3 / count as f64, bytes as f64 / 1e6);
        writeln!(out, "| {name} | {count} | {format} | {median:.2} | {each:.2} | {size:.1} |")
    };
    let of_row = |row| svg(before_after(row, theme)) + rounds(row, theme).map_or(0, svg);
    line("all", 1 + 2 * rows.len(), "SVG", &|| svg(effects(&report, theme)) + rows.iter().map(of_row).sum::<usize>())?;
    line("effects", 1, "SVG", &|| svg(effects(&report, theme)))?;
    line("before and after", rows.len(), "SVG", &|| rows.iter().map(|row| svg(before_after(row, theme))).sum())?;
    line("rounds", rows.len(), "SVG", &|| rows.iter().filter_map(|row| rounds(row, theme)).map(svg).sum())?;
    let few = &rows[..AS_PNG];
    line("effects", 1, "PNG", &|| png(effects(&report, theme)))?;
    line("before and after", AS_PNG, "PNG", &|| few.iter().map(|row| png(before_after(row, theme))).sum())?;
    line("rounds", AS_PNG, "PNG", &|| few.iter().filter_map(|row| rounds(row, theme)).map(png).sum())?;
    Ok(())
}

fn report() -> Result<Report, Box<dyn Error>> {
    let mut record = large::record();
    record.rows.truncate(COMPARISONS);
    let judgement = judge(&record, &large::policy(), Some(&Looks::new(&large::LOOKS)?));
    let policy = PolicySummary {
        alpha: 0.01,
        threshold: 0.03,
        changed_in_head: false,
        changes: Vec::new(),
        on_inconclusive: Level::Warn,
    };
    Ok(Report {
        schema: SCHEMA,
        tool: Tool::this(),
        outcome: judgement.outcome,
        base: record.base,
        head: record.head,
        environment: record.environment,
        started: None,
        policy,
        comparisons: judgement.comparisons,
        states: judgement.states,
        budgets: judgement.budgets,
        cost: record.cost,
        notes: Vec::new(),
    })
}
