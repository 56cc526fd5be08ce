//! The pull request's comment: headline, the rows that need reading, the rest in `<details>`.
//!
//! Everything that comes from outside is escaped, and the whole is cut to what GitHub takes, the details first.

use super::digest::{self, Digest};
use super::posted::Post;
use super::strip::Axis;
use super::{Options, Report, scale, text};
use crate::judge::{Comparison, JudgedState, Level, Outcome, Verdict};
use crate::model::State;
use std::io::{self, Write};

/// The first line of every comment, by which it is found again.
pub const MARKER: &str = "<!-- benchgate -->";
/// GitHub refuses longer comments, and summaries of check runs one shorter (it counts characters; bytes are never fewer).
pub const BYTES_MAX: usize = 65_535;

/// What is kept free for the lines that say how much was cut.
const CUT_LINE_BYTES: usize = 120;
/// Columns of a name.
const NAME_COLUMNS: usize = 100;
/// Cells of the picture.
const PICTURE_CELLS: usize = 21;
/// Lines and columns shown of a state's detail.
const DETAIL_LINES: usize = 6;
const DETAIL_COLUMNS: usize = 160;

/// Ends a folded table.
const FOLDED_END: &str = "\n</details>\n";

/// A part of the comment. When there is too little room, its rows are cut, never what stands around them.
#[derive(Default)]
struct Block {
    /// Before the rows.
    open: String,
    rows: Vec<String>,
    /// After the rows.
    close: String,
}

impl Block {
    /// A part that is never cut.
    fn fixed(open: String) -> Self {
        Self { open, ..Self::default() }
    }
}

/// Writes the comment.
pub(super) fn render(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let digest = Digest::of(report);
    let pictures = options.pictures.as_ref();
    let blocks = [
        Block::fixed(marker(options)),
        Block::fixed(headline(report, &digest)),
        Block::fixed(pictures.map(|pictures| format!("\n{}", pictures.html())).unwrap_or_default()),
        to_read(report, &digest, pictures.is_none()),
        states(&digest.flagged),
        budgets(report, &digest),
        Block::fixed(notes(report)),
        undecided(report, &digest),
        unchanged(&digest),
        allowed(&digest),
        Block::fixed(how(report, &digest)),
        Block::fixed(foot(report, options)),
    ];
    out.write_all(assemble(&blocks, BYTES_MAX).as_bytes())
}

/// Joins the blocks within the limit; earlier blocks get their rows first.
fn assemble(blocks: &[Block], limit: usize) -> String {
    let fixed: usize = blocks.iter().map(|block| block.open.len() + block.close.len() + CUT_LINE_BYTES).sum();
    let mut room = limit.saturating_sub(fixed);
    let mut page = String::new();
    for block in blocks {
        page.push_str(&block.open);
        let mut shown = 0;
        for row in &block.rows {
            if row.len() > room {
                break;
            }
            room -= row.len();
            page += row;
            shown += 1;
        }
        page += &block.close;
        if shown < block.rows.len() {
            let cut = block.rows.len() - shown;
            page.extend(["\n… ", &cut.to_string(), " more rows, see report.json\n"]);
        }
    }
    page
}

/// The hidden first line.
fn marker(options: &Options) -> String {
    options.post.as_ref().map_or_else(|| format!("{MARKER}\n"), Post::marker)
}

/// Counts, what was compared, and what to do.
fn headline(report: &Report, digest: &Digest) -> String {
    let mark = match report.outcome {
        Outcome::Pass => "✅",
        Outcome::Regression => "❌",
        Outcome::Inconclusive => "⚠️",
        Outcome::Error => "❌ error:",
    };
    let sides = digest::sides(report, code);
    let advice = digest::advice(report, digest);
    // The advice is our own text, with our own code spans.
    let advice = advice.strip_prefix("Please read:").map_or(advice.clone(), |rest| format!("**Please read:**{rest}"));
    format!("### {mark} {}\n\n{advice} Compared: {sides}.\n", digest.counts())
}

/// A table of rows, drawn with characters where no picture shows them.
fn table(open: &str, rows: &[&Comparison], names_metrics: bool, drawn: bool, close: &str) -> Block {
    if rows.is_empty() {
        return Block::default();
    }
    let axis = drawn.then(|| Axis::of(rows.iter().copied(), PICTURE_CELLS, false));
    let shared = digest::shared_remarks(rows);
    let said: Vec<String> = shared.iter().map(|one| format!("all {} rows: {}<br>", rows.len(), remark(one))).collect();
    let said = said.concat();
    let legend = axis.as_ref().map(Axis::legend).unwrap_or_default();
    let below =
        if said.is_empty() && legend.is_empty() { String::new() } else { format!("\n<sub>{said}{legend}</sub>\n") };
    Block {
        open: format!("\n{open}{}", table_head(names_metrics, drawn)),
        rows: rows.iter().map(|row| table_row(row, axis.as_ref(), names_metrics, &shared)).collect(),
        close: format!("{below}{close}"),
    }
}

