//! The report for a person at a terminal or in a log: headline, rows that need reading, then what it rests on.

use super::digest::{self, Digest};
use super::strip::Axis;
use super::{Options, Report, scale, text};
use crate::judge::{BudgetCheck, BudgetVerdict, Comparison, JudgedState, Level, Outcome, Verdict};
use crate::model::State;
use std::io::{self, Write};

/// Columns of a name; with `verbose` there is no limit.
const NAME_COLUMNS: usize = 48;
/// Cells of the picture where there is room, and where there is little.
const PICTURE_CELLS: [usize; 4] = [21, 17, 13, 11];
/// Lines shown of a state's detail, and with `verbose`.
const DETAIL_LINES: usize = 5;
const DETAIL_LINES_VERBOSE: usize = 100;
/// Names shown of an allowed state.
const ALLOWED_NAMES: usize = 5;

/// Writes the report.
pub(super) fn render(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    write(report, options, &mut lines)?;
    out.write_all(text::without_commands(&String::from_utf8_lossy(&lines)).as_bytes())
}

fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let digest = Digest::of(report);
    let mut page = Page { options, out };
    page.headline(report, &digest)?;
    if options.quiet && report.outcome != Outcome::Error {
        return page.table(&digest, &digest.regressions);
    }
    page.comparison(report)?;
    page.paragraph("", 0, &digest::advice(report, &digest))?;
    if options.quiet {
        return Ok(());
    }
    page.table(&digest, &digest.to_read())?;
    page.rest(&digest)?;
    for group in digest::groups(&digest.flagged) {
        page.states(&group)?;
    }
    page.budgets(report, &digest)?;
    page.allowed(&digest)?;
    page.notes(report)?;
    page.footer(report)?;
    page.next_steps(report, &digest)?;
    // What scrolled away is what a terminal's last line should say.
    writeln!(page.out)?;
    page.headline(report, &digest)
}

/// Where it goes and how.
struct Page<'p> {
    options: &'p Options,
    out: &'p mut dyn Write,
}

/// One row of the table, before alignment: its columns, and its style.
struct Line<'r> {
    row: &'r Comparison,
    name: String,
    metric: String,
    base: String,
    head: String,
    change: String,
    interval: String,
}

