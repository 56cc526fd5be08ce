//! The diagnosis for a person: the answer, what every kind of work can show, what stands in the way, what to do.

use super::{Advice, Diagnosis, Options, SelfTest, alarms, headline, legend, of, place, table, text};
use crate::model::{Condition, Fact};
use std::io::{self, Write};

/// Columns of a fact's name.
const NAME_COLUMNS: usize = 14;

pub(super) fn render(diagnosis: &Diagnosis, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { options, out };
    page.paragraph(options.styles.bold, 0, &headline(diagnosis))?;
    page.paragraph(options.styles.dim, 0, &place(diagnosis))?;
    if options.quiet {
        return page.advice(&diagnosis.advice, 1);
    }
    if let Some(run) = &diagnosis.measured {
        page.kinds(run)?;
    }
    page.facts(&diagnosis.facts)?;
    page.advice(&diagnosis.advice, usize::MAX)
}

struct Page<'p> {
    options: &'p Options,
    out: &'p mut dyn Write,
}

impl Page<'_> {
    fn line(&mut self, style: &str, text: &str) -> io::Result<()> {
        let reset = if style.is_empty() { "" } else { self.options.styles.reset };
        writeln!(self.out, "{style}{text}{reset}")
    }

    /// Wrapped and indented.
    fn paragraph(&mut self, style: &str, indent: usize, sentence: &str) -> io::Result<()> {
        for line in text::wrap(sentence, self.options.width.saturating_sub(indent).max(20)) {
            self.line(style, &format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    fn kinds(&mut self, run: &SelfTest) -> io::Result<()> {
        let styles = self.options.styles;
        let (header, rows) = table(run);
        let width = |column: usize| {
            std::iter::once(&header).chain(&rows).map(|row| text::width(&row[column])).max().unwrap_or(0)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        let aligned = |row: &[String; 6]| -> String {
            let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
                let fill = " ".repeat(width - text::width(cell));
                if column == 0 { format!("{cell}{fill}") } else { format!("  {fill}{cell}") }
            });
            self.spell(&cells.collect::<String>())
        };
        let lines: Vec<String> = rows.iter().map(aligned).collect();
        let header = aligned(&header);
        writeln!(self.out)?;
        self.line(styles.bold, &header)?;
        let alarmed: Vec<&str> = run.false_alarms().map(|kind| kind.name.as_str()).collect();
        for (kind, line) in run.kinds.iter().zip(lines) {
            let style = if alarmed.contains(&kind.name.as_str()) { styles.regression } else { "" };
            self.line(style, &line)?;
        }
        for entry in &run.states {
            let detail = text::lines(&entry.detail, 1, 60).0.concat();
            self.paragraph(styles.regression, 0, &format!("{}: {} {detail}", entry.id.benchmark, entry.state))?;
        }
        self.paragraph(styles.dim, 0, &legend(run))?;
        self.paragraph(if alarmed.is_empty() { "" } else { styles.regression }, 0, &alarms(run))
    }

    /// What stands in the way with its meaning, then the rest in a few lines; all of it with `verbose`.
    fn facts(&mut self, facts: &[Fact]) -> io::Result<()> {
        let styles = self.options.styles;
        let bad = of(facts, Condition::Bad).chain(of(facts, Condition::Worse));
        let rest = of(facts, Condition::Unknown).chain(of(facts, Condition::Good));
        let shown: Vec<&Fact> = if self.options.verbose { bad.chain(rest).collect() } else { bad.collect() };
        writeln!(self.out)?;
        let title = match (self.options.verbose, shown.is_empty()) {
            (true, _) => "the machine",
            (false, true) => "nothing about the machine stands in the way",
            (false, false) => "what stands in the way",
        };
        self.line(styles.bold, title)?;
        for fact in shown {
            self.fact(fact)?;
        }
        if self.options.verbose {
            return Ok(());
        }
        let named = |condition| -> Vec<String> {
            of(facts, condition).map(|fact| format!("{} ({})", fact.fact.code(), text::line(&fact.value))).collect()
        };
        let good = named(Condition::Good);
        if !good.is_empty() {
            self.paragraph(styles.dim, 0, &format!("fine: {}", good.join(", ")))?;
        }
        let unknown: Vec<&str> = of(facts, Condition::Unknown).map(|fact| fact.fact.code()).collect();
        if !unknown.is_empty() {
            self.paragraph(styles.dim, 0, &format!("not said by this system: {}", unknown.join(", ")))?;
        }
        Ok(())
    }

    fn fact(&mut self, fact: &Fact) -> io::Result<()> {
        let styles = self.options.styles;
        let (mark, plain, style) = match fact.state {
            Condition::Bad => ("✗", "bad", styles.regression),
            Condition::Worse => ("!", "worse", styles.inconclusive),
            Condition::Unknown => ("?", "unknown", styles.dim),
            Condition::Good => ("✓", "good", styles.improvement),
        };
        let mark = if self.options.ascii { format!("{plain:<7}") } else { mark.to_owned() };
        let reset = if style.is_empty() { "" } else { styles.reset };
        let value = self.spell(&text::line(&fact.value));
        writeln!(self.out, "{style}{mark}{reset} {:<NAME_COLUMNS$}  {value}", fact.fact.code())?;
        self.paragraph(styles.dim, text::width(&mark) + 1 + NAME_COLUMNS + 2, &fact.meaning)
    }

    fn advice(&mut self, advice: &[Advice], most: usize) -> io::Result<()> {
        let styles = self.options.styles;
        if advice.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        self.line(styles.bold, if most == 1 { "what to do first" } else { "what to do, most gain first" })?;
        for (number, one) in (1..).zip(advice.iter().take(most)) {
            for (i, line) in text::wrap(&one.what, self.options.width.saturating_sub(4).max(20)).iter().enumerate() {
                let head = if i == 0 { format!("{number:>2}. ") } else { "    ".to_owned() };
                self.line("", &format!("{head}{line}"))?;
            }
            self.paragraph(styles.dim, 4, &one.expected)?;
            // What is to be copied is not broken.
            self.line("", &format!("      {}", text::line(&one.command)))?;
        }
        Ok(())
    }

    /// Without the micro sign where only ASCII is wanted.
    fn spell(&self, value: &str) -> String {
        if self.options.ascii { value.replace('µ', "u") } else { value.to_owned() }
    }
}