/// Regressions, undecided rows and improvements.
fn to_read(report: &Report, digest: &Digest, drawn: bool) -> Block {
    let rows: Vec<&Comparison> = digest.to_read().into_iter().filter(|row| !is_folded(report, row)).collect();
    table("", &rows, digest.names_metrics, drawn, "")
}

/// Whether a row could not be decided and nobody minds.
fn is_folded(report: &Report, row: &Comparison) -> bool {
    row.verdict == Verdict::Inconclusive && digest::level(report, row) == Level::Allow
}

/// The undecided rows that nobody minds, folded.
fn undecided(report: &Report, digest: &Digest) -> Block {
    let rows: Vec<&Comparison> = digest.inconclusive.iter().copied().filter(|row| is_folded(report, row)).collect();
    let open = format!("<details><summary>{} inconclusive, as the policy allows</summary>\n\n", rows.len());
    table(&open, &rows, digest.names_metrics, true, FOLDED_END)
}

/// The unchanged rows, folded.
fn unchanged(digest: &Digest) -> Block {
    let rows = &digest.unchanged;
    let warned = rows.iter().filter(|row| !row.warnings.is_empty()).count();
    let warned = if warned > 0 { format!(", {warned} of them with warnings") } else { String::new() };
    let open = format!("<details><summary>{} unchanged{warned}</summary>\n\n", rows.len());
    table(&open, rows, digest.names_metrics, true, FOLDED_END)
}

/// The names of the columns.
fn table_head(names_metrics: bool, drawn: bool) -> String {
    let (name, rule) = if names_metrics { (" metric |", "---|") } else { ("", "") };
    let (picture, below) = if drawn { (" picture |", "---|") } else { ("", "") };
    format!("| benchmark |{name} base | head | change |{picture} verdict |\n|---|{rule}--:|--:|---|{below}---|\n")
}

/// One row.
fn table_row(row: &Comparison, axis: Option<&Axis>, names_metrics: bool, shared: &[(String, String)]) -> String {
    let unit = scale::Scale::of(row.unit, &[row.base.median, row.head.median]);
    let mark = match row.verdict {
        Verdict::Regression if row.waiver.is_none() => "❌ ",
        Verdict::Regression | Verdict::Inconclusive => "⚠️ ",
        Verdict::Improvement => "🚀 ",
        Verdict::Unchanged => "",
    };
    let metric = if names_metrics { format!(" {} |", cell(&row.metric, 24)) } else { String::new() };
    let change = row.ratio.map_or("no ratio".to_owned(), |ratio| format!("**{}**", scale::change(ratio - 1.0)));
    let change = if row.verdict == Verdict::Unchanged { change.replace("**", "") } else { change };
    let interval = row.interval.map(|ends| format!(" {}", scale::interval(ends))).unwrap_or_default();
    let interval = interval.replace('[', "\\[").replace(']', "\\]").replace(", ", ",\u{a0}");
    // A value and its unit stay on one line of a narrow cell.
    let value = |value: f64| unit.show(value).replace(' ', "\u{a0}");
    let picture = axis.map(|axis| format!(" {} |", code(&axis.draw(row)))).unwrap_or_default();
    let own = digest::remarks(row).into_iter().filter(|remark| !shared.contains(remark));
    let remarks: Vec<String> = own.map(|one| format!("<br><sub>{}</sub>", remark(&one))).collect();
    format!(
        "| {} |{metric} {} | {} | {change}{interval} |{picture} {mark}{}{} |\n",
        cell(&format!("{}/{}", row.suite, row.benchmark), NAME_COLUMNS),
        value(row.base.median),
        value(row.head.median),
        row.verdict,
        remarks.concat(),
    )
}

/// A warning's word in a code span, and its sentence.
fn remark((word, sentence): &(String, String)) -> String {
    match (word.is_empty(), sentence.is_empty()) {
        (true, _) => escape(sentence),
        (_, true) => cell(word, 40),
        _ => format!("{}: {}", cell(word, 40), escape(sentence)),
    }
}