impl Page<'_> {
    /// A line in a style.
    fn line(&mut self, style: &str, text: &str) -> io::Result<()> {
        let reset = if style.is_empty() { "" } else { self.options.styles.reset };
        writeln!(self.out, "{style}{text}{reset}")
    }

    /// `✗ regression: 1 regression, 41 unchanged`.
    fn headline(&mut self, report: &Report, digest: &Digest) -> io::Result<()> {
        let styles = self.options.styles;
        let (mark, style) = match report.outcome {
            Outcome::Pass => ("✓ ", styles.improvement),
            Outcome::Regression => ("✗ ", styles.regression),
            Outcome::Inconclusive => ("? ", styles.inconclusive),
            Outcome::Error => ("! ", styles.regression),
        };
        let mark = if self.options.ascii { "" } else { mark };
        let reset = if style.is_empty() { "" } else { styles.reset };
        writeln!(self.out, "{style}{mark}{}{reset}: {}", report.outcome, digest.counts())
    }

    /// What was compared with what.
    fn comparison(&mut self, report: &Report) -> io::Result<()> {
        let sentence = digest::sides(report, str::to_owned);
        self.paragraph(self.options.styles.dim, 0, &sentence)
    }

    /// Rows with their remarks, in columns if they fit, else on two lines each.
    fn table(&mut self, digest: &Digest, rows: &[&Comparison]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let lines: Vec<Line> = rows.iter().map(|row| self.cells(row, digest.names_metrics)).collect();
        let widest = |column: for<'a> fn(&'a Line<'_>) -> &'a str| {
            lines.iter().map(|line| text::width(column(line))).max().unwrap_or(0)
        };
        let widths = [
            widest(|line| &line.name).max(9),
            widest(|line| &line.metric),
            widest(|line| &line.base).max(4),
            widest(|line| &line.head).max(4),
            widest(|line| &line.change).max(6),
            widest(|line| &line.interval),
        ];
        // Two blanks between columns; the interval follows its change after one; the verdict takes twelve.
        let gaps = if widths[1] > 0 { 13 } else { 11 };
        let taken = widths.iter().sum::<usize>() + gaps + 12;
        let fits = PICTURE_CELLS.into_iter().find(|cells| taken + cells <= self.options.width);
        let axis = Axis::of(rows.iter().copied(), fits.unwrap_or(PICTURE_CELLS[0]), self.options.ascii);
        writeln!(self.out)?;
        if fits.is_some() {
            self.line(self.options.styles.bold, &header(&widths, axis.width()))?;
        }
        let shared = digest::shared_remarks(rows);
        for line in &lines {
            if fits.is_some() {
                self.table_row(line, &widths, &axis)?;
            } else {
                self.stacked_row(line, &axis)?;
            }
            self.remarks(line.row, &shared)?;
        }
        for remark in shared {
            let remark = format!("all {} rows: {}", rows.len(), digest::remark_line(remark));
            self.paragraph(self.options.styles.dim, 0, &remark)?;
        }
        for legend in text::wrap(&axis.legend(), self.options.width) {
            self.line(self.options.styles.dim, &legend)?;
        }
        Ok(())
    }

    /// The texts of a row.
    fn cells<'r>(&self, row: &'r Comparison, names_metrics: bool) -> Line<'r> {
        let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
        let metric = if names_metrics { text::cut(&text::line(&row.metric), 24) } else { String::new() };
        Line {
            row,
            name: self.name(&row.suite, &row.benchmark),
            metric,
            base: self.spell(unit.show(row.base.median)),
            head: self.spell(unit.show(row.head.median)),
            change: row.ratio.map_or("no ratio".to_owned(), |ratio| scale::change(ratio - 1.0)),
            interval: row.interval.map(scale::interval).unwrap_or_default(),
        }
    }

    /// One line, aligned with the others.
    fn table_row(&mut self, line: &Line, widths: &[usize; 6], axis: &Axis) -> io::Result<()> {
        let name = pad(&line.name, widths[0]);
        let metric = if widths[1] > 0 { format!("  {}", pad(&line.metric, widths[1])) } else { String::new() };
        let [base, head, change] =
            [(&line.base, 2), (&line.head, 3), (&line.change, 4)].map(|(cell, column)| pad_left(cell, widths[column]));
        let interval = pad(&line.interval, widths[5]);
        let (style, reset) = self.paint(line.row);
        let (picture, verdict) = (axis.draw(line.row), line.row.verdict);
        writeln!(
            self.out,
            "{name}{metric}  {base}  {head}  {style}{change}{reset} {interval}  {picture}  {style}{verdict}{reset}"
        )
    }

    /// The name, then the rest on lines of its own.
    fn stacked_row(&mut self, line: &Line, axis: &Axis) -> io::Result<()> {
        let (style, reset) = self.paint(line.row);
        let verdict = line.row.verdict;
        let metric = if line.metric.is_empty() { String::new() } else { format!("  {}", line.metric) };
        writeln!(self.out, "{}{metric}  {style}{verdict}{reset}", line.name)?;
        let arrow = if self.options.ascii { "->" } else { "→" };
        let Line { base, head, change, interval, .. } = line;
        let change_columns = text::width(change) + 1 + text::width(interval);
        let parts = [
            (text::width(base) + text::width(head) + text::width(arrow) + 2, format!("{base} {arrow} {head}")),
            (change_columns, format!("{style}{change}{reset} {interval}")),
            (axis.width(), axis.draw(line.row)),
        ];
        let mut columns = 0;
        for (own, part) in parts {
            // The first part begins a line, and so does whatever no longer fits behind another.
            let gap = match columns {
                0 => "    ",
                _ if columns + 2 + own <= self.options.width => "  ",
                _ => "\n    ",
            };
            columns = if gap == "  " { columns + 2 + own } else { 4 + own };
            write!(self.out, "{gap}{part}")?;
        }
        writeln!(self.out)
    }

    /// The style of a row's verdict.
    fn paint(&self, row: &Comparison) -> (&'static str, &'static str) {
        let styles = self.options.styles;
        match row.verdict {
            Verdict::Regression if row.waiver.is_none() => (styles.regression, styles.reset),
            Verdict::Regression | Verdict::Inconclusive => (styles.inconclusive, styles.reset),
            Verdict::Improvement => (styles.improvement, styles.reset),
            Verdict::Unchanged => ("", ""),
        }
    }

    /// Waiver and warnings of a row, but for those that all rows share.
    fn remarks(&mut self, row: &Comparison, shared: &[(String, String)]) -> io::Result<()> {
        for remark in digest::remarks(row).into_iter().filter(|remark| !shared.contains(remark)) {
            self.paragraph(self.options.styles.dim, 4, &digest::remark_line(remark))?;
        }
        if self.options.verbose {
            self.paragraph(self.options.styles.dim, 4, &digest::evidence(row))?;
        }
        Ok(())
    }

    /// The unchanged rows: one line, or all of them.
    fn rest(&mut self, digest: &Digest) -> io::Result<()> {
        let rows = &digest.unchanged;
        if rows.is_empty() {
            return Ok(());
        }
        if self.options.verbose {
            return self.table(digest, rows);
        }
        let warned = rows.iter().filter(|row| !row.warnings.is_empty()).count();
        let warned = if warned > 0 { format!(", {warned} of them with warnings") } else { String::new() };
        writeln!(self.out)?;
        let sentence = format!("{} shown to be unchanged{warned} (-v lists them)", text::plural(rows.len(), "row"));
        self.line(self.options.styles.dim, &sentence)
    }

    /// Benchmarks of one state and level, with the first lines of their details.
    fn states(&mut self, group: &[&JudgedState]) -> io::Result<()> {
        let styles = self.options.styles;
        let (state, level) = (group[0].state, group[0].level);
        let style = if level == Level::Deny { styles.regression } else { styles.inconclusive };
        writeln!(self.out)?;
        self.line(style, &format!("{state} ({})", digest::consequence(level)))?;
        for entry in group {
            writeln!(self.out, "  {}", self.name(&entry.suite, &entry.benchmark))?;
            let most = if self.options.verbose { DETAIL_LINES_VERBOSE } else { DETAIL_LINES };
            let (lines, more) = text::lines(&entry.detail, most, self.options.width.saturating_sub(6).max(20));
            for line in lines {
                self.line(styles.dim, &format!("      {line}"))?;
            }
            if more > 0 {
                let dots = if self.options.ascii { "..." } else { "…" };
                self.line(styles.dim, &format!("      {dots} {}", text::plural(more, "more line")))?;
            }
        }
        Ok(())
    }

    /// States that policy allows: names in a line; identical ones only where everything is listed.
    fn allowed(&mut self, digest: &Digest) -> io::Result<()> {
        let verbose = self.options.verbose;
        let shown: Vec<_> = digest.allowed.iter().copied().filter(|s| verbose || s.state != State::Identical).collect();
        for group in digest::groups(&shown) {
            let most = if verbose { usize::MAX } else { ALLOWED_NAMES };
            let names: Vec<_> = group.iter().take(most).map(|s| self.name(&s.suite, &s.benchmark)).collect();
            let more = group.len() - names.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(self.out)?;
            self.paragraph("", 0, &format!("{}: {}{more}", group[0].state, names.join(", ")))?;
        }
        Ok(())
    }

    /// Exceeded limits, or all with `verbose`.
    fn budgets(&mut self, report: &Report, digest: &Digest) -> io::Result<()> {
        let shown: Vec<&BudgetCheck> =
            if self.options.verbose { report.budgets.iter().collect() } else { digest.exceeded.clone() };
        if shown.is_empty() {
            return Ok(());
        }
        let styles = self.options.styles;
        writeln!(self.out)?;
        self.line(styles.bold, "budgets")?;
        for budget in shown {
            let exceeded = budget.verdict == BudgetVerdict::Exceeded;
            let (style, reset, word) =
                if exceeded { (styles.regression, styles.reset, "exceeded") } else { ("", "", "within") };
            let name = self.cut(&text::line(&budget.benchmark));
            let (metric, values) =
                (text::cut(&text::line(&budget.metric), 24), self.spell(digest.budget_values(budget)));
            writeln!(self.out, "  {name}  {metric}  {style}{word}{reset}: {values}")?;
        }
        Ok(())
    }

    /// What concerns the run as a whole.
    fn notes(&mut self, report: &Report) -> io::Result<()> {
        let notes = digest::notes(report);
        if !notes.is_empty() {
            writeln!(self.out)?;
        }
        for note in notes {
            self.paragraph(self.options.styles.inconclusive, 0, &format!("note: {note}"))?;
        }
        Ok(())
    }

    /// How it was measured and what that can show.
    fn footer(&mut self, report: &Report) -> io::Result<()> {
        writeln!(self.out)?;
        for (label, sentence) in digest::facts(report) {
            for (i, line) in text::wrap(&sentence, self.options.width.saturating_sub(14).max(20)).iter().enumerate() {
                let label = if i == 0 { label } else { "" };
                self.line(self.options.styles.dim, &format!("{label:<12}  {line}"))?;
            }
        }
        Ok(())
    }

    /// Where to go from here.
    fn next_steps(&mut self, report: &Report, digest: &Digest) -> io::Result<()> {
        writeln!(self.out)?;
        if let Some(worst) = digest.regressions.first() {
            if let Some(again) = digest::look_closer(report, worst) {
                writeln!(self.out, "to look closer:            {again}")?;
            }
            if let Some(stanza) = digest::waiver_stanza(worst) {
                writeln!(
                    self.out,
                    "to accept it, have this merged into the base first (waivers are read there; `benchgate accept` writes it):"
                )?;
                for line in stanza.lines() {
                    self.line(self.options.styles.dim, &format!("    {line}"))?;
                }
            }
        }
        let word = digest::word_to_explain(report, digest);
        writeln!(self.out, "what a word means:         benchgate explain {word}")
    }

    /// Wrapped and indented.
    fn paragraph(&mut self, style: &str, indent: usize, sentence: &str) -> io::Result<()> {
        for line in text::wrap(sentence, self.options.width.saturating_sub(indent).max(20)) {
            self.line(style, &format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    /// A value, without the micro sign where only ASCII is wanted.
    fn spell(&self, value: String) -> String {
        if self.options.ascii { value.replace('µ', "u") } else { value }
    }

    /// `suite/benchmark`, safe to show.
    fn name(&self, suite: &str, benchmark: &str) -> String {
        self.cut(&text::line(&format!("{suite}/{benchmark}")))
    }

    /// Cut in the middle, unless everything is wanted.
    fn cut(&self, name: &str) -> String {
        // Beside a name stands a verdict at least.
        let columns = NAME_COLUMNS.min(self.options.width.saturating_sub(16).max(16));
        if self.options.verbose { name.to_owned() } else { text::cut(name, columns) }
    }
}

/// The names of the columns.
fn header(widths: &[usize; 6], picture: usize) -> String {
    let metric = if widths[1] > 0 { format!("  {}", pad("metric", widths[1])) } else { String::new() };
    let change = pad_left("change", widths[4]);
    format!(
        "{}{metric}  {}  {}  {change} {}  {}  verdict",
        pad("benchmark", widths[0]),
        pad_left("base", widths[2]),
        pad_left("head", widths[3]),
        pad("", widths[5]),
        pad("", picture),
    )
}

/// Blanks after the text.
fn pad(cell: &str, columns: usize) -> String {
    format!("{cell}{:1$}", "", columns.saturating_sub(text::width(cell)))
}

/// Blanks before the text.
fn pad_left(cell: &str, columns: usize) -> String {
    format!("{:1$}{cell}", "", columns.saturating_sub(text::width(cell)))
}