/// Benchmarks without a verdict that policy denies or warns of, with the first lines of their details.
fn states(flagged: &[&JudgedState]) -> Block {
    let mut block = Block::default();
    for group in digest::groups(flagged) {
        let (state, level) = (group[0].state, group[0].level);
        for (i, entry) in group.iter().enumerate() {
            let title = format!("\n**{state}** ({}): {}\n", digest::consequence(level), group.len());
            let title = if i == 0 { format!("{title}\n") } else { String::new() };
            let name = span(&format!("{}/{}", entry.suite, entry.benchmark), NAME_COLUMNS);
            block.rows.push(format!("{title}- {name}\n{}", detail(&entry.detail)));
        }
    }
    block
}

/// A child's last words in a fence that they cannot close.
fn detail(words: &str) -> String {
    let (lines, more) = text::lines(words, DETAIL_LINES, DETAIL_COLUMNS);
    if lines.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&lines.join("\n")).max(2) + 1);
    let body = text::without_commands(&lines.join("\n")).replace('\n', "\n  ");
    let more = if more > 0 { format!("  … {}\n", text::plural(more, "more line")) } else { String::new() };
    format!("  {fence}text\n  {body}\n{more}  {fence}\n")
}

/// Exceeded limits, and how many hold.
fn budgets(report: &Report, digest: &Digest) -> Block {
    if report.budgets.is_empty() {
        return Block::default();
    }
    let within = report.budgets.len() - digest.exceeded.len();
    let rows = digest.exceeded.iter().map(|budget| {
        let name = span(&budget.benchmark, NAME_COLUMNS);
        let values = digest.budget_values(budget);
        format!("- ❌ {name} {}: exceeded, {values}\n", span(&budget.metric, 24))
    });
    Block {
        open: format!("\n**budgets**: {within} of {} held\n\n", report.budgets.len()),
        rows: rows.collect(),
        ..Block::default()
    }
}

/// What concerns the run as a whole.
fn notes(report: &Report) -> String {
    let notes = digest::notes(report).into_iter().filter(|note| !digest::is_routine(note));
    let shown: Vec<String> = notes.map(|note| format!("\n> **Note:** {}\n", escape(&note))).collect();
    shown.concat()
}

/// States that policy allows, folded; identical ones are only counted, in the headline.
fn allowed(digest: &Digest) -> Block {
    let shown: Vec<_> = digest.allowed.iter().filter(|state| state.state != State::Identical).collect();
    if shown.is_empty() {
        return Block::default();
    }
    let summary = text::plural(shown.len(), "benchmark");
    Block {
        open: format!("\n<details><summary>{summary} without a verdict, as the policy allows</summary>\n\n"),
        rows: shown
            .iter()
            .map(|entry| {
                format!("- {}: {}\n", entry.state, span(&format!("{}/{}", entry.suite, entry.benchmark), NAME_COLUMNS))
            })
            .collect(),
        close: "\n</details>\n".to_owned(),
    }
}

/// How it was measured, what it could see, and what to do next, folded.
fn how(report: &Report, digest: &Digest) -> String {
    let mut page = vec!["\n<details><summary>How it was measured, and what this could see</summary>\n\n".to_owned()];
    for (label, sentence) in digest::facts(report) {
        page.push(format!("- **{label}**: {}\n", escape(&sentence)));
    }
    for note in digest::notes(report).iter().filter(|note| digest::is_routine(note)) {
        page.push(format!("- {}\n", escape(note)));
    }
    let word = digest::word_to_explain(report, digest);
    page.push(format!("- **words**: `benchgate explain {word}` says what a word means\n\n</details>\n"));
    if let Some(worst) = digest.regressions.first() {
        let again = digest::look_closer(report, worst);
        let again = again.map(|again| format!("- `{again}` measures it alone, and longer.\n")).unwrap_or_default();
        page.push(format!(
            "\n<details><summary>Look closer, or accept it</summary>\n\n{again}\
             - To accept it, have a waiver merged into the base branch first: a pull request cannot relax its own gate. \
             `benchgate accept` writes it.\n"
        ));
        page.extend(digest::waiver_stanza(worst).map(|stanza| format!("\n```toml\n{stanza}```\n")));
        page.push("\n</details>\n".to_owned());
    }
    page.concat()
}

/// Who wrote it, and where the run is.
fn foot(report: &Report, options: &Options) -> String {
    let tool = span(&format!("{} {}", report.tool.name, report.tool.version), 40);
    let run = options.post.as_ref().and_then(Post::link).map(|link| format!(" · {link}")).unwrap_or_default();
    format!("\n<sub>{tool}{run}</sub>\n")
}

/// A foreign text in a code span: no mention, reference, link or HTML comes to life there.
fn span(foreign: &str, columns: usize) -> String {
    code(&text::cut(&text::line(foreign), columns))
}

/// The same in a table, where a pipe ends the cell even inside a code span.
pub(super) fn cell(foreign: &str, columns: usize) -> String {
    span(foreign, columns).replace('|', "\\|")
}

/// A code span with a fence longer than any run of backticks inside.
fn code(inner: &str) -> String {
    let fence = "`".repeat(longest_run(inner) + 1);
    let needs_blanks = inner.starts_with(['`', ' ']) || inner.ends_with(['`', ' ']) || inner.is_empty();
    let blank = if needs_blanks { " " } else { "" };
    format!("{fence}{blank}{inner}{blank}{fence}")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Prose with foreign parts: no markup, no HTML; an invisible joiner keeps mentions, references and links from forming.
pub(super) fn escape(prose: &str) -> String {
    /// A word joiner: invisible, and no part of a name.
    const JOINER: &str = "&#8288;";
    let clean = text::line(prose);
    let mut escaped = String::with_capacity(clean.len());
    for (i, c) in clean.char_indices() {
        let follows = |word: &str| clean[..i].to_ascii_lowercase().ends_with(word);
        let entity = || format!("&#{};", u32::from(c));
        match c {
            '@' | '#' => escaped.extend([entity().as_str(), JOINER]),
            ':' if clean[i..].starts_with("://") => escaped.extend([":", JOINER]),
            '.' if follows("www") => escaped.extend([JOINER, "."]),
            '-' if follows("gh") => escaped.extend(["-", JOINER]),
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '\\' | '!' | '$' => escaped.push_str(&entity()),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_code_span_can_be_left(name in "[a\\\\|`<&* _~#@]{0,12}") {
            let shown = cell(&name, 40);
            let fence = shown.len() - shown.trim_start_matches('`').len();
            let inner = shown[fence..shown.len() - fence].replace("\\|", "|");
            prop_assert!(longest_run(&inner) < fence, "{shown}");
            prop_assert_eq!(inner.trim(), name.trim());
            prop_assert!(!shown.replace("\\|", "").contains('|'), "{shown}");
        }
    }

    fn show(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_huge_report_fits_and_says_what_is_missing() {
        let page = show(&fixtures::huge());
        assert!(page.len() < BYTES_MAX && page.len() > BYTES_MAX / 2, "{} bytes", page.len());
        assert!(page.starts_with(MARKER));
        assert!(page.contains(" more rows, see report.json"));
        assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
        assert!(page.contains("\n- **measured**"), "the fixed parts stay");
    }

    #[test]
    fn what_nobody_minds_is_folded() {
        let mut report = fixtures::inconclusive();
        let open = |report: &Report| show(report).split("<details>").next().unwrap().matches("⚠️ inconclusive").count();
        assert_eq!(open(&report), 2);
        report.policy.on_inconclusive = Level::Allow;
        assert_eq!(open(&report), 0);
        assert!(show(&report).contains("<details><summary>2 inconclusive, as the policy allows</summary>"));
    }

    #[test]
    fn every_table_row_has_its_cells() {
        for report in [fixtures::hostile(), fixtures::inconclusive(), fixtures::huge()] {
            for line in show(&report).lines().filter(|line| line.starts_with('|')) {
                let pipes = line.replace("\\|", "").matches('|').count();
                assert!(pipes == 7 || pipes == 8, "{pipes} in {line}");
            }
        }
    }

    #[test]
    fn code_spans_hold_what_they_are_given() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a``"), "``` `a`` ```");
        assert_eq!(cell("a|b\n@x #1", 40), "`a\\|b @x #1`");
    }

    #[test]
    fn prose_comes_to_no_life() {
        let escaped = escape("<b>@user #1 https://x.y www.x.y GH-1 *a* [a](b) | `c` a_b ![i](j)\u{202e}");
        for living in ["<", "@", " #", "://", "www.", "GH-1", "*", "[", "|", "`", "_", "!", "\u{202e}"] {
            assert!(!escaped.contains(living), "{living} in {escaped}");
        }
    }

    #[test]
    fn blocks_are_cut_from_the_end() {
        let block = |name: &str| Block {
            open: format!("{name}:\n"),
            rows: vec!["12345678\n".into(); 10],
            close: String::new(),
        };
        let page = assemble(&[block("a"), block("b")], 2 * CUT_LINE_BYTES + 6 + 9 * 12);
        assert_eq!(page.matches("12345678").count(), 12);
        assert!(page.ends_with("12345678\n\n… 8 more rows, see report.json\n"), "{page}");
    }
}
